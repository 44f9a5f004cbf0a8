# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_agent_global_optspecs
    string join \n m/model= c/config= mode= net= key-file= require-sandbox trust-project= add-dir= C/cd= i/image= plain h/help V/version
end

function __fish_agent_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_agent_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_agent_using_subcommand
    set -l cmd (__fish_agent_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c agent -n "__fish_agent_needs_command" -s m -l model -d 'The model, as PROVIDER/MODEL; several with commas: where one fails, the next goes on; or `auto`' -r
complete -c agent -n "__fish_agent_needs_command" -s c -l config -d 'Set a configuration value for this run; repeatable, wins over files' -r
complete -c agent -n "__fish_agent_needs_command" -l mode -d 'What may happen without a question' -r -f -a "read\t'No edits; commands run in a sandbox that writes temporary files alone'
ask\t'Edits are asked for, in `run` by --review, else it is a no; commands run in the sandbox'
auto\t'Edits of the workspace are made; commands run in the sandbox'
full\t'No questions and no sandbox'"
complete -c agent -n "__fish_agent_needs_command" -l net -d 'What commands may reach: nothing, everything, or these hosts and lists; with `ask` others are asked for' -r
complete -c agent -n "__fish_agent_needs_command" -l key-file -d 'Read the provider\'s key from a file; of several models, it is the first one\'s' -r -F
complete -c agent -n "__fish_agent_needs_command" -l trust-project -d 'Trust what the project brings for this run, if its hash, as `agent trust --show` prints it, is this one' -r
complete -c agent -n "__fish_agent_needs_command" -l add-dir -d 'Let edits and commands write in this folder too; repeatable' -r -F
complete -c agent -n "__fish_agent_needs_command" -s C -l cd -d 'Work in this folder' -r -F
complete -c agent -n "__fish_agent_needs_command" -s i -l image -d 'Show the model an image (PNG, JPEG, GIF, WebP); repeatable' -r -F
complete -c agent -n "__fish_agent_needs_command" -l require-sandbox -d 'Let nothing run outside of the sandbox, by no answer and no rule; exit code 7 where there is none'
complete -c agent -n "__fish_agent_needs_command" -l plain -d 'Plain text, one thing after the other: for screen readers'
complete -c agent -n "__fish_agent_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agent -n "__fish_agent_needs_command" -s V -l version -d 'Print version'
complete -c agent -n "__fish_agent_needs_command" -a "run" -d 'Work on one task and exit; the exit code says how it ended'
complete -c agent -n "__fish_agent_needs_command" -a "resume" -d 'Go on with an earlier session on the screen; without a terminal, as `agent run --continue`'
complete -c agent -n "__fish_agent_needs_command" -a "apply" -d 'Apply an edit from standard input to files, all of it or nothing; exit code 1 when it is refused'
complete -c agent -n "__fish_agent_needs_command" -a "demo" -d 'Watch a recorded model mend a failing test in a scratch folder; needs no key'
complete -c agent -n "__fish_agent_needs_command" -a "undo" -d 'Take back all that the last task did to the workspace, edits and commands alike'
complete -c agent -n "__fish_agent_needs_command" -a "redo" -d 'Take the last undo back'
complete -c agent -n "__fish_agent_needs_command" -a "login" -d 'Store a provider\'s key: it is checked, then kept in the system\'s keyring, else in a file that only you can read'
complete -c agent -n "__fish_agent_needs_command" -a "logout" -d 'Forget stored keys'
complete -c agent -n "__fish_agent_needs_command" -a "sessions" -d 'List, delete or prune sessions'
complete -c agent -n "__fish_agent_needs_command" -a "export" -d 'Write a session as a file to read and to send: Markdown, HTML or JSON, with secrets redacted'
complete -c agent -n "__fish_agent_needs_command" -a "cost" -d 'Say what was spent: money, tokens, cached share, cost per finished task, cache misses'
complete -c agent -n "__fish_agent_needs_command" -a "audit" -d 'Say what was done in a session: for whom, by which rule, in which jail; prove that its log is what was written'
complete -c agent -n "__fish_agent_needs_command" -a "models" -d 'List models with their limits and prices; find local ones, probe endpoints'
complete -c agent -n "__fish_agent_needs_command" -a "route" -d 'Say which models a task would go to, for what price, and why'
complete -c agent -n "__fish_agent_needs_command" -a "sandbox" -d 'Run a command in the jail that the model\'s commands get, or say what that jail is'
complete -c agent -n "__fish_agent_needs_command" -a "trust" -d 'Show what a project wants to bring (configuration, hooks, MCP servers, skills), and ask whether you trust it'
complete -c agent -n "__fish_agent_needs_command" -a "policy" -d 'Say what policy makes of a command line, and why; list remembered answers and rules, forget answers'
complete -c agent -n "__fish_agent_needs_command" -a "config" -d 'Show the configuration, each value with its source'
complete -c agent -n "__fish_agent_needs_command" -a "doctor" -d 'Say what is found, what is missing, and how to mend it'
complete -c agent -n "__fish_agent_needs_command" -a "completions" -d 'Print completions for a shell'
complete -c agent -n "__fish_agent_needs_command" -a "man" -d 'Print the man page'
complete -c agent -n "__fish_agent_needs_command" -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c agent -n "__fish_agent_using_subcommand run" -s m -l model -d 'The model, as PROVIDER/MODEL; several with commas: where one fails, the next goes on; or `auto`' -r
complete -c agent -n "__fish_agent_using_subcommand run" -s c -l config -d 'Set a configuration value for this run; repeatable, wins over files' -r
complete -c agent -n "__fish_agent_using_subcommand run" -l mode -d 'What may happen without a question' -r -f -a "read\t'No edits; commands run in a sandbox that writes temporary files alone'
ask\t'Edits are asked for, in `run` by --review, else it is a no; commands run in the sandbox'
auto\t'Edits of the workspace are made; commands run in the sandbox'
full\t'No questions and no sandbox'"
complete -c agent -n "__fish_agent_using_subcommand run" -l net -d 'What commands may reach: nothing, everything, or these hosts and lists; with `ask` others are asked for' -r
complete -c agent -n "__fish_agent_using_subcommand run" -l key-file -d 'Read the provider\'s key from a file; of several models, it is the first one\'s' -r -F
complete -c agent -n "__fish_agent_using_subcommand run" -l trust-project -d 'Trust what the project brings for this run, if its hash, as `agent trust --show` prints it, is this one' -r
complete -c agent -n "__fish_agent_using_subcommand run" -l add-dir -d 'Let edits and commands write in this folder too; repeatable' -r -F
complete -c agent -n "__fish_agent_using_subcommand run" -s C -l cd -d 'Work in this folder' -r -F
complete -c agent -n "__fish_agent_using_subcommand run" -s i -l image -d 'Show the model an image (PNG, JPEG, GIF, WebP); repeatable' -r -F
complete -c agent -n "__fish_agent_using_subcommand run" -l output-schema -d 'The answer must be JSON that fits this schema, or the run fails' -r -F
complete -c agent -n "__fish_agent_using_subcommand run" -s o -l output -d 'Write the answer to a file' -r -F
complete -c agent -n "__fish_agent_using_subcommand run" -l check -d 'A command that must succeed before the run counts as done; repeatable' -r
complete -c agent -n "__fish_agent_using_subcommand run" -l check-rounds -d 'How many times a failed check goes back to the model' -r
complete -c agent -n "__fish_agent_using_subcommand run" -l max-turns -d 'The most requests to the model' -r
complete -c agent -n "__fish_agent_using_subcommand run" -l max-cost -d 'The most money to spend, in US dollars' -r
complete -c agent -n "__fish_agent_using_subcommand run" -l timeout -d 'The longest the run may take, such as 90s or 20m' -r
complete -c agent -n "__fish_agent_using_subcommand run" -l resume -d 'Go on with this session' -r
complete -c agent -n "__fish_agent_using_subcommand run" -l record -d 'Record the model\'s answers to a file that --replay plays' -r -F
complete -c agent -n "__fish_agent_using_subcommand run" -l replay -d 'Play a recording in the place of a model; its tools run for real' -r -F
complete -c agent -n "__fish_agent_using_subcommand run" -l require-sandbox -d 'Let nothing run outside of the sandbox, by no answer and no rule; exit code 7 where there is none'
complete -c agent -n "__fish_agent_using_subcommand run" -l json -d 'Print one JSON line per event; the last line is the outcome'
complete -c agent -n "__fish_agent_using_subcommand run" -l json-deltas -d 'With --json, print the answer\'s pieces too, as they come'
complete -c agent -n "__fish_agent_using_subcommand run" -l quiet -d 'Print only the answer and errors'
complete -c agent -n "__fish_agent_using_subcommand run" -l review -d 'Show each edit before it is written, and what each command changed, and ask; needs a terminal'
complete -c agent -n "__fish_agent_using_subcommand run" -l propose -d 'Work in a copy of the folder, change nothing here, and print what was changed there as a patch'
complete -c agent -n "__fish_agent_using_subcommand run" -l continue -d 'Go on with the newest session of this folder'
complete -c agent -n "__fish_agent_using_subcommand run" -l ephemeral -d 'Keep nothing of this session'
complete -c agent -n "__fish_agent_using_subcommand run" -l bare -d 'Use no configuration file and no instruction files'
complete -c agent -n "__fish_agent_using_subcommand run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agent -n "__fish_agent_using_subcommand resume" -s m -l model -d 'The model, as PROVIDER/MODEL; several with commas: where one fails, the next goes on; or `auto`' -r
complete -c agent -n "__fish_agent_using_subcommand resume" -s c -l config -d 'Set a configuration value for this run; repeatable, wins over files' -r
complete -c agent -n "__fish_agent_using_subcommand resume" -l mode -d 'What may happen without a question' -r -f -a "read\t'No edits; commands run in a sandbox that writes temporary files alone'
ask\t'Edits are asked for, in `run` by --review, else it is a no; commands run in the sandbox'
auto\t'Edits of the workspace are made; commands run in the sandbox'
full\t'No questions and no sandbox'"
complete -c agent -n "__fish_agent_using_subcommand resume" -l net -d 'What commands may reach: nothing, everything, or these hosts and lists; with `ask` others are asked for' -r
complete -c agent -n "__fish_agent_using_subcommand resume" -l key-file -d 'Read the provider\'s key from a file; of several models, it is the first one\'s' -r -F
complete -c agent -n "__fish_agent_using_subcommand resume" -l trust-project -d 'Trust what the project brings for this run, if its hash, as `agent trust --show` prints it, is this one' -r
complete -c agent -n "__fish_agent_using_subcommand resume" -l add-dir -d 'Let edits and commands write in this folder too; repeatable' -r -F
complete -c agent -n "__fish_agent_using_subcommand resume" -s C -l cd -d 'Work in this folder' -r -F
complete -c agent -n "__fish_agent_using_subcommand resume" -s i -l image -d 'Show the model an image (PNG, JPEG, GIF, WebP); repeatable' -r -F
complete -c agent -n "__fish_agent_using_subcommand resume" -l require-sandbox -d 'Let nothing run outside of the sandbox, by no answer and no rule; exit code 7 where there is none'
complete -c agent -n "__fish_agent_using_subcommand resume" -l plain -d 'Plain text, one thing after the other: for screen readers'
complete -c agent -n "__fish_agent_using_subcommand resume" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agent -n "__fish_agent_using_subcommand apply" -l format -d 'How the edit is written' -r -f -a "edit\t'JSON with `edits`: old_string, new_string'
patch\t'*** Begin Patch … *** End Patch'
udiff\t'A unified diff'
blocks\t'SEARCH/REPLACE blocks'
whole\t'JSON with `files`: path, content'
auto\t'Whichever of these it looks like'"
complete -c agent -n "__fish_agent_using_subcommand apply" -l root -d 'The folder that the edit\'s paths begin in and do not leave; without it, the working folder' -r -F
complete -c agent -n "__fish_agent_using_subcommand apply" -l check -d 'Only say whether it would apply'
complete -c agent -n "__fish_agent_using_subcommand apply" -l overwrite -d 'New, moved and whole files may replace what is there'
complete -c agent -n "__fish_agent_using_subcommand apply" -l json -d 'Print one JSON line'
complete -c agent -n "__fish_agent_using_subcommand apply" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agent -n "__fish_agent_using_subcommand demo" -l dir -d 'Make the scratch folder here, and keep it' -r -F
complete -c agent -n "__fish_agent_using_subcommand demo" -l screen -d 'Show it on the screen, where you are asked before an edit is written and can try everything'
complete -c agent -n "__fish_agent_using_subcommand demo" -s h -l help -d 'Print help'
complete -c agent -n "__fish_agent_using_subcommand undo" -l turns -d 'Take back so many tasks' -r
complete -c agent -n "__fish_agent_using_subcommand undo" -l to -d 'Go back to this checkpoint' -r
complete -c agent -n "__fish_agent_using_subcommand undo" -l files -d 'Touch only these files and folders' -r -F
complete -c agent -n "__fish_agent_using_subcommand undo" -s C -l cd -d 'In this folder' -r -F
complete -c agent -n "__fish_agent_using_subcommand undo" -l list -d 'List the checkpoints, the newest first'
complete -c agent -n "__fish_agent_using_subcommand undo" -l dry-run -d 'Say what would happen, and do nothing'
complete -c agent -n "__fish_agent_using_subcommand undo" -l force -d 'Also over what was changed since'
complete -c agent -n "__fish_agent_using_subcommand undo" -l git -d 'List what was saved in git before commands that may lose work there, with the commands that bring it back'
complete -c agent -n "__fish_agent_using_subcommand undo" -l json -d 'Print JSON'
complete -c agent -n "__fish_agent_using_subcommand undo" -s h -l help -d 'Print help'
complete -c agent -n "__fish_agent_using_subcommand redo" -s C -l cd -d 'In this folder' -r -F
complete -c agent -n "__fish_agent_using_subcommand redo" -l dry-run -d 'Say what would happen, and do nothing'
complete -c agent -n "__fish_agent_using_subcommand redo" -l force -d 'Also over what was changed since'
complete -c agent -n "__fish_agent_using_subcommand redo" -l json -d 'Print JSON'
complete -c agent -n "__fish_agent_using_subcommand redo" -s h -l help -d 'Print help'
complete -c agent -n "__fish_agent_using_subcommand login" -s c -l config -d 'As -c of `agent run`' -r
complete -c agent -n "__fish_agent_using_subcommand login" -l status -d 'Say which key is used for each provider, and which others there are; shows no key'
complete -c agent -n "__fish_agent_using_subcommand login" -l json -d 'With --status, print JSON'
complete -c agent -n "__fish_agent_using_subcommand login" -l no-check -d 'Store the key without trying it'
complete -c agent -n "__fish_agent_using_subcommand login" -l browser -d 'Log in with a browser on this machine: OpenRouter, and providers with `oauth_authorize_url`'
complete -c agent -n "__fish_agent_using_subcommand login" -l device -d 'Log in with a browser on any device: providers with `oauth_device_url`'
complete -c agent -n "__fish_agent_using_subcommand login" -s h -l help -d 'Print help'
complete -c agent -n "__fish_agent_using_subcommand logout" -s c -l config -d 'As -c of `agent run`' -r
complete -c agent -n "__fish_agent_using_subcommand logout" -l all -d 'Every stored key'
complete -c agent -n "__fish_agent_using_subcommand logout" -s h -l help -d 'Print help'
complete -c agent -n "__fish_agent_using_subcommand sessions; and not __fish_seen_subcommand_from delete prune help" -l json -d 'Print JSON'
complete -c agent -n "__fish_agent_using_subcommand sessions; and not __fish_seen_subcommand_from delete prune help" -s h -l help -d 'Print help'
complete -c agent -n "__fish_agent_using_subcommand sessions; and not __fish_seen_subcommand_from delete prune help" -f -a "delete" -d 'Delete sessions by id; the first digits do'
complete -c agent -n "__fish_agent_using_subcommand sessions; and not __fish_seen_subcommand_from delete prune help" -f -a "prune" -d 'Delete sessions that are older or take more room than the configuration allows'
complete -c agent -n "__fish_agent_using_subcommand sessions; and not __fish_seen_subcommand_from delete prune help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c agent -n "__fish_agent_using_subcommand sessions; and __fish_seen_subcommand_from delete" -s h -l help -d 'Print help'
complete -c agent -n "__fish_agent_using_subcommand sessions; and __fish_seen_subcommand_from prune" -l keep -d 'Delete those not written for so long, such as 30d' -r
complete -c agent -n "__fish_agent_using_subcommand sessions; and __fish_seen_subcommand_from prune" -l cap -d 'The most room the rest may take, such as 500MB' -r
complete -c agent -n "__fish_agent_using_subcommand sessions; and __fish_seen_subcommand_from prune" -s h -l help -d 'Print help'
complete -c agent -n "__fish_agent_using_subcommand sessions; and __fish_seen_subcommand_from help" -f -a "delete" -d 'Delete sessions by id; the first digits do'
complete -c agent -n "__fish_agent_using_subcommand sessions; and __fish_seen_subcommand_from help" -f -a "prune" -d 'Delete sessions that are older or take more room than the configuration allows'
complete -c agent -n "__fish_agent_using_subcommand sessions; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c agent -n "__fish_agent_using_subcommand export" -l format -d 'How it is written; without it, by the end of the file\'s name, else md' -r -f -a "md\t'Markdown'
html\t'One page that needs nothing else'
json\t'For programs; docs/export.md describes it'"
complete -c agent -n "__fish_agent_using_subcommand export" -s o -l output -d 'Write to this file, which only you can read; without it, to standard output' -r -F
complete -c agent -n "__fish_agent_using_subcommand export" -l force -d 'Replace the file where it is there already'
complete -c agent -n "__fish_agent_using_subcommand export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agent -n "__fish_agent_using_subcommand cost" -l by -d 'Sum by this; without it, today and seven days, and these by model' -r -f -a "day\t''
project\t''
branch\t''
model\t''
session\t''
task\t''"
complete -c agent -n "__fish_agent_using_subcommand cost" -l since -d 'From this local day on, such as 2026-11-01, or for so long, such as 7d; default: 7d' -r
complete -c agent -n "__fish_agent_using_subcommand cost" -l json -d 'Print one JSON line'
complete -c agent -n "__fish_agent_using_subcommand cost" -l csv -d 'Print comma-separated values, with a header'
complete -c agent -n "__fish_agent_using_subcommand cost" -l rebuild -d 'First make the ledger again from the session logs'
complete -c agent -n "__fish_agent_using_subcommand cost" -s h -l help -d 'Print help'
complete -c agent -n "__fish_agent_using_subcommand audit; and not __fish_seen_subcommand_from verify help" -l since -d 'All sessions: what was done from this local day on, such as 2026-11-01, or for so long, such as 7d' -r
complete -c agent -n "__fish_agent_using_subcommand audit; and not __fish_seen_subcommand_from verify help" -l project -d 'All sessions of this folder\'s project'
complete -c agent -n "__fish_agent_using_subcommand audit; and not __fish_seen_subcommand_from verify help" -l json -d 'Print one JSON line per effect'
complete -c agent -n "__fish_agent_using_subcommand audit; and not __fish_seen_subcommand_from verify help" -s h -l help -d 'Print help'
complete -c agent -n "__fish_agent_using_subcommand audit; and not __fish_seen_subcommand_from verify help" -a "verify" -d 'Prove that session logs are what was written, against the heads kept in the index; exit code 1 when one is not'
complete -c agent -n "__fish_agent_using_subcommand audit; and not __fish_seen_subcommand_from verify help" -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c agent -n "__fish_agent_using_subcommand audit; and __fish_seen_subcommand_from verify" -l all -d 'Every session, and those whose log is missing'
complete -c agent -n "__fish_agent_using_subcommand audit; and __fish_seen_subcommand_from verify" -l json -d 'Print one JSON line per session'
complete -c agent -n "__fish_agent_using_subcommand audit; and __fish_seen_subcommand_from verify" -s h -l help -d 'Print help'
complete -c agent -n "__fish_agent_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "verify" -d 'Prove that session logs are what was written, against the heads kept in the index; exit code 1 when one is not'
complete -c agent -n "__fish_agent_using_subcommand audit; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c agent -n "__fish_agent_using_subcommand models; and not __fish_seen_subcommand_from local probe help" -l all -d 'Also those of providers without a key'
complete -c agent -n "__fish_agent_using_subcommand models; and not __fish_seen_subcommand_from local probe help" -l refresh -d 'Fetch limits and prices anew from `models.url` first'
complete -c agent -n "__fish_agent_using_subcommand models; and not __fish_seen_subcommand_from local probe help" -l json -d 'Print JSON'
complete -c agent -n "__fish_agent_using_subcommand models; and not __fish_seen_subcommand_from local probe help" -s h -l help -d 'Print help'
complete -c agent -n "__fish_agent_using_subcommand models; and not __fish_seen_subcommand_from local probe help" -a "local" -d 'List the models of servers on this machine, with the windows they really have'
complete -c agent -n "__fish_agent_using_subcommand models; and not __fish_seen_subcommand_from local probe help" -a "probe" -d 'Find out with a few tiny requests what an endpoint really does, and remember it'
complete -c agent -n "__fish_agent_using_subcommand models; and not __fish_seen_subcommand_from local probe help" -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c agent -n "__fish_agent_using_subcommand models; and __fish_seen_subcommand_from local" -l json -d 'Print JSON'
complete -c agent -n "__fish_agent_using_subcommand models; and __fish_seen_subcommand_from local" -s h -l help -d 'Print help'
complete -c agent -n "__fish_agent_using_subcommand models; and __fish_seen_subcommand_from probe" -l key-file -d 'Read the provider\'s key from a file' -r -F
complete -c agent -n "__fish_agent_using_subcommand models; and __fish_seen_subcommand_from probe" -l forget -d 'Forget what was found, and ask nothing'
complete -c agent -n "__fish_agent_using_subcommand models; and __fish_seen_subcommand_from probe" -l json -d 'Print JSON'
complete -c agent -n "__fish_agent_using_subcommand models; and __fish_seen_subcommand_from probe" -s h -l help -d 'Print help'
complete -c agent -n "__fish_agent_using_subcommand models; and __fish_seen_subcommand_from help" -f -a "local" -d 'List the models of servers on this machine, with the windows they really have'
complete -c agent -n "__fish_agent_using_subcommand models; and __fish_seen_subcommand_from help" -f -a "probe" -d 'Find out with a few tiny requests what an endpoint really does, and remember it'
complete -c agent -n "__fish_agent_using_subcommand models; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c agent -n "__fish_agent_using_subcommand route; and not __fish_seen_subcommand_from explain help" -s h -l help -d 'Print help'
complete -c agent -n "__fish_agent_using_subcommand route; and not __fish_seen_subcommand_from explain help" -f -a "explain" -d 'The candidates among which `auto` chooses for a task, with prices and reasons; no model is asked'
complete -c agent -n "__fish_agent_using_subcommand route; and not __fish_seen_subcommand_from explain help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c agent -n "__fish_agent_using_subcommand route; and __fish_seen_subcommand_from explain" -l max-cost -d 'As if so much money were left, in US dollars' -r
complete -c agent -n "__fish_agent_using_subcommand route; and __fish_seen_subcommand_from explain" -s c -l config -d 'As -c of `agent run`' -r
complete -c agent -n "__fish_agent_using_subcommand route; and __fish_seen_subcommand_from explain" -l checked -d 'As with --check of `agent run`: a failure would be noticed'
complete -c agent -n "__fish_agent_using_subcommand route; and __fish_seen_subcommand_from explain" -l image -d 'As if the task came with an image'
complete -c agent -n "__fish_agent_using_subcommand route; and __fish_seen_subcommand_from explain" -l local -d 'Only models on this machine'
complete -c agent -n "__fish_agent_using_subcommand route; and __fish_seen_subcommand_from explain" -l json -d 'Print JSON'
complete -c agent -n "__fish_agent_using_subcommand route; and __fish_seen_subcommand_from explain" -s h -l help -d 'Print help'
complete -c agent -n "__fish_agent_using_subcommand route; and __fish_seen_subcommand_from help" -f -a "explain" -d 'The candidates among which `auto` chooses for a task, with prices and reasons; no model is asked'
complete -c agent -n "__fish_agent_using_subcommand route; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c agent -n "__fish_agent_using_subcommand sandbox; and not __fish_seen_subcommand_from explain hosts help" -s c -l config -d 'Set a configuration value for this command; repeatable, wins over files' -r
complete -c agent -n "__fish_agent_using_subcommand sandbox; and not __fish_seen_subcommand_from explain hosts help" -l mode -d '`read` writes temporary files alone; `ask` and `auto` write in the workspace; `full` has no jail' -r -f -a "read\t'No edits; commands run in a sandbox that writes temporary files alone'
ask\t'Edits are asked for, in `run` by --review, else it is a no; commands run in the sandbox'
auto\t'Edits of the workspace are made; commands run in the sandbox'
full\t'No questions and no sandbox'"
complete -c agent -n "__fish_agent_using_subcommand sandbox; and not __fish_seen_subcommand_from explain hosts help" -l net -d 'The network: `off`, `ask`, `full`, or a list of hosts; without it, off' -r
complete -c agent -n "__fish_agent_using_subcommand sandbox; and not __fish_seen_subcommand_from explain hosts help" -l add-dir -d 'Let it write in this folder too; repeatable' -r -F
complete -c agent -n "__fish_agent_using_subcommand sandbox; and not __fish_seen_subcommand_from explain hosts help" -s C -l cd -d 'Run it in this folder' -r -F
complete -c agent -n "__fish_agent_using_subcommand sandbox; and not __fish_seen_subcommand_from explain hosts help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agent -n "__fish_agent_using_subcommand sandbox; and not __fish_seen_subcommand_from explain hosts help" -a "explain" -d 'Say what a jail here allows and denies, what enforces it, and what is left at risk'
complete -c agent -n "__fish_agent_using_subcommand sandbox; and not __fish_seen_subcommand_from explain hosts help" -a "hosts" -d 'List the hosts that commands may reach, and those that were denied lately with what would allow them'
complete -c agent -n "__fish_agent_using_subcommand sandbox; and not __fish_seen_subcommand_from explain hosts help" -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c agent -n "__fish_agent_using_subcommand sandbox; and __fish_seen_subcommand_from explain" -s c -l config -d 'Set a configuration value for this command; repeatable, wins over files' -r
complete -c agent -n "__fish_agent_using_subcommand sandbox; and __fish_seen_subcommand_from explain" -l mode -d '`read` writes temporary files alone; `ask` and `auto` write in the workspace; `full` has no jail' -r -f -a "read\t'No edits; commands run in a sandbox that writes temporary files alone'
ask\t'Edits are asked for, in `run` by --review, else it is a no; commands run in the sandbox'
auto\t'Edits of the workspace are made; commands run in the sandbox'
full\t'No questions and no sandbox'"
complete -c agent -n "__fish_agent_using_subcommand sandbox; and __fish_seen_subcommand_from explain" -l net -d 'The network: `off`, `ask`, `full`, or a list of hosts; without it, off' -r
complete -c agent -n "__fish_agent_using_subcommand sandbox; and __fish_seen_subcommand_from explain" -l add-dir -d 'Let it write in this folder too; repeatable' -r -F
complete -c agent -n "__fish_agent_using_subcommand sandbox; and __fish_seen_subcommand_from explain" -s C -l cd -d 'Run it in this folder' -r -F
complete -c agent -n "__fish_agent_using_subcommand sandbox; and __fish_seen_subcommand_from explain" -l json -d 'Print JSON'
complete -c agent -n "__fish_agent_using_subcommand sandbox; and __fish_seen_subcommand_from explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agent -n "__fish_agent_using_subcommand sandbox; and __fish_seen_subcommand_from hosts" -s c -l config -d 'Set a configuration value for this command; repeatable, wins over files' -r
complete -c agent -n "__fish_agent_using_subcommand sandbox; and __fish_seen_subcommand_from hosts" -l mode -d '`read` writes temporary files alone; `ask` and `auto` write in the workspace; `full` has no jail' -r -f -a "read\t'No edits; commands run in a sandbox that writes temporary files alone'
ask\t'Edits are asked for, in `run` by --review, else it is a no; commands run in the sandbox'
auto\t'Edits of the workspace are made; commands run in the sandbox'
full\t'No questions and no sandbox'"
complete -c agent -n "__fish_agent_using_subcommand sandbox; and __fish_seen_subcommand_from hosts" -l net -d 'The network: `off`, `ask`, `full`, or a list of hosts; without it, off' -r
complete -c agent -n "__fish_agent_using_subcommand sandbox; and __fish_seen_subcommand_from hosts" -l add-dir -d 'Let it write in this folder too; repeatable' -r -F
complete -c agent -n "__fish_agent_using_subcommand sandbox; and __fish_seen_subcommand_from hosts" -s C -l cd -d 'Run it in this folder' -r -F
complete -c agent -n "__fish_agent_using_subcommand sandbox; and __fish_seen_subcommand_from hosts" -l json -d 'Print one JSON line'
complete -c agent -n "__fish_agent_using_subcommand sandbox; and __fish_seen_subcommand_from hosts" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agent -n "__fish_agent_using_subcommand sandbox; and __fish_seen_subcommand_from help" -f -a "explain" -d 'Say what a jail here allows and denies, what enforces it, and what is left at risk'
complete -c agent -n "__fish_agent_using_subcommand sandbox; and __fish_seen_subcommand_from help" -f -a "hosts" -d 'List the hosts that commands may reach, and those that were denied lately with what would allow them'
complete -c agent -n "__fish_agent_using_subcommand sandbox; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c agent -n "__fish_agent_using_subcommand trust" -s C -l cd -d 'The project in this folder' -r -F
complete -c agent -n "__fish_agent_using_subcommand trust" -l show -d 'Only show what the project brings, and its hash'
complete -c agent -n "__fish_agent_using_subcommand trust" -l revoke -d 'Trust it no more'
complete -c agent -n "__fish_agent_using_subcommand trust" -l json -d 'Print JSON; asks nothing'
complete -c agent -n "__fish_agent_using_subcommand trust" -s h -l help -d 'Print help'
complete -c agent -n "__fish_agent_using_subcommand policy; and not __fish_seen_subcommand_from check list forget help" -s h -l help -d 'Print help'
complete -c agent -n "__fish_agent_using_subcommand policy; and not __fish_seen_subcommand_from check list forget help" -f -a "check" -d 'Say what a command line would touch, what policy says of it, and what the jail would refuse; nothing is run'
complete -c agent -n "__fish_agent_using_subcommand policy; and not __fish_seen_subcommand_from check list forget help" -f -a "list" -d 'List the answers that are remembered, of all projects, and the rules that hold'
complete -c agent -n "__fish_agent_using_subcommand policy; and not __fish_seen_subcommand_from check list forget help" -f -a "forget" -d 'Forget remembered answers by their numbers'
complete -c agent -n "__fish_agent_using_subcommand policy; and not __fish_seen_subcommand_from check list forget help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c agent -n "__fish_agent_using_subcommand policy; and __fish_seen_subcommand_from check" -l mode -d 'As if in this mode; without it, `auto`' -r -f -a "read\t'No edits; commands run in a sandbox that writes temporary files alone'
ask\t'Edits are asked for, in `run` by --review, else it is a no; commands run in the sandbox'
auto\t'Edits of the workspace are made; commands run in the sandbox'
full\t'No questions and no sandbox'"
complete -c agent -n "__fish_agent_using_subcommand policy; and __fish_seen_subcommand_from check" -l file -d 'Check each line of a file; `#` in front, or behind two blanks, begins a comment' -r -F
complete -c agent -n "__fish_agent_using_subcommand policy; and __fish_seen_subcommand_from check" -l no-jail -d 'As if no jail held commands'
complete -c agent -n "__fish_agent_using_subcommand policy; and __fish_seen_subcommand_from check" -l net -d 'As if the jail opened the whole network'
complete -c agent -n "__fish_agent_using_subcommand policy; and __fish_seen_subcommand_from check" -l json -d 'Print JSON, one line for each command line'
complete -c agent -n "__fish_agent_using_subcommand policy; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c agent -n "__fish_agent_using_subcommand policy; and __fish_seen_subcommand_from list" -l json -d 'Print JSON'
complete -c agent -n "__fish_agent_using_subcommand policy; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help'
complete -c agent -n "__fish_agent_using_subcommand policy; and __fish_seen_subcommand_from forget" -l all -d 'All of them'
complete -c agent -n "__fish_agent_using_subcommand policy; and __fish_seen_subcommand_from forget" -s h -l help -d 'Print help'
complete -c agent -n "__fish_agent_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "check" -d 'Say what a command line would touch, what policy says of it, and what the jail would refuse; nothing is run'
complete -c agent -n "__fish_agent_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "list" -d 'List the answers that are remembered, of all projects, and the rules that hold'
complete -c agent -n "__fish_agent_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "forget" -d 'Forget remembered answers by their numbers'
complete -c agent -n "__fish_agent_using_subcommand policy; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c agent -n "__fish_agent_using_subcommand config; and not __fish_seen_subcommand_from show keys help" -s h -l help -d 'Print help'
complete -c agent -n "__fish_agent_using_subcommand config; and not __fish_seen_subcommand_from show keys help" -f -a "show" -d 'Every value that is set, and where it comes from'
complete -c agent -n "__fish_agent_using_subcommand config; and not __fish_seen_subcommand_from show keys help" -f -a "keys" -d 'Every key there is, with what it takes'
complete -c agent -n "__fish_agent_using_subcommand config; and not __fish_seen_subcommand_from show keys help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c agent -n "__fish_agent_using_subcommand config; and __fish_seen_subcommand_from show" -s c -l config -d 'As -c of `agent run`' -r
complete -c agent -n "__fish_agent_using_subcommand config; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help'
complete -c agent -n "__fish_agent_using_subcommand config; and __fish_seen_subcommand_from keys" -s h -l help -d 'Print help'
complete -c agent -n "__fish_agent_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "show" -d 'Every value that is set, and where it comes from'
complete -c agent -n "__fish_agent_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "keys" -d 'Every key there is, with what it takes'
complete -c agent -n "__fish_agent_using_subcommand config; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c agent -n "__fish_agent_using_subcommand doctor" -l json -d 'Print JSON'
complete -c agent -n "__fish_agent_using_subcommand doctor" -s h -l help -d 'Print help'
complete -c agent -n "__fish_agent_using_subcommand completions" -s h -l help -d 'Print help'
complete -c agent -n "__fish_agent_using_subcommand man" -s h -l help -d 'Print help'
complete -c agent -n "__fish_agent_using_subcommand help; and not __fish_seen_subcommand_from run resume apply demo undo redo login logout sessions export cost audit models route sandbox trust policy config doctor completions man help" -f -a "run" -d 'Work on one task and exit; the exit code says how it ended'
complete -c agent -n "__fish_agent_using_subcommand help; and not __fish_seen_subcommand_from run resume apply demo undo redo login logout sessions export cost audit models route sandbox trust policy config doctor completions man help" -f -a "resume" -d 'Go on with an earlier session on the screen; without a terminal, as `agent run --continue`'
complete -c agent -n "__fish_agent_using_subcommand help; and not __fish_seen_subcommand_from run resume apply demo undo redo login logout sessions export cost audit models route sandbox trust policy config doctor completions man help" -f -a "apply" -d 'Apply an edit from standard input to files, all of it or nothing; exit code 1 when it is refused'
complete -c agent -n "__fish_agent_using_subcommand help; and not __fish_seen_subcommand_from run resume apply demo undo redo login logout sessions export cost audit models route sandbox trust policy config doctor completions man help" -f -a "demo" -d 'Watch a recorded model mend a failing test in a scratch folder; needs no key'
complete -c agent -n "__fish_agent_using_subcommand help; and not __fish_seen_subcommand_from run resume apply demo undo redo login logout sessions export cost audit models route sandbox trust policy config doctor completions man help" -f -a "undo" -d 'Take back all that the last task did to the workspace, edits and commands alike'
complete -c agent -n "__fish_agent_using_subcommand help; and not __fish_seen_subcommand_from run resume apply demo undo redo login logout sessions export cost audit models route sandbox trust policy config doctor completions man help" -f -a "redo" -d 'Take the last undo back'
complete -c agent -n "__fish_agent_using_subcommand help; and not __fish_seen_subcommand_from run resume apply demo undo redo login logout sessions export cost audit models route sandbox trust policy config doctor completions man help" -f -a "login" -d 'Store a provider\'s key: it is checked, then kept in the system\'s keyring, else in a file that only you can read'
complete -c agent -n "__fish_agent_using_subcommand help; and not __fish_seen_subcommand_from run resume apply demo undo redo login logout sessions export cost audit models route sandbox trust policy config doctor completions man help" -f -a "logout" -d 'Forget stored keys'
complete -c agent -n "__fish_agent_using_subcommand help; and not __fish_seen_subcommand_from run resume apply demo undo redo login logout sessions export cost audit models route sandbox trust policy config doctor completions man help" -f -a "sessions" -d 'List, delete or prune sessions'
complete -c agent -n "__fish_agent_using_subcommand help; and not __fish_seen_subcommand_from run resume apply demo undo redo login logout sessions export cost audit models route sandbox trust policy config doctor completions man help" -f -a "export" -d 'Write a session as a file to read and to send: Markdown, HTML or JSON, with secrets redacted'
complete -c agent -n "__fish_agent_using_subcommand help; and not __fish_seen_subcommand_from run resume apply demo undo redo login logout sessions export cost audit models route sandbox trust policy config doctor completions man help" -f -a "cost" -d 'Say what was spent: money, tokens, cached share, cost per finished task, cache misses'
complete -c agent -n "__fish_agent_using_subcommand help; and not __fish_seen_subcommand_from run resume apply demo undo redo login logout sessions export cost audit models route sandbox trust policy config doctor completions man help" -f -a "audit" -d 'Say what was done in a session: for whom, by which rule, in which jail; prove that its log is what was written'
complete -c agent -n "__fish_agent_using_subcommand help; and not __fish_seen_subcommand_from run resume apply demo undo redo login logout sessions export cost audit models route sandbox trust policy config doctor completions man help" -f -a "models" -d 'List models with their limits and prices; find local ones, probe endpoints'
complete -c agent -n "__fish_agent_using_subcommand help; and not __fish_seen_subcommand_from run resume apply demo undo redo login logout sessions export cost audit models route sandbox trust policy config doctor completions man help" -f -a "route" -d 'Say which models a task would go to, for what price, and why'
complete -c agent -n "__fish_agent_using_subcommand help; and not __fish_seen_subcommand_from run resume apply demo undo redo login logout sessions export cost audit models route sandbox trust policy config doctor completions man help" -f -a "sandbox" -d 'Run a command in the jail that the model\'s commands get, or say what that jail is'
complete -c agent -n "__fish_agent_using_subcommand help; and not __fish_seen_subcommand_from run resume apply demo undo redo login logout sessions export cost audit models route sandbox trust policy config doctor completions man help" -f -a "trust" -d 'Show what a project wants to bring (configuration, hooks, MCP servers, skills), and ask whether you trust it'
complete -c agent -n "__fish_agent_using_subcommand help; and not __fish_seen_subcommand_from run resume apply demo undo redo login logout sessions export cost audit models route sandbox trust policy config doctor completions man help" -f -a "policy" -d 'Say what policy makes of a command line, and why; list remembered answers and rules, forget answers'
complete -c agent -n "__fish_agent_using_subcommand help; and not __fish_seen_subcommand_from run resume apply demo undo redo login logout sessions export cost audit models route sandbox trust policy config doctor completions man help" -f -a "config" -d 'Show the configuration, each value with its source'
complete -c agent -n "__fish_agent_using_subcommand help; and not __fish_seen_subcommand_from run resume apply demo undo redo login logout sessions export cost audit models route sandbox trust policy config doctor completions man help" -f -a "doctor" -d 'Say what is found, what is missing, and how to mend it'
complete -c agent -n "__fish_agent_using_subcommand help; and not __fish_seen_subcommand_from run resume apply demo undo redo login logout sessions export cost audit models route sandbox trust policy config doctor completions man help" -f -a "completions" -d 'Print completions for a shell'
complete -c agent -n "__fish_agent_using_subcommand help; and not __fish_seen_subcommand_from run resume apply demo undo redo login logout sessions export cost audit models route sandbox trust policy config doctor completions man help" -f -a "man" -d 'Print the man page'
complete -c agent -n "__fish_agent_using_subcommand help; and not __fish_seen_subcommand_from run resume apply demo undo redo login logout sessions export cost audit models route sandbox trust policy config doctor completions man help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c agent -n "__fish_agent_using_subcommand help; and __fish_seen_subcommand_from sessions" -f -a "delete" -d 'Delete sessions by id; the first digits do'
complete -c agent -n "__fish_agent_using_subcommand help; and __fish_seen_subcommand_from sessions" -f -a "prune" -d 'Delete sessions that are older or take more room than the configuration allows'
complete -c agent -n "__fish_agent_using_subcommand help; and __fish_seen_subcommand_from audit" -f -a "verify" -d 'Prove that session logs are what was written, against the heads kept in the index; exit code 1 when one is not'
complete -c agent -n "__fish_agent_using_subcommand help; and __fish_seen_subcommand_from models" -f -a "local" -d 'List the models of servers on this machine, with the windows they really have'
complete -c agent -n "__fish_agent_using_subcommand help; and __fish_seen_subcommand_from models" -f -a "probe" -d 'Find out with a few tiny requests what an endpoint really does, and remember it'
complete -c agent -n "__fish_agent_using_subcommand help; and __fish_seen_subcommand_from route" -f -a "explain" -d 'The candidates among which `auto` chooses for a task, with prices and reasons; no model is asked'
complete -c agent -n "__fish_agent_using_subcommand help; and __fish_seen_subcommand_from sandbox" -f -a "explain" -d 'Say what a jail here allows and denies, what enforces it, and what is left at risk'
complete -c agent -n "__fish_agent_using_subcommand help; and __fish_seen_subcommand_from sandbox" -f -a "hosts" -d 'List the hosts that commands may reach, and those that were denied lately with what would allow them'
complete -c agent -n "__fish_agent_using_subcommand help; and __fish_seen_subcommand_from policy" -f -a "check" -d 'Say what a command line would touch, what policy says of it, and what the jail would refuse; nothing is run'
complete -c agent -n "__fish_agent_using_subcommand help; and __fish_seen_subcommand_from policy" -f -a "list" -d 'List the answers that are remembered, of all projects, and the rules that hold'
complete -c agent -n "__fish_agent_using_subcommand help; and __fish_seen_subcommand_from policy" -f -a "forget" -d 'Forget remembered answers by their numbers'
complete -c agent -n "__fish_agent_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "show" -d 'Every value that is set, and where it comes from'
complete -c agent -n "__fish_agent_using_subcommand help; and __fish_seen_subcommand_from config" -f -a "keys" -d 'Every key there is, with what it takes'

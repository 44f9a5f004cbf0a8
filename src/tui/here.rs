//! Ways out that are written for a shell, as they are taken on the screen: `agent undo` is `/undo` here, and `-m` is `/model`.

/// Commands of the program that the screen has under the same name, without flags.
const SAME: &[&str] = &["undo", "redo", "trust", "doctor", "cost", "login"];

/// What else is said for a shell, and what is said here; the longer before what it holds.
const WORDS: &[(&str, &str)] = &[
    ("give more with --max-cost and go on with --continue", "give more with `agent resume -c limits.max_cost=…`"),
    ("give more with --max-turns and go on with --continue", "give more with `agent resume -c limits.max_turns=…`"),
    ("give more with --timeout and go on with --continue", "give more with `agent resume -c limits.timeout=…`"),
    ("give more with --max-cost or the budgets", "give more with the budgets"),
    ("or leave out --max-cost and the budgets", "or leave out the budgets"),
    ("=…, and go on with --continue", "=… after `agent resume`"),
    ("start a new session without --continue or --resume", "begin a new session with /new"),
    ("--force goes over it, --files takes back", "`agent undo --force` goes over it, `agent undo --files` takes back"),
    (", or pass --key-file PATH", ""),
    ("agent login ", "/login "),
    ("`agent models`", "/model"),
    (", with --continue", ""),
    (" with --continue", ""),
    (" with -m", " with /model"),
];

/// The same words for somebody at the screen.
pub fn here(text: &str) -> String {
    let mut said = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("`agent ") {
        let Some((command, behind)) = after.split_once('`') else { break };
        said.push_str(before);
        match is_same(command) {
            true => said.push_str(&format!("/{command}")),
            false => said.push_str(&format!("`agent {command}`")),
        }
        rest = behind;
    }
    said.push_str(rest);
    WORDS.iter().fold(said, |said, (there, here)| said.replace(there, here))
}

/// `undo`, or `login` with a provider; not `undo --list`.
fn is_same(command: &str) -> bool {
    match command.split_once(' ') {
        None => SAME.contains(&command),
        Some((name, provider)) => name == "login" && !provider.contains([' ', '-']),
    }
}

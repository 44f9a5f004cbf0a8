//! Does a command line call git in a way that may lose work that is nowhere else? Where it cannot be told, yes: what is
//! saved for nothing costs little.
//!
//! It reads words, quotes and separators, and whatever is quoted as a command line of its own: no shell, so it finds too much
//! rather than too little. The reader of command lines adds the calls and folders that only a shell knows of: `$folder` in
//! a loop, functions. What a script or a program calls cannot be seen from here. A repository that is deleted as a whole takes what is saved in it along, so
//! `rm -rf .git` is none of its cases.

use super::shell::{Surroundings, read};

/// A call that may lose something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Danger {
    /// As it stands there: `git reset --hard`.
    pub call: String,
    pub loss: Loss,
    /// Where it may work: relative to the working folder, or absolute. The first is the working folder itself.
    pub folders: Vec<String>,
}

/// What it may lose. The commit that is checked out is saved in any case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Loss {
    /// What is not committed.
    pub work: bool,
    pub branches: bool,
    pub tags: bool,
    pub stash: bool,
    /// What was known of other repositories.
    pub remotes: bool,
    /// Commits that only the log of HEAD still names.
    pub unnamed: bool,
}

const WORK: Loss = Loss { work: true, branches: false, tags: false, stash: false, remotes: false, unnamed: false };
const BRANCHES: Loss = Loss { branches: true, work: false, ..WORK };
const TAGS: Loss = Loss { tags: true, work: false, ..WORK };
const STASH: Loss = Loss { stash: true, ..WORK };
const REMOTES: Loss = Loss { remotes: true, work: false, ..WORK };
const MOVED: Loss = Loss { branches: true, ..WORK };
const ALL: Loss = Loss { work: true, branches: true, tags: true, stash: true, remotes: true, unnamed: true };

/// Commands that lose nothing, whatever their flags are.
const SAFE: &str = "add annotate apply archive bisect blame bugreport bundle cat-file check-attr check-ignore \
    check-mailmap check-ref-format cherry clone commit-tree config count-objects describe diagnose diff \
    diff-files diff-index diff-tree difftool fast-export fmt-merge-msg for-each-ref format-patch fsck \
    grep hash-object help init interpret-trailers lfs log ls-files ls-remote ls-tree mailinfo \
    merge-base merge-file merge-tree mktag mktree name-rev notes patch-id range-diff remote \
    request-pull rev-list rev-parse shortlog show show-branch show-index show-ref status stripspace var \
    verify-commit verify-pack verify-tag version whatchanged write-tree";

/// Flags of git itself that take the next word.
const TAKE_A_WORD: &[&str] = &["-C", "-c", "--git-dir", "--work-tree", "--namespace", "--config-env", "--attr-source"];

/// Of those the ones that name a folder.
const FOLDERS: &[&str] = &["-C", "--git-dir", "--work-tree"];

/// What may stand before a command that is run, besides flags, numbers and `NAME=VALUE`.
const BEFORE: &str = "! { builtin command do doas else env exec if nice nohup sudo then time timeout until while xargs";

/// How deep command lines stand in each other's quotes.
const DEPTH: usize = 6;

/// The first call that may lose something, with what all of them may lose.
pub fn danger(command: &str) -> Option<Danger> {
    let mut found = Found { folders: vec![String::new()], ..Found::default() };
    found.look(command, "", DEPTH);
    found.read(command);
    Some(Danger { call: found.call?, loss: found.loss, folders: found.folders })
}

#[derive(Default)]
struct Found {
    call: Option<String>,
    loss: Loss,
    folders: Vec<String>,
}

impl Found {
    /// What the reader of command lines finds beyond the words.
    fn read(&mut self, command: &str) {
        for call in read(command, &Surroundings::default()).calls {
            let words: Vec<Word> =
                call.words.iter().map(|word| Word { text: word.text.clone(), quoted: false }).collect();
            let program = Word { text: call.program.clone(), quoted: false };
            if matches!(call.name(), "git" | "git.exe") || call.name().starts_with("git-") {
                self.call(&program, &words, call.folder.as_deref().unwrap_or_default(), true);
            }
        }
    }

    fn look(&mut self, command: &str, start: &str, depth: usize) {
        let mut at = start.to_owned();
        for words in segments(command) {
            for (index, word) in words.iter().enumerate() {
                let rest = words.get(index + 1..).unwrap_or_default();
                if matches!(word.text.as_str(), "cd" | "pushd")
                    && let Some(folder) = rest.iter().find(|word| !word.text.starts_with('-'))
                {
                    at = join(&at, &folder.text);
                }
                let leads = words.iter().take(index).all(|word| is_before_a_command(&word.text));
                self.call(word, rest, &at, leads);
                if word.quoted && depth > 0 && word.text.contains(char::is_whitespace) {
                    self.look(&word.text, &at, depth - 1);
                }
            }
        }
    }

    /// Is this word git, and what follows a call that may lose something? `leads`: it is where a command's name stands.
    fn call(&mut self, word: &Word, rest: &[Word], at: &str, leads: bool) {
        let program = word.text.rsplit('/').next().unwrap_or_default();
        let mut folders = vec![at.to_owned()];
        let mut rest = rest.iter().map(|word| word.text.as_str());
        let git = matches!(program, "git" | "git.exe");
        let name = match program.strip_prefix("git-") {
            Some(name) => Some(name),
            // The value of a variable can be anything.
            None if git || (leads && program.starts_with('$')) => subcommand(&mut rest, &mut folders),
            None => return,
        };
        let certain = git && leads;
        let (Some(name), arguments) = (name, rest.collect::<Vec<_>>()) else { return };
        let Some(loss) = loss(name, &arguments, certain) else { return };
        if name == "worktree" {
            let named = arguments.iter().filter(|argument| !argument.starts_with('-'));
            folders.extend(named.map(|folder| join(at, folder)));
        }
        self.loss = self.loss.and(loss);
        for folder in folders {
            if !self.folders.contains(&folder) {
                self.folders.push(folder);
            }
        }
        let line = std::iter::once("git").chain([name]).chain(arguments).collect::<Vec<_>>().join(" ");
        self.call.get_or_insert(line);
    }
}

impl Loss {
    fn and(self, other: Loss) -> Loss {
        Loss {
            work: self.work || other.work,
            branches: self.branches || other.branches,
            tags: self.tags || other.tags,
            stash: self.stash || other.stash,
            remotes: self.remotes || other.remotes,
            unnamed: self.unnamed || other.unnamed,
        }
    }
}

/// The name of git's command behind git's own flags; folders that these name are added.
fn subcommand<'a>(rest: &mut impl Iterator<Item = &'a str>, folders: &mut Vec<String>) -> Option<&'a str> {
    while let Some(word) = rest.next() {
        if !word.starts_with('-') {
            return Some(word);
        }
        let (flag, value) = word.split_once('=').map_or((word, None), |(flag, value)| (flag, Some(value)));
        let value = if value.is_none() && TAKE_A_WORD.contains(&flag) { rest.next() } else { value };
        if let Some(folder) = value.filter(|_| FOLDERS.contains(&flag)) {
            let at = folders.last().cloned().unwrap_or_default();
            folders.push(join(&at, folder));
        }
    }
    None
}

/// What a command of git's may lose. One that we do not know may be an alias for anything.
pub fn loss(name: &str, arguments: &[&str], certain: bool) -> Option<Loss> {
    let has = |short: &str, long: &[&str]| arguments.iter().any(|argument| is_flag(argument, short, long));
    let says = |words: &[&str]| arguments.iter().any(|argument| words.contains(argument));
    let when = |condition: bool, loss: Loss| condition.then_some(loss);
    match name {
        "reset" | "restore" | "read-tree" | "checkout-index" | "update-index" => Some(WORK),
        "clean" => when(!has("n", &["--dry-run"]), WORK),
        "checkout" => when(has("Bf", &["--force"]) || !has("b", &[]) || says(&["--"]), MOVED),
        "switch" => when(has("fC", &["--force", "--discard-changes", "--force-create"]), MOVED),
        "rm" | "mv" => when(has("f", &["--force"]), WORK),
        "submodule" => when(has("f", &["--force"]) || says(&["deinit"]), WORK),
        "stash" => when(says(&["drop", "clear", "pop", "branch"]), STASH),
        "branch" => when(has("dDmMfC", &["--delete", "--move", "--force"]), BRANCHES),
        "tag" => when(has("df", &["--delete", "--force"]), TAGS),
        "commit" => when(has("", &["--amend"]), WORK),
        "rebase" => Some(MOVED),
        "am" | "cherry-pick" | "merge" | "revert" => {
            when(has("", &["--abort", "--skip", "--quit", "--autostash"]), WORK)
        }
        "pull" => when(has("fr", &["--force", "--rebase", "--autostash"]), MOVED),
        "fetch" => {
            let written = arguments.iter().any(|argument| argument.contains(':') && !argument.contains("://"));
            when(written || has("f", &["--force"]), Loss { tags: true, ..BRANCHES })
        }
        "push" => {
            let forced = arguments.iter().any(|argument| argument.starts_with(['+', ':']));
            when(
                forced || has("fd", &["--force-with-lease", "--force-if-includes", "--delete", "--mirror", "--prune"]),
                REMOTES,
            )
        }
        "reflog" => when(says(&["expire", "delete", "drop"]), ALL),
        "worktree" => when(says(&["remove", "prune"]), MOVED),
        "update-ref" | "symbolic-ref" | "filter-branch" | "filter-repo" | "replace" | "fast-import" | "gc"
        | "prune" | "repack" | "maintenance" => Some(ALL),
        name if SAFE.split(' ').any(|safe| safe == name) => None,
        _ => when(certain, ALL),
    }
}

fn is_before_a_command(word: &str) -> bool {
    word.starts_with('-')
        || word.contains('=')
        || word.starts_with(|first: char| first.is_ascii_digit())
        || BEFORE.split(' ').any(|before| before == word)
}

/// Is this one of the short flags, alone or with others, or a long one, or a beginning of it, which git takes as well?
fn is_flag(argument: &str, short: &str, long: &[&str]) -> bool {
    let name = argument.split('=').next().unwrap_or_default();
    match argument.strip_prefix('-') {
        Some(flags) if !flags.starts_with('-') => flags.contains(|flag| short.contains(flag)),
        Some(_) => name.len() > 2 && long.iter().any(|long| long.starts_with(name)),
        None => false,
    }
}

fn join(at: &str, folder: &str) -> String {
    if folder.starts_with('/') || at.is_empty() { folder.to_owned() } else { format!("{at}/{folder}") }
}

#[derive(Debug, Default)]
struct Word {
    text: String,
    /// Were there quotes or escapes in it?
    quoted: bool,
}

/// The words between the shell's separators, without quotes.
fn segments(command: &str) -> Vec<Vec<Word>> {
    let mut all: Vec<Vec<Word>> = vec![Vec::new()];
    let mut word: Option<Word> = None;
    let mut chars = command.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            // A line that goes on.
            '\\' if chars.next_if_eq(&'\n').is_some() => {}
            '\\' => {
                let word = word.get_or_insert_default();
                word.quoted = true;
                word.text.extend(chars.next());
            }
            '\'' | '"' => {
                let word = word.get_or_insert_default();
                word.quoted = true;
                while let Some(next) = chars.next().filter(|next| *next != char) {
                    let escaped =
                        next == '\\' && char == '"' && chars.peek().is_some_and(|after| "\"\\$`\n".contains(*after));
                    word.text.extend(if escaped { chars.next() } else { Some(next) });
                }
            }
            '#' if word.is_none() => while chars.next_if(|next| *next != '\n').is_some() {},
            _ if char.is_whitespace() || ";&|()`<>".contains(char) => {
                if let (Some(done), Some(last)) = (word.take(), all.last_mut()) {
                    last.push(done);
                }
                if char == '\n' || ";&|()`".contains(char) {
                    all.push(Vec::new());
                }
            }
            _ => word.get_or_insert_default().text.push(char),
        }
    }
    if let (Some(done), Some(last)) = (word, all.last_mut()) {
        last.push(done);
    }
    all
}

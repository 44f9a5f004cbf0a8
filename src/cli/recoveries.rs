//! What was saved before commands that may lose work, with the commands of git that bring it back.

use super::{print, print_json};
use crate::base::{Error, Kind, Result};
use crate::text::sanitise::one_line;
use crate::workspace::git::{self, Recovery, SavedRef};
use serde_json::json;
use std::ffi::OsString;
use std::path::Path;

/// Lists the recoveries of the repository that `root` is in, newest first.
pub fn list(root: &Path, json: bool) -> Result<u8> {
    let found = git::recoveries(root).map_err(|words| {
        Error::new(Kind::Io, format!("cannot list recoveries in `{}`: {words}", root.display()))
            .hint("recoveries are kept in git; name a folder of a repository")
    })?;
    if json {
        print_json(&serde_json::Value::from_iter(found.iter().map(as_json)).to_string())?;
        return Ok(0);
    }
    if found.is_empty() {
        print("no recoveries: one is made before each command that may lose work in git")?;
    }
    for recovery in &found {
        print(&format!("{}  {}", recovery.id, one_line(&recovery.why)))?;
        for (what, command) in ways_back(recovery) {
            print(&format!("  {:28} {}", one_line(&what), one_line(&command)))?;
        }
    }
    Ok(0)
}

/// `agent __recover`, which the shell tool starts in the jail: the exit code.
pub fn save(arguments: &[OsString]) -> u8 {
    let printed = match crate::tool::recover::answer(arguments) {
        Ok(line) => print_json(&line).map(|()| 0).map_err(|error| error.message),
        Err(words) => Err(words),
    };
    printed.unwrap_or_else(|words| {
        super::say(&words);
        2
    })
}

fn as_json(recovery: &Recovery) -> serde_json::Value {
    let refs = recovery.refs.iter().map(
        |saved| json!({"name": saved.name, "from": saved.from, "commit": saved.commit, "unchanged": saved.unchanged}),
    );
    let restore = ways_back(recovery).into_iter().map(|(what, command)| json!({"what": what, "command": command}));
    json!({
        "id": recovery.id,
        "why": recovery.why,
        "refs": refs.collect::<Vec<_>>(),
        "restore": restore.collect::<Vec<_>>(),
    })
}

/// What can be brought back, and the command that does. Branches and tags that are as they were need none.
pub fn ways_back(recovery: &Recovery) -> Vec<(String, String)> {
    let way = |saved: &SavedRef| {
        let name = quoted(&saved.name);
        let (kind, rest) = saved.from.split_once('/').unwrap_or((&saved.from, ""));
        let words = match kind {
            "work" => ("files, untracked ones too".to_owned(), format!("git restore --source={name} --worktree -- :/")),
            "index" => ("what was staged".to_owned(), format!("git read-tree {name}")),
            "head" => ("the commit checked out".to_owned(), format!("git branch recovered-{} {name}", recovery.id)),
            "heads" => (format!("branch {rest}"), format!("git branch -f {} {name}", quoted(rest))),
            "tags" => (format!("tag {rest}"), format!("git tag -f {} {name}", quoted(rest))),
            "remotes" => (
                format!("{rest} as it was known"),
                format!("git branch recovered-{} {name}", quoted(&rest.replace('/', "-"))),
            ),
            "stash" => (format!("stash entry {rest}"), format!("git stash store -m recovered {name}")),
            "unnamed" => {
                let branch = quoted(&format!("recovered-{}-{rest}", recovery.id));
                (format!("earlier commit {rest}"), format!("git branch {branch} {name}"))
            }
            _ => return None,
        };
        (!saved.unchanged).then_some(words)
    };
    recovery.refs.iter().filter_map(way).collect()
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    if word.chars().all(|char| char.is_alphanumeric() || "/-_.".contains(char)) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

//! What is known while a line is read: the folder, variables, functions, and where paths lead.

use super::{Place, Surroundings, Target, Word};
use std::collections::BTreeMap;

/// Devices that are no files: reading and writing them touches nothing.
const DEVICES: &[&str] = &[
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
    "/dev/tty",
    "/dev/stdin",
    "/dev/stdout",
    "/dev/stderr",
];

const TEMPORARY: &[&str] = &["/tmp", "/var/tmp", "/dev/shm", "/private/tmp"];

/// What a place in the line sees. A subshell gets a copy.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// Where it is, written as paths of effects are: empty for the workspace. `None` where it is not known.
    pub folder: Option<String>,
    /// `None`: assigned, and what is not known.
    pub variables: BTreeMap<String, Option<String>>,
    /// The text of each function's body.
    pub functions: BTreeMap<String, String>,
    /// `$1` and so on.
    pub arguments: Option<Vec<Word>>,
    /// How deep functions and lines within words stand in each other.
    pub depth: usize,
    /// The function that is being read, to see one that calls itself.
    pub within: Vec<String>,
}

impl Scope {
    pub fn set(&mut self, name: &str, value: Option<String>) {
        self.variables.insert(name.to_owned(), value);
    }

    /// After something that may have happened or not: what it changed is not known.
    pub fn join(&mut self, before: &BTreeMap<String, Option<String>>) {
        for (name, value) in &mut self.variables {
            if before.get(name) != Some(value) {
                *value = None;
            }
        }
    }

    /// Everything may have another value from here on.
    pub fn forget(&mut self) {
        self.variables.values_mut().for_each(|value| *value = None);
    }

    pub fn change_folder(&mut self, to: Option<&Word>, surroundings: &Surroundings) {
        self.folder = match to {
            Some(word) if word.known && word.text != "-" => resolve(word, self.folder.as_deref(), surroundings)
                .filter(|target| target.place != Place::Unknown)
                .map(|target| if target.path == "." { String::new() } else { target.path }),
            Some(_) => None,
            None => Some(home(surroundings)),
        };
    }
}

pub fn home(surroundings: &Surroundings) -> String {
    if surroundings.home.is_empty() { "~".into() } else { surroundings.home.clone() }
}

/// Where a word leads as a path from `folder`; `None` for devices that are no files.
pub fn resolve(word: &Word, folder: Option<&str>, surroundings: &Surroundings) -> Option<Target> {
    let unknown = |path: &str| Some(Target { path: path.to_owned(), place: Place::Unknown });
    if !word.known {
        return unknown(&word.text);
    }
    let text = word.text.strip_prefix("file://").unwrap_or(&word.text);
    let text = expand_home(text, surroundings);
    let rooted = text.starts_with(['/', '~']);
    let whole = match folder {
        _ if rooted => text,
        Some("") => text,
        Some(folder) => format!("{folder}/{text}"),
        None => return unknown(&text),
    };
    if DEVICES.contains(&whole.as_str()) || whole.starts_with("/dev/fd/") {
        return None;
    }
    Some(placed(&normal(&whole), surroundings))
}

fn expand_home(text: &str, surroundings: &Surroundings) -> String {
    match text.strip_prefix('~') {
        Some(rest) if (rest.is_empty() || rest.starts_with('/')) && !surroundings.home.is_empty() => {
            format!("{}{rest}", surroundings.home)
        }
        _ => text.to_owned(),
    }
}

/// Without `.`, double slashes, and `..` where that can be taken back.
fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let absolute = path.starts_with('/');
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if absolute => {}
            _ => parts.push(part),
        }
    }
    format!("{}{}", if absolute { "/" } else { "" }, parts.join("/"))
}

fn placed(path: &str, surroundings: &Surroundings) -> Target {
    let below = |folder: &str| {
        let rest = path.strip_prefix(folder)?;
        (rest.is_empty() || rest.starts_with('/')).then(|| rest.trim_start_matches('/').to_owned())
    };
    let target = |path: &str, place| Target { path: path.to_owned(), place };
    if !path.starts_with(['/', '~']) {
        if !(path == ".." || path.starts_with("../")) {
            return target(if path.is_empty() { "." } else { path }, Place::Workspace);
        }
        if surroundings.folder.is_empty() {
            return target(path, Place::System);
        }
        return placed(&normal(&format!("{}/{path}", surroundings.folder)), surroundings);
    }
    if !surroundings.folder.is_empty()
        && let Some(rest) = below(&surroundings.folder)
    {
        return target(if rest.is_empty() { "." } else { &rest }, Place::Workspace);
    }
    let at_home = path.starts_with('~') || (!surroundings.home.is_empty() && below(&surroundings.home).is_some());
    // A home folder may lie among temporary files, as in containers.
    if !at_home && TEMPORARY.iter().any(|folder| below(folder).is_some_and(|rest| !rest.is_empty())) {
        return target(path, Place::Temporary);
    }
    let at_home = at_home || ["/home/", "/Users/", "/root"].iter().any(|home| path.starts_with(home));
    target(path, if at_home { Place::Home } else { Place::System })
}

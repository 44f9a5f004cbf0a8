//! What an access means, so that an answer that is remembered counts for the same again, however it is spelt, and for
//! nothing that does more.
//!
//! Equal meanings have the same calls in the same order, each with the same words, folder and effects. Quotes and spaces are no
//! part of it, nor are words that a program takes as mere text (a commit's message) or to choose among its own tests.

use super::shell::{Call, Code, Effect, Reading, Surroundings, read};
use crate::base::access::{Access, Remember};
use serde::{Deserialize, Serialize};

/// By what an answer is remembered. Two accesses with equal meanings are one and the same question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Meaning {
    Read {
        path: String,
    },
    Write {
        path: String,
    },
    /// A command line where commands run: in the jail if there is one.
    Exec {
        calls: Vec<Said>,
    },
    /// A command line outside of the jail.
    Leave {
        calls: Vec<Said>,
    },
    Connect {
        host: String,
        port: u16,
    },
}

/// One call, as far as it matters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Program and words, without those that make no difference.
    pub words: Vec<String>,
    /// Where it runs: empty for the workspace itself.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub folder: String,
    /// What it would do beyond what its words say, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<String>,
}

/// An answer that counts again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remembered {
    pub meaning: Meaning,
    pub remember: Remember,
    /// The project's folder, where it counts only there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    /// When it was given, in milliseconds since 1970.
    #[serde(default)]
    pub at: u64,
}

impl Remembered {
    /// What it is an answer to, in one line for people.
    pub fn words(&self) -> String {
        self.meaning.words()
    }
}

impl Meaning {
    /// In one line for people.
    pub fn words(&self) -> String {
        let lines = |calls: &[Said]| calls.iter().map(Said::line).collect::<Vec<_>>().join("; ");
        match self {
            Meaning::Read { path } => format!("read {path}"),
            Meaning::Write { path } => format!("write {path}"),
            Meaning::Exec { calls } => format!("run {}", lines(calls)),
            Meaning::Leave { calls } => format!("run outside of the jail {}", lines(calls)),
            Meaning::Connect { host, port } => format!("connect to {host}:{port}"),
        }
    }
}

impl Said {
    fn line(&self) -> String {
        let at = if self.folder.is_empty() { String::new() } else { format!(" in {}", self.folder) };
        format!("{}{at}", self.words.join(" "))
    }
}

/// What an access means. `None` where an answer cannot be remembered: the line does not say all that it does, or it would
/// run, outside of the jail, code that can be another one by then.
pub fn meaning(access: &Access, surroundings: &Surroundings) -> Option<Meaning> {
    match access {
        Access::Read { path } => Some(Meaning::Read { path: path.clone() }),
        Access::Write { path } => Some(Meaning::Write { path: path.clone() }),
        Access::Exec { command } => said(&read(command, surroundings)).map(|calls| Meaning::Exec { calls }),
        Access::Leave { command, .. } => {
            let reading = read(command, surroundings);
            let changing = |effect: &Effect| matches!(effect, Effect::Runs(Code::Workspace(_) | Code::Foreign(_)));
            if reading.effects.iter().any(changing) {
                return None;
            }
            said(&reading).map(|calls| Meaning::Leave { calls })
        }
        Access::Connect { host, port } => {
            Some(Meaning::Connect { host: host.trim_end_matches('.').to_ascii_lowercase(), port: *port })
        }
    }
}

fn said(reading: &Reading) -> Option<Vec<Said>> {
    let plain = reading.understood && reading.altered.is_empty() && !reading.calls.is_empty();
    if !plain {
        return None;
    }
    let around =
        reading.effects.iter().filter(|effect| !reading.calls.iter().any(|call| call.effects.contains(effect)));
    let around: Vec<String> = around.map(Effect::words).collect();
    let mut calls: Vec<Said> = reading.calls.iter().map(of_call).collect::<Option<_>>()?;
    if let Some(first) = calls.first_mut() {
        first.effects.extend(around);
    }
    Some(calls)
}

fn of_call(call: &Call) -> Option<Said> {
    if call.words.iter().any(|word| !word.known) {
        return None;
    }
    let first = call.words.first().map(|word| word.text.as_str());
    let free = FREE.iter().find(|(program, command, _)| call.program == *program && first == Some(command));
    let free = free.map(|(_, _, free)| *free);
    let mut words = vec![call.program.clone()];
    let mut before = "-";
    for word in call.words.iter().map(|word| word.text.as_str()) {
        if !free.is_some_and(|free| free.takes(before, word)) {
            words.push(word.to_owned());
        }
        before = word;
    }
    // Which code of the workspace runs, the words say.
    let matters = |effect: &&Effect| !effect.stays() && !matches!(effect, Effect::Runs(Code::Workspace(_)));
    let mut effects: Vec<String> = call.effects.iter().filter(matters).map(Effect::words).collect();
    effects.sort();
    effects.dedup();
    Some(Said { words, folder: call.folder.clone()?, effects })
}

/// Words that a call takes and that make no difference to what it may do.
#[derive(Debug, Clone, Copy)]
enum Free {
    /// What follows `-m`.
    Message,
    /// Names of tests and the like.
    Filter,
}

const FREE: &[(&str, &str, Free)] = &[
    ("git", "commit", Free::Message),
    ("git", "tag", Free::Message),
    ("cargo", "test", Free::Filter),
    ("go", "test", Free::Filter),
];

impl Free {
    /// Is this word, behind that one, without meaning? What follows a flag may be its value.
    fn takes(self, before: &str, word: &str) -> bool {
        match self {
            Free::Message => {
                before == "--message" || (before.starts_with('-') && !before.starts_with("--") && before.ends_with('m'))
            }
            Free::Filter => !before.starts_with('-') && !word.starts_with('-'),
        }
    }
}

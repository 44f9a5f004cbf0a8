//! What an effect would touch, what policy says of it, what a person is asked, and what they answer.

use super::change::{FileChange, Review};
use serde::{Deserialize, Serialize};

/// One thing an effect would touch. Paths below the working folder are relative to it, others absolute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Access {
    Read {
        path: String,
    },
    Write {
        path: String,
    },
    /// A command line, run by a shell in the jail.
    Exec {
        command: String,
    },
    /// A command line that is to run outside of the jail, and why the model says it must.
    Leave {
        command: String,
        reason: String,
    },
    /// A host that a command in the jail wanted to reach.
    Connect {
        host: String,
        port: u16,
    },
}

/// What of the network a jail opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Network {
    #[default]
    Off,
    /// The hosts on a list, through our own proxy.
    Hosts,
    Full,
}

impl Network {
    pub fn name(self) -> &'static str {
        match self {
            Network::Off => "off",
            Network::Hosts => "hosts",
            Network::Full => "full",
        }
    }
}

/// How much may happen without a question. In every mode but `full`, commands run in the jail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Nothing is written: commands run in a jail that writes nowhere.
    Read,
    /// Each edit is shown before it is written; commands run in the jail.
    Ask,
    /// Edits in the workspace and commands in the jail go on without a question.
    Auto,
    /// No jail and no questions.
    Full,
}

impl Mode {
    pub const ALL: [Mode; 4] = [Mode::Read, Mode::Ask, Mode::Auto, Mode::Full];

    pub fn name(self) -> &'static str {
        match self {
            Mode::Read => "read",
            Mode::Ask => "ask",
            Mode::Auto => "auto",
            Mode::Full => "full",
        }
    }
}

/// What policy says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Allow,
    /// Why a person must be asked.
    Ask(String),
    /// Why it may not be, in words for the model.
    Deny(String),
}

/// What policy says, and by which rule: `mode auto`, a rule of the user's, an earlier answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub verdict: Verdict,
    pub rule: String,
}

/// For how long an answer counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remember {
    #[default]
    Once,
    Session,
    Project,
    Always,
}

impl Remember {
    fn is_once(&self) -> bool {
        *self == Remember::Once
    }
}

/// A question to the person in charge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// Names this question in the answer.
    pub id: u64,
    /// The id of the tool call that asks.
    pub call: String,
    pub tool: String,
    pub why: String,
    pub access: Vec<Access>,
    /// The change that would be written, where it is an edit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub change: Vec<FileChange>,
    /// A command has made the change already: what is not accepted is put back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub made: bool,
}

/// What the person said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Answer {
    /// All of it; `remember` says for how long the same by its meaning needs no question.
    Allow {
        #[serde(default, skip_serializing_if = "Remember::is_once")]
        remember: Remember,
    },
    /// These parts of the change.
    Review(Review),
    Deny {
        /// For the model.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        comment: Option<String>,
    },
}

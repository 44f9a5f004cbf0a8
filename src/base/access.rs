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
    /// A command line, run by a shell.
    Exec {
        command: String,
    },
}

/// How much may happen without a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Nothing is written and nothing is run.
    Read,
    /// Each edit and command is shown and asked for.
    Ask,
    /// Edits in the workspace and commands go on without a question.
    Auto,
    /// No policy.
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
}

/// What the person said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Answer {
    /// All of it, this once.
    Allow,
    /// These parts of the change.
    Review(Review),
    Deny {
        /// For the model.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        comment: Option<String>,
    },
}

//! One error type: a fact, and the way out of it.
//!
//! The kind decides the exit code and whether the same request may be tried again. Messages are lower case, name the thing in
//! backticks and end without a full stop; hints are whole commands or settings.

use serde::{Deserialize, Serialize};
use std::fmt;

pub type Result<T> = std::result::Result<T, Error>;

/// What sort of thing went wrong. The exit code follows from it alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A flag or an argument that cannot be used.
    Usage,
    /// A configuration file or value that cannot be used.
    Config,
    /// No key, or the key was rejected.
    Auth,
    /// The provider said no, for good: 400.
    Provider,
    /// What was paid for is used up: asking again does not help before it is filled up or reset.
    Quota,
    /// The provider does not serve this model: 404.
    Unserved,
    /// The provider said no, for now: 408, 409, 429, 5xx, overload. The same request may be tried again.
    Transient,
    /// The transport broke: refused, reset, cut short, idle too long. The same request may be tried again.
    Network,
    /// The request does not fit the model's context window.
    ContextFull,
    /// Money, turns, time, or the loop guard.
    Limit,
    /// Policy denied something the task needed.
    Denied,
    /// A sandbox is required and there is none.
    NoSandbox,
    /// The user or the system ended it.
    Interrupted,
    /// The task was not completed: checks failed, refusal, empty or invalid answer.
    Incomplete,
    /// A file, folder or process of this machine.
    Io,
}

impl Kind {
    /// The exit code of `agent run` (`docs/exit-codes.md`). Interruption has two; see [`crate::base::event::Outcome`].
    pub fn exit(self) -> u8 {
        match self {
            Kind::Usage | Kind::Config => 2,
            Kind::Auth => 3,
            Kind::Provider | Kind::Quota | Kind::Unserved | Kind::Transient | Kind::Network => 4,
            Kind::Limit => 5,
            Kind::Denied => 6,
            Kind::NoSandbox => 7,
            Kind::Interrupted => 130,
            Kind::ContextFull | Kind::Incomplete | Kind::Io => 1,
        }
    }

    /// May the very same request be sent again?
    pub fn retryable(self) -> bool {
        matches!(self, Kind::Transient | Kind::Network)
    }
}

/// A fact and the way out of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Error {
    pub kind: Kind,
    pub message: String,
    /// Each a thing the user can do, shown on a line of its own.
    pub hints: Vec<String>,
    /// How long the other side asked us to wait, where it did.
    pub retry_after: Option<std::time::Duration>,
}

impl Error {
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hints: Vec::new(), retry_after: None }
    }

    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    pub fn config(message: impl Into<String>) -> Self {
        Self::new(Kind::Config, message)
    }

    /// An input or output error on a named thing: ``cannot read `src/a.rs`: permission denied``.
    pub fn io(doing: &str, name: impl fmt::Display, cause: &std::io::Error) -> Self {
        Self::new(Kind::Io, format!("cannot {doing} `{name}`: {}", reason(cause)))
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    pub fn kind(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }
}

/// The words of an I/O error without Rust's `(os error 2)`.
pub fn reason(cause: &std::io::Error) -> String {
    let text = cause.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

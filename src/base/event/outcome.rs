//! How a task ended, and errors as the public JSON.

use super::CheckResult;
use crate::base::error::{Error, Kind};
use crate::base::model::Usage;
use crate::base::money::Usd;
use serde::{Deserialize, Serialize};

/// How a task ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    pub status: Status,
    pub exit: u8,
    /// The model's last words.
    pub summary: String,
    pub turns: u64,
    pub tokens: Usage,
    /// `None`: a price was not known.
    pub cost_usd: Option<Usd>,
    pub duration_ms: u64,
    /// The last result of each check.
    pub checks: Vec<CheckResult>,
    pub changed: Vec<ChangedFile>,
    pub session: String,
    pub error: Option<Fault>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedFile {
    pub path: String,
    pub added: u64,
    pub removed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Done,
    Incomplete,
    Usage,
    Auth,
    Provider,
    Limit,
    Denied,
    NoSandbox,
    Interrupted,
}

impl Status {
    pub fn of(kind: Kind) -> Status {
        match kind {
            Kind::Usage | Kind::Config => Status::Usage,
            Kind::Auth => Status::Auth,
            Kind::Provider | Kind::Quota | Kind::Unserved | Kind::Transient | Kind::Network => Status::Provider,
            Kind::Limit => Status::Limit,
            Kind::Denied => Status::Denied,
            Kind::NoSandbox => Status::NoSandbox,
            Kind::Interrupted => Status::Interrupted,
            Kind::ContextFull | Kind::Incomplete | Kind::Io => Status::Incomplete,
        }
    }
}

/// An error as the public JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    pub kind: Kind,
    pub message: String,
    pub hint: Option<String>,
}

impl From<&Error> for Fault {
    fn from(error: &Error) -> Self {
        let hint = (!error.hints.is_empty()).then(|| error.hints.join("; "));
        Self { kind: error.kind, message: error.message.clone(), hint }
    }
}

impl Outcome {
    /// The outcome of a run that failed before a model was asked.
    pub fn failed(error: &Error, session: String) -> Self {
        Self {
            status: Status::of(error.kind),
            exit: error.kind.exit(),
            summary: String::new(),
            turns: 0,
            tokens: Usage::default(),
            cost_usd: Some(Usd(0)),
            duration_ms: 0,
            checks: Vec::new(),
            changed: Vec::new(),
            session,
            error: Some(Fault::from(error)),
        }
    }
}

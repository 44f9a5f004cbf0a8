//! The jail of a session: every command enters it before it runs, and what it left behind is looked at after.

use super::Backend;
use crate::base::Result;
use crate::base::event::{HostDenied, Quarantined};
use crate::process::spawn::Exec;

/// Confines the commands of one session. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Cell {
    backend: Backend,
}

/// What is left of a command in the jail.
#[derive(Debug, Default)]
pub struct Left {
    /// Without the id of the call.
    pub quarantined: Option<Quarantined>,
    /// Hosts that it was kept from, each once; without the id of the call.
    pub denied: Vec<HostDenied>,
}

impl Cell {
    /// No jail: the mode is `full`.
    pub fn open() -> Self {
        Self { backend: Backend::None }
    }

    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// The command, confined.
    pub async fn enter(&self, exec: Exec) -> Result<Exec> {
        Ok(exec)
    }

    /// What a command that has ended left behind.
    pub async fn leave(&self) -> Left {
        Left::default()
    }

    /// Lets commands of this session reach a host.
    pub fn allow(&self, _host: &str, _port: u16) {}
}

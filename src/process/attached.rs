//! A program that the user starts through us, with the user's own input, output and terminal. It stays in our session; signals from the
//! terminal reach it without us, and it ends when we do.

use super::jobs::limit_passed;
use super::spawn::{Exec, code};
use super::watch::{Tree, Watch};
use crate::base::{Error, Result};
use rustix::process::{Pid, Signal, kill_process};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use tokio::process::{Child, Command};

pub struct Attached {
    child: Child,
    patient: bool,
}

impl Attached {
    pub fn start(exec: &Exec) -> Result<Self> {
        let mut command = std::process::Command::new(&exec.program);
        command
            .args(&exec.arguments)
            .current_dir(&exec.folder)
            .env_clear()
            .envs(exec.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::inherit())
            .stdout(Stdio::inherit())
            .stderr(Stdio::inherit());
        super::spawn::wrap(&mut command, exec.wrapping.clone());
        let mut command = Command::from(command);
        command.kill_on_drop(true);
        let child = command.spawn().map_err(|error| Error::io("start", exec.program.display(), &error))?;
        Ok(Self { child, patient: exec.wrapping.patient })
    }

    /// Waits for its end: the exit code, or 128 + the signal that ended it.
    pub async fn wait(&mut self) -> i32 {
        self.child.wait().await.map_or(-1, code)
    }

    /// Waits until it uses more than it may, with all it started; the name of the limit. Never ends where nothing is watched.
    pub fn limit_passed(&self, watch: Option<Watch>) -> impl Future<Output = &'static str> + use<> {
        let tree = Arc::new(Mutex::new(Tree::new(self.child.id().unwrap_or_default())));
        async move {
            match watch {
                Some(watch) => limit_passed(tree, Some(watch)).await,
                None => std::future::pending().await,
            }
        }
    }

    /// Ends it at once.
    pub fn kill(&self) {
        if let Some(id) = self.child.id().and_then(|id| Pid::from_raw(id.cast_signed())) {
            let _ = kill_process(id, Signal::KILL);
        }
    }

    /// Ends it: a wrapper takes what it wraps along, a bare program is asked to.
    pub fn end(&self) {
        let signal = if self.patient { Signal::KILL } else { Signal::TERM };
        if let Some(id) = self.child.id().and_then(|id| Pid::from_raw(id.cast_signed())) {
            let _ = kill_process(id, signal);
        }
    }
}

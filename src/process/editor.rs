//! The user's own editor on the user's own terminal. It alone of all children stays in our session and has our standard
//! input; its environment is the user's, and it is not killed with what the model started.

use crate::base::{Error, Result};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use std::ffi::OsString;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::process::{Child, Command};

/// How long an editor that is no longer wanted has to leave.
const GRACE: Duration = Duration::from_millis(300);

/// How an editor is started: as the shell reads `command`, with the file as one more word.
#[derive(Debug, Clone)]
pub struct Editor {
    pub shell: PathBuf,
    pub command: String,
    pub environment: Vec<(String, OsString)>,
}

/// An editor that runs. The terminal is put back as it was when this is dropped, and so is one that is still open.
struct Open {
    child: Child,
    terminal: OwnedFd,
    before: Option<Termios>,
}

impl Editor {
    /// Opens `file` on `terminal` and waits for the end: the exit code, or 128 + the signal that ended it.
    pub async fn open(&self, file: &Path, terminal: OwnedFd) -> Result<i32> {
        let failed = |error: &std::io::Error| Error::io("start the editor", &self.command, error);
        let output = || terminal.try_clone().map(Stdio::from);
        let mut command = Command::new(&self.shell);
        command
            .args(["-c", &format!("{} \"$@\"", self.command), "editor"])
            .arg(file)
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::inherit())
            .stdout(output().map_err(|error| failed(&error))?)
            .stderr(output().map_err(|error| failed(&error))?);
        let before = tcgetattr(&terminal).ok();
        // An editor with a window of its own goes on after us, and must not become ours to end.
        super::spawn::adopt(false);
        let started = command.spawn();
        let open = started.map(|child| Open { child, terminal, before }).inspect_err(|_| super::spawn::adopt(true));
        let mut open = open.map_err(|error| failed(&error))?;
        let status = open.child.wait().await.map_err(|error| failed(&error))?;
        Ok(super::spawn::code(status))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let deadline = Instant::now() + GRACE;
        if let Some(id) = self.child.id().and_then(|id| rustix::process::Pid::from_raw(id.cast_signed())) {
            let _ = rustix::process::kill_process(id, rustix::process::Signal::TERM);
            while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(5));
            }
            let _ = self.child.start_kill();
        }
        if let Some(before) = &self.before {
            let _ = tcsetattr(self.terminal.as_fd(), OptionalActions::Drain, before);
        }
        super::spawn::adopt(true);
    }
}

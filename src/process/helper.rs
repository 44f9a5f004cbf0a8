//! A program that the user configured to tell us one thing on its standard output, such as a credential. It runs with the user's own
//! environment, never with one that a model or a workspace has a say in, and for a limited time.

use crate::base::{Error, Kind, Result};
use crate::text::sanitise::one_line;
use rustix::process::{Pid, Signal, kill_process_group};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;

/// Bytes of each output that are read.
const MOST: u64 = 64 * 1024;

/// A command as the shell reads it.
#[derive(Debug, Clone)]
pub struct Helper {
    pub shell: PathBuf,
    pub command: String,
    pub environment: Vec<(String, OsString)>,
}

/// Ends what still runs of a helper when it is no longer waited for.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Helper {
    /// Runs it to its end and gives what it said; an error, with the last line of its standard error, when it fails or takes too
    /// long. The output is a secret: it is in no error.
    pub async fn ask(&self, limit: Duration) -> Result<Vec<u8>> {
        let failed = |why: String| {
            Error::new(Kind::Auth, format!("the helper `{}` {why}", self.command))
                .hint("run it in a terminal to see more")
        };
        let mut child = Command::new(&self.shell)
            .arg("-c")
            .arg(&self.command)
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| failed(format!("cannot be started: {}", crate::base::error::reason(&error))))?;
        let group = Group(child.id().and_then(|id| Pid::from_raw(id.cast_signed())));
        let (output, errors) = (child.stdout.take(), child.stderr.take());
        let run = async { tokio::join!(all_of(output), all_of(errors), child.wait()) };
        let (output, errors, status) = tokio::time::timeout(limit, run)
            .await
            .map_err(|_| failed(format!("did not end within {} s", limit.as_secs_f32())))?;
        drop(group);
        match status {
            Ok(status) if status.success() => Ok(output),
            Ok(status) => {
                let errors = String::from_utf8_lossy(&errors).into_owned();
                let last = errors.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
                Err(failed(format!("failed with exit code {}: {}", super::spawn::code(status), one_line(last))))
            }
            Err(error) => Err(failed(format!("was lost: {}", crate::base::error::reason(&error)))),
        }
    }
}

async fn all_of(pipe: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        let _ = pipe.take(MOST).read_to_end(&mut bytes).await;
    }
    bytes
}

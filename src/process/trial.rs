//! A program that is run to see whether it can be: without input, its output thrown away, for a short time.

use super::spawn::{Exec, code};
use rustix::process::{Pid, Signal, kill_process_group};
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Bytes of standard error that are kept.
const MOST: u64 = 4096;
/// Between two looks at whether it has ended.
const PAUSE: Duration = Duration::from_millis(1);

/// One that runs. It is killed when it is dropped before its end.
pub struct Trial(Child);

impl Trial {
    pub fn start(exec: &Exec) -> std::io::Result<Self> {
        let mut command = Command::new(&exec.program);
        command
            .args(&exec.arguments)
            .current_dir(&exec.folder)
            .env_clear()
            .envs(exec.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0);
        super::spawn::wrap(&mut command, exec.wrapping.clone());
        command.spawn().map(Trial)
    }

    /// Waits for its end: nothing where it succeeded, else why not.
    pub fn finish(mut self, limit: Duration) -> Result<(), String> {
        let deadline = Instant::now() + limit;
        loop {
            match self.0.try_wait() {
                Ok(Some(status)) if status.success() => return Ok(()),
                Ok(Some(status)) => return Err(self.complaint(code(status))),
                Ok(None) if Instant::now() < deadline => std::thread::sleep(PAUSE),
                Ok(None) => return Err(format!("it did not end within {} s", limit.as_secs())),
                Err(error) => return Err(crate::base::error::reason(&error)),
            }
        }
    }

    /// The last line it said, else its exit code.
    fn complaint(&mut self, code: i32) -> String {
        let mut text = Vec::new();
        if let Some(errors) = self.0.stderr.take() {
            let _ = errors.take(MOST).read_to_end(&mut text);
        }
        let text = String::from_utf8_lossy(&text).into_owned();
        let last = text.lines().rev().map(str::trim).find(|line| !line.is_empty());
        last.map_or_else(|| format!("exit code {code}"), str::to_owned)
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        if !matches!(self.0.try_wait(), Ok(Some(_))) {
            // Its children too: half set up, they would wait for it for ever.
            if let Some(group) = Pid::from_raw(self.0.id().cast_signed()) {
                let _ = kill_process_group(group, Signal::KILL);
            }
            let _ = self.0.wait();
        }
    }
}

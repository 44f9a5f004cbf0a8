//! Starting one program in a session of its own, and ending all of it.

use crate::base::{Error, Result};
use rustix::process::{Pid, Signal, kill_process_group};
use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use tokio::process::{Child, Command};

/// A program to be started.
#[derive(Debug, Clone, Default)]
pub struct Exec {
    pub program: PathBuf,
    pub arguments: Vec<OsString>,
    pub folder: PathBuf,
    pub environment: Vec<(String, OsString)>,
    pub wrapping: Wrapping,
}

/// What a program that wraps the real one, as a jail does, needs besides. Empty for a bare program.
#[derive(Debug, Clone, Default)]
pub struct Wrapping {
    /// Stay open in the child under their own numbers, which are in `arguments`.
    pub handles: Vec<Arc<OwnedFd>>,
    /// Does the wrapper leave a request to end to what it wraps? Else it would go first and take that along.
    pub patient: bool,
}

impl Wrapping {
    /// Between fork and exec: the child keeps the handles, and is deaf to what it leaves to the program that it wraps.
    pub(super) fn enter(&self) -> std::io::Result<()> {
        for handle in &self.handles {
            rustix::io::fcntl_setfd(handle, rustix::io::FdFlags::empty())?;
        }
        #[cfg(target_os = "linux")]
        if self.patient {
            for signal in PATIENT {
                // SAFETY: `signal` with a constant disposition is async-signal-safe and touches no memory of ours.
                if unsafe { libc::signal(*signal, libc::SIG_IGN) } == libc::SIG_ERR {
                    return Err(std::io::Error::last_os_error());
                }
            }
        }
        Ok(())
    }
}

/// What a wrapper ignores; the jail's helper gives the program inside the usual dispositions back.
#[cfg(target_os = "linux")]
pub const PATIENT: &[i32] = &[libc::SIGTERM, libc::SIGINT, libc::SIGQUIT, libc::SIGHUP];

/// A running program. Dropping it kills it and its whole session.
pub struct Running {
    child: Child,
    group: Option<Pid>,
}

impl Exec {
    /// Starts it with both outputs on `output`.
    pub fn start(&self, output: std::io::PipeWriter) -> Result<Running> {
        let failed = |error: &std::io::Error| Error::io("start", self.program.display(), error);
        let errors = output.try_clone().map_err(|error| failed(&error))?;
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .current_dir(&self.folder)
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(output)
            .stderr(errors)
            .kill_on_drop(true);
        let wrapping = self.wrapping.clone();
        #[cfg(target_os = "linux")]
        let parent = rustix::process::getpid();
        // SAFETY: the closure runs between fork and exec and makes system calls only; it neither allocates nor locks.
        unsafe {
            command.pre_exec(move || {
                rustix::process::setsid()?;
                // While it lives, what it started stays below it and is counted, also after a double fork.
                #[cfg(target_os = "linux")]
                rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
                wrapping.enter()?;
                #[cfg(target_os = "linux")]
                {
                    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
                    // A parent that died before that line sends no signal any more.
                    if rustix::process::getppid() != Some(parent) {
                        return Err(std::io::ErrorKind::Interrupted.into());
                    }
                }
                Ok(())
            });
        }
        let child = command.spawn().map_err(|error| failed(&error))?;
        let group = child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        Ok(Running { child, group })
    }
}

/// Lets a program that is started by other means than [`Exec::start`] keep what its wrapping needs.
pub(super) fn wrap(command: &mut std::process::Command, wrapping: Wrapping) {
    use std::os::unix::process::CommandExt;
    // SAFETY: the closure runs between fork and exec and makes system calls only; it neither allocates nor locks.
    unsafe { command.pre_exec(move || wrapping.enter()) };
}

impl Running {
    /// Waits for the program itself; its children may go on. Exit code, or 128 + the signal that ended it.
    pub async fn wait(&mut self) -> i32 {
        self.child.wait().await.map_or(-1, code)
    }

    /// The number of its process; 0, which is nobody's, once it has been waited for.
    pub(super) fn id(&self) -> u32 {
        self.child.id().unwrap_or_default()
    }

    /// Asks the whole session to end.
    pub fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Ends the whole session.
    pub fn kill(&self) {
        self.signal(Signal::KILL);
    }

    fn signal(&self, signal: Signal) {
        if let Some(group) = self.group {
            let _ = kill_process_group(group, signal);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The exit code, or 128 + the signal that ended it.
pub(super) fn code(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt;
    status.code().or(status.signal().map(|signal| 128 + signal)).unwrap_or(-1)
}

/// Before the first child: orphans of our children become ours, so that [`end_descendants`] finds those that left their
/// session.
pub fn prepare() {
    adopt(true);
}

/// Do orphans of our children become ours? Linux only; where the kernel does not know it, work goes on without.
pub(super) fn adopt(ours: bool) {
    #[cfg(target_os = "linux")]
    {
        let _ = rustix::process::set_child_subreaper(ours.then(rustix::process::getpid));
    }
    #[cfg(not(target_os = "linux"))]
    let _ = ours;
}

/// Kills everything that descends from this process. Linux only; elsewhere sessions alone are ended.
pub fn end_descendants() {
    for _ in 0..8 {
        let found = descendants(std::process::id());
        if found.is_empty() {
            return;
        }
        for id in found {
            if let Some(pid) = Pid::from_raw(id.cast_signed()) {
                let _ = rustix::process::kill_process(pid, Signal::KILL);
                let _ = rustix::process::waitpid(Some(pid), rustix::process::WaitOptions::NOHANG);
            }
        }
    }
}

fn descendants(of: u32) -> Vec<u32> {
    let mut found = Vec::new();
    for child in super::watch::children(of) {
        found.extend(descendants(child));
        found.push(child);
    }
    found
}

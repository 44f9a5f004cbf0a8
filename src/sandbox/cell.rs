//! The jail of a session: every command enters it before it runs, and what it left behind is looked at after.
//!
//! It puts the parts of this room together, and decides nothing: what a jail allows is `make`'s, what enforces it the
//! [`Sandbox`]'s, what was tampered with the [`Guard`]'s, which hosts are reached the proxy's.

use super::caches::Caches;
use super::choose::{Sandbox, real};
use super::guard::{Findings, Guard};
use super::inbox::ListenerInbox;
use super::jail::Jail;
use super::make::{Facts, jail};
use super::preferences::Preferences;
use super::{Backend, watch};
use crate::base::access::{Mode, Network};
use crate::base::event::{HostDenied, Quarantined};
use crate::base::{Error, Kind, Result};
use crate::config::paths::Environment;
use crate::disk::Disk;
use crate::net::egress::Egress;
use crate::process::spawn::Exec;
use crate::process::watch::Watch;
use crate::text::host::Host;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::task::{AbortHandle, spawn_blocking};

/// Confines the commands of one session. Cheap to clone.
#[derive(Clone)]
pub struct Cell(Option<Arc<Inner>>);

/// What a session's jails are made of.
pub struct Frame {
    pub sandbox: Sandbox,
    pub mode: Mode,
    /// The workspace and the folders that the user added.
    pub roots: Vec<PathBuf>,
    /// The user's own, which says where secrets are.
    pub environment: Environment,
    pub preferences: Preferences,
    /// Where long outputs are, in the session's folder: read, although the folder around it is not.
    pub readable: Vec<PathBuf>,
    pub caches: Caches,
    pub network: Network,
    /// Answers for the hosts on a list.
    pub egress: Option<Arc<Egress>>,
    /// Where what was tampered with is kept.
    pub quarantine: PathBuf,
}

struct Inner {
    frame: Frame,
    guard: Mutex<Guard>,
    memory: Mutex<Memory>,
}

/// What changes while a session works.
#[derive(Default)]
struct Memory {
    prepared: bool,
    /// Files with secrets by their names that the user lets commands read.
    allowed: Vec<PathBuf>,
    /// Commands that went away without having been looked after.
    abandoned: usize,
    /// What was found after commands in the background.
    found: Findings,
}

/// A command that is ready to run in the jail, and while it does.
pub struct Inside {
    pub exec: Exec,
    pub watch: Option<Watch>,
    cell: Option<Arc<Inner>>,
    call: String,
    proxy: Option<ListenerInbox>,
    serving: Option<AbortHandle>,
}

/// What commands in the jail left behind.
#[derive(Debug, Default)]
pub struct Left {
    /// Without the id of the call.
    pub quarantined: Option<Quarantined>,
    /// Hosts that were kept from them, each once.
    pub denied: Vec<HostDenied>,
    /// Hosts that the command reached, as `host:port`.
    pub reached: Vec<String>,
    /// What could not be put right, in words for the user.
    pub unmended: Vec<String>,
}

impl Cell {
    /// No jail: the mode is `full`, or none is to be had.
    pub fn open() -> Self {
        Self(None)
    }

    pub fn new(frame: Frame) -> Self {
        if frame.sandbox.backend() == Backend::None {
            return Self::open();
        }
        let guard = Guard::new(&frame.roots, frame.quarantine.clone(), frame.sandbox.backend(), Disk::default());
        Self(Some(Arc::new(Inner { frame, guard: Mutex::new(guard), memory: Mutex::default() })))
    }

    pub fn backend(&self) -> Backend {
        self.0.as_ref().map_or(Backend::None, |inner| inner.frame.sandbox.backend())
    }

    /// The jail that the next command gets; `None` where there is none.
    pub async fn jail(&self) -> Result<Option<Jail>> {
        let Some(inner) = self.0.clone() else { return Ok(None) };
        let jail = spawn_blocking(move || {
            let jail = inner.jail();
            inner.look_after();
            jail
        });
        jail.await.map_err(|_| broken())?.map(Some)
    }

    /// Confines a command of the call `call`.
    pub async fn enter(&self, exec: Exec, call: &str) -> Result<Inside> {
        let Some(inner) = self.0.clone() else {
            return Ok(Inside { exec, watch: None, cell: None, call: call.into(), proxy: None, serving: None });
        };
        let call = call.to_owned();
        let entered = spawn_blocking(move || {
            let jail = inner.jail()?;
            // From here on it is looked after, also where it cannot be started.
            let mut inside = Inside {
                watch: Some(watch::watch(&jail.limits, inner.frame.roots.clone())),
                exec: Exec::default(),
                cell: Some(inner.clone()),
                call,
                proxy: None,
                serving: None,
            };
            let environment = inner.frame.caches.over(exec.environment);
            let confined = inner.frame.sandbox.confine(Exec { environment, ..exec }, &jail)?;
            (inside.exec, inside.proxy) = (confined.exec, confined.proxy);
            Ok(inside)
        });
        entered.await.map_err(|_| broken())?
    }

    /// What commands left behind that have no end of their own to tell it: those that were cut off, and those in the background
    /// that have ended.
    pub async fn settle(&self) -> Left {
        let Some(inner) = self.0.clone() else { return Left::default() };
        let settled = spawn_blocking(move || {
            let abandoned = std::mem::take(&mut inner.memory().abandoned);
            (0..abandoned).for_each(|_| inner.look_after());
            inner.left("")
        });
        settled.await.unwrap_or_default()
    }

    /// Lets commands of this session reach a host, as the user answered.
    pub fn allow_host(&self, host: &str, port: u16) {
        let egress = self.0.as_ref().and_then(|inner| inner.frame.egress.as_ref());
        if let (Some(egress), Ok(host)) = (egress, Host::parse(host)) {
            egress.allow(&host, port, false);
        }
    }

    /// Lets commands of this session read a file that holds secrets by its name, as the user answered.
    pub fn allow_read(&self, path: &Path) {
        if let Some(inner) = &self.0 {
            inner.memory().allowed.push(path.into());
        }
    }

    /// A protected file was written with the user's leave: it is as it should be.
    pub fn wrote(&self, path: &Path) {
        if let Some(inner) = &self.0 {
            inner.guard().allow(path);
        }
    }
}

impl Inner {
    fn guard(&self) -> MutexGuard<'_, Guard> {
        self.guard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The jail of the next command, and the guard's look before it. Blocks.
    fn jail(&self) -> Result<Jail> {
        if !self.memory().prepared {
            self.frame.caches.prepare(&Disk::default())?;
            self.memory().prepared = true;
        }
        let (protected, mut secrets, repositories) = {
            let mut guard = self.guard();
            guard.before();
            (guard.protected(), guard.secrets(), guard.repositories())
        };
        secrets.retain(|path| !self.memory().allowed.contains(path));
        let frame = &self.frame;
        let roots: Vec<PathBuf> = frame.roots.iter().cloned().chain(repositories).collect();
        Ok(jail(
            &Facts {
                mode: frame.mode,
                roots: &roots,
                environment: &frame.environment,
                readable: &frame.readable,
                temporary: &frame.caches.temporary,
                caches: &frame.caches.writable,
                network: frame.network,
                preferences: &frame.preferences,
                protected: &protected,
                secrets: &secrets,
            },
            &real,
        ))
    }

    /// The guard's look after a command. Blocks.
    fn look_after(&self) {
        let found = self.guard().after();
        let mut memory = self.memory();
        memory.found.files.extend(found.files);
        memory.found.kept = found.kept.or(memory.found.kept.take());
        memory.found.unmended.extend(found.unmended);
    }

    /// All that was found until now, and the hosts of one call.
    fn left(&self, call: &str) -> Left {
        let Findings { files, kept, unmended } = std::mem::take(&mut self.memory().found);
        let kept = kept.map(|kept| kept.display().to_string()).unwrap_or_default();
        let quarantined = (!files.is_empty()).then(|| Quarantined { call: String::new(), files, kept });
        let egress = self.frame.egress.iter();
        let denied = egress.clone().flat_map(|egress| egress.take_denied());
        let denied = denied.map(|denied| HostDenied {
            call: denied.call,
            host: denied.host,
            port: denied.port,
            why: denied.why.to_string(),
        });
        let seen = egress.flat_map(|egress| egress.seen()).filter(|seen| seen.call == call);
        let reached = seen.map(|seen| format!("{}:{}", seen.host, seen.port));
        Left { quarantined, denied: denied.collect(), reached: reached.collect(), unmended }
    }
}

fn broken() -> Error {
    Error::new(Kind::Io, "the jail could not be made; this is a bug")
}

impl Inside {
    /// Serves its network; to be called once the command is started.
    pub fn serve(&mut self) {
        let egress = self.cell.as_ref().and_then(|inner| inner.frame.egress.clone());
        let (Some(inbox), Some(egress)) = (self.proxy.take(), egress) else { return };
        let call = self.call.clone();
        let serving = tokio::spawn(async move {
            if let Ok(Ok(listener)) = spawn_blocking(move || inbox.receive()).await {
                let _ = egress.serve(listener, &call).await;
            }
        });
        self.serving = Some(serving.abort_handle());
    }

    /// What it left behind; to be called when it has ended.
    pub async fn leave(mut self) -> Left {
        self.end_serving();
        let Some(inner) = self.cell.take() else { return Left::default() };
        let call = std::mem::take(&mut self.call);
        let left = spawn_blocking(move || {
            inner.look_after();
            inner.left(&call)
        });
        left.await.unwrap_or_default()
    }

    /// The same for one in the background: what it left is told by the next command, or by [`Cell::settle`].
    pub async fn leave_quietly(mut self) {
        self.end_serving();
        if let Some(inner) = self.cell.take() {
            let _ = spawn_blocking(move || inner.look_after()).await;
        }
    }

    fn end_serving(&mut self) {
        if let Some(serving) = self.serving.take() {
            serving.abort();
        }
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        self.end_serving();
        if let Some(inner) = self.cell.take() {
            inner.memory().abandoned += 1;
        }
    }
}

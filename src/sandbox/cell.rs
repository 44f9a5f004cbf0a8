//! The jail of a session: every command enters it before it runs, and what it left behind is looked at after.
//!
//! It puts the parts of this room together, and decides nothing: what a jail allows is `make`'s, what enforces it the
//! [`Sandbox`]'s, what was tampered with the [`Guard`]'s, which hosts are reached the proxy's.

use super::caches::Caches;
use super::choose::{Sandbox, real};
use super::guard::{Findings, Guard};
use super::inside::Inside;
use super::jail::Jail;
use super::make::{Facts, jail};
use super::personal::{Personal, personal};
use super::preferences::Preferences;
use super::signing::Signing;
use super::{Backend, watch};
use crate::base::access::{Mode, Network};
use crate::base::event::{Commit, HostDenied, Quarantined};
use crate::base::{Error, Kind, Result};
use crate::config::paths::Environment;
use crate::disk::Disk;
use crate::net::egress::Egress;
use crate::policy::hosts::Remedy;
use crate::process::spawn::Exec;
use crate::process::watch::end_strays;
use crate::text::host::Host;
use crate::workspace::led::led;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::task::{JoinHandle, spawn_blocking};

/// The longest wait for the end of commands that were told to end.
const LONGEST: Duration = Duration::from_secs(5);

/// May the user let commands reach this host and port?
pub type Permits = Box<dyn Fn(&str, u16) -> bool + Send + Sync>;

/// Tasks that look after commands.
type Waiting = Arc<Mutex<Vec<JoinHandle<()>>>>;

/// Confines and signs the commands of one session. Cheap to clone.
#[derive(Clone, Default)]
pub struct Cell {
    inner: Option<Arc<Inner>>,
    signing: Option<Arc<Signing>>,
    /// Those in the background.
    waiting: Waiting,
    /// Those that were told to end, and that nobody else waits for.
    ending: Waiting,
}

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
    /// May the user let commands reach this host? Not where an administrator says otherwise.
    pub permits: Permits,
    /// Where what was tampered with is kept.
    pub quarantine: PathBuf,
}

pub(super) struct Inner {
    frame: Frame,
    /// What of the home folder lies in the workspace.
    personal: Personal,
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
    pub commits: Vec<Commit>,
}

impl Cell {
    /// No jail: the mode is `full`, or none is to be had.
    pub fn open() -> Self {
        Self::default()
    }

    /// The same session without its jail, for a command that leaves it.
    pub fn outside(&self) -> Self {
        Self { inner: None, ..self.clone() }
    }

    /// Signs the commits of commands.
    pub fn signed(self, signing: Signing) -> Self {
        Self { signing: Some(Arc::new(signing)), ..self }
    }

    /// From here on this model acts.
    pub fn set_model(&self, model: &str) {
        if let Some(signing) = &self.signing {
            signing.set_model(model);
        }
    }

    pub fn new(frame: Frame) -> Self {
        if frame.sandbox.backend() == Backend::None {
            return Self::open();
        }
        let personal = personal(&frame.roots, &frame.environment, &real, &Path::is_dir);
        let guard = Guard::new(&frame.roots, frame.quarantine.clone(), frame.sandbox.backend(), Disk::default());
        let home = frame.environment.home().ok();
        let led = frame.roots.iter().flat_map(|root| led(root, home.as_deref()));
        let guard = Mutex::new(guard.with_places(&led.chain(personal.looked_after()).collect::<Vec<_>>()));
        let inner = Inner { frame, personal, guard, memory: Mutex::default() };
        Self { inner: Some(Arc::new(inner)), ..Self::default() }
    }

    pub fn backend(&self) -> Backend {
        self.inner.as_ref().map_or(Backend::None, |inner| inner.frame.sandbox.backend())
    }

    /// The jail that the next command gets; `None` where there is none.
    pub async fn jail(&self) -> Result<Option<Jail>> {
        let Some(inner) = self.inner.clone() else { return Ok(None) };
        let jail = spawn_blocking(move || {
            let jail = inner.jail();
            inner.look_after();
            jail
        });
        jail.await.map_err(|_| broken())?.map(Some)
    }

    /// Confines a command of the call `call`.
    pub async fn enter(&self, exec: Exec, call: &str) -> Result<Inside> {
        if self.inner.is_none() && self.signing.is_none() {
            return Ok(Inside::bare(exec, call));
        }
        let (inner, signing, call) = (self.inner.clone(), self.signing.clone(), call.to_owned());
        let entered = spawn_blocking(move || {
            let mut exec = exec;
            let signing = signing.and_then(|signing| {
                exec.environment = signing.environment(std::mem::take(&mut exec.environment));
                let heads = signing.heads()?;
                Some((signing, heads))
            });
            let Some(inner) = inner else {
                let mut inside = Inside::bare(exec, &call);
                inside.signing = signing;
                return Ok(inside);
            };
            let jail = inner.jail()?;
            // From here on it is looked after, also where it cannot be started.
            let mut inside = Inside::bare(Exec::default(), &call);
            inside.watch = Some(watch::watch(&jail.limits, jail.writable.clone()));
            (inside.cell, inside.signing) = (Some(inner.clone()), signing);
            let environment = inner.frame.caches.over(exec.environment);
            let confined = inner.frame.sandbox.confine(Exec { environment, ..exec }, &jail)?;
            (inside.exec, inside.proxy) = (confined.exec, confined.proxy);
            Ok(inside)
        });
        entered.await.map_err(|_| broken())?
    }

    /// This very program with `arguments`, to be entered as a command: for work of ours that goes where a repository leads it. `None`
    /// where there is no jail.
    pub fn errand(&self, arguments: Vec<OsString>) -> Option<Exec> {
        let program = self.inner.as_ref()?.frame.sandbox.program().to_owned();
        Some(Exec { program, arguments, ..Exec::default() })
    }

    /// Looks after a command in the background, whose end is `ended`.
    pub fn look_after(&self, inside: Inside, ended: impl Future<Output = ()> + Send + 'static) {
        push(&self.waiting, inside, ended);
    }

    /// The same for one that was cut off: it may still do something before its end, so [`Cell::settle`] waits for that.
    pub fn abandon(&self, inside: Inside, ended: impl Future<Output = ()> + Send + 'static) {
        push(&self.ending, inside, ended);
    }

    /// Waits until all commands in the background, which were told to end, are looked after; at most [`LONGEST`].
    pub async fn close(&self) -> Left {
        join(&self.waiting).await;
        self.settle().await
    }

    /// What commands left behind that have no end of their own to tell it: those that were cut off, and those in the background
    /// that have ended.
    pub async fn settle(&self) -> Left {
        join(&self.ending).await;
        let Some(inner) = self.inner.clone() else { return Left::default() };
        let settled = spawn_blocking(move || {
            let abandoned = std::mem::take(&mut inner.memory().abandoned);
            (0..abandoned).for_each(|_| inner.look_after());
            inner.left("")
        });
        settled.await.unwrap_or_default()
    }

    /// Known places of secrets, for the tools of this process: absolute, without links.
    pub fn denied(&self) -> Vec<PathBuf> {
        let Some(inner) = &self.inner else { return Vec::new() };
        let mut denied = inner.frame.jail(&[], &[], &[]).denied;
        denied.extend(inner.personal.absent());
        denied
    }

    /// Could a yes of the user's let commands reach the host that was denied?
    pub fn may_allow(&self, denied: &HostDenied) -> bool {
        self.inner.as_ref().is_some_and(|inner| {
            let opens = matches!(Remedy::of(&denied.why), Remedy::Rule | Remedy::PrivateRule);
            opens && inner.frame.egress.is_some() && (inner.frame.permits)(&denied.host, denied.port)
        })
    }

    /// Lets commands reach a host that was denied, as the user answered: all of this session, or with `once` the first that
    /// connects to it.
    pub fn allow_host(&self, denied: &HostDenied, once: bool) {
        let egress = self.inner.as_ref().and_then(|inner| inner.frame.egress.as_ref());
        let private = Remedy::of(&denied.why) == Remedy::PrivateRule;
        match (egress, Host::parse(&denied.host)) {
            (Some(egress), Ok(host)) if once => egress.allow_once(&host, denied.port, private),
            (Some(egress), Ok(host)) => egress.allow(&host, denied.port, private),
            (_, _) => {}
        }
    }

    /// Lets commands of this session reach a host that an earlier answer opened, as far as the administrator permits it.
    pub fn open_host(&self, host: &str, port: u16) {
        if let Some(inner) = self.inner.as_ref().filter(|inner| (inner.frame.permits)(host, port))
            && let (Some(egress), Ok(host)) = (&inner.frame.egress, Host::parse(host))
        {
            egress.allow(&host, port, false);
        }
    }

    /// Lets commands of this session read a file that holds secrets by its name, as the user answered.
    pub fn allow_read(&self, path: &Path) {
        if let Some(inner) = &self.inner {
            inner.memory().allowed.push(path.into());
        }
    }

    /// A protected file was written with the user's leave: it is as it should be.
    pub fn wrote(&self, path: &Path) {
        if let Some(inner) = &self.inner {
            inner.guard().allow(path);
        }
    }
}

/// A task that waits for a command's end and looks after it. Where there is no runtime any more, the command counts as gone.
fn push(to: &Waiting, inside: Inside, ended: impl Future<Output = ()> + Send + 'static) {
    let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
    let waiting = runtime.spawn(async move {
        ended.await;
        inside.leave_quietly().await;
    });
    let mut all = to.lock().unwrap_or_else(PoisonError::into_inner);
    all.retain(|waiting| !waiting.is_finished());
    all.push(waiting);
}

async fn join(all: &Waiting) {
    let waiting = std::mem::take(&mut *all.lock().unwrap_or_else(PoisonError::into_inner));
    let _ = tokio::time::timeout(LONGEST, futures_util::future::join_all(waiting)).await;
}

impl Frame {
    /// `repositories` lie outside of the workspace and are written by git in it.
    fn jail(&self, repositories: &[PathBuf], protected: &[PathBuf], secrets: &[PathBuf]) -> Jail {
        let roots: Vec<PathBuf> = self.roots.iter().chain(repositories).cloned().collect();
        let facts = Facts {
            mode: self.mode,
            roots: &roots,
            environment: &self.environment,
            readable: &self.readable,
            temporary: &self.caches.temporary,
            caches: &self.caches.writable,
            network: self.network,
            preferences: &self.preferences,
            protected,
            secrets,
        };
        jail(&facts, &real)
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
            self.personal.prepare(&Disk::default())?;
            self.frame.caches.prepare(&Disk::default())?;
            self.memory().prepared = true;
        }
        let (protected, mut secrets, repositories) = {
            let mut guard = self.guard();
            guard.before();
            (guard.protected(), guard.secrets(), guard.repositories())
        };
        secrets.retain(|path| !self.memory().allowed.contains(path));
        Ok(self.frame.jail(&repositories, &protected, &secrets))
    }

    /// The guard's look after a command. Blocks.
    pub(super) fn look_after(&self) {
        let mut guard = self.guard();
        // None begins meanwhile: it would take its first look, and waits for that.
        if guard.is_last() {
            end_strays();
        }
        let found = guard.after();
        drop(guard);
        let mut memory = self.memory();
        memory.found.files.extend(found.files);
        memory.found.kept = found.kept.or(memory.found.kept.take());
        memory.found.unmended.extend(found.unmended);
    }

    /// A command went away without having been looked after.
    pub(super) fn abandon(&self) {
        self.memory().abandoned += 1;
    }

    /// Answers for the hosts on a list.
    pub(super) fn egress(&self) -> Option<Arc<Egress>> {
        self.frame.egress.clone()
    }

    /// All that was found until now, and the hosts of one call.
    pub(super) fn left(&self, call: &str) -> Left {
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
        let (denied, reached) = (denied.collect(), reached.collect());
        Left { quarantined, denied, reached, unmended, commits: Vec::new() }
    }
}

fn broken() -> Error {
    Error::new(Kind::Io, "the jail could not be made; this is a bug")
}

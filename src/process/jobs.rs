//! Commands while they run: in the foreground with a time limit, or in the background until the session ends.

use super::capture::{Capture, OpenSpill, Said};
use super::spawn::{Exec, Running};
use super::watch::{Tree, Watch, pause};
use crate::base::{Error, Result};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::net::unix::pipe;
use tokio::sync::watch;

/// Bytes of head and of tail that are kept of each command's output.
pub const KEEP: usize = 12 * 1024;
/// How long a killed or ended command's output is still read; a daemon that holds the pipe cannot hold us.
const LINGER: Duration = Duration::from_millis(100);
/// Between asking a command to end and ending it.
const GRACE: Duration = Duration::from_millis(300);

/// The exit code of a shell whose command was ended for writing a file larger than it may: 128 + SIGXFSZ.
const FILE_TOO_LARGE: i32 = 128 + rustix::process::Signal::XFSZ.as_raw();

/// How a command ended, or that it goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    Running,
    Exited(i32),
    /// Ended by its time limit.
    TimedOut,
    /// Ended on request.
    Killed,
    /// Ended by this limit: `memory`, `processes`, `disk` or `file size`.
    LimitHit(&'static str),
}

/// One command.
pub struct Job {
    pub started: Instant,
    /// The command line.
    pub command: String,
    capture: Mutex<Capture>,
    state: watch::Sender<State>,
    stop: watch::Sender<bool>,
}

impl Job {
    /// Starts `exec`; must be called in a tokio runtime. Without a `limit` it runs until it ends or is killed.
    pub fn start(exec: &Exec, command: &str, limit: Option<Duration>, spill: OpenSpill) -> Result<Arc<Job>> {
        Self::start_watched(exec, command, limit, spill, None)
    }

    /// The same; a `watch` ends it when it uses more than it may.
    pub fn start_watched(
        exec: &Exec,
        command: &str,
        limit: Option<Duration>,
        spill: OpenSpill,
        watch: Option<Watch>,
    ) -> Result<Arc<Job>> {
        Self::begin(exec, command, limit, Capture::new(KEEP, spill), watch)
    }

    /// The same, with `keep` bytes of head and of tail, and nothing of what is between.
    pub fn start_keeping(exec: &Exec, command: &str, limit: Option<Duration>, keep: usize) -> Result<Arc<Job>> {
        Self::begin(exec, command, limit, Capture::new(keep, Box::new(|| None)), None)
    }

    fn begin(
        exec: &Exec,
        command: &str,
        limit: Option<Duration>,
        capture: Capture,
        watch: Option<Watch>,
    ) -> Result<Arc<Job>> {
        let io = |error: std::io::Error| Error::io("start", command, &error);
        let (reader, writer) = std::io::pipe().map_err(io)?;
        let reader = pipe::Receiver::from_owned_fd(reader.into()).map_err(io)?;
        let running = exec.start(writer)?;
        let job = Arc::new(Job {
            started: Instant::now(),
            command: command.to_owned(),
            capture: Mutex::new(capture),
            state: watch::channel(State::Running).0,
            stop: watch::channel(false).0,
        });
        // Subscribed before anybody can ask it to end.
        let stop = job.stop.subscribe();
        tokio::spawn(job.clone().run(running, reader, limit, watch, stop));
        Ok(job)
    }

    async fn run(
        self: Arc<Self>,
        mut running: Running,
        reader: pipe::Receiver,
        limit: Option<Duration>,
        allowed: Option<Watch>,
        mut stop: watch::Receiver<bool>,
    ) {
        let is_watched = allowed.is_some();
        let tree = Arc::new(Mutex::new(Tree::new(running.id())));
        let mut watching = std::pin::pin!(limit_passed(tree.clone(), allowed));
        let limited = async {
            match limit {
                Some(limit) => tokio::time::sleep(limit).await,
                None => std::future::pending().await,
            }
        };
        let mut reading = std::pin::pin!(self.read(&reader));
        let mut read_all = false;
        tokio::pin!(limited);
        let ended = loop {
            tokio::select! {
                exit = running.wait() => break match exit {
                    FILE_TOO_LARGE if is_watched => State::LimitHit("file size"),
                    exit => State::Exited(exit),
                },
                limit = &mut watching => break State::LimitHit(limit),
                () = &mut reading, if !read_all => read_all = true,
                () = &mut limited => break State::TimedOut,
                _ = stop.changed() => break State::Killed,
            }
        };
        // What passes a limit gets no time to go on.
        if matches!(ended, State::TimedOut | State::Killed) {
            running.terminate();
            // Those that left the session while the command lived are known by its end.
            locked(&tree).measure(u64::MAX);
            let _ = tokio::time::timeout(GRACE, running.wait()).await;
        }
        let _ = tokio::task::spawn_blocking(move || locked(&tree).end()).await;
        running.kill();
        if !read_all {
            let _ = tokio::time::timeout(LINGER, reading).await;
        }
        self.capture().finish();
        self.state.send_replace(ended);
    }

    /// Reads until the pipe's last writer is gone.
    async fn read(&self, reader: &pipe::Receiver) {
        let mut buffer = vec![0; 16 * 1024];
        loop {
            if reader.readable().await.is_err() {
                return;
            }
            match reader.try_read(&mut buffer) {
                Ok(0) => return,
                Ok(count) => self.capture().push(buffer.get(..count).unwrap_or_default()),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(_) => return,
            }
        }
    }

    fn capture(&self) -> MutexGuard<'_, Capture> {
        self.capture.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn said(&self) -> Said {
        self.capture().said()
    }

    pub fn state(&self) -> State {
        self.state.borrow().clone()
    }

    /// Waits until it has ended.
    pub async fn ended(&self) -> State {
        let mut state = self.state.subscribe();
        match state.wait_for(|state| *state != State::Running).await {
            Ok(state) => state.clone(),
            Err(_) => State::Killed,
        }
    }

    /// Asks it to end, and ends it soon after.
    pub fn kill(&self) {
        self.stop.send_replace(true);
    }
}

fn locked(tree: &Mutex<Tree>) -> MutexGuard<'_, Tree> {
    tree.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Looks at what a command uses until it is too much of something. Never ends where nothing is watched.
pub(super) async fn limit_passed(tree: Arc<Mutex<Tree>>, allowed: Option<Watch>) -> &'static str {
    let allowed = allowed.map(|watch| (watch.start(), watch)).map(Arc::new);
    let mut wait = pause(Duration::ZERO);
    loop {
        tokio::time::sleep(wait).await;
        let (tree, allowed) = (tree.clone(), allowed.clone());
        let look = move || {
            let started = Instant::now();
            let most = allowed.as_ref().map_or(u64::MAX, |allowed| allowed.1.processes);
            let usage = locked(&tree).measure(most);
            (allowed.and_then(|allowed| allowed.1.passed(usage, &allowed.0)), started.elapsed())
        };
        match tokio::task::spawn_blocking(look).await {
            Ok((Some(limit), _)) => return limit,
            Ok((None, took)) => wait = pause(took),
            Err(_) => std::future::pending().await,
        }
    }
}

/// The background jobs of a session.
#[derive(Default)]
pub struct Jobs {
    jobs: Mutex<BTreeMap<u32, Arc<Job>>>,
}

impl Jobs {
    fn jobs(&self) -> MutexGuard<'_, BTreeMap<u32, Arc<Job>>> {
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a job and gives it a number, from 1.
    pub fn keep(&self, job: Arc<Job>) -> u32 {
        let mut jobs = self.jobs();
        let number = jobs.keys().next_back().map_or(1, |last| last + 1);
        jobs.insert(number, job);
        number
    }

    pub fn get(&self, number: u32) -> Option<Arc<Job>> {
        self.jobs().get(&number).cloned()
    }

    /// Asks all that run to end.
    pub fn kill_all(&self) {
        self.jobs().values().filter(|job| job.state() == State::Running).for_each(|job| job.kill());
    }

    /// How many have not ended.
    pub fn running(&self) -> usize {
        self.jobs().values().filter(|job| job.state() == State::Running).count()
    }

    pub fn numbers(&self) -> Vec<u32> {
        self.jobs().keys().copied().collect()
    }
}

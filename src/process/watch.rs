//! What a running command uses with all its descendants, and how all of it is ended, also while it forks.
//!
//! Linux only: elsewhere nothing is measured, and the process group alone is ended.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

/// Between two looks; longer where a look takes long.
const PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// A look may cost this part of the time.
const SHARE: u32 = 20;

/// What a command may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watch {
    /// Bytes of resident memory of all its processes together; what they share is counted for each. So much may the machine's shared
    /// memory grow meanwhile, too: what is in no process, such as a file in memory, is seen nowhere else.
    pub memory: u64,
    /// Processes and threads together.
    pub processes: u64,
    /// Bytes that stay free on the disks of `folders`. Where there was less at the start, half of that.
    pub disk_free: u64,
    pub folders: Vec<PathBuf>,
}

/// What it uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    pub memory: u64,
    pub processes: u64,
}

/// The processes of one command.
#[derive(Debug)]
pub(super) struct Tree {
    root: u32,
    /// With the moment each was started, so that another one with the same number is not taken for it.
    known: BTreeMap<u32, u64>,
}

/// One process.
#[derive(Debug, Clone, Copy)]
struct Process {
    started: u64,
    threads: u64,
    /// Pages.
    resident: u64,
    ended: bool,
}

impl Tree {
    pub(super) fn new(root: u32) -> Self {
        Self { root, known: process(root).map(|process| (root, process.started)).into_iter().collect() }
    }

    /// Counts all that descends from the command, also what has left its session or lost its parent since the last look.
    /// Counting ends above `most` processes.
    pub(super) fn measure(&mut self, most: u64) -> Usage {
        let mut found = BTreeMap::new();
        let mut usage = Usage::default();
        let still = |id: &u32, started: &u64| process(*id).is_some_and(|process| process.started == *started);
        let known = self.known.iter().filter(|(id, started)| still(id, started));
        let mut waiting: Vec<u32> = known.map(|(id, _)| *id).collect();
        while let Some(id) = waiting.pop() {
            if found.contains_key(&id) {
                continue;
            }
            let Some(process) = process(id) else { continue };
            if !process.ended {
                usage.processes += process.threads.max(1);
                usage.memory += process.resident * page_size();
            }
            found.insert(id, process.started);
            if usage.processes > most {
                break;
            }
            waiting.extend(children(id));
        }
        // What was known and not looked at any more stays known.
        found.extend(self.known.iter().filter(|(id, started)| still(id, started)));
        self.known = found;
        usage
    }

    /// Ends every process of the command. They are stopped first, since one that runs could start another meanwhile, and the
    /// command itself goes last: while it is there, whatever was missed falls to it and is found.
    pub(super) fn end(&mut self) {
        for _ in 0..ROUNDS {
            let mut stopped = BTreeSet::new();
            loop {
                self.measure(u64::MAX);
                let before = stopped.len();
                stopped.extend(self.known.keys().copied());
                if stopped.len() == before {
                    break;
                }
                self.signal(rustix::process::Signal::STOP, |_| true);
            }
            let root = self.root;
            let alone = self.known.keys().all(|id| *id == root || process(*id).is_none_or(|process| process.ended));
            self.signal(rustix::process::Signal::KILL, |id| alone || id != root);
            self.reap();
            self.known.retain(|id, started| {
                process(*id).is_some_and(|process| process.started == *started && !process.ended)
            });
            if self.known.is_empty() {
                return;
            }
            std::thread::yield_now();
        }
        self.signal(rustix::process::Signal::KILL, |_| true);
    }

    /// Takes away what has ended and has become ours; the command itself is waited for by who started it.
    fn reap(&self) {
        self.known.keys().filter(|id| **id != self.root).for_each(|id| reap(*id));
    }

    fn signal(&self, signal: rustix::process::Signal, to: impl Fn(u32) -> bool) {
        for id in self.known.keys().filter(|id| to(**id)) {
            if let Some(pid) = rustix::process::Pid::from_raw(id.cast_signed()) {
                let _ = rustix::process::kill_process(pid, signal);
            }
        }
    }
}

/// Takes this child of ours away, if it has ended.
fn reap(id: u32) {
    // No number would mean any child of ours.
    if let Some(pid) = rustix::process::Pid::from_raw(id.cast_signed()) {
        let _ = rustix::process::waitpid(Some(pid), rustix::process::WaitOptions::NOHANG);
    }
}

/// How often what is still there is ended again; each round waits for the kernel to take away what was.
const ROUNDS: usize = 200;

/// How things are when a command starts.
#[derive(Debug)]
pub(super) struct Start {
    /// The bytes that must stay free for each folder.
    floors: Vec<u64>,
    /// Bytes of the machine's shared memory.
    shared: u64,
}

impl Watch {
    pub(super) fn start(&self) -> Start {
        let floor = |folder| match free(folder) {
            Some(now) if now > self.disk_free => self.disk_free,
            Some(now) => now / 2,
            None => 0,
        };
        Start { floors: self.folders.iter().map(floor).collect(), shared: shared() }
    }

    /// The limit that is passed, if one is.
    pub(super) fn passed(&self, usage: Usage, start: &Start) -> Option<&'static str> {
        if usage.memory > self.memory || shared().saturating_sub(start.shared) > self.memory {
            return Some("memory");
        }
        if usage.processes > self.processes {
            return Some("processes");
        }
        let full =
            self.folders.iter().zip(&start.floors).any(|(folder, floor)| free(folder).is_some_and(|now| now < *floor));
        full.then_some("disk")
    }
}

/// For how long not to look, after a look that took this long.
pub(super) fn pause(took: Duration) -> Duration {
    (took * SHARE).clamp(PAUSE, LONGEST_PAUSE)
}

/// Bytes that the user may still write.
fn free(folder: &PathBuf) -> Option<u64> {
    let stat = rustix::fs::statvfs(folder).ok()?;
    Some(stat.f_bavail.saturating_mul(stat.f_frsize))
}

#[cfg(target_os = "linux")]
fn process(id: u32) -> Option<Process> {
    let text = std::fs::read(format!("/proc/{id}/stat")).ok()?;
    // The name stands in parentheses and may hold anything; fields are counted behind it, the state is the third of all.
    let after = text.iter().rposition(|byte| *byte == b')')?;
    let text = std::str::from_utf8(text.get(after + 1..)?).ok()?;
    let fields: Vec<&str> = text.split_ascii_whitespace().collect();
    let number = |nth: usize| fields.get(nth - 3).and_then(|field| field.parse::<i64>().ok()).unwrap_or_default();
    let positive = |nth| u64::try_from(number(nth)).unwrap_or_default();
    let ended = fields.first().is_some_and(|state| matches!(*state, "Z" | "X"));
    Some(Process { started: positive(22), threads: positive(20), resident: positive(24), ended })
}

/// Bytes of all files in memory and all shared memory of the machine, whosesoever they are.
#[cfg(target_os = "linux")]
fn shared() -> u64 {
    let text = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("Shmem:"));
    let number = line.and_then(|line| line.split_ascii_whitespace().next());
    number.and_then(|number| number.parse::<u64>().ok()).unwrap_or_default() << 10
}

#[cfg(not(target_os = "linux"))]
fn shared() -> u64 {
    0
}

/// Bytes of a page of memory.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "the size of a page has no safe interface")]
fn page_size() -> u64 {
    // SAFETY: it takes a number and gives one.
    u64::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096)
}

#[cfg(not(target_os = "linux"))]
fn page_size() -> u64 {
    4096
}

#[cfg(not(target_os = "linux"))]
fn process(_: u32) -> Option<Process> {
    None
}

/// Ends what commands in a jail have left behind: children of ours that nobody here started, for they outlived a command by forking
/// twice right at its end, or are the namespace that a command was in, which may go on for a moment. To be called while no command
/// is in a jail.
#[cfg(target_os = "linux")]
pub fn end_strays() {
    let own = confines(std::process::id());
    for _ in 0..ROUNDS {
        let mut strays = children(std::process::id());
        strays.retain(|id| confines(*id).into_iter().zip(own).any(|(its, own)| its > own));
        if strays.is_empty() {
            return;
        }
        for id in strays {
            Tree::new(id).end();
            reap(id);
        }
    }
}

#[cfg(not(target_os = "linux"))]
pub fn end_strays() {}

/// How many filters of system calls a process has, and how many namespaces of processes it is in; none where it has ended, or where
/// the kernel does not say (filters before Linux 5.9).
#[cfg(target_os = "linux")]
fn confines(id: u32) -> [usize; 2] {
    let text = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let words =
        |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().split_ascii_whitespace();
    let filters = words("Seccomp_filters:").next().and_then(|count| count.parse().ok()).unwrap_or_default();
    [filters, words("NSpid:").count()]
}

/// Children of all its threads.
#[cfg(target_os = "linux")]
pub(super) fn children(of: u32) -> Vec<u32> {
    let tasks = std::fs::read_dir(format!("/proc/{of}/task"));
    let read = |task: std::fs::DirEntry| std::fs::read_to_string(task.path().join("children")).unwrap_or_default();
    let text: Vec<String> = tasks.into_iter().flatten().flatten().map(read).collect();
    text.iter().flat_map(|text| text.split_ascii_whitespace()).filter_map(|id| id.parse().ok()).collect()
}

#[cfg(not(target_os = "linux"))]
pub(super) fn children(_: u32) -> Vec<u32> {
    Vec::new()
}

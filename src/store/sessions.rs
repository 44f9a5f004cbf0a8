//! The sessions on this machine: list, find, delete, prune. Ids are UUIDs of version 7, so names sort by time.
//!
//! Nothing here is asked at start-up but for `--continue`, which reads from the newest backwards and stops at a hit.

pub use super::fork::fork;
use super::ledger::{self, Ledger};
use super::{moment, pages};
use crate::base::event::{Event, Outcome, Record, SessionStarted, Source};
use crate::base::{Error, Kind, Result};
use crate::disk::Disk;
use memchr::memmem;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Bytes of a log that are read at once.
const PIECE: usize = 256 * 1024;
/// The type of a record stands within so many bytes of its line.
const HEAD: usize = 256;
/// Bytes in which the first task of a log is looked for: what was piped in may be long.
const BEGINNING: u64 = 16 << 20;
/// Bytes at the end of a log in which it is looked for how the last task ended; more of them where it does not stand in fewer.
const ENDS: [u64; 3] = [64 << 10, 256 << 10, 1 << 20];
/// More records than this no session has in which nothing happened.
const FEW: usize = 64;

/// What a list shows of a session, read from the two ends of its log.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Summary {
    pub session: String,
    pub started: String,
    pub root: String,
    pub model: String,
    pub title: String,
    pub bytes: u64,
    /// The last outcome; none when a task was cut off.
    pub outcome: Option<Outcome>,
}

/// The sessions under `state`, newest first. Folders without a readable log are passed over.
pub fn list(state: &Path) -> impl Iterator<Item = Summary> {
    ids(state).into_iter().filter_map(|(id, path)| summary(&id, &path))
}

/// The newest session that worked in `root`.
pub fn latest(state: &Path, root: &Path) -> Result<Summary> {
    list(state).find(|summary| Path::new(&summary.root) == root).ok_or_else(|| {
        Error::usage(format!("there is no session in `{}` yet", root.display()))
            .hint("`agent sessions` lists them all; `agent run \"…\"` starts one")
    })
}

/// The session whose id `prefix` begins.
pub fn find(state: &Path, prefix: &str) -> Result<Summary> {
    let id = resolve(state, prefix)?;
    summary(&id, &folder(state, &id)).ok_or_else(|| {
        Error::new(Kind::Io, format!("the log of session `{id}` cannot be read"))
            .hint("`agent sessions delete` removes it")
    })
}

/// The whole id that `prefix` begins, where just one does.
pub fn resolve(state: &Path, prefix: &str) -> Result<String> {
    let found: Vec<String> =
        ids(state).into_iter().map(|(id, _)| id).filter(|id| !prefix.is_empty() && id.starts_with(prefix)).collect();
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(Error::usage(format!("there is no session `{prefix}`")).hint("`agent sessions` lists them")),
        many => Err(Error::usage(format!("`{prefix}` begins {} sessions", many.len()))
            .hint("give more of the id; `agent sessions` lists them")),
    }
}

pub fn delete(state: &Path, id: &str, disk: &Disk) -> Result<()> {
    let path = folder(state, id);
    if let Ok(file) = File::open(path.join("log.jsonl"))
        && file.try_lock().is_err()
    {
        return Err(Error::usage(format!("session `{id}` is open in another agent process")).hint("wait until it ends"));
    }
    if ledger::path(state).exists() {
        // Where that cannot be written down, `agent audit verify` misses the log, which is better than the other way round.
        let _ = Ledger::open(state).and_then(|ledger| ledger.set_deleted(id, moment::now()));
    }
    disk.remove_tree(&path).map_err(|error| Error::io("delete", path.display(), &error))
}

/// Where a session's folder is.
pub fn folder(state: &Path, id: &str) -> PathBuf {
    state.join("sessions").join(id)
}

/// What pruning took away.
#[derive(Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Pruned {
    pub sessions: usize,
    pub bytes: u64,
}

/// Deletes sessions last written before `keep` ago, then the oldest until the rest has at most `cap` bytes. Open ones stay.
pub fn prune(state: &Path, keep: Duration, cap: u64, now: SystemTime, disk: &Disk) -> Pruned {
    let mut pruned = Pruned::default();
    let (mut total, mut full) = (0, false);
    for (id, path) in ids(state) {
        let bytes = size(&path);
        let written = std::fs::metadata(path.join("log.jsonl")).and_then(|meta| meta.modified()).unwrap_or(now);
        let old = now.duration_since(written).is_ok_and(|age| age > keep);
        // From the first that does not fit, all older ones go: no gap is left in what is kept.
        full |= !old && total + bytes > cap;
        if (old || full) && delete(state, &id, disk).is_ok() {
            pruned.sessions += 1;
            pruned.bytes += bytes;
        } else {
            total += bytes;
        }
    }
    pruned
}

/// Id and folder of each session, newest first; not all of them may have a log that can be read.
pub fn ids(state: &Path) -> Vec<(String, PathBuf)> {
    let mut found: Vec<(String, PathBuf)> = std::fs::read_dir(state.join("sessions"))
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().into_string().ok()?, entry.path())))
        .collect();
    found.sort_by(|a, b| b.0.cmp(&a.0));
    found
}

fn size(path: &Path) -> u64 {
    std::fs::read_dir(path)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.metadata().ok()?, entry.path())))
        .map(|(meta, path)| if meta.is_dir() { size(&path) } else { meta.len() })
        .sum()
}

/// What a list shows of the session with this whole id, whose folder is `path`.
pub fn summary(id: &str, path: &Path) -> Option<Summary> {
    let mut file = File::open(path.join("log.jsonl")).ok()?;
    let bytes = file.metadata().ok()?.len();
    let mut summary = Summary {
        session: id.into(),
        started: String::new(),
        root: String::new(),
        model: String::new(),
        title: String::new(),
        bytes,
        outcome: None,
    };
    summary.read_beginning(&mut BufReader::new((&mut file).take(BEGINNING))).ok()?;
    // Mostly the end is near; a long answer, or a long list of files, takes more.
    for length in ENDS {
        let mut tail = Vec::new();
        file.seek(SeekFrom::Start(bytes.saturating_sub(length))).ok()?;
        (&mut file).take(length).read_to_end(&mut tail).ok()?;
        if summary.read_end(&tail) || length >= bytes {
            break;
        }
    }
    (!summary.started.is_empty()).then_some(summary)
}

/// How a session began the last time, with the mode that was chosen since: with which model and mode it goes on.
pub fn last_start(state: &Path, id: &str) -> Option<SessionStarted> {
    let mut log = BufReader::with_capacity(PIECE, File::open(folder(state, id).join("log.jsonl")).ok()?);
    let kinds = ["\"session_started\"", "\"mode_changed\""].map(memmem::Finder::new);
    let mut last: Option<SessionStarted> = None;
    let mut line = Vec::new();
    while log.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
        // The type stands in front of all that is long.
        let head = line.get(..HEAD).unwrap_or(&line);
        if kinds.iter().any(|kind| kind.find(head).is_some()) {
            match (serde_json::from_slice::<Record>(&line).map(|record| record.event), &mut last) {
                (Ok(Event::SessionStarted(started)), last) => *last = Some(started),
                (Ok(Event::ModeChanged { to, .. }), Some(last)) => last.mode = to,
                (Ok(_) | Err(_), _) => {}
            }
        }
        line.clear();
    }
    last
}

/// The last records of a session, `most` at most, read from the end of its log.
pub fn tail(state: &Path, id: &str, most: usize) -> Result<Vec<Record>> {
    pages::tail(&folder(state, id).join("log.jsonl"), most)
}

/// The records of a session after `after`, `most` at most, and whether there are more; for a log of any size, a piece at a time.
pub fn past(state: &Path, id: &str, after: u64, most: usize) -> Result<(Vec<Record>, bool)> {
    pages::after(&folder(state, id).join("log.jsonl"), after, most)
}

/// Deletes a session in which nothing was asked, said or run; true where that was one. For a surface that was opened and closed.
pub fn delete_untouched(state: &Path, id: &str, disk: &Disk) -> bool {
    let Ok((records, false)) = past(state, id, 0, FEW) else { return false };
    let is_opening = |event: &Event| {
        matches!(
            event,
            Event::SessionStarted(_) | Event::Context { .. } | Event::Notice { .. } | Event::ModeChanged { .. }
        )
    };
    records.iter().all(|record| is_opening(&record.event)) && delete(state, id, disk).is_ok()
}

impl Summary {
    /// How it began, up to its first task.
    fn read_beginning(&mut self, log: &mut impl BufRead) -> std::io::Result<()> {
        let mut line = Vec::new();
        while log.read_until(b'\n', &mut line)? > 0 {
            for (time, event) in events(&line) {
                if let Event::SessionStarted(started) = event {
                    if self.started.is_empty() {
                        self.begin(time, started);
                    }
                } else if let Event::UserMessage(message) = event
                    && message.source == Source::Task
                {
                    self.title = message.text.lines().next().unwrap_or_default().chars().take(80).collect();
                    return Ok(());
                }
            }
            line.clear();
        }
        Ok(())
    }

    /// How its last task ended, by the last bytes of the log; false where they do not say. What is done between tasks ends none.
    fn read_end(&mut self, tail: &[u8]) -> bool {
        let mut known = false;
        for (_, event) in events(tail) {
            if let Event::SessionStarted(started) = event {
                // A session that went on may have done so with another model.
                self.model = started.model;
            } else if let Event::Outcome(outcome) = event {
                (self.outcome, known) = (Some(outcome), true);
            } else if let Event::UserMessage(message) = event
                && message.source == Source::Task
            {
                (self.outcome, known) = (None, true);
            }
        }
        known
    }

    fn begin(&mut self, time: String, started: SessionStarted) {
        self.started = time;
        self.root = started.root;
        self.model = started.model;
    }
}

/// The events of the whole lines in `bytes`, each with its time.
fn events(bytes: &[u8]) -> impl Iterator<Item = (String, Event)> {
    bytes
        .split(|byte| *byte == b'\n')
        .filter_map(|line| serde_json::from_slice::<Record>(line).ok())
        .map(|record| (record.time, record.event))
}

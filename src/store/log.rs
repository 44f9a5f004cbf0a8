//! The session log: append-only JSON lines, hash-chained, one writer. The only file that writes a log; `fork.rs` copies one.
//!
//! Each record is one `write`. Behind the public fields a line holds `"chain"`: the first 128 bits, in hex, of the
//! SHA-256 of the previous line's chain and this line without its own. A tail torn by a crash is cut when the log is
//! opened. The file is 0600 and locked for as long as the writer lives.

use super::chain::{self, Head};
use super::load;
use super::reader::{self, Live};
use crate::base::event::{Event, Record, SCHEMA};
use crate::base::model::Delta;
use crate::base::port::Reader;
use crate::base::{Error, Kind, Result};
use crate::disk::Disk;
use crate::text::redact::Redactor;
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::fs::{File, TryLockError};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Records kept in memory for readers that keep up; older ones, and those of the past, are read from the file.
const RECENT: usize = 64;
/// How long a lock is waited for: a child that a killed writer was just starting may hold it for a moment longer.
const DYING: Duration = Duration::from_millis(200);

/// The writer. Clones share it.
#[derive(Clone)]
pub struct Log {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    path: PathBuf,
    file: File,
    disk: Disk,
    redactor: Redactor,
    state: Mutex<State>,
    pub(super) changed: watch::Sender<u64>,
}

pub(super) struct State {
    pub(super) last: u64,
    chain: String,
    /// Where each record starts; the last entry is the end of the file.
    offsets: Vec<u64>,
    recent: VecDeque<Arc<Record>>,
    pub(super) live: Live,
    pub(super) closed: bool,
}

/// A log that was opened again.
pub struct Opened {
    pub log: Log,
    /// The first line whose chain does not fit, if any.
    pub broken: Option<usize>,
}

impl Log {
    /// Starts a new log at `path`.
    pub fn create(path: &Path, disk: Disk, redactor: Redactor) -> Result<Log> {
        let file = open_locked(path, &disk)?;
        Ok(Log::over(path, file, disk, redactor, vec![0], String::new()))
    }

    /// Opens a log to go on with it, and tells each of its records in turn; none of them is kept. A torn tail is cut, and the cut is
    /// recorded.
    pub fn open(path: &Path, disk: Disk, redactor: Redactor, told: &mut dyn FnMut(&Record)) -> Result<Opened> {
        let file = open_locked(path, &disk)?;
        let loaded = load::load(path, told)?;
        if loaded.torn > 0 {
            disk.truncate(&file, loaded.end()).map_err(|error| Error::io("repair", path.display(), &error))?;
        }
        let log = Log::over(path, file, disk, redactor, loaded.offsets, loaded.chain);
        if loaded.torn > 0 {
            told(&*log.append(Event::LogCut { bytes: loaded.torn })?);
        }
        Ok(Opened { log, broken: loaded.broken })
    }

    fn over(path: &Path, file: File, disk: Disk, redactor: Redactor, offsets: Vec<u64>, chain: String) -> Log {
        let last = offsets.len() as u64 - 1;
        let recent = VecDeque::new();
        let state = State { last, chain, offsets, recent, live: Live::default(), closed: false };
        let (changed, _) = watch::channel(0);
        Log { inner: Arc::new(Inner { path: path.into(), file, disk, redactor, state: Mutex::new(state), changed }) }
    }

    /// Writes one record. After an error nothing of it is in the log.
    pub fn append(&self, event: Event) -> Result<Arc<Record>> {
        let inner = &*self.inner;
        let mut state = inner.state();
        let record = Record { schema: SCHEMA, seq: state.last + 1, time: now(), event };
        let bare = serde_json::to_string(&record)
            .map_err(|error| Error::new(Kind::Io, format!("cannot write a record: {error}")))?;
        // A model's own words may look like a secret; what it cannot know are those that are known by value.
        let own = matches!(record.event, Event::Message { .. });
        let clean = inner.redactor.line(bare.clone(), own);
        // What readers and the model get is what stands in the log, without the secrets that were in it.
        let record = if clean == bare { record } else { parse_clean(&clean)? };
        let bare = clean;
        let chain = chain::link(&state.chain, &bare);
        let mut line = bare;
        line.pop();
        let _ = writeln!(line, "{}{chain}\"}}", chain::FIELD);
        let start = state.offsets.last().copied().unwrap_or(0);
        if let Err(error) = inner.disk.write(&mut &inner.file, line.as_bytes()) {
            // A part of the line may be in the file: take it out again, or the next record would stand behind a torn one.
            let _ = inner.file.set_len(start);
            return Err(Error::io("write", inner.path.display(), &error)
                .hint("free some space on the disk; the session is kept up to here"));
        }
        let record = Arc::new(record);
        state.last += 1;
        if matches!(record.event, Event::TurnFinished(_)) {
            state.live.end(record.seq);
        }
        state.chain = chain;
        state.offsets.push(start + line.len() as u64);
        state.recent.push_back(record.clone());
        if state.recent.len() > RECENT {
            state.recent.pop_front();
        }
        drop(state);
        inner.changed.send_modify(|version| *version += 1);
        Ok(record)
    }

    /// Tells the readers although nothing can be written any more; the log itself ends before this record.
    pub fn last_words(&self, event: Event) {
        let mut state = self.inner.state();
        let record = Record { schema: SCHEMA, seq: state.last + 1, time: now(), event };
        state.last += 1;
        state.recent.push_back(Arc::new(record));
        state.closed = true;
        drop(state);
        self.inner.changed.send_modify(|version| *version += 1);
    }

    /// Shows pieces of the answer that streams now. They are not written.
    pub fn show(&self, deltas: Vec<Delta>) {
        self.inner.state().live.extend(deltas);
        self.inner.changed.send_modify(|version| *version += 1);
    }

    /// From here on shown pieces belong to a new answer.
    pub fn begin_answer(&self) {
        let mut state = self.inner.state();
        let last = state.last;
        state.live.begin(last);
    }

    /// Makes what was written last a crash of the machine.
    pub fn sync(&self) -> Result<()> {
        self.inner.disk.sync(&self.inner.file).map_err(|error| Error::io("write", self.inner.path.display(), &error))
    }

    /// Ends all readers once they have read everything.
    pub fn close(&self) {
        self.inner.state().closed = true;
        self.inner.changed.send_modify(|version| *version += 1);
    }

    /// The last record that was written, and the value of its chain.
    pub fn head(&self) -> Head {
        let state = self.inner.state();
        Head { seq: state.offsets.len() as u64 - 1, chain: state.chain.clone() }
    }

    pub fn last(&self) -> u64 {
        self.inner.state().last
    }

    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// The records after `after`: from the file or memory, then live.
    pub fn read(&self, after: u64) -> Reader {
        reader::read(self.inner.clone(), after)
    }
}

impl Inner {
    /// A poisoned lock means that a reader or writer panicked between whole steps; the state itself is sound.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Record `seq`, which must be there.
    pub(super) fn record(&self, state: &State, seq: u64) -> Result<Arc<Record>> {
        let oldest = state.recent.front().map_or(u64::MAX, |record| record.seq);
        if seq >= oldest
            && let Some(record) = state.recent.get((seq - oldest) as usize)
        {
            return Ok(record.clone());
        }
        let at = |index: u64| state.offsets.get(index as usize).copied().unwrap_or(0);
        let (start, end) = (at(seq - 1), at(seq));
        let mut line = vec![0; (end - start) as usize];
        self.file.read_exact_at(&mut line, start).map_err(|error| Error::io("read", self.path.display(), &error))?;
        load::parse(&self.path, seq, &line).map(Arc::new)
    }
}

/// The time as records carry it.
pub fn now() -> String {
    shown(jiff::Timestamp::now())
}

/// A time in milliseconds since 1970, as records carry it.
pub fn time_text(millis: u64) -> String {
    shown(jiff::Timestamp::from_millisecond(i64::try_from(millis).unwrap_or(i64::MAX)).unwrap_or(jiff::Timestamp::MAX))
}

fn shown(time: jiff::Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

fn open_locked(path: &Path, disk: &Disk) -> Result<File> {
    let file = disk.open_append(path).map_err(|error| Error::io("open", path.display(), &error))?;
    let deadline = Instant::now() + DYING;
    let locked = loop {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) if Instant::now() < deadline => std::thread::sleep(DYING / 20),
            ended => break ended,
        }
    };
    match locked {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::usage("this session is open in another agent process")
            .hint("wait until it ends, or start a new session without --continue or --resume")),
        Err(TryLockError::Error(error)) => Err(Error::io("lock", path.display(), &error)),
    }
}

fn parse_clean(line: &str) -> Result<Record> {
    serde_json::from_str(line).map_err(|error| Error::new(Kind::Io, format!("cannot write a record: {error}")))
}

/// Checks the chain of a whole log; the number of the first line that does not fit, if any.
pub fn verify(text: &str) -> Option<usize> {
    let lines = text.lines().map(|line| format!("{line}\n")).collect::<String>();
    chain::prove("", &mut lines.as_bytes(), &[]).ok()?.first_broken().map(|line| line as usize)
}

//! The ledger, made again from the session logs.
//!
//! Rows of sessions without a log (deleted, or never kept) stay as they are, where the old file can be read. What only the
//! ledger knows stays with them: what was reserved by a process that died, and what was taken back.

use super::index;
use super::ledger::{self, Entry, Ledger, Settlement, TaskRow};
use super::moment::{self, Timestamp};
use super::tally::{self, Tally};
use crate::base::event::{Aside, Event, Record, SessionStarted, TurnFinished};
use crate::base::{Error, Kind, Result};
use crate::disk::Disk;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

/// What a rebuild did.
#[derive(Debug, Default, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Rebuilt {
    /// Sessions whose log was read.
    pub sessions: u64,
    /// Of these: requests and tasks.
    pub requests: u64,
    pub tasks: u64,
    /// Sessions that are at work, or whose log cannot be read as a whole while the ledger knows more: left as they were.
    pub left: Vec<String>,
    /// Where the file was moved that could not be used.
    pub moved: Option<PathBuf>,
}

/// One request as a log tells of it.
pub(super) struct Paid {
    pub(super) entry: Entry,
    pub(super) time: Timestamp,
    /// `None`: it never came to an end.
    pub(super) settlement: Option<Settlement>,
}

impl Paid {
    /// When its end was known.
    pub(super) fn ended(&self) -> Option<Timestamp> {
        self.settlement.as_ref().map(|settlement| self.time + settlement.duration_ms)
    }
}

/// What a log tells.
#[derive(Default)]
pub(super) struct Told {
    pub(super) requests: Vec<Paid>,
    pub(super) tasks: Vec<TaskRow>,
    /// Bytes that were read.
    length: u64,
    /// Were there lines that are no record of this version?
    damaged: bool,
}

/// Makes the ledger in `state` again. A file that cannot be used is moved aside first; what can be read of it is kept.
pub fn rebuild(state: &Path, disk: &Disk) -> Result<Rebuilt> {
    let mut rebuilt = Rebuilt::default();
    let path = ledger::path(state);
    let ledger = match Ledger::open(state).and_then(|ledger| ledger.index.check().map(|()| ledger)) {
        Ok(ledger) => ledger,
        Err(error) if index::is_unusable(&error) => {
            let aside = move_aside(&path, disk)?;
            let ledger = Ledger::open(state)?;
            ledger.index.salvage(&aside);
            rebuilt.moved = Some(aside);
            ledger
        }
        Err(error) => return Err(error),
    };
    for entry in std::fs::read_dir(state.join("sessions")).into_iter().flatten().flatten() {
        let (Ok(session), log) = (entry.file_name().into_string(), entry.path().join("log.jsonl")) else { continue };
        let Ok(file) = File::open(&log) else { continue };
        let told = read(&session, &file);
        // While it is locked here, no session goes on with it; one that wrote since knows better itself.
        let is_free = file.try_lock().is_ok() && file.metadata().is_ok_and(|meta| meta.len() == told.length);
        if ledger.index.replace_session(&session, &told.requests, &told.tasks, is_free, told.damaged)? {
            rebuilt.sessions += 1;
            rebuilt.requests += told.requests.len() as u64;
            rebuilt.tasks += told.tasks.len() as u64;
        } else {
            rebuilt.left.push(session);
        }
    }
    rebuilt.left.sort();
    Ok(rebuilt)
}

/// Gives the file, and what SQLite keeps beside it, a name that is free. The file itself goes last: what lies beside a file
/// must never be read with another.
fn move_aside(path: &Path, disk: &Disk) -> Result<PathBuf> {
    let named = |number: u32, end: &str| PathBuf::from(format!("{}.damaged-{number}{end}", path.display()));
    let is_free = |number: &u32| ENDS.iter().all(|end| !named(*number, end).exists());
    let number = (1..).find(is_free).unwrap_or(u32::MAX);
    for end in ENDS {
        let from = PathBuf::from(format!("{}{end}", path.display()));
        match disk.rename(&from, &named(number, end)) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !end.is_empty() => {}
            moved => moved.map_err(|error| Error::io("move aside", path.display(), &error))?,
        }
    }
    Ok(named(number, ""))
}

const ENDS: [&str; 3] = ["-shm", "-wal", ""];

/// Reads a whole log. Lines that are no record of this version are passed over.
fn read(session: &str, file: &File) -> Told {
    let mut reading = Reading { session: session.into(), ..Reading::default() };
    let mut lines = BufReader::new(file);
    let mut line = Vec::new();
    loop {
        line.clear();
        match lines.read_until(b'\n', &mut line) {
            Ok(0) => break,
            Ok(bytes) => reading.told.length += bytes as u64,
            Err(_) => {
                reading.told.damaged = true;
                break;
            }
        }
        match serde_json::from_slice::<Record>(&line) {
            Ok(record) => reading.push(&record),
            // A torn tail is no record yet.
            Err(_) => reading.told.damaged |= line.ends_with(b"\n"),
        }
    }
    reading.cut_off();
    reading.told
}

/// A log, as far as it was read.
#[derive(Default)]
struct Reading {
    session: String,
    told: Told,
    entry: Entry,
    runs: u64,
    /// Does a recording play, or was it copied from another session? Neither spends anything here.
    replayed: bool,
    /// The task at work.
    tally: Option<Tally>,
    /// When a request went out of which nothing more is told.
    open: Option<Timestamp>,
}

impl Reading {
    fn push(&mut self, record: &Record) {
        let at = moment::parse(&record.time).unwrap_or(0);
        if tally::begins_task(&record.event) {
            self.entry.task += 1;
            self.tally = Some(Tally::begin(&self.entry.model, at));
        }
        if let Some(tally) = &mut self.tally {
            tally.push(&record.event);
        }
        if let Event::SessionStarted(started) = &record.event {
            self.cut_off();
            self.start(started);
        } else if let Event::TurnStarted { model, .. } = &record.event {
            self.entry.model.clone_from(model);
            self.open = Some(at);
        } else if let Event::TurnFinished(turn) = &record.event {
            self.open = None;
            self.pay(turn, at);
        } else if let Event::Aside(aside) = &record.event {
            self.pay_aside(aside, at);
        } else if let Event::Outcome(outcome) = &record.event {
            self.open = None;
            if let Some(tally) = self.tally.take().filter(|_| !self.replayed) {
                self.told.tasks.push(tally.end(&self.on(at), outcome.status, at));
            }
        }
    }

    fn start(&mut self, started: &SessionStarted) {
        // What a fork took over was paid for by the session that it comes from.
        let is_copied = started.session != self.session;
        self.runs += u64::from(!is_copied);
        self.replayed = started.replayed || is_copied;
        // Logs of the first version do not tell of the project.
        let project = if started.project.is_empty() { &started.root } else { &started.project };
        self.entry = Entry {
            session: self.session.clone(),
            run: tally::run(&self.session, self.runs),
            task: self.entry.task,
            project: project.clone(),
            branch: started.branch.clone(),
            model: started.model.clone(),
            ..Entry::default()
        };
        self.tally = None;
    }

    fn pay(&mut self, turn: &TurnFinished, at: Timestamp) {
        if self.replayed {
            return;
        }
        let time = at.saturating_sub(turn.duration_ms);
        let entry = Entry { model: turn.model.clone(), role: turn.role, ..self.on(time) };
        let settlement = Settlement {
            cost: turn.cost_usd,
            tokens: turn.tokens,
            duration_ms: turn.duration_ms,
            error: turn.error.as_ref().map(|fault| fault.kind),
            cache_miss: turn.cache_miss.clone(),
        };
        self.told.requests.push(Paid { entry, time, settlement: Some(settlement) });
    }

    /// A question beside the work is paid for like any request; one that no budget had room for was never made.
    fn pay_aside(&mut self, aside: &Aside, at: Timestamp) {
        let error = aside.error.as_ref().map(|fault| fault.kind);
        if self.replayed || error == Some(Kind::Limit) {
            return;
        }
        let entry = Entry { model: aside.model.clone(), ..self.on(at) };
        let settlement = Settlement { cost: aside.cost_usd, tokens: aside.tokens, error, ..Settlement::default() };
        self.told.requests.push(Paid { entry, time: at, settlement: Some(settlement) });
    }

    /// The process may have died here: then a request went out that nobody knows the end of.
    fn cut_off(&mut self) {
        if let Some(time) = self.open.take().filter(|_| !self.replayed) {
            self.told.requests.push(Paid { entry: self.on(time), time, settlement: None });
        }
    }

    fn on(&self, at: Timestamp) -> Entry {
        let local_day = moment::day(at);
        Entry { local_month: moment::month(&local_day), local_day, ..self.entry.clone() }
    }
}

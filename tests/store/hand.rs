//! The few steps that the tests of the store share: write a log, open it again, wait for what is to come.

use agent::base::event::{Event, Record};
use agent::disk::Disk;
use agent::store::log::Log;
use agent::text::redact::Redactor;
use std::path::Path;
use std::time::Duration;

pub fn notice(text: &str) -> Event {
    Event::Notice { text: text.to_owned() }
}

pub fn log(path: &Path) -> Log {
    Log::create(path, Disk::default(), Redactor::default()).unwrap_or_else(|error| panic!("no log: {error}"))
}

/// A log with these events, closed again.
pub fn appended(path: &Path, events: &[Event]) -> Vec<Record> {
    let log = log(path);
    events.iter().map(|event| (*log.append(event.clone()).unwrap()).clone()).collect()
}

/// A log that was opened again, with all that it told.
pub struct Opened {
    pub log: Log,
    pub records: Vec<Record>,
    pub broken: Option<usize>,
}

pub fn open(path: &Path, disk: Disk) -> agent::base::Result<Opened> {
    let mut records = Vec::new();
    let mut told = |record: &Record| records.push(record.clone());
    let opened = Log::open(path, disk, Redactor::default(), &mut told)?;
    Ok(Opened { log: opened.log, records, broken: opened.broken })
}

#[track_caller]
pub fn reopened(path: &Path) -> Opened {
    open(path, Disk::default()).unwrap_or_else(|error| panic!("the log opens: {error}"))
}

pub fn events(records: &[Record]) -> Vec<Event> {
    records.iter().map(|record| record.event.clone()).collect()
}

pub fn lines(path: &Path) -> Vec<String> {
    std::fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect()
}

/// Runs it to its end, which comes soon or never.
pub fn wait<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let work = async { tokio::time::timeout(Duration::from_secs(60), work).await };
    runtime.block_on(work).expect("it ends within its time")
}

//! A session of this process, talked to as a surface does: commands in, records out.

use crate::run::ending::PATIENCE;
use crate::run::steering::{folder, parts_on, words};
use crate::support::*;
use agent::base::command::Command;
use agent::base::event::{Event, Outcome as End, Record};
use agent::base::model::Delta;
use agent::base::port::{Item, Port, Reader};
use agent::disk::Disk;
use agent::session::{Parts, Past, Session, start};
use agent::store::log::Log;
use agent::text::redact::Redactor;
use futures_util::StreamExt;
use serde_json::Value;
use tokio::task::JoinHandle;

pub struct Talk {
    session: Session,
    work: JoinHandle<()>,
    reader: Reader,
    pub records: Vec<Record>,
    pub deltas: String,
}

impl Talk {
    /// What is in the log already is not read again.
    pub fn begin(parts: Parts) -> Talk {
        let after = parts.log.last();
        let (session, work) = start(parts);
        let reader = session.read(after);
        Talk { work: tokio::spawn(work), reader, session, records: Vec::new(), deltas: String::new() }
    }

    pub async fn send(&self, command: Command) {
        self.session.send(command).await.unwrap();
    }

    /// Reads up to the first record like this.
    pub async fn until(&mut self, wanted: impl Fn(&Event) -> bool) -> Event {
        loop {
            match self.reader.next().await.expect("it comes before the end").unwrap() {
                Item::Delta(Delta::Text(text)) => self.deltas.push_str(&text),
                Item::Delta(_) => {}
                Item::Record(record) => {
                    self.records.push((*record).clone());
                    if wanted(&record.event) {
                        return record.event.clone();
                    }
                }
            }
        }
    }

    /// Does the command and reads up to the first record like this.
    pub async fn ask(&mut self, command: Command, wanted: impl Fn(&Event) -> bool) -> Event {
        self.send(command).await;
        self.until(wanted).await
    }

    pub async fn task(&mut self, text: &str) -> End {
        let Event::Outcome(end) = self.ask(words(text), |event| matches!(event, Event::Outcome(_))).await else {
            unreachable!()
        };
        end
    }

    /// The text of the next notice.
    pub async fn notice(&mut self, command: Command) -> String {
        let Event::Notice { text } = self.ask(command, |event| matches!(event, Event::Notice { .. })).await else {
            unreachable!()
        };
        text
    }

    /// The number of the record that the task with these words began with.
    pub fn task_seq(&self, text: &str) -> u64 {
        let is_it = |record: &&Record| matches!(&record.event, Event::UserMessage(message) if message.text == text);
        self.records.iter().find(is_it).expect("there is such a task").seq
    }

    /// Lets go of it, waits for its end, and reads what is left.
    pub async fn end(mut self) -> Vec<Record> {
        drop(self.session);
        self.work.await.unwrap();
        while let Some(item) = self.reader.next().await {
            if let Item::Record(record) = item.unwrap() {
                self.records.push((*record).clone());
            }
        }
        self.records
    }
}

/// Runs it to its end, which comes soon or never.
pub fn soon<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async { tokio::time::timeout(PATIENCE, work).await }).expect("it ends")
}

/// The parts of the session that goes on with the log of an earlier one.
pub fn again(project: &Project, server: &Server) -> Parts {
    let mut past = Past::of("session");
    let mut told = |record: &Record| past.push(record);
    let opened = Log::open(&folder(project).log_path(), Disk::default(), Redactor::default(), &mut told).unwrap();
    assert_eq!(opened.broken, None, "the chain is whole");
    Parts { past, ..parts_on(project, server, opened.log) }
}

/// The messages of request number `nth`, from 0.
#[track_caller]
pub fn messages(server: &Server, nth: usize) -> Vec<Value> {
    let requests = server.requests();
    let body = &requests.get(nth).unwrap_or_else(|| panic!("there were only {} requests", requests.len())).body;
    body["messages"].as_array().unwrap().clone()
}

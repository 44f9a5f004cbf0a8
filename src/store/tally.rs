//! How a task went, counted from its events: by the session while it works, and from its log when the ledger is rebuilt.

use super::ledger::{Entry, TaskRow, Try};
use super::moment::Timestamp;
use crate::base::event::{Event, Role, Source, Status, SwitchCause, UserMessage};
use crate::route::task::{self, Facts, Size, TaskKind};
use std::collections::BTreeMap;

/// The count of one task.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    started: Timestamp,
    kind: TaskKind,
    size: Size,
    /// Did a check pass, and none fail after it?
    checked: bool,
    /// The model at work.
    model: String,
    tries: BTreeMap<String, Try>,
}

/// How many tasks and runs a session has behind it, counted from its records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Count {
    session: String,
    tasks: u64,
    runs: u64,
}

impl Count {
    /// Of this session: what a fork took over from another one is no run of its own.
    pub fn of(session: &str) -> Count {
        Count { session: session.into(), ..Count::default() }
    }

    pub fn push(&mut self, event: &Event) {
        self.tasks += u64::from(begins_task(event));
        if let Event::SessionStarted(started) = event {
            self.runs += u64::from(started.session == self.session);
        }
    }

    /// Tasks that were begun.
    pub fn tasks(&self) -> u64 {
        self.tasks
    }

    /// The name of the run that comes next: what [`super::ledger::Entry::run`] holds in a root session.
    pub fn next_run(&self) -> String {
        run(&self.session, 1 + self.runs)
    }
}

/// The `number`-th run of a session, from 1.
pub(super) fn run(session: &str, number: u64) -> String {
    if number <= 1 { session.to_owned() } else { format!("{session}.{number}") }
}

/// Does a task begin with this event?
pub fn begins_task(event: &Event) -> bool {
    matches!(event, Event::UserMessage(message) if message.source == Source::Task)
}

impl Tally {
    /// A task that begins now, with the model it is given to. Events of the task are then pushed in their order, the user's
    /// message first.
    pub fn begin(model: &str, started: Timestamp) -> Tally {
        Tally { started, model: model.into(), ..Tally::default() }
    }

    /// Counts one event.
    pub fn push(&mut self, event: &Event) {
        if let Event::UserMessage(UserMessage { source: Source::Task, text, .. }) = event {
            let task = task::features(text, &Facts::default());
            (self.kind, self.size) = (task.kind, task.size);
        } else if let Event::TurnStarted { model, .. } = event {
            self.model.clone_from(model);
            self.at_work();
        } else if let Event::Switched(switched) = event {
            if switched.cause == SwitchCause::Escalated {
                self.model.clone_from(&switched.from);
                (self.at_work().succeeded, self.at_work().judged) = (Some(false), true);
            }
            self.model.clone_from(&switched.to);
            if switched.cause == SwitchCause::Escalated {
                self.at_work().handed_over = true;
            }
        } else if let Event::TurnFinished(turn) = event {
            if turn.role == Role::Main {
                self.model.clone_from(&turn.model);
                self.at_work().retries += u64::from(turn.error.is_some());
            }
        } else if let Event::ToolFinished(tool) = event {
            if tool.refused.is_some() {
                self.at_work().refused_edits += 1;
            }
        } else if let Event::CheckFinished(check) = event {
            self.checked = check.passed;
            self.at_work().failed_checks += u64::from(!check.passed);
        }
    }

    fn at_work(&mut self) -> &mut Try {
        let model = &self.model;
        self.tries.entry(model.clone()).or_insert_with(|| Try { model: model.clone(), ..Try::default() })
    }

    /// The row of the task that ended with `status`. `entry` tells whose it is; its model is replaced by the last one.
    pub fn end(mut self, entry: &Entry, status: Status, ended: Timestamp) -> TaskRow {
        if let Some(last) = self.tries.get_mut(&self.model) {
            last.succeeded = verdict(status);
            last.judged = last.succeeded == Some(false) || self.checked;
        }
        TaskRow {
            entry: Entry { model: self.model, ..entry.clone() },
            kind: self.kind,
            size: self.size,
            status,
            started: self.started,
            ended,
            tries: self.tries.into_values().collect(),
        }
    }
}

/// What a status says of the model at work.
fn verdict(status: Status) -> Option<bool> {
    match status {
        Status::Done => Some(true),
        Status::Incomplete | Status::Limit => Some(false),
        Status::Usage | Status::Auth | Status::Provider | Status::Denied | Status::NoSandbox | Status::Interrupted => {
            None
        }
    }
}

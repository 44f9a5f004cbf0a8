//! What a session needs of the records it goes on with, folded one by one: the records themselves are not kept, so that a long
//! log takes no more memory than what the model still sees.

use super::candidate::Candidate;
use super::checkpoints::Known;
use crate::base::event::{Event, Record, Role, TurnFinished};
use crate::store::tally::Count;
use crate::transcript::fold::Fold;

/// The past of a session. Of a new one it is empty.
#[derive(Debug, Clone, Default)]
pub struct Past {
    pub(super) fold: Fold,
    count: Count,
    /// The last record, and the last that the user can have seen: a cut that was made on opening is news.
    last: u64,
    seen: u64,
    pub(super) known: Known,
    /// The model that was at work last.
    model: Option<String>,
}

impl Past {
    /// Of the session with this id.
    pub fn of(session: &str) -> Past {
        Past { count: Count::of(session), ..Past::default() }
    }

    pub fn push(&mut self, record: &Record) {
        self.fold.push(record);
        self.count.push(&record.event);
        self.known.push(record);
        self.last = record.seq;
        if !matches!(record.event, Event::LogCut { .. }) {
            self.seen = record.seq;
        }
        if let Event::Switched(switched) = &record.event {
            self.model = Some(switched.to.clone());
        } else if let Event::TurnFinished(TurnFinished { role: Role::Main, model, .. }) = &record.event {
            self.model = Some(model.clone());
        }
    }

    /// Is nothing there yet?
    pub fn is_empty(&self) -> bool {
        self.last == 0
    }

    /// The last record that the user has seen before.
    pub fn seen(&self) -> u64 {
        self.seen
    }

    /// Tasks that were begun.
    pub fn tasks(&self) -> u64 {
        self.count.tasks()
    }

    /// What the run that begins now is called in the ledger.
    pub fn next_run(&self) -> String {
        self.count.next_run()
    }

    /// The candidate that was at work last; the first where there is none, or it is not among them.
    pub(super) fn last_asked(&self, candidates: &[Candidate]) -> usize {
        let is_last = |candidate: &Candidate| self.model.as_ref().is_some_and(|last| candidate.model.name() == *last);
        candidates.iter().position(is_last).unwrap_or(0)
    }
}

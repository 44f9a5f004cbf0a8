//! What was spent, in groups: plain sums that `agent cost` shows.

use crate::base::event::MissCause;
use crate::base::model::Usage;
use crate::base::money::Usd;

/// What costs are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum By {
    Day,
    Project,
    Branch,
    Model,
    Session,
    Task,
}

impl By {
    pub fn name(self) -> &'static str {
        match self {
            By::Day => "day",
            By::Project => "project",
            By::Branch => "branch",
            By::Model => "model",
            By::Session => "session",
            By::Task => "task",
        }
    }

    /// What [`Cost::within`] is, if anything.
    pub fn within(self) -> Option<&'static str> {
        match self {
            By::Day | By::Project | By::Model => None,
            By::Branch | By::Session => Some("project"),
            By::Task => Some("session"),
        }
    }
}

/// What one group of requests cost.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cost {
    /// The day, project, branch, model or session, or the number of the task.
    pub key: String,
    /// The project of a branch or session, the session of a task; else empty.
    pub within: String,
    pub requests: u64,
    /// Of `requests`: ended with an error.
    pub failed: u64,
    pub spent: Usd,
    /// Settled requests whose price is not known; not in `spent`.
    pub unknown: u64,
    /// Requests that were never settled: under way, or their process died.
    pub unsettled: u64,
    /// Their worst case; not in `spent`.
    pub reserved: Usd,
    /// Of `unsettled`: only the log tells of them, and not what was reserved.
    pub unreserved: u64,
    pub tokens: Usage,
    /// Tasks that came to an end.
    pub tasks: u64,
    /// Of `tasks`: done, and not taken back.
    pub finished: u64,
    /// Of `tasks`: taken back by the user.
    pub undone: u64,
    pub misses: Vec<Missed>,
}

/// Cache misses of one cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missed {
    pub cause: MissCause,
    pub requests: u64,
    pub tokens: u64,
    /// What they cost more than cached ones, as far as that is known.
    pub extra: Usd,
    /// Of `requests`: the extra is not known.
    pub unknown: u64,
}

impl Cost {
    /// What was spent; `None` where that is nothing but requests whose price is not known.
    pub fn known(&self) -> Option<Usd> {
        known(self.spent, self.unknown)
    }

    /// All that was spent, on failed tasks too, for each finished task.
    pub fn per_finished(&self) -> Option<Usd> {
        let spent = self.known()?.0;
        (spent + self.finished / 2).checked_div(self.finished).map(Usd)
    }

    /// All cache misses together, if there were any. Their cause is that of the first.
    pub fn missed(&self) -> Option<Missed> {
        self.misses.iter().copied().reduce(Missed::and)
    }

    /// Adds another group.
    pub fn add(&mut self, other: &Cost) {
        self.requests += other.requests;
        self.failed += other.failed;
        self.spent = self.spent.plus(other.spent);
        self.unknown += other.unknown;
        self.unsettled += other.unsettled;
        self.reserved = self.reserved.plus(other.reserved);
        self.unreserved += other.unreserved;
        self.tokens.add(other.tokens);
        self.tasks += other.tasks;
        self.finished += other.finished;
        self.undone += other.undone;
        for missed in &other.misses {
            match self.misses.iter_mut().find(|one| one.cause == missed.cause) {
                Some(one) => *one = one.and(*missed),
                None => self.misses.push(*missed),
            }
        }
    }
}

impl Missed {
    /// What they cost more; `None` where of none that is known.
    pub fn known(&self) -> Option<Usd> {
        known(self.extra, self.unknown)
    }

    fn and(self, other: Missed) -> Missed {
        Missed {
            cause: self.cause,
            requests: self.requests + other.requests,
            tokens: self.tokens.saturating_add(other.tokens),
            extra: self.extra.plus(other.extra),
            unknown: self.unknown + other.unknown,
        }
    }
}

fn known(sum: Usd, unknown: u64) -> Option<Usd> {
    (sum > Usd(0) || unknown == 0).then_some(sum)
}

//! The ledger: what was reserved and paid for each request, how tasks ended, and which providers are cooling down.
//!
//! One for all sessions and processes of a user. It can be made again from the session logs (`store/rebuild.rs`), which
//! stay the truth; nothing here names a clock: times are passed in.

use super::chain::Head;
use super::costs::{By, Cost};
use super::index::Index;
use super::moment::Timestamp;
use crate::base::event::{CacheMiss, Role, Status};
use crate::base::model::Usage;
use crate::base::money::Usd;
use crate::base::{Kind, Result};
pub use crate::route::budget::{Budget, Standing};
use crate::route::offer::Evidence;
use crate::route::task::{Size, TaskKind};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Whose request it is: what budgets and reports go by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    pub session: String,
    /// What a root session and its children share, and what no other run has: [`super::tally::next_run`] names it.
    pub run: String,
    /// The number of the task in its session, from 1.
    pub task: u64,
    /// The top of the repository, or the folder where there is none.
    pub project: String,
    pub branch: Option<String>,
    /// `provider/id`.
    pub model: String,
    pub role: Role,
    /// `2026-11-21`, as [`super::moment::day`] gives it.
    pub local_day: String,
    /// `2026-11`.
    pub local_month: String,
}

/// The row of a request that is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reservation {
    pub(super) row: i64,
}

/// What became of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settlement {
    /// `None`: the price is not known.
    pub cost: Option<Usd>,
    pub tokens: Usage,
    pub duration_ms: u64,
    pub error: Option<Kind>,
    pub cache_miss: Option<CacheMiss>,
}

/// How a task ended. [`super::tally::Tally`] makes it from the events of the task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskRow {
    /// Its `model` is the last one, its day that of the end.
    pub entry: Entry,
    /// As the router sees it.
    pub kind: TaskKind,
    pub size: Size,
    pub status: Status,
    pub started: Timestamp,
    pub ended: Timestamp,
    pub tries: Vec<Try>,
}

/// What one model did for a task.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Try {
    pub model: String,
    /// Did it do it? `None` where that says nothing of the model: it was interrupted, or the provider failed.
    pub succeeded: Option<bool>,
    /// Was that told by a check, by a failure, by a stronger model that had to take over? That nothing spoke against it tells little.
    pub judged: bool,
    /// Did it get the task after another model had failed at it?
    pub handed_over: bool,
    pub refused_edits: u64,
    pub failed_checks: u64,
    /// Requests that failed.
    pub retries: u64,
}

/// A provider, or one model of it, that is not asked for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cooling {
    /// `provider` or `provider/model`.
    pub key: String,
    pub until: Timestamp,
    /// How many times in a row.
    pub strikes: u32,
    pub reason: String,
}

/// The ledger. Clones share one connection; every process has its own.
#[derive(Clone)]
pub struct Ledger {
    pub(super) index: Arc<Index>,
}

/// Where the ledger of a state folder lies.
pub fn path(state: &Path) -> PathBuf {
    state.join("index.sqlite")
}

impl Ledger {
    /// Opens the ledger in `state`, and makes both where they are missing. An error of [`Kind::Io`] whose hint names
    /// `agent cost --rebuild` where the file is damaged or of a newer version.
    pub fn open(state: &Path) -> Result<Ledger> {
        Ok(Ledger { index: Arc::new(Index::open(&path(state))?) })
    }

    /// One that nothing is kept of.
    pub fn in_memory() -> Result<Ledger> {
        Ok(Ledger { index: Arc::new(Index::in_memory()?) })
    }

    /// In one write transaction: what stands against each budget, the caller's decision, and the row of the request. The
    /// decision gives the worst case to reserve; when it is an error, nothing is written. The row is in the file when this
    /// returns, so it outlives the process. `fit` must not call the ledger.
    pub fn reserve<T>(
        &self,
        entry: &Entry,
        budgets: &[Budget],
        now: Timestamp,
        fit: impl FnOnce(&[Standing]) -> Result<(Usd, T)>,
    ) -> Result<(Reservation, T)> {
        self.index.reserve(entry, budgets, now, fit)
    }

    /// Replaces the reservation by what the request really took. A second time changes nothing.
    pub fn settle(&self, reservation: Reservation, settlement: &Settlement) -> Result<()> {
        self.index.settle(reservation, settlement)
    }

    /// What stands against each budget, in their order.
    pub fn standings(&self, entry: &Entry, budgets: &[Budget]) -> Result<Vec<Standing>> {
        self.index.standings(entry, budgets)
    }

    /// Writes down how a task ended; a second time replaces the first.
    pub fn finish_task(&self, task: &TaskRow) -> Result<()> {
        self.index.finish_task(task)
    }

    /// The user took back what the session's task that was at work at `at` did, or, when `undone` is false, brought it
    /// back. False where no task is known to have been at work then.
    pub fn set_undone(&self, session: &str, at: Timestamp, undone: bool) -> Result<bool> {
        self.index.set_undone(session, at, undone)
    }

    /// The user's own record of tasks that ended since `since`, by kind and model.
    pub fn evidence(&self, since: Timestamp, now: Timestamp) -> Result<Vec<Evidence>> {
        self.index.evidence(since, now)
    }

    /// A provider, or `provider/model`, is not to be asked until `until`.
    pub fn cool(&self, key: &str, until: Timestamp, strikes: u32, reason: &str) -> Result<()> {
        self.index.cool(&Cooling { key: key.into(), until, strikes, reason: reason.into() })
    }

    /// What is not to be asked now.
    pub fn cooling(&self, now: Timestamp) -> Result<Vec<Cooling>> {
        self.index.cooling(now)
    }

    /// The last cooldown of `key`, over or not, unless it was warmed since: how many strikes came before.
    pub fn last_cooling(&self, key: &str) -> Result<Option<Cooling>> {
        self.index.last_cooling(key)
    }

    /// It answered: it may be asked, and its strikes are forgotten.
    pub fn warm(&self, key: &str) -> Result<()> {
        self.index.warm(key)
    }

    /// Keeps the head of a session's chain, for `agent audit verify`. One that is kept is never changed.
    pub fn keep_head(&self, session: &str, head: &Head, now: Timestamp) -> Result<()> {
        self.index.keep_head(session, head, now)
    }

    /// The heads that were kept of a session's chain, the first first.
    pub fn heads(&self, session: &str) -> Result<Vec<Head>> {
        self.index.heads(session)
    }

    /// Every session of which a head was kept, and that agent itself did not delete.
    pub fn sessions_with_heads(&self) -> Result<Vec<String>> {
        self.index.sessions_with_heads()
    }

    /// The session is about to be deleted by the user, or by age: its log will not be missed.
    pub fn set_deleted(&self, session: &str, now: Timestamp) -> Result<()> {
        self.index.set_deleted(session, now)
    }

    /// When agent itself deleted it.
    pub fn deleted(&self, session: &str) -> Result<Option<Timestamp>> {
        self.index.deleted(session)
    }

    /// What was spent since `since`, in groups.
    pub fn costs(&self, by: By, since: Timestamp) -> Result<Vec<Cost>> {
        self.index.costs(by, since)
    }
}

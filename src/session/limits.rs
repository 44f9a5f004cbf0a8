//! What a run may use, and the guard against going round in circles.

use crate::base::event::Scope;
use crate::base::money::Usd;
use crate::base::{Error, Kind, Result};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

/// Set by flags and configuration.
#[derive(Debug, Clone)]
pub struct Limits {
    pub max_turns: Option<u64>,
    pub max_cost: Option<Usd>,
    pub timeout: Option<Duration>,
    pub check_rounds: u32,
    pub retry_budget: Duration,
    /// How long a model that fails is tried again before another takes over.
    pub patience: Duration,
    /// Besides `max_cost`, which is the run's.
    pub budgets: Vec<(Scope, Usd)>,
    /// A budget that is used up to so many percent is said.
    pub warn_percent: u64,
    pub spent: Spent,
    /// A window that is full is left for a larger one, where a candidate has it, before history is summarised.
    pub prefer_larger: bool,
    pub loop_warn: u32,
    pub loop_stop: u32,
    /// For each check.
    pub check_timeout: Duration,
}

/// What follows when a budget has no room for another request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spent {
    Stop,
    /// A cheaper candidate goes on, as long as there is one.
    Degrade,
    /// Whoever answers questions is asked for more; where nobody does, the run stops.
    Ask,
}

/// Counts equal calls with equal results since files last changed.
#[derive(Default)]
pub struct LoopGuard {
    counts: HashMap<u64, u32>,
}

impl LoopGuard {
    /// How many times this call has now had this result.
    pub fn saw(&mut self, tool: &str, arguments: &str, result: &str) -> u32 {
        let mut hasher = DefaultHasher::new();
        (tool, arguments, result).hash(&mut hasher);
        let count = self.counts.entry(hasher.finish()).or_default();
        *count += 1;
        *count
    }

    /// Something changed: the same command may well be tried again.
    pub fn progress(&mut self) {
        self.counts.clear();
    }
}

impl Limits {
    /// Is there any limit of money?
    pub fn has_budget(&self) -> bool {
        self.max_cost.is_some() || !self.budgets.is_empty()
    }

    /// May another request be made, after `done` of this task?
    pub fn allow_turn(&self, done: u64) -> Result<()> {
        match self.max_turns {
            Some(most) if done >= most => Err(Error::new(Kind::Limit, format!("the limit of {most} turns is reached"))
                .hint("give more with --max-turns and go on with --continue")),
            _ => Ok(()),
        }
    }

    pub fn out_of_time(&self) -> Error {
        let limit = self.timeout.unwrap_or_default().as_secs_f32();
        Error::new(Kind::Limit, format!("the time limit of {limit} s is reached"))
            .hint("give more with --timeout and go on with --continue")
    }

    pub fn looping(&self, tool: &str) -> Error {
        Error::new(
            Kind::Limit,
            format!("the model called `{tool}` {} times in the same way with the same result", self.loop_stop),
        )
        .hint("say what it should do instead, with --continue")
    }
}

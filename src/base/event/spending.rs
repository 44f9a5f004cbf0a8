//! Budgets that are nearly used up, and input that was paid for twice.

use crate::base::money::Usd;
use serde::{Deserialize, Serialize};

/// What a budget is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// One run, its child sessions included.
    Run,
    /// One session, all that goes on with it included.
    Session,
    /// All work of this user since midnight, local time.
    Day,
    /// All work in a project this month, local time.
    Project,
}

impl Scope {
    pub const ALL: [Scope; 4] = [Scope::Run, Scope::Session, Scope::Day, Scope::Project];

    pub fn name(self) -> &'static str {
        match self {
            Scope::Run => "run",
            Scope::Session => "session",
            Scope::Day => "day",
            Scope::Project => "project",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetNoticed {
    pub scope: Scope,
    pub limit_usd: Usd,
    /// Spent and reserved.
    pub used_usd: Usd,
    /// What follows, in words.
    pub text: String,
}

/// Input that the provider's cache should have had and did not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CacheMiss {
    pub tokens: u64,
    pub cause: MissCause,
    /// What they cost more than cached ones; `None`: the price is not known.
    pub extra_usd: Option<Usd>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissCause {
    /// Another model was asked before.
    Model,
    /// The instructions changed.
    System,
    /// The tools changed.
    Tools,
    /// Earlier messages changed: outputs were taken out, or history was summarised.
    History,
    /// The last request was so long ago that the cache has forgotten it.
    Expired,
    /// Nothing changed here: the provider did not keep it, or did not find it.
    Provider,
}

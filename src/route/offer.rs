//! What the router is given: models on offer, what this user measured of them, and the state of the moment. Plain data; whoever
//! calls fills it from the catalog, the ledger and the health of the providers.

use super::task::{Size, TaskKind};
use crate::base::model::{ModelInfo, Price, price_at};
use crate::base::money::Usd;

/// A model that could be asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// `provider/id`.
    pub model: String,
    pub provider: String,
    /// `None`: nobody told us.
    pub price: Option<Price>,
    /// Prices of requests with more input than so many tokens, ascending.
    pub tiers: Vec<(u64, Price)>,
    /// Tokens that the input of one request may have.
    pub max_input: u64,
    pub reasoning: bool,
    pub images: bool,
    /// Can it call tools? Without them it can do no work here.
    pub tools: bool,
    /// Runs on this machine: nothing leaves it.
    pub local: bool,
    /// Is there a key, or is none needed?
    pub key: bool,
    /// Why its provider is left alone for now.
    pub cooling: Option<String>,
}

impl From<&ModelInfo> for Offer {
    /// With a key, healthy, able to call tools, and not on this machine: the caller says where it is otherwise.
    fn from(model: &ModelInfo) -> Self {
        Offer {
            model: model.name(),
            provider: model.provider.clone(),
            price: model.price,
            tiers: model.tiers.clone(),
            max_input: model.max_input,
            reasoning: model.reasoning,
            images: model.images,
            tools: true,
            local: false,
            key: true,
            cooling: None,
        }
    }
}

impl Offer {
    /// The prices of a request with so much input.
    pub fn price_for(&self, input: u64) -> Option<Price> {
        price_at(self.price, &self.tiers, input)
    }
}

/// What this user's own tasks showed of one model: one row for each kind, size, model, way it got the task, and age.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    pub kind: TaskKind,
    pub size: Size,
    /// `provider/id`.
    pub model: String,
    /// Did it get these tasks after another model had failed at them? Such tasks are harder, so they are counted apart.
    pub handed_over: bool,
    /// Tasks whose end was judged: by a check, by an undo, by a second try. One that nobody judged is in no row.
    pub tasks: u64,
    /// Of `tasks`: checks passed, and the work was neither undone nor given to another model.
    pub succeeded: u64,
    /// What `tasks` cost together, in micro-dollars.
    pub cost_micro: u64,
    /// Edits that were refused.
    pub refused: u64,
    /// Of `tasks`: begun again by the user.
    pub retried: u64,
    /// Of `tasks`: undone by the user.
    pub undone: u64,
    /// How long ago they ended, in days; see [`age_bucket`].
    pub age_days: u32,
}

/// The ages by which rows are put together: each is as old as the youngest task it may hold.
pub const AGE_BUCKETS: [u32; 8] = [0, 1, 2, 4, 8, 16, 32, 64];

/// The bucket of a task that ended so many days ago.
pub fn age_bucket(days: u32) -> u32 {
    AGE_BUCKETS.iter().copied().rfind(|from| *from <= days).unwrap_or(0)
}

/// What else a choice depends on.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// What may still be spent on this task; `None`: there is no limit.
    pub budget_left: Option<Usd>,
    /// Nothing may leave this machine.
    pub local_only: bool,
    /// How much of the best model's success to keep, in percent (`route.target`): the higher, the more a failure counts.
    pub target: u8,
    /// How many tasks of a hundred may go to models of which little is known (`route.explore`).
    pub explore: u8,
    /// The source of chance: constant for a task, such as a hash of its id.
    pub seed: u64,
    /// The model whose cache holds the history, where a session goes on.
    pub current: Option<String>,
}

/// As `route.target` has it where nobody says otherwise.
pub const TARGET: u8 = 95;
/// As `route.explore` has it where nobody says otherwise.
pub const EXPLORE: u8 = 10;

impl Default for State {
    fn default() -> Self {
        State { budget_left: None, local_only: false, target: TARGET, explore: EXPLORE, seed: 0, current: None }
    }
}

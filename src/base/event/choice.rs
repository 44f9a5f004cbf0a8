//! Which model was chosen, which one goes on, and why.

use crate::base::money::Usd;
use serde::{Deserialize, Serialize};

/// What a request is made for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The work itself.
    #[default]
    Main,
    /// Summaries of a long history.
    Fast,
    /// Plans; no command asks for one yet.
    Plan,
    /// A look at other models' work; no command asks for one yet.
    Review,
}

impl Role {
    pub const ALL: [Role; 4] = [Role::Main, Role::Fast, Role::Plan, Role::Review];

    pub fn name(self) -> &'static str {
        match self {
            Role::Main => "main",
            Role::Fast => "fast",
            Role::Plan => "plan",
            Role::Review => "review",
        }
    }

    pub(super) fn is_main(&self) -> bool {
        *self == Role::Main
    }
}

/// A choice among models.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Routed {
    pub role: Role,
    /// The kind of task, as the router sees it.
    pub kind: String,
    /// In the order in which they are asked.
    pub candidates: Vec<Considered>,
    pub reason: String,
}

/// One model that was considered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Considered {
    pub model: String,
    /// What the task is expected to cost with it; `None`: its price is not known.
    pub expected_usd: Option<Usd>,
    /// How likely it is expected to do it, in percent.
    pub success_percent: u8,
    pub reason: String,
}

/// Why the work goes on with another model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SwitchCause {
    /// All that was paid for is used up.
    Quota,
    /// The provider is overloaded or broken, or was asked too often.
    Overloaded,
    /// The provider cannot be reached, or answers broke off.
    Unreachable,
    /// The provider does not serve the model, or not to this key.
    Refused,
    /// The key is missing or was rejected.
    Auth,
    /// The conversation does not fit the model's window.
    ContextFull,
    /// The budget asks for a cheaper model.
    Budget,
    /// The model did not get on with the task; a stronger one goes on.
    Escalated,
    /// What was the reason to leave this model is over.
    Returned,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Switched {
    pub from: String,
    pub to: String,
    pub cause: SwitchCause,
    /// For people: what happened.
    pub reason: String,
    /// Tokens that the other model read from its cache, and this one has to read anew.
    pub cache_lost: u64,
    /// What reading them anew costs more; `None`: a price is not known.
    pub extra_usd: Option<Usd>,
    /// Until when the one that was left is not asked (RFC 3339); the next task after that goes back to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

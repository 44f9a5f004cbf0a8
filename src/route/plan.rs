//! What the router answers: candidates in order, each with its reason, and the way up where one fails.

use super::task::{Size, TaskKind};
use crate::base::event::{Considered, Role, Routed};
use crate::base::money::Usd;

/// One model that could take the task.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// `provider/id`.
    pub model: String,
    pub provider: String,
    /// What the task costs if this model alone works on it; `None`: its price is not known.
    pub cost: Option<Usd>,
    /// What it costs on average when it begins here, with the models that take over where it fails.
    pub total: Option<Usd>,
    /// How likely it does the task alone, from 0 to 1.
    pub success: f64,
    /// How likely the task is done in the end, with the models that take over.
    pub reached: f64,
    /// Judged tasks of this user that the expectation rests on.
    pub measured: u64,
    /// The models that take over where it fails, in order; empty where no check would notice.
    pub escalation: Vec<String>,
    /// In plain words, with numbers.
    pub reason: String,
}

/// A model that cannot take the task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedOver {
    pub model: String,
    pub reason: String,
}

/// A choice among models.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    pub kind: TaskKind,
    pub size: Size,
    /// The first is chosen; the others follow in the order in which they would be asked if it cannot be.
    pub candidates: Vec<Candidate>,
    pub passed_over: Vec<PassedOver>,
    /// Was the choice made to learn something about a model?
    pub exploring: bool,
    /// Why the first candidate, in one sentence.
    pub reason: String,
}

impl Plan {
    pub fn chosen(&self) -> Option<&Candidate> {
        self.candidates.first()
    }

    pub fn candidate(&self, model: &str) -> Option<&Candidate> {
        self.candidates.iter().find(|candidate| candidate.model == model)
    }

    /// The models to which the task is handed up if the first one fails, in order.
    pub fn escalation(&self) -> &[String] {
        self.chosen().map_or(&[], |chosen| &chosen.escalation)
    }

    /// The choice as the log keeps it.
    pub fn routed(&self, role: Role) -> Routed {
        let considered = |candidate: &Candidate| Considered {
            model: candidate.model.clone(),
            expected_usd: candidate.cost,
            success_percent: percent(candidate.success),
            reason: candidate.reason.clone(),
        };
        Routed {
            role,
            kind: self.kind.name().into(),
            candidates: self.candidates.iter().map(considered).collect(),
            reason: self.reason.clone(),
        }
    }
}

/// A share as whole percent.
pub fn percent(share: f64) -> u8 {
    (share.clamp(0.0, 1.0) * 100.0).round() as u8
}

//! The models a session may ask, and the one that is asked: each is told what its kind is told, with its own tools.

use super::Parts;
use crate::base::call::ToolSpec;
use crate::base::model::ModelInfo;
use crate::net::Authorize;
use crate::provider::Provider;
use crate::tool::Tool;
use crate::transcript::compact;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// A model that can be asked.
#[derive(Clone)]
pub struct Candidate {
    pub model: ModelInfo,
    pub provider: Arc<dyn Provider>,
    /// Where a key in a header is not enough.
    pub authorize: Option<Arc<dyn Authorize>>,
}

/// The seat of the model for summaries is none of the candidates'.
pub(super) const FAST: usize = usize::MAX;

/// The candidate that is asked, with what a model of its family is told.
pub(super) struct Seat {
    pub index: usize,
    pub candidate: Candidate,
    pub system: String,
    pub tools: Vec<Arc<dyn Tool>>,
    pub specs: Vec<ToolSpec>,
    /// Tokens of instructions and tools, estimated.
    pub fixed_tokens: u64,
    /// Of the instructions and of the tools, to tell whether they changed.
    pub prints: (u64, u64),
}

impl Seat {
    /// The seat of candidate `index`, if there is one.
    pub fn take(parts: &Parts, index: usize) -> Option<Seat> {
        Some(Seat::of(parts, index, parts.candidates.get(index)?.clone()))
    }

    pub fn of(parts: &Parts, index: usize, candidate: Candidate) -> Seat {
        let system = (parts.system)(candidate.model.family);
        // A model that takes none refuses a request that has some, on whichever wire.
        let takes_tools = candidate.model.abilities.tools;
        let tools = if takes_tools { (parts.tools)(candidate.model.edits) } else { Vec::new() };
        let specs: Vec<ToolSpec> = tools.iter().map(|tool| tool.spec().clone()).collect();
        let fixed = system.len() + specs.iter().map(|spec| spec.description.len() + 400).sum::<usize>();
        let named: Vec<&str> = specs.iter().flat_map(|spec| [spec.name, spec.description.as_str()]).collect();
        let prints = (print(&system), print(&named));
        Seat { index, candidate, prints, system, tools, specs, fixed_tokens: compact::tokens(fixed) }
    }
}

fn print(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

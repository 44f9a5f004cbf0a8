//! Tokens and money so far, and what fills the model's window.
//!
//! What a provider counts is a sum; what is in it is estimated from the records by the rule of `compact`, and scaled so that
//! the parts add up to what was counted.

use crate::base::event::{Event, Record, Role, Source, TurnFinished, UserMessage};
use crate::base::message::Part;
use crate::base::model::Usage;
use crate::base::money::Usd;
use crate::transcript::compact;
use std::sync::Arc;

/// What a part of the window holds.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fill {
    /// The instructions of this program and the descriptions of its tools.
    System,
    /// What the model is told of the surroundings, and instruction files.
    Instructions,
    /// The user's words, and the harness's.
    Words,
    /// Answers, with their calls and what the model thought.
    Answers,
    /// Outputs of a tool.
    Tool(Arc<str>),
    /// What stands in the place of earlier work.
    Summary,
}

/// What was used so far.
#[derive(Debug, Clone, PartialEq)]
pub struct Spent {
    /// Of this task; `None`: a price was not known.
    pub task: Usage,
    pub task_cost: Option<Usd>,
    /// Of the whole session, questions beside the work included.
    pub session: Usage,
    pub session_cost: Option<Usd>,
    /// Input of the last request of the work itself, and of that what came from the provider's cache.
    pub last_input: u64,
    pub last_cached: u64,
    /// Tokens of the window that are taken.
    pub context: u64,
    /// The number of the last request, counted through the whole session.
    pub turn: u64,
    /// Requests of this task.
    pub task_turns: u64,
    /// The model that was asked last.
    pub model: String,
    entries: Vec<Entry>,
    system: Option<u64>,
    /// Tokens that a provider counted, and estimates of what came since.
    measured: Option<u64>,
    since: u64,
}

#[derive(Debug, Clone, PartialEq)]
struct Entry {
    seq: u64,
    fill: Fill,
    tokens: u64,
    /// Of an output: its call.
    call: Arc<str>,
}

impl Default for Spent {
    fn default() -> Self {
        Self {
            task: Usage::default(),
            task_cost: Some(Usd(0)),
            session: Usage::default(),
            session_cost: Some(Usd(0)),
            last_input: 0,
            last_cached: 0,
            context: 0,
            turn: 0,
            task_turns: 0,
            model: String::new(),
            entries: Vec::new(),
            system: None,
            measured: None,
            since: 0,
        }
    }
}

impl Spent {
    /// Percent of the last request's input that came from the provider's cache.
    pub fn cached_percent(&self) -> u64 {
        (self.last_cached.saturating_mul(100)).checked_div(self.last_input).unwrap_or(0)
    }

    /// What fills the window, the largest first. The parts add up to about [`Spent::context`].
    pub fn fills(&self) -> Vec<(Fill, u64)> {
        let mut sums: std::collections::BTreeMap<Fill, u64> = std::collections::BTreeMap::new();
        for entry in &self.entries {
            *sums.entry(entry.fill.clone()).or_default() += entry.tokens;
        }
        let system = self.system.unwrap_or(0);
        let estimated: u64 = sums.values().sum();
        let room = self.context.saturating_sub(system);
        let scale = |tokens: u64| {
            if estimated == 0 { 0 } else { (u128::from(tokens) * u128::from(room) / u128::from(estimated)) as u64 }
        };
        let mut fills: Vec<(Fill, u64)> = sums.into_iter().map(|(fill, tokens)| (fill, scale(tokens))).collect();
        fills.push((Fill::System, system.min(self.context)));
        fills.retain(|(_, tokens)| *tokens > 0);
        fills.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
        fills
    }

    pub(super) fn push(&mut self, record: &Record) {
        let seq = record.seq;
        match &record.event {
            Event::SessionStarted(started) => self.model.clone_from(&started.model),
            Event::Context { text, .. } => self.fill(seq, Fill::Instructions, compact::tokens(text.len()), ""),
            Event::UserMessage(message) => self.said(seq, message),
            Event::TurnStarted { turn, model } => {
                self.turn = *turn;
                self.task_turns += 1;
                self.model.clone_from(model);
            }
            Event::TurnFinished(turn) => self.turn_finished(turn),
            Event::Message { parts, .. } => {
                // Its output was counted with the request.
                let tokens = parts.iter().map(compact::part_size).sum();
                self.entry(seq, Fill::Answers, tokens, "");
            }
            Event::ToolFinished(finished) => {
                let tokens = compact::part_size(&Part::Result(finished.result.clone()));
                self.fill(seq, Fill::Tool(Arc::from(finished.tool.as_str())), tokens, &finished.result.call);
            }
            Event::Ran { command, output, .. } => {
                self.fill(seq, Fill::Words, compact::tokens(command.len() + output.len()), "");
            }
            Event::Pruned { calls, tokens_after, .. } => {
                self.entries.retain(|entry| entry.call.is_empty() || !calls.iter().any(|call| **call == *entry.call));
                self.counted(*tokens_after);
            }
            Event::Compacted { summary, through, tokens_after, .. } => {
                self.entries.retain(|entry| entry.seq > *through || entry.fill == Fill::Instructions);
                self.entry(*through, Fill::Summary, compact::tokens(summary.len()), "");
                self.counted(*tokens_after);
            }
            Event::Rewound { before } => self.rewind(*before),
            Event::Aside(aside) => self.pay(aside.tokens, aside.cost_usd, false),
            Event::LogCut { .. }
            | Event::Routed(_)
            | Event::Switched(_)
            | Event::BudgetNoticed(_)
            | Event::Waiting { .. }
            | Event::CheckpointTaken(_)
            | Event::ToolStarted(_)
            | Event::HostDenied(_)
            | Event::Quarantined(_)
            | Event::Committed(_)
            | Event::Edited { .. }
            | Event::Proposed { .. }
            | Event::Asked(_)
            | Event::Answered { .. }
            | Event::PlanUpdated { .. }
            | Event::CheckStarted { .. }
            | Event::CheckFinished(_)
            | Event::ModeChanged { .. }
            | Event::LoopNoticed { .. }
            | Event::Notice { .. }
            | Event::Outcome(_) => {}
        }
    }

    /// The user's words, or the harness's. A task begins to count anew.
    fn said(&mut self, seq: u64, message: &UserMessage) {
        if message.source == Source::Task {
            (self.task, self.task_cost, self.task_turns) = (Usage::default(), Some(Usd(0)), 0);
        }
        let images = message.images.iter().cloned().map(Part::Image).map(|part| compact::part_size(&part));
        let tokens = compact::tokens(message.text.len()) + images.sum::<u64>();
        self.fill(seq, Fill::Words, tokens, "");
    }

    fn turn_finished(&mut self, turn: &TurnFinished) {
        self.pay(turn.tokens, turn.cost_usd, true);
        if turn.role != Role::Main || turn.error.is_some() || turn.tokens.input == 0 {
            return;
        }
        (self.last_input, self.last_cached) = (turn.tokens.input, turn.tokens.cached);
        if self.system.is_none() {
            // The estimate is on the high side by about a quarter; with the first request, most of the input is not in it.
            let said: u64 = self.entries.iter().map(|entry| entry.tokens).sum();
            self.system = Some(turn.tokens.input.saturating_sub(said / 4 * 3));
        }
        self.counted(turn.tokens.input.saturating_add(turn.tokens.output));
    }

    fn pay(&mut self, tokens: Usage, cost: Option<Usd>, of_task: bool) {
        let sum = |so_far: Option<Usd>| so_far.zip(cost).map(|(sum, cost)| sum.plus(cost));
        self.session.add(tokens);
        self.session_cost = sum(self.session_cost);
        if of_task {
            self.task.add(tokens);
            self.task_cost = sum(self.task_cost);
        }
    }

    fn rewind(&mut self, before: u64) {
        let said = |entries: &[Entry]| entries.iter().map(|entry| entry.tokens).sum::<u64>();
        let all = said(&self.entries);
        self.entries.retain(|entry| entry.seq < before);
        let system = self.system.unwrap_or(0);
        let room = u128::from(self.context.saturating_sub(system));
        let left = (room * u128::from(said(&self.entries))).checked_div(u128::from(all)).unwrap_or(0);
        self.counted(system.min(self.context).saturating_add(left as u64));
    }

    /// The window holds so many tokens now.
    fn counted(&mut self, tokens: u64) {
        (self.measured, self.since) = (Some(tokens), 0);
        self.context = tokens;
    }

    /// Something that came into the window since.
    fn fill(&mut self, seq: u64, fill: Fill, tokens: u64, call: &str) {
        self.entry(seq, fill, tokens, call);
        self.since += tokens;
        self.context = self.measured.unwrap_or(0).saturating_add(self.since);
    }

    fn entry(&mut self, seq: u64, fill: Fill, tokens: u64, call: &str) {
        self.entries.push(Entry { seq, fill, tokens, call: Arc::from(call) });
    }
}

//! Records to the messages that the model sees.
//!
//! Nothing that a model has seen is ever changed by a later record, but for pruning and compaction, which are records
//! themselves: so requests stay the same up to the new messages, and provider caches hit.

use crate::base::call::ToolResult;
use crate::base::event::{Event, PlanStep, Record, Source, StepStatus, ToolFinished, UserMessage};
use crate::base::message::{ImageRef, Message, Part, Role, calls_of};
use std::collections::HashSet;
use std::fmt::Write as _;

/// Bytes of the user's own words that survive a compaction, newest first.
const PINNED_WORDS: usize = 16 * 1024;

/// The conversation so far.
#[derive(Debug, Default, Clone)]
pub struct Fold {
    /// Beside each message the record that began it.
    begun: Vec<u64>,
    messages: Vec<Message>,
    /// Calls of the last answer, in order, with what became of them.
    open: Vec<OpenCall>,
    ids: HashSet<String>,
    context: String,
    words: Vec<String>,
    plan: Vec<PlanStep>,
    turns: u64,
}

#[derive(Debug, Clone)]
struct OpenCall {
    id: String,
    tool: String,
    started: bool,
    done: bool,
}

/// A call that has no answer yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unanswered {
    pub id: String,
    pub tool: String,
    /// Its effect may have begun.
    pub started: bool,
}

impl Fold {
    pub fn push(&mut self, record: &Record) {
        match &record.event {
            Event::Context { text, .. } => {
                self.context.clone_from(text);
                self.user(record.seq, vec![Part::Text { text: text.clone() }]);
            }
            Event::UserMessage(message) => self.user_message(record.seq, message),
            Event::Message { parts, .. } => self.answer(record.seq, parts),
            Event::ToolStarted(started) => {
                if let Some(open) = self.open.iter_mut().find(|open| open.id == started.call) {
                    open.started = true;
                }
            }
            Event::ToolFinished(finished) => self.result(record.seq, finished),
            Event::PlanUpdated { steps } => self.plan.clone_from(steps),
            Event::Pruned { calls, .. } => self.prune(calls),
            Event::Compacted { summary, through, .. } => self.compact(summary, *through),
            Event::TurnStarted { turn, .. } => self.turns = *turn,
            Event::SessionStarted(_)
            | Event::LogCut { .. }
            | Event::Routed(_)
            | Event::Switched(_)
            | Event::BudgetNoticed(_)
            | Event::Waiting { .. }
            | Event::TurnFinished(_)
            | Event::CheckpointTaken(_)
            | Event::Proposed { .. }
            | Event::HostDenied(_)
            | Event::Quarantined(_)
            | Event::Committed(_)
            | Event::Edited { .. }
            | Event::Asked(_)
            | Event::Answered { .. }
            | Event::CheckStarted { .. }
            | Event::CheckFinished(_)
            | Event::LoopNoticed { .. }
            | Event::Notice { .. }
            | Event::Outcome(_) => {}
        }
    }

    /// What the model sees.
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }

    /// The record that began message `index`.
    pub fn seq_of(&self, index: usize) -> u64 {
        self.begun.get(index).copied().unwrap_or(0)
    }

    pub fn unanswered(&self) -> Vec<Unanswered> {
        let open = self.open.iter().filter(|open| !open.done);
        open.map(|open| Unanswered { id: open.id.clone(), tool: open.tool.clone(), started: open.started }).collect()
    }

    /// Has a call of this id been seen before?
    pub fn has_call(&self, id: &str) -> bool {
        self.ids.contains(id)
    }

    /// What it would be without the outputs of these calls.
    pub fn pruned(&self, calls: &[String]) -> Fold {
        let mut next = self.clone();
        next.prune(calls);
        next
    }

    /// What it would be with this summary in the place of the records up to `through`.
    pub fn compacted(&self, summary: &str, through: u64) -> Fold {
        let mut next = self.clone();
        next.compact(summary, through);
        next
    }

    /// What the model was told of its surroundings last.
    pub fn context(&self) -> &str {
        &self.context
    }

    /// The number of the last request.
    pub fn turns(&self) -> u64 {
        self.turns
    }

    fn user_message(&mut self, seq: u64, message: &UserMessage) {
        if matches!(message.source, Source::Task | Source::Steer) {
            self.words.push(message.text.clone());
        }
        let mut parts = vec![Part::Text { text: message.text.clone() }];
        parts.extend(message.images.iter().cloned().map(Part::Image));
        self.user(seq, parts);
    }

    /// Adds to the user's message that is being made, or begins one.
    fn user(&mut self, seq: u64, parts: Vec<Part>) {
        match self.messages.last_mut() {
            Some(message) if message.role == Role::User => message.parts.extend(parts),
            _ => self.begin(seq, Role::User, parts),
        }
    }

    fn begin(&mut self, seq: u64, role: Role, parts: Vec<Part>) {
        self.messages.push(Message { role, parts });
        self.begun.push(seq);
    }

    fn answer(&mut self, seq: u64, parts: &[Part]) {
        let calls = calls_of(parts);
        self.ids.extend(calls.iter().map(|call| call.id.clone()));
        let open = |(id, tool): (&String, &String)| OpenCall {
            id: id.clone(),
            tool: tool.clone(),
            started: false,
            done: false,
        };
        self.open = calls.iter().map(|call| open((&call.id, &call.name))).collect();
        self.begin(seq, Role::Assistant, parts.to_vec());
    }

    /// Results stand before all else in their message, in the order of their calls.
    fn result(&mut self, seq: u64, finished: &ToolFinished) {
        let Some(order) = self.open.iter().position(|open| open.id == finished.result.call && !open.done) else {
            return;
        };
        let before = self.open.iter().take(order).filter(|open| open.done).count();
        if let Some(open) = self.open.get_mut(order) {
            open.done = true;
        }
        if self.messages.last().is_none_or(|message| message.role == Role::Assistant) {
            self.begin(seq, Role::User, Vec::new());
        }
        if let Some(message) = self.messages.last_mut() {
            message.parts.insert(before.min(message.parts.len()), Part::Result(finished.result.clone()));
        }
    }

    fn prune(&mut self, calls: &[String]) {
        for part in self.messages.iter_mut().flat_map(|message| &mut message.parts) {
            if let Part::Result(result) = part
                && calls.contains(&result.call)
            {
                *result = left_out(result);
            }
        }
    }

    fn compact(&mut self, summary: &str, through: u64) {
        let kept = self.begun.iter().position(|seq| *seq > through).unwrap_or(self.begun.len());
        let mut text = self.context.clone();
        let _ = write!(text, "\n\n<earlier_words_of_the_user>\n{}\n</earlier_words_of_the_user>", self.pinned_words());
        if !self.plan.is_empty() {
            let _ = write!(text, "\n\n<plan>\n{}</plan>", plan_text(&self.plan));
        }
        let _ = write!(text, "\n\n<summary_of_earlier_work>\n{summary}\n</summary_of_earlier_work>");
        let first = Message { role: Role::User, parts: vec![Part::Text { text }] };
        self.messages.splice(..kept, std::iter::once(first));
        self.begun.splice(..kept, std::iter::once(through));
    }

    fn pinned_words(&self) -> String {
        let mut kept: Vec<&str> = Vec::new();
        let mut room = PINNED_WORDS;
        for words in self.words.iter().rev() {
            let end = words.floor_char_boundary(room);
            if end == 0 {
                break;
            }
            kept.push(words.get(..end).unwrap_or_default());
            room -= end;
        }
        kept.reverse();
        kept.join("\n---\n")
    }
}

/// What stands in the place of an output that was taken out.
fn left_out(result: &ToolResult) -> ToolResult {
    ToolResult {
        output: format!("(left out to save room; read output:{} shows it)", result.call),
        images: Vec::<ImageRef>::new(),
        ..result.clone()
    }
}

fn plan_text(plan: &[PlanStep]) -> String {
    plan.iter().fold(String::new(), |mut text, step| {
        let mark = match step.status {
            StepStatus::Pending => " ",
            StepStatus::InProgress => ">",
            StepStatus::Completed => "x",
        };
        let _ = writeln!(text, "[{mark}] {}", step.step);
        text
    })
}

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
    /// Beside each message the record that began it, and that of each of its parts.
    begun: Vec<u64>,
    parts: Vec<Vec<u64>>,
    messages: Vec<Message>,
    /// Calls of the last answer, in order, with what became of them.
    open: Vec<OpenCall>,
    ids: HashSet<String>,
    /// Each with its record, as what follows here.
    contexts: Vec<(u64, String)>,
    words: Vec<(u64, String)>,
    plans: Vec<(u64, Vec<PlanStep>)>,
    /// The records that tasks began with.
    tasks: Vec<u64>,
    /// The record of the last summary: what was before it is not known any more.
    summarised: u64,
    turns: u64,
}

/// Why nobody can go back to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoWayBack {
    /// No task that the model knows of begins there.
    NoTask,
    /// A summary has taken the place of what was there.
    Summarised,
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
                self.contexts.push((record.seq, text.clone()));
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
            Event::PlanUpdated { steps } => self.plans.push((record.seq, steps.clone())),
            Event::Pruned { calls, .. } => self.prune(calls),
            Event::Compacted { summary, through, .. } => self.compact(record.seq, summary, *through),
            Event::TurnStarted { turn, .. } => self.turns = *turn,
            Event::Ran { command, output, exit } => {
                self.user(record.seq, vec![Part::Text { text: ran(command, output, *exit) }]);
            }
            Event::Rewound { before } => self.rewind(*before),
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
            | Event::ModeChanged { .. }
            | Event::Aside(_)
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
        next.compact(through, summary, through);
        next
    }

    /// What the model sees, with a question behind it.
    pub fn with_question(&self, question: &str) -> Vec<Message> {
        let part = Part::Text { text: question.to_owned() };
        let mut messages = self.messages.clone();
        match messages.last_mut() {
            Some(message) if message.role == Role::User => message.parts.push(part),
            _ => messages.push(Message { role: Role::User, parts: vec![part] }),
        }
        messages
    }

    /// Can the model's view end before this record from now on?
    pub fn way_back(&self, before: u64) -> Result<(), NoWayBack> {
        if before <= self.summarised {
            return Err(NoWayBack::Summarised);
        }
        if self.tasks.contains(&before) { Ok(()) } else { Err(NoWayBack::NoTask) }
    }

    /// What the model was told of its surroundings last.
    pub fn context(&self) -> &str {
        self.contexts.last().map_or("", |(_, text)| text)
    }

    /// The number of the last request.
    pub fn turns(&self) -> u64 {
        self.turns
    }

    fn user_message(&mut self, seq: u64, message: &UserMessage) {
        if matches!(message.source, Source::Task | Source::Steer) {
            self.words.push((seq, message.text.clone()));
        }
        if message.source == Source::Task {
            self.tasks.push(seq);
        }
        let mut parts = vec![Part::Text { text: message.text.clone() }];
        parts.extend(message.images.iter().cloned().map(Part::Image));
        self.user(seq, parts);
    }

    /// Adds to the user's message that is being made, or begins one.
    fn user(&mut self, seq: u64, parts: Vec<Part>) {
        match self.messages.last_mut() {
            Some(message) if message.role == Role::User => {
                self.parts.last_mut().into_iter().for_each(|seqs| seqs.extend(parts.iter().map(|_| seq)));
                message.parts.extend(parts);
            }
            _ => self.begin(seq, Role::User, parts),
        }
    }

    fn begin(&mut self, seq: u64, role: Role, parts: Vec<Part>) {
        self.parts.push(vec![seq; parts.len()]);
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
        if let (Some(message), Some(seqs)) = (self.messages.last_mut(), self.parts.last_mut()) {
            let at = before.min(message.parts.len());
            message.parts.insert(at, Part::Result(finished.result.clone()));
            seqs.insert(at.min(seqs.len()), seq);
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

    /// Takes away all that records from `before` on brought. Calls that were counted stay counted, and what was taken out to save
    /// room stays out, so that what is left is what the model has seen.
    fn rewind(&mut self, before: u64) {
        for (message, seqs) in self.messages.iter_mut().zip(&mut self.parts) {
            let mut stays = seqs.iter().map(|seq| *seq < before);
            message.parts.retain(|_| stays.next().unwrap_or(false));
            seqs.retain(|seq| *seq < before);
        }
        // Records come in their order, so the messages that begin behind the place are the last ones.
        let kept = self.begun.iter().position(|seq| *seq >= before).unwrap_or(self.begun.len());
        self.messages.truncate(kept);
        self.parts.truncate(kept);
        self.begun.truncate(kept);
        self.contexts.retain(|(seq, _)| *seq < before);
        self.words.retain(|(seq, _)| *seq < before);
        self.plans.retain(|(seq, _)| *seq < before);
        self.tasks.retain(|seq| *seq < before);
        self.open.clear();
    }

    fn compact(&mut self, at: u64, summary: &str, through: u64) {
        self.summarised = at;
        self.tasks.clear();
        // Nobody goes back to what these were before.
        self.contexts.drain(..self.contexts.len().saturating_sub(1));
        self.plans.drain(..self.plans.len().saturating_sub(1));
        let kept = self.begun.iter().position(|seq| *seq > through).unwrap_or(self.begun.len());
        let mut text = self.context().to_owned();
        let _ = write!(text, "\n\n<earlier_words_of_the_user>\n{}\n</earlier_words_of_the_user>", self.pinned_words());
        if let Some((_, plan)) = self.plans.last().filter(|(_, plan)| !plan.is_empty()) {
            let _ = write!(text, "\n\n<plan>\n{}</plan>", plan_text(plan));
        }
        let _ = write!(text, "\n\n<summary_of_earlier_work>\n{summary}\n</summary_of_earlier_work>");
        let first = Message { role: Role::User, parts: vec![Part::Text { text }] };
        self.messages.splice(..kept, std::iter::once(first));
        self.begun.splice(..kept, std::iter::once(through));
        self.parts.splice(..kept, std::iter::once(vec![through]));
    }

    fn pinned_words(&self) -> String {
        let mut kept: Vec<&str> = Vec::new();
        let mut room = PINNED_WORDS;
        for (_, words) in self.words.iter().rev() {
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

/// What a command of the user's own printed, in words for the model.
fn ran(command: &str, output: &str, exit: Option<i32>) -> String {
    let end = exit.map_or_else(|| "it was killed".to_owned(), |exit| format!("exit {exit}"));
    if output.trim().is_empty() {
        return format!("The user ran `{command}` ({end}). It printed nothing.");
    }
    // A fence that nothing within closes.
    let longest = output.split(|char| char != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    format!("The user ran `{command}` ({end}):\n{fence}\n{}\n{fence}", output.trim_end())
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

//! Records to what people see: a list of cells, of which the last few may still change.
//!
//! One fold for the screen, the transcript, the picker's preview and the exports. Foreign text is as it came: who shows it makes
//! it safe. Long outputs are kept by their two ends, and those of a long past by less; the log has the whole.

mod cell;
mod keep;
mod live;
mod output;
mod spent;
mod tools;
pub mod words;
mod working;

pub use cell::{Body, Cell, Tone, Tool};
pub use output::Output;
pub use spent::{Fill, Spent};
pub use working::{BackgroundJob, Task, Working};

use crate::base::event::{
    Event, Outcome, PlanStep, Record, Role, SessionStarted, Source, ToolStatus, TurnFinished, UserMessage,
};
use crate::base::message::{Part, calls_of};
use std::collections::{BTreeMap, VecDeque};

/// Characters of a task that name it.
const FIRST_WORDS: usize = 120;

/// The cells of a session, and what else its records say.
#[derive(Debug, Clone, Default)]
pub struct View {
    cells: Vec<Cell>,
    settled: usize,
    /// The first cell of the answer that streams.
    streaming: Option<usize>,
    spent: Spent,
    working: Option<Working>,
    /// The time of the last record that began something.
    since: String,
    plan: Vec<PlanStep>,
    jobs: Vec<BackgroundJob>,
    tasks: Vec<Task>,
    /// Calls of the last answer that did not begin: id, and a line for each.
    called: BTreeMap<String, String>,
    /// Cells that hold much, the oldest first, with how much that is.
    heavy: VecDeque<(usize, usize)>,
    held: usize,
    trimmed: usize,
}

impl View {
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// How many cells, from the first on, are done and will not change.
    pub fn settled(&self) -> usize {
        self.settled
    }

    /// Up to this cell (not with it) outputs and diffs may have been cut down since they were shown: a cache of their
    /// heights is wrong there once this grows.
    pub fn trimmed(&self) -> usize {
        self.trimmed
    }

    /// Tokens, money, and what fills the window.
    pub fn spent(&self) -> &Spent {
        &self.spent
    }

    /// What goes on now; none between tasks.
    pub fn working(&self) -> Option<Working> {
        let open = self.cells.iter().skip(self.settled).find_map(|cell| {
            if let Body::Asked { ask, answer: None } = &cell.body { (!cell.done).then_some(ask.id) } else { None }
        });

        open.map(|ask| Working::Asking { ask, since: self.since.clone() }).or_else(|| self.working.clone())
    }

    /// The plan as it stands; empty where there is none.
    pub fn plan(&self) -> &[PlanStep] {
        &self.plan
    }

    /// Commands in the background of which nobody has said that they ended.
    pub fn jobs(&self) -> &[BackgroundJob] {
        &self.jobs
    }

    /// The user's tasks, the oldest first, without those that were gone back behind.
    pub fn tasks(&self) -> &[Task] {
        &self.tasks
    }

    pub fn push(&mut self, record: &Record) {
        self.spent.push(record);
        self.event(record);
        self.settle();
    }

    /// Where each event has its place: a table.
    fn event(&mut self, record: &Record) {
        let seq = record.seq;
        match &record.event {
            Event::SessionStarted(started) => self.session(seq, started),
            Event::LogCut { bytes } => self.warn(seq, words::torn(*bytes)),
            Event::Context { .. } | Event::CheckpointTaken(_) => {}
            Event::UserMessage(message) => self.said(record, message),
            Event::Routed(routed) => {
                words::routed(routed).into_iter().for_each(|text| self.notice(seq, Tone::Quiet, text));
            }
            Event::Switched(switched) => {
                self.broke_off(seq);
                self.warn(seq, words::switched(switched));
            }
            Event::BudgetNoticed(noticed) => self.warn(seq, words::budget(noticed)),
            Event::TurnStarted { model, .. } => {
                self.begin(record, |since| Working::Requesting { model: model.clone(), since });
            }
            Event::Waiting { reason, wait_ms, attempt } => self.wait(record, reason, *wait_ms, *attempt),
            Event::TurnFinished(turn) => self.turn_finished(record, turn),
            Event::Message { parts, .. } => self.message(record, parts),
            Event::ToolStarted(started) => self.tool_started(record, started),
            Event::ToolFinished(finished) => self.tool_finished(record, finished),
            Event::HostDenied(denied) => self.note(seq, &denied.call, vec![words::denied(denied)]),
            Event::Quarantined(found) => self.note(seq, &found.call, words::quarantined(found)),
            Event::Committed(made) => self.note(seq, &made.call, words::committed(made)),
            Event::Edited { call, files } => self.edited(seq, call, files),
            Event::Proposed { files, left_out } => {
                let (tone, text) = words::proposed(files, left_out);
                self.notice(seq, tone, text);
            }
            Event::Asked(ask) => self.asked(record, ask),
            Event::Answered { ask, answer } => self.answered_question(*ask, answer),
            Event::PlanUpdated { steps } => self.planned(seq, steps),
            Event::CheckStarted { command, round } => {
                self.add(seq, Body::Check { command: command.clone(), round: *round, result: None }, false);
                self.begin(record, |since| Working::Checking { command: command.clone(), since });
            }
            Event::CheckFinished(check) => self.checked(record, check),
            Event::Pruned { calls, tokens_before, tokens_after } => {
                self.notice(seq, Tone::Quiet, words::pruned(calls.len(), *tokens_before, *tokens_after));
            }
            Event::Compacted { tokens_before, tokens_after, by, cost_usd, .. } => {
                let text = words::compacted(*tokens_before, *tokens_after, by.as_deref(), *cost_usd);
                self.notice(seq, Tone::Quiet, text);
            }
            Event::ModeChanged { from, to } => self.notice(seq, Tone::Quiet, words::mode(*from, *to)),
            Event::Aside(aside) => self.add(seq, Body::Aside(Box::new(aside.clone())), true),
            Event::Ran { command, output, exit } => {
                let output = keep::printed(output);
                self.add(seq, Body::Ran { command: command.clone(), output, exit: *exit }, true);
                self.keep(self.cells.len() - 1);
            }
            Event::Rewound { before } => self.rewound(seq, *before),
            Event::LoopNoticed { tool, times } => self.warn(seq, words::looped(tool, *times)),
            Event::Notice { text } => self.notice(seq, Tone::Quiet, text.clone()),
            Event::Outcome(outcome) => self.outcome(seq, outcome),
        }
    }

    fn settle(&mut self) {
        while self.cells.get(self.settled).is_some_and(|cell| cell.done) {
            self.settled += 1;
        }
    }

    /// Adds a cell. A plan or a wait that could still be brought up to date has its last word by that.
    fn add(&mut self, seq: u64, body: Body, done: bool) {
        if let Some(last) =
            self.cells.last_mut().filter(|last| matches!(last.body, Body::Plan(_) | Body::Notice { .. }))
        {
            last.done = true;
        }
        self.cells.push(Cell { seq, body, done });
    }

    fn notice(&mut self, seq: u64, tone: Tone, text: String) {
        self.add(seq, Body::Notice { tone, text }, true);
    }

    fn warn(&mut self, seq: u64, text: String) {
        self.notice(seq, Tone::Warning, text);
    }

    fn begin(&mut self, record: &Record, working: impl FnOnce(String) -> Working) {
        self.since.clone_from(&record.time);
        self.working = Some(working(record.time.clone()));
    }

    fn session(&mut self, seq: u64, started: &SessionStarted) {
        self.broke_off(seq);
        // Calls that a crash cut short get their end from the session that goes on.
        for cell in self.cells.iter_mut().skip(self.settled).filter(|cell| !matches!(cell.body, Body::Tool(_))) {
            cell.done = true;
        }
        self.working = None;
        self.jobs.clear();
        self.add(seq, Body::Started(Box::new(started.clone())), true);
    }

    fn said(&mut self, record: &Record, message: &UserMessage) {
        let mut text = message.text.clone();
        match message.source {
            Source::Task => {
                self.end(record.seq);
                self.plan.clear();
                let first: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
                let first = first.chars().take(FIRST_WORDS).collect();
                self.tasks.push(Task { seq: record.seq, text: first, time: record.time.clone() });
                self.begin(record, |since| Working::Preparing { since });
            }
            Source::Steer => {}
            Source::Check | Source::Schema | Source::Harness => keep::clip(&mut text, keep::SAID),
        }
        let images = message.images.len();
        self.add(record.seq, Body::User { source: message.source, text, images }, true);
        if !matches!(message.source, Source::Task | Source::Steer) {
            self.keep(self.cells.len() - 1);
        }
    }

    /// One line for all attempts in a row.
    fn wait(&mut self, record: &Record, reason: &str, wait_ms: u64, attempt: u32) {
        self.broke_off(record.seq);
        let words = words::waiting(reason, wait_ms, attempt);
        match self.cells.last_mut() {
            Some(Cell { body: Body::Notice { text, .. }, done: false, .. }) => *text = words,
            _ => self.add(record.seq, Body::Notice { tone: Tone::Warning, text: words }, false),
        }
        let reason = reason.to_owned();
        self.begin(record, |since| Working::Waiting { reason, wait_ms, attempt, since });
    }

    fn turn_finished(&mut self, record: &Record, turn: &TurnFinished) {
        if turn.role == Role::Main && turn.error.is_some() {
            self.broke_off(record.seq);
        }
        if self.working.is_some() {
            self.begin(record, |since| Working::Preparing { since });
        }
    }

    fn message(&mut self, record: &Record, parts: &[Part]) {
        self.answered(record.seq, parts);
        self.called = calls_of(parts).into_iter().map(|call| (call.id.clone(), words::call(call))).collect();
        self.begin(record, |since| Working::Preparing { since });
    }

    fn planned(&mut self, seq: u64, steps: &[PlanStep]) {
        self.plan = steps.to_vec();
        match self.cells.last_mut() {
            Some(Cell { body: Body::Plan(shown), done: false, .. }) => *shown = steps.to_vec(),
            _ => self.add(seq, Body::Plan(steps.to_vec()), false),
        }
    }

    fn rewound(&mut self, seq: u64, before: u64) {
        let first = self.tasks.iter().find(|task| task.seq >= before).map(|task| task.text.clone());
        self.tasks.retain(|task| task.seq < before);
        self.plan.clear();
        let before = first.map_or(String::new(), |text| format!(" to before: {text}"));
        self.notice(seq, Tone::Quiet, format!("went back{before}"));
    }

    /// The task is over: nothing of it can change.
    fn end(&mut self, seq: u64) {
        self.broke_off(seq);
        for cell in self.cells.iter_mut().skip(self.settled) {
            if let Body::Tool(tool) = &mut cell.body {
                tool.status.get_or_insert(ToolStatus::Interrupted);
            }
            cell.done = true;
        }
        self.called.clear();
        self.working = None;
    }

    /// The model's last words are there already, mostly.
    fn outcome(&mut self, seq: u64, outcome: &Outcome) {
        self.end(seq);
        let words =
            |cell: &Cell| if let Body::Answer { text } = &cell.body { Some(text.trim().to_owned()) } else { None };
        let last = self.cells.iter().rev().find_map(words);
        let said = last.is_some_and(|last| last == outcome.summary.trim());
        let summary = if said { String::new() } else { outcome.summary.clone() };
        self.add(seq, Body::Outcome(Box::new(Outcome { summary, ..outcome.clone() })), true);
    }
}

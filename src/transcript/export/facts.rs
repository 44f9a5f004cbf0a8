//! What is said of a session as a whole: who, where, when, with which models, and what it cost.

use crate::base::event::{Event, Outcome, Record, SessionStarted, Source};
use crate::base::model::Usage;
use crate::base::money::Usd;
use std::collections::BTreeMap;

/// Characters of the first task that name the session.
const TITLE: usize = 120;

/// A fold of all records.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Facts {
    /// How it began.
    pub started: Option<SessionStarted>,
    /// The times of the first record and of the last one, RFC 3339.
    pub began: String,
    pub ended: String,
    /// The number of the last record.
    pub last: u64,
    pub tasks: Vec<Task>,
    /// Of all requests; by model, in the order of their names.
    pub models: BTreeMap<String, Spending>,
}

/// A task, from the user's words to its end.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    pub seq: u64,
    pub time: String,
    /// The first words.
    pub title: String,
    pub spent: Spending,
    /// None where it was cut off.
    pub outcome: Option<Box<Outcome>>,
}

/// What requests used.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spending {
    pub requests: u64,
    pub tokens: Usage,
    /// `None`: a price was not known.
    pub cost: Option<Usd>,
}

impl Default for Spending {
    fn default() -> Self {
        Self { requests: 0, tokens: Usage::default(), cost: Some(Usd(0)) }
    }
}

impl Spending {
    fn add(&mut self, other: Spending) {
        self.requests += other.requests;
        self.tokens.add(other.tokens);
        self.cost = self.cost.zip(other.cost).map(|(sum, cost)| sum.plus(cost));
    }
}

impl Facts {
    pub fn push(&mut self, record: &Record) {
        if self.began.is_empty() {
            self.began.clone_from(&record.time);
        }
        self.ended.clone_from(&record.time);
        self.last = record.seq;
        if let Event::SessionStarted(started) = &record.event {
            self.started.get_or_insert_with(|| started.clone());
        } else if let Event::UserMessage(message) = &record.event {
            if message.source == Source::Task {
                self.task(record, &message.text);
            }
        } else if let Event::TurnFinished(turn) = &record.event {
            self.spend(&turn.model, turn.tokens, turn.cost_usd);
        } else if let Event::Aside(aside) = &record.event {
            self.spend(&aside.model, aside.tokens, aside.cost_usd);
        } else if let Event::Outcome(outcome) = &record.event
            && let Some(task) = self.tasks.last_mut()
        {
            task.outcome = Some(Box::new(Outcome { summary: String::new(), ..outcome.clone() }));
        }
    }

    fn task(&mut self, record: &Record, text: &str) {
        let words: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let mut title: String = words.chars().take(TITLE).collect();
        if title.len() < words.len() {
            title.push('…');
        }
        let (seq, time) = (record.seq, record.time.clone());
        self.tasks.push(Task { seq, time, title, spent: Spending::default(), outcome: None });
    }

    fn spend(&mut self, model: &str, tokens: Usage, cost: Option<Usd>) {
        let spent = Spending { requests: 1, tokens, cost };
        self.models.entry(model.into()).or_default().add(spent);
        if let Some(task) = self.tasks.last_mut() {
            task.spent.add(spent);
        }
    }

    /// Of all requests.
    pub fn total(&self) -> Spending {
        let mut total = Spending::default();
        self.models.values().for_each(|spent| total.add(*spent));
        total
    }

    /// The first words of the first task.
    pub fn title(&self) -> &str {
        self.tasks.first().map_or("a session without a task", |task| task.title.as_str())
    }
}

//! What the session's log says, as changes of the state.

use super::{Effect, Over, Phase, State};
use crate::base::Error;
use crate::base::desk::Look;
use crate::base::event::{Event, Outcome, Record, Source, Status};
use crate::base::port::Item;
use crate::transcript::view::Tone;
use crate::tui::approval::Approval;

/// A task that took so long, in milliseconds, calls the user when it is done; who has typed nothing for so long may be elsewhere.
const LONG: u64 = 10_000;

impl State {
    pub(super) fn item(&mut self, item: Item, now: u64) -> Vec<Effect> {
        match item {
            Item::Delta(delta) => {
                self.session.view.delta(&delta);
                self.with_whole(|view| view.delta(&delta));
                Vec::new()
            }
            Item::Record(record) => {
                self.session.last = record.seq;
                self.session.view.push(&record);
                self.with_whole(|view| view.push(&record));
                self.record(&record, now)
            }
        }
    }

    fn record(&mut self, record: &Record, now: u64) -> Vec<Effect> {
        if let Event::SessionStarted(started) = &record.event {
            self.session.mode = Some(started.mode);
            self.session.model = Some(started.model.clone());
            self.session.started = Some(Box::new(started.clone()));
        } else if let Event::ModeChanged { to, .. } = &record.event {
            self.session.mode = Some(*to);
        } else if let Event::TurnStarted { model, .. } = &record.event {
            self.session.model = Some(model.clone());
        } else if let Event::UserMessage(message) = &record.event {
            // More may begin to run.
            self.head.running = None;
            match message.source {
                Source::Task => {
                    self.phase = Phase::Busy;
                    self.doing.ending = false;
                    self.began = now;
                }
                Source::Steer => drop(self.queue.steered(&message.text)),
                Source::Check | Source::Schema | Source::Harness => {}
            }
        } else if let Event::Asked(ask) = &record.event {
            let words = format!("asks: {}", ask.why);
            self.asks.push_back(Approval::new(ask.clone(), self.composer.is_empty(), now));
            return self.call(words, now);
        } else if let Event::Answered { ask, .. } = &record.event {
            self.answered(*ask, now);
        } else if let Event::Outcome(outcome) = &record.event {
            return self.ended(outcome, now);
        }
        Vec::new()
    }

    /// A question is answered, here or by the end of the task.
    fn answered(&mut self, id: u64, now: u64) {
        self.without_ask(id, now);
        if matches!(&self.over, Some(Over::Review { ask: Some(asked), .. }) if *asked == id) {
            self.over = None;
        }
    }

    /// The next question was not there to be read as long as this one was: a key that comes at once is not for it.
    pub(super) fn without_ask(&mut self, id: u64, now: u64) {
        let first = self.asks.front().map(|asked| asked.ask().id);
        self.asks.retain(|asked| asked.ask().id != id);
        if let Some(next) = self.asks.front_mut().filter(|next| Some(next.ask().id) != first) {
            next.composer(false, now);
            next.composer(self.composer.is_empty(), now);
        }
    }

    fn ended(&mut self, outcome: &Outcome, now: u64) -> Vec<Effect> {
        self.phase = Phase::Idle;
        self.session.open &= !std::mem::take(&mut self.session.stale);
        self.asks.clear();
        if matches!(self.over, Some(Over::Review { ask: Some(_), .. })) {
            self.over = None;
        }
        let mut effects = vec![Effect::Look(Look::Head)];
        effects.extend(std::mem::take(&mut self.doing.ran).into_iter().map(Effect::Send));
        if now.saturating_sub(self.began) >= LONG {
            effects.extend(self.call(format!("{}: {}", word(outcome.status), outcome.summary), now));
        }
        // What did not come to its end is the user's to look at first.
        if outcome.status == Status::Done {
            effects.extend(self.next_in_queue());
        } else if !self.queue.is_empty() {
            self.tell("messages wait: enter sends the next one, alt-up edits it", now);
        }
        effects
    }

    /// Calls the user where they look elsewhere; where the terminal does not say, when they have not typed for a while.
    fn call(&self, words: String, now: u64) -> Vec<Effect> {
        let here = self.focused.unwrap_or_else(|| now.saturating_sub(self.typed) < LONG);
        if here { Vec::new() } else { vec![Effect::Call(words)] }
    }

    /// Words of the screen's own, among what happened.
    pub(super) fn say(&mut self, tone: Tone, text: impl Into<String>) {
        self.session.view.say(tone, text.into());
    }

    pub(super) fn fail(&mut self, error: &Error) {
        let hints: String = error.hints.iter().map(|hint| format!("\nhint: {hint}")).collect();
        self.say(Tone::Error, format!("{}{hints}", error.message));
    }
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Done => "done",
        Status::Incomplete => "not completed",
        Status::Usage => "configuration",
        Status::Auth => "authentication",
        Status::Provider => "provider",
        Status::Limit => "a limit was reached",
        Status::Denied => "denied",
        Status::NoSandbox => "no sandbox",
        Status::Interrupted => "interrupted",
    }
}

//! What is in front of everything else: the transcript, a review, a list to choose from, a page to read.

use super::lists::Choosing;
use super::{Effect, For, State};
use crate::base::access::Answer;
use crate::base::change;
use crate::base::command::Command;
use crate::base::desk::Act;
use crate::base::event::Record;
use crate::transcript::view::View;
use crate::tui::approval;
use crate::tui::composer::Draft;
use crate::tui::draw;
use crate::tui::keys::{Action, Place, Press};
use crate::tui::pager::{self, Pager};
use crate::tui::picker::Picker;
use crate::tui::review::{self, Review, Subject};
use crate::tui::transcript::{self, Transcript};
use crossterm::event::KeyEvent;
use std::sync::Arc;

/// What is in front.
pub enum Over {
    Transcript {
        transcript: Box<Transcript>,
        /// The session from its first record on, where the screen's own view begins later.
        whole: Option<Box<View>>,
        /// The last record that is in it; `None` when all are.
        reading: Option<u64>,
    },
    Review {
        review: Box<Review>,
        /// The question it answers; none where it is about what stands already.
        ask: Option<u64>,
    },
    Picker {
        picker: Box<Picker>,
        choosing: Choosing,
    },
    Pager(Box<Pager>),
}

impl Over {
    pub(super) fn review(subject: Subject) -> Self {
        let ask = if let Subject::Ask(ask) = &subject { Some(ask.id) } else { None };
        Over::Review { review: Box::new(Review::new(subject)), ask }
    }

    pub(super) fn pager(title: &str, text: String) -> Self {
        Over::Pager(Box::new(Pager::new(title, &text)))
    }

    pub(super) fn paste(&mut self, text: &str) {
        match self {
            Over::Review { review, .. } => drop(review.paste(text)),
            Over::Picker { picker, .. } => drop(picker.paste(text)),
            Over::Pager(pager) => drop(pager.paste(text)),
            Over::Transcript { transcript, .. } => transcript.paste(text),
        }
    }
}

impl State {
    pub(super) fn key_over(&mut self, key: KeyEvent, now: u64) -> Vec<Effect> {
        if let Some(effects) = self.key_everywhere(key) {
            return effects;
        }
        match &mut self.over {
            None => Vec::new(),
            Some(Over::Transcript { transcript, whole, .. }) => {
                // What is typed as words is no key of the table.
                let typed = transcript.takes_words();
                let key = if typed { Some(key) } else { self.keys.as_in_table(Place::Transcript, key) };
                let Some(key) = key else { return Vec::new() };
                let view = whole.as_deref().unwrap_or(&self.session.view);
                let look = draw::look(&self.theme, &self.highlighter, self.size);
                match transcript.key(key, view, &look) {
                    transcript::Step::None | transcript::Step::Redraw => Vec::new(),
                    transcript::Step::Copy { text, .. } => vec![Effect::Copy(text)],
                    transcript::Step::Leave => self.leave(),
                }
            }
            Some(Over::Review { review, ask }) => {
                let ask = *ask;
                let key = if review.takes_words() { Some(key) } else { self.keys.as_in_table(Place::Review, key) };
                let Some(key) = key else { return Vec::new() };
                let step = review.key(key);
                self.reviewed(ask, step, now)
            }
            Some(Over::Picker { picker, .. }) => {
                let step = picker.key(key);
                self.picked(step, now)
            }
            Some(Over::Pager(pager)) => match pager.key(key) {
                pager::Step::None | pager::Step::Redraw => Vec::new(),
                pager::Step::Leave => self.leave(),
            },
        }
    }

    /// Keys that hold whatever is in front; `None` for the others.
    fn key_everywhere(&mut self, key: KeyEvent) -> Option<Vec<Effect>> {
        let action = self.keys.action(Place::Everywhere, key)?;
        if action == Action::Suspend {
            return Some(vec![Effect::Suspend]);
        }
        if action == Action::Redraw {
            return Some(vec![Effect::Redraw]);
        }
        let closes = action == Action::Transcript && matches!(self.over, Some(Over::Transcript { .. }));
        (closes || action == Action::Cancel).then(|| self.leave())
    }

    pub(super) fn leave(&mut self) -> Vec<Effect> {
        self.over = None;
        Vec::new()
    }

    // ------------------------------------------------------------------------------------------------- transcript ---

    pub(super) fn open_transcript(&mut self) -> Vec<Effect> {
        let transcript = Box::new(Transcript::new(true).with_keys(&self.keys));
        let first = self.session.view.cells().iter().map(|cell| cell.seq).find(|seq| *seq > 0).unwrap_or(0);
        let is_part = self.session.past > 0 && first > 1;
        let reading = is_part.then_some(0);
        self.over = Some(Over::Transcript { transcript, whole: None, reading });
        if is_part { self.ask_past(0) } else { Vec::new() }
    }

    /// A piece of the past for the transcript; it is shown when all of it is there.
    pub(super) fn read_past(&mut self, records: &[Arc<Record>], more: bool) -> Vec<Effect> {
        let known = self.session.last;
        let Some(Over::Transcript { whole, reading: Some(reading), .. }) = &mut self.over else { return Vec::new() };
        let view = whole.get_or_insert_default();
        for record in records {
            if record.seq > *reading {
                view.push(record);
                *reading = record.seq;
            }
        }
        let after = *reading;
        if more || after < known {
            return if records.is_empty() { Vec::new() } else { self.ask_past(after) };
        }
        if let Some(Over::Transcript { reading, .. }) = &mut self.over {
            *reading = None;
        }
        Vec::new()
    }

    /// What comes in while the transcript shows the whole session is in it too.
    pub(super) fn with_whole(&mut self, change: impl FnOnce(&mut View)) {
        if let Some(Over::Transcript { whole: Some(whole), reading: None, .. }) = &mut self.over {
            change(whole);
        }
    }

    // ----------------------------------------------------------------------------------------- questions, reviews ---

    /// What a key did to the question in front; `None` where it was not for it.
    pub(super) fn asked(&mut self, key: KeyEvent, now: u64) -> Option<Vec<Effect>> {
        let empty = self.composer.is_empty();
        let turns = self.keys.action(Place::Composer, key) == Some(Action::AnswerQuestion);
        let asked = self.asks.front_mut()?;
        asked.composer(empty, now);
        // What is typed as words is no key of the table.
        let key = match (asked.is_commenting(), turns) {
            (true, _) => key,
            (false, true) => self.keys.as_in_table(Place::Composer, key)?,
            // The user gave the key that turns to a question another meaning.
            (false, false) if Press::of(key) == Press::parse("alt-a") => return None,
            (false, false) => self.keys.as_in_table(Place::Approval, key)?,
        };
        let id = asked.ask().id;
        match asked.key(key, now) {
            approval::Step::NotMine => None,
            approval::Step::None | approval::Step::Redraw => Some(Vec::new()),
            approval::Step::Answer(answer) => Some(self.answer(id, answer, now)),
            approval::Step::Review => {
                let ask = asked.ask().clone();
                self.over = Some(Over::review(Subject::Ask(Box::new(ask))));
                Some(Vec::new())
            }
            approval::Step::Show(text) => Some(self.page("what is asked", text)),
        }
    }

    pub(super) fn answer(&mut self, ask: u64, answer: Answer, now: u64) -> Vec<Effect> {
        self.without_ask(ask, now);
        vec![Effect::Send(Command::Answer { ask, answer })]
    }

    fn reviewed(&mut self, ask: Option<u64>, step: review::Step, now: u64) -> Vec<Effect> {
        match step {
            review::Step::None | review::Step::Redraw => Vec::new(),
            review::Step::Edit(editing) => {
                let (text, name) = (editing.text.clone(), editing.name.clone());
                vec![Effect::Act(For::Review(Box::new(editing)), Act::Edit { text, name })]
            }
            review::Step::Later => self.leave(),
            review::Step::Answer(answer) => {
                self.over = None;
                ask.map_or_else(Vec::new, |ask| self.answer(ask, answer, now))
            }
            review::Step::Settle(kept) => {
                self.over = None;
                self.settle_changes(kept)
            }
        }
    }

    /// What was not accepted is put back, and the words for the model go to it.
    fn settle_changes(&mut self, mut review: change::Review) -> Vec<Effect> {
        let Some(session) = self.session.id.clone() else { return Vec::new() };
        let comment = review.comment.take();
        let mut effects = vec![Effect::Act(For::Words, Act::Settle { session, review })];
        if let Some(words) = comment {
            effects.extend(self.submit(Draft::new(&words)));
        }
        effects
    }
}

//! A question of the session, asked where the user types: what would be done, why it asks, what it touches, in which jail.
//!
//! It never takes a key that was meant for the composer: it listens where nothing is being typed and it has been there to be read
//! for a moment, or where the user turned to it.

mod keys;
mod lines;

pub use keys::help;
pub use lines::ApprovalLook;

use super::field::Field;
use crate::base::access::{Access, Answer, Ask, Remember};
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use keys::Choice;

/// So long, in milliseconds, a question has to be there before it takes a key that was not meant for it for sure.
pub const SETTLES: u64 = 300;

/// What a key led to.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Not for the question: the composer gets the key.
    NotMine,
    /// Taken; nothing to draw.
    None,
    Redraw,
    Answer(Answer),
    /// The change is to be looked at on the full screen.
    Review,
    /// The whole of what is asked, made safe, for a pager.
    Show(String),
}

/// A question that waits for its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Approval {
    ask: Ask,
    /// Nothing is being typed in the composer.
    composer_empty: bool,
    /// The user turned to the question.
    chosen: bool,
    /// When it could first be read, in the caller's milliseconds.
    since: u64,
    /// It was on the screen.
    drawn: bool,
    /// Words for the model that are being typed.
    comment: Option<Field>,
}

impl Approval {
    pub fn new(ask: Ask, composer_empty: bool, now_ms: u64) -> Self {
        Self { ask, composer_empty, chosen: false, since: now_ms, drawn: false, comment: None }
    }

    pub fn ask(&self) -> &Ask {
        &self.ask
    }

    /// To be told whenever the composer becomes empty, or is no longer.
    pub fn composer(&mut self, empty: bool, now_ms: u64) {
        if empty && !self.composer_empty {
            self.since = now_ms;
        }
        self.composer_empty = empty;
    }

    /// It is on the screen now, which may have taken its time: a key that came before was not for it.
    pub fn drawn(&mut self, now_ms: u64) {
        if !std::mem::replace(&mut self.drawn, true) {
            self.since = now_ms;
        }
    }

    /// The user turned to it: the next key is meant for it.
    pub fn turn_to(&mut self) {
        self.chosen = true;
    }

    /// Does it take keys?
    pub fn focused(&self) -> bool {
        self.chosen || self.comment.is_some() || self.composer_empty
    }

    /// Are words for the model being typed?
    pub fn is_commenting(&self) -> bool {
        self.comment.is_some()
    }

    /// Words that were pasted; false where they are the composer's.
    pub fn paste(&mut self, text: &str) -> bool {
        let Some(field) = &mut self.comment else { return false };
        field.insert(text);
        true
    }

    pub fn key(&mut self, key: KeyEvent, now_ms: u64) -> Step {
        if key.kind == KeyEventKind::Release {
            return Step::NotMine;
        }
        if self.comment.is_some() {
            return self.comment_key(key);
        }
        if key.code == KeyCode::Char('a') && key.modifiers == KeyModifiers::ALT {
            self.chosen = !self.chosen;
            if !self.chosen {
                self.composer_empty = false;
            }
            return Step::Redraw;
        }
        if self.chosen {
            return self.chosen_key(key);
        }
        if !self.composer_empty {
            return Step::NotMine;
        }
        let settled = now_ms.saturating_sub(self.since) >= SETTLES;
        match keys::choice(key).filter(|choice| settled && self.offers(*choice)) {
            Some(choice) => self.choose(choice),
            None => {
                // Whoever types goes on typing: what follows is no answer either.
                let types = matches!(key.code, KeyCode::Char(_))
                    && !key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
                self.composer_empty &= !types;
                Step::NotMine
            }
        }
    }

    fn chosen_key(&mut self, key: KeyEvent) -> Step {
        if key.code == KeyCode::Esc {
            self.chosen = false;
            self.composer_empty = false;
            return Step::Redraw;
        }
        match keys::choice(key).filter(|choice| self.offers(*choice)) {
            Some(choice) => self.choose(choice),
            // Only letters would be lost on the question; the rest is as ever.
            None if matches!(key.code, KeyCode::Char(_)) && !key.modifiers.contains(KeyModifiers::CONTROL) => {
                Step::None
            }
            None => Step::NotMine,
        }
    }

    fn choose(&mut self, choice: Choice) -> Step {
        match choice {
            Choice::Yes => Step::Answer(Answer::Allow { remember: Remember::Once }),
            Choice::Remember(remember) => Step::Answer(Answer::Allow { remember }),
            Choice::No => Step::Answer(Answer::Deny { comment: None }),
            Choice::Comment => {
                self.comment = Some(Field::default());
                Step::Redraw
            }
            Choice::Review => Step::Review,
            Choice::Show => Step::Show(lines::whole(&self.ask)),
        }
    }

    fn comment_key(&mut self, key: KeyEvent) -> Step {
        let Some(field) = &mut self.comment else { return Step::NotMine };
        match key.code {
            KeyCode::Esc => {
                self.comment = None;
                // What follows may still be the rest of the words.
                self.chosen = true;
                Step::Redraw
            }
            KeyCode::Enter => {
                let words = field.text().trim().to_owned();
                Step::Answer(Answer::Deny { comment: (!words.is_empty()).then_some(words) })
            }
            _ if field.key(key) => Step::Redraw,
            _ => Step::NotMine,
        }
    }

    /// What is no access, such as more money, has no meaning to remember it by; a change is answered for itself alone.
    fn offers(&self, choice: Choice) -> bool {
        let change = !self.ask.change.is_empty();
        match choice {
            Choice::Yes | Choice::No | Choice::Comment | Choice::Show => true,
            Choice::Remember(_) => !change && !self.ask.access.is_empty(),
            Choice::Review => change,
        }
    }

    /// A command line that would run where no jail holds it.
    fn leaves(&self) -> bool {
        self.ask.access.iter().any(|access| matches!(access, Access::Leave { .. }))
    }
}

//! The list below the composer: opens while something is typed that can be completed.

use super::complete::{self, Completion, Offer, Source, Target, Wanted};
use super::{Composer, Said};
use crate::base::desk::Hit;
use crate::tui::keys::{Action, Keys, Place};
use crossterm::event::KeyEvent;

#[derive(Debug, Clone)]
pub(super) struct Popup {
    pub target: Target,
    /// What fits, the best first.
    pub rows: Vec<Hit>,
    pub chosen: usize,
    /// The user has chosen with the arrows.
    moved: bool,
    /// All there is, of a list that is ranked here.
    all: Option<Vec<Hit>>,
    /// The query that was asked last.
    asked: Option<String>,
}

impl Composer {
    /// After a change of the text: opens, changes or closes the list. What has to be looked up for it, if anything.
    pub(super) fn refresh(&mut self, typed: bool) -> Option<Completion> {
        let target = complete::target(self.editor.buffer.text(), self.editor.buffer.cursor());
        if target.as_ref().map(|target| target.start) != self.closed {
            self.closed = None;
        }
        let Some(target) = target.filter(|_| self.closed.is_none()) else {
            self.popup = None;
            return None;
        };
        let same = |popup: &Popup| popup.target.source == target.source && popup.target.start == target.start;
        let popup = match self.popup.take().filter(same) {
            Some(popup) => popup,
            None if !typed => return None,
            None => {
                let all = target.source.known();
                let (target, rows) = (Target { query: String::new(), ..target.clone() }, Vec::new());
                Popup { target, rows, chosen: 0, moved: false, all, asked: None }
            }
        };
        self.popup = Some(popup.follow(target));
        self.popup.as_mut().and_then(Popup::ask)
    }

    /// An answer to what was asked. Did anything change? Answers of older queries are dropped.
    pub fn offer(&mut self, offer: Offer) -> bool {
        let Some(popup) = self.popup.as_mut() else { return false };
        if popup.target.source != Source::Outside(offer.wanted) || popup.asked.as_deref() != Some(&offer.query) {
            return false;
        }
        if offer.wanted.searched() {
            popup.rows = offer.hits;
        } else {
            popup.rows = complete::rank(&popup.target.query, &offer.hits);
            popup.all = Some(offer.hits);
        }
        popup.chosen = 0;
        popup.moved = false;
        true
    }

    /// The list's own keys, while it shows something.
    pub(super) fn popup_key(&mut self, event: KeyEvent, keys: &Keys) -> Option<Said> {
        let popup = self.popup.as_mut().filter(|popup| !popup.rows.is_empty())?;
        let action = keys.action(Place::Composer, event)?;
        let most = popup.rows.len();
        let chosen = popup.chosen;
        if action == Action::Up || action == Action::Down {
            popup.chosen = (chosen + if action == Action::Down { 1 } else { most - 1 }) % most;
            popup.moved = true;
        } else if action == Action::Interrupt {
            self.closed = Some(popup.target.start);
            self.popup = None;
        } else if action == Action::Complete {
            return Some(self.take_hit());
        } else if action == Action::Send {
            return self.enter_hit();
        } else {
            return None;
        }
        self.held.clear();
        Some(Said::Changed)
    }

    /// Enter takes what is chosen, unless it is there already or nothing was chosen. A command that is complete is sent.
    fn enter_hit(&mut self) -> Option<Said> {
        let popup = self.popup.as_ref()?;
        let hit = popup.rows.get(popup.chosen)?;
        let whole = hit.text == popup.target.query;
        match popup.target.source {
            Source::Commands => {
                let sends = complete::command(&hit.text).is_none_or(|command| command.args.is_empty());
                if whole {
                    return None;
                }
                let said = self.take_hit();
                Some(if sends { self.send() } else { said })
            }
            Source::Outside(Wanted::Files | Wanted::Symbols) if self.closes_with_blank() => {
                if whole {
                    None
                } else {
                    Some(self.take_hit())
                }
            }
            Source::Words(_) | Source::Modes | Source::Outside(_) => {
                if whole || (popup.target.query.is_empty() && !popup.moved) {
                    return None;
                }
                self.take_hit();
                Some(self.send())
            }
        }
    }

    /// Is a file or a symbol completed within a sentence, not as a command's argument?
    fn closes_with_blank(&self) -> bool {
        let start = self.popup.as_ref().map_or(0, |popup| popup.target.start);
        self.editor.buffer.slice(start, self.editor.buffer.text().len()).starts_with('@')
    }

    /// Puts what is chosen into the text.
    fn take_hit(&mut self) -> Said {
        let Some((popup, hit)) = self.popup.take().and_then(|popup| {
            let hit = popup.rows.get(popup.chosen).cloned()?;
            Some((popup, hit))
        }) else {
            return Said::Nothing;
        };
        let sign = self.editor.buffer.slice(popup.target.start, self.editor.buffer.cursor()).starts_with('@');
        let text = super::atoms::foreign(&hit.text).into_owned();
        let put = match popup.target.source {
            Source::Commands => format!("/{text}"),
            Source::Outside(Wanted::Files) if sign && text.contains(char::is_whitespace) => format!("@\"{text}\""),
            Source::Outside(Wanted::Symbols) if sign && !hit.detail.is_empty() => {
                format!("{text} ({})", super::atoms::foreign(&hit.detail))
            }
            Source::Outside(Wanted::Files) if sign => format!("@{text}"),
            Source::Words(_) | Source::Modes | Source::Outside(_) => text,
        };
        // A folder is not the end of a path.
        let goes_on = sign && put.ends_with('/');
        let blank = match popup.target.source {
            Source::Commands => complete::command(&hit.text).is_some_and(|command| !command.args.is_empty()),
            Source::Words(_) | Source::Modes => false,
            Source::Outside(_) => sign && !goes_on,
        };
        let cursor = self.editor.buffer.cursor();
        let follows = self.editor.buffer.after().starts_with(' ');
        self.editor.buffer.begin();
        self.editor.buffer.replace(popup.target.start, cursor, &put);
        if blank && follows {
            let to = self.editor.buffer.cursor() + 1;
            self.editor.buffer.go(to);
        } else if blank {
            self.editor.buffer.insert(" ");
        }
        let opens = goes_on || (blank && popup.target.source == Source::Commands);
        match self.refresh(opens) {
            Some(completion) => Said::Ask(completion),
            None => Said::Changed,
        }
    }
}

impl Popup {
    /// The text before the cursor has changed. What was found for it before is narrowed down until the answer is there.
    fn follow(mut self, target: Target) -> Self {
        if target.query != self.target.query || self.rows.is_empty() {
            // What fits a session is not in its name alone.
            if target.source != Source::Outside(Wanted::Sessions) {
                self.rows = complete::rank(&target.query, self.all.as_deref().unwrap_or(&self.rows));
            }
            self.chosen = 0;
            self.moved = false;
        }
        self.target = target;
        self
    }

    fn ask(&mut self) -> Option<Completion> {
        let Source::Outside(wanted) = self.target.source else { return None };
        let query = if wanted.searched() { self.target.query.clone() } else { String::new() };
        if self.asked.as_ref() == Some(&query) {
            return None;
        }
        self.asked = Some(query.clone());
        Some(Completion { wanted, query })
    }
}

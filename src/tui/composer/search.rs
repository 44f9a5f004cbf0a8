//! Search in the history, as readline has it: each character narrows it down, the match stands in the composer.

use super::history::Search;
use super::{Composer, Said};
use crate::tui::keys::{Action, Keys, Place, Press};
use crossterm::event::KeyEvent;

impl Composer {
    pub(super) fn begin_search(&mut self) -> Said {
        self.popup = None;
        self.search = Some(Search::default());
        Said::Changed
    }

    /// A key while a search goes on. `None`: the match is in the composer now and the key means what it always does.
    pub(super) fn search_key(&mut self, event: KeyEvent, keys: &Keys) -> Option<Said> {
        let search = self.search.as_mut()?;
        let press = Press::of(event)?;
        if let Some(char) = press.typed() {
            search.query.push(char);
            search.nth = 0;
            return Some(Said::Changed);
        }
        if Press::parse("ctrl-s") == Some(press) {
            search.nth = search.nth.saturating_sub(1);
            return Some(Said::Changed);
        }
        let action = keys.action(Place::Composer, event);
        let leaves = [Action::Interrupt, Action::Cancel, Action::Editor];
        if action == Some(Action::HistorySearch) {
            let count = self.history.find(search).map_or(0, |found| found.count);
            search.nth = (search.nth + 1).min(count.saturating_sub(1));
        } else if action == Some(Action::DeletePrevious) {
            search.query.pop();
            search.nth = 0;
        } else if action.is_some_and(|action| leaves.contains(&action)) {
            self.search = None;
        } else {
            self.accept();
            let enter = matches!(action, Some(Action::Send | Action::Complete));
            return enter.then_some(Said::Changed);
        }
        Some(Said::Changed)
    }

    /// More of the query, pasted.
    pub(super) fn search_for(&mut self, text: &str) -> bool {
        let Some(search) = self.search.as_mut() else { return false };
        search.query.extend(text.lines().next());
        search.nth = 0;
        true
    }

    /// The match becomes the text; what stood there can be had back by undo.
    fn accept(&mut self) {
        let Some(search) = self.search.take() else { return };
        let found = self.history.find(&search).map(|found| (found.text.to_owned(), found.fits.start));
        if let Some((text, at)) = found {
            self.recall(&text, Some(at));
        }
    }
}

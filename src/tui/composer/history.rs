//! What was sent before: one after the other, and by search.

use super::atoms::foreign;
use std::ops::Range;

#[derive(Debug, Clone, Default)]
pub struct History {
    newest_first: Vec<String>,
    /// Which one is shown.
    at: Option<usize>,
    /// What stood in the composer before, and its cursor.
    kept: Option<(String, usize)>,
}

/// A search that goes on.
#[derive(Debug, Clone, Default)]
pub struct Search {
    pub query: String,
    /// Which of the matches, the newest is 0.
    pub nth: usize,
}

/// What a search has found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match<'a> {
    pub text: &'a str,
    /// The bytes of `text` that fit.
    pub fits: Range<usize>,
    pub nth: usize,
    pub count: usize,
}

/// So many are kept.
const MOST: usize = 10_000;

impl History {
    pub fn set(&mut self, newest_first: Vec<String>) {
        self.newest_first = newest_first.iter().map(|text| foreign(text).into_owned()).collect();
        self.leave();
    }

    pub fn add(&mut self, text: &str) {
        self.leave();
        let text = foreign(text);
        if !text.trim().is_empty() && self.newest_first.first().is_none_or(|newest| *newest != text) {
            self.newest_first.insert(0, text.into_owned());
            self.newest_first.truncate(MOST);
        }
    }

    /// What is shown belongs to the composer from now on.
    pub fn leave(&mut self) {
        self.at = None;
        self.kept = None;
    }

    /// The one before; keeps what stands in the composer when it is the first step.
    pub fn older(&mut self, text: &str, cursor: usize) -> Option<&str> {
        let at = self.at.map_or(0, |at| at + 1);
        let older = self.newest_first.get(at)?;
        if self.at.is_none() {
            self.kept = Some((text.to_owned(), cursor));
        }
        self.at = Some(at);
        Some(older)
    }

    /// The one after, and at last what stood in the composer before, with its cursor.
    pub fn newer(&mut self) -> Option<(String, Option<usize>)> {
        let at = self.at?;
        match at.checked_sub(1) {
            Some(newer) => {
                self.at = Some(newer);
                self.newest_first.get(newer).map(|text| (text.clone(), None))
            }
            None => {
                self.at = None;
                self.kept.take().map(|(text, cursor)| (text, Some(cursor)))
            }
        }
    }

    /// The last word of the newest.
    pub fn last_word(&self) -> Option<&str> {
        self.newest_first.first()?.split_whitespace().next_back()
    }

    /// Small letters in the query match capitals too.
    pub fn find(&self, search: &Search) -> Option<Match<'_>> {
        if search.query.is_empty() {
            return None;
        }
        let exact = search.query.chars().any(char::is_uppercase);
        let mut found: Vec<(&str, Range<usize>)> = Vec::new();
        for text in &self.newest_first {
            if let Some(fits) = within(text, &search.query, exact)
                && found.iter().all(|(other, _)| other != text)
            {
                found.push((text, fits));
            }
        }
        let count = found.len();
        let nth = search.nth.min(count.saturating_sub(1));
        found.into_iter().nth(nth).map(|(text, fits)| Match { text, fits, nth, count })
    }
}

/// Where `query` is in `text`; with `exact` as it is written.
fn within(text: &str, query: &str, exact: bool) -> Option<Range<usize>> {
    if exact {
        return text.find(query).map(|start| start..start + query.len());
    }
    text.char_indices().find_map(|(start, _)| {
        let mut rest = text.get(start..)?.char_indices();
        let mut length = 0;
        for wanted in query.chars() {
            let (offset, char) = rest.next()?;
            if !char.to_lowercase().eq(wanted.to_lowercase()) {
                return None;
            }
            length = offset + char.len_utf8();
        }
        Some(start..start + length)
    })
}

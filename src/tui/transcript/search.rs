//! Words that are looked for in the transcript, whatever their case.

use crate::transcript::view::View;
use crate::tui::cell::text;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

/// What is looked for, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Search {
    /// In lower case.
    words: Vec<char>,
    /// Cells with how often it is in each.
    found: Vec<(usize, usize)>,
    /// The one that was gone to: the place in `found`, and which of that cell's.
    at: Option<(usize, usize)>,
}

impl Search {
    /// `None` where nothing is looked for.
    pub(super) fn new(words: &str, view: &View) -> Option<Self> {
        let lower = words.to_lowercase();
        if lower.trim().is_empty() {
            return None;
        }
        let count = |(index, cell)| (index, text(cell).to_lowercase().matches(&lower).count());
        let found = view.cells().iter().enumerate().map(count).filter(|(_, count)| *count > 0).collect();
        Some(Self { words: lower.chars().collect(), found, at: None })
    }

    /// Goes to the next one, behind `cell` at first; round to the other end. The cell, and which of it.
    pub(super) fn next(&mut self, cell: usize) -> Option<(usize, usize)> {
        let (index, nth) = match self.at {
            None => (self.found.iter().position(|(found, _)| *found >= cell).unwrap_or(0), 0),
            Some((index, nth)) if self.found.get(index).is_some_and(|(_, count)| nth + 1 < *count) => (index, nth + 1),
            Some((index, _)) => ((index + 1).checked_rem(self.found.len()).unwrap_or(0), 0),
        };
        self.go(index, nth)
    }

    /// The one before.
    pub(super) fn before(&mut self, cell: usize) -> Option<(usize, usize)> {
        let last = |index: usize| self.found.get(index).map_or(0, |(_, count)| count - 1);
        let end = self.found.len().checked_sub(1)?;
        let (index, nth) = match self.at {
            Some((index, nth)) if nth > 0 => (index, nth - 1),
            Some((index, _)) => {
                let index = index.checked_sub(1).unwrap_or(end);
                (index, last(index))
            }
            None => {
                let index = self.found.iter().rposition(|(found, _)| *found <= cell).unwrap_or(end);
                (index, last(index))
            }
        };
        self.go(index, nth)
    }

    fn go(&mut self, index: usize, nth: usize) -> Option<(usize, usize)> {
        let (cell, _) = self.found.get(index)?;
        self.at = Some((index, nth));
        Some((*cell, nth))
    }

    /// `3/17`
    pub(super) fn position(&self) -> String {
        let all: usize = self.found.iter().map(|(_, count)| count).sum();
        match self.at {
            _ if all == 0 => "not found".to_owned(),
            None => format!("{all} found"),
            Some((index, nth)) => {
                let before: usize = self.found.iter().take(index).map(|(_, count)| count).sum();
                format!("{}/{all}", before + nth + 1)
            }
        }
    }

    /// How often it is in a line.
    pub(super) fn count(&self, line: &Line<'_>) -> usize {
        self.hits(line).len()
    }

    /// The line with all of them marked.
    pub(super) fn mark(&self, line: Line<'static>) -> Line<'static> {
        let hits = self.hits(&line);
        if hits.is_empty() {
            return line;
        }
        let mut position = 0;
        let mut marked = Line { spans: Vec::new(), ..line.clone() };
        for span in line.spans {
            let mut pieces: Vec<(String, bool)> = Vec::new();
            for char in span.content.chars() {
                let hit = hits.iter().any(|begin| (*begin..begin + self.words.len()).contains(&position));
                match pieces.last_mut() {
                    Some((text, last)) if *last == hit => text.push(char),
                    _ => pieces.push((char.to_string(), hit)),
                }
                position += 1;
            }
            marked.spans.extend(pieces.into_iter().map(|(text, hit)| {
                let style = if hit { span.style.add_modifier(Modifier::REVERSED) } else { span.style };
                Span::styled(text, style)
            }));
        }
        marked
    }

    /// At which characters of the line it begins.
    fn hits(&self, line: &Line<'_>) -> Vec<usize> {
        let lower = |char: char| char.to_lowercase().next().unwrap_or(char);
        let chars: Vec<char> = line.spans.iter().flat_map(|span| span.content.chars()).map(lower).collect();
        let mut hits = Vec::new();
        let mut at = 0;
        while let Some(rest) = chars.get(at..).filter(|rest| rest.len() >= self.words.len()) {
            if rest.starts_with(&self.words) {
                hits.push(at);
                at += self.words.len();
            } else {
                at += 1;
            }
        }
        hits
    }
}

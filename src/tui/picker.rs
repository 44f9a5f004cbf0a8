//! A full-screen list to pick one of: sessions, models, themes, earlier messages, formats.
//!
//! Pure: keys in, steps out. It filters its rows itself, or says what to search for; previews are given to it when it wants them.

mod draw;

use super::field::Field;
use crate::text::sanitise::one_line;
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use ratatui::text::Line;

/// One thing that can be picked. Foreign text is as it came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    pub title: String,
    /// Beside the title: age, model, cost.
    pub detail: String,
    /// Is it what is in use now?
    pub current: bool,
}

impl Row {
    pub fn new(title: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { title: title.into(), detail: detail.into(), current: false }
    }
}

/// What follows from a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    None,
    Redraw,
    /// Other rows are wanted, by [`Picker::found`].
    Search(String),
    /// The preview of this row is wanted, by [`Picker::preview`].
    Preview(usize),
    /// The row with this index, in the order in which they were given.
    Pick(usize),
    Leave,
}

/// Where rows that fit a search come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Search {
    /// There is no search line; digits pick.
    Without,
    Here,
    /// Who made the picker is asked.
    Asked,
}

/// A row that is shown, and which letters of its title fit what was typed.
#[derive(Debug, Clone)]
struct Shown {
    row: usize,
    fits: Vec<u32>,
}

pub struct Picker {
    title: String,
    rows: Vec<Row>,
    shown: Vec<Shown>,
    query: Field,
    search: Search,
    /// What a question is about, and how all of it is seen where there is no room for it.
    said: (Vec<String>, &'static str),
    /// Said in the place of rows, where there are none.
    nothing: String,
    /// Rows were asked for and are not there yet.
    waits: bool,
    /// In `shown`.
    cursor: usize,
    /// The first of `shown` on the screen.
    top: usize,
    /// Rows on the screen when it was last drawn.
    page: usize,
    previews: bool,
    preview: Option<(usize, Vec<Line<'static>>)>,
    matcher: Matcher,
}

impl Picker {
    /// What to pick, and from what; typing filters the rows.
    pub fn new(title: impl Into<String>, rows: Vec<Row>) -> Self {
        let mut picker = Self {
            title: title.into(),
            rows,
            shown: Vec::new(),
            query: Field::default(),
            search: Search::Here,
            said: (Vec::new(), ""),
            nothing: "nothing fits".into(),
            waits: false,
            cursor: 0,
            top: 0,
            page: 1,
            previews: false,
            preview: None,
            matcher: Matcher::new(Config::DEFAULT),
        };
        picker.filter();
        picker.cursor = picker.rows.iter().position(|row| row.current).unwrap_or(0);
        picker
    }

    /// A question with a few answers: no search, and digits pick too.
    pub fn question(title: impl Into<String>, rows: Vec<Row>) -> Self {
        Self { search: Search::Without, ..Self::new(title, rows) }
    }

    /// Lines below the title; where there is no room for all of them, `all` is the way to see them.
    pub fn saying(mut self, lines: Vec<String>, all: &'static str) -> Self {
        self.said = (lines, all);
        self
    }

    /// What stands below the title.
    pub fn said(&self) -> &[String] {
        &self.said.0
    }

    /// What is typed becomes a [`Step::Search`]; rows come by [`Picker::found`].
    pub fn asking(mut self) -> Self {
        self.search = Search::Asked;
        self.waits = true;
        self
    }

    /// The search line begins with these words, and who made the picker looks for them.
    pub fn begin_with(&mut self, words: &str) {
        self.query = Field::new(words);
    }

    /// Rows have previews.
    pub fn with_previews(mut self) -> Self {
        self.previews = true;
        self
    }

    /// What to say where there are no rows.
    pub fn or_say(mut self, nothing: impl Into<String>) -> Self {
        self.nothing = nothing.into();
        self
    }

    /// What was found for a query; of an older query it is dropped.
    pub fn found(&mut self, query: &str, rows: Vec<Row>) -> Step {
        if query != self.query.text() {
            return Step::None;
        }
        self.rows = rows;
        self.preview = None;
        self.waits = false;
        self.filter();
        self.moved()
    }

    /// The preview of a row; of a row that is not chosen any more it is dropped.
    pub fn preview(&mut self, row: usize, lines: Vec<Line<'static>>) -> Step {
        if self.chosen() != Some(row) {
            return Step::None;
        }
        self.preview = Some((row, lines));
        Step::Redraw
    }

    /// The row that Enter would pick.
    pub fn chosen(&self) -> Option<usize> {
        self.shown.get(self.cursor).map(|shown| shown.row)
    }

    /// Are rows being looked for?
    pub fn is_waiting(&self) -> bool {
        self.waits
    }

    pub fn title(&self) -> &str {
        &self.title
    }

    pub fn row(&self, row: usize) -> Option<&Row> {
        self.rows.get(row)
    }

    pub fn query(&self) -> &str {
        self.query.text()
    }

    /// The row whose preview is wanted and not there.
    pub fn wants(&self) -> Option<usize> {
        let chosen = self.chosen().filter(|_| self.previews)?;
        (self.preview.as_ref().is_none_or(|(row, _)| *row != chosen)).then_some(chosen)
    }

    pub fn key(&mut self, key: KeyEvent) -> Step {
        if key.kind == KeyEventKind::Release {
            return Step::None;
        }
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Esc => Step::Leave,
            KeyCode::Char('c' | 'g') if control => Step::Leave,
            KeyCode::Enter => self.chosen().map_or(Step::None, Step::Pick),
            KeyCode::Up => self.go(self.cursor.saturating_sub(1)),
            KeyCode::Char('p') if control => self.go(self.cursor.saturating_sub(1)),
            KeyCode::Down => self.go(self.cursor + 1),
            KeyCode::Char('n') if control => self.go(self.cursor + 1),
            KeyCode::PageUp => self.go(self.cursor.saturating_sub(self.page)),
            KeyCode::PageDown => self.go(self.cursor + self.page),
            KeyCode::Home => self.go(0),
            KeyCode::End => self.go(usize::MAX),
            KeyCode::Char(digit) if self.search == Search::Without => self.digit(digit),
            _ if self.search == Search::Without => Step::None,
            _ => {
                let before = self.query.clone();
                self.query.key(key);
                match self.query != before {
                    true if self.query.text() != before.text() => self.typed(),
                    true => Step::Redraw,
                    false => Step::None,
                }
            }
        }
    }

    /// What was pasted goes into the search line.
    pub fn paste(&mut self, text: &str) -> Step {
        if self.search == Search::Without {
            return Step::None;
        }
        self.query.insert(text);
        self.typed()
    }

    fn digit(&mut self, digit: char) -> Step {
        let number = digit.to_digit(10).and_then(|number| usize::try_from(number).ok()).unwrap_or(0);
        let row = number.checked_sub(1).and_then(|index| self.shown.get(index));
        row.map_or(Step::None, |shown| Step::Pick(shown.row))
    }

    fn typed(&mut self) -> Step {
        if self.search == Search::Asked {
            self.waits = true;
            return Step::Search(self.query.text().to_owned());
        }
        self.filter();
        self.moved()
    }

    fn go(&mut self, to: usize) -> Step {
        let to = to.min(self.shown.len().saturating_sub(1));
        if to == self.cursor {
            return Step::None;
        }
        self.cursor = to;
        self.moved()
    }

    fn moved(&self) -> Step {
        self.wants().map_or(Step::Redraw, Step::Preview)
    }

    /// Which rows are shown: those that fit, the best first; with nothing typed all, as they came.
    fn filter(&mut self) {
        self.cursor = 0;
        self.top = 0;
        let pattern = Pattern::parse(self.query.text(), CaseMatching::Smart, Normalization::Smart);
        if self.search != Search::Here || pattern.atoms.is_empty() {
            self.shown = (0..self.rows.len()).map(|row| Shown { row, fits: Vec::new() }).collect();
            return;
        }
        let mut found: Vec<(u32, Shown)> = Vec::new();
        for (index, row) in self.rows.iter().enumerate() {
            let mut letters = Vec::new();
            let title = one_line(&row.title);
            let whole = format!("{title} {}", one_line(&row.detail));
            let mut fits = Vec::new();
            if let Some(score) = pattern.indices(Utf32Str::new(&whole, &mut letters), &mut self.matcher, &mut fits) {
                fits.sort_unstable();
                fits.dedup();
                found.push((score, Shown { row: index, fits }));
            }
        }
        found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        self.shown = found.into_iter().map(|(_, shown)| shown).collect();
    }
}

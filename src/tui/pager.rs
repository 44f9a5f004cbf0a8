//! A full-screen reader of a long text: pages of other commands, the table of keys, a long command.
//!
//! Pure: keys in, steps out. Lines are wrapped when the width is known, and searched as they were before that.

use super::field::Field;
use super::theme::{Role, Theme};
use super::words::wrap::{clip, expand, width as wide};
use crate::text::sanitise::sanitise;
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// What follows from a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    None,
    Redraw,
    Leave,
}

/// A row of the screen: a piece of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Row {
    line: usize,
    /// In bytes of the line.
    start: usize,
    end: usize,
}

pub struct Pager {
    title: String,
    lines: Vec<String>,
    /// The lines wrapped to `width`.
    rows: Vec<Row>,
    width: usize,
    top: usize,
    page: usize,
    search: Field,
    /// Is the search being typed?
    typing: bool,
    /// Line and byte of each find.
    finds: Vec<(usize, usize)>,
    at: usize,
}

impl Pager {
    /// `text` may be anybody's.
    pub fn new(title: impl Into<String>, text: &str) -> Self {
        let lines = sanitise(text).lines().map(expand).collect();
        Self {
            title: title.into(),
            lines,
            rows: Vec::new(),
            width: 0,
            top: 0,
            page: 1,
            search: Field::default(),
            typing: false,
            finds: Vec::new(),
            at: 0,
        }
    }

    /// All of it.
    pub fn text(&self) -> String {
        format!("{}\n{}", self.title, self.lines.join("\n"))
    }

    pub fn key(&mut self, key: KeyEvent) -> Step {
        if key.kind == KeyEventKind::Release {
            return Step::None;
        }
        if self.typing {
            return self.type_key(key);
        }
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let half = (self.page / 2).max(1);
        match key.code {
            KeyCode::Char('d') if control => self.go(self.top + half),
            KeyCode::Char('u') if control => self.go(self.top.saturating_sub(half)),
            KeyCode::Char('c' | 'g') if control => Step::Leave,
            KeyCode::Char('f') if control => self.go(self.top + self.page),
            KeyCode::Char('b') if control => self.go(self.top.saturating_sub(self.page)),
            KeyCode::Char('n') if control => self.go(self.top + 1),
            KeyCode::Char('p') if control => self.go(self.top.saturating_sub(1)),
            KeyCode::Char(_) if control => Step::None,
            KeyCode::Esc | KeyCode::Char('q') => Step::Leave,
            KeyCode::Down | KeyCode::Char('j') | KeyCode::Enter => self.go(self.top + 1),
            KeyCode::Up | KeyCode::Char('k') => self.go(self.top.saturating_sub(1)),
            KeyCode::PageDown | KeyCode::Char(' ' | 'f') => self.go(self.top + self.page),
            KeyCode::PageUp | KeyCode::Char('b') => self.go(self.top.saturating_sub(self.page)),
            KeyCode::Home | KeyCode::Char('g') => self.go(0),
            KeyCode::End | KeyCode::Char('G') => self.go(usize::MAX),
            KeyCode::Char('/') => {
                self.typing = true;
                self.search.clear();
                self.finds.clear();
                Step::Redraw
            }
            KeyCode::Char('n') => self.next(1),
            KeyCode::Char('N') => self.next(self.finds.len().saturating_sub(1)),
            _ => Step::None,
        }
    }

    fn type_key(&mut self, key: KeyEvent) -> Step {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Esc => self.end_search(),
            KeyCode::Char('c' | 'g') if control => self.end_search(),
            KeyCode::Enter => {
                self.typing = false;
                Step::Redraw
            }
            _ if self.search.key(key) => {
                self.find();
                Step::Redraw
            }
            _ => Step::None,
        }
    }

    fn end_search(&mut self) -> Step {
        self.typing = false;
        self.search.clear();
        self.finds.clear();
        Step::Redraw
    }

    /// What was pasted goes into the search, while it is typed.
    pub fn paste(&mut self, text: &str) -> Step {
        if !self.typing {
            return Step::None;
        }
        self.search.insert(text);
        self.find();
        Step::Redraw
    }

    /// All finds, of ASCII letters in either case; the first at or behind the top is gone to.
    fn find(&mut self) {
        let wanted = self.search.text().to_ascii_lowercase();
        self.finds.clear();
        self.at = 0;
        if wanted.is_empty() {
            return;
        }
        for (number, line) in self.lines.iter().enumerate() {
            let lower = line.to_ascii_lowercase();
            self.finds.extend(lower.match_indices(&wanted).map(|(at, _)| (number, at)));
        }
        let top = self.rows.get(self.top).map_or((0, 0), |row| (row.line, row.start));
        self.at = self.finds.iter().position(|find| *find >= top).unwrap_or(0);
        self.show_find();
    }

    fn next(&mut self, steps: usize) -> Step {
        if self.finds.is_empty() {
            return Step::None;
        }
        self.at = (self.at + steps) % self.finds.len();
        self.show_find();
        Step::Redraw
    }

    /// Scrolls so that the find can be seen.
    fn show_find(&mut self) {
        let Some((line, at)) = self.finds.get(self.at).copied() else { return };
        let row = self.rows.iter().rposition(|row| row.line == line && row.start <= at).unwrap_or(0);
        if row < self.top || row >= self.top + self.page {
            self.top = row.saturating_sub(self.page / 2).min(self.last());
        }
    }

    /// The top at which the end can be seen.
    fn last(&self) -> usize {
        self.rows.len().saturating_sub(self.page)
    }

    fn go(&mut self, to: usize) -> Step {
        let to = to.min(self.last());
        if to == self.top {
            return Step::None;
        }
        self.top = to;
        Step::Redraw
    }

    /// Draws all of it, and says where the cursor is while a search is typed.
    pub fn draw(&mut self, area: Rect, buffer: &mut Buffer, theme: &Theme) -> Option<Position> {
        let area = area.intersection(buffer.area);
        let width = usize::from(area.width);
        self.wrap(width);
        self.page = usize::from(area.height.saturating_sub(4)).max(1);
        self.top = self.top.min(self.last());
        let mut put = |row: u16, line: Line<'_>| {
            if row < area.height {
                buffer.set_line(area.x, area.y + row, &line, area.width);
            }
        };
        put(0, Line::styled(clip(&self.title, width), theme.style(Role::Heading)));
        for (row, down) in self.rows.iter().skip(self.top).take(self.page).zip(2..) {
            put(down, self.line(*row, theme));
        }
        let last = area.height.saturating_sub(1);
        if !self.typing {
            put(last, Line::styled(clip(&self.foot(), width), theme.style(Role::Dim)));
            return None;
        }
        let found = format!("  {}", self.place());
        let (left, right) = self.search.shown(width.saturating_sub(3 + wide(&found)));
        let column = u16::try_from(2 + wide(&left)).unwrap_or(0);
        let sign = Span::styled("/ ", theme.style(Role::Accent));
        put(
            last,
            Line::from(vec![sign, Span::raw(left), Span::raw(right), Span::styled(found, theme.style(Role::Dim))]),
        );
        Some(Position::new(area.x + column.min(area.width), area.y + last))
    }

    fn place(&self) -> String {
        match (self.search.text().is_empty(), self.finds.len()) {
            (true, _) => String::new(),
            (false, 0) => "not found".into(),
            (false, all) => format!("{}/{all}", self.at + 1),
        }
    }

    fn foot(&self) -> String {
        let seen = (self.top + self.page).min(self.rows.len());
        let percent = if self.rows.is_empty() { 100 } else { seen * 100 / self.rows.len() };
        let place = self.place();
        let found = if place.is_empty() { String::new() } else { format!("{place} · n N next, previous · ") };
        format!("{found}{percent}% · ↑ ↓ space move · / searches · esc leaves")
    }

    /// A row with its finds in reverse.
    fn line(&self, row: Row, theme: &Theme) -> Line<'_> {
        let Some(line) = self.lines.get(row.line) else { return Line::default() };
        let length = self.search.text().len();
        let mut spans = Vec::new();
        let mut done = row.start;
        let first = self.finds.partition_point(|(number, at)| (*number, at + length) <= (row.line, row.start));
        for (index, (number, at)) in self.finds.iter().enumerate().skip(first) {
            if *number != row.line || *at >= row.end {
                break;
            }
            let (from, to) = ((*at).max(done), (at + length).min(row.end));
            spans.push(Span::styled(line.get(done..from).unwrap_or_default(), theme.style(Role::Text)));
            let here = if index == self.at { theme.style(Role::Accent) } else { Style::new() };
            spans.push(Span::styled(line.get(from..to).unwrap_or_default(), here.add_modifier(Modifier::REVERSED)));
            done = to;
        }
        spans.push(Span::styled(line.get(done..row.end).unwrap_or_default(), theme.style(Role::Text)));
        Line::from(spans)
    }

    /// Wraps all lines where the width is another than before; what was at the top stays there.
    fn wrap(&mut self, width: usize) {
        if self.width == width {
            return;
        }
        let top = self.rows.get(self.top).copied();
        self.width = width;
        self.rows.clear();
        for (number, line) in self.lines.iter().enumerate() {
            let mut start = 0;
            loop {
                let end = start + row_end(line.get(start..).unwrap_or_default(), width);
                self.rows.push(Row { line: number, start, end });
                if end >= line.len() || end == start {
                    break;
                }
                start = end;
            }
        }
        self.top = top.map_or(0, |top| {
            self.rows.iter().rposition(|row| (row.line, row.start) <= (top.line, top.start)).unwrap_or(0)
        });
    }
}

/// How many bytes of a line go into a row of `width` columns: up to the end of the last word that fits, with the blanks behind it, or
/// as many letters as fit where a word is longer than the row. At least one letter.
fn row_end(line: &str, width: usize) -> usize {
    let (mut used, mut word) = (0, 0);
    for (at, grapheme) in line.grapheme_indices(true) {
        let blank = grapheme == " ";
        used += grapheme.width();
        if used > width && !(blank && at > 0) {
            return if word > 0 { word } else { at.max(grapheme.len()) };
        }
        if blank && !line.get(..at).unwrap_or_default().trim().is_empty() {
            word = at + 1;
        }
    }
    line.len()
}

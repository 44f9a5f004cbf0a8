//! The hunks of the file that is shown, as rows. What is costly to make is kept for as long as nothing it depends on changes.

use super::draw::ReviewLook;
use super::marks::{Decision, Spot};
use super::{File, Review, line_words};
use crate::edit::diff::Diff;
use crate::edit::shown::{self, Hunk};
use crate::text::sanitise::one_line;
use crate::tui::diff::{self, DiffLook, Layout, Row};
use crate::tui::theme::{Role, Theme};
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};
use std::collections::HashMap;
use std::ops::Range;

/// The rows of hunks.
#[derive(Debug, Default)]
pub(super) struct Bodies {
    made_for: Option<Key>,
    rows: HashMap<usize, Vec<Row>>,
}

#[derive(Debug, Clone, PartialEq)]
struct Key {
    file: usize,
    theme: Theme,
    width: u16,
    layout: Layout,
    /// Source has colours.
    colors: bool,
}

impl Bodies {
    pub fn forget(&mut self, spot: Spot) {
        self.rows.remove(&spot.hunk);
    }

    fn row(&self, hunk: usize, row: usize) -> Option<&Row> {
        self.rows.get(&hunk)?.get(row)
    }
}

/// A row of the file.
#[derive(Debug)]
pub(super) struct Entry {
    /// The hunk that it belongs to.
    pub hunk: Option<usize>,
    what: What,
}

#[derive(Debug)]
enum What {
    Said(Line<'static>),
    /// A row of the hunk's body.
    Body(usize),
}

/// All rows of the file that is shown.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub entries: Vec<Entry>,
    /// The rows of each hunk, its title first.
    pub hunks: Vec<Range<usize>>,
    /// The row of the line at the cursor.
    pub cursor: Option<usize>,
}

impl Page {
    fn say(&mut self, hunk: Option<usize>, line: Line<'static>) {
        self.entries.push(Entry { hunk, what: What::Said(line) });
    }
}

impl Review {
    /// The rows of the current file in so many columns.
    pub(super) fn page(&mut self, width: u16, look: &ReviewLook<'_>) -> Page {
        let mut page = Page::default();
        self.make_bodies(width, look);
        let theme = look.theme;
        let Some(file) = self.files.get(self.at.file) else {
            page.say(None, Line::styled("nothing was changed", theme.style(Role::Dim)));
            return page;
        };
        page.say(None, diff::headline(&file.change, theme));
        let mut notes = diff::notes(&file.change, &file.shown);
        if diff::comes_along(&file.change) && !file.shown.hunks.is_empty() {
            notes.push("this comes with any hunk that is accepted".into());
        }
        for note in notes {
            diff::cut(&note, theme.style(Role::Dim), usize::from(width))
                .into_iter()
                .for_each(|line| page.say(None, line));
        }
        let mut before: Option<&Hunk> = None;
        for hunk in 0..file.count() {
            let spot = Spot { file: self.at.file, hunk, line: None };
            let shown = file.hunk(hunk);
            let gap = before.zip(shown).and_then(|(before, after)| diff::gap(before, after));
            page.say(None, Line::styled(gap.unwrap_or_default(), theme.style(Role::Dim)));
            let start = page.entries.len();
            page.say(Some(hunk), self.title(file, spot, theme));
            self.comment_rows(&mut page, file, spot, width, theme);
            self.body(&mut page, file, spot, width, theme);
            page.hunks.push(start..page.entries.len());
            before = shown;
        }
        page
    }

    /// `hunk 2 of 5 · accepted`.
    fn title(&self, file: &File, spot: Spot, theme: &Theme) -> Line<'static> {
        let name = match file.shown.hunks.len() {
            0 => "the change as a whole".into(),
            count => format!("hunk {} of {count}", spot.hunk + 1),
        };
        let (words, role) = match self.marks.decision(spot) {
            Decision::Open => ("open", Role::Warning),
            Decision::Accepted => ("✓ accepted", Role::Added),
            Decision::Rejected => ("✗ rejected", Role::Removed),
        };
        let bold = Modifier::BOLD;
        let mut spans = vec![
            Span::styled(name, theme.style(Role::Heading)),
            Span::styled(" · ", theme.style(Role::Dim)),
            Span::styled(words, theme.style(role).add_modifier(bold)),
        ];
        if self.marks.edited(spot).is_some() {
            spans.push(Span::styled(" · as you edited it", theme.style(Role::Accent)));
        }
        Line::from(spans)
    }

    fn body(&self, page: &mut Page, file: &File, spot: Spot, width: u16, theme: &Theme) {
        let rows = self.bodies.rows.get(&spot.hunk).map(Vec::as_slice).unwrap_or_default();
        for (at, row) in rows.iter().enumerate() {
            let here = (self.at.file, self.at.hunk) == (spot.file, spot.hunk);
            if here && page.cursor.is_none() && self.at.line.is_some_and(|line| row.shows(line)) {
                page.cursor = Some(page.entries.len());
            }
            page.entries.push(Entry { hunk: Some(spot.hunk), what: What::Body(at) });
            let [old, new] = row.lines;
            for line in [old, new.filter(|_| new != old)].into_iter().flatten() {
                let last = rows.get(at + 1).is_none_or(|next| !next.shows(line));
                if last {
                    self.comment_rows(page, file, Spot { line: Some(line), ..spot }, width, theme);
                }
            }
        }
    }

    /// The user's comments on exactly this place.
    fn comment_rows(&self, page: &mut Page, file: &File, spot: Spot, width: u16, theme: &Theme) {
        let Some(words) = self.marks.comment_at(spot) else { return };
        let place = line_words(file, spot).map(|place| format!(", {place}")).unwrap_or_default();
        let text = format!("your comment{place}: {}", one_line(words));
        for mut line in diff::cut(&text, theme.style(Role::Accent), usize::from(width).saturating_sub(4)) {
            line.spans.insert(0, Span::raw("    "));
            page.say(Some(spot.hunk), line);
        }
    }

    /// A row as it is drawn, without its margin.
    pub(super) fn content(&self, entry: &Entry) -> Option<Line<'static>> {
        match &entry.what {
            What::Said(line) => Some(line.clone()),
            What::Body(at) => {
                let hunk = entry.hunk?;
                let mut line = self.bodies.row(hunk, *at)?.content.clone();
                if self.marks.decision(Spot { file: self.at.file, hunk, line: None }) == Decision::Rejected {
                    line.spans.iter_mut().for_each(|span| span.style = span.style.add_modifier(Modifier::DIM));
                }
                Some(line)
            }
        }
    }

    fn make_bodies(&mut self, width: u16, look: &ReviewLook<'_>) {
        let layout = match self.layout {
            Layout::Auto if self.wide => Layout::Sides,
            Layout::Auto => Layout::Unified,
            Layout::Unified | Layout::Sides => self.layout,
        };
        let path = self.files.get(self.at.file).map(|file| file.change.path.as_str());
        let colors = path.is_some_and(|path| look.highlighter.language(path).is_some());
        let key = Key { file: self.at.file, theme: look.theme.clone(), width, layout, colors };
        if self.bodies.made_for.as_ref() != Some(&key) {
            self.bodies = Bodies { made_for: Some(key), rows: HashMap::new() };
        }
        let Some(file) = self.files.get(self.at.file) else { return };
        let look = DiffLook::new(look.theme, width).with_layout(layout).with_highlighter(look.highlighter);
        for (number, hunk) in file.shown.hunks.iter().enumerate() {
            let spot = Spot { file: self.at.file, hunk: number, line: None };
            let make = || match self.marks.edited(spot) {
                Some(text) => edited_rows(file, hunk, text, &look),
                None => diff::hunk_rows(&file.change.path, hunk, file.shown.carriage_returns, &look),
            };
            self.bodies.rows.entry(number).or_insert_with(make);
        }
    }
}

/// What the user's own text makes of the hunk's old lines.
fn edited_rows(file: &File, hunk: &Hunk, text: &str, look: &DiffLook<'_>) -> Vec<Row> {
    let own = shown::parse(&Diff::of(hunk.old_text().as_bytes(), text.as_bytes()).text());
    let dim = look.theme.style(Role::Dim);
    let said = |words: String| Row { lines: [None, None], content: Line::styled(words, dim) };
    if own.hunks.is_empty() {
        return vec![said("as it was: nothing would change".into())];
    }
    let carriage_returns = file.shown.carriage_returns && own.carriage_returns;
    let mut rows = Vec::new();
    let mut before: Option<&Hunk> = None;
    for part in &own.hunks {
        rows.extend(before.and_then(|before| diff::gap(before, part)).map(said));
        let moved = part.clone().moved(hunk);
        let made = diff::hunk_rows(&file.change.path, &moved, carriage_returns, look);
        rows.extend(made.into_iter().map(|row| Row { lines: [None, None], ..row }));
        before = Some(part);
    }
    rows
}

//! A review on the full screen.

use super::keys::help;
use super::page::{Entry, Page};
use super::{Follow, Mode, Review, Subject, line_words};
use crate::text::sanitise::one_line;
use crate::tui::diff::{SIDES_FROM, cut, tail};
use crate::tui::field::Field;
use crate::tui::keys::{Keys, Place};
use crate::tui::theme::{Role, Theme};
use crate::tui::words::code::Highlighter;
use crate::tui::words::wrap::width;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

/// From so many columns on, the files stand at the left.
const TREE_FROM: u16 = 110;
/// Columns beside the files from which old and new stand side by side.
const SIDES_BESIDE_TREE: u16 = 110;
/// Rows that the reasons of a question may take.
const WHY: usize = 3;

/// What it takes to draw a review.
#[derive(Clone, Copy)]
pub struct ReviewLook<'a> {
    pub theme: &'a Theme,
    pub highlighter: &'a Highlighter,
    /// Which keys the user has for what; none: those of the table.
    keys: Option<&'a Keys>,
}

impl<'a> ReviewLook<'a> {
    pub fn new(theme: &'a Theme, highlighter: &'a Highlighter) -> Self {
        Self { theme, highlighter, keys: None }
    }

    pub fn with_keys(self, keys: &'a Keys) -> Self {
        Self { keys: Some(keys), ..self }
    }

    /// What is pressed in place of a key of the table.
    fn key(&self, key: &str) -> String {
        self.keys.map_or_else(|| key.to_owned(), |keys| keys.in_place_of(Place::Review, key))
    }

    /// `y accept · x reject`: what can be pressed, with the user's own keys.
    fn hints(&self, hints: &[(&str, &str)]) -> String {
        let shown = |(keys, words): &(&str, &str)| {
            let keys: Vec<String> = keys.split(' ').map(|key| self.key(key)).filter(|key| !key.is_empty()).collect();
            (!keys.is_empty()).then(|| format!("{} {words}", keys.join(" ")))
        };
        hints.iter().filter_map(shown).collect::<Vec<_>>().join(" · ")
    }
}

/// What can be pressed while hunks are open, and when none is.
const OPEN: &[(&str, &str)] = &[
    ("y", "accept"),
    ("x", "reject"),
    ("e", "edit"),
    ("c", "comment"),
    ("j k", "hunks"),
    ("J K", "files"),
    ("?", "all keys"),
];
const DECIDED: &[(&str, &str)] = &[("enter", "finishes"), ("u", "undoes"), ("esc", "later")];

impl Review {
    /// Draws all of the buffer's area. Where words are typed: the place of the cursor.
    pub fn draw(&mut self, buffer: &mut Buffer, look: &ReviewLook<'_>) -> Option<Position> {
        let area = buffer.area;
        buffer.reset();
        if self.mode == Mode::Help {
            draw_help(buffer, area, look);
            return None;
        }
        let mut top = area.y;
        let head = self.head(usize::from(area.width), look.theme);
        for line in head.iter().take(usize::from(area.height.saturating_sub(4))) {
            put(buffer, area, top, line);
            top += 1;
        }
        let bottom = area.bottom().saturating_sub(2).max(top);
        let tree = area.width >= TREE_FROM && self.files.len() > 1;
        if !tree && self.files.len() > 1 && top < bottom {
            put(buffer, area, top, &self.files_row(usize::from(area.width), look.theme));
            top += 1;
        }
        let mut pane = Rect { y: top, height: bottom - top, ..area };
        if tree {
            let left = Rect { width: (area.width / 4).clamp(28, 44), ..pane };
            self.draw_tree(buffer, left, look);
            pane = Rect { x: left.right() + 1, width: area.width - left.width - 1, ..pane };
        }
        self.wide = pane.width >= if tree { SIDES_BESIDE_TREE } else { SIDES_FROM };
        let below = self.draw_page(buffer, pane, look);
        let summary = self.summary(below, look.theme);
        put(buffer, area, bottom, &summary);
        self.draw_foot(buffer, Rect { y: bottom + 1, height: 1, ..area }, look)
    }

    /// Who wants what, and why.
    fn head(&self, room: usize, theme: &Theme) -> Vec<Line<'static>> {
        let what = match self.files.len() {
            1 => "a file".into(),
            count => format!("{count} files"),
        };
        let (title, why) = match &self.subject {
            Subject::Ask(ask) => {
                let words = if ask.made { "has changed" } else { "asks to change" };
                (format!("{} {words} {what}", one_line(&ask.tool)), ask.why.as_str())
            }
            Subject::Turn(_) => (format!("the last turn changed {what}"), "what you do not accept is put back"),
        };
        let mut lines = vec![Line::styled(tail(&title, room), theme.style(Role::Heading))];
        let why: Vec<String> = why.split("; ").filter(|why| !why.starts_with("writes `")).map(one_line).collect();
        if !why.is_empty() {
            lines.extend(cut(&why.join("; "), theme.style(Role::Warning), room).into_iter().take(WHY));
        }
        lines
    }

    fn draw_tree(&self, buffer: &mut Buffer, area: Rect, look: &ReviewLook<'_>) {
        let (lines, current) = self.tree(usize::from(area.width), look);
        let height = usize::from(area.height);
        let first = (current + 1).saturating_sub(height.saturating_sub(1)).min(lines.len().saturating_sub(height));
        for (line, y) in lines.iter().skip(first).zip(area.y..area.bottom()) {
            put(buffer, area, y, line);
        }
    }

    /// Draws the hunks; how many rows are below those that are seen.
    fn draw_page(&mut self, buffer: &mut Buffer, area: Rect, look: &ReviewLook<'_>) -> usize {
        let page = self.page(area.width.saturating_sub(2), look);
        self.height = usize::from(area.height);
        self.scroll_to(&page);
        let inner = Rect { x: area.x + 2, width: area.width.saturating_sub(2), ..area };
        let entries = page.entries.iter().enumerate().skip(self.scroll);
        for ((at, entry), y) in entries.zip(area.y..area.bottom()) {
            let margin = self.margin(entry, page.cursor == Some(at), look.theme);
            put(buffer, area, y, &margin);
            if let Some(line) = self.content(entry) {
                put(buffer, inner, y, &line);
            }
        }
        page.entries.len().saturating_sub(self.scroll + self.height)
    }

    fn margin(&self, entry: &Entry, cursor: bool, theme: &Theme) -> Line<'static> {
        let here = entry.hunk == Some(self.at.hunk);
        let mark = match (cursor, here) {
            (true, _) => ">",
            (false, true) => "▌",
            (false, false) => " ",
        };
        Line::styled(mark, theme.style(Role::Accent))
    }

    fn scroll_to(&mut self, page: &Page) {
        let height = self.height.max(1);
        let shown = match self.follow {
            Follow::Hunk => page.hunks.get(self.at.hunk).cloned(),
            Follow::Line => page.cursor.map(|row| row..row + 1).or_else(|| page.hunks.get(self.at.hunk).cloned()),
            Follow::Nothing => None,
        };
        if let Some(shown) = shown {
            // With the first hunk the file's own rows are seen, too.
            let first = if self.at.hunk == 0 && self.at.line.is_none() { 0 } else { shown.start };
            if shown.end > self.scroll + height {
                self.scroll = shown.end - height;
            }
            if first < self.scroll && shown.end - first <= height {
                self.scroll = first;
            } else if shown.start < self.scroll {
                self.scroll = shown.start;
            }
        }
        self.follow = Follow::Nothing;
        self.scroll = self.scroll.min(page.entries.len().saturating_sub(height));
    }

    /// `3 of 7 hunks accepted · 1 rejected · 3 open`.
    fn summary(&self, below: usize, theme: &Theme) -> Line<'static> {
        let counts = self.marks.counts();
        let hunks = if counts.all() == 1 { "hunk" } else { "hunks" };
        let mut spans = vec![Span::styled(
            format!("{} of {} {hunks} accepted", counts.accepted, counts.all()),
            theme.style(Role::Added),
        )];
        let mut add = |count: usize, words: &str, role: Role| {
            if count > 0 {
                spans.push(Span::styled(" · ", theme.style(Role::Dim)));
                spans.push(Span::styled(format!("{count} {words}"), theme.style(role)));
            }
        };
        add(counts.rejected, "rejected", Role::Removed);
        add(counts.open, "open", Role::Warning);
        add(below, if below == 1 { "more row below" } else { "more rows below" }, Role::Dim);
        Line::from(spans)
    }

    /// The last row: a question, what is typed, why a key did nothing, or the keys.
    fn draw_foot(&self, buffer: &mut Buffer, area: Rect, look: &ReviewLook<'_>) -> Option<Position> {
        let theme = look.theme;
        match &self.mode {
            Mode::Comment(field) => {
                let file = self.files.get(self.at.file);
                let place = file.and_then(|file| line_words(file, self.at)).unwrap_or_else(|| "this hunk".into());
                let prompt = format!("comment on {place}: ");
                return Some(draw_field(buffer, area, &prompt, field, theme));
            }
            Mode::Confirm => {
                let open = self.marks.counts().open;
                let back = match &self.subject {
                    Subject::Ask(ask) if !ask.made => "left out",
                    Subject::Ask(_) | Subject::Turn(_) => "put back",
                };
                let words =
                    format!("finish with {open} open, to be {back}? y yes · A accept them and finish · esc go on");
                put(buffer, area, area.y, &Line::styled(words, theme.style(Role::Warning)));
            }
            Mode::Browse | Mode::Help => {
                let line = match &self.said {
                    Some(words) => Line::styled(one_line(words), theme.style(Role::Warning)),
                    None if self.marks.counts().open == 0 => {
                        Line::styled(format!("all is decided: {}", look.hints(DECIDED)), theme.style(Role::Accent))
                    }
                    None => Line::styled(look.hints(OPEN), theme.style(Role::Dim)),
                };
                put(buffer, area, area.y, &line);
            }
        }
        None
    }
}

fn draw_help(buffer: &mut Buffer, area: Rect, look: &ReviewLook<'_>) {
    let theme = look.theme;
    let row = |(keys, words): (&'static str, &'static str)| {
        let keys: Vec<String> = keys.split(' ').map(|key| look.key(key)).collect();
        let keys = keys.join(" ");
        Line::from(vec![
            Span::styled(format!("  {keys:<13}"), theme.style(Role::Accent)),
            Span::styled(words, theme.style(Role::Text)),
        ])
    };
    let back = Line::styled("  any key goes back", theme.style(Role::Dim));
    for (line, y) in help().map(row).chain([Line::default(), back]).zip(area.y..area.bottom()) {
        put(buffer, area, y, &line);
    }
}

/// A field behind its prompt; where it is longer than the row, what is around the cursor.
fn draw_field(buffer: &mut Buffer, area: Rect, prompt: &str, field: &Field, theme: &Theme) -> Position {
    let room = usize::from(area.width).saturating_sub(width(prompt) + 1);
    let (left, right) = field.shown(room);
    let prompting = Span::styled(prompt, theme.style(Role::Accent));
    put(buffer, area, area.y, &Line::from(vec![prompting, Span::raw(&*left), Span::raw(&*right)]));
    let x = u16::try_from(width(prompt) + width(&left)).unwrap_or(area.width);
    Position { x: (area.x + x).min(area.right().saturating_sub(1)), y: area.y }
}

fn put(buffer: &mut Buffer, area: Rect, y: u16, line: &Line<'_>) {
    if y < area.bottom() && y < buffer.area.bottom() {
        buffer.set_line(area.x, y, line, area.width);
    }
}

//! The composer as lines: the text behind its sign, the cursor, and the list of what can be completed.

use super::history::Match;
use super::layout::Layout;
use super::popup::Popup;
use super::vim::Mode;
use super::{Composer, complete};
use crate::text::sanitise::sanitise;
use crate::tui::theme::{Role, Theme};
use crate::tui::words::wrap::clip;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// What is on the screen.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn {
    pub lines: Vec<Line<'static>>,
    /// Column and row within `lines`.
    pub cursor: (u16, u16),
    /// What can be completed, or what a search has found.
    pub popup: Vec<Line<'static>>,
}

/// So many rows of the list are shown.
const ROWS: usize = 8;

/// The sign before the text, and blanks below it.
pub(super) const SIGN: usize = 2;

const HINT: &str = "ask for a change · / commands · @ files · ! shell";

const SHELL_HINT: &str = "a command of your own, run outside of the jail";

impl Composer {
    /// The composer in so many columns and no more than so many rows.
    pub fn draw(&self, width: u16, most_rows: u16, theme: &Theme) -> Drawn {
        let columns = usize::from(width);
        if let Some(search) = &self.search {
            let found = self.history.find(search);
            let popup = vec![search_line(&search.query, found.as_ref(), columns, theme)];
            let (text, marks) = match found {
                Some(found) => (found.text, found.fits),
                None => (self.editor.buffer.text(), 0..0),
            };
            let cursor = marks.start.min(text.len());
            return self.draw_text(text, cursor, Some(marks), columns, most_rows, theme).with(popup);
        }
        let (text, cursor) = (self.editor.buffer.text(), self.editor.buffer.cursor());
        // The sign stands for the `!` that it is.
        let signed = self.is_shell();
        let (text, cursor) =
            if signed { (text.get(1..).unwrap_or_default(), cursor.saturating_sub(1)) } else { (text, cursor) };
        let marks = self.vim.as_ref().and_then(|vim| vim.marked(&self.editor)).map(|(start, end)| start..end);
        let popup = self.popup.as_ref().map(|popup| popup.lines(columns, theme)).unwrap_or_default();
        self.draw_text(text, cursor, marks, columns, most_rows, theme).with(popup)
    }

    fn draw_text(
        &self,
        text: &str,
        cursor: usize,
        marks: Option<Range<usize>>,
        columns: usize,
        most_rows: u16,
        theme: &Theme,
    ) -> Drawn {
        let layout = Layout::new(text, &self.atoms, text_columns(columns));
        let (row, column) = layout.place(cursor);
        let (total, most) = (layout.rows().len(), usize::from(most_rows.max(1)));
        let top = row.saturating_sub(most / 2).min(total.saturating_sub(most));
        let last = (top + most).min(total) - 1;
        let mut lines = Vec::new();
        for (index, (start, end)) in layout.rows().iter().enumerate().take(last + 1).skip(top) {
            let sign = if index == top && top > 0 {
                Span::styled("↑ ", theme.style(Role::Dim))
            } else if index == last && last + 1 < total {
                Span::styled("↓ ", theme.style(Role::Dim))
            } else if index == 0 {
                self.sign(theme)
            } else {
                Span::raw("  ")
            };
            let mut spans = vec![sign];
            row_spans(&layout, text, *start..*end, marks.as_ref(), theme, &mut spans);
            lines.push(Line::from(spans));
        }
        if text.is_empty()
            && let Some(line) = lines.first_mut()
        {
            let hint = clip(if self.is_shell() { SHELL_HINT } else { HINT }, columns.saturating_sub(SIGN));
            line.push_span(Span::styled(hint, theme.style(Role::Dim)));
        }
        let x = u16::try_from(SIGN + column).unwrap_or(u16::MAX);
        Drawn { lines, cursor: (x, u16::try_from(row - top).unwrap_or(0)), popup: Vec::new() }
    }

    /// A command of the user's own is being typed.
    fn is_shell(&self) -> bool {
        let typing = self.vim.as_ref().is_none_or(|vim| vim.mode() == Mode::Insert);
        typing && self.search.is_none() && self.editor.buffer.text().starts_with('!')
    }

    fn sign(&self, theme: &Theme) -> Span<'static> {
        let accent = theme.style(Role::Accent);
        if self.search.is_some() {
            return Span::styled("? ", accent);
        }
        match self.vim.as_ref().map(|vim| vim.mode()) {
            Some(Mode::Normal) => Span::styled("‹ ", accent),
            Some(Mode::Visual { .. }) => Span::styled("» ", accent),
            Some(Mode::Insert) | None if self.is_shell() => Span::styled("! ", theme.style(Role::Warning)),
            Some(Mode::Insert) | None => Span::styled("› ", accent),
        }
    }
}

/// How many columns the text has, with one left for the cursor.
pub(super) fn text_columns(columns: usize) -> usize {
    columns.saturating_sub(SIGN + 1).max(1)
}

/// The text of one row in as few spans as its styles need.
fn row_spans(
    layout: &Layout<'_>,
    text: &str,
    row: Range<usize>,
    marks: Option<&Range<usize>>,
    theme: &Theme,
    spans: &mut Vec<Span<'static>>,
) {
    let start = row.start;
    let plain = theme.style(Role::Text);
    let mut piece = String::new();
    let mut style = plain;
    for (offset, grapheme) in text.get(row).unwrap_or_default().grapheme_indices(true) {
        let at = start + offset;
        let mut here = if layout.is_atom(grapheme) { theme.style(Role::Accent) } else { plain };
        if marks.is_some_and(|marks| marks.contains(&at)) {
            here = here.add_modifier(Modifier::REVERSED);
        }
        if here != style && !piece.is_empty() {
            spans.push(Span::styled(std::mem::take(&mut piece), style));
        }
        style = here;
        piece.push_str(&layout.shown(grapheme));
    }
    if !piece.is_empty() {
        spans.push(Span::styled(piece, style));
    }
}

fn search_line(query: &str, found: Option<&Match<'_>>, columns: usize, theme: &Theme) -> Line<'static> {
    let state = match found {
        Some(found) => format!("history: {query} · {} of {} · enter takes it", found.nth + 1, found.count),
        None if query.is_empty() => "history: type what to look for".to_owned(),
        None => format!("history: {query} · nothing found"),
    };
    Line::from(Span::styled(clip(&line_text(&state), columns), theme.style(Role::Dim)))
}

impl Drawn {
    fn with(self, popup: Vec<Line<'static>>) -> Self {
        Self { popup, ..self }
    }
}

impl Popup {
    fn lines(&self, columns: usize, theme: &Theme) -> Vec<Line<'static>> {
        let total = self.rows.len();
        let top = self.chosen.saturating_sub(ROWS / 2).min(total.saturating_sub(ROWS));
        let shown = || self.rows.iter().enumerate().skip(top).take(ROWS);
        let names: Vec<(usize, Name)> = shown().map(|(index, hit)| (index, self.name(&hit.text, &hit.fits))).collect();
        let widest = names.iter().map(|(_, name)| name.width()).max().unwrap_or(0).min(columns.saturating_sub(2));
        let mut lines = Vec::new();
        for ((index, name), (_, hit)) in names.iter().zip(shown()) {
            lines.push(self.line(*index, name, widest, &hit.detail, columns, theme));
        }
        if total > ROWS {
            let more = format!("  {} of {total}", self.chosen + 1);
            lines.push(Line::from(Span::styled(clip(&more, columns), theme.style(Role::Dim))));
        }
        lines
    }

    fn line(
        &self,
        index: usize,
        name: &Name,
        widest: usize,
        detail: &str,
        columns: usize,
        theme: &Theme,
    ) -> Line<'static> {
        let chosen = index == self.chosen;
        let style = if chosen { theme.style(Role::Accent) } else { theme.style(Role::Text) };
        let mut spans = vec![Span::styled(if chosen { "› " } else { "  " }, style)];
        name.spans(columns.saturating_sub(2), style, &mut spans);
        let left = columns.saturating_sub(2 + widest + 2);
        if !detail.is_empty() && left > 4 {
            let gap = " ".repeat(widest.saturating_sub(name.width()) + 2);
            spans.push(Span::styled(gap + &clip(&line_text(detail), left), theme.style(Role::Dim)));
        }
        Line::from(spans)
    }

    /// A command is shown with its slash and with what it takes.
    fn name(&self, text: &str, fits: &[u32]) -> Name {
        let commands = self.target.source == complete::Source::Commands;
        let args = complete::command(text).filter(|_| commands).map_or("", |command| command.args);
        let sign = if commands { "/" } else { "" };
        let mut pieces: Vec<(String, bool)> = vec![(sign.to_owned(), false)];
        let shown = line_text(text);
        let mut count = 0u32;
        for grapheme in shown.graphemes(true) {
            let chars = u32::try_from(grapheme.chars().count()).unwrap_or(1);
            let fits = fits.iter().any(|at| (count..count + chars).contains(at));
            pieces.push((grapheme.to_owned(), fits));
            count += chars;
        }
        if !args.is_empty() {
            pieces.push((format!(" {args}"), false));
        }
        Name { pieces, ends: self.target.source == complete::Source::Outside(complete::Wanted::Files) }
    }
}

/// A name with the characters that fit what was typed.
struct Name {
    pieces: Vec<(String, bool)>,
    /// When it is too long its end is shown, not its beginning.
    ends: bool,
}

impl Name {
    fn width(&self) -> usize {
        self.pieces.iter().map(|(piece, _)| piece.width()).sum()
    }

    fn spans(&self, columns: usize, style: Style, spans: &mut Vec<Span<'static>>) {
        let mut left = columns;
        let whole = self.width() <= columns;
        let mut kept: Vec<&(String, bool)> = Vec::new();
        let cut_mark = ("…".to_owned(), false);
        if !whole {
            left = left.saturating_sub(1);
        }
        let fits = |(piece, _): &&(String, bool)| {
            let room = piece.width() <= left;
            left = if room { left - piece.width() } else { 0 };
            room
        };
        if self.ends {
            kept.extend(self.pieces.iter().rev().take_while(fits));
            kept.extend((!whole).then_some(&cut_mark));
            kept.reverse();
        } else {
            kept.extend(self.pieces.iter().take_while(fits));
            kept.extend((!whole).then_some(&cut_mark));
        }
        for run in kept.chunk_by(|one, other| one.1 == other.1) {
            let text: String = run.iter().map(|(piece, _)| piece.as_str()).collect();
            let bold = run.first().is_some_and(|(_, fits)| *fits);
            spans.push(Span::styled(text, if bold { style.add_modifier(Modifier::BOLD) } else { style }));
        }
    }
}

/// Foreign text on one line, character for character.
fn line_text(text: &str) -> String {
    sanitise(text).replace(['\n', '\t'], " ")
}

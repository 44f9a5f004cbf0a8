//! Pieces of Markdown to lines of a width. A row comes out as soon as nothing that follows can change it.

use super::code::{Block, Highlighter};
use super::inline::{Spans, inline};
use super::piece::{Body, Joint, Mark, Piece};
use super::table::Columns;
use super::wrap::{cut, width, width_of, wrap};
use crate::text::sanitise::{one_line, sanitise};
use crate::tui::theme::{Role, Theme};
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

/// Cells that code stands behind the text.
const CODE: u16 = 2;
/// What lines are made with.
#[derive(Clone, Copy)]
pub(super) struct Look<'a> {
    /// Cells.
    pub(super) width: u16,
    pub(super) theme: &'a Theme,
    pub(super) highlighter: &'a Highlighter,
}

/// What is begun and not finished.
#[derive(Debug, Clone, Default)]
pub(super) struct Writer {
    open: Option<Paragraph>,
    code: Option<Block>,
    columns: Option<Columns>,
    lines: Vec<Line<'static>>,
}

#[derive(Debug, Clone)]
struct Paragraph {
    margin: Margin,
    /// What is in no row yet.
    words: Spans,
}

/// What stands before the rows of a piece: before the first, and before the others.
#[derive(Debug, Clone)]
struct Margin {
    first: Option<Spans>,
    others: Spans,
}

impl Writer {
    /// The lines that are finished since the last call.
    pub(super) fn take(&mut self) -> Vec<Line<'static>> {
        std::mem::take(&mut self.lines)
    }

    pub(super) fn write(&mut self, piece: Piece, look: Look<'_>) {
        let mut margin = Margin::new(&piece.frame, look);
        let room = look.width.saturating_sub(u16::try_from(margin.width()).unwrap_or(u16::MAX)).max(1);
        match piece.body {
            Body::Gap => {
                let mut row = margin.next();
                if let Some(last) = row.last_mut() {
                    last.content = last.content.trim_end().to_owned().into();
                }
                row.retain(|span| !span.content.is_empty());
                self.lines.push(Line::from(row));
            }
            Body::Text { text, joint, last } => self.text(&text, joint, last, margin, look),
            Body::Heading { level, text } => {
                let mut style = look.theme.style(Role::Heading);
                if level == 1 {
                    style = style.add_modifier(Modifier::UNDERLINED);
                }
                let lines = inline(&text, style, look.theme);
                self.rows(lines.into_iter().flat_map(|line| wrap(&Line::from(line), room, 0)), &mut margin);
            }
            Body::Rule => {
                let rule = Span::styled("─".repeat(usize::from(room.min(3))), look.theme.style(Role::Dim));
                self.rows([Line::from(rule)], &mut margin);
            }
            Body::CodeBegin { info } => self.code_begin(&info, &mut margin, room, look),
            Body::Code(line) => {
                let mut block = self.code.take().unwrap_or_else(|| look.highlighter.block(None, look.theme));
                let spans = block.line(&line);
                self.code = Some(block);
                self.code_line(spans, &mut margin, room);
            }
            Body::CodeEnd => self.code = None,
            Body::Verbatim(line) => {
                let text = Span::styled(sanitise(&line).into_owned(), look.theme.style(Role::Text));
                self.rows(cut(&Line::from(text), room, 0), &mut margin);
            }
            Body::Table { head, align, rows } => {
                let columns = Columns::measure(&head, &align, &rows, room, look.theme);
                self.rows(columns.head(look.theme), &mut margin);
                for (number, row) in rows.iter().enumerate() {
                    self.rows(columns.row(row, number == 0, look.theme), &mut margin);
                }
                self.columns = Some(columns);
            }
            Body::Row(cells) => {
                if let Some(columns) = self.columns.take() {
                    self.rows(columns.row(&cells, false, look.theme), &mut margin);
                    self.columns = Some(columns);
                }
            }
        }
    }

    /// Rows of a paragraph but the last, which more text may lengthen.
    fn text(&mut self, text: &str, joint: Joint, last: bool, margin: Margin, look: Look<'_>) {
        let base = look.theme.style(Role::Text);
        let mut paragraph = match self.open.take() {
            Some(open) if joint != Joint::First => open,
            _ => Paragraph { margin, words: Vec::new() },
        };
        let room = usize::from(look.width).saturating_sub(paragraph.margin.width()).max(1);
        let room = u16::try_from(room).unwrap_or(u16::MAX);
        let mut lines = if text.is_empty() { Vec::new() } else { inline(text, base, look.theme) };
        match lines.first_mut() {
            Some(_) if joint == Joint::Line => {}
            Some(first) => {
                let mut words = std::mem::take(&mut paragraph.words);
                if joint == Joint::Space {
                    words.push(Span::styled(" ", base));
                }
                words.append(first);
                *first = words;
            }
            None => lines.push(std::mem::take(&mut paragraph.words)),
        }
        if joint == Joint::Line && !text.is_empty() {
            let rows = wrap(&Line::from(std::mem::take(&mut paragraph.words)), room, 0);
            self.rows(rows, &mut paragraph.margin);
        }
        let open = lines.pop().unwrap_or_default();
        for line in lines {
            self.rows(wrap(&Line::from(line), room, 0), &mut paragraph.margin);
        }
        let mut rows = wrap(&Line::from(open), room, 0);
        if !last {
            paragraph.words = rows.pop().map(|row| row.spans).unwrap_or_default();
        }
        self.rows(rows, &mut paragraph.margin);
        if !last {
            self.open = Some(paragraph);
        }
    }

    fn code_begin(&mut self, info: &str, margin: &mut Margin, room: u16, look: Look<'_>) {
        let language = look.highlighter.language(info.split_whitespace().next().unwrap_or_default());
        self.code = Some(look.highlighter.block(language, look.theme));
        let tag = one_line(info.split([' ', ',', '{']).next().unwrap_or_default());
        if !tag.is_empty() || margin.first.is_some() {
            self.code_line(vec![Span::styled(tag, look.theme.style(Role::Dim))], margin, room);
        }
    }

    fn code_line(&mut self, spans: Spans, margin: &mut Margin, room: u16) {
        let indent = if room > 3 * CODE { CODE } else { 0 };
        let rows = cut(&Line::from(spans), room.saturating_sub(indent).max(1), CODE);
        let rows = rows.into_iter().map(|mut row| {
            if width_of(&row.spans) > 0 {
                row.spans.insert(0, Span::raw(" ".repeat(usize::from(indent))));
            }
            row
        });
        self.rows(rows, margin);
    }

    fn rows(&mut self, rows: impl IntoIterator<Item = Line<'static>>, margin: &mut Margin) {
        for row in rows {
            let mut spans = margin.next();
            if let Some(last) = spans.last_mut().filter(|_| width_of(&row.spans) == 0) {
                last.content = last.content.trim_end().to_owned().into();
            }
            spans.extend(row.spans);
            spans.retain(|span| !span.content.is_empty());
            self.lines.push(Line::from(spans));
        }
    }
}

impl Margin {
    /// The signs of the blocks a piece stands in, from the outside; of those that leave less than a third of
    /// the width the innermost are left out.
    fn new(frame: &[Mark], look: Look<'_>) -> Self {
        let dim = look.theme.style(Role::Dim);
        let most = usize::from(look.width) * 2 / 3;
        let (mut first, mut others) = (Vec::new(), Vec::new());
        let (mut used, mut begins) = (0, false);
        for mark in frame {
            let sign = match mark {
                Mark::Quote => "│ ",
                Mark::Item { sign, .. } => sign,
            };
            let cells = width(sign);
            if used + cells > most {
                break;
            }
            used += cells;
            let blank = || Span::raw(" ".repeat(cells));
            match mark {
                Mark::Quote => {
                    first.push(Span::styled(sign.to_owned(), dim));
                    others.push(Span::styled(sign.to_owned(), dim));
                }
                Mark::Item { first: true, .. } => {
                    begins = true;
                    first.push(Span::styled(sign.to_owned(), dim));
                    others.push(blank());
                }
                Mark::Item { first: false, .. } => {
                    first.push(blank());
                    others.push(blank());
                }
            }
        }
        Self { first: begins.then_some(first), others }
    }

    fn width(&self) -> usize {
        width_of(&self.others)
    }

    fn next(&mut self) -> Spans {
        self.first.take().unwrap_or_else(|| self.others.clone())
    }
}

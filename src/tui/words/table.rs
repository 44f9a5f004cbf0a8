//! Tables: columns that stand under each other where there is room, `head: value` line by line where there is not.

use super::inline::{Spans, on_one_line};
use super::marks::Align;
use super::wrap::{width_of, wrap};
use crate::tui::theme::{Role, Theme};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

/// Cells between two columns.
const GAP: usize = 2;
/// A column that must give way keeps so many cells.
const LEAST: usize = 10;

/// How the columns of a table stand, measured by its first rows.
#[derive(Debug, Clone)]
pub(super) struct Columns {
    head: Vec<String>,
    align: Vec<Align>,
    /// Cells of each column; none: too narrow for columns.
    widths: Option<Vec<usize>>,
    room: u16,
}

impl Columns {
    pub(super) fn measure(head: &[String], align: &[Align], rows: &[Vec<String>], room: u16, theme: &Theme) -> Self {
        let base = theme.style(Role::Text);
        let natural: Vec<usize> = (0..head.len())
            .map(|column| {
                let cells = rows.iter().map(Vec::as_slice).chain([head]).filter_map(|row| row.get(column));
                cells.map(|cell| width_of(&on_one_line(cell, base, theme))).max().unwrap_or(0).max(1)
            })
            .collect();
        let widths = fit(natural, usize::from(room));
        Self { head: head.to_vec(), align: align.to_vec(), widths, room }
    }

    /// The head and the line under it.
    pub(super) fn head(&self, theme: &Theme) -> Vec<Line<'static>> {
        let Some(widths) = &self.widths else { return Vec::new() };
        let mut lines = self.aligned(&self.head, widths, theme.strong(Role::Text), theme);
        let dim = theme.style(Role::Dim);
        let mut under = Vec::new();
        for (number, width) in widths.iter().enumerate() {
            if number > 0 {
                under.push(Span::raw(" ".repeat(GAP)));
            }
            under.push(Span::styled("─".repeat(*width), dim));
        }
        lines.push(Line::from(under));
        lines
    }

    /// A row; `first`: none stands before it.
    pub(super) fn row(&self, cells: &[String], first: bool, theme: &Theme) -> Vec<Line<'static>> {
        match &self.widths {
            Some(widths) => self.aligned(cells, widths, theme.style(Role::Text), theme),
            None => self.listed(cells, first, theme),
        }
    }

    fn aligned(&self, cells: &[String], widths: &[usize], style: Style, theme: &Theme) -> Vec<Line<'static>> {
        let columns: Vec<Vec<Line<'static>>> = widths
            .iter()
            .enumerate()
            .map(|(column, width)| {
                let cell = cells.get(column).map(String::as_str).unwrap_or_default();
                wrap(&Line::from(on_one_line(cell, style, theme)), u16::try_from(*width).unwrap_or(u16::MAX), 0)
            })
            .collect();
        let height = columns.iter().map(Vec::len).max().unwrap_or(0);
        (0..height).map(|row| self.aligned_row(&columns, widths, row)).collect()
    }

    fn aligned_row(&self, columns: &[Vec<Line<'static>>], widths: &[usize], row: usize) -> Line<'static> {
        let mut spans: Spans = Vec::new();
        let mut missing = 0;
        for (column, width) in widths.iter().enumerate() {
            let cell =
                columns.get(column).and_then(|rows| rows.get(row)).map(|line| line.spans.clone()).unwrap_or_default();
            let free = width.saturating_sub(width_of(&cell));
            let before = match self.align.get(column).copied().unwrap_or(Align::Left) {
                Align::Left => 0,
                Align::Center => free / 2,
                Align::Right => free,
            };
            missing += before;
            if width_of(&cell) > 0 {
                spans.push(Span::raw(" ".repeat(missing)));
                spans.extend(cell);
                missing = 0;
            } else {
                missing += width - free;
            }
            missing += free - before + GAP;
        }
        Line::from(spans)
    }

    /// `head: value`, one below the other, with a blank line between rows.
    fn listed(&self, cells: &[String], first: bool, theme: &Theme) -> Vec<Line<'static>> {
        let mut lines = if first { Vec::new() } else { vec![Line::default()] };
        for (column, head) in self.head.iter().enumerate() {
            let Some(cell) = cells.get(column).filter(|cell| !cell.is_empty()) else { continue };
            let mut spans = on_one_line(head, theme.strong(Role::Text), theme);
            if !head.is_empty() {
                spans.push(Span::styled(": ", theme.style(Role::Dim)));
            }
            spans.extend(on_one_line(cell, theme.style(Role::Text), theme));
            lines.extend(wrap(&Line::from(spans), self.room, 2));
        }
        lines
    }
}

/// The widths as they are, or with the widest made narrower until all fit; none where that would leave too little.
fn fit(mut widths: Vec<usize>, room: usize) -> Option<Vec<usize>> {
    let room = room.checked_sub(GAP * widths.len().saturating_sub(1))?;
    let least: usize = widths.iter().map(|width| (*width).min(LEAST)).sum();
    if least > room {
        return None;
    }
    while widths.iter().sum::<usize>() > room {
        let over = widths.iter().sum::<usize>() - room;
        let widest = widths.iter().copied().max()?;
        let next = widths.iter().copied().filter(|width| *width < widest).max().unwrap_or(LEAST).max(LEAST);
        let count = widths.iter().filter(|width| **width == widest).count();
        let step = (over.div_ceil(count)).min(widest - next).max(1);
        let mut left = over;
        for width in widths.iter_mut().filter(|width| **width == widest) {
            let by = step.min(left);
            *width -= by;
            left -= by;
        }
    }
    Some(widths)
}

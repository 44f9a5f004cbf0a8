//! The inline screen: rows that may still change, below everything that is finished. It counts rows from its own first one.

use super::Body;
use super::pen::Pen;
use super::plan::{Plan, plan};
use super::row::{Row, rows_at};
use crate::tui::preferences::Terminal;
use ratatui::text::Line;

#[derive(Debug)]
pub struct Inline {
    /// What is on the screen; one row at least, for the cursor is somewhere.
    shown: Vec<Row>,
    /// Column, if it is known, and row of the cursor.
    at: (Option<usize>, usize),
    /// The window has changed since.
    stale: bool,
}

impl Inline {
    pub fn new() -> Self {
        Self { shown: vec![Row::default()], at: (None, 0), stale: false }
    }

    pub fn resized(&mut self) {
        self.stale = true;
    }

    /// Rows of the live area below the cursor.
    pub fn below(&self) -> usize {
        (self.shown.len() - 1).saturating_sub(self.at.1)
    }

    pub fn frame(
        &mut self,
        finished: &[Line<'_>],
        live: &[Line<'_>],
        cursor: Option<(u16, u16)>,
        size: (u16, u16),
        terminal: Terminal,
    ) -> Body {
        let (width, height) = (size.0, usize::from(size.1));
        let stale = std::mem::take(&mut self.stale);
        let start = if stale { self.erase_old(width, terminal) } else { Vec::new() };
        let mut rows = Vec::with_capacity(finished.len() + live.len());
        finished.iter().for_each(|line| Row::wrapped(line, width, &mut rows));
        let printed = rows.len();
        let cut = live.len().saturating_sub(height.saturating_sub(1).max(1));
        rows.extend(live.iter().skip(cut).map(|line| Row::cut(line, width)));
        if rows.len() == printed {
            rows.push(Row::default());
        }

        let mut pen = Pen::new(terminal.colors, width, self.at);
        pen.raw(&start);
        let plan = plan(&self.shown, &rows, height);
        draw(&mut pen, plan, &self.shown, &rows);
        let moves = stale || !matches!(plan, Plan::Insert { count: 0, .. });
        let target = cursor.map(|(column, row)| {
            let row = usize::from(row).saturating_sub(cut).min(rows.len() - printed - 1);
            (usize::from(column.min(width - 1)), printed + row)
        });
        match target {
            Some((column, row)) if !moves && self.at == (Some(column), row) => pen.come_back(column, row),
            Some((column, row)) => pen.to(row, column),
            None if pen.at().1 < printed => pen.to(printed, 0),
            None => {}
        }
        let (column, row) = pen.at();
        self.at = (column, row - printed);
        rows.drain(..printed);
        self.shown = rows;
        Body { bytes: pen.end(), moves }
    }

    /// Leaves the rows where they are and goes to a fresh line below them, from where the next frame counts.
    pub fn close(&mut self, size: (u16, u16), terminal: Terminal) -> Vec<u8> {
        let below = if self.stale { self.around(size.0, terminal).1 } else { self.below() };
        let mut pen = Pen::new(terminal.colors, size.0, (self.at.0, 0));
        pen.reach(below);
        let empty = self.shown.iter().all(|row| row.columns() == 0);
        match empty && self.shown.len() == 1 {
            true => pen.to(below, 0),
            false => pen.feed(),
        }
        *self = Self { at: (Some(0), 0), ..Self::new() };
        pen.end()
    }

    /// Rows above and below the cursor as they are in the window now.
    fn around(&self, width: u16, terminal: Terminal) -> (usize, usize) {
        if !terminal.reflows {
            return (self.at.1, self.below());
        }
        let end = self.shown.get(self.at.1).map_or(0, Row::columns);
        rows_at(&self.shown, width, (self.at.0.unwrap_or(end), self.at.1))
    }

    /// What takes the old rows off a screen that has another size now.
    fn erase_old(&mut self, width: u16, terminal: Terminal) -> Vec<u8> {
        let above = self.around(width, terminal).0;
        let mut pen = Pen::new(terminal.colors, width, (None, above));
        pen.to(0, 0);
        pen.erase('J');
        *self = Self { at: (Some(0), 0), ..Self::new() };
        pen.end()
    }
}

/// Brings `from` to `to`; the pen is left where it wrote last.
fn draw(pen: &mut Pen, plan: Plan, from: &[Row], to: &[Row]) {
    let blank = Row::default();
    let before = |number: usize| -> &Row {
        let old = match plan {
            Plan::Insert { at, count } if number >= at && number < at + count => None,
            Plan::Insert { at, count } if number >= at => from.get(number - count),
            Plan::Delete { at, count } if number >= at => from.get(number + count),
            Plan::Insert { .. } | Plan::Delete { .. } | Plan::Rewrite { .. } => from.get(number),
        };
        old.unwrap_or(&blank)
    };
    match plan {
        Plan::Insert { count: 0, .. } => {}
        Plan::Insert { at, count } => {
            pen.reach(from.len() - 1);
            pen.make_room(count);
            if at < from.len() {
                pen.reach(at);
                pen.shift(count, 'L');
            }
        }
        Plan::Delete { at, count } if at + count == from.len() => {
            pen.to(at, 0);
            pen.erase('J');
        }
        Plan::Delete { at, count } => {
            pen.reach(at);
            pen.shift(count, 'M');
        }
        Plan::Rewrite { at } => return rewrite(pen, at, from.len(), to),
    }
    let mut number = 0;
    while let Some(row) = to.get(number) {
        if row.wraps() {
            number = wrap(pen, number, to, &before);
        } else {
            pen.change(number, before(number), row);
        }
        number += 1;
    }
}

/// Writes a line that the terminal is to wrap, so that it stays one line there; gives the number of its last row.
fn wrap<'a>(pen: &mut Pen, first: usize, to: &[Row], before: &impl Fn(usize) -> &'a Row) -> usize {
    let last = first + to.iter().skip(first).take_while(|row| row.wraps()).count();
    for number in (first..=last).filter(|number| before(*number).columns() > 0) {
        pen.to(number, 0);
        pen.erase('K');
    }
    pen.to(first, 0);
    for (number, row) in to.iter().enumerate().take(last + 1).skip(first) {
        if number > first {
            pen.wrapped();
        }
        pen.whole(row);
    }
    last
}

/// Writes rows one after the other from row `at` on, of `had` that are there.
fn rewrite(pen: &mut Pen, at: usize, had: usize, to: &[Row]) {
    if at < had {
        pen.to(at, 0);
        pen.erase('J');
    } else {
        pen.reach(had - 1);
        pen.feed();
    }
    let mut wraps = None;
    for row in to.iter().skip(at) {
        match wraps {
            None => {}
            Some(true) => pen.wrapped(),
            Some(false) => pen.feed(),
        }
        pen.whole(row);
        wraps = Some(row.wraps());
    }
}

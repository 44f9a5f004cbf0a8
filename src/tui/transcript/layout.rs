//! Which lines a cell has, remembered for those that were seen last.

use super::Place;
use crate::transcript::view::{Body, View};
use crate::tui::cell::{Growing, Look, gap, lines};
use ratatui::text::Line;
use std::collections::{HashMap, HashSet};

/// Cells whose lines are remembered.
const REMEMBERED: usize = 256;

/// The lines of cells.
#[derive(Default)]
pub(super) struct Layout {
    width: u16,
    laid: HashMap<usize, Laid>,
    /// The answer that streams: its finished lines are in `laid`.
    growing: Option<Growing>,
    /// Cells that are unfolded, or with `all` those that are not.
    turned: HashSet<usize>,
    all: bool,
    trimmed: usize,
}

/// The lines of one cell, the blank one before it included.
struct Laid {
    lines: Vec<Line<'static>>,
    /// Of an answer that streams: where its open end begins.
    finished: usize,
    done: bool,
    /// Bytes of the text that streams.
    bytes: usize,
}

impl Layout {
    /// Forgets what is wrong by now.
    pub(super) fn prepare(&mut self, view: &View, look: &Look<'_>) {
        if self.width != look.width {
            self.laid.clear();
            self.growing = None;
            self.width = look.width;
        }
        if self.trimmed < view.trimmed() {
            self.trimmed = view.trimmed();
            self.laid.retain(|index, _| *index >= self.trimmed);
        }
        // What is not done may be another each time; of the answer that streams only the end is.
        let cells = view.cells();
        let growing = self.growing.as_ref().map(|growing| growing.cell);
        self.laid.retain(|index, laid| {
            laid.done || (growing == Some(*index) && cells.get(*index).is_some_and(|cell| !cell.done))
        });
        if self.laid.len() > REMEMBERED {
            self.laid.retain(|index, _| growing == Some(*index));
        }
    }

    pub(super) fn is_open(&self, cell: usize) -> bool {
        self.turned.contains(&cell) != self.all
    }

    /// Folds or unfolds a cell.
    pub(super) fn turn(&mut self, cell: usize) {
        if !self.turned.remove(&cell) {
            self.turned.insert(cell);
        }
        self.laid.remove(&cell);
        self.growing = self.growing.take().filter(|growing| growing.cell != cell);
    }

    /// Folds or unfolds all of them.
    pub(super) fn turn_all(&mut self) {
        self.all = !self.all;
        self.turned.clear();
        self.laid.clear();
        self.growing = None;
    }

    /// Rows of a cell.
    pub(super) fn height(&mut self, view: &View, cell: usize, look: &Look<'_>) -> usize {
        self.lay(view, cell, look);
        self.laid.get(&cell).map_or(0, |laid| laid.lines.len())
    }

    pub(super) fn line(&mut self, view: &View, place: Place, look: &Look<'_>) -> Line<'static> {
        self.lay(view, place.cell, look);
        self.laid.get(&place.cell).and_then(|laid| laid.lines.get(place.row)).cloned().unwrap_or_default()
    }

    pub(super) fn next(&mut self, view: &View, place: Place, look: &Look<'_>) -> Option<Place> {
        if place.row + 1 < self.height(view, place.cell, look) {
            return Some(Place { row: place.row + 1, ..place });
        }
        (place.cell + 1..view.cells().len())
            .find(|cell| self.height(view, *cell, look) > 0)
            .map(|cell| Place { cell, row: 0 })
    }

    pub(super) fn before(&mut self, view: &View, place: Place, look: &Look<'_>) -> Option<Place> {
        let height = self.height(view, place.cell, look);
        if place.row > 0 {
            return Some(Place { row: (place.row - 1).min(height.saturating_sub(1)), ..place });
        }
        let cell = (0..place.cell).rev().find(|cell| self.height(view, *cell, look) > 0)?;
        Some(Place { cell, row: self.height(view, cell, look) - 1 })
    }

    /// So many rows on, or the last.
    pub(super) fn on(&mut self, view: &View, from: Place, rows: usize, look: &Look<'_>) -> Place {
        let mut place = from;
        for _ in 0..rows {
            let Some(next) = self.next(view, place, look) else { break };
            place = next;
        }
        place
    }

    /// So many rows back, or the first.
    pub(super) fn back(&mut self, view: &View, from: Place, rows: usize, look: &Look<'_>) -> Place {
        let mut place = from;
        for _ in 0..rows {
            let Some(before) = self.before(view, place, look) else { break };
            place = before;
        }
        place
    }

    /// The last row there is.
    pub(super) fn end(&mut self, view: &View, look: &Look<'_>) -> Place {
        let last = (0..view.cells().len()).rev().find(|cell| self.height(view, *cell, look) > 0);
        let cell = last.unwrap_or(0);
        Place { cell, row: self.height(view, cell, look).saturating_sub(1) }
    }

    fn lay(&mut self, view: &View, index: usize, look: &Look<'_>) {
        let Some(cell) = view.cells().get(index) else { return };
        let look = Look { open: self.is_open(index), ..*look };
        let before = index.checked_sub(1).and_then(|before| view.cells().get(before));
        let blank = before.is_some_and(|before| gap(before, cell));
        if let Body::Answer { text } = &cell.body
            && !cell.done
        {
            return self.grow(index, text, blank, &look);
        }
        if self.laid.contains_key(&index) {
            return;
        }
        let mut rows = lines(cell, &look);
        if blank && !rows.is_empty() {
            rows.insert(0, Line::default());
        }
        let laid = Laid { finished: rows.len(), lines: rows, done: cell.done, bytes: 0 };
        self.laid.insert(index, laid);
    }

    /// Brings the lines of a streaming answer up to date.
    fn grow(&mut self, index: usize, text: &str, blank: bool, look: &Look<'_>) {
        if self.laid.get(&index).is_some_and(|laid| laid.bytes == text.len()) {
            return;
        }
        let known = self.growing.as_mut().filter(|growing| growing.cell == index);
        if !known.is_some_and(|growing| growing.feed(text)) || !self.laid.contains_key(&index) {
            let mut growing = Growing::new(index);
            growing.feed(text);
            self.growing = Some(growing);
            let lines = if blank { vec![Line::default()] } else { Vec::new() };
            self.laid.insert(index, Laid { finished: lines.len(), lines, done: false, bytes: 0 });
        }
        let Some((growing, laid)) = self.growing.as_mut().zip(self.laid.get_mut(&index)) else { return };
        laid.lines.truncate(laid.finished);
        laid.lines.extend(growing.finished(look));
        laid.finished = laid.lines.len();
        laid.lines.extend(growing.tail(look));
        laid.bytes = text.len();
    }
}

//! What goes to the terminal for one frame, in as few bytes as can be. It knows where the cursor is, as far as that can be known
//! without asking, and what it writes with.

use super::look::Look;
use super::row::{Row, is_covered, width};
use crate::tui::preferences::Colors;
use ratatui::buffer::Cell;
use std::io::Write;

/// So many unchanged letters are written again rather than stepped over.
const BRIDGE: usize = 3;

/// The most columns that a letter of several characters takes in a terminal that draws each of them: four people of a family. Nearer
/// to the edge it is kept from wrapping.
const WIDEST: usize = 8;

/// Has the terminal remember the place of the cursor, and go back to it. Source: DEC STD 070, DECSC and DECRC.
const KEEP: &[u8] = b"\x1b7";
const RETURN: &[u8] = b"\x1b8";

#[derive(Debug)]
pub struct Pen {
    bytes: Vec<u8>,
    colors: Colors,
    /// Columns of the screen.
    width: usize,
    look: Look,
    row: usize,
    /// Unknown behind the last column, and behind letters that terminals do not agree about.
    column: Option<usize>,
    /// The last letter was kept from wrapping.
    held: bool,
}

impl Pen {
    /// A pen at (column, row), counted from wherever the caller counts from.
    pub fn new(colors: Colors, width: u16, at: (Option<usize>, usize)) -> Self {
        Self {
            bytes: Vec::new(),
            colors,
            width: usize::from(width),
            look: Look::default(),
            row: at.1,
            column: at.0,
            held: false,
        }
    }

    /// The bytes, with nothing left switched on.
    pub fn end(mut self) -> Vec<u8> {
        self.plain();
        self.bytes
    }

    /// Where it is: (column, row).
    pub fn at(&self) -> (Option<usize>, usize) {
        (self.column, self.row)
    }

    pub fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Back to the terminal's own look; what erases and scrolls fills with the look that is on.
    pub fn plain(&mut self) {
        self.wear(Look::default());
    }

    /// A row of the screen that is there, in the column where it is.
    pub fn reach(&mut self, row: usize) {
        let (way, letter) = if row < self.row { (self.row - row, 'A') } else { (row - self.row, 'B') };
        self.step(way, letter);
        self.row = row;
    }

    pub fn to(&mut self, row: usize, column: usize) {
        if row == self.row + 1 && column == 0 {
            self.feed();
            return;
        }
        self.reach(row);
        match self.column {
            Some(now) if now == column => return,
            _ if column == 0 => self.raw(b"\r"),
            Some(now) if column > now && (column - now).to_string().len() < (column + 1).to_string().len() => {
                self.step(column - now, 'C');
            }
            Some(_) | None => self.step(column + 1, 'G'),
        }
        self.column = Some(column);
    }

    /// Back to where it was at first, by the terminal's own memory where that is shorter than the way.
    pub fn come_back(&mut self, column: usize, row: usize) {
        self.plain();
        let drawn = self.bytes.len();
        self.to(row, column);
        if self.bytes.len() > drawn + KEEP.len() + RETURN.len() {
            self.bytes.truncate(drawn);
            self.raw(RETURN);
            self.bytes.splice(0..0, KEEP.iter().copied());
        }
    }

    /// The beginning of the next row, which is scrolled into sight where there is none.
    pub fn feed(&mut self) {
        self.plain();
        self.raw(b"\r\n");
        self.row += 1;
        self.column = Some(0);
    }

    /// So many rows down, scrolled into sight where there are none. The column is another afterwards.
    pub fn make_room(&mut self, rows: usize) {
        self.plain();
        self.bytes.resize(self.bytes.len() + rows, b'\n');
        self.row += rows;
        self.column = None;
    }

    /// Rows come in (`L`) or go (`M`) where the pen is.
    pub fn shift(&mut self, rows: usize, letter: char) {
        self.plain();
        self.step(rows, letter);
        self.column = None;
    }

    /// Erases from here to the end of the row (`K`) or of the screen (`J`).
    pub fn erase(&mut self, letter: char) {
        self.plain();
        let _ = write!(self.bytes, "\x1b[{letter}");
    }

    /// The whole of a row, from where the pen is.
    pub fn whole(&mut self, row: &Row) {
        for (column, cell) in row.cells().iter().enumerate() {
            if !is_covered(cell) {
                self.to(self.row, column);
                self.put(cell);
            }
        }
    }

    /// The next letter goes where the terminal itself wraps to.
    pub fn wrapped(&mut self) {
        if self.held {
            return self.feed();
        }
        self.row += 1;
        self.column = Some(0);
    }

    /// Turns `from`, which stands in row `number`, into `to`.
    pub fn change(&mut self, number: usize, from: &Row, to: &Row) {
        for (column, cell) in to.cells().iter().enumerate() {
            let same = from.cells().get(column).map_or(*cell == Cell::EMPTY, |before| before == cell);
            if same || is_covered(cell) {
                continue;
            }
            self.bridge(number, column, to);
            self.to(number, column);
            self.put(cell);
        }
        if from.columns() > to.columns() {
            self.to(number, to.columns());
            self.erase('K');
        }
    }

    /// Writes a few letters that have not changed where that is no longer than a step over them.
    fn bridge(&mut self, number: usize, column: usize, row: &Row) {
        let Some(now) = self.column.filter(|now| self.row == number && *now < column && column - now <= BRIDGE) else {
            return;
        };
        let Some(between) = row.cells().get(now..column) else { return };
        let like =
            |cell: &Cell| cell.symbol().len() == 1 && (Look::of(cell, self.colors) == self.look || self.is_gap(cell));
        if between.iter().all(like) {
            between.iter().for_each(|cell| self.put(cell));
        }
    }

    /// A blank that looks the same with what is on.
    fn is_gap(&self, cell: &Cell) -> bool {
        cell.symbol() == " " && !self.look.shows_on_blanks() && !Look::of(cell, self.colors).shows_on_blanks()
    }

    fn put(&mut self, cell: &Cell) {
        if is_covered(cell) {
            return;
        }
        if !self.is_gap(cell) {
            self.wear(Look::of(cell, self.colors));
        }
        let symbol = cell.symbol();
        let simple = symbol.len() == 1 || symbol.chars().nth(1).is_none();
        self.held = !simple && self.column.is_none_or(|now| now + WIDEST > self.width);
        if self.held {
            self.raw(b"\x1b[?7l");
        }
        self.raw(symbol.as_bytes());
        if self.held {
            self.raw(b"\x1b[?7h");
        }
        self.column = self.column.map(|now| now + width(symbol)).filter(|next| simple && *next < self.width);
    }

    fn wear(&mut self, look: Look) {
        self.look.turn_into(look, &mut self.bytes);
        self.look = look;
    }

    fn step(&mut self, count: usize, letter: char) {
        let _ = match count {
            0 => Ok(()),
            1 => write!(self.bytes, "\x1b[{letter}"),
            count => write!(self.bytes, "\x1b[{count}{letter}"),
        };
    }
}

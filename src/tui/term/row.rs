//! One row of the screen: its cells without the blanks at its end, as ratatui's buffer has them but for the cells a wide character
//! covers, which are empty here.

use crate::text::sanitise::sanitise;
use ratatui::buffer::{Cell, CellWidth};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Line;
use std::borrow::Cow;
use unicode_segmentation::UnicodeSegmentation;

/// Where a tab leads to: the next multiple of this.
const TAB: usize = 4;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Row {
    cells: Vec<Cell>,
    /// The line goes on in the next row, by the terminal's own wrapping.
    wraps: bool,
}

impl Row {
    /// As much of `line` as there are columns.
    pub fn cut(line: &Line<'_>, width: u16) -> Self {
        let mut cells = cells(line);
        let width = usize::from(width);
        if cells.len() > width {
            // A wide character that would hang over the edge goes too.
            let end = (0..=width).rev().find(|end| cells.get(*end).is_none_or(|cell| !is_covered(cell)));
            cells.truncate(end.unwrap_or_default());
        }
        trim(&mut cells);
        Self { cells, wraps: false }
    }

    /// The whole of `line` in as many rows as it takes.
    pub fn wrapped(line: &Line<'_>, width: u16, rows: &mut Vec<Self>) {
        let width = usize::from(width);
        let mut cells = cells(line);
        trim(&mut cells);
        let mut row = Self::default();
        let mut left = cells.into_iter().peekable();
        while let Some(lead) = left.next() {
            let mut letter = vec![lead];
            while let Some(covered) = left.next_if(is_covered) {
                letter.push(covered);
            }
            if letter.len() > width {
                continue;
            }
            if row.cells.len() + letter.len() > width {
                row.wraps = true;
                rows.push(std::mem::take(&mut row));
            }
            row.cells.append(&mut letter);
        }
        rows.push(row);
    }

    /// A row of a buffer.
    pub fn of(slice: &[Cell]) -> Self {
        let mut cells: Vec<Cell> = Vec::with_capacity(slice.len());
        for (column, cell) in slice.iter().enumerate() {
            if column < cells.len() {
                continue;
            }
            let mut cell = cell.clone();
            if let Cow::Owned(clean) = sanitise(cell.symbol()) {
                cell.set_symbol(&clean);
            }
            let letter = !matches!(cell.symbol(), "" | "\t" | "\n");
            let width = if letter { width(cell.symbol()) } else { 0 };
            if width == 0 || column + width > slice.len() {
                cell.set_symbol(" ");
            }
            let style = cell.style();
            let width = self::width(cell.symbol());
            cells.push(cell);
            cells.extend((1..width).map(|_| covered(style)));
        }
        trim(&mut cells);
        Self { cells, wraps: false }
    }

    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    pub fn wraps(&self) -> bool {
        self.wraps
    }

    /// Columns it takes.
    pub fn columns(&self) -> usize {
        self.cells.len()
    }

    /// The columns at which it is broken where only `width` are left: one less than the rows it takes then.
    fn breaks(&self, width: u16) -> Vec<usize> {
        let width = usize::from(width.max(1));
        let mut breaks = Vec::new();
        let mut start = 0;
        for (column, cell) in self.cells.iter().enumerate() {
            let letter = 1 + self.cells.iter().skip(column + 1).take_while(|cell| is_covered(cell)).count();
            if !is_covered(cell) && column + letter - start > width && column > start {
                breaks.push(column);
                start = column;
            }
        }
        breaks
    }
}

/// Where things are after a terminal wrapped `rows` anew to `width` columns, the cursor being at `cursor` (column, row) of them: the
/// rows above the one with the cursor, and those below it.
///
/// A cursor behind the last letter stays in the row of that letter.
pub fn rows_at(rows: &[Row], width: u16, cursor: (usize, usize)) -> (usize, usize) {
    let (mut above, mut below) = (0, 0);
    for (number, row) in rows.iter().enumerate() {
        let breaks = row.breaks(width);
        let passed = breaks.iter().filter(|start| **start <= cursor.0).count();
        match number.cmp(&cursor.1) {
            std::cmp::Ordering::Less => above += breaks.len() + 1,
            std::cmp::Ordering::Equal => {
                above += passed;
                below += breaks.len() - passed;
            }
            std::cmp::Ordering::Greater => below += breaks.len() + 1,
        }
    }
    (above, below)
}

/// The columns of one letter.
pub fn width(symbol: &str) -> usize {
    usize::from(symbol.cell_width())
}

/// The cell is the right part of a wide letter.
pub fn is_covered(cell: &Cell) -> bool {
    cell.symbol().is_empty()
}

fn covered(style: Style) -> Cell {
    let mut cell = Cell::EMPTY;
    cell.set_symbol("").set_style(style);
    cell
}

/// The cells of a whole line, however long.
fn cells(line: &Line<'_>) -> Vec<Cell> {
    let mut cells = Vec::new();
    for span in &line.spans {
        let style = line.style.patch(span.style);
        let text = sanitise(&span.content);
        if text.is_ascii() {
            (0..text.len()).for_each(|at| push(text.get(at..=at).unwrap_or(" "), style, &mut cells));
        } else {
            text.graphemes(true).for_each(|letter| push(letter, style, &mut cells));
        }
    }
    cells
}

fn push(letter: &str, style: Style, cells: &mut Vec<Cell>) {
    let (symbol, times) = match letter {
        "\t" => (" ", TAB - cells.len() % TAB),
        "\n" => (" ", 1),
        letter => (letter, 1),
    };
    let width = width(symbol);
    if width == 0 {
        return attach(symbol, cells);
    }
    for _ in 0..times {
        let mut cell = Cell::EMPTY;
        cell.set_symbol(symbol).set_style(style);
        cells.push(cell);
        cells.extend((1..width).map(|_| covered(style)));
    }
}

/// A mark that comes alone belongs to the letter before it, unless that would become wider.
fn attach(mark: &str, cells: &mut [Cell]) {
    if let Some(lead) = cells.iter_mut().rev().find(|cell| !is_covered(cell)) {
        let whole = format!("{}{mark}", lead.symbol());
        if width(&whole) == width(lead.symbol()) {
            lead.set_symbol(&whole);
        }
    }
}

/// Takes away the blanks at the end that nobody sees.
fn trim(cells: &mut Vec<Cell>) {
    let marked = Modifier::UNDERLINED | Modifier::REVERSED | Modifier::CROSSED_OUT;
    let plain = |cell: &Cell| cell.symbol() == " " && cell.bg == Color::Reset && !cell.modifier.intersects(marked);
    let end = cells.iter().rposition(|cell| !plain(cell)).map_or(0, |last| last + 1);
    cells.truncate(end);
}

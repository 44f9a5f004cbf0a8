//! A small terminal that wraps its lines anew when its window changes, which the `vt100` crate does not. It knows what our screen
//! writes and fails on anything else.

use std::io::{self, Write};
use unicode_width::UnicodeWidthChar;

/// What a terminal does when its window changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Habit {
    /// Wraps lines anew.
    pub reflows: bool,
    /// Keeps the rows below the cursor when the window gets lower, rather than those above it.
    pub keeps_below: bool,
}

#[derive(Debug, Clone, Default)]
struct Row {
    /// One cell each; empty: the right part of a wide letter.
    cells: Vec<String>,
    /// Goes on in the next row.
    wraps: bool,
}

impl Row {
    fn text(&self) -> String {
        self.cells.concat()
    }
}

pub struct Model {
    size: (usize, usize),
    habit: Habit,
    /// Scrollback and screen.
    rows: Vec<Row>,
    /// The first row of the screen.
    top: usize,
    cursor: (usize, usize),
    kept: (usize, usize),
    /// The next letter begins a new row.
    pending: bool,
    wrapping: bool,
    unread: Vec<u8>,
}

impl Model {
    /// A terminal of `size` columns and rows that shows `before`.
    pub fn new(size: (u16, u16), habit: Habit, before: &str) -> Self {
        let size = (usize::from(size.0), usize::from(size.1));
        let (rows, unread) = (vec![Row::default(); size.1], Vec::new());
        let mut model =
            Self { size, habit, rows, top: 0, cursor: (0, 0), kept: (0, 0), pending: false, wrapping: true, unread };
        model.write_all(before.as_bytes()).unwrap();
        model
    }

    /// All lines, scrollback first, without the blanks at their ends and the empty ones at the end.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![String::new()];
        for row in &self.rows {
            lines.last_mut().unwrap().push_str(&row.text());
            if !row.wraps {
                lines.push(String::new());
            }
        }
        let mut lines: Vec<String> = lines.iter().map(|line| line.trim_end().to_owned()).collect();
        while lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        lines
    }

    /// The text of the row with the cursor, and its column.
    pub fn cursor(&self) -> (String, usize) {
        (self.rows[self.cursor.1].text().trim_end().to_owned(), self.cursor.0)
    }

    pub fn resize(&mut self, size: (u16, u16)) {
        self.size = (usize::from(size.0), usize::from(size.1));
        if self.habit.reflows {
            self.reflow();
        }
        self.cursor.0 = self.cursor.0.min(self.size.0 - 1);
        self.pending = false;
        for row in &mut self.rows {
            row.cells.truncate(self.size.0);
            row.wraps &= self.habit.reflows;
        }
        let used = self.rows.iter().rposition(|row| !row.text().trim().is_empty()).unwrap_or(0).max(self.cursor.1) + 1;
        let last = if self.habit.keeps_below { used } else { self.cursor.1 + 1 };
        self.top = last.saturating_sub(self.size.1);
        self.rows.resize(self.top + self.size.1, Row::default());
    }

    fn reflow(&mut self) {
        let (mut rows, mut cursor) = (Vec::new(), self.cursor);
        let mut start = 0;
        while start < self.rows.len() {
            let end = start + self.rows[start..].iter().take_while(|row| row.wraps).count();
            let line: Vec<&Row> = self.rows[start..=end.min(self.rows.len() - 1)].iter().collect();
            let first = rows.len();
            rows.extend(wrap(&line.iter().flat_map(|row| row.cells.clone()).collect::<Vec<_>>(), self.size.0));
            if (start..=end).contains(&self.cursor.1) {
                let before: usize = line[..self.cursor.1 - start].iter().map(|row| row.cells.len()).sum();
                let mut left = before + self.cursor.0;
                let mut row = first;
                while row + 1 < rows.len() && left >= rows[row].cells.len() {
                    left -= rows[row].cells.len();
                    row += 1;
                }
                cursor = (left, row);
            }
            start = end + 1;
        }
        (self.rows, self.cursor) = (rows, cursor);
    }

    fn row(&mut self) -> &mut Row {
        &mut self.rows[self.cursor.1]
    }

    fn print(&mut self, letter: char) {
        let width = letter.width().unwrap_or(1);
        if width == 0 {
            let end = self.cursor.0;
            let row = self.row();
            let end = if row.cells.len() < end { row.cells.len() } else { end };
            let at = (0..end).rev().find(|at| !row.cells[*at].is_empty()).expect("a mark has a letter before it");
            row.cells[at].push(letter);
            return;
        }
        if self.pending || self.cursor.0 + width > self.size.0 {
            if self.wrapping {
                self.row().wraps = true;
                self.feed();
                self.cursor.0 = 0;
            } else {
                self.cursor.0 = self.size.0 - width;
            }
            self.pending = false;
        }
        let at = self.cursor.0;
        let row = self.row();
        row.cells.resize(row.cells.len().max(at + width), " ".to_owned());
        for cell in at..at + width {
            // Half of a wide letter is no letter.
            if row.cells[cell].is_empty() {
                let lead = (0..cell).rev().find(|lead| !row.cells[*lead].is_empty()).unwrap();
                row.cells[lead..=cell].fill(" ".to_owned());
            }
            if row.cells.get(cell + 1).is_some_and(String::is_empty) {
                row.cells[cell + 1] = " ".to_owned();
            }
            row.cells[cell].clear();
        }
        row.cells[at].push(letter);
        self.cursor.0 = (at + width).min(self.size.0 - 1);
        self.pending = at + width == self.size.0;
    }

    fn feed(&mut self) {
        self.cursor.1 += 1;
        if self.cursor.1 == self.top + self.size.1 {
            self.top += 1;
            self.rows.push(Row::default());
        }
    }

    fn control(&mut self, parameters: &str, letter: char) {
        let number = parameters.parse::<usize>().unwrap_or(1);
        let last = self.top + self.size.1 - 1;
        self.pending &= matches!(letter, 'm' | 'h' | 'l');
        match (letter, parameters) {
            ('A', _) => self.cursor.1 = self.cursor.1.saturating_sub(number).max(self.top),
            ('B', _) => self.cursor.1 = (self.cursor.1 + number).min(last),
            ('C', _) => self.cursor.0 = (self.cursor.0 + number).min(self.size.0 - 1),
            ('G', _) => self.cursor.0 = (number - 1).min(self.size.0 - 1),
            ('L', _) => (0..number).for_each(|_| {
                self.rows.remove(last);
                self.rows.insert(self.cursor.1, Row::default());
            }),
            ('M', _) => (0..number).for_each(|_| {
                self.rows.insert(last + 1, Row::default());
                self.rows.remove(self.cursor.1);
            }),
            ('K', "") => self.erase(),
            ('J', "") => {
                self.erase();
                self.rows.truncate(self.cursor.1 + 1);
                self.rows.resize(self.top + self.size.1, Row::default());
            }
            ('h' | 'l', "?7") => self.wrapping = letter == 'h',
            ('h' | 'l', "?25" | "?2026") | ('m', _) => {}
            other => panic!("the screen wrote {other:?}"),
        }
    }

    fn erase(&mut self) {
        let column = self.cursor.0;
        self.row().cells.truncate(column);
        self.row().wraps = false;
    }
}

impl Write for Model {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.unread.extend_from_slice(bytes);
        let text = String::from_utf8(std::mem::take(&mut self.unread)).unwrap();
        let mut letters = text.chars();
        while let Some(letter) = letters.next() {
            match letter {
                '\r' => (self.cursor.0, self.pending) = (0, false),
                '\n' => self.feed(),
                '\u{1b}' if letters.as_str().starts_with('7') => {
                    (letters, self.kept) = (letters.as_str()[1..].chars(), self.cursor)
                }
                '\u{1b}' if letters.as_str().starts_with('8') => {
                    (letters, self.cursor, self.pending) = (letters.as_str()[1..].chars(), self.kept, false);
                }
                '\u{1b}' => {
                    assert_eq!(letters.next(), Some('['), "{text:?}");
                    let rest = letters.as_str();
                    let end = rest.find(|letter: char| letter.is_ascii_alphabetic()).unwrap();
                    self.control(&rest[..end], rest[end..].chars().next().unwrap());
                    letters = rest[end + 1..].chars();
                }
                letter => {
                    assert!(!letter.is_control(), "{text:?}");
                    self.print(letter);
                }
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn wrap(cells: &[String], width: usize) -> Vec<Row> {
    let blank = |cell: &String| cell == " ";
    let end = cells.iter().rposition(|cell| !blank(cell)).map_or(0, |last| last + 1);
    let mut rows = vec![Row::default()];
    for (at, cell) in cells[..end].iter().enumerate() {
        let wide = cells.get(at + 1).is_some_and(String::is_empty);
        let row = rows.last_mut().unwrap();
        if row.cells.len() + 1 + usize::from(wide) > width && !cell.is_empty() {
            row.wraps = true;
            rows.push(Row::default());
        }
        rows.last_mut().unwrap().cells.push(cell.clone());
    }
    rows
}

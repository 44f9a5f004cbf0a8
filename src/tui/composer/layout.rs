//! The text in rows of a given width, broken at blanks where there are some. Columns are those of a terminal.

use super::atoms::Atoms;
use super::motion;
use crate::text::sanitise::sanitise;
use crate::tui::words::wrap::clip;
use std::borrow::Cow;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// A text laid out.
#[derive(Debug, Clone)]
pub struct Layout<'a> {
    text: &'a str,
    atoms: &'a Atoms,
    width: usize,
    rows: Vec<(usize, usize)>,
}

impl<'a> Layout<'a> {
    pub fn new(text: &'a str, atoms: &'a Atoms, width: usize) -> Self {
        let mut layout = Self { text, atoms, width: width.max(1), rows: Vec::new() };
        let mut start = 0;
        for line in text.split('\n') {
            layout.wrap(start, line);
            start += line.len() + 1;
        }
        layout
    }

    /// Where each row begins and ends, in bytes.
    pub fn rows(&self) -> &[(usize, usize)] {
        &self.rows
    }

    /// Row and column of a byte.
    pub fn place(&self, at: usize) -> (usize, usize) {
        let row = self.rows.partition_point(|(start, _)| *start <= at).saturating_sub(1);
        let start = self.rows.get(row).map_or(0, |(start, _)| *start);
        (row, self.columns(self.text.get(start..at).unwrap_or_default()))
    }

    /// The byte at a column of a row, or the last one of the row before it.
    pub fn at(&self, row: usize, column: usize) -> usize {
        let Some((start, end)) = self.rows.get(row).copied() else { return self.text.len() };
        let wrapped = self.rows.get(row + 1).is_some_and(|(next, _)| *next == end);
        let end = if wrapped { motion::left(self.text, end).max(start) } else { end };
        let mut columns = 0;
        for (offset, grapheme) in self.text.get(start..end).unwrap_or_default().grapheme_indices(true) {
            columns += self.columns(grapheme);
            if columns > column {
                return start + offset;
            }
        }
        end
    }

    /// A grapheme as it is shown.
    pub fn shown(&self, grapheme: &'a str) -> Cow<'a, str> {
        match grapheme.as_bytes() {
            [b'\t'] => Cow::Borrowed("    "),
            [b' '..=b'~'] => Cow::Borrowed(grapheme),
            _ => match grapheme.chars().next().and_then(|char| self.atoms.get(char)) {
                Some(atom) => Cow::Owned(clip(&atom.label(), self.width)),
                None => sanitise(grapheme),
            },
        }
    }

    /// Does this stand for a paste or an image?
    pub fn is_atom(&self, grapheme: &str) -> bool {
        grapheme.chars().next().is_some_and(|char| self.atoms.get(char).is_some())
    }

    fn columns(&self, text: &str) -> usize {
        let layout = Layout { text, atoms: self.atoms, width: self.width, rows: Vec::new() };
        text.graphemes(true).map(|grapheme| layout.shown(grapheme).width()).sum()
    }

    fn wrap(&mut self, line_start: usize, line: &str) {
        let (mut start, mut column) = (line_start, 0);
        let mut blank: Option<(usize, usize)> = None;
        for (offset, grapheme) in line.grapheme_indices(true) {
            let at = line_start + offset;
            let width = self.columns(grapheme);
            while column + width > self.width && at > start {
                let (end, taken) = blank.take().unwrap_or((at, column));
                self.rows.push((start, end));
                start = end;
                column -= taken;
            }
            column += width;
            if grapheme.chars().all(char::is_whitespace) {
                blank = Some((at + grapheme.len(), column));
            }
        }
        self.rows.push((start, line_start + line.len()));
    }
}

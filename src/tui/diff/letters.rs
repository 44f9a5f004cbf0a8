//! Styled text cut into rows by letters and their widths. Blanks are kept: in a diff they are a part of what is shown.

use crate::tui::words::wrap::width;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;

const TAB: usize = 4;

/// A text and the styles of its pieces.
#[derive(Debug, Clone, Default)]
pub(super) struct Styled {
    pub text: String,
    /// Where each piece ends, in bytes, and its style; the last ends with the text.
    pub pieces: Vec<(usize, Style)>,
}

impl Styled {
    pub fn plain(text: String, style: Style) -> Self {
        let pieces = vec![(text.len(), style)];
        Self { text, pieces }
    }

    /// These bytes get `style` on top of their own.
    pub fn overlay(&mut self, ranges: &[Range<usize>], style: Style) {
        for range in ranges.iter().filter(|range| !range.is_empty()) {
            let mut pieces = Vec::with_capacity(self.pieces.len() + 2);
            let mut start = 0;
            for (end, own) in self.pieces.drain(..) {
                let cuts =
                    [(range.start.clamp(start, end), own), (range.end.clamp(start, end), own.patch(style)), (end, own)];
                for (cut, style) in cuts {
                    if cut > start {
                        pieces.push((cut, style));
                        start = cut;
                    }
                }
            }
            self.pieces = pieces;
        }
    }

    /// Rows of at most `width` columns; at least one. `tabs`: the style of an arrow that stands for a tab; without one it is blanks.
    pub fn rows(&self, room: usize, tabs: Option<Style>) -> Vec<Vec<Span<'static>>> {
        let mut rows = Rows { width: room.max(2), done: Vec::new(), row: Vec::new(), column: 0 };
        let mut pieces = self.pieces.iter();
        let mut piece = pieces.next();
        let mut column = 0;
        for (at, letter) in self.text.grapheme_indices(true) {
            while piece.is_some_and(|(end, _)| *end <= at) {
                piece = pieces.next();
            }
            let style = piece.map(|(_, style)| *style).unwrap_or_default();
            if letter == "\t" {
                let blanks = TAB - column % TAB;
                column += blanks;
                for at in 0..blanks {
                    match tabs {
                        Some(tabs) if at == 0 => rows.push("→", 1, style.patch(tabs)),
                        Some(_) | None => rows.push(" ", 1, style),
                    }
                }
                continue;
            }
            let wide = width(letter);
            column += wide.max(1);
            if wide == 0 {
                // A mark without a letter would not be seen.
                rows.push(&format!("\u{25cc}{letter}"), 1, style);
            } else {
                rows.push(letter, wide, style);
            }
        }
        rows.finish()
    }
}

struct Rows {
    width: usize,
    done: Vec<Vec<Span<'static>>>,
    row: Vec<(String, Style)>,
    column: usize,
}

impl Rows {
    fn push(&mut self, letter: &str, wide: usize, style: Style) {
        if self.column + wide > self.width {
            self.turn();
        }
        self.column += wide;
        match self.row.last_mut() {
            Some((text, last)) if *last == style => text.push_str(letter),
            Some(_) | None => self.row.push((letter.to_owned(), style)),
        }
    }

    fn turn(&mut self) {
        let row = std::mem::take(&mut self.row);
        self.done.push(row.into_iter().map(|(text, style)| Span::styled(text, style)).collect());
        self.column = 0;
    }

    fn finish(mut self) -> Vec<Vec<Span<'static>>> {
        if !self.row.is_empty() || self.done.is_empty() {
            self.turn();
        }
        self.done
    }
}

/// The end of a text in at most `room` columns: of a path that is what tells it from others.
pub fn tail(text: &str, room: usize) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let mut kept = text.len();
    let mut wide = 1;
    for (at, letter) in text.grapheme_indices(true).rev() {
        wide += width(letter);
        if wide > room {
            break;
        }
        kept = at;
    }
    format!("…{}", text.get(kept..).unwrap_or_default())
}

/// A line of text in rows of at most `width` columns, cut between letters.
pub fn cut(text: &str, style: Style, width: usize) -> Vec<Line<'static>> {
    Styled::plain(text.to_owned(), style).rows(width, None).into_iter().map(Line::from).collect()
}

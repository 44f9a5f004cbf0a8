//! An answer that grows: laid out piece by piece, so that its length does not matter.

use super::Look;
use crate::tui::words::markdown::Stream;
use ratatui::text::Line;

/// The answer of one cell while it streams.
pub struct Growing {
    /// Which cell.
    pub cell: usize,
    stream: Stream,
    /// Has any line of it been given out?
    pub begun: bool,
}

impl Growing {
    pub fn new(cell: usize) -> Self {
        Self { cell, stream: Stream::new(), begun: false }
    }

    /// Takes what has come since. False: the text is another than what was taken before.
    pub fn feed(&mut self, text: &str) -> bool {
        let known = self.stream.text().len();
        // Where a text of the same cell grows, its beginning stays: comparing a part of it is enough and costs little.
        let near = text.floor_char_boundary(known.saturating_sub(64));
        match text.get(known..) {
            Some(rest) if text.get(near..known) == self.stream.text().get(near..) => {
                if !rest.is_empty() {
                    self.stream.push(rest);
                }
                true
            }
            Some(_) | None => false,
        }
    }

    /// The whole text is `text`: is it what was taken, and more at most? Then the rest is taken, too.
    pub fn end(&mut self, text: &str) -> bool {
        let Some(rest) = text.strip_prefix(self.stream.text()) else { return false };
        let rest = rest.to_owned();
        self.stream.push(&rest);
        self.stream.end();
        true
    }

    /// Lines that are finished since the last call.
    pub fn finished(&mut self, look: &Look<'_>) -> Vec<Line<'static>> {
        let lines = self.stream.finished(look.width, look.theme, look.highlighter);
        self.begun |= !lines.is_empty();
        lines
    }

    /// What is open.
    pub fn tail(&self, look: &Look<'_>) -> Vec<Line<'static>> {
        self.stream.tail(look.width, look.theme, look.highlighter)
    }
}

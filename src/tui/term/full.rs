//! The full screen: a whole buffer on the alternate screen, by difference to the one before.

use super::Body;
use super::pen::Pen;
use super::row::Row;
use crate::tui::preferences::Colors;
use ratatui::buffer::Buffer;

#[derive(Debug, Default)]
pub struct Full {
    /// None: what is on the screen is not known.
    shown: Option<Buffer>,
    /// Column, if it is known, and row of the cursor.
    at: (Option<usize>, usize),
}

impl Full {
    pub fn resized(&mut self) {
        self.shown = None;
    }

    pub fn frame(&mut self, buffer: &Buffer, cursor: Option<(u16, u16)>, colors: Colors) -> Body {
        let area = *buffer.area();
        let before = self.shown.take().filter(|before| *before.area() == area);
        let anew = before.is_none();
        let before = before.unwrap_or_else(|| Buffer::empty(area));
        if anew {
            self.at = (Some(0), 0);
        }
        let mut pen = Pen::new(colors, area.width, self.at);
        if anew {
            pen.raw(b"\x1b[H\x1b[2J");
        }
        let width = usize::from(area.width.max(1));
        let rows = before.content().chunks(width).zip(buffer.content().chunks(width));
        for (number, (old, new)) in rows.enumerate().filter(|(_, (old, new))| old != new) {
            pen.change(number, &Row::of(old), &Row::of(new));
        }
        if let Some((column, row)) = cursor {
            pen.plain();
            pen.to(usize::from(row), usize::from(column));
        }
        self.at = pen.at();
        self.shown = Some(buffer.clone());
        Body { bytes: pen.end(), moves: anew }
    }
}

//! Blocks as they end: what of them is given out, and when.

use super::{Blocks, Container, Kind, Leaf, marks};
use crate::tui::words::piece::{Body, Joint, Mark, Piece};

/// Bytes from which a paragraph is given out in parts, where nothing in it is open.
const LONG: usize = 400;
/// Bytes from which it is given out whatever is open.
const TOO_LONG: usize = 4_000;
impl Blocks {
    /// Gives out what a long paragraph has so far.
    pub(super) fn settle(&mut self, ended: bool) {
        let Leaf::Paragraph { text, joint } = &mut self.leaf else { return };
        if text.len() < LONG || !(text.len() >= TOO_LONG || marks::settled(text)) {
            return;
        }
        let (text, before) = (std::mem::take(text), *joint);
        *joint = match ended {
            true => Joint::Line,
            false if text.ends_with(' ') => Joint::Space,
            false => Joint::Glue,
        };
        self.text(text, before, false);
    }

    fn text(&mut self, text: String, joint: Joint, last: bool) {
        let body = Body::Text { text, joint, last };
        if joint == Joint::First { self.block(body) } else { self.put(body) }
    }

    pub(super) fn heading(&mut self, level: usize, text: String) {
        self.blank = true;
        self.block(Body::Heading { level, text });
    }

    /// Ends the block that holds text.
    pub(super) fn flush(&mut self) {
        self.table_out();
        match std::mem::take(&mut self.leaf) {
            Leaf::Paragraph { text, joint } => self.text(text, joint, true),
            Leaf::Fence { .. } => self.put(Body::CodeEnd),
            Leaf::Indented { blank } => {
                self.put(Body::CodeEnd);
                self.blank |= blank > 0;
            }
            Leaf::None | Leaf::Html | Leaf::Table { .. } => {}
        }
    }

    /// Ends the blocks from a depth on; those that hold nothing are shown as they are.
    pub(super) fn close(&mut self, depth: usize) {
        self.flush();
        if self.containers.iter().skip(depth).any(|container| !container.shown) {
            self.text(String::new(), Joint::First, true);
        }
        self.containers.truncate(depth);
    }

    /// The first piece of a block.
    pub(super) fn block(&mut self, body: Body) {
        if self.begun && std::mem::take(&mut self.blank) {
            let shown = self.containers.iter().filter(|container| container.shown);
            let frame = shown.map(mark).collect();
            self.pieces.push(Piece { frame, body: Body::Gap });
        }
        self.blank = false;
        self.begun = true;
        self.lists.truncate(self.containers.len());
        self.put(body);
    }

    pub(super) fn put(&mut self, body: Body) {
        let frame = self.containers.iter().map(mark).collect();
        self.containers.iter_mut().for_each(|container| container.shown = true);
        self.pieces.push(Piece { frame, body });
    }
}

fn mark(container: &Container) -> Mark {
    match &container.kind {
        Kind::Quote => Mark::Quote,
        Kind::Item { sign, .. } => Mark::Item { sign: sign.clone(), first: !container.shown },
    }
}

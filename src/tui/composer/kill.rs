//! What was cut, the newest last, to be put in again.

/// So many pieces are kept.
const MOST: usize = 60;

#[derive(Debug, Clone, Default)]
pub struct Ring {
    pieces: Vec<String>,
    /// Which piece was put in last, counted from the newest.
    shown: usize,
}

impl Ring {
    /// A piece of its own, or, right after another cut, joined to it in the order of the text.
    pub fn keep(&mut self, piece: &str, joined: Option<Side>) {
        if piece.is_empty() {
            return;
        }
        self.shown = 0;
        match (joined, self.pieces.last_mut()) {
            (Some(Side::Behind), Some(last)) => last.push_str(piece),
            (Some(Side::Before), Some(last)) => last.insert_str(0, piece),
            (None, _) | (_, None) => {
                self.pieces.push(piece.to_owned());
                if self.pieces.len() > MOST {
                    self.pieces.remove(0);
                }
            }
        }
    }

    pub fn newest(&mut self) -> Option<&str> {
        self.shown = 0;
        self.pieces.last().map(String::as_str)
    }

    /// The piece before the one that was put in last; after the oldest comes the newest.
    pub fn older(&mut self) -> Option<&str> {
        self.shown = (self.shown + 1) % self.pieces.len().max(1);
        self.pieces.iter().rev().nth(self.shown).map(String::as_str)
    }
}

/// On which side of what was cut before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Before,
    Behind,
}

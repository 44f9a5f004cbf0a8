//! A file's text as one level of likeness sees it, so that a text can be found in it that begins or ends inside a line.

use super::places;
use crate::edit::fold::{self, Level};
use crate::edit::lines;
use crate::edit::seek::Text;
use std::ops::Range;

/// A text as one level sees it, in pieces that each stand for bytes of the file.
pub struct Folded {
    bytes: Vec<u8>,
    pieces: Vec<Piece>,
    level: Level,
}

/// Folded bytes and the file's bytes that they stand for; each for its own where both are as long.
#[derive(Clone, Copy)]
struct Piece {
    folded: usize,
    folded_length: usize,
    own: usize,
    own_length: usize,
}

impl Folded {
    pub fn new(text: &Text<'_>, level: Level) -> Self {
        let mut folded = Self { bytes: Vec::with_capacity(text.body.len()), pieces: Vec::new(), level };
        let mut at = 0;
        for line in &text.lines {
            let kept = if level == Level::Exact { line.text } else { line.text.trim_ascii_end() };
            if level == Level::Punctuation && !kept.is_ascii() {
                let mut own = at;
                for (piece, char) in fold::pieces(kept) {
                    let ascii = char.and_then(fold::typographic).map_or(piece, |(ascii, _)| ascii.as_bytes());
                    folded.push(ascii, own, piece.len());
                    own += piece.len();
                }
            } else {
                folded.push(kept, at, kept.len());
            }
            let end = at + line.text.len() + line.ending.bytes().len();
            if line.ending != lines::Ending::None {
                folded.push(b"\n", at + kept.len(), end - at - kept.len());
            }
            at = end;
        }
        folded
    }

    fn push(&mut self, bytes: &[u8], own: usize, own_length: usize) {
        if !bytes.is_empty() {
            self.pieces.push(Piece { folded: self.bytes.len(), folded_length: bytes.len(), own, own_length });
            self.bytes.extend_from_slice(bytes);
        }
    }

    /// The file's bytes that a folded byte stands for.
    fn own(&self, at: usize) -> Option<Range<usize>> {
        let piece = self.pieces.get(self.pieces.partition_point(|piece| piece.folded <= at).checked_sub(1)?)?;
        if piece.folded_length == piece.own_length {
            let own = piece.own + (at - piece.folded);
            return Some(own..own + 1);
        }
        Some(piece.own..piece.own + piece.own_length)
    }

    /// The bytes of the file that this text stands for, wherever it does.
    pub fn spans(&self, sent: &[u8]) -> Vec<Range<usize>> {
        let ended = sent.ends_with(b"\n");
        let parts = lines::split(sent);
        let keys: Vec<_> = parts.iter().map(|line| self.level.key(line.text)).collect();
        let mut needle = keys.join(&b'\n');
        if needle.iter().all(u8::is_ascii_whitespace) {
            return Vec::new();
        }
        if ended {
            needle.push(b'\n');
        }
        // Blanks at the end of the last line were dropped: then it has to be the end of a line.
        let blank = |line: &lines::Line<'_>| self.level != Level::Exact && !fold::trailing(line.text).is_empty();
        let at_end = !ended && parts.last().is_some_and(blank);
        let mut found = places(&self.bytes, &needle);
        if found.is_empty() && ended {
            // The file's last line may have no ending.
            needle.pop();
            found = places(&self.bytes, &needle);
            found.retain(|at| at + needle.len() == self.bytes.len());
        }
        found.retain(|at| !at_end || matches!(self.bytes.get(at + needle.len()), None | Some(b'\n')));
        let span = |at: usize| Some(self.own(at)?.start..self.own(at + needle.len() - 1)?.end);
        found.into_iter().filter_map(span).collect()
    }
}

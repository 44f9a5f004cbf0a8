//! Markdown to lines, whole or while it streams: both are one reader, so what was shown of an answer on its way is what it shows at its end.
//!
//! A stream does work for the block that is open, never for the whole answer.

use super::blocks::Blocks;
use super::code::Highlighter;
use super::piece::{Body, Piece};
use super::render::{Look, Writer};
use crate::text::sanitise::sanitise;
use crate::tui::theme::Theme;
use ratatui::text::Line;

/// A line longer than this is read in parts, where it is text; bytes.
const LONG: usize = 400;
/// A part ends here, even within a word.
const TOO_LONG: usize = 4_096;
/// So much of a line of code that has no end yet is shown; bytes.
const SHOWN: usize = 8_192;

/// A finished text as lines of at most `width` cells.
pub fn lines(text: &str, width: u16, theme: &Theme, highlighter: &Highlighter) -> Vec<Line<'static>> {
    let mut stream = Stream::new();
    stream.push(text);
    stream.end();
    stream.finished(width, theme, highlighter)
}

/// A piece of source within a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeBlock {
    /// What the fence says, `rust`; may be empty.
    pub info: String,
    pub text: String,
}

/// The source within a text, to be copied: in the order of the text, each line with its line break.
pub fn code_blocks(text: &str) -> Vec<CodeBlock> {
    let mut stream = Stream::new();
    stream.push(text);
    stream.end();
    let mut found: Vec<CodeBlock> = Vec::new();
    for piece in stream.pieces {
        if let Body::CodeBegin { info } = piece.body {
            found.push(CodeBlock { info, text: String::new() });
        } else if let (Body::Code(line), Some(block)) = (piece.body, found.last_mut()) {
            block.text.push_str(&line);
            block.text.push('\n');
        }
    }
    found
}

/// A text that is still coming.
#[derive(Debug, Clone, Default)]
pub struct Stream {
    text: String,
    /// Bytes the blocks have.
    fed: usize,
    /// Bytes that were looked at.
    seen: usize,
    /// What comes next goes on with a line of which the blocks have a part.
    within: bool,
    blocks: Blocks,
    /// Pieces without lines.
    pieces: Vec<Piece>,
    writer: Writer,
}

impl Stream {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn push(&mut self, piece: &str) {
        self.text.push_str(piece);
        self.read();
    }

    /// The text is whole: what was open is finished.
    pub fn end(&mut self) {
        if self.fed < self.text.len() {
            self.feed(self.text.len(), true);
            self.fed = self.text.len();
        }
        self.seen = self.text.len();
        self.within = false;
        self.blocks.end();
        self.pieces.extend(self.blocks.take());
    }

    /// The lines that will not change any more, since the last call.
    pub fn finished(&mut self, width: u16, theme: &Theme, highlighter: &Highlighter) -> Vec<Line<'static>> {
        let look = Look { width, theme, highlighter };
        for piece in self.pieces.drain(..) {
            self.writer.write(piece, look);
        }
        self.writer.take()
    }

    /// What follows them for now.
    pub fn tail(&self, width: u16, theme: &Theme, highlighter: &Highlighter) -> Vec<Line<'static>> {
        let look = Look { width, theme, highlighter };
        let (mut blocks, mut writer) = (self.blocks.clone(), self.writer.clone());
        let open = self.text.get(self.fed..).unwrap_or_default();
        if !self.undecided(open) {
            let end = open.floor_char_boundary(SHOWN);
            let open = open.get(..end).unwrap_or_default();
            blocks.feed(&sanitise(open.strip_suffix('\r').unwrap_or(open)), !self.within, true);
        }
        blocks.end();
        for piece in self.pieces.iter().cloned().chain(blocks.take()) {
            writer.write(piece, look);
        }
        writer.take()
    }

    /// All that has come.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// A line that may become a rule, an item or a fence is shown when it says which.
    fn undecided(&self, open: &str) -> bool {
        let sign = |char| match self.blocks.in_fence() {
            true => matches!(char, '`' | '~' | ' '),
            false => matches!(char, '-' | '=' | '*' | '_' | '#' | '`' | '~' | '>' | '+' | '|' | ':' | ' '),
        };
        !self.within && open.chars().all(sign)
    }

    fn read(&mut self) {
        while let Some(byte) = self.text.as_bytes().get(self.seen).copied() {
            let length = self.seen - self.fed;
            self.seen += 1;
            if byte == b'\n' {
                self.feed(self.seen - 1, true);
                self.within = false;
            } else if length >= LONG && (byte == b' ' || length >= TOO_LONG) && self.splits() {
                self.feed(self.seen, false);
                self.within = true;
            } else {
                continue;
            }
            self.fed = self.seen;
        }
        self.pieces.extend(self.blocks.take());
    }

    fn splits(&self) -> bool {
        let open = self.text.get(self.fed..).unwrap_or_default();
        self.text.is_char_boundary(self.seen) && (self.within || self.blocks.splits(open))
    }

    fn feed(&mut self, to: usize, ends: bool) {
        let part = self.text.get(self.fed..to).unwrap_or_default();
        let part = if ends { part.strip_suffix('\r').unwrap_or(part) } else { part };
        self.blocks.feed(&sanitise(part), !self.within, ends);
    }
}

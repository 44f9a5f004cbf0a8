//! The terminal: the one place that writes to it. The inline screen leaves what is finished to the terminal's own scrollback and
//! redraws only the live area below it; the full screen is the alternate one.
//!
//! The cursor is never asked for and rows are never addressed from the top: an inline screen does not know where on the terminal it
//! is, only how far it is from its own first row. Everything handed in is data; no control character of it reaches the terminal.

mod full;
mod inline;
mod look;
mod modes;
mod outward;
mod pen;
mod plan;
mod row;

pub use modes::{Restoring, Shape, raw};
pub use row::{Row, rows_at};

use super::preferences::Terminal;
use full::Full;
use inline::Inline;
use modes::State;
use ratatui::buffer::Buffer;
use ratatui::text::Line;
use std::io::{self, Write};

/// What makes a frame appear at once, in terminals that know it, and nothing in the others.
/// Source: the synchronized output of contour's `vt-extensions`.
const TOGETHER: &[u8] = b"\x1b[?2026h";
const SHOWN: &[u8] = b"\x1b[?2026l";
const HIDE: &[u8] = b"\x1b[?25l";
const SHOW: &[u8] = b"\x1b[?25h";

/// A frame shorter than this that moves no rows is one letter or one word and goes as it is: the terminal reads it in one piece, and
/// the 28 bytes around it would be more than its text.
const SMALL: usize = 160;

/// The terminal behind `out`, inline or full.
#[derive(Debug)]
pub struct Screen<W: Write> {
    out: W,
    /// Columns and rows.
    size: (u16, u16),
    terminal: Terminal,
    inline: Inline,
    full: Option<Full>,
    /// The cursor is to be seen.
    visible: bool,
    entered: bool,
    shape: Shape,
    /// The title that stands, when we set one.
    title: Option<String>,
    written: u64,
    state: State,
}

/// What one frame writes between the cursor's last place and its next.
struct Body {
    bytes: Vec<u8>,
    /// Rows move, so that halfway it would not look like a screen.
    moves: bool,
}

impl<W: Write> Screen<W> {
    /// A screen of `size` columns and rows. The cursor stands at the beginning of a line, as a shell leaves it. Nothing is written.
    pub fn new(out: W, size: (u16, u16), terminal: Terminal) -> Self {
        Self {
            out,
            size: (size.0.max(1), size.1.max(1)),
            terminal,
            inline: Inline::new(),
            full: None,
            visible: true,
            entered: false,
            shape: Shape::Own,
            title: None,
            written: 0,
            state: State::default(),
        }
    }

    /// Prints `finished` above, where it becomes the terminal's own text, and shows `live` below it. A finished line that is wider
    /// than the screen is wrapped by the terminal and stays one line when it is copied; a live line is cut, and of more live lines
    /// than the screen has rows but one, the last are shown. The cursor is at (column, row) of `live`, or hidden.
    ///
    /// A frame that changes nothing writes nothing. Errors: what the terminal says to being written to.
    pub fn inline(&mut self, finished: &[Line<'_>], live: &[Line<'_>], cursor: Option<(u16, u16)>) -> io::Result<()> {
        let mut bytes = self.close_full();
        let returned = !bytes.is_empty();
        let mut body = self.inline.frame(finished, live, cursor, self.size, self.terminal);
        bytes.append(&mut body.bytes);
        self.frame(Body { bytes, moves: body.moves || returned }, cursor.is_some())
    }

    /// Shows the whole `buffer` on the alternate screen, which is entered when it is not yet. The cursor is at (column, row), or
    /// hidden. The next `inline` goes back.
    pub fn full(&mut self, buffer: &Buffer, cursor: Option<(u16, u16)>) -> io::Result<()> {
        let mut bytes = Vec::new();
        let entering = self.full.is_none();
        if entering {
            bytes.extend_from_slice(modes::ALTERNATE);
            bytes.extend_from_slice(self.keyboard().0);
        }
        let mut body = self.full.get_or_insert_default().frame(buffer, cursor, self.terminal.colors);
        bytes.append(&mut body.bytes);
        self.frame(Body { bytes, moves: body.moves || entering }, cursor.is_some())
    }

    /// The window has changed: what is on the screen is drawn anew by the next frame, even at the size of before, for it may have
    /// been another in between and the terminal has moved its rows twice.
    pub fn resize(&mut self, size: (u16, u16)) {
        self.size = (size.0.max(1), size.1.max(1));
        self.inline.resized();
        if let Some(full) = &mut self.full {
            full.resized();
        }
    }

    /// The next frame draws all of it anew, and the terminal is told again what it may have forgotten.
    pub fn redraw(&mut self) -> io::Result<()> {
        self.resize(self.size);
        let bytes =
            if self.entered { [self.keyboard().1, modes::ENTER, self.keyboard().0].concat() } else { Vec::new() };
        self.write(&bytes)
    }

    /// Columns and rows.
    pub fn size(&self) -> (u16, u16) {
        self.size
    }

    /// Has the terminal say what is pasted, when it has the focus and which keys exactly are pressed. The mouse stays the
    /// terminal's own. Does nothing when it was done.
    pub fn enter(&mut self) -> io::Result<()> {
        if self.entered {
            return Ok(());
        }
        self.entered = true;
        let mut bytes = modes::ENTER.to_vec();
        bytes.extend_from_slice(self.keyboard().0);
        if self.shape != Shape::Own {
            bytes.extend_from_slice(self.shape.bytes());
        }
        if let Some(title) = &self.title {
            bytes.extend_from_slice(modes::KEEP_TITLE);
            bytes.extend(outward::title(title));
        }
        self.write(&bytes)
    }

    /// Puts everything back: modes, title, cursor. The live area stays where it is, and the cursor stands on a fresh line below it;
    /// the next frame draws anew from there. An empty live area shown before leaves nothing behind.
    pub fn leave(&mut self) -> io::Result<()> {
        let mut bytes = self.close_full();
        bytes.extend(self.inline.close(self.size, self.terminal));
        if self.entered {
            bytes.extend_from_slice(self.keyboard().1);
            bytes.extend_from_slice(modes::LEAVE);
            if self.shape != Shape::Own {
                bytes.extend_from_slice(Shape::Own.bytes());
            }
            if self.title.is_some() {
                bytes.extend_from_slice(modes::GIVE_TITLE);
            }
        }
        self.entered = false;
        if !self.visible {
            bytes.extend_from_slice(SHOW);
            self.visible = true;
        }
        self.write(&bytes)
    }

    /// How the cursor looks from now on, until `leave`.
    pub fn shape(&mut self, shape: Shape) -> io::Result<()> {
        if self.shape == shape {
            return Ok(());
        }
        self.shape = shape;
        if self.entered { self.write(shape.bytes()) } else { Ok(()) }
    }

    /// The title of the window; the one before comes back with `leave`.
    pub fn title(&mut self, text: &str) -> io::Result<()> {
        if self.title.as_deref() == Some(text) {
            return Ok(());
        }
        let first = self.title.replace(text.to_owned()).is_none();
        if !self.entered {
            return Ok(());
        }
        let keep: &[u8] = if first { modes::KEEP_TITLE } else { b"" };
        self.write(&[keep, &outward::title(text)].concat())
    }

    /// Puts `text` on the clipboard of the machine the terminal is on, where the terminal allows it.
    pub fn copy(&mut self, text: &str) -> io::Result<()> {
        let bytes = outward::copy(text, self.terminal.tmux);
        self.write(&bytes)
    }

    /// Calls the user: `kind` is `osc9`, `osc777`, `off` or `bell`, which is also what anything else is.
    pub fn call(&mut self, kind: &str, text: &str) -> io::Result<()> {
        let bytes = outward::call(kind, text, self.terminal.tmux);
        self.write(&bytes)
    }

    /// All bytes that went to the terminal.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// What a panic hook and the handler of a signal need to put the terminal back without this screen.
    pub fn restoring_hook(&self) -> Restoring {
        self.state.restoring()
    }

    /// Where the bytes go.
    pub fn output(&self) -> &W {
        &self.out
    }

    /// The same, to be changed: a terminal of a test that is resized.
    pub fn output_mut(&mut self) -> &mut W {
        &mut self.out
    }

    /// What asks for exact keys and what takes that back. Each screen of a terminal has its own stack of these. tmux asks its
    /// terminal itself.
    fn keyboard(&self) -> (&'static [u8], &'static [u8]) {
        if self.entered && !self.terminal.tmux { (modes::KEYS, modes::KEYS_BACK) } else { (b"", b"") }
    }

    fn close_full(&mut self) -> Vec<u8> {
        if self.full.take().is_none() {
            return Vec::new();
        }
        [self.keyboard().1, modes::MAIN].concat()
    }

    /// One frame: at once where it is more than a word, and with the cursor out of sight while rows move.
    fn frame(&mut self, body: Body, cursor: bool) -> io::Result<()> {
        let Body { bytes, moves } = body;
        if bytes.is_empty() && cursor == self.visible {
            return Ok(());
        }
        let large = moves || bytes.len() > SMALL;
        let hide = self.visible && (large || !cursor);
        let show = cursor && (hide || !self.visible);
        let mut whole = Vec::with_capacity(bytes.len() + 32);
        if large {
            whole.extend_from_slice(TOGETHER);
        }
        if hide {
            whole.extend_from_slice(HIDE);
        }
        whole.extend_from_slice(&bytes);
        if show {
            whole.extend_from_slice(SHOW);
        }
        if large {
            whole.extend_from_slice(SHOWN);
        }
        self.visible = cursor;
        self.write(&whole)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.state.set(self.entered, self.full.is_some(), self.visible, self.inline.below());
        if bytes.is_empty() {
            return Ok(());
        }
        self.written += bytes.len() as u64;
        self.out.write_all(bytes)?;
        self.out.flush()
    }
}

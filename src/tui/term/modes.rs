//! Modes of the terminal: what is switched on, and the way back, for the end, a panic and a signal alike.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// Pasted text is marked as such; the terminal says when it gains or loses the focus. Source: xterm's `ctlseqs`.
pub const ENTER: &[u8] = b"\x1b[?2004h\x1b[?1004h";
pub const LEAVE: &[u8] = b"\x1b[?1004l\x1b[?2004l";

/// Keys that share a code in old terminals are told apart; whoever does not know this passes over it.
/// Source: kitty's keyboard protocol, flag 1.
pub const KEYS: &[u8] = b"\x1b[>1u";
pub const KEYS_BACK: &[u8] = b"\x1b[<1u";

/// The alternate screen and back, with the cursor as it was.
pub const ALTERNATE: &[u8] = b"\x1b[?1049h";
pub const MAIN: &[u8] = b"\x1b[?1049l";

/// Puts the window's title on the terminal's stack, and takes it from there.
pub const KEEP_TITLE: &[u8] = b"\x1b[22;2t";
pub const GIVE_TITLE: &[u8] = b"\x1b[23;2t";

const ENTERED: u32 = 1;
const FULL: u32 = 2;
const HIDDEN: u32 = 4;
const BELOW: u32 = 3;

/// How the cursor looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shape {
    /// As the user set it.
    #[default]
    Own,
    Bar,
    Block,
}

impl Shape {
    /// Source: xterm's `ctlseqs`, DECSCUSR.
    pub fn bytes(self) -> &'static [u8] {
        match self {
            Self::Own => b"\x1b[0 q",
            Self::Bar => b"\x1b[6 q",
            Self::Block => b"\x1b[2 q",
        }
    }
}

/// What is switched on now, shared with those who may have to put it back.
#[derive(Debug, Clone, Default)]
pub struct State(Arc<AtomicU32>);

impl State {
    /// `below`: rows of the live area below the cursor.
    pub fn set(&self, entered: bool, full: bool, visible: bool, below: usize) {
        let flag = |on: bool, flag: u32| if on { flag } else { 0 };
        let below = u32::try_from(below.min(999)).unwrap_or_default() << BELOW;
        self.0.store(flag(entered, ENTERED) | flag(full, FULL) | flag(!visible, HIDDEN) | below, Ordering::Relaxed);
    }

    pub fn restoring(&self) -> Restoring {
        Restoring(Arc::clone(&self.0))
    }
}

/// The way back from whatever is on the terminal, for those who have no screen at hand.
#[derive(Debug, Clone)]
pub struct Restoring(Arc<AtomicU32>);

impl Restoring {
    /// What puts the terminal back and the cursor on a fresh line below the live area; nothing where that was done. `raw(false)` is
    /// the other half.
    pub fn bytes(&self) -> Vec<u8> {
        let state = self.0.swap(0, Ordering::Relaxed);
        if state == 0 {
            return Vec::new();
        }
        let mut bytes = b"\x1b[?2026l\x1b[m".to_vec();
        let entered = state & ENTERED != 0;
        if state & FULL != 0 {
            bytes.extend_from_slice(if entered { KEYS_BACK } else { b"" });
            bytes.extend_from_slice(MAIN);
        }
        if entered {
            bytes.extend_from_slice(KEYS_BACK);
            bytes.extend_from_slice(LEAVE);
            bytes.extend_from_slice(Shape::Own.bytes());
        }
        bytes.extend_from_slice(super::SHOW);
        let below = state >> BELOW;
        if below > 0 {
            bytes.extend_from_slice(format!("\x1b[{below}B").as_bytes());
        }
        bytes.extend_from_slice(b"\r\n");
        bytes
    }
}

/// Has the terminal hand over each key as it is pressed, or no longer. Keys typed before are kept: nothing waiting to be read is
/// thrown away. Errors: there is no terminal.
pub fn raw(on: bool) -> std::io::Result<()> {
    if on { crossterm::terminal::enable_raw_mode() } else { crossterm::terminal::disable_raw_mode() }
}

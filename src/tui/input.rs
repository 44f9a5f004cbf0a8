//! Bytes from the terminal to keys, pastes and focus. Whole or cut anywhere, the same bytes mean the same.
//!
//! Sources: xterm's `ctlseqs` (CSI and SS3 keys, bracketed paste, focus) and kitty's keyboard protocol (`CSI … u`). What is not known
//! is passed over whole, so that no part of it is taken for a letter.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typed {
    Key(KeyEvent),
    Paste(String),
    Focus(bool),
}

const PASTE: &[u8] = b"\x1b[200~";
const PASTE_END: &[u8] = b"\x1b[201~";
/// No sequence of a key is longer, in bytes; a longer one is none.
const LONGEST: usize = 64;

/// The bytes that are not yet understood.
#[derive(Debug, Default)]
pub struct Decoder {
    held: Vec<u8>,
    /// Where the end of the paste was looked for up to now.
    looked: usize,
}

/// What the held bytes begin with.
enum Begins {
    /// So many bytes that mean this, or nothing.
    With(usize, Option<Typed>),
    /// More has to come.
    Unfinished,
}

impl Decoder {
    /// What is whole by now.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Typed> {
        self.held.extend_from_slice(bytes);
        let mut typed = Vec::new();
        let mut at = 0;
        while at < self.held.len() {
            let rest = self.held.get(at..).unwrap_or_default();
            let begins = if rest.starts_with(PASTE) { paste(rest, &mut self.looked) } else { begins(rest) };
            match begins {
                Begins::With(count, found) => {
                    typed.extend(found);
                    at += count.max(1);
                    self.looked = 0;
                }
                Begins::Unfinished => break,
            }
        }
        self.held.drain(..at);
        typed
    }

    /// Does something wait for its other half? A paste may take its time; the rest of a key comes at once or never.
    pub fn is_waiting(&self) -> bool {
        !self.held.is_empty() && !self.held.starts_with(PASTE)
    }

    /// The other half never came: an escape is the key of that name, and so is all that follows it a key.
    pub fn give_up(&mut self) -> Vec<Typed> {
        if !self.is_waiting() {
            return Vec::new();
        }
        let held = std::mem::take(&mut self.held);
        match held.split_first() {
            Some((0x1b, rest)) => {
                let escape = Typed::Key(KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE));
                let letters = String::from_utf8_lossy(rest).into_owned();
                std::iter::once(escape).chain(letters.chars().map(|char| Typed::Key(letter(char)))).collect()
            }
            _ => Vec::new(),
        }
    }
}

fn paste(bytes: &[u8], looked: &mut usize) -> Begins {
    let from = (*looked).max(PASTE.len());
    let rest = bytes.get(from..).unwrap_or_default();
    match rest.windows(PASTE_END.len()).position(|window| window == PASTE_END) {
        Some(end) => {
            let text = bytes.get(PASTE.len()..from + end).unwrap_or_default();
            let text = String::from_utf8_lossy(text).replace("\r\n", "\n").replace('\r', "\n");
            Begins::With(from + end + PASTE_END.len(), Some(Typed::Paste(text)))
        }
        None => {
            *looked = bytes.len().saturating_sub(PASTE_END.len());
            Begins::Unfinished
        }
    }
}

fn begins(bytes: &[u8]) -> Begins {
    match bytes {
        [] | [0x1b] => Begins::Unfinished,
        [0x1b, b'[', rest @ ..] => csi(rest),
        [0x1b, b'O', rest @ ..] => match rest {
            [] => Begins::Unfinished,
            [last, ..] => Begins::With(3, named(*last).map(|code| key(code, KeyModifiers::NONE))),
        },
        // Escape before a key is alt, and before another escape it is itself.
        [0x1b, 0x1b, ..] => Begins::With(1, Some(key(KeyCode::Esc, KeyModifiers::NONE))),
        [0x1b, rest @ ..] => match plain(rest) {
            Begins::With(count, Some(Typed::Key(event))) => {
                let event = KeyEvent { modifiers: event.modifiers | KeyModifiers::ALT, ..event };
                Begins::With(count + 1, Some(Typed::Key(event)))
            }
            Begins::With(count, other) => Begins::With(count + 1, other),
            Begins::Unfinished => Begins::Unfinished,
        },
        _ => plain(bytes),
    }
}

/// A letter, or a control character.
fn plain(bytes: &[u8]) -> Begins {
    let Some(first) = bytes.first() else { return Begins::Unfinished };
    let length = match first {
        0x00..=0x7f => 1,
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return Begins::With(1, None),
    };
    let Some(whole) = bytes.get(..length) else {
        let begun = bytes.iter().skip(1).all(|byte| (0x80..0xc0).contains(byte));
        return if begun { Begins::Unfinished } else { Begins::With(1, None) };
    };
    match std::str::from_utf8(whole).ok().and_then(|text| text.chars().next()) {
        Some(char) => Begins::With(length, Some(Typed::Key(letter(char)))),
        None => Begins::With(1, None),
    }
}

/// A character as the key that makes it.
fn letter(char: char) -> KeyEvent {
    let control = |char: u8| KeyEvent::new(KeyCode::Char(char::from(char)), KeyModifiers::CONTROL);
    match char {
        '\r' => KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE),
        '\t' => KeyEvent::new(KeyCode::Tab, KeyModifiers::NONE),
        '\u{7f}' => KeyEvent::new(KeyCode::Backspace, KeyModifiers::NONE),
        '\u{1b}' => KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE),
        '\u{0}' => control(b' '),
        '\u{1}'..='\u{1a}' => control(char as u8 + b'a' - 1),
        '\u{1c}'..='\u{1f}' => control([b'\\', b']', b'^', b'_'][usize::from(char as u8 - 0x1c) & 3]),
        _ if char.is_uppercase() => KeyEvent::new(KeyCode::Char(char), KeyModifiers::SHIFT),
        _ => KeyEvent::new(KeyCode::Char(char), KeyModifiers::NONE),
    }
}

fn key(code: KeyCode, modifiers: KeyModifiers) -> Typed {
    Typed::Key(KeyEvent::new(code, modifiers))
}

/// What follows `ESC [`.
fn csi(bytes: &[u8]) -> Begins {
    // Linux's console has its first function keys so.
    if let [b'[', rest @ ..] = bytes {
        return match rest {
            [] => Begins::Unfinished,
            [last, ..] => {
                let number = last.checked_sub(b'A').filter(|number| *number < 5);
                Begins::With(4, number.map(|number| key(KeyCode::F(number + 1), KeyModifiers::NONE)))
            }
        };
    }
    let end = bytes.iter().position(|byte| (0x40..=0x7e).contains(byte) || *byte < 0x20);
    let Some(end) = end else {
        return if bytes.len() > LONGEST { Begins::With(bytes.len() + 2, None) } else { Begins::Unfinished };
    };
    let last = bytes.get(end).copied().unwrap_or_default();
    if last < 0x20 {
        return Begins::With(end + 2, None);
    }
    let text = bytes.get(..end).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default();
    Begins::With(end + 3, sequence(text, last))
}

/// A whole CSI sequence: its parameters and its last byte.
fn sequence(text: &str, last: u8) -> Option<Typed> {
    let mut parts = text.split(';').map(|part| part.split(':').map(|number| number.parse::<u32>().ok()));
    let code = parts.next().and_then(|mut part| part.next()).flatten();
    let mut second = parts.next();
    let modifiers = second.as_mut().and_then(Iterator::next).flatten().unwrap_or(1);
    let kind = second.as_mut().and_then(Iterator::next).flatten();
    // A key that is let go says nothing.
    if kind == Some(3) {
        return None;
    }
    let modifiers = modified(modifiers);
    match last {
        b'I' if text.is_empty() => Some(Typed::Focus(true)),
        b'O' if text.is_empty() => Some(Typed::Focus(false)),
        b'Z' => Some(key(KeyCode::BackTab, modifiers | KeyModifiers::SHIFT)),
        b'~' if code == Some(27) => {
            let char = parts.next().and_then(|mut part| part.next()).flatten().and_then(char::from_u32)?;
            Some(exact(char, modifiers))
        }
        b'~' => Some(key(numbered(code?)?, modifiers)),
        b'u' => Some(exact(char::from_u32(code?)?, modifiers)),
        _ => Some(key(named(last)?, modifiers)),
    }
}

/// A key that is told by its character and its modifiers apart.
fn exact(char: char, modifiers: KeyModifiers) -> Typed {
    let plain = letter(char);
    let shifted = modifiers.contains(KeyModifiers::SHIFT);
    match plain.code {
        KeyCode::Tab if shifted => key(KeyCode::BackTab, modifiers),
        KeyCode::Char(letter) if shifted => {
            let upper = letter.to_uppercase().next().unwrap_or(letter);
            key(KeyCode::Char(upper), modifiers | plain.modifiers)
        }
        code => key(code, modifiers | plain.modifiers),
    }
}

/// Modifiers as xterm and kitty count them: 1 and a bit for each.
fn modified(number: u32) -> KeyModifiers {
    let bits = number.saturating_sub(1);
    let all = [
        (1, KeyModifiers::SHIFT),
        (2, KeyModifiers::ALT),
        (4, KeyModifiers::CONTROL),
        (8, KeyModifiers::SUPER),
        (16, KeyModifiers::HYPER),
        (32, KeyModifiers::META),
    ];
    all.into_iter().filter(|(bit, _)| bits & bit != 0).fold(KeyModifiers::NONE, |sum, (_, modifier)| sum | modifier)
}

fn named(last: u8) -> Option<KeyCode> {
    Some(match last {
        b'A' => KeyCode::Up,
        b'B' => KeyCode::Down,
        b'C' => KeyCode::Right,
        b'D' => KeyCode::Left,
        b'F' => KeyCode::End,
        b'H' => KeyCode::Home,
        b'M' => KeyCode::Enter,
        b'P' => KeyCode::F(1),
        b'Q' => KeyCode::F(2),
        b'R' => KeyCode::F(3),
        b'S' => KeyCode::F(4),
        _ => return None,
    })
}

fn numbered(number: u32) -> Option<KeyCode> {
    Some(match number {
        1 | 7 => KeyCode::Home,
        2 => KeyCode::Insert,
        3 => KeyCode::Delete,
        4 | 8 => KeyCode::End,
        5 => KeyCode::PageUp,
        6 => KeyCode::PageDown,
        11..=15 => KeyCode::F(number as u8 - 10),
        17..=21 => KeyCode::F(number as u8 - 11),
        23..=26 => KeyCode::F(number as u8 - 12),
        28 | 29 => KeyCode::F(number as u8 - 13),
        31..=34 => KeyCode::F(number as u8 - 14),
        _ => return None,
    })
}

//! One press of a key, whatever the terminal calls it: read from an event, from `ctrl-r` in a file, and written back so.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use std::fmt;

/// A key and what was held with it. ASCII letters are small ones, with `shift` for capitals; other characters carry their shift in
/// themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Press {
    code: KeyCode,
    ctrl: bool,
    alt: bool,
    shift: bool,
}

/// Keys with names, as they are written.
const NAMES: &[(&str, KeyCode)] = &[
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("space", KeyCode::Char(' ')),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("insert", KeyCode::Insert),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("page-up", KeyCode::PageUp),
    ("page-down", KeyCode::PageDown),
];

impl Press {
    /// `None` for a release, and for keys held with others than ctrl, alt and shift: those are the desktop's.
    pub fn of(event: KeyEvent) -> Option<Self> {
        let held = event.modifiers;
        if event.kind == KeyEventKind::Release || held.intersects(KeyModifiers::SUPER | KeyModifiers::HYPER) {
            return None;
        }
        let ctrl = held.contains(KeyModifiers::CONTROL);
        let alt = held.intersects(KeyModifiers::ALT | KeyModifiers::META);
        let shift = held.contains(KeyModifiers::SHIFT);
        Some(match event.code {
            KeyCode::BackTab => Self { code: KeyCode::Tab, ctrl, alt, shift: true },
            KeyCode::Char(char) => Self::character(char, ctrl, alt, shift),
            code => Self { code, ctrl, alt, shift },
        })
    }

    /// Terminals say ctrl-_ as ctrl-7 or ctrl-/, and some leave a shifted mark to be worked out from the key below it.
    fn character(char: char, ctrl: bool, alt: bool, shift: bool) -> Self {
        if char.is_ascii_alphabetic() {
            let shift = shift || char.is_ascii_uppercase();
            return Self { code: KeyCode::Char(char.to_ascii_lowercase()), ctrl, alt, shift };
        }
        let char = match char {
            '7' | '/' if ctrl => '_',
            '-' if shift && (ctrl || alt) => '_',
            ',' if shift && alt => '<',
            '.' if shift && alt => '>',
            other => other,
        };
        Self { code: KeyCode::Char(char), ctrl, alt, shift: shift && char == ' ' }
    }

    /// `ctrl-r`, `alt-enter`, `shift-tab`, `f2`, `G`, `?`.
    pub fn parse(text: &str) -> Option<Self> {
        let (mut ctrl, mut alt, mut shift) = (false, false, false);
        let mut rest = text;
        loop {
            let (held, after) = match rest.split_once('-') {
                Some((held, after)) if !after.is_empty() => (held, after),
                _ => break,
            };
            match held.to_ascii_lowercase().as_str() {
                "ctrl" | "control" => ctrl = true,
                "alt" | "meta" | "option" => alt = true,
                "shift" => shift = true,
                _ => break,
            }
            rest = after;
        }
        let lower = rest.to_ascii_lowercase();
        if let Some((_, code)) = NAMES.iter().find(|(name, _)| *name == lower) {
            return Some(Self { code: *code, ctrl, alt, shift });
        }
        if let Some(number) = lower.strip_prefix('f').and_then(|digits| digits.parse::<u8>().ok()) {
            return (1..=24).contains(&number).then_some(Self { code: KeyCode::F(number), ctrl, alt, shift });
        }
        let mut chars = rest.chars();
        let (char, end) = (chars.next()?, chars.next());
        (end.is_none() && !char.is_control()).then(|| Self::character(char, ctrl, alt, shift))
    }

    /// Keys one after the other, with blanks between them.
    pub fn sequence(text: &str) -> Option<Vec<Self>> {
        let presses: Option<Vec<Self>> = text.split_whitespace().map(Self::parse).collect();
        presses.filter(|presses| !presses.is_empty())
    }

    /// The event that a terminal sends for this.
    pub fn event(self) -> KeyEvent {
        let mut held = KeyModifiers::empty();
        held.set(KeyModifiers::CONTROL, self.ctrl);
        held.set(KeyModifiers::ALT, self.alt);
        held.set(KeyModifiers::SHIFT, self.shift);
        let code = match self.code {
            KeyCode::Tab if self.shift => KeyCode::BackTab,
            KeyCode::Char(char) if self.shift => KeyCode::Char(char.to_ascii_uppercase()),
            code => code,
        };
        KeyEvent::new(code, held)
    }

    /// The character that this puts into a text.
    pub fn typed(self) -> Option<char> {
        match self.code {
            KeyCode::Char(char) if !self.ctrl && !self.alt && !char.is_control() => {
                Some(if self.shift { char.to_ascii_uppercase() } else { char })
            }
            _ => None,
        }
    }
}

impl fmt::Display for Press {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let capital = self.typed().filter(|char| self.shift && char.is_ascii_uppercase());
        if let Some(char) = capital {
            return write!(out, "{char}");
        }
        for (held, name) in [(self.ctrl, "ctrl-"), (self.alt, "alt-"), (self.shift, "shift-")] {
            if held {
                out.write_str(name)?;
            }
        }
        match (self.code, NAMES.iter().find(|(_, code)| *code == self.code)) {
            (_, Some((name, _))) => out.write_str(name),
            (KeyCode::Char(char), None) => write!(out, "{char}"),
            (KeyCode::F(number), None) => write!(out, "f{number}"),
            (code, None) => write!(out, "{code}"),
        }
    }
}

//! What stands in a text as one character and is more: a large paste, an image.
//!
//! Each is a character of a range that no script uses; such characters in foreign text are replaced before they get in.

use crate::text::sanitise::one_line;
use std::borrow::Cow;
use std::sync::Arc;

/// A range of Unicode's last private plane.
const FIRST: u32 = 0x10_f000;
const MOST: u32 = 0xff0;

/// A paste of more lines or characters than this is shown folded.
const LINES: usize = 8;
const CHARACTERS: usize = 1000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Atom {
    Paste { number: usize, text: Arc<str> },
    Image { number: usize, path: String },
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Atoms {
    held: Vec<Atom>,
}

impl Atoms {
    /// The character that stands for this paste; `None` for one that is small enough to be shown.
    pub fn paste(&mut self, text: &str) -> Option<char> {
        if text.lines().count() <= LINES && text.chars().nth(CHARACTERS).is_none() {
            return None;
        }
        let number = 1 + self.held.iter().filter(|atom| matches!(atom, Atom::Paste { .. })).count();
        self.add(Atom::Paste { number, text: text.into() })
    }

    pub fn image(&mut self, path: String) -> Option<char> {
        let number = 1 + self.held.iter().filter(|atom| matches!(atom, Atom::Image { .. })).count();
        self.add(Atom::Image { number, path })
    }

    fn add(&mut self, atom: Atom) -> Option<char> {
        let index = u32::try_from(self.held.len()).ok().filter(|index| *index < MOST)?;
        self.held.push(atom);
        char::from_u32(FIRST + index)
    }

    pub fn get(&self, char: char) -> Option<&Atom> {
        let index = u32::from(char).checked_sub(FIRST)?;
        self.held.get(usize::try_from(index).ok()?)
    }

    pub fn clear(&mut self) {
        self.held.clear();
    }

    /// A text as it is sent: pastes in full, images by their label.
    pub fn unfold(&self, text: &str) -> String {
        let mut whole = String::with_capacity(text.len());
        for char in text.chars() {
            match self.get(char) {
                Some(Atom::Paste { text, .. }) => whole.push_str(text),
                Some(atom @ Atom::Image { .. }) => whole.push_str(&atom.label()),
                None => whole.push(char),
            }
        }
        whole
    }

    /// The paths of the images in a text, in its order.
    pub fn images(&self, text: &str) -> Vec<String> {
        let path = |char| match self.get(char) {
            Some(Atom::Image { path, .. }) => Some(path.clone()),
            Some(Atom::Paste { .. }) | None => None,
        };
        text.chars().filter_map(path).collect()
    }

    /// `whole`, with those images of `text` as one character again whose labels are in it.
    pub fn fold_images(&self, text: &str, whole: &str) -> String {
        let mut folded = whole.to_owned();
        for char in text.chars() {
            if let Some(atom @ Atom::Image { .. }) = self.get(char) {
                folded = folded.replacen(&atom.label(), char.encode_utf8(&mut [0; 4]), 1);
            }
        }
        folded
    }

    /// The text of another draft, whose atoms are `theirs`, with its atoms taken in here.
    pub fn adopt(&mut self, text: &str, theirs: &Atoms) -> String {
        let mut own = String::with_capacity(text.len());
        for char in text.chars() {
            match theirs.get(char) {
                Some(Atom::Paste { text, .. }) => match self.paste(text) {
                    Some(char) => own.push(char),
                    None => own.push_str(&foreign(text)),
                },
                Some(Atom::Image { path, .. }) => own.extend(self.image(path.clone())),
                None => own.push(char),
            }
        }
        own
    }
}

impl Atom {
    /// `[paste #1: 312 lines]`, `[image #1: shot.png]`.
    pub fn label(&self) -> String {
        match self {
            Atom::Paste { number, text } => {
                let lines = text.lines().count();
                if lines > 1 {
                    format!("[paste #{number}: {lines} lines]")
                } else {
                    format!("[paste #{number}: {} characters]", text.chars().count())
                }
            }
            Atom::Image { number, path } => {
                let name = path.rsplit('/').next().unwrap_or(path);
                format!("[image #{number}: {}]", one_line(name))
            }
        }
    }
}

/// Foreign text as it may get into the text: line breaks as one character, none of the characters that stand for atoms.
pub fn foreign(text: &str) -> Cow<'_, str> {
    if !text.contains(|char| char == '\r' || is_atom(char)) {
        return Cow::Borrowed(text);
    }
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    Cow::Owned(text.replace(is_atom, "\u{fffd}"))
}

/// Is it of the range that stands for atoms?
pub fn is_atom(char: char) -> bool {
    (FIRST..FIRST + MOST).contains(&u32::from(char))
}

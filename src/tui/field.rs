//! One line of the user's own words, such as a comment or what is searched for: typed, edited, pasted.

use super::words::wrap::width;
use crate::text::sanitise::sanitise;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use unicode_segmentation::UnicodeSegmentation;

/// A line that is being typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Field {
    text: String,
    /// Where the cursor is, in bytes.
    at: usize,
}

impl Field {
    pub fn new(text: &str) -> Self {
        Self { text: text.to_owned(), at: text.len() }
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// What stands left and right of the cursor.
    pub fn parts(&self) -> (&str, &str) {
        self.text.split_at_checked(self.at).unwrap_or((&self.text, ""))
    }

    /// What of both sides is shown in `room` columns, made safe: the end of the left one, and what then fits of the right one.
    pub fn shown(&self, room: usize) -> (String, String) {
        let (left, right) = self.parts();
        let (left, right) = (sanitise(left), sanitise(right));
        let mut starts = left.grapheme_indices(true).map(|(at, _)| at);
        let from = starts.find(|at| left.get(*at..).is_some_and(|end| width(end) <= room)).unwrap_or(left.len());
        let left = left.get(from..).unwrap_or_default();
        let rest = room.saturating_sub(width(left));
        let ends = right.grapheme_indices(true).map(|(at, letter)| at + letter.len());
        let fits = ends.take_while(|end| right.get(..*end).is_some_and(|begin| width(begin) <= rest)).last();
        (left.to_owned(), right.get(..fits.unwrap_or(0)).unwrap_or_default().to_owned())
    }

    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Puts text in at the cursor; line breaks become blanks.
    pub fn insert(&mut self, text: &str) {
        let text = text.replace("\r\n", " ").replace(['\r', '\n', '\t'], " ");
        self.text.insert_str(self.at, &text);
        self.at += text.len();
    }

    /// Takes a key of the line; false for one that is none.
    pub fn key(&mut self, key: KeyEvent) -> bool {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        match key.code {
            KeyCode::Char('a') if control => self.at = 0,
            KeyCode::Char('e') if control => self.at = self.text.len(),
            KeyCode::Char('b') if control => self.at = self.before(),
            KeyCode::Char('f') if control => self.at = self.after(),
            KeyCode::Char('u') if control => self.erase(0, self.at),
            KeyCode::Char('k') if control => self.erase(self.at, self.text.len()),
            KeyCode::Char('h') if control => self.erase(self.before(), self.at),
            KeyCode::Char('w') if control => self.erase(self.word(), self.at),
            KeyCode::Backspace if alt || control => self.erase(self.word(), self.at),
            KeyCode::Char(letter) if !control && !alt => self.insert(letter.encode_utf8(&mut [0; 4])),
            KeyCode::Backspace => self.erase(self.before(), self.at),
            KeyCode::Delete => self.erase(self.at, self.after()),
            KeyCode::Left => self.at = self.before(),
            KeyCode::Right => self.at = self.after(),
            KeyCode::Home => self.at = 0,
            KeyCode::End => self.at = self.text.len(),
            _ => return false,
        }
        true
    }

    fn erase(&mut self, from: usize, to: usize) {
        self.text.drain(from..to);
        self.at = from;
    }

    /// Where the letter before the cursor begins.
    fn before(&self) -> usize {
        self.parts().0.grapheme_indices(true).next_back().map_or(0, |(at, _)| at)
    }

    /// Where the letter after the cursor ends.
    fn after(&self) -> usize {
        self.at + self.parts().1.graphemes(true).next().map_or(0, str::len)
    }

    /// Where the word before the cursor begins.
    fn word(&self) -> usize {
        self.parts().0.trim_end().trim_end_matches(|letter: char| !letter.is_whitespace()).len()
    }
}

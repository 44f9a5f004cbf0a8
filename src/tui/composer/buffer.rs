//! A text that is being edited: its characters, the cursor, and how each change is taken back.
//!
//! The cursor always stands between two graphemes. A folded paste or an image is one character of its own, see `atoms`.

use unicode_segmentation::GraphemeCursor;

#[derive(Debug, Clone, Default)]
pub struct Buffer {
    text: String,
    /// In bytes.
    cursor: usize,
    done: Vec<Change>,
    undone: Vec<Change>,
    /// Changes of one step are taken back together.
    step: u64,
    /// The last change was a typed character: the next one may join its step.
    typing: bool,
}

#[derive(Debug, Clone)]
struct Change {
    step: u64,
    at: usize,
    removed: String,
    inserted: String,
    /// Where the cursor was, and where it went.
    before: usize,
    after: usize,
}

impl Buffer {
    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn cursor(&self) -> usize {
        self.cursor
    }

    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub fn slice(&self, from: usize, to: usize) -> &str {
        self.text.get(from..to).unwrap_or_default()
    }

    pub fn before(&self) -> &str {
        self.slice(0, self.cursor)
    }

    pub fn after(&self) -> &str {
        self.slice(self.cursor, self.text.len())
    }

    /// Moves the cursor to the next place at or after `to` where it may stand.
    pub fn go(&mut self, to: usize) {
        self.typing = false;
        self.cursor = stand(&self.text, to);
    }

    /// What comes next is a step of its own.
    pub fn begin(&mut self) {
        self.step += 1;
        self.typing = false;
    }

    /// Puts `with` in the place of the bytes from `from` to `to`; the cursor goes behind it.
    pub fn replace(&mut self, from: usize, to: usize, with: &str) {
        let Some(removed) = self.text.get(from..to) else { return };
        if removed == with && removed.is_empty() {
            return;
        }
        let removed = removed.to_owned();
        let before = self.cursor;
        self.text.replace_range(from..to, with);
        self.cursor = stand(&self.text, from + with.len());
        self.undone.clear();
        let change =
            Change { step: self.step, at: from, removed, inserted: with.to_owned(), before, after: self.cursor };
        self.done.push(change);
        self.typing = false;
    }

    /// Puts text at the cursor.
    pub fn insert(&mut self, text: &str) {
        self.replace(self.cursor, self.cursor, text);
    }

    /// Puts in a character that was typed. Those of one word are one step, or with `joined` all that are typed at one go.
    pub fn type_in(&mut self, char: char, joined: bool) {
        let begins_word = !char.is_whitespace() && self.before().ends_with(char::is_whitespace);
        if !self.typing || (begins_word && !joined) {
            self.begin();
        }
        self.insert(char.encode_utf8(&mut [0; 4]));
        self.typing = true;
    }

    /// The next typed character belongs to the step that is going on.
    pub fn keep_step(&mut self) {
        self.typing = true;
    }

    /// Takes the last step back. Was there one?
    pub fn undo(&mut self) -> bool {
        self.typing = false;
        let Some(step) = self.done.last().map(|change| change.step) else { return false };
        while let Some(change) = self.done.pop_if(|change| change.step == step) {
            self.text.replace_range(change.at..change.at + change.inserted.len(), &change.removed);
            self.cursor = change.before;
            self.undone.push(change);
        }
        true
    }

    /// Does the step again that was taken back last. Was there one?
    pub fn redo(&mut self) -> bool {
        self.typing = false;
        let Some(step) = self.undone.last().map(|change| change.step) else { return false };
        while let Some(change) = self.undone.pop_if(|change| change.step == step) {
            self.text.replace_range(change.at..change.at + change.removed.len(), &change.inserted);
            self.cursor = change.after;
            self.done.push(change);
        }
        self.step += 1;
        true
    }

    /// All of the text anew, as one step; the cursor stands at its end.
    pub fn set(&mut self, text: &str) {
        self.begin();
        self.replace(0, self.text.len(), text);
    }

    /// Empty, and nothing to take back.
    pub fn clear(&mut self) {
        *self = Self { step: self.step + 1, ..Self::default() };
    }
}

/// The first place at or after `at` where a cursor may stand.
pub fn stand(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at += 1;
    }
    let mut cursor = GraphemeCursor::new(at, text.len(), true);
    match cursor.is_boundary(text, 0) {
        Ok(true) | Err(_) => at,
        Ok(false) => cursor.next_boundary(text, 0).ok().flatten().unwrap_or(text.len()),
    }
}

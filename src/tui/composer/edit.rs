//! What readline's keys do to a text.

use super::buffer::Buffer;
use super::kill::{Ring, Side};
use super::motion::{self, Words};
use crate::tui::keys::Action;

/// A text, and what was cut from it.
#[derive(Debug, Clone, Default)]
pub struct Editor {
    pub buffer: Buffer,
    pub ring: Ring,
    last: Last,
}

/// What the last action was, for those that go on from it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Last {
    #[default]
    Other,
    Cut,
    /// Put in what was cut, these bytes.
    Put(usize, usize),
}

/// What an action came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edited {
    /// It is not one of the text's.
    No,
    Moved,
    Text,
}

/// From a place in a text to another one, in bytes.
type Motion = fn(&str, usize) -> usize;

/// Changes the text; knows what came before.
type Edit = fn(&mut Editor, Last);

/// Where each motion goes, from the cursor.
const MOTIONS: &[(Action, Motion)] = &[
    (Action::Left, motion::left),
    (Action::Right, motion::right),
    (Action::WordLeft, |text, at| motion::word_start(text, at, Words::Readline)),
    (Action::WordRight, |text, at| motion::word_end(text, at, Words::Readline)),
    (Action::LineStart, motion::line_start),
    (Action::LineEnd, motion::line_end),
    (Action::TextStart, |_, _| 0),
    (Action::TextEnd, |text, _| text.len()),
];

/// How far each cut reaches from the cursor. At the end of a line that is the line break.
const CUTS: &[(Action, Motion)] = &[
    (Action::KillWordLeft, |text, at| motion::word_start(text, at, Words::Readline)),
    (Action::KillBlankWordLeft, |text, at| motion::word_start(text, at, Words::Blank)),
    (Action::KillWordRight, |text, at| motion::word_end(text, at, Words::Readline)),
    (Action::KillStart, |text, at| match motion::line_start(text, at) {
        start if start == at => motion::left(text, at),
        start => start,
    }),
    (Action::KillEnd, |text, at| match motion::line_end(text, at) {
        end if end == at => motion::right(text, at),
        end => end,
    }),
];

/// What the others do.
const CHANGES: &[(Action, Edit)] = &[
    (Action::Newline, |editor, _| editor.put(editor.at(), editor.at(), "\n")),
    (Action::DeletePrevious, |editor, _| editor.put(motion::left(editor.buffer.text(), editor.at()), editor.at(), "")),
    (Action::DeleteNext, |editor, _| editor.delete_next()),
    (Action::EndOfInput, |editor, _| editor.delete_next()),
    (Action::Yank, |editor, _| editor.yank()),
    (Action::YankOlder, Editor::yank_older),
    (Action::Transpose, |editor, _| editor.transpose()),
    (Action::TransposeWords, |editor, _| editor.transpose_words()),
    (Action::Capitalise, |editor, _| editor.recase(capital)),
    (Action::Lowercase, |editor, _| editor.recase(str::to_lowercase)),
    (Action::Uppercase, |editor, _| editor.recase(str::to_uppercase)),
    (Action::Undo, |editor, _| {
        editor.buffer.undo();
    }),
    (Action::Redo, |editor, _| {
        editor.buffer.redo();
    }),
];

fn found<T: Copy>(table: &[(Action, T)], action: Action) -> Option<T> {
    table.iter().find(|(one, _)| *one == action).map(|(_, what)| *what)
}

impl Editor {
    /// The next cut is a piece of its own.
    pub fn pause(&mut self) {
        self.last = Last::Other;
    }

    pub fn act(&mut self, action: Action) -> Edited {
        let last = std::mem::take(&mut self.last);
        if let Some(target) = found(MOTIONS, action) {
            self.buffer.go(target(self.buffer.text(), self.at()));
            return Edited::Moved;
        }
        if let Some(reach) = found(CUTS, action) {
            self.cut(reach(self.buffer.text(), self.at()), last);
            return Edited::Text;
        }
        let Some(change) = found(CHANGES, action) else { return Edited::No };
        change(self, last);
        Edited::Text
    }

    fn at(&self) -> usize {
        self.buffer.cursor()
    }

    fn cut(&mut self, to: usize, last: Last) {
        let at = self.at();
        let side = if to < at { Side::Before } else { Side::Behind };
        let (from, to) = (at.min(to), at.max(to));
        self.ring.keep(self.buffer.slice(from, to), (last == Last::Cut).then_some(side));
        self.put(from, to, "");
        self.last = Last::Cut;
    }

    /// A change that is a step of its own.
    fn put(&mut self, from: usize, to: usize, with: &str) {
        self.buffer.begin();
        self.buffer.replace(from, to, with);
    }

    fn delete_next(&mut self) {
        let at = self.at();
        self.put(at, motion::right(self.buffer.text(), at), "");
    }

    fn yank(&mut self) {
        let (at, piece) = (self.at(), self.ring.newest().unwrap_or_default().to_owned());
        self.put(at, at, &piece);
        self.last = Last::Put(at, at + piece.len());
    }

    fn yank_older(&mut self, last: Last) {
        let Last::Put(from, to) = last else { return };
        let piece = self.ring.older().unwrap_or_default().to_owned();
        self.put(from, to, &piece);
        self.last = Last::Put(from, from + piece.len());
    }

    fn transpose(&mut self) {
        let (text, at) = (self.buffer.text(), self.buffer.cursor());
        let (start, end) = (motion::line_start(text, at), motion::line_end(text, at));
        let middle = if at == end { motion::left(text, at) } else { at };
        if middle <= start {
            return;
        }
        let (from, to) = (motion::left(text, middle), motion::right(text, middle));
        let swapped = format!("{}{}", self.buffer.slice(middle, to), self.buffer.slice(from, middle));
        self.put(from, to, &swapped);
    }

    fn transpose_words(&mut self) {
        let (text, at) = (self.buffer.text(), self.buffer.cursor());
        let second = motion::word_start(text, motion::word_end(text, at, Words::Readline), Words::Readline);
        let second_end = motion::word_end(text, second, Words::Readline);
        let first = motion::word_start(text, second, Words::Readline);
        let first_end = motion::word_end(text, first, Words::Readline);
        if first_end > second || first == second {
            return;
        }
        let between = self.buffer.slice(first_end, second);
        let (one, two) = (self.buffer.slice(first, first_end), self.buffer.slice(second, second_end));
        let swapped = format!("{two}{between}{one}");
        self.put(first, second_end, &swapped);
    }

    /// Changes the letters up to the end of the word.
    fn recase(&mut self, change: impl Fn(&str) -> String) {
        let at = self.buffer.cursor();
        let end = motion::word_end(self.buffer.text(), at, Words::Readline);
        let word = change(self.buffer.slice(at, end));
        self.put(at, end, &word);
    }
}

fn capital(word: &str) -> String {
    let mut first = true;
    let letter = |char: char| -> String {
        if !char.is_alphanumeric() {
            return char.to_string();
        }
        if std::mem::take(&mut first) { char.to_uppercase().collect() } else { char.to_lowercase().collect() }
    };
    word.chars().map(letter).collect()
}

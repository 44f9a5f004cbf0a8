//! Vim's keys: normal and visual mode as a machine that takes one character at a time. What has no character goes to the key table.

mod change;
mod motions;

use super::buffer::stand;
use super::edit::Editor;
use super::motion;
use motions::{Find, Reach};

#[derive(Debug, Clone, Default)]
pub struct Vim {
    mode: Mode,
    count: Option<usize>,
    operator: Option<(Operator, Option<usize>)>,
    waiting: Waiting,
    found: Option<(Find, char)>,
    /// The characters of the command that goes on.
    command: String,
    /// What was typed since it led to insert mode.
    typed: String,
    last: Option<Repeat>,
    /// What was cut last were whole lines.
    cut_lines: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mode {
    #[default]
    Insert,
    Normal,
    Visual {
        /// The byte where it began.
        from: usize,
        lines: bool,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Delete,
    Change,
    Yank,
}

/// For which character the command waits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Waiting {
    #[default]
    Nothing,
    G,
    Find(Find),
    Replacement,
    Object {
        around: bool,
    },
}

/// A change that `.` does again.
#[derive(Debug, Clone)]
struct Repeat {
    command: String,
    typed: String,
}

/// What a character came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Took {
    Done,
    /// Up or down so many rows, which is the composer's to do.
    Rows(isize),
}

impl Vim {
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Back to typing, with nothing pending.
    pub fn reset(&mut self) {
        self.mode = Mode::Insert;
        self.idle();
    }

    /// `esc`. Was there something to leave?
    pub fn escape(&mut self, editor: &mut Editor) -> bool {
        let pending = !self.command.is_empty();
        match self.mode {
            Mode::Insert => {
                self.leave_insert(editor);
                return true;
            }
            Mode::Normal if !pending => return false,
            Mode::Normal | Mode::Visual { .. } => {}
        }
        self.mode = Mode::Normal;
        self.idle();
        self.settle(editor);
        true
    }

    fn leave_insert(&mut self, editor: &mut Editor) {
        self.mode = Mode::Normal;
        if !self.command.is_empty() {
            let (command, typed) = (std::mem::take(&mut self.command), std::mem::take(&mut self.typed));
            self.last = Some(Repeat { command, typed });
        }
        self.idle();
        let (text, at) = (editor.buffer.text(), editor.buffer.cursor());
        let to = motion::left(text, at).max(motion::line_start(text, at));
        editor.buffer.go(to);
    }

    /// In insert mode a character was typed.
    pub fn note(&mut self, char: char) {
        self.typed.push(char);
    }

    /// In insert mode one was deleted.
    pub fn note_erased(&mut self) {
        self.typed.pop();
    }

    /// In normal mode the cursor stands on a character, not behind the last one.
    pub fn settle(&self, editor: &mut Editor) {
        let (text, at) = (editor.buffer.text(), editor.buffer.cursor());
        let start = motion::line_start(text, at);
        if self.mode == Mode::Normal && at == motion::line_end(text, at) && at > start {
            let to = motion::left(text, at).max(start);
            editor.buffer.go(to);
        }
    }

    /// What visual mode has marked, in bytes.
    pub fn marked(&self, editor: &Editor) -> Option<(usize, usize)> {
        let Mode::Visual { from, lines } = self.mode else { return None };
        let (text, at) = (editor.buffer.text(), editor.buffer.cursor());
        // The text may have been changed by other keys since.
        let from = stand(text, from);
        let (start, end) = (from.min(at), from.max(at));
        Some(if lines {
            (motion::line_start(text, start), motion::line_end(text, end))
        } else {
            (start, motion::right(text, end))
        })
    }

    /// A character in normal or visual mode.
    pub fn character(&mut self, char: char, editor: &mut Editor) -> Took {
        self.command.push(char);
        let took = match std::mem::take(&mut self.waiting) {
            Waiting::Nothing => self.command_character(char, editor),
            Waiting::G => {
                if char == 'g' {
                    let to = motions::line_number(editor.buffer.text(), self.times());
                    self.moved(editor, to, Reach::Lines);
                }
                self.unless_pending();
                Took::Done
            }
            Waiting::Find(find) => {
                self.found = Some((find, char));
                self.find(editor, find, char);
                Took::Done
            }
            Waiting::Replacement => {
                self.replace(editor, char);
                Took::Done
            }
            Waiting::Object { around } => {
                self.object(editor, char, around);
                Took::Done
            }
        };
        self.settle(editor);
        took
    }

    fn command_character(&mut self, char: char, editor: &mut Editor) -> Took {
        if char.is_ascii_digit() && (char != '0' || self.count.is_some()) {
            let digit = char.to_digit(10).and_then(|digit| usize::try_from(digit).ok()).unwrap_or(0);
            self.count = Some((self.count.unwrap_or(0) * 10 + digit).min(9999));
            return Took::Done;
        }
        let selecting = self.operator.is_some() || self.mode != Mode::Normal;
        match char {
            'g' => self.waiting = Waiting::G,
            'f' | 'F' | 't' | 'T' => {
                let find = Find { forward: char.is_ascii_lowercase(), till: char.eq_ignore_ascii_case(&'t') };
                self.waiting = Waiting::Find(find);
            }
            'i' | 'a' if selecting => self.waiting = Waiting::Object { around: char == 'a' },
            ';' | ',' => match self.found {
                Some((find, wanted)) => {
                    let find = Find { forward: find.forward == (char == ';'), till: find.till };
                    self.find(editor, find, wanted);
                }
                None => self.idle(),
            },
            'j' | 'k' if self.operator.is_none() => {
                let rows = isize::try_from(self.times()).unwrap_or(1);
                self.idle();
                return Took::Rows(if char == 'j' { rows } else { -rows });
            }
            _ => self.act(char, editor),
        }
        Took::Done
    }

    /// A motion, an operator, or a command.
    fn act(&mut self, char: char, editor: &mut Editor) {
        let whole = editor.buffer.text().to_owned();
        let (text, at) = (whole.as_str(), editor.buffer.cursor());
        let count = self.whole_count();
        if let Some(to) = self.word_to_change(text, at, char) {
            return self.moved(editor, to, Reach::With);
        }
        match motions::motion(text, at, char, count) {
            Some((to, reach)) => {
                let to =
                    if self.operator.is_some() && matches!(char, 'w' | 'W') { within_line(text, at, to) } else { to };
                self.moved(editor, to, reach);
            }
            None if self.mode == Mode::Normal => self.normal(char, editor),
            None => self.visual(char, editor),
        }
    }

    /// `cw` changes to the end of the word, as `ce` does.
    fn word_to_change(&self, text: &str, at: usize, char: char) -> Option<usize> {
        let changes = matches!(self.operator, Some((Operator::Change, _))) && matches!(char, 'w' | 'W');
        let blank = motion::grapheme(text, at).chars().all(char::is_whitespace);
        if !changes || blank {
            return None;
        }
        let words = if char == 'w' { motion::Words::Vim } else { motion::Words::Blank };
        let end = (0..self.times()).fold(at, |at, _| motion::word_end(text, at, words));
        Some(motion::left(text, end))
    }

    fn find(&mut self, editor: &mut Editor, find: Find, wanted: char) {
        let found = motions::find(editor.buffer.text(), editor.buffer.cursor(), find, wanted, self.times());
        match found {
            Some((to, reach)) => self.moved(editor, to, reach),
            None => self.idle(),
        }
    }

    /// A motion has come: the cursor goes, or the operator acts.
    fn moved(&mut self, editor: &mut Editor, to: usize, reach: Reach) {
        let (text, at) = (editor.buffer.text(), editor.buffer.cursor());
        let Some((operator, _)) = self.operator else {
            let to = if reach == Reach::Lines { motion::line_text(text, to) } else { to };
            editor.buffer.go(to);
            return self.idle();
        };
        let (start, end) = (at.min(to), at.max(to));
        let behind = motion::right(text, end);
        match reach {
            Reach::Before => self.operate(editor, operator, start, end),
            Reach::With => self.operate(editor, operator, start, behind),
            Reach::Lines => {
                let (start, end) = (motion::line_start(text, start), motion::line_end(text, end));
                self.operate_lines(editor, operator, start, end);
            }
        }
    }

    fn object(&mut self, editor: &mut Editor, key: char, around: bool) {
        let found = motions::object(editor.buffer.text(), editor.buffer.cursor(), key, around);
        match (found, self.operator, self.mode) {
            (Some((start, end)), Some((operator, _)), _) => self.operate(editor, operator, start, end),
            (Some((start, end)), None, Mode::Visual { .. }) => {
                let last = motion::left(editor.buffer.text(), end).max(start);
                self.mode = Mode::Visual { from: start, lines: false };
                editor.buffer.go(last);
                self.idle();
            }
            (Some(_), None, Mode::Insert | Mode::Normal) | (None, _, _) => self.idle(),
        }
    }

    /// How often: the counts before the operator and before the motion, together.
    fn whole_count(&self) -> Option<usize> {
        let before = self.operator.and_then(|(_, count)| count);
        match (before, self.count) {
            (None, None) => None,
            (before, after) => Some((before.unwrap_or(1) * after.unwrap_or(1)).clamp(1, 9999)),
        }
    }

    fn times(&self) -> usize {
        self.whole_count().unwrap_or(1)
    }

    /// Nothing is pending.
    fn idle(&mut self) {
        self.count = None;
        self.operator = None;
        self.waiting = Waiting::Nothing;
        self.command.clear();
        self.typed.clear();
    }

    /// Drops what did not become a command.
    fn unless_pending(&mut self) {
        if self.mode != Mode::Insert {
            self.idle();
        }
    }
}

/// A word motion of an operator does not take the line break at the end of the line with it.
fn within_line(text: &str, at: usize, to: usize) -> usize {
    let last_break = text.get(at..to).and_then(|passed| passed.rfind('\n'));
    match last_break {
        Some(found) if found > 0 => {
            let behind = text.get(at + found..to).unwrap_or_default();
            if behind.trim().is_empty() { at + found } else { to }
        }
        Some(_) | None => to,
    }
}

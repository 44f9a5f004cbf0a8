//! The commands of normal and visual mode that change the text, and `.`, which does the last one again.

use super::{Mode, Operator, Repeat, Vim, Waiting};
use crate::tui::composer::edit::Editor;
use crate::tui::composer::motion;

impl Vim {
    pub(super) fn normal(&mut self, key: char, editor: &mut Editor) {
        let whole = editor.buffer.text().to_owned();
        let (text, at) = (whole.as_str(), editor.buffer.cursor());
        let (start, end) = (motion::line_start(text, at), motion::line_end(text, at));
        if let Some((operator, _)) = self.operator {
            return self.doubled(key, operator, editor);
        }
        match key {
            'i' => self.insert_at(editor, at),
            'a' => self.insert_at(editor, if at < end { motion::right(text, at) } else { at }),
            'I' => self.insert_at(editor, motion::line_text(text, at)),
            'A' => self.insert_at(editor, end),
            'o' => self.open_line(editor, end, "\n", end + 1),
            'O' => self.open_line(editor, start, "\n", start),
            'd' => self.begin_operator(Operator::Delete),
            'c' => self.begin_operator(Operator::Change),
            'y' => self.begin_operator(Operator::Yank),
            'x' => self.operate(editor, Operator::Delete, at, ahead(text, at, end, self.times())),
            's' => self.operate(editor, Operator::Change, at, ahead(text, at, end, self.times())),
            'X' => {
                let from = (0..self.times()).fold(at, |at, _| motion::left(text, at).max(start));
                self.operate(editor, Operator::Delete, from, at);
            }
            'D' => self.operate(editor, Operator::Delete, at, end),
            'C' => self.operate(editor, Operator::Change, at, end),
            'S' => self.operate_lines(editor, Operator::Change, start, end),
            'Y' => self.operate_lines(editor, Operator::Yank, start, end),
            'p' => self.put(editor, true),
            'P' => self.put(editor, false),
            'r' => self.waiting = Waiting::Replacement,
            '~' => self.swap_case(editor, at, ahead(text, at, end, self.times())),
            'J' => self.join(editor, end),
            'v' | 'V' => {
                self.mode = Mode::Visual { from: at, lines: key == 'V' };
                self.idle();
            }
            'u' => {
                let _ = (0..self.times()).all(|_| editor.buffer.undo());
                self.idle();
            }
            '.' => self.again(editor),
            _ => self.idle(),
        }
    }

    /// `ctrl-r`.
    pub fn redo(&mut self, editor: &mut Editor) {
        let _ = (0..self.times()).all(|_| editor.buffer.redo());
        self.idle();
        self.settle(editor);
    }

    pub(super) fn visual(&mut self, key: char, editor: &mut Editor) {
        let Some((start, end)) = self.marked(editor) else { return self.idle() };
        let lines = matches!(self.mode, Mode::Visual { lines: true, .. });
        let operator = match key {
            'd' | 'x' | 'X' | 'D' => Some(Operator::Delete),
            'c' | 's' | 'C' | 'S' => Some(Operator::Change),
            'y' | 'Y' => Some(Operator::Yank),
            _ => None,
        };
        match (key, operator) {
            (_, Some(operator)) => {
                self.mode = Mode::Normal;
                if lines {
                    self.operate_lines(editor, operator, start, end);
                } else {
                    self.operate(editor, operator, start, end);
                }
            }
            ('v' | 'V', None) => {
                let lines_wanted = key == 'V';
                self.mode = match self.mode {
                    Mode::Visual { from, lines } if lines != lines_wanted => Mode::Visual { from, lines: lines_wanted },
                    Mode::Visual { .. } | Mode::Insert | Mode::Normal => Mode::Normal,
                };
                self.idle();
            }
            ('o', None) => {
                if let Mode::Visual { from, lines } = self.mode {
                    self.mode = Mode::Visual { from: editor.buffer.cursor(), lines };
                    editor.buffer.go(from);
                }
                self.idle();
            }
            ('~', None) => {
                self.mode = Mode::Normal;
                self.swap_case(editor, start, end);
                editor.buffer.go(start);
            }
            ('p' | 'P', None) => {
                self.mode = Mode::Normal;
                let piece = editor.ring.newest().unwrap_or_default().to_owned();
                editor.buffer.begin();
                editor.buffer.replace(start, end, piece.trim_end_matches('\n'));
                self.changed();
            }
            ('r', None) => self.waiting = Waiting::Replacement,
            _ => self.idle(),
        }
    }

    /// `dd`, `cc`, `yy`; any other key drops the operator.
    fn doubled(&mut self, key: char, operator: Operator, editor: &mut Editor) {
        let own = match operator {
            Operator::Delete => 'd',
            Operator::Change => 'c',
            Operator::Yank => 'y',
        };
        if key != own {
            return self.idle();
        }
        let (text, at) = (editor.buffer.text(), editor.buffer.cursor());
        let start = motion::line_start(text, at);
        let below = |end: usize| if end < text.len() { motion::line_end(text, end + 1) } else { end };
        let end = (1..self.times()).fold(motion::line_end(text, at), |end, _| below(end));
        self.operate_lines(editor, operator, start, end);
    }

    fn begin_operator(&mut self, operator: Operator) {
        self.operator = Some((operator, self.count.take()));
    }

    pub(super) fn operate(&mut self, editor: &mut Editor, operator: Operator, from: usize, to: usize) {
        editor.ring.keep(editor.buffer.slice(from, to), None);
        self.cut_lines = false;
        match operator {
            Operator::Yank => {
                editor.buffer.go(from);
                self.idle();
            }
            Operator::Delete => {
                editor.buffer.begin();
                editor.buffer.replace(from, to, "");
                self.changed();
            }
            Operator::Change => {
                editor.buffer.begin();
                editor.buffer.replace(from, to, "");
                editor.buffer.go(from);
                self.insert(editor);
            }
        }
    }

    /// The lines from the byte `start` to the byte `end`, which is before their last line break.
    pub(super) fn operate_lines(&mut self, editor: &mut Editor, operator: Operator, start: usize, end: usize) {
        let piece = format!("{}\n", editor.buffer.slice(start, end));
        editor.ring.keep(&piece, None);
        self.cut_lines = true;
        match operator {
            Operator::Yank => {
                if !(start..=end).contains(&editor.buffer.cursor()) || self.mode != Mode::Normal {
                    editor.buffer.go(start);
                }
                self.idle();
            }
            Operator::Delete => {
                editor.buffer.begin();
                let length = editor.buffer.text().len();
                if end < length {
                    editor.buffer.replace(start, end + 1, "");
                } else {
                    editor.buffer.replace(start.saturating_sub(1), end, "");
                }
                let to = motion::line_text(editor.buffer.text(), editor.buffer.cursor());
                editor.buffer.go(to);
                self.changed();
            }
            Operator::Change => {
                editor.buffer.begin();
                editor.buffer.replace(start, end, "");
                self.insert(editor);
            }
        }
    }

    fn put(&mut self, editor: &mut Editor, behind: bool) {
        let Some(piece) = editor.ring.newest().map(str::to_owned) else { return self.idle() };
        let times = self.times().min(1 + 100_000 / piece.len().max(1));
        let (text, at) = (editor.buffer.text(), editor.buffer.cursor());
        let (start, end) = (motion::line_start(text, at), motion::line_end(text, at));
        let next = if at < end { motion::right(text, at) } else { at };
        editor.buffer.begin();
        if self.cut_lines && piece.ends_with('\n') {
            let lines = piece.repeat(times);
            let line = if behind { end + 1 } else { start };
            if behind {
                editor.buffer.replace(end, end, &format!("\n{}", lines.trim_end_matches('\n')));
            } else {
                editor.buffer.replace(start, start, &lines);
            }
            let to = motion::line_text(editor.buffer.text(), line);
            editor.buffer.go(to);
        } else {
            let at = if behind { next } else { at };
            let pieces = piece.repeat(times);
            editor.buffer.replace(at, at, &pieces);
            let last = motion::left(editor.buffer.text(), at + pieces.len());
            editor.buffer.go(last);
        }
        self.changed();
    }

    /// `r`: so many characters become this one; in visual mode all that is marked.
    pub(super) fn replace(&mut self, editor: &mut Editor, with: char) {
        let (text, at) = (editor.buffer.text(), editor.buffer.cursor());
        let marked = self.marked(editor);
        self.mode = Mode::Normal;
        let (start, end) = marked.unwrap_or((at, ahead(text, at, motion::line_end(text, at), self.times())));
        let old = editor.buffer.slice(start, end);
        let count = unicode_segmentation::UnicodeSegmentation::graphemes(old, true).count();
        if old.is_empty() || (marked.is_none() && count < self.times()) {
            return self.idle();
        }
        let mut new = String::new();
        for grapheme in unicode_segmentation::UnicodeSegmentation::graphemes(old, true) {
            new.push(if grapheme == "\n" { '\n' } else { with });
        }
        editor.buffer.begin();
        editor.buffer.replace(start, end, &new);
        let length = if marked.is_some() { 0 } else { new.len().saturating_sub(with.len_utf8()) };
        editor.buffer.go(start + length);
        self.changed();
    }

    fn swap_case(&mut self, editor: &mut Editor, from: usize, to: usize) {
        let swapped: String = editor.buffer.slice(from, to).chars().map(other_case).collect();
        editor.buffer.begin();
        editor.buffer.replace(from, to, &swapped);
        self.changed();
    }

    fn join(&mut self, editor: &mut Editor, end: usize) {
        let text = editor.buffer.text();
        if end < text.len() {
            let next = motion::line_text(text, end + 1);
            editor.buffer.begin();
            editor.buffer.replace(end, next, " ");
            editor.buffer.go(end);
        }
        self.changed();
    }

    fn open_line(&mut self, editor: &mut Editor, at: usize, text: &str, cursor: usize) {
        editor.buffer.begin();
        editor.buffer.replace(at, at, text);
        editor.buffer.go(cursor);
        self.insert(editor);
    }

    fn insert_at(&mut self, editor: &mut Editor, at: usize) {
        editor.buffer.begin();
        editor.buffer.go(at);
        self.insert(editor);
    }

    /// Into insert mode; what is typed belongs to the command.
    fn insert(&mut self, editor: &mut Editor) {
        self.mode = Mode::Insert;
        self.count = None;
        self.operator = None;
        self.typed.clear();
        editor.buffer.keep_step();
    }

    /// A change is done: `.` does it again.
    fn changed(&mut self) {
        self.last = Some(Repeat { command: std::mem::take(&mut self.command), typed: String::new() });
        self.idle();
    }

    fn again(&mut self, editor: &mut Editor) {
        self.idle();
        let Some(repeat) = self.last.take() else { return };
        for char in repeat.command.chars() {
            self.character(char, editor);
        }
        if self.mode == Mode::Insert {
            editor.buffer.insert(&repeat.typed);
            self.command.clear();
            self.leave_insert(editor);
        }
        self.last = Some(repeat);
    }
}

/// The byte after so many characters, no further than `end`.
fn ahead(text: &str, at: usize, end: usize, times: usize) -> usize {
    (0..times).fold(at, |at, _| if at < end { motion::right(text, at) } else { at })
}

fn other_case(char: char) -> char {
    let mut other: Box<dyn Iterator<Item = char>> =
        if char.is_lowercase() { Box::new(char.to_uppercase()) } else { Box::new(char.to_lowercase()) };
    match (other.next(), other.next()) {
        (Some(other), None) => other,
        _ => char,
    }
}

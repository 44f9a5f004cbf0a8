//! Keys of the transcript.

use super::search::Search;
use super::{Asking, GUTTER, Place, Step, Transcript};
use crate::transcript::view::View;
use crate::tui::cell::{Look, text};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

impl Transcript {
    /// What a key does. `look` is that of the last drawing.
    pub fn key(&mut self, key: KeyEvent, view: &View, look: &Look<'_>) -> Step {
        self.said.clear();
        let look = look.narrower(GUTTER);
        self.layout.prepare(view, &look);
        match std::mem::replace(&mut self.asking, Asking::Nothing) {
            Asking::Search(words) => self.type_words(words, key, view, &look),
            Asking::Block(blocks) => self.choose(blocks, key),
            Asking::Nothing => self.command(key, view, &look),
        }
    }

    /// Words that were pasted: into what is searched for, else nowhere.
    pub fn paste(&mut self, text: &str) {
        if let Asking::Search(words) = &mut self.asking {
            words.extend(text.lines().next());
        }
    }

    fn command(&mut self, key: KeyEvent, view: &View, look: &Look<'_>) -> Step {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let page = usize::from(self.rows).saturating_sub(1).max(1);
        match key.code {
            KeyCode::Char('o') if control => return Step::Leave,
            KeyCode::Char('d') if control => self.down(page.div_ceil(2), view, look),
            KeyCode::Char('u') if control => self.up(page.div_ceil(2), view, look),
            KeyCode::Char('f') if control => self.down(page, view, look),
            KeyCode::Char('b') if control => self.up(page, view, look),
            KeyCode::Char('n') if control => self.down(1, view, look),
            KeyCode::Char('p') if control => self.up(1, view, look),
            _ if control || key.modifiers.contains(KeyModifiers::ALT) => return Step::None,
            KeyCode::Char('q') => return Step::Leave,
            KeyCode::Esc if self.search.is_some() => self.search = None,
            KeyCode::Esc => return Step::Leave,
            KeyCode::Char('j') | KeyCode::Down => self.down(1, view, look),
            KeyCode::Char('k') | KeyCode::Up => self.up(1, view, look),
            KeyCode::PageDown => self.down(page, view, look),
            KeyCode::PageUp => self.up(page, view, look),
            KeyCode::Char('g') | KeyCode::Home => self.go(Place::default(), view, look),
            KeyCode::Char('G') | KeyCode::End => self.follow(),
            KeyCode::Tab => self.cell(true, view, look),
            KeyCode::BackTab => self.cell(false, view, look),
            KeyCode::Char('/') => self.asking = Asking::Search(String::new()),
            KeyCode::Char('n') => self.find(true, view, look),
            KeyCode::Char('N') => self.find(false, view, look),
            KeyCode::Enter | KeyCode::Char(' ') => self.turn(view, look),
            KeyCode::Char('a') => self.turn_all(view, look),
            KeyCode::Char('y') => return self.copy(view, look),
            KeyCode::Char('c') => return self.copy_code(view, look),
            _ => return Step::None,
        }
        Step::Redraw
    }

    /// The row that keys act on: at first the last one that is seen.
    fn cursor(&mut self, view: &View, look: &Look<'_>) -> Place {
        let cursor = match self.cursor {
            Some(cursor) => cursor,
            None if self.follows => self.layout.end(view, look),
            None => self.top,
        };
        let height = self.layout.height(view, cursor.cell, look);
        let cursor = Place { row: cursor.row.min(height.saturating_sub(1)), ..cursor };
        if self.follows {
            self.top = self.end_top(view, look);
        }
        self.cursor = Some(cursor);
        cursor
    }

    fn down(&mut self, rows: usize, view: &View, look: &Look<'_>) {
        let from = self.cursor(view, look);
        let to = self.layout.on(view, from, rows, look);
        if self.layout.next(view, to, look).is_none() {
            self.cursor = Some(to);
            self.follows = true;
            return;
        }
        self.go(to, view, look);
    }

    fn up(&mut self, rows: usize, view: &View, look: &Look<'_>) {
        let from = self.cursor(view, look);
        let to = self.layout.back(view, from, rows, look);
        self.go(to, view, look);
    }

    /// The beginning of the next cell, or of this one or the one before.
    fn cell(&mut self, on: bool, view: &View, look: &Look<'_>) {
        let from = self.cursor(view, look);
        let begin = Place { cell: from.cell, row: 0 };
        let place = if on {
            let height = self.layout.height(view, from.cell, look);
            self.layout.next(view, Place { row: height.saturating_sub(1), ..begin }, look).unwrap_or(from)
        } else if from.row > 0 {
            begin
        } else {
            let before = self.layout.before(view, begin, look).unwrap_or(begin);
            Place { row: 0, ..before }
        };
        self.go(place, view, look);
    }

    /// Puts the cursor there, and moves the screen no more than it takes to see it.
    fn go(&mut self, to: Place, view: &View, look: &Look<'_>) {
        if self.follows {
            self.top = self.end_top(view, look);
        }
        self.follows = false;
        self.cursor = Some(to);
        let rows = usize::from(self.rows);
        if to < self.top {
            self.top = to;
        } else {
            let least = self.layout.back(view, to, rows - 1, look);
            self.top = self.top.max(least);
        }
    }

    /// Opens or closes the cell under the cursor; its first row stays where it is seen.
    fn turn(&mut self, view: &View, look: &Look<'_>) {
        let cursor = self.cursor(view, look);
        self.layout.turn(cursor.cell);
        let first = Place { cell: cursor.cell, row: 0 };
        let place = if self.layout.height(view, cursor.cell, look) > cursor.row { cursor } else { first };
        let last = self.layout.height(view, self.top.cell, look).saturating_sub(1);
        self.top.row = self.top.row.min(last);
        self.go(place, view, look);
    }

    fn turn_all(&mut self, view: &View, look: &Look<'_>) {
        let follows = self.follows;
        let cursor = self.cursor(view, look);
        // The cell stays where it is seen.
        let mut above = 0;
        let mut place = self.top;
        while place.cell < cursor.cell && above < usize::from(self.rows) {
            let Some(next) = self.layout.next(view, place, look) else { break };
            place = next;
            above += 1;
        }
        self.layout.turn_all();
        if follows {
            return self.follow();
        }
        let first = Place { cell: cursor.cell, row: 0 };
        self.top = self.layout.back(view, first, above, look);
        self.go(first, view, look);
    }

    fn copy(&mut self, view: &View, look: &Look<'_>) -> Step {
        let cursor = self.cursor(view, look);
        let Some(cell) = view.cells().get(cursor.cell) else { return Step::None };
        let text = text(cell);
        self.said = format!("copied {}", lines_of(&text));
        Step::Copy { what: lines_of(&text), text }
    }

    fn copy_code(&mut self, view: &View, look: &Look<'_>) -> Step {
        self.cursor(view, look);
        let mut blocks = self.code(view);
        match blocks.len() {
            0 => self.said = "no code block in this cell".into(),
            1 => return self.copied(blocks.remove(0)),
            _ => self.asking = Asking::Block(blocks),
        }
        Step::Redraw
    }

    fn copied(&mut self, block: String) -> Step {
        let what = format!("a code block of {}", lines_of(&block));
        self.said = format!("copied {what}");
        Step::Copy { text: block, what }
    }

    fn choose(&mut self, mut blocks: Vec<String>, key: KeyEvent) -> Step {
        let KeyCode::Char(digit) = key.code else { return Step::Redraw };
        let index = digit.to_digit(10).and_then(|digit| (digit as usize).checked_sub(1));
        match index.filter(|index| *index < blocks.len()) {
            Some(index) => self.copied(blocks.swap_remove(index)),
            None => {
                self.asking = Asking::Block(blocks);
                Step::Redraw
            }
        }
    }

    fn type_words(&mut self, mut words: String, key: KeyEvent, view: &View, look: &Look<'_>) -> Step {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Esc => return Step::Redraw,
            KeyCode::Enter => {
                self.search = Search::new(&words, view);
                self.find(true, view, look);
                return Step::Redraw;
            }
            KeyCode::Backspace if words.pop().is_none() => return Step::Redraw,
            KeyCode::Char('u') if control => words.clear(),
            KeyCode::Char(char) if !control => words.push(char),
            _ => {}
        }
        self.asking = Asking::Search(words);
        Step::Redraw
    }

    /// Goes to the next place that was found, and opens what hides it.
    fn find(&mut self, on: bool, view: &View, look: &Look<'_>) {
        let cursor = self.cursor(view, look);
        let Some(search) = &mut self.search else { return };
        let found = if on { search.next(cursor.cell) } else { search.before(cursor.cell) };
        let Some((cell, nth)) = found else { return };
        let mut rows = self.rows_with(cell, view, look);
        if rows.is_empty() && !self.layout.is_open(cell) {
            self.layout.turn(cell);
            rows = self.rows_with(cell, view, look);
        }
        let row = rows.get(nth).or(rows.last()).copied().unwrap_or(0);
        self.go(Place { cell, row }, view, look);
    }

    /// The rows of a cell in which it was found, each as often as it is there.
    fn rows_with(&mut self, cell: usize, view: &View, look: &Look<'_>) -> Vec<usize> {
        let height = self.layout.height(view, cell, look);
        let mut rows = Vec::new();
        for row in 0..height {
            let line = self.layout.line(view, Place { cell, row }, look);
            let count = self.search.as_ref().map_or(0, |search| search.count(&line));
            rows.extend(std::iter::repeat_n(row, count));
        }
        rows
    }
}

fn lines_of(text: &str) -> String {
    match text.lines().count() {
        1 => "1 line".into(),
        count => format!("{count} lines"),
    }
}

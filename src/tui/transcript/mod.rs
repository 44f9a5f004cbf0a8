//! The transcript on the full screen: scrolled, searched, folded, copied. Pure.
//!
//! A place in it is a cell and a row of that cell, and only cells that are seen are laid out: a session of any length scrolls at
//! once, and while an answer streams only its open end is made anew.

mod keys;
mod layout;
mod search;

use super::cell::{Look, blocks};
use super::keys::{Keys, Place as At};
use super::theme::Role;
use crate::transcript::view::View;
use layout::Layout;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};
use search::Search;

/// Columns of the mark beside the cell under the cursor.
const GUTTER: u16 = 2;

/// What the caller has to do after a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The key means nothing here.
    None,
    Redraw,
    /// Put this on the clipboard, and say what it was.
    Copy {
        text: String,
        what: String,
    },
    /// Back to where one came from.
    Leave,
}

/// A row of the transcript.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    cell: usize,
    row: usize,
}

/// What keys mean at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Asking {
    Nothing,
    /// The words to search for, while they are typed.
    Search(String),
    /// Which code block is to be copied.
    Block(Vec<String>),
}

/// The transcript of a session.
pub struct Transcript {
    layout: Layout,
    top: Place,
    /// The row that keys act on; none while the end is followed and nobody looks around.
    cursor: Option<Place>,
    follows: bool,
    asking: Asking,
    search: Option<Search>,
    /// Rows of the last drawing.
    rows: u16,
    /// What to say in the row of keys.
    said: String,
    /// Is there a row of keys?
    has_keys: bool,
    /// What can be pressed, in words.
    hints: String,
}

/// What can be pressed, by the key of the table.
const HINTS: &[(&str, &str)] =
    &[("esc", "back"), ("/", "search"), ("enter", "open"), ("a", "all"), ("y", "copy"), ("c", "code"), ("g G", "ends")];

impl Transcript {
    /// At the end, which it follows. With `keys` the last row tells what can be pressed; without, that row comes with the first
    /// key that looks around.
    pub fn new(keys: bool) -> Self {
        Self {
            layout: Layout::default(),
            top: Place::default(),
            cursor: None,
            follows: true,
            asking: Asking::Nothing,
            search: None,
            rows: 1,
            said: String::new(),
            has_keys: keys,
            hints: hints(&Keys::default()),
        }
    }

    /// Tells the user's own keys.
    pub fn with_keys(self, keys: &Keys) -> Self {
        Self { hints: hints(keys), ..self }
    }

    /// Goes to the end and stays there.
    pub fn follow(&mut self) {
        self.follows = true;
        self.cursor = None;
    }

    /// Does it follow the end?
    pub fn follows(&self) -> bool {
        self.follows
    }

    /// Are words being typed into it? Then every key is for it.
    pub fn takes_words(&self) -> bool {
        self.asking != Asking::Nothing
    }

    /// Draws into `area`.
    pub fn draw(&mut self, view: &View, buffer: &mut Buffer, area: Rect, look: &Look<'_>) {
        let keys = self.has_keys || self.cursor.is_some();
        self.rows = area.height.saturating_sub(u16::from(keys)).max(1);
        let look = look.narrower(GUTTER);
        self.layout.prepare(view, &look);
        if self.follows {
            self.top = self.end_top(view, &look);
        }
        let mut place = Some(self.top).filter(|_| !view.cells().is_empty());
        for y in 0..self.rows.min(area.height) {
            let Some(here) = place else { break };
            let line = self.layout.line(view, here, &look);
            let at = area.y + y;
            let is_cursor = self.cursor == Some(here);
            let is_blank = here.row == 0 && line.spans.is_empty();
            if is_cursor || (!is_blank && self.cursor.is_some_and(|cursor| cursor.cell == here.cell)) {
                let mark = if is_cursor { "▌" } else { "▏" };
                buffer.set_string(area.x, at, mark, look.theme.style(Role::Accent));
            }
            let line = match &self.search {
                Some(search) => search.mark(line),
                None => line,
            };
            buffer.set_line(area.x + GUTTER.min(area.width), at, &line, area.width.saturating_sub(GUTTER));
            place = self.layout.next(view, here, &look);
        }
        if keys && area.height > 0 {
            let row = self.key_row(view, &look);
            buffer.set_line(area.x, area.y + area.height - 1, &row, area.width);
        }
    }

    /// The last row: what can be pressed, or what was asked.
    fn key_row(&self, view: &View, look: &Look<'_>) -> Line<'static> {
        let dim = look.theme.style(Role::Dim);
        match &self.asking {
            Asking::Search(words) => {
                let words = format!("/{}", crate::text::sanitise::one_line(words));
                return Line::from(vec![Span::raw(words), Span::styled(" ", dim.add_modifier(Modifier::REVERSED))]);
            }
            Asking::Block(blocks) => {
                return Line::raw(format!("copy which block? 1 to {}, esc", blocks.len().min(9)));
            }
            Asking::Nothing => {}
        }
        if !self.said.is_empty() {
            return Line::raw(self.said.clone());
        }
        let mut words = Vec::new();
        if let Some(search) = &self.search {
            words.push(search.position());
        }
        let at = self.cursor.map_or(view.cells().len(), |cursor| cursor.cell + 1);
        words.push(format!("{at}/{}", view.cells().len()));
        words.push(self.hints.clone());
        Line::from(Span::styled(words.join(" · "), dim))
    }

    /// Where the screen begins when its last row is the last there is.
    fn end_top(&mut self, view: &View, look: &Look<'_>) -> Place {
        let end = self.layout.end(view, look);
        self.layout.back(view, end, usize::from(self.rows) - 1, look)
    }

    /// Code blocks of the cell under the cursor.
    fn code(&self, view: &View) -> Vec<String> {
        self.cursor.and_then(|cursor| view.cells().get(cursor.cell)).map(blocks).unwrap_or_default()
    }
}

fn hints(keys: &Keys) -> String {
    let shown = |(pressed, words): &(&str, &str)| {
        let own = pressed.split(' ').map(|key| keys.in_place_of(At::Transcript, key));
        let own: Vec<String> = own.filter(|key| !key.is_empty()).collect();
        (!own.is_empty()).then(|| format!("{} {words}", own.join(" ")))
    };
    HINTS.iter().filter_map(shown).collect::<Vec<_>>().join(" · ")
}

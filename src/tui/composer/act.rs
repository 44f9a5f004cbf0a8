//! What the composer does itself, besides editing: it sends, walks the history, clears.

use super::draft::{self, Kind, kind};
use super::layout::Layout;
use super::{Composer, Said, atoms, draw};
use crate::tui::keys::Action;

type Act = fn(&mut Composer) -> Said;

/// What the composer does itself, besides editing.
pub(super) const OWN: &[(Action, Act)] = &[
    (Action::Send, Composer::send),
    (Action::Queue, Composer::queue),
    (Action::Up, Composer::up),
    (Action::Down, Composer::down),
    (Action::HistorySearch, Composer::begin_search),
    (Action::LastWord, Composer::last_word),
    (Action::Cancel, Composer::cancel),
    (Action::EndOfInput, Composer::end_of_input),
    (Action::Complete, Composer::complete),
    (Action::Back, Composer::back),
];

/// What a recalled text may have, in bytes, before it is folded like a paste.
const RECALLED: usize = 20_000;

impl Composer {
    pub(super) fn send(&mut self) -> Said {
        let at = self.editor.buffer.cursor();
        if self.editor.buffer.before().ends_with('\\') && !self.in_command() {
            self.editor.buffer.begin();
            self.editor.buffer.replace(at - 1, at, "\n");
            return self.changed(true);
        }
        // Without a word the key is for others: what waits in the queue can be sent by it.
        if self.is_empty() {
            return Said::Action(Action::Send);
        }
        if draft::is_blank(self.editor.buffer.text()) {
            return Said::Nothing;
        }
        Said::Send(self.take())
    }

    fn queue(&mut self) -> Said {
        if draft::is_blank(self.editor.buffer.text()) {
            return Said::Nothing;
        }
        Said::Queue(self.take())
    }

    /// A slash command is one line.
    fn in_command(&self) -> bool {
        matches!(kind(self.editor.buffer.text()), Kind::Slash { .. })
    }

    pub(super) fn up(&mut self) -> Said {
        if let Some(to) = self.row_away(-1) {
            self.editor.buffer.go(to);
            return self.changed(false);
        }
        let (text, cursor) = (self.editor.buffer.text().to_owned(), self.editor.buffer.cursor());
        match self.history.older(&text, cursor).map(str::to_owned) {
            Some(older) => self.recall(&older, None),
            None => Said::Nothing,
        }
    }

    pub(super) fn down(&mut self) -> Said {
        if let Some(to) = self.row_away(1) {
            self.editor.buffer.go(to);
            return self.changed(false);
        }
        match self.history.newer() {
            Some((newer, cursor)) => self.recall(&newer, cursor),
            None => Said::Nothing,
        }
    }

    /// The place one row up or down, in the column where going up and down began.
    fn row_away(&mut self, rows: isize) -> Option<usize> {
        let columns = draw::text_columns(usize::from(self.width));
        let layout = Layout::new(self.editor.buffer.text(), &self.atoms, columns);
        let (row, column) = layout.place(self.editor.buffer.cursor());
        let column = self.column.unwrap_or(column);
        let row = row.checked_add_signed(rows).filter(|row| *row < layout.rows().len())?;
        let to = layout.at(row, column);
        self.column = Some(column);
        Some(to)
    }

    /// A text of the history, or what stood here before it, into the composer.
    pub(super) fn recall(&mut self, text: &str, cursor: Option<usize>) -> Said {
        let folded = if text.len() > RECALLED && cursor.is_none() { self.atoms.paste(text) } else { None };
        match folded {
            Some(atom) => self.editor.buffer.set(atom.encode_utf8(&mut [0; 4])),
            // What was kept has atoms of its own in it; what comes from the history has none.
            None => self.editor.buffer.set(text),
        }
        if let Some(cursor) = cursor {
            self.editor.buffer.go(cursor);
        }
        self.moved();
        if let Some(vim) = &self.vim {
            vim.settle(&mut self.editor);
        }
        Said::Changed
    }

    fn last_word(&mut self) -> Said {
        let Some(word) = self.history.last_word().map(str::to_owned) else { return Said::Nothing };
        self.editor.buffer.begin();
        self.editor.buffer.insert(&atoms::foreign(&word));
        self.changed(false)
    }

    /// Clears the text; without any the key is for others.
    fn cancel(&mut self) -> Said {
        if self.is_empty() {
            return Said::Action(Action::Cancel);
        }
        self.history.leave();
        self.editor.buffer.set("");
        if let Some(vim) = &mut self.vim {
            vim.reset();
        }
        self.moved();
        Said::Changed
    }

    fn end_of_input(&mut self) -> Said {
        if self.is_empty() {
            return Said::Action(Action::EndOfInput);
        }
        self.editor.act(Action::EndOfInput);
        self.changed(true)
    }

    /// Opens the list where something can be completed.
    fn complete(&mut self) -> Said {
        self.closed = None;
        let asked = self.refresh(true);
        match (asked, &self.popup) {
            (Some(completion), _) => Said::Ask(completion),
            (None, Some(_)) => Said::Changed,
            (None, None) => Said::Action(Action::Complete),
        }
    }

    fn back(&mut self) -> Said {
        Said::Action(if self.is_empty() { Action::Back } else { Action::Interrupt })
    }
}

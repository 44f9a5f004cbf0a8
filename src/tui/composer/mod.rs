//! Where the user writes: a text of many lines, its history, what completes it, pastes and images. Pure: keys in, a [`Said`] out.

mod act;
mod atoms;
mod buffer;
mod complete;
mod draft;
mod draw;
mod edit;
mod history;
mod image;
mod kill;
mod layout;
mod motion;
mod popup;
mod queue;
mod search;
mod vim;

pub use complete::{Completion, Offer, Wanted};
pub use draft::{Draft, Kind, kind};
pub use draw::Drawn;
pub use queue::{Queue, Queued, When};

use super::keys::{Action, Keys, Place, Press, Pressed};
use super::preferences::Preferences;
use atoms::Atoms;
use crossterm::event::KeyEvent;
use edit::{Edited, Editor};
use history::{History, Search};
use popup::Popup;
use vim::{Mode, Took, Vim};

/// The state of the composer.
#[derive(Debug, Clone)]
pub struct Composer {
    editor: Editor,
    atoms: Atoms,
    history: History,
    search: Option<Search>,
    popup: Option<Popup>,
    /// Where the list was closed by hand: it stays closed there.
    closed: Option<usize>,
    vim: Option<Vim>,
    /// Keys of a sequence that goes on.
    held: Vec<Press>,
    /// The column that going up and down keeps to.
    column: Option<usize>,
    width: u16,
}

/// What a key came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// Nothing changed.
    Nothing,
    /// Draw again.
    Changed,
    /// The composer is empty now.
    Send(Draft),
    Queue(Draft),
    /// Not the composer's own: for whoever holds it.
    Action(Action),
    /// Draw again, and look this up for [`Composer::offer`].
    Ask(Completion),
}

impl Composer {
    pub fn new(preferences: &Preferences) -> Self {
        Self {
            editor: Editor::default(),
            atoms: Atoms::default(),
            history: History::default(),
            search: None,
            popup: None,
            closed: None,
            vim: preferences.vim.then(Vim::default),
            held: Vec::new(),
            column: None,
            width: 80,
        }
    }

    pub fn set_history(&mut self, newest_first: Vec<String>) {
        self.history.set(newest_first);
    }

    /// The columns there are: up and down go by rows as they are shown.
    pub fn set_width(&mut self, width: u16) {
        self.width = width;
    }

    pub fn key(&mut self, event: KeyEvent, keys: &Keys) -> Said {
        if let Some(said) = self.search_key(event, keys) {
            return said;
        }
        if let Some(said) = self.popup_key(event, keys) {
            return said;
        }
        if let Some(said) = self.vim_key(event, keys) {
            return said;
        }
        match keys.press(Place::Composer, &mut self.held, event) {
            Pressed::Action(action) => self.act(action),
            Pressed::Begins => Said::Nothing,
            Pressed::Free => match Press::of(event).and_then(Press::typed) {
                Some(char) => self.type_in(char),
                None => Said::Nothing,
            },
        }
    }

    /// A paste of any size: a large one is folded, paths of images become images. It never sends.
    pub fn paste(&mut self, text: &str) {
        if self.search_for(text) {
            return;
        }
        if let Some(paths) = image::paths(text) {
            for path in paths {
                self.attach(path);
            }
            return;
        }
        self.history.leave();
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        self.editor.buffer.begin();
        match self.atoms.paste(&text) {
            Some(atom) => self.editor.buffer.insert(atom.encode_utf8(&mut [0; 4])),
            None => self.editor.buffer.insert(&atoms::foreign(&text)),
        }
        self.moved();
    }

    /// An image, by its path.
    pub fn attach(&mut self, path: String) {
        let Some(atom) = self.atoms.image(path) else { return };
        self.history.leave();
        self.editor.buffer.begin();
        if self.editor.buffer.before().ends_with(|char: char| !char.is_whitespace()) {
            self.editor.buffer.insert(" ");
        }
        self.editor.buffer.insert(&format!("{atom} "));
        self.moved();
    }

    pub fn is_empty(&self) -> bool {
        self.editor.buffer.is_empty()
    }

    /// With all pastes in full, and images as `[image #1: shot.png]`.
    pub fn text(&self) -> String {
        self.atoms.unfold(self.editor.buffer.text())
    }

    /// What stands before the cursor and what behind it, with each paste and image as one character.
    pub fn halves(&self) -> (&str, &str) {
        (self.editor.buffer.before(), self.editor.buffer.after())
    }

    /// Another text in place of this one, as one step that can be undone. Images whose label is still in it stay.
    pub fn set(&mut self, text: &str) {
        let kept = self.atoms.fold_images(self.editor.buffer.text(), &atoms::foreign(text));
        self.history.leave();
        self.editor.buffer.set(&kept);
        self.moved();
    }

    /// The message, and an empty composer.
    pub fn take(&mut self) -> Draft {
        let draft = Draft::of(self.editor.buffer.text(), &self.atoms);
        self.history.add(&draft.text);
        self.editor.buffer.clear();
        self.editor.pause();
        self.atoms.clear();
        if let Some(vim) = &mut self.vim {
            vim.reset();
        }
        self.search = None;
        self.moved();
        draft
    }

    /// A message back to be edited, before what is being written.
    pub fn restore(&mut self, draft: &Draft) {
        let mut text = self.atoms.adopt(&draft.shape.text, &draft.shape.atoms);
        if !self.is_empty() {
            text.push('\n');
        }
        self.history.leave();
        self.editor.buffer.begin();
        self.editor.buffer.replace(0, 0, &text);
        self.moved();
    }

    /// `normal`, `insert`, `visual`; `None` without vim's keys.
    pub fn vim_mode(&self) -> Option<&'static str> {
        self.vim.as_ref().map(|vim| match vim.mode() {
            Mode::Insert => "insert",
            Mode::Normal => "normal",
            Mode::Visual { .. } => "visual",
        })
    }

    /// Is a list or a search open, that `esc` would close?
    pub fn is_open(&self) -> bool {
        self.search.is_some() || self.popup.as_ref().is_some_and(|popup| !popup.rows.is_empty())
    }

    fn act(&mut self, action: Action) -> Said {
        let own = act::OWN.iter().find(|(one, _)| *one == action);
        if !matches!(action, Action::Up | Action::Down) {
            self.column = None;
        }
        if let Some((_, act)) = own {
            return act(self);
        }
        match self.editor.act(action) {
            Edited::No => Said::Action(action),
            Edited::Moved => self.changed(false),
            Edited::Text => self.changed(true),
        }
    }

    /// The text, if `typed`, or the cursor changed. What came from the history and is changed is the composer's own.
    fn changed(&mut self, typed: bool) -> Said {
        if typed {
            self.history.leave();
        }
        if let Some(vim) = &self.vim {
            vim.settle(&mut self.editor);
        }
        self.refresh(typed).map_or(Said::Changed, Said::Ask)
    }

    /// The text changed otherwise than by typing: nothing opens.
    fn moved(&mut self) {
        self.popup = None;
        self.closed = None;
        self.column = None;
        self.held.clear();
    }

    fn type_in(&mut self, char: char) -> Said {
        self.editor.pause();
        self.column = None;
        if let Some(vim) = &mut self.vim {
            vim.note(char);
        }
        if !atoms::is_atom(char) {
            self.editor.buffer.type_in(char, self.vim.is_some());
        }
        self.changed(true)
    }

    /// A key of vim's: `None` where it means what the key table says.
    fn vim_key(&mut self, event: KeyEvent, keys: &Keys) -> Option<Said> {
        let press = Press::of(event)?;
        let action = keys.action(Place::Composer, event);
        let vim = self.vim.as_mut()?;
        if action == Some(Action::Interrupt) && vim.escape(&mut self.editor) {
            self.popup = None;
            self.held.clear();
            return Some(Said::Changed);
        }
        if vim.mode() == Mode::Insert {
            if action == Some(Action::DeletePrevious) {
                vim.note_erased();
            } else if action == Some(Action::Newline) {
                vim.note('\n');
            }
            return None;
        }
        self.editor.pause();
        if Press::parse("ctrl-r") == Some(press) {
            vim.redo(&mut self.editor);
            return Some(Said::Changed);
        }
        let char = press.typed()?;
        self.held.clear();
        let before = self.editor.buffer.text().to_owned();
        match vim.character(char, &mut self.editor) {
            Took::Done => {
                if before != self.editor.buffer.text() {
                    self.history.leave();
                }
                self.moved();
                Some(Said::Changed)
            }
            Took::Rows(rows) => {
                let step = if rows < 0 { Self::up } else { Self::down };
                Some((0..rows.unsigned_abs().min(1000)).fold(Said::Nothing, |_, _| step(self)))
            }
        }
    }
}

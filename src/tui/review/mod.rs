//! The review of a change: what would be written, or was, is accepted or rejected by file and by hunk, edited, and commented on.
//!
//! Pure: keys go in, steps come out. What is not accepted is left out or put back, but never without a clear word of the user.

mod draw;
mod keys;
mod marks;
mod page;
mod tree;

pub use draw::ReviewLook;
pub use keys::help;

use super::diff::{self, Layout, Number};
use super::field::Field;
use crate::base::access::{Answer, Ask};
use crate::base::change::{self, FileChange};
use crate::edit::shown::{self, Hunk, Shown};
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind};
use keys::Action;
use marks::{Decision, Marks, Spot};
use page::Bodies;

/// What is reviewed.
#[derive(Debug, Clone, PartialEq)]
pub enum Subject {
    /// A question: before something is written, or after a command has made it.
    Ask(Box<Ask>),
    /// What the last task changed.
    Turn(Vec<FileChange>),
}

/// What a key led to.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Nothing to draw.
    None,
    Redraw,
    /// The user's editor is wanted; what it saved goes to [`Review::edited`].
    Edit(Editing),
    /// The answer to [`Subject::Ask`].
    Answer(Answer),
    /// What is kept of [`Subject::Turn`].
    Settle(change::Review),
    /// Left open: nothing is decided.
    Later,
}

/// A hunk's new lines with its context, for an editor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Editing {
    pub file: usize,
    pub hunk: usize,
    pub text: String,
    /// The file's path: an editor knows by its end how to show the text.
    pub name: String,
}

/// A review that goes on.
#[derive(Debug)]
pub struct Review {
    subject: Subject,
    files: Vec<File>,
    marks: Marks,
    at: Spot,
    mode: Mode,
    layout: Layout,
    /// The first row of the file that is shown.
    scroll: usize,
    follow: Follow,
    /// Said once, below: why a key did nothing.
    said: Option<String>,
    /// As it was drawn last.
    height: usize,
    wide: bool,
    bodies: Bodies,
}

#[derive(Debug)]
struct File {
    change: FileChange,
    shown: Shown,
}

#[derive(Debug, PartialEq, Eq)]
enum Mode {
    Browse,
    Comment(Field),
    /// Asks whether to finish with open hunks.
    Confirm,
    Help,
}

/// What has to be seen at the next draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Follow {
    Hunk,
    Line,
    Nothing,
}

impl File {
    /// A file without hunks is decided as a whole.
    fn count(&self) -> usize {
        self.shown.hunks.len().max(1)
    }

    fn hunk(&self, hunk: usize) -> Option<&Hunk> {
        self.shown.hunks.get(hunk)
    }
}

impl Review {
    pub fn new(subject: Subject) -> Self {
        let changes = match &subject {
            Subject::Ask(ask) => &ask.change,
            Subject::Turn(changes) => changes,
        };
        let file = |change: &FileChange| File { change: change.clone(), shown: shown::parse(&change.diff) };
        let files: Vec<File> = changes.iter().map(file).collect();
        let marks = Marks::new(files.iter().map(File::count));
        Self {
            subject,
            files,
            marks,
            at: Spot::default(),
            mode: Mode::Browse,
            layout: Layout::Auto,
            scroll: 0,
            follow: Follow::Hunk,
            said: None,
            height: 20,
            wide: false,
            bodies: Bodies::default(),
        }
    }

    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// Are words being typed, or is something asked that names its keys itself?
    pub fn takes_words(&self) -> bool {
        self.mode != Mode::Browse
    }

    /// Words that were pasted: into a comment, else nowhere.
    pub fn paste(&mut self, text: &str) -> Step {
        match &mut self.mode {
            Mode::Comment(field) => {
                field.insert(text);
                Step::Redraw
            }
            Mode::Browse | Mode::Confirm | Mode::Help => Step::None,
        }
    }

    pub fn key(&mut self, key: KeyEvent) -> Step {
        if key.kind == KeyEventKind::Release {
            return Step::None;
        }
        let said = self.said.take().is_some();
        let step = match &mut self.mode {
            Mode::Browse => keys::action(key).map_or(Step::None, |action| self.act(action)),
            Mode::Comment(_) => self.comment_key(key),
            Mode::Confirm => self.confirm_key(key),
            Mode::Help => {
                self.mode = Mode::Browse;
                Step::Redraw
            }
        };
        if said && step == Step::None { Step::Redraw } else { step }
    }

    /// What the editor saved for the hunk that was handed out last, or why it could not; the hunk is then decided on what it is now.
    pub fn edited(&mut self, editing: &Editing, saved: Result<String, String>) -> Step {
        self.follow = Follow::Hunk;
        let words = match saved {
            Ok(text) if text.trim().is_empty() => {
                "the saved text is empty, so it is not taken; x leaves the hunk out".into()
            }
            Ok(text) => {
                let text = shown::with_end_of(&editing.text, text);
                if text == editing.text {
                    "nothing was changed in the editor".into()
                } else {
                    let spot = Spot { file: editing.file, hunk: editing.hunk, line: None };
                    self.at = spot;
                    self.marks.edit(spot, text);
                    self.bodies.forget(spot);
                    "this is the hunk as you edited it: y accepts it".into()
                }
            }
            Err(words) => words,
        };
        self.say(words)
    }

    fn say(&mut self, words: String) -> Step {
        self.said = Some(words);
        Step::Redraw
    }

    fn act(&mut self, action: Action) -> Step {
        match action {
            Action::NextHunk => self.go(self.marks.after(self.at)),
            Action::PreviousHunk => self.go(self.marks.before(self.at)),
            Action::NextFile => self.go_file(self.at.file.checked_add(1)),
            Action::PreviousFile => self.go_file(self.at.file.checked_sub(1)),
            Action::LineDown => self.line(true),
            Action::LineUp => self.line(false),
            Action::PageDown => self.turn_page(true),
            Action::PageUp => self.turn_page(false),
            Action::Accept => self.decide(vec![self.at], Decision::Accepted),
            Action::Reject => self.decide(vec![self.at], Decision::Rejected),
            Action::AcceptFile => self.decide(self.marks.of_file(self.at.file), Decision::Accepted),
            Action::RejectFile => self.decide(self.marks.of_file(self.at.file), Decision::Rejected),
            Action::AcceptRest => self.decide(self.marks.open(), Decision::Accepted),
            Action::RejectRest => self.decide(self.marks.open(), Decision::Rejected),
            Action::Edit => self.edit(),
            Action::Comment => {
                self.mode = Mode::Comment(Field::new(self.marks.comment_at(self.at).unwrap_or_default()));
                self.follow = if self.at.line.is_some() { Follow::Line } else { Follow::Hunk };
                Step::Redraw
            }
            Action::Undo => match self.marks.undo() {
                Some(spot) => {
                    self.bodies.forget(spot);
                    self.go(Some(spot))
                }
                None => self.say("nothing is left to undo".into()),
            },
            Action::Sides => {
                let sides = match self.layout {
                    Layout::Auto => self.wide,
                    Layout::Unified => false,
                    Layout::Sides => true,
                };
                self.layout = if sides { Layout::Unified } else { Layout::Sides };
                self.follow = Follow::Hunk;
                Step::Redraw
            }
            Action::Help => {
                self.mode = Mode::Help;
                Step::Redraw
            }
            Action::Next => self.next_or_finish(),
            Action::Finish if self.marks.counts().open > 0 => {
                self.mode = Mode::Confirm;
                Step::Redraw
            }
            Action::Finish => self.finish(),
            Action::Later => Step::Later,
        }
    }

    fn go(&mut self, to: Option<Spot>) -> Step {
        let Some(to) = to else { return Step::None };
        if to.file != self.at.file {
            self.scroll = 0;
        }
        self.at = to;
        self.follow = if to.line.is_some() { Follow::Line } else { Follow::Hunk };
        Step::Redraw
    }

    fn go_file(&mut self, file: Option<usize>) -> Step {
        let file = file.filter(|file| *file < self.files.len());
        self.go(file.map(|file| Spot { file, hunk: 0, line: None }))
    }

    /// The line under the cursor moves by one, on into the next hunk.
    fn line(&mut self, down: bool) -> Step {
        let count = |spot: Spot| match self.marks.edited(spot) {
            Some(_) => 0,
            None => self.files.get(spot.file).and_then(|file| file.hunk(spot.hunk)).map_or(0, |hunk| hunk.lines.len()),
        };
        let moved = match self.at.line {
            None if down => Some(0),
            None => None,
            Some(line) if down => Some(line + 1),
            Some(line) => line.checked_sub(1),
        };
        match moved.filter(|line| *line < count(self.at)) {
            Some(line) => self.go(Some(Spot { line: Some(line), ..self.at })),
            None if down => self.go(self.marks.after(self.at)),
            None => {
                let before = self.marks.before(Spot { line: None, ..self.at });
                self.go(before.map(|spot| Spot { line: count(spot).checked_sub(1), ..spot }))
            }
        }
    }

    fn turn_page(&mut self, down: bool) -> Step {
        let by = self.height.saturating_sub(2).max(1);
        self.scroll = if down { self.scroll + by } else { self.scroll.saturating_sub(by) };
        self.follow = Follow::Nothing;
        Step::Redraw
    }

    fn decide(&mut self, spots: Vec<Spot>, decision: Decision) -> Step {
        if spots.is_empty() {
            return self.say("everything is decided: enter finishes, u undoes".into());
        }
        self.marks.decide(&spots, decision, self.at);
        let last = spots.last().copied().unwrap_or(self.at);
        let next = self.marks.next_open(last).filter(|next| (next.file, next.hunk) >= (last.file, last.hunk));
        self.follow = Follow::Hunk;
        self.go(next);
        Step::Redraw
    }

    fn edit(&mut self) -> Step {
        let file = self.files.get(self.at.file);
        let hunk = file.and_then(|file| file.hunk(self.at.hunk));
        let text = hunk.map(Hunk::new_text).filter(|text| !text.is_empty());
        let (Some(file), Some(text)) = (file, text) else {
            return self.say("there is no new text to edit here".into());
        };
        let text = self.marks.edited(self.at).map_or(text, str::to_owned);
        let name = file.change.path.clone();
        Step::Edit(Editing { file: self.at.file, hunk: self.at.hunk, text, name })
    }

    fn comment_key(&mut self, key: KeyEvent) -> Step {
        let Mode::Comment(field) = &mut self.mode else { return Step::None };
        match key.code {
            KeyCode::Esc => self.mode = Mode::Browse,
            KeyCode::Enter => {
                self.marks.comment(self.at, field.text().trim());
                self.mode = Mode::Browse;
            }
            _ => return if field.key(key) { Step::Redraw } else { Step::None },
        }
        Step::Redraw
    }

    fn confirm_key(&mut self, key: KeyEvent) -> Step {
        match key.code {
            KeyCode::Enter | KeyCode::Char('y') => self.finish(),
            KeyCode::Char('A') => {
                self.marks.decide(&self.marks.open(), Decision::Accepted, self.at);
                self.finish()
            }
            KeyCode::Esc | KeyCode::Char('n') => {
                self.mode = Mode::Browse;
                Step::Redraw
            }
            _ => Step::None,
        }
    }

    fn next_or_finish(&mut self) -> Step {
        match self.marks.next_open(self.at) {
            None => self.finish(),
            Some(next) if (next.file, next.hunk) == (self.at.file, self.at.hunk) => {
                self.follow = Follow::Hunk;
                self.say("this one is open: y accepts it, x rejects it, f finishes all the same".into())
            }
            next => self.go(next),
        }
    }

    /// The result; what is open is not accepted.
    fn finish(&mut self) -> Step {
        if self.files.is_empty() {
            return Step::Later;
        }
        let verdict = self.marks.verdict(&self.files);
        match &self.subject {
            Subject::Ask(ask) => Step::Answer(verdict.answer(&ask.change)),
            Subject::Turn(_) => Step::Settle(verdict.review()),
        }
    }
}

/// `line 12`, or `old line 12` where it is removed.
fn line_words(file: &File, spot: Spot) -> Option<String> {
    let hunk = file.hunk(spot.hunk)?;
    match diff::numbers(hunk).get(spot.line?)? {
        Number { new: Some(new), .. } => Some(format!("line {new}")),
        Number { new: None, old: Some(old) } => Some(format!("old line {old}")),
        Number { new: None, old: None } => None,
    }
}

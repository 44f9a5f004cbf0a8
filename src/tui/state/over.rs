//! What is in front of everything else: the transcript, a review, a list to choose from, a page to read.

use super::{Effect, For, Phase, State};
use crate::base::Error;
use crate::base::access::Answer;
use crate::base::change;
use crate::base::command::Command;
use crate::base::desk::{Act, Hit, Look, ModelRow, SessionRow, Trust};
use crate::base::event::Record;
use crate::transcript::view::{Body, Tone, View};
use crate::tui::age;
use crate::tui::approval;
use crate::tui::composer::{Draft, Offer, Wanted};
use crate::tui::context::{dollars, thousands};
use crate::tui::draw;
use crate::tui::keys::Place;
use crate::tui::pager::{self, Pager};
use crate::tui::picker::{self, Picker, Row};
use crate::tui::plain;
use crate::tui::review::{self, Review, Subject};
use crate::tui::theme::Theme;
use crate::tui::transcript::{self, Transcript};
use crossterm::event::KeyEvent;
use ratatui::text::Line;
use std::sync::Arc;

/// What is in front.
pub enum Over {
    Transcript {
        transcript: Box<Transcript>,
        /// The session from its first record on, where the screen's own view begins later.
        whole: Option<Box<View>>,
        /// The last record that is in it; `None` when all are.
        reading: Option<u64>,
    },
    Review {
        review: Box<Review>,
        /// The question it answers; none where it is about what stands already.
        ask: Option<u64>,
    },
    Picker {
        picker: Box<Picker>,
        choosing: Choosing,
    },
    Pager(Box<Pager>),
}

/// What a list is there to choose.
#[derive(Debug, Clone, PartialEq)]
pub enum Choosing {
    Session(Vec<SessionRow>),
    Model(Vec<ModelRow>),
    Theme,
    /// An earlier message to go back to: its record, and its words.
    Message(Vec<(u64, String)>),
    /// With the files, or without.
    HowFar(u64, String),
    Trust(Trust),
}

/// The last cells of a session that a preview shows.
const PREVIEW: usize = 60;
/// Sessions of a list.
const SESSIONS: usize = 200;

impl Over {
    pub(super) fn review(subject: Subject) -> Self {
        let ask = if let Subject::Ask(ask) = &subject { Some(ask.id) } else { None };
        Over::Review { review: Box::new(Review::new(subject)), ask }
    }

    pub(super) fn pager(title: &str, text: String) -> Self {
        Over::Pager(Box::new(Pager::new(title, &text)))
    }

    pub(super) fn paste(&mut self, text: &str) {
        match self {
            Over::Review { review, .. } => drop(review.paste(text)),
            Over::Picker { picker, .. } => drop(picker.paste(text)),
            Over::Pager(pager) => drop(pager.paste(text)),
            Over::Transcript { .. } => {}
        }
    }
}

impl State {
    pub(super) fn key_over(&mut self, key: KeyEvent, now: u64) -> Vec<Effect> {
        match &mut self.over {
            None => Vec::new(),
            Some(Over::Transcript { transcript, whole, .. }) => {
                let Some(key) = self.keys.as_in_table(Place::Transcript, key) else { return Vec::new() };
                let view = whole.as_deref().unwrap_or(&self.session.view);
                let look = draw::look(&self.theme, &self.highlighter, self.size);
                match transcript.key(key, view, &look) {
                    transcript::Step::None | transcript::Step::Redraw => Vec::new(),
                    transcript::Step::Copy { text, .. } => vec![Effect::Copy(text)],
                    transcript::Step::Leave => self.leave(),
                }
            }
            Some(Over::Review { review, ask }) => {
                let ask = *ask;
                let Some(key) = self.keys.as_in_table(Place::Review, key) else { return Vec::new() };
                let step = review.key(key);
                self.reviewed(ask, step, now)
            }
            Some(Over::Picker { picker, .. }) => {
                let step = picker.key(key);
                self.picked(step, now)
            }
            Some(Over::Pager(pager)) => match pager.key(key) {
                pager::Step::None | pager::Step::Redraw => Vec::new(),
                pager::Step::Leave => self.leave(),
            },
        }
    }

    fn leave(&mut self) -> Vec<Effect> {
        self.over = None;
        Vec::new()
    }

    // ------------------------------------------------------------------------------------------------- transcript ---

    pub(super) fn open_transcript(&mut self) -> Vec<Effect> {
        let transcript = Box::new(Transcript::new(true));
        let first = self.session.view.cells().iter().map(|cell| cell.seq).find(|seq| *seq > 0).unwrap_or(0);
        let is_part = self.session.past > 0 && first > 1;
        let reading = is_part.then_some(0);
        self.over = Some(Over::Transcript { transcript, whole: None, reading });
        if is_part { self.ask_past(0) } else { Vec::new() }
    }

    /// A piece of the past for the transcript; it is shown when all of it is there.
    pub(super) fn read_past(&mut self, records: &[Arc<Record>], more: bool) -> Vec<Effect> {
        let known = self.session.last;
        let Some(Over::Transcript { whole, reading: Some(reading), .. }) = &mut self.over else { return Vec::new() };
        let view = whole.get_or_insert_default();
        for record in records {
            if record.seq > *reading {
                view.push(record);
                *reading = record.seq;
            }
        }
        let after = *reading;
        if more || after < known {
            return if records.is_empty() { Vec::new() } else { self.ask_past(after) };
        }
        if let Some(Over::Transcript { reading, .. }) = &mut self.over {
            *reading = None;
        }
        Vec::new()
    }

    /// What comes in while the transcript shows the whole session is in it too.
    pub(super) fn with_whole(&mut self, change: impl FnOnce(&mut View)) {
        if let Some(Over::Transcript { whole: Some(whole), reading: None, .. }) = &mut self.over {
            change(whole);
        }
    }

    // ----------------------------------------------------------------------------------------- questions, reviews ---

    /// What a key did to the question in front; `None` where it was not for it.
    pub(super) fn asked(&mut self, key: KeyEvent, now: u64) -> Option<Vec<Effect>> {
        let empty = self.composer.is_empty();
        let asked = self.asks.front_mut()?;
        asked.composer(empty, now);
        let key = self.keys.as_in_table(Place::Approval, key)?;
        let id = asked.ask().id;
        match asked.key(key, now) {
            approval::Step::NotMine => None,
            approval::Step::None | approval::Step::Redraw => Some(Vec::new()),
            approval::Step::Answer(answer) => Some(self.answer(id, answer, now)),
            approval::Step::Review => {
                let ask = asked.ask().clone();
                self.over = Some(Over::review(Subject::Ask(Box::new(ask))));
                Some(Vec::new())
            }
            approval::Step::Show(text) => Some(self.page("what is asked", text)),
        }
    }

    pub(super) fn answer(&mut self, ask: u64, answer: Answer, now: u64) -> Vec<Effect> {
        self.without_ask(ask, now);
        vec![Effect::Send(Command::Answer { ask, answer })]
    }

    fn reviewed(&mut self, ask: Option<u64>, step: review::Step, now: u64) -> Vec<Effect> {
        match step {
            review::Step::None | review::Step::Redraw => Vec::new(),
            review::Step::Edit(editing) => {
                let (text, name) = (editing.text.clone(), editing.name.clone());
                vec![Effect::Act(For::Review(Box::new(editing)), Act::Edit { text, name })]
            }
            review::Step::Later => self.leave(),
            review::Step::Answer(answer) => {
                self.over = None;
                ask.map_or_else(Vec::new, |ask| self.answer(ask, answer, now))
            }
            review::Step::Settle(kept) => {
                self.over = None;
                self.settle_changes(kept)
            }
        }
    }

    /// What was not accepted is put back, and the words for the model go to it.
    fn settle_changes(&mut self, mut review: change::Review) -> Vec<Effect> {
        let Some(session) = self.session.id.clone() else { return Vec::new() };
        let comment = review.comment.take();
        let mut effects = vec![Effect::Act(For::Words, Act::Settle { session, review })];
        if let Some(words) = comment {
            effects.extend(self.submit(Draft::new(&words)));
        }
        effects
    }

    // ------------------------------------------------------------------------------------------------------ lists ---

    pub(super) fn choose(&mut self, choosing: Choosing) -> Vec<Effect> {
        let picker = match &choosing {
            Choosing::Session(rows) => {
                Picker::new("go on with a session", rows.iter().map(|row| self.session_row(row)).collect())
                    .asking()
                    .with_previews()
                    .or_say("no session fits")
            }
            Choosing::Model(rows) => Picker::new("models", rows.iter().map(|row| self.model_row(row)).collect()),
            Choosing::Theme => {
                let row = |name: String| Row { current: name == self.preferences.theme_name(), ..Row::new(name, "") };
                Picker::new("themes", Theme::names(&self.preferences).into_iter().map(row).collect())
            }
            Choosing::Message(messages) => {
                let row = |(_, words): &(u64, String)| Row::new(words.lines().next().unwrap_or_default(), "");
                Picker::new("go back to before", messages.iter().rev().map(row).collect())
            }
            Choosing::HowFar(..) => Picker::question(
                "go back",
                vec![
                    Row::new("the words only", "files stay as they are"),
                    Row::new("with its files", "what was changed since then is undone"),
                ],
            ),
            Choosing::Trust(trust) => Picker::question(
                format!("{} wants to bring: {}", trust.project, trust.brings.join("; ")),
                vec![
                    Row::new("no, work without it", "asked again when it changes"),
                    Row::new("yes, I trust it", "it can narrow what is allowed, and never widen it"),
                ],
            ),
        };
        self.over = Some(Over::Picker { picker: Box::new(picker), choosing });
        self.want_preview()
    }

    /// Asks for the preview of the row that is chosen, where it has one.
    fn want_preview(&self) -> Vec<Effect> {
        let Some(Over::Picker { picker, choosing: Choosing::Session(rows) }) = &self.over else { return Vec::new() };
        let row = picker.wants().and_then(|row| rows.get(row));
        let look = row.map(|row| Effect::Look(Look::Records { session: row.session.clone(), most: PREVIEW }));
        look.into_iter().collect()
    }

    fn session_row(&self, session: &SessionRow) -> Row {
        let cost = session.cost.map(|cost| format!(" · {}", dollars(cost))).unwrap_or_default();
        let place = if session.here { String::new() } else { format!(" · {}", session.root) };
        let age = age::ago_of(&session.started, self.clock);
        let current = self.session.id.as_ref() == Some(&session.session);
        let title = if session.title.is_empty() { "no message yet".into() } else { session.title.clone() };
        Row { current, ..Row::new(title, format!("{age} · {}{cost}{place}", session.model)) }
    }

    fn model_row(&self, model: &ModelRow) -> Row {
        let price = if model.price.is_empty() { String::new() } else { format!(" · {}", model.price) };
        let current = self.session.model.as_ref().unwrap_or(&self.standing.model) == &model.name;
        Row { current, ..Row::new(model.name.clone(), format!("{} tokens{price}", thousands(model.window))) }
    }

    pub(super) fn choose_session(&mut self, query: String) -> Vec<Effect> {
        if self.phase != Phase::Idle {
            self.say(Tone::Warning, "a task goes on; esc ends it first");
            return Vec::new();
        }
        let mut effects = self.choose(Choosing::Session(Vec::new()));
        effects.push(Effect::Look(Look::Sessions { query, most: SESSIONS }));
        effects
    }

    pub(super) fn choose_message(&mut self) -> Vec<Effect> {
        let tasks = self.session.view.tasks();
        let messages: Vec<(u64, String)> = tasks.iter().map(|task| (task.seq, task.text.clone())).collect();
        if messages.is_empty() {
            self.say(Tone::Quiet, "there is no earlier message");
            return Vec::new();
        }
        self.choose(Choosing::Message(messages))
    }

    pub(super) fn sessions(&mut self, query: &str, found: Vec<SessionRow>) -> Vec<Effect> {
        let shown = found.iter().map(|row| self.session_row(row)).collect();
        match &mut self.over {
            Some(Over::Picker { picker, choosing: Choosing::Session(rows) }) => {
                if picker.found(query, shown) != picker::Step::None {
                    *rows = found;
                }
            }
            _ => {
                let hit =
                    |row: &SessionRow| Hit { text: row.session.clone(), detail: row.title.clone(), fits: Vec::new() };
                let hits = found.iter().map(hit).collect();
                self.composer.offer(Offer { wanted: Wanted::Sessions, query: query.to_owned(), hits });
            }
        }
        self.want_preview()
    }

    pub(super) fn models(&mut self, rows: Vec<ModelRow>) -> Vec<Effect> {
        if !std::mem::take(&mut self.doing.models) {
            let hit = |row: &ModelRow| Hit { text: row.name.clone(), detail: row.price.clone(), fits: Vec::new() };
            let hits = rows.iter().map(hit).collect();
            self.composer.offer(Offer { wanted: Wanted::Models, query: String::new(), hits });
            return Vec::new();
        }
        if rows.is_empty() {
            return self.failed(&Error::usage("there is no key for any model").hint("/login stores one"));
        }
        self.choose(Choosing::Model(rows))
    }

    /// The whole words of the message with this record.
    fn message(&self, seq: u64) -> Option<String> {
        let cell = self.session.view.cells().iter().find(|cell| cell.seq == seq)?;
        if let Body::User { text, .. } = &cell.body { Some(text.clone()) } else { None }
    }

    /// The last records of the session that a list points at.
    pub(super) fn previewed(&mut self, session: &str, records: &[Arc<Record>]) {
        let mut view = View::default();
        records.iter().for_each(|record| view.push(record));
        let lines = plain::lines(view.cells(), PREVIEW).into_iter().map(Line::from).collect();
        if let Some(Over::Picker { picker, choosing: Choosing::Session(rows) }) = &mut self.over
            && let Some(row) = rows.iter().position(|row| row.session == session)
        {
            picker.preview(row, lines);
        }
    }

    fn picked(&mut self, step: picker::Step, now: u64) -> Vec<Effect> {
        match step {
            picker::Step::None | picker::Step::Redraw => self.want_preview(),
            picker::Step::Leave => self.leave(),
            picker::Step::Search(query) => vec![Effect::Look(Look::Sessions { query, most: SESSIONS })],
            picker::Step::Preview(_) => self.want_preview(),
            picker::Step::Pick(index) => match self.over.take() {
                Some(Over::Picker { choosing, .. }) => self.chosen(choosing, index, now),
                over => {
                    self.over = over;
                    Vec::new()
                }
            },
        }
    }

    /// The row with this number, counted from 1; none leaves the list.
    pub(super) fn numbered(&mut self, number: usize, now: u64) -> Vec<Effect> {
        match (self.over.take(), number.checked_sub(1)) {
            (Some(Over::Picker { choosing, .. }), Some(index)) => self.chosen(choosing, index, now),
            (_, _) => Vec::new(),
        }
    }

    fn chosen(&mut self, choosing: Choosing, index: usize, now: u64) -> Vec<Effect> {
        match choosing {
            Choosing::Session(rows) => rows.get(index).map_or_else(Vec::new, |row| {
                let effects = self.resume(row.session.clone());
                self.session.before = row.cost.unwrap_or_default();
                effects
            }),
            Choosing::Model(rows) => rows.get(index).map_or_else(Vec::new, |row| self.set_model(&row.name.clone())),
            Choosing::Theme => {
                let names = Theme::names(&self.preferences);
                names.get(index).map_or_else(Vec::new, |name| self.set_theme(name))
            }
            Choosing::Message(messages) => match messages.iter().rev().nth(index) {
                Some((seq, words)) => self.choose(Choosing::HowFar(*seq, words.clone())),
                None => Vec::new(),
            },
            Choosing::HowFar(before, words) => {
                self.composer.set(&self.message(before).unwrap_or(words));
                self.tell("the message is in the composer: change it and send it again", now);
                if index == 0 { self.command(Command::Rewind { before }) } else { self.undo(Some(before)) }
            }
            Choosing::Trust(trust) => {
                self.doing.untrusted = (index != 1).then(|| trust.clone());
                vec![Effect::Act(For::Words, Act::Trust { hash: trust.hash, yes: index == 1 })]
            }
        }
    }
}

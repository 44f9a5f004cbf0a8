//! Lists to choose from: sessions, models, themes, earlier messages, and questions with a few answers.

use super::over::Over;
use super::{Effect, For, Phase, State};
use crate::base::Error;
use crate::base::command::Command;
use crate::base::desk::{Act, Hit, Look, ModelRow, SessionRow, Trust};
use crate::base::event::Record;
use crate::transcript::view::{Body, Tone, View};
use crate::tui::age;
use crate::tui::composer::{Offer, Wanted};
use crate::tui::context::{dollars, thousands};
use crate::tui::picker::{self, Picker, Row};
use crate::tui::plain;
use crate::tui::theme::Theme;
use ratatui::text::Line;
use std::sync::Arc;

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

impl State {
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
                format!("{} wants to bring:", trust.project),
                vec![
                    Row::new("no, work without it", "asked again when it changes"),
                    Row::new("yes, I trust it", "it can narrow what is allowed, and never widen it"),
                ],
            )
            .saying(trust.brings.clone(), "1, then /trust shows all"),
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
        if let Some(Over::Picker { picker, .. }) = &mut self.over {
            picker.begin_with(&query);
        }
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

    pub(super) fn sessions(&mut self, query: &str, found: Vec<SessionRow>, now: u64) -> Vec<Effect> {
        let shown = found.iter().map(|row| self.session_row(row)).collect();
        match &mut self.over {
            Some(Over::Picker { picker, choosing: Choosing::Session(rows) }) => {
                if picker.found(query, shown) != picker::Step::None {
                    *rows = found;
                }
                // Named whole, there is nothing to choose.
                if rows.len() == 1 && rows.first().is_some_and(|row| row.session == picker.query()) {
                    return self.numbered(1, now);
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

    pub(super) fn picked(&mut self, step: picker::Step, now: u64) -> Vec<Effect> {
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

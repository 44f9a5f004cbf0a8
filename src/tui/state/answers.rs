//! What was looked up, and what was done.

use super::{Effect, For, Over, Phase, State};
use crate::base::command::Command;
use crate::base::desk::{Done, Found, Hit, Look, Standing, Which};
use crate::base::event::Record;
use crate::base::money::Usd;
use crate::base::{Error, Result};
use crate::transcript::view::Tone;
use crate::tui::composer::{Offer, Wanted};
use crate::tui::review::{Editing, Subject};
use std::sync::Arc;

/// Records of a whole past that are read in one piece.
const PIECE: usize = 2_000;

impl State {
    pub(super) fn found(&mut self, found: Result<Found>, now: u64) -> Vec<Effect> {
        match found {
            // The session that was to go on cannot be read.
            Err(error) if self.phase == Phase::Opening && self.next.is_some() => {
                self.fail(&error);
                self.not_opened(now)
            }
            Err(error) => self.failed(&error),
            Ok(Found::Standing(standing)) => self.stands(*standing),
            Ok(Found::Files(query, hits)) => self.offer(Wanted::Files, query, hits),
            Ok(Found::Symbols(query, hits)) => self.offer(Wanted::Symbols, query, hits),
            Ok(Found::Sessions(query, rows)) => self.sessions(&query, rows, now),
            Ok(Found::Records(session, records)) => self.tail(session, &records),
            Ok(Found::Past(records, more)) => self.read_past(&records, more),
            Ok(found) if self.would_take_keys(&found) => {
                self.doing.models = false;
                self.tell("you went on typing, so what you asked for is not shown: ask for it again", now);
                Vec::new()
            }
            Ok(Found::Models(rows)) => self.models(rows),
            Ok(Found::Head(head)) => {
                self.head = head;
                Vec::new()
            }
            Ok(Found::Changes(changes)) if changes.is_empty() => {
                self.say(Tone::Quiet, "the last task changed nothing that is still so");
                Vec::new()
            }
            Ok(Found::Changes(changes)) => {
                self.over = Some(Over::review(Subject::Turn(changes)));
                Vec::new()
            }
            Ok(Found::History(lines)) => {
                self.composer.set_history(lines);
                Vec::new()
            }
            Ok(Found::Page(text)) => self.page("", text),
        }
    }

    /// Is something being typed since what comes in front was asked for? It takes no key that was meant for the composer.
    fn would_take_keys(&self, found: &Found) -> bool {
        let comes_in_front = match found {
            Found::Changes(_) | Found::Page(_) => true,
            Found::Models(_) => self.doing.models,
            Found::Standing(_) | Found::Files(..) | Found::Symbols(..) | Found::Sessions(..) | Found::Records(..) => {
                false
            }
            Found::Past(..) | Found::Head(_) | Found::History(_) => false,
        };
        comes_in_front && self.doing.went_on && !self.composer.is_empty()
    }

    /// What a session would be like; the user hears of what is new in it.
    fn stands(&mut self, standing: Standing) -> Vec<Effect> {
        let news = standing.notices.iter().filter(|notice| !self.standing.notices.contains(notice));
        let news: Vec<String> = news.cloned().collect();
        news.into_iter().for_each(|notice| self.say(Tone::Quiet, notice));
        if let Some(problem) = &standing.problem
            && self.standing.problem.as_ref() != Some(problem)
        {
            self.say(Tone::Warning, problem.clone());
        }
        if self.standing.trust.is_none() {
            self.doing.trust.clone_from(&standing.trust);
        }
        if standing.trust.is_some() {
            self.doing.untrusted.clone_from(&standing.trust);
        }
        self.standing = standing;
        Vec::new()
    }

    /// The last records of a session: of the one that is to go on, or for the preview of a list.
    fn tail(&mut self, session: String, records: &[Arc<Record>]) -> Vec<Effect> {
        if self.next != Some(Which::Resume(session.clone())) {
            self.previewed(&session, records);
            return Vec::new();
        }
        self.session.id = Some(session.clone());
        for record in records {
            self.session.last = record.seq;
            self.session.view.push(record);
        }
        let seen = self.session.view.spent().session_cost.unwrap_or_default();
        self.session.before = Usd(self.session.before.0.saturating_sub(seen.0));
        self.open_now(Which::Resume(session))
    }

    fn offer(&mut self, wanted: Wanted, query: String, hits: Vec<Hit>) -> Vec<Effect> {
        self.composer.offer(Offer { wanted, query, hits });
        Vec::new()
    }

    pub(super) fn failed(&mut self, error: &Error) -> Vec<Effect> {
        self.fail(error);
        Vec::new()
    }

    /// Asks for the next piece of the past that the transcript shows.
    pub(super) fn ask_past(&self, after: u64) -> Vec<Effect> {
        let session = self.session.id.clone().unwrap_or_default();
        vec![Effect::Look(Look::Past { session, after, most: PIECE })]
    }

    pub(super) fn done(&mut self, purpose: For, done: Result<Done>, now: u64) -> Vec<Effect> {
        if purpose == For::Command {
            self.doing.command = None;
        }
        let done = match done {
            Ok(done) => done,
            Err(error) => {
                if let For::Review(editing) = &purpose {
                    return self.edited(editing, Err(error.message));
                }
                if let For::Message(message) = purpose {
                    let (super::Message::Task(draft) | super::Message::Steer(draft)) = *message;
                    self.give_back(draft, now);
                }
                return self.failed(&error);
            }
        };
        match (purpose, done) {
            (For::Message(message), Done::Attached(images)) => self.attached(*message, images),
            (For::Composer, Done::Edited(text)) => {
                self.composer.set(text.trim_end_matches('\n'));
                Vec::new()
            }
            (For::Review(editing), Done::Edited(text)) => self.edited(&editing, Ok(text)),
            (For::Image, Done::Image(path)) => {
                self.composer.attach(path);
                Vec::new()
            }
            (For::Command, Done::Ran { command, output, exit }) => self.ran(Command::Ran { command, output, exit }),
            (For::Rewind(before), Done::Said(words)) => {
                self.say(Tone::Quiet, words);
                self.command(Command::Rewind { before })
            }
            (_, Done::Said(words)) => {
                self.say(Tone::Quiet, words);
                vec![Effect::Look(Look::Standing(self.settings.clone())), Effect::Look(Look::Head)]
            }
            (_, Done::Edited(_) | Done::Ran { .. } | Done::Attached(_) | Done::Image(_) | Done::Quietly) => Vec::new(),
        }
    }

    /// What the editor saved of a hunk of the review, or why there is nothing.
    fn edited(&mut self, editing: &Editing, saved: std::result::Result<String, String>) -> Vec<Effect> {
        if let Some(Over::Review { review, .. }) = &mut self.over {
            review.edited(editing, saved);
        }
        Vec::new()
    }

    /// The user's own command has run: the session is told, now or after the task.
    fn ran(&mut self, command: Command) -> Vec<Effect> {
        if self.phase == Phase::Busy {
            self.doing.ran.push(command);
            return Vec::new();
        }
        self.command(command)
    }
}

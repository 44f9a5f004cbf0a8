//! The loop itself: ask the model, run what it calls, until it is done, stopped, or out of something.

use super::Parts;
use super::candidate::Seat;
use super::checkpoints::{Known, Stage};
use super::health::Away;
use super::inbox::Inbox;
use super::limits::LoopGuard;
use super::money::Purse;
use super::request::Attempt;
use super::routing::Routing;
use super::totals::Totals;
use crate::base::command::{Command, Signal, Steer};
use crate::base::event::{Event, Role, Source, Status, UserMessage};
use crate::base::message::{ImageRef, Part, calls_of, text_of};
use crate::base::model::{Finish, Stop};
use crate::base::{Error, Kind, Result};
use crate::route::cache::Prefix;
use crate::store::log::Log;
use crate::store::moment;
use crate::store::tally::Tally;
use crate::transcript::fold::Fold;
use futures_util::FutureExt;
use std::collections::{BTreeMap, VecDeque};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Answers that do not fit the schema, and answers cut in the middle of a call, go back this often.
const REPAIRS: u32 = 2;

/// Why a task did not come to its own end.
pub(super) struct Stopped {
    error: Error,
    signal: Option<Signal>,
}

impl Stopped {
    fn by(error: Error) -> Self {
        Self { error, signal: None }
    }

    fn interrupted(signal: Signal) -> Self {
        Self { error: Error::new(Kind::Interrupted, "interrupted").hint("go on with --continue"), signal: Some(signal) }
    }
}

/// The owner of a session.
pub(super) struct Worker {
    pub(super) parts: Parts,
    pub(super) seat: Seat,
    /// Beside each candidate.
    pub(super) away: Vec<Away>,
    /// The candidates in the order in which they are asked.
    pub(super) order: Vec<usize>,
    pub(super) routing: Routing,
    pub(super) tally: Tally,
    /// What the last request of the work itself began with.
    pub(super) prefix: Option<Prefix>,
    /// How often earlier messages were changed: taken out, or summarised.
    pub(super) rewrites: u64,
    pub(super) purse: Purse,
    pub(super) fold: Fold,
    pub(super) known: Known,
    /// What the model is told of its surroundings.
    surroundings: Option<Event>,
    pub(super) totals: Totals,
    pub(super) guard: LoopGuard,
    pub(super) inbox: Arc<Inbox>,
    /// Tokens of the last request and answer as the provider counted them, and how many messages that covers.
    pub(super) measured: Option<(u64, usize)>,
    pub(super) check_round: u32,
    pub(super) next_ask: u64,
    /// Base64 by blob hash.
    pub(super) images: BTreeMap<String, String>,
    /// The rest of a finished answer, read so that its connection can be used again.
    pub(super) draining: Option<tokio::task::JoinHandle<()>>,
    /// The request under way.
    pub(super) attempt: Option<Attempt>,
    /// Bytes that the last attempt received.
    pub(super) last_received: usize,
    pub(super) stage: Stage,
    repairs: u32,
}

/// Works until the last handle of the session is gone.
pub(super) async fn work(parts: Parts, mut commands: mpsc::UnboundedReceiver<Command>) {
    let closing = Closing(parts.log.clone());
    let Some(mut worker) = Worker::new(parts) else { return };
    let mut opened = worker.open();
    let mut waiting = VecDeque::new();
    loop {
        let next = match waiting.pop_front() {
            Some(command) => Some(command),
            None => commands.recv().await,
        };
        let Some(command) = next else { break };
        match command {
            Command::Send { text, images } => {
                let ended = match std::mem::replace(&mut opened, Ok(())) {
                    // A broken worker is a bug, but the log gets its outcome and the user an exit code all the same.
                    Ok(()) => AssertUnwindSafe(worker.task(text, images, &mut commands))
                        .catch_unwind()
                        .await
                        .unwrap_or_else(|_| Err(Stopped::by(broken()))),
                    Err(error) => Err(Stopped::by(error)),
                };
                worker.end(ended).await;
                // What cannot be written is said by the outcome.
                let _ = worker.take_choices();
                waiting.extend(worker.inbox.left());
            }
            // Nothing is going on that could be steered, answered or interrupted.
            Command::Steer(_) | Command::Answer { .. } | Command::Interrupt(_) => {}
            command @ (Command::SetMode(_)
            | Command::Aside { .. }
            | Command::Ran { .. }
            | Command::Compact { .. }
            | Command::Rewind { .. }) => worker.between(command, &mut commands, &mut waiting).await,
        }
    }
    worker.close().await;
    if let Some(draining) = worker.draining.take() {
        draining.abort();
        let _ = draining.await;
    }
    drop(closing);
}

fn broken() -> Error {
    Error::new(Kind::Io, "agent broke; this is a bug").hint("please report it, with --record if it happens again")
}

/// Ends the readers also when the worker breaks: nobody may wait for ever.
struct Closing(Log);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl Worker {
    /// `None`: there is nobody to ask.
    fn new(mut parts: Parts) -> Option<Self> {
        let past = std::mem::take(&mut parts.past);
        Some(Self {
            seat: Seat::take(&parts, past.last_asked(&parts.candidates))?,
            away: vec![Away::default(); parts.candidates.len()],
            order: (0..parts.candidates.len()).collect(),
            routing: Routing::default(),
            tally: Tally::default(),
            prefix: None,
            rewrites: 0,
            purse: Purse::after(past.tasks()),
            fold: past.fold,
            known: past.known,
            surroundings: None,
            totals: Totals::new(),
            guard: LoopGuard::default(),
            inbox: Arc::default(),
            measured: None,
            check_round: 0,
            next_ask: 0,
            images: BTreeMap::new(),
            draining: None,
            attempt: None,
            last_received: 0,
            stage: Stage::Nothing,
            repairs: 0,
            parts,
        })
    }

    /// The end of the session: no command outlives it, and what those in the background left is looked at.
    async fn close(&mut self) {
        let hands = &self.parts.hands;
        hands.jobs.kill_all();
        let left = hands.cell.close().await;
        if self.tell_left(left).and_then(|()| self.parts.log.sync()).is_ok() {
            self.keep_head();
        }
    }

    /// Words for the model.
    pub(super) fn say(&mut self, source: Source, text: impl Into<String>) -> Result<()> {
        self.append(Event::UserMessage(UserMessage { source, text: text.into(), images: Vec::new() })).map(drop)
    }

    /// Begins the log, or goes on with it: surroundings that changed are told anew; what was running when it broke off is answered, and never run again.
    fn open(&mut self) -> Result<()> {
        for event in std::mem::take(&mut self.parts.opening) {
            if let Event::Context { .. } = &event {
                self.surroundings = Some(event);
                self.tell_surroundings()?;
            } else {
                self.append(event)?;
            }
        }
        self.answer_open_calls()
    }

    /// Tells the model its surroundings, unless it knows them.
    pub(super) fn tell_surroundings(&mut self) -> Result<()> {
        let is_news = |event: &&Event| matches!(event, Event::Context { text, .. } if text != self.fold.context());
        match self.surroundings.as_ref().filter(is_news).cloned() {
            Some(event) => self.append(event).map(drop),
            None => Ok(()),
        }
    }

    /// One task, raced against its time limit and the surfaces.
    async fn task(
        &mut self,
        text: String,
        images: Vec<ImageRef>,
        commands: &mut mpsc::UnboundedReceiver<Command>,
    ) -> std::result::Result<(), Stopped> {
        self.totals = Totals::new();
        self.totals.task.clone_from(&text);
        self.stage = Stage::Nothing;
        (self.check_round, self.repairs) = (0, 0);
        let inbox = self.inbox.clone();
        inbox.begin_task();
        let out_of_time = self.parts.limits.out_of_time();
        let timeout = self.parts.limits.timeout;
        let mut turns = std::pin::pin!(self.turns(text, images));
        let mut timer = std::pin::pin!(async move {
            match timeout {
                Some(limit) => tokio::time::sleep(limit).await,
                None => std::future::pending().await,
            }
        });
        loop {
            tokio::select! {
                ended = &mut turns => return ended.map_err(Stopped::by),
                () = &mut timer => return Err(Stopped::by(out_of_time)),
                command = commands.recv() => if let Some(signal) = inbox.take(command) {
                    return Err(Stopped::interrupted(signal));
                },
            }
        }
    }

    /// Turn after turn until the model is done.
    async fn turns(&mut self, text: String, images: Vec<ImageRef>) -> Result<()> {
        let text = match &self.parts.schema {
            Some(schema) => format!("{text}\n\n{}", schema.instruction()),
            None => text,
        };
        if let Some(words) = self.known.undone(self.parts.checkpoints.as_ref()) {
            self.say(Source::Harness, words)?;
        }
        self.purse.task += 1;
        self.tally = Tally::begin(&self.model().name(), moment::now());
        let task = self.append(Event::UserMessage(UserMessage { source: Source::Task, text, images }))?;
        if let Event::UserMessage(UserMessage { text, images, .. }) = &task.event {
            self.choose(text, !images.is_empty())?;
        }
        loop {
            self.take_inbox().await?;
            self.hand_up()?;
            self.parts.limits.allow_turn(self.totals.turns)?;
            self.make_room().await?;
            let finish = self.request().await?;
            let calls: Vec<_> = calls_of(&finish.parts).into_iter().cloned().collect();
            if calls.is_empty() {
                if self.settle(&finish).await? && !self.inbox.is_steered() {
                    return Ok(());
                }
            } else if finish.stop == Stop::Refusal {
                self.refuse_calls("not run: the answer was declined or filtered")?;
                return Err(refused(&finish.parts));
            } else if finish.stop == Stop::Length {
                self.refuse_calls("not run: your answer was cut at its length limit; send it again in smaller pieces")?;
                self.repair(
                    Error::new(Kind::Incomplete, "the answers were cut at their length limit again and again")
                        .hint("raise it with -c max_output=…"),
                )?;
            } else {
                self.run_calls(calls).await?;
            }
        }
    }

    /// The model says that it is done. True if it is; false if something was sent back to it.
    async fn settle(&mut self, finish: &Finish) -> Result<bool> {
        let text = text_of(&finish.parts);
        match finish.stop {
            Stop::Pause => return Ok(false),
            Stop::Refusal => return Err(refused(&finish.parts)),
            Stop::Length => {
                return Err(Error::new(Kind::Incomplete, "the answer was cut at its length limit")
                    .hint("raise it with -c max_output=…, or ask for less, with --continue"));
            }
            Stop::End | Stop::Calls => {}
        }
        if text.trim().is_empty() {
            return self.nudge();
        }
        if let Some(schema) = &self.parts.schema {
            match schema.check(&text) {
                Ok(json) => self.totals.words = json,
                Err(problem) => {
                    self.repair(Error::new(
                        Kind::Incomplete,
                        format!("the answer does not fit the output schema: {problem}"),
                    ))?;
                    self.say(Source::Schema, format!("Your answer does not fit the schema: {problem}. Send the whole JSON again, and nothing else."))?;
                    return Ok(false);
                }
            }
        }
        if !self.parts.checks.is_empty() {
            if self.run_checks().await? {
                return Ok(true);
            }
            if self.check_round > self.parts.limits.check_rounds {
                return Err(Error::new(Kind::Incomplete, "the checks do not pass")
                    .hint("go on with --continue, or allow more with --check-rounds"));
            }
            return Ok(false);
        }
        match self.totals.denied.take() {
            Some(why) => Err(Error::new(Kind::Denied, format!("unfinished: {why}"))
                .hint("run it again with --review or another --mode, or without what was asked for")),
            None => Ok(true),
        }
    }

    /// An empty answer after some work is worth one more word; an empty first one is not.
    fn nudge(&mut self) -> Result<bool> {
        let empty = Error::new(Kind::Incomplete, "the model gave an empty answer")
            .hint("try again, or choose another model with -m");
        if !self.totals.acted || self.repairs > 0 {
            return Err(empty);
        }
        self.repair(empty)?;
        self.say(Source::Harness, "Your answer was empty. Go on with the task, or say what you did.")?;
        Ok(false)
    }

    /// Counts one more answer that had to be sent back; too many are `error`.
    fn repair(&mut self, error: Error) -> Result<()> {
        self.repairs += 1;
        self.routing.trouble.cut += 1;
        if self.repairs > REPAIRS { Err(error) } else { Ok(()) }
    }

    /// What surfaces sent during the last step.
    async fn take_inbox(&mut self) -> Result<()> {
        self.take_choices()?;
        while let Some(question) = self.inbox.aside() {
            self.aside(question).await?;
        }
        for Steer { text, images } in self.inbox.steering() {
            self.append(Event::UserMessage(UserMessage { source: Source::Steer, text, images }))?;
        }
        Ok(())
    }

    /// Writes how the task ended. Where the log cannot be written any more, the readers still get to know.
    async fn end(&mut self, ended: std::result::Result<(), Stopped>) {
        let (error, signal) = match ended {
            Ok(()) => (None, None),
            Err(Stopped { error, signal }) => (Some(error), signal),
        };
        let interrupted = Error::new(Kind::Interrupted, "interrupted");
        let answered = self.pay(Err(error.as_ref().unwrap_or(&interrupted))).and_then(|()| self.answer_open_calls());
        let left = self.parts.hands.cell.settle().await;
        let answered = answered.and(self.tell_left(left)).and(self.end_checkpoint().await);
        let error = error.or(answered.err());
        let status = error.as_ref().map_or(Status::Done, |error| Status::of(error.kind));
        let tally = std::mem::take(&mut self.tally);
        // The log has it too; a ledger that cannot be written is mended from there.
        let _ = self.parts.ledger.finish_task(&tally.end(&self.entry(Role::Main), status, moment::now()));
        let outcome = self.totals.outcome(
            &self.parts.id,
            self.parts.hands.place.folder(),
            error.as_ref(),
            signal.map(Signal::exit),
        );
        if self.append(Event::Outcome(outcome.clone())).and_then(|_| self.parts.log.sync()).is_err() {
            self.parts.log.last_words(Event::Outcome(outcome));
        }
        self.keep_head();
    }
}

fn refused(parts: &[Part]) -> Error {
    let words =
        parts.iter().find_map(|part| if let Part::Refusal { text } = part { Some(text.as_str()) } else { None });
    let said = words.map(|words| format!(": {words}")).unwrap_or_default();
    Error::new(Kind::Incomplete, format!("the model declined the task{said}"))
        .hint("put it in other words, or choose another model with -m")
}

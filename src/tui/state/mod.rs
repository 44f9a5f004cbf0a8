//! All that the screen knows, and the one function that changes it: (state, input) to (state, effects). Pure.

mod answers;
mod doing;
mod lists;
mod over;
mod records;
mod sending;
mod slash;
mod typing;

pub use over::Over;

use super::approval::Approval;
use super::cell;
use super::composer::{Composer, Draft, Queue};
use super::draw;
use super::keys::Keys;
use super::preferences::Terminal;
use super::review::Editing;
use super::setup::Setup;
use super::theme::Theme;
use super::transcript::Transcript;
use super::words::code::Highlighter;
use crate::base::Result;
use crate::base::access::Mode;
use crate::base::command::{Command, Signal};
use crate::base::desk::{Act, Done, Found, Head, Look, Open, Settings, Standing, Which};
use crate::base::event::SessionStarted;
use crate::base::money::Usd;
use crate::base::port::Item;
use crate::transcript::view::View;
use crossterm::event::KeyEvent;
use std::collections::VecDeque;
use std::sync::Arc;

/// What comes in.
pub enum Input {
    Key(KeyEvent),
    /// A whole line, where keys are not read one by one.
    Line(String),
    Paste(String),
    /// Does the user look at this terminal?
    Focus(bool),
    Item(Item),
    /// The session is open: its id, and the last record of its past.
    Opened(Result<(String, u64)>),
    /// The open session is gone by itself, before it was told this.
    Ended(Option<Command>),
    Found(Result<Found>),
    Done(For, Result<Done>),
    /// A time that was asked for has come.
    Tick,
    Signal(Signal),
}

/// What goes out. The runner carries these out in their order.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Let go of the open session, and open this one.
    Open(Open),
    /// Let go of the open session.
    Close,
    Send(Command),
    Look(Look),
    Act(For, Act),
    /// End the act that is going on.
    Cancel,
    Copy(String),
    /// Call the user, who may be elsewhere.
    Call(String),
    Title(String),
    Suspend,
    /// Draw all of the screen again.
    Redraw,
    Quit(u8),
}

/// What an act is done for: where its result goes.
#[derive(Debug, Clone, PartialEq)]
pub enum For {
    /// Words to be shown.
    Words,
    /// The composer's text was in the editor.
    Composer,
    /// A hunk of the open review was in the editor.
    Review(Box<Editing>),
    /// Images of this message are kept, and it can go out.
    Message(Box<Message>),
    /// A command of the user's own.
    Command,
    Image,
    /// The files were taken back; then the history goes back to before this record.
    Rewind(u64),
    /// Nothing waits for it.
    Nobody,
}

/// A message on its way out.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    Task(Draft),
    Steer(Draft),
}

/// What waits for a session to be there.
#[derive(Debug, Clone, PartialEq)]
pub enum Waiting {
    Task(Draft),
    Command(Command),
}

/// What is going on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    Idle,
    /// A session is being opened.
    Opening,
    /// A task is being worked on.
    Busy,
}

/// Words that are shown for a while, below the composer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    pub text: String,
    /// In milliseconds of the runner's clock.
    pub until: u64,
}

/// The session as the screen knows it.
#[derive(Debug, Default)]
pub struct Session {
    /// Its whole id; none before the first task.
    pub id: Option<String>,
    /// Is it open, and does what it was opened with still hold?
    pub open: bool,
    /// Settings were changed while it worked, or was being opened: it is opened anew before the next task.
    pub stale: bool,
    /// The last record that was seen.
    pub last: u64,
    /// The last record of the past: what is older is shown by its end.
    pub past: u64,
    /// What it had cost when it was taken up again, beyond what the view has seen.
    pub before: Usd,
    pub view: View,
    /// How it was opened.
    pub started: Option<Box<SessionStarted>>,
    /// The mode that holds now.
    pub mode: Option<Mode>,
    /// The model that was asked last.
    pub model: Option<String>,
}

/// All that the screen knows.
pub struct State {
    pub size: (u16, u16),
    pub terminal: Terminal,
    pub preferences: super::preferences::Preferences,
    pub theme: Theme,
    pub keys: Keys,
    pub folder: String,
    pub session: Session,
    pub phase: Phase,
    pub settings: Settings,
    pub standing: Standing,
    pub head: Head,
    pub composer: Composer,
    pub queue: Queue,
    pub asks: VecDeque<Approval>,
    pub over: Option<Over>,
    /// On the full screen.
    pub full: bool,
    pub hint: Option<Hint>,
    pub doing: doing::Doing,
    waiting: Vec<Waiting>,
    /// The next session goes on with this one's records, or begins so.
    next: Option<Which>,
    /// Does the user look here? `None` where the terminal never said.
    focused: Option<bool>,
    /// When something was typed last, in milliseconds of the runner's clock.
    typed: u64,
    title: String,
    /// When ctrl-c, or esc, was pressed last with nothing to do.
    pressed: Option<(char, u64)>,
    /// When the task began, in milliseconds.
    began: u64,
    /// The time of day, in milliseconds since 1970.
    pub clock: u64,
    /// Colours source, once its grammars are read.
    pub highlighter: Arc<Highlighter>,
    /// Where the full screen is in what happened.
    pub scroll: Transcript,
    /// The user has left.
    pub gone: bool,
}

impl State {
    /// The state before anything happened, and what to do first.
    pub fn new(setup: Setup, size: (u16, u16)) -> Result<(Self, Vec<Effect>)> {
        let (keys, theme) = setup.preferences.understood(setup.terminal)?;
        let mut state = Self {
            size,
            terminal: setup.terminal,
            theme,
            keys,
            folder: setup.folder,
            session: Session::default(),
            phase: Phase::Idle,
            settings: setup.settings,
            standing: Standing::default(),
            head: Head::default(),
            composer: Composer::new(&setup.preferences),
            queue: Queue::default(),
            asks: VecDeque::new(),
            over: None,
            full: setup.preferences.full,
            hint: None,
            doing: doing::Doing::default(),
            waiting: Vec::new(),
            next: None,
            focused: None,
            typed: 0,
            title: String::new(),
            pressed: None,
            began: 0,
            clock: 0,
            highlighter: Arc::new(Highlighter::empty()),
            scroll: Transcript::new(false),
            gone: false,
            preferences: setup.preferences,
        };
        let mut effects = vec![
            Effect::Look(Look::Standing(state.settings.clone())),
            Effect::Look(Look::Head),
            Effect::Look(Look::History),
        ];
        match setup.resume {
            Some(Some(session)) => effects.extend(state.resume(session)),
            Some(None) => effects.extend(state.choose_session(String::new())),
            None => {}
        }
        if let Some(text) = setup.task {
            state.composer.set(&text);
            setup.images.into_iter().for_each(|path| state.composer.attach(path));
            let draft = state.composer.take();
            effects.extend(state.submit(draft));
        } else {
            setup.images.into_iter().for_each(|path| state.composer.attach(path));
        }
        effects.extend(state.entitle());
        Ok((state, effects))
    }

    /// Takes one input at `now`, in milliseconds of the runner's clock.
    pub fn update(&mut self, input: Input, now: u64) -> Vec<Effect> {
        if self.hint.as_ref().is_some_and(|hint| hint.until <= now) {
            self.hint = None;
        }
        if matches!(input, Input::Key(_) | Input::Line(_) | Input::Paste(_)) {
            self.typed = now;
        }
        let (was_empty, was_working) = (self.composer.is_empty(), self.is_working());
        let mut effects = match input {
            Input::Key(key) => self.key(key, now),
            Input::Line(text) => self.line(&text, now),
            Input::Paste(text) => self.paste(&text, now),
            Input::Focus(focused) => {
                self.focused = Some(focused);
                if focused { vec![Effect::Look(Look::Head)] } else { Vec::new() }
            }
            Input::Item(item) => self.item(item, now),
            Input::Opened(opened) => self.opened(opened, now),
            Input::Ended(untold) => self.broke_off(untold, now),
            Input::Found(found) => self.found(found, now),
            Input::Done(purpose, done) => self.done(purpose, done, now),
            Input::Tick => Vec::new(),
            Input::Signal(signal) => self.signal(signal, now),
        };
        if !was_working && self.is_working() {
            self.began = now;
        }
        self.doing.ending &= self.phase == Phase::Busy;
        let empty = self.composer.is_empty();
        if let Some(asked) = self.asks.front_mut().filter(|_| empty != was_empty) {
            asked.composer(empty, now);
        }
        effects.extend(self.ask_trust(now));
        effects.extend(self.entitle());
        effects
    }

    /// A frame is on the screen, at `now` in milliseconds of the runner's clock.
    pub fn drawn(&mut self, now: u64) {
        if self.over.is_none()
            && let Some(asked) = self.asks.front_mut()
        {
            asked.drawn(now);
        }
    }

    /// The next time, in milliseconds, at which something changes by itself.
    pub fn deadline(&self) -> Option<u64> {
        self.hint.as_ref().map(|hint| hint.until)
    }

    /// How things look on a screen of this size.
    pub fn look(&self, size: (u16, u16)) -> cell::Look<'_> {
        draw::look(&self.theme, &self.highlighter, size)
    }

    /// When the task that goes on began, in milliseconds of the runner's clock.
    pub fn began(&self) -> u64 {
        self.began
    }

    /// Tokens that the model's window has; 0 where nobody knows.
    pub fn window(&self) -> u64 {
        self.standing.window
    }

    /// Is there something whose time goes on to be shown?
    pub fn is_working(&self) -> bool {
        self.phase != Phase::Idle || self.doing.command.is_some()
    }

    /// Words below the composer, for four seconds.
    pub(super) fn tell(&mut self, text: impl Into<String>, now: u64) {
        self.hint = Some(Hint { text: text.into(), until: now + 4_000 });
    }

    /// What the project wants to bring is asked once nothing else is in front and nothing is being typed.
    fn ask_trust(&mut self, now: u64) -> Vec<Effect> {
        if self.over.is_some() || !self.asks.is_empty() || !self.composer.is_empty() {
            return Vec::new();
        }
        let Some(trust) = self.doing.trust.take() else { return Vec::new() };
        self.doing.trust_since = now;
        self.choose(lists::Choosing::Trust(trust))
    }

    /// The terminal is going away, or somebody wants us to end: the task is ended, and so are we.
    fn signal(&mut self, signal: Signal, now: u64) -> Vec<Effect> {
        // Where lines are typed, ctrl-c is no key.
        if signal == Signal::Int && self.preferences.plain && self.is_working() {
            return self.interrupt(now);
        }
        let interrupt = (self.phase == Phase::Busy).then_some(Effect::Send(Command::Interrupt(signal)));
        interrupt.into_iter().chain([Effect::Close, Effect::Quit(signal.exit())]).collect()
    }

    /// Nothing but what happened stays on the screen; then, how to go on.
    pub fn bid_farewell(&mut self) {
        (self.over, self.full, self.hint) = (None, false, None);
        self.gone = true;
    }

    fn entitle(&mut self) -> Option<Effect> {
        let what = match self.phase {
            _ if !self.asks.is_empty() => "asks: ",
            Phase::Busy | Phase::Opening => "works: ",
            Phase::Idle => "",
        };
        let name = self.folder.rsplit('/').next().unwrap_or(&self.folder);
        let title = format!("{what}{name} · agent");
        (title != self.title).then(|| {
            self.title.clone_from(&title);
            Effect::Title(title)
        })
    }
}

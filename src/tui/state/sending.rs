//! From what was typed to what the session gets: at once, after the current step, or after the task.

use super::{Effect, For, Input, Message, Phase, State, Waiting};
use crate::base::command::{Command, Steer};
use crate::base::desk::{Act, Look, Open, Which};
use crate::base::message::ImageRef;
use crate::base::{Error, Kind as Failing, Result};
use crate::transcript::view::Tone;
use crate::tui::composer::{Draft, Kind, When};

/// Records of a past that are read at once.
const TAIL: usize = 400;

impl State {
    /// What was typed goes where it belongs.
    pub(super) fn submit(&mut self, draft: Draft) -> Vec<Effect> {
        let text = draft.text.clone();
        let mut effects = match draft.kind.clone() {
            Kind::Slash { name, args } => self.slash(&name, &args),
            Kind::Shell(command) => self.run_command(command),
            Kind::Task if self.phase == Phase::Busy => self.steer(draft),
            Kind::Task => self.task(draft),
        };
        effects.push(Effect::Act(For::Nobody, Act::Remember { text }));
        effects
    }

    /// What was typed waits until the task is done.
    pub(super) fn enqueue(&mut self, draft: Draft) -> Vec<Effect> {
        if self.phase == Phase::Idle || draft.kind != Kind::Task {
            return self.submit(draft);
        }
        let text = draft.text.clone();
        self.queue.push(draft, When::AfterTurn);
        vec![Effect::Act(For::Nobody, Act::Remember { text })]
    }

    fn steer(&mut self, draft: Draft) -> Vec<Effect> {
        if draft.images.is_empty() {
            self.queue.push(draft, When::AfterStep);
            return vec![self.steering()];
        }
        self.attach(Message::Steer(draft))
    }

    /// All that waits to steer the task, as one command.
    pub(super) fn steering(&self) -> Effect {
        let kept = |draft: &Draft| {
            let kept = self.doing.kept.iter().rfind(|(message, _)| message == draft);
            kept.map(|(_, images)| images.clone()).unwrap_or_default()
        };
        let words = self.queue.steers().map(|draft| Steer { text: draft.text.clone(), images: kept(draft) });
        Effect::Send(Command::Steer(words.collect()))
    }

    fn task(&mut self, draft: Draft) -> Vec<Effect> {
        if !self.session.open {
            let opening = self.open();
            self.waiting.push(Waiting::Task(draft));
            return opening;
        }
        if draft.images.is_empty() { self.send(draft.text, Vec::new()) } else { self.attach(Message::Task(draft)) }
    }

    fn send(&mut self, text: String, images: Vec<ImageRef>) -> Vec<Effect> {
        self.phase = Phase::Busy;
        vec![Effect::Send(Command::Send { text, images })]
    }

    fn attach(&mut self, message: Message) -> Vec<Effect> {
        let (Message::Task(draft) | Message::Steer(draft)) = &message;
        let (session, paths) = (self.session.id.clone().unwrap_or_default(), draft.images.clone());
        vec![Effect::Act(For::Message(Box::new(message)), Act::Attach { session, paths })]
    }

    /// Its images are kept: the message goes out.
    pub(super) fn attached(&mut self, message: Message, images: Vec<ImageRef>) -> Vec<Effect> {
        let (Message::Task(draft) | Message::Steer(draft)) = message;
        // Meanwhile the task may have ended, or another one begun.
        if self.phase == Phase::Busy {
            self.doing.kept.retain(|(message, _)| self.queue.steers().any(|waits| waits == message));
            self.doing.kept.push((draft.clone(), images));
            self.queue.push(draft, When::AfterStep);
            return vec![self.steering()];
        }
        if self.session.open { self.send(draft.text, images) } else { self.task(draft) }
    }

    /// A command for the session, which is opened where it is not.
    pub(super) fn command(&mut self, command: Command) -> Vec<Effect> {
        if self.session.open {
            return vec![Effect::Send(command)];
        }
        let opening = self.open();
        self.waiting.push(Waiting::Command(command));
        opening
    }

    fn run_command(&mut self, command: String) -> Vec<Effect> {
        if self.doing.command.is_some() {
            self.say(Tone::Warning, "a command of yours is running; esc ends it");
            return Vec::new();
        }
        self.doing.command = Some(command.clone());
        vec![Effect::Act(For::Command, Act::Run { command })]
    }

    /// Opens the session that goes on, with what was chosen.
    fn open(&mut self) -> Vec<Effect> {
        if self.phase == Phase::Opening {
            return Vec::new();
        }
        self.phase = Phase::Opening;
        let goes_on = self.session.id.clone().map_or(Which::New, Which::Resume);
        let which = self.next.take().unwrap_or(goes_on);
        vec![Effect::Open(Open { which, settings: self.settings.clone() })]
    }

    /// Opens it now where it is known, so that the screen shows what it is.
    pub(super) fn open_now(&mut self, which: Which) -> Vec<Effect> {
        self.session.open = false;
        self.next = Some(which);
        self.phase = Phase::Idle;
        self.open()
    }

    /// It is not opened after all: what waits for it is the user's again.
    pub(super) fn not_opened(&mut self, now: u64) -> Vec<Effect> {
        self.phase = Phase::Idle;
        self.next = None;
        for waits in std::mem::take(&mut self.waiting) {
            match waits {
                // Nothing that was typed is lost.
                Waiting::Task(draft) => self.give_back(draft, now),
                Waiting::Command(Command::Ran { output, .. }) => self.say(Tone::Quiet, output),
                Waiting::Command(_) => {}
            }
        }
        vec![Effect::Close]
    }

    /// The session ended by itself. The next task goes on with it.
    pub(super) fn broke_off(&mut self, untold: Option<Command>, now: u64) -> Vec<Effect> {
        if self.session.open {
            self.fail(&Error::new(Failing::Io, "the session broke off").hint("the next task goes on with it"));
        }
        self.session.open = false;
        self.phase = Phase::Idle;
        self.asks.clear();
        if let Some(Command::Send { text, .. }) = untold {
            self.give_back(Draft::new(&text), now);
        }
        vec![Effect::Close]
    }

    pub(super) fn opened(&mut self, opened: Result<(String, u64)>, now: u64) -> Vec<Effect> {
        self.phase = Phase::Idle;
        match opened {
            Ok((id, past)) => {
                self.session.id = Some(id);
                self.session.past = past;
                self.session.open = !std::mem::take(&mut self.session.stale);
                let mut effects = Vec::new();
                for waits in std::mem::take(&mut self.waiting) {
                    effects.extend(match waits {
                        Waiting::Task(draft) => self.submit_again(draft),
                        Waiting::Command(command) => self.command(command),
                    });
                }
                effects
            }
            Err(error) => {
                self.fail(&error);
                self.not_opened(now)
            }
        }
    }

    fn submit_again(&mut self, draft: Draft) -> Vec<Effect> {
        if self.phase == Phase::Busy { self.steer(draft) } else { self.task(draft) }
    }

    /// Back into the composer, or, where something is being typed, into the queue.
    pub(super) fn give_back(&mut self, draft: Draft, now: u64) {
        if self.composer.is_empty() {
            self.composer.restore(&draft);
        } else {
            self.queue.push(draft, When::AfterTurn);
            self.tell("the message waits in the queue: alt-up edits it", now);
        }
    }

    /// After a task: what waits goes out, where the task came to its end.
    pub(super) fn next_in_queue(&mut self) -> Vec<Effect> {
        match self.queue.take_next() {
            Some(draft) => self.task(draft),
            None => Vec::new(),
        }
    }

    /// Another session is to go on here: its end is shown, then it is opened.
    pub(super) fn resume(&mut self, session: String) -> Vec<Effect> {
        self.begin_anew();
        self.phase = Phase::Opening;
        self.next = Some(Which::Resume(session.clone()));
        vec![Effect::Close, Effect::Look(Look::Records { session, most: TAIL })]
    }

    /// Lets go of the session; the next task begins another.
    pub(super) fn begin_anew(&mut self) {
        let cells = std::mem::take(&mut self.session);
        self.doing.shown += usize::from(!cells.view.cells().is_empty());
        self.phase = Phase::Idle;
        self.next = None;
        self.asks.clear();
        self.queue.clear();
        self.doing.ran.clear();
        self.doing.kept.clear();
    }

    /// The settings changed: the session is opened anew before the next task.
    pub(super) fn settle(&mut self) -> Vec<Effect> {
        match self.phase {
            Phase::Idle => self.session.open = false,
            Phase::Opening | Phase::Busy => self.session.stale = true,
        }
        vec![Effect::Look(Look::Standing(self.settings.clone()))]
    }

    /// For tests and the runner: does this input need an answer at once?
    pub fn is_urgent(input: &Input) -> bool {
        match input {
            Input::Key(_) | Input::Line(_) | Input::Paste(_) | Input::Focus(_) | Input::Signal(_) => true,
            Input::Item(_) | Input::Opened(_) | Input::Ended(_) | Input::Found(_) | Input::Done(..) | Input::Tick => {
                false
            }
        }
    }
}

//! What is asked of a session between its tasks: another mode, a summary now, the way back, what a command of the user's printed.

use super::turn::Worker;
use crate::base::access::Mode;
use crate::base::command::Command;
use crate::base::event::Event;
use crate::base::message::Role;
use crate::base::{Error, Kind, Result};
use crate::transcript::fold::NoWayBack;
use futures_util::FutureExt;
use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use tokio::sync::mpsc;

impl Worker {
    /// Does it, unless it is interrupted; what else is sent meanwhile waits behind it.
    pub(super) async fn between(
        &mut self,
        command: Command,
        commands: &mut mpsc::UnboundedReceiver<Command>,
        waiting: &mut VecDeque<Command>,
    ) {
        let inbox = self.inbox.clone();
        let done = {
            let mut act = std::pin::pin!(AssertUnwindSafe(self.act(command)).catch_unwind());
            loop {
                tokio::select! {
                    biased;
                    done = &mut act => break done.unwrap_or_else(|_| Err(Error::new(Kind::Io, "agent broke; this is a bug"))),
                    command = commands.recv() => match command {
                        Some(Command::Interrupt(_)) => break Err(interrupted()),
                        None => {
                            waiting.clear();
                            break Err(interrupted());
                        }
                        Some(answer @ Command::Answer { .. }) => drop(inbox.take(Some(answer))),
                        Some(later) => waiting.push_back(later),
                    },
                }
            }
        };
        let paid = self.pay(Err(done.as_ref().err().unwrap_or(&interrupted())));
        if let Err(error) = done.and(paid) {
            let hints = error.hints.iter().map(|hint| format!("; {hint}")).collect::<String>();
            // A log that cannot be written says so at the next task.
            let _ = self.append(Event::Notice { text: format!("{}{hints}", error.message) });
        }
    }

    async fn act(&mut self, command: Command) -> Result<()> {
        match command {
            Command::SetMode(mode) => self.set_mode(mode),
            Command::Aside { text } => self.aside(text).await,
            Command::Ran { command, output, exit } => self.ran(command, output, exit),
            Command::Compact { focus } => self.compact(focus.as_deref()).await,
            Command::Rewind { before } => self.go_back(before),
            // The first is a task, and the others are of one.
            Command::Send { .. } | Command::Steer(_) | Command::Answer { .. } | Command::Interrupt(_) => Ok(()),
        }
    }

    /// What was chosen while a task was worked on takes effect.
    pub(super) fn take_choices(&mut self) -> Result<()> {
        let (mode, notices) = self.inbox.chosen();
        notices.into_iter().try_for_each(|text| self.append(Event::Notice { text }).map(drop))?;
        mode.map_or(Ok(()), |mode| self.set_mode(mode))
    }

    fn set_mode(&mut self, to: Mode) -> Result<()> {
        let from = self.parts.policy.mode;
        let same_jail = |mode: Mode| match mode {
            Mode::Ask | Mode::Auto => true,
            Mode::Read | Mode::Full => false,
        };
        if from == to {
            return Ok(());
        }
        if !same_jail(from) || !same_jail(to) {
            let text = format!(
                "the mode stays `{}`: `{}` has another jail, for which the session has to be opened anew",
                from.name(),
                to.name()
            );
            return self.append(Event::Notice { text }).map(drop);
        }
        self.parts.policy.mode = to;
        self.append(Event::ModeChanged { from, to }).map(drop)
    }

    fn ran(&mut self, command: String, output: String, exit: Option<i32>) -> Result<()> {
        let output = self.parts.hands.redactor.text(output);
        let (output, _) = self.fitting(output, None);
        self.append(Event::Ran { command, output, exit }).map(drop)
    }

    /// Puts a summary in the place of all that was said, because the user wants it.
    async fn compact(&mut self, focus: Option<&str>) -> Result<()> {
        let is_answer = |message: &crate::base::message::Message| message.role == Role::Assistant;
        if !self.fold.messages().iter().any(is_answer) {
            return self.append(Event::Notice { text: "there is nothing to summarise yet".into() }).map(drop);
        }
        self.leave_fast();
        let before = self.estimate();
        let summary = self.summarise(focus).await?;
        if !summary.is_written() {
            let text = "no summary came, so the history stays as it is".into();
            return self.append(Event::Notice { text }).map(drop);
        }
        self.put_summary(summary, self.parts.log.last(), before)
    }

    /// The model's view ends before the task that began with the record `before`.
    fn go_back(&mut self, before: u64) -> Result<()> {
        let text = match self.fold.way_back(before) {
            Ok(()) => {
                self.append(Event::Rewound { before })?;
                // What is left was asked before, so a cache may well have it; how much of it nobody knows.
                (self.measured, self.prefix) = (None, None);
                return self.tell_surroundings();
            }
            Err(NoWayBack::Summarised) => {
                "there is no way back behind a summary of the history; start a new session".into()
            }
            Err(NoWayBack::NoTask) => format!("there is no way back to record {before}: no task begins with it"),
        };
        self.append(Event::Notice { text }).map(drop)
    }
}

fn interrupted() -> Error {
    Error::new(Kind::Interrupted, "interrupted")
}

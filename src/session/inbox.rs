//! What surfaces send while a task is worked on, kept until the worker comes to it.

use crate::base::access::{Answer, Mode};
use crate::base::command::{Command, Signal, Steer};
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// Shared by the worker and by what listens beside it.
#[derive(Default)]
pub(super) struct Inbox(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    steering: Vec<Steer>,
    answers: HashMap<u64, oneshot::Sender<Answer>>,
    mode: Option<Mode>,
    asides: VecDeque<String>,
    /// What is for the time after the task.
    later: VecDeque<Command>,
    notices: Vec<String>,
}

impl Inbox {
    /// Takes what was sent while a task is worked on. The signal that ends the task, where that was one; nobody is left to talk
    /// to when the sender is gone, which ends it too.
    pub fn take(&self, command: Option<Command>) -> Option<Signal> {
        let mut waiting = self.lock();
        match command {
            Some(Command::Send { text, images }) => waiting.steering.push(Steer { text, images }),
            Some(Command::Steer(words)) => waiting.steering = words,
            Some(Command::Answer { ask, answer }) => {
                if let Some(asked) = waiting.answers.remove(&ask) {
                    let _ = asked.send(answer);
                }
            }
            Some(Command::SetMode(mode)) => waiting.mode = Some(mode),
            Some(Command::Aside { text }) => waiting.asides.push_back(text),
            Some(ran @ Command::Ran { .. }) => waiting.later.push_back(ran),
            Some(Command::Compact { .. }) => {
                waiting
                    .notices
                    .push("the history can be summarised between tasks only: wait for the end, or interrupt".into());
            }
            Some(Command::Rewind { .. }) => {
                waiting
                    .notices
                    .push("nobody can go back in the middle of a task: wait for its end, or interrupt".into());
            }
            Some(Command::Interrupt(signal)) => return Some(signal),
            None => return Some(Signal::Term),
        }
        None
    }

    /// A task begins: words that the last one left behind are not for it.
    pub fn begin_task(&self) {
        self.lock().steering.clear();
    }

    pub fn steering(&self) -> Vec<Steer> {
        std::mem::take(&mut self.lock().steering)
    }

    pub fn is_steered(&self) -> bool {
        !self.lock().steering.is_empty()
    }

    /// What was chosen, and what was asked and cannot be done now.
    pub fn chosen(&self) -> (Option<Mode>, Vec<String>) {
        let mut waiting = self.lock();
        (waiting.mode.take(), std::mem::take(&mut waiting.notices))
    }

    pub fn aside(&self) -> Option<String> {
        self.lock().asides.pop_front()
    }

    /// What was left for the time after the task, in its order.
    pub fn left(&self) -> Vec<Command> {
        let mut waiting = self.lock();
        let mut left: Vec<Command> = waiting.later.drain(..).collect();
        left.extend(waiting.asides.drain(..).map(|text| Command::Aside { text }));
        left
    }

    /// Where the answer to this question will come from.
    pub fn expect(&self, ask: u64) -> oneshot::Receiver<Answer> {
        let (sender, answer) = oneshot::channel();
        self.lock().answers.insert(ask, sender);
        answer
    }

    /// A poisoned lock means that a worker panicked between whole steps; what waits is sound.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

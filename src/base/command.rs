//! The only way into a session: what a surface may ask for.

use super::access::{Answer, Mode};
use super::message::ImageRef;

/// What a surface may ask of a session.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// A task, or, while one is being worked on, a word that steers it after the current step.
    Send { text: String, images: Vec<ImageRef> },
    /// All words that are to steer the task after the current step, in place of those that wait for that already. Those that a
    /// task leaves behind are dropped.
    Steer(Vec<Steer>),
    /// Answers the question with this id.
    Answer { ask: u64, answer: Answer },
    /// From the next step on this mode; between `ask` and `auto` only, for other modes have another jail.
    SetMode(Mode),
    /// A question beside the work: answered with the history as it is, which never sees it.
    Aside { text: String },
    /// What a command of the user's own printed; the model sees it with the next task. Between tasks only.
    Ran { command: String, output: String, exit: Option<i32> },
    /// Replace the history by a summary now; `focus` says what it must keep. Between tasks only.
    Compact { focus: Option<String> },
    /// Go back: the model's view ends before the record `before` from now on. Between tasks only.
    Rewind { before: u64 },
    /// End the task now: children are ended, unfinished calls are answered, the outcome says who did it.
    Interrupt(Signal),
}

/// Words that steer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Steer {
    pub text: String,
    pub images: Vec<ImageRef>,
}

/// What interrupted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Ctrl-C, exit code 130.
    Int,
    /// SIGTERM or SIGHUP, exit code 143.
    Term,
}

impl Signal {
    pub fn exit(self) -> u8 {
        match self {
            Signal::Int => 130,
            Signal::Term => 143,
        }
    }
}

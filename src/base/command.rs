//! The only way into a session: what a surface may ask for.

use super::access::Answer;
use super::message::ImageRef;

/// What a surface may ask of a session.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// A task, or, while one is being worked on, a word that steers it after the current step.
    Send { text: String, images: Vec<ImageRef> },
    /// Answers the question with this id.
    Answer { ask: u64, answer: Answer },
    /// End the task now: children are ended, unfinished calls are answered, the outcome says who did it.
    Interrupt(Signal),
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

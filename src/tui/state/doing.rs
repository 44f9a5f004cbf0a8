//! What the screen itself has going on.

use crate::base::command::Command;
use crate::base::desk::Trust;
use crate::base::message::ImageRef;
use crate::tui::composer::Draft;

/// Acts that take their time, and counts that others go by.
#[derive(Debug, Default)]
pub struct Doing {
    /// The task was told to end, and has not yet.
    pub ending: bool,
    /// The user's own command that runs.
    pub command: Option<String>,
    /// What the user's commands printed while a task was worked on: the session is told after it.
    pub ran: Vec<Command>,
    /// Images of messages that wait to steer, by the messages they go with.
    pub kept: Vec<(Draft, Vec<ImageRef>)>,
    /// What the project wants to bring, as long as the user was not asked.
    pub trust: Option<Trust>,
    /// What the user said no to, or has not answered: `/trust` asks again.
    pub untrusted: Option<Trust>,
    /// When the user was asked that, in milliseconds of the runner's clock.
    pub trust_since: u64,
    /// The composer had keys since something was asked for that comes in front.
    pub went_on: bool,
    /// A list of models to choose from was asked for; else they are looked up for the composer.
    pub models: bool,
    /// How many sessions were shown before this one: what was printed of them is no part of this one.
    pub shown: usize,
}

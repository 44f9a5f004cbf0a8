//! What `cli` gives the screen to begin with.

use super::preferences::{Preferences, Terminal};
use crate::base::desk::Settings;

/// How the screen begins.
#[derive(Debug, Clone)]
pub struct Setup {
    pub preferences: Preferences,
    pub terminal: Terminal,
    /// What the command line says; the screen's own choices win over it.
    pub settings: Settings,
    /// The first task, to be sent at once.
    pub task: Option<String>,
    /// Paths of images that go with it.
    pub images: Vec<String>,
    /// The session that goes on: its whole id, or `None` for a list to choose from.
    pub resume: Option<Option<String>>,
    /// The folder the agent works in, as people write it.
    pub folder: String,
}

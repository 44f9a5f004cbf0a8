//! What the user set about the screen; `cli` reads it, once, before the first frame.

use super::keys::Keys;
use super::status;
use super::theme::Theme;
use crate::base::{Error, Result};
use std::collections::BTreeMap;

/// The keys `tui.*` of the configuration, as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preferences {
    /// The name of a theme; empty: `default`.
    pub theme: String,
    /// Themes of the user's own: name, then role, then colour.
    pub themes: BTreeMap<String, BTreeMap<String, String>>,
    /// Begin on the full screen.
    pub full: bool,
    /// Vim's keys in the composer.
    pub vim: bool,
    /// Action, then keys: what the key table says instead.
    pub keys: BTreeMap<String, Vec<String>>,
    /// What the status line shows, in order; empty: all.
    pub status: Vec<String>,
    /// How to call the user: `bell`, `osc9`, `osc777`, `off`; empty: `bell`.
    pub notify: String,
    /// One thing after the other in plain text, for screen readers.
    pub plain: bool,
}

impl Preferences {
    /// Keys and theme as they are meant.
    ///
    /// # Errors
    ///
    /// One names what is not there, in its message and its hint.
    pub fn understood(&self, terminal: Terminal) -> Result<(Keys, Theme)> {
        let wrong = |words: String| match words.split_once("\nhint: ") {
            Some((message, hint)) => Error::config(message).hint(hint),
            None => Error::config(words),
        };
        status::check(&self.status).map_err(wrong)?;
        Ok((Keys::new(&self.keys).map_err(wrong)?, Theme::named(self, terminal).map_err(wrong)?))
    }

    /// The name of the theme in use.
    pub fn theme_name(&self) -> &str {
        if self.theme.is_empty() { "default" } else { &self.theme }
    }
}

/// What the terminal can do, told by the environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terminal {
    pub colors: Colors,
    /// A dark background, as far as anybody says.
    pub dark: bool,
    /// Lines that are too long after a resize are wrapped anew.
    pub reflows: bool,
    /// Runs inside tmux.
    pub tmux: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Colors {
    None,
    Sixteen,
    Many,
    True,
}

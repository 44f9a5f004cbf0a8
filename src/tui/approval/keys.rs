//! The keys of a question as a table.

use crate::base::access::Remember;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    Yes,
    /// Yes, and to the same by its meaning for so long.
    Remember(Remember),
    No,
    /// No, with words for the model.
    Comment,
    Review,
    Show,
}

pub(super) struct Row {
    pub key: char,
    pub choice: Choice,
    /// Beside the key, in the question itself.
    pub word: &'static str,
    help: &'static str,
}

const fn row(key: char, choice: Choice, word: &'static str, help: &'static str) -> Row {
    Row { key, choice, word, help }
}

pub(super) const KEYS: &[Row] = &[
    row('y', Choice::Yes, "yes, once", "yes, this once"),
    row(
        's',
        Choice::Remember(Remember::Session),
        "this session",
        "yes, and the same needs no question in this session",
    ),
    row('p', Choice::Remember(Remember::Project), "this project", "yes, and the same in this project from now on"),
    row(
        'a',
        Choice::Remember(Remember::Always),
        "always",
        "yes, and the same everywhere; `agent policy list` shows these",
    ),
    row('n', Choice::No, "no", "no"),
    row('c', Choice::Comment, "no, and say why", "no, with words for the model"),
    row('r', Choice::Review, "review", "look at the change by file and by hunk"),
    row('v', Choice::Show, "view all", "see all of what is asked"),
];

pub(super) fn choice(key: KeyEvent) -> Option<Choice> {
    if key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) {
        return None;
    }
    KEYS.iter().find(|row| key.code == KeyCode::Char(row.key)).map(|row| row.choice)
}

/// Keys, and what they do, in the order to be shown.
pub fn help() -> impl Iterator<Item = (char, &'static str)> {
    KEYS.iter().map(|row| (row.key, row.help))
}

//! The keys of a review as a table: what they do, and what the help says of them.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    NextHunk,
    PreviousHunk,
    NextFile,
    PreviousFile,
    LineDown,
    LineUp,
    PageDown,
    PageUp,
    Accept,
    Reject,
    AcceptFile,
    RejectFile,
    AcceptRest,
    RejectRest,
    Edit,
    Comment,
    Undo,
    Sides,
    Help,
    /// To the next open hunk, or the end.
    Next,
    Finish,
    Later,
}

struct Row {
    codes: &'static [KeyCode],
    action: Action,
    keys: &'static str,
    help: &'static str,
}

const fn row(codes: &'static [KeyCode], action: Action, keys: &'static str, help: &'static str) -> Row {
    Row { codes, action, keys, help }
}

const KEYS: &[Row] = &[
    row(&[KeyCode::Char('y'), KeyCode::Char(' ')], Action::Accept, "y space", "accept this hunk"),
    row(&[KeyCode::Char('x')], Action::Reject, "x", "reject this hunk"),
    row(&[KeyCode::Char('a')], Action::AcceptFile, "a", "accept all of this file"),
    row(&[KeyCode::Char('d')], Action::RejectFile, "d", "reject all of this file"),
    row(&[KeyCode::Char('A')], Action::AcceptRest, "A", "accept all that is open"),
    row(&[KeyCode::Char('D')], Action::RejectRest, "D", "reject all that is open"),
    row(&[KeyCode::Char('e')], Action::Edit, "e", "edit this hunk in your editor ($VISUAL or $EDITOR)"),
    row(
        &[KeyCode::Char('c')],
        Action::Comment,
        "c",
        "comment for the model on this hunk, or on the line at the cursor",
    ),
    row(&[KeyCode::Char('u')], Action::Undo, "u", "undo the last decision, edit or comment"),
    row(&[KeyCode::Char('j'), KeyCode::Char('n')], Action::NextHunk, "j n", "next hunk"),
    row(&[KeyCode::Char('k'), KeyCode::Char('p')], Action::PreviousHunk, "k p", "previous hunk"),
    row(&[KeyCode::Char('J'), KeyCode::Tab], Action::NextFile, "J tab", "next file"),
    row(&[KeyCode::Char('K'), KeyCode::BackTab], Action::PreviousFile, "K shift-tab", "previous file"),
    row(&[KeyCode::Down], Action::LineDown, "down", "next line of the hunk"),
    row(&[KeyCode::Up], Action::LineUp, "up", "previous line of the hunk"),
    row(&[KeyCode::PageDown], Action::PageDown, "pagedown", "scroll down"),
    row(&[KeyCode::PageUp], Action::PageUp, "pageup", "scroll up"),
    row(&[KeyCode::Char('s')], Action::Sides, "s", "old and new side by side, or below each other"),
    row(&[KeyCode::Enter], Action::Next, "enter", "to the next open hunk; where all is decided, finish"),
    row(&[KeyCode::Char('f')], Action::Finish, "f", "finish; asks where hunks are open"),
    row(&[KeyCode::Esc, KeyCode::Char('q')], Action::Later, "esc q", "leave the review open for later"),
    row(&[KeyCode::Char('?')], Action::Help, "?", "these keys"),
];

pub(super) fn action(key: KeyEvent) -> Option<Action> {
    if key.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT) {
        return None;
    }
    KEYS.iter().find(|row| row.codes.contains(&key.code)).map(|row| row.action)
}

/// Keys, and what they do, in the order to be shown.
pub fn help() -> impl Iterator<Item = (&'static str, &'static str)> {
    KEYS.iter().map(|row| (row.keys, row.help))
}

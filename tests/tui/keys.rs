//! The table of keys: no clash, the user's own keys, and what `/keys` and the docs say.

use super::snapshot::check;
use agent::tui::keys::{Action, Keys, Place, Press, Pressed, TABLE};
use agent::tui::{approval, review};
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use std::collections::{BTreeMap, BTreeSet};

fn event(text: &str) -> KeyEvent {
    Press::parse(text).unwrap().event()
}

fn own(rows: &[(&str, &[&str])]) -> BTreeMap<String, Vec<String>> {
    rows.iter().map(|(name, keys)| ((*name).to_owned(), keys.iter().map(|key| (*key).to_owned()).collect())).collect()
}

#[test]
fn the_table_has_each_action_and_each_name_once_and_no_clash() {
    let actions: BTreeSet<Action> = TABLE.iter().map(|row| row.action).collect();
    assert_eq!(actions.len(), TABLE.len(), "an action stands in the table twice");
    let names: BTreeSet<&str> = TABLE.iter().map(|row| row.name).collect();
    assert_eq!(names.len(), TABLE.len(), "a name stands in the table twice");
    for row in TABLE {
        for keys in row.keys {
            let read = Press::sequence(keys).unwrap_or_else(|| panic!("`{keys}` of `{}` is not a key", row.name));
            let shown: Vec<String> = read.iter().map(ToString::to_string).collect();
            assert_eq!(&shown.join(" "), keys, "as it is written in the table");
        }
        assert!(!row.help.is_empty());
    }
    assert_eq!(Keys::new(&BTreeMap::new()), Ok(Keys::default()));
}

#[test]
fn every_key_of_the_table_finds_its_action() {
    let keys = Keys::default();
    for row in TABLE {
        let place = if row.place == Place::Everywhere { Place::Review } else { row.place };
        for text in row.keys {
            let mut held = Vec::new();
            let last = Press::sequence(text)
                .unwrap()
                .iter()
                .fold(Pressed::Free, |_, press| keys.press(place, &mut held, press.event()));
            assert_eq!(last, Pressed::Action(row.action), "{text}");
        }
    }
}

/// A place that reads its keys by a table of its own.
#[track_caller]
fn check_place(place: Place, read: impl Iterator<Item = String>) {
    let rows = TABLE.iter().filter(|row| row.place == place);
    let told: BTreeSet<String> = rows.flat_map(|row| row.keys).map(|keys| (*keys).to_owned()).collect();
    assert_eq!(told, read.collect());
}

#[test]
fn a_review_and_a_question_read_the_keys_that_are_told_of_them() {
    let of_review = review::help().flat_map(|(keys, _)| keys.split(' ').map(|key| key.replace("page", "page-")));
    check_place(Place::Review, of_review);
    check_place(Place::Approval, approval::help().map(|(key, _)| key.to_string()));
}

#[test]
fn keys_are_known_by_whatever_the_terminal_calls_them() {
    let char = |char, held| KeyEvent::new(KeyCode::Char(char), held);
    let (ctrl, alt, shift) = (KeyModifiers::CONTROL, KeyModifiers::ALT, KeyModifiers::SHIFT);
    let cases = [
        ("undo as a control character", char('7', ctrl), Action::Undo),
        ("undo as a slash", char('/', ctrl), Action::Undo),
        ("undo by the key's own name", char('_', ctrl | shift), Action::Undo),
        ("undo by the key below", char('-', ctrl | shift), Action::Undo),
        ("start of text", char('<', alt | shift), Action::TextStart),
        ("start of text by the key below", char(',', alt | shift), Action::TextStart),
        ("shift-tab as it comes", KeyEvent::new(KeyCode::BackTab, shift), Action::Mode),
        ("shift-tab without its shift", KeyEvent::new(KeyCode::BackTab, KeyModifiers::NONE), Action::Mode),
        ("meta is alt", char('f', KeyModifiers::META), Action::WordRight),
    ];
    for (name, event, action) in cases {
        assert_eq!(Keys::default().action(Place::Composer, event), Some(action), "{name}");
    }
    let released = KeyEvent { kind: KeyEventKind::Release, ..event("enter") };
    assert_eq!(Keys::default().action(Place::Composer, released), None, "a release is not a press");
    assert_eq!(Keys::default().action(Place::Composer, char('c', KeyModifiers::SUPER)), None, "the desktop's own");
    assert_eq!(Keys::default().action(Place::Review, event("A")), Some(Action::RestAccept));
    assert_eq!(Keys::default().action(Place::Review, event("a")), Some(Action::FileAccept));
}

#[test]
fn the_first_esc_acts_at_once_and_the_second_is_another_action() {
    let keys = Keys::default();
    let mut held = Vec::new();
    let mut press = |text: &str| keys.press(Place::Composer, &mut held, event(text));
    assert_eq!(press("esc"), Pressed::Action(Action::Interrupt));
    assert_eq!(press("esc"), Pressed::Action(Action::Back));
    assert_eq!(press("esc"), Pressed::Action(Action::Interrupt));
    assert_eq!(press("ctrl-a"), Pressed::Action(Action::LineStart));
    assert_eq!(press("esc"), Pressed::Action(Action::Interrupt));
    assert_eq!(press("x"), Pressed::Free);
    assert_eq!(press("ctrl-x"), Pressed::Begins);
    assert_eq!(press("ctrl-e"), Pressed::Action(Action::Editor));
    assert_eq!(press("ctrl-x"), Pressed::Begins);
    assert_eq!(press("ctrl-a"), Pressed::Action(Action::LineStart), "what does not go on begins anew");
}

#[test]
fn own_keys_take_the_place_of_those_in_the_table() {
    let keys = Keys::new(&own(&[("send", &["ctrl-enter"]), ("newline", &["enter", "f2"]), ("queue", &[])])).unwrap();
    assert_eq!(keys.action(Place::Composer, event("ctrl-enter")), Some(Action::Send));
    assert_eq!(keys.action(Place::Composer, event("enter")), Some(Action::Newline));
    assert_eq!(keys.action(Place::Composer, event("f2")), Some(Action::Newline));
    assert_eq!(keys.action(Place::Composer, event("alt-enter")), None);
    assert_eq!(keys.hint(Action::Send), "ctrl-enter");
    assert_eq!(keys.hint(Action::Queue), "");
}

#[test]
fn a_part_that_reads_the_keys_of_the_table_gets_them() {
    let keys = Keys::new(&own(&[("hunk-accept", &["f5"]), ("hunk-reject", &["f6", "y"])])).unwrap();
    let read = |text: &str| keys.as_in_table(Place::Review, event(text));
    assert_eq!(read("f5"), Some(event("y")));
    assert_eq!(read("y"), Some(event("x")));
    assert_eq!(read("x"), None, "taken away");
    assert_eq!(read("j"), Some(event("j")));
    assert_eq!(read("down"), Some(event("down")));
    assert_eq!(read("z"), Some(event("z")), "of nobody");
    let hint = |key: &str| keys.in_place_of(Place::Review, key);
    assert_eq!([hint("y"), hint("x"), hint("e")], ["f5", "f6", "e"]);
}

#[test]
fn what_cannot_be_a_key_is_said_with_the_way_out() {
    let cases: &[(&str, &[&str], &str)] = &[
        ("sent", &["enter"], "there is no action `sent`, did you mean `send`?"),
        ("history_search", &["f3"], "there is no action `history_search`, did you mean `history-search`?"),
        ("make-coffee", &["f3"], "there is no action `make-coffee`\nhint: `/keys` lists all of them"),
        (
            "send",
            &["strg-x"],
            "`strg-x` for `send` is not a key\nhint: keys are written as `ctrl-r`, `alt-enter`, `shift-tab`, `f2`, `esc esc`",
        ),
        (
            "send",
            &[""],
            "`` for `send` is not a key\nhint: keys are written as `ctrl-r`, `alt-enter`, `shift-tab`, `f2`, `esc esc`",
        ),
        (
            "send",
            &["f25"],
            "`f25` for `send` is not a key\nhint: keys are written as `ctrl-r`, `alt-enter`, `shift-tab`, `f2`, `esc esc`",
        ),
        (
            "hunk-accept",
            &["g g"],
            "`g g` cannot be a key of `hunk-accept`: only the composer's keys come one after the other",
        ),
        ("send", &["a"], "`a` cannot be a key of `send`: it is typed as text\nhint: hold `ctrl` or `alt` with it"),
        (
            "review",
            &["ctrl-r"],
            "the key `ctrl-r` stands for both `review` and `history-search`\nhint: give one of them other keys under `[tui.keys]`, or none: `history-search = []`",
        ),
        (
            "hunk-edit",
            &["ctrl-o"],
            "the key `ctrl-o` stands for both `transcript` and `hunk-edit`\nhint: give one of them other keys under `[tui.keys]`, or none: `hunk-edit = []`",
        ),
    ];
    for (name, keys, said) in cases {
        assert_eq!(Keys::new(&own(&[(name, keys)])).unwrap_err(), *said);
    }
}

#[test]
fn the_docs_have_the_table() {
    check("keys", &Keys::default().markdown());
}

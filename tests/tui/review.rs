//! Keys of a review, and what comes of them: (state, keys) to (step, what is written).

use super::changes::{edit, numbered, odd, one, question, several, shown};
use agent::base::access::{Answer, Remember};
use agent::base::change::{Accept, FileChange};
use agent::edit::change::{ChangeSet, FileEdit};
use agent::tui::review::{Editing, Review, Step, Subject};
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

pub fn key(name: &str) -> KeyEvent {
    let code = match name {
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "tab" => KeyCode::Tab,
        "shift-tab" => KeyCode::BackTab,
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "pageup" => KeyCode::PageUp,
        "pagedown" => KeyCode::PageDown,
        "space" => KeyCode::Char(' '),
        "backspace" => KeyCode::Backspace,
        letter => KeyCode::Char(letter.chars().next().unwrap()),
    };
    KeyEvent::new(code, KeyModifiers::NONE)
}

/// Types keys, parted by blanks; the last step.
pub fn press(review: &mut Review, keys: &str) -> Step {
    keys.split(' ').filter(|name| !name.is_empty()).fold(Step::None, |_, name| review.key(key(name)))
}

pub fn say(review: &mut Review, words: &str) {
    words.chars().for_each(|char| drop(review.key(KeyEvent::new(KeyCode::Char(char), KeyModifiers::NONE))));
}

pub fn asked(change: Vec<FileChange>) -> Review {
    Review::new(Subject::Ask(Box::new(question(change))))
}

fn answer(step: Step) -> Answer {
    let Step::Answer(answer) = step else { panic!("no answer: {step:?}") };
    answer
}

/// What is written, as path and text.
fn written(edits: Vec<FileEdit>, answer: &Answer) -> Vec<(String, Option<String>)> {
    let change = ChangeSet { files: edits };
    let accepted = match answer {
        Answer::Allow { .. } => change,
        Answer::Deny { .. } => ChangeSet::default(),
        Answer::Review(review) => change.accept(review),
    };
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    accepted.files.iter().map(|file| (file.path.clone(), file.after.as_deref().map(text))).collect()
}

#[test]
fn every_choice_of_hunks_is_what_is_written() {
    let lines: [&[usize]; 3] = [&[3, 4], &[20], &[38]];
    for chosen in 0..32_u32 {
        let yes = |hunk: u32| chosen & (1 << hunk) != 0;
        let mut review = asked(shown(several()));
        let keys: Vec<&str> = (0..5).map(|hunk| if yes(hunk) { "y" } else { "x" }).collect();
        press(&mut review, &keys.join(" "));
        let answer = answer(press(&mut review, "enter"));
        let mut right = Vec::new();
        let taken: Vec<usize> =
            (0..3).filter(|hunk| yes(*hunk)).flat_map(|hunk| lines[hunk as usize].to_vec()).collect();
        if !taken.is_empty() {
            right.push(("src/engine/parser.rs".to_owned(), Some(numbered(40, &taken))));
        }
        for (hunk, place) in [(3, 1), (4, 2)] {
            let edit = several().remove(place);
            if yes(hunk) {
                right.push((edit.path.clone(), edit.after.map(|bytes| String::from_utf8(bytes.to_vec()).unwrap())));
            }
        }
        assert_eq!(written(several(), &answer), right, "{keys:?}");
        match chosen {
            0 => assert_eq!(answer, Answer::Deny { comment: None }),
            31 => assert_eq!(answer, Answer::Allow { remember: Remember::Once }),
            _ => assert!(matches!(answer, Answer::Review(_))),
        }
    }
}

/// Keys, and which hunks of each file are accepted in the end (`None`: the file is not named).
#[test]
fn keys_and_what_they_accept() {
    type Accepted = [Option<Accept>; 3];
    let some = |hunks: &[usize]| Some(Accept::Hunks(hunks.to_vec()));
    let all = || Some(Accept::All);
    let cases: Vec<(&str, &str, Accepted)> = vec![
        ("by file", "a d a enter", [all(), None, all()]),
        ("the rest", "x A enter", [some(&[1, 2]), all(), all()]),
        ("reject the rest", "y D enter", [some(&[0]), None, None]),
        ("space", "space x x x x enter", [some(&[0]), None, None]),
        ("over and back", "j j k k j j y D enter", [some(&[2]), None, None]),
        ("n and p", "n y p p y D enter", [some(&[0, 1]), None, None]),
        ("files", "J y K K y D enter", [some(&[0]), all(), None]),
        ("tab", "tab tab y shift-tab y D enter", [None, all(), all()]),
        ("decided anew", "y y k k x D enter", [some(&[1]), None, None]),
        ("undone", "y y u D enter", [some(&[0]), None, None]),
        ("undone twice", "a d u u y D enter", [some(&[0]), None, None]),
        ("finish and confirm", "y f y", [some(&[0]), None, None]),
        ("finish, not yet", "y f esc y f enter", [some(&[0, 1]), None, None]),
        ("finish and accept", "x f A", [some(&[1, 2]), all(), all()]),
        ("the other way round", "x k y D enter", [some(&[0]), None, None]),
        ("enter goes to what is open", "j y k k enter y D enter", [some(&[1, 2]), None, None]),
        ("help takes one key", "? y y D enter", [some(&[0]), None, None]),
    ];
    for (name, keys, right) in cases {
        let mut review = asked(shown(several()));
        let Answer::Review(result) = answer(press(&mut review, keys)) else { panic!("{name}: {keys}") };
        let paths = ["src/engine/parser.rs", "src/engine/token.rs", "README.md"];
        let found =
            paths.map(|path| result.files.iter().find(|file| file.path == path).map(|file| file.accept.clone()));
        assert_eq!(found, right, "{name}: {keys}");
    }
}

#[test]
fn what_is_open_is_never_decided_by_enter_or_esc() {
    for keys in ["enter enter enter enter enter enter", "y enter enter enter", "f", "f x", "c esc", "j j j j j j j"] {
        let mut review = asked(shown(several()));
        let step = press(&mut review, keys);
        assert!(matches!(step, Step::None | Step::Redraw), "{keys}: {step:?}");
    }
    for keys in ["esc", "q", "y y esc"] {
        assert_eq!(press(&mut asked(shown(several())), keys), Step::Later, "{keys}");
    }
}

#[test]
fn keys_of_other_meaning_are_none() {
    let mut review = asked(shown(several()));
    for modifiers in [KeyModifiers::CONTROL, KeyModifiers::ALT] {
        assert_eq!(review.key(KeyEvent::new(KeyCode::Char('y'), modifiers)), Step::None);
    }
    let released = KeyEvent::new_with_kind(KeyCode::Char('y'), KeyModifiers::NONE, KeyEventKind::Release);
    assert_eq!(review.key(released), Step::None);
    assert_eq!(press(&mut review, "z"), Step::None);
    assert_eq!(answer(press(&mut review, "f y")), Answer::Deny { comment: None });
}

#[test]
fn a_comment_names_its_line_and_does_not_decide() {
    let mut review = asked(shown(several()));
    press(&mut review, "down down down down c");
    say(&mut review, "why y and not x?");
    press(&mut review, "enter J c");
    say(&mut review, "whole file");
    press(&mut review, "enter");
    let Answer::Review(result) = answer(press(&mut review, "A enter")) else { panic!() };
    assert_eq!(
        result.comment.as_deref(),
        Some("src/engine/parser.rs, old line 4: why y and not x?; src/engine/token.rs: whole file")
    );
    assert_eq!(written(several(), &Answer::Review(result)).len(), 3, "all of it is written all the same");
}

#[test]
fn a_comment_on_what_is_rejected_goes_with_the_no() {
    let mut review = asked(vec![one("a.txt", "one\n", "two\n")]);
    press(&mut review, "down down c");
    say(&mut review, "use three");
    press(&mut review, "enter x");
    let comment = Some("a.txt, line 1: use three".into());
    assert_eq!(answer(press(&mut review, "enter")), Answer::Deny { comment });
}

#[test]
fn a_comment_is_changed_dropped_and_undone() {
    let cases = [
        ("c esc", None),
        ("c enter c backspace backspace backspace enter", None),
        ("c enter u", None),
        ("c enter c ! enter", Some("a.txt: why!")),
        ("c enter c ! enter u", Some("a.txt: why")),
    ];
    for (keys, right) in cases {
        let mut review = asked(vec![one("a.txt", "one\n", "two\n")]);
        let (first, rest) = keys.split_once(' ').unwrap();
        press(&mut review, first);
        say(&mut review, "why");
        press(&mut review, rest);
        let Answer::Deny { comment } = answer(press(&mut review, "x enter")) else { panic!("{keys}") };
        assert_eq!(comment.as_deref(), right, "{keys}");
    }
}

#[test]
fn a_paste_goes_into_a_comment_on_one_line_and_nowhere_else() {
    let mut review = asked(vec![one("a.txt", "one\n", "two\n")]);
    assert_eq!(review.paste("y\ny"), Step::None);
    press(&mut review, "c");
    assert_eq!(review.paste("first\r\nsecond"), Step::Redraw);
    let Answer::Deny { comment } = answer(press(&mut review, "enter x enter")) else { panic!() };
    assert_eq!(comment.as_deref(), Some("a.txt: first second"));
}

fn handed_out(review: &mut Review) -> Editing {
    let Step::Edit(editing) = press(review, "e") else { panic!() };
    editing
}

#[test]
fn an_edited_hunk_is_written_as_it_was_saved_once_it_is_accepted() {
    let edits = || vec![edit("a.rs", Some(&numbered(30, &[])), Some(&numbered(30, &[3, 25])))];
    let mut review = asked(shown(edits()));
    press(&mut review, "j");
    let editing = handed_out(&mut review);
    assert_eq!((editing.file, editing.hunk, editing.name.as_str()), (0, 1, "a.rs"));
    let text = editing.text.replace("compute(\"new\", 25)", "mine(25)");
    assert_ne!(text, editing.text);
    review.edited(&editing, Ok(text.clone()));
    assert_eq!(handed_out(&mut review).text, text, "what was edited goes on from there");
    let Answer::Review(result) = answer(press(&mut review, "y k x enter")) else { panic!() };
    let right = numbered(30, &[]).replace("make(25)", "mine(25)");
    assert_eq!(written(edits(), &Answer::Review(result)), [("a.rs".to_owned(), Some(right))]);
}

#[test]
fn an_edit_decides_nothing_and_can_be_undone() {
    let change = || vec![one("a.rs", "one\n", "two\n")];
    let mine = || Ok("three\n".to_owned());
    let mut open = asked(change());
    let editing = handed_out(&mut open);
    open.edited(&editing, mine());
    assert_eq!(press(&mut open, "enter"), Step::Redraw, "an edited hunk is still open");
    let mut undone = asked(change());
    let editing = handed_out(&mut undone);
    undone.edited(&editing, mine());
    assert_eq!(answer(press(&mut undone, "u y enter")), Answer::Allow { remember: Remember::Once });
    let mut rejected = asked(change());
    let editing = handed_out(&mut rejected);
    rejected.edited(&editing, mine());
    assert_eq!(answer(press(&mut rejected, "x enter")), Answer::Deny { comment: None });
}

#[test]
fn an_editor_that_fails_or_saves_nothing_changes_nothing() {
    let saved =
        [Ok(String::new()), Ok(" \n".into()), Ok("two\n".into()), Ok("two".into()), Err("no editor".to_owned())];
    for saved in saved {
        let mut review = asked(vec![one("a.rs", "one\n", "two\n")]);
        let editing = handed_out(&mut review);
        review.edited(&editing, saved.clone());
        assert_eq!(answer(press(&mut review, "y enter")), Answer::Allow { remember: Remember::Once }, "{saved:?}");
    }
}

#[test]
fn what_has_no_new_text_cannot_be_edited_but_decided() {
    let mut review = asked(shown(odd()));
    let count = shown(odd()).len();
    let mut edits = 0;
    for _ in 0..count {
        edits += usize::from(matches!(press(&mut review, "e"), Step::Edit(_)));
        press(&mut review, "y");
    }
    assert_eq!(edits, 1, "windows.txt alone");
    assert_eq!(answer(press(&mut review, "enter")), Answer::Allow { remember: Remember::Once });
}

#[test]
fn each_odd_change_can_be_taken_alone() {
    let count = shown(odd()).len();
    for taken in 0..count {
        let mut review = asked(shown(odd()));
        (0..taken).for_each(|_| drop(press(&mut review, "x")));
        let answer = answer(press(&mut review, "y D enter"));
        let path = odd().remove(taken).path;
        assert_eq!(written(odd(), &answer).into_iter().map(|(path, _)| path).collect::<Vec<_>>(), [path]);
    }
}

#[test]
fn of_a_turn_what_is_kept_is_named() {
    let mut review = Review::new(Subject::Turn(shown(several())));
    let Step::Settle(result) = press(&mut review, "x a f y") else { panic!() };
    assert_eq!(result.files.len(), 1, "the rest is put back");
    assert_eq!(result.files[0].accept, Accept::All);
    let mut none = Review::new(Subject::Turn(Vec::new()));
    assert_eq!(press(&mut none, "y x A D j J e u"), Step::Redraw);
    assert_eq!(press(&mut none, "enter"), Step::Later);
}

#[test]
fn every_key_anywhere_is_harmless_to_the_count() {
    let names = [
        "y", "x", "a", "d", "A", "D", "u", "j", "k", "J", "K", "s", "?", "down", "up", "pageup", "pagedown", "c", "esc",
    ];
    let mut seed = 7_u32;
    let mut review = asked(shown(several()));
    for _ in 0..5_000 {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let name = names[(seed >> 16) as usize % names.len()];
        let step = review.key(key(name));
        assert!(!matches!(step, Step::Answer(_) | Step::Settle(_)), "{name} answered");
    }
}

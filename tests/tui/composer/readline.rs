//! Readline's keys keep their meaning.

use super::{check, composer, press, shown};

#[test]
fn motions() {
    check(
        composer,
        &[
            ("hello", "hello|"),
            ("hello<ctrl-a>", "|hello"),
            ("hello<home>", "|hello"),
            ("hello<ctrl-a><ctrl-e>", "hello|"),
            ("hello<ctrl-a><end>", "hello|"),
            ("hello<ctrl-b><ctrl-b>", "hel|lo"),
            ("hello<left><left><right>", "hell|o"),
            ("hello<ctrl-a><ctrl-f>", "h|ello"),
            ("one two<alt-b>", "one |two"),
            ("one two-three<alt-b><alt-b>", "one |two-three"),
            ("one two<ctrl-left>", "one |two"),
            ("one two<ctrl-a><alt-f>", "one| two"),
            ("one two<ctrl-a><alt-f><alt-f>", "one two|"),
            ("one two<ctrl-a><alt-right>", "one| two"),
            ("one<ctrl-j>two<alt-<>", "|one\ntwo"),
            ("one<ctrl-j>two<alt-<><alt->>", "one\ntwo|"),
            ("one<ctrl-j>two<ctrl-a>", "one\n|two"),
            ("one<ctrl-j>two<up>", "one|\ntwo"),
            ("one<ctrl-j>two<up><ctrl-a><down>", "one\n|two"),
            ("long line<ctrl-j>a<ctrl-j>third line<up><up>", "long line|\na\nthird line"),
            ("long line<ctrl-j>a<ctrl-j>third line<ctrl-p><ctrl-p><ctrl-n><ctrl-n>", "long line\na\nthird line|"),
        ],
    );
}

#[test]
fn cuts_and_deletes() {
    check(
        composer,
        &[
            ("hello<backspace>", "hell|"),
            ("hello<ctrl-h>", "hell|"),
            ("hello<ctrl-a><ctrl-d>", "|ello"),
            ("hello<ctrl-a><delete>", "|ello"),
            ("one two<ctrl-w>", "one |"),
            ("one a-b<ctrl-w>", "one |"),
            ("one a-b<alt-backspace>", "one a-|"),
            ("one two<ctrl-a><alt-d>", "| two"),
            ("one two<ctrl-u>", "|"),
            ("one two<alt-b><ctrl-u>", "|two"),
            ("one two<alt-b><ctrl-k>", "one |"),
            ("one<ctrl-j>two<ctrl-u>", "one\n|"),
            ("one<ctrl-j>two<ctrl-u><ctrl-u>", "one|"),
            ("one<ctrl-j>two<up><ctrl-k>", "one|two"),
            ("<backspace><delete><ctrl-w><ctrl-k><ctrl-u><alt-d>", "|"),
        ],
    );
}

#[test]
fn what_was_cut_comes_back() {
    check(
        composer,
        &[
            ("one two<ctrl-w><ctrl-y>", "one two|"),
            ("one two<ctrl-w><ctrl-y><ctrl-y>", "one twotwo|"),
            ("one two three<ctrl-w><ctrl-w><ctrl-y>", "one two three|"),
            ("one two<ctrl-a><alt-d><alt-d><ctrl-y>", "one two|"),
            ("a b c<alt-b><ctrl-k><ctrl-u><ctrl-y>", "a b c|"),
            ("one<ctrl-u>two<ctrl-u><ctrl-y>", "two|"),
            ("one<ctrl-u>two<ctrl-u><ctrl-y><alt-y>", "one|"),
            ("one<ctrl-u>two<ctrl-u><ctrl-y><alt-y><alt-y>", "two|"),
            ("one<ctrl-u>x<alt-y>", "x|"),
            ("<ctrl-y>", "|"),
        ],
    );
}

#[test]
fn letters_and_words() {
    check(
        composer,
        &[
            ("ab<ctrl-t>", "ba|"),
            ("abc<left><ctrl-t>", "acb|"),
            ("ab<ctrl-a><ctrl-t>", "|ab"),
            ("a<ctrl-t>", "a|"),
            ("one two<alt-t>", "two one|"),
            ("one two three<alt-b><alt-t>", "one three two|"),
            ("one<alt-t>", "one|"),
            ("one two<ctrl-a><alt-c>", "One| two"),
            ("one two<ctrl-a><alt-u>", "ONE| two"),
            ("ONE two<ctrl-a><alt-l>", "one| two"),
            ("oNE tWO<ctrl-a><alt-c><alt-c>", "One Two|"),
        ],
    );
}

#[test]
fn undo_and_redo() {
    check(
        composer,
        &[
            ("one two<ctrl-_>", "one |"),
            ("one two<ctrl-_><ctrl-_>", "|"),
            ("one two<ctrl-_><alt-_>", "one two|"),
            ("one two<ctrl-w><ctrl-_>", "one two|"),
            ("one two<ctrl-w><ctrl-x><ctrl-u>", "one two|"),
            ("one<ctrl-a>two<ctrl-_>", "|one"),
            ("one<ctrl-_>two<alt-_>", "two|"),
            ("one<ctrl-c><ctrl-_>", "one|"),
            ("<ctrl-_><alt-_>", "|"),
        ],
    );
}

#[test]
fn a_character_is_what_a_reader_calls_one() {
    let family = "👨‍👩‍👧";
    let mut composer = composer();
    composer.set(&format!("a{family}e\u{301}漢🇩🇪"));
    press(&mut composer, "<left>");
    assert_eq!(shown(&composer), format!("a{family}e\u{301}漢|🇩🇪"));
    press(&mut composer, "<left><left><backspace>");
    assert_eq!(shown(&composer), "a|e\u{301}漢🇩🇪");
    press(&mut composer, "<delete>");
    assert_eq!(shown(&composer), "a|漢🇩🇪");
    press(&mut composer, "<ctrl-e><backspace><backspace>");
    assert_eq!(shown(&composer), "a|");
}

#[test]
fn up_and_down_go_by_rows_as_they_are_shown() {
    let mut composer = composer();
    composer.set_width(13);
    composer.set("aaaa bbbb cccc dddd");
    press(&mut composer, "<up>");
    assert_eq!(shown(&composer), "aaaa bbbb| cccc dddd", "a full row ends before the blank it was broken at");
    press(&mut composer, "<home><down>");
    assert_eq!(shown(&composer), "aaaa bbbb |cccc dddd");
}

//! What was sent before: up, down, and search.

use super::{composer, press, shown};
use agent::tui::composer::{Composer, Said};

fn with_history() -> Composer {
    let mut composer = composer();
    composer.set_history(["fix the tests", "two\nlines", "Fix the build"].map(str::to_owned).to_vec());
    composer
}

fn check(rows: &[(&str, &str)]) {
    for (script, text) in rows {
        let mut composer = with_history();
        press(&mut composer, script);
        assert_eq!(&shown(&composer), text, "after {script}");
    }
}

#[test]
fn up_and_down_keep_the_draft() {
    check(&[
        ("<up>", "fix the tests|"),
        ("<up><up>", "two\nlines|"),
        ("<up><up><up>", "two|\nlines"),
        ("<up><up><up><up>", "Fix the build|"),
        ("<up><up><up><up><up>", "Fix the build|"),
        ("draft<left><up><down>", "draf|t"),
        ("draft<up><up><down><down>", "draft|"),
        ("draft<up><ctrl-_>", "draft|"),
        ("<down>", "|"),
        ("<up>!<down>", "fix the tests!|"),
        ("<up>!<up><up><down><down>", "fix the tests!|"),
    ]);
}

#[test]
fn what_is_sent_is_the_newest() {
    let mut composer = with_history();
    press(&mut composer, "one<enter>two<enter>two<enter><up><up>");
    assert_eq!(shown(&composer), "one|");
}

#[test]
fn search_finds_as_it_is_typed() {
    check(&[
        ("<ctrl-r>fix<enter>", "|fix the tests"),
        ("<ctrl-r>fix<ctrl-r><enter>", "|Fix the build"),
        ("<ctrl-r>fix<ctrl-r><ctrl-r><enter>", "|Fix the build"),
        ("<ctrl-r>fix<ctrl-r><ctrl-s><enter>", "|fix the tests"),
        ("<ctrl-r>Fix<enter>", "|Fix the build"),
        ("<ctrl-r>ines<enter>", "two\nl|ines"),
        ("<ctrl-r>inesx<backspace><enter>", "two\nl|ines"),
        ("draft<ctrl-r>fix<esc>", "draft|"),
        ("draft<ctrl-r>fix<ctrl-c>", "draft|"),
        ("draft<ctrl-r>nothing of it<enter>", "draft|"),
        ("draft<ctrl-r>fix<enter><ctrl-_>", "draft|"),
        ("<ctrl-r>build<ctrl-a>x", "x|Fix the build"),
        ("<ctrl-r>lines<enter><up>", "|two\nlines"),
    ]);
}

#[test]
fn enter_takes_a_match_and_does_not_send_it() {
    let mut composer = with_history();
    assert_eq!(press(&mut composer, "<ctrl-r>fix<enter>"), Said::Changed);
    assert!(matches!(press(&mut composer, "<enter>"), Said::Send(draft) if draft.text == "fix the tests"));
}

#[test]
fn the_last_word_of_the_message_before() {
    check(&[("see <alt-.>", "see tests|")]);
}

#[test]
fn a_huge_message_comes_back_folded_and_whole() {
    let huge = "word ".repeat(10_000).trim_end().to_owned();
    let mut composer = composer();
    composer.set_history(vec![huge.clone()]);
    press(&mut composer, "<up>");
    let (before, _) = composer.halves();
    assert_eq!(before.chars().count(), 1);
    assert_eq!(composer.text(), huge);
}

//! What leaves the composer, and what is for others.

use super::{composer, press, shown};
use agent::tui::commands::COMMANDS;
use agent::tui::composer::{Draft, Kind, Said, kind};
use agent::tui::keys::Action;

fn sent(script: &str) -> Draft {
    let mut composer = composer();
    match press(&mut composer, script) {
        Said::Send(draft) => {
            assert!(composer.is_empty(), "nothing is left behind");
            draft
        }
        other => panic!("{script} came to {other:?}"),
    }
}

#[test]
fn enter_sends_and_alt_enter_queues() {
    assert_eq!(sent("fix it<enter>").text, "fix it");
    assert_eq!(sent("one<ctrl-j>two <enter>").text, "one\ntwo");
    let mut composer = composer();
    assert!(matches!(press(&mut composer, "later<alt-enter>"), Said::Queue(draft) if draft.text == "later"));
    assert!(composer.is_empty());
}

#[test]
fn nothing_is_not_sent() {
    for script in ["  <enter>", "<alt-enter>", "!<enter>", "!  <enter>", "<ctrl-j><enter>"] {
        assert_eq!(press(&mut composer(), script), Said::Nothing, "{script}");
    }
}

#[test]
fn a_backslash_before_enter_begins_a_line() {
    let mut composer = composer();
    assert_eq!(press(&mut composer, "one\\<enter>"), Said::Changed);
    assert_eq!(shown(&composer), "one\n|");
    press(&mut composer, "two<shift-enter>three");
    assert_eq!(shown(&composer), "one\ntwo\nthree|");
}

#[test]
fn what_a_message_is() {
    let slash = |name: &str, args: &str| Kind::Slash { name: name.to_owned(), args: args.to_owned() };
    let cases = [
        ("fix it", Kind::Task),
        ("!ls -l", Kind::Shell("ls -l".to_owned())),
        (" !ls", Kind::Task),
        ("/cost", slash("cost", "")),
        ("/model  openai/gpt ", slash("model", "openai/gpt")),
        ("/btw what is\nthis", slash("btw", "what is\nthis")),
        ("/unknown", slash("unknown", "")),
        ("/usr/bin/env is missing", Kind::Task),
        ("/Users/me", Kind::Task),
        ("//", Kind::Task),
        ("/", Kind::Task),
        (" /cost", Kind::Task),
    ];
    for (text, wanted) in cases {
        assert_eq!(kind(text), wanted, "{text}");
    }
    assert_eq!(sent("!cargo test<enter>").kind, Kind::Shell("cargo test".to_owned()));
}

#[test]
fn what_is_not_the_composers_own_is_for_others() {
    let cases = [
        ("<ctrl-c>", Action::Cancel),
        ("<ctrl-d>", Action::EndOfInput),
        ("<esc>", Action::Interrupt),
        ("x<esc>", Action::Interrupt),
        ("<esc><esc>", Action::Back),
        ("x<esc><esc>", Action::Interrupt),
        ("x<ctrl-o>", Action::Transcript),
        ("x<alt-r>", Action::Review),
        ("x<alt-z>", Action::Full),
        ("x<alt-a>", Action::AnswerQuestion),
        ("x<ctrl-v>", Action::PasteImage),
        ("x<ctrl-g>", Action::Editor),
        ("x<ctrl-z>", Action::Suspend),
        ("x<ctrl-l>", Action::Redraw),
        ("x<shift-tab>", Action::Mode),
        ("x<alt-up>", Action::EditQueue),
        ("x<tab>", Action::Complete),
        ("<enter>", Action::Send),
    ];
    for (script, action) in cases {
        assert_eq!(press(&mut composer(), script), Said::Action(action), "{script}");
    }
    let mut composer = composer();
    assert_eq!(press(&mut composer, "x<ctrl-c>"), Said::Changed, "with text it clears");
    assert!(composer.is_empty());
    assert_eq!(press(&mut composer, "<f9>"), Said::Nothing);
}

#[test]
fn the_table_of_commands_has_each_once_with_a_line_of_help() {
    for (index, command) in COMMANDS.iter().enumerate() {
        assert!(COMMANDS.iter().skip(index + 1).all(|other| other.name != command.name), "{} twice", command.name);
        assert!(
            !command.help.is_empty() && !command.help.ends_with('.') && command.help.len() < 60,
            "{}",
            command.name
        );
        assert_eq!(
            kind(&format!("/{}", command.name)),
            Kind::Slash { name: command.name.to_owned(), args: String::new() }
        );
    }
}

//! The composer as it is drawn.

use super::{composer, press, vim};
use crate::tui::snapshot;
use agent::base::desk::Hit;
use agent::tui::composer::{Composer, Offer, Wanted};
use agent::tui::preferences::Colors;
use agent::tui::theme::Theme;
use std::fmt::Write;

/// At each width, in colour; the cursor is named, not drawn.
fn check(name: &str, composer: &Composer, most_rows: u16) {
    let mut text = String::new();
    for width in [20, 80, 200] {
        let drawn = composer.draw(width, most_rows, &Theme::new(Colors::Sixteen));
        let (column, row) = drawn.cursor;
        let mut lines = drawn.lines;
        lines.extend(drawn.popup);
        let _ = writeln!(text, "=== {width} columns, cursor at column {column} of row {row}");
        text.push_str(&snapshot::lines(&lines));
    }
    snapshot::check(name, &text);
}

fn hit(text: &str, detail: &str, fits: &[u32]) -> Hit {
    Hit { text: text.to_owned(), detail: detail.to_owned(), fits: fits.to_vec() }
}

#[test]
fn empty() {
    check("composer-empty", &composer(), 10);
}

#[test]
fn text_of_many_lines() {
    let mut composer = composer();
    composer.set("Make the reader of logs faster, it takes a second for 100 MB\n\n\ttab, 漢字漢字漢字漢字漢字 and 👨‍👩‍👧 e\u{301}\nשלום עולם");
    check("composer-lines", &composer, 10);
}

#[test]
fn more_rows_than_there_is_room() {
    let mut composer = composer();
    let lines: Vec<String> = (1..=12).map(|number| format!("line {number}")).collect();
    composer.set(&lines.join("\n"));
    press(&mut composer, "<up><up><up><up><up>");
    check("composer-scrolled", &composer, 5);
}

#[test]
fn pastes_and_images() {
    let mut composer = composer();
    press(&mut composer, "Compare ");
    composer.paste(&"a line\n".repeat(312));
    press(&mut composer, " with");
    composer.attach("/tmp/a shot \u{1b}]0;title\u{7}.png".to_owned());
    check("composer-pastes", &composer, 10);
}

#[test]
fn hostile_text() {
    let mut composer = composer();
    composer.paste("\u{1b}[2J\u{1b}]0;title\u{7} \u{202e}abc");
    check("composer-hostile", &composer, 10);
}

#[test]
fn a_command_of_the_users_own() {
    let mut composer = composer();
    press(&mut composer, "!");
    check("composer-shell-empty", &composer, 10);
    press(&mut composer, "cargo test");
    check("composer-shell", &composer, 10);
}

#[test]
fn commands() {
    let mut composer = composer();
    press(&mut composer, "/");
    check("composer-commands", &composer, 10);
    press(&mut composer, "mo");
    check("composer-commands-typed", &composer, 10);
    press(&mut composer, "de ");
    check("composer-modes", &composer, 10);
}

#[test]
fn files() {
    let mut composer = composer();
    press(&mut composer, "see @cmo");
    let hits = vec![
        hit("src/tui/composer/mod.rs", "", &[8, 10, 17]),
        hit("tests/a/very/long/way/to/a/file/of/some/composer/mod.rs", "", &[40, 42, 49]),
        hit("docs/漢字/\u{1b}[31mcomposer.md", "", &[12]),
    ];
    composer.offer(Offer { wanted: Wanted::Files, query: "cmo".to_owned(), hits });
    press(&mut composer, "<down>");
    check("composer-files", &composer, 10);
}

#[test]
fn search_of_the_history() {
    let mut composer = composer();
    composer.set_history(vec!["fix the tests".to_owned(), "see why the build fails\nand fix it".to_owned()]);
    press(&mut composer, "draft<ctrl-r>");
    check("composer-search-empty", &composer, 10);
    press(&mut composer, "fix<ctrl-r>");
    check("composer-search", &composer, 10);
    press(&mut composer, "ed");
    check("composer-search-nothing", &composer, 10);
}

#[test]
fn modes_of_vim() {
    let mut composer = vim();
    press(&mut composer, "one two three<esc>");
    check("composer-vim-normal", &composer, 10);
    press(&mut composer, "bve");
    check("composer-vim-visual", &composer, 10);
}

//! A review as it is seen, at 80×24 and 200×50, in colour and without.

use super::changes::{colored, edit, numbered, odd, one, plain, question, several, shown};
use super::review::{asked, press, say};
use super::snapshot;
use agent::tui::review::{Review, ReviewLook, Step, Subject};
use agent::tui::theme::Theme;
use agent::tui::words::code::Highlighter;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

fn draw(review: &mut Review, size: (u16, u16), theme: &Theme, highlighter: &Highlighter) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, size.0, size.1));
    review.draw(&mut buffer, &ReviewLook::new(theme, highlighter));
    buffer
}

/// With the colours of source.
fn styled(review: &mut Review, size: (u16, u16), theme: &Theme) -> String {
    let highlighter = Highlighter::empty();
    highlighter.load();
    snapshot::styled(&draw(review, size, theme, &highlighter))
}

const SMALL: (u16, u16) = (80, 24);
const LARGE: (u16, u16) = (200, 50);

fn text(review: &mut Review, size: (u16, u16)) -> String {
    snapshot::text(&draw(review, size, &plain(), &Highlighter::empty()))
}

#[test]
fn one_file_with_one_hunk() {
    let mut review = asked(vec![one("src/a.rs", "fn a() {\n    1\n}\n", "fn a() {\n    2\n}\n")]);
    snapshot::check("review-one-80", &styled(&mut review, SMALL, &colored()));
    snapshot::check("review-one-80-plain", &styled(&mut review, SMALL, &plain()));
}

#[test]
fn several_files() {
    let mut review = asked(shown(several()));
    press(&mut review, "y x");
    snapshot::check("review-several-80", &styled(&mut review, SMALL, &colored()));
    snapshot::check("review-several-200", &styled(&mut review, LARGE, &colored()));
    snapshot::check("review-several-200-plain", &styled(&mut review, LARGE, &plain()));
    press(&mut review, "s");
    snapshot::check("review-several-200-unified", &text(&mut review, LARGE));
}

#[test]
fn side_by_side_where_the_user_wants_it() {
    let mut review = asked(shown(several()));
    text(&mut review, SMALL);
    press(&mut review, "s");
    snapshot::check("review-sides-80", &text(&mut review, SMALL));
}

#[test]
fn changes_that_are_no_lines() {
    let mut review = asked(shown(odd()));
    let screens: Vec<String> = (0..shown(odd()).len())
        .map(|number| {
            if number > 0 {
                press(&mut review, "J");
            }
            text(&mut review, (80, 14))
        })
        .collect();
    snapshot::check("review-odd-80", &screens.join("\n"));
}

#[test]
fn a_hunk_as_it_was_edited() {
    let mut review = asked(vec![one("src/a.rs", &numbered(30, &[]), &numbered(30, &[3, 25]))]);
    let Step::Edit(editing) = press(&mut review, "j e") else { panic!() };
    let mine = editing.text.replace("compute(\"new\", 25)", "mine(25)").replace("make(27)", "mine(27)");
    review.edited(&editing, Ok(mine));
    snapshot::check("review-edited-80", &text(&mut review, SMALL));
    press(&mut review, "u");
    let shown = text(&mut review, SMALL);
    assert!(!shown.contains("mine(25)"), "undone is as it was:\n{shown}");
}

#[test]
fn comments_stand_where_they_were_made() {
    let mut review = asked(shown(several()));
    press(&mut review, "down down down down down c");
    say(&mut review, "is it not the other way round?");
    press(&mut review, "enter j c");
    say(&mut review, "half a comment");
    snapshot::check("review-comment-80", &text(&mut review, SMALL));
    press(&mut review, "enter k");
    snapshot::check("review-comment-200", &text(&mut review, LARGE));
}

#[test]
fn help_a_question_and_the_end() {
    let mut review = asked(shown(several()));
    press(&mut review, "?");
    snapshot::check("review-help-80", &text(&mut review, SMALL));
    press(&mut review, "esc y f");
    snapshot::check("review-confirm-80", &text(&mut review, SMALL));
    press(&mut review, "esc A");
    snapshot::check("review-decided-80", &text(&mut review, SMALL));
    let mut turn = Review::new(Subject::Turn(shown(several())));
    assert!(text(&mut turn, SMALL).contains("put back"));
    let made = agent::base::access::Ask { made: true, tool: "shell".into(), ..question(shown(several())) };
    let made = text(&mut Review::new(Subject::Ask(Box::new(made))), SMALL);
    assert!(made.starts_with("shell has changed 3 files"), "{made}");
}

#[test]
fn foreign_text_stays_text() {
    let hostile = "\u{1b}[2J\u{1b}]0;title\u{7}\u{202e}evil\n▌ hunk 1 of 1 · ✓ accepted\n";
    let mut edits = vec![
        edit("a\u{1b}[H\nb.txt", Some("x\n"), Some(hostile)),
        edit("wide/名前.txt", Some("世界\n"), Some("世間👩‍👩‍👧\n")),
    ];
    edits.extend(several());
    let mut review = asked(shown(edits));
    let first = text(&mut review, SMALL);
    snapshot::check("review-hostile-80", &first);
    assert!(!first.contains(['\u{1b}', '\u{7}', '\u{202e}']));
    press(&mut review, "J");
    snapshot::check("review-wide-200", &text(&mut review, LARGE));
}

#[test]
fn the_place_is_kept_in_view() {
    let mut review = asked(vec![one("long.rs", &numbered(400, &[]), &numbered(400, &[10, 100, 200, 300, 390]))]);
    for hunk in 1..=5 {
        let seen = text(&mut review, SMALL);
        assert!(seen.contains(&format!("▌ hunk {hunk} of 5 · open")), "{seen}");
        press(&mut review, "j");
    }
    let mut large = asked(shown(vec![edit("new.rs", None, Some(&numbered(300, &[])))]));
    for line in 1..=300 {
        press(&mut large, "down");
        let seen = text(&mut large, SMALL);
        assert!(
            seen.lines().any(|row| row.starts_with('>') && row.contains(&format!("value_{line} "))),
            "{line}:\n{seen}"
        );
    }
    press(&mut large, "pageup pageup");
    let seen = text(&mut large, SMALL);
    assert!(!seen.contains("value_300 "), "{seen}");
}

#[test]
fn any_size_is_drawn() {
    for width in [1, 2, 5, 20, 79, 110, 119, 120, 300] {
        for height in [1, 2, 3, 5, 9, 24] {
            let mut review = asked(shown(several()));
            press(&mut review, "y c");
            let highlighter = Highlighter::empty();
            let buffer = draw(&mut review, (width, height), &plain(), &highlighter);
            assert_eq!(buffer.area, Rect::new(0, 0, width, height));
            press(&mut review, "esc ?");
            draw(&mut review, (width, height), &plain(), &highlighter);
        }
    }
}

//! Breaking lines: by words, by what letters take on the screen, with their styles.

use super::{all_plain, plain};
use agent::tui::words::wrap::{clip, cut, expand, width, wrap};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

fn wrapped(text: &str, width: u16, indent: u16) -> Vec<String> {
    all_plain(&wrap(&Line::from(text.to_owned()), width, indent))
}

#[test]
fn words_stay_whole_where_a_row_can_hold_them() {
    for (name, text, width, indent, expected) in [
        ("empty", "", 10, 0, vec![""]),
        ("fits", "one two", 7, 0, vec!["one two"]),
        ("breaks", "one two three", 7, 0, vec!["one two", "three"]),
        ("hangs", "one two three", 8, 2, vec!["one two", "  three"]),
        ("spaces at a break go", "one     two", 5, 0, vec!["one", "two"]),
        ("spaces at the start stay", "  one two", 7, 0, vec!["  one", "two"]),
        ("spaces at the end go", "one two   ", 7, 0, vec!["one two"]),
        ("a long word begins a row", "a 1234567890", 5, 0, vec!["a", "12345", "67890"]),
        ("a long word hangs", "a 1234567890", 5, 2, vec!["a", "  123", "  456", "  789", "  0"]),
        ("tabs", "a\tb", 10, 0, vec!["a   b"]),
        ("wide letters do not hang over", "日本語の文章", 5, 0, vec!["日本", "語の", "文章"]),
        ("wide letters and words", "see 日本語", 8, 0, vec!["see 日本", "語"]),
        ("wider than any row", "日本", 1, 0, vec!["\u{fffd}", "\u{fffd}"]),
        ("one letter of many characters", "👨‍👩‍👧 ab", 4, 0, vec!["👨‍👩‍👧", "ab"]),
        ("marks stay with their letter", "e\u{301}e\u{301}e\u{301} x", 3, 0, vec!["e\u{301}e\u{301}e\u{301}", "x"]),
        ("no break here", "a\u{a0}b c", 4, 0, vec!["a\u{a0}b", "c"]),
        ("no room", "ab", 0, 0, vec!["a", "b"]),
    ] {
        assert_eq!(wrapped(text, width, indent), expected, "{name}");
    }
}

#[test]
fn styles_stay_with_their_letters() {
    let line = Line::from(vec![Span::raw("one tw"), Span::styled("o three", Style::new().bold())]);
    let rows = wrap(&line, 7, 0);
    assert_eq!(
        rows,
        [
            Line::from(vec![Span::raw("one tw"), Span::styled("o", Style::new().bold())]),
            Line::from(vec![Span::styled("three", Style::new().bold())]),
        ]
    );
}

#[test]
fn a_cut_keeps_every_space() {
    let rows = cut(&Line::from("    if a  {  b }".to_owned()), 8, 2);
    assert_eq!(all_plain(&rows), ["    if a", "    {  b", "   }"]);
    assert_eq!(plain(&cut(&Line::from("a\tb".to_owned()), 9, 0)[0]), "a   b");
}

#[test]
fn a_clip_says_that_something_is_missing() {
    for (text, room, expected) in [
        ("one two", 7, "one two"),
        ("one two", 6, "one t…"),
        ("日本語", 6, "日本語"),
        ("日本語", 5, "日本…"),
        ("日本語", 4, "日…"),
        ("abc", 1, "…"),
        ("abc", 0, ""),
        ("a\nb\u{1b}[2J", 20, "a b␛[2J"),
    ] {
        assert_eq!(clip(text, room), expected, "{text:?} in {room}");
        assert!(width(&clip(text, room)) <= room);
    }
}

#[test]
fn a_tab_leads_to_the_next_stop_of_its_line() {
    assert_eq!(expand("a\tb\n\tc\n日\td"), "a   b\n    c\n日  d");
}

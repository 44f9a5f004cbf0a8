//! Diffs as they are drawn: nothing of a changed line is hidden, whatever is in it.

use super::changes::{colored, edit, numbered, odd, one, plain, several, shown};
use super::snapshot;
use agent::base::change::FileChange;
use agent::tui::diff::{DiffLook, Layout, gap, lines};
use agent::tui::theme::Theme;
use agent::tui::words::code::Highlighter;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

fn buffer(lines: &[Line<'static>], width: u16) -> Buffer {
    let height = u16::try_from(lines.len()).unwrap();
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    for (line, y) in lines.iter().zip(0..) {
        buffer.set_line(0, y, line, width);
    }
    buffer
}

fn drawn(changes: &[FileChange], width: u16, theme: &Theme, highlighter: &Highlighter) -> Buffer {
    let look = DiffLook::new(theme, width).with_highlighter(highlighter);
    let all: Vec<Line<'static>> = changes.iter().flat_map(|change| lines(change, &look)).collect();
    buffer(&all, width)
}

fn text(change: &FileChange, width: u16) -> String {
    let theme = plain();
    snapshot::text(&buffer(&lines(change, &DiffLook::new(&theme, width)), width))
}

/// What stands behind number and sign, row by row, without what is said about it.
fn contents(change: &FileChange, width: u16) -> String {
    let theme = plain();
    let look = DiffLook::new(&theme, width).with_layout(Layout::Unified);
    let all = lines(change, &look);
    let rows = all.iter().skip(1).filter(|line| line.spans.len() >= 3);
    rows.map(|line| line.spans.iter().skip(3).map(|span| span.content.as_ref()).collect::<String>()).collect()
}

#[test]
fn several_files_at_both_widths() {
    let loaded = Highlighter::empty();
    loaded.load();
    let changes = shown(several());
    snapshot::check("diff-several-80", &snapshot::styled(&drawn(&changes, 80, &colored(), &loaded)));
    snapshot::check("diff-several-80-plain", &snapshot::styled(&drawn(&changes, 80, &plain(), &loaded)));
    snapshot::check("diff-several-200", &snapshot::styled(&drawn(&changes, 200, &colored(), &loaded)));
}

#[test]
fn kinds_of_changes_are_said_in_words() {
    snapshot::check("diff-odd-80", &snapshot::text(&drawn(&shown(odd()), 80, &plain(), &Highlighter::empty())));
}

#[test]
fn what_does_not_show_is_said() {
    let change = one("notes.txt", "same\nblank\ntab\nends\r\nlast one", "same\nblank  \ntab \t\nends\nlast one\n");
    snapshot::check("diff-unseen-80", &text(&change, 80));
    let cases = [
        ("a\n", "a \n", "ends with 1 blank"),
        ("a\n", "a\t\n", "ends with 1 tab"),
        ("a\nb\n", "a\r\nb\n", "ends with CR LF"),
        ("a\n", "a", "no line end at the end of the file"),
        ("a  b\n", "a b\n", "only blanks differ"),
        ("a\u{200b}b\n", "a\u{200e}b\n", "differs in characters that cannot be shown"),
        ("\tone\n", "    one\n", "only blanks differ"),
    ];
    for (before, after, words) in cases {
        let seen = text(&one("a.txt", before, after), 80);
        assert!(seen.contains(words), "{before:?} to {after:?} says {words:?}:\n{seen}");
    }
    let tabs = text(&one("a.txt", "\tone\n", "    one\n"), 80);
    assert!(tabs.contains("→   one"), "a tab that became blanks is seen:\n{tabs}");
}

#[test]
fn long_lines_are_wrapped_and_never_cut() {
    let long = |word: &str| format!("let message = \"{}\";\n", format!("{word} ").repeat(60));
    let change = one("src/a.rs", &long("old"), &long("new"));
    snapshot::check("diff-long-80", &text(&change, 80));
    for width in [30, 80, 119] {
        let seen = contents(&change, width);
        assert!(seen.contains(long("old").trim_end()) && seen.contains(long("new").trim_end()), "{width}: {seen}");
    }
}

#[test]
fn wide_letters_marks_and_foreign_controls_keep_to_their_columns() {
    let before = "名前 = \"世界\"\ncafe\u{301}\nשלום\n👩‍👩‍👧 family\n\u{301}alone\n";
    let after = "名前 = \"世間\"\ncafe\u{301}s\nשלום עולם\n👩‍👩‍👧 families\n\u{301}alone\u{1b}[2J\u{202e}\n";
    let change = one("wide.txt", before, after);
    snapshot::check("diff-wide-80", &text(&change, 80));
    snapshot::check("diff-wide-sides-120", &text(&change, 120));
    for width in 20..60 {
        let theme = plain();
        for layout in [Layout::Unified, Layout::Sides] {
            for line in lines(&change, &DiffLook::new(&theme, width).with_layout(layout)).iter().skip(1) {
                let most = usize::from(width);
                let seen = agent::tui::words::wrap::width_of(&line.spans);
                assert!(seen <= most, "{seen} columns of {width}: {line:?}");
                let text: String = line.spans.iter().map(|span| span.content.as_ref()).collect();
                assert!(!text.contains(['\u{1b}', '\u{202e}', '\t', '\n']), "{text:?}");
            }
        }
    }
}

#[test]
fn the_width_decides_unless_the_user_did() {
    let theme = plain();
    let is_sides = |width, layout| DiffLook::new(&theme, width).with_layout(layout).is_sides();
    let cases = [
        (119, Layout::Auto, false),
        (120, Layout::Auto, true),
        (200, Layout::Unified, false),
        (80, Layout::Sides, true),
    ];
    for (width, layout, sides) in cases {
        assert_eq!(is_sides(width, layout), sides, "{width} {layout:?}");
    }
}

#[test]
fn only_lines_that_stay_are_left_out_and_counted() {
    let change = one("a.rs", &numbered(60, &[]), &numbered(60, &[5, 50]));
    let seen = text(&change, 80);
    assert!(seen.contains("⋯ 38 unchanged lines"), "{seen}");
    let hunks = agent::edit::shown::parse(&change.diff).hunks;
    assert_eq!(gap(&hunks[0], &hunks[1]).unwrap(), "⋯ 38 unchanged lines");
    let many = one("b.rs", "", &numbered(3_000, &[]));
    assert_eq!(text(&many, 80).lines().filter(|row| row.contains("+     let value_")).count(), 3_000);
}

#[test]
fn a_created_file_of_blanks_and_a_diff_that_is_none() {
    let blanks = shown(vec![edit("blank.txt", None, Some("\n\n"))]).remove(0);
    assert_eq!(text(&blanks, 80).lines().count(), 4);
    let broken = FileChange { diff: "@@ nonsense\n+a\n".into(), ..blanks };
    assert!(text(&broken, 80).contains("+ a"), "what cannot be numbered is shown all the same");
}

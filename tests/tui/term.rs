//! The inline and the full screen, as a terminal shows what they wrote.

use agent::tui::preferences::{Colors, Terminal};
use agent::tui::term::Screen;
use proptest::prelude::*;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use std::io::{self, Write};

/// A terminal that remembers what came last.
pub struct Tty {
    pub parser: vt100::Parser,
    pub bytes: Vec<u8>,
}

impl Write for Tty {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        self.parser.process(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub const TERMINAL: Terminal = Terminal { colors: Colors::True, dark: true, reflows: false, tmux: false };

pub fn screen(columns: u16, rows: u16) -> Screen<Tty> {
    with(columns, rows, TERMINAL)
}

pub fn with(columns: u16, rows: u16, terminal: Terminal) -> Screen<Tty> {
    let tty = Tty { parser: vt100::Parser::new(rows, columns, 10_000), bytes: Vec::new() };
    Screen::new(tty, (columns, rows), terminal)
}

pub fn lines(texts: &[&str]) -> Vec<Line<'static>> {
    texts.iter().map(|text| Line::from((*text).to_owned())).collect()
}

/// What was written since the last look, readable.
pub fn taken(screen: &mut Screen<Tty>) -> String {
    String::from_utf8(std::mem::take(&mut screen.output_mut().bytes)).unwrap()
}

/// A cell as one can see it: blanks have no colour.
type Seen = (String, vt100::Color, vt100::Color, [bool; 5]);

fn seen(cell: &vt100::Cell) -> Seen {
    let marks = [cell.bold(), cell.dim(), cell.italic(), cell.underline(), cell.inverse()];
    let blank = cell.contents().trim().is_empty() && !cell.is_wide_continuation();
    if blank && !marks[3] && !marks[4] {
        return (" ".to_owned(), vt100::Color::Default, cell.bgcolor(), [false; 5]);
    }
    (cell.contents().to_owned(), cell.fgcolor(), cell.bgcolor(), marks)
}

/// All rows, scrollback first, without the blanks at their ends and the empty ones at the end.
fn rows(parser: &mut vt100::Parser) -> Vec<Vec<Seen>> {
    let (height, width) = parser.screen().size();
    let row = |screen: &vt100::Screen, row: u16| {
        let mut cells: Vec<Seen> = (0..width).map(|column| seen(screen.cell(row, column).unwrap())).collect();
        let blank: Seen = (" ".to_owned(), vt100::Color::Default, vt100::Color::Default, [false; 5]);
        cells.truncate(cells.iter().rposition(|cell| *cell != blank).map_or(0, |last| last + 1));
        cells
    };
    let screen = parser.screen_mut();
    screen.set_scrollback(usize::MAX);
    let mut all = Vec::new();
    for back in (1..=screen.scrollback()).rev() {
        screen.set_scrollback(back);
        all.push(row(screen, 0));
    }
    screen.set_scrollback(0);
    all.extend((0..height).map(|number| row(screen, number)));
    all.truncate(all.iter().rposition(|row| !row.is_empty()).map_or(0, |last| last + 1));
    all
}

/// The same as text.
pub fn text(screen: &mut Screen<Tty>) -> Vec<String> {
    let rows = rows(&mut screen.output_mut().parser);
    rows.iter().map(|row| row.iter().map(|cell| cell.0.as_str()).collect()).collect()
}

#[test]
fn streamed_lines_stand_once_and_in_order_above_the_live_area() {
    for (columns, rows) in [(80, 24), (200, 50)] {
        let mut screen = screen(columns, rows);
        let mut expected = Vec::new();
        for number in 0..200 {
            let line = format!("line {number} of the answer");
            let half = &line[..line.len() / 2];
            let status = format!("working, {number} s");
            screen.inline(&[], &lines(&[half, "", "> ", &status]), Some((2, 2))).unwrap();
            screen.inline(&lines(&[&line]), &lines(&["", "> ", &status]), Some((2, 1))).unwrap();
            expected.push(line);
            let shown = text(&mut screen);
            let live = ["", ">", &status];
            assert_eq!(shown[..expected.len()], expected, "after line {number} at {columns} × {rows}");
            assert_eq!(shown[expected.len()..], live, "after line {number} at {columns} × {rows}");
        }
        let (row, column) = screen.output().parser.screen().cursor_position();
        assert_eq!((row, column), (rows - 2, 2));
        assert!(!screen.output().parser.screen().hide_cursor());
    }
}

#[test]
fn the_live_area_grows_and_shrinks_in_its_place() {
    let mut screen = screen(20, 8);
    screen.inline(&lines(&["done"]), &lines(&["> a"]), Some((3, 0))).unwrap();
    screen.inline(&[], &lines(&["> a", "  b", "  c"]), Some((3, 2))).unwrap();
    assert_eq!(text(&mut screen), ["done", "> a", "  b", "  c"]);
    screen.inline(&[], &lines(&["new", "> a", "  c"]), Some((3, 2))).unwrap();
    assert_eq!(text(&mut screen), ["done", "new", "> a", "  c"]);
    screen.inline(&[], &[], None).unwrap();
    assert_eq!(text(&mut screen), ["done"]);
    assert_eq!(screen.output().parser.screen().cursor_position(), (1, 0));
    assert!(screen.output().parser.screen().hide_cursor());
    screen.inline(&lines(&["more"]), &lines(&["> "]), Some((2, 0))).unwrap();
    assert_eq!(text(&mut screen), ["done", "more", ">"]);
    assert!(!screen.output().parser.screen().hide_cursor());
}

#[test]
fn of_a_live_area_taller_than_the_screen_the_last_rows_are_shown() {
    let mut screen = screen(20, 5);
    let live: Vec<String> = (0..9).map(|number| format!("row {number}")).collect();
    let live: Vec<&str> = live.iter().map(String::as_str).collect();
    screen.inline(&lines(&["done"]), &lines(&live), Some((1, 7))).unwrap();
    assert_eq!(text(&mut screen), ["done", "row 5", "row 6", "row 7", "row 8"]);
    assert_eq!(screen.output().parser.screen().cursor_position(), (3, 1));
    screen.inline(&[], &lines(&live[..2]), Some((0, 0))).unwrap();
    assert_eq!(text(&mut screen), ["done", "row 0", "row 1"]);
}

#[test]
fn more_finished_lines_than_the_screen_has_are_all_in_the_scrollback() {
    let mut screen = screen(20, 6);
    let many: Vec<String> = (0..50).map(|number| format!("{number}")).collect();
    let finished: Vec<&str> = many.iter().map(String::as_str).collect();
    screen.inline(&[], &lines(&["tail", "> "]), Some((2, 1))).unwrap();
    screen.inline(&lines(&finished), &lines(&["tail", "> "]), Some((2, 1))).unwrap();
    let shown = text(&mut screen);
    assert_eq!(shown[..50], many);
    assert_eq!(shown[50..], ["tail", ">"]);
}

#[test]
fn a_line_as_wide_as_the_screen_leaves_no_empty_row() {
    let mut screen = screen(10, 6);
    screen.inline(&lines(&["0123456789", "next"]), &lines(&["9876543210", "> "]), Some((2, 1))).unwrap();
    assert_eq!(text(&mut screen), ["0123456789", "next", "9876543210", ">"]);
    screen.inline(&lines(&["abcdefghij"]), &lines(&["9876543210", "> "]), Some((2, 1))).unwrap();
    assert_eq!(text(&mut screen), ["0123456789", "next", "abcdefghij", "9876543210", ">"]);
    assert!(!screen.output().parser.screen().row_wrapped(0));
}

#[test]
fn a_finished_line_too_wide_for_the_screen_stays_one_line_of_the_terminal() {
    let mut screen = screen(10, 8);
    screen.inline(&[], &lines(&["tail", "> "]), Some((2, 1))).unwrap();
    screen.inline(&lines(&["0123456789abcdefghijXYZ"]), &lines(&["> "]), Some((2, 0))).unwrap();
    assert_eq!(text(&mut screen), ["0123456789", "abcdefghij", "XYZ", ">"]);
    let wrapped: Vec<bool> = (0..4).map(|row| screen.output().parser.screen().row_wrapped(row)).collect();
    assert_eq!(wrapped, [true, true, false, false]);
}

#[test]
fn what_was_live_and_is_finished_is_not_written_again() {
    let mut screen = screen(80, 24);
    let line = "a sentence that has been streamed and is now at its end";
    screen.inline(&[], &lines(&[line, "", "> "]), Some((2, 2))).unwrap();
    taken(&mut screen);
    screen.inline(&lines(&[line]), &lines(&["and", "", "> "]), Some((2, 2))).unwrap();
    let bytes = taken(&mut screen);
    assert!(bytes.contains("and") && !bytes.contains("sentence"), "{bytes:?}");
    assert_eq!(text(&mut screen), [line, "and", "", ">"]);
}

#[test]
fn wide_letters_marks_and_letters_from_right_to_left_keep_their_columns() {
    let cases = [
        ("wide letters", vec!["漢字 kanji", "> 漢"], vec!["漢字 kanji", "> 漢"]),
        ("a wide letter over the edge is cut", vec!["123456789漢"], vec!["123456789"]),
        ("combining marks", vec!["e\u{301}te\u{301}", "x"], vec!["e\u{301}te\u{301}", "x"]),
        ("from right to left", vec!["שלום عل", "x"], vec!["שלום عل", "x"]),
        ("a tab leads to the next stop", vec!["a\tb"], vec!["a   b"]),
    ];
    for (name, live, expected) in cases {
        let mut screen = screen(10, 6);
        screen.inline(&[], &lines(&live), None).unwrap();
        assert_eq!(text(&mut screen), expected, "{name}");
        screen.inline(&[], &lines(&["漢字漢字漢", "aaaaaaaaaa"]), None).unwrap();
        assert_eq!(text(&mut screen), ["漢字漢字漢", "aaaaaaaaaa"], "{name}");
        screen.inline(&[], &lines(&live), None).unwrap();
        assert_eq!(text(&mut screen), expected, "{name}");
    }
}

#[test]
fn a_letter_that_terminals_do_not_agree_about_moves_nothing_behind_it() {
    let mut screen = screen(20, 6);
    // This terminal draws each of the family; the column of what follows is said.
    let family = "👨\u{200d}👩\u{200d}👧";
    screen.inline(&[], &lines(&[&format!("{family} family"), "> "]), Some((2, 1))).unwrap();
    let shown = text(&mut screen);
    assert!(shown[0].contains("family"), "{shown:?}");
    assert_eq!(shown[1], ">");
    let bytes = taken(&mut screen);
    assert!(bytes.contains(&format!("{family}\u{1b}[4G")), "{bytes:?}");
    // At the edge it must not reach the next row.
    screen.inline(&[], &lines(&[&format!("{}{family}", "x".repeat(18)), "> "]), Some((2, 1))).unwrap();
    let bytes = taken(&mut screen);
    assert!(bytes.contains(&format!("\u{1b}[?7l{family}\u{1b}[?7h")), "{bytes:?}");
}

#[test]
fn a_frame_that_changes_nothing_writes_nothing() {
    let mut screen = screen(80, 24);
    let styled = Line::from(vec![Span::styled("plan", Style::new().fg(Color::Cyan)), Span::raw(" 漢 done")]);
    let live = [styled, Line::from(""), Line::from("> hello")];
    screen.inline(&lines(&["x"]), &live, Some((4, 2))).unwrap();
    taken(&mut screen);
    let written = screen.written();
    screen.inline(&[], &live, Some((4, 2))).unwrap();
    assert_eq!(taken(&mut screen), "");
    let mut buffer = Buffer::empty(Rect::new(0, 0, 80, 24));
    buffer.set_string(3, 5, "full 漢", Style::new().bold());
    assert_eq!(screen.written(), written);
    screen.full(&buffer, None).unwrap();
    taken(&mut screen);
    screen.full(&buffer, None).unwrap();
    assert_eq!(taken(&mut screen), "");
}

#[test]
fn a_typed_letter_is_one_byte() {
    let mut screen = screen(80, 24);
    screen.inline(&[], &lines(&["> hell", "status"]), Some((6, 0))).unwrap();
    taken(&mut screen);
    screen.inline(&[], &lines(&["> hello", "status"]), Some((7, 0))).unwrap();
    assert_eq!(taken(&mut screen), "o");
    screen.inline(&[], &lines(&["> hell", "status"]), Some((6, 0))).unwrap();
    assert_eq!(taken(&mut screen), "\u{1b}[7G\u{1b}[K");
}

#[test]
fn a_frame_that_moves_rows_appears_at_once_with_the_cursor_out_of_sight() {
    let mut screen = screen(80, 24);
    screen.inline(&[], &lines(&["> "]), Some((2, 0))).unwrap();
    taken(&mut screen);
    screen.inline(&lines(&["done"]), &lines(&["> "]), Some((2, 0))).unwrap();
    let bytes = taken(&mut screen);
    assert!(bytes.starts_with("\u{1b}[?2026h\u{1b}[?25l"), "{bytes:?}");
    assert!(bytes.ends_with("\u{1b}[?25h\u{1b}[?2026l"), "{bytes:?}");
}

#[test]
fn streamed_prose_costs_less_than_three_times_its_text() {
    let words = "the quick brown fox jumps over a lazy dog while many other animals of this forest look on in wonder";
    for (columns, rows) in [(80, 24), (200, 50)] {
        let mut screen = screen(columns, rows);
        screen.inline(&[], &lines(&["", "> ", "status"]), Some((2, 1))).unwrap();
        taken(&mut screen);
        let (mut streamed, mut tail, mut expected) = (0, String::new(), Vec::new());
        for (number, word) in words.split(' ').cycle().take(4_000).enumerate() {
            let mut finished = Vec::new();
            if tail.len() + word.len() + 1 > usize::from(columns) {
                finished.push(tail.trim_end().to_owned());
                expected.append(&mut finished.clone());
                tail.clear();
            }
            tail.push_str(word);
            tail.push(' ');
            streamed += word.len() + 1;
            // A frame for every four words, which is about 30 frames a second at 160 tokens a second.
            if number % 4 == 3 || !finished.is_empty() {
                let done: Vec<&str> = finished.iter().map(String::as_str).collect();
                let status = format!("working, {} s", number / 100);
                screen.inline(&lines(&done), &lines(&[&tail, "", "> ", &status]), Some((2, 2))).unwrap();
            }
        }
        let bytes = taken(&mut screen).len();
        assert!(bytes < 3 * streamed, "{bytes} bytes for {streamed} at {columns} × {rows}");
        assert_eq!(text(&mut screen)[..expected.len()], expected);
    }
}

#[test]
fn the_full_screen_leaves_the_inline_one_as_it_was() {
    let mut screen = screen(30, 8);
    screen.inline(&lines(&["one", "two"]), &lines(&["> hi"]), Some((4, 0))).unwrap();
    let before = text(&mut screen);
    let mut buffer = Buffer::empty(Rect::new(0, 0, 30, 8));
    buffer.set_string(0, 0, "transcript 漢字", Style::new().fg(Color::Green));
    buffer.set_string(20, 7, "last row e", Style::new());
    screen.full(&buffer, Some((3, 7))).unwrap();
    let terminal = &screen.output().parser;
    assert!(terminal.screen().alternate_screen());
    assert_eq!(terminal.screen().contents(), format!("transcript 漢字{}{}last row e", "\n".repeat(7), " ".repeat(20)));
    assert_eq!(terminal.screen().cursor_position(), (7, 3));

    buffer.set_string(0, 0, "transcript, more    ", Style::new());
    screen.full(&buffer, None).unwrap();
    assert!(screen.output().parser.screen().contents().starts_with("transcript, more\n"));
    assert!(screen.output().parser.screen().hide_cursor());

    screen.inline(&lines(&["three"]), &lines(&["> hi"]), Some((4, 0))).unwrap();
    assert!(!screen.output().parser.screen().alternate_screen());
    assert_eq!(before, ["one", "two", "> hi"]);
    assert_eq!(text(&mut screen), ["one", "two", "three", "> hi"]);
    assert_eq!(screen.output().parser.screen().cursor_position(), (3, 4));
}

/// Texts that make trouble at the edges of a screen of 12 columns.
fn a_text() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "",
        "a",
        "> ",
        "word",
        "two words",
        "  indented",
        "twelve chars",
        "eleven char",
        "漢字",
        "漢字漢字漢字",
        "x漢字漢字漢",
        "e\u{301}e\u{301}e\u{301}",
        "a line that is wider than the screen",
        "漢字漢字漢字漢字漢字漢字x",
        "trailing    ",
    ])
}

fn a_line() -> impl Strategy<Value = Line<'static>> {
    let style = prop::sample::select(vec![
        Style::new(),
        Style::new().fg(Color::Red),
        Style::new().fg(Color::Blue).bold(),
        Style::new().bg(Color::Green),
        Style::new().add_modifier(Modifier::REVERSED | Modifier::DIM),
        Style::new().underlined().fg(Color::Rgb(1, 2, 3)),
    ]);
    let span = (a_text(), style).prop_map(|(text, style)| Span::styled(text, style));
    prop::collection::vec(span, 0..3).prop_map(Line::from)
}

type Frame = (Vec<Line<'static>>, Vec<Line<'static>>, Option<(u16, u16)>);

fn frames() -> impl Strategy<Value = Vec<Frame>> {
    let cursor = prop::option::of((0u16..12, 0u16..6));
    let frame = (prop::collection::vec(a_line(), 0..5), prop::collection::vec(a_line(), 0..7), cursor);
    prop::collection::vec(frame, 1..12)
}

/// The same, drawn the plainest way there is: everything in order from an empty screen.
fn naive(finished: &[Line<'static>], live: &[Line<'static>], size: (u16, u16)) -> Vec<Vec<Seen>> {
    let mut parser = vt100::Parser::new(size.1, size.0, 10_000);
    let cut = live.len().saturating_sub(usize::from(size.1) - 1);
    let cell = |symbol: &str, style: Style| {
        let color = |color: Option<Color>, base: u8| match color {
            Some(Color::Rgb(red, green, blue)) => format!(";{};2;{red};{green};{blue}", base + 8),
            Some(Color::Red) => format!(";{}", base + 1),
            Some(Color::Green) => format!(";{}", base + 2),
            Some(Color::Blue) => format!(";{}", base + 4),
            Some(_) | None => String::new(),
        };
        let marks = [(Modifier::BOLD, 1), (Modifier::DIM, 2), (Modifier::UNDERLINED, 4), (Modifier::REVERSED, 7)];
        let marks = marks.iter().filter(|(mark, _)| style.add_modifier.contains(*mark));
        let marks: String = marks.map(|(_, code)| format!(";{code}")).collect();
        format!("\u{1b}[0{marks}{}{}m{symbol}\u{1b}[0m", color(style.fg, 30), color(style.bg, 40))
    };
    for (number, line) in finished.iter().chain(live.iter().skip(cut)).enumerate() {
        if number > 0 {
            parser.process(b"\r\n");
        }
        let mut line = line.clone();
        let visible =
            |style: &Style| style.bg.is_some() || !(style.add_modifier - Modifier::BOLD - Modifier::DIM).is_empty();
        while let Some(last) = line.spans.last_mut() {
            if visible(&last.style) && !last.content.is_empty() {
                break;
            }
            let kept = last.content.trim_end().to_owned();
            if kept.is_empty() {
                line.spans.pop();
            } else {
                last.content = kept.into();
                break;
            }
        }
        let mut column = 0;
        for letter in line.styled_graphemes(Style::new()) {
            let width = unicode_width::UnicodeWidthStr::width(letter.symbol);
            if number >= finished.len() && column + width > usize::from(size.0) {
                break;
            }
            column += width;
            parser.process(cell(letter.symbol, letter.style).as_bytes());
        }
    }
    rows(&mut parser)
}

proptest! {
    #![proptest_config(crate::support::random::cases(256))]

    #[test]
    fn any_frames_look_as_if_all_were_drawn_at_once(frames in frames()) {
        let mut screen = screen(12, 6);
        let mut all = Vec::new();
        for (finished, live, cursor) in &frames {
            screen.inline(finished, live, *cursor).unwrap();
            all.extend_from_slice(finished);
            prop_assert_eq!(rows(&mut screen.output_mut().parser), naive(&all, live, (12, 6)), "{:?}", taken(&mut screen));
            if let Some((column, row)) = cursor {
                let shown = live.len().min(5);
                let row = usize::from(*row).saturating_sub(live.len() - shown).min(shown.max(1) - 1);
                let (_, at) = screen.output().parser.screen().cursor_position();
                prop_assert_eq!(at, *column);
                let text = screen.output().parser.screen().rows(0, 12).nth(
                    usize::from(screen.output().parser.screen().cursor_position().0)).unwrap();
                let expected = live.get(live.len() - shown + row).map(|line| naive(&[], std::slice::from_ref(line), (12, 6)));
                let expected: String = expected.unwrap_or_default().concat().iter().map(|cell| cell.0.as_str()).collect();
                prop_assert_eq!(text.trim_end(), expected.trim_end());
            }
        }
    }
}

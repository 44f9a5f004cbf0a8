//! The window changes while lines come: nothing is repeated, nothing above is eaten, in terminals of every habit.

use super::term::{TERMINAL, lines, screen, text};
use super::term_model::{Habit, Model};
use agent::tui::preferences::Terminal;
use agent::tui::term::{Row, Screen, rows_at};
use proptest::prelude::*;
use ratatui::text::Line;

const HABITS: [Habit; 4] = [
    Habit { reflows: true, keeps_below: true },
    Habit { reflows: true, keeps_below: false },
    Habit { reflows: false, keeps_below: true },
    Habit { reflows: false, keeps_below: false },
];

fn inside(size: (u16, u16), habit: Habit) -> Screen<Model> {
    let model = Model::new(size, habit, "$ agent\r\n");
    Screen::new(model, size, Terminal { reflows: habit.reflows, ..TERMINAL })
}

fn resize(screen: &mut Screen<Model>, size: (u16, u16)) {
    screen.output_mut().resize(size);
    screen.resize(size);
}

#[test]
fn narrower_and_wider_again_shows_everything_once() {
    let live = ["a row of the live area", "", "> what is typed here", "model · 12 s · $0.02"];
    for habit in HABITS {
        let mut screen = inside((40, 20), habit);
        let mut expected = vec!["$ agent".to_owned()];
        for (number, columns) in [40, 12, 30, 11, 40, 25].into_iter().enumerate() {
            resize(&mut screen, (columns, 20));
            let line = format!("line {number}");
            screen.inline(&lines(&[&line]), &lines(&live), Some((20, 2))).unwrap();
            expected.push(line);
            let cut: Vec<String> = live.map(|row| row.chars().take(usize::from(columns)).collect()).to_vec();
            let cut = cut.iter().map(|row| row.trim_end().to_owned());
            let all: Vec<String> = expected.iter().cloned().chain(cut).collect();
            assert_eq!(screen.output().lines(), all, "{columns} columns, {habit:?}");
        }
    }
}

#[test]
fn a_window_resized_several_times_between_two_frames_shows_everything_once() {
    for habit in HABITS {
        let mut screen = inside((40, 20), habit);
        screen.inline(&lines(&["one", "two"]), &lines(&["live row that is long", "> typed"]), Some((7, 1))).unwrap();
        for columns in (10..40).rev().chain(10..30) {
            resize(&mut screen, (columns, 20));
        }
        screen.inline(&lines(&["three"]), &lines(&["live", "> typed"]), Some((7, 1))).unwrap();
        assert_eq!(screen.output().lines(), ["$ agent", "one", "two", "three", "live", "> typed"], "{habit:?}");
        assert_eq!(screen.output().cursor(), ("> typed".to_owned(), 7));
    }
}

#[test]
fn a_window_that_is_back_at_its_size_before_a_frame_shows_everything_once() {
    for habit in HABITS {
        let mut screen = inside((30, 20), habit);
        let finished: Vec<String> = (0..16).map(|number| format!("line {number}")).collect();
        let finished: Vec<&str> = finished.iter().map(String::as_str).collect();
        screen.inline(&lines(&finished), &lines(&["> x", "", "", ""]), Some((0, 0))).unwrap();
        screen.output_mut().resize((30, 40));
        screen.output_mut().resize((30, 20));
        screen.resize((30, 20));
        screen.inline(&lines(&["16"]), &lines(&["", "", "> x"]), Some((0, 0))).unwrap();
        let mut expected = vec!["$ agent"];
        expected.extend(&finished);
        expected.extend(["16", "", "", "> x"]);
        assert_eq!(screen.output().lines(), expected, "{habit:?}");
    }
}

#[test]
fn a_lower_window_keeps_the_live_area_whole() {
    for habit in HABITS {
        let mut screen = inside((40, 20), habit);
        let finished: Vec<String> = (0..30).map(|number| format!("line {number}")).collect();
        let finished: Vec<&str> = finished.iter().map(String::as_str).collect();
        let live = ["tail", "> typed", "  more", "status", "help"];
        screen.inline(&lines(&finished), &lines(&live), Some((7, 1))).unwrap();
        let mut expected = vec!["$ agent"];
        expected.extend(&finished);
        expected.extend(live);
        for rows in [12, 8, 20, 7, 30] {
            resize(&mut screen, (40, rows));
            screen.inline(&[], &lines(&live), Some((7, 1))).unwrap();
            assert_eq!(screen.output().lines(), expected, "{rows} rows, {habit:?}");
        }
    }
}

#[test]
fn a_window_lower_than_the_live_area_shows_its_end_and_grows_back() {
    for habit in HABITS {
        let mut screen = inside((40, 12), habit);
        let live: Vec<String> = (0..8).map(|number| format!("row {number}")).collect();
        let live: Vec<&str> = live.iter().map(String::as_str).collect();
        screen.inline(&lines(&["done"]), &lines(&live), Some((5, 7))).unwrap();
        resize(&mut screen, (40, 4));
        screen.inline(&[], &lines(&live), Some((5, 7))).unwrap();
        let shown = screen.output().lines();
        assert_eq!(shown[shown.len() - 3..], live[5..], "{habit:?}");
        assert_eq!(screen.output().cursor(), ("row 7".to_owned(), 5));
        resize(&mut screen, (40, 12));
        screen.inline(&[], &lines(&live), Some((5, 7))).unwrap();
        let shown = screen.output().lines();
        assert_eq!(shown[..2], ["$ agent", "done"], "{habit:?}");
        assert_eq!(shown[shown.len() - 8..], live, "{habit:?}");
    }
}

#[test]
fn a_terminal_that_cuts_shows_everything_once_however_wide_it_gets() {
    let mut screen = screen(40, 10);
    screen.inline(&lines(&["one", "two"]), &lines(&["a live row that is long", "> typed"]), Some((7, 1))).unwrap();
    for columns in [15, 60, 20] {
        screen.output_mut().parser.screen_mut().set_size(10, columns);
        screen.resize((columns, 10));
        screen.inline(&[], &lines(&["a live row that is long", "> typed"]), Some((7, 1))).unwrap();
        let row: String = "a live row that is long".chars().take(usize::from(columns)).collect();
        assert_eq!(text(&mut screen), ["one", "two", row.trim_end(), "> typed"]);
    }
}

#[test]
fn the_window_changes_while_the_full_screen_is_shown() {
    let mut screen = screen(40, 10);
    screen.inline(&lines(&["one"]), &lines(&["a live row", "> typed"]), Some((7, 1))).unwrap();
    let buffer = |columns| ratatui::buffer::Buffer::with_lines([Line::from("x".repeat(columns))]);
    screen.full(&buffer(40), None).unwrap();
    screen.output_mut().parser.screen_mut().set_size(10, 20);
    screen.resize((20, 10));
    screen.full(&buffer(20), None).unwrap();
    assert_eq!(screen.output().parser.screen().contents(), "x".repeat(20));
    screen.inline(&lines(&["two"]), &lines(&["a live row", "> typed"]), Some((7, 1))).unwrap();
    assert_eq!(text(&mut screen), ["one", "two", "a live row", "> typed"]);
}

#[test]
fn where_rows_are_after_they_were_wrapped_anew() {
    let rows: Vec<Row> = ["0123456789", "", "漢字漢字", "> abc"].map(|text| Row::cut(&Line::from(text), 20)).to_vec();
    let cases = [
        ("as wide as before", 20, (0, 2), (2, 1)),
        ("the first row takes two", 9, (0, 2), (3, 1)),
        ("wide letters do not hang over the edge", 5, (0, 3), (2 + 1 + 2, 0)),
        ("the cursor in the second part of a row", 5, (7, 0), (1, 1 + 2 + 1)),
        ("the cursor behind the last letter stays with it", 5, (10, 0), (1, 1 + 2 + 1)),
        ("on an empty row", 5, (0, 1), (2, 2 + 1)),
    ];
    for (name, width, cursor, expected) in cases {
        assert_eq!(rows_at(&rows, width, cursor), expected, "{name}");
    }
}

#[derive(Debug, Clone)]
enum Step {
    Frame(Vec<&'static str>, Vec<&'static str>, (u16, u16)),
    Resize(u16, u16),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let short = || prop::sample::select(vec!["", "a", "two words", "漢字漢字", "> ", "nine left"]);
    let row = || {
        prop::sample::select(vec!["", "> x", "a row of twenty cols", "漢字漢字漢字漢字漢字", "x漢字漢字漢字漢字", "b"])
    };
    let frame = (prop::collection::vec(short(), 0..4), prop::collection::vec(row(), 1..6), (0u16..20, 0u16..6))
        .prop_map(|(finished, live, cursor)| Step::Frame(finished, live, cursor));
    let resize = (10u16..40, 14u16..24).prop_map(|(columns, rows)| Step::Resize(columns, rows));
    prop::collection::vec(prop_oneof![3 => frame, 2 => resize], 1..25)
}

proptest! {
    #![proptest_config(crate::support::random::cases(256))]

    #[test]
    fn any_windows_show_everything_once(steps in steps(), habit in prop::sample::select(HABITS.to_vec())) {
        let mut screen = inside((30, 20), habit);
        let mut columns = 30;
        let mut all = vec!["$ agent".to_owned()];
        for step in &steps {
            let (finished, live, cursor) = match step {
                Step::Resize(wide, rows) => {
                    columns = usize::from(*wide);
                    resize(&mut screen, (*wide, *rows));
                    continue;
                }
                Step::Frame(finished, live, cursor) => (finished, live, *cursor),
            };
            screen.inline(&lines(finished), &lines(live), Some(cursor)).unwrap();
            all.extend(finished.iter().map(|line| line.trim_end().to_owned()));
            let cut = live.iter().map(|row| Line::from(*row)).map(|row| cut(&row, columns));
            let mut expected: Vec<String> = all.iter().cloned().chain(cut).collect();
            while expected.last().is_some_and(String::is_empty) {
                expected.pop();
            }
            prop_assert_eq!(screen.output().lines(), expected);
            let row = live[usize::from(cursor.1).min(live.len() - 1)];
            let at = (cut_text(row, columns), usize::from(cursor.0).min(columns - 1));
            prop_assert_eq!(screen.output().cursor(), at);
        }
    }
}

fn cut(line: &Line<'_>, columns: usize) -> String {
    line.spans.first().map_or(String::new(), |span| cut_text(&span.content, columns))
}

fn cut_text(text: &str, columns: usize) -> String {
    let mut width = 0;
    let fits = text.chars().take_while(|letter| {
        width += unicode_width::UnicodeWidthChar::width(*letter).unwrap();
        width <= columns
    });
    fits.collect::<String>().trim_end().to_owned()
}

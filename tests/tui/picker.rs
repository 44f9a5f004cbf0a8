//! The picker, the pager, and ages: keys to steps, and what is drawn.

use super::snapshot::{check, styled, text};
use agent::tui::age::{ago, ago_of, millis};
use agent::tui::field::Field;
use agent::tui::pager::{self, Pager};
use agent::tui::picker::{Picker, Row, Step};
use agent::tui::preferences::Colors;
use agent::tui::theme::Theme;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

fn key(code: KeyCode) -> KeyEvent {
    KeyEvent::new(code, KeyModifiers::NONE)
}

fn control(letter: char) -> KeyEvent {
    KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL)
}

fn sessions() -> Vec<Row> {
    vec![
        Row::new("mend the failing test of total.sh", "2 min ago · anthropic/claude-sonnet-5 · $0.0123"),
        Row::new("rename `total` to `sum` everywhere", "3 h ago · openai/gpt-5.2 · $0.4410"),
        Row::new("把所有的日志都翻译成英文，并且检查每一个文件的编码", "2 days ago · local/qwen · $0.0000"),
        Row::new("a title\u{1b}[2J that\nwants \u{202e}the screen", "5 weeks ago · a/b"),
        Row::new(
            "why is the index rebuilt on every start, and can it be kept between runs of the same project?",
            "1 month ago · openai/gpt-5.2",
        ),
    ]
}

fn type_in(picker: &mut Picker, text: &str) -> Vec<Step> {
    text.chars().map(|letter| picker.key(key(KeyCode::Char(letter)))).collect()
}

fn draw(picker: &mut Picker, width: u16, height: u16, colors: Colors) -> (Buffer, Position) {
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    let cursor = picker.draw(area, &mut buffer, &Theme::new(colors));
    (buffer, cursor)
}

#[test]
fn keys_move_and_pick() {
    let mut picker = Picker::new("resume", sessions());
    assert_eq!(picker.chosen(), Some(0));
    for (pressed, step, chosen) in [
        (key(KeyCode::Up), Step::None, 0),
        (key(KeyCode::Down), Step::Redraw, 1),
        (control('n'), Step::Redraw, 2),
        (control('p'), Step::Redraw, 1),
        (key(KeyCode::End), Step::Redraw, 4),
        (key(KeyCode::Down), Step::None, 4),
        (key(KeyCode::PageUp), Step::Redraw, 3),
        (key(KeyCode::Home), Step::Redraw, 0),
        (key(KeyCode::PageDown), Step::Redraw, 1),
        (key(KeyCode::Enter), Step::Pick(1), 1),
        (key(KeyCode::Esc), Step::Leave, 1),
        (control('c'), Step::Leave, 1),
    ] {
        assert_eq!((picker.key(pressed), picker.chosen()), (step, Some(chosen)), "{pressed:?}");
    }
}

#[test]
fn a_page_is_as_high_as_the_list_was_drawn() {
    let rows = (0..100).map(|number| Row::new(format!("row {number}"), "")).collect();
    let mut picker = Picker::new("many", rows);
    draw(&mut picker, 80, 15, Colors::None);
    picker.key(key(KeyCode::PageDown));
    assert_eq!(picker.chosen(), Some(10));
    let (buffer, _) = draw(&mut picker, 80, 15, Colors::None);
    assert!(text(&buffer).contains("› row 10\n") && !text(&buffer).contains("row 0\n"), "{}", text(&buffer));
    picker.key(key(KeyCode::End));
    let (buffer, _) = draw(&mut picker, 80, 15, Colors::None);
    assert!(text(&buffer).contains("  row 90\n") && text(&buffer).contains("› row 99\n"), "{}", text(&buffer));
}

#[test]
fn typing_filters_and_the_best_is_first() {
    let mut picker = Picker::new("resume", sessions());
    type_in(&mut picker, "gpt sum");
    assert_eq!(picker.chosen(), Some(1));
    assert_eq!(picker.key(key(KeyCode::Enter)), Step::Pick(1), "an index is that of the rows as they were given");
    assert_eq!(picker.key(control('w')), Step::Redraw);
    assert_eq!(picker.query(), "gpt ");
    type_in(&mut picker, "nothing like it");
    assert_eq!((picker.chosen(), picker.key(key(KeyCode::Enter))), (None, Step::None));
    picker.key(control('u'));
    assert_eq!((picker.query(), picker.chosen()), ("", Some(0)));
    assert_eq!(picker.key(key(KeyCode::Backspace)), Step::None, "there is nothing to take away");
}

#[test]
fn who_is_asked_gets_the_query_and_answers_of_older_ones_are_dropped() {
    let mut picker = Picker::new("resume", Vec::new()).asking();
    assert_eq!(type_in(&mut picker, "ab"), [Step::Search("a".into()), Step::Search("ab".into())]);
    assert_eq!(picker.found("a", sessions()), Step::None);
    assert_eq!(picker.chosen(), None);
    assert_eq!(picker.found("ab", sessions()), Step::Redraw);
    assert_eq!(picker.chosen(), Some(0), "what was found is shown as it is");
    assert_eq!(picker.paste("c\nd"), Step::Search("abc d".into()));
}

#[test]
fn previews_are_wanted_once_each_and_late_ones_are_dropped() {
    let mut picker = Picker::new("resume", sessions()).with_previews();
    assert_eq!(picker.wants(), Some(0));
    assert_eq!(picker.key(key(KeyCode::Down)), Step::Preview(1));
    assert_eq!(picker.preview(0, vec![Line::raw("late")]), Step::None);
    assert_eq!(picker.preview(1, vec![Line::raw("in time")]), Step::Redraw);
    assert_eq!(picker.wants(), None);
    assert_eq!(picker.key(key(KeyCode::Up)), Step::Preview(0));
    type_in(&mut picker, "rename");
    assert_eq!(picker.chosen(), Some(1));
}

#[test]
fn a_preview_shows_the_end_of_what_was_said() {
    let mut picker = Picker::new("resume a session", sessions()).with_previews();
    picker.preview(0, (1..=300).map(|number| Line::raw(format!("line {number} of it"))).collect());
    let shown = text(&draw(&mut picker, 200, 50, Colors::None).0);
    assert!(shown.contains("line 300 of it") && !shown.contains("line 1 of it"), "{shown}");
}

#[test]
fn what_there_is_room_for_is_not_cut() {
    let rows = [
        ("no, work without it", "asked again when it changes"),
        ("yes, I trust it", "it can narrow what is allowed, and never widen it"),
    ];
    let draw_at = |width, current| {
        let rows = rows.map(|(title, detail)| Row { current, ..Row::new(title, detail) });
        text(&draw(&mut Picker::question("what a project brings", rows.to_vec()), width, 12, Colors::None).0)
    };
    let shown = draw_at(80, false);
    assert!(shown.contains("and never widen it"), "{shown}");
    let shown = draw_at(60, true);
    assert!(shown.contains("yes, I trust it") && shown.matches("… (now)").count() == 1, "{shown}");
}

#[test]
fn a_question_takes_digits() {
    let rows = || vec![Row::new("with its files", "as they were then"), Row::new("words only", "files stay")];
    let mut picker = Picker::question("go back to “mend the test”", rows());
    assert_eq!(picker.key(key(KeyCode::Char('2'))), Step::Pick(1));
    for letter in ['0', '3', 'x'] {
        assert_eq!(picker.key(key(KeyCode::Char(letter))), Step::None);
    }
    check("picker-question-80", &styled(&draw(&mut picker, 80, 12, Colors::Sixteen).0));
}

#[test]
fn what_is_in_use_is_chosen_at_first() {
    let rows = ["default", "ember", "tide"].map(|name| Row { current: name == "ember", ..Row::new(name, "") });
    let mut picker = Picker::new("theme", rows.to_vec());
    assert_eq!(picker.chosen(), Some(1));
    let (buffer, _) = draw(&mut picker, 40, 10, Colors::None);
    assert!(text(&buffer).contains("› ember (now)"), "{}", text(&buffer));
}

#[test]
fn it_looks_like_this() {
    let preview =
        || (1..=60).map(|number| Line::raw(format!("{number:>2} a line of the session as it was shown"))).collect();
    for (width, height) in [(80, 24), (80, 40), (200, 50)] {
        for colors in [Colors::Sixteen, Colors::None] {
            let mut picker = Picker::new("resume a session", sessions()).with_previews();
            type_in(&mut picker, "t");
            let chosen = picker.chosen().unwrap();
            picker.preview(chosen, preview());
            let (buffer, cursor) = draw(&mut picker, width, height, colors);
            assert_eq!(cursor, Position::new(3, 1));
            check(&format!("picker-{width}x{height}-{colors:?}").to_lowercase(), &styled(&buffer));
        }
    }
}

#[test]
fn no_size_is_too_small() {
    for width in 0..30 {
        for height in 0..12 {
            let mut picker = Picker::new("resume a session", sessions()).with_previews();
            type_in(&mut picker, "the");
            draw(&mut picker, width, height, Colors::None);
            let mut pager = Pager::new("words", "one two three\nvier fünf 把所有的日志\n");
            let area = Rect::new(0, 0, width, height);
            pager.draw(area, &mut Buffer::empty(area), &Theme::new(Colors::None));
        }
    }
}

fn long_text() -> String {
    (1..=120)
        .map(|number| {
            format!("{number}\tline\u{1b}]0;title\u{7} of many words, {}\n", "again and ".repeat(number % 20))
        })
        .collect()
}

fn search(pager: &mut Pager, text: &str) {
    for letter in text.chars() {
        assert_eq!(pager.key(key(KeyCode::Char(letter))), pager::Step::Redraw);
    }
}

fn page(pager: &mut Pager, width: u16, height: u16) -> Buffer {
    let area = Rect::new(0, 0, width, height);
    let mut buffer = Buffer::empty(area);
    pager.draw(area, &mut buffer, &Theme::new(Colors::Sixteen));
    buffer
}

#[test]
fn the_pager_scrolls_searches_and_leaves() {
    let mut pager = Pager::new("cost", &long_text());
    page(&mut pager, 80, 24);
    let top = |pager: &mut Pager| text(&page(pager, 80, 24)).lines().nth(2).unwrap().to_owned();
    for (pressed, begins) in [
        (key(KeyCode::Down), "2 "),
        (key(KeyCode::Char('k')), "1 "),
        (key(KeyCode::Home), "1 "),
        (control('d'), "8 "),
        (control('u'), "1 "),
    ] {
        pager.key(pressed);
        assert!(top(&mut pager).starts_with(begins), "{pressed:?}: {}", top(&mut pager));
    }
    assert_eq!(pager.key(key(KeyCode::End)), pager::Step::Redraw);
    assert!(text(&page(&mut pager, 80, 24)).contains("\n120 "));
    assert_eq!(pager.key(key(KeyCode::Char('G'))), pager::Step::None);
    pager.key(key(KeyCode::Char('g')));
    pager.key(key(KeyCode::Char('/')));
    assert_eq!(pager.key(key(KeyCode::Char('q'))), pager::Step::Redraw, "a letter of the search, and not the way out");
    pager.key(key(KeyCode::Backspace));
    search(&mut pager, "57 ");
    assert!(text(&page(&mut pager, 80, 24)).contains("\n57 "), "it goes where it was found");
    pager.key(control('u'));
    search(&mut pager, "AND AGAIN");
    assert!(
        text(&page(&mut pager, 80, 24)).lines().last().unwrap().ends_with("/1026"),
        "{}",
        text(&page(&mut pager, 80, 24))
    );
    pager.key(key(KeyCode::Enter));
    let first = text(&page(&mut pager, 80, 24)).lines().last().unwrap().to_owned();
    pager.key(key(KeyCode::Char('n')));
    pager.key(key(KeyCode::Char('N')));
    assert_eq!(text(&page(&mut pager, 80, 24)).lines().last().unwrap(), first);
    assert_eq!(pager.key(key(KeyCode::Esc)), pager::Step::Leave);
}

#[test]
fn the_pager_looks_like_this() {
    for (width, height) in [(80, 24), (200, 50)] {
        let mut pager = Pager::new("what was spent", &long_text());
        page(&mut pager, width, height);
        pager.key(key(KeyCode::Char('/')));
        search(&mut pager, "words");
        pager.key(key(KeyCode::Enter));
        pager.key(key(KeyCode::Char('n')));
        check(&format!("pager-{width}x{height}"), &styled(&page(&mut pager, width, height)));
    }
}

#[test]
fn what_was_at_the_top_stays_there_when_the_width_changes() {
    let mut pager = Pager::new("cost", &long_text());
    page(&mut pager, 80, 24);
    pager.key(key(KeyCode::Char('/')));
    search(&mut pager, "57 ");
    pager.key(key(KeyCode::Enter));
    for _ in 0..40 {
        if text(&page(&mut pager, 80, 24)).lines().nth(2).unwrap().starts_with("57 ") {
            break;
        }
        pager.key(key(KeyCode::Down));
    }
    for width in [40, 120, 33, 80] {
        let shown = text(&page(&mut pager, width, 24));
        assert!(shown.lines().nth(2).unwrap().starts_with("57 "), "{width}:\n{shown}");
    }
}

#[test]
fn rows_break_between_words_and_no_letter_is_lost() {
    for (line, width, rows) in [
        ("one two three", 7, vec!["one two", "three"]),
        ("one two three", 8, vec!["one two", "three"]),
        ("abcdefghij", 4, vec!["abcd", "efgh", "ij"]),
        // Behind each wide letter stands the cell that it covers.
        ("日本語のテキスト", 5, vec!["日 本", "語 の", "テ キ", "ス ト"]),
        ("  indented words", 10, vec!["  indented", "words"]),
        ("e\u{301}e\u{301}e\u{301}", 2, vec!["e\u{301}e\u{301}", "e\u{301}"]),
    ] {
        let shown = text(&page(&mut Pager::new("t", line), width, 12));
        let shown: Vec<&str> = shown.lines().skip(2).take(rows.len() + 1).collect();
        assert_eq!(shown[..rows.len()], rows, "{line} in {width}");
        assert_eq!(shown[rows.len()], "", "{line} in {width}");
    }
}

#[test]
fn a_typed_line_is_edited_by_letters_as_they_are_seen() {
    let mut typed = Field::default();
    typed.insert("nai\u{308}ve 👩‍👩‍👧");
    typed.key(key(KeyCode::Backspace));
    assert_eq!(typed.text(), "nai\u{308}ve ");
    typed.key(control('w'));
    assert_eq!(typed.text(), "");
    typed.insert("one two  ");
    typed.key(control('w'));
    assert_eq!(typed.text(), "one ");
    assert_eq!(typed.shown(2), ("e ".into(), String::new()));
    assert!(!typed.key(control('x')));
    typed.key(key(KeyCode::Left));
    typed.insert("\u{1b}\r\n");
    assert_eq!(typed.shown(9), ("one␛ ".into(), " ".into()));
    typed.key(key(KeyCode::Home));
    assert_eq!(typed.shown(3), (String::new(), "one".into()));
    typed.key(key(KeyCode::Delete));
    typed.key(control('k'));
    assert_eq!(typed.text(), "");
}

#[test]
fn ages_in_words() {
    let then = millis("2026-11-22T09:30:00.250Z").unwrap();
    for (after, words) in [
        (0, "just now"),
        (59_999, "just now"),
        (60_000, "1 min ago"),
        (59 * 60_000, "59 min ago"),
        (3_600_000, "1 h ago"),
        (86_400_000, "1 day ago"),
        (3 * 86_400_000, "3 days ago"),
        (20 * 86_400_000, "2 weeks ago"),
        (100 * 86_400_000, "3 months ago"),
        (800 * 86_400_000, "2 years ago"),
    ] {
        assert_eq!(ago(then, then + after), words);
    }
    assert_eq!(ago(then, then - 1), "just now", "clocks differ");
    assert_eq!(ago_of("2026-11-22T09:30:00.250Z", then + 60_000), "1 min ago");
    assert_eq!(ago_of("long ago", then), "long ago");
}

#[test]
fn times_are_read_as_a_calendar_does() {
    for time in [
        "1970-01-01T00:00:00.000Z",
        "1999-12-31T23:59:59.999Z",
        "2000-02-29T12:00:00.000Z",
        "2026-11-22T00:31:23.001Z",
        "2100-03-01T00:00:00.000Z",
    ] {
        let ours = millis(time).unwrap();
        assert_eq!(agent::store::log::time_text(ours), time);
    }
    for wrong in [
        "",
        "2026-11-22",
        "2026-13-01T00:00:00Z",
        "2026-11-22T25:00:00Z",
        "x2026-11-22T00:00:00Z",
        "2026-11-22T00:00:00+01:00",
    ] {
        assert_eq!(millis(wrong), None, "{wrong}");
    }
}

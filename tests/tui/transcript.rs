//! The transcript on the full screen: keys in, what is seen and what is to be done out.

use super::cells::zoo;
use super::script::*;
use super::snapshot::{check, styled, text};
use agent::transcript::view::View;
use agent::tui::cell::Look;
use agent::tui::preferences::Colors;
use agent::tui::theme::Theme;
use agent::tui::transcript::{Step, Transcript};
use agent::tui::words::code::Highlighter;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// A transcript on a screen.
struct Screen {
    view: View,
    transcript: Transcript,
    theme: Theme,
    highlighter: Highlighter,
    size: (u16, u16),
}

impl Screen {
    fn new(view: View, size: (u16, u16)) -> Self {
        let (theme, highlighter) = (Theme::new(Colors::Sixteen), Highlighter::empty());
        Self { view, transcript: Transcript::new(true), theme, highlighter, size }
    }

    fn draw(&mut self) -> Buffer {
        let look = Look {
            width: self.size.0,
            rows: self.size.1,
            theme: &self.theme,
            highlighter: &self.highlighter,
            open: false,
        };
        let area = Rect::new(0, 0, self.size.0, self.size.1);
        let mut buffer = Buffer::empty(area);
        self.transcript.draw(&self.view, &mut buffer, area, &look);
        buffer
    }

    fn rows(&mut self) -> Vec<String> {
        text(&self.draw()).lines().map(str::to_owned).collect()
    }

    /// Presses keys as they are named: one character each, and `<…>`.
    fn press(&mut self, keys: &str) -> Step {
        let mut last = Step::None;
        let mut rest = keys;
        while let Some(char) = rest.chars().next() {
            let named = rest.strip_prefix('<').and_then(|name| name.split_once('>'));
            let (key, after) = match named {
                Some((name, after)) => (key_of(name), after),
                None => (KeyEvent::new(KeyCode::Char(char), KeyModifiers::NONE), rest.split_at(char.len_utf8()).1),
            };
            let look = Look {
                width: self.size.0,
                rows: self.size.1,
                theme: &self.theme,
                highlighter: &self.highlighter,
                open: false,
            };
            last = self.transcript.key(key, &self.view, &look);
            rest = after;
        }
        last
    }
}

fn key_of(name: &str) -> KeyEvent {
    if let Some(char) = name.strip_prefix("c-").and_then(|name| name.chars().next()) {
        return KeyEvent::new(KeyCode::Char(char), KeyModifiers::CONTROL);
    }
    let code = match name {
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "tab" => KeyCode::Tab,
        "backtab" => KeyCode::BackTab,
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "pgup" => KeyCode::PageUp,
        "pgdn" => KeyCode::PageDown,
        "home" => KeyCode::Home,
        "end" => KeyCode::End,
        "back" => KeyCode::Backspace,
        other => panic!("no key {other}"),
    };
    KeyEvent::new(code, KeyModifiers::NONE)
}

/// A hundred numbered tasks, each two rows and a blank one.
fn hundred() -> View {
    let mut script = Script::default();
    for number in 0..100 {
        script.event(task(&format!("task {number}\nsecond row")));
    }
    script.view
}

/// The first task that is seen, and the one under the cursor.
fn seen(screen: &mut Screen) -> (String, String) {
    let rows = screen.rows();
    let first = rows.iter().find(|row| row.contains("task ")).unwrap().split("task ").nth(1).unwrap().to_owned();
    let marked = |row: &&String| row.starts_with(['▌', '▏']) && row.contains("task ");
    let cursor = rows.iter().find(marked).map_or("", |row| row.split("task ").nth(1).unwrap()).to_owned();
    (first, cursor)
}

#[test]
fn keys_scroll() {
    for (keys, first, cursor) in [
        ("", "97", ""),
        ("k", "97", "99"),
        ("kkk", "97", "98"),
        ("g", "0", "0"),
        ("<home>", "0", "0"),
        ("gj", "0", "0"),
        ("gjj", "0", "1"),
        ("g<down><down><up><up>", "0", "0"),
        ("g<tab>", "0", "1"),
        ("g<tab><tab><backtab>", "0", "1"),
        ("g<pgdn>", "0", ""),
        ("g<pgdn><pgdn>", "3", "5"),
        ("g<pgdn><pgdn><pgup>", "3", "3"),
        ("g<c-d><c-d>", "0", ""),
        ("<pgup><pgup>", "94", "94"),
        ("gG", "97", ""),
        ("g<end>", "97", ""),
        ("kj", "97", "99"),
    ] {
        let mut screen = Screen::new(hundred(), (40, 10));
        screen.draw();
        screen.press(keys);
        assert_eq!(seen(&mut screen), (first.to_owned(), cursor.to_owned()), "{keys}");
    }
}

#[test]
fn the_end_is_followed_until_one_looks_around() {
    let mut script = Script::default();
    for number in 0..100 {
        script.event(task(&format!("task {number}")));
    }
    let mut screen = Screen::new(script.view, (40, 10));
    screen.draw();
    script.view = std::mem::take(&mut screen.view);
    script.event(task("task new"));
    screen.view = script.view.clone();
    assert!(screen.rows().join("\n").contains("task new") && screen.transcript.follows());
    screen.press("kkkk");
    assert!(!screen.transcript.follows());
    script.event(task("task newer"));
    screen.view = script.view.clone();
    assert!(!screen.rows().join("\n").contains("task newer"));
    screen.press("G");
    assert!(screen.rows().join("\n").contains("task newer") && screen.transcript.follows());
}

#[test]
fn a_streaming_answer_is_followed() {
    let mut script = Script::default();
    script.event(task("x"));
    let mut screen = Screen::new(View::default(), (40, 10));
    for number in 0..60 {
        script.text(&format!("paragraph {number}\n\n"));
        screen.view = script.view.clone();
        let rows = screen.rows().join("\n");
        assert!(rows.contains(&format!("paragraph {number}")), "{number}\n{rows}");
    }
    let streaming = screen.rows();
    let text: String = (0..60).map(|number| format!("paragraph {number}\n\n")).collect();
    script.event(answer(&text));
    screen.view = script.view.clone();
    assert_eq!(screen.rows(), streaming, "settled, it looks the same");
}

#[test]
fn search_goes_round() {
    let mut screen = Screen::new(hundred(), (60, 10));
    screen.draw();
    screen.press("g/TASK 7");
    assert!(screen.rows().last().unwrap().starts_with("/TASK 7"));
    assert!(screen.transcript.takes_words());
    screen.press("<enter>");
    // 7, 70 to 79.
    let position = |screen: &mut Screen| screen.rows().last().unwrap().split(" · ").next().unwrap().to_owned();
    assert_eq!((position(&mut screen), seen(&mut screen).1), ("1/11".to_owned(), "7".to_owned()));
    screen.press("n");
    assert_eq!((position(&mut screen), seen(&mut screen).1), ("2/11".to_owned(), "70".to_owned()));
    screen.press("NN");
    assert_eq!((position(&mut screen), seen(&mut screen).1), ("11/11".to_owned(), "79".to_owned()));
    screen.press("n");
    assert_eq!(position(&mut screen), "1/11");
    assert_eq!(screen.press("<esc>"), Step::Redraw, "first the search ends");
    assert_eq!(screen.press("<esc>"), Step::Leave);
    screen.press("/nowhere<enter>");
    assert_eq!(position(&mut screen), "not found");
    screen.press("/tax<back>sk 5<c-u><esc>");
    assert!(!screen.transcript.takes_words());
}

#[test]
fn search_opens_what_hides_it() {
    let mut script = Script::default();
    script.event(task("x")).event(runs("1", "shell", "shell make"));
    script.event(command("1", 0, "first\nthe needle\nlast")).event(task("y"));
    let mut screen = Screen::new(script.view, (60, 12));
    assert!(!screen.rows().join("\n").contains("needle"));
    screen.press("g/needle<enter>");
    let rows = screen.rows();
    assert!(rows.iter().any(|row| row.starts_with('▌') && row.contains("the needle")), "{rows:?}");
}

#[test]
fn cells_open_and_close() {
    let mut script = Script::default();
    script.event(runs("1", "shell", "shell make")).event(command("1", 0, "output one"));
    script.event(runs("2", "shell", "shell test")).event(command("2", 0, "output two"));
    let mut screen = Screen::new(script.view, (60, 12));
    let mut after = |keys: &str| {
        screen.press(keys);
        let rows = screen.rows().join("\n");
        (rows.contains("output one"), rows.contains("output two"))
    };
    assert_eq!(after("g"), (false, false));
    assert_eq!(after("<enter>"), (true, false));
    assert_eq!(after("<tab> "), (true, true));
    assert_eq!(after(" "), (true, false));
    assert_eq!(after("a"), (true, true));
    assert_eq!(after("a"), (false, false));
}

#[test]
fn cells_and_code_blocks_are_copied() {
    let mut script = Script::default();
    script
        .event(task("say \u{1b}[31mred"))
        .event(answer("a\n```\none\n```"))
        .event(answer("```\none\n```\n```\ntwo\nlines\n```"));
    let mut screen = Screen::new(script.view, (60, 20));
    screen.draw();
    let copy = |text: &str, what: &str| Step::Copy { text: text.into(), what: what.into() };
    assert_eq!(screen.press("gy"), copy("say ␛[31mred", "1 line"));
    assert_eq!(screen.press("c"), Step::Redraw);
    assert!(screen.rows().last().unwrap().contains("no code block"));
    assert_eq!(screen.press("<tab>c"), copy("one\n", "a code block of 1 line"));
    assert_eq!(screen.press("<tab>c"), Step::Redraw);
    assert!(screen.rows().last().unwrap().contains("1 to 2"));
    assert_eq!(screen.press("9"), Step::Redraw);
    assert_eq!(screen.press("2"), copy("two\nlines\n", "a code block of 2 lines"));
    assert!(screen.rows().last().unwrap().contains("copied a code block"));
    assert_eq!(screen.press("c<esc>"), Step::Redraw);
    assert_eq!(screen.press("q"), Step::Leave);
    assert_eq!(screen.press("<c-o>"), Step::Leave);
    assert_eq!(screen.press("z"), Step::None);
}

#[test]
fn nothing_is_there_at_first() {
    let mut screen = Screen::new(View::default(), (60, 5));
    for keys in
        ["", "j", "k", "g", "G", "<enter>", "a", "y", "c", "/x<enter>", "n", "<pgup>", "<pgdn>", "<tab>", "<backtab>"]
    {
        screen.press(keys);
        screen.draw();
    }
    let mut tiny = Screen::new(hundred(), (1, 1));
    tiny.draw();
    tiny.press("gjk<pgdn>/task 5<enter>n");
    tiny.size = (3, 2);
    tiny.draw();
}

#[test]
fn the_width_may_change() {
    let mut screen = Screen::new(zoo(), (80, 24));
    screen.draw();
    screen.press("<pgup><pgup>");
    for size in [(200, 50), (20, 4), (80, 24)] {
        screen.size = size;
        screen.draw();
        screen.press("jk<pgdn><pgup>");
        screen.draw();
    }
}

#[test]
fn ten_thousand_cells_are_not_laid_out_to_be_scrolled() {
    let mut script = Script::default();
    for number in 0..10_000 {
        script.event(task(&format!("task {number}")));
    }
    let mut screen = Screen::new(script.view, (80, 24));
    let began = std::time::Instant::now();
    for _ in 0..50 {
        screen.press("g");
        screen.draw();
        screen.press("G");
        screen.draw();
    }
    // A layout of all cells for each drawing would take a hundred times as long, even on a busy machine.
    assert!(began.elapsed().as_secs() < 10);
}

#[test]
fn the_transcript_as_it_is_drawn() {
    for (name, size) in [("transcript-80", (80, 24)), ("transcript-200", (200, 50))] {
        let mut screen = Screen::new(zoo(), size);
        screen.draw();
        screen.press("g/greeting<enter>n");
        check(name, &styled(&screen.draw()));
    }
    let mut screen = Screen::new(zoo(), (80, 24));
    screen.theme = Theme::new(Colors::None);
    check("transcript-80-end", &text(&screen.draw()));
}

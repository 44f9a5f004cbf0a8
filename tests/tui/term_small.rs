//! What the screen writes besides its rows: modes and their way back, colours, title, clipboard, notices.

use super::term::{TERMINAL, lines, screen, taken, text, with};
use agent::tui::preferences::{Colors, Terminal};
use agent::tui::term::Shape;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};

#[test]
fn leaving_gives_everything_back_and_stands_on_a_fresh_line() {
    let mut screen = screen(40, 10);
    screen.enter().unwrap();
    screen.enter().unwrap();
    screen.shape(Shape::Bar).unwrap();
    screen.title("agent").unwrap();
    assert_eq!(taken(&mut screen), "\u{1b}[?2004h\u{1b}[?1004h\u{1b}[>1u\u{1b}[6 q\u{1b}[22;2t\u{1b}]2;agent\u{7}");
    screen.inline(&lines(&["done"]), &lines(&["> typed", "status"]), None).unwrap();
    screen.full(&Buffer::empty(Rect::new(0, 0, 40, 10)), None).unwrap();
    taken(&mut screen);
    screen.leave().unwrap();
    let bytes = taken(&mut screen);
    for back in ["\u{1b}[<1u\u{1b}[?1049l", "\u{1b}[?1004l\u{1b}[?2004l\u{1b}[0 q\u{1b}[23;2t", "\u{1b}[?25h"] {
        assert!(bytes.contains(back), "{back:?} in {bytes:?}");
    }
    // Both screens of the terminal were asked for exact keys.
    assert_eq!(bytes.matches("\u{1b}[<1u").count(), 2, "{bytes:?}");
    let terminal = screen.output().parser.screen();
    assert!(!terminal.alternate_screen() && !terminal.bracketed_paste() && !terminal.hide_cursor());
    assert_eq!(terminal.cursor_position(), (3, 0));
    assert_eq!(text(&mut screen), ["done", "> typed", "status"]);

    screen.leave().unwrap();
    assert_eq!(taken(&mut screen), "");
}

#[test]
fn what_comes_after_a_stop_is_drawn_below_what_others_wrote() {
    let mut screen = screen(40, 10);
    screen.enter().unwrap();
    screen.inline(&lines(&["done"]), &lines(&["> typed"]), Some((2, 0))).unwrap();
    screen.leave().unwrap();
    screen.output_mut().parser.process(b"[1]+  Stopped\r\n$ fg\r\n");
    screen.enter().unwrap();
    screen.inline(&lines(&["more"]), &lines(&["> typed"]), Some((2, 0))).unwrap();
    assert_eq!(text(&mut screen), ["done", "> typed", "[1]+  Stopped", "$ fg", "more", "> typed"]);
    assert!(screen.output().parser.screen().bracketed_paste());
}

#[test]
fn an_empty_live_area_leaves_nothing_behind() {
    let mut screen = screen(40, 10);
    screen.enter().unwrap();
    screen.inline(&lines(&["done"]), &lines(&["> typed", "status"]), Some((2, 0))).unwrap();
    screen.inline(&[], &[], None).unwrap();
    screen.leave().unwrap();
    assert_eq!(text(&mut screen), ["done"]);
    assert_eq!(screen.output().parser.screen().cursor_position(), (1, 0));
    assert!(!screen.output().parser.screen().hide_cursor());
}

#[test]
fn a_panic_finds_the_way_back() {
    let mut screen = screen(40, 10);
    let restoring = screen.restoring_hook();
    assert_eq!(restoring.bytes(), b"");
    screen.enter().unwrap();
    screen.inline(&lines(&["done"]), &lines(&["> typed", "status", "help"]), Some((2, 0))).unwrap();
    screen.full(&Buffer::empty(Rect::new(0, 0, 40, 10)), None).unwrap();
    let bytes = restoring.bytes();
    let terminal = &mut screen.output_mut().parser;
    terminal.process(&bytes);
    assert!(!terminal.screen().alternate_screen() && !terminal.screen().bracketed_paste());
    assert!(!terminal.screen().hide_cursor());
    assert_eq!(terminal.screen().cursor_position(), (4, 0));
    assert_eq!(restoring.bytes(), b"");
    screen.enter().unwrap();
    screen.leave().unwrap();
    assert_eq!(restoring.bytes(), b"");
}

#[test]
fn a_panic_on_the_inline_screen_does_not_leave_an_alternate_one() {
    let mut screen = screen(40, 10);
    screen.inline(&[], &lines(&["> typed"]), Some((2, 0))).unwrap();
    screen.enter().unwrap();
    let bytes = String::from_utf8(screen.restoring_hook().bytes()).unwrap();
    assert!(!bytes.contains("1049") && bytes.contains("\u{1b}[?2004l"), "{bytes:?}");
}

#[test]
fn no_control_character_of_a_line_or_a_cell_reaches_the_terminal() {
    let foreign = "a\u{1b}]0;mine\u{7}\u{1b}[2J\rb\u{9b}31m\u{202e}c\nd\u{7f}";
    let mut screen = screen(60, 6);
    let line = || Line::from(vec![Span::raw(foreign)]);
    screen.inline(&[line()], &[line(), Line::from("> ")], Some((2, 1))).unwrap();
    let bytes = taken(&mut screen);
    assert_eq!(bytes.matches("a␛]0;mine␇␛[2J␍b\u{fffd}31m\u{fffd}c d␡").count(), 2, "{bytes:?}");
    let mut buffer = Buffer::empty(Rect::new(0, 0, 60, 6));
    for (column, symbol) in ["\u{1b}", "\r", "\n", "\u{9b}", "\u{202e}", "\u{7f}", "x\u{7}"].into_iter().enumerate() {
        buffer[(u16::try_from(column).unwrap(), 0)].set_symbol(symbol);
    }
    screen.full(&buffer, None).unwrap();
    let bytes = taken(&mut screen);
    assert!(bytes.contains("␛␍ \u{fffd}\u{fffd}␡x␇"), "{bytes:?}");
    for control in ["\u{1b}]0", "\u{1b}[2J\u{1b}[2J", "\u{9b}", "\u{202e}", "\u{7f}", "\u{7}"] {
        assert!(!bytes.contains(control), "{control:?} in {bytes:?}");
    }
    for outward in ["title", "osc9", "osc777"] {
        match outward {
            "title" => {
                screen.enter().unwrap();
                screen.title(foreign).unwrap();
            }
            kind => screen.call(kind, foreign).unwrap(),
        }
        let bytes = taken(&mut screen);
        assert!(bytes.contains("a␛]0") && bytes.ends_with("␡\u{7}"), "{outward}: {bytes:?}");
    }
}

#[test]
fn colours_are_those_the_terminal_has() {
    let styled = |style: Style| Line::from(Span::styled("x", style));
    let rgb = Style::new().fg(Color::Rgb(255, 0, 0)).bg(Color::Rgb(10, 10, 10));
    let orange = Style::new().fg(Color::Rgb(255, 135, 0));
    let gray = Style::new().fg(Color::Indexed(244));
    let red = Style::new().fg(Color::Red).add_modifier(Modifier::BOLD);
    let bright = Style::new().fg(Color::LightBlue).bg(Color::DarkGray);
    let cases = [
        (Colors::True, rgb, "38;2;255;0;0;48;2;10;10;10"),
        (Colors::Many, rgb, "38;5;196;48;5;232"),
        (Colors::Sixteen, rgb, "91;40"),
        (Colors::Many, orange, "38;5;208"),
        (Colors::Many, Style::new().fg(Color::Rgb(128, 128, 128)), "38;5;244"),
        (Colors::Sixteen, gray, "90"),
        (Colors::Many, gray, "38;5;244"),
        (Colors::Sixteen, red, "1;31"),
        (Colors::None, red, "1"),
        (Colors::Sixteen, bright, "94;100"),
        (Colors::True, Style::new().fg(Color::Indexed(3)), "33"),
        (Colors::True, Style::new().dim().italic().reversed().crossed_out(), "2;3;7;9"),
    ];
    for (colors, style, expected) in cases {
        let mut screen = with(20, 4, Terminal { colors, ..TERMINAL });
        screen.inline(&[], &[styled(style)], None).unwrap();
        let bytes = taken(&mut screen);
        assert!(bytes.contains(&format!("\u{1b}[{expected}mx\u{1b}[m")), "{colors:?} {style:?}: {bytes:?}");
    }
    let mut screen = with(20, 4, Terminal { colors: Colors::None, ..TERMINAL });
    screen.inline(&[], &[styled(rgb)], None).unwrap();
    assert_eq!(taken(&mut screen), "\u{1b}[?25l\rx");
}

#[test]
fn runs_of_one_look_are_told_once() {
    let green = Style::new().fg(Color::Green);
    let bold = green.add_modifier(Modifier::BOLD);
    let spans = [
        Span::styled("one", green),
        Span::raw(" "),
        Span::styled("two", green),
        Span::styled("three", bold),
        Span::styled("four", green),
        Span::raw(" five"),
    ];
    let mut screen = screen(60, 4);
    screen.inline(&[], &[Line::from(spans.to_vec())], None).unwrap();
    assert_eq!(taken(&mut screen), "\u{1b}[?25l\r\u{1b}[32mone two\u{1b}[1mthree\u{1b}[22mfour \u{1b}[mfive");
}

#[test]
fn the_clipboard_and_the_user_are_reached_through_tmux_too() {
    let mut plain = screen(20, 4);
    let mut tmux = with(20, 4, Terminal { tmux: true, ..TERMINAL });
    let mut said = |kind: &str| {
        for screen in [&mut plain, &mut tmux] {
            if kind == "copy" { screen.copy("hé").unwrap() } else { screen.call(kind, "1;done").unwrap() }
        }
        (taken(&mut plain), taken(&mut tmux))
    };
    let told = |plain: &str, tmux: &str| (plain.to_owned(), tmux.to_owned());
    let wrapped = |inner: &str| format!("\u{1b}Ptmux;\u{1b}{inner}\u{1b}\\");
    let clip = "\u{1b}]52;c;aMOp\u{7}";
    assert_eq!(said("copy"), told(clip, &format!("{clip}{}", wrapped(clip))));
    assert_eq!(said("bell"), told("\u{7}", "\u{7}"));
    assert_eq!(said(""), told("\u{7}", "\u{7}"));
    assert_eq!(said("off"), told("", ""));
    let nine = "\u{1b}]9; 1;done\u{7}";
    assert_eq!(said("osc9"), told(nine, &wrapped(nine)));
    let many = "\u{1b}]777;notify;agent;1,done\u{7}";
    assert_eq!(said("osc777"), told(many, &wrapped(many)));
}

#[test]
fn a_title_is_told_once_and_told_again_after_a_stop() {
    let mut screen = screen(20, 4);
    screen.title("before").unwrap();
    assert_eq!(taken(&mut screen), "");
    screen.enter().unwrap();
    assert!(taken(&mut screen).ends_with("\u{1b}[22;2t\u{1b}]2;before\u{7}"));
    screen.title("before").unwrap();
    assert_eq!(taken(&mut screen), "");
    screen.title("after").unwrap();
    assert_eq!(taken(&mut screen), "\u{1b}]2;after\u{7}");
    screen.leave().unwrap();
    assert!(taken(&mut screen).contains("\u{1b}[23;2t"));
    screen.enter().unwrap();
    assert!(taken(&mut screen).ends_with("\u{1b}[22;2t\u{1b}]2;after\u{7}"));
}

//! Output of commands: colours stay, what writes over is written over, nothing else has an effect.

use super::all_plain;
use crate::tui::snapshot;
use agent::tui::preferences::Colors;
use agent::tui::theme::Theme;
use agent::tui::words::ansi::lines;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};

fn shown(text: &str) -> Vec<String> {
    all_plain(&lines(text, &Theme::new(Colors::True)))
}

#[test]
fn what_is_written_over_is_gone() {
    for (name, text, expected) in [
        ("lines", "a\nb\n", vec!["a", "b"]),
        ("no line break at the end", "a\n\nb", vec!["a", "", "b"]),
        ("windows", "a\r\nb\r\n", vec!["a", "b"]),
        ("progress", "10 %\r50 %\r100 %\n", vec!["100 %"]),
        ("progress that gets shorter", "building crate\rdone\x1b[K\n", vec!["done"]),
        ("what is not written over stays", "abcdef\rxy\n", vec!["xycdef"]),
        ("erased", "abc\x1b[2K\rx\n", vec!["x  "]),
        ("backspace", "abd\u{8}c\n", vec!["abc"]),
        ("backspace at the start", "\u{8}\u{8}a\n", vec!["a"]),
        ("tabs", "a\tb\n\t\x1b[31mc\n", vec!["a   b", "    c"]),
        ("cursor", "a\x1b[2Jb\x1b[10;10Hc\x1b[1A\x1b[?25ld\x1b7e\x1b(Bf\n", vec!["abcdef"]),
        ("title", "a\x1b]0;title\x07b\x1b]2;title\x1b\\c\n", vec!["abc"]),
        ("link", "\x1b]8;;https://a.example\x1b\\text\x1b]8;;\x1b\\\n", vec!["text"]),
        ("device control", "a\x1bP1$r0m\x1b\\b\n", vec!["ab"]),
        ("a title that does not end hides nothing", "\x1b]0;abc\nd\n", vec!["␛]0;abc", "d"]),
        ("an escape that begins nothing", "a\x1b\nb\x1b[31", vec!["a␛", "b␛[31"]),
        ("eight bits", "a\u{9b}2Jb", vec!["a\u{fffd}2Jb"]),
        ("order of letters", "a\u{202e}b", vec!["a\u{fffd}b"]),
        ("bell", "a\u{7}b", vec!["ab"]),
    ] {
        assert_eq!(shown(text), expected, "{name}");
    }
}

#[test]
fn colours_are_those_the_terminal_has() {
    let style = |color| Style::new().fg(color);
    for (name, text, colors, expected) in [
        ("red", "\x1b[31mx", Colors::True, style(Color::Red)),
        ("bright", "\x1b[92mx", Colors::Sixteen, style(Color::LightGreen)),
        ("index", "\x1b[38;5;208mx", Colors::Many, style(Color::Indexed(208))),
        ("index, sixteen", "\x1b[38;5;208mx", Colors::Sixteen, style(Color::Yellow)),
        ("true", "\x1b[38;2;1;2;250mx", Colors::True, style(Color::Rgb(1, 2, 250))),
        ("true, sixteen", "\x1b[38;2;1;2;250mx", Colors::Sixteen, style(Color::Blue)),
        ("none", "\x1b[31mx", Colors::None, Style::new()),
        ("bold without colours", "\x1b[1;31mx", Colors::None, Style::new().add_modifier(Modifier::BOLD)),
        ("ground", "\x1b[30;42mx", Colors::True, style(Color::Black).bg(Color::Green)),
        ("reset", "\x1b[1;31m\x1b[mx", Colors::True, Style::new()),
        ("default", "\x1b[1;31;44m\x1b[39;49;22mx", Colors::True, Style::new()),
        ("hidden", "\x1b[31;41mx", Colors::True, Style::new()),
        ("concealed", "\x1b[8mx", Colors::True, Style::new()),
        ("black on black", "\x1b[30mx", Colors::True, Style::new()),
        ("nonsense", "\x1b[38;9;31;999999mx", Colors::True, style(Color::Red)),
    ] {
        let found = lines(text, &Theme::new(colors));
        assert_eq!(found, [Line::from(Span::styled("x", expected))], "{name}");
    }
}

#[test]
fn the_output_of_a_build() {
    let text = "\x1b[1m\x1b[32m   Compiling\x1b[0m agent v0.1.0\r\n\x1b[K  1/3 [=>   ]\r\x1b[K  3/3 [=====]\r\n\
                \x1b[0m\x1b[1m\x1b[38;5;9merror[E0308]\x1b[0m\x1b[0m\x1b[1m: mismatched types\x1b[0m\r\n\
                \tsrc/main.rs:1\r\n\x1b[41m FAIL \x1b[49m tests\r\n";
    snapshot::check("words-ansi", &snapshot::lines(&lines(text, &Theme::new(Colors::True))));
}

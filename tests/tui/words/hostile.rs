//! Text that tries to be more than text comes out as text.

use agent::text::sanitise::sanitise;
use agent::tui::preferences::Colors;
use agent::tui::theme::Theme;
use agent::tui::words::code::Highlighter;
use agent::tui::words::wrap::width_of;
use agent::tui::words::{ansi, markdown};
use ratatui::text::Line;

const EVIL: &[&str] = &[
    "\u{1b}[2J\u{1b}[1;1H",
    "\u{1b}]0;owned\u{7}",
    "\u{1b}]52;c;aGk=\u{7}",
    "\u{9b}31m\u{9d}0;x\u{9c}",
    "a\u{202e}txt.exe\u{202c}b",
    "a\u{200b}\u{200d}\u{feff}\u{2066}b",
    "a\rb\u{8}c\u{b}d\u{c}e\u{0}f\u{7f}g",
    "&#27;[2J&#x1b;]0;x&#7; &#x202e; &#8203; &#10;&#9;&#13; &zwj;&ZeroWidthSpace;",
    "\u{2028}\u{2029}\u{85}",
    "e\u{301}\u{301}\u{301}\u{301} 👨‍👩‍👧‍👦 שלום 日本",
];

const PLACES: &[&str] = &[
    "@",
    "# @",
    "- @\n  - @\n1. @",
    "> @",
    "| @ | b |\n|---|---|\n| @ | `@` |",
    "`@` **@** [@](@) [x](<@> \"@\") ![@](@) <@> ~~@~~ <b @>",
    "```@\n@\n```",
    "```rust\nlet a = \"@\"; // @\n```",
    "<div @>\n@\n</div>",
    "    @",
    "@\n===",
    "- [ ] @\n\n  ```@ @\n  @",
];

fn harmless(lines: &[Line<'_>], width: usize, what: &str) {
    for line in lines {
        assert!(width_of(&line.spans) <= width, "too wide: {what:?}: {line:?}");
        for span in &line.spans {
            assert_eq!(sanitise(&span.content), span.content, "{what:?}");
            assert!(!span.content.contains(['\n', '\t', '\u{2028}']), "{what:?}: {span:?}");
        }
    }
}

#[test]
fn markdown_is_harmless_wherever_it_stands() {
    let highlighter = Highlighter::empty();
    highlighter.load();
    for evil in EVIL {
        for place in PLACES {
            let text = place.replace('@', evil);
            for width in [1, 2, 7, 40] {
                for colors in [Colors::None, Colors::True] {
                    let lines = markdown::lines(&text, width, &Theme::new(colors), &highlighter);
                    harmless(&lines, usize::from(width), &text);
                    assert!(!lines.is_empty(), "{text:?} is not to be seen");
                }
            }
        }
    }
}

#[test]
fn output_is_harmless() {
    for evil in EVIL {
        for place in ["@", "\u{1b}[31m@\u{1b}[0m", "a@\r@", "\u{1b}]8;;@\u{1b}\\text", "\u{1b}[@m", "@\u{8}@"] {
            harmless(&ansi::lines(&place.replace('@', evil), &Theme::new(Colors::True)), usize::MAX, evil);
        }
    }
}

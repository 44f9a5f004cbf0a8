//! Markdown while it streams: what was shown on the way is what is shown at the end, wherever the pieces end.

use super::markdown::ZOO;
use agent::tui::preferences::Colors;
use agent::tui::theme::Theme;
use agent::tui::words::code::Highlighter;
use agent::tui::words::markdown::{Stream, lines};
use agent::tui::words::wrap::width_of;
use proptest::prelude::*;
use ratatui::text::Line;

const CORPUS: &[&str] = &[
    "- a\n  - b\n\n    c\n  - d\n1. e\n\n   f\n",
    "- a\n\n  ```rust\n  let a;\n\n  let b;\n  ```\n  b\n- c\n",
    "```\nnever\nclosed\n\n",
    "~~~~ rust x\nlet a = 1;\n~~~\n```\n~~~~\nafter",
    "one\ntwo\n===\nthree\n---\n- - -\n***\n",
    "a|b\n-|-\nc|d\ne\n\n|x|\n|-|\n|y|",
    "| a\n| b |\n|---|\n| `c|d` | \\| |\n> | q | r |\n> |---|---|\n> | s | t |\n",
    "<div>\n*a*\n</div>\nb\n\n<!-- c\nd -->\n<https://a.example>\n",
    "[a]: b\n[a] [c][a] [d](e \"f\") [g](<h i>) ![j](k\n",
    "**a *b `c** d* e` ~~f\n~~ g __h__ _i_ a_b_c\n***j*** \\* \\\\ \\\nk",
    "> a\nb\n> > c\n\n> d\n>\n>     e\n>\n> ~~~\n> f\n\ng",
    "# a\n#\n## b ##\n####### c\n#d\n  # e\n    # f\n",
    "\t- tab\n\t\t- tab\n-\ttab\n1.\n\n2. x\n-\n  y\n-\n\n  z\n",
    "\r\n- a\r\n\r\n```\r\nb\r\n```\r\nc\r\r\nd\n\u{1b}[2J\u{2028}\n",
    "日本語\n**日**本\n- 👨‍👩‍👧 e\u{301}\n",
];

fn highlighter() -> Highlighter {
    let highlighter = Highlighter::empty();
    highlighter.load();
    highlighter
}

fn documents() -> Vec<String> {
    let long = format!("Start {}. End *here*.\nNext", "many **words** in `one` paragraph ".repeat(60));
    let unsettled = format!("An *open {}\n- x", "word [and ".repeat(900));
    let endless = format!("x {}\n\n```\n{}\n```", "0123456789abcdé".repeat(700), "long code ".repeat(100));
    let item = format!("- {}\n- {}\n> {}\n", "a b ".repeat(300), "c ".repeat(450), "d_e ".repeat(300));
    let table = format!("|a|b|\n|-|-|\n{}text\n", "|some|cells|\n".repeat(80));
    CORPUS
        .iter()
        .map(|text| (*text).to_owned())
        .chain([ZOO.to_owned(), long, unsettled, endless, item, table])
        .collect()
}

/// The lines of a text that comes in pieces, with those that were finished asked for after each.
fn streamed<'a>(
    pieces: impl IntoIterator<Item = &'a str>,
    width: u16,
    highlighter: &Highlighter,
) -> Vec<Line<'static>> {
    let theme = Theme::new(Colors::True);
    let mut stream = Stream::new();
    let mut shown = Vec::new();
    for piece in pieces {
        stream.push(piece);
        shown.extend(stream.finished(width, &theme, highlighter));
    }
    stream.end();
    shown.extend(stream.finished(width, &theme, highlighter));
    assert!(stream.tail(width, &theme, highlighter).is_empty(), "nothing is open at the end");
    shown
}

#[test]
fn letter_by_letter_is_as_at_once() {
    let (theme, highlighter) = (Theme::new(Colors::True), highlighter());
    for text in documents() {
        let whole = lines(&text, 21, &theme, &highlighter);
        let letters = text.char_indices().map(|(at, char)| &text[at..at + char.len_utf8()]);
        assert_eq!(streamed(letters, 21, &highlighter), whole, "{text:?}");
    }
}

#[test]
fn any_cut_gives_the_same_lines() {
    let (theme, highlighter) = (Theme::new(Colors::True), highlighter());
    for text in CORPUS {
        let whole = lines(text, 20, &theme, &highlighter);
        for (at, _) in text.char_indices() {
            assert_eq!(streamed([&text[..at], &text[at..]], 20, &highlighter), whole, "{text:?} cut at {at}");
        }
    }
}

#[test]
fn what_is_finished_and_what_is_open_are_the_text_so_far() {
    let (theme, highlighter) = (Theme::new(Colors::True), highlighter());
    let signs = |line: &str| line.chars().all(|char| "-=*_#`~>+|: ".contains(char));
    for text in documents().iter().map(String::as_str) {
        let mut stream = Stream::new();
        let mut finished = Vec::new();
        let step = text.len() / 60 + 1;
        for (at, char) in text.char_indices() {
            let end = at + char.len_utf8();
            stream.push(&text[at..end]);
            finished.extend(stream.finished(30, &theme, &highlighter));
            let last = text[..end].rsplit('\n').next().unwrap();
            if end % step != 0 || signs(last.trim_end_matches('\r')) || last.len() > 8_000 {
                continue;
            }
            let shown: Vec<_> = finished.iter().cloned().chain(stream.tail(30, &theme, &highlighter)).collect();
            assert_eq!(shown, lines(&text[..end], 30, &theme, &highlighter), "{:?}", &text[..end]);
        }
    }
}

#[test]
fn what_is_open_does_not_grow_with_the_answer() {
    let (theme, highlighter) = (Theme::new(Colors::True), highlighter());
    for (name, piece, most) in [
        ("a paragraph", "word **bold** and `code` ", 12),
        ("a paragraph that opens and never closes", "word *open ", 110),
        ("letters without an end", "abcdefghij", 110),
        ("lines of a paragraph", "a line of text\n", 32),
        ("items", "- an item of a list\n", 2),
        ("numbered items with paragraphs", "1. an item\n\n   and more\n", 2),
        ("lines of code in an item", "- x\n\n  ```rust\n  let a = 1;\n", 2),
        ("a table", "| a | b |\n|---|---|\n", 64),
    ] {
        let mut stream = Stream::new();
        for _ in 0..2_000 {
            stream.push(piece);
            stream.finished(40, &theme, &highlighter);
        }
        let open = stream.tail(40, &theme, &highlighter).len();
        assert!(open <= most, "{name}: {open} lines are open");
    }
}

#[test]
fn signs_that_may_become_something_else_are_held_back() {
    let theme = Theme::new(Colors::True);
    let highlighter = Highlighter::empty();
    for (text, expected) in
        [("a\n\n-", 1), ("a\n\n``", 1), ("a\n---", 1), ("a\n\n- b", 3), ("```\n``", 0), ("```\n-", 1)]
    {
        let mut stream = Stream::new();
        stream.push(text);
        let mut shown = stream.finished(40, &theme, &highlighter);
        shown.extend(stream.tail(40, &theme, &highlighter));
        assert_eq!(shown.len(), expected, "{text:?}: {shown:?}");
        assert_eq!(stream.text(), text);
    }
}

fn markdown() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "- ",
        "* ",
        "1. ",
        "2) ",
        "> ",
        "# ",
        "```",
        "~~~",
        "rust",
        "\n",
        "\n",
        "\n\n",
        "  ",
        "    ",
        "\t",
        "|",
        "|-|-|",
        "---",
        "===",
        "*",
        "**",
        "_",
        "`",
        "``",
        "[",
        "](",
        ")",
        "<b>",
        "</b>",
        "&amp;",
        "\\",
        "word",
        "two words",
        "日本",
        "é",
        "[x] ",
        "\r\n",
        "\u{1b}",
        "a_long_word_without_an_end_in_sight",
    ]);
    prop::collection::vec(known, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(crate::support::random::cases(256))]

    #[test]
    fn any_text_in_any_pieces(text in markdown(), sizes in prop::collection::vec(1..9_usize, 1..20), width in 1..50_u16) {
        let (theme, highlighter) = (Theme::new(Colors::None), Highlighter::empty());
        let letters: Vec<char> = text.chars().collect();
        let mut pieces = Vec::new();
        let mut rest = letters.as_slice();
        for size in sizes.iter().cycle().take(letters.len() + 1) {
            let (piece, after) = rest.split_at((*size).min(rest.len()));
            pieces.push(piece.iter().collect::<String>());
            rest = after;
        }
        let whole = lines(&text, width, &Theme::new(Colors::True), &highlighter);
        prop_assert_eq!(streamed(pieces.iter().map(String::as_str), width, &highlighter), whole);
        for line in lines(&text, width, &theme, &highlighter) {
            prop_assert!(width_of(&line.spans) <= usize::from(width));
        }
    }
}

//! Markdown as lines: each block as one would want to read it.

use super::all_plain;
use crate::tui::snapshot;
use agent::tui::preferences::Colors;
use agent::tui::theme::Theme;
use agent::tui::words::code::Highlighter;
use agent::tui::words::markdown::{code_blocks, lines};

pub const ZOO: &str = include_str!("zoo.md");

fn shown(text: &str, width: u16) -> Vec<String> {
    all_plain(&lines(text, width, &Theme::new(Colors::True), &Highlighter::empty()))
}

#[test]
fn the_zoo() {
    let highlighter = Highlighter::empty();
    highlighter.load();
    for (name, width, colors) in [
        ("40", 40, Colors::Sixteen),
        ("76", 76, Colors::Sixteen),
        ("120", 120, Colors::Sixteen),
        ("plain", 76, Colors::None),
    ] {
        let lines = lines(ZOO, width, &Theme::new(colors), &highlighter);
        snapshot::check(&format!("words-markdown-{name}"), &snapshot::lines(&lines));
    }
}

#[test]
fn blocks() {
    for (name, text, expected) in [
        ("nothing", "", vec![]),
        ("blank", "\n \n\n", vec![]),
        ("a paragraph", "a\nb", vec!["a", "b"]),
        ("gaps are one line", "a\n\n\n\nb", vec!["a", "", "b"]),
        ("a heading", "a\n# b #\nc", vec!["a", "", "b", "c"]),
        ("no heading", "#b\n\n####### c", vec!["#b", "", "####### c"]),
        ("setext", "a\n==\nb\n--", vec!["a", "", "b"]),
        ("a rule", "a\n\n---\n\nb", vec!["a", "", "───", "", "b"]),
        ("a tight list", "a:\n- b\n- c", vec!["a:", "- b", "- c"]),
        ("a loose list", "- b\n\n- c", vec!["- b", "", "- c"]),
        ("numbers", "3. a\n3. b\n\n1) c", vec!["3. a", "4. b", "", "1) c"]),
        ("a long number hangs", "10. a b c d e f g", vec!["10. a b c d", "    e f g"]),
        ("no list within a paragraph", "in\n1999. it was", vec!["in", "1999. it was"]),
        ("tasks", "- [ ] a\n- [x] b\n- [y] c", vec!["[ ] a", "[x] b", "- [y] c"]),
        ("an empty item", "-\n- a", vec!["-", "- a"]),
        ("item with code", "- ```\n  a\n  ```", vec!["-", "    a"]),
        ("a list in an item", "1. a\n   - b\n     c\n2. d", vec!["1. a", "   - b", "     c", "2. d"]),
        ("two is enough", "1. a\n  - b\n  - c\n2. d", vec!["1. a", "   - b", "   - c", "2. d"]),
        ("text after a list", "- a\n\nb", vec!["- a", "", "b"]),
        ("lazy", "- a\nb\n> c\nd", vec!["- a", "  b", "│ c", "│ d"]),
        ("quotes", "> a\n>\n> b\n\n> c", vec!["│ a", "│", "│ b", "", "│ c"]),
        ("a fence", "```x\na\n\n  b\n```\nc", vec!["  x", "  a", "", "    b", "c"]),
        ("an open fence", "````\na\n```", vec!["  a", "  ```"]),
        ("an indented fence", "  ```\n  a\n b\n  ```", vec!["  a", "  b"]),
        ("indented", "    a\n\n    b\n\nc", vec!["  a", "", "  b", "", "c"]),
        ("a table", "|a|b|\n|-|-:|\n|c|dd|\n|e|", vec!["a   b", "─  ──", "c  dd", "e"]),
        ("a table behind text", "t\n\na|b\n-|-\nc|d\n\nt", vec!["t", "", "a  b", "─  ─", "c  d", "", "t"]),
        (
            "a table that is too wide",
            "|aaaaa|bbbbb|ccccc|\n|-|-|-|\n|1|2|3|\n|4||6|",
            vec!["aaaaa: 1", "bbbbb: 2", "ccccc: 3", "", "aaaaa: 4", "ccccc: 6"],
        ),
        ("no table", "a|b\n|-|", vec!["a|b", "|-|"]),
        ("code in a cell", "|a|b|\n|-|-|\n|`x|y`|z|", vec!["a    b", "───  ─", "x|y  z"]),
        ("a link", "[a](b) [b](b)", vec!["a (b) b"]),
        ("a reference", "[a][b]\n\n[b]: c", vec!["[a][b]", "", "[b]: c"]),
        ("html", "<b>\n  x\n</b>\n\n<i>y</i> z", vec!["<b>", "  x", "</b>", "", "<i>y</i> z"]),
        ("stress over lines", "**a\nb** c", vec!["a", "b c"]),
        ("code that is not closed", "a `b", vec!["a `b"]),
        ("no block within text", "x **a\n# b** c", vec!["x **a", "", "b** c"]),
        ("a heading is text", "# 1. a\n# - b", vec!["1. a", "", "- b"]),
        ("windows", "a\r\n\r\n- b\r\n- c\r\n", vec!["a", "", "- b", "- c"]),
        ("hard breaks", "a  \nb\\\nc", vec!["a", "b", "c"]),
    ] {
        assert_eq!(shown(text, 12), expected, "{name}");
    }
}

#[test]
fn source_can_be_taken_out() {
    let text = "a\n```go x\n\tf()\n\n```\n- b\n  ~~~\n  c\n  ~~~\n\n      d\n";
    let found: Vec<_> = code_blocks(text).into_iter().map(|block| (block.info, block.text)).collect();
    let expected = [("go x", "\tf()\n\n"), ("", "c\n"), ("", "d\n")];
    assert_eq!(found, expected.map(|(info, text)| (info.to_owned(), text.to_owned())));
}

#[test]
fn deep_blocks_leave_room_for_words() {
    let deep = format!("{} a b c", "> ".repeat(40));
    for line in shown(&deep, 20) {
        assert!(line.chars().count() <= 20, "{line}");
    }
    assert!(shown(&"- ".repeat(200), 20).len() < 20);
}

#[test]
fn a_long_table_keeps_its_columns() {
    let text = format!("|a|b|\n|-|-|\n{}", "|cc|dd|\n".repeat(100));
    let lines = shown(&text, 40);
    assert_eq!(lines.len(), 102);
    assert!(lines.iter().skip(2).all(|line| line == "cc  dd"), "{lines:?}");
}

#[test]
fn a_long_paragraph_is_one() {
    let words: Vec<String> = (0..2_000).map(|number| format!("w{number}")).collect();
    for between in [" ", " **x** ", " `y` ", " * "] {
        let text = words.join(between);
        let lines = shown(&text, 50);
        let bare = text.replace("**", "").replace('`', "");
        assert_eq!(lines.join(" "), bare, "{between:?}");
        assert!(lines.iter().rev().skip(1).all(|line| line.len() > 38), "no row ends early");
    }
}

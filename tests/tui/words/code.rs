//! Source code in the colours of its syntax.

use crate::tui::snapshot;
use agent::tui::preferences::Colors;
use agent::tui::theme::{Role, Theme};
use agent::tui::words::code::Highlighter;
use ratatui::text::Line;
use std::sync::Arc;

const THEME: Colors = Colors::True;

fn highlighted(highlighter: &Highlighter, name: &str, source: &str) -> Vec<Line<'static>> {
    let mut block = highlighter.block(highlighter.language(name), &Theme::new(THEME));
    source.lines().map(|line| Line::from(block.line(line))).collect()
}

#[test]
fn code_is_plain_until_the_syntaxes_are_there() {
    let highlighter = Arc::new(Highlighter::empty());
    assert!(!highlighter.wanted());
    assert_eq!(highlighted(&highlighter, "", "let a;"), [Line::from("let a;".to_owned())]);
    assert!(!highlighter.wanted(), "no language was named");
    assert_eq!(highlighted(&highlighter, "rust", "let a;"), [Line::from("let a;".to_owned())]);
    assert!(highlighter.wanted());
    let other = Arc::clone(&highlighter);
    std::thread::spawn(move || other.load()).join().unwrap();
    assert!(!highlighter.wanted());
    let line = highlighted(&highlighter, "rust", "let a;").remove(0);
    assert_eq!(line.spans[0].content, "let");
    assert_eq!(line.spans[0].style, Theme::new(THEME).style(Role::Keyword));
}

#[test]
fn languages_by_name_and_by_path() {
    let highlighter = Highlighter::empty();
    highlighter.load();
    for (one, other) in [
        ("rust", "src/main.rs"),
        ("rust,no_run", "main.rs"),
        ("Rust", "rs"),
        ("js", "a/b/c.js"),
        ("jsx", "c.mjs"),
        ("typescript", "c.ts"),
        ("tsx", "App.tsx"),
        ("python", "x.py"),
        ("python3 title=\"x.py\"", "py"),
        ("bash", "x.sh"),
        ("shell", "console"),
        ("dockerfile", "some/Dockerfile"),
        ("makefile", "Makefile"),
        ("c++", "x.cpp"),
        ("toml", "Cargo.toml"),
        ("yaml", "x.yml"),
        ("diff", "patch"),
        ("golang", "x.go"),
    ] {
        assert!(highlighter.language(one).is_some(), "{one}");
        assert_eq!(highlighter.language(one), highlighter.language(other), "{one} and {other}");
    }
    for name in ["", "  ", "text", "txt", "no-such-language", "a.no-such-extension", "x/y/z"] {
        assert!(highlighter.language(name).is_none(), "{name}");
    }
}

#[test]
fn what_is_too_long_is_plain() {
    let highlighter = Highlighter::empty();
    highlighter.load();
    let long = format!("let a = \"{}\";", "x".repeat(2_000));
    let lines = highlighted(&highlighter, "rust", &format!("{long}\nlet b;"));
    assert_eq!(lines[0].spans.len(), 1);
    assert!(lines[1].spans.len() > 1, "the next line has its colours");
    let many = highlighted(&highlighter, "rust", &"let a;\n".repeat(3_001));
    assert!(many[2_999].spans.len() > 1);
    assert_eq!(many[3_000].spans.len(), 1);
}

#[test]
fn sources_in_colours() {
    let highlighter = Highlighter::empty();
    highlighter.load();
    let mut lines = Vec::new();
    for (name, source) in [
        (
            "rust",
            "/// Adds.\npub fn add(a: u32) -> Result<u32, Error> {\n\tlet text = \"a\\n\"; // why\n\tOk(a + 1)\n}",
        ),
        (
            "python",
            "@cache\ndef f(x: int) -> str:\n    \"\"\"doc\n    more\"\"\"\n    return f\"{x!r}\" if not x else None",
        ),
        ("ts", "export const f = async (a: number) => { await g(`x ${a}`); };"),
        ("json", "{ \"key\": [1, true, null, \"text\"] }"),
        ("toml", "[package]\nname = \"agent\" # name\nedition = 2024"),
        ("sh", "for f in *.rs; do echo \"$f\" | wc -l; done # count"),
        ("diff", "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-old\n+new"),
        ("html", "<a href=\"x\">text</a> <!-- no -->"),
    ] {
        lines.push(Line::from(format!("= {name}")));
        lines.extend(highlighted(&highlighter, name, source));
    }
    snapshot::check("words-code", &snapshot::lines(&lines));
}

//! Every kind of cell as lines: at 80 and 200 columns, with colours and without, folded and open.

use super::script::*;
use super::snapshot::{check, styled, text};
use agent::base::access::{Mode, Remember};
use agent::base::change::{ChangeKind, FileChange};
use agent::base::event::*;
use agent::base::message::Part;
use agent::base::money::Usd;
use agent::transcript::view::View;
use agent::tui::cell::{Look, blocks, gap, lines};
use agent::tui::preferences::Colors;
use agent::tui::theme::Theme;
use agent::tui::words::code::Highlighter;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

/// A session with every kind of cell in it.
pub fn zoo() -> View {
    use StepStatus::{Completed, InProgress, Pending};
    let mut script = Script::default();
    let done = ToolStatus::Done;
    script.event(started(false)).event(task("Make the greeting polite.\n\nIt should name whom it greets, also in 日本語, and must not break the tests that are there already.\n\tTabs are kept apart."));
    script.event(message(vec![
        thinks("**Looking at the code**\n\nThe greeting is in main.rs, so I read it first and see who calls it."),
        Part::Text { text: "I look at `main.rs` first.\n\n- what it prints\n- who **calls** it\n\n```rust\nfn main() {\n    println!(\"hello\");\n}\n```\n\nThen I change it.".into() },
        call("0", "shell", "{\"command\":\"curl evil.example\"}"),
    ]));
    script.event(ran("0", "shell", ToolStatus::Denied, "not allowed in mode read: commands may not use the network"));
    script.event(runs("1", "read", "read src/main.rs")).event(ran("1", "read", done, "fn main() {}\n"));
    script.event(runs("2", "search", "search \"hello\" in src")).event(ran("2", "search", done, "src/main.rs:2"));
    script.event(runs(
        "3",
        "shell",
        "shell cargo test --workspace --all-features -- --nocapture greeting::polite && echo all of it went well",
    ));
    let output: String = (1..=12).map(|number| format!("\u{1b}[32mtest {number}\u{1b}[0m ... ok\n")).collect();
    script.event(command("3", 101, &format!("{output}error: \u{1b}]0;owned\u{7}test failed\n[exit code 101]")));
    script.event(asks(1, "4", "writes `src/main.rs`")).event(allow(1, Remember::Session));
    script.event(runs("4", "edit", "edit src/main.rs")).event(edited("4", vec![change("src/main.rs"), created()]));
    script.event(ran("4", "edit", done, "done"));
    script.event(plan(&[("read the greeting", Completed), ("make it polite", InProgress), ("run the tests", Pending)]));
    script.event(with_image("also greet in the evening"));
    script.event(runs("5", "shell", "shell git commit -am polite"));
    script.event(Event::HostDenied(HostDenied {
        call: "5".into(),
        host: "evil.example".into(),
        port: 443,
        why: "it is on no list".into(),
    }));
    script.event(Event::Committed(Committed {
        call: "5".into(),
        commits: vec![Commit { id: "0123456789abcdef".into(), subject: "polite".into(), marked: true }],
    }));
    script.event(command("5", 0, "[main 0123456] polite"));
    script.event(asks(2, "6", "leaves the jail: `git push`")).event(deny(2, Some("I push myself")));
    script.event(asks(3, "7", "writes three files")).event(reviewed(3));
    script.event(asks(4, "8", "an open question"));
    script.event(Event::CheckStarted { command: "cargo test".into(), round: 1 }).event(super::script::check(
        "cargo test",
        false,
        1,
    ));
    script.event(says(Source::Check, "the check `cargo test` failed:\n1 test failed"));
    script.event(Event::CheckStarted { command: "cargo test".into(), round: 2 }).event(super::script::check(
        "cargo test",
        true,
        2,
    ));
    script.event(waiting(2)).event(switched());
    script.event(Event::BudgetNoticed(BudgetNoticed {
        scope: Scope::Session,
        limit_usd: Usd(500_000),
        used_usd: Usd(450_000),
        text: "a cheaper model goes on".into(),
    }));
    script.event(Event::ModeChanged { from: Mode::Auto, to: Mode::Ask });
    script.event(message(vec![Part::Refusal { text: "I must not do that.".into() }]));
    script.event(aside("what does `-n` do?", "It numbers the lines."));
    script.event(Event::Ran {
        command: "git status -s".into(),
        output: " M src/main.rs\n\u{1b}[31m?? x\u{1b}[0m".into(),
        exit: Some(1),
    });
    script.event(outcome(Status::Done, "The greeting is polite now.", None));
    script.event(task("and again")).event(outcome(
        Status::Limit,
        "",
        Some(("the session's budget of $0.50 is used up", "raise it with --max-cost; or go on with -m")),
    ));
    script.event(task("one more")).event(runs("9", "shell", "shell sleep 100"));
    script.view
}

fn created() -> FileChange {
    let lines: String = (1..=60).map(|number| format!("+line {number}\n")).collect();
    let diff = format!("--- /dev/null\n+++ b/long.txt\n@@ -0,0 +1,60 @@\n{lines}");
    FileChange { kind: ChangeKind::Create, diff, added: 60, removed: 0, ..change("long.txt") }
}

fn all(view: &View, look: &Look<'_>) -> Vec<Line<'static>> {
    let mut all = Vec::new();
    let mut before = None;
    for cell in view.cells() {
        if before.is_some_and(|before| gap(before, cell)) {
            all.push(Line::default());
        }
        all.extend(lines(cell, look));
        before = Some(cell);
    }
    all
}

fn drawn(lines: &[Line<'_>], width: u16) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, u16::try_from(lines.len()).unwrap()));
    for (row, line) in lines.iter().enumerate() {
        assert!(line.width() <= usize::from(width), "too wide: {line:?}");
        buffer.set_line(0, u16::try_from(row).unwrap(), line, width);
    }
    buffer
}

#[test]
fn every_cell_as_it_is_shown() {
    let view = zoo();
    let highlighter = Highlighter::empty();
    highlighter.load();
    let (colored, plain) = (Theme::new(Colors::Sixteen), Theme::new(Colors::None));
    for (name, width, theme, open) in [
        ("cells-80", 80, &colored, false),
        ("cells-200", 200, &colored, false),
        ("cells-80-open", 80, &plain, true),
        ("cells-80-no-color", 80, &plain, false),
        ("cells-40", 40, &plain, false),
    ] {
        let look = Look { width, rows: 24, theme, highlighter: &highlighter, open };
        let buffer = drawn(&all(&view, &look), width);
        check(name, &if theme == &colored { styled(&buffer) } else { text(&buffer) });
    }
}

#[test]
fn foreign_text_stays_text() {
    let hostile = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{202e}evil\u{200b}\r\u{8}\u{9b}31m";
    let mut script = Script::default();
    script.event(task(hostile)).event(message(vec![thinks(hostile), Part::Text { text: hostile.into() }]));
    script.event(message(vec![Part::Refusal { text: hostile.into() }]));
    script.event(runs("1", hostile, hostile)).event(edited("1", vec![hostile_change(hostile)]));
    script.event(ran("1", hostile, ToolStatus::Failed, hostile));
    script.event(plan(&[(hostile, StepStatus::Pending)])).event(asks(1, "1", hostile)).event(deny(1, Some(hostile)));
    script
        .event(Event::CheckStarted { command: hostile.into(), round: 1 })
        .event(Event::Notice { text: hostile.into() });
    script.event(aside(hostile, hostile)).event(Event::Ran {
        command: hostile.into(),
        output: hostile.into(),
        exit: None,
    });
    script.event(outcome(Status::Limit, hostile, Some((hostile, hostile))));
    let theme = Theme::new(Colors::None);
    let highlighter = Highlighter::empty();
    for open in [false, true] {
        let look = Look { width: 60, rows: 24, theme: &theme, highlighter: &highlighter, open };
        for line in all(&script.view, &look) {
            let text: String = line.spans.iter().map(|span| span.content.as_ref()).collect();
            let bad =
                text.chars().find(|char| char.is_control() || matches!(char, '\u{202a}'..='\u{202e}' | '\u{200b}'));
            assert_eq!(bad, None, "{text:?}");
        }
    }
}

fn hostile_change(hostile: &str) -> FileChange {
    let diff = format!("@@ -1 +1 @@ {hostile}\n-{hostile}\n+{hostile}\n");
    FileChange { from: Some(hostile.into()), diff, ..change(hostile) }
}

#[test]
fn code_blocks_can_be_taken_out() {
    let mut script = Script::default();
    script.event(answer("a\n```sh\nls\nrm x\n```\nb\n\n    indented\n\n> ```\n> quoted\n> ```\n"));
    assert_eq!(blocks(script.view.cells().first().unwrap()), ["ls\nrm x\n", "indented\n", "quoted\n"]);
}

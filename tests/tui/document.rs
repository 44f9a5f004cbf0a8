//! The tables and the captures of `docs/tui.md` are made here, from the program; `UPDATE=1 cargo test screen_document` writes them anew.

use crate::support::{Project, Reply, Screen, Server, Wire};
use agent::tui::commands::COMMANDS;
use agent::tui::keys::Keys;
use agent::tui::status::ITEMS;
use agent::tui::theme::Role;
use serde_json::json;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

const SOURCE: &str = "fn area(width: u32, height: u32) -> u32 {\n    width * height\n}\n\nfn main() {\n    let area = area(6, 7);\n    println!(\"{area}\");\n}\n";
const ANSWER: &str = "`area` multiplies without a check, so a large room **overflows**:\n\n```rust\nassert_eq!(area(70_000, 70_000), 605_032_704);\n```\n\n- `checked_mul` says so.\n- `u64` has room for it.\n";

#[test]
fn the_screen_document_shows_what_the_program_shows() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/tui.md");
    let kept = std::fs::read_to_string(&path).unwrap();
    let mut fresh = kept.clone();
    let [start, answer, question, review] = captures();
    let parts = [
        ("start", fenced(&start)),
        ("answer", fenced(&answer)),
        ("question", fenced(&question)),
        ("review", fenced(&review)),
        ("wide", fenced(&wide())),
        ("commands", commands()),
        ("keys", Keys::default().markdown()),
        ("status", status()),
        ("roles", roles()),
    ];
    for (name, text) in parts {
        fresh = with_part(&fresh, name, &text);
    }
    if std::env::var_os("UPDATE").is_some_and(|value| value == "1") {
        std::fs::write(&path, &fresh).unwrap();
        return;
    }
    let other = kept.lines().zip(fresh.lines()).find(|(kept, fresh)| kept != fresh);
    assert!(kept == fresh, "docs/tui.md is out of date: UPDATE=1 cargo test screen_document: {other:?}\n{fresh}");
}

/// The document with this between the two marks of a part.
fn with_part(document: &str, name: &str, text: &str) -> String {
    let (begin, end) = (format!("<!-- begin:{name} -->\n"), format!("<!-- end:{name} -->"));
    let (before, rest) = document.split_once(&begin).unwrap_or_else(|| panic!("no begin of {name}"));
    let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("no end of {name}"));
    format!("{before}{begin}\n{}\n\n{end}{after}", text.trim_end())
}

fn fenced(screen: &str) -> String {
    let first = screen.lines().position(|line| !line.is_empty()).unwrap_or(0);
    let rows: Vec<String> = screen.lines().skip(first).map(timeless).collect();
    format!("```text\n{}\n```", rows.join("\n"))
}

/// How long things took is not the same twice.
fn timeless(line: &str) -> String {
    let is_number = |text: &str| !text.is_empty() && text.chars().all(|char| char.is_ascii_digit() || char == '.');
    let part = |part: &str| match part.rsplit_once(' ') {
        Some((number, "ms" | "s")) if is_number(number) => "2.1 s".to_owned(),
        _ => part.to_owned(),
    };
    line.split(" · ").map(part).collect::<Vec<_>>().join(" · ")
}

fn project() -> Project {
    let second = json!([
        {"path": "src/main.rs", "old_string": "u32) -> u32 {\n    width * height", "new_string": "u32) -> u64 {\n    u64::from(width) * u64::from(height)"},
        {"path": "README.md", "old_string": "in `u32`", "new_string": "in `u64`"},
    ]);
    let steps = vec![Reply::text(ANSWER).into(), Reply::call("edit", json!({ "edits": second })).into()];
    Project::new()
        .git()
        .file("src/main.rs", SOURCE)
        .file("README.md", "# Rooms\n\nAreas are in `u32`.\n")
        .server(Server::start(Wire::Messages, steps))
        .env("AGENT_MODEL", "anthropic/claude-sonnet-5")
}

/// Waits until the line of a task's end, and the status below it, are there.
fn answered(project: &Project, rows: u16, columns: u16) -> Screen {
    let mut screen = Screen::start(&project.command(&[]), rows, columns);
    screen.wait_for("· main");
    screen.keys("is there a bug in area?\r").wait_for("done ·");
    screen.wait_for(" % of ");
    screen
}

/// The screen once it shows this, and no frame is half on it.
fn shot(screen: &Screen, text: &str) -> String {
    screen.wait_for(text).wait_quiet(Duration::from_millis(300)).text()
}

fn captures() -> [String; 4] {
    let project = project();
    let screen = Screen::start(&project.command(&[]), 24, 80);
    let start = shot(&screen, "jailed · main");
    drop(screen);
    let mut screen = answered(&project, 24, 80);
    let answer = shot(&screen, "done ·");
    screen.keys("use u64\r").wait_for("asks to change 2 files");
    let question = below_prompt(&shot(&screen, "view all"), "› use u64");
    screen.answer("r").wait("the review never opens", Screen::is_full);
    [start, answer, question, shot(&screen, "? all keys")]
}

fn wide() -> String {
    let project = project();
    let mut screen = answered(&project, 50, 200);
    screen.keys("use u64\r").wait_for("asks to change 2 files");
    screen.answer("r").wait("the review never opens", Screen::is_full);
    // Rows without anything are left out.
    let text = shot(&screen, "? all keys");
    let mut rows: Vec<&str> = Vec::new();
    for row in text.lines() {
        if !row.is_empty() || rows.last().is_none_or(|last| !last.is_empty()) {
            rows.push(row);
        }
    }
    rows.join("\n")
}

/// From the row that holds this on.
fn below_prompt(screen: &str, begin: &str) -> String {
    let from = screen.find(begin).unwrap_or(0);
    screen[from..].to_owned()
}

fn commands() -> String {
    let mut text = String::from("| Command | What it does |\n|---|---|\n");
    for command in COMMANDS {
        let usage = format!("/{} {}", command.name, command.args);
        let _ = writeln!(text, "| `{}` | {} |", usage.trim_end(), command.help);
    }
    text
}

fn status() -> String {
    let names: Vec<String> = ITEMS.iter().map(|(name, _)| format!("\"{name}\"")).collect();
    format!("```toml\ntui.status = [{}]\n```", names.join(", "))
}

fn roles() -> String {
    let names: Vec<String> = Role::ALL.iter().map(|role| format!("`{}`", role.name())).collect();
    format!("The roles: {}.", names.join(", "))
}

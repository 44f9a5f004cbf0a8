//! Changes to look at: made as the engine makes them.

use agent::base::access::{Access, Ask};
use agent::base::change::FileChange;
use agent::edit::change::{ChangeSet, FileEdit, Mode};
use agent::tui::preferences::Colors;
use agent::tui::theme::Theme;

pub fn edit(path: &str, before: Option<&str>, after: Option<&str>) -> FileEdit {
    let bytes = |text: &str| text.as_bytes().into();
    FileEdit { path: path.into(), from: None, before: before.map(bytes), after: after.map(bytes), mode: None }
}

pub fn shown(edits: Vec<FileEdit>) -> Vec<FileChange> {
    ChangeSet { files: edits }.summary()
}

pub fn one(path: &str, before: &str, after: &str) -> FileChange {
    shown(vec![edit(path, Some(before), Some(after))]).remove(0)
}

/// `count` numbered lines, those of `changed` in other words.
pub fn numbered(count: usize, changed: &[usize]) -> String {
    let line = |number: usize| match changed.contains(&number) {
        true => format!("    let value_{number} = compute(\"new\", {number});\n"),
        false => format!("    let value_{number} = make({number});\n"),
    };
    (1..=count).map(line).collect()
}

/// Three files with five hunks, as an edit would make them.
pub fn several() -> Vec<FileEdit> {
    vec![
        edit("src/engine/parser.rs", Some(&numbered(40, &[])), Some(&numbered(40, &[3, 4, 20, 38]))),
        edit("src/engine/token.rs", None, Some("pub enum Token {\n    Word(String),\n    Number(u64),\n}\n")),
        edit("README.md", Some("# Parser\n\nIt parses.\n"), Some("# Parser\n\nIt parses words and numbers.\n")),
    ]
}

/// One of each kind that is no plain edit.
pub fn odd() -> Vec<FileEdit> {
    let renamed = FileEdit {
        from: Some("src/old_name.rs".into()),
        ..edit("src/new_name.rs", Some("fn a() {}\n"), Some("fn a() {}\n"))
    };
    let mode = Some(Mode { before: false, after: true });
    vec![
        renamed,
        edit("src/gone.rs", Some("fn gone() {\n    old();\n}\n"), None),
        edit("assets/logo.png", Some("\0old"), Some("\0new")),
        FileEdit { mode, ..edit("run.sh", Some("#!/bin/sh\n"), Some("#!/bin/sh\n")) },
        edit("empty.txt", None, Some("")),
        edit("windows.txt", Some("one\r\ntwo\r\nthree\r\n"), Some("one\r\n2\r\nthree\r\n")),
    ]
}

pub fn question(change: Vec<FileChange>) -> Ask {
    let access = change.iter().map(|file| Access::Write { path: file.path.clone() }).collect();
    Ask {
        id: 7,
        call: "call-1".into(),
        tool: "edit".into(),
        why: "mode ask shows each edit".into(),
        access,
        change,
        made: false,
    }
}

pub fn plain() -> Theme {
    Theme::new(Colors::None)
}

pub fn colored() -> Theme {
    Theme::new(Colors::Sixteen)
}

//! `docs/edits.md`: every example in it is run, and it names every format and every cause.

use super::bench::Memory;
use crate::support::{Project, run_command};
use agent::edit::{Cause, Format};
use std::fs::{self, File};
use std::time::Duration;

fn document() -> String {
    fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/edits.md")).unwrap()
}

/// The fenced blocks of a text: what is between a fence and the next of the same length.
fn blocks(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let fence: String = line.chars().take_while(|char| *char == '`').collect();
        if fence.len() >= 3 {
            found.push(lines.by_ref().take_while(|line| *line != fence).map(|line| format!("{line}\n")).collect());
        }
    }
    found
}

/// The text under a heading, up to the next of its level or above.
fn section<'d>(document: &'d str, heading: &str) -> &'d str {
    let (_, rest) = document.split_once(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("no {heading}"));
    let level = heading.chars().take_while(|char| *char == '#').count();
    let ends = (1..=level).filter_map(|level| rest.find(&format!("\n{} ", "#".repeat(level)))).min();
    &rest[..ends.unwrap_or(rest.len())]
}

/// The file of the examples before, and after the first of each format.
fn file(document: &str) -> (String, String) {
    let all = blocks(section(document, "## The five formats"));
    (all[0].clone(), all[1].clone())
}

#[test]
fn every_example_applies() {
    let document = document();
    let (before, after) = file(&document);
    for format in Format::ALL.into_iter().filter(|format| *format != Format::Auto) {
        let examples = blocks(section(&document, &format!("### `{}`", format.name())));
        for (number, example) in examples.iter().enumerate() {
            for format in [format, Format::Auto] {
                let memory = Memory::new(&[("greet.py", before.as_bytes())]);
                let memory = if example.contains("\"files\"") { memory.overwrite() } else { memory };
                let made = memory.after(format, example).unwrap_or_else(|refusal| panic!("{refusal}\n{example}"));
                if number == 0 {
                    assert_eq!(made.files["greet.py"].0, after.as_bytes(), "{example}");
                    assert_eq!(made.files.len(), 1);
                } else {
                    assert!(made.files.contains_key("docs/greet.md"), "{example}");
                }
            }
        }
        assert!(!examples.is_empty(), "{}", format.name());
    }
}

#[test]
fn the_json_lines_are_what_the_program_prints() {
    let document = document();
    let (before, _) = file(&document);
    let edit = blocks(section(&document, "### `edit`")).remove(0);
    let project = Project::new().file("greet.py", &before);
    let path = project.home().join("edit");
    fs::write(&path, edit).unwrap();
    let printed = |args: &[&str]| {
        let mut command = project.command(args);
        command.stdin(File::open(&path).unwrap());
        run_command(command, Duration::from_secs(60)).stdout
    };
    let lines = [&["apply", "--check", "--json"][..], &["apply", "--json"], &["apply", "--json"]].map(printed).concat();
    assert_eq!(blocks(section(&document, "## JSON lines")), [lines]);
}

/// The compiler says when a cause is new; it belongs into the table then, and into this list.
#[test]
fn every_cause_stands_in_its_table() {
    use Cause::{
        AlreadyApplied, Content, CutOff, Elided, Exists, Malformed, Missing, NoChange, NotFound, NotUnique, Path,
    };
    let all =
        [Malformed, CutOff, Elided, NotFound, NotUnique, AlreadyApplied, NoChange, Exists, Missing, Path, Content];
    let document = document();
    let rows: Vec<&str> =
        section(&document, "## What is refused").lines().filter(|line| line.starts_with("| `")).collect();
    assert_eq!(rows.len(), all.len());
    for cause in all {
        let known = match cause {
            Malformed | CutOff | Elided | NotFound | NotUnique | AlreadyApplied | NoChange | Exists | Missing
            | Path | Content => serde_json::to_value(cause).unwrap(),
        };
        let row = format!("| `{}` |", known.as_str().unwrap());
        assert!(rows.iter().any(|line| line.starts_with(&row)), "docs/edits.md does not name {row}");
    }
}

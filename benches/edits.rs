//! How fast edits are made, from the text of the edit to the bytes of the file; the yardstick is to write and read the file.

use super::{median, row, time};
use agent::edit::{Format, Found, Present, Refusal, Tree, change_set};
use serde_json::json;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

const RUNS: usize = 3;
const LARGE: usize = 50 << 20;

/// A tree of one file, `f`.
struct One {
    bytes: Arc<[u8]>,
}

impl Tree for One {
    fn look(&self, path: &str) -> Result<Found, Refusal> {
        let present = (path == "f").then(|| Present { bytes: self.bytes.clone(), executable: false });
        Ok(Found { path: path.into(), present, may_overwrite: true })
    }
}

pub fn rows() {
    let each = |name: &str, ending: &str, slip: bool| {
        let (edits, patches) = (one_after_the_other(ending, slip, edit), one_after_the_other(ending, slip, patch));
        row(&format!("an edit in 5,000 lines{name}"), edits, None, "1 ms");
        row(&format!("the same as a patch{name}"), patches, None, "1 ms");
    };
    each("", "\n", false);
    each(", CR LF, tolerant", "\r\n", true);
    in_large_file();
    with_many_hunks();
}

/// Rows for one file and edits of it; the budget is ten times the yardstick.
struct Rows {
    tree: One,
    disk: Duration,
}

impl Rows {
    fn of(text: &str) -> Self {
        Rows { tree: One { bytes: text.as_bytes().into() }, disk: disk(text.as_bytes()) }
    }

    fn row(&self, name: &str, format: Format, edit: &str, fits: bool) {
        let once = |_| time(|| assert_eq!(change_set(format, edit.as_bytes(), &self.tree).is_ok(), fits, "{name}"));
        let budget = format!("{:.0} ms", super::millis(self.disk) * 10.0);
        row(name, median((0..RUNS).map(once).collect()), Some(self.disk), &budget);
    }
}

fn in_large_file() {
    let text = lines(0..LARGE / 50, "\n");
    let rows = Rows::of(&text);
    let (old, new) = (line(LARGE / 100), "let changed = 1;");
    rows.row("50 MB, one edit", Format::Edit, &edit(&old, new), true);
    rows.row("50 MB, patch", Format::Patch, &patch(&old, new), true);
    rows.row("50 MB, udiff", Format::Udiff, &format!("--- a/f\n+++ b/f\n@@ -1 +1 @@\n-{old}\n+{new}\n"), true);
    let block = format!("f\n<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE\n");
    rows.row("50 MB, block", Format::Blocks, &block, true);
    let whole = json!({"files": [{"path": "f", "content": text.replacen(&old, new, 1)}]}).to_string();
    rows.row("50 MB, whole", Format::Whole, &whole, true);
    rows.row("50 MB, one edit, tolerant", Format::Edit, &edit(&format!("{}  ", old.trim()), new), true);
    rows.row("50 MB, patch, tolerant", Format::Patch, &patch(old.trim(), new), true);
    rows.row("50 MB, one edit, refused", Format::Edit, &edit("let nowhere = 1;", new), false);
    rows.row("50 MB, patch, refused", Format::Patch, &patch("let nowhere = 1;", new), false);
    rows.row("50 MB, udiff of 10,000 hunks", Format::Udiff, &hunks(10_000, Header::Numbers), true);
    rows.row("50 MB, patch of 10,000 hunks", Format::Patch, &hunks(10_000, Header::None), true);
}

fn with_many_hunks() {
    let rows = Rows::of(&lines(0..100_000, "\n"));
    rows.row("5 MB, patch of 1,000 anchored hunks", Format::Patch, &hunks(1000, Header::Anchors), true);
    let shifted = hunks(1000, Header::None)
        .replace("\n     let", "\n let")
        .replace("\n-    let", "\n-let")
        .replace("\n+    let", "\n+let");
    rows.row("5 MB, patch of 1,000 hunks, tolerant", Format::Patch, &shifted, true);
    // Each line 20 times, so that numbers have to settle each hunk.
    let twins = Rows::of(&lines((0..100_000).map(|number| number % 5000), "\n"));
    let numbered: String = hunks(1000, Header::Numbers).split_inclusive('\n').map(twin).collect();
    twins.row("5 MB, udiff of 1,000 hunks among twins", Format::Udiff, &numbered, true);
}

/// The line of a diff as it is in a file where the first 5,000 lines come over and over.
fn twin(signed: &str) -> String {
    let number = signed.split_once("value_").and_then(|(_, rest)| rest.get(..7)?.parse::<usize>().ok());
    match number {
        Some(number) => format!("{}{}\n", &signed[..1], line(number % 5000)),
        None => signed.to_owned(),
    }
}

/// A line that is there once, of about 50 bytes with its ending.
fn line(number: usize) -> String {
    format!("    let value_{number:07} = compute({:09}) + 1;", number * 7919 % 1_000_000_007)
}

fn lines(numbers: impl Iterator<Item = usize>, ending: &str) -> String {
    let mut text = String::new();
    for number in numbers {
        let _ = write!(text, "{}{ending}", line(number));
    }
    text
}

fn edit(old: &str, new: &str) -> String {
    json!({"edits": [{"path": "f", "old_string": old, "new_string": new}]}).to_string()
}

fn patch(old: &str, new: &str) -> String {
    format!("*** Begin Patch\n*** Update File: f\n@@\n-{old}\n+{new}\n*** End Patch\n")
}

/// What stands before a hunk.
#[derive(Clone, Copy)]
enum Header {
    Numbers,
    Anchors,
    None,
}

/// A hunk of five lines at every hundredth line: a diff where it has numbers, else a patch.
fn hunks(count: usize, header: Header) -> String {
    let mut text = match header {
        Header::Numbers => "--- a/f\n+++ b/f\n".to_owned(),
        Header::Anchors | Header::None => "*** Begin Patch\n*** Update File: f\n".to_owned(),
    };
    for hunk in 0..count {
        let at = hunk * 100 + 1;
        let before = match header {
            Header::Numbers => format!("@@ -{0},5 +{0},5 @@", at + 1),
            Header::Anchors => format!("@@ {}", line(at - 1)),
            Header::None => "@@".to_owned(),
        };
        let [a, b, c, d, e] = [0, 1, 2, 3, 4].map(|offset| line(at + offset));
        let _ = write!(text, "{before}\n {a}\n {b}\n-{c}\n+    let other_{hunk} = 1;\n {d}\n {e}\n");
    }
    if !matches!(header, Header::Numbers) {
        text.push_str("*** End Patch\n");
    }
    text
}

/// The time of each of 1,000 edits of one file, each made of what the one before left.
fn one_after_the_other(ending: &str, slip: bool, render: fn(&str, &str) -> String) -> Duration {
    const EDITS: u32 = 1000;
    let format = Format::Auto;
    let mut tree = One { bytes: lines(0..5000, ending).as_bytes().into() };
    let edits: Vec<String> = (0..EDITS as usize)
        .map(|number| {
            let at = number * 4999 % 5000;
            let (old, new) = (line(at), format!("    let other_{at} = 1;"));
            // Without its indentation, and with a blank at its end, so that nothing fits exactly.
            if slip { render(&format!("{} ", old.trim()), new.trim()) } else { render(&old, &new) }
        })
        .collect();
    let all = time(|| {
        for edit in &edits {
            let mut change = change_set(format, edit.as_bytes(), &tree).expect("it fits");
            tree.bytes = change.files.pop().and_then(|file| file.after).expect("the file is there");
        }
    });
    all / EDITS
}

/// To write a file and read it again.
fn disk(bytes: &[u8]) -> Duration {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("f");
    let once = |_| {
        time(|| {
            std::fs::write(&path, bytes).expect("it can be written");
            drop(std::fs::read(&path));
        })
    };
    median((0..RUNS).map(once).collect())
}

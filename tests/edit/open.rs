//! What is not yet as it should be. A case that has been mended moves to the file of its kind.

use super::bench::{Memory, all_become, block, diff, edit, one, update};
use crate::support::{Project, run_command};
use agent::edit::{Cause, Format};

/// New lines inside a line of a CR LF file end as the file's do.
#[test]
fn new_lines_inside_a_line_of_cr_lf() {
    all_become(Format::Edit, &[("CR LF", b"a b\r\nc\r\n", edit("b", "b\nx"), b"a b\r\nx\r\nc\r\n")]);
}

/// A byte order mark that is sent with the text is the file's own, and there is one of it.
#[test]
fn a_byte_order_mark_sent_too() {
    let (before, after) = (b"\xef\xbb\xbfone\ntwo\n", b"\xef\xbb\xbf1\ntwo\n");
    all_become(Format::Edit, &[("edit", before, edit("\u{feff}one\n", "\u{feff}1\n"), after)]);
    all_become(Format::Blocks, &[("blocks", before, block("\u{feff}one\n", "\u{feff}1\n"), after)]);
    all_become(Format::Patch, &[("patch", before, update("@@\n-\u{feff}one\n+\u{feff}1"), after)]);
    all_become(Format::Udiff, &[("udiff", before, diff("@@ -1,2 +1,2 @@\n-\u{feff}one\n+\u{feff}1\n two"), after)]);
}

/// A whole text in CR LF onto a file in LF, with one line changed, does not leave a file of both.
#[test]
fn a_whole_text_ends_lines_as_the_file_does() {
    let edit = serde_json::json!({"files": [{"path": "f", "content": "a\r\nc\r\n"}]}).to_string();
    let after = Memory::new(&[("f", b"a\nb\n")]).overwrite().after(Format::Whole, edit).unwrap();
    assert_eq!(after.files["f"].0.escape_ascii().to_string(), r"a\nc\n");
}

/// Blank lines that differ from the file's, in a block that is sent as removed and added as a whole, were not meant.
#[test]
fn blank_lines_in_a_rewritten_block() {
    let signed =
        |sign: char, text: &str| text.split_inclusive('\n').map(|line| format!("{sign}{line}")).collect::<String>();
    let cases: [(&str, &[u8], &str, &[u8]); 5] = [
        ("blanks in it", b"one = 1\n    \ntwo = 2\n", "\n", b"one = 1\n    \ntwo = 3\n"),
        ("blanks in the edit's", b"one = 1\n\ntwo = 2\n", "    \n", b"one = 1\n\ntwo = 3\n"),
        ("one too many sent", b"one = 1\ntwo = 2\n", "\n", b"one = 1\ntwo = 3\n"),
        ("one missing", b"one = 1\n\ntwo = 2\n", "", b"one = 1\n\ntwo = 3\n"),
        ("one for two", b"one = 1\n\n\ntwo = 2\n", "\n", b"one = 1\n\n\ntwo = 3\n"),
    ];
    for (name, before, blank, after) in cases {
        let hunk = format!(
            "@@\n{}{}",
            signed('-', &format!("one = 1\n{blank}two = 2\n")),
            signed('+', &format!("one = 1\n{blank}two = 3\n"))
        );
        all_become(Format::Patch, &[(name, before, update(hunk.trim_end()), after)]);
        all_become(Format::Udiff, &[(name, before, diff(hunk.trim_end()), after)]);
    }
}

/// Counts that cannot be right do not tell of a cut: too few old lines and too many new ones; or as many old lines
/// missing as new ones, where the hunk's last line is the last of the file.
#[test]
fn counts_that_contradict_each_other() {
    for counts in ["-1,4 +1,6", "-1,6 +1,6", "-1,7 +1,7"] {
        let text = diff(&format!("@@ {counts} @@\n one\n two\n-three\n+THREE\n four\n five"));
        let after = b"one\ntwo\nTHREE\nfour\nfive\n";
        all_become(Format::Udiff, &[(counts, b"one\ntwo\nthree\nfour\nfive\n", text, after)]);
    }
}

/// A hunk whose old lines are not there, and whose new ones are, was applied before; the refusal says so.
#[test]
fn a_hunk_that_was_applied_before() {
    let after = b"one\nbetter line\nthree\n";
    let hunk = "@@ -1,3 +1,3 @@\n one\n-good line\n+better line\n three";
    for (format, text) in [
        (Format::Patch, update(hunk)),
        (Format::Udiff, diff(hunk)),
        (Format::Blocks, block("one\ngood line\nthree\n", "one\nbetter line\nthree\n")),
    ] {
        let (cause, words) = one(format, after, text).expect_err(format.name());
        assert_eq!(cause, Cause::AlreadyApplied, "{}: {words}", format.name());
    }
}

/// A new text of a letter or a bracket that is somewhere in the file is no sign that the edit was made.
#[test]
fn a_new_text_that_is_everywhere_proves_nothing() {
    let before = b"fn main() {\n    run(x);\n}\n";
    for new in ["}", "x", "    ", "()"] {
        let (cause, words) = one(Format::Edit, before, edit("    stop(y);\n", new)).expect_err(new);
        assert_eq!(cause, Cause::NotFound, "{new:?}: {words}");
    }
}

/// Of several edits the one that is refused is named, with its file.
#[test]
fn one_of_several_is_named() {
    let memory = Memory::new(&[("f", b"one\n"), ("g", b"two\n")]);
    let words = |format: Format, text: &str| memory.after(format, text).unwrap_err().words;
    let edits = r#"{"edits": [{"path": "f", "old_string": "one", "new_string": "1"}, {"path": "g", "old_string": "three", "new_string": "3"}]}"#;
    let blocks = format!("{}{}", block("one\n", "1\n"), block("three\n", "3\n"));
    let said = words(Format::Edit, edits);
    assert!(said.contains("`g`"), "{said}");
    let said = words(Format::Blocks, &blocks);
    assert!(said.contains("line 8 of the edit"), "{said}");
}

/// An edit whose new text stands in the place of its old text was made before, whatever it adds.
#[test]
fn an_edit_that_only_adds_signs_is_not_made_twice() {
    let (old, new) = ("say(a + b)", "say(a + b)!;");
    let (cause, words) = one(Format::Edit, b"say(a + b)!;\n", edit(old, new)).expect_err("it was made before");
    assert_eq!(cause, Cause::AlreadyApplied, "{words}");
}

/// A number that is right settles one of any number of places.
#[test]
fn a_number_among_very_many_places() {
    let before = "x = 1\n".repeat(200);
    let after = format!("{}x = 2\n{}", "x = 1\n".repeat(149), "x = 1\n".repeat(50));
    let text = diff("@@ -150 +150 @@\n-x = 1\n+x = 2");
    all_become(Format::Udiff, &[("line 150 of 200", before.as_bytes(), text, after.as_bytes())]);
}
/// `--check` says what would happen: what cannot be written is refused by it too.
#[test]
fn check_looks_at_what_writing_looks_at() {
    let project = Project::new().file("f", "a\n").file("edit", "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n");
    std::fs::hard_link(project.path().join("f"), project.path().join("second")).unwrap();
    let code = |args: &[&str]| {
        let mut command = project.command(args);
        command.stdin(std::fs::File::open(project.path().join("edit")).unwrap());
        run_command(command, std::time::Duration::from_secs(60)).code
    };
    assert_eq!((code(&["apply"]), code(&["apply", "--check"])), (1, 1));
}

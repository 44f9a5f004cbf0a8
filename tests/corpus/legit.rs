//! Cases by hand about text that looks like a mistake and is none, about edits that are no edits, and about flags.

use serde_json::json;

use super::case::{Case, alone};
use super::places::{block, edit, hand, patch, udiff};
use super::render::Format;
use super::tree::Tree;

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    looks_wrong(&mut cases);
    on_purpose(&mut cases);
    bytes(&mut cases);
    no_edits(&mut cases);
    flags(&mut cases);
    cases
}

/// One replaced line between two kept ones, in every format that names a place.
fn line(cases: &mut Vec<Case>, kind: &'static str, name: &str, old: &str, new: &str) {
    let (before, after) = (format!("top\n{old}\nbottom\nend\n"), format!("top\n{new}\nbottom\nend\n"));
    let marked = |mark: &str, text: &str| text.lines().map(|line| format!("{mark}{line}\n")).collect::<String>();
    let body = format!("@@\n top\n{}{} bottom\n", marked("-", old), marked("+", new));
    let sides = |text: &str| format!("top\n{text}\nbottom\n");
    for (format, text) in [
        (Format::Edit, edit(&[(&sides(old), &sides(new))])),
        (Format::Patch, patch(&body)),
        (Format::Udiff, udiff(&body)),
        (Format::Blocks, block(&sides(old), &sides(new))),
    ] {
        cases.push(hand(format, kind, name, &before, &text, Some(&after)));
    }
    let text = json!({"files": [{"path": "f.txt", "content": after}]}).to_string();
    cases.push(hand(Format::Whole, kind, name, &before, &text, Some(&after)).flag("--overwrite"));
}

fn looks_wrong(cases: &mut Vec<Case>) {
    for (name, old, new) in [
        ("ellipsis-type", "x: Tuple[int]", "x: Tuple[int, ...]"),
        ("spread", "f(a);", "f(...a, ...b);"),
        ("rest-parameters", "void f(int a)", "void f(int a, ...)"),
        ("range", "case 1:", "case 1 ... 5:"),
        ("prose-dots", "Wait.", "Wait... and then go on..."),
        ("comment-dots", "// Loading", "// Loading... please wait"),
        ("comment-about-rest", "# later", "# TODO: handle the rest of the code paths"),
        ("string-of-dots", "say(\"hm\")", "say(\"...\")"),
        ("kept-dots", "// ...\nold();", "// ...\nnew();"),
        ("entity-added", "<p>a</p>", "<p>a &amp; b &lt;c&gt;</p>"),
        ("entity-in-code", "escape(text)", "text.replace(\"&\", \"&amp;\").replace(\"<\", \"&lt;\")"),
        ("entity-replaced", "&lt;b&gt;", "<b>"),
        ("entity-doubled-on-purpose", "&lt;", "&amp;lt;"),
        ("backslash-n", "print(\"a\")", "print(\"a\\nb\\n\")"),
        ("backslashes", "path = 'C:'", "path = 'C:\\\\new\\\\temp'"),
        ("backslash-doubled-on-purpose", "re = \"\\d\"", "re = \"\\\\d\""),
        ("backslash-halved-on-purpose", "re = \"\\\\d\"", "re = \"\\d\""),
        ("numbered-lines", "first", "1| first\n2| second"),
        ("numbers-removed", "1| first\n2| second", "first\nsecond"),
        ("fence-added", "text", "```sh\nrun\n```"),
        ("fence-removed", "```sh\nrun\n```", "run"),
        ("fences-around", "code", "```\ncode\n```"),
        ("blank-next-to-blank", "\na", "\n\na"),
        ("blank-lines-removed", "\n\n\na", "\na"),
        ("line-doubled", "tick();", "tick();\ntick();"),
        ("line-tripled", "tick();\ntick();", "tick();\ntick();\ntick();"),
        ("blanks-added", "a", "a  "),
        ("blanks-removed", "a  \nb\t", "a\nb"),
        ("indented-on-purpose", "    a();", "        a();"),
        ("dedented-on-purpose", "        a();\n        b();", "    a();\n    b();"),
        ("tabs-to-spaces", "\ta();\n\tb();", "    a();\n    b();"),
        ("spaces-to-tabs", "    a();\n    b();", "\ta();\n\tb();"),
        ("quotes-made-curly", "\"Yes\" - it's here...", "“Yes” – it’s here…"),
        ("quotes-made-plain", "“Yes” – it’s here…", "\"Yes\" - it's here..."),
        ("fixed-space-made-plain", "10\u{a0}mm", "10 mm"),
        ("case-only", "let Value = 1;", "let value = 1;"),
        ("digit-only", "retries = 3", "retries = 4"),
        ("diff-inside", "a", "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-x\n+y"),
        ("emoji", "smile = '🙂'", "smile = '👩‍👩‍👧‍👦🏽'"),
        ("combining", "cafe\u{301}", "cafe\u{301} au lait"),
        ("right-to-left", "שלום", "שלום עולם"),
        ("line-separator-inside", "a\u{2028}b", "a\u{2028}c"),
        ("form-feed", "a\u{c}b", "a\u{c}c"),
        ("dollar-signs", "s/a/b/", "s/$1/${2}$$/"),
    ] {
        line(cases, "looks-wrong", name, old, new);
    }
    let long = "word ".repeat(20_000);
    line(cases, "looks-wrong", "long-line", &format!("{long}old {long}"), &format!("{long}new {long}"));
    // Markers of the formats inside of the text, where the format can still tell.
    let (before, after) = ("top\n=======\nbottom\n", "top\n=======\nbase\n");
    cases.push(hand(Format::Edit, "looks-wrong", "underlined", before, &edit(&[("bottom\n", "base\n")]), Some(after)));
    cases.push(hand(
        Format::Udiff,
        "looks-wrong",
        "underlined",
        before,
        &udiff("@@ -2,2 +2,2 @@\n =======\n-bottom\n+base\n"),
        Some(after),
    ));
    cases.push(hand(
        Format::Patch,
        "looks-wrong",
        "underlined",
        before,
        &patch("@@\n =======\n-bottom\n+base\n"),
        Some(after),
    ));
    let (before, after) = ("-- a\n++ b\nc\n", "++ b\n++ d\nc\n");
    cases.push(hand(
        Format::Udiff,
        "looks-wrong",
        "signs",
        before,
        &udiff("@@ -1,3 +1,3 @@\n--- a\n ++ b\n+++ d\n c\n"),
        Some(after),
    ));
    cases.push(hand(
        Format::Patch,
        "looks-wrong",
        "signs",
        before,
        &patch("@@\n--- a\n ++ b\n+++ d\n c\n"),
        Some(after),
    ));
}

fn on_purpose(cases: &mut Vec<Case>) {
    let text = "red\ngreen\nred and red\nblue\n";
    let all = |old: &str, new: &str| {
        json!({"edits": [{"path": "f.txt", "old_string": old, "new_string": new, "replace_all": true}]}).to_string()
    };
    let mut right = |kind, name: &str, before: &str, edit: &str, after: &str| {
        cases.push(hand(Format::Edit, kind, name, before, edit, Some(after)));
    };
    right("replace-all", "three", text, &all("red", "pink"), "pink\ngreen\npink and pink\nblue\n");
    right("replace-all", "one", text, &all("green", "grey"), "red\ngrey\nred and red\nblue\n");
    right("replace-all", "to-nothing", text, &all("red", ""), "\ngreen\n and \nblue\n");
    right(
        "replace-all",
        "contains-itself",
        text,
        &all("red", "dark red"),
        "dark red\ngreen\ndark red and dark red\nblue\n",
    );
    right("replace-all", "lines", "a\nb\na\nb\n", &all("a\nb\n", "c\n"), "c\nc\n");
    right("replace-all", "crlf", "a\r\nb\r\na\r\nb\r\n", &all("a\nb", "c\nd"), "c\r\nd\r\nc\r\nd\r\n");
    right("empty-new", "line", text, &edit(&[("green\n", "")]), "red\nred and red\nblue\n");
    right("empty-new", "part", text, &edit(&[(" and red", "")]), "red\ngreen\nred\nblue\n");
    right("empty-new", "everything", "one\n", &edit(&[("one\n", "")]), "");
    right("part-of-a-line", "word", text, &edit(&[("and red", "or red")]), "red\ngreen\nred or red\nblue\n");
    right(
        "part-of-a-line",
        "over-lines",
        text,
        &edit(&[("green\nred", "green, red")]),
        "red\ngreen, red and red\nblue\n",
    );
    right(
        "in-order",
        "second-needs-first",
        text,
        &edit(&[("green", "teal"), ("teal\n", "teal!\n")]),
        "red\nteal!\nred and red\nblue\n",
    );
    right("in-order", "back-again", "1 2\n", &edit(&[("1", "3"), ("2", "1"), ("3", "2")]), "2 1\n");
    for (name, before, old) in [
        ("digit-after", "retries = 10\nend\n", "retries = 1"),
        ("digit-before", "x = 21\nend\n", "1\nend"),
        ("letter-after", "top\nlet user = users;\n", "top\nlet user = user"),
        ("letter-before", "unlock(door);\n", "lock(door);"),
        ("underscore-after", "count_all();\n", "count"),
        ("in-a-longer-name", "fn reopen() {\n}\n", "open() {"),
    ] {
        cases.push(hand(Format::Edit, "part-of-a-word", name, before, &edit(&[(old, "changed")]), None));
    }
    for (name, old) in [("none", "purple"), ("other-case", "Red")] {
        cases.push(hand(Format::Edit, "replace-all-nothing", name, text, &all(old, "x"), None));
    }
}

/// Bytes that are no UTF-8 stay where they are.
fn bytes(cases: &mut Vec<Case>) {
    let latin = |line: &[u8]| [b"# caf\xe9 \xfcber\nalpha\n", line, b"\nomega\n# d\xe9j\xe0 vu\n"].concat();
    let (before, after) = (alone("f.txt", &latin(b"one")), alone("f.txt", &latin(b"two")));
    let mut right = |format, name: &str, edit: &[u8]| {
        cases.push(Case::new(format, "latin-1", name, before.clone(), edit.to_vec()).gives(after.clone()));
    };
    right(Format::Edit, "elsewhere", edit(&[("alpha\none\n", "alpha\ntwo\n")]).as_bytes());
    right(Format::Patch, "elsewhere", patch("@@\n alpha\n-one\n+two\n omega\n").as_bytes());
    right(Format::Udiff, "elsewhere", udiff("@@ -2,3 +2,3 @@\n alpha\n-one\n+two\n omega\n").as_bytes());
    right(Format::Blocks, "elsewhere", block("one\n", "two\n").as_bytes());
    let raw =
        [udiff("@@ -1,5 +1,5 @@\n").as_bytes(), b" # caf\xe9 \xfcber\n alpha\n-one\n+two\n omega\n # d\xe9j\xe0 vu\n"]
            .concat();
    right(Format::Udiff, "raw-bytes", &raw);
    right(Format::Edit, "indented", edit(&[("  alpha\n  one\n", "  alpha\n  two\n")]).as_bytes());
}

/// Nothing that could be applied.
fn no_edits(cases: &mut Vec<Case>) {
    let text = "alpha\nbeta\n";
    let garbage: [(&str, &str); 9] = [
        ("empty", ""),
        ("blanks", "  \n\n\t\n"),
        ("prose", "I have changed the file as you asked.\n"),
        ("json-list", "[1, 2, 3]\n"),
        ("json-text", "\"edits\"\n"),
        ("json-other", "{\"changes\": []}\n"),
        ("half-json", "{\"edits\": [\n"),
        ("zero-bytes", "\0\0\0\0"),
        ("code", "fn main() {\n    println!(\"hello\");\n}\n"),
    ];
    for format in Format::ALL {
        for (name, edit) in garbage {
            cases.push(hand(format, "garbage", name, text, edit, None));
        }
        let bytes: Vec<u8> = (0..2000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        cases.push(Case::new(format, "garbage", "bytes", alone("f.txt", text.as_bytes()), bytes));
    }
    for (name, edit) in garbage {
        cases.push(hand(Format::Edit, "garbage-unnamed", name, text, edit, None).flag("auto"));
    }
    let mut wrong = |format, kind, name: &str, edit: &str| cases.push(hand(format, kind, name, text, edit, None));
    wrong(Format::Edit, "empty-edit", "no-edits", r#"{"edits":[]}"#);
    wrong(Format::Whole, "empty-edit", "no-files", r#"{"files":[]}"#);
    wrong(Format::Patch, "empty-edit", "envelope", "*** Begin Patch\n*** End Patch\n");
    wrong(Format::Patch, "empty-edit", "no-hunks", "*** Begin Patch\n*** Update File: f.txt\n*** End Patch\n");
    wrong(Format::Udiff, "empty-edit", "headers", "--- f.txt\n+++ f.txt\n");
    wrong(Format::Blocks, "empty-edit", "name", "f.txt\n```\n```\n");
    wrong(Format::Edit, "malformed", "no-path", r#"{"edits":[{"old_string":"alpha","new_string":"x"}]}"#);
    wrong(Format::Edit, "malformed", "no-new", r#"{"edits":[{"path":"f.txt","old_string":"alpha"}]}"#);
    wrong(Format::Edit, "malformed", "number", r#"{"edits":[{"path":"f.txt","old_string":"alpha","new_string":7}]}"#);
    wrong(Format::Edit, "malformed", "empty-path", r#"{"edits":[{"path":"","old_string":"alpha","new_string":"x"}]}"#);
    wrong(Format::Edit, "malformed", "blank-old", r#"{"edits":[{"path":"f.txt","old_string":"\n","new_string":"x"}]}"#);
    wrong(Format::Whole, "malformed", "no-content", r#"{"files":[{"path":"g.rs"}]}"#);
    wrong(Format::Patch, "malformed", "no-path", "*** Begin Patch\n*** Update File: \n@@\n-alpha\n+x\n*** End Patch\n");
    wrong(
        Format::Patch,
        "malformed",
        "unknown-header",
        "*** Begin Patch\n*** Rename File: f.txt\n@@\n-alpha\n+x\n*** End Patch\n",
    );
    wrong(
        Format::Patch,
        "malformed",
        "add-without-plus",
        "*** Begin Patch\n*** Add File: g.rs\none\ntwo\n*** End Patch\n",
    );
    wrong(
        Format::Patch,
        "malformed",
        "after-the-end",
        "*** Begin Patch\n*** End Patch\n*** Update File: f.txt\n@@\n-alpha\n+x\n",
    );
    wrong(Format::Blocks, "malformed", "no-name", "<<<<<<< SEARCH\nalpha\n=======\nx\n>>>>>>> REPLACE\n");
    wrong(Format::Blocks, "malformed", "no-divider", "f.txt\n<<<<<<< SEARCH\nalpha\n>>>>>>> REPLACE\n");
    wrong(
        Format::Blocks,
        "malformed",
        "two-dividers",
        "f.txt\n<<<<<<< SEARCH\nalpha\n=======\nx\n=======\ny\n>>>>>>> REPLACE\n",
    );
    wrong(
        Format::Blocks,
        "malformed",
        "search-twice",
        "f.txt\n<<<<<<< SEARCH\nalpha\n<<<<<<< SEARCH\nbeta\n=======\nx\n>>>>>>> REPLACE\n",
    );
    wrong(
        Format::Udiff,
        "binary",
        "said",
        "diff --git a/f.txt b/f.txt\nindex 1d2e3f4..5a6b7c8 100644\nBinary files a/f.txt and b/f.txt differ\n",
    );
    wrong(
        Format::Udiff,
        "binary",
        "with-data",
        "diff --git a/f.txt b/f.txt\nindex 1d2e3f4..5a6b7c8 100644\nGIT binary patch\nliteral 12\nTcmV+}0Q3J~P)<h;3K|Lk000e1\n\nliteral 0\nHcmV?d00001\n\n",
    );
    wrong(
        Format::Udiff,
        "binary",
        "with-a-good-one",
        "--- a/f.txt\n+++ b/f.txt\n@@ -1,2 +1,2 @@\n-alpha\n+omega\n beta\ndiff --git a/x.png b/x.png\nindex 1d2e3f4..5a6b7c8 100644\nBinary files a/x.png and b/x.png differ\n",
    );
}

/// `--check` never writes, and `--overwrite` lets a creation replace.
fn flags(cases: &mut Vec<Case>) {
    let text = "alpha\nbeta\n";
    let unchanged = || -> Tree { alone("f.txt", text.as_bytes()) };
    for (format, good) in [
        (Format::Edit, edit(&[("alpha", "omega")])),
        (Format::Patch, patch("@@\n-alpha\n+omega\n")),
        (Format::Udiff, udiff("@@ -1,2 +1,2 @@\n-alpha\n+omega\n beta\n")),
        (Format::Blocks, block("alpha\n", "omega\n")),
    ] {
        cases.push(hand(format, "check", "good", text, &good, None).gives(unchanged()).flag("--check"));
        cases.push(hand(format, "check", "stale", text, &good.replace("alpha", "gamma"), None).flag("--check"));
    }
    let new = "omega\n";
    for (format, make) in [
        (Format::Patch, format!("*** Begin Patch\n*** Add File: f.txt\n+{new}*** End Patch\n")),
        (Format::Whole, json!({"files": [{"path": "f.txt", "content": new}]}).to_string()),
    ] {
        cases.push(hand(format, "overwrite", "plain", text, &make, Some(new)).flag("--overwrite"));
    }
}

//! Text that stands for text which was left out is refused; what only looks like it is not.

use super::bench::{Memory, block, diff, edit, one, update};
use agent::edit::{Cause, Format};
use serde_json::json;

/// What stands for more, with a file in which it does.
const LINES: &[(&str, &str)] = &[
    ("f.rs", "// ... rest of the code unchanged ..."),
    ("f.rs", "// ... existing code ..."),
    ("f.rs", "    // ...existing code..."),
    ("f.rs", "// \u{2026} rest of the file \u{2026}"),
    ("f.rs", "// rest of the function remains the same"),
    ("f.rs", "/* ... other methods ... */"),
    ("f.rs", "// ..."),
    ("f.rs", "..."),
    ("f.rs", "// [rest of the implementation unchanged]"),
    ("f.py", "# ... rest of the file unchanged ..."),
    ("f.py", "# (existing code here)..."),
    ("f.py", "# ..."),
    ("f.py", "\"\"\" ... same as before ... \"\"\""),
    ("f.html", "<!-- ... rest of the page ... -->"),
    ("f.jsx", "{/* ... existing components ... */}"),
    ("f.sql", "-- ... rest unchanged ..."),
    ("f.tex", "% ... unchanged ..."),
    ("f.lisp", "; ... same as before ..."),
    ("f.ts", "[... rest of the file unchanged ...]"),
    ("f.js", "// keep existing code ..."),
    ("f.go", "// remaining code unchanged..."),
];

/// What looks like it, and is content.
const INNOCENT: &[(&str, &str)] = &[
    ("f.rs", "let all = [first, ..rest];"),
    ("f.js", "const { a, ...rest } = all;"),
    ("f.js", "call(...rest)"),
    ("f.md", "..."),
    ("f.md", "And so on..."),
    ("f.rs", "// Loading..."),
    ("f.rs", "// the rest is history"),
    ("f.rs", "// see the existing tests"),
    ("f.rs", "println!(\"... existing code ...\");"),
    ("f.go", "func f(rest ...string) {"),
    ("f.rs", "// Waits for the other side... and then goes on."),
];

/// An edit in each format that has an old text, which puts this line into the file.
fn texts(path: &str, line: &str) -> [(Format, String); 4] {
    let (old, new) = ("two();\n", format!("2();\n{line}\n"));
    [
        (Format::Edit, json!({"edits": [{"path": path, "old_string": old, "new_string": new}]}).to_string()),
        (
            Format::Patch,
            format!("*** Begin Patch\n*** Update File: {path}\n@@\n-two();\n+2();\n+{line}\n*** End Patch\n"),
        ),
        (Format::Udiff, format!("--- a/{path}\n+++ b/{path}\n@@ -2,1 +2,2 @@\n-two();\n+2();\n+{line}\n")),
        (Format::Blocks, format!("{path}\n<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n")),
    ]
}

const BEFORE: &[u8] = b"one();\ntwo();\nthree();\n";

#[test]
fn new_text_that_stands_for_more_is_refused() {
    let mut wrong = Vec::new();
    for (path, line) in LINES {
        for (format, text) in texts(path, line) {
            match Memory::new(&[(path, BEFORE)]).after(format, text) {
                Err(refusal) if refusal.cause == Cause::Elided && refusal.words.contains(line.trim()) => {}
                other => wrong.push(format!("{path} {line:?} {}: {other:?}", format.name())),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_only_looks_like_it_is_written() {
    let mut wrong = Vec::new();
    for (path, line) in INNOCENT {
        let expected = format!("one();\n2();\n{line}\nthree();\n");
        for (format, text) in texts(path, line) {
            match Memory::new(&[(path, BEFORE)]).after(format, text) {
                Ok(after) if after.files[*path].0 == expected.as_bytes() => {}
                other => wrong.push(format!("{path} {line:?} {}: {other:?}", format.name())),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// In Python a line of dots is a body, where one begins; elsewhere it stands for what was there.
#[test]
fn dots_are_a_body_where_one_begins() {
    let edit = |old: &str, new: &str| {
        let edit = serde_json::json!({"edits": [{"path": "f.py", "old_string": old, "new_string": new}]}).to_string();
        Memory::new(&[("f.py", b"def f():\n    a()\n    b()\n")])
            .after(Format::Edit, edit)
            .map_err(|refusal| refusal.cause)
    };
    let after = edit("    a()\n    b()\n", "    ...\n").err();
    assert_eq!(after, Some(Cause::Elided), "nothing says that it is the body");
    let after = edit("def f():\n    a()\n    b()\n", "def f():\n    ...\n").unwrap();
    assert_eq!(after.files["f.py"].0, b"def f():\n    ...\n");
    assert_eq!(edit("    a()\n    b()\n", "    a()\n...\n").err(), Some(Cause::Elided));
}

#[test]
fn a_line_that_the_file_has_may_stay() {
    let before = b"one();\n// ... existing code ...\ntwo();\n";
    let after = b"one();\n// ... existing code ...\n2();\n";
    let (old, new) = ("// ... existing code ...\ntwo();\n", "// ... existing code ...\n2();\n");
    assert_eq!(one(Format::Edit, before, edit(old, new)).unwrap(), after);
    assert_eq!(one(Format::Blocks, before, block(old, new)).unwrap(), after);
    let hunk = "@@\n // ... existing code ...\n-two();\n+2();";
    assert_eq!(one(Format::Patch, before, update(hunk)).unwrap(), after);
    assert_eq!(one(Format::Udiff, before, diff(hunk)).unwrap(), after);
}

/// Old text that was left out matches nothing: the words say so, and not that the lines are not there.
#[test]
fn old_text_that_stands_for_more_is_refused() {
    let cases = [
        (Format::Patch, update("@@\n one();\n // ... existing code ...\n-three();\n+3();")),
        (Format::Udiff, diff("@@\n one();\n // ... existing code ...\n-three();\n+3();")),
        (Format::Blocks, block("one();\n// ... existing code ...\nthree();\n", "one();\n3();\n")),
    ];
    for (format, text) in cases {
        let (cause, words) = one(format, BEFORE, text).expect_err(format.name());
        assert_eq!(cause, Cause::Elided, "{}: {words}", format.name());
    }
}

#[test]
fn whole_files_and_new_ones() {
    let whole = |content: &str| json!({"files": [{"path": "f.rs", "content": content}]}).to_string();
    let cause = |memory: Memory, text: String| memory.after(Format::Whole, text).map_err(|refusal| refusal.cause);
    let there = || Memory::new(&[("f.rs", BEFORE)]).overwrite();
    assert_eq!(cause(there(), whole("one();\n// ... rest unchanged ...\n")), Err(Cause::Elided));
    assert_eq!(cause(there(), whole("one();\n// ...\n")), Err(Cause::Elided));
    let added = "*** Begin Patch\n*** Add File: n.rs\n+one();\n+// ... existing code ...\n*** End Patch\n";
    assert_eq!(Memory::default().after(Format::Patch, added).unwrap_err().cause, Cause::Elided);
    let dots = added.replace(" ... existing code ...", " ...");
    assert!(Memory::default().after(Format::Patch, dots).is_ok(), "in a new file nothing can be lost");
}

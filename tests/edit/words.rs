//! What a refusal says, in full: the cause, the nearest lines as they are, and what to send. What cannot be read has its
//! words in the file of its format, and several places theirs in `seek`.

use super::bench::{Memory, Refused, all_refused, block, check, diff, edit, update};
use agent::edit::{Cause, Format};

const CODE: &[u8] = b"fn main() {\n    let a = 1;\n\tlet b = 2;\n    print(a + b);\n}\n";

#[test]
fn of_an_edit() {
    use Cause::{AlreadyApplied, Elided, NoChange, NotFound};
    let cases: Vec<Refused<'_>> = vec![
        (
            "same",
            b"a",
            edit("a", "a"),
            NoChange,
            "`f`: `old_string` and `new_string` are the same, so nothing would change; send the text you want as `new_string`",
        ),
        (
            "a word",
            CODE,
            edit("    print(a + c);", "x"),
            NotFound,
            "`f`: `old_string` is not there: the nearest is line 4; in the file:\n4|    print(a + b);\nsend `old_string` exactly as the file has it",
        ),
        (
            "indentation that fits no rule",
            CODE,
            edit("let a = 1;\nlet b = 2;\n", "let a = 3;\n"),
            NotFound,
            "`f`: `old_string` is not there: the nearest are lines 2 to 3; only whitespace differs: line 2 begins with 4 spaces, yours with nothing; in the file:\n2|    let a = 1;\n3|\tlet b = 2;\nsend `old_string` exactly as the file has it",
        ),
        (
            "blanks inside a line",
            CODE,
            edit("    print(a  +  b);", "    print(b);"),
            NotFound,
            "`f`: `old_string` is not there: the nearest is line 4; only whitespace differs: the whitespace inside line 4 differs; in the file:\n4|    print(a + b);\nsend `old_string` exactly as the file has it",
        ),
        (
            "nothing like it",
            CODE,
            edit("SELECT * FROM users", "x"),
            NotFound,
            "`f`: `old_string` is not there: no lines in it are like these; read the file again and send its lines as they are\nsend `old_string` exactly as the file has it",
        ),
        (
            "not UTF-8",
            b"un caf\xe9 noir\n",
            edit("un caf\u{fffd} noir", "x"),
            NotFound,
            "`f`: `old_string` is not there: the nearest is line 1; line 1 has bytes that are not UTF-8 and cannot be sent: leave that line out; in the file:\n1|un caf\u{fffd} noir\nsend `old_string` exactly as the file has it",
        ),
        (
            "an empty file",
            b"",
            edit("a", "b"),
            NotFound,
            "`f`: `old_string` is not there: the file is empty\nsend `old_string` exactly as the file has it",
        ),
        (
            "part of a longer word",
            b"x = 1\ntimeout = 300\n",
            edit("timeout = 30", "timeout = 60"),
            NotFound,
            "`f`: `old_string` is there only as a part of longer words, at line 2:\ntimeout = 300\nsend whole words, as the file has them",
        ),
        (
            "made before",
            b"a\nnew line\n",
            edit("old line", "new line"),
            AlreadyApplied,
            "`f`: `old_string` is not there, and `new_string` already is, at line 2: the edit seems to be made; go on, or read the file again if you meant another place",
        ),
        (
            "an insertion made before",
            b"use a;\nuse bcd;\n",
            edit("use a;\n", "use a;\nuse bcd;\n"),
            AlreadyApplied,
            "`f`: `new_string` already is there, at line 1: the edit seems to be made; go on, or read the file again if you meant another place",
        ),
        (
            "text left out",
            CODE,
            edit("    let a = 1;\n", "    let a = 1;\n    // ... rest of the code unchanged ...\n"),
            Elided,
            "`// ... rest of the code unchanged ...` stands for text that was left out; send that text itself, or only the lines that change with a few lines around them",
        ),
        (
            "only a near twin is left",
            b"fn one() {\n    run(1);\n}\n",
            edit("fn two() {\n    run(2);\n}\n", "fn two() {\n    run(3);\n}\n"),
            NotFound,
            "`f`: `old_string` is not there: the nearest are lines 1 to 3; in the file:\n1|fn one() {\n2|    run(1);\n3|}\nsend `old_string` exactly as the file has it",
        ),
        (
            "a line too long to show",
            format!("let text = \"{}\";\n", "x".repeat(500)).into_bytes().leak(),
            edit(&format!("let text = \"{}\";", "x".repeat(490)), "let text = 1;"),
            NotFound,
            "`f`: `old_string` is not there: the nearest is line 1; in the file:\n1|let text = \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx [line cut here]\nsend `old_string` exactly as the file has it",
        ),
    ];
    all_refused(Format::Edit, &cases);
}

#[test]
fn of_a_hunk() {
    use Cause::{AlreadyApplied, NotFound};
    let patches: Vec<Refused<'_>> = vec![
        (
            "a word",
            CODE,
            update("@@\n fn main() {\n-    let c = 1;\n+    let c = 2;"),
            NotFound,
            "`f`: its lines are not in the file: the nearest are lines 1 to 2; in the file:\n1|fn main() {\n2|    let a = 1;\nsend kept and removed lines exactly as the file has them",
        ),
        (
            "the second of two",
            CODE,
            update("@@\n-fn main() {\n+fn start() {\n@@\n-    print(a + c);\n+    print(c);"),
            NotFound,
            "hunk 2 of `f` (line 6 of the edit): its lines are not in the file: the nearest is line 4; in the file:\n4|    print(a + b);\nsend kept and removed lines exactly as the file has them",
        ),
        (
            "no such anchor",
            b"fn main() {\n}\n",
            update("@@ fn mane() {\n-}"),
            NotFound,
            "`f`: no line of the file is the anchor `@@ fn mane() {`: the nearest is line 1; in the file:\n1|fn main() {\nsend a whole line of the file as the anchor, or leave it out and give more context",
        ),
        (
            "an insertion made before",
            b"use a;\nuse bcd;\nuse e;\n",
            update("@@\n use a;\n+use bcd;"),
            AlreadyApplied,
            "`f`: what it makes is already there: it seems to be applied; leave it out, or read the file again if you meant another place",
        ),
        (
            "an empty file",
            b"",
            update("@@\n-a"),
            NotFound,
            "`f`: its lines are not in the file: the file is empty\nsend kept and removed lines exactly as the file has them",
        ),
        (
            "text left out",
            CODE,
            update("@@\n fn main() {\n // ...\n-}\n+};"),
            Cause::Elided,
            "`f`: `// ...` stands for text that was left out; send that text itself, or only the lines that change with a few lines around them",
        ),
    ];
    all_refused(Format::Patch, &patches);
    all_refused(
        Format::Udiff,
        &[
            (
                "stale context",
                CODE,
                diff("@@ -1,3 +1,3 @@\n fn main() {\n-    let a = 0;\n+    let a = 9;\n \tlet b = 2;"),
                NotFound,
                "`f`: its lines are not in the file: the nearest are lines 1 to 3; in the file:\n1|fn main() {\n2|    let a = 1;\n3|\tlet b = 2;\nsend kept and removed lines exactly as the file has them",
            ),
            (
                "an insertion made before",
                b"use a;\nuse bcd;\n",
                diff("@@ -1 +1,2 @@\n use a;\n+use bcd;"),
                AlreadyApplied,
                "`f`: what it makes is already there: it seems to be applied; leave it out, or read the file again if you meant another place",
            ),
        ],
    );
    all_refused(
        Format::Blocks,
        &[
            (
                "a word",
                CODE,
                block("    print(a + c);\n", "    print(c);\n"),
                NotFound,
                "`f`: its lines are not in the file: the nearest is line 4; in the file:\n4|    print(a + b);\nsend kept and removed lines exactly as the file has them",
            ),
            (
                "nothing changes",
                CODE,
                block("    print(a + b);\n", "    print(a + b);\n"),
                Cause::NoChange,
                "nothing would change; send what shall be different",
            ),
        ],
    );
}

#[test]
fn of_files() {
    use Cause::{AlreadyApplied, Content, Exists, Missing, Path};
    let before: &[(&str, &[u8])] = &[("f", b"a\n"), ("g", b"b\n"), ("sub/h", b"c\n")];
    let patch = |body: &str| format!("*** Begin Patch\n{body}\n*** End Patch\n");
    let cases = [
        (
            "add onto a file",
            patch("*** Add File: f\n+x"),
            Exists,
            "`f` is already there, and would be lost: read it first, then change it or write it anew",
        ),
        ("add what is there", patch("*** Add File: f\n+a"), AlreadyApplied, "`f` has this very content already"),
        (
            "move onto a file",
            patch("*** Update File: f\n*** Move to: g\n@@\n-a\n+x"),
            Exists,
            "`g` is already there, and would be lost: read it first, then change it or write it anew",
        ),
        (
            "update what is not there",
            patch("*** Update File: n\n@@\n-a\n+x"),
            Missing,
            "there is no `n`; check the path, or create the file",
        ),
        (
            "delete what is not there",
            patch("*** Delete File: n"),
            Missing,
            "there is no `n`; check the path, or create the file",
        ),
        (
            "delete twice",
            patch("*** Delete File: f\n*** Delete File: f"),
            Missing,
            "there is no `f`; check the path, or create the file",
        ),
        ("a folder", patch("*** Update File: sub\n@@\n-a\n+x"), Content, "`sub` is not a regular file"),
        ("outside", patch("*** Add File: /etc/x\n+x"), Path, "`/etc/x` is outside of the workspace"),
    ];
    let mut wrong = Vec::new();
    for (name, text, cause, words) in cases {
        let seen = check(Format::Patch, before, text);
        if seen != Err((cause, words.to_owned())) {
            wrong.push(format!("{name}: {seen:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Programs get more than words: the file as it was sent, and the line of the edit.
#[test]
fn path_and_line() {
    let memory = Memory::new(&[("f", b"a\nb\n"), ("g", b"c\n")]);
    let at = |format: Format, text: &str| {
        let refusal = memory.after(format, text).unwrap_err();
        (refusal.path, refusal.line)
    };
    let patch = "*** Begin Patch\n*** Update File: f\n@@\n-a\n+A\n@@\n-x\n+X\n*** End Patch\n";
    assert_eq!(at(Format::Patch, patch), (Some("f".into()), Some(6)));
    assert_eq!(at(Format::Udiff, "--- a/g\n+++ b/g\n@@ -1 +1 @@\n-x\n+X\n"), (Some("g".into()), Some(3)));
    let blocks = "f\n<<<<<<< SEARCH\na\n=======\nA\n>>>>>>> REPLACE\n<<<<<<< SEARCH\nx\n=======\nX\n>>>>>>> REPLACE\n";
    assert_eq!(at(Format::Blocks, blocks), (Some("f".into()), Some(7)));
    assert_eq!(at(Format::Edit, &edit("x", "y")), (Some("f".into()), None));
    assert_eq!(at(Format::Patch, "*** Begin Patch\n*** Rename File: x\n*** End Patch\n"), (None, Some(2)));
    let second = "*** Begin Patch\n*** Delete File: g\n*** Delete File: g\n*** End Patch\n";
    assert_eq!(at(Format::Patch, second), (Some("g".into()), None));
}

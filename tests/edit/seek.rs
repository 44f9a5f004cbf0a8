//! Where a hunk stands: anchors, order, headings, numbers, the end of the file; and when that is not one place.

use super::bench::{Case, all_become, all_refused, block, diff, edit, update};
use agent::edit::{Cause, Format};

const TWO: &[u8] = b"class A:\n    def f():\n        x = 1\n        return x\n\nclass B:\n    def f():\n        x = 1\n        return x\n";
const IN_B: &[u8] = b"class A:\n    def f():\n        x = 1\n        return x\n\nclass B:\n    def f():\n        x = 2\n        return x\n";
const TWINS: &[u8] = b"fn one() {\n    run();\n}\n\nfn two() {\n    run();\n}\n";
const SECOND: &[u8] = b"fn one() {\n    run();\n}\n\nfn two() {\n    stop();\n}\n";

#[test]
fn anchors() {
    let cases: Vec<Case<'_>> = vec![
        ("two of them", TWO, update("@@ class B:\n@@     def f():\n-        x = 1\n+        x = 2"), IN_B),
        ("without indentation", TWO, update("@@ class B:\n@@ def f():\n-        x = 1\n+        x = 2"), IN_B),
        ("the outer one is enough", TWO, update("@@ class B:\n-        x = 1\n+        x = 2"), IN_B),
        ("without the colon", TWO, update("@@ class B\n-        x = 1\n+        x = 2"), IN_B),
        ("sent again as context", TWO, update("@@ class B:\n class B:\n     def f():\n-        x = 1\n+        x = 2"), IN_B),
        ("a scope ends where its indentation does", TWINS, update("@@ fn two() {\n-    run();\n+    stop();"), SECOND),
        (
            "below the first alone",
            TWINS,
            update("@@ fn one() {\n-    run();\n+    stop();"),
            b"fn one() {\n    stop();\n}\n\nfn two() {\n    run();\n}\n",
        ),
        ("one for two hunks", b"fn a\n  1st\n  2nd\n  3rd\n", update("@@ fn a\n-  1st\n@@ fn a\n-  3rd"), b"fn a\n  2nd\n"),
        ("only + goes right behind it", b"use a;\n\nfn x\n", update("@@ use a;\n+use b;"), b"use a;\nuse b;\n\nfn x\n"),
        ("only + behind the inner of two", TWO, update("@@ class B:\n@@     def f():\n+        # here"), b"class A:\n    def f():\n        x = 1\n        return x\n\nclass B:\n    def f():\n        # here\n        x = 1\n        return x\n"),
        ("a comment for an anchor", b"# one\na = 1\n# two\na = 1\n", update("@@ # two\n-a = 1\n+a = 2"), b"# one\na = 1\n# two\na = 2\n"),
    ];
    all_become(Format::Patch, &cases);
}

#[test]
fn order_and_the_end() {
    let cases: Vec<Case<'_>> = vec![
        (
            "the second is below the first",
            b"x1\nmid\nx1\n",
            update("@@\n mid\n@@\n-x1\n+z\n*** End of File"),
            b"x1\nmid\nz\n",
        ),
        ("one twin used up, the other is unique", b"x\n1\nx\n2\n", update("@@\n-x\n-1\n@@\n-x\n+z"), b"z\n2\n"),
        ("a later hunk settles an earlier", b"x\nend\nx\n", update("@@\n-x\n+z\n@@\n-end\n+END"), b"z\nEND\nx\n"),
        ("twins, one hunk for each", b"x\n\nx\n", update("@@\n-x\n+z\n@@\n-x\n+z"), b"z\n\nz\n"),
        ("the end chooses", b"x\ny\nx\n", update("@@\n-x\n+z\n*** End of File"), b"x\ny\nz\n"),
        ("the end, with blank lines behind", b"x\ny\nx\n\n\n", update("@@\n-x\n+z\n*** End of File"), b"x\ny\nz\n\n\n"),
        ("only + at the end", b"a\nb\n", update("@@\n+c\n*** End of File"), b"a\nb\nc\n"),
        ("only + in an empty file", b"", update("@@\n+c"), b"c\n"),
        ("exact goes before tolerant", b"a \na\n", update("@@\n-a\n+b"), b"a \nb\n"),
        ("context may be shared", b"a\nb\nc\n", update("@@\n-a\n+A\n b\n@@\n b\n-c\n+C"), b"A\nb\nC\n"),
        (
            "out of order, where there is no doubt",
            b"one\ntwo\nthree\nfour\n",
            update("@@\n three\n-four\n+4\n@@\n-one\n+1\n two"),
            b"1\ntwo\nthree\n4\n",
        ),
        (
            "a blank line at the end is context where that settles it",
            b"a = 1\nb = 2\na = 1\n\nb = 2\n",
            update("@@\n-a = 1\n+a = 2\n\n@@\n-b = 2\n+b = 3"),
            b"a = 1\nb = 2\na = 2\n\nb = 3\n",
        ),
    ];
    all_become(Format::Patch, &cases);
}

#[test]
fn headings_and_numbers() {
    let cases: Vec<Case<'_>> = vec![
        ("the number", TWINS, diff("@@ -6,1 +6,1 @@\n-    run();\n+    stop();"), SECOND),
        (
            "the number of the line above",
            TWINS,
            diff("@@ -5,3 +5,3 @@\n fn two() {\n-    run();\n+    stop();\n }"),
            SECOND,
        ),
        (
            "the heading, where the number is wrong",
            TWINS,
            diff("@@ -90,1 +90,1 @@ fn two() {\n-    run();\n+    stop();"),
            SECOND,
        ),
        (
            "numbers that are all off by as much",
            b"new\nnew\nfirst\nx1\nmid\nx1\n",
            diff("@@ -1 +1 @@\n-first\n+FIRST\n@@ -4 +4 @@\n-x1\n+x2"),
            b"new\nnew\nFIRST\nx1\nmid\nx2\n",
        ),
        ("a place that is one needs no number", b"a\nb\n", diff("@@ -70 +70 @@\n-b\n+B"), b"a\nB\n"),
    ];
    all_become(Format::Udiff, &cases);
}

#[test]
fn no_place_or_several() {
    use Cause::{NotFound, NotUnique};
    let twice = "`f`: its lines are 2 times in the file, at lines 2 and 6; add lines of context, or an `@@` line of what is around the place";
    let braces = b"}\n".repeat(100);
    let patches = vec![
        ("twins", TWINS, update("@@\n-    run();\n+    stop();"), NotUnique, twice),
        (
            "twins under a repeated anchor",
            TWO,
            update("@@     def f():\n-        x = 1"),
            NotUnique,
            "`f`: its lines are 2 times in the file, at lines 3 and 8; add lines of context, or an `@@` line of what is around the place",
        ),
        ("a number between them", TWINS, update("@@ -4,1 +4,1 @@\n-    run();\n+    stop();"), NotUnique, twice),
        (
            "anchors in the wrong order",
            TWO,
            update("@@ class B:\n@@ class A:\n+x"),
            NotFound,
            "`f`: its `@@` anchors do not follow each other in the file in this order; send them outermost first",
        ),
        (
            "above its anchor",
            b"aaa\nbbb\nccc\n",
            update("@@ ccc\n-aaa"),
            NotFound,
            "`f`: its lines are at line 1, which is not where its anchor at line 3 leads; use an `@@` line of what is around them",
        ),
        (
            "outside of its anchor's scope",
            b"class A:\n    x = 1\n\nclass B:\n    y = 1\n",
            update("@@ class A:\n-    y = 1\n+    y = 2"),
            NotFound,
            "`f`: its lines are at line 5, which is not where its anchor at line 1 leads; use an `@@` line of what is around them",
        ),
        (
            "out of order",
            b"a\nb\nc\n",
            update("@@\n-c\n@@\n-a"),
            NotFound,
            "hunk 2 of `f` (line 5 of the edit): its lines are at line 1, before the place of the hunk ahead of it; send hunks in the order of the file, and do not let them overlap",
        ),
        (
            "overlapping",
            b"aaa\nbbb\nccc\n",
            update("@@\n-aaa\n-bbb\n+AB\n@@\n-bbb\n-ccc\n+BC"),
            NotFound,
            "hunk 2 of `f` (line 7 of the edit): its hunks overlap; send hunks in the order of the file, each changing lines of its own",
        ),
        (
            "only + and no place",
            b"a\n",
            update("@@\n+x"),
            NotUnique,
            "`f`: it has only new lines and nothing says where they go; add a line of the file as context (with a space before it), or an `@@` anchor to put them after, or `*** End of File` to put them at the end",
        ),
        (
            "only + after a repeated anchor",
            b"a1\nb\na1\n",
            update("@@ a1\n+x"),
            NotUnique,
            "`f`: its anchor is at lines 1 and 3; add the line it follows as context, or an `@@` line of what is around it ahead of it",
        ),
        (
            "not at the end",
            b"a\nb\n",
            update("@@\n-a\n*** End of File"),
            NotFound,
            "`f`: its lines are at line 1, which is not where the file ends; leave out `*** End of File`",
        ),
        (
            "everywhere",
            &braces,
            update("@@\n-}\n+]"),
            NotUnique,
            "`f`: its lines are more than 64 times in the file, at lines 1, 2, 3, 4, 5, 6, 7, 8 and 57 more; add lines of context, or an `@@` line of what is around the place",
        ),
    ];
    all_refused(Format::Patch, &patches);
    all_refused(
        Format::Blocks,
        &[("twins in a block", TWINS, block("    run();\n", "    stop();\n"), NotUnique, twice)],
    );
    let replace = "`f`: `old_string` is there 2 times, at lines 2 and 6; add lines around it until only one place fits, or set `replace_all` to change every one";
    all_refused(
        Format::Edit,
        &[
            ("twins in an edit", TWINS, edit("run()", "stop()"), NotUnique, replace),
            ("twins but for indentation", TWINS, edit("  run();  \n", "  stop();\n"), NotUnique, replace),
            (
                "overlapping is not unique",
                b"-=-=-\n",
                edit("-=-", "+"),
                NotUnique,
                "`f`: `old_string` is there 2 times, at line 1; add lines around it until only one place fits, or set `replace_all` to change every one",
            ),
        ],
    );
    all_refused(
        Format::Udiff,
        &[("a number of no twin", TWINS, diff("@@ -4,1 +4,1 @@\n-    run();\n+    stop();"), NotUnique, twice)],
    );
}

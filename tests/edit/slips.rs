//! Slips that go through a whole edit and leave it one meaning; each is undone, and each has a twin that looks like one
//! and is none.

use super::bench::{Case, all_become, block, diff, edit, one, update};
use agent::edit::{Cause, Format};

const CODE: &[u8] = b"fn main() {\n    let a = 1;\n    let b = 2;\n    print(a + b);\n}\n";
const AFTER: &[u8] = b"fn main() {\n    let a = 1;\n    let b = 3;\n    print(a + b);\n}\n";

#[test]
fn line_numbers_copied_along() {
    let numbered = |mark: &str, last: u32| {
        [(2, "    let a = 1;".to_owned()), (3, format!("    let b = {last};"))]
            .map(|(number, line)| format!("{number}{mark}{line}\n"))
            .concat()
    };
    for mark in ["\t", "|", "| ", "\u{2192}", ": ", " | ", "\u{2502}"] {
        let (old, new) = (numbered(mark, 2), numbered(mark, 3));
        all_become(Format::Edit, &[(mark, CODE, edit(&old, &new), AFTER)]);
        all_become(Format::Blocks, &[(mark, CODE, block(&old, &new), AFTER)]);
    }
    let cases: Vec<Case<'_>> = vec![
        (
            "padded",
            CODE,
            edit("     2\t    let a = 1;\n     3\t    let b = 2;", "     2\t    let a = 1;\n     3\t    let b = 3;"),
            AFTER,
        ),
        (
            "only in the old text",
            CODE,
            edit("2\t    let a = 1;\n3\t    let b = 2;", "    let a = 1;\n    let b = 3;"),
            AFTER,
        ),
        ("new lines without one", CODE, edit("3|    let b = 2;", "3|    let b = 3;"), AFTER),
        (
            "a list that has numbers",
            b"1) one\n2) two\n",
            edit("1) one\n2) two", "1) one\n2) zwei"),
            b"1) one\n2) zwei\n",
        ),
    ];
    all_become(Format::Edit, &cases);
    let hunk = "@@\n 2|    let a = 1;\n-3|    let b = 2;\n+3|    let b = 3;";
    all_become(Format::Patch, &[("in a patch", CODE, update(hunk), AFTER)]);
    all_become(Format::Udiff, &[("in a diff", CODE, diff(hunk), AFTER)]);
}

#[test]
fn fences_copied_along() {
    let fenced = |text: &str| format!("```rust\n{text}```\n");
    let (old, new) = ("    let a = 1;\n    let b = 2;\n", "    let a = 1;\n    let b = 3;\n");
    all_become(
        Format::Edit,
        &[
            ("in both", CODE, edit(&fenced(old), &fenced(new)), AFTER),
            ("in the old text", CODE, edit(&fenced(old), new), AFTER),
            (
                "in a file that has fences",
                b"```sh\nls\n```\n",
                edit("```sh\nls\n```\n", "```sh\nls -l\n```\n"),
                b"```sh\nls -l\n```\n",
            ),
        ],
    );
    all_become(Format::Blocks, &[("in a block", CODE, block(&fenced(old), &fenced(new)), AFTER)]);
}

#[test]
fn escaped_once_too_often() {
    let entities = b"if a < b && c > \"d\" {\n    run();\n}\n";
    let paths = b"let p = \"C:\\temp\";\nlet q = 'x';\n";
    let cases: Vec<Case<'_>> = vec![
        ("newlines", CODE, edit("    let a = 1;\\n    let b = 2;", "    let a = 1;\\n    let b = 3;"), AFTER),
        ("tabs", b"\tone\n\ttwo\n", edit("\\tone\\n\\ttwo", "\\tone\\n\\t2"), b"\tone\n\t2\n"),
        (
            "entities",
            entities,
            edit("if a &lt; b &amp;&amp; c &gt; &quot;d&quot; {", "if a &lt;= b &amp;&amp; c &gt; &quot;d&quot; {"),
            b"if a <= b && c > \"d\" {\n    run();\n}\n",
        ),
        (
            "doubled backslashes",
            paths,
            edit("\"C:\\\\temp\"", "\"C:\\\\tmp\""),
            b"let p = \"C:\\tmp\";\nlet q = 'x';\n",
        ),
        (
            "quotes with a backslash",
            paths,
            edit("let p = \\\"C:\\temp\\\";", "let p = \\\"D:\\temp\\\";"),
            b"let p = \"D:\\temp\";\nlet q = 'x';\n",
        ),
        (
            "apostrophes with a backslash",
            paths,
            edit("let q = \\'x\\';", "let q = \\'y\\';"),
            b"let p = \"C:\\temp\";\nlet q = 'y';\n",
        ),
        ("entities that the file has", b"a &lt; b\n", edit("a &lt; b", "a &lt; c"), b"a &lt; c\n"),
        (
            "an escape that the file has",
            b"print(\"a\\n\")\n",
            edit("print(\"a\\n\")", "print(\"b\\n\")"),
            b"print(\"b\\n\")\n",
        ),
        ("an escape in the new text alone", b"print(x)\n", edit("print(x)", "print(\"a\\nb\")"), b"print(\"a\\nb\")\n"),
    ];
    all_become(Format::Edit, &cases);
    all_become(
        Format::Blocks,
        &[
            (
                "entities in a block",
                entities,
                block("if a &lt; b &amp;&amp; c &gt; \"d\" {\n", "if a &lt;= b &amp;&amp; c &gt; \"d\" {\n"),
                b"if a <= b && c > \"d\" {\n    run();\n}\n",
            ),
            (
                "doubled backslashes in a block",
                paths,
                block("let p = \"C:\\\\temp\";\n", "let p = \"C:\\\\tmp\";\n"),
                b"let p = \"C:\\tmp\";\nlet q = 'x';\n",
            ),
        ],
    );
    all_become(
        Format::Patch,
        &[(
            "entities in a patch",
            entities,
            update("@@\n-if a &lt; b &amp;&amp; c &gt; \"d\" {\n+if a &lt;= b &amp;&amp; c &gt; \"d\" {"),
            b"if a <= b && c > \"d\" {\n    run();\n}\n",
        )],
    );
}

#[test]
fn signs_that_are_missing() {
    let cases: Vec<Case<'_>> = vec![
        (
            "all context without its blank",
            CODE,
            update("@@\n    let a = 1;\n-    let b = 2;\n+    let b = 3;\n    print(a + b);"),
            AFTER,
        ),
        (
            "context at the margin",
            CODE,
            update("@@\nfn main() {\n     let a = 1;\n-    let b = 2;\n+    let b = 3;"),
            AFTER,
        ),
    ];
    all_become(Format::Patch, &cases);
    all_become(
        Format::Udiff,
        &[(
            "in a diff",
            CODE,
            diff("@@ -1,4 +1,4 @@\nfn main() {\n    let a = 1;\n-    let b = 2;\n+    let b = 3;\n    print(a + b);"),
            AFTER,
        )],
    );
}

/// A slip in an edit that does not fit for another reason too is refused with the words for what was sent.
#[test]
fn a_slip_beside_a_mistake_is_no_slip() {
    let cases = [
        ("numbers and a wrong word", edit("2|    let a = 1;\n3|    let c = 2;", "2|    let a = 1;\n3|    let c = 3;")),
        ("numbers that do not count", edit("3|    let a = 1;\n2|    let b = 2;", "x")),
        ("entities and a wrong word", edit("print(a &amp;&amp; c);", "x();")),
        ("a fence and a wrong word", edit("```\n    let c = 1;\n```", "```\nx\n```")),
    ];
    for (name, text) in cases {
        let (cause, words) = one(Format::Edit, CODE, text).expect_err(name);
        assert_eq!(cause, Cause::NotFound, "{name}: {words}");
        assert!(words.starts_with("`f`: `old_string` is not there: "), "{name}: {words}");
    }
}

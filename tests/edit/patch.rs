//! The `apply_patch` format: what is read, where hunks go, and the words of each refusal.

use agent::edit::patch::{FileOp, GRAMMAR, Hunk, HunkLine, apply, parse};
use proptest::prelude::*;

fn update(body: &str) -> String {
    format!("*** Begin Patch\n*** Update File: f\n{body}\n*** End Patch")
}

/// The file after a patch that updates it, or the words.
fn patched(before: &[u8], body: &str) -> Result<Vec<u8>, String> {
    let operations = parse(&update(body))?;
    apply(&operations[0], Some(before)).map(|after| after.expect("an update leaves a file"))
}

#[test]
fn all_that_is_read() {
    let text = "*** Begin Patch\n*** Add File: ./src//new.rs\n+a\n+\n*** Delete File: gone\n\n*** Update File: old\n*** Move to: new\n@@ class A\n@@   def f\n keep\n-old\n+new\n\n tail\n@@\n+end\n*** End of File\n*** End Patch\n";
    let keep = |text: &str| HunkLine::Keep(text.into());
    let expected = vec![
        FileOp::Add { path: "src/new.rs".into(), text: "a\n\n".into() },
        FileOp::Delete { path: "gone".into() },
        FileOp::Update {
            path: "old".into(),
            to: Some("new".into()),
            hunks: vec![
                Hunk {
                    line: 9,
                    anchors: vec!["class A".into(), "  def f".into()],
                    lines: vec![
                        keep("keep"),
                        HunkLine::Remove("old".into()),
                        HunkLine::Add("new".into()),
                        keep(""),
                        keep("tail"),
                    ],
                    end_of_file: false,
                },
                Hunk { line: 16, anchors: vec![], lines: vec![HunkLine::Add("end".into())], end_of_file: true },
            ],
        },
    ];
    let tag = |open: &str, close: &str| format!("{open}\n{text}{close}\n");
    let cases = [
        ("plain", text.to_string()),
        ("blank lines around it", format!("\n \n{text}\n\n")),
        ("CRLF", text.replace('\n', "\r\n")),
        ("no newline at the end", text.trim_end().into()),
        ("fence", tag("```", "```")),
        ("named fence", tag("```patch", "```")),
        ("here-document", tag("<<'EOF'", "EOF")),
        ("command", tag("apply_patch <<\"PATCH\"", "PATCH")),
        ("command in a fence", tag("```sh\napply_patch <<EOF", "EOF\n```")),
    ];
    for (name, text) in cases {
        let mut seen = parse(&text).unwrap_or_else(|words| panic!("{name}: {words}"));
        // The line a hunk begins at counts the wrapping too.
        for operation in &mut seen {
            if let FileOp::Update { hunks, .. } = operation {
                let first = hunks[0].line;
                hunks.iter_mut().for_each(|hunk| hunk.line = hunk.line + 9 - first);
            }
        }
        assert_eq!(seen, expected, "{name}");
    }
    assert_eq!(expected[2].path(), "old");
}

#[test]
fn all_that_is_not_read() {
    let whole = |body: &str| format!("*** Begin Patch\n{body}\n*** End Patch");
    let header = "`*** Update File: path`, `*** Add File: path`, `*** Delete File: path` or `*** End Patch`";
    let relative = "send one relative to the working folder, such as `src/main.rs`";
    let cases: Vec<(&str, String, String)> = vec![
        ("empty", " \n".into(), "the patch is empty; it begins with `*** Begin Patch` and ends with `*** End Patch`".into()),
        (
            "empty envelope",
            whole(""),
            "the patch is empty; put `*** Update File: path`, `*** Add File: path` or `*** Delete File: path` inside it".into(),
        ),
        ("a diff", "--- a/f\n+++ b/f\n".into(), "line 1: expected `*** Begin Patch`; found `--- a/f`".into()),
        (
            "cd first",
            "cd x && apply_patch <<'EOF'\n*** Begin Patch\n*** End Patch\nEOF".into(),
            "line 1: expected `*** Begin Patch`; found `cd x && apply_patch <<'EOF'`".into(),
        ),
        (
            "cut off",
            "*** Begin Patch\n*** Add File: a\n+x".into(),
            "the patch has no `*** End Patch`: it was cut off after line 3; nothing was changed; send the whole patch again, in smaller parts if it is long".into(),
        ),
        (
            "two patches",
            format!("{}\n{}", whole("*** Delete File: a"), whole("*** Delete File: b")),
            "line 4: expected nothing after `*** End Patch`: one patch in one call; found `*** Begin Patch`".into(),
        ),
        ("unknown header", whole("*** Rename File: a"), format!("line 2: expected {header}; found `*** Rename File: a`")),
        ("lines after a deletion", whole("*** Delete File: a\n-x"), format!("line 3: expected {header}; found `-x`")),
        (
            "line of a new file without +",
            whole("*** Add File: a\n+x\n\ny\n+z"),
            "line 5: expected a line of the new file `a`: each begins with `+`, empty ones too; found `y`".into(),
        ),
        (
            "hunk line without its sign",
            update("@@\n-x\nfoo"),
            "line 5: expected a hunk line that begins with a space (kept), `-` (removed) or `+` (added); found `foo`".into(),
        ),
        (
            "unknown marker in a hunk",
            update("@@\n-x\n*** Foo"),
            "line 5: expected a hunk line that begins with a space (kept), `-` (removed) or `+` (added); found `*** Foo`".into(),
        ),
        (
            "nothing changes",
            update("@@\n x"),
            "line 3: this hunk changes nothing; it needs a line that begins with `-` or `+`".into(),
        ),
        (
            "anchor alone",
            update("@@ x"),
            "line 3: this hunk changes nothing; it needs a line that begins with `-` or `+`".into(),
        ),
        (
            "no hunk",
            whole("*** Update File: a"),
            "line 2: the update of `a` has no hunk; follow it with `@@` and lines that begin with space, `-` or `+`".into(),
        ),
        (
            "lines after the end of the file",
            update("@@\n+x\n*** End of File\n+y"),
            "line 6: expected `@@` before the next hunk, or a file header; found `+y`".into(),
        ),
        ("absolute", whole("*** Delete File: /etc/x"), format!("line 2: the path `/etc/x` is absolute; {relative}")),
        ("upwards", whole("*** Delete File: a/../../x"), format!("line 2: the path `a/../../x` holds `..`; {relative}")),
        (
            "move upwards",
            whole("*** Update File: a\n*** Move to: ../x"),
            format!("line 3: the path `../x` holds `..`; {relative}"),
        ),
        ("no path", whole("*** Delete File: ./"), format!("line 2: the path `./` names no file; {relative}")),
    ];
    for (name, text, expected) in cases {
        assert_eq!(parse(&text), Err(expected), "{name}");
    }
}

#[test]
fn whole_files() {
    let one = |text: &str| parse(&format!("*** Begin Patch\n{text}\n*** End Patch")).expect(text).remove(0);
    let (add, delete) = (one("*** Add File: f\n+a"), one("*** Delete File: f"));
    let (update, renamed) = (one("*** Update File: f\n@@\n-a\n+b"), one("*** Update File: f\n*** Move to: g"));
    assert_eq!(apply(&add, None), Ok(Some(b"a\n".to_vec())));
    assert_eq!(apply(&one("*** Add File: f"), None), Ok(Some(Vec::new())));
    assert_eq!(apply(&add, Some(b"")), Err("`f` is already there; change it with `*** Update File: f`".into()));
    assert_eq!(apply(&delete, Some(b"x")), Ok(None));
    assert_eq!(apply(&delete, None), Err("cannot delete `f`: there is no such file".into()));
    assert_eq!(
        apply(&update, None),
        Err("cannot update `f`: there is no such file; make it with `*** Add File: f`".into())
    );
    assert_eq!(apply(&renamed, Some(b"\xff\r\n\n")), Ok(Some(b"\xff\r\n\n".to_vec())));
}

const TWO: &[u8] = b"class A:\n    def f():\n        x = 1\n        return x\n\nclass B:\n    def f():\n        x = 1\n        return x\n";

#[test]
fn hunks_that_fit() {
    let cases: Vec<(&str, &[u8], &str, &[u8])> = vec![
        ("without @@", b"a\nb\nc\n", " a\n-b\n+B", b"a\nB\nc\n"),
        ("lone @@", b"a\nb\nc\n", "@@\n-b\n+B", b"a\nB\nc\n"),
        ("diff numbers are passed over", b"a\nb\n", "@@ -1,2 +1,2 @@ fn x()\n-b\n+B", b"a\nB\n"),
        ("insert between", b"a\nb\n", "@@\n a\n+x\n b", b"a\nx\nb\n"),
        ("two hunks", b"a\nb\nc\nd\n", "@@\n-a\n+A\n@@\n-d\n+D", b"A\nb\nc\nD\n"),
        ("the second is sought after the first", b"x\ny\nx\n", "@@\n y\n-x\n+z\n*** End of File", b"x\ny\nz\n"),
        ("one twin used up, the other is unique", b"x\n1\nx\n2\n", "@@\n-x\n-1\n@@\n-x\n+z", b"z\n2\n"),
        (
            "anchors choose",
            TWO,
            "@@ class B:\n@@     def f():\n-        x = 1\n+        x = 2",
            b"class A:\n    def f():\n        x = 1\n        return x\n\nclass B:\n    def f():\n        x = 2\n        return x\n",
        ),
        (
            "anchors without indentation",
            TWO,
            "@@ class B:\n@@ def f():\n         x = 1\n+        y = 1",
            b"class A:\n    def f():\n        x = 1\n        return x\n\nclass B:\n    def f():\n        x = 1\n        y = 1\n        return x\n",
        ),
        (
            "the anchor sent again as context",
            TWO,
            "@@ class B:\n class B:\n     def f():\n-        x = 1",
            b"class A:\n    def f():\n        x = 1\n        return x\n\nclass B:\n    def f():\n        return x\n",
        ),
        (
            "the same anchor for two hunks",
            b"fn a\n1\n2\n3\n",
            "@@ fn a\n-1\n@@ fn a\n-3",
            b"fn a\n2\n",
        ),
        (
            "only + goes right after the anchor",
            b"use a;\n\nfn x\nfn y\n",
            "@@ use a;\n+use b;",
            b"use a;\nuse b;\n\nfn x\nfn y\n",
        ),
        ("only + at the end", b"a\nb\n", "@@\n+c\n*** End of File", b"a\nb\nc\n"),
        ("only + in an empty file", b"", "@@\n+c", b"c\n"),
        ("end of file chooses", b"x\ny\nx\n", "@@\n-x\n+z\n*** End of File", b"x\ny\nz\n"),
        ("whitespace at line ends", b"a  \nb\t\nc\n", "@@\n a\n-b\n+B\n c", b"a  \nB\nc\n"),
        ("exact goes before that", b"a \na\n", "@@\n-a\n+b", b"a \nb\n"),
        ("empty line without its space", b"a\n\nb\n", "@@\n a\n\n-b\n+c", b"a\n\nc\n"),
        ("CRLF stays", b"a\r\nb\r\nc\r\n", "@@\n a\n-b\n+B\n+B2\n c", b"a\r\nB\r\nB2\r\nc\r\n"),
        ("mixed endings: as the neighbour", b"a\r\nb\r\nc\nd\n", "@@\n b\n+x\n@@\n d\n+y", b"a\r\nb\r\nx\r\nc\nd\ny\n"),
        ("no final newline stays so", b"a\nb", "@@\n-b\n+c", b"a\nc"),
        ("no final newline, lines appended", b"a\r\nb", "@@\n b\n+c\n+d", b"a\r\nb\r\nc\r\nd"),
        ("no final newline, last line removed", b"a\nb", "@@\n a\n-b", b"a"),
        ("all lines removed", b"a\n", "@@\n-a", b""),
        ("BOM stays", b"\xef\xbb\xbfa\nb\n", "@@\n+x\n a", b"\xef\xbb\xbfx\na\nb\n"),
        ("latin-1 stays", b"caf\xe9\r\nb\r\n\xff", "@@\n-b\n+c", b"caf\xe9\r\nc\r\n\xff"),
    ];
    for (name, before, body, expected) in cases {
        let seen = patched(before, body);
        let text = seen.as_ref().map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        assert_eq!(seen.as_deref(), Ok(expected), "{name}: {text:?}");
    }
}

#[test]
fn hunks_that_do_not_fit() {
    let cases: Vec<(&str, &[u8], &str, &str)> = vec![
        (
            "twins",
            b"x\ny\nx\n",
            "@@\n-x\n+z",
            "hunk 1 of `f` (patch line 3): its lines are 2 times in the file, at lines 1 and 3; add lines of context, or an `@@` line of what is around the place",
        ),
        (
            "twins under a repeated anchor",
            TWO,
            "@@     def f():\n-        x = 1",
            "hunk 1 of `f` (patch line 3): its lines are 2 times in the file, at lines 3 and 8; add lines of context, or an `@@` line of what is around the place",
        ),
        (
            "not there",
            b"fn main() {\n\tprint(1);\n}\n",
            "@@\n fn main() {\n-    print(1);\n+    print(2);",
            "hunk 1 of `f` (patch line 3): its lines are not in the file: the nearest are lines 1 to 2; only whitespace differs: line 2 begins with 1 tab, yours with 4 spaces; in the file:\n1|fn main() {\n2|\tprint(1);\nsend kept and removed lines exactly as the file has them",
        ),
        (
            "no such anchor",
            b"fn main() {\n}\n",
            "@@ fn mane() {\n-}",
            "hunk 1 of `f` (patch line 3): no line of the file is the anchor `@@ fn mane() {`: the nearest is line 1; in the file:\n1|fn main() {\nsend a whole line of the file as the anchor, or leave it out and give more context",
        ),
        (
            "anchors in the wrong order",
            TWO,
            "@@ class B:\n@@ class A:\n+x",
            "hunk 1 of `f` (patch line 3): its `@@` anchors do not follow each other in the file in this order; send them outermost first",
        ),
        (
            "above its anchor",
            b"a\nb\nc\n",
            "@@ c\n-a",
            "hunk 1 of `f` (patch line 3): its lines are at line 1, before its anchor at line 3; use an `@@` line that is above them",
        ),
        (
            "out of order",
            b"a\nb\nc\n",
            "@@\n-c\n@@\n-a",
            "hunk 2 of `f` (patch line 5): its lines are at line 1, before the place of the hunk ahead of it; send hunks in the order of the file, and do not let them overlap",
        ),
        (
            "only + and no place",
            b"a\n",
            "@@\n+x",
            "hunk 1 of `f` (patch line 3): it has only `+` lines and nothing says where they go; add a line of the file as context (with a space before it), or an `@@` anchor to put them after, or `*** End of File` to put them at the end",
        ),
        (
            "only + after a repeated anchor",
            b"a\nb\na\n",
            "@@ a\n+x",
            "hunk 1 of `f` (patch line 3): its anchor is at lines 1 and 3; add the line it follows as context, or an `@@` line of what is around it ahead of it",
        ),
        (
            "not at the end",
            b"a\nb\n",
            "@@\n-a\n*** End of File",
            "hunk 1 of `f` (patch line 3): its lines are at line 1, which is not where the file ends; leave out `*** End of File`",
        ),
        (
            "applied already",
            b"a\nB\nc\n",
            "@@\n a\n-b\n+B\n c",
            "hunk 1 of `f` (patch line 3): its old lines are not in the file, and what it makes of them already is, at line 1: it seems to be applied; leave it out",
        ),
        (
            "an empty file",
            b"",
            "@@\n-a",
            "hunk 1 of `f` (patch line 3): its lines are not in the file: the file is empty\nsend kept and removed lines exactly as the file has them",
        ),
    ];
    for (name, before, body, expected) in cases {
        assert_eq!(patched(before, body), Err(expected.into()), "{name}");
    }
}

#[test]
fn the_grammar_names_every_marker() {
    for marker in
        ["Begin Patch", "End Patch", "Add File: ", "Delete File: ", "Update File: ", "Move to: ", "End of File"]
    {
        assert!(GRAMMAR.contains(marker), "{marker}");
    }
}

/// A text made of the format's own pieces, which reaches further into the parser than arbitrary text does.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "*** Begin Patch",
        "*** End Patch",
        "*** Add File: a",
        "*** Delete File: a",
        "*** Update File: a",
        "*** Move to: b",
        "*** End of File",
        "@@",
        "@@ x",
        " x",
        "-x",
        "+x",
        "",
        "```",
        "<<EOF",
        "EOF",
        "x",
    ]);
    prop::collection::vec(piece, 0..16).prop_map(|lines| lines.join("\n"))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn parse_never_panics(text: String, pieces in pieces(), before in "[xy \r\n]{0,20}") {
        let _ = parse(&text);
        let wrapped = format!("*** Begin Patch\n*** Update File: a\n{pieces}\n*** End Patch");
        for text in [pieces, wrapped] {
            for operation in parse(&text).unwrap_or_default() {
                let _ = apply(&operation, Some(before.as_bytes()));
            }
        }
    }

    /// A cut anywhere before the last line is never taken for the whole.
    #[test]
    fn cut_off_is_refused(cut in 0usize..80) {
        let text = "*** Begin Patch\n*** Update File: f\n@@ a\n-b\n+c\n*** Add File: g\n+x\n*** End Patch";
        let end = text.len() - 1;
        prop_assert!(parse(text.get(..cut.min(end)).unwrap_or_default()).is_err());
    }

    /// Distinct lines, some changed: the patch made from them leads to what was meant, with endings as they were.
    #[test]
    fn a_made_patch_leads_there(changed in prop::collection::vec(0u8..4, 1..12), crlf: bool, ended: bool) {
        let ending = if crlf { "\r\n" } else { "\n" };
        let mut body = String::from("@@\n");
        let (mut before, mut after) = (Vec::new(), Vec::new());
        for (index, change) in changed.iter().enumerate() {
            let line = format!("line {index}");
            match change {
                0 => { body += &format!(" {line}\n"); before.push(line.clone()); after.push(line); }
                1 => { body += &format!("-{line}\n"); before.push(line); }
                2 => { body += &format!("+{line}\n"); after.push(line); }
                _ => { body += &format!("-{line}\n+new {line}\n"); before.push(line.clone()); after.push(format!("new {line}")); }
            }
        }
        prop_assume!(before.len() > 1 && changed.iter().any(|change| *change > 0));
        let text = |lines: &[String]| {
            let last = if ended && !lines.is_empty() { ending } else { "" };
            (lines.join(ending) + last).into_bytes()
        };
        prop_assert_eq!(patched(&text(&before), body.trim_end()), Ok(text(&after)));
    }
}

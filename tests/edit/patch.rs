//! The `patch` format: what is read, and what is refused because it cannot be read.

use super::bench::{Case, Files, all_become, all_refused, check, update};
use agent::edit::{Cause, Format, GRAMMAR};

const BEFORE: &[(&str, &[u8])] =
    &[("old", b"class A:\n  def f\nkeep\nold\n\ntail\nlast\n"), ("gone", b"x\n"), ("src/x", b"")];

/// All that the format can say, in one patch.
const WHOLE: &str = "*** Begin Patch\n*** Add File: ./src//new.rs\n+a\n+\n*** Delete File: gone\n\n*** Update File: old\n*** Move to: new\n@@ class A\n@@   def f\n keep\n-old\n+new\n\n tail\n@@\n last\n+end\n*** End of File\n*** End Patch\n";

fn whole_after() -> Files {
    let file = |path: &str, text: &str| (path.to_owned(), (text.as_bytes().to_vec(), false));
    Files::from([
        file("src/new.rs", "a\n\n"),
        file("new", "class A:\n  def f\nkeep\nnew\n\ntail\nlast\nend\n"),
        file("src/x", ""),
    ])
}

fn patch(body: &str) -> String {
    format!("*** Begin Patch\n{body}\n*** End Patch")
}

#[test]
fn what_may_be_around_a_patch() {
    let tag = |open: &str, close: &str| format!("{open}\n{WHOLE}{close}\n");
    let bare = WHOLE.replace("*** Begin Patch\n", "").replace("*** End Patch\n", "");
    let cases = [
        ("plain", WHOLE.to_string()),
        ("blank lines around it", format!("\n \n{WHOLE}\n\n")),
        ("CRLF", WHOLE.replace('\n', "\r\n")),
        ("no newline at the end", WHOLE.trim_end().into()),
        ("byte order mark", format!("\u{feff}{WHOLE}")),
        ("fence", tag("```", "```")),
        ("named fence", tag("```patch", "```")),
        ("long fence", tag("````diff", "````")),
        ("fence of tildes", tag("~~~", "~~~")),
        ("here-document", tag("<<'EOF'", "EOF")),
        ("command", tag("apply_patch <<\"PATCH\"", "PATCH")),
        ("command in a fence", tag("```sh\napply_patch <<EOF", "EOF\n```")),
        ("words before and after", format!("I change two files.\n\n{WHOLE}\nThat is all.\n")),
        ("words and a fence", format!("Here:\n\n```\n{WHOLE}```\nDone.\n")),
        ("no envelope", bare.clone()),
        ("no envelope in a fence", format!("```\n{bare}```\n")),
        ("no begin", WHOLE.replace("*** Begin Patch\n", "")),
        ("no end, but the fence closes", format!("```\n{}```\n", WHOLE.replace("*** End Patch\n", ""))),
        ("no end, but the here-document closes", format!("<<EOF\n{}EOF\n", WHOLE.replace("*** End Patch\n", ""))),
        ("begin twice", format!("*** Begin Patch\n{WHOLE}")),
        ("end twice", format!("{WHOLE}*** End Patch\n")),
        ("blanks behind the envelope", WHOLE.replace("Patch\n", "Patch  \n")),
        ("as a JSON string", serde_json::to_string(WHOLE).unwrap()),
        ("as one escaped line", WHOLE.replace('\n', "\\n")),
        ("quoted path", WHOLE.replace("./src//new.rs", "\"src/new.rs\"")),
        ("path in backticks", WHOLE.replace("./src//new.rs", "`src/new.rs`")),
        ("no blank before the path", WHOLE.replace("File: ", "File:")),
        ("headers of a diff repeated", WHOLE.replace("*** Move to: new\n", "*** Move to: new\n--- a/old\n+++ b/new\n")),
        ("blank lines between hunks", WHOLE.replace("@@\n last", "\n\n@@\n last")),
        ("context without its blank", WHOLE.replace("\n tail", "\ntail")),
        ("two patches", {
            let (one, other) = WHOLE.split_once("*** Update").unwrap();
            format!("{one}*** End Patch\n\n*** Begin Patch\n*** Update{other}")
        }),
    ];
    for (name, text) in cases {
        assert_eq!(check(Format::Patch, BEFORE, &text), Ok(whole_after()), "{name}");
    }
}

#[test]
fn a_command_says_where_paths_begin() {
    let before: &[(&str, &[u8])] = &[("sub/f", b"a\n"), ("f", b"a\n")];
    let text = "cd sub && apply_patch <<'EOF'\n*** Begin Patch\n*** Update File: f\n-a\n+b\n*** End Patch\nEOF\n";
    let after = check(Format::Patch, before, text).unwrap();
    assert_eq!((&after["sub/f"].0[..], &after["f"].0[..]), (&b"b\n"[..], &b"a\n"[..]));
}

#[test]
fn what_leads_to_a_place() {
    let cases: Vec<Case<'_>> = vec![
        ("without @@", b"a\nb\nc\n", update(" a\n-b\n+B"), b"a\nB\nc\n"),
        ("lone @@", b"a\nb\nc\n", update("@@\n-b\n+B"), b"a\nB\nc\n"),
        ("numbers of a diff", b"a\nb\n", update("@@ -1,2 +1,2 @@ fn x()\n-b\n+B"), b"a\nB\n"),
        ("a number that chooses", b"x\ny\nx\n", update("@@ -3,1 +3,1 @@\n-x\n+z"), b"x\ny\nz\n"),
        ("the word line", b"x\ny\nx\n", update("@@ line 3\n-x\n+z"), b"x\ny\nz\n"),
        ("@@ on both sides", b"fn a\n1\nfn b\n1\n", update("@@ fn b @@\n-1\n+2"), b"fn a\n1\nfn b\n2\n"),
        ("dots are no anchor", b"a\nb\n", update("@@ ... @@\n-b\n+B"), b"a\nB\n"),
        ("insert between", b"a\nb\n", update("@@\n a\n+x\n b"), b"a\nx\nb\n"),
        ("two hunks", b"a\nb\nc\nd\n", update("@@\n-a\n+A\n@@\n-d\n+D"), b"A\nb\nc\nD\n"),
        ("a hunk of context alone beside another", b"a\nb\nc\n", update("@@\n a\n@@\n-c\n+C"), b"a\nb\nC\n"),
        ("empty line without its space", b"a\n\nb\n", update("@@\n a\n\n-b\n+c"), b"a\n\nc\n"),
        ("empty lines between new ones", b"one\ntwo\n", update("@@\n one\n+x\n\n+y\n two"), b"one\nx\n\ny\ntwo\n"),
        ("a blank line at the end of a hunk", b"a\nb\n", update("@@\n-a\n+A\n"), b"A\nb\n"),
        ("no sign before context", b"fn a() {\nx\n}\n", update("@@\nfn a() {\n-x\n+y\n}"), b"fn a() {\ny\n}\n"),
    ];
    all_become(Format::Patch, &cases);
}

#[test]
fn whole_files() {
    let seen = |body: &str| check(Format::Patch, &[("f", b"\xff\r\n\n"), ("e", b"")], patch(body));
    let files = |body: &str| {
        let after = seen(body).unwrap_or_else(|(cause, words)| panic!("{body}: {cause:?}: {words}"));
        after.into_iter().map(|(path, (bytes, _))| (path, bytes)).collect::<Vec<_>>()
    };
    let file = |path: &str, bytes: &[u8]| (path.to_owned(), bytes.to_vec());
    let kept = || vec![file("e", b""), file("f", b"\xff\r\n\n")];
    let and = |path: &str, bytes: &[u8]| [kept(), vec![file(path, bytes)]].concat();
    assert_eq!(files("*** Add File: g\n+a"), and("g", b"a\n"));
    assert_eq!(files("*** Add File: g"), and("g", b""), "an empty file");
    assert_eq!(files("*** Add File: x/y/z\n+a"), and("x/y/z", b"a\n"), "in new folders");
    assert_eq!(files("*** Delete File: f"), vec![file("e", b"")]);
    assert_eq!(files("*** Delete File: e"), vec![file("f", b"\xff\r\n\n")], "an empty file");
    assert_eq!(files("*** Update File: f\n*** Move to: g"), vec![file("e", b""), file("g", b"\xff\r\n\n")]);
    assert_eq!(files("*** Delete File: f\n*** Add File: f\n+a"), vec![file("e", b""), file("f", b"a\n")]);
    assert_eq!(
        files("*** Add File: g\n+a\n*** Update File: g\n@@\n-a\n+b"),
        and("g", b"b\n"),
        "each file is as the one before left it"
    );
    assert_eq!(files("*** Update File: e\n@@\n+a"), vec![file("e", b"a\n"), file("f", b"\xff\r\n\n")]);
}

#[test]
fn what_cannot_be_read() {
    let header = "`*** Update File: path`, `*** Add File: path`, `*** Delete File: path` or `*** End Patch`";
    let sign = "expected a hunk line that begins with a space (kept), `-` (removed) or `+` (added)";
    let relative = "send one relative to the working folder, such as `src/main.rs`";
    let empty =
        "the patch is empty; put `*** Update File: path`, `*** Add File: path` or `*** Delete File: path` inside it";
    let changes = "line 3: this hunk changes nothing; it needs a line that begins with `-` or `+`";
    let words = [
        format!("line 2: expected {header}; found `*** Rename File: a`"),
        format!("line 3: expected {header}; found `-x`"),
        format!("line 5: {sign}; found `*** Foo`"),
        format!("the path `a/../../x` holds `..`; {relative}"),
        format!("the path `../x` holds `..`; {relative}"),
        format!("the path `./` names no file; {relative}"),
        format!("the path `src/` is a folder; {relative}"),
        format!("the path `a\u{7}b` holds a control character; {relative}"),
    ];
    let cut = "the patch has no `*** End Patch`: it was cut off after line 3; nothing was changed; send the whole edit again, in smaller parts if it is long";
    use Cause::{CutOff, Malformed, Path};
    let cases = vec![
        ("empty", " \n".into(), Malformed, "the edit is empty"),
        ("empty envelope", patch(""), Malformed, empty),
        ("a diff", "--- a/f\n+++ b/f\n".into(), Malformed, "line 1: expected `*** Begin Patch`; found `--- a/f`"),
        (
            "another command first",
            format!("rm -r x && apply_patch <<'EOF'\n{WHOLE}EOF\n"),
            Malformed,
            "line 1: expected `apply_patch <<'EOF'`, or the patch alone; found `rm -r x && apply_patch <<'EOF'`",
        ),
        (
            "a folder that a shell would have to work out",
            format!("cd $DIR && apply_patch <<'EOF'\n{WHOLE}EOF\n"),
            Malformed,
            "line 1: expected `apply_patch <<'EOF'`, or the patch alone; found `cd $DIR && apply_patch <<'EOF'`",
        ),
        ("cut off", "*** Begin Patch\n*** Add File: a\n+x".into(), CutOff, cut),
        ("cut off behind a line", "*** Begin Patch\n*** Add File: a\n+x\n".into(), CutOff, cut),
        ("cut off without a begin", "*** Add File: a\n+x\n+y".into(), CutOff, cut),
        (
            "more after the end",
            format!("{}\n*** Delete File: b\n", patch("*** Delete File: f")),
            Malformed,
            "line 4: expected nothing after `*** End Patch`; found `*** Delete File: b`",
        ),
        ("unknown header", patch("*** Rename File: a"), Malformed, &words[0]),
        ("lines after a deletion", patch("*** Delete File: a\n-x"), Malformed, &words[1]),
        (
            "line of a new file without +",
            patch("*** Add File: a\n+x\n\ny\n+z"),
            Malformed,
            "line 5: expected a line of the new file `a`: each begins with `+`, empty ones too; found `y`",
        ),
        ("unknown marker in a hunk", update("@@\n-x\n*** Foo"), Malformed, &words[2]),
        ("nothing changes", update("@@\n x"), Malformed, changes),
        ("anchor alone", update("@@ x"), Malformed, changes),
        (
            "no hunk",
            patch("*** Update File: a"),
            Malformed,
            "line 2: the update of `a` has no hunk; follow it with `@@` and lines that begin with space, `-` or `+`",
        ),
        (
            "lines after the end of the file",
            update("@@\n+x\n*** End of File\n+y"),
            Malformed,
            "line 6: expected `@@` before the next hunk, or a file header; found `+y`",
        ),
        ("absolute", patch("*** Delete File: /etc/x"), Path, "`/etc/x` is outside of the workspace"),
        ("upwards", patch("*** Delete File: a/../../x"), Path, &words[3]),
        ("move upwards", patch("*** Update File: f\n*** Move to: ../x"), Path, &words[4]),
        ("no path", patch("*** Delete File: ./"), Path, &words[5]),
        ("a folder", patch("*** Add File: src/\n+x"), Path, &words[6]),
        ("control characters", patch("*** Add File: a\u{7}b\n+x"), Path, &words[7]),
    ];
    let cases: Vec<_> =
        cases.into_iter().map(|(name, edit, cause, words)| (name, &b"x\n"[..], edit, cause, words)).collect();
    all_refused(Format::Patch, &cases);
}

#[test]
fn the_grammar_names_every_marker() {
    for marker in
        ["Begin Patch", "End Patch", "Add File: ", "Delete File: ", "Update File: ", "Move to: ", "End of File"]
    {
        assert!(GRAMMAR.contains(marker), "{marker}");
    }
}

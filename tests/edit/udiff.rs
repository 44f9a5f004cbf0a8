//! The `udiff` format: what is read, with numbers or without, and what is refused because it cannot be read.

use super::bench::{Case, Memory, all_become, all_refused, check, diff, one};
use agent::edit::{Cause, Format};

const FIVE: &[u8] = b"one\ntwo\nthree\nfour\nfive\n";
const CHANGED: &[u8] = b"one\ntwo\nTHREE\nfour\nfive\n";
const HUNK: &str = "@@ -1,5 +1,5 @@\n one\n two\n-three\n+THREE\n four\n five";

#[test]
fn what_may_be_around_a_diff() {
    let plain = diff(HUNK);
    let named = |old: &str, new: &str| format!("--- {old}\n+++ {new}\n{HUNK}\n");
    let git = |headers: &str| format!("diff --git a/f b/f\n{headers}{plain}");
    let cases = vec![
        ("plain", plain.clone()),
        ("CRLF", plain.replace('\n', "\r\n")),
        ("byte order mark", format!("\u{feff}{plain}")),
        ("git", git("index 257cc56..5716ca5 100644\n")),
        ("git, similarity", git("similarity index 98%\nindex 257cc56..5716ca5 100644\n")),
        ("svn", format!("Index: f\n===================================================================\n{plain}")),
        ("times behind the names", named("a/f\t2026-01-01 00:00:00 +0000", "b/f\t2026-01-01 00:00:01 +0000")),
        ("no letters", named("f", "f")),
        ("other letters", named("i/f", "w/f")),
        ("one letter", named("a/f", "f")),
        ("the same letter twice", named("a/f", "a/f")),
        ("a copy kept as .orig", named("f.orig", "f")),
        ("quoted", named("\"a/f\"", "\"b/f\"")),
        ("dot and slash", named("./f", "./f")),
        ("the new name alone", format!("+++ b/f\n{HUNK}\n")),
        ("fence", format!("```diff\n{plain}```\n")),
        ("words and a fence", format!("Here it is:\n\n```diff\n{plain}```\n\nDone.\n")),
        ("words", format!("I change a line.\n\n{plain}")),
        (
            "a mail",
            format!("From 0 Mon Sep 17 00:00:00 2001\nSubject: x\n\n---\n f | 2 +-\n\n{}-- \n2.50.0\n\n", git("")),
        ),
        ("as one escaped line", plain.replace('\n', "\\n")),
        ("HTML entities over all of it", plain.replace('+', "&#43;").replace("&#43;", "+")),
        ("blank lines at the end", format!("{plain}\n\n")),
        ("a heading", diff(&HUNK.replace("5 @@", "5 @@ fn zero()"))),
        ("counts too small", diff(&HUNK.replace("1,5 +1,5", "1,4 +1,3"))),
        ("counts of zero", diff(&HUNK.replace("1,5 +1,5", "1,0 +1,0"))),
        ("a wrong place", diff(&HUNK.replace("-1,5 +1,5", "-90,5 +90,5"))),
        ("no numbers", diff(&HUNK.replace("@@ -1,5 +1,5 @@", "@@"))),
        ("dots for numbers", diff(&HUNK.replace("@@ -1,5 +1,5 @@", "@@ ... @@"))),
        ("no context", diff("@@ -3 +3 @@\n-three\n+THREE")),
        ("context without its blank", diff(&HUNK.replace("\n two", "\ntwo").replace("\n four", "\nfour"))),
        (
            "a hunk of context alone beside it",
            diff(&format!(
                "@@ -1,2 +1,2 @@\n one\n two\n{}",
                &HUNK[..].replace(" one\n two\n", "").replace("1,5 +1,5", "3,3 +3,3")
            )),
        ),
    ];
    let cases: Vec<Case<'_>> = cases.into_iter().map(|(name, text)| (name, FIVE, text, CHANGED)).collect();
    all_become(Format::Udiff, &cases);
}

#[test]
fn lines_that_look_like_headers() {
    let cases: Vec<Case<'_>> = vec![
        (
            "a removed line of dashes",
            b"a\n-- comment\nb\n",
            diff("@@ -1,3 +1,3 @@\n a\n--- comment\n+-- remark\n b"),
            b"a\n-- remark\nb\n",
        ),
        ("an added line of pluses", b"a\nb\n", diff("@@ -1,2 +1,3 @@\n a\n+++ x\n b"), b"a\n++ x\nb\n"),
        ("both, one under the other", b"a\n-- x\nb\n", diff("@@ -1,3 +1,3 @@\n a\n--- x\n+++ y\n b"), b"a\n++ y\nb\n"),
        ("a removed fence", b"a\n```\nb\n", diff("@@ -1,3 +1,2 @@\n a\n-```\n b"), b"a\nb\n"),
        ("a kept fence", b"a\n```\nb\n", diff("@@ -1,3 +1,3 @@\n-a\n+A\n ```\n b"), b"A\n```\nb\n"),
        ("a removed @@", b"@@ x\nb\n", diff("@@ -1,2 +1,2 @@\n-@@ x\n+@@ y\n b"), b"@@ y\nb\n"),
    ];
    all_become(Format::Udiff, &cases);
}

#[test]
fn insertions_and_ends() {
    let cases: Vec<Case<'_>> = vec![
        ("at the start", b"a\nb\n", diff("@@ -1,2 +1,3 @@\n+x\n a\n b"), b"x\na\nb\n"),
        ("at the end", b"a\nb\n", diff("@@ -1,2 +1,3 @@\n a\n b\n+x"), b"a\nb\nx\n"),
        ("into an empty file", b"", diff("@@ -0,0 +1,2 @@\n+x\n+y"), b"x\ny\n"),
        ("all lines removed", b"a\nb\n", diff("@@ -1,2 +0,0 @@\n-a\n-b"), b""),
        (
            "the last newline is taken",
            b"a\nb\n",
            diff("@@ -1,2 +1,2 @@\n a\n-b\n+b\n\\ No newline at end of file"),
            b"a\nb",
        ),
        (
            "the last newline is given",
            b"a\nb",
            diff("@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b"),
            b"a\nb\n",
        ),
        (
            "none before, none after",
            b"a\nb",
            diff("@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+c\n\\ No newline at end of file"),
            b"a\nc",
        ),
        ("none on a kept line", b"a\nb", diff("@@ -1,2 +1,2 @@\n-a\n+A\n b\n\\ No newline at end of file"), b"A\nb"),
        (
            "the marker in other words",
            b"a\nb",
            diff("@@ -1,2 +1,2 @@\n-a\n+A\n b\n\\ Kein Zeilenumbruch am Ende"),
            b"A\nb",
        ),
        ("the file has none and nobody says so", b"a\nb", diff("@@ -1,2 +1,2 @@\n a\n-b\n+c"), b"a\nc"),
        (
            "the marker chooses the end",
            b"x\ny\nx",
            diff("@@ -9 +9 @@\n-x\n\\ No newline at end of file\n+z\n\\ No newline at end of file"),
            b"x\ny\nz",
        ),
    ];
    all_become(Format::Udiff, &cases);
}

#[test]
fn whole_files() {
    let before: &[(&str, &[u8])] = &[("f", b"a\nb\n"), ("sub/g", b"1\n")];
    let files = |text: &str| {
        let after = check(Format::Udiff, before, text).unwrap_or_else(|(_, words)| panic!("{words}\n{text}"));
        let shown = |(path, (bytes, executable)): (String, (Vec<u8>, bool))| {
            format!("{path}{} {}", if executable { "*" } else { "" }, bytes.escape_ascii())
        };
        after.into_iter().map(shown).collect::<Vec<String>>().join(", ")
    };
    let cases = [
        ("create", "--- /dev/null\n+++ b/n\n@@ -0,0 +1,2 @@\n+x\n+y\n", r"f a\nb\n, n x\ny\n, sub/g 1\n"),
        (
            "create by git",
            "diff --git a/n b/n\nnew file mode 100644\nindex 0000000..1\n--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+x\n",
            r"f a\nb\n, n x\n, sub/g 1\n",
        ),
        (
            "create a program",
            "diff --git a/n b/n\nnew file mode 100755\n--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+x\n",
            r"f a\nb\n, n* x\n, sub/g 1\n",
        ),
        ("create an empty file", "diff --git a/n b/n\nnew file mode 100644\nindex 0..0\n", r"f a\nb\n, n , sub/g 1\n"),
        (
            "create without a last newline",
            "--- /dev/null\n+++ b/n\n@@ -0,0 +1 @@\n+x\n\\ No newline at end of file\n",
            r"f a\nb\n, n x, sub/g 1\n",
        ),
        ("create without a hunk header's numbers", "--- /dev/null\n+++ b/n\n@@\n+x\n", r"f a\nb\n, n x\n, sub/g 1\n"),
        ("delete", "--- a/f\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-a\n-b\n", r"sub/g 1\n"),
        (
            "delete by git",
            "diff --git a/f b/f\ndeleted file mode 100644\nindex 1..0\n--- a/f\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-a\n-b\n",
            r"sub/g 1\n",
        ),
        ("delete by header alone", "diff --git a/f b/f\ndeleted file mode 100644\n", r"sub/g 1\n"),
        ("rename", "diff --git a/f b/h\nsimilarity index 100%\nrename from f\nrename to h\n", r"h a\nb\n, sub/g 1\n"),
        (
            "rename and change",
            "diff --git a/f b/x/h\nrename from f\nrename to x/h\n--- a/f\n+++ b/x/h\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n",
            r"sub/g 1\n, x/h a\nc\n",
        ),
        (
            "rename with spaces",
            "diff --git a/f b/the new f\nrename from f\nrename to the new f\n",
            r"sub/g 1\n, the new f a\nb\n",
        ),
        ("copy", "diff --git a/f b/h\ncopy from f\ncopy to h\n", r"f a\nb\n, h a\nb\n, sub/g 1\n"),
        ("mode", "diff --git a/f b/f\nold mode 100644\nnew mode 100755\n", r"f* a\nb\n, sub/g 1\n"),
        (
            "mode and change",
            "diff --git a/f b/f\nold mode 100644\nnew mode 100755\n--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n",
            r"f* a\nc\n, sub/g 1\n",
        ),
        (
            "two files",
            "--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n--- a/sub/g\n+++ b/sub/g\n@@ -1 +1 @@\n-1\n+2\n",
            r"f a\nc\n, sub/g 2\n",
        ),
        (
            "files exchange names",
            "diff --git a/f b/t\nrename from f\nrename to t\ndiff --git a/sub/g b/f\nrename from sub/g\nrename to f\n",
            r"f 1\n, t a\nb\n",
        ),
    ];
    for (name, text, after) in cases {
        assert_eq!(files(text), after, "{name}");
    }
}

#[test]
fn the_mode_of_a_program_stays_and_goes() {
    let mut memory = Memory::new(&[("f", b"a\n")]);
    memory.files.insert("f".into(), (b"a\n".to_vec(), true));
    let shown = |text: &str| memory.after(Format::Udiff, text).unwrap().files.into_iter().collect::<Vec<_>>();
    assert_eq!(shown("--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n"), [("f".into(), (b"b\n".to_vec(), true))]);
    assert_eq!(
        shown("diff --git a/f b/f\nold mode 100755\nnew mode 100644\n"),
        [("f".into(), (b"a\n".to_vec(), false))]
    );
    assert_eq!(
        shown("diff --git a/f b/g\nrename from f\nrename to g\n"),
        [("g".into(), (b"a\n".to_vec(), true))],
        "a renamed program is still one"
    );
    assert_eq!(
        shown("diff --git a/f b/g\ncopy from f\ncopy to g\n")[1],
        ("g".into(), (b"a\n".to_vec(), true)),
        "so is its copy"
    );
}

/// A diff that stops between two changes of one hunk, its header being right, is cut off: half of it is not made.
#[test]
fn a_diff_that_is_cut_between_two_changes() {
    let before = b"one\ntwo\nthree\nfour\nfive\nsix\n";
    let near = "@@ -1,4 +1,4 @@\n-one\n+1\n two\n three\n-four\n+4\n";
    let far = "@@ -1,6 +1,6 @@\n-one\n+1\n two\n three\n four\n-five\n+5\n six\n";
    for (hunk, cut) in [(near, "-four"), (far, "-five")] {
        let whole = format!("--- a/f\n+++ b/f\n{hunk}");
        assert!(one(Format::Udiff, before, &whole).is_ok());
        let part = &whole[..whole.find(cut).unwrap()];
        let seen = one(Format::Udiff, before, part);
        assert_eq!(seen.map_err(|(cause, _)| cause), Err(Cause::CutOff), "{part}");
    }
}

#[test]
fn what_cannot_be_read() {
    use Cause::{Content, CutOff, Malformed, Missing, NoChange, Path};
    let cut = |why: &str| {
        format!(
            "the diff seems to be cut off in its last hunk: {why}; nothing was changed; send the whole edit again, in smaller parts if it is long"
        )
    };
    let (unended, counted) =
        (cut("its last line has no newline"), cut("it has 2 old and 2 new lines, and its header says 5 and 5"));
    let short = "`f`: the hunk of line 3 has fewer lines than its header says: it seems to be cut off; send the whole edit again, in smaller parts if it is long";
    let up = "the path `../f` holds `..`; send one relative to the working folder, such as `src/main.rs`";
    let cases = vec![
        ("no diff", "hello\n".into(), Malformed, "there is no diff; it begins with `--- a/path` and `+++ b/path`"),
        (
            "a hunk alone",
            "@@ -1 +1 @@\n-one\n+1\n".into(),
            Malformed,
            "line 1: a hunk without a file; put `--- a/path` and `+++ b/path` before it",
        ),
        ("a header of blanks", "Index: \n".into(), Malformed, "the diff names no file"),
        ("a header of blanks, a hunk", "+++ \n@@ -1 +1 @@\n-one\n+1\n".into(), Malformed, "the diff names no file"),
        ("headers alone", "--- a/f\n+++ b/f\n".into(), CutOff, "line 1: the diff names a file and has no hunk; nothing was changed; send the whole edit again, in smaller parts if it is long"),
        ("cut in a new line", "--- a/f\n+++ b/f\n@@ -1,5 +1,5 @@\n one\n two\n-three\n+THR".into(), CutOff, &unended),
        ("cut before the new lines", "--- a/f\n+++ b/f\n@@ -1,5 +1,5 @@\n one\n two\n-three".into(), CutOff, &unended),
        ("cut in the context", "--- a/f\n+++ b/f\n@@ -1,5 +1,5 @@\n-one\n+1\n tw".into(), CutOff, &counted),
        ("cut at a line's end", "--- a/f\n+++ b/f\n@@ -1,5 +1,5 @@\n one\n two\n-three\n".into(), CutOff, short),
        (
            "two names",
            "--- a/f\n+++ b/g\n@@ -1 +1 @@\n-one\n+1\n".into(),
            Malformed,
            "the diff names `f` and `g`; to move a file, say `rename from` and `rename to`",
        ),
        (
            "headers that disagree",
            "diff --git a/g b/g\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-one\n+1\n".into(),
            Malformed,
            "line 1: the headers name different files",
        ),
        ("nothing to nothing", "--- /dev/null\n+++ /dev/null\n@@ -1 +1 @@\n-one\n+1\n".into(), Malformed, "the diff names no file"),
        (
            "binary",
            "diff --git a/f b/f\nindex 1..2 100644\nBinary files a/f and b/f differ\n".into(),
            Content,
            "line 3: a binary patch cannot be applied; write the file with a command",
        ),
        (
            "binary data",
            "diff --git a/f b/f\nindex 1..2 100644\nGIT binary patch\nliteral 1\nIcmZ\n".into(),
            Content,
            "line 3: a binary patch cannot be applied; write the file with a command",
        ),
        (
            "a link",
            "diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+f\n\\ No newline at end of file\n".into(),
            Content,
            "a file of mode 120000 is no regular file; make links and submodules with a command",
        ),
        (
            "a new file with old lines",
            "--- /dev/null\n+++ b/n\n@@ -1 +1 @@\n-x\n+y\n".into(),
            Malformed,
            "a new file has only lines that begin with `+`; found `x`",
        ),
        ("upwards", "--- ../f\n+++ ../f\n@@ -1 +1 @@\n-one\n+1\n".into(), Path, up),
        (
            "another file",
            "--- a/g\n+++ b/g\n@@ -1 +1 @@\n-one\n+1\n".into(),
            Missing,
            "there is no `g`; check the path, or create the file",
        ),
        (
            "deleted otherwise",
            "--- a/f\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-one\n-two\n".into(),
            Content,
            "the edit deletes the file, but not all that is in it: it has changed; read it again before you delete it",
        ),
        (
            "the mode it has",
            "diff --git a/f b/f\nold mode 100755\nnew mode 100644\n".into(),
            NoChange,
            "nothing would change; send what shall be different",
        ),
    ];
    let cases: Vec<_> = cases.into_iter().map(|(name, edit, cause, words)| (name, FIVE, edit, cause, words)).collect();
    all_refused(Format::Udiff, &cases);
}

//! The `blocks` format: SEARCH/REPLACE under a file name, in all the ways in which models write it.

use super::bench::{Case, all_become, all_refused, block, check};
use agent::edit::{Cause, Format};

const BEFORE: &[(&str, &[u8])] = &[("src/main.py", b"import os\n\nprint(1)\n"), ("Makefile", b"all:\n\ttrue\n")];
const BODY: &str = "<<<<<<< SEARCH\nprint(1)\n=======\nprint(2)\n>>>>>>> REPLACE\n";

#[test]
fn where_the_name_may_be() {
    let fenced = |name: &str| format!("{name}\n```python\n{BODY}```\n");
    let cases = [
        ("above the block", format!("src/main.py\n{BODY}")),
        ("above the fence", fenced("src/main.py")),
        ("inside the fence", format!("```python\nsrc/main.py\n{BODY}```\n")),
        ("behind the fence", format!("```python src/main.py\n{BODY}```\n")),
        ("as the fence's title", format!("```python title=\"src/main.py\"\n{BODY}```\n")),
        ("joined to the fence's language", format!("```python:src/main.py\n{BODY}```\n")),
        ("blank line between", format!("src/main.py\n\n{BODY}")),
        ("bold", fenced("**src/main.py**")),
        ("bold with a colon", fenced("**src/main.py**:")),
        ("bold with a colon inside", fenced("**src/main.py:**")),
        ("backticks", fenced("`src/main.py`")),
        ("heading", fenced("### src/main.py")),
        ("heading with backticks", fenced("## `src/main.py`")),
        ("list item", fenced("- src/main.py")),
        ("label", fenced("File: src/main.py")),
        ("bold label", fenced("**File:** src/main.py")),
        ("label and backticks", fenced("Path: `src/main.py`")),
        ("colon behind", fenced("src/main.py:")),
        ("slashes before", fenced("// src/main.py")),
        ("hash before", fenced("# src/main.py")),
        ("HTML remark", fenced("<!-- src/main.py -->")),
        ("dot and slash", fenced("./src/main.py")),
        ("letter of a diff", fenced("a/src/main.py")),
        ("words before", format!("Sure, I change the number.\n\n{}\nThat is all.\n", fenced("src/main.py"))),
        ("byte order mark", format!("\u{feff}src/main.py\n{BODY}")),
        ("CRLF", format!("src/main.py\n{BODY}").replace('\n', "\r\n")),
        ("no newline at the end", format!("src/main.py\n{BODY}").trim_end().into()),
        ("as one escaped line", format!("src/main.py\n{BODY}").replace('\n', "\\n")),
        ("HTML entities", format!("src/main.py\n{BODY}").replace('<', "&lt;").replace('>', "&gt;")),
    ];
    for (name, text) in cases {
        let seen = check(Format::Blocks, BEFORE, &text);
        assert_eq!(seen.map(|files| files["src/main.py"].0.clone()), Ok(b"import os\n\nprint(2)\n".to_vec()), "{name}");
    }
}

#[test]
fn what_the_marks_may_look_like() {
    let marks = [
        ("five signs", "<<<<< SEARCH", "=====", ">>>>> REPLACE"),
        ("nine signs", "<<<<<<<<< SEARCH", "=========", ">>>>>>>>> REPLACE"),
        ("unequal", "<<<<<<< SEARCH", "========", ">>>>>> REPLACE"),
        ("closed on both sides", "<<<<<<< SEARCH>>>>>>>", "=======", ">>>>>>> REPLACE"),
        ("dashes and pluses", "------- SEARCH", "=======", "+++++++ REPLACE"),
        ("other words", "<<<<<<< ORIGINAL", "=======", ">>>>>>> UPDATED"),
        ("no blank", "<<<<<<<SEARCH", "=======", ">>>>>>>REPLACE"),
        ("indented", "  <<<<<<< SEARCH", "=======", "  >>>>>>> REPLACE"),
        ("blanks behind", "<<<<<<< SEARCH  ", "=======  ", ">>>>>>> REPLACE  "),
        ("hints of a dialect", "<<<<<<< SEARCH\n:start_line:3\n-------", "=======", ">>>>>>> REPLACE"),
    ];
    for (name, search, divider, replace) in marks {
        let text = format!("src/main.py\n{search}\nprint(1)\n{divider}\nprint(2)\n{replace}\n");
        let seen = check(Format::Blocks, BEFORE, &text);
        assert_eq!(seen.map(|files| files["src/main.py"].0.clone()), Ok(b"import os\n\nprint(2)\n".to_vec()), "{name}");
    }
}

#[test]
fn several_blocks_and_files() {
    let second = "<<<<<<< SEARCH\nimport os\n=======\nimport sys\n>>>>>>> REPLACE\n";
    let make = "<<<<<<< SEARCH\n\ttrue\n=======\n\tfalse\n>>>>>>> REPLACE\n";
    let created = "<<<<<<< SEARCH\n=======\nx = 1\n>>>>>>> REPLACE\n";
    let both = b"import sys\n\nprint(2)\n".to_vec();
    let file = |path: &str, bytes: &[u8]| (path.to_owned(), (bytes.to_vec(), false));
    let cases = [
        ("two under one name", format!("src/main.py\n{BODY}{second}"), vec![file("src/main.py", &both)]),
        ("each with its name", format!("src/main.py\n{BODY}\nsrc/main.py\n{second}"), vec![file("src/main.py", &both)]),
        (
            "words between",
            format!("src/main.py\n```\n{BODY}```\n\nAnd the import:\n\n```\n{second}```\n"),
            vec![file("src/main.py", &both)],
        ),
        (
            "two files",
            format!("src/main.py\n{BODY}\nsub/new.py\n{created}"),
            vec![file("src/main.py", b"import os\n\nprint(2)\n"), file("sub/new.py", b"x = 1\n")],
        ),
        ("a name without a dot", format!("Makefile\n{make}"), vec![file("Makefile", b"all:\n\tfalse\n")]),
        ("an empty new file", "n.py\n<<<<<<< SEARCH\n=======\n>>>>>>> REPLACE\n".into(), vec![file("n.py", b"")]),
    ];
    for (name, text, changed) in cases {
        let mut expected: super::bench::Files = BEFORE.iter().map(|(path, bytes)| file(path, bytes)).collect();
        expected.extend(changed);
        assert_eq!(check(Format::Blocks, BEFORE, &text), Ok(expected), "{name}");
    }
}

#[test]
fn what_a_block_does() {
    let cases: Vec<Case<'_>> = vec![
        ("deletes", b"a\nb\nc\n", block("b\n", ""), b"a\nc\n"),
        ("deletes all", b"a\nb\n", block("a\nb\n", ""), b""),
        ("fills an empty file", b"", block("", "a\n"), b"a\n"),
        ("blank lines are an empty SEARCH", b"", block("\n", "a\n"), b"a\n"),
        ("keeps what both have", b"a  \nb\n", block("a\nb\n", "a\nc\n"), b"a  \nc\n"),
        ("the last line has no newline", b"a\nb", block("b\n", "c\n"), b"a\nc"),
        (
            "a line of equals signs in a text",
            b"Title\n=====\nx\n",
            block("Title\n=====\n", "Name\n=====\n"),
            b"Name\n=====\nx\n",
        ),
        (
            "conflict marks of git",
            b"<<<<<<< HEAD\na\n>>>>>>> main\n",
            block("<<<<<<< HEAD\na\n>>>>>>> main\n", "a\n"),
            b"a\n",
        ),
        ("a fence in the text", b"a\n```\nb\n", block("```\nb\n", "```sh\nb\n"), b"a\n```sh\nb\n"),
    ];
    all_become(Format::Blocks, &cases);
}

#[test]
fn what_cannot_be_read() {
    use Cause::{AlreadyApplied, CutOff, Exists, Malformed, Missing, Path};
    let cut = "the block of line 2 has no `>>>>>>> REPLACE`; nothing was changed; send the whole edit again, in smaller parts if it is long";
    let divider = "line 2: the block has no `=======` between old and new text";
    let cases = vec![
        ("no block", "f\nhello\n".into(), Malformed, "there is no block; each begins with `<<<<<<< SEARCH`"),
        (
            "no name",
            BODY.into(),
            Malformed,
            "line 1: no file is named; put its path on a line of its own above the block",
        ),
        (
            "a sentence for a name",
            format!("Here is the change.\n{BODY}"),
            Malformed,
            "line 2: no file is named; put its path on a line of its own above the block",
        ),
        ("cut off", "f\n<<<<<<< SEARCH\na\n=======\nb\n".into(), CutOff, cut),
        ("cut off in the old text", "f\n<<<<<<< SEARCH\na\n".into(), CutOff, cut),
        ("cut off in the mark", "f\n<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPL".into(), CutOff, cut),
        ("no divider", "f\n<<<<<<< SEARCH\na\n>>>>>>> REPLACE\n".into(), Malformed, divider),
        (
            "several dividers",
            block("a\n=======\nb\n", "c\n"),
            Malformed,
            "line 2: the block has several lines that can be its `=======`; send this change in another format",
        ),
        (
            "a block in a block",
            "f\n<<<<<<< SEARCH\na\n=======\nb\n<<<<<<< SEARCH\n".into(),
            Malformed,
            "line 6: expected `>>>>>>> REPLACE` before the next block; found `<<<<<<< SEARCH`",
        ),
        (
            "an end without a beginning",
            "f\n>>>>>>> REPLACE\n".into(),
            Malformed,
            "line 2: expected `<<<<<<< SEARCH` before it; found `>>>>>>> REPLACE`",
        ),
        ("no such file", format!("g.py\n{BODY}"), Missing, "there is no `g.py`; check the path, or create the file"),
        (
            "an empty SEARCH on a full file",
            block("", "b\n"),
            Exists,
            "`f` is not empty, so an empty old text cannot say where to edit; send the text to be replaced",
        ),
        ("an empty SEARCH that was made before", block("", "a\n"), AlreadyApplied, "`f` has this very content already"),
        (
            "upwards",
            format!("../f\n{BODY}"),
            Path,
            "the path `../f` holds `..`; send one relative to the working folder, such as `src/main.rs`",
        ),
    ];
    let cases: Vec<_> =
        cases.into_iter().map(|(name, edit, cause, words)| (name, &b"a\n"[..], edit, cause, words)).collect();
    all_refused(Format::Blocks, &cases);
}

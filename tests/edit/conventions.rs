//! What is written takes the file's conventions: line endings, byte order mark, indentation, punctuation, blanks at line
//! ends, the last newline. Each in several formats; the file after is what the edit meant and nothing more.

use super::bench::{Case, all_become, block, diff, edit, update, wrong};
use agent::edit::Format;

/// A case: its name, the file, the old and the new text (whole lines), the file after.
type Change<'c> = (&'c str, &'c [u8], &'c str, &'c str, &'c [u8]);

/// From the old and the new text to an edit.
type Render<'r> = &'r dyn Fn(&str, &str) -> String;

/// The same change in each format that has an old text.
fn check(cases: &[Change<'_>]) {
    let signed =
        |sign: char, text: &str| text.split_inclusive('\n').map(|line| format!("{sign}{line}")).collect::<String>();
    let hunk = |old: &str, new: &str| {
        format!("@@\n{}{}", signed('-', old), signed('+', new)).trim_end_matches('\n').to_owned()
    };
    let formats: [(Format, Render<'_>); 4] = [
        (Format::Edit, &edit),
        (Format::Patch, &|old, new| update(&hunk(old, new))),
        (Format::Udiff, &|old, new| diff(&hunk(old, new))),
        (Format::Blocks, &block),
    ];
    let wrong: Vec<String> = formats
        .iter()
        .filter_map(|(format, render)| {
            let cases: Vec<Case<'_>> = cases
                .iter()
                .map(|(name, before, old, new, after)| (*name, *before, render(old, new), *after))
                .collect();
            wrong(*format, &cases)
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn line_endings() {
    check(&[
        ("CR LF stays", b"one\r\ntwo\r\nthree\r\n", "two\n", "2\n2b\n", b"one\r\n2\r\n2b\r\nthree\r\n"),
        ("CR LF, sent as such", b"one\r\ntwo\r\nthree\r\n", "two\r\n", "2\r\n", b"one\r\n2\r\nthree\r\n"),
        ("LF stays, CR LF sent", b"one\ntwo\nthree\n", "two\r\n", "2\r\n2b\r\n", b"one\n2\n2b\nthree\n"),
        (
            "mixed: as the line it takes the place of",
            b"one\r\ntwo\nthree\r\n",
            "two\n",
            "2\n2b\n",
            b"one\r\n2\n2b\nthree\r\n",
        ),
        ("mixed: over both kinds", b"one\r\ntwo\nthree\r\n", "one\ntwo\n", "1\n2\n", b"1\r\n2\nthree\r\n"),
        ("a lone CR is a letter", b"one\rtwo\nthree\n", "three\n", "3\n", b"one\rtwo\n3\n"),
    ]);
}

#[test]
fn the_start_and_the_end() {
    check(&[
        ("byte order mark", b"\xef\xbb\xbfone\ntwo\n", "one\n", "1\n", b"\xef\xbb\xbf1\ntwo\n"),
        ("no last newline stays so", b"one\ntwo", "two\n", "2\n", b"one\n2"),
        ("no last newline, more lines", b"one\r\ntwo", "two\n", "2\n3\n", b"one\r\n2\r\n3"),
        ("no last newline, last line removed", b"one\ntwo", "two\n", "", b"one"),
        ("unknown bytes", b"caf\xe9\r\ntwo\r\n\xff", "two\n", "2\n", b"caf\xe9\r\n2\r\n\xff"),
        ("NUL", b"a\0b\ntwo\n", "two\n", "2\n", b"a\0b\n2\n"),
    ]);
}

#[test]
fn blanks_at_line_ends() {
    check(&[
        ("the file has them", b"one  \ntwo\t\nthree\n", "one\ntwo\n", "one\n2\n", b"one  \n2\t\nthree\n"),
        ("the edit has them", b"one\ntwo\nthree\n", "one  \ntwo  \n", "one  \n2  \n", b"one\n2\nthree\n"),
        ("a break of Markdown is meant", b"one\ntwo\n", "one\n", "one  \n", b"one  \ntwo\n"),
    ]);
}

#[test]
fn indentation() {
    let python = b"class A:\n    def f(self):\n        return 1\n";
    check(&[
        (
            "shifted left",
            python,
            "def f(self):\n    return 1\n",
            "def f(self):\n    x = 1\n    return x\n",
            b"class A:\n    def f(self):\n        x = 1\n        return x\n",
        ),
        (
            "shifted right",
            b"def f():\n    return 1\n",
            "    def f():\n        return 1\n",
            "    def f():\n        if x:\n            return 2\n",
            b"def f():\n    if x:\n        return 2\n",
        ),
        (
            "tabs in the file, spaces sent",
            b"func f() {\n\tif x {\n\t\treturn 1\n\t}\n}\n",
            "    if x {\n        return 1\n    }\n",
            "    if x {\n        if y {\n            return 2\n        }\n    }\n",
            b"func f() {\n\tif x {\n\t\tif y {\n\t\t\treturn 2\n\t\t}\n\t}\n}\n",
        ),
        (
            "spaces in the file, tabs sent",
            b"fn f() {\n    if x {\n        one();\n    }\n}\n",
            "\tif x {\n\t\tone();\n\t}\n",
            "\tif x {\n\t\ttwo();\n\t}\n",
            b"fn f() {\n    if x {\n        two();\n    }\n}\n",
        ),
        (
            "another width of a level",
            b"a:\n  b:\n    c: 1\n",
            "    b:\n        c: 1\n",
            "    b:\n        c: 2\n        d: 3\n",
            b"a:\n  b:\n    c: 2\n    d: 3\n",
        ),
        (
            "changed on purpose",
            b"if x:\n    one()\ntwo()\n",
            "    one()\ntwo()\n",
            "    one()\n    two()\n",
            b"if x:\n    one()\n    two()\n",
        ),
    ]);
}

#[test]
fn punctuation() {
    check(&[
        (
            "the file's quotes are kept",
            "say(\u{201c}Hello\u{201d}, name)\n".as_bytes(),
            "say(\"Hello\", name)\n",
            "say(\"Hello\", other)\n",
            "say(\u{201c}Hello\u{201d}, other)\n".as_bytes(),
        ),
        (
            "the edit's quotes are not taken over",
            b"say('Hello', name)\n",
            "say(\u{2018}Hello\u{2019}, name)\n",
            "say(\u{2018}Hello\u{2019}, other)\n",
            b"say('Hello', other)\n",
        ),
        (
            "dashes and dots",
            "from 1\u{2013}9 \u{2014} and so on\u{2026}\n".as_bytes(),
            "from 1-9 - and so on...\n",
            "from 1-8 - and so on...\n",
            "from 1\u{2013}8 \u{2014} and so on\u{2026}\n".as_bytes(),
        ),
        (
            "a blank that does not break",
            "10\u{a0}km or more\n".as_bytes(),
            "10 km or more\n",
            "10 km or less\n",
            "10\u{a0}km or less\n".as_bytes(),
        ),
        (
            "changed on purpose",
            "a \u{2014} b and c\n".as_bytes(),
            "a \u{2014} b and c\n",
            "a - b and c\n",
            b"a - b and c\n",
        ),
        (
            "indentation too",
            "fn f() {\n    say(\u{201c}x\u{201d}, one);\n}\n".as_bytes(),
            "say(\"x\", one);\n",
            "say(\"x\", two);\n",
            "fn f() {\n    say(\u{201c}x\u{201d}, two);\n}\n".as_bytes(),
        ),
    ]);
}

#[test]
fn blank_lines() {
    let cases: [(&str, &[u8], &str, &[u8]); 4] = [
        ("one too many sent", b"one = 1\ntwo = 2\n", "\n", b"one = 1\ntwo = 3\n"),
        ("one missing", b"one = 1\n\ntwo = 2\n", "", b"one = 1\n\ntwo = 3\n"),
        ("one for two", b"one = 1\n\n\ntwo = 2\n", "\n", b"one = 1\n\n\ntwo = 3\n"),
        ("two for one", b"one = 1\n\ntwo = 2\n", "\n\n", b"one = 1\n\ntwo = 3\n"),
    ];
    for (name, before, blank, after) in cases {
        let (old, new) = (format!("one = 1\n{blank}two = 2\n"), format!("one = 1\n{blank}two = 3\n"));
        let hunk = format!("@@\n one = 1\n{}-two = 2\n+two = 3", blank.replace('\n', " \n"));
        for (format, text) in [
            (Format::Edit, edit(&old, &new)),
            (Format::Blocks, block(&old, &new)),
            (Format::Patch, update(&hunk)),
            (Format::Udiff, diff(&hunk)),
        ] {
            all_become(format, &[(name, before, text, after)]);
        }
    }
}

#[test]
fn inside_a_line() {
    all_become(
        Format::Edit,
        &[
            ("over two lines of CR LF", b"f(one,\r\n  two)\r\n", edit("one,\n  two", "1,\n  2"), b"f(1,\r\n  2)\r\n"),
            ("past blanks at a line's end", b"f(one,  \n  two)\n", edit("one,\n  two", "1,\n  2"), b"f(1,  \n  2)\n"),
            (
                "typographic quotes around a word",
                "x = \u{201c}one\u{201d}; y\n".as_bytes(),
                edit("\"one\"", "\"two\""),
                "x = \u{201c}two\u{201d}; y\n".as_bytes(),
            ),
        ],
    );
    let all = serde_json::json!({"edits": [{"path": "f", "old_string": "it's\n", "new_string": "its\n", "replace_all": true}]});
    all_become(
        Format::Edit,
        &[("every place, over CR LF", b"it's\r\nx\r\nit's\r\n", all.to_string(), b"its\r\nx\r\nits\r\n")],
    );
}

/// A whole file takes the mark, the line endings and the last newline of the one that is there.
#[test]
fn whole_files() {
    use super::bench::Memory;
    let written = |before: &[u8], text: &str| {
        let edit = serde_json::json!({"files": [{"path": "f", "content": text}]}).to_string();
        Memory::new(&[("f", before)]).overwrite().after(Format::Whole, edit).unwrap().files["f"].0.clone()
    };
    assert_eq!(written(b"\xef\xbb\xbfa\n", "b\n"), b"\xef\xbb\xbfb\n");
    assert_eq!(written(b"\xef\xbb\xbfa\n", "\u{feff}b\n"), b"\xef\xbb\xbfb\n");
    assert_eq!(written(b"a\nb\n", "a\nc"), b"a\nc\n");
    assert_eq!(written(b"", "a\n"), b"a\n");
    assert_eq!(written(b"a\r\nb\r\n", "a\nc\nd\n"), b"a\r\nc\r\nd\r\n");
    assert_eq!(written(b"a\r\nb\nc\r\n", "a\nb\nx\n"), b"a\r\nb\nx\r\n", "lines that stay keep their own ending");
    assert_eq!(written(b"a\nb", "a\nc\n"), b"a\nc\n", "a last newline that is sent is meant");
}

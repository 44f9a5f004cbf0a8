//! Replacing exact text: what is done, and the words of each refusal.

use agent::edit::replace::replace;
use proptest::prelude::*;

/// Name, file, `old_string`, `new_string`, `replace_all`, file after.
type Case = (&'static str, &'static [u8], &'static str, &'static str, bool, &'static [u8]);

#[test]
fn replacements() {
    let cases: [Case; 12] = [
        ("one place", b"a b c", "b", "B", false, b"a B c"),
        ("deletion", b"a b c", " b", "", false, b"a c"),
        ("every place", b"x y x", "x", "z", true, b"z y z"),
        ("all with one place", b"x y", "x", "z", true, b"z y"),
        ("all does not overlap", b"aaaa a", "aa", "b", true, b"bb a"),
        ("no final newline is added", b"a\nb", "b", "c", false, b"a\nc"),
        (
            "unknown bytes stay",
            b"\xef\xbb\xbfcaf\xe9\nkey=1\n",
            "key=1",
            "key=2",
            false,
            b"\xef\xbb\xbfcaf\xe9\nkey=2\n",
        ),
        ("CRLF file, LF sent", b"a\r\nb\r\nc\r\n", "a\nb\n", "a\nx\nb\n", false, b"a\r\nx\r\nb\r\nc\r\n"),
        ("CRLF file, new lines in one line", b"a\r\nb\r\n", "b", "b\nc", false, b"a\r\nb\r\nc\r\n"),
        ("CRLF file, CRLF sent is literal", b"a\r\nb\r\n", "a\r\nb\r\n", "a\nb\n", false, b"a\nb\n"),
        ("mixed file is exact", b"a\r\nb\nc\n", "b\nc", "b\nx", false, b"a\r\nb\nx\n"),
        ("new text holds the old", b"f();\n", "f();", "f(); f();", false, b"f(); f();\n"),
    ];
    for (name, before, old, new, all, expected) in cases {
        assert_eq!(replace("p", before, old, new, all).as_deref(), Ok(expected), "{name}");
    }
}

#[test]
fn refusals() {
    let code = "fn main() {\n    let a = 1;\n\tlet b = 2;\n    print(a + b);\n}\n";
    let cases: [(&str, &[u8], &str, &str, &str); 12] = [
        ("empty", b"a", "", "b", "`old_string` is empty, and `p` is not a new file; send the exact text to replace"),
        (
            "same",
            b"a",
            "a",
            "a",
            "`old_string` and `new_string` are the same, so nothing would change; send the text you want as `new_string`",
        ),
        (
            "twice",
            b"x\ny\nx\n",
            "x",
            "z",
            "`old_string` is 2 times in `p`, at lines 1 and 3; add lines around it until only one place fits, or set `replace_all` to change every one",
        ),
        (
            "overlapping is not unique",
            b"aaa",
            "aa",
            "b",
            "`old_string` is 2 times in `p`, at line 1; add lines around it until only one place fits, or set `replace_all` to change every one",
        ),
        (
            "done already",
            b"a\nnew line\n",
            "old line",
            "new line",
            "`old_string` is not in `p`, and `new_string` already is, at line 2: the edit seems to be made; go on, or read the file again if you meant another place",
        ),
        (
            "indentation",
            code.as_bytes(),
            "let a = 1;\n    let b = 2;\n",
            "x",
            "`old_string` is not in `p`: the nearest are lines 2 to 3; only whitespace differs: line 2 begins with 4 spaces, yours with nothing; in the file:\n2|    let a = 1;\n3|\tlet b = 2;\nsend `old_string` exactly as the file has it",
        ),
        (
            "tab",
            code.as_bytes(),
            "    let a = 1;\n    let b = 2;",
            "x",
            "`old_string` is not in `p`: the nearest are lines 2 to 3; only whitespace differs: line 3 begins with 1 tab, yours with 4 spaces; in the file:\n2|    let a = 1;\n3|\tlet b = 2;\nsend `old_string` exactly as the file has it",
        ),
        (
            "a word",
            code.as_bytes(),
            "    print(a + c);",
            "x",
            "`old_string` is not in `p`: the nearest is line 4; in the file:\n4|    print(a + b);\nsend `old_string` exactly as the file has it",
        ),
        (
            "nothing like it",
            code.as_bytes(),
            "SELECT * FROM users",
            "x",
            "`old_string` is not in `p`: no lines in it are like these; read the file again and send its lines as they are\nsend `old_string` exactly as the file has it",
        ),
        (
            "line endings",
            b"a one\r\nb two\nc\n",
            "a one\nb two",
            "x",
            "`old_string` is not in `p`: the nearest are lines 1 to 2; only the line endings differ; in the file:\n1|a one\n2|b two\nsend `old_string` exactly as the file has it",
        ),
        (
            "not UTF-8",
            b"un caf\xe9 noir\n",
            "un caf\u{fffd} noir",
            "x",
            "`old_string` is not in `p`: the nearest is line 1; line 1 has bytes that are not UTF-8 and cannot be sent: leave that line out; in the file:\n1|un caf\u{fffd} noir\nsend `old_string` exactly as the file has it",
        ),
        (
            "empty file",
            b"",
            "a",
            "b",
            "`old_string` is not in `p`: the file is empty\nsend `old_string` exactly as the file has it",
        ),
    ];
    for (name, before, old, new, expected) in cases {
        assert_eq!(replace("p", before, old, new, false), Err(expected.into()), "{name}");
    }
}

#[test]
fn a_huge_file_is_refused_in_bounded_time() {
    let text = "}\n".repeat(1 << 18);
    let words = replace("p", text.as_bytes(), &"}\n".repeat(500).replace("}\n}\n", "}\n{\n"), "x", false);
    assert!(words.is_err());
    let needle = format!("{}b", "a".repeat(500_000));
    assert!(replace("p", &b"a".repeat(1 << 20), &needle, "x", false).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_rest_of_the_bytes_stays(head: Vec<u8>, tail: Vec<u8>, new in "[a-z]{0,9}") {
        let before = [&head[..], b"<<the only place>>", &tail[..]].concat();
        let expected = [&head[..], new.as_bytes(), &tail[..]].concat();
        prop_assert_eq!(replace("p", &before, "<<the only place>>", &new, false), Ok(expected));
    }

    #[test]
    fn never_panics(before: Vec<u8>, old: String, new: String, all: bool) {
        let _ = replace("p", &before, &old, &new, all);
    }

    #[test]
    fn small_alphabet(before in "[ab\r\n]{0,40}", old in "[ab\n]{1,4}", new in "[ab\n]{0,4}") {
        let crlf = before.contains("\r\n") && !before.replace("\r\n", "").contains('\n');
        prop_assume!(!crlf && old != new);
        let expected = before.replace(&old, &new);
        match replace("p", before.as_bytes(), &old, &new, true) {
            Ok(bytes) => prop_assert_eq!(bytes, expected.into_bytes()),
            Err(_) => prop_assert_eq!(before, expected),
        }
    }
}

//! The two formats that are JSON, `edit` and `whole`: what is read, what is done, what cannot be read.

use super::bench::{Case, Files, Memory, all_become, all_refused, check, edit};
use agent::edit::{Cause, Format};
use serde_json::{Value, json};

fn file(path: &str, bytes: &[u8]) -> (String, (Vec<u8>, bool)) {
    (path.to_owned(), (bytes.to_vec(), false))
}

const TWO: &[(&str, &[u8])] = &[("f", b"a b c\n"), ("g", b"x\n")];

#[test]
fn how_edits_may_be_written() {
    let one = json!({"path": "f", "old_string": "b", "new_string": "B"});
    let plain = json!({"edits": [one]}).to_string();
    let named = |path: &str, old: &str, new: &str| json!({"edits": [{path: "f", old: "b", new: "B"}]}).to_string();
    let cases = [
        ("plain", plain.clone()),
        ("pretty", serde_json::to_string_pretty(&json!({"edits": [one]})).unwrap()),
        ("byte order mark", format!("\u{feff}{plain}")),
        ("blank lines", format!("\n {plain}\n\n")),
        ("fence", format!("```json\n{plain}\n```\n")),
        ("words and a fence", format!("Here:\n\n```json\n{plain}\n```\nDone.\n")),
        ("written out twice", serde_json::to_string(&plain).unwrap()),
        ("the list as text", json!({"edits": json!([one]).to_string()}).to_string()),
        ("the list alone", json!([one]).to_string()),
        ("one alone", one.to_string()),
        (
            "the path beside the list",
            json!({"path": "f", "edits": [{"old_string": "b", "new_string": "B"}]}).to_string(),
        ),
        ("an argument nobody knows", json!({"edits": [one], "why": "because"}).to_string()),
        (
            "explicitly once",
            json!({"edits": [{"path": "f", "old_string": "b", "new_string": "B", "replace_all": false}]}).to_string(),
        ),
        ("file_path", named("file_path", "old_string", "new_string")),
        ("filePath, oldString", named("filePath", "oldString", "newString")),
        ("file, old, new", named("file", "old", "new")),
        ("filename, old_str", named("filename", "old_str", "new_str")),
        ("oldText", named("path", "oldText", "newText")),
        ("search, replace", named("path", "search", "replace")),
        ("dot and slash", plain.replace("\"f\"", "\"./f\"")),
        ("letter of a diff", plain.replace("\"f\"", "\"a/f\"")),
    ];
    for (name, text) in cases {
        let expected = Files::from([file("f", b"a B c\n"), file("g", b"x\n")]);
        assert_eq!(check(Format::Edit, TWO, &text), Ok(expected), "{name}");
    }
}

#[test]
fn what_edits_do() {
    let many = |edits: Value| json!({"edits": edits}).to_string();
    let all =
        |old: &str, new: &str| many(json!([{"path": "f", "old_string": old, "new_string": new, "replace_all": true}]));
    let mixed = many(json!([
        {"path": "f", "old_string": "one", "new_string": "two"},
        {"path": "f", "old_string": "two\n", "new_string": "three\n"},
    ]));
    let cases: Vec<Case<'_>> = vec![
        ("one place", b"a b c", edit("b", "B"), b"a B c"),
        ("deletion", b"a b c", edit(" b", ""), b"a c"),
        ("of all there is", b"a b c\n", edit("a b c\n", ""), b""),
        ("every place", b"x y x", all("x", "z"), b"z y z"),
        ("all with one place", b"x y", all("x", "z"), b"z y"),
        ("all does not overlap", b"-=-=- =", all("-=-", "+"), b"+=- ="),
        ("all in lines that end differently", b"x\r\ny\nx\n", all("x", "z"), b"z\r\ny\nz\n"),
        ("no final newline is added", b"a\nb", edit("b", "c"), b"a\nc"),
        ("unknown bytes stay", b"caf\xe9\nkey=1\n", edit("key=1", "key=2"), b"caf\xe9\nkey=2\n"),
        ("inside a line of unknown bytes", b"caf\xe9 key=1 \xff\n", edit("key=1", "key=2"), b"caf\xe9 key=2 \xff\n"),
        ("new text holds the old", b"f();\n", edit("f();", "f(); f();"), b"f(); f();\n"),
        ("each is as the one before left it", b"one\n", mixed, b"three\n"),
        ("in an empty file", b"", edit("", "a\n"), b"a\n"),
    ];
    all_become(Format::Edit, &cases);
}

#[test]
fn new_files() {
    let made = |path: &str| json!({"edits": [{"path": path, "old_string": "", "new_string": "x = 1\n"}]}).to_string();
    for (path, at) in [("n", "n"), ("sub/deep/n", "sub/deep/n"), ("./n", "n"), ("sub//n", "sub/n")] {
        let expected = Files::from([file("f", b"a b c\n"), file("g", b"x\n"), file(at, b"x = 1\n")]);
        assert_eq!(check(Format::Edit, TWO, made(path)), Ok(expected), "{path}");
    }
}

#[test]
fn whole_files() {
    let write = |path: &str, content: &str| json!({"files": [{"path": path, "content": content}]});
    let plain = write("n", "x\n").to_string();
    let cases = [
        ("plain", plain.clone()),
        ("fence", format!("```json\n{plain}\n```\n")),
        ("written out twice", serde_json::to_string(&plain).unwrap()),
        ("the list as text", json!({"files": json!([{"path": "n", "content": "x\n"}]).to_string()}).to_string()),
        ("other names", json!({"files": [{"file_path": "n", "text": "x\n"}]}).to_string()),
    ];
    for (name, text) in cases {
        let expected = Files::from([file("f", b"a b c\n"), file("g", b"x\n"), file("n", b"x\n")]);
        assert_eq!(check(Format::Whole, TWO, &text), Ok(expected), "{name}");
    }
    let alone = Memory::new(TWO).after(Format::Whole, r#"{"path": "n", "content": "x\n"}"#).unwrap();
    assert_eq!(alone.files["n"].0, b"x\n");
    let memory = Memory::new(TWO).overwrite();
    let after = memory.after(
        Format::Whole,
        json!({"files": [{"path": "f", "content": "1\n"}, {"path": "h", "content": ""}]}).to_string(),
    );
    assert_eq!(after.unwrap().files, Files::from([file("f", b"1\n"), file("g", b"x\n"), file("h", b"")]));
}

#[test]
fn edits_that_cannot_be_read() {
    use Cause::{CutOff, Malformed, Path};
    let example = r#"send {"edits": [{"path": "src/main.rs", "old_string": "…", "new_string": "…"}]}"#;
    let cut = "nothing was changed; send the whole edit again, in smaller parts if it is long";
    let words = [
        format!("the JSON of the edit stops before its end: EOF while parsing a string at line 1 column 37; {cut}"),
        format!("the edit cannot be read: missing field `new_string`; {example}"),
        format!("`edits` is empty; {example}"),
        format!("an edit has no `path`; {example}"),
        format!("the edit cannot be read: invalid type: integer `1`, expected a string; {example}"),
        format!(
            "the edit is not JSON: expected value at line 1 column 1; {example} or {}",
            r#"{"files": [{"path": "src/main.rs", "content": "…"}]}"#
        ),
    ];
    let cases = vec![
        ("empty", String::new(), Malformed, "the edit is empty"),
        ("cut off", edit("b", "B")[..37].to_owned(), CutOff, &words[0]),
        ("no new text", json!({"edits": [{"path": "f", "old_string": "b"}]}).to_string(), Malformed, &words[1]),
        ("no edits", json!({"edits": []}).to_string(), Malformed, &words[2]),
        ("no path", json!({"edits": [{"old_string": "b", "new_string": "c"}]}).to_string(), Malformed, &words[3]),
        (
            "a number",
            json!({"edits": [{"path": "f", "old_string": 1, "new_string": "c"}]}).to_string(),
            Malformed,
            &words[4],
        ),
        ("no JSON", "replace b by c".into(), Malformed, &words[5]),
        ("upwards", edit("b", "B").replace("\"f\"", "\"x/../../f\""), Path, "`x/../../f` is outside of the workspace"),
    ];
    let cases: Vec<_> =
        cases.into_iter().map(|(name, edit, cause, words)| (name, &b"a b c\n"[..], edit, cause, words)).collect();
    all_refused(Format::Edit, &cases);
}

#[test]
fn whole_files_that_are_refused() {
    use Cause::{AlreadyApplied, CutOff, Elided, Exists, Malformed, Missing};
    let write = |content: &str| json!({"files": [{"path": "f", "content": content}]}).to_string();
    let example = r#"send {"files": [{"path": "src/main.rs", "content": "…"}]}"#;
    let (empty, field) = (
        format!("`files` is empty; {example}"),
        format!("the edit cannot be read: missing field `content`; {example}"),
    );
    let twice = json!({"files": [{"path": "n", "content": "1"}, {"path": "n", "content": "2"}]}).to_string();
    let cases = vec![
        ("no files", json!({"files": []}).to_string(), Malformed, empty.as_str()),
        ("no content", json!({"files": [{"path": "n"}]}).to_string(), Malformed, &field),
        ("twice", twice, Malformed, "`n` is there twice; send each file once"),
        (
            "there already",
            write("b\n"),
            Exists,
            "`f` is already there, and would be lost: read it first, then change it or write it anew",
        ),
        ("made before", write("a b c\n"), AlreadyApplied, "`f` has this very content already"),
    ];
    let cases: Vec<_> =
        cases.into_iter().map(|(name, edit, cause, words)| (name, &b"a b c\n"[..], edit, cause, words)).collect();
    all_refused(Format::Whole, &cases);
    let refused =
        |text: String| Memory::new(&[("f", b"a\n")]).overwrite().after(Format::Whole, text).unwrap_err().cause;
    assert_eq!(refused(write("# ... rest of the file unchanged ...\nb\n")), Elided);
    assert_eq!(refused(write("b\n")[..34].to_owned()), CutOff);
    assert_eq!(Memory::new(&[]).after(Format::Edit, edit("a", "b")).unwrap_err().cause, Missing);
}

/// The order of the contract: JSON with `edits`, JSON with `files`, `*** Begin Patch`, SEARCH marks, headers of a diff.
#[test]
fn what_auto_takes_a_text_for() {
    let seen = |text: &str| Memory::new(&[("f", b"a\n")]).after(Format::Auto, text).map(|memory| memory.files);
    let made = |path: &str, bytes: &[u8]| Ok(Files::from([file("f", b"a\n"), file(path, bytes)]));
    let diff = "--- /dev/null\n+++ b/d\n@@ -0,0 +1 @@\n+d\n";
    let block = "b\n<<<<<<< SEARCH\n=======\nb\n>>>>>>> REPLACE\n";
    let patch = |line: &str| format!("*** Begin Patch\n*** Add File: p\n+{line}\n*** End Patch\n");
    assert_eq!(seen(diff), made("d", b"d\n"));
    assert_eq!(seen(block), made("b", b"b\n"));
    assert_eq!(seen(&patch("p")), made("p", b"p\n"));
    assert_eq!(seen(&format!("{block}\n{}", patch("p"))), made("p", b"p\n"), "a patch goes before blocks");
    assert_eq!(seen(&format!("{diff}\n{block}")), made("b", b"b\n"), "blocks go before a diff");
    let both = json!({"files": [], "edits": [{"path": "e", "old_string": "", "new_string": diff}]}).to_string();
    assert_eq!(seen(&both), made("e", diff.as_bytes()), "edits go before files, and JSON before what it holds");
    let files = json!({"files": [{"path": "w", "content": patch("x")}]}).to_string();
    assert_eq!(seen(&files), made("w", patch("x").as_bytes()));
    for none in
        ["hello\n", "{}", "[]", "{\"path\": \"f\"}", "<<<<<<< HEAD\na\n=======\nb\n>>>>>>> main\n", "{\"edits\": "]
    {
        let refusal = seen(none).unwrap_err();
        assert_eq!(
            refusal.words,
            "this is none of the edit formats: JSON with `edits` or `files`, `*** Begin Patch`, SEARCH/REPLACE blocks, or a unified diff",
            "{none}"
        );
    }
}

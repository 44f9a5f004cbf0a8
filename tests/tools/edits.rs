//! The tools that change files, and `plan`: every form that models send, all or nothing, and words they can act on.

use super::bench::{Bench, pipe};
use agent::base::access::Mode;
use agent::base::event::{PlanStep, StepStatus};
use agent::base::model::Family;
use serde_json::{Value, json};
use std::fs;

fn bench() -> Bench {
    Bench::new(Family::Claude).file("a.txt", "one\ntwo\ntwo\n").file("b.txt", "uno\n")
}

fn one(path: &str, old: &str, new: &str) -> Value {
    json!({"path": path, "old_string": old, "new_string": new})
}

fn edits(list: &[Value]) -> Value {
    json!({"edits": list})
}

#[test]
fn edit_takes_every_form() {
    let all = json!({"path": "a.txt", "old_string": "two", "new_string": "2", "replace_all": true});
    let other_name = json!({"file_path": "a.txt", "old_string": "one", "new_string": "1"});
    let cases = [
        ("a list", edits(&[one("a.txt", "one", "1")]), "done: a.txt (+1 -1)", "1\ntwo\ntwo\n"),
        ("one edit without a list", one("a.txt", "one", "1"), "done: a.txt (+1 -1)", "1\ntwo\ntwo\n"),
        ("as other agents name the path", other_name, "done: a.txt (+1 -1)", "1\ntwo\ntwo\n"),
        ("all places", edits(&[all]), "done: a.txt (+2 -2)", "one\n2\n2\n"),
        (
            "edits of one file, in order",
            edits(&[one("a.txt", "one", "x"), one("./a.txt", "x\ntwo", "y")]),
            "done: a.txt (+1 -2)",
            "y\ntwo\n",
        ),
        ("nothing left", edits(&[one("a.txt", "one\ntwo\ntwo\n", "")]), "done: a.txt (+0 -3)", ""),
    ];
    for (name, arguments, says, left) in cases {
        let bench = bench();
        assert_eq!(bench.says("edit", arguments), says, "{name}");
        assert_eq!(bench.text("a.txt"), left, "{name}");
    }
}

#[test]
fn edit_creates_where_there_is_nothing() {
    let bench = bench().file("empty", "");
    let made = edits(&[one("new/deep.txt", "", "a\n"), one("new/deep.txt", "a", "b"), one("empty", "", "filled\n")]);
    assert_eq!(bench.says("edit", made), "done: new/deep.txt (+1 -0), empty (+1 -0)");
    assert_eq!((bench.text("new/deep.txt"), bench.text("empty")), ("b\n".into(), "filled\n".into()));
    let said = bench.fails("edit", one("a.txt", "", "x"));
    assert!(said.starts_with("`a.txt` is not empty, so an empty old text cannot say where to edit"), "{said}");
}

#[test]
fn one_edit_that_does_not_fit_leaves_all_files_as_they_were() {
    let first = || one("b.txt", "uno", "eins");
    let cases = [
        ("not there", one("a.txt", "three", "3"), "a.txt"),
        ("there twice", one("a.txt", "two", "2"), "lines 2 and 3"),
        ("no such file", one("c.txt", "x", "y"), "there is no `c.txt`; an empty `old_string` creates it"),
        ("outside", one("../c.txt", "", "y"), "is outside of the workspace"),
        ("a pipe", one("pipe", "", "y"), "`pipe` is not a regular file"),
        ("a folder", one("folder", "", "y"), "`folder` is not a regular file"),
        ("guarded by policy", one(".git/hooks/pre-commit", "", "rm"), "configures programs that run outside"),
    ];
    for (name, second, words) in cases {
        let bench = bench().file("folder/x", "x");
        pipe(&bench, "pipe");
        let said = bench.fails("edit", edits(&[first(), second]));
        assert!(said.contains(words), "{name}: {said}");
        assert_eq!(bench.text("b.txt"), "uno\n", "{name}");
        assert!(!bench.path(".git").exists() && !bench.path("c.txt").exists(), "{name}");
    }
    let said = bench().fails("edit", edits(&[]));
    assert!(said.contains("`edits` is empty; send {\"edits\""), "{said}");
    let said = bench().fails("edit", json!({"path": "a.txt"}));
    assert!(said.contains("send {\"edits\""), "{said}");
}

#[test]
fn write_needs_to_have_seen_what_it_replaces() {
    let bench = bench();
    let write = |path: &str, content: &str| json!({"path": path, "content": content});
    assert_eq!(bench.says("write", write("new/c.txt", "c\n")), "done: new/c.txt (+1 -0)");
    assert_eq!(bench.says("write", write("new/c.txt", "cc\n")), "done: new/c.txt (+1 -1)", "its own file it knows");
    let said = bench.fails("write", write("a.txt", "x"));
    assert!(said.starts_with("`a.txt` is already there, and would be lost: read it first"), "{said}");
    bench.says("read", json!({"path": "a.txt"}));
    fs::write(bench.path("a.txt"), "somebody else\n").unwrap();
    assert!(bench.fails("write", write("a.txt", "x")).contains("read it first"), "it is no longer what was read");
    bench.says("read", json!({"path": "a.txt"}));
    assert_eq!(bench.says("write", write("a.txt", "x")), "done: a.txt (+1 -1)");
    assert_eq!(bench.text("a.txt"), "x\n", "a file that ends with a newline goes on doing so");
    assert_eq!(bench.fails("write", write("a.txt", "x")), "`a.txt` has this very content already");
    bench.says("edit", one("b.txt", "uno", "due"));
    assert_eq!(bench.says("write", write("b.txt", "tre\n")), "done: b.txt (+1 -1)", "what it edited it knows too");
}

const PATCH: &str = "*** Begin Patch\n*** Update File: a.txt\n@@\n-one\n+eins\n two\n*** Add File: new/c.txt\n+c\n*** Delete File: b.txt\n*** End Patch\n";

#[test]
fn apply_patch_takes_every_form() {
    let cases = [
        ("free text", PATCH.to_owned(), true),
        ("a function's field", json!({"input": PATCH}).to_string(), false),
        ("the field by another name", json!({"patch": PATCH}).to_string(), false),
        ("bare text in the function's place", PATCH.to_owned(), false),
    ];
    for (name, arguments, freeform) in cases {
        let bench = Bench::new(Family::Openai).file("a.txt", "one\ntwo\ntwo\n").file("b.txt", "uno\n");
        let output = bench.call("apply_patch", arguments, freeform);
        assert_eq!(
            (output.text.as_str(), output.failed),
            ("done: a.txt (+1 -1), new/c.txt (+1 -0), b.txt (+0 -1)", false),
            "{name}"
        );
        assert_eq!((bench.text("a.txt"), bench.text("new/c.txt")), ("eins\ntwo\ntwo\n".into(), "c\n".into()), "{name}");
        assert!(!bench.path("b.txt").exists(), "{name}");
    }
}

#[test]
fn apply_patch_renames_with_and_without_a_change() {
    let bench = Bench::new(Family::Openai).file("a.txt", "one\ntwo\n").file("b.txt", "uno\n");
    let patch = "*** Begin Patch\n*** Update File: a.txt\n*** Move to: far/a.md\n@@\n-one\n+eins\n two\n*** End Patch";
    assert_eq!(bench.call("apply_patch", patch, true).text, "done: far/a.md (+1 -1)");
    assert_eq!(bench.text("far/a.md"), "eins\ntwo\n");
    assert!(!bench.path("a.txt").exists());
    // What it wrote it knows; what somebody else put there it does not.
    fs::write(bench.path("far/a.md"), "eins\ntwo\n\n").unwrap();
    let onto = "*** Begin Patch\n*** Update File: b.txt\n*** Move to: far/a.md\n@@\n-uno\n+due\n*** End Patch";
    let said = bench.call("apply_patch", onto, true);
    assert!(said.failed && said.text.contains("`far/a.md` is already there"), "{}", said.text);
    assert_eq!((bench.text("b.txt"), bench.text("far/a.md")), ("uno\n".into(), "eins\ntwo\n\n".into()));
}

#[test]
fn a_patch_that_does_not_fit_changes_nothing() {
    let head = "*** Begin Patch\n*** Update File: a.txt\n@@\n-one\n+eins\n";
    let cases = [
        ("a context that is not there", "*** Update File: b.txt\n@@\n-nowhere\n+x\n", "b.txt"),
        ("a file that is not there", "*** Update File: c.txt\n@@\n-x\n+y\n", "c.txt"),
        ("an add onto a file", "*** Add File: b.txt\n+x\n", "b.txt"),
        ("outside", "*** Add File: ../c.txt\n+x\n", "the path `../c.txt` holds `..`"),
    ];
    for (name, rest, words) in cases {
        let bench = Bench::new(Family::Openai).file("a.txt", "one\n").file("b.txt", "uno\n");
        let output = bench.call("apply_patch", format!("{head}{rest}*** End Patch"), true);
        assert!(output.failed && output.text.contains(words), "{name}: {}", output.text);
        assert_eq!((bench.text("a.txt"), bench.text("b.txt")), ("one\n".into(), "uno\n".into()), "{name}");
    }
    let bench = Bench::new(Family::Openai);
    let said = bench.call("apply_patch", "{\"diff\": 1}", false).text;
    assert!(said.contains("send {\"input\": \"*** Begin Patch"), "{said}");
}

#[test]
fn mode_read_writes_nothing() {
    let mut bench = bench();
    bench.mode = Mode::Read;
    let said = bench.fails("edit", one("a.txt", "one", "1"));
    assert!(said.contains("mode `read` writes nothing, so `a.txt` stays as it is"), "{said}");
    assert!(bench.fails("shell", json!({"command": "touch x"})).contains("mode `read` runs no commands"));
    assert_eq!(bench.text("a.txt"), "one\ntwo\ntwo\n");
    assert!(bench.says("read", json!({"path": "a.txt"})).starts_with("1\tone"));
}

#[test]
fn a_plan_is_noted_as_it_was_sent() {
    let bench = bench();
    let steps = json!({"steps": [{"step": "look", "status": "completed"}, {"step": "mend", "status": "in_progress"}, {"step": "check", "status": "pending"}]});
    let output = bench.call("plan", steps, false);
    let step = |step: &str, status| PlanStep { step: step.into(), status };
    let expected = vec![
        step("look", StepStatus::Completed),
        step("mend", StepStatus::InProgress),
        step("check", StepStatus::Pending),
    ];
    assert_eq!((output.plan, output.failed), (Some(expected), false));
    let said = bench.fails("plan", json!({"steps": [{"step": "x", "status": "someday"}]}));
    assert!(said.contains("someday") && said.contains("send {\"steps\""), "{said}");
}

//! Cases by hand about where an edit goes: places that a later hunk, a number or an anchor settles, and places that
//! nothing settles; edits at the edges of a file; text that looks like a mistake and is none.

use serde_json::json;

use super::case::{Case, alone};
use super::render::Format;

/// Two functions with the same body, and something between and after them.
const TWINS: &str = "\
fn open() {
    let door = find();
    door.turn(1);
    door.push();
}

fn knock() {
    hand.rap(3);
}

fn shut() {
    let door = find();
    door.turn(1);
    door.push();
}

fn leave() {
    coat.take();
}
";

/// The same with an edit in one of the two places, or elsewhere.
fn twins(swaps: &[(&str, usize, &str)]) -> String {
    let mut text = TWINS.to_owned();
    for (old, nth, new) in swaps {
        let at = text.match_indices(old).nth(*nth).expect("a part of the text").0;
        text.replace_range(at..at + old.len(), new);
    }
    text
}

pub fn patch(body: &str) -> String {
    format!("*** Begin Patch\n*** Update File: f.txt\n{body}*** End Patch\n")
}

pub fn udiff(body: &str) -> String {
    format!("--- f.txt\n+++ f.txt\n{body}")
}

pub fn block(old: &str, new: &str) -> String {
    format!("f.txt\n```\n<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n```\n")
}

pub fn edit(pairs: &[(&str, &str)]) -> String {
    let edits: Vec<_> =
        pairs.iter().map(|(old, new)| json!({"path": "f.txt", "old_string": old, "new_string": new})).collect();
    json!({ "edits": edits }).to_string()
}

/// A case about the one file `f.txt`.
pub fn hand(format: Format, kind: &'static str, name: &str, before: &str, edit: &str, after: Option<&str>) -> Case {
    let case = Case::new(format, kind, name, alone("f.txt", before.as_bytes()), edit.as_bytes().to_vec());
    match after {
        Some(after) => case.gives(alone("f.txt", after.as_bytes())),
        None => case,
    }
}

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    settled(&mut cases);
    settled_by_anchor(&mut cases);
    unsettled(&mut cases);
    contradictions(&mut cases);
    edges(&mut cases);
    final_newline(&mut cases);
    cases
}

fn settled(cases: &mut Vec<Case>) {
    use Format::{Patch, Udiff};
    let turn = "     let door = find();\n-    door.turn(1);\n+    door.turn(2);\n     door.push();\n";
    let rap = "-    hand.rap(3);\n+    hand.rap(4);\n";
    let coat = "-    coat.take();\n+    coat.take_off();\n";
    let first = [("door.turn(1)", 0, "door.turn(2)"), ("hand.rap(3)", 0, "hand.rap(4)")];
    let second = [("door.turn(1)", 1, "door.turn(2)"), ("hand.rap(3)", 0, "hand.rap(4)")];
    let mut right = |format, kind, name: &str, body: &str, swaps: &[(&str, usize, &str)]| {
        let edit = if format == Patch { patch(body) } else { udiff(body) };
        cases.push(hand(format, kind, name, TWINS, &edit, Some(&twins(swaps))));
    };
    for format in [Patch, Udiff] {
        right(format, "settled-by-later-hunk", "first", &format!("@@\n{turn}@@\n{rap}"), &first);
        right(format, "settled-by-earlier-hunk", "second", &format!("@@\n{rap}@@\n{turn}"), &second);
        let both = [("door.turn(1)", 0, "door.turn(2)"), ("door.turn(1)", 0, "door.turn(2)")];
        right(format, "settled-by-count", "both", &format!("@@\n{turn}@@\n{turn}"), &both);
        let three = [first[0], first[1], ("coat.take()", 0, "coat.take_off()")];
        right(format, "settled-by-later-hunk", "of-three", &format!("@@\n{turn}@@\n{rap}@@\n{coat}"), &three);
    }
    right(Patch, "settled-by-anchor", "first", &format!("@@ fn open() {{\n{turn}"), &first[..1]);
    right(Patch, "settled-by-anchor", "second", &format!("@@ fn shut() {{\n{turn}"), &second[..1]);
    right(Patch, "settled-by-anchor", "shorter", &format!("@@ fn shut()\n{turn}"), &second[..1]);
    right(Patch, "settled-by-anchor", "closed", &format!("@@ fn shut() {{ @@\n{turn}"), &second[..1]);
    right(Udiff, "settled-by-number", "first", &format!("@@ -2,3 +2,3 @@\n{turn}"), &first[..1]);
    right(Udiff, "settled-by-number", "second", &format!("@@ -12,3 +12,3 @@\n{turn}"), &second[..1]);
    right(Udiff, "settled-by-number", "second-git", &format!("@@ -12,3 +12,3 @@ fn shut() {{\n{turn}"), &second[..1]);
    // The first hunk may be told by its number although the edit before it has moved everything.
    let moved = "@@ -1,2 +1,4 @@\n+use house::door;\n+\n fn open() {\n     let door = find();\n";
    let swaps = [("fn open() {", 0, "use house::door;\n\nfn open() {"), ("door.turn(1)", 1, "door.turn(2)")];
    right(Udiff, "settled-by-number", "after-an-insertion", &format!("{moved}@@ -12,3 +14,3 @@\n{turn}"), &swaps);
    // Two sections for one file, one change each.
    let sections = format!("@@\n{rap}*** Update File: f.txt\n@@\n{coat}");
    let swaps = [("hand.rap(3)", 0, "hand.rap(4)"), ("coat.take()", 0, "coat.take_off()")];
    right(Patch, "two-sections", "in-order", &sections, &swaps);
    let sections = format!("@@\n{coat}*** Update File: f.txt\n@@\n{rap}");
    right(Patch, "two-sections", "out-of-order", &sections, &swaps);
    let blocks = format!(
        "{}{}",
        block("    coat.take();\n", "    coat.take_off();\n"),
        block("    hand.rap(3);\n", "    hand.rap(4);\n")
    );
    cases.push(hand(Format::Blocks, "two-sections", "out-of-order", TWINS, &blocks, Some(&twins(&swaps))));
    let edits = edit(&[("coat.take()", "coat.take_off()"), ("hand.rap(3)", "hand.rap(4)")]);
    cases.push(hand(Format::Edit, "two-sections", "out-of-order", TWINS, &edits, Some(&twins(&swaps))));
}

/// Anchors as they are mostly written: without their indentation, and one inside of another.
fn settled_by_anchor(cases: &mut Vec<Case>) {
    let deep = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("    {line}\n") };
    let house = |text: &str| format!("impl House {{\n{}}}\n", text.lines().map(deep).collect::<String>());
    let turn = "         let door = find();\n-        door.turn(1);\n+        door.turn(2);\n         door.push();\n";
    let after = house(&twins(&[("door.turn(1)", 1, "door.turn(2)")]));
    for (name, anchors) in [
        ("inner", "@@ fn shut() {\n"),
        ("inner-indented", "@@     fn shut() {\n"),
        ("outer-and-inner", "@@ impl House {\n@@ fn shut() {\n"),
        ("outer-and-inner-indented", "@@ impl House {\n@@     fn shut() {\n"),
    ] {
        let edit = patch(&format!("{anchors}{turn}"));
        cases.push(hand(Format::Patch, "settled-by-anchor", name, &house(TWINS), &edit, Some(&after)));
    }
}

fn unsettled(cases: &mut Vec<Case>) {
    use Format::{Blocks, Edit, Patch, Udiff};
    let turn = "     let door = find();\n-    door.turn(1);\n+    door.turn(2);\n     door.push();\n";
    let coat = "-    coat.take();\n+    coat.take_off();\n";
    let mut wrong = |format, kind, name: &str, edit: &str| cases.push(hand(format, kind, name, TWINS, edit, None));
    wrong(Patch, "twice-by-hand", "alone", &patch(&format!("@@\n{turn}")));
    wrong(Patch, "twice-by-hand", "later-hunk-after-both", &patch(&format!("@@\n{turn}@@\n{coat}")));
    wrong(Patch, "twice-by-hand", "three-times", &patch(&format!("@@\n{turn}@@\n{turn}@@\n{turn}")));
    wrong(Patch, "anchor-missing", "other-name", &patch(&format!("@@ fn close() {{\n{turn}")));
    wrong(Patch, "anchor-missing", "after-both", &patch(&format!("@@ fn leave() {{\n{turn}")));
    let stale = turn.replace("turn(1)", "turn(7)");
    wrong(Patch, "nothing-below-anchor", "second", &patch(&format!("@@ fn shut() {{\n{stale}")));
    wrong(Patch, "nothing-below-anchor", "only-near", &patch("@@ fn shut() {\n-    hand.rap(3);\n+    hand.rap(4);\n"));
    wrong(Udiff, "twice-by-hand", "alone", &udiff(&format!("@@\n{turn}")));
    wrong(Udiff, "twice-by-hand", "number-between", &udiff(&format!("@@ -7,3 +7,3 @@\n{turn}")));
    wrong(Udiff, "twice-by-hand", "number-far-away", &udiff(&format!("@@ -900,3 +900,3 @@\n{turn}")));
    wrong(Blocks, "twice-by-hand", "alone", &block("    door.turn(1);\n", "    door.turn(2);\n"));
    wrong(Edit, "twice-by-hand", "alone", &edit(&[("door.turn(1)", "door.turn(2)")]));
    wrong(
        Edit,
        "twice-by-hand",
        "made-by-the-first",
        &edit(&[("hand.rap(3)", "coat.take()"), ("coat.take()", "coat.put()")]),
    );
    wrong(
        Edit,
        "twice-by-hand",
        "shifted",
        &edit(&[("  let door = find();\n  door.turn(1);\n", "  let door = find();\n")]),
    );
    // Only added lines, and nothing that says where.
    wrong(Patch, "nowhere", "added-only", &patch("@@\n+// where?\n"));
    wrong(Udiff, "nowhere", "added-only", &udiff("@@\n+// where?\n"));
    wrong(Patch, "nowhere", "blank-context", &patch("@@\n \n+// where?\n \n"));
}

/// Two parts of one edit that cannot both be meant.
fn contradictions(cases: &mut Vec<Case>) {
    use Format::{Blocks, Edit, Patch, Udiff};
    let mut wrong = |format, kind, name: &str, edit: &str| cases.push(hand(format, kind, name, TWINS, edit, None));
    let other = "-    hand.rap(3);\n+    hand.rap(5);\n";
    let rap = "-    hand.rap(3);\n+    hand.rap(4);\n";
    wrong(Patch, "contradiction", "same-line", &patch(&format!("@@\n{rap}*** Update File: f.txt\n@@\n{other}")));
    wrong(Patch, "contradiction", "update-and-delete", &patch(&format!("@@\n{rap}*** Delete File: f.txt\n")));
    wrong(
        Patch,
        "contradiction",
        "delete-and-update",
        &format!("*** Begin Patch\n*** Delete File: f.txt\n*** Update File: f.txt\n@@\n{rap}*** End Patch\n"),
    );
    wrong(
        Udiff,
        "contradiction",
        "same-line",
        &format!("{}{}", udiff(&format!("@@ -8,1 +8,1 @@\n{rap}")), udiff(&format!("@@ -8,1 +8,1 @@\n{other}"))),
    );
    wrong(
        Blocks,
        "contradiction",
        "same-line",
        &format!(
            "{}{}",
            block("    hand.rap(3);\n", "    hand.rap(4);\n"),
            block("    hand.rap(3);\n", "    hand.rap(5);\n")
        ),
    );
    wrong(Edit, "contradiction", "same-line", &edit(&[("hand.rap(3)", "hand.rap(4)"), ("hand.rap(3)", "hand.rap(5)")]));
    let whole = |text: &str| json!({"path": "f.txt", "content": text});
    let files = json!({"files": [whole("one\n"), whole("two\n")]}).to_string();
    cases.push(hand(Format::Whole, "contradiction", "same-file", TWINS, &files, None).flag("--overwrite"));
}

/// The first and last lines, with and without a final newline, and files of hardly any lines.
fn edges(cases: &mut Vec<Case>) {
    let shapes = [("ended", "\n"), ("open", "")];
    for (shape, end) in shapes {
        let with = |text: &str| format!("{text}{end}");
        let before = with("alpha\nbeta\ngamma");
        for (name, body, after) in [
            ("last-replaced", " beta\n-gamma\n+delta\n", "alpha\nbeta\ndelta"),
            ("last-removed", " beta\n-gamma\n", "alpha\nbeta"),
            ("appended", " beta\n gamma\n+delta\n", "alpha\nbeta\ngamma\ndelta"),
            ("first-replaced", "-alpha\n+omega\n beta\n", "omega\nbeta\ngamma"),
            ("first-removed", "-alpha\n beta\n", "beta\ngamma"),
            ("prepended", "+omega\n alpha\n beta\n", "omega\nalpha\nbeta\ngamma"),
            ("both-ends", "+omega\n alpha\n beta\n gamma\n+delta\n", "omega\nalpha\nbeta\ngamma\ndelta"),
            ("all-replaced", "-alpha\n-beta\n-gamma\n+x\n+y\n", "x\ny"),
        ] {
            let name = format!("{name}-{shape}");
            let after = with(after);
            let sides = |marks: [char; 2]| -> String {
                body.lines().filter(|line| line.starts_with(marks)).map(|line| format!("{}\n", &line[1..])).collect()
            };
            let (old, new) = (sides([' ', '-']), sides([' ', '+']));
            let trimmed = edit(&[(old.trim_end(), new.trim_end())]);
            for (format, text) in [
                (Format::Patch, patch(&format!("@@\n{body}"))),
                (Format::Patch, patch(&format!("@@\n{body}*** End of File\n"))),
                (Format::Udiff, udiff(&format!("@@\n{body}"))),
                (Format::Blocks, block(&old, &new)),
                (Format::Edit, trimmed),
            ] {
                let marked = text.contains("End of File");
                if marked && (name.starts_with("first") || name.starts_with("prepended")) {
                    continue;
                }
                let kind = if marked { "edges-end-of-file" } else { "edges" };
                cases.push(hand(format, kind, &name, &before, &text, Some(&after)));
            }
        }
        let one = with("only");
        cases.push(hand(
            Format::Edit,
            "edges",
            &format!("one-line-{shape}"),
            &one,
            &edit(&[("only", "lonely")]),
            Some(&with("lonely")),
        ));
        cases.push(hand(
            Format::Patch,
            "edges",
            &format!("one-line-{shape}"),
            &one,
            &patch("@@\n-only\n+lonely\n"),
            Some(&with("lonely")),
        ));
        cases.push(hand(
            Format::Blocks,
            "edges",
            &format!("one-line-{shape}"),
            &one,
            &block("only\n", "lonely\n"),
            Some(&with("lonely")),
        ));
    }
}

/// A diff can speak of the final newline, and then it is meant; nothing else changes it.
fn final_newline(cases: &mut Vec<Case>) {
    let note = "\\ No newline at end of file\n";
    let text = udiff(&format!("@@ -2,2 +2,2 @@\n beta\n-gamma\n+gamma\n{note}"));
    cases.push(hand(
        Format::Udiff,
        "final-newline",
        "taken",
        "alpha\nbeta\ngamma\n",
        &text,
        Some("alpha\nbeta\ngamma"),
    ));
    let text = udiff(&format!("@@ -2,2 +2,2 @@\n beta\n-gamma\n{note}+gamma\n"));
    cases.push(hand(
        Format::Udiff,
        "final-newline",
        "given",
        "alpha\nbeta\ngamma",
        &text,
        Some("alpha\nbeta\ngamma\n"),
    ));
    let text = udiff(&format!("@@ -2,2 +2,2 @@\n beta\n-gamma\n{note}+delta\n{note}"));
    cases.push(hand(Format::Udiff, "final-newline", "kept", "alpha\nbeta\ngamma", &text, Some("alpha\nbeta\ndelta")));
    let text = udiff("@@ -2,2 +2,2 @@\n beta\n-gamma\n+delta\n");
    cases.push(hand(
        Format::Udiff,
        "final-newline",
        "not-spoken-of",
        "alpha\nbeta\ngamma",
        &text,
        Some("alpha\nbeta\ndelta"),
    ));
    let text = edit(&[("gamma\n", "delta\n")]);
    cases.push(hand(
        Format::Edit,
        "final-newline",
        "expected-but-open",
        "alpha\nbeta\ngamma",
        &text,
        Some("alpha\nbeta\ndelta"),
    ));
}

//! Cases by hand about files as a whole: created, deleted, moved, made executable, several at once; and every way in
//! which a path or a file must not be touched.

use super::case::{Case, alone, update};
use super::line::{self, Line};
use super::render::{CLEAN, Format, Step, Style, render};
use super::text::{Pair, pairs, text};
use super::tree::{Node, Tree, file};

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    created(&mut cases);
    removed_and_moved(&mut cases);
    modes(&mut cases);
    several(&mut cases);
    outside(&mut cases);
    not_as_said(&mut cases);
    cases
}

pub fn pair(name: &str) -> Pair {
    pairs().into_iter().find(|pair| pair.name == name).unwrap_or_else(|| panic!("no change `{name}`"))
}

pub fn added(bytes: &[u8]) -> Vec<Line> {
    line::script(b"", bytes)
}

fn create(path: &str, bytes: &[u8]) -> Step {
    Step::Create { path: path.to_owned(), lines: added(bytes) }
}

fn delete(path: &str, bytes: &[u8]) -> Step {
    Step::Delete { path: path.to_owned(), lines: line::script(bytes, b"") }
}

/// A tree with more files.
fn with(tree: &Tree, files: &[(&str, &[u8])]) -> Tree {
    let mut tree = tree.clone();
    tree.extend(files.iter().map(|(path, bytes)| file(path, bytes)));
    tree
}

fn style(git: bool) -> Style {
    Style { git, ..CLEAN }
}

/// In every format that can say it: an edit that has to give the tree, or has to be refused.
fn every(cases: &mut Vec<Case>, kind: &'static str, name: &str, before: &Tree, steps: &[Step], after: Option<Tree>) {
    for format in Format::ALL {
        for git in [false, true] {
            if git && format != Format::Udiff {
                continue;
            }
            let Some(edit) = render(format, steps, &style(git)) else { continue };
            let name = if git { format!("{name}-git") } else { name.to_owned() };
            cases.push(Case { expected: after.clone(), ..Case::new(format, kind, &name, before.clone(), edit) });
        }
    }
}

fn created(cases: &mut Vec<Case>) {
    let base = alone("src/till.rs", text("rust").content().as_bytes());
    for name in ["rust", "markdown", "make", "html", "prose", "unicode", "json"] {
        let (path, bytes) = (format!("neu/deep/{}", text(name).path), text(name).content().as_bytes());
        every(cases, "create", name, &base, &[create(&path, bytes)], Some(with(&base, &[(&path, bytes)])));
    }
    for (name, bytes) in [
        ("one-line", "x = 1\n"),
        ("blank-lines", "\n\na\n\n\nb\n\n"),
        ("signs", "+a\n-b\n c\n@@ d\n*** e\n--- f\n"),
        ("backslashes", "a \\n b \\\\ c \\t\n"),
        ("entities", "&amp; &lt; &gt;\n"),
        ("dots", "wait...\nand so on...\n"),
        ("fences", "```\ncode\n```\n"),
        ("trailing-blanks", "a  \n  \nb\t\n"),
    ] {
        every(
            cases,
            "create",
            name,
            &base,
            &[create("new.txt", bytes.as_bytes())],
            Some(with(&base, &[("new.txt", bytes.as_bytes())])),
        );
    }
    for (name, there) in [("same", "fresh\n"), ("other", "old text\n"), ("crlf", "fresh\r\n")] {
        let before = with(&base, &[("new.txt", there.as_bytes())]);
        every(cases, "create-onto-existing", name, &before, &[create("new.txt", b"fresh\n")], None);
    }
    cases.retain(|case| case.kind != "create-onto-existing" || case.format != Format::Whole);
    let empty = with(&base, &[("new.txt", b"")]);
    let edit = render(Format::Edit, &[create("new.txt", b"fresh\n")], &CLEAN).expect("an edit");
    let case = Case::new(Format::Edit, "create-onto-empty", "plain", empty, edit);
    cases.push(case.gives(with(&base, &[("new.txt", b"fresh\n")])));
    let twice = [create("new.txt", b"one\n"), create("new.txt", b"two\n")];
    every(cases, "created-twice", "plain", &base, &twice, None);
    let below = [create("src/till.rs/new.txt", b"one\n")];
    every(cases, "create-below-a-file", "plain", &base, &below, None);
}

fn removed_and_moved(cases: &mut Vec<Case>) {
    let base = alone("src/till.rs", text("rust").content().as_bytes());
    for name in ["shell", "unicode", "css"] {
        let (path, bytes) = (text(name).path, text(name).content().as_bytes());
        every(cases, "delete", name, &with(&base, &[(path, bytes)]), &[delete(path, bytes)], Some(base.clone()));
    }
    every(cases, "delete-missing", "plain", &base, &[delete("gone.txt", b"text\n")], None);
    let near = with(&base, &[("Gone.txt", b"text\n")]);
    every(cases, "delete-missing", "other-case", &near, &[delete("gone.txt", b"text\n")], None);
    every(
        cases,
        "delete-twice",
        "plain",
        &with(&base, &[("a.txt", b"text\n")]),
        &[delete("a.txt", b"text\n"), delete("a.txt", b"text\n")],
        None,
    );
    let stale = with(&base, &[("a.txt", b"text 2\n")]);
    for git in [false, true] {
        let edit = render(Format::Udiff, &[delete("a.txt", b"text 1\n")], &style(git)).expect("a diff");
        let name = if git { "git" } else { "plain" };
        cases.push(Case::new(Format::Udiff, "delete-stale", name, stale.clone(), edit));
    }
    for name in ["python-two-places", "go-insert", "prose-quoted", "make-deep"] {
        let pair = pair(name);
        let (from, to) = (pair.text.path.to_owned(), format!("moved/{}", pair.text.path));
        let hunks = line::hunks(&line::script(&pair.before, &pair.after), 3, true);
        let steps = |hunks: &[line::Hunk]| [Step::Move { from: from.clone(), to: to.clone(), hunks: hunks.to_vec() }];
        let before = with(&base, &[(&from, &pair.before)]);
        every(cases, "move-and-edit", name, &before, &steps(&hunks), Some(with(&base, &[(&to, &pair.after)])));
        every(cases, "move-onto-existing", name, &with(&before, &[(&to, b"here\n")]), &steps(&hunks), None);
        every(cases, "move-missing", name, &base, &steps(&hunks), None);
        every(cases, "move-stale", name, &with(&base, &[(&from, b"other\n")]), &steps(&hunks), None);
        every(cases, "move-already", name, &with(&base, &[(&to, &pair.after)]), &steps(&hunks), None);
        let crlf = pair.crlf();
        let (before, after) = (with(&base, &[(&from, &crlf.before)]), with(&base, &[(&to, &crlf.after)]));
        every(cases, "move-and-edit", &format!("{name}-crlf"), &before, &steps(&hunks), Some(after));
    }
    let diff = |rest: &str| format!("diff --git a/src/till.rs b/src/{rest}").into_bytes();
    let bytes = text("rust").content().as_bytes();
    let edit = diff("bank.rs\nsimilarity index 100%\nrename from src/till.rs\nrename to src/bank.rs\n");
    let case = Case::new(Format::Udiff, "move", "plain", base.clone(), edit);
    cases.push(case.gives(alone("src/bank.rs", bytes)));
}

/// A tree in which one file has this mode.
fn mode(tree: &Tree, path: &str, mode: u32) -> Tree {
    let mut tree = tree.clone();
    if let Some(Node::File(_, old)) = tree.get_mut(path) {
        *old = mode;
    }
    tree
}

fn modes(cases: &mut Vec<Case>) {
    let pair = pair("shell-replace");
    let path = pair.text.path;
    let (before, after) = (alone(path, &pair.before), alone(path, &pair.after));
    for (name, bits) in [("executable", 0o755), ("private", 0o600), ("odd", 0o751), ("group", 0o664)] {
        every(cases, "mode-kept", name, &mode(&before, path, bits), &update(&pair, 3), Some(mode(&after, path, bits)));
    }
    for case in cases.iter_mut().filter(|case| case.kind == "mode-kept" && case.format == Format::Whole) {
        case.flags.push("--overwrite");
    }
    let head = format!("diff --git a/{path} b/{path}\nold mode 100644\nnew mode 100755\n");
    let case = Case::new(Format::Udiff, "mode-changed", "alone", before.clone(), head.clone().into_bytes());
    cases.push(case.gives(mode(&before, path, 0o755)));
    let hunks = render(Format::Udiff, &update(&pair, 3), &style(true)).expect("a diff");
    let hunks = String::from_utf8(hunks).expect("text");
    let body = &hunks[hunks.find("--- ").expect("a header")..];
    let case =
        Case::new(Format::Udiff, "mode-changed", "with-hunks", before.clone(), format!("{head}{body}").into_bytes());
    cases.push(case.gives(mode(&after, path, 0o755)));
    let new = "diff --git a/run.sh b/run.sh\nnew file mode 100755\nindex 0000000..7a1b2c3\n--- /dev/null\n+++ b/run.sh\n@@ -0,0 +1 @@\n+#!/bin/sh\n";
    let made = mode(&with(&before, &[("run.sh", b"#!/bin/sh\n")]), "run.sh", 0o755);
    cases.push(Case::new(Format::Udiff, "mode-of-new", "executable", before.clone(), new.into()).gives(made));
    let empty = "diff --git a/empty b/empty\nnew file mode 100644\nindex 0000000..e69de29\n";
    let made = with(&before, &[("empty", b"")]);
    cases.push(Case::new(Format::Udiff, "empty-file", "new", before.clone(), empty.into()).gives(made.clone()));
    let gone = "diff --git a/empty b/empty\ndeleted file mode 100644\nindex e69de29..0000000\n";
    cases.push(Case::new(Format::Udiff, "empty-file", "deleted", made, gone.into()).gives(before));
}

/// Two files at once: both or none.
fn several(cases: &mut Vec<Case>) {
    for (first, second) in [
        ("rust-insert", "python-deep"),
        ("css-nested", "html-row"),
        ("go-deep", "make-insert"),
        ("prose-word", "unicode-wide"),
    ] {
        let (one, two) = (pair(first), pair(second));
        let tree = |a: &[u8], b: &[u8]| with(&alone(one.text.path, a), &[(two.text.path, b)]);
        let (before, after) = (tree(&one.before, &two.before), tree(&one.after, &two.after));
        let steps = [update(&one, 3), update(&two, 3)].concat();
        let name = format!("{first}-{second}");
        let from = cases.len();
        every(cases, "two-files", &name, &before, &steps, Some(after.clone()));
        let crlf = tree(&one.before, &two.crlf().before);
        every(
            cases,
            "two-files",
            &format!("{name}-one-crlf"),
            &crlf,
            &steps,
            Some(tree(&one.after, &two.crlf().after)),
        );
        cases[from..]
            .iter_mut()
            .filter(|case| case.format == Format::Whole)
            .for_each(|case| case.flags.push("--overwrite"));
        let more = [steps.clone(), vec![create("new/x.txt", b"x\n")]].concat();
        let bad = |bytes: &[u8]| tree(&one.before, bytes);
        let spoiled = two.before.to_ascii_uppercase();
        for (kind, tree) in
            [("one-bad-of-two", bad(&spoiled)), ("one-missing-of-two", alone(one.text.path, &one.before))]
        {
            let from = cases.len();
            every(cases, kind, &name, &tree, &more, None);
            let reversed: Vec<Step> = more.iter().rev().cloned().collect();
            every(cases, kind, &format!("{name}-reversed"), &tree, &reversed, None);
            let kept = cases.split_off(from).into_iter().filter(|case| case.format != Format::Whole);
            cases.extend(kept);
        }
        let taken = with(&before, &[("new/x.txt", b"taken\n")]);
        let from = cases.len();
        every(cases, "one-taken-of-three", &name, &taken, &more, None);
        let kept = cases.split_off(from).into_iter().filter(|case| case.format != Format::Whole);
        cases.extend(kept);
    }
    for name in ["rust-three-places", "java-close-places", "shell-two-places", "c-two-places"] {
        let pair = pair(name);
        let last = line::hunks(&line::script(&pair.before, &pair.after), 1, true).pop().expect("a hunk");
        let removed = last.old_side().next().expect("an old line").text.clone();
        let gone = pair.before.split_inclusive(|byte| *byte == b'\n').filter(|line| !line.starts_with(&removed));
        let before = alone(pair.text.path, &gone.collect::<Vec<_>>().concat());
        let from = cases.len();
        every(cases, "one-bad-hunk", name, &before, &update(&pair, 1), None);
        let kept = cases.split_off(from).into_iter().filter(|case| case.format != Format::Whole);
        cases.extend(kept);
    }
}

/// Paths that lead out of the folder or into what is protected. `beside` is a folder next to the root.
fn outside(cases: &mut Vec<Case>) {
    let base = with(
        &alone("src/a.txt", b"one\ntwo\nthree\n"),
        &[(".git/config", b"[core]\n\tbare = false\n"), ("../beside/a.txt", b"one\ntwo\nthree\n")],
    );
    let mut base = base;
    base.insert("link".to_owned(), Node::Link("../beside".to_owned()));
    base.insert("file-link".to_owned(), Node::Link("../beside/a.txt".to_owned()));
    let pair =
        Pair { before: b"one\ntwo\nthree\n".to_vec(), after: b"one\n2\nthree\n".to_vec(), ..pair("toml-replace") };
    let hunks = line::hunks(&line::script(&pair.before, &pair.after), 3, true);
    let update = |path: &str| Step::Update { path: path.to_owned(), hunks: hunks.clone(), after: pair.after.clone() };
    for (name, path) in [
        ("parent", "../beside/a.txt"),
        ("parent-inside", "src/../../beside/a.txt"),
        ("link", "link/a.txt"),
        ("link-to-file", "file-link"),
        ("dots-at-the-end", "src/.."),
    ] {
        let from = cases.len();
        every(cases, "path-outside", name, &base, &[update(path)], None);
        cases[from..]
            .iter_mut()
            .filter(|case| case.format == Format::Whole)
            .for_each(|case| case.flags.push("--overwrite"));
    }
    for (name, path) in [
        ("parent", "../beside/new.txt"),
        ("parent-inside", "src/../../beside/new.txt"),
        ("root", "/proc/agent/new.txt"),
        ("link", "link/new.txt"),
        ("git-hook", ".git/hooks/pre-commit"),
        ("git-config", ".git/config.worktree"),
        ("git-case", ".GIT/config"),
        ("git-nested", "src/.git/config"),
        ("git-dotted", "src/../.git/hooks/post-commit"),
    ] {
        every(cases, "create-outside", name, &base, &[create(path, b"text\n")], None);
        if !name.starts_with("git") {
            let mixed = [create("src/good.txt", b"good\n"), create(path, b"text\n")];
            every(cases, "create-outside-with-good", name, &base, &mixed, None);
        }
    }
    let edit = br#"{"edits":[{"path":".git/config","old_string":"bare = false","new_string":"bare = true"}]}"#;
    cases.push(Case::new(Format::Edit, "path-protected", "git-config", base.clone(), edit.to_vec()));
    every(cases, "delete-outside", "parent", &base, &[delete("../beside/a.txt", b"one\ntwo\nthree\n")], None);
    every(cases, "delete-outside", "link", &base, &[delete("link/a.txt", b"one\ntwo\nthree\n")], None);
    let moves = |to: &str| [Step::Move { from: "src/a.txt".to_owned(), to: to.to_owned(), hunks: hunks.clone() }];
    every(cases, "move-outside", "parent", &base, &moves("../beside/b.txt"), None);
    every(cases, "move-outside", "link", &base, &moves("link/b.txt"), None);
    every(cases, "move-outside", "git-hook", &base, &moves(".git/hooks/pre-push"), None);
}

/// Files that are no files, and files that are not there.
fn not_as_said(cases: &mut Vec<Case>) {
    let pair = pair("yaml-replace");
    let path = pair.text.path;
    let mut folder = Tree::from([file("other.txt", b"x\n"), file(&format!("{path}/inner.txt"), b"inner\n")]);
    every(cases, "edit-of-a-folder", "full", &folder, &update(&pair, 3), None);
    every(cases, "delete-of-a-folder", "full", &folder, &[delete(path, &pair.before)], None);
    folder.remove(&format!("{path}/inner.txt"));
    folder.insert(path.to_owned(), Node::Folder);
    every(cases, "edit-of-a-folder", "empty", &folder, &update(&pair, 3), None);
    let other = alone("deploy/harbor.yaml", &pair.before);
    let from = cases.len();
    every(cases, "edit-of-missing", "near-name", &other, &update(&pair, 3), None);
    every(cases, "edit-of-missing", "near-case", &alone("deploy/Harbour.yaml", &pair.before), &update(&pair, 3), None);
    every(cases, "edit-of-missing", "other-folder", &alone("harbour.yaml", &pair.before), &update(&pair, 3), None);
    let kept = cases.split_off(from).into_iter().filter(|case| case.format != Format::Whole);
    cases.extend(kept);
}

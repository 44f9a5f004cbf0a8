//! Change sets: what is shown, what a review leaves of them, and their inverse.

use agent::base::change::{Accept, ChangeKind, EditedFile, EditedHunk, FileReview, Review};
use agent::edit::{ChangeSet, FileEdit};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

fn bytes(text: &[u8]) -> Option<Arc<[u8]>> {
    Some(Arc::from(text))
}

fn modify(before: &[u8], after: &[u8]) -> FileEdit {
    FileEdit { path: "f".into(), from: None, before: bytes(before), after: bytes(after), mode: None }
}

fn diff(edit: FileEdit) -> String {
    ChangeSet { files: vec![edit] }.summary().remove(0).diff
}

fn review(accept: Accept) -> Review {
    Review { files: vec![FileReview { path: "f".into(), accept }], ..Review::default() }
}

fn accepted(edit: FileEdit, review: &Review) -> Option<Vec<u8>> {
    let left = ChangeSet { files: vec![edit] }.accept(review);
    left.files.first().map(|file| file.after.as_deref().unwrap_or(b"<deleted>").to_vec())
}

#[test]
fn diffs_as_shown() {
    let many = |changed: &[usize]| {
        let line = |n: usize| if changed.contains(&n) { format!("changed {n}\n") } else { format!("{n}\n") };
        (1..=20).map(line).collect::<String>().into_bytes()
    };
    let rename = |after: &[u8]| FileEdit { from: Some("old name".into()), ..modify(b"a\n", after) };
    let cases: Vec<(&str, FileEdit, &str)> = vec![
        ("one line", modify(b"a\nb\nc\n", b"a\nB\nc\n"), "--- a/f\n+++ b/f\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n"),
        ("a single line", modify(b"a\n", b"b\n"), "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n"),
        (
            "no newline at the end of the old",
            modify(b"a", b"a\n"),
            "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n",
        ),
        (
            "no newline at the end of both",
            modify(b"a\nb", b"A\nb"),
            "--- a/f\n+++ b/f\n@@ -1,2 +1,2 @@\n-a\n+A\n b\n\\ No newline at end of file\n",
        ),
        (
            "create",
            FileEdit { before: None, ..modify(b"", b"a\nb\n") },
            "--- /dev/null\n+++ b/f\n@@ -0,0 +1,2 @@\n+a\n+b\n",
        ),
        ("delete", FileEdit { after: None, ..modify(b"a\n", b"") }, "--- a/f\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n"),
        (
            "rename alone",
            rename(b"a\n"),
            "diff --git a/old name b/f\nrename from old name\nrename to f\n--- a/old name\n+++ b/f\n",
        ),
        (
            "rename with a change",
            rename(b"b\n"),
            "diff --git a/old name b/f\nrename from old name\nrename to f\n--- a/old name\n+++ b/f\n@@ -1 +1 @@\n-a\n+b\n",
        ),
        (
            "changes seven lines apart are two hunks",
            modify(&many(&[]), &many(&[4, 12])),
            "--- a/f\n+++ b/f\n@@ -1,7 +1,7 @@\n 1\n 2\n 3\n-4\n+changed 4\n 5\n 6\n 7\n@@ -9,7 +9,7 @@\n 9\n 10\n 11\n-12\n+changed 12\n 13\n 14\n 15\n",
        ),
        (
            "changes six lines apart are one hunk",
            modify(&many(&[]), &many(&[4, 11])),
            "--- a/f\n+++ b/f\n@@ -1,14 +1,14 @@\n 1\n 2\n 3\n-4\n+changed 4\n 5\n 6\n 7\n 8\n 9\n 10\n-11\n+changed 11\n 12\n 13\n 14\n",
        ),
        ("binary", modify(b"a\0b", b"a\0c"), "--- a/f\n+++ b/f\nBinary files differ\n"),
        ("latin-1 is shown with U+FFFD", modify(b"\xe9\n", b"e\n"), "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-\u{fffd}\n+e\n"),
        (
            "a path cannot forge a line",
            FileEdit { path: "a\n+++ b/x".into(), ..modify(b"a\n", b"b\n") },
            "--- \"a/a\\012+++ b/x\"\n+++ \"b/a\\012+++ b/x\"\n@@ -1 +1 @@\n-a\n+b\n",
        ),
    ];
    for (name, edit, expected) in cases {
        assert_eq!(diff(edit), expected, "{name}");
    }
}

#[test]
fn summary_counts_and_kinds() {
    let set = ChangeSet {
        files: vec![
            modify(b"a\nb\n", b"a\nc\nd\n"),
            modify(b"same", b"same"),
            FileEdit { path: "g".into(), from: None, before: None, after: bytes(b"x\n"), mode: None },
            FileEdit { path: "h".into(), from: None, before: bytes(b"x\n"), after: None, mode: None },
            FileEdit {
                path: "i".into(),
                from: Some("j".into()),
                before: bytes(b"\0"),
                after: bytes(b"\0\0"),
                mode: None,
            },
        ],
    };
    let seen: Vec<_> = set.summary().into_iter().map(|file| (file.path, file.kind, file.added, file.removed)).collect();
    let expected = [
        ("f", ChangeKind::Modify, 2, 1),
        ("g", ChangeKind::Create, 1, 0),
        ("h", ChangeKind::Delete, 0, 1),
        ("i", ChangeKind::Rename, 0, 0),
    ];
    assert_eq!(seen, expected.map(|(path, kind, added, removed)| (path.to_string(), kind, added, removed)));
    assert!(!set.is_empty());
    assert!(ChangeSet { files: vec![modify(b"same", b"same")] }.is_empty());
}

#[test]
fn what_a_review_leaves() {
    let old = b"1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n";
    let new = b"one\n2\n3\n4\n5\n6\n7\n8\n9\nten";
    let both = || modify(old, new);
    let text = |text: &str| Some(text.as_bytes().to_vec());
    let edited = |accept: Option<Accept>, text: &str| Review {
        files: accept.into_iter().map(|accept| FileReview { path: "f".into(), accept }).collect(),
        edited: vec![EditedFile { path: "f".into(), text: text.into() }],
        ..Review::default()
    };
    let hunk = |accept: Option<Accept>, hunk: usize, text: &str| Review {
        files: accept.into_iter().map(|accept| FileReview { path: "f".into(), accept }).collect(),
        edited_hunks: vec![EditedHunk { path: "f".into(), hunk, text: text.into() }],
        ..Review::default()
    };
    let created = || FileEdit { before: None, ..modify(b"", b"") };
    let deleted = || FileEdit { after: None, ..both() };
    let renamed = || FileEdit { from: Some("g".into()), ..both() };
    let cases: Vec<(&str, FileEdit, Review, Option<Vec<u8>>)> = vec![
        ("all", both(), review(Accept::All), Some(new.to_vec())),
        ("none", both(), review(Accept::None), None),
        ("not named", both(), Review::default(), None),
        ("first hunk", both(), review(Accept::Hunks(vec![0])), text("one\n2\n3\n4\n5\n6\n7\n8\n9\n10\n")),
        ("second hunk", both(), review(Accept::Hunks(vec![1])), text("1\n2\n3\n4\n5\n6\n7\n8\n9\nten")),
        ("both hunks, any order", both(), review(Accept::Hunks(vec![1, 0])), Some(new.to_vec())),
        ("no hunks", both(), review(Accept::Hunks(vec![])), None),
        ("a hunk that is not there", both(), review(Accept::Hunks(vec![7])), None),
        ("edited", both(), edited(None, "mine"), text("mine")),
        ("edited and accepted", both(), edited(Some(Accept::All), "mine"), text("mine")),
        ("edited and then refused", both(), edited(Some(Accept::None), "mine"), None),
        ("edited back to what it was", modify(b"a", b"b"), edited(None, "a"), None),
        ("an edited hunk", both(), hunk(None, 0, "mine\n2\n3\n4\n"), text("mine\n2\n3\n4\n5\n6\n7\n8\n9\n10\n")),
        ("an edited hunk without its last line end", both(), hunk(None, 0, "mine"), text("mine\n5\n6\n7\n8\n9\n10\n")),
        ("an edited hunk at the end", both(), hunk(None, 1, "mine"), text("1\n2\n3\n4\n5\n6\nmine")),
        (
            "one edited, the other accepted",
            both(),
            hunk(Some(Accept::Hunks(vec![1])), 0, "mine\n"),
            text("mine\n5\n6\n7\n8\n9\nten"),
        ),
        ("one edited, all accepted", both(), hunk(Some(Accept::All), 1, "mine"), text("one\n2\n3\n4\n5\n6\nmine")),
        ("a hunk edited and the file refused", both(), hunk(Some(Accept::None), 0, "mine"), None),
        ("a hunk edited that is not there", both(), hunk(Some(Accept::All), 7, "mine"), None),
        (
            "a created file's hunk edited",
            FileEdit { before: None, ..modify(b"", b"new") },
            hunk(None, 0, "mine"),
            text("mine"),
        ),
        ("a hunk edited back to what it was", both(), hunk(None, 0, "1\n2\n3\n4\n"), None),
        ("a deletion edited instead", deleted(), edited(None, "kept"), text("kept")),
        ("a deletion's hunk", deleted(), review(Accept::Hunks(vec![0])), text("<deleted>")),
        ("an empty file's only hunk", created(), review(Accept::Hunks(vec![0])), text("")),
        ("an empty file, no hunk", created(), review(Accept::Hunks(vec![1])), None),
        ("binary is hunk 0", modify(b"\0", b"\0\0"), review(Accept::Hunks(vec![0])), text("\0\0")),
        (
            "a rename with one hunk",
            renamed(),
            review(Accept::Hunks(vec![0])),
            text("one\n2\n3\n4\n5\n6\n7\n8\n9\n10\n"),
        ),
        ("a rename without its hunks", renamed(), review(Accept::Hunks(vec![])), None),
        (
            "latin-1 lines the user left alone keep their bytes",
            modify(b"caf\xe9\nb\n", b"caf\xe9\nB\n"),
            edited(None, "caf\u{fffd}\nmine\n"),
            Some(b"caf\xe9\nmine\n".to_vec()),
        ),
    ];
    for (name, edit, review, expected) in cases {
        assert_eq!(accepted(edit, &review), expected, "{name}");
    }
}

#[test]
fn a_review_in_json() {
    let json = r#"{"files":[{"path":"f","accept":{"hunks":[0,2]}},{"path":"g","accept":"all"}]}"#;
    let review: Review = serde_json::from_str(json).expect("a review");
    assert_eq!(review.files.first().map(|file| &file.accept), Some(&Accept::Hunks(vec![0, 2])));
    assert_eq!(serde_json::to_string(&review).expect("json"), json);
}

#[test]
fn a_hard_diff_is_bounded() {
    let mut seed = 7u64;
    let mut text = || -> Vec<u8> {
        (0..20_000)
            .map(|_| {
                seed = seed.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                format!("{}\n", (seed >> 33) % 300)
            })
            .collect::<String>()
            .into_bytes()
    };
    let (before, after) = (text(), text());
    let started = std::time::Instant::now();
    assert_eq!(accepted(modify(&before, &after), &review(Accept::Hunks((0..60_000).collect()))), Some(after));
    assert!(started.elapsed().as_secs() < 60, "{:?}", started.elapsed());
}

/// What the executor does, on a map.
fn run(set: &ChangeSet, files: &mut BTreeMap<String, Vec<u8>>) {
    for file in &set.files {
        let source = file.from.as_ref().unwrap_or(&file.path);
        assert_eq!(files.remove(source), file.before.as_deref().map(<[u8]>::to_vec), "preimage of {source}");
        if let Some(after) = &file.after {
            assert_eq!(files.insert(file.path.clone(), after.to_vec()), None);
        }
    }
}

fn any_text() -> impl Strategy<Value = Vec<u8>> {
    let line = prop::sample::select(vec!["a\n", "b\n", "\n", "c\r\n", "long line\n", "end"]);
    prop::collection::vec(line, 0..40).prop_map(|lines| lines.concat().into_bytes())
}

proptest! {
    #![proptest_config(crate::support::random::cases(256))]

    #[test]
    fn all_hunks_are_the_whole_change(before in any_text(), after in any_text()) {
        let edit = modify(&before, &after);
        let expected = (before != after).then_some(after);
        prop_assert_eq!(&accepted(edit.clone(), &review(Accept::All)), &expected);
        prop_assert_eq!(&accepted(edit.clone(), &review(Accept::Hunks((0..99).collect()))), &expected);
        prop_assert_eq!(accepted(edit.clone(), &review(Accept::None)), None);
        prop_assert_eq!(accepted(edit, &review(Accept::Hunks(vec![]))), None);
    }

    /// One hunk after the other, each from what the last left, also leads to the whole change.
    #[test]
    fn hunks_are_independent(before in any_text(), after in any_text()) {
        let mut now = before;
        for _ in 0..50 {
            match accepted(modify(&now, &after), &review(Accept::Hunks(vec![0]))) {
                Some(next) => now = next,
                None => break,
            }
        }
        prop_assert_eq!(now, after);
    }

    #[test]
    fn invert_takes_back(one in any_text(), two in any_text(), new in any_text(), gone in any_text()) {
        let mut files = BTreeMap::from([("f".into(), one.clone()), ("r".into(), two.clone()), ("d".into(), gone.clone())]);
        let start = files.clone();
        let set = ChangeSet { files: vec![
            modify(&one, &new),
            FileEdit { path: "n".into(), from: None, before: None, after: bytes(&new), mode: None },
            FileEdit { path: "d".into(), from: None, before: bytes(&gone), after: None, mode: None },
            FileEdit { path: "m/r".into(), from: Some("r".into()), before: bytes(&two), after: bytes(&new), mode: None },
        ] };
        run(&set, &mut files);
        run(&set.invert(), &mut files);
        prop_assert_eq!(files, start);
        prop_assert_eq!(set.invert().invert(), set);
    }

    #[test]
    fn any_bytes_are_shown_and_rebuilt(before: Vec<u8>, after: Vec<u8>) {
        let edit = modify(&before, &after);
        let _ = ChangeSet { files: vec![edit.clone()] }.summary();
        prop_assert_eq!(accepted(edit, &review(Accept::Hunks((0..999).collect()))), (before != after).then_some(after));
    }
}

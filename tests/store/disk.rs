//! A disk that fails, at every place where it can: files are all old or all new, and a session loads.

use super::hand::reopened;
use agent::base::event::{Event, Record};
use agent::disk::Disk;
use agent::edit::change::{ChangeSet, FileEdit};
use agent::edit::{Format, change_set};
use agent::store::folder::Folder;
use agent::store::log::{Log, verify};
use agent::text::redact::Redactor;
use agent::workspace::files::Files;
use agent::workspace::place::Place;
use agent::workspace::tree::WorkTree;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

/// Every folder and file below, with its mode, its number of names, and what is in it.
fn tree(root: &Path) -> BTreeMap<String, (u32, u64, Vec<u8>)> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let (path, meta) = (entry.path(), entry.path().symlink_metadata().unwrap());
            let (names, content) = match meta.is_dir() {
                true => (0, Vec::new()),
                false => (meta.nlink(), fs::read(&path).unwrap_or_default()),
            };
            found
                .insert(path.strip_prefix(root).unwrap().display().to_string(), (meta.mode() & 0o7777, names, content));
            if meta.is_dir() {
                folders.push(path);
            }
        }
    }
    found
}

fn bytes(text: &[u8]) -> Option<Arc<[u8]>> {
    Some(Arc::from(text))
}

fn edit(path: &str, before: Option<&[u8]>, after: Option<&[u8]>) -> FileEdit {
    FileEdit { path: path.into(), from: None, before: before.and_then(bytes), after: after.and_then(bytes), mode: None }
}

fn set(files: Vec<FileEdit>) -> ChangeSet {
    ChangeSet { files }
}

fn workspace(files: &[(&str, &[u8])]) -> (TempDir, Place) {
    let folder = tempfile::tempdir().unwrap();
    for (path, content) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let place = Place::new(folder.path(), &[], None).unwrap();
    (folder, place)
}

const BEFORE: &[(&str, &[u8])] = &[
    ("src/changed.txt", b"old\n"),
    ("src/deleted.txt", b"gone soon\n"),
    ("moved.txt", b"one\ntwo\n"),
    ("other", b"-"),
];

/// Of each kind one, and the modify twice, so that a second one fails after a first one is done.
fn every_kind() -> ChangeSet {
    let rename = FileEdit {
        path: "far/away/moved.txt".into(),
        from: Some("moved.txt".into()),
        before: bytes(b"one\ntwo\n"),
        after: bytes(b"one\nzwei\n"),
        mode: None,
    };
    set(vec![
        edit("src/changed.txt", Some(b"old\n"), Some(b"new\n")),
        edit("new/folder/created.txt", None, Some(b"fresh\n")),
        edit("src/deleted.txt", Some(b"gone soon\n"), None),
        rename,
        edit("other", Some(b"-"), Some(b"+")),
    ])
}

/// Makes operation after operation fail until all of them are through; the disk is then as before or as wanted.
fn every_fault(forever: bool, change: &ChangeSet) -> u64 {
    for nth in 1.. {
        let (folder, place) = workspace(BEFORE);
        fs::set_permissions(folder.path().join("src/changed.txt"), fs::Permissions::from_mode(0o755)).unwrap();
        let before = tree(folder.path());
        let disk = Disk::failing(nth, forever);
        let result = Files::new(disk.clone()).apply(&place, change);
        let after = tree(folder.path());
        match &result {
            Err(words) => {
                assert!(words.ends_with("no storage space; nothing was changed"), "{words}");
                assert_eq!(after, before, "operation {nth} failed (for ever: {forever}): {words}");
            }
            Ok(()) => {
                let files: Vec<&str> =
                    after.iter().filter(|(_, (_, names, _))| *names > 0).map(|(path, _)| path.as_str()).collect();
                assert_eq!(files, ["far/away/moved.txt", "new/folder/created.txt", "other", "src/changed.txt"]);
                assert_eq!(after["src/changed.txt"], (0o755, 1, b"new\n".to_vec()));
            }
        }
        if disk.operations() < nth {
            result.expect("a disk without a fault does it");
            return nth - 1;
        }
    }
    unreachable!("the loop ends when the fault lies beyond the last operation")
}

#[test]
fn a_set_is_applied_whole_or_not_at_all_when_the_disk_fails_once() {
    let operations = every_fault(false, &every_kind());
    assert!(operations > 15, "all of it goes through the disk: {operations} operations");
}

#[test]
fn a_set_is_applied_whole_or_not_at_all_when_the_disk_fails_for_ever() {
    every_fault(true, &every_kind());
}

/// Of each kind one, and a mode, as an edit says it; the edit meets the files as they are on the disk.
const EDIT: &str = "diff --git a/new/folder/made b/new/folder/made\nnew file mode 100755\n--- /dev/null\n+++ b/new/folder/made\n@@ -0,0 +1 @@\n+fresh\ndiff --git a/src/deleted.txt b/src/deleted.txt\ndeleted file mode 100644\n--- a/src/deleted.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-gone soon\ndiff --git a/moved.txt b/far/away/moved.txt\nrename from moved.txt\nrename to far/away/moved.txt\n--- a/moved.txt\n+++ b/far/away/moved.txt\n@@ -1,2 +1,2 @@\n one\n-two\n+zwei\ndiff --git a/other b/other\nold mode 100644\nnew mode 100755\ndiff --git a/src/changed.txt b/src/changed.txt\n--- a/src/changed.txt\n+++ b/src/changed.txt\n@@ -1 +1 @@\n-old\n+new\n";

/// Every fault on the way of an edit to the disk, and every fault on the way back by its inverse.
#[test]
fn an_edit_with_a_mode_is_made_whole_or_not_at_all_and_taken_back_so() {
    for forever in [false, true] {
        let mut done = (false, false);
        for nth in 1.. {
            let (folder, place) = workspace(BEFORE);
            let before = tree(folder.path());
            let disk = Disk::failing(nth, forever);
            let files = Files::new(disk.clone());
            let shown = WorkTree { place: &place, files: &files, overwrite: false, spare_git: false };
            let change = change_set(Format::Udiff, EDIT.as_bytes(), &shown).unwrap();
            match files.apply(&place, &change) {
                Err(words) => assert_eq!(tree(folder.path()), before, "operation {nth} failed: {words}"),
                Ok(()) => done.0 = disk.operations() < nth,
            }
            let (folder, place) = workspace(BEFORE);
            Files::new(Disk::default()).apply(&place, &change).unwrap();
            let after = tree(folder.path());
            assert_eq!((after["other"].0 & 0o111, after["new/folder/made"].0 & 0o111), (0o111, 0o111));
            let disk = Disk::failing(nth, forever);
            match Files::new(disk.clone()).apply(&place, &change.invert()) {
                Err(words) => assert_eq!(tree(folder.path()), after, "operation {nth} of the way back failed: {words}"),
                Ok(()) => {
                    done.1 = disk.operations() < nth;
                    let left: Vec<_> =
                        tree(folder.path()).into_iter().filter(|(_, (_, names, _))| *names > 0).collect();
                    assert_eq!(left, before.into_iter().filter(|(_, (_, names, _))| *names > 0).collect::<Vec<_>>());
                }
            }
            if done == (true, true) {
                break;
            }
        }
    }
}

/// The records in a log that a failing disk left, which must be whole.
fn whole_records(path: &Path, nth: u64) -> Vec<Record> {
    let opened = reopened(path);
    assert!(opened.records.iter().all(|record| !matches!(record.event, Event::LogCut { .. })), "fault {nth}: torn");
    drop(opened);
    assert_eq!(verify(&fs::read_to_string(path).unwrap()), None, "fault {nth}: the chain holds");
    reopened(path).records
}

/// A short session on this disk; which of its notices the log said it has.
fn session(path: &Path, disk: &Disk) -> Vec<String> {
    let Ok(folder) = Folder::create(path.to_owned(), disk.clone()) else { return Vec::new() };
    let Ok(log) = Log::create(&folder.log_path(), disk.clone(), Redactor::default()) else { return Vec::new() };
    let mut kept = Vec::new();
    for nth in 0..6 {
        let text = format!("{nth} {}", "x".repeat(nth * 10));
        if log.append(Event::Notice { text: text.clone() }).is_ok() {
            kept.push(text);
        }
        // What fails beside the log does not hurt it.
        let _ = (folder.put_image(format!("\x7f{nth}").as_bytes()), folder.put_image(b"GIF89a"), log.sync());
    }
    kept
}

#[test]
fn a_log_on_a_failing_disk_opens_again_with_what_it_said_it_has() {
    for forever in [false, true] {
        for nth in 1.. {
            let folder = tempfile::tempdir().unwrap();
            let (path, disk) = (folder.path().join("session"), Disk::failing(nth, forever));
            let kept = session(&path, &disk);
            let log = path.join("log.jsonl");
            if log.exists() {
                let texts: Vec<String> = whole_records(&log, nth)
                    .into_iter()
                    .map(|record| if let Event::Notice { text } = record.event { text } else { panic!("{record:?}") })
                    .collect();
                assert_eq!(texts, kept, "fault {nth}, for ever: {forever}");
            } else {
                assert_eq!(kept, Vec::<String>::new());
            }
            if disk.operations() < nth {
                assert_eq!(kept.len(), 6);
                break;
            }
        }
    }
}

/// What a crash tore off is cut when the log is opened; a disk that fails right then leaves it for the next time.
#[test]
fn a_repair_that_fails_is_made_at_the_next_opening() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.jsonl");
    super::hand::appended(&path, &[super::hand::notice("whole")]);
    let torn = [fs::read(&path).unwrap(), b"{\"schema\":1,\"se".to_vec()].concat();
    for nth in 1..=3 {
        fs::write(&path, &torn).unwrap();
        let failed = super::hand::open(&path, Disk::failing(nth, true)).err().expect("the disk fails");
        assert!(failed.message.contains("no storage space"), "{failed}");
        let records = reopened(&path).records;
        assert_eq!(records[0].event, super::hand::notice("whole"), "fault {nth}");
        assert!(records.len() <= 2, "fault {nth}: {records:?}");
    }
}

fn refused(place: &Place, change: &ChangeSet) -> String {
    Files::new(Disk::default()).apply(place, change).expect_err("it is refused")
}

#[test]
fn a_change_made_from_other_bytes_is_refused() {
    let cases = [
        ("changed", edit("other", Some(b"before"), Some(b"x")), "`other` has changed in the meantime; read it again"),
        ("created", edit("other", None, Some(b"x")), "`other` exists already; read it first"),
        ("gone", edit("never", Some(b"x"), Some(b"y")), "`never` is gone"),
        (
            "in the way of a rename",
            FileEdit { from: Some("moved.txt".into()), ..edit("other", Some(b"one\ntwo\n"), Some(b"x")) },
            "`other` exists already; nothing was renamed over it",
        ),
    ];
    for (name, second, words) in cases {
        let (folder, place) = workspace(BEFORE);
        let before = tree(folder.path());
        let change = set(vec![edit("src/changed.txt", Some(b"old\n"), Some(b"new\n")), second]);
        assert_eq!(refused(&place, &change), words, "{name}");
        assert_eq!(tree(folder.path()), before, "{name}: the first file is as it was too");
    }
}

#[test]
fn what_is_no_plain_file_is_refused_at_once() {
    let (folder, place) = workspace(&[("linked", b"x"), ("folder/file", b"x")]);
    let at = |name: &str| folder.path().join(name);
    fs::hard_link(at("linked"), at("second name")).unwrap();
    let status = std::process::Command::new("mkfifo").arg(at("pipe")).status().unwrap();
    assert!(status.success());
    let cases = [
        ("linked", "hard links"),
        ("second name", "hard links"),
        ("pipe", "not a regular file"),
        ("folder", "not a regular file"),
    ];
    for (path, words) in cases {
        for after in [Some(&b"y"[..]), None] {
            let said = refused(&place, &set(vec![edit(path, Some(b"x"), after)]));
            assert!(said.contains(words) && said.contains(&format!("`{path}`")), "{path}: {said}");
        }
    }
    assert_eq!(fs::read(at("second name")).unwrap(), b"x");
}

#[test]
fn links_are_followed_within_the_workspace_and_no_further() {
    let (folder, place) = workspace(&[("real/file", b"x")]);
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("file"), "x").unwrap();
    let at = |name: &str| folder.path().join(name);
    symlink("real/file", at("link")).unwrap();
    symlink("real", at("folder")).unwrap();
    symlink(outside.path(), at("out")).unwrap();
    symlink(outside.path().join("file"), at("out file")).unwrap();
    symlink("nowhere", at("broken")).unwrap();
    let files = Files::new(Disk::default());
    files.apply(&place, &set(vec![edit("link", Some(b"x"), Some(b"y"))])).expect("a link within is fine");
    files.apply(&place, &set(vec![edit("folder/new", None, Some(b"z"))])).expect("so is a folder");
    assert!(at("link").symlink_metadata().unwrap().is_symlink(), "the link is still one");
    assert_eq!((fs::read(at("real/file")).unwrap(), fs::read(at("real/new")).unwrap()), (b"y".to_vec(), b"z".to_vec()));
    for path in ["out/file", "out/new", "out file", "../x", "/etc/hosts", "broken", "broken/x"] {
        for before in [Some(&b"x"[..]), None] {
            let said = refused(&place, &set(vec![edit(path, before, Some(b"y"))]));
            assert!(said.contains("outside of the workspace") || said.contains("leads nowhere"), "{path}: {said}");
        }
    }
    let left: Vec<_> = fs::read_dir(outside.path()).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(left, ["file"]);
    assert_eq!(fs::read(outside.path().join("file")).unwrap(), b"x");
}

#[test]
fn every_byte_and_the_mode_stay() {
    let cases: &[(&str, &[u8], &[u8])] = &[
        ("CR LF", b"a\r\nb\r\n", b"a\r\nc\r\n"),
        ("a BOM", b"\xEF\xBB\xBFa\n", b"\xEF\xBB\xBFb\n"),
        ("no newline at the end", b"a\nb", b"a\nc"),
        ("bytes that are no text", b"caf\xE9 \xFF\x00\n", b"th\xE9 \xFF\x00\n"),
        ("empty before", b"", b"x"),
        ("empty after", b"x", b""),
    ];
    for (name, before, after) in cases {
        for mode in [0o644, 0o755, 0o600, 0o640, 0o444] {
            let (folder, place) = workspace(&[("file", before)]);
            let path = folder.path().join("file");
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let change = set(vec![edit("file", Some(before), Some(after))]);
            Files::new(Disk::default()).apply(&place, &change).unwrap();
            assert_eq!(tree(folder.path())["file"], (mode, 1, after.to_vec()), "{name}, {mode:o}");
        }
    }
}

#[test]
fn a_new_file_has_the_mode_that_the_user_gives_new_files() {
    let (folder, place) = workspace(&[]);
    fs::write(folder.path().join("theirs"), "").unwrap();
    Files::new(Disk::default()).apply(&place, &set(vec![edit("a/b/ours", None, Some(b"x"))])).unwrap();
    let tree = tree(folder.path());
    assert_eq!(tree["a/b/ours"].0, tree["theirs"].0);
}

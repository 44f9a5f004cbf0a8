//! `agent apply` through the binary: exit codes, flags, the JSON lines, and a tree that is as before where it refuses.

use crate::support::{Outcome, Project, Terminal, run_command};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::time::Duration;

/// `agent apply ARGS` with this edit on standard input.
#[track_caller]
fn apply(project: &Project, args: &[&str], edit: impl AsRef<[u8]>) -> Outcome {
    let path = project.home().join("edit");
    fs::write(&path, edit).unwrap();
    let mut command = project.command(&[&["apply"], args].concat());
    command.stdin(File::open(&path).unwrap());
    run_command(command, Duration::from_secs(60))
}

/// Mode, time of the last change in nanoseconds, number of names, and what is in it.
type Entry = (u32, i128, u64, Vec<u8>);

/// All there is below a folder, git's own files too, nothing followed.
fn tree(root: &Path) -> BTreeMap<String, Entry> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let (path, meta) = (entry.path(), entry.path().symlink_metadata().unwrap());
            let content = match fs::read_link(&path) {
                Ok(target) => target.into_os_string().into_encoded_bytes(),
                Err(_) if meta.is_file() => fs::read(&path).unwrap(),
                Err(_) => Vec::new(),
            };
            let time = i128::from(meta.mtime()) * 1_000_000_000 + i128::from(meta.mtime_nsec());
            found.insert(
                path.strip_prefix(root).unwrap().display().to_string(),
                (meta.mode(), time, meta.nlink(), content),
            );
            if meta.is_dir() {
                folders.push(path);
            }
        }
    }
    found
}

/// Refused with these words, and not a byte, mode or time in the tree is another.
#[track_caller]
fn refused(project: &Project, args: &[&str], edit: impl AsRef<[u8]>, words: &str) {
    let before = tree(&project.path());
    let outcome = apply(project, args, edit).code(1);
    assert_eq!(outcome.stdout, "", "{outcome}");
    assert!(outcome.stderr.contains(words), "no {words:?}\n{outcome}");
    assert!(outcome.stderr.contains("hint: nothing was changed\n"), "{outcome}");
    assert_eq!(tree(&project.path()), before, "{outcome}");
}

fn patch(body: &str) -> String {
    format!("*** Begin Patch\n{body}\n*** End Patch\n")
}

const EVERY_KIND: &str = "diff --git a/new.sh b/new.sh\nnew file mode 100755\n--- /dev/null\n+++ b/new.sh\n@@ -0,0 +1 @@\n+true\ndiff --git a/gone b/gone\ndeleted file mode 100644\n--- a/gone\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\ndiff --git a/old b/sub/moved\nrename from old\nrename to sub/moved\n--- a/old\n+++ b/sub/moved\n@@ -1,2 +1,2 @@\n one\n-two\n+zwei\ndiff --git a/run b/run\nold mode 100644\nnew mode 100755\ndiff --git a/changed b/changed\n--- a/changed\n+++ b/changed\n@@ -1 +1,2 @@\n a\n+b\n";

fn kinds() -> Project {
    Project::new().file("gone", "x\n").file("old", "one\ntwo\n").file("run", "true\n").file("changed", "a\n")
}

#[test]
fn every_kind_of_change_is_made_and_named() {
    let project = kinds();
    let outcome = apply(&project, &[], EVERY_KIND).code(0);
    assert_eq!(
        outcome.stdout,
        "changed new.sh (+1 -0)\nchanged gone (+0 -1)\nchanged sub/moved (was old) (+1 -1)\nchanged run (+0 -0)\nchanged changed (+1 -0)\n"
    );
    assert_eq!(outcome.stderr, "");
    let seen: Vec<(String, u32, String)> = tree(&project.path())
        .into_iter()
        .filter(|(path, _)| path != "sub")
        .map(|(path, (mode, _, _, content))| (path, mode & 0o111, String::from_utf8(content).unwrap()))
        .collect();
    let file = |path: &str, mode: u32, content: &str| (path.to_owned(), mode, content.to_owned());
    assert_eq!(
        seen,
        [
            file("changed", 0, "a\nb\n"),
            file("new.sh", 0o111, "true\n"),
            file("run", 0o111, "true\n"),
            file("sub/moved", 0, "one\nzwei\n"),
        ]
    );
}

#[test]
fn check_says_what_it_would_do_and_writes_nothing() {
    let project = kinds();
    let before = tree(&project.path());
    let outcome = apply(&project, &["--check"], EVERY_KIND).code(0);
    assert!(outcome.stdout.starts_with("would change new.sh (+1 -0)\nwould change gone (+0 -1)\n"), "{outcome}");
    assert_eq!(tree(&project.path()), before);
    refused(&project, &["--check"], patch("*** Delete File: none"), "there is no `none`");
}

#[test]
fn one_json_line() {
    let project = kinds();
    let edit = r#"{"edits": [{"path": "changed", "old_string": "a", "new_string": "better"}]}"#;
    let files = r#"[{"path":"changed","kind":"modify","added":1,"removed":1,"diff":"--- a/changed\n+++ b/changed\n@@ -1 +1 @@\n-a\n+better\n"}]"#;
    let line = |args: &[&str], edit: &str, code: i32| apply(&project, args, edit).code(code).stdout;
    assert_eq!(
        line(&["--json", "--check"], edit, 0),
        format!("{{\"status\":\"would_apply\",\"schema\":1,\"files\":{files}}}\n")
    );
    assert_eq!(line(&["--json"], edit, 0), format!("{{\"status\":\"applied\",\"schema\":1,\"files\":{files}}}\n"));
    assert_eq!(
        line(&["--json"], edit, 1),
        "{\"status\":\"refused\",\"schema\":1,\"cause\":\"already_applied\",\"path\":\"changed\",\"line\":null,\"message\":\"`changed`: `old_string` is not there, and `new_string` already is, at line 1: the edit seems to be made; go on, or read the file again if you meant another place\"}\n"
    );
    assert_eq!(
        line(&["--json"], "*** Begin Patch\n*** Update File: changed\n@@\n-x\n", 1),
        "{\"status\":\"refused\",\"schema\":1,\"cause\":\"cut_off\",\"path\":null,\"line\":null,\"message\":\"the patch has no `*** End Patch`: it was cut off after line 4; nothing was changed; send the whole edit again, in smaller parts if it is long\"}\n"
    );
    let outcome = apply(&self::kinds(), &["--json"], EVERY_KIND).code(0);
    let kinds: Vec<String> = outcome.json()[0]["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| format!("{} {} {}", file["kind"].as_str().unwrap(), file["path"], file["from"]))
        .collect();
    assert_eq!(
        kinds,
        [
            "create \"new.sh\" null",
            "delete \"gone\" null",
            "rename \"sub/moved\" \"old\"",
            "modify \"run\" null",
            "modify \"changed\" null"
        ]
    );
}

#[test]
fn usage() {
    let project = Project::new().file("f", "a\n");
    let edit = patch("*** Delete File: f");
    for args in [&["--frobnicate"][..], &["--format", "ed"], &["--root", "none"], &["--root", "f"], &["f"]] {
        let outcome = apply(&project, args, &edit).code(2);
        assert!(outcome.stderr.starts_with("error: "), "{outcome}");
        assert!(project.exists("f"));
    }
    apply(&project, &["--root", "none"], &edit)
        .code(2)
        .stderr_has("there is no folder `")
        .stderr_has("hint: --root takes a folder that exists");
    apply(&project, &["--help"], "").code(0).stdout_has("--overwrite");
}

#[test]
fn nothing_on_standard_input() {
    let project = Project::new();
    refused(&project, &[], "", "the edit is empty");
    refused(&project, &[], "\n \n", "the edit is empty");
    project.agent(&["apply"]).code(1).stderr_has("the edit is empty");
    let mut terminal = Terminal::start(&project.command(&["apply"]), &project.home().join("out"));
    assert_eq!(terminal.end(), 2, "a terminal is not waited for\n{}", terminal.text());
    terminal.wait_for("there is no edit on standard input");
}

#[test]
fn a_format_is_taken_at_its_word() {
    let project = Project::new().file("f", "a\n");
    refused(&project, &["--format", "udiff"], patch("*** Delete File: f"), "there is no diff");
    refused(&project, &["--format", "edit"], patch("*** Delete File: f"), "the edit is not JSON");
    for (format, edit) in [
        ("edit", r#"{"edits": [{"path": "f", "old_string": "a", "new_string": "b"}]}"#.to_owned()),
        ("patch", patch("*** Update File: f\n@@\n-b\n+c")),
        ("udiff", "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-c\n+d\n".into()),
        ("blocks", "f\n<<<<<<< SEARCH\nd\n=======\ne\n>>>>>>> REPLACE\n".into()),
    ] {
        apply(&project, &["--format", format], edit).code(0);
    }
    assert_eq!(project.read("f"), "e\n");
    apply(&project, &["--format", "whole"], r#"{"files": [{"path": "g", "content": "x\n"}]}"#).code(0);
    assert_eq!(project.read("g"), "x\n");
}

#[test]
fn paths_begin_in_the_root_and_stay_there() {
    let project = Project::new().git().file("sub/f", "a\n").file("f", "a\n");
    let edit = patch("*** Update File: f\n@@\n-a\n+b");
    apply(&project, &["--root", "sub"], &edit).code(0);
    assert_eq!((project.read("sub/f"), project.read("f")), ("b\n".into(), "a\n".into()));
    let root = project.path().join("sub");
    apply(&project, &["--root", &root.display().to_string()], patch("*** Update File: f\n@@\n-b\n+c")).code(0);
    let top = project.path().join("f").display().to_string();
    refused(&project, &["--root", "sub"], patch(&format!("*** Delete File: {top}")), "is outside of");
    refused(&project, &["--root", "sub"], patch("*** Delete File: ../f"), "holds `..`");
    let above = project.home().join("never").display().to_string();
    refused(&project, &[], patch(&format!("*** Add File: {above}\n+x")), "is outside of");
    let inside = root.join("f").display().to_string();
    apply(&project, &[], patch(&format!("*** Update File: {inside}\n@@\n-c\n+d"))).code(0).stdout_has("changed sub/f");
}

#[test]
fn links_do_not_lead_out() {
    let project = Project::new().file("real", "a\n");
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("f"), "a\n").unwrap();
    let at = |name: &str| project.path().join(name);
    symlink(outside.path(), at("out")).unwrap();
    symlink(outside.path().join("f"), at("file")).unwrap();
    symlink("nowhere", at("broken")).unwrap();
    symlink("real", at("link")).unwrap();
    refused(&project, &[], patch("*** Update File: out/f\n@@\n-a\n+b"), "is outside of");
    refused(&project, &[], patch("*** Add File: out/new\n+b"), "is outside of");
    refused(&project, &[], patch("*** Update File: file\n@@\n-a\n+b"), "is outside of");
    refused(&project, &["--overwrite"], patch("*** Add File: broken\n+b"), "leads nowhere");
    refused(&project, &[], patch("*** Update File: real\n*** Move to: out/real"), "is outside of");
    assert_eq!(fs::read(outside.path().join("f")).unwrap(), b"a\n");
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);
    apply(&project, &[], patch("*** Update File: link\n@@\n-a\n+b")).code(0);
    assert!(at("link").symlink_metadata().unwrap().is_symlink());
    assert_eq!(project.read("real"), "b\n");
}

#[test]
fn what_edits_do_not_touch() {
    let project = Project::new()
        .git()
        .file("f", "a\n")
        .file("linked", "a\n")
        .file("folder/x", "a\n")
        .file("sub/.git/config", "a\n");
    drop(project.command(&[]));
    let at = |name: &str| project.path().join(name);
    fs::hard_link(at("linked"), at("second")).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(at("pipe")).status().unwrap().success());
    for path in [".git/config", ".GIT/hooks/pre-commit", "sub/.git/config"] {
        refused(&project, &["--overwrite"], patch(&format!("*** Add File: {path}\n+x")), "is git's own");
    }
    refused(&project, &[], patch("*** Update File: f\n*** Move to: .git/f"), "is git's own");
    for path in ["linked", "second"] {
        refused(&project, &[], patch(&format!("*** Update File: {path}\n@@\n-a\n+b")), "hard links");
        refused(&project, &[], patch(&format!("*** Delete File: {path}")), "hard links");
    }
    for path in ["pipe", "folder"] {
        refused(&project, &[], patch(&format!("*** Update File: {path}\n@@\n-a\n+b")), "is not a regular file");
        refused(&project, &["--overwrite"], patch(&format!("*** Add File: {path}\n+b")), "is not a regular file");
    }
    refused(&project, &[], patch("*** Add File: f/below\n+x"), "cannot read `f/below`: not a directory");
}

/// The first file fits and the second does not: both are as they were.
#[test]
fn all_or_nothing() {
    let project = Project::new().file("f", "a\n").file("g", "a\n");
    refused(
        &project,
        &[],
        patch("*** Update File: f\n@@\n-a\n+b\n*** Update File: g\n@@\n-x\n+y"),
        "its lines are not in the file",
    );
    refused(&project, &[], patch("*** Add File: n/m\n+x\n*** Delete File: none"), "there is no `none`");
    refused(&project, &[], patch("*** Delete File: f\n*** Add File: g\n+x"), "`g` is already there");
}

#[test]
fn a_folder_that_cannot_be_written() {
    let project = Project::new().file("open/f", "a\n").file("shut/g", "a\n");
    let shut = project.path().join("shut");
    fs::set_permissions(&shut, fs::Permissions::from_mode(0o555)).unwrap();
    let before = tree(&project.path());
    let edit = patch("*** Update File: open/f\n@@\n-a\n+b\n*** Update File: shut/g\n@@\n-a\n+b");
    let outcome = apply(&project, &[], edit);
    // Who may write everywhere is not kept from it.
    if outcome.code == 0 {
        assert_eq!((project.read("open/f"), project.read("shut/g")), ("b\n".into(), "b\n".into()));
    } else {
        let contents = |tree: &BTreeMap<String, Entry>| {
            tree.iter().map(|(path, entry)| (path.clone(), entry.3.clone())).collect::<Vec<_>>()
        };
        assert_eq!(contents(&tree(&project.path())), contents(&before));
        outcome.code(1).stderr_has("permission denied").stderr_has("nothing was changed");
    }
    fs::set_permissions(&shut, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn overwrite_lets_go_of_what_is_there() {
    let project = Project::new().file("f", "a\n").file("g", "b\n");
    let add = patch("*** Add File: f\n+new");
    let moved = patch("*** Update File: f\n*** Move to: g\n@@\n-new\n+moved");
    let whole = r#"{"files": [{"path": "g", "content": "whole\n"}]}"#;
    refused(&project, &[], &add, "`f` is already there, and would be lost");
    apply(&project, &[], &add).code(1).stderr_has("hint: --overwrite lets new and moved files replace what is there");
    apply(&project, &["--overwrite"], &add).code(0);
    refused(&project, &[], &moved, "`g` is already there, and would be lost");
    apply(&project, &["--overwrite"], &moved).code(0);
    assert!(!project.exists("f"));
    refused(&project, &[], whole, "`g` is already there, and would be lost");
    apply(&project, &["--overwrite"], whole).code(0);
    assert_eq!(project.read("g"), "whole\n");
}

#[test]
fn bytes_and_modes_stay() {
    let cases: [(&str, &[u8], &[u8]); 5] = [
        ("latin-1", b"caf\xe9\na\n\xff\xfe\n", b"caf\xe9\nb\n\xff\xfe\n"),
        ("CR LF", b"x\r\na\r\n", b"x\r\nb\r\n"),
        ("byte order mark", b"\xef\xbb\xbfa\n", b"\xef\xbb\xbfb\n"),
        ("no last newline", b"x\na", b"x\nb"),
        ("NUL", b"\0\na\n", b"\0\nb\n"),
    ];
    for (name, before, after) in cases {
        for mode in [0o644, 0o755, 0o600, 0o640] {
            let project = Project::new().bytes("f", before);
            let path = project.path().join("f");
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            apply(&project, &[], patch("*** Update File: f\n@@\n-a\n+b")).code(0);
            assert_eq!(fs::read(&path).unwrap(), after, "{name}");
            assert_eq!(fs::metadata(&path).unwrap().mode() & 0o7777, mode, "{name}");
        }
    }
    let project = Project::new().file("empty", "").file("run", "true\n");
    apply(&project, &[], patch("*** Update File: empty\n@@\n+x")).code(0);
    assert_eq!(project.read("empty"), "x\n");
    fs::set_permissions(project.path().join("run"), fs::Permissions::from_mode(0o750)).unwrap();
    apply(&project, &[], "diff --git a/run b/run\nold mode 100755\nnew mode 100644\n").code(0);
    assert_eq!(fs::metadata(project.path().join("run")).unwrap().mode() & 0o7777, 0o640);
    apply(&project, &[], "diff --git a/run b/run\nold mode 100644\nnew mode 100755\n").code(0);
    assert_eq!(fs::metadata(project.path().join("run")).unwrap().mode() & 0o7777, 0o750, "who reads it executes it");
    refused(&project, &[], "diff --git a/run b/run\nold mode 100644\nnew mode 100755\n", "nothing would change");
}

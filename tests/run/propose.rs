//! `agent run --propose`: all that a run does happens in a copy, and comes out as one patch.

use crate::run::ending::of_type;
use crate::support::*;
use crate::workspace::hand::tree;
use serde_json::json;
use std::fs;
use std::process::{Command, Stdio};

fn shell(command: &str) -> Reply {
    Reply::call("shell", json!({"command": command}))
}

fn edit(path: &str, old: &str, new: &str) -> Reply {
    Reply::call("edit", json!({"edits": [{"path": path, "old_string": old, "new_string": new}]}))
}

/// Edits by tools and by commands, of every kind; a command has to see what a tool wrote.
fn project() -> Project {
    let project = Project::new()
        .git()
        .file("src/a.txt", "one\ntwo\nthree\n")
        .file("src/crlf.txt", "one\r\ntwo\r\n")
        .file("gone.txt", "gone\n")
        .file("run.sh", "#!/bin/sh\n")
        .file(".gitignore", "out/\n");
    fs::write(project.path().join("latin.txt"), b"caf\xe9\nold\n").unwrap();
    project
        .reply(edit("src/a.txt", "two", "zwei"))
        .reply(shell("grep -q zwei src/a.txt && sed -i s/two/zwei/ src/crlf.txt && rm gone.txt"))
        .reply(shell("chmod 755 run.sh; sed -i s/old/new/ latin.txt; mkdir -p deep out; printf made > deep/new.txt; : > empty; touch out/ignored"))
        .reply(shell("git status --short | wc -l; git commit -qam x"))
        .reply(Reply::text("It is proposed."))
}

/// What standard input of a program makes of a folder.
fn fed(program: &str, arguments: &[&str], folder: &std::path::Path, input: &[u8]) {
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), input).unwrap();
    assert!(child.wait().unwrap().success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(input));
}

fn check_applied(folder: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;
    let text = |path: &str| fs::read(folder.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    assert_eq!(text("src/a.txt"), b"one\nzwei\nthree\n");
    assert_eq!(text("src/crlf.txt"), b"one\r\nzwei\r\n");
    assert_eq!(text("latin.txt"), b"caf\xe9\nnew\n");
    assert_eq!((text("deep/new.txt"), text("empty")), (b"made".to_vec(), Vec::new()));
    assert!(!folder.join("gone.txt").exists() && !folder.join("out").exists());
    assert_eq!(fs::metadata(folder.join("run.sh")).unwrap().permissions().mode() & 0o777, 0o755);
}

#[test]
fn nothing_is_changed_and_the_patch_is_all_of_it() {
    let project = project();
    project.command(&["run", "x"]);
    project.git_command(&["add", "-A"]);
    project.git_command(&["commit", "-q", "--allow-empty", "-m", "first"]);
    let before = tree(&project.path());
    let outcome = project.run(&["--propose", "-o", "../the.patch", "do it"]).code(0);
    assert_eq!(tree(&project.path()), before, "the folder and its repository are as they were");
    assert_eq!(outcome.stdout, "", "the patch went to the file, and the answer is no patch");
    assert!(outcome.stderr.contains("It is proposed."), "{}", outcome.stderr);
    let patch = fs::read(project.path().join("../the.patch")).unwrap();

    let copy = |name: &str| {
        let into = project.path().join("..").join(name);
        let status = Command::new("cp").args(["-a"]).arg(project.path()).arg(&into).status().unwrap();
        assert!(status.success());
        into
    };
    let ours = copy("ours");
    fed(env!("CARGO_BIN_EXE_agent"), &["apply", "--format", "udiff"], &ours, &patch);
    check_applied(&ours);
    let gits = copy("gits");
    fed("git", &["apply"], &gits, &patch);
    check_applied(&gits);
    let left = fs::read_dir(project.path().join("../home/.local/state/agent/proposals")).unwrap().count();
    assert_eq!(left, 0, "the copy is gone");
    project.agent(&["undo", "--list"]).code(0).stdout_has("no checkpoints");
}

#[test]
fn the_patch_is_standard_output_and_an_event() {
    let plain = || {
        Project::new().file("a.txt", "one\n").reply(edit("a.txt", "one", "eins")).reply(Reply::text("It is proposed."))
    };
    let outcome = plain().run(&["--propose", "x"]).code(0);
    assert_eq!(outcome.stdout, "diff --git a/a.txt b/a.txt\n--- a/a.txt\n+++ b/a.txt\n@@ -1 +1 @@\n-one\n+eins\n");
    assert!(outcome.stderr.contains("apply the patch with: agent apply --root "), "{}", outcome.stderr);
    let lines = plain().run(&["--propose", "--json", "x"]).code(0).json();
    let proposed = of_type(&lines, "proposed");
    assert_eq!(proposed.len(), 1);
    assert_eq!((&proposed[0]["files"][0]["path"], &proposed[0]["files"][0]["added"]), (&json!("a.txt"), &json!(1)));
    assert!(of_type(&lines, "checkpoint_taken").is_empty(), "no checkpoint of a copy can be gone back to");
    let outcome = &of_type(&lines, "outcome")[0];
    assert_eq!(outcome["changed"], json!([{"path": "a.txt", "added": 1, "removed": 1}]));
}

#[test]
fn a_proposal_without_a_change_is_empty() {
    let outcome = Project::new().file("a.txt", "one\n").reply(Reply::text("Nothing to do.")).run(&["--propose", "x"]);
    let outcome = outcome.code(0);
    assert_eq!(outcome.stdout, "");
    assert!(outcome.stderr.contains("the patch is empty"), "{}", outcome.stderr);
}

#[test]
fn what_does_not_go_together_is_refused() {
    let project = Project::new().file("more/x", "x");
    for (flags, words) in [
        (["--propose", "--review"], "cannot be used with"),
        (["--propose", "--continue"], "cannot be used with"),
        (["--propose", "--add-dir=more"], "--add-dir names more"),
    ] {
        let outcome = project.run(&[flags[0], flags[1], "x"]).code(2);
        assert!(outcome.stderr.contains(words), "{flags:?}: {}", outcome.stderr);
    }
}

/// Nothing that is done to the copy's repository, and no path that leads back into the folder, reaches the folder.
#[test]
fn the_copy_has_no_way_back() {
    let project = Project::new().git().file("a.txt", "one\n").file("d/b.txt", "b\n");
    project.command(&["run", "x"]);
    project.git_command(&["add", "-A"]);
    project.git_command(&["commit", "-q", "--allow-empty", "-m", "first"]);
    project.git_command(&["worktree", "add", "-q", "tree", "-b", "feature"]);
    project.git_command(&["config", "core.worktree", project.path().canonicalize().unwrap().to_str().unwrap()]);
    std::os::unix::fs::symlink(project.path().canonicalize().unwrap().join("d"), project.path().join("whole")).unwrap();
    let project = project
        .reply(shell("echo x >> whole/b.txt; cd tree && echo y >> a.txt && git commit -qam y && git checkout -q -b other"))
        .reply(shell("git checkout -q -- .; git clean -fdq; chmod -R u+w,a+r .; find .git/objects -type f -exec truncate -s0 {} +"))
        .reply(Reply::text("It is proposed."));
    let before = tree(&project.path());
    project.run(&["--propose", "-o", "../the.patch", "x"]).code(0);
    let after = tree(&project.path());
    let changed: Vec<_> =
        before.keys().chain(after.keys()).filter(|path| before.get(*path) != after.get(*path)).collect();
    assert!(changed.is_empty(), "{changed:?}");
}

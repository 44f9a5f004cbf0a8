//! Whatever a run did to the workspace, `agent undo` takes back and `agent redo` brings again.

use crate::support::*;
use crate::workspace::hand::{Tree, tree as whole_tree};
use serde_json::{Value, json};
use std::fs;

const BIG: &str = "mkdir -p target; cd target; seq 1100 | xargs touch; cd ..";

fn shell(command: &str) -> Reply {
    Reply::call("shell", json!({"command": command}))
}

/// A project in which one run does what each of the commands says, in one task.
fn project(commands: &[&str]) -> Project {
    let replies = commands.iter().map(|command| shell(command)).chain([Reply::text("It is done.")]);
    let project = Project::new()
        .git()
        .file("a.txt", "one\ntwo\n")
        .file("src/b.txt", "b\n")
        .file("src/deep/c.txt", "c\n")
        .file("run.sh", "#!/bin/sh\n")
        .file(".gitignore", "target/\n");
    std::os::unix::fs::symlink("a.txt", project.path().join("link")).unwrap();
    replies.fold(project, Project::reply)
}

/// All but what is in `.git`.
fn tree(project: &Project) -> Tree {
    let mut tree = whole_tree(&project.path());
    tree.retain(|path, _| path != ".git" && !path.starts_with(".git/"));
    tree
}

fn document(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.stdout).unwrap_or_else(|error| panic!("{error}: {}", outcome.stdout))
}

fn field(document: &Value, name: &str) -> Vec<String> {
    let list = document[name].as_array().unwrap();
    list.iter().map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).collect()
}

#[test]
fn a_task_of_commands_is_undone_and_redone() {
    let project = project(&[
        "sed -i s/one/eins/ a.txt",
        "rm -rf src; echo new > new.txt; chmod 755 run.sh",
        "ln -sfn /etc/passwd link; rm run.sh; mkdir run.sh; echo x > run.sh/x",
        "mkdir -p target; echo built > target/out",
        "git checkout -q -- . || true; echo again > a.txt",
        "rm -rf .git",
    ])
    .config("mode = \"full\"\n");
    project.command(&["run", "x"]);
    project.git_command(&["add", "-A"]);
    let (before, status) = (tree(&project), project.git_command(&["status", "--porcelain"]));
    project.run(&["do it"]).code(0);
    let after = tree(&project);
    assert_ne!(before, after);
    project.agent(&["undo"]).code(0).stdout_has("undo \"do it\"").stdout_has("`agent redo` takes it back");
    assert_eq!(tree(&project), before);
    assert_eq!(project.git_command(&["status", "--porcelain"]), status);
    project.git_command(&["fsck", "--full"]);
    project.agent(&["redo"]).code(0);
    assert_eq!(tree(&project), after);
    project.agent(&["undo"]).code(0);
    assert_eq!(tree(&project), before);
    project.agent(&["undo"]).code(1).stderr_has("there is nothing to undo in this folder");
}

#[test]
fn edits_and_commands_outside_of_git_are_undone_together() {
    let project = Project::new()
        .file("a.txt", "one\n")
        .reply(Reply::call("read", json!({"path": "a.txt"})))
        .reply(Reply::call("edit", json!({"path": "a.txt", "old_string": "one", "new_string": "two"})))
        .reply(shell("echo x > b.txt; mv a.txt c.txt"))
        .reply(Reply::text("It is done."));
    let before = project.tree();
    let outcome = project.run(&["--json", "x"]).code(0).outcome();
    let changed: Vec<String> = outcome["changed"].as_array().unwrap().iter().map(Value::to_string).collect();
    assert_eq!(
        changed,
        [
            r#"{"path":"a.txt","added":0,"removed":1}"#,
            r#"{"path":"b.txt","added":1,"removed":0}"#,
            r#"{"path":"c.txt","added":1,"removed":0}"#
        ]
    );
    project.agent(&["undo"]).code(0).stdout_has("bring back  a.txt (+1 -0)").stdout_has("delete      b.txt (+0 -1)");
    assert_eq!(project.tree(), before);
}

/// What a command takes back again was never changed, and what it changes counts although no tool of ours wrote it.
#[test]
fn the_outcome_lists_what_is_different_in_the_end() {
    let project =
        project(&["echo three >> a.txt; rm src/b.txt", "git checkout -q -- src; mkdir target; echo x > target/x"]);
    let outcome = project.run(&["--json", "x"]).code(0).outcome();
    assert_eq!(outcome["changed"], json!([{"path": "a.txt", "added": 1, "removed": 0}]));
}

#[test]
fn a_checkpoint_is_complete_before_the_first_effect_and_none_is_taken_for_reading() {
    let project = project(&["echo x > x"]);
    let run = project.run(&["--json", "x"]).code(0);
    let types: Vec<String> = run
        .json()
        .iter()
        .filter_map(|line| line["type"].as_str().map(str::to_owned))
        .filter(|kind| kind.starts_with("tool_") || kind.starts_with("checkpoint"))
        .collect();
    assert_eq!(types, ["checkpoint_taken", "tool_started", "tool_finished", "checkpoint_taken"]);

    let reading =
        Project::new().file("a.txt", "x").reply(Reply::call("read", json!({"path": "a.txt"}))).reply(Reply::text("ok"));
    reading.run(&["--json", "x"]).code(0).stdout_lacks("checkpoint_taken");
    reading.agent(&["undo", "--list"]).code(0).stdout_has("there are no checkpoints of this folder yet");
}

#[test]
fn old_checkpoints_are_pruned_at_the_start_of_a_run() {
    let wait = "while [ ! -e \"$HOME/.local/state/agent/pruned\" ]; do sleep 0.01; done";
    let project = project(&["echo x > x"]).config("mode = \"full\"\n").reply(shell(wait)).reply(Reply::text("ok"));
    project.run(&["x"]).code(0);
    fs::remove_file(project.home().join(".local/state/agent/pruned")).unwrap();
    project.run(&["-c", "checkpoints.keep=0s", "y"]).code(0);
    let list = project.agent(&["undo", "--list"]).code(0).stdout;
    assert!(!list.contains("\"x\""), "{list}");
}

#[test]
fn checks_are_effects_too() {
    let project = Project::new().file("a.txt", "x\n").reply(Reply::text("ok"));
    let before = project.tree();
    project.run(&["--check", "rm a.txt", "x"]).code(0);
    assert_ne!(project.tree(), before);
    project.agent(&["undo"]).code(0);
    assert_eq!(project.tree(), before);
}

#[test]
fn newer_edits_are_named_and_kept_unless_told() {
    let project = project(&["echo three >> a.txt; echo x > src/b.txt"]);
    let before = tree(&project);
    project.run(&["x"]).code(0);
    fs::write(project.path().join("a.txt"), "mine\n").unwrap();
    let mine = tree(&project);
    let refused = project.agent(&["undo"]).code(1).stderr_has("nothing was changed: changed since: `a.txt`");
    refused.stderr_has("--force");
    assert_eq!(tree(&project), mine);
    // What is named and not newer goes.
    project.agent(&["undo", "--files", "src/b.txt"]).code(0);
    assert_eq!(project.read("src/b.txt"), "b\n");
    assert_eq!(project.read("a.txt"), "mine\n");
    project.agent(&["undo", "--force"]).code(0);
    assert_eq!(tree(&project), before);
    project.agent(&["redo"]).code(0);
    assert_eq!(project.read("a.txt"), "mine\n");
}

#[test]
fn a_dry_run_says_everything_and_changes_nothing() {
    let project = project(&["rm -rf src .git; echo three >> a.txt; chmod 755 run.sh"]).config("mode = \"full\"\n");
    project.run(&["x"]).code(0);
    let after = whole_tree(&project.path());
    let list = project.agent(&["undo", "--list"]).code(0).stdout;
    project
        .agent(&["undo", "--dry-run"])
        .code(0)
        .stdout_has("restore     a.txt (+0 -1)")
        .stdout_has("bring back  src/deep/c.txt (+1 -0)")
        .stdout_has("bring back  src/deep/")
        .stdout_has("bring back  .git/ (the repository)")
        .stdout_has("permissions run.sh")
        .stdout_has("would be changed; nothing was");
    let told = document(&project.agent(&["undo", "--dry-run", "--json"]).code(0));
    assert_eq!((&told["done"], &told["repositories"]), (&json!(false), &json!([".git"])));
    assert_eq!(field(&told, "paths")[0], r#"{"path":"a.txt","action":"restore","added":0,"removed":1}"#);
    assert_eq!(whole_tree(&project.path()), after);
    assert_eq!(project.agent(&["undo", "--list"]).code(0).stdout, list);
}

#[test]
fn several_tasks_are_listed_and_undone_one_by_one_or_at_once() {
    let project = project(&["echo 1 > one"]).reply(shell("echo 2 > two")).reply(Reply::text("done"));
    let first = tree(&project);
    project.run(&["the first task"]).code(0);
    let second = tree(&project);
    project.run(&["--continue", "the second task"]).code(0);
    let third = tree(&project);
    let list = project.agent(&["undo", "--list"]).code(0).stdout;
    let rows: Vec<&str> = list.lines().collect();
    assert_eq!(rows.len(), 4);
    assert!(rows[0].contains("4  after   just now      1 change      \"the second task\""), "{list}");
    assert!(rows[3].contains("1  before  just now                    \"the first task\""), "{list}");
    project.agent(&["undo"]).code(0);
    assert_eq!(tree(&project), second);
    project.agent(&["undo"]).code(0);
    assert_eq!(tree(&project), first);
    project.agent(&["redo"]).code(0);
    project.agent(&["redo"]).code(0);
    assert_eq!(tree(&project), third);
    project.agent(&["undo", "--turns", "2"]).code(0).stdout_has("the first task").stdout_has("the second task");
    assert_eq!(tree(&project), first);
    project.agent(&["undo", "--to", "2"]).code(0);
    assert_eq!(tree(&project), second);
    project.agent(&["undo", "--to", "77"]).code(2).stderr_has("there is no checkpoint `77`");
    project.agent(&["undo", "--files", "../elsewhere"]).code(2).stderr_has("is not in the workspace");
}

#[test]
fn what_is_left_out_is_said_in_the_log_and_by_undo_and_stays() {
    let project = project(&["echo new > target/new; echo x > a.txt"]);
    let status = std::process::Command::new("sh").args(["-c", BIG]).current_dir(project.path()).status().unwrap();
    assert!(status.success());
    let run = project.run(&["--json", "x"]).code(0);
    let left = "`target` (ignored, more than 1,000 entries)";
    run.stdout_has(&format!(r#""left_out":["{left}"],"left_out_total":1"#));
    project.agent(&["undo"]).code(0).stdout_has(&format!("note: {left} is in no checkpoint and stays as it is"));
    assert_eq!((project.read("a.txt"), project.read("target/new")), ("one\ntwo\n".into(), "new\n".into()));
}

#[test]
fn a_run_that_keeps_nothing_or_was_told_so_takes_no_checkpoint() {
    for args in [&["--ephemeral", "x"][..], &["-c", "checkpoints.enabled=false", "x"]] {
        let project = project(&["echo x > x"]);
        project.run(args).code(0);
        assert!(!project.home().join(".local/state/agent/checkpoints").exists());
        project.agent(&["undo"]).code(1).stderr_has("there is nothing to undo");
    }
}

#[test]
fn a_checkpoint_that_cannot_be_taken_is_said_and_the_run_goes_on() {
    let project = project(&["echo x > x"]);
    let state = project.home().join(".local/state/agent");
    fs::create_dir_all(&state).unwrap();
    fs::write(state.join("checkpoints"), "in the way").unwrap();
    project.run(&["x"]).code(0).stderr_has("no checkpoint was taken, so `agent undo` cannot undo this task");
    assert_eq!(project.read("x"), "x\n");
    let small = self::project(&["echo x > x"]);
    small.run(&["-c", "checkpoints.cap=10", "x"]).code(0).stderr_has("more than `checkpoints.cap` allows");
}

#[test]
fn the_home_folder_is_no_workspace_to_be_kept() {
    let project = project(&["echo x > x"]);
    let home = project.home();
    project.run(&["-C", home.to_str().unwrap(), "x"]).code(0).stderr_has("no checkpoints are taken of the home folder");
    assert!(home.join("x").exists() && !home.join(".local/state/agent/checkpoints").exists());
}

/// Without `.git` the folder is a root of its own, but its checkpoints are those of the repository.
#[test]
fn a_repository_that_is_gone_is_found_from_a_folder_in_it() {
    let project = project(&["rm -rf ../.git b.txt"]).config("mode = \"full\"\n");
    let before = tree(&project);
    project.run(&["-C", "src", "x"]).code(0);
    assert!(!project.exists(".git"));
    project.agent(&["undo", "-C", "src"]).code(0).stdout_has("in /").stdout_has("bring back  src/b.txt");
    assert_eq!(tree(&project), before);
    assert_eq!(project.git_command(&["status", "--porcelain"]), "");
}

#[test]
fn the_model_is_told_once_what_was_taken_back() {
    let project = project(&["echo x > x"]).reply(Reply::text("ok")).reply(Reply::text("ok"));
    project.run(&["make x"]).code(0);
    project.agent(&["undo"]).code(0);
    project.run(&["--continue", "go on"]).code(0);
    let requests = project.model_server().requests();
    let last = String::from_utf8_lossy(&requests.last().unwrap().raw).into_owned();
    assert!(last.contains("has taken back what you did to the files for \\\"make x\\\""), "{last}");
}

/// As if an undo had been killed in the middle, with its folder left.
fn killed(leave: impl Fn(&Project)) -> (Project, Tree, Tree) {
    let project = project(&["ln -sfn src/b.txt link; rm a.txt"]);
    let before = tree(&project);
    project.run(&["y"]).code(0);
    let after = tree(&project);
    project.agent(&["undo"]).code(0);
    let stores = project.home().join(".local/state/agent/checkpoints");
    let store = fs::read_dir(stores).unwrap().next().unwrap().unwrap().path();
    fs::remove_file(store.join("rows/000000000004.json")).unwrap();
    fs::create_dir(project.path().join(".agent-0123456789abcdef0123456789abcdef.tmp")).unwrap();
    leave(&project);
    (project, before, after)
}

#[test]
fn an_undo_that_was_killed_between_two_paths_goes_on() {
    let (project, before, _) = killed(|project| fs::remove_file(project.path().join("a.txt")).unwrap());
    project.agent(&["undo"]).code(0).stdout_has("bring back  a.txt");
    assert_eq!(tree(&project), before);
    assert!(!project.exists(".agent-0123456789abcdef0123456789abcdef.tmp"));
}

#[test]
fn an_undo_that_was_killed_within_a_path_is_said_and_can_be_taken_back() {
    let (project, _, after) = killed(|project| fs::remove_file(project.path().join("link")).unwrap());
    let told = project.agent(&["undo"]).code(1).stderr_has("an earlier undo or redo was cut off");
    told.stderr_has("`agent undo --to 3 --force`");
    project.agent(&["undo", "--to", "3", "--force"]).code(0);
    assert_eq!(tree(&project), after);
    assert!(!project.exists(".agent-0123456789abcdef0123456789abcdef.tmp"));
}

#[test]
fn undo_works_from_a_folder_in_the_workspace_and_from_elsewhere() {
    let project = project(&["rm -rf deep"]);
    let before = tree(&project);
    project.run(&["-C", "src", "x"]).code(0);
    assert_ne!(tree(&project), before);
    let told = document(&project.agent(&["undo", "-C", "src", "--json", "--files", "deep"]).code(0));
    assert_eq!(told["done"], true);
    assert_eq!(tree(&project), before);
}

/// Only our own leftovers are taken away, and only what has a name that nobody else gives.
#[test]
fn names_that_look_like_ours_are_the_users() {
    let project = Project::new()
        .file("a.txt", "one\n")
        .file(".agent-notes.old/precious", "mine\n")
        .file("x/.agent-plan.tmp", "p\n");
    let project = project.reply(shell("echo two > a.txt; rm -r x")).reply(Reply::text("It is done."));
    project.run(&["do it"]).code(0);
    project.agent(&["undo"]).code(0);
    assert_eq!(fs::read_to_string(project.path().join(".agent-notes.old/precious")).unwrap(), "mine\n");
    assert_eq!(fs::read_to_string(project.path().join("x/.agent-plan.tmp")).unwrap(), "p\n");
    project.agent(&["undo", "--turns", "0"]).code(2);
}

/// Our own state is no part of a workspace, wherever in it the user puts it.
#[test]
fn state_in_an_ignored_folder_is_not_undone() {
    let project =
        Project::new().git().file(".gitignore", ".cache/\n").file("a.txt", "one\n").file(".cache/other", "o\n");
    let state = project.path().join(".cache/agent");
    let project = project.env("AGENT_STATE_DIR", state.to_str().unwrap());
    let project = project.reply(shell("echo two > a.txt")).reply(Reply::text("It is done."));
    project.run(&["do it"]).code(0);
    project.agent(&["undo"]).code(0);
    assert_eq!(fs::read_to_string(project.path().join("a.txt")).unwrap(), "one\n");
    project.agent(&["redo"]).code(0);
    assert_eq!(fs::read_to_string(project.path().join("a.txt")).unwrap(), "two\n");
}

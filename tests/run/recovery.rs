//! Before a command that may lose work in git, refs keep that work, and the listed commands bring it back. Everything is
//! a real repository.

use super::ending::*;
use crate::support::*;
use agent::policy::destructive::danger;
use agent::workspace::git::{self, recoveries, save_recoveries};
use serde_json::json;
use std::path::Path;

/// A repository with one commit of `a.txt`.
fn repository() -> Project {
    let project = Project::new().file("a.txt", "one\n").file(".gitignore", "*.o\n");
    project.git_command(&["init", "-q", "-b", "main"]);
    project.git_command(&["config", "user.name", "Test User"]);
    project.git_command(&["config", "user.email", "test@example.com"]);
    project.git_command(&["add", "-A"]);
    project.git_command(&["commit", "-qm", "Start"]);
    project
}

/// Lets the model run a command; what the user was told in notices.
fn run_in(project: Project, command: &str) -> (Project, Vec<String>) {
    let project = project.reply(Reply::call("shell", json!({"command": command}))).reply(Reply::text("Done."));
    let lines = project.run(&["--json", "x"]).code(0).json();
    let notices = of_type(&lines, "notice").iter().map(|notice| notice["text"].as_str().unwrap().to_owned()).collect();
    assert!(!told(&project, 1).contains("recovery"), "the model is not told");
    (project, notices)
}

fn refs(project: &Project) -> Vec<String> {
    let refs = project.git_command(&["for-each-ref", "--format=%(refname)", "refs/agent"]);
    refs.lines().map(str::to_owned).collect()
}

/// The command that brings back what the newest recovery saved under this name.
fn way_back(project: &Project, from: &str) -> String {
    let found = recoveries(&project.path()).unwrap();
    let saved =
        found[0].refs.iter().find(|saved| saved.from == from).unwrap_or_else(|| panic!("no {from} in {found:?}"));
    saved.name.clone()
}

fn restore_files(project: &Project) {
    let name = way_back(project, "work");
    project.git_command(&["restore", &format!("--source={name}"), "--worktree", "--", ":/"]);
}

#[test]
fn what_was_not_committed_comes_back_after_a_hard_reset() {
    let project =
        repository().file("a.txt", "uncommitted\n").file("sub/new é.txt", "untracked\n").file("x.o", "ignored\n");
    std::os::unix::fs::symlink("a.txt", project.path().join("link")).unwrap();
    let program = project.path().join("sub/run");
    std::fs::write(&program, b"\xff\0").unwrap();
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    project.git_command(&["add", "sub/run"]);
    let before = project.tree();
    let index = std::fs::read(project.path().join(".git/index")).unwrap();
    let (project, notices) = run_in(
        project.config("mode = \"full\"\n"),
        "cp .git/index \"$HOME/index\"; cp .git/HEAD \"$HOME/HEAD\"; ls -a > \"$HOME/names\"; git reset -q --hard && git clean -qfd",
    );
    assert!(notices.len() == 1 && notices[0].ends_with("-1 before `git reset -q --hard`"), "{notices:?}");
    assert_eq!(std::fs::read(project.home().join("index")).unwrap(), index, "the index stays as it was");
    assert_eq!((project.read("a.txt").as_str(), project.exists("sub")), ("one\n", false), "the command did its work");
    restore_files(&project);
    assert_eq!(project.tree(), before);
    project.git_command(&["read-tree", &way_back(&project, "index")]);
    assert_eq!(project.git_command(&["diff", "--cached", "--name-only"]), "sub/run\n");
    assert_eq!(project.git_command(&["stash", "list"]), "");
    assert_eq!(project.git_command(&["log", "--format=%s", "main"]), "Start\n");
}

#[test]
fn branches_tags_and_stash_entries_come_back() {
    let project = repository();
    project.git_command(&["branch", "side;x"]);
    project.git_command(&["tag", "-am", "first", "v1"]);
    let tip = project.git_command(&["rev-parse", "side;x", "v1"]);
    let project = project.file("a.txt", "stashed\n");
    project.git_command(&["stash", "-q"]);
    let (project, notices) =
        run_in(project, "git branch -qD 'side;x' && git tag -d v1 && git stash drop -q && git stash list");
    assert_eq!(notices.len(), 1, "{notices:?}");
    let found = recoveries(&project.path()).unwrap();
    assert_eq!((found.len(), found[0].why.as_str()), (1, "before `git branch -qD side;x`"));
    let listed = project.git_command(&["for-each-ref", "--format=%(refname)"]);
    assert!(!listed.contains("refs/heads/side") && !listed.contains("refs/stash"), "{listed}");
    project.git_command(&["branch", "side;x", &way_back(&project, "heads/side;x")]);
    project.git_command(&["update-ref", "refs/tags/v1", &way_back(&project, "tags/v1")]);
    project.git_command(&["stash", "store", "-m", "recovered", &way_back(&project, "stash/0")]);
    project.git_command(&["stash", "apply", "-q"]);
    assert_eq!(project.git_command(&["rev-parse", "side;x", "v1"]), tip);
    assert_eq!(project.read("a.txt"), "stashed\n");
}

#[test]
fn every_kind_of_repository_is_saved_or_left_in_peace() {
    // Without a commit.
    let project = Project::new().file("new.txt", "new\n");
    project.git_command(&["init", "-q"]);
    let (project, notices) = run_in(project, "git clean -qfd");
    assert_eq!((notices.len(), project.exists("new.txt")), (1, false), "{notices:?}");
    restore_files(&project);
    assert_eq!(project.read("new.txt"), "new\n");

    // With HEAD on no branch, in a folder of the repository.
    let project = repository().file("a.txt", "two\n").file("sub/b.txt", "b\n");
    project.git_command(&["checkout", "-q", "--detach"]);
    let (project, _) = run_in(project, "cd sub && git checkout -q -- ../a.txt && rm b.txt");
    restore_files(&project);
    assert_eq!((project.read("a.txt").as_str(), project.read("sub/b.txt").as_str()), ("two\n", "b\n"));

    // No repository, and a bare one.
    let (project, notices) = run_in(Project::new().file("a.txt", "a\n"), "git reset --hard; true");
    assert_eq!((notices, project.read("a.txt").as_str()), (vec![], "a\n"));
    let project = Project::new();
    project.git_command(&["init", "-q", "--bare", "."]);
    let (project, notices) = run_in(project, "git branch -D none; true");
    assert_eq!((notices.len(), refs(&project).len()), (1, 1), "{notices:?}");

    // One of a kind that cannot be read: the command runs all the same, and the user is told.
    let project = Project::new();
    project.git_command(&["init", "-q"]);
    project.git_command(&["config", "core.repositoryFormatVersion", "9"]);
    let (project, notices) = run_in(project, "touch ran; git reset --hard; true");
    assert!(notices.len() == 1 && notices[0].starts_with("no recovery before `git reset --hard`: "), "{notices:?}");
    assert!(project.exists("ran"));

    // An index that cannot be read: the commit is saved, and the user is told of the rest.
    let project = repository().file("a.txt", "two\n");
    project.git_command(&["update-index", "--split-index"]);
    let (project, notices) = run_in(project, "git reset -q --hard");
    assert!(notices.len() == 1 && notices[0].contains(", but for the files: "), "{notices:?}");
    way_back(&project, "head");
}

#[test]
fn a_linked_work_tree_and_another_repository_are_saved_where_they_are() {
    let project = repository();
    project.git_command(&["worktree", "add", "-q", "linked", "-b", "linked"]);
    project.git_command(&["init", "-q", "other"]);
    let project = project.file("linked/a.txt", "in the linked one\n").file("other/b.txt", "b\n");
    let (project, notices) =
        run_in(project, "git -C linked reset -q --hard; cd other && git clean -qfd && test ! -e b.txt");
    assert_eq!(notices.len(), 3, "{notices:?}");
    let names = refs(&project);
    let contents: Vec<String> = names
        .iter()
        .filter(|name| name.ends_with("/work"))
        .map(|name| project.git_command(&["show", &format!("{name}:a.txt")]))
        .collect();
    assert!(contents.contains(&"in the linked one\n".into()), "{contents:?}");
    let other = recoveries(&project.path().join("other")).unwrap();
    assert_eq!(other[0].refs.iter().map(|saved| saved.from.as_str()).collect::<Vec<_>>(), ["index", "work"]);
}

#[test]
fn a_conflict_and_a_promise_to_add_are_saved_from_the_files() {
    let project = repository();
    project.git_command(&["checkout", "-qb", "side"]);
    let project = project.file("a.txt", "theirs\n");
    project.git_command(&["commit", "-qam", "Theirs"]);
    project.git_command(&["checkout", "-q", "main"]);
    let project = project.file("a.txt", "ours\n");
    project.git_command(&["commit", "-qam", "Ours"]);
    let merge = std::process::Command::new("git").args(["merge", "-q", "side"]).current_dir(project.path()).output();
    assert!(!merge.unwrap().status.success());
    let project = project.file("a.txt", "half solved\n").file("later.txt", "later\n");
    project.git_command(&["add", "-N", "later.txt"]);
    let (project, notices) = run_in(project, "git reset -q --hard; rm -f later.txt");
    assert!(notices.len() == 1 && notices[0].starts_with("saved"), "{notices:?}");
    assert_eq!(project.read("a.txt"), "ours\n");
    restore_files(&project);
    assert_eq!((project.read("a.txt").as_str(), project.read("later.txt").as_str()), ("half solved\n", "later\n"));
}

#[test]
fn saving_runs_no_program_of_the_repository() {
    use std::os::unix::fs::PermissionsExt;
    let project =
        repository().file(".gitattributes", "*.txt filter=trap\n").file("a.txt", "changed\n").file("b.txt", "b\n");
    let trap = project.home().join("trap");
    std::fs::write(&trap, format!("#!/bin/sh\ntouch '{}'\ncat\n", project.home().join("sprung").display())).unwrap();
    std::fs::set_permissions(&trap, std::fs::Permissions::from_mode(0o755)).unwrap();
    let trap = trap.display().to_string();
    for key in ["filter.trap.clean", "filter.trap.smudge", "filter.trap.process", "core.fsmonitor", "diff.external"] {
        project.git_command(&["config", key, &trap]);
    }
    for hook in ["reference-transaction", "post-index-change", "pre-commit", "post-commit"] {
        let path = project.path().join(".git/hooks").join(hook);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::copy(project.home().join("trap"), path).unwrap();
    }
    let saved = save_recoveries(&project.path(), &danger("git reset --hard").unwrap());
    assert!(saved.len() == 1 && saved[0].as_ref().is_ok_and(|saved| saved.lacks.is_empty()), "{saved:?}");
    assert!(!project.home().join("sprung").exists());
}

#[test]
fn harmless_commands_leave_no_refs() {
    let project = repository().file("a.txt", "two\n");
    let (project, notices) = run_in(project, "git status; git log; git add -A; git commit -qm two; git diff");
    assert_eq!((notices, refs(&project)), (vec![], vec![]));
}

#[test]
fn the_newest_fifty_are_kept_and_the_same_is_not_saved_twice() {
    let project = repository();
    let danger = danger("git reset --hard").unwrap();
    let save = |number: usize| -> git::Saved {
        std::fs::write(project.path().join("a.txt"), format!("{number}\n")).unwrap();
        save_recoveries(&project.path(), &danger).remove(0).unwrap()
    };
    let ids: Vec<String> = (0..55).map(|number| save(number).id).collect();
    assert_eq!(save(54).id, ids[54], "nothing is new");
    let found = recoveries(&project.path()).unwrap();
    let kept: Vec<&str> = found.iter().map(|recovery| recovery.id.as_str()).collect();
    assert_eq!(kept, ids[5..].iter().rev().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(refs(&project).len(), 50 * 3);
}

#[test]
fn what_is_too_large_is_left_out_and_said() {
    let project = repository().file("b.txt", "b\n");
    std::fs::File::create(project.path().join("huge")).unwrap().set_len((100 << 20) + 1).unwrap();
    let (project, notices) = run_in(project, "git clean -qfd");
    assert!(notices[0].ends_with("but for `huge`: too large (100 MiB)"), "{notices:?}");
    restore_files(&project);
    assert_eq!((project.read("b.txt").as_str(), project.exists("huge")), ("b\n", false));
}

#[test]
fn the_list_shows_commands_that_work() {
    let project = repository().file("a.txt", "two\n");
    save_recoveries(&project.path(), &danger("git reset --hard").unwrap());
    project.git_command(&["reset", "-q", "--hard"]);
    let found = recoveries(&project.path()).unwrap();
    let shown = agent::cli::recoveries::ways_back(&found[0]);
    for (what, command) in &shown {
        let status = std::process::Command::new("sh").args(["-c", command]).current_dir(project.path()).status();
        assert!(status.unwrap().success(), "{what}: {command}");
    }
    assert_eq!((shown.len(), project.read("a.txt").as_str()), (3, "two\n"));
    assert!(recoveries(Path::new("/")).is_err());
}

//! `agent demo`: with an empty home, no network, and nothing on PATH but git and a POSIX shell.

use crate::support::Project;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

/// Where a program is on this machine's PATH.
fn program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").expect("PATH is set");
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.exists())
        .expect("the program is installed")
}

#[test]
fn the_demo_mends_a_failing_test_with_next_to_nothing_on_path() {
    let project = Project::new();
    let bin = project.path().join("bin");
    std::fs::create_dir(&bin).expect("a folder for two programs");
    for name in ["git", "sh"] {
        symlink(program(name), bin.join(name)).expect("a link to it");
    }
    let folder = project.path().join("scratch");
    let project = project.env("PATH", &bin.display().to_string());
    let outcome = project.agent(&["demo", "--dir", &folder.display().to_string()]).code(0);
    let before = outcome.stdout.find("(exit code 1)").expect("the test fails before");
    let after = outcome.stdout.find("(exit code 0)").expect("the test passes after");
    assert!(before < after);
    let outcome =
        outcome.stdout_has("The model is a recording").stderr_has("+printf '%d.%02d\\n'").stderr_has("-echo ");
    let log = outcome
        .stdout
        .lines()
        .find_map(|line| line.split("Everything that happened: ").nth(1))
        .expect("it says where the log is");
    assert!(std::fs::read_to_string(log).expect("the log is there").contains("\"type\":\"outcome\""));
    assert!(std::fs::read_to_string(folder.join("total.sh")).expect("the folder stays").contains("printf"));
    assert!(folder.join(".git").is_dir());
}

#[test]
fn the_demo_does_not_write_into_a_folder_in_use() {
    let project = Project::new().file("mine.txt", "mine");
    let outcome = project.agent(&["demo", "--dir", &project.path().display().to_string()]).code(2);
    outcome.stderr_has("is not empty").stderr_has("hint:");
}

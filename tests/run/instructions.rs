//! Instruction files: which are read, in which order, and that the user sees it.

use crate::support::*;

/// The first user message of the first request.
fn first_words(project: &Project) -> String {
    let requests = project.model_server().requests();
    requests[0].body["messages"][0]["content"].to_string()
}

fn answering() -> Server {
    Server::respond_with(Wire::Messages, |_| Step::Reply(Reply::text("read")))
}

#[test]
fn files_from_the_root_to_the_folder_are_read_in_order_after_the_users_own() {
    let project = Project::new()
        .file("AGENTS.md", "root rules")
        .file("sub/CLAUDE.md", "sub rules")
        .file("sub/deep/GEMINI.md", "deep rules")
        .file("sub/deep/a.txt", "a")
        .file("other/AGENTS.md", "not on the way")
        .git()
        .server(answering());
    std::fs::create_dir_all(project.home().join(".config/agent")).expect("a folder for settings");
    std::fs::write(project.home().join(".config/agent/AGENTS.md"), "my own rules").expect("a file of the user's");
    let outcome = project.run(&["-C", "sub/deep", "work"]).code(0);
    let words = first_words(&project);
    let places: Vec<usize> = ["my own rules", "root rules", "sub rules", "deep rules"]
        .iter()
        .map(|rule| words.find(rule).expect("the model is told"))
        .collect();
    assert!(places.is_sorted(), "{words}");
    assert!(!words.contains("not on the way"));
    outcome.stderr_has("instructions from").stderr_has("AGENTS.md").stderr_has("GEMINI.md");
}

/// A clone could name any file of the user's.
#[test]
fn a_link_leads_neither_out_of_the_workspace_nor_to_secrets() {
    let project = Project::new()
        .file("sub/AGENTS.md", "linked rules")
        .file(".env", "PLAIN=inner words")
        .file("../outside.txt", "outer words")
        .git()
        .server(answering());
    let link = |to: &str, at: &str| {
        let at = project.path().join(at);
        std::fs::create_dir_all(at.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(to, at).unwrap();
    };
    link("../outside.txt", "AGENTS.md");
    link("../../.env", "a/b/AGENTS.md");
    link("../../../sub/AGENTS.md", "a/b/c/AGENTS.md");
    project.run(&["-C", "a/b/c", "work"]).code(0);
    let words = first_words(&project);
    assert!(words.contains("linked rules"), "{words}");
    assert!(!words.contains("inner words") && !words.contains("outer words"), "{words}");
}

#[test]
fn the_first_name_in_a_folder_wins_and_bare_reads_none() {
    let project = Project::new().file("AGENTS.md", "the rules").file("CLAUDE.md", "other rules").server(answering());
    project.run(&["work"]).code(0);
    assert!(first_words(&project).contains("the rules") && !first_words(&project).contains("other rules"));
    let project = Project::new().file("AGENTS.md", "the rules").server(answering());
    project.run(&["--bare", "work"]).code(0);
    assert!(!first_words(&project).contains("the rules"));
}

#[test]
fn a_long_file_is_cut_and_that_is_said() {
    let project = Project::new().file("AGENTS.md", &"rule\n".repeat(20_000)).server(answering());
    project.run(&["work"]).code(0).stderr_has("too long; its end was left out");
    assert!(first_words(&project).len() < 60_000);
}

#[test]
fn branch_folder_and_system_are_told_once() {
    let project = Project::new().file("a.txt", "a").git().server(answering());
    project.run(&["work"]).code(0);
    project.run(&["--continue", "again"]).code(0);
    let requests = project.model_server().requests();
    let words = requests[1].body.to_string();
    assert!(words.contains("Branch: main"));
    assert_eq!(words.matches("<context>").count(), 1, "surroundings that did not change are not told again");
}

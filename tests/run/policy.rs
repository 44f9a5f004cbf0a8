//! What a run may touch: modes, names that hold secrets, protected folders, and the edge of the workspace.

use super::ending::*;
use crate::support::*;
use serde_json::{Value, json};

fn edit(path: &str) -> Value {
    json!({"edits": [{"path": path, "old_string": "", "new_string": "x\n"}]})
}

/// One call, and then an answer. Gives the call's status and the words the model got.
#[track_caller]
fn tried(project: Project, args: &[&str], name: &str, input: Value) -> (Project, String, String) {
    let project = project.reply(Reply::call(name, input)).reply(Reply::text("So be it."));
    let mut all = vec!["--json"];
    all.extend_from_slice(args);
    all.push("x");
    let outcome = project.run(&all);
    let lines = outcome.json();
    let status = of_type(&lines, "tool_finished")[0]["status"].as_str().unwrap().to_owned();
    assert_eq!(outcome.code, if status == "denied" { 6 } else { 0 }, "{outcome}");
    assert!(of_type(&lines, "asked").is_empty(), "nobody is there to be asked\n{outcome}");
    let words = told(&project, 1);
    (project, status, words)
}

#[test]
fn where_nobody_can_answer_asking_is_denying() {
    for (name, input, why) in [
        ("edit", edit("new.txt"), "writes `new.txt`"),
        ("write", json!({"path": "new.txt", "content": "x"}), "writes `new.txt`"),
    ] {
        let (project, status, words) = tried(Project::new(), &["--mode", "ask"], name, input);
        assert_eq!(status, "denied", "{name}");
        assert!(words.contains(why) && words.contains("nobody is there to be asked (mode `ask`)"), "{words}");
        assert!(!project.exists("new.txt"));
    }
    let read = json!({"path": "a.txt"});
    let (_, status, words) = tried(Project::new().file("a.txt", "one\n"), &["--mode", "ask"], "read", read);
    assert!(status == "done" && words.contains("1\tone"), "reading needs no question: {words}");
    let command = json!({"command": "touch new.txt"});
    let (project, status, words) = tried(Project::new(), &["--mode", "ask"], "shell", command);
    assert!(status == "done" && project.exists("new.txt"), "a command in the jail needs none either: {words}");
    let outside = json!({"command": "touch new.txt", "outside": "it needs the network"});
    let (project, status, words) = tried(Project::new(), &[], "shell", outside);
    assert!(status == "denied" && words.contains("leaves the jail: it needs the network"), "{words}");
    assert!(!project.exists("new.txt"));
}

#[test]
fn mode_read_writes_nothing() {
    for (name, input, wanted, why) in [
        ("edit", edit("new.txt"), "denied", "mode `read` writes nothing"),
        ("shell", json!({"command": "touch new.txt"}), "failed", "Read-only file system"),
    ] {
        let (project, status, words) = tried(Project::new(), &["--mode", "read"], name, input);
        assert!(status == wanted && words.contains(why), "{status}: {words}");
        assert!(!project.exists("new.txt"));
    }
    let (_, status, words) = tried(Project::new(), &["--mode", "read"], "shell", json!({"command": "echo $((6 * 7))"}));
    assert!(status == "done" && words.contains("42"), "what only reads may run: {words}");
}

#[test]
fn an_env_file_is_not_read_and_its_example_is() {
    for name in [".env", ".env.local", "sub/.env.production", ".ENV"] {
        let project = Project::new().file(name, "PASSWORD=hunter2\n");
        let (project, status, words) = tried(project, &[], "read", json!({"path": name}));
        assert_eq!(status, "denied", "{name}");
        assert!(words.contains(&format!("`{name}` holds secrets by its name")), "{words}");
        assert!(!texts(&project.model_server().requests()[1].body).contains("hunter2"));
    }
    for name in [".env.example", ".env.sample", "sub/.env.template", "environment.txt"] {
        let project = Project::new().file(name, "PASSWORD=\n");
        let (_, status, words) = tried(project, &[], "read", json!({"path": name}));
        assert!(status == "done" && words.contains("1\tPASSWORD="), "{name}: {words}");
    }
    let project = Project::new().file(".env", "PASSWORD=hunter2\n");
    let (_, status, words) = tried(project, &["--mode", "full"], "read", json!({"path": ".env"}));
    assert!(status == "done" && words.contains("hunter2"), "mode `full` has no policy: {words}");
}

/// A search over everything is no way round that.
#[test]
fn a_search_does_not_look_into_env_files() {
    let project = Project::new().file(".env", "PASSWORD=hunter2\n").file("a.txt", "PASSWORD is in .env\n").git();
    let (_, status, words) = tried(project, &[], "search", json!({"pattern": "PASSWORD"}));
    assert!(status == "done" && words.contains("a.txt"), "{words}");
    assert!(!words.contains("hunter2"), "{words}");
    let project = Project::new().file(".env", "PASSWORD=hunter2\n");
    let (_, _, words) = tried_any(project, "search", json!({"pattern": "PASSWORD", "path": ".env"}));
    assert!(!words.contains("hunter2"), "{words}");
}

/// The words of an edit that does not fit show nothing of the file either.
#[test]
fn a_failed_edit_shows_nothing_of_an_env_file() {
    let edits = json!({"edits": [{"path": ".env", "old_string": "PASSWORD=hunter", "new_string": "x"},
        {"path": ".env", "old_string": "PASSWORD=hunter9\nb", "new_string": "x"}]});
    let patch = "*** Begin Patch\n*** Update File: .env\n@@\n-PASSWORD=hunter9\n+x\n*** End Patch\n";
    let project = Project::new().file(".env", "PASSWORD=hunter2\nb=1\n");
    let (_, status, words) = tried_any(project, "edit", edits);
    assert!(status == "failed" && words.contains("the edit does not fit `.env`"), "{words}");
    assert!(!words.contains("hunter2"), "{words}");
    let server = Server::start(Wire::Responses, vec![]);
    let project =
        Project::new().file(".env", "PASSWORD=hunter2\nb=1\n").server(server).env("AGENT_MODEL", "openai/gpt-test");
    let project = project
        .reply(Reply::default().and(Say::Custom { name: "apply_patch".into(), input: patch.into() }))
        .reply(Reply::text("So be it."));
    project.run(&["x"]).code(0);
    let words = texts(&project.model_server().requests()[1].body);
    assert!(words.contains("the edit does not fit `.env`") && !words.contains("hunter2"), "{words}");
}

/// As [`tried`], whatever the exit code.
fn tried_any(project: Project, name: &str, input: Value) -> (Project, String, String) {
    let project = project.reply(Reply::call(name, input)).reply(Reply::text("So be it."));
    let outcome = project.run(&["--json", "x"]);
    let lines = outcome.json();
    let status = of_type(&lines, "tool_finished")[0]["status"].as_str().unwrap().to_owned();
    let words = told(&project, 1);
    (project, status, words)
}

/// Writing there is a way to run code later, outside of the session.
#[test]
fn what_configures_other_programs_is_not_written() {
    for path in
        [".git/hooks/pre-commit", ".GIT/config", "sub/.vscode/tasks.json", ".envrc", ".claude/x", "a.code-workspace"]
    {
        let (project, status, words) = tried(Project::new(), &[], "edit", edit(path));
        assert!(status == "denied" && words.contains("configures programs that run outside"), "{path}: {words}");
        assert!(!project.exists(path));
    }
}

#[test]
fn a_path_outside_of_the_workspace_is_refused() {
    for form in ["absolute", "upwards", "by link"] {
        let project = Project::new();
        let outside = project.home().join("outside.txt");
        std::fs::write(&outside, "private\n").unwrap();
        let path = match form {
            "absolute" => outside.display().to_string(),
            "upwards" => "../home/outside.txt".to_owned(),
            _ => {
                std::os::unix::fs::symlink(&outside, project.path().join("link")).unwrap();
                "link".to_owned()
            }
        };
        let (project, status, words) = tried(project, &[], "read", json!({"path": path}));
        assert_eq!(status, "failed", "{form}");
        assert!(words.contains(&format!("`{path}` is outside of the workspace `")), "{form}: {words}");
        assert!(words.contains("only the user can add a folder, with --add-dir"), "{form}: {words}");
        let (project, _, words) = tried_any(project, "write", json!({"path": path, "content": "mine"}));
        assert!(!words.contains("done: "), "{form}: {words}");
        assert_eq!(std::fs::read_to_string(project.home().join("outside.txt")).unwrap(), "private\n", "{form}");
    }
}

#[test]
fn an_added_folder_may_be_read_and_written() {
    let project = Project::new().file("in.txt", "");
    let added = project.home().join("added");
    std::fs::create_dir(&added).unwrap();
    std::fs::write(added.join("a.txt"), "one\n").unwrap();
    let path = added.join("a.txt").display().to_string();
    let project = project
        .reply(Reply::call("read", json!({"path": path})))
        .reply(Reply::call("edit", json!({"edits": [{"path": path, "old_string": "one", "new_string": "two"}]})))
        .reply(Reply::text("Done."));
    project.run(&["--add-dir", added.to_str().unwrap(), "x"]).code(0);
    assert!(told(&project, 1).contains("1\tone"), "{}", told(&project, 1));
    assert_eq!(std::fs::read_to_string(added.join("a.txt")).unwrap(), "two\n");
}

#[test]
fn a_run_in_a_subfolder_may_use_the_whole_repository() {
    let project = Project::new().git().file("top.txt", "one\n").file("sub/a.txt", "x\n");
    let (_, status, words) = tried(project, &["-C", "sub"], "read", json!({"path": "../top.txt"}));
    assert!(status == "done" && words.contains("1\tone"), "{words}");
}

//! No secret of the user's environment reaches the log, a request, the screen or a command; and what stands for one in
//! the model's view never replaces it in a file.

use super::ending::*;
use crate::support::*;
use serde_json::json;
use std::path::Path;

/// What [`Project`] gives as the provider's key, and one that has nothing to do with the provider.
const KEY: &str = "test-key-0123456789";
const OTHER: &str = "hunter2-hunter2-\"quoted\"";

fn project() -> Project {
    Project::new().env("DEPLOY_TOKEN", OTHER)
}

fn all_files(folder: &Path, found: &mut Vec<Vec<u8>>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.path().is_dir() {
            true => all_files(&entry.path(), found),
            false => found.push(std::fs::read(entry.path()).unwrap()),
        }
    }
}

/// Looks through everything that left the program: its output, its state, and the bodies of its requests.
#[track_caller]
fn stays_secret(project: &Project, outcome: &Outcome) {
    let mut places = vec![outcome.stdout.clone().into_bytes(), outcome.stderr.clone().into_bytes()];
    all_files(&project.home().join(".local/state/agent/sessions"), &mut places);
    assert!(places.len() > 2, "there is a session");
    places.extend(project.model_server().requests().into_iter().map(|request| request.raw));
    let escaped = serde_json::to_string(OTHER).unwrap();
    for place in places {
        let text = String::from_utf8_lossy(&place).into_owned();
        for secret in [KEY, OTHER, escaped.trim_matches('"')] {
            assert!(!text.contains(secret), "{secret:?} in {text}");
        }
    }
}

/// Every way from a file to the model.
#[test]
fn a_key_in_a_file_is_cut_out_on_its_way_to_the_model() {
    let text = format!("key = {KEY}\ntoken = {OTHER}\nplain = 1\n");
    let edit =
        |old: &str, new: &str| json!({"edits": [{"path": "settings.txt", "old_string": old, "new_string": new}]});
    for args in [&["--json", "look"][..], &["look"]] {
        let project = project()
            .file("settings.txt", &text)
            .file("AGENTS.md", &format!("Use the key {KEY} and {OTHER}."))
            .reply(
                Reply::call("read", json!({"path": "settings.txt"}))
                    .and_call("search", json!({"pattern": "key|token"}))
                    .and_call("shell", json!({"command": "cat settings.txt; false"}))
                    .and_call("edit", edit("plain = 3", "x")),
            )
            .reply(Reply::call("edit", edit("plain = 1", "plain = 2")))
            .reply(Reply::text("Done."));
        let outcome = project.run(args).code(0);
        stays_secret(&project, &outcome);
        let told = told(&project, 1);
        assert!(told.contains("[secret ANTHROPIC_API_KEY]") || told.contains("[secret provider key]"), "{told}");
        assert!(told.contains("[secret DEPLOY_TOKEN]") && told.contains("plain = 1"), "{told}");
        assert_eq!(project.read("settings.txt"), text.replace("plain = 1", "plain = 2"), "the file keeps its secrets");
        project.model_server().assert_no_violations();
    }
}

#[test]
fn a_key_in_the_users_own_words_or_input_goes_nowhere() {
    let project =
        project().file("input.txt", &format!("log says {KEY}\n")).reply(Reply::text(format!("It is {OTHER}.")));
    let mut command = project.command(&["run", "--json", &format!("why does {OTHER} fail")]);
    command.stdin(std::fs::File::open(project.path().join("input.txt")).unwrap());
    let outcome = run(command).code(0);
    stays_secret(&project, &outcome);
}

#[test]
fn a_command_sees_no_secret_in_its_environment() {
    let project = project()
        .env("MY_PASSWORD", "plain")
        .env("BASH_ENV", "/dev/null")
        .env("GIT_DIR", "/nowhere")
        .env("LD_PRELOAD_LIST", "x")
        .env("HARMLESS", "but not listed")
        .env("LISTED", "yes")
        .reply(Reply::call("shell", json!({"command": "env > env.txt"})))
        .reply(Reply::text("Done."));
    let outcome = project.run(&["-c", "env.pass=[\"LISTED\"]", "--check", "env > check.txt", "x"]).code(0);
    stays_secret(&project, &outcome);
    for file in ["env.txt", "check.txt"] {
        let text = project.read(file);
        let names: Vec<&str> = text.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
        for name in [
            "ANTHROPIC_API_KEY",
            "DEPLOY_TOKEN",
            "MY_PASSWORD",
            "BASH_ENV",
            "GIT_DIR",
            "HARMLESS",
            "AGENT_MODEL",
            "ANTHROPIC_BASE_URL",
        ] {
            assert!(!names.contains(&name), "{name} in {text}");
        }
        assert!(names.contains(&"PATH") && names.contains(&"HOME") && text.contains("LISTED=yes"), "{text}");
        assert!(!text.contains(KEY) && !text.contains("hunter2"), "{text}");
    }
}

/// A program of the workspace may not stand in for one of the system's, nor for the shell itself.
#[test]
fn no_folder_of_the_workspace_is_on_the_path_of_commands() {
    let fake = "#!/bin/sh\necho taken over > taken\n";
    let project =
        Project::new().git().file("bin/bash", fake).file("bin/sh", fake).file("bin/ls", fake).file("sub/a.txt", "");
    for name in ["bash", "sh", "ls"] {
        use std::os::unix::fs::PermissionsExt;
        let path = project.path().join("bin").join(name);
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let bin = project.path().join("bin");
    let linked = project.home().join("linked");
    std::os::unix::fs::symlink(&bin, &linked).unwrap();
    let system = std::env::var_os("PATH").unwrap().into_string().unwrap();
    let crooked = project.home().join("../work/bin");
    let path = format!("{}:{}:{}:bin:.::{system}", bin.display(), linked.display(), crooked.display());
    let project = project.env("PATH", &path).server(Server::start(Wire::Messages, vec![]));
    for folder in [".", "sub"] {
        project.model_server().push(Reply::call("shell", json!({"command": "echo \"$PATH\"; ls"})));
        project.model_server().push(Reply::text("Done."));
        let outcome = project.run(&["--json", "-C", folder, "--check", "ls", "x"]).code(0);
        let lines = outcome.json();
        let said = of_type(&lines, "tool_finished")[0]["result"]["output"].as_str().unwrap();
        let first = said.lines().next().unwrap();
        for part in [bin.to_str().unwrap(), linked.to_str().unwrap(), crooked.to_str().unwrap()] {
            assert!(!first.contains(part), "{part} in {first}");
        }
        assert!(first.split(':').all(|folder| folder.starts_with('/')), "{first}");
        assert!(!project.exists("taken") && !project.exists("sub/taken"), "a program of the workspace ran\n{outcome}");
    }
}

/// A token as GitHub makes them, and nobody's.
fn token() -> String {
    ["ghp_", "k3J9", "x2mQ", "7vRt", "Zp4L", "n8Wd", "Yc6B", "s1Hf", "g5Tu", "0eKa"].concat()
}

/// A model that writes back what it saw gets the secret where it stands in that file.
#[test]
fn a_placeholder_that_is_written_back_becomes_the_secret_again() {
    let text = format!("token = {OTHER}\nplain = 1\nother: {}\n", token());
    let project = project()
        .file("settings.txt", &text)
        .reply(Reply::call("read", json!({"path": "settings.txt"})))
        .reply(Reply::text("Seen."));
    let outcome = project.run(&["--json", "x"]).code(0);
    stays_secret(&project, &outcome);
    let told = told(&project, 1);
    assert!(!told.contains(&token()), "{told}");
    let (_, mark) = told.split_once("[secret github-token ").unwrap();
    let mark = format!("[secret github-token {}]", &mark[..6]);
    let notices: Vec<String> =
        of_type(&outcome.json(), "notice").iter().map(|notice| notice["text"].as_str().unwrap().to_owned()).collect();
    let allow = format!("secrets.allow = [\"{}\"]", &mark[21..27]);
    assert!(
        notices
            .iter()
            .any(|text| text.contains("github-token") && text.contains("settings.txt") && text.contains(&allow)),
        "{notices:?}"
    );
    let seen = format!("token = [secret DEPLOY_TOKEN]\nplain = 2\nother: {mark}\n");
    let cases = [
        ("write", json!({"path": "settings.txt", "content": seen})),
        (
            "edit",
            json!({"edits": [{"path": "settings.txt", "old_string": format!("plain = 1\nother: {mark}"), "new_string": format!("plain = 2\nother: {mark}")}]}),
        ),
        (
            "edit",
            json!({"edits": [{"path": "settings.txt", "old_string": "token = [secret DEPLOY_TOKEN]\nplain = 1", "new_string": "token = [secret DEPLOY_TOKEN]\nplain = 2"}]}),
        ),
    ];
    for (name, input) in cases {
        let project = self::project()
            .file("settings.txt", &text)
            .reply(Reply::call("read", json!({"path": "settings.txt"})))
            .reply(Reply::call(name, input))
            .reply(Reply::text("Done."));
        let outcome = project.run(&["--json", "x"]).code(0);
        assert_eq!(project.read("settings.txt"), text.replace("plain = 1", "plain = 2"), "{name}\n{outcome}");
        stays_secret(&project, &outcome);
    }
}

/// What a command prints is kept whole without its secrets, too.
#[test]
fn the_file_of_a_long_output_holds_no_secret() {
    let long = format!(
        "for n in $(seq 3000); do echo line $n; done; echo {OTHER} {}; for n in $(seq 9000); do echo line $n; done; printf 'end {}'",
        token(),
        token()
    );
    let project = project()
        .file("run.sh", &long.replace(OTHER, "'hunter2-hunter2-\"quoted\"'"))
        .reply(Reply::call("shell", json!({"command": "sh run.sh"})))
        .reply(Reply::call("search", json!({"pattern": "seq"})))
        .reply(Reply::text("Done."));
    let outcome = project.run(&["--json", "x"]).code(0);
    stays_secret(&project, &outcome);
    let mut files = Vec::new();
    all_files(&project.home().join(".local/state/agent/sessions"), &mut files);
    let spilled = files.iter().map(|file| String::from_utf8_lossy(file)).find(|text| text.contains("line 5000\n"));
    let spilled = spilled.expect("the output was kept");
    assert!(
        spilled.contains("[secret DEPLOY_TOKEN] [secret github-token ") && spilled.ends_with(']'),
        "{}",
        &spilled[spilled.len() - 99..]
    );
    assert!(files.iter().all(|file| !String::from_utf8_lossy(file).contains(&token())));
}

/// The user says that models may see it.
#[test]
fn a_secret_that_was_allowed_is_shown() {
    let text = format!("token: {}\n", token());
    for allow in ["secrets.allow=[\"github-token\"]", "secrets.allow=[\"DEPLOY_TOKEN\", \"github-token\"]"] {
        let project = project()
            .file("settings.txt", &text)
            .reply(Reply::call("read", json!({"path": "settings.txt"})))
            .reply(Reply::text("Seen."));
        project.run(&["--json", "-c", allow, "x"]).code(0);
        assert!(told(&project, 1).contains(&token()));
    }
}

/// A name that stands for nothing in the file it would be written to is no text to write.
#[test]
fn a_placeholder_without_its_secret_is_refused() {
    let text = format!("token = {OTHER}\nplain = 1\n");
    let seen = "token = [secret DEPLOY_TOKEN]\nplain = 2\n";
    let cases = [
        ("write", json!({"path": "copy.txt", "content": seen})),
        ("write", json!({"path": "copy.txt", "content": "x = [secret npm-token 0a1b2c]\n"})),
        (
            "edit",
            json!({"edits": [{"path": "settings.txt", "old_string": "plain = 1\n", "new_string": "copy = [secret npm-token 0a1b2c]\n"}]}),
        ),
    ];
    for (name, input) in cases {
        let project = project()
            .file("settings.txt", &text)
            .reply(Reply::call("read", json!({"path": "settings.txt"})))
            .reply(Reply::call(name, input))
            .reply(Reply::text("Done."));
        let outcome = project.run(&["--json", "x"]).code(0);
        let told = told(&project, 2);
        assert!(told.contains("]` stands for a secret that you cannot see"), "{told}");
        assert!(told.contains("`edit`"), "the way out is named: {told}");
        assert_eq!(project.read("settings.txt"), text);
        assert!(!project.exists("copy.txt"));
        stays_secret(&project, &outcome);
    }
}

#[test]
fn what_is_kept_is_the_users_alone() {
    use std::os::unix::fs::PermissionsExt;
    let long = "for n in $(seq 20000); do echo line $n; done";
    let project = Project::new().reply(Reply::call("shell", json!({"command": long}))).reply(Reply::text("Done."));
    project.run(&["x"]).code(0);
    let log = project.sessions().remove(0);
    let session = log.parent().unwrap().to_owned();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&log), 0o600);
    for folder in [&session, &session.join("spill"), &session.parent().unwrap().to_owned()] {
        assert_eq!(mode(folder), 0o700, "{}", folder.display());
    }
    for spill in std::fs::read_dir(session.join("spill")).unwrap() {
        assert_eq!(mode(&spill.unwrap().path()), 0o600);
    }
}

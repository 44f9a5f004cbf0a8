//! `agent export`: which session, which format, which file.

use crate::support::*;
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

/// A project with a session of one edit, and the session's id.
fn worked() -> (Project, String) {
    let project = Project::new()
        .file("a.txt", "one\n")
        .reply(Reply::call("write", json!({"path": "b.txt", "content": "two <b>\n"})))
        .reply(Reply::text("Done & dusted."));
    let session =
        project.run(&["--json", "write <b> to b.txt"]).code(0).outcome()["session"].as_str().unwrap().to_owned();
    (project, session)
}

#[test]
fn a_session_goes_to_standard_output_in_each_format() {
    let (project, session) = worked();
    project.agent(&["export", "last"]).code(0).stdout_has("# write \\<b\\> to b.txt\n").stdout_has("> Done & dusted.");
    project.agent(&["export", &session[..30]]).code(0).stdout_has(&format!("- session: {session}\n"));
    let page = project
        .agent(&["export", &session, "--format", "html"])
        .code(0)
        .stdout_has("<h1>write &lt;b&gt; to b.txt</h1>");
    assert!(page.stdout.contains("<ins>+two &lt;b&gt;</ins>") && page.stderr.is_empty(), "{page}");
    let text = project.agent(&["export", "last", "--format", "json"]).code(0).stdout;
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&value["schema"], &value["session"]["id"], &value["unread"]), (&json!(1), &json!(session), &json!(0)));
    let home = project.home().display().to_string();
    assert!(!text.contains(&home), "the home folder is not named");
}

#[test]
fn a_file_has_the_format_of_its_name_is_the_users_alone_and_is_not_replaced() {
    let (project, _) = worked();
    for (name, begins) in
        [("s.md", "# write"), ("s.html", "<!doctype html>"), ("s.json", "{\"schema\":1,"), ("s.txt", "# write")]
    {
        project.agent(&["export", "last", "-o", name]).code(0).stderr_has(&format!("wrote `{name}`"));
        assert!(project.read(name).starts_with(begins), "{name}");
        assert_eq!(fs::metadata(project.path().join(name)).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
    }
    fs::write(project.path().join("s.md"), "mine").unwrap();
    let refused = project.agent(&["export", "last", "-o", "s.md"]).code(2);
    refused.stderr_has("`s.md` is there already").stderr_has("--force");
    assert_eq!(project.read("s.md"), "mine");
    project.agent(&["export", "last", "-o", "s.md", "--format", "json", "--force"]).code(0);
    assert!(project.read("s.md").starts_with("{\"schema\""), "what is said wins over the name");
    symlink("a.txt", project.path().join("link.md")).unwrap();
    project.agent(&["export", "last", "-o", "link.md", "--force"]).code(2).stderr_has("`link.md` is not a file");
    assert_eq!(project.read("a.txt"), "one\n");
    project.agent(&["export", "last", "-o", "no/such/x.md"]).code(1).stderr_has("cannot write `no/such/x.md`");
    let left: Vec<String> = project.tree().into_keys().filter(|name| name.contains(".agent-")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn what_cannot_be_exported_is_said() {
    let (project, session) = worked();
    project
        .agent(&["export", "nothing"])
        .code(2)
        .stderr_has("there is no session `nothing`")
        .stderr_has("agent sessions");
    project.agent(&["export"]).code(2).stderr_has("SESSION");
    project.agent(&["export", "last", "--force"]).code(2).stderr_has("--output");
    let log = project.home().join(".local/state/agent/sessions").join(&session).join("log.jsonl");
    let text = fs::read_to_string(&log).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    fs::write(&log, format!("{}\nwhat is this\n{}\n{{\"schema\":1,\"torn", lines[0], lines[1..].join("\n"))).unwrap();
    project.agent(&["export", &session]).code(0).stdout_has("Lines of the log that could not be read: 1.");
    fs::write(&log, text.replacen("\"schema\":1", "\"schema\":2", 1)).unwrap();
    project.agent(&["export", &session]).code(1).stderr_has("written by a newer version");
    fs::write(&log, "").unwrap();
    project.agent(&["export", &session]).code(1).stderr_has("there is nothing to read");
}

#[test]
fn secrets_that_only_look_like_it_are_counted() {
    let token = format!("ghp_{}", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8");
    // The model's own words are searched for known secrets alone when the log is written.
    let project = Project::new().reply(Reply::text(format!("Use {token} for it.")));
    project.run(&["how?"]).code(0);
    let exported = project.agent(&["export", "last", "-o", "s.html"]).code(0);
    exported.stderr_has("1 secret was found in it");
    assert!(!project.read("s.html").contains(&token));
    assert!(project.read("s.html").contains("Use [secret github-token "));
}

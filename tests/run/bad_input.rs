//! Bad input, from the model and from the user: each message names the thing and the way out, and each tool's words let a
//! model go on in one step.

use super::ending::*;
use crate::support::*;
use serde_json::{Value, json};
use std::path::PathBuf;

const USAGE: Ending = Ending { exit: 2, status: "usage", message: "", hint: "" };

fn raw(name: &str, arguments: &str) -> Reply {
    Reply::default().and(Say::RawCall { name: name.into(), arguments: arguments.into() })
}

/// Runs one call and checks the words that the next request carries, and that the call counts as failed.
#[track_caller]
fn answered(wire: Wire, reply: Reply, words: &[&str]) {
    let project = Project::new()
        .file("a.txt", "one\n")
        .file("notes.txt", "x\n")
        .server(Server::start(wire, vec![reply.into(), Reply::text("I see.").into()]));
    let outcome = project.run(&["--json", "x"]);
    ends(&outcome, Ending { exit: 0, status: "done", ..USAGE });
    let told = told(&project, 1);
    for word in words {
        assert!(told.contains(word), "the model is not told {word:?} but {told:?}\n{outcome}");
    }
    let lines = outcome.json();
    let finished = of_type(&lines, "tool_finished");
    assert_eq!(
        (&finished[0]["status"], &finished[0]["result"]["error"]),
        (&json!("failed"), &json!(true)),
        "{outcome}"
    );
    assert!(of_type(&lines, "tool_started").is_empty(), "a call that cannot be read is never begun\n{outcome}");
    project.model_server().assert_no_violations();
}

#[test]
fn arguments_that_cannot_be_read_are_answered_with_what_to_send() {
    let cases = [
        (
            raw("read", r#"{"path": "a.txt""#),
            "the arguments of `read` cannot be read: EOF",
            r#"send {"path": "src/main.rs"}"#,
        ),
        (raw("read", "a.txt"), "the arguments of `read` cannot be read", r#"send {"path": "src/main.rs"}"#),
        (raw("read", "[1]"), "the arguments of `read` cannot be read", r#"send {"path": "src/main.rs"}"#),
        (raw("read", ""), "missing field `path`", r#"send {"path": "src/main.rs"}"#),
        (raw("edit", "{\"edits\": ["), "the JSON of the edit stops before its end: EOF", "send the whole edit again"),
    ];
    for wire in [Wire::Chat, Wire::Messages, Wire::Responses, Wire::Converse] {
        for (reply, what, way) in &cases {
            // The family of the Responses server's model has the same tools under another name.
            answered(wire, reply.clone(), &[what, way]);
        }
    }
}

#[test]
fn arguments_that_are_missing_or_wrong_are_answered_with_what_to_send() {
    let cases: &[(&str, Value, &[&str])] = &[
        ("read", json!({}), &["missing field `path`", r#"send {"path": "src/main.rs"}"#]),
        ("read", json!({"path": 5}), &["expected a string", r#"send {"path": "src/main.rs"}"#]),
        ("read", json!({"path": ""}), &["the path is empty", "send the path of a file in the workspace"]),
        ("edit", json!({}), &["missing field `edits`", r#"send {"edits": [{"path""#]),
        ("edit", json!({"edits": []}), &["`edits` is empty", r#"send {"edits": [{"path""#]),
        ("edit", json!({"edits": [{"path": "a.txt"}]}), &["missing field `old_string`", r#"send {"edits""#]),
        ("edit", json!({"path": "a.txt", "old_string": "one"}), &["missing field `new_string`", r#"send {"edits""#]),
        (
            "edit",
            json!({"edits": [{"path": "gone.txt", "old_string": "a", "new_string": "b"}]}),
            &["there is no `gone.txt`"],
        ),
        (
            "edit",
            json!({"edits": [{"path": "a.txt", "old_string": "", "new_string": "b"}]}),
            &["`a.txt` is not empty", "send the text to be replaced"],
        ),
        ("write", json!({"path": "new.txt"}), &["missing field `content`", r#"send {"path": "notes.md""#]),
        ("write", json!({"path": "a.txt", "content": "x"}), &["`a.txt` is already there", "read it first"]),
        ("write", json!({"path": "a.txt", "content": "one\n"}), &["`a.txt` has this very content already"]),
        ("search", json!({}), &["missing field `pattern`", "send {"]),
        ("shell", json!({}), &["there is no command", r#"send {"command": "ls"}"#]),
        ("shell", json!({"command": "  "}), &["there is no command", r#"send {"command": "ls"}"#]),
        ("shell", json!({"job": 7}), &["there are no background jobs"]),
        ("plan", json!({}), &["missing field `steps`", r#"send {"steps": [{"step""#]),
        ("plan", json!({"steps": [{"step": "x", "status": "soon"}]}), &["unknown variant `soon`", "`in_progress`"]),
    ];
    for (name, arguments, words) in cases {
        answered(Wire::Messages, Reply::call(*name, arguments.clone()), words);
    }
}

#[test]
fn a_tool_that_there_is_not_is_answered_with_those_there_are() {
    let words = ["there is no tool `run_shell`; there are read, edit, write, search, find, shell, plan"];
    answered(Wire::Messages, Reply::call("run_shell", json!({"cmd": "ls"})), &words);
    answered(Wire::Chat, Reply::call("run_shell", json!({"cmd": "ls"})), &words);
}

/// What fails only when it is tried is said as well.
#[test]
fn a_file_that_is_not_there_is_answered_with_its_neighbours() {
    let project = Project::new()
        .file("notes.txt", "x\n")
        .bytes("data.bin", &[0, 1, 2])
        .file("paper.pdf", "%PDF-1.7 …")
        .reply(
            Reply::call("read", json!({"path": "notes.md"}))
                .and_call("read", json!({"path": "data.bin"}))
                .and_call("read", json!({"path": "paper.pdf"}))
                .and_call("read", json!({"path": "output:none"}))
                .and_call("search", json!({"pattern": "("}))
                .and_call("find", json!({"glob": "*.{rs"})),
        )
        .reply(Reply::text("I see."));
    project.run(&["x"]).code(0);
    let told = told(&project, 1);
    for words in [
        "`notes.md`",
        "there is notes.txt",
        "`data.bin` is binary (3 bytes); use `shell`",
        "`paper.pdf` is a PDF",
        "there is no output called `none`",
        "`(` is not a regular expression: ",
        "`*.{rs` is not a glob: ",
    ] {
        assert!(told.contains(words), "the model is not told {words:?} but {told:?}");
    }
}

#[test]
fn a_place_that_cannot_be_written_is_said_and_nothing_is_changed() {
    let project = Project::new().file("a.txt", "one\n").file("locked/b.txt", "b\n");
    let folder = unwritable(&project);
    let path = folder.join("new.txt").display().to_string();
    let add = folder.display().to_string();
    let project = project
        .reply(Reply::call("write", json!({"path": path, "content": "x"})))
        .reply(Reply::call(
            "edit",
            json!({"edits": [
                {"path": "a.txt", "old_string": "one", "new_string": "two"},
                {"path": path, "old_string": "", "new_string": "x"},
            ]}),
        ))
        .reply(Reply::call("write", json!({"path": "a.txt/below", "content": "x"})))
        .reply(Reply::text("I cannot write there."));
    let outcome = project.run(&["--json", "--add-dir", &add, "x"]);
    let data = ends(&outcome, Ending { exit: 0, status: "done", ..USAGE });
    assert_eq!(data["changed"], json!([]));
    for nth in [1, 2] {
        let told = told(&project, nth);
        assert!(
            told.contains("cannot write `") && told.contains("new.txt`: ") && told.contains("; nothing was changed"),
            "{told}"
        );
    }
    assert!(told(&project, 3).contains("`a.txt/below`"), "{}", told(&project, 3));
    assert_eq!(project.read("a.txt"), "one\n", "all files of an edit or none");
}

/// A folder without leave to write. Root may write anywhere, but for the system's own files.
fn unwritable(project: &Project) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    if rustix::process::geteuid().is_root() {
        return "/proc".into();
    }
    let folder = project.path().join("locked");
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o555)).unwrap();
    folder
}

#[test]
fn a_folder_that_is_no_git_repository_works() {
    let project = Project::new()
        .file("a.txt", "one\n")
        .reply(Reply::call("edit", json!({"edits": [{"path": "a.txt", "old_string": "one", "new_string": "two"}]})))
        .reply(Reply::text("Done."));
    let outcome = project.run(&["x"]).code(0);
    assert_eq!((project.read("a.txt").as_str(), outcome.stdout.as_str()), ("two\n", "Done.\n"));
    assert!(!outcome.stderr.contains("git"), "{outcome}");
}

#[test]
fn a_state_folder_that_cannot_be_made_is_named() {
    let project = Project::new().file("file", "").reply(Reply::text("Done."));
    let state = project.path().join("file/state");
    let project = project.env("AGENT_STATE_DIR", state.to_str().unwrap());
    let message = "file/state/sessions/";
    for hint in ["set AGENT_STATE_DIR to a folder that can be written", "use --ephemeral"] {
        let wanted = Ending { message, hint, ..USAGE };
        ends(&project.run(&["--json", "x"]), wanted);
        says(&project.run(&["x"]), wanted);
    }
    project.run(&["--ephemeral", "x"]).code(0).stdout_has("Done.");
}

#[test]
fn a_missing_home_is_said_and_can_be_done_without() {
    for home in [None, Some("")] {
        let project = Project::new().reply(Reply::text("Done.")).reply(Reply::text("Done."));
        let prepared = |args: &[&str]| {
            let mut command = project.command(args);
            match home {
                Some(value) => command.env("HOME", value),
                None => command.env_remove("HOME"),
            };
            command
        };
        let message = "there is no home folder: HOME is not set";
        let wanted = Ending { message, hint: "set HOME, or set AGENT_STATE_DIR", ..USAGE };
        ends(&run(prepared(&["run", "--json", "x"])), wanted);
        says(&run(prepared(&["run", "x"])), wanted);
        run(prepared(&["run", "--ephemeral", "x"])).code(0).stdout_has("Done.");
        let mut with_state = prepared(&["run", "x"]);
        with_state.env("AGENT_STATE_DIR", project.home().join("state"));
        run(with_state).code(0).stdout_has("Done.");
    }
}

#[test]
fn what_the_user_names_and_is_not_there_is_named() {
    let project = Project::new().file("text.png", "no image").file("a.txt", "x").reply(Reply::text("never asked"));
    let cases: &[(&[&str], &str, &str)] = &[
        (&["-i", "text.png", "x"], "cannot use the image `text.png`: not a PNG, JPEG, GIF or WebP image", "-i takes"),
        (&["-i", "gone.png", "x"], "cannot use the image `gone.png`: no such file", "-i takes"),
        (&["-i", ".", "x"], "cannot use the image `.`: is a directory", "-i takes"),
        (&["-C", "gone", "x"], "there is no folder `", "-C takes a folder that exists"),
        (&["-C", "a.txt", "x"], "a.txt`", "-C takes a folder that exists"),
        (&["--add-dir", "gone", "x"], "gone`", "--add-dir takes a folder that exists"),
        (&["--resume", "0199", "x"], "there is no session `0199`", "`agent sessions` lists them"),
        (&["--resume", "", "x"], "there is no session ``", "`agent sessions` lists them"),
        (&["--continue", "x"], "there is no session in `", "`agent sessions` lists them all"),
        (&["  "], "there is no task", "agent run \""),
    ];
    for (args, message, hint) in cases {
        eprintln!("{args:?}");
        let wanted = Ending { message, hint, ..USAGE };
        let mut all = vec!["--json"];
        all.extend_from_slice(args);
        ends(&project.run(&all), wanted);
        says(&project.run(args), wanted);
    }
    assert!(project.model_server().requests().is_empty());
    assert!(project.sessions().is_empty(), "what never began leaves no session");
}

#[test]
fn a_task_that_is_no_text_is_an_error() {
    use std::os::unix::ffi::OsStrExt;
    let project = Project::new().reply(Reply::text("never asked"));
    let mut command = project.command(&["run", "--json"]);
    command.arg(std::ffi::OsStr::from_bytes(b"mend \xff\xfe"));
    ends(&run(command), Ending { message: "invalid UTF-8", hint: "agent run --help", ..USAGE });
}

/// The key of a file goes out without the line break it was written with.
#[test]
fn a_key_file_is_read_without_its_line_break() {
    let project = Project::new().file("my.key", "file-key-0123456789\n").reply(Reply::text("Done."));
    project.run(&["--key-file", "my.key", "x"]).code(0);
    let requests = project.model_server().requests();
    assert_eq!(requests[0].header("x-api-key").as_deref(), Some("file-key-0123456789"));
}

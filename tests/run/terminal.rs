//! What reaches a terminal: no escape of foreign text, colour only where it is wanted; and a reader that goes away does
//! not end the task.

use super::ending::*;
use crate::support::*;
use serde_json::json;
use std::process::{Command, Stdio};

/// Sets the title, clears the screen, and turns letters round.
const EVIL: &str = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{202e}txt\u{9b}31m\r";

#[track_caller]
fn is_clean(outcome: &Outcome) {
    for (name, text) in [("stdout", &outcome.stdout), ("stderr", &outcome.stderr)] {
        let found = text.chars().find(|char| char.is_control() && !"\n\t".contains(*char) || *char == '\u{202e}');
        assert_eq!(found, None, "in {name}\n{}", outcome.to_string().escape_debug());
    }
}

#[test]
fn no_escape_of_foreign_text_reaches_the_terminal() {
    let name = format!("bad{EVIL}name.txt");
    let project = Project::new()
        .file("AGENTS.md", &format!("Mind the {EVIL}."))
        .file("a.txt", "one\n")
        .reply(
            Reply::text(format!("I begin {EVIL}"))
                .and_call("write", json!({"path": name, "content": format!("{EVIL}\n")}))
                .and_call("shell", json!({"command": format!("echo '{EVIL}'; printf '\\033[31mred\\033[0m'; false")}))
                .and_call(format!("tool{}", "x"), json!({}))
                .and_call("plan", json!({"steps": [{"step": EVIL, "status": "pending"}]}))
                .and_call("read", json!({"path": format!("gone{EVIL}")})),
        )
        .reply(Reply::text(format!("It is done {EVIL} now.")));
    let outcome = project.run(&["--check", &format!("true '{EVIL}'"), "x"]).code(0);
    is_clean(&outcome);
    assert!(outcome.stdout.starts_with("It is done \u{241b}]0;owned"), "escapes are shown, not hidden\n{outcome}");
    assert!(project.exists(&name), "the file itself has the name it was given");
}

#[test]
fn no_escape_of_an_error_reaches_the_terminal() {
    let body = json!({"type": "error", "error": {"type": "invalid_request_error", "message": format!("no {EVIL}")}});
    let refusal = Step::Status { code: 400, headers: vec![], body: body.to_string() };
    is_clean(&Project::new().step(refusal).run(&["x"]).code(4));
    for args in
        [["-C", EVIL, "x"], ["-m", EVIL, "x"], ["-c", EVIL, "x"], ["--timeout", EVIL, "x"], ["--mode", EVIL, "x"]]
    {
        is_clean(&Project::new().run(&args).code(2));
    }
    is_clean(&Project::new().config(&format!("\"{}\" = 1\n", "\\u001b]0;owned\\u0007")).run(&["x"]).code(2));
}

#[test]
fn there_is_no_colour_without_a_terminal() {
    let project = Project::new().env("TERM", "xterm-256color").reply(Reply::default());
    is_clean(&project.run(&["x"]).code(1));
}

/// `script` of util-linux lends a terminal; where it is missing this says so and looks at nothing.
#[test]
fn colour_is_for_terminals_that_want_it() {
    let cases: &[(&[(&str, &str)], bool)] = &[
        (&[("TERM", "xterm-256color")], true),
        (&[("TERM", "xterm-256color"), ("NO_COLOR", "")], true),
        (&[("TERM", "xterm-256color"), ("NO_COLOR", "1")], false),
        (&[("TERM", "dumb")], false),
    ];
    let version = Command::new("script").arg("--version").stdin(Stdio::null()).output();
    if !version.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("util-linux")) {
        eprintln!("not tested: there is no `script` of util-linux on this machine");
        return;
    }
    for (variables, colored) in cases {
        let project = Project::new().reply(Reply::text("Done."));
        let prepared = project.command(&[]);
        let mut command = Command::new("script");
        command.args(["-qec", &format!("'{}' run x", prepared.get_program().to_str().unwrap()), "/dev/null"]);
        command.env_clear().envs(prepared.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.envs(variables.iter().copied()).current_dir(project.path()).stdin(Stdio::null());
        let outcome = run(command).code(0).stdout_has("Done.");
        assert_eq!(outcome.stdout.contains('\u{1b}'), *colored, "{variables:?}\n{outcome}");
    }
}

#[test]
fn a_reader_that_goes_away_does_not_end_the_task() {
    for args in [&["run", "x"][..], &["run", "--json", "--json-deltas", "x"]] {
        let project = Project::new()
            .reply(Reply::text("I write.").and_call("write", json!({"path": "a.txt", "content": "a\n"})))
            .reply(Reply::call("write", json!({"path": "b.txt", "content": "b\n"})))
            .reply(Reply::text("Done."));
        let mut command = project.command(args);
        for end in [true, false] {
            let (reader, writer) = std::io::pipe().unwrap();
            drop(reader);
            if end {
                command.stdout(writer)
            } else {
                command.stderr(writer)
            };
        }
        let status = command.status().unwrap();
        assert_eq!(status.code(), Some(0), "{args:?}");
        assert!(project.exists("a.txt") && project.exists("b.txt"));
        let log = log(&project);
        assert_eq!(log.last().unwrap()["data"]["status"], "done");
    }
}

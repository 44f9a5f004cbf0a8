//! A session that broke off goes on: nothing half-written, nothing run twice, and every server accepts its history.

use super::running::{Running, appears, asked, model_of, of_type, records};
use crate::support::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const WIRES: [Wire; 5] = [Wire::Responses, Wire::Chat, Wire::Messages, Wire::Gemini, Wire::Converse];

fn shell(command: &str) -> Reply {
    Reply::default().think("I run it.").and_call("shell", json!({ "command": command }))
}

/// A big file, so that writing it takes its time.
fn big() -> String {
    "a line of a big file\n".repeat(20_000)
}

/// A model that goes by what it is shown: three steps, and the end once it is told to go on.
fn steps(request: &Request) -> Step {
    let text = asked(request);
    let reply = match text.as_str() {
        text if text.contains("and go on") => Reply::text("I went on."),
        text if text.contains("step 2") => Reply::text("All done."),
        text if text.contains("step 1") => {
            shell("echo 'step 2' >> trace").and_call("shell", json!({"command": "echo 'step 3' >> trace"}))
        }
        _ => shell("echo 'step 1' >> trace; cp source copy")
            .and_call("read", json!({"path": "source"}))
            .and_text("Two at once."),
    };
    Step::Reply(reply)
}

fn project(wire: Wire) -> Project {
    Project::new().file("source", &big()).server(Server::respond_with(wire, steps)).env("AGENT_MODEL", model_of(wire))
}

/// How often each line was written.
fn trace(project: &Project) -> BTreeMap<String, usize> {
    let text = if project.exists("trace") { project.read("trace") } else { String::new() };
    text.lines().fold(BTreeMap::new(), |mut counts, line| {
        *counts.entry(line.to_owned()).or_default() += 1;
        counts
    })
}

fn check_log(project: &Project, name: &str) {
    let text = std::fs::read_to_string(&project.sessions()[0]).unwrap();
    assert_eq!(agent::store::log::verify(&text), None, "{name}");
    let records = records(project);
    assert!(records.iter().enumerate().all(|(index, record)| record["seq"] == index as u64 + 1), "{name}: no gap");
    let last = &records.last().unwrap();
    assert_eq!((&last["type"], &last["data"]["status"]), (&json!("outcome"), &json!("done")), "{name}");
}

/// Kills a run after each of its lines in turn, and goes on with it.
fn goes_on_after_a_kill_at_any_moment(wire: Wire) {
    for after in 1.. {
        let name = format!("{wire:?}, killed after line {after}");
        let project = project(wire);
        let running = Running::start(&project, &["work"]);
        let came = (0..after).map_while(|_| running.line()).last().expect("a first line");
        running.kill();
        let outcome = project.run(&["--continue", "and go on"]).code(0);
        assert_eq!(outcome.stdout, "I went on.\n", "{name}");
        project.model_server().assert_no_violations();
        check_log(&project, &name);
        assert!(trace(&project).values().all(|times| *times == 1), "{name}: {:?}", trace(&project));
        if came["type"] == "outcome" {
            assert_eq!(trace(&project).len(), 3, "{name}");
            assert!(after > 15, "there are many moments: {after}");
            return;
        }
    }
}

#[test]
fn a_run_killed_at_any_moment_goes_on_with_responses() {
    goes_on_after_a_kill_at_any_moment(Wire::Responses);
}

#[test]
fn a_run_killed_at_any_moment_goes_on_with_chat() {
    goes_on_after_a_kill_at_any_moment(Wire::Chat);
}

#[test]
fn a_run_killed_at_any_moment_goes_on_with_messages() {
    goes_on_after_a_kill_at_any_moment(Wire::Messages);
}

#[test]
fn a_run_killed_at_any_moment_goes_on_with_gemini() {
    goes_on_after_a_kill_at_any_moment(Wire::Gemini);
}

#[test]
fn a_run_killed_at_any_moment_goes_on_with_converse() {
    goes_on_after_a_kill_at_any_moment(Wire::Converse);
}

#[test]
fn a_call_that_was_running_is_never_run_again_and_the_model_is_told() {
    for wire in WIRES {
        let slow =
            shell("echo once >> trace; exec sleep 60").and_call("shell", json!({"command": "echo never >> trace"}));
        let project = Project::new()
            .server(Server::start(wire, vec![slow.into(), Reply::text("I look at the files first.").into()]))
            .env("AGENT_MODEL", model_of(wire));
        let running = Running::start(&project, &["work"]);
        running.until("tool_started");
        appears(&project.path().join("trace"));
        running.kill();
        project.run(&["--continue", "and go on"]).code(0);
        project.model_server().assert_no_violations();
        assert_eq!(project.read("trace"), "once\n", "{wire:?}");
        let request = asked(&project.model_server().requests()[1]);
        let (unknown, before) =
            (request.find("interrupted, outcome unknown"), request.find("interrupted before it ran"));
        assert!(unknown.is_some() && unknown < before, "{wire:?}: both calls are answered, in order: {request}");
        assert!(before < request.find("and go on"), "{wire:?}: the answers come before the new words");
        let records = records(&project);
        let ends: Vec<&Value> = of_type(&records, "tool_finished").into_iter().map(|data| &data["status"]).collect();
        assert_eq!(ends, ["interrupted", "interrupted"]);
    }
}

#[test]
fn an_answer_that_was_streaming_leaves_no_trace() {
    for wire in WIRES {
        let reply = Reply::text("words ".repeat(200)).and_call("shell", json!({"command": "echo never > trace"}));
        let at = Server::rendered_len(wire, &reply) * 2 / 3;
        let steps = vec![Step::Cut { reply, at, hang: true }, Reply::text("I went on.").into()];
        let project = Project::new().server(Server::start(wire, steps)).env("AGENT_MODEL", model_of(wire));
        let running = Running::start(&project, &["--json-deltas", "work"]);
        running.until("delta");
        running.kill();
        project.run(&["--continue", "and go on"]).code(0);
        project.model_server().assert_no_violations();
        let request = asked(&project.model_server().requests()[1]);
        assert!(!request.contains("words words") && request.contains("and go on"), "{wire:?}: {request}");
        assert!(!project.exists("trace"), "{wire:?}");
        assert_eq!(of_type(&records(&project), "message").len(), 1, "{wire:?}");
    }
}

#[test]
fn a_torn_log_goes_on_and_the_user_learns_of_it() {
    let project = Project::new().reply(shell("echo one >> trace")).reply(Reply::text("done")).reply(Reply::text("on"));
    project.run(&["work"]).code(0);
    let path = &project.sessions()[0];
    let bytes = std::fs::read(path).unwrap();
    std::fs::write(path, &bytes[..bytes.len() - 20]).unwrap();
    let torn = bytes.len() - 20 - bytes[..bytes.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() - 1;
    let lines = project.run(&["--json", "--continue", "and go on"]).code(0).json();
    assert_eq!((&lines[0]["type"], &lines[0]["data"]["bytes"]), (&json!("log_cut"), &json!(torn)));
    assert_eq!(lines[1]["data"]["resumed"], true);
    project.model_server().assert_no_violations();
    check_log(&project, "torn");
    assert_eq!(project.read("trace"), "one\n");
}

#[test]
fn a_session_that_is_open_elsewhere_is_left_alone() {
    let project = Project::new().step(Step::Hang).reply(Reply::text("never asked"));
    let running = Running::start(&project, &["work"]);
    running.until("turn_started");
    let outcome = project.run(&["--json", "--continue", "and go on"]).code(2);
    outcome
        .clone()
        .stderr_has("error: this session is open in another agent process")
        .stderr_has("hint: wait until it ends");
    assert_eq!(outcome.outcome()["status"], "usage");
    running.kill();
    project.run(&["--continue", "and go on"]).code(0).stdout_has("never asked");
}

fn started(outcome: &Outcome) -> Value {
    let lines = outcome.json();
    let found = lines.iter().find(|line| line["type"] == "session_started").expect("a session started");
    found["data"].clone()
}

/// With the model and the mode that it had, where the user does not say otherwise now.
#[test]
fn a_session_is_resumed_by_the_first_digits_of_its_id() {
    let texts = |words: &[&str]| words.iter().map(|text| Reply::text(*text).into()).collect();
    let project = Project::new()
        .server(Server::start(Wire::Messages, texts(&["one", "two", "three", "four", "five", "six"])))
        .env("AGENT_MODEL", "");
    let first =
        project.run(&["--json", "-m", "anthropic/claude-first", "--mode", "read", "remember the heron"]).code(0);
    let id = first.outcome()["session"].as_str().unwrap().to_owned();
    project.run(&["--json", "-m", "anthropic/claude-other", "--mode", "full", "another task"]).code(0);
    let resume = |args: &[&str]| started(&project.run(&[&["--json", "--resume"], args].concat()).code(0));
    let again = resume(&[&id[..18], "and then"]);
    assert_eq!((&again["session"], &again["resumed"]), (&json!(id), &json!(true)));
    assert_eq!((&again["model"], &again["mode"]), (&json!("anthropic/claude-first"), &json!("read")));
    assert!(asked(&project.model_server().requests()[2]).contains("remember the heron"));
    let said = resume(&[&id, "-m", "anthropic/claude-new", "--mode", "ask", "and then"]);
    assert_eq!((&said["model"], &said["mode"]), (&json!("anthropic/claude-new"), &json!("ask")));
    assert_eq!(resume(&[&id, "and then"])["model"], "anthropic/claude-new", "what was said last stays");
    let latest = started(&project.run(&["--json", "--continue", "x"]).code(0));
    assert_ne!(latest["session"], json!(id), "the newest session of the folder");
    assert_eq!(latest["mode"], "auto", "`full` is never remembered");
    project.run(&["--resume", &id[..4], "x"]).code(2).stderr_has("begins 2 sessions");
    project.run(&["--resume", "zzz", "x"]).code(2).stderr_has("there is no session `zzz`");
    Project::new().reply(Reply::text("x")).run(&["--continue", "x"]).code(2).stderr_has("there is no session in `");
}

/// The reasoning of another model, and the ids and tools of another wire, are nothing to the new one.
#[test]
fn a_session_goes_on_with_a_model_of_any_other_wire() {
    for first in WIRES {
        for second in WIRES.into_iter().filter(|second| *second != first) {
            let patch = "*** Begin Patch\n*** Add File: new.txt\n+fresh\n*** End Patch\n";
            let change = match first {
                Wire::Responses => {
                    Reply::default().and(Say::Custom { name: "apply_patch".into(), input: patch.into() })
                }
                Wire::Chat | Wire::Messages | Wire::Gemini | Wire::Converse => {
                    Reply::call("write", json!({"path": "new.txt", "content": "fresh\n"}))
                }
            };
            let replies = vec![
                shell("echo one >> trace").into(),
                change.into(),
                Reply::text("done").think("a thought of mine").into(),
            ];
            let project = Project::new().server(Server::start(first, replies));
            project.run(&["-m", model_of(first), "work"]).code(0);
            project.model_server().assert_no_violations();
            let project = project
                .server(Server::start(second, vec![shell("echo two >> trace").into(), Reply::text("on").into()]));
            project.run(&["--continue", "-m", model_of(second), "and go on"]).code(0);
            project.model_server().assert_no_violations();
            assert_eq!(
                (project.read("trace"), project.read("new.txt")),
                ("one\ntwo\n".into(), "fresh\n".into()),
                "{first:?} to {second:?}"
            );
            let request = asked(&project.model_server().requests()[0]);
            assert!(request.contains("fresh") && request.contains("and go on"), "{first:?} to {second:?}: {request}");
            assert!(!request.contains("a thought of mine"), "{first:?} to {second:?}: {request}");
        }
    }
}

//! `--record` and `--replay`: what happened once happens again, without key and network; and a recording tells no key.

use super::lab::WIRES;
use super::talk::{events, message, status};
use crate::support::*;
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

const KEY: &str = "test-key-0123456789";

fn files(project: Project) -> Project {
    project.file("src/a.txt", "one\ntwo\nthree\n").file("old.txt", "old\n")
}

fn edit(wire: Wire) -> Reply {
    match wire {
        Wire::Responses => Reply::default().think("so").and(Say::Custom {
            name: "apply_patch".into(),
            input: "*** Begin Patch\n*** Update File: src/a.txt\n@@\n-two\n+zwei\n*** Delete File: old.txt\n*** End Patch\n"
                .into(),
        }),
        Wire::Chat | Wire::Messages | Wire::Gemini | Wire::Converse => Reply::default()
            .think("so")
            .and_call("edit", json!({"edits": [{"path": "src/a.txt", "old_string": "two", "new_string": "zwei"}]}))
            .and_call("shell", json!({"command": "rm old.txt && echo gone"})),
    }
}

fn project(wire: Wire, steps: Vec<Step>) -> Project {
    let model = match wire {
        Wire::Responses => "openai/gpt-6-sol",
        Wire::Chat => "lab/test-model",
        Wire::Messages => "anthropic/claude-sonnet-5",
        Wire::Gemini => "google/gemini-3.1-pro-preview",
        Wire::Converse => "lab/claude-test",
    };
    files(Project::new().server(Server::start(wire, steps))).env("AGENT_MODEL", model)
}

/// Where a project's recording lies: not in its tree.
fn tape(project: &Project) -> PathBuf {
    project.home().join("tape.jsonl")
}

fn record(project: &Project) -> Outcome {
    project.run(&["--json", "--record", &tape(project).display().to_string(), "change two to zwei"])
}

/// Plays a recording for somebody else: no key, no configuration, no server.
fn replay(path: &std::path::Path) -> (Project, Outcome) {
    let project = files(Project::new());
    // Whoever asks the network all the same gets no answer.
    let project = project.env("HTTPS_PROXY", "http://proxy.invalid:1").env("HTTP_PROXY", "http://proxy.invalid:1");
    let outcome = project.run(&["--json", "--replay", &path.display().to_string(), "change two to zwei"]);
    (project, outcome)
}

/// The events without what no two runs share: times, ids of the session, and the folder.
fn timeless(project: &Project, outcome: &Outcome) -> Vec<Value> {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for name in ["time", "duration_ms", "first_token_ms", "session", "wait_ms", "replayed"] {
                    fields.remove(name);
                }
                fields.values_mut().for_each(strip);
            }
            Value::Array(values) => values.iter_mut().for_each(strip),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let text = outcome.stdout.replace(&project.path().display().to_string(), "WORK");
    let mut lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    lines.iter_mut().for_each(strip);
    lines
}

/// Records these steps and plays them; gives the recording's exchanges.
#[track_caller]
fn assert_replays(wire: Wire, steps: Vec<Step>, code: i32) -> Vec<Value> {
    let recorded = project(wire, steps);
    let first = record(&recorded).code(code);
    let (played, second) = replay(&tape(&recorded));
    let second = second.code(code);
    assert_eq!(played.tree(), recorded.tree(), "{wire:?}");
    assert_eq!(timeless(&played, &second), timeless(&recorded, &first), "{wire:?}");
    let text = std::fs::read_to_string(tape(&recorded)).expect("a recording");
    text.lines().skip(1).map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn a_recording_plays_as_it_was() {
    for wire in WIRES {
        let steps = vec![Step::Reply(edit(wire)), Step::Reply(Reply::text("Done, ✓."))];
        let exchanges = assert_replays(wire, steps, 0);
        let statuses: Vec<&Value> = exchanges.iter().map(|exchange| &exchange["status"]).collect();
        assert_eq!(statuses, [200, 200], "{wire:?}");
        // Bytes that are no text are kept as they came, and text stays text.
        let name = if wire == Wire::Converse { "body_base64" } else { "body" };
        assert!(exchanges.iter().all(|exchange| exchange[name].is_string()), "{wire:?}");
    }
}

#[test]
fn a_replay_spends_nothing_and_needs_no_other_model() {
    let recorded = project(Wire::Messages, vec![Step::Reply(edit(Wire::Messages)), Step::Reply(Reply::text("Done."))]);
    record(&recorded).code(0);
    recorded.agent(&["cost"]).code(0).stdout_has("anthropic/claude-sonnet-5");
    let played = files(Project::new()).config("[roles]\nfast = \"openai/gpt-6-luna\"\n[budget]\nday = \"1.00\"\n");
    played.run(&["--json", "--replay", &tape(&recorded).display().to_string(), "change two to zwei"]).code(0);
    for args in [&["cost"][..], &["cost", "--rebuild"]] {
        let shown = played.agent(args).code(0);
        assert!(!format!("{}{}", shown.stdout, shown.stderr).contains("claude"), "{args:?}: {shown}");
    }
}

#[test]
fn failures_are_recorded_too() {
    let wire = Wire::Messages;
    let done = || Step::Reply(Reply::text("Done."));
    let soon = status(500, &[("retry-after-ms", "5")], Server::error_body(wire, 500, "broken"));
    let exchanges = assert_replays(wire, vec![soon.clone(), Step::Reply(edit(wire)), done()], 0);
    assert_eq!((exchanges.len(), &exchanges[0]["retry_after_ms"]), (3, &json!(5)));
    let cut = Step::Cut { reply: edit(wire), at: 700, hang: false };
    let exchanges = assert_replays(wire, vec![cut, soon, Step::Reply(edit(wire)), done()], 0);
    assert!(exchanges[0]["cut"].is_string() && exchanges[1].get("cut").is_none(), "{exchanges:?}");
    let refused = status(401, &[], Server::error_body(wire, 401, "who are you"));
    assert_replays(wire, vec![Step::Reply(edit(wire)), refused], 3);
}

#[test]
fn a_request_without_an_answer_is_recorded_too() {
    let wire = Wire::Messages;
    let moved = || status(307, &[("Location", "http://elsewhere.invalid/")], "");
    let exchanges = assert_replays(wire, vec![Step::Reply(edit(wire)), moved()], 4);
    assert_eq!((&exchanges[1]["status"], &exchanges[1]["kind"]), (&json!(0), &json!("provider")));
}

/// The socket of the first answer stays open while the second one is read.
#[test]
fn answers_are_recorded_in_the_order_of_their_requests() {
    for wire in WIRES {
        let steps = vec![Step::Open(edit(wire)), Step::Open(Reply::text("Done."))];
        assert_replays(wire, steps, 0);
    }
}

#[test]
fn a_recording_is_private_and_holds_no_key() {
    for wire in WIRES {
        let body = Server::error_body(wire, 500, &format!("cannot look up {KEY}"));
        let steps = vec![status(500, &[("retry-after-ms", "5")], body), Step::Reply(Reply::text("Done."))];
        let project = project(wire, steps);
        record(&project).code(0);
        let meta = std::fs::metadata(tape(&project)).expect("a recording");
        assert_eq!(meta.permissions().mode() & 0o777, 0o600, "{wire:?}");
        let text = std::fs::read_to_string(tape(&project)).expect("text");
        assert!(!text.contains(KEY), "{wire:?}: {text}");
        assert!(text.contains("cannot look up [secret "), "{wire:?}: {text}");
    }
}

#[test]
fn nothing_is_recorded_over_a_file() {
    let project = project(Wire::Messages, vec![]);
    std::fs::write(tape(&project), "mine").expect("a file");
    let outcome = record(&project).code(2);
    assert!(message(&outcome).contains("tape.jsonl") && message(&outcome).contains("exists"), "{outcome}");
    assert_eq!(std::fs::read_to_string(tape(&project)).expect("the file"), "mine");
    let missing = project.run(&["--json", "--record", "no/such/folder/tape", "x"]).code(2);
    assert!(message(&missing).contains("`no/such/folder/tape`"), "{missing}");
    assert_eq!(project.model_server().requests().len(), 0);
}

#[test]
fn a_run_that_is_refused_leaves_no_recording_in_the_way_of_the_next() {
    let project = project(Wire::Messages, vec![Step::Reply(Reply::text("Done."))]);
    let path = tape(&project).display().to_string();
    project.run(&["--record", &path, "-c", "sandbox.backend=none", "x"]).code(7);
    assert!(!tape(&project).exists());
    record(&project).code(0);
}

#[test]
fn a_broken_recording_names_its_line() {
    const TITLE: &str = r#"{"agent_recording":1,"model":"anthropic/claude-sonnet-5","wire":"messages"}"#;
    let cases = [
        ("empty", String::new(), "line 1: it is empty"),
        ("no JSON", "once upon a time\n".to_owned(), "line 1: "),
        ("another format", r#"{"type":"session_started"}"#.to_owned(), "line 1: "),
        ("a later version", TITLE.replace(":1,", ":2,"), "line 1: version 2 is not known"),
        ("an unknown wire", TITLE.replace("messages", "smoke"), "line 1: "),
        ("a torn exchange", format!("{TITLE}\n{{\"status\":200,\"body\":\"\"}}\n{{\"status\":20"), "line 3: "),
        ("no body", format!("{TITLE}\n{{\"status\":200}}\n"), "line 2: missing field `body`"),
        ("two bodies", format!("{TITLE}\n{{\"status\":200,\"body\":\"\",\"body_base64\":\"\"}}\n"), "line 2: "),
        (
            "bytes that are none",
            format!("{TITLE}\n{{\"status\":200,\"body_base64\":\"*\"}}\n"),
            "line 2: `body_base64`",
        ),
    ];
    for (name, text, expected) in cases {
        let project = files(Project::new());
        std::fs::write(tape(&project), text).expect("a file");
        let outcome = project.run(&["--json", "--replay", &tape(&project).display().to_string(), "x"]).code(2);
        let said = message(&outcome);
        assert!(said.contains("tape.jsonl` is not a recording") && said.contains(expected), "{name}: {said}");
        assert_eq!(project.tree().len(), 2, "{name}");
    }
    let missing = files(Project::new()).run(&["--json", "--replay", "nowhere.jsonl", "x"]).code(2);
    assert!(message(&missing).contains("`nowhere.jsonl`"), "{missing}");
}

#[test]
fn a_recording_that_is_over_says_so() {
    let recorded = project(Wire::Messages, vec![Step::Reply(edit(Wire::Messages)), Step::Reply(Reply::text("Done."))]);
    record(&recorded).code(0);
    let text = std::fs::read_to_string(tape(&recorded)).expect("a recording");
    let short: Vec<&str> = text.lines().take(2).collect();
    std::fs::write(tape(&recorded), short.join("\n")).expect("a file");
    let (_, outcome) = replay(&tape(&recorded));
    let outcome = outcome.code(4);
    assert_eq!(message(&outcome), "the recording is over, and the model was asked once more");
    assert!(outcome.outcome()["error"]["hint"].is_string() && events(&outcome, "waiting").is_empty(), "{outcome}");
}

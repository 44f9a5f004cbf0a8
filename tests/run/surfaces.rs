//! The surfaces of a run as programs meet them: text, JSON lines, the answer in a file or as checked JSON, check rounds,
//! and sessions that go on.

use super::ending::*;
use crate::support::*;
use serde_json::{Value, json};

const DONE: Ending = Ending { exit: 0, status: "done", message: "", hint: "" };

/// A task with every common kind of event.
fn busy() -> Project {
    Project::new()
        .file("a.txt", "one\n")
        .reply(
            Reply::call("read", json!({"path": "a.txt"}))
                .and_call("plan", json!({"steps": [{"step": "change it", "status": "in_progress"}]}))
                .think("look first"),
        )
        .reply(
            Reply::text("I change it now.")
                .and_call("edit", json!({"edits": [{"path": "a.txt", "old_string": "one", "new_string": "two"}]}))
                .and_call("shell", json!({"command": "echo oops; false"})),
        )
        .reply(Reply::text("It says two now."))
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().expect("an object").keys().map(String::as_str).collect()
}
/// The fields of an outcome, as the contract has them.
const OUTCOME: [&str; 11] = [
    "status",
    "exit",
    "summary",
    "turns",
    "tokens",
    "cost_usd",
    "duration_ms",
    "checks",
    "changed",
    "session",
    "error",
];

#[test]
fn standard_output_is_the_answer_and_standard_error_the_talk() {
    let outcome = busy().run(&["change it"]).code(0);
    assert_eq!(outcome.stdout, "It says two now.\n");
    let first = outcome.stderr.lines().next().unwrap();
    assert!(first.contains("anthropic/test-model") && first.ends_with("· sandbox: namespaces, network off"), "{first}");
    for part in [
        "read a.txt",
        "I change it now.",
        "changed a.txt (+1 -1)",
        "-one",
        "+two",
        "shell echo oops; false",
        "failed",
        "3 turns",
        "cost unknown",
    ] {
        assert!(outcome.stderr.contains(part), "no {part:?}\n{outcome}");
    }
}

#[test]
fn quiet_is_the_answer_alone() {
    let outcome = busy().run(&["--quiet", "change it"]).code(0);
    assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), ("It says two now.\n", ""));
    let failed = Project::new().reply(Reply::default()).run(&["--quiet", "x"]).code(1);
    let words = "error: the model gave an empty answer\nhint: try again, or choose another model with -m\n";
    assert_eq!((failed.stdout.as_str(), failed.stderr.as_str()), ("", words));
}

#[test]
fn each_json_line_is_a_numbered_record_and_the_last_the_outcome() {
    let outcome = busy().run(&["--json", "--check", "true", "change it"]).code(0);
    let lines = outcome.json();
    for (line, number) in lines.iter().zip(1..) {
        assert_eq!(keys(line), ["schema", "seq", "time", "type", "data"], "{line}");
        assert_eq!((&line["schema"], &line["seq"]), (&json!(1), &json!(number)), "{line}");
        let time = line["time"].as_str().unwrap();
        assert!(time.len() == 24 && time.ends_with('Z') && time.as_bytes()[19] == b'.', "milliseconds, UTC: {time}");
    }
    let data = ends(&outcome, DONE);
    assert_eq!(keys(&data), OUTCOME);
    assert_eq!(keys(&data["tokens"]), ["input", "cached", "cache_written", "output", "reasoning"]);
    assert_eq!(keys(&data["checks"][0]), ["command", "passed", "round", "exit", "duration_ms"]);
    assert_eq!(data["changed"], json!([{"path": "a.txt", "added": 1, "removed": 1}]));
    assert_eq!((&data["turns"], &data["tokens"]["input"], &data["cost_usd"]), (&json!(3), &json!(300), &Value::Null));
    assert_eq!(data["session"], lines[0]["data"]["session"]);
    assert_eq!(outcome.stderr, "", "with --json there is no talk");
}

#[test]
fn an_early_failure_has_the_same_outcome_fields() {
    let outcome = Project::new().run(&["--json", "--mode", "wild", "x"]);
    let line = outcome.json().remove(0);
    assert_eq!(keys(&line), ["schema", "seq", "time", "type", "data"]);
    assert_eq!(keys(&line["data"]), OUTCOME);
    assert_eq!(keys(&line["data"]["error"]), ["kind", "message", "hint"]);
}

#[test]
fn the_json_lines_are_those_of_the_log() {
    let project = busy();
    let outcome = project.run(&["--json", "change it"]).code(0);
    let log = std::fs::read_to_string(&project.sessions()[0]).unwrap();
    let bare: Vec<String> =
        log.lines().map(|line| format!("{}}}", line.rsplit_once(",\"chain\":\"").expect("a chain").0)).collect();
    let shown: Vec<&str> = outcome.stdout.lines().collect();
    assert_eq!(bare, shown);
}

#[test]
fn a_session_that_goes_on_shows_only_what_is_new() {
    let project = busy().reply(Reply::text("Nothing more."));
    let first = project.run(&["--json", "change it"]).code(0).json();
    let second = project.run(&["--json", "--continue", "and now?"]).code(0).json();
    assert_eq!(second[0]["seq"], json!(first.len() + 1));
    assert_eq!(second[0]["data"]["resumed"], true);
    let numbers: Vec<u64> = first.iter().chain(&second).map(|line| line["seq"].as_u64().unwrap()).collect();
    assert!(numbers.iter().copied().eq(1..=numbers.len() as u64), "{numbers:?}");
    assert_eq!(second.last().unwrap()["data"]["changed"], json!([]), "each task's own outcome");
    assert_eq!(project.sessions().len(), 1);
    project.model_server().assert_no_violations();
}

#[test]
fn deltas_have_no_number_and_add_up_to_the_message() {
    let text = "A longer answer — with «signs» and\nlines, in pieces. ".repeat(20);
    let project = || Project::new().reply(Reply::default().think("Hmm, let me see.").and_text(text.clone()));
    let lines = project().run(&["--json", "--json-deltas", "x"]).code(0).json();
    let mut spoken = std::collections::BTreeMap::<&str, String>::new();
    for line in lines.iter().filter(|line| line["type"] == "delta") {
        assert_eq!(keys(line), ["schema", "type", "data"], "{line}");
        spoken
            .entry(line["data"]["kind"].as_str().unwrap())
            .or_default()
            .push_str(line["data"]["text"].as_str().unwrap());
    }
    assert_eq!(spoken["text"], text);
    assert_eq!(spoken["reasoning"], "Hmm, let me see.");
    let message = of_type(&lines, "message")[0];
    let whole: String = message["parts"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|part| part["type"] == "text")
        .filter_map(|part| part["text"].as_str())
        .collect();
    assert_eq!(whole, text);
    let numbers: Vec<u64> = lines.iter().filter_map(|line| line["seq"].as_u64()).collect();
    assert!(numbers.iter().copied().eq(1..=numbers.len() as u64));
    project().run(&["--json", "x"]).code(0).stdout_lacks("\"delta\"");
}

#[test]
fn the_answer_goes_to_a_file_when_the_task_is_done() {
    let project = busy();
    let outcome = project.run(&["-o", "answer.txt", "change it"]).code(0);
    assert_eq!(
        (project.read("answer.txt").as_str(), outcome.stdout.as_str()),
        ("It says two now.\n", "It says two now.\n")
    );
    for path in ["old.txt", "new.txt"] {
        let failed = Project::new().file("old.txt", "kept").reply(Reply::default());
        failed.run(&["-o", path, "x"]).code(1);
        assert_eq!(failed.read("old.txt"), "kept", "a failed run leaves the file there is");
        assert!(!failed.exists("new.txt"), "and makes none");
    }
}

const SCHEMA: &str = r#"{"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}"#;

#[test]
fn an_answer_that_fits_the_schema_is_the_output() {
    for answer in ["{\"n\": 3}", "```json\n{\"n\": 3}\n```", "\n {\"n\": 3} \n"] {
        let project = Project::new().file("schema.json", SCHEMA).reply(Reply::text(answer));
        let outcome = project.run(&["--output-schema", "schema.json", "-o", "out.json", "count"]).code(0);
        assert_eq!((outcome.stdout.as_str(), project.read("out.json").as_str()), ("{\"n\": 3}\n", "{\"n\": 3}\n"));
        assert!(told(&project, 0).contains("\"required\":[\"n\"]"), "the model is told the schema");
    }
}

#[test]
fn an_answer_that_does_not_fit_the_schema_is_asked_for_again() {
    let project = Project::new()
        .file("schema.json", SCHEMA)
        .reply(Reply::text("three"))
        .reply(Reply::text("{\"n\": \"three\"}"))
        .reply(Reply::text("{\"n\": 3}"));
    let outcome = project.run(&["--output-schema", "schema.json", "count"]).code(0);
    assert_eq!(outcome.stdout, "{\"n\": 3}\n");
    assert!(told(&project, 1).contains("Your answer does not fit the schema: it is not JSON"), "{}", told(&project, 1));
    assert!(told(&project, 2).contains("at /n: \"three\" is not of type \"integer\""), "{}", told(&project, 2));
    assert!(outcome.stderr.contains("the answer does not fit the schema; asking again"));
}

#[test]
fn a_check_that_fails_goes_back_until_it_passes() {
    let project = Project::new()
        .reply(Reply::text("All is well."))
        .reply(Reply::call("write", json!({"path": "fixed", "content": ""})).and_text("I mend it."))
        .reply(Reply::text("Now it is."));
    let outcome = project.run(&["--json", "--check", "echo looking; test -e fixed", "mend it"]);
    let data = ends(&outcome, DONE);
    assert!(
        told(&project, 1).contains("failed with exit code 1. Mend the cause") && told(&project, 1).contains("looking")
    );
    let lines = outcome.json();
    let results: Vec<_> = of_type(&lines, "check_finished")
        .iter()
        .map(|check| (check["round"].clone(), check["passed"].clone()))
        .collect();
    assert_eq!(results, [(json!(1), json!(false)), (json!(2), json!(true))]);
    assert_eq!(data["checks"].as_array().map(Vec::len), Some(1), "the last result of each check");
    assert_eq!((&data["checks"][0]["passed"], &data["checks"][0]["round"]), (&json!(true), &json!(2)));
    assert_eq!(data["summary"], "Now it is.");
}

/// A session goes on with its own model and mode; what is said now wins, and `full` is never remembered.
#[test]
fn a_session_goes_on_with_its_model_and_mode() {
    let project = (0..4).fold(Project::new(), |project, nth| project.reply(Reply::text(format!("Answer {nth}."))));
    let started = |args: &[&str]| {
        let mut command = project.command(args);
        command.env_remove("AGENT_MODEL");
        let lines = run(command).code(0).json();
        let data = of_type(&lines, "session_started")[0].clone();
        (data["model"].as_str().unwrap().to_owned(), data["mode"].as_str().unwrap().to_owned())
    };
    let first = started(&["run", "--json", "-m", "anthropic/first-model", "--mode", "read", "x"]);
    assert_eq!(first, ("anthropic/first-model".into(), "read".into()));
    assert_eq!(started(&["run", "--json", "--continue", "y"]), first);
    let second = started(&["run", "--json", "--continue", "-m", "anthropic/second-model", "--mode", "full", "z"]);
    assert_eq!(second, ("anthropic/second-model".into(), "full".into()));
    assert_eq!(started(&["run", "--json", "--continue", "z"]), ("anthropic/second-model".into(), "auto".into()));
    let models: Vec<Value> =
        project.model_server().requests().iter().map(|request| request.body["model"].clone()).collect();
    assert_eq!(models, ["first-model", "first-model", "second-model", "second-model"]);
    assert_eq!(project.sessions().len(), 1);
    project.model_server().assert_no_violations();
}

#[test]
fn an_ephemeral_run_leaves_nothing() {
    let project = Project::new().reply(Reply::text("Done."));
    project.run(&["--ephemeral", "x"]).code(0);
    assert!(project.sessions().is_empty());
    assert!(!project.home().join(".local").exists());
}

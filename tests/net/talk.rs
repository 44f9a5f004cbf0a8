//! The binary against a scripted server: what the tests of the network share.

use crate::support::*;
use serde_json::{Value, json};

/// A project whose server plays these steps on a model with known prices ($2 and $10 for a million tokens), where the
/// wire's provider is in the catalog.
pub fn project(wire: Wire, steps: Vec<Step>) -> Project {
    over(wire, Server::start(wire, steps))
}

pub fn over(wire: Wire, server: Server) -> Project {
    let model = match wire {
        Wire::Responses => "openai/gpt-6-sol",
        Wire::Chat => "lab/test-model",
        Wire::Messages => "anthropic/claude-sonnet-5",
        Wire::Gemini => "google/gemini-3.1-pro-preview",
        Wire::Converse => "lab/claude-test",
    };
    Project::new().file("a.txt", "one\ntwo\n").server(server).env("AGENT_MODEL", model)
}

/// `agent run --json` with these arguments and a task.
#[track_caller]
pub fn run(project: &Project, args: &[&str]) -> Outcome {
    let mut all = vec!["--json"];
    all.extend_from_slice(args);
    all.push("say it");
    project.run(&all)
}

/// The data of each event of a type.
#[track_caller]
pub fn events(outcome: &Outcome, kind: &str) -> Vec<Value> {
    let lines = outcome.json();
    lines.iter().filter(|line| line["type"] == kind).map(|line| line["data"].clone()).collect()
}

/// The message of the error that ended the run.
#[track_caller]
pub fn message(outcome: &Outcome) -> String {
    let data = outcome.outcome();
    data["error"]["message"].as_str().unwrap_or_else(|| panic!("no error\n{outcome}")).to_owned()
}

/// Does `check` for each case, side by side: most of their time is waiting.
pub fn side_by_side<Case: Sync>(cases: &[Case], check: impl Fn(&Case) + Sync) {
    for group in cases.chunks(8) {
        std::thread::scope(|scope| {
            let checks: Vec<_> = group.iter().map(|case| scope.spawn(|| check(case))).collect();
            for check in checks {
                if let Err(panic) = check.join() {
                    std::panic::resume_unwind(panic);
                }
            }
        });
    }
}

pub fn status(code: u16, headers: &[(&str, &str)], body: impl Into<String>) -> Step {
    let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Step::Status { code, headers, body: body.into() }
}

pub fn text() -> Step {
    Step::Reply(Reply::text("All said."))
}

pub fn read() -> Reply {
    Reply::call("read", json!({ "path": "a.txt" }))
}

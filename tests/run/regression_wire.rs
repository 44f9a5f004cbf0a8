//! Defects in how a run takes what a server sends, found by reading the code: each a test that is named for what broke.

use super::ending::*;
use crate::support::*;
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const WIRES: [Wire; 4] = [Wire::Responses, Wire::Chat, Wire::Messages, Wire::Gemini];
const DONE: Ending = Ending { exit: 0, status: "done", message: "", hint: "" };
const PROVIDER: Ending = Ending { exit: 4, status: "provider", message: "", hint: "" };
const PRICES: &str = "models.\"lab/test-model\" = { input = 1.00, output = 4.00 }
models.\"openai/test-model\" = { input = 1.00, output = 4.00 }
models.\"anthropic/test-model\" = { input = 1.00, output = 4.00 }
models.\"google/test-model\" = { input = 1.00, output = 4.00 }
";

fn playing(wire: Wire, steps: Vec<Step>) -> Project {
    Project::new().server(Server::start(wire, steps))
}

fn stream(body: String) -> Step {
    Step::Raw { content_type: "text/event-stream".into(), body }
}

/// The output that was charged for the first request.
fn charged(outcome: &Outcome) -> u64 {
    let lines = outcome.json();
    let turns = of_type(&lines, "turn_finished");
    turns[0]["tokens"]["output"].as_u64().unwrap_or_else(|| panic!("no count\n{outcome}"))
}

#[test]
fn the_calls_of_a_filtered_answer_were_run() {
    for wire in WIRES {
        let stop = match wire {
            Wire::Messages => "refusal",
            Wire::Gemini => "SAFETY",
            Wire::Responses | Wire::Chat => "content_filter",
            Wire::Converse => unreachable!("not of this list: its streams are no text"),
        };
        let call = Reply::text("I do it.").and_call("shell", json!({"command": "touch made"})).stop(stop);
        let project = playing(wire, vec![call.into(), Reply::text("Something else.").into()]);
        let outcome = project.run(&["--json", "x"]);
        let (message, hint) = ("the model declined the task", "-m");
        ends(&outcome, Ending { exit: 1, status: "incomplete", message, hint });
        let lines = outcome.json();
        // A codec may leave such calls out; those that it gives are answered as not run.
        let finished = of_type(&lines, "tool_finished");
        eprintln!("{wire:?}: {} calls", finished.len());
        assert!(finished.iter().all(|call| call["status"] == "failed"), "{wire:?}: {outcome}");
        assert!(of_type(&lines, "tool_started").is_empty() && !project.exists("made"), "{wire:?}: {outcome}");
        project.run(&["--continue", "something else"]).code(0).stdout_has("Something else.");
        project.model_server().assert_no_violations();
    }
}

/// What was counted before the break was one token; a budget would never have been reached.
#[test]
fn a_stream_that_broke_off_cost_nothing() {
    let reply = Reply::text("some words of an answer ".repeat(2000));
    for wire in WIRES {
        let body = Server::render(wire, &reply, 0);
        let end = match wire {
            Wire::Responses => "event: response.output_text.done",
            Wire::Chat => "\"finish_reason\":\"stop\"",
            Wire::Messages => "event: message_delta",
            Wire::Gemini => "\"finishReason\":\"STOP\"",
            Wire::Converse => unreachable!("not of this list: its streams are no text"),
        };
        let at = body.find(end).expect("its end");
        let at = body[..at].rfind("\n\n").expect("the event before") + 2;
        let project = playing(wire, vec![Step::Cut { reply: reply.clone(), at, hang: false }]);
        let outcome = project.run(&["--json", "-c", "network.retry_budget=0s", "x"]);
        assert_eq!((outcome.code, &outcome.outcome()["status"]), (4, &json!("provider")), "{wire:?}: {outcome}");
        let output = outcome.outcome()["tokens"]["output"].as_u64().unwrap();
        assert!((6000..24_000).contains(&output), "{wire:?}: {output} tokens for 48 KB of text");
    }
}

#[test]
fn a_long_call_without_usage_cost_nothing() {
    let content: String = (0..2500).map(|nth| format!("line {nth} of the file\n")).collect();
    for wire in WIRES {
        let nothing = TokenUse { input: 0, output: 0, ..TokenUse::default() };
        let call = match wire {
            Wire::Responses => {
                let lines: String = content.lines().map(|line| format!("+{line}\n")).collect();
                let input = format!("*** Begin Patch\n*** Add File: long.txt\n{lines}*** End Patch\n");
                Reply::default().and(Say::Custom { name: "apply_patch".into(), input })
            }
            Wire::Chat | Wire::Messages | Wire::Gemini | Wire::Converse => {
                Reply::call("write", json!({"path": "long.txt", "content": content}))
            }
        };
        let project = playing(wire, vec![call.usage(nothing).into(), Reply::text("Done.").into()]);
        // Patches as free text are for models whose name says that they know them.
        let args: &[&str] = if wire == Wire::Responses { &["-m", "openai/gpt-test"] } else { &[] };
        let outcome = project.run(&[&["--json"], args, &["x"]].concat());
        ends(&outcome, DONE);
        assert_eq!(project.read("long.txt"), content, "{wire:?}");
        let output = charged(&outcome);
        assert!(output > content.len() as u64 / 8, "{wire:?}: {output} tokens for {} bytes", content.len());
    }
}

/// Sums and prices overflowed, and a panic was the end.
#[test]
fn counts_beyond_reason_were_a_panic() {
    let usage = TokenUse { input: 123_456_789, output: 987_654_321, ..TokenUse::default() };
    for wire in WIRES {
        for count in ["1e30", "18446744073709551615", "-1", "0.5"] {
            let nth = AtomicUsize::new(0);
            let server = Server::respond_with(wire, move |_| {
                let reply = Reply::text("It is done.").usage(usage);
                let body = Server::render(wire, &reply, nth.fetch_add(1, Ordering::SeqCst));
                let counts = ["123456789", "987654321", "1111111110"];
                stream(counts.iter().fold(body, |body, known| body.replace(known, count)))
            });
            let project = Project::new().config(PRICES).server(server);
            for args in [&["--json", "x"][..], &["--json", "--continue", "--check", "false", "--max-cost", "9", "y"]] {
                let outcome = project.run(args).stderr_lacks("panicked").stdout_lacks("this is a bug");
                let lines = outcome.json();
                assert_eq!(of_type(&lines, "outcome").len(), 1, "{wire:?} {count}: {outcome}");
                assert!([0, 1, 2, 4, 5].contains(&outcome.code), "{wire:?} {count}: {outcome}");
            }
        }
    }
}

#[test]
fn a_server_that_neither_says_done_nor_closes_held_the_run() {
    let reply = Reply::text("All said.");
    let at = Server::render(Wire::Chat, &reply, 0).find("data: [DONE]").expect("its end");
    let project = playing(Wire::Chat, vec![Step::Cut { reply, at, hang: true }]);
    let outcome = project.run(&["--json", "x"]);
    let data = ends(&outcome, DONE);
    assert_eq!((&data["summary"], &data["tokens"]["output"]), (&json!("All said."), &json!(20)));
    assert_eq!(project.model_server().requests().len(), 1);
    assert!(outcome.took < Duration::from_secs(10), "{outcome}");
}

#[test]
fn a_web_page_in_the_place_of_an_answer_was_asked_for_again() {
    for wire in WIRES {
        let body = "\n<!DOCTYPE html>\n<html><body>Log in first</body></html>".to_owned();
        let page = || Step::Raw { content_type: "text/html".into(), body: body.clone() };
        let project = playing(wire, vec![page(), page()]);
        let outcome = project.run(&["--json", "x"]);
        ends(&outcome, Ending { message: "answered with a web page", hint: "base_url", ..PROVIDER });
        assert_eq!(project.model_server().requests().len(), 1, "{wire:?}");
    }
}

#[test]
fn an_answer_without_end_filled_the_memory() {
    let comment = format!(": {}\n\n", "x".repeat(32_000));
    let project = playing(Wire::Messages, vec![stream(comment.repeat(65 * 1024 * 1024 / comment.len()))]);
    let outcome = project.run(&["--json", "x"]);
    ends(&outcome, Ending { message: "sent an answer of more than 64 MiB", hint: "", ..PROVIDER });
    assert_eq!(project.model_server().requests().len(), 1);
}

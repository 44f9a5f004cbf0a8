//! A model's window that is smaller than anybody knew: the history is made smaller and the task goes on, or it ends
//! with words that help; it never goes round in circles.

use super::lab::WIRES;
use super::talk::{events, message, over, run, side_by_side, status};
use crate::support::*;
use agent::base::Kind;
use agent::provider::refusal::refuse;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Bytes of a request that the server takes.
const WINDOW: usize = 40_000;
const FILES: usize = 8;

/// Each vendor's refusal of a request that is too long.
fn too_long(wire: Wire) -> Value {
    match wire {
        Wire::Responses => json!({ "error": {
            "message": "Your input exceeds the context window of this model. Please adjust your input and try again.",
            "type": "invalid_request_error", "param": "input", "code": "context_length_exceeded",
        } }),
        Wire::Chat => json!({ "error": {
            "code": 400, "message": "the request exceeds the available context size, try increasing it",
            "type": "exceed_context_size_error", "n_prompt_tokens": 10_000, "n_ctx": 8192,
        } }),
        Wire::Messages => json!({ "type": "error", "request_id": "req_lab", "error": {
            "type": "invalid_request_error", "message": "prompt is too long: 210000 tokens > 200000 maximum",
        } }),
        Wire::Gemini => json!({ "error": {
            "code": 400, "status": "INVALID_ARGUMENT",
            "message": "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
        } }),
        Wire::Converse => json!({ "message": "Input is too long for requested model." }),
    }
}

fn is_summary(request: &Request) -> bool {
    String::from_utf8_lossy(&request.raw).contains("The conversation is about to be shortened")
}

/// A model that reads all files, so many at a time, and then says so; and a server that refuses what is too long.
fn reader(wire: Wire, at_a_time: usize) -> impl Fn(&Request) -> Step + Send + Sync {
    let next = AtomicUsize::new(0);
    move |request| {
        if request.raw.len() > WINDOW {
            return status(400, &[], too_long(wire).to_string());
        }
        if is_summary(request) {
            return Step::Reply(Reply::text("SUMMARY: some files were read."));
        }
        let first = next.fetch_add(at_a_time, Ordering::SeqCst);
        if first >= FILES {
            return Step::Reply(Reply::text("All read."));
        }
        let names = (first..first + at_a_time).map(|number| ("read", json!({ "path": format!("{number}.txt") })));
        Step::Reply(Reply::calls(names.collect()))
    }
}

fn project(wire: Wire, server: Server) -> Project {
    let line = "a line of some forty characters in a file\n";
    (0..FILES).fold(over(wire, server), |project, number| project.file(&format!("{number}.txt"), &line.repeat(190)))
}

#[test]
fn a_window_smaller_than_known_is_worked_in() {
    side_by_side(&WIRES, |wire| {
        let project = project(*wire, Server::respond_with(*wire, reader(*wire, 1)));
        let outcome = run(&project, &[]).code(0);
        project.model_server().assert_no_violations();
        assert_eq!(outcome.outcome()["summary"], "All read.", "{wire:?}");
        let made_room = events(&outcome, "pruned").len() + events(&outcome, "compacted").len();
        let requests = project.model_server().requests();
        assert!(made_room > 0 && requests.len() < 3 * FILES, "{wire:?}: {} requests", requests.len());
        assert_eq!(events(&outcome, "tool_finished").len(), FILES, "{wire:?}: a file was read twice");
        assert_eq!(events(&outcome, "waiting").len(), 0, "{wire:?}: the same request would be refused again");
    });
}

/// The calls of one answer are more than the window takes: not even a request for a summary of them all fits.
#[test]
fn a_summary_that_does_not_fit_is_asked_of_less() {
    side_by_side(&WIRES, |wire| {
        let project = project(*wire, Server::respond_with(*wire, reader(*wire, FILES)));
        let outcome = run(&project, &[]).code(0);
        project.model_server().assert_no_violations();
        assert_eq!(events(&outcome, "compacted").len(), 1, "{wire:?}\n{outcome}");
        let requests = project.model_server().requests();
        assert!(requests.len() <= 8, "{wire:?}: {} requests", requests.len());
    });
}

#[test]
fn a_request_that_never_fits_ends_cleanly() {
    side_by_side(&WIRES, |wire| {
        let body = too_long(*wire).to_string();
        let server = Server::respond_with(*wire, move |_| status(400, &[], body.clone()));
        let project = project(*wire, server);
        let outcome = run(&project, &[]).code(1);
        let data = outcome.outcome();
        assert_eq!((&data["status"], &data["error"]["kind"]), (&json!("incomplete"), &json!("context_full")));
        let refusal = too_long(*wire);
        let said = refusal.pointer("/error/message").or(refusal.get("message")).and_then(Value::as_str).expect("words");
        let refused = events(&outcome, "turn_finished").remove(0);
        assert!(refused["error"]["message"].as_str().is_some_and(|words| words.contains(said)), "{wire:?}\n{outcome}");
        assert!(message(&outcome).contains("context window") && data["error"]["hint"].is_string(), "{wire:?}");
        let asked = project.model_server().requests().len();
        assert!(asked <= 3, "{wire:?}: asked {asked} times");
    });
}

#[test]
fn a_summary_is_asked_for_again_after_a_failure_that_may_pass() {
    let model = reader(Wire::Messages, 2);
    let busy = AtomicBool::new(true);
    let server = Server::respond_with(Wire::Messages, move |request| match is_summary(request) {
        true if busy.swap(false, Ordering::SeqCst) => status(529, &[("retry-after-ms", "5")], "busy"),
        _ => model(request),
    });
    let project = project(Wire::Messages, server);
    let outcome = run(&project, &[]).code(0);
    assert_eq!(events(&outcome, "waiting").len(), 1, "{outcome}");
    let compacted = events(&outcome, "compacted");
    let tokens = |name: &str| compacted[0][name].as_u64().expect("a number");
    assert!(tokens("tokens_after") > 0 && tokens("tokens_after") < tokens("tokens_before") / 2, "{compacted:?}");
}

#[test]
fn the_words_of_each_server_for_a_full_window_are_known() {
    for words in [
        "prompt is too long: 210000 tokens > 200000 maximum",
        "input length and `max_tokens` exceed context limit: 190000 + 32000 > 200000, decrease input length",
        "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
        "Your input exceeds the context window of this model. Please adjust your input and try again.",
        "the request exceeds the available context size, try increasing it",
        "This model's maximum prompt length is 131072 but the request contains 140000 tokens.",
        "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
        "The number of tokens to keep from the initial prompt is greater than the context length.",
    ] {
        let error = refuse("lab", 400, json!({ "error": { "message": words } }).to_string().as_bytes());
        assert_eq!(error.kind, Kind::ContextFull, "{words}");
    }
    for words in ["max_tokens is too large", "Unknown parameter: 'context'", "messages: at least one is required"] {
        let error = refuse("lab", 400, json!({ "error": { "message": words } }).to_string().as_bytes());
        assert_eq!(error.kind, Kind::Provider, "{words}");
    }
}

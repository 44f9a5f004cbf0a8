//! What goes wrong between the agent and a provider: what is tried again, what is not, how long it is waited, what it
//! costs, and what the user is told.

use super::lab::WIRES;
use super::talk::{events, message, over, project, read, run, side_by_side, status, text};
use crate::support::*;
use serde_json::{Value, json};
use std::net::TcpListener;
use std::time::Duration;

/// Asks for a short wait, so that a test of what is tried again need not wait long.
const SOON: (&str, &str) = ("retry-after-ms", "5");

fn model_requests(project: &Project) -> usize {
    project.model_server().requests().len()
}

#[test]
fn passing_refusals_are_tried_again() {
    let mut cases = Vec::new();
    for wire in WIRES {
        cases.extend([408, 409, 429, 500, 502, 503, 504, 529].map(|code| (wire, code)));
    }
    side_by_side(&cases, |(wire, code)| {
        let body = Server::error_body(*wire, *code, "not now");
        let project = project(*wire, vec![status(*code, &[SOON], body), text()]);
        let outcome = run(&project, &[]).code(0);
        let waits = events(&outcome, "waiting");
        assert_eq!(waits.len(), 1, "{wire:?} {code}\n{outcome}");
        let reason = waits[0]["reason"].as_str().unwrap_or_default();
        assert!(reason.contains(&code.to_string()) && reason.contains("not now"), "{wire:?}: {reason}");
        assert_eq!((model_requests(&project), outcome.outcome()["turns"].clone()), (2, json!(1)), "{wire:?} {code}");
        project.model_server().assert_no_violations();
    });
}

#[test]
fn lasting_refusals_are_never_tried_again() {
    let mut cases = Vec::new();
    for wire in WIRES {
        cases.extend([(400, 4), (401, 3), (402, 4), (403, 3), (404, 4), (413, 4), (422, 4)].map(|case| (wire, case)));
    }
    side_by_side(&cases, |(wire, (code, exit))| {
        let body = Server::error_body(*wire, *code, "not ever");
        // Not even where the server asks for it.
        let project = project(*wire, vec![status(*code, &[SOON], body), text()]);
        let outcome = run(&project, &[]).code(*exit);
        assert!(message(&outcome).contains(&code.to_string()) && message(&outcome).contains("not ever"), "{outcome}");
        assert_eq!((model_requests(&project), events(&outcome, "waiting").len()), (1, 0), "{wire:?} {code}");
    });
}

#[test]
fn an_empty_account_is_not_asked_again() {
    let openai = json!({ "error": {
        "message": "You exceeded your current quota, please check your plan and billing details.",
        "type": "insufficient_quota", "param": null, "code": "insufficient_quota",
    } });
    let anthropic = json!({ "type": "error", "error": {
        "type": "invalid_request_error",
        "message": "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing.",
    } });
    let cases = [
        (Wire::Responses, 429, openai.clone()),
        (Wire::Chat, 429, openai),
        (Wire::Messages, 400, anthropic.clone()),
        (Wire::Messages, 429, anthropic),
    ];
    side_by_side(&cases, |(wire, code, body)| {
        let project = project(*wire, vec![status(*code, &[SOON], body.to_string()), text()]);
        let outcome = run(&project, &[]).code(4);
        assert_eq!(model_requests(&project), 1, "{outcome}");
        let hint = outcome.outcome()["error"]["hint"].clone();
        assert!(hint.as_str().is_some_and(|hint| hint.contains("add credit")), "{hint}");
    });
}

/// What the server asks for, in all its spellings; our own steps of 0.5 s, jittered, where it asks for nothing.
#[test]
fn a_wait_is_as_long_as_the_server_asks() {
    let own = 375..=625;
    let cases: [(&str, Option<(&str, &str)>, _); 7] = [
        ("seconds", Some(("Retry-After", "1")), 1000..=1000),
        ("a part of a second", Some(("retry-after", "0.2")), 200..=200),
        ("milliseconds", Some(("Retry-After-Ms", "40")), 40..=40),
        ("a date in the past", Some(("Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT")), 0..=0),
        ("nothing", None, own.clone()),
        ("words", Some(("Retry-After", "soon")), own.clone()),
        ("a negative number", Some(("Retry-After", "-3")), own),
    ];
    side_by_side(&cases, |(name, header, expected)| {
        let headers: Vec<(&str, &str)> = header.iter().copied().collect();
        let body = Server::error_body(Wire::Messages, 429, "slow down");
        let project = project(Wire::Messages, vec![status(429, &headers, body), text()]);
        let outcome = run(&project, &[]).code(0);
        let waits = events(&outcome, "waiting");
        let wait = waits[0]["wait_ms"].as_u64().expect("a number of milliseconds");
        assert!(expected.contains(&wait), "{name}: {wait} ms");
        assert_eq!((waits.len(), &waits[0]["attempt"]), (1, &json!(1)), "{name}");
        let requests = project.model_server().requests();
        let gap = requests[1].at - requests[0].at;
        assert!(gap >= Duration::from_millis(wait), "{name}: asked again after {gap:?}");
    });
}

/// Google says it in the body alone.
#[test]
fn a_wait_that_the_body_asks_for_is_kept_too() {
    let details = json!([{ "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "0.123s" }]);
    let body = json!({ "error": {
        "code": 429, "message": "slow down", "status": "RESOURCE_EXHAUSTED", "details": details,
    } });
    let project = project(Wire::Gemini, vec![status(429, &[], body.to_string()), text()]);
    let outcome = run(&project, &[]).code(0);
    assert_eq!(events(&outcome, "waiting")[0]["wait_ms"], 123, "{outcome}");
}

#[test]
fn a_wait_is_shown_with_its_reason_in_text() {
    let body = Server::error_body(Wire::Messages, 529, "Overloaded");
    let project = project(Wire::Messages, vec![status(529, &[SOON], body), text()]);
    let outcome = project.run(&["say it"]).code(0).stdout_has("All said.");
    outcome.stderr_has("waiting 5 ms (attempt 1): anthropic answered 529: Overloaded");
}

/// Nobody sits through a wait that is longer than the budget; the user learns at once what the server wants.
#[test]
fn a_wait_beyond_the_budget_is_an_error_at_once() {
    let cases = [("600", "600 s", &[][..]), ("30", "30 s", &["-c", "network.retry_budget=20s"][..])];
    side_by_side(&cases, |(seconds, shown, args)| {
        let body = Server::error_body(Wire::Messages, 429, "slow down");
        let project = project(Wire::Messages, vec![status(429, &[("Retry-After", seconds)], body), text()]);
        let outcome = run(&project, args).code(4);
        assert!(outcome.took < Duration::from_secs(15), "{outcome}");
        assert_eq!((model_requests(&project), events(&outcome, "waiting").len()), (1, 0), "{outcome}");
        let said = message(&outcome);
        assert!(said.contains("slow down") && said.contains(shown), "{said:?} does not say how long");
        let hint = outcome.outcome()["error"]["hint"].clone();
        assert!(hint.as_str().is_some_and(|hint| hint.contains("network.retry_budget")), "{hint}");
    });
}

#[test]
fn trying_again_ends_with_the_budget() {
    let server = Server::respond_with(Wire::Chat, |_| status(500, &[], "broken"));
    let project = over(Wire::Chat, server);
    let outcome = run(&project, &["-c", "network.retry_budget=2s"]).code(4);
    // The third wait, of 1.5 s at least, would end after the budget.
    let tried = model_requests(&project);
    assert!((2..=3).contains(&tried) && events(&outcome, "waiting").len() + 1 == tried, "{outcome}");
    assert!(message(&outcome).ends_with(&format!("broken (tried {tried} times)")), "{outcome}");
    assert!(outcome.took < Duration::from_secs(30), "{outcome}");
}

/// A server that always asks for no wait at all is not hammered until the budget is over.
#[test]
fn a_server_that_asks_for_no_wait_is_not_hammered() {
    let server = Server::respond_with(Wire::Chat, |_| status(503, &[("Retry-After", "0")], "never"));
    let project = over(Wire::Chat, server);
    let outcome = run(&project, &["-c", "network.retry_budget=2s"]).code(4);
    assert!(model_requests(&project) <= 6, "asked {} times", model_requests(&project));
    assert!(message(&outcome).contains("never"), "{outcome}");
}

#[test]
fn a_refused_connection_is_tried_again_and_named() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address").to_string();
    drop(listener);
    let project = project(Wire::Messages, vec![]).env("ANTHROPIC_BASE_URL", &format!("http://{address}"));
    let outcome = run(&project, &["-c", "network.retry_budget=2s"]).code(4);
    let tried = events(&outcome, "waiting").len() + 1;
    assert!((2..=3).contains(&tried), "{outcome}");
    let expected = format!("cannot connect to {address}: connection refused (tried {tried} times)");
    assert_eq!(message(&outcome), expected);
    assert_eq!(outcome.outcome()["error"]["kind"], "network");
}

#[test]
fn a_reset_in_the_middle_is_tried_again() {
    let mut cases = Vec::new();
    for wire in WIRES {
        let length = Server::rendered_len(wire, &read());
        cases.extend([0, 1, length / 2, length - 1].map(|at| (wire, at)));
    }
    side_by_side(&cases, |(wire, at)| {
        let cut = Step::Cut { reply: read(), at: *at, hang: false };
        let project = project(*wire, vec![cut, Step::Reply(read()), text()]);
        let outcome = run(&project, &[]).code(0);
        assert_eq!(events(&outcome, "waiting").len(), 1, "{wire:?} at {at}\n{outcome}");
        assert_eq!(events(&outcome, "tool_started").len(), 1, "{wire:?} at {at}");
        let requests = project.model_server().requests();
        assert_eq!((requests.len(), &requests[0].raw), (3, &requests[1].raw), "{wire:?} at {at}");
        project.model_server().assert_no_violations();
    });
}

#[test]
fn an_error_inside_a_stream_is_an_error() {
    let cases = [
        (Wire::Responses, "server_error", true),
        (Wire::Responses, "failed:server_error", true),
        (Wire::Responses, "failed:rate_limit_exceeded", true),
        (Wire::Responses, "failed:invalid_prompt", false),
        (Wire::Responses, "invalid_request_error", false),
        (Wire::Responses, "insufficient_quota", false),
        (Wire::Chat, "server_error", true),
        (Wire::Chat, "overloaded_error", true),
        (Wire::Chat, "invalid_request_error", false),
        (Wire::Messages, "overloaded_error", true),
        (Wire::Messages, "api_error", true),
        (Wire::Messages, "rate_limit_error", true),
        (Wire::Messages, "invalid_request_error", false),
        (Wire::Gemini, "UNAVAILABLE", true),
        (Wire::Gemini, "RESOURCE_EXHAUSTED", true),
        (Wire::Gemini, "INVALID_ARGUMENT", false),
        (Wire::Converse, "throttlingException", true),
        (Wire::Converse, "serviceUnavailableException", true),
        (Wire::Converse, "internalServerException", true),
        (Wire::Converse, "modelStreamErrorException", true),
        (Wire::Converse, "modelTimeoutException", true),
        (Wire::Converse, "validationException", false),
    ];
    side_by_side(&cases, |(wire, kind, passes)| {
        let reply_prefix = read().and_text("half an ans");
        let step = Step::ErrorInStream { reply_prefix, kind: (*kind).to_owned(), message: "no luck".to_owned() };
        let project = project(*wire, vec![step, text()]);
        let outcome = run(&project, &[]).code(if *passes { 0 } else { 4 });
        assert_eq!(model_requests(&project), if *passes { 2 } else { 1 }, "{wire:?} {kind}\n{outcome}");
        assert_eq!(events(&outcome, "tool_started").len(), 0, "{wire:?} {kind}: a call of a failed answer was run");
        let finished = events(&outcome, "turn_finished");
        let said = finished[0]["error"]["message"].as_str().unwrap_or_default();
        assert!(said.contains("no luck"), "{wire:?} {kind}: {said}");
        assert!(!outcome.stdout.contains("half an ans"), "{wire:?} {kind}: half an answer was kept");
    });
}

/// Before the head of an answer, in it, and within it.
#[test]
fn silence_ends_at_the_idle_limit() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = format!("http://{}", silent.local_addr().expect("an address"));
    let cases = [
        ("no head", vec![]),
        ("no body", vec![Step::Hang]),
        ("half a body", vec![Step::Cut { reply: read(), at: 600, hang: true }]),
    ];
    side_by_side(&cases, |(name, steps)| {
        let mut project = project(Wire::Messages, steps.clone());
        if steps.is_empty() {
            project = project.env("ANTHROPIC_BASE_URL", &address);
        }
        let args = ["-c", "network.idle_timeout=300ms", "-c", "network.retry_budget=0s"];
        let outcome = run(&project, &args).code(4);
        assert!(message(&outcome).contains("sent nothing for 0.3 s"), "{name}\n{outcome}");
        assert_eq!(events(&outcome, "tool_started").len(), 0, "{name}");
        let took = outcome.took;
        assert!(took >= Duration::from_millis(300) && took < Duration::from_secs(30), "{name}: {took:?}");
    });
}

#[test]
fn silence_is_tried_again() {
    let project = project(Wire::Messages, vec![Step::Hang, text()]);
    let outcome = run(&project, &["-c", "network.idle_timeout=2s"]).code(0);
    assert!(events(&outcome, "waiting")[0]["reason"].as_str().is_some_and(|why| why.contains("sent nothing")));
}

/// A whole body without its last event, which no proxy would notice.
#[test]
fn a_stream_without_its_terminal_event_is_no_answer() {
    // Of Converse, whose streams are no text, `every_byte` has it.
    for wire in WIRES.into_iter().filter(|wire| *wire != Wire::Converse) {
        let body = Server::render(wire, &read(), 0);
        let ends: Vec<usize> = body.match_indices("\n\n").map(|(at, _)| at + 2).collect();
        // On Chat a `finish_reason` ends the answer too; it is in the third event from the end.
        let kept = ends[ends.len() - if wire == Wire::Chat { 4 } else { 2 }];
        let short = Step::Raw { content_type: "text/event-stream".to_owned(), body: body[..kept].to_owned() };
        let once = project(wire, vec![short.clone()]);
        let outcome = run(&once, &["-c", "network.retry_budget=0s"]).code(4);
        assert!(message(&outcome).contains("cut short"), "{wire:?}\n{outcome}");
        assert_eq!(events(&outcome, "tool_started").len(), 0, "{wire:?}");
        let again = project(wire, vec![short, text()]);
        // What is left of the first answer is read away before the second is asked for, though nothing is left.
        let outcome = run(&again, &[]).code(0).stderr_lacks("panicked");
        assert_eq!(events(&outcome, "tool_started").len(), 0, "{wire:?}");
    }
}

#[test]
fn an_open_socket_after_the_terminal_event_holds_nobody_up() {
    for wire in WIRES {
        let project = project(wire, vec![Step::Open(read()), Step::Open(Reply::text("All said."))]);
        let outcome = run(&project, &[]).code(0);
        let requests = project.model_server().requests();
        let gap = requests[1].at - requests[0].at;
        assert!(
            gap < Duration::from_secs(10) && outcome.took < Duration::from_secs(30),
            "{wire:?}: {gap:?}\n{outcome}"
        );
        assert_eq!(events(&outcome, "waiting").len(), 0, "{wire:?}");
    }
}

#[test]
fn a_slow_stream_is_not_a_silent_one() {
    let one_byte = |reply| Step::Trickle { reply, bytes: 1, every_ms: 0 };
    side_by_side(&WIRES, |wire| {
        // Four seconds in all, with a wait of 100 ms each.
        let bytes = Server::rendered_len(*wire, &Reply::text("All said.")) / 40;
        let slow = Step::Trickle { reply: Reply::text("All said."), bytes, every_ms: 100 };
        let project = project(*wire, vec![one_byte(read()), slow]);
        let outcome = run(&project, &["-c", "network.idle_timeout=3s"]).code(0);
        assert!(outcome.took > Duration::from_secs(3), "{wire:?}: not slow enough, {:?}", outcome.took);
        assert_eq!(outcome.outcome()["summary"], "All said.", "{wire:?}");
        assert_eq!((model_requests(&project), events(&outcome, "waiting").len()), (2, 0), "{wire:?}");
    });
}

#[test]
fn a_key_never_follows_a_redirect() {
    let cases: Vec<(Wire, u16)> =
        WIRES.into_iter().flat_map(|wire| [301, 302, 303, 307, 308].map(|code| (wire, code))).collect();
    side_by_side(&cases, |(wire, code)| {
        let elsewhere = Server::start(*wire, vec![text()]);
        let location = format!("{}/v1/elsewhere", elsewhere.url());
        let project = project(*wire, vec![status(*code, &[("Location", &location)], ""), text()]);
        let outcome = run(&project, &[]).code(4);
        assert_eq!((elsewhere.connections(), model_requests(&project)), (0, 1), "{wire:?} {code}");
        assert!(message(&outcome).contains(&location), "{wire:?} {code}\n{outcome}");
        assert!(outcome.outcome()["error"]["hint"].as_str().is_some_and(|hint| hint.contains("base_url")));
    });
}

/// A server may say the key that it refuses; nothing that we show or keep says it.
#[test]
fn a_key_that_the_server_says_is_not_said_again() {
    const KEY: &str = "test-key-0123456789";
    for wire in WIRES {
        let body = Server::error_body(wire, 401, &format!("Incorrect API key provided: {KEY}."));
        for args in [&["--json"][..], &[][..]] {
            let project = project(wire, vec![status(401, &[], body.clone())]);
            let mut all = args.to_vec();
            all.push("say it");
            let outcome = project.run(&all).code(3).stdout_lacks(KEY).stderr_lacks(KEY);
            let log = std::fs::read_to_string(&project.sessions()[0]).expect("a log");
            assert!(!log.contains(KEY), "{wire:?}: the log holds the key\n{outcome}");
        }
    }
}

/// `turn_finished` of each attempt: input, output, and what they cost.
fn attempts(outcome: &Outcome) -> Vec<(u64, u64, Value)> {
    let number = |value: &Value| value.as_u64().expect("a number");
    events(outcome, "turn_finished")
        .iter()
        .map(|turn| (number(&turn["tokens"]["input"]), number(&turn["tokens"]["output"]), turn["cost_usd"].clone()))
        .collect()
}

#[test]
fn each_attempt_is_paid_for_once() {
    let overloaded = |reply_prefix| Step::ErrorInStream {
        reply_prefix,
        kind: "overloaded_error".to_owned(),
        message: "Overloaded".to_owned(),
    };
    let length = Server::rendered_len(Wire::Messages, &read());
    let project = project(
        Wire::Messages,
        vec![
            status(529, &[SOON], "{}"),
            Step::Cut { reply: read(), at: length - 1, hang: false },
            overloaded(Reply::text("half an ans")),
            text(),
        ],
    );
    let outcome = run(&project, &[]).code(0);
    // The cut answer had told what all of it used, of the broken one what it had said is estimated.
    let expected =
        [(0, 0, json!("0.0000")), (100, 20, json!("0.0004")), (100, 4, json!("0.000240")), (100, 20, json!("0.0004"))];
    assert_eq!(attempts(&outcome), expected);
    let data = outcome.outcome();
    assert_eq!((&data["tokens"]["input"], &data["tokens"]["output"]), (&json!(300), &json!(44)));
    assert_eq!((&data["cost_usd"], &data["turns"]), (&json!("0.001040"), &json!(1)));
}

const PRICED: &str = "[models.\"lab/test-model\"]\ninput = 1000\noutput = 2000\n";

/// A whole answer of a server that never says what it used.
fn uncounted(words: &str) -> Step {
    let chunk = |delta: Value, end: Value| json!({ "object": "chat.completion.chunk", "choices": [{ "index": 0, "delta": delta, "finish_reason": end }] });
    let (delta, end) = (chunk(json!({ "content": words }), Value::Null), chunk(json!({}), json!("stop")));
    let body = format!("data: {delta}\n\ndata: {end}\n\ndata: [DONE]\n\n");
    Step::Raw { content_type: "text/event-stream".to_owned(), body }
}

/// Else a limit of money would never be reached at such a server.
#[test]
fn usage_that_nobody_tells_is_estimated_on_the_high_side() {
    let words = "word ".repeat(300);
    let project = project(Wire::Chat, vec![uncounted(&words)]).config(PRICED);
    let outcome = run(&project, &[]).code(0);
    let sent = project.model_server().requests()[0].raw.len() as u64;
    let (input, output, cost) = attempts(&outcome).remove(0);
    assert!(input >= sent / 4 && input <= sent, "{input} tokens of {sent} bytes");
    assert!((375..=1500).contains(&output), "{output} tokens of 300 words");
    assert_ne!(cost, json!("0.0000"));
    assert_eq!(outcome.outcome()["tokens"]["output"], output);
}

#[test]
fn a_price_that_nobody_knows_is_not_zero() {
    let project = project(Wire::Chat, vec![text()]);
    let outcome = run(&project, &[]).code(0);
    assert_eq!(attempts(&outcome), [(100, 20, Value::Null)]);
    assert_eq!(outcome.outcome()["cost_usd"], Value::Null);
}

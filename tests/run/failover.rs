//! The same turn goes on with another vendor: every failure, at every moment, over pairs of vendors whose servers reject what
//! is not theirs.

use super::vendors::*;
use crate::net::talk::{events, side_by_side, status};
use crate::support::*;
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpListener;

/// How the first vendor fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Failure {
    TooMany,
    Broken,
    Overloaded,
    Refused,
    Cut,
    ErrorInStream,
    Quota,
}

const FAILURES: [Failure; 7] = [
    Failure::TooMany,
    Failure::Broken,
    Failure::Overloaded,
    Failure::Refused,
    Failure::Cut,
    Failure::ErrorInStream,
    Failure::Quota,
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    BeforeTheFirstToken,
    MidText,
    AfterATool,
}

const MOMENTS: [Moment; 3] = [Moment::BeforeTheFirstToken, Moment::MidText, Moment::AfterATool];

const PAIRS: [(Wire, Wire); 7] = [
    (Wire::Messages, Wire::Responses),
    (Wire::Responses, Wire::Messages),
    (Wire::Chat, Wire::Messages),
    (Wire::Responses, Wire::Chat),
    (Wire::Messages, Wire::Gemini),
    (Wire::Converse, Wire::Gemini),
    (Wire::Chat, Wire::Converse),
];

/// The tool's effect can be counted.
fn counting() -> Reply {
    Reply::default().think("Let me count.").and_call("shell", json!({"command": "echo ran >> count.txt"})).usage(paid())
}

fn half() -> Reply {
    Reply::text("The answer that was never finished, because the line went dead in the middle of it.").usage(paid())
}

/// What the vendor says when it has nothing left of what was paid for.
fn quota(wire: Wire) -> Step {
    match wire {
        Wire::Messages => status(402, &[], Server::error_body(wire, 402, "Your credit balance is too low")),
        Wire::Gemini => status(402, &[], Server::error_body(wire, 402, "Your prepayment credits are depleted")),
        Wire::Converse => status(402, &[], Server::error_body(wire, 402, "Your account has no credit left")),
        Wire::Responses | Wire::Chat => {
            let error = json!({"message": "You exceeded your current quota", "type": "insufficient_quota", "param": null, "code": "insufficient_quota"});
            status(429, &[], json!({ "error": error }).to_string())
        }
    }
}

fn in_stream(wire: Wire, kind: &str, begun: bool) -> Step {
    let reply_prefix = if begun { half() } else { Reply::default() };
    let kind = match (wire, kind) {
        (Wire::Converse, "quota") => "serviceQuotaExceededException",
        (Wire::Converse, "429") => "throttlingException",
        (Wire::Converse, "529") => "serviceUnavailableException",
        (Wire::Converse, _) => "internalServerException",
        (Wire::Messages, "quota") => "billing_error",
        (_, "quota") => "insufficient_quota",
        (Wire::Messages, "429") => "rate_limit_error",
        (_, "429") => "rate_limit_exceeded",
        (Wire::Messages, "529") => "overloaded_error",
        (_, "529") => "server_is_overloaded",
        (Wire::Messages, _) => "api_error",
        (_, _) => "server_error",
    };
    Step::ErrorInStream { reply_prefix, kind: kind.into(), message: "no more of this".into() }
}

/// What the first vendor does instead of its next answer. Half way through an answer every failure is one of the stream.
fn step(wire: Wire, failure: Failure, moment: Moment) -> Option<Step> {
    let begun = moment == Moment::MidText;
    let refuse = |code| status(code, &[("Retry-After", "7")], Server::error_body(wire, code, "not now"));
    Some(match failure {
        Failure::TooMany if begun => in_stream(wire, "429", true),
        Failure::Broken if begun => in_stream(wire, "500", true),
        Failure::Overloaded if begun => in_stream(wire, "529", true),
        Failure::Quota if begun => in_stream(wire, "quota", true),
        Failure::TooMany => refuse(429),
        Failure::Broken => refuse(500),
        Failure::Overloaded => refuse(529),
        Failure::Quota => quota(wire),
        Failure::ErrorInStream => in_stream(wire, "500", begun),
        Failure::Cut => Step::Cut {
            reply: half(),
            at: if begun { Server::rendered_len(wire, &half()) / 2 } else { 0 },
            hang: false,
        },
        Failure::Refused => return None,
    })
}

/// A vendor that answers once with this body and is gone: whoever comes after that is refused.
fn once_and_gone(answer: Option<(Vec<u8>, bool)>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let Some((body, whole)) = answer else { return format!("http://{address}") };
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        drop(listener);
        let mut seen = Vec::new();
        let mut chunk = [0; 4096];
        // The head says how long the body is.
        loop {
            let read = stream.read(&mut chunk).expect("a request");
            seen.extend_from_slice(&chunk[..read]);
            let text = String::from_utf8_lossy(&seen).to_lowercase();
            let Some(end) = text.find("\r\n\r\n") else { continue };
            let length = text.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
            let length: usize = length.expect("a length").parse().expect("a number");
            if seen.len() >= end + 4 + length {
                break;
            }
        }
        let announced = body.len() + usize::from(!whole);
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\ncontent-length: {announced}\r\n\r\n"
        );
        let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
    });
    format!("http://{address}")
}

/// The address of the first vendor's server that fails like this, and the server where it is one of ours.
fn failing(wire: Wire, failure: Failure, moment: Moment) -> (String, Option<Server>) {
    if failure != Failure::Refused {
        let before = (moment == Moment::AfterATool).then(|| Step::Reply(counting()));
        let server = Server::start(wire, before.into_iter().chain(step(wire, failure, moment)).collect());
        return (server.base_url(), Some(server));
    }
    let answer = match moment {
        Moment::BeforeTheFirstToken => None,
        Moment::MidText => {
            let mut body = Server::render_bytes(wire, &half(), 0);
            body.truncate(body.len() / 2);
            Some((body, false))
        }
        Moment::AfterATool => Some((Server::render_bytes(wire, &counting(), 0), true)),
    };
    let url = once_and_gone(answer);
    (
        match wire {
            Wire::Messages | Wire::Converse => url,
            Wire::Responses | Wire::Chat => format!("{url}/v1"),
            Wire::Gemini => format!("{url}/v1beta"),
        },
        None,
    )
}

#[test]
fn the_same_turn_goes_on_with_the_next_vendor() {
    let mut cases = Vec::new();
    for pair in PAIRS {
        cases.extend(FAILURES.iter().flat_map(|failure| MOMENTS.map(|moment| (pair, *failure, moment))));
    }
    side_by_side(&cases, |((one, other), failure, moment)| {
        let name = format!("{one:?} to {other:?}, {failure:?} {moment:?}");
        let (url, first) = failing(*one, *failure, *moment);
        let acts = (*moment != Moment::AfterATool).then(|| Step::Reply(counting()));
        let second = Server::start(
            *other,
            acts.into_iter().chain([Step::Reply(Reply::text("Counted.").usage(paid()))]).collect(),
        );
        let project = asking(&[(*one, &url), (*other, &second.base_url())], AT_ONCE);
        let outcome = project.run(&["--json", "count"]).code(0);
        assert_eq!(project.read("count.txt"), "ran\n", "{name}: the call ran once\n{outcome}");
        assert_eq!(outcome.outcome()["summary"], "Counted.", "{name}");
        second.assert_no_violations();
        if let Some(first) = &first {
            first.assert_no_violations();
        }
        let switched = events(&outcome, "switched");
        assert_eq!(switched.len(), 1, "{name}\n{outcome}");
        assert_eq!((&switched[0]["from"], &switched[0]["to"]), (&json!(model(*one)), &json!(model(*other))), "{name}");
        let cause = match failure {
            Failure::TooMany | Failure::Broken | Failure::Overloaded | Failure::ErrorInStream => "overloaded",
            Failure::Refused | Failure::Cut => "unreachable",
            Failure::Quota => "quota",
        };
        assert_eq!(switched[0]["cause"], cause, "{name}: {}", switched[0]);
        assert!(switched[0]["until"].is_string(), "{name}: it is said when it goes back: {}", switched[0]);
        let paid: u64 = events(&outcome, "turn_finished").iter().map(|turn| micro(&turn["cost_usd"])).sum();
        assert_eq!(micro(&outcome.outcome()["cost_usd"]), paid, "{name}: the outcome adds up");
        let ledger = costs(&project, &[]);
        assert_eq!(micro(&ledger["total"]["cost_usd"]), paid, "{name}: the ledger adds up: {ledger}");
        assert_eq!(ledger["total"]["unsettled_requests"], 0, "{name}: {ledger}");
    });
}

//! How answers travel: connections kept and cut, streams whole, open, slow and silent, keys, and other endpoints.

use std::io::{ErrorKind, Read};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::super::http;
use super::super::reply::{Reply, Step, Wire};
use super::super::server::Server;
use super::Client;

const WIRES: [Wire; 5] = [Wire::Responses, Wire::Chat, Wire::Messages, Wire::Gemini, Wire::Converse];

/// The smallest body each wire takes.
fn body(wire: Wire) -> Value {
    match wire {
        Wire::Responses => json!({ "model": "m", "stream": true, "input": "x" }),
        Wire::Chat => json!({
            "model": "m", "stream": true, "stream_options": { "include_usage": true },
            "messages": [{ "role": "user", "content": "x" }],
        }),
        Wire::Messages => json!({
            "model": "m", "stream": true, "max_tokens": 9, "messages": [{ "role": "user", "content": "x" }],
        }),
        Wire::Gemini => json!({ "contents": [{ "role": "user", "parts": [{ "text": "x" }] }] }),
        Wire::Converse => json!({ "messages": [{ "role": "user", "content": [{ "text": "x" }] }] }),
    }
}

/// Reads what is left until the server closes the connection.
fn rest(client: &mut Client) -> Vec<u8> {
    let mut bytes = Vec::new();
    client.stream.read_to_end(&mut bytes).expect("the server closes");
    bytes
}

/// Nothing arrives and nothing closes for a while.
#[track_caller]
fn assert_silent(client: &mut Client) {
    client.stream.get_ref().set_read_timeout(Some(Duration::from_millis(150))).expect("a time limit on a socket");
    let error = loop {
        let error = client.stream.read(&mut [0]).expect_err("neither a byte nor the end");
        // A child of another test that ends at this moment interrupts the call.
        if error.kind() != ErrorKind::Interrupted {
            break error;
        }
    };
    assert!(matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{error}");
}

/// One chunk, or nothing for the last.
fn chunk(client: &mut Client) -> Vec<u8> {
    let size = usize::from_str_radix(&client.line(), 16).expect("a size");
    let mut bytes = vec![0; size];
    client.stream.read_exact(&mut bytes).expect("a whole chunk");
    assert_eq!(client.line(), "");
    bytes
}

#[test]
fn a_connection_is_kept_and_the_script_ends() {
    for wire in WIRES {
        let server = Server::start(wire, vec![Step::Reply(Reply::text("One.")), Step::Reply(Reply::text("Two."))]);
        let mut client = Client::connect(&server);
        let first = client.ask(&body(wire));
        assert_eq!(http::header(&first.headers, "transfer-encoding").as_deref(), Some("chunked"));
        let kind = http::header(&first.headers, "content-type").expect("a type");
        let amazon = wire == Wire::Converse;
        assert!(kind.starts_with(if amazon { "application/vnd.amazon.eventstream" } else { "text/event-stream" }));
        assert_eq!(first.bytes, Server::render_bytes(wire, &Reply::text("One."), 0));
        assert_eq!(client.ask(&body(wire)).bytes, Server::render_bytes(wire, &Reply::text("Two."), 1));
        let last = client.ask(&body(wire));
        assert_eq!((last.code, last.body.contains("script is over")), (500, true));
        assert_eq!(server.violations(), ["500: script is over"]);
        assert_eq!((server.connections(), server.requests().len()), (1, 3));
        assert_eq!(server.requests()[0].body, body(wire));
    }
}

#[test]
fn connections_are_served_side_by_side() {
    let server = Server::respond_with(Wire::Chat, |request| {
        let slow = request.body["user"] == "slow";
        if slow { Step::Hang } else { Step::Reply(Reply::text("Quick.")) }
    });
    let mut slow = Client::connect(&server);
    let mut request = body(Wire::Chat);
    request["user"] = json!("slow");
    slow.send(&request.to_string());
    assert_eq!(slow.head().code, 200);
    let mut quick = Client::connect(&server);
    assert!(quick.ask(&body(Wire::Chat)).body.contains("Quick."));
    assert_silent(&mut slow);
    assert_eq!(server.connections(), 2);
    assert_eq!(server.requests()[1].connection, 1);
}

#[test]
fn a_stream_is_cut_at_the_byte() {
    for wire in WIRES {
        let reply = Reply::text("Käse");
        for at in [0, 1, 50, Server::rendered_len(wire, &reply)] {
            for hang in [false, true] {
                let server = Server::start(wire, vec![Step::Cut { reply: reply.clone(), at, hang }]);
                let mut client = Client::connect(&server);
                client.send(&body(wire).to_string());
                client.head();
                let seen = if at > 0 { chunk(&mut client) } else { Vec::new() };
                assert_eq!(seen, Server::render_bytes(wire, &reply, 0)[..at]);
                if hang {
                    assert_silent(&mut client);
                } else {
                    assert_eq!(rest(&mut client), b"");
                }
            }
        }
    }
}

#[test]
fn an_open_stream_has_its_ending_and_no_end() {
    let server = Server::start(Wire::Messages, vec![Step::Open(Reply::text("x"))]);
    let mut client = Client::connect(&server);
    client.send(&body(Wire::Messages).to_string());
    client.head();
    while !String::from_utf8_lossy(&chunk(&mut client)).contains("message_stop") {}
    assert_silent(&mut client);
}

#[test]
fn a_trickle_takes_its_time_and_stops_with_the_server() {
    let step = |every_ms| Step::Trickle { reply: Reply::text("x"), bytes: 200, every_ms };
    let server = Server::start(Wire::Chat, vec![step(5), step(60_000)]);
    let mut client = Client::connect(&server);
    let started = Instant::now();
    let answer = client.ask(&body(Wire::Chat));
    assert_eq!(answer.body, Server::render(Wire::Chat, &Reply::text("x"), 0));
    let pieces = answer.body.len().div_ceil(200) as u64;
    assert!(started.elapsed() >= Duration::from_millis(5 * pieces));
    client.send(&body(Wire::Chat).to_string());
    client.head();
    assert_eq!(chunk(&mut client).len(), 200);
    drop(server);
    assert_eq!(rest(&mut client), b"");
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[test]
fn dropping_the_server_ends_a_silent_stream() {
    let server = Server::start(Wire::Responses, vec![Step::Hang]);
    let mut client = Client::connect(&server);
    client.send(&body(Wire::Responses).to_string());
    client.head();
    drop(server);
    assert_eq!(rest(&mut client), b"");
}

#[test]
fn statuses_and_raw_bodies_are_sent_as_given() {
    let status = Step::Status {
        code: 429,
        headers: vec![("Retry-After".to_owned(), "7".to_owned())],
        body: Server::error_body(Wire::Messages, 429, "Slow down."),
    };
    let raw = Step::Raw { content_type: "text/html".to_owned(), body: "<p>Proxy</p>".to_owned() };
    let server = Server::start(Wire::Messages, vec![status, raw]);
    let mut client = Client::connect(&server);
    let answer = client.ask(&body(Wire::Messages));
    assert_eq!((answer.code, http::header(&answer.headers, "retry-after").as_deref()), (429, Some("7")));
    assert_eq!(answer.json()["error"]["type"], "rate_limit_error");
    let answer = client.ask(&body(Wire::Messages));
    assert_eq!((answer.code, answer.body.as_str()), (200, "<p>Proxy</p>"));
    assert_eq!(http::header(&answer.headers, "content-type").as_deref(), Some("text/html"));
}

#[test]
fn a_chunked_request_is_read() {
    let server = Server::start(Wire::Chat, vec![Step::Reply(Reply::text("x"))]);
    let mut client = Client::connect(&server);
    let text = body(Wire::Chat).to_string();
    let (first, second) = text.split_at(10);
    client.send_raw("POST /v1/chat/completions HTTP/1.1\r\nContent-Type: application/json\r\n");
    client.send_raw("Transfer-Encoding: chunked\r\n\r\n");
    client.send_raw(&format!("{:x}\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n", first.len(), second.len()));
    assert_eq!(client.answer().code, 200);
    assert_eq!(server.requests()[0].raw, text.as_bytes());
}

#[test]
fn what_is_not_json_is_refused() {
    for wire in WIRES {
        let server = Server::start(wire, vec![]);
        let mut client = Client::connect(&server);
        client.send("{\"model\":");
        assert_eq!(client.answer().code, 400);
        assert_eq!((server.requests().len(), server.violations().len()), (1, 1));
        assert_eq!(server.requests()[0].body, Value::Null);
    }
}

/// Sends a request with this start and these headers and no body, and gives the status and the error's type.
fn knock(server: &Server, start: &str, headers: &str) -> (u16, Value) {
    let mut client = Client::connect(server);
    client.send_raw(&format!("{start} HTTP/1.1\r\n{headers}\r\n"));
    let answer = client.answer();
    (answer.code, answer.json()["error"]["type"].clone())
}

#[test]
fn keys_are_asked_for() {
    let server = Server::start(Wire::Responses, vec![]);
    let knock_responses = |headers: &str| knock(&server, "POST /v1/responses", headers);
    assert_eq!(knock_responses("").0, 401);
    assert_eq!(knock_responses("Authorization: Basic abc\r\n").0, 401);
    assert_eq!(knock_responses("Authorization: Bearer bad-key\r\n"), (401, json!("invalid_request_error")));
    assert_eq!(knock_responses("Authorization: Bearer good\r\n").0, 400);
    let server = Server::start(Wire::Chat, vec![]);
    assert_eq!(knock(&server, "POST /v1/chat/completions", "").0, 400);
    assert_eq!(knock(&server, "POST /v1/chat/completions", "Authorization: Bearer bad-key\r\n").0, 401);
    let server = Server::start(Wire::Messages, vec![]);
    let knock_messages = |headers: &str| knock(&server, "POST /v1/messages", headers);
    let version = "anthropic-version: 2023-06-01\r\n";
    assert_eq!(knock_messages(version), (401, json!("authentication_error")));
    assert_eq!(knock_messages(&format!("{version}x-api-key: bad-key\r\n")).0, 401);
    assert_eq!(knock_messages(&format!("{version}Authorization: Bearer good\r\n")).0, 401);
    assert_eq!(knock_messages("x-api-key: good\r\n"), (400, json!("invalid_request_error")));
    assert_eq!(knock_messages("x-api-key: good\r\nanthropic-version: 2024-01-01\r\n").0, 400);
}

#[test]
fn other_endpoints_answer_as_the_vendor() {
    // Bedrock's other endpoints are other servers.
    for wire in WIRES.into_iter().filter(|wire| *wire != Wire::Converse) {
        let server = Server::start(wire, vec![]);
        let (key, list, first, name) = match wire {
            Wire::Messages => {
                ("x-api-key: k\r\nanthropic-version: 2023-06-01\r\n", "/v1/models", "/data/0/id", "test-model")
            }
            Wire::Gemini => ("x-goog-api-key: k\r\n", "/v1beta/models", "/models/0/name", "models/test-model"),
            Wire::Responses | Wire::Chat | Wire::Converse => {
                ("Authorization: Bearer k\r\n", "/v1/models", "/data/0/id", "test-model")
            }
        };
        let mut client = Client::connect(&server);
        client.send_raw(&format!("GET {list} HTTP/1.1\r\n{key}\r\n"));
        let models = client.answer();
        assert_eq!((models.code, models.json().pointer(first)), (200, Some(&json!(name))));
        client.send_raw("GET /api/tags HTTP/1.1\r\n\r\n");
        assert_eq!(client.answer().code, if wire == Wire::Chat { 200 } else { 404 });
        assert_eq!(server.violations(), [] as [&str; 0]);
        let lost = match wire {
            Wire::Messages => json!("not_found_error"),
            Wire::Gemini => Value::Null,
            Wire::Responses | Wire::Chat | Wire::Converse => json!("invalid_request_error"),
        };
        assert_eq!(knock(&server, "POST /v1/elsewhere", key), (404, lost));
        assert_eq!(server.violations(), ["404: POST /v1/elsewhere"]);
    }
}

#[test]
fn a_panic_of_the_responder_is_told() {
    let server = Server::respond_with(Wire::Chat, |_| panic!("the test's own assertion"));
    assert_eq!(Client::connect(&server).ask(&body(Wire::Chat)).code, 500);
    assert_eq!(server.violations(), ["500: the responder panicked: the test's own assertion"]);
}

#[test]
fn ids_of_an_earlier_server_are_not_handed_out_again() {
    let server = Server::start(Wire::Messages, vec![Step::Reply(Reply::call("read", json!({})))]);
    let mut request = body(Wire::Messages);
    request["messages"][0]["content"] = json!("About toolu_lab0007x01.");
    assert!(Client::connect(&server).ask(&request).body.contains("toolu_lab0008x00"));
}

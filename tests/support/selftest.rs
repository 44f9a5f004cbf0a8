//! Tests of the test support itself: a fake that accepts what a vendor refuses would make every other test worthless.

mod chat;
mod converse;
mod delivery;
mod gemini;
mod messages;
mod project;
mod responses;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use super::http;
use super::reply::{Reply, Step, Wire};
use super::server::Server;

/// A client as raw as can be, so that it sees what is on the wire.
struct Client {
    wire: Wire,
    stream: BufReader<TcpStream>,
}

struct Answer {
    code: u16,
    headers: Vec<(String, String)>,
    body: String,
    bytes: Vec<u8>,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {}", self.body))
    }

    /// The data of each event; `[DONE]` as a string.
    fn events(&self) -> Vec<Value> {
        let data = self.body.lines().filter_map(|line| line.strip_prefix("data: "));
        data.map(|data| serde_json::from_str(data).unwrap_or_else(|_| Value::from(data))).collect()
    }
}

impl Client {
    fn connect(server: &Server) -> Client {
        let address = server.url().trim_start_matches("http://").to_owned();
        let stream = TcpStream::connect(address).expect("the server listens");
        stream.set_read_timeout(Some(Duration::from_secs(5))).expect("a time limit on a socket");
        Client { wire: server.wire(), stream: BufReader::new(stream) }
    }

    fn send_raw(&mut self, text: &str) {
        self.stream.get_mut().write_all(text.as_bytes()).expect("the server reads");
    }

    fn send(&mut self, body: &str) {
        let (path, key) = match self.wire {
            Wire::Responses => ("/v1/responses", "Authorization: Bearer some-key"),
            Wire::Chat => ("/v1/chat/completions", "Authorization: Bearer some-key"),
            Wire::Messages => ("/v1/messages", "X-Api-Key: some-key\r\nAnthropic-Version: 2023-06-01"),
            Wire::Gemini => ("/v1beta/models/m:streamGenerateContent?alt=sse", "X-Goog-Api-Key: some-key"),
            Wire::Converse => ("/model/claude-test/converse-stream", "Authorization: Bearer some-key"),
        };
        self.send_raw(&format!(
            "POST {path} HTTP/1.1\r\nHost: lab\r\n{key}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        ));
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).expect("the server answers");
        line.trim_end().to_owned()
    }

    fn head(&mut self) -> Answer {
        let start = self.line();
        let code = start.split(' ').nth(1).and_then(|code| code.parse().ok());
        let code = code.unwrap_or_else(|| panic!("not a status line: {start:?}"));
        let mut headers = Vec::new();
        loop {
            let line = self.line();
            match line.split_once(": ") {
                Some((name, value)) => headers.push((name.to_owned(), value.to_owned())),
                None => return Answer { code, headers, body: String::new(), bytes: Vec::new() },
            }
        }
    }

    fn answer(&mut self) -> Answer {
        let mut answer = self.head();
        let body = match http::header(&answer.headers, "content-length") {
            Some(length) => {
                let mut body = vec![0; length.parse().expect("a length is a number")];
                self.stream.read_exact(&mut body).expect("a whole body");
                body
            }
            None => http::read_chunks(&mut self.stream).expect("a whole chunked body"),
        };
        answer.body = match self.wire {
            Wire::Converse => String::from_utf8_lossy(&body).into_owned(),
            Wire::Responses | Wire::Chat | Wire::Messages | Wire::Gemini => {
                String::from_utf8(body.clone()).expect("text in UTF-8")
            }
        };
        answer.bytes = body;
        answer
    }

    fn ask(&mut self, body: &Value) -> Answer {
        self.send(&body.to_string());
        self.answer()
    }
}

/// Sends the body to a server that has a reply for it.
fn ask(wire: Wire, body: &Value) -> (Answer, Vec<String>) {
    let server = Server::start(wire, vec![Step::Reply(Reply::text("Hi."))]);
    let answer = Client::connect(&server).ask(body);
    (answer, server.violations())
}

#[track_caller]
fn assert_accepted(wire: Wire, body: &Value) {
    let (answer, violations) = ask(wire, body);
    assert_eq!((answer.code, violations), (200, vec![]), "refused: {body}\n{}", answer.body);
}

/// The body is refused in the vendor's shape, with these words among the reasons.
#[track_caller]
fn assert_refused(wire: Wire, why: &str, body: &Value) {
    let (answer, violations) = ask(wire, body);
    assert_refusal(wire, why, &answer);
    assert_eq!(violations.len(), 1, "{violations:?}");
}

#[track_caller]
fn assert_refusal(wire: Wire, why: &str, answer: &Answer) {
    assert_eq!(answer.code, 400, "accepted what breaks the rule {why:?}");
    let body = answer.json();
    if wire == Wire::Converse {
        let message = body["message"].as_str().unwrap_or_default();
        assert!(message.contains(why), "expected {why:?} in {message:?}");
        return;
    }
    let message = body["error"]["message"].as_str().unwrap_or_default();
    assert!(message.contains(why), "expected {why:?} in {message:?}");
    if wire != Wire::Gemini {
        assert_eq!(body["error"]["type"], "invalid_request_error");
    }
    match wire {
        Wire::Gemini => assert_eq!(
            (&body["error"]["code"], &body["error"]["status"]),
            (&Value::from(400), &Value::from("INVALID_ARGUMENT"))
        ),
        Wire::Messages => assert_eq!(body["type"], "error"),
        Wire::Responses | Wire::Chat => assert!(body["error"].get("param").is_some(), "{body}"),
        Wire::Converse => unreachable!("returned above"),
    }
}

/// The body with one value replaced or added, at a JSON pointer; a null stands for the field taken away.
fn with(body: &Value, pointer: &str, value: Value) -> Value {
    let mut body = body.clone();
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer has a slash");
    let parent = body.pointer_mut(parent).unwrap_or_else(|| panic!("nothing at {parent}"));
    match (parent, value) {
        (Value::Array(list), Value::Null) => drop(list.remove(key.parse().expect("an index"))),
        (Value::Array(list), value) if key == "-" => list.push(value),
        (Value::Array(list), value) => list[key.parse::<usize>().expect("an index")] = value,
        (parent, Value::Null) => drop(parent.as_object_mut().expect("an object").remove(key)),
        (parent, value) => parent[key] = value,
    }
    body
}

//! The inside of the scripted server: it accepts connections, judges each request as the vendor would, and plays the
//! next step of the script.

use std::io::{self, BufReader, Read};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::event::{self, Rendered, Wishes};
use super::http::{self, Head};
use super::reply::{Reply, Step, Wire};
use super::server::{Request, Server, Shared};
use super::vendor::{self, Refusal};

/// Whether a connection can take another request.
enum After {
    KeepAlive,
    Close,
}

/// Serves each connection on a thread of its own until the server closes.
pub fn accept(shared: &Arc<Shared>, listener: &TcpListener) {
    for stream in listener.incoming() {
        let mut state = shared.state();
        if state.closing {
            return;
        }
        let Ok(stream) = stream else { continue };
        let Ok(registered) = stream.try_clone() else { continue };
        let number = state.connections;
        state.connections += 1;
        state.open.insert(number, registered);
        state.threads.retain(|thread| !thread.is_finished());
        let shared = Arc::clone(shared);
        state.threads.push(std::thread::spawn(move || {
            // An error means that the client went away or spoke no HTTP; either way the connection is over.
            let _ = serve(&shared, stream.try_clone().expect("a second handle on a socket"), number);
            // The registered handle keeps the socket open, so it has to be shut down and not just dropped.
            let _ = stream.shutdown(Shutdown::Both);
            shared.state().open.remove(&number);
        }));
    }
}

fn serve(shared: &Shared, mut stream: TcpStream, connection: usize) -> io::Result<()> {
    // Events should arrive one by one, as those of a slow model do.
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let (head, raw) = match http::read_request(&mut reader) {
            Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                shared.state().violations.push(format!("400: {error}"));
                let body = vendor::error_body(shared.wire, 400, &error.to_string()).to_string();
                return http::write_whole(&mut stream, 400, &[], body.as_bytes());
            }
            result => result?,
        };
        let keep = head.keeps_alive();
        match shared.answer(&mut stream, head, raw, connection)? {
            After::KeepAlive if keep => {}
            _ => return Ok(()),
        }
    }
}

impl Shared {
    fn is_endpoint(&self, path: &str) -> bool {
        match self.wire {
            Wire::Responses => path == "/v1/responses",
            Wire::Chat => path == "/v1/chat/completions",
            Wire::Messages => path == "/v1/messages",
            // The model is in the path; without `alt=sse` the answer would be a list.
            Wire::Gemini => path
                .strip_prefix("/v1beta/models/")
                .and_then(|path| path.strip_suffix(":streamGenerateContent?alt=sse"))
                .is_some_and(|model| !model.is_empty() && !model.contains('/')),
            Wire::Converse => {
                let model = path.strip_prefix("/model/").and_then(|rest| rest.strip_suffix("/converse-stream"));
                model.is_some_and(|model| !model.is_empty() && !model.contains(['/', ':']))
            }
        }
    }

    fn answer(&self, stream: &mut TcpStream, head: Head, raw: Vec<u8>, connection: usize) -> io::Result<After> {
        let path = head.path.split('?').next().unwrap_or_default().to_owned();
        if head.method != "POST" {
            return self.answer_other(stream, &head, &path);
        }
        let parsed: Option<Value> = serde_json::from_slice(&raw).ok();
        let content_type = head.header("content-type").unwrap_or_default();
        let judged = self.judge(&head, &path, &content_type, parsed.as_ref());
        let Head { method: _, path, headers } = head;
        let request = Request { path, headers, body: parsed.unwrap_or_default(), raw, connection, at: Instant::now() };
        self.state().requests.push(request.clone());
        if let Err(refusal) = judged {
            self.state().violations.push(refusal.reason.clone());
            return self.whole(stream, refusal.code, &[], &refusal.body.to_string());
        }
        match self.next_step(&request) {
            Ok(step) => self.play(stream, step, &request),
            Err(why) => {
                self.state().violations.push(format!("500: {why}"));
                self.whole(stream, 500, &[], &Server::error_body(self.wire, 500, &why))
            }
        }
    }

    /// Everything that is no request to the model.
    fn answer_other(&self, stream: &mut TcpStream, head: &Head, path: &str) -> io::Result<After> {
        let found = match (head.method.as_str(), path) {
            ("GET", list) if Some(list) == self.list() => {
                match vendor::check_headers(self.wire, |name| head.header(name)) {
                    Ok(()) => Some(vendor::models(self.wire)),
                    Err(refusal) => return self.whole(stream, refusal.code, &[], &refusal.body.to_string()),
                }
            }
            ("GET", "/api/tags") if self.wire == Wire::Chat => Some(vendor::tags()),
            _ => None,
        };
        match found {
            Some(body) => self.whole(stream, 200, &[], &body.to_string()),
            None => self.whole(stream, 404, &[], &self.not_found(&head.method, path).body.to_string()),
        }
    }

    /// Where the vendor lists its models; Bedrock's are listed by another service.
    fn list(&self) -> Option<&'static str> {
        match self.wire {
            Wire::Responses | Wire::Chat | Wire::Messages => Some("/v1/models"),
            Wire::Gemini => Some("/v1beta/models"),
            Wire::Converse => None,
        }
    }

    fn not_found(&self, method: &str, path: &str) -> Refusal {
        let message = match self.wire {
            Wire::Messages => "Not found".to_owned(),
            Wire::Gemini => format!("{path} is not found."),
            Wire::Converse => "Unknown operation".to_owned(),
            Wire::Responses | Wire::Chat => format!("Invalid URL ({method} {path})"),
        };
        let mut refusal = vendor::refusal(self.wire, 404, &message);
        refusal.reason = format!("404: {method} {path}");
        refusal
    }

    fn judge(&self, head: &Head, path: &str, content_type: &str, body: Option<&Value>) -> Result<(), Refusal> {
        let asked = if self.wire == Wire::Gemini { head.path.as_str() } else { path };
        if !self.is_endpoint(asked) {
            return Err(self.not_found(&head.method, path));
        }
        vendor::check_headers(self.wire, |name| head.header(name))?;
        if !content_type.to_ascii_lowercase().starts_with("application/json") {
            return Err(vendor::refusal(self.wire, 400, "The content type of the request must be application/json."));
        }
        let Some(body) = body else {
            return Err(vendor::refusal(self.wire, 400, "We could not parse the JSON body of your request."));
        };
        let state = self.state();
        let verdict = match self.wire {
            Wire::Responses => super::responses_rules::check(body, &state.memory),
            Wire::Chat => super::chat_rules::check(body, &state.memory),
            Wire::Messages => super::messages_rules::check(body, &state.memory),
            Wire::Gemini => super::gemini_rules::check(body, &state.memory),
            Wire::Converse => super::converse_rules::check(path, body, &state.memory),
        };
        verdict.map_err(|fault| vendor::fault(self.wire, &fault))
    }

    fn next_step(&self, request: &Request) -> Result<Step, String> {
        let Some(respond) = &self.responder else {
            return self.state().steps.pop_front().ok_or_else(|| "script is over".to_owned());
        };
        // A failed assertion in the test's function is told, or the test would only see a dead connection.
        catch_unwind(AssertUnwindSafe(|| respond(request))).map_err(|panic| {
            let words = panic.downcast_ref::<String>().map(String::as_str);
            let words = words.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
            format!("the responder panicked: {words}")
        })
    }

    /// Renders under the number that comes next, and remembers what was rendered before the client can see it.
    fn render(&self, request: &Request, render: impl FnOnce(usize, Wishes) -> Rendered) -> Rendered {
        let mut state = self.state();
        let nth = state.replies.max(event::next_number(&request.raw));
        state.replies = nth + 1;
        let rendered = render(nth, Wishes::of(&request.body));
        state.memory.absorb(rendered.learned.clone());
        rendered
    }

    fn render_reply(&self, request: &Request, reply: &Reply) -> Rendered {
        self.render(request, |nth, wishes| event::render(self.wire, reply, nth, wishes))
    }

    fn play(&self, stream: &mut TcpStream, step: Step, request: &Request) -> io::Result<After> {
        match step {
            Step::Reply(reply) => {
                let rendered = self.render_reply(request, &reply);
                self.send_events(stream, &rendered)?;
                http::end_stream(stream)?;
            }
            Step::Open(reply) => {
                let rendered = self.render_reply(request, &reply);
                self.send_events(stream, &rendered)?;
                return wait_for_client(stream);
            }
            Step::ErrorInStream { reply_prefix, kind, message } => {
                let rendered = self.render(request, |nth, wishes| {
                    event::render_error(self.wire, &reply_prefix, nth, wishes, &kind, &message)
                });
                self.send_events(stream, &rendered)?;
                http::end_stream(stream)?;
            }
            Step::Cut { reply, at, hang } => {
                let body = self.render_reply(request, &reply).body();
                self.begin(stream)?;
                http::write_chunk(stream, &body[..at.min(body.len())])?;
                return if hang { wait_for_client(stream) } else { Ok(After::Close) };
            }
            Step::Trickle { reply, bytes, every_ms } => {
                let body = self.render_reply(request, &reply).body();
                self.begin(stream)?;
                for piece in body.chunks(bytes.max(1)) {
                    http::write_chunk(stream, piece)?;
                    if self.closes_within(Duration::from_millis(every_ms)) {
                        return Ok(After::Close);
                    }
                }
                http::end_stream(stream)?;
            }
            Step::Hang => {
                self.begin(stream)?;
                return wait_for_client(stream);
            }
            Step::Status { code, headers, body } => return self.whole(stream, code, &headers, &body),
            Step::Raw { content_type, body } => {
                return self.whole(stream, 200, &[("Content-Type".to_owned(), content_type)], &body);
            }
        }
        Ok(After::KeepAlive)
    }

    /// The id by which the vendor's support would find the request.
    fn headers(&self) -> Vec<(String, String)> {
        let name = match self.wire {
            Wire::Messages => "request-id",
            Wire::Converse => "x-amzn-RequestId",
            Wire::Responses | Wire::Chat | Wire::Gemini => "x-request-id",
        };
        vec![(name.to_owned(), format!("req_lab{:04}", self.state().requests.len()))]
    }

    /// Begins an answer in the wire's own kind of stream.
    fn begin(&self, stream: &mut TcpStream) -> io::Result<()> {
        let kind = match self.wire {
            Wire::Converse => "application/vnd.amazon.eventstream",
            Wire::Responses | Wire::Chat | Wire::Messages | Wire::Gemini => "text/event-stream; charset=utf-8",
        };
        http::begin_stream(stream, kind, &self.headers())
    }

    fn whole(&self, stream: &mut TcpStream, code: u16, headers: &[(String, String)], body: &str) -> io::Result<After> {
        let mut all = self.headers();
        all.extend_from_slice(headers);
        http::write_whole(stream, code, &all, body.as_bytes())?;
        Ok(After::KeepAlive)
    }

    fn send_events(&self, stream: &mut TcpStream, rendered: &Rendered) -> io::Result<()> {
        self.begin(stream)?;
        rendered.events.iter().try_for_each(|event| http::write_chunk(stream, &event.bytes))
    }

    /// Waits for the time to pass; true if the server closes first.
    fn closes_within(&self, time: Duration) -> bool {
        let wait = self.closed.wait_timeout_while(self.state(), time, |state| !state.closing);
        wait.unwrap_or_else(|poisoned| poisoned.into_inner()).0.closing
    }
}

/// Sends nothing more until the client hangs up or the server is dropped, which shuts the socket down.
fn wait_for_client(stream: &mut TcpStream) -> io::Result<After> {
    let mut ignored = [0; 1024];
    while stream.read(&mut ignored)? > 0 {}
    Ok(After::Close)
}

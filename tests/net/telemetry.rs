//! Traces: what they hold, where they go, that they go nowhere unless asked, and that a run never suffers from them.

use crate::support::*;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Something that takes traces.
pub struct Collector {
    address: String,
    posts: Arc<Mutex<Vec<Post>>>,
}

#[derive(Clone, Debug)]
pub struct Post {
    pub path: String,
    pub head: String,
    pub body: String,
}

impl Collector {
    /// One that answers every request with this status; without one it never answers.
    pub fn answering(status: &'static str) -> Collector {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let posts: Arc<Mutex<Vec<Post>>> = Arc::default();
        let kept = posts.clone();
        // It ends with the process: nothing waits for it.
        std::thread::spawn(move || {
            let mut silent = Vec::new();
            for stream in listener.incoming().flatten() {
                kept.lock().unwrap().extend(read(&stream));
                if status.is_empty() {
                    silent.push(stream);
                } else {
                    let _ = write!(&stream, "HTTP/1.1 {status}\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{{}}");
                }
            }
        });
        Collector { address, posts }
    }

    pub fn posts(&self) -> Vec<Post> {
        self.posts.lock().unwrap().clone()
    }

    fn spans(&self) -> Vec<Value> {
        let posts = self.posts();
        assert_eq!(posts.len(), 1, "one request a run: {posts:?}");
        let body: Value = serde_json::from_str(&posts[0].body).unwrap();
        body["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap().clone()
    }
}

fn read(stream: &TcpStream) -> Option<Post> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let length =
        head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok())?;
    let mut body = vec![0_u8; length];
    reader.read_exact(&mut body).ok()?;
    let path = head.split(' ').nth(1)?.to_owned();
    Some(Post { path, head, body: String::from_utf8(body).ok()? })
}

/// A run with a failed request, a command, an edit and a call that is refused, whose trace goes to the collector.
pub fn busy(collector: &Collector, more: &[&str]) -> (Project, Outcome) {
    let project = Project::new()
        .file("a.txt", "one\n")
        .config("[models.\"anthropic/test-model\"]\ninput = 1\noutput = 1\n")
        .env("TRACE_HEADERS", "x-team=abc%20123, authorization=Bearer sesame42")
        .step(Step::Status {
            code: 503,
            headers: vec![("retry-after-ms".into(), "1".into())],
            body: json!({"type": "error", "error": {"type": "api_error", "message": "busy"}}).to_string(),
        })
        .reply(Reply::call("shell", json!({"command": "echo hidden-words; exit 3"})))
        .reply(Reply::call("write", json!({"path": "b.txt", "content": "two\n"})))
        .reply(Reply::text("All of it is done."));
    let endpoint = format!("telemetry.endpoint={}", collector.address);
    let mut args = vec!["--json", "-c", &endpoint];
    args.extend_from_slice(more);
    args.push("secret-task");
    let outcome = project.run(&args);
    (project, outcome)
}

fn attribute<'a>(span: &'a Value, key: &str) -> &'a Value {
    let attributes = span["attributes"].as_array().unwrap();
    attributes
        .iter()
        .find(|one| one["key"] == key)
        .map_or(&Value::Null, |one| one["value"].as_object().unwrap().values().next().unwrap())
}

#[test]
fn a_run_is_a_trace_of_the_conventions() {
    let collector = Collector::answering("200 OK");
    let (_project, outcome) = busy(&collector, &["-c", "telemetry.headers_env=TRACE_HEADERS"]);
    let outcome = outcome.code(0).stderr_lacks("trace");
    let session = outcome.outcome()["session"].as_str().unwrap().to_owned();
    let post = &collector.posts()[0];
    let head = post.head.to_lowercase();
    assert_eq!(post.path, "/v1/traces");
    for line in
        ["content-type: application/json", "user-agent: agent/", "x-team: abc 123", "authorization: bearer sesame42"]
    {
        assert!(head.contains(line), "no {line} in {head}");
    }
    let spans = collector.spans();
    let names: Vec<&str> = spans.iter().map(|span| span["name"].as_str().unwrap()).collect();
    let wanted = [
        "chat test-model",
        "chat test-model",
        "execute_tool shell",
        "chat test-model",
        "execute_tool write",
        "chat test-model",
        "invoke_agent agent",
    ];
    assert_eq!(names, wanted);
    let root = &spans[6];
    for span in &spans[..6] {
        assert_eq!((&span["traceId"], &span["parentSpanId"]), (&root["traceId"], &root["spanId"]));
        assert_eq!(attribute(span, "gen_ai.conversation.id"), session.as_str());
    }
    assert_eq!(root.get("parentSpanId"), None);
    assert_eq!((&spans[0]["kind"], &spans[0]["status"]["code"]), (&json!(3), &json!(2)), "the request that failed");
    assert_eq!(attribute(&spans[0], "error.type"), "transient");
    assert_eq!(attribute(&spans[1], "gen_ai.provider.name"), "anthropic");
    let reasons = json!({"values": [{"stringValue": "tool_call"}]});
    assert_eq!(attribute(&spans[1], "gen_ai.response.finish_reasons"), &reasons);
    assert!(attribute(&spans[1], "gen_ai.usage.input_tokens").as_str().unwrap().parse::<u64>().unwrap() > 0);
    assert_eq!(
        (attribute(&spans[2], "error.type"), attribute(&spans[2], "process.exit.code")),
        (&json!("failed"), &json!("3"))
    );
    assert_eq!(spans[4].get("status"), None);
    assert!(attribute(root, "agent.cost_usd").as_f64().unwrap() > 0.0);
    for hidden in ["hidden-words", "secret-task", "All of it", "echo"] {
        assert!(!post.body.contains(hidden), "`{hidden}` is sent unasked");
    }
}

#[test]
fn what_was_said_is_sent_only_where_that_is_asked_for() {
    let collector = Collector::answering("202 Accepted");
    busy(&collector, &["-c", "telemetry.content=true"]).1.code(0).stderr_lacks("trace");
    let spans = collector.spans();
    let said = |span: &Value, key: &str| attribute(span, key).as_str().unwrap_or_default().to_owned();
    assert!(said(&spans[6], "gen_ai.input.messages").contains("secret-task"));
    assert!(said(&spans[6], "gen_ai.output.messages").contains("All of it is done."));
    assert!(said(&spans[2], "gen_ai.tool.call.arguments").contains("echo hidden-words"));
    assert!(said(&spans[2], "gen_ai.tool.call.result").contains("hidden-words"));
    assert!(said(&spans[1], "gen_ai.output.messages").contains("tool_call"));
}

#[test]
fn nothing_is_sent_unless_the_user_says_where() {
    let collector = Collector::answering("200 OK");
    let project = Project::new()
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.address)
        .file(".agent/config.toml", &format!("[telemetry]\nendpoint = \"{}\"\n", collector.address))
        .reply(Reply::text("Done."));
    project.run(&["x"]).code(0);
    assert!(collector.posts().is_empty(), "{:?}", collector.posts());
}

#[test]
fn a_run_never_suffers_from_its_trace() {
    for (status, words) in
        [("401 Unauthorized", "answered 401"), ("503 Busy", "answered 503"), ("", "took longer than 2 s")]
    {
        let collector = Collector::answering(status);
        let (_, outcome) = busy(&collector, &[]);
        let took = outcome.took;
        let outcome = outcome.code(0).stderr_has("the trace of this run was not sent: ").stderr_has(words);
        assert_eq!(outcome.outcome()["status"], "done");
        assert!(took < Duration::from_secs(20), "{took:?}");
        assert_eq!(collector.posts().len(), 1, "it is not tried again");
    }
    let gone = Collector { address: "http://127.0.0.1:9".into(), posts: Arc::default() };
    busy(&gone, &[]).1.code(0).stderr_has("was not sent: cannot connect");
}

#[test]
fn what_cannot_be_used_is_said_before_a_model_is_paid() {
    let cases = [
        ("telemetry.endpoint=localhost:4318", "telemetry.headers_env=", "telemetry.endpoint is no address"),
        ("telemetry.endpoint=http://127.0.0.1:9", "telemetry.headers_env=NOT_SET", "is not set"),
        ("telemetry.endpoint=http://127.0.0.1:9", "telemetry.headers_env=BAD", "holds no `name=value`"),
        ("telemetry.endpoint=http://127.0.0.1:9", "telemetry.headers_env=ODD", "none of a header"),
        ("telemetry.endpoint=http://collector.example.com", "telemetry.headers_env=GOOD", "unencrypted"),
    ];
    for (endpoint, headers, words) in cases {
        let project = Project::new().env("BAD", "sesame42").env("ODD", "a b=c").env("GOOD", "a=sesame42");
        let out = project.run(&["-c", endpoint, "-c", headers, "x"]).code(2).stderr_has(words);
        assert!(!out.stderr.contains("sesame42"), "a header's value is a secret: {}", out.stderr);
    }
}

#[test]
fn the_same_log_gives_the_same_spans() {
    let collector = Collector::answering("200 OK");
    let (project, _) = busy(&collector, &[]);
    let log = std::fs::read_to_string(&project.sessions()[0]).unwrap();
    let records: Vec<agent::base::event::Record> =
        log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let again = agent::transcript::trace::spans(&records, false, agent::store::moment::parse);
    assert_eq!(again, collector.spans());
}

#[test]
fn every_request_names_the_program() {
    let project = Project::new().reply(Reply::text("Done."));
    project.run(&["x"]).code(0);
    let request = project.model_server().requests().remove(0);
    assert_eq!(request.header("user-agent").as_deref(), Some(concat!("agent/", env!("CARGO_PKG_VERSION"))));
}

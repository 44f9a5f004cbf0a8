//! The program against LiteLLM's proxy: each of its three faces, in front of our strict servers, which judge what the proxy
//! makes of our requests. One proxy serves all tests here; the name of the model says whose script is played.

use super::python::Python;
use crate::support::{Outcome, Project, Reply, Request, Server, Step, Wire};
use serde_json::json;
use std::collections::{HashMap, VecDeque};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock, mpsc};
use std::time::Duration;

/// Importing it takes seconds, on a busy machine many.
const LONGEST_START: Duration = Duration::from_secs(180);

/// What the proxy wants of its users; it refuses to start with a weaker one.
const KEY: &str = "sk-conformance-0123456789-0123456789";

/// The scripts behind the route to Responses: of a model that it does not know by name, LiteLLM makes a stream up itself.
const RESPONSES: [&str; 7] = [
    "task-responses",
    "busy-responses",
    "broken-responses",
    "late-responses",
    "locked-responses",
    "empty-responses",
    "full-responses",
];

/// What is left to play, by model.
type Scripts = Arc<Mutex<HashMap<String, VecDeque<Step>>>>;

struct Lab {
    scripts: Scripts,
    upstream: HashMap<Wire, Server>,
    port: u16,
    /// Its standard input is the proxy's life line.
    _proxy: Child,
}

impl Lab {
    /// The one there is, started by the first test that asks.
    fn get() -> Option<&'static Lab> {
        static LAB: OnceLock<Lab> = OnceLock::new();
        let python = Python::find()?;
        Some(LAB.get_or_init(|| Lab::start(&python)))
    }

    fn start(python: &Python) -> Lab {
        let scripts = Scripts::default();
        let server = |wire| {
            let scripts = Arc::clone(&scripts);
            (wire, Server::respond_with(wire, move |request| next_step(&scripts, request)))
        };
        let upstream = HashMap::from([Wire::Responses, Wire::Chat, Wire::Messages].map(server));
        let folder = tempfile::tempdir().expect("a temporary folder");
        let config = folder.path().join("config.yaml");
        // JSON is YAML.
        std::fs::write(&config, configuration(&upstream).to_string()).expect("room in a temporary folder");
        let mut command = python.command("proxy.py", &[config.to_str().expect("a path in UTF-8")]);
        command.env("LITELLM_MASTER_KEY", KEY).env("HOME", folder.path()).env("NO_PROXY", "*");
        // It has read its configuration when it says its port, so the folder may go.
        let (proxy, port) = start(command);
        Lab { scripts, upstream, port, _proxy: proxy }
    }

    /// `agent run` through a face of the proxy, which hands on to the server of `upstream`. `script` is unique to the test.
    #[track_caller]
    fn run(&self, face: Wire, route: &str, script: &str, steps: Vec<Step>) -> (Project, Outcome) {
        self.scripts.lock().expect("no holder of this lock panics").insert(script.to_owned(), steps.into());
        let (wire, base) = match face {
            Wire::Responses => ("responses", "/v1"),
            Wire::Chat => ("chat", "/v1"),
            Wire::Messages => ("messages", ""),
            Wire::Gemini => ("gemini", "/v1beta"),
            Wire::Converse => unreachable!("the proxy has no such face"),
        };
        let port = self.port;
        let project = Project::new()
            .file("a.txt", "one\ntwo\n")
            .config(&format!(
                "[providers.proxy]\nwire = \"{wire}\"\nbase_url = \"http://127.0.0.1:{port}{base}\"\nkey_env = \"PROXY_KEY\"\n"
            ))
            .env("PROXY_KEY", KEY);
        let model = format!("proxy/{route}/{script}");
        let outcome = project.run(&["--json", "-m", &model, "-c", "network.retry_budget=10s", "write b.txt"]);
        (project, outcome)
    }

    /// What arrived at the end of the line for a script.
    fn requests(&self, upstream: Wire, script: &str) -> Vec<Request> {
        let requests = self.upstream[&upstream].requests();
        requests.into_iter().filter(|request| request.body["model"] == script).collect()
    }
}

fn next_step(scripts: &Scripts, request: &Request) -> Step {
    let model = request.body["model"].as_str().unwrap_or_default();
    let step = scripts.lock().expect("no holder of this lock panics").get_mut(model).and_then(VecDeque::pop_front);
    step.unwrap_or_else(|| panic!("no step left for {model:?}"))
}

/// Which of LiteLLM's providers is behind which route, and where. It retries nothing and remembers nothing: that is ours.
fn configuration(upstream: &HashMap<Wire, Server>) -> serde_json::Value {
    let routes = [
        ("to-chat", "openai", Wire::Chat),
        ("to-vllm", "hosted_vllm", Wire::Chat),
        ("to-messages", "anthropic", Wire::Messages),
    ];
    let route = |name: &str, model: &str, wire: Wire| {
        json!({
            "model_name": name,
            "litellm_params": { "model": model, "api_base": upstream[&wire].base_url(), "api_key": "upstream-key" },
            "model_info": { "supports_native_streaming": true },
        })
    };
    let named =
        RESPONSES.map(|name| route(&format!("to-responses/{name}"), &format!("openai/{name}"), Wire::Responses));
    let all = routes.map(|(name, provider, wire)| route(&format!("{name}/*"), &format!("{provider}/*"), wire));
    let models = [&named[..], &all[..]].concat();
    json!({
        "model_list": models,
        "litellm_settings": { "drop_params": true, "num_retries": 0 },
        "router_settings": { "num_retries": 0, "disable_cooldowns": true },
    })
}

/// Waits until the proxy takes requests, which it says with its port.
fn start(mut command: Command) -> (Child, u16) {
    let mut errors = tempfile::tempfile().expect("a temporary file");
    let output = errors.try_clone().expect("a second handle on a file");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(output);
    let mut proxy = command.spawn().unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
    let stdout = BufReader::new(proxy.stdout.take().expect("stdout is piped"));
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut lines = stdout.lines().map_while(Result::ok);
        let port = lines.find_map(|line| line.parse().ok());
        let _ = sender.send(port);
        // Whatever else it says has to be read, or it would wait.
        lines.for_each(drop);
    });
    let port = receiver.recv_timeout(LONGEST_START).ok().flatten();
    let port = port.unwrap_or_else(|| {
        let _ = proxy.kill();
        panic!("the proxy does not start:\n{}", text_of(&mut errors));
    });
    (proxy, port)
}

fn text_of(file: &mut std::fs::File) -> String {
    use std::io::{Read, Seek};
    let mut text = String::new();
    let _ = file.rewind().and_then(|()| file.read_to_string(&mut text));
    text
}

/// A task with two calls of tools: its answers.
fn task() -> Vec<Step> {
    let replies = [
        Reply::call("read", json!({ "path": "a.txt" })),
        Reply::text("I write it.").and_call("write", json!({ "path": "b.txt", "content": "two\n" })),
        Reply::text("All written."),
    ];
    replies.map(Step::Reply).to_vec()
}

/// The task gets done, and what our server sees of it is a conversation with both results.
#[track_caller]
fn works(face: Wire, route: &str, upstream: Wire) {
    let Some(lab) = Lab::get() else { return };
    // LiteLLM knows the models of Responses by name.
    let script =
        if upstream == Wire::Responses { "task-responses".to_owned() } else { format!("task-{face:?}-{route}") };
    let (project, outcome) = lab.run(face, route, &script, task());
    let violations = lab.upstream[&upstream].violations();
    assert_eq!(violations, Vec::<String>::new(), "what came of our requests is refused\n{outcome}");
    let outcome = outcome.code(0).stdout_has("All written.");
    assert_eq!(project.read("b.txt"), "two\n", "{outcome}");
    let requests = lab.requests(upstream, &script);
    assert_eq!(requests.len(), 3, "one request a turn\n{outcome}");
    assert!(requests[1].body.to_string().contains("\\ttwo"), "the file that was read goes back: {}", requests[1].body);
    assert!(requests.iter().all(|request| request.body["stream"] == true), "every answer is streamed");
    let tokens = &outcome.outcome()["tokens"];
    // The Gemini face counts by itself, and more.
    let least = |name: &str, count: u64| tokens[name].as_u64().is_some_and(|tokens| tokens >= count);
    assert!(least("input", 300) && least("output", 60), "usage comes through: {tokens}");
}

#[test]
fn a_task_works_through_the_chat_face() {
    works(Wire::Chat, "to-chat", Wire::Chat);
}

#[test]
fn a_task_works_through_the_chat_face_in_front_of_messages() {
    works(Wire::Chat, "to-messages", Wire::Messages);
}

#[test]
fn a_task_works_through_the_responses_face() {
    works(Wire::Responses, "to-responses", Wire::Responses);
}

#[test]
fn a_task_works_through_the_responses_face_in_front_of_messages() {
    works(Wire::Responses, "to-messages", Wire::Messages);
}

#[test]
fn a_task_works_through_the_messages_face() {
    works(Wire::Messages, "to-messages", Wire::Messages);
}

#[test]
fn a_task_works_through_the_messages_face_in_front_of_chat() {
    works(Wire::Messages, "to-vllm", Wire::Chat);
}

#[test]
fn a_task_works_through_the_gemini_face_in_front_of_chat() {
    works(Wire::Gemini, "to-vllm", Wire::Chat);
}

/// Each face before a server of its own wire.
const FACES: [(Wire, &str); 3] =
    [(Wire::Responses, "to-responses"), (Wire::Chat, "to-chat"), (Wire::Messages, "to-messages")];

/// Plays one step on each face, then an answer; gives what became of it and how many requests arrived.
fn on_each_face(name: &str, step: impl Fn(Wire) -> Step) -> Vec<(Wire, Outcome, usize)> {
    let Some(lab) = Lab::get() else { return vec![] };
    let play = |(wire, route): (Wire, &str)| {
        let script = format!("{name}-{}", route.trim_start_matches("to-"));
        let (_, outcome) = lab.run(wire, route, &script, vec![step(wire), Step::Reply(Reply::text("All said."))]);
        (wire, outcome, lab.requests(wire, &script).len())
    };
    FACES.map(play).to_vec()
}

fn refusal(wire: Wire, code: u16, message: &str) -> Step {
    Step::Status { code, headers: vec![], body: Server::error_body(wire, code, message) }
}

fn waits(outcome: &Outcome) -> Vec<String> {
    let events = outcome.json();
    let waiting = events.iter().filter(|event| event["type"] == "waiting");
    waiting.map(|event| event["data"]["reason"].to_string()).collect()
}

#[track_caller]
fn is_tried_again(played: Vec<(Wire, Outcome, usize)>, reason: &str) {
    for (wire, outcome, requests) in played {
        let outcome = outcome.code(0).stdout_has("All said.");
        let waits = waits(&outcome);
        assert!(waits.len() == 1 && waits[0].contains(reason), "{wire:?}: {waits:?}\n{outcome}");
        assert_eq!(requests, 2, "{wire:?}: LiteLLM tries nothing again by itself");
    }
}

#[test]
fn a_busy_model_behind_the_proxy_is_tried_again() {
    is_tried_again(on_each_face("busy", |wire| refusal(wire, 429, "slow down please")), "slow down please");
}

#[test]
fn a_broken_model_behind_the_proxy_is_tried_again() {
    is_tried_again(on_each_face("broken", |wire| refusal(wire, 500, "it is us")), "it is us");
}

#[test]
fn an_error_in_the_middle_of_a_stream_behind_the_proxy_is_tried_again() {
    let played = on_each_face("late", |wire| Step::ErrorInStream {
        reply_prefix: Reply::text("So far so"),
        kind: if wire == Wire::Messages { "overloaded_error".into() } else { "server_error".into() },
        message: "it broke half-way".into(),
    });
    // Of Responses, LiteLLM keeps the code alone.
    is_tried_again(played, "ended the answer with an error");
}

#[test]
fn a_key_that_is_refused_behind_the_proxy_is_said_at_once() {
    for (wire, outcome, requests) in on_each_face("locked", |wire| refusal(wire, 401, "no such key")) {
        let outcome = outcome.code(3).stdout_has("no such key");
        assert_eq!((requests, waits(&outcome)), (1, vec![]), "{wire:?}");
    }
}

#[test]
fn an_empty_account_behind_the_proxy_is_not_asked_again() {
    let words = "You exceeded your current quota, please check your plan and billing details.";
    let played = on_each_face("empty", |wire| {
        let body = match wire {
            Wire::Messages => json!({ "type": "error", "error": {
                "type": "invalid_request_error", "message": "Your credit balance is too low to access the Anthropic API.",
            } }),
            Wire::Responses | Wire::Chat | Wire::Gemini | Wire::Converse => json!({ "error": {
                "message": words, "type": "insufficient_quota", "param": null, "code": "insufficient_quota",
            } }),
        };
        let code = if wire == Wire::Messages { 400 } else { 429 };
        Step::Status { code, headers: vec![], body: body.to_string() }
    });
    for (wire, outcome, requests) in played {
        let outcome = outcome.code(4).stdout_has("add credit");
        assert_eq!((requests, waits(&outcome)), (1, vec![]), "{wire:?}");
    }
}

/// Too long a conversation is cut down and asked again, not given up: the words of the vendor come through.
#[test]
fn a_full_context_behind_the_proxy_is_known_as_that() {
    let played = on_each_face("full", |wire| {
        let words = match wire {
            Wire::Messages => "prompt is too long: 208310 tokens > 200000 maximum",
            Wire::Responses | Wire::Chat | Wire::Gemini | Wire::Converse => {
                "This model's maximum context length is 128000 tokens."
            }
        };
        refusal(wire, 400, words)
    });
    for (wire, outcome, _) in played {
        let full = outcome.json().iter().any(|event| event["data"]["error"]["kind"] == "context_full");
        assert!(full, "{wire:?}\n{outcome}");
    }
}

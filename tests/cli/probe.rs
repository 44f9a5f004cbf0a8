//! `agent models probe` against endpoints with scripted defects: what is found, what is remembered, what later runs do.

use crate::support::{Answers, Asked, Project, Reply, Server, Wire};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt;

/// Why this endpoint refuses a request; `None` where it takes it.
type Defect = fn(&Value) -> Option<(u16, &'static str)>;

fn messages(body: &Value) -> &[Value] {
    body["messages"].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn calls(body: &Value) -> impl Iterator<Item = &Value> {
    messages(body).iter().flat_map(|message| message["tool_calls"].as_array().into_iter().flatten())
}

/// Does it ask for a call, rather than give the result of one?
fn wants_call(body: &Value) -> bool {
    body.get("tools").is_some() && calls(body).next().is_none()
}

fn reply(body: &Value, thinks: bool) -> Reply {
    let reply = if thinks { Reply::default().think("Hm.") } else { Reply::default() };
    if wants_call(body) { reply.and_call("weather", json!({ "city": "Oslo" })) } else { reply.and_text("hi") }
}

/// The same answer as one object.
fn whole(body: &Value) -> String {
    let message = if wants_call(body) {
        let function = json!({ "name": "weather", "arguments": "{\"city\":\"Oslo\"}" });
        json!({ "role": "assistant", "content": null, "tool_calls": [{ "id": "c1", "type": "function", "function": function }] })
    } else {
        json!({ "role": "assistant", "content": "hi" })
    };
    json!({
        "object": "chat.completion",
        "choices": [{ "index": 0, "message": message, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 12 },
    })
    .to_string()
}

fn endpoint(defect: Defect, thinks: bool, streams_tools: bool) -> Answers {
    Answers::start(move |asked: &Asked| {
        if asked.method == "GET" {
            let list = json!({ "object": "list", "data": [{ "id": "test-model", "max_model_len": 65536 }] });
            return if asked.path == "/v1/models" { (200, list.to_string()) } else { (404, "{}".into()) };
        }
        if let Some((code, words)) = defect(&asked.body) {
            return (code, json!({ "error": { "message": words, "type": "invalid_request_error" } }).to_string());
        }
        if asked.body["stream"] != true {
            return (200, whole(&asked.body));
        }
        let said = if streams_tools || !wants_call(&asked.body) {
            reply(&asked.body, thinks)
        } else {
            Reply::text("I would call it.")
        };
        (200, Server::render(Wire::Chat, &said, 0))
    })
}

fn project(server: &Answers) -> Project {
    Project::new()
        .config(&format!(
            "providers.lab = {{ wire = \"chat\", base_url = \"{}/v1\", key_env = \"LAB_API_KEY\" }}\n",
            server.url()
        ))
        .env("LAB_API_KEY", "sk-lab-0123456789")
}

fn probed(project: &Project) -> Value {
    let shown = project.agent(&["models", "probe", "lab/test-model", "--json"]).code(0);
    serde_json::from_str(&shown.stdout).expect("one JSON line")
}

#[test]
fn each_defect_is_found_and_adapted_to() {
    let has = |body: &Value, role: &str| messages(body).iter().any(|message| message["role"] == role);
    assert!(has(&json!({ "messages": [{ "role": "system" }] }), "system"));
    let cases: &[(&str, Defect, &[&str])] = &[
        ("none", |_| None, &[]),
        (
            "stream_options",
            |body| body.get("stream_options").map(|_| (422, "Extra inputs are not permitted")),
            &["no `stream_options`"],
        ),
        (
            "max_tokens",
            |body| body.get("max_tokens").map(|_| (400, "Unsupported parameter: 'max_tokens'")),
            &["`max_completion_tokens` limits answers"],
        ),
        (
            "both",
            |body| body.get("max_tokens").or(body.get("stream_options")).map(|_| (400, "unknown field")),
            &["no `stream_options`", "`max_completion_tokens` limits answers"],
        ),
        (
            "streams",
            |body| (body["stream"] == true).then_some((400, "streaming is not supported")),
            &["answers come whole"],
        ),
        (
            "tool_choice",
            |body| body.get("tool_choice").map(|_| (400, "tool_choice is not supported")),
            &["no `tool_choice`"],
        ),
        ("tools", |body| body.get("tools").map(|_| (400, "does not support tools")), &["no tools"]),
        (
            "parallel calls",
            |body| {
                let many = |message: &Value| message["tool_calls"].as_array().is_some_and(|calls| calls.len() > 1);
                messages(body).iter().any(many).then_some((500, "This model only supports single tool-calls at once!"))
            },
            &["no parallel tool calls"],
        ),
        (
            "ids",
            |body| {
                let odd = |call: &Value| call["id"].as_str().is_some_and(|id| id.len() != 9 || id.contains('_'));
                calls(body).any(odd).then_some((400, "must be a-z, A-Z, 0-9, with a length of 9"))
            },
            &["call ids of nine letters or digits"],
        ),
        (
            "system role",
            |body| (messages(body).first()?["role"] == "system").then_some((500, "System role not supported")),
            &["no system role"],
        ),
        (
            "images",
            |body| body["messages"].to_string().contains("image_url").then_some((400, "not a multimodal model")),
            &["no images"],
        ),
    ];
    for (name, defect, expected) in cases {
        let server = endpoint(*defect, false, true);
        let report = probed(&project(&server));
        assert_eq!(report["adapted"], json!(expected), "{name}: {report}");
        assert_eq!(report["context"], 65536, "{name}");
        let requests = server.asked().iter().filter(|asked| asked.method == "POST").count();
        assert_eq!(report["requests"], requests, "{name}");
        assert!(requests <= 14, "{name} took {requests} requests");
        assert!(report["tokens"]["input"].as_u64().is_some_and(|tokens| tokens > 0), "{name}: {report}");
    }
}

#[test]
fn reasoning_that_is_refused_back_stays_and_streamed_tools_that_are_dropped_come_whole() {
    let refuses: Defect = |body| {
        let has = |message: &Value| message.get("reasoning_content").is_some();
        messages(body).iter().any(has).then_some((400, "property 'reasoning_content' is unsupported"))
    };
    let report = probed(&project(&endpoint(refuses, true, true)));
    assert_eq!(report["adapted"], json!(["no reasoning in the history"]), "{report}");
    let report = probed(&project(&endpoint(|_| None, false, false)));
    assert_eq!(report["adapted"], json!(["answers with tools come whole"]), "{report}");
}

#[test]
fn later_runs_use_what_was_found_and_say_it_until_it_is_forgotten() {
    let refuses: Defect = |body| body.get("stream_options").map(|_| (422, "Extra inputs are not permitted"));
    let server = endpoint(refuses, false, true);
    // The run's tools are not the probe's: it only talks.
    let project = project(&server);
    let shown = project.agent(&["models", "probe", "lab"]).code(0);
    let shown = shown.stdout_has("without `stream_options`").stdout_has("adapted to from now on: no `stream_options`");
    shown.stdout_has("cost not known").stdout_lacks("sk-lab-0123456789");
    let path = project.home().join(".local/state/agent/probes.json");
    let file = std::fs::read_to_string(&path).unwrap();
    assert!(!file.contains("sk-lab"), "{file}");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);

    let asked = server.asked();
    assert!(asked.iter().all(|asked| asked.header("authorization").as_deref() == Some("Bearer sk-lab-0123456789")));
    let asked = asked.len();
    let run = project.agent(&["run", "--json", "-m", "lab/another", "say hi"]);
    let said: Vec<String> =
        run.json().iter().filter_map(|line| line["data"]["text"].as_str().map(str::to_owned)).collect();
    assert!(said.iter().any(|text| text.starts_with("lab: no `stream_options`, as probed on 20")), "{said:?}");
    let sent = server.asked();
    let sent: Vec<&Asked> = sent.iter().skip(asked).filter(|asked| asked.method == "POST").collect();
    assert!(!sent.is_empty() && sent.iter().all(|asked| asked.body.get("stream_options").is_none()), "{sent:?}");

    project.agent(&["models", "probe", "lab", "--forget"]).code(0).stdout_has("forgotten: lab/test-model");
    project.agent(&["models", "probe", "lab", "--forget"]).code(0).stdout_has("nothing was probed of lab");
    let run = project.agent(&["run", "--json", "-m", "lab/another", "say hi"]).code(4);
    assert!(!run.stdout.contains("as probed on"), "{}", run.stdout);
}

#[test]
fn what_is_no_answer_about_the_form_ends_the_probe_and_is_not_remembered() {
    let cases: &[(Defect, &str)] = &[
        (|_| Some((401, "bad key")), "answered 401"),
        (|_| Some((404, "no such model")), "answered 404"),
        (|_| Some((429, "slow down")), "answered 429"),
        (|_| Some((503, "overloaded")), "answered 503"),
        (|_| Some((400, "never")), "refused every way of asking"),
    ];
    for (defect, words) in cases {
        let server = endpoint(*defect, false, true);
        let project = project(&server);
        project.agent(&["models", "probe", "lab/test-model"]).code(1).stderr_has(words);
        assert!(!project.home().join(".local/state/agent/probes.json").exists(), "{words}");
    }
    Project::new().agent(&["models", "probe", "nowhere"]).code(2).stderr_has("unknown provider `nowhere`");
}

#[test]
fn a_broken_file_of_probes_is_said_and_passed_over() {
    let server = endpoint(|_| None, false, true);
    let project = project(&server);
    let folder = project.home().join(".local/state/agent");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("probes.json"), "{\"probes\": [").unwrap();
    project.agent(&["models", "anthropic"]).code(0).stderr_has("what was probed is forgotten");
    project.agent(&["models", "probe", "lab/test-model"]).code(0).stdout_has("nothing has to be adapted");
    project.agent(&["models", "anthropic"]).code(0).stderr_lacks("forgotten");
}

#[test]
fn what_a_probe_sends_is_valid_on_every_wire() {
    for (wire, name) in [
        (Wire::Chat, "lab/test-model"),
        (Wire::Messages, "anthropic/test-model"),
        (Wire::Responses, "openai/test-model"),
    ] {
        let server = Server::respond_with(wire, |request| {
            let asks = request.body.get("tools").is_some() && !request.body.to_string().contains("r0beAbCdEf");
            let reply = Reply::default().think("Hm.");
            let call = json!({ "city": "Oslo" });
            crate::support::Step::Reply(if asks { reply.and_call("weather", call) } else { reply.and_text("hi") })
        });
        let project = Project::new().server(server);
        let shown = project.agent(&["models", "probe", name, "--json"]).code(0);
        project.model_server().assert_no_violations();
        let report: Value = serde_json::from_str(&shown.stdout).expect("one JSON line");
        assert_eq!(report["adapted"], json!([]), "{name}: {report}");
        assert_eq!(report["findings"][0], json!({ "name": "answers", "found": "yes" }), "{name}");
    }
}

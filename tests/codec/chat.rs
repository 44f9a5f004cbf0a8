//! The Chat Completions codec through its front door: neutral calls to bodies, byte streams to answers.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

use agent::base::call::{ToolCall, ToolInput, ToolResult, ToolSpec};
use agent::base::message::{ImageRef, Message, Part, Reasoning, Role, Seal};
use agent::base::model::{Delta, Effort, Family, Finish, ModelCall, ModelInfo, Stop, Thinking, Usage, Wire};
use agent::base::secret::Secret;
use agent::base::{Error, Kind};
use agent::net::Header;
use agent::provider::{Decode, Endpoint, codec};
use agent::text::sse::{Decoder, Frames};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const MODEL: &str = "acme/chatty-1";

// ---------------------------------------------------------------------------------------------------------------- help

fn endpoint(official: bool) -> Endpoint {
    Endpoint {
        provider: "acme".into(),
        base_url: "http://127.0.0.1:1/v1".into(),
        key: Some(Secret::new("sk-test")),
        official,
        ..Endpoint::default()
    }
}

fn model() -> ModelInfo {
    ModelInfo {
        provider: "acme".into(),
        id: "chatty-1".into(),
        wire: Wire::Chat,
        family: Family::Other,
        context: 100_000,
        max_input: 100_000,
        max_output: 8_000,
        price: None,
        tiers: Vec::new(),
        images: true,
        reasoning: true,
        efforts: vec![Effort::Low, Effort::Medium, Effort::High],
        thinking: Thinking::Unset,
        abilities: Default::default(),
        edits: agent::base::model::Edits::Replace,
        known: true,
    }
}

/// What a call is made of, so that each test says only what is special.
struct Scene {
    model: ModelInfo,
    official: bool,
    system: &'static str,
    tools: Vec<ToolSpec>,
    messages: Vec<Message>,
    effort: Option<Effort>,
    images: BTreeMap<String, String>,
}

fn scene(messages: Vec<Message>) -> Scene {
    let images = BTreeMap::from([("b1".to_owned(), "AAAA".to_owned())]);
    Scene { model: model(), official: false, system: "Be brief.", tools: vec![], messages, effort: None, images }
}

impl Scene {
    fn bytes_of(&self, count: usize) -> Result<Vec<u8>, Error> {
        let call = ModelCall {
            model: &self.model,
            system: self.system,
            tools: &self.tools,
            messages: &self.messages[..count],
            max_output: 4_000,
            effort: self.effort,
            cache_key: "session-1",
            images: &self.images,
        };
        codec(Wire::Chat, endpoint(self.official)).encode(&call).map(|request| request.body)
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes_of(self.messages.len()).unwrap()).unwrap()
    }

    /// The messages without the system prompt.
    fn messages_json(&self) -> Value {
        self.json()["messages"].as_array().unwrap()[1..].into()
    }
}

fn text(text: &str) -> Part {
    Part::Text { text: text.into() }
}

fn call(id: &str, name: &str, arguments: &str) -> Part {
    Part::Call(ToolCall { id: id.into(), name: name.into(), arguments: arguments.into(), freeform: false })
}

fn result(call: &str, output: &str, images: usize) -> Part {
    let images = vec![image(); images];
    Part::Result(ToolResult { call: call.into(), output: output.into(), images, error: false })
}

fn image() -> ImageRef {
    ImageRef { blob: "b1".into(), media_type: "image/png".into(), bytes: 3 }
}

fn sealed(text: &str, data: Value) -> Part {
    let seal = Seal { wire: Wire::Chat, model: MODEL.into(), data };
    Part::Reasoning(Reasoning { text: text.into(), seal: Some(seal) })
}

fn thought(text: &str) -> Part {
    Part::Reasoning(Reasoning { text: text.into(), seal: None })
}

fn user(parts: Vec<Part>) -> Message {
    Message { role: Role::User, parts }
}

fn assistant(parts: Vec<Part>) -> Message {
    Message { role: Role::Assistant, parts }
}

type Outcome = Result<(Finish, Vec<Delta>, bool), (Error, Usage)>;

/// Feeds the pieces of a byte stream as `net` would.
fn decode(pieces: &[&[u8]]) -> Outcome {
    let mut answer: Box<dyn Decode> = codec(Wire::Chat, endpoint(false)).decoder(MODEL);
    let (mut sse, mut deltas) = (Decoder::default(), Vec::new());
    for piece in pieces {
        let mut frames = Vec::new();
        sse.push(piece, &mut frames).unwrap();
        for frame in &frames {
            if let Err(error) = answer.frame(frame, &mut deltas) {
                return Err((error, answer.usage()));
            }
        }
    }
    let (complete, usage) = (answer.complete(), answer.usage());
    answer.finish().map(|finish| (finish, deltas, complete)).map_err(|error| (error, usage))
}

/// The stream of these chunks, closed by `[DONE]`.
fn stream(chunks: &[Value]) -> String {
    let mut stream: String = chunks.iter().map(|chunk| format!("data: {chunk}\n\n")).collect();
    stream.push_str("data: [DONE]\n\n");
    stream
}

fn delta(delta: Value) -> Value {
    json!({ "id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m",
        "choices": [{ "index": 0, "delta": delta, "logprobs": null, "finish_reason": null }] })
}

fn stop(reason: &str) -> Value {
    json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": reason }] })
}

fn answer(chunks: &[Value]) -> Finish {
    decode(&[stream(chunks).as_bytes()]).unwrap().0
}

fn refused(chunks: &[Value]) -> Error {
    decode(&[stream(chunks).as_bytes()]).unwrap_err().0
}

/// A call's id, name and arguments.
type Made<'a> = (&'a str, &'a str, &'a str);

fn calls(finish: &Finish) -> Vec<Made<'_>> {
    let all = agent::base::message::calls_of(&finish.parts);
    all.into_iter().map(|call| (call.id.as_str(), call.name.as_str(), call.arguments.as_str())).collect()
}

/// Text and reasoning of the deltas, each joined.
fn shown(deltas: &[Delta]) -> (String, String) {
    let (mut text, mut reasoning) = (String::new(), String::new());
    for delta in deltas {
        match delta {
            Delta::Text(piece) => text.push_str(piece),
            Delta::Reasoning(piece) => reasoning.push_str(piece),
            Delta::Call(_) => {}
        }
    }
    (text, reasoning)
}

fn conversation() -> Vec<Message> {
    vec![
        Message::user("read a.rs and b.rs"),
        assistant(vec![
            sealed("Two files.", json!({ "field": "reasoning_content" })),
            text("I read both."),
            call("c1", "read", "{ \"path\": \"a.rs\",\"line\":1.50}"),
            call("c2", "patch", ""),
        ]),
        user(vec![result("c1", "fn a() {}", 1), result("c2", "", 0), text("and be quick")]),
        assistant(vec![text("Done."), text("Really.")]),
        user(vec![text("look"), Part::Image(image())]),
    ]
}

// -------------------------------------------------------------------------------------------------------------- encode

#[test]
fn a_rich_conversation_becomes_this_body() {
    let mut scene = scene(conversation());
    scene.effort = Some(Effort::Max);
    scene.tools = vec![
        ToolSpec {
            name: "read",
            description: "Reads.".into(),
            input: ToolInput::Json(json!({ "type": "object", "properties": { "path": { "type": "string" } } })),
        },
        ToolSpec {
            name: "patch",
            description: "Patches.".into(),
            input: ToolInput::Freeform { syntax: "lark", grammar: "start: /.*/" },
        },
    ];
    let expected = concat!(
        r#"{"model":"chatty-1","stream":true,"stream_options":{"include_usage":true},"tools":["#,
        r#"{"type":"function","function":{"name":"read","description":"Reads.","#,
        r#""parameters":{"type":"object","properties":{"path":{"type":"string"}}}}},"#,
        r#"{"type":"function","function":{"name":"patch","description":"Patches.","#,
        r#""parameters":{"type":"object","properties":{"input":{"type":"string"}},"#,
        r#""required":["input"],"additionalProperties":false}}}],"#,
        r#""tool_choice":"auto","max_tokens":4000,"reasoning_effort":"high","messages":["#,
        r#"{"role":"system","content":"Be brief."},"#,
        r#"{"role":"user","content":"read a.rs and b.rs"},"#,
        r#"{"role":"assistant","content":"I read both.","reasoning_content":"Two files.","tool_calls":["#,
        r#"{"id":"c1","type":"function","function":{"name":"read","#,
        r#""arguments":"{ \"path\": \"a.rs\",\"line\":1.50}"}},"#,
        r#"{"id":"c2","type":"function","function":{"name":"patch","arguments":"{}"}}]},"#,
        r#"{"role":"tool","tool_call_id":"c1","content":"fn a() {}"},"#,
        r#"{"role":"tool","tool_call_id":"c2","content":"(no output)"},"#,
        r#"{"role":"user","content":[{"type":"text","text":"[images of tool result c1]"},"#,
        r#"{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}},"#,
        r#"{"type":"text","text":"and be quick"}]},"#,
        r#"{"role":"assistant","content":"Done.\n\nReally."},"#,
        r#"{"role":"user","content":[{"type":"text","text":"look"},"#,
        r#"{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}]}"#,
    );
    let body = scene.bytes_of(scene.messages.len()).unwrap();
    assert_eq!(String::from_utf8(body).unwrap(), expected);
}

#[test]
fn the_body_of_a_longer_conversation_begins_with_the_shorter_one() {
    let scene = scene(conversation());
    let mut before = scene.bytes_of(0).unwrap();
    for count in 1..=scene.messages.len() {
        let after = scene.bytes_of(count).unwrap();
        let list = before.strip_suffix(b"]}").unwrap();
        assert!(after.starts_with(list), "{count} messages");
        assert_eq!(after, scene.bytes_of(count).unwrap(), "the same bytes twice");
        before = after;
    }
}

#[test]
fn official_and_compatible_servers_get_their_own_fields() {
    let mut scene = scene(vec![Message::user("hi"), assistant(vec![Part::Refusal { text: "No.".into() }])]);
    let body = scene.json();
    assert_eq!(body["max_tokens"], 4000);
    for absent in ["max_completion_tokens", "prompt_cache_key", "tools", "tool_choice", "reasoning_effort"] {
        assert!(body.get(absent).is_none(), "{absent}");
    }
    assert_eq!(scene.messages_json()[1], json!({ "role": "assistant", "content": "No." }));
    scene.official = true;
    let body = scene.json();
    assert_eq!((&body["max_completion_tokens"], &body["prompt_cache_key"]), (&json!(4000), &json!("session-1")));
    assert!(body.get("max_tokens").is_none());
    assert_eq!(scene.messages_json()[1], json!({ "role": "assistant", "content": "", "refusal": "No." }));
    scene.effort = Some(Effort::Low);
    assert_eq!(scene.json()["reasoning_effort"], "low");
    scene.model.efforts.clear();
    assert!(scene.json().get("reasoning_effort").is_none());
}

#[test]
fn url_and_headers() {
    let model = model();
    let images = BTreeMap::new();
    let call = ModelCall {
        model: &model,
        system: "",
        tools: &[],
        messages: &[],
        max_output: 1,
        effort: None,
        cache_key: "",
        images: &images,
    };
    let mut endpoint = endpoint(false);
    let request = codec(Wire::Chat, endpoint.clone()).encode(&call).unwrap();
    assert_eq!(request.url, "http://127.0.0.1:1/v1/chat/completions");
    let authorization = request.headers.iter().find(|(name, _)| *name == "authorization").map(|(_, value)| value);
    assert!(matches!(authorization, Some(Header::Secret("Bearer ", key)) if key.expose() == "sk-test"));
    endpoint.key = None;
    let request = codec(Wire::Chat, endpoint).encode(&call).unwrap();
    let names: Vec<&str> = request.headers.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["content-type", "accept"]);
}

#[test]
fn only_this_models_own_seal_goes_back() {
    let own = json!({ "field": "reasoning" });
    let seal = |wire, model: &str| {
        let seal = Seal { wire, model: model.into(), data: own.clone() };
        Part::Reasoning(Reasoning { text: "hm".into(), seal: Some(seal) })
    };
    for (name, part, expected) in [
        ("own", seal(Wire::Chat, MODEL), Some("hm")),
        ("other model", seal(Wire::Chat, "acme/chatty-2"), None),
        ("other wire", seal(Wire::Messages, MODEL), None),
        ("no seal", thought("hm"), None),
        ("unknown data", sealed("hm", json!(7)), None),
    ] {
        let messages = scene(vec![assistant(vec![part, text("x")])]).messages_json();
        assert_eq!(messages[0].get("reasoning").and_then(Value::as_str), expected, "{name}");
        assert_eq!(messages[0]["content"], "x", "{name}");
    }
    let skipped =
        scene(vec![assistant(vec![seal(Wire::Chat, "x/y")]), assistant(vec![text("")]), user(vec![text("")])]);
    assert_eq!(skipped.messages_json(), json!([]));
}

#[test]
fn calls_go_back_with_arguments_that_are_always_an_object() {
    for (name, freeform, arguments, expected) in [
        ("as it came", false, "{\"b\" : 1,\n\"a\":1e2}", "{\"b\" : 1,\n\"a\":1e2}"),
        ("empty", false, " ", "{}"),
        ("cut short", false, "{\"a\":", r#"{"malformed":"{\"a\":"}"#),
        ("a list", false, "[1]", r#"{"malformed":"[1]"}"#),
        ("free text", true, "*** Begin", r#"{"input":"*** Begin"}"#),
    ] {
        let made = ToolCall { id: "c".into(), name: "t".into(), arguments: arguments.into(), freeform };
        let messages = scene(vec![assistant(vec![Part::Call(made)])]).messages_json();
        assert_eq!(messages[0]["tool_calls"][0]["function"]["arguments"], expected, "{name}");
        assert_eq!(messages[0]["content"], "", "{name}: a string, never null");
    }
    let names = scene(vec![assistant(vec![call("c", "container.exec", "{}"), call("d", "", "{\"a\":1}")])]);
    let names = names.messages_json();
    assert_eq!(names[0]["tool_calls"][0]["function"]["name"], "container_exec");
    assert_eq!(names[0]["tool_calls"][1]["function"]["name"], "unnamed");
}

#[test]
fn images_go_only_to_models_that_take_them() {
    let messages = vec![user(vec![result("c1", "out", 2), result("c2", "", 1), Part::Image(image())])];
    let mut blind = scene(messages.clone());
    blind.model.images = false;
    let note = "[image left out: this model takes no images]";
    assert_eq!(
        blind.messages_json(),
        json!([
            { "role": "tool", "tool_call_id": "c1", "content": format!("out\n{note}\n{note}") },
            { "role": "tool", "tool_call_id": "c2", "content": note },
            { "role": "user", "content": note },
        ])
    );
    let mut lost = scene(messages);
    lost.images.clear();
    let error = lost.bytes_of(1).unwrap_err();
    assert_eq!(error.kind, Kind::Io);
    assert!(error.message.contains("`b1`"), "{error}");
}

#[test]
fn models_that_demand_reasoning_get_the_empty_field_for_other_models_calls() {
    let messages = vec![assistant(vec![call("c", "t", "{}")]), assistant(vec![text("x")])];
    let mut scene = scene(messages);
    assert!(scene.messages_json()[0].get("reasoning_content").is_none());
    scene.model.id = "DeepSeek-V4".into();
    assert_eq!(scene.messages_json()[0]["reasoning_content"], "");
    assert!(scene.messages_json()[1].get("reasoning_content").is_none());
}

// -------------------------------------------------------------------------------------------------------------- decode

/// Text, reasoning, parallel calls, usage: everything at once, as DeepSeek streams it.
fn rich() -> String {
    let mut stream = String::from(": keep-alive\n\n");
    stream.push_str(&self::stream(&[
        delta(json!({ "role": "assistant", "content": null, "reasoning_content": "" })),
        delta(json!({ "content": null, "reasoning_content": "Let me " })),
        delta(json!({ "content": null, "reasoning_content": "see… 🙂" })),
        delta(json!({ "content": "I \"read\"" })),
        delta(json!({ "content": " both.\nÜ" })),
        delta(json!({ "tool_calls": [{ "index": 0, "id": "c1", "type": "function",
            "function": { "name": "read", "arguments": "" } }] })),
        delta(json!({ "tool_calls": [{ "index": 0, "function": { "arguments": "{\"path\":" } }] })),
        delta(json!({ "tool_calls": [{ "index": 1, "id": "c2", "type": "function",
            "function": { "name": "read", "arguments": "{\"path\"" } }] })),
        delta(json!({ "tool_calls": [{ "index": 0, "function": { "arguments": "\"a\"}" } }] })),
        delta(json!({ "tool_calls": [{ "index": 1, "function": { "arguments": ":\"b\"}" } }] })),
        stop("tool_calls"),
        json!({ "choices": [], "usage": { "prompt_tokens": 100, "completion_tokens": 30, "total_tokens": 130,
            "prompt_tokens_details": { "cached_tokens": 64, "cache_write_tokens": 10 },
            "completion_tokens_details": { "reasoning_tokens": 12 } } }),
    ]));
    stream
}

fn rich_parts() -> Vec<Part> {
    vec![
        sealed("Let me see… 🙂", json!({ "field": "reasoning_content" })),
        text("I \"read\" both.\nÜ"),
        call("c1", "read", "{\"path\":\"a\"}"),
        call("c2", "read", "{\"path\":\"b\"}"),
    ]
}

#[test]
fn a_rich_answer() {
    let (finish, deltas, complete) = decode(&[rich().as_bytes()]).unwrap();
    assert!(complete);
    assert_eq!(finish.parts, rich_parts());
    assert_eq!(finish.stop, Stop::Calls);
    assert_eq!(finish.usage, Usage { input: 100, cached: 64, cache_written: 10, output: 30, reasoning: 12 });
    assert_eq!(shown(&deltas), ("I \"read\" both.\nÜ".into(), "Let me see… 🙂".into()));
    assert_eq!(deltas.iter().filter(|delta| matches!(delta, Delta::Call(_))).count(), 2);
}

#[test]
fn a_stream_cut_into_two_pieces_anywhere_gives_the_same_answer() {
    for stream in [rich(), think_stream(), details_stream()] {
        let bytes = stream.as_bytes();
        let whole = decode(&[bytes]).unwrap();
        for cut in 0..=bytes.len() {
            assert_eq!(decode(&[&bytes[..cut], &bytes[cut..]]).unwrap(), whole, "cut at {cut}");
        }
    }
}

#[test]
fn a_stream_that_ends_anywhere_is_an_error_or_the_whole_answer() {
    let stream = rich();
    let bytes = stream.as_bytes();
    let mut whole = 0;
    for end in 0..bytes.len() {
        match decode(&[&bytes[..end]]) {
            Ok((finish, _, complete)) => {
                assert_eq!(finish.parts, rich_parts(), "ends at {end}");
                assert_eq!(finish.stop, Stop::Calls);
                assert!(!complete);
                whole += 1;
            }
            Err((error, _)) => {
                assert_eq!(error.kind, Kind::Network, "ends at {end}: {error}");
                assert_eq!(error.message, "acme: the answer was cut short");
            }
        }
    }
    assert!(whole > 0, "an end after the finish reason is a whole answer");
    // The same must hold when the cut event is dispatched by a blank line that the proxy added.
    for end in 0..bytes.len() {
        let mut cut = bytes[..end].to_vec();
        cut.extend_from_slice(b"\n\n");
        match decode(&[&cut]) {
            Ok((finish, ..)) => assert_eq!(finish.parts, rich_parts(), "ends at {end}"),
            Err((error, _)) => assert!(error.kind.retryable(), "ends at {end}: {error}"),
        }
    }
}

/// A call from its pieces, each the list of `tool_calls` in one delta.
#[test]
fn calls_from_all_sorts_of_pieces() {
    let f = |name: &str, arguments: &str| json!({ "name": name, "arguments": arguments });
    let table: Vec<(&str, Vec<Value>, Vec<Made<'_>>)> = vec![
        (
            "whole calls in one chunk, without indexes",
            vec![json!([{ "id": "a", "function": f("x", "{}") }, { "id": "b", "function": f("x", "{}") }])],
            vec![("a", "x", "{}"), ("b", "x", "{}")],
        ),
        (
            "no index: pieces by id",
            vec![
                json!([{ "id": "a", "function": f("x", "{\"k\"") }]),
                json!([{ "id": "b", "function": f("y", "{\"l\"") }]),
                json!([{ "id": "a", "function": { "arguments": ":1}" } }]),
                json!([{ "id": "b", "function": { "arguments": ":2}" } }]),
            ],
            vec![("a", "x", "{\"k\":1}"), ("b", "y", "{\"l\":2}")],
        ),
        (
            "neither index nor id: a new name is a new call",
            vec![
                json!([{ "function": f("x", "{\"k\"") }]),
                json!([{ "function": { "arguments": ":1}" } }]),
                json!([{ "function": f("y", "") }]),
            ],
            vec![("call_0_x", "x", "{\"k\":1}"), ("call_1_y", "y", "")],
        ),
        (
            "neither index nor id: the same tool twice",
            vec![json!([{ "function": f("x", "{\"k\":1}") }]), json!([{ "function": f("x", "{\"k\":2}") }])],
            vec![("call_0_x", "x", "{\"k\":1}"), ("call_1_x", "x", "{\"k\":2}")],
        ),
        (
            "the name and the id repeated with each piece",
            vec![
                json!([{ "index": 0, "id": "a", "function": f("x", "{\"k\"") }]),
                json!([{ "index": 0, "id": "a", "function": f("x", ":{") }]),
                json!([{ "index": 0, "id": "a", "function": f("x", "}}") }]),
            ],
            vec![("a", "x", "{\"k\":{}}")],
        ),
        (
            "every call has index 0",
            vec![
                json!([{ "index": 0, "id": "a", "function": f("x", "{}") }]),
                json!([{ "index": 0, "id": "b", "function": f("x", "{\"k\"") }]),
                json!([{ "index": 0, "function": { "arguments": ":1}" } }]),
            ],
            vec![("a", "x", "{}"), ("b", "x", "{\"k\":1}")],
        ),
        (
            "every call has index 0 and no id",
            vec![
                json!([{ "index": 0, "function": f("x", "{\"k\":1}") }]),
                json!([{ "index": 0, "function": f("x", "{\"k\":2}") }]),
            ],
            vec![("call_0_x", "x", "{\"k\":1}"), ("call_1_x", "x", "{\"k\":2}")],
        ),
        (
            "the same id twice, which the session tells apart",
            vec![
                json!([{ "index": 0, "id": "a", "function": f("x", "{}") }]),
                json!([{ "index": 1, "id": "a", "function": f("y.z", "{}") }]),
            ],
            vec![("a", "x", "{}"), ("a", "y.z", "{}")],
        ),
        (
            "arguments as an object, numbers untouched",
            vec![json!([{ "index": "0", "id": "", "function": { "name": "x",
                "arguments": { "k": [1, 2.50, "a \" b"], "l": null } } }])],
            vec![("call_0_x", "x", r#"{"k":[1,2.5,"a \" b"],"l":null}"#)],
        ),
        (
            "one call, not in a list, with a null id and an unknown field",
            vec![json!({ "id": null, "type": 7, "more": {}, "function": f("x", "{}") })],
            vec![("call_0_x", "x", "{}")],
        ),
        (
            "a name in pieces",
            vec![
                json!([{ "index": 0, "id": "a", "function": { "name": "get_" } }]),
                json!([{ "index": 0, "function": f("time", "") }]),
                json!([{ "index": 0, "function": f("", "{}") }]),
            ],
            vec![("a", "get_time", "{}")],
        ),
        ("a call of nothing", vec![json!([{ "index": 0, "id": "a", "function": {} }])], vec![]),
    ];
    for (name, pieces, expected) in table {
        let mut chunks: Vec<Value> = pieces.into_iter().map(|pieces| delta(json!({ "tool_calls": pieces }))).collect();
        chunks.push(stop("stop"));
        let finish = answer(&chunks);
        assert_eq!(calls(&finish), expected, "{name}");
        assert_eq!(finish.stop, if expected.is_empty() { Stop::End } else { Stop::Calls }, "{name}");
    }
    let old = answer(&[delta(json!({ "function_call": f("x", "{}") })), stop("function_call")]);
    assert_eq!(calls(&old), [("call_0_x", "x", "{}")]);
    let spaced = "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"function\":{\"name\":\"x\",\
        \"arguments\":{ \"n\" : 123456789012345678901234567890 , \"s\" : \"a \\\\\\\" b\" }}}]}}]}\n\ndata: [DONE]\n\n";
    let finish = decode(&[spaced.as_bytes()]).unwrap().0;
    assert_eq!(calls(&finish)[0].2, r#"{"n":123456789012345678901234567890,"s":"a \\\" b"}"#);
}

#[test]
fn finish_reasons() {
    for (reason, expected) in [
        (json!("stop"), Stop::End),
        (json!("length"), Stop::Length),
        (json!("tool_calls"), Stop::End),
        (json!("content_filter"), Stop::Refusal),
        (json!("eos"), Stop::End),
        (json!(null), Stop::End),
        (json!(3), Stop::End),
    ] {
        let chunk = json!({ "choices": [{ "delta": { "content": "x" }, "finish_reason": reason }] });
        let finish = answer(&[chunk]);
        assert_eq!((finish.stop, finish.parts), (expected, vec![text("x")]), "{reason}");
    }
    let cut = answer(&[
        delta(json!({ "tool_calls": [{ "index": 0, "function": { "name": "x", "arguments": "{" } }] })),
        stop("length"),
    ]);
    assert_eq!(cut.stop, Stop::Length, "a cut call is not to be run");
    let error = refused(&[delta(json!({ "content": "x" })), stop("error")]);
    assert_eq!(error.kind, Kind::Transient);
    // Without [DONE]: the finish reason alone decides.
    let open = format!("data: {}\n\ndata: {}\n\n", delta(json!({ "content": "x" })), json!({ "choices": [] }));
    assert_eq!(decode(&[open.as_bytes()]).unwrap_err().0.kind, Kind::Network);
    let empty_reason = json!({ "choices": [{ "delta": { "content": "x" }, "finish_reason": "" }] });
    assert!(decode(&[format!("data: {empty_reason}\n\n").as_bytes()]).is_err());
}

#[test]
fn refusals() {
    let finish = answer(&[
        delta(json!({ "role": "assistant", "content": "", "refusal": "I can" })),
        delta(json!({ "refusal": "not." })),
        stop("stop"),
    ]);
    assert_eq!(finish.parts, [Part::Refusal { text: "I cannot.".into() }]);
    assert_eq!(finish.stop, Stop::Refusal);
}

#[test]
fn usage_in_every_dialect() {
    let usage =
        |input, cached, cache_written, output, reasoning| Usage { input, cached, cache_written, output, reasoning };
    for (name, chunk, expected) in [
        ("absent", json!({ "choices": [], "usage": null }), usage(0, 0, 0, 0, 0)),
        ("a wrong type", json!({ "choices": [], "usage": { "prompt_tokens": "many" } }), usage(0, 0, 0, 0, 0)),
        (
            "deepseek",
            json!({ "choices": [], "usage": { "prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11,
                "prompt_cache_hit_tokens": 4, "prompt_cache_miss_tokens": 5 } }),
            usage(9, 4, 0, 2, 0),
        ),
        (
            "groq",
            json!({ "choices": [{ "delta": {}, "finish_reason": "stop" }],
                "x_groq": { "id": "r", "usage": { "prompt_tokens": 9, "completion_tokens": 2.0 } } }),
            usage(9, 0, 0, 2, 0),
        ),
        (
            "moonshot",
            json!({ "choices": [{ "delta": {}, "finish_reason": "stop",
                "usage": { "prompt_tokens": 9, "completion_tokens": 2, "cached_tokens": 3 } }] }),
            usage(9, 3, 0, 2, 0),
        ),
        (
            "xai counts reasoning beside the completion",
            json!({ "choices": [], "usage": { "prompt_tokens": 12, "completion_tokens": 1, "total_tokens": 399,
                "completion_tokens_details": { "reasoning_tokens": 386 } } }),
            usage(12, 0, 0, 387, 386),
        ),
        (
            "google does not even name it",
            json!({ "choices": [], "usage": { "prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 47 } }),
            usage(12, 0, 0, 35, 30),
        ),
        (
            "a proxy that leaves the cache out of the prompt",
            json!({ "choices": [], "usage": { "prompt_tokens": 2, "completion_tokens": 5, "total_tokens": 107,
                "cache_read_input_tokens": 100 } }),
            usage(2, 100, 0, 5, 0),
        ),
    ] {
        let zeros = json!({ "choices": [], "usage": { "prompt_tokens": 0, "completion_tokens": 0 } });
        let finish = answer(&[delta(json!({ "content": "x" })), stop("stop"), chunk, zeros]);
        assert_eq!(finish.usage, expected, "{name}");
    }
}

#[test]
fn errors_inside_the_stream() {
    for (name, frame, kind, word) in [
        (
            "openai",
            json!({ "error": { "message": "boom", "type": "server_error", "code": null } }),
            Kind::Transient,
            "boom",
        ),
        ("a plain word", json!({ "error": "boom" }), Kind::Transient, "boom"),
        ("openrouter 429", json!({ "error": { "code": 429, "message": "slow" } }), Kind::Transient, "slow"),
        (
            "openrouter 502",
            json!({ "error": { "code": 502, "message": "bad" }, "choices": [] }),
            Kind::Transient,
            "bad",
        ),
        ("408", json!({ "error": { "code": "408", "message": "late" } }), Kind::Transient, "late"),
        ("401", json!({ "error": { "code": 401, "message": "who" } }), Kind::Auth, "who"),
        ("403", json!({ "error": { "code": 403, "message": "not you" } }), Kind::Auth, "not you"),
        ("400", json!({ "error": { "code": 400, "message": "what" } }), Kind::Provider, "what"),
        ("402", json!({ "error": { "code": 402, "message": "pay" } }), Kind::Quota, "pay"),
        (
            "too long",
            json!({ "error": { "code": 400, "message": "This model's maximum context length is 9" } }),
            Kind::ContextFull,
            "maximum",
        ),
        (
            "upstream's words",
            json!({ "error": { "code": 400, "message": "Provider returned error",
                "metadata": { "raw": "prompt is too long", "provider_name": "X" } } }),
            Kind::ContextFull,
            "prompt is too long",
        ),
        (
            "a code of its own beside a known type",
            json!({ "error": { "code": "e17", "type": "overloaded_error", "message": "busy" } }),
            Kind::Transient,
            "busy",
        ),
        (
            "quota",
            json!({ "error": { "code": "insufficient_quota", "type": "rate_limit_error", "message": "spent" } }),
            Kind::Quota,
            "spent",
        ),
        (
            "quota in OpenAI's words alone, as a proxy keeps them",
            json!({ "error": { "code": "429", "type": "throttling_error", "message":
                "RateLimitError: You exceeded your current quota, please check your plan and billing details." } }),
            Kind::Quota,
            "billing details",
        ),
        (
            "a passing limit in Google's words, which begin as those",
            json!({ "error": { "code": 429, "status": "RESOURCE_EXHAUSTED", "message":
                "You exceeded your current quota, please check your plan and billing details. For more information on this \
                error, head to: https://ai.google.dev/gemini-api/docs/rate-limits. Please retry in 26s." } }),
            Kind::Transient,
            "retry in 26s",
        ),
        (
            "quota in a proxy's words",
            json!({ "error": { "code": "429", "type": "throttling_error",
                "message": "RateLimitError: {\"error\":{\"message\":\"spent\",\"code\":\"insufficient_quota\"}}" } }),
            Kind::Quota,
            "spent",
        ),
        (
            "vllm's whole object",
            json!({ "object": "error", "message": "bad", "type": "BadRequestError", "code": 400 }),
            Kind::Provider,
            "bad",
        ),
        (
            "inside the choice",
            json!({ "choices": [{ "delta": {}, "finish_reason": "error", "error": { "code": 503, "message": "up" } }] }),
            Kind::Transient,
            "up",
        ),
        ("groq", json!({ "x_groq": { "error": "over capacity" } }), Kind::Transient, "over capacity"),
    ] {
        let error = refused(&[delta(json!({ "content": "x" })), frame]);
        assert_eq!(error.kind, kind, "{name}: {error}");
        assert!(error.message.starts_with("acme ended the answer") && error.message.contains(word), "{name}: {error}");
    }
    for (data, kind) in [
        ("{\"message\":\"gone\",\"code\":429}", Kind::Transient),
        ("{\"error\":{\"message\":\"gone\"}}", Kind::Transient),
        ("gone", Kind::Transient),
    ] {
        let (error, _) = decode(&[format!("event: error\ndata: {data}\n\n").as_bytes()]).unwrap_err();
        assert_eq!(error.kind, kind, "{data}");
        assert!(error.message.contains("gone"), "{error}");
    }
    let used = json!({ "choices": [], "usage": { "prompt_tokens": 7, "completion_tokens": 1 } });
    let (_, usage) = decode(&[stream(&[used, json!({ "error": "boom" })]).as_bytes()]).unwrap_err();
    assert_eq!(usage.input, 7, "what was used is known in spite of the error");
}

#[test]
fn what_is_not_understood_is_passed_over_and_what_is_not_json_is_an_error() {
    let odd = [
        json!([]),
        json!("ok"),
        json!({ "choices": null, "error": null }),
        json!({ "choices": [{}], "error": {} }),
        json!({ "choices": [{ "delta": "x", "finish_reason": {} }], "usage": 4, "error": "" }),
        json!({ "choices": [{ "delta": { "content": 7, "tool_calls": "no", "refusal": [], "reasoning": true } }] }),
        json!({ "choices": [{ "delta": { "content": -1.5, "reasoning_details": "no", "function_call": 1 } }] }),
        delta(json!({ "content": "yes", "tool_calls": [], "audio": { "id": 1 } })),
    ];
    let mut stream = String::from("event: ping\ndata: ping\n\ndata:\n\nevent: chunk\n");
    stream.push_str(&self::stream(&odd));
    stream.push_str("data: not json either, but too late\n\n");
    let (finish, deltas, _) = decode(&[stream.as_bytes()]).unwrap();
    assert_eq!((finish.parts, finish.stop), (vec![text("yes")], Stop::End));
    assert_eq!(deltas, [Delta::Text("yes".into())]);
    let (error, _) = decode(&[b"data: {\"choices\":[{\"delta\n\n"]).unwrap_err();
    assert_eq!(error.kind, Kind::Transient);
    assert!(error.message.starts_with("acme sent an event that is not JSON: "), "{error}");
}

#[test]
fn content_as_a_list_of_parts() {
    let finish = answer(&[
        delta(json!({ "content": [{ "type": "thinking", "thinking": [{ "type": "text", "text": "hm" }] }] })),
        delta(json!({ "content": [{ "type": "text", "text": "a" }, { "type": "image_url" }] })),
        delta(json!({ "content": "b" })),
        stop("stop"),
    ]);
    assert_eq!(finish.parts, [thought("hm"), text("ab")]);
}

fn think_stream() -> String {
    let pieces = ["\n", "<thi", "nk>\nHm, a < b", " or </b>", "</th", "ink>", "\n\n", " An", "swer <think>no</think>"];
    let mut chunks: Vec<Value> = pieces.iter().map(|piece| delta(json!({ "content": piece }))).collect();
    chunks.push(stop("stop"));
    stream(&chunks)
}

#[test]
fn thoughts_inside_the_content_are_split_off_however_they_are_cut() {
    let expected = vec![thought("Hm, a < b or </b>"), text("Answer <think>no</think>")];
    let (finish, deltas, _) = decode(&[think_stream().as_bytes()]).unwrap();
    assert_eq!(finish.parts, expected);
    assert_eq!(shown(&deltas), ("Answer <think>no</think>".into(), "\nHm, a < b or </b>".into()));
    let whole = " <think>é</think>\n\nÜ";
    for first in (0..=whole.len()).filter(|at| whole.is_char_boundary(*at)) {
        for second in (first..=whole.len()).filter(|at| whole.is_char_boundary(*at)) {
            let pieces = [&whole[..first], &whole[first..second], &whole[second..]];
            let chunks: Vec<Value> = pieces.iter().map(|piece| delta(json!({ "content": piece }))).collect();
            let (finish, deltas, _) = decode(&[stream(&chunks).as_bytes()]).unwrap();
            assert_eq!(finish.parts, [thought("é"), text("Ü")], "{pieces:?}");
            assert_eq!(shown(&deltas), ("Ü".into(), "é".into()), "{pieces:?}");
        }
    }
    for (content, parts) in [
        ("<think>cut </thi", vec![thought("cut </thi")]),
        ("<thinking>x", vec![text("<thinking>x")]),
        (" <thin", vec![text(" <thin")]),
        ("  x", vec![text("  x")]),
        (" \n", vec![]),
        ("<think>\n\n</think>\n\nx", vec![text("x")]),
        ("a <think>b</think>", vec![text("a <think>b</think>")]),
    ] {
        assert_eq!(answer(&[delta(json!({ "content": content })), stop("stop")]).parts, parts, "{content}");
    }
    // Thoughts in the content have no seal and never go back.
    assert_eq!(scene(vec![assistant(vec![thought("é"), text("Ü")])]).messages_json()[0]["content"], "Ü");
}

#[test]
fn the_seal_names_the_field_that_the_reasoning_came_in() {
    let field = |field: &str| json!({ "field": field });
    for (name, deltas, expected) in [
        ("vllm", vec![json!({ "reasoning": "a" }), json!({ "reasoning": "b" })], Some(("ab", field("reasoning")))),
        (
            "both fields hold the same",
            vec![
                json!({ "reasoning": "a", "reasoning_content": "a" }),
                json!({ "reasoning": "b", "reasoning_content": "b" }),
            ],
            Some(("ab", field("reasoning_content"))),
        ),
        (
            "an empty field beside the one in use",
            vec![json!({ "reasoning_content": "" }), json!({ "reasoning": "a", "reasoning_content": "" })],
            Some(("a", field("reasoning"))),
        ),
        ("an empty field alone", vec![json!({ "reasoning_content": "" })], None),
    ] {
        let mut chunks: Vec<Value> = deltas.into_iter().map(delta).collect();
        chunks.push(stop("stop"));
        let expected: Vec<Part> = expected.into_iter().map(|(text, data)| sealed(text, data)).collect();
        assert_eq!(answer(&chunks).parts, expected, "{name}");
    }
    // DeepSeek wants even the empty thought back with a call.
    let finish = answer(&[
        delta(json!({ "reasoning_content": "" })),
        delta(json!({ "tool_calls": [{ "index": 0, "id": "c", "function": { "name": "x", "arguments": "{}" } }] })),
        stop("tool_calls"),
    ]);
    assert_eq!(scene(vec![assistant(finish.parts)]).messages_json()[0]["reasoning_content"], "");
}

fn details_stream() -> String {
    let detail = |readable: &str, more: Value| {
        let mut detail = json!({ "type": "reasoning.text", "format": "anthropic-claude-v1", "index": 0 });
        for (key, value) in more.as_object().unwrap() {
            detail[key] = value.clone();
        }
        delta(json!({ "content": "", "reasoning": readable, "reasoning_details": [detail] }))
    };
    stream(&[
        detail("Let", json!({ "text": "Let" })),
        detail(" é me.", json!({ "text": " é me.", "signature": null })),
        detail("", json!({ "signature": "sig+/=" })),
        detail("Sum", json!({ "type": "reasoning.summary", "index": 1, "summary": "Sum" })),
        detail("", json!({ "type": "reasoning.encrypted", "index": 2, "data": "gAAA", "id": "rs_1" })),
        delta(json!({ "content": "ok" })),
        stop("stop"),
    ])
}

#[test]
fn reasoning_details_go_back_as_whole_blocks_and_are_not_stored_twice() {
    let (finish, deltas, _) = decode(&[details_stream().as_bytes()]).unwrap();
    assert_eq!(shown(&deltas), ("ok".into(), "Let é me.Sum".into()));
    let Part::Reasoning(reasoning) = &finish.parts[0] else { panic!("{finish:?}") };
    assert_eq!(reasoning.text, "Let é me.Sum");
    assert!(!serde_json::to_string(&reasoning.seal).unwrap().contains("Let"));
    let back = scene(vec![assistant(finish.parts.clone())]).messages_json();
    let format = "anthropic-claude-v1";
    assert_eq!(
        back[0],
        json!({ "role": "assistant", "content": "ok", "reasoning_details": [
            { "type": "reasoning.text", "format": format, "index": 0, "text": "Let é me.", "signature": "sig+/=" },
            { "type": "reasoning.summary", "format": format, "index": 1, "summary": "Sum" },
            { "type": "reasoning.encrypted", "format": format, "index": 2, "data": "gAAA", "id": "rs_1" },
        ] })
    );
    // Text that was cut or redacted no longer fits its signature.
    for changed in ["Let é me.", "", "Let e me.Sum", "Let é me.Sum!"] {
        let reasoning = Reasoning { text: changed.into(), seal: reasoning.seal.clone() };
        let back = scene(vec![assistant(vec![Part::Reasoning(reasoning), text("ok")])]).messages_json();
        assert_eq!(back[0], json!({ "role": "assistant", "content": "ok" }), "{changed}");
    }
    // Only encrypted blocks: the readable text stands by itself.
    let finish = answer(&[
        delta(json!({ "reasoning": "hm", "reasoning_details": [{ "type": "reasoning.encrypted", "data": "x" }] })),
        delta(json!({ "content": "ok" })),
        stop("stop"),
    ]);
    let back = scene(vec![assistant(finish.parts)]).messages_json();
    assert_eq!(back[0]["reasoning_details"], json!([{ "type": "reasoning.encrypted", "data": "x" }]));
}

#[test]
fn googles_thought_signatures_go_back_with_their_calls() {
    let extra = json!({ "google": { "thought_signature": "sig" } });
    let finish = answer(&[
        delta(json!({ "tool_calls": [{ "index": 0, "id": "a", "extra_content": extra,
            "function": { "name": "x", "arguments": "{}" } }] })),
        delta(json!({ "tool_calls": [{ "index": 1, "id": "b", "function": { "name": "x", "arguments": "{}" } }] })),
        stop("stop"),
    ]);
    let back = scene(vec![assistant(finish.parts.clone())]).messages_json();
    assert_eq!(back[0]["tool_calls"][0]["extra_content"], extra);
    assert!(back[0]["tool_calls"][1].get("extra_content").is_none());
    let mut other = scene(vec![assistant(finish.parts)]);
    other.model.id = "other".into();
    assert!(other.messages_json()[0]["tool_calls"][0].get("extra_content").is_none());
}

#[test]
fn one_answer_in_two_choices() {
    let finish = answer(&[json!({ "choices": [
        { "index": 0, "delta": { "content": "I look." }, "finish_reason": "stop" },
        { "index": 1, "finish_reason": "tool_calls",
            "delta": { "tool_calls": [{ "index": 0, "id": "c", "function": { "name": "x", "arguments": "{}" } }] } },
    ] })]);
    assert_eq!(finish.parts, [text("I look."), call("c", "x", "{}")]);
    assert_eq!(finish.stop, Stop::Calls);
}

/// What it costs is measured in `benches/`; here it has only to be right.
#[test]
fn twenty_thousand_deltas_make_one_answer() {
    let words: Vec<Value> = (0..10_000).map(|n| delta(json!({ "content": format!("word\n{n} ") }))).collect();
    let pieces = (0..10_000)
        .map(|n| delta(json!({ "tool_calls": [{ "index": 0, "function": { "arguments": format!("\"{n}\",") } }] })));
    let mut chunks = words;
    chunks.push(delta(
        json!({ "tool_calls": [{ "index": 0, "id": "c", "function": { "name": "x", "arguments": "" } }] }),
    ));
    chunks.extend(pieces);
    chunks.push(stop("tool_calls"));
    let stream = stream(&chunks);
    let pieces: Vec<&[u8]> = stream.as_bytes().chunks(1400).collect();
    let (finish, ..) = decode(&pieces).unwrap();
    assert_eq!(finish.parts.len(), 2);
}

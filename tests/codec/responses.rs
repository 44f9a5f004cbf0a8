//! The OpenAI Responses codec: bodies byte by byte, and streams written from the published event shapes.

#![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

use agent::base::call::{ToolCall, ToolInput, ToolResult, ToolSpec};
use agent::base::message::{ImageRef, Message, Part, Reasoning, Role, Seal, text_of};
use agent::base::model::{Delta, Effort, Family, Finish, ModelCall, ModelInfo, Stop, Thinking, Usage, Wire};
use agent::base::secret::Secret;
use agent::base::{Kind, Result};
use agent::net::Header;
use agent::provider::{Endpoint, Provider, codec};
use agent::text::sse::{self, Frames};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

const MODEL: &str = "openai/gpt-test";

fn provider(official: bool) -> Arc<dyn Provider> {
    let key = official.then(|| Secret::new("sk-test"));
    let base_url = "https://api.example.com/v1".to_owned();
    codec(Wire::Responses, Endpoint { provider: "openai".into(), base_url, key, official, ..Endpoint::default() })
}

fn model() -> ModelInfo {
    ModelInfo {
        provider: "openai".into(),
        id: "gpt-test".into(),
        wire: Wire::Responses,
        family: Family::Openai,
        edits: agent::base::model::Edits::Patch,
        context: 400_000,
        max_input: 400_000,
        max_output: 128_000,
        price: None,
        tiers: Vec::new(),
        images: true,
        reasoning: true,
        efforts: vec![Effort::Low, Effort::Medium, Effort::High],
        thinking: Thinking::Unset,
        abilities: agent::base::model::Abilities { freeform: true, ..Default::default() },
        known: true,
    }
}

fn tools() -> Vec<ToolSpec> {
    vec![
        ToolSpec {
            name: "read",
            description: "Reads a file.".into(),
            input: ToolInput::Json(json!({"type": "object", "properties": {"path": {"type": "string"}}})),
        },
        ToolSpec {
            name: "apply_patch",
            description: "Edits files.".into(),
            input: ToolInput::Freeform { syntax: "lark", grammar: "start: \"x\"" },
        },
    ]
}

fn encode(official: bool, model: &ModelInfo, tools: &[ToolSpec], messages: &[Message]) -> Result<String> {
    let images = BTreeMap::from([("b10b".to_owned(), "QUJD".to_owned())]);
    let call = ModelCall {
        model,
        system: "be brief",
        tools,
        messages,
        max_output: 9000,
        effort: Some(Effort::Max),
        cache_key: "session-1",
        images: &images,
    };
    Ok(String::from_utf8(provider(official).encode(&call)?.body).unwrap())
}

/// The `input` that messages become.
fn input(official: bool, messages: &[Message]) -> Value {
    let body: Value = serde_json::from_str(&encode(official, &model(), &tools(), messages).unwrap()).unwrap();
    body["input"].clone()
}

fn says(role: Role, parts: Vec<Part>) -> Message {
    Message { role, parts }
}

fn words(text: &str) -> Part {
    Part::Text { text: text.into() }
}

fn call(id: &str, name: &str, arguments: &str, freeform: bool) -> Part {
    Part::Call(ToolCall { id: id.into(), name: name.into(), arguments: arguments.into(), freeform })
}

fn image() -> ImageRef {
    ImageRef { blob: "b10b".into(), media_type: "image/png".into(), bytes: 3 }
}

fn result(call: &str, output: &str, images: Vec<ImageRef>) -> Part {
    Part::Result(ToolResult { call: call.into(), output: output.into(), images, error: false })
}

fn thought(text: &str, model: &str, data: Value) -> Part {
    Part::Reasoning(Reasoning {
        text: text.into(),
        seal: Some(Seal { wire: Wire::Responses, model: model.into(), data }),
    })
}

fn conversation() -> Vec<Message> {
    let sealed = json!({"id": "rs_1", "encrypted_content": "ENC", "summary": [4, 3]});
    vec![
        says(Role::User, vec![words("fix it"), words(""), Part::Image(image())]),
        says(
            Role::Assistant,
            vec![
                thought("plan\n\nact", MODEL, sealed),
                words("I look."),
                call("c1", "read", "{ \"path\" :\"a\" }", false),
                call("c2", "apply_patch", "*** Begin\n\"x\"", true),
            ],
        ),
        says(Role::User, vec![result("c1", "", vec![]), result("c2", "done", vec![image()]), words("and now")]),
        says(Role::Assistant, vec![Part::Refusal { text: "I will not.".into() }]),
        Message::user("why"),
    ]
}

#[test]
fn a_rich_conversation_is_written_exactly() {
    let wanted = json!({
        "model": "gpt-test",
        "instructions": "be brief",
        "tools": [
            {"type": "function", "name": "read", "description": "Reads a file.",
             "parameters": {"type": "object", "properties": {"path": {"type": "string"}}}, "strict": false},
            {"type": "custom", "name": "apply_patch", "description": "Edits files.",
             "format": {"type": "grammar", "syntax": "lark", "definition": "start: \"x\""}},
        ],
        "tool_choice": "auto",
        "parallel_tool_calls": true,
        "store": false,
        "stream": true,
        "max_output_tokens": 9000,
        "include": ["reasoning.encrypted_content"],
        "reasoning": {"effort": "high", "summary": "auto"},
        "prompt_cache_key": "session-1",
        "input": [
            {"type": "message", "role": "user", "content": [
                {"type": "input_text", "text": "fix it"},
                {"type": "input_image", "image_url": "data:image/png;base64,QUJD", "detail": "auto"}]},
            {"type": "reasoning", "id": "rs_1", "summary": [
                {"type": "summary_text", "text": "plan"}, {"type": "summary_text", "text": "act"}],
             "encrypted_content": "ENC"},
            {"type": "message", "role": "assistant", "content": "I look."},
            {"type": "function_call", "call_id": "c1", "name": "read", "arguments": "{ \"path\" :\"a\" }"},
            {"type": "custom_tool_call", "call_id": "c2", "name": "apply_patch", "input": "*** Begin\n\"x\""},
            {"type": "function_call_output", "call_id": "c1", "output": "(no output)"},
            {"type": "custom_tool_call_output", "call_id": "c2", "output": [
                {"type": "input_text", "text": "done"},
                {"type": "input_image", "image_url": "data:image/png;base64,QUJD", "detail": "auto"}]},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "and now"}]},
            {"type": "message", "role": "assistant", "content": "I will not."},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "why"}]},
        ],
    });
    assert_eq!(encode(true, &model(), &tools(), &conversation()).unwrap(), wanted.to_string());
}

#[test]
fn a_compatible_server_gets_functions_only_and_no_cache_key() {
    let body: Value = serde_json::from_str(&encode(false, &model(), &tools(), &conversation()).unwrap()).unwrap();
    assert_eq!(body.get("prompt_cache_key"), None);
    assert_eq!(body["tools"][1]["type"], "function");
    assert_eq!(body["tools"][1]["parameters"]["properties"], json!({"input": {"type": "string"}}));
    let arguments = body["input"][4]["arguments"].as_str().unwrap();
    assert_eq!(serde_json::from_str::<Value>(arguments).unwrap(), json!({"input": "*** Begin\n\"x\""}));
    assert_eq!(body["input"][4]["type"], "function_call");
    assert_eq!(body["input"][6]["type"], "function_call_output");
}

#[test]
fn a_plain_model_without_tools_gets_no_fields_about_them() {
    let plain = ModelInfo { reasoning: false, efforts: vec![], ..model() };
    let body = encode(false, &plain, &[], &[Message::user("hi")]).unwrap();
    let wanted = json!({
        "model": "gpt-test", "instructions": "be brief", "store": false, "stream": true, "max_output_tokens": 9000,
        "input": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]}],
    });
    assert_eq!(body, wanted.to_string());
    let no_scale = ModelInfo { efforts: vec![], ..model() };
    let body: Value = serde_json::from_str(&encode(true, &no_scale, &[], &[]).unwrap()).unwrap();
    assert_eq!(body["reasoning"], json!({"summary": "auto"}));
}

#[test]
fn the_address_and_the_key() {
    let images = BTreeMap::new();
    let (model, messages) = (model(), [Message::user("hi")]);
    for official in [true, false] {
        let call = ModelCall {
            model: &model,
            system: "",
            tools: &[],
            messages: &messages,
            max_output: 10,
            effort: None,
            cache_key: "k",
            images: &images,
        };
        let request = provider(official).encode(&call).unwrap();
        assert_eq!(request.url, "https://api.example.com/v1/responses");
        let shown: Vec<String> = request.headers.iter().map(|(name, value)| format!("{name} {value:?}")).collect();
        let mut wanted = vec![
            "content-type Plain(\"application/json\")".to_owned(),
            "accept Plain(\"text/event-stream\")".to_owned(),
        ];
        if official {
            wanted.push("authorization Secret(\"Bearer \", [secret])".to_owned());
            assert!(matches!(&request.headers[2].1, Header::Secret(_, key) if key.expose() == "sk-test"));
        }
        assert_eq!(shown, wanted);
        assert!(!String::from_utf8(request.body).unwrap().contains("instructions"));
    }
}

#[test]
fn a_longer_conversation_begins_with_the_bytes_of_the_shorter() {
    let all = conversation();
    for official in [true, false] {
        let bodies: Vec<String> =
            (1..=all.len()).map(|many| encode(official, &model(), &tools(), &all[..many]).unwrap()).collect();
        for pair in bodies.windows(2) {
            let shorter = pair[0].strip_suffix("]}").unwrap();
            assert!(pair[1].starts_with(shorter), "{}\n{}", pair[0], pair[1]);
            assert!(pair[1].len() > pair[0].len());
        }
    }
}

#[test]
fn reasoning_goes_back_only_to_the_model_that_sealed_it() {
    let data = json!({"id": "rs_1", "encrypted_content": "ENC", "summary": [4]});
    let other_wire = Part::Reasoning(Reasoning {
        text: "plan".into(),
        seal: Some(Seal { wire: Wire::Messages, model: MODEL.into(), data: data.clone() }),
    });
    let open = Part::Reasoning(Reasoning { text: "plan".into(), seal: None });
    let cases = [
        ("ours", thought("plan", MODEL, data.clone()), 2),
        ("another model", thought("plan", "openai/gpt-other", data.clone()), 1),
        ("another wire", other_wire, 1),
        ("no seal", open, 1),
        ("text that is no longer the sealed one", thought("plans", MODEL, data.clone()), 1),
        ("text cut short", thought("pla", MODEL, data.clone()), 1),
        ("a seal we did not make", thought("plan", MODEL, json!("?")), 1),
    ];
    for (name, part, items) in cases {
        let sent = input(true, &[says(Role::Assistant, vec![part, words("so")])]);
        assert_eq!(sent.as_array().unwrap().len(), items, "{name}");
    }
    let alone = input(true, &[says(Role::Assistant, vec![thought("plan", MODEL, data)]), Message::user("go on")]);
    assert_eq!(alone.as_array().unwrap().len(), 1, "reasoning with nothing after it is rejected by the API");
}

#[test]
fn arguments_that_are_no_object_are_wrapped() {
    let cases = [
        ("{\"a\":1.10}", "{\"a\":1.10}"),
        ("", "{}"),
        ("  ", "{}"),
        ("{\"a\":", "{\"malformed\":\"{\\\"a\\\":\"}"),
        ("[1]", "{\"malformed\":\"[1]\"}"),
    ];
    for (written, sent) in cases {
        let items = input(true, &[says(Role::Assistant, vec![call("c", "read", written, false)])]);
        assert_eq!(items[0]["arguments"], sent);
    }
}

#[test]
fn tool_names_that_a_model_made_up_are_cleaned() {
    let long = "n".repeat(65);
    let cases = [("read", "read"), ("container.exec", "container_exec"), ("", "unnamed"), (&long, &long[..64])];
    for (written, sent) in cases {
        for freeform in [false, true] {
            let items = input(true, &[says(Role::Assistant, vec![call("c", written, "{}", freeform)])]);
            assert_eq!(items[0]["name"], sent);
        }
    }
}

#[test]
fn images_are_sent_where_the_model_takes_them() {
    let blind = ModelInfo { images: false, ..model() };
    let left_out = "[image left out: this model takes no images]";
    let messages = [says(
        Role::User,
        vec![result("c", "", vec![image(), image()]), result("d", "x", vec![image()]), Part::Image(image())],
    )];
    let body: Value = serde_json::from_str(&encode(true, &blind, &[], &messages).unwrap()).unwrap();
    assert_eq!(body["input"][0]["output"], format!("{left_out}\n{left_out}"));
    assert_eq!(body["input"][1]["output"], format!("x\n{left_out}"));
    assert_eq!(body["input"][2]["content"], json!([{"type": "input_text", "text": left_out}]));

    let lost = ImageRef { blob: "10575".into(), ..image() };
    let error = encode(true, &model(), &[], &[says(Role::User, vec![Part::Image(lost)])]).unwrap_err();
    assert_eq!((error.kind, error.message.as_str()), (Kind::Io, "cannot send image `10575`: its bytes were not read"));
}

// Decoding.

/// Events as a server sends them, each with its type as the event's name.
fn stream(events: &[Value]) -> Vec<u8> {
    let frames = events.iter().map(|event| {
        let name = event["type"].as_str().unwrap_or("message");
        format!("event: {name}\ndata: {event}\n\n")
    });
    frames.collect::<String>().into_bytes()
}

struct Decoded {
    answer: Result<Finish>,
    deltas: Vec<Delta>,
    usage: Usage,
    complete: bool,
}

fn decode(pieces: &[&[u8]]) -> Decoded {
    let mut decoder = provider(true).decoder(MODEL);
    let (mut sse, mut deltas, mut frames) = (sse::Decoder::default(), Vec::new(), Vec::new());
    for piece in pieces {
        sse.push(piece, &mut frames).unwrap();
    }
    for frame in &frames {
        if let Err(error) = decoder.frame(frame, &mut deltas) {
            return Decoded { answer: Err(error), deltas, usage: decoder.usage(), complete: decoder.complete() };
        }
    }
    let (usage, complete) = (decoder.usage(), decoder.complete());
    Decoded { answer: decoder.finish(), deltas, usage, complete }
}

fn decode_events(events: &[Value]) -> Decoded {
    decode(&[&stream(events)])
}

/// The answer, after checking that no cut changes it and that no truncation passes for it.
fn check(events: &[Value]) -> (Finish, Vec<Delta>) {
    let bytes = stream(events);
    let whole = decode(&[&bytes]);
    let answer = whole.answer.unwrap();
    assert!(whole.complete);
    assert_eq!(whole.usage, answer.usage);
    for cut in 0..=bytes.len() {
        let (before, after) = bytes.split_at(cut);
        let pieces = decode(&[before, after]);
        assert_eq!(pieces.answer.unwrap(), answer, "cut at {cut}");
        assert_eq!(pieces.deltas, whole.deltas, "cut at {cut}");
        let short = decode(&[before]);
        match short.answer {
            Ok(short) => assert_eq!(short, answer, "ended at {cut}"),
            Err(error) => assert_eq!((error.kind, short.complete), (Kind::Network, false), "ended at {cut}"),
        }
    }
    (answer, whole.deltas)
}

fn added(index: u64, item: Value) -> Value {
    json!({"type": "response.output_item.added", "output_index": index, "item": item})
}

fn done(index: u64, item: Value) -> Value {
    json!({"type": "response.output_item.done", "output_index": index, "item": item})
}

fn delta(kind: &str, id: &str, index: u64, text: &str) -> Value {
    json!({"type": format!("response.{kind}.delta"), "item_id": id, "output_index": index,
           "content_index": 0, "delta": text, "sequence_number": 7, "obfuscation": "x"})
}

fn summary(part: u64, text: &str) -> Value {
    json!({"type": "response.reasoning_summary_text.delta", "item_id": "rs_1", "output_index": 0,
           "summary_index": part, "delta": text})
}

fn message(id: &str, text: &str) -> Value {
    json!({"type": "message", "id": id, "status": "completed", "role": "assistant",
           "content": [{"type": "output_text", "text": text, "annotations": [], "logprobs": []}]})
}

fn function(id: &str, name: &str, arguments: &str) -> Value {
    json!({"type": "function_call", "id": format!("fc_{id}"), "call_id": id, "name": name, "arguments": arguments,
           "status": "completed"})
}

fn completed(output: Value) -> Value {
    json!({"type": "response.completed", "response": {"id": "resp_1", "status": "completed", "error": null,
        "incomplete_details": null, "instructions": "be brief", "output": output, "usage": {
            "input_tokens": 1200, "input_tokens_details": {"cached_tokens": 1000, "cache_write_tokens": 150},
            "output_tokens": 80, "output_tokens_details": {"reasoning_tokens": 64}, "total_tokens": 1280}}})
}

fn incomplete(reason: &str) -> Value {
    json!({"type": "response.incomplete", "response": {"status": "incomplete", "output": [],
        "incomplete_details": {"reason": reason}, "usage": {"input_tokens": 5, "output_tokens": 6}}})
}

fn created() -> Value {
    json!({"type": "response.created", "response": {"id": "resp_1", "status": "in_progress", "output": [],
        "usage": null, "error": null}, "sequence_number": 0})
}

fn parts(events: &[Value]) -> Vec<Part> {
    decode_events(events).answer.unwrap().parts
}

const USAGE: Usage = Usage { input: 1200, cached: 1000, cache_written: 150, output: 80, reasoning: 64 };

#[test]
fn reasoning_text_and_parallel_calls() {
    let sealed = json!({"type": "reasoning", "id": "rs_1", "encrypted_content": "ENC", "summary": [
        {"type": "summary_text", "text": "plan"}, {"type": "summary_text", "text": "act"}]});
    let patch = json!({"type": "custom_tool_call", "id": "ctc_1", "call_id": "c2", "name": "apply_patch",
        "input": "*** ü", "status": "completed"});
    let start = |id: &str| {
        json!({"type": "function_call", "id": format!("fc_{id}"), "call_id": id, "name": "read",
        "arguments": "", "status": "in_progress"})
    };
    let (answer, deltas) = check(&[
        created(),
        added(0, json!({"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "EN"})),
        json!({"type": "response.reasoning_summary_part.added", "item_id": "rs_1", "summary_index": 0}),
        summary(0, "pl"),
        summary(0, "an"),
        summary(1, "act"),
        done(0, sealed),
        added(
            1,
            json!({"type": "message", "id": "msg_1", "role": "assistant", "content": [],
            "status": "in_progress"}),
        ),
        delta("output_text", "msg_1", 1, "I "),
        delta("output_text", "msg_1", 1, "look \"ü\"."),
        json!({"type": "response.output_text.done", "item_id": "msg_1", "output_index": 1, "text": "I look \"ü\"."}),
        done(1, message("msg_1", "I look \"ü\".")),
        added(2, start("c1")),
        added(3, start("c3")),
        delta("function_call_arguments", "fc_c3", 3, "{}"),
        delta("function_call_arguments", "fc_c1", 2, "{ \"path\":"),
        delta("function_call_arguments", "fc_c1", 2, "\"a\"}"),
        done(3, function("c3", "read", "{}")),
        done(2, function("c1", "read", "{ \"path\":\"a\"}")),
        added(
            4,
            json!({"type": "custom_tool_call", "id": "ctc_1", "call_id": "c2", "name": "apply_patch",
            "input": ""}),
        ),
        delta("custom_tool_call_input", "ctc_1", 4, "*** ü"),
        done(4, patch),
        completed(json!([])),
    ]);
    let data = json!({"id": "rs_1", "encrypted_content": "ENC", "summary": [4, 3]});
    let wanted = vec![
        thought("plan\n\nact", MODEL, data),
        words("I look \"ü\"."),
        call("c1", "read", "{ \"path\":\"a\"}", false),
        call("c3", "read", "{}", false),
        call("c2", "apply_patch", "*** ü", true),
    ];
    assert_eq!(answer, Finish { parts: wanted, usage: USAGE, stop: Stop::Calls });
    let (text, reasoning) = (|text: &str| Delta::Text(text.into()), |text: &str| Delta::Reasoning(text.into()));
    let name = |name: &str| Delta::Call(name.into());
    assert_eq!(
        deltas,
        [
            reasoning("pl"),
            reasoning("an"),
            reasoning("\n\nact"),
            text("I "),
            text("look \"ü\"."),
            name("read"),
            name("read"),
            name("apply_patch")
        ]
    );
}

#[test]
fn the_deltas_add_up_to_the_answer() {
    let two = json!({"type": "message", "id": "m2", "content": [
        {"type": "output_text", "text": "b"}, {"type": "output_text", "text": "c"}]});
    let part = |index: u64, text: &str| {
        json!({"type": "response.output_text.delta", "item_id": "m2",
        "output_index": 1, "content_index": index, "delta": text})
    };
    let (answer, deltas) = check(&[
        delta("output_text", "m1", 0, "a"),
        done(0, message("m1", "a")),
        part(0, "b"),
        part(1, "c"),
        done(1, two),
        completed(json!([])),
    ]);
    let shown: String = deltas.iter().map(|delta| if let Delta::Text(text) = delta { text } else { "" }).collect();
    assert_eq!(shown, text_of(&answer.parts));
    assert_eq!(answer.parts, [words("a"), words("b"), words("c")]);
}

#[test]
fn refusals_and_filters() {
    let refused = json!({"type": "message", "id": "m", "status": "completed", "content": [
        {"type": "refusal", "refusal": "I will not."}]});
    let (answer, deltas) = check(&[
        added(0, json!({"type": "message", "id": "m", "content": []})),
        delta("refusal", "m", 0, "I will"),
        delta("refusal", "m", 0, " not."),
        done(0, refused.clone()),
        completed(json!([refused])),
    ]);
    assert_eq!((answer.parts, answer.stop), (vec![Part::Refusal { text: "I will not.".into() }], Stop::Refusal));
    assert_eq!(deltas, [Delta::Text("I will".into()), Delta::Text(" not.".into())]);

    let streamed = parts(&[delta("refusal", "m", 0, "no"), completed(json!([]))]);
    assert_eq!(streamed, [Part::Refusal { text: "no".into() }]);
    let filtered = decode_events(&[delta("output_text", "m", 0, "so"), incomplete("content_filter")]);
    let answer = filtered.answer.unwrap();
    assert_eq!((answer.parts, answer.stop), (vec![words("so")], Stop::Refusal));
}

#[test]
fn an_answer_at_its_length_limit_has_no_call_that_was_cut() {
    let cut = json!({"type": "custom_tool_call", "id": "b", "call_id": "b", "name": "apply_patch", "input": "*** half",
        "status": "incomplete"});
    let (answer, _) = check(&[
        done(0, message("m", "I edit")),
        done(1, function("a", "read", "{}")),
        done(2, cut),
        added(3, json!({"type": "function_call", "id": "fc_d", "call_id": "d", "name": "read"})),
        delta("function_call_arguments", "fc_d", 3, "{}"),
        incomplete("max_output_tokens"),
    ]);
    assert_eq!(answer.parts, [words("I edit"), call("a", "read", "{}", false)]);
    assert_eq!(answer.stop, Stop::Length);
    assert_eq!(answer.usage, Usage { input: 5, output: 6, ..Usage::default() });
}

#[test]
fn errors_inside_the_stream() {
    let failed = |code: Value| {
        json!({"type": "response.failed", "response": {"status": "failed",
        "error": {"code": code, "message": "no luck"}, "usage": {"input_tokens": 9}}})
    };
    let cases = [
        (failed(json!("rate_limit_exceeded")), Kind::Transient),
        (failed(json!("server_error")), Kind::Transient),
        (failed(json!("server_is_overloaded")), Kind::Transient),
        (failed(json!("context_length_exceeded")), Kind::ContextFull),
        (failed(json!("insufficient_quota")), Kind::Quota),
        (failed(json!("invalid_prompt")), Kind::Provider),
        (json!({"type": "response.failed", "response": {"error": null}}), Kind::Transient),
        (json!({"type": "response.failed"}), Kind::Transient),
        (
            json!({"type": "response.completed", "response": {"status": "failed", "error": {"code": "server_error"}}}),
            Kind::Transient,
        ),
        (json!({"type": "error", "code": "rate_limit_exceeded", "message": "no luck", "param": null}), Kind::Transient),
        (json!({"type": "error", "code": null, "message": "no luck"}), Kind::Transient),
        (
            json!({"type": "error", "error": {"type": "invalid_request_error", "code": null, "message": "no luck"}}),
            Kind::Provider,
        ),
        (
            json!({"type": "error", "error": {"code": "context_length_exceeded", "message": "no luck"}}),
            Kind::ContextFull,
        ),
        (json!({"error": {"code": 503, "message": "no luck"}}), Kind::Transient),
        (json!({"error": {"code": 401, "message": "no luck"}}), Kind::Auth),
        (json!({"error": "no luck"}), Kind::Transient),
    ];
    for (event, kind) in cases {
        let decoded = decode_events(&[created(), delta("output_text", "m", 0, "hi"), event.clone()]);
        let error = decoded.answer.unwrap_err();
        assert_eq!(error.kind, kind, "{event}");
        let reason = if event.to_string().contains("no luck") { "no luck" } else { "no reason given" };
        assert!(error.message.starts_with("openai ") && error.message.contains(reason), "{}", error.message);
        assert!(!decoded.complete);
    }
    let usage = decode_events(&[failed(json!("server_error"))]).usage;
    assert_eq!(usage.input, 9, "what a failed answer cost is known");
}

#[test]
fn frames_that_are_not_events() {
    let feed = |text: &str| decode(&[text.as_bytes()]).answer;
    let error = feed("data: {\"type\":\n\n").unwrap_err();
    assert_eq!(error.kind, Kind::Transient);
    assert!(error.message.starts_with("openai sent an event that is not JSON: "), "{}", error.message);
    let error = feed("").unwrap_err();
    assert_eq!(
        (error.kind, error.message.as_str()),
        (Kind::Network, "openai stopped sending: the answer was cut short")
    );
    assert_eq!(feed("data: [DONE]\n\n").unwrap_err().kind, Kind::Network);
    let answer = feed(
        ": keep-alive\n\nevent: ping\ndata: \"ping\"\n\ndata: []\n\nevent: keepalive\ndata:\n\n\
         event: response.output_text.delta\ndata: {\"delta\":\"hi\",\"output_index\":\"0\",\"item_id\":5}\n\n\
         data: {\"type\":\"response.output_text.delta\",\"delta\":{\"text\":1}}\n\n\
         data: {\"type\":\"response.new_thing\",\"delta\":[1],\"item\":7}\n\n\
         event: response.completed\ndata: {\"response\":{\"usage\":\"none\",\"output\":{}}}\n\ndata: [DONE]\n\n\
         data: {\"type\":\"error\"}\n\n",
    )
    .unwrap();
    assert_eq!(answer, Finish { parts: vec![words("hi")], usage: Usage::default(), stop: Stop::End });
}

/// Streams of servers that keep to the protocol only roughly; each must give the same answer.
#[test]
fn careless_servers() {
    let start = |id: &str, call_id: &str| {
        json!({"type": "function_call", "id": id, "call_id": call_id,
        "name": "read", "arguments": ""})
    };
    let whole = |id: &str, call_id: &str| {
        json!({"type": "function_call", "id": id, "call_id": call_id,
        "name": "read", "arguments": "{}"})
    };
    let text = |id: &str, index: u64| delta("output_text", id, index, "hi");
    let arguments = |id: &str, index: u64| delta("function_call_arguments", id, index, "{}");
    let end = || completed(json!([]));
    let cases = [
        ("only the terminal event", vec![completed(json!([message("m", "hi"), whole("f", "c")]))]),
        ("whole items only", vec![done(0, message("m", "hi")), done(1, whole("f", "c")), end()]),
        ("pieces only", vec![text("m", 0), added(1, start("f", "c")), arguments("f", 1), end()]),
        (
            "whole arguments instead of pieces",
            vec![
                text("m", 0),
                added(1, start("f", "c")),
                json!({"type": "response.function_call_arguments.done", "item_id": "f", "output_index": 1,
                "arguments": "{}"}),
                end(),
            ],
        ),
        (
            "ids that change with every event",
            vec![
                added(0, json!({"type": "message", "id": "m1", "content": []})),
                text("m2", 0),
                done(0, message("m3", "hi")),
                added(1, start("f1", "c")),
                arguments("f2", 1),
                done(1, whole("f3", "c")),
                end(),
            ],
        ),
        (
            "one index for all",
            vec![
                added(0, json!({"type": "message", "id": "m", "content": []})),
                added(0, start("f", "c")),
                text("m", 0),
                arguments("f", 0),
                done(0, message("m", "hi")),
                done(0, whole("f", "c")),
                end(),
            ],
        ),
        (
            "ids and indexes that both change",
            vec![
                text("m1", 0),
                done(3, message("m2", "hi")),
                added(4, start("f1", "c")),
                arguments("f1", 4),
                done(5, whole("f2", "c")),
                end(),
            ],
        ),
        (
            "arguments of an item that was never announced",
            vec![text("m1", 0), arguments("x", 7), done(0, message("m1", "hi")), done(1, whole("f", "c")), end()],
        ),
        (
            "the same items twice",
            vec![
                added(0, message("m", "")),
                added(0, message("m", "")),
                done(0, message("m", "hi")),
                done(0, message("m", "hi")),
                added(1, start("f", "c")),
                added(1, start("f", "c")),
                done(1, whole("f", "c")),
                done(1, whole("f", "c")),
                end(),
            ],
        ),
        (
            "a terminal event that tells half",
            vec![
                text("m", 0),
                done(0, message("m", "hi")),
                done(1, whole("f", "c")),
                completed(json!([message("other", "hi")])),
            ],
        ),
        (
            "items of other tools",
            vec![
                done(0, json!({"type": "web_search_call", "id": "ws", "status": "completed"})),
                done(1, message("m", "hi")),
                done(2, whole("f", "c")),
                completed(json!([{"type": "web_search_call"}, {}, 1])),
            ],
        ),
        (
            "arguments as an object, content as a text",
            vec![completed(json!([
                {"type": "message", "content": "hi"},
                {"type": "function_call", "call_id": "c", "name": "read", "arguments": {}},
            ]))],
        ),
    ];
    for (name, events) in cases {
        let decoded = decode_events(&events);
        let answer = decoded.answer.unwrap();
        assert_eq!(answer.parts, [words("hi"), call("c", "read", "{}", false)], "{name}");
        assert_eq!((answer.stop, answer.usage), (Stop::Calls, USAGE), "{name}");
        let shown: Vec<&Delta> = decoded.deltas.iter().filter(|delta| matches!(delta, Delta::Text(_))).collect();
        assert_eq!(shown, [&Delta::Text("hi".into())], "{name}");
    }
}

#[test]
fn a_call_without_an_id_gets_one() {
    let ids = |calls: &[(&str, &str)]| -> Vec<String> {
        let items: Vec<Value> = calls.iter().map(|(id, name)| function(id, name, "{}")).collect();
        let parts = parts(&[completed(json!(items))]);
        parts.iter().map(|part| if let Part::Call(call) = part { call.id.clone() } else { "?".into() }).collect()
    };
    assert_eq!(ids(&[("a", "read"), ("b", "read")]), ["a", "b"]);
    assert_eq!(ids(&[("", "read"), ("", "read")]), ["call_0_read", "call_1_read"]);
    assert_eq!(ids(&[("a", "read"), ("a", "grep")]), ["a", "a"]);
    assert_eq!(ids(&[("", &"é.".repeat(64))]), [format!("call_0_{}", "_".repeat(24))]);
    let error = decode_events(&[completed(json!([function("a", "", "{}")]))]).answer.unwrap_err();
    assert_eq!(error.kind, Kind::Transient);
}

#[test]
fn a_sealed_reasoning_item_goes_back_unchanged() {
    let cases: [(&[&str], &[&str]); 9] = [
        (&[], &[]),
        (&[""], &[]),
        (&["a"], &[]),
        (&["a", "b"], &[]),
        (&["a\n\nb", "\n\n", ""], &[]),
        (&["", ""], &[]),
        (&["ü\n", "\né"], &[]),
        (&[], &["raw"]),
        (&["a", ""], &["", "raw\n\nraw"]),
    ];
    for (summary, content) in cases {
        let list = |kind: &str, texts: &[&str]| -> Vec<Value> {
            texts.iter().map(|text| json!({"type": kind, "text": text})).collect()
        };
        let mut item = json!({"type": "reasoning", "id": "rs_1", "summary": list("summary_text", summary)});
        if !content.is_empty() {
            item["content"] = list("reasoning_text", content).into();
        }
        item["encrypted_content"] = "ENC".into();
        let answer = decode_events(&[done(0, item.clone()), done(1, message("m", "so")), completed(json!([]))]);
        let said = says(Role::Assistant, answer.answer.unwrap().parts);
        let stored: Message = serde_json::from_str(&serde_json::to_string(&said).unwrap()).unwrap();
        assert_eq!(input(true, &[stored])[0].to_string(), item.to_string());
    }
}

#[test]
fn reasoning_without_encrypted_content_has_no_seal() {
    let open = |text: &str| Part::Reasoning(Reasoning { text: text.into(), seal: None });
    let item = json!({"type": "reasoning", "id": "rs_1", "summary": [],
        "content": [{"type": "reasoning_text", "text": "hmm"}], "encrypted_content": null});
    assert_eq!(parts(&[done(0, item), completed(json!([]))]), [open("hmm")]);
    let early = json!({"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "HALF"});
    let pieces = parts(&[added(0, early), summary(0, "a"), summary(1, "b"), completed(json!([]))]);
    assert_eq!(pieces, [open("a\n\nb")], "what came before the end of the item may be incomplete");
    let empty = json!({"type": "reasoning", "id": "rs_1", "summary": []});
    assert_eq!(parts(&[done(0, empty), completed(json!([]))]), []);
}

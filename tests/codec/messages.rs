//! The Messages codec through its public face: exact bodies, and streams written after the published event shapes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use agent::base::call::{ToolCall, ToolInput, ToolResult, ToolSpec};
use agent::base::message::{ImageRef, Message, Part, Reasoning, Role, Seal};
use agent::base::model::{Delta, Effort, Family, Finish, ModelCall, ModelInfo, Stop, Thinking, Usage, Wire};
use agent::base::secret::Secret;
use agent::base::{Error, Kind};
use agent::net::{Header, HttpRequest};
use agent::provider::{Decode, Endpoint, Provider, codec};
use agent::text::sse::{self, Frames};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

const MODEL: &str = "anthropic/claude-test";

fn provider(official: bool) -> Arc<dyn Provider> {
    let endpoint = Endpoint {
        provider: "anthropic".into(),
        base_url: "https://api.example.test".into(),
        key: Some(Secret::new("sk-test")),
        official,
        ..Endpoint::default()
    };
    codec(Wire::Messages, endpoint)
}

fn model() -> ModelInfo {
    ModelInfo {
        provider: "anthropic".into(),
        id: "claude-test".into(),
        wire: Wire::Messages,
        family: Family::Claude,
        edits: agent::base::model::Edits::Replace,
        context: 200_000,
        max_input: 200_000,
        max_output: 32_000,
        price: None,
        tiers: Vec::new(),
        images: true,
        reasoning: true,
        efforts: vec![Effort::Low, Effort::Medium, Effort::High, Effort::Max],
        thinking: Thinking::Adaptive,
        abilities: Default::default(),
        known: true,
    }
}

/// What a test varies of a call.
struct Asked {
    model: ModelInfo,
    system: &'static str,
    tools: Vec<ToolSpec>,
    messages: Vec<Message>,
    max_output: u64,
    effort: Option<Effort>,
    images: BTreeMap<String, String>,
    official: bool,
}

impl Asked {
    fn new(messages: Vec<Message>) -> Self {
        let images = BTreeMap::from([("b10b".to_owned(), "aGk=".to_owned())]);
        Self {
            model: model(),
            system: "",
            tools: vec![],
            messages,
            max_output: 32_000,
            effort: None,
            images,
            official: false,
        }
    }

    fn send(&self) -> Result<HttpRequest, Error> {
        provider(self.official).encode(&ModelCall {
            model: &self.model,
            system: self.system,
            tools: &self.tools,
            messages: &self.messages,
            max_output: self.max_output,
            effort: self.effort,
            cache_key: "session",
            images: &self.images,
        })
    }

    fn body(&self) -> String {
        String::from_utf8(self.send().unwrap().body).unwrap()
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body()).unwrap()
    }
}

fn messages_of(messages: Vec<Message>) -> Value {
    Asked::new(messages).json()["messages"].clone()
}

fn user(parts: Vec<Part>) -> Message {
    Message { role: Role::User, parts }
}

fn assistant(parts: Vec<Part>) -> Message {
    Message { role: Role::Assistant, parts }
}

fn text(text: &str) -> Part {
    Part::Text { text: text.into() }
}

fn tool_call(id: &str, name: &str, arguments: &str) -> Part {
    Part::Call(ToolCall { id: id.into(), name: name.into(), arguments: arguments.into(), freeform: false })
}

fn result(call: &str, output: &str) -> ToolResult {
    ToolResult { call: call.into(), output: output.into(), images: vec![], error: false }
}

fn image() -> ImageRef {
    ImageRef { blob: "b10b".into(), media_type: "image/png".into(), bytes: 2 }
}

fn sealed(text: &str, wire: Wire, model: &str, data: Value) -> Part {
    Part::Reasoning(Reasoning { text: text.into(), seal: Some(Seal { wire, model: model.into(), data }) })
}

fn thought(text: &str) -> Part {
    sealed(text, Wire::Messages, MODEL, json!({"signature": "sig=="}))
}

fn rich() -> Vec<Message> {
    vec![
        user(vec![text("look"), Part::Image(image())]),
        assistant(vec![
            thought("hm"),
            sealed("", Wire::Messages, MODEL, json!({"redacted": "Zm9v"})),
            text("two calls "),
            tool_call("toolu_1", "read", "{ \"path\":  \"a.rs\", \"n\": 1.0 }"),
            tool_call("toolu_2", "shell", ""),
        ]),
        user(vec![
            Part::Result(result("toolu_1", "fn main() {}")),
            Part::Result(ToolResult { error: true, ..result("toolu_2", "") }),
            text("and then?"),
        ]),
        assistant(vec![Part::Refusal { text: "no".into() }, text("")]),
        Message::user("go on"),
    ]
}

fn rich_call() -> Asked {
    let tools = vec![
        ToolSpec {
            name: "read",
            description: "Reads a file.".into(),
            input: ToolInput::Json(json!({"type": "object", "properties": {"path": {"type": "string"}}})),
        },
        ToolSpec {
            name: "patch",
            description: "Edits.".into(),
            input: ToolInput::Freeform { syntax: "lark", grammar: "start: /.+/" },
        },
    ];
    Asked { system: "Be brief.", tools, effort: Some(Effort::High), official: true, ..Asked::new(rich()) }
}

#[test]
fn a_rich_conversation_has_this_exact_body() {
    let expected = concat!(
        r#"{"model":"claude-test","max_tokens":32000,"stream":true,"cache_control":{"type":"ephemeral"},"#,
        r#""thinking":{"type":"adaptive"},"output_config":{"effort":"high"},"#,
        r#""system":[{"type":"text","text":"Be brief.","cache_control":{"type":"ephemeral"}}],"#,
        r#""tools":[{"name":"read","description":"Reads a file.","#,
        r#""input_schema":{"type":"object","properties":{"path":{"type":"string"}}}},"#,
        r#"{"name":"patch","description":"Edits.","input_schema":{"type":"object","#,
        r#""properties":{"input":{"type":"string"}},"required":["input"],"additionalProperties":false}}],"#,
        r#""tool_choice":{"type":"auto"},"messages":["#,
        r#"{"role":"user","content":[{"type":"text","text":"look"},"#,
        r#"{"type":"image","source":{"type":"base64","media_type":"image/png","data":"aGk="}}]},"#,
        r#"{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"sig=="},"#,
        r#"{"type":"redacted_thinking","data":"Zm9v"},{"type":"text","text":"two calls "},"#,
        r#"{"type":"tool_use","id":"toolu_1","name":"read","input":{ "path":  "a.rs", "n": 1.0 }},"#,
        r#"{"type":"tool_use","id":"toolu_2","name":"shell","input":{}}]},"#,
        r#"{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"fn main() {}"},"#,
        r#"{"type":"tool_result","tool_use_id":"toolu_2","content":"(no output)","is_error":true},"#,
        r#"{"type":"text","text":"and then?"}]},"#,
        r#"{"role":"assistant","content":[{"type":"text","text":"no"}]},"#,
        r#"{"role":"user","content":[{"type":"text","text":"go on"}]}]}"#,
    );
    assert_eq!(rich_call().body(), expected);
}

#[test]
fn the_smallest_body_has_no_optional_fields() {
    let mut asked = Asked::new(vec![Message::user("hi")]);
    asked.model.thinking = Thinking::Unset;
    assert_eq!(
        asked.body(),
        r#"{"model":"claude-test","max_tokens":32000,"stream":true,"messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}]}"#
    );
}

#[test]
fn the_request_goes_to_v1_messages_with_the_key_as_a_secret() {
    let request = rich_call().send().unwrap();
    assert_eq!(request.url, "https://api.example.test/v1/messages");
    let headers: Vec<String> = request
        .headers
        .iter()
        .map(|(name, value)| match value {
            Header::Plain(value) => format!("{name}: {value}"),
            Header::Secret(before, value) => format!("{name}: {before}<{}>", value.expose()),
        })
        .collect();
    assert_eq!(
        headers,
        [
            "content-type: application/json",
            "accept: text/event-stream",
            "x-api-key: <sk-test>",
            "anthropic-version: 2023-06-01",
        ]
    );
}

#[test]
fn a_growing_conversation_keeps_its_beginning_byte_for_byte() {
    let mut messages = rich();
    messages.push(assistant(vec![thought(""), text("done \n")]));
    messages.push(assistant(vec![thought("cut off")]));
    messages.push(Message::user("thanks"));
    messages.push(Message::user("more"));
    let body_of = |count: usize| Asked { messages: messages[..count].to_vec(), ..rich_call() }.body();
    for count in 1..messages.len() {
        // An answer at the very end is a prefill, whose trailing white space has to go.
        let before = body_of(count);
        let before = before.strip_suffix("]}]}").unwrap();
        let is_prefill = messages[count - 1].role == Role::Assistant;
        let before = before.strip_suffix("\"}").filter(|_| is_prefill).unwrap_or(before);
        assert!(body_of(count + 1).starts_with(before), "after {count} messages");
        assert_eq!(body_of(count), body_of(count));
    }
}

#[test]
fn effort_becomes_thinking_and_output_config() {
    use Thinking::{Adaptive, Budget, Unset};
    let few = vec![Effort::Low, Effort::Medium, Effort::High, Effort::Max];
    let table = [
        (Unset, few.clone(), Some(Effort::High), 32_000, Value::Null, Value::Null),
        (Adaptive, few.clone(), None, 32_000, json!({"type": "adaptive"}), Value::Null),
        (Adaptive, few.clone(), Some(Effort::None), 32_000, json!({"type": "disabled"}), Value::Null),
        (Adaptive, few.clone(), Some(Effort::Minimal), 32_000, json!({"type": "adaptive"}), json!({"effort": "low"})),
        (Adaptive, few.clone(), Some(Effort::Xhigh), 32_000, json!({"type": "adaptive"}), json!({"effort": "high"})),
        (Adaptive, few.clone(), Some(Effort::Max), 32_000, json!({"type": "adaptive"}), json!({"effort": "max"})),
        (Adaptive, vec![], Some(Effort::Minimal), 32_000, json!({"type": "adaptive"}), json!({"effort": "low"})),
        (Adaptive, vec![], Some(Effort::Xhigh), 32_000, json!({"type": "adaptive"}), json!({"effort": "xhigh"})),
        (Budget, few.clone(), None, 32_000, Value::Null, Value::Null),
        (Budget, few.clone(), Some(Effort::None), 32_000, Value::Null, Value::Null),
        (Budget, few.clone(), Some(Effort::Minimal), 32_000, enabled(4096), Value::Null),
        (Budget, few.clone(), Some(Effort::Medium), 32_000, enabled(10_240), Value::Null),
        (Budget, few.clone(), Some(Effort::High), 32_000, enabled(24_576), Value::Null),
        (Budget, few.clone(), Some(Effort::Max), 64_000, enabled(32_768), Value::Null),
        (Budget, few.clone(), Some(Effort::High), 4096, enabled(3072), Value::Null),
        (Budget, few.clone(), Some(Effort::High), 2048, enabled(1024), Value::Null),
        (Budget, few, Some(Effort::High), 2047, Value::Null, Value::Null),
    ];
    for (thinking, efforts, effort, max_output, expected_thinking, expected_config) in table {
        let name = format!("{thinking:?} {efforts:?} {effort:?} {max_output}");
        let mut asked = Asked { effort, max_output, ..Asked::new(vec![Message::user("hi")]) };
        asked.model.thinking = thinking;
        asked.model.efforts = efforts;
        let body = asked.json();
        assert_eq!(body["thinking"], expected_thinking, "{name}");
        assert_eq!(body["output_config"], expected_config, "{name}");
    }
}

fn enabled(budget: u64) -> Value {
    json!({"type": "enabled", "budget_tokens": budget})
}

#[test]
fn a_budget_is_left_out_where_the_last_calls_cannot_begin_with_their_thought() {
    let turn = |thought: Part| {
        let answer = assistant(vec![thought, tool_call("toolu_1", "read", "{}")]);
        vec![Message::user("hi"), answer, user(vec![Part::Result(result("toolu_1", "text"))])]
    };
    let table = [
        ("ours", sealed("t", Wire::Messages, MODEL, json!({"signature": "s"})), enabled(24_576)),
        ("another model's", sealed("t", Wire::Messages, "anthropic/other", json!({"signature": "s"})), Value::Null),
        ("without its seal", Part::Reasoning(Reasoning { text: "t".into(), seal: None }), Value::Null),
    ];
    for (name, thought, expected) in table {
        let mut asked = Asked { effort: Some(Effort::High), max_output: 64_000, ..Asked::new(turn(thought)) };
        asked.model.thinking = Thinking::Budget;
        assert_eq!(asked.json()["thinking"], expected, "{name}");
    }
}

#[test]
fn only_the_vendors_own_server_places_the_moving_breakpoint() {
    for official in [true, false] {
        let body = Asked { official, ..rich_call() }.body();
        assert_eq!(body.matches("cache_control").count(), if official { 2 } else { 1 });
    }
}

#[test]
fn only_our_own_sealed_reasoning_goes_back() {
    let signature = || json!({"signature": "s"});
    let table = [
        ("ours", sealed("t", Wire::Messages, MODEL, signature()), true),
        ("no text", sealed("", Wire::Messages, MODEL, signature()), true),
        ("redacted", sealed("", Wire::Messages, MODEL, json!({"redacted": "x"})), true),
        ("another model's", sealed("t", Wire::Messages, "anthropic/other", signature()), false),
        ("another provider's", sealed("t", Wire::Messages, "proxy/claude-test", signature()), false),
        ("another wire's", sealed("t", Wire::Responses, MODEL, signature()), false),
        ("unknown data", sealed("t", Wire::Messages, MODEL, json!({"other": 1})), false),
        ("unsealed", Part::Reasoning(Reasoning { text: "t".into(), seal: None }), false),
    ];
    for (name, part, expected) in table {
        let sent = messages_of(vec![Message::user("a"), assistant(vec![part, text("b")]), Message::user("c")]);
        assert_eq!(sent[1]["content"].as_array().unwrap().len() == 2, expected, "{name}");
    }
}

#[test]
fn reasoning_stays_here_while_thinking_is_off() {
    let off = [(Thinking::Adaptive, Some(Effort::None)), (Thinking::Budget, None)];
    let on = [(Thinking::Adaptive, None), (Thinking::Budget, Some(Effort::Low)), (Thinking::Unset, None)];
    for (thinking, effort) in off.into_iter().chain(on) {
        let mut asked = Asked { effort, ..Asked::new(rich()) };
        asked.model.thinking = thinking;
        let sent = asked.body().contains("sig==");
        assert_eq!(sent, on.contains(&(thinking, effort)), "{thinking:?} {effort:?}");
    }
}

#[test]
fn messages_are_shaped_as_the_api_wants_them() {
    let call = || tool_call("c", "read", "{}");
    let use_block = json!({"type": "tool_use", "id": "c", "name": "read", "input": {}});
    let block = |text: &str| json!({"type": "text", "text": text});
    let of_user = |blocks: Value| json!({"role": "user", "content": blocks});
    let of_assistant = |blocks: Value| json!({"role": "assistant", "content": blocks});
    let result_block = json!({"type": "tool_result", "tool_use_id": "c", "content": "r"});
    let table: Vec<(&str, Vec<Message>, Value)> = vec![
        (
            "same roles are merged",
            vec![Message::user("a"), Message::user("b"), assistant(vec![text("c")]), assistant(vec![call()])],
            json!([of_user(json!([block("a"), block("b")])), of_assistant(json!([block("c"), use_block]))]),
        ),
        (
            "results come first",
            vec![
                Message::user("a"),
                assistant(vec![call()]),
                user(vec![text("wait"), Part::Image(image())]),
                user(vec![Part::Result(result("c", "r")), text("b")]),
            ],
            json!([
                of_user(json!([block("a")])),
                of_assistant(json!([use_block])),
                of_user(json!([
                    result_block,
                    block("wait"),
                    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}},
                    block("b"),
                ])),
            ]),
        ),
        (
            "an assistant does not begin",
            vec![assistant(vec![call()]), user(vec![Part::Result(result("c", "r"))])],
            json!([
                of_user(json!([block("(continued)")])),
                of_assistant(json!([use_block])),
                of_user(json!([result_block])),
            ]),
        ),
        (
            "blank text and empty messages are skipped",
            vec![
                Message::user("a"),
                assistant(vec![text(""), text("\n\n"), Part::Reasoning(Reasoning { text: "t".into(), seal: None })]),
                user(vec![text(" ")]),
                Message::user("b"),
            ],
            json!([of_user(json!([block("a"), block("b")]))]),
        ),
        (
            "a message does not end in thinking",
            vec![Message::user("a"), assistant(vec![text("b"), thought("t")]), assistant(vec![thought("u")])],
            json!([of_user(json!([block("a")])), of_assistant(json!([block("b")]))]),
        ),
        (
            "only the last text of an ending assistant is trimmed",
            vec![
                Message::user("a "),
                assistant(vec![text("b \n")]),
                Message::user("c "),
                assistant(vec![text("d \n")]),
            ],
            json!([
                of_user(json!([block("a ")])),
                of_assistant(json!([block("b \n")])),
                of_user(json!([block("c ")])),
                of_assistant(json!([block("d")])),
            ]),
        ),
    ];
    for (name, messages, expected) in table {
        assert_eq!(messages_of(messages), expected, "{name}");
    }
}

#[test]
fn malformed_and_free_arguments_become_objects() {
    let table = [
        (
            "an object keeps its bytes",
            tool_call("c", "t", "{\"b\" :1e2,\n\"a\":\"\\u00e9\"}"),
            "{\"b\" :1e2,\n\"a\":\"\\u00e9\"}",
        ),
        ("cut off", tool_call("c", "t", "{\"a\": \"x"), r#"{"malformed":"{\"a\": \"x"}"#),
        ("not an object", tool_call("c", "t", "[1]"), r#"{"malformed":"[1]"}"#),
        (
            "free text",
            Part::Call(ToolCall { id: "c".into(), name: "t".into(), arguments: "*** Begin".into(), freeform: true }),
            r#"{"input":"*** Begin"}"#,
        ),
    ];
    for (name, part, expected) in table {
        let body = Asked::new(vec![Message::user("a"), assistant(vec![part])]).body();
        assert!(body.ends_with(&format!("\"input\":{expected}}}]}}]}}")), "{name}: {body}");
    }
}

#[test]
fn foreign_ids_are_translated_alike_for_call_and_result() {
    let ids = ["call_1|fc_2", "call_1.fc_2", "call 1", "", "functions.read:0", "ünï"];
    let mut seen = Vec::new();
    for id in ids {
        let sent = messages_of(vec![
            Message::user("a"),
            assistant(vec![tool_call(id, "functions.read", "{}")]),
            user(vec![Part::Result(result(id, "r"))]),
        ]);
        let translated = sent[1]["content"][0]["id"].as_str().unwrap().to_owned();
        assert_eq!(sent[2]["content"][0]["tool_use_id"], translated.as_str());
        assert_eq!(sent[1]["content"][0]["name"], "functions_read");
        assert!(!translated.is_empty());
        assert!(translated.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte)), "{translated}");
        assert!(!seen.contains(&translated), "{translated}");
        seen.push(translated);
    }
    assert_eq!(seen[0], "call_1_fc_2_5439f7f6ab1f910e");
}

#[test]
fn images_go_where_the_model_takes_them() {
    let left_out = "[image left out: this model takes no images]";
    let png = json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "aGk="}});
    let table = [
        (true, "seen", false, json!([{"type": "text", "text": "seen"}, png]), Value::Null),
        (true, "", false, json!([png]), Value::Null),
        (true, "failed", true, json!([{"type": "text", "text": "failed"}, png]), Value::Null),
        (false, "seen", true, json!(format!("seen\n{left_out}")), json!(true)),
        (false, "", false, json!(left_out), Value::Null),
    ];
    for (takes_images, output, error, content, is_error) in table {
        let answer = ToolResult { images: vec![image()], error, ..result("c", output) };
        let mut asked = Asked::new(vec![
            user(vec![Part::Image(image())]),
            assistant(vec![tool_call("c", "t", "{}")]),
            user(vec![Part::Result(answer)]),
        ]);
        asked.model.images = takes_images;
        let sent = asked.json()["messages"].clone();
        assert_eq!(sent[2]["content"][0]["content"], content);
        assert_eq!(sent[2]["content"][0]["is_error"], is_error);
        let expected = if takes_images { png.clone() } else { json!({"type": "text", "text": left_out}) };
        assert_eq!(sent[0]["content"][0], expected);
    }
}

#[test]
fn an_image_that_was_not_loaded_is_an_error_that_names_it() {
    let mut asked = Asked::new(vec![user(vec![Part::Image(image())])]);
    asked.images.clear();
    let error = asked.send().unwrap_err();
    assert_eq!(error.kind, Kind::Io);
    assert!(error.message.contains("`b10b`"), "{error}");
}

// ---- decoding ----

fn events(list: &[Value]) -> String {
    list.iter().map(|data| format!("event: {}\ndata: {data}\n\n", data["type"].as_str().unwrap_or_default())).collect()
}

fn start() -> Value {
    json!({"type": "message_start", "message": {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-test", "content": [],
        "stop_reason": null, "stop_sequence": null,
        "usage": {"input_tokens": 10, "cache_creation_input_tokens": 200, "cache_read_input_tokens": 3000,
                  "output_tokens": 1, "service_tier": "standard"}}})
}

fn open(index: u64, block: Value) -> Value {
    json!({"type": "content_block_start", "index": index, "content_block": block})
}

fn piece(index: u64, delta: Value) -> Value {
    json!({"type": "content_block_delta", "index": index, "delta": delta})
}

fn close(index: u64) -> Value {
    json!({"type": "content_block_stop", "index": index})
}

fn stop(reason: &str) -> Value {
    json!({"type": "message_delta", "delta": {"stop_reason": reason, "stop_sequence": null},
           "usage": {"output_tokens": 42, "output_tokens_details": {"thinking_tokens": 7}}})
}

fn end() -> Value {
    json!({"type": "message_stop"})
}

fn open_call(index: u64, id: &str, name: &str) -> Value {
    open(index, json!({"type": "tool_use", "id": id, "name": name, "input": {}}))
}

fn arguments(index: u64, partial: &str) -> Value {
    piece(index, json!({"type": "input_json_delta", "partial_json": partial}))
}

/// An answer of one block list between the usual first and last events.
fn answer(blocks: Vec<Value>, reason: &str) -> String {
    let mut list = vec![start()];
    list.extend(blocks);
    list.extend([stop(reason), end()]);
    events(&list)
}

fn feed(pieces: &[&[u8]]) -> (Box<dyn Decode>, Vec<Delta>, Option<Error>) {
    let mut decoder = provider(true).decoder(MODEL);
    let (mut stream, mut deltas) = (sse::Decoder::default(), Vec::new());
    for bytes in pieces {
        let mut frames = Vec::new();
        stream.push(bytes, &mut frames).unwrap();
        for frame in frames {
            if let Err(error) = decoder.frame(&frame, &mut deltas) {
                return (decoder, deltas, Some(error));
            }
        }
    }
    (decoder, deltas, None)
}

fn decode(pieces: &[&[u8]]) -> Result<(Finish, Vec<Delta>), Error> {
    let (decoder, deltas, error) = feed(pieces);
    if let Some(error) = error {
        return Err(error);
    }
    let (complete, usage) = (decoder.complete(), decoder.usage());
    let finish = decoder.finish();
    assert_eq!(complete, finish.is_ok());
    if let Ok(finish) = &finish {
        assert_eq!(finish.usage, usage);
    }
    finish.map(|finish| (finish, deltas))
}

/// Decodes, and again cut at every byte into two pieces, and truncated at every byte.
fn check(stream: &str) -> (Finish, Vec<Delta>) {
    let bytes = stream.as_bytes();
    let whole = decode(&[bytes]).unwrap();
    for cut in 0..bytes.len() {
        assert_eq!(decode(&[&bytes[..cut], &bytes[cut..]]).unwrap(), whole, "cut at {cut}");
        match decode(&[&bytes[..cut]]) {
            Ok(answer) => assert_eq!(answer, whole, "truncated at {cut}"),
            Err(error) => assert_eq!(error.kind, Kind::Network, "truncated at {cut}: {error}"),
        }
    }
    whole
}

fn full_answer() -> String {
    answer(
        vec![
            open(0, json!({"type": "thinking", "thinking": "", "signature": ""})),
            json!({"type": "ping"}),
            piece(0, json!({"type": "thinking_delta", "thinking": "Let me "})),
            piece(0, json!({"type": "thinking_delta", "thinking": "sée."})),
            piece(0, json!({"type": "signature_delta", "signature": "EqQB=="})),
            close(0),
            open(1, json!({"type": "redacted_thinking", "data": "c2Vj"})),
            close(1),
            open(2, json!({"type": "text", "text": "", "citations": null})),
            piece(2, json!({"type": "text_delta", "text": "I read \"both\"\n"})),
            piece(2, json!({"type": "citations_delta", "citation": {"type": "char_location"}})),
            piece(2, json!({"type": "text_delta", "text": "→ now."})),
            close(2),
            open_call(3, "toolu_a", "read"),
            arguments(3, ""),
            arguments(3, "{\"path\": \"a"),
            arguments(3, ".rs\"}"),
            close(3),
            open_call(4, "toolu_b", "list"),
            close(4),
        ],
        "tool_use",
    )
}

#[test]
fn a_full_answer_survives_every_cut() {
    let (finish, deltas) = check(&full_answer());
    assert_eq!(
        finish.parts,
        [
            sealed("Let me sée.", Wire::Messages, MODEL, json!({"signature": "EqQB=="})),
            sealed("", Wire::Messages, MODEL, json!({"redacted": "c2Vj"})),
            text("I read \"both\"\n→ now."),
            tool_call("toolu_a", "read", "{\"path\": \"a.rs\"}"),
            tool_call("toolu_b", "list", "{}"),
        ]
    );
    assert_eq!(finish.stop, Stop::Calls);
    assert_eq!(finish.usage, Usage { input: 3210, cached: 3000, cache_written: 200, output: 42, reasoning: 7 });
    assert_eq!(
        deltas,
        [
            Delta::Reasoning("Let me ".into()),
            Delta::Reasoning("sée.".into()),
            Delta::Text("I read \"both\"\n".into()),
            Delta::Text("→ now.".into()),
            Delta::Call("read".into()),
            Delta::Call("list".into()),
        ]
    );
}

#[test]
fn an_answer_goes_back_as_it_came() {
    let (finish, _) = check(&full_answer());
    let sent = messages_of(vec![Message::user("a"), assistant(finish.parts), Message::user("b")]);
    assert_eq!(
        sent[1]["content"],
        json!([
            {"type": "thinking", "thinking": "Let me sée.", "signature": "EqQB=="},
            {"type": "redacted_thinking", "data": "c2Vj"},
            {"type": "text", "text": "I read \"both\"\n→ now."},
            {"type": "tool_use", "id": "toolu_a", "name": "read", "input": {"path": "a.rs"}},
            {"type": "tool_use", "id": "toolu_b", "name": "list", "input": {}},
        ])
    );
}

#[test]
fn blocks_that_stream_in_turns_are_kept_apart_by_index() {
    let (finish, _) = check(&answer(
        vec![
            open_call(0, "a", "one"),
            open_call(1, "b", "two"),
            arguments(1, "{\"n\":"),
            arguments(0, "{\"m\":"),
            arguments(1, "2}"),
            arguments(0, "1}"),
            close(1),
            close(0),
        ],
        "tool_use",
    ));
    assert_eq!(finish.parts, [tool_call("a", "one", "{\"m\":1}"), tool_call("b", "two", "{\"n\":2}")]);
}

#[test]
fn stop_reasons_are_told_apart() {
    let said =
        || vec![open(0, json!({"type": "text", "text": ""})), piece(0, json!({"type": "text_delta", "text": "x"}))];
    let called = || vec![open_call(0, "a", "t"), arguments(0, "{\"a\": \"b")];
    let table = [
        ("end_turn", said(), Stop::End),
        ("stop_sequence", said(), Stop::End),
        ("max_tokens", said(), Stop::Length),
        ("model_context_window_exceeded", said(), Stop::Length),
        ("pause_turn", said(), Stop::Pause),
        ("refusal", said(), Stop::Refusal),
        ("tool_use", said(), Stop::End),
        ("something_new", said(), Stop::End),
        ("tool_use", called(), Stop::Calls),
        ("end_turn", called(), Stop::Calls),
        ("", called(), Stop::Calls),
        ("max_tokens", called(), Stop::Length),
        ("refusal", called(), Stop::Refusal),
    ];
    for (reason, blocks, expected) in table {
        let (finish, _) = check(&answer(blocks, reason));
        assert_eq!(finish.stop, expected, "{reason}");
    }
}

#[test]
fn a_refusal_says_why_where_the_server_does() {
    let mut refused = stop("refusal");
    refused["delta"]["stop_details"] =
        json!({"type": "refusal", "category": "cyber", "explanation": "Not this, sorry."});
    let (finish, deltas) = check(&events(&[start(), refused, end()]));
    assert_eq!(finish.parts, [Part::Refusal { text: "Not this, sorry.".into() }]);
    assert_eq!((finish.stop, deltas.len()), (Stop::Refusal, 0));
}

#[test]
fn what_compatible_servers_do_is_understood() {
    let one_call = |arguments: &str| vec![tool_call("a", "t", arguments)];
    let whole = |input: Value| open(0, json!({"type": "tool_use", "id": "a", "name": "t", "input": input}));
    let thinking = || open(0, json!({"type": "thinking", "thinking": "hm"}));
    let unsealed = |text: &str| Part::Reasoning(Reasoning { text: text.into(), seal: None });
    let table: Vec<(&str, Vec<Value>, Vec<Part>)> = vec![
        ("input given whole", vec![whole(json!({"p": 1}))], one_call("{\"p\":1}")),
        ("input whole and in pieces", vec![whole(json!({"p": 1})), arguments(0, "{\"p\": 1}")], one_call("{\"p\": 1}")),
        ("input whole as text", vec![whole(json!("{\"p\": 1}"))], one_call("{\"p\": 1}")),
        ("input null", vec![whole(Value::Null)], one_call("{}")),
        ("input that is not JSON", vec![whole(json!({})), arguments(0, "{\"p\": oops")], one_call("{\"p\": oops")),
        ("thoughts without a signature", vec![thinking()], vec![unsealed("hm")]),
        ("empty thoughts", vec![open(0, json!({"type": "thinking", "thinking": ""}))], vec![]),
        ("redacted nothing", vec![open(0, json!({"type": "redacted_thinking"}))], vec![]),
        (
            "text given whole",
            vec![open(0, json!({"type": "text", "text": "all"})), piece(0, json!({"type": "text_delta", "text": "!"}))],
            vec![text("all!")],
        ),
        ("a block never opened", vec![piece(3, json!({"type": "text_delta", "text": "x"}))], vec![text("x")]),
        (
            "another kind of piece than the block",
            vec![thinking(), piece(0, json!({"type": "text_delta", "text": "x"}))],
            vec![unsealed("hm"), text("x")],
        ),
        (
            "one index for all blocks",
            vec![
                open(0, json!({"type": "text", "text": "x"})),
                close(0),
                whole(json!({})),
                arguments(0, "{\"p\":2}"),
                close(0),
            ],
            vec![text("x"), tool_call("a", "t", "{\"p\":2}")],
        ),
        (
            "no index",
            vec![
                json!({"type": "content_block_start", "content_block": {"type": "text"}}),
                json!({"type": "content_block_delta", "index": "0", "delta": {"type": "text_delta", "text": "x"}}),
            ],
            vec![text("x")],
        ),
        (
            "unknown blocks, pieces and events",
            vec![
                open(0, json!({"type": "server_tool_use", "id": "s", "name": "web", "input": {}})),
                arguments(0, "{}"),
                piece(0, json!({"type": "text_delta", "text": "hidden"})),
                open(1, json!({"type": "text", "text": 5})),
                piece(1, json!({"type": "hologram_delta", "text": "x"})),
                piece(1, json!({"type": "text_delta", "text": null})),
                piece(1, json!("text")),
                json!({"type": "telemetry", "usage": [1]}),
                json!({"type": "content_block_start", "index": 2}),
                piece(1, json!({"type": "text_delta", "text": "seen"})),
            ],
            vec![text("seen")],
        ),
    ];
    for (name, blocks, expected) in table {
        let (finish, _) = check(&answer(blocks, ""));
        assert_eq!(finish.parts, expected, "{name}");
    }
}

#[test]
fn a_call_without_an_id_gets_one() {
    let ids = ["same", "same", "", "call_1_t", "", "ok"];
    let blocks = ids.iter().zip(0..).map(|(id, index)| open_call(index, id, "t")).collect();
    let (finish, _) = check(&answer(blocks, "tool_use"));
    let ids: Vec<&str> =
        finish.parts.iter().map(|part| if let Part::Call(call) = part { call.id.as_str() } else { "" }).collect();
    assert_eq!(ids, ["same", "same", "call_2_t", "call_1_t", "call_4_t", "ok"]);
}

#[test]
fn frames_without_event_names_and_after_the_end_are_fine() {
    let stream: String = full_answer()
        .lines()
        .filter(|line| !line.starts_with("event:"))
        .fold(String::new(), |all, line| all + line + "\n");
    let (named, _) = check(&full_answer());
    let noise = "data: 5\n\ndata: [DONE]\n\n";
    let (finish, _) = check(&format!("{noise}{stream}{noise}data: not json\n\n"));
    assert_eq!(finish, named);
    // And the other way round: the name tells what the data leaves out.
    let (untyped, _) = check(&full_answer().replace(r#"{"type":"message_stop"}"#, "{}"));
    assert_eq!(untyped, named);
}

#[test]
fn usage_is_cumulative_and_known_before_the_end() {
    let late = json!({"type": "message_delta", "delta": {}, "usage": {
        "input_tokens": 20, "cache_read_input_tokens": 0, "cache_creation_input_tokens": null, "output_tokens": 9}});
    let (decoder, ..) = feed(&[events(&[start()]).as_bytes()]);
    assert_eq!(decoder.usage(), Usage { input: 3210, cached: 3000, cache_written: 200, output: 1, reasoning: 0 });
    let (decoder, ..) = feed(&[events(&[start(), late]).as_bytes()]);
    assert_eq!(decoder.usage(), Usage { input: 3220, cached: 3000, cache_written: 200, output: 9, reasoning: 0 });
    assert!(!decoder.complete());
    let error = decoder.finish().unwrap_err();
    assert_eq!((error.kind, error.message.contains("the answer was cut short")), (Kind::Network, true));
}

#[test]
fn errors_in_the_stream_are_classified() {
    let error = |kind: &str, message: &str| json!({"type": "error", "error": {"type": kind, "message": message}});
    let table = [
        (events(&[error("overloaded_error", "Overloaded")]), Kind::Transient, "Overloaded (overloaded_error)"),
        (events(&[error("invalid_request_error", "bad")]), Kind::Provider, "bad"),
        (events(&[error("invalid_request_error", "prompt is too long: 9 > 8")]), Kind::ContextFull, "too long"),
        ("data: {\"error\":{\"type\":\"api_error\",\"message\":\"oops\"}}\n\n".into(), Kind::Transient, "oops"),
        ("event: error\ndata: {\"error\":\"gone\"}\n\n".into(), Kind::Transient, "gone"),
        ("data: {\"type\":\"ping\"\n\n".into(), Kind::Transient, "anthropic sent an event that is not JSON: "),
        ("data: <html>\n\n".into(), Kind::Transient, "anthropic sent an event that is not JSON: "),
        (
            "data: {\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"\\ud83d\"}}\n\n"
                .into(),
            Kind::Transient,
            "not JSON",
        ),
    ];
    for (stream, kind, words) in table {
        let (decoder, _, error) = feed(&[events(&[start()]).as_bytes(), stream.as_bytes()]);
        let error = error.unwrap();
        assert_eq!(error.kind, kind, "{error}");
        assert!(error.message.contains(words), "{error}");
        assert_eq!(decoder.usage().input, 3210);
    }
}

#[test]
fn a_refused_request_is_classified() {
    let body = br#"{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}"#;
    let error = provider(true).refusal(401, body);
    assert_eq!(error.kind, Kind::Auth);
    assert_eq!(error.message, "anthropic answered 401: invalid x-api-key");
}

//! The Converse codec through its public face: exact bodies, and streams written after the published event shapes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use crate::support::eventstream;
use agent::base::call::{ToolCall, ToolInput, ToolResult, ToolSpec};
use agent::base::message::{ImageRef, Message, Part, Reasoning, Role, Seal};
use agent::base::model::{Delta, Edits, Effort, Family, Finish, ModelCall, ModelInfo, Stop, Thinking, Usage, Wire};
use agent::base::secret::Secret;
use agent::base::{Error, Kind};
use agent::net::{Header, HttpRequest};
use agent::provider::{Decode, Endpoint, Provider, codec};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

const CLAUDE: &str = "us.anthropic.claude-sonnet-5";
const NOVA: &str = "us.amazon.nova-pro-v1:0";
const NOVA_2: &str = "global.amazon.nova-2-lite-v1:0";
const GPT: &str = "global.openai.gpt-6-sol";
const GPT_OSS: &str = "openai.gpt-oss-120b-1:0";
const LLAMA: &str = "us.meta.llama4-scout-17b-instruct-v1:0";

fn provider() -> Arc<dyn Provider> {
    let endpoint = Endpoint {
        provider: "bedrock".into(),
        base_url: "https://bedrock-runtime.eu-west-1.amazonaws.com".into(),
        key: Some(Secret::new("token")),
        ..Endpoint::default()
    };
    codec(Wire::Converse, endpoint)
}

fn model(id: &str) -> ModelInfo {
    let family = agent::config::families::family(id);
    ModelInfo {
        provider: "bedrock".into(),
        id: id.into(),
        wire: Wire::Converse,
        family,
        edits: Edits::Replace,
        context: 200_000,
        max_input: 200_000,
        max_output: 32_000,
        price: None,
        tiers: Vec::new(),
        images: true,
        reasoning: true,
        efforts: vec![Effort::Low, Effort::Medium, Effort::High, Effort::Max],
        thinking: if family == Family::Claude { Thinking::Adaptive } else { Thinking::Unset },
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
    effort: Option<Effort>,
    images: BTreeMap<String, String>,
}

impl Asked {
    fn new(id: &str, messages: Vec<Message>) -> Self {
        let images = BTreeMap::from([("b10b".to_owned(), "aGk=".to_owned())]);
        Self { model: model(id), system: "", tools: vec![], messages, effort: None, images }
    }

    fn send(&self) -> Result<HttpRequest, Error> {
        provider().encode(&ModelCall {
            model: &self.model,
            system: self.system,
            tools: &self.tools,
            messages: &self.messages,
            max_output: 32_000,
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

/// The messages as a model without a cache gets them, so that no marks are in the way.
fn messages_of(messages: Vec<Message>) -> Value {
    Asked::new(LLAMA, messages).json()["messages"].clone()
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

fn sealed(text: &str, model: &str, data: Value) -> Part {
    let seal = Seal { wire: Wire::Converse, model: format!("bedrock/{model}"), data };
    Part::Reasoning(Reasoning { text: text.into(), seal: Some(seal) })
}

fn read_tool() -> ToolSpec {
    let schema = json!({"type": "object", "properties": {"path": {"type": "string"}}});
    ToolSpec { name: "read", description: "Reads a file.".into(), input: ToolInput::Json(schema) }
}

fn rich() -> Vec<Message> {
    vec![
        user(vec![text("look"), Part::Image(image())]),
        assistant(vec![
            sealed("hm", CLAUDE, json!({"signature": "sig=="})),
            sealed("", CLAUDE, json!({"redacted": "Zm9v"})),
            text("two calls "),
            tool_call("tooluse_1", "read", "{ \"path\":  \"a.rs\", \"n\": 1.0 }"),
            tool_call("tooluse_2", "shell", ""),
        ]),
        user(vec![
            Part::Result(result("tooluse_1", "fn main() {}")),
            Part::Result(ToolResult { error: true, ..result("tooluse_2", "") }),
            text("and then?"),
        ]),
        assistant(vec![Part::Refusal { text: "no".into() }, text("")]),
        Message::user("go on"),
    ]
}

fn rich_call(id: &str) -> Asked {
    let patch = ToolSpec {
        name: "patch",
        description: String::new(),
        input: ToolInput::Freeform { syntax: "lark", grammar: "start: /.+/" },
    };
    Asked { system: "Be brief.", tools: vec![read_tool(), patch], effort: Some(Effort::High), ..Asked::new(id, rich()) }
}

#[test]
fn a_rich_conversation_has_this_exact_body() {
    let expected = concat!(
        r#"{"inferenceConfig":{"maxTokens":32000},"#,
        r#""additionalModelRequestFields":{"thinking":{"type":"adaptive"},"output_config":{"effort":"high"}},"#,
        r#""system":[{"text":"Be brief."},{"cachePoint":{"type":"default"}}],"#,
        r#""toolConfig":{"tools":[{"toolSpec":{"name":"read","description":"Reads a file.","#,
        r#""inputSchema":{"json":{"type":"object","properties":{"path":{"type":"string"}}}}}},"#,
        r#"{"toolSpec":{"name":"patch","inputSchema":{"json":{"type":"object","#,
        r#""properties":{"input":{"type":"string"}},"required":["input"],"additionalProperties":false}}}}]},"#,
        r#""messages":["#,
        r#"{"role":"user","content":[{"text":"look"},{"image":{"format":"png","source":{"bytes":"aGk="}}}]},"#,
        r#"{"role":"assistant","content":["#,
        r#"{"reasoningContent":{"reasoningText":{"text":"hm","signature":"sig=="}}},"#,
        r#"{"reasoningContent":{"redactedContent":"Zm9v"}},{"text":"two calls "},"#,
        r#"{"toolUse":{"toolUseId":"tooluse_1","name":"read","input":{ "path":  "a.rs", "n": 1.0 }}},"#,
        r#"{"toolUse":{"toolUseId":"tooluse_2","name":"shell","input":{}}}]},"#,
        r#"{"role":"user","content":[{"toolResult":{"toolUseId":"tooluse_1","content":[{"text":"fn main() {}"}]}},"#,
        r#"{"toolResult":{"toolUseId":"tooluse_2","content":[{"text":"(no output)"}],"status":"error"}},"#,
        r#"{"text":"and then?"}]},"#,
        r#"{"role":"assistant","content":[{"text":"no"}]},"#,
        r#"{"role":"user","content":[{"text":"go on"},{"cachePoint":{"type":"default"}}]}]}"#,
    );
    assert_eq!(rich_call(CLAUDE).body(), expected);
}

#[test]
fn the_smallest_body_has_no_optional_fields() {
    let expected = r#"{"inferenceConfig":{"maxTokens":32000},"messages":[{"role":"user","content":[{"text":"hi"}]}]}"#;
    assert_eq!(Asked::new(LLAMA, vec![Message::user("hi")]).body(), expected);
}

#[test]
fn the_id_is_one_part_of_the_path_and_the_key_a_secret() {
    let arn = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-5";
    for (id, path) in [
        (CLAUDE, "us.anthropic.claude-sonnet-5"),
        (NOVA, "us.amazon.nova-pro-v1%3A0"),
        (arn, "arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Ainference-profile%2Fus.anthropic.claude-sonnet-5"),
        ("../x?y#ü ", "..%2Fx%3Fy%23%C3%BC%20"),
    ] {
        let request = Asked::new(id, vec![Message::user("hi")]).send().unwrap();
        let base = "https://bedrock-runtime.eu-west-1.amazonaws.com";
        assert_eq!(request.url, format!("{base}/model/{path}/converse-stream"));
    }
    let request = rich_call(CLAUDE).send().unwrap();
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
            "accept: application/vnd.amazon.eventstream",
            "authorization: Bearer <token>"
        ]
    );
}

const MARK: &str = r#",{"cachePoint":{"type":"default"}}"#;

#[test]
fn a_growing_conversation_keeps_its_beginning_byte_for_byte() {
    let mut messages = rich();
    messages.push(assistant(vec![text("done \n"), tool_call("tooluse_3", "read", "{}")]));
    messages.push(user(vec![Part::Result(result("tooluse_3", "x"))]));
    messages.push(assistant(vec![text("cut off"), sealed("cut", CLAUDE, json!({"signature": "s"}))]));
    messages.push(Message::user("thanks"));
    messages.push(Message::user("more"));
    for id in [CLAUDE, LLAMA] {
        let body_of = |count: usize| Asked { messages: messages[..count].to_vec(), ..rich_call(id) }.body();
        let plain = |body: &str| body.replace(MARK, "");
        for count in 1..messages.len() {
            assert_eq!(body_of(count), body_of(count));
            let before = plain(&body_of(count));
            let before = before.strip_suffix("]}]}").unwrap();
            assert!(plain(&body_of(count + 1)).starts_with(before), "{id}, after {count} messages");
        }
    }
}

/// Everything up to the mark is in the next request, so that what was written to the cache is read from it.
#[test]
fn the_mark_of_the_cache_is_where_the_model_takes_it() {
    let marks = |asked: &Asked| {
        let body = asked.json();
        let is_mark = |block: &Value| block.get("cachePoint").is_some();
        let tools = body["toolConfig"]["tools"].as_array().is_some_and(|tools| tools.iter().any(is_mark));
        let system = body["system"].as_array().is_some_and(|blocks| blocks.iter().any(is_mark));
        let messages = body["messages"].as_array().unwrap().iter();
        let at: Vec<usize> = messages
            .enumerate()
            .filter(|(_, turn)| turn["content"].as_array().unwrap().last().is_some_and(is_mark))
            .map(|(index, _)| index)
            .collect();
        (tools, system, at)
    };
    let mut ends_in_a_result = rich();
    ends_in_a_result.truncate(3);
    ends_in_a_result[2].parts.pop();
    let old = "anthropic.claude-3-haiku-20240307-v1:0";
    let table = [
        (CLAUDE, "Be brief.", (false, true, vec![2])),
        (CLAUDE, " ", (true, false, vec![2])),
        (NOVA, "Be brief.", (false, true, vec![0])),
        (NOVA, "", (false, false, vec![0])),
        (NOVA_2, "Be brief.", (false, true, vec![0])),
        (old, "Be brief.", (false, false, vec![])),
        (GPT, "Be brief.", (false, false, vec![])),
        (GPT_OSS, "Be brief.", (false, false, vec![])),
        (LLAMA, "Be brief.", (false, false, vec![])),
    ];
    for (id, system, expected) in table {
        let asked = Asked { system, messages: ends_in_a_result.clone(), ..rich_call(id) };
        assert_eq!(marks(&asked), expected, "{id} {system:?}");
    }
    let mut profile = rich_call("arn:aws:bedrock:us-east-1:1:application-inference-profile/abc");
    assert_eq!(marks(&profile), (false, false, vec![]));
    profile.model.family = Family::Claude;
    assert_eq!(marks(&profile), (false, true, vec![4]), "the user said whose model it is");
}

#[test]
fn effort_goes_into_the_field_of_the_models_maker() {
    let adaptive = |effort: &str| json!({"thinking": {"type": "adaptive"}, "output_config": {"effort": effort}});
    let nova = |effort: &str| json!({"reasoningConfig": {"type": "enabled", "maxReasoningEffort": effort}});
    let table = [
        (CLAUDE, None, json!({"thinking": {"type": "adaptive"}})),
        (CLAUDE, Some(Effort::High), adaptive("high")),
        (CLAUDE, Some(Effort::Minimal), adaptive("low")),
        (CLAUDE, Some(Effort::None), json!({"thinking": {"type": "disabled"}})),
        ("us.anthropic.claude-fable-5", Some(Effort::None), adaptive("low")),
        (GPT, Some(Effort::High), json!({"reasoning": {"effort": "high"}})),
        (GPT, None, Value::Null),
        (GPT_OSS, Some(Effort::Low), json!({"reasoning_effort": "low"})),
        (NOVA_2, Some(Effort::Low), nova("low")),
        (NOVA_2, Some(Effort::Max), nova("medium")),
        (NOVA, Some(Effort::High), Value::Null),
        (LLAMA, Some(Effort::High), Value::Null),
    ];
    for (id, effort, expected) in table {
        let asked = Asked { effort, ..Asked::new(id, vec![Message::user("hi")]) };
        assert_eq!(asked.json()["additionalModelRequestFields"], expected, "{id} {effort:?}");
    }
    let mut budget = Asked { effort: Some(Effort::Medium), ..Asked::new(CLAUDE, vec![Message::user("hi")]) };
    budget.model.thinking = Thinking::Budget;
    let expected = json!({"thinking": {"type": "enabled", "budget_tokens": 10_240}});
    assert_eq!(budget.json()["additionalModelRequestFields"], expected);
}

#[test]
fn only_our_own_sealed_reasoning_goes_back() {
    let signature = || json!({"signature": "s"});
    let seal = |wire, model: &str| {
        let seal = Seal { wire, model: model.into(), data: signature() };
        Part::Reasoning(Reasoning { text: "t".into(), seal: Some(seal) })
    };
    let table = [
        ("ours", sealed("t", CLAUDE, signature()), true),
        ("no text", sealed("", CLAUDE, signature()), true),
        ("redacted", sealed("", CLAUDE, json!({"redacted": "eA=="})), true),
        ("another model's", sealed("t", GPT, signature()), false),
        ("another provider's", seal(Wire::Converse, &format!("proxy/{CLAUDE}")), false),
        ("another wire's", seal(Wire::Messages, &format!("bedrock/{CLAUDE}")), false),
        ("unknown data", sealed("t", CLAUDE, json!({"other": 1})), false),
        ("unsealed", Part::Reasoning(Reasoning { text: "t".into(), seal: None }), false),
    ];
    for (name, part, expected) in table {
        let messages = vec![Message::user("a"), assistant(vec![part, text("b")]), Message::user("c")];
        for (effort, sent) in [(None, expected), (Some(Effort::None), false)] {
            let asked = Asked { effort, ..Asked::new(CLAUDE, messages.clone()) };
            let blocks = asked.json()["messages"][1]["content"].as_array().unwrap().len();
            assert_eq!(blocks == 2, sent, "{name} {effort:?}");
        }
    }
}

#[test]
fn messages_are_shaped_as_the_api_wants_them() {
    let call = || tool_call("c", "read", "{}");
    let use_block = json!({"toolUse": {"toolUseId": "c", "name": "read", "input": {}}});
    let block = |text: &str| json!({"text": text});
    let of_user = |blocks: Value| json!({"role": "user", "content": blocks});
    let of_assistant = |blocks: Value| json!({"role": "assistant", "content": blocks});
    let result_block = json!({"toolResult": {"toolUseId": "c", "content": [{"text": "r"}]}});
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
                    {"image": {"format": "png", "source": {"bytes": "aGk="}}},
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
            vec![
                Message::user("a"),
                assistant(vec![text("b"), sealed("t", LLAMA, json!({"signature": "s"}))]),
                assistant(vec![sealed("u", LLAMA, json!({"signature": "s"}))]),
            ],
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

/// Bedrock refuses a conversation with calls that lists no tools.
#[test]
fn tools_that_were_called_are_listed_where_none_are_given() {
    let tools = Asked::new(LLAMA, rich()).json()["toolConfig"]["tools"].clone();
    let spec = |name: &str| json!({"toolSpec": {"name": name, "inputSchema": {"json": {"type": "object"}}}});
    assert_eq!(tools, json!([spec("read"), spec("shell")]));
    assert_eq!(Asked::new(LLAMA, vec![Message::user("hi")]).json().get("toolConfig"), None);
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
        (
            "free text",
            Part::Call(ToolCall { id: "c".into(), name: "t".into(), arguments: "*** Begin".into(), freeform: true }),
            r#"{"input":"*** Begin"}"#,
        ),
    ];
    for (name, part, expected) in table {
        let body = Asked::new(LLAMA, vec![Message::user("a"), assistant(vec![part])]).body();
        assert!(body.ends_with(&format!("\"input\":{expected}}}}}]}}]}}")), "{name}: {body}");
    }
}

#[test]
fn foreign_ids_are_translated_alike_for_call_and_result() {
    let long = "x".repeat(64);
    let longer = "x".repeat(65);
    let longest = format!("{longer}y");
    let ids = ["call_1|fc_2", "call_1.fc_2", "call 1", "", "functions.read:0", "ünï", &long, &longer, &longest];
    let mut seen = Vec::new();
    for id in ids {
        let sent = messages_of(vec![
            Message::user("a"),
            assistant(vec![tool_call(id, "functions.read", "{}")]),
            user(vec![Part::Result(result(id, "r"))]),
        ]);
        let call = &sent[1]["content"][0]["toolUse"];
        let translated = call["toolUseId"].as_str().unwrap().to_owned();
        assert_eq!(sent[2]["content"][0]["toolResult"]["toolUseId"], translated.as_str());
        assert_eq!(call["name"], "functions_read");
        assert!((1..=64).contains(&translated.len()), "{translated}");
        assert!(translated.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte)), "{translated}");
        assert!(!seen.contains(&translated), "{translated}");
        seen.push(translated);
    }
    assert_eq!(seen[6], long);
}

#[test]
fn images_go_where_the_model_takes_them() {
    let left_out = json!({"text": "[image left out: this model takes no images]"});
    let png = json!({"image": {"format": "png", "source": {"bytes": "aGk="}}});
    let seen = json!({"text": "seen"});
    let result_of = |content: Value, status: Option<&str>| {
        let mut result = json!({"toolResult": {"toolUseId": "c", "content": content}});
        if let Some(status) = status {
            result["toolResult"]["status"] = json!(status);
        }
        result
    };
    let below = json!({"text": "(an image, below)"});
    let table = [
        (CLAUDE, true, "seen", false, vec![result_of(json!([seen, png]), None)]),
        (NOVA, true, "", false, vec![result_of(json!([png]), None)]),
        (CLAUDE, true, "seen", true, vec![result_of(json!([seen, png]), None)]),
        (CLAUDE, false, "seen", true, vec![result_of(json!([seen, left_out]), Some("error"))]),
        (GPT, true, "seen", true, vec![result_of(json!([seen]), None), png.clone()]),
        (LLAMA, true, "", false, vec![result_of(json!([below]), None), png.clone()]),
        (LLAMA, false, "", false, vec![result_of(json!([left_out]), None)]),
    ];
    for (id, takes_images, output, error, expected) in table {
        let answer = ToolResult { images: vec![image()], error, ..result("c", output) };
        let messages = vec![
            user(vec![Part::Image(image())]),
            assistant(vec![tool_call("c", "t", "{}")]),
            user(vec![Part::Result(answer)]),
        ];
        let mut asked = Asked::new(id, messages);
        asked.model.images = takes_images;
        let sent: Value = serde_json::from_str(&asked.body().replace(MARK, "")).unwrap();
        assert_eq!(sent["messages"][2]["content"], json!(expected), "{id} {takes_images} {output:?}");
        let first = if takes_images { png.clone() } else { left_out.clone() };
        assert_eq!(sent["messages"][0]["content"][0], first);
    }
    let mut missing = Asked::new(CLAUDE, vec![user(vec![Part::Image(image())])]);
    missing.images.clear();
    let error = missing.send().unwrap_err();
    assert_eq!((error.kind, error.message.contains("`b10b`")), (Kind::Io, true), "{error}");
}

// ---- decoding ----

/// The bytes of one.
type Event = Vec<u8>;

fn event(kind: &str, payload: Value) -> Vec<u8> {
    eventstream::event(kind, &payload.to_string())
}

fn start() -> Vec<u8> {
    event("messageStart", json!({"p": "abcdefghijk", "role": "assistant"}))
}

fn open_call(index: u64, id: &str, name: &str) -> Vec<u8> {
    event(
        "contentBlockStart",
        json!({"contentBlockIndex": index, "p": "a", "start": {"toolUse": {"name": name, "toolUseId": id}}}),
    )
}

fn piece(index: u64, delta: Value) -> Vec<u8> {
    event("contentBlockDelta", json!({"contentBlockIndex": index, "delta": delta, "p": "abc"}))
}

fn words(index: u64, text: &str) -> Vec<u8> {
    piece(index, json!({"text": text}))
}

fn thinks(index: u64, field: &str, value: &str) -> Vec<u8> {
    piece(index, json!({"reasoningContent": {field: value}}))
}

fn arguments(index: u64, partial: &str) -> Vec<u8> {
    piece(index, json!({"toolUse": {"input": partial}}))
}

fn close(index: u64) -> Vec<u8> {
    event("contentBlockStop", json!({"contentBlockIndex": index}))
}

fn stop(reason: &str) -> Vec<u8> {
    event("messageStop", json!({"p": "ab", "stopReason": reason}))
}

fn usage() -> Value {
    json!({"inputTokens": 10, "outputTokens": 42, "totalTokens": 3252, "cacheReadInputTokens": 3000,
           "cacheWriteInputTokens": 200, "serverToolUsage": {}})
}

fn metadata(usage: Value) -> Vec<u8> {
    event("metadata", json!({"metrics": {"latencyMs": 700}, "p": "abcd", "usage": usage}))
}

/// An answer of these blocks between the usual first and last events.
fn answer(blocks: Vec<Vec<u8>>, reason: &str) -> Vec<u8> {
    [vec![start()], blocks, vec![stop(reason), metadata(usage())]].concat().concat()
}

fn feed(model: &str, pieces: &[&[u8]]) -> (Box<dyn Decode>, Vec<Delta>, Option<Error>) {
    let provider = provider();
    let (mut decoder, mut stream) = (provider.decoder(&format!("bedrock/{model}")), provider.frames());
    let mut deltas = Vec::new();
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
    let (decoder, deltas, error) = feed(CLAUDE, pieces);
    if let Some(error) = error {
        return Err(error);
    }
    let (settled, usage) = (decoder.settled(), decoder.usage());
    assert!(settled || !decoder.complete());
    let finish = decoder.finish();
    assert_eq!(settled, finish.is_ok());
    if let Ok(finish) = &finish {
        assert_eq!(finish.usage, usage);
    }
    finish.map(|finish| (finish, deltas))
}

/// Decodes, and again cut at every byte into two pieces, and truncated at every byte.
fn check(bytes: &[u8]) -> (Finish, Vec<Delta>) {
    let whole = decode(&[bytes]).unwrap();
    for cut in 0..bytes.len() {
        assert_eq!(decode(&[&bytes[..cut], &bytes[cut..]]).unwrap(), whole, "cut at {cut}");
        match decode(&[&bytes[..cut]]) {
            Ok((finish, deltas)) => {
                assert_eq!((&finish.parts, finish.stop, &deltas), (&whole.0.parts, whole.0.stop, &whole.1));
                assert_eq!(finish.usage, Usage::default(), "truncated at {cut}: what it cost had not come");
            }
            Err(error) => assert_eq!(error.kind, Kind::Network, "truncated at {cut}: {error}"),
        }
    }
    whole
}

fn full_answer() -> Vec<u8> {
    answer(
        vec![
            thinks(0, "text", "Let me "),
            thinks(0, "text", "sée."),
            thinks(0, "signature", "EqQB=="),
            close(0),
            thinks(1, "redactedContent", "c2Vj"),
            thinks(1, "redactedContent", "cmV0"),
            close(1),
            words(2, "I read \"both\"\n"),
            words(2, "→ now."),
            close(2),
            open_call(3, "tooluse_a", "read"),
            arguments(3, "{\"path\": \"a"),
            arguments(3, ".rs\"}"),
            close(3),
            open_call(4, "tooluse_b", "list"),
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
            sealed("Let me sée.", CLAUDE, json!({"signature": "EqQB=="})),
            sealed("", CLAUDE, json!({"redacted": "c2VjcmV0"})),
            text("I read \"both\"\n→ now."),
            tool_call("tooluse_a", "read", "{\"path\": \"a.rs\"}"),
            tool_call("tooluse_b", "list", "{}"),
        ]
    );
    assert_eq!(finish.stop, Stop::Calls);
    assert_eq!(finish.usage, Usage { input: 3210, cached: 3000, cache_written: 200, output: 42, reasoning: 0 });
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
    let asked = Asked::new(CLAUDE, vec![Message::user("a"), assistant(finish.parts), Message::user("b")]);
    assert_eq!(
        asked.json()["messages"][1]["content"],
        json!([
            {"reasoningContent": {"reasoningText": {"text": "Let me sée.", "signature": "EqQB=="}}},
            {"reasoningContent": {"redactedContent": "c2VjcmV0"}},
            {"text": "I read \"both\"\n→ now."},
            {"toolUse": {"toolUseId": "tooluse_a", "name": "read", "input": {"path": "a.rs"}}},
            {"toolUse": {"toolUseId": "tooluse_b", "name": "list", "input": {}}},
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
        ],
        "tool_use",
    ));
    assert_eq!(finish.parts, [tool_call("a", "one", "{\"m\":1}"), tool_call("b", "two", "{\"n\":2}")]);
}

#[test]
fn stop_reasons_are_told_apart() {
    let said = || vec![words(0, "x")];
    let called = || vec![open_call(0, "a", "t"), arguments(0, "{\"a\": \"b\"}")];
    let table = [
        ("end_turn", said(), Stop::End),
        ("stop_sequence", said(), Stop::End),
        ("max_tokens", said(), Stop::Length),
        ("model_context_window_exceeded", said(), Stop::Length),
        ("guardrail_intervened", said(), Stop::Refusal),
        ("content_filtered", said(), Stop::Refusal),
        ("tool_use", said(), Stop::End),
        ("something_new", said(), Stop::End),
        ("tool_use", called(), Stop::Calls),
        ("end_turn", called(), Stop::Calls),
        ("max_tokens", called(), Stop::Length),
        ("content_filtered", called(), Stop::Refusal),
    ];
    for (reason, blocks, expected) in table {
        assert_eq!(check(&answer(blocks, reason)).0.stop, expected, "{reason}");
    }
}

#[test]
fn a_guardrails_words_are_a_refusal() {
    let (finish, deltas) = check(&answer(vec![words(0, "I cannot "), words(0, "say.")], "guardrail_intervened"));
    assert_eq!(finish.parts, [Part::Refusal { text: "I cannot say.".into() }]);
    assert_eq!((finish.stop, deltas.len()), (Stop::Refusal, 2));
}

#[test]
fn what_models_do_differently_is_understood() {
    let unsealed = |text: &str| Part::Reasoning(Reasoning { text: text.into(), seal: None });
    let unknown = event("contentBlockStart", json!({"contentBlockIndex": 0, "start": {"image": {"format": "png"}}}));
    let table: Vec<(&str, Vec<Event>, Vec<Part>)> = vec![
        ("thoughts without a signature", vec![thinks(0, "text", "hm"), words(1, "x")], vec![unsealed("hm"), text("x")]),
        ("one index for all blocks", vec![thinks(0, "text", "hm"), words(0, "x")], vec![unsealed("hm"), text("x")]),
        (
            "no index",
            vec![
                event("contentBlockDelta", json!({"delta": {"text": "x"}})),
                event("contentBlockDelta", json!({"delta": {"text": "y"}})),
            ],
            vec![text("xy")],
        ),
        ("empty pieces", vec![words(0, ""), thinks(1, "text", "")], vec![]),
        (
            "unknown blocks, pieces and events",
            vec![
                unknown,
                piece(0, json!({"image": {}})),
                piece(1, json!({"citation": {"title": "t"}})),
                event("telemetry", json!({})),
                words(2, "x"),
            ],
            vec![text("x")],
        ),
        ("arguments of a call that was never opened", vec![arguments(0, "{}"), words(1, "x")], vec![text("x")]),
    ];
    for (name, blocks, expected) in table {
        assert_eq!(check(&answer(blocks, "end_turn")).0.parts, expected, "{name}");
    }
}

#[test]
fn a_call_without_an_id_gets_one() {
    let blocks = ["same", "", "ok", ""].iter().zip(0..).map(|(id, index)| open_call(index, id, "t")).collect();
    let (finish, _) = check(&answer(blocks, "tool_use"));
    let ids: Vec<&str> =
        finish.parts.iter().map(|part| if let Part::Call(call) = part { call.id.as_str() } else { "" }).collect();
    assert_eq!(ids, ["same", "call_1_t", "ok", "call_3_t"]);
}

/// The API counts apart what the cache has to do with; of OpenAI's models its streams do not.
#[test]
fn input_is_all_input_however_it_is_counted() {
    let counted = |input: u64| json!({"inputTokens": input, "outputTokens": 5, "totalTokens": 0, "cacheReadInputTokens": 3000, "cacheWriteInputTokens": 200});
    let table = [
        (CLAUDE, counted(10), 3210),
        (CLAUDE, counted(4000), 7200),
        (GPT, counted(3210), 3210),
        (GPT, counted(10), 3210),
        (LLAMA, json!({"inputTokens": 7, "outputTokens": 5}), 7),
        (LLAMA, json!({"inputTokens": 1e30, "outputTokens": -1, "cacheReadInputTokens": null}), 0),
        (LLAMA, json!({"inputTokens": u64::MAX, "cacheReadInputTokens": u64::MAX, "outputTokens": 0.5}), u64::MAX),
    ];
    for (model, usage, expected) in table {
        let stream = [start(), words(0, "x"), stop("end_turn"), metadata(usage.clone())].concat();
        let (decoder, _, error) = feed(model, &[&stream]);
        assert_eq!((decoder.usage().input, error), (expected, None), "{model} {usage}");
        assert!(decoder.complete());
    }
}

#[test]
fn an_answer_is_settled_at_its_end_and_complete_when_it_is_known_what_it_cost() {
    let stream = [start(), words(0, "x"), stop("end_turn")].concat();
    let (decoder, ..) = feed(CLAUDE, &[&stream]);
    assert_eq!((decoder.settled(), decoder.complete()), (true, false));
    let late = [stream, words(0, "late"), metadata(usage()), stop("max_tokens")].concat();
    let (decoder, ..) = feed(CLAUDE, &[&late]);
    assert!(decoder.complete());
    let finish = decoder.finish().unwrap();
    assert_eq!((finish.parts, finish.stop), (vec![text("x")], Stop::End));
    let (decoder, ..) = feed(CLAUDE, &[&[start(), words(0, "x"), metadata(usage())].concat()]);
    assert_eq!((decoder.settled(), decoder.usage().input), (false, 3210));
    let error = decoder.finish().unwrap_err();
    assert_eq!((error.kind, error.message.contains("the answer was cut short")), (Kind::Network, true));
}

#[test]
fn exceptions_in_the_stream_are_classified() {
    let exception = |kind: &str, message: &str| eventstream::exception(kind, &json!({"message": message}).to_string());
    let failure = eventstream::message(
        &[(":message-type", "error"), (":error-code", "InternalFailure"), (":error-message", "oops")],
        "",
    );
    let table = [
        (
            exception("throttlingException", "Too many requests"),
            Kind::Transient,
            "Too many requests (throttlingException)",
        ),
        (exception("modelStreamErrorException", "oops"), Kind::Transient, "oops"),
        (exception("serviceUnavailableException", "oops"), Kind::Transient, "oops"),
        (exception("internalServerException", "oops"), Kind::Transient, "oops"),
        (exception("modelTimeoutException", "oops"), Kind::Transient, "oops"),
        (exception("somethingNewException", "oops"), Kind::Transient, "oops"),
        (exception("validationException", "bad"), Kind::Provider, "bad"),
        (exception("validationException", "Input is too long for requested model."), Kind::ContextFull, "too long"),
        (exception("throttlingException", "Too many tokens per day, please wait"), Kind::Quota, "per day"),
        (failure, Kind::Transient, "oops (InternalFailure)"),
        (
            eventstream::event("contentBlockDelta", "{\"delta\":"),
            Kind::Transient,
            "bedrock sent an event that is not JSON: ",
        ),
        (thinks(0, "redactedContent", "*"), Kind::Transient, "not base64"),
    ];
    for (stream, kind, words) in table {
        let (_, _, error) = feed(CLAUDE, &[&start(), &stream]);
        let error = error.unwrap();
        assert_eq!(error.kind, kind, "{error}");
        assert!(error.message.contains(words), "{error}");
    }
}

#[test]
fn a_refused_request_is_classified() {
    let denied = "User: arn:aws:iam::1:user/a is not authorized to perform: bedrock:InvokeModelWithResponseStream";
    let expired = "The security token included in the request is expired";
    let demand = "Invocation of model ID anthropic.claude-sonnet-5 with on-demand throughput isn\u{2019}t supported.";
    let caching = "You invoked an unsupported model or your request did not allow prompt caching.";
    let table: Vec<(u16, Value, Kind, &str)> = vec![
        (400, json!({"message": "Malformed input request"}), Kind::Provider, ""),
        (
            400,
            json!({"message": "The model returned the following errors: prompt is too long: 9 > 8"}),
            Kind::ContextFull,
            "",
        ),
        (
            400,
            json!({"message": "The model returned the following errors: Input Tokens Exceeded: Number of input tokens exceeds maximum length."}),
            Kind::ContextFull,
            "",
        ),
        (400, json!({"message": "This model's maximum context length is 202752 tokens."}), Kind::ContextFull, ""),
        (400, json!({"message": demand}), Kind::Provider, "`us.`"),
        (403, json!({"Message": denied}), Kind::Auth, "may not use this model"),
        (403, json!({"message": expired}), Kind::Auth, "aws sso login"),
        (403, json!({"message": "Signature expired: 20261121T000000Z is now earlier than"}), Kind::Auth, "clock"),
        (403, json!({"message": caching}), Kind::Provider, "family = \"other\""),
        (404, json!({"message": "Could not resolve the foundation model"}), Kind::Unserved, "agent models"),
        (408, json!({"message": "Model timed out"}), Kind::Transient, ""),
        (424, json!({"message": "model error", "originalStatusCode": 500}), Kind::Transient, ""),
        (429, json!({"message": "Too many tokens, please wait before trying again."}), Kind::Transient, ""),
        (429, json!({"message": "Too many tokens per day, please wait before trying again."}), Kind::Quota, "quota"),
        (
            400,
            json!({"__type": "com.amazon.coral#ServiceQuotaExceededException", "message": "quota"}),
            Kind::Quota,
            "quota",
        ),
        (503, json!({"message": "Bedrock is unable to process your request."}), Kind::Transient, ""),
        (400, json!({"error": {"message": "a gateway's own shape"}}), Kind::Provider, ""),
    ];
    for (status, body, kind, hint) in table {
        let error = provider().refusal(status, body.to_string().as_bytes());
        assert_eq!(error.kind, kind, "{body}");
        assert!(error.message.starts_with(&format!("bedrock answered {status}: ")), "{error}");
        assert!(error.hints.iter().any(|said| said.contains(hint)) || hint.is_empty(), "{body}: {:?}", error.hints);
    }
}

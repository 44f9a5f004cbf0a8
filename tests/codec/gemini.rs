//! The Gemini codec through its public face: exact bodies, and streams written after the published shapes.

use agent::base::call::{ToolCall, ToolInput, ToolResult, ToolSpec};
use agent::base::message::{ImageRef, Message, Part, Reasoning, Role, Seal};
use agent::base::model::{Delta, Edits, Effort, Family, Finish, ModelCall, ModelInfo, Stop, Thinking, Usage, Wire};
use agent::base::secret::Secret;
use agent::base::{Error, Kind};
use agent::net::{Header, HttpRequest};
use agent::provider::{Decode, Endpoint, Provider, codec};
use agent::text::sse::{self, Frames};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

const MODEL: &str = "google/gemini-3-test";
const API: &str = "https://api.example.test/v1beta";
const VERTEX: &str = "https://vertex.example.test/v1/projects/p/locations/global/publishers/google";
const FOREIGN: &str = "skip_thought_signature_validator";

fn provider(base_url: &str) -> Arc<dyn Provider> {
    let endpoint = Endpoint {
        provider: "google".into(),
        base_url: base_url.into(),
        key: Some(Secret::new("AIza-test")),
        ..Endpoint::default()
    };
    codec(Wire::Gemini, endpoint)
}

fn model(id: &str) -> ModelInfo {
    ModelInfo {
        provider: "google".into(),
        id: id.into(),
        wire: Wire::Gemini,
        family: Family::Other,
        edits: Edits::Replace,
        context: 1_000_000,
        max_input: 1_000_000,
        max_output: 64_000,
        price: None,
        tiers: Vec::new(),
        images: true,
        reasoning: true,
        efforts: vec![Effort::Low, Effort::Medium, Effort::High],
        thinking: Thinking::Unset,
        abilities: Default::default(),
        known: true,
    }
}

/// What a test varies of a call.
struct Asked {
    base_url: &'static str,
    model: ModelInfo,
    system: &'static str,
    tools: Vec<ToolSpec>,
    messages: Vec<Message>,
    max_output: u64,
    effort: Option<Effort>,
    images: BTreeMap<String, String>,
}

impl Asked {
    fn new(messages: Vec<Message>) -> Self {
        Self {
            base_url: API,
            model: model("gemini-3-test"),
            system: "",
            tools: vec![],
            messages,
            max_output: 32_000,
            effort: None,
            images: BTreeMap::from([("b10b".to_owned(), "aGk=".to_owned())]),
        }
    }

    fn of(id: &str, messages: Vec<Message>) -> Self {
        Self { model: model(id), ..Self::new(messages) }
    }

    fn send(&self) -> Result<HttpRequest, Error> {
        provider(self.base_url).encode(&ModelCall {
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

    fn contents(&self) -> Value {
        self.json()["contents"].clone()
    }
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

fn image(media_type: &str) -> ImageRef {
    ImageRef { blob: "b10b".into(), media_type: media_type.into(), bytes: 2 }
}

fn unsealed(text: &str) -> Part {
    Part::Reasoning(Reasoning { text: text.into(), seal: None })
}

fn sealed(text: &str, model: &str, data: Value) -> Part {
    Part::Reasoning(Reasoning { text: text.into(), seal: Some(Seal { wire: Wire::Gemini, model: model.into(), data }) })
}

/// The seal of the call behind it.
fn of_call(signature: &str) -> Part {
    sealed("", MODEL, json!({ "of": "call", "signature": signature }))
}

fn thought(text: &str, signature: &str) -> Part {
    sealed(text, MODEL, json!({ "length": text.len(), "signed": [[0, text.len(), signature]] }))
}

fn rich() -> Vec<Message> {
    vec![
        user(vec![text("look"), Part::Image(image("image/png"))]),
        assistant(vec![
            unsealed("a summary"),
            thought("hm", "c2ln"),
            text("two calls "),
            of_call("Y2FsbA=="),
            tool_call("call_1", "read", "{ \"path\":  \"a.rs\", \"n\": 1.0 }"),
            tool_call("call_2", "shell", ""),
        ]),
        user(vec![
            text("and then?"),
            Part::Result(ToolResult { error: true, ..result("call_2", "") }),
            Part::Result(result("call_1", "fn main() {}")),
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
    Asked { system: "Be brief.", tools, effort: Some(Effort::High), ..Asked::new(rich()) }
}

#[test]
fn a_rich_conversation_has_this_exact_body() {
    let expected = concat!(
        r#"{"systemInstruction":{"parts":[{"text":"Be brief."}]},"tools":[{"functionDeclarations":["#,
        r#"{"name":"read","description":"Reads a file.","#,
        r#""parametersJsonSchema":{"type":"object","properties":{"path":{"type":"string"}}}},"#,
        r#"{"name":"patch","description":"Edits.","parametersJsonSchema":{"type":"object","#,
        r#""properties":{"input":{"type":"string"}},"required":["input"],"additionalProperties":false}}]}],"#,
        r#""toolConfig":{"functionCallingConfig":{"mode":"AUTO"}},"#,
        r#""generationConfig":{"maxOutputTokens":32000,"thinkingConfig":{"includeThoughts":true,"thinkingLevel":"HIGH"}},"#,
        r#""contents":[{"role":"user","parts":[{"text":"look"},{"inlineData":{"mimeType":"image/png","data":"aGk="}}]},"#,
        r#"{"role":"model","parts":[{"text":"hm","thought":true,"thoughtSignature":"c2ln"},{"text":"two calls "},"#,
        r#"{"functionCall":{"id":"call_1","name":"read","args":{ "path":  "a.rs", "n": 1.0 }},"thoughtSignature":"Y2FsbA=="},"#,
        r#"{"functionCall":{"id":"call_2","name":"shell","args":{}}}]},"#,
        r#"{"role":"user","parts":["#,
        r#"{"functionResponse":{"id":"call_1","name":"read","response":{"output":"fn main() {}"}}},"#,
        r#"{"functionResponse":{"id":"call_2","name":"shell","response":{"error":"(no output)"}}},{"text":"and then?"}]},"#,
        r#"{"role":"model","parts":[{"text":"no"}]},{"role":"user","parts":[{"text":"go on"}]}]}"#,
    );
    assert_eq!(rich_call().body(), expected);
}

#[test]
fn a_choice_of_words_in_a_schema_gets_its_type() {
    let schema = json!({"type": "object", "properties": {"a": {"type": "array", "items": {"enum": ["x", "y"]}}, "b": {"enum": [1]}}});
    let spec = ToolSpec { name: "t", description: "T.".into(), input: ToolInput::Json(schema.clone()) };
    let body = Asked { tools: vec![spec], ..Asked::new(vec![Message::user("hi")]) }.json();
    let mut expected = schema;
    expected["properties"]["a"]["items"]["type"] = json!("string");
    assert_eq!(body["tools"][0]["functionDeclarations"][0]["parametersJsonSchema"], expected);
}

#[test]
fn the_smallest_body_has_no_optional_fields() {
    let mut asked = Asked::new(vec![Message::user("hi")]);
    asked.model.reasoning = false;
    let expected =
        r#"{"generationConfig":{"maxOutputTokens":32000},"contents":[{"role":"user","parts":[{"text":"hi"}]}]}"#;
    assert_eq!(asked.body(), expected);
}

#[test]
fn the_request_goes_to_the_models_own_address_with_the_key_as_a_secret() {
    let request = rich_call().send().unwrap();
    assert_eq!(request.url, "https://api.example.test/v1beta/models/gemini-3-test:streamGenerateContent?alt=sse");
    let headers: Vec<String> = request
        .headers
        .iter()
        .map(|(name, value)| match value {
            Header::Plain(value) => format!("{name}: {value}"),
            Header::Secret(before, value) => format!("{name}: {before}<{}>", value.expose()),
        })
        .collect();
    assert_eq!(headers, ["content-type: application/json", "accept: text/event-stream", "x-goog-api-key: <AIza-test>"]);
    for (id, path) in [
        ("models/gemini-3-test", "/models/gemini-3-test:stream"),
        ("gemini-3-test@001", "/models/gemini-3-test%40001:stream"),
        ("a/../b?c", "/models/a%2F..%2Fb%3Fc:stream"),
    ] {
        let url = Asked::of(id, vec![Message::user("hi")]).send().unwrap().url;
        assert!(url.contains(path), "{url}");
    }
}

#[test]
fn a_growing_conversation_keeps_its_beginning_byte_for_byte() {
    let mut messages = rich();
    messages.push(assistant(vec![text("done \n"), sealed("", "other/model", json!({"of": "call", "signature": "x"}))]));
    messages.push(assistant(vec![unsealed("cut off")]));
    messages.push(Message::user("thanks"));
    messages.push(Message::user("more"));
    let body_of = |count: usize| Asked { messages: messages[..count].to_vec(), ..rich_call() }.body();
    for count in 1..messages.len() {
        let before = body_of(count);
        assert!(body_of(count + 1).starts_with(before.strip_suffix("]}]}").unwrap()), "after {count} messages");
        assert_eq!(body_of(count), body_of(count));
    }
}

#[test]
fn effort_becomes_a_level_or_a_budget() {
    let level = |level: &str| json!({"includeThoughts": true, "thinkingLevel": level});
    let budget = |budget: u64| json!({"includeThoughts": true, "thinkingBudget": budget});
    let shown = || json!({"includeThoughts": true});
    let table = [
        ("gemini-3-test", None, 32_000, shown()),
        ("gemini-3-test", Some(Effort::None), 32_000, level("LOW")),
        ("gemini-3-test", Some(Effort::Medium), 32_000, level("MEDIUM")),
        ("gemini-3-test", Some(Effort::Max), 32_000, level("HIGH")),
        ("gemini-flash-latest", Some(Effort::Low), 32_000, level("LOW")),
        ("gemini-12.5-ultra", Some(Effort::Low), 32_000, level("LOW")),
        ("gemma-4-31b-it", Some(Effort::Low), 32_000, level("LOW")),
        ("gemini-2.5-flash", None, 32_000, shown()),
        ("gemini-2.5-flash", Some(Effort::None), 32_000, json!({"includeThoughts": false, "thinkingBudget": 0})),
        ("gemini-2.5-pro", Some(Effort::None), 32_000, budget(128)),
        ("gemini-2.5-flash", Some(Effort::Minimal), 32_000, budget(1024)),
        ("gemini-2.5-flash", Some(Effort::Low), 32_000, budget(4096)),
        ("gemini-2.5-flash", Some(Effort::Medium), 32_000, budget(10_240)),
        ("gemini-2.5-flash", Some(Effort::Max), 64_000, budget(24_576)),
        ("gemini-2.5-pro", Some(Effort::Max), 64_000, budget(32_768)),
        ("gemini-2.5-pro", Some(Effort::Max), 4096, budget(3072)),
        ("gemini-2.5-flash-lite", Some(Effort::High), 1535, Value::Null),
        ("gemini-2.5-flash-lite", Some(Effort::High), 1536, budget(512)),
    ];
    for (id, effort, max_output, expected) in table {
        let asked = Asked { effort, max_output, ..Asked::of(id, vec![Message::user("hi")]) };
        assert_eq!(asked.json()["generationConfig"]["thinkingConfig"], expected, "{id} {effort:?} {max_output}");
    }
}

#[test]
fn of_a_model_that_nobody_knows_only_what_was_asked_for_is_sent() {
    for (known, effort, sent) in
        [(false, None, false), (false, Some(Effort::Low), true), (true, Some(Effort::Low), false)]
    {
        let mut asked = Asked { effort, ..Asked::new(vec![Message::user("hi")]) };
        asked.model.reasoning = false;
        asked.model.known = known;
        assert_eq!(asked.body().contains("thinkingConfig"), sent, "{known} {effort:?}");
    }
}

#[test]
fn signatures_go_back_to_the_model_that_made_them_only() {
    let call = || tool_call("c", "read", "{}");
    let signed = |model: &str| vec![sealed("", model, json!({"of": "call", "signature": "ours"})), call()];
    let of_others = |wire: Wire| {
        let seal = Seal { wire, model: MODEL.into(), data: json!({"of": "call", "signature": "ours"}) };
        vec![Part::Reasoning(Reasoning { text: String::new(), seal: Some(seal) }), call()]
    };
    let table = [
        ("ours", "gemini-3-test", signed(MODEL), json!("ours")),
        ("another model's", "gemini-3-test", signed("google/gemini-3-other"), json!(FOREIGN)),
        ("another provider's", "gemini-3-test", signed("vertex/gemini-3-test"), json!(FOREIGN)),
        ("another wire's", "gemini-3-test", of_others(Wire::Chat), json!(FOREIGN)),
        ("none", "gemini-3-test", vec![call()], json!(FOREIGN)),
        ("not of a call", "gemini-3-test", vec![of_call("ours"), text("x"), call()], json!(FOREIGN)),
        ("none, before 3", "gemini-2.5-pro", vec![call()], Value::Null),
        ("ours, before 3", "gemini-2.5-pro", signed("google/gemini-2.5-pro"), json!("ours")),
    ];
    for (name, id, parts, expected) in table {
        let messages = vec![Message::user("a"), assistant(parts), user(vec![Part::Result(result("c", "r"))])];
        let contents = Asked::of(id, messages).contents();
        let sent = contents[1]["parts"].as_array().unwrap().last().unwrap();
        assert_eq!(sent["thoughtSignature"], expected, "{name}");
    }
}

#[test]
fn of_parallel_calls_of_another_model_the_first_gets_the_documented_stand_in() {
    let turn = |a: &str, b: &str| {
        let results = [a, b].map(|id| Part::Result(result(id, "r"))).to_vec();
        [assistant(vec![text("x"), tool_call(a, "t", "{}"), tool_call(b, "t", "{}")]), user(results)]
    };
    let mut messages = vec![Message::user("a")];
    messages.extend(turn("1", "2"));
    messages.extend(turn("3", "4"));
    let contents = Asked::new(messages).contents();
    for turn in [1, 3] {
        assert_eq!(contents[turn]["parts"][1]["thoughtSignature"], FOREIGN);
        assert_eq!(contents[turn]["parts"][2].get("thoughtSignature"), None);
    }
}

#[test]
fn thoughts_whose_text_was_changed_since_stay_here() {
    let changed = sealed("h", MODEL, json!({"length": 2, "signed": [[0, 2, "s"]]}));
    let parts = vec![
        changed,
        sealed("", MODEL, json!({"of": "text", "text": {"length": 9, "signed": [[0, 9, "s"]]}})),
        text("b"),
    ];
    let contents = Asked::new(vec![Message::user("a"), assistant(parts)]).contents();
    assert_eq!(contents[1], json!({"role": "model", "parts": [{"text": "b"}]}));
}

#[test]
fn vertex_gets_no_ids_and_results_in_the_order_of_their_calls() {
    let contents = Asked { base_url: VERTEX, ..rich_call() }.contents();
    assert_eq!(contents[1]["parts"][2]["functionCall"], json!({"name": "read", "args": {"path": "a.rs", "n": 1.0}}));
    assert_eq!(
        contents[2]["parts"],
        json!([
            {"functionResponse": {"name": "read", "response": {"output": "fn main() {}"}}},
            {"functionResponse": {"name": "shell", "response": {"error": "(no output)"}}},
            {"text": "and then?"},
        ])
    );
}

#[test]
fn contents_alternate_and_begin_with_the_user() {
    let part = |text: &str| json!({"text": text});
    let table: Vec<(&str, Vec<Message>, Value)> = vec![
        (
            "same roles are merged",
            vec![Message::user("a"), Message::user("b"), assistant(vec![text("c")]), assistant(vec![text("d")])],
            json!([{"role": "user", "parts": [part("a"), part("b")]}, {"role": "model", "parts": [part("c"), part("d")]}]),
        ),
        (
            "a model's message at the beginning",
            vec![assistant(vec![text("a")])],
            json!([{"role": "user", "parts": [part("(continued)")]}, {"role": "model", "parts": [part("a")]}]),
        ),
        (
            "nothing is left out",
            vec![
                Message::user("a"),
                assistant(vec![unsealed("only a thought"), text(" \n")]),
                Message::user("b"),
                user(vec![]),
            ],
            json!([{"role": "user", "parts": [part("a"), part("b")]}]),
        ),
        (
            "what a role cannot say is left out",
            vec![
                user(vec![text("a"), unsealed("t"), tool_call("c", "t", "{}")]),
                assistant(vec![Part::Image(image("image/png")), text("b")]),
            ],
            json!([{"role": "user", "parts": [part("a")]}, {"role": "model", "parts": [part("b")]}]),
        ),
    ];
    for (name, messages, expected) in table {
        assert_eq!(Asked::new(messages).contents(), expected, "{name}");
    }
}

#[test]
fn arguments_and_names_are_made_such_as_the_api_takes() {
    let call = |name: &str, arguments: &str, freeform| {
        let call = ToolCall { id: "c".into(), name: name.into(), arguments: arguments.into(), freeform };
        let messages =
            vec![Message::user("a"), assistant(vec![Part::Call(call)]), user(vec![Part::Result(result("c", "r"))])];
        let contents = Asked::of("gemini-2.5-pro", messages).contents();
        assert_eq!(
            contents[1]["parts"][0]["functionCall"]["name"],
            contents[2]["parts"][0]["functionResponse"]["name"]
        );
        contents[1]["parts"][0]["functionCall"].clone()
    };
    assert_eq!(call("patch", "*** Begin", true), json!({"id": "c", "name": "patch", "args": {"input": "*** Begin"}}));
    assert_eq!(call("t", "[1", false)["args"], json!({"malformed": "[1"}));
    assert_eq!(call("", "{}", false)["name"], "unnamed");
    assert_eq!(call("run it", "{}", false)["name"], "run_it");
}

#[test]
fn images_go_where_the_model_reads_them() {
    let blob = json!({"inlineData": {"mimeType": "image/png", "data": "aGk="}});
    let with_images = |id: &str, kinds: &[&str]| {
        let images = kinds.iter().map(|kind| image(kind)).collect();
        let result = ToolResult { images, ..result("c", "seen") };
        let messages = vec![
            Message::user("a"),
            assistant(vec![tool_call("c", "read", "{}")]),
            user(vec![Part::Result(result), text("b")]),
        ];
        Asked::of(id, messages)
    };
    let response = |output: &str| json!({"id": "c", "name": "read", "response": {"output": output}});
    let mut inside = response("seen");
    inside["parts"] = json!([blob]);
    let third = with_images("gemini-3-test", &["image/png"]).contents();
    assert_eq!(third[2]["parts"], json!([{"functionResponse": inside}, {"text": "b"}]));
    let second = with_images("gemini-2.5-pro", &["image/png"]).contents();
    assert_eq!(
        second[2]["parts"],
        json!([{"functionResponse": response("seen")}, {"text": "[images of the result of read]"}, blob, {"text": "b"}])
    );
    let gif = with_images("gemini-3-test", &["image/gif", "image/png"]).contents();
    let mut half = response("seen\n[image left out: this model takes png, jpeg and webp]");
    half["parts"] = json!([blob]);
    assert_eq!(gif[2]["parts"][0]["functionResponse"], half);
    let mut blind = with_images("gemini-3-test", &["image/png"]);
    blind.model.images = false;
    let said = response("seen\n[image left out: this model takes no images]");
    assert_eq!(blind.contents()[2]["parts"][0]["functionResponse"], said);
    let mut lost = with_images("gemini-3-test", &["image/png"]);
    lost.images.clear();
    assert_eq!(lost.send().unwrap_err().kind, Kind::Io);
}

fn events(list: &[Value]) -> String {
    list.iter().map(|event| format!("data: {event}\r\n\r\n")).collect()
}

fn chunk(parts: Value) -> Value {
    json!({
        "candidates": [{"content": {"parts": parts, "role": "model"}, "index": 0}],
        "usageMetadata": {"promptTokenCount": 3000, "totalTokenCount": 3000, "cachedContentTokenCount": 2000},
        "modelVersion": "gemini-3-test", "responseId": "r",
    })
}

fn last(parts: Value, reason: &str) -> Value {
    let mut last = chunk(parts);
    last["candidates"][0]["finishReason"] = json!(reason);
    last["usageMetadata"] = json!({
        "promptTokenCount": 3000, "cachedContentTokenCount": 2000, "candidatesTokenCount": 40, "thoughtsTokenCount": 7,
        "totalTokenCount": 3047,
    });
    last
}

fn feed(pieces: &[&[u8]]) -> (Box<dyn Decode>, Vec<Delta>, Option<Error>) {
    let mut decoder = provider(API).decoder(MODEL);
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
    let (complete, settled, usage) = (decoder.complete(), decoder.settled(), decoder.usage());
    let finish = decoder.finish();
    assert_eq!((complete, settled), (finish.is_ok(), finish.is_ok()));
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
    events(&[
        chunk(json!([{"text": "Let me ", "thought": true}])),
        chunk(json!([{"text": "sée.", "thought": true}])),
        chunk(json!([{"text": "I read ", "thought": false}])),
        chunk(json!([{"text": "\"both\"\n"}, {"text": "→ now.", "thoughtSignature": "dGV4dA=="}])),
        chunk(json!([{"text": " Well."}])),
        chunk(json!([
            {"functionCall": {"id": "f1", "name": "read", "args": {"path": "a.rs", "n": 1.0}}, "thoughtSignature": "Y2FsbA=="},
            {"functionCall": {"id": "f2", "name": "list", "args": {}}},
        ])),
        last(json!([{"text": "", "thoughtSignature": "ZW5k"}]), "STOP"),
    ])
}

#[test]
fn a_full_answer_survives_every_cut() {
    let (finish, deltas) = check(&full_answer());
    let said = "I read \"both\"\n→ now. Well.";
    assert_eq!(
        finish.parts,
        [
            unsealed("Let me sée."),
            sealed("", MODEL, json!({"of": "text", "text": {"length": said.len(), "signed": [[14, 22, "dGV4dA=="]]}})),
            text(said),
            of_call("Y2FsbA=="),
            tool_call("f1", "read", "{\"path\":\"a.rs\",\"n\":1.0}"),
            tool_call("f2", "list", "{}"),
            sealed("", MODEL, json!({"of": "text", "text": {"length": 0, "signed": [[0, 0, "ZW5k"]]}})),
        ]
    );
    assert_eq!(finish.stop, Stop::Calls);
    assert_eq!(finish.usage, Usage { input: 3000, cached: 2000, cache_written: 0, output: 47, reasoning: 7 });
    assert_eq!(
        deltas,
        [
            Delta::Reasoning("Let me ".into()),
            Delta::Reasoning("sée.".into()),
            Delta::Text("I read ".into()),
            Delta::Text("\"both\"\n".into()),
            Delta::Text("→ now.".into()),
            Delta::Text(" Well.".into()),
            Delta::Call("read".into()),
            Delta::Call("list".into()),
        ]
    );
}

#[test]
fn an_answer_goes_back_with_each_signature_on_its_piece() {
    let (finish, _) = check(&full_answer());
    let results = ["f1", "f2"].map(|id| Part::Result(result(id, "r"))).to_vec();
    let contents = Asked::new(vec![Message::user("a"), assistant(finish.parts), user(results)]).contents();
    assert_eq!(
        contents[1]["parts"],
        json!([
            {"text": "I read \"both\"\n"},
            {"text": "→ now.", "thoughtSignature": "dGV4dA=="},
            {"text": " Well."},
            {"functionCall": {"id": "f1", "name": "read", "args": {"path": "a.rs", "n": 1.0}}, "thoughtSignature": "Y2FsbA=="},
            {"functionCall": {"id": "f2", "name": "list", "args": {}}},
            {"text": "", "thoughtSignature": "ZW5k"},
        ])
    );
}

#[test]
fn a_signed_thought_goes_back_as_it_came() {
    let came = json!([{"text": "hm", "thought": true}, {"text": "ah", "thought": true, "thoughtSignature": "dA=="}, {"text": "so"}]);
    let (finish, _) = check(&events(&[last(came.clone(), "STOP")]));
    assert_eq!(finish.parts, [sealed("hmah", MODEL, json!({"length": 4, "signed": [[2, 4, "dA=="]]})), text("so")]);
    let contents = Asked::new(vec![Message::user("a"), assistant(finish.parts)]).contents();
    assert_eq!(contents[1]["parts"], came);
}

#[test]
fn finish_reasons_are_told_apart() {
    let said = || json!([{"text": "x"}]);
    let called = || json!([{"functionCall": {"name": "t", "args": {"a": 1}}}]);
    let table = [
        ("STOP", said(), Stop::End),
        ("STOP", called(), Stop::Calls),
        ("SOMETHING_NEW", said(), Stop::End),
        ("MAX_TOKENS", said(), Stop::Length),
        ("MAX_TOKENS", called(), Stop::Length),
        ("SAFETY", said(), Stop::Refusal),
        ("RECITATION", said(), Stop::Refusal),
        ("PROHIBITED_CONTENT", called(), Stop::Refusal),
        ("MODEL_ARMOR", said(), Stop::Refusal),
    ];
    for (reason, parts, expected) in table {
        let (finish, _) = check(&events(&[last(parts, reason)]));
        assert_eq!(finish.stop, expected, "{reason}");
    }
    for (reason, kind) in [
        ("MALFORMED_FUNCTION_CALL", Kind::Transient),
        ("UNEXPECTED_TOOL_CALL", Kind::Transient),
        ("MALFORMED_RESPONSE", Kind::Transient),
        ("MISSING_THOUGHT_SIGNATURE", Kind::Provider),
    ] {
        let mut event = last(json!([]), reason);
        event["candidates"][0]["finishMessage"] = json!("call:read(");
        let (decoder, _, error) = feed(&[events(&[event]).as_bytes()]);
        let error = error.unwrap();
        assert_eq!(error.kind, kind, "{reason}");
        assert!(error.message.contains(reason) && error.message.contains("call:read("), "{error}");
        assert_eq!(decoder.usage().output, 47);
    }
}

#[test]
fn what_a_filter_stops_is_a_refusal_with_its_reason() {
    let blocked = json!({
        "promptFeedback": {"blockReason": "PROHIBITED_CONTENT", "blockReasonMessage": "Not this."},
        "usageMetadata": {"promptTokenCount": 9},
    });
    let (finish, _) = check(&events(&[blocked]));
    let refusal = |text: &str| Part::Refusal { text: text.into() };
    assert_eq!(finish.parts, [refusal("Not this. (PROHIBITED_CONTENT)")]);
    assert_eq!((finish.stop, finish.usage.input), (Stop::Refusal, 9));
    let (finish, _) = check(&events(&[chunk(json!([{"text": "So"}])), last(Value::Null, "SAFETY")]));
    assert_eq!(finish.parts, [text("So"), refusal("the answer was stopped (SAFETY)")]);
}

#[test]
fn what_servers_add_leave_out_or_mistype_is_understood() {
    let table: Vec<(&str, Vec<Value>, Vec<Part>)> = vec![
        (
            "a call without an id or arguments",
            vec![last(json!([{"functionCall": {"name": "t"}}]), "STOP")],
            vec![tool_call("call_0_t", "t", "{}")],
        ),
        (
            "two calls without ids",
            vec![
                chunk(json!([{"functionCall": {"name": "t", "args": null}}])),
                last(json!([{"functionCall": {"name": "t", "args": {"a": 1}}}]), "STOP"),
            ],
            vec![tool_call("call_0_t", "t", "{}"), tool_call("call_1_t", "t", "{\"a\":1}")],
        ),
        (
            "parts that we do not know",
            vec![last(
                json!([{"executableCode": {"code": "1"}}, {"inlineData": {}, "thoughtSignature": "x"}, {"text": "x"}]),
                "STOP",
            )],
            vec![text("x")],
        ),
        (
            "wrong types",
            vec![
                json!({"candidates": {}, "usageMetadata": [1], "promptFeedback": null}),
                last(json!([{"text": 5}, {"text": "x", "thought": "no", "functionCall": []}]), "STOP"),
            ],
            vec![text("x")],
        ),
        ("an empty answer", vec![last(json!([]), "STOP")], vec![]),
    ];
    for (name, list, expected) in table {
        let (finish, _) = decode(&[events(&list).as_bytes()]).unwrap();
        assert_eq!(finish.parts, expected, "{name}");
        assert_eq!(finish.usage.input, 3000, "{name}");
    }
    let (finish, _) = check(&format!(": hello\n\ndata: 5\n\ndata: [DONE]\n\n{}", full_answer()));
    assert_eq!(finish, check(&full_answer()).0);
}

#[test]
fn counts_may_come_after_the_finish_reason() {
    let mut first = last(json!([{"text": "x"}]), "STOP");
    let counts = first.as_object_mut().unwrap().remove("usageMetadata").unwrap();
    let (decoder, ..) = feed(&[events(std::slice::from_ref(&first)).as_bytes()]);
    assert_eq!((decoder.complete(), decoder.settled()), (false, true));
    let (finish, _) = decode(&[events(&[first, json!({ "usageMetadata": counts })]).as_bytes()]).unwrap();
    assert_eq!((finish.parts, finish.usage.output), (vec![text("x")], 47));
}

#[test]
fn usage_is_known_before_the_end_and_an_answer_cut_short_is_none() {
    let (decoder, ..) = feed(&[events(&[chunk(json!([{"text": "x"}]))]).as_bytes()]);
    assert_eq!(decoder.usage(), Usage { input: 3000, cached: 2000, ..Usage::default() });
    assert!(!decoder.settled());
    let error = decoder.finish().unwrap_err();
    assert_eq!((error.kind, error.message.as_str()), (Kind::Network, "google: the answer was cut short"));
}

#[test]
fn errors_in_the_stream_are_classified() {
    let error = |code: u16, status: &str, message: &str| {
        events(&[json!({"error": {"code": code, "status": status, "message": message}})])
    };
    let table = [
        (error(503, "UNAVAILABLE", "The model is overloaded."), Kind::Transient, "The model is overloaded. (503)"),
        (error(429, "RESOURCE_EXHAUSTED", "Resource exhausted."), Kind::Transient, "Resource exhausted."),
        (error(400, "INVALID_ARGUMENT", "bad"), Kind::Provider, "bad"),
        (
            error(
                400,
                "INVALID_ARGUMENT",
                "The input token count (9) exceeds the maximum number of tokens allowed (8).",
            ),
            Kind::ContextFull,
            "exceeds",
        ),
        ("data: {\"error\":\"gone\"}\n\n".into(), Kind::Transient, "gone"),
        ("data: <html>\n\n".into(), Kind::Transient, "google sent an event that is not JSON: "),
        ("data: {\"candidates\":[\n\n".into(), Kind::Transient, "not JSON"),
        (
            "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"\\ud83d\"}]}}]}\n\n".into(),
            Kind::Transient,
            "not JSON",
        ),
    ];
    for (stream, kind, words) in table {
        let (decoder, _, error) = feed(&[events(&[chunk(json!([{"text": "x"}]))]).as_bytes(), stream.as_bytes()]);
        let error = error.unwrap();
        assert_eq!(error.kind, kind, "{error}");
        assert!(error.message.contains(words), "{error}");
        assert_eq!(decoder.usage().input, 3000);
    }
}

fn refused(status: u16, message: &str, details: Value) -> Error {
    let body = json!({"error": {"code": status, "message": message, "status": "X", "details": details}});
    let error = provider(API).refusal(status, body.to_string().as_bytes());
    let listed = provider(API).refusal(status, json!([body]).to_string().as_bytes());
    assert_eq!(error, listed);
    error
}

#[test]
fn refused_requests_are_classified() {
    let key = json!([{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}]);
    let off = json!([{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "SERVICE_DISABLED"}]);
    let too_long = "Unable to submit request because the input token count is 9 but model only supports up to 8.";
    let table = [
        (400, "API key not valid. Please pass a valid API key.", key, Kind::Auth, "agent doctor"),
        (400, "API key not valid. Please pass a valid API key.", Value::Null, Kind::Auth, "agent doctor"),
        (401, "Request had invalid authentication credentials.", json!([]), Kind::Auth, "agent doctor"),
        (403, "Vertex AI API has not been used in project 1 before.", off, Kind::Auth, "enable the API"),
        (404, "models/x is not found for API version v1beta.", json!([]), Kind::Unserved, "agent models"),
        (400, too_long, json!([]), Kind::ContextFull, ""),
        (400, "Unknown name \"x\".", json!([]), Kind::Provider, ""),
        (500, "Internal error encountered.", json!([]), Kind::Transient, ""),
        (503, "The model is overloaded. Please try again later.", json!([]), Kind::Transient, ""),
    ];
    for (status, message, details, kind, hint) in table {
        let error = refused(status, message, details);
        assert_eq!((error.kind, error.retry_after), (kind, None), "{message}");
        assert!(error.hints.concat().contains(hint), "{error:?}");
        assert_eq!(error.message, format!("google answered {status}: {message}"));
    }
    assert_eq!(provider(API).refusal(502, b"<html>bad gateway").kind, Kind::Transient);
}

#[test]
fn a_used_up_quota_says_how_long_to_wait_and_whether_waiting_helps() {
    let details = |quota: &str| {
        json!([
            {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{"quotaId": quota, "quotaValue": "20"}]},
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "36.5s"},
        ])
    };
    let minute =
        refused(429, "You exceeded your current quota.", details("GenerateRequestsPerMinutePerProjectPerModel"));
    assert_eq!((minute.kind, minute.retry_after), (Kind::Transient, Some(Duration::from_millis(36_500))));
    let day =
        refused(429, "You exceeded your current quota.", details("GenerateRequestsPerDayPerProjectPerModel-FreeTier"));
    assert_eq!((day.kind, day.retry_after), (Kind::Quota, None), "a minute resets no quota of a day");
    assert!(day.hints.concat().contains("enable billing"), "{day:?}");
    for odd in ["soon", "-1s", "1e400s", "s"] {
        let details = json!([{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": odd}]);
        assert_eq!(refused(429, "x", details).retry_after, None, "{odd}");
    }
}

#[test]
fn without_a_key_a_refusal_leads_to_the_credentials() {
    let endpoint = Endpoint { provider: "vertex".into(), base_url: VERTEX.into(), ..Endpoint::default() };
    let error = codec(Wire::Gemini, endpoint).refusal(401, br#"{"error":{"code":401,"message":"expired"}}"#);
    assert_eq!(error.kind, Kind::Auth);
    assert!(error.hints.concat().contains("gcloud auth application-default login"), "{error:?}");
}

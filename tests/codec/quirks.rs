//! Endpoints that do things differently: what a request leaves out or says otherwise, ids that any vendor takes, answers
//! that come whole.

use agent::base::call::{ToolCall, ToolInput, ToolResult, ToolSpec};
use agent::base::message::{ImageRef, Message, Part, Reasoning, Role, Seal};
use agent::base::model::{Effort, ModelCall, ModelInfo, Stop, Wire};
use agent::base::quirks::{CallIds, EffortField, LimitField, Quirks};
use agent::config::paths::Environment;
use agent::config::{Config, catalog, presets, providers};
use agent::provider::{Endpoint, codec};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

fn model(name: &str) -> ModelInfo {
    let (provider, id) = name.split_once('/').unwrap();
    let config = Config::default();
    let known =
        providers::find(provider, &config, &Environment::from_made(&[("AWS_REGION".to_owned(), "us-east-1".into())]))
            .unwrap();
    catalog::model(&known, id, &config)
}

fn endpoint(quirks: Quirks) -> Endpoint {
    Endpoint { provider: "lab".into(), base_url: "http://lab/v1".into(), quirks, ..Endpoint::default() }
}

/// The body that `endpoint` gets for these messages.
fn body(wire: Wire, endpoint: Endpoint, model: &ModelInfo, messages: &[Message], effort: Option<Effort>) -> Value {
    let tools =
        [ToolSpec { name: "read", description: "Reads.".into(), input: ToolInput::Json(json!({"type": "object"})) }];
    let images = BTreeMap::from([("b1".to_owned(), "AAAA".to_owned())]);
    let call = ModelCall {
        model,
        system: "Be brief.",
        tools: &tools,
        messages,
        max_output: 4000,
        effort,
        cache_key: "session",
        images: &images,
    };
    serde_json::from_slice(&codec(wire, endpoint).encode(&call).unwrap().body).unwrap()
}

fn chat(quirks: Quirks, messages: &[Message]) -> Value {
    body(Wire::Chat, endpoint(quirks), &ModelInfo { images: true, ..model("lmstudio/any") }, messages, None)
}

fn text(text: &str) -> Part {
    Part::Text { text: text.into() }
}

fn call(id: &str) -> Part {
    Part::Call(ToolCall { id: id.into(), name: "read".into(), arguments: "{}".into(), freeform: false })
}

fn result(id: &str) -> Part {
    Part::Result(ToolResult { call: id.into(), output: format!("of {id}"), images: vec![], error: false })
}

fn user(parts: Vec<Part>) -> Message {
    Message { role: Role::User, parts }
}

fn assistant(parts: Vec<Part>) -> Message {
    Message { role: Role::Assistant, parts }
}

fn two_calls() -> Vec<Message> {
    vec![
        user(vec![text("look")]),
        assistant(vec![text("I look."), call("c1"), call("c2")]),
        user(vec![result("c1"), result("c2"), text("and?")]),
    ]
}

const ODD: [&str; 7] = [
    "",
    "fc_68a1b2c3d4e5f60718293a4b5c6d7e8f901234567890abcdef0123456789abcdef0123456789",
    "functions.read:0",
    "functions.read:1",
    "call ä/ö",
    "call|fc_1",
    "toolu_01ABCdefGHIjklMNOpqr",
];

#[test]
fn ids_of_other_vendors_become_what_each_endpoint_takes_alike_in_call_and_result() {
    let messages: Vec<Message> =
        ODD.iter().flat_map(|id| [assistant(vec![call(id)]), user(vec![result(id)])]).collect();
    let plain =
        |id: &str| (1..=64).contains(&id.len()) && id.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
    let nine = |id: &str| id.len() == 9 && id.chars().all(|c| c.is_ascii_alphanumeric());
    type Fits<'a> = &'a dyn Fn(&str) -> bool;
    let cases: [(&str, Wire, CallIds, Fits<'_>); 3] = [
        ("chat", Wire::Chat, CallIds::Plain, &plain),
        ("responses", Wire::Responses, CallIds::Plain, &plain),
        ("mistral", Wire::Chat, CallIds::Nine, &nine),
    ];
    for (name, wire, ids, fits) in cases {
        let quirks = Quirks { ids, ..Quirks::NONE };
        let encode = |messages: &[Message]| body(wire, endpoint(quirks), &model("lmstudio/any"), messages, None);
        let whole = encode(&messages);
        let (made, answered): (Vec<&str>, Vec<&str>) = match wire {
            Wire::Responses => {
                let of = |kind: &str| {
                    let items = whole["input"].as_array().unwrap().iter();
                    items.filter(|item| item["type"] == kind).map(|item| item["call_id"].as_str().unwrap()).collect()
                };
                (of("function_call"), of("function_call_output"))
            }
            _ => {
                let list = whole["messages"].as_array().unwrap();
                (
                    list.iter().filter_map(|message| message["tool_calls"][0]["id"].as_str()).collect(),
                    list.iter().filter_map(|message| message["tool_call_id"].as_str()).collect(),
                )
            }
        };
        assert_eq!(made.len(), ODD.len(), "{name}: {whole}");
        assert_eq!(made, answered, "{name}");
        assert_eq!(made.iter().collect::<BTreeSet<_>>().len(), ODD.len(), "{name}: two ids became one: {made:?}");
        assert!(made.iter().all(|id| fits(id)), "{name}: {made:?}");
        // A longer conversation leaves the earlier ones as they were.
        assert!(encode(&messages[..4]).to_string().len() < whole.to_string().len());
        for (index, id) in made.iter().enumerate().take(2) {
            assert!(encode(&messages[..2 * (index + 1)]).to_string().contains(&format!("\"{id}\"")), "{name}: {id}");
        }
    }
}

#[test]
fn an_id_that_fits_stays_and_one_that_would_become_it_gives_way() {
    let odd = "call ä/ö";
    let first = chat(Quirks::NONE, &[assistant(vec![call(odd)]), user(vec![result(odd)])]);
    let translated = first["messages"][1]["tool_calls"][0]["id"].as_str().unwrap().to_owned();
    // Somebody's own id that is exactly the translation of another.
    let messages = [
        assistant(vec![call(&translated)]),
        user(vec![result(&translated)]),
        assistant(vec![call(odd)]),
        user(vec![result(odd)]),
    ];
    let both = chat(Quirks::NONE, &messages);
    assert_eq!(both["messages"][1]["tool_calls"][0]["id"], translated.as_str());
    assert_ne!(both["messages"][3]["tool_calls"][0]["id"], translated.as_str());
    assert_eq!(both["messages"][3]["tool_calls"][0]["id"], both["messages"][4]["tool_call_id"]);
}

#[test]
fn fields_that_an_endpoint_refuses_are_not_sent() {
    let plain = chat(Quirks::NONE, &two_calls());
    assert_eq!(plain["stream_options"]["include_usage"], true);
    assert_eq!(plain["tool_choice"], "auto");
    assert_eq!(plain["max_tokens"], 4000);
    let with = |change: fn(&mut Quirks)| {
        let mut quirks = Quirks::NONE;
        change(&mut quirks);
        chat(quirks, &two_calls())
    };
    assert!(with(|quirks| quirks.no_stream_options = true).get("stream_options").is_none());
    assert!(with(|quirks| quirks.no_tool_choice = true).get("tool_choice").is_none());
    let new = with(|quirks| quirks.limit = LimitField::MaxCompletionTokens);
    assert_eq!((new["max_completion_tokens"].clone(), new.get("max_tokens")), (json!(4000), None));
    let none = with(|quirks| quirks.limit = LimitField::Absent);
    assert!(none.get("max_tokens").or(none.get("max_completion_tokens")).is_none());
    for whole in [with(|quirks| quirks.no_stream = true), with(|quirks| quirks.no_streamed_tools = true)] {
        assert_eq!((whole["stream"].clone(), whole.get("stream_options")), (json!(false), None));
    }
    assert_eq!(with(|quirks| quirks.split_reasoning = true)["reasoning_split"], true);
}

#[test]
fn without_a_system_role_the_instructions_go_in_front_of_the_first_words() {
    let quirks = Quirks { no_system: true, ..Quirks::NONE };
    let sent = chat(quirks, &two_calls());
    assert_eq!(sent["messages"][0], json!({ "role": "user", "content": "Be brief.\n\nlook" }));
    let image = ImageRef { blob: "b1".into(), media_type: "image/png".into(), bytes: 3 };
    let sent = chat(quirks, &[user(vec![text("see"), Part::Image(image)])]);
    assert_eq!(sent["messages"][0]["content"][0]["text"], "Be brief.");
    let sent = chat(quirks, &[assistant(vec![text("hello")])]);
    assert_eq!(sent["messages"][0], json!({ "role": "user", "content": "Be brief." }));
}

#[test]
fn without_parallel_calls_each_call_is_followed_by_its_result() {
    let sent = chat(Quirks { no_parallel_calls: true, ..Quirks::NONE }, &two_calls());
    let shape: Vec<String> = sent["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| match (&message["tool_calls"][0]["id"], &message["tool_call_id"]) {
            (Value::String(id), _) => format!("call {id} {}", message["content"]),
            (_, Value::String(id)) => format!("result {id}"),
            _ => message["role"].as_str().unwrap().to_owned(),
        })
        .collect();
    assert_eq!(shape, ["system", "user", "call c1 \"I look.\"", "result c1", "call c2 \"\"", "result c2", "user"]);
    let sent = body(
        Wire::Responses,
        endpoint(Quirks { no_parallel_calls: true, ..Quirks::NONE }),
        &model("lmstudio/any"),
        &two_calls(),
        None,
    );
    assert_eq!(sent["parallel_tool_calls"], false);
}

#[test]
fn without_tools_a_history_of_calls_is_told_in_words() {
    let sent = chat(Quirks { no_tools: true, ..Quirks::NONE }, &two_calls());
    assert!(sent.get("tools").or(sent.get("tool_choice")).is_none());
    let shown = sent["messages"].to_string();
    assert!(!shown.contains("tool_call") && !shown.contains("\"tool\""), "{shown}");
    assert!(shown.contains("[call c1: read {}]") && shown.contains("of c2"), "{shown}");
}

#[test]
fn images_and_reasoning_stay_at_home_where_they_are_refused() {
    let image = ImageRef { blob: "b1".into(), media_type: "image/png".into(), bytes: 3 };
    let shown = [user(vec![text("see"), Part::Image(image)])];
    assert!(chat(Quirks::NONE, &shown)["messages"].to_string().contains("data:image/png;base64,AAAA"));
    let sent = chat(Quirks { no_images: true, ..Quirks::NONE }, &shown);
    assert!(!sent["messages"].to_string().contains("data:image"), "{sent}");
    let seal = Seal { wire: Wire::Chat, model: "lmstudio/any".into(), data: json!({ "field": "reasoning_content" }) };
    let thought = Part::Reasoning(Reasoning { text: "hm".into(), seal: Some(seal) });
    let thinking = [assistant(vec![thought, text("yes")])];
    assert_eq!(chat(Quirks::NONE, &thinking)["messages"][1]["reasoning_content"], "hm");
    let sent = chat(Quirks { no_reasoning_back: true, ..Quirks::NONE }, &thinking);
    assert!(sent["messages"][1].get("reasoning_content").is_none(), "{sent}");
}

/// What a preset's model is sent for an effort, of all the fields that say it.
fn effort(name: &str, wanted: Effort) -> Value {
    let (provider, _) = name.split_once('/').unwrap();
    let region = Environment::from_made(&[("AWS_REGION".to_owned(), "us-east-1".into())]);
    let known = providers::find(provider, &Config::default(), &region).unwrap();
    let endpoint = Endpoint { official: known.official, ..endpoint(known.quirks) };
    let sent = body(known.wire, endpoint, &model(name), &[user(vec![text("hi")])], Some(wanted));
    let mut said = serde_json::Map::new();
    for field in ["reasoning_effort", "reasoning", "thinking", "output_config", "chat_template_kwargs"] {
        if let Some(value) = sent.get(field) {
            said.insert(field.into(), value.clone());
        }
    }
    said.into()
}

#[test]
fn one_scale_of_effort_in_the_words_of_every_preset() {
    let plain = |name: &str| json!({ "reasoning_effort": name });
    let off = json!({ "thinking": { "type": "disabled" } });
    let cases: &[(&str, Effort, Value)] = &[
        ("openai/gpt-6-sol", Effort::High, json!({ "reasoning": { "effort": "high", "summary": "auto" } })),
        (
            "anthropic/claude-sonnet-5",
            Effort::Max,
            json!({ "thinking": { "type": "adaptive" }, "output_config": { "effort": "max" } }),
        ),
        ("anthropic/claude-sonnet-5", Effort::None, off.clone()),
        ("openrouter/anthropic/claude-sonnet-5", Effort::High, json!({ "reasoning": { "effort": "high" } })),
        ("deepseek/deepseek-v4-pro", Effort::Xhigh, plain("high")),
        ("deepseek/deepseek-v4-pro", Effort::Max, plain("max")),
        ("deepseek/deepseek-v4-pro", Effort::None, off.clone()),
        ("mistral/mistral-medium-latest", Effort::Low, plain("high")),
        ("mistral/mistral-medium-latest", Effort::None, plain("none")),
        ("mistral/mistral-large-latest", Effort::High, json!({})),
        ("xai/grok-4.7", Effort::Max, plain("xhigh")),
        ("xai/grok-4.20-0309-reasoning", Effort::High, json!({})),
        ("moonshotai/kimi-k3", Effort::Medium, plain("low")),
        // It always thinks.
        ("moonshotai/kimi-k3", Effort::None, plain("low")),
        ("moonshotai/kimi-k2.6", Effort::None, off.clone()),
        ("moonshotai/kimi-k2.6", Effort::High, json!({})),
        ("moonshotai/kimi-k2.7-code", Effort::None, json!({})),
        ("zai/glm-5.3", Effort::Minimal, plain("low")),
        ("zai/glm-5.3", Effort::None, off.clone()),
        ("zai/glm-4.7", Effort::None, off.clone()),
        ("zai/glm-4.7", Effort::High, json!({})),
        ("minimax/MiniMax-M3", Effort::None, off),
        ("minimax/MiniMax-M3", Effort::High, json!({})),
        ("groq/openai/gpt-oss-120b", Effort::None, plain("low")),
        ("groq/qwen/qwen3.6-27b", Effort::None, plain("none")),
        ("groq/qwen/qwen3.6-27b", Effort::High, json!({})),
        ("cerebras/gpt-oss-120b", Effort::Max, plain("high")),
        ("togetherai/any/new-model", Effort::None, json!({ "reasoning": { "enabled": false } })),
        ("togetherai/any/new-model", Effort::Low, plain("low")),
        ("fireworks-ai/accounts/fireworks/models/glm-5p3", Effort::Medium, plain("low")),
        ("gooseai/any", Effort::High, json!({})),
        ("litellm/any", Effort::High, plain("high")),
        ("ollama/qwen3", Effort::None, plain("none")),
        ("lmstudio/qwen3", Effort::Low, plain("low")),
        ("bedrock-openai/openai.gpt-oss-120b", Effort::High, json!({ "reasoning_effort": "high" })),
        ("llamacpp/qwen3", Effort::None, json!({ "chat_template_kwargs": { "enable_thinking": false } })),
        (
            "vllm/qwen3",
            Effort::High,
            json!({ "chat_template_kwargs": { "enable_thinking": true, "reasoning_effort": "high" } }),
        ),
    ];
    for (name, wanted, expected) in cases {
        assert_eq!(effort(name, *wanted), *expected, "{name} {}", wanted.name());
    }
    for preset in presets::PRESETS.iter().filter(|preset| preset.wire == Wire::Chat) {
        let tested = cases.iter().any(|(name, ..)| name.split('/').next() == Some(preset.name));
        assert!(tested, "`{}` has no case here", preset.name);
    }
}

#[test]
fn presets_send_what_their_reference_takes() {
    let sent = |name: &str| {
        let known = providers::find(name, &Config::default(), &Environment::default()).unwrap();
        body(known.wire, endpoint(known.quirks), &model(&format!("{name}/any")), &two_calls(), None)
    };
    let mistral = sent("mistral");
    assert!(mistral.get("stream_options").is_none());
    assert_eq!(mistral["max_tokens"], 4000);
    assert_eq!(mistral["messages"][2]["tool_calls"][0]["id"].as_str().unwrap().len(), 9);
    assert_eq!(sent("minimax")["reasoning_split"], true);
    // Claude remembers nothing where nobody asks.
    let known = providers::find("openrouter", &Config::default(), &Environment::default()).unwrap();
    let asked = |name: &str| {
        let sent = body(known.wire, endpoint(known.quirks), &model(name), &two_calls(), None);
        sent.get("cache_control").cloned()
    };
    assert_eq!(asked("openrouter/anthropic/claude-sonnet-5"), Some(json!({ "type": "ephemeral" })));
    assert_eq!(asked("openrouter/openai/gpt-6-sol"), None);
    for name in ["groq", "cerebras", "xai", "moonshotai", "minimax"] {
        assert_eq!(sent(name)["max_completion_tokens"], 4000, "{name}");
    }
    for name in ["openrouter", "deepseek", "zai", "togetherai", "fireworks-ai", "litellm", "ollama", "vllm"] {
        assert_eq!(sent(name)["max_tokens"], 4000, "{name}");
    }
}

/// A whole answer, in pieces of `size` bytes.
fn decode(body: &str, size: usize) -> agent::base::Result<agent::base::model::Finish> {
    let codec = codec(Wire::Chat, endpoint(Quirks::NONE));
    let (mut frames, mut decoder, mut deltas) = (codec.frames(), codec.decoder("lab/any"), Vec::new());
    for piece in body.as_bytes().chunks(size) {
        let mut found = Vec::new();
        frames.push(piece, &mut found)?;
        for frame in &found {
            decoder.frame(frame, &mut deltas)?;
        }
    }
    decoder.finish()
}

#[test]
fn an_answer_that_comes_whole_is_read_however_it_is_cut() {
    let body = json!({
        "id": "1", "object": "chat.completion", "choices": [{
            "index": 0, "finish_reason": "tool_calls",
            "message": {
                "role": "assistant", "content": "a } \" { brace \\", "reasoning_content": "hm",
                "tool_calls": [{ "id": "c1", "type": "function", "function": { "name": "read", "arguments": "{\"path\":\"ä\"}" } }],
            },
        }],
        "usage": { "prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17 },
    });
    for text in [body.to_string(), format!("\r\n{body:#}\n")] {
        for size in [1, 2, 3, 7, text.len()] {
            let finish = decode(&text, size).unwrap();
            assert_eq!((finish.stop, finish.usage.input, finish.usage.output), (Stop::Calls, 12, 5));
            assert!(finish.parts.contains(&Part::Text { text: "a } \" { brace \\".into() }), "{:?}", finish.parts);
            assert!(
                finish
                    .parts
                    .iter()
                    .any(|part| matches!(part, Part::Call(call) if call.arguments == "{\"path\":\"ä\"}"))
            );
        }
        // Cut anywhere, it is no answer.
        let end = text.trim_end().len();
        for at in (0..end).filter(|at| text.is_char_boundary(*at)) {
            assert!(decode(&text[..at], 9).is_err(), "cut at {at} of {end}");
        }
    }
    let refused = decode(r#"{"error":{"message":"no tools here","type":"invalid_request_error"}}"#, 5).unwrap_err();
    assert!(refused.message.contains("no tools here"), "{}", refused.message);
}

#[test]
fn quirks_are_told_in_words() {
    assert!(Quirks::NONE.said().is_empty());
    let quirks = Quirks { no_parallel_calls: true, effort: EffortField::Absent, ..Quirks::NONE };
    assert_eq!(quirks.said(), ["no parallel tool calls", "no effort"]);
}

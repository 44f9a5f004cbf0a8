//! Tests of the validators: each takes a good body and refuses the same one broken in at least ten ways, in the right place.

use super::python::{Body, Python};
use serde_json::{Value, json};

/// A name, where the good body is changed (a JSON pointer), what to (null: taken away), and a word of the refusal.
type Broken = (&'static str, &'static str, Value, &'static str);

#[track_caller]
fn refuses(validator: &str, path: &str, good: &Value, broken: &[Broken]) {
    let Some(python) = Python::find() else { return };
    assert!(broken.len() >= 10, "ten broken bodies each");
    let body = |name: &str, value: &Value| Body { name: name.into(), path: path.into(), text: value.to_string() };
    let mut bodies = vec![body("good", good)];
    bodies.extend(broken.iter().map(|(name, pointer, value, _)| body(name, &with(good, pointer, value.clone()))));
    let twice = good.to_string().replacen('{', "{\"messages\":[],\"messages\":[],", 1);
    let cut = good.to_string().trim_end_matches('}').to_owned();
    bodies.extend([("a field twice", twice), ("no JSON", cut)].map(|(name, text)| Body { text, ..body(name, good) }));
    let verdicts = python.judge(validator, &bodies);
    assert_eq!(verdicts[0], None, "the good body is refused");
    let reasons = broken.iter().map(|(.., why)| *why).chain(["twice", "no JSON"]);
    for ((body, verdict), why) in bodies[1..].iter().zip(&verdicts[1..]).zip(reasons) {
        let verdict = verdict.as_deref().unwrap_or_else(|| panic!("{validator} accepts: {}", body.name));
        assert!(verdict.contains(why), "{validator}, {}: no {why:?} in {verdict:?}", body.name);
    }
}

/// The body with one value replaced or added; a null stands for the field taken away.
fn with(body: &Value, pointer: &str, value: Value) -> Value {
    let mut body = body.clone();
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer has a slash");
    match (body.pointer_mut(parent).unwrap_or_else(|| panic!("nothing at {parent}")), value) {
        (Value::Array(list), value) => list[key.parse::<usize>().expect("an index")] = value,
        (Value::Object(fields), Value::Null) => drop(fields.remove(key).unwrap_or_else(|| panic!("no {pointer}"))),
        (parent, value) => parent[key] = value,
    }
    body
}

#[test]
fn openais_types_refuse_broken_responses() {
    let good = json!({
        "model": "gpt-6-sol", "store": false, "stream": true, "instructions": "Be brief.", "max_output_tokens": 1000,
        "include": ["reasoning.encrypted_content"], "reasoning": { "effort": "high", "summary": "auto" },
        "tools": [
            { "type": "function", "name": "read", "description": "", "parameters": { "type": "object" }, "strict": false },
            { "type": "custom", "name": "apply_patch", "format": { "type": "grammar", "syntax": "lark", "definition": "start: /./" } },
        ],
        "tool_choice": "auto", "parallel_tool_calls": true,
        "input": [
            { "type": "message", "role": "user", "content": [
                { "type": "input_text", "text": "Look." },
                { "type": "input_image", "image_url": "data:image/png;base64,AA==", "detail": "auto" },
            ] },
            { "type": "reasoning", "id": "rs_1", "summary": [{ "type": "summary_text", "text": "Hm." }], "encrypted_content": "x" },
            { "type": "message", "role": "assistant", "content": "I look." },
            { "type": "function_call", "call_id": "call_1", "name": "read", "arguments": "{}" },
            { "type": "function_call_output", "call_id": "call_1", "output": [{ "type": "input_text", "text": "one" }] },
            { "type": "custom_tool_call", "call_id": "call_2", "name": "apply_patch", "input": "x" },
            { "type": "custom_tool_call_output", "call_id": "call_2", "output": "done" },
        ],
    });
    let broken: [Broken; 15] = [
        ("an unknown field", "/max_tokens", json!(5), "max_tokens"),
        ("no stream", "/stream", Value::Null, "stream"),
        ("stream as text", "/stream", json!("true"), "stream"),
        ("tokens as text", "/max_output_tokens", json!("1000"), "max_output_tokens"),
        ("tokens as a truth", "/max_output_tokens", json!(true), "max_output_tokens"),
        ("an unknown effort", "/reasoning/effort", json!("extreme"), "reasoning.effort"),
        ("an unknown include", "/include/0", json!("everything"), "include"),
        ("a field deep in a list", "/input/0/content/0/cache_control", json!({}), "input[0].content[0].cache_control"),
        ("another API's image", "/input/0/content/1/type", json!("image_url"), "input[0].content[1]"),
        ("a summary that is no list", "/input/1/summary", json!("Hm."), "input[1].summary"),
        ("a summary part without text", "/input/1/summary/0/text", Value::Null, "input[1].summary[0].text"),
        ("a call without an id", "/input/3/call_id", Value::Null, "input[3].call_id"),
        ("arguments as an object", "/input/3/arguments", json!({}), "input[3].arguments"),
        ("an output part of an answer", "/input/4/output/0/type", json!("output_text"), "input[4].output[0]"),
        ("an unknown grammar", "/tools/1/format/syntax", json!("bnf"), "tools[1].format.syntax"),
    ];
    refuses("responses", "/v1/responses", &good, &broken);
}

fn chat() -> Value {
    json!({
        "model": "m", "stream": true, "stream_options": { "include_usage": true }, "max_completion_tokens": 1000,
        "tools": [{ "type": "function", "function": { "name": "read", "description": "", "parameters": { "type": "object" } } }],
        "tool_choice": "auto", "reasoning_effort": "high",
        "messages": [
            { "role": "system", "content": "Be brief." },
            { "role": "user", "content": [
                { "type": "text", "text": "Look." },
                { "type": "image_url", "image_url": { "url": "data:image/png;base64,AA==" } },
            ] },
            { "role": "assistant", "content": "", "tool_calls": [
                { "id": "call_1", "type": "function", "function": { "name": "read", "arguments": "{}" } },
            ] },
            { "role": "tool", "tool_call_id": "call_1", "content": "one" },
        ],
    })
}

#[test]
fn openais_types_refuse_broken_chat() {
    let broken: [Broken; 14] = [
        ("an unknown field", "/thinking", json!({}), "thinking"),
        ("no messages", "/messages", Value::Null, "messages"),
        ("tokens as text", "/max_completion_tokens", json!("1000"), "max_completion_tokens"),
        ("an unknown effort", "/reasoning_effort", json!("extreme"), "reasoning_effort"),
        ("an unknown role", "/messages/1/role", json!("human"), "messages[1]"),
        ("a part of another API", "/messages/1/content/0/type", json!("input_text"), "messages[1].content[0]"),
        ("an image as a string", "/messages/1/content/1/image_url", json!("data:"), "messages[1].content[1].image_url"),
        ("an unknown detail", "/messages/1/content/1/image_url/detail", json!("huge"), "image_url.detail"),
        ("calls that are no list", "/messages/2/tool_calls", json!({}), "messages[2].tool_calls"),
        ("arguments as an object", "/messages/2/tool_calls/0/function/arguments", json!({}), "function.arguments"),
        ("a field in a call", "/messages/2/tool_calls/0/extra_content", json!({}), "tool_calls[0].extra_content"),
        ("reasoning in a message", "/messages/2/reasoning_content", json!("Hm."), "messages[2].reasoning_content"),
        ("a result of no call", "/messages/3/tool_call_id", Value::Null, "messages[3].tool_call_id"),
        ("a tool without its name", "/tools/0/function/name", Value::Null, "tools[0].function.name"),
    ];
    refuses("chat", "/v1/chat/completions", &chat(), &broken);
}

/// The few fields beyond OpenAI's are typed as well, and nothing else gets through beside them.
#[test]
fn what_compatible_servers_take_is_no_more_than_that() {
    let call = "/messages/2/tool_calls/0";
    let good = with(&chat(), "/messages/2/reasoning_content", json!("Hm."));
    let good = with(&good, "/messages/2/reasoning_details", json!([{ "type": "reasoning.text", "text": "Hm." }]));
    let good = with(&good, &format!("{call}/extra_content"), json!({ "google": { "thought_signature": "x" } }));
    let broken: [Broken; 10] = [
        ("reasoning as a list", "/messages/2/reasoning_content", json!(["Hm."]), "reasoning_content"),
        ("reasoning under no known name", "/messages/2/thinking", json!("Hm."), "messages[2].thinking"),
        ("reasoning of a user", "/messages/1/reasoning_content", json!("Hm."), "messages[1].reasoning_content"),
        ("details as an object", "/messages/2/reasoning_details", json!({}), "reasoning_details"),
        ("details as texts", "/messages/2/reasoning_details/0", json!("Hm."), "reasoning_details[0]"),
        ("an unknown field", "/provider", json!({}), "provider"),
        ("content as a number", "/messages/2/content", json!(1), "messages[2].content"),
        ("no role", "/messages/2/role", Value::Null, "messages[2]"),
        ("an id as a number", "/messages/2/tool_calls/0/id", json!(1), "tool_calls[0].id"),
        ("extras as text", "/messages/2/tool_calls/0/extra_content", json!("x"), "tool_calls[0].extra_content"),
    ];
    refuses("compatible-chat", "/v1/chat/completions", &good, &broken);
}

#[test]
fn anthropics_types_refuse_broken_messages() {
    let good = json!({
        "model": "claude-sonnet-5", "max_tokens": 4096, "stream": true, "cache_control": { "type": "ephemeral" },
        "thinking": { "type": "adaptive" }, "output_config": { "effort": "high" },
        "system": [{ "type": "text", "text": "Be brief.", "cache_control": { "type": "ephemeral" } }],
        "tools": [{ "name": "read", "description": "", "input_schema": { "type": "object" } }], "tool_choice": { "type": "auto" },
        "messages": [
            { "role": "user", "content": [{ "type": "text", "text": "Look." }] },
            { "role": "assistant", "content": [
                { "type": "thinking", "thinking": "Hm.", "signature": "x" },
                { "type": "tool_use", "id": "toolu_1", "name": "read", "input": {} },
            ] },
            { "role": "user", "content": [{ "type": "tool_result", "tool_use_id": "toolu_1", "content": [
                { "type": "image", "source": { "type": "base64", "media_type": "image/png", "data": "AA==" } },
            ] }] },
        ],
    });
    let broken: [Broken; 14] = [
        ("an unknown field", "/max_output_tokens", json!(5), "max_output_tokens"),
        ("no limit", "/max_tokens", Value::Null, "max_tokens"),
        ("a limit as text", "/max_tokens", json!("5"), "max_tokens"),
        ("an effort that is none", "/output_config/effort", json!("minimal"), "output_config.effort"),
        ("thinking without its budget", "/thinking/type", json!("enabled"), "thinking.budget_tokens"),
        ("an unknown role", "/messages/0/role", json!("tool"), "messages[0]"),
        ("a block of another API", "/messages/0/content/0/type", json!("input_text"), "messages[0].content[0]"),
        ("a thought without its signature", "/messages/1/content/0/signature", Value::Null, "content[0].signature"),
        ("an input as text", "/messages/1/content/1/input", json!("{}"), "content[1].input"),
        (
            "a field in a nested block",
            "/messages/2/content/0/content/0/detail",
            json!("auto"),
            "content[0].content[0].detail",
        ),
        (
            "an unknown image",
            "/messages/2/content/0/content/0/source/media_type",
            json!("image/bmp"),
            "source.media_type",
        ),
        ("an error as text", "/messages/2/content/0/is_error", json!("no"), "content[0].is_error"),
        ("a tool without a schema", "/tools/0/input_schema", Value::Null, "tools[0].input_schema"),
        ("a cache of another kind", "/system/0/cache_control/type", json!("forever"), "system[0].cache_control"),
    ];
    refuses("messages", "/v1/messages", &good, &broken);
}

#[test]
fn googles_types_refuse_broken_gemini() {
    let good = json!({
        "systemInstruction": { "parts": [{ "text": "Be brief." }] },
        "tools": [{ "functionDeclarations": [
            { "name": "read", "description": "", "parametersJsonSchema": { "type": "object", "properties": { "path": { "type": "string" } } } },
        ] }],
        "toolConfig": { "functionCallingConfig": { "mode": "AUTO" } },
        "generationConfig": { "maxOutputTokens": 1000, "thinkingConfig": { "includeThoughts": true, "thinkingLevel": "HIGH" } },
        "contents": [
            { "role": "user", "parts": [{ "text": "Look." }, { "inlineData": { "mimeType": "image/png", "data": "AA==" } }] },
            { "role": "model", "parts": [
                { "text": "Hm.", "thought": true },
                { "functionCall": { "id": "c1", "name": "read", "args": { "path": "a" } }, "thoughtSignature": "AA==" },
            ] },
            { "role": "user", "parts": [{ "functionResponse": { "id": "c1", "name": "read", "response": { "output": "one" } } }] },
        ],
    });
    let broken: [Broken; 15] = [
        ("an unknown field", "/messages", json!([]), "messages"),
        ("no contents", "/contents", Value::Null, "contents"),
        ("Python's spelling", "/generationConfig/max_output_tokens", json!(5), "generationConfig.max_output_tokens"),
        ("tokens as text", "/generationConfig/maxOutputTokens", json!("5"), "maxOutputTokens"),
        ("an unknown level", "/generationConfig/thinkingConfig/thinkingLevel", json!("extreme"), "thinkingLevel"),
        ("a budget as text", "/generationConfig/thinkingConfig/thinkingBudget", json!("5"), "thinkingBudget"),
        ("another vendor's role", "/contents/1/role", json!("assistant"), "contents[1].role"),
        ("a content without parts", "/contents/0/parts", json!([]), "contents[0].parts"),
        ("a part of two kinds", "/contents/0/parts/0/functionCall", json!({ "name": "x" }), "contents[0].parts[0]"),
        ("a field in a part", "/contents/0/parts/0/type", json!("text"), "contents[0].parts[0].type"),
        ("an image that is no base64", "/contents/0/parts/1/inlineData/data", json!("%"), "inlineData.data"),
        ("a signature that is no base64", "/contents/1/parts/1/thoughtSignature", json!("a b"), "thoughtSignature"),
        ("arguments as text", "/contents/1/parts/1/functionCall/args", json!("{}"), "functionCall.args"),
        (
            "a response as text",
            "/contents/2/parts/0/functionResponse/response",
            json!("one"),
            "functionResponse.response",
        ),
        ("an unknown mode", "/toolConfig/functionCallingConfig/mode", json!("ALWAYS"), "functionCallingConfig.mode"),
    ];
    refuses("gemini", "/v1beta/models/gemini-4-pro:streamGenerateContent?alt=sse", &good, &broken);
}

#[test]
fn botocore_refuses_broken_converse() {
    let good = json!({
        "system": [{ "text": "Be brief." }, { "cachePoint": { "type": "default" } }],
        "inferenceConfig": { "maxTokens": 1000 },
        "toolConfig": { "tools": [
            { "toolSpec": { "name": "read", "description": "Reads.", "inputSchema": { "json": { "type": "object" } } } },
            { "cachePoint": { "type": "default" } },
        ], "toolChoice": { "auto": {} } },
        "additionalModelRequestFields": { "thinking": { "type": "adaptive" } },
        "messages": [
            { "role": "user", "content": [{ "text": "Look." }, { "image": { "format": "png", "source": { "bytes": "AA==" } } }] },
            { "role": "assistant", "content": [
                { "reasoningContent": { "reasoningText": { "text": "Hm.", "signature": "x" } } },
                { "toolUse": { "toolUseId": "tooluse_1", "name": "read", "input": { "path": "a" } } },
            ] },
            { "role": "user", "content": [
                { "toolResult": { "toolUseId": "tooluse_1", "content": [{ "text": "one" }], "status": "success" } },
            ] },
        ],
    });
    let broken: [Broken; 15] = [
        ("an unknown field", "/max_tokens", json!(5), "max_tokens"),
        ("the model in the body", "/modelId", json!("x"), "modelId"),
        ("no limit above nothing", "/inferenceConfig/maxTokens", json!(0), "maxTokens"),
        ("a limit as text", "/inferenceConfig/maxTokens", json!("5"), "maxTokens"),
        ("an unknown role", "/messages/0/role", json!("tool"), "messages[0].role"),
        ("another vendor's tag", "/messages/0/content/0/type", json!("text"), "messages[0].content[0].type"),
        ("a block of two kinds", "/messages/0/content/0/cachePoint", json!({ "type": "default" }), "tagged union"),
        ("a block of no kind", "/messages/0/content/0", json!({}), "tagged union"),
        ("a media type for a format", "/messages/0/content/1/image/format", json!("image/png"), "image.format"),
        ("an image that is no base64", "/messages/0/content/1/image/source/bytes", json!("%"), "source.bytes"),
        ("a call's id with a space", "/messages/1/content/1/toolUse/toolUseId", json!("a b"), "toolUse.toolUseId"),
        ("a call's name with a dot", "/messages/1/content/1/toolUse/name", json!("a.b"), "toolUse.name"),
        ("a result of no call", "/messages/2/content/0/toolResult/toolUseId", Value::Null, "toolUseId"),
        ("an unknown status", "/messages/2/content/0/toolResult/status", json!("failed"), "toolResult.status"),
        ("an empty description", "/toolConfig/tools/0/toolSpec/description", json!(""), "description"),
    ];
    refuses("converse", "/model/anthropic.claude-sonnet-5-v1%3A0/converse-stream", &good, &broken);
}

#[test]
fn botocore_refuses_a_model_that_is_not_quoted_as_it_would() {
    let Some(python) = Python::find() else { return };
    let text = json!({ "messages": [{ "role": "user", "content": [{ "text": "Hi." }] }] }).to_string();
    let body = |path: &str| Body { name: path.into(), path: path.into(), text: text.clone() };
    let arn = "arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Ainference-profile%2Fus.anthropic.claude-sonnet-5";
    let paths = [
        format!("/model/{arn}/converse-stream"),
        "/model/anthropic.claude-v1:0/converse-stream".to_owned(),
        "/model/anthropic.claude/converse".to_owned(),
    ];
    let bodies: Vec<Body> = paths.iter().map(|path| body(path)).collect();
    let verdicts = python.judge("converse", &bodies);
    assert_eq!(verdicts[0], None);
    assert!(verdicts[1].as_deref().is_some_and(|why| why.contains("claude-v1%3A0")), "{verdicts:?}");
    assert!(verdicts[2].as_deref().is_some_and(|why| why.contains("converse-stream")), "{verdicts:?}");
}

#[test]
fn opentelemetrys_types_refuse_broken_traces() {
    let span = json!({
        "traceId": "5b8efff798038103d269b633813fc60c", "spanId": "eee19b7ec3c1b174", "name": "invoke_agent agent", "kind": 1,
        "startTimeUnixNano": "1763719200000000000", "endTimeUnixNano": "1763719201000000000",
        "attributes": [
            { "key": "gen_ai.operation.name", "value": { "stringValue": "invoke_agent" } },
            { "key": "gen_ai.usage.input_tokens", "value": { "intValue": "12" } },
            { "key": "agent.cost_usd", "value": { "doubleValue": 0.5 } },
        ],
        "status": { "code": 2, "message": "no" },
    });
    let good = json!({ "resourceSpans": [{
        "resource": { "attributes": [{ "key": "service.name", "value": { "stringValue": "agent" } }] },
        "scopeSpans": [{ "scope": { "name": "agent" }, "spans": [span] }],
    }] });
    macro_rules! at {
        ($rest:literal) => {
            concat!("/resourceSpans/0/scopeSpans/0/spans/0", $rest)
        };
    }
    let broken: [Broken; 14] = [
        ("an unknown field", at!("/color"), json!("red"), "color"),
        ("an id in base64", at!("/traceId"), json!("W47/95gDgQPSabYzgT/GDA=="), "traceId is no hex"),
        ("half an id", at!("/spanId"), json!("eee19b7e"), "has not 8 bytes"),
        ("an id of zeros", at!("/spanId"), json!("0000000000000000"), "only zeros"),
        ("an enum as text", at!("/kind"), json!("SPAN_KIND_CLIENT"), "kind is an enum"),
        ("no kind", at!("/kind"), json!(0), "known kind"),
        ("a time as a number", at!("/startTimeUnixNano"), json!(1_763_719_200_000_000_000_u64), "64 bits"),
        ("an end before the beginning", at!("/endTimeUnixNano"), json!("1"), "ends before"),
        ("a number that is none", at!("/attributes/1/value/intValue"), json!("twelve"), "twelve"),
        ("a value of no kind", at!("/attributes/0/value/textValue"), json!("x"), "textValue"),
        ("an attribute twice", at!("/attributes/1/key"), json!("gen_ai.operation.name"), "twice"),
        ("an unknown status", at!("/status/code"), json!("ERROR"), "code is an enum"),
        ("a parent that is not there", at!("/parentSpanId"), json!("eee19b7ec3c1b175"), "parent"),
        ("no name", at!("/name"), Value::Null, "lacks"),
    ];
    refuses("otlp", "/v1/traces", &good, &broken);
}

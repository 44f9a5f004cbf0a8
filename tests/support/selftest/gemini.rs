//! The Gemini wire: its stream in full, bodies it refuses, and answers that come back.

use serde_json::{Value, json};

use super::super::reply::{Reply, Say, Step, TokenUse, Wire};
use super::super::server::Server;
use super::{Client, assert_accepted, assert_refusal, assert_refused, with};

const WIRE: Wire = Wire::Gemini;

fn body() -> Value {
    json!({
        "systemInstruction": { "parts": [{ "text": "Be brief." }] },
        "tools": [{ "functionDeclarations": [
            { "name": "read", "description": "Reads.", "parametersJsonSchema": {
                "type": "object", "properties": { "path": { "type": "string" } }, "additionalProperties": false,
            } },
            { "name": "write", "description": "Writes.", "parameters": { "type": "OBJECT" } },
        ] }],
        "toolConfig": { "functionCallingConfig": { "mode": "AUTO" } },
        "generationConfig": { "maxOutputTokens": 4000, "thinkingConfig": { "includeThoughts": true, "thinkingLevel": "LOW" } },
        "contents": [
            { "role": "user", "parts": [
                { "text": "Look." }, { "inlineData": { "mimeType": "image/png", "data": "iVBORw==" } },
            ] },
            { "role": "model", "parts": [
                { "text": "I look." },
                {
                    "functionCall": { "id": "a", "name": "read", "args": {} },
                    "thoughtSignature": "skip_thought_signature_validator",
                },
                { "functionCall": { "id": "b", "name": "write", "args": {} } },
            ] },
            { "role": "user", "parts": [
                { "functionResponse": { "id": "b", "name": "write", "response": { "output": "two" } } },
                { "functionResponse": {
                    "id": "a", "name": "read", "response": { "error": "one" },
                    "parts": [{ "inlineData": { "mimeType": "image/png", "data": "iVBORw==" } }],
                } },
                { "text": "And?" },
            ] },
        ],
    })
}

#[test]
fn good_bodies_are_accepted() {
    assert_accepted(WIRE, &body());
    let short = json!({ "contents": [{ "role": "user", "parts": [{ "text": "x" }] }] });
    assert_accepted(WIRE, &short);
    let budget = json!({ "thinkingConfig": { "includeThoughts": false, "thinkingBudget": 0 } });
    assert_accepted(WIRE, &with(&short, "/generationConfig", budget));
    assert_accepted(WIRE, &with(&body(), "/contents/1/parts/1/thoughtSignature", Value::Null));
}

#[test]
fn broken_bodies_are_refused() {
    let part = |name: &str| json!({ "functionResponse": { "id": name, "name": "read", "response": {} } });
    let cases: Vec<(&str, &str, Value)> = vec![
        ("Unknown name \"model\"", "/model", json!("m")),
        ("Unknown name \"stream\"", "/stream", json!(true)),
        ("Unknown name \"id\" at 'contents[0].parts[0]'", "/contents/0/parts/0/id", json!("x")),
        ("Unknown name \"detail\"", "/contents/0/parts/1/inlineData/detail", json!("low")),
        ("Unknown name \"isError\"", "/contents/2/parts/0/functionResponse/isError", json!(true)),
        ("Unknown name \"strict\"", "/tools/0/functionDeclarations/0/strict", json!(true)),
        ("Unknown name \"max_tokens\"", "/generationConfig/max_tokens", json!(1)),
        ("contents is required", "/contents", Value::Null),
        ("Invalid value at 'contents'", "/contents", json!([])),
        ("Invalid value at 'contents[0].role'", "/contents/0/role", json!("assistant")),
        ("alternate", "/contents/0", Value::Null),
        ("alternate", "/contents/1/role", json!("user")),
        ("end with a user role", "/contents/2", Value::Null),
        ("Invalid value at 'contents[0].parts'", "/contents/0/parts", json!([])),
        ("must have a text parameter", "/contents/0/parts/0/text", json!("")),
        ("exactly one initialized field", "/contents/0/parts/0", json!({})),
        ("exactly one initialized field", "/contents/0/parts/1/text", json!("x")),
        ("not permitted", "/contents/0/parts/0/thoughtSignature", json!("x")),
        (
            "not permitted",
            "/contents/1/parts/0",
            json!({ "inlineData": { "mimeType": "image/png", "data": "iVBORw==" } }),
        ),
        ("mimeType", "/contents/0/parts/1/inlineData/mimeType", json!("image/gif")),
        ("base64", "/contents/0/parts/1/inlineData/data", json!("not base64!")),
        (
            "Invalid value at 'contents[1].parts[1].functionCall.args'",
            "/contents/1/parts/1/functionCall/args",
            json!("{}"),
        ),
        ("functionCall.name", "/contents/1/parts/1/functionCall/name", json!("run it")),
        ("number of function response parts", "/contents/2/parts/0", Value::Null),
        ("number of function response parts", "/contents/2/parts/-", part("c")),
        ("does not match a function call", "/contents/2/parts/1/functionResponse/id", json!("c")),
        ("must be that of its function call", "/contents/2/parts/1/functionResponse/name", json!("write")),
        ("comes immediately after", "/contents/2/parts", json!([part("a"), { "text": "x" }, part("b")])),
        ("Duplicate function call ids", "/contents/1/parts/2/functionCall/id", json!("a")),
        ("Corrupted thought signature", "/contents/1/parts/1/thoughtSignature", json!("Zm9v")),
        ("Corrupted thought signature", "/contents/1/parts/0/thoughtSignature", json!("Zm9v")),
        ("only one of thinking budget", "/generationConfig/thinkingConfig/thinkingBudget", json!(5)),
        ("thinkingLevel", "/generationConfig/thinkingConfig/thinkingLevel", json!("low")),
        ("without function_declarations", "/tools", Value::Null),
        ("unique", "/tools/0/functionDeclarations/1/name", json!("read")),
        ("mutually exclusive", "/tools/0/functionDeclarations/0/parameters", json!({ "type": "OBJECT" })),
        ("Unknown name \"$schema\"", "/tools/0/functionDeclarations/0/parametersJsonSchema/$schema", json!("x")),
        (
            "Unknown name \"additionalProperties\"",
            "/tools/0/functionDeclarations/1/parameters/additionalProperties",
            json!(false),
        ),
        (
            "only allowed for STRING type",
            "/tools/0/functionDeclarations/0/parametersJsonSchema/properties/path",
            json!({ "enum": ["a"] }),
        ),
        (
            "Unknown name \"const\"",
            "/tools/0/functionDeclarations/0/parametersJsonSchema/properties/path/const",
            json!("x"),
        ),
    ];
    for (why, pointer, value) in cases {
        assert_refused(WIRE, why, &with(&body(), pointer, value));
    }
}

fn thoughtful() -> Reply {
    Reply::default().think("Erst prüfen…").and_text("Ich prüfe.").and_call("read", json!({ "path": "ä.txt" }))
}

/// The parts of an answer as a client keeps them.
fn parts(events: &[Value]) -> Vec<Value> {
    events
        .iter()
        .flat_map(|event| super::super::shape::list(&event["candidates"][0]["content"], "parts"))
        .cloned()
        .collect()
}

#[test]
fn signatures_come_back_only_as_they_were() {
    let server = Server::start(
        WIRE,
        vec![Step::Reply(thoughtful()), Step::Reply(Reply::text("ok")), Step::Reply(Reply::text("ok"))],
    );
    let mut client = Client::connect(&server);
    let first = json!({ "contents": [{ "role": "user", "parts": [{ "text": "x" }] }] });
    let said = parts(&client.ask(&first).events());
    let call = said.iter().position(|part| part.get("functionCall").is_some()).expect("a call");
    assert_eq!(said[call]["functionCall"]["args"], json!({ "path": "ä.txt" }));
    assert!(said[call]["thoughtSignature"].is_string());
    let result = json!({ "functionResponse": { "id": said[call]["functionCall"]["id"], "name": "read", "response": { "output": "" } } });
    let second = json!({ "contents": [
        first["contents"][0], { "role": "model", "parts": said }, { "role": "user", "parts": [result] },
    ] });
    assert_eq!(client.ask(&second).code, 200);
    let place = format!("/contents/1/parts/{call}/thoughtSignature");
    for (why, value) in [
        ("is missing a thought_signature", Value::Null),
        ("Corrupted", json!("skip_thought_signature_validator")),
        ("Corrupted", json!("Zm9v")),
    ] {
        assert_refusal(WIRE, why, &client.ask(&with(&second, &place, value)));
    }
}

#[test]
fn the_stream_is_written_as_published() {
    let usage = TokenUse { input: 100, cached: 60, cache_written: 0, output: 20, reasoning: 5 };
    let reply = Reply::default().think("a").and_text("b").usage(usage);
    let stream = Server::render(WIRE, &reply, 3);
    let events: Vec<Value> = stream
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .map(|data| serde_json::from_str(data).expect("JSON"))
        .collect();
    assert_eq!(events.len(), 3);
    assert_eq!(
        events[0]["candidates"][0]["content"],
        json!({ "role": "model", "parts": [{ "text": "a", "thought": true }] })
    );
    assert_eq!(events[1]["candidates"][0].get("finishReason"), None);
    assert_eq!(events[2]["candidates"][0]["finishReason"], "STOP");
    assert_eq!(events[2]["candidates"][0]["content"]["parts"][0]["text"], "");
    assert_eq!(
        events[2]["usageMetadata"],
        json!({ "promptTokenCount": 100, "cachedContentTokenCount": 60, "candidatesTokenCount": 15, "thoughtsTokenCount": 5, "totalTokenCount": 120 })
    );
    let refused = Server::render(WIRE, &Reply::default().and(Say::Refuse("No.".into())), 0);
    assert!(
        refused.contains("\"finishReason\":\"SAFETY\"") && refused.contains("\"finishMessage\":\"No.\""),
        "{refused}"
    );
}

#[test]
fn an_error_comes_after_the_last_delta() {
    let step =
        Step::ErrorInStream { reply_prefix: Reply::text("abc"), kind: "UNAVAILABLE".into(), message: "Busy.".into() };
    let server = Server::start(WIRE, vec![step]);
    let events =
        Client::connect(&server).ask(&json!({ "contents": [{ "role": "user", "parts": [{ "text": "x" }] }] })).events();
    assert_eq!(
        events.last().expect("an error")["error"],
        json!({ "code": 503, "message": "Busy.", "status": "UNAVAILABLE" })
    );
    assert_eq!(events.len(), 2);
}

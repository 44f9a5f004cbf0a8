//! The Chat wire: its stream in full, bodies it refuses, and answers that come back.

use serde_json::{Value, json};

use super::super::reply::{Reply, Say, Step, Wire};
use super::super::server::Server;
use super::{Client, assert_accepted, assert_refusal, assert_refused, with};

const WIRE: Wire = Wire::Chat;

fn body() -> Value {
    json!({
        "model": "test-model", "stream": true, "stream_options": { "include_usage": true },
        "max_completion_tokens": 1000, "reasoning_effort": "low", "tool_choice": "auto",
        "tools": [{ "type": "function", "function": {
            "name": "read", "description": "Reads.", "strict": true,
            "parameters": {
                "type": "object", "required": ["path"], "additionalProperties": false,
                "properties": { "path": { "type": "string" } },
            },
        } }],
        "messages": [
            { "role": "system", "content": "Be brief." },
            { "role": "user", "content": [
                { "type": "text", "text": "Look." },
                { "type": "image_url", "image_url": { "url": "https://example.com/a.png", "detail": "low" } },
            ] },
            { "role": "assistant", "content": null, "tool_calls": [
                { "id": "call_1", "type": "function", "function": { "name": "read", "arguments": "{}" } },
                { "id": "call_2", "type": "function", "function": { "name": "read", "arguments": "{}" } },
            ] },
            { "role": "tool", "tool_call_id": "call_2", "content": "two" },
            { "role": "tool", "tool_call_id": "call_1", "content": [{ "type": "text", "text": "one" }] },
            { "role": "assistant", "content": "Fine." },
            { "role": "user", "content": "Thanks." },
        ],
    })
}

#[test]
fn good_bodies_are_accepted() {
    assert_accepted(WIRE, &body());
    let short = json!({ "model": "m", "stream": true, "messages": [{ "role": "user", "content": "x" }] });
    assert_accepted(WIRE, &short);
    assert_accepted(WIRE, &with(&short, "/stop", json!(["a", "b"])));
    assert_accepted(WIRE, &with(&short, "/response_format", json!({ "type": "json_object" })));
}

#[test]
fn broken_bodies_are_refused() {
    let cases: Vec<(&str, &str, Value)> = vec![
        ("Missing required parameter: 'model'", "/model", Value::Null),
        ("Invalid type for 'model'", "/model", json!(7)),
        ("must be true", "/stream", json!(false)),
        ("Unknown parameter: 'input'", "/input", json!("x")),
        ("Unknown parameter: 'stream_options.usage'", "/stream_options/usage", json!(true)),
        ("Unknown parameter: 'tools[0].name'", "/tools/0/name", json!("read")),
        ("Unknown parameter: 'messages[1].content[0].cache_control'", "/messages/1/content/0/cache_control", json!({})),
        (
            "Unknown parameter: 'messages[2].tool_calls[0].function.id'",
            "/messages/2/tool_calls/0/function/id",
            json!("x"),
        ),
        ("Unknown parameter: 'messages[3].name'", "/messages/3/name", json!("read")),
        ("at the same time", "/max_tokens", json!(100)),
        ("empty array", "/messages", json!([])),
        ("empty array", "/tools", json!([])),
        ("only allowed when 'tools'", "/tools", Value::Null),
        ("pattern", "/tools/0/function/name", json!("a.b")),
        ("type: \"object\"", "/tools/0/function/parameters/type", json!("array")),
        ("Missing 'path'", "/tools/0/function/parameters/required", json!([])),
        ("unique", "/tools/-", body()["tools"][0].clone()),
        ("Supported values", "/messages/0/role", json!("critic")),
        ("Supported values", "/messages/1/content/0/type", json!("input_text")),
        ("valid URL", "/messages/1/content/1/image_url/url", json!("file.png")),
        ("valid JSON", "/messages/2/tool_calls/0/function/arguments", json!("{\"a\":")),
        ("valid JSON", "/messages/2/tool_calls/0/function/arguments", json!("")),
        ("did not have response messages: call_2", "/messages/3", Value::Null),
        ("did not have response messages: call_1", "/messages/4", Value::Null),
        ("must be a response to a preceding message", "/messages/2", Value::Null),
        ("must be a response to a preceding message", "/messages/4/tool_call_id", json!("call_2")),
        ("must be a response", "/messages/-", json!({ "role": "tool", "tool_call_id": "call_1", "content": "x" })),
        (
            "did not have response",
            "/messages/-",
            json!({ "role": "assistant", "tool_calls": [
            { "id": "call_3", "type": "function", "function": { "name": "read", "arguments": "{}" } },
        ] }),
        ),
        ("Duplicate tool call ids", "/messages/2/tool_calls/1/id", json!("call_1")),
        ("empty array", "/messages/2/tool_calls", json!([])),
        ("either 'content' or 'tool_calls'", "/messages/5/content", Value::Null),
        ("not reasoning that this server has sent", "/messages/5/reasoning_content", json!("Hm.")),
        ("Supported values", "/reasoning_effort", json!("huge")),
        ("at most 4", "/stop", json!(["a", "b", "c", "d", "e"])),
        ("from 0 to 2", "/temperature", json!(3)),
    ];
    for (why, pointer, value) in cases {
        assert_refused(WIRE, why, &with(&body(), pointer, value));
    }
}

#[test]
fn reasoning_comes_back_only_as_it_was() {
    let steps = vec![Step::Reply(Reply::default().think("One, ").think("two.").and_text("Two.")); 3];
    let server = Server::start(WIRE, steps);
    let mut client = Client::connect(&server);
    client.ask(&body());
    assert_eq!(client.ask(&with(&body(), "/messages/5/reasoning_content", json!("One, two."))).code, 200);
    let changed = client.ask(&with(&body(), "/messages/5/reasoning_content", json!("One, two")));
    assert_refusal(WIRE, "not reasoning that this server has sent", &changed);
}

#[test]
fn a_stream_has_every_chunk_in_order() {
    let reply = Reply::default()
        .think("Denke nach…")
        .and_text("Ich prüfe das jetzt.")
        .and_call("read", json!({ "path": "ä/ö/ü.txt" }))
        .and(Say::RawCall { name: "read".into(), arguments: "{\"path\": ".into() })
        .and(Say::Custom { name: "patch".into(), input: "+ x".into() });
    let server = Server::start(WIRE, vec![Step::Reply(reply.clone())]);
    let answer = Client::connect(&server).ask(&body());
    assert_eq!(answer.body, Server::render(WIRE, &reply, 0));
    let events = answer.events();
    let (chunks, tail) = events.split_at(events.len() - 2);
    assert_eq!(tail[1], "[DONE]");
    assert_eq!(tail[0]["choices"], json!([]));
    assert_eq!(tail[0]["usage"]["total_tokens"], 120);
    assert_eq!(chunks[0]["choices"][0]["delta"]["role"], "assistant");
    assert!(chunks.iter().all(|chunk| chunk["object"] == "chat.completion.chunk" && chunk["usage"].is_null()));
    let joined = |pointer: &str| -> String {
        chunks.iter().filter_map(|chunk| chunk.pointer(&format!("/choices/0/delta{pointer}"))?.as_str()).collect()
    };
    assert_eq!(joined("/reasoning_content"), "Denke nach…");
    assert_eq!(joined("/content"), "Ich prüfe das jetzt.");
    let deltas: Vec<&Value> =
        chunks.iter().filter_map(|chunk| chunk.pointer("/choices/0/delta/tool_calls/0")).collect();
    let arguments = |index: usize| -> String {
        let mine = deltas.iter().filter(|delta| delta["index"] == index);
        mine.map(|delta| delta["function"]["arguments"].as_str().expect("a piece")).collect()
    };
    assert_eq!(arguments(0), r#"{"path":"ä/ö/ü.txt"}"#);
    assert_eq!(arguments(1), "{\"path\": ");
    assert_eq!(arguments(2), r#"{"input":"+ x"}"#);
    assert_eq!((&deltas[0]["id"], &deltas[0]["function"]["name"]), (&json!("call_lab0000x00"), &json!("read")));
    assert!(deltas[1].get("id").is_none());
    assert_eq!(chunks.last().expect("chunks")["choices"][0]["finish_reason"], "tool_calls");
}

#[test]
fn usage_comes_only_on_demand() {
    let server = Server::start(WIRE, vec![Step::Reply(Reply::default().and(Say::Refuse("Never.".into())))]);
    let answer = Client::connect(&server).ask(&with(&body(), "/stream_options", Value::Null));
    assert!(!answer.body.contains("usage"));
    assert!(answer.body.contains(r#""refusal":"Never.""#));
    assert_eq!(answer.events()[answer.events().len() - 2]["choices"][0]["finish_reason"], "stop");
}

#[test]
fn an_error_takes_the_place_of_the_ending() {
    let step = Step::ErrorInStream {
        reply_prefix: Reply::text("Some"),
        kind: "server_error".to_owned(),
        message: "Oh.".to_owned(),
    };
    let events = Client::connect(&Server::start(WIRE, vec![step])).ask(&body()).events();
    assert_eq!(events[1]["choices"][0]["delta"]["content"], "Some");
    assert_eq!(events[2]["error"]["message"], "Oh.");
    assert_eq!(events.len(), 3);
}

//! The Messages wire: its stream in full, bodies it refuses, and answers that come back.

use serde_json::{Value, json};

use super::super::reply::{Reply, Say, Step, TokenUse, Wire};
use super::super::server::Server;
use super::{Client, assert_accepted, assert_refusal, assert_refused, with};

const WIRE: Wire = Wire::Messages;

fn body() -> Value {
    json!({
        "model": "test-model", "max_tokens": 4000, "stream": true,
        "system": [{ "type": "text", "text": "Be brief.", "cache_control": { "type": "ephemeral", "ttl": "1h" } }],
        "thinking": { "type": "enabled", "budget_tokens": 2000 },
        "output_config": { "effort": "low" },
        "tools": [
            { "name": "read", "description": "Reads.", "input_schema": { "type": "object", "properties": {} } },
            {
                "name": "write", "input_schema": { "type": "object" },
                "cache_control": { "type": "ephemeral", "ttl": "1h" },
            },
        ],
        "tool_choice": { "type": "auto" },
        "messages": [
            { "role": "user", "content": [
                { "type": "text", "text": "Look." },
                { "type": "image", "source": { "type": "base64", "media_type": "image/png", "data": "iVBORw==" } },
                { "type": "image", "source": { "type": "url", "url": "https://example.com/a.png" } },
            ] },
            { "role": "assistant", "content": [
                { "type": "text", "text": "I look." },
                { "type": "tool_use", "id": "toolu_1", "name": "read", "input": { "cache_control": { "ttl": 1 } } },
                { "type": "tool_use", "id": "toolu_2", "name": "read", "input": {} },
            ] },
            { "role": "user", "content": [
                { "type": "tool_result", "tool_use_id": "toolu_2", "content": "two", "is_error": true },
                { "type": "tool_result", "tool_use_id": "toolu_1", "content": [{ "type": "text", "text": "one" }] },
                { "type": "text", "text": "And?", "cache_control": { "type": "ephemeral" } },
            ] },
        ],
    })
}

#[test]
fn good_bodies_are_accepted() {
    assert_accepted(WIRE, &body());
    let short =
        json!({ "model": "m", "max_tokens": 1, "stream": true, "messages": [{ "role": "user", "content": "x" }] });
    assert_accepted(WIRE, &short);
    assert_accepted(WIRE, &with(&short, "/temperature", json!(1)));
    assert_accepted(WIRE, &with(&short, "/thinking", json!({ "type": "adaptive", "display": "summarized" })));
    assert_accepted(WIRE, &with(&body(), "/messages/2/content/0/content", Value::Null));
    assert_accepted(WIRE, &with(&short, "/messages/-", json!({ "role": "assistant", "content": "So" })));
}

#[test]
fn broken_bodies_are_refused() {
    let mark = json!({ "type": "ephemeral" });
    let cases: Vec<(&str, &str, Value)> = vec![
        ("model: Field required", "/model", Value::Null),
        ("max_tokens: Field required", "/max_tokens", Value::Null),
        (">= 1", "/max_tokens", json!(0)),
        ("must be true", "/stream", json!(false)),
        ("instructions: Extra inputs are not permitted", "/instructions", json!("x")),
        ("messages.0.content.0.id: Extra inputs", "/messages/0/content/0/id", json!("x")),
        ("messages.0.content.1.source.detail: Extra inputs", "/messages/0/content/1/source/detail", json!("low")),
        ("tools.0.parameters: Extra inputs", "/tools/0/parameters", json!({})),
        ("system.0.cache_control.scope: Extra inputs", "/system/0/cache_control/scope", json!("all")),
        ("empty array", "/messages", json!([])),
        ("first message must use the \"user\" role", "/messages/0", Value::Null),
        ("Input should be 'user', 'assistant'", "/messages/0/role", json!("system")),
        ("non-empty content", "/messages/0/content", json!([])),
        ("non-empty content", "/messages/0/content", json!("")),
        ("must be non-empty", "/messages/0/content/0/text", json!("")),
        ("must be non-empty", "/messages/2/content/1/content/0/text", json!("")),
        ("must be non-empty", "/system/0/text", json!("")),
        ("media_type: Input should be 'image/jpeg'", "/messages/0/content/1/source/media_type", json!("image/bmp")),
        ("base64", "/messages/0/content/1/source/data", json!("not base64!")),
        (
            "not permitted in messages of this role",
            "/messages/1/content/0",
            body()["messages"][0]["content"][1].clone(),
        ),
        ("pattern", "/messages/1/content/1/id", json!("toolu 1")),
        ("valid object", "/messages/1/content/1/input", json!("{}")),
        ("must be unique", "/messages/1/content/2/id", json!("toolu_1")),
        ("without `tool_result` blocks immediately after: toolu_2", "/messages/2/content/0", Value::Null),
        ("without `tool_result` blocks immediately after: toolu_1, toolu_2", "/messages/2", Value::Null),
        ("unexpected `tool_use_id`", "/messages/1/content/1", Value::Null),
        ("multiple `tool_result` blocks with id: toolu_2", "/messages/2/content/1/tool_use_id", json!("toolu_2")),
        (
            "must come before",
            "/messages/2/content",
            json!([
                { "type": "text", "text": "And?" },
                { "type": "tool_result", "tool_use_id": "toolu_1" },
                { "type": "tool_result", "tool_use_id": "toolu_2" },
            ]),
        ),
        ("must be type \"text\"", "/messages/2/content/1/is_error", json!(true)),
        ("cannot end with trailing whitespace", "/messages/-", json!({ "role": "assistant", "content": "So " })),
        (
            "Invalid `signature`",
            "/messages/1/content/0",
            json!({ "type": "thinking", "thinking": "x", "signature": "y" }),
        ),
        ("thinking.budget_tokens", "/thinking/budget_tokens", json!(4000)),
        (">= 1024", "/thinking/budget_tokens", json!(100)),
        ("thinking.budget_tokens: Extra inputs", "/thinking/type", json!("adaptive")),
        ("temperature", "/temperature", json!(1)),
        ("forces tool use", "/tool_choice", json!({ "type": "any" })),
        ("only be specified while providing tools", "/tools", Value::Null),
        ("unique", "/tools/1/name", json!("read")),
        ("pattern", "/tools/0/name", json!("")),
        ("type: \"object\"", "/tools/0/input_schema/type", Value::Null),
        ("effort: Input should be 'low'", "/output_config/effort", json!("minimal")),
        ("must not come after", "/messages/2/content/2/cache_control", json!({ "type": "ephemeral", "ttl": "1h" })),
    ];
    for (why, pointer, value) in cases {
        let mut body = with(&body(), pointer, value);
        if why == "must not come after" {
            body["messages"][0]["content"][0]["cache_control"] = mark.clone();
        }
        if why == "must be type \"text\"" {
            body["messages"][2]["content"][1]["content"][0] = body["messages"][0]["content"][2].clone();
        }
        assert_refused(WIRE, why, &body);
    }
}

#[test]
fn the_breakpoint_on_top_counts_too() {
    let mark = json!({ "type": "ephemeral" });
    let four = with(&body(), "/messages/0/content/0/cache_control", mark.clone());
    assert_accepted(WIRE, &four);
    let five = with(&four, "/cache_control", mark);
    assert_refused(WIRE, "A maximum of 4 blocks with cache_control may be provided. Found 5.", &five);
}

fn thoughtful() -> Reply {
    Reply::default().think("Erst prüfen…").and_text("Ich prüfe.").and_call("read", json!({ "path": "ä.txt" }))
}

/// The content of an answer, put together from its deltas.
fn content(events: &[Value]) -> Vec<Value> {
    let mut blocks: Vec<Value> = Vec::new();
    let mut input = String::new();
    for event in events {
        let delta = &event["delta"];
        match event["type"].as_str().expect("a type") {
            "content_block_start" => blocks.push(event["content_block"].clone()),
            "content_block_delta" => {
                let block = blocks.last_mut().expect("a block has begun");
                if let Some(piece) = delta["partial_json"].as_str() {
                    input.push_str(piece);
                }
                for field in ["text", "thinking", "signature"] {
                    if let Some(piece) = delta[field].as_str() {
                        block[field] = json!(format!("{}{piece}", block[field].as_str().expect("a string")));
                    }
                }
            }
            "content_block_stop" if !input.is_empty() => {
                let block = blocks.last_mut().expect("a block has begun");
                block["input"] = serde_json::from_str(&std::mem::take(&mut input)).expect("a whole input");
            }
            _ => {}
        }
    }
    blocks
}

#[test]
fn thinking_comes_back_only_as_it_was() {
    let steps = |count| vec![Step::Reply(thoughtful()); count];
    let server = Server::start(WIRE, steps(3));
    let mut client = Client::connect(&server);
    let blocks = content(&client.ask(&body()).events());
    assert_eq!(blocks[2]["input"], json!({ "path": "ä.txt" }));
    let mut second = with(&body(), "/messages/1/content", json!(blocks));
    second["messages"][2]["content"] = json!([{ "type": "tool_result", "tool_use_id": blocks[2]["id"] }]);
    assert_eq!(client.ask(&second).code, 200);
    let changed = client.ask(&with(&second, "/messages/1/content/0/thinking", json!("Erst prüfen")));
    assert_refusal(WIRE, "messages.1.content.0: Invalid `signature`", &changed);
    let without = with(&second, "/messages/1/content/0", Value::Null);
    assert_refusal(WIRE, "Expected `thinking` or `redacted_thinking`, but found `text`", &client.ask(&without));
    let calm = with(&without, "/thinking", json!({ "type": "disabled" }));
    assert_eq!(client.ask(&calm).code, 200);

    let next = Server::start(WIRE, steps(1));
    assert_refusal(WIRE, "Invalid `signature`", &Client::connect(&next).ask(&second));
    next.adopt(&server);
    assert_eq!(Client::connect(&next).ask(&second).code, 200);
}

#[test]
fn omitted_thinking_is_signed_all_the_same() {
    let server = Server::start(WIRE, vec![Step::Reply(thoughtful()); 2]);
    let mut client = Client::connect(&server);
    let quiet = with(&body(), "/thinking", json!({ "type": "adaptive", "display": "omitted" }));
    let blocks = content(&client.ask(&quiet).events());
    assert_eq!(blocks[0]["thinking"], "");
    let mut second = with(&quiet, "/messages/1/content", json!(blocks));
    second["messages"][2]["content"] = json!([{ "type": "tool_result", "tool_use_id": blocks[2]["id"] }]);
    assert_eq!(client.ask(&second).code, 200);
}

#[test]
fn a_stream_has_every_event_in_order() {
    let usage = TokenUse { input: 50, cached: 30, cache_written: 5, output: 9, reasoning: 4 };
    let reply = thoughtful().and(Say::RawCall { name: "read".into(), arguments: "{\"path".into() });
    let reply = reply.and_call("read", json!({})).usage(usage);
    let server = Server::start(WIRE, vec![Step::Reply(reply.clone())]);
    let answer = Client::connect(&server).ask(&body());
    assert_eq!(answer.body, Server::render(WIRE, &reply, 0));
    let events = answer.events();
    let mut kinds: Vec<&str> = events.iter().map(|event| event["type"].as_str().expect("a type")).collect();
    let names: Vec<&str> = answer.body.lines().filter_map(|line| line.strip_prefix("event: ")).collect();
    assert_eq!(names, kinds);
    kinds.dedup();
    let block = ["content_block_start", "content_block_delta", "content_block_stop"];
    let expected = [&["message_start", "ping"][..], &block.repeat(5), &["message_delta", "message_stop"]].concat();
    assert_eq!(kinds, expected);
    let usage = &events[0]["message"]["usage"];
    assert_eq!((&usage["input_tokens"], &usage["cache_read_input_tokens"]), (&json!(15), &json!(30)));
    let ending = &events[events.len() - 2];
    assert_eq!(ending["delta"]["stop_reason"], "tool_use");
    assert_eq!(ending["usage"]["output_tokens"], 9);
    let signed: Vec<&str> = events.iter().filter_map(|event| event["delta"]["type"].as_str()).collect();
    let last_thought = signed.iter().rposition(|kind| *kind == "thinking_delta").expect("thinking");
    assert_eq!(signed[last_thought + 1], "signature_delta");
    let pieces: Vec<&str> = events.iter().filter_map(|event| event["delta"]["partial_json"].as_str()).collect();
    assert_eq!(pieces, ["", "{\"path\"", ":\"ä.txt", "\"}", "", "{\"path", ""]);
}

#[test]
fn a_refusal_is_a_stop_reason_and_other_reasons_can_be_given() {
    let refusal = Reply::text("Well").and(Say::Refuse("Not this.".into()));
    let steps = vec![Step::Reply(refusal), Step::Reply(Reply::text("Half").stop("max_tokens"))];
    let server = Server::start(WIRE, steps);
    let mut client = Client::connect(&server);
    let events = client.ask(&body()).events();
    let delta = &events[events.len() - 2]["delta"];
    assert_eq!(
        (&delta["stop_reason"], &delta["stop_details"]["explanation"]),
        (&json!("refusal"), &json!("Not this."))
    );
    let events = client.ask(&body()).events();
    assert_eq!(events[events.len() - 2]["delta"]["stop_reason"], "max_tokens");
}

#[test]
fn an_error_takes_the_place_of_the_ending() {
    let step = Step::ErrorInStream {
        reply_prefix: Reply::default(),
        kind: "overloaded_error".to_owned(),
        message: "Overloaded".to_owned(),
    };
    let answer = Client::connect(&Server::start(WIRE, vec![step])).ask(&body());
    let kinds: Vec<Value> = answer.events().iter().map(|event| event["type"].clone()).collect();
    assert_eq!(kinds, ["message_start", "ping", "error"]);
    assert_eq!(answer.events()[2]["error"], json!({ "type": "overloaded_error", "message": "Overloaded" }));
    assert!(answer.body.contains("event: error\n"));
}

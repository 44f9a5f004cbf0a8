//! The Converse wire: its stream in full, bodies it refuses, and answers that come back.

use serde_json::{Value, json};

use super::super::eventstream;
use super::super::reply::{Reply, Say, Step, TokenUse, Wire};
use super::super::server::Server;
use super::{Answer, Client, assert_accepted, assert_refusal, assert_refused, with};

const WIRE: Wire = Wire::Converse;

fn body() -> Value {
    json!({
        "inferenceConfig": { "maxTokens": 4000 },
        "additionalModelRequestFields": { "thinking": { "type": "enabled", "budget_tokens": 2000 } },
        "system": [{ "text": "Be brief." }, { "cachePoint": { "type": "default" } }],
        "toolConfig": { "tools": [
            { "toolSpec": {
                "name": "read", "description": "Reads.",
                "inputSchema": { "json": { "type": "object", "properties": {} } },
            } },
            { "toolSpec": { "name": "write", "inputSchema": { "json": { "type": "object" } } } },
        ] },
        "messages": [
            { "role": "user", "content": [
                { "text": "Look." },
                { "image": { "format": "png", "source": { "bytes": "iVBORw==" } } },
            ] },
            { "role": "assistant", "content": [
                { "text": "I look." },
                { "toolUse": { "toolUseId": "tooluse_1", "name": "read", "input": {} } },
                { "toolUse": { "toolUseId": "tooluse_2", "name": "read", "input": { "cachePoint": 1 } } },
            ] },
            { "role": "user", "content": [
                { "toolResult": { "toolUseId": "tooluse_2", "content": [{ "text": "two" }], "status": "error" } },
                { "toolResult": { "toolUseId": "tooluse_1", "content": [{ "json": {} }] } },
                { "text": "And?" },
                { "cachePoint": { "type": "default" } },
            ] },
        ],
    })
}

/// The payloads of the events.
fn events(answer: &Answer) -> Vec<(String, Value)> {
    let parsed = |text: String| serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text}"));
    eventstream::messages(&answer.bytes).into_iter().map(|(kind, data)| (kind, parsed(data))).collect()
}

#[test]
fn good_bodies_are_accepted() {
    assert_accepted(WIRE, &body());
    let short = json!({ "messages": [{ "role": "user", "content": [{ "text": "x" }] }] });
    assert_accepted(WIRE, &short);
    assert_accepted(WIRE, &with(&short, "/messages/-", json!({ "role": "assistant", "content": [{ "text": "So" }] })));
    let redacted = json!({ "reasoningContent": { "redactedContent": "Zm9v" } });
    assert_accepted(WIRE, &with(&body(), "/messages/1/content/0", redacted));
}

#[test]
fn broken_bodies_are_refused() {
    let thought =
        |signature: &str| json!({ "reasoningContent": { "reasoningText": { "text": "x", "signature": signature } } });
    let mark = json!({ "cachePoint": { "type": "default" } });
    let cases: Vec<(&str, &str, Value)> = vec![
        ("model: Extra inputs", "/model", json!("m")),
        ("messages: Field required", "/messages", Value::Null),
        ("empty array", "/messages", json!([])),
        (">= 1", "/inferenceConfig/maxTokens", json!(0)),
        ("max_tokens: Extra inputs", "/inferenceConfig/max_tokens", json!(1)),
        ("start with a user message", "/messages/0", Value::Null),
        ("'user', 'assistant'", "/messages/0/role", json!("system")),
        ("must alternate", "/messages/1/role", json!("user")),
        ("Input should be 'text', 'image'", "/messages/0/content/0", json!({ "type": "text", "text": "x" })),
        ("Input should be 'text', 'image'", "/messages/0/content/0", json!({})),
        ("content field in the Message object is empty", "/messages/0/content", json!([])),
        ("content field in the Message object is empty", "/messages/0/content", json!([mark])),
        ("is blank", "/messages/0/content/0/text", json!(" \n")),
        ("'png', 'jpeg'", "/messages/0/content/1/image/format", json!("image/png")),
        ("base64", "/messages/0/content/1/image/source/bytes", json!("not base64!")),
        ("Assistant messages cannot contain", "/messages/1/content/0", body()["messages"][0]["content"][1].clone()),
        ("User messages cannot contain", "/messages/0/content/0", body()["messages"][1]["content"][1].clone()),
        ("pattern", "/messages/1/content/1/toolUse/toolUseId", json!("tool 1")),
        ("pattern", "/messages/1/content/1/toolUse/toolUseId", json!("x".repeat(65))),
        ("valid object", "/messages/1/content/1/toolUse/input", json!("{}")),
        ("Extra inputs", "/messages/1/content/1/toolUse/id", json!("x")),
        ("must be unique", "/messages/1/content/2/toolUse/toolUseId", json!("tooluse_1")),
        ("Expected toolResult blocks for the following Ids: tooluse_2", "/messages/2/content/0", Value::Null),
        ("Expected toolResult blocks for the following Ids: tooluse_1, tooluse_2", "/messages/2", Value::Null),
        ("exceeds the number of toolUse blocks", "/messages/1/content/1", Value::Null),
        ("exceeds the number", "/messages/2/content/1/toolResult/toolUseId", json!("tooluse_2")),
        ("'success', 'error'", "/messages/2/content/0/toolResult/status", json!("failed")),
        ("valid array", "/messages/2/content/0/toolResult/content", json!("two")),
        (
            "must be type \"text\"",
            "/messages/2/content/0/toolResult/content/0",
            body()["messages"][0]["content"][1].clone(),
        ),
        (
            "cannot end with trailing whitespace",
            "/messages/-",
            json!({ "role": "assistant", "content": [{ "text": "So " }] }),
        ),
        ("Invalid `signature`", "/messages/1/content/0", thought("y")),
        (
            "Extra inputs",
            "/messages/1/content/0",
            json!({ "reasoningContent": { "reasoningText": { "text": "x", "seal": "" } } }),
        ),
        ("thinking.budget_tokens", "/additionalModelRequestFields/thinking/budget_tokens", json!(4000)),
        ("toolConfig field must be defined", "/toolConfig", Value::Null),
        ("unique", "/toolConfig/tools/1/toolSpec/name", json!("read")),
        ("pattern", "/toolConfig/tools/0/toolSpec/name", json!("read.it")),
        ("type: \"object\"", "/toolConfig/tools/0/toolSpec/inputSchema/json/type", Value::Null),
        ("Field required", "/toolConfig/tools/0/toolSpec/inputSchema", Value::Null),
        ("Found 5", "/messages/0/content", json!([{ "text": "x" }, mark, mark, mark])),
        ("'default'", "/system/1/cachePoint/type", json!("ephemeral")),
    ];
    for (why, pointer, value) in cases {
        assert_refused(WIRE, why, &with(&body(), pointer, value));
    }
}

#[test]
fn only_some_models_take_cache_points_and_ids_are_escaped() {
    let knock = |path: &str, body: &Value| {
        let server = Server::start(WIRE, vec![Step::Reply(Reply::text("Hi."))]);
        let mut client = Client::connect(&server);
        let text = body.to_string();
        client.send_raw(&format!(
            "POST {path} HTTP/1.1\r\nHost: lab\r\nAuthorization: Bearer k\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{text}",
            text.len()
        ));
        client.answer()
    };
    assert_eq!(knock("/model/us.amazon.nova-lite-v1%3A0/converse-stream", &body()).code, 200);
    let answer = knock("/model/meta.llama/converse-stream", &body());
    assert_refusal(WIRE, "did not allow prompt caching", &answer);
    assert_eq!(knock("/model/us.amazon.nova-lite-v1:0/converse-stream", &body()).code, 404);
    assert_eq!(knock("/model/a/b/converse-stream", &body()).code, 404);
}

fn thoughtful() -> Reply {
    Reply::default().think("Hm, ä file.").and_text("I read it.").and_call("read", json!({ "path": "ä.txt" }))
}

/// What an answer says, as the content that goes back.
fn content(events: &[(String, Value)]) -> Vec<Value> {
    let mut blocks: Vec<Value> = Vec::new();
    let mut inputs: Vec<(usize, String)> = Vec::new();
    for (kind, data) in events {
        let index = data["contentBlockIndex"].as_u64().unwrap_or_default() as usize;
        if kind == "contentBlockStart" {
            blocks.push(data["start"].clone());
            inputs.push((index, String::new()));
        } else if kind == "contentBlockDelta" {
            let delta = &data["delta"];
            if let Some(piece) = delta["toolUse"]["input"].as_str() {
                inputs.last_mut().expect("an opened call").1.push_str(piece);
                continue;
            }
            if blocks.len() <= index {
                let thinks = delta.get("reasoningContent").is_some();
                let empty = json!({ "reasoningContent": { "reasoningText": { "text": "", "signature": "" } } });
                blocks.push(if thinks { empty } else { json!({ "text": "" }) });
            }
            for (from, to) in [
                ("/text", "/text"),
                ("/reasoningContent/text", "/reasoningContent/reasoningText/text"),
                ("/reasoningContent/signature", "/reasoningContent/reasoningText/signature"),
            ] {
                if let Some(piece) = delta.pointer(from).and_then(Value::as_str) {
                    let have = blocks[index].pointer_mut(to).expect("a block of that kind");
                    *have = json!(format!("{}{piece}", have.as_str().unwrap_or_default()));
                }
            }
        }
    }
    for (index, input) in inputs {
        blocks[index]["toolUse"]["input"] = serde_json::from_str(&input).unwrap_or_else(|_| json!({}));
    }
    blocks
}

#[test]
fn an_answer_comes_back_with_its_thoughts_or_not_at_all() {
    let server = Server::start(WIRE, vec![Step::Reply(thoughtful()), Step::Reply(Reply::text("So."))]);
    let mut client = Client::connect(&server);
    let blocks = content(&events(&client.ask(&body())));
    let mut second = with(&body(), "/messages/-", json!({ "role": "assistant", "content": blocks }));
    let id = blocks[2]["toolUse"]["toolUseId"].clone();
    second["messages"].as_array_mut().expect("messages").push(json!({
        "role": "user", "content": [{ "toolResult": { "toolUseId": id, "content": [{ "text": "read" }] } }],
    }));
    let place = "/messages/3/content/0";
    assert_refusal(WIRE, "must start with a thinking block", &client.ask(&with(&second, place, Value::Null)));
    let text = format!("{place}/reasoningContent/reasoningText/text");
    assert_refusal(WIRE, "Invalid `signature`", &client.ask(&with(&second, &text, json!("Hm."))));
    assert_eq!(client.ask(&second).code, 200);
}

#[test]
fn a_stream_has_every_event_in_order() {
    let usage = TokenUse { input: 50, cached: 30, cache_written: 5, output: 9, reasoning: 4 };
    let reply = thoughtful().and(Say::RawCall { name: "read".into(), arguments: "{\"path".into() });
    let reply = reply.and_call("read", json!({})).usage(usage);
    let server = Server::start(WIRE, vec![Step::Reply(reply.clone())]);
    let answer = Client::connect(&server).ask(&body());
    assert_eq!(answer.bytes, Server::render_bytes(WIRE, &reply, 0));
    let kind = super::super::http::header(&answer.headers, "content-type");
    assert_eq!(kind.as_deref(), Some("application/vnd.amazon.eventstream"));
    let events = events(&answer);
    let mut kinds: Vec<&str> = events.iter().map(|(kind, _)| kind.as_str()).collect();
    kinds.dedup();
    let told = ["contentBlockDelta", "contentBlockStop"];
    let called = ["contentBlockStart", "contentBlockDelta", "contentBlockStop"];
    let expected = [
        &["messageStart"][..],
        &told.repeat(2),
        &called.repeat(2),
        &["contentBlockStart", "contentBlockStop", "messageStop", "metadata"],
    ];
    assert_eq!(kinds, expected.concat());
    let usage = &events[events.len() - 1].1["usage"];
    assert_eq!((&usage["inputTokens"], &usage["cacheReadInputTokens"]), (&json!(15), &json!(30)));
    assert_eq!(events[events.len() - 2].1["stopReason"], "tool_use");
}

#[test]
fn an_exception_takes_the_place_of_the_ending() {
    let step = Step::ErrorInStream {
        reply_prefix: Reply::text("Well"),
        kind: "throttlingException".to_owned(),
        message: "Too many requests".to_owned(),
    };
    let answer = Client::connect(&Server::start(WIRE, vec![step])).ask(&body());
    let events = events(&answer);
    let kinds: Vec<&str> = events.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["messageStart", "contentBlockDelta", "throttlingException"]);
    assert_eq!(events[2].1, json!({ "message": "Too many requests" }));
}

#[test]
fn keys_are_asked_for() {
    let server = Server::start(WIRE, vec![]);
    let knock = |headers: &str| {
        let mut client = Client::connect(&server);
        client.send_raw(&format!("POST /model/claude-test/converse-stream HTTP/1.1\r\n{headers}\r\n"));
        client.answer().code
    };
    assert_eq!(knock(""), 403);
    assert_eq!(knock("Authorization: Bearer bad-key\r\n"), 403);
    assert_eq!(knock("Authorization: Bearer good\r\n"), 400);
    assert_eq!(knock("Authorization: AWS4-HMAC-SHA256 Credential=A/B, Signature=c\r\n"), 400);
}

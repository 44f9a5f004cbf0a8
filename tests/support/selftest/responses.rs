//! The Responses wire: its stream in full, bodies it refuses, and answers that come back.

use serde_json::{Value, json};

use super::super::reply::{Reply, Say, Step, TokenUse, Wire};
use super::super::server::Server;
use super::{Client, assert_accepted, assert_refusal, assert_refused, with};

const WIRE: Wire = Wire::Responses;

fn body() -> Value {
    json!({
        "model": "test-model", "stream": true, "store": false, "instructions": "Be brief.",
        "include": ["reasoning.encrypted_content"],
        "reasoning": { "effort": "high", "summary": "auto" },
        "text": { "verbosity": "low" },
        "tools": [
            {
                "type": "function", "name": "read", "description": "Reads.", "strict": false,
                "parameters": {
                    "type": "object", "required": ["path"],
                    "properties": {
                        "path": { "type": "string" },
                        "lines": { "type": "array", "items": { "type": "integer" } },
                    },
                },
            },
            {
                "type": "custom", "name": "patch",
                "format": { "type": "grammar", "syntax": "lark", "definition": "start: /x/" },
            },
        ],
        "tool_choice": "auto",
        "input": [
            { "role": "developer", "content": "Obey." },
            { "type": "message", "role": "user", "content": [
                { "type": "input_text", "text": "Look." },
                { "type": "input_image", "image_url": "data:image/png;base64,iVBORw==", "detail": "auto" },
            ] },
            { "type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "read", "arguments": "{" },
            { "type": "function_call_output", "call_id": "call_1", "output": [{ "type": "input_text", "text": "x" }] },
            { "type": "custom_tool_call", "id": "ctc_1", "call_id": "call_2", "name": "patch", "input": "x" },
            { "type": "custom_tool_call_output", "call_id": "call_2", "output": "done" },
            { "role": "assistant", "id": "msg_1", "status": "completed", "content": [
                { "type": "output_text", "text": "Fine.", "annotations": [] },
            ] },
            { "role": "user", "content": "Thanks." },
        ],
    })
}

#[test]
fn good_bodies_are_accepted() {
    assert_accepted(WIRE, &body());
    assert_accepted(WIRE, &with(&body(), "/input", json!("Just words.")));
    assert_accepted(WIRE, &json!({ "model": "m", "stream": true, "input": "x" }));
    assert_accepted(WIRE, &with(&body(), "/tool_choice", json!({ "type": "function", "name": "read" })));
    assert_accepted(WIRE, &with(&body(), "/input/3/output", json!("")));
}

#[test]
fn broken_bodies_are_refused() {
    let cases: Vec<(&str, &str, Value)> = vec![
        ("Missing required parameter: 'model'", "/model", Value::Null),
        ("minimum length 1", "/model", json!("")),
        ("must be true", "/stream", json!(false)),
        ("Unknown parameter: 'messages'", "/messages", json!([])),
        ("Unknown parameter: 'input[1].content[0].cache_control'", "/input/1/content/0/cache_control", json!({})),
        ("Unknown parameter: 'reasoning.budget'", "/reasoning/budget", json!(1)),
        ("Unknown parameter: 'tools[0].function'", "/tools/0/function", json!({})),
        ("Unknown parameter: 'tools[1].format.text'", "/tools/1/format/text", json!("x")),
        ("Supported values are: 'none', 'minimal'", "/reasoning/effort", json!("huge")),
        ("Invalid value for 'include[0]'", "/include/0", json!("everything")),
        ("pattern", "/tools/0/name", json!("read file")),
        ("pattern", "/tools/0/name", json!("r".repeat(65))),
        ("unique", "/tools/1/name", json!("read")),
        ("type: \"object\"", "/tools/0/parameters/type", json!("string")),
        ("'properties' is not of type 'object'", "/tools/0/parameters/properties", json!([])),
        ("missing items", "/tools/0/parameters/properties/lines/items", Value::Null),
        ("additionalProperties", "/tools/0/strict", json!(true)),
        ("not found in 'tools'", "/tool_choice", json!({ "type": "function", "name": "write" })),
        ("Invalid value for 'tools[1].format.syntax'", "/tools/1/format/syntax", json!("ebnf")),
        ("Supported values are", "/tools/0/type", json!("web")),
        ("empty array", "/input", json!([])),
        ("Invalid type for 'input'", "/input", json!(3)),
        ("Invalid value for 'input[0].role'", "/input/0/role", json!("tool")),
        ("'input[0].type'", "/input/0/type", json!("note")),
        ("image", "/input/1/content/1/image_url", json!("data:image/png;base64,###")),
        ("Supported values are", "/input/1/content/0/type", json!("text")),
        ("begins with 'fc'", "/input/2/id", json!("call_1")),
        ("begins with 'msg'", "/input/6/id", json!("m1")),
        ("begins with 'ctc'", "/input/4/id", json!("fc_9")),
        ("begins with 'fc'", "/input/2/id", json!(format!("fc_{}", "9".repeat(62)))),
        ("Invalid type for 'input[2].arguments'", "/input/2/arguments", json!({})),
        ("No tool output found for function call call_1", "/input/3", Value::Null),
        ("No tool call found for function call output", "/input/2", Value::Null),
        ("No tool call found for custom tool call output", "/input/4", Value::Null),
        ("No tool output found for custom tool call call_2", "/input/5", Value::Null),
        ("No tool call found for function call output", "/input/5/type", json!("function_call_output")),
        ("call ids must be unique", "/input/4/call_id", json!("call_1")),
        ("maximum length 64", "/prompt_cache_key", json!("k".repeat(65))),
        (">= 16", "/max_output_tokens", json!(1)),
        ("not found", "/previous_response_id", json!("resp_of_nobody")),
    ];
    for (why, pointer, value) in cases {
        assert_refused(WIRE, why, &with(&body(), pointer, value));
    }
}

#[test]
fn an_output_before_its_call_or_a_second_one_is_refused() {
    let mut swapped = body();
    swapped["input"].as_array_mut().expect("a list").swap(2, 3);
    assert_refused(WIRE, "No tool call found", &swapped);
    let again = json!({ "type": "function_call_output", "call_id": "call_1", "output": "x" });
    assert_refused(WIRE, "No tool call found", &with(&body(), "/input/-", again));
    let twice = json!({ "role": "assistant", "id": "msg_1", "content": "x" });
    assert_refused(WIRE, "Duplicate item found with id msg_1", &with(&body(), "/input/-", twice));
}

#[test]
fn unknown_reasoning_is_refused() {
    let reasoning = json!({ "type": "reasoning", "id": "rs_1", "summary": [] });
    assert_refused(WIRE, "not persisted", &with(&body(), "/input/-", reasoning.clone()));
    let sealed = with(&reasoning, "/encrypted_content", json!("gAAAA"));
    assert_refused(WIRE, "could not be verified", &with(&body(), "/input/-", sealed));
}

fn thoughtful() -> Reply {
    Reply::default().think("First.\n\nThen — naïvely.").and_text("Ich prüfe…").and_call("read", json!({ "path": "ä" }))
}

/// The items of an answer as they were at its end.
fn output(events: &[Value]) -> Vec<Value> {
    let last = events.last().expect("events");
    last["response"]["output"].as_array().expect("the output").clone()
}

#[test]
fn an_answer_comes_back_only_as_it_was() {
    let steps = |count| vec![Step::Reply(thoughtful()); count];
    let server = Server::start(WIRE, steps(4));
    let mut client = Client::connect(&server);
    let output = output(&client.ask(&body()).events());
    assert_eq!(output.len(), 3);
    let mut input = vec![json!({ "role": "user", "content": "x" })];
    input.extend(output.clone());
    input.push(json!({ "type": "function_call_output", "call_id": output[2]["call_id"], "output": "x" }));
    let second = with(&body(), "/input", json!(input));
    assert_eq!(client.ask(&second).code, 200);
    let without_message = with(&second, "/input/2", Value::Null);
    assert_refusal(WIRE, "without its required following item", &client.ask(&without_message));
    let changed = with(&second, "/input/1/encrypted_content", json!("gAAAAAB_unfinished"));
    assert_refusal(WIRE, "could not be verified", &client.ask(&changed));
    let other_id = with(&second, "/input/1/id", json!("rs_other"));
    assert_refusal(WIRE, "could not be verified", &client.ask(&other_id));
    let without_reasoning = with(&second, "/input/1", Value::Null);
    assert_eq!(client.ask(&without_reasoning).code, 200);
    let stored = with(&without_reasoning, "/store", json!(true));
    assert_refusal(WIRE, "without its required 'reasoning' item", &client.ask(&stored));

    let next = Server::start(WIRE, steps(1));
    assert_refusal(WIRE, "could not be verified", &Client::connect(&next).ask(&second));
    next.adopt(&server);
    let answer = Client::connect(&next).ask(&second);
    assert_eq!(answer.code, 200);
    assert_eq!(answer.events()[0]["response"]["id"], "resp_lab0003x00");
}

#[test]
fn a_stored_answer_can_be_continued() {
    let server = Server::start(WIRE, vec![Step::Reply(thoughtful()), Step::Reply(Reply::text("x"))]);
    let mut client = Client::connect(&server);
    let first = client.ask(&with(&body(), "/store", json!(true))).events();
    let result = json!({ "type": "function_call_output", "call_id": output(&first)[2]["call_id"], "output": "x" });
    let mut second = json!({ "model": "m", "stream": true, "previous_response_id": first[0]["response"]["id"] });
    second["input"] = json!([{ "role": "user", "content": "x" }]);
    assert_refusal(WIRE, "No tool output found", &client.ask(&second));
    second["input"] = json!([result]);
    assert_eq!(client.ask(&second).code, 200);
}

#[test]
fn reasoning_is_encrypted_only_on_demand() {
    let server = Server::start(WIRE, vec![Step::Reply(thoughtful())]);
    let events = Client::connect(&server).ask(&with(&body(), "/include", json!([]))).events();
    assert!(output(&events)[0].get("encrypted_content").is_none());
}

#[test]
fn a_stream_has_every_event_in_order() {
    let reply = thoughtful()
        .and(Say::Custom { name: "patch".into(), input: "+ line".into() })
        .and(Say::Refuse("No.".into()))
        .usage(TokenUse { input: 50, cached: 30, cache_written: 5, output: 9, reasoning: 4 });
    let server = Server::start(WIRE, vec![Step::Reply(reply.clone())]);
    let answer = Client::connect(&server).ask(&body());
    assert_eq!(answer.body, Server::render(WIRE, &reply, 0));
    let events = answer.events();
    let mut kinds: Vec<&str> = events.iter().map(|event| event["type"].as_str().expect("a type")).collect();
    kinds.dedup();
    let item =
        |inner: &[&'static str]| [&["response.output_item.added"], inner, &["response.output_item.done"]].concat();
    let part = [
        "response.reasoning_summary_part.added",
        "response.reasoning_summary_text.delta",
        "response.reasoning_summary_text.done",
        "response.reasoning_summary_part.done",
    ];
    let content = |delta, done| item(&["response.content_part.added", delta, done, "response.content_part.done"]);
    let expected = [
        vec!["response.created", "response.in_progress"],
        item(&[part, part].concat()),
        content("response.output_text.delta", "response.output_text.done"),
        item(&["response.function_call_arguments.delta", "response.function_call_arguments.done"]),
        item(&["response.custom_tool_call_input.delta", "response.custom_tool_call_input.done"]),
        content("response.refusal.delta", "response.refusal.done"),
        vec!["response.completed"],
    ];
    assert_eq!(kinds, expected.concat());
    let names: Vec<&str> = answer.body.lines().filter_map(|line| line.strip_prefix("event: ")).collect();
    assert!(names.iter().zip(&events).all(|(name, event)| event["type"] == *name));
    assert!(events.iter().enumerate().all(|(number, event)| event["sequence_number"] == number));
    let text = events.iter().filter(|event| event["type"] == "response.output_text.delta");
    let text: Vec<&str> = text.map(|event| event["delta"].as_str().expect("text")).collect();
    assert_eq!((text.len(), text.concat().as_str()), (2, "Ich prüfe…"));
    let ending = &events.last().expect("events")["response"];
    assert_eq!(ending["usage"]["input_tokens_details"], json!({ "cached_tokens": 30, "cache_write_tokens": 5 }));
    assert_eq!(ending["usage"]["total_tokens"], 59);
    assert_eq!(ending["output"][0]["summary"][1]["text"], "Then — naïvely.");
    assert_eq!(ending["output"][2]["call_id"], "call_lab0000x02");
}

#[test]
fn an_incomplete_answer_says_why() {
    let reply = Reply::text("Half a").stop("max_output_tokens");
    let server = Server::start(WIRE, vec![Step::Reply(reply)]);
    let events = Client::connect(&server).ask(&body()).events();
    let ending = events.last().expect("events");
    assert_eq!(ending["type"], "response.incomplete");
    assert_eq!(ending["response"]["incomplete_details"]["reason"], "max_output_tokens");
    assert_eq!(ending["response"]["output"][0]["status"], "incomplete");
}

#[test]
fn errors_come_in_both_forms() {
    let step = |kind: &str| Step::ErrorInStream {
        reply_prefix: Reply::text("Some text"),
        kind: kind.to_owned(),
        message: "Oh.".to_owned(),
    };
    let server = Server::start(WIRE, vec![step("server_error"), step("failed:rate_limit_exceeded")]);
    let mut client = Client::connect(&server);
    let events = client.ask(&body()).events();
    assert_eq!(events[events.len() - 2]["type"], "response.output_text.delta");
    let number = events.len() - 1;
    let expected = json!({
        "type": "error", "code": "server_error", "message": "Oh.", "param": null, "sequence_number": number,
    });
    assert_eq!(events[number], expected);
    let events = client.ask(&body()).events();
    let last = events.last().expect("events");
    assert_eq!(last["type"], "response.failed");
    assert_eq!(last["response"]["error"], json!({ "code": "rate_limit_exceeded", "message": "Oh." }));
}

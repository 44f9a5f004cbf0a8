//! Amazon's event streams: what others write we read, and what is written with our library botocore reads, event by event.

use super::python::Python;
use agent::text::eventstream::Decoder;
use agent::text::sse::{Frame, Frames};
use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use serde_json::{Value, json};

/// An answer of Converse: the type of each event, and its payload.
fn answer() -> Vec<(&'static str, Value)> {
    vec![
        ("messageStart", json!({ "role": "assistant" })),
        ("contentBlockDelta", json!({ "contentBlockIndex": 0, "delta": { "reasoningContent": { "text": "Hm — ✓" } } })),
        (
            "contentBlockDelta",
            json!({ "contentBlockIndex": 0, "delta": { "reasoningContent": { "signature": "c2ln" } } }),
        ),
        (
            "contentBlockDelta",
            json!({ "contentBlockIndex": 1, "delta": { "reasoningContent": { "redactedContent": "AAEC/w==" } } }),
        ),
        ("contentBlockDelta", json!({ "contentBlockIndex": 2, "delta": { "text": "I look.\n" } })),
        ("contentBlockStop", json!({ "contentBlockIndex": 2 })),
        (
            "contentBlockStart",
            json!({ "contentBlockIndex": 3, "start": { "toolUse": { "toolUseId": "t1", "name": "read" } } }),
        ),
        ("contentBlockDelta", json!({ "contentBlockIndex": 3, "delta": { "toolUse": { "input": "{\"path\":" } } })),
        ("messageStop", json!({ "stopReason": "tool_use" })),
        (
            "metadata",
            json!({
                "usage": { "inputTokens": 10, "outputTokens": 5, "totalTokens": 15, "cacheReadInputTokens": 3, "cacheWriteInputTokens": 1 },
                "metrics": { "latencyMs": 42 },
            }),
        ),
    ]
}

fn throttled() -> Value {
    json!({ "message": "Too many tokens, please wait." })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes_of(hex: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex");
    (0..hex.len()).step_by(2).map(digit).collect()
}

/// A message as the library that we decode with writes it.
fn written(kind: &str, name: &str, payload: &Value) -> Vec<u8> {
    let type_header = if kind == "event" { ":event-type" } else { ":exception-type" };
    let headers = [(type_header, name), (":content-type", "application/json"), (":message-type", kind)];
    let message = headers.into_iter().fold(Message::new(payload.to_string().into_bytes()), |message, (name, value)| {
        message.add_header(Header::new(name, HeaderValue::String(value.to_owned().into())))
    });
    let mut bytes = Vec::new();
    write_message_to(&message, &mut bytes).expect("a message that can be written");
    bytes
}

/// What botocore reads in the bytes.
fn parsed(python: &Python, bytes: &[u8]) -> Value {
    python.ask("eventstream.py", &["parse"], &[json!({ "hex": hex(bytes) })]).remove(0)
}

#[test]
fn botocore_reads_what_our_library_writes() {
    let Some(python) = Python::find() else { return };
    let mut bytes: Vec<u8> = answer().iter().flat_map(|(name, payload)| written("event", name, payload)).collect();
    let mut expected: Vec<Value> = answer().into_iter().map(|(name, payload)| json!({ name: payload })).collect();
    assert_eq!(parsed(&python, &bytes)["events"], json!(expected));
    bytes.extend(written("exception", "throttlingException", &throttled()));
    expected.push(json!({ "exception": "throttlingException", "message": throttled()["message"] }));
    assert_eq!(parsed(&python, &bytes)["events"], json!(expected), "an exception in the stream");
}

/// The check above can fail: botocore looks at both checksums.
#[test]
fn botocore_refuses_bytes_that_were_damaged() {
    let Some(python) = Python::find() else { return };
    let bytes = written("event", "messageStart", &json!({ "role": "assistant" }));
    for at in [3, 9, 20, bytes.len() - 6, bytes.len() - 1] {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1;
        let read = parsed(&python, &damaged);
        assert!(read["why"].as_str().is_some_and(|why| why.contains("Checksum")), "byte {at}: {read}");
    }
}

#[test]
fn we_read_what_is_written_elsewhere() {
    let Some(python) = Python::find() else { return };
    let header = |kind: &str, name: &str| match kind {
        "event" => json!({ ":message-type": kind, ":event-type": name, ":content-type": "application/json" }),
        _ => json!({ ":message-type": kind, ":exception-type": name, ":content-type": "application/json" }),
    };
    let message = |kind: &str, name: &str, payload: &Value| json!({ "headers": header(kind, name), "payload": payload.to_string() });
    let mut messages: Vec<Value> = answer().iter().map(|(name, payload)| message("event", name, payload)).collect();
    messages.push(message("exception", "throttlingException", &throttled()));
    let made = python.ask("eventstream.py", &["make"], &[json!({ "messages": messages })]).remove(0);
    let bytes = bytes_of(made["hex"].as_str().expect("hex"));
    let read = parsed(&python, &bytes);
    assert_eq!(read["events"].as_array().map(Vec::len), Some(messages.len()), "botocore reads it, too: {read}");
    let mut frames = Vec::new();
    let mut decoder = Decoder::default();
    for piece in bytes.chunks(13) {
        decoder.push(piece, &mut frames).expect("a stream that can be read");
    }
    let frame = |event: &str, payload: &Value| Frame { event: event.to_owned(), data: payload.to_string() };
    let mut expected: Vec<Frame> = answer().iter().map(|(name, payload)| frame(name, payload)).collect();
    expected.push(frame("exception:throttlingException", &throttled()));
    assert_eq!(frames, expected);
}

//! Renders answers in the chunks of the Chat Completions API. Reasoning goes out as `reasoning_content`, which is not
//! OpenAI's but what the compatible servers agree on.

use serde_json::{Value, json};

use super::event::{CREATED, MODEL, Phase, Rendered, Wishes, function_call, id, pieces};
use super::reply::{Reply, Say, TokenUse};

pub fn render(reply: &Reply, nth: usize, wishes: Wishes) -> Rendered {
    let mut rendered = Rendered::default();
    let chunk = |delta: Value, finish: Value| {
        let choice = json!({ "index": 0, "delta": delta, "logprobs": null, "finish_reason": finish });
        envelope(nth, json!([choice]), wishes.usage.then_some(Value::Null))
    };
    let mut calls = 0;
    let mut reasoning = String::new();
    let mut deltas = Vec::new();
    for say in &reply.say {
        match say {
            Say::Think(text) => {
                reasoning.push_str(text);
                deltas.extend(pieces(text).into_iter().map(|piece| json!({ "reasoning_content": piece })));
            }
            Say::Text(text) => deltas.extend(pieces(text).into_iter().map(|piece| json!({ "content": piece }))),
            Say::Refuse(text) => deltas.extend(pieces(text).into_iter().map(|piece| json!({ "refusal": piece }))),
            Say::Call { .. } | Say::RawCall { .. } | Say::Custom { .. } => {
                let (name, arguments) = function_call(say).expect("a call has a name and arguments");
                let call = json!({
                    "index": calls, "id": id("call", nth, calls), "type": "function",
                    "function": { "name": name, "arguments": "" },
                });
                deltas.push(json!({ "tool_calls": [call] }));
                for piece in pieces(&arguments) {
                    let call = json!({ "index": calls, "function": { "arguments": piece } });
                    deltas.push(json!({ "tool_calls": [call] }));
                }
                calls += 1;
            }
        }
    }
    let content =
        if calls > 0 && !reply.say.iter().any(|say| matches!(say, Say::Text(_))) { json!(null) } else { json!("") };
    let opening = json!({ "role": "assistant", "content": content, "refusal": null });
    rendered.unnamed(Phase::Opening, &chunk(opening, Value::Null).to_string());
    for delta in deltas {
        rendered.unnamed(Phase::Delta, &chunk(delta, Value::Null).to_string());
    }
    let natural = if calls > 0 { "tool_calls" } else { "stop" };
    rendered.unnamed(Phase::Closing, &chunk(json!({}), json!(reply.stop.unwrap_or(natural))).to_string());
    if wishes.usage {
        rendered.unnamed(Phase::Closing, &envelope(nth, json!([]), Some(usage(&reply.usage))).to_string());
    }
    rendered.unnamed(Phase::Closing, "[DONE]");
    if !reasoning.is_empty() {
        rendered.learned.reasoning_texts.insert(reasoning);
    }
    rendered
}

/// Adds the error chunk after the events of the prefix; no `[DONE]` follows one.
pub fn render_error(rendered: &mut Rendered, kind: &str, message: &str) {
    let data = json!({ "error": { "message": message, "type": kind, "param": null, "code": kind } });
    rendered.unnamed(Phase::Closing, &data.to_string());
}

/// A chunk. With usage asked for each one has the field, null until the last.
fn envelope(nth: usize, choices: Value, usage: Option<Value>) -> Value {
    let mut chunk = json!({
        "id": id("chatcmpl", nth, 0), "object": "chat.completion.chunk", "created": CREATED, "model": MODEL,
        "service_tier": "default", "system_fingerprint": "fp_lab", "choices": choices,
    });
    if let Some(usage) = usage {
        chunk["usage"] = usage;
    }
    chunk
}

fn usage(usage: &TokenUse) -> Value {
    json!({
        "prompt_tokens": usage.input,
        "completion_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
        "prompt_tokens_details": {
            "cached_tokens": usage.cached, "cache_write_tokens": usage.cache_written, "audio_tokens": 0,
        },
        "completion_tokens_details": {
            "reasoning_tokens": usage.reasoning, "audio_tokens": 0, "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    })
}

//! Renders answers in the event stream of Amazon Bedrock's ConverseStream.

use serde_json::{Value, json};

use super::event::{Event, Phase, Rendered, function_call, id, pieces, seal};
use super::eventstream;
use super::reply::{Reply, Say, TokenUse};

pub fn render(reply: &Reply, nth: usize) -> Rendered {
    let mut rendered = Rendered::default();
    emit(&mut rendered, Phase::Opening, "messageStart", json!({ "p": "abcdefgh", "role": "assistant" }));
    let thoughtful = reply.say.iter().any(|say| matches!(say, Say::Think(_)));
    for (index, say) in reply.say.iter().enumerate() {
        match say {
            Say::Think(text) => think(&mut rendered, nth, index, text),
            // A guardrail's words are the answer's text.
            Say::Text(text) | Say::Refuse(text) => {
                pieces(text).into_iter().for_each(|piece| grow(&mut rendered, index, json!({ "text": piece })));
            }
            Say::Call { .. } | Say::RawCall { .. } | Say::Custom { .. } => {
                let use_id = id("tooluse", nth, index);
                tool_use(&mut rendered, index, &use_id, say);
                if thoughtful {
                    rendered.learned.thoughtful.insert(use_id);
                }
            }
        }
        emit(&mut rendered, Phase::Closing, "contentBlockStop", json!({ "contentBlockIndex": index, "p": "ab" }));
    }
    let refused = reply.say.iter().any(|say| matches!(say, Say::Refuse(_)));
    let natural = match (refused, reply.say.iter().any(|say| function_call(say).is_some())) {
        (true, _) => "guardrail_intervened",
        (false, true) => "tool_use",
        (false, false) => "end_turn",
    };
    let reason = reply.stop.unwrap_or(natural);
    emit(&mut rendered, Phase::Closing, "messageStop", json!({ "p": "abc", "stopReason": reason }));
    let metadata = json!({ "metrics": { "latencyMs": 321 }, "p": "abcdef", "usage": usage(&reply.usage) });
    emit(&mut rendered, Phase::Closing, "metadata", metadata);
    rendered
}

/// Adds the exception after the events of the prefix.
pub fn render_error(rendered: &mut Rendered, kind: &str, message: &str) {
    let bytes = eventstream::exception(kind, &json!({ "message": message }).to_string());
    rendered.events.push(Event { phase: Phase::Closing, bytes });
}

fn emit(rendered: &mut Rendered, phase: Phase, kind: &str, payload: Value) {
    rendered.events.push(Event { phase, bytes: eventstream::event(kind, &payload.to_string()) });
}

fn grow(rendered: &mut Rendered, index: usize, delta: Value) {
    let payload = json!({ "contentBlockIndex": index, "delta": delta, "p": "abcdefghij" });
    emit(rendered, Phase::Delta, "contentBlockDelta", payload);
}

fn think(rendered: &mut Rendered, nth: usize, index: usize, text: &str) {
    let signature = format!("EqoB{}", seal(text, nth, index));
    for piece in pieces(text) {
        grow(rendered, index, json!({ "reasoningContent": { "text": piece } }));
    }
    grow(rendered, index, json!({ "reasoningContent": { "signature": signature } }));
    rendered.learned.signed.insert((text.to_owned(), signature));
}

fn tool_use(rendered: &mut Rendered, index: usize, use_id: &str, say: &Say) {
    let (name, mut arguments) = function_call(say).expect("a call has a name and arguments");
    if matches!(say, Say::Call { .. }) && arguments == "{}" {
        // Of an empty input nothing is streamed.
        arguments.clear();
    }
    let start = json!({ "toolUse": { "name": name, "toolUseId": use_id } });
    let opened = json!({ "contentBlockIndex": index, "p": "abcd", "start": start });
    emit(rendered, Phase::Opening, "contentBlockStart", opened);
    for piece in pieces(&arguments) {
        grow(rendered, index, json!({ "toolUse": { "input": piece } }));
    }
}

fn usage(usage: &TokenUse) -> Value {
    json!({
        "cacheReadInputTokens": usage.cached,
        "cacheWriteInputTokens": usage.cache_written,
        "inputTokens": usage.uncached(),
        "outputTokens": usage.output,
        "totalTokens": usage.input + usage.output,
    })
}

//! Renders answers in the streaming events of Anthropic's Messages API.

use serde_json::{Value, json};

use super::event::{MODEL, Phase, Rendered, Wishes, function_call, id, pieces, seal};
use super::reply::{Reply, Say, TokenUse};

pub fn render(reply: &Reply, nth: usize, wishes: Wishes) -> Rendered {
    let mut rendered = Rendered::default();
    let message = json!({
        "id": id("msg", nth, 0), "type": "message", "role": "assistant", "model": MODEL, "content": [],
        "stop_reason": null, "stop_sequence": null, "stop_details": null, "usage": opening_usage(&reply.usage),
    });
    emit(&mut rendered, Phase::Opening, "message_start", json!({ "message": message }));
    emit(&mut rendered, Phase::Opening, "ping", json!({}));
    let thoughtful = reply.say.iter().any(|say| matches!(say, Say::Think(_)));
    let mut refusal = None;
    let mut index = 0;
    for say in &reply.say {
        match say {
            Say::Refuse(text) => {
                refusal = Some(text.as_str());
                continue;
            }
            Say::Think(text) => think(&mut rendered, nth, index, text, wishes.thinking),
            Say::Text(text) => {
                let deltas = pieces(text).into_iter().map(|piece| json!({ "type": "text_delta", "text": piece }));
                block(&mut rendered, index, json!({ "type": "text", "text": "" }), deltas.collect());
            }
            Say::Call { .. } | Say::RawCall { .. } | Say::Custom { .. } => {
                let use_id = id("toolu", nth, index);
                tool_use(&mut rendered, index, &use_id, say);
                if thoughtful {
                    rendered.learned.thoughtful.insert(use_id);
                }
            }
        }
        index += 1;
    }
    let natural = match (refusal, reply.say.iter().any(|say| function_call(say).is_some())) {
        (Some(_), _) => "refusal",
        (None, true) => "tool_use",
        (None, false) => "end_turn",
    };
    let details = refusal.map(|text| json!({ "type": "refusal", "category": null, "explanation": text }));
    let delta = json!({
        "stop_reason": reply.stop.unwrap_or(natural), "stop_sequence": null, "stop_details": details,
    });
    let ending = json!({ "delta": delta, "usage": closing_usage(&reply.usage) });
    emit(&mut rendered, Phase::Closing, "message_delta", ending);
    emit(&mut rendered, Phase::Closing, "message_stop", json!({}));
    rendered
}

/// Adds the error event after the events of the prefix.
pub fn render_error(rendered: &mut Rendered, nth: usize, kind: &str, message: &str) {
    let error = json!({ "type": kind, "message": message });
    emit(rendered, Phase::Closing, "error", json!({ "error": error, "request_id": id("req", nth, 0) }));
}

fn emit(rendered: &mut Rendered, phase: Phase, name: &str, fields: Value) {
    let mut data = json!({ "type": name });
    let object = data.as_object_mut().expect("an event is an object");
    object.extend(fields.as_object().expect("the fields of an event are an object").clone());
    rendered.named(phase, name, &data);
}

fn block(rendered: &mut Rendered, index: usize, start: Value, deltas: Vec<Value>) {
    emit(rendered, Phase::Opening, "content_block_start", json!({ "index": index, "content_block": start }));
    for delta in deltas {
        emit(rendered, Phase::Delta, "content_block_delta", json!({ "index": index, "delta": delta }));
    }
    emit(rendered, Phase::Closing, "content_block_stop", json!({ "index": index }));
}

fn think(rendered: &mut Rendered, nth: usize, index: usize, text: &str, shown: bool) {
    let text = if shown { text } else { "" };
    let signature = format!("EqoB{}", seal(text, nth, index));
    let thinking = pieces(text).into_iter().map(|piece| json!({ "type": "thinking_delta", "thinking": piece }));
    let mut deltas: Vec<Value> = thinking.collect();
    deltas.push(json!({ "type": "signature_delta", "signature": signature }));
    block(rendered, index, json!({ "type": "thinking", "thinking": "", "signature": "" }), deltas);
    rendered.learned.signed.insert((text.to_owned(), signature));
}

fn tool_use(rendered: &mut Rendered, index: usize, use_id: &str, say: &Say) {
    let (name, mut arguments) = function_call(say).expect("a call has a name and arguments");
    if matches!(say, Say::Call { .. }) && arguments == "{}" {
        // The start already says `{}`, and the vendor sends nothing more of an empty input.
        arguments.clear();
    }
    // Real streams begin each input with an empty piece.
    let parts = std::iter::once(String::new()).chain(pieces(&arguments));
    let deltas = parts.map(|piece| json!({ "type": "input_json_delta", "partial_json": piece })).collect();
    block(rendered, index, json!({ "type": "tool_use", "id": use_id, "name": name, "input": {} }), deltas);
}

fn opening_usage(usage: &TokenUse) -> Value {
    json!({
        "input_tokens": usage.uncached(),
        "cache_creation_input_tokens": usage.cache_written,
        "cache_read_input_tokens": usage.cached,
        "cache_creation": { "ephemeral_5m_input_tokens": usage.cache_written, "ephemeral_1h_input_tokens": 0 },
        "output_tokens": usage.output.min(1),
        "service_tier": "standard",
    })
}

/// The counts at the end are those of the whole answer and replace the first ones.
fn closing_usage(usage: &TokenUse) -> Value {
    json!({
        "input_tokens": usage.uncached(),
        "cache_creation_input_tokens": usage.cache_written,
        "cache_read_input_tokens": usage.cached,
        "output_tokens": usage.output,
        "output_tokens_details": { "thinking_tokens": usage.reasoning },
    })
}

//! Renders answers in the chunks of Google's `streamGenerateContent`: calls come whole, the first of an answer with a thought
//! signature, and thoughts as unsigned summaries. An answer of thoughts and text ends in a signed piece of nothing.

use serde_json::{Value, json};

use super::event::{MODEL, Phase, Rendered, Wishes, function_call, id, pieces, seal};
use super::memory::GoogleCall;
use super::reply::{Reply, Say, TokenUse};

pub fn render(reply: &Reply, nth: usize, _: Wishes) -> Rendered {
    let mut rendered = Rendered::default();
    let (mut calls, mut thought, mut refusal) = (0, false, None);
    for say in &reply.say {
        match say {
            Say::Think(text) => {
                thought = true;
                for piece in pieces(text) {
                    emit(&mut rendered, nth, Phase::Delta, json!({ "text": piece, "thought": true }));
                }
            }
            Say::Text(text) => {
                for piece in pieces(text) {
                    emit(&mut rendered, nth, Phase::Delta, json!({ "text": piece }));
                }
            }
            Say::Refuse(text) => refusal = Some(text.as_str()),
            Say::Call { .. } | Say::RawCall { .. } | Say::Custom { .. } => {
                let part = call(&mut rendered, say, nth, calls);
                emit(&mut rendered, nth, Phase::Delta, part);
                calls += 1;
            }
        }
    }
    let mut parts = Vec::new();
    if thought && calls == 0 {
        let signature = format!("Cu8B{}", seal("", nth, 99));
        rendered.learned.google_texts.insert((String::new(), signature.clone()));
        parts.push(json!({ "text": "", "thoughtSignature": signature }));
    }
    let natural = if refusal.is_some() { "SAFETY" } else { "STOP" };
    let mut last = chunk(nth, parts);
    last["candidates"][0]["finishReason"] = json!(reply.stop.unwrap_or(natural));
    if let Some(text) = refusal {
        last["candidates"][0]["finishMessage"] = json!(text);
    }
    last["usageMetadata"] = usage(&reply.usage);
    rendered.unnamed(Phase::Closing, &last.to_string());
    rendered
}

/// Adds the error after the events of the prefix, with the status as its name.
pub fn render_error(rendered: &mut Rendered, kind: &str, message: &str) {
    let code = super::vendor::GOOGLE.iter().find(|(_, status)| *status == kind).map_or(400, |(code, _)| *code);
    let data = json!({ "error": { "code": code, "message": message, "status": kind } });
    rendered.unnamed(Phase::Closing, &data.to_string());
}

fn call(rendered: &mut Rendered, say: &Say, nth: usize, number: usize) -> Value {
    let (name, arguments) = function_call(say).expect("a call has a name and arguments");
    // The vendor parses what its model writes: arguments are an object, or there are none.
    let args = serde_json::from_str(&arguments).ok().filter(Value::is_object).unwrap_or_else(|| json!({}));
    let call_id = id("fc", nth, number);
    let mut part = json!({ "functionCall": { "id": call_id, "name": name, "args": args } });
    // Of parallel calls the first alone is signed.
    let signature = (number == 0).then(|| format!("CiQB{}", seal(&part.to_string(), nth, number)));
    if let Some(signature) = &signature {
        part["thoughtSignature"] = json!(signature);
    }
    rendered.learned.google_calls.insert(call_id, GoogleCall { name: name.to_owned(), signature });
    part
}

fn emit(rendered: &mut Rendered, nth: usize, phase: Phase, part: Value) {
    rendered.unnamed(phase, &chunk(nth, vec![part]).to_string());
}

fn chunk(nth: usize, parts: Vec<Value>) -> Value {
    let mut content = json!({ "role": "model" });
    if !parts.is_empty() {
        content["parts"] = json!(parts);
    }
    json!({ "candidates": [{ "content": content, "index": 0 }], "modelVersion": MODEL, "responseId": id("resp", nth, 0) })
}

/// Thoughts are counted beside the answer, and what came from the cache within the prompt.
fn usage(usage: &TokenUse) -> Value {
    json!({
        "promptTokenCount": usage.input,
        "cachedContentTokenCount": usage.cached,
        "candidatesTokenCount": usage.output.saturating_sub(usage.reasoning),
        "thoughtsTokenCount": usage.reasoning,
        "totalTokenCount": usage.input + usage.output,
    })
}

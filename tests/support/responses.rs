//! Renders answers in the streaming events of OpenAI's Responses API.

use serde_json::{Value, json};

use super::event::{CREATED, MODEL, Phase, Rendered, Wishes, id, pieces, seal};
use super::memory::{Call, Next, Reasoning};
use super::reply::{Reply, Say, TokenUse};

/// Numbers the events and gathers the finished items for the response object at the end.
struct Writer {
    rendered: Rendered,
    sequence: usize,
    output: Vec<Value>,
    nth: usize,
}

pub fn render(reply: &Reply, nth: usize, wishes: Wishes) -> Rendered {
    let mut writer = Writer { rendered: Rendered::default(), sequence: 0, output: Vec::new(), nth };
    let incomplete = reply.stop.filter(|reason| *reason != "completed");
    let beginning = response(nth, "in_progress", &[]);
    writer.emit(Phase::Opening, "response.created", json!({ "response": beginning }));
    writer.emit(Phase::Opening, "response.in_progress", json!({ "response": beginning }));
    for (index, say) in reply.say.iter().enumerate() {
        // What the limit cuts off is the last thing said.
        let cut = incomplete.is_some() && index + 1 == reply.say.len();
        let status = if cut { "incomplete" } else { "completed" };
        match say {
            Say::Think(text) => writer.think(text, wishes.encrypted),
            Say::Text(text) => writer.message(TEXT, text, status),
            Say::Refuse(text) => writer.message(REFUSAL, text, status),
            Say::Call { name, input } => writer.function_call(name, &input.to_string(), status),
            Say::RawCall { name, arguments } => writer.function_call(name, arguments, status),
            Say::Custom { name, input } => writer.custom_call(name, input, status),
        }
    }
    let mut ending = response(nth, "completed", &writer.output);
    ending["usage"] = usage(&reply.usage);
    let mut name = "response.completed";
    if let Some(reason) = incomplete {
        name = "response.incomplete";
        ending["status"] = json!("incomplete");
        ending["incomplete_details"] = json!({ "reason": reason });
    } else {
        ending["completed_at"] = json!(CREATED + 1);
    }
    writer.emit(Phase::Closing, name, json!({ "response": ending }));
    writer.learn(wishes);
    writer.rendered
}

/// Adds the error event after the events of the prefix.
pub fn render_error(rendered: &mut Rendered, nth: usize, kind: &str, message: &str) {
    let sequence = rendered.events.len();
    let (name, data) = match kind.strip_prefix("failed:") {
        Some(code) => {
            let mut failed = response(nth, "failed", &[]);
            failed["error"] = json!({ "code": code, "message": message });
            let data = json!({ "type": "response.failed", "response": failed, "sequence_number": sequence });
            ("response.failed", data)
        }
        None => {
            let data = json!({
                "type": "error", "code": kind, "message": message, "param": null, "sequence_number": sequence,
            });
            ("error", data)
        }
    };
    rendered.named(Phase::Closing, name, &data);
}

fn response(nth: usize, status: &str, output: &[Value]) -> Value {
    json!({
        "id": id("resp", nth, 0), "object": "response", "created_at": CREATED, "status": status, "background": false,
        "completed_at": null, "error": null, "incomplete_details": null, "instructions": null,
        "max_output_tokens": null, "max_tool_calls": null, "model": MODEL, "output": output,
        "parallel_tool_calls": true, "previous_response_id": null, "prompt_cache_key": null,
        "prompt_cache_retention": null, "reasoning": { "effort": null, "summary": null },
        "safety_identifier": null, "service_tier": "default", "store": false, "temperature": 1.0,
        "text": { "format": { "type": "text" }, "verbosity": "medium" }, "tool_choice": "auto", "tools": [],
        "top_logprobs": 0, "top_p": 1.0, "truncation": "disabled", "usage": null, "user": null, "metadata": {},
    })
}

fn usage(usage: &TokenUse) -> Value {
    json!({
        "input_tokens": usage.input,
        "input_tokens_details": { "cached_tokens": usage.cached, "cache_write_tokens": usage.cache_written },
        "output_tokens": usage.output,
        "output_tokens_details": { "reasoning_tokens": usage.reasoning },
        "total_tokens": usage.input + usage.output,
    })
}

/// How a kind of message content is called in the events.
struct ContentNames {
    kind: &'static str,
    field: &'static str,
    delta: &'static str,
    done: &'static str,
}

const TEXT: &ContentNames = &ContentNames {
    kind: "output_text",
    field: "text",
    delta: "response.output_text.delta",
    done: "response.output_text.done",
};

const REFUSAL: &ContentNames =
    &ContentNames { kind: "refusal", field: "refusal", delta: "response.refusal.delta", done: "response.refusal.done" };

impl ContentNames {
    fn part(&self, text: &str) -> Value {
        match self.kind {
            "output_text" => json!({ "type": "output_text", "annotations": [], "logprobs": [], "text": text }),
            _ => json!({ "type": "refusal", "refusal": text }),
        }
    }

    /// Only the events of plain text have log probabilities.
    fn logprobs(&self, mut event: Value) -> Value {
        if self.kind == "output_text" {
            event["logprobs"] = json!([]);
        }
        event
    }
}

impl Writer {
    fn emit(&mut self, phase: Phase, name: &str, fields: Value) {
        let mut data = json!({ "type": name });
        let object = data.as_object_mut().expect("an event is an object");
        object.extend(fields.as_object().expect("the fields of an event are an object").clone());
        object.insert("sequence_number".to_owned(), json!(self.sequence));
        self.sequence += 1;
        self.rendered.named(phase, name, &data);
    }

    fn added(&mut self, item: Value) {
        let index = self.output.len();
        self.emit(Phase::Opening, "response.output_item.added", json!({ "output_index": index, "item": item }));
    }

    fn done(&mut self, item: Value) {
        let index = self.output.len();
        self.emit(Phase::Closing, "response.output_item.done", json!({ "output_index": index, "item": item }));
        self.output.push(item);
    }

    fn think(&mut self, thought: &str, encrypted: bool) {
        let index = self.output.len();
        let item_id = id("rs", self.nth, index);
        let mut item = json!({ "id": item_id, "type": "reasoning", "summary": [] });
        if encrypted {
            // What comes first is not yet the content that counts: it changes until the item is done.
            item["encrypted_content"] = json!("gAAAAAB_unfinished");
        }
        self.added(item.clone());
        let mut summary = Vec::new();
        for (part, text) in thought.split("\n\n").enumerate() {
            let place = json!({ "item_id": item_id, "output_index": index, "summary_index": part });
            let with = |key: &str, value: Value| {
                let mut fields = place.clone();
                fields[key] = value;
                fields
            };
            let empty = json!({ "type": "summary_text", "text": "" });
            let full = json!({ "type": "summary_text", "text": text });
            self.emit(Phase::Opening, "response.reasoning_summary_part.added", with("part", empty));
            for piece in pieces(text) {
                self.emit(Phase::Delta, "response.reasoning_summary_text.delta", with("delta", json!(piece)));
            }
            self.emit(Phase::Closing, "response.reasoning_summary_text.done", with("text", json!(text)));
            self.emit(Phase::Closing, "response.reasoning_summary_part.done", with("part", full.clone()));
            summary.push(full);
        }
        item["summary"] = json!(summary);
        if encrypted {
            item["encrypted_content"] = json!(format!("gAAAAAB{}", seal(thought, self.nth, index)));
        }
        self.done(item);
    }

    fn message(&mut self, names: &ContentNames, text: &str, status: &str) {
        let index = self.output.len();
        let item_id = id("msg", self.nth, index);
        let item = |status: &str, content: Value| {
            json!({
                "id": item_id, "type": "message", "status": status, "content": content, "role": "assistant",
            })
        };
        let event = |key: &str, value: Value| {
            let mut fields = json!({ "item_id": item_id, "output_index": index, "content_index": 0 });
            fields[key] = value;
            fields
        };
        self.added(item("in_progress", json!([])));
        self.emit(Phase::Opening, "response.content_part.added", event("part", names.part("")));
        for piece in pieces(text) {
            self.emit(Phase::Delta, names.delta, names.logprobs(event("delta", json!(piece))));
        }
        self.emit(Phase::Closing, names.done, names.logprobs(event(names.field, json!(text))));
        self.emit(Phase::Closing, "response.content_part.done", event("part", names.part(text)));
        self.done(item(status, json!([names.part(text)])));
    }

    fn function_call(&mut self, name: &str, arguments: &str, status: &str) {
        let index = self.output.len();
        let item_id = id("fc", self.nth, index);
        let call_id = id("call", self.nth, index);
        let item = |status: &str, arguments: &str| {
            json!({
                "id": item_id, "type": "function_call", "status": status, "arguments": arguments,
                "call_id": call_id, "name": name,
            })
        };
        self.added(item("in_progress", ""));
        let place = json!({ "item_id": item_id, "output_index": index });
        self.call_body("response.function_call_arguments", &place, "arguments", arguments);
        self.done(item(status, arguments));
    }

    fn custom_call(&mut self, name: &str, input: &str, status: &str) {
        let index = self.output.len();
        let item_id = id("ctc", self.nth, index);
        let call_id = id("call", self.nth, index);
        let item = |status: &str, input: &str| {
            json!({
                "id": item_id, "type": "custom_tool_call", "status": status, "call_id": call_id, "input": input,
                "name": name,
            })
        };
        self.added(item("in_progress", ""));
        let place = json!({ "item_id": item_id, "output_index": index });
        self.call_body("response.custom_tool_call_input", &place, "input", input);
        self.done(item(status, input));
    }

    /// The deltas of what a call is given and the event that repeats it whole.
    fn call_body(&mut self, name: &str, place: &Value, field: &str, text: &str) {
        for piece in pieces(text) {
            let mut fields = place.clone();
            fields["delta"] = json!(piece);
            self.emit(Phase::Delta, &format!("{name}.delta"), fields);
        }
        let mut fields = place.clone();
        fields[field] = json!(text);
        self.emit(Phase::Closing, &format!("{name}.done"), fields);
    }

    /// Notes what a later request has to bring back.
    fn learn(&mut self, wishes: Wishes) {
        let learned = &mut self.rendered.learned;
        let mut calls = Vec::new();
        for (index, item) in self.output.iter().enumerate() {
            let next = self.output.get(index + 1);
            if let Some(call_id) = item["call_id"].as_str() {
                calls.push(Call { id: call_id.to_owned(), custom: item["type"] == "custom_tool_call" });
            }
            if item["type"] != "reasoning" {
                continue;
            }
            let own_id = super::shape::text(item, "id").to_owned();
            if let Some(next_id) = next.and_then(|next| next["id"].as_str()) {
                learned.reasoned.insert(next_id.to_owned(), own_id.clone());
            }
            if let Some(encrypted) = item["encrypted_content"].as_str() {
                learned.reasoning.insert(encrypted.to_owned(), Reasoning { id: own_id, next: next.map(expectation) });
            }
        }
        if wishes.store {
            learned.stored.insert(id("resp", self.nth, 0), calls);
        }
    }
}

fn expectation(item: &Value) -> Next {
    use super::shape::text;
    match text(item, "type") {
        "reasoning" => Next::Reasoning(text(item, "encrypted_content").to_owned()),
        "message" => Next::Message(message_text(item)),
        _ => Next::Call(text(item, "call_id").to_owned()),
    }
}

/// The words of a message, whichever way its content is written.
pub fn message_text(item: &Value) -> String {
    if let Some(text) = item["content"].as_str() {
        return text.to_owned();
    }
    let parts = super::shape::list(item, "content").iter();
    parts.map(|part| part["text"].as_str().or(part["refusal"].as_str()).unwrap_or_default()).collect()
}

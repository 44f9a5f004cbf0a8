//! Chunks to an answer.
//!
//! `complete()` turns true only at `[DONE]`, because the chunk with the usage comes between the one with the
//! `finish_reason` and that. A stream that ends after a `finish_reason` without `[DONE]` is a whole answer all the same:
//! several servers just close. Without either the answer was cut short and is never given out.

use super::calls::Calls;
use super::chunk::{ChoiceDelta, Chunk, Loose, Piece};
use super::details::Details;
use super::think::Think;
use super::{fault, tokens};
use crate::base::message::{Part, Reasoning, Seal};
use crate::base::model::{Delta, Finish, Stop, Usage, Wire};
use crate::base::{Error, Kind, Result};
use crate::provider::{Decode, refusal, words};
use crate::text::sse::Frame;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

pub struct Answer {
    provider: String,
    model: String,
    text: String,
    think: Think,
    /// What came between `<think>` tags: shown, never sent back.
    thought: String,
    reasoning: String,
    /// The delta field that the reasoning came in, even when it was empty.
    field: Option<&'static str>,
    details: Details,
    refusal: String,
    calls: Calls,
    usage: Usage,
    stop: Option<Stop>,
    done: bool,
}

impl Answer {
    pub fn new(provider: &str, model: &str) -> Self {
        Self {
            provider: provider.to_owned(),
            model: model.to_owned(),
            text: String::new(),
            think: Think::default(),
            thought: String::new(),
            reasoning: String::new(),
            field: None,
            details: Details::default(),
            refusal: String::new(),
            calls: Calls::default(),
            usage: Usage::default(),
            stop: None,
            done: false,
        }
    }

    fn chunk(&mut self, chunk: Chunk<'_>, deltas: &mut Vec<Delta>) -> Result<()> {
        let groq = chunk.x_groq.unwrap_or_default();
        for usage in [chunk.usage.as_ref(), groq.get("usage")].into_iter().flatten() {
            tokens::learn(&mut self.usage, usage);
        }
        let errors = [chunk.error.as_ref(), groq.get("error")];
        if let Some(error) = errors.into_iter().flatten().find(|error| fault::is_fault(error)) {
            return Err(fault::of(&self.provider, error));
        }
        // We never ask for more than one choice. Some gateways split one answer into several all the same, text in one
        // and calls in the other, so all of them are taken.
        for choice in chunk.choices.unwrap_or_default() {
            if let Some(usage) = &choice.usage {
                tokens::learn(&mut self.usage, usage);
            }
            if let Some(error) = choice.error.as_ref().filter(|error| fault::is_fault(error)) {
                return Err(fault::of(&self.provider, error));
            }
            if let Some(delta) = choice.delta.or(choice.message) {
                self.delta(delta, deltas);
            }
            if let Some(stop) = self.stop_of(choice.finish_reason.text())? {
                self.stop = Some(stop);
            }
        }
        Ok(())
    }

    fn delta(&mut self, delta: ChoiceDelta<'_>, deltas: &mut Vec<Delta>) {
        self.reason(&delta.reasoning_content, &delta.reasoning, delta.reasoning_details, deltas);
        match &delta.content {
            Loose::Text(text) => self.say(text, deltas),
            Loose::List(parts) => self.say_parts(parts, deltas),
            Loose::Absent | Loose::Number(_) => {}
        }
        if !delta.refusal.text().is_empty() {
            self.refusal.push_str(delta.refusal.text());
            deltas.push(Delta::Text(delta.refusal.text().to_owned()));
        }
        let old = delta.function_call.map(|function| Piece { function: Some(function), ..Piece::default() });
        for piece in delta.tool_calls.into_iter().chain(old) {
            self.calls.take(piece, deltas);
        }
    }

    /// Takes reasoning from whichever field has it. Servers in transition send the same text in two; the first field
    /// that was used stays the one that counts.
    fn reason(&mut self, content: &Loose<'_>, plain: &Loose<'_>, details: Option<Value>, deltas: &mut Vec<Delta>) {
        let readable = details.map(|list| self.details.take(list)).unwrap_or_default();
        let mut fields = [("reasoning_content", content), ("reasoning", plain)];
        if self.field == Some("reasoning") {
            fields.reverse();
        }
        let said = fields.iter().find(|(_, value)| !value.text().is_empty());
        if let Some((field, _)) = said.or_else(|| fields.iter().find(|(_, value)| value.is_text()))
            && (self.field.is_none() || self.reasoning.is_empty())
        {
            self.field = Some(field);
        }
        let text = said.map_or(readable.as_str(), |(_, value)| value.text());
        if !text.is_empty() {
            self.reasoning.push_str(text);
            deltas.push(Delta::Reasoning(text.to_owned()));
        }
    }

    fn say(&mut self, piece: &str, deltas: &mut Vec<Delta>) {
        if !piece.is_empty() {
            let split = self.think.push(piece);
            self.said(split, deltas);
        }
    }

    fn said(&mut self, (thought, text): (String, String), deltas: &mut Vec<Delta>) {
        if !thought.is_empty() {
            self.thought.push_str(&thought);
            deltas.push(Delta::Reasoning(thought));
        }
        if !text.is_empty() {
            self.text.push_str(&text);
            deltas.push(Delta::Text(text));
        }
    }

    /// Content as a list of parts, as Mistral streams it when its models think.
    fn say_parts(&mut self, parts: &[Value], deltas: &mut Vec<Delta>) {
        for part in parts {
            if let Some(text) = part.as_str().or_else(|| part.get("text").and_then(Value::as_str)) {
                self.say(text, deltas);
            }
            for thought in part.get("thinking").and_then(Value::as_array).into_iter().flatten() {
                let thought = thought.get("text").and_then(Value::as_str).unwrap_or_default();
                self.said((thought.to_owned(), String::new()), deltas);
            }
        }
    }

    /// What a `finish_reason` means. Most servers keep to the published ones; the others are from vLLM, Mistral, Zhipu,
    /// DeepSeek, OpenRouter and gateways to other vendors. A word that nobody knows ends the answer like `stop`.
    fn stop_of(&self, reason: &str) -> Result<Option<Stop>> {
        Ok(Some(match reason {
            "" => return Ok(None),
            "length" | "max_tokens" | "model_length" | "MAX_TOKENS" => Stop::Length,
            "tool_calls" | "function_call" | "tool_use" => Stop::Calls,
            "content_filter" | "refusal" | "safety" | "SAFETY" | "sensitive" => Stop::Refusal,
            "error" | "network_error" | "insufficient_system_resource" | "abort" => {
                return Err(refusal::in_stream(&self.provider, "server_error", &format!("finish reason `{reason}`")));
            }
            _ => Stop::End,
        }))
    }

    /// The reasoning parts: what goes back under its seal, then what is only for people.
    fn reasoning_parts(&mut self, has_calls: bool) -> Vec<Part> {
        let text = std::mem::take(&mut self.reasoning);
        let details = std::mem::take(&mut self.details);
        let mut parts = Vec::new();
        if !details.is_empty() {
            let (text, blocks) = details.seal(text);
            parts.push(self.sealed(text, json!({ "field": "reasoning_details", "details": blocks })));
        } else if let Some(field) = self.field {
            // DeepSeek wants the field back with a call even when the thought was empty.
            if !text.is_empty() || (has_calls && field == "reasoning_content") {
                parts.push(self.sealed(text, json!({ "field": field })));
            }
        }
        let thought = self.thought.trim();
        if !thought.is_empty() {
            parts.push(Part::Reasoning(Reasoning { text: thought.to_owned(), seal: None }));
        }
        parts
    }

    fn sealed(&self, text: String, data: Value) -> Part {
        Part::Reasoning(Reasoning { text, seal: Some(Seal { wire: Wire::Chat, model: self.model.clone(), data }) })
    }
}

impl Decode for Answer {
    fn frame(&mut self, frame: &Frame, deltas: &mut Vec<Delta>) -> Result<()> {
        let data = frame.data.trim();
        if self.done || data.is_empty() || matches!(frame.event.as_str(), "ping" | "keepalive" | "heartbeat") {
            return Ok(());
        }
        if data == "[DONE]" {
            self.done = true;
            return Ok(());
        }
        if frame.event == "error" {
            let error = serde_json::from_str(data).unwrap_or_else(|_| Value::from(data));
            return Err(fault::of(&self.provider, &error));
        }
        match serde_json::from_str::<Chunk<'_>>(data) {
            // vLLM and its kin: the error is the whole object.
            Ok(chunk) if chunk.object.text() == "error" => {
                let error = serde_json::from_str(data).map_err(|cause| words::not_json(&self.provider, &cause))?;
                Err(fault::of(&self.provider, &error))
            }
            Ok(chunk) => {
                let whole = chunk.object.text() == "chat.completion";
                self.chunk(chunk, deltas)?;
                self.done |= whole;
                Ok(())
            }
            // JSON, but nothing that we know.
            Err(cause) => match serde_json::from_str::<IgnoredAny>(data) {
                Ok(_) => Ok(()),
                Err(_) => Err(words::not_json(&self.provider, &cause)),
            },
        }
    }

    fn complete(&self) -> bool {
        self.done
    }

    /// Some servers neither send `[DONE]` nor close after the stop reason.
    fn settled(&self) -> bool {
        self.done || self.stop.is_some()
    }

    fn usage(&self) -> Usage {
        self.usage
    }

    fn finish(mut self: Box<Self>) -> Result<Finish> {
        if !self.done && self.stop.is_none() {
            return Err(Error::new(Kind::Network, format!("{}: the answer was cut short", self.provider)));
        }
        let held = self.think.finish();
        self.said(held, &mut Vec::new());
        let (calls, extras) = std::mem::take(&mut self.calls).finish();
        let mut parts = self.reasoning_parts(!calls.is_empty());
        if extras.iter().any(Option::is_some) {
            // By position, because the session may change ids that are not unique.
            parts.push(self.sealed(String::new(), json!({ "field": "extra_content", "calls": extras })));
        }
        let stop = match self.stop.unwrap_or(Stop::End) {
            Stop::End | Stop::Calls | Stop::Pause if !calls.is_empty() => Stop::Calls,
            Stop::End | Stop::Calls | Stop::Pause if !self.refusal.is_empty() => Stop::Refusal,
            Stop::End | Stop::Calls | Stop::Pause => Stop::End,
            Stop::Length => Stop::Length,
            Stop::Refusal => Stop::Refusal,
        };
        if !self.text.is_empty() {
            parts.push(Part::Text { text: self.text });
        }
        if !self.refusal.is_empty() {
            parts.push(Part::Refusal { text: self.refusal });
        }
        parts.extend(calls.into_iter().map(Part::Call));
        Ok(Finish { parts, usage: self.usage, stop })
    }
}

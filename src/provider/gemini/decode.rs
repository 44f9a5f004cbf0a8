//! The chunks of a stream to one neutral answer.
//!
//! Never gives a part of an answer as the whole: without a finish reason there is no answer, only what it cost. The wire has no
//! terminal event; the last chunk has the reason and the counts, which some proxies send after it.

use super::chunk::{Call, Chunk, Counts, Part as Piece};
use super::fault;
use super::signature::{self, Signed};
use crate::base::call::ToolCall;
use crate::base::message::{Part, Reasoning, Seal};
use crate::base::model::{Delta, Finish, Stop, Usage, Wire};
use crate::base::{Error, Kind, Result};
use crate::provider::{Decode, Endpoint, refusal, words};
use crate::text::sse::Frame;
use serde_json::Value;
use serde_json::value::RawValue;

/// One answer as it grows.
pub struct Answer {
    endpoint: Endpoint,
    model: String,
    blocks: Vec<Block>,
    usage: Usage,
    stop: Option<Stop>,
    /// Have the counts come with the finish reason or after it? Then nothing more comes.
    counted: bool,
    /// Why a filter stopped the answer or took no prompt, as far as it is said.
    refusal: String,
}

enum Block {
    Text(Signed),
    Thought(Signed),
    Call { call: ToolCall, signature: String },
}

impl Answer {
    pub fn new(endpoint: &Endpoint, model: &str) -> Self {
        Self {
            endpoint: endpoint.clone(),
            model: model.to_owned(),
            blocks: Vec::new(),
            usage: Usage::default(),
            stop: None,
            counted: false,
            refusal: String::new(),
        }
    }

    fn piece(&mut self, piece: Piece<'_>, deltas: &mut Vec<Delta>) {
        if let Some(call) = piece.function_call {
            self.call(call, &piece.thought_signature, deltas);
            return;
        }
        // Code that the vendor ran, its output, files: nothing that we asked for.
        let Some(text) = piece.text else { return };
        if text.is_empty() && piece.thought_signature.is_empty() {
            return;
        }
        let signed = match (self.blocks.last_mut(), piece.thought) {
            (Some(Block::Text(signed)), false) | (Some(Block::Thought(signed)), true) => signed,
            _ => {
                self.blocks.push(if piece.thought {
                    Block::Thought(Signed::default())
                } else {
                    Block::Text(Signed::default())
                });
                match self.blocks.last_mut() {
                    Some(Block::Text(signed) | Block::Thought(signed)) => signed,
                    Some(Block::Call { .. }) | None => return,
                }
            }
        };
        signed.push(&text, &piece.thought_signature);
        if !text.is_empty() {
            let text = text.into_owned();
            deltas.push(if piece.thought { Delta::Reasoning(text) } else { Delta::Text(text) });
        }
    }

    /// A call comes whole. Its arguments stay in the bytes in which they came.
    fn call(&mut self, call: Call<'_>, signature: &str, deltas: &mut Vec<Delta>) {
        let calls = self.blocks.iter().filter(|block| matches!(block, Block::Call { .. })).count();
        let id = if call.id.is_empty() { words::fallback_id(calls, &call.name) } else { call.id.into_owned() };
        let arguments = call.args.map(RawValue::get).filter(|args| *args != "null").unwrap_or("{}");
        let name = call.name.into_owned();
        deltas.push(Delta::Call(name.clone()));
        let call = ToolCall { id, name, arguments: arguments.to_owned(), freeform: false };
        self.blocks.push(Block::Call { call, signature: signature.to_owned() });
    }

    /// Counts are for the whole answer so far, and a chunk may leave some out: they only grow.
    fn count(&mut self, counts: &Counts) {
        let input = counts.prompt_token_count.saturating_add(counts.tool_use_prompt_token_count);
        let output = counts.candidates_token_count.saturating_add(counts.thoughts_token_count);
        self.usage.input = self.usage.input.max(input);
        self.usage.cached = self.usage.cached.max(counts.cached_content_token_count);
        self.usage.output = self.usage.output.max(output);
        self.usage.reasoning = self.usage.reasoning.max(counts.thoughts_token_count);
    }

    /// `FinishReason`. A word that nobody knows ends the answer like `STOP`.
    fn finished(&mut self, reason: &str, message: &str) -> Result<()> {
        self.stop = Some(match reason {
            "MAX_TOKENS" | "CONTINUATION" => Stop::Length,
            "SAFETY"
            | "RECITATION"
            | "LANGUAGE"
            | "BLOCKLIST"
            | "PROHIBITED_CONTENT"
            | "SPII"
            | "OTHER"
            | "IMAGE_SAFETY"
            | "IMAGE_PROHIBITED_CONTENT"
            | "IMAGE_RECITATION"
            | "IMAGE_OTHER"
            | "ESCALATION"
            | "MODEL_ARMOR" => {
                let said = if message.is_empty() { "the answer was stopped" } else { message };
                self.refusal = format!("{said} ({reason})");
                Stop::Refusal
            }
            // Slips of the model while it wrote: another try usually is right.
            "MALFORMED_FUNCTION_CALL" | "UNEXPECTED_TOOL_CALL" | "MALFORMED_RESPONSE" => {
                return Err(self.failed("server_error", reason, message));
            }
            "MISSING_THOUGHT_SIGNATURE" | "TOO_MANY_TOOL_CALLS" | "PUP_LIMITED_DISABLED" => {
                return Err(self.failed(reason, reason, message));
            }
            _ => Stop::End,
        });
        Ok(())
    }

    fn failed(&self, code: &str, reason: &str, message: &str) -> Error {
        let message = if message.is_empty() { String::new() } else { format!(": {message}") };
        refusal::in_stream(&self.endpoint.provider, code, &format!("the model stopped ({reason}){message}"))
    }

    fn seal(&self, text: String, data: Value) -> Part {
        Part::Reasoning(Reasoning { text, seal: Some(Seal { wire: Wire::Gemini, model: self.model.clone(), data }) })
    }

    fn parts(&mut self) -> Vec<Part> {
        let mut parts = Vec::with_capacity(self.blocks.len());
        for block in std::mem::take(&mut self.blocks) {
            match block {
                Block::Text(signed) => {
                    parts.extend(signed.sealed().map(|sealed| self.seal(String::new(), signature::of_text(sealed))));
                    if !signed.text.is_empty() {
                        parts.push(Part::Text { text: signed.text });
                    }
                }
                Block::Thought(signed) => parts.push(match signed.sealed() {
                    Some(sealed) => self.seal(signed.text, sealed),
                    None => Part::Reasoning(Reasoning { text: signed.text, seal: None }),
                }),
                Block::Call { call, signature } => {
                    if !signature.is_empty() {
                        parts.push(self.seal(String::new(), signature::of_call(&signature)));
                    }
                    parts.push(Part::Call(call));
                }
            }
        }
        parts
    }
}

impl Decode for Answer {
    fn frame(&mut self, frame: &Frame, deltas: &mut Vec<Delta>) -> Result<()> {
        let data = frame.data.trim();
        if self.counted || data.is_empty() || data == "[DONE]" {
            return Ok(());
        }
        let not_json = |cause| words::not_json(&self.endpoint.provider, &cause);
        if !data.starts_with('{') {
            return serde_json::from_str::<Value>(data).map(drop).map_err(not_json);
        }
        let chunk: Chunk<'_> = serde_json::from_str(data).map_err(not_json)?;
        if let Some(error) = chunk.error.map(RawValue::get).filter(|error| *error != "null") {
            let error: Value = serde_json::from_str(error).map_err(not_json)?;
            return Err(fault::in_stream(&self.endpoint, &error));
        }
        if let Some(counts) = &chunk.usage_metadata {
            self.count(counts);
        }
        let blocked = &chunk.prompt_feedback;
        if !blocked.block_reason.is_empty() {
            let message = &*blocked.block_reason_message;
            let said = if message.is_empty() { "the prompt was refused" } else { message };
            self.refusal = format!("{said} ({})", blocked.block_reason);
            self.stop = Some(Stop::Refusal);
        }
        // We ask for one candidate.
        if let Some(candidate) = chunk.candidates.into_iter().next() {
            for piece in candidate.content.parts {
                self.piece(piece, deltas);
            }
            match &*candidate.finish_reason {
                "" | "FINISH_REASON_UNSPECIFIED" => {}
                reason => self.finished(reason, &candidate.finish_message)?,
            }
        }
        self.counted = self.stop.is_some() && chunk.usage_metadata.is_some();
        Ok(())
    }

    fn complete(&self) -> bool {
        self.counted
    }

    fn settled(&self) -> bool {
        self.stop.is_some()
    }

    fn usage(&self) -> Usage {
        self.usage
    }

    fn finish(mut self: Box<Self>) -> Result<Finish> {
        let Some(stop) = self.stop else {
            return Err(Error::new(Kind::Network, format!("{}: the answer was cut short", self.endpoint.provider)));
        };
        let mut parts = self.parts();
        let has_calls = parts.iter().any(|part| matches!(part, Part::Call(_)));
        if stop == Stop::Refusal {
            parts.push(Part::Refusal { text: std::mem::take(&mut self.refusal) });
        }
        let stop = if stop == Stop::End && has_calls { Stop::Calls } else { stop };
        Ok(Finish { parts, usage: self.usage, stop })
    }
}

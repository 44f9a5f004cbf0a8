//! The events of a Messages stream to one neutral answer.
//!
//! Never gives a part of an answer as the whole: without `message_stop` there is no answer, only what it cost.

use super::super::{Decode, refusal, words};
use super::event::{Counts, Event, Opening, Piece};
use crate::base::call::ToolCall;
use crate::base::message::{Part, Reasoning, Seal};
use crate::base::model::{Delta, Finish, Stop, Usage, Wire};
use crate::base::{Error, Kind, Result};
use crate::text::sse::Frame;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

/// One answer as it grows.
pub(super) struct Decoder {
    provider: String,
    model: String,
    /// In the order in which they came, each with the server's index.
    blocks: Vec<(u64, Block)>,
    tokens: Tokens,
    stop_reason: String,
    /// Why a filter stopped the answer, where the server says so.
    explanation: String,
    complete: bool,
}

enum Block {
    Text(String),
    Thinking {
        text: String,
        signature: String,
    },
    Redacted(String),
    Call {
        id: String,
        name: String,
        whole: String,
        pieces: String,
    },
    /// Of a type we do not know: it and its deltas are passed over.
    Other,
}

/// The server's own counters, which overlap otherwise than ours.
#[derive(Default)]
struct Tokens {
    fresh: u64,
    cached: u64,
    cache_written: u64,
    output: u64,
    thinking: u64,
}

impl Decoder {
    pub(super) fn new(provider: &str, model: &str) -> Self {
        Self {
            provider: provider.to_owned(),
            model: model.to_owned(),
            blocks: Vec::new(),
            tokens: Tokens::default(),
            stop_reason: String::new(),
            explanation: String::new(),
            complete: false,
        }
    }

    /// What is not an object cannot be an event: nothing, `[DONE]`, or a plain value.
    fn pass_over(&self, data: &str) -> Result<()> {
        if data.is_empty() || data == "[DONE]" {
            return Ok(());
        }
        serde_json::from_str::<IgnoredAny>(data).map(|_| ()).map_err(|cause| words::not_json(&self.provider, &cause))
    }

    fn start_block(&mut self, index: Option<u64>, opening: &Opening<'_>, deltas: &mut Vec<Delta>) {
        let block = match &*opening.kind {
            "text" => {
                tell(Delta::Text, &opening.text, deltas);
                Block::Text(opening.text.to_string())
            }
            "thinking" => {
                tell(Delta::Reasoning, &opening.thinking, deltas);
                Block::Thinking { text: opening.thinking.to_string(), signature: opening.signature.to_string() }
            }
            "redacted_thinking" => Block::Redacted(opening.data.to_string()),
            "tool_use" => {
                deltas.push(Delta::Call(opening.name.to_string()));
                Block::Call {
                    id: opening.id.to_string(),
                    name: opening.name.to_string(),
                    whole: opening.whole_input(),
                    pieces: String::new(),
                }
            }
            _ => Block::Other,
        };
        self.blocks.push((index.unwrap_or(self.blocks.len() as u64), block));
    }

    fn grow_block(&mut self, index: Option<u64>, piece: &Piece<'_>, deltas: &mut Vec<Delta>) {
        match &*piece.kind {
            "text_delta" => {
                let fits = |block: &Block| matches!(block, Block::Text(_));
                if let Some(Block::Text(text)) = self.block(index, fits, || Block::Text(String::new())) {
                    text.push_str(&piece.text);
                    tell(Delta::Text, &piece.text, deltas);
                }
            }
            "thinking_delta" => {
                if let Some(Block::Thinking { text, .. }) = self.block(index, is_thinking, new_thinking) {
                    text.push_str(&piece.thinking);
                    tell(Delta::Reasoning, &piece.thinking, deltas);
                }
            }
            "signature_delta" => {
                if let Some(Block::Thinking { signature, .. }) = self.block(index, is_thinking, new_thinking) {
                    (*piece.signature).clone_into(signature);
                }
            }
            "input_json_delta" => {
                let at = self.position(index);
                if let Some((_, Block::Call { pieces, .. })) = at.and_then(|at| self.blocks.get_mut(at)) {
                    pieces.push_str(&piece.partial_json);
                }
            }
            // Citations, and what the vendor may add.
            _ => {}
        }
    }

    /// The block of an index, the newest where a server uses one twice; the last block where it sends no index.
    fn position(&self, index: Option<u64>) -> Option<usize> {
        self.blocks.iter().rposition(|(of, _)| index.is_none_or(|index| index == *of))
    }

    /// The block to add a piece to: a new one where the server never opened one or opened another kind, and none where
    /// the block is of a type we do not know.
    fn block(&mut self, index: Option<u64>, fits: fn(&Block) -> bool, new: fn() -> Block) -> Option<&mut Block> {
        let found = self.position(index);
        let at = match found.and_then(|at| self.blocks.get(at)) {
            Some((_, Block::Other)) => return None,
            Some((_, block)) if fits(block) => found?,
            Some(_) | None => {
                self.blocks.push((index.unwrap_or(self.blocks.len() as u64), new()));
                self.blocks.len() - 1
            }
        };
        self.blocks.get_mut(at).map(|(_, block)| block)
    }

    fn parts(&mut self) -> Vec<Part> {
        let blocks = std::mem::take(&mut self.blocks);
        let mut calls = 0;
        let mut parts = Vec::with_capacity(blocks.len());
        for (_, block) in blocks {
            match block {
                Block::Text(text) if text.is_empty() => {}
                Block::Text(text) => parts.push(Part::Text { text }),
                Block::Thinking { text, signature } => parts.extend(self.thinking(text, signature)),
                Block::Redacted(data) => parts.extend(self.redacted(&data)),
                Block::Call { id, name, whole, pieces } => {
                    let id = if id.is_empty() { words::fallback_id(calls, &name) } else { id };
                    calls += 1;
                    let arguments = [pieces, whole].into_iter().find(|text| !text.trim().is_empty());
                    let arguments = arguments.unwrap_or_else(|| "{}".into());
                    parts.push(Part::Call(ToolCall { id, name, arguments, freeform: false }));
                }
                Block::Other => {}
            }
        }
        parts
    }

    /// Compatible servers may think without signing; such thoughts are shown, and never sent back.
    fn thinking(&self, text: String, signature: String) -> Option<Part> {
        let seal = (!signature.is_empty()).then(|| self.seal(json!({ "signature": signature })));
        (!text.is_empty() || seal.is_some()).then_some(Part::Reasoning(Reasoning { text, seal }))
    }

    fn redacted(&self, data: &str) -> Option<Part> {
        let seal = || self.seal(json!({ "redacted": data }));
        (!data.is_empty()).then(|| Part::Reasoning(Reasoning { text: String::new(), seal: Some(seal()) }))
    }

    fn seal(&self, data: Value) -> Seal {
        Seal { wire: Wire::Messages, model: self.model.clone(), data }
    }
}

impl Decode for Decoder {
    fn frame(&mut self, frame: &Frame, deltas: &mut Vec<Delta>) -> Result<()> {
        if self.complete {
            return Ok(());
        }
        let data = frame.data.trim();
        if !data.starts_with('{') {
            return self.pass_over(data);
        }
        let event: Event<'_> = serde_json::from_str(data).map_err(|cause| words::not_json(&self.provider, &cause))?;
        let kind = if event.kind.is_empty() { frame.event.as_str() } else { &event.kind };
        match kind {
            "message_start" => self.tokens.take(&event.message.usage),
            "content_block_start" => self.start_block(event.index, &event.content_block, deltas),
            "content_block_delta" => self.grow_block(event.index, &event.delta, deltas),
            "message_delta" => {
                self.tokens.take(&event.usage);
                replace(&mut self.stop_reason, &event.delta.stop_reason);
                replace(&mut self.explanation, &event.delta.stop_details.explanation);
            }
            "message_stop" => self.complete = true,
            _ if kind == "error" || event.error.is_some() => {
                let (message, code) = refusal::words(data.as_bytes());
                return Err(refusal::in_stream(&self.provider, &code, &message));
            }
            // `ping`, `content_block_stop`, which tells nothing that `message_stop` does not, and what may be added.
            _ => {}
        }
        Ok(())
    }

    fn complete(&self) -> bool {
        self.complete
    }

    fn usage(&self) -> Usage {
        let Tokens { fresh, cached, cache_written, output, thinking } = self.tokens;
        Usage {
            input: fresh.saturating_add(cached).saturating_add(cache_written),
            cached,
            cache_written,
            output,
            reasoning: thinking,
        }
    }

    fn finish(mut self: Box<Self>) -> Result<Finish> {
        if !self.complete {
            return Err(Error::new(
                Kind::Network,
                format!("{} stopped sending before the end: the answer was cut short", self.provider),
            ));
        }
        let mut parts = self.parts();
        let has_calls = parts.iter().any(|part| matches!(part, Part::Call(_)));
        let stop = stop(&self.stop_reason, has_calls);
        if stop == Stop::Refusal && !self.explanation.is_empty() {
            parts.push(Part::Refusal { text: std::mem::take(&mut self.explanation) });
        }
        Ok(Finish { parts, usage: self.usage(), stop })
    }
}

impl Tokens {
    /// The counters are cumulative: what comes later replaces what came before. A later zero does not, because some
    /// servers fill the fields that they do not know with it.
    fn take(&mut self, counts: &Counts) {
        for (have, new) in [
            (&mut self.fresh, counts.input_tokens),
            (&mut self.cached, counts.cache_read_input_tokens),
            (&mut self.cache_written, counts.cache_creation_input_tokens),
            (&mut self.output, counts.output_tokens),
            (&mut self.thinking, counts.output_tokens_details.thinking_tokens),
        ] {
            *have = new.filter(|tokens| *tokens > 0).unwrap_or(*have);
        }
    }
}

/// `StopReason`. Compatible servers may leave it out, or say `end_turn` after calls.
fn stop(reason: &str, has_calls: bool) -> Stop {
    match reason {
        "max_tokens" | "model_context_window_exceeded" => Stop::Length,
        "refusal" => Stop::Refusal,
        "pause_turn" => Stop::Pause,
        _ if has_calls => Stop::Calls,
        _ => Stop::End,
    }
}

fn is_thinking(block: &Block) -> bool {
    matches!(block, Block::Thinking { .. })
}

fn new_thinking() -> Block {
    Block::Thinking { text: String::new(), signature: String::new() }
}

fn replace(have: &mut String, new: &str) {
    if !new.is_empty() {
        new.clone_into(have);
    }
}

/// Nobody is told of nothing.
fn tell(delta: fn(String) -> Delta, text: &str, deltas: &mut Vec<Delta>) {
    if !text.is_empty() {
        deltas.push(delta(text.to_owned()));
    }
}

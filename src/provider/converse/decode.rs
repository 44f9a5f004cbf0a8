//! The events of a ConverseStream answer to one neutral answer.
//!
//! Never gives a part of an answer as the whole: without `messageStop` there is no answer, only what it cost.

use super::super::{Decode, words};
use super::event::{Counts, Grown, Metadata, Opened, Piece, ReasoningPiece, Stopped};
use super::fault;
use crate::base::call::ToolCall;
use crate::base::message::{Part, Reasoning, Seal};
use crate::base::model::{Delta, Finish, Stop, Usage, Wire};
use crate::base::{Error, Kind, Result};
use crate::text::sse::Frame;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// One answer as it grows.
pub(super) struct Decoder {
    provider: String,
    model: String,
    /// In the order in which they came, each with the server's index.
    blocks: Vec<(u64, Block)>,
    counts: Counts,
    /// Of `messageStop`, which ends the answer; what it cost comes after it.
    stop_reason: Option<String>,
    metered: bool,
}

enum Block {
    Text(String),
    Thought { text: String, signature: String, redacted: Vec<u8> },
    Call { id: String, name: String, arguments: String },
}

impl Decoder {
    pub(super) fn new(provider: &str, model: &str) -> Self {
        Self {
            provider: provider.to_owned(),
            model: model.to_owned(),
            blocks: Vec::new(),
            counts: Counts::default(),
            stop_reason: None,
            metered: false,
        }
    }

    fn read<T: DeserializeOwned>(&self, frame: &Frame) -> Result<T> {
        serde_json::from_str(&frame.data).map_err(|cause| words::not_json(&self.provider, &cause))
    }

    fn open(&mut self, opened: Opened, deltas: &mut Vec<Delta>) {
        // Images and results of the provider's own tools are opened too; we ask for neither.
        if let Some(start) = opened.start.tool_use {
            deltas.push(Delta::Call(start.name.clone()));
            let index = opened.content_block_index.unwrap_or(self.blocks.len() as u64);
            let block = Block::Call { id: start.tool_use_id, name: start.name, arguments: String::new() };
            self.blocks.push((index, block));
        }
    }

    fn grow(&mut self, index: Option<u64>, piece: Piece, deltas: &mut Vec<Delta>) -> Result<()> {
        let Piece { text, tool_use, reasoning_content } = piece;
        if let Some(new) = text {
            let fits = |block: &Block| matches!(block, Block::Text(_));
            if let Some(Block::Text(text)) = self.block(index, fits, || Block::Text(String::new())) {
                text.push_str(&new);
                tell(Delta::Text, new, deltas);
            }
        }
        if let Some(new) = tool_use
            && let Some(Block::Call { arguments, .. }) = self.opened(index)
        {
            arguments.push_str(&new.input);
        }
        match reasoning_content {
            Some(piece) => self.think(index, piece, deltas),
            None => Ok(()),
        }
    }

    fn think(&mut self, index: Option<u64>, piece: ReasoningPiece, deltas: &mut Vec<Delta>) -> Result<()> {
        let provider = self.provider.clone();
        let new = || Block::Thought { text: String::new(), signature: String::new(), redacted: Vec::new() };
        let fits = |block: &Block| matches!(block, Block::Thought { .. });
        if let Some(Block::Thought { text, signature, redacted }) = self.block(index, fits, new) {
            if let Some(new) = piece.redacted_content {
                let bytes = STANDARD.decode(&new).map_err(|cause| {
                    Error::new(Kind::Transient, format!("{provider} sent reasoning that is not base64: {cause}"))
                })?;
                redacted.extend(bytes);
            }
            signature.push_str(&piece.signature.unwrap_or_default());
            if let Some(new) = piece.text {
                text.push_str(&new);
                tell(Delta::Reasoning, new, deltas);
            }
        }
        Ok(())
    }

    /// The block of an index, the newest where a server uses one twice; the last block where it sends no index.
    fn opened(&mut self, index: Option<u64>) -> Option<&mut Block> {
        let found = self.blocks.iter_mut().rev().find(|(of, _)| index.is_none_or(|index| index == *of));
        found.map(|(_, block)| block)
    }

    /// The block to add a piece to: a new one where there is none yet, or one of another kind.
    fn block(&mut self, index: Option<u64>, fits: fn(&Block) -> bool, new: fn() -> Block) -> Option<&mut Block> {
        if !self.opened(index).is_some_and(|block| fits(block)) {
            self.blocks.push((index.unwrap_or(self.blocks.len() as u64), new()));
            return self.blocks.last_mut().map(|(_, block)| block);
        }
        self.opened(index)
    }

    fn parts(&mut self) -> Vec<Part> {
        let mut calls = 0;
        let mut parts = Vec::with_capacity(self.blocks.len());
        for (_, block) in std::mem::take(&mut self.blocks) {
            match block {
                Block::Text(text) if text.is_empty() => {}
                Block::Text(text) => parts.push(Part::Text { text }),
                Block::Thought { text, signature, redacted } => parts.extend(self.thought(text, &signature, &redacted)),
                Block::Call { id, name, arguments } => {
                    let id = if id.is_empty() { words::fallback_id(calls, &name) } else { id };
                    calls += 1;
                    let arguments = if arguments.trim().is_empty() { "{}".into() } else { arguments };
                    parts.push(Part::Call(ToolCall { id, name, arguments, freeform: false }));
                }
            }
        }
        parts
    }

    /// Models that do not sign their thoughts have them shown, and never sent back.
    fn thought(&self, text: String, signature: &str, redacted: &[u8]) -> Option<Part> {
        let data = match (redacted.is_empty(), signature.is_empty()) {
            (false, _) => Some(json!({ "redacted": STANDARD.encode(redacted) })),
            (true, false) => Some(json!({ "signature": signature })),
            (true, true) => None,
        };
        let seal = data.map(|data: Value| Seal { wire: Wire::Converse, model: self.model.clone(), data });
        (!text.is_empty() || seal.is_some()).then_some(Part::Reasoning(Reasoning { text, seal }))
    }
}

impl Decode for Decoder {
    fn frame(&mut self, frame: &Frame, deltas: &mut Vec<Delta>) -> Result<()> {
        if self.complete() {
            return Ok(());
        }
        if let Some((_, code)) = frame.event.split_once(':') {
            return Err(fault::in_stream(&self.provider, code, &frame.data));
        }
        match &*frame.event {
            "contentBlockStart" if self.stop_reason.is_none() => {
                let opened = self.read(frame)?;
                self.open(opened, deltas);
            }
            "contentBlockDelta" if self.stop_reason.is_none() => {
                let Grown { content_block_index, delta } = self.read(frame)?;
                self.grow(content_block_index, delta, deltas)?;
            }
            "messageStop" => {
                let Stopped { stop_reason } = self.read(frame)?;
                self.stop_reason.get_or_insert(stop_reason);
            }
            "metadata" => {
                let Metadata { usage } = self.read(frame)?;
                self.counts = usage;
                self.metered = true;
            }
            // `messageStart`, which only names the role, `contentBlockStop`, and what may be added.
            _ => {}
        }
        Ok(())
    }

    fn complete(&self) -> bool {
        self.settled() && self.metered
    }

    fn settled(&self) -> bool {
        self.stop_reason.is_some()
    }

    /// `inputTokens` leaves out what the cache has to do with. Of OpenAI's models, streams count it in all the same, against the
    /// documentation; that shows where it is at least as much as both others.
    fn usage(&self) -> Usage {
        let Counts { input_tokens, output_tokens, cache_read_input_tokens, cache_write_input_tokens } = self.counts;
        let (cached, cache_written) =
            (cache_read_input_tokens.unwrap_or_default(), cache_write_input_tokens.unwrap_or_default());
        let (said, aside) = (input_tokens.unwrap_or_default(), cached.saturating_add(cache_written));
        let counts_all = self.model.contains("openai.") && said >= aside;
        Usage {
            input: if counts_all { said } else { said.saturating_add(aside) },
            cached,
            cache_written,
            output: output_tokens.unwrap_or_default(),
            reasoning: 0,
        }
    }

    fn finish(mut self: Box<Self>) -> Result<Finish> {
        let Some(reason) = self.stop_reason.take() else {
            return Err(Error::new(
                Kind::Network,
                format!("{} stopped sending before the end: the answer was cut short", self.provider),
            ));
        };
        let usage = self.usage();
        let mut parts = self.parts();
        if reason == "guardrail_intervened"
            && let Some(last) = parts.last_mut()
            && let Part::Text { text } = last
        {
            // What a guardrail says in the place of the model.
            *last = Part::Refusal { text: std::mem::take(text) };
        }
        let stop = stop(&reason, parts.iter().any(|part| matches!(part, Part::Call(_))));
        Ok(Finish { parts, usage, stop })
    }
}

/// `StopReason`. Some models say `end_turn` after calls.
fn stop(reason: &str, has_calls: bool) -> Stop {
    match reason {
        "max_tokens" | "model_context_window_exceeded" => Stop::Length,
        "guardrail_intervened" | "content_filtered" | "refusal" => Stop::Refusal,
        _ if has_calls => Stop::Calls,
        _ => Stop::End,
    }
}

/// Nobody is told of nothing.
fn tell(delta: fn(String) -> Delta, text: String, deltas: &mut Vec<Delta>) {
    if !text.is_empty() {
        deltas.push(delta(text));
    }
}

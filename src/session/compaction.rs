//! Making room when the window fills: old outputs first, then a summary. It always terminates, and is an event.

use super::turn::Worker;
use crate::base::event::{Event, Source};
use crate::base::message::{Message, text_of};
use crate::base::model::Finish;
use crate::base::{Error, Kind, Result};
use crate::transcript::compact;

/// Room is made when more than this share of the window is used; after it at most half should be.
const FULL_PERCENT: u64 = 85;
const AFTER_PERCENT: u64 = 50;
/// Of the history that stays beside a summary.
const KEEP_PERCENT: u64 = 10;
/// Tokens that a model may think before its summary.
const THOUGHTS: u64 = 12_288;
/// Tokens of a summary.
const SUMMARY: u64 = 4096;

impl Worker {
    /// Tokens of input that may be sent.
    pub(super) fn window(&self) -> u64 {
        let model = &self.parts.model;
        model.max_input.min(model.context.saturating_sub(self.max_output())).max(1)
    }

    /// Estimated tokens of the next request: what the last one had, and what came since.
    pub(super) fn estimate(&self) -> u64 {
        let messages = self.fold.messages();
        match self.measured {
            Some((tokens, count)) if count <= messages.len() => {
                tokens + messages.iter().skip(count).map(compact::size).sum::<u64>()
            }
            _ => self.total(messages),
        }
    }

    /// Makes room where it is needed.
    pub(super) async fn make_room(&mut self) -> Result<()> {
        let window = self.window();
        if self.estimate() * 100 <= window * FULL_PERCENT {
            return Ok(());
        }
        self.shrink(window).await
    }

    /// Makes room although the estimate saw none missing: the provider said that the window is full.
    pub(super) async fn shrink(&mut self, window: u64) -> Result<()> {
        let before = self.estimate();
        let calls = compact::prunable(self.fold.messages());
        if !calls.is_empty() {
            let after = self.total(self.fold.pruned(&calls).messages());
            self.append(Event::Pruned { calls, tokens_before: before, tokens_after: after })?;
            self.measured = None;
            if self.estimate() * 100 <= window * AFTER_PERCENT {
                return Ok(());
            }
        }
        let through = compact::boundary(&self.fold, window * KEEP_PERCENT / 100).min(self.parts.log.last());
        let summary = self.summarise().await?;
        let after = self.total(self.fold.compacted(&summary, through).messages());
        self.append(Event::Compacted { summary, through, tokens_before: before, tokens_after: after })?;
        self.measured = None;
        if let Some(schema) = &self.parts.schema {
            // It stood at the end of the task, of which only the first words are pinned.
            self.say(Source::Schema, schema.instruction())?;
        }
        if self.estimate() * 100 > window * FULL_PERCENT {
            return Err(Error::new(
                Kind::ContextFull,
                "the task does not fit into the model's context window, not even summarised",
            )
            .hint("choose a model with a larger window with -m, or split the task"));
        }
        Ok(())
    }

    /// Asks the model for a summary; where it gives none, or its request would not fit either, the last of its own words
    /// must do.
    async fn summarise(&mut self) -> Result<String> {
        let mut messages = self.fold.messages().to_vec();
        messages.push(Message::user(crate::prompt::compaction()));
        self.trim_to(&mut messages, self.window());
        if self.total(&messages) > self.window() {
            return Ok(self.no_summary());
        }
        let thinks = if self.parts.model.reasoning { THOUGHTS } else { 0 };
        let (input, most) = (self.total(&messages), (SUMMARY + thinks).min(self.max_output()));
        let text = match self.patiently(|worker| worker.encode_call(&messages, input, most), false).await {
            Ok(Finish { parts, .. }) => text_of(&parts),
            // What cannot even be read in order to be summarised must go all the same.
            Err(error) if error.kind == Kind::ContextFull => String::new(),
            Err(error) => return Err(error),
        };
        Ok(if text.trim().is_empty() { self.no_summary() } else { text })
    }

    fn no_summary(&self) -> String {
        format!("(no summary; the last words were: {})", self.totals.words)
    }

    /// Tokens of a request with these messages, estimated.
    fn total(&self, messages: &[Message]) -> u64 {
        self.fixed_tokens + messages.iter().map(compact::size).sum::<u64>()
    }

    /// Drops the oldest answers, with what belongs to them, until the request for a summary fits itself.
    fn trim_to(&self, messages: &mut Vec<Message>, window: u64) {
        use crate::base::message::Role;
        while self.total(messages) > window && messages.len() > 3 {
            let next = messages
                .iter()
                .enumerate()
                .skip(2)
                .find(|(_, message)| message.role == Role::Assistant)
                .map_or(messages.len() - 1, |(index, _)| index);
            messages.drain(1..next);
        }
    }
}

//! Making room when the window fills: old outputs first, then a summary. It always terminates, and is an event.

use super::candidate::{FAST, Seat};
use super::turn::Worker;
use crate::base::event::{Event, Role, Source, SwitchCause};
use crate::base::message::{Message, text_of};
use crate::base::model::{Finish, ModelInfo};
use crate::base::money::Usd;
use crate::base::{Error, Kind, Result};
use crate::prompt;
use crate::route::failover;
use crate::text::truncate;
use crate::transcript::compact;

/// Room is made when more than this share of the window is used; after it at most half should be.
pub(super) const FULL_PERCENT: u64 = 85;
const AFTER_PERCENT: u64 = 50;
/// Of the history that stays beside a summary.
const KEEP_PERCENT: u64 = 10;
/// Tokens that a model may think before its summary.
const THOUGHTS: u64 = 12_288;
/// Bytes of the model's own words that stand in the place of a summary where there is none.
const LAST_WORDS: usize = 8192;
/// Tokens of a summary.
const SUMMARY: u64 = 4096;

/// What stands in the place of history.
pub(super) struct Summary {
    text: String,
    /// The model that wrote it.
    by: Option<String>,
    cost_usd: Option<Usd>,
}

impl Summary {
    /// Did a model write it?
    pub(super) fn is_written(&self) -> bool {
        self.by.is_some()
    }
}

impl Worker {
    /// Tokens that an answer may have. The same for every request, so that their beginnings are; and never so many that no
    /// input would fit beside it, which servers refuse.
    pub(super) fn max_output(&self) -> u64 {
        self.max_output_of(self.model())
    }

    pub(super) fn max_output_of(&self, model: &ModelInfo) -> u64 {
        self.parts.max_output.min(model.max_output).min((model.context / 4).max(1))
    }

    /// Tokens of input that may be sent.
    pub(super) fn window(&self) -> u64 {
        self.window_of(self.model())
    }

    /// Tokens of input that may be sent to this model.
    pub(super) fn window_of(&self, model: &ModelInfo) -> u64 {
        model.max_input.min(model.context.saturating_sub(self.max_output_of(model))).max(1)
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
        if self.estimate() * 100 <= window * FULL_PERCENT || self.take_larger("the window is nearly full")? {
            return Ok(());
        }
        self.shrink(window).await
    }

    /// Goes on with a candidate whose window has room, where that is preferred to a summary. True if there was one.
    pub(super) fn take_larger(&mut self, why: &str) -> Result<bool> {
        let here = self.window();
        let larger = |index: &usize| {
            let candidate = self.parts.candidates.get(*index);
            candidate.is_some_and(|candidate| self.window_of(&candidate.model) > here)
                && self.is_open(*index)
                && self.fits(*index)
        };
        let next = (0..self.parts.candidates.len()).find(larger).filter(|_| self.parts.limits.prefer_larger);
        match next {
            Some(next) => self.switch(next, SwitchCause::ContextFull, why.into(), None).map(|()| true),
            None => Ok(false),
        }
    }

    /// Makes room although the estimate saw none missing: the provider said that the window is full.
    pub(super) async fn shrink(&mut self, window: u64) -> Result<()> {
        let before = self.estimate();
        let calls = compact::prunable(self.fold.messages());
        if !calls.is_empty() {
            let after = self.total(self.fold.pruned(&calls).messages());
            self.append(Event::Pruned { calls, tokens_before: before, tokens_after: after })?;
            self.rewritten();
            if self.estimate() * 100 <= window * AFTER_PERCENT {
                return Ok(());
            }
        }
        let through = compact::boundary(&self.fold, window * KEEP_PERCENT / 100).min(self.parts.log.last());
        let summary = self.summarise(None).await?;
        self.put_summary(summary, through, before)?;
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

    /// Puts a summary in the place of the records up to `through`.
    pub(super) fn put_summary(&mut self, summary: Summary, through: u64, tokens_before: u64) -> Result<()> {
        let tokens_after = self.total(self.fold.compacted(&summary.text, through).messages());
        let Summary { text: summary, by, cost_usd } = summary;
        self.append(Event::Compacted { summary, through, tokens_before, tokens_after, by, cost_usd })?;
        self.rewritten();
        Ok(())
    }

    /// What was counted of the history no longer holds, and no cache has it.
    fn rewritten(&mut self) {
        self.measured = None;
        self.rewrites += 1;
    }

    /// Asks for a summary, of the model for such work where there is one that may be asked and the history fits its window; where none comes, or
    /// its request would not fit either, the last of the model's own words must do.
    pub(super) async fn summarise(&mut self, focus: Option<&str>) -> Result<Summary> {
        let mut messages = self.fold.messages().to_vec();
        messages.push(Message::user(request_for_summary(focus)?));
        let before = self.totals.cost;
        let written = match self.by_fast(&messages).await? {
            Some(written) => Some(written),
            None => self.ask_for_summary(&mut messages).await?.map(|text| (text, self.model().name())),
        };
        let cost_usd = self.totals.cost.zip(before).map(|(after, before)| Usd(after.0.saturating_sub(before.0)));
        Ok(match written {
            Some((text, by)) => Summary { text, by: Some(by), cost_usd },
            None => Summary { text: self.no_summary(), by: None, cost_usd },
        })
    }

    /// A summary by the model for such work, and its name; `None` where it gives none, for whatever reason.
    async fn by_fast(&mut self, messages: &[Message]) -> Result<Option<(String, String)>> {
        let fast = self.parts.fast.clone().map(|fast| Seat::of(&self.parts, FAST, fast));
        let payable = |seat: &Seat| !self.parts.limits.has_budget() || seat.candidate.model.price.is_some();
        let fits = |seat: &Seat| self.total(messages) <= self.window_of(&seat.candidate.model);
        let Some(seat) = fast.filter(payable).filter(fits) else { return Ok(None) };
        let by = seat.candidate.model.name();
        let main = std::mem::replace(&mut self.seat, seat);
        let asked = self.ask_for_summary(&mut messages.to_vec()).await;
        self.seat = main;
        match asked {
            Ok(text) => Ok(text.map(|text| (text, by))),
            Err(error) if failover::cause(error.kind).is_some() => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn ask_for_summary(&mut self, messages: &mut Vec<Message>) -> Result<Option<String>> {
        self.trim_to(messages, self.window());
        if self.total(messages) > self.window() {
            return Ok(None);
        }
        // For whoever is asked then: another model may have taken over.
        let encode = |worker: &mut Worker| {
            let thinks = if worker.model().reasoning { THOUGHTS } else { 0 };
            let (input, most) = (worker.total(messages), (SUMMARY + thinks).min(worker.max_output()));
            worker.encode_call(messages, input, most, Role::Fast)
        };
        let text = match self.patiently(encode, Role::Fast).await {
            Ok(Finish { parts, .. }) => text_of(&parts),
            // What cannot even be read in order to be summarised must go all the same.
            Err(error) if error.kind == Kind::ContextFull => String::new(),
            Err(error) => return Err(error),
        };
        Ok((!text.trim().is_empty()).then_some(text))
    }

    fn no_summary(&self) -> String {
        // Three bytes a token: a tenth of the window.
        let most = usize::try_from(self.window() * 3 * KEEP_PERCENT / 100).unwrap_or(usize::MAX).min(LAST_WORDS);
        let words = &self.totals.words;
        let cut =
            truncate::head_and_tail(words, most / 2, most / 2, |left_out| format!("\n[{left_out} bytes left out]\n"));
        format!("(no summary; the last words were: {})", cut.as_deref().unwrap_or(words))
    }

    /// Tokens of a request with these messages, estimated.
    pub(super) fn total(&self, messages: &[Message]) -> u64 {
        self.seat.fixed_tokens + messages.iter().map(compact::size).sum::<u64>()
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

/// What asks for a summary, and what it must keep above all.
fn request_for_summary(focus: Option<&str>) -> Result<String> {
    let all = prompt::compaction();
    let Some(focus) = focus.map(str::trim).filter(|focus| !focus.is_empty()) else { return Ok(all.to_owned()) };
    let focus =
        prompt::focus(focus).map_err(|words| Error::new(Kind::Config, format!("a prompt is broken: {words}")))?;
    Ok(format!("{all}\n\n{focus}"))
}

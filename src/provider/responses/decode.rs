//! The events of a Responses stream to deltas and the whole answer.
//!
//! Source: OpenAI API reference, Responses, "Streaming events". Whole items (`response.output_item.done`) are the
//! truth; the `output` of the terminal event and the pieces that streamed stand in for items a server never finished.
//! Never gives an answer without its terminal event, and never a call that was cut in the middle.

use super::item::{self, Sort, field};
use super::shown::{Shown, announce};
use super::slot::{Channel, Place, Slots};
use crate::base::message::{Part, Reasoning};
use crate::base::model::{Delta, Finish, Stop, Usage};
use crate::base::{Error, Kind, Result};
use crate::provider::{Decode, refusal, words};
use crate::text::sse::Frame;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Decodes one response.
pub(super) struct Decoder {
    provider: String,
    model: String,
    slots: Slots,
    shown: Shown,
    usage: Usage,
    answer: Option<(Vec<Part>, Stop)>,
}

/// The fields of any event. Raw, so that the many events of a stream cost one pass without a copy, and so that a field
/// of the wrong type spoils nothing but itself.
#[derive(Deserialize)]
struct Event<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(borrow)]
    delta: Option<&'a RawValue>,
    #[serde(borrow)]
    item_id: Option<&'a RawValue>,
    #[serde(borrow)]
    output_index: Option<&'a RawValue>,
    #[serde(borrow)]
    content_index: Option<&'a RawValue>,
    #[serde(borrow)]
    summary_index: Option<&'a RawValue>,
    #[serde(borrow)]
    item: Option<&'a RawValue>,
    #[serde(borrow)]
    arguments: Option<&'a RawValue>,
    #[serde(borrow)]
    input: Option<&'a RawValue>,
    #[serde(borrow)]
    response: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

/// What a response object says at its end; its echo of the request is skipped.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Response<'a> {
    #[serde(borrow)]
    status: Option<&'a RawValue>,
    #[serde(borrow)]
    usage: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
    #[serde(borrow)]
    incomplete_details: Option<&'a RawValue>,
    #[serde(borrow)]
    output: Option<&'a RawValue>,
}

impl Decode for Decoder {
    fn frame(&mut self, frame: &Frame, deltas: &mut Vec<Delta>) -> Result<()> {
        let data = frame.data.trim();
        if self.answer.is_some() || data.is_empty() || data == "[DONE]" {
            return Ok(());
        }
        let event = match serde_json::from_str::<Event<'_>>(data) {
            Ok(event) => event,
            Err(cause) => return self.unreadable(data, &cause),
        };
        let kind = text(event.kind).unwrap_or(Cow::Borrowed(&frame.event));
        if let Some(channel) = Channel::of(&kind) {
            self.piece(channel, &event, deltas);
            return Ok(());
        }
        match kind.as_ref() {
            "response.output_item.added" => self.item_added(&event, deltas),
            "response.output_item.done" => self.item_done(&event, deltas),
            "response.function_call_arguments.done" => self.arguments_done(Sort::Function, &event),
            "response.custom_tool_call_input.done" => self.arguments_done(Sort::Custom, &event),
            "response.completed" | "response.incomplete" | "response.failed" => {
                return self.end(&kind, event.response, deltas);
            }
            "error" => return Err(self.failed(&value(event.error), data)),
            // Proxies send a bare error object, without a type.
            _ if event.kind.is_none() && event.error.is_some() => return Err(self.failed(&value(event.error), data)),
            _ => {}
        }
        Ok(())
    }

    fn complete(&self) -> bool {
        self.answer.is_some()
    }

    fn usage(&self) -> Usage {
        self.usage
    }

    fn finish(self: Box<Self>) -> Result<Finish> {
        let Some((parts, stop)) = self.answer else {
            return Err(Error::new(
                Kind::Network,
                format!("{} stopped sending: the answer was cut short", self.provider),
            ));
        };
        Ok(Finish { parts, usage: self.usage, stop })
    }
}

impl Decoder {
    pub fn new(provider: &str, model: &str) -> Self {
        Self {
            provider: provider.to_owned(),
            model: model.to_owned(),
            slots: Slots::default(),
            shown: Shown::default(),
            usage: Usage::default(),
            answer: None,
        }
    }

    /// JSON that is no event object, such as a bare `"ping"`, is passed over; anything else is a broken stream.
    fn unreadable(&self, data: &str, cause: &serde_json::Error) -> Result<()> {
        if serde_json::from_str::<IgnoredAny>(data).is_ok() {
            return Ok(());
        }
        Err(words::not_json(&self.provider, cause))
    }

    fn piece(&mut self, channel: Channel, event: &Event<'_>, deltas: &mut Vec<Delta>) {
        let Some(delta) = text(event.delta).filter(|delta| !delta.is_empty()) else { return };
        let part = match channel {
            Channel::Summary => number(event.summary_index),
            Channel::Text | Channel::Refusal | Channel::Thought => number(event.content_index),
            Channel::Function | Channel::Custom => None,
        };
        let id = text(event.item_id).unwrap_or_default();
        let place = Place { sort: channel.sort(), id: &id, index: number(event.output_index) };
        let (number, slot) = self.slots.streaming(&place);
        slot.push(channel, part.unwrap_or(0), &delta);
        self.shown.add((number, channel, part.unwrap_or(0)), delta.into_owned(), deltas);
    }

    fn item_added(&mut self, event: &Event<'_>, deltas: &mut Vec<Delta>) {
        let item = value(event.item);
        let Some(sort) = Sort::of(&item) else { return };
        let id = field(&item, "id").to_owned();
        let (_, slot) = self.slots.begin(&Place { sort, id: &id, index: number(event.output_index) });
        slot.announced = item;
        announce(slot, deltas);
    }

    fn item_done(&mut self, event: &Event<'_>, deltas: &mut Vec<Delta>) {
        let item = value(event.item);
        let Some(sort) = Sort::of(&item) else { return };
        let parts = item::parts(sort, &item, &self.model);
        let place = Place { sort, id: field(&item, "id"), index: number(event.output_index) };
        if self.slots.is_repeated(place.id, &parts) {
            return;
        }
        let was_shown = self.slots.has_streamed(sort, &parts);
        let (number, slot) = self.slots.ending(&place);
        slot.completed = item::is_completed(&item);
        slot.announced = item;
        announce(slot, deltas);
        if slot.is_silent() && !was_shown {
            self.shown.parts(number, &parts, deltas);
        }
        slot.whole = Some(parts);
    }

    /// The whole arguments, in case that the whole item never comes.
    fn arguments_done(&mut self, sort: Sort, event: &Event<'_>) {
        let Some(arguments) = text(event.arguments.or(event.input)) else { return };
        let id = text(event.item_id).unwrap_or_default();
        let (_, slot) = self.slots.streaming(&Place { sort, id: &id, index: number(event.output_index) });
        slot.set_arguments(&arguments);
    }

    fn end(&mut self, kind: &str, response: Option<&RawValue>, deltas: &mut Vec<Delta>) -> Result<()> {
        let response: Response<'_> = response.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default();
        if let Some(usage) = usage(&value(response.usage)) {
            self.usage = usage;
        }
        let status = text(response.status).unwrap_or_default();
        if kind == "response.failed" || status == "failed" {
            return Err(self.failed(&value(response.error), ""));
        }
        self.take_output(&value(response.output), deltas);
        let cut = kind == "response.incomplete" || status == "incomplete";
        let parts = self.answer_parts(cut)?;
        let stop = match field(&value(response.incomplete_details), "reason") {
            "content_filter" if cut => Stop::Refusal,
            _ if cut => Stop::Length,
            _ => stop(&parts),
        };
        self.answer = Some((parts, stop));
        Ok(())
    }

    /// Takes the terminal event's items where it has more of them than were sent one by one. With as many or fewer
    /// they are left alone: some servers put only some of the items there, or none.
    fn take_output(&mut self, output: &Value, deltas: &mut Vec<Delta>) {
        let list = output.as_array().map(Vec::as_slice).unwrap_or_default();
        let items: Vec<(Sort, &Value)> = list.iter().filter_map(|item| Some((Sort::of(item)?, item))).collect();
        if items.len() <= self.slots.finished() {
            return;
        }
        let silent = self.slots.is_empty();
        self.slots = Slots::default();
        for (sort, item) in items {
            let parts = item::parts(sort, item, &self.model);
            let (number, slot) = self.slots.add(&Place { sort, id: field(item, "id"), index: None });
            slot.completed = item::is_completed(item);
            slot.announced = item.clone();
            if silent {
                announce(slot, deltas);
                self.shown.parts(number, &parts, deltas);
            }
            slot.whole = Some(parts);
        }
    }

    /// All parts in order. Of an answer that was `cut`, only the calls that the server says are complete: half a patch
    /// can look like a whole one.
    fn answer_parts(&self, cut: bool) -> Result<Vec<Part>> {
        let mut answer = Vec::new();
        for (slot, parts) in self.slots.in_order(&self.model) {
            if cut && slot.sort.is_call() && !slot.completed {
                continue;
            }
            for mut part in parts {
                match &mut part {
                    Part::Text { text } if text.is_empty() => continue,
                    Part::Reasoning(Reasoning { text, seal: None }) if text.is_empty() => continue,
                    Part::Call(call) if call.name.is_empty() => {
                        return Err(Error::new(
                            Kind::Transient,
                            format!("{} sent a tool call that names no tool", self.provider),
                        ));
                    }
                    Part::Call(call) if call.id.is_empty() => {
                        call.id = words::fallback_id(answer.len(), &call.name);
                    }
                    Part::Call(_)
                    | Part::Text { .. }
                    | Part::Image(_)
                    | Part::Reasoning(_)
                    | Part::Refusal { .. }
                    | Part::Result(_) => {}
                }
                answer.push(part);
            }
        }
        Ok(answer)
    }

    /// An `error` event has its fields at the top or under `error`; a failed response has them under `error`.
    fn failed(&self, error: &Value, event: &str) -> Error {
        let flat = serde_json::from_str(event).unwrap_or_default();
        let error = if error.is_null() { &flat } else { error };
        let message = error.as_str().unwrap_or_else(|| field(error, "message"));
        let message = if message.is_empty() { "no reason given" } else { message };
        let code = [error.get("code"), error.get("type")].into_iter().flatten().find_map(|code| match code {
            Value::String(text) if text != "error" && !text.is_empty() => Some(text.clone()),
            Value::Number(status) => Some(status.to_string()),
            _ => None,
        });
        refusal::in_stream(&self.provider, &code.unwrap_or_default(), message)
    }
}

fn stop(parts: &[Part]) -> Stop {
    let has = |wanted: fn(&Part) -> bool| parts.iter().any(wanted);
    if has(|part| matches!(part, Part::Call(_))) {
        Stop::Calls
    } else if has(|part| matches!(part, Part::Refusal { .. })) && !has(|part| matches!(part, Part::Text { .. })) {
        Stop::Refusal
    } else {
        Stop::End
    }
}

fn usage(usage: &Value) -> Option<Usage> {
    let count = |value: &Value, name: &str| value.get(name).and_then(Value::as_u64).unwrap_or(0);
    let detail = |of: &str, name: &str| usage.get(of).map_or(0, |details| count(details, name));
    usage.is_object().then(|| Usage {
        input: count(usage, "input_tokens"),
        cached: detail("input_tokens_details", "cached_tokens"),
        cache_written: detail("input_tokens_details", "cache_write_tokens"),
        output: count(usage, "output_tokens"),
        reasoning: detail("output_tokens_details", "reasoning_tokens"),
    })
}

/// A field's text; borrowed unless it has escapes.
fn text(raw: Option<&RawValue>) -> Option<Cow<'_, str>> {
    let json = raw?.get();
    serde_json::from_str::<&str>(json).map(Cow::Borrowed).or_else(|_| serde_json::from_str(json).map(Cow::Owned)).ok()
}

fn number(raw: Option<&RawValue>) -> Option<u64> {
    serde_json::from_str(raw?.get()).ok()
}

/// A field in full; null where it is missing.
fn value(raw: Option<&RawValue>) -> Value {
    raw.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default()
}

//! The messages of a Chat Completions request, as this endpoint takes them.

use super::details;
use super::encode::{Call, CallFunction, Content, ContentPart, ImageUrl, Said, Turn};
use crate::base::call::{ToolCall, ToolResult};
use crate::base::message::{ImageRef, Message, Part, Reasoning, Role};
use crate::base::model::{ModelCall, Wire};
use crate::base::quirks::Quirks;
use crate::base::{Error, Kind, Result};
use crate::provider::ids::Ids;
use crate::provider::{Endpoint, words};
use serde_json::Value;
use std::borrow::Cow;

/// Models by a part of their id that refuse a history in which a message with calls has no `reasoning_content`, be it
/// empty; such messages come from other models. See DeepSeek's "Thinking Mode" and Moonshot's thinking guide.
const DEMANDS_REASONING: [&str; 2] = ["deepseek", "kimi"];

/// Writes the messages of one call.
pub struct Writer<'c, 'a> {
    call: &'c ModelCall<'a>,
    official: bool,
    quirks: Quirks,
    ids: Ids<'a>,
    images: bool,
}

impl<'c, 'a> Writer<'c, 'a> {
    pub fn new(call: &'c ModelCall<'a>, endpoint: &Endpoint) -> Self {
        let quirks = endpoint.quirks;
        let images = call.model.images && !quirks.no_images;
        Self { call, official: endpoint.official, quirks, ids: Ids::of(quirks.ids, call.messages), images }
    }

    pub fn turns(&self) -> Result<Vec<Turn<'a>>> {
        let mut turns = Vec::with_capacity(self.call.messages.len() + 1);
        for message in self.call.messages {
            match message.role {
                Role::User => self.user(message, &mut turns)?,
                Role::Assistant => turns.extend(self.assistant(message)),
            }
        }
        if self.quirks.no_parallel_calls {
            turns = one_call_each(turns);
        }
        self.instruct(&mut turns);
        Ok(turns)
    }

    /// The system prompt; where there is no role for it, in front of the user's first words.
    fn instruct(&self, turns: &mut Vec<Turn<'a>>) {
        let system = self.call.system;
        if system.is_empty() {
            return;
        }
        match turns.first_mut() {
            _ if !self.quirks.no_system => turns.insert(0, Turn::System { content: system.into() }),
            Some(Turn::User { content: Content::Text(text) }) => *text = format!("{system}\n\n{text}").into(),
            Some(Turn::User { content: Content::Parts(parts) }) => {
                parts.insert(0, ContentPart::Text { text: system.into() });
            }
            Some(Turn::System { .. } | Turn::Assistant(_) | Turn::Tool { .. }) | None => {
                turns.insert(0, Turn::User { content: Content::Text(system.into()) });
            }
        }
    }

    /// Results first, each a message of its own, as the protocol demands right after the calls; then whatever the user
    /// says, and before it the images of the results, for which tool messages have no place.
    fn user(&self, message: &'a Message, turns: &mut Vec<Turn<'a>>) -> Result<()> {
        let mut said = Vec::new();
        for part in &message.parts {
            let Part::Result(result) = part else { continue };
            let id = self.ids.get(&result.call);
            if self.quirks.no_tools {
                said.push(ContentPart::Text { text: format!("[result of call {id}]\n{}", self.output(result)).into() });
            } else {
                turns.push(Turn::Tool { tool_call_id: id.clone(), content: self.output(result) });
            }
            if self.images && !result.images.is_empty() {
                said.push(ContentPart::Text { text: format!("[images of tool result {id}]").into() });
                for image in &result.images {
                    said.push(self.picture(image)?);
                }
            }
        }
        for part in &message.parts {
            match part {
                Part::Text { text } if !text.is_empty() => said.push(ContentPart::Text { text: text.into() }),
                Part::Image(image) => said.push(self.picture(image)?),
                Part::Text { .. } | Part::Reasoning(_) | Part::Refusal { .. } | Part::Call(_) | Part::Result(_) => {}
            }
        }
        // A plain string is what every server takes; a list is for those that have to take images anyway.
        let content = match said.len() {
            0 => return Ok(()),
            1 => match said.pop() {
                Some(ContentPart::Text { text }) => Content::Text(text),
                other => Content::Parts(other.into_iter().collect()),
            },
            _ => Content::Parts(said),
        };
        turns.push(Turn::User { content });
        Ok(())
    }

    fn output(&self, result: &'a ToolResult) -> Cow<'a, str> {
        let left_out = if self.images { 0 } else { result.images.len() };
        if left_out == 0 {
            return if result.output.is_empty() { words::NO_OUTPUT.into() } else { result.output.as_str().into() };
        }
        let output = Some(result.output.as_str()).filter(|output| !output.is_empty());
        output.into_iter().chain(std::iter::repeat_n(words::NO_IMAGES, left_out)).collect::<Vec<_>>().join("\n").into()
    }

    fn picture(&self, image: &ImageRef) -> Result<ContentPart<'a>> {
        if !self.images {
            return Ok(ContentPart::Text { text: words::NO_IMAGES.into() });
        }
        let base64 = self.call.images.get(&image.blob).ok_or_else(|| {
            Error::new(Kind::Io, format!("the image `{}` is missing from the session's blobs", image.blob))
        })?;
        Ok(ContentPart::ImageUrl { image_url: ImageUrl { url: format!("data:{};base64,{base64}", image.media_type) } })
    }

    /// An assistant's message; `None` when nothing but reasoning is left, which servers refuse as empty.
    fn assistant(&self, message: &'a Message) -> Option<Turn<'a>> {
        let mut said = Said::default();
        let mut extras: &[Value] = &[];
        for part in &message.parts {
            match part {
                Part::Text { text } => add(&mut said.content, text),
                // The field is OpenAI's; others would not know it, and text they all understand.
                Part::Refusal { text } if self.official => add(said.refusal.get_or_insert_default(), text),
                Part::Refusal { text } => add(&mut said.content, text),
                Part::Reasoning(reasoning) => {
                    if let Some(found) = self.unseal(reasoning, &mut said) {
                        extras = found;
                    }
                }
                Part::Call(made) if self.quirks.no_tools => add(&mut said.content, &self.in_words(made)),
                Part::Call(made) => said.tool_calls.push(Call {
                    id: self.ids.get(&made.id),
                    r#type: "function",
                    function: CallFunction { name: words::tool_name(&made.name), arguments: made.object_text() },
                    extra_content: None,
                }),
                Part::Image(_) | Part::Result(_) => {}
            }
        }
        for (made, extra) in said.tool_calls.iter_mut().zip(extras) {
            made.extra_content = Some(extra).filter(|extra| !extra.is_null());
        }
        if !said.tool_calls.is_empty() && self.demands_reasoning(&said) {
            said.reasoning_content = Some(String::new());
        }
        let empty = said.content.is_empty() && said.refusal.is_none() && said.tool_calls.is_empty();
        (!empty).then_some(Turn::Assistant(said))
    }

    fn in_words(&self, made: &'a ToolCall) -> String {
        format!("[call {}: {} {}]", self.ids.get(&made.id), made.name, made.object_text())
    }

    fn demands_reasoning(&self, said: &Said<'_>) -> bool {
        let id = self.call.model.id.to_lowercase();
        self.call.model.reasoning
            && !self.quirks.no_reasoning_back
            && said.reasoning_content.is_none()
            && said.reasoning_details.is_empty()
            && said.reasoning.is_none()
            && DEMANDS_REASONING.iter().any(|name| id.contains(name))
    }

    /// Puts reasoning that this very model sealed on this wire back into the field it came in; all other stays out. Gives
    /// what came beside the calls, when the seal is for that.
    fn unseal(&self, reasoning: &'a Reasoning, said: &mut Said<'_>) -> Option<&'a [Value]> {
        let seal = reasoning.seal.as_ref()?;
        if seal.wire != Wire::Chat || seal.model != self.call.model.name() {
            return None;
        }
        let goes_back = !self.quirks.no_reasoning_back;
        match seal.data.get("field")?.as_str()? {
            "reasoning_content" if goes_back => {
                said.reasoning_content.get_or_insert_default().push_str(&reasoning.text);
            }
            "reasoning" if goes_back => said.reasoning.get_or_insert_default().push_str(&reasoning.text),
            "reasoning_details" if goes_back => {
                said.reasoning_details.extend(details::open(&reasoning.text, seal.data.get("details")?)?);
            }
            "extra_content" => return seal.data.get("calls")?.as_array().map(Vec::as_slice),
            _ => {}
        }
        None
    }
}

/// Adds a paragraph.
fn add(paragraphs: &mut String, text: &str) {
    if !paragraphs.is_empty() && !text.is_empty() {
        paragraphs.push_str("\n\n");
    }
    paragraphs.push_str(text);
}

/// The same history as if the model had made one call at a time: each is followed by its own result.
fn one_call_each(turns: Vec<Turn<'_>>) -> Vec<Turn<'_>> {
    let mut single = Vec::with_capacity(turns.len());
    let mut turns = turns.into_iter().peekable();
    while let Some(turn) = turns.next() {
        let Turn::Assistant(mut said) = turn else {
            single.push(turn);
            continue;
        };
        let calls = std::mem::take(&mut said.tool_calls);
        let mut results = Vec::new();
        while let Some(result) = turns.next_if(|turn| matches!(turn, Turn::Tool { .. })) {
            results.push(result);
        }
        if calls.is_empty() {
            single.push(Turn::Assistant(std::mem::take(&mut said)));
        }
        for made in calls {
            let answers = |turn: &Turn<'_>| matches!(turn, Turn::Tool { tool_call_id, .. } if *tool_call_id == made.id);
            let at = results.iter().position(answers);
            let reasoning_content = said.reasoning_content.as_ref().map(|_| String::new());
            single.push(Turn::Assistant(Said { tool_calls: vec![made], ..std::mem::take(&mut said) }));
            said.reasoning_content = reasoning_content;
            single.extend(at.map(|at| results.remove(at)));
        }
        single.extend(results);
    }
    single
}

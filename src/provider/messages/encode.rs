//! Neutral calls to the JSON body of a Messages request.
//!
//! The same call gives the same bytes. Nothing here may depend on how many messages follow: what was sent once is sent
//! again byte for byte, with the growing list last. Cache breakpoints are two at most (the API takes four): one after
//! the system prompt, and the moving one, which the vendor's server places itself.

use crate::base::call::{ToolCall, ToolInput, ToolResult, ToolSpec};
use crate::base::message::{ImageRef, Message, Part, Reasoning, Role};
use crate::base::model::{ModelCall, Wire};
use crate::base::{Error, Kind, Result};
use crate::provider::claude::{self, ThinkingConfig};
use crate::provider::ids::Ids;
use crate::provider::{Endpoint, words};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// `MessageCreateParams`, in the order in which it is sent.
#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    max_tokens: u64,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_control: Option<CacheControl>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<ThinkingConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_config: Option<OutputConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    system: Option<[System<'a>; 1]>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<ToolChoice>,
    messages: Vec<Turn<'a>>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum CacheControl {
    Ephemeral,
}

#[derive(Serialize)]
struct OutputConfig {
    effort: &'static str,
}

#[derive(Serialize)]
struct System<'a> {
    r#type: &'static str,
    text: &'a str,
    cache_control: CacheControl,
}

#[derive(Serialize)]
struct Tool<'a> {
    name: &'a str,
    description: &'a str,
    input_schema: Cow<'a, Value>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum ToolChoice {
    Auto,
}

#[derive(Serialize)]
struct Turn<'a> {
    role: Role,
    content: Vec<Block<'a>>,
}

/// `ContentBlockParam`, as far as we send it.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Block<'a> {
    Text {
        text: &'a str,
    },
    Image {
        source: Source<'a>,
    },
    Thinking {
        thinking: &'a str,
        signature: &'a str,
    },
    RedactedThinking {
        data: &'a str,
    },
    ToolUse {
        id: Cow<'a, str>,
        name: Cow<'a, str>,
        input: Box<RawValue>,
    },
    ToolResult {
        tool_use_id: Cow<'a, str>,
        content: Content<'a>,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        is_error: bool,
    },
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Source<'a> {
    Base64 { media_type: &'a str, data: &'a str },
}

#[derive(Serialize)]
#[serde(untagged)]
enum Content<'a> {
    Text(Cow<'a, str>),
    Blocks(Vec<Block<'a>>),
}

/// The body of a request.
pub(super) fn body(call: &ModelCall<'_>, endpoint: &Endpoint) -> Result<Vec<u8>> {
    let thinking = claude::thinking(call, Wire::Messages);
    let body = Body {
        model: &call.model.id,
        max_tokens: call.max_output,
        stream: true,
        cache_control: endpoint.official.then_some(CacheControl::Ephemeral),
        output_config: claude::effort(call).map(|effort| OutputConfig { effort }),
        system: system(call.system),
        tools: call.tools.iter().map(tool).collect(),
        tool_choice: (!call.tools.is_empty()).then_some(ToolChoice::Auto),
        messages: turns(call, endpoint, claude::replays_thinking(call, thinking.as_ref()))?,
        thinking,
    };
    serde_json::to_vec(&body).map_err(|cause| Error::new(Kind::Provider, format!("cannot write the request: {cause}")))
}

/// The system prompt with the breakpoint behind which tools and prompt are cached; a blank one would be rejected.
fn system(text: &str) -> Option<[System<'_>; 1]> {
    (!is_blank(text)).then_some([System { r#type: "text", text, cache_control: CacheControl::Ephemeral }])
}

fn tool(spec: &ToolSpec) -> Tool<'_> {
    let input_schema = match &spec.input {
        ToolInput::Json(schema) => Cow::Borrowed(schema),
        ToolInput::Freeform { .. } => Cow::Owned(words::freeform_schema()),
    };
    Tool { name: spec.name, description: &spec.description, input_schema }
}

/// The messages as the API wants them: alternating, the user's first, and results before all else in theirs.
fn turns<'a>(call: &ModelCall<'a>, endpoint: &Endpoint, replays_thinking: bool) -> Result<Vec<Turn<'a>>> {
    let ids = Ids::of(endpoint.quirks.ids, call.messages);
    let model = replays_thinking.then(|| call.model.name());
    let mut turns: Vec<Turn<'a>> = Vec::with_capacity(call.messages.len() + 1);
    for message in call.messages {
        let content = match message.role {
            Role::User => user(call, message, &ids)?,
            Role::Assistant => assistant(message, model.as_deref(), &ids)?,
        };
        if content.is_empty() {
            continue;
        }
        if turns.is_empty() && message.role == Role::Assistant {
            turns.push(Turn { role: Role::User, content: vec![Block::Text { text: "(continued)" }] });
        }
        match turns.last_mut() {
            Some(turn) if turn.role == message.role => turn.content.extend(content),
            _ => turns.push(Turn { role: message.role, content }),
        }
    }
    for turn in turns.iter_mut().filter(|turn| turn.role == Role::User) {
        turn.content.sort_by_key(|block| !matches!(block, Block::ToolResult { .. }));
    }
    trim_prefill(turns.last_mut());
    Ok(turns)
}

/// An assistant's message at the end is the beginning of the answer, which the API takes only without white space at
/// its end.
fn trim_prefill(last: Option<&mut Turn<'_>>) {
    if let Some(turn) = last
        && turn.role == Role::Assistant
        && let Some(Block::Text { text }) = turn.content.last_mut()
    {
        *text = text.trim_end();
    }
}

fn user<'a>(call: &ModelCall<'a>, message: &'a Message, ids: &Ids<'a>) -> Result<Vec<Block<'a>>> {
    let mut blocks = Vec::with_capacity(message.parts.len());
    for part in &message.parts {
        match part {
            Part::Text { text } | Part::Refusal { text } => blocks.extend(text_block(text)),
            Part::Image(image) => blocks.push(image_block(call, image)?),
            Part::Result(result) => blocks.push(tool_result(call, result, ids)?),
            // The API takes neither from a user.
            Part::Reasoning(_) | Part::Call(_) => {}
        }
    }
    Ok(blocks)
}

/// `model` is whose sealed reasoning goes back: `provider/id`.
fn assistant<'a>(message: &'a Message, model: Option<&str>, ids: &Ids<'a>) -> Result<Vec<Block<'a>>> {
    let mut blocks = Vec::with_capacity(message.parts.len());
    for part in &message.parts {
        match part {
            Part::Text { text } | Part::Refusal { text } => blocks.extend(text_block(text)),
            Part::Reasoning(reasoning) => blocks.extend(reasoning_block(reasoning, model)),
            Part::Call(call) => blocks.push(tool_use(call, ids)?),
            // The API takes neither from an assistant.
            Part::Image(_) | Part::Result(_) => {}
        }
    }
    // The API rejects a message that ends in thinking, which is what an answer cut short leaves behind. Done before
    // messages are merged, so that the bytes do not depend on what follows.
    while matches!(blocks.last(), Some(Block::Thinking { .. } | Block::RedactedThinking { .. })) {
        blocks.pop();
    }
    Ok(blocks)
}

/// The API rejects text of nothing but white space.
fn text_block(text: &str) -> Option<Block<'_>> {
    (!is_blank(text)).then_some(Block::Text { text })
}

fn reasoning_block<'a>(reasoning: &'a Reasoning, model: Option<&str>) -> Option<Block<'a>> {
    let seal = reasoning.seal.as_ref().filter(|seal| seal.wire == Wire::Messages && Some(&*seal.model) == model)?;
    let text = |name| seal.data.get(name).and_then(Value::as_str);
    match (text("redacted"), text("signature")) {
        (Some(data), _) => Some(Block::RedactedThinking { data }),
        // The text may be empty: the vendor can leave it out and still wants the signature back.
        (None, Some(signature)) => Some(Block::Thinking { thinking: &reasoning.text, signature }),
        (None, None) => None,
    }
}

fn tool_use<'a>(call: &'a ToolCall, ids: &Ids<'a>) -> Result<Block<'a>> {
    let input = RawValue::from_string(call.object_text()).map_err(|cause| {
        Error::new(Kind::Provider, format!("cannot write the arguments of the call `{}`: {cause}", call.id))
    })?;
    Ok(Block::ToolUse { id: ids.get(&call.id), name: words::tool_name(&call.name), input })
}

fn tool_result<'a>(call: &ModelCall<'a>, result: &'a ToolResult, ids: &Ids<'a>) -> Result<Block<'a>> {
    let sends_images = call.model.images && !result.images.is_empty();
    let content = if sends_images {
        let images = result.images.iter().map(|image| image_block(call, image));
        Content::Blocks(text_block(&result.output).map(Ok).into_iter().chain(images).collect::<Result<_>>()?)
    } else if !result.images.is_empty() {
        let lines = (!is_blank(&result.output)).then_some(&*result.output).into_iter();
        Content::Text(lines.chain(result.images.iter().map(|_| words::NO_IMAGES)).collect::<Vec<_>>().join("\n").into())
    } else if is_blank(&result.output) {
        Content::Text(words::NO_OUTPUT.into())
    } else {
        Content::Text(Cow::Borrowed(&result.output))
    };
    // A result marked as an error may hold nothing but text, so one with images goes unmarked: its words say it.
    Ok(Block::ToolResult { tool_use_id: ids.get(&result.call), content, is_error: result.error && !sends_images })
}

fn image_block<'a>(call: &ModelCall<'a>, image: &'a ImageRef) -> Result<Block<'a>> {
    if !call.model.images {
        return Ok(Block::Text { text: words::NO_IMAGES });
    }
    let data = call
        .images
        .get(&image.blob)
        .ok_or_else(|| Error::new(Kind::Io, format!("cannot read the image `{}`: it was not loaded", image.blob)))?;
    Ok(Block::Image { source: Source::Base64 { media_type: &image.media_type, data } })
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

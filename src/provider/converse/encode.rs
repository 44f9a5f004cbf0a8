//! Neutral calls to the JSON body of a ConverseStream request.
//!
//! Source: Amazon Bedrock API reference, `ConverseStream`. The same call gives the same bytes, and a call with more messages gives a
//! body whose beginning is the same: the messages come last, and of them only the mark up to which the provider caches moves on.

use super::family::Maker;
use super::shape::{
    Additional, Block, Body, CACHE_POINT, Image, InferenceConfig, OutputConfig, ResultBlock, Schema, Source,
    SystemBlock, Thought, Tool, ToolConfig, Turn,
};
use crate::base::call::{ToolCall, ToolInput, ToolResult, ToolSpec};
use crate::base::message::{ImageRef, Message, Part, Reasoning, Role};
use crate::base::model::{Effort, ModelCall, Wire};
use crate::base::quirks::CallIds;
use crate::base::{Error, Kind, Result};
use crate::provider::ids::Ids;
use crate::provider::{claude, words};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use std::borrow::Cow;

/// The body of a request. The API takes ids of `[a-zA-Z0-9_.:-]{1,64}`, Claude behind it no dots and colons.
pub(super) fn body(call: &ModelCall<'_>, ids: CallIds) -> Result<Vec<u8>> {
    let maker = Maker::of(call.model);
    let (additional, replays) = additional(call, maker);
    let (system, tools) = (system(call.system, maker), tools(call, maker));
    let body = Body {
        inference_config: InferenceConfig { max_tokens: call.max_output },
        additional_model_request_fields: additional,
        system,
        tool_config: (!tools.is_empty()).then_some(ToolConfig { tools }),
        messages: turns(call, maker, replays, &Ids::of(ids, call.messages))?,
    };
    serde_json::to_vec(&body).map_err(|cause| Error::new(Kind::Provider, format!("cannot write the request: {cause}")))
}

/// How hard to think, in the field of the model's maker, and do earlier thoughts go back? Of makers that are not here no field is
/// documented, so none is sent.
fn additional(call: &ModelCall<'_>, maker: Maker) -> (Option<Additional>, bool) {
    let effort = || call.effort.and_then(|wanted| call.model.effort(wanted));
    let other = |value: Value| (Some(Additional::Other(value)), true);
    match maker {
        Maker::Claude | Maker::OldClaude => {
            let thinking = claude::thinking(call, Wire::Converse);
            let replays = claude::replays_thinking(call, thinking.as_ref());
            let output_config = claude::effort(call).map(|effort| OutputConfig { effort });
            let said = thinking.is_some() || output_config.is_some();
            (said.then_some(Additional::Claude { thinking, output_config }), replays)
        }
        Maker::Gpt => {
            effort().map_or((None, true), |effort| other(json!({ "reasoning": { "effort": effort.name() } })))
        }
        Maker::GptOss => effort().map_or((None, true), |effort| other(json!({ "reasoning_effort": effort.name() }))),
        Maker::Nova2 => effort().and_then(nova_effort).map_or((None, true), |effort| {
            other(json!({ "reasoningConfig": { "type": "enabled", "maxReasoningEffort": effort } }))
        }),
        Maker::Nova | Maker::Other => (None, true),
    }
}

/// Never `high`: with it Nova takes no limit of the answer's length, and then no limit of money would hold.
fn nova_effort(effort: Effort) -> Option<&'static str> {
    match effort {
        Effort::None => None,
        Effort::Minimal | Effort::Low => Some("low"),
        Effort::Medium | Effort::High | Effort::Xhigh | Effort::Max => Some("medium"),
    }
}

/// The system prompt, and behind it the mark up to which tools and prompt are cached; a blank one would be rejected.
fn system(text: &str, maker: Maker) -> Vec<SystemBlock<'_>> {
    if is_blank(text) {
        return Vec::new();
    }
    let mark = maker.caches().then_some(SystemBlock::CachePoint(CACHE_POINT));
    std::iter::once(SystemBlock::Text(text)).chain(mark).collect()
}

/// The tools. Without any, a conversation that has calls would be rejected: then those it names are listed again. Where no system
/// prompt carries the mark of the cache they do, which Claude alone takes.
fn tools<'a>(call: &ModelCall<'a>, maker: Maker) -> Vec<Tool<'a>> {
    let mut tools: Vec<Tool<'a>> = call.tools.iter().map(tool).collect();
    if tools.is_empty() {
        tools = called_tools(call.messages);
    }
    if !tools.is_empty() && is_blank(call.system) && maker == Maker::Claude {
        tools.push(Tool::CachePoint(CACHE_POINT));
    }
    tools
}

fn tool(spec: &ToolSpec) -> Tool<'_> {
    let schema = match &spec.input {
        ToolInput::Json(schema) => Cow::Borrowed(schema),
        ToolInput::Freeform { .. } => Cow::Owned(words::freeform_schema()),
    };
    Tool::ToolSpec {
        name: Cow::Borrowed(spec.name),
        description: &spec.description,
        input_schema: Schema { json: schema },
    }
}

fn called_tools(messages: &[Message]) -> Vec<Tool<'_>> {
    let mut names: Vec<Cow<'_, str>> = Vec::new();
    for part in messages.iter().flat_map(|message| &message.parts) {
        if let Part::Call(call) = part
            && !names.contains(&words::tool_name(&call.name))
        {
            names.push(words::tool_name(&call.name));
        }
    }
    let schema = || Schema { json: Cow::Owned(json!({ "type": "object" })) };
    names.into_iter().map(|name| Tool::ToolSpec { name, description: "", input_schema: schema() }).collect()
}

/// The messages as the API wants them: alternating, the user's first, and results before all else in theirs.
fn turns<'a>(call: &ModelCall<'a>, maker: Maker, replays: bool, ids: &Ids<'a>) -> Result<Vec<Turn<'a>>> {
    let model = replays.then(|| call.model.name());
    let mut turns: Vec<Turn<'a>> = Vec::with_capacity(call.messages.len() + 1);
    for message in call.messages {
        let content = match message.role {
            Role::User => user(call, message, maker, ids)?,
            Role::Assistant => assistant(message, model.as_deref(), ids)?,
        };
        if content.is_empty() {
            continue;
        }
        if turns.is_empty() && message.role == Role::Assistant {
            turns.push(Turn { role: Role::User, content: vec![Block::Text("(continued)")] });
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
    mark(&mut turns, maker);
    Ok(turns)
}

/// Everything up to the end of the newest message of the user's is cached for the next request.
fn mark(turns: &mut [Turn<'_>], maker: Maker) {
    let takes = |turn: &Turn<'_>| {
        turn.role == Role::User
            && (maker.caches_results() || !matches!(turn.content.last(), Some(Block::ToolResult { .. })))
    };
    if maker.caches()
        && let Some(turn) = turns.iter_mut().rev().find(|turn| takes(turn))
    {
        turn.content.push(Block::CachePoint(CACHE_POINT));
    }
}

/// An assistant's message at the end is the beginning of the answer, which models take only without white space at its end.
fn trim_prefill(last: Option<&mut Turn<'_>>) {
    if let Some(turn) = last
        && turn.role == Role::Assistant
        && let Some(Block::Text(text)) = turn.content.last_mut()
    {
        *text = text.trim_end();
    }
}

fn user<'a>(call: &ModelCall<'a>, message: &'a Message, maker: Maker, ids: &Ids<'a>) -> Result<Vec<Block<'a>>> {
    let mut blocks = Vec::with_capacity(message.parts.len());
    for part in &message.parts {
        match part {
            Part::Text { text } | Part::Refusal { text } => blocks.extend(text_block(text)),
            Part::Image(image) => blocks.push(image_block(call, image)?),
            Part::Result(result) => blocks.extend(tool_result(call, result, maker, ids)?),
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
            Part::Reasoning(reasoning) => blocks.extend(thought(reasoning, model).map(Block::ReasoningContent)),
            Part::Call(call) => blocks.push(tool_use(call, ids)?),
            // The API takes neither from an assistant.
            Part::Image(_) | Part::Result(_) => {}
        }
    }
    // A message that ends in thinking is rejected, which is what an answer cut short leaves behind. Done before messages are
    // merged, so that the bytes do not depend on what follows.
    while matches!(blocks.last(), Some(Block::ReasoningContent(_))) {
        blocks.pop();
    }
    Ok(blocks)
}

/// The API rejects text of nothing but white space.
fn text_block(text: &str) -> Option<Block<'_>> {
    (!is_blank(text)).then_some(Block::Text(text))
}

fn thought<'a>(reasoning: &'a Reasoning, model: Option<&str>) -> Option<Thought<'a>> {
    let seal = reasoning.seal.as_ref().filter(|seal| seal.wire == Wire::Converse && Some(&*seal.model) == model)?;
    let text = |name| seal.data.get(name).and_then(Value::as_str);
    match (text("redacted"), text("signature")) {
        (Some(data), _) => Some(Thought::RedactedContent(data)),
        // The text may be empty: the maker can leave it out and still wants the signature back.
        (None, Some(signature)) => Some(Thought::ReasoningText { text: &reasoning.text, signature }),
        (None, None) => None,
    }
}

fn tool_use<'a>(call: &'a ToolCall, ids: &Ids<'a>) -> Result<Block<'a>> {
    let input = RawValue::from_string(call.object_text()).map_err(|cause| {
        Error::new(Kind::Provider, format!("cannot write the arguments of the call `{}`: {cause}", call.id))
    })?;
    Ok(Block::ToolUse { tool_use_id: ids.get(&call.id), name: words::tool_name(&call.name), input })
}

/// The result, and behind it the images that cannot be in it.
fn tool_result<'a>(
    call: &ModelCall<'a>,
    result: &'a ToolResult,
    maker: Maker,
    ids: &Ids<'a>,
) -> Result<Vec<Block<'a>>> {
    let mut content: Vec<ResultBlock<'a>> = Vec::with_capacity(1 + result.images.len());
    if !is_blank(&result.output) {
        content.push(ResultBlock::Text(Cow::Borrowed(&result.output)));
    }
    let holds_images = call.model.images && maker.has_rich_results();
    let mut beside = Vec::new();
    for image in &result.images {
        match self::image(call, image)? {
            None => content.push(ResultBlock::Text(Cow::Borrowed(words::NO_IMAGES))),
            Some(image) if holds_images => content.push(ResultBlock::Image(image)),
            Some(image) => beside.push(Block::Image(image)),
        }
    }
    if content.is_empty() {
        let words = if beside.is_empty() { words::NO_OUTPUT } else { "(an image, below)" };
        content.push(ResultBlock::Text(words.into()));
    }
    // A failed result may hold nothing but text, so one with images goes unmarked: its words say it.
    let has_only_text = !holds_images || result.images.is_empty();
    let failed = result.error && has_only_text && maker.has_rich_results();
    let status = failed.then_some("error");
    let tool_use_id = ids.get(&result.call);
    Ok(std::iter::once(Block::ToolResult { tool_use_id, content, status }).chain(beside).collect())
}

fn image_block<'a>(call: &ModelCall<'a>, image: &'a ImageRef) -> Result<Block<'a>> {
    Ok(self::image(call, image)?.map_or(Block::Text(words::NO_IMAGES), Block::Image))
}

/// `None` for a model that takes no images.
fn image<'a>(call: &ModelCall<'a>, image: &'a ImageRef) -> Result<Option<Image<'a>>> {
    if !call.model.images {
        return Ok(None);
    }
    let bytes = call
        .images
        .get(&image.blob)
        .ok_or_else(|| Error::new(Kind::Io, format!("cannot read the image `{}`: it was not loaded", image.blob)))?;
    let format = image.media_type.strip_prefix("image/").unwrap_or(&image.media_type);
    Ok(Some(Image { format, source: Source { bytes } }))
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

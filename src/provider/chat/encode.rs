//! A neutral call to the body of a Chat Completions request.
//!
//! Field order is part of the contract: `messages` comes last and each message is written by itself, so the body of a
//! later call begins with the bytes of the earlier one and prompt caches hit. Must never let one message's bytes depend
//! on messages after it.

use super::details;
use crate::base::call::{ToolInput, ToolResult, ToolSpec};
use crate::base::message::{ImageRef, Message, Part, Reasoning, Role};
use crate::base::model::{ModelCall, Wire};
use crate::base::{Error, Kind, Result};
use crate::provider::words;
use serde::Serialize;
use serde_json::{Value, json};
use std::borrow::Cow;

/// Models by a part of their id that refuse a history in which a message with calls has no `reasoning_content`, be it
/// empty; such messages come from other models. See DeepSeek's "Thinking Mode" and Moonshot's thinking guide.
const DEMANDS_REASONING: [&str; 2] = ["deepseek", "kimi"];

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    stream: bool,
    stream_options: StreamOptions,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_effort: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_cache_key: Option<&'a str>,
    messages: Vec<Turn<'a>>,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

#[derive(Serialize)]
#[serde(tag = "role", rename_all = "lowercase")]
enum Turn<'a> {
    System { content: &'a str },
    User { content: Content<'a> },
    Assistant(Said<'a>),
    Tool { tool_call_id: &'a str, content: Cow<'a, str> },
}

#[derive(Serialize)]
#[serde(untagged)]
enum Content<'a> {
    Text(Cow<'a, str>),
    Parts(Vec<ContentPart<'a>>),
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum ContentPart<'a> {
    Text { text: Cow<'a, str> },
    ImageUrl { image_url: ImageUrl },
}

#[derive(Serialize)]
struct ImageUrl {
    url: String,
}

/// `content` is always a string, empty beside calls alone: some servers refuse `null` there (LM Studio, older Mistral),
/// some refuse a message without the field, and all of their schemas take a string.
#[derive(Default, Serialize)]
struct Said<'a> {
    content: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_content: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasoning_details: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refusal: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<Call<'a>>,
}

#[derive(Serialize)]
struct Call<'a> {
    id: &'a str,
    r#type: &'static str,
    function: CallFunction<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    extra_content: Option<&'a Value>,
}

#[derive(Serialize)]
struct CallFunction<'a> {
    name: Cow<'a, str>,
    arguments: String,
}

/// The body. `official` is OpenAI's own server, which has its own name for the token limit and a key for its cache.
pub fn body(call: &ModelCall<'_>, official: bool) -> Result<Vec<u8>> {
    let limit = Some(call.max_output).filter(|limit| *limit > 0);
    let body = Body {
        model: &call.model.id,
        stream: true,
        stream_options: StreamOptions { include_usage: true },
        tools: call.tools.iter().map(tool).collect(),
        tool_choice: (!call.tools.is_empty()).then_some("auto"),
        max_tokens: limit.filter(|_| !official),
        max_completion_tokens: limit.filter(|_| official),
        reasoning_effort: call.effort.and_then(|wanted| call.model.effort(wanted)).map(|effort| effort.name()),
        prompt_cache_key: (official && !call.cache_key.is_empty()).then_some(call.cache_key),
        messages: turns(call, official)?,
    };
    serde_json::to_vec(&body).map_err(|cause| Error::new(Kind::Provider, format!("cannot write the request: {cause}")))
}

fn tool(spec: &ToolSpec) -> Value {
    let parameters = match &spec.input {
        ToolInput::Json(schema) => schema.clone(),
        ToolInput::Freeform { .. } => words::freeform_schema(),
    };
    json!({
        "type": "function",
        "function": { "name": spec.name, "description": spec.description, "parameters": parameters },
    })
}

fn turns<'a>(call: &ModelCall<'a>, official: bool) -> Result<Vec<Turn<'a>>> {
    let mut turns = Vec::with_capacity(call.messages.len() + 1);
    if !call.system.is_empty() {
        turns.push(Turn::System { content: call.system });
    }
    for message in call.messages {
        match message.role {
            Role::User => user(call, message, &mut turns)?,
            Role::Assistant => turns.extend(assistant(call, message, official)),
        }
    }
    Ok(turns)
}

/// Results first, each a message of its own, as the protocol demands right after the calls; then whatever the user
/// says, and before it the images of the results, for which tool messages have no place.
fn user<'a>(call: &ModelCall<'a>, message: &'a Message, turns: &mut Vec<Turn<'a>>) -> Result<()> {
    let mut said = Vec::new();
    for part in &message.parts {
        if let Part::Result(result) = part {
            turns.push(Turn::Tool { tool_call_id: &result.call, content: output(call, result) });
            if call.model.images && !result.images.is_empty() {
                said.push(ContentPart::Text { text: format!("[images of tool result {}]", result.call).into() });
                for image in &result.images {
                    said.push(picture(call, image)?);
                }
            }
        }
    }
    for part in &message.parts {
        match part {
            Part::Text { text } if !text.is_empty() => said.push(ContentPart::Text { text: text.into() }),
            Part::Image(image) => said.push(picture(call, image)?),
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

fn output<'a>(call: &ModelCall<'_>, result: &'a ToolResult) -> Cow<'a, str> {
    let left_out = if call.model.images { 0 } else { result.images.len() };
    if left_out == 0 {
        return if result.output.is_empty() { words::NO_OUTPUT.into() } else { result.output.as_str().into() };
    }
    let output = Some(result.output.as_str()).filter(|output| !output.is_empty());
    output.into_iter().chain(std::iter::repeat_n(words::NO_IMAGES, left_out)).collect::<Vec<_>>().join("\n").into()
}

fn picture<'a>(call: &ModelCall<'_>, image: &ImageRef) -> Result<ContentPart<'a>> {
    if !call.model.images {
        return Ok(ContentPart::Text { text: words::NO_IMAGES.into() });
    }
    let base64 = call.images.get(&image.blob).ok_or_else(|| {
        Error::new(Kind::Io, format!("the image `{}` is missing from the session's blobs", image.blob))
    })?;
    Ok(ContentPart::ImageUrl { image_url: ImageUrl { url: format!("data:{};base64,{base64}", image.media_type) } })
}

/// An assistant's message; `None` when nothing but reasoning is left, which servers refuse as empty.
fn assistant<'a>(call: &ModelCall<'_>, message: &'a Message, official: bool) -> Option<Turn<'a>> {
    let mut said = Said::default();
    let mut extras: &[Value] = &[];
    for part in &message.parts {
        match part {
            Part::Text { text } => add(&mut said.content, text),
            // The field is OpenAI's; others would not know it, and text they all understand.
            Part::Refusal { text } if official => add(said.refusal.get_or_insert_default(), text),
            Part::Refusal { text } => add(&mut said.content, text),
            Part::Reasoning(reasoning) => {
                if let Some(found) = unseal(call, reasoning, &mut said) {
                    extras = found;
                }
            }
            Part::Call(made) => said.tool_calls.push(Call {
                id: &made.id,
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
    let id = || call.model.id.to_lowercase();
    if !said.tool_calls.is_empty()
        && call.model.reasoning
        && said.reasoning_content.is_none()
        && said.reasoning_details.is_empty()
        && said.reasoning.is_none()
        && DEMANDS_REASONING.iter().any(|name| id().contains(name))
    {
        said.reasoning_content = Some(String::new());
    }
    let empty = said.content.is_empty() && said.refusal.is_none() && said.tool_calls.is_empty();
    (!empty).then_some(Turn::Assistant(said))
}

/// Adds a paragraph.
fn add(paragraphs: &mut String, text: &str) {
    if !paragraphs.is_empty() && !text.is_empty() {
        paragraphs.push_str("\n\n");
    }
    paragraphs.push_str(text);
}

/// Puts reasoning that this very model sealed on this wire back into the field it came in; all other stays out. Gives
/// what came beside the calls, when the seal is for that.
fn unseal<'a>(call: &ModelCall<'_>, reasoning: &'a Reasoning, said: &mut Said<'_>) -> Option<&'a [Value]> {
    let seal = reasoning.seal.as_ref()?;
    if seal.wire != Wire::Chat || seal.model != call.model.name() {
        return None;
    }
    match seal.data.get("field")?.as_str()? {
        "reasoning_content" => said.reasoning_content.get_or_insert_default().push_str(&reasoning.text),
        "reasoning" => said.reasoning.get_or_insert_default().push_str(&reasoning.text),
        "reasoning_details" => {
            said.reasoning_details.extend(details::open(&reasoning.text, seal.data.get("details")?)?);
        }
        "extra_content" => return seal.data.get("calls")?.as_array().map(Vec::as_slice),
        _ => {}
    }
    None
}

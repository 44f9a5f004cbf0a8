//! A neutral call to the body of a Chat Completions request.
//!
//! Field order is part of the contract: `messages` comes last and each message is written by itself, so the body of a
//! later call begins with the bytes of the earlier one and prompt caches hit. Must never let one message's bytes depend
//! on messages after it.

use super::effort::{self, EffortFields};
use super::history::Writer;
use crate::base::call::{ToolInput, ToolSpec};
use crate::base::model::{CacheKind, ModelCall};
use crate::base::quirks::LimitField;
use crate::base::{Error, Kind, Result};
use crate::provider::{Endpoint, words};
use serde::Serialize;
use serde_json::{Value, json};
use std::borrow::Cow;

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tool_choice: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cache_control: Option<Value>,
    #[serde(flatten)]
    effort: EffortFields,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_split: Option<bool>,
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
pub enum Turn<'a> {
    System { content: Cow<'a, str> },
    User { content: Content<'a> },
    Assistant(Said<'a>),
    Tool { tool_call_id: Cow<'a, str>, content: Cow<'a, str> },
}

#[derive(Serialize)]
#[serde(untagged)]
pub enum Content<'a> {
    Text(Cow<'a, str>),
    Parts(Vec<ContentPart<'a>>),
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ContentPart<'a> {
    Text { text: Cow<'a, str> },
    ImageUrl { image_url: ImageUrl },
}

#[derive(Serialize)]
pub struct ImageUrl {
    pub url: String,
}

/// `content` is always a string, empty beside calls alone: some servers refuse `null` there (LM Studio, older Mistral),
/// some refuse a message without the field, and all of their schemas take a string.
#[derive(Default, Serialize)]
pub struct Said<'a> {
    pub content: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_content: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasoning_details: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<Call<'a>>,
}

#[derive(Serialize)]
pub struct Call<'a> {
    pub id: Cow<'a, str>,
    pub r#type: &'static str,
    pub function: CallFunction<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra_content: Option<&'a Value>,
}

#[derive(Serialize)]
pub struct CallFunction<'a> {
    pub name: Cow<'a, str>,
    pub arguments: String,
}

/// The body for this endpoint.
pub fn body(call: &ModelCall<'_>, endpoint: &Endpoint) -> Result<Vec<u8>> {
    let (quirks, official) = (endpoint.quirks, endpoint.official);
    let tools: Vec<Value> = call.tools.iter().filter(|_| !quirks.no_tools).map(tool).collect();
    let stream = !quirks.no_stream && (tools.is_empty() || !quirks.no_streamed_tools);
    let limit = Some(call.max_output).filter(|limit| *limit > 0);
    let (old_limit, new_limit) = match quirks.limit {
        LimitField::Usual if official => (None, limit),
        LimitField::Usual | LimitField::MaxTokens => (limit, None),
        LimitField::MaxCompletionTokens => (None, limit),
        LimitField::Absent => (None, None),
    };
    let effort = call.effort.and_then(|wanted| call.model.effort(wanted));
    let body = Body {
        model: &call.model.id,
        stream,
        stream_options: (stream && !quirks.no_stream_options).then_some(StreamOptions { include_usage: true }),
        tool_choice: (!tools.is_empty() && !quirks.no_tool_choice).then_some("auto"),
        tools,
        max_tokens: old_limit,
        max_completion_tokens: new_limit,
        cache_control: (quirks.passes_cache_control && call.model.abilities.cache.kind == CacheKind::Explicit)
            .then(|| json!({ "type": "ephemeral" })),
        effort: effort::fields(quirks.effort, effort),
        reasoning_split: quirks.split_reasoning.then_some(true),
        prompt_cache_key: (official && !call.cache_key.is_empty()).then_some(call.cache_key),
        messages: Writer::new(call, endpoint).turns()?,
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

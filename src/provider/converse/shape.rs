//! The shape of a ConverseStream request, as far as we send it, in the order in which it is sent.
//!
//! Names are those of the API reference. A union is an enum: an object with one key.

use crate::base::message::Role;
use crate::provider::claude::ThinkingConfig;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// The request, in the order in which it is sent.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Body<'a> {
    pub inference_config: InferenceConfig,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub additional_model_request_fields: Option<Additional>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub system: Vec<SystemBlock<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_config: Option<ToolConfig<'a>>,
    pub messages: Vec<Turn<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct InferenceConfig {
    pub max_tokens: u64,
}

/// Fields of the model's own API, which Bedrock passes on.
#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Additional {
    Claude {
        #[serde(skip_serializing_if = "Option::is_none")]
        thinking: Option<ThinkingConfig>,
        #[serde(skip_serializing_if = "Option::is_none")]
        output_config: Option<OutputConfig>,
    },
    Other(Value),
}

#[derive(Serialize)]
pub(super) struct OutputConfig {
    pub effort: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum SystemBlock<'a> {
    Text(&'a str),
    CachePoint(CachePoint),
}

/// The end of what the provider keeps for the next request.
#[derive(Serialize)]
pub(super) struct CachePoint {
    pub r#type: &'static str,
}

pub(super) const CACHE_POINT: CachePoint = CachePoint { r#type: "default" };

#[derive(Serialize)]
pub(super) struct ToolConfig<'a> {
    pub tools: Vec<Tool<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Tool<'a> {
    #[serde(rename_all = "camelCase")]
    ToolSpec {
        name: Cow<'a, str>,
        #[serde(skip_serializing_if = "str::is_empty")]
        description: &'a str,
        input_schema: Schema<'a>,
    },
    CachePoint(CachePoint),
}

#[derive(Serialize)]
pub(super) struct Schema<'a> {
    pub json: Cow<'a, Value>,
}

#[derive(Serialize)]
pub(super) struct Turn<'a> {
    pub role: Role,
    pub content: Vec<Block<'a>>,
}

/// `ContentBlock`, as far as we send it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Block<'a> {
    Text(&'a str),
    Image(Image<'a>),
    ReasoningContent(Thought<'a>),
    #[serde(rename_all = "camelCase")]
    ToolUse {
        tool_use_id: Cow<'a, str>,
        name: Cow<'a, str>,
        input: Box<RawValue>,
    },
    #[serde(rename_all = "camelCase")]
    ToolResult {
        tool_use_id: Cow<'a, str>,
        content: Vec<ResultBlock<'a>>,
        #[serde(skip_serializing_if = "Option::is_none")]
        status: Option<&'static str>,
    },
    CachePoint(CachePoint),
}

#[derive(Serialize)]
pub(super) struct Image<'a> {
    pub format: &'a str,
    pub source: Source<'a>,
}

#[derive(Serialize)]
pub(super) struct Source<'a> {
    /// Base64.
    pub bytes: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Thought<'a> {
    ReasoningText { text: &'a str, signature: &'a str },
    RedactedContent(&'a str),
}

/// Results are sent as text, never as `json`: the model is to see what the tool said, character for character.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum ResultBlock<'a> {
    Text(Cow<'a, str>),
    Image(Image<'a>),
}

//! The events of a ConverseStream answer, as far as they matter to us.
//!
//! Source: Amazon Bedrock API reference, `ConverseStreamOutput`. What a server adds is passed over, and what it leaves out reads as
//! absent; text that cannot be read is an error, because dropping a piece of an answer would be worse than trying again.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// `ContentBlockStartEvent`. Only tool uses are opened; text and reasoning begin with their first piece.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Opened {
    pub content_block_index: Option<u64>,
    pub start: Start,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Start {
    pub tool_use: Option<ToolUseStart>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ToolUseStart {
    pub tool_use_id: String,
    pub name: String,
}

/// `ContentBlockDeltaEvent`.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Grown {
    pub content_block_index: Option<u64>,
    pub delta: Piece,
}

/// `ContentBlockDelta`, a union.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Piece {
    pub text: Option<String>,
    pub tool_use: Option<ToolUsePiece>,
    pub reasoning_content: Option<ReasoningPiece>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct ToolUsePiece {
    pub input: String,
}

/// `ReasoningContentBlockDelta`, a union.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ReasoningPiece {
    pub text: Option<String>,
    pub signature: Option<String>,
    /// Base64 of bytes that nobody but the maker can read.
    pub redacted_content: Option<String>,
}

/// `MessageStopEvent`.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Stopped {
    pub stop_reason: String,
}

/// `ConverseStreamMetadataEvent`.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Metadata {
    pub usage: Counts,
}

/// `TokenUsage`.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Counts {
    #[serde(deserialize_with = "number")]
    pub input_tokens: Option<u64>,
    #[serde(deserialize_with = "number")]
    pub output_tokens: Option<u64>,
    #[serde(deserialize_with = "number")]
    pub cache_read_input_tokens: Option<u64>,
    #[serde(deserialize_with = "number")]
    pub cache_write_input_tokens: Option<u64>,
}

/// A count; what cannot be one reads as absent.
fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(Value::deserialize(deserializer)?.as_u64())
}

//! The conversation in neutral form: what every wire can be made from, and no wire's own type.

use super::call::{ToolCall, ToolResult};
use super::model::Wire;
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    User,
    Assistant,
}

/// One message. Users' messages hold text, images and tool results; assistants' hold reasoning, text and calls,
/// in the order in which the model produced them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Message {
    pub role: Role,
    pub parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Part {
    Text {
        text: String,
    },
    Image(ImageRef),
    Reasoning(Reasoning),
    /// The model declined; its words.
    Refusal {
        text: String,
    },
    Call(ToolCall),
    Result(ToolResult),
}

/// An image by reference: the bytes lie once in the session's `blobs/` under their hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageRef {
    /// SHA-256 of the bytes, 64 hex digits.
    pub blob: String,
    /// `image/png`, `image/jpeg`, `image/gif` or `image/webp`.
    pub media_type: String,
    pub bytes: u64,
}

/// What a model thought: readable text where the vendor gives it, and the vendor's own sealed form, which must go
/// back unchanged on the same wire to the same model and to nobody else.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reasoning {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seal: Option<Seal>,
}

/// A vendor's own form of a reasoning block. Only the codec that made it looks inside `data`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Seal {
    pub wire: Wire,
    /// `provider/model` that made it; another model would reject it.
    pub model: String,
    /// Holds only what `text` does not, so that nothing is stored twice.
    pub data: Value,
}

impl Message {
    pub fn user(text: impl Into<String>) -> Self {
        Self { role: Role::User, parts: vec![Part::Text { text: text.into() }] }
    }

    /// The text parts joined by newlines; no reasoning, no refusal.
    pub fn text(&self) -> String {
        text_of(&self.parts)
    }
}

/// The text parts joined by newlines.
pub fn text_of(parts: &[Part]) -> String {
    let texts: Vec<&str> = parts
        .iter()
        .filter_map(|part| if let Part::Text { text } = part { Some(text.as_str()) } else { None })
        .collect();
    texts.join("\n")
}

/// The tool calls in order.
pub fn calls_of(parts: &[Part]) -> Vec<&ToolCall> {
    parts.iter().filter_map(|part| if let Part::Call(call) = part { Some(call) } else { None }).collect()
}

/// The kind of image that bytes are, by their first ones.
pub fn media_type(bytes: &[u8]) -> Option<&'static str> {
    match bytes {
        [0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A, ..] => Some("image/png"),
        [0xFF, 0xD8, 0xFF, ..] => Some("image/jpeg"),
        [b'G', b'I', b'F', b'8', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        _ => None,
    }
}

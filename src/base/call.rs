//! Tool calls and their results, in neutral form.

use super::message::ImageRef;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What the model is told about a tool. The order of tools and the bytes of each spec are frozen for a session, so
/// that provider caches hit.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolSpec {
    pub name: &'static str,
    pub description: String,
    pub input: ToolInput,
}

/// How the model writes the tool's input.
#[derive(Debug, Clone, PartialEq)]
pub enum ToolInput {
    /// A JSON object that fits this schema.
    Json(Value),
    /// Free text that fits a grammar, on wires that have it; elsewhere a JSON object with one string `input`.
    Freeform { syntax: &'static str, grammar: &'static str },
}

/// One call as the model wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolCall {
    /// The vendor's id, or one of ours where it gave none or the same twice.
    pub id: String,
    pub name: String,
    /// Exactly the text the model produced: JSON, or free text when `freeform`. Kept as bytes so that what goes back
    /// is what came, and provider caches hit.
    pub arguments: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub freeform: bool,
}

impl ToolCall {
    /// The arguments as the text of a JSON object, for wires that accept nothing else: what the model wrote where that
    /// is an object, `{"input": …}` for free text, and `{"malformed": …}` for what cannot be read as an object.
    pub fn object_text(&self) -> String {
        if self.freeform {
            return serde_json::json!({ "input": self.arguments }).to_string();
        }
        if self.arguments.trim().is_empty() {
            return "{}".into();
        }
        match serde_json::from_str::<serde_json::Map<String, Value>>(&self.arguments) {
            Ok(_) => self.arguments.clone(),
            Err(_) => serde_json::json!({ "malformed": self.arguments }).to_string(),
        }
    }
}

/// What a call gave back: exactly what the model sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolResult {
    /// The id of the call it answers.
    pub call: String,
    pub output: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<ImageRef>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub error: bool,
}

//! Whole output items to neutral parts.
//!
//! Source: OpenAI API reference, Responses, "output": items of the types `message`, `reasoning`, `function_call` and
//! `custom_tool_call`. Reads leniently, since many servers write these by hand; never invents a call or a seal.

use super::seal::Thoughts;
use crate::base::call::ToolCall;
use crate::base::message::{Part, Reasoning};
use serde_json::Value;

/// What sort of item it is, as far as we use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sort {
    Message,
    Reasoning,
    Function,
    Custom,
}

impl Sort {
    /// `None` for items that are not ours, such as the calls of tools that run on the server.
    pub fn of(item: &Value) -> Option<Sort> {
        match field(item, "type") {
            "message" => Some(Sort::Message),
            "reasoning" => Some(Sort::Reasoning),
            "function_call" => Some(Sort::Function),
            "custom_tool_call" => Some(Sort::Custom),
            _ => None,
        }
    }

    pub fn is_call(self) -> bool {
        match self {
            Sort::Function | Sort::Custom => true,
            Sort::Message | Sort::Reasoning => false,
        }
    }

    /// The field that holds what the model wrote for the tool.
    pub fn arguments(self) -> &'static str {
        match self {
            Sort::Custom => "input",
            Sort::Message | Sort::Reasoning | Sort::Function => "arguments",
        }
    }
}

/// The parts of one item. A call's id is the vendor's, and empty where there is none.
pub(super) fn parts(sort: Sort, item: &Value, model: &str) -> Vec<Part> {
    match sort {
        Sort::Message => words(item.get("content")),
        Sort::Reasoning => vec![Part::Reasoning(reasoning(item, model))],
        Sort::Function | Sort::Custom => vec![Part::Call(ToolCall {
            id: field(item, "call_id").to_owned(),
            name: field(item, "name").to_owned(),
            arguments: arguments(item.get(sort.arguments())),
            freeform: sort == Sort::Custom,
        })],
    }
}

/// Did the model write the item to its end?
pub(super) fn is_completed(item: &Value) -> bool {
    field(item, "status") == "completed"
}

/// A field's text; empty where it is missing or no text.
pub(super) fn field<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn words(content: Option<&Value>) -> Vec<Part> {
    if let Some(Value::String(text)) = content {
        return vec![Part::Text { text: text.clone() }];
    }
    let list = content.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list.iter()
        .filter_map(|piece| match field(piece, "type") {
            "output_text" | "text" => Some(Part::Text { text: field(piece, "text").to_owned() }),
            "refusal" => Some(Part::Refusal { text: field(piece, "refusal").to_owned() }),
            _ => None,
        })
        .collect()
}

fn reasoning(item: &Value, model: &str) -> Reasoning {
    let texts = |name| -> Vec<&str> {
        let list = item.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        list.iter().filter_map(|piece| piece.get("text").and_then(Value::as_str)).collect()
    };
    let encrypted_content = field(item, "encrypted_content");
    Thoughts { id: field(item, "id"), encrypted_content, summary: texts("summary"), content: texts("content") }
        .close(model)
}

/// A text by the protocol; some servers send the object itself.
fn arguments(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

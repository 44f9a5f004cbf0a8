//! `write`: a whole file. An existing one only if the model has seen it as it is now.

use super::{Hands, Job, Tool, Unfit, arguments, edit_job};
use crate::base::call::{ToolCall, ToolInput, ToolSpec};
use crate::edit::Format;
use serde::Deserialize;
use serde_json::json;

pub struct Write(ToolSpec);

#[derive(Deserialize)]
struct Arguments {
    #[serde(alias = "file_path")]
    path: String,
    content: String,
}

impl Default for Write {
    fn default() -> Self {
        Self(ToolSpec {
            name: "write",
            description: crate::prompt::tool("write"),
            input: ToolInput::Json(json!({
                "type": "object",
                "properties": {"path": {"type": "string"}, "content": {"type": "string"}},
                "required": ["path", "content"],
            })),
        })
    }
}

impl Tool for Write {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    fn prepare(&self, call: &ToolCall, hands: &Hands) -> Result<Job, Unfit> {
        let Arguments { path, content } = arguments(call, r#"{"path": "notes.md", "content": "…"}"#)?;
        let text = json!({"files": [{"path": path, "content": content}]}).to_string();
        edit_job("write", Format::Whole, text.as_bytes(), hands)
    }
}

//! `write`: a whole file. An existing one only if the model has seen it as it is now.

use super::{Hands, Job, Tool, arguments, write_job};
use crate::base::call::{ToolCall, ToolInput, ToolSpec};
use crate::edit::change::{ChangeSet, FileEdit};
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

    fn prepare(&self, call: &ToolCall, hands: &Hands) -> Result<Job, String> {
        let Arguments { path, content } = arguments(call, r#"{"path": "notes.md", "content": "…"}"#)?;
        let found = hands.place.resolve(&path)?;
        let before = hands.files.read_if_there(&found.absolute, &found.shown)?;
        if let Some(bytes) = &before {
            if bytes == content.as_bytes() {
                return Err(format!("`{}` has this very content already", found.shown));
            }
            if !hands.files.has_seen(&found.absolute, bytes) {
                return Err(format!(
                    "`{}` exists, and you have not read it as it is now; read it first, or change parts of it with `edit`",
                    found.shown
                ));
            }
        }
        let change = ChangeSet {
            files: vec![FileEdit {
                path: found.shown.clone(),
                from: None,
                before: before.map(Into::into),
                after: Some(content.into_bytes().into()),
            }],
        };
        write_job(format!("write {}", found.shown), change, hands)
    }
}

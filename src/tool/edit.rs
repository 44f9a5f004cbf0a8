//! `edit`: replacements, in order, all or none of them.

use super::{Hands, Job, Tool, Unfit, edit_job};
use crate::base::call::{ToolCall, ToolInput, ToolSpec};
use crate::edit::Format;
use serde_json::json;

pub struct Edit(ToolSpec);

impl Default for Edit {
    fn default() -> Self {
        Self(ToolSpec {
            name: "edit",
            description: crate::prompt::tool("edit"),
            input: ToolInput::Json(json!({
                "type": "object",
                "properties": {"edits": {"type": "array", "items": {
                    "type": "object",
                    "properties": {
                        "path": {"type": "string"},
                        "old_string": {"type": "string"},
                        "new_string": {"type": "string"},
                        "replace_all": {"type": "boolean"},
                    },
                    "required": ["path", "old_string", "new_string"],
                }}},
                "required": ["edits"],
            })),
        })
    }
}

impl Tool for Edit {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    fn prepare(&self, call: &ToolCall, hands: &Hands) -> Result<Job, Unfit> {
        edit_job("edit", Format::Edit, call.arguments.as_bytes(), hands)
    }
}

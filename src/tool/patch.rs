//! `apply_patch`: the edit format that OpenAI's models are trained on; all files or none.

use super::{Hands, Job, Tool, Unfit, arguments, edit_job};
use crate::base::call::{ToolCall, ToolInput, ToolSpec};
use crate::edit::{Format, GRAMMAR};
use serde::Deserialize;

pub struct ApplyPatch(ToolSpec);

#[derive(Deserialize)]
struct Arguments {
    #[serde(alias = "patch")]
    input: String,
}

impl Default for ApplyPatch {
    fn default() -> Self {
        Self(ToolSpec {
            name: "apply_patch",
            description: crate::prompt::tool("apply_patch"),
            input: ToolInput::Freeform { syntax: "lark", grammar: GRAMMAR },
        })
    }
}

impl Tool for ApplyPatch {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    fn prepare(&self, call: &ToolCall, hands: &Hands) -> Result<Job, Unfit> {
        edit_job("patch", Format::Patch, input(call)?.as_bytes(), hands)
    }
}

/// The patch itself: free text, or the one field of the object where the wire has no free text. Some models send the bare
/// patch there too.
fn input(call: &ToolCall) -> Result<String, String> {
    if call.freeform || call.arguments.trim_start().starts_with("***") {
        return Ok(call.arguments.clone());
    }
    arguments(call, r#"{"input": "*** Begin Patch\n…\n*** End Patch"}"#).map(|Arguments { input }| input)
}

//! `apply_patch`: the edit format that OpenAI's models are trained on; all files or none.

use super::{Hands, Job, Tool, arguments, current, veiled, write_job};
use crate::base::call::{ToolCall, ToolInput, ToolSpec};
use crate::edit::change::{ChangeSet, FileEdit};
use crate::edit::patch::{self, FileOp};
use serde::Deserialize;
use std::sync::Arc;

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
            input: ToolInput::Freeform { syntax: "lark", grammar: patch::GRAMMAR },
        })
    }
}

impl Tool for ApplyPatch {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    fn prepare(&self, call: &ToolCall, hands: &Hands) -> Result<Job, String> {
        let text = input(call)?;
        let mut change = ChangeSet { files: Vec::new() };
        for operation in patch::parse(&text)? {
            step(&mut change, &operation, hands)?;
        }
        let paths: Vec<&str> = change.files.iter().map(|edit| edit.path.as_str()).collect();
        write_job(format!("patch {}", paths.join(", ")), change, hands)
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

/// Adds one operation to the set; it sees what the earlier ones made of the file.
fn step(change: &mut ChangeSet, operation: &FileOp, hands: &Hands) -> Result<(), String> {
    let found = hands.place.resolve(operation.path())?;
    let (at, before) = current(change, &found, hands)?;
    let after: Option<Arc<[u8]>> =
        patch::apply(operation, before.as_deref()).map_err(|words| veiled(&found.shown, words))?.map(Arc::from);
    if let Some(edit) = at.and_then(|at| change.files.get_mut(at)) {
        if let FileOp::Update { to: Some(to), .. } = operation {
            return Err(format!(
                "`{}` is changed twice in this patch and then moved to `{to}`; put its changes and the move into one section",
                found.shown
            ));
        }
        edit.after = after;
        return Ok(());
    }
    let edit = match operation {
        FileOp::Update { to: Some(to), .. } => {
            let target = hands.place.resolve(to)?;
            if change.files.iter().any(|edit| edit.path == target.shown) {
                return Err(format!(
                    "`{}` would be written twice by this patch; give each file one section",
                    target.shown
                ));
            }
            FileEdit { path: target.shown, from: Some(found.shown), before, after }
        }
        FileOp::Add { .. } | FileOp::Delete { .. } | FileOp::Update { to: None, .. } => {
            FileEdit { path: found.shown, from: None, before, after }
        }
    };
    change.files.push(edit);
    Ok(())
}

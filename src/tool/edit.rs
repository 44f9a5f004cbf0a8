//! `edit`: exact replacements, in order, all or none of them.

use super::{Hands, Job, Tool, arguments, current, veiled, write_job};
use crate::base::call::{ToolCall, ToolInput, ToolSpec};
use crate::edit::change::{ChangeSet, FileEdit};
use crate::edit::replace::replace;
use serde::Deserialize;
use serde_json::json;

const EXAMPLE: &str = r#"{"edits": [{"path": "src/main.rs", "old_string": "…", "new_string": "…"}]}"#;

pub struct Edit(ToolSpec);

#[derive(Deserialize)]
struct Arguments {
    edits: Vec<One>,
}

#[derive(Deserialize)]
struct One {
    #[serde(alias = "file_path")]
    path: String,
    old_string: String,
    new_string: String,
    #[serde(default)]
    replace_all: bool,
}

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

    fn prepare(&self, call: &ToolCall, hands: &Hands) -> Result<Job, String> {
        let edits = edits(call)?;
        if edits.is_empty() {
            return Err(format!("`edits` is empty; send {EXAMPLE}"));
        }
        let mut change = ChangeSet { files: Vec::new() };
        for one in &edits {
            step(&mut change, one, hands)?;
        }
        let paths: Vec<&str> = change.files.iter().map(|edit| edit.path.as_str()).collect();
        write_job(format!("edit {}", paths.join(", ")), change, hands)
    }
}

/// The list, or, from models trained on it, one edit without the list.
fn edits(call: &ToolCall) -> Result<Vec<One>, String> {
    let fields: serde_json::Map<String, serde_json::Value> = arguments(call, EXAMPLE)?;
    if !fields.contains_key("edits") && fields.contains_key("old_string") {
        return arguments(call, EXAMPLE).map(|one| vec![one]);
    }
    arguments(call, EXAMPLE).map(|Arguments { edits }| edits)
}

/// Adds one edit to the set; it sees what the earlier ones made of the file.
fn step(change: &mut ChangeSet, one: &One, hands: &Hands) -> Result<(), String> {
    let found = hands.place.resolve(&one.path)?;
    let (at, before) = current(change, &found, hands)?;
    let text = before.as_deref().unwrap_or_default();
    let after = match (one.old_string.is_empty(), &before) {
        (true, _) if text.is_empty() => one.new_string.clone().into_bytes(),
        (true, _) => {
            return Err(format!(
                "`{}` is not empty, so an empty `old_string` cannot say where to edit; send the text to be replaced, or use `write`",
                found.shown
            ));
        }
        (false, None) => return Err(format!("there is no `{}`; an empty `old_string` creates it", found.shown)),
        (false, Some(_)) => replace(&found.shown, text, &one.old_string, &one.new_string, one.replace_all)
            .map_err(|words| veiled(&found.shown, words))?,
    };
    match at.and_then(|at| change.files.get_mut(at)) {
        Some(edit) => edit.after = Some(after.into()),
        None => change.files.push(FileEdit { path: found.shown, from: None, before, after: Some(after.into()) }),
    }
    Ok(())
}

//! `find`: files by glob.

use super::search::off_thread;
use super::{Hands, Job, Output, Run, Tool, Unfit, arguments};
use crate::base::access::Access;
use crate::base::call::{ToolCall, ToolInput, ToolSpec};
use crate::workspace::walk::{self, Found};
use serde::Deserialize;
use serde_json::json;

const FILES: usize = 500;

pub struct Find(ToolSpec);

#[derive(Deserialize)]
struct Arguments {
    #[serde(alias = "pattern")]
    glob: String,
    path: Option<String>,
}

impl Default for Find {
    fn default() -> Self {
        Self(ToolSpec {
            name: "find",
            description: crate::prompt::tool("find"),
            input: ToolInput::Json(json!({
                "type": "object",
                "properties": {"glob": {"type": "string"}, "path": {"type": "string"}},
                "required": ["glob"],
            })),
        })
    }
}

impl Tool for Find {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    fn prepare(&self, call: &ToolCall, hands: &Hands) -> Result<Job, Unfit> {
        let Arguments { glob, path } = arguments(call, r#"{"glob": "**/*.rs"}"#)?;
        let found = hands.place.resolve(path.as_deref().unwrap_or("."))?;
        if !found.absolute.is_dir() {
            return Err(format!("there is no folder `{}`", found.shown).into());
        }
        let summary = format!("find {glob} in {}", found.shown);
        let access = vec![Access::Read { path: found.shown }];
        let run: Run = Box::new(move |grant| {
            Box::pin(async move {
                let place = grant.hands.place.clone();
                match off_thread(move |stop| walk::find(&place, &found.absolute, &glob, FILES, stop)).await {
                    Ok(Found { items, .. }) if items.is_empty() => Output::text("(no files)"),
                    Ok(Found { items, more, .. }) => {
                        let note = if more { format!("\n(more than {FILES} files; narrow it)") } else { String::new() };
                        Output::text(items.join("\n") + &note)
                    }
                    Err(words) => Output::failed(words),
                }
            })
        });
        Ok(Job { summary, access, change: None, reads_only: true, run })
    }
}

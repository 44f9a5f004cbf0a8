//! `plan`: the model's own list of steps, shown to the user and kept through compaction.

use super::{Hands, Job, Output, Run, Tool, Unfit, arguments};
use crate::base::call::{ToolCall, ToolInput, ToolSpec};
use crate::base::event::PlanStep;
use serde::Deserialize;
use serde_json::json;

pub struct Plan(ToolSpec);

#[derive(Deserialize)]
struct Arguments {
    steps: Vec<PlanStep>,
}

impl Default for Plan {
    fn default() -> Self {
        Self(ToolSpec {
            name: "plan",
            description: crate::prompt::tool("plan"),
            input: ToolInput::Json(json!({
                "type": "object",
                "properties": {"steps": {"type": "array", "items": {
                    "type": "object",
                    "properties": {"step": {"type": "string"}, "status": {"enum": ["pending", "in_progress", "completed"]}},
                    "required": ["step", "status"],
                }}},
                "required": ["steps"],
            })),
        })
    }
}

impl Tool for Plan {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    fn prepare(&self, call: &ToolCall, _hands: &Hands) -> Result<Job, Unfit> {
        let Arguments { steps } = arguments(call, r#"{"steps": [{"step": "…", "status": "pending"}]}"#)?;
        let run: Run =
            Box::new(move |_grant| Box::pin(async move { Output { plan: Some(steps), ..Output::text("noted") } }));
        Ok(Job { summary: "plan".into(), access: Vec::new(), change: None, reads_only: false, run })
    }
}

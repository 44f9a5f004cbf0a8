//! How Claude models are told to think, in the vendor's own fields, on whatever wire they are asked.
//!
//! Pure, as the codecs that use it are.

use crate::base::message::{Part, Reasoning, Role};
use crate::base::model::{Effort, ModelCall, Thinking, Wire};
use serde::Serialize;

/// The least thinking budget that the API takes.
const LEAST_BUDGET: u64 = 1024;

/// Parts of the ids of models that cannot be kept from thinking: they refuse `disabled`.
const NEVER_QUIET: &[&str] = &["fable", "mythos"];

/// The field `thinking`.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ThinkingConfig {
    Adaptive,
    Enabled { budget_tokens: u64 },
    Disabled,
}

/// What a call on `wire` says of thinking.
pub fn thinking(call: &ModelCall<'_>, wire: Wire) -> Option<ThinkingConfig> {
    match (call.model.thinking, call.effort) {
        (Thinking::Unset, _) => None,
        (Thinking::Adaptive, Some(Effort::None)) if !is_never_quiet(call) => Some(ThinkingConfig::Disabled),
        (Thinking::Adaptive, _) => Some(ThinkingConfig::Adaptive),
        (Thinking::Budget, _) if ends_in_thoughtless_calls(call, wire) => None,
        (Thinking::Budget, effort) => {
            budget(effort?, call.max_output).map(|budget_tokens| ThinkingConfig::Enabled { budget_tokens })
        }
    }
}

fn is_never_quiet(call: &ModelCall<'_>) -> bool {
    NEVER_QUIET.iter().any(|part| call.model.id.contains(part))
}

/// With a budget the API wants the last assistant turn to begin with its thinking when it called tools. Where that cannot
/// go back (another model's, or one that named a secret), this request goes without.
fn ends_in_thoughtless_calls(call: &ModelCall<'_>, wire: Wire) -> bool {
    let name = call.model.name();
    let replayable = |part: &Part| matches!(part, Part::Reasoning(Reasoning { seal: Some(seal), .. }) if seal.wire == wire && seal.model == name);
    let last = call.messages.iter().rev().find(|message| message.role == Role::Assistant);
    last.is_some_and(|message| {
        message.parts.iter().any(|part| matches!(part, Part::Call(_))) && !message.parts.iter().any(replayable)
    })
}

/// Tokens to think with. The budget counts towards `max_tokens` and must stay below it, so as much as the least budget
/// is kept for the answer; where that leaves too little, there is no budget.
fn budget(effort: Effort, max_tokens: u64) -> Option<u64> {
    let wanted = match effort {
        Effort::None => return None,
        Effort::Minimal | Effort::Low => 4096,
        Effort::Medium => 10_240,
        Effort::High => 24_576,
        Effort::Xhigh | Effort::Max => 32_768,
    };
    let budget = wanted.min(max_tokens.saturating_sub(LEAST_BUDGET));
    (budget >= LEAST_BUDGET).then_some(budget)
}

/// `output_config.effort`. Only the models that think adaptively are sure to take it; older ones and other vendors'
/// reject the field.
pub fn effort(call: &ModelCall<'_>) -> Option<&'static str> {
    let wanted = match call.model.thinking {
        Thinking::Adaptive if call.effort == Some(Effort::None) && is_never_quiet(call) => Effort::Low,
        Thinking::Adaptive => call.effort.filter(|effort| *effort != Effort::None)?,
        Thinking::Unset | Thinking::Budget => return None,
    };
    match call.model.effort(wanted).unwrap_or(wanted) {
        Effort::None => None,
        Effort::Minimal | Effort::Low => Some("low"),
        Effort::Medium => Some("medium"),
        Effort::High => Some("high"),
        Effort::Xhigh => Some("xhigh"),
        Effort::Max => Some("max"),
    }
}

/// Do earlier thoughts go back? The API may refuse them while thinking is off, and would not read them anyway; a model
/// that decides by itself gets its own.
pub fn replays_thinking(call: &ModelCall<'_>, thinking: Option<&ThinkingConfig>) -> bool {
    match thinking {
        Some(ThinkingConfig::Adaptive | ThinkingConfig::Enabled { .. }) => true,
        Some(ThinkingConfig::Disabled) => false,
        None => call.model.thinking == Thinking::Unset,
    }
}

//! How a Gemini model is told to think: by a budget of tokens up to 2.5, by a level from 3 on. The API refuses both together.

use crate::base::model::{Effort, ModelCall};
use serde::Serialize;

/// Tokens that are kept for the answer when a budget would take them all: thoughts count towards the limit of an answer.
const KEPT: u64 = 1024;

/// `ThinkingConfig`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ThinkingConfig {
    include_thoughts: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_level: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking_budget: Option<u64>,
}

/// The generation of a model, by the first number in its id; the newest for names such as `gemini-flash-latest`. `None` for
/// what is no Gemini model.
pub fn generation(id: &str) -> Option<u32> {
    let (_, rest) = id.split_once("gemini-")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    if digits.is_empty() { rest.ends_with("latest").then_some(3) } else { digits.parse().ok() }
}

/// What the request says about thinking; `None` for models that do not think, and for those of which nothing is known while
/// nobody asks for an effort.
pub fn config(call: &ModelCall<'_>) -> Option<ThinkingConfig> {
    let thinks = if call.model.known { call.model.reasoning } else { call.model.reasoning || call.effort.is_some() };
    if !thinks {
        return None;
    }
    let by_budget = generation(&call.model.id).is_some_and(|generation| generation < 3);
    let (level, budget) = match call.effort {
        None => (None, None),
        Some(effort) if by_budget => (None, Some(budget(&call.model.id, effort, call.max_output)?)),
        Some(effort) => (Some(level(call.model.effort(effort).unwrap_or(effort))), None),
    };
    let include_thoughts = budget != Some(0);
    Some(ThinkingConfig { include_thoughts, thinking_level: level, thinking_budget: budget })
}

/// `ThinkingLevel`. No model of Gemini 3 can be kept from thinking: the lowest level stands for none.
fn level(effort: Effort) -> &'static str {
    match effort {
        Effort::None | Effort::Minimal => "MINIMAL",
        Effort::Low => "LOW",
        Effort::Medium => "MEDIUM",
        Effort::High | Effort::Xhigh | Effort::Max => "HIGH",
    }
}

/// Tokens to think with, within what Google documents for 2.5: Pro takes 128 to 32,768 and cannot go without, Flash takes up to
/// 24,576, Flash-Lite 512 to 24,576, and both take 0. `None` where the answer's limit leaves too little.
fn budget(id: &str, effort: Effort, max_output: u64) -> Option<u64> {
    let (least, most) = match id {
        _ if id.contains("pro") => (128, 32_768),
        _ if id.contains("lite") => (512, 24_576),
        _ => (1, 24_576),
    };
    let wanted = match effort {
        Effort::None if id.contains("pro") => least,
        Effort::None => return Some(0),
        Effort::Minimal => 1024,
        Effort::Low => 4096,
        Effort::Medium => 10_240,
        Effort::High => 24_576,
        Effort::Xhigh | Effort::Max => 32_768,
    };
    let budget = wanted.min(most).min(max_output.saturating_sub(KEPT));
    (budget >= least).then_some(budget)
}

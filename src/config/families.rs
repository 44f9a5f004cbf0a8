//! Our own overlay over the catalog, by patterns of model ids, kept by hand with its reasons.

use crate::base::model::{Family, Thinking};

/// Whose tools and prompt a model gets.
///
/// OpenAI's models are trained on `apply_patch`, the open-weight `gpt-oss` too; Anthropic's on string replacement. A
/// gateway's ids hold the vendor's (`openai/gpt-6-sol`, `anthropic/claude-sonnet-5`), so the last part decides.
pub fn family(id: &str) -> Family {
    let name = id.rsplit('/').next().unwrap_or(id);
    let is = |prefix: &str| name.starts_with(prefix);
    if is("gpt-") || is("o3") || is("o4") || is("codex") || is("chatgpt") {
        Family::Openai
    } else if name.contains("claude") {
        Family::Claude
    } else {
        Family::Other
    }
}

/// How a Claude model is told to think: from 4.6 on it decides by itself ("adaptive"), before it takes a budget.
pub fn thinking(id: &str, reasoning: bool) -> Thinking {
    if !reasoning || family(id) != Family::Claude {
        return Thinking::Unset;
    }
    let budget = ["claude-3", "-4-0", "-4-1", "-4-5", "-4.0", "-4.1", "-4.5", "sonnet-4-2", "opus-4-2"];
    if budget.iter().any(|part| id.contains(part)) || id.ends_with("sonnet-4") || id.ends_with("opus-4") {
        Thinking::Budget
    } else {
        Thinking::Adaptive
    }
}

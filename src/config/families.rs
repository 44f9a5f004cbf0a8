//! Our own overlay over the catalog, by patterns of model ids, kept by hand with its reasons.

use crate::base::model::{Edits, Family, Thinking};

/// What the ids of a family's models begin with, or hold.
enum Pattern {
    Begins(&'static str),
    Holds(&'static str),
}

/// The first that fits decides; all others are [`Family::Other`].
const FAMILIES: &[(Pattern, Family)] = &[
    (Pattern::Begins("gpt-"), Family::Openai),
    (Pattern::Begins("o3"), Family::Openai),
    (Pattern::Begins("o4"), Family::Openai),
    (Pattern::Begins("codex"), Family::Openai),
    (Pattern::Begins("chatgpt"), Family::Openai),
    (Pattern::Holds("claude"), Family::Claude),
];

/// How each family writes edits.
///
/// OpenAI's models are trained on `apply_patch`, the open-weight `gpt-oss` too; Anthropic's on string replacement, which
/// all others know best as well. The session log counts refused edits by model and format, so that this can be measured.
const EDITS: &[(Family, Edits)] =
    &[(Family::Openai, Edits::Patch), (Family::Claude, Edits::Replace), (Family::Other, Edits::Replace)];

/// Whose tools and prompt a model gets. A gateway's ids hold the vendor's (`openai/gpt-6-sol`,
/// `anthropic/claude-sonnet-5`), so the last part decides.
pub fn family(id: &str) -> Family {
    let name = id.rsplit('/').next().unwrap_or(id);
    let fits = |pattern: &Pattern| match pattern {
        Pattern::Begins(part) => name.starts_with(part),
        Pattern::Holds(part) => name.contains(part),
    };
    FAMILIES.iter().find(|(pattern, _)| fits(pattern)).map_or(Family::Other, |(_, family)| *family)
}

/// How a family writes edits.
pub fn edits(family: Family) -> Edits {
    EDITS.iter().find(|(known, _)| *known == family).map_or(Edits::Replace, |(_, edits)| *edits)
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

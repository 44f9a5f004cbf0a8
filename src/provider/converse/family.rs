//! Who made the model behind a Bedrock id, and what that model takes. Kept by hand: the API has one shape for all models, and each
//! refuses fields that are not its own.

use crate::base::model::{Family, ModelInfo};

/// Whose model it is, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Maker {
    Claude,
    /// A Claude that came before prompt caching.
    OldClaude,
    Nova,
    /// Nova that can think.
    Nova2,
    Gpt,
    /// OpenAI's open weights.
    GptOss,
    Other,
}

/// What the ids of models hold; the first that fits decides. Ids may begin with a region (`us.`, `global.`) or be the end of an
/// ARN.
const MAKERS: &[(&str, Maker)] = &[
    ("anthropic.claude-v2", Maker::OldClaude),
    ("anthropic.claude-instant", Maker::OldClaude),
    ("anthropic.claude-3-haiku", Maker::OldClaude),
    ("anthropic.claude-3-opus", Maker::OldClaude),
    ("anthropic.claude-3-sonnet", Maker::OldClaude),
    ("anthropic.claude-3-5-sonnet-20240620", Maker::OldClaude),
    ("claude", Maker::Claude),
    ("amazon.nova-2", Maker::Nova2),
    ("amazon.nova", Maker::Nova),
    ("openai.gpt-oss", Maker::GptOss),
    ("openai.gpt", Maker::Gpt),
];

impl Maker {
    /// By the id; where that tells nothing, as an application's inference profile, by the family that the user gave it.
    pub(super) fn of(model: &ModelInfo) -> Self {
        let known = MAKERS.iter().find(|(part, _)| model.id.contains(part)).map(|(_, maker)| *maker);
        known.unwrap_or(match model.family {
            Family::Claude => Maker::Claude,
            Family::Openai | Family::Other => Maker::Other,
        })
    }

    /// Does it take cache points? All others refuse the request. Source: Bedrock User Guide, "Prompt caching".
    pub(super) fn caches(self) -> bool {
        match self {
            Maker::Claude | Maker::Nova | Maker::Nova2 => true,
            Maker::OldClaude | Maker::Gpt | Maker::GptOss | Maker::Other => false,
        }
    }

    /// Does it take a cache point right after a tool's result?
    pub(super) fn caches_results(self) -> bool {
        self == Maker::Claude
    }

    /// Does it take images and the word that a tool failed inside of a tool's result? Source: API reference, `ToolResultBlock` and
    /// `ToolResultContentBlock`.
    pub(super) fn has_rich_results(self) -> bool {
        match self {
            Maker::Claude | Maker::OldClaude | Maker::Nova | Maker::Nova2 => true,
            Maker::Gpt | Maker::GptOss | Maker::Other => false,
        }
    }
}

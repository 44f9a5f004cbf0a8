//! Our own overlay over the catalog, by patterns of model ids, kept by hand with its reasons.

use super::providers::{LOCAL, Provider};
use crate::base::model::{Abilities, Cache, CacheKind, Edits, Family, Thinking, Wire};
use crate::base::quirks::EffortField;

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
    FAMILIES.iter().find(|(pattern, _)| pattern.fits(id)).map_or(Family::Other, |(_, family)| *family)
}

impl Pattern {
    fn fits(&self, id: &str) -> bool {
        let name = id.rsplit('/').next().unwrap_or(id);
        // Bedrock's begin with their maker, and that may come after a region: `us.openai.gpt-6-sol`.
        let name = match name.split_once("openai.") {
            Some((region, rest)) if region.is_empty() || region.ends_with('.') => rest,
            Some(_) | None => name,
        };
        match self {
            Pattern::Begins(part) => name.starts_with(part),
            Pattern::Holds(part) => name.contains(part),
        }
    }
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

/// Models that speak, and call no tools: they judge, embed or transcribe. What a catalog says of a model wins.
const NO_TOOLS: &[Pattern] = &[
    Pattern::Holds("embed"),
    Pattern::Holds("moderation"),
    Pattern::Holds("guard"),
    Pattern::Holds("rerank"),
    Pattern::Holds("whisper"),
    Pattern::Holds("voxtral"),
];

/// OpenAI's first reasoning models refuse `parallel_tool_calls` ("Unsupported parameter").
const ONE_CALL: &[Pattern] = &[Pattern::Begins("o1"), Pattern::Begins("o3"), Pattern::Begins("o4")];

/// Custom tools came with GPT-5; older ones and the open-weight models know functions alone.
const FREEFORM: &[(Pattern, bool)] = &[
    (Pattern::Begins("gpt-3"), false),
    (Pattern::Begins("gpt-4"), false),
    (Pattern::Begins("gpt-oss"), false),
    (Pattern::Begins("gpt-"), true),
    (Pattern::Begins("codex"), true),
];

/// Models that think unless told not to, and whose catalogs do not list that among their efforts: DeepSeek's "Thinking
/// Mode", Z.ai's "Deep Thinking", Moonshot on K2.5 and K2.6. Kimi K2.7 and K3 always think.
const CAN_REST: &[Pattern] =
    &[Pattern::Begins("deepseek"), Pattern::Begins("glm-"), Pattern::Begins("kimi-k2.5"), Pattern::Begins("kimi-k2.6")];

/// Can thinking be switched off, on top of what the catalog lists?
pub fn can_rest(provider: &Provider, id: &str) -> bool {
    provider.quirks.effort == EffortField::Thinking && CAN_REST.iter().any(|pattern| pattern.fits(id))
}

const fn automatic(least_tokens: u64, ttl_seconds: u64) -> Cache {
    Cache { kind: CacheKind::Automatic, least_tokens, ttl_seconds }
}

const fn explicit(least_tokens: u64) -> Cache {
    Cache { kind: CacheKind::Explicit, least_tokens, ttl_seconds: 300 }
}

/// Anthropic's minimum by model ("Prompt caching"); of models that are not there yet the largest is taken, so that a request
/// which was too short is never called a miss.
const CLAUDE_CACHE: &[(Pattern, Cache)] = &[
    (Pattern::Holds("haiku-4"), explicit(4096)),
    (Pattern::Holds("haiku-3"), explicit(2048)),
    (Pattern::Holds("opus-4-5"), explicit(4096)),
    (Pattern::Holds("opus-4-6"), explicit(4096)),
    (Pattern::Holds("sonnet-4-6"), explicit(2048)),
    (Pattern::Holds("sonnet-4"), explicit(1024)),
    (Pattern::Holds("opus-4"), explicit(1024)),
    (Pattern::Holds("claude-3"), explicit(1024)),
    (Pattern::Holds("claude"), explicit(4096)),
];

/// By provider: what each says of its cache. OpenAI keeps for 5 to 10 minutes from 1,024 tokens on; Groq for 2 hours;
/// DeepSeek on disk, in units of 64, for hours; the others give no numbers. Gateways (OpenRouter, LiteLLM) have the cache of
/// whom they ask; of that only Claude's is known, by the model's name.
const CACHES: &[(&str, Cache)] = &[
    ("openai", automatic(1024, 300)),
    ("azure", automatic(1024, 300)),
    ("google", automatic(4096, 0)),
    ("vertex", automatic(4096, 0)),
    ("groq", automatic(1024, 7200)),
    ("deepseek", automatic(64, 3600)),
    ("moonshotai", automatic(256, 0)),
    ("zai", automatic(1024, 0)),
    ("xai", automatic(1024, 0)),
    ("fireworks-ai", automatic(1024, 0)),
];

/// What a model can do at this provider, as far as its name tells.
pub fn abilities(provider: &Provider, id: &str) -> Abilities {
    let holds = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.fits(id));
    let claude = CLAUDE_CACHE.iter().find(|(pattern, _)| pattern.fits(id)).map(|(_, cache)| *cache);
    let asks = matches!(provider.wire, Wire::Messages | Wire::Converse) || provider.quirks.passes_cache_control;
    let cache = match claude {
        Some(cache) if asks => cache,
        // Behind another wire it is remembered where that asks for it, which ours do not.
        Some(_) => Cache::default(),
        // A server of the user's own keeps the last request in memory, for as long as no other one comes.
        None if provider.local || LOCAL.contains(&provider.name.as_str()) => automatic(0, 0),
        None => CACHES.iter().find(|(name, _)| *name == provider.name).map(|(_, cache)| *cache).unwrap_or_default(),
    };
    Abilities {
        tools: !holds(NO_TOOLS),
        parallel: !holds(ONE_CALL),
        freeform: provider.wire == Wire::Responses
            && FREEFORM.iter().find(|(pattern, _)| pattern.fits(id)).is_some_and(|(_, freeform)| *freeform),
        cache,
    }
}

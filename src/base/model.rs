//! Models, what is asked of them, and what comes back; no vendor's wire type.

use super::call::ToolSpec;
use super::message::{Message, Part};
use super::money::Usd;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The protocols we speak. The names are what `wire = "…"` takes in the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wire {
    /// OpenAI Responses: `POST {base}/responses`.
    Responses,
    /// OpenAI Chat Completions and all that speak it: `POST {base}/chat/completions`.
    Chat,
    /// Anthropic Messages: `POST {base}/v1/messages`.
    Messages,
    /// Google Gemini, also on Vertex: `POST {base}/models/{model}:streamGenerateContent?alt=sse`.
    Gemini,
    /// Amazon Bedrock: `POST {base}/model/{model}/converse-stream`.
    Converse,
}

impl Wire {
    pub const ALL: [Wire; 5] = [Wire::Responses, Wire::Chat, Wire::Messages, Wire::Gemini, Wire::Converse];

    pub fn name(self) -> &'static str {
        match self {
            Wire::Responses => "responses",
            Wire::Chat => "chat",
            Wire::Messages => "messages",
            Wire::Gemini => "gemini",
            Wire::Converse => "converse",
        }
    }
}

/// How hard to think; one scale for all vendors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effort {
    None,
    Minimal,
    Low,
    Medium,
    High,
    Xhigh,
    Max,
}

impl Effort {
    pub const ALL: [Effort; 7] =
        [Effort::None, Effort::Minimal, Effort::Low, Effort::Medium, Effort::High, Effort::Xhigh, Effort::Max];

    pub fn name(self) -> &'static str {
        match self {
            Effort::None => "none",
            Effort::Minimal => "minimal",
            Effort::Low => "low",
            Effort::Medium => "medium",
            Effort::High => "high",
            Effort::Xhigh => "xhigh",
            Effort::Max => "max",
        }
    }
}

/// How a model writes its edits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edits {
    /// With the tool `apply_patch`.
    Patch,
    /// With the tools `edit` and `write`.
    Replace,
}

/// Whose tools and prompt a model gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    Openai,
    Claude,
    /// All others: the same, said more plainly.
    Other,
}

impl Family {
    pub fn name(self) -> &'static str {
        match self {
            Family::Openai => "openai",
            Family::Claude => "claude",
            Family::Other => "other",
        }
    }
}

/// How a Claude model is told to think; the vendor changed the field between generations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thinking {
    /// Sends nothing: the model does not think, or decides by itself.
    Unset,
    /// `thinking: {"type":"adaptive"}`.
    Adaptive,
    /// `thinking: {"type":"enabled","budget_tokens":…}`.
    Budget,
}

/// Prices in micro-dollars per million tokens, as published.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Price {
    pub input: u64,
    pub output: u64,
    pub cached: u64,
    pub cache_written: u64,
}

/// The prices of a request with so much input: those of the highest tier that it reaches, else `price`. `tiers` are ascending.
pub fn price_at(price: Option<Price>, tiers: &[(u64, Price)], input: u64) -> Option<Price> {
    let tier = tiers.iter().rev().find(|(from, _)| input > *from).map(|(_, price)| *price);
    tier.or(price)
}

/// What a model can do besides talking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Abilities {
    pub tools: bool,
    /// Several calls in one answer.
    pub parallel: bool,
    /// Tools whose input is plain text under a grammar.
    pub freeform: bool,
    pub cache: Cache,
}

impl Default for Abilities {
    /// What is taken of a model that nobody told us about.
    fn default() -> Self {
        Self { tools: true, parallel: true, freeform: false, cache: Cache::default() }
    }
}

/// How a provider remembers the beginning of a request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cache {
    pub kind: CacheKind,
    /// Requests with fewer tokens are never remembered.
    pub least_tokens: u64,
    /// How long without a use it is sure to be kept, in seconds; 0: nobody says.
    pub ttl_seconds: u64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CacheKind {
    /// None, or none that anybody told us about.
    #[default]
    None,
    /// By the provider itself.
    Automatic,
    /// Where the request asks for it.
    Explicit,
}

/// What is known of one model, from the catalog, our overlay and the user's configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelInfo {
    pub provider: String,
    pub id: String,
    pub wire: Wire,
    pub family: Family,
    pub edits: Edits,
    /// Tokens of input and output together.
    pub context: u64,
    /// Of these, what input alone may have.
    pub max_input: u64,
    pub max_output: u64,
    /// `None`: nobody told us, which is not the same as free.
    pub price: Option<Price>,
    /// Prices of requests with more input than so many tokens, ascending.
    pub tiers: Vec<(u64, Price)>,
    pub images: bool,
    pub reasoning: bool,
    pub efforts: Vec<Effort>,
    pub thinking: Thinking,
    pub abilities: Abilities,
    /// Is the model in the catalog or the configuration, or are these guesses?
    pub known: bool,
}

impl ModelInfo {
    /// `provider/id`, as the user writes it.
    pub fn name(&self) -> String {
        format!("{}/{}", self.provider, self.id)
    }

    /// The prices of a request with so much input.
    pub fn price_for(&self, input: u64) -> Option<Price> {
        price_at(self.price, &self.tiers, input)
    }

    /// The closest effort the model has, or `None` where it has no scale. Not to think at all is no effort near another:
    /// it is taken where it is asked for, and nothing else is taken for it while there is a scale.
    pub fn effort(&self, wanted: Effort) -> Option<Effort> {
        let near = |effort: &Effort| (*effort as i32 - wanted as i32).abs();
        if wanted == Effort::None && self.efforts.contains(&Effort::None) {
            return Some(Effort::None);
        }
        self.efforts.iter().copied().filter(|effort| *effort != Effort::None).min_by_key(near)
    }
}

/// Everything a codec needs to make one request.
pub struct ModelCall<'a> {
    pub model: &'a ModelInfo,
    pub system: &'a str,
    pub tools: &'a [ToolSpec],
    pub messages: &'a [Message],
    /// Upper bound of the answer in tokens, reasoning included.
    pub max_output: u64,
    pub effort: Option<Effort>,
    /// Constant for a session; helps a provider to send its requests to the same cache.
    pub cache_key: &'a str,
    /// Base64 of each image named in `messages`, by blob hash.
    pub images: &'a BTreeMap<String, String>,
}

/// A piece of an answer while it streams. Never written to the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "text", rename_all = "snake_case")]
pub enum Delta {
    Text(String),
    Reasoning(String),
    /// The model began to write a call of this tool.
    Call(String),
}

/// A whole answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Finish {
    pub parts: Vec<Part>,
    pub usage: Usage,
    pub stop: Stop,
}

/// Why the model stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    /// It had said what it wanted to say.
    End,
    /// It wants tools to run.
    Calls,
    /// The answer reached its length limit.
    Length,
    /// It, or a filter, declined.
    Refusal,
    /// It paused and wants to be asked to go on.
    Pause,
}

/// Tokens of one or more requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// All input, cached and newly cached included.
    pub input: u64,
    /// Of `input`: read from the provider's cache.
    pub cached: u64,
    /// Of `input`: written to the provider's cache.
    pub cache_written: u64,
    /// All output, reasoning included.
    pub output: u64,
    /// Of `output`: reasoning.
    pub reasoning: u64,
}

impl Usage {
    pub fn add(&mut self, other: Usage) {
        self.input = self.input.saturating_add(other.input);
        self.cached = self.cached.saturating_add(other.cached);
        self.cache_written = self.cache_written.saturating_add(other.cache_written);
        self.output = self.output.saturating_add(other.output);
        self.reasoning = self.reasoning.saturating_add(other.reasoning);
    }

    /// Without counts that no request can have: a server that sends nonsense must not upset sums.
    pub fn plausible(self) -> Usage {
        const MOST: u64 = 1 << 24;
        Usage {
            input: self.input.min(MOST),
            cached: self.cached.min(MOST),
            cache_written: self.cache_written.min(MOST),
            output: self.output.min(MOST),
            reasoning: self.reasoning.min(MOST),
        }
    }

    /// What it costs at `price`, rounded up once to the micro-dollar.
    pub fn cost(&self, price: &Price) -> Usd {
        let fresh = self.input.saturating_sub(self.cached).saturating_sub(self.cache_written);
        let sum = [
            (fresh, price.input),
            (self.cached, price.cached),
            (self.cache_written, price.cache_written),
            (self.output, price.output),
        ]
        .iter()
        .map(|(tokens, each)| u128::from(*tokens) * u128::from(*each))
        .sum::<u128>();
        Usd(u64::try_from(sum.div_ceil(1_000_000)).unwrap_or(u64::MAX))
    }
}

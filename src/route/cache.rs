//! What the provider's cache should have had of a request, and why it did not. Pure.

use crate::base::event::{CacheMiss, MissCause};
use crate::base::model::{ModelInfo, Usage};
use crate::base::money::Usd;

/// Vendors cache nothing shorter, and count in steps of about a hundred. Where more is known of a model, that holds.
const LEAST: u64 = 1024;
/// Misses of less than this share of what could have been cached are rounding.
const ROUNDING_PERCENT: u64 = 10;
/// Caches that nobody pays to keep forget after about so long, where nobody says.
const KEPT_SECONDS: u64 = 300;

/// What a request begins with, and when it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prefix {
    /// `provider/model`.
    pub model: String,
    /// Of the instructions and of the tools.
    pub system: u64,
    pub tools: u64,
    /// Counts how often earlier messages were changed.
    pub history: u64,
    /// Seconds since any fixed moment.
    pub at: u64,
    /// All input of the request, as the provider counted it.
    pub tokens: u64,
}

/// The miss of a request that began like `now` and used `usage`, after one that began like `before`; `None` where nothing was
/// missed, or `model` has no discount that could be, as far as its price or what it counts tells.
pub fn miss(before: &Prefix, now: &Prefix, usage: Usage, model: &ModelInfo) -> Option<CacheMiss> {
    let has_discount = model.price_for(usage.input).map_or(usage.cached > 0, |price| price.cached < price.input);
    if !has_discount || usage.input == 0 {
        return None;
    }
    let known = model.abilities.cache;
    let least = known.least_tokens.max(LEAST);
    let kept = if known.ttl_seconds > 0 { known.ttl_seconds } else { KEPT_SECONDS };
    let expected = before.tokens.min(usage.input);
    let tokens = expected.saturating_sub(usage.cached);
    if expected < least || tokens < LEAST || tokens * 100 < expected * ROUNDING_PERCENT {
        return None;
    }
    let cause = if before.model != now.model {
        MissCause::Model
    } else if before.system != now.system {
        MissCause::System
    } else if before.tools != now.tools {
        MissCause::Tools
    } else if before.history != now.history {
        MissCause::History
    } else if now.at.saturating_sub(before.at) > kept {
        MissCause::Expired
    } else {
        MissCause::Provider
    };
    Some(CacheMiss { tokens, cause, extra_usd: extra(tokens, usage.input, model) })
}

/// What `tokens` cost more at the price of input than at that of the cache, in a request of `input`.
pub fn extra(tokens: u64, input: u64, model: &ModelInfo) -> Option<Usd> {
    let price = model.price_for(input)?;
    let micro = u128::from(tokens) * u128::from(price.input.saturating_sub(price.cached));
    Some(Usd(u64::try_from(micro.div_ceil(1_000_000)).unwrap_or(u64::MAX)))
}

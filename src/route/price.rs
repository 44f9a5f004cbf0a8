//! What a request, a turn and a whole task are expected to cost, with tiers, caches and what a new model has to read again.

use super::offer::Offer;
use super::task::{Size, Task, TaskKind};
use crate::base::model::Usage;
use crate::base::money::Usd;

/// The shape of a task before anything was measured.
///
/// Tokens are those of the log of our own runs, rounded: a turn reads the outputs of its tools and writes one or two calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Requests to the model.
    pub turns: u64,
    /// Tokens that are new in each request: outputs of tools.
    pub fresh: u64,
    /// Tokens of each answer, reasoning included.
    pub output: u64,
}

/// The instructions, the tools and the surroundings: what every request begins with.
pub const HEAD: u64 = 6_000;

/// The shape of a task of this kind and size.
pub fn shape(kind: TaskKind, size: Size) -> Shape {
    let (turns, fresh, output) = match kind {
        TaskKind::Fix | TaskKind::Test => (12, 2_000, 600),
        TaskKind::Feature | TaskKind::Other => (14, 2_000, 900),
        TaskKind::Refactor => (16, 2_500, 900),
        TaskKind::Explain => (6, 4_000, 500),
        TaskKind::Review => (7, 5_000, 600),
        TaskKind::Docs => (8, 2_000, 700),
        TaskKind::Chore => (7, 1_200, 350),
    };
    let (times, by) = match size {
        Size::Small => (1, 2),
        Size::Medium => (1, 1),
        Size::Large => (5, 2),
    };
    Shape { turns: (turns * times / by).max(2), fresh, output }
}

/// What one request costs: `cached` of its `input` comes from the provider's cache, and what is new is written to it.
pub fn request(offer: &Offer, input: u64, cached: u64, output: u64) -> Option<Usd> {
    let price = offer.price_for(input)?;
    let cached = if price.cached < price.input { cached.min(input) } else { 0 };
    let written = if price.cache_written > price.input { input - cached } else { 0 };
    Some(Usage { input, cached, cache_written: written, output, reasoning: 0 }.cost(&price))
}

/// What so many turns cost that begin with `history` tokens, of which the provider has `cached`.
pub fn turns(offer: &Offer, shape: Shape, history: u64, cached: u64) -> Option<Usd> {
    let mut known = cached;
    let mut input = HEAD + history;
    let mut sum = Usd(0);
    for _ in 0..shape.turns {
        input += shape.fresh;
        sum = sum.plus(request(offer, input, known, shape.output)?);
        known = input;
        input += shape.output;
    }
    Some(sum)
}

/// What `task` costs with this model before anything was measured. `cached` tokens of the history are in its cache.
pub fn task(offer: &Offer, task: &Task, cached: u64) -> Option<Usd> {
    turns(offer, shape(task.kind, task.size), task.history, cached)
}

/// Is it worth to go on with another model?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worth {
    /// What the same turns cost with the model that has the history in its cache.
    pub stay: Usd,
    /// What they cost with the other one.
    pub go: Usd,
    /// Of `go`: what it costs to read again what is in the cache now, more than reading it from there.
    pub cache_lost: Usd,
    pub worthwhile: bool,
    /// In plain words, with numbers.
    pub reason: String,
}

/// Compares going on with `from`, which has `cached` of the `history` tokens in its cache, with going on with `to`, which has
/// none. `None` where a price is not known: then nothing can be said of it.
pub fn switch(from: &Offer, to: &Offer, history: u64, cached: u64, expected_turns: u64) -> Option<Worth> {
    let shape = Shape { turns: expected_turns.max(1), ..shape(TaskKind::Other, Size::Medium) };
    let stay = turns(from, shape, history, cached)?;
    let go = turns(to, shape, history, 0)?;
    let warm = turns(to, shape, history, cached)?;
    let cache_lost = Usd(go.0.saturating_sub(warm.0));
    let worthwhile = go < stay;
    let (first, second) = (dollars(go), dollars(stay));
    let lost = dollars(cache_lost);
    let reason = if worthwhile {
        format!(
            "{expected_turns} more turns cost {first} with `{}` and {second} with `{}`, {lost} for reading the history again included",
            to.model, from.model
        )
    } else {
        format!(
            "stays with `{}`: {expected_turns} more turns cost {second} there and {first} with `{}`, which reads the history again for {lost}",
            from.model, to.model
        )
    };
    Some(Worth { stay, go, cache_lost, worthwhile, reason })
}

/// Money in words: two digits that say something, such as `$0.043`, `$1.2` or `$0.00071`.
pub fn dollars(amount: Usd) -> String {
    let micro = amount.0;
    if micro == 0 {
        return "$0".into();
    }
    let digits = micro.ilog10();
    let unit = 10u64.pow(digits.saturating_sub(1));
    let rounded = (micro + unit / 2) / unit * unit;
    let text = Usd(rounded).to_string();
    let text = text.trim_end_matches('0');
    format!("${}", text.strip_suffix('.').unwrap_or(text))
}

//! What is expected of models and tasks before anything was measured: normal priors, in log-odds.
//!
//! They are meant to be overruled by the first dozens of judged tasks; `docs/routing.md` says where they come from.

use super::offer::Offer;
use super::skill::Normal;
use super::task::{Size, TaskKind};

/// A medium task of kind `fix`, for a model of one dollar per million tokens: 73 of 100.
pub const BASE: Normal = Normal(1.0, 1.0);
/// What ten times the price adds: an assumption, and a cautious one. On public boards dearer models mostly do more, with wide exceptions.
pub const SLOPE: Normal = Normal(1.0, 0.5);
/// What a model has beyond its price.
pub const STRENGTH: Normal = Normal(0.0, 0.7);
/// What a model has for one kind of task beyond its strength.
pub const KNACK: Normal = Normal(0.0, 0.4);
/// How much harder a task is that another model failed at.
pub const HARDER: Normal = Normal(0.5, 0.4);

/// The price, in dollars per million tokens, that a model without one is taken for: most are open weights on the user's own machine.
const FREE: f64 = 0.15;
/// Beyond these prices, in dollars per million tokens, price says nothing more.
const RANGE: (f64, f64) = (0.05, 12.0);

/// The share of such tasks that a model is expected to do, from 0 to 1.
pub fn success(offer: &Offer, kind: TaskKind, size: Size) -> f64 {
    super::skill::share(BASE.0 + SLOPE.0 * decades(offer) - hardness(kind).0 - bulk(size).0)
}

/// The price as the power of ten of dollars per million tokens: 0 is one dollar.
pub fn decades(offer: &Offer) -> f64 {
    blended(offer).clamp(RANGE.0, RANGE.1).log10()
}

/// Dollars per million tokens, three of input to one of output, which is roughly how a task's cost is made up behind a cache.
fn blended(offer: &Offer) -> f64 {
    match offer.price {
        Some(price) if price.input > 0 || price.output > 0 => {
            (3.0 * price.input as f64 + price.output as f64) / 4_000_000.0
        }
        Some(_) | None => FREE,
    }
}

/// How much harder a kind is than `fix`.
pub fn hardness(kind: TaskKind) -> Normal {
    let mean = match kind {
        TaskKind::Fix | TaskKind::Test | TaskKind::Other => 0.0,
        TaskKind::Feature | TaskKind::Review => 0.2,
        TaskKind::Refactor => 0.3,
        TaskKind::Explain | TaskKind::Docs => -0.8,
        TaskKind::Chore => -0.6,
    };
    Normal(mean, 0.7)
}

/// How much harder a size is than medium.
pub fn bulk(size: Size) -> Normal {
    let mean = match size {
        Size::Small => -0.6,
        Size::Medium => 0.0,
        Size::Large => 0.7,
    };
    Normal(mean, 0.4)
}

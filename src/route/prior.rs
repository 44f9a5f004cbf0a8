//! What is expected of a model that this user has not tried: from its price, the kind of task and its size.
//!
//! A documented guess, meant to be overruled by the first dozen of judged tasks: see `docs/routing.md` for what it is worth.

use super::offer::Offer;
use super::task::{Size, TaskKind};

/// How much likelier success is with ten times the price, in log-odds. Vendors price their own models by strength; between
/// vendors the link is loose.
const PER_DECADE: f64 = 1.1;
/// Log-odds of a medium task of kind `fix` for a model of one dollar per million tokens.
const BASE: f64 = 1.1;
/// The blended price, in dollars per million tokens, that a model without one is taken for: most are open weights on the user's own
/// machine.
const FREE: f64 = 0.15;
/// Beyond these blended prices, in dollars per million tokens, price says nothing more.
const RANGE: (f64, f64) = (0.05, 12.0);

/// The share of such tasks that a model is expected to do, from 0 to 1.
pub fn success(offer: &Offer, kind: TaskKind, size: Size) -> f64 {
    let strength = PER_DECADE * blended(offer).clamp(RANGE.0, RANGE.1).log10();
    1.0 / (1.0 + (-(BASE + strength - hardness(kind) - bulk(size))).exp())
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

fn hardness(kind: TaskKind) -> f64 {
    match kind {
        TaskKind::Fix | TaskKind::Test | TaskKind::Other => 0.0,
        TaskKind::Feature | TaskKind::Review => 0.2,
        TaskKind::Refactor => 0.3,
        TaskKind::Explain | TaskKind::Docs => -0.8,
        TaskKind::Chore => -0.6,
    }
}

fn bulk(size: Size) -> f64 {
    match size {
        Size::Small => -0.6,
        Size::Medium => 0.0,
        Size::Large => 0.8,
    }
}

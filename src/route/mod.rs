//! Money before it is spent. Pure.

use crate::base::model::{ModelInfo, Usage};
use crate::base::money::Usd;
use crate::base::{Error, Kind, Result};

/// An answer shorter than this is not worth asking for.
const LEAST_OUTPUT: u64 = 1024;

/// The most output tokens that one request may ask for, so that its worst case fits into what is left of `budget`.
/// `input` is an estimate on the high side.
pub fn affordable(model: &ModelInfo, input: u64, wanted: u64, spent: Usd, budget: Usd) -> Result<u64> {
    let Some(price) = model.price_for(input) else { return Err(unknown_price(model)) };
    let dearest = price.input.max(price.cache_written);
    let worst = |output: u64| {
        Usage { input, output, ..Usage::default() }.cost(&crate::base::model::Price { input: dearest, ..price })
    };
    let left = Usd(budget.0.saturating_sub(spent.0));
    if worst(wanted) <= left {
        return Ok(wanted);
    }
    let for_output = u128::from(left.0.saturating_sub(worst(0).0)) * 1_000_000;
    let affordable = u64::try_from(for_output / u128::from(price.output.max(1))).unwrap_or(u64::MAX).min(wanted);
    if affordable < LEAST_OUTPUT {
        return Err(Error::new(
            Kind::Limit,
            format!("the next request could pass the limit of ${budget}: ${spent} are spent"),
        )
        .hint("give more with --max-cost and go on with --continue"));
    }
    Ok(affordable)
}

/// A budget needs a price.
pub fn unknown_price(model: &ModelInfo) -> Error {
    Error::config(format!("the price of `{}` is not known, so no limit of money can be kept", model.name()))
        .hint(format!("add its price, in dollars per million tokens, at the top of the configuration: models.\"{}\" = {{ input = 1.00, output = 4.00 }}", model.name()))
        .hint("or leave out --max-cost")
}

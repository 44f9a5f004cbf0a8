//! Budgets: what stands against them, and what one request may cost under all of them. Pure.

use crate::base::event::Scope;
use crate::base::model::{ModelInfo, Price, Usage};
use crate::base::money::Usd;
use crate::base::{Error, Kind, Result};

/// An answer shorter than this is not worth asking for.
const LEAST_OUTPUT: u64 = 1024;

/// A limit of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    pub scope: Scope,
    pub limit: Usd,
}

/// What stands against a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    pub budget: Budget,
    pub spent: Usd,
    /// For requests under way, and for those that were killed before anybody knew what they cost.
    pub reserved: Usd,
}

impl Standing {
    pub fn used(&self) -> Usd {
        self.spent.plus(self.reserved)
    }

    pub fn left(&self) -> Usd {
        Usd(self.budget.limit.0.saturating_sub(self.used().0))
    }

    pub fn used_percent(&self) -> u64 {
        let percent = (u128::from(self.used().0) * 100).checked_div(u128::from(self.budget.limit.0));
        percent.and_then(|percent| u64::try_from(percent).ok()).unwrap_or(100)
    }

    /// ``$0.0800 of the run's $0.1000 are used``.
    pub fn words(&self) -> String {
        let whose = match self.budget.scope {
            Scope::Run => "the run's",
            Scope::Session => "the session's",
            Scope::Day => "today's",
            Scope::Project => "this month's project budget of",
        };
        let reserved = if self.reserved.0 > 0 { format!(", ${} of it reserved", self.reserved) } else { String::new() };
        format!("${} of {whose} ${} are used{reserved}", self.used(), self.budget.limit)
    }
}

/// The budget with the least left.
pub fn tightest(standings: &[Standing]) -> Option<&Standing> {
    standings.iter().min_by_key(|standing| standing.left())
}

/// The most output tokens, `wanted` at most, that a request may ask for so that its worst case fits into all budgets, and
/// that worst case. `input` is an estimate on the high side, in tokens. Without a budget an unknown price is no hindrance.
pub fn fit(model: &ModelInfo, input: u64, wanted: u64, standings: &[Standing]) -> Result<(u64, Usd)> {
    let Some(price) = model.price_for(input) else {
        return if standings.is_empty() { Ok((wanted, Usd(0))) } else { Err(unknown_price(model)) };
    };
    let dearest = Price { input: price.input.max(price.cache_written), ..price };
    let worst = |output: u64| Usage { input, output, ..Usage::default() }.cost(&dearest);
    let Some(tightest) = tightest(standings) else { return Ok((wanted, worst(wanted))) };
    let left = tightest.left();
    if worst(wanted) <= left {
        return Ok((wanted, worst(wanted)));
    }
    let for_output = u128::from(left.0.saturating_sub(worst(0).0)) * 1_000_000;
    let affordable = u64::try_from(for_output / u128::from(price.output.max(1))).unwrap_or(u64::MAX).min(wanted);
    if affordable < LEAST_OUTPUT {
        return Err(spent(tightest));
    }
    Ok((affordable, worst(affordable)))
}

fn spent(standing: &Standing) -> Error {
    let error = Error::new(
        Kind::Limit,
        format!("the next request could pass the limit of ${}: {}", standing.budget.limit, standing.words()),
    );
    match standing.budget.scope {
        Scope::Run => error.hint("give more with --max-cost and go on with --continue"),
        Scope::Session | Scope::Day | Scope::Project => error.hint(format!(
            "give more with -c budget.{}=…, and go on with --continue; `agent cost` shows what was spent",
            standing.budget.scope.name()
        )),
    }
}

/// A budget needs a price.
pub fn unknown_price(model: &ModelInfo) -> Error {
    Error::config(format!("the price of `{}` is not known, so no limit of money can be kept", model.name()))
        .hint(format!("add its price, in dollars per million tokens, at the top of the configuration: models.\"{}\" = {{ input = 1.00, output = 4.00 }}", model.name()))
        .hint("or leave out --max-cost and the budgets")
}

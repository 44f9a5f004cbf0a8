//! What ends a run, from flags, configuration and the administrator's policy.

use crate::base::event::Scope;
use crate::base::money::Usd;
use crate::base::{Error, Result};
use crate::config::{Config, units};
use crate::session::{Limits, Spent};
use std::time::Duration;

/// What the user said of limits on the command line: by default nothing.
#[derive(Default)]
pub struct Asked<'a> {
    pub max_turns: Option<u64>,
    pub max_cost: Option<&'a str>,
    pub timeout: Option<&'a str>,
    pub check_rounds: Option<u32>,
}

pub fn limits(asked: &Asked<'_>, config: &Config) -> Result<Limits> {
    let max_cost = match asked.max_cost {
        Some(text) => Some(text.parse::<Usd>().map_err(|words| Error::usage(format!("--max-cost: {words}")))?),
        None => config.money("limits.max_cost"),
    };
    let max_cost = config.managed().max_cost().into_iter().chain(max_cost).min();
    let timeout = match asked.timeout {
        Some(text) => Some(
            units::duration(text)
                .ok_or_else(|| Error::usage(format!("--timeout takes a duration such as 90s or 20m, not `{text}`")))?,
        ),
        None => config.duration("limits.timeout"),
    };
    let number = |key: &str, otherwise: u64| u32::try_from(config.number(key).unwrap_or(otherwise)).unwrap_or(u32::MAX);
    Ok(Limits {
        max_turns: asked.max_turns.or(config.number("limits.max_turns")),
        max_cost,
        timeout,
        check_rounds: asked.check_rounds.unwrap_or(number("limits.check_rounds", 3)),
        retry_budget: config.duration("network.retry_budget").unwrap_or(Duration::from_secs(120)),
        patience: config.duration("failover.patience").unwrap_or(Duration::from_secs(5)),
        budgets: [Scope::Session, Scope::Day, Scope::Project]
            .into_iter()
            .filter_map(|scope| Some((scope, config.money(&format!("budget.{}", scope.name()))?)))
            .collect(),
        warn_percent: config.number("budget.warn").unwrap_or(80),
        spent: match config.text("budget.then") {
            Some("degrade") => Spent::Degrade,
            Some("ask") => Spent::Ask,
            _ => Spent::Stop,
        },
        prefer_larger: config.text("context.full") == Some("larger"),
        loop_warn: number("limits.loop_warn", 4).max(1),
        loop_stop: number("limits.loop_stop", 8).max(1),
        check_timeout: config.duration("shell.max_timeout").unwrap_or(Duration::from_secs(1800)),
    })
}

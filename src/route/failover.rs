//! When a model fails: may another take over, why, and for how long is this one left alone? Pure.

use crate::base::event::SwitchCause;
use crate::base::model::ModelInfo;
use crate::base::{Error, Kind};
use std::time::Duration;

/// A provider that fails is left alone for so long, doubled with each failure that follows, up to the longest.
const FIRST: Duration = Duration::from_secs(60);
const LONGEST: Duration = Duration::from_secs(30 * 60);
/// Of servers that ask for more than this, this much is believed.
const MOST_BELIEVED: Duration = Duration::from_secs(24 * 3600);

/// Why another model may go on where this kind of failure stopped one; `None`: no other model would help.
pub fn cause(kind: Kind) -> Option<SwitchCause> {
    match kind {
        Kind::Quota => Some(SwitchCause::Quota),
        Kind::Transient => Some(SwitchCause::Overloaded),
        Kind::Network => Some(SwitchCause::Unreachable),
        Kind::Provider | Kind::Unserved => Some(SwitchCause::Refused),
        Kind::Auth => Some(SwitchCause::Auth),
        Kind::ContextFull => Some(SwitchCause::ContextFull),
        Kind::Usage
        | Kind::Config
        | Kind::Limit
        | Kind::Denied
        | Kind::NoSandbox
        | Kind::Interrupted
        | Kind::Incomplete
        | Kind::Io => None,
    }
}

/// How long the provider of a model that failed like this is left alone by every run: as long as it asks, else from one to
/// thirty minutes with each of `strikes` failures before this one. `None` for failures that are not the provider's state: a
/// rejected key may be a good one a minute later, and another request may well be served.
pub fn cooldown(error: &Error, strikes: u32) -> Option<Duration> {
    let grown = FIRST.saturating_mul(1 << strikes.min(10)).min(LONGEST);
    match (error.kind, error.retry_after) {
        (Kind::Transient | Kind::Quota, Some(asked)) => Some(asked.min(MOST_BELIEVED)),
        (Kind::Transient | Kind::Network, None) => Some(grown),
        // Nobody said when it is reset.
        (Kind::Quota, None) => Some(LONGEST),
        (Kind::Network, Some(_)) => Some(grown),
        (
            Kind::Usage
            | Kind::Config
            | Kind::Auth
            | Kind::Provider
            | Kind::Unserved
            | Kind::ContextFull
            | Kind::Limit
            | Kind::Denied
            | Kind::NoSandbox
            | Kind::Interrupted
            | Kind::Incomplete
            | Kind::Io,
            _,
        ) => None,
    }
}

/// How long a provider is left alone, in milliseconds since 1970, and how often it failed in a row by then. `before` is the
/// same of its last failure: while that still holds, another one is part of the same outage, and does not shorten it.
pub fn rest(error: &Error, before: Option<(u64, u32)>, now: u64) -> Option<(u64, u32)> {
    let (least, strikes) = match before {
        Some((until, strikes)) if until > now => (until, strikes.saturating_sub(1)),
        Some((_, strikes)) => (0, strikes),
        None => (0, 0),
    };
    let cooldown = u64::try_from(cooldown(error, strikes)?.as_millis()).unwrap_or(u64::MAX);
    Some((now.saturating_add(cooldown).max(least), strikes.saturating_add(1)))
}

/// What the failure of every model comes to: the kind they all have, or that of the last one that was not about a key.
pub fn verdict(failures: Vec<(String, Error)>) -> Option<Error> {
    let telling =
        failures.iter().rposition(|(_, error)| error.kind != Kind::Auth).unwrap_or(failures.len().checked_sub(1)?);
    let all: Vec<String> = failures.iter().map(|(model, error)| format!("{model}: {}", error.message)).collect();
    let alone = failures.len() == 1;
    let (_, error) = failures.into_iter().nth(telling)?;
    if alone {
        return Some(error);
    }
    Some(Error { message: format!("no model could be asked: {}", all.join("; ")), ..error })
}

/// The name under which the state of this model's provider is kept.
pub fn health_key(model: &ModelInfo) -> &str {
    &model.provider
}

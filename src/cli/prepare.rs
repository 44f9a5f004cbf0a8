//! What a run and a session on the screen have in common before there is a session.

use super::again::{self, Goes};
use super::args::Common;
use super::model::Ready;
use super::{trust, wire};
use crate::base::Result;
use crate::config::Config;
use crate::config::paths::Environment;
use crate::session::{Candidate, Limits, Router};
use crate::store::ledger::Ledger;
use crate::store::sessions::Summary;
use crate::workspace::place::Place;

/// Where the work is done, and what goes on.
pub struct Begun {
    /// The session that goes on.
    pub earlier: Option<Summary>,
    pub place: Place,
    /// What the user should know of what the project brings.
    pub notices: Vec<String>,
}

/// Finds where the work is done and which session goes on, and lets both have their say in the configuration.
pub fn begin(
    common: &Common,
    bare: bool,
    goes: Option<Goes<'_>>,
    config: &mut Config,
    environment: &Environment,
) -> Result<Begun> {
    let (earlier, place) = again::begin(common, goes, environment)?;
    earlier.iter().try_for_each(|earlier| again::restore(earlier, config, environment))?;
    let notices = trust::bring(common, bare, &place, config, environment)?;
    Ok(Begun { earlier, place, notices })
}

/// What decides about money.
pub struct Purse {
    pub ledger: Ledger,
    pub router: Option<Router>,
}

/// Opens the ledger, or one in memory where nothing is `kept`, and gives the router what it shows.
pub fn purse(
    ready: &mut Ready,
    fast: Option<&Candidate>,
    limits: &Limits,
    kept: bool,
    environment: &Environment,
    notices: &mut Vec<String>,
) -> Result<Purse> {
    notices.extend(told(ready, fast, limits)?);
    let ledger = if kept { wire::ledger(limits, environment, notices)? } else { Ledger::in_memory()? };
    let router = ready.router.take().map(|router| Router { evidence: super::route::evidence(&ledger), ..router });
    Ok(Purse { ledger, router })
}

/// What the user should know of the models, and which of them a budget keeps from being asked. The one that was named first needs
/// a price under one; the router passes over those that have none.
fn told(ready: &Ready, fast: Option<&Candidate>, limits: &Limits) -> Result<Vec<String>> {
    let first = &ready.first()?.model;
    if limits.has_budget() && ready.router.is_none() && first.price.is_none() {
        return Err(crate::route::budget::unknown_price(first));
    }
    Ok(ready.notices.iter().cloned().chain(ready.unpayable(fast, limits)).collect())
}

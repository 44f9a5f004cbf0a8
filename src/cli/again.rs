//! `--continue` and `--resume`: the session that goes on, and what it goes on with.

use super::args::Run;
use super::wire::{self, Recorded};
use crate::base::Result;
use crate::base::access::Mode;
use crate::base::event::Event;
use crate::config::keys::Value;
use crate::config::paths::Environment;
use crate::config::{Config, Source};
use crate::store::sessions::{self, Summary};
use crate::workspace::place::Place;
use std::path::Path;

/// The session that goes on, if one does, and where the run works.
pub fn begin(args: &Run, environment: &Environment) -> Result<(Option<Summary>, Place)> {
    let here = wire::place(&args.common, environment, None)?;
    let earlier = earlier(args, &here, environment)?;
    let root = earlier.as_ref().map(|earlier| Path::new(&earlier.root));
    let place = wire::place(&args.common, environment, root)?;
    Ok((earlier, place))
}

fn earlier(args: &Run, place: &Place, environment: &Environment) -> Result<Option<Summary>> {
    if args.resume.is_none() && !args.again {
        return Ok(None);
    }
    let state = environment.state_folder()?;
    match &args.resume {
        Some(prefix) => sessions::find(&state, prefix).map(Some),
        None => sessions::latest(&state, place.folder()).map(Some),
    }
}

/// A session goes on with its own model and mode, where the user does not say otherwise now.
pub fn restore(earlier: &Summary, config: &mut Config, environment: &Environment) -> Result<()> {
    let Some(last) = sessions::last_start(&environment.state_folder()?, &earlier.session) else { return Ok(()) };
    let said_now = |config: &Config, key: &str| {
        matches!(config.source(key), Some(Source::Flag(_) | Source::CommandLine | Source::Environment(_)))
    };
    // A list that holds the session's model, and the router, may go on with another one for a reason.
    let last_models = if last.models.is_empty() { vec![last.model] } else { last.models };
    let holds_it = config.list("model").iter().any(|name| last_models.first() == Some(name) || name == "auto");
    if !said_now(config, "model") && !holds_it {
        config.set("model", Value::List(last_models), Source::Session);
    }
    // `full` is never remembered.
    if !said_now(config, "mode") && last.mode != Mode::Full {
        config.set("mode", Value::Text(last.mode.name().into()), Source::Session);
    }
    config.constrain(environment)
}

/// The last record that the user has seen before. A cut that was made on opening is news.
pub fn last_seen(recorded: &Recorded) -> u64 {
    let known = recorded.past.iter().rev().find(|record| !matches!(record.event, Event::LogCut { .. }));
    known.map_or(0, |record| record.seq)
}

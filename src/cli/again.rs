//! `--continue` and `--resume`: the session that goes on, and what it goes on with.

use super::args::Common;
use super::wire;
use crate::base::Result;
use crate::base::access::Mode;
use crate::config::keys::Value;
use crate::config::paths::Environment;
use crate::config::{Config, Source};
use crate::store::sessions::{self, Summary};
use crate::workspace::place::Place;
use std::path::Path;

/// Which session goes on.
#[derive(Debug, Clone, Copy)]
pub enum Goes<'a> {
    /// The newest of the folder.
    Newest,
    /// The one whose id this begins.
    Named(&'a str),
}

/// The session that goes on, if one does, and where the work is done.
pub fn begin(common: &Common, goes: Option<Goes<'_>>, environment: &Environment) -> Result<(Option<Summary>, Place)> {
    let here = wire::place(common, environment, None)?;
    let Some(goes) = goes else { return Ok((None, here)) };
    let state = environment.state_folder()?;
    let earlier = match goes {
        Goes::Named(prefix) => sessions::find(&state, prefix)?,
        Goes::Newest => sessions::latest(&state, here.folder())?,
    };
    let place = wire::place(common, environment, Some(Path::new(&earlier.root)))?;
    Ok((Some(earlier), place))
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

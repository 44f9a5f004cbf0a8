//! The jail of this folder, put together for all who run commands in it.

use crate::base::access::{Mode, Network};
use crate::base::{Error, Kind, Result};
use crate::config::Config;
use crate::config::hosts::{self, Opening};
use crate::config::paths::Environment;
use crate::net::egress::{Egress, Upstream};
use crate::sandbox::caches::{UserFolders, caches};
use crate::sandbox::cell::{Cell, Frame};
use crate::sandbox::choose::{Choice, Choosing, Means, Sandbox};
use crate::sandbox::preferences::Preferences;
use crate::sandbox::{Backend, temporary};
use crate::workspace::place::Place;
use std::path::{Path, PathBuf};

/// A jail that is being made, while other things start.
pub struct Making {
    choosing: Choosing,
    preferences: Preferences,
    opening: Opening,
}

/// The jail of this folder.
pub struct Made {
    pub cell: Cell,
    pub choice: Choice,
    pub network: Network,
    /// Is a host on no list asked for?
    pub asks_for_hosts: bool,
}

/// Begins to find out what there is. `net` is what `--net` says.
pub fn begin(config: &Config, environment: &Environment, place: &Place, net: Option<&str>) -> Result<Making> {
    let preferences = Preferences::read(config, environment.home().ok().as_deref())?;
    let opening = hosts::resolve(config, net)?;
    let choosing = Sandbox::start(preferences.backend, Means::find(environment, place.roots())?);
    Ok(Making { choosing, preferences, opening })
}

impl Making {
    /// `quarantine` is where what commands tampered with is kept, `readable` what they read below folders that they do not.
    pub fn finish(
        self,
        mode: Mode,
        environment: &Environment,
        place: &Place,
        quarantine: PathBuf,
        readable: Vec<PathBuf>,
    ) -> Result<Made> {
        let Self { choosing, preferences, opening } = self;
        let choice = choosing.finish();
        let Opening { network, rules, ask } = opening;
        if mode == Mode::Full || choice.backend == Backend::None {
            return Ok(Made { cell: Cell::open(), choice, network: Network::Full, asks_for_hosts: false });
        }
        if network == Network::Hosts && choice.backend != Backend::Namespaces {
            let error = format!(
                "a list of hosts needs namespaces, and here the sandbox is {}: {}",
                choice.backend.name(),
                choice.why.join("; ")
            );
            return Err(Error::new(Kind::NoSandbox, error).hint("install bubblewrap, or use --net off or --net full"));
        }
        let egress = match network {
            Network::Hosts => Some(Egress::new(rules, Upstream::from_variables(|name| environment.get(name))?)),
            Network::Off | Network::Full => None,
        };
        let own = temporary::project(&environment.cache_folder()?, place.roots());
        let frame = Frame {
            sandbox: choice.sandbox.clone(),
            mode,
            roots: place.roots().to_vec(),
            environment: environment.clone(),
            preferences,
            readable,
            caches: caches(&own, &UserFolders::of(environment)?, network, &Path::exists),
            network,
            egress,
            quarantine,
        };
        Ok(Made { cell: Cell::new(frame), choice, network, asks_for_hosts: ask })
    }
}

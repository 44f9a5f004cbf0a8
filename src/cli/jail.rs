//! The jail of this folder, put together for all who run commands in it.

use crate::base::access::{Mode, Network};
use crate::base::{Error, Kind, Result};
use crate::config::Config;
use crate::config::hosts::{self, Opening};
use crate::config::paths::Environment;
use crate::net::egress::{Egress, Upstream};
use crate::policy::hosts::{HostRule, HostRules};
use crate::sandbox::caches::{UserFolders, caches};
use crate::sandbox::cell::{Cell, Frame};
use crate::sandbox::choose::{Choice, Choosing, Means, Sandbox, real};
use crate::sandbox::preferences::Preferences;
use crate::sandbox::remembered::Trial;
use crate::sandbox::{Backend, make, temporary};
use crate::store::folder::Folder;
use crate::workspace::place::Place;
use std::path::{Path, PathBuf};

/// A jail that is being made, while other things start.
pub struct Making {
    choosing: Choosing,
    /// To be kept where namespaces turn out to work.
    trial: Option<Trial>,
    preferences: Preferences,
    opening: Opening,
}

/// What there is, and what is wanted of it.
pub struct Chosen {
    mode: Mode,
    choice: Choice,
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
    /// What may be reached where that is a list.
    rules: HostRules,
    /// Places of secrets, absolute and without links, which look absent to file tools: in every mode but `full`, jail or none.
    pub denied: Vec<PathBuf>,
}

/// Hosts that a model is told of.
const TOLD: usize = 12;

impl Made {
    /// The hosts that may be reached, for the model.
    pub fn hosts(&self) -> String {
        let rules: Vec<String> = self.rules.iter().map(ToString::to_string).collect();
        let more = rules.len().saturating_sub(TOLD);
        let told = rules.into_iter().take(TOLD).collect::<Vec<_>>().join(", ");
        match (told.is_empty(), more) {
            (true, _) => "what the user allows".into(),
            (false, 0) => told,
            (false, more) => format!("{told} and {more} more"),
        }
    }
}

/// Begins to find out what there is. `net` is what `--net` says.
pub fn begin(config: &Config, environment: &Environment, place: &Place, net: Option<&str>) -> Result<Making> {
    let preferences = Preferences::read(config, environment.home().ok().as_deref())?;
    let opening = within(hosts::resolve(config, net)?, config);
    let means = Means::find(environment, place.roots())?;
    let trial = environment.cache_folder().ok().map(|cache| Trial::of(&means, &cache));
    let worked = trial.as_ref().is_some_and(Trial::worked);
    let choosing = Sandbox::start_knowing(preferences.backend, means, worked);
    Ok(Making { choosing, trial: trial.filter(|_| !worked), preferences, opening })
}

/// What the network may be at the most, by the user's own bound and the administrator's.
fn within(opening: Opening, config: &Config) -> Opening {
    let most = config.network_max();
    let network = match (opening.network, most) {
        (Network::Off, _) | (_, Network::Off) => Network::Off,
        (Network::Hosts, _) | (_, Network::Hosts) => Network::Hosts,
        (Network::Full, Network::Full) => Network::Full,
    };
    let permitted = |rule: &&HostRule| config.managed().permits_host(&rule.pattern.to_string(), rule.port);
    let rules = HostRules::new(opening.rules.iter().filter(permitted).cloned().collect());
    Opening { network, rules, ask: opening.ask }
}

impl Making {
    /// What there is, for commands of this mode.
    pub fn choose(self, mode: Mode) -> Result<Chosen> {
        let Self { choosing, trial, preferences, opening } = self;
        let chosen = Chosen { mode, choice: choosing.finish(), preferences, opening };
        if let Some(trial) = trial.filter(|_| chosen.choice.backend == Backend::Namespaces) {
            trial.keep();
        }
        let backend = chosen.choice.backend;
        if chosen.opening.network == Network::Hosts && !chosen.is_open() && backend != Backend::Namespaces {
            let error = format!("a list of hosts needs namespaces, and the sandbox is {} here", backend.name());
            let error = Error::new(Kind::NoSandbox, error).hint("install bubblewrap, or use --net off or --net full");
            return Err(chosen.choice.why.iter().fold(error, |error, why| error.hint(why.clone())));
        }
        Ok(chosen)
    }
}

impl Chosen {
    /// Nothing confines commands: nothing is there, or nothing is to.
    fn is_open(&self) -> bool {
        self.mode == Mode::Full || self.choice.backend == Backend::None
    }

    /// May a run go on with this? Without a jail only where somebody is asked for each command, or where nothing was to confine it.
    /// `net` is what `--net` says, `attended` whether somebody is asked.
    pub fn for_work(
        self,
        net: Option<&str>,
        attended: bool,
        config: &Config,
        notices: &mut Vec<String>,
    ) -> Result<Self> {
        let required = config.flag("sandbox.require") == Some(true);
        if self.mode == Mode::Full {
            if required || net.is_some_and(|net| net != "full") {
                let error = Error::new(Kind::NoSandbox, "mode `full` has no sandbox, and one is asked for");
                return Err(error.hint("leave --mode full out"));
            }
        } else if attended && !required && self.is_open() {
            let why = self.choice.why.join("; ");
            notices.push(format!("there is no sandbox, so every command is asked for: {why}"));
        } else {
            self.choice.required().map_err(|error| error.hint("--mode full works without one, unconfined"))?;
        }
        Ok(self)
    }

    /// What confines commands, and what they reach of the network.
    pub fn told(&self) -> (&'static str, Network) {
        match self.is_open() {
            true => (Backend::None.name(), Network::Full),
            false => (self.choice.backend.name(), self.opening.network),
        }
    }

    /// The jail of a session, whose folder is `session`.
    pub fn made(self, config: &Config, environment: &Environment, place: &Place, session: &Folder) -> Result<Made> {
        let readable = vec![session.path().join("spill"), session.path().join("hooks")];
        self.made_in(config, environment, place, session.path().join("quarantine"), readable)
    }

    /// `quarantine` is where what commands tampered with is kept, `readable` what they read below folders that they do not.
    pub fn made_in(
        self,
        config: &Config,
        environment: &Environment,
        place: &Place,
        quarantine: PathBuf,
        readable: Vec<PathBuf>,
    ) -> Result<Made> {
        let open = self.is_open();
        if !open && place.roots().iter().any(|root| root.parent().is_none()) {
            let error = Error::usage("the whole file system cannot be the workspace of a jail");
            return Err(error.hint("start in a folder of your own, or name one with -C"));
        }
        let managed = config.managed().clone();
        let permits = Box::new(move |host: &str, port: u16| managed.permits_host(host, port));
        let Self { mode, choice, preferences, opening: Opening { network, rules, ask } } = self;
        if open {
            let denied = match mode {
                Mode::Full => Vec::new(),
                Mode::Read | Mode::Ask | Mode::Auto => {
                    make::denied(environment, &preferences, &[], &real).into_iter().collect()
                }
            };
            let (cell, rules) = (Cell::open(), HostRules::default());
            return Ok(Made { cell, choice, network: Network::Full, asks_for_hosts: false, rules, denied });
        }
        let egress = match network {
            Network::Hosts => {
                let upstream = Upstream::from_variables(|name| environment.get(name))?;
                Some(Egress::new(rules.clone(), upstream))
            }
            Network::Off | Network::Full => None,
        };
        let own = match environment.cache_folder() {
            Ok(cache) => temporary::project(&cache, place.roots()),
            // Without a home, the session's own folder has to do.
            Err(_) => temporary::project(&quarantine, place.roots()),
        };
        let mut readable = readable;
        // The copy of `--propose` lies in our state folder, which is denied.
        let state = environment.state_folder().ok().and_then(|state| state.canonicalize().ok());
        readable.extend(place.roots().iter().filter(|root| state.iter().any(|state| root.starts_with(state))).cloned());
        let frame = Frame {
            sandbox: choice.sandbox.clone(),
            mode,
            roots: place.roots().to_vec(),
            environment: environment.clone(),
            preferences,
            readable,
            caches: caches(&own, &UserFolders::of(environment), network, &Path::exists),
            network,
            egress,
            permits,
            quarantine,
        };
        let cell = Cell::new(frame);
        let denied = cell.denied();
        Ok(Made { cell, choice, network, asks_for_hosts: ask, rules, denied })
    }
}

//! Configuration: layers of values, each of which knows where it came from.
//!
//! Order, later ones win: built-in, the user's file, a trusted project's file, which may only narrow, `AGENT_MODEL`, `-c KEY=VALUE`,
//! flags. What is managed holds against all of them.

pub mod address;
pub mod approvals;
pub mod aws;
pub mod catalog;
pub mod choose;
pub mod families;
pub mod file;
pub mod hosts;
pub mod keys;
pub mod learned;
pub mod logins;
pub mod managed;
pub mod offers;
pub mod paths;
pub mod presets;
pub mod project;
pub mod providers;
pub mod refresh;
pub mod rules;
pub mod statefile;
pub mod survey;
pub mod trust;
pub mod units;

use crate::base::access::{Mode, Network};
use crate::base::model::Effort;
use crate::base::money::Usd;
use crate::base::{Error, Result};
use crate::policy::Managed as Limits;
use crate::policy::rule::Rule;
use keys::{KEYS, Value};
use learned::Learned;
use logins::Logins;
use managed::Managed;
use paths::Environment;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Where a value came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    BuiltIn,
    /// A file and the line in it.
    File {
        path: String,
        line: usize,
    },
    Environment(&'static str),
    /// `-c`.
    CommandLine,
    Flag(&'static str),
    /// What the session that goes on had before.
    Session,
    /// A trusted project's own file and the line in it.
    Project {
        path: String,
        line: usize,
    },
    /// The managed policy at this path.
    Managed {
        path: String,
    },
}

impl Source {
    /// Did the user say it for this very run?
    pub fn is_said_now(&self) -> bool {
        match self {
            Source::Environment(_) | Source::CommandLine | Source::Flag(_) => true,
            Source::BuiltIn
            | Source::File { .. }
            | Source::Session
            | Source::Project { .. }
            | Source::Managed { .. } => false,
        }
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Source::BuiltIn => f.write_str("built in"),
            Source::File { path, line } => write!(f, "{path}:{line}"),
            Source::Environment(name) => write!(f, "${name}"),
            Source::CommandLine => f.write_str("-c"),
            Source::Flag(name) => f.write_str(name),
            Source::Session => f.write_str("the session"),
            Source::Project { path, line } => write!(f, "{path}:{line} (project)"),
            Source::Managed { path } => write!(f, "{path} (managed)"),
        }
    }
}

/// All values by their dotted key.
#[derive(Debug, Clone, Default)]
pub struct Config {
    values: BTreeMap<String, (Value, Source)>,
    /// Beside the values: what was learned on this machine.
    learned: Arc<Learned>,
    /// Whose keys `agent login` has stored; no value, but it decides with them which provider is used.
    logins: Logins,
    /// What an administrator decided, which no value here gets round.
    managed: Arc<Managed>,
    /// Of the administrator, of the user, of a trusted project.
    rules: Vec<Rule>,
    /// What the user should know of values that did not become what was written.
    notices: Vec<String>,
}

impl Config {
    /// Reads the layers. `bare` leaves the user's file out. `overrides` are the texts of `-c`.
    pub fn load(environment: &Environment, bare: bool, overrides: &[String]) -> Result<Self> {
        let managed = Managed::read(environment)?;
        // A record of logins that cannot be read is said where a key is looked for.
        let mut config = Config {
            learned: Arc::new(Learned::read(environment)),
            logins: Logins::read(environment).unwrap_or_default(),
            rules: managed.rules().to_vec(),
            managed: Arc::new(managed),
            ..Config::default()
        };
        for key in KEYS {
            if let Some(text) = key.default {
                let value = key.parse_text(text).map_err(Error::config)?;
                config.set(key.name, value, Source::BuiltIn);
            }
        }
        if !bare {
            config.read_file(environment)?;
        }
        if let Some(model) = environment.get("AGENT_MODEL") {
            config.set("model", models(model), Source::Environment("AGENT_MODEL"));
        }
        for text in overrides {
            for (key, value) in file::parse_override(text)? {
                config.set(&key, value, Source::CommandLine);
            }
        }
        config.constrain(environment)?;
        Ok(config)
    }

    /// Holds all values to what is managed. To be called again after values were set. What the user said for this run and may not
    /// is an error; what stands in a file gives way, and is noticed.
    pub fn constrain(&mut self, environment: &Environment) -> Result<()> {
        let managed = Arc::clone(&self.managed);
        for notice in managed.constrain(self, environment.home().ok().as_deref())? {
            if !self.notices.contains(&notice) {
                self.notices.push(notice);
            }
        }
        Ok(())
    }

    /// What an administrator decided.
    pub fn managed(&self) -> &Managed {
        &self.managed
    }

    /// What single decisions keep to, by the administrator and by `sandbox.require`.
    pub fn limits(&self) -> Limits {
        let limits = self.managed.limits();
        Limits { leave: limits.leave && self.flag("sandbox.require") != Some(true), ..limits }
    }

    /// All rules: of the administrator, of the user, of a trusted project.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// What the user should know of values that did not become what was written.
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// The most that commands may have of the network, by all layers and what is managed.
    pub fn network_max(&self) -> Network {
        let own = match self.text("network.max") {
            Some("off") => Network::Off,
            Some("hosts") => Network::Hosts,
            Some(_) | None => Network::Full,
        };
        match (own, self.managed.network()) {
            (Network::Off, _) | (_, Network::Off) => Network::Off,
            (Network::Hosts, _) | (_, Network::Hosts) => Network::Hosts,
            (Network::Full, Network::Full) => Network::Full,
        }
    }

    /// What was learned on this machine.
    pub fn learned(&self) -> &Learned {
        &self.learned
    }

    fn read_file(&mut self, environment: &Environment) -> Result<()> {
        let path = match environment.config_file() {
            Ok(path) => path,
            // Without a home folder there is no user's file; that is said where it matters, when state is written.
            Err(_) => return Ok(()),
        };
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && environment.get("AGENT_CONFIG").is_none() => {
                return Ok(());
            }
            Err(error) => {
                return Err(Error::io("read", path.display(), &error)
                    .kind(crate::base::Kind::Config)
                    .hint("mend the file, or point AGENT_CONFIG at another one"));
            }
        };
        for entry in file::parse(&path.display().to_string(), &text)? {
            self.set(&entry.key, entry.value, Source::File { path: path.display().to_string(), line: entry.line });
        }
        self.rules.extend(rules::parse(&path.display().to_string(), &text)?);
        Ok(())
    }

    pub fn set(&mut self, key: &str, value: Value, source: Source) {
        self.values.insert(key.to_owned(), (value, source));
    }

    /// Every value with its source, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value, &Source)> {
        self.values.iter().map(|(key, (value, source))| (key.as_str(), value, source))
    }

    /// Whose keys are stored, and where.
    pub fn logins(&self) -> &Logins {
        &self.logins
    }

    pub fn source(&self, key: &str) -> Option<&Source> {
        self.values.get(key).map(|(_, source)| source)
    }

    pub fn text(&self, key: &str) -> Option<&str> {
        match self.values.get(key) {
            Some((Value::Text(text), _)) => Some(text),
            _ => None,
        }
    }

    pub fn list(&self, key: &str) -> &[String] {
        match self.values.get(key) {
            Some((Value::List(list), _)) => list,
            _ => &[],
        }
    }

    pub fn number(&self, key: &str) -> Option<u64> {
        match self.values.get(key) {
            Some((Value::Number(number), _)) => Some(*number),
            _ => None,
        }
    }

    pub fn flag(&self, key: &str) -> Option<bool> {
        match self.values.get(key) {
            Some((Value::Flag(flag), _)) => Some(*flag),
            _ => None,
        }
    }

    pub fn duration(&self, key: &str) -> Option<Duration> {
        match self.values.get(key) {
            Some((Value::Duration(duration), _)) => Some(*duration),
            _ => None,
        }
    }

    pub fn money(&self, key: &str) -> Option<Usd> {
        match self.values.get(key) {
            Some((Value::Money(amount), _)) => Some(*amount),
            _ => None,
        }
    }

    pub fn mode(&self) -> Option<Mode> {
        let name = self.text("mode")?;
        Mode::ALL.into_iter().find(|mode| mode.name() == name)
    }

    pub fn effort(&self) -> Option<Effort> {
        let name = self.text("effort")?;
        Effort::ALL.into_iter().find(|effort| effort.name() == name)
    }

    /// The second parts of all keys that begin with `first`, such as the names under `providers`.
    pub fn names(&self, first: &str) -> Vec<&str> {
        let mut names: Vec<&str> = self
            .values
            .keys()
            .filter_map(|key| keys::split(key))
            .filter(|parts| parts.0 == first)
            .map(|parts| parts.1)
            .collect();
        names.dedup();
        names
    }
}

/// Models as the user writes them on the command line: one, or several with commas between them.
pub fn models(text: &str) -> Value {
    Value::List(text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect())
}

/// The text of a file that the user named, with an error that says so.
pub fn read_named(flag: &str, path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|error| {
        Error::io("read", path.display(), &error)
            .kind(crate::base::Kind::Usage)
            .hint(format!("{flag} takes the path of a readable file"))
    })
}

//! `agent login --status`: for every provider with a key, which one is used and which are not. Shows no part of any key.

use super::args::Login;
use super::{print, print_json};
use crate::auth::vault::Vault;
use crate::base::Result;
use crate::config::Config;
use crate::config::logins::{Logins, Place};
use crate::config::paths::Environment;
use crate::config::providers;
use crate::disk::Disk;
use serde::Serialize;

/// Where a key of one provider is.
#[derive(Debug, Serialize)]
struct Source {
    /// `environment`, `keyring` or `file`.
    kind: &'static str,
    /// The variable, or the path.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// When it was stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<String>,
    /// Why it cannot be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    in_force: bool,
}

/// All keys of one provider, the one that is used first.
#[derive(Debug, Serialize)]
pub struct Held {
    provider: String,
    sources: Vec<Source>,
}

pub fn main(args: &Login, environment: &Environment) -> Result<u8> {
    let config = Config::load(environment, false, &args.config)?;
    let held = look(&config, environment)?;
    if args.json {
        return print_json(&serde_json::json!({ "providers": held }).to_string()).map(|()| 0);
    }
    if held.is_empty() {
        print("no provider has a key\nhint: agent login PROVIDER, or agent login for a list")?;
    }
    for Held { provider, sources } in &held {
        for (index, source) in sources.iter().enumerate() {
            let name = if index == 0 { provider.as_str() } else { "" };
            let state = match (&source.problem, source.in_force) {
                (Some(why), _) => format!("cannot be used: {}", crate::text::sanitise::sanitise(why)),
                (None, true) => "in force".into(),
                (None, false) => "not used: the one above wins".into(),
            };
            print(&format!("{name:<16} {:<46} {state}", source.shown()))?;
        }
    }
    Ok(0)
}

/// Every provider with a key, with all its keys. The keyring is asked for those that are said to be in it.
fn look(config: &Config, environment: &Environment) -> Result<Vec<Held>> {
    let vault = Vault::open(config, environment, Disk::default())?;
    let logins = Logins::read(environment)?;
    let mut names = providers::names(config);
    let stored = vault.names()?;
    names.extend(stored.into_iter().filter(|name| !providers::names(config).contains(name)));
    let mut held = Vec::new();
    for provider in names {
        let mut sources = Vec::new();
        let variable = providers::find(&provider, config, environment).ok().and_then(|found| found.key_env);
        if let Some(name) = variable.filter(|name| environment.get(name).is_some()) {
            sources.push(Source { kind: "environment", name: Some(name), time: None, problem: None, in_force: false });
        }
        let login = logins.get(&provider);
        let time = |place| login.filter(|login| login.place == place).map(|login| login.time.clone());
        if let Some(time) = time(Place::Keyring) {
            let problem = match vault.in_keyring(&provider) {
                Ok(Some(_)) => None,
                Ok(None) => Some("it is no longer there".into()),
                Err(why) => Some(why),
            };
            sources.push(Source { kind: "keyring", name: None, time: Some(time), problem, in_force: false });
        }
        let (there, problem) = match vault.in_file(&provider) {
            Ok(found) => (found.is_some(), None),
            Err(error) => (time(Place::File).is_some(), Some(error.message)),
        };
        if there {
            let name = Some(vault.file().display().to_string());
            sources.push(Source { kind: "file", name, time: time(Place::File), problem, in_force: false });
        }
        if let Some(first) = sources.iter_mut().find(|source| source.problem.is_none()) {
            first.in_force = true;
        }
        if !sources.is_empty() {
            held.push(Held { provider, sources });
        }
    }
    Ok(held)
}

impl Source {
    fn shown(&self) -> String {
        let since = self.time.as_deref().and_then(|time| time.get(..10)).map(|day| format!(", since {day}"));
        let name = self.name.as_ref().map(|name| format!(" {name}"));
        format!("{}{}{}", self.kind, name.unwrap_or_default(), since.unwrap_or_default())
    }
}

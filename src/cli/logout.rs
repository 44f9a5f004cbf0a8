//! `agent logout`: forgets stored keys, and says what is still there.

use super::args::Logout;
use super::print;
use crate::auth::vault::Vault;
use crate::base::Result;
use crate::config::Config;
use crate::config::logins::Place;
use crate::config::paths::Environment;
use crate::config::providers;
use crate::disk::Disk;

pub fn main(args: &Logout, environment: &Environment) -> Result<u8> {
    let config = Config::load(environment, false, &args.config)?;
    let vault = Vault::open(&config, environment, Disk::default())?;
    let stored = vault.names()?;
    let names: Vec<&String> = match &args.provider {
        Some(name) => {
            if !stored.contains(name) {
                providers::find(name, &config, environment)?;
            }
            vec![name]
        }
        None => stored.iter().collect(),
    };
    if names.is_empty() {
        print("no key is stored")?;
    }
    for name in names {
        let places = vault.remove(name)?;
        let from: Vec<String> = places
            .iter()
            .map(|place| match place {
                Place::Keyring => "the keyring".to_owned(),
                Place::File => vault.file().display().to_string(),
            })
            .collect();
        match from.as_slice() {
            [] => print(&format!("{name}: no key was stored"))?,
            from => print(&format!("{name}: removed from {}", from.join(" and ")))?,
        }
        let variable = providers::find(name, &config, environment).ok().and_then(|provider| provider.key_env);
        if let Some(variable) = variable.filter(|variable| environment.get(variable).is_some()) {
            print(&format!("{variable} is set and still used; unset {variable} to stop that"))?;
        } else if !places.is_empty() {
            print("the key itself is still good; its provider can revoke it")?;
        }
    }
    Ok(0)
}

//! Which key a provider gets: `--key-file`, else the environment variable of its provider, else the keyring, else the key file.

use super::oauth::Client;
use super::stored::{Tokens, What, is_one_word, origin};
use super::vault::Vault;
use crate::base::secret::Secret;
use crate::base::{Error, Kind, Result};
use crate::config::Config;
use crate::config::logins::Place;
use crate::config::paths::Environment;
use crate::config::providers::{Credentials, Provider, shown};
use crate::disk::Disk;
use secrecy::zeroize::Zeroizing;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Bytes that a file with a key has less than.
const MAX: usize = 64 * 1024;

/// A key and where it came from, for `agent doctor`.
#[derive(Debug, Clone)]
pub struct Key {
    /// The key; of tokens the access token, as it was when it was read.
    pub secret: Secret,
    pub source: String,
    /// Set where the secret is a token that has to be renewed: then [`super::oauth::Renewing`] puts it into requests.
    pub tokens: Option<Tokens>,
}

/// The key of `provider`; `None` where it needs none. It may ask the keyring, which may take until the user has unlocked it.
pub fn find(
    provider: &Provider,
    key_file: Option<&Path>,
    config: &Config,
    environment: &Environment,
) -> Result<Option<Key>> {
    if let Some(path) = key_file {
        return named(path).map(Some);
    }
    let variable = provider.key_env.as_deref();
    if let Some((name, value)) = variable.and_then(|name| Some((name, environment.get(name)?))) {
        let source = format!("environment variable {name}");
        return Ok(Some(Key { secret: Secret::new(value.trim()), source, tokens: None }));
    }
    let client = Client::of(&provider.name, config)?;
    if variable.is_none() && client.is_none() && config.logins().get(&provider.name).is_none() {
        return Ok(None);
    }
    if let Some(key) = stored(provider, config, environment)? {
        return Ok(Some(key));
    }
    if provider.credentials == Credentials::Aws {
        // Requests are signed with other credentials then.
        return Ok(None);
    }
    let name = &provider.name;
    let login = format!("agent login {name}");
    match variable {
        Some(variable) => Err(Error::new(
            Kind::Auth,
            format!("there is no key for `{name}`: {variable} is not set and none is stored"),
        )
        .hint(format!("{login}, or export {variable}=…, or pass --key-file PATH, or choose another model with -m"))),
        None => Err(Error::new(Kind::Auth, format!("there is no login for `{name}`")).hint(login)),
    }
}

/// The key in a file that the user named.
fn named(path: &Path) -> Result<Key> {
    let mut text = Zeroizing::new(String::with_capacity(MAX));
    let read = File::open(path).and_then(|file| file.take(MAX as u64).read_to_string(&mut text));
    read.map_err(|error| {
        Error::io("read", path.display(), &error)
            .kind(Kind::Auth)
            .hint("--key-file takes the path of a file that holds the key and nothing else")
    })?;
    let key = if text.len() < MAX { text.trim() } else { "" };
    if !is_one_word(key) {
        return Err(Error::new(Kind::Auth, format!("`{}` does not hold a key", path.display()))
            .hint("the file holds the key and nothing else"));
    }
    Ok(Key { secret: Secret::new(key), source: format!("file {}", path.display()), tokens: None })
}

/// What `agent login` stored.
fn stored(provider: &Provider, config: &Config, environment: &Environment) -> Result<Option<Key>> {
    // Without a home folder nothing can have been stored.
    let Ok(vault) = Vault::open(config, environment, Disk::default()) else { return Ok(None) };
    let Some((stored, place)) = vault.get(&provider.name)? else { return Ok(None) };
    let here = origin(&provider.base_url);
    if let Some(there) = stored.origin.as_ref().filter(|there| **there != here) {
        let what = format!(
            "the stored key of `{}` is for {there}, and its requests would go to {}",
            provider.name,
            shown(&here)
        );
        return Err(Error::new(Kind::Auth, what).hint(format!("if that is right, agent login {}", provider.name)));
    }
    let secret = stored.secret().clone();
    let tokens = match stored.what {
        What::Key(_) => None,
        What::Tokens(tokens) => Some(tokens),
    };
    let source = match place {
        Place::Keyring => "the keyring".into(),
        Place::File => format!("file {}", vault.file().display()),
    };
    Ok(Some(Key { secret, source, tokens }))
}

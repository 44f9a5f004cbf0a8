//! Which key a provider gets: `--key-file`, else the environment variable of its provider.

use crate::base::secret::Secret;
use crate::base::{Error, Kind, Result};
use crate::config::paths::Environment;
use crate::config::providers::Provider;
use std::path::Path;

/// A key and where it came from, for `agent doctor`.
#[derive(Debug, Clone)]
pub struct Key {
    pub secret: Secret,
    pub source: String,
}

/// The key of `provider`; `None` where it needs none.
pub fn find(provider: &Provider, key_file: Option<&Path>, environment: &Environment) -> Result<Option<Key>> {
    if let Some(path) = key_file {
        let text = std::fs::read_to_string(path).map_err(|error| {
            Error::io("read", path.display(), &error)
                .kind(Kind::Auth)
                .hint("--key-file takes the path of a file that holds the key and nothing else")
        })?;
        let key = text.trim();
        if key.is_empty() || key.contains(char::is_whitespace) {
            return Err(Error::new(Kind::Auth, format!("`{}` does not hold a key", path.display()))
                .hint("the file holds the key and nothing else"));
        }
        return Ok(Some(Key { secret: Secret::new(key), source: format!("file {}", path.display()) }));
    }
    let Some(name) = &provider.key_env else { return Ok(None) };
    match environment.get(name) {
        Some(value) => {
            Ok(Some(Key { secret: Secret::new(value.trim()), source: format!("environment variable {name}") }))
        }
        None => Err(Error::new(Kind::Auth, format!("there is no key for `{}`: {name} is not set", provider.name))
            .hint(format!("export {name}=…, or pass --key-file PATH, or choose another model with -m"))),
    }
}

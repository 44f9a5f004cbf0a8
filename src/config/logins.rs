//! What `agent login` remembers in the state folder: whose key lies where. It holds no secret; it is read so that the keyring,
//! which may be slow or ask the user something, is asked for those providers alone.

use super::paths::Environment;
use crate::base::error::reason;
use crate::base::{Error, Kind, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Bytes that are read at most.
const MAX: u64 = 1024 * 1024;

/// Where a key is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// The operating system's.
    Keyring,
    /// `keys.json`, which the user alone can read.
    File,
}

/// What is kept there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    Key,
    /// Tokens that are renewed.
    Oauth,
}

/// One stored key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    pub place: Place,
    pub sort: Sort,
    /// When it was stored, as RFC 3339.
    pub time: String,
}

/// All stored keys by the names of their providers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Logins(BTreeMap<String, Login>);

impl Logins {
    /// `logins.json` in the state folder.
    pub fn path(environment: &Environment) -> Result<PathBuf> {
        Ok(environment.state_folder()?.join("logins.json"))
    }

    /// Reads the record; one that is not there is empty.
    pub fn read(environment: &Environment) -> Result<Self> {
        let path = Self::path(environment)?;
        let hint = "remove it, and log in again with `agent login`";
        let meta = match std::fs::metadata(&path) {
            Ok(meta) => meta,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(Error::io("read", path.display(), &error).hint(hint)),
        };
        let broken = |why: String| Error::new(Kind::Io, format!("cannot read `{}`: {why}", path.display())).hint(hint);
        if !meta.is_file() || meta.len() > MAX {
            return Err(broken("it is no small file".into()));
        }
        let bytes = std::fs::read(&path).map_err(|error| broken(reason(&error)))?;
        serde_json::from_slice(&bytes).map_err(|error| broken(error.to_string()))
    }

    pub fn get(&self, provider: &str) -> Option<&Login> {
        self.0.get(provider)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &Login)> {
        self.0.iter().map(|(name, login)| (name.as_str(), login))
    }

    pub fn insert(&mut self, provider: &str, login: Login) {
        self.0.insert(provider.to_owned(), login);
    }

    pub fn remove(&mut self, provider: &str) -> Option<Login> {
        self.0.remove(provider)
    }
}

impl Place {
    pub fn name(self) -> &'static str {
        match self {
            Place::Keyring => "keyring",
            Place::File => "file",
        }
    }
}

//! Keeping keys: in the keyring where there is one, else in the key file, with a record of which went where.

use super::keychain;
use super::keyfile::{KeyFile, alone};
use super::stored::{Stored, What};
use crate::base::{Error, Kind, Result};
use crate::config::Config;
use crate::config::logins::{Login, Logins, Place, Sort};
use crate::config::paths::Environment;
use crate::disk::Disk;
use std::path::{Path, PathBuf};

/// All that is kept for this user.
#[derive(Clone)]
pub struct Vault {
    file: KeyFile,
    environment: Environment,
    record: PathBuf,
    keyring: bool,
    disk: Disk,
}

/// How a key was kept.
#[derive(Debug)]
pub struct Kept {
    pub place: Place,
    /// Why it is not in the keyring, where that was tried.
    pub refused: Option<String>,
    /// Is an older key still in the keyring, which was not to be asked or did not answer?
    pub left_behind: bool,
}

impl Vault {
    /// Fails where the user has no home folder.
    pub fn open(config: &Config, environment: &Environment, disk: Disk) -> Result<Self> {
        Ok(Self {
            file: KeyFile::of(environment, disk.clone())?,
            environment: environment.clone(),
            record: Logins::path(environment)?,
            keyring: config.text("auth.keyring") != Some("off"),
            disk,
        })
    }

    /// The key file, whether it is there or not.
    pub fn file(&self) -> &Path {
        self.file.path()
    }

    /// What is kept for a provider, and where it was found. The keyring comes first, and is asked only where the record says
    /// so; if it does not answer, the file may do.
    pub fn get(&self, provider: &str) -> Result<Option<(Stored, Place)>> {
        let mut silent = None;
        if Logins::read(&self.environment)?.get(provider).is_some_and(|login| login.place == Place::Keyring) {
            match self.in_keyring(provider) {
                Ok(Some(stored)) => return Ok(Some((stored, Place::Keyring))),
                Ok(None) => {}
                Err(why) => silent = Some(why),
            }
        }
        match (self.file.get(provider)?, silent) {
            (Some(stored), _) => Ok(Some((stored, Place::File))),
            (None, None) => Ok(None),
            (None, Some(why)) => Err(Error::new(
                Kind::Auth,
                format!("the key of `{provider}` is in the keyring, which cannot be read: {why}"),
            )
            .hint("unlock the keyring, or give the key another way")
            .hint(format!("`agent login {provider} -c auth.keyring=off` stores it in a file"))),
        }
    }

    /// What the keyring holds, unless the user wants it left alone.
    pub fn in_keyring(&self, provider: &str) -> std::result::Result<Option<Stored>, String> {
        if !self.keyring {
            return Err("`auth.keyring` is off".into());
        }
        keychain::get(provider)
    }

    /// What the file holds.
    pub fn in_file(&self, provider: &str) -> Result<Option<Stored>> {
        self.file.get(provider)
    }

    /// The providers in the record or the file.
    pub fn names(&self) -> Result<Vec<String>> {
        let mut names = self.file.names()?;
        names.extend(Logins::read(&self.environment)?.iter().map(|(name, _)| name.to_owned()));
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// Keeps a key, and forgets the one there was. `time` is now, as RFC 3339.
    pub fn put(&self, provider: &str, stored: &Stored, time: &str) -> Result<Kept> {
        // A record that cannot be read is found out before anything is stored.
        let was_there =
            Logins::read(&self.environment)?.get(provider).is_some_and(|login| login.place == Place::Keyring);
        let kept = match self.keyring.then(|| keychain::set(provider, stored)) {
            Some(Ok(())) => Kept { place: Place::Keyring, refused: None, left_behind: false },
            Some(Err(why)) => self.to_file(provider, stored, Some(why), was_there)?,
            None => self.to_file(provider, stored, None, was_there)?,
        };
        let sort = match stored.what {
            What::Key(_) => Sort::Key,
            What::Tokens(_) => Sort::Oauth,
        };
        let login = Login { place: kept.place, sort, time: time.to_owned() };
        self.record(|logins| logins.insert(provider, login))?;
        if kept.place == Place::Keyring {
            self.file.remove(provider)?;
        }
        Ok(kept)
    }

    /// Keeps tokens that have taken the place of older ones where those were; the time of the login stays.
    pub fn renew(&self, provider: &str, stored: &Stored) -> Result<()> {
        match Logins::read(&self.environment)?.get(provider).map(|login| (login.place, login.time.clone())) {
            Some((Place::Keyring, time)) => self.put(provider, stored, &time).map(drop),
            Some((Place::File, _)) | None => self.file.put(provider, stored),
        }
    }

    fn to_file(&self, provider: &str, stored: &Stored, refused: Option<String>, left_behind: bool) -> Result<Kept> {
        self.file.put(provider, stored)?;
        Ok(Kept { place: Place::File, refused, left_behind })
    }

    /// Forgets a provider's key: where it was.
    pub fn remove(&self, provider: &str) -> Result<Vec<Place>> {
        let logins = Logins::read(&self.environment)?;
        let mut places = Vec::new();
        if logins.get(provider).is_some_and(|login| login.place == Place::Keyring) {
            let removed = if self.keyring { keychain::remove(provider) } else { Err("`auth.keyring` is off".into()) };
            removed.map_err(|why| {
                Error::new(Kind::Auth, format!("cannot take the key of `{provider}` out of the keyring: {why}"))
                    .hint("unlock the keyring and try again, or remove the entry `agent` there")
            })?;
            places.push(Place::Keyring);
        }
        if self.file.remove(provider)? {
            places.push(Place::File);
        }
        if logins.get(provider).is_some() {
            self.record(|logins| drop(logins.remove(provider)))?;
        }
        Ok(places)
    }

    /// Changes the record, alone.
    fn record(&self, change: impl FnOnce(&mut Logins)) -> Result<()> {
        let failed = |error: &std::io::Error| Error::io("write", self.record.display(), error);
        let folder = self.record.parent().unwrap_or(Path::new("/"));
        self.disk.create_private_folder(folder).map_err(|error| failed(&error))?;
        let _only = alone(folder);
        let mut logins = Logins::read(&self.environment)?;
        change(&mut logins);
        let text = serde_json::to_string_pretty(&logins).unwrap_or_default() + "\n";
        self.disk.replace_private(&self.record, text.as_bytes()).map_err(|error| failed(&error))
    }
}

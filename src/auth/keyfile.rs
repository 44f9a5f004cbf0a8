//! `keys.json`: keys in a file that the user alone can read, for machines without a keyring. A file that others can read is
//! refused rather than used.

use super::stored::{Entry, Stored};
use crate::base::secret::Secret;
use crate::base::{Error, Kind, Result};
use crate::config::paths::Environment;
use crate::disk::Disk;
use secrecy::zeroize::Zeroizing;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Bytes that are read at most.
const MAX: u64 = 1024 * 1024;
/// How often, and after which waits, it is tried to be the only one who changes the file.
const TRIES: u32 = 100;
const PAUSE: Duration = Duration::from_millis(20);

#[derive(Debug, Clone)]
pub struct KeyFile {
    path: PathBuf,
    disk: Disk,
}

impl KeyFile {
    /// `keys.json` beside the user's `config.toml`.
    pub fn of(environment: &Environment, disk: Disk) -> Result<Self> {
        Ok(Self { path: environment.config_folder()?.join("keys.json"), disk })
    }

    /// Where the bytes are: users link the file to where they keep such things, and a key must not stay there when the link goes.
    fn place(&self) -> Result<PathBuf> {
        match std::fs::canonicalize(&self.path) {
            Ok(place) => Ok(place),
            // A link to nothing is the user's to mend: what it was to lead to is not known to be private.
            Err(_) if self.path.is_symlink() => Err(self.broken("it is a link that leads nowhere")),
            Err(_) => Ok(self.path.clone()),
        }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is kept for a provider.
    pub fn get(&self, provider: &str) -> Result<Option<Stored>> {
        let Some(entry) = self.read()?.remove(provider) else { return Ok(None) };
        let broken = || self.broken(&format!("the entry of `{provider}` holds neither a `key` nor an `access_token`"));
        Stored::from_entry(entry).map(Some).ok_or_else(broken)
    }

    /// The names of all providers in it.
    pub fn names(&self) -> Result<Vec<String>> {
        Ok(self.read()?.into_keys().collect())
    }

    /// Every secret in it with a name that tells nothing of it: what must not be shown, whoever prints the file.
    pub fn secrets(&self) -> Vec<(String, Secret)> {
        let stored = self.read().unwrap_or_default().into_iter();
        stored
            .filter_map(|(name, entry)| Some((format!("stored key of {name}"), Stored::from_entry(entry)?)))
            .flat_map(|(name, stored)| {
                stored.secrets().map(|secret| (name.clone(), secret.clone())).collect::<Vec<_>>()
            })
            .collect()
    }

    pub fn put(&self, provider: &str, stored: &Stored) -> Result<()> {
        let folder = self.path.parent().unwrap_or(Path::new("/"));
        self.disk.create_private_folder(folder).map_err(|error| Error::io("create", folder.display(), &error))?;
        let _only = alone(folder);
        let mut entries = self.read()?;
        entries.insert(provider.to_owned(), stored.entry());
        self.write(&entries)
    }

    /// Takes an entry out: was there one?
    pub fn remove(&self, provider: &str) -> Result<bool> {
        if std::fs::symlink_metadata(&self.path).is_err() {
            return Ok(false);
        }
        let _only = alone(self.path.parent().unwrap_or(Path::new("/")));
        let mut entries = self.read()?;
        if entries.remove(provider).is_none() {
            return Ok(false);
        }
        if !entries.is_empty() {
            return self.write(&entries).map(|()| true);
        }
        let place = self.place()?;
        if place != self.path {
            // The link stays for the next key.
            return self.write(&entries).map(|()| true);
        }
        self.disk.remove_file(&place).map_err(|error| Error::io("remove", place.display(), &error))?;
        Ok(true)
    }

    fn write(&self, entries: &BTreeMap<String, Entry>) -> Result<()> {
        let text = Zeroizing::new(serde_json::to_string_pretty(entries).unwrap_or_default() + "\n");
        let place = self.place()?;
        self.disk.replace_private(&place, text.as_bytes()).map_err(|error| Error::io("write", place.display(), &error))
    }

    fn read(&self) -> Result<BTreeMap<String, Entry>> {
        let failed = |error: &std::io::Error| Error::io("read", self.path.display(), error).kind(Kind::Auth);
        // Looked at before it is opened: to open a pipe is to wait.
        match std::fs::metadata(&self.path) {
            Ok(meta) if meta.is_file() => {}
            Ok(_) => return Err(self.broken("it is no regular file")),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(BTreeMap::new()),
            Err(error) => return Err(failed(&error)),
        }
        let file = File::open(&self.path).map_err(|error| failed(&error))?;
        let meta = file.metadata().map_err(|error| failed(&error))?;
        if meta.mode() & 0o077 != 0 {
            let what = format!("others than you can use `{}` (mode {:04o})", self.path.display(), meta.mode() & 0o7777);
            return Err(Error::new(Kind::Auth, what)
                .hint(format!("chmod 600 {}", self.path.display()))
                .hint("if somebody may have read it, make new keys and log in again"));
        }
        if meta.uid() != rustix::process::geteuid().as_raw() {
            return Err(self.broken("it belongs to another user"));
        }
        // As large as it may get at once, so that no copy of it stays behind in memory.
        let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(meta.len().min(MAX)).unwrap_or(0) + 1));
        file.take(MAX + 1).read_to_end(&mut bytes).map_err(|error| failed(&error))?;
        if bytes.len() as u64 > MAX {
            return Err(self.broken("it is larger than 1 MiB"));
        }
        // The parser's own words may hold what it read.
        serde_json::from_slice(&bytes)
            .map_err(|error| self.broken(&format!("line {} is not what agent writes", error.line())))
    }

    fn broken(&self, why: &str) -> Error {
        Error::new(Kind::Auth, format!("cannot read `{}`: {why}", self.path.display()))
            .hint("move it away, and log in again with `agent login`")
    }
}

/// Locks a folder against other runs of this program for as long as the value lives. Where the file system has no locks, or
/// another holds it for too long, work goes on without.
pub(super) fn alone(folder: &Path) -> Option<File> {
    let file = File::open(folder).ok()?;
    for _ in 0..TRIES {
        match file.try_lock() {
            Ok(()) => return Some(file),
            Err(std::fs::TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            Err(std::fs::TryLockError::Error(_)) => return None,
        }
    }
    None
}

//! Taking a checkpoint: walk, read what changed, write what is new, and last the row.

use super::entry::{Hash, Kind};
use super::left_out::LeftOut;
use super::manifest::{Manifest, differences};
use super::plan::Repository;
use super::read;
use super::row::{self, Cause, Row};
use super::scan::{self, Scan};
use super::{Store, vault};
use crate::base::{Error, Kind as ErrorKind, Result};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// Characters of a task that are kept.
const WORDS: usize = 80;

/// What a checkpoint is taken for.
#[derive(Debug, Clone)]
pub struct Label {
    pub cause: Cause,
    pub session: String,
    /// The task.
    pub words: String,
    /// The checkpoint before the same work, if this is the one after it.
    pub before: Option<u64>,
    /// Of an undo or a redo: what it takes back.
    pub undid: Vec<u64>,
}

/// A checkpoint that was taken.
#[derive(Debug)]
pub struct Taken {
    pub row: Row,
    pub manifest: Manifest,
}

impl Taken {
    /// What is not covered by it.
    pub fn left_out(&self) -> &[LeftOut] {
        &self.manifest.left_out
    }
}

impl Store {
    /// Takes a checkpoint. It is complete when this returns.
    pub fn take(&self, label: &Label) -> Result<Taken> {
        let _lock = self.lock()?;
        self.take_alone(label)
    }

    /// The same for one who holds the lock.
    pub(super) fn take_alone(&self, label: &Label) -> Result<Taken> {
        let newest = row::last(&self.folder);
        let last = newest.as_ref().and_then(Row::hash);
        let trees = self.trees();
        let previous = last.and_then(|hash| Manifest::load(&trees, &hash).ok()).unwrap_or_default();
        let mut scan = scan::scan(&self.root, &self.own)?;
        let objects = std::mem::take(&mut scan.objects);
        let mut manifest = self.read_into_packs(scan, &previous)?;
        let unkept = vault::keep(&self.folder, &self.root, &objects, &self.disk)?;
        manifest.left_out.extend(unkept);
        manifest.left_out.sort();
        let hash = match last {
            Some(last) if manifest == previous => last,
            _ => {
                let mut writer = trees.writer();
                let hash = manifest.store(&mut writer)?;
                writer.finish()?;
                hash
            }
        };
        let id = newest.map_or(1, |row| row.id + 1);
        let row = Row {
            id,
            before: label.before.unwrap_or(id),
            cause: label.cause,
            session: label.session.clone(),
            time_ms: milliseconds(),
            words: label.words.lines().next().unwrap_or_default().chars().take(WORDS).collect(),
            manifest: hash.to_string(),
            changed: self.changed_since(label.before, &manifest)?,
            undid: label.undid.clone(),
            left_out: manifest.left_out.len() as u64,
        };
        row::write(&self.folder, &row, &self.disk)
            .map_err(|error| Error::io("write", self.folder.display(), &error))?;
        Ok(Taken { row, manifest })
    }

    /// The tree as it is now, without keeping anything.
    pub fn look(&self) -> Result<Manifest> {
        let previous = row::last(&self.folder).and_then(|row| row.hash()).and_then(|hash| self.manifest(&hash).ok());
        let mut scan = scan::scan(&self.root, &self.own)?;
        read::recognise(&mut scan, &previous.unwrap_or_default());
        read::settle(&self.root, scan, None)
    }

    fn read_into_packs(&self, mut scan: Scan, previous: &Manifest) -> Result<Manifest> {
        // Mostly nothing has changed; then the packs are not even opened.
        let Some(bytes) = read::recognise(&mut scan, previous) else {
            return read::settle(&self.root, scan, None);
        };
        if bytes > self.cap {
            return Err(Error::new(
                ErrorKind::Io,
                format!(
                    "`{}` has {} MB that are in no checkpoint yet, more than `checkpoints.cap` allows",
                    self.root.display(),
                    bytes / 1_000_000
                ),
            )
            .hint("raise checkpoints.cap, or work in a folder of the project's own, with -C"));
        }
        let contents = self.contents();
        let sink = Mutex::new(contents.writer());
        let manifest = read::settle(&self.root, scan, Some(&sink))?;
        sink.into_inner().unwrap_or_else(PoisonError::into_inner).finish()?;
        Ok(manifest)
    }

    /// How many files and links are not as they were at a checkpoint.
    fn changed_since(&self, before: Option<u64>, manifest: &Manifest) -> Result<u64> {
        let hash: Option<Hash> = before.and_then(|id| row::read(&self.folder, id)).and_then(|row| row.hash());
        let Some(hash) = hash else { return Ok(0) };
        let earlier = self.manifest(&hash)?;
        let is_folder =
            |pair: &super::manifest::Difference<'_>| pair.0.or(pair.1).is_some_and(|entry| entry.kind == Kind::Folder);
        let found = differences(&earlier.files, &manifest.files);
        let files = found.iter().filter(|pair| !is_folder(pair)).count();
        // A task that only made or removed folders, or broke a repository, did something too.
        let broken = earlier.repositories().filter(|entry| self.state_of(&entry.path) != Repository::Alive).count();
        Ok((files + usize::from(files == 0 && !found.is_empty()) + broken) as u64)
    }
}

fn milliseconds() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

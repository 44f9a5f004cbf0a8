//! Reading files, and writing change sets: all files of a set or none, each one whole or as it was.
//!
//! New text is staged beside its target, synced, and renamed over it; mode and owner stay. A file that is no longer what
//! the change was made from, or that has other names (hard links), is refused.

use super::place::Place;
use crate::disk::Disk;
use crate::edit::change::{ChangeSet, FileEdit};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Bytes of a file that are read at once.
pub const MAX_FILE: u64 = 50 * 1024 * 1024;

/// The hand that reads and writes the user's files, and knows what the model has seen of them.
pub struct Files {
    disk: Disk,
    seen: Mutex<HashMap<PathBuf, [u8; 32]>>,
}

impl Files {
    pub fn new(disk: Disk) -> Self {
        Self { disk, seen: Mutex::default() }
    }

    /// A regular file's bytes; words for the model otherwise.
    pub fn read(&self, path: &Path, shown: &str) -> Result<Vec<u8>, String> {
        let meta = fs::metadata(path).map_err(|error| unreadable(shown, &error))?;
        if !meta.is_file() {
            return Err(format!("`{shown}` is not a regular file"));
        }
        if meta.len() > MAX_FILE {
            return Err(format!(
                "`{shown}` has {} bytes, too many to read at once; use `shell` with sed, head or tail",
                meta.len()
            ));
        }
        fs::read(path).map_err(|error| unreadable(shown, &error))
    }

    /// The bytes of a file that may be missing.
    pub fn read_if_there(&self, path: &Path, shown: &str) -> Result<Option<Vec<u8>>, String> {
        match path.symlink_metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            _ => self.read(path, shown).map(Some),
        }
    }

    /// Remembers that the model has seen these bytes.
    pub fn saw(&self, path: &Path, bytes: &[u8]) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(path.into(), Sha256::digest(bytes).into());
    }

    /// Has the model seen the file as it is now?
    pub fn has_seen(&self, path: &Path, bytes: &[u8]) -> bool {
        let digest: [u8; 32] = Sha256::digest(bytes).into();
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).get(path) == Some(&digest)
    }

    /// Writes a change set: all of it or nothing. Words for the model otherwise.
    pub fn apply(&self, place: &Place, change: &ChangeSet) -> Result<(), String> {
        let steps = change.files.iter().map(|edit| self.check(place, edit)).collect::<Result<Vec<Step>, String>>()?;
        let mut undo = Undo { disk: &self.disk, done: Vec::new() };
        for step in &steps {
            if let Err(error) = self.write(step, steps.len() > 1, &mut undo) {
                undo.roll_back();
                return Err(format!(
                    "cannot write `{}`: {}; nothing was changed",
                    step.shown,
                    crate::base::error::reason(&error)
                ));
            }
        }
        undo.forget();
        for step in &steps {
            if let Some(after) = &step.after {
                self.saw(&step.target, after);
            }
        }
        Ok(())
    }

    /// Is the disk as the edit believes it to be? Nothing is written here.
    fn check(&self, place: &Place, edit: &FileEdit) -> Result<Step, String> {
        let target = place.resolve(&edit.path)?;
        let source = match &edit.from {
            Some(from) => place.resolve(from)?,
            None => target.clone(),
        };
        let now = self.read_if_there(&source.absolute, &source.shown)?;
        if now.as_deref() != edit.before.as_deref() {
            return Err(match (&now, &edit.before) {
                (Some(_), None) => format!("`{}` exists already; read it first", source.shown),
                (None, _) => format!("`{}` is gone", source.shown),
                (Some(_), Some(_)) => format!("`{}` has changed in the meantime; read it again", source.shown),
            });
        }
        if edit.from.is_some() && target.absolute.symlink_metadata().is_ok() {
            return Err(format!("`{}` exists already; nothing was renamed over it", target.shown));
        }
        let meta = now
            .is_some()
            .then(|| fs::metadata(&source.absolute))
            .transpose()
            .map_err(|error| unreadable(&source.shown, &error))?;
        if meta.as_ref().is_some_and(|meta| meta.nlink() > 1) {
            return Err(format!(
                "`{}` has other names (hard links) that would not change with it; use `shell` if that is what you want",
                source.shown
            ));
        }
        Ok(Step {
            shown: target.shown,
            source: now.is_some().then_some(source.absolute),
            target: target.absolute,
            after: edit.after.as_deref().map(<[u8]>::to_vec),
            meta,
        })
    }

    fn write(&self, step: &Step, keep_old: bool, undo: &mut Undo<'_>) -> io::Result<()> {
        let Some(after) = &step.after else {
            let Some(source) = &step.source else { return Ok(()) };
            return undo.set_aside(source);
        };
        let folder = step.target.parent().unwrap_or(Path::new("/"));
        undo.make_folders(folder)?;
        let mut staged = if step.meta.is_some() { self.disk.stage(folder)? } else { self.disk.stage_new(folder)? };
        self.disk.write(staged.as_file_mut(), after)?;
        if let Some(meta) = &step.meta {
            // Only a changed owner needs the call, and only root may make it.
            let made = staged.as_file().metadata()?;
            if (made.uid(), made.gid()) != (meta.uid(), meta.gid()) {
                self.disk.set_owner(staged.as_file(), meta.uid(), meta.gid())?;
            }
            self.disk.set_mode(staged.as_file(), meta.permissions())?;
        }
        self.disk.sync(staged.as_file())?;
        let renamed = step.source.as_ref().filter(|source| **source != step.target);
        if let Some(source) = renamed {
            undo.set_aside(source)?;
        } else if keep_old && step.source.is_some() {
            undo.keep_copy(&step.target)?;
        }
        let path = staged.into_temp_path();
        self.disk.rename(&path, &step.target)?;
        if step.source.is_none() || renamed.is_some() {
            undo.done.push(Done::Created(step.target.clone()));
        }
        // The name is new in its folder; a folder that cannot be synced (some network disks) does not undo the write.
        let _ = self.disk.sync_folder(folder);
        Ok(())
    }
}

/// One file of a set, checked.
struct Step {
    shown: String,
    source: Option<PathBuf>,
    target: PathBuf,
    after: Option<Vec<u8>>,
    meta: Option<Metadata>,
}

/// What was done, so that it can be taken back.
struct Undo<'a> {
    disk: &'a Disk,
    done: Vec<Done>,
}

enum Done {
    /// Did not exist before.
    Created(PathBuf),
    FolderMade(PathBuf),
    /// The old file lies at the second path.
    Moved(PathBuf, PathBuf),
    /// The old file also lies at the second path.
    Copied(PathBuf, PathBuf),
}

impl Undo<'_> {
    fn make_folders(&mut self, folder: &Path) -> io::Result<()> {
        let missing: Vec<&Path> = folder.ancestors().take_while(|parent| !parent.exists()).collect();
        for parent in missing.into_iter().rev() {
            if self.disk.create_folder(parent)? {
                self.done.push(Done::FolderMade(parent.into()));
            }
        }
        Ok(())
    }

    /// Takes a file out of sight; it comes back if anything fails.
    fn set_aside(&mut self, path: &Path) -> io::Result<()> {
        let aside = beside(path);
        self.disk.rename(path, &aside)?;
        self.done.push(Done::Moved(path.into(), aside));
        Ok(())
    }

    /// Gives the old file a second name before it is renamed over.
    fn keep_copy(&mut self, path: &Path) -> io::Result<()> {
        let copy = beside(path);
        self.disk.keep_copy(path, &copy)?;
        self.done.push(Done::Copied(path.into(), copy));
        Ok(())
    }

    fn roll_back(self) {
        for done in self.done.into_iter().rev() {
            // Nothing better can be done where taking back fails too: the next one is still tried.
            let _ = match done {
                Done::Created(path) => fs::remove_file(path),
                Done::FolderMade(path) => fs::remove_dir(path),
                Done::Moved(path, aside) => fs::rename(aside, path),
                // Where nothing was renamed over it yet, both names are one file, and a rename between them does nothing.
                Done::Copied(path, aside) => fs::rename(&aside, path).and_then(|()| fs::remove_file(aside)),
            };
        }
    }

    fn forget(self) {
        for done in self.done {
            if let Done::Moved(_, aside) | Done::Copied(_, aside) = done {
                let _ = fs::remove_file(aside);
            }
        }
    }
}

/// A free name in the same folder.
fn beside(path: &Path) -> PathBuf {
    path.with_file_name(format!(".agent-{}.old", uuid::Uuid::now_v7().simple()))
}

fn unreadable(shown: &str, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => format!("there is no `{shown}`"),
        _ => format!("cannot read `{shown}`: {}", crate::base::error::reason(error)),
    }
}

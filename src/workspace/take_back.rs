//! What was done of a change set, so that it can be taken back when the disk fails in its middle.

use super::beneath::Held;
use crate::disk::Disk;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What was done, so that it can be taken back.
pub(super) struct Undo<'a> {
    disk: &'a Disk,
    done: Vec<Done>,
    /// Folders that are kept open, because paths in `done` lead through them.
    held: BTreeMap<PathBuf, Arc<Held>>,
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

impl<'a> Undo<'a> {
    pub(super) fn new(disk: &'a Disk) -> Self {
        Self { disk, done: Vec::new(), held: BTreeMap::new() }
    }

    /// Opens a folder below `root`, or gives the one that is open.
    pub(super) fn open(&mut self, root: &Path, folder: &Path) -> io::Result<Arc<Held>> {
        if let Some(held) = self.held.get(folder) {
            return Ok(held.clone());
        }
        let held = Arc::new(Held::open(root, folder)?);
        self.held.insert(folder.into(), held.clone());
        Ok(held)
    }

    /// Makes a folder below `root`, and those on the way to it.
    pub(super) fn make_folders(&mut self, root: &Path, folder: &Path) -> io::Result<()> {
        let missing: Vec<&Path> = folder.ancestors().take_while(|parent| !parent.exists()).collect();
        for path in missing.into_iter().rev() {
            let (Some(around), Some(name)) = (path.parent(), path.file_name()) else { continue };
            let made = self.open(root, around)?.path().join(name);
            if self.disk.create_folder(&made)? {
                self.done.push(Done::FolderMade(made));
            }
        }
        Ok(())
    }

    /// A file has a name that it did not have.
    pub(super) fn created(&mut self, path: &Path) {
        self.done.push(Done::Created(path.into()));
    }

    /// Takes a file out of sight; it comes back if anything fails.
    pub(super) fn set_aside(&mut self, path: &Path, aside: &Path) -> io::Result<()> {
        self.disk.rename(path, aside)?;
        self.done.push(Done::Moved(path.into(), aside.into()));
        Ok(())
    }

    /// Gives the old file a second name before it is renamed over.
    pub(super) fn keep_copy(&mut self, path: &Path, copy: &Path) -> io::Result<()> {
        self.disk.keep_copy(path, copy)?;
        self.done.push(Done::Copied(path.into(), copy.into()));
        Ok(())
    }

    pub(super) fn roll_back(self) {
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

    pub(super) fn forget(self) {
        for done in self.done {
            if let Done::Moved(_, aside) | Done::Copied(_, aside) = done {
                let _ = fs::remove_file(aside);
            }
        }
    }
}

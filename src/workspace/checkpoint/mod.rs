//! Checkpoints: the whole workspace as it was before and after each task, so that everything a task did can be undone.
//!
//! They lie in our own state folder, contents under their hashes in packs, and share all that is the same. One exists when
//! its row does, which is written last; a kill at any instant leaves the earlier ones as they were.

mod changes;
pub mod copy;
pub mod entry;
pub mod left_out;
pub mod lines;
pub mod manifest;
mod pack;
pub mod plan;
pub mod prune;
mod read;
mod restore;
pub mod row;
mod scan;
mod stat;
mod take;
mod tracked;
pub mod undo;
mod vault;

pub use changes::Changes;
pub use take::{Label, Taken};

use crate::base::{Error, Kind, Result};
use crate::disk::Disk;
use entry::Hash;
use manifest::Manifest;
use pack::Packs;
use row::Row;
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The longest wait for another process that takes a checkpoint of the same folder.
const PATIENCE: Duration = Duration::from_secs(10);

/// The checkpoints of one folder.
#[derive(Debug, Clone)]
pub struct Store {
    folder: PathBuf,
    root: PathBuf,
    /// Our whole state, which is no part of any workspace.
    own: PathBuf,
    disk: Disk,
    /// Bytes that one checkpoint may add.
    cap: u64,
}

impl Store {
    /// The checkpoints of `root` below the state folder. Nothing is made or read yet.
    pub fn new(state: &Path, root: &Path, disk: Disk, cap: u64) -> Self {
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
        let root = real(root);
        let name: String = Hash::of(root.as_os_str().as_bytes()).to_string().chars().take(32).collect();
        Self { folder: all(state).join(name), root, own: real(state), disk, cap }
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The checkpoints, oldest first.
    pub fn rows(&self) -> Vec<Row> {
        row::all(&self.folder)
    }

    /// The number of the newest checkpoint, without a look at the others.
    pub fn newest(&self) -> Option<u64> {
        row::last(&self.folder).map(|row| row.id)
    }

    /// The tree of a checkpoint.
    pub fn manifest(&self, hash: &Hash) -> Result<Manifest> {
        Manifest::load(&self.trees(), hash)
    }

    fn trees(&self) -> Packs {
        Packs::open(self.folder.join("trees"), self.disk.clone())
    }

    fn contents(&self) -> Packs {
        Packs::open(self.folder.join("contents"), self.disk.clone())
    }

    /// Makes the folder where it is missing, and keeps other processes away until the lock is dropped.
    fn lock(&self) -> Result<File> {
        let path = self.folder.join("lock");
        let fail = |error: io::Error| Error::io("write", path.display(), &error);
        if !path.exists() {
            self.disk.create_private_folder(&self.folder).map_err(fail)?;
            let name = self.root.as_os_str().as_bytes();
            self.disk.replace_private(&self.folder.join("root"), name).map_err(fail)?;
            match self.disk.create_private_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(fail(error)),
                _ => {}
            }
        }
        let file = File::open(&path).map_err(fail)?;
        let began = Instant::now();
        while file.try_lock().is_err() {
            if began.elapsed() > PATIENCE {
                return Err(Error::new(
                    Kind::Io,
                    format!("another agent process is busy with the checkpoints of `{}`", self.root.display()),
                )
                .hint("try again when it is done"));
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(file)
    }
}

/// The folder of all checkpoints.
fn all(state: &Path) -> PathBuf {
    state.join("checkpoints")
}

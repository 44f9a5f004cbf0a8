//! The list of checkpoints: one small file each, written last, so that a checkpoint exists when its row does.

use super::entry::Hash;
use crate::disk::Disk;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};

/// What is known of a checkpoint without its tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Counts up from 1 in each workspace.
    pub id: u64,
    /// The checkpoint before the same work; its own id, if it is that one.
    pub before: u64,
    pub cause: Cause,
    pub session: String,
    /// Milliseconds since 1970.
    pub time_ms: u64,
    /// The first words of the task.
    pub words: String,
    /// The tree, as 64 hexadecimal digits.
    pub manifest: String,
    /// Files that are different from the checkpoint before; of that one itself, 0.
    #[serde(default)]
    pub changed: u64,
    /// Of an undo or a redo: the work it took back, as the ids of their first checkpoints.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undid: Vec<u64>,
    /// Paths that were left out.
    #[serde(default)]
    pub left_out: u64,
}

/// What a checkpoint was taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    Task,
    Undo,
    Redo,
}

impl Row {
    /// Was it taken before its work?
    pub fn is_before(&self) -> bool {
        self.id == self.before
    }

    pub fn hash(&self) -> Option<Hash> {
        Hash::parse(&self.manifest)
    }
}

fn folder(store: &Path) -> PathBuf {
    store.join("rows")
}

fn path(store: &Path, id: u64) -> PathBuf {
    folder(store).join(format!("{id:012}.json"))
}

/// The rows of a store, oldest first. One that cannot be read is none.
pub fn all(store: &Path) -> Vec<Row> {
    let entries = std::fs::read_dir(folder(store)).into_iter().flatten().flatten();
    let mut rows: Vec<Row> = entries
        .filter(|entry| entry.path().extension().is_some_and(|extension| extension == "json"))
        .filter_map(|entry| serde_json::from_slice::<Row>(&std::fs::read(entry.path()).ok()?).ok())
        .filter(|row| row.hash().is_some())
        .collect();
    rows.sort_by_key(|row| row.id);
    rows
}

pub fn write(store: &Path, row: &Row, disk: &Disk) -> io::Result<()> {
    let text = serde_json::to_vec(row).map_err(io::Error::other)?;
    disk.create_private_folder(&folder(store))?;
    disk.replace_private(&path(store, row.id), &text)
}

pub fn remove(store: &Path, row: &Row, disk: &Disk) -> io::Result<()> {
    disk.remove_file(&path(store, row.id))
}

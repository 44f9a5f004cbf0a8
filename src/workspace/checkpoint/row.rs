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
    ids(store).into_iter().filter_map(|id| read(store, id)).collect()
}

/// The newest row, without looking at the others.
pub fn last(store: &Path) -> Option<Row> {
    ids(store).into_iter().rev().find_map(|id| read(store, id))
}

pub fn read(store: &Path, id: u64) -> Option<Row> {
    let row: Row = serde_json::from_slice(&std::fs::read(path(store, id)).ok()?).ok()?;
    row.hash().is_some().then_some(row)
}

fn ids(store: &Path) -> Vec<u64> {
    let entries = std::fs::read_dir(folder(store)).into_iter().flatten().flatten();
    let mut ids: Vec<u64> =
        entries.filter_map(|entry| entry.file_name().to_str()?.strip_suffix(".json")?.parse().ok()).collect();
    ids.sort_unstable();
    ids
}

pub fn write(store: &Path, row: &Row, disk: &Disk) -> io::Result<()> {
    let text = serde_json::to_vec(row).map_err(io::Error::other)?;
    disk.create_private_folder(&folder(store))?;
    disk.replace_private(&path(store, row.id), &text)
}

pub fn remove(store: &Path, row: &Row, disk: &Disk) -> io::Result<()> {
    disk.remove_file(&path(store, row.id))
}

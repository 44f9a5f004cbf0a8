//! Old checkpoints go, and with them every content that none of the others has.

use super::entry::{Entry, Hash, Kind};
use super::manifest::Manifest;
use super::pack::Packs;
use super::row::{self, Row};
use super::{Store, all, vault};
use crate::base::Result;
use crate::disk::Disk;
use std::collections::HashSet;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The longest wait for a workspace that another process is busy with.
const PATIENCE: Duration = Duration::from_millis(500);

/// What pruning took away.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    pub checkpoints: usize,
    pub bytes: u64,
}

/// Deletes checkpoints older than `keep`, then the oldest of all workspaces until they take at most `cap` bytes. Workspaces
/// that another process is busy with are passed over.
pub fn prune(state: &Path, keep: Duration, cap: u64, now: SystemTime, disk: &Disk) -> Pruned {
    let mut pruned = Pruned::default();
    let mut stores: Vec<Store> = stores(state, disk);
    let before: u64 = stores.iter().map(|store| size(&store.folder)).sum();
    let oldest = now.duration_since(UNIX_EPOCH).unwrap_or_default().saturating_sub(keep).as_millis();
    for store in &stores {
        pruned.checkpoints += store.drop_rows(|row| u128::from(row.time_ms) < oldest, keep, now);
    }
    // Half of the checkpoints of the workspace that was not worked in for longest, until it fits.
    let mut total = stores.iter().map(|store| size(&store.folder)).sum::<u64>();
    stores.sort_by_key(|store| store.rows().last().map_or(0, |row| row.time_ms));
    for store in &stores {
        while total > cap {
            let rows = store.rows();
            let Some(middle) = rows.get(rows.len() / 2) else { break };
            let last = rows.len() == 1;
            let dropped = store.drop_rows(|row| last || row.id < middle.id, keep, now);
            if dropped == 0 {
                break;
            }
            pruned.checkpoints += dropped;
            total = stores.iter().map(|store| size(&store.folder)).sum();
        }
    }
    pruned.bytes = before.saturating_sub(total);
    pruned
}

/// The workspaces that have checkpoints.
pub fn stores(state: &Path, disk: &Disk) -> Vec<Store> {
    let folders = std::fs::read_dir(all(state)).into_iter().flatten().flatten();
    let store = |folder: PathBuf| {
        let root = PathBuf::from(OsString::from_vec(std::fs::read(folder.join("root")).ok()?));
        Some(Store { folder, root, own: state.to_path_buf(), disk: disk.clone(), cap: 0 })
    };
    folders.filter_map(|entry| store(entry.path())).collect()
}

/// Bytes that a folder alone takes: what has another name elsewhere is not its own.
fn size(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(meta) if meta.is_dir() => size(&entry.path()),
            Ok(meta) if meta.nlink() == 1 => meta.len(),
            _ => 0,
        })
        .sum()
}

impl Store {
    /// Drops the rows that `goes` names, and what only they had. How many went.
    fn drop_rows(&self, goes: impl Fn(&Row) -> bool, keep: Duration, now: SystemTime) -> usize {
        let Ok(lock) = std::fs::File::open(self.folder.join("lock")) else { return 0 };
        // A program that is being started holds what its parent has open for an instant, this lock too.
        let began = Instant::now();
        while lock.try_lock().is_err() {
            if began.elapsed() > PATIENCE {
                return 0;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        self.remove_leftovers();
        let rows = self.rows();
        // Work goes as a whole: what is left of it could not be undone.
        let old: HashSet<u64> = rows.iter().filter(|row| goes(row)).map(|row| row.before).collect();
        let (old, rest): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| old.contains(&row.before));
        if rest.is_empty() {
            return self.disk.remove_tree(&self.folder).map_or(0, |()| old.len());
        }
        let dropped = old.iter().take_while(|row| row::remove(&self.folder, row, &self.disk).is_ok()).count();
        if dropped > 0 || self.contents().are_many() || self.trees().are_many() {
            // What is not swept now is swept the next time.
            let _ = self.sweep(&rest, keep, now);
        }
        dropped
    }

    /// Removes every content that no row leads to. One that cannot be read keeps all.
    fn sweep(&self, rows: &[&Row], keep: Duration, now: SystemTime) -> Result<()> {
        let trees: Packs = self.trees();
        let hashes: HashSet<Hash> = rows.iter().filter_map(|row| row.hash()).collect();
        let (mut live_trees, mut live_contents) = (HashSet::new(), HashSet::new());
        let mut newest = Manifest::default();
        for hash in &hashes {
            live_trees.extend(Manifest::parts(&trees, hash)?);
            let manifest = Manifest::load(&trees, hash)?;
            let contents = manifest.files.iter().chain(&manifest.git).filter(|entry| entry.kind != Kind::Folder);
            live_contents.extend(contents.map(|entry| entry.hash));
            newest.git.extend(manifest.git.into_iter().filter(|entry| Entry::is_git(&entry.path)));
        }
        self.contents().keep_only(&live_contents)?;
        trees.keep_only(&live_trees)?;
        vault::prune(&self.folder, &newest.git, &self.root, keep, now, &self.disk);
        Ok(())
    }

    /// What a process that was killed had begun.
    fn remove_leftovers(&self) {
        for folder in ["trees", "contents", "rows"] {
            for entry in std::fs::read_dir(self.folder.join(folder)).into_iter().flatten().flatten() {
                if entry.file_name().to_string_lossy().ends_with(".tmp") {
                    let _ = self.disk.remove_file(&entry.path());
                }
            }
        }
    }
}

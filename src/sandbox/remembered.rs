//! That namespaces work on this machine, remembered between runs: trying costs some milliseconds at each start.
//!
//! It holds for one boot, one user, and the very programs that were tried; `agent doctor` tries anew.

use super::choose::Means;
use crate::disk::Disk;
use std::fmt::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// What a trial went by.
#[derive(Debug)]
pub struct Trial {
    file: PathBuf,
    /// `None` where there is nothing to go by.
    key: Option<String>,
}

impl Trial {
    /// `cache` is our cache folder, which no command writes.
    pub fn of(means: &Means, cache: &Path) -> Self {
        Self { file: cache.join("namespaces"), key: key(means) }
    }

    /// Did namespaces work when this was tried before?
    pub fn worked(&self) -> bool {
        let kept = || std::fs::read_to_string(&self.file).ok();
        self.key.as_ref().is_some_and(|key| kept().as_ref() == Some(key))
    }

    /// They work. What cannot be kept is tried again.
    pub fn keep(&self) {
        let parent = self.file.parent().map(|folder| Disk::default().create_private_folder(folder));
        if let (Some(key), Some(Ok(_))) = (&self.key, parent) {
            let _ = Disk::default().replace_private(&self.file, key.as_bytes());
        }
    }
}

fn key(means: &Means) -> Option<String> {
    let mut key = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let _ = writeln!(key, "{}", rustix::process::geteuid().as_raw());
    for program in [means.bubblewrap.as_ref()?, &means.agent] {
        let meta = std::fs::metadata(program).ok()?;
        let (changed, size) = ((meta.ctime(), meta.ctime_nsec()), meta.size());
        let _ = writeln!(key, "{} {} {} {size} {changed:?}", program.display(), meta.dev(), meta.ino());
    }
    Some(key)
}

//! Files with secrets by their names that are in the repository's last commit as they are: whoever has the repository has them, and
//! hidden they would be committed as empty.

use crate::workspace::commits::is_committed;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// What was found of files, so that each is compared once as it is.
#[derive(Debug, Default)]
pub(super) struct Committed {
    /// Found committed once in this session: commands may have changed them since.
    open: BTreeSet<PathBuf>,
    /// Not committed when their change time was this.
    hidden: BTreeMap<PathBuf, (i64, i64)>,
}

impl Committed {
    /// `path` is absolute and without links.
    pub(super) fn has(&mut self, path: &Path) -> bool {
        if self.open.contains(path) {
            return true;
        }
        let Ok(meta) = fs::symlink_metadata(path) else { return false };
        let changed = (meta.ctime(), meta.ctime_nsec());
        if self.hidden.get(path) == Some(&changed) {
            return false;
        }
        if is_committed(path) {
            return self.open.insert(path.into());
        }
        self.hidden.insert(path.into(), changed);
        false
    }
}

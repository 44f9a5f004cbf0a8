//! The branch and how much is not committed. A large repository takes a while: meanwhile the last answer counts.

use super::locked;
use crate::base::desk::Head;
use crate::workspace::git;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Paths that are counted.
const MOST: usize = 10_000;

#[derive(Default)]
pub(super) struct Heads {
    /// Held while it is counted.
    counting: Mutex<()>,
    last: Mutex<Option<(PathBuf, usize)>>,
}

impl Heads {
    pub(super) fn look(&self, folder: &Path) -> Head {
        let Some(tree) = git::work_tree(folder) else { return Head::default() };
        let known = || locked(&self.last).as_ref().filter(|(of, _)| *of == tree).map_or(0, |(_, dirty)| *dirty);
        let dirty = match self.counting.try_lock() {
            Ok(_alone) => {
                let dirty = git::dirty(&tree, MOST);
                *locked(&self.last) = Some((tree.clone(), dirty));
                dirty
            }
            Err(_) => known(),
        };
        Head { branch: git::branch(&tree), dirty, running: None }
    }
}

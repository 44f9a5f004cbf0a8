//! What a change set was about to do, written down before the first of its steps, so that a change that was killed in the
//! middle is carried to its end when its session goes on. Without a kill the file is gone before anybody could see it.

use super::files::digest;
use crate::disk::Disk;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};

/// One file of a change set.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Planned {
    /// The new text, waiting beside its place; none for a file that is deleted.
    pub(super) staged: Option<PathBuf>,
    pub(super) target: PathBuf,
    /// The file that goes: the deleted one, or the old place of a moved one.
    pub(super) removed: Option<PathBuf>,
    /// Where the old file is kept until all is done.
    pub(super) kept: PathBuf,
    /// SHA-256 of what the change was made from, in hex; none where there was no file.
    pub(super) before: Option<String>,
}

impl Planned {
    fn source(&self) -> &Path {
        self.removed.as_deref().unwrap_or(&self.target)
    }

    /// Has nothing of it been done, and is the file still what the change was made from?
    fn is_as_planned(&self) -> bool {
        let pending = match &self.staged {
            Some(staged) => staged.exists(),
            None => self.source().exists(),
        };
        !pending || std::fs::read(self.source()).ok().map(|bytes| digest(&bytes)) == self.before
    }
}

/// The file that holds the plan.
#[derive(Debug, Clone)]
pub(super) struct Journal {
    pub(super) path: PathBuf,
    pub(super) disk: Disk,
}

impl Journal {
    pub(super) fn write(&self, plan: &[Planned]) -> io::Result<()> {
        let text = serde_json::to_vec(plan).map_err(io::Error::other)?;
        let mut file = self.disk.create_private_file(&self.path)?;
        self.disk.write(&mut file, &text)
    }

    pub(super) fn forget(&self) {
        // One that stays names only what is done, and changes nothing when it is carried out again.
        let _ = self.disk.remove_file(&self.path);
    }
}

/// Carries out what is left of a change that was killed. `None` when there is nothing; else words for the user.
pub fn recover(path: &Path, disk: &Disk) -> Option<String> {
    let bytes = std::fs::read(path).ok()?;
    let plan: Vec<Planned> = serde_json::from_slice(&bytes).unwrap_or_default();
    let whole = plan.iter().all(Planned::is_as_planned);
    for step in &plan {
        if whole { finish(step, disk) } else { abandon(step, disk) }
    }
    let _ = disk.remove_file(path);
    let names: Vec<String> = plan.iter().map(|step| format!("`{}`", step.target.display())).collect();
    Some(match (plan.is_empty(), whole) {
        // Killed while the plan was written: nothing had been done.
        (true, _) => return None,
        (false, true) => format!("a change that was cut off has been carried to its end: {}", names.join(", ")),
        (false, false) => {
            format!("a change was cut off, and files have changed since; it was left as it is: {}", names.join(", "))
        }
    })
}

/// Every step may have been done already; then there is nothing to do, and no error.
fn finish(step: &Planned, disk: &Disk) {
    if let Some(staged) = &step.staged {
        let _ = disk.rename(staged, &step.target);
    }
    if let Some(removed) = &step.removed {
        let _ = disk.remove_file(removed);
    }
    let _ = disk.remove_file(&step.kept);
}

fn abandon(step: &Planned, disk: &Disk) {
    if let Some(staged) = &step.staged {
        let _ = disk.remove_file(staged);
    }
    if step.source().exists() {
        let _ = disk.remove_file(&step.kept);
    } else {
        let _ = disk.rename(&step.kept, step.source());
    }
}

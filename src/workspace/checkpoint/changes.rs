//! What is different between two checkpoints, or between one and now, as edits: the patch of `agent run --propose`, and what is
//! reviewed after a task.

use super::Store;
use super::entry::{Entry, Kind};
use super::manifest::{Difference, Manifest, differences};
use super::pack::Packs;
use super::read::WHOLE;
use super::undo::Unit;
use crate::base::Result;
use crate::edit::change::{ChangeSet, FileEdit, Mode};
use crate::edit::diff::is_binary;
use crate::workspace::beneath;
use std::ffi::OsStr;
use std::io::{ErrorKind, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

/// The difference between two trees.
#[derive(Debug, Default)]
pub struct Changes {
    /// Paths are relative to the root.
    pub set: ChangeSet,
    /// Paths that are different and that no patch of text can hold: links, binary and very large files.
    pub unsaid: Vec<String>,
}

impl Store {
    /// What leads from one checkpoint to another, ignored files left out.
    pub fn changes(&self, before: &Manifest, after: &Manifest) -> Changes {
        let contents = self.contents();
        collect(differences(&before.files, &after.files), |old, new| {
            let side = |entry| Some(Side { text: kept(&contents, entry)?, executable: executable(entry) });
            Some((side(old)?, side(new)?))
        })
    }

    /// What a piece of work changed, from before it to the files as they are now: also what was changed there since. What is
    /// as it was before is left out.
    pub fn changes_till_now(&self, unit: &Unit) -> Result<Changes> {
        let (before, after) = self.trees_of(unit)?;
        // Work that is not at its end has changed what is different now.
        let ended = after.map_or_else(|| self.look(), Ok)?;
        let contents = self.contents();
        Ok(collect(differences(&before.files, &ended.files), |old, new| {
            let path = &old.or(new)?.path;
            let now = on_disk(self.root(), &self.root().join(OsStr::from_bytes(path)))?;
            Some((Side { text: kept(&contents, old)?, executable: executable(old) }, now))
        }))
    }
}

/// One side of a change: `None` where there is no file.
struct Side {
    text: Option<Arc<[u8]>>,
    executable: bool,
}

/// `sides` are those of a path, if a patch of text can hold them.
fn collect<'a>(
    found: Vec<Difference<'a>>,
    sides: impl Fn(Option<&'a Entry>, Option<&'a Entry>) -> Option<(Side, Side)>,
) -> Changes {
    let mut changes = Changes::default();
    for (old, new) in found {
        let entries = || old.iter().chain(new.iter());
        if entries().all(|entry| entry.ignored || entry.kind == Kind::Folder) {
            continue;
        }
        let path = entries().next().and_then(|entry| String::from_utf8(entry.path.to_vec()).ok());
        match (path, sides(old, new)) {
            (Some(path), Some((before, after))) => {
                let mode = Mode { before: before.text.is_some() && before.executable, after: after.executable };
                let mode = (after.text.is_some() && mode.before != mode.after).then_some(mode);
                let (before, after) = (before.text, after.text);
                changes.set.files.push(FileEdit { path, from: None, before, after, mode });
            }
            (None, _) | (_, None) => changes.unsaid.extend(entries().next().map(|entry| entry.shown())),
        }
    }
    changes.set.files.retain(FileEdit::changes);
    changes
}

fn executable(entry: Option<&Entry>) -> bool {
    entry.is_some_and(|entry| entry.mode & 0o100 != 0)
}

/// The text of a file in a checkpoint; nothing inside where there is no file, nothing at all where it is no text.
fn kept(contents: &Packs, entry: Option<&Entry>) -> Option<Option<Arc<[u8]>>> {
    let Some(entry) = entry.filter(|entry| entry.kind != Kind::Folder) else { return Some(None) };
    let small = entry.kind == Kind::File && contents.size(&entry.hash).is_some_and(|size| size <= WHOLE);
    let bytes = contents.get(&entry.hash).ok().filter(|bytes| small && !is_binary(bytes))?;
    Some(Some(bytes.into()))
}

/// The same of a file as it is now.
fn on_disk(root: &Path, path: &Path) -> Option<Side> {
    match path.symlink_metadata() {
        Err(error) if error.kind() == ErrorKind::NotFound => return Some(Side { text: None, executable: false }),
        Ok(meta) if meta.is_dir() => return Some(Side { text: None, executable: false }),
        Ok(_) | Err(_) => {}
    }
    let file = beneath::file(root, path).ok()?;
    let meta = file.metadata().ok().filter(|meta| meta.is_file() && meta.len() <= WHOLE)?;
    let mut bytes = Vec::new();
    file.take(WHOLE).read_to_end(&mut bytes).ok()?;
    let executable = meta.permissions().mode() & 0o100 != 0;
    (!is_binary(&bytes)).then(|| Side { text: Some(bytes.into()), executable })
}

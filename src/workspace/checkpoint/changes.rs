//! What is different between two checkpoints, as edits: the patch of `agent run --propose`.

use super::Store;
use super::entry::{Entry, Kind};
use super::manifest::{Manifest, differences};
use super::read::WHOLE;
use crate::edit::change::{ChangeSet, FileEdit, Mode};
use crate::edit::diff::is_binary;
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
        let mut changes = Changes::default();
        for (old, new) in differences(&before.files, &after.files) {
            let entries = || old.iter().chain(new.iter());
            if entries().all(|entry| entry.ignored || entry.kind == Kind::Folder) {
                continue;
            }
            let text = |entry: Option<&Entry>| -> Option<Option<Arc<[u8]>>> {
                let Some(entry) = entry.filter(|entry| entry.kind != Kind::Folder) else { return Some(None) };
                let small = entry.kind == Kind::File && contents.size(&entry.hash).is_some_and(|size| size <= WHOLE);
                let bytes = contents.get(&entry.hash).ok().filter(|bytes| small && !is_binary(bytes))?;
                Some(Some(bytes.into()))
            };
            let path = entries().next().and_then(|entry| String::from_utf8(entry.path.to_vec()).ok());
            match (path, text(old), text(new)) {
                (Some(path), Some(before), Some(after)) => {
                    let executable = |entry: Option<&Entry>| entry.is_some_and(|entry| entry.mode & 0o100 != 0);
                    let mode = Mode { before: old.is_some() && executable(old), after: executable(new) };
                    let mode = (after.is_some() && mode.before != mode.after).then_some(mode);
                    changes.set.files.push(FileEdit { path, from: None, before, after, mode });
                }
                _ => changes.unsaid.extend(entries().next().map(|entry| entry.shown())),
            }
        }
        changes.set.files.retain(FileEdit::changes);
        changes
    }
}

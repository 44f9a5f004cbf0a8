//! How many lines are different between two trees.

use super::Store;
use super::entry::{Entry, Kind};
use super::manifest::{Manifest, differences};
use super::pack::Packs;
use super::plan::Action;
use super::read::{WHOLE, open};
use crate::edit::diff::Diff;
use std::io::Read;
use std::path::PathBuf;

/// A file or link that is different, with its lines; 0 for what is no text, or is too long to be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Relative to the root.
    pub path: PathBuf,
    pub added: u64,
    pub removed: u64,
}

impl Store {
    /// The files that are different between two checkpoints, ignored ones left out: the first `most` of them, and how many
    /// more there are.
    pub fn changed_lines(&self, before: &Manifest, after: &Manifest, most: usize) -> (Vec<Changed>, usize) {
        let all = differences(&before.files, &after.files);
        let files: Vec<_> = all
            .into_iter()
            .filter(|(old, new)| {
                let counts = |entry: &&Entry| entry.kind != Kind::Folder && !entry.ignored;
                old.as_ref().is_some_and(counts) || new.as_ref().is_some_and(counts)
            })
            .collect();
        if files.is_empty() {
            return (Vec::new(), 0);
        }
        let more = files.len().saturating_sub(most);
        let contents = self.contents();
        let changed = files.into_iter().take(most).map(|(old, new)| {
            let path = old.or(new).map(|entry| entry.path().to_path_buf()).unwrap_or_default();
            let (added, removed) = count(&kept(&contents, old), &kept(&contents, new));
            Changed { path, added, removed }
        });
        (changed.collect(), more)
    }

    /// Lines that each action adds and removes, in their order.
    pub fn action_lines<'a>(&self, actions: impl Iterator<Item = &'a Action>) -> Vec<(u64, u64)> {
        let contents = self.contents();
        actions
            .map(|action| count(&self.present(action.now.as_ref()), &kept(&contents, action.target.as_ref())))
            .collect()
    }

    fn present(&self, entry: Option<&Entry>) -> Option<Vec<u8>> {
        let entry = entry.filter(|entry| entry.kind == Kind::File && entry.stamp.size <= WHOLE);
        let Some(entry) = entry else { return Some(Vec::new()) };
        let mut bytes = Vec::new();
        let file = open(&self.root.join(entry.path())).ok()?;
        file.take(WHOLE).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }
}

/// A content; nothing for what is no file, `None` for one that is too long.
fn kept(contents: &Packs, entry: Option<&Entry>) -> Option<Vec<u8>> {
    let Some(entry) = entry.filter(|entry| entry.kind == Kind::File) else { return Some(Vec::new()) };
    contents.size(&entry.hash).filter(|size| *size <= WHOLE)?;
    contents.get(&entry.hash).ok()
}

fn count(before: &Option<Vec<u8>>, after: &Option<Vec<u8>>) -> (u64, u64) {
    let (Some(before), Some(after)) = (before, after) else { return (0, 0) };
    let diff = Diff::of(before, after);
    (diff.added(), diff.removed())
}

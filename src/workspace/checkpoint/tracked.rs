//! Which paths git tracks, from `.git/index` itself. Asked only for paths that would be left out because they are ignored: to
//! git a tracked file is not.

use crate::workspace::git;
use std::path::Path;

/// Bytes of an entry before its name, in a repository of SHA-1 hashes.
const FIXED: usize = 62;
/// Where the flags are in it.
const FLAGS: usize = 60;

/// Tracked paths, relative to the root, sorted.
#[derive(Debug, Default)]
pub struct Tracked(Vec<Box<[u8]>>);

impl Tracked {
    /// What the index of the work tree at `root` lists; nothing, where there is none or it is not understood.
    pub fn read(root: &Path) -> Self {
        let index = git::folder(root).and_then(|folder| std::fs::read(folder.join("index")).ok());
        Self(index.and_then(|bytes| paths(&bytes)).unwrap_or_default())
    }

    pub fn has(&self, path: &[u8]) -> bool {
        self.0.binary_search_by(|tracked| (**tracked).cmp(path)).is_ok()
    }

    /// The paths in a folder, all below it.
    pub fn below<'a>(&'a self, folder: &[u8]) -> impl Iterator<Item = &'a [u8]> {
        let start = [folder, b"/"].concat();
        let from = self.0.partition_point(|path| **path < *start);
        self.0.iter().skip(from).map(|path| &**path).take_while(move |path| path.starts_with(&start))
    }
}

/// The names in an index of version 2, 3 or 4.
fn paths(index: &[u8]) -> Option<Vec<Box<[u8]>>> {
    let word = |at: usize| Some(u32::from_be_bytes(index.get(at..at + 4)?.try_into().ok()?));
    let (version, count) = (word(4)?, word(8)?);
    if !index.starts_with(b"DIRC") || !(2..=4).contains(&version) {
        return None;
    }
    let mut paths: Vec<Box<[u8]>> = Vec::new();
    let mut at = 12;
    for _ in 0..count {
        let is_extended = index.get(at + FLAGS)? & 0x40 != 0;
        let mut name = at + FIXED + if is_extended { 2 } else { 0 };
        let mut path = Vec::new();
        if version == 4 {
            // So many bytes of the name before are not shared.
            let (drop, next) = offset(index, name)?;
            let last = paths.last().map_or(&[][..], |path| path);
            path.extend_from_slice(last.get(..last.len().checked_sub(drop)?)?);
            name = next;
        }
        let rest = index.get(name..)?;
        let length = rest.iter().position(|byte| *byte == 0)?;
        path.extend_from_slice(rest.get(..length)?);
        paths.push(path.into());
        let end = name + length;
        // Up to eight NULs make the length a multiple of eight.
        at = if version == 4 { end + 1 } else { at + ((end - at) / 8 + 1) * 8 };
    }
    Some(paths)
}

/// A number in git's variable length, and where it ends.
fn offset(bytes: &[u8], mut at: usize) -> Option<(usize, usize)> {
    let mut byte = *bytes.get(at)?;
    let mut value = usize::from(byte & 0x7f);
    while byte & 0x80 != 0 {
        at += 1;
        byte = *bytes.get(at)?;
        value = (value.checked_add(1)?.checked_mul(128)?) | usize::from(byte & 0x7f);
    }
    Some((value, at + 1))
}

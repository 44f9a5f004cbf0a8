//! `.git` as a file: where it leads, and whether what it leads to knows of it.

use super::gitconfig;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// Bytes of such a file that are read.
const LONGEST: u64 = 16 * 1024;

/// What the file in `folder` names, by its text alone; nothing on the way is followed.
pub(super) fn target(folder: &Path, text: &[u8]) -> Option<PathBuf> {
    let text = std::str::from_utf8(text).ok()?;
    let named = text.strip_prefix("gitdir:")?.trim_start_matches([' ', '\t']).trim_end_matches(['\n', '\r']);
    let mut clean = PathBuf::new();
    for part in folder.join(named).components() {
        match part {
            Component::ParentDir => {
                clean.pop();
            }
            Component::CurDir => {}
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => clean.push(part),
        }
    }
    Some(clean)
}

/// The git folders outside of `roots` of the repository that `root` is a work tree or a submodule of: its own, and the one it
/// shares. Only those that name this folder in turn, so that a folder cannot claim the repository of another.
pub(super) fn outside(root: &Path, roots: &[PathBuf]) -> Vec<PathBuf> {
    let own = read(&root.join(".git")).and_then(|text| target(root, &text)).and_then(|path| path.canonicalize().ok());
    let Some(own) = own else { return Vec::new() };
    let trimmed = |path: PathBuf| read(&path).map(|bytes| String::from_utf8_lossy(&bytes).trim_end().to_owned());
    let mut found = Vec::new();
    let back = trimmed(own.join("gitdir")).and_then(|back| own.join(back).canonicalize().ok());
    if back.is_some_and(|back| back == root.join(".git")) {
        let common = trimmed(own.join("commondir")).and_then(|common| own.join(common).canonicalize().ok());
        if let Some(common) = common.filter(|common| own.starts_with(common.join("worktrees"))) {
            // The folder of the work tree lies in it.
            found.push(common);
        }
    } else {
        let named = read(&own.join("config")).and_then(|config| gitconfig::work_tree(&config));
        if named.and_then(|named| own.join(named).canonicalize().ok()).is_some_and(|named| named == root) {
            found.push(own);
        }
    }
    found.retain(|path| !roots.iter().any(|root| path.starts_with(root)));
    found
}

fn read(path: &Path) -> Option<Vec<u8>> {
    let meta = fs::symlink_metadata(path).ok()?;
    (meta.is_file() && meta.len() <= LONGEST).then(|| fs::read(path).ok()).flatten()
}

//! What start-up needs of git, read from `.git` itself: starting a program for it would cost more than the whole start.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The top of the work tree that `folder` lies in.
pub fn work_tree(folder: &Path) -> Option<PathBuf> {
    folder.ancestors().find(|parent| parent.join(".git").exists()).map(Path::to_path_buf)
}

/// The branch that is checked out, or the first digits of a detached commit.
pub fn branch(work_tree: &Path) -> Option<String> {
    let git = work_tree.join(".git");
    let folder = match small_file(&git) {
        // In a linked work tree `.git` is a file that says where the real folder is.
        Some(text) => work_tree.join(text.strip_prefix("gitdir:")?.trim()),
        None => git,
    };
    let head = small_file(&folder.join("HEAD"))?;
    let head = head.trim();
    match head.strip_prefix("ref: refs/heads/") {
        Some(name) => is_name(name).then(|| name.to_owned()),
        None => is_commit(head).then(|| head.chars().take(12).collect()),
    }
}

/// As git allows it. The model is told the name, so nothing that could be read as more words may stand in its place.
fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|char: char| char.is_whitespace() || char.is_control())
}

/// A whole hash, SHA-1 or SHA-256.
fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A regular file's first bytes: a pipe in its place would wait for ever.
fn small_file(path: &Path) -> Option<String> {
    let mut text = String::new();
    if !path.metadata().ok()?.is_file() {
        return None;
    }
    File::open(path).ok()?.take(4096).read_to_string(&mut text).ok()?;
    Some(text)
}

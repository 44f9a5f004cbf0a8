//! What start-up needs of git, read from `.git` itself: starting a program for it would cost more than the whole start.

use std::path::{Path, PathBuf};

/// The top of the work tree that `folder` lies in.
pub fn work_tree(folder: &Path) -> Option<PathBuf> {
    folder.ancestors().find(|parent| parent.join(".git").exists()).map(Path::to_path_buf)
}

/// The branch that is checked out, or the first digits of a detached commit.
pub fn branch(work_tree: &Path) -> Option<String> {
    let git = work_tree.join(".git");
    let folder = match std::fs::read_to_string(&git) {
        // In a linked work tree `.git` is a file that says where the real folder is.
        Ok(text) => work_tree.join(text.strip_prefix("gitdir:")?.trim()),
        Err(_) => git,
    };
    let head = std::fs::read_to_string(folder.join("HEAD")).ok()?;
    let head = head.trim();
    Some(match head.strip_prefix("ref: refs/heads/") {
        Some(name) => name.to_owned(),
        None => head.chars().take(12).collect(),
    })
}

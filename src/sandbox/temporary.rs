//! A project's own folder in the user's cache folder: temporary files, and caches of tools.

use sha2::{Digest, Sha256};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Of the hash of a project's path, so many bytes name its folder.
const BYTES: usize = 8;

/// The folder of a project's own things that can be made again: `<cache>/projects/<hash of its first root>`.
pub fn project(cache: &Path, roots: &[PathBuf]) -> PathBuf {
    let root = roots.first().map(|root| root.as_os_str().as_bytes()).unwrap_or_default();
    let name: String = Sha256::digest(root).iter().take(BYTES).map(|byte| format!("{byte:02x}")).collect();
    cache.join("projects").join(name)
}

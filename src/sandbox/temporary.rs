//! A project's own folder for files that do not last, in the user's cache folder.

use crate::base::{Error, Result};
use crate::disk::Disk;
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

/// Makes the folder for temporary files, for the user alone.
pub fn folder(cache: &Path, roots: &[PathBuf], disk: &Disk) -> Result<PathBuf> {
    let folder = project(cache, roots).join("tmp");
    disk.create_private_folder(&folder).map_err(|error| {
        Error::io("create", folder.display(), &error).hint("set XDG_CACHE_HOME to a folder that can be written")
    })?;
    Ok(folder)
}

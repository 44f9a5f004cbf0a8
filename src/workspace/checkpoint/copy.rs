//! A private copy of a workspace as a checkpoint would see it, in another folder, with repositories that work there.

use super::entry::{Entry, Kind};
use super::left_out::LeftOut;
use super::scan;
use crate::base::{Error, Kind as ErrorKind, Result};
use crate::disk::Disk;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Copies all below `root` that a checkpoint covers into the folder `into`, which must be empty or missing and outside of
/// it; `own` is our state folder, which is never part of a workspace. Gives what was left out.
///
/// Contents are copied (shared, where the file system can), objects of git get a second name.
pub fn materialise(root: &Path, into: &Path, own: &Path, disk: &Disk) -> Result<Vec<LeftOut>> {
    let fail = |path: &Path, error: io::Error| Error::io("copy", path.display(), &error);
    let root = root.canonicalize().map_err(|error| fail(root, error))?;
    let scan = scan::scan(&root, own)?;
    disk.create_private_folder(into).map_err(|error| fail(into, error))?;
    if into.canonicalize().is_ok_and(|into| into.starts_with(&root)) {
        return Err(Error::new(ErrorKind::Usage, format!("`{}` lies in the workspace", into.display())));
    }
    for entry in scan.files.iter().chain(&scan.git) {
        match copy(entry, &root, into, disk) {
            // What went away since it was seen is not there.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            done => done.map_err(|error| fail(&root.join(entry.path()), error))?,
        }
    }
    for objects in &scan.objects {
        let path = Path::new(OsStr::from_bytes(objects));
        link_all(&root.join(path), &into.join(path), disk).map_err(|error| fail(&root.join(path), error))?;
    }
    // Last, and the innermost first: a folder may be one that nothing can be written to.
    for folder in scan.files.iter().rev().filter(|entry| entry.kind == Kind::Folder) {
        disk.set_mode_of(&into.join(folder.path()), folder.mode).map_err(|error| fail(into, error))?;
    }
    Ok(scan.left_out)
}

fn copy(entry: &Entry, root: &Path, into: &Path, disk: &Disk) -> io::Result<()> {
    let (from, to) = (root.join(entry.path()), into.join(entry.path()));
    match entry.kind {
        Kind::Folder => disk.create_folder(&to).map(drop),
        Kind::Link => disk.link_to(&std::fs::read_link(from)?, &to),
        Kind::File => {
            if let Some(parent) = to.parent().filter(|parent| !parent.is_dir()) {
                disk.create_private_folder(parent)?;
            }
            disk.copy_file(&from, &to)
        }
    }
}

/// Everything in a folder of objects, but for its `info`, which is no object and was copied.
fn link_all(from: &Path, to: &Path, disk: &Disk) -> io::Result<()> {
    disk.create_folder(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if !entry.file_type()?.is_dir() {
            disk.keep_object(&source, &target)?;
        } else if entry.file_name() != "info" {
            link_all(&source, &target, disk)?;
        }
    }
    Ok(())
}

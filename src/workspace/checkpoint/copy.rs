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
/// Contents are copied (shared, where the file system can). What leads back into the original by its whole path, links and
/// the files of git that name a folder, leads into the copy; a repository that lies elsewhere is not in it.
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
        copy_all(&root.join(path), &into.join(path), disk).map_err(|error| fail(&root.join(path), error))?;
    }
    // Last, and the innermost first: a folder may be one that nothing can be written to.
    for folder in scan.files.iter().rev().filter(|entry| entry.kind == Kind::Folder) {
        disk.set_mode_of(&into.join(folder.path()), folder.mode).map_err(|error| fail(into, error))?;
    }
    Ok(scan.left_out)
}

fn copy(entry: &Entry, root: &Path, into: &Path, disk: &Disk) -> io::Result<()> {
    let (from, to) = (root.join(entry.path()), into.join(entry.path()));
    let is_git = Entry::is_git(&entry.path);
    match entry.kind {
        Kind::Folder => disk.create_folder(&to).map(drop),
        Kind::Link => {
            let target = std::fs::read_link(from)?;
            match target.strip_prefix(root) {
                Ok(rest) => disk.link_to(&into.join(rest), &to),
                // A link to a repository elsewhere would be that repository.
                Err(_) if is_git && target.is_absolute() => Ok(()),
                Err(_) => disk.link_to(&target, &to),
            }
        }
        Kind::File => {
            if let Some(parent) = to.parent().filter(|parent| !parent.is_dir()) {
                disk.create_private_folder(parent)?;
            }
            let names_folders = is_git
                || inside_git(&entry.path)
                    && NAMES_FOLDERS.contains(&to.file_name().unwrap_or_default().as_encoded_bytes());
            if !names_folders || entry.stamp.size > SMALL {
                return disk.copy_file(&from, &to);
            }
            match redirected(&std::fs::read(&from)?, root, into, is_git.then_some(&*entry.path)) {
                Some(text) => disk.write_user_file(&to, &text),
                None => Ok(()),
            }
        }
    }
}

/// Files of git that hold whole paths, and how long one may be to be looked at.
const NAMES_FOLDERS: &[&[u8]] = &[b"config", b"config.worktree", b"gitdir", b"commondir"];
const SMALL: u64 = 1 << 20;

fn inside_git(path: &[u8]) -> bool {
    path.split(|byte| *byte == b'/').any(|part| part == b".git")
}

/// Such a file as it is in the copy; nothing where it is the file `git` and leads to a repository elsewhere.
fn redirected(bytes: &[u8], root: &Path, into: &Path, git: Option<&[u8]>) -> Option<Vec<u8>> {
    let Ok(text) = std::str::from_utf8(bytes) else { return Some(bytes.to_vec()) };
    let (Some(old), Some(new)) = (root.to_str(), into.to_str()) else { return Some(bytes.to_vec()) };
    let text = text.replace(&format!("{old}/"), &format!("{new}/")).replace(&format!("{old}\n"), &format!("{new}\n"));
    let elsewhere = |path: &str| path.starts_with('/') && !path.starts_with(new);
    if let Some(git) = git {
        let depth = git.split(|byte| *byte == b'/').count() - 1;
        let leads = text.trim().strip_prefix("gitdir:").map(str::trim).unwrap_or_default();
        let leaves = leads.split('/').take_while(|part| *part == "..").count() > depth;
        return (!elsewhere(leads) && !leaves).then(|| text.into_bytes());
    }
    // A work tree elsewhere would be changed by the copy's git.
    let kept = text.split_inclusive('\n').filter(|line| {
        let value = line.split_once('=').filter(|(key, _)| key.trim().eq_ignore_ascii_case("worktree"));
        !value.is_some_and(|(_, value)| elsewhere(value.trim().trim_matches('"')))
    });
    Some(kept.collect::<String>().into_bytes())
}

/// Everything in a folder of objects, but for its `info`, which is no object and was copied.
fn copy_all(from: &Path, to: &Path, disk: &Disk) -> io::Result<()> {
    disk.create_folder(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if !entry.file_type()?.is_dir() {
            disk.copy_file(&source, &target)?;
        } else if entry.file_name() != "info" {
            copy_all(&source, &target, disk)?;
        }
    }
    Ok(())
}

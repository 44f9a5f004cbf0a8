//! One round of putting right: what differs is taken away, what was there is put back, and both are said.

use super::quarantine::Quarantine;
use super::record::{Difference, DifferenceKind, Node, below, open_folder, open_parent, stat};
use super::survey::{GitFolder, Id, Seen, Top, TopKind};
use crate::base::event::{GuardedFile, Tampering};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::DirEntryExt;
use std::path::{Path, PathBuf};

/// Names that are looked at for a git folder that was hidden.
const SEARCHED: usize = 500_000;

/// What was found after a command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    pub files: Vec<GuardedFile>,
    /// The folder in which what was taken away is kept.
    pub kept: Option<PathBuf>,
    /// What could not be put right, in words for the user.
    pub unmended: Vec<String>,
}

impl Findings {
    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && self.unmended.is_empty()
    }

    pub(super) fn add(&mut self, other: Findings) {
        self.files.extend(other.files);
        self.kept = other.kept.or(self.kept.take());
        self.unmended.extend(other.unmended);
    }
}

/// One round of putting right.
pub(super) struct Check<'c> {
    pub(super) quarantine: Quarantine<'c>,
    pub(super) root: PathBuf,
    pub(super) found: Findings,
}

impl Check<'_> {
    pub(super) fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }

    pub(super) fn report(&mut self, path: &Path, what: Tampering) {
        let path = self.shown(path);
        self.found.files.push(GuardedFile { path, what });
    }

    pub(super) fn failed(&mut self, path: &Path, verb: &str, error: &io::Error) {
        let words = format!("cannot {verb} `{}`: {}", self.shown(path), crate::base::error::reason(error));
        self.found.unmended.push(words);
    }

    /// The open folder that a protected path is in. Where it is to be put back, folders of git that are gone are made again;
    /// other folders that are gone took it along, and nothing reads it any more.
    pub(super) fn parent<'t>(&mut self, top: &'t Top, make: bool) -> Option<(OwnedFd, &'t OsStr)> {
        let name = top.path.file_name()?;
        if let Ok(opened) = open_parent(&top.anchor, &top.path) {
            return Some((opened, name));
        }
        if top.kind != TopKind::GitPart {
            return None;
        }
        let home = match open_parent(&top.anchor, &top.home.join("x")) {
            Ok(home) => home,
            Err(_) if !make || !is_dot_git(&top.home) || top.home == top.anchor => return None,
            Err(_) => {
                let around = open_parent(&top.anchor, &top.home).ok()?;
                let shown = self.shown(&top.home);
                self.quarantine.folder(&around, top.home.file_name()?, &shown).ok()?
            }
        };
        let below = top.path.parent()?.strip_prefix(&top.home).ok()?;
        let Some(below) = below.file_name() else { return Some((home, name)) };
        let way = top.home.join(below);
        let shown = self.shown(&way);
        if let Ok(Some(_)) = stat(&home, below)
            && open_folder(&home, below).is_err()
        {
            self.report(&way, Tampering::Changed);
            if let Err(error) = self.quarantine.take(&home, below, &shown) {
                self.failed(&way, "take away", &error);
                return None;
            }
        }
        if !make {
            return None;
        }
        Some((self.quarantine.folder(&home, below, &shown).ok()?, name))
    }

    /// Opens folders up that a command locked: what is in them has to be looked at. False where that failed.
    pub(super) fn unlock(&mut self, anchor: &Path, path: &Path) -> bool {
        let opened = if path == anchor { open_parent(Path::new("/"), path) } else { open_parent(anchor, path) };
        let unlocked = opened.and_then(|folder| {
            let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
            self.quarantine.unlock(&folder, name)
        });
        if let Err(error) = &unlocked {
            self.failed(path, "look into", error);
        }
        unlocked.is_ok()
    }

    /// One difference below a protected path.
    pub(super) fn undo(
        &mut self,
        folder: &OwnedFd,
        name: &OsStr,
        path: &Path,
        before: &Node,
        now: &Node,
        difference: &Difference,
    ) {
        let (before, now) = (below(before, &difference.path), below(now, &difference.path));
        let mut opened = folder.try_clone();
        let mut last = name;
        let mut way = path.to_path_buf();
        for part in difference.path.components() {
            opened = opened.and_then(|folder| open_folder(&folder, last));
            last = part.as_os_str();
            way.push(last);
        }
        match opened {
            Err(error) => self.failed(&way, "put back", &error),
            Ok(folder) if difference.kind == DifferenceKind::Mode => {
                let mode = before.map_or(0o700, |node| node.facts().mode);
                self.report(&way, Tampering::Changed);
                if let Err(error) = self.quarantine.set_mode(&folder, last, mode) {
                    self.failed(&way, "put back", &error);
                }
            }
            Ok(folder) => self.mend(&folder, last, &way, before, now),
        }
    }

    /// Takes away what is there and puts back what was.
    pub(super) fn mend(
        &mut self,
        folder: &OwnedFd,
        name: &OsStr,
        path: &Path,
        before: Option<&Node>,
        now: Option<&Node>,
    ) {
        let shown = self.shown(path);
        self.report(
            path,
            match (before, now) {
                (None, _) => Tampering::Added,
                (Some(_), Some(_)) => Tampering::Changed,
                (Some(_), None) => Tampering::Removed,
            },
        );
        let taken = match (before, now) {
            // A file is replaced in one step, so that it is never missing.
            (Some(Node::File { .. }), Some(Node::File { .. })) => self.quarantine.keep(folder, name, &shown),
            (_, Some(_)) => self.quarantine.unlocked(folder, |place| place.take(folder, name, &shown)),
            (_, None) => Ok(()),
        };
        if let Err(error) = taken {
            self.failed(path, "take away", &error);
            // What is there is no reason to leave it there: a file can be replaced without a copy.
            if !matches!((before, now), (Some(Node::File { .. }), Some(Node::File { .. }))) {
                return;
            }
        }
        if let Some(before) = before
            && let Err(error) = self.quarantine.unlocked(folder, |place| place.put(folder, name, before))
        {
            self.failed(path, "put back", &error);
        }
    }

    /// A `.git` folder that was renamed away comes back.
    pub(super) fn bring_back(&mut self, git: &GitFolder, seen: &Seen, fresh: &BTreeSet<PathBuf>) -> bool {
        let is = |path: &Path, id: Id| fs::symlink_metadata(path).is_ok_and(|meta| Id::of(&meta) == id);
        let around = git.path.parent().unwrap_or(Path::new("/"));
        if fresh.contains(&git.path)
            || git.path == git.anchor
            || !is_dot_git(&git.path)
            || is(&git.path, git.id)
            || !is(around, git.parent)
        {
            return false;
        }
        let elsewhere = seen.git.iter().find(|other| git.is(other.id, other.born)).map(|other| other.path.clone());
        let Some(from) = elsewhere.or_else(|| search(git)) else { return false };
        let stood = git.path.symlink_metadata().is_ok();
        self.report(&git.path, if stood { Tampering::Changed } else { Tampering::Removed });
        if let Err(error) = self.carry(&from, git) {
            self.failed(&git.path, "bring back", &error);
        }
        true
    }

    fn carry(&mut self, from: &Path, git: &GitFolder) -> io::Result<()> {
        let shown = self.shown(&git.path);
        let (source, target) = (open_parent(&git.anchor, from)?, open_parent(&git.anchor, &git.path)?);
        let (Some(old), Some(name)) = (from.file_name(), git.path.file_name()) else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        self.quarantine.unlocked(&target, |place| {
            place.take(&target, name, &shown)?;
            place.unlocked(&source, |place| place.rename(&source, old, &target, name))
        })
    }
}

/// Is it called `.git`?
pub(super) fn is_dot_git(path: &Path) -> bool {
    path.file_name().is_some_and(|name| super::protected::meaning(name) == super::protected::Meaning::Git)
}

/// Looks for a folder by what it is, also where the survey does not look.
fn search(git: &GitFolder) -> Option<PathBuf> {
    let mut left = SEARCHED;
    let mut folders = vec![git.anchor.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            left = left.checked_sub(1)?;
            if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                continue;
            }
            let is = |meta: fs::Metadata| git.is(Id::of(&meta), meta.created().ok());
            if entry.ino() == git.id.inode && entry.metadata().is_ok_and(is) {
                return Some(entry.path());
            }
            folders.push(entry.path());
        }
    }
    None
}

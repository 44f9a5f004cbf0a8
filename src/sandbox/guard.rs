//! Looks after protected paths around commands: before one it remembers them, after it what was added, changed or removed is
//! taken into a quarantine, put back as it was, and said.
//!
//! Under namespaces the kernel keeps what exists, so there only new paths and git folders that moved matter. All of it blocks.

use super::Backend;
use super::gitconfig;
use super::gitfile;
use super::quarantine::Quarantine;
use super::record::{
    Bytes, Difference, DifferenceKind, Node, Recorder, below, differences, facts, open_folder, open_parent, stat,
};
use super::survey::{GitFolder, Id, Seen, Survey, Top, TopKind};
use crate::base::event::{GuardedFile, Tampering};
use crate::disk::Disk;
use std::collections::{BTreeMap, BTreeSet};
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

    fn add(&mut self, other: Findings) {
        self.files.extend(other.files);
        self.kept = other.kept.or(self.kept.take());
        self.unmended.extend(other.unmended);
    }
}

/// Guards the protected paths of a workspace.
pub struct Guard {
    root: PathBuf,
    survey: Survey,
    recorder: Recorder,
    quarantine: PathBuf,
    /// Does the kernel keep what exists?
    held: bool,
    records: BTreeMap<PathBuf, Kept>,
    git: BTreeMap<PathBuf, GitFolder>,
    /// Git folders and `.git` files that commands of this session made: there plain changes are let be.
    fresh: BTreeSet<PathBuf>,
    looked: bool,
    running: usize,
    pending: Findings,
    rounds: u64,
}

/// A protected path as it was.
struct Kept {
    top: Top,
    id: Id,
    /// `None` where the kernel keeps it.
    node: Option<Node>,
}

impl Guard {
    /// `roots` are what commands may write, absolute and without links; `quarantine` lies where they cannot.
    pub fn new(roots: &[PathBuf], quarantine: PathBuf, backend: Backend, disk: Disk) -> Self {
        let copies = quarantine.join("before");
        Self {
            root: roots.first().cloned().unwrap_or_default(),
            survey: Survey::new(roots),
            recorder: Recorder { disk, copies, copied: 0 },
            quarantine,
            held: matches!(backend, Backend::Namespaces | Backend::Seatbelt),
            records: BTreeMap::new(),
            git: BTreeMap::new(),
            fresh: BTreeSet::new(),
            looked: false,
            running: 0,
            pending: Findings::default(),
            rounds: 0,
        }
    }

    /// Protected paths that exist, for the jail. What commands of this session made is not among them: git goes on setting
    /// it up, and it is looked at after each command.
    pub fn protected(&mut self) -> Vec<PathBuf> {
        let fresh = &self.fresh;
        let seen = if self.looked { self.survey.seen() } else { self.survey.look() };
        let tops = seen.tops.iter().filter(|top| !fresh.contains(&top.home) && !fresh.contains(&top.path));
        // A link cannot be held; what it leads to can, and the link itself is looked at afterwards.
        let mut found: Vec<PathBuf> = tops.filter_map(|top| top.path.canonicalize().ok()).collect();
        found.sort();
        found.dedup();
        found
    }

    /// Files in the workspace that hold secrets by their names, for the jail.
    pub fn secrets(&mut self) -> Vec<PathBuf> {
        let seen = if self.looked { self.survey.seen() } else { self.survey.look() };
        let mut found: Vec<PathBuf> = seen.secrets.iter().filter_map(|path| path.canonicalize().ok()).collect();
        found.sort();
        found.dedup();
        found
    }

    /// Git folders outside of the workspace that git writes to when it works in it, for the jail's writable paths: those of
    /// the repository that the workspace is a work tree or a submodule of.
    pub fn repositories(&self) -> Vec<PathBuf> {
        self.survey.outside().to_vec()
    }

    /// Is there more in the workspace than is looked at?
    pub fn truncated(&self) -> bool {
        self.survey.seen().truncated
    }

    /// Remembers how things are. To be called before each command and before [`Guard::protected`]; while others run, what
    /// they did is put right first, and told by the next [`Guard::after`].
    pub fn before(&mut self) {
        if self.running > 0 {
            let found = self.check();
            self.pending.add(found);
        } else {
            self.survey.look();
            self.remember();
        }
        self.running += 1;
    }

    /// Puts right what a command did. To be called when it has ended, also for one in the background.
    pub fn after(&mut self) -> Findings {
        self.running = self.running.saturating_sub(1);
        let mut found = std::mem::take(&mut self.pending);
        found.add(self.check());
        found
    }

    /// Takes things as they are now at this path: an edit there was allowed while commands run.
    pub fn allow(&mut self, path: &Path) {
        if self.running == 0 {
            return;
        }
        self.survey.look();
        let touched = |top: &Top| path.starts_with(&top.path) || top.path.starts_with(path);
        self.records.retain(|_, kept| !touched(&kept.top));
        let seen = self.survey.seen().clone();
        for top in seen.tops.iter().filter(|top| touched(top)) {
            self.remember_one(top, None);
        }
    }

    fn remember(&mut self) {
        let seen = self.survey.seen().clone();
        let mut old = std::mem::take(&mut self.records);
        for top in &seen.tops {
            let known = old.remove(&top.path).and_then(|kept| kept.node);
            self.remember_one(top, known.as_ref());
        }
        self.git = seen.git.into_iter().map(|git| (git.path.clone(), git)).collect();
        self.fresh.retain(|path| path.symlink_metadata().is_ok());
        self.looked = true;
    }

    fn remember_one(&mut self, top: &Top, known: Option<&Node>) {
        let Some(name) = top.path.file_name() else { return };
        let Ok(folder) = open_parent(&top.anchor, &top.path) else { return };
        let Ok(Some(stat)) = stat(&folder, name) else { return };
        let facts = facts(&stat);
        let is_link = rustix::fs::FileType::from_raw_mode(stat.st_mode) == rustix::fs::FileType::Symlink;
        let reads = !self.held || is_link || self.is_fresh(top);
        let node = if reads { self.recorder.reading().node(&folder, name, known).ok().flatten() } else { None };
        self.records.insert(top.path.clone(), Kept { top: top.clone(), id: facts.id, node });
    }

    fn is_fresh(&self, top: &Top) -> bool {
        self.fresh.contains(&top.home) || self.fresh.contains(&top.path)
    }

    fn check(&mut self) -> Findings {
        self.survey.look();
        self.rounds += 1;
        let disk = self.recorder.disk.clone();
        let place = self.quarantine.join(format!("{:04}", self.rounds));
        let quarantine = Quarantine::new(&disk, place);
        let mut check = Check { quarantine, root: self.root.clone(), found: Findings::default() };
        if self.git.values().fold(false, |moved, git| check.bring_back(git, self.survey.seen(), &self.fresh) || moved) {
            self.survey.look();
        }
        let seen = self.survey.seen().clone();
        self.notice(&seen);
        self.follow(&seen);
        // First what is new: it may stand in the way of what is to be put back.
        for top in &seen.tops {
            let known = self.records.get(&top.path);
            if known.is_none_or(|kept| kept.top.home_id != top.home_id && !self.is_same_repository(top)) {
                self.records.remove(&top.path);
                self.settle(&mut check, top, None, &seen);
            }
        }
        for (_, kept) in std::mem::take(&mut self.records) {
            if let Some(node) = &kept.node {
                self.settle(&mut check, &kept.top, Some(node), &seen);
            }
            self.records.insert(kept.top.path.clone(), kept);
        }
        let mut found = check.found;
        found.kept = check.quarantine.used().map(Path::to_path_buf);
        if !found.is_empty() {
            self.survey.look();
        }
        self.remember();
        found
    }

    /// A git folder that was made again in the place of one that is gone is held to what was there.
    fn is_same_repository(&self, top: &Top) -> bool {
        top.kind == TopKind::GitPart
            && !self.held
            && self.git.contains_key(&top.home)
            && !self.fresh.contains(&top.home)
    }

    /// Git folders that were not there before are this session's own.
    fn notice(&mut self, seen: &Seen) {
        for git in &seen.git {
            let was = self.git.values().find(|old| old.id == git.id);
            match was {
                Some(old) if self.fresh.contains(&old.path) => drop(self.fresh.insert(git.path.clone())),
                Some(_) => {}
                None if is_dot_git(&git.path) && self.git.contains_key(&git.path) && !self.held => {}
                None => drop(self.fresh.insert(git.path.clone())),
            }
        }
    }

    /// What moved along with the folder it belongs to is what it was.
    fn follow(&mut self, seen: &Seen) {
        for top in seen.tops.iter().filter(|top| !self.records.contains_key(&top.path)).collect::<Vec<_>>() {
            let Ok(id) = fs::symlink_metadata(&top.path).map(|meta| Id::of(&meta)) else { continue };
            let part = |top: &Top| top.path.strip_prefix(&top.home).map(Path::to_path_buf).ok();
            let moved = |kept: &&Kept| {
                kept.id == id
                    && kept.top.home_id == top.home_id
                    && part(&kept.top) == part(top)
                    && fs::symlink_metadata(&kept.top.home).map_or(true, |meta| Id::of(&meta) != top.home_id)
            };
            let Some(old) = self.records.values().find(moved).map(|kept| kept.top.path.clone()) else { continue };
            if let Some(kept) = self.records.remove(&old) {
                self.records.insert(top.path.clone(), Kept { top: top.clone(), ..kept });
            }
        }
    }

    /// One protected path: is it as it was, or may it be as it is? Else it is put right.
    fn settle(&mut self, check: &mut Check<'_>, top: &Top, before: Option<&Node>, seen: &Seen) {
        let fresh = self.is_fresh(top);
        let Some((folder, name)) = check.parent(top, before.is_some() && !fresh) else { return };
        let now = match self.recorder.reading().node(&folder, name, before) {
            Ok(now) => now,
            Err(error) => return check.failed(&top.path, "look at", &error),
        };
        match (before, now) {
            (None, None) => {}
            (_, None) if fresh => {}
            (Some(before), None) => check.mend(&folder, name, &top.path, Some(before), None),
            (None, Some(now)) => {
                if is_plain(top, &now, seen, &self.git) {
                    if top.kind == TopKind::GitFile {
                        self.fresh.insert(top.path.clone());
                    }
                } else {
                    check.mend(&folder, name, &top.path, None, Some(&now));
                }
            }
            (Some(before), Some(now)) => {
                let differences = differences(before, &now);
                if differences.is_empty() || (fresh && is_plain(top, &now, seen, &self.git)) {
                    return;
                }
                for difference in &differences {
                    check.undo(&folder, name, &top.path, before, &now, difference);
                }
            }
        }
    }
}

/// One round of putting right.
struct Check<'c> {
    quarantine: Quarantine<'c>,
    root: PathBuf,
    found: Findings,
}

impl Check<'_> {
    fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }

    fn report(&mut self, path: &Path, what: Tampering) {
        let path = self.shown(path);
        self.found.files.push(GuardedFile { path, what });
    }

    fn failed(&mut self, path: &Path, verb: &str, error: &io::Error) {
        let words = format!("cannot {verb} `{}`: {}", self.shown(path), crate::base::error::reason(error));
        self.found.unmended.push(words);
    }

    /// The open folder that a protected path is in. Where it is to be put back, folders of git that are gone are made again;
    /// other folders that are gone took it along, and nothing reads it any more.
    fn parent<'t>(&mut self, top: &'t Top, make: bool) -> Option<(OwnedFd, &'t OsStr)> {
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

    /// One difference below a protected path.
    fn undo(
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
    fn mend(&mut self, folder: &OwnedFd, name: &OsStr, path: &Path, before: Option<&Node>, now: Option<&Node>) {
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
            (_, Some(_)) => self.quarantine.take(folder, name, &shown),
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
            && let Err(error) = self.quarantine.put(folder, name, before)
        {
            self.failed(path, "put back", &error);
        }
    }

    /// A `.git` folder that was renamed away comes back.
    fn bring_back(&mut self, git: &GitFolder, seen: &Seen, fresh: &BTreeSet<PathBuf>) -> bool {
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
        let elsewhere = seen.git.iter().find(|other| other.id == git.id).map(|other| other.path.clone());
        let Some(from) = elsewhere.or_else(|| search(&git.anchor, git.id)) else { return false };
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
        self.quarantine.take(&target, name, &shown)?;
        self.quarantine.rename(&source, old, &target, name)
    }
}

/// Is this what git itself brings into a new repository?
fn is_plain(top: &Top, node: &Node, seen: &Seen, known: &BTreeMap<PathBuf, GitFolder>) -> bool {
    let text = match node {
        Node::File { bytes: Bytes::Here(bytes), facts, .. } if facts.names <= 1 => Some(bytes),
        Node::File { .. } | Node::Link { .. } | Node::Folder { .. } | Node::Other { .. } => None,
    };
    let part = top.path.strip_prefix(&top.home).ok().and_then(Path::to_str).unwrap_or_default();
    match (top.kind, part) {
        (TopKind::Named, _) => false,
        (TopKind::GitFile, _) => {
            let target = text.and_then(|text| gitfile::target(&top.home, text));
            !known.contains_key(&top.path) && target.is_some_and(|target| seen.git.iter().any(|git| git.path == target))
        }
        (TopKind::GitPart, "config" | "config.worktree") => {
            let is_module = top.home.components().any(|part| part.as_os_str() == "modules");
            text.is_some_and(|text| gitconfig::is_plain(text, is_module))
        }
        (TopKind::GitPart, "commondir") => {
            let linked = top.home.parent().and_then(Path::file_name).is_some_and(|name| name == "worktrees");
            linked && text.is_some_and(|text| text.trim_ascii() == b"../..")
        }
        (TopKind::GitPart, "hooks") => match node {
            Node::Folder { entries, .. } => entries
                .iter()
                .all(|(name, node)| matches!(node, Node::File { .. }) && name.as_encoded_bytes().ends_with(b".sample")),
            Node::File { .. } | Node::Link { .. } | Node::Other { .. } => false,
        },
        (TopKind::GitPart, _) => false,
    }
}

fn is_dot_git(path: &Path) -> bool {
    path.file_name().is_some_and(|name| super::protected::meaning(name) == super::protected::Meaning::Git)
}

/// Looks for a folder by what it is, also where the survey does not look.
fn search(below: &Path, id: Id) -> Option<PathBuf> {
    let mut left = SEARCHED;
    let mut folders = vec![below.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            left = left.checked_sub(1)?;
            if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                continue;
            }
            if entry.ino() == id.inode && entry.metadata().is_ok_and(|meta| Id::of(&meta) == id) {
                return Some(entry.path());
            }
            folders.push(entry.path());
        }
    }
    None
}

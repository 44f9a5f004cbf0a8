//! Looks after protected paths around commands: before one it remembers them, after it what was added, changed or removed is
//! taken into a quarantine, put back as it was, and said.
//!
//! Under namespaces the kernel keeps what exists, so there only new paths and git folders that moved matter. All of it blocks.

use super::Backend;
use super::committed::Committed;
pub use super::mend::Findings;
use super::mend::{Check, is_dot_git};
use super::plain::is_plain;
use super::quarantine::Quarantine;
use super::record::{For, Node, Recorder, differences, facts, open_parent, stat};
use super::survey::{GitFolder, Id, Seen, Survey, Top, TopKind};
use crate::disk::Disk;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

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
    committed: Committed,
    /// Folders that could not be looked into before a command ran: the user's own doing.
    locked: BTreeSet<PathBuf>,
    looked: bool,
    running: usize,
    pending: Findings,
    rounds: u64,
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.recorder.forget_but(std::iter::empty());
    }
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
            recorder: Recorder::new(disk, copies),
            quarantine,
            held: matches!(backend, Backend::Namespaces | Backend::Seatbelt),
            records: BTreeMap::new(),
            git: BTreeMap::new(),
            fresh: BTreeSet::new(),
            committed: Committed::default(),
            locked: BTreeSet::new(),
            looked: false,
            running: 0,
            pending: Findings::default(),
            rounds: 0,
        }
    }

    /// These paths below the roots are protected too.
    pub fn with_places(mut self, places: &[PathBuf]) -> Self {
        self.survey.add_places(places);
        self
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

    /// Files in the workspace that hold secrets by their names, for the jail; not those that are committed as they are.
    pub fn secrets(&mut self) -> Vec<PathBuf> {
        let seen = if self.looked { self.survey.seen() } else { self.survey.look() };
        let mut found: Vec<PathBuf> = seen.secrets.iter().filter_map(|path| path.canonicalize().ok()).collect();
        found.sort();
        found.dedup();
        found.retain(|path| !self.committed.has(path));
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

    /// Does no more than one command run?
    pub fn is_last(&self) -> bool {
        self.running <= 1
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
        self.locked = seen.locked.into_iter().map(|(_, path)| path).collect();
        self.fresh.retain(|path| path.symlink_metadata().is_ok());
        self.recorder.forget_but(self.records.values().filter_map(|kept| kept.node.as_ref()));
        self.looked = true;
    }

    fn remember_one(&mut self, top: &Top, known: Option<&Node>) {
        let Some(name) = top.path.file_name() else { return };
        let Ok(folder) = open_parent(&top.anchor, &top.path) else { return };
        let Ok(Some(stat)) = stat(&folder, name) else { return };
        let facts = facts(&stat);
        let is_link = rustix::fs::FileType::from_raw_mode(stat.st_mode) == rustix::fs::FileType::Symlink;
        let reads = !self.held || is_link || self.is_fresh(top);
        // What a command of this session made is not put back, so it is not copied.
        let purpose = if self.is_fresh(top) { For::Comparing } else { For::Keeping };
        let read = |recorder: &mut Recorder| recorder.reading(purpose).node(&folder, name, known).ok().flatten();
        let node = if reads { read(&mut self.recorder) } else { None };
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
        while let Some((anchor, path)) = self.newly_locked() {
            // What cannot be opened up is told once.
            if !check.unlock(&anchor, &path) {
                self.locked.insert(path);
            }
            self.survey.look();
        }
        let mut moved = false;
        for git in self.git.values() {
            moved |= check.bring_back(git, self.survey.seen(), &self.fresh);
        }
        if moved {
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

    /// A folder that a command locked.
    fn newly_locked(&self) -> Option<(PathBuf, PathBuf)> {
        self.survey.seen().locked.iter().find(|(_, path)| !self.locked.contains(path)).cloned()
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
            let was = self.git.values().find(|old| old.is(git.id, git.born));
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
        let now = match self.recorder.reading(For::Comparing).node(&folder, name, before) {
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

//! What an undo or redo would do, before it does anything.

use super::entry::{Entry, Kind};
use super::manifest::{Manifest, same};
use super::row::{Cause, Row};
use super::undo::{self, Trees, Unit, Wish};
use super::{Store, vault};
use crate::base::{Error, Kind as ErrorKind, Result};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Goal {
    /// Take back so many of the last tasks.
    Undo { turns: usize },
    /// The tree as it was at a checkpoint.
    To { id: u64 },
    /// Take the last undo back.
    Redo,
}

/// How a repository is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repository {
    Alive,
    /// Without any of the objects it had.
    Empty,
    /// Gone, or nothing that git would take for one.
    Broken,
}

/// What happens to one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    pub now: Option<Entry>,
    pub target: Option<Entry>,
}

/// All that would happen.
#[derive(Debug)]
pub struct Plan {
    pub cause: Cause,
    /// The work that is taken back, the last first.
    pub work: Vec<Unit>,
    /// By path.
    pub actions: BTreeMap<Box<[u8]>, Action>,
    /// Paths that were changed since, which would be lost.
    pub newer: BTreeSet<Box<[u8]>>,
    /// What stands in the way and is in no checkpoint, so that it is never removed.
    pub blocked: Vec<String>,
    /// Folders called `.git` that are put back whole.
    pub revived: Vec<Box<[u8]>>,
    /// Folders called `objects` that lost all their objects.
    pub refilled: Vec<Box<[u8]>>,
    /// For the user: what is not done.
    pub notes: Vec<String>,
    /// The checkpoint before an undo that was cut off and left the tree between two.
    pub cut_off: Option<u64>,
    /// The tree that is gone back to.
    pub(super) tree: Manifest,
}

impl Plan {
    /// Would nothing happen?
    pub fn is_empty(&self) -> bool {
        self.actions.is_empty() && self.revived.is_empty() && self.refilled.is_empty()
    }
}

impl Store {
    /// Looks at the tree as it is and says what would have to happen. `only`, unless empty, are paths relative to the root;
    /// nothing outside of them is touched.
    pub fn plan(&self, goal: &Goal, only: &[Box<[u8]>]) -> Result<Plan> {
        let rows = self.rows();
        let history = undo::history(&rows);
        let (cause, work) = match goal {
            Goal::Undo { turns } => (Cause::Undo, history.undo.into_iter().take(*turns).collect()),
            Goal::To { id } => (Cause::Undo, history.undo.into_iter().filter(|unit| is_after(unit, *id)).collect()),
            Goal::Redo => (Cause::Redo, history.redo.into_iter().take(1).collect::<Vec<Unit>>()),
        };
        let row = match goal {
            Goal::To { id } => rows.iter().find(|row| row.id == *id).ok_or_else(|| unknown(*id))?,
            Goal::Undo { .. } | Goal::Redo => work.last().map(|unit| &unit.before).ok_or_else(|| nothing(goal))?,
        };
        let tree = self.tree_of(row)?;
        let now = self.look()?;
        let trees = |work: &[Unit]| work.iter().map(|unit| self.trees_of(unit)).collect::<Result<Vec<Trees>>>();
        let wishes = match goal {
            // What an undo did since is ours as well.
            Goal::To { id } => {
                let since: Vec<Unit> =
                    undo::units(&rows).into_iter().rev().filter(|unit| is_after(unit, *id)).collect();
                undo::wishes_for(&tree, &trees(&since)?, &now)
            }
            Goal::Undo { .. } | Goal::Redo => undo::wishes(&trees(&work)?, &now),
        };
        let mut plan = Plan {
            cause,
            work,
            actions: BTreeMap::new(),
            newer: BTreeSet::new(),
            blocked: Vec::new(),
            revived: Vec::new(),
            refilled: Vec::new(),
            notes: Vec::new(),
            cut_off: undo::cut_off(&rows),
            tree,
        };
        let wanted = |path: &[u8]| only.is_empty() || only.iter().any(|only| Entry::lies_in(path, only));
        for (path, wish) in wishes.into_iter().filter(|(path, _)| wanted(path)) {
            plan.consider(self.root(), path, wish, &now);
        }
        plan.add_parents(&now);
        plan.look_below(&now);
        self.look_at_repositories(&mut plan, &now, &wanted);
        plan.say_what_is_left_out(&now);
        Ok(plan)
    }

    fn tree_of(&self, row: &Row) -> Result<Manifest> {
        self.manifest(&row.hash().ok_or_else(|| unknown(row.id))?)
    }

    pub(super) fn trees_of(&self, unit: &Unit) -> Result<Trees> {
        Ok((self.tree_of(&unit.before)?, unit.after.as_ref().map(|after| self.tree_of(after)).transpose()?))
    }

    /// Repositories are put back only where they are gone or broken: what git did in one that is alive is for git to undo.
    fn look_at_repositories(&self, plan: &mut Plan, now: &Manifest, wanted: &dyn Fn(&[u8]) -> bool) {
        for repository in plan.tree.repositories().filter(|entry| wanted(&entry.path)) {
            let shown = repository.shown();
            match self.state_of(&repository.path) {
                Repository::Broken => {
                    plan.revived.push(repository.path.clone());
                    continue;
                }
                Repository::Empty => plan.refilled.push([&*repository.path, b"/objects"].concat().into()),
                Repository::Alive => {}
            }
            if !same_list(below(&plan.tree.git, &repository.path), below(&now.git, &repository.path)) {
                plan.notes.push(format!("`{shown}` is alive: its commits, branches and index stay as they are now"));
            }
        }
        let is_new = |entry: &&Entry| super::entry::find(&plan.tree.git, &entry.path).is_none();
        let new: Vec<String> = now.repositories().filter(is_new).map(Entry::shown).collect();
        plan.notes.extend(new.iter().map(|shown| format!("`{shown}` is new and stays")));
    }

    /// How a repository is on the disk, by the path of its `.git`.
    pub(super) fn state_of(&self, repository: &[u8]) -> Repository {
        let path = self.root.join(OsStr::from_bytes(repository));
        let has_all = path.join("HEAD").metadata().is_ok_and(|head| head.is_file() && head.len() > 0)
            && path.join("objects").is_dir()
            && path.join("refs").is_dir();
        let objects = [repository, b"/objects"].concat();
        if !has_all {
            Repository::Broken
        } else if !vault::objects_in(&path.join("objects")) && vault::has(&self.folder, &objects) {
            Repository::Empty
        } else {
            Repository::Alive
        }
    }
}

fn unknown(id: u64) -> Error {
    Error::usage(format!("there is no checkpoint `{id}` of this folder")).hint("`agent undo --list` shows them")
}

fn nothing(goal: &Goal) -> Error {
    match goal {
        Goal::Undo { .. } | Goal::To { .. } => {
            Error::new(ErrorKind::Incomplete, "there is nothing to undo in this folder")
                .hint("each task that runs a command or changes a file can be undone; `agent undo --list` shows them")
        }
        Goal::Redo => Error::new(ErrorKind::Incomplete, "there is nothing to redo in this folder")
            .hint("what was undone can be redone until the next task; `agent undo --list` shows all checkpoints"),
    }
}

/// Was the work begun at or after a checkpoint?
fn is_after(unit: &Unit, id: u64) -> bool {
    unit.id() >= id
}

/// The entries at and below a path.
pub(super) fn below<'a>(entries: &'a [Entry], path: &'a [u8]) -> impl Iterator<Item = &'a Entry> {
    let from = entries.partition_point(|entry| *entry.path < *path);
    // Between a folder and what is in it there may be others: `a`, `a-b`, `a/c`.
    let near = entries.iter().skip(from).take_while(move |entry| entry.path.starts_with(path));
    near.filter(move |entry| Entry::lies_in(&entry.path, path))
}

fn same_list<'a>(a: impl Iterator<Item = &'a Entry>, b: impl Iterator<Item = &'a Entry>) -> bool {
    let key = |entry: &'a Entry| (&entry.path, entry.hash);
    a.map(key).eq(b.map(key))
}

impl Plan {
    fn consider(&mut self, root: &Path, path: Box<[u8]>, wish: Wish, now: &Manifest) {
        let current = now.find(&path).cloned();
        // What is there and not covered any more could not be brought back again.
        if now.leaves_out(&path) && root.join(OsStr::from_bytes(&path)).symlink_metadata().is_ok() {
            return;
        }
        if same(current.as_ref(), wish.target.as_ref()) {
            return;
        }
        let is_newer = wish.expected.is_none_or(|expected| !same(expected.as_ref(), current.as_ref()));
        if wish.edited || is_newer {
            self.newer.insert(path.clone());
        }
        self.actions.insert(path, Action { now: current, target: wish.target });
    }

    /// What comes back needs its folders.
    fn add_parents(&mut self, now: &Manifest) {
        let needed: Vec<Box<[u8]>> = self
            .actions
            .iter()
            .filter(|(_, action)| action.target.is_some())
            .flat_map(|(path, _)| parents(path))
            .collect();
        for path in needed {
            let is_folder = |entry: &Entry| entry.kind == Kind::Folder;
            let current = self.actions.get(&path).map_or_else(|| now.find(&path), |action| action.target.as_ref());
            if current.is_some_and(is_folder) || now.leaves_out(&path) {
                continue;
            }
            let Some(target) = self.tree.find(&path).filter(|entry| is_folder(entry)).cloned() else { continue };
            let current = now.find(&path).cloned();
            if current.is_some() && !self.actions.contains_key(&path) {
                self.newer.insert(path.clone());
            }
            self.actions.insert(path, Action { now: current, target: Some(target) });
        }
    }

    /// A folder that gives way to a file takes all that is in it along: what is newer is named, and what no checkpoint
    /// covers is never removed.
    fn look_below(&mut self, now: &Manifest) {
        let gives_way = |action: &Action| {
            action.now.as_ref().is_some_and(|entry| entry.kind == Kind::Folder)
                && action.target.as_ref().is_some_and(|entry| entry.kind != Kind::Folder)
        };
        let folders: Vec<Box<[u8]>> =
            self.actions.iter().filter(|(_, action)| gives_way(action)).map(|(path, _)| path.clone()).collect();
        for folder in folders {
            for entry in below(&now.files, &folder).filter(|entry| entry.path != folder) {
                if !self.actions.contains_key(&entry.path) {
                    self.newer.insert(entry.path.clone());
                    self.actions.insert(entry.path.clone(), Action { now: Some(entry.clone()), target: None });
                }
            }
            let left_out = now.left_out.iter().filter(|left| Entry::lies_in(&left.path, &folder));
            self.blocked.extend(left_out.map(super::left_out::LeftOut::shown));
            self.blocked.extend(below(&now.git, &folder).filter(|entry| Entry::is_git(&entry.path)).map(Entry::shown));
        }
    }

    fn say_what_is_left_out(&mut self, now: &Manifest) {
        let all: BTreeSet<String> =
            self.tree.left_out.iter().chain(&now.left_out).map(super::left_out::LeftOut::shown).collect();
        self.notes.extend(all.into_iter().map(|shown| format!("{shown} is in no checkpoint and stays as it is")));
    }
}

/// The folders that a path lies in, the outermost first.
fn parents(path: &[u8]) -> Vec<Box<[u8]>> {
    let ends = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at);
    ends.filter_map(|end| path.get(..end).map(Box::from)).collect()
}

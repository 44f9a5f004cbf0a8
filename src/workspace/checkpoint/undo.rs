//! Which work an undo takes back, and what it wants each path to be. Pure: it works on rows and trees.
//!
//! Only paths that the work itself changed are wanted; what the user did to others stays. A path that is not as the work
//! left it is one the user changed since.

use super::entry::Entry;
use super::manifest::{Manifest, differences, same};
use super::row::{Cause, Row};
use std::collections::BTreeMap;

/// A task, an undo or a redo: from its checkpoint before to the one after, if it came to that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    pub before: Row,
    pub after: Option<Row>,
}

impl Unit {
    pub fn id(&self) -> u64 {
        self.before.id
    }

    /// Did it leave everything as it was?
    fn is_idle(&self) -> bool {
        self.after.as_ref().is_some_and(|after| after.changed == 0)
    }
}

/// What can be undone and redone, the last first.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct History {
    pub undo: Vec<Unit>,
    pub redo: Vec<Unit>,
}

/// All work, oldest first.
pub fn units(rows: &[Row]) -> Vec<Unit> {
    let after = |id: u64| rows.iter().rfind(|row| row.before == id && !row.is_before()).cloned();
    rows.iter().filter(|row| row.is_before()).map(|row| Unit { before: row.clone(), after: after(row.id) }).collect()
}

/// What is left to undo and to redo after all that happened.
pub fn history(rows: &[Row]) -> History {
    let (mut done, mut undone): (Vec<Unit>, Vec<(Unit, Vec<Unit>)>) = (Vec::new(), Vec::new());
    for unit in units(rows) {
        let undid = &unit.before.undid;
        match unit.before.cause {
            Cause::Task => {
                undone.clear();
                done.push(unit);
            }
            // One that was cut off took nothing back for good.
            Cause::Undo | Cause::Redo if unit.after.is_none() => {}
            Cause::Undo => {
                let (taken, left) = done.into_iter().partition(|other: &Unit| undid.contains(&other.id()));
                done = left;
                undone.push((unit, taken));
            }
            Cause::Redo => {
                if let Some(at) = undone.iter().position(|(other, _)| undid.contains(&other.id())) {
                    done.extend(undone.remove(at).1);
                }
            }
        }
    }
    done.retain(|unit| !unit.is_idle());
    done.reverse();
    undone.reverse();
    History { undo: done, redo: undone.into_iter().map(|(unit, _)| unit).collect() }
}

/// The checkpoint before an undo or redo that was cut off, if nothing came after it: the tree may be between two.
pub fn cut_off(rows: &[Row]) -> Option<u64> {
    rows.last().filter(|row| row.is_before() && row.cause != Cause::Task).map(|row| row.id)
}

/// The tasks that the user has taken back after the checkpoint `last`, of those that `is_known` says yes to, in their words.
pub fn undone_since(rows: &[Row], is_known: impl Fn(&Row) -> bool, last: u64) -> Vec<String> {
    let undid = rows.iter().filter(|row| row.id > last && row.is_before() && row.cause == Cause::Undo);
    let ids: Vec<u64> = undid.flat_map(|row| row.undid.iter().copied()).collect();
    let tasks = rows.iter().filter(|row| is_known(row) && row.is_before() && ids.contains(&row.id));
    tasks.map(|row| row.words.clone()).collect()
}

/// The first checkpoints of all tasks that are taken back, and were not brought back since.
pub fn taken_back(rows: &[Row]) -> Vec<&Row> {
    let mut taken: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    for unit in units(rows).into_iter().filter(|unit| unit.after.is_some()) {
        match unit.before.cause {
            Cause::Task => {}
            Cause::Undo => drop(taken.insert(unit.id(), unit.before.undid)),
            Cause::Redo => unit.before.undid.iter().for_each(|id| drop(taken.remove(id))),
        }
    }
    let is_taken = |row: &&Row| row.is_before() && taken.values().any(|undid| undid.contains(&row.id));
    rows.iter().filter(|row| row.cause == Cause::Task).filter(is_taken).collect()
}

/// What one path is to become, and what it must be now so that nothing of the user's is lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    pub target: Option<Entry>,
    /// `None` where it is not known, because the work was cut off: then any change may be the user's.
    pub expected: Option<Option<Entry>>,
    /// Did the user change it between two pieces of the work?
    pub edited: bool,
}

/// The tree before a piece of work, and the one after it where that is known.
pub type Trees = (Manifest, Option<Manifest>);

/// What to wish for each path so that the work is undone; `now` is the tree as it is. The last work comes first.
pub fn wishes(work: &[Trees], now: &Manifest) -> BTreeMap<Box<[u8]>, Wish> {
    let mut all: BTreeMap<Box<[u8]>, Wish> = BTreeMap::new();
    for (number, (before, after)) in work.iter().enumerate() {
        // Work that was cut off ended, at the latest, where the next began, or else now.
        let next = number.checked_sub(1).and_then(|next| work.get(next)).map(|(before, _)| before);
        let known = after.as_ref().or(next);
        let ended = known.unwrap_or(now);
        for (old, new) in differences(&before.files, &ended.files) {
            let Some(path) = old.or(new).map(|entry| entry.path.clone()) else { continue };
            if before.leaves_out(&path) {
                continue;
            }
            let edited = all.get(&path).is_some_and(|later| later.edited || !same(later.target.as_ref(), new));
            let expected = match all.remove(&path) {
                Some(later) => later.expected,
                None => known.is_some().then(|| new.cloned()),
            };
            all.insert(path, Wish { target: old.cloned(), expected, edited });
        }
    }
    all
}

/// What to wish for each path so that the tree is as it was at a checkpoint. What only the user changed is expected to be
/// as it was there, so that it is not lost unseen; `work` is what was done since.
pub fn wishes_for(target: &Manifest, work: &[Trees], now: &Manifest) -> BTreeMap<Box<[u8]>, Wish> {
    let undone = wishes(work, now);
    let mut all = BTreeMap::new();
    let covered = |path: &[u8]| !target.leaves_out(path);
    let uncovered = target.files.iter().filter(|entry| now.leaves_out(&entry.path)).map(|entry| (Some(entry), None));
    for (old, new) in differences(&target.files, &now.files).into_iter().chain(uncovered) {
        let Some(path) = old.or(new).map(|entry| entry.path.clone()).filter(|path| covered(path)) else { continue };
        let wish = match undone.get(&path) {
            Some(wish) if same(wish.target.as_ref(), old) => wish.clone(),
            _ => Wish { target: old.cloned(), expected: Some(old.cloned()), edited: false },
        };
        all.insert(path, wish);
    }
    all
}

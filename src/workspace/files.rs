//! Reading files, and writing change sets: all files of a set or none, each one whole or as it was.
//!
//! New text is staged beside its target, synced, and renamed over it; mode and owner stay. A file that is no longer what
//! the change was made from, or that has other names (hard links), is refused.

use super::beneath::{self, Held};
use super::journal::{Journal, Planned};
use super::place::Place;
use super::take_back::Undo;
use crate::disk::{Disk, Staged};
use crate::edit::change::{ChangeSet, FileEdit};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fs::{self, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes of a file that are read at once.
pub const MAX_FILE: u64 = 50 * 1024 * 1024;

/// The hand that reads and writes the user's files, and knows what the model has seen of them.
pub struct Files {
    disk: Disk,
    journal: Option<Journal>,
    /// SHA-256 in hex of each file that was seen whole.
    seen: Mutex<HashMap<PathBuf, String>>,
    /// Of files seen in part: which text, and the first line that was not seen.
    parts: Mutex<HashMap<PathBuf, (String, usize)>>,
}

impl Files {
    pub fn new(disk: Disk) -> Self {
        Self { disk, journal: None, seen: Mutex::default(), parts: Mutex::default() }
    }

    /// Writes each change's plan to this file first, so that one that is killed can be carried to its end.
    pub fn with_journal(mut self, path: PathBuf) -> Self {
        self.journal = Some(Journal { path, disk: self.disk.clone() });
        self
    }

    /// A regular file's bytes; words for the model otherwise.
    pub fn read(&self, place: &Place, path: &Path, shown: &str) -> Result<Vec<u8>, String> {
        self.read_with_facts(place, path, shown).map(|(bytes, _)| bytes)
    }

    fn read_with_facts(&self, place: &Place, path: &Path, shown: &str) -> Result<(Vec<u8>, Metadata), String> {
        let failed = |error: io::Error| unreadable(shown, &error);
        let file = beneath::file(place.root_of(path), path).map_err(failed)?;
        let meta = file.metadata().map_err(failed)?;
        if !meta.is_file() {
            return Err(format!("`{shown}` is not a regular file"));
        }
        if meta.len() > MAX_FILE {
            return Err(format!(
                "`{shown}` has {} bytes, too many to read at once; use `shell` with sed, head or tail",
                meta.len()
            ));
        }
        let mut bytes = Vec::new();
        file.take(MAX_FILE).read_to_end(&mut bytes).map_err(failed)?;
        Ok((bytes, meta))
    }

    /// The bytes of a file that may be missing, and what the system tells of it.
    pub fn read_if_there(
        &self,
        place: &Place,
        path: &Path,
        shown: &str,
    ) -> Result<Option<(Vec<u8>, Metadata)>, String> {
        match path.symlink_metadata() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            _ => self.read_with_facts(place, path, shown).map(Some),
        }
    }

    /// Remembers that the model has seen the lines from `from` up to and without `to`, of `total`. Parts that follow each
    /// other from the first line to the last make a whole.
    pub fn saw_lines(&self, path: &Path, bytes: &[u8], from: usize, to: usize, total: usize) {
        let digest = digest(bytes);
        let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
        let known = parts.get(path).filter(|(of, _)| *of == digest).map_or(1, |(_, next)| *next);
        let next = if from <= known { known.max(to) } else { known };
        parts.insert(path.into(), (digest, next));
        drop(parts);
        if next > total {
            self.saw(path, bytes);
        }
    }

    /// Remembers that the model has seen these bytes.
    pub fn saw(&self, path: &Path, bytes: &[u8]) {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(path.into(), digest(bytes));
    }

    /// Has the model seen the file as it is now?
    pub fn has_seen(&self, path: &Path, bytes: &[u8]) -> bool {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).get(path) == Some(&digest(bytes))
    }

    /// Is the disk as a change set believes it to be, so that it could be written? Words for the model otherwise.
    pub fn check_all(&self, place: &Place, change: &ChangeSet) -> Result<(), String> {
        self.steps(place, change).map(drop)
    }

    fn steps(&self, place: &Place, change: &ChangeSet) -> Result<Vec<Step>, String> {
        let steps = change.files.iter().map(|edit| self.check(place, edit)).collect::<Result<Vec<Step>, String>>()?;
        for (index, step) in steps.iter().enumerate() {
            if steps.iter().skip(index + 1).any(|other| other.target == step.target) {
                return Err(format!("`{}` would be written twice; nothing was changed", step.shown));
            }
        }
        Ok(steps)
    }

    /// Writes a change set: all of it or nothing. Words for the model otherwise.
    pub fn apply(&self, place: &Place, change: &ChangeSet) -> Result<(), String> {
        let steps = self.steps(place, change)?;
        let mut undo = Undo::new(&self.disk);
        if let Err((shown, error)) = self.carry_out(&steps, &mut undo) {
            undo.roll_back();
            self.forget_plan();
            return Err(format!("cannot write `{shown}`: {}; nothing was changed", crate::base::error::reason(&error)));
        }
        undo.forget();
        self.forget_plan();
        for step in &steps {
            if let Some(after) = &step.after {
                self.saw(&step.target, after);
            }
        }
        Ok(())
    }

    /// First all new text lies beside its place, then the plan is written, and only then names change.
    fn carry_out(&self, steps: &[Step], undo: &mut Undo<'_>) -> Result<(), (String, io::Error)> {
        let named = |step: &Step| {
            let shown = step.shown.clone();
            move |error| (shown, error)
        };
        let mut ready = Vec::new();
        for step in steps {
            let folders = Folders::open(step, undo).map_err(named(step))?;
            let staged = self.stage(step, &folders).map_err(named(step))?;
            ready.push((folders, staged));
        }
        let plan: Vec<Planned> =
            steps.iter().zip(&ready).map(|(step, (_, staged))| step.planned(staged.as_deref())).collect();
        if let Some(journal) = &self.journal {
            journal.write(&plan).map_err(|error| ("the plan of the change".to_owned(), error))?;
        }
        for ((step, (folders, staged)), planned) in steps.iter().zip(ready).zip(&plan) {
            self.commit(step, &folders, staged, planned, steps.len() > 1, undo).map_err(named(step))?;
        }
        Ok(())
    }

    fn forget_plan(&self) {
        if let Some(journal) = &self.journal {
            journal.forget();
        }
    }

    /// Is the disk as the edit believes it to be? Nothing is written here.
    fn check(&self, place: &Place, edit: &FileEdit) -> Result<Step, String> {
        let target = place.resolve(&edit.path)?;
        let source = match &edit.from {
            Some(from) => place.resolve(from)?,
            None => target.clone(),
        };
        let (now, meta) = self.read_if_there(place, &source.absolute, &source.shown)?.unzip();
        if now.as_deref() != edit.before.as_deref() {
            return Err(match (&now, &edit.before) {
                (Some(_), None) => format!("`{}` exists already; read it first", source.shown),
                (None, _) => format!("`{}` is gone", source.shown),
                (Some(_), Some(_)) => format!("`{}` has changed in the meantime; read it again", source.shown),
            });
        }
        if edit.from.is_some() && target.absolute.symlink_metadata().is_ok() {
            return Err(format!("`{}` exists already; nothing was renamed over it", target.shown));
        }
        if meta.as_ref().is_some_and(|meta| meta.nlink() > 1) {
            return Err(format!(
                "`{}` has other names (hard links) that would not change with it; use a command if that is what you want",
                source.shown
            ));
        }
        Ok(Step {
            shown: target.shown,
            root: place.root_of(&target.absolute).into(),
            source_root: place.root_of(&source.absolute).into(),
            source: now.is_some().then_some(source.absolute),
            target: target.absolute,
            after: edit.after.as_deref().map(<[u8]>::to_vec),
            before: now.as_deref().map(digest),
            meta,
            executable: edit.mode.map(|mode| mode.after),
        })
    }

    /// The new text in a file of its own beside its place, with mode and owner of the old one.
    fn stage(&self, step: &Step, folders: &Folders) -> io::Result<Option<Staged>> {
        let (Some(after), Some(folder)) = (&step.after, &folders.target) else { return Ok(None) };
        let folder = folder.path();
        let mut staged = if step.meta.is_some() { self.disk.stage(&folder)? } else { self.disk.stage_new(&folder)? };
        self.disk.write(staged.as_file_mut(), after)?;
        if let Some(meta) = &step.meta {
            // Only a changed owner needs the call, and only root may make it.
            let made = staged.as_file().metadata()?;
            if (made.uid(), made.gid()) != (meta.uid(), meta.gid()) {
                self.disk.set_owner(staged.as_file(), meta.uid(), meta.gid())?;
            }
        }
        let mode = match (&step.meta, step.executable) {
            (None, None) => None,
            (Some(meta), None) => Some(meta.permissions().mode()),
            (Some(meta), Some(executable)) => Some(with_executable(meta.permissions().mode(), executable)),
            (None, Some(executable)) => {
                Some(with_executable(staged.as_file().metadata()?.permissions().mode(), executable))
            }
        };
        if let Some(mode) = mode {
            self.disk.set_mode(staged.as_file(), fs::Permissions::from_mode(mode))?;
        }
        self.disk.sync(staged.as_file())?;
        Ok(Some(staged.into_temp_path()))
    }

    /// The new file takes its name before the old one loses its own, so that one of them is there at every instant.
    fn commit(
        &self,
        step: &Step,
        folders: &Folders,
        staged: Option<Staged>,
        planned: &Planned,
        keep_old: bool,
        undo: &mut Undo<'_>,
    ) -> io::Result<()> {
        let target = Folders::entry(folders.target.as_ref(), &step.target);
        let kept = Folders::entry(folders.source.as_ref().or(folders.target.as_ref()), &planned.kept);
        if let Some(staged) = staged {
            if keep_old && step.source.as_ref() == Some(&step.target) {
                undo.keep_copy(&target, &kept)?;
            }
            self.disk.rename(&staged, &target)?;
            if step.source.as_ref() != Some(&step.target) {
                undo.created(&target);
            }
        }
        if let Some(removed) = &planned.removed {
            undo.set_aside(&Folders::entry(folders.source.as_ref(), removed), &kept)?;
        }
        // The name is new in its folder; a folder that cannot be synced (some network disks) does not undo the write.
        if let Some(folder) = folders.target.as_ref().or(folders.source.as_ref()) {
            let _ = self.disk.sync_folder(&folder.path());
        }
        Ok(())
    }
}

/// The folders of a step, open, so that no other one can be in their place meanwhile. [`Undo`] keeps them open until all is
/// done or taken back.
struct Folders {
    source: Option<Arc<Held>>,
    target: Option<Arc<Held>>,
}

impl Folders {
    /// Makes those that are new.
    fn open(step: &Step, undo: &mut Undo<'_>) -> io::Result<Self> {
        let around = |path: &Path| path.parent().unwrap_or(Path::new("/")).to_path_buf();
        let mut folders = Folders { source: None, target: None };
        if step.after.is_some() {
            let folder = around(&step.target);
            undo.make_folders(&step.root, &folder)?;
            folders.target = Some(undo.open(&step.root, &folder)?);
        }
        if let Some(source) = &step.source {
            folders.source = Some(undo.open(&step.source_root, &around(source))?);
        }
        Ok(folders)
    }

    /// A name in an open folder; the path itself where none is open.
    fn entry(folder: Option<&Arc<Held>>, path: &Path) -> PathBuf {
        match (folder, path.file_name()) {
            (Some(folder), Some(name)) => folder.path().join(name),
            (None, _) | (_, None) => path.into(),
        }
    }
}

/// One file of a set, checked.
struct Step {
    shown: String,
    /// What `target` and `source` lie below.
    root: PathBuf,
    source_root: PathBuf,
    source: Option<PathBuf>,
    target: PathBuf,
    after: Option<Vec<u8>>,
    /// SHA-256 of the old text, in hex.
    before: Option<String>,
    meta: Option<Metadata>,
    /// Where it becomes executable, or no longer is.
    executable: Option<bool>,
}

impl Step {
    fn planned(&self, staged: Option<&Path>) -> Planned {
        let goes = self.after.is_none() || self.source.as_ref() != Some(&self.target);
        Planned {
            // Under the name of its folder: a later process knows no open ones.
            staged: staged.and_then(Path::file_name).map(|name| self.target.with_file_name(name)),
            target: self.target.clone(),
            removed: self.source.clone().filter(|_| goes),
            kept: beside(self.source.as_ref().unwrap_or(&self.target)),
            before: self.before.clone(),
        }
    }
}

/// Who may read a file may execute it, or nobody may.
fn with_executable(mode: u32, executable: bool) -> u32 {
    if executable { mode | ((mode & 0o444) >> 2) } else { mode & !0o111 }
}

/// SHA-256 in hex.
pub(super) fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A free name in the same folder.
fn beside(path: &Path) -> PathBuf {
    path.with_file_name(format!(".agent-{}.old", uuid::Uuid::now_v7().simple()))
}

fn unreadable(shown: &str, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => format!("there is no `{shown}`"),
        _ => format!("cannot read `{shown}`: {}", crate::base::error::reason(error)),
    }
}

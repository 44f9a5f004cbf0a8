//! Carrying out a plan: all new things are made beside first, then names change, and a failure takes back what was done.
//!
//! Nothing is followed out of the root: each folder on the way is looked at before its names are changed.

use super::entry::{Entry, Kind};
use super::manifest::Manifest;
use super::pack::Packs;
use super::plan::{Action, Plan, below};
use super::row::Cause;
use super::take::Label;
use super::{Store, scan, stat, vault};
use crate::base::{Error, Kind as ErrorKind, Result};
use crate::disk::Disk;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

impl Store {
    /// Does what the plan says: all of it or nothing. Gives the number of the checkpoint of the tree as it was, and what
    /// should be said.
    pub fn carry_out(&self, plan: &Plan, only_some: bool) -> Result<(u64, Vec<String>)> {
        let _lock = self.lock()?;
        self.remove_leftovers_of_undo();
        let words = match plan.cause {
            Cause::Undo => "undo",
            Cause::Redo => "redo",
            Cause::Task => "task",
        };
        let undid = if only_some { Vec::new() } else { plan.work.iter().map(super::undo::Unit::id).collect() };
        let mut label = Label { cause: plan.cause, session: String::new(), words: words.into(), before: None, undid };
        let taken = self.take_alone(&label)?;
        // An undo that did nothing leaves no checkpoint: it would look like one that was cut off.
        let forget = || {
            let _ = super::row::remove(&self.folder, &taken.row, &self.disk);
        };
        plan.fits(&taken.manifest).inspect_err(|_| forget())?;
        let contents = self.contents();
        let mut restorer = Restorer {
            store: self,
            plan,
            contents: &contents,
            disk: &self.disk,
            stage: self.root.join(format!(".agent-{}.tmp", uuid::Uuid::now_v7().simple())),
            done: Vec::new(),
            locked: BTreeMap::new(),
            notes: Vec::new(),
        };
        let done = restorer.run();
        if done.is_err() {
            restorer.roll_back();
            forget();
        }
        let notes = std::mem::take(&mut restorer.notes);
        // What is left of it holds nothing that is not in the checkpoint.
        let _ = fs::remove_dir_all(&restorer.stage);
        done?;
        label.before = Some(taken.row.id);
        self.take_alone(&label)?;
        Ok((taken.row.id, notes))
    }
}

impl Store {
    /// An undo that was killed leaves a folder of ours; what is in it is in the checkpoint that was taken before.
    fn remove_leftovers_of_undo(&self) {
        for entry in fs::read_dir(&self.root).into_iter().flatten().flatten() {
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            if is_folder && scan::is_temporary(entry.file_name().as_bytes()) {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }
}

impl Plan {
    /// Is the tree still as it was when the plan was made?
    fn fits(&self, now: &Manifest) -> Result<()> {
        let moved = self.actions.iter().find(|(path, action)| {
            !now.leaves_out(path) && !super::manifest::same(now.find(path), action.now.as_ref())
        });
        match moved {
            None => Ok(()),
            Some((path, _)) => Err(Error::new(
                ErrorKind::Io,
                format!("`{}` has changed just now; nothing was changed", String::from_utf8_lossy(path)),
            )
            .hint("run it again")),
        }
    }
}

/// What was done, so that it can be taken back.
enum Done {
    Moved {
        from: PathBuf,
        to: PathBuf,
    },
    /// The old file has a second name, and may have been renamed over.
    Copied {
        path: PathBuf,
        copy: PathBuf,
    },
    FolderMade(PathBuf),
    FolderRemoved {
        path: PathBuf,
        mode: u32,
    },
    Mode {
        path: PathBuf,
        mode: u32,
    },
}

struct Restorer<'a> {
    store: &'a Store,
    plan: &'a Plan,
    contents: &'a Packs,
    disk: &'a Disk,
    stage: PathBuf,
    done: Vec<Done>,
    /// Folders that had to be made writable, and the permissions they get in the end.
    locked: BTreeMap<PathBuf, u32>,
    notes: Vec<String>,
}

fn is(entry: Option<&Entry>, kind: Kind) -> bool {
    entry.is_some_and(|entry| entry.kind == kind)
}

/// Does a new file or link have to be put in place?
fn places(action: &Action) -> Option<&Entry> {
    let target = action.target.as_ref().filter(|target| target.kind != Kind::Folder)?;
    let has_it = action.now.as_ref().is_some_and(|now| now.kind == target.kind && now.hash == target.hash);
    (!has_it).then_some(target)
}

impl Restorer<'_> {
    fn absolute(&self, path: &[u8]) -> PathBuf {
        self.store.root.join(OsStr::from_bytes(path))
    }

    fn run(&mut self) -> Result<()> {
        let fail = |path: &Path| {
            let shown = path.display().to_string();
            move |error: io::Error| Error::io("write", shown, &error).hint("nothing was changed")
        };
        self.disk.create_private_folder(&self.stage).map_err(fail(&self.stage))?;
        let plan = self.plan;
        for (number, action) in plan.actions.values().enumerate() {
            if let Some(target) = places(action) {
                self.make(target, &self.stage.join(format!("n{number}")))?;
            }
        }
        for (number, repository) in plan.revived.iter().enumerate() {
            self.make_repository(repository, &self.stage.join(format!("g{number}")))?;
        }
        for path in plan.actions.keys() {
            self.unlock(path).map_err(fail(&self.absolute(path)))?;
        }
        self.take_away()?;
        self.put()?;
        for (number, repository) in plan.revived.iter().enumerate() {
            let path = self.absolute(repository);
            self.revive(number, &path).map_err(fail(&path))?;
        }
        for objects in &plan.refilled {
            let path = self.absolute(objects);
            vault::give_back(&self.store.folder, objects, &path, self.disk).map_err(fail(&path))?;
        }
        self.set_modes()
    }

    /// A file or link with its content and permissions, under a name of ours.
    fn make(&self, entry: &Entry, path: &Path) -> Result<()> {
        let fail = |error: io::Error| Error::io("restore", entry.shown(), &error).hint("nothing was changed");
        if entry.kind == Kind::Link {
            let target = self.contents.get(&entry.hash)?;
            return self.disk.link_to(Path::new(OsStr::from_bytes(&target)), path).map_err(fail);
        }
        let mut file = self.disk.create_private_file(path).map_err(fail)?;
        self.contents.read(&entry.hash, &mut |piece| self.disk.write(&mut file, piece))?;
        self.disk.set_mode(&file, Permissions::from_mode(entry.mode)).map_err(fail)
    }

    fn make_repository(&self, repository: &[u8], at: &Path) -> Result<()> {
        let fail = |error: io::Error| {
            Error::io("restore", String::from_utf8_lossy(repository), &error).hint("nothing was changed")
        };
        for entry in below(&self.plan.tree.git, repository) {
            let rest = entry.path.get(repository.len() + 1..).unwrap_or_default();
            let path = if rest.is_empty() { at.to_path_buf() } else { at.join(OsStr::from_bytes(rest)) };
            if entry.kind != Kind::Folder {
                let parent = path.parent().filter(|parent| !parent.is_dir());
                parent.map_or(Ok(false), |parent| self.disk.create_folder(parent)).map_err(fail)?;
                self.make(entry, &path)?;
                continue;
            }
            if rest == b"objects" || rest.ends_with(b"/objects") {
                vault::give_back(&self.store.folder, &entry.path, &path, self.disk).map_err(fail)?;
            } else {
                self.disk.create_folder(&path).map_err(fail)?;
            }
            self.disk.set_mode_of(&path, entry.mode | 0o700).map_err(fail)?;
        }
        Ok(())
    }

    /// Makes the folder of a path writable for the time being, where it is there and is not.
    fn unlock(&mut self, path: &[u8]) -> io::Result<()> {
        let folder = self.absolute(path).parent().map(Path::to_path_buf).unwrap_or_default();
        let Some(seen) = stat::of(&folder)?.filter(|seen| seen.kind == Some(Kind::Folder)) else { return Ok(()) };
        if seen.mode & 0o300 != 0o300 {
            self.disk.set_mode_of(&folder, seen.mode | 0o700)?;
            self.done.push(Done::Mode { path: folder.clone(), mode: seen.mode });
            self.locked.insert(folder, seen.mode);
        }
        Ok(())
    }

    /// Every folder on the way must be one of the tree's own: a link in its place could lead anywhere.
    fn check_way(&self, path: &Path) -> io::Result<()> {
        let parents = path.ancestors().skip(1).take_while(|parent| *parent != self.store.root);
        for parent in parents {
            if !is_kind(parent, Kind::Folder)? {
                return Err(io::Error::other(format!("`{}` is no folder any more", parent.display())));
            }
        }
        Ok(())
    }

    /// Files and links that go, and then folders, the innermost first.
    fn take_away(&mut self) -> Result<()> {
        let plan = self.plan;
        for (number, (path, action)) in plan.actions.iter().enumerate().rev() {
            let Some(now) = &action.now else { continue };
            let absolute = self.absolute(path);
            let fail = |error: io::Error| Error::io("remove", now.shown(), &error).hint("nothing was changed");
            if now.kind != Kind::Folder {
                if action.target.is_none() || !is(action.target.as_ref(), now.kind) {
                    self.set_aside(now, &absolute, number).map_err(fail)?;
                }
            } else if !is(action.target.as_ref(), Kind::Folder) {
                self.check_way(&absolute).map_err(fail)?;
                match self.disk.remove_folder(&absolute) {
                    Ok(()) => self.done.push(Done::FolderRemoved { path: absolute, mode: now.mode }),
                    Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty && action.target.is_none() => {
                        self.notes
                            .push(format!("`{}` stays: there is something in it that is not undone", now.shown()));
                    }
                    Err(error) => return Err(fail(error)),
                }
            }
        }
        Ok(())
    }

    fn set_aside(&mut self, now: &Entry, path: &Path, number: usize) -> io::Result<()> {
        self.check_way(path)?;
        is_as_seen(now, path)?;
        let to = self.stage.join(format!("o{number}"));
        self.disk.rename(path, &to)?;
        self.done.push(Done::Moved { from: path.into(), to });
        Ok(())
    }

    /// Folders that come back, the outermost first, and then what is in them.
    fn put(&mut self) -> Result<()> {
        let plan = self.plan;
        for (number, (path, action)) in plan.actions.iter().enumerate() {
            let absolute = self.absolute(path);
            let fail = |error: io::Error| {
                Error::io("restore", String::from_utf8_lossy(path), &error).hint("nothing was changed")
            };
            if is(action.target.as_ref(), Kind::Folder) && !is(action.now.as_ref(), Kind::Folder) {
                self.check_way(&absolute).map_err(fail)?;
                if self.disk.create_folder(&absolute).map_err(fail)? {
                    self.done.push(Done::FolderMade(absolute));
                }
            } else if let Some(target) = places(action) {
                self.place(action, target.kind, &absolute, number).map_err(fail)?;
            }
        }
        Ok(())
    }

    fn place(&mut self, action: &Action, kind: Kind, path: &Path, number: usize) -> io::Result<()> {
        self.check_way(path)?;
        let staged = self.stage.join(format!("n{number}"));
        match action.now.as_ref().filter(|now| now.kind == kind) {
            // A file has one of its two contents at every instant.
            Some(now) if kind == Kind::File => {
                is_as_seen(now, path)?;
                let copy = self.stage.join(format!("o{number}"));
                self.disk.keep_copy(path, &copy)?;
                self.done.push(Done::Copied { path: path.into(), copy });
                return self.disk.rename(&staged, path);
            }
            Some(now) => self.set_aside(now, path, number)?,
            None if path.symlink_metadata().is_ok() => {
                return Err(io::Error::other("something has just been put there"));
            }
            None => {}
        }
        self.disk.rename(&staged, path)?;
        self.done.push(Done::Moved { from: staged, to: path.into() });
        Ok(())
    }

    fn revive(&mut self, number: usize, path: &Path) -> io::Result<()> {
        self.check_way(path)?;
        if path.symlink_metadata().is_ok() {
            let to = self.stage.join(format!("b{number}"));
            self.disk.rename(path, &to)?;
            self.done.push(Done::Moved { from: path.into(), to });
        }
        let staged = self.stage.join(format!("g{number}"));
        self.disk.rename(&staged, path)?;
        self.done.push(Done::Moved { from: staged, to: path.into() });
        Ok(())
    }

    /// Permissions come last, the innermost first: a folder may be one that nothing can be written to.
    fn set_modes(&mut self) -> Result<()> {
        let plan = self.plan;
        let mut wanted: BTreeMap<PathBuf, u32> = std::mem::take(&mut self.locked);
        for (path, action) in &plan.actions {
            let target = action.target.as_ref().filter(|target| target.kind != Kind::Link && places(action).is_none());
            wanted.extend(target.map(|target| (self.absolute(path), target.mode)));
        }
        for (path, mode) in wanted.into_iter().rev() {
            let fail = |error: io::Error| Error::io("set the permissions of", path.display(), &error);
            // A folder that was unlocked may have been removed, with those above it.
            if path.symlink_metadata().is_err() {
                continue;
            }
            self.check_way(&path).map_err(fail)?;
            let Some(seen) = stat::of(&path).map_err(fail)?.filter(|seen| seen.kind != Some(Kind::Link)) else {
                continue;
            };
            if seen.mode != mode {
                self.disk.set_mode_of(&path, mode).map_err(fail)?;
                self.done.push(Done::Mode { path, mode: seen.mode });
            }
        }
        Ok(())
    }

    fn roll_back(&mut self) {
        for done in std::mem::take(&mut self.done).into_iter().rev() {
            // Nothing better can be done where taking back fails too: the next one is still tried.
            let _ = match done {
                Done::Moved { from, to } => fs::rename(to, from),
                // Where nothing was renamed over it yet, both names are one file, and a rename between them does nothing.
                Done::Copied { path, copy } => fs::rename(copy, path),
                Done::FolderMade(path) => fs::remove_dir(path),
                Done::FolderRemoved { path, mode } => fs::create_dir(&path)
                    .and_then(|()| fs::set_permissions(&path, Permissions::from_mode(mode | 0o700))),
                Done::Mode { path, mode } => fs::set_permissions(path, Permissions::from_mode(mode)),
            };
        }
    }
}

fn is_kind(path: &Path, kind: Kind) -> io::Result<bool> {
    Ok(stat::of(path)?.is_some_and(|seen| seen.kind == Some(kind)))
}

/// Is the file still the one that is in the checkpoint?
fn is_as_seen(now: &Entry, path: &Path) -> io::Result<()> {
    let seen = stat::of(path)?;
    let same = seen.is_some_and(|seen| {
        let (a, b) = (seen.stamp, now.stamp);
        seen.kind == Some(now.kind) && (a.size, a.modified, a.inode) == (b.size, b.modified, b.inode)
    });
    if same { Ok(()) } else { Err(io::Error::other("it has changed just now")) }
}

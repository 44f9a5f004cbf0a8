//! The walk of a checkpoint: every path below the root with one `stat` each, on two threads, contents unread.
//!
//! Folders called `.git` are seen apart from the rest, their objects not at all: those never change, and are kept by links.

use super::entry::{Entry, Hash, Kind};
use super::left_out::{ANY_FILE, IGNORED_ENTRIES, IGNORED_FILE, LeftOut, Why};
use super::stat::{self, Seen};
use super::tracked::Tracked;
use crate::base::{Error, Kind as ErrorKind, Result};
use crate::workspace::ignored::Rules;
use rustix::fs::{CWD, Dir, FileType, Mode, OFlags, openat};
use std::collections::BTreeSet;
use std::ffi::{CString, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, OnceLock, PoisonError};

/// A folder with more entries than this gets no checkpoint.
pub const MAX_ENTRIES: usize = 1_000_000;
const THREADS: usize = 2;

/// What was seen, each list sorted by path. Contents are not known yet: their hashes are zero.
#[derive(Debug, Default)]
pub struct Scan {
    pub files: Vec<Entry>,
    /// What is in folders called `.git`, with the folders themselves, without objects.
    pub git: Vec<Entry>,
    pub left_out: Vec<LeftOut>,
    /// The `objects` folders of git.
    pub objects: Vec<Box<[u8]>>,
}

/// Walks all below `root`; `own` is the folder of our own state, wherever it is.
pub fn scan(root: &Path, own: &Path) -> Result<Scan> {
    let top = stat::of(root)
        .map_err(|error| Error::io("read", root.display(), &error))?
        .filter(|seen| seen.kind == Some(Kind::Folder))
        .ok_or_else(|| Error::new(ErrorKind::Io, format!("`{}` is not a folder", root.display())))?;
    let rules = Rules::of_user();
    let exclude = root.join(".git/info/exclude");
    let rules = if exclude.is_file() { rules.with_file(&exclude, 0) } else { rules };
    let first = Task { path: Vec::new(), rules, area: Area::Work };
    let walker = Walker {
        root,
        own,
        device: top.device,
        queue: Mutex::new(Queue { tasks: vec![first], busy: 0 }),
        wake: Condvar::new(),
        count: AtomicUsize::new(0),
        tracked: OnceLock::new(),
        is_broken: AtomicBool::new(false),
    };
    let found: Option<Vec<Scan>> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..THREADS).map(|_| scope.spawn(|| walker.work())).collect();
        let first = walker.work();
        others.into_iter().map(|other| other.join().ok()).chain([Some(first)]).collect()
    });
    let found = found.filter(|_| !walker.is_broken.load(Ordering::Relaxed));
    let found = found.ok_or_else(|| Error::new(ErrorKind::Io, "the walk of the workspace broke; this is a bug"))?;
    if walker.count.load(Ordering::Relaxed) > MAX_ENTRIES {
        return Err(Error::new(ErrorKind::Io, format!("`{}` has more than {MAX_ENTRIES} files", root.display()))
            .hint("work in a folder of the project's own, with -C"));
    }
    Ok(merged(found))
}

impl Scan {
    fn sort(&mut self) {
        self.files.sort_by(|a, b| a.path.cmp(&b.path));
        self.git.sort_by(|a, b| a.path.cmp(&b.path));
        self.left_out.sort();
        self.objects.sort();
    }
}

fn merged(found: Vec<Scan>) -> Scan {
    let mut all = Scan::default();
    for scan in found {
        all.files.extend(scan.files);
        all.git.extend(scan.git);
        all.left_out.extend(scan.left_out);
        all.objects.extend(scan.objects);
    }
    all.sort();
    all
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Area {
    Work,
    Git,
}

/// A folder to be read.
struct Task {
    path: Vec<u8>,
    rules: Rules,
    area: Area,
}

struct Queue {
    tasks: Vec<Task>,
    busy: usize,
}

struct Walker<'a> {
    root: &'a Path,
    own: &'a Path,
    device: u64,
    queue: Mutex<Queue>,
    wake: Condvar,
    count: AtomicUsize,
    tracked: OnceLock<Tracked>,
    is_broken: AtomicBool,
}

impl Walker<'_> {
    /// Reads folders until none is left and nobody can find more.
    fn work(&self) -> Scan {
        let mut found = Scan::default();
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(task) = queue.tasks.pop() {
                queue.busy += 1;
                drop(queue);
                let next = if self.count.load(Ordering::Relaxed) > MAX_ENTRIES {
                    Vec::new()
                } else {
                    catch_unwind(AssertUnwindSafe(|| self.folder(task, &mut found))).unwrap_or_else(|_| {
                        // The others must not wait for it, and what it missed must not count as gone.
                        self.is_broken.store(true, Ordering::Relaxed);
                        Vec::new()
                    })
                };
                queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
                queue.tasks.extend(next);
                queue.busy -= 1;
                self.wake.notify_all();
            } else if queue.busy == 0 {
                drop(queue);
                // Two sorted halves are merged in one pass.
                found.sort();
                return found;
            } else {
                queue = self.wake.wait(queue).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    fn absolute(&self, path: &[u8]) -> PathBuf {
        self.root.join(OsStr::from_bytes(path))
    }

    /// Reads one folder; gives the folders in it.
    fn folder(&self, task: Task, found: &mut Scan) -> Vec<Task> {
        let (dir, mut names) = match self.open(&task.path) {
            Ok(opened) => opened,
            Err(error) => {
                if error != rustix::io::Errno::NOENT && error != rustix::io::Errno::NOTDIR {
                    found.left_out.push(LeftOut::new(&task.path, Why::Unreadable));
                }
                return Vec::new();
            }
        };
        self.count.fetch_add(names.len(), Ordering::Relaxed);
        let Ok(fd) = dir.fd() else { return Vec::new() };
        let mut rules = task.rules;
        let has_rules =
            |(name, kind): &(CString, FileType)| name.as_bytes() == b".gitignore" && *kind == FileType::RegularFile;
        if task.area == Area::Work && names.iter().any(has_rules) {
            let path = below(&task.path, b".gitignore");
            rules = rules.with_file(&self.absolute(&path), path.len() - b".gitignore".len());
        }
        names.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        let mut next = Vec::new();
        for (name, _) in &names {
            if is_temporary(name.as_bytes()) {
                continue;
            }
            let path = below(&task.path, name.as_bytes());
            // What went away since it was listed is not there.
            let Ok(seen) = stat::at(fd, name) else { continue };
            match task.area {
                Area::Work => self.in_work(path, seen, &rules, found, &mut next),
                Area::Git => in_git(path, seen, found, &mut next),
            }
        }
        next
    }

    fn open(&self, path: &[u8]) -> rustix::io::Result<(Dir, Vec<(CString, FileType)>)> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mut dir = Dir::new(openat(CWD, self.absolute(path), flags, Mode::empty())?)?;
        let mut names = Vec::new();
        while let Some(entry) = dir.read() {
            let entry = entry?;
            if !matches!(entry.file_name().to_bytes(), b"." | b"..") {
                names.push((entry.file_name().to_owned(), entry.file_type()));
            }
        }
        Ok((dir, names))
    }

    fn in_work(&self, path: Vec<u8>, seen: Seen, rules: &Rules, found: &mut Scan, next: &mut Vec<Task>) {
        let is_folder = seen.kind == Some(Kind::Folder);
        if is_folder && Entry::is_git(&path) {
            found.git.push(entry(&path, seen, Kind::Folder, false));
            return next.push(Task { path, rules: rules.clone(), area: Area::Git });
        }
        if is_folder && seen.device != self.device {
            return found.left_out.push(LeftOut::new(&path, Why::Mount));
        }
        if is_folder && self.absolute(&path) == self.own {
            return found.left_out.push(LeftOut::new(&path, Why::OwnState));
        }
        let ignored = rules.ignores(&path, is_folder);
        match seen.kind {
            Some(Kind::Folder) if ignored => self.ignored_folder(&path, seen, found),
            Some(Kind::Folder) => {
                found.files.push(entry(&path, seen, Kind::Folder, false));
                next.push(Task { path, rules: rules.clone(), area: Area::Work });
            }
            Some(kind) => self.leaf(&path, seen, kind, ignored, found),
            None => found.left_out.push(LeftOut::new(&path, Why::Special)),
        }
    }

    fn tracked(&self) -> &Tracked {
        self.tracked.get_or_init(|| Tracked::read(self.root))
    }

    fn leaf(&self, path: &[u8], seen: Seen, kind: Kind, ignored: bool, found: &mut Scan) {
        if seen.stamp.size > ANY_FILE {
            found.left_out.push(LeftOut::new(path, Why::Large));
        } else if ignored && seen.stamp.size > IGNORED_FILE && !self.tracked().has(path) {
            found.left_out.push(LeftOut::new(path, Why::IgnoredFile));
        } else {
            found.files.push(entry(path, seen, kind, ignored));
        }
    }

    /// The tracked files of a folder that is left out, with the folders they are in.
    fn tracked_below(&self, folder: &[u8], found: &mut Scan) {
        let mut folders: BTreeSet<Vec<u8>> = BTreeSet::new();
        for path in self.tracked().below(folder) {
            let absolute = self.absolute(path);
            let Ok(Some(seen)) = stat::of(&absolute) else { continue };
            // A link on the way would lead out of the tree.
            let is_own = absolute.parent().and_then(|parent| parent.canonicalize().ok()).is_some_and(|real| {
                real.strip_prefix(self.root).is_ok_and(|real| path.starts_with(real.as_os_str().as_bytes()))
            });
            if let Some(kind) = seen.kind.filter(|kind| is_own && *kind != Kind::Folder) {
                self.leaf(path, seen, kind, false, found);
                let ends = path.iter().enumerate().filter(|(at, byte)| *at >= folder.len() && **byte == b'/');
                folders.extend(ends.filter_map(|(at, _)| path.get(..at).map(<[u8]>::to_vec)));
            }
        }
        for path in folders {
            if let Ok(Some(seen)) = stat::of(&self.absolute(&path)) {
                found.files.push(entry(&path, seen, Kind::Folder, false));
            }
        }
    }

    /// All below an ignored folder, unless that is too much.
    fn ignored_folder(&self, path: &[u8], seen: Seen, found: &mut Scan) {
        let mut all = Vec::new();
        let mut folders = vec![path.to_vec()];
        while let Some(folder) = folders.pop() {
            let Ok((_, names)) = self.open(&folder) else {
                return found.left_out.push(LeftOut::new(path, Why::Unreadable));
            };
            for (name, _) in names {
                let path_of = below(&folder, name.as_bytes());
                let Ok(Some(seen)) = stat::of(&self.absolute(&path_of)) else { continue };
                if seen.kind == Some(Kind::Folder) {
                    if seen.device != self.device {
                        found.left_out.push(LeftOut::new(&path_of, Why::Mount));
                        continue;
                    }
                    if self.absolute(&path_of) == self.own {
                        found.left_out.push(LeftOut::new(&path_of, Why::OwnState));
                        continue;
                    }
                    folders.push(path_of.clone());
                }
                all.push((path_of, seen));
                if all.len() > IGNORED_ENTRIES {
                    found.left_out.push(LeftOut::new(path, Why::IgnoredFolder));
                    return self.tracked_below(path, found);
                }
            }
        }
        self.count.fetch_add(all.len(), Ordering::Relaxed);
        found.files.push(entry(path, seen, Kind::Folder, true));
        for (path, seen) in all {
            match seen.kind {
                Some(Kind::Folder) => found.files.push(entry(&path, seen, Kind::Folder, true)),
                Some(kind) => self.leaf(&path, seen, kind, true, found),
                None => found.left_out.push(LeftOut::new(&path, Why::Special)),
            }
        }
    }
}

fn in_git(path: Vec<u8>, seen: Seen, found: &mut Scan, next: &mut Vec<Task>) {
    // Of a branch called `objects` there may be folders of that name, too.
    let of_git = path.windows(6).rposition(|part| part == b"/.git/").map_or(&*path, |at| path.split_at(at).1);
    let named = |name: &[u8]| of_git.split(|byte| *byte == b'/').any(|part| part == name);
    match seen.kind {
        Some(Kind::Folder) if path.ends_with(b"/objects") && !named(b"refs") && !named(b"logs") => {
            // What is in `info` is no object, and may change.
            next.push(Task { path: below(&path, b"info"), rules: Rules::default(), area: Area::Git });
            found.git.push(entry(&path, seen, Kind::Folder, false));
            found.objects.push(path.into());
        }
        Some(Kind::Folder) => {
            found.git.push(entry(&path, seen, Kind::Folder, false));
            next.push(Task { path, rules: Rules::default(), area: Area::Git });
        }
        Some(_) if path.ends_with(b".lock") => {}
        Some(_) if seen.stamp.size > ANY_FILE => found.left_out.push(LeftOut::new(&path, Why::Large)),
        Some(kind) => found.git.push(entry(&path, seen, kind, false)),
        None => {}
    }
}

fn entry(path: &[u8], seen: Seen, kind: Kind, ignored: bool) -> Entry {
    Entry { path: path.into(), kind, ignored, mode: seen.mode, stamp: seen.stamp, hash: Hash::default() }
}

fn below(folder: &[u8], name: &[u8]) -> Vec<u8> {
    if folder.is_empty() { name.to_vec() } else { [folder, b"/", name].concat() }
}

/// A name under which we put something beside its place, until it is renamed.
pub fn is_temporary(name: &[u8]) -> bool {
    // Long enough that nobody else's file has such a name.
    let rest = name.strip_prefix(b".agent-").unwrap_or_default();
    let middle = rest.strip_suffix(b".tmp").or_else(|| rest.strip_suffix(b".old")).unwrap_or_default();
    middle.len() == 32 && middle.iter().all(u8::is_ascii_alphanumeric)
}

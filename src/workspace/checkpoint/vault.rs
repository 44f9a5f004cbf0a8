//! Git's objects never change, so a second name for each is a copy that survives `rm -rf .git` and costs nothing.
//!
//! On another file system, and of another user, they are copied, up to a bound. Each `objects` folder has a place of its own in the store.

use super::entry::{Entry, Hash};
use super::left_out::{LeftOut, Why};
use crate::base::{Error, Result};
use crate::disk::Disk;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Bytes of objects that are copied from another file system for one repository.
const COPIED: u64 = 512 * 1024 * 1024;
/// A folder that changed so shortly ago may change again without its time changing.
const TICK: Duration = Duration::from_millis(20);

/// Folders below `objects`, with the time they were changed last: nanoseconds since 1970.
type Known = BTreeMap<String, i128>;

/// Where the objects of a folder called `objects` are kept.
fn place(store: &Path, objects: &[u8]) -> PathBuf {
    let name: String = Hash::of(objects).to_string().chars().take(16).collect();
    store.join("git").join(name)
}

/// Keeps all objects that are not kept yet. Gives those folders whose objects are too many to copy.
pub fn keep(store: &Path, root: &Path, objects: &[Box<[u8]>], disk: &Disk) -> Result<Vec<LeftOut>> {
    let mut unkept = Vec::new();
    for path in objects {
        let from = root.join(OsStr::from_bytes(path));
        let to = place(store, path);
        let list = to.join("known.json");
        let known: Known = fs::read(&list).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
        let mut keeper = Keeper { from: &from, to: &to.join("objects"), disk, known: &known, next: Known::new() };
        let whole = keeper.all().map_err(|error| Error::io("keep the objects of", from.display(), &error))?;
        if !whole {
            unkept.push(LeftOut::new(path, Why::Objects));
        } else if keeper.next != known {
            let text = serde_json::to_vec(&keeper.next).unwrap_or_default();
            // A repository without objects has no folder here yet.
            disk.create_private_folder(&to)
                .and_then(|()| disk.replace_private(&list, &text))
                .map_err(|error| Error::io("write", list.display(), &error))?;
        }
    }
    Ok(unkept)
}

struct Keeper<'a> {
    from: &'a Path,
    to: &'a Path,
    disk: &'a Disk,
    known: &'a Known,
    next: Known,
}

impl Keeper<'_> {
    /// False if there is too much to copy.
    fn all(&mut self) -> io::Result<bool> {
        let mut new: Vec<PathBuf> = Vec::new();
        let mut folders = vec![PathBuf::new()];
        while let Some(folder) = folders.pop() {
            let Some((names, changed)) = self.list(&folder)? else { continue };
            let key = folder.to_string_lossy().into_owned();
            let is_known = changed.is_some() && self.known.get(&key).copied() == changed;
            self.next.extend(changed.map(|time| (key, time)));
            for (path, is_folder) in names {
                if is_folder {
                    folders.push(path);
                } else if !is_known && is_object(&path) {
                    new.push(path);
                }
            }
        }
        if new.is_empty() {
            return Ok(true);
        }
        self.disk.create_private_folder(self.to)?;
        let device = |path: &Path| fs::metadata(path).map(|meta| meta.dev());
        // Linux gives no second name to another user's file.
        let user = rustix::process::geteuid();
        let is_foreign = |path: &PathBuf| {
            fs::metadata(self.from.join(path)).is_ok_and(|meta| !user.is_root() && meta.uid() != user.as_raw())
        };
        if device(self.from)? != device(self.to)? || new.first().is_some_and(is_foreign) {
            let size = |path: &PathBuf| fs::metadata(self.from.join(path)).map_or(0, |meta| meta.len());
            if new.iter().map(size).sum::<u64>() > COPIED {
                return Ok(false);
            }
        }
        for path in &new {
            self.link(path)?;
        }
        Ok(true)
    }

    /// The names in a folder, folders said, and when it changed; `None` for that where it may change again at once.
    #[expect(clippy::type_complexity, reason = "two lists that belong together for one line")]
    fn list(&self, folder: &Path) -> io::Result<Option<(Vec<(PathBuf, bool)>, Option<i128>)>> {
        let absolute = self.from.join(folder);
        let meta = match fs::symlink_metadata(&absolute) {
            Ok(meta) if meta.is_dir() => meta,
            Ok(_) => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let settled = meta.modified().ok().and_then(|time| SystemTime::now().duration_since(time).ok());
        let mut names = Vec::new();
        for entry in fs::read_dir(&absolute)? {
            let entry = entry?;
            names.push((folder.join(entry.file_name()), entry.file_type()?.is_dir()));
        }
        Ok(Some((names, settled.filter(|age| *age > TICK).map(|_| nanoseconds(&meta)))))
    }

    fn link(&self, path: &Path) -> io::Result<()> {
        let target = self.to.join(path);
        if let Some(parent) = target.parent().filter(|parent| !parent.is_dir()) {
            self.disk.create_private_folder(parent)?;
        }
        match self.disk.keep_object(&self.from.join(path), &target) {
            // Packed away in the meantime: then it is in a pack.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            done => done,
        }
    }
}

fn nanoseconds(meta: &Metadata) -> i128 {
    i128::from(meta.mtime()) * 1_000_000_000 + i128::from(meta.mtime_nsec())
}

/// Files whose names say what is in them: loose objects, packs, and their indexes.
fn is_object(path: &Path) -> bool {
    let name = path.file_name().map(OsStr::as_bytes).unwrap_or_default();
    let is_pack = name.starts_with(b"pack-") && !name.ends_with(b".lock") && !name.ends_with(b".tmp");
    is_pack || (name.len() >= 38 && name.iter().all(u8::is_ascii_hexdigit))
}

/// Puts all objects that were kept into a folder, which is made. Those that are there already stay.
pub fn give_back(store: &Path, objects: &[u8], into: &Path, disk: &Disk) -> io::Result<()> {
    let from = place(store, objects).join("objects");
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        disk.create_folder(&into.join(&folder))?;
        for entry in fs::read_dir(from.join(&folder)).into_iter().flatten() {
            let entry = entry?;
            let path = folder.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else if is_object(&path) {
                disk.keep_object(&entry.path(), &into.join(&path))?;
            }
        }
    }
    Ok(())
}

/// Are objects kept of this folder?
pub fn has(store: &Path, objects: &[u8]) -> bool {
    objects_in(&place(store, objects).join("objects"))
}

/// Is there an object in a folder or the folders in it?
pub fn objects_in(folder: &Path) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.into_iter().any(|entry| {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder { objects_in(&entry.path()) } else { is_object(&entry.path()) }
    })
}

/// Drops second names of objects that git itself gave up more than `keep` ago: no checkpoint that is left can want them.
pub fn prune(store: &Path, manifest_git: &[Entry], root: &Path, keep: Duration, now: SystemTime, disk: &Disk) {
    let folders = manifest_git.iter().filter(|entry| Entry::is_git(&entry.path));
    let alive: Vec<Vec<u8>> = folders
        .map(|entry| [&*entry.path, b"/objects"].concat())
        .filter(|path| objects_in(&root.join(OsStr::from_bytes(path))))
        .collect();
    for objects in alive {
        let kept = place(store, &objects).join("objects");
        let mut folders = vec![PathBuf::new()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(kept.join(&folder)).into_iter().flatten().flatten() {
                let path = folder.join(entry.file_name());
                let Ok(meta) = entry.metadata() else { continue };
                let given_up = meta.nlink() == 1
                    && age(&meta, now) > keep
                    && !root.join(OsStr::from_bytes(&objects)).join(&path).exists();
                if meta.is_dir() {
                    folders.push(path);
                } else if given_up {
                    // One that stays costs only room.
                    let _ = disk.remove_file(&entry.path());
                }
            }
        }
    }
}

/// How long ago a file lost or got a name.
fn age(meta: &Metadata, now: SystemTime) -> Duration {
    let changed = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(meta.ctime()).unwrap_or(0));
    now.duration_since(changed).unwrap_or_default()
}

//! A protected path as it is: kind, mode, bytes. Read below open folders, so that no link on the way is followed.

use super::bytes::{Bytes, digest};
use super::survey::Id;
use crate::disk::Disk;
use rustix::fs::{AtFlags, FileType, Mode, OFlags, Stat, openat, readlinkat, statat};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Bytes of one file, and of all below one protected path, that are kept in memory; the others are copied.
const IN_MEMORY: u64 = 256 * 1024;
const ALL_IN_MEMORY: u64 = 32 * 1024 * 1024;
/// Bytes of all copies of what is below one protected path: what is beyond is known to be there, and cannot be put back.
const MOST_COPIED: u64 = 1 << 30;
/// Files and folders that are kept below one protected path, and their depth.
const MOST: usize = 50_000;
const DEEPEST: usize = 100;
/// See `survey`: a file that changed so lately may change again unseen.
const TICK: Duration = Duration::from_millis(50);

/// What one `stat` tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) mode: u32,
    pub(super) names: u64,
    pub(super) id: Id,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

/// A path with all that is below.
#[derive(Debug)]
pub(super) enum Node {
    File {
        facts: Facts,
        settled: bool,
        bytes: Bytes,
    },
    Link {
        facts: Facts,
        target: OsString,
    },
    Folder {
        facts: Facts,
        entries: BTreeMap<OsString, Node>,
    },
    /// A pipe, a socket, a device, or what cannot be read or is too much: it is known to be there.
    Other {
        facts: Facts,
    },
}

/// What a reading is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum For {
    /// To be put back later: large files are copied.
    Keeping,
    /// To tell what is different. A command may have made files larger than any disk, so nothing is copied, and of large files only
    /// those are read that have the size they had.
    Comparing,
}

impl Node {
    pub(super) fn facts(&self) -> &Facts {
        match self {
            Node::File { facts, .. }
            | Node::Link { facts, .. }
            | Node::Folder { facts, .. }
            | Node::Other { facts } => facts,
        }
    }
}

/// Reads protected paths, and keeps what is large in a folder of its own.
#[derive(Debug)]
pub(super) struct Recorder {
    pub(super) disk: Disk,
    /// For copies; made when there is one.
    copies: PathBuf,
    copied: u64,
    made: BTreeSet<PathBuf>,
}

/// One reading of a protected path.
pub(super) struct Reading<'r> {
    recorder: &'r mut Recorder,
    purpose: For,
    bytes: u64,
    copied: u64,
    nodes: usize,
    now: Duration,
}

impl Recorder {
    pub(super) fn new(disk: Disk, copies: PathBuf) -> Self {
        Self { disk, copies, copied: 0, made: BTreeSet::new() }
    }

    /// Removes the copies that none of these needs any more.
    pub(super) fn forget_but<'n>(&mut self, nodes: impl Iterator<Item = &'n Node>) {
        if self.made.is_empty() {
            return;
        }
        let mut needed = BTreeSet::new();
        let mut waiting: Vec<&Node> = nodes.collect();
        while let Some(node) = waiting.pop() {
            match node {
                Node::File { bytes: Bytes::Copied(path, _), .. } => drop(needed.insert(path.clone())),
                Node::Folder { entries, .. } => waiting.extend(entries.values()),
                Node::File { .. } | Node::Link { .. } | Node::Other { .. } => {}
            }
        }
        for idle in self.made.difference(&needed) {
            // One that stays takes room and nothing else.
            let _ = self.disk.remove_file(idle);
        }
        self.made = needed;
    }

    pub(super) fn reading(&mut self, purpose: For) -> Reading<'_> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Reading { recorder: self, purpose, bytes: 0, copied: 0, nodes: 0, now }
    }
}

impl Reading<'_> {
    /// What is under a name in an open folder; `None` where there is nothing. `known` saves reading what has not changed.
    pub(super) fn node(&mut self, folder: impl AsFd, name: &OsStr, known: Option<&Node>) -> io::Result<Option<Node>> {
        self.node_at(folder.as_fd(), name, known, 0)
    }

    fn node_at(
        &mut self,
        folder: rustix::fd::BorrowedFd<'_>,
        name: &OsStr,
        known: Option<&Node>,
        depth: usize,
    ) -> io::Result<Option<Node>> {
        let Some(stat) = stat(folder, name)? else { return Ok(None) };
        let facts = facts(&stat);
        self.nodes += 1;
        if self.nodes > MOST || depth > DEEPEST {
            return Ok(Some(Node::Other { facts }));
        }
        Ok(Some(match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => self.file(folder, name, facts, known)?,
            FileType::Symlink => {
                let target = readlinkat(folder, name, Vec::new())?;
                Node::Link { facts, target: OsString::from_vec(target.into_bytes()) }
            }
            FileType::Directory => self.folder(folder, name, facts, known, depth)?,
            FileType::Fifo
            | FileType::Socket
            | FileType::CharacterDevice
            | FileType::BlockDevice
            | FileType::Unknown => Node::Other { facts },
        }))
    }

    fn folder(
        &mut self,
        folder: rustix::fd::BorrowedFd<'_>,
        name: &OsStr,
        facts: Facts,
        known: Option<&Node>,
        depth: usize,
    ) -> io::Result<Node> {
        let Ok(opened) = open_folder(folder, name) else { return Ok(Node::Other { facts }) };
        let known = match known {
            Some(Node::Folder { entries, .. }) => Some(entries),
            Some(Node::File { .. } | Node::Link { .. } | Node::Other { .. }) | None => None,
        };
        let mut entries = BTreeMap::new();
        for below in names(&opened)? {
            if let Some(node) =
                self.node_at(opened.as_fd(), &below, known.and_then(|known| known.get(&below)), depth + 1)?
            {
                entries.insert(below, node);
            }
        }
        Ok(Node::Folder { facts, entries })
    }

    fn file(
        &mut self,
        folder: rustix::fd::BorrowedFd<'_>,
        name: &OsStr,
        facts: Facts,
        known: Option<&Node>,
    ) -> io::Result<Node> {
        let age = self.now.checked_sub(Duration::new(
            u64::try_from(facts.changed.0).unwrap_or_default(),
            u32::try_from(facts.changed.1).unwrap_or_default(),
        ));
        let settled = age.is_some_and(|age| age > TICK);
        if let Some(Node::File { facts: old, settled: true, bytes }) = known
            && *old == facts
        {
            self.bytes += if let Bytes::Here(bytes) = bytes { bytes.len() as u64 } else { 0 };
            return Ok(Node::File { facts, settled: true, bytes: bytes.clone() });
        }
        // Not waiting: it may have become a pipe since it was looked at.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let Ok(opened) = openat(folder, name, flags, Mode::empty()) else { return Ok(Node::Other { facts }) };
        let mut file = File::from(opened);
        if !file.metadata()?.is_file() {
            return Ok(Node::Other { facts });
        }
        let bytes = if facts.size <= IN_MEMORY && self.bytes + facts.size <= ALL_IN_MEMORY {
            let mut bytes = Vec::new();
            (&mut file).take(IN_MEMORY).read_to_end(&mut bytes)?;
            self.bytes += bytes.len() as u64;
            Bytes::Here(bytes.into())
        } else if self.purpose == For::Comparing {
            let as_large = matches!(known, Some(Node::File { facts: old, .. }) if old.size == facts.size);
            Bytes::Seen(as_large.then(|| digest(&mut file, facts.size)).transpose()?)
        } else if self.copied + facts.size > MOST_COPIED {
            return Ok(Node::Other { facts });
        } else {
            self.copied += facts.size;
            self.copy(&mut file)?
        };
        Ok(Node::File { facts, settled, bytes })
    }

    fn copy(&mut self, file: &mut File) -> io::Result<Bytes> {
        let recorder = &mut *self.recorder;
        recorder.disk.create_private_folder(&recorder.copies)?;
        recorder.copied += 1;
        let path = recorder.copies.join(recorder.copied.to_string());
        let mut copy = recorder.disk.create_private_file(&path)?;
        recorder.made.insert(path.clone());
        let mut hash = Sha256::new();
        let mut buffer = vec![0; 128 * 1024];
        loop {
            let count = file.read(&mut buffer)?;
            let part = buffer.get(..count).unwrap_or_default();
            if part.is_empty() {
                return Ok(Bytes::Copied(path, hash.finalize().into()));
            }
            hash.update(part);
            recorder.disk.write(&mut copy, part)?;
        }
    }
}

/// How one path of a tree differs; the path is relative to the tree's own, and empty for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) path: PathBuf,
    pub(super) kind: DifferenceKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DifferenceKind {
    Added,
    Changed,
    Removed,
    /// A folder with other permissions.
    Mode,
}

/// All differences between two states of a path, each as far up as it is one.
pub(super) fn differences(before: &Node, after: &Node) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(before, after, &mut PathBuf::new(), &mut found);
    found
}

fn compare(before: &Node, after: &Node, path: &mut PathBuf, found: &mut Vec<Difference>) {
    let same_mode = before.facts().mode == after.facts().mode;
    let same = match (before, after) {
        // A second name would be a way to change it later.
        (Node::File { facts: old, bytes: one, .. }, Node::File { facts: new, bytes: other, .. }) => {
            same_mode && new.names <= old.names.max(1) && one.same(other)
        }
        (Node::Link { target: one, .. }, Node::Link { target: other, .. }) => one == other,
        (Node::Folder { entries: old, .. }, Node::Folder { entries: new, .. }) => {
            if !same_mode {
                found.push(Difference { path: path.clone(), kind: DifferenceKind::Mode });
            }
            for (name, was) in old {
                path.push(name);
                match new.get(name) {
                    Some(is) => compare(was, is, path, found),
                    None => found.push(Difference { path: path.clone(), kind: DifferenceKind::Removed }),
                }
                path.pop();
            }
            let added = new.keys().filter(|name| !old.contains_key(*name));
            found.extend(added.map(|name| Difference { path: path.join(name), kind: DifferenceKind::Added }));
            true
        }
        (Node::Other { facts: one }, Node::Other { facts: other }) => one == other,
        (Node::File { .. } | Node::Link { .. } | Node::Folder { .. } | Node::Other { .. }, _) => false,
    };
    if !same {
        found.push(Difference { path: path.clone(), kind: DifferenceKind::Changed });
    }
}

/// A node below another.
pub(super) fn below<'n>(node: &'n Node, path: &Path) -> Option<&'n Node> {
    path.components().try_fold(node, |node, part| match node {
        Node::Folder { entries, .. } => entries.get(part.as_os_str()),
        Node::File { .. } | Node::Link { .. } | Node::Other { .. } => None,
    })
}

/// Opens a folder below another by one name that is no link.
pub(super) fn open_folder(folder: impl AsFd, name: &OsStr) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(openat(folder, name, flags, Mode::empty())?)
}

/// Opens the folder that `path` is in, from `anchor` down, each name for itself and none of them a link.
pub(super) fn open_parent(anchor: &Path, path: &Path) -> io::Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut opened = rustix::fs::open(anchor, flags, Mode::empty())?;
    let parent = path.parent().and_then(|parent| parent.strip_prefix(anchor).ok());
    for part in parent.ok_or(io::ErrorKind::InvalidInput)?.components() {
        let Component::Normal(name) = part else { return Err(io::ErrorKind::InvalidInput.into()) };
        opened = open_folder(&opened, name)?;
    }
    Ok(opened)
}

/// Is there anything under this name, and what?
pub(super) fn stat(folder: impl AsFd, name: &OsStr) -> io::Result<Option<Stat>> {
    match statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(Some(stat)),
        Err(rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The names in an open folder.
pub(super) fn names(folder: &OwnedFd) -> io::Result<Vec<OsString>> {
    let mut found = Vec::new();
    for entry in rustix::fs::Dir::read_from(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if name != b"." && name != b".." {
            found.push(OsStr::from_bytes(name).to_owned());
        }
    }
    Ok(found)
}

pub(super) fn facts(stat: &Stat) -> Facts {
    // The widths of these differ between systems.
    fn number<T: TryInto<u64>>(value: T) -> u64 {
        value.try_into().unwrap_or_default()
    }
    fn signed<T: TryInto<i64>>(value: T) -> i64 {
        value.try_into().unwrap_or_default()
    }
    Facts {
        mode: u32::try_from(number(stat.st_mode)).unwrap_or_default() & 0o7777,
        names: number(stat.st_nlink),
        id: Id { device: number(stat.st_dev), inode: number(stat.st_ino) },
        size: number(stat.st_size),
        modified: (signed(stat.st_mtime), signed(stat.st_mtime_nsec)),
        changed: (signed(stat.st_ctime), signed(stat.st_ctime_nsec)),
    }
}

//! One path of a checkpoint, and its bytes on disk: sorted entries in chunks that are cut by the path alone, so that two
//! checkpoints of nearly the same tree share nearly all chunks.

use crate::base::{Error, Kind as ErrorKind, Result};
use sha2::{Digest, Sha256};
use std::ffi::OsStr;
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// SHA-256 of some bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Reads 64 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    File,
    /// A symbolic link; its content is its target.
    Link,
    Folder,
}

/// What the file system tells of a file without its being read. Times are nanoseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stamp {
    pub size: u64,
    pub modified: i64,
    /// 0 where the file may change again without this changing: then its content is read the next time.
    pub changed: i64,
    pub inode: u64,
}

/// One path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Relative to the root, with `/`, any bytes.
    pub path: Box<[u8]>,
    pub kind: Kind,
    /// Would git ignore it?
    pub ignored: bool,
    /// Permissions with the set-id and sticky bits.
    pub mode: u32,
    /// All zero for folders.
    pub stamp: Stamp,
    /// Of the content; zero for folders.
    pub hash: Hash,
}

impl Entry {
    pub fn path(&self) -> &Path {
        Path::new(OsStr::from_bytes(&self.path))
    }

    /// For people.
    pub fn shown(&self) -> String {
        String::from_utf8_lossy(&self.path).into_owned()
    }

    /// Is it the same to a user: kind, content and permissions? A link has no permissions of its own.
    pub fn is_like(&self, other: &Entry) -> bool {
        self.kind == other.kind && self.hash == other.hash && (self.kind == Kind::Link || self.mode == other.mode)
    }

    /// Is it called `.git`?
    pub fn is_git(path: &[u8]) -> bool {
        path == b".git" || path.ends_with(b"/.git")
    }

    /// Is `path` at or below `folder`?
    pub fn lies_in(path: &[u8], folder: &[u8]) -> bool {
        path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/") || folder.is_empty())
    }
}

/// The entry at a path in a sorted list.
pub fn find<'a>(entries: &'a [Entry], path: &[u8]) -> Option<&'a Entry> {
    entries.get(entries.binary_search_by(|entry| (*entry.path).cmp(path)).ok()?)
}

/// About so many entries are in a chunk.
const CHUNK: u32 = 256;

/// Sorted entries as chunks of bytes.
pub fn encode(entries: &[Entry]) -> Vec<Vec<u8>> {
    let mut chunks = Vec::new();
    let (mut chunk, mut last): (Vec<u8>, &[u8]) = (Vec::new(), &[]);
    for entry in entries {
        put(&mut chunk, last, entry);
        last = &entry.path;
        if ends_chunk(&entry.path) {
            chunks.push(std::mem::take(&mut chunk));
            last = &[];
        }
    }
    if !chunk.is_empty() {
        chunks.push(chunk);
    }
    chunks
}

/// FNV-1a of the path decides, so that an entry more or less moves no other chunk's ends.
fn ends_chunk(path: &[u8]) -> bool {
    let hash = path.iter().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193));
    (hash ^ (hash >> 16)) % CHUNK == 0
}

fn put(out: &mut Vec<u8>, last: &[u8], entry: &Entry) {
    let shared = last.iter().zip(entry.path.iter()).take_while(|(a, b)| a == b).count();
    let suffix = entry.path.get(shared..).unwrap_or_default();
    let kind = match entry.kind {
        Kind::File => 0,
        Kind::Link => 1,
        Kind::Folder => 2,
    };
    out.push(kind | u8::from(entry.ignored) << 2);
    number(out, shared as u64);
    number(out, suffix.len() as u64);
    out.extend_from_slice(suffix);
    number(out, u64::from(entry.mode));
    if entry.kind != Kind::Folder {
        number(out, entry.stamp.size);
        number(out, entry.stamp.inode);
        out.extend_from_slice(&entry.stamp.modified.to_le_bytes());
        out.extend_from_slice(&entry.stamp.changed.to_le_bytes());
        out.extend_from_slice(&entry.hash.0);
    }
}

/// Seven bits a byte, the lowest first.
fn number(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Reads one chunk and adds its entries.
pub fn decode(chunk: &[u8], entries: &mut Vec<Entry>) -> Result<()> {
    let mut from = Cursor(chunk);
    let mut last: Box<[u8]> = Box::default();
    while !from.0.is_empty() {
        let entry = from.entry(&last).ok_or_else(damaged)?;
        last.clone_from(&entry.path);
        entries.push(entry);
    }
    Ok(())
}

fn damaged() -> Error {
    Error::new(ErrorKind::Io, "a checkpoint is damaged").hint("`agent undo --list` shows the others")
}

struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn entry(&mut self, last: &[u8]) -> Option<Entry> {
        let flags = *self.bytes(1)?.first()?;
        let kind = match flags & 3 {
            0 => Kind::File,
            1 => Kind::Link,
            2 => Kind::Folder,
            _ => return None,
        };
        let shared = last.get(..usize::try_from(self.number()?).ok()?)?;
        let length = usize::try_from(self.number()?).ok()?;
        let path: Box<[u8]> = [shared, self.bytes(length)?].concat().into();
        let mode = u32::try_from(self.number()?).ok()?;
        let (mut stamp, mut hash) = (Stamp::default(), Hash::default());
        if kind != Kind::Folder {
            stamp.size = self.number()?;
            stamp.inode = self.number()?;
            stamp.modified = i64::from_le_bytes(self.bytes(8)?.try_into().ok()?);
            stamp.changed = i64::from_le_bytes(self.bytes(8)?.try_into().ok()?);
            hash = Hash(self.bytes(32)?.try_into().ok()?);
        }
        Some(Entry { path, kind, ignored: flags & 4 != 0, mode, stamp, hash })
    }

    fn bytes(&mut self, count: usize) -> Option<&[u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = *self.bytes(1)?.first()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }
}

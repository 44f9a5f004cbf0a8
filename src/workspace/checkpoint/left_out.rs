//! What a checkpoint does not cover, and why. Such paths are never touched by an undo.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Ignored files above so many bytes are left out.
pub const IGNORED_FILE: u64 = 1024 * 1024;
/// Ignored folders with more entries, all below counted, are left out.
pub const IGNORED_ENTRIES: usize = 1_000;
/// Any file above so many bytes is left out.
pub const ANY_FILE: u64 = 256 * 1024 * 1024;

/// A path that is not covered; a folder stands for all below it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LeftOut {
    /// Relative to the root, with `/`.
    pub path: Box<[u8]>,
    pub why: Why,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    IgnoredFile,
    IgnoredFolder,
    Large,
    /// A pipe, a socket, a device.
    Special,
    Mount,
    OwnState,
    Unreadable,
    /// Objects of git that cannot have a second name, more than are copied.
    Objects,
}

const ALL: &[(Why, u8, &str)] = &[
    (Why::IgnoredFile, b'f', "ignored, larger than 1 MiB"),
    (Why::IgnoredFolder, b'd', "ignored, more than 1,000 entries"),
    (Why::Large, b'l', "larger than 256 MiB"),
    (Why::Special, b's', "not a file, link or folder"),
    (Why::Mount, b'm', "another file system"),
    (Why::OwnState, b'o', "agent's own state"),
    (Why::Unreadable, b'u', "cannot be read"),
    (Why::Objects, b'g', "objects of git on another file system or of another user, too many to copy"),
];

impl Why {
    /// For people.
    pub fn words(self) -> &'static str {
        ALL.iter().find(|(why, ..)| *why == self).map_or("", |(_, _, words)| words)
    }

    fn letter(self) -> u8 {
        ALL.iter().find(|(why, ..)| *why == self).map_or(b'?', |(_, letter, _)| *letter)
    }
}

impl LeftOut {
    pub fn new(path: &[u8], why: Why) -> Self {
        Self { path: path.into(), why }
    }

    pub fn path(&self) -> &Path {
        Path::new(OsStr::from_bytes(&self.path))
    }

    /// For people.
    pub fn shown(&self) -> String {
        format!("`{}` ({})", String::from_utf8_lossy(&self.path), self.why.words())
    }
}

/// The one of these that `path` is or lies in. They are sorted by path.
pub fn covering<'a>(left_out: &'a [LeftOut], path: &[u8]) -> Option<&'a LeftOut> {
    let ends = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(at, _)| at).chain([path.len()]);
    ends.filter_map(|end| {
        let folder = path.get(..end)?;
        left_out.get(left_out.binary_search_by(|left| (*left.path).cmp(folder)).ok()?)
    })
    .next()
}

/// As bytes: a letter, the path, a NUL, for each.
pub fn encode(left_out: &[LeftOut]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for left in left_out {
        bytes.push(left.why.letter());
        bytes.extend_from_slice(&left.path);
        bytes.push(0);
    }
    bytes
}

/// What cannot be read says nothing.
pub fn decode(bytes: &[u8]) -> Vec<LeftOut> {
    let records = bytes.split(|byte| *byte == 0).filter_map(<[u8]>::split_first);
    records
        .filter_map(|(letter, path)| {
            let (why, ..) = ALL.iter().find(|(_, known, _)| known == letter)?;
            Some(LeftOut::new(path, *why))
        })
        .collect()
}

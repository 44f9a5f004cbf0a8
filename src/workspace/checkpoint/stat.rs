//! What one `stat` tells of a path, links not followed.

use super::entry::{Kind, Stamp};
use rustix::fs::{AtFlags, FileType, Stat, lstat, statat};
use std::ffi::CStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

/// A path as it is on the disk.
#[derive(Debug, Clone, Copy)]
pub struct Seen {
    /// `None` for pipes, sockets and devices.
    pub kind: Option<Kind>,
    pub mode: u32,
    pub stamp: Stamp,
    /// The file system it is on.
    pub device: u64,
}

/// A name in an open folder.
pub fn at(folder: BorrowedFd<'_>, name: &CStr) -> io::Result<Seen> {
    Ok(seen(&statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?))
}

/// A path; `None` where there is nothing.
pub fn of(path: &Path) -> io::Result<Option<Seen>> {
    match lstat(path) {
        Ok(stat) => Ok(Some(seen(&stat))),
        Err(rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// An open file.
pub fn of_file(file: impl AsFd) -> io::Result<Seen> {
    Ok(seen(&rustix::fs::fstat(file)?))
}

fn seen(stat: &Stat) -> Seen {
    let kind = match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Some(Kind::File),
        FileType::Symlink => Some(Kind::Link),
        FileType::Directory => Some(Kind::Folder),
        _ => None,
    };
    let nanos = |seconds: i64, nanos: i64| seconds.saturating_mul(1_000_000_000).saturating_add(nanos);
    let stamp = match kind {
        Some(Kind::File | Kind::Link) => Stamp {
            size: u64::try_from(stat.st_size).unwrap_or(0),
            modified: nanos(stat.st_mtime, i64::try_from(stat.st_mtime_nsec).unwrap_or(0)),
            changed: nanos(stat.st_ctime, i64::try_from(stat.st_ctime_nsec).unwrap_or(0)),
            inode: stat.st_ino,
        },
        Some(Kind::Folder) | None => Stamp::default(),
    };
    Seen { kind, mode: stat.st_mode & 0o7777, stamp, device: stat.st_dev }
}

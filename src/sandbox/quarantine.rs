//! Takes what a command left at a protected path away, keeps it, and puts back what was there. Works below open folders:
//! whatever a process that still runs swaps meanwhile, nothing outside of the folder is touched.

use super::bytes::Bytes;
use super::record::{Node, names, open_folder, stat};
use crate::disk::Disk;
use rustix::fs::{FileType, Mode, OFlags, openat, readlinkat};
use std::cell::Cell;
use std::ffi::{OsStr, OsString};
use std::fs::{File, Permissions};
use std::io::{self, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Bytes that are copied into one folder of the quarantine; of what is beyond only names are kept. A move takes all of it along.
const MOST_COPIED: u64 = 256 << 20;

/// All rights of a folder's owner.
const OWNER: u32 = 0o700;

/// One folder of the quarantine, made when there is something to keep.
pub(super) struct Quarantine<'d> {
    disk: &'d Disk,
    path: PathBuf,
    opened: Option<OwnedFd>,
    kept: usize,
    /// Bytes that may still be copied.
    room: Cell<u64>,
}

impl<'d> Quarantine<'d> {
    pub(super) fn new(disk: &'d Disk, path: PathBuf) -> Self {
        Self { disk, path, opened: None, kept: 0, room: Cell::new(MOST_COPIED) }
    }

    /// The folder, where something is kept in it.
    pub(super) fn used(&self) -> Option<&Path> {
        (self.kept > 0).then_some(self.path.as_path())
    }

    fn open(&mut self) -> io::Result<OwnedFd> {
        if self.opened.is_none() {
            self.disk.create_private_folder(&self.path)?;
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
            self.opened = Some(rustix::fs::open(&self.path, flags, Mode::empty())?);
        }
        let opened = self.opened.as_ref().ok_or(io::ErrorKind::NotFound)?;
        opened.try_clone()
    }

    /// A name that says where it was, and that no program takes for its own configuration.
    fn label(&mut self, shown: &str) -> OsString {
        self.kept += 1;
        let flat: String = shown.chars().map(|char| if char == '/' { '_' } else { char }).take(100).collect();
        format!("{}-{flat}", self.kept).into()
    }

    /// Moves what is under a name into the quarantine; nothing there is no error.
    pub(super) fn take(&mut self, folder: &OwnedFd, name: &OsStr, shown: &str) -> io::Result<()> {
        let Some(found) = stat(folder, name)? else { return Ok(()) };
        let kind = FileType::from_raw_mode(found.st_mode);
        let kept = self.open()?;
        let label = self.label(shown);
        // What has a second name in the workspace could be changed through it later.
        let has_names = kind != FileType::Directory && found.st_nlink > 1;
        if kind == FileType::Directory {
            self.disk.unlock_folder_at(folder, name)?;
        }
        if !has_names && self.disk.rename_at(folder, name, &kept, &label).is_ok() {
            return Ok(());
        }
        self.copy(folder, name, &kept, &label)?;
        self.remove(folder, name)
    }

    /// Keeps a copy of a file, which stays where it is.
    pub(super) fn keep(&mut self, folder: &OwnedFd, name: &OsStr, shown: &str) -> io::Result<()> {
        let kept = self.open()?;
        let label = self.label(shown);
        self.copy(folder, name, &kept, &label)
    }

    fn copy(&self, folder: &OwnedFd, name: &OsStr, to: &OwnedFd, label: &OsStr) -> io::Result<()> {
        let Some(found) = stat(folder, name)? else { return Ok(()) };
        match FileType::from_raw_mode(found.st_mode) {
            FileType::RegularFile => {
                let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
                let mut from = File::from(openat(folder, name, flags, Mode::empty())?).take(self.room.get());
                let mut copy = self.disk.create_file_at(to, label)?;
                let poured = self.pour(&mut from, &mut copy);
                self.room.set(from.limit());
                poured
            }
            FileType::Directory => {
                self.disk.unlock_folder_at(folder, name)?;
                self.disk.create_folder_at(to, label)?;
                let (from, copy) = (open_folder(folder, name)?, open_folder(to, label)?);
                names(&from)?.iter().try_for_each(|name| self.copy(&from, name, &copy, name))
            }
            FileType::Symlink => {
                let target = OsString::from_vec(readlinkat(folder, name, Vec::new())?.into_bytes());
                self.disk.create_link_at(&target, to, label)
            }
            // Of these there is nothing to keep but that they were there.
            FileType::Fifo
            | FileType::Socket
            | FileType::CharacterDevice
            | FileType::BlockDevice
            | FileType::Unknown => self.disk.create_file_at(to, label).map(drop),
        }
    }

    fn remove(&self, folder: &OwnedFd, name: &OsStr) -> io::Result<()> {
        let Some(found) = stat(folder, name)? else { return Ok(()) };
        if FileType::from_raw_mode(found.st_mode) != FileType::Directory {
            return self.disk.remove_file_at(folder, name);
        }
        let opened = open_folder(folder, name)?;
        names(&opened)?.iter().try_for_each(|name| self.remove(&opened, name))?;
        self.disk.remove_folder_at(folder, name)
    }

    fn pour(&self, from: &mut impl Read, to: &mut File) -> io::Result<()> {
        let mut buffer = vec![0; 128 * 1024];
        loop {
            let count = from.read(&mut buffer)?;
            if count == 0 {
                return Ok(());
            }
            self.disk.write(to, buffer.get(..count).unwrap_or_default())?;
        }
    }

    /// Puts a path back as it was. A file that is there is replaced in one step; anything else must have been taken away.
    pub(super) fn put(&self, folder: &OwnedFd, name: &OsStr, node: &Node) -> io::Result<()> {
        match node {
            Node::File { facts, bytes, .. } => {
                let beside = OsString::from(format!(".agent-{}.tmp", uuid::Uuid::now_v7().simple()));
                let put = self.write(folder, &beside, bytes, facts.mode);
                let put = put.and_then(|()| self.disk.rename_at(folder, &beside, folder, name));
                if put.is_err() {
                    // The first failure is the one to tell of.
                    let _ = self.disk.remove_file_at(folder, &beside);
                }
                put
            }
            Node::Link { target, .. } => self.disk.create_link_at(target, folder, name),
            Node::Folder { facts, entries } => {
                self.disk.create_folder_at(folder, name)?;
                let opened = open_folder(folder, name)?;
                entries.iter().try_for_each(|(name, node)| self.put(&opened, name, node))?;
                self.disk.set_mode_at(&opened, facts.mode)
            }
            Node::Other { .. } => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    fn write(&self, folder: &OwnedFd, name: &OsStr, bytes: &Bytes, mode: u32) -> io::Result<()> {
        let mut file = self.disk.create_file_at(folder, name)?;
        match bytes {
            Bytes::Here(bytes) => self.disk.write(&mut file, bytes)?,
            Bytes::Copied(path, _) => self.pour(&mut File::open(path)?, &mut file)?,
            Bytes::Seen(_) => return Err(io::ErrorKind::Unsupported.into()),
        }
        self.disk.set_mode(&file, Permissions::from_mode(mode))?;
        self.disk.sync(&file)
    }

    /// Gives a folder its permissions back.
    pub(super) fn set_mode(&self, folder: &OwnedFd, name: &OsStr, mode: u32) -> io::Result<()> {
        self.disk.set_mode_at(&open_folder(folder, name)?, mode)
    }

    /// Gives the owner all rights to a folder.
    pub(super) fn unlock(&self, folder: &OwnedFd, name: &OsStr) -> io::Result<()> {
        self.disk.unlock_folder_at(folder, name)
    }

    /// Does something in a folder that may have been made read only.
    pub(super) fn unlocked<T>(&mut self, folder: &OwnedFd, act: impl FnOnce(&mut Self) -> T) -> T {
        let mode = rustix::fs::fstat(folder).map(|stat| super::record::facts(&stat).mode);
        let locked = mode.ok().filter(|mode| mode & OWNER != OWNER);
        // Where it cannot be opened up, what is done in it fails and is told.
        let opened = locked.filter(|mode| self.disk.set_mode_at(folder, mode | OWNER).is_ok());
        let done = act(self);
        if let Some(mode) = opened {
            let _ = self.disk.set_mode_at(folder, mode);
        }
        done
    }

    /// Renames between two open folders of the workspace.
    pub(super) fn rename(&self, from: &OwnedFd, old: &OsStr, to: &OwnedFd, name: &OsStr) -> io::Result<()> {
        self.disk.unlock_folder_at(from, old)?;
        self.disk.rename_at(from, old, to, name)
    }

    /// Opens a folder, and makes it where it is missing; what is there and no folder is taken away.
    pub(super) fn folder(&mut self, folder: &OwnedFd, name: &OsStr, shown: &str) -> io::Result<OwnedFd> {
        match open_folder(folder.as_fd(), name) {
            Ok(opened) => Ok(opened),
            Err(_) => {
                self.take(folder, name, shown)?;
                self.disk.create_folder_at(folder, name)?;
                open_folder(folder, name)
            }
        }
    }
}

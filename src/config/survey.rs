//! Reads what a project wants to bring: `.agent/` and `.mcp.json` at its root. No link is followed, nothing but regular files is
//! opened, and all of it is bounded: a cloned folder may hold anything.

use crate::policy::trust::{Brought, Item, Passed};
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, fstat, openat, readlinkat, statat};
use rustix::io::Errno;
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

/// The names at the root that may bring something.
const NAMES: &[&str] = &[".agent", ".mcp.json"];
/// Files and folders, all together.
const MOST: usize = 2_000;
/// Folders within folders.
const DEEPEST: usize = 16;
/// Bytes of one file.
const LARGEST: u64 = 1 << 20;
/// Bytes of all files.
const TOTAL: u64 = 8 << 20;

struct Survey {
    brought: Brought,
    entries: usize,
    room: u64,
}

/// Looks at the project whose root is `root`.
pub fn survey(root: &Path) -> Brought {
    let mut survey = Survey { brought: Brought::default(), entries: 0, room: TOTAL };
    let folder = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    match rustix::fs::open(root, folder, Mode::empty()) {
        Ok(root) => {
            for name in NAMES {
                survey.entry(&root, name, name, 0);
            }
        }
        Err(error) => survey.obstacle(&root.display().to_string(), error),
    }
    let brought = &mut survey.brought;
    brought.items.sort_by(|a, b| a.path.cmp(&b.path));
    brought.passed.sort_by(|a, b| a.path.cmp(&b.path));
    brought.obstacles.sort();
    survey.brought
}

impl Survey {
    /// One name in an open folder; `path` is what it is called from the root on.
    fn entry(&mut self, folder: &OwnedFd, name: &str, path: &str, depth: usize) {
        let found = match statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(found) => found,
            Err(Errno::NOENT) => return,
            Err(error) => return self.obstacle(path, error),
        };
        self.entries += 1;
        if self.entries > MOST {
            return self.too_much(format!("there are more than {MOST} files and folders"));
        }
        match FileType::from_raw_mode(found.st_mode) {
            FileType::Directory if depth >= DEEPEST => {
                self.too_much(format!("`{path}` is more than {DEEPEST} folders deep"));
            }
            FileType::Directory => self.folder(folder, name, path, depth),
            FileType::RegularFile => self.file(folder, name, path),
            FileType::Symlink => {
                let target = readlinkat(folder, name, Vec::new())
                    .map_or_else(|_| "?".into(), |target| target.to_string_lossy().into_owned());
                self.pass(path, format!("a symbolic link to {target}"));
            }
            FileType::Fifo
            | FileType::Socket
            | FileType::CharacterDevice
            | FileType::BlockDevice
            | FileType::Unknown => self.pass(path, "no regular file".into()),
        }
    }

    fn folder(&mut self, parent: &OwnedFd, name: &str, path: &str, depth: usize) {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let opened = openat(parent, name, flags, Mode::empty());
        let folder = match opened {
            Ok(folder) => folder,
            Err(error) => return self.obstacle(path, error),
        };
        let names = match names(&folder) {
            Ok(names) => names,
            Err(error) => return self.obstacle(path, error),
        };
        for name in names {
            // Once is enough: nothing of it can be trusted.
            if self.entries > MOST {
                return;
            }
            match std::str::from_utf8(&name) {
                Ok(name) => self.entry(&folder, name, &format!("{path}/{name}"), depth + 1),
                Err(_) => {
                    let name = String::from_utf8_lossy(&name).into_owned();
                    self.too_much(format!("`{path}/{name}` has a name that is not UTF-8"));
                }
            }
        }
    }

    fn file(&mut self, folder: &OwnedFd, name: &str, path: &str) {
        // Not waiting, for it may have become a pipe since it was looked at.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let read = openat(folder, name, flags, Mode::empty()).and_then(|file| {
            let meta = fstat(file.as_fd())?;
            if FileType::from_raw_mode(meta.st_mode) != FileType::RegularFile {
                return Err(Errno::INVAL);
            }
            let mut bytes = Vec::new();
            File::from(file)
                .take(LARGEST + 1)
                .read_to_end(&mut bytes)
                .map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
            Ok((bytes, meta.st_mode & 0o111 != 0))
        });
        let (bytes, executable) = match read {
            Ok(read) => read,
            Err(error) => return self.obstacle(path, error),
        };
        let size = bytes.len() as u64;
        if size > LARGEST {
            return self.too_much(format!("`{path}` is larger than 1 MiB"));
        }
        match self.room.checked_sub(size) {
            Some(room) => self.room = room,
            None => return self.too_much("all files together are larger than 8 MiB".into()),
        }
        self.brought.items.push(Item { path: path.to_owned(), executable, bytes });
    }

    fn pass(&mut self, path: &str, what: String) {
        self.brought.passed.push(Passed { path: path.to_owned(), what });
    }

    fn obstacle(&mut self, path: &str, error: Errno) {
        let why = crate::base::error::reason(&std::io::Error::from(error));
        self.too_much(format!("cannot read `{path}`: {why}"));
    }

    fn too_much(&mut self, why: String) {
        if !self.brought.obstacles.contains(&why) {
            self.brought.obstacles.push(why);
        }
    }
}

/// The names in a folder, sorted by their bytes, one more than are looked at.
fn names(folder: &OwnedFd) -> Result<Vec<Vec<u8>>, Errno> {
    let mut names = Vec::new();
    for entry in Dir::read_from(folder)? {
        let name = entry?.file_name().to_bytes().to_vec();
        if name != b"." && name != b".." {
            names.push(name);
        }
        if names.len() > MOST {
            break;
        }
    }
    names.sort();
    Ok(names)
}

//! Writes below an open folder, so that nothing that is swapped on the way to it can lead them elsewhere. No name is followed
//! where it is a link.

use super::Disk;
use rustix::fs::{AtFlags, Mode, OFlags, fchmod, mkdirat, openat, renameat, symlinkat, unlinkat};
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};

impl Disk {
    /// Makes a new file in an open folder for writing, 0600; an error where there is anything under that name.
    pub fn create_file_at(&self, folder: impl AsFd, name: &OsStr) -> io::Result<File> {
        self.step()?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(File::from(openat(folder, name, flags, Mode::RUSR | Mode::WUSR)?))
    }

    /// Makes a folder in an open folder, 0700; one that is there stays.
    pub fn create_folder_at(&self, folder: impl AsFd, name: &OsStr) -> io::Result<()> {
        self.step()?;
        match mkdirat(folder, name, Mode::RWXU) {
            Ok(()) | Err(rustix::io::Errno::EXIST) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes a symbolic link in an open folder.
    pub fn create_link_at(&self, target: &OsStr, folder: impl AsFd, name: &OsStr) -> io::Result<()> {
        self.step()?;
        Ok(symlinkat(target, folder, name)?)
    }

    /// Renames from one open folder to another.
    pub fn rename_at(&self, from: impl AsFd, name: &OsStr, to: impl AsFd, new: &OsStr) -> io::Result<()> {
        self.step()?;
        Ok(renameat(from, name, to, new)?)
    }

    /// Removes a file or a link from an open folder.
    pub fn remove_file_at(&self, folder: impl AsFd, name: &OsStr) -> io::Result<()> {
        self.step()?;
        Ok(unlinkat(folder, name, AtFlags::empty())?)
    }

    /// Removes an empty folder from an open folder.
    pub fn remove_folder_at(&self, folder: impl AsFd, name: &OsStr) -> io::Result<()> {
        self.step()?;
        Ok(unlinkat(folder, name, AtFlags::REMOVEDIR)?)
    }

    /// Gives the owner of a folder in an open folder all rights to it; a name that is a link or no folder is an error. What was locked
    /// can be neither looked into nor moved.
    pub fn unlock_folder_at(&self, folder: impl AsFd, name: &OsStr) -> io::Result<()> {
        let found = rustix::fs::statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
        let mode = wide(found.st_mode) & 0o7777;
        if rustix::fs::FileType::from_raw_mode(found.st_mode) != rustix::fs::FileType::Directory {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        if mode & OWNER == OWNER {
            return Ok(());
        }
        self.step()?;
        set_mode_of_folder(folder.as_fd(), name, mode | OWNER)
    }

    /// Sets the permissions of an open file or folder.
    pub fn set_mode_at(&self, opened: &OwnedFd, mode: u32) -> io::Result<()> {
        self.step()?;
        Ok(fchmod(opened, Mode::from_bits_truncate(number(mode)))?)
    }
}

/// The same, the other way round.
fn wide<T: TryInto<u32>>(mode: T) -> u32 {
    mode.try_into().unwrap_or_default()
}

/// All rights of the owner.
const OWNER: u32 = 0o700;

/// The folder is opened without rights to it, so that its name can lead to no other meanwhile.
#[cfg(target_os = "linux")]
fn set_mode_of_folder(folder: rustix::fd::BorrowedFd<'_>, name: &OsStr, mode: u32) -> io::Result<()> {
    use std::os::fd::AsRawFd;
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let opened = openat(folder, name, flags, Mode::empty())?;
    let path = format!("/proc/self/fd/{}", opened.as_raw_fd());
    Ok(rustix::fs::chmod(path, Mode::from_bits_truncate(number(mode)))?)
}

#[cfg(not(target_os = "linux"))]
fn set_mode_of_folder(folder: rustix::fd::BorrowedFd<'_>, name: &OsStr, mode: u32) -> io::Result<()> {
    Ok(rustix::fs::chmodat(folder, name, Mode::from_bits_truncate(number(mode)), AtFlags::SYMLINK_NOFOLLOW)?)
}

/// The kernel's own width of a mode differs between systems.
fn number<T: TryFrom<u32> + Default>(mode: u32) -> T {
    T::try_from(mode & 0o7777).unwrap_or_default()
}

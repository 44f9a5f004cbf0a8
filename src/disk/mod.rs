//! Every write to the user's files and to our own state goes through one [`Disk`] value.
//!
//! Tests make its n-th operation fail, once or for ever, and then look at what is left on the disk. Reads are not
//! counted: they cannot hurt anything.

mod at;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A file under a name of our own, until it is renamed; removed when it is dropped before.
pub type Staged = tempfile::TempPath;

/// The hand that writes. Cheap to clone; clones share their faults.
#[derive(Debug, Clone, Default)]
pub struct Disk {
    faults: Option<Arc<Faults>>,
}

#[derive(Debug)]
struct Faults {
    done: AtomicU64,
    at: u64,
    forever: bool,
}

impl Disk {
    /// A disk whose operation number `at` (from 1) fails with "no space left", and all later ones too if `forever`.
    pub fn failing(at: u64, forever: bool) -> Self {
        Self { faults: Some(Arc::new(Faults { done: AtomicU64::new(0), at, forever })) }
    }

    /// How many operations were asked of it; 0 for a real disk, which does not count.
    pub fn operations(&self) -> u64 {
        self.faults.as_ref().map_or(0, |faults| faults.done.load(Ordering::SeqCst))
    }

    fn step(&self) -> io::Result<()> {
        let Some(faults) = &self.faults else { return Ok(()) };
        let nth = faults.done.fetch_add(1, Ordering::SeqCst) + 1;
        if nth == faults.at || (faults.forever && nth > faults.at) {
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        Ok(())
    }

    /// Makes a folder and its parents, readable by the user alone where they are new.
    pub fn create_private_folder(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
    }

    /// Makes a folder with the user's own umask; false when it was there.
    pub fn create_folder(&self, path: &Path) -> io::Result<bool> {
        self.step()?;
        match fs::create_dir(path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Opens a 0600 file for appending and reading, and makes it where it is missing.
    pub fn open_append(&self, path: &Path) -> io::Result<File> {
        self.step()?;
        OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(path)
    }

    /// Makes a new 0600 file for writing; an error where there is one.
    pub fn create_private_file(&self, path: &Path) -> io::Result<File> {
        self.step()?;
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
    }

    /// Makes a new file in `folder` under a name of our own, to be renamed later.
    pub fn stage(&self, folder: &Path) -> io::Result<tempfile::NamedTempFile> {
        self.step()?;
        tempfile::Builder::new().prefix(".agent-").rand_bytes(32).suffix(".tmp").tempfile_in(folder)
    }

    /// The same with the mode that the user's umask gives new files. (To ask for the umask is to change it, for all threads.)
    pub fn stage_new(&self, folder: &Path) -> io::Result<tempfile::NamedTempFile> {
        self.step()?;
        let mode = fs::Permissions::from_mode(0o666);
        tempfile::Builder::new().prefix(".agent-").rand_bytes(32).suffix(".tmp").permissions(mode).tempfile_in(folder)
    }

    /// One write; a short one is an error, so that a record is written whole or is a torn tail.
    pub fn write(&self, file: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
        self.step()?;
        file.write_all(bytes)
    }

    pub fn truncate(&self, file: &File, length: u64) -> io::Result<()> {
        self.step()?;
        file.set_len(length)
    }

    /// Waits until the file's bytes are on the medium.
    pub fn sync(&self, file: &File) -> io::Result<()> {
        self.step()?;
        file.sync_all()
    }

    /// Waits until a folder's names are on the medium.
    pub fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        File::open(path)?.sync_all()
    }

    pub fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step()?;
        fs::rename(from, to)
    }

    pub fn remove_file(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        fs::remove_file(path)
    }

    pub fn remove_tree(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        fs::remove_dir_all(path)
    }

    /// Gives a staged file its name, once its bytes are on the medium; an error where the name is taken and is not to be replaced.
    pub fn place(&self, staged: tempfile::NamedTempFile, path: &Path, replace: bool) -> io::Result<()> {
        self.sync(staged.as_file())?;
        self.step()?;
        let placed = if replace { staged.persist(path) } else { staged.persist_noclobber(path) };
        placed.map(drop).map_err(|error| error.error)
    }

    /// Puts a whole private file in place: written beside it, synced, renamed over it.
    pub fn replace_private(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let folder = path.parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf);
        let mut staged = self.stage(&folder)?;
        self.write(staged.as_file_mut(), bytes)?;
        self.sync(staged.as_file())?;
        self.step()?;
        staged.persist(path).map_err(|error| error.error)?;
        Ok(())
    }

    /// Could a regular file be written here? A file that is there is left as it is; of one that is not, nothing stays.
    pub fn try_user_file(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        match fs::metadata(path) {
            Ok(meta) if meta.is_file() => OpenOptions::new().append(true).open(path).map(drop),
            // A pipe or a device; opening one may wait for its other end.
            Ok(_) => Ok(()),
            // A link whose target is still to be made.
            Err(_) if path.symlink_metadata().is_ok() => Ok(()),
            Err(_) => {
                OpenOptions::new().write(true).create_new(true).open(path)?;
                fs::remove_file(path)
            }
        }
    }

    /// Puts a file of the user's in place, with the user's own umask; writes through pipes and devices.
    pub fn write_user_file(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.step()?;
        fs::write(path, bytes)
    }

    pub fn set_mode(&self, file: &File, permissions: fs::Permissions) -> io::Result<()> {
        self.step()?;
        file.set_permissions(permissions)
    }

    pub fn set_owner(&self, file: &File, user: u32, group: u32) -> io::Result<()> {
        self.step()?;
        fchown(file, Some(user), Some(group))
    }

    /// Gives a file a second name, or, where the file system has none, a copy.
    pub fn keep_copy(&self, path: &Path, copy: &Path) -> io::Result<()> {
        self.step()?;
        if fs::hard_link(path, copy).is_err()
            && let Err(error) = fs::copy(path, copy)
        {
            let _ = fs::remove_file(copy);
            return Err(error);
        }
        Ok(())
    }

    /// Gives a file that never changes a second name, or, on another file system, a copy. One that is there already stays.
    pub fn keep_object(&self, path: &Path, copy: &Path) -> io::Result<()> {
        self.step()?;
        match fs::hard_link(path, copy) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(error),
            Err(_) => {
                // Half a copy must not be taken for the whole, and one that is left over never be written through.
                let folder = copy.parent().unwrap_or(Path::new("/"));
                let staged =
                    tempfile::Builder::new().prefix(".agent-").rand_bytes(32).suffix(".tmp").tempfile_in(folder)?;
                fs::copy(path, staged.path())?;
                staged.persist(copy).map_err(|error| error.error)?;
                Ok(())
            }
        }
    }

    /// Copies a file with its mode to where there is none. Where the file system can, the two share their blocks.
    pub fn copy_file(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step()?;
        fs::copy(from, to).map(drop)
    }

    /// Removes an empty folder.
    pub fn remove_folder(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        fs::remove_dir(path)
    }

    /// Makes a symbolic link.
    pub fn link_to(&self, target: &Path, path: &Path) -> io::Result<()> {
        self.step()?;
        std::os::unix::fs::symlink(target, path)
    }

    /// Sets the permissions of a file or folder that is no link.
    pub fn set_mode_of(&self, path: &Path, mode: u32) -> io::Result<()> {
        self.step()?;
        fs::set_permissions(path, fs::Permissions::from_mode(mode))
    }

    /// A file as a writer, each write of which is an operation.
    pub fn writer(&self, file: File) -> Writer {
        Writer { disk: self.clone(), file }
    }
}

/// An open file that is written through its disk.
#[derive(Debug)]
pub struct Writer {
    disk: Disk,
    file: File,
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.disk.step()?;
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

//! Small files of ours in the state folder that decide what may happen: read whole or refused, replaced whole, and changed by one
//! process at a time.

use super::paths::Environment;
use crate::base::error::reason;
use crate::base::{Error, Kind, Result};
use crate::disk::Disk;
use rustix::fs::OFlags;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Bytes that are read at most.
const LARGEST: u64 = 32 << 20;
/// How long another process that changes a file is waited for.
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(10);

/// One such file.
#[derive(Debug, Clone)]
pub struct StateFile {
    path: PathBuf,
    disk: Disk,
}

/// As long as it lives, no other process changes such a file in the same folder.
pub struct Alone {
    _folder: File,
}

impl StateFile {
    pub fn of(environment: &Environment, name: &str, disk: Disk) -> Result<Self> {
        Ok(Self { path: environment.state_folder()?.join(name), disk })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its text; `None` where there is none. A file that others than the user could have written is not believed.
    pub fn read(&self) -> Result<Option<String>> {
        // Not waiting: what lies there may be a pipe.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match rustix::fs::open(&self.path, flags, rustix::fs::Mode::empty()) {
            Ok(file) => File::from(file),
            Err(rustix::io::Errno::NOENT) => return Ok(None),
            Err(error) => return Err(self.broken(&reason(&error.into()))),
        };
        let meta = file.metadata().map_err(|error| self.broken(&reason(&error)))?;
        if !meta.is_file() {
            return Err(self.broken("it is no regular file"));
        }
        if meta.uid() != rustix::process::geteuid().as_raw() {
            return Err(self.broken("it belongs to another user"));
        }
        if meta.mode() & 0o022 != 0 {
            return Err(self.broken("others than you can write it").hint(format!("chmod 600 {}", self.path.display())));
        }
        let mut bytes = Vec::new();
        file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| self.broken(&reason(&error)))?;
        if bytes.len() as u64 > LARGEST {
            return Err(self.broken("it is larger than 32 MiB"));
        }
        String::from_utf8(bytes).map(Some).map_err(|_| self.broken("it is not UTF-8"))
    }

    /// Waits until nobody else changes it. What is read after that and written before the value is dropped loses nothing.
    pub fn alone(&self) -> Result<Alone> {
        let folder = self.path.parent().unwrap_or(Path::new("/"));
        self.disk.create_private_folder(folder).map_err(|error| Error::io("write", folder.display(), &error))?;
        let file = File::open(folder).map_err(|error| Error::io("open", folder.display(), &error))?;
        let end = Instant::now() + PATIENCE;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Alone { _folder: file }),
                Err(std::fs::TryLockError::WouldBlock) if Instant::now() < end => std::thread::sleep(PAUSE),
                Err(std::fs::TryLockError::WouldBlock) => {
                    let what = format!("cannot write `{}`: another agent holds it", self.path.display());
                    return Err(Error::new(Kind::Io, what).hint("try again when the other one has ended"));
                }
                Err(std::fs::TryLockError::Error(error)) if error.kind() == ErrorKind::Unsupported => {
                    return Ok(Alone { _folder: file });
                }
                Err(std::fs::TryLockError::Error(error)) => {
                    return Err(Error::io("lock", folder.display(), &error));
                }
            }
        }
    }

    /// Replaces it; it is as before where that fails.
    pub fn write(&self, _alone: &Alone, text: &str) -> Result<()> {
        self.disk
            .replace_private(&self.path, text.as_bytes())
            .map_err(|error| Error::io("write", self.path.display(), &error))
    }

    fn broken(&self, why: &str) -> Error {
        Error::config(format!("cannot read `{}`: {why}", self.path.display()))
            .hint("move it away; what it allowed is asked for again")
    }

    /// A document in it that cannot be understood.
    pub fn unreadable(&self, error: Error) -> Error {
        error.hint(format!("move `{}` away; what it allowed is asked for again", self.path.display()))
    }
}

/// Does our state lie in the project, so that the project could have brought it along? A folder that holds the user's whole home
/// is no project of anybody else's.
pub fn brought_along(environment: &Environment, root: &Path) -> bool {
    let real = |path: PathBuf| nearest(&path).unwrap_or(path);
    let holds_home = environment.home().is_ok_and(|home| real(home).starts_with(root));
    let holds_state = environment.state_folder().is_ok_and(|state| real(state).starts_with(root));
    holds_state && !holds_home
}

/// The path without links, as far as it exists.
fn nearest(path: &Path) -> Option<PathBuf> {
    let existing = path.ancestors().find(|folder| folder.exists())?;
    let rest = path.strip_prefix(existing).ok()?;
    Some(existing.canonicalize().ok()?.join(rest))
}

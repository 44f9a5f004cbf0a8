//! Opens what lies below a root without ever leaving it: the kernel resolves the path, and a link that was put in its way since
//! it was looked at is refused.

use rustix::fs::{Mode, OFlags, openat};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::{Component, Path, PathBuf};

/// How often the kernel is asked again when something was renamed while it resolved a path.
#[cfg(target_os = "linux")]
const TRIES: usize = 16;

/// A folder is opened as a place alone, so that it need not be readable.
#[cfg(target_os = "linux")]
const FOLDER: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
#[cfg(not(target_os = "linux"))]
const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

/// A folder that is open, whatever its name becomes.
#[derive(Debug)]
pub struct Held {
    opened: OwnedFd,
    folder: PathBuf,
}

impl Held {
    /// `folder` is `root` or lies below it, and has no links in it.
    pub fn open(root: &Path, folder: &Path) -> io::Result<Self> {
        let opened = open(root, folder, FOLDER)?;
        Ok(Self { opened, folder: folder.into() })
    }

    /// The folder itself, as a path that leads to it also when it was renamed. Where the system has none, its name.
    pub fn path(&self) -> PathBuf {
        let own = PathBuf::from(format!("/proc/self/fd/{}", self.opened.as_raw_fd()));
        if cfg!(target_os = "linux") && own.is_dir() { own } else { self.folder.clone() }
    }
}

/// Opens a file for reading. `path` lies below `root` and has no links in it; a pipe is not waited for.
pub fn file(root: &Path, path: &Path) -> io::Result<File> {
    Ok(File::from(open(root, path, OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY)?))
}

fn open(root: &Path, path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
    let way = path.strip_prefix(root).map_err(|_| io::ErrorKind::InvalidInput)?;
    let top = rustix::fs::open(root, FOLDER, Mode::empty())?;
    let flags = flags | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    if way.as_os_str().is_empty() {
        return Ok(openat(&top, c".", flags, Mode::empty())?);
    }
    #[cfg(target_os = "linux")]
    if let Some(opened) = resolved(&top, way, flags) {
        return opened;
    }
    step_by_step(top, way, flags)
}

/// In one call. `None` where the kernel does not know it, or a sandbox around us refuses it.
#[cfg(target_os = "linux")]
fn resolved(top: impl AsFd, way: &Path, flags: OFlags) -> Option<io::Result<OwnedFd>> {
    use rustix::fs::{ResolveFlags, openat2};
    use rustix::io::Errno;
    let how = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS | ResolveFlags::NO_SYMLINKS;
    for _ in 0..TRIES {
        match openat2(top.as_fd(), way, flags, Mode::empty(), how) {
            Err(Errno::AGAIN) => {}
            Err(Errno::NOSYS | Errno::PERM | Errno::INVAL) => return None,
            Err(error) => return Some(Err(error.into())),
            Ok(opened) => return Some(Ok(opened)),
        }
    }
    Some(Err(io::ErrorKind::WouldBlock.into()))
}

/// One name after the other, none of them a link.
fn step_by_step(top: OwnedFd, way: &Path, flags: OFlags) -> io::Result<OwnedFd> {
    let mut opened = top;
    let mut parts = way.components().peekable();
    while let Some(part) = parts.next() {
        let Component::Normal(name) = part else { return Err(io::ErrorKind::InvalidInput.into()) };
        let flags = if parts.peek().is_some() { FOLDER | OFlags::NOFOLLOW } else { flags };
        opened = openat(&opened, name, flags, Mode::empty())?;
    }
    Ok(opened)
}

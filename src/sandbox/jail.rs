//! What a command may touch, as a value. It is made by a pure function and enforced by the kernel; nothing here has an
//! effect.

use crate::base::access::Network;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

/// What one command may do. All paths are absolute and without symbolic links.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jail {
    /// Everything may be read but these and what is below them; they look absent where the backend can do that.
    pub denied: Vec<PathBuf>,
    /// Below these may be read again, although a folder above is denied: the session's long outputs.
    pub readable: Vec<PathBuf>,
    /// Below these may be written. Empty but for a folder for temporary files in mode `read`.
    pub writable: Vec<PathBuf>,
    /// Below writable folders, and yet not written: what configures other programs. Only paths that exist.
    pub protected: Vec<PathBuf>,
    /// For temporary files, writable and the project's own.
    pub temporary: PathBuf,
    pub network: Network,
    pub limits: Limits,
}

/// What one command may use, with all its children.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Bytes of memory of the whole group.
    pub memory: u64,
    /// Processes and threads of the whole group.
    pub processes: u64,
    /// Bytes of one file.
    pub file_size: u64,
    /// Bytes that stay free on the disk of the workspace.
    pub disk_free: u64,
    /// Seconds of processor time of one process; `None`: the time limit of the command alone counts.
    pub cpu: Option<Duration>,
}

impl Default for Limits {
    fn default() -> Self {
        const GIB: u64 = 1 << 30;
        Self { memory: 16 * GIB, processes: 4096, file_size: 8 * GIB, disk_free: GIB, cpu: None }
    }
}

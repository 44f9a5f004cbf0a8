//! The limits of a jail that no system call enforces for a whole group, as what is watched while a command runs.

use super::jail::Limits;
use crate::process::watch::Watch;
use std::path::PathBuf;

/// What is watched for a command with these limits; `folders` are those whose disks must not fill up.
pub fn watch(limits: &Limits, folders: Vec<PathBuf>) -> Watch {
    Watch { memory: limits.memory, processes: limits.processes, disk_free: limits.disk_free, folders }
}

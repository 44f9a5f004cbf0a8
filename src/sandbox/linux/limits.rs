//! Limits that the kernel keeps for each process. What counts for a whole group, memory above all, is watched from outside.

use crate::sandbox::spec::Spec;
use rustix::io::Result;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Open files of one process: more than build tools need, and few enough for programs that close all they could have.
const FILES: u64 = 65_536;

/// Limits of users count all processes of a user, so this many may already be there where the jail has no users of its own.
const OTHERS: u64 = 4096;

pub fn apply(spec: &Spec) -> Result<()> {
    let limits = &spec.jail.limits;
    cap(Resource::Nofile, FILES)?;
    cap(Resource::Core, 0)?;
    cap(Resource::Fsize, limits.file_size)?;
    let others = if spec.namespaces { 0 } else { OTHERS };
    cap(Resource::Nproc, limits.processes.saturating_add(others))?;
    match limits.cpu {
        Some(time) => cap(Resource::Cpu, time.as_secs().max(1)),
        None => Ok(()),
    }
}

/// Lowers both limits to `most`; one that is lower already stays.
fn cap(resource: Resource, most: u64) -> Result<()> {
    let now = getrlimit(resource);
    let lower = |limit: Option<u64>| Some(limit.map_or(most, |limit| limit.min(most)));
    setrlimit(resource, Rlimit { current: lower(now.current), maximum: lower(now.maximum) })
}

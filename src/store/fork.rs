//! A session that begins with the records of another one.
//!
//! The lines are copied as they are, so their chain is whole, and what stands in the log without its secrets stays so. Whose they
//! are is told by the session that each `session_started` names: what is before the fork's own was done, and paid for, by the other.

use super::chain::{self, Head};
use super::ledger::Ledger;
use super::{moment, pages, sessions};
use crate::base::{Error, Kind, Result};
use crate::disk::Disk;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Makes the session `id` under `state` with the records of session `from` up to and with `through`, and its images and long
/// outputs. An error leaves nothing behind. It can be listed, opened and proven as soon as this returns.
pub fn fork(state: &Path, from: &str, through: u64, id: &str, disk: &Disk) -> Result<()> {
    let (source, target) = (sessions::folder(state, from), sessions::folder(state, id));
    if target.exists() {
        return Err(Error::usage(format!("there is a session `{id}` already")));
    }
    match copy(&source, &target, through, disk) {
        Ok(head) => {
            // One that cannot be kept now is kept with the first request; until then it is taken for the other's log.
            let _ = Ledger::open(state).and_then(|ledger| ledger.keep_head(id, &head, moment::now()));
            Ok(())
        }
        Err(error) => {
            let _ = disk.remove_tree(&target);
            Err(error)
        }
    }
}

/// The head of what was copied.
fn copy(source: &Path, target: &Path, through: u64, disk: &Disk) -> Result<Head> {
    let log = source.join("log.jsonl");
    let failed = |error: io::Error| Error::io("copy", log.display(), &error);
    let mut file = File::open(&log).map_err(|error| {
        Error::io("read", log.display(), &error).hint("`agent sessions` lists the sessions that there are")
    })?;
    let end = pages::find(&mut file, through + 1).map_err(failed)?;
    let head = check(&mut file, end, through).map_err(failed)?.ok_or_else(|| {
        Error::new(Kind::Usage, format!("session log `{}` has no whole record {through}", log.display()))
            .hint("fork from a record that is there")
    })?;
    disk.create_private_folder(target).map_err(|error| Error::io("create", target.display(), &error))?;
    for part in ["blobs", "spill"] {
        link_all(&source.join(part), &target.join(part), disk)?;
    }
    // Last, and under its name only when it is whole: before that there is no session.
    let staged = disk.stage(target).map_err(failed)?;
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    let mut writer = disk.writer(staged.reopen().map_err(failed)?);
    io::copy(&mut BufReader::with_capacity(256 * 1024, file).take(end), &mut writer).map_err(failed)?;
    disk.sync(staged.as_file()).map_err(failed)?;
    let path = staged.into_temp_path();
    disk.rename(&path, &target.join("log.jsonl")).map_err(failed)?;
    Ok(head)
}

/// The head at the line that ends at `end`, where that is the record `through`, and whole.
fn check(file: &mut File, end: u64, through: u64) -> io::Result<Option<Head>> {
    let start = pages::find(file, through)?;
    file.seek(SeekFrom::Start(start))?;
    let mut line = Vec::new();
    BufReader::new(&*file).take(end.saturating_sub(start)).read_until(b'\n', &mut line)?;
    Ok(chain::head(&line).filter(|head| head.seq == through))
}

/// Gives each file of a folder a second name in another one. Files in it are never changed once they are whole.
fn link_all(from: &Path, to: &Path, disk: &Disk) -> Result<()> {
    let files: Vec<PathBuf> =
        std::fs::read_dir(from).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    if files.is_empty() {
        return Ok(());
    }
    disk.create_private_folder(to).map_err(|error| Error::io("create", to.display(), &error))?;
    for path in files {
        let Some(name) = path.file_name() else { continue };
        disk.keep_object(&path, &to.join(name)).map_err(|error| Error::io("copy", path.display(), &error))?;
    }
    Ok(())
}

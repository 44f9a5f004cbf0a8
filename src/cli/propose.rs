//! `--propose`: the run works in a private copy of the workspace, and what it changed there comes out as one patch.

use super::args::Run;
use super::{print, say};
use crate::base::event::Outcome;
use crate::base::{Error, Kind, Result};
use crate::disk::Disk;
use crate::text::sanitise::one_line;
use crate::workspace::checkpoint::{Store, copy};
use crate::workspace::place::Place;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// Left out paths that are named.
const NAMED: usize = 5;
/// A copy that is so old belongs to no run any more.
const ABANDONED: Duration = Duration::from_secs(7 * 24 * 3600);

/// What does not go with a copy is refused before a model is looked for.
pub fn check(args: &Run) -> Result<()> {
    if args.propose && !args.common.add_dir.is_empty() {
        return Err(Error::usage("--propose works in a copy of one folder, and --add-dir names more")
            .hint("leave --add-dir out"));
    }
    Ok(())
}

/// A run that changes nothing but its copy. The copy goes when this is dropped.
pub struct Proposal {
    /// Where the user is.
    pub folder: PathBuf,
    root: PathBuf,
    pub store: Store,
    scratch: TempDir,
}

impl Drop for Proposal {
    /// Folders that nothing can be written to would keep the copy from being removed.
    fn drop(&mut self) {
        unlock(self.scratch.path());
    }
}

fn unlock(folder: &Path) {
    let _ = Disk::default().set_mode_of(folder, 0o700);
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            unlock(&entry.path());
        }
    }
}

/// Removes copies of runs that were killed.
fn sweep(home: &Path) {
    let old = |path: &Path| {
        let modified = path.metadata().and_then(|meta| meta.modified());
        modified.is_ok_and(|time| time.elapsed().is_ok_and(|age| age > ABANDONED))
    };
    for copy in
        std::fs::read_dir(home).into_iter().flatten().flatten().map(|entry| entry.path()).filter(|path| old(path))
    {
        unlock(&copy);
        let _ = Disk::default().remove_tree(&copy);
    }
}

impl Proposal {
    /// Copies the workspace; gives the place of the copy, and what the user should know.
    pub fn begin(place: &Place, state: &Path) -> Result<(Self, Place, Vec<String>)> {
        let root = place.roots().first().map_or(place.folder(), PathBuf::as_path);
        let home = state.join("proposals");
        let fail = |path: &Path, error: std::io::Error| Error::io("create", path.display(), &error).kind(Kind::Config);
        Disk::default().create_private_folder(&home).map_err(|error| fail(&home, error))?;
        sweep(&home);
        let scratch = TempDir::with_prefix_in("copy-", &home).map_err(|error| fail(&home, error))?;
        // Commands see the folder under its own name.
        let name = root.file_name().unwrap_or("workspace".as_ref());
        let into = scratch.path().join("work").join(name);
        let left_out = copy::materialise(root, &into, state, &Disk::default())?;
        let below = place.folder().strip_prefix(root).unwrap_or(Path::new(""));
        let copied = Place::within(&into.join(below), &into).map_err(|error| fail(&into, error))?;
        let store = Store::new(&scratch.path().join("state"), &into, Disk::default(), u64::MAX);
        let mut notices = vec!["the run works in a copy of the folder; nothing here is changed".to_owned()];
        if root.join(".git").symlink_metadata().is_ok() && into.join(".git").symlink_metadata().is_err() {
            notices.push("the repository lies elsewhere and is not in the copy: git does not work there".into());
        }
        if !left_out.is_empty() {
            let names: Vec<String> = left_out.iter().take(NAMED).map(|left| one_line(&left.shown())).collect();
            let more = left_out.len().saturating_sub(NAMED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            notices.push(format!("not in the copy: {}{more}", names.join(", ")));
        }
        let proposal = Self { folder: place.folder().into(), root: root.to_path_buf(), store, scratch };
        Ok((proposal, copied, notices))
    }

    /// Hands the patch out: to `-o`, else, without `--json`, to standard output.
    pub fn hand_out(&self, args: &Run, outcome: &Outcome) -> Result<()> {
        let rows = self.store.rows();
        let (Some(first), Some(last)) =
            (rows.first().and_then(|row| row.hash()), rows.last().and_then(|row| row.hash()))
        else {
            self.put(args, &[])?;
            if !args.json && !args.quiet {
                self.tell(outcome, false, &[]);
            }
            return Ok(());
        };
        let changes = self.store.changes(&self.store.manifest(&first)?, &self.store.manifest(&last)?);
        let patch: Vec<u8> = changes.set.files.iter().flat_map(|file| file.patch()).collect();
        self.put(args, &patch)?;
        if !args.json && !args.quiet {
            self.tell(outcome, !patch.is_empty(), &changes.unsaid);
        }
        Ok(())
    }

    fn put(&self, args: &Run, patch: &[u8]) -> Result<()> {
        match &args.output {
            Some(path) => {
                Disk::default().write_user_file(path, patch).map_err(|error| Error::io("write", path.display(), &error))
            }
            None if args.json => Ok(()),
            // A person looks at it; a program needs its bytes.
            None if std::io::stdout().is_terminal() => print(&String::from_utf8_lossy(patch)),
            None => match std::io::stdout().write_all(patch) {
                Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                    Err(Error::io("write", "standard output", &error))
                }
                _ => Ok(()),
            },
        }
    }

    fn tell(&self, outcome: &Outcome, any: bool, unsaid: &[String]) {
        let mut words = Vec::new();
        if any {
            let root = one_line(&self.root.display().to_string());
            words.push(format!("apply the patch with: agent apply --root {root} < PATCH"));
        } else if outcome.exit == 0 {
            words.push("no file was changed: the patch is empty".into());
        }
        if !unsaid.is_empty() {
            let names: Vec<String> = unsaid.iter().map(|path| one_line(path)).collect();
            words.push(format!(
                "not in the patch (links, binary or very large files, names that are not UTF-8): {}",
                names.join(", ")
            ));
        }
        for line in words {
            say(&format!("{line}\n"));
        }
    }
}

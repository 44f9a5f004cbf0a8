//! What tasks did to the workspace, and taking it back: all of it, back to a message, or what a review did not accept.

use super::{Office, locked};
use crate::base::change::{FileChange, Review};
use crate::base::desk::{Done, Settings};
use crate::base::event::{Event, Phase, Record};
use crate::base::{Error, Kind, Result};
use crate::cli::undo::{self, Manner};
use crate::cli::wire;
use crate::disk::Disk;
use crate::edit::change::{ChangeSet, FileEdit};
use crate::store::sessions;
use crate::workspace::checkpoint::Store;
use crate::workspace::checkpoint::plan::Goal;
use crate::workspace::checkpoint::row::Cause;
use crate::workspace::checkpoint::undo::{history, units};
use crate::workspace::files::Files;
use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::sync::Mutex;

/// What was shown of a session's last task, to be settled.
pub(super) struct Shown {
    session: String,
    change: ChangeSet,
}

fn store(office: &Office) -> Result<Store> {
    undo::store(&office.place(), &office.environment)
}

/// What the last task of the session changed, up to the files as they are now. It is kept, to be settled.
pub(super) fn changes(office: &Office, session: &str) -> Result<Vec<FileChange>> {
    let (store, place) = (store(office)?, office.place());
    let last = units(&store.rows())
        .into_iter()
        .rfind(|unit| unit.before.cause == Cause::Task && unit.before.session == session);
    let mut change = match last {
        Some(unit) => store.changes_till_now(&unit)?.set,
        None if !keeps(office)? => return Err(unkept()),
        None => ChangeSet::default(),
    };
    // As the tools name them.
    change.files.iter_mut().for_each(|file| file.path = place.show(&store.root().join(&file.path)));
    let summary = change.summary();
    *locked(&office.shown) = Some(Shown { session: session.to_owned(), change });
    Ok(summary)
}

/// Are checkpoints taken here?
fn keeps(office: &Office) -> Result<bool> {
    let config = office.configured(&Settings::default())?;
    Ok(wire::checkpoints(&config, &office.environment, &office.place(), &mut Vec::new())?.is_some())
}

fn unkept() -> Error {
    Error::usage("no checkpoints are taken here, so what tasks changed is not known and cannot be taken back")
        .hint("they are taken where `checkpoints.enabled` is not false, in any folder but your home")
}

/// Keeps what was accepted of what was shown, and puts the rest back; nothing where a file is not as it was shown.
pub(super) fn settle(office: &Office, session: &str, review: &Review) -> Result<Done> {
    let shown = locked(&office.shown).take().filter(|shown| shown.session == session);
    let Some(shown) = shown else {
        return Err(Error::usage("there is no review to settle").hint("/review shows what the last task changed"));
    };
    let back = shown.change.put_back(&shown.change.accept(review));
    if back.is_empty() {
        return Ok(Done::Said("all of it stays".into()));
    }
    let files = Files::new(Disk::default());
    files.apply(&office.place(), &back).map_err(|words| {
        Error::new(Kind::Incomplete, format!("nothing was put back: {words}"))
            .hint("/review shows the files as they are now")
    })?;
    Ok(Done::Said(said(&back)))
}

/// `put back: a.rs, b.rs and 3 more`.
fn said(back: &ChangeSet) -> String {
    const FEW: usize = 5;
    let paths = back.files.iter().filter(|file| file.changes()).map(|file: &FileEdit| file.path.as_str());
    let paths: Vec<&str> = paths.collect();
    let few = paths.iter().take(FEW).copied().collect::<Vec<&str>>().join(", ");
    match paths.len().saturating_sub(FEW) {
        0 => format!("put back: {few}"),
        more => format!("put back: {few} and {more} more"),
    }
}

/// Takes back the last task, where it is one of this session, or all tasks of the session since the one that began after the record
/// `before`.
pub(super) fn undo(office: &Office, session: &str, before: Option<u64>) -> Result<Done> {
    let store = store(office)?;
    let turns = match before {
        None => {
            ours(office, &store, session)?;
            1
        }
        Some(before) => match turns(office, &store, session, before)? {
            0 if !keeps(office)? => return Err(unkept()),
            0 => return Ok(Done::Said("nothing to do: no file was changed since".into())),
            turns => turns,
        },
    };
    if history(&store.rows()).undo.is_empty() && !keeps(office)? {
        return Err(unkept());
    }
    carry_out(office, &store, &Goal::Undo { turns })
}

pub(super) fn redo(office: &Office) -> Result<Done> {
    carry_out(office, &store(office)?, &Goal::Redo)
}

fn carry_out(office: &Office, store: &Store, goal: &Goal) -> Result<Done> {
    let lines = Mutex::new(Vec::new());
    let say = |line: &str| {
        locked(&lines).push(line.to_owned());
        Ok(())
    };
    let state = office.environment.state_folder()?;
    let manner = Manner { dry_run: false, force: false, json: false, state, say: &say };
    match undo::carry_out(store, office.place().folder(), goal, &[], &manner)? {
        Some(refusal) => Err(refusal),
        None => Ok(Done::Said(locked(&lines).join("\n"))),
    }
}

/// An error where another session worked here since; what a fork began with is its own, too.
fn ours(office: &Office, store: &Store, session: &str) -> Result<()> {
    let begun = begun(office, session, 0)?;
    match history(&store.rows()).undo.first() {
        Some(last) if !begun.contains(&last.id()) => {
            Err(Error::new(Kind::Incomplete, "nothing was changed: the last task in this folder is another session's")
                .hint("`agent undo` takes it back; `agent undo --list` shows all tasks"))
        }
        Some(_) | None => Ok(()),
    }
}

/// How many of the last tasks are to be taken back. An error where one of another session is among them.
fn turns(office: &Office, store: &Store, session: &str, before: u64) -> Result<usize> {
    let begun = begun(office, session, before)?;
    let open = history(&store.rows()).undo;
    let is_wanted = |id: u64, of: &str| of == session && begun.contains(&id);
    let last = open.iter().rposition(|unit| is_wanted(unit.id(), &unit.before.session));
    let turns = last.map_or(0, |last| last + 1);
    if open.iter().take(turns).any(|unit| !is_wanted(unit.id(), &unit.before.session)) {
        return Err(Error::new(Kind::Incomplete, "nothing was changed: another session worked in this folder since")
            .hint("`agent undo --list` shows all tasks; `agent undo --to` goes back over them"));
    }
    Ok(turns)
}

/// The first checkpoints of the tasks that began after a record.
fn begun(office: &Office, session: &str, before: u64) -> Result<HashSet<u64>> {
    let path = sessions::folder(&office.environment.state_folder()?, session).join("log.jsonl");
    let file = File::open(&path).map_err(|error| Error::io("read", path.display(), &error))?;
    let lines = BufReader::new(file).lines().map_while(std::io::Result::ok);
    let taken = lines.filter(|line| line.contains("\"checkpoint_taken\""));
    let records = taken.filter_map(|line| serde_json::from_str::<Record>(&line).ok());
    let ids = records.filter(|record| record.seq > before).filter_map(|record| {
        let Event::CheckpointTaken(taken) = record.event else { return None };
        (taken.phase == Phase::Before).then_some(taken.checkpoint)
    });
    Ok(ids.collect())
}

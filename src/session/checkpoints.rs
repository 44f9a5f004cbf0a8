//! The two checkpoints of a task: before its first effect, and at its end if there was one.
//!
//! The first is begun as soon as a call with effects is known, off the session's own thread, and is complete before any
//! effect begins. One that cannot be taken is said once, and the task goes on.

use super::turn::Worker;
use crate::base::Result;
use crate::base::event::{ChangedFile, CheckpointTaken, Event, Phase, Record};
use crate::workspace::checkpoint::lines::Changed;
use crate::workspace::checkpoint::manifest::Manifest;
use crate::workspace::checkpoint::row::{Cause, Row};
use crate::workspace::checkpoint::undo;
use crate::workspace::checkpoint::{Label, Store, Taken};
use std::time::{Duration, Instant};
use tokio::task::{JoinHandle, spawn_blocking};

/// Paths that were left out and are named in the log.
const NAMED: usize = 20;
/// Changed files that an outcome lists because commands changed them.
const LISTED: usize = 1_000;

type Taking = JoinHandle<(Result<Taken>, Duration)>;

/// How far the checkpoints of the task are.
#[derive(Default)]
pub(super) enum Stage {
    #[default]
    Nothing,
    Taking(Taking),
    /// The row alone: a tree of many files would stay in memory for the whole task.
    Taken(Box<Row>),
    /// There is none; the user knows.
    Failed,
}

/// Files that were changed by whatever it was, and where nothing else can have changed.
pub(super) struct Effects {
    pub(super) changed: Vec<ChangedFile>,
    before: Manifest,
    after: Manifest,
    store: Store,
}

impl Effects {
    /// Do the two checkpoints say all there is to say of a path?
    pub(super) fn covers(&self, path: &std::path::Path) -> bool {
        use std::os::unix::ffi::OsStrExt;
        path.strip_prefix(self.store.root()).is_ok_and(|path| {
            let path = path.as_os_str().as_bytes();
            let is_ignored = |tree: &Manifest| tree.find(path).is_some_and(|entry| entry.ignored);
            let is_open = |tree: &Manifest| tree.leaves_out(path) || is_ignored(tree);
            !is_open(&self.before) && !is_open(&self.after)
        })
    }
}

impl Worker {
    /// Begins the checkpoint before the task's first effect, unless that was done.
    pub(super) fn begin_checkpoint(&mut self) {
        if let (Stage::Nothing, Some(store)) = (&self.stage, &self.parts.checkpoints) {
            let label = Label {
                cause: Cause::Task,
                session: self.parts.id.clone(),
                words: self.totals.task.clone(),
                before: None,
                undid: Vec::new(),
            };
            self.stage = Stage::Taking(take(store.clone(), label));
        }
    }

    /// Waits until the task's first effect may begin.
    pub(super) async fn await_checkpoint(&mut self) -> Result<()> {
        self.begin_checkpoint();
        let Stage::Taking(taking) = &mut self.stage else { return Ok(()) };
        let taken = taking.await;
        self.stage = Stage::Failed;
        match taken {
            Ok((Ok(taken), took)) => {
                if !self.parts.proposes {
                    self.append(said(&taken, Phase::Before, took))?;
                }
                self.stage = Stage::Taken(Box::new(taken.row));
                Ok(())
            }
            Ok((Err(error), _)) => self.tell_missing(&error.message),
            Err(_) => self.tell_missing("taking it broke; this is a bug"),
        }
    }

    fn tell_missing(&mut self, why: &str) -> Result<()> {
        let text = format!("no checkpoint was taken, so `agent undo` cannot undo this task: {why}");
        self.append(Event::Notice { text }).map(drop)
    }

    /// Takes the checkpoint at the end of a task that had effects, and learns from it what they were.
    pub(super) async fn end_checkpoint(&mut self) -> Result<()> {
        if matches!(self.stage, Stage::Taking(_)) {
            self.await_checkpoint().await?;
        }
        let (Stage::Taken(row), Some(store)) = (std::mem::take(&mut self.stage), self.parts.checkpoints.clone()) else {
            return Ok(());
        };
        let label = Label {
            cause: Cause::Task,
            session: row.session.clone(),
            words: row.words.clone(),
            before: Some(row.id),
            undid: Vec::new(),
        };
        let (after, took) = match take(store.clone(), label).await {
            Ok((Ok(after), took)) => (after, took),
            Ok((Err(error), _)) => return self.tell_end_missing(&error.message),
            Err(_) => return self.tell_end_missing("taking it broke; this is a bug"),
        };
        if self.parts.proposes {
            if let Some(before) = row.hash().and_then(|hash| store.manifest(&hash).ok()) {
                let changes = store.changes(&before, &after.manifest);
                self.append(Event::Proposed { files: changes.set.summary(), left_out: changes.unsaid })?;
            }
        } else {
            self.append(said(&after, Phase::After, took))?;
        }
        let after = after.manifest;
        let counted = spawn_blocking(move || {
            let before = store.manifest(&row.hash()?).ok()?;
            let (changed, more) = store.changed_lines(&before, &after, LISTED);
            Some((changed, more, before, after, store))
        });
        if let Ok(Some((changed, more, before, after, store))) = counted.await {
            if more > 0 {
                self.append(Event::Notice { text: format!("{more} more files were changed than are listed") })?;
            }
            let changed = changed.into_iter().map(|file| self.shown(&store, file)).collect();
            self.totals.effects = Some(Effects { changed, before, after, store });
        }
        Ok(())
    }

    fn tell_end_missing(&mut self, why: &str) -> Result<()> {
        let text = format!(
            "no checkpoint was taken after the task, so `agent undo` cannot tell its changes from later ones: {why}"
        );
        self.append(Event::Notice { text }).map(drop)
    }

    fn shown(&self, store: &Store, file: Changed) -> ChangedFile {
        let path = self.parts.hands.place.show(&store.root().join(&file.path));
        ChangedFile { path, added: file.added, removed: file.removed }
    }
}

/// The checkpoints of the tasks that the model knows of.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    /// Each with its record.
    taken: Vec<(u64, u64)>,
    /// The sessions that took them: this one, and what it was forked from.
    sessions: Vec<String>,
    /// What came up to this one is known, or was told.
    last: u64,
}

impl Known {
    pub fn push(&mut self, record: &Record) {
        if let Event::CheckpointTaken(taken) = &record.event {
            self.taken.push((record.seq, taken.checkpoint));
            self.last = taken.checkpoint;
        } else if let Event::SessionStarted(started) = &record.event {
            if !self.sessions.contains(&started.session) {
                self.sessions.push(started.session.clone());
            }
        } else if let Event::Rewound { before } = &record.event {
            self.taken.retain(|(seq, _)| seq < before);
        }
    }

    /// What the user has taken back of these tasks since that was looked at last, in words for the model.
    pub fn undone(&mut self, store: Option<&Store>) -> Option<String> {
        let store = store.filter(|_| !self.taken.is_empty())?;
        let newest = store.newest().filter(|newest| *newest > self.last)?;
        let is_known = |row: &Row| {
            self.sessions.contains(&row.session) && self.taken.iter().any(|(_, checkpoint)| *checkpoint == row.id)
        };
        let tasks = undo::undone_since(&store.rows(), is_known, self.last);
        self.last = newest;
        let words: Vec<String> = tasks.iter().map(|words| format!("\"{words}\"")).collect();
        (!words.is_empty()).then(|| {
            format!(
                "The user has taken back what you did to the files for {} with `agent undo`. Read files again before you rely on what you know of them.",
                words.join(", ")
            )
        })
    }
}

fn take(store: Store, label: Label) -> Taking {
    spawn_blocking(move || {
        let began = Instant::now();
        (store.take(&label), began.elapsed())
    })
}

fn said(taken: &Taken, phase: Phase, took: Duration) -> Event {
    let left_out = taken.left_out();
    Event::CheckpointTaken(CheckpointTaken {
        checkpoint: taken.row.id,
        phase,
        duration_ms: took.as_millis() as u64,
        left_out: left_out.iter().take(NAMED).map(|left| left.shown()).collect(),
        left_out_total: left_out.len() as u64,
    })
}

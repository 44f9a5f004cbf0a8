//! What a task has used and changed so far.

use super::checkpoints::Effects;
use crate::base::event::{ChangedFile, CheckResult, Event, Fault, Outcome, Status, TurnFinished};
use crate::base::message::text_of;
use crate::base::model::Usage;
use crate::base::money::Usd;
use crate::base::{Error, Kind};
use crate::edit::change::{ChangeSet, FileEdit};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

/// A file's bytes; `None` where there is no file.
type Bytes = Option<Arc<[u8]>>;

pub struct Totals {
    started: Instant,
    pub turns: u64,
    pub tokens: Usage,
    /// `None` as soon as one price was not known.
    pub cost: Option<Usd>,
    /// First and last bytes of each changed file.
    files: BTreeMap<String, (Bytes, Bytes)>,
    pub checks: Vec<CheckResult>,
    /// The last text of the model.
    pub words: String,
    /// What policy denied, and nothing that changes anything succeeded since.
    pub denied: Option<String>,
    /// Did any call run?
    pub acted: bool,
    /// What the user asked for.
    pub task: String,
    /// What changed in the workspace, known at the task's end.
    pub effects: Option<Effects>,
}

impl Totals {
    pub fn new() -> Self {
        Self {
            started: Instant::now(),
            turns: 0,
            tokens: Usage::default(),
            cost: Some(Usd(0)),
            files: BTreeMap::new(),
            checks: Vec::new(),
            words: String::new(),
            denied: None,
            acted: false,
            task: String::new(),
            effects: None,
        }
    }

    /// Adds what a record tells.
    pub fn push(&mut self, event: &Event) {
        if let Event::TurnFinished(TurnFinished { tokens, cost_usd, .. }) = event {
            self.tokens.add(*tokens);
            self.cost = self.cost.zip(*cost_usd).map(|(sum, cost)| sum.plus(cost));
        } else if let Event::Message { parts, .. } = event {
            let text = text_of(parts);
            if !text.trim().is_empty() {
                self.words = text;
            }
        } else if let Event::CheckFinished(result) = event {
            self.checks.retain(|check| check.command != result.command);
            self.checks.push(result.clone());
        }
    }

    pub fn wrote(&mut self, change: &ChangeSet) {
        for edit in &change.files {
            if let Some(from) = &edit.from {
                self.files.entry(from.clone()).or_insert_with(|| (edit.before.clone(), None)).1 = None;
            }
            let first = if edit.from.is_some() { None } else { edit.before.clone() };
            self.files.entry(edit.path.clone()).or_insert((first, None)).1.clone_from(&edit.after);
        }
    }

    /// Files as they are now against as they were before the task: what the checkpoints tell of all that they cover, and of
    /// the rest our own edits.
    fn changed(&self, folder: &Path) -> Vec<ChangedFile> {
        let covered = |path: &str| self.effects.as_ref().is_some_and(|effects| effects.covers(&folder.join(path)));
        let edits = self.files.iter().filter(|(path, (first, last))| first != last && !covered(path));
        let files = edits.map(|(path, (first, last))| FileEdit {
            path: path.clone(),
            from: None,
            before: first.clone(),
            after: last.clone(),
            mode: None,
        });
        let summary = ChangeSet { files: files.collect() }.summary();
        let edited =
            summary.into_iter().map(|file| ChangedFile { path: file.path, added: file.added, removed: file.removed });
        let seen = self.effects.iter().flat_map(|effects| effects.changed.iter().cloned());
        let all: BTreeMap<String, ChangedFile> = edited.chain(seen).map(|file| (file.path.clone(), file)).collect();
        all.into_values().collect()
    }

    /// The outcome: done, or the error that ended it. Paths are relative to `folder`. `exit` overrides the error's own code (SIGTERM).
    pub fn outcome(&self, session: &str, folder: &Path, error: Option<&Error>, exit: Option<u8>) -> Outcome {
        let kind: Option<Kind> = error.map(|error| error.kind);
        Outcome {
            status: kind.map_or(Status::Done, Status::of),
            exit: exit.or(kind.map(Kind::exit)).unwrap_or(0),
            summary: self.words.clone(),
            turns: self.turns,
            tokens: self.tokens,
            cost_usd: self.cost,
            duration_ms: self.started.elapsed().as_millis() as u64,
            checks: self.checks.clone(),
            changed: self.changed(folder),
            session: session.into(),
            error: error.map(Fault::from),
        }
    }
}

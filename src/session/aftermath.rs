//! What a command changed, shown right after it where somebody reviews: what they do not accept is put back.
//!
//! A command is confined, not foreseen: unlike an edit it cannot be shown before it is made.

use super::checkpoints::Stage;
use super::turn::Worker;
use crate::base::Result;
use crate::base::access::{Access, Answer, Ask, Mode};
use crate::base::call::ToolCall;
use crate::base::event::{Event, HostDenied};
use crate::edit::change::{ChangeSet, FileEdit};
use crate::sandbox::Backend;
use crate::tool::{Job, gate};
use crate::workspace::checkpoint::manifest::Manifest;
use crate::workspace::checkpoint::row::Cause;
use crate::workspace::checkpoint::{Label, Store};
use tokio::task::spawn_blocking;

impl Worker {
    /// What confines a call, as the log names it; empty for what runs in this process.
    pub(super) fn jail_of(&self, job: &Job) -> String {
        let confines = |access: &Access| match access {
            Access::Exec { .. } => Some(self.parts.hands.cell.backend()),
            Access::Leave { .. } => Some(Backend::None),
            Access::Read { .. } | Access::Write { .. } | Access::Connect { .. } => None,
        };
        // A command that leaves the jail has both.
        let backend = job.access.iter().filter_map(confines).last();
        backend.map(|backend| backend.name().to_owned()).unwrap_or_default()
    }

    /// A host that a command was kept from: written down, and where somebody answers, asked for. Words for the model.
    pub(super) async fn host_denied(&mut self, call: &ToolCall, denied: HostDenied) -> Result<String> {
        let HostDenied { host, port, why, .. } = denied.clone();
        self.append(Event::HostDenied(HostDenied { call: call.id.clone(), ..denied }))?;
        if !(self.parts.policy.attended && self.parts.asks_for_hosts) {
            return Ok(format!("not connected to {host}:{port}: {why}; only the user can allow it"));
        }
        self.next_ask += 1;
        let ask = Ask {
            id: self.next_ask,
            call: call.id.clone(),
            tool: call.name.clone(),
            why: format!("a command wanted to reach `{host}:{port}`"),
            access: vec![Access::Connect { host: host.clone(), port }],
            change: Vec::new(),
            made: false,
        };
        match self.ask(ask).await? {
            Answer::Allow { .. } | Answer::Review(_) => {
                self.parts.hands.cell.allow_host(&host, port);
                Ok(format!("not connected to {host}:{port} yet; the user allows it now: run the command again"))
            }
            Answer::Deny { comment } => {
                let comment = comment.map(|comment| format!(": {comment}")).unwrap_or_default();
                Ok(format!("not connected to {host}:{port}: the user said no{comment}"))
            }
        }
    }

    /// The workspace before a command, where what it changes will be shown.
    pub(super) async fn before_command(&self, job: &Job) -> Option<Manifest> {
        let runs = |access: &Access| match access {
            Access::Exec { .. } | Access::Leave { .. } => true,
            Access::Read { .. } | Access::Write { .. } | Access::Connect { .. } => false,
        };
        let shows = self.parts.policy.attended && self.parts.policy.mode == Mode::Ask;
        if shows && job.access.iter().any(runs) { self.tree().await } else { None }
    }

    async fn tree(&self) -> Option<Manifest> {
        let (Stage::Taken(row), Some(store)) = (&self.stage, self.parts.checkpoints.clone()) else { return None };
        let label = Label {
            cause: Cause::Task,
            session: row.session.clone(),
            words: row.words.clone(),
            before: Some(row.id),
            undid: Vec::new(),
        };
        spawn_blocking(move || store.take(&label).ok()).await.ok().flatten().map(|taken| taken.manifest)
    }

    /// Shows what a command changed since `before`, and puts back what is not accepted. Words for the model, where that
    /// is anything.
    pub(super) async fn after_command(&mut self, call: &ToolCall, before: Manifest) -> Result<Option<String>> {
        let (Some(after), Some(store)) = (self.tree().await, self.parts.checkpoints.clone()) else { return Ok(None) };
        let change = self.named_from_here(&store, store.changes(&before, &after).set);
        if change.is_empty() {
            return Ok(None);
        }
        self.next_ask += 1;
        let ask = Ask {
            id: self.next_ask,
            call: call.id.clone(),
            tool: call.name.clone(),
            why: "what you do not accept is put back".into(),
            access: change.files.iter().map(|file| Access::Write { path: file.path.clone() }).collect(),
            change: change.summary(),
            made: true,
        };
        let answer = self.ask(ask).await?;
        let hands = self.parts.hands.clone();
        let accepted = gate::accepted(&answer, &change, &hands);
        let back = back(&change, &accepted);
        let mut words = None;
        if !back.is_empty() {
            words = Some(match hands.files.apply(&hands.place, &back) {
                Ok(()) => {
                    let paths: Vec<&str> = back.files.iter().map(|file| file.path.as_str()).collect();
                    format!("the user did not accept what the command changed; put back: {}", paths.join(", "))
                }
                Err(words) => {
                    format!("the user did not accept what the command changed, and it is still there: {words}")
                }
            });
        }
        if !accepted.is_empty() {
            self.append(Event::Edited { call: call.id.clone(), files: accepted.summary() })?;
        }
        Ok(words)
    }

    /// Paths of the store's root as the tools name them.
    fn named_from_here(&self, store: &Store, change: ChangeSet) -> ChangeSet {
        let named = |path: &str| self.parts.hands.place.show(&store.root().join(path));
        let files = change.files.into_iter().map(|file| FileEdit { path: named(&file.path), ..file });
        ChangeSet { files: files.collect() }
    }
}

/// The edits from what the command made to what was accepted of it.
fn back(change: &ChangeSet, accepted: &ChangeSet) -> ChangeSet {
    let files =
        change.files.iter().filter_map(|file| match accepted.files.iter().find(|kept| kept.path == file.path) {
            Some(kept) if kept.after == file.after => None,
            Some(kept) => {
                Some(FileEdit { before: file.after.clone(), after: kept.after.clone(), mode: None, ..file.clone() })
            }
            None => Some(file.invert()),
        });
    ChangeSet { files: files.collect() }
}

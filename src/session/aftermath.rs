//! What a command changed, shown right after it where somebody reviews: what they do not accept is put back.
//!
//! A command is confined, not foreseen: unlike an edit it cannot be shown before it is made.

use super::checkpoints::Stage;
use super::turn::Worker;
use crate::base::Result;
use crate::base::access::{Access, Answer, Ask, Mode, Remember, Verdict};
use crate::base::call::ToolCall;
use crate::base::event::{Event, HostDenied};
use crate::edit::change::{ChangeSet, FileEdit};
use crate::policy;
use crate::policy::decide;
use crate::policy::hosts::Remedy;
use crate::sandbox::Backend;
use crate::sandbox::cell::Left;
use crate::store::moment;
use crate::tool::Job;
use crate::tool::gate::{self, Grant};
use crate::workspace::checkpoint::manifest::Manifest;
use crate::workspace::checkpoint::row::Cause;
use crate::workspace::checkpoint::{Label, Store};
use tokio::task::spawn_blocking;

impl Worker {
    /// What confines a call, as the log names it; empty for what runs in this process.
    pub(super) fn jail_of(&self, job: &Job, grant: &Grant) -> String {
        let backend = if grant.outside { Backend::None } else { self.parts.hands.cell.backend() };
        if job.access.iter().any(runs) { backend.name().into() } else { String::new() }
    }

    /// What was denied to commands and is granted by this call, by an answer or by a rule, is open to them from now on.
    pub(super) fn open_secrets(&self, job: &Job) {
        let hands = &self.parts.hands;
        let read = job.access.iter().flat_map(|access| policy::secrets_read(&self.parts.policy, access));
        read.filter_map(|path| hands.place.resolve(&path).ok()).for_each(|read| hands.cell.allow_read(&read.absolute));
    }

    /// What follows from a yes: it may count for later. The rule by which the call runs.
    pub(super) fn answered(&mut self, answer: &Answer, job: &Job) -> Result<String> {
        let Answer::Allow { remember } = answer else { return Ok("answer".into()) };
        self.remember(answer, &job.access)?;
        Ok(match remember {
            Remember::Once => "answer".into(),
            Remember::Session => "answer for the session".into(),
            Remember::Project => "answer for the project".into(),
            Remember::Always => "answer for always".into(),
        })
    }

    fn remember(&mut self, answer: &Answer, accesses: &[Access]) -> Result<()> {
        let Answer::Allow { remember } = answer else { return Ok(()) };
        for access in accesses {
            let remembered = self.parts.policy.remember(access, *remember, moment::now());
            if remembered.is_none() && *remember != Remember::Once {
                self.append(Event::Notice { text: "this answer cannot be remembered: it counts once".into() })?;
            }
            if let Some(remembered) = remembered {
                // It counts for this session all the same.
                if let Err(error) = (self.parts.approve)(remembered) {
                    self.append(Event::Notice { text: error.message })?;
                }
            }
        }
        Ok(())
    }

    /// What commands left behind that nobody looked at: cut off ones, those in the background, at the end of a task.
    pub(super) fn tell_left(&mut self, left: Left) -> Result<()> {
        for denied in left.denied {
            self.append(Event::HostDenied(denied))?;
        }
        if let Some(quarantined) = left.quarantined {
            self.append(Event::Quarantined(quarantined))?;
        }
        left.unmended.into_iter().try_for_each(|text| self.append(Event::Notice { text }).map(drop))
    }

    /// A host that a command was kept from: written down, and where somebody answers, asked for. Words for the model.
    pub(super) async fn host_denied(&mut self, call: &ToolCall, denied: HostDenied) -> Result<String> {
        let HostDenied { host, port, why, .. } = denied.clone();
        let asks = self.parts.policy.attended && self.parts.asks_for_hosts && self.parts.hands.cell.may_allow(&denied);
        self.append(Event::HostDenied(HostDenied { call: call.id.clone(), ..denied.clone() }))?;
        let connect = Access::Connect { host: host.clone(), port };
        // A yes to a name is no yes to a private address that it leads to by now: that is a question of its own.
        let is_private = Remedy::of(&why) == Remedy::PrivateRule;
        if asks && !is_private && decide(&self.parts.policy, &connect).verdict == Verdict::Allow {
            self.parts.hands.cell.allow_host(&denied, false);
            return Ok(format!(
                "not connected to {host}:{port} yet; the user allowed it before: run the command again"
            ));
        }
        if !asks {
            return Ok(format!("not connected to {host}:{port}: {why}; only the user can allow it"));
        }
        self.next_ask += 1;
        let ask = Ask {
            id: self.next_ask,
            call: call.id.clone(),
            tool: call.name.clone(),
            why: match is_private {
                true => format!("a command wanted to reach `{host}:{port}`; {why}"),
                false => format!("a command wanted to reach `{host}:{port}`"),
            },
            access: vec![connect],
            change: Vec::new(),
            made: false,
        };
        let access = ask.access.clone();
        match self.ask(ask).await? {
            answer @ (Answer::Allow { .. } | Answer::Review(_)) => {
                self.remember(&answer, &access)?;
                let once = matches!(answer, Answer::Allow { remember: Remember::Once });
                self.parts.hands.cell.allow_host(&denied, once);
                let which = if once { "allows it for one command" } else { "allows it now" };
                Ok(format!("not connected to {host}:{port} yet; the user {which}: run the command again"))
            }
            Answer::Deny { comment } => {
                let comment = comment.map(|comment| format!(": {comment}")).unwrap_or_default();
                Ok(format!("not connected to {host}:{port}: the user said no{comment}"))
            }
        }
    }

    /// The workspace before a command, where what it changes will be shown.
    pub(super) async fn before_command(&self, job: &Job) -> Option<Manifest> {
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
        let back = change.put_back(&accepted);
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

/// Is it a command?
fn runs(access: &Access) -> bool {
    match access {
        Access::Exec { .. } | Access::Leave { .. } => true,
        Access::Read { .. } | Access::Write { .. } | Access::Connect { .. } => false,
    }
}

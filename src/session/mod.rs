//! The loop: one task owns a session, takes commands, and writes the log that everything else reads.

mod aftermath;
mod answer;
mod aside;
mod between;
mod calls;
mod candidate;
mod checkpoints;
mod checks;
mod compaction;
mod failover;
mod health;
mod inbox;
mod limits;
mod money;
mod outputs;
mod past;
mod record;
mod request;
mod routing;
mod totals;
mod turn;

pub use answer::Schema;
pub use candidate::Candidate;
pub use limits::{Limits, Spent};
pub use outputs::SessionOutputs;
pub use past::Past;
pub use routing::Router;

use crate::base::command::Command;
use crate::base::event::Event;
use crate::base::model::{Edits, Effort, Family};
use crate::base::port::{Port, Reader};
use crate::base::{Error, Kind, Result};
use crate::net::Transport;
use crate::policy::Policy;
use crate::policy::meaning::Remembered;
use crate::store::folder::Folder;
use crate::store::ledger::Ledger;
use crate::store::log::Log;
use crate::tool::{Hands, Tool};
use crate::workspace::checkpoint::Store;
use futures_core::future::BoxFuture;
use std::sync::Arc;
use tokio::sync::mpsc;

/// All that a session is made of; put together by `cli`.
pub struct Parts {
    pub id: String,
    pub log: Log,
    pub folder: Folder,
    /// Whom the session may ask, in the order in which they are asked; at least one.
    pub candidates: Vec<Candidate>,
    /// Chooses among them; without it they are asked in their order.
    pub router: Option<Router>,
    /// Who writes summaries, where it is another one.
    pub fast: Option<Candidate>,
    pub transport: Arc<dyn Transport>,
    /// The tools of a model that writes its edits like this.
    pub tools: fn(Edits) -> Vec<Arc<dyn Tool>>,
    pub hands: Hands,
    pub policy: Policy,
    /// What a model of this family is told.
    pub system: fn(Family) -> String,
    pub effort: Option<Effort>,
    pub max_output: u64,
    pub limits: Limits,
    /// Where the money of all sessions is written down.
    pub ledger: Ledger,
    /// What this session's money is written down under.
    pub account: Account,
    pub checks: Vec<String>,
    /// Writes down an answer that counts longer than this session.
    pub approve: Box<dyn Fn(Remembered) -> Result<()> + Send + Sync>,
    /// Is a host that a command was kept from asked for, where somebody answers?
    pub asks_for_hosts: bool,
    /// Where the workspace is kept before and after each task; `None` where nothing is to be kept.
    pub checkpoints: Option<Store>,
    /// The workspace is a copy, and its checkpoints are there to tell what was changed in it.
    pub proposes: bool,
    pub schema: Option<Schema>,
    /// Written first: how the session began, and what the model is told of its surroundings.
    pub opening: Vec<Event>,
    /// What is in the log already, when an earlier session goes on.
    pub past: Past,
}

/// What a session's money is written down under.
#[derive(Debug, Clone, Default)]
pub struct Account {
    /// The session that was started by a person or a script: child sessions share its budget.
    pub run: String,
    pub project: String,
    pub branch: Option<String>,
}

/// A session of this process. When the last handle is dropped, the session ends.
pub struct Session {
    log: Log,
    commands: mpsc::UnboundedSender<Command>,
}

impl Port for Session {
    fn send(&self, command: Command) -> BoxFuture<'_, Result<()>> {
        let sent = self.commands.send(command).map_err(|_| Error::new(Kind::Io, "the session has ended"));
        Box::pin(std::future::ready(sent))
    }

    fn read(&self, after: u64) -> Reader {
        self.log.read(after)
    }
}

/// Makes a session and the task that works on it; the caller runs the task.
pub fn start(parts: Parts) -> (Session, impl Future<Output = ()>) {
    let (commands, inbox) = mpsc::unbounded_channel();
    let session = Session { log: parts.log.clone(), commands };
    (session, turn::work(parts, inbox))
}

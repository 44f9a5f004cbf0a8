//! The loop: one task owns a session, takes commands, and writes the log that everything else reads.

mod answer;
mod calls;
mod checkpoints;
mod checks;
mod compaction;
mod limits;
mod outputs;
mod request;
mod totals;
mod turn;

pub use answer::Schema;
pub use limits::Limits;
pub use outputs::SessionOutputs;

use crate::base::command::Command;
use crate::base::event::{Event, Record};
use crate::base::model::{Effort, ModelInfo};
use crate::base::port::{Port, Reader};
use crate::base::{Error, Kind, Result};
use crate::net::Transport;
use crate::policy::Policy;
use crate::provider::Provider;
use crate::store::folder::Folder;
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
    pub model: ModelInfo,
    pub provider: Arc<dyn Provider>,
    pub transport: Arc<dyn Transport>,
    pub tools: Vec<Arc<dyn Tool>>,
    pub hands: Hands,
    pub policy: Policy,
    pub system: String,
    pub effort: Option<Effort>,
    pub max_output: u64,
    pub limits: Limits,
    pub checks: Vec<String>,
    /// Where the workspace is kept before and after each task; `None` where nothing is to be kept.
    pub checkpoints: Option<Store>,
    /// The workspace is a copy, and its checkpoints are there to tell what was changed in it.
    pub proposes: bool,
    pub schema: Option<Schema>,
    /// Written first: how the session began, and what the model is told of its surroundings.
    pub opening: Vec<Event>,
    /// What is in the log already, when an earlier session goes on.
    pub past: Vec<Record>,
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

//! A command that is ready to run in the jail of a session, while it runs, and what follows its end: however that comes, it is
//! looked after.

use super::cell::{Inner, Left};
use super::inbox::ListenerInbox;
use super::signing::Signing;
use crate::process::spawn::Exec;
use crate::process::watch::Watch;
use crate::workspace::commits::Heads;
use std::sync::Arc;
use tokio::task::{AbortHandle, spawn_blocking};

/// A command that is ready to run in the jail, and while it does.
pub struct Inside {
    pub exec: Exec,
    pub watch: Option<Watch>,
    pub(super) cell: Option<Arc<Inner>>,
    pub(super) signing: Option<(Arc<Signing>, Heads)>,
    call: String,
    pub(super) proxy: Option<ListenerInbox>,
    serving: Option<AbortHandle>,
}

impl Inside {
    pub(super) fn bare(exec: Exec, call: &str) -> Self {
        Self { exec, watch: None, cell: None, signing: None, call: call.into(), proxy: None, serving: None }
    }

    /// Serves its network; to be called once the command is started.
    pub fn serve(&mut self) {
        let egress = self.cell.as_ref().and_then(|inner| inner.egress());
        let (Some(inbox), Some(egress)) = (self.proxy.take(), egress) else { return };
        let call = self.call.clone();
        let serving = tokio::spawn(async move {
            if let Ok(Ok(listener)) = spawn_blocking(move || inbox.receive()).await {
                let _ = egress.serve(listener, &call).await;
            }
        });
        self.serving = Some(serving.abort_handle());
    }

    /// What it left behind; to be called when it has ended.
    pub async fn leave(mut self) -> Left {
        self.end_serving();
        let (inner, signing) = (self.cell.take(), self.signing.take());
        if inner.is_none() && signing.is_none() {
            return Left::default();
        }
        let call = std::mem::take(&mut self.call);
        let looked = inner.clone();
        let commits = spawn_blocking(move || {
            let commits = signing.map(|(signing, before)| signing.since(&before)).unwrap_or_default();
            looked.iter().for_each(|inner| inner.look_after());
            commits
        });
        let commits = commits.await.unwrap_or_default();
        // Only now: what was found for a caller that has gone away meanwhile stays, and is told later.
        Left { commits, ..inner.map(|inner| inner.left(&call)).unwrap_or_default() }
    }

    /// The same for one in the background, or of our own: what it left is told by the next command or at the end of the task.
    pub async fn leave_quietly(mut self) {
        self.end_serving();
        if let Some(inner) = self.cell.take() {
            let _ = spawn_blocking(move || inner.look_after()).await;
        }
    }

    fn end_serving(&mut self) {
        if let Some(serving) = self.serving.take() {
            serving.abort();
        }
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        self.end_serving();
        if let Some(inner) = self.cell.take() {
            inner.abandon();
        }
    }
}

//! Trailers for the commits of a session's commands, made ready before the first of them.

use crate::base::event::Commit;
use crate::disk::Disk;
use crate::workspace::commits::Heads;
use crate::workspace::trailers::{Made, Trailers};
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};

/// Whose commits they are.
#[derive(Debug)]
pub struct Signing {
    session_folder: PathBuf,
    session: String,
    work_tree: PathBuf,
    home: Option<PathBuf>,
    /// The one at work, as `provider/model`.
    model: Mutex<String>,
    /// `None` inside where they could not be written: a command goes on without.
    trailers: OnceLock<Option<Trailers>>,
}

impl Signing {
    /// `work_tree` is the top of the repository.
    pub fn new(session_folder: PathBuf, session: &str, work_tree: PathBuf, home: Option<PathBuf>) -> Self {
        let (model, trailers) = (Mutex::default(), OnceLock::new());
        Self { session_folder, session: session.into(), work_tree, home, model, trailers }
    }

    /// From here on this model acts.
    pub fn set_model(&self, model: &str) {
        model.clone_into(&mut self.model.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some(Some(trailers)) = self.trailers.get() {
            // A model that cannot be written down leaves the one before, which `check` then finds.
            let _ = trailers.set_model(model);
        }
    }

    /// The environment of a command, with the hooks that sign. Blocks the first time.
    pub(super) fn environment(&self, environment: Vec<(String, OsString)>) -> Vec<(String, OsString)> {
        let trailers = self.trailers.get_or_init(|| {
            let model = self.model.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let made = Made {
                session_folder: &self.session_folder,
                session: &self.session,
                version: env!("CARGO_PKG_VERSION"),
                model: &model,
                work_tree: Some(&self.work_tree),
                home: self.home.as_deref(),
                environment: &environment,
            };
            Trailers::prepare(&made, Disk::default()).ok()
        });
        match trailers {
            Some(trailers) => trailers.environment(&environment),
            None => environment,
        }
    }

    /// Where the branches stand before a command.
    pub(super) fn heads(&self) -> Option<Heads> {
        Some(self.trailers.get()?.as_ref()?.heads(&self.work_tree))
    }

    /// The commits since then. May block.
    pub(super) fn since(&self, before: &Heads) -> Vec<Commit> {
        let trailers = self.trailers.get().and_then(Option::as_ref);
        trailers.map(|trailers| trailers.check(&self.work_tree, before)).unwrap_or_default()
    }
}

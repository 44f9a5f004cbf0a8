//! What a model can do. A tool says what it would touch and shows it before it can act; it cannot ask and cannot skip the gate.
//!
//! Adding a tool is one file here, `prompts/tools/<name>.md` with its row in `prompt`, and one line in [`for_edits`].

pub mod edit;
pub mod find;
pub mod gate;
pub mod patch;
pub mod plan;
pub mod read;
pub mod recover;
pub mod search;
pub mod shell;
mod veil;
pub mod write;

use crate::base::access::Access;
use crate::base::call::{ToolCall, ToolSpec};
use crate::base::event::{Commit, HostDenied, PlanStep, Quarantined, RefusedEdit};
use crate::base::message::ImageRef;
use crate::base::model::Edits;
use crate::edit::change::ChangeSet;
use crate::edit::{Format, change_set};
use crate::process::capture::Spill;
use crate::process::jobs::Jobs;
use crate::sandbox::cell::Cell;
use crate::text::redact::Redactor;
use crate::workspace::files::Files;
use crate::workspace::place::Place;
use crate::workspace::tree::WorkTree;
use futures_core::future::BoxFuture;
use gate::Grant;
use serde::de::DeserializeOwned;
use std::ffi::OsString;
use std::io::BufRead;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use veil::Veil;

/// One thing that a model can do.
pub trait Tool: Send + Sync {
    fn spec(&self) -> &ToolSpec;

    /// Reads the arguments and looks at what they name. No effects.
    fn prepare(&self, call: &ToolCall, hands: &Hands) -> Result<Job, Unfit>;
}

/// Why a call cannot run, in words for the model.
#[derive(Debug)]
pub struct Unfit {
    pub words: String,
    /// Where an edit was refused.
    pub edit: Option<RefusedEdit>,
}

impl From<String> for Unfit {
    fn from(words: String) -> Self {
        Self { words, edit: None }
    }
}

impl From<&str> for Unfit {
    fn from(words: &str) -> Self {
        words.to_owned().into()
    }
}

/// A call that could run: what it would touch, and how.
pub struct Job {
    /// One line for people.
    pub summary: String,
    pub access: Vec<Access>,
    /// The files it would write, whole.
    pub change: Option<ChangeSet>,
    /// Touches nothing, so it may run beside others of its kind.
    pub reads_only: bool,
    pub run: Run,
}

impl Job {
    /// Could anything be different after it?
    pub fn has_effects(&self) -> bool {
        let reads = |access: &Access| match access {
            Access::Read { .. } => true,
            Access::Write { .. } | Access::Exec { .. } | Access::Leave { .. } | Access::Connect { .. } => false,
        };
        !self.reads_only && (self.change.is_some() || !self.access.iter().all(reads))
    }
}

pub type Run = Box<dyn FnOnce(Grant) -> BoxFuture<'static, Output> + Send + Sync>;

/// What a call gave back.
#[derive(Debug, Default)]
pub struct Output {
    pub text: String,
    pub images: Vec<ImageRef>,
    pub failed: bool,
    pub exit: Option<i32>,
    /// The name under which the whole of a long output can be read.
    pub spill: Option<String>,
    /// The change that was written.
    pub written: Option<ChangeSet>,
    pub plan: Option<Vec<PlanStep>>,
    /// For the user, not for the model.
    pub notices: Vec<String>,
    /// The limit that ended a command.
    pub limit: Option<&'static str>,
    /// Hosts that a command was kept from.
    pub denied: Vec<HostDenied>,
    /// Hosts that a command reached, as `host:port`.
    pub reached: Vec<String>,
    /// Commits that a command brought onto branches.
    pub commits: Vec<Commit>,
    /// What the guard put back; without the id of the call.
    pub quarantined: Option<Quarantined>,
}

impl Output {
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    pub fn failed(text: impl Into<String>) -> Self {
        Self { text: text.into(), failed: true, ..Self::default() }
    }
}

/// Where long outputs and images are kept: the session's folder, seen from below.
pub trait Outputs: Send + Sync {
    /// A new file for the whole of a long output, and the name to read it by.
    fn open(&self) -> Option<(String, Spill)>;
    /// The whole of an earlier output.
    fn read(&self, name: &str) -> Option<Box<dyn BufRead + Send>>;
    fn keep_image(&self, bytes: &[u8]) -> Result<ImageRef, String>;
}

/// The hands of a session: everything that tools work with.
#[derive(Clone)]
pub struct Hands {
    pub place: Arc<Place>,
    pub files: Arc<Files>,
    pub jobs: Arc<Jobs>,
    pub outputs: Arc<dyn Outputs>,
    pub redactor: Redactor,
    pub shell: Arc<Shell>,
    /// What commands are confined by.
    pub cell: Cell,
}

/// How commands are run.
#[derive(Debug)]
pub struct Shell {
    /// `bash` or `sh`; `None` when there is neither.
    pub program: Option<PathBuf>,
    pub environment: Vec<(String, OsString)>,
    /// Where the model does not say.
    pub timeout: Duration,
    pub max_timeout: Duration,
}

/// The tools of a model, in the order in which it sees them.
pub fn for_edits(edits: Edits) -> Vec<Arc<dyn Tool>> {
    let mut tools: Vec<Arc<dyn Tool>> = vec![Arc::new(read::Read::default())];
    match edits {
        Edits::Patch => tools.push(Arc::new(patch::ApplyPatch::default())),
        Edits::Replace => {
            tools.push(Arc::new(edit::Edit::default()));
            tools.push(Arc::new(write::Write::default()));
        }
    }
    tools.push(Arc::new(search::Search::default()));
    tools.push(Arc::new(find::Find::default()));
    tools.push(Arc::new(shell::ShellTool::default()));
    tools.push(Arc::new(plan::Plan::default()));
    tools
}

/// The arguments as the tool's own type, or words that show the model what to send.
fn arguments<T: DeserializeOwned>(call: &ToolCall, example: &str) -> Result<T, String> {
    let text = if call.arguments.trim().is_empty() { "{}" } else { &call.arguments };
    serde_json::from_str(text)
        .map_err(|error| format!("the arguments of `{}` cannot be read: {error}; send {example}", call.name))
}

/// What an edit makes of the workspace, as the job that writes it.
fn edit_job(verb: &str, format: Format, text: &[u8], hands: &Hands) -> Result<Job, Unfit> {
    let tree = WorkTree { place: &hands.place, files: &hands.files, overwrite: false, spare_git: false };
    let made = if Redactor::holds_placeholder(text) {
        let veil = Veil::new(&tree, &hands.redactor);
        change_set(format, text, &veil).and_then(|change| veil.lift(change))
    } else {
        change_set(format, text, &tree)
    };
    let change = made.map_err(|refusal| {
        // The words are said before the gate, so they must not show what only a read may show.
        let secret = refusal.path.as_ref().filter(|path| crate::policy::holds_secrets(path));
        let words = match secret {
            Some(path) => format!("the edit does not fit `{path}`, which holds secrets by its name and is not shown; ask the user to change it"),
            None => refusal.words,
        };
        Unfit { words, edit: Some(RefusedEdit { format: format.name().into(), cause: refusal.cause }) }
    })?;
    let paths: Vec<&str> = change.files.iter().map(|edit| edit.path.as_str()).collect();
    write_job(format!("{verb} {}", paths.join(", ")), change, hands).map_err(Unfit::from)
}

/// A change set as the accesses it needs.
fn writes(change: &ChangeSet) -> Vec<Access> {
    let paths = change.files.iter().flat_map(|edit| std::iter::once(&edit.path).chain(&edit.from));
    paths.map(|path| Access::Write { path: path.clone() }).collect()
}

/// The job that writes a change set and says what was done. Words for the model where a secret would be lost by it.
fn write_job(summary: String, change: ChangeSet, hands: &Hands) -> Result<Job, String> {
    for edit in &change.files {
        let (before, after) = (edit.before.as_deref().unwrap_or_default(), edit.after.as_deref().unwrap_or_default());
        if let Some(mark) = hands.redactor.placeholder_added(before, after) {
            return Err(format!(
                "`{mark}` stands for a secret that you cannot see, and would be written to `{}`, where it stands for none; leave the lines with it as they are and change others with `edit`",
                edit.path
            ));
        }
    }
    let run: Run = Box::new(|grant: Grant| {
        Box::pin(async move {
            let Some(change) = grant.change else { return Output::failed("nothing of the change was accepted") };
            match grant.hands.files.apply(&grant.hands.place, &change) {
                Ok(()) => {
                    let lines: Vec<String> = change
                        .summary()
                        .iter()
                        .map(|file| format!("{} (+{} -{})", file.path, file.added, file.removed))
                        .collect();
                    Output { text: format!("done: {}", lines.join(", ")), written: Some(change), ..Output::default() }
                }
                Err(words) => Output::failed(words),
            }
        })
    });
    Ok(Job { summary, access: writes(&change), change: Some(change), reads_only: false, run })
}

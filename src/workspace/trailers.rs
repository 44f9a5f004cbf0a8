//! Who made a commit: hooks of ours that give the commits of commands their trailers, `Agent`, `Agent-Session` and
//! `Agent-Model`, and run the repository's own hooks as git would.
//!
//! Commands get `core.hooksPath` by their environment, so that nothing in the repository changes and the user's own commits
//! never meet these hooks. A command can go round them; [`Trailers::check`] finds what it made then.

use super::commits::{self, Heads};
use super::git;
use crate::base::event::Commit;
use crate::base::{Error, Result};
use crate::disk::Disk;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// What runs under the name of every hook.
const HOOK: &str = include_str!("trailers/hook.sh");
/// What every commit carries: names of trailers, in their order.
pub(super) const NAMES: [&str; 3] = ["Agent", "Agent-Session", "Agent-Model"];
/// The hooks that git runs on the side of whoever works (githooks(5) of git 2.51). Those of a server are not ours: git takes the
/// configuration out of the environment before it goes there.
const HOOKS: &[&str] = &[
    "applypatch-msg",
    "commit-msg",
    "p4-changelist",
    "p4-post-changelist",
    "p4-pre-submit",
    "p4-prepare-changelist",
    "post-applypatch",
    "post-checkout",
    "post-commit",
    "post-merge",
    "post-rewrite",
    "pre-applypatch",
    "pre-auto-gc",
    "pre-commit",
    "pre-merge-commit",
    "pre-push",
    "pre-rebase",
    "prepare-commit-msg",
    "sendemail-validate",
];
/// Git runs these for every ref and every look at the index, so that there they are only where the repository has its own.
const BUSY: &[&str] = &["post-index-change", "reference-transaction"];

/// The hooks of one session.
#[derive(Debug)]
pub struct Trailers {
    folder: PathBuf,
    disk: Disk,
    agent: String,
    session: String,
    /// The models that acted, the one at work last.
    models: Mutex<Vec<String>>,
}

/// For whom the hooks are made.
#[derive(Debug, Clone, Copy)]
pub struct Made<'a> {
    /// The session's folder; the hooks go into `hooks/` in it, which commands must be able to read and to run, and not to write.
    pub session_folder: &'a Path,
    pub session: &'a str,
    /// The version of this program.
    pub version: &'a str,
    /// `provider/model`.
    pub model: &'a str,
    /// The repository, where there is one.
    pub work_tree: Option<&'a Path>,
    pub home: Option<&'a Path>,
    /// The environment that commands have without these hooks.
    pub environment: &'a [(String, OsString)],
}

impl Trailers {
    /// Writes the hooks. It takes about a millisecond, so it may wait for the first command.
    pub fn prepare(made: &Made<'_>, disk: Disk) -> Result<Trailers> {
        let folder = made.session_folder.join("hooks");
        let trailers = Trailers {
            folder,
            disk,
            agent: format!("agent/{}", made.version),
            session: made.session.to_owned(),
            models: Mutex::default(),
        };
        trailers.write(made).map_err(|error| Error::io("write", trailers.folder.display(), &error))?;
        trailers.set_model(made.model)?;
        Ok(trailers)
    }

    fn write(&self, made: &Made<'_>) -> std::io::Result<()> {
        let script = self.folder.join("hook");
        self.disk.create_private_folder(&self.folder)?;
        let text = HOOK
            .replace("{{others}}", &others(made.environment).to_string())
            .replace("{{agent}}", &self.agent)
            .replace("{{session}}", &self.session);
        self.disk.replace_private(&script, text.as_bytes())?;
        self.disk.set_mode_of(&script, 0o700)?;
        let busy = BUSY.iter().filter(|name| may_have(made, name));
        for name in HOOKS.iter().chain(busy) {
            match self.disk.link_to(Path::new("hook"), &self.folder.join(name)) {
                // A session that goes on has them.
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
                linked => linked?,
            }
        }
        Ok(())
    }

    /// From here on this model acts. The hooks read it from a file of ours: an environment could be changed by a command.
    pub fn set_model(&self, model: &str) -> Result<()> {
        let model: String = model.chars().filter(|char| !char.is_control()).collect();
        let mut models = self.models.lock().unwrap_or_else(PoisonError::into_inner);
        if models.last() == Some(&model) {
            return Ok(());
        }
        let path = self.folder.join("model");
        self.disk
            .replace_private(&path, format!("{model}\n").as_bytes())
            .map_err(|error| Error::io("write", path.display(), &error))?;
        models.retain(|known| *known != model);
        models.push(model);
        Ok(())
    }

    /// What commands must be able to read and to run.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The environment of a command with the hooks in it, in the place of what it was.
    pub fn environment(&self, environment: &[(String, OsString)]) -> Vec<(String, OsString)> {
        let others = others(environment);
        let kept = environment.iter().filter(|(name, _)| name != COUNT).cloned();
        let added = [
            (COUNT.to_owned(), (others + 1).to_string().into()),
            (format!("GIT_CONFIG_KEY_{others}"), "core.hooksPath".into()),
            (format!("GIT_CONFIG_VALUE_{others}"), self.folder.clone().into_os_string()),
        ];
        kept.chain(added).collect()
    }

    /// Where the branches of the repository stand, to be handed to [`Trailers::check`] after a command. Reads files, runs nothing.
    pub fn heads(&self, work_tree: &Path) -> Heads {
        commits::heads(work_tree)
    }

    /// The commits that are on a branch or checked out now and were not before, each with whether it is marked; those that a remote
    /// has are not among them. Where nothing moved this costs the reading of a few files; it may block otherwise.
    pub fn check(&self, work_tree: &Path, before: &Heads) -> Vec<Commit> {
        let models = self.models.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let true_values = [std::slice::from_ref(&self.agent), std::slice::from_ref(&self.session), models.as_slice()];
        commits::since(work_tree, before, &true_values)
    }
}

const COUNT: &str = "GIT_CONFIG_COUNT";

/// How many values of git's configuration an environment holds.
fn others(environment: &[(String, OsString)]) -> u32 {
    let count = environment.iter().find(|(name, _)| name == COUNT).and_then(|(_, value)| value.to_str()?.parse().ok());
    count.unwrap_or(0)
}

/// Could the repository have a hook of this name of its own?
fn may_have(made: &Made<'_>, name: &str) -> bool {
    let shared = made.work_tree.and_then(git::folder).map(|folder| commits::shared(&folder));
    let of_user = made.home.into_iter().flat_map(|home| [home.join(".gitconfig"), home.join(".config/git/config")]);
    let configs: Vec<PathBuf> = shared.iter().map(|folder| folder.join("config")).chain(of_user).collect();
    let elsewhere = |path: &PathBuf| commits::small(path).to_ascii_lowercase().contains("hookspath");
    shared.is_some_and(|folder| folder.join("hooks").join(name).exists()) || configs.iter().any(elsewhere)
}

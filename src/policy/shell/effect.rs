//! What a command line can do to the world, in the few kinds that policy tells apart.

use crate::policy::protected::{holds_secrets, is_protected};
use serde::{Deserialize, Serialize};

/// One thing that would happen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "effect", content = "of", rename_all = "snake_case")]
pub enum Effect {
    Read(Target),
    Write(Target),
    Delete(Target),
    /// A host, or `unknown`.
    Network(String),
    Git(GitEffect),
    Process(ProcessEffect),
    /// It would become another user, usually root.
    Privilege(String),
    /// It would change the machine: mounts, services, users, schedules.
    System(String),
    /// It would put something where others see it, which nobody can take back.
    Publish(String),
    Runs(Code),
    /// It would show variables of the environment.
    Environment,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GitEffect {
    /// Work or history that may be nowhere else; a recovery is saved first.
    Loss,
    Push,
    /// A push that takes something away from others.
    ForcedPush,
    /// What git does from now on: configuration, hooks.
    Config,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProcessEffect {
    Kill,
    /// It would go on after the line has ended.
    Background,
    /// It looks into other processes.
    Inspect,
    /// It starts itself again without an end, or takes all there is of something.
    Exhaust,
}

/// Code that the line names and does not show.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// Of the workspace: scripts, build files, tests.
    Workspace(String),
    /// Written in the line, in a language that is not read here.
    Given(String),
    /// From somewhere else: a package, a download, a program that is not known.
    Foreign(String),
}

/// A file or folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Target {
    /// Relative to the working folder where it is below it, absolute otherwise; `~` where the home is not known.
    pub path: String,
    pub place: Place,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    Workspace,
    Temporary,
    Home,
    /// Everywhere else.
    System,
    /// It depends on what is only known when it runs.
    Unknown,
}

impl Place {
    pub fn name(self) -> &'static str {
        match self {
            Place::Workspace => "the workspace",
            Place::Temporary => "the folder for temporary files",
            Place::Home => "the home folder",
            Place::System => "the system",
            Place::Unknown => "a place that is not known",
        }
    }
}

impl Target {
    /// Does it configure other programs?
    pub fn is_protected(&self) -> bool {
        is_protected(&self.path)
    }

    /// Does it hold secrets by its name, or could a name that fits the pattern?
    pub fn holds_secrets(&self) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        let pattern = name.split_once(['*', '?', '[']).map(|(start, _)| start.to_ascii_lowercase());
        let kin = |start: &str| [".env.", ".env-", ".env_", ".envrc"].iter().any(|kin| start.starts_with(kin));
        let fits = |start: &str| start.starts_with('.') && (".envrc".starts_with(start) || kin(start));
        holds_secrets(&self.path) || pattern.is_some_and(|start| fits(&start))
    }
}

impl Effect {
    /// Does it stay in the workspace, where all of it can be undone, and touch nothing that is protected or secret?
    pub fn stays(&self) -> bool {
        match self {
            Effect::Read(target) | Effect::Write(target) => {
                matches!(target.place, Place::Workspace | Place::Temporary)
                    && !target.is_protected()
                    && !target.holds_secrets()
            }
            Effect::Delete(_)
            | Effect::Network(_)
            | Effect::Git(_)
            | Effect::Process(_)
            | Effect::Privilege(_)
            | Effect::System(_)
            | Effect::Publish(_)
            | Effect::Runs(_)
            | Effect::Environment => false,
        }
    }

    /// In words for people.
    pub fn words(&self) -> String {
        match self {
            Effect::Read(target) => format!("reads {}", target.words()),
            Effect::Write(target) => format!("writes {}", target.words()),
            Effect::Delete(target) => format!("deletes {}", target.words()),
            Effect::Network(host) if host == UNKNOWN => "uses the network".into(),
            Effect::Network(host) => format!("uses the network: {host}"),
            Effect::Git(GitEffect::Loss) => "may lose work or history in git; a recovery is saved first".into(),
            Effect::Git(GitEffect::Push) => "pushes to another repository".into(),
            Effect::Git(GitEffect::ForcedPush) => "pushes over what is in another repository".into(),
            Effect::Git(GitEffect::Config) => "changes what git does from now on".into(),
            Effect::Process(ProcessEffect::Kill) => "ends processes".into(),
            Effect::Process(ProcessEffect::Background) => "leaves something running in the background".into(),
            Effect::Process(ProcessEffect::Inspect) => "looks into other processes".into(),
            Effect::Process(ProcessEffect::Exhaust) => "takes all there is of processes, memory or disk".into(),
            Effect::Privilege(program) => format!("becomes another user by `{program}`"),
            Effect::System(what) => format!("changes the machine by `{what}`"),
            Effect::Publish(what) => format!("publishes, which cannot be taken back: `{what}`"),
            Effect::Environment => "shows the environment".into(),
            Effect::Runs(Code::Workspace(what)) => format!("runs code of the workspace: `{what}`"),
            Effect::Runs(Code::Given(what)) => format!("runs code that is given to `{what}`"),
            Effect::Runs(Code::Foreign(what)) => format!("runs code from elsewhere: `{what}`"),
        }
    }
}

/// Where it is not known which host.
pub const UNKNOWN: &str = "unknown";

impl Target {
    fn words(&self) -> String {
        let note = if self.is_protected() {
            ", which configures other programs"
        } else if self.holds_secrets() {
            ", which holds secrets by its name"
        } else {
            ""
        };
        match self.place {
            Place::Workspace | Place::Temporary => format!("`{}`{note}", self.path),
            Place::Home | Place::System | Place::Unknown => {
                format!("`{}` in {}{note}", self.path, self.place.name())
            }
        }
    }
}

//! Which means of this machine enforce jails: chosen once, by trying.

use super::{Backend, confine};
use crate::base::{Error, Kind, Result};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What the user wants, by `sandbox.backend`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Wanted {
    /// The strongest there is.
    #[default]
    Auto,
    Namespaces,
    Landlock,
    None,
}

impl Wanted {
    /// By its name in the configuration, which has been checked.
    pub fn named(name: &str) -> Self {
        match name {
            "namespaces" => Wanted::Namespaces,
            "landlock" => Wanted::Landlock,
            "none" => Wanted::None,
            _ => Wanted::Auto,
        }
    }
}

/// What enforcing takes besides the kernel.
#[derive(Debug, Clone)]
pub struct Means {
    /// The `agent` program, which is started again inside.
    pub agent: PathBuf,
    /// bubblewrap, from a folder that no workspace has a hand in.
    pub bubblewrap: Option<PathBuf>,
}

impl Means {
    /// This very program, and bubblewrap on the PATH that commands get. `roots` are the workspace.
    pub fn find(environment: &crate::config::paths::Environment, roots: &[PathBuf]) -> Result<Self> {
        let agent = std::env::current_exe().map_err(|error| Error::io("find", "agent itself", &error))?;
        let made = crate::process::environment::for_commands(environment, &[], roots);
        let bubblewrap = crate::config::paths::Environment::from_made(&made).find_program("bwrap");
        Ok(Self { agent, bubblewrap })
    }
}

/// What was chosen, what it can, and what was tried before it and why that would not do.
#[derive(Debug, Clone)]
pub struct Choice {
    pub sandbox: Sandbox,
    pub backend: Backend,
    pub why: Vec<String>,
}

impl Choice {
    /// The sandbox, or exit code 7 where there is none.
    pub fn required(&self) -> Result<&Sandbox> {
        if self.backend != Backend::None {
            return Ok(&self.sandbox);
        }
        let error = Error::new(Kind::NoSandbox, format!("there is no sandbox here: {}", self.why.join("; ")));
        Err(error
            .hint("`agent doctor` says what is missing")
            .hint("or run agent inside a container or a virtual machine"))
    }
}

/// The means that enforce jails. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Sandbox(pub(super) Arc<Chosen>);

#[derive(Debug)]
pub(super) struct Chosen {
    pub backend: Backend,
    pub means: Means,
    /// Landlock's interface, 0 without.
    pub landlock: i64,
    /// The program itself: it is found also where it was replaced or is hidden.
    pub agent: Option<File>,
}

/// A choice that is being made, while other things start.
pub struct Choosing {
    wanted: Wanted,
    /// Namespaces worked before on this machine, as it is: they are not tried again.
    known: bool,
    means: Means,
    agent: Option<File>,
    #[cfg(target_os = "linux")]
    trial: Option<std::io::Result<crate::process::trial::Trial>>,
}

impl Sandbox {
    /// Tries what is wanted, and with [`Wanted::Auto`] all there is, the strongest first.
    pub fn choose(wanted: Wanted, means: Means) -> Choice {
        Self::start(wanted, means).finish()
    }

    /// Begins to try; the trial of namespaces takes some milliseconds in a process of its own.
    pub fn start(wanted: Wanted, means: Means) -> Choosing {
        Self::start_knowing(wanted, means, false)
    }

    /// The same; where namespaces are `known` to work here they are not tried. Were that no longer so, commands would not start.
    pub fn start_knowing(wanted: Wanted, means: Means, known: bool) -> Choosing {
        let agent = File::open(&means.agent).ok();
        #[cfg(target_os = "linux")]
        {
            let tried = matches!(wanted, Wanted::Auto | Wanted::Namespaces) && !known;
            let trial = confine::probe(&means, agent.as_ref()).filter(|_| tried);
            let trial = trial.map(|exec| crate::process::trial::Trial::start(&exec));
            Choosing { wanted, known, means, agent, trial }
        }
        #[cfg(not(target_os = "linux"))]
        Choosing { wanted, known, means, agent }
    }

    /// No jail at all.
    pub fn none() -> Self {
        let means = Means { agent: PathBuf::new(), bubblewrap: None };
        Sandbox(Arc::new(Chosen { backend: Backend::None, means, landlock: 0, agent: None }))
    }

    pub fn backend(&self) -> Backend {
        self.0.backend
    }

    /// The `agent` program.
    pub fn program(&self) -> &Path {
        &self.0.means.agent
    }

    /// The version of Landlock's interface, 0 where there is none.
    pub fn landlock(&self) -> i64 {
        self.0.landlock
    }
}

impl Choosing {
    #[cfg(target_os = "linux")]
    pub fn finish(self) -> Choice {
        let mut why = Vec::new();
        let landlock = super::linux::landlock::version();
        let namespaces = match (self.trial, &self.means.bubblewrap) {
            (None, Some(_)) if self.known && self.agent.is_some() => Ok(()),
            (Some(Ok(trial)), _) => trial.finish(confine::LONGEST_PROBE),
            (Some(Err(error)), _) => Err(crate::base::error::reason(&error)),
            (None, None) => Err("bubblewrap (`bwrap`) is not on PATH".into()),
            (None, Some(_)) => Err("the program itself cannot be opened".into()),
        };
        let backend = match self.wanted {
            Wanted::None => {
                why.push("`sandbox.backend` is none".to_owned());
                Backend::None
            }
            Wanted::Auto | Wanted::Namespaces if namespaces.is_ok() => Backend::Namespaces,
            Wanted::Auto | Wanted::Namespaces | Wanted::Landlock => {
                match namespaces {
                    Err(reason) if self.wanted != Wanted::Landlock => why.push(format!("no namespaces: {reason}")),
                    Ok(()) | Err(_) => {}
                }
                if self.wanted != Wanted::Namespaces && landlock > 0 && self.agent.is_some() {
                    Backend::Landlock
                } else {
                    if self.wanted != Wanted::Namespaces {
                        why.push("no Landlock: this kernel does not have it, or has it turned off".to_owned());
                    }
                    Backend::None
                }
            }
        };
        chosen(Chosen { backend, means: self.means, landlock, agent: self.agent }, why)
    }

    #[cfg(not(target_os = "linux"))]
    pub fn finish(self) -> Choice {
        let mut why = Vec::new();
        let there = Path::new(super::macos::PROGRAM).exists();
        let backend = match self.wanted {
            Wanted::Auto if there => Backend::Seatbelt,
            Wanted::Auto => {
                why.push(format!("there is no `{}`", super::macos::PROGRAM));
                Backend::None
            }
            Wanted::Namespaces | Wanted::Landlock => {
                why.push("namespaces and Landlock are Linux's".to_owned());
                Backend::None
            }
            Wanted::None => {
                why.push("`sandbox.backend` is none".to_owned());
                Backend::None
            }
        };
        chosen(Chosen { backend, means: self.means, landlock: 0, agent: self.agent }, why)
    }
}

fn chosen(chosen: Chosen, why: Vec<String>) -> Choice {
    let backend = chosen.backend;
    Choice { sandbox: Sandbox(Arc::new(chosen)), backend, why }
}

/// A path without links, for [`super::make::jail`].
pub fn real(path: &Path) -> Option<PathBuf> {
    // Most places of secrets are not there, and one question is quicker than one for each folder on the way.
    path.symlink_metadata().ok()?;
    path.canonicalize().ok()
}

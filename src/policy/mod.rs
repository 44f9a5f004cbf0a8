//! What may happen: one pure decision for each access, by its effect.
//!
//! The kernel is the boundary; this only saves questions. A command in the jail runs without one, unless a rule says
//! otherwise or it goes through what the jail leaves open. Where a question cannot be answered, it is a no, and the model
//! is told so.

mod command;
pub mod destructive;
pub mod explain;
pub mod hosts;
pub mod meaning;
pub mod protected;
pub mod rule;
pub mod secrets;
pub mod shell;
pub mod trust;

pub use protected::holds_secrets;

use crate::base::access::{Access, Decision, Mode, Network, Remember, Verdict};
use meaning::{Meaning, Remembered, meaning};
use protected::{is_in_git, is_protected};
use rule::Rule;
use shell::Surroundings;

/// What decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    pub mode: Mode,
    /// Is there somebody who can answer a question?
    pub attended: bool,
    /// Does a jail hold commands?
    pub jailed: bool,
    /// What of the network the jail opens.
    pub network: Network,
    pub surroundings: Surroundings,
    /// The user's, the administrator's, and the trusted project's.
    pub rules: Vec<Rule>,
    /// Earlier answers that count here.
    pub remembered: Vec<Remembered>,
    /// Absolute folders and files of our own configuration, policy and state: no tool writes there.
    pub own: Vec<String>,
    /// Files and folders to which the configuration of git leads, absolute: they configure other programs, too.
    pub led: Vec<String>,
    pub managed: Managed,
}

/// The limits that the machine's administrator sets. Nothing widens them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Managed {
    /// The widest mode; one beyond it counts as `auto`.
    pub full: bool,
    /// May a command leave the jail at all, by an answer or by a rule? The user's `sandbox.require` says no, too.
    pub leave: bool,
    /// Do remembered answers count?
    pub remember: bool,
}

impl Default for Managed {
    fn default() -> Self {
        Managed { full: true, leave: true, remember: true }
    }
}

impl Policy {
    /// A mode alone: nobody answers, no jail, no network, no rules.
    pub fn new(mode: Mode) -> Self {
        Policy {
            mode,
            attended: false,
            jailed: false,
            network: Network::Off,
            surroundings: Surroundings::default(),
            rules: Vec::new(),
            remembered: Vec::new(),
            own: Vec::new(),
            led: Vec::new(),
            managed: Managed::default(),
        }
    }

    /// The mode within the administrator's limits.
    pub fn mode(&self) -> Mode {
        match self.mode {
            Mode::Full if !self.managed.full => Mode::Auto,
            mode => mode,
        }
    }

    /// Keeps an answer for the same by its meaning, and gives it to be written down. `None` where it counts once only, or
    /// where it cannot be remembered. `at`: milliseconds since 1970.
    pub fn remember(&mut self, access: &Access, remember: Remember, at: u64) -> Option<Remembered> {
        if remember == Remember::Once || !self.managed.remember || self.mode() == Mode::Full {
            return None;
        }
        let project = (remember == Remember::Project).then(|| self.surroundings.folder.clone());
        let remembered = Remembered { meaning: meaning(access, &self.surroundings)?, remember, project, at };
        self.remembered.push(remembered.clone());
        Some(remembered)
    }

    /// Was this allowed before, and for how long?
    fn answered(&self, access: &Access) -> Option<Remember> {
        if !self.managed.remember || self.remembered.is_empty() {
            return None;
        }
        let meaning = meaning(access, &self.surroundings)?;
        self.remembered.iter().find(|earlier| earlier.meaning == meaning).map(|earlier| earlier.remember)
    }

    /// Hosts with their ports that earlier answers opened.
    pub fn opened_hosts(&self) -> impl Iterator<Item = (&str, u16)> {
        let counts = self.managed.remember && self.mode() != Mode::Full;
        self.remembered.iter().filter(move |_| counts).filter_map(|earlier| match &earlier.meaning {
            Meaning::Connect { host, port } => Some((host.as_str(), *port)),
            Meaning::Read { .. } | Meaning::Write { .. } | Meaning::Exec { .. } | Meaning::Leave { .. } => None,
        })
    }

    fn is_own(&self, path: &str) -> bool {
        self.is_below(path, &self.own)
    }

    fn is_below(&self, path: &str, folders: &[String]) -> bool {
        let whole = match path.starts_with('/') {
            true => path.to_owned(),
            false => format!("{}/{path}", self.surroundings.folder),
        };
        let below = |folder: &String| {
            whole.strip_prefix(folder.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        folders.iter().any(below)
    }
}

/// Decides one access.
pub fn decide(policy: &Policy, access: &Access) -> Decision {
    let mode = policy.mode();
    let by_mode = |verdict| Decision { verdict, rule: format!("mode {}", mode.name()) };
    let asks = |why: String| by_mode(Verdict::Ask(why));
    let decision = match (mode, access) {
        (_, Access::Exec { command }) => command::exec(policy, command),
        (_, Access::Leave { command, reason }) => command::leave(policy, command, reason),
        (Mode::Full, Access::Read { .. } | Access::Write { .. } | Access::Connect { .. }) => by_mode(Verdict::Allow),
        (_, Access::Read { path }) if holds_secrets(path) => asks(format!("`{path}` holds secrets by its name")),
        (_, Access::Read { .. }) => by_mode(Verdict::Allow),
        (Mode::Read, Access::Write { path }) => {
            by_mode(Verdict::Deny(format!("mode `read` writes nothing, so `{path}` stays as it is")))
        }
        (_, Access::Write { path }) if policy.is_own(path) => {
            by_mode(Verdict::Deny(format!("`{path}` is the agent's own; only the user changes that")))
        }
        (Mode::Ask | Mode::Auto, Access::Write { path })
            if is_protected(path) || is_in_git(path) || policy.is_below(path, &policy.led) =>
        {
            asks(format!("`{path}` configures programs that run outside of this session"))
        }
        (Mode::Ask, Access::Write { path }) => asks(format!("writes `{path}`")),
        (Mode::Auto, Access::Write { .. }) => by_mode(Verdict::Allow),
        (_, Access::Connect { .. }) if policy.network == Network::Full => by_mode(Verdict::Allow),
        (_, Access::Connect { host, port }) => asks(format!("connects to `{host}:{port}`")),
    };
    unattended(policy, remembered(policy, access, decision))
}

/// A question that was answered before needs no answer.
fn remembered(policy: &Policy, access: &Access, decision: Decision) -> Decision {
    match decision.verdict {
        Verdict::Ask(_) => match policy.answered(access) {
            Some(remember) => {
                Decision { verdict: Verdict::Allow, rule: format!("remembered answer ({})", name(remember)) }
            }
            None => decision,
        },
        Verdict::Allow | Verdict::Deny(_) => decision,
    }
}

/// Where nobody can answer, asking is denying; the model hears what it may do instead.
fn unattended(policy: &Policy, decision: Decision) -> Decision {
    match decision.verdict {
        Verdict::Ask(why) if !policy.attended => Decision {
            verdict: Verdict::Deny(format!(
                "{why}, and nobody is there to be asked (mode `{}`); do it in another way, or say at the end what the user has to do",
                policy.mode().name()
            )),
            ..decision
        },
        Verdict::Ask(_) | Verdict::Allow | Verdict::Deny(_) => decision,
    }
}

fn name(remember: Remember) -> &'static str {
    match remember {
        Remember::Once => "once",
        Remember::Session => "session",
        Remember::Project => "project",
        Remember::Always => "always",
    }
}

/// Files of the workspace with secrets by their names that this access reads; a yes to it is a yes to those.
pub fn secrets_read(policy: &Policy, access: &Access) -> Vec<String> {
    match access {
        Access::Read { path } if holds_secrets(path) => vec![path.clone()],
        Access::Exec { command } => command::secrets_read(policy, command),
        Access::Read { .. } | Access::Write { .. } | Access::Leave { .. } | Access::Connect { .. } => Vec::new(),
    }
}

/// May this run outside of the jail, by the mode or by a rule of the user's? The name of what says so.
pub fn runs_outside(policy: &Policy, access: &Access) -> Option<String> {
    command::outside(policy, access)
}

//! What may happen: one pure decision for each access.
//!
//! The mode decides most of it; a few names are asked for in every mode but `full`. Where a question cannot be answered,
//! it is a no, and the model is told so.

pub mod destructive;
pub mod hosts;

use crate::base::access::{Access, Mode, Verdict};

/// What decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    pub mode: Mode,
    /// Is there somebody who can answer a question?
    pub attended: bool,
}

/// Folders and files that configure other programs: writing them is a way to run code later.
const PROTECTED: &[&str] = &[
    ".git",
    ".agent",
    ".claude",
    ".codex",
    ".gemini",
    ".mcp.json",
    ".vscode",
    ".idea",
    ".devcontainer",
    ".envrc",
    ".husky",
];

/// Decides one access.
pub fn decide(policy: &Policy, access: &Access) -> Verdict {
    let verdict = match (policy.mode, access) {
        (Mode::Full, _) => Verdict::Allow,
        (_, Access::Read { path }) if holds_secrets(path) => {
            Verdict::Ask(format!("`{path}` holds secrets by its name"))
        }
        (_, Access::Read { .. }) => Verdict::Allow,
        (Mode::Read, Access::Write { path }) => {
            Verdict::Deny(format!("mode `read` writes nothing, so `{path}` stays as it is"))
        }
        (Mode::Read, Access::Exec { .. }) => Verdict::Deny("mode `read` runs no commands".into()),
        (Mode::Ask | Mode::Auto, Access::Write { path }) if is_protected(path) => {
            Verdict::Ask(format!("`{path}` configures programs that run outside of this session"))
        }
        (Mode::Ask, Access::Write { path }) => Verdict::Ask(format!("writes `{path}`")),
        (Mode::Ask, Access::Exec { .. }) => Verdict::Ask("runs a command".into()),
        (Mode::Auto, Access::Write { .. } | Access::Exec { .. }) => Verdict::Allow,
        (_, Access::Leave { reason, .. }) => Verdict::Ask(format!("leaves the jail: {reason}")),
        (_, Access::Connect { host, port }) => Verdict::Ask(format!("connects to `{host}:{port}`")),
    };
    match verdict {
        Verdict::Ask(why) if !policy.attended => {
            Verdict::Deny(format!("{why}, and nobody is there to be asked (mode `{}`)", policy.mode.name()))
        }
        other => other,
    }
}

/// `.env` and its kin, but not the examples that are made to be read.
pub fn holds_secrets(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let example = ["example", "sample", "template", "dist"].iter().any(|end| name.ends_with(end));
    (name == ".env" || name.starts_with(".env.")) && !example
}

fn is_protected(path: &str) -> bool {
    path.split('/').any(|part| PROTECTED.iter().any(|name| part.eq_ignore_ascii_case(name)))
        || path.to_ascii_lowercase().ends_with(".code-workspace")
}

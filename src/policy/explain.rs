//! Why a command line is decided as it is: what it would touch, what policy says, what the jail would refuse.

use super::secrets::IN_HOME;
use super::shell::{Effect, ProcessEffect, Reading, Target, read};
use super::{Policy, decide, runs_outside};
use crate::base::access::{Access, Decision, Mode, Network};
use crate::policy::shell::Place;

/// Everything there is to say of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    pub reading: Reading,
    pub decision: Decision,
    /// What of it the jail refuses, and why.
    pub refused: Vec<(Effect, &'static str)>,
    /// What lets it run outside of the jail without a question.
    pub outside: Option<String>,
    /// Does it do nothing beyond the workspace, and is it understood?
    pub harmless: bool,
}

/// Explains a line. `own` folders and links are the kernel's business; what is said here goes by names.
pub fn explain(policy: &Policy, command: &str) -> Explanation {
    let reading = read(command, &policy.surroundings);
    let access = Access::Exec { command: command.to_owned() };
    let decision = decide(policy, &access);
    let outside = runs_outside(policy, &access);
    let jailed = policy.jailed && outside.is_none();
    let refusal = |effect: &Effect| refused(policy, effect).map(|why| (effect.clone(), why));
    let refused = if jailed { reading.effects.iter().filter_map(refusal).collect() } else { Vec::new() };
    let harmless = reading.understood && reading.altered.is_empty() && reading.effects.iter().all(Effect::stays);
    Explanation { reading, decision, refused, outside, harmless }
}

/// Why the jail refuses this; `None` where it lets it through or it cannot be told.
fn refused(policy: &Policy, effect: &Effect) -> Option<&'static str> {
    match effect {
        Effect::Read(target) if target.holds_secrets() => Some("it looks absent"),
        Effect::Read(target) => is_secret(target, &policy.surroundings.home).then_some("it looks absent"),
        Effect::Write(target) | Effect::Delete(target) => match target.place {
            _ if target.is_protected() => Some("it is protected"),
            Place::Home | Place::System => Some("nothing is written there"),
            Place::Workspace if policy.mode() == Mode::Read => Some("mode `read` writes nothing"),
            Place::Workspace | Place::Temporary | Place::Unknown => None,
        },
        Effect::Network(_) => match policy.network {
            Network::Off => Some("the network is off"),
            Network::Hosts => Some("only hosts on the list are reached"),
            Network::Full => None,
        },
        Effect::Git(_) | Effect::Runs(_) | Effect::Environment => None,
        Effect::Publish(_) => (policy.network == Network::Off).then_some("the network is off"),
        Effect::Process(ProcessEffect::Kill) => Some("only processes of the same command are reached"),
        Effect::Process(ProcessEffect::Inspect) => Some("other processes are not looked into"),
        Effect::Process(ProcessEffect::Background) => Some("it ends with the command"),
        Effect::Process(ProcessEffect::Exhaust) => Some("limits end it"),
        Effect::Privilege(_) => Some("nothing gains rights"),
        Effect::System(_) => Some("the machine is not changed"),
    }
}

fn is_secret(target: &Target, home: &str) -> bool {
    let path = target.path.as_str();
    let own = Some(home).filter(|home| !home.is_empty()).and_then(|home| path.strip_prefix(home));
    let Some(rest) = path.strip_prefix('~').or(own).or_else(|| home_rest(path)) else { return false };
    let rest = rest.trim_start_matches('/');
    target.place == Place::Home
        && IN_HOME.iter().any(|name| rest.strip_prefix(name).is_some_and(|end| end.is_empty() || end.starts_with('/')))
}

fn home_rest(path: &str) -> Option<&str> {
    let below = path.strip_prefix("/home/").or_else(|| path.strip_prefix("/Users/"));
    match below {
        Some(below) => below.split_once('/').map(|(_, rest)| rest),
        None => path.strip_prefix("/root/"),
    }
}

//! Decides command lines: first rules, then the mode, then what goes through the jail.

use super::Policy;
use super::protected::holds_secrets;
use super::rule::{Rule, Ruling, Then, ruling};
use super::shell::{Effect, GitEffect, Place, Reading, read};
use crate::base::access::{Access, Decision, Mode, Network, Verdict};

/// A command where commands run.
pub fn exec(policy: &Policy, command: &str) -> Decision {
    let reading = read(command, &policy.surroundings);
    if let Some(decision) = by_rule(policy, &reading) {
        return decision;
    }
    let mode = policy.mode();
    let by_mode = |verdict| Decision { verdict, rule: format!("mode {}", mode.name()) };
    if mode == Mode::Full {
        return by_mode(Verdict::Allow);
    }
    if mode == Mode::Read && !policy.jailed {
        return by_mode(Verdict::Deny("mode `read` runs no commands where no jail keeps them from writing".into()));
    }
    let questions = questions(policy, &reading);
    by_mode(if questions.is_empty() { Verdict::Allow } else { Verdict::Ask(questions.join("; ")) })
}

/// A command that is to run outside of the jail.
pub fn leave(policy: &Policy, command: &str, reason: &str) -> Decision {
    let reading = read(command, &policy.surroundings);
    let ruled = by_rule(policy, &reading);
    let mode = policy.mode();
    let by_mode = |verdict| Decision { verdict, rule: format!("mode {}", mode.name()) };
    match (ruled, mode) {
        (Some(decision), _) if matches!(decision.verdict, Verdict::Deny(_)) => decision,
        (_, Mode::Full) => by_mode(Verdict::Allow),
        _ if !policy.jailed => exec(policy, command),
        _ if !policy.managed.leave => by_mode(Verdict::Deny(
            "no command leaves the sandbox here: the user or the administrator requires it".into(),
        )),
        (Some(decision), _) if matches!(decision.verdict, Verdict::Ask(_)) => decision,
        _ => match outside_rule(policy, &reading) {
            Some(rule) => Decision { verdict: Verdict::Allow, rule: format!("rule {}", rule.name()) },
            None => by_mode(Verdict::Ask(format!("leaves the jail: {reason}"))),
        },
    }
}

/// What lets this run outside of the jail without a question.
pub fn outside(policy: &Policy, access: &Access) -> Option<String> {
    match (access, policy.mode()) {
        (Access::Exec { .. } | Access::Leave { .. }, Mode::Full) => Some("mode full".into()),
        (Access::Exec { command } | Access::Leave { command, .. }, _) => {
            let reading = read(command, &policy.surroundings);
            outside_rule(policy, &reading).map(|rule| format!("rule {}", rule.name()))
        }
        (Access::Read { .. } | Access::Write { .. } | Access::Connect { .. }, _) => None,
    }
}

/// The rule by which a line leaves the jail. In mode `read` none does: out there, nothing keeps it from writing.
fn outside_rule<'a>(policy: &'a Policy, reading: &Reading) -> Option<&'a Rule> {
    if !policy.managed.leave || policy.mode() == Mode::Read {
        return None;
    }
    ruling(&policy.rules, reading).filter(|ruling| ruling.then == Then::Outside).map(|ruling| ruling.rule)
}

fn by_rule(policy: &Policy, reading: &Reading) -> Option<Decision> {
    let Ruling { then, rule, perhaps } = ruling(&policy.rules, reading)?;
    let why = if rule.why.is_empty() { String::new() } else { format!(": {}", rule.why) };
    let verdict = match then {
        Then::Deny => Verdict::Deny(format!("the rule {} forbids it{why}", rule.name())),
        Then::Ask if perhaps => {
            let unclear = reading.unclear.first().map(|unclear| format!(" ({unclear})")).unwrap_or_default();
            Verdict::Ask(format!("it cannot be told whether the rule {} applies{unclear}", rule.name()))
        }
        Then::Ask => Verdict::Ask(format!("the rule {} wants a question{why}", rule.name())),
        // Neither lets a line run where no jail keeps it from writing although nothing may be written.
        Then::Allow | Then::Outside if policy.mode() == Mode::Read && !policy.jailed => return None,
        Then::Allow | Then::Outside => Verdict::Allow,
    };
    Some(Decision { verdict, rule: format!("rule {}", rule.name()) })
}

/// What somebody has to be asked before this runs; each in words.
fn questions(policy: &Policy, reading: &Reading) -> Vec<String> {
    let mut questions = Vec::new();
    if !policy.jailed {
        questions.push("runs a command".to_owned());
    }
    let open = policy.network != Network::Off;
    if open && !reading.understood {
        let why = reading.unclear.first().map(String::as_str).unwrap_or("it is not understood");
        questions.push(format!("it cannot be told what it does with the network: {why}"));
    }
    for effect in &reading.effects {
        if is_question(effect, open) {
            questions.push(effect.words());
        }
    }
    let is_repository = |path: &str| path == ".git" || path.ends_with("/.git");
    let repository = |effect: &Effect| matches!(effect, Effect::Delete(target) if target.place == Place::Workspace && is_repository(&target.path));
    if reading.effects.iter().any(repository) {
        questions.push("deletes a repository with its history".into());
    }
    questions
}

/// The files with secrets that a line names.
pub fn secrets_read(policy: &Policy, command: &str) -> Vec<String> {
    let secret = |effect: Effect| {
        let Effect::Read(target) = effect else { return None };
        (target.place == Place::Workspace && holds_secrets(&target.path)).then_some(target.path)
    };
    read(command, &policy.surroundings).effects.into_iter().filter_map(secret).collect()
}

/// Does this effect go through what the jail leaves open?
fn is_question(effect: &Effect, network: bool) -> bool {
    match effect {
        Effect::Read(target) => target.place == Place::Workspace && target.holds_secrets(),
        Effect::Git(GitEffect::Push | GitEffect::ForcedPush) | Effect::Publish(_) => network,
        Effect::Write(_)
        | Effect::Delete(_)
        | Effect::Network(_)
        | Effect::Git(GitEffect::Loss | GitEffect::Config)
        | Effect::Process(_)
        | Effect::Privilege(_)
        | Effect::System(_)
        | Effect::Runs(_)
        | Effect::Environment => false,
    }
}

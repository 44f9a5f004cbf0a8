//! `agent policy`: the answers that are remembered, and forgetting them; `check` is in a file of its own.

use super::args::{Policy, PolicyAction};
use super::print;
use crate::base::Result;
use crate::base::access::Remember;
use crate::config::Config;
use crate::config::approvals::{self, Approval};
use crate::config::paths::Environment;
use crate::disk::Disk;
use crate::policy::rule::Rule;
use crate::text::sanitise::one_line;
use serde_json::json;

pub fn main(args: &Policy, environment: &Environment) -> Result<u8> {
    match &args.action {
        PolicyAction::Check(check) => super::check::main(check, environment),
        PolicyAction::List { json } => list(*json, environment),
        PolicyAction::Forget { number, all } => forget(number, *all, environment),
    }
}

fn list(json: bool, environment: &Environment) -> Result<u8> {
    let config = Config::load(environment, false, &[])?;
    let approvals = approvals::list(environment)?;
    if json {
        let answers: Vec<_> = approvals.iter().map(as_json).collect();
        print(&json!({ "answers": answers, "rules": config.rules() }).to_string())?;
        return Ok(0);
    }
    lines(&approvals, config.rules()).iter().try_for_each(|line| print(line))?;
    Ok(0)
}

/// The answers and rules that count here, as text.
pub(super) fn page(config: &Config, environment: &Environment) -> Result<String> {
    Ok(lines(&approvals::list(environment)?, config.rules()).join("\n"))
}

fn lines(approvals: &[Approval], rules: &[Rule]) -> Vec<String> {
    let mut lines = Vec::new();
    if approvals.is_empty() {
        lines.push("no answer is remembered".to_owned());
    }
    for approval in approvals {
        let Approval { number, session, answer } = approval;
        lines.push(format!("{number:>4}  {}", one_line(&answer.words())));
        lines.push(format!("      {}; {}, session {}", scope(approval), day(answer.at), one_line(session)));
    }
    let rule = |Rule { prefix, then, source, .. }: &Rule| {
        format!("rule  {} {}  # {}", then.name(), one_line(&prefix.join(" ")), one_line(source))
    };
    lines.extend(rules.iter().map(rule));
    lines
}

fn forget(numbers: &[u64], all: bool, environment: &Environment) -> Result<u8> {
    let every: Vec<u64>;
    let numbers = match all {
        true => {
            every = approvals::list(environment)?.iter().map(|approval| approval.number).collect();
            &every
        }
        false => numbers,
    };
    let gone = if numbers.is_empty() { Vec::new() } else { approvals::forget(environment, numbers, Disk::default())? };
    if gone.is_empty() {
        print("no answer is remembered")?;
    }
    for approval in gone {
        print(&format!("forgotten: {} ({})", one_line(&approval.answer.words()), scope(&approval)))?;
    }
    Ok(0)
}

/// Where an answer counts.
fn scope(approval: &Approval) -> String {
    let answer = &approval.answer;
    match (answer.remember, &answer.project) {
        (Remember::Project, Some(project)) => format!("in {}", one_line(project)),
        (Remember::Always, _) => "always".into(),
        (Remember::Once | Remember::Session | Remember::Project, _) => "nowhere".into(),
    }
}

fn day(at: u64) -> String {
    crate::store::moment::day(at)
}

fn as_json(approval: &Approval) -> serde_json::Value {
    let Approval { number, session, answer } = approval;
    json!({
        "number": number,
        "words": answer.words(),
        "meaning": answer.meaning,
        "remember": answer.remember,
        "project": answer.project,
        "at": answer.at,
        "session": session,
    })
}

//! `agent policy check`: what a command line would touch, and what is said of it. Nothing is run.

use super::args::{self, PolicyCheck};
use super::print;
use crate::base::access::{Decision, Mode, Network, Verdict};
use crate::base::{Error, Result};
use crate::config::Config;
use crate::config::paths::Environment;
use crate::policy;
use crate::policy::explain::{Explanation, explain};
use crate::policy::shell::Surroundings;
use crate::text::sanitise::one_line;
use serde_json::json;

pub fn main(check: &PolicyCheck, environment: &Environment) -> Result<u8> {
    let policy = as_if(check, environment)?;
    let Some(path) = &check.file else {
        let command = check.command.clone().unwrap_or_default();
        let explained = explain(&policy, &command);
        match check.json {
            true => print(&as_json(&command, &explained).to_string())?,
            false => show(&explained, &policy)?,
        }
        return Ok(0);
    };
    let text = std::fs::read_to_string(path).map_err(|error| Error::io("read", path.display(), &error))?;
    let explained: Vec<(&str, Explanation)> = lines(&text).map(|line| (line, explain(&policy, line))).collect();
    for (line, explained) in &explained {
        match check.json {
            true => print(&as_json(line, explained).to_string())?,
            false => print(&row(line, explained))?,
        }
    }
    if !check.json {
        print(&totals(&explained))?;
    }
    Ok(0)
}

/// The command lines of a list, without comments.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split("  # ").next().unwrap_or(line).trim_end()).filter(|line| !line.is_empty())
}

/// A policy as a session here would have it, with somebody to answer.
fn as_if(check: &PolicyCheck, environment: &Environment) -> Result<policy::Policy> {
    let mode = match check.mode {
        Some(args::Mode::Read) => Mode::Read,
        Some(args::Mode::Ask) => Mode::Ask,
        Some(args::Mode::Auto) | None => Mode::Auto,
        Some(args::Mode::Full) => Mode::Full,
    };
    let config = Config::load(environment, false, &[])?;
    let folder = Environment::working_folder()?.display().to_string();
    let home = environment.home().map(|home| home.display().to_string()).unwrap_or_default();
    Ok(policy::Policy {
        attended: true,
        jailed: !check.no_jail && mode != Mode::Full,
        network: if check.net { Network::Full } else { Network::Off },
        surroundings: Surroundings { folder, home },
        rules: config.rules().to_vec(),
        managed: config.limits(),
        ..policy::Policy::new(mode)
    })
}

fn show(explained: &Explanation, policy: &policy::Policy) -> Result<()> {
    let Explanation { reading, decision, refused, outside, .. } = explained;
    let (verdict, why) = words(decision);
    let place = match (policy.jailed, outside) {
        (_, Some(rule)) => format!(" outside of the jail, by {rule}"),
        (true, None) => " in the jail".into(),
        (false, None) => " without a jail".into(),
    };
    print(&format!("{verdict}{place}, by {}", one_line(&decision.rule)))?;
    if let Some(why) = why {
        print(&format!("  {}", one_line(why)))?;
    }
    print("")?;
    for effect in &reading.effects {
        let refusal = refused.iter().find(|(known, _)| known == effect);
        let note = refusal.map(|(_, why)| format!("  [the jail refuses: {why}]")).unwrap_or_default();
        print(&format!("  {}{note}", one_line(&effect.words())))?;
    }
    if reading.effects.is_empty() {
        print("  touches nothing that its words name")?;
    }
    for why in &reading.unclear {
        print(&format!("  not understood: {}", one_line(why)))?;
    }
    for name in &reading.altered {
        print(&format!("  changes what programs do: {}", one_line(name)))?;
    }
    Ok(())
}

fn words(decision: &Decision) -> (&'static str, Option<&String>) {
    match &decision.verdict {
        Verdict::Allow => ("runs", None),
        Verdict::Ask(why) => ("asks", Some(why)),
        Verdict::Deny(why) => ("denied", Some(why)),
    }
}

fn row(line: &str, explained: &Explanation) -> String {
    let marks = [
        (explained.outside.is_some(), "outside"),
        (!explained.reading.understood, "not understood"),
        (!explained.refused.is_empty(), "the jail refuses a part"),
        (explained.harmless, "harmless"),
    ];
    let marks: Vec<&str> = marks.into_iter().filter_map(|(holds, mark)| holds.then_some(mark)).collect();
    format!("{:<7} {:<40} {}", words(&explained.decision).0, marks.join(", "), one_line(line))
}

fn totals(explained: &[(&str, Explanation)]) -> String {
    let count = |holds: &dyn Fn(&Explanation) -> bool| explained.iter().filter(|(_, one)| holds(one)).count();
    let verdict = |wanted: &'static str| count(&|one| words(&one.decision).0 == wanted);
    let percent = |part: usize| part as f64 * 100.0 / explained.len().max(1) as f64;
    let asks = verdict("asks");
    format!(
        "\n{} lines: {} run, {asks} ask ({:.1} %), {} denied; {} outside of the jail; {} not understood, {} with a part that the jail refuses, {} harmless",
        explained.len(),
        verdict("runs"),
        percent(asks),
        verdict("denied"),
        count(&|one| one.outside.is_some()),
        count(&|one| !one.reading.understood),
        count(&|one| !one.refused.is_empty()),
        count(&|one| one.harmless),
    )
}

fn as_json(line: &str, explained: &Explanation) -> serde_json::Value {
    let (verdict, why) = words(&explained.decision);
    let refused: Vec<_> =
        explained.refused.iter().map(|(effect, why)| json!({ "effect": effect, "why": why })).collect();
    json!({
        "command": line, "verdict": verdict, "why": why, "rule": explained.decision.rule, "outside": explained.outside,
        "understood": explained.reading.understood, "unclear": explained.reading.unclear,
        "altered": explained.reading.altered, "effects": explained.reading.effects, "calls": explained.reading.calls,
        "refused_by_jail": refused, "harmless": explained.harmless,
    })
}

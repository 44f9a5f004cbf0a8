//! Words that Markdown and HTML share.

use super::facts::{Facts, Spending};
use crate::base::access::{Access, Answer, Ask, Remember};
use crate::base::event::{CheckResult, Outcome, SessionStarted, Source, Status, StepStatus, ToolStatus};
use crate::base::money::Usd;
use crate::text::redact::Found;
use crate::transcript::view::words::duration;
use crate::transcript::view::{Tone, Tool};
use std::collections::BTreeMap;

/// `2026-11-22 09:30:00 UTC` of a record's time.
pub fn time(time: &str) -> String {
    match (time.get(..10), time.get(11..19)) {
        (Some(day), Some(clock)) => format!("{day} {clock} UTC"),
        _ => time.to_owned(),
    }
}

pub fn money(cost: Option<Usd>) -> String {
    cost.map_or("cost not known".into(), |cost| format!("${cost}"))
}

/// `812`, `12.3 k`, `1.2 M`.
pub fn count(tokens: u64) -> String {
    match tokens {
        0..1000 => tokens.to_string(),
        1000..1_000_000 => format!("{}.{} k", tokens / 1000, tokens % 1000 / 100),
        _ => format!("{}.{} M", tokens / 1_000_000, tokens % 1_000_000 / 100_000),
    }
}

/// `2 requests · 12.3 k tokens in (80% cached), 812 out · $0.0123`.
pub fn spent(spent: &Spending) -> String {
    let tokens = spent.tokens;
    let share = tokens.cached.saturating_mul(100).checked_div(tokens.input).unwrap_or(0);
    let cached = if share > 0 { format!(" ({share}% cached)") } else { String::new() };
    let requests = if spent.requests == 1 { "1 request".to_owned() } else { format!("{} requests", spent.requests) };
    let (input, output) = (count(tokens.input), count(tokens.output));
    format!("{requests} · {input} tokens in{cached}, {output} out · {}", money(spent.cost))
}

/// Name and value of what is known of the session, to be made clean.
pub fn session(facts: &Facts) -> Vec<(&'static str, String)> {
    let mut rows = Vec::new();
    if let Some(started) = &facts.started {
        rows.push(("session", started.session.clone()));
        if !started.user.is_empty() {
            rows.push(("for", started.user.clone()));
        }
        rows.push(("folder", started.root.clone()));
        rows.extend(started.branch.clone().map(|branch| ("branch", branch)));
        rows.push((
            "mode",
            format!("{}, sandbox {}, network {}", started.mode.name(), started.sandbox, started.network.name()),
        ));
        if started.replayed {
            rows.push(("models", "a recording played: nothing was paid for".into()));
        }
    }
    rows.push(("from", time(&facts.began)));
    rows.push(("until", time(&facts.ended)));
    rows.push(("used", spent(&facts.total())));
    rows
}

pub fn started(started: &SessionStarted) -> String {
    let verb = if started.resumed { "the session goes on" } else { "the session began" };
    format!("{verb} with {}, mode {}, sandbox {}", started.model, started.mode.name(), started.sandbox)
}

pub fn source(source: Source) -> &'static str {
    match source {
        Source::Task => "Task",
        Source::Steer => "Said while it worked",
        Source::Check => "A check failed; the model was told",
        Source::Schema => "The answer does not fit its schema; the model was told",
        Source::Harness => "The model was told",
    }
}

pub fn status(status: Option<ToolStatus>) -> &'static str {
    match status {
        None => "not ended",
        Some(ToolStatus::Done) => "done",
        Some(ToolStatus::Failed) => "failed",
        Some(ToolStatus::Denied) => "denied",
        Some(ToolStatus::Interrupted) => "interrupted",
    }
}

/// `done · exit 0 · 2.1 s`, with the limit that ended it.
pub fn ended(tool: &Tool) -> String {
    let mut words = vec![status(tool.status).to_owned()];
    words.extend(tool.exit.map(|exit| format!("exit {exit}")));
    words.extend(tool.limit.as_ref().map(|limit| format!("ended by the limit on {limit}")));
    if tool.duration_ms > 0 {
        words.push(duration(tool.duration_ms));
    }
    words.join(" · ")
}

/// By which rule and in which jail a call ran.
pub fn why(tool: &Tool) -> String {
    let rule = (!tool.rule.is_empty()).then(|| format!("allowed by: {}", tool.rule));
    let jail = (!tool.jail.is_empty()).then(|| format!("sandbox: {}", tool.jail));
    rule.into_iter().chain(jail).collect::<Vec<_>>().join(" · ")
}

pub fn step(status: StepStatus) -> &'static str {
    match status {
        StepStatus::Pending => "[ ]",
        StepStatus::InProgress => "[>]",
        StepStatus::Completed => "[x]",
    }
}

/// How a check ended.
pub fn checked(result: Option<&CheckResult>, round: u32) -> String {
    let again = if round > 1 { format!(", round {round}") } else { String::new() };
    let Some(result) = result else { return format!("not ended{again}") };
    let passed = if result.passed { "passed" } else { "failed" };
    let exit = match (result.passed, result.exit) {
        (true, _) => String::new(),
        (false, Some(exit)) => format!(", exit {exit}"),
        (false, None) => ", its time was over".into(),
    };
    format!("{passed}{exit}, {}{again}", duration(result.duration_ms))
}

/// What a question was about.
pub fn accesses(ask: &Ask) -> String {
    let words = ask.access.iter().map(|access| match access {
        Access::Read { path } => format!("read {path}"),
        Access::Write { path } => format!("write {path}"),
        Access::Exec { command } => format!("run {command}"),
        Access::Leave { command, reason } => format!("run outside of the sandbox: {command} ({reason})"),
        Access::Connect { host, port } => format!("reach {host}:{port}"),
    });
    words.collect::<Vec<_>>().join("; ")
}

pub fn answer(answer: Option<&Answer>) -> String {
    let with = |said: &str, comment: &Option<String>| {
        comment.as_ref().map_or_else(|| said.to_owned(), |comment| format!("{said}: {comment}"))
    };
    match answer {
        None => "not answered".into(),
        Some(Answer::Allow { remember }) => match remember {
            Remember::Once => "yes".into(),
            Remember::Session => "yes, for this session".into(),
            Remember::Project => "yes, for this project".into(),
            Remember::Always => "yes, always".into(),
        },
        Some(Answer::Review(review)) => with("parts of it", &review.comment),
        Some(Answer::Deny { comment }) => with("no", comment),
    }
}

/// Is the change that was asked for not the one that was made?
pub fn differs(answer: Option<&Answer>) -> bool {
    match answer {
        None | Some(Answer::Review(_) | Answer::Deny { .. }) => true,
        Some(Answer::Allow { .. }) => false,
    }
}

pub fn tone(tone: Tone) -> &'static str {
    match tone {
        Tone::Quiet => "note",
        Tone::Warning => "warning",
        Tone::Error => "error",
    }
}

pub fn ending(status: Status) -> &'static str {
    match status {
        Status::Done => "Done",
        Status::Incomplete => "Not finished",
        Status::Usage => "Refused",
        Status::Auth => "No key",
        Status::Provider => "The provider failed",
        Status::Limit => "Stopped by a limit",
        Status::Denied => "Denied",
        Status::NoSandbox => "No sandbox",
        Status::Interrupted => "Interrupted",
    }
}

/// `Done · $0.0123 · 4 turns · 12 s · 12.3 k tokens in, 812 out`.
pub fn outcome(outcome: &Outcome) -> String {
    let turns = if outcome.turns == 1 { "1 turn".to_owned() } else { format!("{} turns", outcome.turns) };
    let tokens = format!("{} tokens in, {} out", count(outcome.tokens.input), count(outcome.tokens.output));
    let time = duration(outcome.duration_ms);
    format!("{} · {} · {turns} · {time} · {tokens}", ending(outcome.status), money(outcome.cost_usd))
}

/// How many secrets of which kind are not in the export.
pub fn secrets(found: &[Found]) -> String {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    found.iter().for_each(|found| *kinds.entry(found.kind).or_default() += 1);
    let kinds: Vec<String> = kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    match found.len() {
        0 => "none were found beyond those that the session's log names already".into(),
        1 => format!("1 was found and replaced by its name: {}", kinds.join(", ")),
        many => format!("{many} were found and replaced by their names: {}", kinds.join(", ")),
    }
}

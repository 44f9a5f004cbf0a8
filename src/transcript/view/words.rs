//! What is said of events that are no more than a line.

use super::cell::Tone;
use crate::base::access::Mode;
use crate::base::call::ToolCall;
use crate::base::change::FileChange;
use crate::base::event::{BudgetNoticed, Committed, HostDenied, Quarantined, Routed, Switched};
use crate::base::money::Usd;

/// Characters of a call's argument that stand in for a summary.
const ARGUMENT: usize = 200;

pub fn routed(routed: &Routed) -> Option<String> {
    let first = routed.candidates.first()?;
    let cost = first.expected_usd.map_or(String::new(), |cost| format!(", about ${cost}"));
    Some(format!("{} was chosen{cost}: {}", first.model, routed.reason))
}

pub fn torn(bytes: u64) -> String {
    format!("the end of the log was torn by a crash; {bytes} bytes of it were dropped")
}

pub fn switched(switched: &Switched) -> String {
    let mut line = format!("going on with {}: {}", switched.to, switched.reason);
    if switched.cache_lost > 0 {
        let extra = switched.extra_usd.map_or(String::new(), |extra| format!(", ${extra} more"));
        line.push_str(&format!(" ({} tokens are read anew{extra})", switched.cache_lost));
    }
    line
}

pub fn budget(noticed: &BudgetNoticed) -> String {
    let BudgetNoticed { scope, limit_usd, used_usd, text } = noticed;
    format!("${used_usd} of ${limit_usd} of the {} budget is used: {text}", scope.name())
}

pub fn waiting(reason: &str, wait_ms: u64, attempt: u32) -> String {
    let again = if attempt > 1 { format!(", attempt {attempt}") } else { String::new() };
    format!("{reason}; waiting {}{again}", duration(wait_ms))
}

pub fn denied(denied: &HostDenied) -> String {
    format!("{}:{} was not reached: {}", denied.host, denied.port, denied.why)
}

pub fn quarantined(found: &Quarantined) -> Vec<String> {
    found.files.iter().map(|file| file.words()).collect()
}

pub fn committed(made: &Committed) -> Vec<String> {
    let short = |id: &str| id.get(..12).unwrap_or(id).to_owned();
    let words = made.commits.iter().map(|commit| {
        let lacks = if commit.marked { "" } else { " (does not say that an agent made it)" };
        format!("commit {} {}{lacks}", short(&commit.id), commit.subject)
    });
    words.collect()
}

pub fn pruned(calls: usize, before: u64, after: u64) -> String {
    format!("made room: {calls} old outputs left out (about {before} to {after} tokens); each can be read again")
}

pub fn compacted(before: u64, after: u64, by: Option<&str>, cost: Option<Usd>) -> String {
    let by = by.map_or(String::new(), |by| format!(" by {by}"));
    let cost = cost.map_or(String::new(), |cost| format!(" for ${cost}"));
    format!(
        "made room: history of about {before} tokens summarised to {after}{by}{cost}; your words, the plan and instructions stay"
    )
}

pub fn looped(tool: &str, times: u32) -> String {
    format!("the model called `{tool}` {times} times in the same way; it was told")
}

pub fn mode(from: Mode, to: Mode) -> String {
    format!("mode {} from here on (was {})", to.name(), from.name())
}

pub fn changed(file: &FileChange) -> String {
    format!("changed {} (+{} −{})", file.path, file.added, file.removed)
}

pub fn proposed(files: &[FileChange], left_out: &[String]) -> (Tone, String) {
    let count = if files.len() == 1 { "1 file".to_owned() } else { format!("{} files", files.len()) };
    if left_out.is_empty() {
        return (Tone::Quiet, format!("proposes changes to {count}"));
    }
    (Tone::Warning, format!("proposes changes to {count}; no patch can hold {}", left_out.join(", ")))
}

/// A line for a call that never began, so that nobody made a summary: its tool and the first words among its arguments.
pub fn call(call: &ToolCall) -> String {
    let arguments: Option<serde_json::Map<String, serde_json::Value>> = serde_json::from_str(&call.arguments).ok();
    let first = arguments.as_ref().and_then(|map| map.values().find_map(|value| value.as_str()));
    let words = first.unwrap_or(if call.freeform { call.arguments.as_str() } else { "" });
    let words: String = words.lines().next().unwrap_or_default().chars().take(ARGUMENT).collect();
    if words.is_empty() { call.name.clone() } else { format!("{} {words}", call.name) }
}

/// `320 ms`, `4.1 s`, `2 min 5 s`.
pub fn duration(millis: u64) -> String {
    match millis {
        0..1000 => format!("{millis} ms"),
        1000..10_000 => format!("{}.{} s", millis / 1000, millis % 1000 / 100),
        10_000..60_000 => format!("{} s", millis / 1000),
        _ => format!("{} min {} s", millis / 60_000, millis / 1000 % 60),
    }
}

//! `search`: lines that match a regular expression.

use super::{Hands, Job, Output, Run, Tool, Unfit, arguments};
use crate::base::access::Access;
use crate::base::call::{ToolCall, ToolInput, ToolSpec};
use crate::text::redact;
use crate::workspace::walk::{self, Found};
use serde::Deserialize;
use serde_json::json;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const LINES: usize = 200;
/// A file that never ends to be read, such as a pipe, must not hold a run.
const LONGEST: Duration = Duration::from_secs(60);

pub struct Search(ToolSpec);

#[derive(Deserialize)]
struct Arguments {
    pattern: String,
    path: Option<String>,
    glob: Option<String>,
}

impl Default for Search {
    fn default() -> Self {
        Self(ToolSpec {
            name: "search",
            description: crate::prompt::tool("search"),
            input: ToolInput::Json(json!({
                "type": "object",
                "properties": {
                    "pattern": {"type": "string"},
                    "path": {"type": "string"},
                    "glob": {"type": "string"},
                },
                "required": ["pattern"],
            })),
        })
    }
}

impl Tool for Search {
    fn spec(&self) -> &ToolSpec {
        &self.0
    }

    fn prepare(&self, call: &ToolCall, hands: &Hands) -> Result<Job, Unfit> {
        let Arguments { pattern, path, glob } = arguments(call, r#"{"pattern": "fn main", "glob": "*.rs"}"#)?;
        let found = hands.place.resolve(path.as_deref().unwrap_or("."))?;
        if !found.absolute.exists() {
            return Err(format!("there is no `{}`", found.shown).into());
        }
        let summary = format!("search {pattern:?} in {}", found.shown);
        let access = vec![Access::Read { path: found.shown }];
        let run: Run = Box::new(move |grant| {
            Box::pin(async move {
                let hands = grant.hands;
                let (place, redactor) = (hands.place.clone(), hands.redactor.clone());
                let result = off_thread(move |stop| {
                    let glob = glob.as_deref();
                    let query = walk::Query { pattern: &pattern, glob, limit: LINES, redactor: &redactor };
                    walk::search(&place, &found.absolute, &query, stop)
                })
                .await;
                let notices = redact::words(&hands.redactor.news(), "files that were searched");
                match result {
                    Ok(found) => Output { notices, ..Output::text(shown(&found)) },
                    Err(words) => Output::failed(words),
                }
            })
        });
        Ok(Job { summary, access, change: None, reads_only: true, run })
    }
}

/// Matches grouped by file, so that each path is paid for once.
fn shown(found: &Found<walk::Match>) -> String {
    let mut out = if found.items.is_empty() { "(no matches)".to_owned() } else { String::new() };
    let mut file = "";
    for hit in &found.items {
        if hit.path != file {
            file = &hit.path;
            let _ = writeln!(out, "{file}");
        }
        let _ = writeln!(out, "{}\t{}", hit.line, hit.text);
    }
    if found.more {
        let _ = write!(out, "(more than {LINES} matches; narrow it with path, glob or pattern)");
    }
    if !found.unread.is_empty() {
        if !out.ends_with('\n') {
            out.push('\n');
        }
        let _ = write!(out, "(not searched, unreadable or with lines too long: {})", found.unread.join(", "));
    }
    out
}

/// Runs a walk on another thread, and stops it when nobody waits for it any more.
pub(super) async fn off_thread<T: Send + 'static>(
    work: impl FnOnce(&AtomicBool) -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    struct Stop(Arc<AtomicBool>);
    impl Drop for Stop {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let stop = Stop(Arc::default());
    let seen = stop.0.clone();
    let done = tokio::time::timeout(LONGEST, tokio::task::spawn_blocking(move || work(&seen))).await;
    drop(stop);
    match done {
        Ok(Ok(found)) => found,
        Ok(Err(_)) => Err("the walk broke off; try a narrower one".into()),
        Err(_) => Err(format!("the walk took more than {} s; narrow it with path, glob or pattern", LONGEST.as_secs())),
    }
}

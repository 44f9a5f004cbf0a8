//! `agent sessions`: list, delete, prune.

use super::args::{SessionAction, Sessions};
use super::{print, print_json};
use crate::base::{Error, Result};
use crate::config::paths::Environment;
use crate::config::{Config, units};
use crate::disk::Disk;
use crate::store::sessions::{self, Pruned, Summary};
use crate::text::sanitise::one_line;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, SystemTime};

pub fn main(args: Sessions, environment: &Environment) -> Result<u8> {
    let state = environment.state_folder()?;
    match args.action {
        None => list(&state, args.json),
        Some(SessionAction::Delete { id }) => delete(&state, &id),
        Some(SessionAction::Prune { keep, cap }) => {
            let config = Config::load(environment, false, &[])?;
            let keep = match keep {
                Some(text) => units::duration(&text)
                    .ok_or_else(|| Error::usage(format!("--keep takes a duration such as 30d, not `{text}`")))?,
                None => config.duration("sessions.keep").unwrap_or(Duration::MAX),
            };
            let cap = match cap {
                Some(text) => units::bytes(&text)
                    .ok_or_else(|| Error::usage(format!("--cap takes a size such as 500MB, not `{text}`")))?,
                None => config.number("sessions.cap").unwrap_or(u64::MAX),
            };
            let Pruned { sessions, bytes } = sessions::prune(&state, keep, cap, SystemTime::now(), &Disk::default());
            print(&format!("deleted {sessions} sessions, {bytes} bytes"))?;
            Ok(0)
        }
    }
}

fn list(state: &Path, json: bool) -> Result<u8> {
    let mut any = false;
    for summary in sessions::list(state) {
        any = true;
        if json {
            print_json(&serde_json::to_string(&summary).unwrap_or_default())?;
        } else {
            print(&row(&summary))?;
        }
    }
    if !any && !json {
        print("there are no sessions yet; agent run \"TASK\" starts one")?;
    }
    Ok(0)
}

fn row(summary: &Summary) -> String {
    let (status, cost) = match &summary.outcome {
        Some(outcome) => (
            serde_json::to_value(outcome.status)
                .ok()
                .and_then(|name| Some(name.as_str()?.to_owned()))
                .unwrap_or_default(),
            outcome.cost_usd.map_or("?".into(), |cost| format!("${cost}")),
        ),
        None => ("cut off".into(), String::new()),
    };
    let started = summary.started.get(..16).unwrap_or_default().replace('T', " ");
    format!(
        "{}  {started}  {status:<11} {cost:>10}  {}  {}",
        summary.session,
        one_line(&summary.root),
        one_line(&summary.title)
    )
}

fn delete(state: &Path, prefixes: &[String]) -> Result<u8> {
    // A mistake in one of them deletes none.
    let ids = prefixes.iter().map(|prefix| sessions::resolve(state, prefix)).collect::<Result<BTreeSet<_>>>()?;
    for id in ids {
        sessions::delete(state, &id, &Disk::default())?;
        print(&format!("deleted {id}"))?;
    }
    Ok(0)
}

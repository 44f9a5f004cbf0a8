//! `agent cost`: what was spent, on what, and what of it could have been saved.

mod data;
mod table;

use super::args::{self, CostBy};
use super::{print, print_json, say};
use crate::base::{Error, Result};
use crate::config::paths::Environment;
use crate::config::units;
use crate::disk::Disk;
use crate::store::costs::{By, Cost};
use crate::store::ledger::{self, Ledger};
use crate::store::moment::{self, Timestamp};
use crate::store::rebuild::{self, Rebuilt};
use crate::store::sessions;
use crate::workspace::checkpoint::{prune, undo};
use std::path::Path;
use std::time::Duration;

/// Without `--since`.
const WEEK: Duration = Duration::from_secs(7 * 86_400);

/// What is to be shown.
struct Report {
    by: By,
    since: Timestamp,
    rows: Vec<Cost>,
    total: Cost,
    /// Of today alone, where nothing was asked for in particular.
    today: Option<Cost>,
}

pub fn main(args: args::Cost, environment: &Environment) -> Result<u8> {
    let state = environment.state_folder()?;
    let now = moment::now();
    let since = since(args.since.as_deref(), now)?;
    if args.rebuild {
        rebuild(&state)?;
    }
    let by = args.by.map_or(By::Model, by);
    let is_overview = args.by.is_none() && args.since.is_none();
    let report = report(&state, by, since, is_overview.then(|| midnight(now)))?;
    if args.json {
        print_json(&data::json(&report).to_string())?;
    } else if args.csv {
        data::csv(&report).iter().try_for_each(|line| print(line))?;
    } else {
        words(&report, &state, false).iter().try_for_each(|line| print(line))?;
    }
    Ok(0)
}

fn words(report: &Report, state: &Path, narrow: bool) -> Vec<String> {
    match report.rows.is_empty() {
        true => vec![nothing(state, report.since)],
        false => table::text(report, state, narrow),
    }
}

/// What was spent of late; of one session, what each of its tasks cost. As wide as a small screen.
pub(super) fn page(state: &Path, session: Option<&str>) -> Result<String> {
    let now = moment::now();
    let overview = words(&report(state, By::Model, since(None, now)?, Some(midnight(now)))?, state, true);
    let Some(session) = session else { return Ok(overview.join("\n")) };
    let mut tasks = report(state, By::Task, 0, None)?;
    tasks.rows.retain(|row| row.within == session);
    if tasks.rows.is_empty() {
        return Ok(overview.join("\n"));
    }
    tasks.rows.sort_by_key(|row| row.key.parse::<u64>().unwrap_or(u64::MAX));
    tasks.total = sum(&tasks.rows);
    tasks.since = sessions::find(state, session).ok().and_then(|found| moment::parse(&found.started)).unwrap_or(now);
    Ok([table::text(&tasks, state, true), vec![String::new()], overview].concat().join("\n"))
}

/// Logs tell of requests and tasks, checkpoints of what was taken back.
fn rebuild(state: &Path) -> Result<()> {
    let disk = Disk::default();
    let rebuilt = rebuild::rebuild(state, &disk)?;
    let ledger = Ledger::open(state)?;
    for store in prune::stores(state, &disk) {
        for row in undo::taken_back(&store.rows()) {
            ledger.set_undone(&row.session, row.time_ms, true)?;
        }
    }
    said(&rebuilt);
    Ok(())
}

fn by(by: CostBy) -> By {
    match by {
        CostBy::Day => By::Day,
        CostBy::Project => By::Project,
        CostBy::Branch => By::Branch,
        CostBy::Model => By::Model,
        CostBy::Session => By::Session,
        CostBy::Task => By::Task,
    }
}

/// A day begins at its local midnight.
pub(super) fn since(text: Option<&str>, now: Timestamp) -> Result<Timestamp> {
    let back = |time: Duration| now.saturating_sub(u64::try_from(time.as_millis()).unwrap_or(u64::MAX));
    let Some(text) = text else { return Ok(back(WEEK)) };
    let day = text.parse::<jiff::civil::Date>().ok().and_then(|day| day.to_zoned(jiff::tz::TimeZone::system()).ok());
    match (day, units::duration(text)) {
        (Some(day), _) => Ok(u64::try_from(day.timestamp().as_millisecond()).unwrap_or(0)),
        (None, Some(time)) => Ok(back(time)),
        (None, None) => {
            Err(Error::usage(format!("--since takes a day such as 2026-11-01 or a duration such as 7d, not `{text}`")))
        }
    }
}

/// The last local midnight.
fn midnight(now: Timestamp) -> Timestamp {
    since(Some(&moment::day(now)), now).unwrap_or(now)
}

fn report(state: &Path, by: By, since: Timestamp, today: Option<Timestamp>) -> Result<Report> {
    // Looking makes no file.
    let ledger = match ledger::path(state).exists() {
        true => Ledger::open(state)?,
        false => Ledger::in_memory()?,
    };
    let mut rows = ledger.costs(by, since)?;
    if by != By::Day {
        rows.sort_by_key(|row| std::cmp::Reverse((row.spent, row.reserved)));
    }
    let today = today.map(|midnight| ledger.costs(By::Day, midnight).map(|rows| sum(&rows))).transpose()?;
    Ok(Report { by, since, total: sum(&rows), rows, today })
}

fn sum(rows: &[Cost]) -> Cost {
    rows.iter().fold(Cost::default(), |mut total, row| {
        total.add(row);
        total
    })
}

fn nothing(state: &Path, since: Timestamp) -> String {
    let has_logs = sessions::list(state).next().is_some();
    if ledger::path(state).exists() {
        format!("nothing was spent since {}", moment::day(since))
    } else if has_logs {
        "the ledger is empty; `agent cost --rebuild` makes it from the session logs".into()
    } else {
        "the ledger is empty: no model was asked yet".into()
    }
}

/// What a rebuild did, on standard error: standard output is for the costs.
fn said(rebuilt: &Rebuilt) {
    let Rebuilt { sessions, requests, tasks, left, moved } = rebuilt;
    let mut text = format!("read the logs of {sessions} sessions: {requests} requests, {tasks} tasks\n");
    if let Some(moved) = moved {
        text.push_str(&format!("the file that could not be used is now `{}`\n", moved.display()));
    }
    if !left.is_empty() {
        text.push_str(&format!("left as they were, being at work or damaged: {}\n", left.join(", ")));
    }
    say(&text);
}

//! Costs for people: aligned columns, and below them what the columns cannot say.

use super::Report;
use crate::base::event::MissCause;
use crate::base::money::Usd;
use crate::store::costs::{By, Cost, Missed};
use crate::store::{moment, sessions};
use crate::text::sanitise::one_line;
use std::collections::HashMap;
use std::path::Path;

/// Columns that a name may take, and may take on a small screen.
const NAME: usize = 44;
const SHORT_NAME: usize = 26;

/// A column: its head, and how wide it is.
type Column = (&'static str, usize);
const COLUMNS: [Column; 7] = [
    ("SPENT", 13),
    ("PER DONE TASK", 13),
    ("TASKS DONE", 11),
    ("REQUESTS", 8),
    ("TOKENS IN", 9),
    ("CACHED", 6),
    ("OUT", 8),
];
/// Columns that a small screen has no room for.
const WIDE: [&str; 2] = ["PER DONE TASK", "REQUESTS"];

/// `narrow`: no line is wider than 80 columns.
pub(super) fn text(report: &Report, state: &Path, narrow: bool) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(today) = &report.today {
        lines.extend(table("", &[("today".into(), today), ("7 days".into(), &report.total)], narrow));
        lines.push(String::new());
    }
    let titles: HashMap<String, String> = match report.by {
        By::Session | By::Task => sessions::list(state).map(|one| (one.session, one.title)).collect(),
        By::Day | By::Project | By::Branch | By::Model => HashMap::new(),
    };
    let names = report.rows.iter().map(|row| match report.by {
        // They are all of one session.
        By::Task if narrow => format!("task {}", row.key),
        by => name(by, row, &titles),
    });
    let mut rows: Vec<(String, &Cost)> = names.zip(&report.rows).collect();
    if rows.len() > 1 && report.today.is_none() {
        rows.push(("total".into(), &report.total));
    }
    let title = format!("{} (since {})", report.by.name(), moment::day(report.since));
    lines.extend(table(&title, &rows, narrow));
    lines.extend(notes(&report.total));
    lines
}

fn name(by: By, row: &Cost, titles: &HashMap<String, String>) -> String {
    let branch = |branch: &str| if branch.is_empty() { "no branch".to_owned() } else { branch.to_owned() };
    let title = |session: &str| titles.get(session).map(|title| format!(" {title}")).unwrap_or_default();
    let short = |session: &str| session.get(..13).unwrap_or(session).to_owned();
    let words = match by {
        By::Day | By::Project | By::Model => row.key.clone(),
        By::Branch => format!("{}: {}", last_part(&row.within), branch(&row.key)),
        By::Session => format!("{}{}", short(&row.key), title(&row.key)),
        By::Task => format!("{} #{}{}", short(&row.within), row.key, title(&row.within)),
    };
    one_line(&words)
}

fn last_part(path: &str) -> &str {
    path.rsplit('/').find(|part| !part.is_empty()).unwrap_or(path)
}

/// A header and rows, of which the first column is as wide as it needs to be.
fn table(title: &str, rows: &[(String, &Cost)], narrow: bool) -> Vec<String> {
    let length = |text: &str| text.chars().count();
    let most = if narrow { SHORT_NAME } else { NAME };
    let width = rows.iter().map(|(name, _)| length(name)).chain([length(title)]).max().unwrap_or(0).min(most);
    let line = |name: &str, cells: [&str; 7]| {
        let name = cut(name, width);
        let pad = " ".repeat(width.saturating_sub(length(&name)));
        let cells = COLUMNS.iter().zip(cells).filter(|((head, _), _)| !narrow || !WIDE.contains(head));
        let cells: Vec<String> = cells.map(|((_, wide), cell)| format!("{cell:>wide$}")).collect();
        format!("{name}{pad}  {}", cells.join(" ")).trim_end().to_owned()
    };
    let head = line(title, COLUMNS.map(|(head, _)| head));
    let body = rows.iter().map(|(name, row)| {
        line(
            name,
            [
                &money(row.known(), row.unknown),
                &row.per_finished().map_or("-".into(), |each| money(Some(each), row.unknown)),
                &format!("{} of {}", row.finished, row.tasks),
                &row.requests.to_string(),
                &tokens(row.tokens.input),
                &share(row.tokens.cached, row.tokens.input),
                &tokens(row.tokens.output),
            ],
        )
    });
    std::iter::once(head).chain(body).collect()
}

/// The end of a long name says more than its beginning.
fn cut(name: &str, width: usize) -> String {
    let length = name.chars().count();
    match length > width {
        true => "…".chars().chain(name.chars().skip(length + 1 - width)).collect(),
        false => name.to_owned(),
    }
}

/// What is not known is a question mark, and never nothing.
fn money(known: Option<Usd>, unknown: u64) -> String {
    match known {
        Some(known) if unknown == 0 => format!("${known}"),
        Some(known) => format!("${known} + ?"),
        None => "?".into(),
    }
}

fn tokens(count: u64) -> String {
    match count {
        0..10_000 => count.to_string(),
        10_000..10_000_000 => format!("{} k", (count + 500) / 1000),
        _ => format!("{} M", (count + 500_000) / 1_000_000),
    }
}

fn share(part: u64, whole: u64) -> String {
    part.saturating_mul(100).checked_div(whole).map_or("-".into(), |percent| format!("{percent} %"))
}

fn notes(total: &Cost) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(all) = total.missed() {
        lines.push(String::new());
        lines.push(format!("cache misses: {}", missed(&all)));
        lines.extend(total.misses.iter().map(|one| format!("  {}: {}", cause(one.cause), missed(one))));
    }
    if total.unknown > 0 {
        lines.push(String::new());
        lines.push(format!("{} whose price is not known; not in SPENT", requests(total.unknown)));
    }
    if total.unsettled > 0 {
        let reserved = match total.unreserved {
            0 => format!("at most ${}", total.reserved),
            many => format!("${} reserved, and for {many} of them it is not known", total.reserved),
        };
        lines.push(String::new());
        lines.push(format!(
            "unsettled: {} under way or cut off by a crash, {reserved}; budgets count them, SPENT does not",
            requests(total.unsettled)
        ));
    }
    if total.undone > 0 {
        let tasks = match total.undone {
            1 => "1 task was taken back with `agent undo` and counts".into(),
            many => format!("{many} tasks were taken back with `agent undo` and count"),
        };
        lines.push(String::new());
        lines.push(format!("{tasks} as not done"));
    }
    lines
}

fn missed(one: &Missed) -> String {
    let extra = match one.known() {
        Some(extra) => format!("{} more than from the cache", money(Some(extra), one.unknown)),
        None => "at a price that is not known".into(),
    };
    format!("{}, {} tokens, {extra}", requests(one.requests), tokens(one.tokens))
}

fn requests(count: u64) -> String {
    if count == 1 { "1 request".into() } else { format!("{count} requests") }
}

fn cause(cause: MissCause) -> &'static str {
    match cause {
        MissCause::Model => "another model was asked before",
        MissCause::System => "the instructions changed",
        MissCause::Tools => "the tools changed",
        MissCause::History => "earlier messages changed",
        MissCause::Expired => "the cache had forgotten",
        MissCause::Provider => "the provider had not kept it",
    }
}

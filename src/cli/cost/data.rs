//! Costs for programs: one JSON object, or comma-separated values. `docs/cost.md` describes both.

use super::Report;
use crate::base::money::Usd;
use crate::store::costs::{By, Cost, Missed};
use serde_json::{Map, Value, json};

pub(super) fn json(report: &Report) -> Value {
    let rows: Vec<Value> = report.rows.iter().map(|row| named(report.by, row)).collect();
    let since = jiff::Timestamp::from_millisecond(i64::try_from(report.since).unwrap_or(0)).unwrap_or_default();
    let mut object = Map::new();
    object.insert("by".into(), report.by.name().into());
    object.insert("since".into(), since.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string().into());
    object.insert("rows".into(), rows.into());
    object.insert("total".into(), facts(&report.total).into());
    if let Some(today) = &report.today {
        object.insert("today".into(), facts(today).into());
    }
    object.into()
}

/// A row with the names of what it is for.
fn named(by: By, row: &Cost) -> Value {
    let mut object = Map::new();
    if let Some(within) = by.within() {
        object.insert(within.into(), row.within.clone().into());
    }
    let key = match by {
        By::Task => row.key.parse::<u64>().map_or(Value::Null, Value::from),
        By::Branch if row.key.is_empty() => Value::Null,
        By::Day | By::Project | By::Branch | By::Model | By::Session => row.key.clone().into(),
    };
    object.insert(by.name().into(), key);
    object.extend(facts(row));
    object.into()
}

fn facts(row: &Cost) -> Map<String, Value> {
    let misses: Vec<Value> = row.misses.iter().map(miss).collect();
    let object = json!({
        "cost_usd": row.known(),
        "requests": row.requests,
        "failed_requests": row.failed,
        "unknown_price_requests": row.unknown,
        "unsettled_requests": row.unsettled,
        "unsettled_usd": row.reserved,
        "tokens": row.tokens,
        "tasks": row.tasks,
        "finished_tasks": row.finished,
        "undone_tasks": row.undone,
        "usd_per_finished_task": row.per_finished(),
        "cache_misses": misses,
    });
    match object {
        Value::Object(object) => object,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Map::new(),
    }
}

fn miss(missed: &Missed) -> Value {
    json!({
        "cause": missed.cause,
        "requests": missed.requests,
        "tokens": missed.tokens,
        "extra_usd": missed.known(),
        "unknown_price_requests": missed.unknown,
    })
}

/// A header and the rows. An amount that is not known is empty.
pub(super) fn csv(report: &Report) -> Vec<String> {
    const FACTS: &str = "cost_usd,requests,failed_requests,unknown_price_requests,unsettled_requests,unsettled_usd,\
        input_tokens,cached_tokens,cache_written_tokens,output_tokens,reasoning_tokens,tasks,finished_tasks,undone_tasks,\
        usd_per_finished_task,cache_miss_requests,cache_miss_tokens,cache_miss_extra_usd";
    let names = report.by.within().into_iter().chain([report.by.name(), FACTS]).collect::<Vec<&str>>().join(",");
    std::iter::once(names).chain(report.rows.iter().map(|row| line(report.by, row))).collect()
}

fn line(by: By, row: &Cost) -> String {
    let money = |usd: Option<Usd>| usd.map(|usd| usd.to_string()).unwrap_or_default();
    let missed = row.missed();
    let within = by.within().map(|_| quoted(&row.within));
    let fields = [
        quoted(&row.key),
        money(row.known()),
        row.requests.to_string(),
        row.failed.to_string(),
        row.unknown.to_string(),
        row.unsettled.to_string(),
        row.reserved.to_string(),
        row.tokens.input.to_string(),
        row.tokens.cached.to_string(),
        row.tokens.cache_written.to_string(),
        row.tokens.output.to_string(),
        row.tokens.reasoning.to_string(),
        row.tasks.to_string(),
        row.finished.to_string(),
        row.undone.to_string(),
        money(row.per_finished()),
        missed.map_or(0, |missed| missed.requests).to_string(),
        missed.map_or(0, |missed| missed.tokens).to_string(),
        money(missed.map_or(Some(Usd(0)), |missed| missed.known())),
    ];
    within.into_iter().chain(fields).collect::<Vec<String>>().join(",")
}

/// A field as RFC 4180 has it.
fn quoted(text: &str) -> String {
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}

//! A fetched catalog in the format of models.dev (`api.json`) to rows of ours. Pure. Nothing in it is believed: ids, limits
//! and prices that cannot be are left out, and counted.
//!
//! The format: an object of providers, each with `models`, an object of models by id; prices in dollars per million tokens.

use super::catalog;
use crate::base::model::{Effort, Price};
use crate::base::{Error, Kind, Result};
use serde::Deserialize;
use serde_json::{Map, Value};

/// No model costs so much: dollars per million tokens.
const DEAREST: f64 = 10_000.0;
/// No window is so large: tokens.
const LARGEST: u64 = 1 << 32;

/// Names of providers there, where ours are others.
const NAMES: &[(&str, &str)] = &[("amazon-bedrock", "bedrock"), ("google-vertex", "vertex")];

/// What became of a fetched catalog.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Refreshed {
    /// As they are stored.
    pub rows: String,
    pub models: usize,
    /// Models that were left out, as `provider/id`, with the reason.
    pub left_out: Vec<String>,
    /// Models whose price is another one than in the embedded copy, in words.
    pub changed: Vec<String>,
}

#[derive(Deserialize)]
struct Model {
    #[serde(default)]
    reasoning: bool,
    #[serde(default = "yes")]
    tool_call: bool,
    #[serde(default)]
    modalities: Modalities,
    #[serde(default)]
    limit: Limit,
    #[serde(default)]
    cost: Option<Value>,
    #[serde(default)]
    reasoning_options: Value,
}

fn yes() -> bool {
    true
}

#[derive(Default, Deserialize)]
struct Modalities {
    #[serde(default)]
    input: Vec<String>,
    #[serde(default)]
    output: Vec<String>,
}

#[derive(Default, Deserialize)]
struct Limit {
    #[serde(default)]
    context: u64,
    #[serde(default)]
    input: Option<u64>,
    #[serde(default)]
    output: u64,
}

/// Reads a catalog; only providers that `wanted` knows are taken. An error where it is no catalog at all, or holds nothing
/// that could be used.
pub fn read(bytes: &[u8], wanted: &[String]) -> Result<Refreshed> {
    let all: Map<String, Value> = serde_json::from_slice(bytes).map_err(|cause| {
        Error::new(Kind::Provider, format!("what was fetched is no catalog: {cause}"))
            .hint("models.url takes the address of an api.json in the format of models.dev")
    })?;
    let mut found = Refreshed::default();
    let mut lines = Vec::new();
    for (theirs, entry) in &all {
        let name = NAMES.iter().find(|(name, _)| name == theirs).map_or(theirs.as_str(), |(_, ours)| *ours);
        if !wanted.iter().any(|wanted| wanted == name || wanted == theirs) {
            continue;
        }
        let name = if wanted.contains(theirs) { theirs } else { name };
        for (id, model) in entry.get("models").and_then(Value::as_object).into_iter().flatten() {
            match line(name, id, model) {
                Ok(Some(line)) => {
                    found.changed.extend(change(name, id, &line));
                    lines.push(line);
                }
                Ok(None) => {}
                Err(reason) => found.left_out.push(format!("{name}/{}: {reason}", shown(id))),
            }
        }
    }
    if lines.is_empty() {
        return Err(Error::new(Kind::Provider, "the fetched catalog has no model of a known provider")
            .hint("models.url takes the address of an api.json in the format of models.dev"));
    }
    lines.sort();
    found.models = lines.len();
    found.rows = lines.iter().map(|line| format!("{line}\n")).collect();
    Ok(found)
}

/// One row; `None` for a model that writes no text.
fn line(provider: &str, id: &str, model: &Value) -> std::result::Result<Option<String>, &'static str> {
    if id.is_empty() || id.len() > 200 || id.chars().any(|letter| letter.is_control() || letter.is_whitespace()) {
        return Err("its id cannot be one");
    }
    let model = Model::deserialize(model).map_err(|_| "its fields are of the wrong type")?;
    let writes = &model.modalities.output;
    if !writes.is_empty() && !writes.iter().any(|kind| kind == "text") {
        return Ok(None);
    }
    let Limit { context, input, output } = model.limit;
    let input = input.unwrap_or(context);
    if context == 0 || [context, input, output].iter().any(|limit| *limit > LARGEST) {
        return Err("its limits cannot be");
    }
    let cost = match &model.cost {
        None | Some(Value::Null) => None,
        Some(cost) => Some(price(cost).ok_or("its price cannot be")?),
    };
    let tiers = match &model.cost {
        Some(cost) if cost.get("input").is_some() => tiers(cost).ok_or("its price cannot be")?,
        _ => String::new(),
    };
    let images = model.modalities.input.iter().any(|kind| kind == "image");
    let flags: String = [(model.reasoning, 'r'), (images, 'i'), (!model.tool_call, 'n')]
        .into_iter()
        .filter_map(|(set, flag)| set.then_some(flag))
        .collect();
    let cost = cost.map(|price| prices(&price)).unwrap_or_default();
    let efforts = efforts(provider, id, &model.reasoning_options);
    let output = if output == 0 { context.min(8192) } else { output };
    Ok(Some(format!("{provider}\t{id}\t{context}\t{input}\t{output}\t{cost}\t{flags}\t{efforts}\t{tiers}")))
}

/// Prices of one object; a cache price that is missing or 0 is the input's, as nobody reads for free.
fn price(cost: &Value) -> Option<Price> {
    let number = |field: &str| match cost.get(field) {
        None | Some(Value::Null) => Some(0),
        Some(value) => micro(value.as_f64()?),
    };
    let (input, output) = (micro(cost.get("input")?.as_f64()?)?, micro(cost.get("output")?.as_f64()?)?);
    let or_input = |amount: u64| if amount == 0 { input } else { amount };
    Some(Price {
        input,
        output,
        cached: or_input(number("cache_read")?),
        cache_written: or_input(number("cache_write")?),
    })
}

fn micro(dollars: f64) -> Option<u64> {
    // Also false for what is no number.
    (0.0..=DEAREST).contains(&dollars).then(|| (dollars * 1_000_000.0).round() as u64)
}

fn prices(price: &Price) -> String {
    format!("{},{},{},{}", price.input, price.output, price.cached, price.cache_written)
}

/// `from:prices;…`: the list `tiers`, or the older `context_over_200k`.
fn tiers(cost: &Value) -> Option<String> {
    let mut tiers: Vec<(u64, Price)> = Vec::new();
    for tier in cost.get("tiers").and_then(Value::as_array).into_iter().flatten() {
        let from = tier.pointer("/tier/size").or(tier.get("size")).and_then(Value::as_u64)?;
        tiers.push((from, price(tier)?));
    }
    if let Some(over) = cost.get("context_over_200k").filter(|over| over.is_object())
        && tiers.is_empty()
    {
        tiers.push((200_000, price(over)?));
    }
    tiers.sort_by_key(|(from, _)| *from);
    Some(tiers.iter().map(|(from, price)| format!("{from}:{}", prices(price))).collect::<Vec<_>>().join(";"))
}

/// The efforts it lists; else those of the embedded copy, since many catalogs have none.
fn efforts(provider: &str, id: &str, options: &Value) -> String {
    let listed: Vec<&str> = options
        .as_array()
        .into_iter()
        .flatten()
        .filter(|option| option.get("type").and_then(Value::as_str) == Some("effort"))
        .flat_map(|option| option.get("values").and_then(Value::as_array).into_iter().flatten())
        .filter_map(Value::as_str)
        .collect();
    let known = catalog::embedded(provider, id).map(|row| row.efforts).unwrap_or_default();
    let has =
        |effort: &Effort| if listed.is_empty() { known.contains(effort) } else { listed.contains(&effort.name()) };
    Effort::ALL.iter().filter(|effort| has(effort)).map(|effort| effort.name()).collect::<Vec<_>>().join(",")
}

/// How a price differs from the embedded one.
fn change(provider: &str, id: &str, line: &str) -> Option<String> {
    let (old, new) = (catalog::embedded(provider, id)?.price?, catalog::row(line)?.price);
    let dollars = |price: Price| {
        format!("${} in, ${} out", crate::base::money::Usd(price.input), crate::base::money::Usd(price.output))
    };
    match new {
        Some(new) if (new.input, new.output) == (old.input, old.output) => None,
        Some(new) => Some(format!("{provider}/{id}: {}; before: {}", dollars(new), dollars(old))),
        None => Some(format!("{provider}/{id}: no price; before: {}", dollars(old))),
    }
}

/// A foreign id as it may be shown.
fn shown(id: &str) -> String {
    id.chars().filter(|letter| !letter.is_control()).take(80).collect()
}

//! What is known of models: limits and prices as embedded data, over it what `agent models --refresh` fetched, over both the
//! configuration.
//!
//! `catalog.tsv` is made by `.ci/catalog`, which documents its columns. It is searched as text when a model is needed, and
//! never parsed as a whole at start-up.

use super::Config;
use super::families;
use super::providers::{self, Provider};
use crate::base::model::{Effort, Family, ModelInfo, Price};
use std::collections::BTreeMap;

const CATALOG: &str = include_str!("catalog.tsv");

/// The month the embedded copy is of.
pub const EMBEDDED_DATE: &str = "2026-11";

/// Assumed of a model that nobody told us about.
const GUESSED_CONTEXT: u64 = 128_000;
const GUESSED_OUTPUT: u64 = 8_192;

/// One model of the catalog.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub provider: String,
    pub id: String,
    pub context: u64,
    pub max_input: u64,
    pub max_output: u64,
    /// `None`: the catalog does not say.
    pub price: Option<Price>,
    pub tiers: Vec<(u64, Price)>,
    pub reasoning: bool,
    pub images: bool,
    pub tools: bool,
    pub efforts: Vec<Effort>,
}

/// Where a price comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    Embedded,
    Refreshed,
    Configuration,
    /// The user's own machine: it costs nothing.
    Local,
}

impl Origin {
    pub fn name(self) -> &'static str {
        match self {
            Origin::Embedded => "embedded",
            Origin::Refreshed => "refreshed",
            Origin::Configuration => "configuration",
            Origin::Local => "local",
        }
    }
}

/// All rows, sorted by provider and id: what was refreshed in the place of what is embedded.
pub fn rows(config: &Config) -> Vec<(Row, Origin)> {
    let layers = [(CATALOG, Origin::Embedded), (config.learned().catalog(), Origin::Refreshed)];
    let mut rows = BTreeMap::new();
    for (text, origin) in layers {
        for row in text.lines().filter_map(row) {
            rows.insert((row.provider.clone(), row.id.clone()), (row, origin));
        }
    }
    rows.into_values().collect()
}

/// The row of one model, and where it comes from.
pub fn find(config: &Config, provider: &str, id: &str) -> Option<(Row, Origin)> {
    let refreshed = search(config.learned().catalog(), provider, id).map(|row| (row, Origin::Refreshed));
    refreshed.or_else(|| search(CATALOG, provider, id).map(|row| (row, Origin::Embedded)))
}

fn search(text: &str, provider: &str, id: &str) -> Option<Row> {
    text.lines()
        .find(|line| {
            line.strip_prefix(provider)
                .and_then(|rest| rest.strip_prefix('\t'))
                .and_then(|rest| rest.strip_prefix(id))
                .is_some_and(|rest| rest.starts_with('\t'))
        })
        .and_then(row)
}

/// The embedded row of one model: what a fetched one is compared with.
pub fn embedded(provider: &str, id: &str) -> Option<Row> {
    search(CATALOG, provider, id)
}

/// Reads one line.
pub fn row(line: &str) -> Option<Row> {
    let mut fields = line.split('\t');
    let mut next = || fields.next();
    let (provider, id) = (next()?, next()?);
    let (context, max_input, max_output) = (next()?.parse().ok()?, next()?.parse().ok()?, next()?.parse().ok()?);
    let price = match next()? {
        "" => None,
        text => Some(price(text)?),
    };
    let flags = next()?;
    let efforts =
        next()?.split(',').filter_map(|name| Effort::ALL.into_iter().find(|effort| effort.name() == name)).collect();
    let tiers = next()?
        .split(';')
        .filter_map(|tier| tier.split_once(':'))
        .filter_map(|(from, prices)| Some((from.parse().ok()?, self::price(prices)?)))
        .collect();
    Some(Row {
        provider: provider.to_owned(),
        id: id.to_owned(),
        context,
        max_input,
        max_output,
        price,
        tiers,
        reasoning: flags.contains('r'),
        images: flags.contains('i'),
        tools: !flags.contains('n'),
        efforts,
    })
}

fn price(text: &str) -> Option<Price> {
    let mut parts = text.split(',').map(|part| part.parse::<u64>().ok());
    let mut next = || parts.next().flatten();
    Some(Price { input: next()?, output: next()?, cached: next()?, cache_written: next()? })
}

/// The price that the user set for a model.
fn own_price(prefix: &str, config: &Config) -> Option<Price> {
    let money = |field: &str| config.money(&format!("{prefix}.{field}")).map(|amount| amount.0);
    money("input").zip(money("output")).map(|(input, output)| Price {
        input,
        output,
        cached: money("cache_read").unwrap_or(input),
        cache_written: money("cache_write").unwrap_or(input),
    })
}

/// Where the price of a model comes from and of when it is; `None` where it has none.
pub fn price_origin(provider: &Provider, id: &str, config: &Config) -> Option<(Origin, String)> {
    if own_price(&format!("models.{}/{id}", provider.name), config).is_some() {
        return Some((Origin::Configuration, String::new()));
    }
    match find(config, providers::catalog_name(&provider.name), id).filter(|(row, _)| row.price.is_some()) {
        Some((_, origin)) => Some((origin, date(origin, config))),
        None => provider.local.then(|| (Origin::Local, String::new())),
    }
}

/// Of when the prices of an origin are; empty where that says nothing.
pub fn date(origin: Origin, config: &Config) -> String {
    match origin {
        Origin::Embedded => EMBEDDED_DATE.into(),
        Origin::Refreshed => config.learned().catalog_date().into(),
        Origin::Configuration | Origin::Local => String::new(),
    }
}

/// All that is known of `id` at `provider`: the configuration over what was probed, the catalog, our overlay, and guesses.
pub fn model(provider: &Provider, id: &str, config: &Config) -> ModelInfo {
    let row = find(config, providers::catalog_name(&provider.name), id).map(|(row, _)| row);
    let probed = config.learned().probed(provider, id);
    let prefix = format!("models.{}/{id}", provider.name);
    let number = |field: &str| config.number(&format!("{prefix}.{field}"));
    let flag = |field: &str| config.flag(&format!("{prefix}.{field}"));
    let own_price = own_price(&prefix, config);
    let free = provider.local.then(Price::default);
    let told = number("context").or(probed.as_ref().and_then(|probed| probed.context));
    let context = told.or(row.as_ref().map(|row| row.context)).unwrap_or(GUESSED_CONTEXT);
    let max_input = told.or(row.as_ref().map(|row| row.max_input)).unwrap_or(context);
    let thinks = probed.as_ref().is_some_and(|probed| probed.reasoning);
    let reasoning = flag("reasoning").or(row.as_ref().map(|row| row.reasoning)).unwrap_or(thinks);
    let family = config.text(&format!("{prefix}.family")).map_or_else(
        || families::family(id),
        |name| {
            [Family::Openai, Family::Claude, Family::Other]
                .into_iter()
                .find(|family| family.name() == name)
                .unwrap_or(Family::Other)
        },
    );
    let mut abilities = families::abilities(provider, id);
    abilities.tools &= row.as_ref().is_none_or(|row| row.tools);
    if let Some(probed) = &probed {
        abilities.tools &= !probed.quirks.no_tools;
        abilities.parallel &= !probed.quirks.no_parallel_calls;
    }
    let blind = probed.as_ref().is_some_and(|probed| probed.quirks.no_images);
    let known_images = row.as_ref().map(|row| row.images).unwrap_or(family != Family::Other) && !blind;
    ModelInfo {
        provider: provider.name.clone(),
        id: id.into(),
        wire: provider.wire,
        family,
        edits: families::edits(family),
        context,
        max_input,
        max_output: number("max_output").or(row.as_ref().map(|row| row.max_output)).unwrap_or(GUESSED_OUTPUT),
        price: own_price.or(row.as_ref().and_then(|row| row.price)).or(free),
        tiers: if own_price.is_some() {
            Vec::new()
        } else {
            row.as_ref().map(|row| row.tiers.clone()).unwrap_or_default()
        },
        images: flag("images").unwrap_or(known_images),
        reasoning,
        efforts: efforts(row.as_ref(), families::can_rest(provider, id)),
        thinking: families::thinking(id, reasoning),
        abilities,
        known: row.is_some() || told.is_some(),
    }
}

/// Of an unknown model nothing is known to be wrong: what the user asks for is sent.
fn efforts(row: Option<&Row>, can_rest: bool) -> Vec<Effort> {
    let Some(row) = row else { return Effort::ALL.to_vec() };
    let off = (can_rest && !row.efforts.contains(&Effort::None)).then_some(Effort::None);
    off.into_iter().chain(row.efforts.iter().copied()).collect()
}

//! What is known of models: limits and prices as embedded data, overridable in the configuration.
//!
//! `catalog.tsv` is made by `.ci/catalog`, which documents its columns. It is searched as text when a model is needed, and
//! never parsed as a whole at start-up.

use super::Config;
use super::families;
use super::providers::Provider;
use crate::base::model::{Effort, Family, ModelInfo, Price};

const CATALOG: &str = include_str!("catalog.tsv");

/// Assumed of a model that nobody told us about.
const GUESSED_CONTEXT: u64 = 128_000;
const GUESSED_OUTPUT: u64 = 8_192;

/// One model of the catalog.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub provider: &'static str,
    pub id: &'static str,
    pub context: u64,
    pub max_input: u64,
    pub max_output: u64,
    pub price: Price,
    pub tiers: Vec<(u64, Price)>,
    pub reasoning: bool,
    pub images: bool,
    pub efforts: Vec<Effort>,
}

/// All rows, sorted by provider and id.
pub fn rows() -> impl Iterator<Item = Row> {
    CATALOG.lines().filter_map(row)
}

/// The row of one model.
pub fn find(provider: &str, id: &str) -> Option<Row> {
    CATALOG
        .lines()
        .find(|line| {
            line.strip_prefix(provider)
                .and_then(|rest| rest.strip_prefix('\t'))
                .and_then(|rest| rest.strip_prefix(id))
                .is_some_and(|rest| rest.starts_with('\t'))
        })
        .and_then(row)
}

fn row(line: &'static str) -> Option<Row> {
    let mut fields = line.split('\t');
    let mut next = || fields.next();
    let (provider, id) = (next()?, next()?);
    let (context, max_input, max_output) = (next()?.parse().ok()?, next()?.parse().ok()?, next()?.parse().ok()?);
    let price = price(next()?)?;
    let flags = next()?;
    let efforts =
        next()?.split(',').filter_map(|name| Effort::ALL.into_iter().find(|effort| effort.name() == name)).collect();
    let tiers = next()?
        .split(';')
        .filter_map(|tier| tier.split_once(':'))
        .filter_map(|(from, prices)| Some((from.parse().ok()?, self::price(prices)?)))
        .collect();
    Some(Row {
        provider,
        id,
        context,
        max_input,
        max_output,
        price,
        tiers,
        reasoning: flags.contains('r'),
        images: flags.contains('i'),
        efforts,
    })
}

fn price(text: &str) -> Option<Price> {
    let mut parts = text.split(',').map(|part| part.parse::<u64>().ok());
    let mut next = || parts.next().flatten();
    Some(Price { input: next()?, output: next()?, cached: next()?, cache_written: next()? })
}

/// All that is known of `id` at `provider`: the configuration over the catalog over guesses.
pub fn model(provider: &Provider, id: &str, config: &Config) -> ModelInfo {
    let row = find(&provider.name, id);
    let prefix = format!("models.{}/{id}", provider.name);
    let number = |field: &str| config.number(&format!("{prefix}.{field}"));
    let money = |field: &str| config.money(&format!("{prefix}.{field}")).map(|amount| amount.0);
    let flag = |field: &str| config.flag(&format!("{prefix}.{field}"));
    let own_price = money("input").zip(money("output")).map(|(input, output)| Price {
        input,
        output,
        cached: money("cache_read").unwrap_or(input),
        cache_written: money("cache_write").unwrap_or(input),
    });
    let free = provider.local.then(Price::default);
    let context = number("context").or(row.as_ref().map(|row| row.context)).unwrap_or(GUESSED_CONTEXT);
    let max_input = number("context").or(row.as_ref().map(|row| row.max_input)).unwrap_or(context);
    let reasoning = flag("reasoning").or(row.as_ref().map(|row| row.reasoning)).unwrap_or(false);
    let family = config.text(&format!("{prefix}.family")).map_or_else(
        || families::family(id),
        |name| {
            [Family::Openai, Family::Claude, Family::Other]
                .into_iter()
                .find(|family| family.name() == name)
                .unwrap_or(Family::Other)
        },
    );
    ModelInfo {
        provider: provider.name.clone(),
        id: id.into(),
        wire: provider.wire,
        family,
        edits: families::edits(family),
        context,
        max_input,
        max_output: number("max_output").or(row.as_ref().map(|row| row.max_output)).unwrap_or(GUESSED_OUTPUT),
        price: own_price.or(row.as_ref().map(|row| row.price)).or(free),
        tiers: if own_price.is_some() {
            Vec::new()
        } else {
            row.as_ref().map(|row| row.tiers.clone()).unwrap_or_default()
        },
        images: flag("images").or(row.as_ref().map(|row| row.images)).unwrap_or(family != Family::Other),
        reasoning,
        // Of an unknown model nothing is known to be wrong: what the user asks for is sent.
        efforts: row.as_ref().map_or_else(|| Effort::ALL.to_vec(), |row| row.efforts.clone()),
        thinking: families::thinking(id, reasoning),
        known: row.is_some() || number("context").is_some(),
    }
}

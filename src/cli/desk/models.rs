//! Models that can be asked: those of the catalog and of the user, where there is a key, and those of servers on this machine.

use super::standing::has_access;
use super::{Office, blocking};
use crate::base::Result;
use crate::base::desk::{ModelRow, Settings};
use crate::base::model::ModelInfo;
use crate::base::money::Usd;
use crate::cli::local;
use crate::config::choose::named;
use crate::config::paths::Environment;
use crate::config::providers::{self, Provider};
use crate::config::{Config, catalog};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

pub(super) async fn models(office: Arc<Office>) -> Result<Vec<ModelRow>> {
    let desk = Arc::clone(&office);
    let (config, mut rows) = blocking(move || {
        let config = desk.configured(&Settings::default())?;
        let rows = known(&config, &desk.environment);
        Ok((config, rows))
    })
    .await?;
    for (provider, found) in local::servers(&config, &office.environment).await {
        rows.extend(found.iter().map(|found| {
            let mut model = catalog::model(&provider, &found.id, &config);
            local::apply(&mut model, found, &config);
            row(&model, true)
        }));
    }
    let mut seen = HashSet::new();
    rows.retain(|row| seen.insert(row.name.clone()));
    Ok(rows)
}

/// Those that were named first, then those of the catalog.
fn known(config: &Config, environment: &Environment) -> Vec<ModelRow> {
    let said = config.list("model").iter().chain(config.list("route.candidates")).map(String::as_str);
    let own = said.chain(config.names("models")).filter_map(|name| named(name, config, environment).ok());
    let own = own.filter(|choice| has_access(&choice.provider, config, environment));
    let mut rows: Vec<ModelRow> = own.map(|choice| row(&choice.model, choice.provider.local)).collect();
    let mut seen: BTreeMap<String, Option<Provider>> = BTreeMap::new();
    for (entry, _) in catalog::rows(config) {
        let provider = seen.entry(entry.provider.clone()).or_insert_with(|| {
            let found = providers::find(&entry.provider, config, environment).ok();
            found.filter(|provider| !provider.local && is_open(provider, config, environment))
        });
        if let Some(provider) = provider {
            rows.push(row(&catalog::model(provider, &entry.id, config), false));
        }
    }
    rows
}

/// Is there a key, or was the provider set up? What needs no key of ours is not on this machine for that.
fn is_open(provider: &Provider, config: &Config, environment: &Environment) -> bool {
    let preset = providers::PRESETS.iter().find(|preset| preset.name == provider.name);
    match preset {
        Some(preset) => providers::has_key(preset, config, environment),
        None => has_access(provider, config, environment),
    }
}

fn row(model: &ModelInfo, local: bool) -> ModelRow {
    let price = model.price.map(|price| format!("{} / {}", dollars(price.input), dollars(price.output)));
    let free = if local { "free".to_owned() } else { String::new() };
    ModelRow { name: model.name(), window: model.context, price: price.unwrap_or(free) }
}

/// Without zeros that say nothing.
fn dollars(amount: u64) -> String {
    let text = Usd(amount).to_string();
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

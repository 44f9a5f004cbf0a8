//! The models among which `auto` chooses: what the user lists, else the sensible ones of the catalog that can be asked.
//!
//! Sensible is a rule, so that it need not be kept by hand: the newest version of each line of models that reasons, has room for a
//! task, and is neither a dated copy of another nor a dearer, faster way to the same one.

use super::Config;
use super::catalog::{self, Origin, Row};
use super::choose::Choice;
use super::paths::Environment;
use super::providers::{self, Credentials, PRESETS, Provider};
use crate::base::Result;
use crate::route::offer::Offer;
use std::collections::BTreeMap;

/// A task needs so much room for its input, and so much for an answer.
const LEAST_CONTEXT: u64 = 100_000;
const LEAST_OUTPUT: u64 = 16_000;

/// Parts of ids of models that are no choice for coding, or another way to ask one that is listed anyway.
const LEFT_OUT: &[&str] = &[
    "audio",
    "daybreak",
    "fast",
    "free",
    "guard",
    "highspeed",
    "image",
    "live",
    "moderation",
    "o3",
    "o4",
    "priority",
    "realtime",
    "routers",
    "search",
    "spark",
    "tts",
    "vision",
    "voxtral",
];

/// A gateway resells what vendors make; of its hundreds of models only those of vendors whose own are made for work with tools.
const RESOLD: &[&str] =
    &["anthropic", "deepseek", "google", "minimax", "mistralai", "moonshotai", "openai", "qwen", "x-ai", "z-ai"];

/// The models of `route.candidates`, else of every provider that can be asked: one with a key, or that needs none.
pub fn choices(config: &Config, environment: &Environment) -> Result<Vec<Choice>> {
    let listed = config.list("route.candidates");
    if !listed.is_empty() {
        return listed.iter().map(|name| super::choose::named(name, config, environment)).collect();
    }
    let mut all = Vec::new();
    let rows = catalog::rows(config);
    for name in providers::names(config) {
        if !providers::find(&name, config, environment)
            .is_ok_and(|provider| can_be_asked(&provider, config, environment))
        {
            continue;
        }
        let own = own_models(&name, config);
        let ids = newest(&name, &rows).into_iter().filter(|id| !own.contains(id));
        for id in ids.collect::<Vec<_>>().into_iter().chain(own.clone()) {
            if config.managed().permit_model(&format!("{name}/{id}")).is_err() {
                continue;
            }
            let provider = providers::find_for(&name, &id, config, environment)?;
            all.push(Choice { model: catalog::model(&provider, &id, config), provider });
        }
    }
    Ok(all)
}

/// What the router is told of a choice.
pub fn offer(choice: &Choice, key: bool) -> Offer {
    Offer { local: choice.provider.local, key, tools: choice.model.abilities.tools, ..Offer::from(&choice.model) }
}

/// Is there what its requests are proven with, as far as can be seen without asking anybody?
pub fn can_be_asked(provider: &Provider, config: &Config, environment: &Environment) -> bool {
    let key = provider.key_env.as_deref().is_some_and(|name| environment.get(name).is_some());
    let stored = config.logins().get(&provider.name).is_some();
    match provider.credentials {
        Credentials::Key => {
            key || stored || provider.key_env.is_none() && (provider.local || preset_without_key(provider))
        }
        Credentials::Aws => key || stored || environment.get("AWS_ACCESS_KEY_ID").is_some(),
        // Its address needs a project, which nobody sets without credentials.
        Credentials::Google => true,
    }
}

/// A server of the user's own that needs no key; those that are known by name are asked where they are named.
fn preset_without_key(provider: &Provider) -> bool {
    providers::preset(&provider.name).is_none()
}

/// The models of this provider that the user's configuration has a section for.
fn own_models(provider: &str, config: &Config) -> Vec<String> {
    let of = |name: &&str| name.strip_prefix(provider).and_then(|rest| rest.strip_prefix('/')).map(str::to_owned);
    config.names("models").iter().filter_map(of).collect()
}

/// The newest of each line of a provider's models in the catalog.
fn newest(provider: &str, rows: &[(Row, Origin)]) -> Vec<String> {
    let catalog = providers::catalog_name(provider);
    let gateway = PRESETS.iter().any(|preset| preset.name == provider && preset.name == "openrouter");
    let mut lines: BTreeMap<String, (Vec<u64>, &str)> = BTreeMap::new();
    for row in rows.iter().map(|(row, _)| row).filter(|row| row.provider == catalog) {
        let room = row.max_input >= LEAST_CONTEXT && row.max_output >= LEAST_OUTPUT;
        let vendor = row.id.split('/').next().unwrap_or_default();
        if !row.reasoning || !room || left_out(&row.id) || (gateway && !RESOLD.contains(&vendor)) {
            continue;
        }
        let (line, version) = line(&row.id);
        match lines.get(&line) {
            Some((known, _)) if *known >= version => {}
            Some(_) | None => {
                lines.insert(line, (version, &row.id));
            }
        }
    }
    lines.into_values().map(|(_, id)| id.to_owned()).collect()
}

fn left_out(id: &str) -> bool {
    let name = id.rsplit('/').next().unwrap_or(id);
    // OpenAI's `-pro` models think longer for the same task at the same or many times the price.
    let longer = name.starts_with("gpt") && name.ends_with("-pro");
    // Eight figures are a date: a copy of a model that has a name without one.
    let dated = name.split('-').any(|part| part.len() == 8 && part.bytes().all(|byte| byte.is_ascii_digit()));
    longer || dated || id.split(['/', '-', ':']).any(|part| LEFT_OUT.contains(&part))
}

/// An id without its version, and the version: `claude-opus-5-5` is `claude-opus` 5.5, `gpt-oss-120b` is `gpt-oss-120b` without one.
fn line(id: &str) -> (String, Vec<u64>) {
    let mut name = Vec::new();
    let mut version = Vec::new();
    for part in id.split('-') {
        // A name that goes with the newest one is the newest one.
        if part == "latest" {
            version.push(u64::MAX);
            continue;
        }
        let figures = part.find(|c: char| c.is_ascii_digit()).unwrap_or(part.len());
        let (word, number) = part.split_at(figures);
        let numbers: Option<Vec<u64>> = number.split(['.', 'p']).map(|figure| figure.parse().ok()).collect();
        match numbers {
            Some(numbers) if !number.is_empty() => {
                version.extend(numbers);
                if !word.is_empty() {
                    name.push(word.to_owned());
                }
            }
            Some(_) | None => name.push(part.to_owned()),
        }
    }
    (name.join("-"), version)
}

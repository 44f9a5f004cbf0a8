//! `agent models`: what is known, what it holds, what it costs, and where that is known from.

use super::args::{Models, ModelsAction};
use super::{local, model, print, print_json, probe};
use crate::base::money::Usd;
use crate::base::{Error, Result};
use crate::config::catalog::{self, Origin, Row};
use crate::config::learned::{catalog_file, catalog_path};
use crate::config::paths::Environment;
use crate::config::providers::{self, PRESETS, Provider};
use crate::config::{Config, refresh};
use crate::disk::Disk;
use crate::net::{HttpRequest, Method};
use crate::provider::discover::LocalModel;
use serde_json::{Value, json};
use std::time::Duration;

/// A catalog of all vendors has a few MiB.
const CATALOG_TIME: Duration = Duration::from_secs(60);
const CATALOG_BYTES: usize = 32 * 1024 * 1024;

/// Changes and refusals that are told one by one.
const MOST_TOLD: usize = 10;

pub fn main(args: Models, environment: &Environment) -> Result<u8> {
    match args.action {
        Some(ModelsAction::Probe { name, key_file, forget, json }) => {
            return probe::main(&probe::Args { name, key_file, forget, json }, environment);
        }
        Some(ModelsAction::Local { json }) => return list_local(json, environment),
        None => {}
    }
    let mut config = Config::load(environment, false, &[])?;
    if args.refresh {
        super::run::runtime()?.block_on(fetch(&config, environment))?;
        config = Config::load(environment, false, &[])?;
    }
    if let Some(name) = args.provider.as_ref().filter(|name| !providers::names(&config).contains(name)) {
        providers::find(name, &config, environment)?;
    }
    for notice in config.learned().notices() {
        talk(notice);
    }
    let live = live(&args, &config, environment)?;
    list(&args, &live, &config, environment)
}

/// The models of the local servers that answer, as far as they are asked for.
fn live(args: &Models, config: &Config, environment: &Environment) -> Result<Vec<(Provider, Vec<LocalModel>)>> {
    let wanted = |provider: &Provider| args.provider.as_ref().is_none_or(|name| *name == provider.name);
    if let Some(name) = &args.provider
        && !providers::find(name, config, environment).is_ok_and(|provider| provider.local)
    {
        return Ok(Vec::new());
    }
    let found = super::run::runtime()?.block_on(local::servers(config, environment));
    Ok(found.into_iter().filter(|(provider, _)| wanted(provider)).collect())
}

fn list(args: &Models, live: &[(Provider, Vec<LocalModel>)], config: &Config, environment: &Environment) -> Result<u8> {
    let has_key = |provider: &str| {
        PRESETS.iter().any(|preset| preset.name == provider && providers::has_key(preset, config, environment))
    };
    let any_key = PRESETS.iter().any(|preset| providers::has_key(preset, config, environment));
    let rows: Vec<(Row, Origin)> = catalog::rows(config)
        .into_iter()
        .filter(|(row, _)| match &args.provider {
            Some(name) => row.provider == *name,
            None => args.all || has_key(&row.provider) || !any_key,
        })
        .collect();
    let mut models: Vec<Value> = rows.iter().map(|(row, _)| as_json(row, config, environment)).collect();
    models.extend(local_json(live, config));
    if args.json {
        return print_json(&Value::from(models).to_string()).map(|()| 0);
    }
    if models.is_empty() {
        let name = args.provider.as_deref().unwrap_or("PROVIDER");
        return print(&format!("the catalog has no models of `{name}`; any of its models works as {name}/MODEL"))
            .map(|()| 0);
    }
    print(&format!("{:<52} {:>9} {:>9} {:>11} {:>11}", "MODEL", "CONTEXT", "OUTPUT", "$/M IN", "$/M OUT"))?;
    models.iter().try_for_each(line)?;
    sources(&rows, config)?;
    if args.provider.is_none() && !args.all && any_key {
        print("only providers with a key; --all lists the others")?;
    }
    Ok(0)
}

fn line(model: &Value) -> Result<()> {
    let number =
        |path: &str| model.pointer(path).and_then(Value::as_u64).map_or("?".into(), |number| number.to_string());
    let dollars = |path: &str| match model.pointer(path).and_then(Value::as_str) {
        Some(amount) if amount.contains('.') => {
            let amount = amount.trim_end_matches('0');
            amount.strip_suffix('.').unwrap_or(amount).to_owned()
        }
        Some(amount) => amount.to_owned(),
        None => "?".into(),
    };
    print(&format!(
        "{:<52} {:>9} {:>9} {:>11} {:>11}",
        model.get("model").and_then(Value::as_str).unwrap_or_default(),
        number("/context"),
        number("/max_output"),
        dollars("/usd_per_million/input"),
        dollars("/usd_per_million/output"),
    ))
}

/// Where the prices of a list are from.
fn sources(rows: &[(Row, Origin)], config: &Config) -> Result<()> {
    let has = |origin: Origin| rows.iter().any(|(_, of)| *of == origin);
    let mut from = Vec::new();
    if has(Origin::Refreshed) {
        from.push(format!("fetched on {} from {}", config.learned().catalog_date(), config.learned().catalog_url()));
    }
    if has(Origin::Embedded) {
        from.push(format!("embedded, of {}", catalog::EMBEDDED_DATE));
    }
    if from.is_empty() { Ok(()) } else { print(&format!("limits and prices: {}", from.join("; "))) }
}

fn as_json(row: &Row, config: &Config, environment: &Environment) -> Value {
    let name = format!("{}/{}", row.provider, row.id);
    let provider = providers::find(&row.provider, config, environment).ok();
    let known = provider.as_ref().map(|provider| catalog::model(provider, &row.id, config));
    let price = known.as_ref().map_or(row.price, |model| model.price);
    let (source, date) = provider
        .and_then(|provider| catalog::price_origin(&provider, &row.id, config))
        .map(|(origin, date)| (json!(origin.name()), if date.is_empty() { Value::Null } else { json!(date) }))
        .unwrap_or_default();
    json!({
        "model": name,
        "context": known.as_ref().map_or(row.context, |model| model.context),
        "max_output": known.as_ref().map_or(row.max_output, |model| model.max_output),
        "usd_per_million": price.map(|price| json!({
            "input": Usd(price.input), "output": Usd(price.output),
            "cache_read": Usd(price.cached), "cache_write": Usd(price.cache_written),
        })),
        "price_source": source,
        "price_date": date,
        "images": row.images,
        "reasoning": row.reasoning,
        "tools": known.map_or(row.tools, |model| model.abilities.tools),
    })
}

/// What local servers serve; it costs nothing unless the user says otherwise.
fn local_json(live: &[(Provider, Vec<LocalModel>)], config: &Config) -> Vec<Value> {
    let all = live.iter().flat_map(|(provider, models)| models.iter().map(move |model| (provider, model)));
    all.map(|(provider, found)| {
        let mut model = catalog::model(provider, &found.id, config);
        local::apply(&mut model, found, config);
        let price = model.price.unwrap_or_default();
        let origin = catalog::price_origin(provider, &found.id, config).map_or(Origin::Local, |(origin, _)| origin);
        json!({
            "model": model.name(),
            "context": (found.context.is_some() || found.loaded != Some(false)).then_some(model.context),
            "max_context": found.most,
            "max_output": model.max_output,
            "usd_per_million": {
                "input": Usd(price.input), "output": Usd(price.output),
                "cache_read": Usd(price.cached), "cache_write": Usd(price.cache_written),
            },
            "price_source": origin.name(),
            "price_date": null,
            "images": model.images,
            "reasoning": model.reasoning,
            "tools": model.abilities.tools,
            "loaded": found.loaded,
        })
    })
    .collect()
}

/// `agent models local`.
fn list_local(as_json: bool, environment: &Environment) -> Result<u8> {
    let config = Config::load(environment, false, &[])?;
    let live = super::run::runtime()?.block_on(local::servers(&config, environment));
    if as_json {
        return print_json(&Value::from(local_json(&live, &config)).to_string()).map(|()| 0);
    }
    if live.is_empty() {
        print(&format!("no local server answers; {} are looked for, and your own", providers::LOCAL.join(", ")))?;
        return Ok(0);
    }
    print(&format!(
        "{:<52} {:>9} {:>9} {:<6} {:<6} {}",
        "MODEL", "CONTEXT", "AT MOST", "TOOLS", "IMAGES", "IN MEMORY"
    ))?;
    let tokens = |tokens: Option<u64>| tokens.map_or("?".to_owned(), |tokens| tokens.to_string());
    let word = |known: Option<bool>| known.map_or("?", |yes| if yes { "yes" } else { "no" });
    for (provider, models) in &live {
        for model in models {
            let name = format!("{}/{}", provider.name, model.id);
            let (context, most) = (tokens(model.context), tokens(model.most));
            print(&format!(
                "{name:<52} {context:>9} {most:>9} {:<6} {:<6} {}",
                word(model.tools),
                word(model.images),
                word(model.loaded)
            ))?;
        }
    }
    if live.iter().any(|(provider, _)| provider.name == "ollama") {
        print("ollama decides the window when it loads a model, often 4096: OLLAMA_CONTEXT_LENGTH=65536 ollama serve")?;
    }
    Ok(0)
}

/// Fetches the catalog that the user named, checks it, and keeps it.
async fn fetch(config: &Config, environment: &Environment) -> Result<()> {
    let Some(url) = config.text("models.url") else {
        return Err(Error::config("there is no address to fetch a catalog from: `models.url` is not set")
            .hint("for example, at the top of the configuration: models.url = \"https://models.dev/api.json\""));
    };
    let shown = providers::shown(url);
    if !providers::is_safe(url) {
        return Err(Error::config(format!("`models.url` is not an https address: `{shown}`"))
            .hint("prices decide what is spent, so they are fetched over https alone"));
    }
    let request = HttpRequest { method: Method::Get, url: url.to_owned(), headers: Vec::new(), body: Vec::new() };
    let bytes = model::network(config).fetch(request, CATALOG_TIME, CATALOG_BYTES).await?;
    let found = refresh::read(&bytes, &providers::names(config))?;
    let path = catalog_path(environment)?;
    let text = catalog_file(&shown, &probe::today(), &found.rows);
    let (disk, folder) = (Disk::default(), environment.cache_folder()?);
    disk.create_private_folder(&folder)
        .and_then(|()| disk.replace_private(&path, text.as_bytes()))
        .map_err(|error| Error::io("write", path.display(), &error))?;
    talk(&format!("{} models from {shown}", found.models));
    told("a price that is not the embedded one", &found.changed);
    told("left out", &found.left_out);
    Ok(())
}

fn told(what: &str, all: &[String]) {
    for one in all.iter().take(MOST_TOLD) {
        talk(&format!("{what}: {one}"));
    }
    if all.len() > MOST_TOLD {
        talk(&format!("{what}: {} more", all.len() - MOST_TOLD));
    }
}

/// A line on standard error, so that lists stay data.
fn talk(text: &str) {
    super::say(&format!("{text}\n"));
}

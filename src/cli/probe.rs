//! `agent models probe`: finds out what an endpoint really does, shows it, and remembers it.

use super::{local, model, print, print_json};
use crate::auth::{check, keys};
use crate::base::money::Usd;
use crate::base::quirks::Quirks;
use crate::base::secret::Secret;
use crate::base::{Error, Kind, Result};
use crate::config::choose::Choice;
use crate::config::learned::{Probed, Probes, probes_path};
use crate::config::paths::Environment;
use crate::config::providers::{self, Provider};
use crate::config::{Config, catalog};
use crate::disk::Disk;
use crate::net::Transport;
use crate::net::authorized::Authorized;
use crate::provider::discover::context_of;
use crate::provider::probe::{self, Report};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// For the list of an endpoint's models.
const LIST_TIME: Duration = Duration::from_secs(10);
const LIST_BYTES: usize = 8 * 1024 * 1024;

pub struct Args {
    pub name: String,
    pub key_file: Option<PathBuf>,
    pub forget: bool,
    pub json: bool,
}

pub fn main(args: &Args, environment: &Environment) -> Result<u8> {
    let config = Config::load(environment, false, &[])?;
    let (name, id) = args.name.split_once('/').map_or((args.name.as_str(), None), |(name, id)| (name, Some(id)));
    let provider = providers::find(name, &config, environment)?;
    if args.forget {
        return forget(&provider, id, &config, environment);
    }
    super::run::runtime()?.block_on(run(args, provider, id.filter(|id| !id.is_empty()), &config, environment))
}

async fn run(
    args: &Args,
    provider: Provider,
    id: Option<&str>,
    config: &Config,
    environment: &Environment,
) -> Result<u8> {
    let key = keys::find(&provider, args.key_file.as_deref(), config, environment)?;
    let authorize = model::authorize(&provider, key.as_ref(), config, environment)?;
    let key = key.filter(|key| key.tokens.is_none()).map(|key| key.secret);
    let listed = if provider.local { Value::Null } else { list(&provider, key.as_ref(), config).await };
    let every_model = id.is_none();
    let id = match id {
        Some(id) => id.to_owned(),
        None => any_model(&provider, &listed, config, environment).await?,
    };
    config.managed().permit_model(&format!("{}/{id}", provider.name))?;
    let mut choice = Choice { model: catalog::model(&provider, &id, config), provider };
    let notices =
        if choice.provider.local { local::settle(&mut choice, config, environment).await } else { Vec::new() };
    let mut endpoint = model::endpoint(&choice, key, config);
    // What an earlier probe found is found anew.
    endpoint.quirks = choice.provider.quirks;
    let network: Arc<dyn Transport> = Arc::new(model::network(config));
    let transport = match authorize {
        Some(authorize) => Arc::new(Authorized { transport: network, authorize }),
        None => network,
    };
    let report = probe::probe(&endpoint, &choice.model, &*transport).await?;
    let told = list_entry(&listed, &id).and_then(context_of);
    let local_context = (choice.provider.local && choice.model.known).then_some(choice.model.context);
    let probed = Probed {
        provider: choice.provider.name.clone(),
        base_url: choice.provider.base_url.clone(),
        model: id,
        every_model,
        date: today(),
        quirks: report.quirks.beyond(choice.provider.quirks),
        context: told.or(local_context),
        reasoning: report.reasoning,
    };
    remember(&probed, config, environment)?;
    show(args, &choice, &probed, &report, &notices)
}

/// The default model, else the first that the endpoint lists.
async fn any_model(provider: &Provider, listed: &Value, config: &Config, environment: &Environment) -> Result<String> {
    if provider.local
        && let Some(models) = local::models(provider, &Arc::new(model::network(config)), config, environment).await
        && let Some(model) = local::preferred(&models)
    {
        return Ok(model.id.clone());
    }
    let preset = providers::preset(&provider.name).map(|preset| preset.default_model).filter(|id| !id.is_empty());
    let first = || listed.pointer("/data/0/id").and_then(Value::as_str);
    preset.or_else(first).map(str::to_owned).ok_or_else(|| {
        if provider.local {
            let at = providers::shown(&provider.base_url);
            return Error::usage(format!("`{}` does not answer at {at}, or has no model", provider.name))
                .hint("start it, or set the address that it listens on as its base_url");
        }
        Error::usage(format!("`{}` does not say which models it has", provider.name))
            .hint(format!("name one: agent models probe {}/MODEL", provider.name))
    })
}

/// What the provider's list of models says; null where it says nothing.
async fn list(provider: &Provider, key: Option<&Secret>, config: &Config) -> Value {
    let request = check::models(provider, key);
    let bytes = model::network(config).fetch(request, LIST_TIME, LIST_BYTES).await.unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}

fn list_entry<'a>(listed: &'a Value, id: &str) -> Option<&'a Value> {
    let entries = listed.get("data").unwrap_or(listed).as_array()?;
    entries.iter().find(|entry| entry.get("id").and_then(Value::as_str) == Some(id))
}

pub fn today() -> String {
    jiff::Zoned::now().strftime("%Y-%m-%d").to_string()
}

fn remember(probed: &Probed, config: &Config, environment: &Environment) -> Result<()> {
    let others = config.learned().probes().iter().filter(|other| {
        (&other.provider, &other.base_url, &other.model) != (&probed.provider, &probed.base_url, &probed.model)
    });
    write(others.chain([probed]).cloned().collect(), environment)
}

fn forget(provider: &Provider, id: Option<&str>, config: &Config, environment: &Environment) -> Result<u8> {
    let named = |probed: &&Probed| probed.provider == provider.name && id.is_none_or(|id| probed.model == id);
    let (gone, kept): (Vec<&Probed>, Vec<&Probed>) = config.learned().probes().iter().partition(named);
    if gone.is_empty() {
        print(&format!("nothing was probed of {}", provider.name))?;
        return Ok(0);
    }
    write(kept.into_iter().cloned().collect(), environment)?;
    for probed in gone {
        print(&format!("forgotten: {}/{}, probed on {}", probed.provider, probed.model, probed.date))?;
    }
    Ok(0)
}

fn write(probes: Vec<Probed>, environment: &Environment) -> Result<()> {
    let path = probes_path(environment)?;
    let text = serde_json::to_vec_pretty(&Probes { schema: 1, probes })
        .map_err(|cause| Error::new(Kind::Io, format!("cannot write what was probed: {cause}")))?;
    let disk = Disk::default();
    let folder = environment.state_folder()?;
    disk.create_private_folder(&folder)
        .and_then(|()| disk.replace_private(&path, &text))
        .map_err(|error| Error::io("write", path.display(), &error))
}

fn show(args: &Args, choice: &Choice, probed: &Probed, report: &Report, notices: &[String]) -> Result<u8> {
    let cost = choice.model.price_for(report.usage.input).map(|price| report.usage.cost(&price));
    let adapted = probed.quirks.said();
    if args.json {
        let findings: Vec<Value> =
            report.findings.iter().map(|finding| json!({ "name": finding.name, "found": finding.found })).collect();
        let line = json!({
            "model": choice.model.name(),
            "date": probed.date,
            "findings": findings,
            "adapted": adapted,
            "context": probed.context,
            "requests": report.requests,
            "tokens": { "input": report.usage.input, "output": report.usage.output },
            "cost_usd": cost,
            "notices": notices,
        });
        return print_json(&line.to_string()).map(|()| 0);
    }
    print(&format!("{} at {}", choice.model.name(), providers::shown(&choice.provider.base_url)))?;
    for finding in &report.findings {
        print(&format!("  {:<15} {}", finding.name, finding.found))?;
    }
    let context = probed.context.map_or("not told".into(), |tokens| format!("{tokens} tokens"));
    print(&format!("  {:<15} {context}", "context"))?;
    for notice in notices {
        print(notice)?;
    }
    let known = choice.provider.quirks.said();
    if !known.is_empty() {
        print(&format!("known before: {}", known.join(", ")))?;
    }
    if probed.quirks == Quirks::NONE {
        print("nothing has to be adapted")?;
    } else {
        print(&format!("adapted to from now on: {}", adapted.join(", ")))?;
    }
    print(&format!(
        "{} requests, {} tokens in, {} out, {}",
        report.requests,
        report.usage.input,
        report.usage.output,
        cost.map_or("cost not known".into(), |cost: Usd| format!("${cost}"))
    ))?;
    Ok(0)
}

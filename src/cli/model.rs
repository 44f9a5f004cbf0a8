//! From the user's choice of a model to something that can be asked: key, codec, transport.

use crate::auth::keys::{self, Key};
use crate::base::model::ModelInfo;
use crate::base::{Error, Kind, Result};
use crate::config::choose::{Choice, choose};
use crate::config::paths::Environment;
use crate::config::{Config, catalog, providers};
use crate::net::http::{Http, Limits, get_json, host, listens};
use crate::provider::replay::Title;
use crate::provider::{Endpoint, Provider, codec};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How long local servers are looked for.
const LOOK: Duration = Duration::from_millis(200);

/// A model that can be asked.
pub struct Ready {
    pub model: ModelInfo,
    pub provider: Arc<dyn Provider>,
    pub key: Option<Key>,
}

/// The model of this run. Looks for a local server only when nothing was named and there is no key.
pub async fn ready(config: &Config, environment: &Environment, key_file: Option<&Path>) -> Result<Ready> {
    let choice = match choose(config, environment)? {
        Some(choice) => choice,
        None => find_local(config, environment).await.ok_or_else(no_model)?,
    };
    let key = keys::find(&choice.provider, key_file, environment)?;
    let endpoint = Endpoint {
        provider: choice.provider.name.clone(),
        base_url: choice.provider.base_url.clone(),
        key: key.as_ref().map(|key| key.secret.clone()),
        official: choice.provider.official,
        ..Endpoint::default()
    };
    Ok(Ready { provider: codec(choice.model.wire, endpoint), model: choice.model, key })
}

/// The model of a recording, under its own name: the codec reads what was recorded, and no key is needed.
pub fn replayed(title: &Title, config: &Config, environment: &Environment) -> Ready {
    let (name, id) = title.model.split_once('/').unwrap_or(("recorded", &title.model));
    let known = providers::find(name, config, environment).ok();
    let provider = known.filter(|known| known.wire == title.wire).unwrap_or_else(|| providers::Provider {
        name: name.into(),
        wire: title.wire,
        base_url: "http://recorded".into(),
        key_env: None,
        official: false,
        // The demo's model costs nothing; what any other recording cost is not known here.
        local: name == "recorded",
    });
    let endpoint = Endpoint {
        provider: provider.name.clone(),
        base_url: provider.base_url.clone(),
        key: None,
        official: provider.official,
        ..Endpoint::default()
    };
    Ready { model: catalog::model(&provider, id, config), provider: codec(title.wire, endpoint), key: None }
}

/// The network with the configured limits.
pub fn network(config: &Config) -> Http {
    let limit = |key: &str| config.duration(key).unwrap_or(Duration::from_secs(60));
    Http::new(Limits { connect: limit("network.connect_timeout"), idle: limit("network.idle_timeout") })
}

/// The first model of the first local server that answers.
async fn find_local(config: &Config, environment: &Environment) -> Option<Choice> {
    let looks = providers::LOCAL.iter().map(|name| local_model(name, config, environment));
    futures_util::future::join_all(looks).await.into_iter().flatten().next()
}

/// The first model of one local server, if it answers.
pub async fn local_model(name: &str, config: &Config, environment: &Environment) -> Option<Choice> {
    let provider = providers::find(name, config, environment).ok()?;
    if !listens(&host(&provider.base_url), LOOK).await {
        return None;
    }
    let list = get_json(&format!("{}/models", provider.base_url), LOOK).await?;
    let id = list.get("data")?.as_array()?.first()?.get("id")?.as_str()?.to_owned();
    Some(Choice { model: catalog::model(&provider, &id, config), provider })
}

fn no_model() -> Error {
    let names: Vec<&str> =
        providers::PRESETS.iter().map(|preset| preset.key_env).filter(|name| !name.is_empty()).take(3).collect();
    Error::new(
        Kind::Auth,
        format!(
            "there is no model to ask: none is named, no key of a provider with a default model is set, and no local server ({}) answers",
            providers::LOCAL.join(", ")
        ),
    )
    .hint(format!(
        "export a key ({}, …), or start a local server, or name your own in the configuration",
        names.join(", ")
    ))
    .hint("`agent demo` needs no key; `agent doctor` says what is looked for")
}

//! From the user's choice of a model to something that can be asked: key, codec, transport.

use super::{local, route};
use crate::auth::keys::{self, Key};
use crate::auth::oauth::{Client, Clock, Renewing};
use crate::auth::stored::origin;
use crate::auth::vault::Vault;
use crate::auth::{aws, google};
use crate::base::event::Role;
use crate::base::quirks::Quirks;
use crate::base::secret::Secret;
use crate::base::{Error, Kind, Result};
use crate::config::choose::{Choice, choose, is_auto, named};
use crate::config::paths::Environment;
use crate::config::providers::Credentials;
use crate::config::{Config, catalog, offers, providers};
use crate::disk::Disk;
use crate::net::Authorize;
use crate::net::http::{Http, Limits};
use crate::provider::replay::Title;
use crate::provider::{Endpoint, codec};
use crate::route::offer::Offer;
use crate::route::role::role;
use crate::session::{self, Candidate, Router};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The models that can be asked, in order; at least one.
#[derive(Default)]
pub struct Ready {
    pub candidates: Vec<Candidate>,
    /// Of all of them.
    pub keys: Vec<Key>,
    /// Which of the models that were named cannot be asked and why, and what the user should know of the endpoints.
    pub notices: Vec<String>,
    /// Chooses among them, where nobody named one.
    pub router: Option<Router>,
}

impl Ready {
    /// The one that is asked first.
    pub fn first(&self) -> Result<&Candidate> {
        self.candidates.first().ok_or_else(no_model)
    }

    /// Which of the models, and of that for summaries, are never asked under these limits, and why.
    pub fn unpayable(&self, fast: Option<&Candidate>, limits: &session::Limits) -> Vec<String> {
        let all = self.candidates.iter().chain(fast);
        let unpriced = all.filter(|known| limits.has_budget() && known.model.price.is_none());
        let words =
            |name: String| format!("{name} is not asked: its price is not known, so no budget can be kept with it");
        unpriced.map(|candidate| words(candidate.model.name())).collect()
    }
}

/// The models of this run. Looks for a local server only when nothing was named and there is no key.
pub async fn ready(config: &Config, environment: &Environment, key_file: Option<&Path>) -> Result<Ready> {
    let mut choices = choose(config, environment)?;
    if choices.is_empty() {
        choices.push(find_local(config, environment).await.ok_or_else(no_model)?);
    }
    let mut ready = Ready { notices: config.learned().notices().to_vec(), ..Ready::default() };
    let mut missing = None;
    let mut on_offer = Vec::new();
    for choice in choices {
        // A key file holds the key of one provider: the first.
        let key_file = key_file.filter(|_| ready.candidates.is_empty() && missing.is_none());
        let name = choice.model.name();
        match asked(choice, key_file, config, environment).await {
            Ok(asked) => {
                ready.notices.extend(asked.notices);
                on_offer.push(asked.offer);
                ready.candidates.push(asked.candidate);
                ready.keys.extend(asked.key);
            }
            Err(error) => {
                ready.notices.push(format!("{name} cannot be asked: {}", error.message));
                missing.get_or_insert(error);
            }
        }
    }
    if is_auto(config) {
        ready.router = Some(Router { offers: on_offer, evidence: Vec::new(), state: route::state(config) });
    }
    match missing {
        Some(error) if ready.candidates.is_empty() => Err(error),
        _ => Ok(ready),
    }
}

/// A model that can be asked, with what belongs to it.
struct Asked {
    candidate: Candidate,
    offer: Offer,
    key: Option<Key>,
    notices: Vec<String>,
}

/// Makes a choice one that can be asked; an error where there is nothing to prove who asks.
async fn asked(
    mut choice: Choice,
    key_file: Option<&Path>,
    config: &Config,
    environment: &Environment,
) -> Result<Asked> {
    let key = key(&choice.provider, key_file, config, environment).await?;
    let authorize = authorize(&choice.provider, key.as_ref(), config, environment)?;
    let mut notices =
        if choice.provider.local { local::settle(&mut choice, config, environment).await } else { Vec::new() };
    notices.extend(config.learned().notice(&choice.provider, &choice.model.id));
    let offer = offers::offer(&choice, true);
    Ok(Asked { candidate: candidate(choice, key.as_ref(), authorize, config), offer, key, notices })
}

/// The key of a provider. On a thread of its own, because a keyring may wait for its user: a signal is heard while it does.
async fn key(
    provider: &providers::Provider,
    key_file: Option<&Path>,
    config: &Config,
    environment: &Environment,
) -> Result<Option<Key>> {
    let (provider, key_file) = (provider.clone(), key_file.map(Path::to_path_buf));
    let (config, environment) = (config.clone(), environment.clone());
    let found = move || keys::find(&provider, key_file.as_deref(), &config, &environment);
    let found = tokio::task::spawn_blocking(found).await;
    found.map_err(|_| Error::new(Kind::Auth, "the key could not be looked for; this is a bug"))?
}

/// The model for summaries: the one that the user named for them; where the router chooses, the cheapest of its own. Its key is
/// added to those of `ready`.
pub async fn fast(ready: &mut Ready, config: &Config, environment: &Environment) -> Result<Option<Candidate>> {
    if let Some(name) = config.text("roles.fast") {
        let choice = named(name, config, environment)?;
        let key = key(&choice.provider, None, config, environment).await?;
        let authorize = authorize(&choice.provider, key.as_ref(), config, environment)?;
        let candidate = candidate(choice, key.as_ref(), authorize, config);
        ready.keys.extend(key);
        return Ok(Some(candidate));
    }
    let Some(router) = &ready.router else { return Ok(None) };
    let chosen = role(Role::Fast, &router.offers, &[], None, None);
    Ok(chosen.and_then(|chosen| ready.candidates.iter().find(|known| known.model.name() == chosen.model).cloned()))
}

fn candidate(choice: Choice, key: Option<&Key>, authorize: Option<Arc<dyn Authorize>>, config: &Config) -> Candidate {
    let fixed = key.filter(|key| key.tokens.is_none()).map(|key| key.secret.clone());
    let endpoint = endpoint(&choice, fixed, config);
    Candidate { provider: codec(choice.model.wire, endpoint), model: choice.model, authorize }
}

/// Where a choice is asked, with all that is known of how it differs.
pub fn endpoint(choice: &Choice, key: Option<Secret>, config: &Config) -> Endpoint {
    let quirks = config.learned().quirks(&choice.provider, &choice.model.id);
    Endpoint {
        provider: choice.provider.name.clone(),
        base_url: choice.provider.base_url.clone(),
        key,
        key_header: choice.provider.key_header,
        official: choice.provider.official,
        // A model that takes no tools refuses a request that has some.
        quirks: Quirks { no_tools: quirks.no_tools || !choice.model.abilities.tools, ..quirks },
    }
}

/// What proves who asks, where a key in a header is not enough.
pub fn authorize(
    provider: &providers::Provider,
    key: Option<&Key>,
    config: &Config,
    environment: &Environment,
) -> Result<Option<Arc<dyn Authorize>>> {
    match provider.credentials {
        Credentials::Key => renewing(provider, key, config, environment),
        Credentials::Google => google::authorize(environment, Arc::new(network(config))).map(Some),
        Credentials::Aws if key.is_some() => renewing(provider, key, config, environment),
        Credentials::Aws => {
            let said = config.text(&format!("providers.{}.region", provider.name)).map(str::to_owned);
            let region = said.or_else(|| aws::region(environment)).ok_or_else(|| {
                Error::config(format!("`{}` needs a region", provider.name)).hint("export AWS_REGION=…")
            })?;
            aws::authorize(environment, Arc::new(network(config)), &region).map(Some)
        }
    }
}

/// What renews the tokens of a login, where the key is one.
fn renewing(
    provider: &providers::Provider,
    key: Option<&Key>,
    config: &Config,
    environment: &Environment,
) -> Result<Option<Arc<dyn Authorize>>> {
    let Some(tokens) = key.and_then(|key| key.tokens.clone()) else { return Ok(None) };
    let client = Client::of(&provider.name, config)?.ok_or_else(|| {
        let what =
            format!("the login for `{0}` cannot be renewed: `providers.{0}.oauth_client_id` is not set", provider.name);
        Error::new(Kind::Auth, what).hint(format!("set it again, or agent logout {}", provider.name))
    })?;
    let vault = Vault::open(config, environment, Disk::default())?;
    let origin = Some(origin(&provider.base_url));
    Ok(Some(Arc::new(Renewing::new(client, tokens, origin, vault, Arc::new(network(config)), clock()))))
}

/// The time of this machine.
pub fn clock() -> Clock {
    Arc::new(|| SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()))
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
        credentials: providers::Credentials::Key,
        key_header: None,
        official: false,
        // The demo's model costs nothing; what any other recording cost is not known here.
        local: name == "recorded",
        quirks: Quirks::default(),
    });
    let endpoint = Endpoint {
        provider: provider.name.clone(),
        base_url: provider.base_url.clone(),
        key: None,
        official: provider.official,
        quirks: provider.quirks,
        ..Endpoint::default()
    };
    let model = catalog::model(&provider, id, config);
    let candidate = Candidate { provider: codec(title.wire, endpoint), model, authorize: None };
    Ready { candidates: vec![candidate], ..Ready::default() }
}

/// The network with the configured limits.
pub fn network(config: &Config) -> Http {
    let limit = |key: &str| config.duration(key).unwrap_or(Duration::from_secs(60));
    Http::new(Limits { connect: limit("network.connect_timeout"), idle: limit("network.idle_timeout") })
}

/// A model of the first local server that answers.
async fn find_local(config: &Config, environment: &Environment) -> Option<Choice> {
    local_choices(config, environment).await.into_iter().next()
}

/// Of each known local server that answers, the model that is taken.
pub async fn local_choices(config: &Config, environment: &Environment) -> Vec<Choice> {
    let http = Arc::new(network(config));
    let looks = providers::LOCAL.iter().map(|name| async {
        let provider = providers::find(name, config, environment).ok()?;
        let models = local::models(&provider, &http, config, environment).await?;
        let id = &local::preferred(&models)?.id;
        config.managed().permit_model(&format!("{}/{id}", provider.name)).ok()?;
        Some(Choice { model: catalog::model(&provider, id, config), provider })
    });
    futures_util::future::join_all(looks).await.into_iter().flatten().collect()
}

pub(super) fn no_model() -> Error {
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
        "`agent login` stores a key, or export one ({}, …), or start a local server, or name your own in the configuration",
        names.join(", ")
    ))
    .hint("`agent demo` needs no key; `agent doctor` says what is looked for")
}

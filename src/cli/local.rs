//! Servers on this machine: which answer, what they serve, and with which window the chosen model really runs.

use super::model;
use crate::base::model::ModelInfo;
use crate::base::secret::Secret;
use crate::config::Config;
use crate::config::choose::Choice;
use crate::config::paths::Environment;
use crate::config::providers::{self, Provider};
use crate::net::http::Http;
use crate::provider::discover::{LocalModel, Server};
use std::sync::Arc;
use std::time::Duration;

/// How long a model may take to come into memory; the first request would wait for that too.
const LOAD: Duration = Duration::from_secs(120);

/// What Ollama gives a model where nobody said otherwise and memory is small.
const OLLAMA_LEAST: u64 = 4096;

/// A window that is too small to work in: the instructions and tools alone take a part of it.
const SMALL: u64 = 32_768;

fn server(provider: &Provider, http: &Arc<Http>, config: &Config, environment: &Environment) -> Server {
    let key = provider.key_env.as_deref().and_then(|name| environment.get(name)).map(Secret::new);
    let limit = config.duration("network.local_timeout").unwrap_or(Duration::from_millis(300));
    Server { name: provider.name.clone(), base_url: provider.base_url.clone(), key, http: Arc::clone(http), limit }
}

/// The models of one local server; `None` when it does not answer.
pub async fn models(
    provider: &Provider,
    http: &Arc<Http>,
    config: &Config,
    environment: &Environment,
) -> Option<Vec<LocalModel>> {
    server(provider, http, config, environment).models().await
}

/// All local servers that answer, with their models; asked at the same time.
pub async fn servers(config: &Config, environment: &Environment) -> Vec<(Provider, Vec<LocalModel>)> {
    let http = Arc::new(model::network(config));
    let known =
        providers::names(config).into_iter().filter_map(|name| providers::find(&name, config, environment).ok());
    let looks = known.filter(|provider| provider.local).map(|provider| async {
        let models = models(&provider, &http, config, environment).await?;
        Some((provider, models))
    });
    futures_util::future::join_all(looks).await.into_iter().flatten().collect()
}

/// The model that is taken where none is named: one in memory before others, one that takes tools before others.
pub fn preferred(models: &[LocalModel]) -> Option<&LocalModel> {
    let rank = |model: &&LocalModel| (model.tools == Some(false), model.loaded != Some(true));
    models.iter().min_by_key(rank)
}

/// What the server says of a model, where the user did not say it.
pub fn apply(model: &mut ModelInfo, found: &LocalModel, config: &Config) {
    let name = model.name();
    let set = |field: &str| format!("models.{name}.{field}");
    if config.number(&set("context")).is_none()
        && let Some(context) = found.context.or(found.most)
    {
        (model.context, model.max_input, model.known) = (context, context, true);
        if config.number(&set("max_output")).is_none() {
            model.max_output = model.max_output.min(context / 4).max(1);
        }
    }
    if config.flag(&set("images")).is_none() {
        model.images = found.images.unwrap_or(model.images);
    }
    if config.flag(&set("reasoning")).is_none() {
        model.reasoning = found.thinks.unwrap_or(model.reasoning);
    }
    model.abilities.tools &= found.tools != Some(false);
}

/// Asks the server of a chosen local model what it really has; gives what the user should know of it.
pub async fn settle(choice: &mut Choice, config: &Config, environment: &Environment) -> Vec<String> {
    let server = server(&choice.provider, &Arc::new(model::network(config)), config, environment);
    let id = choice.model.id.clone();
    let same = |model: &LocalModel| model.id == id || model.id.strip_suffix(":latest") == Some(&id);
    let Some(mut found) = server.models().await.and_then(|models| models.into_iter().find(same)) else {
        return Vec::new();
    };
    let told = config.number(&format!("models.{}.context", choice.model.name())).is_some();
    if server.name == "ollama" && found.context.is_none() && !told && server.load(&found.id, LOAD).await {
        let again = server.models().await.and_then(|models| models.into_iter().find(same));
        found = again.unwrap_or(found);
        // An older server does not tell; it gives the least.
        found.context = found.context.or(Some(OLLAMA_LEAST.min(found.most.unwrap_or(OLLAMA_LEAST))));
    }
    apply(&mut choice.model, &found, config);
    notices(&choice.provider, &found, told)
}

fn notices(provider: &Provider, found: &LocalModel, told: bool) -> Vec<String> {
    let (name, id) = (&provider.name, &found.id);
    let mut notices = Vec::new();
    if let (Some(context), Some(most)) = (found.context, found.most)
        && context < most
        && context < SMALL
        && !told
    {
        let way = match name.as_str() {
            "ollama" => "; what is longer it cuts off without a word. More: OLLAMA_CONTEXT_LENGTH=65536 ollama serve",
            "lmstudio" => "; more: set it where the model is loaded, or lms load --context-length 65536",
            "llamacpp" => "; more: llama-server -c 65536",
            _ => "",
        };
        notices.push(format!("{name} serves `{id}` with a window of {context} tokens, and it could have {most}{way}"));
    }
    if found.tools == Some(false) {
        notices.push(format!("{name} says that `{id}` takes no tools, so it can only talk"));
    }
    notices
}

//! What the servers on this machine serve: all their models, with the windows they really have.
//!
//! Each server tells it in its own way: Ollama (`/api/tags`, `/api/ps`, `/api/show`), LM Studio (`/api/v0/models`), llama.cpp
//! (`/props`), vLLM (`max_model_len` in `/v1/models`). Never guesses: what a server does not say is `None`.

use crate::base::secret::Secret;
use crate::net::http::Http;
use crate::net::{Header, HttpRequest, Method};
use crate::text::sanitise::sanitise;
use futures_util::future::join_all;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

/// Bytes of one answer of a local server.
const MOST: usize = 8 * 1024 * 1024;

/// Models of Ollama that are asked for one by one.
const MOST_SHOWN: usize = 64;

/// Bytes of a model's id, as in a fetched catalog.
const LONGEST_ID: usize = 200;

/// A model that a local server has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LocalModel {
    pub id: String,
    /// The window it is served with, in tokens.
    pub context: Option<u64>,
    /// The window it could have.
    pub most: Option<u64>,
    pub tools: Option<bool>,
    pub images: Option<bool>,
    pub thinks: Option<bool>,
    /// Is it in memory? Then `context` is what it has there.
    pub loaded: Option<bool>,
}

/// A server that is asked.
#[derive(Clone)]
pub struct Server {
    /// Of its preset, which says how it is asked; any other is asked as vLLM is.
    pub name: String,
    /// With `/v1`.
    pub base_url: String,
    pub key: Option<Secret>,
    pub http: Arc<Http>,
    /// For each of its answers.
    pub limit: Duration,
}

impl Server {
    /// All models that can be named and are no embeddings; `None` when it does not answer as such a server does.
    pub async fn models(&self) -> Option<Vec<LocalModel>> {
        let mut models = self.all().await?;
        models.retain(|model| is_name(&model.id) && !is_embedding(model));
        Some(models)
    }

    async fn all(&self) -> Option<Vec<LocalModel>> {
        match self.name.as_str() {
            "ollama" => self.ollama().await,
            "lmstudio" => match self.get("/api/v0/models").await {
                Some(list) => lm_studio(&list),
                None => self.listed().await,
            },
            "llamacpp" => self.llama().await,
            _ => self.listed().await,
        }
    }

    async fn ollama(&self) -> Option<Vec<LocalModel>> {
        let (tags, running) = futures_util::join!(self.get("/api/tags"), self.get("/api/ps"));
        let Some(tags) = tags else { return self.listed().await };
        let names: Vec<&str> = list(&tags, "models").filter_map(|model| text(model, "name")).collect();
        let shows = names.iter().take(MOST_SHOWN).map(|name| self.post("/api/show", json!({ "model": name })));
        let shown = join_all(shows).await;
        let running = running.unwrap_or_default();
        let models = names.iter().enumerate().map(|(at, name)| {
            let show = shown.get(at).cloned().flatten().unwrap_or_default();
            let loaded = list(&running, "models").find(|model| text(model, "name") == Some(name));
            ollama_model(name, &show, loaded)
        });
        Some(models.collect())
    }

    /// Brings a model of Ollama into memory, as the first request would, so that its window is known before.
    pub async fn load(&self, model: &str, limit: Duration) -> bool {
        let server = Server { limit, ..self.clone() };
        server.post("/api/generate", json!({ "model": model })).await.is_some()
    }

    async fn llama(&self) -> Option<Vec<LocalModel>> {
        let (listed, props) = futures_util::join!(self.listed(), self.get("/props"));
        let mut models = listed?;
        let Some(props) = props else { return Some(models) };
        let number = |path: &str| props.pointer(path).and_then(Value::as_u64).filter(|tokens| *tokens > 0);
        let flag = |path: &str| props.pointer(path).and_then(Value::as_bool);
        // A router of several models has properties of its own, and none of theirs.
        if let [model] = models.as_mut_slice() {
            model.context = number("/default_generation_settings/n_ctx").or(number("/n_ctx")).or(model.context);
            model.images = flag("/modalities/vision");
            model.tools =
                flag("/chat_template_caps/supports_tools").or(flag("/chat_template_caps/supports_tool_calls"));
            model.loaded = Some(true);
        }
        Some(models)
    }

    /// `/v1/models`, with the fields that servers add to it.
    async fn listed(&self) -> Option<Vec<LocalModel>> {
        let found = self.send(Method::Get, format!("{}/models", self.base_url), Vec::new()).await?;
        found.get("data")?.as_array()?;
        let models = list(&found, "data").filter_map(|model| {
            let most = model.pointer("/meta/n_ctx_train").and_then(Value::as_u64);
            let context = context_of(model).or_else(|| model.pointer("/meta/n_ctx").and_then(Value::as_u64));
            Some(LocalModel { id: text(model, "id")?.to_owned(), context, most, ..LocalModel::default() })
        });
        Some(models.collect())
    }

    async fn get(&self, path: &str) -> Option<Value> {
        self.send(Method::Get, self.url(path), Vec::new()).await
    }

    async fn post(&self, path: &str, body: Value) -> Option<Value> {
        self.send(Method::Post, self.url(path), body.to_string().into_bytes()).await
    }

    /// The servers' own ways begin beside `/v1`.
    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base_url.strip_suffix("/v1").unwrap_or(&self.base_url))
    }

    async fn send(&self, method: Method, url: String, body: Vec<u8>) -> Option<Value> {
        let mut headers = vec![("accept", Header::Plain("application/json".into()))];
        if !body.is_empty() {
            headers.push(("content-type", Header::Plain("application/json".into())));
        }
        if let Some(key) = &self.key {
            headers.push(("authorization", Header::Secret("Bearer ", key.clone())));
        }
        let bytes = self.http.fetch(HttpRequest { method, url, headers, body }, self.limit, MOST).await.ok()?;
        serde_json::from_slice(&bytes).ok()
    }
}

/// The window that an entry of `/models` tells, under the names that are in use (vLLM, OpenRouter, Groq, Mistral, Together,
/// LM Studio).
pub fn context_of(model: &Value) -> Option<u64> {
    ["max_model_len", "context_length", "context_window", "max_context_length"]
        .iter()
        .find_map(|field| model.get(*field).and_then(Value::as_u64))
        .filter(|tokens| *tokens > 0)
}

fn ollama_model(name: &str, show: &Value, running: Option<&Value>) -> LocalModel {
    let info = show.get("model_info").and_then(Value::as_object);
    let most = info.and_then(|info| info.iter().find(|(key, _)| key.ends_with(".context_length"))?.1.as_u64());
    let can = |what: &str| {
        let list = show.get("capabilities")?.as_array()?;
        Some(list.iter().any(|capability| capability.as_str() == Some(what)))
    };
    // `num_ctx 8192`, a parameter a line.
    let parameters = text(show, "parameters").unwrap_or_default();
    let set = parameters.lines().find_map(|line| line.trim().strip_prefix("num_ctx")?.trim().parse().ok());
    let has = running.and_then(|model| model.get("context_length")).and_then(Value::as_u64).filter(|had| *had > 0);
    LocalModel {
        id: name.to_owned(),
        context: has.or(set),
        most,
        tools: can("tools"),
        images: can("vision"),
        thinks: can("thinking"),
        loaded: Some(running.is_some()),
    }
}

fn lm_studio(found: &Value) -> Option<Vec<LocalModel>> {
    found.get("data")?.as_array()?;
    let models = list(found, "data").filter(|model| text(model, "type") != Some("embeddings")).filter_map(|model| {
        let number = |field: &str| model.get(field).and_then(Value::as_u64);
        let capabilities = model.get("capabilities").and_then(Value::as_array);
        Some(LocalModel {
            id: text(model, "id")?.to_owned(),
            context: number("loaded_context_length"),
            most: number("max_context_length"),
            tools: capabilities.map(|list| list.iter().any(|capability| capability.as_str() == Some("tool_use"))),
            images: text(model, "type").map(|kind| kind == "vlm"),
            thinks: None,
            loaded: text(model, "state").map(|state| state == "loaded"),
        })
    });
    Some(models.collect())
}

/// May this be a model's id? Anybody's program may answer on a port: what it sends must not act on the terminal that lists it.
fn is_name(id: &str) -> bool {
    let shows = matches!(sanitise(id), Cow::Borrowed(_)) && !id.contains(char::is_whitespace);
    shows && !id.is_empty() && id.len() <= LONGEST_ID
}

fn is_embedding(model: &LocalModel) -> bool {
    model.id.contains("embed")
}

fn list<'a>(value: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
    value.get(field).and_then(Value::as_array).into_iter().flatten()
}

fn text<'a>(value: &'a Value, field: &str) -> Option<&'a str> {
    value.get(field).and_then(Value::as_str)
}

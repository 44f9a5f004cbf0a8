//! Is a key good? One small request that costs nothing says so: the list of models, or what else needs a key.

use crate::base::error::Kind;
use crate::base::model::Wire;
use crate::base::secret::Secret;
use crate::config::providers::Provider;
use crate::net::http::{host, read_refusal};
use crate::net::{Header, HttpRequest, Method, Transport};
use futures_util::StreamExt;
use std::time::Duration;

/// How long the answer may take.
const LIMIT: Duration = Duration::from_secs(20);

/// Whose list of models is public and says nothing of a key: what is asked instead, behind the address.
const INSTEAD: &[(&str, &str)] = &[("openrouter", "/key")];

/// Words in the refusals of keys by servers that answer 400 where others answer 401 (Google, xAI).
const BAD_KEY: &[&str] = &["api_key_invalid", "api key not valid", "incorrect api key", "invalid api key"];

/// Words in the refusals of keys that are good and may do other things than list models (OpenAI's restricted keys).
const RESTRICTED: &[&str] = &["scope", "permission"];

/// What was found out.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    Good,
    /// Nothing, and why.
    Unknown(String),
    /// The server does not take it: in words.
    Rejected(String),
}

/// The request that tells whether a key is good.
fn request(provider: &Provider, key: &Secret) -> HttpRequest {
    let models = models(provider, Some(key));
    match INSTEAD.iter().find(|(name, _)| *name == provider.name) {
        Some((_, path)) => HttpRequest { url: format!("{}{path}", provider.base_url), ..models },
        None => models,
    }
}

/// The request for the list of a provider's models.
pub fn models(provider: &Provider, key: Option<&Secret>) -> HttpRequest {
    let (path, name, prefix) = match provider.wire {
        Wire::Messages => ("/v1/models", "x-api-key", ""),
        Wire::Gemini => ("/models", "x-goog-api-key", ""),
        Wire::Responses | Wire::Chat | Wire::Converse => ("/models", "authorization", "Bearer "),
    };
    let (name, prefix) = provider.key_header.map_or((name, prefix), |own| (own, ""));
    let secret = key.map(|key| (name, Header::Secret(prefix, key.clone())));
    let version = (provider.wire == Wire::Messages).then(|| ("anthropic-version", Header::Plain("2023-06-01".into())));
    let accept = ("accept", Header::Plain("application/json".into()));
    let headers = secret.into_iter().chain(version).chain([accept]).collect();
    HttpRequest { method: Method::Get, url: format!("{}{path}", provider.base_url), headers, body: Vec::new() }
}

/// Asks the provider. What it says is never shown: some repeat the key.
pub async fn check(provider: &Provider, key: &Secret, transport: &dyn Transport) -> Verdict {
    let server = host(&provider.base_url);
    let asked = tokio::time::timeout(LIMIT, async {
        let response = transport.send(request(provider, key)).await?;
        let status = response.status;
        let body = match status {
            // How it begins tells a web page from a list.
            200..=299 => response.body.take(1).collect::<Vec<_>>().await.into_iter().flatten().flatten().collect(),
            _ => read_refusal(response.body).await,
        };
        Ok((status, String::from_utf8_lossy(&body).to_lowercase()))
    });
    match asked.await {
        Ok(Ok((status, body))) => judge(&server, status, &body),
        // A key that cannot stand in a header.
        Ok(Err(crate::base::Error { kind: Kind::Auth, message, .. })) => Verdict::Rejected(message),
        Ok(Err(error)) => Verdict::Unknown(error.message),
        Err(_) => Verdict::Unknown(format!("{server} did not answer within {} s", LIMIT.as_secs())),
    }
}

/// What a status and the lower-case body with it mean.
fn judge(server: &str, status: u16, body: &str) -> Verdict {
    let says = |words: &[&str]| words.iter().any(|word| body.contains(word));
    match status {
        200..=299 if body.trim_start().starts_with('<') => {
            Verdict::Unknown(format!("{server} answered with a web page; look at the provider's base_url"))
        }
        200..=299 => Verdict::Good,
        401 => Verdict::Rejected(format!("{server} rejects the key (401)")),
        403 if says(RESTRICTED) => {
            Verdict::Unknown(format!("{server} knows the key, but lets it not list models (403)"))
        }
        403 => Verdict::Rejected(format!("{server} rejects the key (403)")),
        400 if says(BAD_KEY) => Verdict::Rejected(format!("{server} rejects the key (400)")),
        404 | 405 => Verdict::Unknown(format!("{server} has no list of models to try it on ({status})")),
        other => Verdict::Unknown(format!("{server} answered {other}")),
    }
}

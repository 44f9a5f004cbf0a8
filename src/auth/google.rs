//! Google's Application Default Credentials: a token for each request to Vertex AI.
//!
//! Where they come from, in order: a ready token in a variable, the file that `GOOGLE_APPLICATION_CREDENTIALS` names, the file that
//! `gcloud auth application-default login` writes, and the metadata server of a machine in Google's cloud, which is asked only when
//! `GCE_METADATA_HOST` names it. Secrets stay in memory and go to Google's token endpoint alone.

use super::Clock;
use super::google_key::ServiceAccount;
use super::oauth::form_request;
use crate::base::secret::Secret;
use crate::base::{Error, Kind, Result};
use crate::config::paths::Environment;
use crate::config::providers::is_safe;
use crate::net::{Authorize, Header, HttpRequest, Method, Transport, http};
use crate::text::form;
use crate::text::sanitise::one_line;
use futures_core::future::BoxFuture;
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::Mutex;

/// The one scope that Vertex AI takes.
pub(super) const SCOPE: &str = "https://www.googleapis.com/auth/cloud-platform";

/// Hold a token that was fetched elsewhere; it is used as it is, and never renewed.
const TOKENS: [&str; 2] = ["GOOGLE_OAUTH_ACCESS_TOKEN", "CLOUDSDK_AUTH_ACCESS_TOKEN"];

/// Where tokens come from unless the credentials say otherwise.
const TOKEN_ADDRESS: &str = "https://oauth2.googleapis.com/token";

/// So long before its end a token is renewed, as Google's own libraries do.
const EARLY: Duration = Duration::from_secs(225);

/// Assumed of a token whose length of life was not said.
const SHORT_LIFE: Duration = Duration::from_secs(300);

/// The credentials of this user. `transport` takes the requests for tokens, whose bodies are secrets: it must not be one that
/// records. An error says what is missing or cannot be used; nothing is sent before the first request.
pub fn authorize(environment: &Environment, transport: Arc<dyn Transport>) -> Result<Arc<dyn Authorize>> {
    authorize_at(environment, transport, Arc::new(SystemTime::now))
}

/// As [`authorize`], by another clock.
pub fn authorize_at(
    environment: &Environment,
    transport: Arc<dyn Transport>,
    clock: Clock,
) -> Result<Arc<dyn Authorize>> {
    let (source, own_project) = source(environment)?;
    let quota_project = environment.get("GOOGLE_CLOUD_QUOTA_PROJECT").map(str::to_owned).or(own_project);
    Ok(Arc::new(Google { source, quota_project, transport, clock, token: Mutex::new(None) }))
}

/// What tokens are made from.
enum Source {
    Ready(Secret),
    User {
        client_id: String,
        client_secret: Secret,
        refresh_token: Secret,
        address: String,
    },
    Service(Box<ServiceAccount>),
    /// The address of the metadata server.
    Metadata(String),
}

struct Google {
    source: Source,
    /// Whom the requests are counted for, where it is not the project of the credentials.
    quota_project: Option<String>,
    transport: Arc<dyn Transport>,
    clock: Clock,
    token: Mutex<Option<Token>>,
}

struct Token {
    secret: Secret,
    until: SystemTime,
}

/// A file of credentials, of any of the types.
#[derive(Deserialize)]
struct File {
    #[serde(default)]
    r#type: String,
    #[serde(default)]
    client_id: String,
    #[serde(default)]
    client_secret: String,
    #[serde(default)]
    refresh_token: String,
    #[serde(default)]
    client_email: String,
    #[serde(default)]
    private_key: String,
    #[serde(default)]
    private_key_id: String,
    token_uri: Option<String>,
    quota_project_id: Option<String>,
}

/// The answer of a token endpoint, good or bad.
#[derive(Deserialize, Default)]
struct Answer {
    #[serde(default)]
    access_token: String,
    expires_in: Option<f64>,
    #[serde(default)]
    error: serde_json::Value,
    #[serde(default)]
    error_description: String,
}

fn source(environment: &Environment) -> Result<(Source, Option<String>)> {
    if let Some(token) = TOKENS.iter().find_map(|name| environment.get(name)) {
        return Ok((Source::Ready(Secret::new(token.trim())), None));
    }
    if let Some(path) = environment.get("GOOGLE_APPLICATION_CREDENTIALS") {
        return read(Path::new(path));
    }
    if let Some(path) = gcloud_file(environment).filter(|path| path.exists()) {
        return read(&path);
    }
    if let Some(host) = environment.get("GCE_METADATA_HOST") {
        return Ok((Source::Metadata(host.to_owned()), None));
    }
    Err(Error::new(Kind::Auth, "there are no Google credentials")
        .hint("run `gcloud auth application-default login`, or name the key of a service account in GOOGLE_APPLICATION_CREDENTIALS")
        .hint("in Google's cloud: export GCE_METADATA_HOST=metadata.google.internal"))
}

pub(super) fn gcloud_file(environment: &Environment) -> Option<PathBuf> {
    let folder = match environment.get("CLOUDSDK_CONFIG") {
        Some(folder) => PathBuf::from(folder),
        None => environment.home().ok()?.join(".config/gcloud"),
    };
    Some(folder.join("application_default_credentials.json"))
}

fn read(path: &Path) -> Result<(Source, Option<String>)> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|cause| {
        Error::io("read", &shown, &cause)
            .kind(Kind::Auth)
            .hint("GOOGLE_APPLICATION_CREDENTIALS takes the path of a file of credentials")
    })?;
    let unfit = |what: &str| Error::new(Kind::Auth, format!("`{shown}` {what}")).hint(ANEW);
    // What serde says of the cause could quote a secret.
    let file: File = serde_json::from_str(&text).map_err(|_| unfit("does not hold Google credentials"))?;
    let address = file.token_uri.unwrap_or_else(|| TOKEN_ADDRESS.to_owned());
    if !is_safe(&address) {
        return Err(unfit("names a token endpoint that is not https"));
    }
    let source = match file.r#type.as_str() {
        "authorized_user" if !file.refresh_token.is_empty() => Source::User {
            client_id: file.client_id,
            client_secret: Secret::new(file.client_secret),
            refresh_token: Secret::new(file.refresh_token),
            address,
        },
        "service_account" => {
            let account = ServiceAccount::new(file.client_email, &file.private_key, file.private_key_id, address);
            Source::Service(Box::new(account.ok_or_else(|| unfit("does not hold an RSA key that can be used"))?))
        }
        "authorized_user" => return Err(unfit("has no refresh token")),
        "" => return Err(unfit("does not hold Google credentials")),
        other => {
            return Err(Error::new(
                Kind::Auth,
                format!("`{shown}` holds credentials of type `{other}`, which are not supported"),
            )
            .hint("use `gcloud auth application-default login`, or the key of a service account")
            .hint("or fetch a token yourself: export GOOGLE_OAUTH_ACCESS_TOKEN=$(gcloud auth print-access-token)"));
        }
    };
    Ok((source, file.quota_project_id))
}

const ANEW: &str = "`gcloud auth application-default login` makes new credentials";

impl Google {
    /// A token that is still good for a while. One at a time: whoever comes meanwhile waits for the same.
    async fn token(&self) -> Result<Secret> {
        if let Source::Ready(token) = &self.source {
            return Ok(token.clone());
        }
        let mut kept = self.token.lock().await;
        let now = (self.clock)();
        if let Some(token) = kept.as_ref().filter(|token| token.until > now + EARLY) {
            return Ok(token.secret.clone());
        }
        let token = self.fetch(now).await?;
        let secret = token.secret.clone();
        *kept = Some(token);
        Ok(secret)
    }

    async fn fetch(&self, now: SystemTime) -> Result<Token> {
        let request = match &self.source {
            Source::Ready(secret) => return Ok(Token { secret: secret.clone(), until: now }),
            Source::User { client_id, client_secret, refresh_token, address } => form_request(
                address,
                form::encode(&[
                    ("grant_type", "refresh_token"),
                    ("client_id", client_id),
                    ("client_secret", client_secret.expose()),
                    ("refresh_token", refresh_token.expose()),
                ]),
            ),
            Source::Service(account) => form_request(
                &account.address,
                form::encode(&[
                    ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
                    ("assertion", account.assertion(now)?.expose()),
                ]),
            ),
            Source::Metadata(host) => HttpRequest {
                method: Method::Get,
                url: format!("http://{host}/computeMetadata/v1/instance/service-accounts/default/token"),
                headers: vec![("metadata-flavor", Header::Plain("Google".into()))],
                body: Vec::new(),
            },
        };
        let response = self.transport.send(request).await?;
        let status = response.status;
        let body = http::read_refusal(response.body).await;
        let answer: Answer = serde_json::from_slice(&body).unwrap_or_default();
        if status != 200 || answer.access_token.is_empty() {
            let error = refused(status, &answer);
            return Err(Error { retry_after: response.retry_after, ..error });
        }
        let life =
            answer.expires_in.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).unwrap_or(SHORT_LIFE);
        // A time that no clock can show is no promise.
        let until = now.checked_add(life).unwrap_or(now);
        Ok(Token { secret: Secret::new(answer.access_token), until })
    }
}

impl Authorize for Google {
    fn secrets(&self) -> Vec<Secret> {
        let kept = match &self.source {
            Source::Ready(token) => vec![token.clone()],
            Source::User { client_secret, refresh_token, .. } => vec![client_secret.clone(), refresh_token.clone()],
            // The key itself is in the file alone.
            Source::Service(_) | Source::Metadata(_) => Vec::new(),
        };
        let token = self.token.try_lock().ok().and_then(|token| Some(token.as_ref()?.secret.clone()));
        kept.into_iter().chain(token).collect()
    }

    fn authorize<'a>(&'a self, request: &'a mut HttpRequest) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let token = self.token().await?;
            request.headers.push(("authorization", Header::Secret("Bearer ", token)));
            if let Some(project) = &self.quota_project {
                request.headers.push(("x-goog-user-project", Header::Plain(project.clone())));
            }
            Ok(())
        })
    }
}

/// RFC 6749's errors: `error` a word, `error_description` a sentence. The metadata server answers in text.
fn refused(status: u16, answer: &Answer) -> Error {
    let word = answer.error.as_str().unwrap_or_default();
    let said = [word, answer.error_description.as_str()].into_iter().filter(|text| !text.is_empty());
    let said = one_line(&said.collect::<Vec<_>>().join(": "));
    let said = if said.is_empty() { String::new() } else { format!(": {said}") };
    let error = |kind| Error::new(kind, format!("Google gave no token: it answered {status}{said}"));
    match status {
        200 | 408 | 429 | 500.. => error(Kind::Transient),
        _ => error(Kind::Auth).hint(ANEW),
    }
}

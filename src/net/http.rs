//! The network transport: one connection pool, system certificates and proxies, HTTP/2 where the server has it, no
//! redirects (a key must never follow one to another host), every wait bounded.

use super::{Body, Header, HttpRequest, HttpResponse, Method, Transport, roots};
use crate::base::secret::Secret;
use crate::base::{Error, Kind, Result};
use bytes::Bytes;
use futures_core::future::BoxFuture;
use futures_util::{StreamExt, stream};
use secrecy::zeroize::Zeroizing;
use std::sync::OnceLock;
use std::time::Duration;

/// Bytes of a refusal that are read.
const MAX_REFUSAL: usize = 64 * 1024;
/// How long they may take together: a server that sends one now and then must not hold a run.
const LONGEST_REFUSAL: Duration = Duration::from_secs(30);

/// How long to wait for what.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// For a connection.
    pub connect: Duration,
    /// For the next byte.
    pub idle: Duration,
}

/// The network. The client is made at the first request, not at start-up.
pub struct Http {
    client: OnceLock<std::result::Result<reqwest::Client, String>>,
    limits: Limits,
}

impl Http {
    pub fn new(limits: Limits) -> Self {
        Self { client: OnceLock::new(), limits }
    }

    fn client(&self) -> Result<&reqwest::Client> {
        let made = self.client.get_or_init(|| {
            let _ = rustls::crypto::ring::default_provider().install_default();
            let quick = roots::bundle().and_then(|roots| self.builder().tls_certs_only(roots).build().ok());
            let made = quick.map_or_else(|| self.builder().build(), Ok);
            // A machine that has no certificates talks to servers that need none, and trusts no other.
            made.or_else(|_| self.builder().tls_certs_only([]).build()).map_err(|error| chain(&error))
        });
        made.as_ref().map_err(|error| Error::new(Kind::Config, format!("cannot set up the network: {error}")))
    }

    fn builder(&self) -> reqwest::ClientBuilder {
        reqwest::Client::builder()
            .user_agent(concat!("agent/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(self.limits.connect)
            .pool_idle_timeout(Duration::from_secs(300))
            .tcp_nodelay(true)
    }

    async fn send_once(&self, request: HttpRequest) -> Result<HttpResponse> {
        let host = host(&request.url);
        let client = self.client()?;
        let mut builder = match request.method {
            Method::Get => client.get(&request.url),
            Method::Post => client.post(&request.url).body(request.body),
        };
        for (name, value) in request.headers {
            builder = match value {
                Header::Plain(text) => builder.header(name, text),
                Header::Secret(prefix, secret) => builder.header(name, sensitive(name, prefix, secret.expose())?),
            };
        }
        let response = match tokio::time::timeout(self.limits.idle, builder.send()).await {
            Ok(sent) => sent.map_err(|error| broken(&host, &error))?,
            Err(_) => return Err(idle(&host, self.limits.idle)),
        };
        let status = response.status().as_u16();
        if response.status().is_redirection() {
            let to = response.headers().get("location").and_then(|value| value.to_str().ok()).unwrap_or("nowhere");
            return Err(Error::new(
                Kind::Provider,
                format!("{host} redirects to `{to}`; redirects are not followed, since keys might be sent along"),
            )
            .hint("name the address that answers, as the provider's base_url or as models.url"));
        }
        let retry_after = retry_after(response.headers());
        Ok(HttpResponse { status, retry_after, body: bounded(response, host, self.limits.idle) })
    }
}

impl Http {
    /// One small request and the whole of its answer, for lists and catalogs. An error for every status but 200, for an answer
    /// of more than `most` bytes, and when it is not there within `time`.
    pub async fn fetch(&self, request: HttpRequest, time: Duration, most: usize) -> Result<Vec<u8>> {
        let host = host(&request.url);
        // Reading the system's certificates takes a while, and is not the server's doing.
        self.client()?;
        let whole = async {
            let HttpResponse { status, mut body, .. } = self.send_once(request).await?;
            if status != 200 {
                return Err(Error::new(Kind::Provider, format!("{host} answered {status}")));
            }
            let mut bytes = Vec::new();
            while let Some(chunk) = body.next().await {
                bytes.extend_from_slice(&chunk?);
                if bytes.len() > most {
                    return Err(Error::new(Kind::Provider, format!("{host} sent more than {} MiB", most >> 20)));
                }
            }
            Ok(bytes)
        };
        tokio::time::timeout(time, whole).await.unwrap_or_else(|_| Err(idle(&host, time)))
    }
}

impl Http {
    /// One body of JSON to where headers have names of the user's; the status of the answer, whose body is not read.
    pub(super) async fn post_json(&self, url: &str, headers: &[(String, Secret)], body: Vec<u8>) -> Result<u16> {
        let mut builder = self.client()?.post(url).header("content-type", "application/json").body(body);
        for (name, value) in headers {
            builder = builder.header(name, sensitive(name, "", value.expose())?);
        }
        let response = builder.send().await.map_err(|error| broken(&host(url), &error))?;
        Ok(response.status().as_u16())
    }
}

impl Transport for Http {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse>> {
        Box::pin(self.send_once(request))
    }
}

/// The body, with an error when it breaks off or stays silent for too long. It may be read on after its end.
fn bounded(response: reqwest::Response, host: String, limit: Duration) -> Body {
    let bytes = Box::pin(response.bytes_stream());
    let body = stream::unfold((Some(bytes), host), move |(bytes, host)| async move {
        let mut bytes = bytes?;
        match tokio::time::timeout(limit, bytes.next()).await {
            Ok(Some(Ok(chunk))) => Some((Ok(chunk), (Some(bytes), host))),
            Ok(Some(Err(error))) => Some((Err(broken(&host, &error)), (None, host))),
            Ok(None) => None,
            Err(_) => Some((Err(idle(&host, limit)), (None, host))),
        }
    });
    Box::pin(body.fuse())
}

/// The first bytes of a body, as many as come within a while: for a refusal's words, and for answers that are as short.
pub async fn read_refusal(mut body: Body) -> Vec<u8> {
    let mut bytes = Vec::new();
    let read = async {
        while let Some(Ok(chunk)) = body.next().await {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > MAX_REFUSAL {
                bytes.truncate(MAX_REFUSAL);
                break;
            }
        }
    };
    // What came until then may tell enough.
    let _ = tokio::time::timeout(LONGEST_REFUSAL, read).await;
    bytes
}

/// Reads what is left of a finished answer, so that the connection can be used again; gives up after `limit`.
pub async fn drain(mut body: Body, limit: Duration) {
    let _ = tokio::time::timeout(limit, async { while let Some(Ok(Bytes { .. })) = body.next().await {} }).await;
}

fn sensitive(name: &str, prefix: &str, secret: &str) -> Result<reqwest::header::HeaderValue> {
    let mut value =
        reqwest::header::HeaderValue::from_str(&Zeroizing::new(format!("{prefix}{secret}"))).map_err(|_| {
            Error::new(Kind::Auth, format!("the key for `{name}` holds characters that no key has"))
                .hint("look for a line break or a quote in it")
        })?;
    value.set_sensitive(true);
    Ok(value)
}

fn idle(host: &str, limit: Duration) -> Error {
    Error::new(Kind::Network, format!("{host} sent nothing for {} s", limit.as_secs_f32()))
}

/// A transport failure, without the URL (it may hold a key) but with its root cause.
fn broken(host: &str, error: &reqwest::Error) -> Error {
    let cause = chain(error);
    if cause.contains("certificate") {
        // Asking again would give the same answer.
        return Error::new(Kind::Provider, format!("{host} cannot be trusted: {cause}"))
            .hint("add its certificate authority to the system's, or name a file with it in SSL_CERT_FILE");
    }
    let what = if error.is_connect() { "cannot connect to" } else { "lost the connection to" };
    Error::new(Kind::Network, format!("{what} {host}: {cause}"))
}

/// The innermost cause, which is the one that tells something.
fn chain(error: &dyn std::error::Error) -> String {
    let mut deepest = error;
    while let Some(cause) = deepest.source() {
        deepest = cause;
    }
    let text = deepest.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}

/// `host:port` of a URL, for messages.
pub fn host(url: &str) -> String {
    reqwest::Url::parse(url)
        .ok()
        .and_then(|url| {
            Some(match url.port() {
                Some(port) => format!("{}:{port}", url.host_str()?),
                None => url.host_str()?.to_owned(),
            })
        })
        .unwrap_or_else(|| "the provider".into())
}

/// `retry-after-ms`, or `retry-after` in seconds or as an HTTP date.
fn retry_after(headers: &reqwest::header::HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(millis) = text("retry-after-ms").and_then(|value| value.trim().parse::<f64>().ok()) {
        return Duration::try_from_secs_f64(millis / 1000.0).ok();
    }
    let value = text("retry-after")?.trim();
    if let Ok(seconds) = value.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = jiff::fmt::rfc2822::parse(value).ok()?.timestamp();
    let wait = date.as_millisecond() - jiff::Timestamp::now().as_millisecond();
    Some(Duration::from_millis(u64::try_from(wait).unwrap_or(0)))
}

//! The user's own proxy, where the machine reaches the internet through one. Names are then looked up by it, not here.

use super::Limits;
use super::moved::Duplex;
use crate::base::{Error, Result};
use crate::text::host::Target;
use bytes::Bytes;
use http_body_util::Empty;
use hyper::header::{HOST, HeaderValue, PROXY_AUTHORIZATION};
use hyper::{Method, Request, Uri};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// Which hosts are reached through which proxy.
pub struct Upstream(Option<Matcher>);

/// The proxy for one connection.
pub(super) struct Hop {
    address: (String, u16),
    pub(super) authorization: Option<HeaderValue>,
}

impl Upstream {
    /// Every host is reached without one.
    pub fn none() -> Self {
        Upstream(None)
    }

    /// As the variables `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` say, in lower case or upper case.
    ///
    /// # Errors
    /// A proxy that is not spoken to by plain HTTP: nothing would be reached, or too much.
    pub fn from_variables<'a>(get: impl Fn(&str) -> Option<&'a str>) -> Result<Self> {
        let either = |name: &str| get(&name.to_lowercase()).or_else(|| get(name));
        let mut named = [None; 3];
        for (place, name) in named.iter_mut().zip(["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"]) {
            *place = either(name).filter(|value| !value.is_empty());
            if let Some((scheme, _)) = place.and_then(|value| value.split_once("://"))
                && !scheme.eq_ignore_ascii_case("http")
            {
                return Err(Error::config(format!(
                    "{name} names a `{scheme}` proxy; commands in the jail can use one that speaks plain HTTP alone"
                ))
                .hint("name one that begins with http://, or use --net off"));
            }
        }
        let [https, http, all] = named;
        if https.or(http).or(all).is_none() {
            return Ok(Upstream::none());
        }
        let mut builder = Matcher::builder();
        if let Some(value) = all {
            builder = builder.all(value);
        }
        if let Some(value) = http {
            builder = builder.http(value);
        }
        if let Some(value) = https {
            builder = builder.https(value);
        }
        Ok(Upstream(Some(builder.no(either("NO_PROXY").unwrap_or_default()).build())))
    }

    /// The proxy that leads to a host; `scheme` is `https` for tunnels.
    pub(super) fn hop(&self, scheme: &str, target: &Target) -> Option<Hop> {
        let uri: Uri = format!("{scheme}://{target}/").parse().ok()?;
        let intercept: Intercept = self.0.as_ref()?.intercept(&uri)?;
        let host = intercept.uri().host()?.trim_matches(['[', ']']).to_owned();
        let port = intercept.uri().port_u16().unwrap_or(80);
        Some(Hop { address: (host, port), authorization: intercept.basic_auth().cloned() })
    }
}

impl Hop {
    /// A connection to the proxy itself. It is the user's, so its address is not checked.
    pub(super) async fn connect(&self, limits: &Limits) -> std::result::Result<TcpStream, String> {
        let (host, port) = &self.address;
        match tokio::time::timeout(limits.connect, TcpStream::connect((host.as_str(), *port))).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(error)) => Err(format!("the proxy {host}:{port}: {}", crate::base::error::reason(&error))),
            Err(_) => Err(format!("the proxy {host}:{port} did not answer in time")),
        }
    }

    /// A tunnel through it.
    pub(super) async fn tunnel(
        &self,
        target: &Target,
        limits: &Limits,
    ) -> std::result::Result<Box<dyn Duplex>, String> {
        let stream = self.connect(limits).await?;
        let words = |what: &str| format!("the proxy {}:{} {what}", self.address.0, self.address.1);
        let asking = async {
            let (mut sender, connection) = hyper::client::conn::http1::Builder::new()
                .max_buf_size(limits.head)
                .handshake(TokioIo::new(stream))
                .await
                .map_err(|_| words("speaks no HTTP"))?;
            let mut request = Request::builder().method(Method::CONNECT).uri(target.to_string());
            request = request.header(HOST, target.to_string());
            if let Some(value) = &self.authorization {
                request = request.header(PROXY_AUTHORIZATION, value);
            }
            let request = request.body(Empty::<Bytes>::new()).map_err(|_| words("cannot be asked for it"))?;
            let driver = connection.with_upgrades();
            let asked = async {
                let answer = sender.send_request(request).await.map_err(|_| words("hung up"))?;
                if !answer.status().is_success() {
                    return Err(words(&format!("answered {}", answer.status().as_u16())));
                }
                hyper::upgrade::on(answer).await.map_err(|_| words("opened no tunnel"))
            };
            tokio::pin!(asked);
            // A tunnel that is refused must not wait for the end of the connection.
            tokio::select! {
                answer = &mut asked => answer,
                _ = driver => asked.await,
            }
        };
        let tunnel = tokio::time::timeout(limits.idle, asking).await.map_err(|_| words("did not answer in time"))??;
        Ok(Box::new(TokioIo::new(tunnel)))
    }
}

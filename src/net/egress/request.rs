//! One connection of a command: its requests are read strictly, each is checked by itself, and what may not be is answered with the
//! reason in plain words, since most programs show them.

use super::Egress;
use super::dial::{Failure, Line};
use super::moved::{Counted, Moved};
use super::tunnel::carry;
use crate::policy::hosts::{HostRule, Refusal, Remedy};
use crate::text::host::Target;
use bytes::Bytes;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{
    CONNECTION, CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue, PROXY_AUTHORIZATION, TRANSFER_ENCODING, VIA,
};
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode, Uri};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::net::TcpStream;

/// The most fields of a head.
const MOST_FIELDS: usize = 128;
/// Who stands in between, for the `Via` of RFC 9110, 7.6.3.
const NAME: &str = "1.1 agent";
/// Why a connection was not made, for programs: RFC 9209.
const STATUS: &str = "proxy-status";
/// What concerns one connection alone, besides what `Connection` names: RFC 9110, 7.6.1.
const HOP_BY_HOP: &[&str] = &[
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

type Body = BoxBody<Bytes, hyper::Error>;
type Answer = Result<Response<Body>, Box<Response<Body>>>;

/// A tunnel that begins when its 200 has been written.
struct Tunnel {
    upgrade: hyper::upgrade::OnUpgrade,
    host: Counted,
    target: Target,
}

impl Egress {
    /// All that happens on one connection.
    pub(super) async fn talk(self: Arc<Self>, stream: TcpStream, call: Arc<str>) {
        let slot: Arc<Mutex<Option<Tunnel>>> = Arc::default();
        let service = service_fn(|request| {
            let (egress, call, slot) = (self.clone(), call.clone(), slot.clone());
            async move {
                let answer = egress.answer(request, &call, &slot).await;
                Ok::<_, Infallible>(answer.unwrap_or_else(|refused| *refused))
            }
        });
        let connection = hyper::server::conn::http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.limits.head_time)
            .max_headers(MOST_FIELDS)
            .max_buf_size(self.limits.head)
            .half_close(true)
            .serve_connection(TokioIo::new(stream), service)
            .with_upgrades();
        // A client that speaks no HTTP, or breaks off, has been answered as far as it can be.
        let _ = connection.await;
        let tunnel = slot.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Tunnel { upgrade, host, target }) = tunnel
            && let Ok(client) = upgrade.await
            && let Err(refusal) = carry(TokioIo::new(client), host, &target, &self.limits).await
        {
            self.deny(&call, &target, &refusal);
        }
    }

    async fn answer(&self, request: Request<Incoming>, call: &str, slot: &Mutex<Option<Tunnel>>) -> Answer {
        if request.method() == Method::CONNECT {
            return self.tunnel(request, call, slot).await;
        }
        let target = self.plain_target(request.uri(), call)?;
        let rule = self.admit(&target, call)?;
        let line = self.line(&target, &rule, call, false).await?;
        let moved = self.connected(call, &target, &rule);
        self.forward(request, &target, line, moved).await
    }

    async fn tunnel(&self, mut request: Request<Incoming>, call: &str, slot: &Mutex<Option<Tunnel>>) -> Answer {
        let asked = request.uri().authority().map_or("", |authority| authority.as_str());
        let target = Target::parse(asked, None).map_err(|words| self.malformed(call, asked, words))?;
        let rule = self.admit(&target, call)?;
        let line = self.line(&target, &rule, call, true).await?;
        let moved = self.connected(call, &target, &rule);
        let tunnel =
            Tunnel { upgrade: hyper::upgrade::on(&mut request), host: Counted { stream: line.stream, moved }, target };
        *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(tunnel);
        Ok(Response::new(empty()))
    }

    /// The host of a plain request, from its whole address; the `Host` field has no say.
    fn plain_target(&self, uri: &Uri, call: &str) -> Result<Target, Box<Response<Body>>> {
        let Some(authority) = uri.authority() else {
            return Err(said(StatusCode::BAD_REQUEST, "http_request_error", "this is a proxy, and no server".into()));
        };
        if uri.scheme_str() != Some("http") {
            let words = "only http:// goes this way; for https:// the program has to ask for a tunnel (CONNECT)";
            return Err(said(StatusCode::BAD_REQUEST, "http_request_error", words.into()));
        }
        let asked = authority.as_str();
        Target::parse(asked, Some(80)).map_err(|words| self.malformed(call, asked, words))
    }

    /// The rule that allows this host; else it is written down and refused.
    fn admit(&self, target: &Target, call: &str) -> Result<HostRule, Box<Response<Body>>> {
        self.rule(target, call).ok_or_else(|| self.refused(target, call, &Refusal::Unlisted))
    }

    async fn line(
        &self,
        target: &Target,
        rule: &HostRule,
        call: &str,
        tunnel: bool,
    ) -> Result<Line, Box<Response<Body>>> {
        self.dial(target, rule, tunnel).await.map_err(|failure| match failure {
            Failure::Refused(refusal) => self.refused(target, call, &refusal),
            Failure::Unreachable(words) => said(StatusCode::BAD_GATEWAY, "destination_unavailable", words),
            Failure::Late(words) => said(StatusCode::GATEWAY_TIMEOUT, "connection_timeout", words),
        })
    }

    fn malformed(&self, call: &str, asked: &str, words: &'static str) -> Box<Response<Body>> {
        self.deny_malformed(call, asked, words);
        said(StatusCode::BAD_REQUEST, "http_request_error", Refusal::Malformed(words).to_string())
    }

    fn refused(&self, target: &Target, call: &str, refusal: &Refusal) -> Box<Response<Body>> {
        self.deny(call, target, refusal);
        let (error, way) = match refusal.remedy() {
            Remedy::Rule => ("http_request_denied", "the user can allow it"),
            Remedy::PrivateRule => ("destination_ip_prohibited", "the user can allow it"),
            Remedy::Nothing => ("destination_ip_prohibited", "no setting for this name allows it"),
        };
        said(StatusCode::FORBIDDEN, error, format!("{target} is not reached: {refusal}; {way}"))
    }

    /// Sends one request over a connection of its own, so that nothing of it can be taken for a part of another.
    async fn forward(&self, request: Request<Incoming>, target: &Target, line: Line, moved: Arc<Moved>) -> Answer {
        let failed = |words: &str| said(StatusCode::BAD_GATEWAY, "http_protocol_error", format!("{target} {words}"));
        let host = Counted { stream: line.stream, moved: moved.clone() };
        let (mut sender, connection) = hyper::client::conn::http1::Builder::new()
            .max_headers(MOST_FIELDS)
            .max_buf_size(self.limits.head)
            .handshake(TokioIo::new(host))
            .await
            .map_err(|_| failed("cannot be asked"))?;
        let (mut head, body) = request.into_parts();
        let proxy = line.hop.map(|hop| hop.authorization);
        head.uri = if proxy.is_some() { absolute(&head.uri, target) } else { origin(&head.uri) }
            .ok_or_else(|| failed("was asked for a path that is none"))?;
        head.version = hyper::Version::HTTP_11;
        strip(&mut head.headers);
        let host = if target.port == 80 { shown(target) } else { target.to_string() };
        let host = HeaderValue::from_str(&host).map_err(|_| failed("has no name that can be sent"))?;
        head.headers.insert(HOST, host);
        head.headers.insert(CONNECTION, HeaderValue::from_static("close"));
        head.headers.append(VIA, HeaderValue::from_static(NAME));
        if let Some(Some(authorization)) = proxy {
            head.headers.insert(PROXY_AUTHORIZATION, authorization);
        }
        let idle = self.limits.idle;
        // It ends with the answer's body, with the command's connection, or when nothing moves.
        tokio::spawn(async move {
            tokio::select! {
                // How it ended is seen where the answer is read.
                _ = connection => {}
                () = moved.idle(idle) => {}
            }
        });
        let answer = sender.send_request(Request::from_parts(head, body)).await.map_err(|_| failed("hung up"))?;
        let (mut head, body) = answer.into_parts();
        strip(&mut head.headers);
        head.headers.append(VIA, HeaderValue::from_static(NAME));
        Ok(Response::from_parts(head, body.boxed()))
    }
}

/// The path and query alone, as a server wants them.
fn origin(uri: &Uri) -> Option<Uri> {
    uri.path_and_query().map_or("/", |path| path.as_str()).parse().ok()
}

/// The whole address with the host in the spelling that was checked, as a proxy wants it.
fn absolute(uri: &Uri, target: &Target) -> Option<Uri> {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    format!("http://{target}{path}").parse().ok()
}

/// The host without the port.
fn shown(target: &Target) -> String {
    target.to_string().trim_end_matches(":80").to_owned()
}

/// Takes out what concerns one connection alone.
fn strip(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    // Of two lengths the one in pieces counts (RFC 9112, 6.3); the other must not go on.
    if headers.contains_key(TRANSFER_ENCODING) {
        headers.remove(CONTENT_LENGTH);
    }
    for name in named {
        headers.remove(name);
    }
    for name in HOP_BY_HOP {
        headers.remove(*name);
    }
}

fn empty() -> Body {
    words("")
}

fn words(text: &str) -> Body {
    Full::new(Bytes::copy_from_slice(text.as_bytes())).map_err(|never| match never {}).boxed()
}

/// An answer of our own: the reason in words, and its name of RFC 9209.
fn said(status: StatusCode, error: &str, text: String) -> Box<Response<Body>> {
    let mut answer = Response::new(words(&format!("agent: {text}\n")));
    *answer.status_mut() = status;
    answer.headers_mut().insert("content-type", HeaderValue::from_static("text/plain; charset=utf-8"));
    if let Ok(value) = HeaderValue::from_str(&format!("agent; error={error}")) {
        answer.headers_mut().insert(STATUS, value);
    }
    Box::new(answer)
}

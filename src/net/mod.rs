//! The one way to the network: requests as values, and the transport that sends them.

pub mod authorized;
pub mod egress;
pub mod http;
pub mod loopback;
pub mod retry;
mod roots;
pub mod telemetry;

use crate::base::Result;
use crate::base::secret::Secret;
use bytes::Bytes;
use futures_core::Stream;
use futures_core::future::BoxFuture;
use std::pin::Pin;
use std::time::Duration;

/// A request as a codec makes it.
#[derive(Debug, Clone)]
pub struct HttpRequest {
    pub method: Method,
    pub url: String,
    pub headers: Vec<(&'static str, Header)>,
    pub body: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
}

/// A header's value; a secret one is never printed and never recorded.
#[derive(Debug, Clone)]
pub enum Header {
    Plain(String),
    /// Put before the secret, such as `Bearer `.
    Secret(&'static str, Secret),
}

/// A response whose body is still to come.
pub struct HttpResponse {
    pub status: u16,
    /// What the server asked us to wait, where it did.
    pub retry_after: Option<Duration>,
    pub body: Body,
}

pub type Body = Pin<Box<dyn Stream<Item = Result<Bytes>> + Send>>;

/// Sends one request once. The network ([`http::Http`]), a recording, and what records either.
pub trait Transport: Send + Sync {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse>>;
}

/// Proves to a server who asks, where a fixed key in a header is not enough: a signature over the whole request, or a token that
/// has to be fetched or renewed first.
pub trait Authorize: Send + Sync {
    /// Adds its headers to a request that is complete otherwise. Called anew for every attempt.
    fn authorize<'a>(&'a self, request: &'a mut HttpRequest) -> BoxFuture<'a, Result<()>>;

    /// The secrets that it has now, which may be others than at first: none of them may be told to a model.
    fn secrets(&self) -> Vec<Secret>;
}

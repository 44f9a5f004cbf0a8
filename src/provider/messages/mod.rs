//! Anthropic's Messages wire, and all servers that speak it: `POST {base}/v1/messages` with server-sent events.
//!
//! Follows the published Messages API, version `2023-06-01`. Must never reorder or rewrite what earlier calls sent: the
//! list of messages is the last field of the body, so that caches hit.

mod decode;
mod encode;
mod event;

use super::{Decode, Endpoint, Provider, refusal};
use crate::base::model::ModelCall;
use crate::base::{Error, Result};
use crate::net::{Header, HttpRequest, Method};

/// The value of the `anthropic-version` header that we were written for.
const VERSION: &str = "2023-06-01";

/// The codec of one server that speaks Messages.
pub struct Messages(pub Endpoint);

impl Provider for Messages {
    fn encode(&self, call: &ModelCall<'_>) -> Result<HttpRequest> {
        let mut headers = self.0.headers("text/event-stream", "x-api-key", "");
        headers.push(("anthropic-version", Header::Plain(VERSION.into())));
        let url = format!("{}/v1/messages", self.0.base_url);
        Ok(HttpRequest { method: Method::Post, url, headers, body: encode::body(call, &self.0)? })
    }

    fn decoder(&self, model: &str) -> Box<dyn Decode> {
        Box::new(decode::Decoder::new(&self.0.provider, model))
    }

    fn refusal(&self, status: u16, body: &[u8]) -> Error {
        refusal::refuse(&self.0.provider, status, body)
    }
}

//! Amazon Bedrock's Converse wire: `POST {base}/model/{model}/converse-stream`, answered with Amazon's event stream.
//!
//! Follows the Amazon Bedrock API reference. Must never reorder or rewrite what earlier calls sent: the list of messages is the last
//! field of the body, so that caches hit. Who asks is proved by a bearer token here, or by `auth::aws` over the whole request.

mod decode;
mod encode;
mod event;
mod family;
mod fault;
mod shape;

use super::{Decode, Endpoint, Provider};
use crate::base::model::ModelCall;
use crate::base::{Error, Result};
use crate::net::{HttpRequest, Method};
use crate::text::sse::Frames;
use crate::text::{eventstream, percent};

/// The codec of one server that speaks Converse.
pub struct Converse(pub Endpoint);

impl Provider for Converse {
    fn encode(&self, call: &ModelCall<'_>) -> Result<HttpRequest> {
        let headers = self.0.headers("application/vnd.amazon.eventstream", "authorization", "Bearer ");
        // Ids may have a version (`…:0`), and whole ARNs hold slashes.
        let url = format!("{}/model/{}/converse-stream", self.0.base_url, percent::encoded(&call.model.id));
        Ok(HttpRequest { method: Method::Post, url, headers, body: encode::body(call, self.0.quirks.ids)? })
    }

    fn frames(&self) -> Box<dyn Frames> {
        Box::new(eventstream::Decoder::default())
    }

    fn decoder(&self, model: &str) -> Box<dyn Decode> {
        Box::new(decode::Decoder::new(&self.0.provider, model))
    }

    fn refusal(&self, status: u16, body: &[u8]) -> Error {
        fault::refused(&self.0.provider, status, body)
    }
}

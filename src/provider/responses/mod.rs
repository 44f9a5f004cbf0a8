//! The OpenAI Responses wire, spoken by OpenAI and by many servers that follow it.
//!
//! Stateless on purpose: every request carries the whole conversation (`store: false`), so no answer ever depends on
//! what a server remembers. Never names an item that only the server could look up.

mod decode;
mod encode;
mod item;
mod seal;
mod shown;
mod slot;

use super::{Decode, Endpoint, Provider, refusal};
use crate::base::model::ModelCall;
use crate::base::{Error, Result};
use crate::net::{HttpRequest, Method};

/// The codec of `POST {base_url}/responses`.
pub struct Responses(pub Endpoint);

impl Provider for Responses {
    fn encode(&self, call: &ModelCall<'_>) -> Result<HttpRequest> {
        let headers = self.0.headers("text/event-stream", "authorization", "Bearer ");
        let url = format!("{}/responses", self.0.base_url);
        Ok(HttpRequest { method: Method::Post, url, headers, body: encode::body(&self.0, call)? })
    }

    fn decoder(&self, model: &str) -> Box<dyn Decode> {
        Box::new(decode::Decoder::new(&self.0.provider, model))
    }

    fn refusal(&self, status: u16, body: &[u8]) -> Error {
        refusal::refuse(&self.0.provider, status, body)
    }
}

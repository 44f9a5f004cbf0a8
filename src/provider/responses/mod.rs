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
use crate::net::{Header, HttpRequest};

/// The codec of `POST {base_url}/responses`.
pub struct Responses(pub Endpoint);

impl Provider for Responses {
    fn encode(&self, call: &ModelCall<'_>) -> Result<HttpRequest> {
        let mut headers = vec![
            ("content-type", Header::Plain("application/json".into())),
            ("accept", Header::Plain("text/event-stream".into())),
        ];
        if let Some(key) = &self.0.key {
            headers.push(("authorization", Header::Secret("Bearer ", key.clone())));
        }
        let url = format!("{}/responses", self.0.base_url);
        Ok(HttpRequest { url, headers, body: encode::body(&self.0, call)? })
    }

    fn decoder(&self, model: &str) -> Box<dyn Decode> {
        Box::new(decode::Decoder::new(&self.0.provider, model))
    }

    fn refusal(&self, status: u16, body: &[u8]) -> Error {
        refusal::refuse(&self.0.provider, status, body)
    }
}

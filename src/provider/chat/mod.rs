//! OpenAI Chat Completions (`POST {base}/chat/completions`) and the many servers that speak it.
//!
//! Conservative in what it sends: only fields that every server takes, unless the endpoint is the vendor's own.
//! Liberal in what it reads: missing, misplaced and wrongly typed fields are tolerated where the meaning stays clear.
//! Must never move a byte itself, and never send a model's sealed reasoning to another model.

mod calls;
mod chunk;
mod decode;
mod details;
mod effort;
mod encode;
mod fault;
mod history;
mod think;
mod tokens;
mod whole;

use super::{Decode, Endpoint, Provider};
use crate::base::model::ModelCall;
use crate::base::{Error, Result};
use crate::net::{HttpRequest, Method};
use crate::text::sse::Frames;

/// The codec of one server that speaks Chat Completions.
pub struct Chat(pub Endpoint);

impl Provider for Chat {
    fn encode(&self, call: &ModelCall<'_>) -> Result<HttpRequest> {
        let headers = self.0.headers("text/event-stream", "authorization", "Bearer ");
        let url = format!("{}/chat/completions", self.0.base_url);
        Ok(HttpRequest { method: Method::Post, url, headers, body: encode::body(call, &self.0)? })
    }

    fn frames(&self) -> Box<dyn Frames> {
        Box::new(whole::Body::default())
    }

    fn decoder(&self, model: &str) -> Box<dyn Decode> {
        Box::new(decode::Answer::new(&self.0.provider, model))
    }

    fn refusal(&self, status: u16, body: &[u8]) -> Error {
        super::refusal::refuse(&self.0.provider, status, body)
    }
}

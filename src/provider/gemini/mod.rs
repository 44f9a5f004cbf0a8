//! Google's Gemini wire: `POST {base}/models/{model}:streamGenerateContent?alt=sse`, on the Gemini API (`v1beta`) and on Vertex AI
//! (`v1`), which speak the same but for the ids of calls.
//!
//! Must never send a thought signature to another model than the one that made it, nor on another part than the one it came on.

mod chunk;
mod decode;
mod encode;
mod fault;
mod schema;
mod signature;
mod thinking;

use super::{Decode, Endpoint, Provider};
use crate::base::model::ModelCall;
use crate::base::{Error, Result};
use crate::net::{HttpRequest, Method};
use crate::text::percent;

/// The codec of one server that speaks `generateContent`.
pub struct Gemini(pub Endpoint);

impl Gemini {
    /// Does the server know the ids of calls? Vertex refuses a `functionCall` or `functionResponse` with the field
    /// (`Unknown name "id"`) and goes by name and order; its paths are the ones with a publisher in them. Gemini 3 on the
    /// Gemini API matches results by id.
    fn takes_ids(&self) -> bool {
        !self.0.base_url.contains("/publishers/")
    }
}

impl Provider for Gemini {
    fn encode(&self, call: &ModelCall<'_>) -> Result<HttpRequest> {
        let headers = self.0.headers("text/event-stream", "x-goog-api-key", "");
        let id = call.model.id.strip_prefix("models/").unwrap_or(&call.model.id);
        let url = format!("{}/models/{}:streamGenerateContent?alt=sse", self.0.base_url, percent::encoded(id));
        Ok(HttpRequest { method: Method::Post, url, headers, body: encode::body(call, self.takes_ids())? })
    }

    fn decoder(&self, model: &str) -> Box<dyn Decode> {
        Box::new(decode::Answer::new(&self.0, model))
    }

    fn refusal(&self, status: u16, body: &[u8]) -> Error {
        fault::refused(&self.0, status, body)
    }
}

//! Google's Gemini wire.

use super::{Decode, Endpoint, Provider, refusal};
use crate::base::model::ModelCall;
use crate::base::{Error, Kind, Result};
use crate::net::HttpRequest;

/// The codec.
pub struct Gemini(pub Endpoint);

impl Provider for Gemini {
    fn encode(&self, _call: &ModelCall<'_>) -> Result<HttpRequest> {
        Err(Error::new(Kind::Provider, "this wire is not there yet"))
    }

    fn decoder(&self, _model: &str) -> Box<dyn Decode> {
        super::codec(crate::base::model::Wire::Chat, self.0.clone()).decoder("")
    }

    fn refusal(&self, status: u16, body: &[u8]) -> Error {
        refusal::refuse(&self.0.provider, status, body)
    }
}

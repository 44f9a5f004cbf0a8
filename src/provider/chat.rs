//! placeholder
use super::{Decode, Endpoint, Provider};
use crate::base::model::ModelCall;
use crate::base::{Error, Result};
use crate::net::HttpRequest;
pub struct Chat(pub Endpoint);
impl Provider for Chat {
    fn encode(&self, _call: &ModelCall<'_>) -> Result<HttpRequest> {
        Err(Error::usage(self.0.base_url.clone()))
    }
    fn decoder(&self, _model: &str) -> Box<dyn Decode> {
        unreachable!()
    }
    fn refusal(&self, status: u16, body: &[u8]) -> Error {
        super::refusal::refuse(&self.0.provider, status, body)
    }
}

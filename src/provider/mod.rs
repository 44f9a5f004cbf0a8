//! Model providers as pure codecs: neutral calls to HTTP requests, event frames to neutral answers.
//!
//! A codec never moves a byte, never sleeps, never reads a clock or a file: `net` does the moving, `session` decides
//! about retries and money. Adding a wire is one folder here, one variant of `Wire`, and one line in [`codec`].

pub mod chat;
pub mod claude;
pub mod converse;
pub mod discover;
pub mod gemini;
pub mod ids;
pub mod messages;
pub mod probe;
pub mod refusal;
pub mod replay;
pub mod responses;
pub mod words;

use crate::base::model::{Delta, Finish, ModelCall, Usage, Wire};
use crate::base::quirks::Quirks;
use crate::base::secret::Secret;
use crate::base::{Error, Result};
use crate::net::{Header, HttpRequest};
use crate::text::sse::{self, Frame, Frames};
use std::sync::Arc;

/// A provider's wire format.
pub trait Provider: Send + Sync {
    /// Messages, tools and options to URL, headers and JSON. The same call gives the same bytes, and a call with more
    /// messages gives a body whose beginning is the same up to the new ones.
    fn encode(&self, call: &ModelCall<'_>) -> Result<HttpRequest>;

    /// How the body of an answer is cut into frames.
    fn frames(&self) -> Box<dyn Frames> {
        Box::new(sse::Decoder::default())
    }

    /// A decoder for one response to a call of `model` (`provider/id`, which seals its reasoning).
    fn decoder(&self, model: &str) -> Box<dyn Decode>;

    /// What an HTTP status other than 200 means: what went wrong, what to do, may it be tried again.
    fn refusal(&self, status: u16, body: &[u8]) -> Error;
}

/// Turns the frames of one response into deltas and, at the end, the whole answer.
pub trait Decode: Send {
    /// Takes one frame and adds what people may see of it to `deltas`. An error inside a 200 stream is an `Err`.
    fn frame(&mut self, frame: &Frame, deltas: &mut Vec<Delta>) -> Result<()>;

    /// Has the terminal event come? Then nothing more has to be waited for.
    fn complete(&self) -> bool;

    /// Is the answer whole, though the terminal event may still come? Then an end without it is an end.
    fn settled(&self) -> bool {
        self.complete()
    }

    /// What is known to have been used so far; also of an answer that failed.
    fn usage(&self) -> Usage;

    /// The whole answer; an error when the terminal event never came.
    fn finish(self: Box<Self>) -> Result<Finish>;
}

/// Where requests go, and what that server can and cannot take.
#[derive(Debug, Clone, Default)]
pub struct Endpoint {
    /// The provider's name in the configuration; used in messages.
    pub provider: String,
    /// Without a trailing slash.
    pub base_url: String,
    /// `None` for local servers.
    pub key: Option<Secret>,
    /// The header that carries the key, where it is not the one of the wire.
    pub key_header: Option<&'static str>,
    /// Is it the vendor's own server, which takes fields that compatible servers may reject?
    pub official: bool,
    /// What it does differently.
    pub quirks: Quirks,
}

impl Endpoint {
    /// The headers of a request for JSON that answers in `accept`, with the key in `key_header`, behind `prefix`, where the
    /// endpoint has none of its own.
    fn headers(&self, accept: &str, key_header: &'static str, prefix: &'static str) -> Vec<(&'static str, Header)> {
        let mut headers =
            vec![("content-type", Header::Plain("application/json".into())), ("accept", Header::Plain(accept.into()))];
        if let Some(key) = &self.key {
            let (name, prefix) = self.key_header.map_or((key_header, prefix), |name| (name, ""));
            headers.push((name, Header::Secret(prefix, key.clone())));
        }
        headers
    }
}

/// The codec of a wire.
pub fn codec(wire: Wire, endpoint: Endpoint) -> Arc<dyn Provider> {
    match wire {
        Wire::Responses => Arc::new(responses::Responses(endpoint)),
        Wire::Chat => Arc::new(chat::Chat(endpoint)),
        Wire::Messages => Arc::new(messages::Messages(endpoint)),
        Wire::Gemini => Arc::new(gemini::Gemini(endpoint)),
        Wire::Converse => Arc::new(converse::Converse(endpoint)),
    }
}

//! Recorded streams: a transport that plays them, and one that writes them while it passes bytes through.
//!
//! A recording is JSON lines. The first names the model; each further one is an exchange in order: the status, the body as
//! it came, and whether it was cut short. No request and no header is recorded, and a key that a server says is redacted.

use crate::base::model::Wire;
use crate::base::{Error, Kind, Result};
use crate::disk::Disk;
use crate::net::{Body, HttpRequest, HttpResponse, Transport};
use crate::text::redact::Redactor;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_core::future::BoxFuture;
use futures_util::{StreamExt, stream};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The first line of a recording.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Title {
    /// The version of this format.
    pub agent_recording: u32,
    /// `provider/model`.
    pub model: String,
    pub wire: Wire,
}

/// One request's answer.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Exchange {
    /// 0 where there was none: `cut` says why.
    status: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
    /// Text; left out where the bytes are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<String>,
    /// Bytes that are no text, in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body_base64: Option<String>,
    /// The error with which the body broke off, or because of which there was no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cut: Option<String>,
    /// What kind of error, where it is not one of the transport.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kind: Option<Kind>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    hints: Vec<String>,
}

/// Plays a recording: each request gets the next answer.
pub struct Replay {
    pub title: Title,
    exchanges: Mutex<VecDeque<Exchange>>,
}

impl Replay {
    /// Reads a recording; `name` is for messages.
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        let bad = |line: usize, why: &dyn std::fmt::Display| {
            Error::usage(format!("`{name}` is not a recording, line {line}: {why}"))
                .hint("a recording is written by `agent run --record FILE`")
        };
        let mut lines = text.lines().enumerate();
        let (_, first) = lines.next().ok_or_else(|| bad(1, &"it is empty"))?;
        let title: Title = serde_json::from_str(first).map_err(|error| bad(1, &error))?;
        if title.agent_recording != 1 {
            return Err(bad(1, &format!("version {} is not known", title.agent_recording)));
        }
        let read = |(index, line): (usize, &str)| {
            let exchange: Exchange = serde_json::from_str(line).map_err(|error| bad(index + 1, &error))?;
            exchange.bytes().map_err(|why| bad(index + 1, &why))?;
            Ok(exchange)
        };
        let exchanges = lines.map(read).collect::<Result<VecDeque<Exchange>>>()?;
        Ok(Self { title, exchanges: Mutex::new(exchanges) })
    }
}

impl Exchange {
    /// Keeps a body: as text where it is text, so that it can be read.
    fn keep(&mut self, bytes: Vec<u8>) {
        match String::from_utf8(bytes) {
            Ok(text) => self.body = Some(text),
            Err(error) => self.body_base64 = Some(STANDARD.encode(error.into_bytes())),
        }
    }

    /// The body as it came; the error is words.
    fn bytes(&self) -> std::result::Result<Vec<u8>, String> {
        match (&self.body, &self.body_base64) {
            (Some(text), None) => Ok(text.clone().into_bytes()),
            (None, Some(encoded)) => STANDARD.decode(encoded).map_err(|error| format!("`body_base64`: {error}")),
            (None, None) => Err("missing field `body`".into()),
            (Some(_), Some(_)) => Err("there are two bodies".into()),
        }
    }

    /// Without keys. In bytes that are no text a key is found where it stands in one piece; they can then no longer be read as what
    /// they were, and that is better than a key in a file.
    /// What a model said is kept as it is, but for the secrets of this run: sealed reasoning must stay whole, and a test may hold a
    /// token that was made up.
    fn redact(&mut self, redactor: &Redactor) {
        self.body = self.body.take().map(|text| redactor.exact(text));
        if let Some(bytes) = self.body_base64.as_ref().and_then(|encoded| STANDARD.decode(encoded).ok()) {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let clean = redactor.exact(text.clone());
            if clean != text {
                (self.body, self.body_base64) = (Some(clean), None);
            }
        }
        self.cut = self.cut.take().map(|why| redactor.exact(why));
    }
}

impl Transport for Replay {
    fn send(&self, _request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse>> {
        let next = self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        Box::pin(async move {
            let exchange = next.ok_or_else(|| {
                Error::new(Kind::Provider, "the recording is over, and the model was asked once more")
                    .hint("a recording knows its own task alone, in the folder as it was when it was recorded")
            })?;
            let kind = exchange.kind.unwrap_or(Kind::Network);
            let body = exchange.bytes().unwrap_or_default();
            let hints = exchange.hints;
            let end = exchange.cut.map(|why| Error { hints, ..Error::new(kind, why) });
            if exchange.status == 0 {
                return Err(end.unwrap_or_else(|| Error::new(kind, "there was no answer")));
            }
            let pieces = stream::iter(std::iter::once(Ok(Bytes::from(body))).chain(end.map(Err)));
            Ok(HttpResponse {
                status: exchange.status,
                retry_after: exchange.retry_after_ms.map(Duration::from_millis),
                body: Box::pin(pieces),
            })
        })
    }
}

/// Passes everything on and writes the answers to a file.
pub struct Recorder {
    inner: Arc<dyn Transport>,
    reel: Arc<Reel>,
}

/// The file, and what is to go into it. An answer may still be read while the next one ends; they are written in order.
struct Reel {
    path: PathBuf,
    disk: Disk,
    redactor: Redactor,
    state: Mutex<State>,
}

struct State {
    file: File,
    begun: u64,
    written: u64,
    /// Answers that have ended before an earlier one did.
    waiting: BTreeMap<u64, Exchange>,
}

impl Recorder {
    /// Starts a recording at `path`, which must not exist.
    pub fn create(
        path: &Path,
        title: &Title,
        inner: Arc<dyn Transport>,
        disk: Disk,
        redactor: Redactor,
    ) -> Result<Self> {
        let mut file = disk.create_private_file(path).map_err(|error| {
            Error::io("create", path.display(), &error).kind(Kind::Usage).hint("--record takes the path of a new file")
        })?;
        write_line(&mut file, &disk, title).map_err(|error| Error::io("write", path.display(), &error))?;
        let state = Mutex::new(State { file, begun: 0, written: 0, waiting: BTreeMap::new() });
        Ok(Self { inner, reel: Arc::new(Reel { path: path.into(), disk, redactor, state }) })
    }
}

impl Reel {
    /// The number of the next answer.
    fn begin(&self) -> u64 {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.begun += 1;
        state.begun
    }

    /// Writes the answers that have ended and have no earlier one before them that has not.
    fn end(&self, number: u64, mut exchange: Exchange) -> Result<()> {
        exchange.redact(&self.redactor);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let State { file, written, waiting, .. } = &mut *state;
        waiting.insert(number, exchange);
        while let Some(next) = waiting.remove(&(*written + 1)) {
            *written += 1;
            write_line(file, &self.disk, &next).map_err(|error| Error::io("write", self.path.display(), &error))?;
        }
        Ok(())
    }
}

fn write_line(file: &mut File, disk: &Disk, value: &impl Serialize) -> std::io::Result<()> {
    let mut line = serde_json::to_string(value).unwrap_or_default();
    line.push('\n');
    disk.write(file, line.as_bytes())
}

impl Transport for Recorder {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse>> {
        Box::pin(async move {
            let number = self.reel.begin();
            let mut tape =
                Tape { body: None, heard: Vec::new(), exchange: Exchange::default(), number, reel: self.reel.clone() };
            let HttpResponse { status, retry_after, body } = match self.inner.send(request).await {
                Ok(response) => response,
                Err(error) => {
                    tape.cut(&error);
                    return Err(error);
                }
            };
            tape.exchange.status = status;
            tape.exchange.retry_after_ms = retry_after.map(|wait| wait.as_millis() as u64);
            tape.body = Some(body);
            Ok(HttpResponse { status, retry_after, body: tape.into_body() })
        })
    }
}

/// One answer while it passes; written when it ends or is dropped, which is how a finished answer is left.
struct Tape {
    body: Option<Body>,
    heard: Vec<u8>,
    exchange: Exchange,
    number: u64,
    reel: Arc<Reel>,
}

impl Tape {
    fn cut(&mut self, error: &Error) {
        self.exchange.cut = Some(error.message.clone());
        self.exchange.kind = (error.kind != Kind::Network).then_some(error.kind);
        self.exchange.hints.clone_from(&error.hints);
    }

    fn into_body(self) -> Body {
        Box::pin(stream::unfold(self, |mut tape| async move {
            let item = tape.body.as_mut()?.next().await?;
            match &item {
                Ok(chunk) => tape.heard.extend_from_slice(chunk),
                Err(error) => tape.cut(error),
            }
            Some((item, tape))
        }))
    }
}

impl Drop for Tape {
    fn drop(&mut self) {
        let mut exchange = std::mem::take(&mut self.exchange);
        exchange.keep(std::mem::take(&mut self.heard));
        // A recording that cannot be written must not end the task that it records.
        let _ = self.reel.end(self.number, exchange);
    }
}

//! Recorded streams: a transport that plays them, and one that writes them while it passes bytes through.
//!
//! A recording is JSON lines. The first names the model; each further one is an exchange in order: the status, the body as
//! it came, and whether it was cut short. No request and no header is recorded, so no key can be.

use crate::base::model::Wire;
use crate::base::{Error, Kind, Result};
use crate::disk::Disk;
use crate::net::{Body, HttpRequest, HttpResponse, Transport};
use bytes::Bytes;
use futures_core::future::BoxFuture;
use futures_util::{StreamExt, stream};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Exchange {
    status: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry_after_ms: Option<u64>,
    body: String,
    /// The error with which the body broke off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cut: Option<String>,
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
        let exchanges = lines
            .map(|(index, line)| serde_json::from_str(line).map_err(|error| bad(index + 1, &error)))
            .collect::<Result<VecDeque<Exchange>>>()?;
        Ok(Self { title, exchanges: Mutex::new(exchanges) })
    }
}

impl Transport for Replay {
    fn send(&self, _request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse>> {
        let next = self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        Box::pin(async move {
            let exchange = next.ok_or_else(|| {
                Error::new(Kind::Provider, "the recording is over, and the model was asked once more")
                    .hint("replay it in the state of the folder in which it was recorded")
            })?;
            let end = exchange.cut.map(|why| Err(Error::new(Kind::Network, why)));
            let pieces = stream::iter(std::iter::once(Ok(Bytes::from(exchange.body))).chain(end));
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
    file: Arc<Mutex<File>>,
    path: PathBuf,
    disk: Disk,
}

impl Recorder {
    /// Starts a recording at `path`, which must not exist.
    pub fn create(path: &Path, title: &Title, inner: Arc<dyn Transport>, disk: Disk) -> Result<Self> {
        let file = disk.create_private_file(path).map_err(|error| {
            Error::io("create", path.display(), &error).kind(Kind::Usage).hint("--record takes the path of a new file")
        })?;
        let recorder = Self { inner, file: Arc::new(Mutex::new(file)), path: path.into(), disk };
        recorder.line(title)?;
        Ok(recorder)
    }

    fn line(&self, value: &impl Serialize) -> Result<()> {
        write_line(&self.file, &self.disk, &self.path, value)
    }
}

fn write_line(file: &Mutex<File>, disk: &Disk, path: &Path, value: &impl Serialize) -> Result<()> {
    let mut line = serde_json::to_string(value).unwrap_or_default();
    line.push('\n');
    let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
    disk.write(&mut *file, line.as_bytes()).map_err(|error| Error::io("write", path.display(), &error))
}

impl Transport for Recorder {
    fn send(&self, request: HttpRequest) -> BoxFuture<'_, Result<HttpResponse>> {
        Box::pin(async move {
            let response = self.inner.send(request).await?;
            let tape = Tape {
                body: Some(response.body),
                heard: Vec::new(),
                exchange: Exchange {
                    status: response.status,
                    retry_after_ms: response.retry_after.map(|wait| wait.as_millis() as u64),
                    body: String::new(),
                    cut: None,
                },
                file: self.file.clone(),
                path: self.path.clone(),
                disk: self.disk.clone(),
            };
            Ok(HttpResponse { status: response.status, retry_after: response.retry_after, body: tape.into_body() })
        })
    }
}

/// One answer while it passes; written when it ends or is dropped, which is how a finished answer is left.
struct Tape {
    body: Option<Body>,
    heard: Vec<u8>,
    exchange: Exchange,
    file: Arc<Mutex<File>>,
    path: PathBuf,
    disk: Disk,
}

impl Tape {
    fn into_body(self) -> Body {
        Box::pin(stream::unfold(self, |mut tape| async move {
            let item = tape.body.as_mut()?.next().await?;
            match &item {
                Ok(chunk) => tape.heard.extend_from_slice(chunk),
                Err(error) => tape.exchange.cut = Some(error.message.clone()),
            }
            Some((item, tape))
        }))
    }
}

impl Drop for Tape {
    fn drop(&mut self) {
        self.exchange.body = String::from_utf8_lossy(&self.heard).into_owned();
        // A recording that cannot be written must not end the task that it records.
        let _ = write_line(&self.file, &self.disk, &self.path, &self.exchange);
    }
}

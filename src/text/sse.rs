//! Server-sent events, decoded from bytes that arrive in any pieces.
//!
//! Follows the WHATWG "event stream interpretation" rules (LF, CRLF or CR line ends, comments, one BOM, several
//! `data:` lines joined by LF). Written here because it has to be pure, so that streams cut at every byte are plain
//! tests, and bounded, so that a hostile server cannot fill the memory.

use crate::base::{Error, Kind, Result};

/// Bytes that one event may have.
pub const MAX_EVENT: usize = 16 * 1024 * 1024;

/// One dispatched event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frame {
    /// The `event:` field; empty where the server sent none.
    pub event: String,
    pub data: String,
}

/// Takes bytes as they come, gives the frames that are whole.
pub trait Frames: Send {
    fn push(&mut self, bytes: &[u8], frames: &mut Vec<Frame>) -> Result<()>;
}

/// Takes bytes, gives frames.
#[derive(Debug, Default)]
pub struct Decoder {
    line: Vec<u8>,
    frame: Frame,
    has_data: bool,
    after_cr: bool,
    started: bool,
}

impl Frames for Decoder {
    /// Decodes what came; an event without its closing blank line stays inside until more comes, and is dropped at the
    /// end of the stream, as the standard says.
    fn push(&mut self, mut bytes: &[u8], frames: &mut Vec<Frame>) -> Result<()> {
        while let Some(&first) = bytes.first() {
            if std::mem::take(&mut self.after_cr) && first == b'\n' {
                bytes = &bytes[1..];
                continue;
            }
            let Some(end) = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')) else {
                self.line.extend_from_slice(bytes);
                return self.check_size();
            };
            self.line.extend_from_slice(&bytes[..end]);
            self.check_size()?;
            self.after_cr = bytes[end] == b'\r';
            bytes = &bytes[end + 1..];
            self.end_of_line(frames);
        }
        Ok(())
    }
}

impl Decoder {
    fn check_size(&self) -> Result<()> {
        if self.line.len() + self.frame.data.len() > MAX_EVENT {
            return Err(Error::new(
                Kind::Provider,
                format!("the provider sent an event of more than {} MiB", MAX_EVENT >> 20),
            ));
        }
        Ok(())
    }

    fn end_of_line(&mut self, frames: &mut Vec<Frame>) {
        let mut line = std::mem::take(&mut self.line);
        if !std::mem::replace(&mut self.started, true) && line.starts_with(b"\xEF\xBB\xBF") {
            line.drain(..3);
        }
        if line.is_empty() {
            let frame = std::mem::take(&mut self.frame);
            if std::mem::take(&mut self.has_data) {
                frames.push(frame);
            }
        } else {
            self.field(&String::from_utf8_lossy(&line));
        }
        line.clear();
        self.line = line;
    }

    fn field(&mut self, line: &str) {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "data" => {
                if std::mem::replace(&mut self.has_data, true) {
                    self.frame.data.push('\n');
                }
                self.frame.data.push_str(value);
            }
            "event" => value.clone_into(&mut self.frame.event),
            _ => {}
        }
    }
}

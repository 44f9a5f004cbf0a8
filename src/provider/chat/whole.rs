//! Bodies of servers that answer with one JSON object in the place of a stream, because they were asked to or because they
//! cannot do otherwise. Must never keep more than a stream's largest event.

use crate::base::{Error, Kind, Result};
use crate::text::sse::{Decoder, Frame, Frames, MAX_EVENT};

/// Cuts a body into frames, whichever of the two it turns out to be.
#[derive(Default)]
pub struct Body {
    kind: Shape,
}

#[derive(Default)]
enum Shape {
    #[default]
    Unknown,
    Stream(Decoder),
    Object(Object),
}

impl Frames for Body {
    fn push(&mut self, bytes: &[u8], frames: &mut Vec<Frame>) -> Result<()> {
        if matches!(self.kind, Shape::Unknown) {
            // No line of a stream that means anything begins with a brace.
            match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
                Some(b'{') => self.kind = Shape::Object(Object::default()),
                Some(_) => self.kind = Shape::Stream(Decoder::default()),
                // Blank lines alone change nothing in either.
                None => return Ok(()),
            }
        }
        match &mut self.kind {
            Shape::Unknown => Ok(()),
            Shape::Stream(decoder) => decoder.push(bytes, frames),
            Shape::Object(object) => object.push(bytes, frames),
        }
    }
}

/// A JSON object while it comes.
#[derive(Default)]
struct Object {
    bytes: Vec<u8>,
    depth: usize,
    inside_text: bool,
    escaped: bool,
}

impl Object {
    fn push(&mut self, bytes: &[u8], frames: &mut Vec<Frame>) -> Result<()> {
        for &byte in bytes {
            if self.depth == 0 && byte != b'{' {
                continue;
            }
            self.bytes.push(byte);
            if self.bytes.len() > MAX_EVENT {
                return Err(Error::new(
                    Kind::Provider,
                    format!("the server sent an answer of more than {} MiB in one piece", MAX_EVENT >> 20),
                ));
            }
            if self.closes(byte) {
                let data = String::from_utf8_lossy(&std::mem::take(&mut self.bytes)).into_owned();
                frames.push(Frame { event: String::new(), data });
            }
        }
        Ok(())
    }

    /// Counts braces outside of strings; true at the one that closes the object.
    fn closes(&mut self, byte: u8) -> bool {
        if self.inside_text {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.inside_text = false,
                _ => {}
            }
            return false;
        }
        match byte {
            b'"' => self.inside_text = true,
            b'{' => self.depth += 1,
            b'}' => {
                self.depth = self.depth.saturating_sub(1);
                return self.depth == 0;
            }
            _ => {}
        }
        false
    }
}

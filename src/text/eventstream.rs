//! Amazon's event streams (`application/vnd.amazon.eventstream`), decoded from bytes that arrive in any pieces.
//!
//! A message is its length, the length of its headers, a checksum of these two, headers, payload, and a checksum of all. Headers and
//! payload are read by `aws-smithy-eventstream`; cut into messages here, because that has to be bounded, and because a length that
//! does not fit its checksum must not be waited for.

use super::sse::{Frame, Frames};
use crate::base::{Error, Kind, Result};
use aws_smithy_eventstream::frame::read_message_from;
use aws_smithy_types::event_stream::Message;

/// Bytes that one message may have.
pub const MAX_MESSAGE: usize = 16 * 1024 * 1024;

/// Bytes of both lengths and their checksum, which begin every message.
const PRELUDE: usize = 12;

/// The least a message can have: a prelude and the checksum at its end.
const LEAST: usize = PRELUDE + 4;

/// Takes bytes, gives a frame for each message: its `event` is the `:event-type` of an event, `exception:TYPE` of an exception and
/// `error:CODE` of an error; its `data` is the payload, which of an error is made up from the message in its header.
#[derive(Debug, Default)]
pub struct Decoder {
    /// What came of the message under way.
    buffer: Vec<u8>,
}

impl Frames for Decoder {
    /// Decodes what came. A message that is not whole stays inside until more comes, and is dropped at the end of the stream.
    fn push(&mut self, bytes: &[u8], frames: &mut Vec<Frame>) -> Result<()> {
        self.buffer.extend_from_slice(bytes);
        let mut taken = 0;
        while let Some(message) = whole(self.buffer.get(taken..).unwrap_or_default())? {
            taken += message.len();
            let message = read_message_from(message).map_err(|cause| broken(&cause.to_string()))?;
            frames.extend(frame(&message));
        }
        self.buffer.drain(..taken);
        Ok(())
    }
}

/// The first message of `bytes`, if all of it is there.
fn whole(bytes: &[u8]) -> Result<Option<&[u8]>> {
    let (Some(lengths), Some(length), Some(checksum)) = (bytes.get(..8), number(bytes, 0), number(bytes, 8)) else {
        return Ok(None);
    };
    if crc32(lengths) != checksum {
        return Err(broken("the lengths do not fit their checksum"));
    }
    let length = length as usize;
    if length > MAX_MESSAGE {
        let limit = MAX_MESSAGE >> 20;
        return Err(Error::new(Kind::Provider, format!("the provider sent an event of more than {limit} MiB")));
    }
    if length < LEAST {
        return Err(broken("a message is shorter than any can be"));
    }
    Ok(bytes.get(..length))
}

/// The big-endian number at `at`.
fn number(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes)
}

/// The checksum of a prelude: CRC-32 as in gzip, bit by bit since it is of eight bytes.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| (sum >> 1) ^ (0xEDB8_8320 & (sum & 1).wrapping_neg()))
    })
}

/// A stream that was damaged on its way, which is worth another try.
fn broken(why: &str) -> Error {
    Error::new(Kind::Transient, format!("the provider sent what is no event stream: {why}"))
}

/// Messages of a kind that the protocol does not name are passed over.
fn frame(message: &Message) -> Option<Frame> {
    let header = |name: &str| {
        let header = message.headers().iter().find(|header| header.name().as_str() == name);
        header.and_then(|header| header.value().as_string().ok()).map_or("", |text| text.as_str())
    };
    let payload = || String::from_utf8_lossy(message.payload()).into_owned();
    match header(":message-type") {
        "event" => Some(Frame { event: header(":event-type").to_owned(), data: payload() }),
        "exception" => Some(Frame { event: format!("exception:{}", header(":exception-type")), data: payload() }),
        "error" => Some(Frame {
            event: format!("error:{}", header(":error-code")),
            data: serde_json::json!({ "message": header(":error-message") }).to_string(),
        }),
        _ => None,
    }
}

//! What the renderers share: events in the order they go out, the pieces a text is streamed in, and the ids of
//! the nth answer.

use serde_json::Value;

use super::memory::Memory;
use super::reply::{Reply, Say, Wire};

/// The moment all fake servers live in, so that what they send is the same in every run.
pub const CREATED: u64 = 1_750_000_000;

/// The one model there is.
pub const MODEL: &str = "test-model";

/// Where an event stands in an answer; an error in mid-stream comes after the last delta.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Phase {
    Opening,
    Delta,
    Closing,
}

pub struct Event {
    pub phase: Phase,
    pub bytes: Vec<u8>,
}

/// An answer as it goes out, and what the server has to remember of it.
#[derive(Default)]
pub struct Rendered {
    pub events: Vec<Event>,
    pub learned: Memory,
}

/// What the request asked of the stream.
#[derive(Clone, Copy)]
pub struct Wishes {
    /// Chat: `stream_options.include_usage`.
    pub usage: bool,
    /// Responses: `include` has `reasoning.encrypted_content`.
    pub encrypted: bool,
    /// Responses: `store` is not false.
    pub store: bool,
    /// Messages: `thinking.display` is not `omitted`.
    pub thinking: bool,
}

impl Wishes {
    pub const ALL: Wishes = Wishes { usage: true, encrypted: true, store: false, thinking: true };

    pub fn of(body: &Value) -> Wishes {
        let includes = super::shape::list(body, "include");
        Wishes {
            usage: body["stream_options"]["include_usage"] == true,
            encrypted: includes.iter().any(|name| name == "reasoning.encrypted_content"),
            store: body["store"] != false,
            thinking: body["thinking"]["display"] != "omitted",
        }
    }
}

impl Rendered {
    /// An event with its name, as Responses and Messages send it.
    pub fn named(&mut self, phase: Phase, name: &str, data: &Value) {
        self.events.push(Event { phase, bytes: format!("event: {name}\ndata: {data}\n\n").into_bytes() });
    }

    pub fn unnamed(&mut self, phase: Phase, data: &str) {
        self.events.push(Event { phase, bytes: format!("data: {data}\n\n").into_bytes() });
    }

    pub fn body(&self) -> Vec<u8> {
        self.events.iter().flat_map(|event| event.bytes.iter().copied()).collect()
    }

    /// Leaves what comes before an error: up to the last delta, with the item it belongs to unfinished.
    pub fn keep_prefix(&mut self) {
        let last_delta = self.events.iter().rposition(|event| event.phase == Phase::Delta);
        let first_closing = self.events.iter().position(|event| event.phase == Phase::Closing);
        let keep = last_delta.map(|at| at + 1).or(first_closing).unwrap_or(self.events.len());
        self.events.truncate(keep);
    }
}

pub fn render(wire: Wire, reply: &Reply, nth: usize, wishes: Wishes) -> Rendered {
    match wire {
        Wire::Responses => super::responses::render(reply, nth, wishes),
        Wire::Chat => super::chat::render(reply, nth, wishes),
        Wire::Messages => super::messages::render(reply, nth, wishes),
        Wire::Gemini => super::gemini::render(reply, nth, wishes),
        Wire::Converse => super::converse::render(reply, nth),
    }
}

/// The reply up to its last delta and then the wire's error event.
pub fn render_error(wire: Wire, prefix: &Reply, nth: usize, wishes: Wishes, kind: &str, message: &str) -> Rendered {
    let mut rendered = render(wire, prefix, nth, wishes);
    rendered.keep_prefix();
    match wire {
        Wire::Responses => super::responses::render_error(&mut rendered, nth, kind, message),
        Wire::Chat => super::chat::render_error(&mut rendered, kind, message),
        Wire::Messages => super::messages::render_error(&mut rendered, nth, kind, message),
        Wire::Gemini => super::gemini::render_error(&mut rendered, kind, message),
        Wire::Converse => super::converse::render_error(&mut rendered, kind, message),
    }
    rendered
}

/// An id nothing else in the answers of one server has. All are of one width, so that the length of a rendered reply
/// does not depend on its number.
pub fn id(prefix: &str, nth: usize, item: usize) -> String {
    format!("{prefix}_lab{nth:04}x{item:02}")
}

/// The number after the highest reply whose ids occur in a request. A server that is started for the second half of a
/// session must not hand out ids of the first half again, as no real one would.
pub fn next_number(raw: &[u8]) -> usize {
    let numbers = raw.windows(9).filter_map(|window| {
        let digits = window.strip_prefix(b"_lab")?.strip_suffix(b"x")?;
        std::str::from_utf8(digits).ok()?.parse::<usize>().ok()
    });
    numbers.max().map_or(0, |highest| highest + 1)
}

/// Cuts a text into the pieces it is streamed in: several, none empty, each whole characters. Long texts get longer
/// pieces, so that a megabyte does not become a hundred thousand events.
pub fn pieces(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    let size = (characters.len() / 64).max(7);
    characters.chunks(size).map(|chunk| chunk.iter().collect()).collect()
}

/// Name and arguments of a function call, where the wire has function calls only.
pub fn function_call(say: &Say) -> Option<(&str, String)> {
    match say {
        Say::Call { name, input } => Some((name, input.to_string())),
        Say::RawCall { name, arguments } => Some((name, arguments.clone())),
        Say::Custom { name, input } => Some((name, serde_json::json!({ "input": input }).to_string())),
        Say::Think(_) | Say::Text(_) | Say::Refuse(_) => None,
    }
}

/// A stand-in for what vendors encrypt or sign: depends on every character of the text, and cannot be read back.
pub fn seal(text: &str, nth: usize, item: usize) -> String {
    // FNV-1a; nobody attacks a fake, it only has to notice a change.
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in text.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    // Base64, since some wires say that it is.
    format!("{hash:016x}{nth:04}{item:02}{hash:016X}/+AA==")
}

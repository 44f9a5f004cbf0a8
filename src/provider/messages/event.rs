//! The published events of a Messages stream, as far as they matter to us, read without copying.
//!
//! Must never fail on what a server adds, leaves out or types differently: such a field reads as absent. It fails on
//! text that cannot be read, because dropping a piece of an answer would be worse than trying again.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Any event. `RawMessageStreamEvent`, and the `ErrorResponse` that may come instead.
#[derive(Deserialize)]
pub(super) struct Event<'a> {
    #[serde(rename = "type", default, borrow, deserialize_with = "text")]
    pub kind: Cow<'a, str>,
    #[serde(default, deserialize_with = "number")]
    pub index: Option<u64>,
    #[serde(default, borrow, deserialize_with = "object")]
    pub delta: Piece<'a>,
    #[serde(default, borrow, deserialize_with = "object")]
    pub content_block: Opening<'a>,
    #[serde(default, deserialize_with = "object")]
    pub message: Start,
    #[serde(default, deserialize_with = "object")]
    pub usage: Counts,
    #[serde(default, borrow)]
    pub error: Option<&'a RawValue>,
}

/// The `delta` of `content_block_delta` and of `message_delta`.
#[derive(Deserialize, Default)]
pub(super) struct Piece<'a> {
    #[serde(rename = "type", default, borrow, deserialize_with = "text")]
    pub kind: Cow<'a, str>,
    #[serde(default, borrow, deserialize_with = "text")]
    pub text: Cow<'a, str>,
    #[serde(default, borrow, deserialize_with = "text")]
    pub thinking: Cow<'a, str>,
    #[serde(default, borrow, deserialize_with = "text")]
    pub signature: Cow<'a, str>,
    #[serde(default, borrow, deserialize_with = "text")]
    pub partial_json: Cow<'a, str>,
    #[serde(default, borrow, deserialize_with = "text")]
    pub stop_reason: Cow<'a, str>,
    #[serde(default, borrow, deserialize_with = "object")]
    pub stop_details: StopDetails<'a>,
}

/// `RefusalStopDetails`.
#[derive(Deserialize, Default)]
pub(super) struct StopDetails<'a> {
    #[serde(default, borrow, deserialize_with = "text")]
    pub explanation: Cow<'a, str>,
}

/// The block of `content_block_start`, of whatever type.
#[derive(Deserialize, Default)]
pub(super) struct Opening<'a> {
    #[serde(rename = "type", default, borrow, deserialize_with = "text")]
    pub kind: Cow<'a, str>,
    #[serde(default, borrow, deserialize_with = "text")]
    pub text: Cow<'a, str>,
    #[serde(default, borrow, deserialize_with = "text")]
    pub thinking: Cow<'a, str>,
    #[serde(default, borrow, deserialize_with = "text")]
    pub signature: Cow<'a, str>,
    #[serde(default, borrow, deserialize_with = "text")]
    pub data: Cow<'a, str>,
    #[serde(default, borrow, deserialize_with = "text")]
    pub id: Cow<'a, str>,
    #[serde(default, borrow, deserialize_with = "text")]
    pub name: Cow<'a, str>,
    #[serde(default, borrow)]
    pub input: Option<&'a RawValue>,
}

impl Opening<'_> {
    /// The input that a compatible server gave whole; empty where the pieces are still to come.
    pub fn whole_input(&self) -> String {
        let raw = self.input.map(RawValue::get).unwrap_or_default();
        if raw.starts_with('"') {
            return serde_json::from_str(raw).unwrap_or_default();
        }
        let is_empty_object = raw.bytes().filter(|byte| !byte.is_ascii_whitespace()).eq(*b"{}");
        if is_empty_object { String::new() } else { raw.to_owned() }
    }
}

/// The message of `message_start`.
#[derive(Deserialize, Default)]
pub(super) struct Start {
    #[serde(default, deserialize_with = "object")]
    pub usage: Counts,
}

/// `Usage` and `MessageDeltaUsage`.
#[derive(Deserialize, Default)]
pub(super) struct Counts {
    #[serde(default, deserialize_with = "number")]
    pub input_tokens: Option<u64>,
    #[serde(default, deserialize_with = "number")]
    pub cache_read_input_tokens: Option<u64>,
    #[serde(default, deserialize_with = "number")]
    pub cache_creation_input_tokens: Option<u64>,
    #[serde(default, deserialize_with = "number")]
    pub output_tokens: Option<u64>,
    #[serde(default, deserialize_with = "object")]
    pub output_tokens_details: OutputDetails,
}

/// `OutputTokensDetails`.
#[derive(Deserialize, Default)]
pub(super) struct OutputDetails {
    #[serde(default, deserialize_with = "number")]
    pub thinking_tokens: Option<u64>,
}

/// Serde borrows a `Cow` only as a field of its own.
#[derive(Deserialize)]
struct Words<'a>(#[serde(borrow)] Cow<'a, str>);

fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Cow<'de, str>, D::Error> {
    let raw = <&RawValue>::deserialize(deserializer)?.get();
    if !raw.starts_with('"') {
        return Ok(Cow::Borrowed(""));
    }
    serde_json::from_str::<Words<'de>>(raw).map(|words| words.0).map_err(D::Error::custom)
}

fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let raw = <&RawValue>::deserialize(deserializer)?;
    Ok(serde_json::from_str(raw.get()).ok())
}

fn object<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    let raw = <&RawValue>::deserialize(deserializer)?.get();
    if !raw.starts_with('{') {
        return Ok(T::default());
    }
    serde_json::from_str(raw).map_err(D::Error::custom)
}

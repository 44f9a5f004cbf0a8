//! One `GenerateContentResponse` of a stream, as far as it matters to us.
//!
//! A field that is missing or of the wrong type reads as absent; text that cannot be read is an error, because dropping a piece of
//! an answer would be worse than trying again.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use std::borrow::Cow;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Chunk<'a> {
    #[serde(default, borrow, deserialize_with = "list")]
    pub candidates: Vec<Candidate<'a>>,
    #[serde(default, borrow, deserialize_with = "object")]
    pub prompt_feedback: Feedback<'a>,
    #[serde(default, deserialize_with = "object")]
    pub usage_metadata: Option<Counts>,
    #[serde(default, borrow)]
    pub error: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct Candidate<'a> {
    #[serde(default, borrow, deserialize_with = "object")]
    pub content: Content<'a>,
    #[serde(default, borrow, deserialize_with = "text")]
    pub finish_reason: Cow<'a, str>,
    #[serde(default, borrow, deserialize_with = "text")]
    pub finish_message: Cow<'a, str>,
}

#[derive(Deserialize, Default)]
pub struct Content<'a> {
    #[serde(default, borrow, deserialize_with = "list")]
    pub parts: Vec<Part<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct Part<'a> {
    /// Empty and absent are not the same: a signature may come on empty text, and on data that we do not know.
    #[serde(default, borrow, deserialize_with = "some_text")]
    pub text: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "flag")]
    pub thought: bool,
    #[serde(default, borrow, deserialize_with = "text")]
    pub thought_signature: Cow<'a, str>,
    #[serde(default, borrow, deserialize_with = "object")]
    pub function_call: Option<Call<'a>>,
}

#[derive(Deserialize, Default)]
pub struct Call<'a> {
    #[serde(default, borrow, deserialize_with = "text")]
    pub id: Cow<'a, str>,
    #[serde(default, borrow, deserialize_with = "text")]
    pub name: Cow<'a, str>,
    #[serde(default, borrow)]
    pub args: Option<&'a RawValue>,
}

/// `PromptFeedback`: why there is no answer at all.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct Feedback<'a> {
    #[serde(default, borrow, deserialize_with = "text")]
    pub block_reason: Cow<'a, str>,
    #[serde(default, borrow, deserialize_with = "text")]
    pub block_reason_message: Cow<'a, str>,
}

/// `UsageMetadata`, in tokens.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// The whole prompt, what came from a cache included.
    #[serde(default, deserialize_with = "number")]
    pub prompt_token_count: u64,
    #[serde(default, deserialize_with = "number")]
    pub cached_content_token_count: u64,
    #[serde(default, deserialize_with = "number")]
    pub tool_use_prompt_token_count: u64,
    /// The answer, without thoughts.
    #[serde(default, deserialize_with = "number")]
    pub candidates_token_count: u64,
    #[serde(default, deserialize_with = "number")]
    pub thoughts_token_count: u64,
}

/// Serde borrows a `Cow` only as a field of its own.
#[derive(Deserialize)]
struct Words<'a>(#[serde(borrow)] Cow<'a, str>);

fn some_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Cow<'de, str>>, D::Error> {
    let raw = <&RawValue>::deserialize(deserializer)?.get();
    if !raw.starts_with('"') {
        return Ok(None);
    }
    serde_json::from_str::<Words<'de>>(raw).map(|words| Some(words.0)).map_err(D::Error::custom)
}

fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Cow<'de, str>, D::Error> {
    Ok(some_text(deserializer)?.unwrap_or_default())
}

fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let raw = <&RawValue>::deserialize(deserializer)?;
    Ok(serde_json::from_str(raw.get()).unwrap_or_default())
}

fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(<&RawValue>::deserialize(deserializer)?.get() == "true")
}

/// Anything but an object counts as absent.
fn object<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    beginning_with('{', deserializer)
}

/// Anything but a list counts as absent.
fn list<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    beginning_with('[', deserializer)
}

fn beginning_with<'de, D, T>(first: char, deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    let raw = <&RawValue>::deserialize(deserializer)?.get();
    if !raw.starts_with(first) {
        return Ok(T::default());
    }
    serde_json::from_str(raw).map_err(D::Error::custom)
}

//! One `chat.completion.chunk` as servers really write it.
//!
//! Borrowed from the frame and typed, because this is the hot path. A field of the wrong type counts as absent; only
//! text that is no JSON at all is an error, and that is for the caller to say.

use serde::de::{MapAccess, SeqAccess, Visitor, value};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

#[derive(Deserialize)]
pub struct Chunk<'a> {
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub choices: Option<Vec<Choice<'a>>>,
    #[serde(default)]
    pub usage: Option<Value>,
    /// Groq's own corner, with usage and errors of its own.
    #[serde(default)]
    pub x_groq: Option<Value>,
    #[serde(default)]
    pub error: Option<Value>,
    #[serde(borrow, default)]
    pub object: Loose<'a>,
}

#[derive(Deserialize)]
pub struct Choice<'a> {
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub delta: Option<ChoiceDelta<'a>>,
    /// In the place of deltas, when the answer comes whole.
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub message: Option<ChoiceDelta<'a>>,
    #[serde(borrow, default)]
    pub finish_reason: Loose<'a>,
    /// Moonshot puts the usage here.
    #[serde(default)]
    pub usage: Option<Value>,
    /// OpenRouter puts errors of its upstream here.
    #[serde(default)]
    pub error: Option<Value>,
}

#[derive(Deserialize)]
pub struct ChoiceDelta<'a> {
    #[serde(borrow, default)]
    pub content: Loose<'a>,
    #[serde(borrow, default)]
    pub refusal: Loose<'a>,
    #[serde(borrow, default)]
    pub reasoning_content: Loose<'a>,
    #[serde(borrow, default)]
    pub reasoning: Loose<'a>,
    #[serde(default)]
    pub reasoning_details: Option<Value>,
    #[serde(borrow, default, deserialize_with = "one_or_many")]
    pub tool_calls: Vec<Piece<'a>>,
    /// The form before `tool_calls`, which a few servers still stream.
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub function_call: Option<Function<'a>>,
}

/// A piece of a tool call.
#[derive(Default, Deserialize)]
pub struct Piece<'a> {
    #[serde(borrow, default)]
    pub index: Loose<'a>,
    #[serde(borrow, default)]
    pub id: Loose<'a>,
    #[serde(borrow, default, deserialize_with = "lenient")]
    pub function: Option<Function<'a>>,
    /// Google's thought signature, which Gemini wants back with the call.
    #[serde(default)]
    pub extra_content: Option<Value>,
}

#[derive(Default, Deserialize)]
pub struct Function<'a> {
    #[serde(borrow, default)]
    pub name: Loose<'a>,
    #[serde(borrow, default)]
    arguments: Option<&'a RawValue>,
}

impl Function<'_> {
    /// The arguments' next piece: the string's text, or the compact text of what should have been a string.
    pub fn arguments(&self) -> String {
        let raw = self.arguments.map_or("", RawValue::get);
        if raw.starts_with('"') { serde_json::from_str(raw).unwrap_or_default() } else { compact(raw) }
    }
}

/// JSON without the white space between its tokens; numbers and strings keep their bytes.
fn compact(json: &str) -> String {
    let (mut inside, mut escaped) = (false, false);
    json.chars()
        .filter(|letter| {
            let keep = inside || !letter.is_ascii_whitespace();
            if escaped {
                escaped = false;
            } else if *letter == '"' {
                inside = !inside;
            } else {
                escaped = inside && *letter == '\\';
            }
            keep
        })
        .collect()
}

/// A field of which one can be sure of nothing.
#[derive(Debug, Default)]
pub enum Loose<'a> {
    #[default]
    Absent,
    Text(Cow<'a, str>),
    Number(u64),
    List(Vec<Value>),
}

impl Loose<'_> {
    /// The text, empty where there is none.
    pub fn text(&self) -> &str {
        if let Loose::Text(text) = self { text } else { "" }
    }

    pub fn is_text(&self) -> bool {
        matches!(self, Loose::Text(_))
    }

    pub fn number(&self) -> Option<u64> {
        match self {
            Loose::Number(number) => Some(*number),
            Loose::Text(text) => text.parse().ok(),
            Loose::Absent | Loose::List(_) => None,
        }
    }
}

struct LooseVisitor;

impl<'de> Visitor<'de> for LooseVisitor {
    type Value = Loose<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any JSON value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Loose<'de>, E> {
        Ok(Loose::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Loose<'de>, E> {
        Ok(Loose::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Loose<'de>, E> {
        Ok(Loose::Number(number))
    }

    fn visit_i64<E>(self, _number: i64) -> Result<Loose<'de>, E> {
        Ok(Loose::Absent)
    }

    fn visit_f64<E>(self, _number: f64) -> Result<Loose<'de>, E> {
        Ok(Loose::Absent)
    }

    fn visit_bool<E>(self, _value: bool) -> Result<Loose<'de>, E> {
        Ok(Loose::Absent)
    }

    fn visit_unit<E>(self) -> Result<Loose<'de>, E> {
        Ok(Loose::Absent)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Loose<'de>, A::Error> {
        Vec::deserialize(value::SeqAccessDeserializer::new(list)).map(Loose::List)
    }

    /// A lone content part counts as a list of one.
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Loose<'de>, A::Error> {
        Value::deserialize(value::MapAccessDeserializer::new(map)).map(|value| Loose::List(vec![value]))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Loose<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LooseVisitor)
    }
}

/// What does not fit the type counts as absent.
fn lenient<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    let raw = Option::<&'de RawValue>::deserialize(deserializer)?;
    Ok(raw.and_then(|raw| serde_json::from_str(raw.get()).ok()))
}

/// A list, or the one thing that should have been in a list.
fn one_or_many<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let raw = Option::<&'de RawValue>::deserialize(deserializer)?.map_or("null", RawValue::get);
    if raw.starts_with('{') {
        return Ok(serde_json::from_str(raw).map_or_else(|_| Vec::new(), |one| vec![one]));
    }
    Ok(serde_json::from_str(raw).unwrap_or_default())
}

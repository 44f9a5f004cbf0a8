//! Thought signatures, kept beside the neutral parts they came on.
//!
//! A signature stands on one streamed piece of text, on one thought or on one call, and has to go back on that very piece; pieces
//! with and without one must not be merged (Google's "Thought signatures"). Text that is one part here remembers where its
//! signed pieces begin and end, so that it can be cut there again.

use serde_json::{Value, json};

/// Taken by Gemini 3 in the place of a signature on calls that another model made, as its documentation says.
pub const FOREIGN: &str = "skip_thought_signature_validator";

/// Text as it grows, with its signed pieces.
#[derive(Default)]
pub struct Signed {
    pub text: String,
    /// Start, end, signature.
    pieces: Vec<(usize, usize, String)>,
}

impl Signed {
    /// Takes one streamed piece; the signature is empty where it has none.
    pub fn push(&mut self, piece: &str, signature: &str) {
        let start = self.text.len();
        self.text.push_str(piece);
        if !signature.is_empty() {
            self.pieces.push((start, self.text.len(), signature.to_owned()));
        }
    }

    /// What a seal holds of it; `None` where nothing is signed.
    pub fn sealed(&self) -> Option<Value> {
        (!self.pieces.is_empty()).then(|| json!({ "length": self.text.len(), "signed": self.pieces }))
    }
}

/// What a seal says that stands before the text or the call it is of.
pub fn of_text(sealed: Value) -> Value {
    json!({ "of": "text", "text": sealed })
}

/// As [`of_text`].
pub fn of_call(signature: &str) -> Value {
    json!({ "of": "call", "signature": signature })
}

/// What the seal of a part without text is of.
pub enum Of<'a> {
    Text(&'a Value),
    Call(&'a str),
}

/// Reads what [`of_text`] and [`of_call`] wrote; `None` for the seal of a thought.
pub fn of(data: &Value) -> Option<Of<'_>> {
    match data.get("of")?.as_str()? {
        "text" => data.get("text").map(Of::Text),
        "call" => data.get("signature").and_then(Value::as_str).map(Of::Call),
        _ => None,
    }
}

/// The text in the pieces it came in, each with its signature; `None` when it is no longer the text that was sealed.
pub fn cut<'a>(text: &'a str, sealed: &'a Value) -> Option<Vec<(&'a str, Option<&'a str>)>> {
    if sealed.get("length")?.as_u64()? != text.len() as u64 {
        return None;
    }
    let (mut pieces, mut from) = (Vec::new(), 0);
    for piece in sealed.get("signed")?.as_array()? {
        let start = usize::try_from(piece.get(0)?.as_u64()?).ok()?;
        let end = usize::try_from(piece.get(1)?.as_u64()?).ok()?;
        let before = text.get(from..start)?;
        if !before.is_empty() {
            pieces.push((before, None));
        }
        pieces.push((text.get(start..end)?, Some(piece.get(2)?.as_str()?)));
        from = end;
    }
    let rest = text.get(from..)?;
    if !rest.is_empty() {
        pieces.push((rest, None));
    }
    Some(pieces)
}

//! What every wire says in the same words: notes to the model, free text as a schema, names and ids that servers take.
//!
//! Pure: what was sent once must be sent again in the same bytes, or prompt caches miss.

use crate::base::{Error, Kind};
use serde_json::{Value, json};
use std::borrow::Cow;

/// In the place of each image for a model that takes none.
pub const NO_IMAGES: &str = "[image left out: this model takes no images]";

/// The result of a tool that said nothing.
pub const NO_OUTPUT: &str = "(no output)";

/// The most characters that servers take in a tool's name or a call's id.
pub const LONGEST_NAME: usize = 64;

/// The input of a freeform tool where the wire has none: an object with one string.
pub fn freeform_schema() -> Value {
    json!({
        "type": "object",
        "properties": { "input": { "type": "string" } },
        "required": ["input"],
        "additionalProperties": false,
    })
}

/// A broken stream, which is worth another try.
pub fn not_json(provider: &str, cause: &serde_json::Error) -> Error {
    Error::new(Kind::Transient, format!("{provider} sent an event that is not JSON: {cause}"))
}

/// The name as servers take it. A model that made up another name got an error from us for it; sent back as it is, that
/// name would make servers refuse the whole conversation.
pub fn tool_name(name: &str) -> Cow<'_, str> {
    if name.is_empty() {
        Cow::Borrowed("unnamed")
    } else if name.len() <= LONGEST_NAME && is_plain(name) {
        Cow::Borrowed(name)
    } else {
        Cow::Owned(plain(name, LONGEST_NAME))
    }
}

/// An id for the call of an answer that came without one. Another answer may have the same: the session tells them apart.
pub fn fallback_id(index: usize, name: &str) -> String {
    format!("call_{index}_{}", plain(name, 24))
}

/// The first `most` characters, with `_` for each that names and ids may not have.
pub fn plain(text: &str, most: usize) -> String {
    text.chars().take(most).map(|letter| if is_plain_letter(letter) { letter } else { '_' }).collect()
}

/// Has it only characters that names and ids may have?
pub fn is_plain(text: &str) -> bool {
    text.chars().all(is_plain_letter)
}

fn is_plain_letter(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '_' | '-')
}

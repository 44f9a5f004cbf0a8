//! The sealed form of a reasoning item: encrypted content that a later request sends back unchanged.
//!
//! Source: OpenAI API reference, Responses, item type `reasoning`. A server may verify the item against what it sealed,
//! so an item goes back exactly as it came or not at all; never with summaries that were pieced together.

use crate::base::message::{Reasoning, Seal};
use crate::base::model::Wire;
use serde::{Deserialize, Serialize};

/// Between the parts of a reasoning text, where people read it.
pub(super) const SEPARATOR: &str = "\n\n";

/// What [`Seal::data`] holds: everything of the item but the texts, of which only the lengths in bytes are kept, since
/// the separator may also occur within a text.
#[derive(Serialize, Deserialize)]
struct Sealed<'a> {
    #[serde(default, skip_serializing_if = "str::is_empty")]
    id: &'a str,
    encrypted_content: &'a str,
    #[serde(default)]
    summary: Vec<usize>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    content: Vec<usize>,
}

/// A reasoning item taken apart: the texts of its two lists, and the encrypted form of the thoughts.
pub(super) struct Thoughts<'a> {
    pub id: &'a str,
    pub encrypted_content: &'a str,
    pub summary: Vec<&'a str>,
    pub content: Vec<&'a str>,
}

impl Thoughts<'_> {
    /// The neutral form. Without encrypted content there is nothing that a stateless server could take back, so there
    /// is no seal.
    pub fn close(&self, model: &str) -> Reasoning {
        let texts: Vec<&str> = self.summary.iter().chain(&self.content).copied().collect();
        let lengths = |texts: &[&str]| texts.iter().map(|text| text.len()).collect();
        let sealed = Sealed {
            id: self.id,
            encrypted_content: self.encrypted_content,
            summary: lengths(&self.summary),
            content: lengths(&self.content),
        };
        let data = if self.encrypted_content.is_empty() { None } else { serde_json::to_value(sealed).ok() };
        let seal = data.map(|data| Seal { wire: Wire::Responses, model: model.to_owned(), data });
        Reasoning { text: texts.join(SEPARATOR), seal }
    }
}

/// The item to send back to `model`; nothing when another model or another wire sealed it, or when the text is no
/// longer the one that was sealed.
pub(super) fn open<'a>(reasoning: &'a Reasoning, model: &str) -> Option<Thoughts<'a>> {
    let seal = reasoning.seal.as_ref().filter(|seal| seal.wire == Wire::Responses && seal.model == model)?;
    let sealed = Sealed::deserialize(&seal.data).ok()?;
    let mut texts = Vec::new();
    let mut rest = reasoning.text.as_str();
    for length in sealed.summary.iter().chain(&sealed.content) {
        if !texts.is_empty() {
            rest = rest.strip_prefix(SEPARATOR)?;
        }
        let (text, after) = rest.split_at_checked(*length)?;
        texts.push(text);
        rest = after;
    }
    if !rest.is_empty() {
        return None;
    }
    let content = texts.split_off(sealed.summary.len());
    Some(Thoughts { id: sealed.id, encrypted_content: sealed.encrypted_content, summary: texts, content })
}

//! OpenRouter's `reasoning_details`: put together from a stream, sealed, and opened to go back.
//!
//! A block comes in pieces that share `type` and `index`; its signature covers the whole text, so the pieces must be
//! one block again when they go back. Sealed, a block holds its text's length in place of the text, which lies in
//! `Reasoning.text`; so nothing is stored twice, and text that was cut or redacted since does not go back.

use serde_json::{Map, Value};

/// The fields that people can read.
const READABLE: [&str; 2] = ["text", "summary"];

#[derive(Default)]
pub struct Details(Vec<Map<String, Value>>);

impl Details {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes one delta's list and gives what people can read of it.
    pub fn take(&mut self, list: Value) -> String {
        let items = match list {
            Value::Array(items) => items,
            one @ Value::Object(_) => vec![one],
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
        };
        let mut readable = String::new();
        for item in items {
            let Value::Object(item) = item else { continue };
            for field in READABLE {
                readable.push_str(item.get(field).and_then(Value::as_str).unwrap_or_default());
            }
            match self.0.iter_mut().rev().find(|have| continues(have, &item)) {
                Some(have) => merge(have, item),
                None => self.0.push(item),
            }
        }
        readable
    }

    /// The readable text, and the blocks without it. `streamed` is the text where the blocks have none.
    pub fn seal(self, streamed: String) -> (String, Value) {
        let mut text = String::new();
        let mut blocks = Vec::new();
        for mut block in self.0 {
            for field in READABLE {
                if let Some(value) = block.get_mut(field)
                    && let Some(words) = value.as_str()
                {
                    let length = words.len();
                    text.push_str(words);
                    *value = length.into();
                }
            }
            blocks.push(Value::Object(block));
        }
        (if text.is_empty() { streamed } else { text }, Value::Array(blocks))
    }
}

/// The blocks as they came; `None` when the text has not the length that was sealed.
pub fn open(text: &str, blocks: &Value) -> Option<Vec<Value>> {
    let mut blocks = blocks.as_array()?.clone();
    let mut start = 0;
    for block in &mut blocks {
        for field in READABLE {
            let Some(value) = block.get_mut(field) else { continue };
            let Some(length) = value.as_u64() else { continue };
            let end = start + usize::try_from(length).ok()?;
            *value = text.get(start..end)?.into();
            start = end;
        }
    }
    (start == 0 || start == text.len()).then_some(blocks)
}

/// Is `item` the next piece of `have`? Without an index only text that follows unsigned text is.
fn continues(have: &Map<String, Value>, item: &Map<String, Value>) -> bool {
    let same = |field: &str| match (have.get(field), item.get(field)) {
        (None | Some(Value::Null), _) | (_, None | Some(Value::Null)) => true,
        (Some(left), Some(right)) => left == right,
    };
    let indexed = |map: &Map<String, Value>| map.get("index").is_some_and(Value::is_number);
    if have.get("type") != item.get("type") || !same("id") {
        return false;
    }
    match (indexed(have), indexed(item)) {
        (true, true) => same("index"),
        (false, false) => !have.contains_key("signature") && !item.contains_key("data"),
        (true, false) | (false, true) => false,
    }
}

fn merge(have: &mut Map<String, Value>, item: Map<String, Value>) {
    for (field, value) in item {
        let grows = READABLE.contains(&field.as_str()) || field == "data";
        match (have.get_mut(&field), value) {
            (Some(Value::String(text)), Value::String(more)) if grows => text.push_str(&more),
            (Some(_), Value::Null) => {}
            (_, value) => {
                have.insert(field, value);
            }
        }
    }
}

//! What Google's API wants of a JSON Schema beyond the standard.

use serde_json::Value;
use std::borrow::Cow;

/// The schema with a type wherever it has only a choice of words: the API takes `enum` for strings alone, and JSON Schema leaves
/// the type out where it follows.
pub fn typed(schema: &Value) -> Cow<'_, Value> {
    if !holds_untyped(schema) {
        return Cow::Borrowed(schema);
    }
    let mut schema = schema.clone();
    add_types(&mut schema);
    Cow::Owned(schema)
}

fn is_untyped(value: &Value) -> bool {
    let words = value.get("enum").and_then(Value::as_array);
    value.get("type").is_none() && words.is_some_and(|words| words.iter().all(Value::is_string))
}

fn holds_untyped(value: &Value) -> bool {
    is_untyped(value)
        || value.as_object().is_some_and(|map| map.values().any(holds_untyped))
        || value.as_array().is_some_and(|list| list.iter().any(holds_untyped))
}

fn add_types(value: &mut Value) {
    if is_untyped(value)
        && let Some(map) = value.as_object_mut()
    {
        map.insert("type".into(), "string".into());
    }
    match value {
        Value::Object(map) => map.values_mut().for_each(add_types),
        Value::Array(list) => list.iter_mut().for_each(add_types),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

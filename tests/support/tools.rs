//! What the vendors ask of names, ids, pictures and the schemas of tools, beyond the shape of their fields.

use std::collections::HashSet;

use serde_json::Value;

use super::reply::Wire;
use super::shape::{Fault, Kind, Path, Verdict, list, text};

/// The name of a tool, in its definition and in its calls.
pub const NAME: Kind = Kind::Matching("a string that matches the pattern '^[a-zA-Z0-9_-]{1,64}$'", is_name);

/// An id of any length made of the same characters.
pub const PLAIN_ID: Kind = Kind::Matching("a string that matches the pattern '^[a-zA-Z0-9_-]+$'", is_plain);

/// A picture for OpenAI's wires: an address, or the data itself in base64.
pub const IMAGE_URL: Kind = Kind::Matching("a valid URL or a base64 data URL of a supported image type", is_image_url);

pub const BASE64: Kind = Kind::Matching("base64 data", is_base64);

pub const WEB_ADDRESS: Kind = Kind::Matching("an http or https URL", is_web_address);

fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

fn is_name(text: &str) -> bool {
    is_plain(text) && text.len() <= 64
}

fn is_base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    let padding = text.len() - digits.len();
    let alphabet = digits.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/');
    !digits.is_empty() && text.len().is_multiple_of(4) && padding <= 2 && alphabet
}

fn is_web_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.contains(char::is_whitespace))
}

fn is_image_url(text: &str) -> bool {
    let Some(data) = text.strip_prefix("data:image/") else {
        return is_web_address(text);
    };
    data.split_once(";base64,")
        .is_some_and(|(format, data)| ["png", "jpeg", "gif", "webp"].contains(&format) && is_base64(data))
}

/// Refuses two tools of one name; `name` finds it in a definition.
pub fn check_unique_names(path: &Path, tools: &[Value], name: impl Fn(&Value) -> &str) -> Verdict {
    let mut seen = HashSet::new();
    for (index, tool) in tools.iter().enumerate() {
        let name = name(tool);
        if !seen.insert(name) {
            let sentence = format!("Tool names must be unique: '{name}' is defined twice.");
            return Err(Fault::rule(path.index(index), sentence));
        }
    }
    Ok(())
}

/// Judges the schema of a tool's input.
pub fn check_schema(wire: Wire, path: &Path, name: &str, schema: &Value, strict: bool) -> Verdict {
    let complain = |detail: &str| {
        let sentence = match wire {
            Wire::Messages | Wire::Converse => detail.to_owned(),
            Wire::Responses | Wire::Chat | Wire::Gemini => format!("Invalid schema for function '{name}': {detail}"),
        };
        Err(Fault::coded(path.clone(), sentence, "invalid_function_parameters"))
    };
    if schema["type"] != "object" {
        return complain("schema must be a JSON Schema of 'type: \"object\"'.");
    }
    if let Some(word) = ["oneOf", "anyOf", "allOf"].iter().find(|word| schema.get(**word).is_some()) {
        return complain(&format!("input schema does not support '{word}' at the top level."));
    }
    match flaw(wire, schema, strict) {
        Some(detail) => complain(&detail),
        None => Ok(()),
    }
}

/// The first thing a schema or one inside it gets wrong.
fn flaw(wire: Wire, schema: &Value, strict: bool) -> Option<String> {
    const TYPES: [&str; 7] = ["object", "array", "string", "number", "integer", "boolean", "null"];
    if schema.is_boolean() {
        return None;
    }
    let Some(object) = schema.as_object() else {
        return Some(format!("{schema} is not of type 'object', 'boolean'."));
    };
    let names: Vec<&Value> = match object.get("type") {
        Some(Value::Array(names)) => names.iter().collect(),
        name => name.into_iter().collect(),
    };
    if let Some(name) = names.iter().find(|name| !TYPES.iter().any(|known| **name == known)) {
        return Some(format!("{name} is not a JSON Schema type."));
    }
    let is = |kind: &str| names.iter().any(|name| *name == kind);
    if matches!(wire, Wire::Responses | Wire::Chat) && is("array") && !object.contains_key("items") {
        return Some("array schema missing items.".to_owned());
    }
    let properties = object.get("properties").unwrap_or(&Value::Null);
    if !properties.is_null() && !properties.is_object() {
        return Some("'properties' is not of type 'object'.".to_owned());
    }
    let required = list(schema, "required");
    if object.contains_key("required")
        && (!object["required"].is_array() || required.iter().any(|name| !name.is_string()))
    {
        return Some("'required' is not a list of strings.".to_owned());
    }
    if strict && is("object") {
        if object.get("additionalProperties") != Some(&Value::Bool(false)) {
            return Some("'additionalProperties' is required to be supplied and to be false.".to_owned());
        }
        let missing =
            properties.as_object().into_iter().flatten().find(|(key, _)| !required.iter().any(|name| name == *key));
        // OpenAI's strict mode knows no optional properties; Anthropic's does.
        if let (Some((key, _)), true) = (missing, wire != Wire::Messages) {
            let rule = "'required' is required to be supplied and to be an array including every key in properties.";
            return Some(format!("{rule} Missing '{key}'."));
        }
    }
    let inner = properties.as_object().into_iter().flat_map(|map| map.values());
    let unions = ["anyOf", "oneOf", "allOf"].into_iter().flat_map(|word| list(schema, word));
    let definitions = ["$defs", "definitions"].into_iter().filter_map(|word| object.get(word)?.as_object());
    let definitions = definitions.flat_map(|map| map.values());
    inner.chain(object.get("items")).chain(unions).chain(definitions).find_map(|schema| flaw(wire, schema, strict))
}

/// Refuses a named tool that the request does not define.
pub fn check_choice(path: &Path, choice: &str, tools: &[Value], name: impl Fn(&Value) -> &str) -> Verdict {
    if tools.iter().any(|tool| name(tool) == choice) {
        return Ok(());
    }
    Err(Fault::rule(path.clone(), format!("Tool choice '{choice}' not found in 'tools' parameter.")))
}

/// The name of a tool that has one at its top.
pub fn plain_name(tool: &Value) -> &str {
    text(tool, "name")
}

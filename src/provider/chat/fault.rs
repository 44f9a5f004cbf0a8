//! What an error inside a 200 stream means, in the shapes that servers use.

use crate::base::{Error, Kind};
use crate::provider::refusal;
use serde_json::Value;

/// Is this `error` field an error? Some servers send it empty with every chunk.
pub fn is_fault(error: &Value) -> bool {
    match error {
        Value::Null | Value::Bool(_) => false,
        Value::String(text) => !text.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        Value::Number(_) | Value::Array(_) => true,
    }
}

/// The error of an error object, of an object that holds one, or of plain text.
pub fn of(provider: &str, error: &Value) -> Error {
    let error = error.get("error").filter(|inner| is_fault(inner)).unwrap_or(error);
    let (mut message, _) = refusal::words(error.to_string().as_bytes());
    // OpenRouter's own message is only "Provider returned error"; its upstream's words are here.
    if let Some(upstream) = error.pointer("/metadata/raw").and_then(Value::as_str) {
        message.push_str(": ");
        message.extend(upstream.chars().take(300));
    }
    let mut found = Vec::new();
    for code in [error.get("code"), error.get("type")].into_iter().flatten().filter_map(code_name) {
        found.push(refusal::in_stream(provider, &code, &message));
    }
    // A server may put a word of its own in one of the fields and the common word in the other.
    let telling = found.iter().position(|error| error.kind != Kind::Provider || !error.hints.is_empty());
    match found.into_iter().nth(telling.unwrap_or(0)) {
        Some(error) => error,
        None => refusal::in_stream(provider, "", &message),
    }
}

/// The code's name; HTTP statuses, which OpenRouter and vLLM put here, by their common names.
fn code_name(code: &Value) -> Option<String> {
    let status = code.as_u64().or_else(|| code.as_str()?.parse().ok());
    let name = match status {
        Some(401) => "authentication_error",
        Some(402) => "billing_error",
        Some(403) => "permission_error",
        Some(404) => "not_found_error",
        Some(408) => "timeout_error",
        Some(409 | 429) => "rate_limit_error",
        Some(500..=599) => "server_error",
        Some(number) => return Some(number.to_string()),
        None => code.as_str()?,
    };
    (!name.is_empty()).then(|| name.to_owned())
}

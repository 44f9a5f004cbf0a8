//! The vendors' words outside of a stream: error bodies, the keys they take and the list of models.

use serde_json::{Value, json};

use super::event::{CREATED, MODEL};
use super::reply::Wire;
use super::shape::{Fault, Problem};

/// The key that every wire refuses.
const BAD_KEY: &str = "bad-key";

/// Google's words for statuses (`google.rpc.Code`).
pub const GOOGLE: &[(u16, &str)] = &[
    (400, "INVALID_ARGUMENT"),
    (401, "UNAUTHENTICATED"),
    (403, "PERMISSION_DENIED"),
    (404, "NOT_FOUND"),
    (409, "ABORTED"),
    (429, "RESOURCE_EXHAUSTED"),
    (500, "INTERNAL"),
    (503, "UNAVAILABLE"),
    (504, "DEADLINE_EXCEEDED"),
];

/// A refusal: its status, its body, and the reason in words for whoever reads the test's output.
#[derive(Debug)]
pub struct Refusal {
    pub code: u16,
    pub body: Value,
    pub reason: String,
}

/// The error body for a status, in the wire's own shape.
pub fn error_body(wire: Wire, status: u16, message: &str) -> Value {
    if wire == Wire::Gemini {
        let word = GOOGLE.iter().find(|(code, _)| *code == status).map_or("UNKNOWN", |(_, word)| word);
        return json!({ "error": { "code": status, "message": message, "status": word } });
    }
    let kind = match (wire, status) {
        (Wire::Messages, 401) => "authentication_error",
        (Wire::Messages, 402) => "billing_error",
        (Wire::Messages, 403) => "permission_error",
        (Wire::Messages, 404) => "not_found_error",
        (Wire::Messages, 413) => "request_too_large",
        (Wire::Messages, 429) => "rate_limit_error",
        (Wire::Messages, 504) => "timeout_error",
        (Wire::Messages, 529) => "overloaded_error",
        (Wire::Messages, 500..) => "api_error",
        (_, 429) => "rate_limit_exceeded",
        (_, 500..) => "server_error",
        _ => "invalid_request_error",
    };
    let code = match status {
        401 => json!("invalid_api_key"),
        429 => json!("rate_limit_exceeded"),
        _ => Value::Null,
    };
    shaped(wire, kind, message, Value::Null, code)
}

fn shaped(wire: Wire, kind: &str, message: &str, param: Value, code: Value) -> Value {
    match wire {
        Wire::Messages => json!({
            "type": "error", "error": { "type": kind, "message": message }, "request_id": "req_lab",
        }),
        Wire::Gemini => json!({ "error": { "code": 400, "message": message, "status": "INVALID_ARGUMENT" } }),
        Wire::Converse => json!({ "message": message }),
        Wire::Responses | Wire::Chat => json!({
            "error": { "message": message, "type": kind, "param": param, "code": code },
        }),
    }
}

pub fn refusal(wire: Wire, code: u16, message: &str) -> Refusal {
    Refusal { code, body: error_body(wire, code, message), reason: format!("{code}: {message}") }
}

/// The refusal of a body that breaks the table or a rule.
pub fn fault(wire: Wire, fault: &Fault) -> Refusal {
    let (message, code) = match wire {
        Wire::Messages | Wire::Converse => (anthropic(fault), None),
        Wire::Gemini => (google(fault), None),
        Wire::Responses | Wire::Chat => openai(fault),
    };
    let place = fault.path.bracketed();
    let param = if place.is_empty() { Value::Null } else { json!(place) };
    let body = shaped(wire, "invalid_request_error", &message, param, code.map_or(Value::Null, |code| json!(code)));
    Refusal { code: 400, body, reason: format!("400: {message}") }
}

fn openai(fault: &Fault) -> (String, Option<&'static str>) {
    let place = fault.path.bracketed();
    match &fault.problem {
        Problem::Unknown => (format!("Unknown parameter: '{place}'."), Some("unknown_parameter")),
        Problem::Missing => (format!("Missing required parameter: '{place}'."), Some("missing_required_parameter")),
        Problem::Type { expected, got } => {
            let message = format!("Invalid type for '{place}': expected a {expected}, but got a {got} instead.");
            (message, Some("invalid_type"))
        }
        Problem::Value { got, allowed } => {
            let message = format!("Invalid value for '{place}': {got}. Supported values are: {}.", quoted(allowed));
            (message, Some("invalid_value"))
        }
        Problem::Rule(sentence) => (sentence.clone(), None),
        Problem::Coded(sentence, code) => (sentence.clone(), Some(*code)),
        Problem::Invalid(sentence, code) => (format!("Invalid '{place}': {sentence}"), Some(*code)),
    }
}

fn anthropic(fault: &Fault) -> String {
    let place = fault.path.dotted();
    let sentence = match &fault.problem {
        Problem::Unknown => "Extra inputs are not permitted".to_owned(),
        Problem::Missing => "Field required".to_owned(),
        Problem::Type { expected, .. } => format!("Input should be a valid {expected}"),
        Problem::Value { allowed, .. } => format!("Input should be {}", quoted(allowed)),
        Problem::Rule(sentence) | Problem::Coded(sentence, _) | Problem::Invalid(sentence, _) => sentence.clone(),
    };
    if place.is_empty() { sentence } else { format!("{place}: {sentence}") }
}

fn google(fault: &Fault) -> String {
    let place = fault.path.bracketed();
    match &fault.problem {
        Problem::Unknown => {
            let (parent, name) = place.rsplit_once('.').unwrap_or(("", &place));
            let at = if parent.is_empty() { String::new() } else { format!(" at '{parent}'") };
            format!("Invalid JSON payload received. Unknown name \"{name}\"{at}: Cannot find field.")
        }
        Problem::Missing => format!("* GenerateContentRequest.{place}: {place} is required"),
        Problem::Type { expected, got } => format!("Invalid value at '{place}' ({expected}), {got}"),
        Problem::Value { got, .. } => format!("Invalid value at '{place}', \"{got}\""),
        Problem::Invalid(sentence, _) => format!("Invalid value at '{place}': {sentence}"),
        Problem::Rule(sentence) | Problem::Coded(sentence, _) => sentence.clone(),
    }
}

fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(", ")
}

/// Judges the key, and on Messages the version, that a request must name.
pub fn check_headers(wire: Wire, header: impl Fn(&str) -> Option<String>) -> Result<(), Refusal> {
    if wire == Wire::Messages {
        let Some(key) = header("x-api-key") else {
            return Err(refusal(wire, 401, "x-api-key header is required"));
        };
        if key == BAD_KEY || key.is_empty() {
            return Err(refusal(wire, 401, "invalid x-api-key"));
        }
        return match header("anthropic-version").as_deref() {
            Some("2023-06-01") => Ok(()),
            Some(_) => Err(refusal(wire, 400, "anthropic-version: is not a valid version")),
            None => Err(refusal(wire, 400, "anthropic-version: header is required")),
        };
    }
    if wire == Wire::Gemini {
        return match header("x-goog-api-key").as_deref() {
            None | Some("") => Err(refusal(wire, 403, "Method doesn't allow unregistered callers.")),
            Some(BAD_KEY) => {
                let mut refusal = refusal(wire, 400, "API key not valid. Please pass a valid API key.");
                refusal.body["error"]["details"] = json!([{
                    "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID",
                    "domain": "googleapis.com",
                }]);
                Err(refusal)
            }
            Some(_) => Ok(()),
        };
    }
    if wire == Wire::Converse {
        // A signature is judged by nobody here: it has tests of its own.
        return match header("authorization").as_deref().map(|value| value.strip_prefix("Bearer ").unwrap_or(value)) {
            None | Some("") => Err(refusal(wire, 403, "Missing Authentication Token")),
            Some(BAD_KEY) => Err(refusal(wire, 403, "Authentication failed: Please make sure your API Key is valid.")),
            Some(_) => Ok(()),
        };
    }
    match header("authorization").as_deref().map(|value| value.strip_prefix("Bearer ").unwrap_or_default().trim()) {
        // Servers on one's own machine ask for no key.
        None if wire == Wire::Chat => Ok(()),
        None | Some("") => {
            let message = "You didn't provide an API key. You need to provide your API key in an Authorization header \
                using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).";
            Err(refusal(wire, 401, message))
        }
        Some(BAD_KEY) => {
            let message = "Incorrect API key provided: bad-key. You can find your API key at \
                https://platform.openai.com/account/api-keys.";
            Err(refusal(wire, 401, message))
        }
        Some(_) => Ok(()),
    }
}

/// The answer to `GET /v1/models`.
pub fn models(wire: Wire) -> Value {
    match wire {
        Wire::Messages => json!({
            "data": [{
                "type": "model", "id": MODEL, "display_name": "Test Model", "created_at": "2025-06-15T00:00:00Z",
            }],
            "has_more": false, "first_id": MODEL, "last_id": MODEL,
        }),
        Wire::Gemini => json!({
            "models": [{
                "name": format!("models/{MODEL}"), "displayName": "Test Model", "inputTokenLimit": 1000000,
                "outputTokenLimit": 65536, "supportedGenerationMethods": ["generateContent", "countTokens"],
            }],
        }),
        // Its models are listed by another service.
        Wire::Converse => Value::Null,
        Wire::Responses | Wire::Chat => json!({
            "object": "list",
            "data": [{ "id": MODEL, "object": "model", "created": CREATED, "owned_by": "lab" }],
        }),
    }
}

/// The answer of a local Ollama to `GET /api/tags`, by which it is known from other servers.
pub fn tags() -> Value {
    json!({
        "models": [{
            "name": MODEL, "model": MODEL, "modified_at": "2025-06-15T00:00:00Z", "size": 1_000_000,
            "digest": "0000000000000000000000000000000000000000000000000000000000000000",
            "details": {
                "parent_model": "", "format": "gguf", "family": "lab", "families": ["lab"],
                "parameter_size": "1B", "quantization_level": "Q4_0",
            },
        }],
    })
}

//! What an HTTP status and an error body mean, for all wires: the vendors agree on enough for one table.

use crate::base::{Error, Kind};
use crate::text::sanitise::sanitise;
use serde_json::Value;

/// The words an error body carries and its code, in the shapes that servers use: `{"error":{"message","type","code"}}`,
/// `{"error":"…"}`, `{"message":"…"}`, `{"detail":"…"}`, or plain text.
pub fn words(body: &[u8]) -> (String, String) {
    let text = String::from_utf8_lossy(body);
    let Ok(value) = serde_json::from_str::<Value>(&text) else {
        return (sanitise(text.trim()).chars().take(300).collect(), String::new());
    };
    let error = value.get("error").unwrap_or(&value);
    let message = [error.get("message"), error.get("detail"), Some(error)]
        .into_iter()
        .flatten()
        .find_map(Value::as_str)
        .map_or_else(|| error.to_string(), str::to_owned);
    let code = [error.get("code"), error.get("type"), error.get("status")]
        .into_iter()
        .flatten()
        .find_map(Value::as_str)
        .unwrap_or_default();
    (sanitise(&message).chars().take(600).collect(), code.to_owned())
}

/// The error of a refused request. `provider` is its name in the configuration.
pub fn refuse(provider: &str, status: u16, body: &[u8]) -> Error {
    let (message, code) = words(body);
    let said = if message.is_empty() { String::new() } else { format!(": {message}") };
    classify(provider, Some(status), &code, &message, format!("{provider} answered {status}{said}"))
}

/// The error of an error event inside a 200 stream. Proxies give the status they were refused with as its code.
pub fn in_stream(provider: &str, code: &str, message: &str) -> Error {
    let (code, message) = (&*sanitise(code), &*sanitise(message));
    let status = code.parse::<u16>().ok().filter(|status| *status >= 400);
    classify(
        provider,
        status,
        code,
        message,
        format!(
            "{provider} ended the answer with an error: {message}{}",
            if code.is_empty() { String::new() } else { format!(" ({code})") }
        ),
    )
}

pub(super) fn classify(provider: &str, status: Option<u16>, code: &str, message: &str, said: String) -> Error {
    let lower = message.to_lowercase();
    let unpaid = matches!(code, "insufficient_quota" | "billing_error" | "billing_hard_limit_reached");
    if unpaid || status == Some(402) || says_unpaid(&lower) {
        return Error::new(Kind::Quota, said)
            .hint(format!("add credit to your {provider} account, or choose another model with -m"));
    }
    if is_context_full(code, &lower) {
        return Error::new(Kind::ContextFull, said);
    }
    match (status, code) {
        (Some(401), _) | (_, "authentication_error" | "invalid_api_key") => Error::new(Kind::Auth, said)
            .hint(format!("check the key of `{provider}`: `agent doctor` shows where it comes from")),
        (Some(403), _) | (_, "permission_error") => Error::new(Kind::Auth, said).hint(format!(
            "the key of `{provider}` may not use this model; `agent doctor` shows where the key comes from"
        )),
        (Some(404), _) | (_, "not_found_error" | "model_not_found") => {
            Error::new(Kind::Unserved, said).hint("`agent models` lists the models that are known")
        }
        (Some(408 | 409 | 429 | 500..), _) => Error::new(Kind::Transient, said),
        (
            None,
            "overloaded_error"
            | "rate_limit_error"
            | "rate_limit_exceeded"
            | "api_error"
            | "server_error"
            | "server_is_overloaded"
            | "slow_down"
            | "error"
            | "timeout_error"
            | "internal_server_error"
            | "",
        ) => Error::new(Kind::Transient, said),
        _ => Error::new(Kind::Provider, said),
    }
}

/// Do the words say that there is no money left? A proxy (LiteLLM) keeps the vendor's words, or its whole error in the place of
/// words, and puts a code of its own beside them. Google begins what it says of a passing limit just as OpenAI does.
fn says_unpaid(lower: &str) -> bool {
    let openai = lower.contains("you exceeded your current quota, please check your plan and billing details");
    lower.contains("credit balance is too low")
        || lower.contains("insufficient_quota")
        || (openai && !lower.contains("ai.google.dev"))
}

fn is_context_full(code: &str, lower: &str) -> bool {
    /// In the order of the servers: Anthropic (two), OpenAI and vLLM, OpenAI Responses, llama.cpp, xAI, Gemini, LM Studio, and
    /// Amazon Bedrock (four: Claude, Nova, text before it is counted, and its OpenAI-compatible endpoint).
    const WORDS: &[&str] = &[
        "prompt is too long",
        "exceed context limit",
        "maximum context length",
        "context window",
        "exceeds the available context size",
        "maximum prompt length",
        "maximum number of tokens allowed",
        "greater than the context length",
        "input is too long",
        "number of input tokens exceeds",
        "too many total text bytes",
        "exceed model maximum",
    ];
    code == "context_length_exceeded" || WORDS.iter().any(|words| lower.contains(words))
}

//! What Google's errors mean: `{"error": {code, message, status, details}}`, as a refusal or inside a stream.

use crate::base::{Error, Kind};
use crate::provider::{Endpoint, refusal};
use serde_json::Value;
use std::time::Duration;

/// The error of a refused request.
pub fn refused(endpoint: &Endpoint, status: u16, body: &[u8]) -> Error {
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    // Without `alt=sse` a stream is a list, and proxies may leave that out.
    let value = value.get(0).unwrap_or(&value);
    if !value.is_object() {
        return refusal::refuse(&endpoint.provider, status, body);
    }
    let error = refusal::refuse(&endpoint.provider, status, value.to_string().as_bytes());
    refine(endpoint, status, value.get("error").unwrap_or(value), error)
}

/// The error of an error object inside a stream; `error` is what its field `error` holds.
pub fn in_stream(endpoint: &Endpoint, error: &Value) -> Error {
    let (message, word) = refusal::words(error.to_string().as_bytes());
    let status = error.get("code").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok());
    let code = status.map_or(word, |status| status.to_string());
    refine(endpoint, status.unwrap_or_default(), error, refusal::in_stream(&endpoint.provider, &code, &message))
}

/// What the vendor says beyond status and message.
fn refine(endpoint: &Endpoint, status: u16, body: &Value, error: Error) -> Error {
    let provider = &endpoint.provider;
    let details = body.get("details").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let error = Error { retry_after: retry_delay(details), ..error };
    let anew = |kind: Kind| Error { kind, hints: Vec::new(), ..error.clone() };
    let words = body.get("message").and_then(Value::as_str).unwrap_or_default();
    if has_reason(details, "API_KEY_INVALID") || words.contains("API key not valid") {
        return anew(Kind::Auth)
            .hint(format!("check the key of `{provider}`: `agent doctor` shows where it comes from"));
    }
    if has_reason(details, "SERVICE_DISABLED") {
        return anew(Kind::Auth).hint("enable the API in the Google Cloud project that the request is for");
    }
    if status == 400 && words.contains("input token count") {
        return anew(Kind::ContextFull);
    }
    match status {
        401 | 403 if endpoint.key.is_none() => anew(Kind::Auth).hint(
            "`gcloud auth application-default login` renews the credentials; the project needs access to the model",
        ),
        // The delay beside it is that of a minute's quota, after which nothing is reset.
        429 if of_a_day(details) => Error { retry_after: None, ..anew(Kind::Quota) }.hint(format!(
            "the quota of a day is used up: enable billing for `{provider}`, or choose another model with -m"
        )),
        _ => error,
    }
}

/// `google.rpc.ErrorInfo`.
fn has_reason(details: &[Value], reason: &str) -> bool {
    details.iter().any(|detail| detail.get("reason").and_then(Value::as_str) == Some(reason))
}

/// `google.rpc.RetryInfo`: seconds with an `s`.
fn retry_delay(details: &[Value]) -> Option<Duration> {
    let delay = details.iter().find_map(|detail| detail.get("retryDelay"))?.as_str()?;
    Duration::try_from_secs_f64(delay.strip_suffix('s')?.parse().ok()?).ok()
}

/// `google.rpc.QuotaFailure`: is one of the quotas that were used up a day's?
fn of_a_day(details: &[Value]) -> bool {
    let violations = details.iter().filter_map(|detail| detail.get("violations")?.as_array()).flatten();
    violations.filter_map(|violation| violation.get("quotaId")?.as_str()).any(|id| id.contains("PerDay"))
}

//! What Bedrock's exceptions mean, as the answer to a request and inside a stream.

use super::super::refusal;
use crate::base::{Error, Kind};
use serde_json::Value;

/// The names of exceptions, without case and the word `exception`, and the status that each stands for. Source: Amazon Bedrock API
/// reference, "Common Errors" and `ConverseStream`.
const CODES: &[(&str, u16)] = &[
    ("throttling", 429),
    ("toomanyrequests", 429),
    ("modelnotready", 429),
    ("serviceunavailable", 503),
    ("internalserver", 500),
    ("internalfailure", 500),
    ("modeltimeout", 408),
    ("modelstreamerror", 500),
    ("modelerror", 500),
    ("validation", 400),
    ("servicequotaexceeded", 400),
    ("accessdenied", 403),
    ("unrecognizedclient", 403),
    ("expiredtoken", 403),
    ("invalidsignature", 403),
    ("resourcenotfound", 404),
];

/// The error of a refused request.
pub(super) fn refused(provider: &str, status: u16, body: &[u8]) -> Error {
    let (message, code) = words(body);
    let said = if message.is_empty() { String::new() } else { format!(": {message}") };
    // 424 is an error of the model itself, which the same request may not meet again.
    let meant = if status == 424 { 500 } else { status };
    classify(provider, meant, &code, &message, format!("{provider} answered {status}{said}"))
}

/// The error of an exception inside a stream.
pub(super) fn in_stream(provider: &str, code: &str, data: &str) -> Error {
    let (message, _) = words(data.as_bytes());
    let name = plain(code);
    let status = CODES.iter().find(|(known, _)| *known == name).map_or(500, |(_, status)| *status);
    classify(provider, status, code, &message, format!("{provider} ended the answer with an error: {message} ({code})"))
}

fn classify(provider: &str, status: u16, code: &str, message: &str, said: String) -> Error {
    let lower = message.to_lowercase();
    if lower.contains("tokens per day") || plain(code) == "servicequotaexceeded" {
        return Error::new(Kind::Quota, said)
            .hint("choose another model with -m, or have the quota raised in the AWS console (Service Quotas)");
    }
    if lower.contains("allow prompt caching") {
        return Error::new(Kind::Provider, said)
            .hint("set its family in the configuration: models.\"PROVIDER/MODEL\".family = \"other\"");
    }
    if lower.contains("on-demand throughput") {
        return Error::new(Kind::Provider, said).hint(
            "put a region before the model's id, such as `us.`, `eu.` or `global.`: `agent models bedrock` lists them",
        );
    }
    if lower.contains("security token") || lower.contains("signature expired") || plain(code) == "expiredtoken" {
        return Error::new(Kind::Auth, said)
            .hint("renew the AWS credentials, such as with `aws sso login`, and look at this machine's clock");
    }
    if status == 403 {
        return Error::new(Kind::Auth, said).hint(
            "these credentials may not use this model here: ask for access to it in the Bedrock console, or choose another region",
        );
    }
    refusal::classify(provider, Some(status), code, message, said)
}

/// `ThrottlingException`, `throttlingException` and `com.amazon…#ThrottlingException:http://…` are one.
fn plain(code: &str) -> String {
    let name = code.rsplit('#').next().unwrap_or_default().split(':').next().unwrap_or_default().to_lowercase();
    name.strip_suffix("exception").map_or(name.clone(), str::to_owned)
}

/// The words of an error and its code: `{"message"}` or `{"Message"}`, with a code in `__type` or `code`; else as other servers have
/// them.
fn words(body: &[u8]) -> (String, String) {
    let value: Value = serde_json::from_slice(body).unwrap_or_default();
    let text = |names: [&str; 2]| names.into_iter().find_map(|name| value.get(name)).and_then(Value::as_str);
    match text(["message", "Message"]) {
        Some(message) => (message.chars().take(600).collect(), text(["__type", "code"]).unwrap_or_default().to_owned()),
        None => refusal::words(body),
    }
}

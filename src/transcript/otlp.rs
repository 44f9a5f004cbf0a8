//! Values of OTLP's JSON: attributes, ids, times and the names that the conventions have.

use crate::base::event::Fault;
use crate::base::model::{Stop, Usage};
use crate::base::money::Usd;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The most bytes of one text of what was said.
const MOST_TEXT: usize = 16 * 1024;

/// The code of a status that is an error, as `trace.proto` numbers them.
const STATUS_ERROR: u32 = 2;

/// What the conventions call a provider that has another name here.
const PROVIDERS: &[(&str, &str)] = &[
    ("azure", "azure.ai.openai"),
    ("bedrock", "aws.bedrock"),
    ("bedrock-openai", "aws.bedrock"),
    ("google", "gcp.gemini"),
    ("mistral", "mistral_ai"),
    ("moonshotai", "moonshot_ai"),
    ("vertex", "gcp.vertex_ai"),
    ("xai", "x_ai"),
];

/// Provider and model, as the conventions name them.
pub(super) fn named(model: &str) -> (&str, &str) {
    let (provider, id) = model.split_once('/').unwrap_or(("", model));
    let known = PROVIDERS.iter().find(|(ours, _)| *ours == provider).map(|(_, theirs)| *theirs);
    (known.unwrap_or(provider), id)
}

pub(super) fn finish_reason(stop: Stop) -> &'static str {
    match stop {
        Stop::End => "stop",
        Stop::Calls => "tool_call",
        Stop::Length => "length",
        Stop::Refusal => "content_filter",
        Stop::Pause => "pause",
    }
}

pub(super) fn error_type(fault: &Fault) -> String {
    serde_json::to_value(fault.kind).ok().and_then(|kind| Some(kind.as_str()?.to_owned())).unwrap_or("_OTHER".into())
}

pub(super) fn used(tokens: &Usage) -> [Value; 5] {
    [
        number("gen_ai.usage.input_tokens", tokens.input),
        number("gen_ai.usage.output_tokens", tokens.output),
        number("gen_ai.usage.cache_read.input_tokens", tokens.cached),
        number("gen_ai.usage.cache_creation.input_tokens", tokens.cache_written),
        number("gen_ai.usage.reasoning.output_tokens", tokens.reasoning),
    ]
}

pub(super) fn paid(cost: Option<Usd>) -> Option<Value> {
    let dollars = |cost: Usd| json!({ "key": "agent.cost_usd", "value": { "doubleValue": cost.0 as f64 / 1e6 } });
    cost.map(dollars)
}

pub(super) fn text(key: &str, value: &str) -> Value {
    json!({ "key": key, "value": { "stringValue": value } })
}

/// 64-bit numbers are strings in protobuf's JSON.
pub(super) fn number(key: &str, value: u64) -> Value {
    json!({ "key": key, "value": { "intValue": i64::try_from(value).unwrap_or(i64::MAX).to_string() } })
}

pub(super) fn nanos(millis: u64) -> String {
    millis.saturating_mul(1_000_000).to_string()
}

pub(super) fn fail(span: &mut Value, words: &str) {
    set(span, "status", json!({ "code": STATUS_ERROR, "message": words }));
}

pub(super) fn set(span: &mut Value, name: &str, value: Value) {
    if let Value::Object(fields) = span {
        fields.insert(name.into(), value);
    }
}

pub(super) fn add(span: &mut Value, attribute: Value) {
    if let Some(Value::Array(attributes)) = span.get_mut("attributes") {
        attributes.push(attribute);
    }
}

/// The beginning of a text, so that no single one fills a request.
pub(super) fn short(text: &str) -> &str {
    text.get(..text.floor_char_boundary(MOST_TEXT)).unwrap_or(text)
}

/// The first bytes of a hash, in hex as OTLP's JSON has ids.
pub(super) fn hex(of: &str, bytes: usize) -> String {
    Sha256::digest(of).iter().take(bytes).map(|byte| format!("{byte:02x}")).collect()
}

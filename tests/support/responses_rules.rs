//! What the Responses API accepts: the tables of its fields and the rules between the items of the input.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::memory::{Call, Memory, Next};
use super::reply::Wire;
use super::shape::{Fault, Field, Kind, Path, Verdict, check_object, list, may, need, text};
use super::tools;

const STATUS: Kind = Kind::Words(&["in_progress", "completed", "incomplete"]);
const DETAIL: Kind = Kind::Words(&["auto", "low", "high", "original"]);
const EFFORT: Kind = Kind::Words(&["none", "minimal", "low", "medium", "high", "xhigh", "max"]);
const SUMMARY: Kind = Kind::Words(&["auto", "concise", "detailed"]);
const CALL_ID: Kind = Kind::Filled(64);
const MESSAGE_ID: Kind = Kind::Matching("an ID that begins with 'msg'", |id| has_prefix(id, &["msg_"]));
const REASONING_ID: Kind = Kind::Matching("an ID that begins with 'rs'", |id| has_prefix(id, &["rs_"]));
const FUNCTION_ID: Kind = Kind::Matching("an ID that begins with 'fc'", |id| has_prefix(id, &["fc_", "fco_"]));
const CUSTOM_ID: Kind = Kind::Matching("an ID that begins with 'ctc'", |id| has_prefix(id, &["ctc_", "ctco_"]));

fn has_prefix(id: &str, prefixes: &[&str]) -> bool {
    id.len() <= 64 && prefixes.iter().any(|prefix| id.len() > prefix.len() && id.starts_with(prefix))
}

static BODY: &[Field] = &[
    need("model", Kind::Filled(256)),
    need("input", Kind::Either(&[Kind::Filled(10_485_760), Kind::List(&ITEM, 1)])),
    need("stream", Kind::Flag),
    may("instructions", Kind::Nullable(&Kind::Text)),
    may("tools", Kind::List(&Kind::Tagged("type", &[("function", FUNCTION_TOOL), ("custom", CUSTOM_TOOL)]), 0)),
    may("tool_choice", Kind::Either(&[Kind::Words(&["none", "auto", "required"]), CHOICE])),
    may("parallel_tool_calls", Kind::Nullable(&Kind::Flag)),
    may("stream_options", Kind::Nullable(&Kind::Object(STREAM_OPTIONS))),
    may("store", Kind::Nullable(&Kind::Flag)),
    may("include", Kind::Nullable(&Kind::List(&INCLUDE, 0))),
    may("reasoning", Kind::Nullable(&Kind::Object(REASONING_OPTIONS))),
    may("text", Kind::Object(TEXT_OPTIONS)),
    may("max_output_tokens", Kind::Nullable(&Kind::Whole(16))),
    may("prompt_cache_key", Kind::Nullable(&Kind::Short(64))),
    may("prompt_cache_retention", Kind::Nullable(&Kind::Words(&["in_memory", "24h"]))),
    may("metadata", Kind::Nullable(&Kind::Map)),
    may("temperature", Kind::Nullable(&Kind::Number(0.0, 2.0))),
    may("top_p", Kind::Nullable(&Kind::Number(0.0, 1.0))),
    may("truncation", Kind::Nullable(&Kind::Words(&["auto", "disabled"]))),
    may("service_tier", Kind::Nullable(&Kind::Words(&["auto", "default", "flex", "scale", "priority"]))),
    may("safety_identifier", Kind::Nullable(&Kind::Short(64))),
    may("previous_response_id", Kind::Nullable(&Kind::Text)),
];

const INCLUDE: Kind = Kind::Words(&[
    "file_search_call.results",
    "web_search_call.results",
    "web_search_call.action.sources",
    "message.input_image.image_url",
    "computer_call_output.output.image_url",
    "code_interpreter_call.outputs",
    "reasoning.encrypted_content",
    "message.output_text.logprobs",
]);

const STREAM_OPTIONS: &[Field] = &[may("include_obfuscation", Kind::Flag)];

const REASONING_OPTIONS: &[Field] = &[may("effort", Kind::Nullable(&EFFORT)), may("summary", Kind::Nullable(&SUMMARY))];

const TEXT_OPTIONS: &[Field] = &[
    may("format", Kind::Tagged("type", &[("text", &[]), ("json_object", &[]), ("json_schema", JSON_SCHEMA)])),
    may("verbosity", Kind::Nullable(&Kind::Words(&["low", "medium", "high"]))),
];

const JSON_SCHEMA: &[Field] = &[
    need("name", tools::NAME),
    need("schema", Kind::Map),
    may("description", Kind::Text),
    may("strict", Kind::Nullable(&Kind::Flag)),
];

const FUNCTION_TOOL: &[Field] = &[
    need("name", tools::NAME),
    need("parameters", Kind::Map),
    may("description", Kind::Nullable(&Kind::Text)),
    may("strict", Kind::Nullable(&Kind::Flag)),
];

const CUSTOM_TOOL: &[Field] = &[
    need("name", tools::NAME),
    may("description", Kind::Text),
    may("format", Kind::Tagged("type", &[("text", &[]), ("grammar", GRAMMAR)])),
];

const GRAMMAR: &[Field] =
    &[need("syntax", Kind::Words(&["lark", "regex"])), need("definition", Kind::Filled(1_000_000))];

const CHOICE: Kind = Kind::Tagged(
    "type",
    &[
        ("function", &[need("name", tools::NAME)]),
        ("custom", &[need("name", tools::NAME)]),
        (
            "allowed_tools",
            &[need("mode", Kind::Words(&["auto", "required"])), need("tools", Kind::List(&Kind::Map, 1))],
        ),
    ],
);

const ITEM: Kind = Kind::Chosen(
    item_fields,
    &["message", "reasoning", "function_call", "function_call_output", "custom_tool_call", "custom_tool_call_output"],
);

fn item_fields(item: &Map<String, Value>) -> Option<&'static [Field]> {
    let kind = match item.get("type") {
        Some(kind) => kind.as_str()?,
        None => "message",
    };
    match kind {
        "message" => Some(match item.get("role").and_then(Value::as_str) {
            Some("assistant") => ASSISTANT_MESSAGE,
            _ => INPUT_MESSAGE,
        }),
        "reasoning" => Some(REASONING),
        "function_call" => Some(FUNCTION_CALL),
        "function_call_output" => Some(FUNCTION_OUTPUT),
        "custom_tool_call" => Some(CUSTOM_CALL),
        "custom_tool_call_output" => Some(CUSTOM_OUTPUT),
        _ => None,
    }
}

static INPUT_MESSAGE: &[Field] = &[
    may("type", Kind::Text),
    need("role", Kind::Words(&["user", "assistant", "system", "developer"])),
    need("content", TEXT_OR_PARTS),
    may("id", MESSAGE_ID),
    may("status", STATUS),
];

static ASSISTANT_MESSAGE: &[Field] = &[
    may("type", Kind::Text),
    need("role", Kind::Text),
    need("content", Kind::Either(&[Kind::Text, Kind::List(&OUTPUT_PART, 0)])),
    may("id", MESSAGE_ID),
    may("status", STATUS),
    may("phase", Kind::Nullable(&Kind::Words(&["commentary", "final_answer"]))),
];

const OUTPUT_PART: Kind =
    Kind::Tagged("type", &[("output_text", OUTPUT_TEXT), ("refusal", &[need("refusal", Kind::Text)])]);

const OUTPUT_TEXT: &[Field] = &[
    need("text", Kind::Text),
    may("annotations", Kind::List(&Kind::Map, 0)),
    may("logprobs", Kind::List(&Kind::Map, 0)),
];

const TEXT_OR_PARTS: Kind = Kind::Either(&[Kind::Text, Kind::List(&INPUT_PART, 1)]);

const INPUT_PART: Kind =
    Kind::Tagged("type", &[("input_text", &[need("text", Kind::Text)]), ("input_image", INPUT_IMAGE)]);

const INPUT_IMAGE: &[Field] = &[need("image_url", tools::IMAGE_URL), may("detail", Kind::Nullable(&DETAIL))];

static REASONING: &[Field] = &[
    need("type", Kind::Text),
    may("id", REASONING_ID),
    need("summary", Kind::List(&Kind::Tagged("type", &[("summary_text", &[need("text", Kind::Text)])]), 0)),
    may("encrypted_content", Kind::Nullable(&Kind::Text)),
    may(
        "content",
        Kind::Nullable(&Kind::List(&Kind::Tagged("type", &[("reasoning_text", &[need("text", Kind::Text)])]), 0)),
    ),
    may("status", Kind::Nullable(&STATUS)),
];

static FUNCTION_CALL: &[Field] = &[
    need("type", Kind::Text),
    need("call_id", CALL_ID),
    need("name", tools::NAME),
    need("arguments", Kind::Text),
    may("id", FUNCTION_ID),
    may("status", STATUS),
];

static FUNCTION_OUTPUT: &[Field] = &[
    need("type", Kind::Text),
    need("call_id", CALL_ID),
    need("output", TEXT_OR_PARTS),
    may("id", Kind::Nullable(&FUNCTION_ID)),
    may("status", Kind::Nullable(&STATUS)),
];

static CUSTOM_CALL: &[Field] = &[
    need("type", Kind::Text),
    need("call_id", CALL_ID),
    need("name", tools::NAME),
    need("input", Kind::Text),
    may("id", CUSTOM_ID),
    // Items of this kind come out of the stream with a status, which may be sent back.
    may("status", STATUS),
];

static CUSTOM_OUTPUT: &[Field] =
    &[need("type", Kind::Text), need("call_id", CALL_ID), need("output", TEXT_OR_PARTS), may("id", CUSTOM_ID)];

pub fn check(body: &Value, memory: &Memory) -> Verdict {
    let root = Path::root();
    check_object(&root, body, BODY)?;
    if body["stream"] != true {
        return Err(Fault::rule(root.key("stream"), "This server only streams: 'stream' must be true."));
    }
    check_tools(&root, body)?;
    let Some(items) = body["input"].as_array() else {
        return Ok(());
    };
    let path = root.key("input");
    check_ids(&path, items)?;
    check_calls(&path, body, items, memory)?;
    for (index, item) in items.iter().enumerate() {
        if item["type"] == "reasoning" {
            check_reasoning(&path.index(index), body, item, items.get(index + 1), memory)?;
        } else if body["store"] != false {
            check_reasoned(&path.index(index), item, index.checked_sub(1).map(|before| &items[before]), memory)?;
        }
    }
    Ok(())
}

fn check_tools(root: &Path, body: &Value) -> Verdict {
    let definitions = list(body, "tools");
    let path = root.key("tools");
    tools::check_unique_names(&path, definitions, tools::plain_name)?;
    for (index, tool) in definitions.iter().enumerate() {
        if tool["type"] == "function" {
            let place = path.index(index).key("parameters");
            let strict = tool["strict"] == true;
            tools::check_schema(Wire::Responses, &place, text(tool, "name"), &tool["parameters"], strict)?;
        }
    }
    match body["tool_choice"]["name"].as_str() {
        Some(name) => tools::check_choice(&root.key("tool_choice"), name, definitions, tools::plain_name),
        None => Ok(()),
    }
}

fn check_ids(path: &Path, items: &[Value]) -> Verdict {
    let mut seen = HashSet::new();
    for (index, item) in items.iter().enumerate() {
        let id = text(item, "id");
        if !id.is_empty() && !seen.insert(id) {
            let sentence =
                format!("Duplicate item found with id {id}. Remove duplicate items from your input and try again.");
            return Err(Fault::rule(path.index(index), sentence));
        }
    }
    Ok(())
}

/// Every call has one output of its kind after it, and every output a call before it.
fn check_calls(path: &Path, body: &Value, items: &[Value], memory: &Memory) -> Verdict {
    let mut open: Vec<Call> = Vec::new();
    if let Some(previous) = body["previous_response_id"].as_str() {
        let Some(calls) = memory.stored.get(previous) else {
            let sentence = format!("Previous response with id '{previous}' not found.");
            let place = Path::root().key("previous_response_id");
            return Err(Fault::coded(place, sentence, "previous_response_not_found"));
        };
        open.extend(calls.iter().cloned());
    }
    let mut seen: HashSet<String> = open.iter().map(|call| call.id.clone()).collect();
    for (index, item) in items.iter().enumerate() {
        let kind = text(item, "type");
        let call = Call { id: text(item, "call_id").to_owned(), custom: kind.starts_with("custom_") };
        match kind {
            "function_call" | "custom_tool_call" => {
                if !seen.insert(call.id.clone()) {
                    let sentence = format!("Duplicate call_id '{}': call ids must be unique.", call.id);
                    return Err(Fault::rule(path.index(index).key("call_id"), sentence));
                }
                open.push(call);
            }
            "function_call_output" | "custom_tool_call_output" => {
                let Some(at) = open.iter().position(|known| *known == call) else {
                    let what = if call.custom { "custom tool call" } else { "function call" };
                    let sentence = format!("No tool call found for {what} output with call_id {}.", call.id);
                    return Err(Fault::rule(path.index(index).key("call_id"), sentence));
                };
                open.remove(at);
            }
            _ => {}
        }
    }
    match open.first() {
        Some(call) => {
            let what = if call.custom { "custom tool call" } else { "function call" };
            Err(Fault::rule(path.clone(), format!("No tool output found for {what} {}.", call.id)))
        }
        None => Ok(()),
    }
}

fn check_reasoning(path: &Path, body: &Value, item: &Value, next: Option<&Value>, memory: &Memory) -> Verdict {
    let id = text(item, "id");
    let encrypted = text(item, "encrypted_content");
    if encrypted.is_empty() {
        if body["store"] != false {
            return Ok(());
        }
        let sentence = format!(
            "Item with id '{id}' not found. Items are not persisted when `store` is set to false. Try again with \
             `store` set to true, or remove this item from your input."
        );
        return Err(Fault::rule(path.clone(), sentence));
    }
    let Some(known) = memory.reasoning.get(encrypted).filter(|known| id.is_empty() || known.id == id) else {
        let sentence = format!("The encrypted content for item {id} could not be verified.");
        return Err(Fault::coded(path.key("encrypted_content"), sentence, "invalid_encrypted_content"));
    };
    let follows = match (&known.next, next) {
        (Some(Next::Call(call_id)), Some(next)) => {
            ["function_call", "custom_tool_call"].contains(&text(next, "type")) && text(next, "call_id") == call_id
        }
        (Some(Next::Message(words)), Some(next)) => {
            next["role"] == "assistant" && super::responses::message_text(next) == *words
        }
        (Some(Next::Reasoning(encrypted)), Some(next)) => text(next, "encrypted_content") == encrypted,
        _ => false,
    };
    if follows {
        return Ok(());
    }
    let sentence = format!("Item '{}' of type 'reasoning' was provided without its required following item.", known.id);
    Err(Fault::rule(path.clone(), sentence))
}

/// With answers stored, an item named by its id brings the reasoning before it along.
fn check_reasoned(path: &Path, item: &Value, before: Option<&Value>, memory: &Memory) -> Verdict {
    let id = text(item, "id");
    match memory.reasoned.get(id) {
        Some(reasoning) if before.is_none_or(|before| text(before, "id") != reasoning) => {
            let kind = text(item, "type");
            let sentence = format!(
                "Item '{id}' of type '{kind}' was provided without its required 'reasoning' item: '{reasoning}'."
            );
            Err(Fault::rule(path.clone(), sentence))
        }
        _ => Ok(()),
    }
}

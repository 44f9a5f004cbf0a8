//! What the Chat Completions API accepts: the tables of its fields and the rules between messages.

use std::collections::HashSet;

use serde_json::Value;

use super::memory::Memory;
use super::reply::Wire;
use super::shape::{Fault, Field, Kind, Path, Verdict, check_object, list, may, need, text};
use super::tools;

static BODY: &[Field] = &[
    need("model", Kind::Filled(256)),
    need("messages", Kind::List(&MESSAGE, 1)),
    need("stream", Kind::Flag),
    may("stream_options", Kind::Nullable(&Kind::Object(&[may("include_usage", Kind::Flag)]))),
    may("tools", Kind::List(&Kind::Tagged("type", &[("function", &[need("function", Kind::Object(FUNCTION))])]), 1)),
    may("tool_choice", Kind::Either(&[Kind::Words(&["none", "auto", "required"]), CHOICE])),
    may("parallel_tool_calls", Kind::Flag),
    may("max_tokens", Kind::Nullable(&Kind::Whole(1))),
    may("max_completion_tokens", Kind::Nullable(&Kind::Whole(1))),
    may("temperature", Kind::Nullable(&Kind::Number(0.0, 2.0))),
    may("top_p", Kind::Nullable(&Kind::Number(0.0, 1.0))),
    may("reasoning_effort", Kind::Nullable(&EFFORT)),
    may("response_format", FORMAT),
    may("stop", Kind::Nullable(&Kind::Either(&[Kind::Text, Kind::List(&Kind::Text, 1)]))),
    may("seed", Kind::Nullable(&Kind::Whole(i64::MIN))),
    may("n", Kind::Nullable(&Kind::Whole(1))),
    may("user", Kind::Text),
    may("prompt_cache_key", Kind::Nullable(&Kind::Short(64))),
    may("store", Kind::Nullable(&Kind::Flag)),
    may("metadata", Kind::Nullable(&Kind::Map)),
    may("frequency_penalty", Kind::Nullable(&Kind::Number(-2.0, 2.0))),
    may("presence_penalty", Kind::Nullable(&Kind::Number(-2.0, 2.0))),
];

const EFFORT: Kind = Kind::Words(&["none", "minimal", "low", "medium", "high", "xhigh", "max"]);

const FUNCTION: &[Field] = &[
    need("name", tools::NAME),
    may("description", Kind::Text),
    may("parameters", Kind::Map),
    may("strict", Kind::Nullable(&Kind::Flag)),
];

const CHOICE: Kind =
    Kind::Tagged("type", &[("function", &[need("function", Kind::Object(&[need("name", tools::NAME)]))])]);

const FORMAT: Kind = Kind::Tagged(
    "type",
    &[("text", &[]), ("json_object", &[]), ("json_schema", &[need("json_schema", Kind::Object(JSON_SCHEMA))])],
);

const JSON_SCHEMA: &[Field] = &[
    need("name", tools::NAME),
    may("description", Kind::Text),
    may("schema", Kind::Map),
    may("strict", Kind::Nullable(&Kind::Flag)),
];

const MESSAGE: Kind = Kind::Tagged(
    "role",
    &[("system", INSTRUCTION), ("developer", INSTRUCTION), ("user", USER), ("assistant", ASSISTANT), ("tool", TOOL)],
);

const TEXT_PART: &[Field] = &[need("text", Kind::Text)];
const TEXTS: Kind = Kind::Either(&[Kind::Text, Kind::List(&Kind::Tagged("type", &[("text", TEXT_PART)]), 1)]);

const INSTRUCTION: &[Field] = &[need("content", TEXTS), may("name", tools::NAME)];

const USER: &[Field] = &[
    need("content", Kind::Either(&[Kind::Text, Kind::List(&Kind::Tagged("type", USER_PARTS), 1)])),
    may("name", tools::NAME),
];

const USER_PARTS: &[(&str, &[Field])] =
    &[("text", TEXT_PART), ("image_url", &[need("image_url", Kind::Object(IMAGE_URL))])];

const IMAGE_URL: &[Field] =
    &[need("url", tools::IMAGE_URL), may("detail", Kind::Words(&["auto", "low", "high", "original"]))];

const ASSISTANT: &[Field] = &[
    may("content", Kind::Nullable(&Kind::Either(&[Kind::Text, Kind::List(&Kind::Tagged("type", ASSISTANT_PARTS), 1)]))),
    may("tool_calls", Kind::List(&Kind::Tagged("type", &[("function", CALL)]), 1)),
    may("refusal", Kind::Nullable(&Kind::Text)),
    may("name", tools::NAME),
    may("reasoning_content", Kind::Text),
];

const ASSISTANT_PARTS: &[(&str, &[Field])] = &[("text", TEXT_PART), ("refusal", &[need("refusal", Kind::Text)])];

const CALL: &[Field] = &[
    need("id", Kind::Filled(256)),
    need("function", Kind::Object(&[need("name", tools::NAME), need("arguments", ARGUMENTS)])),
];

const ARGUMENTS: Kind =
    Kind::Matching("a string of valid JSON", |arguments| serde_json::from_str::<Value>(arguments).is_ok());

const TOOL: &[Field] = &[need("tool_call_id", Kind::Filled(256)), need("content", TEXTS)];

pub fn check(body: &Value, memory: &Memory) -> Verdict {
    let root = Path::root();
    check_object(&root, body, BODY)?;
    if body["stream"] != true {
        return Err(Fault::rule(root.key("stream"), "This server only streams: 'stream' must be true."));
    }
    if !body["max_tokens"].is_null() && !body["max_completion_tokens"].is_null() {
        let sentence = "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.";
        return Err(Fault::coded(root.key("max_tokens"), sentence, "invalid_parameter_combination"));
    }
    if list(body, "stop").len() > 4 {
        return Err(Fault::invalid(root.key("stop"), "array too long. Expected at most 4.", "array_above_max_length"));
    }
    check_tools(&root, body)?;
    let messages = list(body, "messages");
    let path = root.key("messages");
    for (index, message) in messages.iter().enumerate() {
        if message["role"] == "assistant" {
            check_assistant(&path.index(index), message, memory)?;
        }
    }
    check_answers(&path, messages)
}

fn function_name(tool: &Value) -> &str {
    text(&tool["function"], "name")
}

fn check_tools(root: &Path, body: &Value) -> Verdict {
    let definitions = list(body, "tools");
    let path = root.key("tools");
    for word in ["tool_choice", "parallel_tool_calls"] {
        if definitions.is_empty() && body.get(word).is_some() {
            let sentence = format!("'{word}' is only allowed when 'tools' are specified.");
            return Err(Fault::rule(root.key(word), sentence));
        }
    }
    tools::check_unique_names(&path, definitions, function_name)?;
    for (index, tool) in definitions.iter().enumerate() {
        let function = &tool["function"];
        if let Some(schema) = function.get("parameters") {
            let place = path.index(index).key("function").key("parameters");
            tools::check_schema(Wire::Chat, &place, function_name(tool), schema, function["strict"] == true)?;
        }
    }
    match body["tool_choice"]["function"]["name"].as_str() {
        Some(name) => tools::check_choice(&root.key("tool_choice"), name, definitions, function_name),
        None => Ok(()),
    }
}

fn check_assistant(path: &Path, message: &Value, memory: &Memory) -> Verdict {
    let says = ["content", "tool_calls", "refusal"].iter().any(|key| !message[*key].is_null());
    if !says {
        let sentence = "Invalid value for 'content': expected a string, got null. An assistant message must have \
            either 'content' or 'tool_calls'.";
        return Err(Fault::rule(path.key("content"), sentence));
    }
    match message["reasoning_content"].as_str() {
        Some(reasoning) if !memory.reasoning_texts.contains(reasoning) => {
            let sentence = "This is not reasoning that this server has sent.";
            Err(Fault::invalid(path.key("reasoning_content"), sentence, "invalid_value"))
        }
        _ => Ok(()),
    }
}

/// The messages right after an assistant's calls answer each of them once, and tool messages stand nowhere else.
fn check_answers(path: &Path, messages: &[Value]) -> Verdict {
    let mut open: Vec<&str> = Vec::new();
    for (index, message) in messages.iter().enumerate() {
        if message["role"] == "tool" {
            let id = text(message, "tool_call_id");
            let Some(at) = open.iter().position(|known| *known == id) else {
                let sentence = "Invalid parameter: messages with role 'tool' must be a response to a preceding message \
                    with 'tool_calls'.";
                return Err(Fault::rule(path.index(index).key("role"), sentence));
            };
            open.remove(at);
            continue;
        }
        all_answered(path, index, &open)?;
        open = list(message, "tool_calls").iter().map(|call| text(call, "id")).collect();
        let unique: HashSet<&str> = open.iter().copied().collect();
        if unique.len() != open.len() {
            let sentence = "Duplicate tool call ids in one assistant message.";
            return Err(Fault::rule(path.index(index).key("tool_calls"), sentence));
        }
    }
    all_answered(path, messages.len(), &open)
}

fn all_answered(path: &Path, index: usize, open: &[&str]) -> Verdict {
    if open.is_empty() {
        return Ok(());
    }
    let sentence = format!(
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. \
         The following tool_call_ids did not have response messages: {}",
        open.join(", ")
    );
    Err(Fault::rule(path.index(index).key("role"), sentence))
}

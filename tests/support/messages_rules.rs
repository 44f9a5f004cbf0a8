//! What the Messages API accepts: the tables of its fields and the rules between messages and blocks.

use std::collections::HashSet;

use serde_json::Value;

use super::memory::Memory;
use super::reply::Wire;
use super::shape::{Fault, Field, Kind, Path, Verdict, check_object, list, may, need, text};
use super::tools;

const CACHE: Field = may(
    "cache_control",
    Kind::Nullable(&Kind::Tagged("type", &[("ephemeral", &[may("ttl", Kind::Words(&["5m", "1h"]))])])),
);

static BODY: &[Field] = &[
    need("model", Kind::Filled(256)),
    need("max_tokens", Kind::Whole(1)),
    need("messages", Kind::List(&Kind::Object(MESSAGE), 1)),
    need("stream", Kind::Flag),
    may("system", Kind::Either(&[Kind::Text, Kind::List(&Kind::Tagged("type", &[("text", TEXT)]), 0)])),
    may("tools", Kind::List(&Kind::Object(TOOL), 0)),
    may("tool_choice", CHOICE),
    may("thinking", THINKING),
    may("output_config", Kind::Object(OUTPUT_CONFIG)),
    may("metadata", Kind::Object(&[may("user_id", Kind::Nullable(&Kind::Short(256)))])),
    may("stop_sequences", Kind::List(&Kind::Filled(1000), 0)),
    may("temperature", Kind::Number(0.0, 1.0)),
    may("top_p", Kind::Number(0.0, 1.0)),
    may("top_k", Kind::Whole(0)),
    may("service_tier", Kind::Words(&["auto", "standard_only"])),
    CACHE,
];

const MESSAGE: &[Field] = &[
    need("role", Kind::Words(&["user", "assistant"])),
    need("content", Kind::Either(&[Kind::Text, Kind::List(&Kind::Tagged("type", BLOCKS), 0)])),
];

const BLOCKS: &[(&str, &[Field])] = &[
    ("text", TEXT),
    ("image", IMAGE),
    ("thinking", &[need("thinking", Kind::Text), need("signature", Kind::Text)]),
    ("redacted_thinking", &[need("data", Kind::Filled(usize::MAX))]),
    ("tool_use", TOOL_USE),
    ("tool_result", TOOL_RESULT),
];

const TEXT: &[Field] = &[need("text", Kind::Text), CACHE];

const IMAGE: &[Field] = &[
    need("source", Kind::Tagged("type", &[("base64", IMAGE_DATA), ("url", &[need("url", tools::WEB_ADDRESS)])])),
    CACHE,
];

const IMAGE_DATA: &[Field] = &[
    need("media_type", Kind::Words(&["image/jpeg", "image/png", "image/gif", "image/webp"])),
    need("data", tools::BASE64),
];

const TOOL_USE: &[Field] = &[need("id", tools::PLAIN_ID), need("name", tools::NAME), need("input", Kind::Map), CACHE];

const TOOL_RESULT: &[Field] = &[
    need("tool_use_id", tools::PLAIN_ID),
    may(
        "content",
        Kind::Either(&[Kind::Text, Kind::List(&Kind::Tagged("type", &[("text", TEXT), ("image", IMAGE)]), 0)]),
    ),
    may("is_error", Kind::Flag),
    CACHE,
];

const TOOL: &[Field] = &[
    may("type", Kind::Nullable(&Kind::Words(&["custom"]))),
    need("name", tools::NAME),
    need("input_schema", Kind::Map),
    may("description", Kind::Text),
    may("strict", Kind::Flag),
    may("eager_input_streaming", Kind::Nullable(&Kind::Flag)),
    CACHE,
];

const CHOICE: Kind = Kind::Tagged(
    "type",
    &[
        ("auto", &[may("disable_parallel_tool_use", Kind::Flag)]),
        ("any", &[may("disable_parallel_tool_use", Kind::Flag)]),
        ("tool", &[need("name", tools::NAME), may("disable_parallel_tool_use", Kind::Flag)]),
        ("none", &[]),
    ],
);

const DISPLAY: Field = may("display", Kind::Nullable(&Kind::Words(&["summarized", "omitted"])));

const THINKING: Kind = Kind::Tagged(
    "type",
    &[("enabled", &[need("budget_tokens", Kind::Whole(1024)), DISPLAY]), ("adaptive", &[DISPLAY]), ("disabled", &[])],
);

const OUTPUT_CONFIG: &[Field] = &[
    may("effort", Kind::Nullable(&Kind::Words(&["low", "medium", "high", "xhigh", "max"]))),
    may("format", Kind::Nullable(&Kind::Tagged("type", &[("json_schema", &[need("schema", Kind::Map)])]))),
];

pub fn check(body: &Value, memory: &Memory) -> Verdict {
    let root = Path::root();
    check_object(&root, body, BODY)?;
    if body["stream"] != true {
        return Err(Fault::rule(root.key("stream"), "This server only streams: `stream` must be true."));
    }
    check_tools(&root, body)?;
    check_thinking(&root, body)?;
    check_breakpoints(body)?;
    for (index, block) in list(body, "system").iter().enumerate() {
        check_text(&root.key("system").index(index), block)?;
    }
    let messages = list(body, "messages");
    let path = root.key("messages");
    if messages[0]["role"] != "user" {
        return Err(Fault::rule(path, "first message must use the \"user\" role"));
    }
    for (index, message) in messages.iter().enumerate() {
        check_content(&path.index(index), message, memory)?;
    }
    check_ending(&path, messages)?;
    check_answers(&path, messages)?;
    check_last_thinking(&path, body, messages, memory)
}

fn check_tools(root: &Path, body: &Value) -> Verdict {
    let definitions = list(body, "tools");
    let path = root.key("tools");
    tools::check_unique_names(&path, definitions, tools::plain_name)?;
    for (index, tool) in definitions.iter().enumerate() {
        let place = path.index(index).key("input_schema");
        tools::check_schema(Wire::Messages, &place, text(tool, "name"), &tool["input_schema"], tool["strict"] == true)?;
    }
    let choice = root.key("tool_choice");
    if definitions.is_empty() && body.get("tool_choice").is_some() {
        return Err(Fault::rule(choice, "tool_choice may only be specified while providing tools"));
    }
    match body["tool_choice"]["name"].as_str() {
        Some(name) => tools::check_choice(&choice, name, definitions, tools::plain_name),
        None => Ok(()),
    }
}

/// Whether the request lets the model think.
fn thinks(body: &Value) -> bool {
    ["enabled", "adaptive"].contains(&text(&body["thinking"], "type"))
}

fn check_thinking(root: &Path, body: &Value) -> Verdict {
    let budget = body["thinking"]["budget_tokens"].as_i64();
    if budget.is_some_and(|budget| budget >= body["max_tokens"].as_i64().unwrap_or_default()) {
        let sentence = "`max_tokens` must be greater than `thinking.budget_tokens`.";
        return Err(Fault::rule(root.key("max_tokens"), sentence));
    }
    if !thinks(body) {
        return Ok(());
    }
    for word in ["temperature", "top_k"] {
        if body.get(word).is_some() {
            return Err(Fault::rule(root.key(word), format!("`{word}` may not be set when thinking is enabled.")));
        }
    }
    if ["any", "tool"].contains(&text(&body["tool_choice"], "type")) {
        let sentence = "Thinking may not be enabled when tool_choice forces tool use.";
        return Err(Fault::rule(root.key("thinking"), sentence));
    }
    Ok(())
}

/// At most four breakpoints, and none of the longer kind after one of the shorter, in the order tools, system,
/// messages in which the prompt is cached.
fn check_breakpoints(body: &Value) -> Verdict {
    let mut lifetimes: Vec<&str> = Vec::new();
    for key in ["tools", "system", "messages"] {
        collect_breakpoints(&body[key], &mut lifetimes);
    }
    if body["cache_control"].is_object() {
        lifetimes.push(body["cache_control"]["ttl"].as_str().unwrap_or("5m"));
    }
    if lifetimes.len() > 4 {
        let sentence = format!("A maximum of 4 blocks with cache_control may be provided. Found {}.", lifetimes.len());
        return Err(Fault::rule(Path::root(), sentence));
    }
    if lifetimes.windows(2).any(|pair| pair == ["5m", "1h"]) {
        let sentence = "a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block.";
        return Err(Fault::rule(Path::root(), sentence));
    }
    Ok(())
}

/// Breakpoints sit on tools and blocks. What a tool is called with or how its schema reads is no place for one, even
/// if it has a field of that name.
fn collect_breakpoints<'a>(value: &'a Value, lifetimes: &mut Vec<&'a str>) {
    for entry in value.as_array().into_iter().flatten() {
        collect_breakpoints(&entry["content"], lifetimes);
        if entry["cache_control"].is_object() {
            lifetimes.push(entry["cache_control"]["ttl"].as_str().unwrap_or("5m"));
        }
    }
}

fn check_text(path: &Path, block: &Value) -> Verdict {
    if block["type"] == "text" && text(block, "text").is_empty() {
        return Err(Fault::rule(path.key("text"), "text content blocks must be non-empty"));
    }
    Ok(())
}

fn check_content(path: &Path, message: &Value, memory: &Memory) -> Verdict {
    let place = path.key("content");
    let blocks = list(message, "content");
    if blocks.is_empty() && text(message, "content").is_empty() {
        return Err(Fault::rule(path.clone(), "all messages must have non-empty content"));
    }
    let assistant = message["role"] == "assistant";
    for (index, block) in blocks.iter().enumerate() {
        let place = place.index(index);
        check_text(&place, block)?;
        let kind = text(block, "type");
        let fits = match kind {
            "thinking" | "redacted_thinking" | "tool_use" => assistant,
            "tool_result" | "image" => !assistant,
            _ => true,
        };
        if !fits {
            let sentence = format!("`{kind}` blocks are not permitted in messages of this role");
            return Err(Fault::rule(place, sentence));
        }
        if kind == "thinking" {
            let pair = (text(block, "thinking").to_owned(), text(block, "signature").to_owned());
            if !memory.signed.contains(&pair) {
                return Err(Fault::rule(place, "Invalid `signature` in `thinking` block"));
            }
        }
        for (index, inner) in list(block, "content").iter().enumerate() {
            check_text(&place.key("content").index(index), inner)?;
            if block["is_error"] == true && inner["type"] != "text" {
                let sentence = "all content must be type \"text\" if \"is_error\" is true";
                return Err(Fault::rule(place.key("tool_result"), sentence));
            }
        }
    }
    Ok(())
}

fn check_ending(path: &Path, messages: &[Value]) -> Verdict {
    let Some(last) = messages.last().filter(|last| last["role"] == "assistant") else {
        return Ok(());
    };
    let words = match list(last, "content").last() {
        Some(block) => text(block, "text"),
        None => text(last, "content"),
    };
    if words.ends_with(char::is_whitespace) {
        return Err(Fault::rule(path.clone(), "final assistant content cannot end with trailing whitespace"));
    }
    Ok(())
}

/// Each tool use has its one result in the very next message, before anything else there.
fn check_answers(path: &Path, messages: &[Value]) -> Verdict {
    let mut open: Vec<&str> = Vec::new();
    let mut seen = HashSet::new();
    for (index, message) in messages.iter().enumerate() {
        let mut asked = Vec::new();
        let mut answered = HashSet::new();
        let mut others = false;
        for (at, block) in list(message, "content").iter().enumerate() {
            let place = path.index(index).key("content").index(at);
            match text(block, "type") {
                "tool_use" => {
                    let id = text(block, "id");
                    if !seen.insert(id) {
                        return Err(Fault::rule(place, format!("`tool_use` ids must be unique: {id}")));
                    }
                    asked.push(id);
                }
                "tool_result" => {
                    let id = text(block, "tool_use_id");
                    if !answered.insert(id) {
                        let sentence = format!(
                            "each tool_use must have a single result. Found multiple `tool_result` blocks with id: {id}"
                        );
                        return Err(Fault::rule(place, sentence));
                    }
                    let Some(known) = open.iter().position(|known| *known == id) else {
                        let sentence = format!(
                            "unexpected `tool_use_id` found in `tool_result` blocks: {id}. Each `tool_result` block \
                             must have a corresponding `tool_use` block in the previous message."
                        );
                        return Err(Fault::rule(place, sentence));
                    };
                    if others {
                        let sentence = "`tool_result` blocks must come before all other content of the message";
                        return Err(Fault::rule(place, sentence));
                    }
                    open.remove(known);
                }
                _ => others = true,
            }
        }
        all_answered(path, index, &open)?;
        open = asked;
    }
    all_answered(path, messages.len(), &open)
}

/// `index` is that of the message that should have brought the results.
fn all_answered(path: &Path, index: usize, open: &[&str]) -> Verdict {
    if open.is_empty() {
        return Ok(());
    }
    let sentence = format!(
        "`tool_use` ids were found without `tool_result` blocks immediately after: {}. Each `tool_use` block must \
         have a corresponding `tool_result` block in the next message.",
        open.join(", ")
    );
    Err(Fault::rule(path.index(index.saturating_sub(1)), sentence))
}

/// A turn of tool use that began with thinking must go on with it while thinking is on.
fn check_last_thinking(path: &Path, body: &Value, messages: &[Value], memory: &Memory) -> Verdict {
    let Some(index) = messages.iter().rposition(|message| message["role"] == "assistant") else {
        return Ok(());
    };
    let blocks = list(&messages[index], "content");
    let thoughtful = blocks.iter().any(|block| memory.thoughtful.contains(text(block, "id")));
    if !thinks(body) || !thoughtful || ["thinking", "redacted_thinking"].contains(&text(&blocks[0], "type")) {
        return Ok(());
    }
    let sentence = format!(
        "Expected `thinking` or `redacted_thinking`, but found `{}`. When `thinking` is enabled, a final `assistant` \
         message must start with a thinking block (preceeding the lastmost set of `tool_use` and `tool_result` \
         blocks).",
        text(&blocks[0], "type")
    );
    Err(Fault::rule(path.index(index).key("content").index(0).key("type"), sentence))
}

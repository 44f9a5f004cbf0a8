//! What Amazon Bedrock's ConverseStream accepts: the tables of its fields and the rules between messages and blocks.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::memory::Memory;
use super::reply::Wire;
use super::shape::{Fault, Field, Kind, Path, Verdict, check_object, list, may, need, text};
use super::tools;

static BODY: &[Field] = &[
    need("messages", Kind::List(&Kind::Object(MESSAGE), 1)),
    may("system", Kind::List(&Kind::Chosen(system_block, &["text", "cachePoint"]), 0)),
    may("inferenceConfig", Kind::Object(INFERENCE)),
    may("toolConfig", Kind::Object(TOOLS)),
    may("additionalModelRequestFields", Kind::Map),
];

const INFERENCE: &[Field] = &[
    may("maxTokens", Kind::Whole(1)),
    may("temperature", Kind::Number(0.0, 1.0)),
    may("topP", Kind::Number(0.0, 1.0)),
    may("stopSequences", Kind::List(&Kind::Filled(1000), 0)),
];

const MESSAGE: &[Field] =
    &[need("role", Kind::Words(&["user", "assistant"])), need("content", Kind::List(&Kind::Chosen(block, BLOCKS), 0))];

const BLOCKS: &[&str] = &["text", "image", "toolUse", "toolResult", "reasoningContent", "cachePoint"];

const CACHE_POINT: &[Field] = &[need(
    "cachePoint",
    Kind::Object(&[need("type", Kind::Words(&["default"])), may("ttl", Kind::Words(&["5m", "1h"]))]),
)];

const TEXT: &[Field] = &[need("text", Kind::Text)];

const SYSTEM_TEXT: &[Field] = &[need("text", Kind::Filled(usize::MAX))];

const RESULT_JSON: &[Field] = &[need("json", Kind::Map)];

const SIGNED: &[Field] =
    &[need("reasoningText", Kind::Object(&[need("text", Kind::Text), may("signature", Kind::Text)]))];

const REDACTED: &[Field] = &[need("redactedContent", tools::BASE64)];

const IMAGE: &[Field] = &[need(
    "image",
    Kind::Object(&[
        need("format", Kind::Words(&["png", "jpeg", "gif", "webp"])),
        need("source", Kind::Object(&[need("bytes", tools::BASE64)])),
    ]),
)];

const USE_ID: Kind = Kind::Matching("a string that matches the pattern '[a-zA-Z0-9_.:-]{1,64}'", |text| {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "_.:-".contains(letter);
    (1..=64).contains(&text.len()) && text.chars().all(fits)
});

const TOOL_USE: &[Field] =
    &[need("toolUse", Kind::Object(&[need("toolUseId", USE_ID), need("name", tools::NAME), need("input", Kind::Map)]))];

const TOOL_RESULT: &[Field] = &[need(
    "toolResult",
    Kind::Object(&[
        need("toolUseId", USE_ID),
        need("content", Kind::List(&Kind::Chosen(result_block, &["text", "json", "image"]), 0)),
        may("status", Kind::Words(&["success", "error"])),
    ]),
)];

const REASONING: &[Field] = &[need("reasoningContent", Kind::Chosen(thought, &["reasoningText", "redactedContent"]))];

const TOOLS: &[Field] =
    &[need("tools", Kind::List(&Kind::Chosen(tool, &["toolSpec", "cachePoint"]), 1)), may("toolChoice", Kind::Map)];

const TOOL: &[Field] = &[need(
    "toolSpec",
    Kind::Object(&[
        need("name", tools::NAME),
        may("description", Kind::Filled(usize::MAX)),
        need("inputSchema", Kind::Object(&[need("json", Kind::Map)])),
        may("strict", Kind::Flag),
    ]),
)];

/// The one key of a union.
fn only(object: &Map<String, Value>) -> &str {
    match object.len() {
        1 => object.keys().next().map_or("", String::as_str),
        _ => "",
    }
}

fn block(object: &Map<String, Value>) -> Option<&'static [Field]> {
    match only(object) {
        "text" => Some(TEXT),
        "image" => Some(IMAGE),
        "toolUse" => Some(TOOL_USE),
        "toolResult" => Some(TOOL_RESULT),
        "reasoningContent" => Some(REASONING),
        "cachePoint" => Some(CACHE_POINT),
        _ => None,
    }
}

fn system_block(object: &Map<String, Value>) -> Option<&'static [Field]> {
    match only(object) {
        "text" => Some(SYSTEM_TEXT),
        "cachePoint" => Some(CACHE_POINT),
        _ => None,
    }
}

fn result_block(object: &Map<String, Value>) -> Option<&'static [Field]> {
    match only(object) {
        "text" => Some(TEXT),
        "json" => Some(RESULT_JSON),
        "image" => Some(IMAGE),
        _ => None,
    }
}

fn thought(object: &Map<String, Value>) -> Option<&'static [Field]> {
    match only(object) {
        "reasoningText" => Some(SIGNED),
        "redactedContent" => Some(REDACTED),
        _ => None,
    }
}

fn tool(object: &Map<String, Value>) -> Option<&'static [Field]> {
    match only(object) {
        "toolSpec" => Some(TOOL),
        "cachePoint" => Some(CACHE_POINT),
        _ => None,
    }
}

/// `path` is that of the request, whose model decides over cache points.
pub fn check(path: &str, body: &Value, memory: &Memory) -> Verdict {
    let root = Path::root();
    check_object(&root, body, BODY)?;
    check_tools(&root, body)?;
    check_thinking(&root, body)?;
    check_cache_points(path, body)?;
    let messages = list(body, "messages");
    let place = root.key("messages");
    check_turns(&place, messages)?;
    for (index, message) in messages.iter().enumerate() {
        check_content(&place.index(index), message, memory)?;
    }
    check_ending(&place, messages)?;
    check_answers(&place, body, messages)?;
    check_last_thinking(&place, body, messages, memory)
}

fn check_tools(root: &Path, body: &Value) -> Verdict {
    let definitions = list(&body["toolConfig"], "tools");
    let path = root.key("toolConfig").key("tools");
    let specs: Vec<Value> = definitions.iter().filter_map(|tool| tool.get("toolSpec")).cloned().collect();
    tools::check_unique_names(&path, &specs, tools::plain_name)?;
    for (index, spec) in specs.iter().enumerate() {
        let place = path.index(index).key("toolSpec").key("inputSchema").key("json");
        tools::check_schema(Wire::Converse, &place, text(spec, "name"), &spec["inputSchema"]["json"], false)?;
    }
    Ok(())
}

fn check_thinking(root: &Path, body: &Value) -> Verdict {
    let budget = body["additionalModelRequestFields"]["thinking"]["budget_tokens"].as_i64();
    if budget.is_some_and(|budget| budget >= body["inferenceConfig"]["maxTokens"].as_i64().unwrap_or(i64::MAX)) {
        let sentence = "The model returned the following errors: `max_tokens` must be greater than \
            `thinking.budget_tokens`.";
        return Err(Fault::rule(root.key("additionalModelRequestFields"), sentence));
    }
    Ok(())
}

/// At most four, and only for models that cache.
fn check_cache_points(path: &str, body: &Value) -> Verdict {
    let mut blocks: Vec<&Value> = list(body, "system").iter().chain(list(&body["toolConfig"], "tools")).collect();
    blocks.extend(list(body, "messages").iter().flat_map(|message| list(message, "content")));
    let count = blocks.iter().filter(|block| block.get("cachePoint").is_some()).count();
    if count > 0 && !path.contains("claude") && !path.contains("nova") {
        let sentence = "You invoked an unsupported model or your request did not allow prompt caching. See the \
            documentation for more information.";
        return Err(Fault::rule(Path::root(), sentence));
    }
    if count > 4 {
        let sentence = format!("A maximum of 4 blocks with cache_control may be provided. Found {count}.");
        return Err(Fault::rule(Path::root(), sentence));
    }
    Ok(())
}

fn check_turns(path: &Path, messages: &[Value]) -> Verdict {
    if messages[0]["role"] != "user" {
        let sentence = "A conversation must start with a user message. Try again with a conversation that starts with \
            a user message.";
        return Err(Fault::rule(path.clone(), sentence));
    }
    match messages.windows(2).position(|pair| pair[0]["role"] == pair[1]["role"]) {
        Some(index) => {
            let sentence = "A conversation must alternate between user and assistant roles. Make sure the conversation \
                alternates between user and assistant roles and try again.";
            Err(Fault::rule(path.index(index + 1), sentence))
        }
        None => Ok(()),
    }
}

fn check_content(path: &Path, message: &Value, memory: &Memory) -> Verdict {
    let place = path.key("content");
    let blocks = list(message, "content");
    if blocks.iter().all(|block| block.get("cachePoint").is_some()) {
        let sentence = "The content field in the Message object is empty. Add a ContentBlock object to the content \
            field and try again.";
        return Err(Fault::rule(place, sentence));
    }
    let assistant = message["role"] == "assistant";
    for (index, block) in blocks.iter().enumerate() {
        let place = place.index(index);
        if block.get("text").is_some() && text(block, "text").trim().is_empty() {
            let sentence = "The text field in the ContentBlock object is blank. Add text to the text field, and try \
                again.";
            return Err(Fault::rule(place, sentence));
        }
        let fits = match block.as_object().map_or("", only) {
            "toolUse" | "reasoningContent" => assistant,
            "toolResult" | "image" => !assistant,
            _ => true,
        };
        if !fits {
            let role = if assistant { "Assistant" } else { "User" };
            return Err(Fault::rule(place, format!("{role} messages cannot contain this content block.")));
        }
        if let Some(thought) = block["reasoningContent"].get("reasoningText") {
            let pair = (text(thought, "text").to_owned(), text(thought, "signature").to_owned());
            if !memory.signed.contains(&pair) {
                let sentence = "The model returned the following errors: Invalid `signature` in `thinking` block";
                return Err(Fault::rule(place, sentence));
            }
        }
        if block["toolResult"]["status"] == "error"
            && list(&block["toolResult"], "content").iter().any(|inner| inner.get("image").is_some())
        {
            let sentence = "The model returned the following errors: all content must be type \"text\" if \
                \"is_error\" is true";
            return Err(Fault::rule(place, sentence));
        }
    }
    Ok(())
}

fn check_ending(path: &Path, messages: &[Value]) -> Verdict {
    let last = messages.last().filter(|last| last["role"] == "assistant");
    let words = last.and_then(|last| list(last, "content").last()).map_or("", |block| text(block, "text"));
    if words.ends_with(char::is_whitespace) {
        let sentence = "The model returned the following errors: final assistant content cannot end with trailing \
            whitespace";
        return Err(Fault::rule(path.clone(), sentence));
    }
    Ok(())
}

/// Each tool use has its one result in the very next message, before anything else there.
fn check_answers(path: &Path, body: &Value, messages: &[Value]) -> Verdict {
    let mut open: Vec<&str> = Vec::new();
    let mut seen = HashSet::new();
    for (index, message) in messages.iter().enumerate() {
        let place = path.index(index).key("content");
        let mut asked = Vec::new();
        let mut others = false;
        for block in list(message, "content") {
            let (call, result) = (&block["toolUse"], &block["toolResult"]);
            if (call.is_object() || result.is_object()) && body.get("toolConfig").is_none() {
                let sentence = "The toolConfig field must be defined when using toolUse and toolResult content blocks.";
                return Err(Fault::rule(Path::root(), sentence));
            }
            if call.is_object() {
                let id = text(call, "toolUseId");
                if !seen.insert(id) {
                    return Err(Fault::rule(place, format!("`tool_use` ids must be unique: {id}")));
                }
                asked.push(id);
            } else if result.is_object() {
                let id = text(result, "toolUseId");
                let Some(known) = open.iter().position(|known| *known == id) else {
                    let sentence = format!(
                        "The number of toolResult blocks exceeds the number of toolUse blocks of previous turn: {id}."
                    );
                    return Err(Fault::rule(place, sentence));
                };
                if others {
                    let sentence = "toolResult blocks must come before all other content of the message";
                    return Err(Fault::rule(place, sentence));
                }
                open.remove(known);
            } else {
                others = true;
            }
        }
        all_answered(&place, &open)?;
        open = asked;
    }
    all_answered(path, &open)
}

fn all_answered(path: &Path, open: &[&str]) -> Verdict {
    if open.is_empty() {
        return Ok(());
    }
    let sentence = format!("Expected toolResult blocks for the following Ids: {}", open.join(", "));
    Err(Fault::rule(path.clone(), sentence))
}

/// A turn of tool use that began with thinking must go on with it while thinking is on.
fn check_last_thinking(path: &Path, body: &Value, messages: &[Value], memory: &Memory) -> Verdict {
    let Some(index) = messages.iter().rposition(|message| message["role"] == "assistant") else {
        return Ok(());
    };
    let thinking = text(&body["additionalModelRequestFields"]["thinking"], "type");
    let blocks = list(&messages[index], "content");
    let thoughtful = blocks.iter().any(|block| memory.thoughtful.contains(text(&block["toolUse"], "toolUseId")));
    let begins = blocks.first().is_some_and(|block| block.get("reasoningContent").is_some());
    if !["enabled", "adaptive"].contains(&thinking) || !thoughtful || begins {
        return Ok(());
    }
    let sentence = "The model returned the following errors: Expected `thinking` or `redacted_thinking`, but found \
        another block. When `thinking` is enabled, a final `assistant` message must start with a thinking block.";
    Err(Fault::rule(path.index(index).key("content").index(0), sentence))
}

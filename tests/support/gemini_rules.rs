//! What Google's `generateContent` accepts: the tables of its fields and the rules between turns and parts.

use std::collections::HashSet;

use serde_json::Value;

use super::memory::Memory;
use super::reply::Wire;
use super::shape::{Fault, Field, Kind, Path, Verdict, check_object, list, may, need, text};
use super::tools;

/// Taken in the place of a signature on a call that another model made.
const FOREIGN: &str = "skip_thought_signature_validator";

static BODY: &[Field] = &[
    need("contents", Kind::List(&Kind::Object(CONTENT), 1)),
    may("systemInstruction", Kind::Object(INSTRUCTION)),
    may("tools", Kind::List(&Kind::Object(TOOL), 0)),
    may("toolConfig", Kind::Object(&[may("functionCallingConfig", Kind::Object(CALLING))])),
    may("safetySettings", Kind::List(&Kind::Map, 0)),
    may("generationConfig", Kind::Object(GENERATION)),
    may("cachedContent", Kind::Text),
];

const CONTENT: &[Field] =
    &[need("role", Kind::Words(&["user", "model"])), need("parts", Kind::List(&Kind::Object(PART), 1))];

const INSTRUCTION: &[Field] = &[
    may("role", Kind::Words(&["user", "system"])),
    need("parts", Kind::List(&Kind::Object(&[need("text", Kind::Filled(usize::MAX))]), 1)),
];

const PART: &[Field] = &[
    may("text", Kind::Text),
    may("inlineData", Kind::Object(BLOB)),
    may("functionCall", Kind::Object(CALL)),
    may("functionResponse", Kind::Object(RESPONSE)),
    may("thought", Kind::Flag),
    may("thoughtSignature", Kind::Filled(usize::MAX)),
];

const BLOB: &[Field] = &[
    need("mimeType", Kind::Words(&["image/png", "image/jpeg", "image/webp", "image/heic", "image/heif"])),
    need("data", tools::BASE64),
];

const CALL: &[Field] = &[may("id", Kind::Filled(usize::MAX)), need("name", NAME), may("args", Kind::Map)];

const RESPONSE: &[Field] = &[
    may("id", Kind::Filled(usize::MAX)),
    need("name", NAME),
    need("response", Kind::Map),
    may("parts", Kind::List(&Kind::Object(&[need("inlineData", Kind::Object(BLOB))]), 0)),
];

const NAME: Kind =
    Kind::Matching("a name of letters, digits, underscores, dots, colons and dashes, 64 at most", |name| {
        let first = |letter: char| letter.is_ascii_alphabetic() || letter == '_';
        name.len() <= 64
            && name.starts_with(first)
            && name.chars().all(|letter| letter.is_ascii_alphanumeric() || "_.:-".contains(letter))
    });

const TOOL: &[Field] = &[need("functionDeclarations", Kind::List(&Kind::Object(DECLARATION), 1))];

const DECLARATION: &[Field] = &[
    need("name", NAME),
    need("description", Kind::Text),
    may("parameters", Kind::Map),
    may("parametersJsonSchema", Kind::Map),
];

const CALLING: &[Field] = &[
    may("mode", Kind::Words(&["AUTO", "ANY", "NONE", "VALIDATED"])),
    may("allowedFunctionNames", Kind::List(&Kind::Text, 1)),
];

const GENERATION: &[Field] = &[
    may("maxOutputTokens", Kind::Whole(1)),
    may("temperature", Kind::Number(0.0, 2.0)),
    may("topP", Kind::Number(0.0, 1.0)),
    may("topK", Kind::Whole(1)),
    may("stopSequences", Kind::List(&Kind::Text, 0)),
    may("thinkingConfig", Kind::Object(THINKING)),
];

const THINKING: &[Field] = &[
    may("includeThoughts", Kind::Flag),
    may("thinkingBudget", Kind::Whole(-1)),
    may("thinkingLevel", Kind::Words(&["MINIMAL", "LOW", "MEDIUM", "HIGH"])),
];

/// The keywords that the API documents for JSON Schema.
const JSON_SCHEMA: &[&str] = &[
    "$id",
    "$defs",
    "$ref",
    "$anchor",
    "type",
    "format",
    "title",
    "description",
    "enum",
    "items",
    "prefixItems",
    "minItems",
    "maxItems",
    "minimum",
    "maximum",
    "anyOf",
    "oneOf",
    "properties",
    "additionalProperties",
    "required",
];

/// Those of `Schema`, a subset of OpenAPI's.
const OPEN_API: &[&str] = &[
    "type",
    "format",
    "title",
    "description",
    "nullable",
    "enum",
    "maxItems",
    "minItems",
    "properties",
    "required",
    "minProperties",
    "maxProperties",
    "minLength",
    "maxLength",
    "pattern",
    "example",
    "anyOf",
    "propertyOrdering",
    "default",
    "items",
    "minimum",
    "maximum",
];

pub fn check(body: &Value, memory: &Memory) -> Verdict {
    let root = Path::root();
    check_object(&root, body, BODY)?;
    check_tools(&root, body)?;
    let thinking = &body["generationConfig"]["thinkingConfig"];
    if thinking.get("thinkingBudget").is_some() && thinking.get("thinkingLevel").is_some() {
        let sentence = "You can only set only one of thinking budget and thinking level.";
        return Err(Fault::rule(root.key("generationConfig"), sentence));
    }
    let contents = list(body, "contents");
    let path = root.key("contents");
    check_turns(&path, contents)?;
    for (index, content) in contents.iter().enumerate() {
        for (at, part) in list(content, "parts").iter().enumerate() {
            check_part(&path.index(index).key("parts").index(at), text(content, "role"), part)?;
        }
    }
    check_answers(&path, contents)?;
    contents.iter().enumerate().try_for_each(|(index, content)| check_signatures(&path.index(index), content, memory))
}

fn check_tools(root: &Path, body: &Value) -> Verdict {
    let definitions: Vec<Value> =
        list(body, "tools").iter().flat_map(|tool| list(tool, "functionDeclarations")).cloned().collect();
    if definitions.is_empty() && body.get("toolConfig").is_some() {
        let sentence = "Function calling config is set without function_declarations.";
        return Err(Fault::rule(root.key("toolConfig"), sentence));
    }
    let path = root.key("tools").index(0).key("functionDeclarations");
    tools::check_unique_names(&path, &definitions, tools::plain_name)?;
    for (index, tool) in definitions.iter().enumerate() {
        let place = path.index(index);
        let (open_api, json) = (tool.get("parameters"), tool.get("parametersJsonSchema"));
        if open_api.is_some() && json.is_some() {
            let sentence = "parameters and parameters_json_schema are mutually exclusive.";
            return Err(Fault::rule(place, sentence));
        }
        if let Some(schema) = open_api {
            check_keywords(&place.key("parameters"), schema, OPEN_API)?;
        }
        if let Some(schema) = json {
            let place = place.key("parametersJsonSchema");
            tools::check_schema(Wire::Gemini, &place, text(tool, "name"), schema, false)?;
            check_keywords(&place, schema, JSON_SCHEMA)?;
        }
    }
    Ok(())
}

fn check_keywords(path: &Path, schema: &Value, known: &[&str]) -> Verdict {
    let Some(object) = schema.as_object() else { return Ok(()) };
    if let Some(key) = object.keys().find(|key| !known.contains(&key.as_str())) {
        let sentence = format!(
            "Invalid JSON payload received. Unknown name \"{key}\" at '{}': Cannot find field.",
            path.bracketed()
        );
        return Err(Fault::rule(path.clone(), sentence));
    }
    if object.contains_key("enum") && !object.get("type").is_some_and(|kind| kind == "string" || kind == "STRING") {
        return Err(Fault::rule(path.clone(), format!("{}.enum: only allowed for STRING type", path.bracketed())));
    }
    for key in ["properties", "$defs"] {
        for (name, inner) in object.get(key).and_then(Value::as_object).into_iter().flatten() {
            check_keywords(&path.key(key).key(name), inner, known)?;
        }
    }
    for key in ["anyOf", "oneOf", "prefixItems"] {
        for (index, inner) in list(schema, key).iter().enumerate() {
            check_keywords(&path.key(key).index(index), inner, known)?;
        }
    }
    object.get("items").map_or(Ok(()), |items| check_keywords(&path.key("items"), items, known))
}

/// The user begins and ends, and turns alternate.
fn check_turns(path: &Path, contents: &[Value]) -> Verdict {
    for (index, content) in contents.iter().enumerate() {
        let expected = if index % 2 == 0 { "user" } else { "model" };
        if content["role"] != expected {
            let sentence = "Please ensure that multiturn requests alternate between user and model.";
            return Err(Fault::rule(path.index(index).key("role"), sentence));
        }
    }
    if contents.len().is_multiple_of(2) {
        let sentence = "Please ensure that multiturn requests end with a user role or a function response.";
        return Err(Fault::rule(path.clone(), sentence));
    }
    Ok(())
}

fn check_part(path: &Path, role: &str, part: &Value) -> Verdict {
    const DATA: [&str; 4] = ["text", "inlineData", "functionCall", "functionResponse"];
    let found: Vec<&str> = DATA.into_iter().filter(|name| part.get(*name).is_some()).collect();
    let [data] = found.as_slice() else {
        let sentence = "The part must have exactly one initialized field of oneof \"data\".";
        return Err(Fault::rule(path.clone(), sentence));
    };
    if *data == "text" && text(part, "text").is_empty() && part.get("thoughtSignature").is_none() {
        return Err(Fault::rule(path.clone(), "Unable to submit request because it must have a text parameter."));
    }
    let of_other_role = match role {
        "user" => *data == "functionCall" || part.get("thought").is_some() || part.get("thoughtSignature").is_some(),
        _ => *data == "functionResponse" || *data == "inlineData",
    };
    if of_other_role {
        return Err(Fault::rule(
            path.clone(),
            format!("A part of this kind is not permitted in a turn of the {role}."),
        ));
    }
    Ok(())
}

/// The turn after calls begins with the result of each, by id where there are ids, else in their order.
fn check_answers(path: &Path, contents: &[Value]) -> Verdict {
    let mut open: Vec<&Value> = Vec::new();
    for (index, content) in contents.iter().enumerate() {
        let parts = list(content, "parts");
        if content["role"] == "model" {
            open = parts.iter().filter_map(|part| part.get("functionCall")).collect();
            let mut ids = HashSet::new();
            if open.iter().any(|call| !text(call, "id").is_empty() && !ids.insert(text(call, "id"))) {
                return Err(Fault::rule(path.index(index), "Duplicate function call ids in one turn."));
            }
            continue;
        }
        let place = path.index(index).key("parts");
        let results: Vec<&Value> = parts.iter().filter_map(|part| part.get("functionResponse")).collect();
        if results.len() != open.len() {
            let sentence = "Please ensure that the number of function response parts is equal to the number of function \
                call parts of the function call turn.";
            return Err(Fault::rule(place, sentence));
        }
        if parts.iter().skip(results.len()).any(|part| part.get("functionResponse").is_some()) {
            let sentence = "Please ensure that function response turn comes immediately after a function call turn.";
            return Err(Fault::rule(place, sentence));
        }
        for (at, result) in results.iter().enumerate() {
            let by_id = open.iter().find(|call| !text(call, "id").is_empty() && call["id"] == result["id"]);
            let call =
                by_id.or_else(|| open.get(at).filter(|call| call.get("id").is_none() && result.get("id").is_none()));
            let Some(call) = call else {
                let sentence = format!("The id {} does not match a function call of the turn before.", result["id"]);
                return Err(Fault::rule(place.index(at), sentence));
            };
            if call["name"] != result["name"] {
                let sentence = "The name of a function response must be that of its function call.";
                return Err(Fault::rule(place.index(at), sentence));
            }
        }
        open.clear();
    }
    Ok(())
}

/// What this server signed comes back as it was; the first call of a turn has its signature, or the stand-in for calls that
/// this server did not make.
fn check_signatures(path: &Path, content: &Value, memory: &Memory) -> Verdict {
    for (at, part) in list(content, "parts").iter().enumerate() {
        let place = path.key("parts").index(at);
        let signature = part["thoughtSignature"].as_str();
        let Some(call) = part.get("functionCall") else {
            let known =
                |signature: &str| memory.google_texts.contains(&(text(part, "text").to_owned(), signature.to_owned()));
            match signature {
                Some(signature) if !known(signature) => return Err(Fault::rule(place, "Corrupted thought signature.")),
                _ => continue,
            }
        };
        match (memory.google_calls.get(text(call, "id")), signature) {
            (Some(made), Some(signature)) if made.signature.as_deref() != Some(signature) => {
                return Err(Fault::rule(place, "Corrupted thought signature."));
            }
            (Some(made), None) if made.signature.is_some() => {
                let sentence = format!(
                    "Function call is missing a thought_signature in functionCall parts. This is required for tools to work \
                     correctly. Additional data, function call `default_api:{}`, position {at}.",
                    made.name
                );
                return Err(Fault::rule(place, sentence));
            }
            (None, Some(signature)) if signature != FOREIGN => {
                return Err(Fault::rule(place, "Corrupted thought signature."));
            }
            _ => {}
        }
    }
    Ok(())
}

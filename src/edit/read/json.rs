//! The two formats that are JSON: `{"edits": […]}` and `{"files": […]}`.

use super::{Format, cut_off, header, wrapping};
use crate::edit::refusal::Refusal;
use crate::edit::step::{Action, Step};
use serde::Deserialize;
use serde_json::Value;

const EDITS: &str = r#"{"edits": [{"path": "src/main.rs", "old_string": "…", "new_string": "…"}]}"#;
const FILES: &str = r#"{"files": [{"path": "src/main.rs", "content": "…"}]}"#;

#[derive(Deserialize)]
struct Edit {
    #[serde(alias = "file_path", alias = "filePath", alias = "file", alias = "filename")]
    path: Option<String>,
    #[serde(
        alias = "oldString",
        alias = "old_str",
        alias = "oldText",
        alias = "old_text",
        alias = "old",
        alias = "search"
    )]
    old_string: String,
    #[serde(
        alias = "newString",
        alias = "new_str",
        alias = "newText",
        alias = "new_text",
        alias = "new",
        alias = "replace"
    )]
    new_string: String,
    #[serde(default, alias = "replaceAll", alias = "allow_multiple")]
    replace_all: bool,
}

#[derive(Deserialize)]
struct File {
    #[serde(alias = "file_path", alias = "filePath", alias = "file", alias = "filename")]
    path: String,
    #[serde(alias = "text", alias = "contents")]
    content: String,
}

/// The format that a text is in, where it is JSON.
pub fn kind(text: &[u8]) -> Option<Format> {
    let value = value(text).ok()?;
    let has = |name: &str| value.get(name).is_some();
    if has("edits") || has("old_string") || value.get(0).is_some_and(|first| first.get("old_string").is_some()) {
        return Some(Format::Edit);
    }
    has("files").then_some(Format::Whole)
}

pub fn edits(text: &[u8]) -> Result<Vec<Step>, Refusal> {
    #[derive(Deserialize)]
    struct Plain {
        #[expect(dead_code, reason = "only whether it can be read is asked")]
        edits: Vec<Edit>,
    }
    once(serde_json::from_slice::<Plain>(text).err())?;
    let value = value(text)?;
    let path = ["path", "file_path", "filePath"].iter().find_map(|name| value.get(name)?.as_str()).map(str::to_owned);
    let list = match value.get("edits") {
        // Some models send the list as text.
        Some(Value::String(inner)) => parsed(inner.as_bytes())?,
        Some(list) => list.clone(),
        None if value.is_array() => value,
        None if !value
            .as_object()
            .is_some_and(|fields| fields.keys().any(|name| name.starts_with("old") || name == "search")) =>
        {
            return Err(Refusal::malformed(format!("the edit cannot be read: missing field `edits`; send {EDITS}")));
        }
        None => Value::Array(vec![value]),
    };
    let edits: Vec<Edit> = serde_json::from_value(list).map_err(|error| unfit(&error, EDITS))?;
    if edits.is_empty() {
        return Err(Refusal::malformed(format!("`edits` is empty; send {EDITS}")));
    }
    let step = |edit: Edit| {
        let named = edit
            .path
            .or_else(|| path.clone())
            .ok_or_else(|| Refusal::malformed(format!("an edit has no `path`; send {EDITS}")))?;
        let (old, new) = (edit.old_string.into_bytes(), edit.new_string.into_bytes());
        let action = if old.is_empty() {
            Action::Fill { text: new }
        } else {
            Action::Replace { old, new, all: edit.replace_all }
        };
        Ok(Step { path: header::plain(&named), action })
    };
    edits.into_iter().map(step).collect()
}

pub fn files(text: &[u8]) -> Result<Vec<Step>, Refusal> {
    #[derive(Deserialize)]
    struct Plain {
        files: Vec<File>,
    }
    // Large texts are not copied about.
    let files = match serde_json::from_slice::<Plain>(text) {
        Ok(plain) => plain.files,
        Err(error) => {
            once(Some(error))?;
            wrapped_files(value(text)?)?
        }
    };
    if files.is_empty() {
        return Err(Refusal::malformed(format!("`files` is empty; send {FILES}")));
    }
    let mut steps: Vec<Step> = Vec::new();
    for file in files {
        let path = header::plain(&file.path);
        if steps.iter().any(|step| step.path == path) {
            return Err(Refusal::malformed(format!("`{path}` is there twice; send each file once")).of(&path));
        }
        steps.push(Step { path, action: Action::Write { text: file.content.into_bytes() } });
    }
    Ok(steps)
}

/// A key that is there twice would lose one of its values without a word.
fn once(error: Option<serde_json::Error>) -> Result<(), Refusal> {
    match error.map(|error| error.to_string()).filter(|words| words.starts_with("duplicate field")) {
        Some(words) => Err(Refusal::malformed(format!("the edit cannot be read: {words}; send each key once"))),
        None => Ok(()),
    }
}

fn wrapped_files(mut value: Value) -> Result<Vec<File>, Refusal> {
    let list = match value.get_mut("files").map(Value::take) {
        Some(Value::String(inner)) => parsed(inner.as_bytes())?,
        Some(list) => list,
        None => Value::Array(vec![value]),
    };
    serde_json::from_value(list).map_err(|error| unfit(&error, FILES))
}

/// The JSON of a text: the whole of it, or the one fenced block in it.
fn value(text: &[u8]) -> Result<Value, Refusal> {
    let text = text.strip_prefix(crate::edit::seek::BOM).unwrap_or(text);
    match parsed(text) {
        // A string that holds JSON: written out twice.
        Ok(Value::String(inner)) => parsed(inner.as_bytes()),
        Ok(value) => Ok(value),
        Err(refusal) => {
            let inner = fenced(text).and_then(|inner| parsed(&inner).ok()).or_else(|| among_words(text));
            inner.ok_or(refusal)
        }
    }
}

fn parsed(text: &[u8]) -> Result<Value, Refusal> {
    serde_json::from_slice(text).map_err(|error| {
        if error.is_eof() {
            cut_off(format!("the JSON of the edit stops before its end: {error}"))
        } else {
            Refusal::malformed(format!("the edit is not JSON: {error}; send {EDITS} or {FILES}"))
        }
    })
}

/// The one object in a text of words. Only the first brace can open it: an inner one of an object that was cut off would
/// pass for the whole.
fn among_words(text: &[u8]) -> Option<Value> {
    let start = text.iter().position(|byte| *byte == b'{')?;
    let mut values = serde_json::Deserializer::from_slice(text.get(start..)?).into_iter::<Value>();
    let value = values.next()?.ok()?;
    let rest = text.get(start + values.byte_offset()..)?;
    let told = ["edits", "files", "old_string"].iter().any(|name| value.get(name).is_some());
    (told && !rest.contains(&b'{')).then_some(value)
}

fn fenced(text: &[u8]) -> Option<Vec<u8>> {
    let lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
    let fences: Vec<usize> =
        lines.iter().enumerate().filter(|(_, line)| wrapping::is_fence(line)).map(|(number, _)| number).collect();
    let [open, close] = fences.as_slice() else { return None };
    Some(lines.get(open + 1..*close)?.join(&b'\n'))
}

fn unfit(error: &serde_json::Error, example: &str) -> Refusal {
    Refusal::malformed(format!("the edit cannot be read: {error}; send {example}"))
}

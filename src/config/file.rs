//! TOML to values, with errors that name path, line and column.

use super::keys::{self, Key, Type, Value};
use crate::base::{Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::ops::Range;
use toml::de::{DeTable, DeValue};

/// One value of a file.
#[derive(Debug, PartialEq)]
pub struct Entry {
    pub key: String,
    pub value: Value,
    /// From 1.
    pub line: usize,
    /// `path:line:column`.
    pub place: String,
}

/// Line and column of a byte of a text, both from 1.
pub fn position(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

/// A whole document as a type; `name` is its path, for messages, which say line and column.
pub fn decode<T: DeserializeOwned>(name: &str, text: &str) -> Result<T> {
    toml::from_str(text).map_err(|error| {
        let (line, column) = position(text, error.span().map_or(0, |span| span.start));
        Error::config(format!("{name}:{line}:{column}: {}", error.message().trim_end().replace('\n', ", ")))
    })
}

/// A type as a document.
pub fn encode<T: Serialize>(value: &T) -> Result<String> {
    toml::to_string(value).map_err(|error| Error::config(format!("cannot write TOML: {error}")))
}

/// Reads a file's text; `name` is its path, for messages. `[[rules]]` are read by [`super::rules`].
pub fn parse(name: &str, text: &str) -> Result<Vec<Entry>> {
    parse_each(name, text)?.into_iter().collect()
}

/// The same, where one wrong value is no reason to leave out the others.
pub fn parse_each(name: &str, text: &str) -> Result<Vec<Result<Entry>>> {
    let at = |span: Range<usize>| position(text, span.start);
    let table = DeTable::parse(text).map_err(|error| {
        let (line, column) = at(error.span().unwrap_or(0..0));
        Error::config(format!("{name}:{line}:{column}: {}", error.message()))
            .hint("mend the file there, or point AGENT_CONFIG at another one")
    })?;
    let mut entries = Vec::new();
    flatten("", table.get_ref(), &mut |key, span, value| {
        if key == "rules" && matches!(value, DeValue::Array(_)) {
            return;
        }
        let (line, column) = at(span);
        let place = format!("{name}:{line}:{column}");
        entries.push(match typed(&key, value) {
            Ok(value) => Ok(Entry { key, value, line, place }),
            Err(error) => Err(Error { message: format!("{place}: {}", error.message), ..error }),
        });
    });
    Ok(entries)
}

/// Reads the `KEY=VALUE` of `-c`. A value that is not TOML is taken as a text, so that quotes are not needed.
pub fn parse_override(text: &str) -> Result<Vec<(String, Value)>> {
    let (key, raw) = text.split_once('=').ok_or_else(|| {
        Error::usage(format!("-c takes KEY=VALUE, not `{text}`")).hint("for example: -c network.idle_timeout=5s")
    })?;
    let key = key.trim();
    if key == "rules" {
        return Err(Error::usage("-c sets no rules").hint("write [[rules]] into your configuration file"));
    }
    let document = format!("{} = {raw}", quote_middle(key));
    if let Ok(entries) = parse("-c", &document) {
        return Ok(entries.into_iter().map(|entry| (entry.key, entry.value)).collect());
    }
    let row = keys::find(key).ok_or_else(|| unknown(key))?;
    row.parse_text(raw.trim())
        .map(|value| vec![(key.to_owned(), value)])
        .map_err(|words| Error::config(format!("-c: {words}")))
}

/// `models.openai/gpt-6.input` as TOML wants it: the middle part quoted.
fn quote_middle(key: &str) -> String {
    match keys::split(key) {
        Some((first, middle, last)) => format!("{first}.\"{middle}\".{last}"),
        None => key.to_owned(),
    }
}

type Visit<'a> = &'a mut dyn FnMut(String, Range<usize>, &DeValue<'_>);

fn flatten(prefix: &str, table: &DeTable<'_>, visit: Visit<'_>) {
    for (key, value) in table {
        let name = if prefix.is_empty() { key.get_ref().to_string() } else { format!("{prefix}.{}", key.get_ref()) };
        match value.get_ref() {
            DeValue::Table(inner) => flatten(&name, inner, visit),
            other => visit(name, key.span(), other),
        }
    }
}

fn unknown(key: &str) -> Error {
    let error = Error::config(format!("unknown key `{key}`"));
    match keys::nearest(key) {
        Some(near) => Error { message: format!("unknown key `{key}`, did you mean `{near}`?"), ..error },
        None => error.hint("`agent config keys` lists all keys"),
    }
}

fn typed(key: &str, value: &DeValue<'_>) -> Result<Value> {
    let row = keys::find(key).ok_or_else(|| unknown(key))?;
    let wrong = || Error::config(row.expected(&shown(value)));
    match value {
        DeValue::String(text) => row.parse_text(text).map_err(Error::config),
        DeValue::Integer(number) if accepts_number(row) => row.parse_text(number.as_str()).map_err(|_| wrong()),
        DeValue::Float(number) if accepts_number(row) => row.parse_text(number.as_str()).map_err(|_| wrong()),
        DeValue::Boolean(flag) if row.kind == Type::Flag => Ok(Value::Flag(*flag)),
        DeValue::Array(array) if row.kind == Type::List => array
            .iter()
            .map(|item| item.get_ref().as_str().map(str::to_owned).ok_or_else(wrong))
            .collect::<Result<Vec<String>>>()
            .map(Value::List),
        _ => Err(wrong()),
    }
}

fn accepts_number(row: &Key) -> bool {
    matches!(row.kind, Type::Number | Type::Duration | Type::Money | Type::Bytes)
}

fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(number) => number.as_str().to_owned(),
        DeValue::Float(number) => number.as_str().to_owned(),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(date) => date.to_string(),
        DeValue::Array(_) => "a list".into(),
        DeValue::Table(_) => "a table".into(),
    }
}

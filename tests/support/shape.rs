//! A small language of tables for the shape of JSON bodies, and its checker. The vendors refuse fields they do not
//! know at every level, so a shape lists all that may be there; what relates several places to each other is a rule in
//! code and not written here.

use serde_json::{Map, Value};

/// What a value must be.
#[derive(Clone, Copy)]
pub enum Kind {
    Text,
    /// A string of at least one and at most this many characters.
    Filled(usize),
    /// A string of at most this many characters that may be empty.
    Short(usize),
    Words(&'static [&'static str]),
    /// A string that passes the test; the text says what is expected.
    Matching(&'static str, fn(&str) -> bool),
    Flag,
    /// A number within these bounds.
    Number(f64, f64),
    /// An integer that is at least this.
    Whole(i64),
    /// Any object.
    Map,
    Object(&'static [Field]),
    /// A list of at least this many.
    List(&'static Kind, usize),
    /// An object whose shape is named by the string in the given field.
    Tagged(&'static str, &'static [(&'static str, &'static [Field])]),
    /// An object whose shape is found by a function, which also says what there is to choose from.
    Chosen(fn(&Map<String, Value>) -> Option<&'static [Field]>, &'static [&'static str]),
    /// The first of these that takes this type of JSON value.
    Either(&'static [Kind]),
    Nullable(&'static Kind),
}

pub struct Field {
    name: &'static str,
    kind: Kind,
    required: bool,
}

pub const fn need(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, required: true }
}

pub const fn may(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, required: false }
}

#[derive(Clone, PartialEq, Debug)]
pub enum Part {
    Key(String),
    Index(usize),
}

/// A place in the body.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Path(Vec<Part>);

impl Path {
    pub fn root() -> Path {
        Path::default()
    }

    pub fn key(&self, key: &str) -> Path {
        let mut parts = self.0.clone();
        parts.push(Part::Key(key.to_owned()));
        Path(parts)
    }

    pub fn index(&self, index: usize) -> Path {
        let mut parts = self.0.clone();
        parts.push(Part::Index(index));
        Path(parts)
    }

    /// `input[0].content`, as OpenAI writes it.
    pub fn bracketed(&self) -> String {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Key(key) if text.is_empty() => text.push_str(key),
                Part::Key(key) => text.push_str(&format!(".{key}")),
                Part::Index(index) => text.push_str(&format!("[{index}]")),
            }
        }
        text
    }

    /// `messages.0.content`, as Anthropic writes it.
    pub fn dotted(&self) -> String {
        let words = self.0.iter().map(|part| match part {
            Part::Key(key) => key.clone(),
            Part::Index(index) => index.to_string(),
        });
        words.collect::<Vec<_>>().join(".")
    }
}

/// Why a body is refused.
#[derive(Clone, Debug)]
pub struct Fault {
    pub path: Path,
    pub problem: Problem,
}

#[derive(Clone, Debug)]
pub enum Problem {
    Unknown,
    Missing,
    Type {
        expected: &'static str,
        got: &'static str,
    },
    Value {
        got: String,
        allowed: &'static [&'static str],
    },
    /// A whole sentence, for whatever the others do not say.
    Rule(String),
    /// The same with the vendor's code for it.
    Coded(String, &'static str),
    /// What is wrong with a value of the right type, and the code for it.
    Invalid(String, &'static str),
}

impl Fault {
    pub fn rule(path: Path, sentence: impl Into<String>) -> Fault {
        Fault { path, problem: Problem::Rule(sentence.into()) }
    }

    pub fn invalid(path: Path, sentence: impl Into<String>, code: &'static str) -> Fault {
        Fault { path, problem: Problem::Invalid(sentence.into(), code) }
    }

    pub fn coded(path: Path, sentence: impl Into<String>, code: &'static str) -> Fault {
        Fault { path, problem: Problem::Coded(sentence.into(), code) }
    }
}

pub type Verdict = Result<(), Fault>;

/// Judges an object by its table.
pub fn check_object(path: &Path, value: &Value, fields: &'static [Field]) -> Verdict {
    let Some(object) = value.as_object() else {
        return wrong_type(path, "object", value);
    };
    check_fields(path, object, fields, None)
}

fn check_fields(path: &Path, object: &Map<String, Value>, fields: &'static [Field], tag: Option<&str>) -> Verdict {
    for key in object.keys() {
        if tag != Some(key) && !fields.iter().any(|field| field.name == key) {
            return Err(Fault { path: path.key(key), problem: Problem::Unknown });
        }
    }
    for field in fields {
        match object.get(field.name) {
            Some(value) => check(&path.key(field.name), value, &field.kind)?,
            None if field.required => return Err(Fault { path: path.key(field.name), problem: Problem::Missing }),
            None => {}
        }
    }
    Ok(())
}

pub fn check(path: &Path, value: &Value, kind: &Kind) -> Verdict {
    if !takes(kind, value) {
        return wrong_type(path, expected(kind), value);
    }
    match (kind, value) {
        (Kind::Nullable(_), Value::Null) => Ok(()),
        (Kind::Nullable(inner), _) => check(path, value, inner),
        (Kind::Filled(most) | Kind::Short(most), Value::String(text)) => {
            let length = text.chars().count();
            if length == 0 && matches!(kind, Kind::Filled(_)) {
                let sentence = "string too short. Expected a string with minimum length 1, but got an empty string.";
                return Err(Fault::invalid(path.clone(), sentence, "empty_string"));
            }
            if length > *most {
                let sentence =
                    format!("string too long. Expected a string with maximum length {most}, but got {length} instead.");
                return Err(Fault::invalid(path.clone(), sentence, "string_above_max_length"));
            }
            Ok(())
        }
        (Kind::Words(allowed), Value::String(text)) => word(path, text, allowed),
        (Kind::Matching(expectation, test), Value::String(text)) if !test(text) => {
            Err(Fault::invalid(path.clone(), format!("'{text}'. Expected {expectation}."), "invalid_value"))
        }
        (Kind::Number(least, most), _) => {
            if value.as_f64().is_some_and(|number| (*least..=*most).contains(&number)) {
                return Ok(());
            }
            let sentence = format!("Expected a value from {least} to {most}.");
            Err(Fault::invalid(path.clone(), sentence, "invalid_value"))
        }
        (Kind::Whole(least), _) if value.as_i64().is_none_or(|number| number < *least) => {
            let sentence = format!("integer below minimum value. Expected a value >= {least}.");
            Err(Fault::invalid(path.clone(), sentence, "integer_below_min_value"))
        }
        (Kind::Object(fields), _) => check_object(path, value, fields),
        (Kind::List(item, least), Value::Array(list)) => {
            if list.len() < *least {
                let sentence = format!("empty array. Expected an array with minimum length {least}.");
                return Err(Fault::invalid(path.clone(), sentence, "empty_array"));
            }
            list.iter().enumerate().try_for_each(|(index, value)| check(&path.index(index), value, item))
        }
        (Kind::Tagged(tag, shapes), Value::Object(object)) => {
            let Some(name) = object.get(*tag) else {
                return Err(Fault { path: path.key(tag), problem: Problem::Missing });
            };
            match shapes.iter().find(|(known, _)| name == known) {
                Some((_, fields)) => check_fields(path, object, fields, Some(tag)),
                None => {
                    let known: Vec<_> = shapes.iter().map(|(known, _)| format!("'{known}'")).collect();
                    let sentence = format!("Invalid value: {name}. Supported values are: {}.", known.join(", "));
                    Err(Fault::coded(path.key(tag), sentence, "invalid_value"))
                }
            }
        }
        (Kind::Chosen(choose, known), Value::Object(object)) => match choose(object) {
            Some(fields) => check_fields(path, object, fields, None),
            None => {
                let got = object.get("type").or(object.get("role")).map(Value::to_string).unwrap_or_default();
                Err(Fault { path: path.key("type"), problem: Problem::Value { got, allowed: known } })
            }
        },
        (Kind::Either(kinds), _) => {
            let kind = kinds.iter().find(|kind| takes(kind, value)).expect("an alternative was found by `takes`");
            check(path, value, kind)
        }
        _ => Ok(()),
    }
}

fn word(path: &Path, text: &str, allowed: &'static [&'static str]) -> Verdict {
    if allowed.contains(&text) {
        return Ok(());
    }
    Err(Fault { path: path.clone(), problem: Problem::Value { got: text.to_owned(), allowed } })
}

fn wrong_type(path: &Path, expected: &'static str, value: &Value) -> Verdict {
    Err(Fault { path: path.clone(), problem: Problem::Type { expected, got: type_name(value) } })
}

/// Whether the JSON type fits, whatever the content.
fn takes(kind: &Kind, value: &Value) -> bool {
    match kind {
        Kind::Text | Kind::Filled(_) | Kind::Short(_) | Kind::Words(_) | Kind::Matching(..) => value.is_string(),
        Kind::Flag => value.is_boolean(),
        Kind::Number(..) => value.is_number(),
        Kind::Whole(_) => value.is_i64() || value.is_u64(),
        Kind::Map | Kind::Object(_) | Kind::Tagged(..) | Kind::Chosen(..) => value.is_object(),
        Kind::List(..) => value.is_array(),
        Kind::Either(kinds) => kinds.iter().any(|kind| takes(kind, value)),
        Kind::Nullable(inner) => value.is_null() || takes(inner, value),
    }
}

fn expected(kind: &Kind) -> &'static str {
    match kind {
        Kind::Text | Kind::Filled(_) | Kind::Short(_) | Kind::Words(_) | Kind::Matching(..) => "string",
        Kind::Flag => "boolean",
        Kind::Number(..) => "number",
        Kind::Whole(_) => "integer",
        Kind::Map | Kind::Object(_) | Kind::Tagged(..) | Kind::Chosen(..) => "object",
        Kind::List(..) => "array",
        Kind::Either(_) => "value of one of the documented types",
        Kind::Nullable(inner) => expected(inner),
    }
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "decimal",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// The values of a list field, or none if it is not there; for rules which run after the shape has been checked.
pub fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The text of a string field, or nothing.
pub fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

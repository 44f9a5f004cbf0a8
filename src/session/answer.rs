//! The final answer against the user's JSON schema.

use crate::base::{Error, Result};
use serde_json::Value;
use std::sync::Arc;

/// A schema that the final answer has to fit.
#[derive(Clone)]
pub struct Schema {
    text: String,
    validator: Arc<jsonschema::Validator>,
}

impl Schema {
    /// Reads a schema; `name` is its path, for messages.
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        let bad = |why: String| {
            Error::usage(format!("`{name}` is not a JSON schema: {why}"))
                .hint("--output-schema takes a file such as {\"type\":\"object\",\"properties\":{…}}")
        };
        let value: Value = serde_json::from_str(text).map_err(|error| bad(error.to_string()))?;
        if !value.is_object() {
            return Err(bad("it is not an object".into()));
        }
        jsonschema::meta::validate(&value).map_err(|error| bad(error.to_string()))?;
        let validator = jsonschema::validator_for(&value).map_err(|error| bad(error.to_string()))?;
        Ok(Self { text: value.to_string(), validator: Arc::new(validator) })
    }

    /// What the model is told with the task.
    pub fn instruction(&self) -> String {
        format!("Your last message must be one JSON value that fits this schema, and nothing else:\n{}", self.text)
    }

    /// The answer as JSON text, or what is wrong with it. A Markdown fence around it is taken off.
    pub fn check(&self, answer: &str) -> std::result::Result<String, String> {
        let inner = unfenced(answer.trim());
        let value: Value = serde_json::from_str(inner).map_err(|error| format!("it is not JSON: {error}"))?;
        let problems: Vec<String> = self
            .validator
            .iter_errors(&value)
            .take(5)
            .map(|error| match error.instance_path().to_string().as_str() {
                "" => error.to_string(),
                path => format!("at {path}: {error}"),
            })
            .collect();
        if problems.is_empty() { Ok(inner.to_owned()) } else { Err(problems.join("; ")) }
    }
}

fn unfenced(text: &str) -> &str {
    let inner =
        text.strip_prefix("```json").or_else(|| text.strip_prefix("```")).and_then(|rest| rest.strip_suffix("```"));
    inner.unwrap_or(text).trim()
}

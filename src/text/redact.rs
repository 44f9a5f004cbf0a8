//! Secrets by exact value: foreign text that holds one carries its name instead.
//!
//! Applied where foreign output enters, before the model and the log see it, and once more by the log writer. Finding
//! secrets by their looks is not tried here.

use std::sync::Arc;

/// Values shorter than this would match by accident.
const SHORTEST: usize = 8;

/// What stands for a secret.
fn placeholder(name: &str) -> String {
    format!("[secret {name}]")
}

/// Knows the secrets of this run by value.
#[derive(Clone, Default)]
pub struct Redactor {
    /// Name and value.
    secrets: Arc<Vec<(String, String)>>,
}

impl Redactor {
    /// Values that are too short to be told from ordinary words are left out.
    pub fn new(mut secrets: Vec<(String, String)>) -> Self {
        secrets.retain(|(_, value)| value.len() >= SHORTEST);
        secrets.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then_with(|| a.cmp(b)));
        Self { secrets: Arc::new(secrets) }
    }

    /// `text` with each secret replaced by `[secret NAME]`.
    pub fn text(&self, text: String) -> String {
        self.secrets.iter().fold(text, |text, (name, value)| {
            if text.contains(value.as_str()) { text.replace(value.as_str(), &placeholder(name)) } else { text }
        })
    }

    /// A placeholder that `after` holds and `before` does not: written to a file it would stand where a secret should.
    pub fn placeholder_added(&self, before: &[u8], after: &[u8]) -> Option<String> {
        let count = |bytes: &[u8], mark: &str| String::from_utf8_lossy(bytes).matches(mark).count();
        self.secrets.iter().map(|(name, _)| placeholder(name)).find(|mark| count(after, mark) > count(before, mark))
    }

    /// The user's own edit of a text in which secrets were shown by their names: each comes back where its value is in
    /// one of the texts that it was made from.
    pub fn reveal(&self, text: String, from: &[&[u8]]) -> String {
        let holds = |wanted: &str| from.iter().any(|bytes| String::from_utf8_lossy(bytes).contains(wanted));
        self.secrets.iter().fold(text, |text, (name, value)| {
            let mark = placeholder(name);
            // Where the name itself stands in the file it may be meant.
            if text.contains(&mark) && holds(value) && !holds(&mark) { text.replace(&mark, value) } else { text }
        })
    }

    /// As [`Redactor::text`] for each string in a line of JSON.
    pub fn line(&self, line: String) -> String {
        let escaped = |value: &str| serde_json::Value::from(value).to_string().trim_matches('"').to_owned();
        if !self.secrets.iter().any(|(_, value)| line.contains(&escaped(value))) {
            return line;
        }
        let Ok(mut value) = serde_json::from_str(&line) else { return self.text(line) };
        self.strings(&mut value);
        value.to_string()
    }

    fn strings(&self, value: &mut serde_json::Value) {
        match value {
            serde_json::Value::String(text) => *text = self.text(std::mem::take(text)),
            serde_json::Value::Array(items) => items.iter_mut().for_each(|item| self.strings(item)),
            serde_json::Value::Object(fields) => fields.values_mut().for_each(|field| self.strings(field)),
            serde_json::Value::Null | serde_json::Value::Bool(_) | serde_json::Value::Number(_) => {}
        }
    }
}

//! `[[rules]]` of a configuration or policy file to rules that can be used: their examples hold, and errors say where they stand.

use super::file;
use crate::base::{Error, Result};
use crate::policy::rule::{self, Rule, Then};
use serde::Deserialize;
use toml::Spanned;

/// One rule as it is written.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    prefix: Spanned<Vec<String>>,
    then: Spanned<Then>,
    #[serde(default)]
    why: String,
    #[serde(default, rename = "match")]
    matches: Vec<String>,
    #[serde(default, rename = "not_match")]
    not_matches: Vec<String>,
}

/// The part of a file that is rules; the other keys are somebody else's.
#[derive(Debug, Default, Deserialize)]
struct Document {
    #[serde(default)]
    rules: Vec<Line>,
}

/// The rules of a file; `path` is for messages.
pub fn parse(path: &str, text: &str) -> Result<Vec<Rule>> {
    let document: Document = file::decode(path, text)
        .map_err(|error| error.hint("a rule has prefix = [\"git\", \"push\"] and then = \"allow|ask|deny|outside\""))?;
    checked(path, text, &document.rules)
}

/// Rules whose examples hold.
pub fn checked(path: &str, text: &str, lines: &[Line]) -> Result<Vec<Rule>> {
    lines.iter().map(|line| of(path, text, line)).collect()
}

fn of(path: &str, text: &str, line: &Line) -> Result<Rule> {
    let (row, column) = file::position(text, line.prefix.span().start);
    let rule = Rule {
        prefix: line.prefix.get_ref().clone(),
        then: *line.then.get_ref(),
        why: line.why.clone(),
        source: format!("{path}:{row}"),
        matches: line.matches.clone(),
        not_matches: line.not_matches.clone(),
    };
    let located = |error: Error| Error {
        kind: crate::base::Kind::Config,
        message: format!("{path}:{row}:{column}: {}", error.message),
        ..error
    };
    rule::check(std::slice::from_ref(&rule)).map_err(located)?;
    Ok(rule)
}

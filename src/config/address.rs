//! The address of a provider: what its preset, the environment and the configuration make of it.

use super::paths::Environment;
use super::{Config, aws};
use crate::base::model::Wire;
use crate::base::{Error, Result};

/// Hosts that are not called as the pattern of their preset says, and how they are called.
const RENAMED: &[(&str, &str)] = &[
    ("https://global-aiplatform.googleapis.com/", "https://aiplatform.googleapis.com/"),
    ("https://us-aiplatform.googleapis.com/", "https://aiplatform.us.rep.googleapis.com/"),
    ("https://eu-aiplatform.googleapis.com/", "https://aiplatform.eu.rep.googleapis.com/"),
];

/// The address with its holes filled: from the configuration, else from the first variable that is set.
pub fn filled(
    provider: &str,
    base_url: &str,
    holes: &[(&str, &[&str])],
    config: &Config,
    environment: &Environment,
) -> Result<String> {
    let mut whole = String::with_capacity(base_url.len());
    let mut rest = base_url;
    while let Some((before, (name, after))) =
        rest.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
    {
        let key = format!("providers.{provider}.{name}");
        let sources = holes.iter().find(|(hole, _)| *hole == name).map_or(&[][..], |(_, sources)| sources);
        let said = config
            .text(&key)
            .or_else(|| sources.iter().find_map(|source| source.strip_prefix('=').or_else(|| environment.get(source))));
        // A region is also in the profile of Amazon's tools.
        let found = said.map(str::to_owned).or_else(|| aws::region(environment).filter(|_| name == "region"));
        let value = found.ok_or_else(|| unfilled(provider, name, sources, &key))?;
        // More would name another host, and send a key there.
        if value.is_empty() || !value.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.:".contains(letter)) {
            return Err(Error::config(format!("the {name} of `{provider}` is not a name: `{value}`")).hint(format!(
                "it takes letters, digits, `-`, `_`, `.` and `:`; set {key} or {}",
                variables(sources)
            )));
        }
        whole.push_str(before);
        whole.push_str(&value);
        rest = after;
    }
    whole.push_str(rest);
    let renamed = RENAMED.iter().find_map(|(from, to)| Some(format!("{to}{}", whole.strip_prefix(from)?)));
    Ok(renamed.unwrap_or(whole))
}

fn unfilled(provider: &str, name: &str, sources: &[&str], key: &str) -> Error {
    let not_set = if sources.is_empty() { String::new() } else { format!(": {} is not set", variables(sources)) };
    let error = Error::config(format!("the address of `{provider}` needs a {name}{not_set}"));
    match sources.first() {
        Some(first) => error.hint(format!("export {first}=…, or set {key} in the configuration")),
        None => error.hint(format!("set {key} in the configuration")),
    }
}

fn variables(sources: &[&str]) -> String {
    sources.iter().filter(|source| !source.starts_with('=')).copied().collect::<Vec<_>>().join(" or ")
}

/// The address as the codec wants it, from the forms in which the vendors' own programs take it.
pub fn addressed(name: &str, wire: Wire, mut base_url: String) -> String {
    if name == "azure" && !base_url.contains("/openai") {
        // The variable of the ecosystem names the resource alone.
        base_url.push_str("/openai/v1");
    }
    match wire {
        Wire::Messages if base_url.ends_with("/v1") => base_url.truncate(base_url.len() - "/v1".len()),
        Wire::Gemini if base_url.matches('/').count() == 2 => base_url.push_str("/v1beta"),
        Wire::Messages | Wire::Gemini | Wire::Responses | Wire::Chat | Wire::Converse => {}
    }
    base_url
}

//! `agent config`: every value with its source, and every key there is.

use super::args::{self, ConfigAction};
use super::print;
use crate::base::Result;
use crate::config::keys::{KEYS, Value};
use crate::config::paths::Environment;
use crate::config::providers::shown;
use crate::config::{Config, Source};
use crate::text::sanitise::one_line;

pub fn main(args: args::Config, environment: &Environment) -> Result<u8> {
    match args.action {
        ConfigAction::Show { config } => {
            let mut config = Config::load(environment, false, &config)?;
            let notices = super::trust::here(&mut config, environment)?;
            lines(&config, &notices, environment).iter().try_for_each(|line| print(line))?;
        }
        ConfigAction::Keys => {
            for key in KEYS {
                let default = key
                    .default
                    .filter(|default| !default.is_empty())
                    .map(|default| format!(" Default: {default}."))
                    .unwrap_or_default();
                print(&format!("{}\n    {} Takes {}.{default}", key.name, key.help, key.kind))?;
            }
        }
    }
    Ok(0)
}

/// Every value with its source, the rules, and what is managed.
pub(super) fn lines(config: &Config, notices: &[String], environment: &Environment) -> Vec<String> {
    let row =
        |(key, value, source): (&str, &Value, &Source)| (format!("{key} = {}", public(key, value)), source.to_string());
    let rows: Vec<(String, String)> = config.iter().map(row).collect();
    let width = rows.iter().map(|(row, _)| row.chars().count()).max().unwrap_or(0);
    let mut lines: Vec<String> = rows.iter().map(|(row, source)| format!("{row:width$}  # {source}")).collect();
    for rule in config.rules() {
        let words = one_line(&rule.prefix.join(" "));
        lines.push(format!("# rule: {} {words}  # {}", rule.then.name(), one_line(&rule.source)));
    }
    let managed = config.managed();
    lines.extend(managed.summary().iter().map(|line| format!("# managed by {}: {line}", managed.path())));
    lines.extend(notices.iter().map(|notice| format!("# {}", one_line(notice))));
    lines.push(match environment.config_file() {
        Ok(path) => format!("# your file: {}", path.display()),
        Err(error) => format!("# your file: none ({})", error.message),
    });
    lines
}

/// A value as it may be shown: an address without the password in it.
fn public(key: &str, value: &Value) -> String {
    match value {
        Value::Text(text) if key.ends_with(".base_url") => Value::Text(shown(text)).to_string(),
        other => other.to_string(),
    }
}

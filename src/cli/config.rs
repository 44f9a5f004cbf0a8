//! `agent config`: every value with its source, and every key there is.

use super::args::{self, ConfigAction};
use super::print;
use crate::base::Result;
use crate::config::Config;
use crate::config::keys::{KEYS, Value};
use crate::config::paths::Environment;
use crate::config::providers::shown;
use crate::text::sanitise::one_line;

pub fn main(args: args::Config, environment: &Environment) -> Result<u8> {
    match args.action {
        ConfigAction::Show { config } => {
            let mut config = Config::load(environment, false, &config)?;
            let notices = super::trust::here(&mut config, environment)?;
            let rows: Vec<(String, String)> = config
                .iter()
                .map(|(key, value, source)| (format!("{key} = {}", public(key, value)), source.to_string()))
                .collect();
            let width = rows.iter().map(|(row, _)| row.chars().count()).max().unwrap_or(0);
            for (row, source) in rows {
                print(&format!("{row:width$}  # {source}"))?;
            }
            for rule in config.rules() {
                let words = one_line(&rule.prefix.join(" "));
                print(&format!("# rule: {} {words}  # {}", rule.then.name(), one_line(&rule.source)))?;
            }
            let managed = config.managed();
            for line in managed.summary() {
                print(&format!("# managed by {}: {line}", managed.path()))?;
            }
            for notice in notices {
                print(&format!("# {}", one_line(&notice)))?;
            }
            match environment.config_file() {
                Ok(path) => print(&format!("# your file: {}", path.display()))?,
                Err(error) => print(&format!("# your file: none ({})", error.message))?,
            }
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

/// A value as it may be shown: an address without the password in it.
fn public(key: &str, value: &Value) -> String {
    match value {
        Value::Text(text) if key.ends_with(".base_url") => Value::Text(shown(text)).to_string(),
        other => other.to_string(),
    }
}

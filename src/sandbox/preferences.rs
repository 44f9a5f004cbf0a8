//! What the user's configuration says of jails, read once.

use super::choose::Wanted;
use super::jail::Limits;
use crate::base::{Error, Result};
use crate::config::Config;
use std::path::{Path, PathBuf};

/// `sandbox.*`, with paths made absolute.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Preferences {
    pub backend: Wanted,
    /// Not read, besides the places that are known to hold secrets.
    pub deny: Vec<PathBuf>,
    /// Read, although a known place of secrets.
    pub allow_read: Vec<PathBuf>,
    /// Written, besides the workspace.
    pub write: Vec<PathBuf>,
    pub limits: Limits,
}

impl Preferences {
    /// Fails where a path is neither absolute nor below `~/`.
    pub fn read(config: &Config, home: Option<&Path>) -> Result<Self> {
        let defaults = Limits::default();
        let bytes = |key: &str, default: u64| config.number(key).unwrap_or(default);
        Ok(Self {
            backend: config.text("sandbox.backend").map_or(Wanted::Auto, Wanted::named),
            deny: paths("sandbox.deny", config, home)?,
            allow_read: paths("sandbox.allow_read", config, home)?,
            write: paths("sandbox.write", config, home)?,
            limits: Limits {
                memory: bytes("sandbox.memory", defaults.memory),
                processes: bytes("sandbox.processes", defaults.processes),
                file_size: bytes("sandbox.file_size", defaults.file_size),
                disk_free: bytes("sandbox.disk_free", defaults.disk_free),
                cpu: defaults.cpu,
            },
        })
    }
}

fn paths(key: &str, config: &Config, home: Option<&Path>) -> Result<Vec<PathBuf>> {
    let absolute = |text: &String| {
        let path = match (text.strip_prefix("~/"), home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => PathBuf::from(text),
        };
        if path.is_absolute() {
            return Ok(path);
        }
        Err(Error::config(format!("`{key}` has `{text}`, which is no absolute path")).hint("begin it with / or ~/"))
    };
    config.list(key).iter().map(absolute).collect()
}

//! Holds a configuration to a managed policy.

use super::Managed;
use crate::base::Result;
use crate::base::access::{Mode, Network};
use crate::config::keys::Value;
use crate::config::{Config, Source};
use crate::policy::rule::Then;
use std::path::{Component, Path, PathBuf};

impl Managed {
    /// What the user said for this run and may not is an error; anything else gives way. The notices are for the user. To do it
    /// twice is as once.
    pub fn constrain(&self, config: &mut Config, home: Option<&Path>) -> Result<Vec<String>> {
        let mut notices = Vec::new();
        if !self.is_there() {
            return Ok(notices);
        }
        self.constrain_mode(config, &mut notices)?;
        self.constrain_sandbox(config, &mut notices)?;
        self.constrain_reads(config, home, &mut notices);
        if let Some(most) = self.max_cost()
            && config.money("limits.max_cost").is_none_or(|own| own > most)
        {
            config.set("limits.max_cost", Value::Money(most), self.source());
        }
        let most = match (config.network_max(), self.network()) {
            (_, Network::Full) => None,
            (most, Network::Off | Network::Hosts) => Some(most),
        };
        if let Some(most) = most.filter(|most| config.text("network.max") != Some(most.name())) {
            config.set("network.max", Value::Text(most.name().into()), self.source());
        }
        Ok(notices)
    }

    fn source(&self) -> Source {
        Source::Managed { path: self.path.clone() }
    }

    fn constrain_mode(&self, config: &mut Config, notices: &mut Vec<String>) -> Result<()> {
        let wanted = config.mode();
        // Where nothing is said, `agent run` would work in `auto`.
        let mode = wanted.unwrap_or(Mode::Auto);
        if self.permits_mode(mode) {
            return Ok(());
        }
        if config.source("mode").is_some_and(Source::is_said_now) {
            let key = if self.terms.modes.is_some() { "modes" } else { "require_sandbox" };
            return Err(self.forbids(&format!("mode `{}`", mode.name()), key));
        }
        let instead = self.nearest_mode(mode);
        if let (Some(wanted), Some(source)) = (wanted, config.source("mode")) {
            let (wanted, instead) = (wanted.name(), instead.name());
            notices.push(format!("mode `{wanted}` ({source}) is not allowed by `{}`; it is `{instead}`", self.path));
        }
        config.set("mode", Value::Text(instead.name().into()), self.source());
        Ok(())
    }

    fn constrain_sandbox(&self, config: &mut Config, notices: &mut Vec<String>) -> Result<()> {
        if !self.requires_sandbox() {
            return Ok(());
        }
        if config.flag("sandbox.require") != Some(true) {
            config.set("sandbox.require", Value::Flag(true), self.source());
        }
        if config.text("sandbox.backend") == Some("none") {
            if config.source("sandbox.backend").is_some_and(Source::is_said_now) {
                return Err(self.forbids("`sandbox.backend = \"none\"`", "require_sandbox"));
            }
            notices.push(format!("`sandbox.backend = \"none\"` is not allowed by `{}`", self.path));
            config.set("sandbox.backend", Value::Text("auto".into()), self.source());
        }
        let (out, stay) = std::mem::take(&mut config.rules)
            .into_iter()
            .partition(|rule| rule.then == Then::Outside && !self.rules.contains(rule));
        config.rules = stay;
        let out: Vec<crate::policy::rule::Rule> = out;
        notices.extend(
            out.iter()
                .map(|rule| format!("the rule {} has no effect: `{}` requires the sandbox", rule.name(), self.path)),
        );
        Ok(())
    }

    /// What may not be read is added to what the user denies, and no exception of the user's touches it.
    fn constrain_reads(&self, config: &mut Config, home: Option<&Path>, notices: &mut Vec<String>) {
        if self.deny_reads().is_empty() {
            return;
        }
        let mut denied = config.list("sandbox.deny").to_vec();
        let missing: Vec<String> = self.deny_reads().iter().filter(|path| !denied.contains(path)).cloned().collect();
        if !missing.is_empty() {
            denied.extend(missing);
            config.set("sandbox.deny", Value::List(denied), self.source());
        }
        let forbidden: Vec<PathBuf> = self.deny_reads().iter().filter_map(|path| real(path, home)).collect();
        let touches = |path: &String| {
            real(path, home)
                .is_none_or(|path| forbidden.iter().any(|denied| path.starts_with(denied) || denied.starts_with(&path)))
        };
        let allowed = config.list("sandbox.allow_read").to_vec();
        let (out, stay): (Vec<String>, Vec<String>) = allowed.into_iter().partition(touches);
        if !out.is_empty() {
            notices.extend(
                out.iter()
                    .map(|path| format!("`sandbox.allow_read` does not open `{path}`: `{}` denies it", self.path)),
            );
            config.set("sandbox.allow_read", Value::List(stay), self.source());
        }
    }
}

/// A path as it is written, from `/` or `~/` on, without links as far as it exists, and without `..`.
fn real(path: &str, home: Option<&Path>) -> Option<PathBuf> {
    let path = match path.strip_prefix('~') {
        Some(rest) => home?.join(rest.trim_start_matches('/')),
        None => PathBuf::from(path),
    };
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => plain.push(part),
        }
    }
    let existing = plain.ancestors().find(|folder| folder.exists())?;
    let rest = plain.strip_prefix(existing).ok()?.to_path_buf();
    Some(existing.canonicalize().ok()?.join(rest))
}

//! The files that Amazon's tools share, `~/.aws/config` and `~/.aws/credentials`, and the region they name. Only read, never written.
//!
//! Format: AWS SDKs and Tools Reference Guide, "Shared config and credentials files".

use super::paths::Environment;
use crate::base::{Error, Kind, Result};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The settings of one section, by their names in lower case.
pub type Section = BTreeMap<String, String>;

/// Both files as they are now; a file that is not there has no sections.
#[derive(Debug, Default)]
pub struct Shared {
    config: BTreeMap<String, Section>,
    credentials: BTreeMap<String, Section>,
}

/// The profile that is in force: `AWS_PROFILE`, else `default`.
pub fn profile(environment: &Environment) -> &str {
    environment.get("AWS_PROFILE").or(environment.get("AWS_DEFAULT_PROFILE")).unwrap_or("default")
}

/// `AWS_REGION`, else `AWS_DEFAULT_REGION`, else what the profile says.
pub fn region(environment: &Environment) -> Option<String> {
    let named = environment.get("AWS_REGION").or(environment.get("AWS_DEFAULT_REGION")).map(str::to_owned);
    named.or_else(|| {
        let shared = Shared::read(environment).ok()?;
        let profile = profile(environment);
        shared.setting(profile, "region").map(str::to_owned)
    })
}

impl Shared {
    /// Reads both files: `AWS_CONFIG_FILE` and `AWS_SHARED_CREDENTIALS_FILE` name others.
    pub fn read(environment: &Environment) -> Result<Self> {
        let read = |variable: &str, name: &str| -> Result<BTreeMap<String, Section>> {
            let path = match (environment.get(variable), environment.home()) {
                (Some(path), _) => PathBuf::from(path),
                (None, Ok(home)) => home.join(".aws").join(name),
                (None, Err(_)) => return Ok(BTreeMap::new()),
            };
            match std::fs::read_to_string(&path) {
                Ok(text) => Ok(sections(&text)),
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(BTreeMap::new()),
                Err(error) => Err(Error::io("read", path.display(), &error).kind(Kind::Auth)),
            }
        };
        Ok(Self {
            config: read("AWS_CONFIG_FILE", "config")?,
            credentials: read("AWS_SHARED_CREDENTIALS_FILE", "credentials")?,
        })
    }

    /// A profile's section of `config`, where all but `default` are called `profile NAME`.
    pub fn config(&self, profile: &str) -> Option<&Section> {
        let named = self.config.get(&format!("profile {profile}"));
        named.or_else(|| self.config.get(profile).filter(|_| profile == "default"))
    }

    /// A profile's section of `credentials`.
    pub fn credentials(&self, profile: &str) -> Option<&Section> {
        self.credentials.get(profile)
    }

    /// The section `sso-session NAME`.
    pub fn sso_session(&self, name: &str) -> Option<&Section> {
        self.config.get(&format!("sso-session {name}"))
    }

    /// The secrets of all profiles.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        let secret = |name: &str| matches!(name, "aws_secret_access_key" | "aws_session_token");
        let sections = self.config.values().chain(self.credentials.values());
        sections.flatten().filter(move |(name, _)| secret(name)).map(|(_, value)| value.as_str())
    }

    /// One setting of a profile, from whichever file has it; `credentials` wins.
    pub fn setting(&self, profile: &str, name: &str) -> Option<&str> {
        [self.credentials(profile), self.config(profile)]
            .into_iter()
            .flatten()
            .find_map(|section| section.get(name))
            .map(String::as_str)
    }
}

/// The sections of a file. Lines that begin with a blank belong to the setting above them, none of which is wanted here.
fn sections(text: &str) -> BTreeMap<String, Section> {
    let mut sections: BTreeMap<String, Section> = BTreeMap::new();
    let mut current = None;
    for line in text.lines() {
        if line.starts_with([' ', '\t', '#', ';']) || line.trim().is_empty() {
            continue;
        }
        if let Some(name) = line.strip_prefix('[') {
            let name = name.split(']').next().unwrap_or_default().replace(['"', '\''], "");
            let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
            sections.entry(name.clone()).or_default();
            current = Some(name);
        } else if let Some((name, value)) = line.split_once('=')
            && let Some(section) = current.as_ref().and_then(|current| sections.get_mut(current))
        {
            section.insert(name.trim().to_ascii_lowercase(), without_comment(value).trim().to_owned());
        }
    }
    sections
}

/// A comment begins with `#` or `;` after a blank.
fn without_comment(value: &str) -> &str {
    let starts = [" #", " ;", "\t#", "\t;"].iter().filter_map(|start| value.find(start));
    starts.min().and_then(|at| value.get(..at)).unwrap_or(value)
}

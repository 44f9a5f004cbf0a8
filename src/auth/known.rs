//! Secrets that other tools of this user keep in files of theirs, so that none of them is told to a model: Amazon's, and Google's. They
//! are read once, at the beginning, and only to be known again.

use super::google::gcloud_file;
use crate::base::secret::Secret;
use crate::config::aws::Shared;
use crate::config::paths::Environment;
use secrecy::zeroize::Zeroizing;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Bytes of a file that is looked at, and files of a folder.
const MAX: u64 = 256 * 1024;
const FILES: usize = 64;

/// Members of credentials in JSON that are secrets.
const MEMBERS: &[&str] = &[
    "accessToken",
    "access_token",
    "clientSecret",
    "client_secret",
    "idToken",
    "private_key",
    "refreshToken",
    "refresh_token",
];

/// Names and values. What cannot be read is passed over: a model gets it through us no better.
pub fn secrets(environment: &Environment) -> Vec<(String, Secret)> {
    let mut found = Vec::new();
    if let Ok(shared) = Shared::read(environment) {
        found.extend(shared.secrets().map(|value| ("AWS credentials".to_owned(), Secret::new(value))));
    }
    let home = environment.home().ok();
    for folder in ["sso/cache", "cli/cache"] {
        let folder = home.as_ref().map(|home| home.join(".aws").join(folder));
        files(folder.as_deref()).iter().for_each(|file| members(file, "AWS login", &mut found));
    }
    let named = environment.get("GOOGLE_APPLICATION_CREDENTIALS").map(PathBuf::from);
    for file in named.into_iter().chain(gcloud_file(environment)) {
        members(&file, "Google credentials", &mut found);
    }
    found
}

fn files(folder: Option<&Path>) -> Vec<PathBuf> {
    let entries = folder.and_then(|folder| std::fs::read_dir(folder).ok()).into_iter().flatten().flatten();
    let json = entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "json"));
    json.take(FILES).collect()
}

/// The secrets of a file of JSON, however deep they are.
fn members(path: &Path, name: &str, found: &mut Vec<(String, Secret)>) {
    if !std::fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.len() <= MAX) {
        return;
    }
    let Ok(text) = std::fs::read_to_string(path).map(Zeroizing::new) else { return };
    if let Ok(value) = serde_json::from_str(&text) {
        within(value, name, found);
    }
}

fn within(value: Value, name: &str, found: &mut Vec<(String, Secret)>) {
    let Value::Object(fields) = value else { return };
    for (field, value) in fields {
        match value {
            Value::String(text)
                if MEMBERS.contains(&field.as_str()) || field == "SecretAccessKey" || field == "SessionToken" =>
            {
                found.push((name.to_owned(), Secret::new(text)));
            }
            other => within(other, name, found),
        }
    }
}

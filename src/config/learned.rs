//! What was learned on this machine: the catalog that was fetched last, and what probes found of endpoints. Read here,
//! written by the commands that learn it. A file that is broken is passed over, and said.

use super::paths::Environment;
use super::providers::Provider;
use crate::base::quirks::Quirks;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io::ErrorKind;
use std::path::PathBuf;

/// The first word of a fetched catalog; the number is that of its columns.
const CATALOG_MARK: &str = "# agent-catalog-1";

/// Bytes that are read at most of a file: more than a catalog that is taken can become.
const MAX: u64 = 64 * 1024 * 1024;

#[derive(Debug, Clone, Default)]
pub struct Learned {
    catalog: String,
    url: String,
    date: String,
    probes: Vec<Probed>,
    notices: Vec<String>,
}

/// What a probe found of one model of an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probed {
    pub provider: String,
    /// Another server under the same name is another endpoint.
    pub base_url: String,
    pub model: String,
    /// Was the provider probed as such, so that what it refuses holds for all of its models?
    pub every_model: bool,
    /// `2026-11-21`
    pub date: String,
    pub quirks: Quirks,
    /// Tokens; `None` where the endpoint does not say.
    pub context: Option<u64>,
    /// Did it send reasoning?
    pub reasoning: bool,
}

/// The file of probes.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Probes {
    pub schema: u32,
    pub probes: Vec<Probed>,
}

/// Where the fetched catalog is kept.
pub fn catalog_path(environment: &Environment) -> crate::base::Result<PathBuf> {
    Ok(environment.cache_folder()?.join("models.tsv"))
}

/// Where probes are kept.
pub fn probes_path(environment: &Environment) -> crate::base::Result<PathBuf> {
    Ok(environment.state_folder()?.join("probes.json"))
}

/// The text of a catalog file: a line that says what it is, and the rows.
pub fn catalog_file(url: &str, date: &str, rows: &str) -> String {
    format!("{CATALOG_MARK}\t{}\t{date}\t{url}\n{rows}", checksum(rows))
}

fn checksum(rows: &str) -> String {
    Sha256::digest(rows.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Learned {
    /// Reads both files; one that is not there is nothing learned.
    pub fn read(environment: &Environment) -> Self {
        let mut learned = Learned::default();
        if let Some((path, text)) = catalog_path(environment).ok().and_then(read_file) {
            match split_catalog(&text) {
                Some((date, url, rows)) => {
                    learned.catalog = rows.to_owned();
                    (learned.date, learned.url) = (date.to_owned(), url.to_owned());
                }
                None => learned.notices.push(format!(
                    "the fetched catalog `{}` is broken, so the embedded one is used; `agent models --refresh` fetches it anew",
                    path.display()
                )),
            }
        }
        if let Some((path, text)) = probes_path(environment).ok().and_then(read_file) {
            match serde_json::from_str::<Probes>(&text) {
                Ok(probes) => learned.probes = probes.probes,
                Err(_) => learned.notices.push(format!(
                    "what was probed is forgotten: `{}` is broken; `agent models probe PROVIDER` makes it anew",
                    path.display()
                )),
            }
        }
        learned
    }

    /// What the user should know of it.
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// The rows of the fetched catalog; empty where there is none.
    pub fn catalog(&self) -> &str {
        &self.catalog
    }

    pub fn catalog_date(&self) -> &str {
        &self.date
    }

    pub fn catalog_url(&self) -> &str {
        &self.url
    }

    pub fn probes(&self) -> &[Probed] {
        &self.probes
    }

    /// What was found of this model; else, of its endpoint, what holds for all of its models.
    pub fn probed(&self, provider: &Provider, id: &str) -> Option<Probed> {
        let mut here = self
            .probes
            .iter()
            .filter(|probed| probed.provider == provider.name && probed.base_url == provider.base_url);
        let exact = here.clone().find(|probed| probed.model == id);
        exact.cloned().or_else(|| here.find(|probed| probed.every_model).map(|probed| endpoint_only(probed.clone())))
    }

    /// How the endpoint of a model differs: what its preset is known for, and what a probe found.
    pub fn quirks(&self, provider: &Provider, id: &str) -> Quirks {
        self.probed(provider, id).map_or(provider.quirks, |probed| provider.quirks.with(probed.quirks))
    }

    /// The same in a sentence, where a probe found anything that is adapted to.
    pub fn notice(&self, provider: &Provider, id: &str) -> Option<String> {
        let probed = self.probed(provider, id)?;
        let said = probed.quirks.said();
        (!said.is_empty()).then(|| format!("{}: {}, as probed on {}", provider.name, said.join(", "), probed.date))
    }
}

/// What one model told of its endpoint: what models differ in is left out.
fn endpoint_only(probed: Probed) -> Probed {
    let quirks = Quirks { no_tools: false, no_images: false, no_parallel_calls: false, ..probed.quirks };
    Probed { quirks, context: None, reasoning: false, ..probed }
}

fn read_file(path: PathBuf) -> Option<(PathBuf, String)> {
    match std::fs::metadata(&path) {
        // To read a pipe is to wait, and a device has no end.
        Ok(meta) if meta.is_file() && meta.len() <= MAX => {}
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        // It is there and cannot be read: as good as broken.
        Ok(_) | Err(_) => return Some((path, String::new())),
    }
    let bytes = std::fs::read(&path).unwrap_or_default();
    Some((path, String::from_utf8_lossy(&bytes).into_owned()))
}

/// Date, address and rows, where the file is whole.
fn split_catalog(text: &str) -> Option<(&str, &str, &str)> {
    let (head, rows) = text.split_once('\n')?;
    let mut fields = head.strip_prefix(CATALOG_MARK)?.strip_prefix('\t')?.split('\t');
    let (sum, date, url) = (fields.next()?, fields.next()?, fields.next()?);
    (sum == checksum(rows) && rows.lines().all(|line| super::catalog::row(line).is_some())).then_some((date, url, rows))
}

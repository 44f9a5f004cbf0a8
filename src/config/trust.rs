//! Which projects the user trusts: `trust.toml` in the state folder, by the real path of the project and the hash of all that it
//! brings. Nothing here trusts by itself.

use super::file;
use super::paths::Environment;
use super::statefile::{StateFile, brought_along};
use super::survey::survey;
use crate::base::{Error, Result};
use crate::disk::Disk;
use crate::policy::trust::{Brought, Former, Item, content_hash};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

const NAME: &str = "trust.toml";
/// Bytes of one file's text, and of one project's texts, that are kept to show later what has changed.
const TEXT: usize = 64 * 1024;
const TEXTS: usize = 512 * 1024;
/// Bytes of the whole file; the oldest texts give way.
const WHOLE: usize = 8 << 20;

/// What the user said of a project, or did not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// There is nothing to be trusted.
    Nothing,
    /// As it is, since that time (RFC 3339).
    Trusted {
        time: String,
    },
    /// For this run, by `--trust-project`.
    Once,
    New,
    /// It was trusted in another state.
    Changed,
    /// The managed policy at this path lets nobody trust.
    Never {
        policy: String,
    },
}

impl Standing {
    /// May what the project brings take effect?
    pub fn is_trusted(&self) -> bool {
        match self {
            Standing::Trusted { .. } | Standing::Once => true,
            Standing::Nothing | Standing::New | Standing::Changed | Standing::Never { .. } => false,
        }
    }

    /// As it is shown in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Standing::Nothing => "nothing",
            Standing::Trusted { .. } => "trusted",
            Standing::Once => "once",
            Standing::New => "new",
            Standing::Changed => "changed",
            Standing::Never { .. } => "never",
        }
    }
}

/// A project as it was looked at.
#[derive(Debug, Clone)]
pub struct Looked {
    pub root: PathBuf,
    pub brought: Brought,
    pub standing: Standing,
    /// What was trusted before, if anything was.
    pub former: Option<Vec<Former>>,
    /// Why earlier trust could not be looked up; the project counts as new then.
    pub trouble: Option<Error>,
}

/// `trust.toml`.
#[derive(Clone)]
pub struct Trust {
    file: StateFile,
    environment: Environment,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    trusted: Vec<Entry>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    root: String,
    hash: String,
    time: String,
    #[serde(default)]
    files: Vec<Kept>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    path: String,
    hash: String,
    #[serde(default)]
    executable: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

impl Looked {
    /// Where earlier trust cannot be looked up.
    pub fn unknown(root: &Path, trouble: Error) -> Self {
        let brought = survey(root);
        let standing = if brought.is_empty() { Standing::Nothing } else { Standing::New };
        Self { root: root.into(), brought, standing, former: None, trouble: Some(trouble) }
    }
}

impl Trust {
    pub fn of(environment: &Environment, disk: Disk) -> Result<Self> {
        Ok(Self { file: StateFile::of(environment, NAME, disk)?, environment: environment.clone() })
    }

    /// Where it is kept.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Looks at the project at `root`, a real path.
    pub fn look(&self, root: &Path) -> Looked {
        let brought = survey(root);
        let looked = |standing, former, trouble| Looked {
            root: root.into(),
            brought: brought.clone(),
            standing,
            former,
            trouble,
        };
        if brought.is_empty() {
            return looked(Standing::Nothing, None, None);
        }
        let entry = match self.read().map(|document| document.find(root)) {
            Ok(Some(entry)) => entry,
            Ok(None) => return looked(Standing::New, None, None),
            Err(error) => return looked(Standing::New, None, Some(error)),
        };
        if brought_along(&self.environment, root) {
            return looked(Standing::New, None, Some(self.inside(root)));
        }
        let standing = match brought.obstacles.is_empty() && entry.hash == brought.hash() {
            true => Standing::Trusted { time: entry.time },
            false => Standing::Changed,
        };
        looked(standing, Some(entry.files.into_iter().map(Kept::former).collect()), None)
    }

    /// Could a project be trusted, as it was looked at? Its path, as it is kept.
    pub fn check<'a>(&self, root: &'a Path, brought: &Brought) -> Result<&'a str> {
        if brought_along(&self.environment, root) {
            return Err(self.inside(root));
        }
        let Some(name) = root.to_str() else {
            return Err(Error::usage(format!("the path `{}` is not UTF-8", root.display()))
                .hint("move the project to a folder with a plain name"));
        };
        match brought.obstacles.first() {
            Some(why) => Err(Error::usage(format!("`{name}` cannot be trusted as a whole: {why}"))
                .hint("remove it from the project, or work without what the project brings")),
            None => Ok(name),
        }
    }

    /// Trusts a project as it was looked at; `time` is now, as RFC 3339.
    pub fn trust(&self, root: &Path, brought: &Brought, time: &str) -> Result<()> {
        let name = self.check(root, brought)?;
        let entry =
            Entry { root: name.to_owned(), hash: brought.hash(), time: time.to_owned(), files: kept(&brought.items) };
        self.change(|document| {
            document.trusted.retain(|entry| entry.root != name);
            document.trusted.push(entry);
        })
    }

    /// Forgets a project; false where it was not known.
    pub fn revoke(&self, root: &Path) -> Result<bool> {
        if self.read()?.find(root).is_none() {
            return Ok(false);
        }
        self.change(|document| document.trusted.retain(|entry| Path::new(&entry.root) != root))?;
        Ok(true)
    }

    fn change(&self, change: impl FnOnce(&mut Document)) -> Result<()> {
        let alone = self.file.alone()?;
        let mut document = self.read()?;
        change(&mut document);
        let mut text = file::encode(&document)?;
        for index in 0..document.trusted.len() {
            if text.len() <= WHOLE {
                break;
            }
            let files = document.trusted.get_mut(index).map(|entry| entry.files.as_mut_slice()).unwrap_or_default();
            files.iter_mut().for_each(|file| file.text = None);
            text = file::encode(&document)?;
        }
        self.file.write(&alone, &text)
    }

    fn read(&self) -> Result<Document> {
        let Some(text) = self.file.read()? else { return Ok(Document::default()) };
        file::decode(&self.path().display().to_string(), &text).map_err(|error| self.file.unreadable(error))
    }

    fn inside(&self, root: &Path) -> Error {
        let what = format!(
            "trust in `{}` cannot be kept: the state folder lies inside of it, where the project could write it itself",
            root.display()
        );
        Error::config(what).hint("set AGENT_STATE_DIR to a folder outside of the project")
    }
}

impl Document {
    fn find(self, root: &Path) -> Option<Entry> {
        self.trusted.into_iter().find(|entry| Path::new(&entry.root) == root)
    }
}

impl Kept {
    fn former(self) -> Former {
        Former { path: self.path, executable: self.executable, hash: self.hash, text: self.text }
    }
}

/// What is remembered of the files: hashes of all, texts as far as there is room.
fn kept(items: &[Item]) -> Vec<Kept> {
    let mut room = TEXTS;
    let keep = |item: &Item| {
        let text = std::str::from_utf8(&item.bytes).ok().filter(|text| text.len() <= TEXT.min(room));
        room -= text.map_or(0, str::len);
        Kept {
            path: item.path.clone(),
            hash: content_hash(&item.bytes),
            executable: item.executable,
            text: text.map(str::to_owned),
        }
    };
    items.iter().map(keep).collect()
}

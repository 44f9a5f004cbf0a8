//! What a project wants to bring, as values: its hash, how it differs from what was trusted, and the question that follows. Pure;
//! `config/survey.rs` reads it, `config/trust.rs` keeps what the user said.

use sha2::{Digest, Sha256};

/// What a file of a project is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    /// `.agent/config.toml`.
    Config,
    /// Programs that run at certain moments: `.agent/hooks/`.
    Hook,
    /// Programs and addresses that give tools: `.mcp.json`, `.agent/mcp.*`.
    Server,
    /// Texts and programs for the model: `.agent/skills/`.
    Skill,
    /// Whatever else is in `.agent/`.
    Other,
}

impl Sort {
    /// What the file at this path, relative to the root, is for.
    pub fn of(path: &str) -> Sort {
        match path {
            ".agent/config.toml" => Sort::Config,
            ".mcp.json" => Sort::Server,
            path if path.starts_with(".agent/hooks/") => Sort::Hook,
            path if path.starts_with(".agent/skills/") => Sort::Skill,
            path if path.starts_with(".agent/mcp.") || path.starts_with(".agent/mcp/") => Sort::Server,
            _ => Sort::Other,
        }
    }

    /// As it is shown.
    pub fn name(self) -> &'static str {
        match self {
            Sort::Config => "configuration",
            Sort::Hook => "hook",
            Sort::Server => "MCP servers",
            Sort::Skill => "skill",
            Sort::Other => "other",
        }
    }
}

/// A regular file, as it was read. Whoever uses it later takes these bytes, and does not read the file again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// Relative to the root, with `/`.
    pub path: String,
    pub executable: bool,
    pub bytes: Vec<u8>,
}

/// Something that is there and brings nothing, such as a symbolic link: it is not followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passed {
    pub path: String,
    /// What it is, and where it leads: `a symbolic link to ../x`.
    pub what: String,
}

/// All that a project wants to bring.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Brought {
    /// Sorted by path.
    pub items: Vec<Item>,
    /// Sorted by path.
    pub passed: Vec<Passed>,
    /// Why it cannot be looked at as a whole, and so not be trusted: too large, not readable.
    pub obstacles: Vec<String>,
}

impl Brought {
    /// Is there nothing that could take effect?
    pub fn is_empty(&self) -> bool {
        self.items.is_empty() && self.obstacles.is_empty()
    }

    pub fn get(&self, path: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.path == path)
    }

    /// SHA-256 in 64 hexadecimal digits over every path, its bytes and whether it may be executed. It does not depend on where the
    /// project lies, so that a hash from one machine holds on another.
    pub fn hash(&self) -> String {
        let mut hasher = Sha256::new();
        hasher.update(b"agent trust 1\n");
        for item in &self.items {
            field(&mut hasher, if item.executable { b"program" } else { b"file" });
            field(&mut hasher, item.path.as_bytes());
            field(&mut hasher, &item.bytes);
        }
        for passed in &self.passed {
            field(&mut hasher, b"passed");
            field(&mut hasher, passed.path.as_bytes());
            field(&mut hasher, passed.what.as_bytes());
        }
        for obstacle in &self.obstacles {
            field(&mut hasher, b"obstacle");
            field(&mut hasher, obstacle.as_bytes());
        }
        hex(hasher)
    }
}

/// With its length before it, so that no two lists of fields give the same bytes.
fn field(hasher: &mut Sha256, bytes: &[u8]) {
    hasher.update((bytes.len() as u64).to_be_bytes());
    hasher.update(bytes);
}

/// The SHA-256 of one file's bytes.
pub fn content_hash(bytes: &[u8]) -> String {
    let mut hasher = Sha256::new();
    hasher.update(bytes);
    hex(hasher)
}

fn hex(hasher: Sha256) -> String {
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A file as it was when it was trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Former {
    pub path: String,
    pub executable: bool,
    /// Of its bytes.
    pub hash: String,
    /// Where there was room to keep it.
    pub text: Option<String>,
}

/// What became of a file since it was trusted, or that it is new.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub path: String,
    pub sort: Sort,
    pub how: How,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    Added {
        after: Vec<u8>,
        executable: bool,
    },
    /// `before` is `None` where it was not kept.
    Changed {
        before: Option<String>,
        after: Vec<u8>,
    },
    /// The same bytes, which may now be executed, or no more.
    Mode {
        executable: bool,
    },
    Removed,
}

/// What a person is to be asked before anything of a project takes effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The real path of the project.
    pub root: String,
    /// What a yes is to.
    pub hash: String,
    /// Was another state of it trusted before?
    pub known: bool,
    /// Of the items, against what was trusted; all are `Added` where nothing was.
    pub changes: Vec<Change>,
    pub passed: Vec<Passed>,
    /// While there are any, a yes is not possible.
    pub obstacles: Vec<String>,
    /// Lines of its configuration that no trust makes effective, as `path:line:column: why`.
    pub refused: Vec<String>,
}

impl Question {
    /// `former` is what was trusted, if anything was.
    pub fn new(root: &str, brought: &Brought, former: Option<&[Former]>, refused: Vec<String>) -> Self {
        Self {
            root: root.to_owned(),
            hash: brought.hash(),
            known: former.is_some(),
            changes: changes(brought, former.unwrap_or_default()),
            passed: brought.passed.clone(),
            obstacles: brought.obstacles.clone(),
            refused,
        }
    }
}

/// By path; what did not change is left out.
fn changes(brought: &Brought, former: &[Former]) -> Vec<Change> {
    let mut changes: Vec<Change> = brought.items.iter().filter_map(|item| change(item, former)).collect();
    let gone = former.iter().filter(|former| brought.get(&former.path).is_none());
    changes.extend(gone.map(|former| Change {
        path: former.path.clone(),
        sort: Sort::of(&former.path),
        how: How::Removed,
    }));
    changes.sort_by(|a, b| (a.sort, &a.path).cmp(&(b.sort, &b.path)));
    changes
}

fn change(item: &Item, former: &[Former]) -> Option<Change> {
    let how = match former.iter().find(|former| former.path == item.path) {
        None => How::Added { after: item.bytes.clone(), executable: item.executable },
        Some(former) if former.hash != content_hash(&item.bytes) => {
            How::Changed { before: former.text.clone(), after: item.bytes.clone() }
        }
        Some(former) if former.executable != item.executable => How::Mode { executable: item.executable },
        Some(_) => return None,
    };
    Some(Change { path: item.path.clone(), sort: Sort::of(&item.path), how })
}

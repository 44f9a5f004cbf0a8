//! Real folders and repositories, what a shell does to them, and how they look: bytes, permissions, links, empty folders.

use agent::base::Result;
use agent::disk::Disk;
use agent::workspace::checkpoint::plan::{Goal, Plan};
use agent::workspace::checkpoint::row::Cause;
use agent::workspace::checkpoint::{Label, Store, Taken};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

pub const CAP: u64 = 1 << 30;

/// A workspace and a state folder beside it.
pub struct Work {
    folder: TempDir,
}

/// Mode and content of each path; of a link its target, of a folder nothing.
pub type Tree = BTreeMap<String, (u32, Vec<u8>)>;

impl Work {
    /// A plain folder that a script fills.
    pub fn new(script: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("work")).unwrap();
        fs::create_dir(folder.path().join("home")).unwrap();
        let work = Self { folder };
        work.sh(script);
        work
    }

    /// A repository whose first commit is what the script made.
    pub fn git(script: &str) -> Self {
        let work = Self::new(script);
        work.sh("git init -q -b main && git add -A && git commit -q --allow-empty -m Start");
        work
    }

    pub fn root(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    pub fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    #[track_caller]
    pub fn sh(&self, script: &str) -> String {
        let output = Command::new("sh")
            .args(["-ec", script])
            .current_dir(self.root())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder.path().join("home"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .envs([("GIT_AUTHOR_NAME", "Ada"), ("GIT_AUTHOR_EMAIL", "ada@example.com")])
            .envs([("GIT_COMMITTER_NAME", "Ada"), ("GIT_COMMITTER_EMAIL", "ada@example.com")])
            .output()
            .unwrap();
        assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    pub fn store(&self) -> Store {
        self.store_on(Disk::default())
    }

    pub fn store_on(&self, disk: Disk) -> Store {
        Store::new(&self.state(), &self.root(), disk, CAP)
    }

    /// A task that is a script, between its two checkpoints.
    #[track_caller]
    pub fn task(&self, words: &str, script: &str) -> Taken {
        let before = self.store().take(&label(words, None)).unwrap();
        self.sh(script);
        self.store().take(&label(words, Some(before.row.id))).unwrap()
    }

    #[track_caller]
    pub fn plan(&self, goal: &Goal, only: &[&str]) -> Plan {
        let only: Vec<Box<[u8]>> = only.iter().map(|path| path.as_bytes().into()).collect();
        self.store().plan(goal, &only).unwrap()
    }

    /// Plans and carries out, over nothing newer.
    #[track_caller]
    pub fn go(&self, goal: &Goal) -> Vec<String> {
        let plan = self.plan(goal, &[]);
        assert!(plan.newer.is_empty() && plan.blocked.is_empty(), "{:?} {:?}", plan.newer, plan.blocked);
        let (_, mut notes) = self.store().carry_out(&plan, false).unwrap();
        notes.extend(plan.notes);
        notes
    }

    /// Everything but what is in `.git`.
    pub fn tree(&self) -> Tree {
        let mut tree = tree(&self.root());
        tree.retain(|path, _| !path.split('/').any(|part| part == ".git"));
        tree
    }
}

pub fn label(words: &str, before: Option<u64>) -> Label {
    Label { cause: Cause::Task, session: "s".into(), words: words.into(), before, undid: Vec::new() }
}

pub const UNDO: Goal = Goal::Undo { turns: 1 };

/// All that is below a folder.
pub fn tree(root: &Path) -> Tree {
    let mut found = Tree::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let (path, meta) = (entry.path(), entry.path().symlink_metadata().unwrap());
            let mode = meta.permissions().mode();
            let content = if meta.is_dir() {
                folders.push(path.clone());
                Vec::new()
            } else if meta.is_symlink() {
                fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes()
            } else {
                fs::read(&path).unwrap()
            };
            found.insert(path.strip_prefix(root).unwrap().to_string_lossy().into_owned(), (mode, content));
        }
    }
    found
}

/// Is nothing of ours left lying about?
#[track_caller]
pub fn tidy(work: &Work) {
    let left: Vec<String> = tree(&work.root()).into_keys().filter(|path| path.contains(".agent-")).collect();
    assert_eq!(left, Vec::<String>::new());
}

pub fn ok<T>(result: Result<T>) -> T {
    result.unwrap_or_else(|error| panic!("{error}: {:?}", error.hints))
}

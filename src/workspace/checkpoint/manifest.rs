//! What a checkpoint holds: every path with its stamp and the hash of its content, and what was left out.

use super::entry::{self, Entry, Hash};
use super::left_out::{self, LeftOut};
use super::pack::{Packs, Writer};
use crate::base::{Error, Kind, Result};
use serde::{Deserialize, Serialize};

/// A tree as it was. The lists are sorted by path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest {
    pub files: Vec<Entry>,
    /// What is in folders called `.git`, without objects.
    pub git: Vec<Entry>,
    pub left_out: Vec<LeftOut>,
}

/// The lists as the hashes of their chunks, in hexadecimal.
#[derive(Serialize, Deserialize)]
struct Document {
    files: Vec<String>,
    git: Vec<String>,
    left_out: String,
}

impl Manifest {
    /// Writes what is not there yet; gives the name of the whole.
    pub fn store(&self, trees: &mut Writer<'_>) -> Result<Hash> {
        let mut list = |entries: &[Entry]| {
            let chunks = entry::encode(entries);
            chunks.iter().map(|chunk| put(trees, chunk)).collect::<Result<Vec<String>>>()
        };
        let (files, git) = (list(&self.files)?, list(&self.git)?);
        let left_out = put(trees, &left_out::encode(&self.left_out))?;
        let text = serde_json::to_vec(&Document { files, git, left_out })
            .map_err(|error| Error::new(Kind::Io, error.to_string()))?;
        let hash = Hash::of(&text);
        trees.put(hash, &text)?;
        Ok(hash)
    }

    pub fn load(trees: &Packs, hash: &Hash) -> Result<Self> {
        let document = document(trees, hash)?;
        let list = |names: &[String]| {
            let mut entries = Vec::new();
            for name in names {
                entry::decode(&trees.get(&named(name)?)?, &mut entries)?;
            }
            Ok::<_, Error>(entries)
        };
        let left_out = left_out::decode(&trees.get(&named(&document.left_out)?)?);
        Ok(Self { files: list(&document.files)?, git: list(&document.git)?, left_out })
    }

    /// The names of all that makes up a manifest, itself included.
    pub fn parts(trees: &Packs, hash: &Hash) -> Result<Vec<Hash>> {
        let Document { files, git, left_out } = document(trees, hash)?;
        let names = files.iter().chain(&git).chain([&left_out]).map(|name| named(name));
        std::iter::once(Ok(*hash)).chain(names).collect()
    }

    /// The entry of a path of the work tree.
    pub fn find(&self, path: &[u8]) -> Option<&Entry> {
        entry::find(&self.files, path)
    }

    /// Is nothing known of this path, because it was left out? Of a folder that is, tracked files are still known.
    pub fn leaves_out(&self, path: &[u8]) -> bool {
        left_out::covering(&self.left_out, path).is_some() && self.find(path).is_none()
    }

    /// The folders called `.git` that were repositories: they had a HEAD.
    pub fn repositories(&self) -> impl Iterator<Item = &Entry> {
        self.git.iter().filter(|entry| {
            Entry::is_git(&entry.path) && entry::find(&self.git, &[&*entry.path, b"/HEAD"].concat()).is_some()
        })
    }
}

fn put(trees: &mut Writer<'_>, bytes: &[u8]) -> Result<String> {
    let hash = Hash::of(bytes);
    trees.put(hash, bytes)?;
    Ok(hash.to_string())
}

fn named(name: &str) -> Result<Hash> {
    Hash::parse(name).ok_or_else(|| Error::new(Kind::Io, "a checkpoint is damaged"))
}

fn document(trees: &Packs, hash: &Hash) -> Result<Document> {
    serde_json::from_slice(&trees.get(hash)?).map_err(|_| Error::new(Kind::Io, "a checkpoint is damaged"))
}

/// A path on which two trees differ: before, after.
pub type Difference<'a> = (Option<&'a Entry>, Option<&'a Entry>);

/// The paths on which two sorted lists differ, by kind, content and permissions.
pub fn differences<'a>(before: &'a [Entry], after: &'a [Entry]) -> Vec<Difference<'a>> {
    let mut found = Vec::new();
    let (mut old, mut new) = (before.iter().peekable(), after.iter().peekable());
    loop {
        let order = match (old.peek(), new.peek()) {
            (None, None) => return found,
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some(a), Some(b)) => a.path.cmp(&b.path),
        };
        let pair = match order {
            std::cmp::Ordering::Less => (old.next(), None),
            std::cmp::Ordering::Greater => (None, new.next()),
            std::cmp::Ordering::Equal => (old.next(), new.next()),
        };
        if !same(pair.0, pair.1) {
            found.push(pair);
        }
    }
}

/// Are both absent, or the same to a user?
pub fn same(a: Option<&Entry>, b: Option<&Entry>) -> bool {
    match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => a.is_like(b),
        (Some(_), None) | (None, Some(_)) => false,
    }
}

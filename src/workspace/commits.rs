//! Where the branches of a repository stand, read from its files, and which commits came onto them since.

use super::{git, trailers};
use crate::base::event::Commit;
use git2::{ObjectType, Oid, Repository};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// So many new commits are named.
const MOST: usize = 300;
/// Bytes of `packed-refs` that are read: some 200,000 refs.
const MOST_PACKED: u64 = 16 << 20;
/// Bytes of a file that is compared with what was committed.
const MOST_COMPARED: u64 = 1 << 20;
/// Folders below `refs` that are looked into, one in the other.
const DEEP: usize = 12;

/// What HEAD and every ref say. Empty where there is no repository, or one that keeps its refs in tables.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heads(BTreeMap<String, String>);

/// Reads them; runs nothing and opens no object.
pub fn heads(work_tree: &Path) -> Heads {
    let Some(folder) = git::folder(work_tree) else { return Heads::default() };
    let shared = shared(&folder);
    let mut refs = BTreeMap::new();
    for line in small(&shared.join("packed-refs")).lines() {
        if let Some((id, name)) = line.split_once(' ').filter(|(id, _)| is_id(id)) {
            refs.insert(name.to_owned(), id.to_owned());
        }
    }
    loose(&shared.join("refs"), "refs", DEEP, &mut refs);
    if shared != folder {
        loose(&folder.join("refs"), "refs", DEEP, &mut refs);
    }
    let head = small(&folder.join("HEAD"));
    refs.insert("HEAD".into(), head.trim().to_owned());
    Heads(refs)
}

/// Is this file, whose path is absolute and without links, in the last commit of the repository it lies in, with the very bytes
/// that it has now? Of larger files than [`MOST_COMPARED`] it is not known.
pub fn is_committed(path: &Path) -> bool {
    let same = || -> Option<bool> {
        let small = path.symlink_metadata().is_ok_and(|meta| meta.is_file() && meta.len() <= MOST_COMPARED);
        let repository = small.then(|| Repository::discover(path.parent()?).ok()).flatten()?;
        let below = path.strip_prefix(repository.workdir()?.canonicalize().ok()?).ok()?;
        let tree = repository.head().ok()?.peel_to_tree().ok()?;
        let committed = tree.get_path(below).ok()?.id();
        Some(Oid::hash_file(ObjectType::Blob, path).ok()? == committed)
    };
    same().unwrap_or(false)
}

/// The folder that all work trees of a repository share.
pub(super) fn shared(folder: &Path) -> PathBuf {
    match small(&folder.join("commondir")).trim() {
        "" => folder.to_owned(),
        common => folder.join(common),
    }
}

/// The commits on branches and in HEAD that were not reachable before, the newest first. `values` are the true ones of each
/// trailer.
pub(super) fn since(work_tree: &Path, before: &Heads, values: &[&[String]; 3]) -> Vec<Commit> {
    let after = heads(work_tree);
    let is_branch = |name: &str| name == "HEAD" || name.starts_with("refs/heads/");
    let moved: Vec<&str> = after
        .0
        .iter()
        .filter(|(name, value)| is_branch(name) && before.0.get(*name) != Some(value))
        .map(|(_, value)| value.as_str())
        .collect();
    if moved.is_empty() {
        return Vec::new();
    }
    named(work_tree, before, &after, &moved, values).unwrap_or_default()
}

fn named(
    work_tree: &Path,
    before: &Heads,
    after: &Heads,
    moved: &[&str],
    values: &[&[String]; 3],
) -> Result<Vec<Commit>, git2::Error> {
    let repository = Repository::open(work_tree)?;
    let mut walk = repository.revwalk()?;
    for id in moved.iter().filter_map(|value| Oid::from_str(value).ok()) {
        walk.push(id)?;
    }
    let of_others = after.0.iter().filter(|(name, _)| name.starts_with("refs/remotes/"));
    for id in before.0.iter().chain(of_others).filter_map(|(_, value)| Oid::from_str(value).ok()) {
        // A tag may be of something else, and what is gone hides nothing.
        let _ = walk.hide(id);
    }
    let mut found = Vec::new();
    for id in walk.take(MOST) {
        let commit = repository.find_commit(id?)?;
        let subject =
            commit.summary_bytes().map(String::from_utf8_lossy).unwrap_or_default().chars().take(200).collect();
        let message = String::from_utf8_lossy(commit.message_bytes()).into_owned();
        found.push(Commit { id: commit.id().to_string(), subject, marked: is_marked(&message, values) });
    }
    Ok(found)
}

/// Does the message carry each trailer once, with a true value? Trailers are in its last paragraph, which is not its first;
/// libgit2 ends a message at `---`, which git itself does not do in commits.
fn is_marked(message: &str, values: &[&[String]; 3]) -> bool {
    let lines: Vec<&str> = message.trim_end().lines().collect();
    let Some(above) = lines.iter().rposition(|line| line.trim().is_empty()) else { return false };
    let trailer =
        |line: &&str| line.split_once(':').map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()));
    let found: Vec<(String, String)> = lines.iter().skip(above + 1).filter_map(trailer).collect();
    trailers::NAMES.iter().zip(values).all(|(name, true_ones)| {
        let mut said = found.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        said.next().is_some_and(|value| true_ones.contains(value)) && said.next().is_none()
    })
}

fn loose(folder: &Path, name: &str, deep: usize, refs: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(file) = entry.file_name().into_string() else { continue };
        let name = format!("{name}/{file}");
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && deep > 0 => loose(&entry.path(), &name, deep - 1, refs),
            Ok(kind) if kind.is_file() => {
                let value = small(&entry.path()).trim().to_owned();
                if is_id(&value) {
                    refs.insert(name, value);
                }
            }
            Ok(_) | Err(_) => {}
        }
    }
}

fn is_id(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The text of a regular file; nothing of what is none.
pub(super) fn small(path: &Path) -> String {
    let mut text = String::new();
    if path.metadata().is_ok_and(|meta| meta.is_file())
        && let Ok(file) = File::open(path)
    {
        let _ = file.take(MOST_PACKED).read_to_string(&mut text);
    }
    text
}

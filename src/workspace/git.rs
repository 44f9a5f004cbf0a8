//! Git: what start-up needs, read from `.git` itself, since anything more would cost more than the whole start; and
//! recoveries, refs that keep what a command may lose.

use crate::policy::destructive::Danger;
use crate::policy::holds_secrets;
use git2::{
    Commit, ErrorCode, IndexEntry, IndexEntryExtendedFlag, IndexTime, Oid, Repository, Signature, Status, StatusOptions,
};
use serde::{Deserialize, Serialize};
use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The top of the work tree that `folder` lies in.
pub fn work_tree(folder: &Path) -> Option<PathBuf> {
    folder.ancestors().find(|parent| parent.join(".git").exists()).map(Path::to_path_buf)
}

/// The branch that is checked out, or the first digits of a detached commit.
pub fn branch(work_tree: &Path) -> Option<String> {
    let head = small_file(&folder(work_tree)?.join("HEAD"))?;
    let head = head.trim();
    match head.strip_prefix("ref: refs/heads/") {
        Some(name) => is_name(name).then(|| name.to_owned()),
        None => is_commit(head).then(|| head.chars().take(12).collect()),
    }
}

/// The folder of a work tree's own: its HEAD and index are in it.
pub fn folder(work_tree: &Path) -> Option<PathBuf> {
    let git = work_tree.join(".git");
    match small_file(&git) {
        // In a linked work tree `.git` is a file that says where the real folder is.
        Some(text) => Some(work_tree.join(text.strip_prefix("gitdir:")?.trim())),
        None => Some(git),
    }
}

/// How many paths are not as they were committed; a folder that git does not know counts once. At most `most`.
pub fn dirty(work_tree: &Path, most: usize) -> usize {
    let mut options = StatusOptions::new();
    options.include_untracked(true).exclude_submodules(true).no_refresh(true);
    let count = |repository: Repository| Some(repository.statuses(Some(&mut options)).ok()?.len());
    Repository::open(work_tree).ok().and_then(count).unwrap_or(0).min(most)
}

/// As git allows it. The model is told the name, so nothing that could be read as more words may stand in its place.
fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|char: char| char.is_whitespace() || char.is_control())
}

/// A whole hash, SHA-1 or SHA-256.
fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A regular file's first bytes: a pipe in its place would wait for ever.
fn small_file(path: &Path) -> Option<String> {
    let mut text = String::new();
    if !path.metadata().ok()?.is_file() {
        return None;
    }
    File::open(path).ok()?.take(4096).read_to_string(&mut text).ok()?;
    Some(text)
}

/// Where recoveries are, each in a folder of its own.
const RECOVERIES: &str = "refs/agent/recovery/";
/// So many are kept in a repository; older ones go.
const KEPT: usize = 50;
/// Bytes of one file, and of all files together, that are taken into a recovery.
const LARGEST: u64 = 100 << 20;
const MOST: u64 = 1 << 30;
/// Refs of one kind that are taken into a recovery.
const MOST_REFS: usize = 1000;

/// What was saved before a command that may lose it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recovery {
    /// UTC time and a number: `20261121T100000Z-1`.
    pub id: String,
    /// The call it was made before.
    pub why: String,
    pub refs: Vec<SavedRef>,
}

/// One saved object and the name that keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedRef {
    /// Whole, as git takes it.
    pub name: String,
    /// `work` (files), `index`, `head`, or where it came from: `heads/main`, `tags/v1`, `stash/0`, `remotes/origin/main`,
    /// `unnamed/0`.
    pub from: String,
    pub commit: String,
    /// For branches, tags and remotes: is it still what it was?
    pub unchanged: bool,
}

/// A recovery that was made, and what it lacks, in words for the user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    pub id: String,
    pub lacks: Vec<String>,
}

/// Saves what a call may lose, in each repository that it may work in: nothing where there is none. The index, the files,
/// HEAD and every ref of the user's stay as they are, and nothing is run: no hook, no filter, no other program.
pub fn save_recoveries(folder: &Path, danger: &Danger) -> Vec<Result<Saved, String>> {
    let mut seen: Vec<PathBuf> = Vec::new();
    let mut saved = Vec::new();
    for named in &danger.folders {
        let repository = match Repository::discover(folder.join(named)) {
            Ok(repository) => repository,
            Err(error) if error.code() == ErrorCode::NotFound => continue,
            Err(error) => {
                saved.push(Err(error.message().to_owned()));
                continue;
            }
        };
        if !seen.contains(&repository.path().to_path_buf()) {
            seen.push(repository.path().into());
            saved.push(save(&repository, danger).map_err(|error| error.message().to_owned()));
        }
    }
    saved
}

/// All recoveries of the repository that `folder` is in, newest first.
pub fn recoveries(folder: &Path) -> Result<Vec<Recovery>, String> {
    let repository = match Repository::discover(folder) {
        Ok(repository) => repository,
        Err(error) if error.code() == ErrorCode::NotFound => return Err("there is no git repository here".into()),
        Err(error) => return Err(error.message().to_owned()),
    };
    listed(&repository).map_err(|error| error.message().to_owned())
}

fn save(repository: &Repository, danger: &Danger) -> Result<Saved, git2::Error> {
    keeps_to_itself(repository)?;
    let mut lacks = Vec::new();
    let head = repository.head().ok().and_then(|head| head.peel_to_commit().ok());
    let mut refs: Vec<(String, Oid)> = head.iter().map(|commit| ("head".to_owned(), commit.id())).collect();
    let kinds = [
        (danger.loss.branches, "refs/heads/"),
        (danger.loss.tags, "refs/tags/"),
        (danger.loss.remotes, "refs/remotes/"),
    ];
    for (_, prefix) in kinds.into_iter().filter(|(wanted, _)| *wanted) {
        refs.extend(tips(repository, prefix, &mut lacks)?);
    }
    if danger.loss.stash {
        refs.extend(reflog(repository, "refs/stash", "stash"));
    }
    if danger.loss.unnamed {
        refs.extend(reflog(repository, "HEAD", "unnamed"));
    }
    let known = listed(repository)?;
    let trees = match danger.loss.work && !repository.is_bare() {
        true => {
            trees(repository, &mut lacks).map_err(|error| lacks.push(format!("the files: {}", error.message()))).ok()
        }
        false => None,
    };
    // What was saved already need not be saved again: it would only drive out an older one.
    if let Some(same) = known.first().filter(|newest| holds(repository, newest, &refs, trees)) {
        return Ok(Saved { id: same.id.clone(), lacks });
    }
    let message = format!("before `{}`\n", danger.call);
    let parents: Vec<&Commit<'_>> = head.iter().collect();
    let index = match trees {
        Some((index, _)) => Some(commit(repository, &message, index, &parents)?),
        None => None,
    };
    // As in a stash: the files on top of the index on top of HEAD. Without files it only carries the message.
    let tree = trees.map_or_else(|| empty(repository), |(_, work)| Ok(work))?;
    let index_commit = index.map(|index| repository.find_commit(index)).transpose()?;
    let parents: Vec<&Commit<'_>> = head.iter().chain(&index_commit).collect();
    let about = commit(repository, &message, tree, &parents)?;
    refs.push((if trees.is_some() { "work" } else { "about" }.to_owned(), about));
    refs.extend(index.map(|index| ("index".to_owned(), index)));
    let id = free_id(&known);
    for (name, target) in &refs {
        repository.reference(&format!("{RECOVERIES}{id}/{name}"), *target, false, &message)?;
    }
    for old in known.iter().skip(KEPT - 1) {
        for saved in &old.refs {
            repository.find_reference(&saved.name)?.delete()?;
        }
    }
    Ok(Saved { id, lacks })
}

/// An error where the configuration names a folder for a work tree that knows nothing of the repository, such as the home folder, or
/// where recoveries would go through a link: what is there is not the repository's to read or to write.
fn keeps_to_itself(repository: &Repository) -> Result<(), git2::Error> {
    let knows = |folder: &Path| Repository::open(folder).is_ok_and(|found| found.path() == repository.path());
    if repository.workdir().is_some_and(|folder| !knows(folder)) {
        return Err(git2::Error::from_str("its configuration names a work tree that is not its own"));
    }
    let refs = repository.commondir().join("refs");
    match ["agent", "agent/recovery"].iter().find(|name| refs.join(name).is_symlink()) {
        Some(name) => Err(git2::Error::from_str(&format!("`refs/{name}` is a link"))),
        None => Ok(()),
    }
}

/// Does a recovery hold the very same?
fn holds(repository: &Repository, recovery: &Recovery, refs: &[(String, Oid)], trees: Option<(Oid, Oid)>) -> bool {
    let find = |from: &str| recovery.refs.iter().find(|saved| saved.from == from);
    let tree = |from: &str| {
        let commit = Oid::from_str(&find(from)?.commit).and_then(|id| repository.find_commit(id)).ok()?;
        Some(commit.tree_id())
    };
    let kept = recovery.refs.iter().filter(|saved| !matches!(saved.from.as_str(), "work" | "index" | "about")).count();
    kept == refs.len()
        && refs.iter().all(|(from, id)| find(from).is_some_and(|saved| saved.commit == id.to_string()))
        && trees.map(|trees| trees.0) == tree("index")
        && trees.map(|trees| trees.1) == tree("work")
}

fn tips(repository: &Repository, prefix: &str, lacks: &mut Vec<String>) -> Result<Vec<(String, Oid)>, git2::Error> {
    let found = repository.references_glob(&format!("{prefix}*"))?.filter_map(Result::ok);
    let mut tips: Vec<(String, Oid)> = found
        .filter_map(|found| Some((found.name().ok()?.strip_prefix("refs/")?.to_owned(), found.target()?)))
        .collect();
    if tips.len() > MOST_REFS {
        lacks.push(format!("{} of {prefix}", tips.len() - MOST_REFS));
        tips.truncate(MOST_REFS);
    }
    Ok(tips)
}

fn reflog(repository: &Repository, name: &str, kind: &str) -> Vec<(String, Oid)> {
    let Ok(log) = repository.reflog(name) else { return Vec::new() };
    let mut ids: Vec<Oid> = Vec::new();
    for id in log.iter().map(|entry| entry.id_new()).filter(|id| repository.find_commit(*id).is_ok()) {
        if !ids.contains(&id) && ids.len() < MOST_REFS / 4 {
            ids.push(id);
        }
    }
    ids.into_iter().enumerate().map(|(number, id)| (format!("{kind}/{number}"), id)).collect()
}

fn commit(repository: &Repository, message: &str, tree: Oid, parents: &[&Commit<'_>]) -> Result<Oid, git2::Error> {
    let author = Signature::now("agent", "agent@localhost")?;
    repository.commit(None, &author, &author, message, &repository.find_tree(tree)?, parents)
}

fn empty(repository: &Repository) -> Result<Oid, git2::Error> {
    repository.treebuilder(None)?.write()
}

/// The index and the files as trees; files that are ignored are not in it. The index is changed in memory alone.
fn trees(repository: &Repository, lacks: &mut Vec<String>) -> Result<(Oid, Oid), git2::Error> {
    let mut options = StatusOptions::new();
    options.include_untracked(true).recurse_untracked_dirs(true).exclude_submodules(true).include_unreadable(true);
    let changed: Vec<(Vec<u8>, Status)> = repository
        .statuses(Some(&mut options))?
        .iter()
        .map(|entry| (entry.path_bytes().to_vec(), entry.status()))
        .collect();
    let mut index = repository.index()?;
    // Neither a conflict nor a promise to add a file can stand in a tree; both are taken from the files.
    let unfit: Vec<IndexEntry> = index.iter().filter(|entry| stage(entry) > 0 || is_promise(entry)).collect();
    for entry in &unfit {
        let path = Path::new(OsStr::from_bytes(&entry.path));
        index.remove(path, stage(entry))?;
    }
    let staged = index.write_tree()?;
    let folder = repository.workdir().ok_or_else(|| git2::Error::from_str("there is no work tree"))?;
    let mut room = MOST;
    let unfit = unfit.into_iter().map(|entry| (entry.path, Status::WT_MODIFIED));
    for (path, status) in changed.into_iter().chain(unfit) {
        let shown = Path::new(OsStr::from_bytes(&path)).to_owned();
        match status {
            // Whoever reads the repository would read them; and in the jail there is nothing in them.
            _ if holds_secrets(&shown.to_string_lossy()) => {
                lacks.push(format!("`{}`: holds secrets by its name", shown.display()));
            }
            _ if status.contains(Status::WT_DELETED) => index.remove(&shown, 0)?,
            _ if status.intersects(Status::WT_NEW | Status::WT_MODIFIED | Status::WT_TYPECHANGE) => {
                match content(repository, &folder.join(&shown), &mut room) {
                    Ok(Some((mode, id))) => index.add(&entry(path, mode, id))?,
                    Ok(None) => {}
                    Err(words) => lacks.push(format!("`{}`: {words}", shown.display())),
                }
            }
            _ if status.contains(Status::WT_UNREADABLE) => lacks.push(format!("`{}`: cannot be read", shown.display())),
            _ => {}
        }
    }
    Ok((staged, index.write_tree()?))
}

/// Mode and blob of a file as its bytes are, or of a link; `None` for what git does not keep, or is not there.
fn content(repository: &Repository, path: &Path, room: &mut u64) -> Result<Option<(u32, Oid)>, String> {
    let Ok(meta) = path.symlink_metadata() else { return Ok(None) };
    let reason = |error: std::io::Error| crate::base::error::reason(&error);
    let bytes = if meta.is_symlink() {
        std::fs::read_link(path).map_err(reason)?.into_os_string().into_vec()
    } else if !meta.is_file() {
        return Ok(None);
    } else if meta.len() > LARGEST.min(*room) {
        return Err(format!("too large ({} MiB)", meta.len() >> 20));
    } else {
        std::fs::read(path).map_err(reason)?
    };
    *room = room.saturating_sub(bytes.len() as u64);
    let mode = match meta.is_symlink() {
        true => 0o120_000,
        false if meta.permissions().mode() & 0o100 != 0 => 0o100_755,
        false => 0o100_644,
    };
    let id = repository.blob(&bytes).map_err(|error| error.message().to_owned())?;
    Ok(Some((mode, id)))
}

fn entry(path: Vec<u8>, mode: u32, id: Oid) -> IndexEntry {
    let never = IndexTime::new(0, 0);
    let (dev, ino, uid, gid, file_size, flags, flags_extended) = (0, 0, 0, 0, 0, 0, 0);
    IndexEntry { ctime: never, mtime: never, dev, ino, mode, uid, gid, file_size, id, flags, flags_extended, path }
}

fn stage(entry: &IndexEntry) -> i32 {
    i32::from(entry.flags >> 12 & 3)
}

fn is_promise(entry: &IndexEntry) -> bool {
    IndexEntryExtendedFlag::from_bits_truncate(entry.flags_extended).is_intent_to_add()
}

fn listed(repository: &Repository) -> Result<Vec<Recovery>, git2::Error> {
    let mut found: Vec<Recovery> = Vec::new();
    for reference in repository.references_glob(&format!("{RECOVERIES}*"))?.filter_map(Result::ok) {
        let (Ok(name), Some(target)) = (reference.name(), reference.target()) else { continue };
        let Some((id, from)) = name.strip_prefix(RECOVERIES).and_then(|rest| rest.split_once('/')) else { continue };
        // A command can make refs of any name; ids stand in command lines that people copy.
        if !is_id(id) {
            continue;
        }
        let unchanged = repository.refname_to_id(&format!("refs/{from}")).is_ok_and(|now| now == target);
        let saved = SavedRef { name: name.into(), from: from.into(), commit: target.to_string(), unchanged };
        let why = if matches!(from, "work" | "about") {
            repository.find_commit(target).ok().and_then(|commit| Some(commit.message().ok()?.trim().to_owned()))
        } else {
            None
        };
        match found.iter_mut().find(|recovery| recovery.id == id) {
            Some(recovery) => {
                recovery.refs.push(saved);
                recovery.why.push_str(&why.unwrap_or_default());
            }
            None => found.push(Recovery { id: id.into(), why: why.unwrap_or_default(), refs: vec![saved] }),
        }
    }
    found.sort_by_cached_key(|recovery| std::cmp::Reverse(order(&recovery.id)));
    Ok(found)
}

/// As [`free_id`] makes them.
fn is_id(id: &str) -> bool {
    id.chars().all(|char| char.is_ascii_digit() || matches!(char, 'T' | 'Z' | '-'))
}

/// Time, then number.
fn order(id: &str) -> (String, u64) {
    let (time, number) = id.rsplit_once('-').unwrap_or((id, ""));
    (time.to_owned(), number.parse().unwrap_or_default())
}

fn free_id(known: &[Recovery]) -> String {
    let time = jiff::Timestamp::now().strftime("%Y%m%dT%H%M%SZ").to_string();
    let last =
        known.iter().map(|recovery| order(&recovery.id)).filter(|order| order.0 == time).map(|order| order.1).max();
    format!("{time}-{}", last.unwrap_or_default() + 1)
}

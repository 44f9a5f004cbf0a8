//! Where the configuration of a repository leads git in the work tree: to hooks and to further configurations. Who writes those has
//! programs run, as by the configuration itself.

use super::{commits, git};
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

/// Configurations that are read: more include each other in a circle.
const MOST: usize = 50;

/// Files and folders below `work_tree`, which is absolute and without links, whether they exist or not. Folders on the way are without
/// links.
pub fn led(work_tree: &Path, home: Option<&Path>) -> Vec<PathBuf> {
    let Some(folder) = git::folder(work_tree) else { return Vec::new() };
    let mut files = vec![commits::shared(&folder).join("config"), folder.join("config.worktree")];
    let mut found = BTreeSet::new();
    let mut next = 0;
    while let Some(file) = files.get(next).filter(|_| next < MOST).cloned() {
        next += 1;
        for (section, key, value) in values(&commits::small(&file)) {
            let from = match (section.as_str(), key.as_str()) {
                ("core", "hookspath") => work_tree,
                ("include" | "includeif", "path") => file.parent().unwrap_or(work_tree),
                _ => continue,
            };
            let Some(path) = whole(&value, from, home) else { continue };
            if key == "path" {
                files.push(path.clone());
            }
            found.extend(settled(&path).filter(|path| path.starts_with(work_tree) && path != work_tree));
        }
    }
    found.into_iter().collect()
}

/// A path of a configuration as an absolute one, `..` taken back.
fn whole(value: &str, from: &Path, home: Option<&Path>) -> Option<PathBuf> {
    let path = match value.strip_prefix("~/") {
        Some(below) => home?.join(below),
        None if value.is_empty() => return None,
        None => from.join(value),
    };
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(clean.pop()),
            Component::CurDir => {}
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => clean.push(part),
        }
    }
    Some(clean)
}

/// The path with the folder it is in free of links, also where folders on the way are missing.
fn settled(path: &Path) -> Option<PathBuf> {
    path.ancestors().skip(1).find_map(|around| Some(around.canonicalize().ok()?.join(path.strip_prefix(around).ok()?)))
}

/// Section, key and value of each line that has them, the first two in lower case; what is not understood is passed over.
fn values(text: &str) -> Vec<(String, String, String)> {
    let (mut found, mut section) = (Vec::new(), String::new());
    let joined = text.replace("\\\r\n", "").replace("\\\n", "");
    for line in joined.lines() {
        let mut rest = line.trim();
        if let Some(inner) = rest.strip_prefix('[') {
            let name = inner.split(|char: char| !(char.is_ascii_alphanumeric() || char == '-')).next();
            section = name.unwrap_or_default().to_ascii_lowercase();
            rest = inner.rsplit_once(']').map_or("", |(_, after)| after).trim();
        }
        if let Some((key, value)) = rest.split_once('=') {
            found.push((section.clone(), key.trim().to_ascii_lowercase(), plain(value.trim())));
        }
    }
    found
}

/// A value without quotes, escapes and the comment behind it.
fn plain(value: &str) -> String {
    let (mut plain, mut quoted) = (String::new(), false);
    let mut chars = value.chars();
    while let Some(char) = chars.next() {
        match char {
            '"' => quoted = !quoted,
            '\\' => plain.extend(chars.next()),
            '#' | ';' if !quoted => break,
            _ => plain.push(char),
        }
    }
    plain.trim_end().to_owned()
}

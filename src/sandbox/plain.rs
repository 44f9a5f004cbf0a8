//! What of a git folder may be new or different because git itself made it so.

use super::bytes::Bytes;
use super::gitconfig;
use super::gitfile;
use super::record::Node;
use super::survey::{GitFolder, Seen, Top, TopKind};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Is this what git itself brings into a new repository?
pub(super) fn is_plain(top: &Top, node: &Node, seen: &Seen, known: &BTreeMap<PathBuf, GitFolder>) -> bool {
    let text = match node {
        Node::File { bytes: Bytes::Here(bytes), facts, .. } if facts.names <= 1 => Some(bytes),
        Node::File { .. } | Node::Link { .. } | Node::Folder { .. } | Node::Other { .. } => None,
    };
    let part = top.path.strip_prefix(&top.home).ok().and_then(Path::to_str).unwrap_or_default();
    match (top.kind, part) {
        (TopKind::Named, _) => false,
        (TopKind::GitFile, _) => {
            let target = text.and_then(|text| gitfile::target(&top.home, text));
            !known.contains_key(&top.path) && target.is_some_and(|target| seen.git.iter().any(|git| git.path == target))
        }
        (TopKind::GitPart, "config" | "config.worktree") => {
            let is_module = top.home.components().any(|part| part.as_os_str() == "modules");
            text.is_some_and(|text| gitconfig::is_plain(text, is_module))
        }
        (TopKind::GitPart, "commondir") => is_linked(top) && text.is_some_and(|text| text.trim_ascii() == b"../.."),
        (TopKind::GitPart, "gitdir") => {
            is_linked(top) && text.is_some_and(|text| text.trim_ascii().ends_with(b"/.git"))
        }
        (TopKind::GitPart, "hooks") => match node {
            Node::Folder { entries, .. } => entries
                .iter()
                .all(|(name, node)| matches!(node, Node::File { .. }) && name.as_encoded_bytes().ends_with(b".sample")),
            Node::File { .. } | Node::Link { .. } | Node::Other { .. } => false,
        },
        (TopKind::GitPart, _) => false,
    }
}

/// Is it a part of the git folder of a further work tree?
fn is_linked(top: &Top) -> bool {
    top.home.parent().and_then(Path::file_name).is_some_and(|name| name == "worktrees")
}

//! A folder as a value: written to disk before a case, read from it after, and compared byte for byte.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

/// The mode of a file that a case says nothing about.
pub const PLAIN: u32 = 0o644;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// Bytes and permission bits. A file that a case creates is compared by its executable bits alone.
    File(Vec<u8>, u32),
    /// A symbolic link and its target.
    Link(String),
    Folder,
}

/// Every path below the root, separated by `/`. Folders are listed only when they are empty.
pub type Tree = BTreeMap<String, Node>;

pub fn file(path: &str, bytes: &[u8]) -> (String, Node) {
    (path.to_owned(), Node::File(bytes.to_vec(), PLAIN))
}

/// Makes the tree below an empty folder.
pub fn write(root: &Path, tree: &Tree) {
    for (path, node) in tree {
        let path = root.join(path);
        fs::create_dir_all(path.parent().expect("a path below the root")).expect("a folder for a file of the tree");
        match node {
            Node::File(bytes, mode) => {
                fs::write(&path, bytes).expect("a file of the tree");
                fs::set_permissions(&path, fs::Permissions::from_mode(*mode)).expect("a mode for a file of the tree");
            }
            Node::Link(target) => symlink(target, &path).expect("a link of the tree"),
            Node::Folder => fs::create_dir_all(&path).expect("a folder of the tree"),
        }
    }
}

/// Reads all that is below a folder.
pub fn read(root: &Path) -> Tree {
    let mut tree = Tree::new();
    collect(root, "", &mut tree);
    tree
}

fn collect(folder: &Path, prefix: &str, tree: &mut Tree) {
    for entry in fs::read_dir(folder).expect("a folder of the tree") {
        let entry = entry.expect("an entry of a folder");
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let data = entry.path().symlink_metadata().expect("the kind of an entry");
        if data.is_symlink() {
            let target = fs::read_link(entry.path()).expect("the target of a link");
            tree.insert(path, Node::Link(target.to_string_lossy().into_owned()));
        } else if data.is_dir() {
            match fs::read_dir(entry.path()).expect("a folder").next() {
                Some(_) => collect(&entry.path(), &format!("{path}/"), tree),
                None => drop(tree.insert(path, Node::Folder)),
            }
        } else {
            let bytes = fs::read(entry.path()).expect("a file of the tree");
            tree.insert(path, Node::File(bytes, data.permissions().mode() & 0o7777));
        }
    }
}

/// What is wrong with a tree, in words, or nothing. Modes of files that were not there before are compared by their
/// executable bits; folders that a deletion left empty may stay or go.
pub fn difference(before: &Tree, expected: &Tree, seen: &Tree) -> Option<String> {
    let mut words = String::new();
    let unchanged = before == expected;
    let folder =
        |node: &Node| !unchanged && *node == Node::Folder && !before.values().any(|node| *node == Node::Folder);
    let paths = expected.keys().chain(seen.keys().filter(|path| !expected.contains_key(*path)));
    for path in paths {
        match (expected.get(path), seen.get(path)) {
            (Some(_), None) => words.push_str(&format!("    `{path}` is missing\n")),
            (None, Some(node)) if folder(node) => {}
            (None, Some(_)) => words.push_str(&format!("    `{path}` should not be there\n")),
            (Some(Node::File(right, mode)), Some(Node::File(found, found_mode))) => {
                let (mode, found_mode) = match before.contains_key(path) {
                    true => (*mode, *found_mode),
                    false => (mode & 0o111, found_mode & 0o111),
                };
                if mode != found_mode {
                    words.push_str(&format!("    `{path}` has mode {found_mode:o}, not {mode:o}\n"));
                }
                if right != found {
                    words.push_str(&format!("    `{path}` differs\n{}", lines_that_differ(right, found)));
                }
            }
            (right, found) if right != found => words.push_str(&format!("    `{path}` is of another kind\n")),
            (Some(_) | None, Some(_) | None) => {}
        }
    }
    (!words.is_empty()).then_some(words)
}

/// The part of two texts between what they have in common at both ends, at most ten lines of each.
fn lines_that_differ(right: &[u8], found: &[u8]) -> String {
    let split = |bytes: &[u8]| -> Vec<String> {
        bytes
            .split_inclusive(|byte| *byte == b'\n')
            .map(|line| format!("{:?}", String::from_utf8_lossy(line)))
            .collect()
    };
    let (right, found) = (split(right), split(found));
    let start = right.iter().zip(&found).take_while(|(right, found)| right == found).count();
    let most = right.len().min(found.len()) - start;
    let end = right.iter().rev().zip(found.iter().rev()).take_while(|(right, found)| right == found).count().min(most);
    let mut words = String::new();
    for (lines, name) in [(&right, "right"), (&found, "found")] {
        for (at, line) in lines.iter().enumerate().take(lines.len() - end).skip(start).take(10) {
            words.push_str(&format!("      {name} {:>3}: {line}\n", at + 1));
        }
    }
    words
}

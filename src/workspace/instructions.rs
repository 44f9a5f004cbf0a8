//! Instruction files: `AGENTS.md`, or `CLAUDE.md`, or `GEMINI.md`, from the root of the workspace down to the working
//! folder, after the user's own.

use std::path::{Path, PathBuf};

/// The first of these that exists in a folder is the one that is read.
const NAMES: &[&str] = &["AGENTS.md", "CLAUDE.md", "GEMINI.md"];
/// Bytes of all files together; what is beyond is left out, and said.
const MAX: usize = 32 * 1024;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instructions {
    pub path: PathBuf,
    pub text: String,
    /// The file was longer than there was room for.
    pub cut: bool,
}

/// Reads them in the order of their weight: the user's own first, the nearest last.
pub fn read(user_folder: Option<&Path>, root: &Path, folder: &Path) -> Vec<Instructions> {
    let mut folders: Vec<&Path> = folder.ancestors().take_while(|parent| parent.starts_with(root)).collect();
    folders.extend(user_folder);
    let mut room = MAX;
    let mut found = Vec::new();
    for path in folders.into_iter().rev().filter_map(first_in) {
        let Ok(bytes) = std::fs::read(&path) else { continue };
        let text = String::from_utf8_lossy(&bytes).trim().to_owned();
        let end = text.floor_char_boundary(room);
        if text.is_empty() || room == 0 {
            continue;
        }
        room -= end;
        found.push(Instructions { path, cut: end < text.len(), text: text.get(..end).unwrap_or_default().to_owned() });
    }
    found
}

fn first_in(folder: &Path) -> Option<PathBuf> {
    NAMES.iter().map(|name| folder.join(name)).find(|path| path.is_file())
}

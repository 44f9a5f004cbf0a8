//! Instruction files: `AGENTS.md`, or `CLAUDE.md`, or `GEMINI.md`, from the root of the workspace down to the working
//! folder, after the user's own.

use crate::policy::holds_secrets;
use std::fs::File;
use std::io::Read;
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
    for (folder, path) in folders.into_iter().rev().filter_map(|folder| Some((folder, first_in(folder)?))) {
        let bound = if Some(folder) == user_folder { folder } else { root };
        let Some(text) = text_within(bound, &path) else { continue };
        let end = text.floor_char_boundary(room);
        if text.is_empty() || room == 0 {
            continue;
        }
        room -= end;
        found.push(Instructions { path, cut: end < text.len(), text: text.get(..end).unwrap_or_default().to_owned() });
    }
    found
}

/// A regular file's text, no more of it than is ever used. What a link leads to outside of `bound`, or to a file that holds secrets by
/// its name, is not for the model: a cloned folder could point at any file of the user's.
fn text_within(bound: &Path, path: &Path) -> Option<String> {
    let real = path.canonicalize().ok()?;
    let secret = holds_secrets(&real.to_string_lossy());
    if secret || !real.starts_with(bound.canonicalize().ok()?) || !real.metadata().ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    File::open(real).ok()?.take(MAX as u64 + 1).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).trim().to_owned())
}

fn first_in(folder: &Path) -> Option<PathBuf> {
    NAMES.iter().map(|name| folder.join(name)).find(|path| path.is_file())
}

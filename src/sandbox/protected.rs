//! The names that configure other programs, and the folders that nobody looks into for them. Two tables, and how names are
//! compared: as a file system would that takes upper and lower case for the same.

use std::ffi::OsStr;

/// Protected in every folder of the workspace, with all that is below. `.git` is not among them: see [`GIT_PARTS`].
pub const NAMES: &[&str] =
    &[".agent", ".claude", ".codex", ".gemini", ".mcp.json", ".vscode", ".idea", ".devcontainer", ".envrc", ".husky"];

/// Protected in every folder: files that end so.
pub const ENDINGS: &[&str] = &[".code-workspace"];

/// Protected in every git folder, also in those of submodules and of further work trees. `commondir` leads git to another
/// folder's configuration and hooks.
pub const GIT_PARTS: &[&str] = &["hooks", "config", "config.worktree", "info/attributes", "commondir"];

/// Folders with what others made and tools make again: too large to be looked through, and nobody opens an editor there.
pub const SKIPPED: &[&str] = &[
    "node_modules",
    "bower_components",
    "target",
    ".venv",
    "venv",
    "site-packages",
    "__pycache__",
    ".tox",
    ".nox",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".gradle",
    ".next",
    ".nuxt",
    ".terraform",
];

/// What a name in a folder of the workspace means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meaning {
    /// Nothing.
    Ordinary,
    /// It configures other programs.
    Protected,
    /// The git folder, or what leads to it.
    Git,
    /// A folder that is not looked into.
    Skipped,
}

/// What does this name mean?
pub fn meaning(name: &OsStr) -> Meaning {
    let bytes = name.as_encoded_bytes();
    // Nearly all names end here.
    if bytes.is_ascii() && bytes.first() != Some(&b'.') && !bytes.ends_with(b"e") && !bytes.ends_with(b"E") {
        return if SKIPPED.iter().any(|skipped| name == *skipped) { Meaning::Skipped } else { Meaning::Ordinary };
    }
    let folded = fold(&name.to_string_lossy());
    if folded == ".git" {
        Meaning::Git
    } else if NAMES.contains(&folded.as_str()) || ENDINGS.iter().any(|ending| folded.ends_with(ending)) {
        Meaning::Protected
    } else if SKIPPED.iter().any(|skipped| name == *skipped) {
        Meaning::Skipped
    } else {
        Meaning::Ordinary
    }
}

/// A name without case, and without the characters that HFS+ passes over.
fn fold(name: &str) -> String {
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    let passed_over = |char: &char| !matches!(char, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}');
    // Upper case first: `ſ` and the Kelvin sign are small and large forms of letters that names here are made of.
    name.chars().filter(passed_over).flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

//! What a name in the workspace means to the jail: the names that configure other programs are policy's, the folders that nobody looks
//! into for them stand here.

use crate::policy::protected::{NAMES, SUFFIX, fold};
use std::ffi::OsStr;

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
    } else if NAMES.contains(&folded.as_str()) || folded.ends_with(SUFFIX) {
        Meaning::Protected
    } else if SKIPPED.iter().any(|skipped| name == *skipped) {
        Meaning::Skipped
    } else {
        Meaning::Ordinary
    }
}

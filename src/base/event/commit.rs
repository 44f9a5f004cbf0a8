//! Commits that a command made, or brought along.

use serde::{Deserialize, Serialize};

/// Commits that are on a branch, or checked out, and were not before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Committed {
    /// The call whose command did it.
    pub call: String,
    /// The newest first; not more than a few hundred.
    pub commits: Vec<Commit>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    /// The whole hash.
    pub id: String,
    /// The first line of its message.
    pub subject: String,
    /// Does it carry the trailers of this session, and no others of their names?
    pub marked: bool,
}

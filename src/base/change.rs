//! A change to files as people and other programs see it, and what a person answers to it.
//!
//! These go into events, the session log and the answers of a review; the bytes themselves stay in `edit`.

use serde::{Deserialize, Serialize};

/// How a file changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileChange {
    /// Relative to the working folder where it lies below it, else absolute; with `/`.
    pub path: String,
    pub kind: ChangeKind,
    /// Where a renamed file was before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Lines; 0 for binary content.
    pub added: u64,
    pub removed: u64,
    /// A unified diff with three lines of context under `---` and `+++` headers; the line `Binary files differ` stands
    /// in place of hunks for binary content. Bytes that are not UTF-8 are shown as U+FFFD.
    pub diff: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    Create,
    Modify,
    Delete,
    Rename,
}

/// Why an edit was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The edit is not in its format.
    Malformed,
    /// The edit stops before its end.
    CutOff,
    /// Text was left out: "… rest unchanged …".
    Elided,
    /// The old text is not in the file.
    NotFound,
    /// The old text is in the file more than once.
    NotUnique,
    /// What the edit makes is there already.
    AlreadyApplied,
    /// Nothing would change.
    NoChange,
    /// A file is where a new one should be.
    Exists,
    /// There is no such file.
    Missing,
    /// The path leads outside, or to what edits may not touch.
    Path,
    /// The file is no text, or is not what the edit says of it.
    Content,
}

/// What of a change set the user accepted. A file that is named nowhere is not accepted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    #[serde(default)]
    pub files: Vec<FileReview>,
    /// Files the user rewrote before accepting them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edited: Vec<EditedFile>,
    /// Hunks the user rewrote before accepting them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edited_hunks: Vec<EditedHunk>,
    /// Words for the model.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileReview {
    /// The `path` of the [`FileChange`].
    pub path: String,
    pub accept: Accept,
}

/// How much of one file's change is accepted: `"all"`, `"none"` or `{"hunks":[0,2]}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Accept {
    All,
    None,
    /// Counted from 0 in the order of the shown diff. A change without hunks (binary, a bare rename, an empty file) is
    /// hunk 0 as a whole.
    Hunks(Vec<usize>),
}

/// The whole text of a file as the user wants it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditedFile {
    pub path: String,
    pub text: String,
}

/// The lines of one hunk as the user wants them: its context and its new lines, without the signs of the diff. Who sees
/// only a diff can edit by this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditedHunk {
    pub path: String,
    /// Counted from 0 in the order of the shown diff.
    pub hunk: usize,
    /// Stands in the place of all lines that the hunk shows, those of its context too.
    pub text: String,
}

//! Why an edit was not made, as a value: the cause for programs, the words for the model or the user.

pub use crate::base::change::Cause;

/// An edit that was refused. Nothing of it was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub cause: Cause,
    /// What is wrong, what is there instead, what to send.
    pub words: String,
    /// The file, as it was sent.
    pub path: Option<String>,
    /// The line of the edit, from 1.
    pub line: Option<usize>,
    /// The old text is not there, so that another reading may fit.
    pub open: bool,
}

impl Refusal {
    pub fn new(cause: Cause, words: impl Into<String>) -> Self {
        Self { cause, words: words.into(), path: None, line: None, open: cause == Cause::NotFound }
    }

    /// The edit itself cannot be read.
    pub fn malformed(words: impl Into<String>) -> Self {
        Self::new(Cause::Malformed, words)
    }

    /// Another reading of the edit may fit.
    pub fn open(self) -> Self {
        Self { open: true, ..self }
    }

    pub fn at(self, line: usize) -> Self {
        Self { line: self.line.or((line > 0).then_some(line)), ..self }
    }

    pub fn of(self, path: &str) -> Self {
        Self { path: self.path.or_else(|| Some(path.to_owned())), ..self }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.words)
    }
}

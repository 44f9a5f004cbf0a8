//! A set of file edits as a value: shown, cut down to what a review accepts, turned round. It touches no file.

use super::diff::Diff;
use crate::base::change::{Accept, ChangeKind, FileChange, Review};
use std::collections::HashMap;
use std::sync::Arc;

/// Edits that are made all or not at all, one for each file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangeSet {
    pub files: Vec<FileEdit>,
}

/// One file's bytes before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEdit {
    /// Relative to the working folder where it lies below it, else absolute; with `/`.
    pub path: String,
    /// For a rename, where the file was; then `before` is what was there, and nothing may be at `path`.
    pub from: Option<String>,
    /// The bytes the edit was made from. `None`: the file must not exist.
    pub before: Option<Arc<[u8]>>,
    /// `None`: the file is deleted.
    pub after: Option<Arc<[u8]>>,
    /// Where it becomes executable, or no longer is.
    pub mode: Option<Mode>,
}

/// Whether a file can be executed, before and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mode {
    pub before: bool,
    pub after: bool,
}

impl ChangeSet {
    /// Would nothing change?
    pub fn is_empty(&self) -> bool {
        !self.files.iter().any(FileEdit::changes)
    }

    /// Each file that changes, with its diff.
    pub fn summary(&self) -> Vec<FileChange> {
        self.files.iter().filter(|file| file.changes()).map(FileEdit::summary).collect()
    }

    /// Only what the review accepts. Files it does not name are left out, and so are files that no longer change.
    ///
    /// An edited file takes the user's text unless the review also says `none` to it; an edited hunk too, whether or not
    /// it is among those that are accepted.
    pub fn accept(&self, review: &Review) -> ChangeSet {
        ChangeSet { files: self.files.iter().filter_map(|file| file.accept(review)).collect() }
    }

    /// The edits from these to what was accepted of them: they put the rest back.
    pub fn put_back(&self, accepted: &ChangeSet) -> ChangeSet {
        let back =
            self.files.iter().filter_map(|file| match accepted.files.iter().find(|kept| kept.path == file.path) {
                Some(kept) if kept.after == file.after => None,
                Some(kept) => {
                    Some(FileEdit { before: file.after.clone(), after: kept.after.clone(), mode: None, ..file.clone() })
                }
                None => Some(file.invert()),
            });
        ChangeSet { files: back.collect() }
    }

    /// The edits that undo these, last first.
    pub fn invert(&self) -> ChangeSet {
        ChangeSet { files: self.files.iter().rev().map(FileEdit::invert).collect() }
    }
}

impl FileEdit {
    pub fn kind(&self) -> ChangeKind {
        match (&self.from, &self.before, &self.after) {
            (_, _, None) => ChangeKind::Delete,
            (Some(_), _, Some(_)) => ChangeKind::Rename,
            (None, None, Some(_)) => ChangeKind::Create,
            (None, Some(_), Some(_)) => ChangeKind::Modify,
        }
    }

    /// Would anything be different after it?
    pub fn changes(&self) -> bool {
        self.from.is_some() || self.before != self.after || self.mode.is_some()
    }

    fn summary(&self) -> FileChange {
        let diff = self.diff();
        FileChange {
            path: self.path.clone(),
            kind: self.kind(),
            from: self.from.clone(),
            added: diff.added(),
            removed: diff.removed(),
            diff: format!("{}{}", self.header(), diff.text()),
        }
    }

    fn diff(&self) -> Diff<'_> {
        Diff::of(self.before.as_deref().unwrap_or_default(), self.after.as_deref().unwrap_or_default())
    }

    /// The edit as a part of a patch that git applies too, to the byte.
    pub fn patch(&self) -> Vec<u8> {
        let source = self.from.as_ref().unwrap_or(&self.path);
        let named = |letter: &str, path: &str| quoted(&format!("{letter}/{path}"));
        let (old, new) = (named("a", source), named("b", &self.path));
        let octal = |executable: bool| if executable { "100755" } else { "100644" };
        let mut out = format!("diff --git {old} {new}\n");
        match (&self.before, &self.after, self.mode) {
            (None, _, mode) => out += &format!("new file mode {}\n", octal(mode.is_some_and(|mode| mode.after))),
            (_, None, _) => out += "deleted file mode 100644\n",
            (_, _, Some(mode)) => out += &format!("old mode {}\nnew mode {}\n", octal(mode.before), octal(mode.after)),
            (_, _, None) => {}
        }
        if self.from.is_some() {
            out += &format!("rename from {}\nrename to {}\n", quoted(source), quoted(&self.path));
        }
        let diff = self.diff();
        if !diff.hunks().is_empty() {
            let side =
                |name: String, bytes: &Option<Arc<[u8]>>| if bytes.is_some() { name } else { "/dev/null".into() };
            out += &format!("--- {}\n+++ {}\n", side(old, &self.before), side(new, &self.after));
        }
        [out.into_bytes(), diff.bytes()].concat()
    }

    /// The lines above the hunks. A rename or a changed mode has git's header too: it alone can say so where no line changes.
    fn header(&self) -> String {
        let source = self.from.as_ref().unwrap_or(&self.path);
        let side = |letter: &str, path: &str, bytes: &Option<Arc<[u8]>>| match bytes {
            Some(_) => quoted(&format!("{letter}/{path}")),
            None => "/dev/null".into(),
        };
        let (old, new) = (side("a", source, &self.before), side("b", &self.path, &self.after));
        let named = |letter: &str, path: &str| quoted(&format!("{letter}/{path}"));
        let mut git = match (self.kind(), self.mode) {
            (ChangeKind::Rename, _) | (_, Some(_)) => {
                format!("diff --git {} {}\n", named("a", source), named("b", &self.path))
            }
            (ChangeKind::Create | ChangeKind::Modify | ChangeKind::Delete, None) => String::new(),
        };
        if let Some(mode) = self.mode {
            let octal = |executable: bool| if executable { "100755" } else { "100644" };
            git.push_str(&match self.before {
                Some(_) => format!("old mode {}\nnew mode {}\n", octal(mode.before), octal(mode.after)),
                None => format!("new file mode {}\n", octal(mode.after)),
            });
        }
        if self.kind() == ChangeKind::Rename {
            git.push_str(&format!("rename from {}\nrename to {}\n", quoted(source), quoted(&self.path)));
        }
        format!("{git}--- {old}\n+++ {new}\n")
    }

    fn accept(&self, review: &Review) -> Option<FileEdit> {
        let said = review.files.iter().find(|file| file.path == self.path).map(|file| &file.accept);
        let edited = review.edited.iter().find(|file| file.path == self.path);
        let hunks: HashMap<usize, Vec<u8>> = review
            .edited_hunks
            .iter()
            .filter(|hunk| hunk.path == self.path)
            .map(|hunk| (hunk.hunk, self.users_bytes(&hunk.text)))
            .collect();
        let after = match (said, edited) {
            (Some(Accept::None), _) => return None,
            (_, Some(file)) => Some(self.users_bytes(&file.text).into()),
            (said, None) if !hunks.is_empty() => Some(self.with_edited(said, &hunks)?),
            (None, None) => return None,
            (Some(Accept::All), None) => self.after.clone(),
            (Some(Accept::Hunks(chosen)), None) => self.with_hunks(chosen)?,
        };
        let taken = FileEdit { after, ..self.clone() };
        taken.changes().then_some(taken)
    }

    /// What the file becomes with these hunks alone; `None` when none of them is one of its hunks.
    fn with_hunks(&self, chosen: &[usize]) -> Option<Option<Arc<[u8]>>> {
        let diff = self.diff();
        let count = diff.hunks().len();
        if count == 0 || self.before.is_none() || self.after.is_none() {
            return chosen.contains(&0).then(|| self.after.clone());
        }
        chosen.iter().any(|number| *number < count).then(|| Some(diff.take(chosen).into()))
    }

    /// What the file becomes with the user's lines in the place of some hunks; `None` when none of them is one of its
    /// hunks.
    fn with_edited(&self, said: Option<&Accept>, edited: &HashMap<usize, Vec<u8>>) -> Option<Arc<[u8]>> {
        let diff = self.diff();
        let all: Vec<usize> = (0..diff.hunks().len()).collect();
        let chosen = match said {
            Some(Accept::All) => all.as_slice(),
            Some(Accept::Hunks(chosen)) => chosen.as_slice(),
            Some(Accept::None) | None => &[],
        };
        let known = all.iter().any(|number| edited.contains_key(number));
        known.then(|| diff.take_edited(chosen, edited).into())
    }

    /// The user's text as bytes. Who edits a file that is not UTF-8 sees U+FFFD in it: a line left as it was shown
    /// takes its own bytes again, so that they are not destroyed.
    fn users_bytes(&self, text: &str) -> Vec<u8> {
        let mut shown: HashMap<String, &[u8]> = HashMap::new();
        if text.contains(char::REPLACEMENT_CHARACTER) {
            for bytes in [&self.before, &self.after].into_iter().flatten() {
                for line in bytes.split_inclusive(|byte| *byte == b'\n') {
                    if std::str::from_utf8(line).is_err() {
                        shown.insert(String::from_utf8_lossy(line).into_owned(), line);
                    }
                }
            }
        }
        let own = |line: &'_ str| shown.get(line).map_or_else(|| line.as_bytes().to_vec(), |bytes| bytes.to_vec());
        text.split_inclusive('\n').flat_map(own).collect()
    }

    pub fn invert(&self) -> FileEdit {
        let (path, from) = match &self.from {
            Some(from) => (from.clone(), Some(self.path.clone())),
            None => (self.path.clone(), None),
        };
        let mode = self.mode.map(|mode| Mode { before: mode.after, after: mode.before });
        FileEdit { path, from, before: self.after.clone(), after: self.before.clone(), mode }
    }
}

/// A path as git writes it in headers: quoted, with octal escapes, when it holds what would break the line.
fn quoted(path: &str) -> String {
    if !path.chars().any(|char| char.is_ascii_control() || char == '"' || char == '\\') {
        return path.into();
    }
    let escape = |char: char| match char {
        '"' | '\\' => format!("\\{char}"),
        char if char.is_ascii_control() => format!("\\{:03o}", u32::from(char)),
        char => char.to_string(),
    };
    format!("\"{}\"", path.chars().map(escape).collect::<String>())
}

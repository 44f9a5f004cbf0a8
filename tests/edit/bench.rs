//! A tree in memory, and edits made to it through the front door.

use agent::edit::{Cause, ChangeSet, Format, Found, Present, Refusal, Tree, change_set};
use std::collections::BTreeMap;

/// Every file by its path: its bytes, and whether it can be executed.
pub type Files = BTreeMap<String, (Vec<u8>, bool)>;

/// A folder of files that lives in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Memory {
    pub files: Files,
    /// What is there may be lost.
    pub overwrite: bool,
}

impl Memory {
    pub fn new(files: &[(&str, &[u8])]) -> Self {
        let files = files.iter().map(|(path, bytes)| ((*path).to_owned(), (bytes.to_vec(), false))).collect();
        Memory { files, overwrite: false }
    }

    pub fn overwrite(self) -> Self {
        Memory { overwrite: true, ..self }
    }

    /// The tree with a change made to it, as a disk would make it: what the change says was there must be there.
    #[track_caller]
    pub fn with(&self, change: &ChangeSet) -> Memory {
        let mut files = self.files.clone();
        for file in &change.files {
            let source = file.from.as_ref().unwrap_or(&file.path);
            let was = files.remove(source);
            assert_eq!(was.as_ref().map(|(bytes, _)| &bytes[..]), file.before.as_deref(), "before of {source}");
            let executable = match file.mode {
                Some(mode) => {
                    assert_eq!(was.is_some_and(|(_, executable)| executable), mode.before, "mode of {source}");
                    mode.after
                }
                None => was.is_some_and(|(_, executable)| executable),
            };
            if let Some(after) = &file.after {
                let there = files.insert(file.path.clone(), (after.to_vec(), executable));
                assert_eq!(there, None, "{} is free", file.path);
            }
        }
        Memory { files, overwrite: self.overwrite }
    }

    /// The change that an edit is here.
    pub fn change(&self, format: Format, edit: impl AsRef<[u8]>) -> Result<ChangeSet, Refusal> {
        change_set(format, edit.as_ref(), self)
    }

    /// The tree after an edit, or its refusal; and back again.
    #[track_caller]
    pub fn after(&self, format: Format, edit: impl AsRef<[u8]>) -> Result<Memory, Refusal> {
        let change = self.change(format, edit)?;
        let after = self.with(&change);
        assert_eq!(after.with(&change.invert()), *self, "the inverse leads back");
        Ok(after)
    }
}

impl Tree for Memory {
    fn look(&self, path: &str) -> Result<Found, Refusal> {
        let mut parts: Vec<&str> = Vec::new();
        let mut leaves = path.starts_with('/');
        for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
            match part {
                ".." => leaves |= parts.pop().is_none(),
                _ => parts.push(part),
            }
        }
        if leaves {
            return Err(Refusal::new(Cause::Path, format!("`{path}` is outside of the workspace")));
        }
        let name = parts.join("/");
        if self.files.keys().any(|file| file.strip_prefix(&name).is_some_and(|rest| rest.starts_with('/'))) {
            return Err(Refusal::new(Cause::Content, format!("`{path}` is not a regular file")));
        }
        let present = self
            .files
            .get(&name)
            .map(|(bytes, executable)| Present { bytes: bytes.as_slice().into(), executable: *executable });
        Ok(Found { path: name, present, may_overwrite: self.overwrite })
    }
}

/// All files after an edit in a format and, where the format is found by looking, in `auto` too; else cause and words.
#[track_caller]
pub fn check(format: Format, files: &[(&str, &[u8])], edit: impl AsRef<[u8]>) -> Result<Files, (Cause, String)> {
    let memory = Memory::new(files);
    let seen = |format| match memory.after(format, &edit) {
        Ok(after) => Ok(after.files),
        Err(refusal) => Err((refusal.cause, refusal.words)),
    };
    let said = seen(format);
    if said.is_ok() {
        assert_eq!(seen(Format::Auto), said, "auto and {} read the same", format.name());
    }
    said
}

/// What the file `f` of these bytes becomes, or cause and words.
#[track_caller]
pub fn one(format: Format, before: &[u8], edit: impl AsRef<[u8]>) -> Result<Vec<u8>, (Cause, String)> {
    check(format, &[("f", before)], edit).map(|files| files.get("f").expect("the file is there").0.clone())
}

/// A case by its name: `f` before, the edit, `f` after.
pub type Case<'c> = (&'c str, &'c [u8], String, &'c [u8]);

/// Every case that comes out otherwise, at once; `None` where all are right.
pub fn wrong(format: Format, cases: &[Case<'_>]) -> Option<String> {
    let text = |bytes: &[u8]| bytes.escape_ascii().to_string();
    let wrong = |(name, before, edit, after): &Case<'_>| match one(format, before, edit) {
        Ok(bytes) if bytes == *after => None,
        Ok(bytes) => Some(format!("{name}: became {:?}, not {:?}", text(&bytes), text(after))),
        Err((cause, words)) => Some(format!("{name}: refused, {cause:?}: {words}")),
    };
    let wrong: Vec<String> = cases.iter().filter_map(wrong).collect();
    (!wrong.is_empty()).then(|| format!("{}, {} of {}:\n{}", format.name(), wrong.len(), cases.len(), wrong.join("\n")))
}

#[track_caller]
pub fn all_become(format: Format, cases: &[Case<'_>]) {
    if let Some(words) = wrong(format, cases) {
        panic!("{words}");
    }
}

/// A case by its name: `f` before, the edit, why it is refused, and the words.
pub type Refused<'c> = (&'c str, &'c [u8], String, Cause, &'c str);

/// Every case that is not refused like this, at once.
#[track_caller]
pub fn all_refused(format: Format, cases: &[Refused<'_>]) {
    let wrong = |(name, before, edit, cause, words): &Refused<'_>| match one(format, before, edit) {
        Err((seen, said)) if seen == *cause && said == *words => None,
        Err((seen, said)) => Some(format!("{name}: {seen:?}: {said}\n  not {cause:?}: {words}")),
        Ok(bytes) => Some(format!("{name}: became {:?}", bytes.escape_ascii().to_string())),
    };
    let wrong: Vec<String> = cases.iter().filter_map(wrong).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

/// A patch that updates `f`.
pub fn update(body: &str) -> String {
    format!("*** Begin Patch\n*** Update File: f\n{body}\n*** End Patch\n")
}

/// A diff of `f`.
pub fn diff(body: &str) -> String {
    format!("--- a/f\n+++ b/f\n{body}\n")
}

/// A block in `f`; both texts are whole lines.
pub fn block(old: &str, new: &str) -> String {
    format!("f\n<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n")
}

/// An edit of `f`.
pub fn edit(old: &str, new: &str) -> String {
    serde_json::json!({"edits": [{"path": "f", "old_string": old, "new_string": new}]}).to_string()
}

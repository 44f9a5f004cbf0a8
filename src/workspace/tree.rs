//! The files of the workspace as an edit meets them.

use super::files::Files;
use super::place::Place;
use crate::edit::{Cause, Found, Present, Refusal, Tree};
use std::os::unix::fs::PermissionsExt;

/// The workspace behind a place.
pub struct WorkTree<'w> {
    pub place: &'w Place,
    pub files: &'w Files,
    /// The user said that what is there may be lost.
    pub overwrite: bool,
    /// Where no policy is asked, what configures git is nobody's to edit.
    pub spare_git: bool,
}

impl Tree for WorkTree<'_> {
    fn look(&self, path: &str) -> Result<Found, Refusal> {
        if self.spare_git && path.split('/').any(|part| part.eq_ignore_ascii_case(".git")) {
            let words = format!("`{path}` is git's own; edits do not go there, use git's commands");
            return Err(Refusal::new(Cause::Path, words));
        }
        let resolved = self.place.resolve(path).map_err(|words| Refusal::new(Cause::Path, words))?;
        let content = |words| Refusal::new(Cause::Content, words);
        let bytes = self.files.read_if_there(self.place, &resolved.absolute, &resolved.shown).map_err(content)?;
        let present = bytes
            .map(|(bytes, meta)| Present { bytes: bytes.into(), executable: meta.permissions().mode() & 0o100 != 0 });
        let seen = present.as_ref().is_some_and(|present| self.files.has_seen(&resolved.absolute, &present.bytes));
        Ok(Found { path: resolved.shown, present, may_overwrite: self.overwrite || seen })
    }
}

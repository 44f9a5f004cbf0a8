//! Edits of files in which a model sees names instead of secrets: it edits what it saw, and each name becomes the secret
//! again that it stands for in that file.

use crate::edit::{Cause, ChangeSet, Found, Present, Refusal, Tree};
use crate::text::redact::Redactor;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

/// The files of a tree as a model sees them.
pub struct Veil<'v> {
    tree: &'v dyn Tree,
    redactor: &'v Redactor,
    /// What is really there, by path.
    real: RefCell<HashMap<String, Arc<[u8]>>>,
}

impl<'v> Veil<'v> {
    pub fn new(tree: &'v dyn Tree, redactor: &'v Redactor) -> Self {
        Self { tree, redactor, real: RefCell::default() }
    }

    /// The change that is meant by one that was made from what is seen.
    pub fn lift(&self, mut change: ChangeSet) -> Result<ChangeSet, Refusal> {
        let real = self.real.borrow();
        for file in &mut change.files {
            let Some(before) = &file.before else { continue };
            let there =
                real.get(file.from.as_ref().unwrap_or(&file.path)).filter(|there| *self.seen(there) == **before);
            let there = there.ok_or_else(|| {
                Refusal::new(Cause::Content, format!("`{}` was changed meanwhile; read it again", file.path))
            })?;
            let after = file.after.take().map(|after| {
                let revealed = self.redactor.reveal_bytes(&after, &[there]);
                revealed.map_or(after, Arc::from)
            });
            (file.before, file.after) = (Some(there.clone()), after);
        }
        Ok(change)
    }

    fn seen(&self, real: &[u8]) -> Arc<[u8]> {
        self.redactor.bytes(real).into()
    }
}

impl Tree for Veil<'_> {
    fn look(&self, path: &str) -> Result<Found, Refusal> {
        let found = self.tree.look(path)?;
        let present = found.present.map(|present| {
            let seen = self.seen(&present.bytes);
            self.real.borrow_mut().insert(found.path.clone(), present.bytes);
            Present { bytes: seen, ..present }
        });
        Ok(Found { present, ..found })
    }
}

//! Which paths git would ignore, asked of a walk that sees ignored files too: rules of the folders on the way, of
//! `.git/info/exclude` and of the user, nearest first.

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

/// The rules that hold in one folder. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Rules(Option<Arc<Layer>>);

#[derive(Debug)]
struct Layer {
    matcher: Gitignore,
    /// Bytes at the beginning of a path that lead to the folder of these rules, the slash included.
    depth: usize,
    outer: Rules,
}

impl Rules {
    /// The user's own rules for all repositories.
    pub fn of_user() -> Self {
        Self::default().below(GitignoreBuilder::new("").build_global().0, 0)
    }

    /// These and those of a file, which hold for paths that begin with the same `depth` bytes.
    pub fn with_file(&self, file: &Path, depth: usize) -> Self {
        let mut builder = GitignoreBuilder::new("");
        // A line that is no pattern ignores nothing; the others hold.
        let _ = builder.add(file);
        builder.build().map_or_else(|_| self.clone(), |matcher| self.below(matcher, depth))
    }

    fn below(&self, matcher: Gitignore, depth: usize) -> Self {
        if matcher.is_empty() {
            return self.clone();
        }
        Self(Some(Arc::new(Layer { matcher, depth, outer: self.clone() })))
    }

    /// Is the path (relative to the root, with `/`) ignored by a rule of its own? Those of its folders are not asked.
    pub fn ignores(&self, path: &[u8], is_folder: bool) -> bool {
        let mut rules = self;
        while let Some(layer) = &rules.0 {
            let below = Path::new(OsStr::from_bytes(path.get(layer.depth..).unwrap_or_default()));
            match layer.matcher.matched(below, is_folder) {
                Match::Ignore(_) => return true,
                Match::Whitelist(_) => return false,
                Match::None => rules = &layer.outer,
            }
        }
        false
    }
}

//! Where the agent works and where its paths may lead.

use std::path::{Component, Path, PathBuf};

/// The folder the agent works in, and the roots that no path of the model leaves.
#[derive(Debug, Clone)]
pub struct Place {
    folder: PathBuf,
    roots: Vec<PathBuf>,
    /// May the user let paths lead further?
    widens: bool,
    /// What looks absent, and below it what does not.
    denied: Vec<PathBuf>,
    readable: Vec<PathBuf>,
}

/// A path of the model, resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// No symbolic links in its folders.
    pub absolute: PathBuf,
    /// As people and the model see it: relative to the working folder where it lies below it.
    pub shown: String,
}

impl Place {
    /// `folder` must exist. The root is the git work tree around it (unless that is the home folder), else the folder itself.
    pub fn new(folder: &Path, added: &[PathBuf], home: Option<&Path>) -> std::io::Result<Self> {
        let folder = folder.canonicalize()?;
        let home = home.and_then(|home| home.canonicalize().ok());
        let around = super::git::work_tree(&folder).filter(|root| Some(root) != home.as_ref());
        let mut roots = vec![around.unwrap_or_else(|| folder.clone())];
        for extra in added {
            roots.push(folder.join(extra).canonicalize()?);
        }
        Ok(Self { folder, roots, widens: true, denied: Vec::new(), readable: Vec::new() })
    }

    /// A folder in a root that no path leaves, whatever is around it.
    pub fn within(folder: &Path, root: &Path) -> std::io::Result<Self> {
        let (folder, roots) = (folder.canonicalize()?, vec![root.canonicalize()?]);
        Ok(Self { folder, roots, widens: false, denied: Vec::new(), readable: Vec::new() })
    }

    /// With these paths, absolute and without links, looking absent with all that is below; what is below `readable` does not. Of a
    /// path in a path the inner one counts: of a home folder that is read, its places of secrets are not.
    pub fn with_denied(mut self, denied: Vec<PathBuf>, readable: Vec<PathBuf>) -> Self {
        (self.denied, self.readable) = (denied, readable);
        self
    }

    /// Does this path, which has no links in it, look absent?
    pub fn is_denied(&self, absolute: &Path) -> bool {
        let depth = |path: &PathBuf| path.components().count();
        let nearest = |paths: &[PathBuf]| paths.iter().filter(|path| absolute.starts_with(path)).map(depth).max();
        nearest(&self.denied).is_some_and(|denied| nearest(&self.readable).is_none_or(|readable| denied > readable))
    }

    /// The root that a path lies below.
    pub fn root_of(&self, absolute: &Path) -> &Path {
        let around = self.roots.iter().filter(|root| absolute.starts_with(root));
        around.max_by_key(|root| root.as_os_str().len()).unwrap_or(&self.folder)
    }

    /// Relative paths start here, and commands run here.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn roots(&self) -> &[PathBuf] {
        &self.roots
    }

    /// Resolves a path of the model's, or says in words for the model why it leads outside.
    pub fn resolve(&self, path: &str) -> Result<Resolved, String> {
        if path.is_empty() || path.contains('\0') {
            return Err("the path is empty; send the path of a file in the workspace".into());
        }
        let joined = lexical(&self.folder.join(path));
        let absolute = real(&joined).ok_or_else(|| {
            format!("`{path}` cannot be resolved: a symbolic link in it leads nowhere or in a circle")
        })?;
        if !self.roots.iter().any(|root| absolute.starts_with(root)) {
            let root = self.roots.first().unwrap_or(&self.folder).display();
            return Err(if self.widens {
                format!("`{path}` is outside of the workspace `{root}`; only the user can add a folder, with --add-dir")
            } else {
                format!("`{path}` is outside of `{root}`; send a path below it")
            });
        }
        if self.is_denied(&absolute) {
            return Err(format!("there is no `{}`", self.show(&absolute)));
        }
        Ok(Resolved { shown: self.show(&absolute), absolute })
    }

    /// A path as people see it.
    pub fn show(&self, absolute: &Path) -> String {
        let shown = absolute.strip_prefix(&self.folder).unwrap_or(absolute);
        if shown.as_os_str().is_empty() { ".".into() } else { shown.to_string_lossy().into_owned() }
    }
}

/// Without `.` and `..`, by text alone: `a/../b` is `b` also where `a` is a link, so that nothing is followed unseen.
fn lexical(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => clean.push(part),
        }
    }
    clean
}

/// The path with all links resolved, as far as it exists.
fn real(path: &Path) -> Option<PathBuf> {
    let mut missing = Vec::new();
    let mut existing = path;
    loop {
        match existing.canonicalize() {
            Ok(found) => return Some(missing.iter().rev().fold(found, |path, name| path.join(name))),
            // A link that leads nowhere is there, and must not be written through.
            Err(_) if existing.symlink_metadata().is_ok() => return None,
            Err(_) => {
                missing.push(existing.file_name()?);
                existing = existing.parent()?;
            }
        }
    }
}

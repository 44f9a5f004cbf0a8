//! What of the workspace matters to the jail: protected paths, git folders, files that hold secrets. One walk at the first
//! look; later looks read only folders that changed since, which their change time tells, and which nobody can set back.
//!
//! Links are not followed, and the folders of [`SKIPPED`](super::protected::SKIPPED) are not looked into.

use super::protected::{Meaning, meaning};
use crate::policy::holds_secrets;
use crate::policy::protected::GIT_PARTS;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Names that are looked at in all folders together, and folders within each other; what is beyond is not seen.
const MOST_NAMES: usize = 2_000_000;
const DEEPEST: usize = 200;

/// The clocks of file systems tick this slowly at most, so a folder that changed so lately may change again unseen.
const TICK: Duration = Duration::from_millis(50);

/// Which file or folder it is, whatever it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id {
    pub device: u64,
    pub inode: u64,
}

impl Id {
    pub fn of(meta: &Metadata) -> Self {
        Self { device: meta.dev(), inode: meta.ino() }
    }
}

/// What a folder's owner needs to look into it.
const LOOK: u32 = 0o500;

/// A protected path that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Top {
    pub path: PathBuf,
    /// The folder that nobody but the user can move, and below which the path is looked for without following links.
    pub anchor: PathBuf,
    /// The folder that the path belongs to: the git folder of a part of it, else the folder it is in.
    pub home: PathBuf,
    pub home_id: Id,
    pub kind: TopKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TopKind {
    /// One of the names of other programs' configuration.
    Named,
    /// `.git` that is no folder.
    GitFile,
    /// A part of a git folder.
    GitPart,
}

/// A git folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitFolder {
    pub path: PathBuf,
    pub anchor: PathBuf,
    pub id: Id,
    /// Numbers of files are given again; `None` where the file system does not say when it was made.
    pub born: Option<SystemTime>,
    /// The folder it is in.
    pub parent: Id,
}

impl GitFolder {
    /// Is this the same folder, wherever it lies?
    pub fn is(&self, id: Id, born: Option<SystemTime>) -> bool {
        self.id == id && self.born == born
    }
}

/// What a look gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    pub tops: Vec<Top>,
    pub git: Vec<GitFolder>,
    /// Files that hold secrets by their names.
    pub secrets: Vec<PathBuf>,
    /// Folders that their owner cannot look into, with the roots that they are below.
    pub locked: Vec<(PathBuf, PathBuf)>,
    /// There is more than is looked at.
    pub truncated: bool,
}

/// The folders of the workspace as they were at the last look.
#[derive(Debug)]
pub struct Survey {
    roots: Vec<(PathBuf, Folder)>,
    outside: Vec<PathBuf>,
    /// Protected wherever they lie, with the root that each is below.
    places: Vec<(PathBuf, PathBuf)>,
    seen: Seen,
    names: usize,
}

/// How a folder is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Kind {
    #[default]
    Work,
    Git,
    /// Git folders of submodules lie below, also in folders of folders.
    Modules,
    /// Each folder in it is the git folder of a work tree.
    Worktrees,
}

#[derive(Debug, Default)]
struct Folder {
    stamp: Option<Stamp>,
    kind: Kind,
    /// Looks like a git folder, wherever it lies and whatever it is called.
    bare: bool,
    protected: Vec<OsString>,
    secrets: Vec<OsString>,
    folders: BTreeMap<OsString, Folder>,
    names: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    id: Id,
    changed: (i64, i64),
    /// So long ago that no later change can have the same time.
    settled: bool,
}

impl Survey {
    /// `roots` are absolute and without links. The git folders of work trees whose repository lies elsewhere are looked at too.
    pub fn new(roots: &[PathBuf]) -> Self {
        let outside = roots.iter().flat_map(|root| super::gitfile::outside(root, roots)).collect::<Vec<_>>();
        let work = roots.iter().map(|root| (root.clone(), Folder::default()));
        let git = outside.iter().map(|path| (path.clone(), Folder { kind: Kind::Git, ..Folder::default() }));
        let roots = work.chain(git).collect();
        Self { roots, outside, places: Vec::new(), seen: Seen::default(), names: 0 }
    }

    /// These paths below the roots are protected too, whatever they are called.
    pub fn add_places(&mut self, places: &[PathBuf]) {
        let around = |path: &PathBuf| self.roots.iter().find(|(root, _)| path.starts_with(root));
        self.places = places.iter().filter_map(|path| Some((path.clone(), around(path)?.0.clone()))).collect();
    }

    /// Git folders outside of the roots that git writes to when it works in them: those of a work tree's repository. Found
    /// once, before any command ran.
    pub fn outside(&self) -> &[PathBuf] {
        &self.outside
    }

    /// Looks again.
    pub fn look(&mut self) -> &Seen {
        self.seen = Seen::default();
        let mut walk = Walk { seen: &mut self.seen, names: self.names, anchor: PathBuf::new(), now: now() };
        for (root, folder) in &mut self.roots {
            walk.anchor.clone_from(root);
            let mut path = root.clone();
            walk.visit(&mut path, folder, Id { device: 0, inode: 0 }, 0);
        }
        self.names = walk.names;
        self.look_at_places();
        &self.seen
    }

    fn look_at_places(&mut self) {
        for (path, anchor) in &self.places {
            let Some(home) = path.parent() else { continue };
            let Ok(meta) = fs::symlink_metadata(home) else { continue };
            if fs::symlink_metadata(path).is_err() || self.seen.tops.iter().any(|top| path.starts_with(&top.path)) {
                continue;
            }
            self.seen.tops.push(Top {
                path: path.clone(),
                anchor: anchor.clone(),
                home: home.into(),
                home_id: Id::of(&meta),
                kind: TopKind::Named,
            });
        }
    }

    /// What the last look gave.
    pub fn seen(&self) -> &Seen {
        &self.seen
    }
}

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

fn stamp(meta: &Metadata, now: Duration) -> Stamp {
    let changed = Duration::new(
        u64::try_from(meta.ctime()).unwrap_or_default(),
        u32::try_from(meta.ctime_nsec()).unwrap_or_default(),
    );
    let settled = now.checked_sub(changed).is_some_and(|age| age > TICK);
    Stamp { id: Id::of(meta), changed: (meta.ctime(), meta.ctime_nsec()), settled }
}

struct Walk<'s> {
    seen: &'s mut Seen,
    names: usize,
    anchor: PathBuf,
    now: Duration,
}

impl Walk<'_> {
    /// Looks at one folder and all below; `path` is as before afterwards.
    fn visit(&mut self, path: &mut PathBuf, folder: &mut Folder, parent: Id, depth: usize) {
        if depth > DEEPEST {
            self.seen.truncated = true;
            return;
        }
        let meta = fs::symlink_metadata(path.as_path()).ok().filter(Metadata::is_dir);
        let Some(meta) = meta else {
            self.names -= folder.forget();
            return;
        };
        if meta.mode() & LOOK != LOOK {
            self.seen.locked.push((self.anchor.clone(), path.clone()));
        }
        let stamp = stamp(&meta, self.now);
        match folder.kind {
            Kind::Git => self.git_folder(path, folder, stamp.id, parent, depth),
            Kind::Work | Kind::Modules | Kind::Worktrees => {
                let known = folder.stamp.is_some_and(|old| old.settled && old == stamp);
                if !known {
                    self.read(path, folder);
                    folder.stamp = Some(stamp);
                }
                self.contents(path, folder, stamp.id, parent, depth);
            }
        }
    }

    fn contents(&mut self, path: &mut PathBuf, folder: &mut Folder, id: Id, parent: Id, depth: usize) {
        for name in &folder.protected {
            let kind = if meaning(name) == Meaning::Git { TopKind::GitFile } else { TopKind::Named };
            self.seen.tops.push(Top {
                path: path.join(name),
                anchor: self.anchor.clone(),
                home: path.clone(),
                home_id: id,
                kind,
            });
        }
        self.seen.secrets.extend(folder.secrets.iter().map(|name| path.join(name)));
        if folder.bare {
            self.parts(path, id, parent);
        }
        for (name, below) in &mut folder.folders {
            path.push(name);
            self.visit(path, below, id, depth + 1);
            path.pop();
        }
    }

    /// Of a git folder only what leads to further ones is looked into.
    fn git_folder(&mut self, path: &mut PathBuf, folder: &mut Folder, id: Id, parent: Id, depth: usize) {
        self.parts(path, id, parent);
        for (name, kind) in [("modules", Kind::Modules), ("worktrees", Kind::Worktrees)] {
            let below = folder.folders.entry(name.into()).or_default();
            below.kind = kind;
            path.push(name);
            self.visit(path, below, id, depth + 1);
            path.pop();
        }
    }

    /// The protected parts of a git folder that exist.
    fn parts(&mut self, path: &Path, id: Id, parent: Id) {
        let born = fs::symlink_metadata(path).ok().and_then(|meta| meta.created().ok());
        self.seen.git.push(GitFolder { path: path.into(), anchor: self.anchor.clone(), id, born, parent });
        for part in GIT_PARTS {
            let found = path.join(part);
            if fs::symlink_metadata(&found).is_ok() {
                self.seen.tops.push(Top {
                    path: found,
                    anchor: self.anchor.clone(),
                    home: path.into(),
                    home_id: id,
                    kind: TopKind::GitPart,
                });
            }
        }
    }

    /// Reads the names of a folder; what is known of its folders stays.
    fn read(&mut self, path: &Path, folder: &mut Folder) {
        let mut old = std::mem::take(&mut folder.folders);
        self.names -= std::mem::take(&mut folder.names);
        folder.protected.clear();
        folder.secrets.clear();
        let mut shape = Shape::default();
        for entry in fs::read_dir(path).into_iter().flatten().flatten() {
            if self.names >= MOST_NAMES {
                self.seen.truncated = true;
                break;
            }
            self.names += 1;
            folder.names += 1;
            let name = entry.file_name();
            let Ok(kind) = entry.file_type() else { continue };
            shape.note(&name);
            let mut keep = |name: OsString, kind: Kind| {
                let below = old.remove(&name).filter(|below| below.kind == kind);
                folder.folders.insert(name, below.unwrap_or_else(|| Folder { kind, ..Folder::default() }));
            };
            let meaning = meaning(&name);
            if meaning != Meaning::Skipped && !kind.is_dir() && holds_secrets(&name.to_string_lossy()) {
                folder.secrets.push(name.clone());
            }
            match (folder.kind, meaning) {
                (Kind::Worktrees, _) if kind.is_dir() => keep(name, Kind::Git),
                (Kind::Modules, _) if kind.is_dir() => keep(name, Kind::Modules),
                (Kind::Worktrees | Kind::Modules, _) => {}
                (_, Meaning::Git) if kind.is_dir() => keep(name, Kind::Git),
                (_, Meaning::Git | Meaning::Protected) => folder.protected.push(name),
                (_, Meaning::Skipped) => {}
                (_, Meaning::Ordinary) if kind.is_dir() => keep(name, Kind::Work),
                (_, Meaning::Ordinary) => {}
            }
        }
        folder.bare = folder.kind != Kind::Worktrees && shape.is_git();
        if folder.bare {
            // Objects lie there in thousands of folders, and nothing that matters.
            folder.folders.retain(|name, _| name != "objects");
            if let Some(below) = folder.folders.get_mut(std::ffi::OsStr::new("worktrees")) {
                *below = Folder { kind: Kind::Worktrees, ..Folder::default() };
            }
            if folder.kind == Kind::Modules {
                folder.folders.retain(|name, _| name == "modules" || name == "worktrees");
            }
        }
        for gone in old.values_mut() {
            self.names -= gone.forget();
        }
    }
}

impl Folder {
    /// Forgets all below, and says how many names that were.
    fn forget(&mut self) -> usize {
        let below: usize = self.folders.values_mut().map(Folder::forget).sum();
        let names = std::mem::take(&mut self.names);
        *self = Folder { kind: self.kind, ..Folder::default() };
        names + below
    }
}

/// What makes git take a folder for its own.
#[derive(Debug, Default)]
struct Shape {
    head: bool,
    objects: bool,
    refs: bool,
    common: bool,
}

impl Shape {
    fn note(&mut self, name: &std::ffi::OsStr) {
        self.head |= name.eq_ignore_ascii_case("HEAD");
        self.objects |= name.eq_ignore_ascii_case("objects");
        self.refs |= name.eq_ignore_ascii_case("refs");
        self.common |= name.eq_ignore_ascii_case("commondir");
    }

    fn is_git(&self) -> bool {
        self.head && (self.common || (self.objects && self.refs))
    }
}

//! The arguments of bubblewrap: a mount for each rule of the jail, folders above first, on top of a root that is read only.

use crate::base::access::Network;
use crate::sandbox::jail::Jail;
use crate::sandbox::layout::{Rule, layout, rule_at};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Where programs expect to write files that do not last.
const TEMPORARY: &str = "/tmp";

/// What is at a path now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    Folder,
    /// Anything else: a file, a socket, a device.
    File,
    Nothing,
}

/// One mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mount {
    Read(PathBuf),
    Write {
        from: PathBuf,
        at: PathBuf,
    },
    /// An empty folder in its place.
    NoFolder(PathBuf),
    /// An empty file in its place: a mount cannot take a name away.
    NoFile(PathBuf),
}

/// Whose users the jail knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Users {
    /// Only the one it runs as; nobody has a privilege.
    One,
    /// Those of the machine: root works on files that belong to others, as in many containers.
    All,
}

/// What root keeps with [`Users::All`]; `privileges` drops the rest once more.
const FOR_FILES: &[&str] = &["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_SETPCAP"];

/// Every namespace there is, and no privilege but for files.
pub fn isolation(network: Network, users: Users) -> Vec<OsString> {
    let mut flags = vec!["--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"];
    match network {
        Network::Off | Network::Hosts => flags.push("--unshare-net"),
        Network::Full => {}
    }
    flags.extend(["--die-with-parent", "--cap-drop", "ALL"]);
    match users {
        Users::One => flags.push("--unshare-user"),
        Users::All => flags.extend(FOR_FILES.iter().flat_map(|name| ["--cap-add", name])),
    }
    flags.into_iter().map(OsString::from).collect()
}

/// The system itself: all of it read only, devices and processes of its own.
pub fn system() -> Vec<OsString> {
    ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"].map(OsString::from).to_vec()
}

/// All mounts on top of [`system`], in order. `needed` are paths that the command is started with or told of.
pub fn mounts(jail: &Jail, needed: &[PathBuf], found: &dyn Fn(&Path) -> Found) -> Vec<Mount> {
    let own = Path::new(TEMPORARY);
    let laid = layout(jail);
    let mut rules: Vec<(PathBuf, Option<Rule>)> = laid.iter().map(|(path, rule)| (path.clone(), Some(*rule))).collect();
    let mut pinned: Vec<PathBuf> =
        rules.iter().filter(|(_, rule)| *rule == Some(Rule::Protected)).flat_map(pins).collect();
    let hidden = rules.iter().filter(|(path, rule)| *rule == Some(Rule::Denied) && found(path) == Found::Folder);
    pinned.extend(hidden.flat_map(|(path, _)| around(path, jail, &laid)));
    rules.extend(pinned.into_iter().map(|path| (path, Some(Rule::Write))));
    rules.sort();
    rules.dedup();
    if found(own) == Found::Folder && !rules.iter().any(|(path, _)| path == own) {
        // The rest of /tmp is gone with it, so what is needed from there is put back.
        let covered = |path: &Path| rules.iter().any(|(at, _)| path.starts_with(at));
        let back: Vec<PathBuf> =
            needed.iter().filter(|path| path.starts_with(own) && *path != own && !covered(path)).cloned().collect();
        rules.extend(back.into_iter().map(|path| (path, Some(Rule::Read))));
        rules.push((own.to_path_buf(), None));
        rules.sort();
        rules.dedup();
    }
    let mount = |(path, rule): (PathBuf, Option<Rule>)| match (rule, found(&path)) {
        (_, Found::Nothing) => None,
        (None, _) => Some(Mount::Write { from: jail.temporary.clone(), at: path }),
        (Some(Rule::Write), _) => Some(Mount::Write { from: path.clone(), at: path }),
        (Some(Rule::Read | Rule::Protected), _) => Some(Mount::Read(path)),
        (Some(Rule::Denied), Found::Folder) => Some(Mount::NoFolder(path)),
        (Some(Rule::Denied), Found::File) => Some(Mount::NoFile(path)),
    };
    rules.into_iter().filter_map(mount).collect()
}

/// The git folders around a protected path. What is mounted on itself cannot be moved, and another put in its place; git itself moves
/// nothing out of these.
fn pins((path, _): &(PathBuf, Option<Rule>)) -> Vec<PathBuf> {
    let git = std::ffi::OsStr::new(".git");
    let around = path.ancestors().skip(1);
    around.take_while(|folder| folder.iter().any(|name| name == git)).map(Path::to_path_buf).collect()
}

/// The folders between a denied one and the writable one that it lies in: moved away, they would make room for another in its place.
fn around(denied: &Path, jail: &Jail, rules: &[(PathBuf, Rule)]) -> Vec<PathBuf> {
    let root = |path: &Path| jail.writable.iter().any(|root| path == root);
    let inside = |path: &&Path| rule_at(rules, path) == Rule::Write && !root(path);
    denied.ancestors().skip(1).take_while(inside).map(Path::to_path_buf).collect()
}

/// As words. Each empty file takes one of `empty`, numbers of handles that are at their end.
pub fn words(mounts: &[Mount], empty: &mut dyn Iterator<Item = i32>) -> Vec<OsString> {
    let mut words: Vec<OsString> = Vec::new();
    let mut push = |parts: &[&dyn AsRef<std::ffi::OsStr>]| words.extend(parts.iter().map(|part| part.as_ref().into()));
    for mount in mounts {
        match mount {
            Mount::Read(path) => push(&[&"--ro-bind", path, path]),
            Mount::Write { from, at } => push(&[&"--bind", from, at]),
            Mount::NoFolder(path) => push(&[&"--perms", &"0555", &"--tmpfs", path]),
            Mount::NoFile(path) => {
                if let Some(number) = empty.next() {
                    push(&[&"--perms", &"0444", &"--ro-bind-data", &number.to_string(), path]);
                }
            }
        }
    }
    words
}

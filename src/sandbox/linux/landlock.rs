//! Landlock: which files may be read and written, which processes signalled. It knows whole trees alone, so a tree with a denied place in
//! it is given entry by entry.

use crate::base::access::Network;
use crate::sandbox::layout::{Rule, layout, rule_at};
use crate::sandbox::spec::Spec;
use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, PathBeneath, Ruleset, RulesetAttr, RulesetCreated, RulesetCreatedAttr,
    RulesetError, RulesetStatus, Scope,
};
use rustix::fs::{Mode, OFlags};
use std::path::{Path, PathBuf};

/// The newest interface that this was tried with; an older kernel keeps what it knows of it.
const TRIED: ABI = ABI::V7;

/// Written by everybody, everywhere. In namespaces, all devices are the jail's own.
const DEVICES: &[&str] = &["/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty"];

/// One thing that is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    pub path: PathBuf,
    pub access: Extent,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Names below the folder.
    List,
    Read,
    Write,
}

impl Extent {
    fn rights(self) -> BitFlags<AccessFs> {
        match self {
            Extent::List => AccessFs::ReadDir.into(),
            Extent::Read => AccessFs::from_read(TRIED),
            Extent::Write => AccessFs::from_all(TRIED),
        }
    }
}

/// The kernel's Landlock interface: 1 and up, 0 where it has none.
#[expect(unsafe_code, reason = "the system call has no safe interface")]
pub fn version() -> i64 {
    const ASK_VERSION: u32 = 1;
    // SAFETY: with this flag the call takes a null pointer and size 0, and touches no memory.
    let answer = unsafe {
        libc::syscall(libc::SYS_landlock_create_ruleset, std::ptr::null::<libc::c_void>(), 0_usize, ASK_VERSION)
    };
    answer.max(0)
}

/// Holds for this process and all that come from it. An error says what could not be had.
pub fn apply(spec: &Spec) -> Result<(), String> {
    let status = ruleset(spec).and_then(RulesetCreated::restrict_self).map_err(|error| format!("Landlock: {error}"))?;
    match status.ruleset {
        RulesetStatus::FullyEnforced | RulesetStatus::PartiallyEnforced => Ok(()),
        RulesetStatus::NotEnforced => Err("this kernel does not enforce Landlock".into()),
    }
}

fn ruleset(spec: &Spec) -> Result<RulesetCreated, RulesetError> {
    let mut ruleset = Ruleset::default().handle_access(AccessFs::from_all(TRIED))?.scope(Scope::from_all(TRIED))?;
    if !spec.namespaces && spec.jail.network != Network::Full {
        ruleset = ruleset.handle_access(AccessNet::from_all(TRIED))?;
    }
    let mut created = ruleset.create()?;
    for opening in openings(spec) {
        let flags = OFlags::PATH | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        // What went away meanwhile needs no rule.
        if let Ok(handle) = rustix::fs::open(&opening.path, flags, Mode::empty()) {
            created = created.add_rule(PathBeneath::new(handle, opening.access.rights()))?;
        }
    }
    Ok(created)
}

/// All that is allowed, found by looking at the file system as it is now.
pub fn openings(spec: &Spec) -> Vec<Opening> {
    let mut openings = Vec::new();
    let mut open = |path: &Path, access: Extent| openings.push(Opening { path: path.to_path_buf(), access });
    if spec.namespaces {
        // Mounts hide and protect already.
        open(Path::new("/"), Extent::Read);
        open(Path::new("/dev"), Extent::Write);
        open(Path::new("/tmp"), Extent::Write);
        spec.jail.writable.iter().chain([&spec.jail.temporary]).for_each(|path| open(path, Extent::Write));
        return openings;
    }
    DEVICES.iter().for_each(|device| open(Path::new(device), Extent::Write));
    // Protected places are looked after from outside: what they are in has to be written.
    let mut rules = layout(&spec.jail);
    rules.retain(|(path, rule)| *rule != Rule::Protected && !(*rule == Rule::Denied && denied_anyway(path)));
    // Whole disks, and the terminals of others.
    rules.push(("/dev".into(), Rule::Denied));
    descend(Path::new("/"), &rules, &mut openings);
    openings
}

/// A file of somebody else's that we cannot read now will not be read in the jail either, and needs no entries instead of its folder.
fn denied_anyway(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let foreign = |meta: std::fs::Metadata| !meta.is_dir() && meta.uid() != rustix::process::geteuid().as_raw();
    std::fs::metadata(path).is_ok_and(foreign) && rustix::fs::access(path, rustix::fs::Access::READ_OK).is_err()
}

/// Denied places that Landlock cannot keep from being read: files in a folder that is written as a whole. To leave them out
/// would be to deny every new file beside them.
pub fn exposed(jail: &crate::sandbox::jail::Jail) -> Vec<PathBuf> {
    let rules = layout(jail);
    let around = |path: &Path| path.parent().map_or(Rule::Read, |parent| rule_at(&rules, parent));
    let whole = |path: &PathBuf| {
        let root = rules
            .iter()
            .filter(|(at, rule)| *rule == Rule::Write && path.starts_with(at))
            .map(|(at, _)| at)
            .next_back();
        root.is_some_and(|root| !splits(root, &rules))
    };
    jail.denied.iter().filter(|path| around(path) == Rule::Write && whole(path)).cloned().collect()
}

/// Is the folder given entry by entry? One that is written only for the sake of a denied folder, not of a file.
fn splits(folder: &Path, rules: &[(PathBuf, Rule)]) -> bool {
    rules.iter().any(|(at, rule)| *rule == Rule::Denied && at != folder && at.starts_with(folder) && at.is_dir())
}

fn descend(path: &Path, rules: &[(PathBuf, Rule)], openings: &mut Vec<Opening>) {
    let rule = rule_at(rules, path);
    let below: Vec<(PathBuf, Rule)> = rules.iter().filter(|(at, _)| at.starts_with(path)).cloned().collect();
    let mut open = |access: Extent| openings.push(Opening { path: path.to_path_buf(), access });
    let inner = |wanted: Rule| below.iter().any(|(at, rule)| *rule == wanted && at != path);
    match rule {
        Rule::Denied => {
            let inside = below.iter().filter(|(at, rule)| *rule != Rule::Denied && at != path);
            inside.for_each(|(at, _)| descend(at, rules, openings));
            return;
        }
        Rule::Write if !splits(path, &below) => return open(Extent::Write),
        Rule::Read | Rule::Protected if !inner(Rule::Denied) => {
            open(Extent::Read);
            let written = below.iter().filter(|(at, rule)| *rule == Rule::Write && at != path);
            written.for_each(|(at, _)| descend(at, rules, openings));
            return;
        }
        // Names are not secret where only files are denied.
        Rule::Read | Rule::Write | Rule::Protected => {
            if !splits(path, &below) {
                open(Extent::List);
            }
        }
    }
    for entry in std::fs::read_dir(path).into_iter().flatten().flatten() {
        // What a link leads to is allowed by where it lies.
        if entry.file_type().is_ok_and(|kind| !kind.is_symlink()) {
            enter(&entry.path(), rule, &below, openings);
        }
    }
}

/// An entry of a folder that is given entry by entry; most have no rules below them.
fn enter(path: &Path, around: Rule, rules: &[(PathBuf, Rule)], openings: &mut Vec<Opening>) {
    if rules.iter().any(|(at, _)| at.starts_with(path)) {
        return descend(path, rules, openings);
    }
    let access = if around == Rule::Write { Extent::Write } else { Extent::Read };
    openings.push(Opening { path: path.to_path_buf(), access });
}

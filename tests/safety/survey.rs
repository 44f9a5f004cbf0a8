//! What the jail has to know of a workspace, and that later looks find what changed without reading all of it again.

use crate::workspace::hand::Work;
use agent::sandbox::survey::{Seen, Survey};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

fn survey(work: &Work) -> Survey {
    Survey::new(&[work.root()])
}

fn below(root: &Path, paths: impl IntoIterator<Item = PathBuf>) -> BTreeSet<String> {
    paths.into_iter().map(|path| path.strip_prefix(root).unwrap().display().to_string()).collect()
}

fn tops(work: &Work, seen: &Seen) -> BTreeSet<String> {
    below(&work.root(), seen.tops.iter().map(|top| top.path.clone()))
}

fn set<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Every name of SAFETY.md, at the top, in a folder, and in other cases.
const NAMES: &[&str] = &[
    ".agent/config.toml",
    ".claude/settings.json",
    ".codex/config.toml",
    ".gemini/settings.json",
    ".mcp.json",
    ".vscode/tasks.json",
    ".idea/workspace.xml",
    ".devcontainer/devcontainer.json",
    ".envrc",
    ".husky/pre-commit",
    "project.code-workspace",
    ".Claude/settings.json",
    ".VSCODE/tasks.json",
    ".EnvRC",
    "Project.Code-Workspace",
    ".vſcode/tasks.json",
    ".cl\u{200c}aude/settings.json",
];

#[test]
fn every_protected_name_is_found_wherever_it_is() {
    for name in NAMES {
        for folder in ["", "packages/deep/"] {
            let work = Work::new("mkdir -p packages/deep; echo x > plain; echo x > .environment");
            let path = work.root().join(folder).join(name);
            let mut survey = survey(&work);
            assert_eq!(tops(&work, survey.look()), set([]), "{name} is missing");
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "x").unwrap();
            let top = format!("{folder}{}", name.split('/').next().unwrap());
            assert_eq!(tops(&work, survey.look()), set([&top]), "{name} was made");
            fs::remove_file(&path).unwrap();
            let _ = fs::remove_dir(path.parent().unwrap());
            assert_eq!(tops(&work, survey.look()), set([]), "{name} was removed");
        }
    }
}

#[test]
fn git_folders_are_found_in_every_shape() {
    let work = Work::git(
        "echo x > a; mkdir nested; git -C nested init -q; git init -q --bare store; git -C nested commit -q --allow-empty -m n",
    );
    work.sh("git worktree add -q tree; git -c protocol.file.allow=always submodule --quiet add ./nested libs/sub");
    work.sh("mkdir .git/info -p; echo '* x' > .git/info/attributes; git config extensions.worktreeConfig true; echo > .git/config.worktree");
    let mut survey = survey(&work);
    let seen = survey.look().clone();
    let git = below(&work.root(), seen.git.iter().map(|git| git.path.clone()));
    let wanted = [".git", ".git/modules/libs/sub", ".git/worktrees/tree", "nested/.git", "store"];
    assert_eq!(git, set(wanted));
    let tops = tops(&work, &seen);
    for wanted in [
        ".git/config",
        ".git/hooks",
        ".git/config.worktree",
        ".git/info/attributes",
        ".git/worktrees/tree/commondir",
        ".git/worktrees/tree/gitdir",
        ".git/modules/libs/sub/config",
        ".git/modules/libs/sub/hooks",
        "nested/.git/config",
        "store/config",
        "store/hooks",
        "tree/.git",
        "libs/sub/.git",
    ] {
        assert!(tops.contains(wanted), "{wanted} is not in {tops:?}");
    }
}

/// A work tree whose repository lies elsewhere needs it; a folder that only says so does not get it.
#[test]
fn a_repository_outside_is_known_where_it_knows_of_us() {
    let work = Work::git("echo x > a");
    work.sh("git worktree add -q ../tree; mkdir ../liar; cp ../tree/.git ../liar/.git");
    let tree = work.beside("tree");
    assert_eq!(Survey::new(std::slice::from_ref(&tree)).outside(), [work.root().join(".git")]);
    assert!(Survey::new(&[work.beside("liar")]).outside().is_empty());
    assert!(Survey::new(&[work.root(), tree]).outside().is_empty(), "it lies in the workspace");
}

#[test]
fn secrets_are_found_by_name_and_examples_are_not() {
    let work = Work::new(
        "echo x > .env; mkdir -p a/.env; echo x > a/.env.local; echo x > a/.env.example; mkdir node_modules; echo x > node_modules/.env; \
         echo x > .envrc; echo x > a/.env-test; echo x > a/.environment",
    );
    let mut survey = survey(&work);
    let found = below(&work.root(), survey.look().secrets.clone());
    let expected = set([".env", ".envrc", "a/.env-test", "a/.env.local"]);
    assert_eq!(found, expected, "a folder, an example, and what is skipped are none");
}

#[test]
fn what_tools_make_is_not_looked_into_and_links_are_not_followed() {
    let work = Work::new(
        "mkdir -p node_modules/x/.vscode target/.claude .venv/.idea ../other/.claude; ln -s ../other link; ln -s ../other .husky",
    );
    let mut survey = survey(&work);
    assert_eq!(tops(&work, survey.look()), set([".husky"]));
}

/// Waits until a folder has not changed for so long that it is taken for settled.
fn settle(folder: &Path) {
    let age = || {
        let changed = fs::metadata(folder).unwrap().ctime_nsec() as i128
            + i128::from(fs::metadata(folder).unwrap().ctime()) * 1_000_000_000;
        i128::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos()).unwrap() - changed
    };
    while age() < 60_000_000 {
        std::thread::yield_now();
    }
}

/// A modification time can be set back, a change time cannot.
#[test]
fn a_folder_that_was_dated_back_is_read_again() {
    let work = Work::new("mkdir -p sub; touch -d '2020-01-01' sub");
    let mut survey = survey(&work);
    settle(&work.root());
    survey.look();
    work.sh("echo x > sub/.envrc; touch -d '2020-01-01' sub");
    assert_eq!(tops(&work, survey.look()), set(["sub/.envrc"]));
}

#[test]
fn ten_thousand_folders_are_checked_quickly() {
    let work = Work::new("");
    for outer in 0..100 {
        for inner in 0..100 {
            fs::create_dir_all(work.root().join(format!("a{outer}/b{inner}"))).unwrap();
        }
    }
    let mut survey = survey(&work);
    settle(&work.root().join("a99/b99"));
    survey.look();
    let best = (0..5)
        .map(|_| {
            let started = Instant::now();
            survey.look();
            started.elapsed()
        })
        .min()
        .unwrap();
    // In a build for tests on a busy machine; a release build on an idle one takes a fiftieth of it.
    assert!(best < Duration::from_secs(1), "{best:?}");
    fs::write(work.root().join("a50/b50/.mcp.json"), "{}").unwrap();
    assert_eq!(tops(&work, survey.look()), set(["a50/b50/.mcp.json"]));
}

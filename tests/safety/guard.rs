//! Protected paths are after a command what they were before it; what git itself brings into a new repository is let be.

use crate::workspace::hand::{Tree, Work};
use agent::base::event::Tampering;
use agent::disk::Disk;
use agent::sandbox::Backend;
use agent::sandbox::guard::{Findings, Guard};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

const ADDED: Tampering = Tampering::Added;
const CHANGED: Tampering = Tampering::Changed;
const REMOVED: Tampering = Tampering::Removed;

fn guard(work: &Work, backend: Backend) -> Guard {
    Guard::new(&[work.root()], work.beside("quarantine"), backend, Disk::default())
}

/// What is found after a script that nothing confines.
#[track_caller]
fn after(guard: &mut Guard, work: &Work, script: &str) -> Findings {
    guard.before();
    work.sh(script);
    guard.after()
}

fn files(findings: &Findings) -> Vec<(&str, Tampering)> {
    let mut files: Vec<(&str, Tampering)> = findings.files.iter().map(|file| (file.path.as_str(), file.what)).collect();
    files.sort_by_key(|file| file.0);
    files
}

fn tree(work: &Work) -> Tree {
    let mut found = Tree::new();
    read(&work.root(), &work.root(), &mut found);
    found
}

fn read(root: &Path, folder: &Path, found: &mut Tree) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        let meta = path.symlink_metadata().unwrap();
        let content = if meta.is_symlink() {
            fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes()
        } else if meta.is_file() {
            fs::read(&path).unwrap()
        } else {
            Vec::new()
        };
        let shown = path.strip_prefix(root).unwrap().display().to_string();
        if meta.is_dir() {
            read(root, &path, found);
        }
        found.insert(shown, (meta.mode(), content));
    }
}

/// Every file that SAFETY.md names.
const NAMED: &[&str] = &[
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
    ".CLAUDE/settings.json",
    ".Vscode/tasks.json",
    ".ENVRC",
    "X.CODE-WORKSPACE",
    "nested/deep/.claude/settings.json",
    "nested/deep/.mcp.json",
    "nested/deep/.envrc",
    ".git/hooks/pre-commit",
    ".git/hooks/sub/x",
    ".git/config.worktree",
    ".git/info/attributes",
    ".git/commondir",
    "repository/.git/hooks/post-checkout",
    "repository/.git/config.worktree",
    "repository/.git/info/attributes",
    "repository/.vscode/tasks.json",
];

fn repository() -> Work {
    let work = Work::git("echo x > a; mkdir -p nested/deep repository; echo x > nested/deep/b");
    work.sh("git -C repository init -q; git -C repository commit -q --allow-empty -m r");
    work
}

#[test]
fn what_was_missing_is_missing_again() {
    for backend in [Backend::Landlock, Backend::Namespaces] {
        let work = repository();
        for name in NAMED {
            let mut guard = Guard::new(
                &[work.root()],
                work.beside(&format!("q/{}", uuid::Uuid::now_v7())),
                backend,
                Disk::default(),
            );
            let before = tree(&work);
            let script = format!("mkdir -p $(dirname {name}); printf '[core]\\nfsmonitor=x\\n' > {name}");
            let found = after(&mut guard, &work, &script);
            // Under namespaces what exists could not have been written to, and is not looked into.
            if backend == Backend::Namespaces && name.contains("hooks") {
                work.sh(&format!("rm -rf {name} $(dirname {name} | grep sub || true)"));
                continue;
            }
            assert_eq!(found.files.len(), 1, "{name}: {found:?}");
            assert_eq!(found.files[0].what, ADDED, "{name}");
            assert!(name.starts_with(&found.files[0].path), "{name}: {found:?}");
            assert_eq!(found.unmended, [""; 0], "{name}");
            // Folders on the way that are protected by nothing stay.
            work.sh("rmdir repository/.git/info .git/info 2>/dev/null || true");
            let now = tree(&work);
            let wanted: Tree =
                before.into_iter().filter(|(path, _)| now.contains_key(path) || !path.ends_with("/info")).collect();
            assert_eq!(now, wanted, "{name}");
            let kept = found.kept.expect(name);
            assert_eq!(fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o700, "{name}");
            assert_eq!(fs::read_dir(&kept).unwrap().count(), 1, "{name}");
            assert!(guard.after().is_empty(), "{name}: once is enough");
        }
    }
}

/// Files with nothing in them can be said to be larger than any disk.
#[test]
fn files_larger_than_the_disk_are_not_copied() {
    for backend in [Backend::Landlock, Backend::Namespaces] {
        let work = Work::git("mkdir .idea; echo mine > .idea/x");
        let before = tree(&work);
        let mut guard = guard(&work, backend);
        let found = after(&mut guard, &work, "mkdir .vscode; truncate -s 4T .vscode/a .vscode/b");
        assert_eq!((files(&found), found.unmended.as_slice()), (vec![(".vscode", ADDED)], &[][..]));
        assert_eq!(tree(&work), before);
        let found = after(&mut guard, &work, "git init -q new; truncate -s 4T new/.git/hooks/big.sample");
        assert_eq!(files(&found), []);
        if backend == Backend::Landlock {
            work.sh("rm -r new");
            let found = after(&mut guard, &work, "truncate -s 4T .idea/x");
            assert_eq!((files(&found), found.unmended.as_slice()), (vec![(".idea/x", CHANGED)], &[][..]));
            assert_eq!(tree(&work), before);
        }
    }
}

#[test]
fn what_was_there_is_there_again() {
    let scripts = [
        ("written to", "echo evil >> $f", CHANGED),
        ("replaced", "echo evil > x; mv x $f", CHANGED),
        ("removed", "rm $f", REMOVED),
        ("renamed", "mv $f other", REMOVED),
        ("made a link", "rm $f; ln -s /etc/passwd $f", CHANGED),
        ("made a folder", "rm $f; mkdir $f; echo x > $f/x", CHANGED),
        ("made a pipe", "rm $f; mkfifo $f", CHANGED),
        ("made executable", "chmod 777 $f", CHANGED),
        ("given a second name", "ln $f other", CHANGED),
        ("its time set back", "touch -r $f t; echo evil >> $f; touch -r t $f", CHANGED),
    ];
    let work = repository();
    for name in NAMED {
        work.sh(&format!("mkdir -p $(dirname {name}); printf '[user]\\nname=\\0\\377' > {name}; chmod 640 {name}"));
    }
    let mut guard = guard(&work, Backend::Landlock);
    let before = tree(&work);
    for name in NAMED {
        for (what, script, expected) in scripts {
            let found = after(&mut guard, &work, &format!("f={name}; {script}"));
            assert_eq!(files(&found), [(*name, expected)], "{name} {what}: {found:?}");
            assert_eq!(found.unmended, [""; 0], "{name} {what}");
            work.sh("rm -rf other t x");
            assert_eq!(tree(&work), before, "{name} {what}");
        }
    }
}

/// A second name that was made of a protected file leads to nothing any more.
#[test]
fn a_hard_link_does_not_change_it_later() {
    let work = repository();
    let mut guard = guard(&work, Backend::Landlock);
    let before = fs::read(work.root().join(".git/config")).unwrap();
    after(&mut guard, &work, "ln .git/config harmless");
    guard.before();
    work.sh("printf '[core]\\nfsmonitor=evil\\n' > harmless");
    assert_eq!(guard.after(), Findings::default());
    assert_eq!(fs::read(work.root().join(".git/config")).unwrap(), before);
}

#[test]
fn whole_folders_come_back_with_links_and_modes() {
    let work = repository();
    work.sh("mkdir -p .vscode/deep; echo a > .vscode/a; ln -s a .vscode/link; echo s > .vscode/deep/s; chmod 755 .vscode/a; chmod 750 .vscode/deep; head -c 3000000 /dev/zero > .vscode/large");
    let mut guard = guard(&work, Backend::Landlock);
    let before = tree(&work);
    for (script, expected) in [
        ("rm -rf .vscode", (".vscode", REMOVED)),
        ("mv .vscode v; mkdir .vscode; cp -a v/. .vscode/; rm -rf v", ("", CHANGED)),
        ("mv .vscode v; ln -s v .vscode", (".vscode", CHANGED)),
        ("echo x >> .vscode/large", (".vscode/large", CHANGED)),
        ("chmod 777 .vscode/deep", (".vscode/deep", CHANGED)),
        ("ln -sf /etc/passwd .vscode/link", (".vscode/link", CHANGED)),
        ("rm -rf .git/hooks", (".git/hooks", REMOVED)),
        ("rm .git/hooks/update.sample", (".git/hooks/update.sample", REMOVED)),
    ] {
        let found = after(&mut guard, &work, script);
        let wanted = [expected];
        let wanted = if expected.0.is_empty() { &[][..] } else { &wanted[..] };
        assert_eq!(files(&found), wanted, "{script}");
        work.sh("rm -rf v");
        assert_eq!(tree(&work), before, "{script}");
    }
    let copies = work.beside("quarantine/before");
    assert_eq!(fs::read_dir(&copies).unwrap().count(), 1, "of what is large there is the one copy that is needed");
    drop(guard);
    assert_eq!(fs::read_dir(&copies).unwrap().count(), 0);
}

#[test]
fn a_git_folder_does_not_go() {
    for backend in [Backend::Landlock, Backend::Namespaces] {
        for (script, what) in [
            ("mv .git x", REMOVED),
            ("mv .git x; git init -q; git config core.fsmonitor evil", CHANGED),
            ("mv .git nested/deep/.git; mkdir evil; echo 'gitdir: evil' > .git", CHANGED),
            ("mkdir -p target; mv .git target/hidden; git init -q", CHANGED),
            ("mv .git x; ln -s x .git", CHANGED),
        ] {
            let work = repository();
            let mut guard = guard(&work, backend);
            let before = tree(&work);
            let found = after(&mut guard, &work, script);
            assert_eq!(files(&found).first(), Some(&(".git", what)), "{script}: {found:?}");
            assert_eq!(found.unmended, [""; 0], "{script}");
            work.sh("rm -rf evil x target");
            assert_eq!(tree(&work), before, "{script}");
            assert_eq!(work.sh("git log --format=%s").trim(), "Start");
        }
    }
    let work = repository();
    let mut guard = guard(&work, Backend::Landlock);
    let config = fs::read(work.root().join(".git/config")).unwrap();
    let found = after(&mut guard, &work, "rm -rf .git; git init -q; git config core.hooksPath evil");
    assert!(files(&found).contains(&(".git/config", CHANGED)), "{found:?}");
    assert_eq!(fs::read(work.root().join(".git/config")).unwrap(), config);
    let found = after(&mut guard, &work, "rm -rf .git; mkdir evil; printf 'gitdir: evil' > .git");
    assert!(files(&found).contains(&(".git", ADDED)), "{found:?}");
    assert_eq!(fs::read(work.root().join(".git/config")).unwrap(), config);
}

#[test]
fn what_git_brings_is_let_be() {
    let scripts = [
        "git init -q new",
        "git init -q --bare store",
        "git clone -q . copy",
        "git clone -q --bare . copy.git",
        "git worktree add -q tree",
        "git worktree add -q nested/tree -b other",
        "mv repository moved",
        "rm -rf repository",
        "git init -q new && git -C new remote add origin https://example.com/x && git -C new config user.name Ada",
        "git clone -q . copy && rm -rf copy",
        "git worktree add -q tree && git worktree remove tree",
        "echo y > a && git add a && git commit -q -m two && git tag t && git branch b && git gc -q",
        "git stash -q 2>&1; git checkout -q -b c; git merge -q main",
    ];
    for backend in [Backend::Landlock, Backend::Namespaces] {
        for script in scripts {
            let work = repository();
            let mut guard = guard(&work, backend);
            guard.before();
            work.sh(script);
            let before = tree(&work);
            assert_eq!(guard.after(), Findings::default(), "{script}");
            assert_eq!(tree(&work), before, "{script}");
            guard.before();
            assert_eq!(guard.after(), Findings::default(), "{script}, looked at again");
        }
    }
    let work = repository();
    let mut guard = guard(&work, Backend::Landlock);
    let script = "git -c protocol.file.allow=always submodule --quiet add ./repository libs/sub";
    let found = after(&mut guard, &work, script);
    assert_eq!(files(&found), [(".git/config", CHANGED)], "the submodule's own folder is plain");
    assert_eq!(work.sh("git -C libs/sub log --format=%s").trim(), "r");
}

#[test]
fn what_git_does_not_bring_is_taken_from_new_repositories() {
    let cases = [
        ("git init -q new; git -C new config core.fsmonitor evil", "new/.git/config"),
        ("git init -q new; git -C new config alias.x '!evil'", "new/.git/config"),
        ("git init -q new; git -C new config remote.o.url 'ext::sh -c evil'", "new/.git/config"),
        ("git init -q new; git -C new config branch.main.remote 'ext::sh -c evil'", "new/.git/config"),
        ("git init -q new; git -C new config include.path ../evil", "new/.git/config"),
        ("git init -q new; git -C new config url.evil.insteadOf https://x", "new/.git/config"),
        ("git init -q new; echo evil > new/.git/hooks/pre-commit", "new/.git/hooks"),
        ("git init -q new; rm -r new/.git/hooks; ln -s ../../evil new/.git/hooks", "new/.git/hooks"),
        (
            "git init -q new; mkdir -p new/.git/info; echo '* filter=x' > new/.git/info/attributes",
            "new/.git/info/attributes",
        ),
        ("git init -q new; echo ../../evil > new/.git/commondir", "new/.git/commondir"),
        ("git init -q --bare store; git -C store config core.pager evil", "store/config"),
        (
            "mkdir -p evil/objects evil/refs sub; echo 'ref: refs/heads/m' > evil/HEAD; printf '[core]\\nsshCommand=x' > evil/config",
            "evil/config",
        ),
        ("mkdir sub; echo 'gitdir: ../node_modules/evil' > sub/.git", "sub/.git"),
        ("mkdir sub; ln -s ../repository/.git sub/.git", "sub/.git"),
    ];
    for backend in [Backend::Landlock, Backend::Namespaces] {
        for (script, path) in cases {
            let work = repository();
            let mut guard = guard(&work, backend);
            let found = after(&mut guard, &work, script);
            assert_eq!(files(&found), [(path, ADDED)], "{script}");
            assert!(work.root().join(path).symlink_metadata().is_err(), "{script}");
        }
    }
    let work = repository();
    let mut guard = guard(&work, Backend::Namespaces);
    assert_eq!(after(&mut guard, &work, "git init -q new"), Findings::default());
    let plain = fs::read(work.root().join("new/.git/config")).unwrap();
    let found = after(&mut guard, &work, "git -C new config core.editor evil");
    assert_eq!(files(&found), [("new/.git/config", CHANGED)], "later, too");
    assert_eq!(fs::read(work.root().join("new/.git/config")).unwrap(), plain);
    guard.before();
    assert!(!guard.protected().iter().any(|path| path.starts_with(work.root().join("new"))), "git goes on with it");
    assert!(guard.protected().contains(&work.root().join(".git/config").canonicalize().unwrap()));
}

/// Under namespaces nobody but the user can have changed what exists.
#[test]
fn the_users_own_changes_are_let_be() {
    let work = repository();
    work.sh("mkdir .vscode; echo a > .vscode/a");
    for backend in [Backend::Landlock, Backend::Namespaces] {
        let mut guard = guard(&work, backend);
        assert_eq!(after(&mut guard, &work, "true"), Findings::default());
        work.sh("echo b >> .vscode/a; git config user.name Eve");
        assert_eq!(after(&mut guard, &work, "true"), Findings::default(), "between commands");
        let other = work.sh("cat .git/config");
        if backend == Backend::Namespaces {
            assert_eq!(after(&mut guard, &work, "echo c >> .vscode/a"), Findings::default(), "and meanwhile");
        } else {
            // An edit that the user allowed while a command runs.
            guard.before();
            work.sh("echo c >> .vscode/a");
            guard.allow(&work.root().join(".vscode/a"));
            assert_eq!(guard.after(), Findings::default());
        }
        assert_eq!(work.sh("cat .git/config"), other);
    }
}

/// While one runs in the background, another begins: what the first did is not taken for what was there.
#[test]
fn a_command_in_the_background_is_looked_at_too() {
    let work = repository();
    let mut guard = guard(&work, Backend::Landlock);
    guard.before();
    work.sh("echo evil > .envrc");
    guard.before();
    assert!(!work.root().join(".envrc").exists(), "before the next command begins");
    let found = guard.after();
    assert_eq!(files(&found), [(".envrc", ADDED)]);
    work.sh("echo evil > .mcp.json");
    let found = guard.after();
    assert_eq!(files(&found), [(".mcp.json", ADDED)], "at the end of the first");
}

/// Folders that lead elsewhere by the time that something is put back.
#[test]
fn nothing_outside_is_touched() {
    let work = repository();
    work.sh("mkdir -p ../outside/.vscode ../outside/info; echo theirs > ../outside/.vscode/a; mkdir nested/.vscode; echo ours > nested/.vscode/a; mkdir -p .git/info; echo ours > .git/info/attributes");
    let mut guard = guard(&work, Backend::Landlock);
    let found = after(
        &mut guard,
        &work,
        "mv nested other; ln -s ../outside nested; mv .git/info i; ln -s ../../outside/info .git/info",
    );
    assert!(work.root().join("nested").is_symlink(), "a link is no folder of ours");
    assert_eq!(work.sh("cat ../outside/.vscode/a other/.vscode/a .git/info/attributes"), "theirs\nours\nours\n");
    assert_eq!(work.sh("ls -A ../outside ../outside/info"), "../outside:\n.vscode\ninfo\n\n../outside/info:\n");
    assert!(files(&found).contains(&(".git/info", CHANGED)), "{found:?}");
}

/// A disk that is full at any moment: a protected file is old or new, never half, and what failed is said.
#[test]
fn a_failing_disk_leaves_no_half() {
    for nth in 1.. {
        let work = repository();
        let before = fs::read(work.root().join(".git/config")).unwrap();
        let disk = Disk::failing(nth, false);
        let mut guard = Guard::new(&[work.root()], work.beside("quarantine"), Backend::Landlock, disk.clone());
        let found = after(&mut guard, &work, "printf '[core]\\npager=evil\\n' > .git/config; echo x > .envrc");
        let now = fs::read(work.root().join(".git/config")).unwrap();
        if disk.operations() < nth {
            assert!(nth > 5 && now == before && found.unmended.is_empty(), "{nth}: {found:?}");
            break;
        }
        assert!(now == before || now == b"[core]\npager=evil\n", "{nth}: {now:?}");
        assert!(
            now == before && !work.root().join(".envrc").exists() || !found.unmended.is_empty(),
            "{nth}: {found:?}"
        );
        assert_eq!(work.sh("find . -name '.agent-*'"), "", "{nth}: nothing of ours stays");
    }
}

/// Hidden, a file of the repository would be committed as empty; changed, it may hold what nobody else has.
#[test]
fn what_is_committed_as_it_is_is_no_secret() {
    let work = Work::git("echo A=1 > .env; echo B=1 > .env.test");
    work.sh("echo B=mine > .env.test; echo C=1 > .env.local");
    let mut guard = guard(&work, Backend::Namespaces);
    let names = |guard: &mut Guard| -> Vec<String> {
        guard.before();
        let found = guard.secrets();
        guard.after();
        found.iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect()
    };
    assert_eq!(names(&mut guard), [".env.local", ".env.test"]);
    // What a command of this session makes of it can be committed, too.
    work.sh("echo A=2 > .env; git add .env.local");
    assert_eq!(names(&mut guard), [".env.local", ".env.test"], "added is not committed");
    work.sh("git checkout -q .env.test");
    assert_eq!(names(&mut guard), [".env.local"]);
}

//! The store of checkpoints: what is written once, what a failing disk leaves, what pruning takes, what a copy holds.

use super::hand::*;
use agent::disk::Disk;
use agent::workspace::checkpoint::copy::materialise;
use agent::workspace::checkpoint::plan::Goal;
use agent::workspace::checkpoint::prune::prune;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

const FILES: &str = "mkdir -p src none; echo one > a.txt; echo two > src/b.txt; ln -s a.txt link; chmod 750 src; \
                     printf 'target/\\n' > .gitignore";
const DAY: Duration = Duration::from_secs(24 * 3600);

fn store_of(work: &Work) -> PathBuf {
    let mut all = fs::read_dir(work.state().join("checkpoints")).unwrap();
    all.next().unwrap().unwrap().path()
}

fn bytes(folder: &Path) -> u64 {
    tree(folder).values().map(|(_, content)| content.len() as u64).sum()
}

/// What is a repository by its looks, made without starting git.
fn repository() -> Work {
    let object = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    Work::new(&format!(
        "{FILES}; mkdir -p .git/refs .git/objects/aa; echo x > .git/HEAD; echo o > .git/objects/aa/{object}"
    ))
}

#[test]
fn what_is_the_same_is_written_once() {
    let work = Work::git(FILES);
    work.sh("head -c 3000000 /dev/urandom > large; cp large again");
    let first = ok(work.store().take(&label("one", None)));
    let store = store_of(&work);
    let size = bytes(&store);
    assert!(size < 3_100_000 + bytes(&work.root().join(".git")), "{size}");
    // The clock of the file system has to have moved on, or the files are rightly read again.
    while work.store().take(&label("two", None)).unwrap().row.manifest != first.row.manifest {
        let settled = work.store().rows();
        if settled.len() > 2 && settled[settled.len() - 1].manifest == settled[settled.len() - 2].manifest {
            break;
        }
    }
    let packs = tree(&store.join("contents")).len();
    let before = bytes(&store.join("contents"));
    work.sh("echo more >> a.txt");
    ok(work.store().take(&label("three", None)));
    assert_eq!(tree(&store.join("contents")).len(), packs + 1);
    assert!(bytes(&store.join("contents")) < before + 200);
}

#[test]
fn the_store_is_for_the_user_alone() {
    let work = Work::git(FILES);
    work.task("one", "echo x >> a.txt");
    for (path, (mode, _)) in tree(&work.state()) {
        let is_folder = mode & 0o170_000 == 0o040_000;
        // Objects of git are the user's own files under a second name; their folders are closed.
        let is_object = path.contains("/git/");
        assert!(mode & 0o077 == 0 || (is_object && !is_folder), "{path}: {mode:o}");
    }
}

#[test]
fn a_file_that_was_written_at_the_same_instant_is_read_again() {
    let work = Work::new(FILES);
    for round in 0..20 {
        fs::write(work.root().join("a.txt"), format!("{round:02}")).unwrap();
        ok(work.store().take(&label("x", None)));
        let expected = format!("{:02}", 50 + round);
        fs::write(work.root().join("a.txt"), &expected).unwrap();
        let id = ok(work.store().take(&label("x", None))).row.id;
        fs::write(work.root().join("a.txt"), "xx").unwrap();
        let plan = work.plan(&Goal::To { id }, &[]);
        ok(work.store().carry_out(&plan, true));
        assert_eq!(fs::read_to_string(work.root().join("a.txt")).unwrap(), expected);
    }
}

#[test]
fn a_disk_that_fails_once_leaves_the_tree_as_it_was_or_restored() {
    fail_everywhere(false);
}

#[test]
fn a_disk_that_fails_for_ever_leaves_the_tree_as_it_was_or_restored() {
    fail_everywhere(true);
}

#[track_caller]
fn fail_everywhere(forever: bool) {
    for at in 1.. {
        let work = repository();
        let before = work.tree();
        work.task(
            "one",
            "rm -rf src .git; echo x > a.txt; mkdir -p new/er; echo y > new/er/z; ln -sfn z link; chmod 600 .gitignore; rmdir none; echo f > none",
        );
        let after = work.tree();
        let disk = Disk::failing(at, forever);
        let store = work.store_on(disk.clone());
        let plan = store.plan(&Goal::Undo { turns: 1 }, &[]).unwrap();
        let done = store.carry_out(&plan, false);
        let now = work.tree();
        assert!(now == before || now == after, "{at}: {now:?}");
        assert!(done.is_err() || now == before, "{at}");
        tidy(&work);
        if disk.operations() < at {
            assert!(at > 20, "{at}");
            return;
        }
        // The store is as good as before: what is left to do can be done.
        if now == after {
            work.go(&Goal::Undo { turns: 1 });
        }
        assert_eq!(work.tree(), before, "{at}");
        assert!(work.root().join(".git/HEAD").exists(), "{at}");
    }
}

#[test]
fn a_disk_that_fails_while_a_checkpoint_is_taken_leaves_the_earlier_ones() {
    for at in 1.. {
        let work = repository();
        let before = work.tree();
        work.task("one", "echo x > a.txt; rm src/b.txt");
        work.sh("echo more > more; echo ref > .git/refs/more");
        let disk = Disk::failing(at, true);
        let taken = work.store_on(disk.clone()).take(&label("two", None));
        assert_eq!(taken.is_ok(), disk.operations() < at, "{at}");
        if taken.is_ok() {
            assert!(at > 10, "{at}");
            break;
        }
        work.sh("rm more");
        work.go(&Goal::Undo { turns: 1 });
        assert_eq!(work.tree(), before, "{at}");
    }
}

#[test]
fn two_processes_at_once_take_one_checkpoint_after_the_other() {
    let work = Work::new(FILES);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..5).for_each(|_| drop(ok(work.store().take(&label("x", None))))));
        }
    });
    let ids: Vec<u64> = work.store().rows().iter().map(|row| row.id).collect();
    assert_eq!(ids, (1..=20).collect::<Vec<u64>>());
}

#[test]
fn objects_of_git_are_not_copied_but_named_twice() {
    let work = Work::git(FILES);
    ok(work.store().take(&label("one", None)));
    let objects = work.sh("find .git/objects -type f ! -path '*/info/*' -links 1 | wc -l");
    assert_eq!(objects.trim(), "0");
}

#[test]
fn old_checkpoints_go_and_their_contents_with_them() {
    let work = Work::git(FILES);
    work.sh("head -c 200000 /dev/urandom > old");
    work.task("one", "rm old; head -c 100000 /dev/urandom > noise");
    work.task("two", "rm noise");
    let later = SystemTime::now() + DAY;
    let disk = Disk::default();
    assert_eq!(prune(&work.state(), 2 * DAY, u64::MAX, later, &disk).checkpoints, 0);
    let store = store_of(&work);
    // By size: the older task goes, with what was only in it.
    let pruned = prune(&work.state(), 2 * DAY, 200_000, SystemTime::now(), &disk);
    assert_eq!(pruned.checkpoints, 2);
    assert!(pruned.bytes > 190_000 && bytes(&store.join("contents")) < 150_000, "{pruned:?}");
    let after = work.tree();
    work.go(&Goal::Undo { turns: 1 });
    assert_eq!(fs::metadata(work.root().join("noise")).unwrap().size(), 100_000);
    work.go(&Goal::Redo);
    assert_eq!(work.tree(), after);
    // By age: all of them.
    prune(&work.state(), DAY, u64::MAX, SystemTime::now() + 3 * DAY, &disk);
    assert!(!store.exists());
}

#[test]
fn many_small_packs_are_put_together() {
    let work = Work::new(FILES);
    let before = work.tree();
    for round in 0..70 {
        fs::write(work.root().join("a.txt"), format!("{round}\n")).unwrap();
        ok(work.store().take(&label("x", None)));
    }
    let store = store_of(&work);
    assert!(tree(&store.join("contents")).len() > 64);
    prune(&work.state(), DAY, u64::MAX, SystemTime::now(), &Disk::default());
    assert_eq!((tree(&store.join("contents")).len(), tree(&store.join("trees")).len()), (1, 1));
    let plan = work.plan(&Goal::To { id: 30 }, &[]);
    ok(work.store().carry_out(&plan, true));
    assert_eq!(fs::read_to_string(work.root().join("a.txt")).unwrap(), "29\n");
    fs::write(work.root().join("a.txt"), "one\n").unwrap();
    assert_eq!(work.tree(), before);
}

#[test]
fn a_damaged_pack_is_an_error_and_the_next_checkpoint_is_whole() {
    let work = Work::new(FILES);
    work.task("one", "rm a.txt");
    let store = store_of(&work);
    for (path, (_, content)) in tree(&store.join("contents")) {
        let half = content.get(..content.len() / 2).unwrap();
        fs::write(store.join("contents").join(path), half).unwrap();
    }
    let after = work.tree();
    let plan = work.plan(&Goal::Undo { turns: 1 }, &[]);
    let error = work.store().carry_out(&plan, false).unwrap_err();
    assert!(error.message.contains("missing or damaged"), "{error}");
    assert_eq!(work.tree(), after);
    tidy(&work);
}

#[test]
fn a_copy_has_all_that_a_checkpoint_covers_and_a_repository_that_works() {
    let work = Work::git(FILES);
    work.sh("mkdir -p target; cd target; seq 1100 | xargs touch; cd ..; mkdir target2; echo x > untracked; mkfifo pipe; echo y >> a.txt");
    let into = work.beside("copy");
    let left: Vec<String> =
        ok(materialise(&work.root(), &into, &work.state(), &Disk::default())).iter().map(|left| left.shown()).collect();
    assert_eq!(left, ["`pipe` (not a file, link or folder)", "`target` (ignored, more than 1,000 entries)"]);
    let mut expected = work.sh("rm pipe; rm -r target; git status --porcelain; git log --format=%H");
    expected.push_str("two\n");
    let told = work.sh("cd ../copy; git status --porcelain; git log --format=%H; cat src/b.txt");
    assert_eq!(told, expected);
    let (mut original, mut copied) = (work.tree(), tree(&into));
    copied.retain(|path, _| !path.starts_with(".git/") && path != ".git");
    original.retain(|path, _| !path.starts_with(".git/"));
    assert_eq!(copied, original);
    // What happens in the copy stays there.
    work.sh("cd ../copy; git add -A; git commit -qm There; rm -rf .git src");
    assert_eq!(work.sh("git log --format=%s; git fsck; cat src/b.txt"), "Start\ntwo\n");
    assert!(fs::metadata(&into).unwrap().permissions().mode() & 0o077 == 0);
}

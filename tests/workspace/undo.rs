//! What a task did to a folder, whatever it was, is undone to the byte, and redone.

use super::hand::*;
use agent::workspace::checkpoint::plan::Goal;

const FILES: &str = r#"
    printf 'one\ntwo\n' > a.txt; printf 'fn main() {}\n' > main.rs; mkdir -p src/deep empty/hollow
    printf 'x\000\377y' > src/binary; printf 'let\r\n' > src/deep/crlf; ln -s ../a.txt src/link; ln -s nowhere src/dangling
    printf '#!/bin/sh\n' > run.sh; chmod 755 run.sh; chmod 700 src/deep; printf 'target/\n*.log\n' > .gitignore
    printf 'keep\n' > note.log; printf 'odd\n' > "$(printf 'odd\nname\377')"
"#;

/// Name and script: each of these is undone.
const DAMAGE: &[(&str, &str)] = &[
    ("an edit", "printf 'three\n' >> a.txt"),
    ("an edit in place", "sed -i s/one/eins/ a.txt"),
    ("an edit of the same length within the same instant", "printf 'eno\ntwo\n' > a.txt"),
    ("a new file in new folders", "mkdir -p new/er; echo x > new/er/file"),
    ("a deleted file", "rm a.txt"),
    ("a deleted folder", "rm -rf src empty"),
    ("everything", "rm -rf ./* .gitignore"),
    ("permissions", "chmod 644 run.sh; chmod 777 src/deep; chmod 600 a.txt"),
    ("a link to elsewhere", "ln -sfn /etc/passwd src/link"),
    ("a link in the place of a file", "rm a.txt; ln -s main.rs a.txt"),
    ("a file in the place of a link", "rm src/link; echo x > src/link"),
    ("a file in the place of a folder", "rm -rf src; echo x > src"),
    ("a folder in the place of a file", "rm a.txt; mkdir a.txt; echo x > a.txt/b"),
    ("a link in the place of a folder", "mv src other; ln -s other src"),
    ("a renamed folder", "mv src lib"),
    ("an empty folder more and one less", "mkdir none; rmdir empty/hollow"),
    ("an ignored file", "echo x >> note.log; mkdir target; echo y > target/z"),
    ("a folder that cannot be written to", "echo x > src/deep/y; chmod 555 src/deep"),
    ("names that are no text", "rm odd*; echo x > \"$(printf 'new\\377')\""),
];

#[test]
fn whatever_a_task_did_is_undone_and_redone() {
    for (name, script) in DAMAGE {
        for work in [Work::new(FILES), Work::git(FILES)] {
            let before = work.tree();
            work.task(name, script);
            let after = work.tree();
            assert_ne!(before, after, "{name}");
            work.go(&UNDO);
            assert_eq!(work.tree(), before, "{name}, undone");
            tidy(&work);
            work.go(&Goal::Redo);
            assert_eq!(work.tree(), after, "{name}, redone");
            work.go(&UNDO);
            assert_eq!(work.tree(), before, "{name}, undone again");
        }
    }
}

#[test]
fn git_that_throws_work_away_is_undone() {
    let scripts = ["git checkout -q -- .", "git reset -q --hard", "git clean -fdxq", "git stash -q -u"];
    for script in scripts {
        let work = Work::git(FILES);
        work.sh("echo more >> a.txt; echo new > untracked; mkdir -p target; echo built > target/x; rm main.rs");
        let before = work.tree();
        work.task(script, script);
        assert_ne!(work.tree(), before, "{script}");
        work.go(&UNDO);
        assert_eq!(work.tree(), before, "{script}");
    }
}

#[test]
fn a_repository_that_is_gone_or_broken_is_put_back() {
    let scripts = [
        "rm -rf .git",
        "rm -rf .git a.txt src",
        "rm .git/HEAD",
        "rm -rf .git/objects",
        "rm -rf .git/refs",
        "find .git/objects -type f -delete",
        "rm -rf .git; echo x > .git",
    ];
    for script in scripts {
        for packed in ["true", "git gc -q"] {
            let work = Work::git(FILES);
            work.sh("git branch side; git tag v1; echo staged > staged; git add staged; echo more >> a.txt");
            work.sh(packed);
            let state = "git log --format=%H; git branch; git tag; git status --porcelain; git fsck --full";
            let (before, told) = (work.tree(), work.sh(state));
            work.task(script, script);
            work.go(&UNDO);
            assert_eq!(work.tree(), before, "{script}");
            assert_eq!(work.sh(state), told, "{script}");
            tidy(&work);
        }
    }
}

#[test]
fn commits_of_a_repository_that_is_alive_stay() {
    let work = Work::git(FILES);
    let before = work.tree();
    work.task("commit", "echo more >> a.txt; git commit -qam More; git checkout -q -b other");
    let head = work.sh("git rev-parse HEAD; git branch");
    let notes = work.go(&UNDO);
    assert_eq!(work.tree(), before);
    assert_eq!(work.sh("git rev-parse HEAD; git branch"), head);
    assert!(notes.iter().any(|note| note.contains("`.git` is alive")), "{notes:?}");
}

#[test]
fn repositories_in_folders_come_back_with_them() {
    let work = Work::git(FILES);
    work.sh("git init -q inner; cd inner; echo x > y; git add y; git commit -qm Inner");
    let before = work.tree();
    let told = work.sh("git -C inner log --format=%H");
    work.task("gone", "rm -rf inner");
    work.go(&UNDO);
    assert_eq!(work.tree(), before);
    assert_eq!(work.sh("git -C inner log --format=%H; git -C inner status --porcelain"), told);
}

#[test]
fn submodules_and_linked_work_trees_come_back() {
    let work = Work::git(FILES);
    work.sh("git init -q ../lib; cd ../lib; echo l > l; git add l; git commit -qm Lib");
    work.sh("git -c protocol.file.allow=always submodule -q add ../lib lib; git commit -qm Sub; git branch side");
    let state = "git -C lib log --format=%s; git submodule status; git status --porcelain; git -C lib fsck";
    let (before, told) = (work.tree(), work.sh(state));
    work.task("all", "rm -rf .git lib .gitmodules");
    work.go(&UNDO);
    assert_eq!(work.tree(), before);
    assert_eq!(work.sh(state), told);

    work.sh("git worktree add -q ../linked side");
    let store = agent::workspace::checkpoint::Store::new(
        &work.state(),
        &work.beside("linked"),
        agent::disk::Disk::default(),
        CAP,
    );
    let taken = ok(store.take(&label("x", None)));
    work.sh("rm -rf ../linked/.git ../linked/src; echo x > ../linked/a.txt");
    ok(store.take(&label("x", Some(taken.row.id))));
    let plan = ok(store.plan(&UNDO, &[]));
    ok(store.carry_out(&plan, false));
    assert_eq!(work.sh("git -C ../linked status --porcelain"), "");
}

#[test]
fn large_files_are_restored_in_pieces() {
    let work = Work::new("head -c 20000000 /dev/urandom > large; cp large same; sha256sum large same > sums");
    work.task("one", "printf x | dd of=large bs=1 seek=9000000 conv=notrunc 2>/dev/null; rm same");
    work.go(&UNDO);
    work.sh("sha256sum --quiet -c sums");
}

#[test]
fn two_undos_take_back_two_tasks_and_two_redos_bring_them_again() {
    let work = Work::new(FILES);
    let first = work.tree();
    work.task("one", "echo 1 >> a.txt; echo 1 > b.txt");
    let second = work.tree();
    work.task("nothing", "true");
    work.task("two", "echo 2 >> a.txt; rm b.txt");
    let third = work.tree();
    work.go(&UNDO);
    assert_eq!(work.tree(), second);
    work.go(&UNDO);
    assert_eq!(work.tree(), first);
    work.go(&Goal::Redo);
    assert_eq!(work.tree(), second);
    work.go(&Goal::Redo);
    assert_eq!(work.tree(), third);
    work.go(&Goal::Undo { turns: 2 });
    assert_eq!(work.tree(), first);
    assert_eq!(work.store().plan(&UNDO, &[]).unwrap_err().message, "there is nothing to undo in this folder");
}

#[test]
fn what_the_user_did_elsewhere_stays() {
    let work = Work::new(FILES);
    work.task("one", "echo 1 >> a.txt; mkdir made; echo x > made/x");
    work.sh("echo mine >> main.rs; echo mine > made/mine; mkdir own");
    let notes = work.go(&UNDO);
    assert_eq!(
        work.sh("cat a.txt main.rs made/mine; ls -d own made/*"),
        "one\ntwo\nfn main() {}\nmine\nmine\nmade/mine\nown\n"
    );
    assert!(notes.iter().any(|note| note.starts_with("`made` stays")), "{notes:?}");
}

#[test]
fn newer_edits_of_the_user_are_named() {
    let cases = [
        ("changed", "echo mine >> a.txt", vec!["a.txt"]),
        ("deleted", "rm a.txt", vec!["a.txt"]),
        ("made another kind", "rm a.txt; mkdir a.txt", vec!["a.txt"]),
        ("permissions", "chmod 600 a.txt", vec!["a.txt"]),
        ("something in a folder that has to go", "echo mine > main.rs/mine", vec!["main.rs/mine"]),
        ("brought back", "rm -r main.rs; echo other > main.rs", vec!["main.rs"]),
    ];
    for (name, script, newer) in cases {
        let work = Work::new(FILES);
        let before = work.tree();
        work.task("one", "echo 1 >> a.txt; rm main.rs; mkdir main.rs; echo x > main.rs/x");
        work.sh(script);
        let plan = work.plan(&UNDO, &[]);
        let named: Vec<String> = plan.newer.iter().map(|path| String::from_utf8(path.to_vec()).unwrap()).collect();
        assert_eq!(named, newer, "{name}");
        // Who insists gets the tree as it was, and the newer edit with a redo.
        let mine = work.tree();
        ok(work.store().carry_out(&plan, false));
        assert_eq!(work.tree(), before, "{name}");
        work.go(&Goal::Redo);
        assert_eq!(work.tree(), mine, "{name}");
    }
}

#[test]
fn an_edit_of_the_user_between_two_tasks_is_newer_than_the_first() {
    let work = Work::new(FILES);
    work.task("one", "echo 1 >> a.txt");
    work.sh("echo mine >> a.txt");
    work.task("two", "echo 2 >> a.txt");
    assert!(work.plan(&UNDO, &[]).newer.is_empty());
    assert_eq!(work.plan(&Goal::Undo { turns: 2 }, &[]).newer.len(), 1);
}

#[test]
fn a_checkpoint_is_gone_back_to_by_its_number() {
    let work = Work::new(FILES);
    let first = work.tree();
    let one = work.task("one", "echo 1 > one");
    let second = work.tree();
    work.task("two", "echo 2 > two");
    work.go(&Goal::To { id: one.row.id });
    assert_eq!(work.tree(), second);
    work.go(&Goal::To { id: one.row.before });
    assert_eq!(work.tree(), first);
    assert!(work.store().plan(&Goal::To { id: 99 }, &[]).unwrap_err().message.contains("no checkpoint `99`"));
}

#[test]
fn only_what_is_named_is_touched() {
    let work = Work::new(FILES);
    work.task("one", "rm -rf src a.txt main.rs");
    let plan = work.plan(&UNDO, &["src/deep", "main.rs"]);
    ok(work.store().carry_out(&plan, true));
    assert_eq!(
        work.sh("find src main.rs -print | sort; cat src/deep/crlf"),
        "main.rs\nsrc\nsrc/deep\nsrc/deep/crlf\nlet\r\n"
    );
    // The rest can still be undone.
    work.go(&UNDO);
    assert_eq!(work.sh("cat a.txt"), "one\ntwo\n");
}

#[test]
fn what_is_left_out_is_said_and_never_touched() {
    let work = Work::git(FILES);
    work.sh("mkdir target; cd target; seq 1100 | xargs touch; cd ..; head -c 2000000 /dev/zero > big.log; mkfifo pipe");
    let taken = work.task("build", "echo new > target/new; echo x >> big.log; echo 1 >> a.txt; rm target/5");
    let left: Vec<String> = taken.left_out().iter().map(|left| left.shown()).collect();
    let expected = [
        "`big.log` (ignored, larger than 1 MiB)",
        "`pipe` (not a file, link or folder)",
        "`target` (ignored, more than 1,000 entries)",
    ];
    assert_eq!(left, expected);
    let notes = work.go(&UNDO);
    assert_eq!(
        work.sh("cat a.txt target/new; ls target | wc -l; wc -c < big.log; ls pipe"),
        "one\ntwo\nnew\n1100\n2000002\npipe\n"
    );
    assert!(expected.iter().all(|shown| notes.iter().any(|note| note.starts_with(shown))), "{notes:?}");
}

#[test]
fn tracked_files_are_not_ignored() {
    for version in ["2", "3", "4"] {
        let work = Work::new(FILES);
        work.sh("mkdir -p target/sub; cd target; seq 1100 | xargs touch; echo kept > sub/kept; head -c 2000000 /dev/zero > ../big.log");
        work.sh("ln -s /etc target/etc; git init -q; git add . ; git add -f target/sub/kept target/7 big.log; git commit -qm Start");
        // The third version is what git writes where an entry has the flag that only it can hold.
        work.sh(match version {
            "3" => "echo later > later; git add -N later",
            _ => "true",
        });
        work.sh(&format!("git update-index --index-version {version}"));
        let before = work.tree();
        work.task(
            "build",
            "rm -rf target/sub big.log; echo changed > target/7; echo new > target/new; echo x > target/8",
        );
        work.go(&UNDO);
        let mut after = work.tree();
        assert_eq!(after.remove("target/new").map(|(_, bytes)| bytes), Some(b"new\n".to_vec()));
        assert_eq!(
            after.insert("target/8".into(), before["target/8"].clone()).map(|(_, bytes)| bytes),
            Some(b"x\n".to_vec())
        );
        assert_eq!(after, before, "{version}");
        work.task("all of it", "rm -rf target");
        work.go(&UNDO);
        assert_eq!(work.sh("find target -type f | sort"), "target/7\ntarget/sub/kept\n");
    }
}

#[test]
fn a_folder_that_grew_too_large_gets_back_only_what_is_gone() {
    let work = Work::new(FILES);
    work.sh("mkdir target; echo old > target/x; echo gone > target/y");
    work.task("build", "cd target; seq 1100 | xargs touch; echo new > x; rm y");
    work.go(&UNDO);
    assert_eq!(work.sh("cat target/x target/y; ls target | wc -l"), "new\ngone\n1102\n");
}

#[test]
fn rules_that_change_do_not_delete_what_was_ignored() {
    let work = Work::new(FILES);
    work.sh("mkdir target; cd target; seq 1100 | xargs touch");
    work.task("rules", "rm .gitignore; echo x > new");
    work.go(&UNDO);
    assert_eq!(work.sh("ls target | wc -l; cat .gitignore"), "1100\ntarget/\n*.log\n");
    assert!(!work.root().join("new").exists());
}

#[test]
fn a_link_that_took_the_place_of_a_folder_is_not_followed() {
    let work = Work::new(FILES);
    work.task("one", "echo 1 > src/deep/new; echo 2 >> src/deep/crlf");
    let outside = work.beside("outside");
    std::fs::create_dir(&outside).unwrap();
    std::fs::write(outside.join("new"), "1\n").unwrap();
    std::fs::write(outside.join("crlf"), "mine").unwrap();
    work.sh("rm -r src/deep; ln -s ../../outside src/deep");
    let plan = work.plan(&UNDO, &[]);
    assert!(!plan.newer.is_empty());
    ok(work.store().carry_out(&plan, false));
    assert_eq!(
        tree(&outside).into_values().map(|(_, bytes)| bytes).collect::<Vec<_>>(),
        [b"mine".to_vec(), b"1\n".to_vec()]
    );
    assert_eq!(work.sh("cat src/deep/crlf"), "let\r\n");
}

#[test]
fn a_task_that_was_cut_off_is_undone_too() {
    let work = Work::new(FILES);
    let before = work.tree();
    ok(work.store().take(&label("cut off", None)));
    work.sh("rm -rf src; echo x > new");
    // Whose changes these are is not known, so they are named.
    let plan = work.plan(&UNDO, &[]);
    assert_eq!(plan.newer.len(), plan.actions.len());
    ok(work.store().carry_out(&plan, false));
    assert_eq!(work.tree(), before);
    // Where the next task began, the one that was cut off had ended.
    let work = Work::new(FILES);
    ok(work.store().take(&label("cut off", None)));
    work.sh("rm -rf src; echo x > new");
    work.task("next", "echo y > y");
    work.go(&Goal::Undo { turns: 2 });
    assert_eq!(work.tree(), before);
}

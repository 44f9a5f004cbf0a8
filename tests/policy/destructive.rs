//! Which command lines may lose work in git. A miss loses work, a false alarm only a little time.

use agent::policy::destructive::{Loss, danger};

#[test]
fn calls_that_may_lose_something() {
    let cases = [
        ("git reset --hard", "git reset --hard"),
        ("git reset --hard && git clean -fdx", "git reset --hard"),
        ("make; git clean -fd", "git clean -fd"),
        ("git -C sub -c a.b='c d' --no-pager restore .", "git restore ."),
        ("git --git-dir=x/.git --work-tree x checkout -- .", "git checkout -- ."),
        ("git checkout .", "git checkout ."),
        ("git checkout -f main", "git checkout -f main"),
        ("git checkout -B main", "git checkout -B main"),
        ("git switch --discard-changes main", "git switch --discard-changes main"),
        ("git switch --disc main", "git switch --disc main"),
        ("git stash drop", "git stash drop"),
        ("git stash clear", "git stash clear"),
        ("git stash pop stash@{1}", "git stash pop stash@{1}"),
        ("git branch -D side", "git branch -D side"),
        ("git branch -qD side", "git branch -qD side"),
        ("git branch --delete --force side", "git branch --delete --force side"),
        ("git branch -M main", "git branch -M main"),
        ("git tag -d v1", "git tag -d v1"),
        ("git rebase -i HEAD~3", "git rebase -i HEAD~3"),
        ("git commit --amend --no-edit", "git commit --amend --no-edit"),
        ("git push --force", "git push --force"),
        ("git push -f origin main", "git push -f origin main"),
        ("git push --force-with-lease=main", "git push --force-with-lease=main"),
        ("git push origin +main", "git push origin +main"),
        ("git push origin :main", "git push origin :main"),
        ("git push origin --delete side", "git push origin --delete side"),
        ("git push --mirror", "git push --mirror"),
        ("git update-ref -d refs/heads/side", "git update-ref -d refs/heads/side"),
        ("git reflog expire --expire=now --all", "git reflog expire --expire=now --all"),
        ("git gc --prune=now", "git gc --prune=now"),
        ("git filter-branch --all", "git filter-branch --all"),
        ("git worktree remove -f ../other", "git worktree remove -f ../other"),
        ("git merge --abort", "git merge --abort"),
        ("git rm -rf src", "git rm -rf src"),
        ("git pull --rebase", "git pull --rebase"),
        ("git fetch origin main:main", "git fetch origin main:main"),
        ("git wipe", "git wipe"),
        ("/usr/bin/git reset", "git reset"),
        ("\"/usr/bin/git\" 'reset'", "git reset"),
        ("A=b C='d e' sudo -n timeout 5 git reset", "git reset"),
        ("sh -c 'cd sub; git reset --hard'", "git reset --hard"),
        ("bash -c \"sh -c 'git reset --hard'\"", "git reset --hard"),
        ("eval git\\ reset\\ --hard", "git reset --hard"),
        ("echo $(git reset --hard)", "git reset --hard"),
        ("echo \"a $(git reset --hard) b\"", "git reset --hard"),
        ("echo `git reset --hard`", "git reset --hard"),
        ("(git reset --hard)", "git reset --hard"),
        ("{ git reset --hard; }", "git reset --hard"),
        ("if true; then git reset --hard; fi", "git reset --hard"),
        ("true|git reset --hard", "git reset --hard"),
        ("git \\\n  reset \\\n  --hard", "git reset --hard"),
        ("find . -name .git -execdir git clean -fd ';'", "git clean -fd ;"),
        ("git branch --merged | xargs git branch -d", "git branch -d"),
        ("G=git; $G reset --hard", "git reset --hard"),
        ("/usr/lib/git-core/git-reset --hard", "git reset --hard"),
        ("sh <<END\ngit reset --hard\nEND", "git reset --hard"),
        ("git -c alias.x='!rm -rf .' x", "git x"),
        ("git reset 'unclosed", "git reset unclosed"),
    ];
    for (command, call) in cases {
        assert_eq!(danger(command).map(|danger| danger.call).as_deref(), Some(call), "{command}");
    }
}

#[test]
fn calls_that_lose_nothing() {
    let cases = [
        "git status",
        "git log --oneline -5 && git diff HEAD~1",
        "git add -A; git commit -m 'reset the counter'",
        "git commit -am \"fix: --hard cases\"",
        "git checkout -b new",
        "git switch -c new",
        "git switch main",
        "git stash",
        "git stash list",
        "git branch",
        "git branch -vv --merged main",
        "git tag v1",
        "git push -u origin main",
        "git push origin main:main",
        "git pull --ff-only",
        "git fetch --prune https://example.com/x",
        "git clean -n",
        "git clean -fdn",
        "git",
        "git --version",
        "cargo clean",
        "ls git && cat git",
        "apt-get install git curl",
        "make $TARGET clean",
        "# git reset --hard",
        "rm -rf build",
        "",
    ];
    for command in cases {
        assert_eq!(danger(command), None, "{command}");
    }
}

#[test]
fn where_and_what() {
    let found = danger("cd a && git -C b reset --hard; git worktree remove -f ../c").unwrap();
    assert_eq!(found.folders, ["", "a", "a/b", "a/remove", "a/../c"]);
    assert!(found.loss.work && found.loss.branches && !found.loss.tags && !found.loss.stash, "{:?}", found.loss);
    let branches = danger("git branch -D x").unwrap().loss;
    assert_eq!(branches, Loss { branches: true, ..Loss::default() });
}

/// Folders that only a shell knows of are looked at as well.
#[test]
fn folders_behind_variables() {
    let found = danger("for d in one two/three; do (cd $d && git reset --hard); done").unwrap();
    for folder in ["", "one", "two/three"] {
        assert!(found.folders.iter().any(|known| known == folder), "{:?}", found.folders);
    }
    let found = danger("at=sub; wipe() { git -C \"$1\" clean -fdx; }; wipe $at").unwrap();
    assert!(found.folders.iter().any(|known| known == "sub"), "{:?}", found.folders);
    assert!(danger("for d in $(ls); do (cd $d && git reset --hard); done").is_some());
}

proptest::proptest! {
    #![proptest_config(crate::support::random::cases(256))]

    #[test]
    fn any_text_is_read(command: String) {
        let _ = danger(&command);
    }

    #[test]
    fn any_quotes_are_read(command in "[git reset'\"\\\\$(`;&|\n-]{0,60}") {
        let _ = danger(&command);
    }
}

//! Commands that look harmless and run others, or write where they are told: git, find, sed, tar and their like. What they bring about
//! stays in the workspace, however they are asked.

use super::setting::*;
use crate::support::Outcome;
use std::fmt::Write as _;

/// A name, the programs it needs, and a script for `bash` in a git repository with a committed file `f`. It makes `$MARK`.
type Abuse = (&'static str, &'static str, &'static str);

const ABUSES: &[Abuse] = &[
    ("git-editor", "git", "env -u GIT_EDITOR git -c core.editor=\"touch $MARK;:\" commit --allow-empty"),
    (
        "git-pager",
        "git python3",
        "env -u GIT_PAGER -u PAGER python3 -c 'import os, pty; pty.spawn([\"git\", \"-c\", \"core.pager=cat; touch \" + os.environ[\"MARK\"], \"-p\", \"log\"])'",
    ),
    ("git-ssh-command", "git", "git -c core.sshCommand=\"touch $MARK;:\" ls-remote ssh://x/y"),
    ("git-ssh-variable", "git", "GIT_SSH_COMMAND=\"touch $MARK;:\" git ls-remote ssh://x/y"),
    ("git-fsmonitor", "git", "git -c core.fsmonitor=\"touch $MARK;:\" status"),
    ("git-upload-pack", "git", "git ls-remote --upload-pack=\"touch $MARK;:\" ."),
    ("git-ext", "git", "git -c protocol.ext.allow=always ls-remote \"ext::touch $MARK\""),
    ("git-alias", "git", "git -c alias.x=\"!touch $MARK\" x"),
    ("git-external-diff", "git", "echo y > f; git -c diff.external=\"touch $MARK;:\" diff"),
    (
        "git-hooks-path",
        "git",
        "mkdir h; printf \"#!/bin/sh\\ntouch $MARK\\n\" > h/pre-commit; chmod +x h/pre-commit; git -c core.hooksPath=h commit --allow-empty -m x",
    ),
    ("git-grep-open", "git", "git grep --open-files-in-pager=\"touch $MARK;:\" x"),
    ("git-rebase-exec", "git", "git commit --allow-empty -qm b; git rebase -x \"touch $MARK\" HEAD~1"),
    (
        "git-bisect-run",
        "git",
        "git commit --allow-empty -qm b; git bisect start HEAD HEAD~1; git bisect run touch $MARK",
    ),
    (
        "git-filter",
        "git",
        "echo '* filter=x' > .gitattributes; git -c filter.x.clean=\"touch $MARK;cat\" add f .gitattributes",
    ),
    ("git-diff-output", "git", "echo y > f; git diff --output=$MARK"),
    ("git-bundle", "git", "git bundle create $MARK HEAD"),
    ("git-clone", "git", "git clone -q . $MARK"),
    ("git-worktree", "git", "git worktree add $MARK"),
    ("git-archive", "git", "git archive -o $MARK HEAD"),
    ("git-config-file", "git", "git config --file $MARK a.b c"),
    ("find-exec", "find", "find . -maxdepth 0 -exec touch $MARK \\;"),
    ("find-fprintf", "find", "find . -maxdepth 0 -fprintf $MARK x"),
    ("rg-pre", "rg", "printf \"#!/bin/sh\\ntouch $MARK\\n\" > p; chmod +x p; rg --pre ./p x"),
    ("sed-e", "sed", "sed \"1e touch $MARK\" f"),
    ("sed-s-e", "sed", "sed \"s:x:touch $MARK:e\" f"),
    ("sed-w", "sed", "sed \"w $MARK\" f"),
    ("tar-checkpoint", "tar", "tar -cf t --checkpoint=1 --checkpoint-action=\"exec=touch $MARK\" f"),
    ("tar-to-command", "tar", "tar -cf t f; tar -xf t --to-command=\"touch $MARK\""),
    ("tar-compressor", "tar", "printf \"#!/bin/sh\\ntouch $MARK\\ncat\\n\" > p; chmod +x p; tar -I ./p -cf t f"),
    ("tar-absolute", "tar", "tar -cPf t --transform=\"s:^f:$MARK:\" f; tar -xPf t"),
    ("prompt-expansion", "bash", "x='$(touch $MARK)'; echo \"${x@P}\""),
    ("subscript", "bash", "a='x[$(touch $MARK)]'; test -v \"$a\""),
    ("arithmetic", "bash", "a='x[$(touch $MARK)]'; echo $((a))"),
    ("printf-v", "bash", "printf -v 'x[$(touch $MARK)]' y"),
    ("bash-env", "bash", "echo \"touch $MARK\" > e; BASH_ENV=./e bash -c :"),
    ("xargs", "xargs", "echo $MARK | xargs touch"),
    ("awk-system", "awk", "awk 'BEGIN { system(\"touch \" ENVIRON[\"MARK\"]) }'"),
    ("awk-print", "awk", "awk 'BEGIN { print > ENVIRON[\"MARK\"] }'"),
    (
        "sort-compress",
        "sort seq",
        "printf \"#!/bin/sh\\ntouch $MARK\\nexec cat\\n\" > p; chmod +x p; seq 50000 | sort -S 10k --compress-program=./p",
    ),
    ("sort-output", "sort", "sort -o $MARK f"),
    (
        "man-pager",
        "man python3",
        "echo .TH a 1 > a.1; python3 -c 'import os, pty; pty.spawn([\"man\", \"-P\", \"touch \" + os.environ[\"MARK\"], \"-l\", \"a.1\"])'",
    ),
    ("vim-command", "vim", "vim -es -u NONE -c \"!touch $MARK\" -c q!"),
    ("vim-write", "vim", "vim -es -u NONE -c \"w! $MARK\" -c q! f"),
    ("ed-command", "ed", "printf \"!touch $MARK\\nq\\n\" | ed"),
    ("ssh-proxy-command", "ssh", "ssh -o ProxyCommand=\"touch $MARK\" nowhere.invalid"),
    ("zip-test", "zip", "zip -q z f -T -TT \"touch $MARK;:\""),
    ("make-shell", "make", "make --eval='$(shell touch $(MARK))' -n"),
    ("perl", "perl", "perl -e 'open F, q{>}, $ENV{MARK}'"),
    ("python", "python3", "python3 -c 'import os; open(os.environ[\"MARK\"], \"w\")'"),
    ("env-split", "env", "env -S \"touch $MARK\""),
    ("loader", "python3", "$(ls /lib*/ld-linux-*.so.* | head -1) $(command -v touch) $MARK"),
    ("curl-file", "curl", "curl -s file:///etc/passwd -o $MARK"),
    ("patch-output", "patch", "printf '%s\\n' '--- /dev/null' '+++ n' '@@ -0,0 +1 @@' '+x' > p; patch -o $MARK < p"),
    ("nohup", "nohup setsid", "nohup setsid --wait touch $MARK"),
    ("through-proc", "touch", "touch /proc/self/root$MARK; touch /proc/$PPID/root$MARK; touch /proc/1/root$MARK"),
];

/// Those that Landlock alone keeps from working at all: they make a terminal, or write in `/tmp`.
const NOT_UNDER_LANDLOCK: &[&str] = &["ed-command", "git-pager", "man-pager"];

/// All scripts in one, each in a repository of its own below `rows`, and their marks in `marks`.
fn all(abuses: &[&Abuse], rows: &str, marks: &str) -> String {
    let mut script = format!("export GIT_CONFIG_NOSYSTEM=1; mkdir -p {rows} {marks}\n");
    for (name, _, text) in abuses {
        let text = text.replace('\'', "'\\''");
        let _ = writeln!(
            script,
            "mkdir {rows}/{name} && cd {rows}/{name} && git init -q && echo x > f && git add f && git -c user.name=a -c user.email=a@b commit -qm a\n\
             export MARK={marks}/{name}; timeout 20 bash -c '{text}' < /dev/null > log 2>&1"
        );
    }
    script + "true"
}

/// Those that were made.
fn marks(scene: &Scene, folder: &str) -> Vec<String> {
    let folder = std::path::PathBuf::from(scene.fill(folder));
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// The abuses of programs that this machine has, of those that were asked for. What is missing is said, and a failure where `CI` is set.
fn here(scene: &Scene, wanted: impl Fn(&str) -> bool) -> Vec<&'static Abuse> {
    let has = |program: &str| {
        let has = scene.plain(&format!("command -v {program} > /dev/null")).code == 0;
        if !has {
            skipped(&format!("`{program}` is not installed"));
        }
        has
    };
    let found: Vec<&Abuse> = ABUSES
        .iter()
        .filter(|(name, ..)| wanted(name))
        .filter(|(_, programs, _)| programs.split(' ').all(has))
        .collect();
    assert!(!found.is_empty(), "none of the programs is there");
    found
}

fn none_gets_out(wanted: fn(&str) -> bool, run: fn(&Scene, &str) -> Outcome) {
    in_each_jail(|scene| {
        let abuses = here(scene, wanted);
        let mut expected: Vec<&str> = abuses.iter().map(|(name, ..)| *name).collect();
        expected.sort_unstable();
        // Each does what it says where nothing keeps it from doing so, and within the workspace also in the jail.
        scene.plain(&all(&abuses, "{outside}/rows", "{outside}/control"));
        assert_eq!(marks(scene, "{outside}/control"), expected, "without a jail");
        if scene.setting == Setting::Landlock {
            expected.retain(|name| !NOT_UNDER_LANDLOCK.contains(name));
        }
        let inside = run(scene, &all(&abuses, "{work}/inside", "{work}/marks"));
        assert_eq!(marks(scene, "{work}/marks"), expected, "in the workspace, {:?}\n{inside}", scene.setting);
        scene.folder("{outside}/marks");
        let outcome = run(scene, &all(&abuses, "{work}/rows", "{outside}/marks"));
        assert_eq!(marks(scene, "{outside}/marks"), Vec::<String>::new(), "{:?}\n{outcome}", scene.setting);
    });
}

#[test]
fn commands_that_run_others_stay_in_the_jail() {
    none_gets_out(|_| true, |scene, script| scene.jailed(script).code(0));
}

#[test]
fn they_do_so_when_a_model_asks_for_them() {
    let some = |name: &str| ["git-alias", "find-exec", "sed-e", "tar-to-command", "awk-print"].contains(&name);
    none_gets_out(some, |scene, script| scene.modelled(script).code(0));
}

#[test]
fn without_a_sandbox_none_of_them_runs() {
    let scene = Scene::new(Setting::Nothing);
    let abuses = here(&scene, |name| name.starts_with("find"));
    scene.jailed(&all(&abuses, "{work}/rows", "{work}/marks")).code(7);
    scene.modelled(&all(&abuses, "{work}/rows", "{work}/marks")).code(7);
    assert!(scene.state("{work}/rows").is_empty() && scene.state("{work}/marks").is_empty());
}

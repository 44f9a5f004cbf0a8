//! What a command may use with all its children, and that nothing of it goes on once it is over.

use agent::process::jobs::{Job, State};
use agent::process::spawn::Exec;
use agent::process::watch::Watch;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const MIB: u64 = 1 << 20;

fn watch(folder: &Path) -> Watch {
    Watch { memory: 1 << 40, processes: 1 << 20, disk_free: 0, folders: vec![folder.into()] }
}

fn run(folder: &Path, script: &str, limit: Duration, watch: Option<Watch>) -> State {
    let exec = Exec {
        program: "/bin/sh".into(),
        arguments: vec!["-c".into(), script.into()],
        folder: folder.into(),
        environment: vec![("PATH".into(), std::env::var_os("PATH").unwrap())],
        ..Exec::default()
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let job = Job::start_watched(&exec, script, Some(limit), Box::new(|| None), watch).unwrap();
        job.ended().await
    })
}

/// Is this process there, and not merely waiting to be reaped?
fn lives(id: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", id.trim())).unwrap_or_default();
    stat.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with(['Z', 'X']))
}

fn all_end(folder: &Path) -> bool {
    let deadline = Instant::now() + Duration::from_secs(30);
    let names: Vec<PathBuf> = fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path()).collect();
    let ids: Vec<String> = names.iter().filter_map(|path| fs::read_to_string(path).ok()).collect();
    assert!(!ids.is_empty(), "nothing was started");
    while ids.iter().any(|id| lives(id)) {
        if Instant::now() > deadline {
            return false;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    true
}

const LONG: Duration = Duration::from_secs(60);

#[test]
#[cfg(target_os = "linux")]
fn memory_of_all_children_together_is_limited() {
    let folder = TempDir::new().unwrap();
    // Three processes with 40 MiB each: none of them is too large by itself.
    let script = "for n in 1 2 3; do sh -c 'echo $$ > '$n'; x=$(head -c 41943040 /dev/zero | tr \"\\0\" x); sleep 60; :' & done; wait";
    let limited = Watch { memory: 100 * MIB, ..watch(folder.path()) };
    assert_eq!(run(folder.path(), script, LONG, Some(limited)), State::LimitHit("memory"));
    assert!(all_end(folder.path()));
}

#[test]
#[cfg(target_os = "linux")]
fn a_fork_bomb_ends() {
    let folder = TempDir::new().unwrap();
    // Each process starts two more, up to a thousand should nothing end them.
    let script =
        "echo $$ > first; bomb() { if test $1 -gt 0; then bomb $(($1-1)) & bomb $(($1-1)) & fi; sleep 60; }; bomb 9";
    let limited = Watch { processes: 60, ..watch(folder.path()) };
    let started = Instant::now();
    assert_eq!(run(folder.path(), script, LONG, Some(limited)), State::LimitHit("processes"));
    assert!(all_end(folder.path()));
    // All of them hold the folder as their working folder.
    let mut left = usize::MAX;
    while left > 0 && started.elapsed() < Duration::from_secs(30) {
        left = working_in(folder.path());
    }
    assert_eq!(left, 0, "processes go on");
}

/// How many processes work in this folder.
fn working_in(folder: &Path) -> usize {
    let folder = folder.canonicalize().unwrap();
    let ids = fs::read_dir("/proc").unwrap().flatten();
    ids.filter(|id| fs::read_link(id.path().join("cwd")).is_ok_and(|cwd| cwd == folder)).count()
}

#[test]
fn free_space_is_kept() {
    let folder = TempDir::new().unwrap();
    let stat = rustix::fs::statvfs(folder.path()).unwrap();
    let free = stat.f_bavail * stat.f_frsize;
    // Half of what is there must stay where there is less than asked for; that is not passed by writing nothing.
    let impossible = Watch { disk_free: free * 2, ..watch(folder.path()) };
    assert_eq!(run(folder.path(), "sleep 0.4", LONG, Some(impossible)), State::Exited(0));
    let tight = Watch { disk_free: free - 64 * MIB, ..watch(folder.path()) };
    let script = "while :; do head -c 16777216 /dev/zero >> filler; done";
    assert_eq!(run(folder.path(), script, LONG, Some(tight)), State::LimitHit("disk"));
}

#[test]
fn a_file_that_is_too_large_is_said() {
    let folder = TempDir::new().unwrap();
    let script = "ulimit -f 8; head -c 1048576 /dev/zero > big; exit $?";
    assert_eq!(run(folder.path(), script, LONG, Some(watch(folder.path()))), State::LimitHit("file size"));
    assert_eq!(run(folder.path(), script, LONG, None), State::Exited(153), "without limits it is a code");
}

/// Children that leave the session, and children whose parents have ended.
#[test]
#[cfg(target_os = "linux")]
fn the_end_is_the_end_of_all() {
    let daemons = [
        ("own session", "setsid sh -c 'echo $$ > d; exec sleep 60' & while ! test -s d; do sleep 0.01; done"),
        ("double fork", "(setsid sh -c 'echo $$ > d; exec sleep 60' &) ; while ! test -s d; do sleep 0.01; done"),
        (
            "ignores TERM",
            "setsid sh -c 'trap \"\" TERM; echo $$ > d; sleep 60; sleep 60' & while ! test -s d; do sleep 0.01; done",
        ),
    ];
    for (name, daemon) in daemons {
        let folder = TempDir::new().unwrap();
        let state = run(folder.path(), &format!("{daemon}; sleep 60"), Duration::from_secs(2), None);
        assert_eq!(state, State::TimedOut, "{name}");
        assert!(all_end(folder.path()), "{name} goes on after a time limit");
        let folder = TempDir::new().unwrap();
        // Long enough to be looked at once.
        let state = run(folder.path(), &format!("{daemon}; sleep 1"), LONG, None);
        assert_eq!(state, State::Exited(0), "{name}");
        assert!(all_end(folder.path()), "{name} goes on after the end of its command");
    }
}

#[test]
fn what_is_within_its_limits_is_let_be() {
    let folder = TempDir::new().unwrap();
    let limited = Watch { memory: 512 * MIB, processes: 50, disk_free: MIB, folders: vec![folder.path().into()] };
    assert_eq!(
        run(folder.path(), "for n in 1 2 3; do sleep 0.3 & done; wait; exit 7", LONG, Some(limited)),
        State::Exited(7)
    );
}

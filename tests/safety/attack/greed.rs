//! Commands that want more than their share: processes, memory, disk, files, time. All of it ends, the model is told why, and nothing
//! of it goes on.

use super::scripted;
use super::setting::*;
use crate::support::Outcome;
use serde_json::json;
use std::fs;

/// A call of the shell in a run with further options.
fn run(scene: &Scene, flags: &[&str], input: serde_json::Value) -> Outcome {
    scripted::run(scene, flags, scripted::calls(scene, &[("shell", input)]))
}

#[test]
fn greedy_commands_are_ended_and_it_is_said() {
    // Bounded, should nothing end them: 500 processes, 400 MB, 200 MB, a minute.
    let bomb = "bomb() { if test $1 -gt 0; then bomb $(($1-1)) & bomb $(($1-1)) & fi; sleep 30; }; bomb 8";
    let hog = "for n in 1 2 3 4; do sh -c 'x=$(head -c 100000000 /dev/zero | tr \"\\0\" x); sleep 30; :' & done; wait";
    let memory = "python3 -c 'import os, time\nfile = os.memfd_create(\"x\")\nfor _ in range(400): os.write(file, b\"x\" * 1000000)\ntime.sleep(30)'";
    let large = "head -c 200000000 /dev/zero > large; exit $?";
    let cases: [(&str, &str, &[&str], &str); 5] = [
        ("a fork bomb", bomb, &["-c", "sandbox.processes=60"], "limit: processes"),
        ("a memory hog", hog, &["-c", "sandbox.memory=150MiB"], "limit: memory"),
        ("a file in memory", memory, &["-c", "sandbox.memory=150MiB"], "limit: memory"),
        ("a large file", large, &["-c", "sandbox.file_size=1MiB"], "limit: file size"),
        ("no end", "sleep 60", &["-c", "shell.timeout=1s"], "time"),
    ];
    in_each_jail(|scene| {
        for (name, script, flags, said) in cases {
            let outcome = run(scene, flags, json!({ "command": script }));
            let (told, setting) = (outcome.stdout.contains(said), scene.setting);
            assert!(told, "{name}, {setting:?}\n{outcome}");
            assert!(outcome.took.as_secs() < 30, "{name}, {setting:?}\n{outcome}");
        }
        assert!(fs::metadata(scene.work().join("large")).unwrap().len() <= 1 << 20);
    });
}

#[test]
fn a_disk_is_not_filled() {
    in_each_jail(|scene| {
        let stat = rustix::fs::statvfs(scene.path()).unwrap();
        let keep = (stat.f_bavail * stat.f_frsize).saturating_sub(256 << 20);
        let limit = format!("sandbox.disk_free={keep}");
        // Bounded, should nothing end it: 4 GiB.
        let filler = "for n in $(seq 256); do head -c 16777216 /dev/zero >> filler; done";
        let outcome = run(scene, &["-c", &limit], json!({ "command": filler }));
        fs::remove_file(scene.work().join("filler")).unwrap();
        assert!(outcome.stdout.contains("limit: disk"), "{:?}\n{outcome}", scene.setting);
    });
}

/// Files that are in memory count as memory: in a jail of namespaces there is a folder of them.
#[test]
fn memory_is_not_filled_with_files() {
    if !Setting::Namespaces.is_here() {
        return;
    }
    let scene = Scene::new(Setting::Namespaces);
    // Bounded, should nothing end it: 400 MB for half a minute.
    let files = "for n in 1 2 3 4; do head -c 100000000 /dev/zero > /dev/shm/$n; done; sleep 30";
    let outcome = run(&scene, &["-c", "sandbox.memory=150MiB"], json!({ "command": files }));
    assert!(outcome.stdout.contains("limit: memory"), "{outcome}");
}

/// What a command may write beside the workspace, here its temporary files, may lie on another disk.
#[test]
fn no_other_disk_is_filled_either() {
    in_each_jail(|scene| {
        let scene = Scene::new(scene.setting).env("XDG_CACHE_HOME", "/dev/shm/{tag}");
        scene.folder("/dev/shm/{tag}");
        let stat = rustix::fs::statvfs("/dev/shm").unwrap();
        let keep = (stat.f_bavail * stat.f_frsize).saturating_sub(64 << 20);
        let limit = format!("sandbox.disk_free={keep}");
        // Bounded, should nothing end it: 256 MiB.
        let filler =
            "for n in $(seq 64); do head -c 4194304 /dev/zero >> \"$TMPDIR/filler\"; done; df \"$TMPDIR\"; sleep 30";
        let outcome = run(&scene, &["-c", &limit], json!({ "command": filler }));
        assert!(outcome.stdout.contains("limit: disk"), "{:?}\n{outcome}", scene.setting);
    });
}

/// The name of no option of the sandbox works in a call.
#[test]
fn a_call_cannot_ask_for_more() {
    in_each_jail(|scene| {
        let call = json!({ "command": "ulimit -f unlimited; head -c 5000000 /dev/zero > large; exit $?", "file_size": "1GiB", "sandbox": "none" });
        run(scene, &["-c", "sandbox.file_size=1MiB"], call);
        let length = fs::metadata(scene.work().join("large")).map_or(0, |meta| meta.len());
        assert!(length <= 1 << 20, "{length} in {:?}", scene.setting);
    });
}

#[test]
fn jobs_in_the_background_are_no_way_around_limits() {
    in_each_jail(|scene| {
        let job = ("shell", json!({ "command": "sleep 60", "background": true }));
        let outcome = scripted::run(scene, &[], scripted::calls(scene, &vec![job; 20]));
        let (started, refused) = ("started as job 16;", "16 background jobs are running");
        assert!(outcome.stdout.contains(started), "{:?}\n{outcome}", scene.setting);
        assert!(!outcome.stdout.contains("started as job 17;"), "{:?}\n{outcome}", scene.setting);
        assert!(outcome.stdout.contains(refused), "{:?}\n{outcome}", scene.setting);
    });
}

/// A pipe is read for as long as nobody writes into it.
#[test]
fn a_pipe_in_the_place_of_rules_holds_nobody() {
    in_each_jail(|scene| {
        let made = ("shell", json!({ "command": "mkfifo .gitignore .ignore; echo made" }));
        let read = ("read", json!({ "path": "." }));
        let search = ("search", json!({ "pattern": "hel+o" }));
        let outcome = scripted::run(scene, &[], scripted::calls(scene, &[made, read, search]));
        let told = outcome.stdout.contains("README.md\\n1\\thello");
        assert!(told && outcome.took.as_secs() < 30, "{:?}\n{outcome}", scene.setting);
    });
}

//! File tools: what is denied looks absent to them, and no path that is swapped under their hands leads out of the workspace.

use crate::tools::bench::{Bench, pipe};
use agent::base::model::Family;
use agent::disk::Disk;
use agent::edit::{Format, change_set};
use agent::workspace::beneath::{self, Held};
use agent::workspace::files::Files;
use agent::workspace::place::Place;
use agent::workspace::tree::WorkTree;
use serde_json::json;
use std::fs;
use std::os::unix::fs::symlink;
use std::sync::atomic::{AtomicBool, Ordering};

/// A home that is the workspace, as with `--add-dir`.
fn home() -> Bench {
    Bench::new(Family::Claude)
        .file(".ssh/id_ed25519", "needle key\n")
        .file(".netrc", "needle login\n")
        .file(".state/index", "needle index\n")
        .file(".state/spill/one", "needle output\n")
        .file("notes/a.md", "needle note\n")
        .denied(&[".ssh", ".netrc", ".state"], &[".state/spill"])
}

#[test]
fn what_is_denied_looks_absent_to_every_tool() {
    let bench = home();
    for path in [".ssh", ".ssh/id_ed25519", ".netrc", "notes/../.ssh/id_ed25519", ".state", ".state/index", ".ssh/new"]
    {
        let clean = path.trim_start_matches("notes/../");
        assert_eq!(bench.fails("read", json!({"path": path})), format!("there is no `{clean}`"));
        assert_eq!(bench.fails("search", json!({"pattern": "needle", "path": path})), format!("there is no `{clean}`"));
        assert_eq!(bench.fails("find", json!({"glob": "*", "path": path})), format!("there is no `{clean}`"));
        let edit = json!({"path": path, "old": "needle", "new": "x"});
        assert!(bench.fails("edit", edit).contains(&format!("there is no `{clean}`")), "{path}");
        let write = json!({"path": path, "content": "x"});
        assert!(bench.fails("write", write).contains(&format!("there is no `{clean}`")), "{path}");
    }
    assert_eq!(bench.says("search", json!({"pattern": "needle"})), "notes/a.md\n1\tneedle note\n");
    assert_eq!(bench.says("find", json!({"glob": "**/*"})), "notes/a.md");
    assert_eq!(bench.says("read", json!({"path": "."})), "notes/");
    assert_eq!(
        bench.says("read", json!({"path": ".state/spill/one"})),
        "1\tneedle output\n",
        "but for what is readable"
    );
    assert_eq!(bench.text(".ssh/id_ed25519"), "needle key\n");
    assert!(!bench.path(".ssh/new").exists());
}

#[test]
fn a_link_to_what_is_denied_leads_nowhere() {
    let bench = home();
    symlink(bench.path(".ssh"), bench.path("keys")).unwrap();
    symlink(bench.path(".netrc"), bench.path("login")).unwrap();
    assert_eq!(bench.fails("read", json!({"path": "keys/id_ed25519"})), "there is no `.ssh/id_ed25519`");
    assert_eq!(bench.fails("read", json!({"path": "login"})), "there is no `.netrc`");
    assert_eq!(bench.says("search", json!({"pattern": "needle"})), "notes/a.md\n1\tneedle note\n");
}

#[test]
fn what_is_no_file_is_not_waited_for() {
    let bench = home();
    pipe(&bench, "pipe");
    assert_eq!(
        bench.fails("read", json!({"path": "pipe"})),
        "`pipe` is not a regular file; `find` looks for files by name"
    );
    assert!(bench.fails("write", json!({"path": "pipe", "content": "x"})).contains("`pipe` is not a regular file"));
    assert_eq!(bench.says("search", json!({"pattern": "needle", "path": "pipe"})), "(no matches)");
}

#[test]
fn a_path_is_opened_without_following_anything() {
    let folder = tempfile::tempdir().unwrap();
    let top = folder.path().canonicalize().unwrap();
    let (root, outside) = (top.join("work"), top.join("outside"));
    fs::create_dir_all(root.join("a/b")).unwrap();
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("secret"), "s").unwrap();
    fs::write(root.join("a/b/file"), "f").unwrap();
    symlink(&outside, root.join("link")).unwrap();
    symlink("file", root.join("a/b/alias")).unwrap();
    symlink("/proc/self/root", root.join("magic")).unwrap();
    assert!(beneath::file(&root, &root.join("a/b/file")).is_ok());
    for path in ["link/secret", "a/b/alias", "magic/etc/passwd", "a/../../outside/secret", "missing"] {
        assert!(beneath::file(&root, &root.join(path)).is_err(), "{path}");
    }
    assert!(beneath::file(&root, &outside.join("secret")).is_err());
    assert!(Held::open(&root, &root.join("link")).is_err());
    let held = Held::open(&root, &root.join("a/b")).unwrap();
    fs::rename(root.join("a/b"), root.join("a/c")).unwrap();
    symlink(&outside, root.join("a/b")).unwrap();
    fs::write(held.path().join("new"), "n").unwrap();
    assert!(root.join("a/c/new").exists() && !outside.join("new").exists(), "an open folder stays the one it was");
}

/// A process that swaps a folder for a link as fast as it can, while files are read and written below it.
#[test]
fn a_race_leads_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let top = folder.path().canonicalize().unwrap();
    let (root, outside) = (top.join("work"), top.join("outside"));
    fs::create_dir_all(root.join("sub")).unwrap();
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("file"), "theirs").unwrap();
    fs::write(root.join("sub/file"), "ours").unwrap();
    symlink(&outside, root.join("link")).unwrap();
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                let _ = fs::rename(root.join("sub"), root.join("aside"));
                let _ = fs::rename(root.join("link"), root.join("sub"));
                let _ = fs::rename(root.join("sub"), root.join("link"));
                let _ = fs::rename(root.join("aside"), root.join("sub"));
            }
        });
        let place = Place::within(&root, &root).unwrap();
        let files = Files::new(Disk::default());
        let mut wrote = 0;
        for nth in 0..60 {
            for _ in 0..20 {
                if let Ok(bytes) = files.read(&place, &root.join("sub/file"), "sub/file") {
                    assert_ne!(bytes, b"theirs");
                }
            }
            if nth == 59 {
                over.store(true, Ordering::Relaxed);
                while !(root.join("sub").is_dir() && root.join("link").is_symlink()) {}
            }
            let tree = WorkTree { place: &place, files: &files, overwrite: true, spare_git: false };
            let edit = json!({"files": [{"path": "sub/file", "content": format!("ours {nth}")}]}).to_string();
            if let Ok(change) = change_set(Format::Whole, edit.as_bytes(), &tree) {
                wrote += usize::from(files.apply(&place, &change).is_ok());
            }
        }
        assert!(wrote > 0, "none was written");
    });
    assert_eq!(fs::read(outside.join("file")).unwrap(), b"theirs");
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 1, "nothing was made there");
}

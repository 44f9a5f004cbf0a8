//! `install.sh`: into a prefix, again over itself, and away without a trace.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

fn install(prefix: &Path, args: &[&str]) -> Output {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/install.sh");
    Command::new("sh")
        .arg(script)
        .args(args)
        .env("PREFIX", prefix)
        .env_remove("HOME")
        .output()
        .expect("a shell runs it")
}

fn files(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(folder).expect("the folder is there").flatten() {
        if entry.path().is_dir() {
            found
                .extend(files(&entry.path()).into_iter().map(|name| format!("{}/{name}", entry.file_name().display())));
        } else {
            found.insert(entry.file_name().display().to_string());
        }
    }
    found
}

#[test]
fn it_installs_twice_and_uninstalls_all_of_it() {
    let prefix = tempfile::tempdir().expect("a folder");
    let expected = BTreeSet::from(
        [
            "bin/agent",
            "share/bash-completion/completions/agent",
            "share/fish/vendor_completions.d/agent.fish",
            "share/man/man1/agent.1",
            "share/zsh/site-functions/_agent",
        ]
        .map(str::to_owned),
    );
    for _ in 0..2 {
        let output = install(prefix.path(), &["--binary", env!("CARGO_BIN_EXE_agent")]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(files(prefix.path()), expected);
    }
    let version = Command::new(prefix.path().join("bin/agent")).arg("--version").output().expect("it runs");
    assert_eq!(String::from_utf8_lossy(&version.stdout), concat!("agent ", env!("CARGO_PKG_VERSION"), "\n"));
    assert!(install(prefix.path(), &["--uninstall"]).status.success());
    assert_eq!(files(prefix.path()), BTreeSet::new());
    assert!(
        install(prefix.path(), &["--uninstall"]).status.success(),
        "a second time finds nothing, and that is no error"
    );
}

#[test]
fn it_names_what_it_does_not_know() {
    let prefix = tempfile::tempdir().expect("a folder");
    let output = install(prefix.path(), &["--wrong"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("unknown argument `--wrong`"));
}

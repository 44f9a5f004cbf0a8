//! The home folder as the workspace: commands work in it, and what starts programs or holds secrets in it stays as it was.

use crate::support::{Outcome, Project};
use std::fs;
use std::path::Path;

/// Runs the test with every backend that works here. One that does not is said, and a failure where `CI` is set.
#[expect(clippy::print_stdout, reason = "who reads the tests' output has to see what was not tested")]
fn each(test: impl Fn(&str, &Project)) {
    for backend in ["namespaces", "landlock"] {
        let project = Project::new();
        let outcome = at_home(&project, backend, "true");
        if outcome.code == 7 {
            assert!(std::env::var_os("CI").is_none(), "{outcome}");
            println!("SKIPPED: {backend} does not work here: {}", outcome.stderr);
            continue;
        }
        test(backend, &project);
    }
}

fn at_home(project: &Project, backend: &str, script: &str) -> Outcome {
    let (home, chosen) = (project.home(), format!("sandbox.backend={backend}"));
    project.agent(&["sandbox", "-c", &chosen, "-C", &home.display().to_string(), "--", "sh", "-c", script])
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn nothing_new_starts_with_the_user_or_loosens_the_next_jail() {
    each(|backend, project| {
        let before = fs::read(project.home().join(".config/agent/config.toml")).ok();
        for (folder, file) in [
            (".", ".bashrc"),
            (".", ".profile"),
            (".", ".gitconfig"),
            (".", ".netrc"),
            (".ssh", ".ssh/authorized_keys"),
            (".aws", ".aws/config"),
            (".config/fish", ".config/fish/config.fish"),
            (".config/systemd/user", ".config/systemd/user/x.service"),
            (".local/bin", ".local/bin/git"),
            (".config/gh", ".config/gh/hosts.yml"),
        ] {
            let outcome = at_home(project, backend, &format!("mkdir -p {folder}; echo x > {file}"));
            assert!(!project.home().join(file).exists(), "{backend}: {file} was written\n{outcome}");
        }
        at_home(project, backend, "mkdir -p .config/agent; echo 'mode = \"full\"' > .config/agent/config.toml");
        assert_eq!(fs::read(project.home().join(".config/agent/config.toml")).ok(), before, "{backend}");
    });
}

#[test]
fn what_is_there_stays_and_cannot_be_moved_away() {
    each(|backend, project| {
        let home = project.home();
        let kept = [".bashrc", ".config/fish/config.fish", ".config/agent/rules.toml", ".config/gh/hosts.yml"];
        for file in kept {
            write(&home.join(file), "mine\n");
        }
        for script in [
            "echo x >> .bashrc",
            "echo x > b; mv b .bashrc",
            "rm .bashrc",
            "echo x > .config/fish/config.fish",
            "echo x > .config/agent/rules.toml",
            "mv .config .c && mkdir -p .config/agent && echo x > .config/agent/rules.toml",
            "mv .config/agent .config/a && mkdir .config/agent && echo x > .config/agent/rules.toml",
            "rm -rf .config",
        ] {
            let outcome = at_home(project, backend, script);
            for file in kept {
                let now = fs::read_to_string(home.join(file)).ok();
                assert_eq!(now.as_deref(), Some("mine\n"), "{backend}: {file} after `{script}`\n{outcome}");
            }
        }
    });
}

#[test]
fn ordinary_files_are_written_there() {
    each(|backend, project| {
        write(&project.home().join("notes/a"), "a\n");
        at_home(project, backend, "echo b >> notes/a && echo c > notes/c").code(0);
        assert_eq!(fs::read_to_string(project.home().join("notes/a")).unwrap(), "a\nb\n");
    });
}

#[test]
fn the_whole_file_system_is_no_workspace() {
    let project = Project::new();
    let outcome = project.agent(&["sandbox", "-C", "/", "--", "/bin/true"]);
    outcome.code(2).stderr_has("the whole file system cannot be the workspace").stderr_has("hint: ");
    project.agent(&["sandbox", "--add-dir", "/", "--", "/bin/true"]).code(2);
}

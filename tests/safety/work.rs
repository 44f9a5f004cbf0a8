//! Real work goes on in the jail: what developers do all day, by the real tools, with the network off, under each means that
//! this machine has. A jail in which nothing can be built is one that is switched off.

use crate::support::{Outcome, Project, run_command};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

/// Compilers are slow where many tests run at once.
pub(super) const LONGEST_BUILD: Duration = Duration::from_secs(240);

/// The first file of this name on PATH. Where there is none, says so; where CI runs, that is a failure.
pub(super) fn has(tool: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).any(|folder| folder.join(tool).is_file());
    if !found {
        skipped(&format!("`{tool}` is not installed"));
    }
    found
}

pub(super) fn skipped(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "{why}, and CI skips nothing");
    eprintln!("SKIPPED: {why}");
}

/// A project whose home knows where this machine has its toolchains.
pub(super) fn project() -> Project {
    let home = PathBuf::from(std::env::var_os("HOME").unwrap_or_default());
    let mut project = Project::new();
    for (variable, below) in [("RUSTUP_HOME", ".rustup"), ("PYENV_ROOT", ".pyenv")] {
        let place = std::env::var_os(variable).map_or_else(|| home.join(below), PathBuf::from);
        if place.is_dir() {
            project = project.env(variable, place.to_str().unwrap());
        }
    }
    project
}

/// `no CMD` in a line of shell: this command must fail.
const NO: &str = "no() { if \"$@\" 2>/dev/null; then echo \"went on: $*\"; exit 9; fi; }\n";

/// Runs a line of shell in the jail, with these options of `agent sandbox`.
pub(super) fn in_jail(project: &Project, backend: &str, options: &[&str], line: &str) -> Outcome {
    let chosen = format!("sandbox.backend=\"{backend}\"");
    let mut args = vec!["sandbox", "-c", &chosen];
    args.extend_from_slice(options);
    let line = format!("{NO}{line}");
    args.extend(["--", "sh", "-ec", &line]);
    run_command(project.command(&args), LONGEST_BUILD)
}

/// The means that work here.
fn backends() -> Vec<&'static str> {
    let project = Project::new();
    let works = |backend: &&str| {
        let works = in_jail(&project, backend, &[], "true").code == 0;
        if !works {
            skipped(&format!("no jail by {backend} on this machine"));
        }
        works
    };
    ["namespaces", "landlock"].into_iter().filter(works).collect()
}

/// Does one piece of work in a fresh project under each means.
#[track_caller]
fn works(make: impl Fn() -> Project, options: &[&str], line: &str, shows: &str) {
    for backend in backends() {
        let outcome = in_jail(&make(), backend, options, line);
        assert_eq!(outcome.code, 0, "under {backend}\n{outcome}");
        assert!(
            format!("{}{}", outcome.stdout, outcome.stderr).contains(shows),
            "no {shows:?} under {backend}\n{outcome}"
        );
    }
}

const MANIFEST: &str = "[package]\nname = \"work\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\n[dependencies]\n";
const LIBRARY: &str = "#[test]\nfn adds() {\n    let folder = std::env::temp_dir();\n    std::fs::write(folder.join(\"x\"), \"x\").unwrap();\n    assert_eq!(part::one() + 1, 2);\n}\n";

#[test]
fn cargo_builds_and_tests_a_crate() {
    if !has("cargo") {
        return;
    }
    let make = || {
        project()
            .file("Cargo.toml", &format!("{MANIFEST}part = {{ path = \"part\" }}\n"))
            .file("src/lib.rs", LIBRARY)
            .file("part/Cargo.toml", &MANIFEST.replace("work", "part"))
            .file("part/src/lib.rs", "pub fn one() -> u8 {\n    1\n}\n")
            .file("part/build.rs", "fn main() {\n    println!(\"cargo::rerun-if-changed=build.rs\");\n}\n")
    };
    works(make, &[], "cargo test --offline 2>&1 | tail -40", "test adds ... ok");
}

/// The crate comes from a folder that `config.toml` of the user's home names, and whose place no other file says.
#[test]
fn cargo_finds_the_users_settings_with_the_network_off_and_on() {
    if !has("cargo") {
        return;
    }
    let make = || {
        let project = project().file("Cargo.toml", &format!("{MANIFEST}part = \"0.1\"\n")).file("src/lib.rs", LIBRARY);
        let (cargo, part) = (project.home().join(".cargo"), project.home().join("vendored/part"));
        std::fs::create_dir_all(part.join("src")).unwrap();
        std::fs::create_dir(&cargo).unwrap();
        let vendored = project.home().join("vendored");
        let config = format!("[source.crates-io]\nreplace-with = \"v\"\n[source.v]\ndirectory = {vendored:?}\n");
        std::fs::write(cargo.join("config.toml"), config).unwrap();
        std::fs::write(cargo.join("credentials.toml"), "[registry]\ntoken = \"hunter2\"\n").unwrap();
        std::fs::write(part.join("Cargo.toml"), MANIFEST.replace("work", "part")).unwrap();
        std::fs::write(part.join("src/lib.rs"), "pub fn one() -> u8 {\n    1\n}\n").unwrap();
        std::fs::write(part.join(".cargo-checksum.json"), "{\"files\":{},\"package\":null}").unwrap();
        project
    };
    let line = "cargo test 2>&1 | tail -40; no grep -r hunter2 \"$HOME/.cargo/\" \"$CARGO_HOME/\"";
    works(make, &[], line, "test adds ... ok");
    works(make, &["--net", "full"], line, "test adds ... ok");
}

#[test]
fn npm_runs_the_tests_of_a_package() {
    if !has("npm") {
        return;
    }
    let make = || {
        project()
            .file("package.json", "{\"name\":\"work\",\"version\":\"1.0.0\",\"scripts\":{\"test\":\"node --test\"},\"dependencies\":{\"part\":\"file:part\"}}")
            .file("part/package.json", "{\"name\":\"part\",\"version\":\"1.0.0\",\"main\":\"index.js\"}")
            .file("part/index.js", "exports.one = 1;\n")
            .file("work.test.js", "require('node:test')('adds', () => { if (require('part').one + 1 !== 2) throw 1; });\n")
    };
    works(make, &[], "npm install --no-audit --no-fund && npm test", "pass 1");
}

/// The package is in the user's cache alone, which is all the same after.
#[test]
fn npm_installs_what_the_user_has_fetched() {
    if !has("npm") {
        return;
    }
    let make = || {
        let project = project()
            .file("../part/package.json", "{\"name\":\"part\",\"version\":\"1.0.0\",\"main\":\"index.js\"}")
            .file("../part/index.js", "exports.one = 1;\n");
        let part = project.home().with_file_name("part");
        let npm = |args: &[&str]| {
            let mut command = Command::new("npm");
            command.args(args).current_dir(&part).env("HOME", project.home()).env_remove("npm_config_cache");
            run_command(command, LONGEST_BUILD).code(0).stdout
        };
        let packed = npm(&["pack", "--json"]);
        npm(&["cache", "add", "part-1.0.0.tgz"]);
        let packed: serde_json::Value = serde_json::from_str(&packed).unwrap();
        let entry = packed.get(0).or_else(|| packed.get("part")).unwrap();
        let integrity = entry["integrity"].as_str().unwrap();
        let package = "{\"name\":\"work\",\"version\":\"1.0.0\",\"dependencies\":{\"part\":\"1.0.0\"}}";
        let lock = serde_json::json!({
            "name": "work", "version": "1.0.0", "lockfileVersion": 3, "requires": true,
            "packages": {
                "": { "name": "work", "version": "1.0.0", "dependencies": { "part": "1.0.0" } },
                "node_modules/part": {
                    "version": "1.0.0",
                    "resolved": "https://registry.npmjs.org/part/-/part-1.0.0.tgz",
                    "integrity": integrity,
                },
            },
        });
        project.file("package.json", package).file("package-lock.json", &lock.to_string())
    };
    let line = "npm ci --no-audit --no-fund && node -p \"'got ' + require('part').one\"; no touch \"$HOME/.npm/x\"";
    works(make, &[], line, "got 1");
}

#[test]
fn python_makes_an_environment_and_runs_tests() {
    if !has("python3") {
        return;
    }
    let test = "import tempfile, unittest\n\nclass T(unittest.TestCase):\n    def test_adds(self):\n        with tempfile.NamedTemporaryFile() as file:\n            file.write(b'x')\n        self.assertEqual(1 + 1, 2)\n";
    let line = "python3 -m venv --without-pip .venv && .venv/bin/python -m unittest -v test_work\n\
        if python3 -c 'import pytest' 2>/dev/null; then python3 -m pytest -q; fi";
    works(|| project().file("test_work.py", test), &[], line, "OK");
}

/// Processes that talk to each other, as test runners do: shared memory, pipes, a socket on the loopback.
#[test]
fn python_works_with_many_processes() {
    if !has("python3") {
        return;
    }
    let program = "import multiprocessing, socket, sys

def double(number):
    return number * 2

if __name__ == '__main__':
    if 'shared' in sys.argv:
        with multiprocessing.Pool(2) as pool:
            print('sum', sum(pool.map(double, range(4))))
    server = socket.create_server(('127.0.0.1', 0))
    client = socket.create_connection(server.getsockname())
    print('loopback')
";
    let make = || project().file("work.py", program);
    works(make, &["--net", "full"], "python3 work.py", "loopback\n");
    if backends().contains(&"namespaces") {
        // Landlock alone has no shared memory and no loopback of its own to give.
        in_jail(&make(), "namespaces", &[], "python3 work.py shared").code(0).stdout_has("sum 12\nloopback\n");
    }
}

#[test]
fn go_builds_and_tests_a_module() {
    // CI has no Go; a machine that has it shows more.
    let path = std::env::var_os("PATH").unwrap_or_default();
    if !std::env::split_paths(&path).any(|folder| folder.join("go").is_file()) {
        return eprintln!("SKIPPED: `go` is not installed");
    }
    let make = || {
        project()
            .file("go.mod", "module work\n\ngo 1.19\n")
            .file("main.go", "package main\n\nimport \"fmt\"\n\nfunc main() { fmt.Println(\"built\") }\n")
            .file("main_test.go", "package main\n\nimport \"testing\"\n\nfunc TestAdds(t *testing.T) {}\n")
    };
    works(make, &[], "go build -o work . && ./work && go test ./...", "built");
}

#[test]
fn git_goes_on_in_a_repository() {
    let line = "git switch -q -c feature\n\
        echo two > two.txt && git add two.txt && git commit -q -m 'Two'\n\
        echo three >> two.txt && git stash -q && git stash list && git stash pop -q\n\
        git commit -q -a --amend --no-edit\n\
        git switch -q main && echo one >> one.txt && git commit -q -a -m 'One'\n\
        git rebase -q main feature && git branch -D main && git tag -a v1 -m v1\n\
        git gc -q && git fsck --no-progress && git log --format=%s";
    let make = || project().git().file("one.txt", "one\n");
    works(make, &[], line, "Two\nOne\nStart\n");
}

#[test]
fn git_makes_a_repository() {
    let line = "git init -q -b main sub && cd sub\n\
        echo x > x && git add x && git -c user.name=A -c user.email=a@example.org commit -q -m 'First' && git log --format=%s";
    works(project, &[], line, "First\n");
}

#[test]
fn make_builds_a_program() {
    if !(has("make") && has("cc")) {
        return;
    }
    let make = || {
        project()
            .file("Makefile", "work: work.c\n\t$(CC) -O1 -o $@ work.c\n\ntest: work\n\t./work | grep built\n")
            .file("work.c", "#include <stdio.h>\nint main(void) { puts(\"built\"); return 0; }\n")
    };
    works(make, &[], "make -j2 test 2>&1 | tee build.log", "built");
}

#[test]
fn a_shell_has_what_scripts_need() {
    let line = "mkdir -p out && printf 'b\\na\\n' | sort > out/sorted && cat out/sorted\n\
        file=$(mktemp) && echo temporary > \"$file\" && cat \"$file\" && rm \"$file\"\n\
        echo gone > /dev/null; head -c 4 /dev/urandom | wc -c; sleep 0 & wait\n\
        find . -name sorted -exec grep -c a {} + && ps -e > /dev/null && rm -rf out && echo done";
    works(project, &[], line, "done\n");
}

#[test]
fn caches_are_the_projects_and_the_users_are_left_alone() {
    let make = || {
        let project = project();
        for folder in [".cargo/registry", ".npm/_cacache", "go/pkg/mod/cache", ".cache/ms-playwright"] {
            std::fs::create_dir_all(project.home().join(folder)).unwrap();
            std::fs::write(project.home().join(folder).join("kept"), "kept").unwrap();
        }
        project
    };
    let line = "for folder in \"$TMPDIR\" \"$GOCACHE\" \"$XDG_CACHE_HOME\" \"$npm_config_logs_dir\"; do\n\
        mkdir -p \"$folder\" && echo x > \"$folder/x\"; done\n\
        for folder in \"$CARGO_HOME/registry\" \"$npm_config_cache/_cacache\" \"$GOMODCACHE/cache\" \"$PLAYWRIGHT_BROWSERS_PATH\"; do\n\
        cat \"$folder/kept\"; no touch \"$folder/x\"; no rm \"$folder/kept\"; done\n\
        no touch \"$HOME/x\"; echo done";
    works(make, &[], line, "keptkeptkeptkeptdone\n");
    let line = "for folder in \"$CARGO_HOME/registry\" \"$npm_config_cache\" \"$GOMODCACHE\"; do\n\
        mkdir -p \"$folder\" && echo x > \"$folder/x\"; done\n\
        for folder in .cargo/registry .npm go/pkg/mod; do no touch \"$HOME/$folder/x\"; done; echo done";
    works(make, &["--net", "full"], line, "done\n");
}

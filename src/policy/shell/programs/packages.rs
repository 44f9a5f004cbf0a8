//! Package managers and build tools: what they build is code of the workspace, what they install is foreign, and what they
//! publish cannot be taken back.

use super::super::{Code, Effect, Word};
use super::{Arguments, Found, Inner, Touch, operand};

/// Fetches packages from a registry and lets their code run.
pub fn installs(arguments: &Arguments<'_>, found: &mut Found) {
    found.network(None);
    found.runs(Code::Foreign(arguments.line()));
    found.at(Touch::Write, ".");
}

fn builds(arguments: &Arguments<'_>, found: &mut Found) {
    found.runs(Code::Workspace(arguments.line()));
}

fn publishes(arguments: &Arguments<'_>, found: &mut Found) {
    found.network(None);
    let dry = arguments.says(&["--dry-run", "-n", "--list"]);
    if dry {
        builds(arguments, found);
    } else {
        found.effects.push(Effect::Publish(arguments.line()));
    }
}

pub fn cargo(arguments: &Arguments<'_>, found: &mut Found) {
    let valued = "--config -Z --color --manifest-path --target-dir -C -p --package --features -j";
    let settings = arguments.split(valued).values(&["--config"]);
    if settings.iter().any(|word| {
        word.text.contains("wrapper")
            || word.text.contains("runner")
            || word.text.contains("linker")
            || word.text.contains("rustc")
            || !word.text.contains('=')
    }) {
        found.given("cargo --config");
    }
    found.writes(&arguments.split(valued).values(&["--target-dir"]));
    let words: Vec<Word> = arguments.words.iter().filter(|word| !word.text.starts_with('+')).cloned().collect();
    let command = operand(&words, valued, 0).and_then(|at| words.get(at)).map(|word| word.text.as_str());
    match command {
        Some("publish" | "yank" | "owner") => publishes(arguments, found),
        Some("login" | "logout") => {
            found.at(Touch::Write, "~/.cargo/credentials.toml");
            found.network(None);
        }
        Some("install" | "uninstall" | "binstall") => {
            let local = arguments.says(&["--path"]) || arguments.says(&["--list"]);
            if !local {
                installs(arguments, found);
            }
            found.at(Touch::Write, "~/.cargo/bin");
        }
        Some(
            "fetch" | "update" | "add" | "vendor" | "search" | "generate-lockfile" | "info" | "outdated" | "audit"
            | "deny",
        ) => {
            found.network(None);
            found.at(Touch::Write, ".");
        }
        Some(
            "fmt" | "clean" | "new" | "init" | "remove" | "rm" | "version" | "help" | "locate-project" | "tree"
            | "metadata" | "verify-project" | "pkgid" | "read-manifest",
        ) => {
            found.at(Touch::Write, ".");
        }
        Some(_) => builds(arguments, found),
        None => found.idle = true,
    }
}

pub fn rustup(arguments: &Arguments<'_>, found: &mut Found) {
    match arguments
        .command("--toolchain")
        .map(|(command, rest)| (command, operand(rest, "", 0).and_then(|at| rest.get(at))))
    {
        Some(("show" | "which" | "doc" | "--version" | "check", _)) | None => found.idle = true,
        Some((_, Some(word))) if word.text == "list" => found.idle = true,
        Some(("run", Some(_))) => {
            let rest =
                arguments.words.iter().position(|word| word.text == "run").and_then(|at| arguments.words.get(at + 2..));
            rest.into_iter().for_each(|rest| found.inner.push(Inner::Call(rest.to_vec())));
        }
        Some(_) => {
            installs(arguments, found);
            found.at(Touch::Write, "~/.rustup");
        }
    }
}

pub fn npm(arguments: &Arguments<'_>, found: &mut Found) {
    let valued = "--prefix -w --workspace --filter --registry --cwd -C --dir --tag -F --userconfig --script-shell";
    let split = arguments.split(valued);
    if !split.values(&["--script-shell"]).is_empty() {
        found.given("npm --script-shell");
    }
    let hosts = split.values(&["--registry"]);
    hosts.iter().for_each(|host| found.network(Some(host)));
    if split.has(&["-g", "--global", "--location"]) {
        found.at(Touch::Write, "/usr/local/lib/node_modules");
    }
    let names: Vec<&str> = split.operands.iter().map(|word| word.text.as_str()).collect();
    match names.as_slice() {
        [
            "publish" | "unpublish" | "deprecate" | "dist-tag" | "owner" | "access" | "team" | "hook" | "star"
            | "stage",
            ..,
        ] => {
            if !matches!(names.get(1), Some(&"ls" | &"list")) {
                publishes(arguments, found);
            }
        }
        ["npm", rest, ..] | ["npm", _, rest, ..] if matches!(*rest, "publish" | "tag") => publishes(arguments, found),
        ["login" | "adduser" | "logout" | "token" | "profile" | "add-user", ..] => {
            found.network(None);
            found.at(Touch::Write, "~/.npmrc");
        }
        ["config" | "set", "set" | "delete" | "edit", ..] | ["set", ..] => found.at(Touch::Write, "~/.npmrc"),
        ["exec" | "x" | "dlx" | "create" | "init", ..] if !matches!(names.as_slice(), ["init"]) => {
            run_package(arguments, found)
        }
        [
            "install" | "i" | "ci" | "add" | "update" | "up" | "upgrade" | "install-test" | "it" | "rebuild" | "dedupe"
            | "import" | "fetch" | "link" | "remove" | "uninstall" | "rm" | "un" | "prune" | "cache" | "self-update"
            | "set-version" | "audit",
            ..,
        ] => installs(arguments, found),
        [
            "view" | "info" | "show" | "search" | "outdated" | "ping" | "whoami" | "doctor" | "fund" | "repo" | "docs"
            | "bugs",
            ..,
        ] => found.network(None),
        [
            "ls" | "list" | "ll" | "why" | "explain" | "root" | "bin" | "prefix" | "help" | "pkg" | "query" | "config"
            | "get" | "pack" | "init" | "version" | "sbom" | "help-search" | "completion" | "licenses" | "store"
            | "workspaces",
            ..,
        ] => found.at(Touch::Write, "."),
        // Yarn alone installs.
        [] if arguments.name() == "yarn" && !split.has(&["--version", "-v", "--help"]) => installs(arguments, found),
        [] => found.idle = true,
        [..] => builds(arguments, found),
    }
}

/// A program of a package: the workspace's own where it is installed there, else one that is fetched.
fn run_package(arguments: &Arguments<'_>, found: &mut Found) {
    let valued = "-p --package -c --call -w --workspace --from --with --spec --python";
    let split = arguments.split(valued);
    split.values(&["-c", "--call"]).iter().for_each(|line| found.line(line));
    found.network(None);
    found.runs(Code::Foreign(arguments.line()));
}

pub fn npx(arguments: &Arguments<'_>, found: &mut Found) {
    let valued = "-p --package -c --call -w --workspace --from --with --spec --python";
    let only_here = arguments.says(&["--no-install", "--no", "--offline"]);
    let at = operand(arguments.words, valued, 0);
    let rest = at.and_then(|at| arguments.words.get(at..)).unwrap_or_default();
    let program = rest.first().map(|word| word.text.as_str()).unwrap_or_default();
    let known = super::table::kind(&Arguments { program, words: &[], input: arguments.input, here: None });
    match known {
        // A tool that a workspace has among its own packages.
        Some(_) if arguments.name() != "pipx" && !program.contains('@') => {
            if !only_here {
                found.network(None);
            }
            found.inner.push(Inner::Call(rest.to_vec()));
        }
        _ => run_package(arguments, found),
    }
}

pub fn pip(arguments: &Arguments<'_>, found: &mut Found) {
    let split = arguments.split("-i --index-url --extra-index-url -r --requirement -c --constraint -t --target -e --editable --prefix --root -f --find-links -d --dest --python --log --proxy");
    let hosts = split.values(&["-i", "--index-url", "--extra-index-url", "--proxy", "-f", "--find-links"]);
    hosts.iter().filter(|host| host.text.contains("://")).for_each(|host| found.network(Some(host)));
    match split.operands.first().map(|word| word.text.as_str()) {
        Some("install" | "download" | "wheel" | "uninstall") => {
            found.reads(&split.values(&["-r", "--requirement", "-c", "--constraint"]));
            found.writes(&split.values(&["-t", "--target", "--prefix", "--root", "-d", "--dest"]));
            if split.has(&["--break-system-packages"]) {
                found.effects.push(Effect::System("pip".into()));
            }
            if split.has(&["--user"]) {
                found.at(Touch::Write, "~/.local");
            }
            installs(arguments, found);
        }
        Some("config") if !arguments.says(&["list", "get", "debug"]) => found.at(Touch::Write, "~/.config/pip"),
        Some("search" | "index") => found.network(None),
        Some(_) => found.at(Touch::Read, "."),
        None => found.idle = true,
    }
}

pub fn uv(arguments: &Arguments<'_>, found: &mut Found) {
    let valued = "-p --python --project --directory -n --name --with --index-url --env-file --extra --group -C";
    let Some(at) = operand(arguments.words, valued, 0) else {
        found.idle = true;
        return;
    };
    let rest = arguments.words.get(at + 1..).unwrap_or_default();
    let inner = Arguments { program: "pip", words: rest, ..*arguments };
    match arguments.words.get(at).map(|word| word.text.as_str()).unwrap_or_default() {
        "run" => {
            let start = operand(rest, valued, 0).unwrap_or(rest.len());
            let call = rest.get(start..).unwrap_or_default();
            found.runs(Code::Workspace(format!("{} run", arguments.name())));
            if !call.is_empty() {
                found.inner.push(Inner::Call(call.to_vec()));
            }
        }
        "pip" => pip(&inner, found),
        "publish" | "upload" => publishes(arguments, found),
        "config" | "login" | "token" if arguments.words.len() > at + 2 => found.at(Touch::Write, "~/.config/pypoetry"),
        "build" | "check" | "test" | "fmt" | "version" | "shell" => builds(arguments, found),
        "list" | "show" | "info" | "tree" | "help" | "env" | "deactivate" | "activate" | "graph" | "about" => {
            found.at(Touch::Read, ".")
        }
        "venv" | "init" | "new" | "lock" | "export" => {
            found.network(None);
            found.at(Touch::Write, ".");
        }
        _ => installs(arguments, found),
    }
}

pub fn go(arguments: &Arguments<'_>, found: &mut Found) {
    let split = arguments.split(
        "-C -o -exec -toolexec -run -bench -tags -ldflags -count -coverprofile -timeout -modfile -overlay -vettool",
    );
    split.values(&["-exec", "-toolexec", "-vettool"]).iter().for_each(|line| found.line(line));
    if arguments
        .words
        .iter()
        .any(|word| ["-toolexec=", "-exec=", "-vettool="].iter().any(|flag| word.text.starts_with(flag)))
    {
        found.given("go -toolexec");
    }
    found.writes(&split.values(&["-o", "-coverprofile"]));
    let first = split.operands.first().map(|word| word.text.as_str());
    match (first, split.operands.get(1).map(|word| word.text.as_str())) {
        (Some("get" | "install"), _) => {
            let here = split.operands.iter().skip(1).all(|word| word.text.starts_with('.'));
            if here {
                builds(arguments, found)
            } else {
                installs(arguments, found)
            }
            if first == Some("install") {
                found.at(Touch::Write, "~/go/bin");
            }
        }
        (Some("mod"), Some("tidy" | "download" | "vendor" | "why" | "graph")) => {
            found.network(None);
            found.at(Touch::Write, ".");
        }
        (Some("env"), _) if arguments.says(&["-w", "-u"]) => found.at(Touch::Write, "~/.config/go/env"),
        (Some("run"), Some(package)) if package.contains('@') => installs(arguments, found),
        (Some("build" | "test" | "run" | "generate" | "vet" | "tool"), _) => builds(arguments, found),
        (Some("telemetry" | "bug"), _) => found.network(None),
        (Some(_), _) => found.at(Touch::Write, "."),
        (None, _) => found.idle = true,
    }
}

pub fn gem(arguments: &Arguments<'_>, found: &mut Found) {
    let name = arguments.name();
    match (name, arguments.command("").map(|(command, _)| command)) {
        ("gem", Some("push" | "yank" | "owner" | "signin")) => publishes(arguments, found),
        ("bundle" | "bundler", Some("exec")) | ("composer", Some("exec")) => {
            let rest = arguments
                .words
                .iter()
                .position(|word| word.text == "exec")
                .and_then(|at| arguments.words.get(at + 1..));
            found.runs(Code::Workspace(format!("{name} exec")));
            rest.filter(|rest| !rest.is_empty())
                .into_iter()
                .for_each(|rest| found.inner.push(Inner::Call(rest.to_vec())));
        }
        (
            _,
            Some(
                "list" | "info" | "show" | "which" | "check" | "env" | "help" | "platform" | "licenses" | "validate"
                | "why",
            ),
        ) => found.at(Touch::Read, "."),
        (_, Some("search" | "outdated")) => found.network(None),
        ("composer", Some("test" | "run" | "run-script" | "dump-autoload" | "dumpautoload" | "lint" | "stan")) => {
            builds(arguments, found)
        }
        ("gem", Some("build")) => builds(arguments, found),
        (_, None) if arguments.says(&["-v", "--version"]) => found.idle = true,
        _ => installs(arguments, found),
    }
}

pub fn maven(arguments: &Arguments<'_>, found: &mut Found) {
    let publishing = |word: &Word| {
        let text = word.text.rsplit(':').next().unwrap_or_default().to_ascii_lowercase();
        text == "deploy"
            || (text.starts_with("publish") && !text.ends_with("local"))
            || text.starts_with("release")
            || text == "uploadarchives"
    };
    if arguments.words.iter().any(publishing) {
        publishes(arguments, found);
    }
    let offline = arguments.says(&["-o", "--offline"]);
    if !offline {
        found.network(None);
    }
    builds(arguments, found);
}

pub fn dotnet(arguments: &Arguments<'_>, found: &mut Found) {
    if arguments.says(&["push", "delete"]) {
        return publishes(arguments, found);
    }
    match arguments.command("").map(|(command, _)| command) {
        Some("restore" | "add" | "tool" | "workload" | "install" | "package") => installs(arguments, found),
        Some("--info" | "--version" | "list" | "sln" | "new" | "clean") => found.at(Touch::Write, "."),
        Some(_) => builds(arguments, found),
        None => found.idle = true,
    }
}

pub fn publisher(arguments: &Arguments<'_>, found: &mut Found) {
    match arguments.command("").map(|(command, _)| command) {
        Some(
            "check" | "package" | "list" | "ls" | "lint" | "lib" | "build" | "status" | "init" | "install" | "version"
            | "spec",
        ) => builds(arguments, found),
        _ if arguments.says(&["--dry-run", "--snapshot", "--help", "--version", "--skip-publish"]) => {
            builds(arguments, found)
        }
        _ => publishes(arguments, found),
    }
}

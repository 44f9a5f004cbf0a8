//! The machine and what stands beyond it: processes, services, containers, clusters, clouds, stores of secrets.

use super::super::{Code, Effect, ProcessEffect, Word};
use super::{Arguments, Found, Inner, Touch, operand};

pub fn environment(_: &Arguments<'_>, found: &mut Found) {
    found.effects.push(Effect::Environment);
}

pub fn kill(arguments: &Arguments<'_>, found: &mut Found) {
    found.idle = arguments.says(&["-l", "-L", "--list"]);
    if !found.idle {
        found.effects.push(Effect::Process(ProcessEffect::Kill));
    }
}

pub fn processes(arguments: &Arguments<'_>, found: &mut Found) {
    // `ps e` shows the environment of processes.
    let shows = arguments.words.iter().any(|word| {
        word.text.contains('e') && !word.text.starts_with("-e") && !word.text.starts_with("--") && word.text.len() < 5
    });
    if arguments.name() == "ps" && shows {
        found.effects.push(Effect::Process(ProcessEffect::Inspect));
    } else {
        found.idle = true;
    }
}

pub fn tracer(arguments: &Arguments<'_>, found: &mut Found) {
    let valued = "-e -o -p -s -u -E -P -I -O -S -a -b";
    let split = arguments.split(valued);
    found.effects.push(Effect::Process(ProcessEffect::Inspect));
    found.writes(&split.values(&["-o"]));
    let rest = operand(arguments.words, valued, 0).and_then(|at| arguments.words.get(at..));
    rest.into_iter().for_each(|rest| found.inner.push(Inner::Call(rest.to_vec())));
}

pub fn debugger(arguments: &Arguments<'_>, found: &mut Found) {
    let split = arguments.split("-p -ex -x -o -s --pid --command --eval-command -iex -ix");
    found.effects.push(Effect::Process(ProcessEffect::Inspect));
    if split.has(&["-ex", "-x", "-o", "-s", "--command", "--eval-command", "-iex", "-ix"]) {
        found.given(arguments.name());
    }
    found.runs(Code::Workspace(arguments.line()));
}

pub fn mount(arguments: &Arguments<'_>, found: &mut Found) {
    found.idle = arguments.words.is_empty() || arguments.says(&["-l"]);
    if !found.idle {
        found.effects.push(Effect::System(arguments.name().into()));
    }
}

/// Services and schedules: to look at them changes nothing.
pub fn services(arguments: &Arguments<'_>, found: &mut Found) {
    let looks = match arguments.name() {
        "systemctl" => matches!(
            arguments.command("-H -M -t").map(|(command, _)| command),
            Some(
                "status"
                    | "list-units"
                    | "is-active"
                    | "is-enabled"
                    | "show"
                    | "cat"
                    | "list-timers"
                    | "list-unit-files"
            ) | None
        ),
        "journalctl" => !arguments
            .words
            .iter()
            .any(|word| word.text.starts_with("--vacuum") || word.text == "--rotate" || word.text == "--flush"),
        "sysctl" => {
            !arguments.says(&["-w", "-p", "--system", "--write", "--load"])
                && !arguments.words.iter().any(|word| word.text.contains('='))
        }
        "crontab" => arguments.says(&["-l"]),
        "ip" => !arguments.says(&["add", "del", "set", "delete", "flush", "change", "replace", "exec", "up", "down"]),
        _ => !arguments.says(&["-c", "-C", "--clear", "--read-clear"]),
    };
    if looks {
        found.idle = true;
    } else {
        found.effects.push(Effect::System(arguments.line()));
    }
}

pub fn secrets(arguments: &Arguments<'_>, found: &mut Found) {
    let split = arguments.split("-o --output -r -u -i");
    found.writes(&split.values(&["-o", "--output"]));
    match arguments.name() {
        "gpg" | "gpg2" => {
            if arguments.says(&["--verify", "--version", "--print-md"]) {
                return found.reads(split.operands);
            }
            found.at(Touch::Read, "~/.gnupg");
            if split.has(&["--send-keys", "--recv-keys", "--keyserver", "--refresh-keys"]) {
                found.network(None);
            }
        }
        "age" | "sops" => found.reads(split.operands),
        _ => found.at(Touch::Read, "~/.local/share/keyrings"),
    }
}

pub fn exhausts(_: &Arguments<'_>, found: &mut Found) {
    found.effects.push(Effect::Process(ProcessEffect::Exhaust));
}

/// The desktop: what others paste, what opens outside.
pub fn desktop(arguments: &Arguments<'_>, found: &mut Found) {
    found.effects.push(Effect::System(arguments.name().into()));
}

pub fn opens(arguments: &Arguments<'_>, found: &mut Found) {
    found.effects.push(Effect::System(arguments.name().into()));
    found.reads(arguments.split("-a -b").operands);
}

/// The daemon of containers acts as root: who may speak with it may do anything.
pub fn docker(arguments: &Arguments<'_>, found: &mut Found) {
    let name = arguments.name();
    let before = "-H --host -c --context --config -l --log-level -f --file -p --project-name --profile --env-file --project-directory";
    let Some(at) = operand(arguments.words, before, 0) else {
        found.idle = true;
        return;
    };
    let mut command = arguments.words.get(at).map(|word| word.text.as_str()).unwrap_or_default();
    let mut rest = arguments.words.get(at + 1..).unwrap_or_default();
    if matches!(
        command,
        "compose" | "container" | "image" | "buildx" | "volume" | "network" | "system" | "stack" | "service"
    ) && let Some(next) = operand(rest, before, 0)
    {
        command = rest.get(next).map(|word| word.text.as_str()).unwrap_or_default();
        rest = rest.get(next + 1..).unwrap_or_default();
    }
    if matches!(command, "version" | "info" | "help") {
        found.idle = true;
        return;
    }
    found.effects.push(Effect::Privilege(name.into()));
    let valued = "-v --volume --mount -e --env --name -p --publish -w --workdir -u --user --network --entrypoint --platform -t --tag -f --file --build-arg --target --add-host --env-file -m --memory --cpus --device --cap-add --security-opt --pid --ipc -l --label -h --hostname --restart --gpus -o --output";
    let split = super::split(rest, valued);
    found.reads(&split.values(&["--env-file"]));
    match command {
        "push" | "login" | "logout" => {
            found.network(None);
            found.effects.push(Effect::Publish(arguments.line()));
        }
        "pull" | "search" => found.network(None),
        "build" | "up" | "start" | "restart" | "create" | "bake" => {
            found.runs(Code::Workspace(format!("{name} {command}")))
        }
        "run" | "exec" => {
            for volume in split.values(&["-v", "--volume", "--mount"]) {
                let source = volume
                    .text
                    .split(',')
                    .find_map(|part| part.strip_prefix("source=").or_else(|| part.strip_prefix("src=")));
                let source = source.or_else(|| volume.text.split(':').next()).unwrap_or_default();
                if source.starts_with(['/', '.', '~']) || !volume.known {
                    found.writes([&Word { text: source.into(), known: volume.known }]);
                }
            }
            let start = operand(rest, valued, 0).unwrap_or(rest.len());
            let image = rest.get(start).map(|word| word.text.clone()).unwrap_or_default();
            found.runs(Code::Foreign(format!("{name} {command} {image}")));
        }
        "rm" | "rmi" | "prune" | "kill" | "stop" | "down" => found.effects.push(Effect::System(arguments.line())),
        _ => {}
    }
}

pub fn cluster(arguments: &Arguments<'_>, found: &mut Found) {
    found.network(None);
    found.at(Touch::Read, "~/.kube");
    let command = arguments.command("-n --namespace --context --kubeconfig -f -l").map(|(command, _)| command);
    let looks = matches!(
        command,
        Some(
            "get"
                | "describe"
                | "logs"
                | "explain"
                | "top"
                | "version"
                | "api-resources"
                | "diff"
                | "list"
                | "ls"
                | "template"
                | "lint"
                | "status"
                | "show"
                | "search"
                | "history"
                | "build"
                | "cluster-info"
                | "dependency"
                | "repo"
                | "auth"
        ) | None
    );
    if !looks && !arguments.words.iter().any(|word| word.text.starts_with("--dry-run")) {
        found.effects.push(Effect::Publish(arguments.line()));
    }
}

pub fn cloud(arguments: &Arguments<'_>, found: &mut Found) {
    found.network(None);
    found.at(Touch::Read, if arguments.name() == "aws" { "~/.aws" } else { "~/.config/gcloud" });
    let last = arguments.words.iter().filter(|word| !word.text.starts_with('-')).map(|word| word.text.as_str()).take(4);
    let looks = last.into_iter().any(|word| {
        [
            "list", "describe", "get", "ls", "show", "whoami", "help", "synth", "diff", "preview", "logs", "status",
            "package", "dev", "validate",
        ]
        .iter()
        .any(|look| word == *look || word.strip_prefix(look).is_some_and(|rest| rest.starts_with('-')))
    });
    if !looks && !arguments.says(&["--version", "--help"]) {
        found.effects.push(Effect::Publish(arguments.line()));
    }
}

pub fn infrastructure(arguments: &Arguments<'_>, found: &mut Found) {
    let command = arguments.command("-chdir").map(|(command, _)| command);
    found.runs(Code::Workspace(arguments.line()));
    match command {
        Some("fmt" | "validate" | "version" | "output" | "show" | "graph" | "providers" | "console") => {}
        Some("init" | "plan" | "get" | "status" | "workspace" | "test") => found.network(None),
        _ if arguments.says(&["--syntax-check", "--list-hosts", "--list-tasks", "--version"]) => {}
        _ => {
            found.network(None);
            found.effects.push(Effect::Publish(arguments.line()));
        }
    }
}

/// The system's own packages: to list them touches nothing.
pub fn packages(arguments: &Arguments<'_>, found: &mut Found) {
    let looks = [
        "list",
        "show",
        "search",
        "info",
        "policy",
        "depends",
        "rdepends",
        "--version",
        "-v",
        "-l",
        "-L",
        "-s",
        "-S",
        "-qa",
        "-qi",
        "-ql",
        "-Q",
        "-Qs",
        "-Ss",
        "leaves",
        "deps",
        "doctor",
        "config",
        "outdated",
        "--prefix",
        "cat",
        "home",
        "-W",
        "--list",
        "madison",
    ];
    let first = arguments.first().unwrap_or_default();
    let manages = matches!(arguments.name(), "pacman") && first.starts_with("-S") && first != "-Ss";
    if looks.contains(&first) && !manages {
        if matches!(first, "search" | "info" | "outdated" | "-Ss") {
            found.network(None);
        }
        found.idle = !matches!(first, "search" | "info" | "outdated" | "-Ss");
        return;
    }
    found.network(None);
    found.effects.push(Effect::System(arguments.line()));
}

/// Managers of versions and shells of packages.
pub fn versions(arguments: &Arguments<'_>, found: &mut Found) {
    let first = arguments.first().unwrap_or_default();
    match (arguments.name(), first) {
        (
            _,
            "list" | "ls" | "current" | "which" | "where" | "--version" | "version" | "versions" | "use" | "local"
            | "doctor" | "show",
        ) => {
            found.at(Touch::Write, ".");
        }
        ("mise" | "rtx" | "fnm" | "nix" | "asdf" | "pyenv", "exec" | "x" | "run" | "develop") => {
            found.runs(Code::Workspace(arguments.line()));
            let split = arguments.split("--command -c");
            split.values(&["--command", "-c"]).iter().for_each(|line| found.line(line));
            let rest =
                arguments.words.iter().position(|word| word.text == "--").and_then(|at| arguments.words.get(at + 1..));
            rest.filter(|rest| !rest.is_empty())
                .into_iter()
                .for_each(|rest| found.inner.push(Inner::Call(rest.to_vec())));
        }
        ("nix-shell", _) => {
            found.runs(Code::Workspace("nix-shell".into()));
            arguments
                .split("-p --run --command")
                .values(&["--run", "--command"])
                .iter()
                .for_each(|line| found.line(line));
        }
        _ => super::packages::installs(arguments, found),
    }
}

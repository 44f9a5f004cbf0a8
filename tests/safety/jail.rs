//! The jail as the kernel keeps it: `agent sandbox -- CMD` with each backend, and the helper when it cannot confine.

use crate::support::{Outcome, Project};
use std::fs;

/// Runs the test with every backend that works here. One that does not is said, and a failure where `CI` is set.
fn each(test: impl Fn(&str, &Project)) {
    for backend in ["namespaces", "landlock"] {
        let project = Project::new();
        if let Some(why) = missing(backend, &project) {
            skipped(&format!("{backend} does not work here: {why}"));
            continue;
        }
        test(backend, &project);
    }
}

/// What is not there cannot be tested; where `CI` is set it has to be there.
#[expect(clippy::print_stdout, reason = "who reads the tests' output has to see what was not tested")]
fn skipped(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "{why}");
    println!("SKIPPED: {why}");
}

fn missing(backend: &str, project: &Project) -> Option<String> {
    let outcome = project.agent(&["sandbox", "-c", &format!("sandbox.backend={backend}"), "--", "true"]);
    (outcome.code == 7).then_some(outcome.stderr)
}

fn jailed(project: &Project, backend: &str, flags: &[&str], command: &[&str]) -> Outcome {
    let chosen = format!("sandbox.backend={backend}");
    project.agent(&[&["sandbox", "-c", &chosen], flags, &["--"], command].concat())
}

fn sh(project: &Project, backend: &str, script: &str) -> Outcome {
    jailed(project, backend, &[], &["sh", "-c", script])
}

fn write(path: &std::path::Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn codes_signals_and_outputs_pass_through() {
    each(|backend, project| {
        jailed(project, backend, &[], &["true"]).code(0);
        sh(project, backend, "echo out; echo err >&2; exit 7").code(7).stdout_has("out\n").stderr_has("err\n");
        sh(project, backend, "kill -9 $$").code(137);
        sh(project, backend, "kill -TERM $$").code(143);
        sh(project, backend, "kill -INT $$").code(130);
        sh(project, backend, "yes | head -1").code(0).stdout_has("y\n").stderr_lacks("Broken pipe");
        jailed(project, backend, &[], &["no-such-program"]).code(127).stderr_has("cannot start `no-such-program`");
        jailed(project, backend, &[], &["/etc/passwd"]).code(126);
    });
}

#[test]
fn it_writes_in_the_workspace_and_nowhere_else() {
    each(|backend, project| {
        sh(project, backend, "echo a > a && mkdir -p d && mv a d/b && cat d/b && echo x > $TMPDIR/t")
            .code(0)
            .stdout_has("a\n");
        assert_eq!(project.read("d/b"), "a\n");
        for place in ["$HOME/x", "$HOME/.bashrc", "/etc/x", "/usr/x", "/var/tmp/agent-x", "/dev/x/y"] {
            let outcome = sh(project, backend, &format!("echo x > {place}"));
            assert_ne!(outcome.code, 0, "{backend}: {place} was written\n{outcome}");
        }
        // Beside the workspace, which is below /tmp here: what is written there with namespaces is the jail's own.
        sh(project, backend, "echo x > ../x; mkdir ../y; ln -s /etc/passwd ../z");
        let beside = ["home/x", "home/.bashrc", "x", "y", "z"].map(|name| project.path().join("..").join(name));
        assert!(beside.iter().all(|path| path.symlink_metadata().is_err()), "{beside:?}");
    });
}

#[test]
fn mode_read_writes_nowhere_but_in_its_folder_for_temporary_files() {
    each(|backend, project| {
        let outcome =
            jailed(project, backend, &["--mode", "read"], &["sh", "-c", "echo a > $TMPDIR/t && echo ok; echo b > b"]);
        assert_ne!(outcome.code, 0, "{outcome}");
        outcome.stdout_has("ok");
        assert!(!project.exists("b"));
    });
}

#[test]
fn secrets_of_the_home_folder_are_not_read() {
    each(|backend, project| {
        let home = project.home();
        let files = [
            ".ssh/id_ed25519",
            ".aws/credentials",
            ".netrc",
            ".npmrc",
            ".config/agent/keys.json",
            ".local/state/agent/sessions/x/log.jsonl",
        ];
        for file in files {
            write(&home.join(file), "TOP-SECRET\n");
        }
        write(&home.join(".config/git/ignore"), "readable\n");
        for file in files {
            sh(project, backend, &format!("cat ~/{file}; ls -la $(dirname ~/{file}); grep -r TOP ~/{file}"))
                .stdout_lacks("TOP-SECRET");
        }
        sh(project, backend, "cp -r ~/.ssh copied; ln ~/.netrc linked; mv ~/.netrc moved; cat linked moved copied/*")
            .stdout_lacks("TOP-SECRET");
        sh(project, backend, "cat ~/.config/git/ignore").code(0).stdout_has("readable");
        assert_eq!(fs::read_to_string(home.join(".netrc")).unwrap(), "TOP-SECRET\n");
        let allowed = ["-c", "sandbox.allow_read=~/.npmrc"];
        jailed(project, backend, &allowed, &["sh", "-c", "cat ~/.npmrc"]).code(0).stdout_has("TOP-SECRET");
    });
}

#[test]
fn with_namespaces_what_configures_other_programs_is_not_written() {
    each(|backend, project| {
        if backend != "namespaces" {
            return;
        }
        fs::create_dir_all(project.path().join(".git/hooks")).unwrap();
        write(&project.path().join(".git/config"), "[core]\n");
        write(&project.path().join(".vscode/tasks.json"), "{}");
        for attempt in [
            "echo x > .git/hooks/pre-commit",
            "echo x >> .git/config",
            "mv .git/config .git/c",
            "rm -rf .git/hooks",
            "mv .git .g",
            "rm .vscode/tasks.json",
            "ln -sf /etc/passwd .git/hooks/a",
        ] {
            assert_ne!(sh(project, backend, attempt).code, 0, "{attempt}");
        }
        assert_eq!(project.read(".git/config"), "[core]\n");
        sh(project, backend, "echo x > .git/index").code(0);
    });
}

const SOCKETS: &str = "import socket\n\
def can(*which):\n\
\x20   try: socket.socket(*which).close(); return 'yes'\n\
\x20   except OSError as error: return 'no'\n\
print('inet', can(socket.AF_INET))\n\
print('unix', can(socket.AF_UNIX))\n\
print('packet', can(socket.AF_PACKET, socket.SOCK_RAW))\n\
print('vsock', can(40))\n\
print('alg', can(38))\n\
print('route', can(socket.AF_NETLINK, socket.SOCK_RAW, 0))\n\
print('audit', can(socket.AF_NETLINK, socket.SOCK_RAW, 9))\n\
socket.socketpair(); print('pair yes')\n";

#[test]
fn sockets_are_those_of_the_network_that_is_allowed() {
    each(|backend, project| {
        let run = |net: &str| jailed(project, backend, &["--net", net], &["python3", "-c", SOCKETS]);
        let off = run("off");
        if off.code == 127 {
            return skipped("there is no python3");
        }
        let own = backend == "namespaces";
        let inet = if own { "inet yes" } else { "inet no" };
        let never = ["packet no", "vsock no", "alg no", "route yes", "audit no", "pair yes"];
        let check = |outcome: Outcome, expected: &[&str]| {
            expected.iter().chain(&never).fold(outcome.code(0), |outcome, text| outcome.stdout_has(text));
        };
        check(off, &[inet, "unix no"]);
        check(run("full"), &["inet yes", if own { "unix yes" } else { "unix no" }]);
    });
}

#[test]
fn the_loopback_of_the_host_is_out_of_reach_with_the_network_off() {
    each(|backend, project| {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let script = format!("exec 3<>/dev/tcp/127.0.0.1/{port} && echo reached");
        let outcome = jailed(project, backend, &[], &["bash", "-c", &script]);
        if outcome.code == 127 {
            return skipped("there is no bash");
        }
        outcome.stdout_lacks("reached");
        jailed(project, backend, &["--net", "full"], &["bash", "-c", &script]).code(0).stdout_has("reached");
    });
}

#[test]
fn hosts_on_a_list_are_reached_and_no_others() {
    let project = Project::new();
    if let Some(why) = missing("namespaces", &project) {
        return skipped(&why);
    }
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let project = project.config(&format!(
        "[hosts.lab]\nallow = [\"127.0.0.1:{port}\"]\nprivate = true\n[hosts.plain]\nallow = [\"127.0.0.1:{port}\"]\n"
    ));
    let ask = |list: &str, port: u16| {
        let script = format!(
            "exec 3<>/dev/tcp/127.0.0.1/${{HTTP_PROXY##*:}}; printf 'CONNECT 127.0.0.1:{port} HTTP/1.1\\r\\nHost: 127.0.0.1:{port}\\r\\n\\r\\n' >&3; head -1 <&3"
        );
        jailed(&project, "namespaces", &["--net", list], &["bash", "-c", &script])
    };
    ask("lab", port).code(0).stdout_has(" 200 ");
    ask("lab", 1)
        .stdout_has(" 403 ")
        .stderr_has("agent: not connected to 127.0.0.1:1: ")
        .stderr_has("hint: --net HOST");
    ask("plain", port).stdout_has(" 403 ").stderr_has("hint: a list of yours with `private = true`");
}

#[test]
fn it_looks_into_no_other_process_and_gets_no_privilege() {
    each(|backend, project| {
        sh(project, backend, "grep -E '^(NoNewPrivs|Seccomp|CapEff):' /proc/self/status")
            .code(0)
            .stdout_has("NoNewPrivs:\t1")
            .stdout_has("Seccomp:\t2");
        let outcome =
            sh(project, backend, "cat /proc/$PPID/environ /proc/1/environ | tr '\\0' '\\n'; kill -9 $PPID; echo alive");
        outcome.stdout_has("alive").stdout_lacks("PATH=");
        assert_ne!(sh(project, backend, "unshare -Ur true").code, 0);
        sh(project, backend, "ls /proc/self/fd | sort -n | tail -1").code(0).stdout_has("3\n");
    });
}

#[test]
fn a_command_cannot_read_whole_disks_or_write_kernel_settings() {
    each(|backend, project| {
        let script = "for d in /dev/vd? /dev/sd? /dev/nvme?n? /dev/mem /dev/kmsg; do head -c 1 $d 2>/dev/null && echo READ; done; \
                      echo x > /proc/sys/kernel/hostname && echo WRITTEN; echo x > /proc/sysrq-trigger && echo WRITTEN; true";
        sh(project, backend, script).code(0).stdout_lacks("READ").stdout_lacks("WRITTEN");
    });
}

#[test]
fn limits_hold() {
    each(|backend, project| {
        let flags = ["-c", "sandbox.file_size=1000"];
        let outcome = jailed(project, backend, &flags, &["sh", "-c", "head -c 5000 /dev/zero > big; ulimit -c"]);
        outcome.stdout_has("0\n");
        assert_eq!(fs::metadata(project.path().join("big")).unwrap().len(), 1000);
    });
}

#[test]
fn explain_says_what_is_allowed_and_what_is_left() {
    each(|backend, project| {
        write(&project.home().join(".ssh/id"), "x");
        let chosen = format!("sandbox.backend={backend}");
        let shown = project.agent(&["sandbox", "explain", "-c", &chosen]).code(0);
        shown.stdout_has(".ssh").stdout_has("risks left").stdout_has(backend).stdout_has("network     off");
        let json = project.agent(&["sandbox", "explain", "-c", &chosen, "--json", "--net", "full"]).code(0);
        let value = &json.json()[0];
        assert_eq!((value["backend"].as_str(), value["network"].as_str()), (Some(backend), Some("full")));
        assert!(
            value["written"]
                .as_array()
                .unwrap()
                .iter()
                .any(|path| *path == *project.path().canonicalize().unwrap().to_str().unwrap())
        );
    });
}

#[test]
fn without_a_sandbox_nothing_runs() {
    let project = Project::new();
    let outcome = project.agent(&["sandbox", "-c", "sandbox.backend=none", "--", "touch", "ran"]).code(7);
    outcome.stderr_has("there is no sandbox here: `sandbox.backend` is none").stderr_has("agent doctor");
    project.agent(&["sandbox", "--mode", "full", "--", "touch", "ran"]).code(2);
    project.agent(&["sandbox"]).code(2);
    assert!(!project.exists("ran"));
}

#[test]
fn a_list_of_hosts_needs_namespaces() {
    let project = Project::new();
    if missing("landlock", &project).is_some() {
        return skipped("there is no Landlock");
    }
    let outcome = jailed(&project, "landlock", &["--net", "example.com"], &["touch", "ran"]).code(7);
    outcome.stderr_has("a list of hosts needs namespaces");
    assert!(!project.exists("ran"));
}

#[cfg(target_os = "linux")]
mod helper {
    use super::*;
    use agent::base::access::Network;
    use agent::process::jobs::{Job, State};
    use agent::process::spawn::Exec;
    use agent::sandbox::choose::Means;
    use agent::sandbox::jail::{Jail, Limits};
    use agent::sandbox::{Backend, Sandbox, Wanted};
    use std::io::{Read, Write};
    use std::path::PathBuf;

    #[test]
    fn it_runs_nothing_that_it_cannot_confine() {
        let project = Project::new();
        project.agent(&["__jail", "--probe"]).code(0);
        for args in [
            &["__jail"][..],
            &["__jail", "--spec-fd", "99", "--", "touch", "ran"],
            &["__jail", "--spec-fd", "0", "--", "touch", "ran"],
            &["__jail", "--spec-fd", "x", "--", "touch", "ran"],
            &["__jail", "touch", "ran"],
        ] {
            project.agent(args).code(125).stderr_has("the jail could not be set up");
        }
        assert!(!project.exists("ran"));
    }

    fn sandbox(wanted: Wanted) -> Option<Sandbox> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let bubblewrap = std::env::split_paths(&path).map(|folder| folder.join("bwrap")).find(|file| file.is_file());
        let choice = Sandbox::choose(wanted, Means { agent: env!("CARGO_BIN_EXE_agent").into(), bubblewrap });
        if choice.backend == Backend::None {
            skipped(&choice.why.join("; "));
            return None;
        }
        Some(choice.sandbox)
    }

    fn jail(project: &Project, network: Network) -> Jail {
        let root = project.path().canonicalize().unwrap();
        let temporary = root.join("tmp");
        fs::create_dir_all(&temporary).unwrap();
        Jail {
            denied: Vec::new(),
            readable: Vec::new(),
            writable: vec![root],
            protected: Vec::new(),
            temporary,
            network,
            limits: Limits::default(),
        }
    }

    fn command(project: &Project, script: &str) -> Exec {
        Exec {
            program: PathBuf::from("sh"),
            arguments: vec!["-c".into(), script.into()],
            folder: project.path().canonicalize().unwrap(),
            environment: vec![("PATH".into(), std::env::var_os("PATH").unwrap())],
            ..Exec::default()
        }
    }

    #[tokio::test]
    async fn a_socket_of_the_jail_is_served_from_outside() {
        let project = Project::new();
        let Some(sandbox) = sandbox(Wanted::Namespaces) else { return };
        let script = "echo $https_proxy $NO_PROXY > said; port=${HTTP_PROXY##*:}; exec bash -c \"exec 3<>/dev/tcp/127.0.0.1/$port; echo hello >&3; cat <&3 > answer\"";
        let confined = sandbox.confine(command(&project, script), &jail(&project, Network::Hosts)).unwrap();
        let job = Job::start(&confined.exec, "x", None, Box::new(|| None)).unwrap();
        let inbox = confined.proxy.unwrap();
        let served = tokio::task::spawn_blocking(move || {
            let listener = inbox.receive().unwrap();
            let (mut stream, _) = listener.accept().unwrap();
            let mut hello = [0; 6];
            stream.read_exact(&mut hello).unwrap();
            stream.write_all(b"from outside\n").unwrap();
            hello
        });
        assert_eq!(&served.await.unwrap(), b"hello\n");
        assert_eq!(job.ended().await, State::Exited(0));
        assert_eq!(project.read("answer"), "from outside\n");
        assert!(project.read("said").starts_with("http://127.0.0.1:"), "{}", project.read("said"));
        assert!(project.read("said").ends_with("localhost,127.0.0.1,::1\n"));
    }

    #[tokio::test]
    async fn a_command_is_asked_to_end_before_it_is_ended_and_nothing_outlives_it() {
        for wanted in [Wanted::Namespaces, Wanted::Landlock] {
            let project = Project::new();
            let Some(sandbox) = sandbox(wanted) else { continue };
            // The trap ends it; a daemon in a session of its own holds the output.
            let script = "trap 'echo asked > asked; exit 3' TERM; echo up > up; while :; do sleep 0.01; done";
            let confined = sandbox.confine(command(&project, script), &jail(&project, Network::Off)).unwrap();
            let job = Job::start(&confined.exec, "x", None, Box::new(|| None)).unwrap();
            while !project.exists("up") {
                tokio::task::yield_now().await;
            }
            job.kill();
            assert_eq!(job.ended().await, State::Killed);
            assert_eq!(project.read("asked"), "asked\n", "{wanted:?}");
        }
    }
}

//! Defects of a run that were found by reading the code, each as a test that is named for what broke. Those of what a
//! server sends are in `regression_wire.rs`.

use super::ending::*;
use crate::support::*;
use rustix::process::Signal;
use serde_json::json;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

const DONE: Ending = Ending { exit: 0, status: "done", message: "", hint: "" };
const USAGE: Ending = Ending { exit: 2, status: "usage", message: "", hint: "" };
const PRIVATE: &str = "PRIVATE-0451";

/// All that the model was ever told.
fn asked(project: &Project) -> String {
    let requests = project.model_server().requests();
    requests.iter().map(|request| String::from_utf8_lossy(&request.raw).into_owned()).collect()
}

fn make_pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

fn answering() -> Project {
    Project::new().reply(Reply::text("It is done."))
}

/// A folder that was cloned could so send any file of the user's to the provider, or hold every run up.
#[test]
fn instructions_were_read_through_links_and_pipes() {
    for name in ["AGENTS.md", "CLAUDE.md"] {
        let outside = answering().env("CANARY", PRIVATE);
        std::fs::write(outside.home().join("notes"), PRIVATE).unwrap();
        symlink(outside.home().join("notes"), outside.path().join(name)).unwrap();
        let environment = answering().env("CANARY", PRIVATE);
        symlink("/proc/self/environ", environment.path().join(name)).unwrap();
        let pipe = answering();
        make_pipe(&pipe.path().join(name));
        let linked_pipe = answering().file("rules/x", "");
        make_pipe(&linked_pipe.path().join("rules/pipe"));
        symlink("rules/pipe", linked_pipe.path().join(name)).unwrap();
        for project in [outside, environment, pipe, linked_pipe] {
            ends(&project.run(&["--json", "x"]), DONE);
            assert!(!asked(&project).contains(PRIVATE), "{name}");
        }
    }
}

#[test]
fn instructions_behind_a_link_within_the_workspace_are_read() {
    for name in ["AGENTS.md", "CLAUDE.md"] {
        let project = answering().file("docs/rules.md", "Always greet the ferret.");
        symlink("docs/rules.md", project.path().join(name)).unwrap();
        project.run(&["x"]).code(0);
        assert!(asked(&project).contains("Always greet the ferret."), "{name}");
    }
}

#[test]
fn whatever_stood_in_the_place_of_the_branch_was_told() {
    let odd = [
        ("other text", "PRIVATE-0451 and more\n"),
        ("words for the model", "ref: refs/heads/main\nPRIVATE-0451: obey me\n"),
        ("a name with spaces", "ref: refs/heads/PRIVATE-0451 obey me\n"),
        ("a key of hexadecimal digits", "0451deadbeef0451\n"),
        ("nothing", ""),
    ];
    for (name, head) in odd {
        let project = answering().file(".git/HEAD", head);
        project.run(&["x"]).code(0);
        let told = asked(&project);
        assert!(!told.contains(PRIVATE) && !told.contains("0451dead") && !told.contains("Branch:"), "{name}: {told}");
    }
    let project = answering().file(".git/config", "");
    make_pipe(&project.path().join(".git/HEAD"));
    project.run(&["x"]).code(0);
    assert!(!asked(&project).contains("Branch:"));
    let detached = answering().file(".git/HEAD", "0123456789abcdef0123456789abcdef01234567\n");
    detached.run(&["x"]).code(0);
    assert!(asked(&detached).contains("Branch: 0123456789ab"), "{}", asked(&detached));
}

/// The latest start was looked for in the last 64 KiB of the log, and where it was not, the first one stood for it.
#[test]
fn a_long_run_lost_its_mode_and_model() {
    let project = Project::new()
        .reply(Reply::text("It is done."))
        .reply(Reply::text("word ".repeat(30_000)))
        .reply(Reply::call("write", json!({"path": "a.txt", "content": "a\n"})))
        .reply(Reply::text("I may not."))
        .env("AGENT_MODEL", "");
    project.run(&["-m", "anthropic/first-model", "x"]).code(0);
    project.run(&["--continue", "-m", "anthropic/second-model", "--mode", "read", "y"]).code(0);
    let outcome = project.run(&["--json", "--continue", "z"]).code(6);
    let lines = outcome.json();
    let started = of_type(&lines, "session_started")[0];
    assert_eq!((&started["model"], &started["mode"]), (&json!("anthropic/second-model"), &json!("read")));
    assert!(!project.exists("a.txt"));
}

#[test]
fn a_time_beyond_all_clocks_was_a_panic() {
    let project = answering();
    for args in [
        &["--timeout", "1e19"][..],
        &["--timeout", "99999999999999h"],
        &["-c", "shell.timeout=99999999999999h"],
        &["-c", "limits.timeout=1e18"],
    ] {
        let outcome = project.run(&[&["--json"], args, &["x"]].concat());
        let said = outcome.clone().code(2).stderr_lacks("panicked").outcome()["error"]["message"].clone();
        assert!(said.as_str().is_some_and(|said| said.contains("duration")), "{args:?}: {outcome}");
    }
    assert!(project.sessions().is_empty());
}

/// Which signals a process has a handler for, as the kernel shows it.
#[cfg(target_os = "linux")]
fn hears(process: u32, signal: Signal) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let caught = caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    caught >> (signal.as_raw() - 1) & 1 == 1
}

#[test]
#[cfg(target_os = "linux")]
fn a_signal_while_it_waited_for_its_input_left_no_outcome() {
    for (signal, exit) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let project = answering();
        let (reader, writer) = std::io::pipe().unwrap();
        let mut command = project.command(&["run", "--json", "-"]);
        command.stdin(reader);
        let running = Running::start(&project, command);
        // The handlers are set one after the other, this one last.
        wait_until("it hears signals", || hears(running.id(), Signal::HUP));
        running.signal(signal);
        let outcome = running.end();
        ends(&outcome, Ending { exit, status: "interrupted", message: "interrupted", hint: "run it again" });
        assert_eq!(outcome.json().len(), 1, "{outcome}");
        assert!(project.sessions().is_empty());
        drop(writer);
    }
}

#[test]
fn a_job_ended_in_the_answer_that_began_it_went_on() {
    let calls = Reply::call("shell", json!({"command": "exec sleep 300", "background": true}))
        .and_call("shell", json!({"job": 1, "kill": true}));
    let project = Project::new().reply(calls).reply(Reply::text("Ended."));
    let outcome = project.run(&["--json", "x"]);
    ends(&outcome, DONE);
    let lines = outcome.json();
    let finished = of_type(&lines, "tool_finished");
    assert_eq!(finished[1]["result"]["output"], "[ended on request]", "{outcome}");
    assert!(outcome.took < Duration::from_secs(20), "{outcome}");
}

#[test]
fn the_password_of_an_address_was_shown() {
    let project = Project::new().config(
        "model = \"lab/x\"\n[providers.lab]\nwire = \"chat\"\nbase_url = \"http://user:s3cr3tpw1@127.0.0.1:9/v1\"\n",
    );
    for args in [&["doctor"][..], &["doctor", "--json"], &["config", "show"]] {
        let shown = project.agent(args);
        shown.stdout_has("127.0.0.1:9/v1").stdout_lacks("s3cr3tpw1").stderr_lacks("s3cr3tpw1");
    }
    let run = project.run(&["--json", "-c", "network.retry_budget=0s", "x"]);
    run.stdout_lacks("s3cr3tpw1").stderr_lacks("s3cr3tpw1");
    for log in project.sessions() {
        assert!(!std::fs::read_to_string(log).unwrap().contains("s3cr3tpw1"));
    }
}

#[test]
fn an_address_that_only_begins_like_this_machine_was_free() {
    for host in ["localhost.example.invalid", "127.0.0.1.example.invalid", "localhost@example.invalid"] {
        let config = format!("[providers.lab]\nwire = \"chat\"\nbase_url = \"http://{host}/v1\"\n");
        let outcome = Project::new().config(&config).run(&["--json", "--max-cost", "1", "-m", "lab/x", "x"]);
        ends(&outcome, Ending { message: "the price of `lab/x` is not known", hint: "models.\"lab/x\"", ..USAGE });
    }
}

#[test]
#[cfg(target_os = "linux")]
fn an_output_file_that_failed_at_the_end_had_two_outcomes() {
    let project = answering();
    let outcome = project.run(&["--json", "-o", "/dev/full", "x"]).code(1).stderr_has("cannot write `/dev/full`");
    let lines = outcome.json();
    assert_eq!(of_type(&lines, "outcome").len(), 1, "{outcome}");
    assert_eq!(outcome.outcome()["summary"], "It is done.");
}

#[test]
#[cfg(target_os = "linux")]
fn an_answer_that_a_full_disk_did_not_take_ended_with_0() {
    for flags in [&["run", "x"][..], &["run", "--json", "x"]] {
        let project = answering();
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let done = project.command(flags).stdin(std::process::Stdio::null()).stdout(full).output().unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        assert_eq!(done.status.code(), Some(1), "{said}");
        assert!(said.contains("cannot write `standard output`: no space left on device"), "{said}");
    }
}

/// It stood at the end of a long task, of which a summary keeps the beginning.
#[test]
fn the_schema_of_the_answer_was_forgotten_with_the_history() {
    const SUMMARY: &str = "<summary_of_earlier_work>";
    let turn = std::sync::atomic::AtomicUsize::new(0);
    let server = Server::respond_with(Wire::Chat, move |request| {
        let text = texts(&request.body);
        let usage = TokenUse { input: text.len() as u64 / 4, output: 20, ..TokenUse::default() };
        let reply = if text.contains("The conversation is about to be shortened") {
            Reply::text("There were many badgers.")
        } else if text.contains(SUMMARY) {
            Reply::text("{\"badgers\": 3}")
        } else {
            let nth = turn.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            Reply::call("read", json!({"path": format!("{nth}.txt")}))
        };
        Step::Reply(reply.usage(usage))
    });
    let schema = r#"{"type":"object","properties":{"badgers":{"type":"integer"}},"required":["badgers"]}"#;
    let project = Project::new().config("[models.\"lab/test-model\"]\ncontext = 8000\n").server(server);
    let project = (0..40).fold(project.file("schema.json", schema), |project, nth| {
        project.file(&format!("{nth}.txt"), &"a line of some length is here\n".repeat(80))
    });
    let outcome = project.run(&["--output-schema", "schema.json", "count the badgers"]).code(0);
    assert_eq!(outcome.stdout, "{\"badgers\": 3}\n");
    project.model_server().assert_no_violations();
    let last = texts(&project.model_server().requests().last().unwrap().body);
    let summary = last.find(SUMMARY).expect("a summary");
    assert!(last.rfind(schema).is_some_and(|at| at > summary), "{last}");
}

#[test]
fn the_middle_of_a_long_check_was_lost() {
    let project = Project::new()
        .reply(Reply::text("Done."))
        .reply(Reply::call("read", json!({"path": "output:o1", "offset": 10_000, "limit": 1})))
        .reply(Reply::call("write", json!({"path": "fixed", "content": ""})))
        .reply(Reply::text("Now it is."));
    project.run(&["--check", "seq 1 20000; test -e fixed", "mend it"]).code(0);
    let said = told(&project, 1);
    assert!(said.contains(" bytes left out; read output:o1 for all of it"), "{said}");
    assert!(said.contains("\n19999\n20000"), "{said}");
    assert!(told(&project, 2).contains("10000\t10000"), "{}", told(&project, 2));
    project.model_server().assert_no_violations();
}

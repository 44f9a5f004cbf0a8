//! Signals end a run in order: children gone, log closed with an outcome, exit code 130 or 143. The second Ctrl-C leaves
//! at once.

use super::ending::*;
use crate::support::*;
use rustix::fs::{Mode, OFlags, open};
use rustix::process::Signal;
use serde_json::{Value, json};
use std::os::unix::process::CommandExt;
use std::time::Duration;

const INTERRUPTED: Ending = Ending { exit: 130, status: "interrupted", message: "interrupted", hint: "--continue" };

const SIGNALS: [(Signal, i32); 3] = [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 143)];

/// A command with a child in its own session and one that left it.
const FAMILY: &str = "sleep 300 & echo $! > inner
setsid sh -c 'echo $$ > daemon; sleep 300' &
echo $$ > outer
wait";

/// The log's last line is the outcome that was shown, and each call has its answer.
#[track_caller]
fn is_closed(project: &Project, outcome: &Value) {
    let log = log(project);
    let last = log.last().expect("a line");
    assert_eq!((&last["type"], &last["data"]), (&json!("outcome"), outcome));
    assert_eq!(of_type(&log, "tool_started").len(), of_type(&log, "tool_finished").len());
}

#[test]
fn a_signal_during_a_command_ends_all_it_started() {
    for (signal, exit) in SIGNALS {
        let project =
            Project::new().config("mode = \"full\"\n").reply(Reply::call("shell", json!({"command": FAMILY})));
        let running = Running::start(&project, project.command(&["run", "--json", "x"]));
        let family: Vec<(&str, i32)> =
            ["inner", "outer", "daemon"].map(|name| (name, process_in(&project.path().join(name)))).to_vec();
        running.signal(signal);
        let outcome = running.end();
        let data = ends(&outcome, Ending { exit, ..INTERRUPTED });
        for (name, process) in family {
            is_gone(name, process);
        }
        is_closed(&project, &data);
        let log = log(&project);
        let finished = of_type(&log, "tool_finished")[0];
        assert_eq!(finished["status"], "interrupted");
        assert!(finished["result"]["output"].as_str().unwrap().starts_with("interrupted, outcome unknown"));
    }
}

/// Asked to end, it writes what must not be there: it is looked after at its end, and not before.
#[test]
fn a_command_that_is_cut_off_leaves_nothing_protected() {
    let script = "trap 'mkdir .vscode; echo evil > .vscode/tasks.json; exit' TERM; \
                  echo $$ > outer; sleep 300 & wait";
    let project = Project::new().reply(Reply::call("shell", json!({"command": script})));
    let running = Running::start(&project, project.command(&["run", "--json", "x"]));
    process_in(&project.path().join("outer"));
    running.signal(Signal::INT);
    running.end().code(130);
    assert!(!project.path().join(".vscode").exists());
}

#[test]
fn a_signal_during_a_silent_answer_ends_the_run() {
    for (signal, exit) in SIGNALS {
        let project = Project::new().step(Step::Hang);
        let running = Running::start(&project, project.command(&["run", "--json", "x"]));
        wait_until("the model is asked", || !project.model_server().requests().is_empty());
        running.signal(signal);
        let outcome = running.end();
        let data = ends(&outcome, Ending { exit, ..INTERRUPTED });
        is_closed(&project, &data);
    }
}

/// A keyring that waits for its user waits as this pipe does.
#[test]
fn a_signal_while_the_key_is_looked_for_ends_the_run() {
    let project = Project::new().env("AGENT_MODEL", "anthropic/claude-sonnet-5");
    let pipe = project.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let pipe = pipe.display().to_string();
    let running = Running::start(&project, project.command(&["run", "--json", "--key-file", &pipe, "x"]));
    // It begins to listen before it looks; nobody writes before somebody reads.
    let mut writer = None;
    wait_until("it looks for the key", || {
        writer = open(&pipe, OFlags::WRONLY | OFlags::NONBLOCK, Mode::empty()).ok();
        writer.is_some()
    });
    running.signal(Signal::INT);
    running.end().code(130);
    drop(writer);
}

#[test]
fn a_signal_during_a_wait_for_the_provider_ends_the_run() {
    let busy = Step::Status {
        code: 429,
        headers: vec![("retry-after".into(), "60".into())],
        body: Server::error_body(Wire::Messages, 429, "too many"),
    };
    let project = Project::new().step(busy);
    let running = Running::start(&project, project.command(&["run", "--json", "x"]));
    wait_until("it waits", || {
        project.sessions().first().is_some_and(|log| std::fs::read_to_string(log).unwrap().contains("\"waiting\""))
    });
    running.signal(Signal::INT);
    let data = ends(&running.end(), INTERRUPTED);
    is_closed(&project, &data);
}

#[test]
fn background_jobs_never_outlive_the_run() {
    let command = json!({"command": FAMILY, "background": true});
    let wait = json!({"command": "until test -s daemon; do sleep 0.01; done"});
    let project = Project::new()
        .config("mode = \"full\"\n")
        .reply(Reply::call("shell", command))
        .reply(Reply::call("shell", wait))
        .reply(Reply::text("It runs."));
    project.run(&["x"]).code(0);
    for name in ["inner", "outer", "daemon"] {
        is_gone(name, process_in(&project.path().join(name)));
    }
}

#[test]
fn an_interrupted_session_goes_on_and_runs_nothing_twice() {
    let command = json!({"command": "echo once >> count; echo $$ > outer; sleep 300"});
    let project = Project::new().reply(Reply::call("shell", command)).reply(Reply::text("I looked."));
    let running = Running::start(&project, project.command(&["run", "x"]));
    process_in(&project.path().join("outer"));
    running.signal(Signal::INT);
    running.end().code(130).stderr_has("hint: go on with --continue");
    project.run(&["--continue", "go on"]).code(0).stdout_has("I looked.");
    assert_eq!(project.read("count"), "once\n");
    let told = texts(&project.model_server().requests()[1].body);
    assert!(told.contains("interrupted, outcome unknown"), "{told}");
    project.model_server().assert_no_violations();
}

/// A reader that does not read holds the run up in the middle of a line; the second Ctrl-C gets the user out of there.
#[test]
fn the_second_interrupt_leaves_at_once() {
    let long = "x".repeat(300_000);
    for (signal, exit) in SIGNALS {
        let project = Project::new()
            .config("mode = \"full\"\n")
            .reply(Reply::call("shell", json!({"command": "sleep 300 & echo $! > inner", "background": true})))
            .reply(Reply::text(long.clone()));
        let (reader, writer) = std::io::pipe().expect("a pipe");
        let mut command = project.command(&["run", "--json", "x"]);
        command.stdout(writer).process_group(0);
        let child = command.spawn().expect("the agent starts");
        drop(command);
        let child = Guard(child);
        wait_until("the whole answer is in the log", || {
            project.sessions().first().is_some_and(|log| std::fs::read_to_string(log).unwrap().contains(&long))
        });
        let pid = rustix::process::Pid::from_child(&child.0);
        rustix::process::kill_process(pid, signal).expect("it is there");
        // Nothing tells from outside that the first one was heard, so the second is repeated until it is.
        let ended = ends_under(child, signal);
        assert_eq!(ended, Some(exit), "{signal:?}");
        is_gone("the background job", process_in(&project.path().join("inner")));
        drop(reader);
    }
}

struct Guard(std::process::Child);

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Sends the signal until the program ends, and gives its exit code.
fn ends_under(mut child: Guard, signal: Signal) -> Option<i32> {
    let mut status = None;
    wait_until("the program ends", || {
        std::thread::sleep(Duration::from_millis(20));
        let _ = rustix::process::kill_process(rustix::process::Pid::from_child(&child.0), signal);
        status = child.0.try_wait().expect("a child can be waited for");
        status.is_some()
    });
    status.and_then(|status| status.code())
}

//! What the tests of `agent run` share: how a run ended by its last JSON line, what the model was told, and a run that
//! goes on while the test looks at it.

use crate::support::*;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// Nothing that a test waits for takes longer, unless it never comes.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A bounded run of a command that was prepared by hand.
#[track_caller]
pub fn run(command: Command) -> Outcome {
    run_command(command, PATIENCE)
}

/// How a run should end: its exit code, its status, and parts of its error's message and hint. An empty part stands for
/// none.
#[derive(Clone, Copy, Debug)]
pub struct Ending {
    pub exit: i32,
    pub status: &'static str,
    pub message: &'static str,
    pub hint: &'static str,
}

/// Checks the end of a `--json` run and gives its outcome.
#[track_caller]
pub fn ends(outcome: &Outcome, wanted: Ending) -> Value {
    assert_eq!(outcome.code, wanted.exit, "unexpected exit code, wanted {wanted:?}\n{outcome}");
    let lines = outcome.json();
    assert_eq!(lines.last().map(|line| &line["type"]), Some(&Value::from("outcome")), "{outcome}");
    let data = outcome.outcome();
    assert_eq!(data["status"], wanted.status, "{outcome}");
    assert_eq!(data["exit"], wanted.exit, "{outcome}");
    part(&data["error"]["message"], wanted.message, outcome);
    part(&data["error"]["hint"], wanted.hint, outcome);
    data
}

#[track_caller]
fn part(value: &Value, wanted: &str, outcome: &Outcome) {
    match value.as_str() {
        Some(text) => {
            assert!(!wanted.is_empty() && text.contains(wanted), "{text:?} does not say {wanted:?}\n{outcome}");
        }
        None => assert_eq!(wanted, "", "nothing says {wanted:?}\n{outcome}"),
    }
}

/// Checks the end of a run in text mode: nothing on standard output, the error and its hint on standard error.
#[track_caller]
pub fn says(outcome: &Outcome, wanted: Ending) {
    assert_eq!(outcome.code, wanted.exit, "unexpected exit code, wanted {wanted:?}\n{outcome}");
    assert_eq!(outcome.stdout, "", "{outcome}");
    for (lead, words) in [("error: ", wanted.message), ("hint: ", wanted.hint)] {
        let said = outcome.stderr.lines().any(|line| line.starts_with(lead) && line.contains(words));
        assert!(said || words.is_empty(), "no `{lead}` line says {words:?}\n{outcome}");
    }
}

/// All texts of a JSON value, one after the other.
pub fn texts(value: &Value) -> String {
    match value {
        Value::String(text) => format!("{text}\n"),
        Value::Array(items) => items.iter().map(texts).collect(),
        Value::Object(fields) => fields.values().map(texts).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => String::new(),
    }
}

/// What the model was told last before its answer number `nth`, from 0.
#[track_caller]
pub fn told(project: &Project, nth: usize) -> String {
    let requests = project.model_server().requests();
    let body = &requests.get(nth).unwrap_or_else(|| panic!("there were only {} requests", requests.len())).body;
    let messages = body.get("messages").or(body.get("input")).and_then(Value::as_array).expect("a list of messages");
    texts(messages.last().expect("a message"))
}

/// The lines of the only session's log.
#[track_caller]
pub fn log(project: &Project) -> Vec<Value> {
    let sessions = project.sessions();
    assert_eq!(sessions.len(), 1, "{sessions:?}");
    let text = std::fs::read_to_string(&sessions[0]).expect("a log that can be read");
    text.lines().map(|line| serde_json::from_str(line).expect("a log of JSON lines")).collect()
}

/// The `data` of each record of a type, in order.
pub fn of_type<'a>(lines: &'a [Value], kind: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["type"] == kind).map(|line| &line["data"]).collect()
}

/// Looks again and again until it has happened.
#[track_caller]
pub fn wait_until(what: &str, mut happened: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !happened() {
        assert!(Instant::now() < deadline, "it never came to this: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The process whose number a file holds, once it holds one.
#[track_caller]
pub fn process_in(path: &Path) -> i32 {
    let read = || std::fs::read_to_string(path).ok().filter(|text| text.ends_with('\n'));
    wait_until(&format!("a process number in {}", path.display()), || read().is_some());
    read().and_then(|text| text.trim().parse().ok()).expect("a process number")
}

/// Waits until the process is gone; one that is dead and not yet buried is.
#[track_caller]
pub fn is_gone(what: &str, process: i32) {
    wait_until(&format!("{what} is gone"), || match std::fs::read_to_string(format!("/proc/{process}/stat")) {
        Ok(stat) => stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with(['Z', 'X'])),
        Err(_) if Path::new("/proc/self/stat").exists() => true,
        Err(_) => Pid::from_raw(process).is_none_or(|pid| rustix::process::test_kill_process(pid).is_err()),
    });
}

/// A run that goes on while the test looks at it. Its outputs go to files, so that nothing it prints can hold it up.
pub struct Running {
    child: Child,
    stdout: PathBuf,
    stderr: PathBuf,
    started: Instant,
}

impl Running {
    #[track_caller]
    pub fn start(project: &Project, mut command: Command) -> Running {
        let (stdout, stderr) = (project.home().join("stdout"), project.home().join("stderr"));
        command.stdout(File::create(&stdout).expect("a file")).stderr(File::create(&stderr).expect("a file"));
        let child = command.spawn().unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        Running { child, stdout, stderr, started: Instant::now() }
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("the process is there");
    }

    /// Waits for its end.
    #[track_caller]
    pub fn end(mut self) -> Outcome {
        use std::os::unix::process::ExitStatusExt;
        let mut status = None;
        wait_until("the run ends", || {
            status = self.child.try_wait().expect("a child can be waited for");
            status.is_some()
        });
        let status = status.expect("it has ended");
        Outcome {
            code: status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default()),
            stdout: std::fs::read_to_string(&self.stdout).expect("what it printed"),
            stderr: std::fs::read_to_string(&self.stderr).expect("what it printed"),
            took: self.started.elapsed(),
            left_running: false,
            violations: Vec::new(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A test that failed leaves nothing behind; one that ended well has waited already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

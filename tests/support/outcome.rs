//! Runs a prepared command to its end, within bounds, and holds what came of it for assertions.

use std::fmt;
use std::io::Read;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;

/// No run in a test takes longer unless it hangs.
pub const LONGEST_RUN: Duration = Duration::from_secs(60);

/// How long the output may stay open after the program has ended, which it does if a process it left behind holds it.
const LONGEST_ECHO: Duration = Duration::from_secs(5);

/// What a finished run left: its status and all it printed.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The exit code, or 128 and the number of the signal that ended it.
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
    pub took: Duration,
    /// A process outlived the run with a hand on its output, of which what it printed later is missing.
    pub left_running: bool,
    /// What the project's server had refused by then; shown when an assertion fails.
    pub violations: Vec<String>,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "exit code {} after {:?}", self.code, self.took)?;
        writeln!(f, "--- stdout\n{}\n--- stderr\n{}\n---", self.stdout, self.stderr)?;
        self.violations.iter().try_for_each(|violation| writeln!(f, "the server refused: {violation}"))
    }
}

impl Outcome {
    #[track_caller]
    pub fn code(self, expected: i32) -> Self {
        assert_eq!(self.code, expected, "unexpected exit code\n{self}");
        self
    }

    #[track_caller]
    pub fn stdout_has(self, text: &str) -> Self {
        assert!(self.stdout.contains(text), "no {text:?} in stdout\n{self}");
        self
    }

    #[track_caller]
    pub fn stdout_lacks(self, text: &str) -> Self {
        assert!(!self.stdout.contains(text), "{text:?} in stdout\n{self}");
        self
    }

    #[track_caller]
    pub fn stderr_has(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "no {text:?} in stderr\n{self}");
        self
    }

    #[track_caller]
    pub fn stderr_lacks(self, text: &str) -> Self {
        assert!(!self.stderr.contains(text), "{text:?} in stderr\n{self}");
        self
    }

    /// Each line of stdout as JSON.
    #[track_caller]
    pub fn json(&self) -> Vec<Value> {
        let mut values = Vec::new();
        for line in self.stdout.lines() {
            match serde_json::from_str(line) {
                Ok(value) => values.push(value),
                Err(error) => panic!("a line of stdout is not JSON, {error}: {line}\n{self}"),
            }
        }
        values
    }

    /// The `data` of the last line of stdout.
    #[track_caller]
    pub fn outcome(&self) -> Value {
        let lines = self.json();
        let Some(data) = lines.last().and_then(|last| last.get("data")) else {
            panic!("the last line of stdout has no `data`\n{self}");
        };
        data.clone()
    }
}

/// Collects what a pipe gives in a place that can be looked at before it ends.
struct Collector {
    bytes: Arc<Mutex<Vec<u8>>>,
    thread: JoinHandle<()>,
}

impl Collector {
    fn start(mut pipe: impl Read + Send + 'static) -> Collector {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let thread = std::thread::spawn({
            let bytes = Arc::clone(&bytes);
            move || {
                let mut buffer = [0; 8192];
                while let Ok(count @ 1..) = pipe.read(&mut buffer) {
                    bytes.lock().expect("no holder of this lock panics").extend_from_slice(&buffer[..count]);
                }
            }
        });
        Collector { bytes, thread }
    }

    /// Whether all was read before the deadline.
    fn ends_by(&self, deadline: Instant) -> bool {
        while !self.thread.is_finished() {
            if Instant::now() >= deadline {
                return false;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        true
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes.lock().expect("no holder of this lock panics")).into_owned()
    }
}

/// Runs the command with its output collected. A run beyond the limit is killed, with all it started, and panics with
/// what it had printed.
#[track_caller]
pub fn run(mut command: Command, limit: Duration) -> Outcome {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    // A group of its own, so that a run that hangs can be killed with its children.
    command.process_group(0);
    let started = Instant::now();
    let mut child = command.spawn().unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
    let stdout = Collector::start(child.stdout.take().expect("stdout is piped"));
    let stderr = Collector::start(child.stderr.take().expect("stderr is piped"));
    let status = wait(&mut child, started + limit);
    let took = started.elapsed();
    let Some(status) = status else {
        kill_group(&mut child);
        let (stdout, stderr) = (stdout.text(), stderr.text());
        panic!("still running after {limit:?}: {command:?}\n--- stdout\n{stdout}\n--- stderr\n{stderr}\n---");
    };
    let deadline = Instant::now() + LONGEST_ECHO;
    let complete = stdout.ends_by(deadline) & stderr.ends_by(deadline);
    Outcome {
        code: status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default()),
        stdout: stdout.text(),
        stderr: stderr.text(),
        took,
        left_running: !complete,
        violations: Vec::new(),
    }
}

fn wait(child: &mut Child, deadline: Instant) -> Option<ExitStatus> {
    loop {
        if let Some(status) = child.try_wait().expect("a child can be waited for") {
            return Some(status);
        }
        if Instant::now() >= deadline {
            return None;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The child has not been waited for, so the number of its group is still its own.
fn kill_group(child: &mut Child) {
    let group = format!("kill -s KILL -- -{}", child.id());
    let _ = Command::new("sh").args(["-c", &group]).stderr(Stdio::null()).status();
    let _ = child.kill();
    let _ = child.wait();
}

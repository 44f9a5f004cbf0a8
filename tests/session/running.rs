//! A run that is watched line by line, and killed at a moment of the test's choice.

use crate::support::*;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Nothing that is waited for takes longer, unless it never comes.
const LONGEST: Duration = Duration::from_secs(60);

pub struct Running {
    child: Child,
    lines: Receiver<Value>,
}

impl Running {
    /// `agent run --json ARGS`.
    pub fn start(project: &Project, args: &[&str]) -> Running {
        let mut command = project.command(&[&["run", "--json"], args].concat());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                if sender.send(serde_json::from_str(&line).unwrap()).is_err() {
                    return;
                }
            }
        });
        Running { child, lines }
    }

    /// The next line, unless the run has ended.
    pub fn line(&self) -> Option<Value> {
        self.lines.recv_timeout(LONGEST).ok()
    }

    /// Reads up to a line of this type.
    #[track_caller]
    pub fn until(&self, kind: &str) -> Value {
        std::iter::from_fn(|| self.line())
            .find(|line| line["type"] == kind)
            .unwrap_or_else(|| panic!("no `{kind}` came"))
    }

    /// `kill -9`, and nothing else.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = (self.child.kill(), self.child.wait());
    }
}

/// Waits for a file with something in it.
#[track_caller]
pub fn appears(path: &Path) -> String {
    let deadline = Instant::now() + LONGEST;
    loop {
        match std::fs::read_to_string(path) {
            Ok(text) if text.ends_with('\n') => return text,
            _ if Instant::now() > deadline => panic!("no {}", path.display()),
            _ => std::thread::sleep(Duration::from_millis(2)),
        }
    }
}

/// The records of the project's only session.
#[track_caller]
pub fn records(project: &Project) -> Vec<Value> {
    let sessions = project.sessions();
    assert_eq!(sessions.len(), 1, "one session: {sessions:?}");
    let text = std::fs::read_to_string(&sessions[0]).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub fn of_type<'a>(records: &'a [Value], kind: &str) -> Vec<&'a Value> {
    records.iter().filter(|record| record["type"] == kind).map(|record| &record["data"]).collect()
}

/// What the model was asked with, as text.
pub fn asked(request: &Request) -> String {
    String::from_utf8(request.raw.clone()).unwrap()
}

pub fn model_of(wire: Wire) -> &'static str {
    match wire {
        Wire::Responses => "openai/gpt-test",
        Wire::Chat => "lab/test-model",
        Wire::Messages => "anthropic/claude-test",
        Wire::Gemini => "google/gemini-3-test",
        Wire::Converse => "lab/claude-test",
    }
}

//! Finds the Python that has the vendors' packages, and talks to the scripts here in JSON lines.
//!
//! `AGENT_TEST_PYTHON` names it; `.ci/python` makes one. Where there is none a test is skipped aloud, but never in CI.

use crate::support::{LONGEST_RUN, run_command};
use serde_json::{Value, json};
use std::io::{Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub struct Python {
    executable: PathBuf,
}

/// One request as a codec made it.
pub struct Body {
    /// What it is, for whoever reads the failure.
    pub name: String,
    pub path: String,
    pub text: String,
}

impl Python {
    /// The Python to use; `None`, said on standard error, where there is none. In CI that is a failure.
    pub fn find() -> Option<Python> {
        if let Some(executable) = std::env::var_os("AGENT_TEST_PYTHON") {
            return Some(Python { executable: executable.into() });
        }
        assert!(std::env::var_os("CI").is_none(), "AGENT_TEST_PYTHON is not set: in CI nothing is skipped");
        let test = std::thread::current().name().unwrap_or("a test").to_owned();
        let why =
            format!("SKIPPED: {test}: AGENT_TEST_PYTHON names no Python with the packages; `.ci/python` makes one\n");
        // Around the capture of the test harness, which would hide it.
        let _ = std::io::stderr().write_all(why.as_bytes());
        None
    }

    /// `python SCRIPT`, ready to be spawned, with nothing of the user's environment.
    pub fn command(&self, script: &str, arguments: &[&str]) -> Command {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance");
        let mut command = Command::new(&self.executable);
        // `-B`: no bytecode beside the sources. `-I` would leave out the folder that the scripts import from.
        command.args(["-B"]).arg(folder.join(script)).args(arguments);
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("PYTHONUTF8", "1");
        command.env("AWS_EC2_METADATA_DISABLED", "true").stdin(Stdio::null());
        command
    }

    /// What the script answers to each of the lines.
    #[track_caller]
    pub fn ask(&self, script: &str, arguments: &[&str], lines: &[Value]) -> Vec<Value> {
        let mut input = tempfile::tempfile().expect("a temporary file");
        for line in lines {
            writeln!(input, "{line}").expect("room in a temporary file");
        }
        input.seek(SeekFrom::Start(0)).expect("a file can be read again");
        let mut command = self.command(script, arguments);
        command.stdin(input);
        let answers = run_command(command, LONGEST_RUN).code(0).json();
        assert_eq!(answers.len(), lines.len(), "one answer a line");
        answers
    }

    /// Of each body, what the validator has against it.
    #[track_caller]
    pub fn judge(&self, validator: &str, bodies: &[Body]) -> Vec<Option<String>> {
        let line = |body: &Body| json!({ "name": body.name, "path": body.path, "text": body.text });
        let lines: Vec<Value> = bodies.iter().map(line).collect();
        let answers = self.ask("validate.py", &[validator], &lines);
        answers.iter().map(|answer| answer["why"].as_str().map(str::to_owned)).collect()
    }

    /// Panics with the bodies that are refused.
    #[track_caller]
    pub fn assert_valid(&self, validator: &str, bodies: &[Body]) {
        let verdicts = self.judge(validator, bodies);
        let refused: Vec<String> = bodies
            .iter()
            .zip(&verdicts)
            .filter_map(|(body, why)| why.as_ref().map(|why| format!("{}: {why}\n  {:.2000}", body.name, body.text)))
            .collect();
        let shown = refused.iter().take(5).map(String::as_str).collect::<Vec<_>>().join("\n");
        assert!(refused.is_empty(), "{validator} refuses {} of {}:\n{shown}", refused.len(), bodies.len());
    }
}

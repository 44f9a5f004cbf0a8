//! A workbench: tools with real hands in a folder of their own, called as the loop calls them, through the gate.

use agent::base::access::Mode;
use agent::base::call::ToolCall;
use agent::base::model::Family;
use agent::config::paths::Environment;
use agent::disk::Disk;
use agent::policy::Policy;
use agent::process::environment::for_commands;
use agent::session::SessionOutputs;
use agent::store::folder::Folder;
use agent::text::redact::Redactor;
use agent::tool::gate::{self, Pass};
use agent::tool::{Hands, Output, Shell, Tool, for_edits};
use agent::workspace::files::Files;
use agent::workspace::place::Place;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::runtime::Runtime;

pub struct Bench {
    folder: TempDir,
    pub session: Folder,
    _state: TempDir,
    hands: Hands,
    tools: Vec<Arc<dyn Tool>>,
    pub mode: Mode,
    runtime: Runtime,
}

impl Bench {
    pub fn new(family: Family) -> Self {
        let (folder, state) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let session = Folder::create(state.path().join("session"), Disk::default()).unwrap();
        let place = Place::new(folder.path(), &[], None).unwrap();
        let environment = Environment::read();
        let shell = Shell {
            program: environment.find_program("bash").or_else(|| environment.find_program("sh")),
            environment: for_commands(&environment, &[], place.roots()),
            timeout: Duration::from_secs(20),
            max_timeout: Duration::from_secs(40),
        };
        let hands = Hands {
            place: Arc::new(place),
            files: Arc::new(Files::new(Disk::default())),
            jobs: Arc::default(),
            outputs: Arc::new(SessionOutputs::new(session.clone())),
            redactor: Redactor::default(),
            shell: Arc::new(shell),
            cell: agent::sandbox::cell::Cell::open(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Bench {
            folder,
            session,
            _state: state,
            hands,
            tools: for_edits(agent::config::families::edits(family)),
            mode: Mode::Auto,
            runtime,
        }
    }

    pub fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    /// With these looking absent, and these below them not.
    pub fn denied(mut self, denied: &[&str], readable: &[&str]) -> Self {
        let paths = |paths: &[&str]| paths.iter().map(|path| self.path(path)).collect();
        let place = (*self.hands.place).clone().with_denied(paths(denied), paths(readable));
        self.hands.place = Arc::new(place);
        self
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(path)
    }

    pub fn text(&self, path: &str) -> String {
        String::from_utf8(fs::read(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))).unwrap()
    }

    /// One call; words to the model in the place of an output are a failed one.
    pub fn call(&self, name: &str, arguments: impl ToString, freeform: bool) -> Output {
        let tool = self.tools.iter().find(|tool| tool.spec().name == name).expect("the family has this tool");
        let call = ToolCall { id: "call_1".into(), name: name.into(), arguments: arguments.to_string(), freeform };
        let job = match tool.prepare(&call, &self.hands) {
            Ok(job) => job,
            Err(unfit) => return Output::failed(unfit.words),
        };
        match gate::pass(&Policy { jailed: self.mode == Mode::Auto, ..Policy::new(self.mode) }, &job, &self.hands) {
            Pass::Granted(grant, _) => self.runtime.block_on((job.run)(grant)),
            Pass::Denied(words) | Pass::Ask(words) => Output::failed(words),
        }
    }

    /// What a call says that succeeds.
    #[track_caller]
    pub fn says(&self, name: &str, arguments: Value) -> String {
        let output = self.call(name, &arguments, false);
        assert!(!output.failed, "{name} {arguments}: {}", output.text);
        output.text
    }

    /// What a call says that fails.
    #[track_caller]
    pub fn fails(&self, name: &str, arguments: Value) -> String {
        let output = self.call(name, &arguments, false);
        assert!(output.failed, "{name} {arguments}: {}", output.text);
        output.text
    }
}

/// A named pipe, which nobody writes to.
pub fn pipe(bench: &Bench, path: &str) {
    let status = std::process::Command::new("mkfifo").arg(bench.path(path)).status().unwrap();
    assert!(status.success());
}

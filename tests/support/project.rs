//! A throwaway project with a home of its own, and the binary run in it as a user would, with nothing of the real
//! user's environment.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, OnceLock};

use tempfile::TempDir;

use super::outcome::{self, LONGEST_RUN, Outcome};
use super::reply::{Reply, Step, Wire};
use super::server::Server;

/// The key the agent is given; a real one never gets near a test.
const KEY: &str = "test-key-0123456789";

pub struct Project {
    folder: TempDir,
    /// The text given for the configuration file, without the part about the server.
    config: String,
    environment: Vec<(String, String)>,
    git: bool,
    committed: OnceLock<()>,
    server: OnceLock<Server>,
    /// What the server that is started at the first run will play.
    steps: Mutex<Vec<Step>>,
}

impl Default for Project {
    fn default() -> Self {
        Project::new()
    }
}

impl Project {
    /// A plain folder.
    pub fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("agent-test-").tempdir().expect("a temporary folder");
        for name in ["work", "home"] {
            fs::create_dir(folder.path().join(name)).expect("a folder in a new temporary folder");
        }
        Project {
            folder,
            config: String::new(),
            environment: Vec::new(),
            git: false,
            committed: OnceLock::new(),
            server: OnceLock::new(),
            steps: Mutex::new(Vec::new()),
        }
    }

    /// Makes it a git repository. All files there are when the first command is prepared become its first commit.
    pub fn git(mut self) -> Self {
        self.git = true;
        self.git_command(&["init", "-q", "-b", "main"]);
        self.git_command(&["config", "user.name", "Test User"]);
        self.git_command(&["config", "user.email", "test@example.com"]);
        self
    }

    pub fn file(self, path: &str, text: &str) -> Self {
        self.bytes(path, text.as_bytes())
    }

    pub fn bytes(self, path: &str, bytes: &[u8]) -> Self {
        write(&self.path().join(path), bytes);
        self
    }

    /// Sets the user's configuration file.
    pub fn config(mut self, text: &str) -> Self {
        text.clone_into(&mut self.config);
        self.write_config();
        self
    }

    /// Sets a variable, which wins over those set for the server.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Lets the agent use this server by default. One that replaces another of its wire is the same vendor to the
    /// agent and takes over what that one remembers.
    pub fn server(mut self, server: Server) -> Self {
        if let Some(former) = self.server.take().filter(|former| former.wire() == server.wire()) {
            server.adopt(&former);
        }
        assert!(self.server.set(server).is_ok(), "the former server was taken out");
        self.write_config();
        self
    }

    /// Adds a reply to the script: of the server there is, or of a Messages server started at the first run.
    pub fn reply(self, reply: Reply) -> Self {
        self.step(Step::Reply(reply))
    }

    /// As [`Project::reply`], for any step.
    pub fn step(self, step: Step) -> Self {
        match self.server.get() {
            Some(server) => server.push(step),
            None => self.steps.lock().expect("no holder of this lock panics").push(step),
        }
        self
    }

    /// `agent run ARGS`, with nothing to read on stdin.
    #[track_caller]
    pub fn run(&self, args: &[&str]) -> Outcome {
        let mut all = vec!["run"];
        all.extend_from_slice(args);
        self.agent(&all)
    }

    /// `agent ARGS`, with nothing to read on stdin.
    #[track_caller]
    pub fn agent(&self, args: &[&str]) -> Outcome {
        let mut outcome = outcome::run(self.command(args), LONGEST_RUN);
        outcome.violations = self.server.get().map(Server::violations).unwrap_or_default();
        outcome
    }

    /// A command that is ready to be spawned, for tests which kill it or write to its stdin.
    pub fn command(&self, args: &[&str]) -> Command {
        self.start_server();
        if self.git {
            self.committed.get_or_init(|| {
                self.git_command(&["add", "-A"]);
                self.git_command(&["commit", "-q", "--allow-empty", "-m", "Start"]);
            });
        }
        let mut command = Command::new(env!("CARGO_BIN_EXE_agent"));
        command.args(args).current_dir(self.path()).stdin(Stdio::null());
        self.set_environment(&mut command);
        if let Some(server) = self.server.get() {
            command.envs(server_environment(server));
        }
        command.envs(self.environment.iter().cloned());
        command
    }

    fn set_environment(&self, command: &mut Command) {
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.home())
            .env("LANG", "C.UTF-8")
            .env("TERM", "dumb")
            .env("NO_PROXY", "127.0.0.1,localhost");
    }

    /// The text of a file of the project.
    #[track_caller]
    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path().join(path)).unwrap_or_else(|error| panic!("cannot read {path}: {error}"))
    }

    pub fn exists(&self, path: &str) -> bool {
        self.path().join(path).symlink_metadata().is_ok()
    }

    /// The folder the agent works in.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// The server that the agent talks to. [`Project::server`] is the one that sets it.
    #[track_caller]
    pub fn model_server(&self) -> &Server {
        self.server.get().expect("this project has no server yet; one made of replies starts with the first run")
    }

    /// Every file of the project by its path, without those of git. A symbolic link reads as `-> ` and its target.
    pub fn tree(&self) -> BTreeMap<String, Vec<u8>> {
        let root = self.path();
        let mut files = BTreeMap::new();
        for path in walk(&root) {
            let relative = path.strip_prefix(&root).expect("a path below the root");
            if relative.starts_with(".git") {
                continue;
            }
            let content = match fs::read_link(&path) {
                Ok(target) => format!("-> {}", target.display()).into_bytes(),
                Err(_) => fs::read(&path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display())),
            };
            files.insert(relative.to_string_lossy().into_owned(), content);
        }
        files
    }

    /// The logs of all sessions, sorted by path.
    pub fn sessions(&self) -> Vec<PathBuf> {
        let folder = self.home().join(".local/state/agent/sessions");
        walk(&folder).into_iter().filter(|path| path.file_name().is_some_and(|name| name == "log.jsonl")).collect()
    }

    /// Runs git in the project as nobody in particular and at no particular time, and gives what it printed.
    #[track_caller]
    pub fn git_command(&self, args: &[&str]) -> String {
        let mut command = Command::new("git");
        command.args(args).current_dir(self.path()).stdin(Stdio::null());
        self.set_environment(&mut command);
        command.env("GIT_CONFIG_NOSYSTEM", "1");
        command.env("GIT_AUTHOR_DATE", "2025-06-15T00:00:00Z").env("GIT_COMMITTER_DATE", "2025-06-15T00:00:00Z");
        outcome::run(command, LONGEST_RUN).code(0).stdout
    }

    fn start_server(&self) {
        let mut steps = self.steps.lock().expect("no holder of this lock panics");
        if self.server.get().is_none() && !steps.is_empty() {
            self.server.get_or_init(|| Server::start(Wire::Messages, Vec::new()));
        }
        if let Some(server) = self.server.get() {
            steps.drain(..).for_each(|step| server.push(step));
        }
    }

    fn write_config(&self) {
        let mut text = self.config.clone();
        let named = |server: &&Server| matches!(server.wire(), Wire::Chat | Wire::Converse);
        if let Some(server) = self.server.get().filter(named) {
            let wire = if server.wire() == Wire::Chat { "chat" } else { "converse" };
            let base_url = server.base_url();
            text.push_str(&format!(
                "\n[providers.lab]\nwire = \"{wire}\"\nbase_url = \"{base_url}\"\nkey_env = \"LAB_API_KEY\"\n"
            ));
        }
        if !text.is_empty() {
            write(&self.home().join(".config/agent/config.toml"), text.as_bytes());
        }
    }
}

/// The variables by which the agent finds the server and uses its model.
fn server_environment(server: &Server) -> Vec<(&'static str, String)> {
    let key = KEY.to_owned();
    match server.wire() {
        Wire::Responses => vec![
            ("OPENAI_BASE_URL", server.base_url()),
            ("OPENAI_API_KEY", key),
            ("AGENT_MODEL", "openai/test-model".to_owned()),
        ],
        Wire::Messages => vec![
            ("ANTHROPIC_BASE_URL", server.base_url()),
            ("ANTHROPIC_API_KEY", key),
            ("AGENT_MODEL", "anthropic/test-model".to_owned()),
        ],
        Wire::Gemini => vec![
            ("GOOGLE_GEMINI_BASE_URL", server.url()),
            ("GEMINI_API_KEY", key),
            ("AGENT_MODEL", "google/test-model".to_owned()),
        ],
        // Its address is in the configuration file.
        Wire::Chat | Wire::Converse => {
            vec![("LAB_API_KEY", key), ("AGENT_MODEL", "lab/test-model".to_owned())]
        }
    }
}

fn write(path: &Path, bytes: &[u8]) {
    let parent = path.parent().expect("a file has a folder");
    fs::create_dir_all(parent).unwrap_or_else(|error| panic!("cannot make {}: {error}", parent.display()));
    fs::write(path, bytes).unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
}

/// All that is no folder below a folder, sorted; nothing if the folder is not there.
fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let entry = entry.expect("a folder can be read to its end");
            match entry.file_type().expect("an entry has a type").is_dir() {
                true => folders.push(entry.path()),
                false => found.push(entry.path()),
            }
        }
    }
    found.sort();
    found
}

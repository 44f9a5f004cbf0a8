//! Where attacks are tried: the machine of a user who is not root, with a home, a workspace that is a git repository, and things beside
//! them that are none of a command's business; and the settings in which a command runs there.
//!
//! An [`Attack`] is a script and the harm that it would do, which is looked for from outside of the jail. The same script without a
//! jail has to do that harm, so that no attack fails for being written badly.

use crate::support::*;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use tempfile::TempDir;

/// `nobody`, who runs the attacks where root runs the tests.
const NOBODY: u32 = 65534;

/// What enforces the jail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    Namespaces,
    /// Landlock and seccomp alone, with the look at protected paths after each command.
    Landlock,
    /// Nothing, and a sandbox is required: nothing may run at all.
    Nothing,
}

pub const SETTINGS: [Setting; 3] = [Setting::Namespaces, Setting::Landlock, Setting::Nothing];

/// The exit code where there is no sandbox.
const NO_SANDBOX: i32 = 7;

impl Setting {
    pub fn backend(self) -> &'static str {
        match self {
            Setting::Namespaces => "namespaces",
            Setting::Landlock => "landlock",
            Setting::Nothing => "none",
        }
    }

    /// Does it work on this machine, for this user? One that does not is said, and a failure where `CI` is set. It is found out once.
    pub fn is_here(self) -> bool {
        static NAMESPACES: OnceLock<bool> = OnceLock::new();
        static LANDLOCK: OnceLock<bool> = OnceLock::new();
        let known = match self {
            Setting::Namespaces => &NAMESPACES,
            Setting::Landlock => &LANDLOCK,
            Setting::Nothing => return true,
        };
        *known.get_or_init(|| {
            let outcome = Scene::empty(self).sandbox(&[], "true");
            let works = outcome.code == 0;
            if !works {
                skipped(&format!("{} does not work here: {}", self.backend(), outcome.stderr));
            }
            works
        })
    }
}

/// What is not there cannot be tested; where `CI` is set it has to be there.
#[expect(clippy::print_stdout, reason = "who reads the tests' output has to see what was not tested")]
pub fn skipped(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "{why}");
    println!("SKIPPED: {why}");
}

/// A script that a test has run in a jail, as it was written.
#[derive(Clone, PartialEq, Eq)]
struct Tried {
    flags: Vec<String>,
    script: String,
    by_model: bool,
}

thread_local! {
    /// Of the test that this thread does.
    static TRIED: RefCell<Vec<Tried>> = const { RefCell::new(Vec::new()) };
}

pub fn note_tried(flags: &[&str], script: &str, by_model: bool) {
    let flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
    let tried = Tried { flags, script: script.to_owned(), by_model };
    TRIED.with_borrow_mut(|all| {
        if !all.contains(&tried) {
            all.push(tried)
        }
    });
}

/// Does the test in each setting in which commands run, on a machine of its own; and then each of its scripts where nothing enforces a
/// jail, so that none of them begins.
#[track_caller]
pub fn in_each_jail(test: impl Fn(&Scene)) {
    let here = [Setting::Namespaces, Setting::Landlock].into_iter().filter(|setting| setting.is_here());
    let here: Vec<Setting> = here.collect();
    TRIED.take();
    here.into_iter().for_each(|setting| test(&Scene::new(setting)));
    nothing_begins(&TRIED.take());
}

#[track_caller]
fn nothing_begins(tried: &[Tried]) {
    let scene = Scene::new(Setting::Nothing);
    let state = || ["{work}", "{outside}"].map(|path| scene.state(path));
    let before = state();
    for Tried { flags, script, by_model } in tried {
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        let outcome = if *by_model { scene.modelled(script) } else { scene.sandbox(&flags, script) };
        assert_eq!(outcome.code, NO_SANDBOX, "without a jail: {script}\n{outcome}");
    }
    assert_eq!(state(), before, "something began without a jail");
}

/// The machine of a user.
pub struct Scene {
    pub setting: Setting,
    folder: TempDir,
    program: Arc<Program>,
    environment: Vec<(String, String)>,
    /// Other processes of the user, ended with the scene.
    beside: Mutex<Vec<Child>>,
}

/// The binary where the user can execute it; gone with the last scene that uses it.
struct Program {
    path: PathBuf,
    _folder: Option<TempDir>,
}

fn program() -> Arc<Program> {
    static PROGRAM: Mutex<Weak<Program>> = Mutex::new(Weak::new());
    let mut known = PROGRAM.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(program) = known.upgrade() {
        return program;
    }
    let built = PathBuf::from(env!("CARGO_BIN_EXE_agent"));
    let made = match is_root() {
        false => Program { path: built, _folder: None },
        true => {
            let folder = folder();
            fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
            let path = folder.path().join("agent");
            if fs::hard_link(&built, &path).is_err() {
                fs::copy(&built, &path).unwrap();
            }
            Program { path, _folder: Some(folder) }
        }
    };
    let made = Arc::new(made);
    *known = Arc::downgrade(&made);
    made
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Not in `/tmp`: commands may have one of their own, in which all of this could not be reached anyway.
fn folder() -> TempDir {
    tempfile::Builder::new().prefix("agent-attack-").tempdir_in("/var/tmp").unwrap()
}

impl Scene {
    /// With a home, a configuration, a workspace with one commit, and a folder `outside`.
    pub fn new(setting: Setting) -> Self {
        let scene = Self::empty(setting);
        scene.file("{home}/.config/agent/config.toml", "mode = \"auto\"\n");
        scene.file("{home}/.gitconfig", "[user]\nname = Test User\nemail = test@example.com\n");
        scene.file("{work}/README.md", "hello\n");
        scene.file("{outside}/kept.txt", "kept\n");
        scene.plain("git init -q -b main && git add -A && git commit -q -m Start").code(0);
        scene
    }

    fn empty(setting: Setting) -> Self {
        let scene =
            Self { setting, folder: folder(), program: program(), environment: Vec::new(), beside: Mutex::default() };
        scene.own(scene.folder.path());
        for folder in ["{home}", "{work}", "{outside}"] {
            scene.folder(folder);
        }
        scene
    }

    /// Sets a variable of the user's own environment.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn home(&self) -> PathBuf {
        self.path().join("home")
    }

    pub fn work(&self) -> PathBuf {
        self.path().join("work")
    }

    /// `{home}`, `{work}` and `{outside}` stand for those folders, `{agent}` for the program, `{tag}` for a name that no other scene has:
    /// what has it in `/tmp`, `/var/tmp` and `/dev/shm` is gone with the scene.
    pub fn fill(&self, text: &str) -> String {
        let mut text = text.replace("{agent}", self.program.path.to_str().unwrap());
        text = text.replace("{tag}", self.tag());
        for name in ["home", "work", "outside"] {
            text = text.replace(&format!("{{{name}}}"), self.path().join(name).to_str().unwrap());
        }
        text
    }

    fn tag(&self) -> &str {
        self.path().file_name().unwrap().to_str().unwrap().trim_start_matches("agent-attack-")
    }

    /// Makes a file of the user's, with the folders around it.
    pub fn file(&self, path: &str, text: &str) {
        let path = PathBuf::from(self.fill(path));
        self.folders(path.parent().unwrap());
        fs::write(&path, self.fill(text)).unwrap();
        self.own(&path);
    }

    pub fn folder(&self, path: &str) {
        self.folders(Path::new(&self.fill(path)));
    }

    /// Makes a symbolic link of the user's.
    pub fn link(&self, target: &str, path: &str) {
        let path = PathBuf::from(self.fill(path));
        self.folders(path.parent().unwrap());
        symlink(self.fill(target), &path).unwrap();
        if is_root() {
            std::os::unix::fs::lchown(&path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
    }

    fn folders(&self, path: &Path) {
        if path.is_dir() {
            return;
        }
        self.folders(path.parent().unwrap());
        fs::create_dir(path).unwrap();
        self.own(path);
    }

    fn own(&self, path: &Path) {
        if is_root() {
            chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
    }

    /// A program that the user starts in the workspace.
    pub fn started(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.work()).stdin(Stdio::null()).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", self.home());
        command
            .env("LANG", "C.UTF-8")
            .env("TERM", "dumb")
            .env("SHELL", "/bin/sh")
            .env("NO_PROXY", "127.0.0.1,localhost");
        command.envs(self.environment.iter().map(|(name, value)| (name, self.fill(value))));
        if is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    }

    /// `agent ARGS`, ready to be started by the user.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = self.started(&self.program.path);
        command.args(args);
        command
    }

    /// `agent ARGS` outside of every jail.
    #[track_caller]
    pub fn agent(&self, args: &[&str]) -> Outcome {
        run_command(self.command(args), LONGEST_RUN)
    }

    /// A script of the user's own, without a jail.
    #[track_caller]
    pub fn plain(&self, script: &str) -> Outcome {
        let mut command = self.started(Path::new("sh"));
        command.args(["-c", &self.fill(script)]);
        run_command(command, LONGEST_RUN)
    }

    /// Starts a script of the user's own that ends as `sleep` and goes on until the end of the scene; its number is in the file `path`.
    pub fn start(&self, script: &str, path: &str) {
        let mut command = self.started(Path::new("sh"));
        let child =
            command.args(["-c", &self.fill(script)]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        self.file(path, &child.id().to_string());
        let name = format!("/proc/{}/comm", child.id());
        let deadline = std::time::Instant::now() + LONGEST_RUN;
        while fs::read_to_string(&name).is_ok_and(|name| name.trim() != "sleep") {
            assert!(std::time::Instant::now() < deadline, "the other process does not become `sleep`");
            std::thread::yield_now();
        }
        self.beside.lock().unwrap_or_else(PoisonError::into_inner).push(child);
    }

    /// A script by `agent sandbox` in this setting.
    #[track_caller]
    pub fn jailed(&self, script: &str) -> Outcome {
        self.sandbox(&[], script)
    }

    /// The same with further options.
    #[track_caller]
    pub fn sandbox(&self, flags: &[&str], script: &str) -> Outcome {
        note_tried(flags, script, false);
        let (backend, script) = (format!("sandbox.backend={}", self.setting.backend()), self.fill(script));
        self.agent(&[&["sandbox", "-c", &backend], flags, &["--", "sh", "-c", &script]].concat())
    }

    /// A script that a model of `agent run` asks for, in this setting. What the model was told is appended to what was printed.
    #[track_caller]
    pub fn modelled(&self, script: &str) -> Outcome {
        note_tried(&[], script, true);
        self.called("shell", json!({ "command": self.fill(script) }))
    }

    /// The same for any tool.
    #[track_caller]
    pub fn called(&self, tool: &str, input: Value) -> Outcome {
        let call = Reply::call(tool, input);
        let server = Server::start(Wire::Messages, vec![Step::Reply(call), Step::Reply(Reply::text("done"))]);
        let backend = format!("sandbox.backend={}", self.setting.backend());
        let mut command = self.command(&["run", "--mode", "auto", "--require-sandbox", "-c", &backend, "go on"]);
        command.env("ANTHROPIC_BASE_URL", server.base_url()).env("ANTHROPIC_API_KEY", "test-key-0123456789");
        command.env("AGENT_MODEL", "anthropic/test-model");
        let mut outcome = run_command(command, LONGEST_RUN);
        for request in server.requests() {
            outcome.stdout.push_str(&String::from_utf8_lossy(&request.raw));
        }
        outcome.violations = server.violations();
        outcome
    }

    /// All that is at a path and below: texts of files, targets of links. Empty where there is nothing.
    pub fn state(&self, path: &str) -> BTreeMap<PathBuf, String> {
        let mut found = BTreeMap::new();
        note(Path::new(&self.fill(path)), &mut found);
        found
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        for child in self.beside.get_mut().unwrap_or_else(PoisonError::into_inner) {
            let _ = child.kill();
            let _ = child.wait();
        }
        for folder in ["/tmp", "/var/tmp", "/dev/shm"] {
            let place = Path::new(folder).join(self.tag());
            let _ = fs::remove_file(&place).or_else(|_| fs::remove_dir_all(&place));
        }
    }
}

fn note(path: &Path, found: &mut BTreeMap<PathBuf, String>) {
    let Ok(meta) = fs::symlink_metadata(path) else { return };
    let text = if meta.is_dir() {
        let entries = fs::read_dir(path).into_iter().flatten().flatten();
        entries.for_each(|entry| note(&entry.path(), found));
        "a folder".into()
    } else if meta.is_symlink() {
        format!("-> {}", fs::read_link(path).unwrap().display())
    } else if meta.is_file() {
        format!("{:o} {}", meta.permissions().mode(), String::from_utf8_lossy(&fs::read(path).unwrap_or_default()))
    } else {
        format!("{:?}", meta.file_type())
    };
    found.insert(path.to_owned(), text);
}

/// What must not have happened when an attack is over.
#[derive(Clone, Debug)]
pub enum Harm {
    /// What is at this path and below is not as it was, or is there now.
    Changes(String),
    /// The attacker sees this text.
    Tells(String),
    /// Anything else that can be seen from outside.
    Is(fn(&Scene, &Outcome) -> bool),
}

/// Where an attack is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    Everywhere,
    /// Not by Landlock alone, as the documents say: the words there.
    ButByLandlock(&'static str),
    /// By no jail, as the documents say: the words there.
    Nowhere(&'static str),
}

/// One attack, as a row of a table.
#[derive(Clone, Debug)]
pub struct Attack {
    pub name: String,
    /// For `sh`, in the workspace; see [`Scene::fill`].
    pub script: String,
    pub harm: Harm,
    pub stopped: Stopped,
}

/// An attack that changes what is at `path` or below. Every jail stops it.
pub fn changes(name: impl Into<String>, script: impl Into<String>, path: impl Into<String>) -> Attack {
    attack(name, script, Harm::Changes(path.into()))
}

/// An attack that shows a secret. Every jail stops it.
pub fn tells(name: impl Into<String>, script: impl Into<String>, secret: impl Into<String>) -> Attack {
    attack(name, script, Harm::Tells(secret.into()))
}

/// An attack whose harm is looked for. Every jail stops it.
pub fn does(name: impl Into<String>, script: impl Into<String>, harm: fn(&Scene, &Outcome) -> bool) -> Attack {
    attack(name, script, Harm::Is(harm))
}

fn attack(name: impl Into<String>, script: impl Into<String>, harm: Harm) -> Attack {
    Attack { name: name.into(), script: script.into(), harm, stopped: Stopped::Everywhere }
}

impl Attack {
    /// The same, but a setting cannot stop it, and the documents say so.
    pub fn but(self, stopped: Stopped) -> Attack {
        Attack { stopped, ..self }
    }
}

/// Which way an attack comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// As the user's own, without a jail.
    Plain,
    /// `agent sandbox -- CMD`.
    Sandbox,
    /// `agent run`, by a model.
    Model,
}

/// Tries each attack on a machine of its own: first without a jail, where it has to do its harm, then in every setting; where nothing
/// runs, only the first. `prepare` makes the machine ready.
#[track_caller]
pub fn try_each(prepare: impl Fn(Scene) -> Scene, attacks: &[Attack]) {
    let settings = |nth: usize| if nth == 0 { &SETTINGS[..] } else { &SETTINGS[..2] };
    let each = attacks.chunks(1).enumerate();
    finish(each.flat_map(|(nth, attack)| everywhere(&prepare, attack, settings(nth))).collect());
}

/// The same with all attacks on one machine, one after the other in one command: for those that are not in each other's way.
#[track_caller]
pub fn try_together(prepare: impl Fn(Scene) -> Scene, attacks: &[Attack]) {
    finish(everywhere(&prepare, attacks, &SETTINGS));
}

/// Tries attacks through a model, each on a machine of its own in every setting.
#[track_caller]
pub fn try_by_model(prepare: impl Fn(Scene) -> Scene, attacks: &[Attack]) {
    let mut found = Vec::new();
    for attack in attacks.chunks(1) {
        for setting in SETTINGS.into_iter().filter(|setting| setting.is_here()) {
            found.extend(wrong(&prepare(Scene::new(setting)), attack, Way::Model));
        }
    }
    finish(found);
}

#[track_caller]
fn finish(wrong: Vec<String>) {
    assert!(wrong.is_empty(), "{} wrong:\n\n{}", wrong.len(), wrong.join("\n"));
}

fn everywhere(prepare: &impl Fn(Scene) -> Scene, attacks: &[Attack], settings: &[Setting]) -> Vec<String> {
    let mut found = wrong(&prepare(Scene::new(Setting::Nothing)), attacks, Way::Plain);
    for setting in settings.iter().copied().filter(|setting| setting.is_here()) {
        found.extend(wrong(&prepare(Scene::new(setting)), attacks, Way::Sandbox));
    }
    found
}

/// What was not as it should be.
fn wrong(scene: &Scene, attacks: &[Attack], way: Way) -> Vec<String> {
    let before: Vec<_> = attacks.iter().map(|attack| attack.harm.before(scene)).collect();
    let mut script: String = attacks.iter().map(|attack| format!("(\n{}\n)\n", attack.script)).collect();
    // What a single attack ends with tells nothing; that the end was reached does.
    script.push_str("true");
    let outcome = match way {
        Way::Plain => scene.plain(&script),
        Way::Sandbox => scene.jailed(&script),
        Way::Model => scene.modelled(&script),
    };
    let setting = scene.setting;
    let mut found = Vec::new();
    let code = if setting == Setting::Nothing && way != Way::Plain { NO_SANDBOX } else { 0 };
    if outcome.code != code {
        found.push(format!("in {setting:?} the exit code is {}\n{outcome}", outcome.code));
    }
    for (attack, before) in attacks.iter().zip(before) {
        let harmed = attack.harm.is_done(scene, &outcome, &before);
        let says = match (attack.expected(setting, way), harmed) {
            (Expected::Harm(why), false) => format!("did no harm by {way:?} in {setting:?}, although {why}"),
            (Expected::NoHarm, true) => format!("did its harm by {way:?} in {setting:?}"),
            (Expected::Harm(_), true) | (Expected::NoHarm, false) => continue,
        };
        found.push(format!("{}: {says}", attack.name));
    }
    if !found.is_empty() {
        found.push(outcome.to_string());
    }
    found
}

/// What an attack does in a setting.
enum Expected {
    NoHarm,
    /// And why.
    Harm(&'static str),
}

impl Attack {
    fn expected(&self, setting: Setting, way: Way) -> Expected {
        match (way, setting, self.stopped) {
            (Way::Plain, _, _) => Expected::Harm("there is no jail: the attack shows nothing"),
            (_, Setting::Nothing, _)
            | (_, _, Stopped::Everywhere)
            | (_, Setting::Namespaces, Stopped::ButByLandlock(_)) => Expected::NoHarm,
            (_, Setting::Landlock, Stopped::ButByLandlock(words)) | (_, _, Stopped::Nowhere(words)) => {
                Expected::Harm(words)
            }
        }
    }
}

impl Harm {
    fn before(&self, scene: &Scene) -> BTreeMap<PathBuf, String> {
        match self {
            Harm::Changes(path) => scene.state(path),
            Harm::Tells(_) | Harm::Is(_) => BTreeMap::new(),
        }
    }

    fn is_done(&self, scene: &Scene, outcome: &Outcome, before: &BTreeMap<PathBuf, String>) -> bool {
        match self {
            Harm::Changes(path) => scene.state(path) != *before,
            Harm::Tells(text) => outcome.stdout.contains(text) || outcome.stderr.contains(text),
            Harm::Is(seen) => seen(scene, outcome),
        }
    }
}

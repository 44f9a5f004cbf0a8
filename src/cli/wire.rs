//! From flags and configuration to the parts of a session.

use super::args::{self, Common};
use super::decide;
use super::jail::Made;
use super::model::Ready;
use crate::auth::keyfile::KeyFile;
use crate::auth::keys::Key;
use crate::auth::known;
use crate::base::access::{Mode, Network};
use crate::base::event::{Event, InstructionFile, Record, SessionStarted};
use crate::base::secret::Secret;
use crate::base::{Error, Kind, Result};
use crate::config::keys::Value;
use crate::config::paths::Environment;
use crate::config::{Config, Source, providers};
use crate::disk::Disk;
use crate::net::Transport;
use crate::process::environment;
use crate::process::jobs::Jobs;
use crate::prompt::{self, Surroundings};
use crate::sandbox::Backend;
use crate::sandbox::signing::Signing;
use crate::session::{Account, Candidate, Limits, Parts, Past, Router, Schema, SessionOutputs};
use crate::store::folder::Folder;
use crate::store::ledger::Ledger;
use crate::store::log::Log;
use crate::store::sessions;
use crate::text::redact::Redactor;
use crate::tool::{self, Hands, Shell};
use crate::workspace::checkpoint::Store;
use crate::workspace::files::Files;
use crate::workspace::git;
use crate::workspace::instructions::{self, Instructions};
use crate::workspace::journal;
use crate::workspace::place::Place;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The log that a run writes, and what is in it already.
pub struct Recorded {
    pub id: String,
    pub folder: Folder,
    pub log: Log,
    pub past: Past,
    /// What was found when it was opened, for the user.
    pub news: Vec<String>,
}

/// The configuration of a run: files, environment, `-c`, and flags.
pub fn configure(common: &Common, bare: bool, environment: &Environment) -> Result<Config> {
    let mut config = Config::load(environment, bare, &common.config)?;
    if let Some(model) = &common.model {
        config.set("model", crate::config::models(model), Source::Flag("-m"));
    }
    if let Some(mode) = common.mode {
        config.set("mode", Value::Text(mode_name(mode).into()), Source::Flag("--mode"));
    }
    if common.require_sandbox {
        config.set("sandbox.require", Value::Flag(true), Source::Flag("--require-sandbox"));
    }
    config.constrain(environment)?;
    Ok(config)
}

fn mode_name(mode: args::Mode) -> &'static str {
    match mode {
        args::Mode::Read => "read",
        args::Mode::Ask => "ask",
        args::Mode::Auto => "auto",
        args::Mode::Full => "full",
    }
}

/// Where the run works: where `-C` says, where the session that goes on did, or here.
pub fn place(common: &Common, environment: &Environment, earlier: Option<&Path>) -> Result<Place> {
    let start = Environment::working_folder()?;
    let folder = match (&common.cd, earlier) {
        (Some(cd), _) => start.join(cd),
        (None, Some(earlier)) => earlier.to_path_buf(),
        (None, None) => start.clone(),
    };
    if !folder.is_dir() {
        return Err(
            Error::usage(format!("there is no folder `{}`", folder.display())).hint("-C takes a folder that exists")
        );
    }
    let added: Vec<PathBuf> = common.add_dir.iter().map(|path| start.join(path)).collect();
    if let Some(missing) = added.iter().find(|path| !path.is_dir()) {
        return Err(Error::usage(format!("there is no folder `{}`", missing.display()))
            .hint("--add-dir takes a folder that exists"));
    }
    Place::new(&folder, &added, environment.home().ok().as_deref())
        .map_err(|error| Error::io("open", folder.display(), &error).kind(Kind::Usage))
}

/// Every secret of this run by value, so that none of them reaches a log or a prompt.
pub fn redactor(keys: &[Key], config: &Config, environment: &Environment) -> Redactor {
    let allowed = config.list("secrets.allow");
    let from_environment = environment
        .iter()
        .filter(|(name, _)| environment::is_secret(name))
        .filter_map(|(name, value)| Some((name.to_owned(), value.to_str()?)));
    let redactor = Redactor::default().allowing(allowed);
    // A path or a plain word under such a name is no secret, and would be cut out of innocent text.
    from_environment
        .filter(|(name, value)| {
            !value.starts_with('/') && value.bytes().any(|byte| byte.is_ascii_digit()) && !allowed.contains(name)
        })
        .for_each(|(name, value)| redactor.learn(&name, &Secret::new(value)));
    // A command may print the whole file, and then also the keys of providers that this run does not ask.
    let stored = KeyFile::of(environment, Disk::default()).map(|file| file.secrets()).unwrap_or_default();
    let tokens = keys.iter().filter_map(|key| key.tokens.as_ref()?.refresh.clone());
    let of_keys = keys.iter().map(|key| ("provider key".to_owned(), key.secret.clone()));
    let tokens = tokens.map(|token| ("login".to_owned(), token));
    let all = of_keys.chain(tokens).chain(stored).chain(known::secrets(environment));
    all.for_each(|(name, secret)| redactor.learn(&name, &secret));
    redactor
}

/// The id of a new session; ids sort by time.
pub fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// Makes a session's folder and log. Its id is the folder's name.
pub fn create(path: PathBuf, redactor: &Redactor) -> Result<Recorded> {
    let id = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let folder = Folder::create(path, Disk::default())?;
    let log = Log::create(&folder.log_path(), Disk::default(), redactor.clone())?;
    let past = Past::of(&id);
    Ok(Recorded { id, folder, log, past, news: Vec::new() })
}

/// Opens a session to go on with it.
pub fn reopen(id: &str, environment: &Environment, redactor: &Redactor) -> Result<Recorded> {
    let folder = Folder::open(sessions::folder(&environment.state_folder()?, id), Disk::default());
    let mut past = Past::of(id);
    let mut told = |record: &Record| past.push(record);
    let opened = Log::open(&folder.log_path(), Disk::default(), redactor.clone(), &mut told)?;
    let broken =
        opened.broken.map(|line| format!("the session's log was changed by something else than agent, at line {line}"));
    let news = journal::recover(&folder.journal_path(), &Disk::default()).into_iter().chain(broken).collect();
    Ok(Recorded { id: id.into(), folder, log: opened.log, past, news })
}

/// The ledger of this user's money. Where there is none to be had, a run without a budget that goes by it goes on, and what it costs
/// is only in its own log.
pub fn ledger(limits: &Limits, environment: &Environment, notices: &mut Vec<String>) -> Result<Ledger> {
    match environment.state_folder().and_then(|state| Ledger::open(&state)) {
        Ok(ledger) => Ok(ledger),
        Err(error) if limits.budgets.is_empty() => {
            notices.push(format!("what this run costs is not added to `agent cost`: {}", error.message));
            Ledger::in_memory()
        }
        Err(error) => Err(error),
    }
}

/// Where the checkpoints of the workspace at `root` are, whether there are any or not.
pub fn checkpoint_store(config: &Config, environment: &Environment, root: &Path) -> Result<Store> {
    let cap = config.number("checkpoints.cap").unwrap_or(u64::MAX);
    Ok(Store::new(&environment.state_folder()?, root, Disk::default(), cap))
}

/// Where a run keeps its checkpoints, if it is to take any; adds what the user should know of that.
pub fn checkpoints(
    config: &Config,
    environment: &Environment,
    place: &Place,
    notices: &mut Vec<String>,
) -> Result<Option<Store>> {
    if config.flag("checkpoints.enabled") == Some(false) {
        return Ok(None);
    }
    let root = place.roots().first().map_or(place.folder(), PathBuf::as_path);
    let store = checkpoint_store(config, environment, root)?;
    // All that a person has is no workspace, and too much to keep.
    if environment.home().is_ok_and(|home| home.canonicalize().unwrap_or(home).starts_with(store.root())) {
        notices.push("no checkpoints are taken of the home folder, so `agent undo` cannot undo this run".into());
        return Ok(None);
    }
    Ok(Some(store))
}

/// What a session needs besides its log and its model.
pub struct Rest<'a> {
    pub config: &'a Config,
    pub environment: &'a Environment,
    pub place: Place,
    pub redactor: Redactor,
    pub limits: Limits,
    pub checks: Vec<String>,
    pub schema: Option<Schema>,
    pub bare: bool,
    /// Is there somebody who answers questions?
    pub attended: bool,
    /// Shown first: what the user should know.
    pub notices: Vec<String>,
    pub checkpoints: Option<Store>,
    pub ledger: Ledger,
    pub fast: Option<Candidate>,
    pub router: Option<Router>,
    pub jail: Made,
    /// Does a recording play in the place of a model?
    pub replays: bool,
    /// Where the user is, when the run works in a copy.
    pub copy_of: Option<&'a Path>,
}

/// How commands are run.
pub(super) fn shell(config: &Config, environment: &Environment, place: &Place) -> Shell {
    let made = environment::for_commands(environment, config.list("env.pass"), place.roots());
    // A shell of the workspace's own would be a command of its own choice.
    let outside = Environment::from_made(&made);
    Shell {
        program: outside.find_program("bash").or_else(|| outside.find_program("sh")),
        environment: made,
        timeout: config.duration("shell.timeout").unwrap_or(Duration::from_secs(120)),
        max_timeout: config.duration("shell.max_timeout").unwrap_or(Duration::from_secs(1800)),
    }
}

/// Puts a session together.
pub fn parts(record: Recorded, ready: Ready, transport: Arc<dyn Transport>, rest: Rest<'_>) -> Result<Parts> {
    let config = rest.config;
    let mode = config.mode().unwrap_or(Mode::Auto);
    environment::refuse_keys(config.list("env.pass"), &providers::key_variables(config))?;
    let shell = shell(config, rest.environment, &rest.place);
    let opening = opening(&record, ready.first()?, &rest, &shell, mode)?;
    let root = rest.place.roots().first().map_or(rest.place.folder(), PathBuf::as_path).to_path_buf();
    let (policy, approve) = decide::policy(&rest, mode, &root, &record.id)?;
    let Made { cell, asks_for_hosts, denied, .. } = rest.jail;
    if asks_for_hosts && rest.attended {
        policy.opened_hosts().for_each(|(host, port)| cell.open_host(host, port));
    }
    let seen = rest.place.roots().iter().cloned().chain([record.folder.path().to_path_buf()]).collect();
    let place = rest.place.with_denied(denied, seen);
    let home = rest.environment.home().ok();
    let signs = config.flag("git.trailers") != Some(false);
    let cell = match git::work_tree(&root).filter(|_| signs) {
        Some(tree) => cell.signed(Signing::new(record.folder.path().to_path_buf(), &record.id, tree, home)),
        None => cell,
    };
    let hands = Hands {
        place: Arc::new(place),
        files: Arc::new(Files::new(Disk::default()).with_journal(record.folder.journal_path())),
        jobs: Arc::new(Jobs::default()),
        outputs: Arc::new(SessionOutputs::new(record.folder.clone())),
        redactor: rest.redactor,
        shell: Arc::new(shell),
        cell,
    };
    Ok(Parts {
        id: record.id.clone(),
        log: record.log,
        folder: record.folder,
        system: prompt::system,
        tools: tool::for_edits,
        effort: config.effort(),
        max_output: config.number("max_output").unwrap_or(32_000),
        candidates: ready.candidates,
        fast: rest.fast,
        router: rest.router,
        ledger: rest.ledger,
        account: Account {
            run: record.past.next_run(),
            project: root.display().to_string(),
            branch: git::branch(&root),
        },
        transport,
        hands,
        policy,
        limits: rest.limits,
        checks: rest.checks,
        approve,
        asks_for_hosts,
        checkpoints: rest.checkpoints,
        proposes: rest.copy_of.is_some(),
        schema: rest.schema,
        opening,
        past: record.past,
    })
}

/// The first records: how the session began, what the model is told of its surroundings, what the user should know.
fn opening(record: &Recorded, first: &Candidate, rest: &Rest<'_>, shell: &Shell, mode: Mode) -> Result<Vec<Event>> {
    let place = &rest.place;
    let root = place.roots().first().map_or(place.folder(), PathBuf::as_path);
    let mut events = vec![Event::SessionStarted(SessionStarted {
        session: record.id.clone(),
        version: env!("CARGO_PKG_VERSION").into(),
        root: rest.copy_of.unwrap_or(place.folder()).display().to_string(),
        project: root.display().to_string(),
        branch: git::branch(root),
        model: first.model.name(),
        models: several(rest),
        wire: first.model.wire,
        mode,
        sandbox: rest.jail.cell.backend().name().into(),
        network: rest.jail.network,
        user: user(rest.environment),
        resumed: !record.past.is_empty(),
        replayed: rest.replays,
    })];
    let user_folder = rest.environment.config_folder().ok();
    let found = if rest.bare { Vec::new() } else { instructions::read(user_folder.as_deref(), root, place.folder()) };
    let branch = git::branch(root).map(|branch| format!("\nBranch: {branch}")).unwrap_or_default();
    let platform = format!("{} {}, {}", std::env::consts::OS, std::env::consts::ARCH, shell_name(shell));
    let text = prompt::context(&Surroundings {
        folder: &place.folder().display().to_string(),
        root: &root.display().to_string(),
        branch: &branch,
        platform: &platform,
        date: &jiff::Zoned::now().strftime("%Y-%m-%d").to_string(),
        sandbox: &sandboxed(rest, mode),
        instructions: &found.iter().map(|file| instruction_block(place, file)).collect::<String>(),
    })
    .map_err(|words| Error::config(format!("a prompt is broken: {words}")))?;
    let instructions = found
        .iter()
        .map(|file| InstructionFile { path: place.show(&file.path), bytes: file.text.len() as u64 })
        .collect();
    events.push(Event::Context { text, instructions });
    let cut = found
        .iter()
        .filter(|file| file.cut)
        .map(|file| format!("`{}` is too long; its end was left out", place.show(&file.path)));
    events.extend(record.news.iter().cloned().map(|text| Event::Notice { text }));
    let unseen = (rest.attended && mode == Mode::Ask && rest.checkpoints.is_none()).then(|| UNSEEN.to_owned());
    events.extend(rest.notices.iter().cloned().chain(unseen).chain(cut).map(|text| Event::Notice { text }));
    Ok(events)
}

/// Where somebody reviews, and there is no tree to compare with.
const UNSEEN: &str = "without checkpoints edits are asked for, but what commands change is neither shown nor put back";

/// For whom the agent acts.
fn user(environment: &Environment) -> String {
    let named = environment.get("USER").or(environment.get("LOGNAME"));
    named.map_or_else(|| format!("user {}", rustix::process::getuid().as_raw()), str::to_owned)
}

/// What confines commands, in a line for the model.
fn sandboxed(rest: &Rest<'_>, mode: Mode) -> String {
    if rest.jail.cell.backend() == Backend::None {
        return String::new();
    }
    let added = rest.place.roots().iter().skip(1).map(|root| root.display().to_string());
    let added = added.chain(rest.config.list("sandbox.write").iter().cloned());
    let written = std::iter::once("the root".to_owned()).chain(added).filter(|_| mode != Mode::Read);
    let written = written.chain(["$TMPDIR".to_owned()]).collect::<Vec<_>>().join(" and ");
    let network = match rest.jail.network {
        Network::Off => "no network".to_owned(),
        Network::Hosts => format!("of the network only {}", rest.jail.hosts()),
        Network::Full => "with network".to_owned(),
    };
    format!("\nSandbox: commands write below {written} alone; {network}")
}

/// What was named for this run, where that was more than one model, or `auto`.
fn several(rest: &Rest<'_>) -> Vec<String> {
    let named = rest.config.list("model");
    let is_one = named.len() < 2 && rest.router.is_none();
    if rest.replays || is_one { Vec::new() } else { named.to_vec() }
}

fn instruction_block(place: &Place, file: &Instructions) -> String {
    format!("\n\n<instructions from=\"{}\">\n{}\n</instructions>", place.show(&file.path), file.text)
}

fn shell_name(shell: &Shell) -> String {
    shell
        .program
        .as_deref()
        .and_then(Path::file_name)
        .map_or_else(|| "no shell".into(), |name| name.to_string_lossy().into_owned())
}

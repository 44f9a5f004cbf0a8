//! `agent sandbox`: a command of the user's own in the jail that the model's commands get, and what that jail is.

use super::args::{Jail as Asked, Mode as AskedMode, Sandbox as Arguments, SandboxAction};
use super::print;
use crate::base::access::{Mode, Network};
use crate::base::{Error, Result};
use crate::config::Config;
use crate::config::paths::Environment;
use crate::disk::Disk;
use crate::process::attached::Attached;
use crate::process::environment;
use crate::process::spawn::{self, Exec};
use crate::sandbox::choose::{Means, real};
use crate::sandbox::jail::Jail;
use crate::sandbox::make::{self, Facts};
use crate::sandbox::preferences::Preferences;
use crate::sandbox::{Choice, Sandbox, explain, temporary};
use crate::workspace::place::Place;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use tokio::signal::unix::{SignalKind, signal};

pub fn main(args: &Arguments, environment: &Environment) -> Result<u8> {
    let here = Here::find(&args.jail, environment)?;
    match (&args.action, args.command.as_slice()) {
        (Some(SandboxAction::Explain { json }), []) => here.explain(*json),
        (Some(SandboxAction::Explain { .. }), _) => Err(Error::usage("`agent sandbox explain` runs no command")),
        (None, [program, rest @ ..]) => here.run(program, rest, environment),
        (None, []) => Err(Error::usage("there is no command to run in the jail")
            .hint("agent sandbox -- CMD runs one, agent sandbox explain says what the jail is")),
    }
}

/// The place, and the jail that commands get in it.
struct Here {
    config: Config,
    place: Place,
    choice: Choice,
    jail: Jail,
}

impl Here {
    fn find(asked: &Asked, environment: &Environment) -> Result<Self> {
        let config = Config::load(environment, false, &asked.config)?;
        let place = place(asked, environment)?;
        let home = environment.home().ok();
        let preferences = Preferences::read(&config, home.as_deref())?;
        let choosing = Sandbox::start(preferences.backend, Means::find(environment, place.roots())?);
        let temporary = temporary::folder(&environment.cache_folder()?, place.roots(), &Disk::default())?;
        let protected = protected(place.roots());
        let facts = Facts {
            mode: mode(asked, &config)?,
            roots: place.roots(),
            environment,
            spill: None,
            temporary: &temporary,
            caches: &[],
            network: network(asked)?,
            preferences: &preferences,
            protected: &protected,
            secrets: &[],
        };
        let jail = make::jail(&facts, &real);
        Ok(Self { config, place, choice: choosing.finish(), jail })
    }

    fn run(&self, program: &OsString, rest: &[OsString], environment: &Environment) -> Result<u8> {
        let sandbox = self.choice.required()?;
        let mut made = environment::for_commands(environment, self.config.list("env.pass"), self.place.roots());
        // The terminal is the user's own here.
        made.retain(|(name, _)| name != "TERM");
        made.push(("TERM".into(), environment.get("TERM").unwrap_or("dumb").into()));
        let exec = Exec {
            program: program.into(),
            arguments: rest.to_vec(),
            folder: self.place.folder().into(),
            environment: made,
            ..Exec::default()
        };
        let confined = sandbox.confine(exec, &self.jail)?;
        spawn::prepare();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Error::io("start", "the runtime", &error))?;
        let code = runtime.block_on(attached(&confined.exec))?;
        Ok(u8::try_from(code).unwrap_or(1))
    }

    fn explain(&self, json: bool) -> Result<u8> {
        let explained = explain::explain(&self.choice, &self.jail);
        match json {
            true => print(&serde_json::to_string(&explained).unwrap_or_default())?,
            false => print(crate::text::sanitise::sanitise(explained.text().trim_end()).as_ref())?,
        }
        Ok(0)
    }
}

/// Runs it with the user's input and output. Ctrl-C reaches it by the terminal; we stay for its end.
async fn attached(exec: &Exec) -> Result<i32> {
    let failed = |error: std::io::Error| Error::io("listen for", "signals", &error);
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut quit = signal(SignalKind::quit()).map_err(failed)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut hangup = signal(SignalKind::hangup()).map_err(failed)?;
    let mut running = Attached::start(exec)?;
    loop {
        tokio::select! {
            code = running.wait() => {
                spawn::end_descendants();
                return Ok(code);
            }
            _ = interrupt.recv() => {}
            _ = quit.recv() => {}
            _ = terminate.recv() => running.end(),
            _ = hangup.recv() => running.end(),
        }
    }
}

fn place(asked: &Asked, environment: &Environment) -> Result<Place> {
    let start = Environment::working_folder()?;
    let folder = asked.cd.as_ref().map_or_else(|| start.clone(), |cd| start.join(cd));
    let added: Vec<PathBuf> = asked.add_dir.iter().map(|path| start.join(path)).collect();
    if let Some(missing) = [&folder].into_iter().chain(&added).find(|path| !path.is_dir()) {
        return Err(Error::usage(format!("there is no folder `{}`", missing.display()))
            .hint("-C and --add-dir take folders that exist"));
    }
    Place::new(&folder, &added, environment.home().ok().as_deref())
        .map_err(|error| Error::io("open", folder.display(), &error).kind(crate::base::Kind::Usage))
}

fn mode(asked: &Asked, config: &Config) -> Result<Mode> {
    let mode = match asked.mode {
        Some(AskedMode::Read) => Mode::Read,
        Some(AskedMode::Ask) => Mode::Ask,
        Some(AskedMode::Auto) => Mode::Auto,
        Some(AskedMode::Full) => Mode::Full,
        None => config.mode().unwrap_or(Mode::Auto),
    };
    match mode {
        Mode::Read | Mode::Ask | Mode::Auto => Ok(mode),
        Mode::Full => Err(Error::usage("there is no jail in mode `full`").hint("name another with --mode")),
    }
}

fn network(asked: &Asked) -> Result<Network> {
    match asked.net.as_deref() {
        None | Some("off") => Ok(Network::Off),
        Some("full") => Ok(Network::Full),
        Some(_) => Ok(Network::Hosts),
    }
}

/// What configures other programs, at the top of each root.
fn protected(roots: &[PathBuf]) -> Vec<PathBuf> {
    const NAMES: &[&str] = &[
        ".git/hooks",
        ".git/config",
        ".git/config.worktree",
        ".git/info/attributes",
        ".git/modules",
        ".agent",
        ".claude",
        ".codex",
        ".gemini",
        ".mcp.json",
        ".vscode",
        ".idea",
        ".devcontainer",
        ".envrc",
        ".husky",
    ];
    let below = |root: &PathBuf| NAMES.iter().map(|name| root.join(name)).collect::<Vec<_>>();
    roots.iter().flat_map(below).filter(|path| Path::exists(path)).collect()
}

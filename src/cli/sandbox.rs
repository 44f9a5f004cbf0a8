//! `agent sandbox`: a command of the user's own in the jail that the model's commands get, and what that jail is.

use super::args::{Jail as Asked, Mode as AskedMode, Sandbox as Arguments, SandboxAction};
use super::jail::{self, Made};
use super::{hosts, print};
use crate::base::access::Mode;
use crate::base::{Error, Result};
use crate::config::Config;
use crate::config::paths::Environment;
use crate::policy::hosts::Remedy;
use crate::process::attached::Attached;
use crate::process::environment;
use crate::process::spawn::{self, Exec};
use crate::process::watch::Watch;
use crate::sandbox::cell::Left;
use crate::sandbox::explain;
use crate::text::sanitise::one_line;
use crate::workspace::place::Place;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use tokio::signal::unix::{SignalKind, signal};

pub fn main(args: &Arguments, environment: &Environment) -> Result<u8> {
    if let Some(SandboxAction::Hosts { json }) = args.action {
        return hosts::main(&args.jail, json, environment);
    }
    let here = Here::find(&args.jail, environment)?;
    let runtime = super::run::runtime()?;
    match (&args.action, args.command.as_slice()) {
        (Some(SandboxAction::Explain { json }), []) => runtime.block_on(here.explain(*json)),
        (Some(SandboxAction::Explain { .. } | SandboxAction::Hosts { .. }), _) => {
            Err(Error::usage("`agent sandbox explain` and `agent sandbox hosts` run no command"))
        }
        (None, [program, rest @ ..]) => runtime.block_on(here.run(program, rest, environment)),
        (None, []) => Err(Error::usage("there is no command to run in the jail")
            .hint("agent sandbox -- CMD runs one, agent sandbox explain says what the jail is")),
    }
}

/// The exit code of a command that a limit ended: 128 + SIGKILL.
const LIMIT_PASSED: i32 = 137;

/// The place, and the jail that commands get in it.
struct Here {
    config: Config,
    place: Place,
    made: Made,
}

impl Here {
    fn find(asked: &Asked, environment: &Environment) -> Result<Self> {
        let config = Config::load(environment, false, &asked.config)?;
        let place = place(asked, environment)?;
        let making = jail::begin(&config, environment, &place, asked.net.as_deref())?;
        let quarantine = environment.state_folder()?.join("quarantine").join(super::wire::new_id());
        let made =
            making.choose(mode(asked, &config)?)?.made_in(&config, environment, &place, quarantine, Vec::new())?;
        Ok(Self { config, place, made })
    }

    async fn run(&self, program: &OsString, rest: &[OsString], environment: &Environment) -> Result<u8> {
        self.made.choice.required()?;
        let mut given = environment::for_commands(environment, self.config.list("env.pass"), self.place.roots());
        // The terminal is the user's own here.
        given.retain(|(name, _)| name != "TERM");
        given.push(("TERM".into(), environment.get("TERM").unwrap_or("dumb").into()));
        let exec = Exec {
            program: program.into(),
            arguments: rest.to_vec(),
            folder: self.place.folder().into(),
            environment: given,
            ..Exec::default()
        };
        spawn::prepare();
        let mut inside = self.made.cell.enter(exec, "").await?;
        let watch = inside.watch.take();
        let running = Attached::start(&inside.exec)?;
        inside.serve();
        let code = attached(running, watch).await?;
        tell(&inside.leave().await);
        Ok(u8::try_from(code).unwrap_or(1))
    }

    async fn explain(&self, json: bool) -> Result<u8> {
        let Some(jail) = self.made.cell.jail().await? else {
            self.made.choice.required()?;
            return Ok(0);
        };
        let explained = explain::explain(&self.made.choice, &jail);
        match json {
            true => print(&serde_json::to_string(&explained).unwrap_or_default())?,
            false => print(crate::text::sanitise::sanitise(explained.text().trim_end()).as_ref())?,
        }
        Ok(0)
    }
}

/// What the jail kept from a command, and what was put back after it, on standard error.
fn tell(left: &Left) {
    let hosts =
        left.denied.iter().map(|denied| format!("not connected to {}:{}: {}", denied.host, denied.port, denied.why));
    let files = left
        .quarantined
        .iter()
        .flat_map(|found| found.files.iter().map(move |file| format!("{}; kept in {}", file.words(), found.kept)));
    for line in hosts.chain(files).chain(left.unmended.iter().cloned()) {
        let _ = writeln!(std::io::stderr(), "agent: {}", one_line(&line));
    }
    let remedies: BTreeSet<&str> = left.denied.iter().filter_map(|denied| hint(&Remedy::of(&denied.why))).collect();
    for remedy in remedies {
        let _ = writeln!(std::io::stderr(), "hint: {remedy}");
    }
}

/// What lets a host that was denied be reached.
fn hint(remedy: &Remedy) -> Option<&'static str> {
    match remedy {
        Remedy::Rule => Some("--net HOST or --net LIST allows it; `agent sandbox hosts` shows the lists"),
        Remedy::PrivateRule => {
            Some("a list of yours with `private = true` allows it: `[hosts.NAME]` in your configuration")
        }
        Remedy::Nothing => None,
    }
}

/// Runs it with the user's input and output. Ctrl-C reaches it by the terminal; we stay for its end.
async fn attached(mut running: Attached, watch: Option<Watch>) -> Result<i32> {
    let failed = |error: std::io::Error| Error::io("listen for", "signals", &error);
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut quit = signal(SignalKind::quit()).map_err(failed)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut hangup = signal(SignalKind::hangup()).map_err(failed)?;
    let mut limit = std::pin::pin!(running.limit_passed(watch));
    loop {
        tokio::select! {
            limit = &mut limit => {
                let _ = writeln!(std::io::stderr(), "agent: ended by its limit: {limit}");
                running.kill();
                let _ = running.wait().await;
                spawn::end_descendants();
                return Ok(LIMIT_PASSED);
            }
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

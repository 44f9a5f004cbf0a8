//! What the user has done beside the session: a command of their own, an editor, images, trust, a login, an export.

use super::{Office, blocking, locked};
use crate::base::desk::{Done, Format, Settings};
use crate::base::{Error, Result};
use crate::cli::args::Login;
use crate::cli::{export as exporting, given, login as logging_in, review, trust as trusting, wire};
use crate::config::project;
use crate::config::trust::Trust;
use crate::disk::Disk;
use crate::process::jobs::{Job, State};
use crate::process::spawn::Exec;
use crate::store::folder::Folder;
use crate::store::sessions;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Bytes of a command's output that are kept, of its head and of its tail.
const KEEP: usize = 128 * 1024;
/// The longest a command of the user's may take.
const LONGEST: Duration = Duration::from_secs(600);

/// Ends a command that nobody waits for any more.
struct Waited(Arc<Job>);

impl Drop for Waited {
    fn drop(&mut self) {
        self.0.kill();
    }
}

/// A command line of the user's own, in their shell, outside of the jail.
pub(super) async fn run(office: Arc<Office>, command: String) -> Result<Done> {
    let desk = Arc::clone(&office);
    let shell = blocking(move || {
        let config = desk.configured(&Settings::default())?;
        Ok(wire::shell(&config, &desk.environment, &desk.place()))
    })
    .await?;
    let program =
        shell.program.ok_or_else(|| Error::usage("there is no shell on PATH").hint("put a POSIX shell there"))?;
    let exec = Exec {
        program,
        arguments: vec!["-c".into(), command.clone().into()],
        folder: office.place().folder().into(),
        environment: shell.environment,
        ..Exec::default()
    };
    let job = Waited(Job::start_keeping(&exec, &command, Some(LONGEST), KEEP)?);
    let ended = job.0.ended().await;
    let said = job.0.said();
    let mut output = String::from_utf8_lossy(&said.head).into_owned();
    if !said.tail.is_empty() {
        let left_out = said.total.saturating_sub((said.head.len() + said.tail.len()) as u64);
        output.push_str(&format!("\n[{left_out} bytes left out]\n{}", String::from_utf8_lossy(&said.tail)));
    }
    let exit = match ended {
        State::Exited(code) => Some(code),
        State::TimedOut => {
            output.push_str(&format!("\n[ended after {} minutes]\n", LONGEST.as_secs() / 60));
            None
        }
        State::Running | State::Killed | State::LimitHit(_) => None,
    };
    Ok(Done::Ran { command, output, exit })
}

/// The text as the user's editor left it.
pub(super) async fn edit(office: Arc<Office>, text: String, name: String) -> Result<Done> {
    review::edited(&office.environment, &name, &text).await.map(Done::Edited)
}

/// Images by their paths, kept beside the session.
pub(super) fn attach(office: &Office, session: &str, paths: &[String]) -> Result<Done> {
    let home = office.environment.home().ok();
    let full = |path: &String| match (path.strip_prefix("~/"), &home) {
        (Some(below), Some(home)) => home.join(below),
        (_, _) => office.place().folder().join(path),
    };
    let paths: Vec<PathBuf> = paths.iter().map(full).collect();
    let images = given::images(&paths)?;
    let folder = sessions::folder(&office.environment.state_folder()?, session);
    if !folder.is_dir() {
        return Err(Error::usage(format!("there is no session `{session}` to keep images in")));
    }
    given::keep(&images, &Folder::open(folder, Disk::default())).map(Done::Attached)
}

/// A yes is kept, to exactly what was shown; a no counts until the end.
pub(super) fn trust(office: &Office, hash: String, yes: bool) -> Result<Done> {
    if !yes {
        *locked(&office.declined) = Some(hash);
        return Ok(Done::Said("not trusted: nothing of it takes effect; /trust asks again".into()));
    }
    let config = office.configured(&Settings::default())?;
    let looked = project::look(trusting::root(&office.place()), &config, &office.environment, None)?;
    if looked.brought.hash() != hash {
        return Err(Error::usage("nothing was trusted: what the project brings is not what was shown any more")
            .hint("/trust shows it as it is now"));
    }
    *locked(&office.declined) = None;
    let trust = Trust::of(&office.environment, Disk::default())?;
    trust.trust(&looked.root, &looked.brought, &crate::store::log::now())?;
    Ok(Done::Said("trusted; `agent trust --revoke` takes it back".into()))
}

/// A session as a file, named from the folder of the work.
pub(super) fn export(office: &Office, session: &str, format: Format, path: Option<String>) -> Result<Done> {
    let path = path.map(|path| office.place().folder().join(path));
    let written = exporting::write(&office.environment, session, format, path.as_deref())?;
    Ok(Done::Said(format!("wrote `{}`", written.display())))
}

/// On the plain terminal, as `agent login`.
pub(super) fn login(office: &Office, provider: Option<String>) -> Result<Done> {
    let login = Login { provider, ..Login::default() };
    match logging_in::main(&login, &office.environment)? {
        0 => Ok(Done::Quietly),
        _ => Err(Error::usage("no key was stored").hint("/login tries again")),
    }
}

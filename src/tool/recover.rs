//! Keeps what calls of git in a command may lose, before it runs. It is done in the jail that the command gets: what a repository says
//! of itself, or a link in it, leads no further than the command itself could go.

use super::Hands;
use crate::base::error::reason;
use crate::policy::destructive::{Danger, danger};
use crate::process::jobs::{Job, State};
use crate::process::spawn::Exec;
use crate::sandbox::cell::Cell;
use crate::text::sanitise::one_line;
use crate::workspace::git::{self, Saved};
use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The hidden command that saves: `agent __recover FOLDER COMMAND`.
pub const COMMAND: &str = "__recover";

/// Characters of a call that a notice shows.
const SHOWN: usize = 80;
/// The longest that a command waits for what it may lose to be saved.
const SAVING: Duration = Duration::from_secs(30);
/// Of what one repository lacks, so many paths of so many characters are named.
const LACKS: usize = 20;
const LONGEST: usize = 200;

/// What was kept in each repository; nothing where there is none.
type Kept = Vec<Result<Saved, String>>;

/// What the user should know of it. A command runs also where nothing could be kept. `cell` is the one that the command runs in.
pub(super) async fn save(command: &str, call: &str, cell: &Cell, hands: &Hands) -> Vec<String> {
    let Some(danger) = danger(command) else { return Vec::new() };
    let name: String = danger.call.chars().take(SHOWN).collect();
    let arguments = [COMMAND.into(), hands.place.folder().into(), command.into()];
    let kept = match cell.errand(arguments.to_vec()) {
        Some(exec) => {
            let (folder, environment) = (hands.place.folder().into(), hands.shell.environment.clone());
            jailed(Exec { folder, environment, ..exec }, call, cell).await
        }
        None => here(danger, hands).await,
    };
    let words = |kept: Result<Saved, String>| match kept {
        Ok(saved) if saved.lacks.is_empty() => format!("saved as recovery {} before `{name}`", saved.id),
        Ok(saved) => format!("saved as recovery {} before `{name}`, but for {}", saved.id, saved.lacks.join(", ")),
        Err(words) => format!("no recovery before `{name}`: {words}"),
    };
    kept.unwrap_or_else(|words| vec![Err(words)]).into_iter().map(words).map(|words| one_line(&words)).collect()
}

fn too_long() -> String {
    format!("saving took longer than {} s", SAVING.as_secs())
}

/// Without a jail, in this process.
async fn here(danger: Danger, hands: &Hands) -> Result<Kept, String> {
    let folder = hands.place.folder().to_owned();
    let saving = tokio::task::spawn_blocking(move || git::save_recoveries(&folder, &danger));
    let saved = tokio::time::timeout(SAVING, saving).await.map_err(|_| too_long())?;
    Ok(saved.unwrap_or_default())
}

/// Ends what nobody waits for any more.
struct Waited(Arc<Job>);

impl Drop for Waited {
    fn drop(&mut self) {
        self.0.kill();
    }
}

async fn jailed(exec: Exec, call: &str, cell: &Cell) -> Result<Kept, String> {
    let mut inside = cell.enter(exec, call).await.map_err(|error| error.message)?;
    let watch = inside.watch.take();
    let job = Job::start_watched(&inside.exec, COMMAND, Some(SAVING), Box::new(|| None), watch);
    let job = Waited(job.map_err(|error| error.message)?);
    let state = job.0.ended().await;
    inside.leave_quietly().await;
    let said = job.0.said();
    match state {
        State::Exited(0) => {
            serde_json::from_slice(&said.head).map_err(|error| format!("what was saved is not known: {error}"))
        }
        State::TimedOut => Err(too_long()),
        State::Exited(_) | State::Running | State::Killed | State::LimitHit(_) => {
            let text = String::from_utf8_lossy(&said.head).into_owned();
            Err(text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it was ended").to_owned())
        }
    }
}

/// What the hidden command says: one line of JSON, or why there is none. `arguments` are those behind [`COMMAND`].
pub fn answer(arguments: &[OsString]) -> Result<String, String> {
    let [folder, command] = arguments else { return Err("it is started by agent alone".into()) };
    let Some(danger) = danger(&command.to_string_lossy()) else { return Ok("[]".into()) };
    let mut kept: Kept = git::save_recoveries(Path::new(folder), &danger);
    kept.iter_mut().flatten().for_each(|saved| shorten(&mut saved.lacks));
    serde_json::to_string(&kept).map_err(|error| reason(&error.into()))
}

/// So many words as the answer has room for.
fn shorten(lacks: &mut Vec<String>) {
    let more = lacks.len().saturating_sub(LACKS);
    lacks.truncate(LACKS);
    lacks.iter_mut().for_each(|words| *words = words.chars().take(LONGEST).collect());
    if more > 0 {
        lacks.push(format!("{more} more"));
    }
}

//! `agent run`: one task from the command line to an exit code.

use super::again::Goes;
use super::args::Run;
use super::limits::{Asked, limits};
use super::model::{self, Ready};
use super::prepare::{self, Begun, Purse};
use super::propose::{self, Proposal};
use super::recording::{Recording, written_down};
use super::stdin::{self, Input};
use super::wire::{self, Recorded, Rest};
use super::{given, jail, review, signals, telemetry, trust};
use super::{print_json, report};
use crate::base::access::Mode;
use crate::base::command::{Command, Signal};
use crate::base::event::{Outcome, Status};
use crate::base::message::ImageRef;
use crate::base::port::Port;
use crate::base::{Error, Kind, Result};
use crate::config::paths::Environment;
use crate::config::{Config, read_named};
use crate::disk::Disk;
use crate::headless::{self, Failure, JsonLines, Output, Show, Style, Text};
use crate::net::Transport;
use crate::process::spawn;
use crate::session::{self, Candidate, Parts, Schema};
use crate::store::moment;
use crate::store::sessions::{self, Summary};
use crate::text::redact::Redactor;
use crate::workspace::checkpoint;
use crate::workspace::place::Place;
use std::io::{IsTerminal, stderr, stdout};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tempfile::TempDir;
use tokio::sync::mpsc::UnboundedReceiver;

/// Sessions are pruned at most this often.
const PRUNE_EVERY: Duration = Duration::from_secs(24 * 3600);

/// Runs, reports, and gives the exit code.
pub fn main(args: Box<Run>, environment: Environment) -> u8 {
    let json = args.json;
    match run(&args, &environment) {
        Ok(code) => code,
        Err(error) => {
            report(&error);
            let outcome = Outcome::failed(&error, String::new());
            let code = outcome.exit;
            if json {
                let _ = print_json(&headless::outcome_line(outcome, crate::store::log::now()));
            }
            code
        }
    }
}

fn run(args: &Run, environment: &Environment) -> Result<u8> {
    let recording = match &args.replay {
        Some(path) => Some(Recording { name: path.display().to_string(), text: read_named("--replay", path)? }),
        None => None,
    };
    execute(args, environment, recording)
}

/// One thread does everything that waits: children die with it, and it lives as long as the run.
pub fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::io("start", "the runtime", &error))
}

/// Runs the task, with the network or a recording as its model.
pub fn execute(args: &Run, environment: &Environment, recording: Option<Recording>) -> Result<u8> {
    let runtime = runtime()?;
    let code = runtime.block_on(work(args, environment, recording));
    spawn::end_descendants();
    // A walk on another thread may still be winding down; nobody waits for it.
    runtime.shutdown_background();
    code
}

async fn work(args: &Run, environment: &Environment, recording: Option<Recording>) -> Result<u8> {
    let mut config = wire::configure(&args.common, args.bare, environment)?;
    trust::keep_sessions(args, &config)?;
    review::settle(args, &mut config)?;
    let mut signals = signals::listen()?;
    let prepared = tokio::select! {
        prepared = prepare(args, recording, &mut config, environment) => prepared?,
        Some(signal) = signals.recv() => return interrupted(signal, args.json),
    };
    if prepared.temporary.is_none() {
        prune_in_background(environment, &config);
    }
    let unwritten = Failure::default();
    let (outcome, proposal) = attend(prepared, signals, args, environment, &unwritten).await?;
    if let Some(proposal) = proposal {
        proposal.hand_out(args, &outcome)?;
    } else if let Some(path) = &args.output
        && outcome.status == Status::Done
    {
        let text = format!("{}\n", outcome.summary.trim_end());
        if let Err(error) = Disk::default().write_user_file(path, text.as_bytes()) {
            // The outcome has been told; what is left is to say that its copy is missing.
            report(&Error::io("write", path.display(), &error).hint("the answer is in the session's log"));
            return Ok(Kind::Io.exit());
        }
    }
    if let Some(error) = unwritten.take() {
        report(&Error::io("write", "standard output", &error).hint("the answer is in the session's log"));
        return Ok(if outcome.exit == 0 { Kind::Io.exit() } else { outcome.exit });
    }
    Ok(outcome.exit)
}

/// The outcome of a run that was told to stop before it began.
fn interrupted(signal: Signal, json: bool) -> Result<u8> {
    let error = Error::new(Kind::Interrupted, "interrupted before a model was asked").hint("run it again");
    report(&error);
    if json {
        let outcome = Outcome { exit: signal.exit(), ..Outcome::failed(&error, String::new()) };
        print_json(&headless::outcome_line(outcome, crate::store::log::now()))?;
    }
    Ok(signal.exit())
}

/// A run that could begin.
struct Prepared {
    parts: Parts,
    task: String,
    images: Vec<ImageRef>,
    /// The last record that the user has seen before.
    after: u64,
    /// Where a session lies that is not kept.
    temporary: Option<TempDir>,
    proposal: Option<Proposal>,
    telemetry: Option<telemetry::Target>,
}

/// Looks at everything the user named before a session is made, so that a mistake leaves nothing behind.
async fn prepare(
    args: &Run,
    recording: Option<Recording>,
    config: &mut Config,
    environment: &Environment,
) -> Result<Prepared> {
    let Begun { earlier, place, notices: brought } =
        prepare::begin(&args.common, args.bare, goes(args), config, environment)?;
    let making = jail::begin(config, environment, &place, args.common.net.as_deref())?;
    let limits = limits(&asked(args), config)?;
    let schema = schema(args.output_schema.as_deref())?;
    propose::check(args)?;
    let telemetry = telemetry::target(config, environment)?;
    given::check(args.output.as_deref(), &args.check, &place, environment)?;
    let images = given::images(&args.common.image)?;
    let (task, mut notices) = task(args, limits.timeout).await?;
    notices.extend(brought);
    let replays = recording.is_some();
    let (mut ready, fast, transport) = asked_model(args, recording, config, environment).await?;
    let kept = !replays && (!args.ephemeral || !limits.budgets.is_empty());
    let Purse { ledger, router } = prepare::purse(&mut ready, fast.as_ref(), &limits, kept, environment, &mut notices)?;
    let (place, proposal) = worked_in(args, place, environment, &mut notices).await?;
    let redactor = wire::redactor(&ready.keys, config, environment);
    let chosen = making.choose(config.mode().unwrap_or(Mode::Auto))?;
    let chosen = chosen.for_work(args.common.net.as_deref(), args.review, config, &mut notices)?;
    let transport = written_down(args, &ready, transport, &redactor)?;
    let (recorded, temporary) = record(args, earlier.as_ref(), environment, &redactor)?;
    if temporary.is_some() && kept {
        // Its money counts, and nobody will miss its log.
        let _ = ledger.set_deleted(&recorded.id, moment::now());
    }
    let jail = chosen.made(config, environment, &place, &recorded.folder)?;
    let after = recorded.past.seen();
    let images = given::keep(&images, &recorded.folder)?;
    let checkpoints = match (&proposal, &temporary) {
        (None, None) => wire::checkpoints(config, environment, &place, &mut notices)?,
        (proposal, _) => proposal.as_ref().map(|proposal| proposal.store.clone()),
    };
    let rest = Rest {
        config,
        environment,
        place,
        redactor,
        limits,
        checks: args.check.clone(),
        schema,
        bare: args.bare,
        attended: args.review,
        notices,
        checkpoints,
        ledger,
        fast,
        router,
        jail,
        replays,
        copy_of: proposal.as_ref().map(|proposal| proposal.folder.as_path()),
    };
    let parts = wire::parts(recorded, ready, transport, rest)?;
    Ok(Prepared { parts, task, images, after, temporary, proposal, telemetry })
}

/// Which session the run goes on with.
fn goes(args: &Run) -> Option<Goes<'_>> {
    match &args.resume {
        Some(prefix) => Some(Goes::Named(prefix)),
        None => args.again.then_some(Goes::Newest),
    }
}

fn asked(args: &Run) -> Asked<'_> {
    Asked {
        max_turns: args.max_turns,
        max_cost: args.max_cost.as_deref(),
        timeout: args.timeout.as_deref(),
        check_rounds: args.check_rounds,
    }
}

/// The folder of the work: the user's, or the copy of it that `--propose` works in.
async fn worked_in(
    args: &Run,
    place: Place,
    environment: &Environment,
    notices: &mut Vec<String>,
) -> Result<(Place, Option<Proposal>)> {
    if !args.propose {
        return Ok((place, None));
    }
    let (proposal, copy, words) = copied(&place, environment).await?;
    notices.extend(words);
    Ok((copy, Some(proposal)))
}

/// Makes that copy, on a thread of its own, so that a signal is heard while it does.
async fn copied(place: &Place, environment: &Environment) -> Result<(Proposal, Place, Vec<String>)> {
    let (place, state) = (place.clone(), environment.state_folder()?);
    let begun = tokio::task::spawn_blocking(move || Proposal::begin(&place, &state)).await;
    begun.map_err(|_| Error::new(Kind::Io, "the copy of the folder could not be made; this is a bug"))?
}

/// The log of the run: a new one, one that is not kept, or the one of the session that goes on.
fn record(
    args: &Run,
    earlier: Option<&Summary>,
    environment: &Environment,
    redactor: &Redactor,
) -> Result<(Recorded, Option<TempDir>)> {
    let id = wire::new_id();
    match earlier {
        Some(earlier) => Ok((wire::reopen(&earlier.session, environment, redactor)?, None)),
        None if args.ephemeral => {
            let folder =
                TempDir::with_prefix("agent-").map_err(|error| Error::io("create", "a temporary folder", &error))?;
            Ok((wire::create(folder.path().join(&id), redactor)?, Some(folder)))
        }
        None => Ok((wire::create(sessions::folder(&environment.state_folder()?, &id), redactor)?, None)),
    }
}

fn schema(path: Option<&Path>) -> Result<Option<Schema>> {
    path.map(|path| Schema::parse(&path.display().to_string(), &read_named("--output-schema", path)?)).transpose()
}

/// Hands the task to a session, shows what happens, and passes signals on.
async fn attend(
    prepared: Prepared,
    mut signals: UnboundedReceiver<Signal>,
    args: &Run,
    environment: &Environment,
    unwritten: &Failure,
) -> Result<(Outcome, Option<Proposal>)> {
    let Prepared { parts, task: text, images, after, temporary: _temporary, proposal, telemetry } = prepared;
    let log = parts.log.path().to_path_buf();
    spawn::prepare();
    let (session, worker) = session::start(parts);
    let worker = tokio::spawn(worker);
    session.send(Command::Send { text, images }).await?;
    let plain = environment.get("NO_COLOR").is_some() || environment.get("TERM") == Some("dumb");
    let color = stderr().is_terminal() && !plain;
    let mut show = show(args, color, unwritten);
    let mut review = args.review.then(|| review::review(environment, color));
    let outcome = {
        let mut shown = std::pin::pin!(headless::run(&session, after, &mut *show, review.as_mut()));
        loop {
            tokio::select! {
                outcome = &mut shown => break outcome?,
                Some(signal) = signals.recv() => session.send(Command::Interrupt(signal)).await?,
            }
        }
    };
    drop(session);
    let _ = worker.await;
    telemetry::export(telemetry.as_ref(), &log, after).await;
    let outcome = outcome.ok_or_else(|| Error::new(Kind::Io, "the session ended without an outcome"))?;
    Ok((outcome, proposal))
}

fn show(args: &Run, color: bool, unwritten: &Failure) -> Box<dyn Show> {
    let output = Output::new(stdout(), unwritten.clone());
    if args.json {
        return Box::new(JsonLines::new(output, args.json_deltas));
    }
    Box::new(Text::new(
        output,
        stderr(),
        Style { quiet: args.quiet, color, reviewed: args.review, proposed: args.propose },
    ))
}

/// The task in words, with what came on standard input, and what the user should know of that.
async fn task(args: &Run, limit: Option<Duration>) -> Result<(String, Vec<String>)> {
    let waits = args.task.iter().any(|word| word == "-");
    let words: Vec<&str> = args.task.iter().map(String::as_str).filter(|word| *word != "-").collect();
    let mut text = words.join(" ").trim().to_owned();
    let mut notices = Vec::new();
    // On a thread of its own, so that a signal is heard while it waits.
    let input = tokio::task::spawn_blocking(move || stdin::read(waits, limit)).await;
    match input.map_err(|_| Error::usage("standard input cannot be read"))?? {
        Input::Text(input) if text.is_empty() => text = input.trim().to_owned(),
        Input::Text(input) => text = format!("{text}\n\n{}", stdin::fenced(&input)),
        Input::Ignored => notices.push("standard input ignored; pass `-` to wait for it".to_owned()),
        Input::Nothing => {}
    }
    if text.is_empty() {
        return Err(Error::usage("there is no task").hint("agent run \"fix the failing test\", or pipe the task in"));
    }
    Ok((text, notices))
}

/// The models, the one for summaries, and the way to them: the network, or a recording. What is played needs no key, and a recording
/// is of one model.
async fn asked_model(
    args: &Run,
    recording: Option<Recording>,
    config: &Config,
    environment: &Environment,
) -> Result<(Ready, Option<Candidate>, Arc<dyn Transport>)> {
    if let Some(recording) = recording {
        let (ready, transport) = recording.played(config, environment)?;
        return Ok((ready, None, transport));
    }
    if args.record.is_some() && config.list("model") == ["auto"] {
        let what = Error::usage("--record is of one model, and `auto` chooses among several");
        return Err(what.hint("name one with -m; `agent route explain` says which one `auto` would choose"));
    }
    let mut ready = model::ready(config, environment, args.common.key_file.as_deref()).await?;
    let network: Arc<dyn Transport> = Arc::new(model::network(config));
    if args.record.is_none() {
        let fast = model::fast(&mut ready, config, environment).await?;
        return Ok((ready, fast, network));
    }
    if ready.candidates.len() > 1 {
        let first = ready.first()?.model.name();
        ready.notices.push(format!("only {first} is asked while its answers are recorded"));
        ready.candidates.truncate(1);
    }
    Ok((ready, None, network))
}

/// Once a day, while the model thinks, old sessions and checkpoints are deleted as the configuration says.
pub(super) fn prune_in_background(environment: &Environment, config: &Config) {
    let (Ok(state), Some(keep), Some(cap)) =
        (environment.state_folder(), config.duration("sessions.keep"), config.number("sessions.cap"))
    else {
        return;
    };
    let marker = state.join("pruned");
    let now = SystemTime::now();
    let last = std::fs::metadata(&marker).and_then(|meta| meta.modified()).ok();
    if last.is_some_and(|last| now.duration_since(last).is_ok_and(|age| age < PRUNE_EVERY)) {
        return;
    }
    let checkpoints = config.duration("checkpoints.keep").zip(config.number("checkpoints.cap"));
    tokio::task::spawn_blocking(move || {
        let disk = Disk::default();
        sessions::prune(&state, keep, cap, now, &disk);
        if let Some((keep, cap)) = checkpoints {
            checkpoint::prune::prune(&state, keep, cap, now, &disk);
        }
        // Pruning too often is no harm.
        let _ = disk.replace_private(&marker, b"");
    });
}

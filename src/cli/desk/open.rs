//! Opens a session for a surface: a new one, one that goes on, or one that branches off from another.

use super::{Held, Office, blocking, default_mode, end, locked};
use crate::base::desk::{Open, Opened, Settings, Which};
use crate::base::port::Port;
use crate::base::{Error, Result};
use crate::cli::again::Goes;
use crate::cli::limits::{Asked, limits};
use crate::cli::model::{self, Ready};
use crate::cli::prepare::{self, Begun, Purse};
use crate::cli::wire::{self, Recorded, Rest};
use crate::cli::{jail, run, telemetry};
use crate::config::Config;
use crate::disk::Disk;
use crate::net::Transport;
use crate::session::{self, Candidate, Parts};
use crate::store::sessions;
use crate::text::redact::Redactor;
use std::sync::Arc;

/// What the user has to know where no model is asked.
const RECORDED: &str =
    "the model is a recording of one task: no network, no key, no cost; files, edits, commands and undo are real";

/// What was looked at before a model is looked for.
struct Begin {
    config: Config,
    begun: Begun,
}

/// A session that can begin.
struct Prepared {
    parts: Parts,
    telemetry: Option<telemetry::Target>,
    after: u64,
}

pub(super) async fn open(office: Arc<Office>, open: Open) -> Result<Opened> {
    let desk = Arc::clone(&office);
    let mut held = desk.session.lock().await;
    end(&office, &mut held).await;
    let Open { which, settings } = open;
    let (desk, wanted) = (Arc::clone(&office), which.clone());
    let Begin { config, begun } = blocking(move || begin(&desk, &wanted, &settings)).await?;
    let (ready, fast, transport) = asked(&office, &config).await?;
    run::prune_in_background(&office.environment, &config);
    let desk = Arc::clone(&office);
    let Prepared { parts, telemetry, after } =
        blocking(move || prepared(&desk, &which, config, begun, ready, fast, transport)).await?;
    let (id, log) = (parts.id.clone(), parts.log.path().to_path_buf());
    *locked(&office.jobs) = Some(Arc::clone(&parts.hands.jobs));
    let (session, worker) = session::start(parts);
    *held = Some(Held { id: id.clone(), worker: tokio::spawn(worker), telemetry, log, after });
    let port: Arc<dyn Port> = Arc::new(session);
    Ok(Opened { port, session: id, past: after })
}

/// The models, the one for summaries, and the way to them: the network, or a recording.
async fn asked(office: &Office, config: &Config) -> Result<(Ready, Option<Candidate>, Arc<dyn Transport>)> {
    if let Some(recording) = &office.recording {
        let (ready, transport) = recording.played(config, &office.environment)?;
        return Ok((ready, None, transport));
    }
    let mut ready = model::ready(config, &office.environment, office.common.key_file.as_deref()).await?;
    let fast = model::fast(&mut ready, config, &office.environment).await?;
    Ok((ready, fast, office.transport(config)))
}

fn begin(office: &Office, which: &Which, settings: &Settings) -> Result<Begin> {
    let mut config = office.configured(settings)?;
    let goes = match which {
        Which::New => None,
        Which::Resume(session) | Which::Fork { session, .. } => Some(Goes::Named(session)),
    };
    let replays = office.recording.is_some();
    let mut begun = prepare::begin(&office.common, replays, goes, &mut config, &office.environment)?;
    if replays {
        if begun.earlier.is_some() && begun.place.folder() != office.place().folder() {
            return Err(Error::usage("the recorded model knows this folder alone, and that session is of another one")
                .hint("leave with ctrl-d, then `agent resume`"));
        }
        begun.notices.push(RECORDED.into());
    }
    default_mode(&mut config);
    config.constrain(&office.environment)?;
    Ok(Begin { config, begun })
}

/// Makes the session's folder, last of all, and the session.
fn prepared(
    office: &Office,
    which: &Which,
    config: Config,
    begun: Begun,
    mut ready: Ready,
    fast: Option<Candidate>,
    transport: Arc<dyn Transport>,
) -> Result<Prepared> {
    let environment = &office.environment;
    let Begun { place, mut notices, .. } = begun;
    let limits = limits(&Asked::default(), &config)?;
    let telemetry = telemetry::target(&config, environment)?;
    let replays = office.recording.is_some();
    let Purse { ledger, router } =
        prepare::purse(&mut ready, fast.as_ref(), &limits, !replays, environment, &mut notices)?;
    let redactor = wire::redactor(&ready.keys, &config, environment);
    let net = office.common.net.as_deref();
    // Begun and ended here: what tries the sandbox dies with the thread that started it.
    let making = jail::begin(&config, environment, &place, net)?;
    let mode = config.mode().unwrap_or(crate::base::access::Mode::Ask);
    let chosen = making.choose(mode)?.for_work(net, true, &config, &mut notices)?;
    let checkpoints = wire::checkpoints(&config, environment, &place, &mut notices)?;
    let recorded = recorded(office, which, &redactor)?;
    let after = recorded.past.seen();
    let jail = chosen.made(&config, environment, &place, &recorded.folder)?;
    *locked(&office.redactor) = Some(redactor.clone());
    *locked(&office.place) = place.clone();
    let rest = Rest {
        config: &config,
        environment,
        place,
        redactor,
        limits,
        checks: Vec::new(),
        schema: None,
        bare: replays,
        attended: true,
        notices,
        checkpoints,
        ledger,
        fast,
        router,
        jail,
        replays,
        copy_of: None,
    };
    Ok(Prepared { parts: wire::parts(recorded, ready, transport, rest)?, telemetry, after })
}

fn recorded(office: &Office, which: &Which, redactor: &Redactor) -> Result<Recorded> {
    let environment = &office.environment;
    let state = environment.state_folder()?;
    match which {
        Which::New => wire::create(sessions::folder(&state, &wire::new_id()), redactor),
        Which::Resume(session) => wire::reopen(&sessions::resolve(&state, session)?, environment, redactor),
        Which::Fork { session, through } => {
            let (from, id) = (sessions::resolve(&state, session)?, wire::new_id());
            sessions::fork(&state, &from, *through, &id, &Disk::default())?;
            wire::reopen(&id, environment, redactor)
        }
    }
}

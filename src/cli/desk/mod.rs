//! The desk of a surface on this machine: opens sessions, looks things up, has things done. What takes time is done on other
//! threads; session folders are made by [`open`] alone, so that looking leaves nothing behind.

mod acts;
mod changes;
mod clipboard;
mod files;
mod find;
mod head;
mod history;
mod jobs;
mod models;
mod names;
mod open;
mod pages;
mod standing;
mod symbols;

use super::args::Common;
use super::recording::Recording;
use super::telemetry;
use crate::base::desk::{Act, Desk, Done, Found, Head, Look, Open, Opened, Settings};
use crate::base::event::Record;
use crate::base::{Error, Kind, Result};
use crate::config::keys::Value;
use crate::config::paths::Environment;
use crate::config::{Config, Source};
use crate::disk::Disk;
use crate::net::Transport;
use crate::process::jobs::Jobs;
use crate::store::sessions;
use crate::text::redact::Redactor;
use crate::workspace::place::Place;
use futures_core::future::BoxFuture;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tempfile::TempDir;
use tokio::task::JoinHandle;

/// The desk of this process. What belongs to the whole process, such as adopting and ending what was started, is left to who starts
/// the surface.
pub struct Local(Arc<Office>);

/// What the desk keeps between questions.
struct Office {
    common: Common,
    environment: Environment,
    /// Answers in the place of a model, anew in each session; then nothing of the user's configuration counts.
    recording: Option<Recording>,
    /// Where the work is done; a session that goes on may move it.
    place: Mutex<Place>,
    /// The session that was opened last. Held while one is opened or ended.
    session: tokio::sync::Mutex<Option<Held>>,
    /// The network, which keeps its connections from one session to the next.
    transport: Mutex<Option<Arc<dyn Transport>>>,
    /// Knows the keys once a session was opened.
    redactor: Mutex<Option<Redactor>>,
    files: Arc<files::Files>,
    symbols: Arc<symbols::Symbols>,
    sessions: find::Sessions,
    head: head::Heads,
    /// What [`Look::Changes`] showed last.
    shown: Mutex<Option<changes::Shown>>,
    /// The hash of what a project brings and the user did not want.
    declined: Mutex<Option<String>>,
    /// Commands in the background of the session that was opened last.
    jobs: Mutex<Option<Arc<Jobs>>>,
    /// Images from the clipboard, until the end.
    scratch: Mutex<Option<TempDir>>,
}

/// A session at work.
struct Held {
    id: String,
    worker: JoinHandle<()>,
    telemetry: Option<telemetry::Target>,
    log: PathBuf,
    after: u64,
}

impl Local {
    pub fn new(common: Common, place: Place, environment: Environment) -> Self {
        Self::answered(common, place, environment, None)
    }

    /// A desk whose sessions are answered by a recording, where there is one.
    pub(super) fn answered(
        common: Common,
        place: Place,
        environment: Environment,
        recording: Option<Recording>,
    ) -> Self {
        Self(Arc::new(Office {
            common,
            environment,
            recording,
            place: Mutex::new(place),
            session: tokio::sync::Mutex::default(),
            transport: Mutex::default(),
            redactor: Mutex::default(),
            files: Arc::default(),
            symbols: Arc::default(),
            sessions: find::Sessions::default(),
            head: head::Heads::default(),
            shown: Mutex::default(),
            declined: Mutex::default(),
            jobs: Mutex::default(),
            scratch: Mutex::default(),
        }))
    }
}

impl Desk for Local {
    fn open(&self, open: Open) -> BoxFuture<'static, Result<Opened>> {
        Box::pin(open::open(Arc::clone(&self.0), open))
    }

    fn look(&self, look: Look) -> BoxFuture<'static, Result<Found>> {
        Box::pin(looked_up(Arc::clone(&self.0), look))
    }

    fn act(&self, act: Act) -> BoxFuture<'static, Result<Done>> {
        Box::pin(done(Arc::clone(&self.0), act))
    }

    fn close(&self) -> BoxFuture<'static, ()> {
        let office = Arc::clone(&self.0);
        Box::pin(async move {
            office.files.stop();
            let mut session = office.session.lock().await;
            end(&office, &mut session).await;
        })
    }
}

/// Waits for the end of a session whose last handle was dropped. One in which nothing was said leaves nothing behind.
async fn end(office: &Office, session: &mut Option<Held>) {
    let Some(held) = session.as_mut() else { return };
    let _ = (&mut held.worker).await;
    *locked(&office.jobs) = None;
    telemetry::export(held.telemetry.as_ref(), &held.log, held.after).await;
    if let (Some(held), Ok(state)) = (session.take(), office.environment.state_folder()) {
        let _ = blocking(move || Ok(sessions::delete_untouched(&state, &held.id, &Disk::default()))).await;
    }
}

fn shared(records: Vec<Record>) -> Vec<Arc<Record>> {
    records.into_iter().map(Arc::new).collect()
}

async fn looked_up(office: Arc<Office>, look: Look) -> Result<Found> {
    match look {
        Look::Standing(settings) => Ok(Found::Standing(Box::new(standing::standing(office, settings).await))),
        Look::Files { query, most } => {
            let place = office.place();
            let ticket = office.files.ask();
            blocking(move || Ok(Found::Files(query.clone(), office.files.find(&place, &query, most, ticket)))).await
        }
        Look::Symbols { query, most } => {
            let place = office.place();
            let ticket = office.symbols.ask();
            blocking(move || {
                let hits = office.symbols.find(&office.files, &place, &query, most, ticket);
                Ok(Found::Symbols(query, hits))
            })
            .await
        }
        Look::Sessions { query, most } => {
            blocking(move || {
                let state = office.environment.state_folder()?;
                let rows = office.sessions.find(&state, office.place().folder(), &query, most)?;
                Ok(Found::Sessions(query, rows))
            })
            .await
        }
        Look::Records { session, most } => {
            blocking(move || {
                let records = sessions::tail(&office.environment.state_folder()?, &session, most)?;
                Ok(Found::Records(session, shared(records)))
            })
            .await
        }
        Look::Past { session, after, most } => {
            blocking(move || {
                let state = office.environment.state_folder()?;
                let (records, more) = sessions::past(&state, &session, after, most)?;
                Ok(Found::Past(shared(records), more))
            })
            .await
        }
        Look::Models => Ok(Found::Models(models::models(office).await?)),
        Look::Head => {
            blocking(move || {
                let running = jobs::running(&office);
                Ok(Found::Head(Head { running, ..office.head.look(office.place().folder()) }))
            })
            .await
        }
        Look::Changes { session } => blocking(move || Ok(Found::Changes(changes::changes(&office, &session)?))).await,
        Look::History => blocking(move || Ok(Found::History(history::read(&office)?))).await,
        Look::Page(page) => Ok(Found::Page(pages::page(office, page).await?)),
    }
}

async fn done(office: Arc<Office>, act: Act) -> Result<Done> {
    match act {
        Act::Undo { session, before } => blocking(move || changes::undo(&office, &session, before)).await,
        Act::Redo => blocking(move || changes::redo(&office)).await,
        Act::Settle { session, review } => blocking(move || changes::settle(&office, &session, &review)).await,
        Act::Export { session, format, path } => blocking(move || acts::export(&office, &session, format, path)).await,
        Act::Edit { text, name } => acts::edit(office, text, name).await,
        Act::Run { command } => acts::run(office, command).await,
        Act::Attach { session, paths } => blocking(move || acts::attach(&office, &session, &paths)).await,
        Act::Clipboard => clipboard::image(office).await,
        Act::Remember { text } => blocking(move || history::keep(&office, &text)).await,
        Act::Trust { hash, yes } => blocking(move || acts::trust(&office, hash, yes)).await,
        Act::Login { provider } => blocking(move || acts::login(&office, provider)).await,
        Act::EndJob { number } => jobs::end(&office, number).await,
    }
}

/// Work that waits for the disk, on a thread of its own.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| Error::new(Kind::Io, "what was asked for broke off").hint("this is a bug; try it again"))?
}

/// A lock whose holder panicked between whole steps is sound.
fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Office {
    fn place(&self) -> Place {
        locked(&self.place).clone()
    }

    /// The configuration as it is now, with what was chosen in the surface.
    fn configured(&self, settings: &Settings) -> Result<Config> {
        let mut config = super::wire::configure(&self.common, self.recording.is_some(), &self.environment)?;
        if let Some(model) = &settings.model {
            config.set("model", crate::config::models(model), Source::Flag("/model"));
        }
        if let Some(mode) = settings.mode {
            config.set("mode", Value::Text(mode.name().into()), Source::Flag("/mode"));
        }
        if let Some(effort) = settings.effort {
            config.set("effort", Value::Text(effort.name().into()), Source::Flag("/effort"));
        }
        config.constrain(&self.environment)?;
        Ok(config)
    }

    fn transport(&self, config: &Config) -> Arc<dyn Transport> {
        let mut kept = locked(&self.transport);
        Arc::clone(kept.get_or_insert_with(|| Arc::new(super::model::network(config))))
    }

    /// Takes secrets out of what is kept.
    fn redactor(&self) -> Result<Redactor> {
        if let Some(redactor) = &*locked(&self.redactor) {
            return Ok(redactor.clone());
        }
        let config = self.configured(&Settings::default())?;
        let redactor = super::wire::redactor(&[], &config, &self.environment);
        // One that a session left in the meantime knows more.
        Ok(locked(&self.redactor).get_or_insert(redactor).clone())
    }
}

/// Where nothing else says so, somebody is asked.
fn default_mode(config: &mut Config) {
    if config.mode().is_none() {
        config.set("mode", Value::Text("ask".into()), Source::BuiltIn);
    }
}

//! `--record` and `--replay`: what answers in the place of a model, and what writes down what one answers.

use super::args::Run;
use super::model::{self, Ready};
use crate::base::Result;
use crate::config::Config;
use crate::config::paths::Environment;
use crate::disk::Disk;
use crate::net::Transport;
use crate::provider::replay::{Recorder, Replay, Title};
use crate::text::redact::Redactor;
use std::sync::Arc;

/// A recording to be played in the place of a model.
pub struct Recording {
    /// For messages.
    pub name: String,
    pub text: String,
}

impl Recording {
    /// Its model, and what answers for it, from the first answer on.
    pub fn played(&self, config: &Config, environment: &Environment) -> Result<(Ready, Arc<dyn Transport>)> {
        let replay = Replay::parse(&self.name, &self.text)?;
        Ok((model::replayed(&replay.title, config, environment), Arc::new(replay)))
    }
}

/// With `--record`, what comes by this way is written down. Its file is made once nothing else can be refused, since the next try wants
/// a new one.
pub fn written_down(
    args: &Run,
    ready: &Ready,
    transport: Arc<dyn Transport>,
    redactor: &Redactor,
) -> Result<Arc<dyn Transport>> {
    let Some(path) = &args.record else { return Ok(transport) };
    let model = &ready.first()?.model;
    let title = Title { agent_recording: 1, model: model.name(), wire: model.wire };
    Ok(Arc::new(Recorder::create(path, &title, transport, Disk::default(), redactor.clone())?))
}

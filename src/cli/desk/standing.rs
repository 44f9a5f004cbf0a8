//! What a session that is opened now would be like: found out without opening one, and without asking a model.

use super::{Office, blocking, default_mode, locked};
use crate::base::access::Mode;
use crate::base::desk::{Settings, Standing, Trust};
use crate::base::event::Scope;
use crate::base::model::ModelInfo;
use crate::base::{Error, Kind, Result};
use crate::cli::limits::{Asked, limits};
use crate::cli::{jail, login as logging_in, model, trust as trusting};
use crate::config::Config;
use crate::config::choose::{Choice, choose, is_auto};
use crate::config::paths::Environment;
use crate::config::project;
use crate::config::providers::{Credentials, Provider};
use crate::config::trust::{Looked, Standing as Trusted};
use crate::headless::trust::word;
use crate::text::sanitise::one_line;
use std::sync::Arc;

pub(super) async fn standing(office: Arc<Office>, settings: Settings) -> Standing {
    let desk = Arc::clone(&office);
    let found = blocking(move || Ok(found(&desk, &settings))).await;
    let (mut standing, config) = match found {
        Ok(found) => found,
        Err(error) => return Standing { problem: Some(words(&error)), ..Standing::default() },
    };
    // Nothing is named and there is no key: a server on this machine may answer.
    if let Some(config) = config.filter(|_| standing.model.is_empty() && standing.problem.is_none()) {
        match model::local_choices(&config, &office.environment).await.first() {
            Some(choice) => tell_model(&mut standing, &choice.model, &config),
            None => standing.problem = Some(words(&model::no_model())),
        }
    }
    standing
}

/// All but local servers. The configuration, where there is a sound one.
fn found(office: &Office, settings: &Settings) -> (Standing, Option<Config>) {
    let mut standing = Standing::default();
    let looked = office.configured(settings).and_then(|mut config| {
        let brought = bring(office, &mut config)?;
        default_mode(&mut config);
        config.constrain(&office.environment)?;
        Ok((config, brought))
    });
    let (config, (notices, trust)) = match looked {
        Ok(looked) => looked,
        Err(error) => return (Standing { problem: Some(words(&error)), ..standing }, None),
    };
    standing.notices = notices;
    standing.trust = trust;
    standing.providers = logging_in::names(&config);
    standing.mode = config.mode();
    standing.effort = config.effort();
    let problems = [tell_jail(&mut standing, office, &config), tell_choice(&mut standing, office, &config)];
    let first = problems.into_iter().find_map(Result::err);
    standing.problem = first.as_ref().map(words);
    (standing, Some(config))
}

/// What the project brings takes effect where it is trusted; where the user was not asked, the question.
fn bring(office: &Office, config: &mut Config) -> Result<(Vec<String>, Option<Trust>)> {
    let place = office.place();
    let once = office.common.trust_project.as_deref();
    let looked = project::look(trusting::root(&place), config, &office.environment, once)?;
    let mut notices = looked.take_effect(config, &office.environment)?;
    let question = asked(&looked).filter(|trust| locked(&office.declined).as_ref() != Some(&trust.hash));
    if question.is_some() {
        // The question says it better.
        notices.clear();
    }
    notices.extend(config.notices().iter().cloned());
    Ok((notices, question))
}

/// What a yes would be to, where one is possible.
fn asked(looked: &Looked) -> Option<Trust> {
    let is_open = match &looked.standing {
        Trusted::New | Trusted::Changed => true,
        Trusted::Nothing | Trusted::Trusted { .. } | Trusted::Once | Trusted::Never { .. } => false,
    };
    let question = looked.question();
    if !is_open || !question.obstacles.is_empty() {
        return None;
    }
    let changes = question
        .changes
        .iter()
        .map(|change| format!("{} {} ({})", word(change), one_line(&change.path), change.sort.name()));
    let refused = question.refused.iter().map(|line| format!("no effect, trusted or not: {}", one_line(line)));
    Some(Trust { project: one_line(&question.root), brings: changes.chain(refused).collect(), hash: question.hash })
}

fn tell_jail(standing: &mut Standing, office: &Office, config: &Config) -> Result<()> {
    let net = office.common.net.as_deref();
    let making = jail::begin(config, &office.environment, &office.place(), net)?;
    let chosen = making.choose(config.mode().unwrap_or(Mode::Ask))?;
    let chosen = chosen.for_work(net, true, config, &mut standing.notices)?;
    let (sandbox, network) = chosen.told();
    standing.sandbox = sandbox.into();
    standing.network = network;
    Ok(())
}

fn tell_choice(standing: &mut Standing, office: &Office, config: &Config) -> Result<()> {
    let limits = limits(&Asked::default(), config)?;
    let of_session = limits.budgets.iter().filter(|(scope, _)| *scope == Scope::Session).map(|(_, money)| *money);
    standing.budget = of_session.chain(limits.max_cost).min();
    if let Some(recording) = &office.recording {
        let (ready, _) = recording.played(config, &office.environment)?;
        tell_model(standing, &ready.first()?.model, config);
        return Ok(());
    }
    let choices = choose(config, &office.environment)?;
    let has_key = |choice: &&Choice| {
        office.common.key_file.is_some() || has_access(&choice.provider, config, &office.environment)
    };
    let Some(first) = choices.iter().find(has_key).or(choices.first()) else { return Ok(()) };
    tell_model(standing, &first.model, config);
    if !has_key(&first) {
        return Err(no_key(&first.provider));
    }
    if limits.has_budget() && !is_auto(config) && first.model.price.is_none() {
        return Err(crate::route::budget::unknown_price(&first.model));
    }
    Ok(())
}

fn tell_model(standing: &mut Standing, model: &ModelInfo, config: &Config) {
    standing.model = if is_auto(config) { "auto".into() } else { model.name() };
    standing.efforts = model.efforts.clone();
    standing.window = model.context;
}

/// Is there something to prove who asks? A keyring is not asked, for it may wait for its user.
pub(super) fn has_access(provider: &Provider, config: &Config, environment: &Environment) -> bool {
    let elsewhere = match provider.credentials {
        Credentials::Key => false,
        Credentials::Aws | Credentials::Google => true,
    };
    let stored = || config.logins().get(&provider.name).is_some();
    elsewhere || provider.key_env.as_deref().is_none_or(|name| environment.get(name).is_some() || stored())
}

fn no_key(provider: &Provider) -> Error {
    let name = &provider.name;
    let variable = provider.key_env.as_deref().unwrap_or("its variable");
    Error::new(Kind::Auth, format!("there is no key for `{name}`: {variable} is not set and none is stored"))
        .hint(format!("/login {name}, or export {variable}=… before agent starts, or choose another model with /model"))
}

/// An error and its ways out, as one text.
pub(super) fn words(error: &Error) -> String {
    let hints = error.hints.iter().map(String::as_str);
    std::iter::once(error.message.as_str()).chain(hints).collect::<Vec<_>>().join("; ")
}

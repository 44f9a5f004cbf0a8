//! Proof towards Amazon: a bearer token, or a signature over the whole request (SigV4) with credentials from the places where Amazon's
//! own tools keep them. Credentials that end are renewed before they do; nothing is written, and no secret is shown.

mod chain;
mod sign;
mod sso;

use super::Clock;
use crate::base::secret::Secret;
use crate::base::{Error, Kind, Result};
use crate::config::paths::Environment;
use crate::net::{Authorize, Header, HttpRequest, Transport};
use chain::Source;
use futures_core::future::BoxFuture;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use tokio::sync::Mutex;

/// The variable of a Bedrock API key, which wins over all credentials.
pub const BEARER: &str = "AWS_BEARER_TOKEN_BEDROCK";

/// Credentials are renewed when they have less than this left.
const EARLY: Duration = Duration::from_secs(300);

/// What a request is signed with.
#[derive(Debug, Clone)]
struct Keys {
    id: String,
    secret: Secret,
    session: Option<Secret>,
    expires: Option<SystemTime>,
}

/// `AWS_REGION`, else `AWS_DEFAULT_REGION`, else the region of the profile.
pub fn region(environment: &Environment) -> Option<String> {
    crate::config::aws::region(environment)
}

/// Proves who asks for Bedrock in `region`. `transport` is for the credentials of a single sign-on. Says now what can be known to be
/// wrong now: that there are no credentials, or only such as are not supported.
pub fn authorize(environment: &Environment, transport: Arc<dyn Transport>, region: &str) -> Result<Arc<dyn Authorize>> {
    authorize_at(environment, transport, region, Arc::new(SystemTime::now))
}

/// The same by another clock.
pub fn authorize_at(
    environment: &Environment,
    transport: Arc<dyn Transport>,
    region: &str,
    clock: Clock,
) -> Result<Arc<dyn Authorize>> {
    if let Some(token) = environment.get(BEARER) {
        return Ok(Arc::new(Bearer(Secret::new(token.trim()))));
    }
    Ok(Arc::new(Signer {
        source: chain::find(environment)?,
        environment: environment.clone(),
        transport,
        region: region.to_owned(),
        clock,
        renewed: Mutex::new(None),
    }))
}

/// Takes out what an earlier proof, or the codec, has put in.
fn clear(request: &mut HttpRequest) {
    const OURS: &[&str] = &["authorization", "x-amz-date", "x-amz-security-token"];
    request.headers.retain(|(name, _)| !OURS.iter().any(|ours| name.eq_ignore_ascii_case(ours)));
}

/// A Bedrock API key.
struct Bearer(Secret);

impl Authorize for Bearer {
    fn secrets(&self) -> Vec<Secret> {
        vec![self.0.clone()]
    }

    fn authorize<'a>(&'a self, request: &'a mut HttpRequest) -> BoxFuture<'a, Result<()>> {
        clear(request);
        request.headers.push(("authorization", Header::Secret("Bearer ", self.0.clone())));
        Box::pin(std::future::ready(Ok(())))
    }
}

/// Signs each request.
struct Signer {
    source: Source,
    environment: Environment,
    transport: Arc<dyn Transport>,
    region: String,
    clock: Clock,
    /// Credentials that were asked for and may end; held while new ones are asked for, so that they are asked for once.
    renewed: Mutex<Option<Keys>>,
}

impl Authorize for Signer {
    fn secrets(&self) -> Vec<Secret> {
        let of = |keys: &Keys| std::iter::once(keys.secret.clone()).chain(keys.session.clone()).collect();
        match &self.source {
            Source::Environment(keys) => of(keys),
            Source::Files => chain::from_files(&self.environment).as_ref().map(of).unwrap_or_default(),
            // Whoever holds it is asking for new ones, and tells of them afterwards.
            Source::Process(_) | Source::Sso(_) => {
                self.renewed.try_lock().ok().and_then(|keys| keys.as_ref().map(of)).unwrap_or_default()
            }
        }
    }

    fn authorize<'a>(&'a self, request: &'a mut HttpRequest) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let keys = self.keys().await?;
            clear(request);
            sign::sign(request, &keys, &self.region, (self.clock)())
        })
    }
}

impl Signer {
    async fn keys(&self) -> Result<Keys> {
        match &self.source {
            Source::Environment(keys) => return Ok(keys.clone()),
            // Other tools write them anew while we run.
            Source::Files => return chain::from_files(&self.environment),
            Source::Process(_) | Source::Sso(_) => {}
        }
        let mut renewed = self.renewed.lock().await;
        let now = (self.clock)();
        let lasts = |keys: &Keys, time: SystemTime| keys.expires.is_none_or(|expires| expires > time);
        if let Some(keys) = renewed.as_ref().filter(|keys| lasts(keys, now + EARLY)) {
            return Ok(keys.clone());
        }
        let new = match &self.source {
            Source::Environment(_) | Source::Files => {
                Err(Error::new(Kind::Auth, "these credentials are never renewed"))
            }
            Source::Process(helper) => chain::from_process(helper).await,
            Source::Sso(login) => login.keys(&*self.transport, now).await,
        };
        match (new, renewed.as_ref()) {
            (Ok(keys), _) => {
                *renewed = Some(keys.clone());
                Ok(keys)
            }
            // Asked for early, and refused: what there is holds a little longer.
            (Err(_), Some(keys)) if lasts(keys, now) => Ok(keys.clone()),
            (Err(error), _) => Err(error),
        }
    }
}

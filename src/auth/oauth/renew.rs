//! Tokens that are renewed before they end: by one request at a time, and kept where they were, since a server may take the old
//! ones back once new ones are out (RFC 6749, 6; RFC 9700, 4.14).

use super::Client;
use super::flow::ask;
use super::reply::Reply;
use crate::auth::stored::{Stored, Tokens, What};
use crate::auth::vault::Vault;
use crate::base::secret::Secret;
use crate::base::{Error, Kind, Result};
use crate::net::{Authorize, Header, HttpRequest, Transport};
use futures_core::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// So many seconds before their end tokens are renewed.
const EARLY: u64 = 60;

/// How often, and after which pauses, it is looked whether another run has kept its new tokens.
const LOOKS: u32 = 5;
const PAUSE: Duration = Duration::from_millis(200);

/// Seconds since 1970.
pub type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// Puts a valid access token into every request.
pub struct Renewing {
    client: Client,
    vault: Vault,
    /// The server that the tokens are for.
    origin: Option<String>,
    transport: Arc<dyn Transport>,
    clock: Clock,
    tokens: Mutex<Tokens>,
}

impl Renewing {
    pub fn new(
        client: Client,
        tokens: Tokens,
        origin: Option<String>,
        vault: Vault,
        transport: Arc<dyn Transport>,
        clock: Clock,
    ) -> Self {
        Self { client, vault, origin, transport, clock, tokens: Mutex::new(tokens) }
    }

    fn is_due(&self, tokens: &Tokens, early: u64) -> bool {
        tokens.expires.is_some_and(|end| (self.clock)().saturating_add(early) >= end)
    }

    /// New tokens in the place of those that are about to end.
    async fn renew(&self, tokens: &mut Tokens) -> Result<()> {
        // Another run may have been faster, and then ours are worth nothing any more.
        if let Some(theirs) = self.stored().await.filter(|theirs| !self.is_due(theirs, EARLY)) {
            *tokens = theirs;
            return Ok(());
        }
        let Some(refresh) = tokens.refresh.clone() else {
            return if self.is_due(tokens, 0) { Err(self.over()) } else { Ok(()) };
        };
        let answer = ask(&*self.transport, self.client.refresh(refresh.expose())).await;
        let reply = answer.map(|(status, body)| (status, Reply::read(status, &body, (self.clock)())));
        match reply {
            Ok((_, Reply::Tokens(new))) => {
                // A server that gives no new refresh token lets the old one go on.
                *tokens = Tokens { refresh: new.refresh.or(Some(refresh)), ..new };
                self.keep(tokens.clone()).await;
                Ok(())
            }
            Ok((_, Reply::Refused { code, .. })) if code == "invalid_grant" => {
                match self.renewed_elsewhere(tokens).await {
                    Some(theirs) => {
                        *tokens = theirs;
                        Ok(())
                    }
                    None => Err(self.over()),
                }
            }
            // As long as the old token is good, a server that is down does no harm.
            Ok(_) | Err(_) if !self.is_due(tokens, 0) => Ok(()),
            Ok((status, Reply::Refused { code, words })) if status < 500 => {
                Err(super::code::refused(&self.client.provider, &code, &words))
            }
            Ok((status, Reply::Refused { .. } | Reply::Broken(_))) => Err(Error::new(
                if status >= 500 { Kind::Transient } else { Kind::Auth },
                format!("the login server of `{}` cannot renew the login: status {status}", self.client.provider),
            )),
            Err(error) => Err(error),
        }
    }

    fn over(&self) -> Error {
        let name = &self.client.provider;
        Error::new(Kind::Auth, format!("the login for `{name}` is over")).hint(format!("agent login {name}"))
    }

    /// What another run got in the place of `ours`, and may not have kept yet.
    async fn renewed_elsewhere(&self, ours: &Tokens) -> Option<Tokens> {
        for _ in 0..LOOKS {
            let theirs = self.stored().await.filter(|theirs| theirs.access.expose() != ours.access.expose());
            if theirs.is_some() {
                return theirs;
            }
            tokio::time::sleep(PAUSE).await;
        }
        None
    }

    /// What is kept now. On a thread of its own, because a keyring may be slow.
    async fn stored(&self) -> Option<Tokens> {
        let (vault, provider) = (self.vault.clone(), self.client.provider.clone());
        let found = tokio::task::spawn_blocking(move || vault.get(&provider)).await.ok()?.ok()??;
        match found.0.what {
            What::Tokens(tokens) => Some(tokens),
            What::Key(_) => None,
        }
    }

    /// Keeps new tokens. If that fails this run goes on with them, and the next one asks for a login.
    async fn keep(&self, tokens: Tokens) {
        let (vault, provider) = (self.vault.clone(), self.client.provider.clone());
        let stored = Stored { what: What::Tokens(tokens), origin: self.origin.clone() };
        let _ = tokio::task::spawn_blocking(move || vault.renew(&provider, &stored)).await;
    }
}

impl Authorize for Renewing {
    fn secrets(&self) -> Vec<Secret> {
        // Whoever holds it is fetching new ones, and asks for them afterwards.
        let Ok(tokens) = self.tokens.try_lock() else { return Vec::new() };
        std::iter::once(tokens.access.clone()).chain(tokens.refresh.clone()).collect()
    }

    fn authorize<'a>(&'a self, request: &'a mut HttpRequest) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            // Held while new ones are fetched: all others wait for them instead of fetching their own.
            let mut tokens = self.tokens.lock().await;
            if self.is_due(&tokens, EARLY) {
                self.renew(&mut tokens).await?;
            }
            request.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("authorization"));
            request.headers.push(("authorization", Header::Secret("Bearer ", tokens.access.clone())));
            Ok(())
        })
    }
}

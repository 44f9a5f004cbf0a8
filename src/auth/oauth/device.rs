//! A login on another device (RFC 8628): the user types a code there, and we ask now and then whether it is done. Pure: it is told
//! how much time has passed.

use super::Client;
use super::code::refused;
use super::reply::Reply;
use crate::auth::stored::Tokens;
use crate::base::{Error, Kind, Result};
use crate::config::providers::is_safe;
use crate::net::HttpRequest;
use serde::Deserialize;
use std::time::Duration;

/// Between two questions, where the server does not say, and what is added when it wants less of them (3.2, 3.5).
const INTERVAL: Duration = Duration::from_secs(5);
/// The shortest between two questions, even if the server would stand more of them.
const SHORTEST: Duration = Duration::from_secs(1);
/// The longest between two questions, however often the server is slow.
const LONGEST: Duration = Duration::from_secs(60);
/// The longest a login may take, whatever the server allows.
const LIMIT: Duration = Duration::from_secs(30 * 60);

/// One login.
#[derive(Debug)]
pub struct Device {
    client: Client,
    device_code: String,
    /// What the user types.
    pub user_code: String,
    /// Where.
    pub address: String,
    /// The same with the code in it, where the server has one.
    pub complete_address: Option<String>,
    interval: Duration,
    lifetime: Duration,
}

/// What comes next.
#[derive(Debug)]
pub enum Step {
    /// Ask again after this time.
    Wait(Duration),
    Done(Tokens),
}

#[derive(Deserialize)]
struct Begun {
    device_code: String,
    user_code: String,
    /// Google calls it `verification_url`.
    #[serde(alias = "verification_url")]
    verification_uri: String,
    #[serde(default)]
    verification_uri_complete: Option<String>,
    expires_in: u64,
    #[serde(default)]
    interval: Option<u64>,
}

impl Device {
    /// Asks for a code.
    pub fn request(client: &Client, device_url: &str) -> HttpRequest {
        let scope = [("scope", client.scopes.as_str())];
        client.post(device_url, if client.scopes.is_empty() { &[] } else { &scope })
    }

    /// Reads the answer.
    pub fn begin(client: &Client, status: u16, body: &[u8]) -> Result<Self> {
        let provider = &client.provider;
        let begun: Begun = match (status, serde_json::from_slice(body)) {
            (200, Ok(begun)) => begun,
            _ => {
                return Err(match Reply::read(status, body, 0) {
                    Reply::Refused { code, words } => refused(provider, &code, &words),
                    Reply::Broken(_) | Reply::Tokens(_) => Error::new(
                        Kind::Auth,
                        format!("the login server of `{provider}` gave no code: status {status}"),
                    )
                    .hint(format!("is `providers.{provider}.oauth_device_url` right?")),
                });
            }
        };
        if !is_safe(&begun.verification_uri) {
            return Err(Error::new(Kind::Auth, format!("the login server of `{provider}` names no https address")));
        }
        Ok(Self {
            client: client.clone(),
            device_code: begun.device_code,
            user_code: begun.user_code,
            address: begun.verification_uri,
            complete_address: begun.verification_uri_complete.filter(|url| is_safe(url)),
            interval: begun.interval.map_or(INTERVAL, Duration::from_secs).clamp(SHORTEST, LONGEST),
            lifetime: Duration::from_secs(begun.expires_in).min(LIMIT),
        })
    }

    /// How long to wait before the next question; an error once the code has expired.
    pub fn wait(&self, elapsed: Duration) -> Result<Duration> {
        if elapsed.saturating_add(self.interval) > self.lifetime {
            return Err(refused(&self.client.provider, "expired_token", ""));
        }
        Ok(self.interval)
    }

    /// Asks whether the user is done.
    pub fn question(&self) -> HttpRequest {
        let pairs = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
            ("device_code", self.device_code.as_str()),
        ];
        self.client.post(&self.client.token_url, &pairs)
    }

    /// What an answer means.
    pub fn answer(&mut self, reply: Reply, elapsed: Duration) -> Result<Step> {
        match reply {
            Reply::Tokens(tokens) => Ok(Step::Done(tokens)),
            Reply::Refused { code, words } => match code.as_str() {
                "authorization_pending" => self.wait(elapsed).map(Step::Wait),
                "slow_down" => {
                    self.interval = self.interval.saturating_add(INTERVAL).min(LONGEST);
                    self.wait(elapsed).map(Step::Wait)
                }
                _ => Err(refused(&self.client.provider, &code, &words)),
            },
            Reply::Broken(why) => {
                Err(Error::new(Kind::Auth, format!("the login server of `{}` sent {why}", self.client.provider)))
            }
        }
    }

    /// There was no answer: the server is asked less often (3.5), until the code expires.
    pub fn unanswered(&mut self, elapsed: Duration) -> Result<Step> {
        self.interval = self.interval.saturating_mul(2).min(LONGEST);
        self.wait(elapsed).map(Step::Wait)
    }
}

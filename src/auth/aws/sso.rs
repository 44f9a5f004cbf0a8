//! Credentials of a single sign-on: the token that `aws sso login` left behind is exchanged for a role's credentials.
//!
//! Source: IAM Identity Center portal API reference, `GetRoleCredentials`; AWS SDKs and Tools Reference Guide, "IAM Identity Center
//! credential provider". The token itself is not renewed here: that would take its file away from the AWS command line.

use super::{Keys, chain};
use crate::base::secret::Secret;
use crate::base::{Error, Kind, Result};
use crate::config::aws::{Section, Shared};
use crate::config::paths::Environment;
use crate::net::{Header, HttpRequest, Method, Transport, http};
use crate::text::form;
use serde::Deserialize;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What a profile says of its sign-on.
pub(super) struct Login {
    profile: String,
    account: String,
    role: String,
    /// Where the portal is, without a trailing slash.
    portal: String,
    /// Where `aws sso login` keeps the token.
    token_file: PathBuf,
}

/// The file of a token.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Token {
    access_token: String,
    expires_at: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    role_credentials: RoleCredentials,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RoleCredentials {
    access_key_id: String,
    secret_access_key: String,
    session_token: String,
    /// Milliseconds since 1970.
    expiration: u64,
}

impl Login {
    pub(super) fn of(profile: &str, config: &Section, shared: &Shared, environment: &Environment) -> Result<Self> {
        let session = config.get("sso_session");
        let section = match session {
            Some(name) => shared.sso_session(name).ok_or_else(|| missing(profile, &format!("[sso-session {name}]")))?,
            None => config,
        };
        let text = |section: &Section, name: &str| {
            section.get(name).filter(|value| !value.is_empty()).cloned().ok_or_else(|| missing(profile, name))
        };
        let start_url = text(section, "sso_start_url")?;
        let region = text(section, "sso_region")?;
        let portal = environment.get("AWS_ENDPOINT_URL_SSO").map(str::to_owned);
        let portal = portal.unwrap_or_else(|| format!("https://portal.sso.{region}.amazonaws.com"));
        let file = format!("{}.json", sha1(session.unwrap_or(&start_url)));
        Ok(Self {
            profile: profile.to_owned(),
            account: text(config, "sso_account_id")?,
            role: text(config, "sso_role_name")?,
            portal: portal.trim_end_matches('/').to_owned(),
            token_file: environment.home()?.join(".aws/sso/cache").join(file),
        })
    }

    /// The credentials of the role.
    pub(super) async fn keys(&self, transport: &dyn Transport, now: SystemTime) -> Result<Keys> {
        let token = self.token(now)?;
        let url = form::with_query(
            &format!("{}/federation/credentials", self.portal),
            &[("account_id", &self.account), ("role_name", &self.role)],
        );
        let headers = vec![
            ("accept", Header::Plain("application/json".into())),
            ("x-amz-sso_bearer_token", Header::Secret("", token)),
        ];
        let response = transport.send(HttpRequest { method: Method::Get, url, headers, body: Vec::new() }).await?;
        let (status, retry_after) = (response.status, response.retry_after);
        let body = http::read_refusal(response.body).await;
        match status {
            200 => {}
            401 => return Err(self.log_in("is no longer valid")),
            408 | 429 | 500.. => {
                let error = Error::new(Kind::Transient, format!("the AWS sign-on portal answered {status}"));
                return Err(Error { retry_after, ..error });
            }
            _ => {
                let (account, role) = (&self.account, &self.role);
                return Err(Error::new(
                    Kind::Auth,
                    format!("the AWS sign-on portal answered {status} for the role `{role}`"),
                )
                .hint(format!(
                    "look at sso_account_id ({account}) and sso_role_name of the profile `{}`",
                    self.profile
                )));
            }
        }
        // The parser's own words could quote a secret.
        let Answer { role_credentials: given } = serde_json::from_slice(&body)
            .map_err(|_| Error::new(Kind::Transient, "the AWS sign-on portal gave no credentials"))?;
        Ok(Keys {
            id: given.access_key_id,
            secret: Secret::new(given.secret_access_key),
            session: Some(Secret::new(given.session_token)),
            expires: UNIX_EPOCH.checked_add(Duration::from_millis(given.expiration)),
        })
    }

    fn token(&self, now: SystemTime) -> Result<Secret> {
        let text = std::fs::read_to_string(&self.token_file).map_err(|_| self.log_in("is not there"))?;
        let token: Token = serde_json::from_str(&text).map_err(|_| self.log_in("cannot be read"))?;
        match chain::time(&token.expires_at) {
            Some(expires) if expires > now => Ok(Secret::new(token.access_token)),
            Some(_) | None => Err(self.log_in("has expired")),
        }
    }

    fn log_in(&self, why: &str) -> Error {
        Error::new(Kind::Auth, format!("the AWS sign-on of the profile `{}` {why}", self.profile))
            .hint(format!("aws sso login --profile {}", self.profile))
    }
}

fn missing(profile: &str, what: &str) -> Error {
    Error::new(Kind::Auth, format!("the AWS profile `{profile}` has a sign-on without `{what}`"))
        .hint(format!("aws configure sso --profile {profile}"))
}

/// The name of a token's file, in lower-case hex.
fn sha1(text: &str) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes());
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

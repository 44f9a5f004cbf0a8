//! OAuth 2.0 for a program on the user's own machine (RFC 6749, RFC 8252), with servers that the user configured and OpenRouter,
//! which documents it for everybody. No vendor's own client is impersonated.
//!
//! `code` (a browser and a loopback socket), `device` (a code typed elsewhere) and `reply` decide and are pure; `flow` and
//! `renew` act.

pub mod code;
pub mod device;
pub mod flow;
pub mod renew;
pub mod reply;

pub use renew::{Clock, Renewing};

use crate::base::{Error, Result};
use crate::config::Config;
use crate::config::providers::is_safe;
use crate::net::{Header, HttpRequest, Method};
use crate::text::form;

/// Who we are to an authorisation server, and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// The provider's name in the configuration.
    pub provider: String,
    pub id: String,
    pub authorize_url: Option<String>,
    pub device_url: Option<String>,
    pub token_url: String,
    /// Separated by blanks.
    pub scopes: String,
}

impl Client {
    /// As the configuration has it (`providers.*.oauth_…`); `None` where the provider has no `oauth_client_id`.
    pub fn of(provider: &str, config: &Config) -> Result<Option<Self>> {
        let key = |field: &str| format!("providers.{provider}.oauth_{field}");
        let text = |field: &str| config.text(&key(field)).filter(|text| !text.is_empty()).map(str::to_owned);
        let Some(id) = text("client_id") else { return Ok(None) };
        let missing = |field: &str| {
            Error::config(format!("`{}` needs `{}`", key("client_id"), key(field)))
                .hint(format!("add oauth_{field} = \"https://…\" to [providers.{provider}]"))
        };
        let client = Self {
            provider: provider.to_owned(),
            id,
            authorize_url: text("authorize_url"),
            device_url: text("device_url"),
            token_url: text("token_url").ok_or_else(|| missing("token_url"))?,
            scopes: config.list(&key("scopes")).join(" "),
        };
        if client.authorize_url.is_none() && client.device_url.is_none() {
            return Err(missing("authorize_url"));
        }
        let urls = [
            ("authorize_url", client.authorize_url.as_deref()),
            ("device_url", client.device_url.as_deref()),
            ("token_url", Some(client.token_url.as_str())),
        ];
        for (field, url) in urls {
            if let Some(url) = url.filter(|url| !is_safe(url)) {
                return Err(Error::config(format!("`{}` is not an https address: `{url}`", key(field)))
                    .hint("tokens are sent encrypted, or to this machine itself"));
            }
        }
        Ok(Some(client))
    }

    /// A form for one of the server's addresses. The program is a public client: it has no secret of its own.
    fn post(&self, url: &str, pairs: &[(&str, &str)]) -> HttpRequest {
        let client = [("client_id", self.id.as_str())];
        form_request(url, form::encode(&[pairs, &client].concat()))
    }

    /// Asks for new tokens with the old ones (RFC 6749, 6).
    pub fn refresh(&self, token: &str) -> HttpRequest {
        self.post(&self.token_url, &[("grant_type", "refresh_token"), ("refresh_token", token)])
    }
}

/// A request whose body is a form.
pub(super) fn form_request(url: &str, body: String) -> HttpRequest {
    let header = |name, value: &str| (name, Header::Plain(value.to_owned()));
    HttpRequest {
        method: Method::Post,
        url: url.to_owned(),
        headers: vec![
            header("content-type", "application/x-www-form-urlencoded"),
            header("accept", "application/json"),
        ],
        body: body.into_bytes(),
    }
}

//! What is kept of one provider, and its form as JSON: a key or tokens, and the server they are for.

use crate::base::secret::Secret;
use secrecy::zeroize::Zeroizing;
use serde::{Deserialize, Serialize};

/// A key or tokens.
#[derive(Debug, Clone)]
pub struct Stored {
    pub what: What,
    /// Scheme, host and port of the server that it was given for, and is sent to alone. `None`: written by hand.
    pub origin: Option<String>,
}

#[derive(Debug, Clone)]
pub enum What {
    Key(Secret),
    Tokens(Tokens),
}

/// What an authorisation server gave (RFC 6749, 5.1).
#[derive(Debug, Clone)]
pub struct Tokens {
    pub access: Secret,
    /// Without it the access token cannot be renewed.
    pub refresh: Option<Secret>,
    /// When the access token ends, in seconds since 1970; `None`: nobody said.
    pub expires: Option<u64>,
}

/// As it is written.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Entry {
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<String>,
}

impl Stored {
    pub(super) fn from_entry(entry: Entry) -> Option<Self> {
        let secret = |text: String| Some(Secret::new(text.trim())).filter(|_| is_one_word(text.trim()));
        let what = match (entry.key, entry.access_token) {
            (Some(key), None) => What::Key(secret(key)?),
            (None, Some(access)) => What::Tokens(Tokens {
                access: secret(access)?,
                refresh: entry.refresh_token.and_then(secret),
                expires: entry.expires,
            }),
            (Some(_), Some(_)) | (None, None) => return None,
        };
        Some(Self { what, origin: entry.origin })
    }

    pub(super) fn entry(&self) -> Entry {
        let text = |secret: &Secret| Some(secret.expose().to_owned());
        let origin = self.origin.clone();
        match &self.what {
            What::Key(key) => Entry { key: text(key), origin, ..Entry::default() },
            What::Tokens(tokens) => Entry {
                access_token: text(&tokens.access),
                refresh_token: tokens.refresh.as_ref().and_then(text),
                expires: tokens.expires,
                origin,
                ..Entry::default()
            },
        }
    }

    /// One line of JSON.
    pub(super) fn to_json(&self) -> Zeroizing<String> {
        Zeroizing::new(serde_json::to_string(&self.entry()).unwrap_or_default())
    }

    pub(super) fn from_json(text: &str) -> Option<Self> {
        Self::from_entry(serde_json::from_str(text).ok()?)
    }

    /// All of it that is secret.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &Secret> {
        let refresh = match &self.what {
            What::Key(_) => None,
            What::Tokens(tokens) => tokens.refresh.as_ref(),
        };
        std::iter::once(self.secret()).chain(refresh)
    }

    /// What is sent: the key, or the access token.
    pub fn secret(&self) -> &Secret {
        match &self.what {
            What::Key(key) => key,
            What::Tokens(tokens) => &tokens.access,
        }
    }
}

/// May this be a key? It has no blank, no line break, nothing that a terminal would act on, and nothing that no header takes as it
/// is: dots and dashes of a word processor, bytes that are no text.
pub fn is_one_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Scheme, host and port of an address, without the user's name in it: `https://api.example.com:8443`.
pub fn origin(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}").to_ascii_lowercase()
}

//! What a token endpoint answers: tokens, or one of the errors of RFC 6749, 5.2 and RFC 8628, 3.5. Pure.

use crate::auth::stored::{Tokens, is_one_word};
use crate::base::secret::Secret;
use serde::Deserialize;

/// What came back.
#[derive(Debug)]
pub enum Reply {
    Tokens(Tokens),
    /// The server's `error`, and what it says of it.
    Refused {
        code: String,
        words: String,
    },
    /// No answer of the protocol: a status, and why it cannot be read.
    Broken(String),
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    #[serde(default)]
    token_type: Option<String>,
    #[serde(default)]
    refresh_token: Option<String>,
    /// Some servers write it as a text.
    #[serde(default)]
    expires_in: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Refusal {
    error: String,
    #[serde(default)]
    error_description: Option<String>,
}

impl Reply {
    /// Reads an answer; `now` is in seconds since 1970.
    pub fn read(status: u16, body: &[u8], now: u64) -> Self {
        // GitHub refuses with status 200, so the status does not decide.
        if let Ok(Refusal { error, error_description }) = serde_json::from_slice(body) {
            return Reply::Refused { code: error, words: error_description.unwrap_or_default() };
        }
        if status != 200 {
            return Reply::Broken(format!("status {status}"));
        }
        let Ok(granted) = serde_json::from_slice::<Granted>(body) else {
            return Reply::Broken("an answer that is not JSON with an `access_token`".into());
        };
        if granted.token_type.is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer")) {
            return Reply::Broken("a token of a type other than Bearer".into());
        }
        if !is_one_word(&granted.access_token) {
            return Reply::Broken("a token that is none".into());
        }
        let seconds = granted.expires_in.and_then(|value| match value {
            serde_json::Value::Number(number) => number.as_u64(),
            serde_json::Value::String(text) => text.parse().ok(),
            _ => None,
        });
        Reply::Tokens(Tokens {
            access: Secret::new(granted.access_token),
            refresh: granted.refresh_token.filter(|token| is_one_word(token)).map(Secret::new),
            expires: seconds.map(|seconds| now.saturating_add(seconds)),
        })
    }
}

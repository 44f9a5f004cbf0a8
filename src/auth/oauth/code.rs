//! A login in a browser: authorization code with PKCE (RFC 7636, S256) over a loopback redirect. Pure: chance comes from outside.

use super::{Client, form_request};
use crate::base::{Error, Kind, Result};
use crate::net::{Header, HttpRequest, Method};
use crate::text::form;
use crate::text::sanitise::one_line;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// Where the server sends the browser back to, after the port.
const CALLBACK: &str = "/callback";

/// One attempt: what only we know of it, and where the answer is to go.
#[derive(Debug)]
pub struct Attempt {
    verifier: String,
    state: String,
    redirect: String,
}

/// What the browser brought.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    Code(String),
    /// The server's `error`, and what it says of it.
    Refused {
        code: String,
        words: String,
    },
}

impl Attempt {
    /// `chance` is unpredictable; `port` is where the answer is waited for.
    pub fn new(chance: &[u8; 64], port: u16) -> Self {
        let (verifier, state) = chance.split_at(32);
        Self {
            verifier: URL_SAFE_NO_PAD.encode(verifier),
            state: URL_SAFE_NO_PAD.encode(state),
            redirect: format!("http://127.0.0.1:{port}{CALLBACK}"),
        }
    }

    /// The same for OpenRouter, which names `localhost` for callbacks and keeps no state: the address itself holds it.
    pub fn for_openrouter(chance: &[u8; 64], port: u16) -> Self {
        let attempt = Self::new(chance, port);
        Self { redirect: format!("http://localhost:{port}{CALLBACK}/{}", attempt.state), ..attempt }
    }

    fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(&self.verifier))
    }

    /// Where the user logs in.
    pub fn address(&self, client: &Client, authorize_url: &str) -> String {
        let challenge = self.challenge();
        let mut pairs = vec![
            ("response_type", "code"),
            ("client_id", client.id.as_str()),
            ("redirect_uri", self.redirect.as_str()),
            ("state", self.state.as_str()),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ];
        if !client.scopes.is_empty() {
            pairs.push(("scope", client.scopes.as_str()));
        }
        form::with_query(authorize_url, &pairs)
    }

    /// The same for OpenRouter.
    pub fn openrouter_address(&self, authorize_url: &str) -> String {
        let challenge = self.challenge();
        form::with_query(
            authorize_url,
            &[
                ("callback_url", self.redirect.as_str()),
                ("code_challenge", challenge.as_str()),
                ("code_challenge_method", "S256"),
            ],
        )
    }

    /// Reads the path and query that a browser asked for. `None`: it is not the answer to this attempt.
    pub fn answer(&self, target: &str) -> Option<Answer> {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let by_path = path.strip_prefix(CALLBACK)?.strip_prefix('/');
        let state = by_path.map(str::to_owned).or_else(|| form::value(query, "state"))?;
        let by_path_wanted = self.redirect.ends_with(&self.state);
        if by_path.is_some() != by_path_wanted || !same(&state, &self.state) {
            return None;
        }
        if let Some(code) = form::value(query, "error") {
            return Some(Answer::Refused { code, words: form::value(query, "error_description").unwrap_or_default() });
        }
        form::value(query, "code").filter(|code| !code.is_empty()).map(Answer::Code)
    }

    /// Asks for tokens with the code.
    pub fn exchange(&self, client: &Client, code: &str) -> HttpRequest {
        let pairs = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", self.redirect.as_str()),
            ("code_verifier", self.verifier.as_str()),
        ];
        client.post(&client.token_url, &pairs)
    }

    /// The same for OpenRouter, which answers with a key.
    pub fn openrouter_exchange(&self, url: &str, code: &str) -> HttpRequest {
        let body = serde_json::json!({ "code": code, "code_verifier": self.verifier, "code_challenge_method": "S256" });
        HttpRequest {
            method: Method::Post,
            headers: vec![("content-type", Header::Plain("application/json".into()))],
            ..form_request(url, body.to_string())
        }
    }
}

/// Compares without telling by the time it takes where two texts differ.
fn same(one: &str, other: &str) -> bool {
    one.len() == other.len() && one.bytes().zip(other.bytes()).fold(0, |differ, (a, b)| differ | (a ^ b)) == 0
}

impl Answer {
    /// The code, or the error in words.
    pub fn code(self, provider: &str) -> Result<String> {
        match self {
            Answer::Code(code) => Ok(code),
            Answer::Refused { code, words } => Err(refused(provider, &code, &words)),
        }
    }
}

/// A refusal of the server's, as an error.
pub(super) fn refused(provider: &str, code: &str, words: &str) -> Error {
    let said = one_line(&if words.is_empty() { code.to_owned() } else { format!("{code} ({words})") });
    let what = match code {
        "access_denied" => format!("the login for `{provider}` was declined"),
        "expired_token" => format!("the code for the login to `{provider}` has expired"),
        _ => format!("the login server of `{provider}` refused: {said}"),
    };
    Error::new(Kind::Auth, what).hint(format!("agent login {provider}"))
}

//! A service account's key, and the signed statement that Google gives a token for (RFC 7523, RS256).

use super::google::SCOPE;
use crate::base::secret::Secret;
use crate::base::{Error, Kind, Result};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use std::time::{SystemTime, UNIX_EPOCH};

/// Seconds for which a statement holds; Google takes an hour at most.
const LIFE: u64 = 3600;

/// The key of a service account.
pub struct ServiceAccount {
    email: String,
    key: RsaKeyPair,
    key_id: String,
    /// Of the token endpoint, which is also whom the statement is for.
    pub address: String,
}

impl ServiceAccount {
    /// `key` is PKCS #8 in PEM; `None` for what is no such key, or without an email.
    pub fn new(email: String, key: &str, key_id: String, address: String) -> Option<Self> {
        let body = key.split("-----BEGIN PRIVATE KEY-----").nth(1)?.split("-----END PRIVATE KEY-----").next()?;
        let body: String = body.chars().filter(|letter| !letter.is_whitespace()).collect();
        let key = RsaKeyPair::from_pkcs8(&STANDARD.decode(body).ok()?).ok()?;
        (!email.is_empty()).then_some(Self { email, key, key_id, address })
    }

    /// The signed statement, good for an hour from `now`.
    pub fn assertion(&self, now: SystemTime) -> Result<Secret> {
        let now = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let mut header = serde_json::json!({ "alg": "RS256", "typ": "JWT" });
        if !self.key_id.is_empty()
            && let Some(fields) = header.as_object_mut()
        {
            fields.insert("kid".into(), self.key_id.as_str().into());
        }
        let claims = serde_json::json!({
            "iss": self.email, "scope": SCOPE, "aud": self.address, "iat": now, "exp": now.saturating_add(LIFE),
        });
        let encode = |part: &[u8]| URL_SAFE_NO_PAD.encode(part);
        let signed = format!("{}.{}", encode(header.to_string().as_bytes()), encode(claims.to_string().as_bytes()));
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature)
            .map_err(|_| Error::new(Kind::Auth, format!("cannot sign as `{}`", self.email)))?;
        Ok(Secret::new(format!("{signed}.{}", encode(&signature))))
    }
}

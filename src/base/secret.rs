//! A key in memory: never printed, wiped when dropped.

use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use std::fmt;

/// A key. Printed as `[secret]`, wiped from memory when dropped.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    pub fn new(value: impl Into<String>) -> Self {
        // Wiped here, because a string that is made shorter leaves its old memory as it was.
        let value = Zeroizing::new(value.into());
        Self(SecretString::from(value.as_str()))
    }

    /// The value itself: for `net`, which sends it, and for the redactor, which looks for it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

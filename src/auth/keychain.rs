//! The operating system's keyring: Secret Service, Keychain. It may be missing, locked, slow or waiting for the user, so each call
//! runs on a thread of its own and is given up after a while.

use super::stored::Stored;
use keyring::{Entry, Error};
use std::sync::mpsc;
use std::time::Duration;

/// The name under which keys are kept there; the user's name is the provider's.
const SERVICE: &str = "agent";
/// To find out whether there is one. Nobody is asked anything here.
const CONNECT: Duration = Duration::from_secs(3);
/// To read or write: a person may have to unlock it first.
const UNLOCK: Duration = Duration::from_secs(30);

/// Is there a keyring? Else why not, in words.
pub fn available() -> Result<(), String> {
    bounded(CONNECT, || match Entry::store_status() {
        Ok(()) => Ok(()),
        Err(error) => Err(words(error)),
    })
}

/// What is kept for a provider; `None` where nothing is.
pub fn get(provider: &str) -> Result<Option<Stored>, String> {
    available()?;
    let provider = provider.to_owned();
    bounded(UNLOCK, move || match Entry::new(SERVICE, &provider).and_then(|entry| entry.get_password()) {
        Ok(text) => {
            let text = secrecy::zeroize::Zeroizing::new(text);
            Stored::from_json(&text).map(Some).ok_or_else(|| "what it holds was not stored by agent".into())
        }
        Err(Error::NoEntry) => Ok(None),
        Err(error) => Err(words(&error)),
    })
}

pub fn set(provider: &str, stored: &Stored) -> Result<(), String> {
    available()?;
    let (provider, text) = (provider.to_owned(), stored.to_json());
    bounded(UNLOCK, move || {
        let entry = Entry::new(SERVICE, &provider).map_err(|error| words(&error))?;
        entry.set_password(&text).map_err(|error| words(&error))
    })
}

/// Takes it out; what is not there is out.
pub fn remove(provider: &str) -> Result<(), String> {
    available()?;
    let provider = provider.to_owned();
    bounded(UNLOCK, move || match Entry::new(SERVICE, &provider).and_then(|entry| entry.delete_credential()) {
        Ok(()) | Err(Error::NoEntry) => Ok(()),
        Err(error) => Err(words(&error)),
    })
}

/// Does it on a thread of its own, which is left behind where it takes longer.
fn bounded<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    let (sender, receiver) = mpsc::channel();
    let worker = move || {
        // Nobody listens any more once the time is over.
        let _ = sender.send(work());
    };
    std::thread::Builder::new().name("keyring".into()).spawn(worker).map_err(|error| error.to_string())?;
    match receiver.recv_timeout(limit) {
        Ok(result) => result,
        Err(mpsc::RecvTimeoutError::Timeout) => Err(format!("it did not answer for {} s", limit.as_secs())),
        Err(mpsc::RecvTimeoutError::Disconnected) => Err("it failed".into()),
    }
}

/// Never what the keyring holds, which some errors carry.
fn words(error: &Error) -> String {
    match error {
        Error::NoDefaultStore => "there is none".into(),
        Error::PlatformFailure(cause) => format!("there is none, or it failed: {}", deepest(cause.as_ref())),
        Error::NoStorageAccess(cause) => format!("it is locked: {}", deepest(cause.as_ref())),
        Error::Ambiguous(_) => "it holds several entries for this name".into(),
        Error::TooLong(_, most) => format!("it takes at most {most} characters"),
        _ => "it failed".into(),
    }
}

fn deepest(error: &(dyn std::error::Error + 'static)) -> String {
    let mut deepest = error;
    while let Some(cause) = deepest.source() {
        deepest = cause;
    }
    deepest.to_string().split(" (os error").next().unwrap_or_default().to_lowercase()
}

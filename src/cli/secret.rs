//! What a person types or pipes in for `agent login`: a choice from a list, and a key that is not shown while it is typed. The
//! terminal is put back as it was, whatever happens in between.

use super::stdin::{self, ready};
use super::{say, signals};
use crate::auth::stored::is_one_word;
use crate::base::command::Signal;
use crate::base::secret::Secret;
use crate::base::{Error, Result};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use secrecy::zeroize::Zeroizing;
use std::io::{IsTerminal, Write, stderr, stdin};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::UnboundedReceiver;

/// Bytes that a key may have; the longest known are tokens of a few thousand.
const MAX: usize = 16 * 1024;
/// Bytes of a line that a terminal takes at most; it drops what comes after them without a word.
const LINE: usize = if cfg!(target_os = "linux") { 4095 } else { 1023 };
/// How long a pipe is waited for.
const PIPE: Duration = Duration::from_secs(60);
/// How often it is looked whether the user wants to leave.
const LOOK: Duration = Duration::from_millis(50);

/// What came.
pub enum Typed {
    Text(Zeroizing<String>),
    /// The user left.
    Left(Signal),
}

/// Somebody who can be asked.
pub struct Person {
    signals: UnboundedReceiver<Signal>,
}

/// Puts the terminal back.
struct Quiet(Termios);

impl Quiet {
    fn begin() -> Result<Self> {
        let failed = |error: rustix::io::Errno| Error::io("hide what is typed on", "the terminal", &error.into());
        let before = tcgetattr(stdin()).map_err(failed)?;
        let mut quiet = before.clone();
        quiet.local_modes &= !(LocalModes::ECHO | LocalModes::ECHONL);
        let quiet = (Self(before), quiet);
        tcsetattr(stdin(), OptionalActions::Flush, &quiet.1).map_err(failed)?;
        Ok(quiet.0)
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        let _ = tcsetattr(stdin(), OptionalActions::Drain, &self.0);
        // The user's own line end was not shown.
        let _ = stderr().write_all(b"\n");
    }
}

impl Person {
    /// `None` where nobody is at a terminal.
    pub fn here() -> Result<Option<Self>> {
        if !(stdin().is_terminal() && stderr().is_terminal()) {
            return Ok(None);
        }
        Ok(Some(Self { signals: signals::listen()? }))
    }

    /// Asks for a line.
    pub fn line(&mut self, question: &str) -> Result<Typed> {
        say(question);
        self.read()
    }

    /// Asks for a line that is not shown.
    pub fn hidden(&mut self, question: &str) -> Result<Typed> {
        let _quiet = Quiet::begin()?;
        say(question);
        self.read()
    }

    /// The signals that are heard from now on.
    pub fn signals(&mut self) -> &mut UnboundedReceiver<Signal> {
        &mut self.signals
    }

    fn read(&mut self) -> Result<Typed> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(MAX));
        let mut chunk = Zeroizing::new([0; 1024]);
        loop {
            if let Ok(signal) = self.signals.try_recv() {
                return Ok(Typed::Left(signal));
            }
            if !ready(LOOK) {
                continue;
            }
            // Not through the buffer of the standard library, where the key would stay.
            let count = rustix::io::read(stdin(), &mut chunk[..])
                .map_err(|error| Error::io("read", "the terminal", &error.into()))?;
            bytes.extend_from_slice(chunk.get(..count).unwrap_or_default());
            if bytes.len() >= LINE {
                let what = format!("a terminal takes no line of {LINE} bytes or more: the end of it is lost");
                return Err(Error::usage(what).hint("echo \"$KEY\" | agent login PROVIDER"));
            }
            if count == 0 || bytes.contains(&b'\n') {
                let text = String::from_utf8_lossy(&bytes);
                return Ok(Typed::Text(Zeroizing::new(text.trim().to_owned())));
            }
        }
    }
}

/// The key on a standard input that is no terminal.
pub fn piped(provider: &str) -> Result<Zeroizing<String>> {
    let hint = format!("echo \"$KEY\" | agent login {provider}");
    if stdin().is_terminal() {
        // It would be shown while it is typed.
        return Err(Error::usage("the key cannot be asked for: standard error is no terminal").hint(hint));
    }
    let end = Instant::now() + PIPE;
    let mut bytes = Zeroizing::new(Vec::with_capacity(2 * MAX));
    let mut chunk = Zeroizing::new([0; 1024]);
    while bytes.len() <= MAX {
        if !stdin::ready(end.saturating_duration_since(Instant::now())) {
            return Err(
                Error::usage(format!("standard input stayed open for {} s without a key", PIPE.as_secs())).hint(hint)
            );
        }
        let count = rustix::io::read(stdin(), &mut chunk[..])
            .map_err(|error| Error::io("read", "standard input", &error.into()).kind(crate::base::Kind::Usage))?;
        if count == 0 {
            break;
        }
        bytes.extend_from_slice(chunk.get(..count).unwrap_or_default());
    }
    if bytes.trim_ascii().is_empty() {
        return Err(Error::usage(format!("there is no key for `{provider}` on standard input")).hint(hint));
    }
    Ok(Zeroizing::new(String::from_utf8_lossy(&bytes).trim().to_owned()))
}

/// A key that can be one.
pub fn key(text: &str) -> Result<Secret> {
    if text.is_empty() {
        return Err(Error::usage("no key was given"));
    }
    if text.len() > MAX || !is_one_word(text) {
        return Err(Error::usage("that is no key: it is one word of plain letters, digits and signs")
            .hint("copy it again, alone"));
    }
    Ok(Secret::new(text))
}

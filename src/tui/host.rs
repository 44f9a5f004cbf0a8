//! The terminal as the system gives it: its size, its keys, its signals, and how it is put back whatever happens.

use super::input::{Decoder, Typed};
use super::state::Input;
use super::term::{self, Restoring};
use crate::base::command::Signal;
use crate::base::{Error, Result};
use crate::text::sanitise::sanitise;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::Signal as System;
use std::io::{Stdin, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::io::unix::AsyncFd;
use tokio::signal::unix::{Signal as Stream, SignalKind, signal};
use tokio::time::Instant;

/// Columns and rows; 80 by 24 where nobody says.
pub fn size() -> (u16, u16) {
    match crossterm::terminal::size() {
        Ok((columns, rows)) if columns > 0 && rows > 0 => (columns, rows),
        _ => (80, 24),
    }
}

/// The time of day, in milliseconds since 1970.
pub fn clock() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| since.as_millis() as u64)
}

/// Keys as they come, without a thread that would take them away from an editor. What was typed before is kept.
pub struct Keyboard {
    input: Option<AsyncFd<Stdin>>,
    decoder: Decoder,
    /// Until when the rest of a key that has begun is waited for, however often the waiting begins anew.
    rest: Option<Instant>,
    /// Whole lines are read, and this is the beginning of one; else single keys.
    line: Option<Vec<u8>>,
    /// Bytes that were typed while the terminal still handed over whole lines: it made enter a newline of theirs.
    ahead: u64,
}

/// The rest of a key comes within this time, over any line that people work on.
const REST: Duration = Duration::from_millis(30);

impl Keyboard {
    pub fn begin(lines: bool) -> Result<Self> {
        let ahead = if lines { 0 } else { rustix::io::ioctl_fionread(std::io::stdin()).unwrap_or(0) };
        let mut keyboard =
            Self { input: None, decoder: Decoder::default(), rest: None, line: lines.then(Vec::new), ahead };
        keyboard.again()?;
        Ok(keyboard)
    }

    /// Takes the terminal, also where it was not given up: who brings us back may do so twice.
    pub fn again(&mut self) -> Result<()> {
        self.input = None;
        if self.line.is_none() {
            term::raw(true).map_err(|error| Error::io("set", "the terminal", &error))?;
        }
        #[expect(deprecated, reason = "the other way is `unsafe`, and the descriptor of standard input never changes")]
        let input = AsyncFd::new(std::io::stdin()).map_err(|error| Error::io("wait for", "the terminal", &error))?;
        self.input = Some(input);
        Ok(())
    }

    /// The terminal is somebody else's for a while.
    pub fn stop(&mut self) {
        self.input = None;
        if self.line.is_none() {
            let _ = term::raw(false);
        }
    }

    /// Waits until something was typed; gives all of it.
    pub async fn next(&mut self) -> Result<Vec<Input>> {
        let broken = |error: std::io::Error| Error::io("read", "the terminal", &error);
        let Some(input) = &self.input else { return std::future::pending().await };
        let ready = input.readable();
        let ready = match self.rest {
            Some(rest) => tokio::time::timeout_at(rest, ready).await.ok(),
            None => Some(ready.await),
        };
        let Some(ready) = ready else {
            self.rest = None;
            return Ok(inputs(self.decoder.give_up()));
        };
        let mut ready = ready.map_err(broken)?;
        // Standard input waits for keys itself: it is read where there are some, and only then.
        let mut asked = [PollFd::new(input.get_ref(), PollFlags::IN)];
        let some = poll(&mut asked, Some(&Timespec::default())).map_err(|error| broken(error.into()))?;
        if some == 0 {
            ready.clear_ready();
            return Ok(Vec::new());
        }
        let mut buffer = [0; 16 * 1024];
        let count = rustix::io::read(input.get_ref(), &mut buffer).map_err(|error| broken(error.into()))?;
        // A terminal that is gone has no more keys.
        if count == 0 {
            return Ok(vec![Input::Signal(Signal::Term)]);
        }
        let bytes = buffer.get_mut(..count).unwrap_or_default();
        let ahead = std::mem::take(&mut self.ahead);
        let newlines = bytes.iter_mut().zip(0..ahead).map(|(byte, _)| byte).filter(|byte| **byte == b'\n');
        newlines.for_each(|byte| *byte = b'\r');
        self.ahead = ahead.saturating_sub(count as u64);
        Ok(match &mut self.line {
            Some(line) => lines(line, bytes),
            None => {
                let typed = self.decoder.feed(bytes);
                self.rest = self.decoder.is_waiting().then(|| Instant::now() + REST);
                inputs(typed)
            }
        })
    }
}

fn inputs(typed: Vec<Typed>) -> Vec<Input> {
    let input = |typed| match typed {
        Typed::Key(key) => Input::Key(key),
        Typed::Paste(text) => Input::Paste(text),
        Typed::Focus(focused) => Input::Focus(focused),
    };
    typed.into_iter().map(input).collect()
}

/// The lines that are whole by now.
fn lines(begun: &mut Vec<u8>, bytes: &[u8]) -> Vec<Input> {
    begun.extend_from_slice(bytes);
    let mut inputs = Vec::new();
    while let Some(end) = begun.iter().position(|byte| *byte == b'\n') {
        let line: Vec<u8> = begun.drain(..=end).collect();
        inputs.push(Input::Line(String::from_utf8_lossy(&line).into_owned()));
    }
    inputs
}

/// What the system tells us.
pub struct Signals {
    end: [(Stream, Signal); 3],
    resized: Stream,
    continued: Stream,
}

pub enum Signalled {
    End(Signal),
    Resized,
    Continued,
}

impl Signals {
    pub fn listen() -> Result<Self> {
        let stream = |kind| signal(kind).map_err(|error| Error::io("listen for", "signals", &error));
        Ok(Self {
            end: [
                (stream(SignalKind::interrupt())?, Signal::Int),
                (stream(SignalKind::terminate())?, Signal::Term),
                (stream(SignalKind::hangup())?, Signal::Term),
            ],
            resized: stream(SignalKind::window_change())?,
            continued: stream(SignalKind::from_raw(System::CONT.as_raw()))?,
        })
    }

    pub async fn next(&mut self) -> Signalled {
        let [(first, int), (second, term), (third, hang_up)] = &mut self.end;
        tokio::select! {
            _ = first.recv() => Signalled::End(*int),
            _ = second.recv() => Signalled::End(*term),
            _ = third.recv() => Signalled::End(*hang_up),
            _ = self.resized.recv() => Signalled::Resized,
            _ = self.continued.recv() => Signalled::Continued,
        }
    }
}

/// Stops this process until the shell brings it back.
pub fn stop_self() {
    let _ = rustix::process::kill_current_process_group(System::TSTP);
}

/// Puts the terminal back when a panic ends us, and shows its words then.
pub struct Restore {
    terminal: Restoring,
    words: Arc<Mutex<Option<String>>>,
}

impl Restore {
    pub fn armed(terminal: Restoring) -> Self {
        let words: Arc<Mutex<Option<String>>> = Arc::default();
        let kept = Arc::clone(&words);
        // A task of the session that breaks is caught, and its words are no reason to leave the screen.
        std::panic::set_hook(Box::new(move |panic| {
            *kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(panic.to_string());
        }));
        Self { terminal, words }
    }
}

impl Drop for Restore {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = std::panic::take_hook();
            return;
        }
        let _ = std::io::stdout().write_all(&self.terminal.bytes());
        let _ = std::io::stdout().flush();
        let _ = term::raw(false);
        let words = self.words.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default();
        let words = sanitise(&words).into_owned();
        let _ = writeln!(
            std::io::stderr(),
            "agent broke; this is a bug: {words}\nhint: `agent resume` goes on with the session"
        );
    }
}

//! Signals of a run, heard on a thread of their own: a reader that does not read can hold the main thread in the middle of
//! a line, and must not keep the user from leaving. The first signal is passed on; the second ends the program at once.

use crate::base::command::Signal;
use crate::base::{Error, Result};
use crate::process::spawn;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

/// Begins to listen; what comes first is received here.
pub fn listen() -> Result<mpsc::UnboundedReceiver<Signal>> {
    let failed = |error: std::io::Error| Error::io("listen for", "signals", &error);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().map_err(failed)?;
    let (sender, receiver) = mpsc::unbounded_channel();
    let (mut interrupt, mut terminate, mut hangup) = {
        let _inside = runtime.enter();
        (
            signal(SignalKind::interrupt()).map_err(failed)?,
            signal(SignalKind::terminate()).map_err(failed)?,
            signal(SignalKind::hangup()).map_err(failed)?,
        )
    };
    let hear = async move {
        let mut heard = false;
        loop {
            let signal = tokio::select! {
                _ = interrupt.recv() => Signal::Int,
                _ = terminate.recv() => Signal::Term,
                _ = hangup.recv() => Signal::Term,
            };
            if std::mem::replace(&mut heard, true) {
                spawn::end_descendants();
                std::process::exit(i32::from(signal.exit()));
            }
            // Without a receiver the run is at its end anyway.
            let _ = sender.send(signal);
        }
    };
    std::thread::Builder::new().name("signals".into()).spawn(move || runtime.block_on(hear)).map_err(failed)?;
    Ok(receiver)
}

//! Lines from a terminal, each read when it is asked for, on a thread of its own: a read cannot be called off, and the end
//! of a run must never wait for a key. Nothing is read between questions, so that an editor has the terminal to itself.

use std::io::BufRead;
use std::sync::mpsc;
use tokio::sync::oneshot;

pub(super) struct Lines {
    asks: mpsc::Sender<oneshot::Sender<Option<String>>>,
}

impl Lines {
    pub fn of(mut input: Box<dyn BufRead + Send>) -> Self {
        let (asks, asked) = mpsc::channel::<oneshot::Sender<Option<String>>>();
        let read = move || {
            while let Ok(ask) = asked.recv() {
                let mut bytes = Vec::new();
                let line = match input.read_until(b'\n', &mut bytes) {
                    Ok(0) | Err(_) => None,
                    Ok(_) => Some(String::from_utf8_lossy(&bytes).into_owned()),
                };
                // Whoever asked may have gone: the run has ended.
                let _ = ask.send(line);
            }
        };
        // Without the thread every question is at its end at once, and so a no.
        let _ = std::thread::Builder::new().name("terminal".into()).spawn(read);
        Self { asks }
    }

    /// The next line; `None` at the end of the input.
    pub async fn next(&self) -> Option<String> {
        let (sender, line) = oneshot::channel();
        self.asks.send(sender).ok()?;
        line.await.ok().flatten()
    }
}

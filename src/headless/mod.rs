//! The surface without a screen: text for people, or one JSON line per record for programs.
//!
//! Standard output is data (the answer, or the JSON lines), standard error is talk. A reader that goes away (a closed
//! pipe) never ends the task.

mod json;
mod text;

use crate::base::Result;
use crate::base::event::Outcome;
use crate::base::port::{Item, Port};
use futures_util::StreamExt;
use std::io::Write;

pub use json::{JsonLines, outcome_line};
pub use text::Text;

/// How much is shown, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Only the answer and errors.
    pub quiet: bool,
    pub color: bool,
}

/// What shows a session's items.
pub trait Show {
    fn item(&mut self, item: &Item) -> std::io::Result<()>;
}

/// Reads the session from after record `after` until its next outcome, and shows all of it.
pub async fn run(port: &dyn Port, after: u64, show: &mut dyn Show) -> Result<Option<Outcome>> {
    let mut reader = port.read(after);
    while let Some(item) = reader.next().await {
        let item = item?;
        // Nobody may be reading any more; the task goes on all the same.
        let _ = show.item(&item);
        if let Item::Record(record) = &item
            && let crate::base::event::Event::Outcome(outcome) = &record.event
        {
            return Ok(Some(outcome.clone()));
        }
    }
    Ok(None)
}

/// Writes a line whole and at once.
fn line(out: &mut dyn Write, text: &str) -> std::io::Result<()> {
    out.write_all(text.as_bytes())?;
    out.write_all(b"\n")?;
    out.flush()
}

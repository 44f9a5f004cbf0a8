//! The surface without a screen: text for people, or one JSON line per record for programs.
//!
//! Standard output is data (the answer, or the JSON lines), standard error is talk, and with a [`Review`] the place of
//! questions. A reader that goes away (a closed pipe) never ends the task.

mod json;
mod keys;
mod lines;
mod output;
mod paint;
mod review;
mod text;
pub mod trust;

use crate::base::Result;
use crate::base::access::Ask;
use crate::base::command::Command;
use crate::base::event::{Event, Outcome};
use crate::base::port::{Item, Port, Reader};
use futures_util::StreamExt;
use std::io::Write;

pub use json::{JsonLines, outcome_line};
pub use output::{Failure, Output};
pub use review::{Edit, Review, Terminal};
pub use text::Text;

/// How much is shown, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Only the answer and errors.
    pub quiet: bool,
    pub color: bool,
    /// Standard output is for a patch: the answer is talk.
    pub proposed: bool,
    /// A change was shown before it was written, so it is not shown again.
    pub reviewed: bool,
}

/// What shows a session's items.
pub trait Show {
    fn item(&mut self, item: &Item) -> std::io::Result<()>;
}

/// Reads the session from after record `after` until its next outcome, and shows all of it. With a review it answers what
/// is asked.
pub async fn run(
    port: &dyn Port,
    after: u64,
    show: &mut dyn Show,
    mut review: Option<&mut Review>,
) -> Result<Option<Outcome>> {
    let mut reader = port.read(after);
    let mut next = reader.next().await;
    while let Some(item) = next.take() {
        let item = item?;
        // Nobody may be reading any more; the task goes on all the same.
        let _ = show.item(&item);
        next = match (event(&item), &mut review) {
            (Some(Event::Outcome(outcome)), _) => return Ok(Some(outcome.clone())),
            (Some(Event::Asked(ask)), Some(review)) => attend(port, &mut reader, show, review, ask).await,
            _ => reader.next().await,
        };
    }
    Ok(None)
}

fn event(item: &Item) -> Option<&Event> {
    match item {
        Item::Record(record) => Some(&record.event),
        Item::Delta(_) => None,
    }
}

/// Has a question answered. A record that comes while it is open means that the task no longer waits: it was interrupted,
/// or out of time. Gives the next item.
async fn attend(
    port: &dyn Port,
    reader: &mut Reader,
    show: &mut dyn Show,
    review: &mut Review,
    ask: &Ask,
) -> Option<Result<Item>> {
    let next = {
        let mut answering = std::pin::pin!(review.answer(ask));
        loop {
            tokio::select! {
                biased;
                next = reader.next() => match next {
                    Some(Ok(delta @ Item::Delta(_))) => drop(show.item(&delta)),
                    other => break other,
                },
                answer = &mut answering => {
                    // A session that has ended wants no answer; its last records are still to be read.
                    let _ = port.send(Command::Answer { ask: ask.id, answer }).await;
                    return reader.next().await;
                }
            }
        }
    };
    review.leave();
    next
}

/// Writes a line whole and at once.
fn line(out: &mut dyn Write, text: &str) -> std::io::Result<()> {
    out.write_all(text.as_bytes())?;
    out.write_all(b"\n")?;
    out.flush()
}

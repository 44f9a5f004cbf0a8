//! Floor 1, edits as values: from what a model wrote and the bytes that are there to the bytes that shall be there.
//!
//! `read` turns the text of an edit into steps, [`seek`] finds where each of them stands, [`merge`] writes it, and
//! [`apply`] makes one [`ChangeSet`] of all. Nothing here reads or writes a file. Bytes nobody asked to change come out as
//! they went in. A refusal is words: what was wrong, what is there instead, what to send next.

mod apply;
pub mod change;
pub mod diff;
mod elision;
mod fold;
mod indent;
pub mod lines;
mod merge;
pub mod nearest;
mod read;
mod refusal;
mod repair;
mod replace;
mod seek;
mod step;

pub use apply::{Found, Present, Tree};
pub use change::{ChangeSet, FileEdit};
pub use read::{Format, GRAMMAR};
pub use refusal::{Cause, Refusal};

use seek::{Place, Text};
use step::Hunk;

/// What an edit makes of the files that `tree` shows: all of it, or why not.
///
/// Where the edit does not fit as it is, it is read again with one slip undone that leaves a single meaning: line numbers
/// or fences copied along, text escaped once too often. The first reading under which all of it fits is the one.
pub fn change_set(format: Format, text: &[u8], tree: &dyn Tree) -> Result<ChangeSet, Refusal> {
    let steps = read::steps(format, text)?;
    let first = match apply::apply(&steps, tree) {
        Err(refusal) if refusal.cause == Cause::NotFound => refusal,
        decided => return decided,
    };
    for repair in repair::ALL {
        let Some(repaired) = repair(&steps) else { continue };
        match apply::apply(&repaired, tree) {
            Err(refusal) if matches!(refusal.cause, Cause::NotFound | Cause::Elided) => {}
            decided => return decided,
        }
    }
    Err(first)
}

/// Is what a hunk adds at its edges already there, right beside its place?
fn already(text: &Text<'_>, hunk: &Hunk, place: Option<&Place>) -> Result<(), Refusal> {
    use step::Sign;
    let Some(place) = place else { return Ok(()) };
    let lines: Vec<&step::HunkLine> = hunk.lines.iter().collect();
    let lead = lines.iter().take_while(|line| line.sign == Sign::Add).count();
    let trail = lines.iter().skip(lead).rev().take_while(|line| line.sign == Sign::Add).count();
    let inner = lines.get(lead..lines.len() - trail).unwrap_or_default();
    let kept = inner.iter().all(|line| line.sign == Sign::Keep);
    let told = hunk.added().any(|line| line.text.iter().filter(|byte| byte.is_ascii_alphanumeric()).count() > 2);
    if !kept || !told {
        return Ok(());
    }
    let same = |at: Option<usize>, line: &step::HunkLine| {
        let level = if place.reindent.is_some() { fold::Level::Everything } else { fold::Level::Punctuation };
        at.is_some_and(|at| at < text.lines.len() && level.key(text.text(at)) == level.key(&line.text))
    };
    let above =
        lines.iter().take(lead).enumerate().all(|(number, line)| same((place.start + number).checked_sub(lead), line));
    let below =
        lines.iter().rev().take(trail).rev().enumerate().all(|(number, line)| same(Some(place.end + number), line));
    if above && below { Err(nothing_new().at(hunk.line)) } else { Ok(()) }
}

fn nothing_new() -> Refusal {
    Refusal::new(
        Cause::AlreadyApplied,
        "what it makes is already there: it seems to be applied; leave it out, or read the file again if you meant another place",
    )
}

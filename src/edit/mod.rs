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
pub mod shown;
mod step;
pub mod verdict;

pub use apply::{Found, Present, Tree};
pub use change::{ChangeSet, FileEdit};
pub use read::{Format, GRAMMAR};
pub use refusal::{Cause, Refusal};

use fold::Level;
use seek::{Index, Place};
use step::Hunk;

/// What an edit makes of the files that `tree` shows: all of it, or why not.
///
/// Where the edit does not fit as it is, it is read again with one slip undone that leaves a single meaning: line numbers
/// or fences copied along, text escaped once too often. The first reading under which all of it fits is the one.
pub fn change_set(format: Format, text: &[u8], tree: &dyn Tree) -> Result<ChangeSet, Refusal> {
    let steps = read::steps(format, text)?;
    let first = match apply::apply(&steps, tree, Level::Everything) {
        Err(refusal) if refusal.open => refusal,
        decided => return decided,
    };
    for (repair, most) in repair::ALL {
        let Some(repaired) = repair(&steps) else { continue };
        match apply::apply(&repaired, tree, *most) {
            Err(refusal) if refusal.open || refusal.cause == Cause::Elided => {}
            decided => return decided,
        }
    }
    Err(first)
}

/// Is what a hunk adds already there, right beside its place?
fn already(index: &Index<'_>, hunk: &Hunk, place: &Place) -> Result<(), Refusal> {
    use step::Sign;
    let told = hunk.added().any(|line| line.text.iter().filter(|byte| byte.is_ascii_alphanumeric()).count() > 1)
        && !hunk.added().all(|line| CLOSERS.contains(&line.text.trim_ascii()));
    if !told {
        return Ok(());
    }
    let level = if place.reindent.is_some() { Level::Everything } else { Level::Punctuation };
    let inserts = hunk.lines.iter().all(|line| line.sign != Sign::Remove);
    if place.aligned.is_some() || inserts {
        // It may stand there and slide: its last line is also the line above. Blank lines are passed over.
        let new: Vec<&[u8]> =
            hunk.new_lines().map(|line| line.text.as_slice()).filter(|line| !fold::is_blank(line)).collect();
        let solid = index.solid();
        let near = |start: &usize| {
            let lines = solid.get(*start..start + new.len()).unwrap_or_default();
            lines.iter().any(|line| (place.start..place.end).contains(line))
        };
        if place.end > place.start && index.dense_places(level, &new).iter().any(near) {
            return Err(nothing_new().at(hunk.line));
        }
        if place.aligned.is_some() {
            return Ok(());
        }
    }
    let lead = hunk.lines.iter().take_while(|line| line.sign == Sign::Add).count();
    let trail = hunk.lines.iter().skip(lead).rev().take_while(|line| line.sign == Sign::Add).count();
    let inner = hunk.lines.get(lead..hunk.lines.len() - trail).unwrap_or_default();
    if inner.iter().any(|line| line.sign != Sign::Keep) {
        return Ok(());
    }
    let same = |at: Option<usize>, line: &step::HunkLine| {
        at.and_then(|at| index.text.lines.get(at)).is_some_and(|have| level.same(have.text, &line.text))
    };
    let mut ahead = hunk.lines.iter().take(lead).enumerate();
    let above = ahead.all(|(number, line)| same((place.start + number).checked_sub(lead), line));
    let mut behind = hunk.lines.iter().skip(hunk.lines.len() - trail).enumerate();
    let below = behind.all(|(number, line)| same(Some(place.end + number), line));
    if above && below { Err(nothing_new().at(hunk.line)) } else { Ok(()) }
}

/// Lines that stand twice in a row for good reason.
const CLOSERS: &[&[u8]] = &[
    b"end",
    b"end;",
    b"fi",
    b"done",
    b"esac",
    b"else",
    b"pass",
    b"break",
    b"break;",
    b"continue",
    b"continue;",
    b"return",
    b"return;",
];

fn nothing_new() -> Refusal {
    Refusal::new(
        Cause::AlreadyApplied,
        "what it makes is already there: it seems to be applied; leave it out, or read the file again if you meant another place",
    )
}

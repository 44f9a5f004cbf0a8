//! What is said of a hunk that has no place, or several.

use super::anchor::Scope;
use super::index::Index;
use super::{Candidates, MANY};
use crate::edit::fold::Level;
use crate::edit::lines::numbers;
use crate::edit::nearest;
use crate::edit::refusal::{Cause, Refusal};
use crate::edit::step::Hunk;

/// Line numbers as people count.
fn counted(places: &[usize]) -> String {
    numbers(&places.iter().map(|place| place + 1).collect::<Vec<usize>>())
}

pub(super) fn ambiguous(hunk: &Hunk, starts: &[usize], many: bool) -> Refusal {
    let times = if many { format!("more than {MANY}") } else { starts.len().to_string() };
    Refusal::new(
        Cause::NotUnique,
        format!(
            "its lines are {times} times in the file, at {}; add lines of context, or an `@@` line of what is around the place",
            counted(starts)
        ),
    )
    .at(hunk.line)
}

pub(super) fn nowhere() -> Refusal {
    Refusal::new(
        Cause::NotUnique,
        "it has only new lines and nothing says where they go; add a line of the file as context (with a space before it), or an `@@` anchor to put them after, or `*** End of File` to put them at the end",
    )
}

pub(super) fn anchored_twice(scopes: &[Scope]) -> Refusal {
    let lines: Vec<usize> = scopes.iter().map(|scope| scope.anchor).collect();
    Refusal::new(
        Cause::NotUnique,
        format!(
            "its anchor is at {}; add the line it follows as context, or an `@@` line of what is around it ahead of it",
            counted(&lines)
        ),
    )
}

pub(super) fn disordered(hunks: &[Hunk], found: &[Candidates]) -> Refusal {
    let mut above = 0;
    for (hunk, candidates) in hunks.iter().zip(found) {
        let starts: Vec<usize> = candidates.places.iter().map(|place| place.start).collect();
        if starts.iter().all(|start| *start < above) {
            return Refusal::new(
                Cause::NotFound,
                format!(
                    "its lines are at {}, before the place of the hunk ahead of it; send hunks in the order of the file, and do not let them overlap",
                    counted(&starts)
                ),
            )
            .at(hunk.line);
        }
        above = candidates.places.first().map_or(above, |place| place.start.max(above));
    }
    Refusal::new(
        Cause::NotFound,
        "its hunks overlap; send hunks in the order of the file, each changing lines of its own",
    )
    .at(hunks.last().map_or(0, |hunk| hunk.line))
}

pub(super) fn not_found(index: &Index<'_>, hunk: &Hunk, scopes: &[Scope]) -> Refusal {
    let old: Vec<&[u8]> = hunk.old().map(|line| line.text.as_slice()).collect();
    let places = index.places(Level::Trailing, &old);
    if !places.is_empty() {
        let at = counted(&places);
        let anchors: Vec<usize> = scopes.iter().map(|scope| scope.anchor).collect();
        let ends = places.iter().any(|place| place + old.len() == index.text.lines.len());
        let words = if hunk.end_of_file && !ends {
            format!("its lines are at {at}, which is not where the file ends; leave out `*** End of File`")
        } else {
            format!(
                "its lines are at {at}, which is not where its anchor at {} leads; use an `@@` line of what is around them",
                counted(&anchors)
            )
        };
        return Refusal::new(Cause::NotFound, words);
    }
    let new: Vec<&[u8]> = hunk.new_lines().map(|line| line.text.as_slice()).collect();
    let letters: usize =
        hunk.added().map(|line| line.text.iter().filter(|byte| byte.is_ascii_alphanumeric()).count()).sum();
    let made =
        if letters > 2 || (hunk.changes() && new.len() > 2) { index.places(Level::Trailing, &new) } else { Vec::new() };
    if !made.is_empty() {
        return Refusal::new(
            Cause::AlreadyApplied,
            format!(
                "its old lines are not in the file, and what it makes of them already is, at {}: it seems to be applied; leave it out",
                counted(&made)
            ),
        )
        .open();
    }
    Refusal::new(
        Cause::NotFound,
        format!(
            "its lines are not in the file: {}\nsend kept and removed lines exactly as the file has them",
            nearest::words(index.text.body, &old)
        ),
    )
}

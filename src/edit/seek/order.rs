//! Which of several places each hunk means: hunks follow each other in the file, and where that leaves two readings, a
//! heading or a line number that is exactly right settles it. What is still open is refused.

use super::index::Index;
use super::{Candidates, Place, words};
use crate::edit::fold::{Level, indentation, is_blank};
use crate::edit::refusal::Refusal;
use crate::edit::step::Hunk;
use std::ops::Range;

/// The one place of each hunk.
pub(super) fn settle(index: &Index<'_>, hunks: &[Hunk], mut found: Vec<Candidates>) -> Result<Vec<Place>, Refusal> {
    loop {
        if !narrow(hunks, &mut found) {
            return out_of_order(hunks, &found).ok_or_else(|| words::disordered(hunks, &found));
        }
        let open: Vec<usize> = (0..found.len()).filter(|number| is_open(&found, *number)).collect();
        let Some(first) = open.first() else { break };
        let settled = open.iter().find_map(|number| {
            let hunk = hunks.get(*number)?;
            // Where both say something, they have to say the same.
            let places = (by_heading(index, hunk, &found, *number), by_number(index, hunks, &found, *number));
            let place = match places {
                (Some(one), Some(other)) => (one == other).then_some(one),
                (one, other) => one.or(other),
            };
            place.map(|place| (*number, place))
        });
        match (settled, hunks.get(*first), found.get(*first)) {
            (Some((number, place)), _, _) => {
                if let Some(candidates) = found.get_mut(number) {
                    *candidates = Candidates { places: vec![place], many: false };
                }
            }
            (None, Some(hunk), Some(candidates)) => {
                let starts: Vec<usize> = candidates.places.iter().map(|place| place.start).collect();
                return Err(words::ambiguous(hunk, &starts, candidates.many));
            }
            (None, _, _) => break,
        }
    }
    Ok(found.into_iter().filter_map(|candidates| candidates.places.into_iter().next()).collect())
}

fn is_open(found: &[Candidates], number: usize) -> bool {
    found.get(number).is_some_and(|candidates| candidates.places.len() > 1 || candidates.many)
}

/// May the second stand below the first? Context may be shared, changes may not.
fn follows(first: &Range<usize>, second: &Range<usize>) -> bool {
    second.start >= first.end && second.start > first.start
}

/// Leaves of each hunk's places those that some order of all hunks can use. False where there is no such order.
fn narrow(hunks: &[Hunk], found: &mut [Candidates]) -> bool {
    let bounds = |candidates: &Candidates, hunk: &Hunk| {
        candidates.places.iter().map(|place| place.core(hunk)).collect::<Vec<Range<usize>>>()
    };
    let cores: Vec<Vec<Range<usize>>> =
        found.iter().zip(hunks).map(|(candidates, hunk)| bounds(candidates, hunk)).collect();
    let mut first = Vec::with_capacity(cores.len());
    let mut above: Option<Range<usize>> = None;
    for places in &cores {
        let Some(at) = places.iter().position(|core| above.as_ref().is_none_or(|above| follows(above, core))) else {
            return false;
        };
        above = places.get(at).cloned();
        first.push(at);
    }
    let mut below: Option<Range<usize>> = None;
    for ((candidates, places), first) in found.iter_mut().zip(&cores).zip(first).rev() {
        let last =
            places.iter().rposition(|core| below.as_ref().is_none_or(|below| follows(core, below))).unwrap_or(first);
        below = places.get(last).cloned();
        // Of a list that was cut short the last place is not known.
        if !candidates.many {
            candidates.places = candidates.places.get(first..=last.max(first)).unwrap_or_default().to_vec();
        }
    }
    true
}

/// Hunks in another order than the file's mean something only where each can stand in one place alone, exactly.
fn out_of_order(hunks: &[Hunk], found: &[Candidates]) -> Option<Vec<Place>> {
    let mut cores = Vec::new();
    let mut places = Vec::new();
    for (hunk, candidates) in hunks.iter().zip(found) {
        let [place] = candidates.places.as_slice() else { return None };
        if place.level > Level::Trailing || hunk.old().count() < 2 || candidates.many {
            return None;
        }
        cores.push(place.core(hunk));
        places.push(place.clone());
    }
    cores.sort_by_key(|core| (core.start, core.end));
    cores.windows(2).all(|pair| matches!(pair, [above, below] if follows(above, below))).then_some(places)
}

/// The place below the line that a tool would put behind `@@`: the nearest one above that is less deep.
fn by_heading(index: &Index<'_>, hunk: &Hunk, found: &[Candidates], number: usize) -> Option<Place> {
    let heading = hunk.heading.as_ref().filter(|heading| !is_blank(heading))?;
    let candidates = found.get(number).filter(|candidates| !candidates.many)?;
    let headed = |place: &Place| {
        let text = |line: usize| index.text.text(line);
        let begins = |line: usize| text(line).trim_ascii().starts_with(heading.trim_ascii());
        let depth = indentation(heading).len();
        let nearest =
            (0..place.start).rev().find(|line| !is_blank(text(*line)) && indentation(text(*line)).len() <= depth);
        nearest.is_some_and(begins)
    };
    one(candidates.places.iter().filter(|place| headed(place)).cloned())
}

/// The place that the line number names, as far from it as the hunks around are from theirs.
fn by_number(index: &Index<'_>, hunks: &[Hunk], found: &[Candidates], number: usize) -> Option<Place> {
    let hunk = hunks.get(number)?;
    let stated = hunk.at?;
    let candidates = found.get(number)?;
    let settled = |other: usize| -> Option<isize> {
        let at = hunks.get(other)?.at?;
        let place = found.get(other)?.places.first().filter(|_| !is_open(found, other))?;
        Some((place.start + 1) as isize - at as isize)
    };
    let above = (0..number).rev().find_map(settled);
    let below = (number + 1..hunks.len()).find_map(settled);
    let mut offsets: Vec<isize> = above.into_iter().chain(below).collect();
    if offsets.is_empty() {
        offsets.push(0);
    }
    let named = |place: &Place| offsets.iter().any(|offset| stated as isize + offset == (place.start + 1) as isize);
    if let Some(place) = one(candidates.places.iter().filter(|place| named(place)).cloned()) {
        return Some(place);
    }
    // Of a place that is everywhere only the first few are known; the one that is named may be a later one.
    let known = candidates
        .places
        .first()
        .filter(|place| candidates.many && place.reindent.is_none() && place.aligned.is_none())?;
    let old: Vec<&[u8]> = hunk.old().map(|line| line.text.as_slice()).collect();
    let starts = offsets.iter().filter_map(|offset| usize::try_from(stated as isize + offset - 1).ok());
    let there = starts.filter(|start| index.stands(known.level, &old, *start));
    one(there.map(|start| Place { start, end: start + old.len(), ..known.clone() }))
}

fn one<T>(mut found: impl Iterator<Item = T>) -> Option<T> {
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

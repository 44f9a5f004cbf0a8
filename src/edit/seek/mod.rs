//! Where the hunks of an edit stand in a file: each in the one place it can mean, or words that say why there is none.
//!
//! Lines are compared at one [`Level`] after the other, from exact to tolerant, and the first level at which a hunk has a
//! place decides; a second place at that level is settled by anchors, the order of hunks, headings and line numbers, in
//! that order, or the edit is refused.

mod anchor;
mod index;
mod order;
mod words;

use super::fold::{Level, indentation, is_blank};
use super::indent::Reindent;
use super::refusal::Refusal;
use super::step::{Hunk, HunkLine, Sign};
use anchor::Scope;
pub use index::{BOM, Index, MANY, Text};
use std::ops::Range;

/// Letters and digits that a hunk needs where more than blanks at line ends may differ; one will do in two lines.
const EVIDENCE: usize = 3;

/// Where a hunk stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file's lines that its old lines are; empty for a hunk that only adds.
    pub start: usize,
    pub end: usize,
    /// The file's line of each old line, where blank lines differ; else they follow each other.
    pub aligned: Option<Vec<Option<usize>>>,
    pub reindent: Option<Reindent>,
    /// The indentation that the first line alone lost in the edit.
    pub lead: Option<Vec<u8>>,
    pub level: Level,
}

impl Place {
    /// The file's line that this old line is.
    pub fn line(&self, old: usize) -> Option<usize> {
        match &self.aligned {
            Some(lines) => lines.get(old).copied().flatten(),
            None => Some(self.start + old).filter(|line| *line < self.end),
        }
    }

    /// The lines of the file that the hunk changes, without the context around them; empty where it only adds.
    pub fn core(&self, hunk: &Hunk) -> Range<usize> {
        let (lead, trail) = hunk.context();
        let old = hunk.old().count();
        let above = (0..lead).rev().find_map(|line| self.line(line));
        let below = (old.saturating_sub(trail)..old).find_map(|line| self.line(line));
        let start = above.map_or(self.start, |line| line + 1);
        start..below.unwrap_or(self.end).max(start)
    }
}

/// The places that a hunk can have, at the first level at which it has any.
#[derive(Debug, Clone, Default)]
struct Candidates {
    places: Vec<Place>,
    /// There are more than were kept.
    many: bool,
}

/// The one place of each hunk, in the order of the hunks. No line may differ by more than `most`.
pub fn find(index: &Index<'_>, hunks: &[Hunk], most: Level) -> Result<Vec<Place>, Refusal> {
    let mut found = Vec::with_capacity(hunks.len());
    for hunk in hunks {
        found.push(candidates(index, hunk, most).map_err(|refusal| refusal.at(hunk.line))?);
    }
    order::settle(index, hunks, found)
}

fn candidates(index: &Index<'_>, hunk: &Hunk, most: Level) -> Result<Candidates, Refusal> {
    let mut scopes = anchor::scopes(index, &hunk.anchors)?;
    // A hunk that shows a line as far out as its anchor says itself that it is not inside of it.
    let shallow = |depth: usize| {
        let mut old = hunk.old().filter(|line| !is_blank(&line.text) && !anchor::continues(&line.text));
        old.any(|line| indentation(&line.text).len() <= depth)
    };
    scopes.iter_mut().for_each(|scope| scope.open_where(shallow));
    if hunk.old().next().is_none() {
        return insertion(index, hunk, &scopes).map(|place| Candidates { places: vec![place], many: false });
    }
    let found = standing(index, hunk, &scopes, most);
    if found.places.is_empty() {
        return Err(words::not_found(index, hunk, &scopes));
    }
    if found.places.len() > 1 && hunk.loose > 0 {
        // The empty lines at its end may be context after all.
        let blank = HunkLine { bare: true, ..HunkLine::new(Sign::Keep, b"") };
        let lines = hunk.lines.iter().cloned().chain(std::iter::repeat_n(blank, hunk.loose)).collect();
        let longer = standing(index, &Hunk { lines, loose: 0, ..hunk.clone() }, &scopes, most);
        if let [place] = longer.places.as_slice() {
            let end = place.end.saturating_sub(hunk.loose).max(place.start);
            return Ok(Candidates { places: vec![Place { end, ..place.clone() }], many: false });
        }
    }
    Ok(found)
}

/// Where the old lines of a hunk stand, at the first level at which they do.
fn standing(index: &Index<'_>, hunk: &Hunk, scopes: &[Scope], most: Level) -> Candidates {
    let old: Vec<&[u8]> = hunk.old().map(|line| line.text.as_slice()).collect();
    let letters: usize =
        old.iter().map(|line| line.iter().filter(|byte| byte.is_ascii_alphanumeric() || **byte > 127).count()).sum();
    let lines = old.iter().filter(|line| !is_blank(line)).count();
    let told = letters >= EVIDENCE || (letters > 0 && lines > 1);
    let fits = |place: &Place| {
        (!hunk.end_of_file || reaches_end(index, place.end))
            && hunk.reach.is_none_or(|reach| hunk.at.is_some_and(|at| at.abs_diff(place.start + 1) <= reach))
            && anchor::allows(scopes, place.start, place.end)
    };
    let keep = |places: Vec<Place>| {
        let many = places.len() > MANY;
        let places = places.into_iter().filter(|place| fits(place)).collect();
        Candidates { places: anchor::nearest(scopes, places), many }
    };
    // A line without a sign is taken for context only where that is what the file has.
    let unsure = hunk.old().any(|line| line.bare && !is_blank(&line.text));
    let most = if unsure { Level::Trailing } else { most };
    let levels = Level::ALL.into_iter().filter(|level| *level <= most);
    for level in levels.filter(|level| !level.drops_indentation() || told) {
        let starts = index.places(level, &old);
        let places = starts.into_iter().filter_map(|start| {
            let place = Place { start, end: start + old.len(), aligned: None, reindent: None, lead: None, level };
            reindented(index, hunk, &old, place)
        });
        let found = keep(places.collect());
        if !found.places.is_empty() {
            return found;
        }
    }
    if told && most == Level::Blanks && hunk.changes_text() {
        for level in [Level::Trailing, Level::Punctuation, Level::Everything] {
            let found = keep(dense(index, hunk, &old, level));
            if !found.places.is_empty() {
                return found;
            }
        }
    }
    Candidates::default()
}

/// Does the file have nothing but blank lines from here on?
fn reaches_end(index: &Index<'_>, line: usize) -> bool {
    index.text.lines.get(line..).unwrap_or_default().iter().all(|line| is_blank(line.text))
}

/// The place with the mapping of indentation that it needs; `None` where there is none.
fn reindented(index: &Index<'_>, hunk: &Hunk, old: &[&[u8]], place: Place) -> Option<Place> {
    if !place.level.drops_indentation() {
        return Some(place);
    }
    let pairs: Vec<(&[u8], &[u8])> =
        old.iter().enumerate().filter_map(|(at, sent)| Some((*sent, index.text.text(place.line(at)?)))).collect();
    let fresh: Vec<&[u8]> = hunk.added().map(|line| line.text.as_slice()).collect();
    match Reindent::learn(&pairs, &fresh, index.text.margins()) {
        Some(reindent) => Some(Place { reindent: Some(reindent), ..place }),
        None => first_trimmed(hunk, &pairs).map(|lead| Place { lead: Some(lead), ..place }),
    }
}

/// The indentation that the first line of an edit lost, where all others have theirs: a text trimmed as a whole.
fn first_trimmed(hunk: &Hunk, pairs: &[(&[u8], &[u8])]) -> Option<Vec<u8>> {
    let ((sent, have), rest) = pairs.split_first()?;
    let told = rest.iter().any(|(sent, _)| !indentation(sent).is_empty());
    let kept = rest.iter().all(|(sent, have)| indentation(sent) == indentation(have) || is_blank(sent));
    let first = hunk.new_lines().next().is_none_or(|line| indentation(&line.text).is_empty());
    (told && kept && first && !is_blank(sent) && indentation(sent).is_empty()).then(|| indentation(have).to_vec())
}

/// Where the old lines stand when blank lines are passed over.
fn dense(index: &Index<'_>, hunk: &Hunk, old: &[&[u8]], level: Level) -> Vec<Place> {
    let solid: Vec<&[u8]> = old.iter().copied().filter(|line| !is_blank(line)).collect();
    let lines = index.solid();
    let starts = index.dense_places(level, &solid);
    let places = starts.into_iter().filter_map(|start| {
        let matched = lines.get(start..start + solid.len())?;
        let aligned = align(index, old, matched)?;
        let (first, last) = (aligned.iter().flatten().min()?, aligned.iter().flatten().max()?);
        let place = Place { start: *first, end: last + 1, aligned: Some(aligned), reindent: None, lead: None, level };
        reindented(index, hunk, old, place)
    });
    places.collect()
}

/// The file's line of each old line: those with text are given, blank ones lie between them as far as there are enough.
fn align(index: &Index<'_>, old: &[&[u8]], matched: &[usize]) -> Option<Vec<Option<usize>>> {
    let mut aligned: Vec<Option<usize>> = Vec::with_capacity(old.len());
    let blank = |line: usize| line < index.text.lines.len() && is_blank(index.text.text(line));
    let mut matched = matched.iter().copied().peekable();
    let mut next = None;
    let lead = old.iter().take_while(|line| is_blank(line)).count();
    let first = *matched.peek()?;
    // Blank lines ahead of the first are counted back from it.
    for ahead in (1..=lead).rev() {
        let whole = (1..=ahead).all(|back| first.checked_sub(back).is_some_and(blank));
        aligned.push(first.checked_sub(ahead).filter(|_| whole));
    }
    for line in old.iter().skip(lead) {
        if is_blank(line) {
            let at = next.filter(|at| blank(*at));
            aligned.push(at);
            next = at.map(|at| at + 1).or(next);
        } else {
            let at = matched.next()?;
            aligned.push(Some(at));
            next = Some(at + 1);
        }
    }
    Some(aligned)
}

/// Where a hunk of only new lines goes: right after its anchor, or at the end of the file.
fn insertion(index: &Index<'_>, hunk: &Hunk, scopes: &[Scope]) -> Result<Place, Refusal> {
    let at =
        |line: usize| Place { start: line, end: line, aligned: None, reindent: None, lead: None, level: Level::Exact };
    if hunk.end_of_file || index.text.lines.is_empty() {
        return Ok(at(index.text.lines.len()));
    }
    match scopes {
        [scope] => Ok(at(scope.anchor + 1)),
        [] => Err(words::nowhere()),
        many => Err(words::anchored_twice(many)),
    }
}

/// Where a hunk could stand, for words.
pub fn starts(index: &Index<'_>, hunk: &Hunk) -> Vec<usize> {
    standing(index, hunk, &[], Level::Blanks).places.iter().map(|place| place.start).collect()
}

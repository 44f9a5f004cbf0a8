//! Anchors: lines of the file that lead to a hunk (`@@ class A`, `@@ def f`), and how far each of them reaches.

use super::Place;
use super::index::Index;
use crate::edit::fold::{Level, indentation, is_blank};
use crate::edit::nearest;
use crate::edit::refusal::{Cause, Refusal};

/// One line that an anchor can be, and the lines it speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope {
    pub anchor: usize,
    /// The first line that is no longer inside what the anchor heads.
    end: usize,
    /// It heads deeper lines, as a function does; else it is a line like others, and what comes next below it is meant.
    heads: bool,
    /// How far in it stands.
    depth: usize,
}

impl Scope {
    /// It heads nothing for a hunk that shows a line of its own depth, which is told of a depth.
    pub fn open_where(&mut self, shows: impl Fn(usize) -> bool) {
        self.heads &= !shows(self.depth);
    }
}

/// The lines that the last of these anchors can be, each reached through the ones before it.
pub fn scopes(index: &Index<'_>, anchors: &[Vec<u8>]) -> Result<Vec<Scope>, Refusal> {
    let mut within = vec![Scope { anchor: 0, end: index.text.lines.len(), heads: true, depth: 0 }];
    for (depth, anchor) in anchors.iter().enumerate() {
        let lines = lines(index, anchor);
        if lines.is_empty() {
            return Err(Refusal::new(
                Cause::NotFound,
                format!(
                    "no line of the file is the anchor `@@ {}`: {}\nsend a whole line of the file as the anchor, or leave it out and give more context",
                    String::from_utf8_lossy(anchor),
                    nearest::words(index.text.body, &[anchor])
                ),
            ));
        }
        let inside = |line: &usize| {
            depth == 0 || within.iter().any(|scope| *line > scope.anchor && (*line < scope.end || !scope.heads))
        };
        let next: Vec<Scope> = lines.into_iter().filter(inside).map(|line| scope(index, line)).collect();
        if next.is_empty() {
            return Err(Refusal::new(
                Cause::NotFound,
                "its `@@` anchors do not follow each other in the file in this order; send them outermost first",
            ));
        }
        within = next;
    }
    Ok(if anchors.is_empty() { Vec::new() } else { within })
}

/// May a hunk stand here? It may begin below an anchor and inside its scope, or have the anchor among its own lines.
pub fn allows(scopes: &[Scope], start: usize, end: usize) -> bool {
    scopes.is_empty()
        || scopes.iter().any(|scope| {
            (start..end).contains(&scope.anchor) || (start > scope.anchor && (!scope.heads || start < scope.end))
        })
}

/// Below an anchor that heads nothing, only the place that follows it at once is meant before others.
pub fn nearest(scopes: &[Scope], places: Vec<Place>) -> Vec<Place> {
    if places.len() < 2 || scopes.iter().any(|scope| scope.heads) {
        return places;
    }
    let follows = |place: &&Place| {
        scopes.iter().any(|scope| (place.start..place.end).contains(&scope.anchor) || place.start == scope.anchor + 1)
    };
    let next: Vec<Place> = places.iter().filter(follows).cloned().collect();
    if next.is_empty() { places } else { next }
}

/// The lines that are this anchor: the whole line, else but for blanks around it, else its beginning.
fn lines(index: &Index<'_>, anchor: &[u8]) -> Vec<usize> {
    for level in [Level::Exact, Level::Trailing, Level::Indentation, Level::Everything] {
        let found = index.places(level, &[anchor]);
        if !found.is_empty() {
            return found;
        }
    }
    let wanted = Level::Everything.key(anchor);
    let begins = |line: &[u8]| {
        let line = Level::Everything.key(line);
        let rest = line.strip_prefix(wanted.as_ref());
        !wanted.is_empty() && rest.is_some_and(|rest| !rest.first().is_some_and(|byte| is_word(*byte)))
    };
    let lines = || index.text.lines.iter().enumerate();
    let found: Vec<usize> =
        lines().filter(|(_, line)| begins(line.text)).map(|(number, _)| number).take(super::MANY).collect();
    if !found.is_empty() {
        return found;
    }
    // Else its words, in their order: `def read()` for `async def read(self, path):`.
    let words = words(anchor);
    let follows = |line: &[u8]| {
        let mut have = self::words(line).into_iter();
        !words.is_empty() && words.iter().all(|word| have.any(|own| own == *word))
    };
    lines().filter(|(_, line)| follows(line.text)).map(|(number, _)| number).take(super::MANY).collect()
}

fn words(line: &[u8]) -> Vec<&[u8]> {
    line.split(|byte| !is_word(*byte)).filter(|word| !word.is_empty()).collect()
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte > 127
}

/// How far a line reaches that other lines hang below: up to the next line that is not deeper, leaving out blank lines
/// and those that close or continue what it opened.
fn scope(index: &Index<'_>, anchor: usize) -> Scope {
    let depth = |line: usize| indentation(index.text.text(line)).len();
    let own = depth(anchor);
    let count = index.text.lines.len();
    let mut below = (anchor + 1..count).filter(|line| !is_blank(index.text.text(*line)));
    let heads = below.clone().find(|line| !continues(index.text.text(*line))).is_some_and(|line| depth(line) > own);
    let end = below.find(|line| depth(*line) <= own && !continues(index.text.text(*line)));
    Scope { anchor, end: end.unwrap_or(count), heads, depth: own }
}

/// A closing bracket, an opening one alone, or a word that goes on with what the line above began.
pub fn continues(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    let word = line.split(|byte| !byte.is_ascii_alphabetic()).next().unwrap_or_default();
    matches!(line.first(), Some(b')' | b']' | b'}'))
        || line == b"{"
        || [&b"else"[..], b"elif", b"except", b"finally", b"catch", b"end", b"where", b"rescue", b"ensure"]
            .contains(&word)
}

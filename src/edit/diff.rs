//! The line diff of two byte strings: counts, hunks, and its unified text; and the words in which two lines differ. The only file
//! that names `similar`.
//!
//! The same two inputs always give the same hunks, so a number shown to a user means the same hunk when the answer
//! comes. The work is therefore bounded by size and not by a clock.

use similar::{Algorithm, DiffTag, capture_diff_slices};
use std::collections::HashMap;
use std::collections::HashSet;
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;

const CONTEXT: usize = 3;
/// So many differing lines, old and new together, and the middle is shown as one replacement.
const MAX_LINES: usize = 200_000;
/// So many words, of both lines together, and what differs is shown as one piece.
const MAX_WORDS: usize = 1_000;
/// Where a NUL in it makes content binary; git's measure.
const BINARY_PROBE: usize = 8_000;

/// Lines of the old text that give way to lines of the new, both counted from 0; one of the two may be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub before: Range<usize>,
    pub after: Range<usize>,
}

/// Changes so close together that their context touches.
pub type Hunk = Vec<Change>;

/// The difference between two texts.
#[derive(Debug)]
pub struct Diff<'a> {
    before: Vec<&'a [u8]>,
    after: Vec<&'a [u8]>,
    hunks: Vec<Hunk>,
    binary: bool,
}

impl<'a> Diff<'a> {
    pub fn of(before: &'a [u8], after: &'a [u8]) -> Self {
        if is_binary(before) || is_binary(after) {
            return Self { before: Vec::new(), after: Vec::new(), hunks: Vec::new(), binary: before != after };
        }
        let (before, after) = (lines(before), lines(after));
        let hunks = hunks(changes(&before, &after));
        Self { before, after, hunks, binary: false }
    }

    /// The hunks in the order of the text; none for binary content.
    pub fn hunks(&self) -> &[Hunk] {
        &self.hunks
    }

    pub fn added(&self) -> u64 {
        self.hunks.iter().flatten().map(|change| change.after.len() as u64).sum()
    }

    pub fn removed(&self) -> u64 {
        self.hunks.iter().flatten().map(|change| change.before.len() as u64).sum()
    }

    /// The old bytes with only these hunks applied; numbers that name no hunk say nothing.
    pub fn take(&self, chosen: &[usize]) -> Vec<u8> {
        self.take_edited(chosen, &HashMap::new())
    }

    /// The same with other lines in the place of some hunks and their context. A last line gets the line end that the
    /// next one needs.
    pub fn take_edited(&self, chosen: &[usize], edited: &HashMap<usize, Vec<u8>>) -> Vec<u8> {
        let mut out = Vec::new();
        let mut at = 0;
        for (number, hunk) in self.hunks.iter().enumerate() {
            if let Some(bytes) = edited.get(&number) {
                let (before, _) = self.shown(hunk);
                push(&mut out, &self.before, at..before.start);
                out.extend_from_slice(bytes);
                at = before.end;
                if at < self.before.len() && !out.is_empty() && !out.ends_with(b"\n") {
                    out.push(b'\n');
                }
                continue;
            }
            for change in hunk {
                push(&mut out, &self.before, at..change.before.start);
                if chosen.contains(&number) {
                    push(&mut out, &self.after, change.after.clone());
                } else {
                    push(&mut out, &self.before, change.before.clone());
                }
                at = change.before.end;
            }
        }
        push(&mut out, &self.before, at..self.before.len());
        out
    }

    /// The hunks as unified diff text without file headers.
    pub fn text(&self) -> String {
        if self.binary {
            return "Binary files differ\n".into();
        }
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }

    /// The same to the byte; empty for binary content.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for hunk in &self.hunks {
            self.hunk_bytes(hunk, &mut out);
        }
        out
    }

    /// The old and the new lines that a hunk shows, with its context.
    fn shown(&self, hunk: &Hunk) -> (Range<usize>, Range<usize>) {
        let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else { return (0..0, 0..0) };
        let lead = first.before.start.min(CONTEXT);
        let trail = (self.before.len() - last.before.end).min(CONTEXT);
        (first.before.start - lead..last.before.end + trail, first.after.start - lead..last.after.end + trail)
    }

    fn hunk_bytes(&self, hunk: &Hunk, out: &mut Vec<u8>) {
        let (before, after) = self.shown(hunk);
        out.extend_from_slice(format!("@@ -{} +{} @@\n", span(&before), span(&after)).as_bytes());
        let mut at = before.start;
        for change in hunk {
            show(out, b' ', &self.before, at..change.before.start);
            show(out, b'-', &self.before, change.before.clone());
            show(out, b'+', &self.after, change.after.clone());
            at = change.before.end;
        }
        show(out, b' ', &self.before, at..before.end);
    }
}

/// How two lines differ.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inline {
    /// What of the old line is gone: bytes, in order, never inside of a letter.
    pub before: Vec<Range<usize>>,
    /// What of the new line is new.
    pub after: Vec<Range<usize>>,
    /// How much of both lines is the same, blanks aside: 0 to 100.
    pub common: usize,
}

/// The words in which two lines differ. A letter with its marks is never cut.
pub fn inline(before: &str, after: &str) -> Inline {
    let (old, new) = (words(before), words(after));
    let prefix = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let (old_rest, new_rest) = (old.get(prefix..).unwrap_or_default(), new.get(prefix..).unwrap_or_default());
    let suffix = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(old, new)| old == new).count();
    let old_rest = old_rest.get(..old_rest.len() - suffix).unwrap_or_default();
    let new_rest = new_rest.get(..new_rest.len() - suffix).unwrap_or_default();
    let mut changed = (vec![false; old.len()], vec![false; new.len()]);
    let whole = old_rest.is_empty() || new_rest.is_empty() || old_rest.len() + new_rest.len() > MAX_WORDS;
    let differing = if whole {
        vec![(0..old_rest.len(), 0..new_rest.len())]
    } else {
        let operations = capture_diff_slices(Algorithm::Myers, old_rest, new_rest);
        let differing =
            operations.iter().map(similar::DiffOp::as_tag_tuple).filter(|(tag, _, _)| *tag != DiffTag::Equal);
        differing.map(|(_, old, new)| (old, new)).collect()
    };
    for (old, new) in differing {
        old.for_each(|at| mark(&mut changed.0, prefix + at));
        new.for_each(|at| mark(&mut changed.1, prefix + at));
    }
    let kept = |words: &[&str], changed: &[bool]| -> (usize, usize) {
        let visible = words.iter().zip(changed).filter(|(word, _)| !is_blank(word));
        visible.fold((0, 0), |(kept, all), (word, changed)| {
            (kept + if *changed { 0 } else { word.len() }, all + word.len())
        })
    };
    let (old_kept, new_kept) = (kept(&old, &changed.0), kept(&new, &changed.1));
    let common = ((old_kept.0 + new_kept.0) * 100).checked_div(old_kept.1 + new_kept.1).unwrap_or(0);
    Inline { before: ranges(&old, &changed.0), after: ranges(&new, &changed.1), common }
}

fn mark(changed: &mut [bool], at: usize) {
    if let Some(changed) = changed.get_mut(at) {
        *changed = true;
    }
}

/// A line as words, runs of blanks, and letters that are neither.
fn words(line: &str) -> Vec<&str> {
    #[derive(PartialEq, Eq, Clone, Copy)]
    enum Sort {
        Word,
        Blank,
        Other,
    }
    let sort = |letter: &str| match letter.chars().next() {
        Some(char) if char.is_alphanumeric() || char == '_' => Sort::Word,
        Some(char) if char.is_whitespace() => Sort::Blank,
        Some(_) | None => Sort::Other,
    };
    let mut words = Vec::new();
    let (mut start, mut before) = (0, None);
    for (at, letter) in line.grapheme_indices(true) {
        let now = sort(letter);
        if before.is_some_and(|before| before != now || now == Sort::Other) {
            words.extend(line.get(start..at));
            start = at;
        }
        before = Some(now);
    }
    words.extend(line.get(start..).filter(|rest| !rest.is_empty()));
    words
}

fn is_blank(word: &str) -> bool {
    word.chars().all(char::is_whitespace)
}

/// The bytes of the changed words; a blank between two of them belongs to them.
fn ranges(words: &[&str], changed: &[bool]) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let (mut at, mut gap_is_blank) = (0, true);
    for (word, changed) in words.iter().zip(changed) {
        let end = at + word.len();
        if *changed {
            match ranges.last_mut() {
                Some(last) if gap_is_blank => last.end = end,
                Some(_) | None => ranges.push(at..end),
            }
            gap_is_blank = true;
        } else {
            gap_is_blank &= is_blank(word);
        }
        at = end;
    }
    ranges
}

/// Is there a NUL near the start?
pub fn is_binary(bytes: &[u8]) -> bool {
    bytes.iter().take(BINARY_PROBE).any(|byte| *byte == 0)
}

fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split_inclusive(|byte| *byte == b'\n').collect()
}

/// All changes in order, none touching the next.
pub(super) fn changes<'a>(before: &[&'a [u8]], after: &[&'a [u8]]) -> Vec<Change> {
    let prefix = before.iter().zip(after).take_while(|(old, new)| old == new).count();
    let old = before.get(prefix..).unwrap_or_default();
    let new = after.get(prefix..).unwrap_or_default();
    let suffix = old.iter().rev().zip(new.iter().rev()).take_while(|(old, new)| old == new).count();
    let old = old.get(..old.len() - suffix).unwrap_or_default();
    let new = new.get(..new.len() - suffix).unwrap_or_default();
    if old.is_empty() && new.is_empty() {
        return Vec::new();
    }
    if old.is_empty() || new.is_empty() || old.len() + new.len() > MAX_LINES {
        return vec![Change { before: prefix..prefix + old.len(), after: prefix..prefix + new.len() }];
    }
    // A line that is on one side alone is kept by no diff; without them what is left is small where texts have little in
    // common, and the work with it.
    let common = |side: &[&'_ [u8]], other: &[&[u8]]| -> Vec<usize> {
        let known: HashSet<&[u8]> = other.iter().copied().collect();
        side.iter().enumerate().filter(|(_, line)| known.contains(*line)).map(|(at, _)| at).collect()
    };
    let (old_common, new_common) = (common(old, new), common(new, old));
    let lines = |side: &[&'a [u8]], numbers: &[usize]| -> Vec<&'a [u8]> {
        numbers.iter().filter_map(|at| side.get(*at).copied()).collect()
    };
    let kept = capture_diff_slices(Algorithm::Myers, &lines(old, &old_common), &lines(new, &new_common));
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for operation in kept {
        let (tag, left, right) = operation.as_tag_tuple();
        if tag == DiffTag::Equal {
            let both = left.zip(right);
            pairs.extend(both.filter_map(|(left, right)| Some((*old_common.get(left)?, *new_common.get(right)?))));
        }
    }
    pairs.push((old.len(), new.len()));
    let (mut at, mut to) = (0, 0);
    let mut found = Vec::new();
    for (left, right) in pairs {
        if at < left || to < right {
            found.push(Change { before: at + prefix..left + prefix, after: to + prefix..right + prefix });
        }
        (at, to) = (left + 1, right + 1);
    }
    found
}

fn hunks(changes: Vec<Change>) -> Vec<Hunk> {
    let mut hunks: Vec<Hunk> = Vec::new();
    for change in changes {
        let near = |hunk: &Hunk| hunk.last().is_some_and(|last| change.before.start - last.before.end <= 2 * CONTEXT);
        match hunks.last_mut() {
            Some(hunk) if near(hunk) => hunk.push(change),
            Some(_) | None => hunks.push(vec![change]),
        }
    }
    hunks
}

fn push(out: &mut Vec<u8>, lines: &[&[u8]], range: Range<usize>) {
    for line in lines.get(range).unwrap_or_default() {
        out.extend_from_slice(line);
    }
}

fn show(out: &mut Vec<u8>, sign: u8, lines: &[&[u8]], range: Range<usize>) {
    for line in lines.get(range).unwrap_or_default() {
        out.push(sign);
        out.extend_from_slice(line);
        if !line.ends_with(b"\n") {
            out.extend_from_slice(b"\n\\ No newline at end of file\n");
        }
    }
}

/// A range as a hunk header has it: counted from 1, the count left out when it is 1, and an empty range named by the
/// line before it.
fn span(range: &Range<usize>) -> String {
    match range.len() {
        0 => format!("{},0", range.start),
        1 => format!("{}", range.start + 1),
        count => format!("{},{count}", range.start + 1),
    }
}

//! When two lines are the same line: keys in which differences that have one meaning are folded away.
//!
//! A fold never guesses: it drops blanks at line ends, leading blanks, or writes typographic punctuation in ASCII.

use std::borrow::Cow;

/// How much of a line may differ, from nothing to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Exact,
    /// But for blanks at its end.
    Trailing,
    /// And but for typographic against ASCII punctuation.
    Punctuation,
    /// But for blanks at its end, and its indentation.
    Indentation,
    /// But for all of these.
    Everything,
    /// And but for blank lines between lines; no line is compared by this.
    Blanks,
}

impl Level {
    pub const ALL: [Level; 5] =
        [Level::Exact, Level::Trailing, Level::Punctuation, Level::Indentation, Level::Everything];

    /// Is the indentation left out of the key, so that it has to be compared apart?
    pub fn drops_indentation(self) -> bool {
        match self {
            Level::Exact | Level::Trailing | Level::Punctuation => false,
            Level::Indentation | Level::Everything | Level::Blanks => true,
        }
    }

    /// Are two lines the same? Their keys being equal is not enough where dashes are: one hyphen is not two.
    pub fn same(self, left: &[u8], right: &[u8]) -> bool {
        match self {
            Level::Exact | Level::Trailing | Level::Indentation => self.key(left) == self.key(right),
            Level::Punctuation | Level::Everything | Level::Blanks => {
                let start = self != Level::Punctuation;
                let text = |line: &'_ [u8]| if start { line.trim_ascii() } else { line.trim_ascii_end() }.to_vec();
                self.key(left) == self.key(right) && side_by_side(&text(left), &text(right)).is_some()
            }
        }
    }

    /// What of a line counts.
    pub fn key(self, line: &[u8]) -> Cow<'_, [u8]> {
        match self {
            Level::Exact => line.into(),
            Level::Trailing => line.trim_ascii_end().into(),
            Level::Indentation => line.trim_ascii().into(),
            Level::Punctuation => trimmed(one_hyphen(ascii(line)), false),
            Level::Everything | Level::Blanks => trimmed(one_hyphen(ascii(line)), true),
        }
    }
}

fn trimmed(line: Cow<'_, [u8]>, start: bool) -> Cow<'_, [u8]> {
    let cut = |line: &[u8]| if start { line.trim_ascii().len() } else { line.trim_ascii_end().len() };
    match line {
        Cow::Borrowed(line) if start => line.trim_ascii().into(),
        Cow::Borrowed(line) => line.trim_ascii_end().into(),
        Cow::Owned(line) if cut(&line) == line.len() => line.into(),
        Cow::Owned(line) if start => line.trim_ascii().to_vec().into(),
        Cow::Owned(line) => line.trim_ascii_end().to_vec().into(),
    }
}

/// Is there nothing but blanks?
pub fn is_blank(line: &[u8]) -> bool {
    line.trim_ascii().is_empty()
}

/// The blanks a line begins with.
pub fn indentation(line: &[u8]) -> &[u8] {
    let blank = line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    line.get(..blank).unwrap_or_default()
}

/// The blanks a line ends with; none where it has nothing else.
pub fn trailing(line: &[u8]) -> &[u8] {
    if is_blank(line) {
        return &[];
    }
    line.get(line.trim_ascii_end().len()..).unwrap_or_default()
}

/// Kinds of punctuation that word processors and models exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Single,
    Double,
    Dash,
    Dots,
    Space,
}

/// Typographic characters with what they are in ASCII.
const TYPOGRAPHIC: &[(char, &str, Kind)] = &[
    ('\u{2018}', "'", Kind::Single),
    ('\u{2019}', "'", Kind::Single),
    ('\u{201a}', "'", Kind::Single),
    ('\u{201b}', "'", Kind::Single),
    ('\u{2032}', "'", Kind::Single),
    ('\u{201c}', "\"", Kind::Double),
    ('\u{201d}', "\"", Kind::Double),
    ('\u{201e}', "\"", Kind::Double),
    ('\u{201f}', "\"", Kind::Double),
    ('\u{2033}', "\"", Kind::Double),
    ('\u{00ab}', "\"", Kind::Double),
    ('\u{00bb}', "\"", Kind::Double),
    ('\u{2010}', "-", Kind::Dash),
    ('\u{2011}', "-", Kind::Dash),
    ('\u{2012}', "-", Kind::Dash),
    ('\u{2013}', "-", Kind::Dash),
    ('\u{2014}', "-", Kind::Dash),
    ('\u{2015}', "-", Kind::Dash),
    ('\u{2212}', "-", Kind::Dash),
    ('\u{2026}', "...", Kind::Dots),
    ('\u{00a0}', " ", Kind::Space),
    ('\u{2002}', " ", Kind::Space),
    ('\u{2003}', " ", Kind::Space),
    ('\u{2007}', " ", Kind::Space),
    ('\u{2009}', " ", Kind::Space),
    ('\u{202f}', " ", Kind::Space),
    ('\u{3000}', " ", Kind::Space),
];

/// What a typographic character is in ASCII.
pub fn typographic(char: char) -> Option<(&'static str, Kind)> {
    if char.is_ascii() {
        return None;
    }
    TYPOGRAPHIC.iter().find(|(known, _, _)| *known == char).map(|(_, ascii, kind)| (*ascii, *kind))
}

/// A line cut into characters; a byte that is no UTF-8 is a piece of its own.
pub fn pieces(line: &[u8]) -> impl Iterator<Item = (&[u8], Option<char>)> {
    line.utf8_chunks().flat_map(|chunk| {
        let valid = chunk.valid();
        let chars = valid
            .char_indices()
            .map(move |(at, char)| (valid.as_bytes().get(at..at + char.len_utf8()).unwrap_or_default(), Some(char)));
        chars.chain(chunk.invalid().chunks(1).map(|byte| (byte, None)))
    })
}

/// A line with typographic punctuation written in ASCII.
pub fn ascii(line: &[u8]) -> Cow<'_, [u8]> {
    if line.is_ascii() {
        return line.into();
    }
    let fold = |(bytes, char): (&'_ [u8], Option<char>)| match char.and_then(typographic) {
        Some((ascii, _)) => ascii.as_bytes().to_vec(),
        None => bytes.to_vec(),
    };
    pieces(line).flat_map(fold).collect::<Vec<u8>>().into()
}

/// Runs of hyphens as one: a dash may stand for one hyphen, or for two.
fn one_hyphen(line: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    if !line.windows(2).any(|pair| pair == b"--") {
        return line;
    }
    let mut out = line.into_owned();
    out.dedup_by(|next, last| *next == b'-' && *last == b'-');
    out.into()
}

/// How many hyphens stand for this dash.
fn hyphens(piece: &[u8], other: &[u8]) -> Option<usize> {
    let dash = std::str::from_utf8(piece).ok()?.chars().next().and_then(typographic)?.1 == Kind::Dash;
    let count = other.iter().take_while(|byte| **byte == b'-').count();
    (dash && (2..=3).contains(&count)).then_some(count)
}

/// Where two lines that differ in typographic punctuation alone run side by side: pairs of byte offsets, from the start of
/// both to the end of both. `None` when something else differs.
pub fn side_by_side(left: &[u8], right: &[u8]) -> Option<Vec<(usize, usize)>> {
    let mut pairs = vec![(0, 0)];
    let (mut at, mut to) = (0, 0);
    while at < left.len() || to < right.len() {
        let (a, b) = (left.get(at..)?, right.get(to..)?);
        let (first, second) = (first_piece(a), first_piece(b));
        let (x, y) = (ascii(first), ascii(second));
        let (step, other) = if let Some(count) = hyphens(first, b) {
            (first.len(), count)
        } else if let Some(count) = hyphens(second, a) {
            (count, second.len())
        } else if x == y && !x.is_empty() {
            (first.len(), second.len())
        } else if !x.is_empty() && y.len() > 1 && a.starts_with(&y) {
            (y.len(), second.len())
        } else if !y.is_empty() && x.len() > 1 && b.starts_with(&x) {
            (first.len(), x.len())
        } else {
            return None;
        };
        (at, to) = (at + step, to + other);
        pairs.push((at, to));
    }
    Some(pairs)
}

fn first_piece(line: &[u8]) -> &[u8] {
    // Four bytes hold any character.
    pieces(line.get(..line.len().min(4)).unwrap_or_default()).next().map_or(&[], |(bytes, _)| bytes)
}

//! Where a text that was not found was probably meant to be, in words: the lines that are most like it, as they are,
//! and what differs. Only for messages; nothing is ever changed on the strength of a likeness.

use super::lines::{self, Line};
use std::collections::HashMap;

/// Above this a file is not searched for likenesses.
const MAX_BYTES: usize = 2 << 20;
/// So many of the wanted lines are looked at.
const MAX_WANTED: usize = 200;
/// So much of a line counts.
const MAX_LINE: usize = 240;
/// So many lines are shown, and so much of each.
const SHOWN_LINES: usize = 15;
const SHOWN_LINE: usize = 400;
/// Mean likeness, of 1000, under which nothing is shown.
const ENOUGH: usize = 500;

/// The lines of `bytes` most like `wanted` (without line endings), as half a sentence and the lines.
pub fn words(bytes: &[u8], wanted: &[&[u8]]) -> String {
    if bytes.is_empty() {
        return "the file is empty".into();
    }
    if bytes.len() > MAX_BYTES {
        return "read the place again and send its lines as they are".into();
    }
    let have = lines::split(bytes);
    let Some(window) = nearest(&have, wanted) else {
        return "no lines in it are like these; read the file again and send its lines as they are".into();
    };
    let differs = difference(&have, &window, wanted).map_or_else(String::new, |what| format!("; {what}"));
    let range = match window.len() {
        1 => format!("the nearest is line {}", window.start + 1),
        _ => format!("the nearest are lines {} to {}", window.start + 1, window.end),
    };
    format!("{range}{differs}; in the file:\n{}", shown(&have, &window))
}

type Window = std::ops::Range<usize>;

/// Lines with their numbers, `12|text`.
fn shown(have: &[Line<'_>], window: &Window) -> String {
    let mut out: Vec<String> = Vec::new();
    for (index, line) in have.iter().enumerate().take(window.end).skip(window.start).take(SHOWN_LINES) {
        let text = String::from_utf8_lossy(line.text);
        match text.char_indices().nth(SHOWN_LINE) {
            Some((cut, _)) => {
                out.push(format!("{}|{} [line cut here]", index + 1, text.get(..cut).unwrap_or_default()))
            }
            None => out.push(format!("{}|{text}", index + 1)),
        }
    }
    if window.len() > SHOWN_LINES {
        out.push(format!("[{} more lines]", window.len() - SHOWN_LINES));
    }
    out.join("\n")
}

/// The window of lines most like the wanted ones.
fn nearest(have: &[Line<'_>], wanted: &[&[u8]]) -> Option<Window> {
    let shapes: Vec<Shape> = wanted.iter().take(MAX_WANTED).map(|line| Shape::of(line)).collect();
    let longest = shapes.iter().enumerate().max_by_key(|(_, shape)| shape.squeezed.len())?;
    if longest.1.squeezed.is_empty() {
        return None;
    }
    let have: Vec<Shape> = have.iter().map(|line| Shape::of(line.text)).collect();
    let mut starts = by_equal_lines(&have, &shapes);
    starts.extend(by_one_line(&have, longest));
    let mut best = (0, 0..0);
    for start in starts {
        let window = start..(start + shapes.len()).min(have.len());
        let score = score(have.get(window.clone()).unwrap_or_default(), &shapes);
        if score > best.0 {
            best = (score, start..(start + wanted.len()).min(have.len()));
        }
    }
    (best.0 >= ENOUGH && !best.1.is_empty()).then_some(best.1)
}

/// Starts at which most lines are equal but for whitespace, weighed by length.
fn by_equal_lines(have: &[Shape], wanted: &[Shape]) -> Vec<usize> {
    let mut places: HashMap<&[u8], Vec<usize>> = HashMap::new();
    for (index, shape) in wanted.iter().enumerate().filter(|(_, shape)| !shape.squeezed.is_empty()) {
        let list = places.entry(&shape.squeezed).or_default();
        if list.len() < 8 {
            list.push(index);
        }
    }
    let mut votes: HashMap<usize, usize> = HashMap::new();
    for (index, shape) in have.iter().enumerate() {
        for place in places.get(shape.squeezed.as_slice()).into_iter().flatten() {
            *votes.entry(index.saturating_sub(*place)).or_default() += shape.squeezed.len().min(40);
        }
    }
    let mut ranked: Vec<(usize, usize)> = votes.into_iter().collect();
    ranked.sort_unstable_by_key(|(start, weight)| (usize::MAX - weight, *start));
    ranked.into_iter().take(8).map(|(start, _)| start).collect()
}

/// Starts at which the longest wanted line meets the lines most like it.
fn by_one_line(have: &[Shape], (place, longest): (usize, &Shape)) -> Vec<usize> {
    let mut ranked: Vec<(usize, usize)> =
        have.iter().enumerate().map(|(index, shape)| (longest.likeness(shape), index)).collect();
    ranked.sort_unstable_by_key(|(likeness, index)| (usize::MAX - likeness, *index));
    ranked.into_iter().take(4).map(|(_, index)| index.saturating_sub(place)).collect()
}

/// The mean likeness of lines side by side, weighed by length.
fn score(have: &[Shape], wanted: &[Shape]) -> usize {
    let (mut sum, mut weights) = (0, 0);
    for (index, wanted) in wanted.iter().enumerate() {
        let weight = wanted.squeezed.len().min(40);
        sum += weight * have.get(index).map_or(0, |have| wanted.likeness(have));
        weights += weight;
    }
    sum.checked_div(weights).unwrap_or(0)
}

/// A line as it is compared: without whitespace, and the pairs of its neighbouring bytes in order.
struct Shape {
    squeezed: Vec<u8>,
    pairs: Vec<u16>,
}

impl Shape {
    fn of(line: &[u8]) -> Self {
        let squeezed: Vec<u8> =
            line.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).take(MAX_LINE).collect();
        let mut pairs: Vec<u16> =
            squeezed.iter().zip(squeezed.iter().skip(1)).map(|(a, b)| u16::from_be_bytes([*a, *b])).collect();
        pairs.sort_unstable();
        Self { squeezed, pairs }
    }

    /// 1000 for lines equal but for whitespace, else twice the shared pairs over all pairs, below 1000.
    fn likeness(&self, other: &Shape) -> usize {
        if self.squeezed == other.squeezed {
            return 1000;
        }
        let (mut left, mut right) = (self.pairs.iter().peekable(), other.pairs.iter().peekable());
        let mut shared = 0;
        while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
            match a.cmp(b) {
                std::cmp::Ordering::Less => drop(left.next()),
                std::cmp::Ordering::Greater => drop(right.next()),
                std::cmp::Ordering::Equal => {
                    shared += 1;
                    left.next();
                    right.next();
                }
            }
        }
        (1980 * shared) / (self.pairs.len() + other.pairs.len()).max(1)
    }
}

/// What differs, where it is whitespace or line endings alone.
fn difference(have: &[Line<'_>], window: &Window, wanted: &[&[u8]]) -> Option<String> {
    let have = have.get(window.clone()).unwrap_or_default();
    let shown = |line: &Line<'_>, sent: &[u8]| String::from_utf8_lossy(line.text).as_bytes() == sent;
    if let Some(index) = have.iter().zip(wanted).position(|(line, sent)| line.text != *sent && shown(line, sent)) {
        let number = window.start + index + 1;
        return Some(format!("line {number} has bytes that are not UTF-8 and cannot be sent: leave that line out"));
    }
    let squeeze = |text: &[u8]| text.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect::<Vec<u8>>();
    if have.len() != wanted.len() || have.iter().zip(wanted).any(|(line, sent)| squeeze(line.text) != squeeze(sent)) {
        return None;
    }
    let different = have.iter().zip(wanted).enumerate().find(|(_, (line, sent))| line.text != **sent);
    let Some((index, (line, sent))) = different else {
        return Some("only the line endings differ".into());
    };
    let number = window.start + index + 1;
    let lead = |text: &'_ [u8]| text.len() - text.trim_ascii_start().len();
    let (mine, yours) = (line.text, *sent);
    let begin = |text: &[u8]| blanks(text.get(..lead(text)).unwrap_or_default());
    let end = |text: &[u8]| blanks(text.get(text.trim_ascii_end().len()..).unwrap_or_default());
    let what = if begin(mine) != begin(yours) {
        format!("line {number} begins with {}, yours with {}", begin(mine), begin(yours))
    } else if end(mine) != end(yours) {
        format!("line {number} ends with {}, yours with {}", end(mine), end(yours))
    } else {
        format!("the whitespace inside line {number} differs")
    };
    Some(format!("only whitespace differs: {what}"))
}

/// `4 spaces`, `1 tab and 2 spaces`, `nothing`.
fn blanks(bytes: &[u8]) -> String {
    let names = [(b'\t', "tab"), (b' ', "space"), (b'\r', "carriage return")];
    let counted: Vec<String> = names
        .iter()
        .map(|(byte, name)| (bytes.iter().filter(|have| *have == byte).count(), name))
        .filter(|(count, _)| *count > 0)
        .map(|(count, name)| format!("{count} {name}{}", if count == 1 { "" } else { "s" }))
        .collect();
    if counted.is_empty() { "nothing".into() } else { counted.join(" and ") }
}

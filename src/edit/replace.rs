//! Replacing one text by another anywhere in a file: exactly where it is there exactly, else by the readings of
//! [`super::seek`], which also know a text that begins or ends inside a line.

mod folded;

use super::fold::{self, Level};
use super::lines::{self, numbers};
use super::merge;
use super::nearest;
use super::refusal::{Cause, Refusal};
use super::seek::{self, Index, Place, Text};
use super::step::Hunk;
use folded::Folded;
use memchr::memmem;
use std::ops::Range;

/// Above this only whole lines are looked for tolerantly.
const MAX_FOLDED: usize = 8 << 20;

/// What a text becomes.
pub struct Swap<'s> {
    pub old: &'s [u8],
    pub new: &'s [u8],
    pub all: bool,
}

/// The bytes with `old` replaced by `new`: once, or everywhere when `all`.
pub fn replace(before: &[u8], swap: &Swap<'_>, most: Level) -> Result<Vec<u8>, Refusal> {
    let swap = &match swap.old.strip_prefix(seek::BOM) {
        Some(old) => Swap { old, new: swap.new.strip_prefix(seek::BOM).unwrap_or(swap.new), ..*swap },
        None => Swap { ..*swap },
    };
    if swap.old == swap.new {
        return Err(Refusal::new(
            Cause::NoChange,
            "`old_string` and `new_string` are the same, so nothing would change; send the text you want as `new_string`",
        ));
    }
    let text = Text::new(before);
    // Where lines end in two ways, the same text may stand there in both: all of them count.
    let lines = |text: &[u8]| memchr::memchr(b'\n', text).is_some();
    let has_cr = |text: &[u8]| memchr::memchr(b'\r', text).is_some();
    let literal = !((lines(swap.old) || lines(swap.new)) && (has_cr(text.body) || has_cr(swap.new)));
    let mut found = if literal { places(text.body, swap.old) } else { Vec::new() };
    found.retain(|at| begins_well(text.body, *at, swap));
    match found.as_slice() {
        [] => {}
        [one] if !swap.all => {
            whole_words(text.body, &(*one..one + swap.old.len()), swap)?;
            one_margin(text.body, *one, swap)?;
            not_yet(text.body, *one, swap)?;
            if swap.new.contains(&b'\n') {
                not_made(&text, &(*one..one + swap.old.len()), swap, Level::Exact)?;
            }
            return Ok(put(&text, &found, swap));
        }
        [..] if swap.all => return Ok(put(&text, &found, swap)),
        many => return Err(not_unique(&line_numbers(text.body, many), swap)),
    }
    tolerant(before, &text, swap, most)
}

fn tolerant(before: &[u8], text: &Text<'_>, swap: &Swap<'_>, most: Level) -> Result<Vec<u8>, Refusal> {
    if text.body.len() <= MAX_FOLDED {
        // Where a text loses or gains its last line end, only the letter says what becomes of the next line.
        let alike = swap.old.ends_with(b"\n") == swap.new.ends_with(b"\n") || swap.new.is_empty();
        let levels = [Level::Exact, Level::Trailing, Level::Punctuation]
            .into_iter()
            .filter(|level| *level == Level::Exact || alike);
        for level in levels {
            let folded = Folded::new(text, level);
            let mut spans = folded.spans(swap.old);
            spans.retain(|span| begins_well(text.body, span.start, swap));
            let (hunks, places): (Vec<Hunk>, Vec<Place>) = match spans.as_slice() {
                [] => continue,
                [span] if !swap.all => {
                    whole_words(text.body, span, swap)?;
                    one_margin(text.body, span.start, swap)?;
                    not_yet(text.body, span.start, swap)?;
                    not_made(text, span, swap, level)?;
                    let (hunk, place) = around(text, span, swap, level);
                    (vec![hunk], vec![place])
                }
                [..] if swap.all => spans.iter().map(|span| around(text, span, swap, level)).unzip(),
                many => {
                    let lines: Vec<usize> = many.iter().map(|span| line_of(text, span.start) + 1).collect();
                    return Err(not_unique(&lines, swap));
                }
            };
            if places.windows(2).any(|pair| matches!(pair, [above, below] if below.start < above.end)) {
                break;
            }
            return made(before, merge::write(text, &hunks, &places));
        }
    }
    let whole = swap.old.ends_with(b"\n") == swap.new.ends_with(b"\n") || swap.new.is_empty();
    let ended = |text: &[u8]| if swap.old.ends_with(b"\n") { text.to_vec() } else { [text, b"\n"].concat() };
    let hunk = Hunk::between(0, &ended(swap.old), &ended(swap.new));
    if !whole || hunk.old().next().is_none() {
        return Err(not_found(text, swap));
    }
    let index = Index::new(text, 1);
    match seek::find(&index, std::slice::from_ref(&hunk), most) {
        Ok(places) => {
            if let Some(place) = places.first() {
                super::already(&index, &hunk, place)?;
            }
            made(before, merge::write(text, &[hunk], &places))
        }
        Err(refusal) if refusal.cause == Cause::NotUnique => {
            let starts = seek::starts(&index, &hunk);
            Err(not_unique(&starts.iter().map(|start| start + 1).collect::<Vec<usize>>(), swap))
        }
        Err(_) => Err(not_found(text, swap)),
    }
}

/// Old text that begins with blanks begins a line; further in it has another indentation than the file.
/// In one line that stays one, it makes no difference.
fn begins_well(body: &[u8], at: usize, swap: &Swap<'_>) -> bool {
    let one = |text: &[u8]| !text.contains(&b'\n');
    fold::indentation(swap.old).is_empty() || (one(swap.old) && one(swap.new)) || !is_indented(body, at)
}

/// Is there nothing but blanks, and some, between the start of the line and this place?
fn is_indented(body: &[u8], at: usize) -> bool {
    let ahead = body.get(..at).unwrap_or_default();
    let line = memchr::memrchr(b'\n', ahead).map_or(ahead, |end| ahead.get(end + 1..).unwrap_or_default());
    !line.is_empty() && fold::is_blank(line)
}

/// Old text that leaves out its line's indentation leaves two readings where new lines stand left of it: as they are, or
/// all of them moved.
fn one_margin(body: &[u8], at: usize, swap: &Swap<'_>) -> Result<(), Refusal> {
    // Where more lines of it are the file's to the letter, so is its margin.
    let lines = swap.old.split(|byte| *byte == b'\n').filter(|line| !fold::is_blank(line)).count();
    if lines > 1 || !is_indented(body, at) {
        return Ok(());
    }
    let start = memchr::memrchr(b'\n', body.get(..at).unwrap_or_default()).map_or(0, |end| end + 1);
    let margin = body.get(start..at).unwrap_or_default();
    let left = |line: &&[u8]| !fold::is_blank(line) && !line.starts_with(margin);
    match swap.new.split(|byte| *byte == b'\n').skip(1).find(left) {
        Some(_) => {
            let line = line_numbers(body, &[at]);
            Err(Refusal::new(
                Cause::NotUnique,
                format!(
                    "`old_string` begins inside of the indentation of {}, and lines of `new_string` stand left of it, so it is not known how far in they belong; send whole lines with their indentation",
                    numbers(&line)
                ),
            ))
        }
        None => Ok(()),
    }
}

fn made(before: &[u8], after: Vec<u8>) -> Result<Vec<u8>, Refusal> {
    if before == after { Err(super::nothing_new()) } else { Ok(after) }
}

/// Every place of a text, overlapping ones too.
fn places(bytes: &[u8], needle: &[u8]) -> Vec<usize> {
    let finder = memmem::Finder::new(needle);
    let mut found: Vec<usize> = Vec::new();
    let mut from = 0;
    while let Some(at) = bytes.get(from..).and_then(|rest| finder.find(rest)) {
        found.push(from + at);
        from += at + 1;
    }
    found
}

/// A text that is found only inside of longer words is another text: `timeout = 30` in `timeout = 300`.
fn whole_words(body: &[u8], at: &Range<usize>, swap: &Swap<'_>) -> Result<(), Refusal> {
    let (ahead, behind) = (body.get(..at.start).unwrap_or_default(), body.get(at.end..).unwrap_or_default());
    let cut = (ends_in_word(ahead) && begins_in_word(swap.old)) || (ends_in_word(swap.old) && begins_in_word(behind));
    if !cut {
        return Ok(());
    }
    not_yet(body, at.start, swap)?;
    let line = line_numbers(body, &[at.start]);
    let text = lines::split(body).get(line.first().map_or(0, |line| line - 1)).map_or(&b""[..], |line| line.text);
    Err(Refusal::new(
        Cause::NotFound,
        format!(
            "`old_string` is there only as a part of longer words, at {}:\n{}\nsend whole words, as the file has them",
            numbers(&line),
            String::from_utf8_lossy(text)
        ),
    ))
}

/// A letter of scripts that part their words, or a digit.
fn in_word(char: Option<char>) -> bool {
    char.is_some_and(|char| char.is_ascii_digit() || char == '_' || char.is_lowercase() || char.is_uppercase())
}

fn begins_in_word(text: &[u8]) -> bool {
    in_word(fold::pieces(text.get(..text.len().min(4)).unwrap_or_default()).next().and_then(|(_, char)| char))
}

fn ends_in_word(text: &[u8]) -> bool {
    in_word(
        fold::pieces(text.get(text.len().saturating_sub(4)..).unwrap_or_default()).last().and_then(|(_, char)| char),
    )
}

/// Is what the edit adds around the old text there already?
fn not_yet(body: &[u8], at: usize, swap: &Swap<'_>) -> Result<(), Refusal> {
    let Some(lead) = memmem::find(swap.new, swap.old) else { return Ok(()) };
    let added = [swap.new.get(..lead), swap.new.get(lead + swap.old.len()..)].map(Option::unwrap_or_default).concat();
    // A line of blanks or brackets may well be wanted twice.
    let letters = added.iter().filter(|byte| byte.is_ascii_alphanumeric()).count();
    let told = if added.contains(&b'\n') { letters > 1 } else { !fold::is_blank(&added) };
    let start = at.checked_sub(lead);
    let stands = start.is_some_and(|start| body.get(start..start + swap.new.len()) == Some(swap.new));
    if told && stands {
        let at = numbers(&line_numbers(body, &[start.unwrap_or_default()]));
        return Err(already_there(&at));
    }
    Ok(())
}

fn already_there(at: &str) -> Refusal {
    Refusal::new(
        Cause::AlreadyApplied,
        format!(
            "`new_string` already is there, at {at}: the edit seems to be made; go on, or read the file again if you meant another place"
        ),
    )
}

/// The bytes with the text at each place replaced; a place inside one already replaced is passed over.
fn put(text: &Text<'_>, places: &[usize], swap: &Swap<'_>) -> Vec<u8> {
    let body = text.body;
    let mut out = Vec::with_capacity(text.bom.len() + body.len() + swap.new.len());
    out.extend_from_slice(text.bom);
    let mut at = 0;
    for place in places {
        if *place < at {
            continue;
        }
        out.extend_from_slice(body.get(at..*place).unwrap_or_default());
        out.extend_from_slice(swap.new);
        at = place + swap.old.len();
    }
    out.extend_from_slice(body.get(at..).unwrap_or_default());
    out
}

/// The line, from 0, that a byte is in.
fn line_of(text: &Text<'_>, at: usize) -> usize {
    memchr::memchr_iter(b'\n', text.body.get(..at).unwrap_or_default()).count()
}

/// A span as the whole lines that it is in, and what they become.
fn around(text: &Text<'_>, span: &Range<usize>, swap: &Swap<'_>, level: Level) -> (Hunk, Place) {
    let first = line_of(text, span.start);
    let last = line_of(text, span.end).max(first);
    let start = memchr::memrchr(b'\n', text.body.get(..span.start).unwrap_or_default()).map_or(0, |at| at + 1);
    let lead = text.body.get(start..span.start).unwrap_or_default();
    let rest = text.body.get(span.end..).unwrap_or_default();
    let rest = rest.get(..memchr::memchr(b'\n', rest).unwrap_or(rest.len())).unwrap_or_default();
    let rest = rest.strip_suffix(b"\r").unwrap_or(rest);
    // Where the old text tells nothing of line ends, the new one says nothing of them either.
    let new = if swap.old.contains(&b'\n') { swap.new.to_vec() } else { without_cr(swap.new) };
    // At the end of the file the span has the last line's own end.
    let last_end = span.end == text.body.len() && text.body.ends_with(b"\n");
    let whole = |middle: &[u8]| {
        let line = [lead, middle, rest].concat();
        if last_end && (line.is_empty() || line.ends_with(b"\n")) { line } else { [&line[..], b"\n"].concat() }
    };
    let hunk = Hunk::between(0, &whole(swap.old), &whole(&new));
    let end = (last + 1).min(text.lines.len()).max(first);
    (hunk, Place { start: first, end, aligned: None, reindent: None, lead: None, level })
}

/// A text whose lines all end with LF.
fn without_cr(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        match line.strip_suffix(b"\r\n") {
            Some(bare) => out.extend(bare.iter().copied().chain([b'\n'])),
            None => out.extend_from_slice(line),
        }
    }
    out
}

/// Stands what the edit makes of these lines there already?
fn not_made(text: &Text<'_>, span: &Range<usize>, swap: &Swap<'_>, level: Level) -> Result<(), Refusal> {
    let whole_lines = swap.old.ends_with(b"\n")
        && swap.new.ends_with(b"\n")
        && span.start.checked_sub(1).is_none_or(|at| text.body.get(at) == Some(&b'\n'));
    let (hunk, place) = if whole_lines {
        let (start, end) = (line_of(text, span.start), line_of(text, span.end));
        let place = Place { start, end, aligned: None, reindent: None, lead: None, level };
        (Hunk::between(0, swap.old, swap.new), place)
    } else {
        around(text, span, swap, level)
    };
    super::already(&Index::new(text, 1), &hunk, &place)
}

fn not_found(text: &Text<'_>, swap: &Swap<'_>) -> Refusal {
    let done = places(text.body, swap.new);
    let told = swap.new.iter().filter(|byte| byte.is_ascii_alphanumeric()).count() > 2;
    if told && !done.is_empty() {
        let at = numbers(&line_numbers(text.body, &done));
        return Refusal::new(
            Cause::AlreadyApplied,
            format!(
                "`old_string` is not there, and `new_string` already is, at {at}: the edit seems to be made; go on, or read the file again if you meant another place"
            ),
        )
        .open();
    }
    let wanted: Vec<&[u8]> = lines::split(swap.old).iter().map(|line| line.text).collect();
    Refusal::new(
        Cause::NotFound,
        format!(
            "`old_string` is not there: {}\nsend `old_string` exactly as the file has it",
            nearest::words(text.body, &wanted)
        ),
    )
}

fn not_unique(lines: &[usize], swap: &Swap<'_>) -> Refusal {
    let mut shown = lines.to_vec();
    shown.dedup();
    let all = if swap.all {
        "; every one is changed only where it stands exactly"
    } else {
        ", or set `replace_all` to change every one"
    };
    Refusal::new(
        Cause::NotUnique,
        format!(
            "`old_string` is there {} times, at {}; add lines around it until only one place fits{all}",
            lines.len(),
            numbers(&shown)
        ),
    )
}

/// The line number of each place; the places are in order.
fn line_numbers(bytes: &[u8], places: &[usize]) -> Vec<usize> {
    let (mut line, mut at) = (1, 0);
    let mut out: Vec<usize> = Vec::new();
    for place in places {
        line += memchr::memchr_iter(b'\n', bytes.get(at..*place).unwrap_or_default()).count();
        at = *place;
        out.push(line);
    }
    out
}

//! Replacing one exact text by another in a file's bytes. No guessing: what is not there exactly is refused, with the
//! nearest lines in the refusal.

use super::lines::{is_crlf, numbers, to_crlf};
use super::nearest;
use std::borrow::Cow;

/// The bytes with `old` replaced by `new`: once, or everywhere when `all`. The error is words for the model.
///
/// In a file whose lines all end with CR LF, an `old` that writes its line ends as LF (or has none) is meant in the
/// file's own line endings, and so is `new`.
pub fn replace(path: &str, before: &[u8], old: &str, new: &str, all: bool) -> Result<Vec<u8>, String> {
    if old.is_empty() {
        return Err(format!("`old_string` is empty, and `{path}` is not a new file; send the exact text to replace"));
    }
    let (old, new) = in_files_endings(before, old, new);
    if old == new {
        return Err("`old_string` and `new_string` are the same, so nothing would change; send the text you want as `new_string`".into());
    }
    let found = find(before, old.as_bytes());
    match found.as_slice() {
        [] => Err(not_found(path, before, &old, &new)),
        [_] => Ok(put(before, &found, old.len(), new.as_bytes())),
        [..] if all => Ok(put(before, &found, old.len(), new.as_bytes())),
        many => Err(not_unique(path, before, many)),
    }
}

fn in_files_endings<'a>(before: &[u8], old: &'a str, new: &'a str) -> (Cow<'a, str>, Cow<'a, str>) {
    if !is_crlf(before) || (old.contains("\r\n") && !has_bare_lf(old)) {
        return (old.into(), new.into());
    }
    (to_crlf(old).into(), to_crlf(new).into())
}

fn has_bare_lf(text: &str) -> bool {
    text.starts_with('\n') || text.as_bytes().windows(2).any(|pair| pair != b"\r\n" && pair.ends_with(b"\n"))
}

/// Every place of a needle, overlapping ones too, in time linear in both (Knuth, Morris, Pratt).
fn find(bytes: &[u8], needle: &[u8]) -> Vec<usize> {
    let step = |border: &[usize], mut matched: usize, byte: u8| {
        while matched > 0 && needle.get(matched) != Some(&byte) {
            matched = border.get(matched - 1).copied().unwrap_or(0);
        }
        if needle.get(matched) == Some(&byte) { matched + 1 } else { 0 }
    };
    let mut border: Vec<usize> = vec![0];
    for byte in needle.iter().skip(1) {
        let next = step(&border, border.last().copied().unwrap_or(0), *byte);
        border.push(next);
    }
    let mut places = Vec::new();
    let mut matched = 0;
    for (index, byte) in bytes.iter().enumerate() {
        matched = step(&border, matched, *byte);
        if matched == needle.len() && matched > 0 {
            places.push(index + 1 - matched);
        }
    }
    places
}

/// The bytes with the text at each place replaced; a place inside one already replaced is passed over.
fn put(before: &[u8], places: &[usize], length: usize, new: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(before.len() + new.len());
    let mut at = 0;
    for place in places.iter().filter(|place| **place < before.len()) {
        if *place < at {
            continue;
        }
        out.extend_from_slice(before.get(at..*place).unwrap_or_default());
        out.extend_from_slice(new);
        at = place + length;
    }
    out.extend_from_slice(before.get(at..).unwrap_or_default());
    out
}

fn not_found(path: &str, before: &[u8], old: &str, new: &str) -> String {
    let done = find(before, new.as_bytes());
    if !new.trim().is_empty() && !done.is_empty() {
        return format!(
            "`old_string` is not in `{path}`, and `new_string` already is, at {}: the edit seems to be made; go on, or read the file again if you meant another place",
            numbers(&line_numbers(before, &done))
        );
    }
    let wanted: Vec<&[u8]> = old.lines().map(str::as_bytes).collect();
    format!(
        "`old_string` is not in `{path}`: {}\nsend `old_string` exactly as the file has it",
        nearest::words(before, &wanted)
    )
}

fn not_unique(path: &str, before: &[u8], places: &[usize]) -> String {
    format!(
        "`old_string` is {} times in `{path}`, at {}; add lines around it until only one place fits, or set `replace_all` to change every one",
        places.len(),
        numbers(&line_numbers(before, places))
    )
}

/// The line number of each place; the places are in order.
fn line_numbers(bytes: &[u8], places: &[usize]) -> Vec<usize> {
    let (mut line, mut at) = (1, 0);
    let mut out: Vec<usize> = Vec::new();
    for place in places {
        line += bytes.get(at..*place).unwrap_or_default().iter().filter(|byte| **byte == b'\n').count();
        at = *place;
        if out.last() != Some(&line) {
            out.push(line);
        }
    }
    out
}

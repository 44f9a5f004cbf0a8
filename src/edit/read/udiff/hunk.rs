//! One hunk of a unified diff.

use super::{Reader, file};
use crate::edit::read::{cut_off, wrapping};
use crate::edit::refusal::Refusal;
use crate::edit::step::{Hunk, HunkLine, Sign};

/// The numbers of a hunk header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    pub at: usize,
    pub old: usize,
    pub new: usize,
    pub heading: Option<Vec<u8>>,
}

impl Span {
    /// From what stands behind the first `@@`.
    pub fn parse(rest: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(rest);
        let text = text.trim();
        let (numbers, heading) = match text.split_once("@@") {
            Some((numbers, heading)) => (numbers, heading),
            None => (text, ""),
        };
        let mut words = numbers.split_whitespace();
        let (at, old) = range(words.next()?.strip_prefix('-')?)?;
        let (_, new) = range(words.next()?.strip_prefix('+')?)?;
        let heading = Some(heading.trim_end().strip_prefix(' ').unwrap_or(heading.trim_end()).as_bytes().to_vec());
        words.next().is_none().then_some(Self { at, old, new, heading: heading.filter(|heading| !heading.is_empty()) })
    }
}

fn range(text: &str) -> Option<(usize, usize)> {
    match text.split_once(',') {
        Some((at, count)) => Some((at.parse().ok()?, count.parse().ok()?)),
        None => Some((text.parse().ok()?, 1)),
    }
}

/// A hunk as it was read, with what its header said.
#[derive(Debug)]
pub struct Read {
    pub hunk: Hunk,
    pub span: Option<Span>,
}

impl Read {
    /// Lines that are there before and after, empty ones at the end counted as both.
    pub fn counts(&self) -> (usize, usize) {
        (self.hunk.old().count() + self.hunk.loose, self.hunk.new_lines().count() + self.hunk.loose)
    }
}

/// The hunk whose header is line `at`, and the line behind it.
pub fn read(reader: &Reader<'_>, at: usize) -> Result<(Read, usize), Refusal> {
    let rest = reader.text(at).strip_prefix(b"@@").unwrap_or_default();
    let span = Span::parse(rest);
    let mut hunk = Hunk { line: reader.number(at), ..Hunk::default() };
    hunk.at = span.as_ref().map(|span| span.at);
    hunk.heading = span.as_ref().and_then(|span| span.heading.clone());
    let mut at = at + 1;
    let mut empty = 0;
    while at < reader.lines.len() {
        let line = reader.text(at);
        let full = span
            .as_ref()
            .is_some_and(|span| hunk.old().count() + empty >= span.old && hunk.new_lines().count() + empty >= span.new);
        if ends(reader, at, full) {
            break;
        }
        at += 1;
        if line.is_empty() || line == b"\r" {
            empty += 1;
            continue;
        }
        if line.starts_with(b"\\") {
            match hunk.lines.last().map(|line| line.sign) {
                Some(Sign::Keep) => (hunk.old_unended, hunk.new_unended) = (true, true),
                Some(Sign::Remove) => hunk.old_unended = true,
                Some(Sign::Add) => hunk.new_unended = true,
                None => {}
            }
            continue;
        }
        let blank = HunkLine { bare: true, ..HunkLine::new(Sign::Keep, b"") };
        hunk.lines.extend(std::iter::repeat_n(blank, empty));
        empty = 0;
        let rest = line.get(1..).unwrap_or_default();
        hunk.lines.push(match line.first() {
            Some(b' ') => HunkLine::new(Sign::Keep, rest),
            Some(b'-') => HunkLine::new(Sign::Remove, rest),
            Some(b'+') => HunkLine::new(Sign::Add, rest),
            _ => HunkLine { bare: true, ..HunkLine::new(Sign::Keep, line) },
        });
    }
    hunk.loose = empty;
    if hunk.lines.is_empty() && empty == 0 {
        return Err(cut_off(format!("line {}: the hunk has no lines", hunk.line)).at(hunk.line));
    }
    // The marker on the old side says that the place is the end of the file; on a kept line, the same of both.
    hunk.end_of_file = hunk.old_unended;
    Ok((Read { hunk: hunk.settled(), span }, at))
}

/// Does something else begin here? `full`: the hunk has as many lines as its header said.
fn ends(reader: &Reader<'_>, at: usize, full: bool) -> bool {
    let line = reader.text(at);
    if line.starts_with(b"@@") || line.starts_with(b"*** ") || (wrapping::is_fence(line) && !full_content(line)) {
        return true;
    }
    // `--- x` may also be the removal of `-- x`.
    if line.starts_with(b"--- ") {
        return file::is_pair(&reader.texts, at) && (full || reader.text(at + 2).starts_with(b"@@"));
    }
    if file::begins(&reader.texts, at) {
        return true;
    }
    let signature = line == b"-- " || line == b"--";
    if signature && reader.lines.len() - at <= 3 {
        return true;
    }
    full && !matches!(line.first(), None | Some(b' ' | b'-' | b'+' | b'\\' | b'\r'))
}

/// A fence with a sign before it is content.
fn full_content(line: &[u8]) -> bool {
    matches!(line.first(), Some(b' ' | b'-' | b'+'))
}

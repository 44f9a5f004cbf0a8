//! The lines of a private key between its head and its foot. Each line is a secret of its own, so that a part of a file
//! has the same line numbers with and without its secrets.

use super::scan::{Span, run};

const KIND: &str = "private-key";

/// Lines that are looked at on either side; an RSA key of 16384 bits has 200.
const LINES: usize = 400;
/// Characters of a line of a key, but for its last.
const LEAST: usize = 16;
/// Bytes of a line that are looked at; a whole key may stand on one.
const LINE: usize = 16 * 1024;

/// What belongs to the head or foot whose words `PRIVATE KEY` stand at `at`.
pub(super) fn lines(text: &[u8], at: usize, found: &mut Vec<Span>) {
    let Some((head, tail)) = text.split_at_checked(at) else { return };
    let from = at.saturating_sub(40);
    let mark = memchr::memmem::rfind(head.get(from..).unwrap_or_default(), b"-----");
    let Some(mark) = mark.map(|mark| from + mark) else { return };
    let Some(end) = memchr::memmem::find(tail.get(..40.min(tail.len())).unwrap_or_default(), b"-----") else { return };
    let title = text.get(mark + 5..at).unwrap_or_default();
    if title.starts_with(b"BEGIN") {
        after(text, at + end + 5, found);
    } else if title.starts_with(b"END") {
        before(text, mark, found);
    }
}

/// From the end of a head on: the rest of its own line, where breaks are written as `\n`, and the lines below.
fn after(text: &[u8], start: usize, found: &mut Vec<Span>) {
    let (mut at, mut first) = (start, true);
    for _ in 0..LINES {
        let rest = text.get(at..text.len().min(at + LINE)).unwrap_or_default();
        let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let line = rest.get(..length).unwrap_or_default();
        let foot = memchr::memmem::find(line, b"-----");
        let body = line.get(..foot.unwrap_or(length)).unwrap_or_default();
        let any = within(body, at, if foot.is_some() || !first { 4 } else { LEAST }, first || foot.is_some(), found);
        let header = memchr::memmem::find(body, b": ").is_some() || body.trim_ascii().is_empty();
        if foot.is_some() || length == rest.len() || !(any || first || header) {
            return;
        }
        (at, first) = (at + length + 1, false);
    }
}

/// Up to a foot whose head is not there: the lines above that are nothing but a key's.
fn before(text: &[u8], end: usize, found: &mut Vec<Span>) {
    let line_end = |end: usize| {
        let from = end.saturating_sub(LINE);
        memchr::memrchr(b'\n', text.get(from..end).unwrap_or_default()).map(|at| from + at)
    };
    let Some(mut end) = line_end(end) else { return };
    for nth in 0..LINES {
        let start = line_end(end).map_or(0, |at| at + 1);
        let line = text.get(start..end).unwrap_or_default();
        if line.len() >= LINE || !within(line, start, if nth == 0 { 4 } else { LEAST }, false, found) || start == 0 {
            return;
        }
        end = start - 1;
    }
}

/// The part of a line that is a key's: its last word, behind a number or a mark of a comment, say. With `all` every such
/// word, since there are line ends written as `\n` between them.
fn within(line: &[u8], offset: usize, least: usize, all: bool, found: &mut Vec<Span>) -> bool {
    let is_body = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    let before = found.len();
    let mut at = 0;
    while at < line.len() {
        let rest = line.get(at..).unwrap_or_default();
        if rest.starts_with(b"\\n") || rest.starts_with(b"\\r") {
            at += 2;
            continue;
        }
        let length = run(rest, rest.len(), is_body);
        let ends = rest.get(length..).unwrap_or_default();
        let ends = ends.iter().take(6).all(|byte| b"\"',\\nr \t\r;+".contains(byte)) && ends.len() <= 6;
        let word = rest.get(..length).unwrap_or_default();
        if length >= if all { LEAST } else { least } && (all || ends) && looks(word) {
            found.push(Span { start: offset + at, end: offset + at + length, kind: KIND });
        }
        at += length.max(1);
    }
    found.len() > before
}

/// Base64 has letters of both cases, or digits or signs beside letters; a short rest may be anything.
fn looks(word: &[u8]) -> bool {
    let has = |is: fn(&u8) -> bool| usize::from(word.iter().any(is));
    let kinds = has(u8::is_ascii_lowercase)
        + has(u8::is_ascii_uppercase)
        + has(u8::is_ascii_digit)
        + has(|byte| matches!(byte, b'+' | b'/' | b'='));
    if word.len() < LEAST { kinds >= 2 || word.ends_with(b"=") } else { kinds >= 3 }
}

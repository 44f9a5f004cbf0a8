//! Finds secrets by their looks, in one pass: words that stand in or before a secret are looked for all at once, and what
//! is around each of them decides. The time is linear in the text, whatever it holds.
//!
//! Secrets are ASCII and never go over the end of a line, so that lines can be counted, cut and put back.

use super::assigned;
use super::block;
use super::tokens::TOKENS;
use aho_corasick::{AhoCorasick, AhoCorasickKind};
use std::sync::OnceLock;

/// A secret: its bytes in the text, and what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub start: usize,
    pub end: usize,
    pub kind: &'static str,
}

/// Looks for all of them.
#[derive(Default)]
pub(super) struct Scanner {
    /// Built for the first text, since it takes longer than reading one. `None` inside: it could not be built, and then the words
    /// are looked for one by one.
    words: OnceLock<Option<AhoCorasick>>,
}

/// What a word in the text leads to.
#[derive(Clone, Copy)]
enum Lead {
    /// A row of [`TOKENS`], and those that begin like it.
    Token,
    Assigned(&'static str),
    Block,
    Url,
    Scheme,
}

/// Words that lead to a secret, and where they lead. Those of the tokens come after them.
const WORDS: &[(&str, Lead)] = &[
    ("passw", Lead::Assigned("password")),
    ("pwd", Lead::Assigned("password")),
    ("secret", Lead::Assigned("secret")),
    ("token", Lead::Assigned("token")),
    ("key", Lead::Assigned("api-key")),
    ("credential", Lead::Assigned("secret")),
    ("authorization", Lead::Assigned("authorization")),
    ("bearer ", Lead::Scheme),
    ("basic ", Lead::Scheme),
    ("://", Lead::Url),
    ("private key", Lead::Block),
];

fn words() -> impl Iterator<Item = (&'static str, Lead)> {
    WORDS.iter().copied().chain(TOKENS.iter().map(|token| (token.prefix, Lead::Token)))
}

impl Scanner {
    fn words(&self) -> Option<&AhoCorasick> {
        let build = || {
            let all = words().map(|(word, _)| word.as_bytes());
            AhoCorasick::builder().ascii_case_insensitive(true).kind(Some(AhoCorasickKind::DFA)).build(all).ok()
        };
        self.words.get_or_init(build).as_ref()
    }

    /// Could there be any? Quick, and also true of what is found to be none; true too where the text is escaped.
    pub fn suspects(&self, text: &[u8]) -> bool {
        match self.words() {
            Some(words) => words.is_match(text),
            None => true,
        }
    }

    /// All secrets of `text`, in order, none of which touches another.
    pub fn spans(&self, text: &[u8]) -> Vec<Span> {
        let mut found = Vec::new();
        match self.words() {
            Some(words) => {
                for hit in words.find_overlapping_iter(text) {
                    self.look(text, hit.start(), hit.pattern().as_usize(), &mut found);
                }
            }
            None => {
                for (number, (word, _)) in words().enumerate() {
                    let hits = (0..text.len()).filter(|at| {
                        text.get(*at..at + word.len()).is_some_and(|here| here.eq_ignore_ascii_case(word.as_bytes()))
                    });
                    hits.for_each(|at| self.look(text, at, number, &mut found));
                }
            }
        }
        // Of two that are the same, the maker's own name says more than what stands before it.
        let vague = |span: &Span| !TOKENS.iter().any(|token| token.kind == span.kind);
        found.sort_by(|a, b| a.start.cmp(&b.start).then(b.end.cmp(&a.end)).then_with(|| vague(a).cmp(&vague(b))));
        let mut end = 0;
        found.retain(|span| {
            let apart = span.start >= end && span.end > span.start;
            if apart {
                end = span.end;
            }
            apart
        });
        found
    }

    fn look(&self, text: &[u8], at: usize, number: usize, found: &mut Vec<Span>) {
        let token = || number.checked_sub(WORDS.len()).and_then(|number| TOKENS.get(number)).map(|token| token.prefix);
        let length = WORDS.get(number).map(|(word, _)| *word).or_else(token).map_or(0, str::len);
        let lead = WORDS.get(number).map_or(Lead::Token, |(_, lead)| *lead);
        match lead {
            Lead::Token => {
                let token = number.checked_sub(WORDS.len()).and_then(|row| TOKENS.get(row));
                found
                    .extend(token.and_then(|token| {
                        token.at(text, at).map(|(start, end)| Span { start, end, kind: token.kind })
                    }));
            }
            Lead::Assigned(kind) => found.extend(assigned::value(text, at, at + length, kind)),
            Lead::Scheme => found.extend(assigned::scheme(text, at, at + length)),
            Lead::Url => found.extend(assigned::url(text, at + length)),
            Lead::Block => block::lines(text, at, found),
        }
    }
}

/// How many bytes `holds` takes from the beginning of `text`, at most `most`.
pub(super) fn run(text: &[u8], most: usize, holds: impl Fn(u8) -> bool) -> usize {
    text.iter().take(most).take_while(|byte| holds(**byte)).count()
}

/// Does a word begin at `at`? The letter of an escape, as in `\n`, belongs to no word.
pub(super) fn boundary_before(text: &[u8], at: usize) -> bool {
    let back = |count: usize| at.checked_sub(count).and_then(|at| text.get(at)).copied();
    match (back(2), back(1)) {
        (Some(b'\\'), Some(b'n' | b't' | b'r')) => true,
        (_, Some(byte)) => !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')),
        (_, None) => true,
    }
}

/// Words by which people mark what is no secret.
const FAKE: &[&[u8]] =
    &[b"example", b"sample", b"dummy", b"placeholder", b"changeme", b"your", b"xxxx", b"redacted", b"fake", b"0000000"];

/// Is it a stand-in, as in examples and manuals?
pub(super) fn is_fake(value: &[u8]) -> bool {
    let lower = value.to_ascii_lowercase();
    FAKE.iter().any(|word| memchr::memmem::find(&lower, word).is_some()) || (value.len() >= 8 && entropy(value) < 2.2)
}

/// Bits per byte, by Shannon.
pub(super) fn entropy(value: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in value {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count += 1;
        }
    }
    let all = value.len() as f64;
    let parts = counts.iter().filter(|count| **count > 0).map(|count| f64::from(*count) / all);
    -parts.map(|part| part * part.log2()).sum::<f64>()
}

/// Does it look like chance, and not like words? It has letters and digits, varies, and little of it can be spoken.
pub(super) fn is_random(value: &[u8]) -> bool {
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    let letters = value.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    let least = if value.len() < 20 { 2.9 } else { 3.2 };
    digits > 0 && letters > 1 && entropy(value) >= least && spoken(value) * 2 <= value.len()
}

/// Letters that stand in words: runs of four and more of one case, a capital in front allowed, with a vowel.
fn spoken(value: &[u8]) -> usize {
    let (mut all, mut length, mut vowel, mut last) = (0, 0_usize, false, 0_u8);
    for byte in value.iter().copied().chain([0]) {
        let goes_on = byte.is_ascii_alphabetic()
            && (byte.is_ascii_uppercase() == last.is_ascii_uppercase() && last.is_ascii_alphabetic()
                || (length == 1 && byte.is_ascii_lowercase()));
        if !goes_on {
            all += if length >= 4 && vowel { length } else { 0 };
            (length, vowel) = (0, false);
        }
        if byte.is_ascii_alphabetic() {
            length += 1;
            vowel |= matches!(byte.to_ascii_lowercase(), b'a' | b'e' | b'i' | b'o' | b'u' | b'y');
        }
        last = byte;
    }
    all
}

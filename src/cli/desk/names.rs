//! Many names, and the best of them for what was typed: by letters in their order, in milliseconds for a hundred thousand.

use nucleo_matcher::pattern::{AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use std::cmp::Reverse;

/// Names beyond this are matched on several threads.
const ALONE: usize = 8_000;
/// Threads at the most.
const THREADS: usize = 4;
/// Names that are weighed letter by letter; of more, those that look best at once.
const SCORED: usize = 4_096;
/// Names between two looks at whether the answer is still wanted.
const STEP: usize = 1_024;

/// Names in one text: a list of a hundred thousand paths takes a few megabytes.
#[derive(Debug, Default)]
pub(super) struct Names {
    text: String,
    /// Where each name ends in `text`.
    ends: Vec<u32>,
    /// Which characters each name has, so that most are passed over at once.
    masks: Vec<u64>,
}

/// The best names, each with the characters that fit, and all names that fit at all.
#[derive(Debug, Default)]
pub(super) struct Ranked {
    pub best: Vec<(u32, Vec<u32>)>,
    pub all: Vec<u32>,
}

impl Names {
    /// Adds a name; false where there is no room for more.
    pub(super) fn push(&mut self, name: &str) -> bool {
        let Ok(end) = u32::try_from(self.text.len() + name.len()) else { return false };
        self.text.push_str(name);
        self.ends.push(end);
        self.masks.push(mask(name.as_bytes()));
        true
    }

    /// The list is whole: room that is not needed is given back.
    pub(super) fn finish(&mut self) {
        self.text.shrink_to_fit();
        self.ends.shrink_to_fit();
        self.masks.shrink_to_fit();
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn get(&self, index: u32) -> &str {
        let index = index as usize;
        let before = index.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let end = self.ends.get(index).copied().unwrap_or(before);
        self.text.get(before as usize..end as usize).unwrap_or_default()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|index| self.get(index as u32))
    }

    /// The best `most` names for `query`. `among` are those that fitted a beginning of it; without them all are looked at.
    /// `None` once the answer is not `wanted` any more.
    pub(super) fn rank(
        &self,
        query: &str,
        among: Option<&[u32]>,
        most: usize,
        wanted: &(dyn Fn() -> bool + Sync),
    ) -> Option<Ranked> {
        let words: Vec<Vec<u8>> = query.split_whitespace().map(|word| word.to_ascii_lowercase().into_bytes()).collect();
        let every: Vec<u32>;
        let among = match among {
            Some(among) => among,
            None => {
                every = (0..self.len() as u32).collect();
                &every
            }
        };
        let threads = match among.len() {
            0..ALONE => 1,
            _ => std::thread::available_parallelism().map_or(1, usize::from).min(THREADS),
        };
        let mut rough: Vec<(u32, u32)> = match threads {
            1 => self.rough(&words, among, wanted)?,
            _ => std::thread::scope(|scope| {
                let parts = among.chunks(among.len().div_ceil(threads).max(1));
                let at_work: Vec<_> = parts.map(|part| scope.spawn(|| self.rough(&words, part, wanted))).collect();
                let parts = at_work.into_iter().map(|thread| thread.join().ok().flatten());
                parts.collect::<Option<Vec<_>>>().map(|parts| parts.concat())
            })?,
        };
        let all = rough.iter().map(|(_, index)| *index).collect();
        if rough.len() > SCORED {
            rough.select_nth_unstable(SCORED);
            rough.truncate(SCORED);
        }
        let pattern = Pattern::new(query, CaseMatching::Smart, Normalization::Smart, AtomKind::Fuzzy);
        let (mut matcher, mut buffer) = (Matcher::new(Config::DEFAULT.match_paths()), Vec::new());
        let mut score = |index| pattern.score(Utf32Str::new(self.get(index), &mut buffer), &mut matcher);
        let mut scored: Vec<(u32, u32)> =
            rough.iter().filter_map(|(_, index)| Some((score(*index)?, *index))).collect();
        scored.sort_unstable_by_key(|(score, index)| (Reverse(*score), self.get(*index).len(), *index));
        scored.truncate(most);
        let best = scored.into_iter().map(|(_, index)| (index, self.fits(&pattern, index))).collect();
        wanted().then_some(Ranked { best, all })
    }

    /// The names that have the letters of all words in their order, each with how far it is from a good one: one that holds the
    /// first word as it is, best in its last part, and is short, is near.
    fn rough(&self, words: &[Vec<u8>], among: &[u32], wanted: &(dyn Fn() -> bool + Sync)) -> Option<Vec<(u32, u32)>> {
        let needed = words.iter().fold(0, |needed, word| needed | mask(word));
        let first = words.first().map(Vec::as_slice).unwrap_or_default();
        let mut found = Vec::new();
        for part in among.chunks(STEP) {
            if !wanted() {
                return None;
            }
            for index in part {
                let has = self.masks.get(*index as usize).copied().unwrap_or(0);
                let name = self.get(*index).as_bytes();
                // Accents are folded, so a name with any may have every letter.
                let may_fit = (has | needed) & BEYOND != 0
                    || (has & needed == needed && words.iter().all(|word| is_within(word, name)));
                if may_fit {
                    let length = u32::try_from(name.len()).unwrap_or(u32::MAX).min(0xffff);
                    found.push((class(first, name) << 16 | length, *index));
                }
            }
        }
        Some(found)
    }

    /// Which characters of a name fit, counted from 0.
    fn fits(&self, pattern: &Pattern, index: u32) -> Vec<u32> {
        let (mut fits, mut buffer) = (Vec::new(), Vec::new());
        let mut matcher = Matcher::new(Config::DEFAULT.match_paths());
        pattern.indices(Utf32Str::new(self.get(index), &mut buffer), &mut matcher, &mut fits);
        fits.sort_unstable();
        fits.dedup();
        fits
    }
}

/// Stands for all characters beyond ASCII.
const BEYOND: u64 = 1 << 63;

/// One bit for each letter and digit, whatever its case, and for the usual signs.
fn mask(name: &[u8]) -> u64 {
    name.iter().fold(0, |mask, byte| {
        mask | match byte.to_ascii_lowercase() {
            letter @ b'a'..=b'z' => 1 << (letter - b'a'),
            digit @ b'0'..=b'9' => 1 << (26 + digit - b'0'),
            b'.' => 1 << 36,
            b'_' => 1 << 37,
            b'-' => 1 << 38,
            b'/' => 1 << 39,
            128.. => BEYOND,
            _ => 0,
        }
    })
}

/// Does a name have these letters, small ones, in their order?
fn is_within(letters: &[u8], name: &[u8]) -> bool {
    let mut left = letters.iter();
    let mut next = left.next();
    for byte in name {
        if next.is_some_and(|letter| *letter == byte.to_ascii_lowercase()) {
            next = left.next();
        }
    }
    next.is_none()
}

/// 0 where the last part of a name holds the word, 1 where the name does, 2 else.
fn class(word: &[u8], name: &[u8]) -> u32 {
    let holds = |text: &[u8]| !word.is_empty() && text.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word));
    let inner = name.strip_suffix(b"/").unwrap_or(name);
    let last = inner.iter().rposition(|byte| *byte == b'/').map_or(0, |at| at + 1);
    match (holds(name.get(last..).unwrap_or_default()), holds(name)) {
        (true, _) => 0,
        (false, true) => 1,
        (false, false) => 2,
    }
}

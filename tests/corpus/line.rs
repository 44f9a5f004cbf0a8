//! A change of a text as marked lines, and the hunks with context in which it is shown. Uniqueness is judged here, by
//! the coarsest reading there is, so that a mistake made later never leaves two places.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

/// What happens to a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    Keep,
    Remove,
    Add,
}

/// A line with its ending, which is empty only at the end of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub mark: Mark,
    pub text: Vec<u8>,
    pub end: &'static str,
}

/// A piece of a script. Positions count lines from 0.
#[derive(Clone, Debug)]
pub struct Hunk {
    pub before: usize,
    pub after: usize,
    pub lines: Vec<Line>,
}

impl Hunk {
    pub fn old_side(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| line.mark != Mark::Add)
    }

    pub fn new_side(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| line.mark != Mark::Remove)
    }

    /// Each added line with the removed line that it stands for, where a run of removed lines is followed by a run of
    /// added lines of the same length; with nothing elsewhere.
    pub fn pairs(&self) -> Vec<(Option<&Line>, &Line)> {
        let mut pairs = Vec::new();
        let mut at = 0;
        while let Some(rest) = self.lines.get(at..).filter(|rest| !rest.is_empty()) {
            let run = |mark: Mark, from: usize| rest[from..].iter().take_while(|line| line.mark == mark).count();
            let removed = run(Mark::Remove, 0);
            let added = run(Mark::Add, removed);
            for index in 0..added {
                let partner = (removed == added).then(|| &rest[index]);
                pairs.push((partner, &rest[removed + index]));
            }
            at += (removed + added).max(1);
        }
        pairs
    }
}

/// Splits bytes into lines and their endings.
pub fn split(bytes: &[u8]) -> Vec<(Vec<u8>, &'static str)> {
    bytes
        .split_inclusive(|byte| *byte == b'\n')
        .map(|line| match line {
            [text @ .., b'\r', b'\n'] => (text.to_vec(), "\r\n"),
            [text @ .., b'\n'] => (text.to_vec(), "\n"),
            text => (text.to_vec(), ""),
        })
        .collect()
}

pub fn join<'a>(lines: impl Iterator<Item = &'a Line>) -> Vec<u8> {
    lines.flat_map(|line| line.text.iter().chain(line.end.as_bytes())).copied().collect()
}

/// Scripts that were made, since most texts are asked for over and over.
static SCRIPTS: LazyLock<Mutex<HashMap<Texts, Vec<Line>>>> = LazyLock::new(Mutex::default);

/// Before and after.
type Texts = (Vec<u8>, Vec<u8>);

/// All lines of both texts, marked, by the longest common subsequence.
pub fn script(before: &[u8], after: &[u8]) -> Vec<Line> {
    let mut known = SCRIPTS.lock().expect("no holder of this lock panics");
    known.entry((before.to_vec(), after.to_vec())).or_insert_with(|| compare(before, after)).clone()
}

fn compare(before: &[u8], after: &[u8]) -> Vec<Line> {
    let (old, new) = (split(before), split(after));
    let mut longest = vec![vec![0_u32; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            longest[i][j] = match old[i] == new[j] {
                true => longest[i + 1][j + 1] + 1,
                false => longest[i + 1][j].max(longest[i][j + 1]),
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut lines = Vec::new();
    while i < old.len() || j < new.len() {
        let (mark, (text, end)) = if i < old.len() && j < new.len() && old[i] == new[j] {
            (i, j) = (i + 1, j + 1);
            (Mark::Keep, &old[i - 1])
        } else if i < old.len() && (j == new.len() || longest[i + 1][j] >= longest[i][j + 1]) {
            i += 1;
            (Mark::Remove, &old[i - 1])
        } else {
            j += 1;
            (Mark::Add, &new[j - 1])
        };
        lines.push(Line { mark, text: text.clone(), end });
    }
    lines
}

/// Cuts a script into hunks with so many lines of context, and more where the place would not be the only one. With
/// `join`, hunks that touch become one.
pub fn hunks(script: &[Line], context: usize, join: bool) -> Vec<Hunk> {
    let bare: Vec<Vec<u8>> = script.iter().map(|line| coarse(&line.text)).collect();
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    let mut at = 0;
    while at < script.len() {
        let end = at + script[at..].iter().take_while(|line| line.mark != Mark::Keep).count();
        if end > at {
            let range = grow(script, &bare, (at, end), context, join);
            match ranges.last_mut().filter(|last| join && last.1 >= range.0) {
                Some(last) => *last = (last.0, range.1.max(last.1)),
                None => ranges.push(range),
            }
        }
        at = end.max(at + 1);
    }
    ranges.into_iter().map(|range| cut(script, range)).collect()
}

/// Widens a range of lines by context until its old side stands in the old text once. Without `across`, it stops at
/// other changes.
fn grow(
    script: &[Line],
    bare: &[Vec<u8>],
    (start, end): (usize, usize),
    context: usize,
    across: bool,
) -> (usize, usize) {
    let old = |from: usize, to: usize| -> Vec<&Vec<u8>> {
        (from..to).filter(|at| script[*at].mark != Mark::Add).map(|at| &bare[at]).collect()
    };
    let before = old(0, script.len());
    let (mut from, mut to, mut step) = (start, end, 0);
    loop {
        let old = old(from, to);
        let places = before.windows(old.len().max(1)).filter(|window| *window == old).count();
        let stuck = from == 0 && to == script.len();
        if step >= context && (places == 1 || stuck || step > 60) {
            return (from, to);
        }
        let open = |line: &Line| across || line.mark == Mark::Keep;
        if from > 0 && open(&script[from - 1]) {
            from -= 1;
        }
        if to < script.len() && open(&script[to]) {
            to += 1;
        }
        step += 1;
    }
}

fn cut(script: &[Line], (from, to): (usize, usize)) -> Hunk {
    let count = |not: Mark| script[..from].iter().filter(|line| line.mark != not).count();
    Hunk { before: count(Mark::Add), after: count(Mark::Remove), lines: script[from..to].to_vec() }
}

/// A line without all that a tolerant reading may overlook: blanks, kinds of quotes and dashes, escapes, and how often a
/// backslash stands there.
pub fn coarse(text: &[u8]) -> Vec<u8> {
    if text.is_ascii() && !text.contains(&b'&') {
        return text.iter().copied().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'\\').collect();
    }
    let mut text = String::from_utf8_lossy(text).into_owned();
    for (from, to) in [("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&nbsp;", ""), ("…", "...")] {
        text = text.replace(from, to);
    }
    text.chars()
        .filter(|letter| !letter.is_whitespace() && *letter != '\\' && *letter != '\u{a0}')
        .map(|letter| match letter {
            '“' | '”' | '„' => '"',
            '‘' | '’' => '\'',
            '–' | '—' => '-',
            other => other,
        })
        .collect::<String>()
        .into_bytes()
}

//! The lines of a shown diff, each with its sign and with the words that changed marked.

use crate::edit::shown::{self, Hunk, Line};

/// Lines that are longer are not searched for changed words.
const LONGEST: usize = 2000;

/// A row of a diff.
pub enum Row {
    /// `@@ -1,3 +1,3 @@`, or what is said in the place of hunks.
    Header(String),
    /// A line: what is the same before the changed part, that part, and what is the same behind it. A line that is new or gone as a
    /// whole has all of itself in front.
    Line { sign: char, parts: [String; 3] },
}

pub fn rows(diff: &str) -> Vec<Row> {
    let shown = shown::parse(diff);
    let mut rows: Vec<Row> = shown.notes.into_iter().map(Row::Header).collect();
    for hunk in &shown.hunks {
        rows.push(Row::Header(hunk.header.clone()));
        lines(hunk, &mut rows);
    }
    rows
}

fn lines(hunk: &Hunk, rows: &mut Vec<Row>) {
    let run = |from: usize, sign: char| {
        hunk.lines.iter().skip(from).take_while(|line| line.sign == sign).collect::<Vec<&Line>>()
    };
    let mut at = 0;
    while let Some(line) = hunk.lines.get(at) {
        let removed = run(at, '-');
        if removed.is_empty() {
            rows.push(whole(line));
            at += 1;
            continue;
        }
        let added = run(at + removed.len(), '+');
        at += removed.len() + added.len();
        if removed.len() != added.len() {
            rows.extend(removed.into_iter().chain(added).map(whole));
            continue;
        }
        let marked: Vec<_> = removed.iter().zip(&added).map(|(old, new)| changed(&old.text, &new.text)).collect();
        let row = |line: &Line, ends: Option<(usize, usize)>| {
            ends.and_then(|ends| cut(line, ends)).unwrap_or_else(|| whole(line))
        };
        rows.extend(removed.iter().zip(&marked).map(|(line, ends)| row(line, *ends)));
        rows.extend(added.iter().zip(&marked).map(|(line, ends)| row(line, *ends)));
    }
}

fn whole(line: &Line) -> Row {
    Row::Line { sign: line.sign, parts: [line.text.clone(), String::new(), String::new()] }
}

fn cut(line: &Line, (front, back): (usize, usize)) -> Option<Row> {
    let end = line.text.len().checked_sub(back)?;
    let parts = [line.text.get(..front)?, line.text.get(front..end)?, line.text.get(end..)?];
    Some(Row::Line { sign: line.sign, parts: parts.map(str::to_owned) })
}

/// How many bytes two lines have in common in front and at the end, by whole words; `None` where they have too little in common.
fn changed(old: &str, new: &str) -> Option<(usize, usize)> {
    if old.len() > LONGEST || new.len() > LONGEST {
        return None;
    }
    let same = |(a, b): &(&str, &str)| a == b;
    let (old_words, new_words) = (words(old), words(new));
    let front: usize =
        old_words.iter().copied().zip(new_words.iter().copied()).take_while(same).map(|(word, _)| word.len()).sum();
    let room = old.len().min(new.len()) - front;
    let mut back = 0;
    for (word, _) in old_words.iter().copied().rev().zip(new_words.iter().copied().rev()).take_while(same) {
        if back + word.len() > room {
            break;
        }
        back += word.len();
    }
    ((front + back) * 3 >= old.len().max(new.len())).then_some((front, back))
}

/// Words, and each other character by itself.
fn words(line: &str) -> Vec<&str> {
    let of_a_word = |char: char| char.is_alphanumeric() || char == '_';
    let mut words = Vec::new();
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let end =
            if of_a_word(first) { rest.find(|char| !of_a_word(char)).unwrap_or(rest.len()) } else { first.len_utf8() };
        let (word, more) = rest.split_at_checked(end).unwrap_or((rest, ""));
        words.push(word);
        rest = more;
    }
    words
}

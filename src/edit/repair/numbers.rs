//! Line numbers that a tool put before each line, copied along: `12\t`, `12| `, `12→`.
//!
//! They count, or they are no line numbers: each old line with text has one, one more than the line before. New lines have
//! them all or none. The number of a single line is also where it must stand.

use super::{rewritten, split, texts};
use crate::edit::fold::is_blank;
use crate::edit::step::{Action, Change, Hunk, HunkLine, Sign, Step};

/// So far may lines have moved since they were read with their numbers.
const DRIFT: usize = 200;

/// With the blank behind the mark, which is the tool's.
pub fn with_blank(steps: &[Step]) -> Option<Vec<Step>> {
    unnumbered(steps, true)
}

/// Without it: it is the line's own.
pub fn closely(steps: &[Step]) -> Option<Vec<Step>> {
    unnumbered(steps, false)
}

fn unnumbered(steps: &[Step], blank: bool) -> Option<Vec<Step>> {
    let step = |step: &Step| {
        let action = match &step.action {
            Action::Replace { old, new, all } => {
                let (lines, first) = counted(&split(old), blank)?;
                let new = all_or_none(&split(new), blank)?;
                if lines.iter().filter(|line| !is_blank(line)).count() > 1 {
                    Action::Replace { old: lines.join(&b'\n'), new: new.join(&b'\n'), all: *all }
                } else {
                    let hunk = rewritten(&Hunk::default(), &lines, &new);
                    let hunk = Hunk { at: usize::try_from(first).ok(), reach: Some(0), ..hunk };
                    Action::Change(Change { hunks: vec![hunk], ..Change::default() })
                }
            }
            Action::Change(change) => {
                let hunks = change.hunks.iter().map(|hunk| in_hunk(hunk, blank)).collect::<Option<Vec<Hunk>>>()?;
                Action::Change(Change { hunks, ..change.clone() })
            }
            Action::Create { .. } | Action::Fill { .. } | Action::Write { .. } | Action::Delete { .. } => {
                step.action.clone()
            }
        };
        Some(Step { path: step.path.clone(), action })
    };
    steps.iter().map(step).collect()
}

fn in_hunk(hunk: &Hunk, blank: bool) -> Option<Hunk> {
    let (old, first) = counted(&texts(hunk, HunkLine::is_old), blank)?;
    let at = usize::try_from(first).ok();
    let reach = Some(if old.iter().filter(|line| !is_blank(line)).count() == 1 { 0 } else { DRIFT });
    if hunk.compared {
        let new = all_or_none(&texts(hunk, HunkLine::is_new), blank)?;
        return Some(Hunk { at, reach, ..rewritten(hunk, &old, &new) });
    }
    let added = all_or_none(&texts(hunk, |line| line.sign == Sign::Add), blank)?;
    let (mut old, mut added) = (old.into_iter(), added.into_iter());
    let plain = |line: &HunkLine| {
        let text = if line.is_old() { old.next() } else { added.next() };
        Some(HunkLine { text: text?.to_vec(), ..line.clone() })
    };
    let lines = hunk.lines.iter().map(plain).collect::<Option<Vec<HunkLine>>>()?;
    Some(Hunk { lines, at, reach, ..hunk.clone() })
}

/// Lines whose numbers count, without them, and the first number.
fn counted<'t>(lines: &[&'t [u8]], blank: bool) -> Option<(Vec<&'t [u8]>, u64)> {
    let mut plain = Vec::with_capacity(lines.len());
    let (mut first, mut next) = (None, None);
    for line in lines {
        match read(line, next, blank) {
            Some((number, rest)) if next.is_none_or(|next| next == number) => {
                first = first.or(Some(number));
                next = Some(number + 1);
                plain.push(rest);
            }
            None if is_blank(line) => {
                next = next.map(|next| next + 1);
                plain.push(*line);
            }
            Some(_) | None => return None,
        }
    }
    Some((plain, first?))
}

/// Lines that all have numbers, without them, or that none has.
fn all_or_none<'t>(lines: &[&'t [u8]], blank: bool) -> Option<Vec<&'t [u8]>> {
    if lines.iter().all(|line| is_blank(line) || read(line, None, blank).is_none()) {
        return Some(lines.to_vec());
    }
    let mut next = None;
    let mut plain = Vec::with_capacity(lines.len());
    for line in lines {
        match read(line, next, blank) {
            Some((number, rest)) => {
                next = Some(number + 1);
                plain.push(rest);
            }
            None if is_blank(line) => plain.push(*line),
            None => return None,
        }
    }
    Some(plain)
}

/// The number before a line, and the line. A number alone is a blank line's, where it is the next one.
fn read(line: &[u8], next: Option<u64>, blank: bool) -> Option<(u64, &[u8])> {
    let rest = line.trim_ascii_start();
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let number = std::str::from_utf8(rest.get(..digits)?).ok()?.parse().ok()?;
    let rest = rest.get(digits..)?;
    if is_blank(rest) && next == Some(number) {
        return Some((number, &[]));
    }
    let marks = ["\t", "|", "\u{2192}", ":", "\u{2502}", " |", " \u{2192}", " \u{2502}", ")"];
    let rest = marks.iter().find_map(|mark| rest.strip_prefix(mark.as_bytes()))?;
    Some((number, if blank { rest.strip_prefix(b" ").unwrap_or(rest) } else { rest }))
}

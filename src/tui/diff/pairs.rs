//! Which removed line became which added one, and the words in which they differ.

use crate::edit::diff::{Inline, inline};
use crate::edit::shown::Hunk;
use std::ops::Range;

/// Lines that have less in common, in percent, are two different ones.
const ALIKE: usize = 40;
/// So many comparisons for one block of changed lines; beyond it the first goes with the first.
const COMPARISONS: usize = 400;
/// Longer lines, in bytes, are looked at as a whole.
const LONG: usize = 4_000;

/// A hunk's lines, by their places in it, as old and new stand beside each other.
#[derive(Debug, Default)]
pub(super) struct Pairs {
    pub beside: Vec<(Option<usize>, Option<usize>)>,
    /// For each line: its partner, and the bytes in which it differs from it.
    pub lines: Vec<Paired>,
}

#[derive(Debug, Default, Clone)]
pub(super) struct Paired {
    pub partner: Option<usize>,
    pub differs: Vec<Range<usize>>,
}

/// `texts`: the hunk's lines as they are shown.
pub(super) fn pairs(hunk: &Hunk, texts: &[String]) -> Pairs {
    let mut pairs = Pairs { beside: Vec::new(), lines: vec![Paired::default(); hunk.lines.len()] };
    let (mut old, mut new) = (Vec::new(), Vec::new());
    for (at, line) in hunk.lines.iter().enumerate() {
        match line.sign {
            '-' => {
                if !new.is_empty() {
                    pairs.block(&mut old, &mut new, texts);
                }
                old.push(at);
            }
            '+' => new.push(at),
            _ => {
                pairs.block(&mut old, &mut new, texts);
                pairs.beside.push((Some(at), Some(at)));
            }
        }
    }
    pairs.block(&mut old, &mut new, texts);
    pairs
}

impl Pairs {
    /// Removed lines and the added ones that follow them.
    fn block(&mut self, old: &mut Vec<usize>, new: &mut Vec<usize>, texts: &[String]) {
        let (old, new) = (std::mem::take(old), std::mem::take(new));
        let alike = align(&old, &new, texts);
        let (mut from, mut to) = (0, 0);
        for (left, right, inline) in alike {
            self.apart(old.get(from..left), new.get(to..right));
            if let (Some(&old), Some(&new)) = (old.get(left), new.get(right)) {
                self.beside.push((Some(old), Some(new)));
                self.pair(old, new, inline.before);
                self.pair(new, old, inline.after);
            }
            (from, to) = (left + 1, right + 1);
        }
        self.apart(old.get(from..), new.get(to..));
    }

    fn pair(&mut self, line: usize, partner: usize, differs: Vec<Range<usize>>) {
        if let Some(paired) = self.lines.get_mut(line) {
            *paired = Paired { partner: Some(partner), differs };
        }
    }

    fn apart(&mut self, old: Option<&[usize]>, new: Option<&[usize]>) {
        let (old, new) = (old.unwrap_or_default(), new.unwrap_or_default());
        for at in 0..old.len().max(new.len()) {
            self.beside.push((old.get(at).copied(), new.get(at).copied()));
        }
    }
}

/// Pairs of alike lines, in order: places in `old` and in `new`.
fn align(old: &[usize], new: &[usize], texts: &[String]) -> Vec<(usize, usize, Inline)> {
    let compare = |left: usize, right: usize| -> Option<Inline> {
        let (old, new) = (texts.get(*old.get(left)?)?, texts.get(*new.get(right)?)?);
        if old.len().max(new.len()) > LONG {
            return None;
        }
        // Lines of mere blanks have no word in common and are alike all the same.
        let inline = inline(old, new);
        let alike = inline.common >= ALIKE || old.trim() == new.trim();
        alike.then_some(inline)
    };
    if old.len() == new.len() || old.len() * new.len() > COMPARISONS {
        let first = old.len().min(new.len());
        return (0..first).filter_map(|at| Some((at, at, compare(at, at)?))).collect();
    }
    // The most that lines in order have in common: `best` of what is left of both, from the end.
    let (height, width) = (old.len(), new.len());
    let cells: Vec<Option<Inline>> = (0..height * width).map(|cell| compare(cell / width, cell % width)).collect();
    let worth = |left: usize, right: usize| {
        cells.get(left * width + right).and_then(Option::as_ref).map_or(0, |inline| inline.common.max(1))
    };
    let mut best = vec![0; (height + 1) * (width + 1)];
    let at = |left: usize, right: usize| left * (width + 1) + right;
    let known = |best: &[usize], left: usize, right: usize| best.get(at(left, right)).copied().unwrap_or(0);
    for left in (0..height).rev() {
        for right in (0..width).rev() {
            let both = match worth(left, right) {
                0 => 0,
                worth => worth + known(&best, left + 1, right + 1),
            };
            let one = known(&best, left + 1, right).max(known(&best, left, right + 1));
            if let Some(cell) = best.get_mut(at(left, right)) {
                *cell = both.max(one);
            }
        }
    }
    let (mut left, mut right) = (0, 0);
    let mut found = Vec::new();
    while left < height && right < width {
        let here = known(&best, left, right);
        let worth = worth(left, right);
        if worth > 0 && here == worth + known(&best, left + 1, right + 1) {
            found.extend(cells.get(left * width + right).cloned().flatten().map(|inline| (left, right, inline)));
            (left, right) = (left + 1, right + 1);
        } else if here == known(&best, left + 1, right) {
            left += 1;
        } else {
            right += 1;
        }
    }
    found
}

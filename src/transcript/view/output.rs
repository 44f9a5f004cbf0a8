//! Outputs by their two ends: what a screen keeps of them. The log has the whole.

/// Lines that are kept of the beginning and of the end.
const FIRST: usize = 20;
const LAST: usize = 80;
/// Bytes that are kept of an output at most.
pub const MOST: usize = 16 * 1024;

/// An output, or its two ends.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Output {
    pub text: String,
    /// Lines that were left out in the middle, at the byte `cut_at` of `text`.
    pub left_out: usize,
    pub cut_at: usize,
}

impl Output {
    /// The first 20 lines and the last 80, and of these at most 16 KiB.
    pub fn of(text: &str) -> Self {
        Self::ends(text, (FIRST, LAST), MOST)
    }

    /// The same from what was kept before, smaller.
    pub fn shrink(&mut self, most: usize) {
        if self.text.len() <= most {
            return;
        }
        let smaller = Self::ends(&self.text, (FIRST / 4, LAST / 4), most);
        let before = self.left_out;
        *self = smaller;
        self.left_out += before;
    }

    /// Both ends, each whole lines as far as it can be.
    pub fn parts(&self) -> (&str, &str) {
        self.text.split_at_checked(self.cut_at).filter(|_| self.left_out > 0).unwrap_or((&self.text, ""))
    }

    fn ends(text: &str, (first, last): (usize, usize), most: usize) -> Self {
        let lines = text.lines().count();
        if lines <= first + last && text.len() <= most {
            return Self { text: text.into(), left_out: 0, cut_at: 0 };
        }
        let head_end = end_of_line(text, first.min(lines)).min(floor_line(text, most / 4));
        let tail_start =
            start_of_last(text, last.min(lines)).max(ceil_line(text, text.len().saturating_sub(most / 4 * 3)));
        if tail_start <= head_end {
            return Self { text: text.into(), left_out: 0, cut_at: 0 };
        }
        let (head, rest) = text.split_at_checked(head_end).unwrap_or((text, ""));
        let (middle, tail) = rest.split_at_checked(tail_start - head_end).unwrap_or((rest, ""));
        let mut kept = String::with_capacity(head.len() + tail.len());
        kept.push_str(head);
        kept.push_str(tail);
        Self { cut_at: head.len(), text: kept, left_out: middle.lines().count().max(1) }
    }
}

/// The byte behind the `count`-th line.
fn end_of_line(text: &str, count: usize) -> usize {
    if count == 0 {
        return 0;
    }
    text.match_indices('\n').nth(count - 1).map_or(text.len(), |(at, _)| at + 1)
}

/// The byte at which the last `count` lines begin.
fn start_of_last(text: &str, count: usize) -> usize {
    let body = text.strip_suffix('\n').unwrap_or(text);
    if count == 0 {
        return text.len();
    }
    body.rmatch_indices('\n').nth(count - 1).map_or(0, |(at, _)| at + 1)
}

/// The end of the last whole line before `at`; where there is none, a character's.
fn floor_line(text: &str, at: usize) -> usize {
    let at = text.floor_char_boundary(at);
    let before = text.get(..at).unwrap_or_default();
    if at == text.len() { at } else { before.rfind('\n').map_or(at, |found| found + 1) }
}

/// The beginning of the first whole line behind `at`; where there is none, a character's.
fn ceil_line(text: &str, at: usize) -> usize {
    let at = text.ceil_char_boundary(at);
    if at == 0 {
        return 0;
    }
    let behind = text.get(at..).unwrap_or_default();
    behind.find('\n').map(|found| at + found + 1).filter(|start| *start < text.len()).unwrap_or(at)
}

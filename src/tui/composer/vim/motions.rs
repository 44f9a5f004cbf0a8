//! Where vim's motions go and what its text objects cover.

use crate::tui::composer::motion::{self, Words};

/// How far a motion reaches when an operator waits for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Up to the character there.
    Before,
    /// With the character there.
    With,
    /// Whole lines.
    Lines,
}

/// A search for a character in the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Find {
    pub forward: bool,
    /// Stops beside the character.
    pub till: bool,
}

/// Where `key` goes from `at`; `None` where it is not a motion. `count` is what was typed before it.
pub fn motion(text: &str, at: usize, key: char, count: Option<usize>) -> Option<(usize, Reach)> {
    let times = count.unwrap_or(1);
    let repeat = |step: &dyn Fn(usize) -> usize| (0..times.min(text.len() + 1)).fold(at, |at, _| step(at));
    let (start, end) = (motion::line_start(text, at), motion::line_end(text, at));
    Some(match key {
        'h' => (repeat(&|at| motion::left(text, at).max(start)), Reach::Before),
        'l' | ' ' => (repeat(&|at| if at < end { motion::right(text, at) } else { at }), Reach::Before),
        '0' => (start, Reach::Before),
        '^' => (motion::line_text(text, at), Reach::Before),
        '$' => (end, Reach::Before),
        'w' => (repeat(&|at| motion::next_word(text, at, Words::Vim)), Reach::Before),
        'W' => (repeat(&|at| motion::next_word(text, at, Words::Blank)), Reach::Before),
        'b' => (repeat(&|at| motion::word_start(text, at, Words::Vim)), Reach::Before),
        'B' => (repeat(&|at| motion::word_start(text, at, Words::Blank)), Reach::Before),
        'e' => (repeat(&|at| motion::word_last(text, at, Words::Vim)), Reach::With),
        'E' => (repeat(&|at| motion::word_last(text, at, Words::Blank)), Reach::With),
        'j' => (repeat(&|at| line_below(text, at)), Reach::Lines),
        'k' => (repeat(&|at| line_above(text, at)), Reach::Lines),
        'G' => (count.map_or(text.len(), |line| line_number(text, line)), Reach::Lines),
        _ => return None,
    })
}

/// The start of the line with this number, the last one where there are fewer.
pub fn line_number(text: &str, line: usize) -> usize {
    let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(found, _)| found + 1));
    starts.take(line.max(1)).last().unwrap_or(0)
}

fn line_below(text: &str, at: usize) -> usize {
    (motion::line_end(text, at) + 1).min(text.len())
}

fn line_above(text: &str, at: usize) -> usize {
    motion::line_start(text, motion::line_start(text, at).saturating_sub(1))
}

/// The `times`th `wanted` of the line, from `at`.
pub fn find(text: &str, at: usize, find: Find, wanted: char, times: usize) -> Option<(usize, Reach)> {
    if find.forward {
        let from = motion::right(text, at);
        let line = text.get(from..motion::line_end(text, at))?;
        let (found, _) = line.match_indices(wanted).nth(times.saturating_sub(1))?;
        let found = from + found;
        Some((if find.till { motion::left(text, found) } else { found }, Reach::With))
    } else {
        let start = motion::line_start(text, at);
        let line = text.get(start..at)?;
        let (found, _) = line.rmatch_indices(wanted).nth(times.saturating_sub(1))?;
        let found = start + found;
        Some((if find.till { motion::right(text, found) } else { found }, Reach::Before))
    }
}

/// The bytes of a text object around `at`: a word, quotes, brackets.
pub fn object(text: &str, at: usize, key: char, around: bool) -> Option<(usize, usize)> {
    match key {
        'w' => Some(motion::word_around(text, at, Words::Vim, around)),
        'W' => Some(motion::word_around(text, at, Words::Blank, around)),
        '"' | '\'' | '`' => quoted(text, at, key, around),
        '(' | ')' | 'b' => bracketed(text, at, '(', ')', around),
        '{' | '}' | 'B' => bracketed(text, at, '{', '}', around),
        '[' | ']' => bracketed(text, at, '[', ']', around),
        '<' | '>' => bracketed(text, at, '<', '>', around),
        _ => None,
    }
}

/// The first pair of quotes in the line that ends at or after `at`.
fn quoted(text: &str, at: usize, quote: char, around: bool) -> Option<(usize, usize)> {
    let start = motion::line_start(text, at);
    let line = text.get(start..motion::line_end(text, at))?;
    let mut escaped = false;
    let mut marks = line.char_indices().filter_map(|(index, char)| {
        let found = char == quote && !escaped;
        escaped = char == '\\' && !escaped;
        found.then_some(start + index)
    });
    while let (Some(open), Some(close)) = (marks.next(), marks.next()) {
        if close >= at {
            return Some(if around { (open, close + 1) } else { (open + 1, close) });
        }
    }
    None
}

/// The brackets around `at`.
fn bracketed(text: &str, at: usize, open: char, close: char, around: bool) -> Option<(usize, usize)> {
    let on_close = text.get(at..)?.starts_with(close);
    let head = text.get(..motion::right(text, at))?;
    let mut depth = usize::from(!on_close);
    let start = head.char_indices().rev().find_map(|(index, char)| {
        if char == close && (index != at || on_close) {
            depth += 1;
        } else if char == open {
            depth = depth.saturating_sub(1);
        }
        (char == open && depth == 0).then_some(index)
    })?;
    let mut depth = 0usize;
    let end = text.get(start..)?.char_indices().find_map(|(index, char)| {
        if char == open {
            depth += 1;
        } else if char == close {
            depth = depth.saturating_sub(1);
        }
        (char == close && depth == 0).then_some(start + index)
    })?;
    Some(if around { (start, end + 1) } else { (start + 1, end) })
}

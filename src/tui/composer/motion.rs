//! Where things begin and end in a text: characters, lines, words as readline and as vim see them. Bytes in, bytes out.

use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};

/// What makes up a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Words {
    /// Letters and digits.
    Readline,
    /// Letters, digits and `_`; other marks are words of their own.
    Vim,
    /// Whatever stands between blanks.
    Blank,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Blank,
    Word,
    Mark,
}

impl Words {
    fn class(self, grapheme: &str) -> Class {
        let char = grapheme.chars().next().unwrap_or(' ');
        match self {
            _ if char.is_whitespace() => Class::Blank,
            Words::Readline if char.is_alphanumeric() => Class::Word,
            Words::Readline => Class::Blank,
            Words::Vim if char.is_alphanumeric() || char == '_' => Class::Word,
            Words::Vim => Class::Mark,
            Words::Blank => Class::Word,
        }
    }
}

pub fn right(text: &str, at: usize) -> usize {
    GraphemeCursor::new(at, text.len(), true).next_boundary(text, 0).ok().flatten().unwrap_or(text.len())
}

pub fn left(text: &str, at: usize) -> usize {
    GraphemeCursor::new(at, text.len(), true).prev_boundary(text, 0).ok().flatten().unwrap_or(0)
}

pub fn line_start(text: &str, at: usize) -> usize {
    before(text, at).rfind('\n').map_or(0, |found| found + 1)
}

pub fn line_end(text: &str, at: usize) -> usize {
    after(text, at).find('\n').map_or(text.len(), |found| at + found)
}

/// The first character of the line that is not blank.
pub fn line_text(text: &str, at: usize) -> usize {
    let start = line_start(text, at);
    let end = line_end(text, at);
    let line = text.get(start..end).unwrap_or_default();
    line.find(|char: char| !char.is_whitespace()).map_or(end, |found| start + found)
}

/// The grapheme at `at`; empty at the end.
pub fn grapheme(text: &str, at: usize) -> &str {
    text.get(at..right(text, at)).unwrap_or_default()
}

/// The end of the word that `at` is in or before.
pub fn word_end(text: &str, at: usize, words: Words) -> usize {
    let mut graphemes = after(text, at).grapheme_indices(true).peekable();
    while graphemes.next_if(|(_, grapheme)| words.class(grapheme) == Class::Blank).is_some() {}
    let Some(class) = graphemes.peek().map(|(_, grapheme)| words.class(grapheme)) else { return text.len() };
    while graphemes.next_if(|(_, grapheme)| words.class(grapheme) == class).is_some() {}
    graphemes.next().map_or(text.len(), |(found, _)| at + found)
}

/// The start of the word that ends at or before `at`.
pub fn word_start(text: &str, at: usize, words: Words) -> usize {
    let mut graphemes = before(text, at).grapheme_indices(true).rev().peekable();
    while graphemes.next_if(|(_, grapheme)| words.class(grapheme) == Class::Blank).is_some() {}
    let Some(class) = graphemes.peek().map(|(_, grapheme)| words.class(grapheme)) else { return 0 };
    let mut start = at;
    while let Some((found, _)) = graphemes.next_if(|(_, grapheme)| words.class(grapheme) == class) {
        start = found;
    }
    start
}

/// The start of the next word; an empty line is one too.
pub fn next_word(text: &str, at: usize, words: Words) -> usize {
    let mut graphemes = after(text, at).grapheme_indices(true).peekable();
    let Some(class) = graphemes.peek().map(|(_, grapheme)| words.class(grapheme)) else { return text.len() };
    if class != Class::Blank {
        while graphemes.next_if(|(_, grapheme)| words.class(grapheme) == class).is_some() {}
    }
    let mut breaks = 0;
    while let Some((found, grapheme)) = graphemes.next_if(|(_, grapheme)| words.class(grapheme) == Class::Blank) {
        if grapheme == "\n" {
            breaks += 1;
            if breaks > 1 {
                return at + found;
            }
        } else {
            breaks = 0;
        }
    }
    graphemes.next().map_or(text.len(), |(found, _)| at + found)
}

/// The last character of the word after `at`.
pub fn word_last(text: &str, at: usize, words: Words) -> usize {
    let end = word_end(text, right(text, at), words);
    left(text, end)
}

/// The word or the blanks around `at`, within its line; with `around` the blanks behind it too, or those before it.
pub fn word_around(text: &str, at: usize, words: Words, around: bool) -> (usize, usize) {
    let (first, last) = (line_start(text, at), line_end(text, at));
    let (mut start, mut end) = run(text, at, words, first, last);
    if around && end < last && class_at(text, end, words) != class_at(text, at, words) {
        let (_, further) = run(text, end, words, first, last);
        if class_at(text, end, words) == Class::Blank || class_at(text, at, words) == Class::Blank {
            end = further;
            return (start, end);
        }
    }
    if around && start > first && class_at(text, left(text, start), words) == Class::Blank {
        start = run(text, left(text, start), words, first, last).0;
    }
    (start, end)
}

fn class_at(text: &str, at: usize, words: Words) -> Class {
    words.class(grapheme(text, at))
}

/// Graphemes of one class around `at`.
fn run(text: &str, at: usize, words: Words, first: usize, last: usize) -> (usize, usize) {
    let class = class_at(text, at, words);
    let (mut start, mut end) = (at, at);
    while start > first && class_at(text, left(text, start), words) == class {
        start = left(text, start);
    }
    while end < last && class_at(text, end, words) == class {
        end = right(text, end);
    }
    (start, end)
}

fn before(text: &str, at: usize) -> &str {
    text.get(..at).unwrap_or_default()
}

fn after(text: &str, at: usize) -> &str {
    text.get(at..).unwrap_or_default()
}

//! Mistakes in how the lines of an edit are written. What was meant can be known, so the edit has to apply, and the
//! file has to keep its own way of writing.

use super::line::{Hunk, Line, Mark};
use super::render::Place;
use super::text::{Pair, Text};

/// A mistake made in every line.
pub struct Mistake {
    pub kind: &'static str,
    /// Lines of context that are shown.
    pub context: usize,
    pub rewrite: fn(&Place<'_>) -> Vec<u8>,
    /// Whether the mistake leaves one reading of this hunk.
    pub fits: fn(&Text, &Hunk) -> bool,
}

macro_rules! mistake {
    ($kind:literal, $context:literal, $fits:expr, $rewrite:expr) => {
        Mistake { kind: $kind, context: $context, rewrite: $rewrite, fits: $fits }
    };
}

pub const MISTAKES: &[Mistake] = &[
    mistake!("trailing-blanks-added", 3, bare_ends, |place| match place.mark {
        Mark::Add => place.text.to_vec(),
        Mark::Keep | Mark::Remove => [place.text, b"  "].concat(),
    }),
    mistake!("trailing-tab-added", 3, bare_ends, |place| match place.mark {
        Mark::Add => place.text.to_vec(),
        Mark::Keep | Mark::Remove => [place.text, b"\t"].concat(),
    }),
    mistake!("indented-more", 2, spaces, |place| deeper(place.text, b"    ")),
    mistake!("indented-by-2-more", 2, spaces, |place| deeper(place.text, b"  ")),
    mistake!("indented-a-tab-more", 2, tabs, |place| deeper(place.text, b"\t")),
    mistake!("indented-2-less", 1, |_, hunk| least(hunk, b' ') >= 2, |place| shallower(place.text, 2)),
    mistake!("indented-4-less", 1, |_, hunk| least(hunk, b' ') >= 4, |place| shallower(place.text, 4)),
    mistake!("indented-8-less", 1, |_, hunk| least(hunk, b' ') >= 8, |place| shallower(place.text, 8)),
    mistake!("indented-a-tab-less", 1, |_, hunk| least(hunk, b'\t') >= 1, |place| shallower(place.text, 1)),
    mistake!("tabs-for-4-spaces", 2, |text, hunk| steps(text, hunk, 4), |place| tabs_for(place.text, 4)),
    mistake!("tabs-for-2-spaces", 2, |text, hunk| steps(text, hunk, 2), |place| tabs_for(place.text, 2)),
    mistake!("2-spaces-for-tabs", 2, |text, hunk| steps(text, hunk, 0), |place| spaces_for(place.text, "  ")),
    mistake!("4-spaces-for-tabs", 2, |text, hunk| steps(text, hunk, 0), |place| spaces_for(place.text, "    ")),
    mistake!("8-spaces-for-tabs", 2, |text, hunk| steps(text, hunk, 0), |place| spaces_for(place.text, "        ")),
    mistake!("indented-and-trailing-blanks", 2, |text, hunk| spaces(text, hunk) && bare_ends(text, hunk), |place| {
        match place.mark {
            Mark::Add => deeper(place.text, b"  "),
            Mark::Keep | Mark::Remove => [&deeper(place.text, b"  ")[..], b" "].concat(),
        }
    }),
    mistake!("tabs-and-trailing-blanks", 2, |text, hunk| steps(text, hunk, 4) && bare_ends(text, hunk), |place| {
        match place.mark {
            Mark::Add => tabs_for(place.text, 4),
            Mark::Keep | Mark::Remove => [&tabs_for(place.text, 4)[..], b" "].concat(),
        }
    }),
    mistake!("ascii-for-typographic", 3, |_, hunk| told(hunk, "“”‘’–—…\u{a0}"), |place| {
        swap(
            place.text,
            &[("“", "\""), ("”", "\""), ("‘", "'"), ("’", "'"), ("–", "-"), ("—", "-"), ("…", "..."), ("\u{a0}", " ")],
        )
    }),
    mistake!("ascii-quotes", 3, |_, hunk| told(hunk, "“”‘’"), |place| {
        swap(place.text, &[("“", "\""), ("”", "\""), ("‘", "'"), ("’", "'")])
    }),
    mistake!("two-hyphens-for-a-dash", 3, |_, hunk| told(hunk, "—"), |place| swap(place.text, &[("—", "--")])),
    mistake!("other-dash", 3, |_, hunk| told(hunk, "–—"), |place| swap(place.text, &[("–", "—")])),
    mistake!("plain-space-for-fixed", 3, |_, hunk| told(hunk, "\u{a0}"), |place| swap(place.text, &[("\u{a0}", " ")])),
    mistake!("curly-quotes", 3, |_, hunk| told(hunk, "\"'"), |place| {
        swap(place.text, &[(" \"", " “"), ("(\"", "(“"), ("\"", "”"), ("'", "’")])
    }),
    mistake!("typographic-dots", 3, |_, hunk| told(hunk, "."), |place| swap(place.text, &[("...", "…")])),
    mistake!("fixed-spaces", 3, |_, hunk| told(hunk, " ") && !fixed(hunk), |place| {
        let text = String::from_utf8_lossy(place.text).into_owned();
        let body = text.trim_start();
        format!("{}{}", &text[..text.len() - body.len()], body.replace(' ', "\u{a0}")).into_bytes()
    }),
    mistake!("html-escaped", 3, |_, hunk| seen(hunk, "<>&"), |place| {
        swap(place.text, &[("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")])
    }),
    mistake!("html-escaped-quotes", 3, |_, hunk| seen(hunk, "<>&\"'"), |place| {
        swap(place.text, &[("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\"", "&quot;"), ("'", "&#39;")])
    }),
    mistake!("backslashes-doubled", 3, |_, hunk| seen(hunk, "\\"), |place| swap(place.text, &[("\\", "\\\\")])),
    mistake!("numbers-bar-in-old", 3, anything, |place| numbered_old(place, |number| format!("{number}|"))),
    mistake!("numbers-tab-in-old", 3, anything, |place| numbered_old(place, |number| format!("{number}\t"))),
    mistake!("numbers-colon-in-old", 3, anything, |place| numbered_old(place, |number| format!("{number:>4}: "))),
    mistake!("numbers-arrow-in-old", 3, anything, |place| numbered_old(place, |number| format!("{number:>6}→"))),
    mistake!("numbers-bar", 3, anything, |place| numbered(place, |number| format!("{number}|"))),
    mistake!("numbers-tab", 3, anything, |place| numbered(place, |number| format!("{number}\t"))),
    mistake!("numbers-colon", 3, anything, |place| numbered(place, |number| format!("{number:>4}: "))),
    mistake!("numbers-arrow", 3, anything, |place| numbered(place, |number| format!("{number:>6}→"))),
];

impl Mistake {
    /// Whether what it makes of this change still says what was meant.
    pub fn fits(&self, pair: &Pair, hunks: &[Hunk]) -> bool {
        hunks.iter().all(|hunk| (self.fits)(pair.text, hunk))
    }
}

fn anything(_: &Text, _: &Hunk) -> bool {
    true
}

/// Whether no new line ends with blanks, which could be meant or could be part of the mistake.
fn bare_ends(_: &Text, hunk: &Hunk) -> bool {
    hunk.pairs().iter().all(|(_, new)| new.text.trim_ascii_end() == new.text)
}

fn spaces(text: &Text, _: &Hunk) -> bool {
    text.indent > 0
}

fn tabs(text: &Text, _: &Hunk) -> bool {
    text.indent == 0
}

fn deeper(text: &[u8], by: &[u8]) -> Vec<u8> {
    match text.is_empty() {
        true => Vec::new(),
        false => [by, text].concat(),
    }
}

fn shallower(text: &[u8], by: usize) -> Vec<u8> {
    text.get(by..).unwrap_or_default().to_vec()
}

/// How deep the shallowest line stands that is not blank.
fn least(hunk: &Hunk, with: u8) -> usize {
    let depth = |line: &Line| line.text.iter().take_while(|byte| **byte == with).count();
    hunk.lines.iter().filter(|line| !line.text.trim_ascii().is_empty()).map(depth).min().unwrap_or(0)
}

/// Whether all lines are indented by whole steps, and one of the old lines is indented at all.
fn steps(text: &Text, hunk: &Hunk, step: usize) -> bool {
    let indent = |line: &Line| line.text.len() - line.text.trim_ascii_start().len();
    let whole = |line: &Line| match step {
        0 => !line.text.starts_with(b" "),
        step => !line.text.starts_with(b"\t") && indent(line).is_multiple_of(step),
    };
    text.indent == step && hunk.lines.iter().all(whole) && hunk.old_side().any(|line| indent(line) > 0)
}

fn tabs_for(text: &[u8], step: usize) -> Vec<u8> {
    let body = text.trim_ascii_start();
    [&b"\t".repeat((text.len() - body.len()) / step), body].concat()
}

fn spaces_for(text: &[u8], step: &str) -> Vec<u8> {
    let body = text.trim_ascii_start();
    [step.repeat(text.len() - body.len()).as_bytes(), body].concat()
}

fn swap(text: &[u8], swaps: &[(&str, &str)]) -> Vec<u8> {
    let mut text = String::from_utf8_lossy(text).into_owned();
    for (from, to) in swaps {
        text = text.replace(from, to);
    }
    text.into_bytes()
}

fn letters(line: &Line, of: &str) -> String {
    String::from_utf8_lossy(&line.text).chars().filter(|letter| of.contains(*letter)).collect()
}

/// Whether the old lines have such letters, and each new line as many and the same as the line that it replaces: then
/// it is known which of the file's letters they were.
fn told(hunk: &Hunk, of: &str) -> bool {
    let paired = |(old, new): &(Option<&Line>, &Line)| {
        let new = letters(new, of);
        new.is_empty() || old.is_some_and(|old| letters(old, of) == new)
    };
    hunk.old_side().any(|line| !letters(line, of).is_empty()) && hunk.pairs().iter().all(paired)
}

fn fixed(hunk: &Hunk) -> bool {
    hunk.lines.iter().any(|line| !letters(line, "\u{a0}").is_empty())
}

/// Whether the old lines show how such letters were written.
fn seen(hunk: &Hunk, of: &str) -> bool {
    hunk.old_side().any(|line| !letters(line, of).is_empty())
}

fn numbered(place: &Place<'_>, label: fn(usize) -> String) -> Vec<u8> {
    [label(place.number).as_bytes(), place.text].concat()
}

fn numbered_old(place: &Place<'_>, label: fn(usize) -> String) -> Vec<u8> {
    match place.new {
        true => place.text.to_vec(),
        false => numbered(place, label),
    }
}

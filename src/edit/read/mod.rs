//! Reading the text of an edit, in any of its formats, into steps. What models put around an edit is taken off; an edit that
//! stops before its end is refused, for half of one may look whole.

mod blocks;
mod header;
mod json;
mod patch;
mod udiff;
mod wrapping;

use super::refusal::{Cause, Refusal};
use super::step::Step;
pub use patch::GRAMMAR;

/// How an edit is written. `docs/edits.md` has an example of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// JSON, `{"edits": [{"path", "old_string", "new_string", "replace_all"?}]}`.
    Edit,
    /// `*** Begin Patch` … `*** End Patch`.
    Patch,
    /// A unified diff.
    Udiff,
    /// `<<<<<<< SEARCH` / `=======` / `>>>>>>> REPLACE` under a file name.
    Blocks,
    /// JSON, `{"files": [{"path", "content"}]}`.
    Whole,
    /// The first of these that the text looks like.
    Auto,
}

impl Format {
    pub const ALL: [Format; 6] =
        [Format::Edit, Format::Patch, Format::Udiff, Format::Blocks, Format::Whole, Format::Auto];

    pub fn name(self) -> &'static str {
        match self {
            Format::Edit => "edit",
            Format::Patch => "patch",
            Format::Udiff => "udiff",
            Format::Blocks => "blocks",
            Format::Whole => "whole",
            Format::Auto => "auto",
        }
    }
}

/// The steps of an edit, at least one.
pub(super) fn steps(format: Format, text: &[u8]) -> Result<Vec<Step>, Refusal> {
    if text.trim_ascii().is_empty() {
        return Err(Refusal::malformed("the edit is empty"));
    }
    let steps = match format {
        Format::Edit => json::edits(text),
        Format::Whole => json::files(text),
        Format::Patch => patch::read(&wrapping::plain(text, patch::is_patch)),
        Format::Udiff => udiff::read(&wrapping::plain(text, udiff::is_diff)),
        Format::Blocks => blocks::read(&wrapping::plain(text, blocks::is_blocks)),
        Format::Auto => return steps(guess(text)?, text),
    }?;
    if steps.is_empty() { Err(Refusal::malformed("the edit names nothing to do")) } else { Ok(steps) }
}

/// The format of a text: the first whose mark is in it.
fn guess(text: &[u8]) -> Result<Format, Refusal> {
    if let Some(format) = json::kind(text) {
        return Ok(format);
    }
    type Marked = fn(&[u8]) -> bool;
    let marks: [(Format, Marked); 3] =
        [(Format::Patch, patch::is_patch), (Format::Blocks, blocks::is_blocks), (Format::Udiff, udiff::is_diff)];
    let found = marks.iter().find(|(_, is)| is(&wrapping::plain(text, *is))).map(|(format, _)| *format);
    found.ok_or_else(|| {
        Refusal::malformed(
            "this is none of the edit formats: JSON with `edits` or `files`, `*** Begin Patch`, SEARCH/REPLACE blocks, or a unified diff",
        )
    })
}

/// A line of the edit and its number, from 1.
type Numbered<'a> = (usize, &'a [u8]);

/// The lines of a text. A CR at every line's end is the edit's own; where some lines have none, it is the content's.
fn numbered(text: &[u8]) -> Vec<Numbered<'_>> {
    super::lines::split(text)
        .into_iter()
        .enumerate()
        .map(|(index, line)| {
            let start = line.text.as_ptr() as usize - text.as_ptr() as usize;
            let cr = usize::from(line.ending == super::lines::Ending::CrLf);
            (index + 1, text.get(start..start + line.text.len() + cr).unwrap_or(line.text))
        })
        .collect()
}

/// What a line would be, for messages: at most 120 letters of it.
fn shown(line: &[u8]) -> String {
    const SHOWN: usize = 120;
    let text = String::from_utf8_lossy(line.trim_ascii_end());
    match text.char_indices().nth(SHOWN) {
        Some((cut, _)) => format!("{}…", text.get(..cut).unwrap_or_default()),
        None => text.into_owned(),
    }
}

fn expected(number: usize, found: &[u8], what: &str) -> Refusal {
    Refusal::malformed(format!("line {number}: expected {what}; found `{}`", shown(found))).at(number)
}

fn cut_off(words: String) -> Refusal {
    Refusal::new(
        Cause::CutOff,
        format!("{words}; nothing was changed; send the whole edit again, in smaller parts if it is long"),
    )
}

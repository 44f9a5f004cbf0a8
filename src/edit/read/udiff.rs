//! The `udiff` format: unified diffs as `diff -u`, git and models write them. Line numbers and counts may be wrong or
//! missing; they help where they are right.

mod file;
mod hunk;

use super::{Numbered, numbered, wrapping};
use crate::edit::refusal::Refusal;
use crate::edit::step::Step;
use file::Section;

/// Are its marks in a text?
pub fn is_diff(text: &[u8]) -> bool {
    let lines: Vec<&[u8]> = text.split(|byte| *byte == b'\n').collect();
    (0..lines.len()).any(|at| file::begins(&lines, at))
}

pub fn read(text: &[u8]) -> Result<Vec<Step>, Refusal> {
    let reader = Reader::new(text);
    let mut sections: Vec<Section> = Vec::new();
    let mut at = 0;
    while at < reader.lines.len() {
        if file::begins(&reader.texts, at) {
            let (section, next) = file::read(&reader, at)?;
            sections.push(section);
            at = next;
        } else if reader.text(at).starts_with(b"@@") {
            let (number, _) = reader.lines.get(at).copied().unwrap_or((0, b""));
            return Err(Refusal::malformed(format!(
                "line {number}: a hunk without a file; put `--- a/path` and `+++ b/path` before it"
            ))
            .at(number));
        } else {
            // Words around the diff.
            at += 1;
        }
    }
    if sections.is_empty() {
        return Err(Refusal::malformed("there is no diff; it begins with `--- a/path` and `+++ b/path`"));
    }
    file::whole(&reader, &mut sections)?;
    sections.into_iter().map(Section::step).collect()
}

/// The lines of a diff.
struct Reader<'a> {
    lines: Vec<Numbered<'a>>,
    texts: Vec<&'a [u8]>,
    /// The text ends with a newline, or with the end of a fence around it.
    ended: bool,
    /// A fence around it is not closed.
    open: bool,
}

impl<'a> Reader<'a> {
    fn new(text: &'a [u8]) -> Self {
        let mut lines = numbered(text);
        let last = lines.iter().rposition(|(_, line)| !line.trim_ascii().is_empty());
        // A fence with a sign or a blank before it is a line of the diff.
        let at_margin = |line: &Numbered<'_>| wrapping::is_fence(line.1) && !line.1.starts_with(b" ");
        let opened = lines.iter().find(|(_, line)| !line.trim_ascii().is_empty()).is_some_and(at_margin)
            || lines
                .iter()
                .take_while(|(_, line)| !line.starts_with(b"--- ") && !line.starts_with(b"diff "))
                .any(at_margin);
        let fenced = opened && last.and_then(|last| lines.get(last)).is_some_and(at_margin);
        // Words may follow the fence that closes.
        let closed = fenced || lines.iter().filter(|line| at_margin(line)).count() > 1;
        if fenced {
            lines.truncate(last.unwrap_or(0));
        }
        let texts = lines.iter().map(|(_, line)| *line).collect();
        Self { lines, texts, ended: closed || text.ends_with(b"\n"), open: opened && !closed }
    }

    fn text(&self, at: usize) -> &'a [u8] {
        self.texts.get(at).copied().unwrap_or_default()
    }

    fn number(&self, at: usize) -> usize {
        self.lines.get(at).map_or(0, |(number, _)| *number)
    }
}

/// What a hunk header says, ` -1,3 +1,4 @@ heading`: the first old line, and the heading. `None` for other words.
pub fn span(rest: &[u8]) -> Option<(Option<usize>, Option<Vec<u8>>)> {
    let span = hunk::Span::parse(rest)?;
    Some((Some(span.at), span.heading))
}

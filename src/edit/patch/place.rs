//! Where a hunk belongs: the one place its lines and anchors lead to, or words that say why there is none.

use super::{Hunk, HunkLine};
use crate::edit::lines::{Line, numbers};
use crate::edit::nearest;

/// The line, from 0, at which the hunk's old lines stand, or before which its new ones go; never before `from`.
pub fn find(body: &[u8], lines: &[Line<'_>], from: usize, hunk: &Hunk) -> Result<usize, String> {
    let file = File { body, lines, from };
    let anchors = file.anchors(&hunk.anchors)?;
    let old = old_lines(hunk);
    if old.is_empty() { file.insertion(&anchors, hunk) } else { file.replacement(&anchors, &old, hunk) }
}

fn old_lines(hunk: &Hunk) -> Vec<&[u8]> {
    let old = |line: &'_ HunkLine| match line {
        HunkLine::Keep(_) | HunkLine::Remove(_) => true,
        HunkLine::Add(_) => false,
    };
    hunk.lines.iter().filter(|line| old(line)).map(text).collect()
}

fn new_lines(hunk: &Hunk) -> Vec<&[u8]> {
    let new = |line: &'_ HunkLine| match line {
        HunkLine::Keep(_) | HunkLine::Add(_) => true,
        HunkLine::Remove(_) => false,
    };
    hunk.lines.iter().filter(|line| new(line)).map(text).collect()
}

fn text(line: &HunkLine) -> &[u8] {
    match line {
        HunkLine::Keep(text) | HunkLine::Remove(text) | HunkLine::Add(text) => text.as_bytes(),
    }
}

/// How far a line of the file may differ from what the patch says.
#[derive(Clone, Copy)]
enum Likeness {
    Exact,
    /// But for whitespace at the end.
    TrimmedEnd,
    /// But for whitespace around: anchors only, which are often sent without their indentation.
    Trimmed,
}

impl Likeness {
    fn same(self, have: &[u8], sent: &[u8]) -> bool {
        match self {
            Likeness::Exact => have == sent,
            Likeness::TrimmedEnd => have.trim_ascii_end() == sent.trim_ascii_end(),
            Likeness::Trimmed => have.trim_ascii() == sent.trim_ascii(),
        }
    }
}

struct File<'a> {
    body: &'a [u8],
    lines: &'a [Line<'a>],
    /// Where the hunk before ended.
    from: usize,
}

impl File<'_> {
    /// All places of these lines at or after `start`.
    fn places(&self, start: usize, wanted: &[&[u8]], likeness: Likeness) -> Vec<usize> {
        let rest = self.lines.get(start..).unwrap_or_default();
        let fits = |window: &&[Line<'_>]| window.iter().zip(wanted).all(|(line, sent)| likeness.same(line.text, sent));
        let windows = rest.windows(wanted.len().max(1)).enumerate();
        windows.filter(|(_, window)| fits(window)).map(|(index, _)| start + index).collect()
    }

    /// The lines the last anchor can be, each reached by its chain; empty when the hunk has no anchors. Anchors may
    /// stand before the end of the hunk before only when they do not follow it.
    fn anchors(&self, anchors: &[String]) -> Result<Vec<usize>, String> {
        if anchors.is_empty() {
            return Ok(Vec::new());
        }
        for likeness in [Likeness::Exact, Likeness::TrimmedEnd, Likeness::Trimmed] {
            for start in [self.from, 0] {
                let found = self.chains(start, anchors, likeness);
                if !found.is_empty() {
                    return Ok(found);
                }
            }
        }
        let missing = anchors.iter().find(|anchor| self.places(0, &[anchor.as_bytes()], Likeness::Trimmed).is_empty());
        match missing {
            Some(anchor) => Err(format!(
                "no line of the file is the anchor `@@ {anchor}`: {}\nsend a whole line of the file as the anchor, or leave it out and give more context",
                nearest::words(self.body, &[anchor.as_bytes()])
            )),
            None => {
                Err("its `@@` anchors do not follow each other in the file in this order; send them outermost first"
                    .into())
            }
        }
    }

    fn chains(&self, start: usize, anchors: &[String], likeness: Likeness) -> Vec<usize> {
        let Some((first, rest)) = anchors.split_first() else { return Vec::new() };
        let follow = |at: usize| {
            rest.iter().try_fold(at, |at, anchor| {
                let mut after = self.lines.iter().enumerate().skip(at + 1);
                after.find(|(_, line)| likeness.same(line.text, anchor.as_bytes())).map(|(index, _)| index)
            })
        };
        let mut ends: Vec<usize> =
            self.places(start, &[first.as_bytes()], likeness).into_iter().filter_map(follow).collect();
        ends.dedup();
        ends
    }

    /// Where a hunk of only new lines goes: right after its anchor, or at the end of the file.
    fn insertion(&self, anchors: &[usize], hunk: &Hunk) -> Result<usize, String> {
        if hunk.end_of_file || self.lines.is_empty() {
            return Ok(self.lines.len());
        }
        match anchors {
            [anchor] if *anchor + 1 >= self.from => Ok(anchor + 1),
            [anchor] => Err(format!(
                "its anchor is line {}, before the place of the hunk ahead of it; send hunks in the order of the file",
                anchor + 1
            )),
            [] => Err("it has only `+` lines and nothing says where they go; add a line of the file as context (with a space before it), or an `@@` anchor to put them after, or `*** End of File` to put them at the end".into()),
            many => Err(format!(
                "its anchor is at {}; add the line it follows as context, or an `@@` line of what is around it ahead of it",
                numbers(&counted(many))
            )),
        }
    }

    fn replacement(&self, anchors: &[usize], old: &[&[u8]], hunk: &Hunk) -> Result<usize, String> {
        for likeness in [Likeness::Exact, Likeness::TrimmedEnd] {
            let mut found = self.places(self.from, old, likeness);
            if hunk.end_of_file {
                found.retain(|place| place + old.len() == self.lines.len());
            }
            if !anchors.is_empty() {
                found = after_anchors(&found, anchors, old.len());
            }
            match found.as_slice() {
                [] => {}
                [place] => return Ok(*place),
                many => {
                    return Err(format!(
                        "its lines are {} times in the file, at {}; add lines of context, or an `@@` line of what is around the place",
                        many.len(),
                        numbers(&counted(many))
                    ));
                }
            }
        }
        Err(self.not_found(anchors, old, hunk))
    }

    fn not_found(&self, anchors: &[usize], old: &[&[u8]], hunk: &Hunk) -> String {
        let places = self.places(0, old, Likeness::TrimmedEnd);
        let (before, after): (Vec<usize>, Vec<usize>) = places.iter().partition(|place| **place < self.from);
        if !after.is_empty() {
            let at = numbers(&counted(&after));
            if hunk.end_of_file && !after.iter().any(|place| place + old.len() == self.lines.len()) {
                return format!("its lines are at {at}, which is not where the file ends; leave out `*** End of File`");
            }
            let anchors = numbers(&counted(anchors));
            return format!(
                "its lines are at {at}, before its anchor at {anchors}; use an `@@` line that is above them"
            );
        }
        if !before.is_empty() {
            return format!(
                "its lines are at {}, before the place of the hunk ahead of it; send hunks in the order of the file, and do not let them overlap",
                numbers(&counted(&before))
            );
        }
        let new = new_lines(hunk);
        let made = self.places(0, &new, Likeness::TrimmedEnd);
        if new.len() > 1 && !made.is_empty() {
            return format!(
                "its old lines are not in the file, and what it makes of them already is, at {}: it seems to be applied; leave it out",
                numbers(&counted(&made))
            );
        }
        format!(
            "its lines are not in the file: {}\nsend kept and removed lines exactly as the file has them",
            nearest::words(self.body, old)
        )
    }
}

/// For each anchor the first place below it, and a place that has the anchor itself among its lines.
fn after_anchors(places: &[usize], anchors: &[usize], length: usize) -> Vec<usize> {
    let mut found = Vec::new();
    for anchor in anchors {
        found.extend(places.iter().find(|place| *place > anchor));
        found.extend(places.iter().find(|place| (**place..**place + length).contains(anchor)));
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Line numbers as people count.
fn counted(places: &[usize]) -> Vec<usize> {
    places.iter().map(|place| place + 1).collect()
}

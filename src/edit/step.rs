//! An edit as it was sent, in the one form that all formats are read into: what to do to which file, and where.

/// What is done to one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// As it was sent.
    pub path: String,
    pub action: Action,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// A file that is not there yet.
    Create { text: Vec<u8>, executable: bool },
    /// A file that is not there yet, or is empty.
    Fill { text: Vec<u8> },
    /// The whole text of a file, new or not.
    Write { text: Vec<u8> },
    /// The file goes; where a diff says what it held, that must be all of it.
    Delete { held: Option<Vec<Hunk>> },
    /// Places in a file change, or its name, or its mode.
    Change(Change),
    /// One text gives way to another, anywhere in the file.
    Replace { old: Vec<u8>, new: Vec<u8>, all: bool },
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// The file's new name.
    pub to: Option<String>,
    /// The file stays where it is, and the new name is a second one.
    pub copy: bool,
    pub executable: Option<bool>,
    pub hunks: Vec<Hunk>,
}

/// One place in a file and what changes there.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hunk {
    /// The line of the edit it begins at, for messages; 0 where it has none.
    pub line: usize,
    /// Lines of the file that lead to the place, outermost first. All must be there.
    pub anchors: Vec<Vec<u8>>,
    /// A line above the place, as tools put it behind `@@`. It settles which of several places is meant, no more.
    pub heading: Option<Vec<u8>>,
    /// The first line, from 1, as it was said. As the heading.
    pub at: Option<usize>,
    pub lines: Vec<HunkLine>,
    /// The edit gave two texts, and what is kept was found by comparing them.
    pub compared: bool,
    /// Empty lines without a sign at the end: context that lost its space, or nothing.
    pub loose: usize,
    /// It can stand only so many lines from there.
    pub reach: Option<usize>,
    /// It has fewer lines than its header says: where the header is right about the place, too, it was cut off.
    pub short: bool,
    /// The last of its old lines is the last of the file.
    pub end_of_file: bool,
    /// The last old line, and the last new one, are said to have no newline.
    pub old_unended: bool,
    pub new_unended: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HunkLine {
    pub sign: Sign,
    /// Without its ending.
    pub text: Vec<u8>,
    /// It ended with CR LF.
    pub cr: bool,
    /// It came without a sign.
    pub bare: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    Keep,
    Remove,
    Add,
}

impl HunkLine {
    /// A line of an edit, its CR taken off.
    pub fn new(sign: Sign, line: &[u8]) -> Self {
        let cr = line.ends_with(b"\r");
        let text = if cr { line.get(..line.len() - 1).unwrap_or_default() } else { line };
        Self { sign, text: text.to_vec(), cr, bare: false }
    }

    pub fn is_old(&self) -> bool {
        match self.sign {
            Sign::Keep | Sign::Remove => true,
            Sign::Add => false,
        }
    }

    pub fn is_new(&self) -> bool {
        match self.sign {
            Sign::Keep | Sign::Add => true,
            Sign::Remove => false,
        }
    }
}

impl Hunk {
    /// The lines that are there before.
    pub fn old(&self) -> impl Iterator<Item = &HunkLine> {
        self.lines.iter().filter(|line| line.is_old())
    }

    /// The lines that are there after.
    pub fn new_lines(&self) -> impl Iterator<Item = &HunkLine> {
        self.lines.iter().filter(|line| line.is_new())
    }

    pub fn added(&self) -> impl Iterator<Item = &HunkLine> {
        self.lines.iter().filter(|line| line.sign == Sign::Add)
    }

    /// The same hunk with lines kept that it removes and adds again.
    pub fn settled(self) -> Self {
        let mut lines = Vec::with_capacity(self.lines.len());
        let (mut removed, mut added): (Vec<HunkLine>, Vec<HunkLine>) = Default::default();
        for line in self.lines {
            match line.sign {
                Sign::Remove => removed.push(line),
                Sign::Add => added.push(line),
                Sign::Keep => {
                    lines.append(&mut matched(std::mem::take(&mut removed), std::mem::take(&mut added)));
                    lines.push(line);
                }
            }
        }
        lines.append(&mut matched(removed, added));
        Self { lines, ..self }
    }

    /// The same hunk without byte order marks.
    pub fn without_mark(mut self) -> Self {
        for line in &mut self.lines {
            if let Some(rest) = line.text.strip_prefix(super::seek::BOM) {
                line.text = rest.to_vec();
            }
        }
        self.settled()
    }

    /// How many kept lines stand before its first change, and behind its last.
    pub fn context(&self) -> (usize, usize) {
        let kept = |line: &&HunkLine| line.sign == Sign::Keep;
        (self.lines.iter().take_while(kept).count(), self.lines.iter().rev().take_while(kept).count())
    }

    /// Does it change more than blank lines?
    pub fn changes_text(&self) -> bool {
        self.lines.iter().any(|line| line.sign != Sign::Keep && !super::fold::is_blank(&line.text))
    }

    /// Does it say anything but what is there?
    pub fn changes(&self) -> bool {
        self.lines.iter().any(|line| line.sign != Sign::Keep) || self.old_unended != self.new_unended
    }

    /// A hunk that makes the lines of one text those of another, with what is common kept.
    pub fn between(line: usize, old: &[u8], new: &[u8]) -> Self {
        let split = |text: &'_ [u8]| super::lines::split(text).into_iter().map(sent).collect::<Vec<HunkLine>>();
        let (old, new) = (split(old), split(new));
        let mut lines = Vec::new();
        let mut at = 0;
        let texts = |lines: &'_ [HunkLine]| lines.iter().map(|line| line.text.clone()).collect::<Vec<_>>();
        let (before, after) = (texts(&old), texts(&new));
        let before: Vec<&[u8]> = before.iter().map(Vec::as_slice).collect();
        let after: Vec<&[u8]> = after.iter().map(Vec::as_slice).collect();
        let mut push = |lines_of: &[HunkLine], range: std::ops::Range<usize>, sign: Sign| {
            lines.extend(lines_of.get(range).unwrap_or_default().iter().cloned().map(|line| HunkLine { sign, ..line }));
        };
        for change in super::diff::changes(&before, &after) {
            push(&old, at..change.before.start, Sign::Keep);
            push(&old, change.before.clone(), Sign::Remove);
            push(&new, change.after, Sign::Add);
            at = change.before.end;
        }
        push(&old, at..old.len(), Sign::Keep);
        Self { line, lines, compared: true, ..Self::default() }
    }
}

/// Removed and added lines in a row, what is the same in both kept.
fn matched(removed: Vec<HunkLine>, added: Vec<HunkLine>) -> Vec<HunkLine> {
    let before: Vec<&[u8]> = removed.iter().map(|line| line.text.as_slice()).collect();
    let after: Vec<&[u8]> = added.iter().map(|line| line.text.as_slice()).collect();
    let mut lines = Vec::with_capacity(removed.len() + added.len());
    let mut at = 0;
    let kept = |range: std::ops::Range<usize>| {
        let same = removed.get(range).unwrap_or_default().iter().cloned();
        same.map(|line| HunkLine { sign: Sign::Keep, ..line }).collect::<Vec<HunkLine>>()
    };
    for change in super::diff::changes(&before, &after) {
        lines.extend(kept(at..change.before.start));
        lines.extend_from_slice(removed.get(change.before.clone()).unwrap_or_default());
        lines.extend_from_slice(added.get(change.after).unwrap_or_default());
        at = change.before.end;
    }
    lines.extend(kept(at..removed.len()));
    lines
}

fn sent(line: super::lines::Line<'_>) -> HunkLine {
    let cr = line.ending == super::lines::Ending::CrLf;
    HunkLine { sign: Sign::Keep, text: line.text.to_vec(), cr, bare: false }
}

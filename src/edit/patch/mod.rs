//! The `apply_patch` format: its grammar, its values, and what one file becomes by it.
//!
//! Parsing and applying are strict: a patch that could be meant in two ways is refused with what to send instead.

mod parse;
mod place;

use super::lines::{self, Ending, Line};
pub use parse::parse;

/// The format for OpenAI's custom tools: `format: {"type": "grammar", "syntax": "lark"}`.
pub const GRAMMAR: &str = r#"start: BEGIN file+ END
file: create | DELETE | update
create: CREATE PLUS*
update: UPDATE MOVE | UPDATE MOVE? hunks
hunks: body anchored* | anchored+
anchored: ANCHOR+ body
body: LINE+ EOF?

BEGIN: "*** Begin Patch\n"
END: /\*\*\* End Patch\n?/
CREATE: /\*\*\* Add File: [^\n]+\n/
DELETE: /\*\*\* Delete File: [^\n]+\n/
UPDATE: /\*\*\* Update File: [^\n]+\n/
MOVE: /\*\*\* Move to: [^\n]+\n/
EOF: "*** End of File\n"
ANCHOR: /@@[^\n]*\n/
PLUS: /\+[^\n]*\n/
LINE: /[ +-][^\n]*\n/
"#;

/// What a patch does to one file. Paths are relative, without `.` and `..`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileOp {
    Add { path: String, text: String },
    Delete { path: String },
    Update { path: String, to: Option<String>, hunks: Vec<Hunk> },
}

impl FileOp {
    /// The file that is read: for a move, where it is before.
    pub fn path(&self) -> &str {
        match self {
            FileOp::Add { path, text: _ } | FileOp::Delete { path } | FileOp::Update { path, to: _, hunks: _ } => path,
        }
    }
}

/// One place in a file and what changes there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hunk {
    /// The line of the patch it begins at, for messages.
    pub line: usize,
    /// Lines of the file that lead to the place, outermost first.
    pub anchors: Vec<String>,
    pub lines: Vec<HunkLine>,
    /// The last of its lines is the last of the file.
    pub end_of_file: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HunkLine {
    Keep(String),
    Remove(String),
    Add(String),
}

/// The bytes after the edit; `None` when the file is deleted. `before` is what `op.path()` holds, `None` when there is
/// no such file. The error is words for the model.
///
/// Add refuses over a file: who may overwrite passes `None`.
pub fn apply(op: &FileOp, before: Option<&[u8]>) -> Result<Option<Vec<u8>>, String> {
    match (op, before) {
        (FileOp::Add { path: _, text }, None) => Ok(Some(text.as_bytes().to_vec())),
        (FileOp::Add { path, text: _ }, Some(_)) => {
            Err(format!("`{path}` is already there; change it with `*** Update File: {path}`"))
        }
        (FileOp::Delete { path: _ }, Some(_)) => Ok(None),
        (FileOp::Delete { path }, None) => Err(format!("cannot delete `{path}`: there is no such file")),
        (FileOp::Update { path, to: _, hunks: _ }, None) => {
            Err(format!("cannot update `{path}`: there is no such file; make it with `*** Add File: {path}`"))
        }
        (FileOp::Update { path, to: _, hunks }, Some(before)) => update(path, hunks, before).map(Some),
    }
}

fn update(path: &str, hunks: &[Hunk], before: &[u8]) -> Result<Vec<u8>, String> {
    const BOM: &[u8] = b"\xef\xbb\xbf";
    let (bom, body) = before.strip_prefix(BOM).map_or((&b""[..], before), |body| (BOM, body));
    let lines = lines::split(body);
    let mut out = Output { lines: &lines, usual: lines::majority(&lines), out: Vec::new() };
    let mut at = 0;
    for (index, hunk) in hunks.iter().enumerate() {
        let place = place::find(body, &lines, at, hunk)
            .map_err(|words| format!("hunk {} of `{path}` (patch line {}): {words}", index + 1, hunk.line))?;
        out.copy(at, place);
        at = out.hunk(place, hunk);
    }
    out.copy(at, lines.len());
    Ok(out.finish(bom))
}

/// The new file as it grows.
struct Output<'a> {
    lines: &'a [Line<'a>],
    usual: Ending,
    out: Vec<Line<'a>>,
}

impl<'a> Output<'a> {
    fn copy(&mut self, from: usize, to: usize) {
        self.out.extend_from_slice(self.lines.get(from..to).unwrap_or_default());
    }

    /// Writes a hunk at a place and says where the old text goes on. Kept lines keep the file's bytes, whatever the
    /// patch says about their whitespace.
    fn hunk(&mut self, place: usize, hunk: &'a Hunk) -> usize {
        let mut at = place;
        for line in &hunk.lines {
            match line {
                HunkLine::Keep(_) => {
                    self.copy(at, at + 1);
                    at += 1;
                }
                HunkLine::Remove(_) => at += 1,
                HunkLine::Add(text) => {
                    let ending = self.ending(at);
                    self.out.push(Line { text: text.as_bytes(), ending });
                }
            }
        }
        at
    }

    /// The ending of a line put before the old line `at`: that of the line above, else of the line below, else the
    /// file's usual one.
    fn ending(&self, at: usize) -> Ending {
        let of = |index: Option<usize>| index.and_then(|index| self.lines.get(index)).map(|line| line.ending);
        [of(at.checked_sub(1)), of(Some(at))]
            .into_iter()
            .flatten()
            .find(|ending| *ending != Ending::None)
            .unwrap_or(self.usual)
    }

    /// The bytes; the last line ends, or does not, as the old last line did.
    fn finish(self, bom: &[u8]) -> Vec<u8> {
        let ended = self.lines.last().is_none_or(|line| line.ending != Ending::None);
        let mut bytes = bom.to_vec();
        let count = self.out.len();
        for (index, line) in self.out.iter().enumerate() {
            bytes.extend_from_slice(line.text);
            let ending = match line.ending {
                Ending::None => self.usual,
                Ending::Lf | Ending::CrLf => line.ending,
            };
            if index + 1 < count || ended {
                bytes.extend_from_slice(ending.bytes());
            }
        }
        bytes
    }
}

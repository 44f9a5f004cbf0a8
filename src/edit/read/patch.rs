//! The `patch` format, `*** Begin Patch` … `*** End Patch`.

use super::{Numbered, cut_off, expected, header, numbered, wrapping};
use crate::edit::refusal::Refusal;
use crate::edit::step::{Action, Change, Hunk, HunkLine, Sign, Step};
use std::collections::VecDeque;

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

const BEGIN: &[u8] = b"*** Begin Patch";
const END: &[u8] = b"*** End Patch";
const ADD: &[u8] = b"*** Add File:";
const DELETE: &[u8] = b"*** Delete File:";
const UPDATE: &[u8] = b"*** Update File:";
const MOVE: &[u8] = b"*** Move to:";
const END_OF_FILE: &[u8] = b"*** End of File";
const HEADERS: &str = "`*** Update File: path`, `*** Add File: path`, `*** Delete File: path` or `*** End Patch`";

/// Are its marks in a text?
pub fn is_patch(text: &[u8]) -> bool {
    text.split(|byte| *byte == b'\n').any(|line| line.trim_ascii() == BEGIN || is_header(line.trim_ascii_start()))
}

pub fn read(text: &[u8]) -> Result<Vec<Step>, Refusal> {
    let (lines, folder) = inside(text)?;
    let mut reader = Reader { lines };
    let mut steps = Vec::new();
    while let Some(step) = reader.file()? {
        steps.push(match &folder {
            Some(folder) => within(folder, step),
            None => step,
        });
    }
    if steps.is_empty() {
        return Err(Refusal::malformed(
            "the patch is empty; put `*** Update File: path`, `*** Add File: path` or `*** Delete File: path` inside it",
        ));
    }
    Ok(steps)
}

/// A step whose paths begin in a folder.
fn within(folder: &str, step: Step) -> Step {
    let below = |path: String| if path.starts_with('/') { path } else { format!("{folder}/{path}") };
    let action = match step.action {
        Action::Change(change) => Action::Change(Change { to: change.to.map(below), ..change }),
        other => other,
    };
    Step { path: below(step.path), action }
}

/// The lines between begin and end, and the folder that a `cd` before them names.
fn inside(text: &[u8]) -> Result<(VecDeque<Numbered<'_>>, Option<String>), Refusal> {
    let all = numbered(text);
    let begun = all.iter().position(|(_, line)| line.trim_ascii() == BEGIN);
    let first = begun.or_else(|| all.iter().position(|(_, line)| is_header(line.trim_ascii_start())));
    let Some(first) = first else {
        let (number, line) = all.iter().find(|(_, line)| !line.trim_ascii().is_empty()).copied().unwrap_or((1, b""));
        return Err(expected(number, line, "`*** Begin Patch`"));
    };
    let folder = command(all.get(..first).unwrap_or_default())?;
    let mut lines = VecDeque::new();
    let mut open = true;
    let mut closed = false;
    for (number, line) in all.iter().skip(first).copied() {
        if line.trim_ascii() == BEGIN {
            open = true;
        } else if line.trim_ascii_end() == END {
            (open, closed) = (false, true);
        } else if open {
            closed = false;
            lines.push_back((number, line));
        } else if is_header(line) {
            return Err(expected(number, line, "nothing after `*** End Patch`"));
        }
    }
    let last = all.last().map_or(0, |(number, _)| *number);
    if closed {
        return Ok((lines, folder));
    }
    // Without an end the patch is whole only where what is around it closes, or where it never had a begin.
    let around = all.get(..first).unwrap_or_default();
    let wrapped =
        around.iter().rev().find(|(_, line)| !line.trim_ascii().is_empty()).and_then(|(_, line)| closing(line));
    while lines.back().is_some_and(|(_, line)| line.trim_ascii().is_empty()) {
        lines.pop_back();
    }
    let closes = |mark: &Vec<u8>| lines.back().is_some_and(|(_, line)| line.trim_ascii() == mark.as_slice());
    if wrapped.as_ref().is_some_and(closes) {
        lines.pop_back();
        return Ok((lines, folder));
    }
    let removes = lines.back().is_some_and(|(_, line)| line.starts_with(b"-"));
    if begun.is_none() && text.ends_with(b"\n") && !removes {
        return Ok((lines, folder));
    }
    Err(cut_off(format!("the patch has no `*** End Patch`: it was cut off after line {last}")))
}

/// The line that closes what this line opens, if it opens a fence or a here-document.
fn closing(line: &[u8]) -> Option<Vec<u8>> {
    if let Some((length, _)) = wrapping::fence(line) {
        return line.trim_ascii().get(..length).map(<[u8]>::to_vec);
    }
    let text = std::str::from_utf8(line).ok()?;
    let tag = text.split_once("<<")?.1.trim();
    let bare = ['\'', '"'].into_iter().find_map(|quote| tag.strip_prefix(quote)?.strip_suffix(quote)).unwrap_or(tag);
    let word = !bare.is_empty() && bare.chars().all(|char| char.is_ascii_alphanumeric() || char == '_');
    word.then(|| bare.as_bytes().to_vec())
}

/// What a command before the patch says of where it is made: `cd DIR && apply_patch <<'EOF'`.
fn command(lines: &[Numbered<'_>]) -> Result<Option<String>, Refusal> {
    let Some((number, line)) = lines.iter().rev().find(|(_, line)| line.windows(2).any(|pair| pair == b"<<")) else {
        return Ok(None);
    };
    let text = String::from_utf8_lossy(line);
    let before = text.split_once("<<").map_or("", |(before, _)| before).trim();
    let name = |word: &str| matches!(word, "" | "apply_patch" | "applypatch" | "cat" | "apply_patch -" | "patch");
    if name(before) {
        return Ok(None);
    }
    let folder = before
        .split_once("&&")
        .and_then(|(cd, rest)| name(rest.trim()).then(|| cd.trim().strip_prefix("cd ")).flatten());
    let plain = |folder: &&str| !folder.contains(|char: char| ";&|$`<>*?(){}".contains(char));
    match folder.map(str::trim).filter(plain) {
        Some(".") => Ok(None),
        Some(folder) => header::path(folder.trim_matches(['\'', '"']).as_bytes()).map(Some),
        None => Err(expected(*number, line, "`apply_patch <<'EOF'`, or the patch alone")),
    }
}

fn is_header(line: &[u8]) -> bool {
    [ADD, DELETE, UPDATE].iter().any(|header| line.starts_with(header))
}

struct Reader<'a> {
    lines: VecDeque<Numbered<'a>>,
}

impl<'a> Reader<'a> {
    fn skip_blank(&mut self) {
        while self.lines.front().is_some_and(|(_, line)| line.trim_ascii().is_empty()) {
            self.lines.pop_front();
        }
    }

    fn file(&mut self) -> Result<Option<Step>, Refusal> {
        self.skip_blank();
        let Some((number, line)) = self.lines.pop_front() else { return Ok(None) };
        let bare = line.trim_ascii_start();
        let path = |rest: &[u8]| header::path(rest).map_err(|refusal| refusal.at(number));
        if let Some(rest) = bare.strip_prefix(ADD) {
            return self.add(path(rest)?, line.ends_with(b"\r")).map(Some);
        }
        if let Some(rest) = bare.strip_prefix(DELETE) {
            return Ok(Some(Step { path: path(rest)?, action: Action::Delete { held: None } }));
        }
        if let Some(rest) = bare.strip_prefix(UPDATE) {
            return self.update(number, path(rest)?).map(Some);
        }
        if wrapping::is_fence(line) && self.lines.is_empty() {
            return Ok(None);
        }
        Err(expected(number, line, HEADERS))
    }

    /// `cr`: the patch's own lines end with CR LF, so that is not the new file's.
    fn add(&mut self, path: String, cr: bool) -> Result<Step, Refusal> {
        let mut text = Vec::new();
        while let Some((_, line)) = self.lines.front()
            && let Some(rest) = line.strip_prefix(b"+")
        {
            text.extend_from_slice(rest.strip_suffix(b"\r").filter(|_| cr).unwrap_or(rest));
            text.push(b'\n');
            self.lines.pop_front();
        }
        self.skip_blank();
        match self.lines.front() {
            Some((number, line))
                if !is_header(line.trim_ascii_start()) && (!wrapping::is_fence(line) || self.lines.len() > 1) =>
            {
                Err(expected(
                    *number,
                    line,
                    &format!("a line of the new file `{path}`: each begins with `+`, empty ones too"),
                ))
            }
            Some(_) | None => Ok(Step { path, action: Action::Create { text, executable: false } }),
        }
    }

    fn update(&mut self, number: usize, path: String) -> Result<Step, Refusal> {
        let mut change = Change::default();
        self.skip_blank();
        if let Some((number, line)) = self.lines.front().copied()
            && let Some(name) = line.trim_ascii_start().strip_prefix(MOVE)
        {
            change.to = Some(header::path(name).map_err(|refusal| refusal.at(number))?).filter(|to| *to != path);
            self.lines.pop_front();
        }
        self.skip_diff_headers(&path, change.to.as_deref())?;
        self.skip_blank();
        while let Some((number, line)) = self.lines.front().copied().filter(|(_, line)| !is_header(line)) {
            if !change.hunks.is_empty() && !line.starts_with(b"@@") {
                if wrapping::is_fence(line) && self.lines.len() == 1 {
                    self.lines.pop_front();
                    break;
                }
                return Err(expected(number, line, "`@@` before the next hunk, or a file header"));
            }
            change.hunks.push(self.hunk(number)?);
            self.skip_blank();
        }
        if change.hunks.len() > 1 {
            change.hunks.retain(Hunk::changes);
        }
        match change.hunks.as_slice() {
            [] if change.to.is_none() => Err(Refusal::malformed(format!(
                "line {number}: the update of `{path}` has no hunk; follow it with `@@` and lines that begin with space, `-` or `+`"
            ))
            .at(number)),
            [only] if !only.changes() && change.to.is_none() => Err(Refusal::malformed(format!(
                "line {}: this hunk changes nothing; it needs a line that begins with `-` or `+`",
                only.line
            ))
            .at(only.line)),
            _ => Ok(Step { path, action: Action::Change(change) }),
        }
    }

    /// The headers of a unified diff, which some models repeat here; they have to name the same file.
    fn skip_diff_headers(&mut self, path: &str, to: Option<&str>) -> Result<(), Refusal> {
        let starts = |line: Option<&Numbered<'_>>, mark: &[u8]| line.is_some_and(|(_, line)| line.starts_with(mark));
        while starts(self.lines.front(), b"diff --git ") || starts(self.lines.front(), b"index ") {
            self.lines.pop_front();
        }
        if starts(self.lines.front(), b"--- ") && starts(self.lines.get(1), b"+++ ") {
            for (number, line) in self.lines.drain(..2) {
                let named = String::from_utf8_lossy(line).into_owned();
                let is = |path: &str| named.trim_end().ends_with(path);
                if !is(path) && !is("/dev/null") && !to.is_some_and(is) {
                    return Err(expected(number, line, &format!("the name of `{path}`")));
                }
            }
        }
        Ok(())
    }

    fn hunk(&mut self, line: usize) -> Result<Hunk, Refusal> {
        let mut hunk = Hunk { line, ..Hunk::default() };
        while let Some((_, line)) = self.lines.front()
            && let Some(rest) = line.strip_prefix(b"@@")
        {
            anchor(&mut hunk, rest);
            self.lines.pop_front();
        }
        let mut empty = 0;
        while let Some((number, line)) = self.lines.front().copied() {
            if line.trim_ascii_end() == END_OF_FILE {
                hunk.end_of_file = true;
                self.lines.pop_front();
                break;
            }
            if line.starts_with(b"@@") || is_header(line) || (wrapping::is_fence(line) && self.lines.len() == 1) {
                break;
            }
            self.lines.pop_front();
            if line.is_empty() || line == b"\r" {
                empty += 1;
                continue;
            }
            let blank = HunkLine { bare: true, ..HunkLine::new(Sign::Keep, b"") };
            hunk.lines.extend(std::iter::repeat_n(blank, empty));
            empty = 0;
            hunk.lines.push(hunk_line(number, line)?);
        }
        hunk.loose = empty;
        Ok(hunk.settled())
    }
}

/// What stands behind `@@`: a line that leads to the place, a line number, or nothing.
fn anchor(hunk: &mut Hunk, rest: &[u8]) {
    let text = rest.strip_prefix(b" ").unwrap_or(rest).trim_ascii_end();
    if let Some((at, heading)) = super::udiff::span(rest) {
        (hunk.at, hunk.heading) = (at, heading);
        return;
    }
    let text = text.strip_suffix(b"@@").map_or(text, <[u8]>::trim_ascii_end);
    let words = String::from_utf8_lossy(text.trim_ascii()).to_lowercase();
    let number = words.strip_prefix("line ").or_else(|| words.strip_prefix("lines "));
    let number = number.and_then(|number| number.split('-').next()).and_then(|number| number.trim().parse().ok());
    if let Some(number) = number {
        hunk.at = Some(number);
    } else if !words.is_empty() && words.chars().any(char::is_alphanumeric) {
        hunk.anchors.push(text.to_vec());
    }
}

fn hunk_line(number: usize, line: &[u8]) -> Result<HunkLine, Refusal> {
    let rest = line.get(1..).unwrap_or_default();
    match line.first() {
        Some(b' ') => Ok(HunkLine::new(Sign::Keep, rest)),
        Some(b'-') => Ok(HunkLine::new(Sign::Remove, rest)),
        Some(b'+') => Ok(HunkLine::new(Sign::Add, rest)),
        Some(b'*') if line.starts_with(b"*** ") => {
            Err(expected(number, line, "a hunk line that begins with a space (kept), `-` (removed) or `+` (added)"))
        }
        _ => Ok(HunkLine { bare: true, ..HunkLine::new(Sign::Keep, line) }),
    }
}

//! Reading the text of a patch. Wrapping that models put around it is taken off; within it nothing is guessed.

use super::{FileOp, Hunk, HunkLine};
use std::collections::VecDeque;

const BEGIN: &str = "*** Begin Patch";
const END: &str = "*** End Patch";
const ADD: &str = "*** Add File:";
const DELETE: &str = "*** Delete File:";
const UPDATE: &str = "*** Update File:";
const MOVE: &str = "*** Move to:";
const END_OF_FILE: &str = "*** End of File";

/// The operations of a patch in their order. The error is words for the model.
///
/// Taken off: blank lines around the patch, a Markdown fence, an `apply_patch <<'EOF'` line with its end, CR at line
/// ends.
pub fn parse(text: &str) -> Result<Vec<FileOp>, String> {
    let mut reader = Reader { lines: inside(text)? };
    let mut operations = Vec::new();
    while let Some(operation) = reader.file()? {
        operations.push(operation);
    }
    if operations.is_empty() {
        return Err(format!("the patch is empty; put `{UPDATE} path`, `{ADD} path` or `{DELETE} path` inside it"));
    }
    Ok(operations)
}

/// A line and its number in what the model sent.
type Numbered<'a> = (usize, &'a str);

/// The lines between begin and end.
fn inside(text: &str) -> Result<VecDeque<Numbered<'_>>, String> {
    let mut lines: VecDeque<Numbered<'_>> = text.lines().enumerate().map(|(index, line)| (index + 1, line)).collect();
    unwrap(&mut lines);
    let Some((number, first)) = lines.pop_front() else {
        return Err(format!("the patch is empty; it begins with `{BEGIN}` and ends with `{END}`"));
    };
    if first.trim() != BEGIN {
        return Err(expected(number, first, &format!("`{BEGIN}`")));
    }
    if let Some(at) = lines.iter().position(|(_, line)| line.trim_end() == END) {
        if let Some((number, line)) = lines.get(at + 1) {
            return Err(expected(*number, line, &format!("nothing after `{END}`: one patch in one call")));
        }
        lines.truncate(at);
        return Ok(lines);
    }
    let last = lines.back().map_or(number, |(number, _)| *number);
    Err(format!(
        "the patch has no `{END}`: it was cut off after line {last}; nothing was changed; send the whole patch again, in smaller parts if it is long"
    ))
}

/// Takes off what is around the patch: blank lines, a fence, a here-document.
fn unwrap(lines: &mut VecDeque<Numbered<'_>>) {
    loop {
        while lines.front().is_some_and(|(_, line)| line.trim().is_empty()) {
            lines.pop_front();
        }
        while lines.back().is_some_and(|(_, line)| line.trim().is_empty()) {
            lines.pop_back();
        }
        let Some((_, first)) = lines.front() else { return };
        let Some(close) = closing(first.trim()) else { return };
        lines.pop_front();
        if lines.back().is_some_and(|(_, line)| line.trim() == close) {
            lines.pop_back();
        }
    }
}

/// The line that closes what this line opens, if it opens a fence or a here-document.
fn closing(first: &str) -> Option<&str> {
    let ticks = first.len() - first.trim_start_matches('`').len();
    if ticks >= 3 {
        return first.get(..ticks);
    }
    let tag = first.strip_prefix("apply_patch").unwrap_or(first).trim_start().strip_prefix("<<")?.trim();
    let bare = ['\'', '"'].into_iter().find_map(|quote| tag.strip_prefix(quote)?.strip_suffix(quote)).unwrap_or(tag);
    let word = !bare.is_empty() && bare.chars().all(|char| char.is_ascii_alphanumeric() || char == '_');
    word.then_some(bare)
}

struct Reader<'a> {
    lines: VecDeque<Numbered<'a>>,
}

impl<'a> Reader<'a> {
    fn skip_blank(&mut self) {
        while self.lines.front().is_some_and(|(_, line)| line.trim().is_empty()) {
            self.lines.pop_front();
        }
    }

    fn front(&self) -> Option<&'a str> {
        self.lines.front().map(|(_, line)| *line)
    }

    fn file(&mut self) -> Result<Option<FileOp>, String> {
        self.skip_blank();
        let Some((number, line)) = self.lines.pop_front() else { return Ok(None) };
        if let Some(path) = line.strip_prefix(ADD) {
            return self.add(clean_path(number, path)?).map(Some);
        }
        if let Some(path) = line.strip_prefix(DELETE) {
            return Ok(Some(FileOp::Delete { path: clean_path(number, path)? }));
        }
        if let Some(path) = line.strip_prefix(UPDATE) {
            return self.update(number, clean_path(number, path)?).map(Some);
        }
        Err(expected(number, line, &format!("`{UPDATE} path`, `{ADD} path`, `{DELETE} path` or `{END}`")))
    }

    fn add(&mut self, path: String) -> Result<FileOp, String> {
        let mut text = String::new();
        while let Some(line) = self.front().and_then(|line| line.strip_prefix('+')) {
            text.push_str(line);
            text.push('\n');
            self.lines.pop_front();
        }
        self.skip_blank();
        match self.lines.front() {
            Some((number, line)) if !is_header(line) => Err(expected(
                *number,
                line,
                &format!("a line of the new file `{path}`: each begins with `+`, empty ones too"),
            )),
            Some(_) | None => Ok(FileOp::Add { path, text }),
        }
    }

    fn update(&mut self, number: usize, path: String) -> Result<FileOp, String> {
        let mut to = None;
        if let Some((number, line)) = self.lines.front().copied()
            && let Some(name) = line.strip_prefix(MOVE)
        {
            to = Some(clean_path(number, name)?).filter(|to| *to != path);
            self.lines.pop_front();
        }
        let mut hunks: Vec<Hunk> = Vec::new();
        self.skip_blank();
        while let Some((number, line)) = self.lines.front().copied().filter(|(_, line)| !is_header(line)) {
            if !hunks.is_empty() && !line.starts_with("@@") {
                return Err(expected(number, line, "`@@` before the next hunk, or a file header"));
            }
            hunks.push(self.hunk(number)?);
            self.skip_blank();
        }
        if hunks.is_empty() && to.is_none() {
            return Err(format!(
                "line {number}: the update of `{path}` has no hunk; follow it with `@@` and lines that begin with space, `-` or `+`"
            ));
        }
        Ok(FileOp::Update { path, to, hunks })
    }

    fn hunk(&mut self, line: usize) -> Result<Hunk, String> {
        let mut hunk = Hunk { line, anchors: Vec::new(), lines: Vec::new(), end_of_file: false };
        while let Some(rest) = self.front().and_then(|line| line.strip_prefix("@@")) {
            let anchor = rest.strip_prefix(' ').unwrap_or(rest).trim_end();
            if !anchor.is_empty() && !is_span(anchor) {
                hunk.anchors.push(anchor.into());
            }
            self.lines.pop_front();
        }
        // An empty line is a kept empty line whose space was lost, unless it only parts this hunk from the next thing.
        let mut empty = 0;
        while let Some((number, line)) = self.lines.front().copied() {
            if line.trim_end() == END_OF_FILE {
                hunk.end_of_file = true;
                self.lines.pop_front();
                break;
            }
            if line.starts_with("@@") || is_header(line) {
                break;
            }
            self.lines.pop_front();
            if line.is_empty() {
                empty += 1;
                continue;
            }
            hunk.lines.extend(std::iter::repeat_n(HunkLine::Keep(String::new()), empty));
            empty = 0;
            hunk.lines.push(hunk_line(number, line)?);
        }
        if hunk.lines.iter().all(|line| matches!(line, HunkLine::Keep(_))) {
            return Err(format!("line {line}: this hunk changes nothing; it needs a line that begins with `-` or `+`"));
        }
        Ok(hunk)
    }
}

fn hunk_line(number: usize, line: &str) -> Result<HunkLine, String> {
    if let Some(text) = line.strip_prefix(' ') {
        return Ok(HunkLine::Keep(text.into()));
    }
    if let Some(text) = line.strip_prefix('-') {
        return Ok(HunkLine::Remove(text.into()));
    }
    if let Some(text) = line.strip_prefix('+') {
        return Ok(HunkLine::Add(text.into()));
    }
    Err(expected(number, line, "a hunk line that begins with a space (kept), `-` (removed) or `+` (added)"))
}

fn is_header(line: &str) -> bool {
    [ADD, DELETE, UPDATE].iter().any(|header| line.starts_with(header))
}

/// Line numbers as a unified diff has them, `-1,3 +1,4 @@ …`: they lead nowhere here, the lines of the hunk do.
fn is_span(anchor: &str) -> bool {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b',');
    let mut words = anchor.split(' ');
    let mut signed = |sign: char| words.next().and_then(|word| word.strip_prefix(sign)).is_some_and(number);
    signed('-') && signed('+') && words.next() == Some("@@")
}

/// A relative path in its plain form.
fn clean_path(number: usize, path: &str) -> Result<String, String> {
    let path = path.trim();
    let refuse = |why: &str| {
        Err(format!(
            "line {number}: the path `{path}` {why}; send one relative to the working folder, such as `src/main.rs`"
        ))
    };
    if path.starts_with('/') {
        return refuse("is absolute");
    }
    if path.contains(|char: char| char.is_control()) {
        return refuse("holds a control character");
    }
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if parts.contains(&"..") {
        return refuse("holds `..`");
    }
    if parts.is_empty() {
        return refuse("names no file");
    }
    Ok(parts.join("/"))
}

fn expected(number: usize, found: &str, what: &str) -> String {
    const SHOWN: usize = 120;
    let cut = found.char_indices().nth(SHOWN).map_or(found.len(), |(at, _)| at);
    let more = if cut < found.len() { "…" } else { "" };
    format!("line {number}: expected {what}; found `{}{more}`", found.get(..cut).unwrap_or_default())
}

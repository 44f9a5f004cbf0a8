//! The `blocks` format: a file name on a line of its own, then SEARCH/REPLACE blocks, in a fence or none.

use super::{Numbered, cut_off, expected, header, numbered, wrapping};
use crate::edit::refusal::Refusal;
use crate::edit::step::{Action, Change, Hunk, Step};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    Search,
    Divider,
    Replace,
}

/// Are its marks in a text?
pub fn is_blocks(text: &[u8]) -> bool {
    text.split(|byte| *byte == b'\n').any(|line| mark(line) == Some(Mark::Search))
}

/// The mark that a line is: five to nine signs, and its word. Conflict markers of git have other words.
fn mark(line: &[u8]) -> Option<Mark> {
    let text = std::str::from_utf8(line.trim_ascii()).ok()?;
    let sign = text.chars().next().filter(|char| "<>=-+".contains(*char))?;
    let rest = text.trim_start_matches(sign);
    let count = text.len() - rest.len();
    let word = rest.trim().trim_end_matches('>').trim();
    match (sign, word, (5..=9).contains(&count)) {
        ('<' | '-', "SEARCH" | "ORIGINAL", true) => Some(Mark::Search),
        ('=', "", true) if rest.is_empty() => Some(Mark::Divider),
        ('>' | '+', "REPLACE" | "UPDATED", true) => Some(Mark::Replace),
        _ => None,
    }
}

pub fn read(text: &[u8]) -> Result<Vec<Step>, Refusal> {
    let lines = numbered(text);
    let mut steps = Vec::new();
    let mut path: Option<String> = None;
    // What stands between blocks, where file names are.
    let mut between: Vec<Numbered<'_>> = Vec::new();
    let mut at = 0;
    while let Some((number, line)) = lines.get(at).copied() {
        at += 1;
        match mark(line) {
            Some(Mark::Search) => {}
            Some(Mark::Divider | Mark::Replace) if line.trim_ascii().first() != Some(&b'=') => {
                return Err(expected(number, line, "`<<<<<<< SEARCH` before it"));
            }
            Some(Mark::Divider | Mark::Replace) | None => {
                between.push((number, line));
                continue;
            }
        }
        path = name(&between, path.is_some())?.or(path);
        between.clear();
        let Some(path) = &path else {
            return Err(Refusal::malformed(format!(
                "line {number}: no file is named; put its path on a line of its own above the block"
            ))
            .at(number));
        };
        let (action, next) = block(&lines, at, number)?;
        steps.push(Step { path: path.clone(), action });
        at = next;
    }
    if !steps.is_empty() && begins_another(&between, &lines)? {
        return Err(cut_off("behind the last block another one begins".into()));
    }
    if steps.is_empty() {
        return Err(Refusal::malformed("there is no block; each begins with `<<<<<<< SEARCH`"));
    }
    Ok(steps)
}

/// Is what stands behind the last block the beginning of another: half a mark, an open fence, a path?
fn begins_another(rest: &[Numbered<'_>], all: &[Numbered<'_>]) -> Result<bool, Refusal> {
    let fences = |lines: &[Numbered<'_>]| lines.iter().filter(|(_, line)| wrapping::is_fence(line)).count();
    let told: Vec<Numbered<'_>> = rest.iter().copied().filter(|(_, line)| !line.trim_ascii().is_empty()).collect();
    let Some((_, last)) = told.last() else { return Ok(false) };
    let last_text = last.trim_ascii();
    let half = last_text.starts_with(b"<<<")
        || last_text.iter().all(|byte| matches!(byte, b'<' | b'`')) && last_text.len() < 3;
    // Inside of blocks fences are content, and come as they come.
    let open = fences(&told) > 0 && wrapping::fence(last).is_some_and(|(_, words)| !words.is_empty());
    let odd = fences(&told) > 1 && fences(&told) % 2 == 0 && fences(all) % 2 == 1;
    let path = !wrapping::is_fence(last) && name(&told, true)?.is_some_and(|path| path.contains(['.', '/']));
    Ok(half || open || odd || path)
}

/// The block whose lines begin at `start`, and the line behind it.
fn block(lines: &[Numbered<'_>], start: usize, number: usize) -> Result<(Action, usize), Refusal> {
    let rest = lines.get(start..).unwrap_or_default();
    let end = rest.iter().position(|(_, line)| matches!(mark(line), Some(Mark::Replace | Mark::Search)));
    let Some(end) = end.filter(|end| rest.get(*end).is_some_and(|(_, line)| mark(line) == Some(Mark::Replace))) else {
        return match end.and_then(|end| rest.get(end)) {
            Some((number, line)) => Err(expected(*number, line, "`>>>>>>> REPLACE` before the next block")),
            None => Err(cut_off(format!("the block of line {number} has no `>>>>>>> REPLACE`")).at(number)),
        };
    };
    let body = rest.get(..end).unwrap_or_default();
    let dividers: Vec<usize> = body
        .iter()
        .enumerate()
        .filter(|(_, (_, line))| mark(line) == Some(Mark::Divider) && line.first() == Some(&b'='))
        .map(|(at, _)| at)
        .collect();
    // A line of equals signs may be content: the mark has as many as the others.
    let exact: Vec<usize> = dividers
        .iter()
        .copied()
        .filter(|at| body.get(*at).is_some_and(|(_, line)| line.trim_ascii().len() == 7))
        .collect();
    let divider = match (dividers.as_slice(), exact.as_slice()) {
        ([one], _) | (_, [one]) => *one,
        ([], _) => {
            return Err(Refusal::malformed(format!(
                "line {number}: the block has no `=======` between old and new text"
            ))
            .at(number));
        }
        _ => {
            return Err(Refusal::malformed(format!(
                "line {number}: the block has several lines that can be its `=======`; send this change in another format"
            ))
            .at(number));
        }
    };
    let old = body.get(..divider).unwrap_or_default();
    let new = body.get(divider + 1..).unwrap_or_default();
    let at = old.first().and_then(|(_, line)| line.strip_prefix(b":start_line:"));
    let at = at.and_then(|number| String::from_utf8_lossy(number).trim().parse().ok());
    let (old, new) = (joined(without_hints(old)), joined(new));
    let action = if old.trim_ascii().is_empty() {
        Action::Fill { text: new }
    } else {
        Action::Change(Change { hunks: vec![Hunk { at, ..Hunk::between(number, &old, &new) }], ..Change::default() })
    };
    Ok((action, start + end + 1))
}

/// Lines with their ends, CR as it was.
fn joined(lines: &[Numbered<'_>]) -> Vec<u8> {
    lines.iter().flat_map(|(_, line)| line.iter().copied().chain([b'\n'])).collect()
}

/// Without `:start_line:10` and `-------`, which one dialect puts under the first mark.
fn without_hints<'l, 'a>(lines: &'l [Numbered<'a>]) -> &'l [Numbered<'a>] {
    let hint = |line: &[u8]| line.starts_with(b":start_line:") || line.starts_with(b":end_line:");
    let hints = lines.iter().take_while(|(_, line)| hint(line)).count();
    let rest = lines.get(hints..).unwrap_or_default();
    match rest.split_first() {
        Some(((_, line), after)) if hints > 0 && line.trim_ascii() == b"-------" => after,
        _ => rest,
    }
}

/// The file that the lines above a block name: the last of them, where it is a path and nothing else. Once a file is
/// `known`, a single word with something around it is no path.
fn name(lines: &[Numbered<'_>], known: bool) -> Result<Option<String>, Refusal> {
    for (number, line) in lines.iter().rev() {
        if let Some((_, words)) = wrapping::fence(line) {
            let info = String::from_utf8_lossy(words).into_owned();
            let path = info.split_whitespace().find_map(|word| {
                let word = word.rsplit_once(['=', ':']).map_or(word, |(_, path)| path).trim_matches(['"', '\'']);
                looks_like_path(word).then(|| word.to_owned()).filter(|word| word.contains(['.', '/']))
            });
            match path {
                Some(path) => return header::path(path.as_bytes()).map(Some).map_err(|refusal| refusal.at(*number)),
                None => continue,
            }
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let text = String::from_utf8_lossy(line).into_owned();
        // `Makefile` is a name where it stands alone, `Then:` is none.
        let plain = |path: &&str| !known || path.contains(['.', '/']) || *path == text.trim();
        return match path_of(&text).filter(plain) {
            Some(path) => header::path(path.as_bytes()).map(Some).map_err(|refusal| refusal.at(*number)),
            None => Ok(None),
        };
    }
    Ok(None)
}

/// The path in a line such as `src/a.rs`, `**src/a.rs**:`, `### src/a.rs`, `File: src/a.rs`, `// src/a.rs`.
fn path_of(line: &str) -> Option<&str> {
    let mut text = line.trim();
    for mark in ["<!--", "//", "/*", "###", "##", "#", "--", ";", "-", "*"] {
        if let Some(rest) = text.strip_prefix(mark).filter(|rest| rest.starts_with(' ')) {
            text = rest.trim();
            break;
        }
    }
    text = text.strip_suffix("-->").or_else(|| text.strip_suffix("*/")).unwrap_or(text).trim();
    if let Some((label, rest)) = text.split_once(':')
        && ["file", "path", "filename", "filepath", "file name", "file path"]
            .contains(&label.trim_matches(['*', '`']).to_lowercase().as_str())
    {
        text = rest.trim_start_matches("**").trim();
    }
    text = text.strip_suffix(':').unwrap_or(text).trim();
    text = header::surrounded(text, "**").unwrap_or(text);
    text = ["`", "\"", "'"].iter().find_map(|mark| header::surrounded(text, mark)).unwrap_or(text);
    text = text.strip_suffix(':').unwrap_or(text).trim();
    if looks_like_path(text) { Some(text) } else { marked_path(line) }
}

/// The one path that a line of words marks as such and leads to: ``In `src/a.rs`:``, `1. **src/a.rs**`.
fn marked_path(line: &str) -> Option<&str> {
    let line = line.trim();
    let bare = line.trim_end_matches(':');
    let inside = |mark: &str| -> Vec<&str> { bare.split(mark).skip(1).step_by(2).collect() };
    let (ticked, bold) = (inside("`"), inside("**"));
    let marked = if ticked.is_empty() { bold } else { ticked };
    let [path] = marked.as_slice() else { return None };
    let leads = line.ends_with(':') || bare.ends_with('`') || bare.ends_with("**");
    (leads && path.contains(['.', '/']) && looks_like_path(path)).then_some(*path)
}

fn looks_like_path(text: &str) -> bool {
    let file_like = text.contains(['.', '/']) || !text.contains(char::is_whitespace);
    let spaced = text.contains(char::is_whitespace) && !text.rsplit('/').next().is_some_and(|name| name.contains('.'));
    text.contains(char::is_alphanumeric)
        && file_like
        && !spaced
        && !text.contains(['`', '*', '<', '>', '|', '"'])
        && !text.ends_with(['.', ','])
}

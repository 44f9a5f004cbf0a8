//! The simplest reading of each format there is: exact text, once in the file, or nothing. It vouches for what the
//! renderers write; it is not what the program should do.

use serde_json::Value;

use super::line::split;
use super::render::Format;
use super::tree::{Node, PLAIN, Tree};

/// The tree after the edit, or nothing where the edit does not fit to the letter.
pub fn apply(format: Format, tree: &Tree, edit: &[u8]) -> Option<Tree> {
    let mut tree = tree.clone();
    match format {
        Format::Edit => {
            let edit: Value = serde_json::from_slice(edit).ok()?;
            for one in edit["edits"].as_array()? {
                let (old, new) = (one["old_string"].as_str()?, one["new_string"].as_str()?);
                replace(&mut tree, one["path"].as_str()?, old.as_bytes(), new.as_bytes())?;
            }
        }
        Format::Whole => {
            let edit: Value = serde_json::from_slice(edit).ok()?;
            for one in edit["files"].as_array()? {
                set(&mut tree, one["path"].as_str()?, one["content"].as_str()?.as_bytes().to_vec());
            }
        }
        Format::Patch => patch(&mut tree, edit)?,
        Format::Udiff => udiff(&mut tree, edit)?,
        Format::Blocks => blocks(&mut tree, edit)?,
    }
    Some(tree)
}

fn get(tree: &Tree, path: &str) -> Option<Vec<u8>> {
    match tree.get(path)? {
        Node::File(bytes, _) => Some(bytes.clone()),
        Node::Link(_) | Node::Folder => None,
    }
}

fn set(tree: &mut Tree, path: &str, bytes: Vec<u8>) {
    let mode = match tree.get(path) {
        Some(Node::File(_, mode)) => *mode,
        Some(Node::Link(_) | Node::Folder) | None => PLAIN,
    };
    tree.insert(path.to_owned(), Node::File(bytes, mode));
}

fn places(text: &[u8], part: &[u8]) -> Vec<usize> {
    (0..(text.len() + 1).saturating_sub(part.len())).filter(|at| text[*at..].starts_with(part)).collect()
}

fn replace(tree: &mut Tree, path: &str, old: &[u8], new: &[u8]) -> Option<()> {
    if old.is_empty() {
        if tree.contains_key(path) {
            return None;
        }
        set(tree, path, new.to_vec());
        return Some(());
    }
    let text = get(tree, path)?;
    let [at] = places(&text, old)[..] else { return None };
    set(tree, path, [&text[..at], new, &text[at + old.len()..]].concat());
    Some(())
}

/// The two sides of marked lines, without their marks.
fn unmark(lines: &[&[u8]]) -> Option<(Vec<u8>, Vec<u8>)> {
    let (mut old, mut new) = (Vec::new(), Vec::new());
    let mut last = b' ';
    for line in lines {
        let (mark, text) = line.split_first()?;
        match mark {
            b'\\' => {
                let open = |side: &mut Vec<u8>| side.truncate(side.len() - 1);
                if last != b'+' {
                    open(&mut old);
                }
                if last != b'-' {
                    open(&mut new);
                }
                continue;
            }
            b'-' => old.extend_from_slice(text),
            b'+' => new.extend_from_slice(text),
            b' ' => [&mut old, &mut new].into_iter().for_each(|side| side.extend_from_slice(text)),
            _ => return None,
        }
        last = *mark;
    }
    Some((old, new))
}

fn lines(edit: &[u8]) -> Vec<&[u8]> {
    edit.split_inclusive(|byte| *byte == b'\n').collect()
}

fn after<'a>(line: &'a [u8], prefix: &str) -> Option<&'a str> {
    std::str::from_utf8(line).ok()?.trim_end_matches('\n').strip_prefix(prefix)
}

/// Takes lines up to the next that begins with one of these.
fn until<'a>(rest: &mut &'a [&'a [u8]], stops: &[&str]) -> &'a [&'a [u8]] {
    let end = rest.iter().position(|line| stops.iter().any(|stop| line.starts_with(stop.as_bytes())));
    let (taken, left) = rest.split_at(end.unwrap_or(rest.len()));
    *rest = left;
    taken
}

fn patch(tree: &mut Tree, edit: &[u8]) -> Option<()> {
    let lines = lines(edit);
    let (first, mut rest) = lines.split_first()?;
    after(first, "*** Begin Patch")?;
    while let Some((header, left)) = rest.split_first() {
        rest = left;
        if let Some(path) = after(header, "*** Add File: ") {
            let (_, new) = unmark(until(&mut rest, &["*** "]))?;
            replace(tree, path, b"", &new)?;
        } else if let Some(path) = after(header, "*** Delete File: ") {
            tree.remove(path)?;
        } else if let Some(mut path) = after(header, "*** Update File: ") {
            if let Some(to) = rest.first().and_then(|line| after(line, "*** Move to: ")) {
                let node = tree.remove(path)?;
                tree.insert(to.to_owned(), node);
                path = to;
                rest = &rest[1..];
            }
            while rest.first().is_some_and(|line| line.starts_with(b"@@")) {
                rest = &rest[1..];
                let (old, new) = unmark(until(&mut rest, &["*** ", "@@"]))?;
                replace(tree, path, &old, &new).or_else(|| open_end(tree, path, &old, &new))?;
            }
        } else {
            return after(header, "*** End Patch").filter(|_| rest.is_empty()).map(|_| ());
        }
    }
    None
}

/// The same at the end of a file without a final newline, which these formats cannot show.
fn open_end(tree: &mut Tree, path: &str, old: &[u8], new: &[u8]) -> Option<()> {
    replace(tree, path, old.strip_suffix(b"\n")?, new.strip_suffix(b"\n")?)
}

fn udiff(tree: &mut Tree, edit: &[u8]) -> Option<()> {
    let lines = lines(edit);
    let mut rest = lines.as_slice();
    let (mut from, mut path) = (String::new(), String::new());
    while let Some((header, left)) = rest.split_first() {
        rest = left;
        let name = |path: &str| path.trim_start_matches("a/").trim_start_matches("b/").to_owned();
        if let Some(old) = after(header, "--- ") {
            from = name(old);
        } else if let Some(new) = after(header, "+++ ") {
            path = name(new);
        } else if let Some(old) = after(header, "rename from ") {
            from = old.to_owned();
        } else if let Some(new) = after(header, "rename to ") {
            let node = tree.remove(&from)?;
            tree.insert(new.to_owned(), node);
        } else if header.starts_with(b"@@ -") {
            let body = until(&mut rest, &["@@ -", "diff ", "--- "]);
            let (old, new) = unmark(body)?;
            let at: usize = after(header, "@@ -")?.split([',', ' ']).next()?.parse().ok()?;
            if path == "/dev/null" {
                (get(tree, &from)? == old).then(|| tree.remove(&from))?;
                continue;
            }
            if from == "/dev/null" {
                replace(tree, &path, b"", &new)?;
                continue;
            }
            // Its number counts lines of the file as it was; that the text stands there once is stricter.
            let text = get(tree, &path)?;
            (at <= split(&text).len() + 1).then_some(())?;
            replace(tree, &path, &old, &new)?;
        } else if header.starts_with(b"@@") {
            return None;
        }
    }
    Some(())
}

fn blocks(tree: &mut Tree, edit: &[u8]) -> Option<()> {
    let lines = lines(edit);
    let mut rest = lines.as_slice();
    while let Some((name, left)) = rest.split_first() {
        let path = after(name, "")?;
        rest = left.strip_prefix(&[b"```\n" as &[u8], b"<<<<<<< SEARCH\n"])?;
        let old = until(&mut rest, &["======="]).concat();
        rest = rest.split_first()?.1;
        let new = until(&mut rest, &[">>>>>>> REPLACE"]).concat();
        rest = rest.strip_prefix(&[b">>>>>>> REPLACE\n" as &[u8], b"```\n"])?;
        replace(tree, path, &old, &new).or_else(|| open_end(tree, path, &old, &new))?;
    }
    Some(())
}

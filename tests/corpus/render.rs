//! Edits as a model would write them, in each format, from hunks. It is as simple as can be and shares nothing with
//! the engine. How it is written is a [`Style`]; a mistake is a style of its own, or a change of what comes out.

use serde_json::{Value, json};

use super::line::{Hunk, Line, Mark};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    Edit,
    Patch,
    Udiff,
    Blocks,
    Whole,
}

impl Format {
    pub const ALL: [Format; 5] = [Format::Edit, Format::Patch, Format::Udiff, Format::Blocks, Format::Whole];
    /// Those that name a place by its lines.
    pub const PLACED: [Format; 4] = [Format::Edit, Format::Patch, Format::Udiff, Format::Blocks];

    pub fn name(self) -> &'static str {
        match self {
            Format::Edit => "edit",
            Format::Patch => "patch",
            Format::Udiff => "udiff",
            Format::Blocks => "blocks",
            Format::Whole => "whole",
        }
    }
}

/// What happens to one file.
#[derive(Clone, Debug)]
pub enum Step {
    Update { path: String, hunks: Vec<Hunk>, after: Vec<u8> },
    Create { path: String, lines: Vec<Line> },
    Delete { path: String, lines: Vec<Line> },
    Move { from: String, to: String, hunks: Vec<Hunk> },
}

/// Where a line is written: its text, its mark, whether it is on the new side, and its number there, from 1.
pub struct Place<'a> {
    pub text: &'a [u8],
    pub mark: Mark,
    pub new: bool,
    pub number: usize,
}

/// What the ranges of a unified diff say.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Numbers {
    Right,
    Shifted(usize),
    Ones,
    FewerCounted,
    /// More lines than there are, but in the last hunk, where it would look as if it were cut off.
    MoreCounted,
    Bare,
    Dots,
    Empty,
    Titled,
}

#[derive(Clone, Copy)]
pub struct Style {
    pub rewrite: fn(&Place<'_>) -> Vec<u8>,
    pub numbers: Numbers,
    pub git: bool,
    /// A blank line of context without the space before it.
    pub bare_blank: bool,
    /// Blank lines before and after both sides, and between hunks.
    pub pads: (&'static str, &'static str),
    pub gap: &'static str,
    /// What stands around each side; and what joins its lines.
    pub fence: (&'static str, &'static str),
    pub newline: &'static str,
    /// The line endings of the edit itself.
    pub end: &'static str,
}

pub const CLEAN: Style = Style {
    rewrite: |place| place.text.to_vec(),
    numbers: Numbers::Right,
    git: false,
    bare_blank: false,
    pads: ("", ""),
    gap: "",
    fence: ("", ""),
    newline: "",
    end: "\n",
};

/// The edit, or nothing where the format has no words for it.
pub fn render(format: Format, steps: &[Step], style: &Style) -> Option<Vec<u8>> {
    match format {
        Format::Edit => edit(steps, style),
        Format::Patch => Some(patch(steps, style)),
        Format::Udiff => Some(udiff(steps, style)),
        Format::Blocks => blocks(steps, style),
        Format::Whole => whole(steps, style),
    }
}

/// One side of a hunk as text. The last newline is left away if both sides end with one.
fn sides(hunk: &Hunk, style: &Style, strip: bool) -> (Vec<u8>, Vec<u8>) {
    let side = |new: bool| {
        let (first, lines): (usize, Vec<&Line>) = match new {
            true => (hunk.after, hunk.new_side().collect()),
            false => (hunk.before, hunk.old_side().collect()),
        };
        let mut bytes = Vec::new();
        for (at, line) in lines.iter().enumerate() {
            let place = Place { text: &line.text, mark: line.mark, new, number: first + at + 1 };
            bytes.extend_from_slice(&(style.rewrite)(&place));
            let end = match line.end {
                "\n" if style.newline.is_empty() => style.end,
                "\n" => style.newline,
                other => other,
            };
            bytes.extend_from_slice(end.as_bytes());
        }
        bytes
    };
    let (mut old, mut new) = (side(false), side(true));
    let end = [style.newline, style.end][usize::from(style.newline.is_empty())].as_bytes();
    for end in [b"\r\n", end] {
        if strip && old.ends_with(end) && new.ends_with(end) {
            old.truncate(old.len() - end.len());
            new.truncate(new.len() - end.len());
            break;
        }
    }
    let around = |bytes: Vec<u8>| {
        let parts = [style.pads.0, style.fence.0].map(str::as_bytes);
        let tail = [style.fence.1, style.pads.1].map(str::as_bytes);
        [parts.concat(), bytes, tail.concat()].concat()
    };
    (around(old), around(new))
}

fn text(bytes: Vec<u8>) -> Option<String> {
    String::from_utf8(bytes).ok()
}

fn edit(steps: &[Step], style: &Style) -> Option<Vec<u8>> {
    let mut edits: Vec<Value> = Vec::new();
    for step in steps {
        match step {
            Step::Update { path, hunks, .. } => {
                for hunk in hunks {
                    let (old, new) = sides(hunk, style, true);
                    edits.push(json!({"path": path, "old_string": text(old)?, "new_string": text(new)?}));
                }
            }
            Step::Create { path, lines } => {
                edits.push(json!({"path": path, "old_string": "", "new_string": text(content(lines, style))?}));
            }
            Step::Delete { .. } | Step::Move { .. } => return None,
        }
    }
    Some(serde_json::to_vec_pretty(&json!({ "edits": edits })).expect("JSON from values"))
}

fn whole(steps: &[Step], style: &Style) -> Option<Vec<u8>> {
    let mut files: Vec<Value> = Vec::new();
    for step in steps {
        match step {
            Step::Update { path, after, .. } => {
                let lines = super::line::script(b"", after);
                files.push(json!({"path": path, "content": text(content(&lines, style))?}));
            }
            Step::Create { path, lines } => {
                files.push(json!({"path": path, "content": text(content(lines, style))?}));
            }
            Step::Delete { .. } | Step::Move { .. } => return None,
        }
    }
    Some(serde_json::to_vec(&json!({ "files": files })).expect("JSON from values"))
}

fn content(lines: &[Line], style: &Style) -> Vec<u8> {
    let lines = lines.iter().map(|line| Line { mark: Mark::Add, ..line.clone() }).collect();
    sides(&Hunk { before: 0, after: 0, lines }, &Style { pads: ("", ""), fence: ("", ""), ..*style }, false).1
}

/// Writes the lines of a hunk, each behind its mark.
fn marked(out: &mut Vec<u8>, hunk: &Hunk, style: &Style, note_end: bool) {
    let (mut old, mut new) = (hunk.before, hunk.after);
    for line in &hunk.lines {
        old += usize::from(line.mark != Mark::Add);
        new += usize::from(line.mark != Mark::Remove);
        let added = line.mark == Mark::Add;
        let place = Place { text: &line.text, mark: line.mark, new: added, number: if added { new } else { old } };
        let text = (style.rewrite)(&place);
        match line.mark {
            Mark::Keep if text.is_empty() && style.bare_blank => {}
            Mark::Keep => out.push(b' '),
            Mark::Remove => out.push(b'-'),
            Mark::Add => out.push(b'+'),
        }
        out.extend_from_slice(&text);
        match line.end {
            "\r\n" => out.extend_from_slice(b"\r\n"),
            "" if note_end => out.extend_from_slice(b"\n\\ No newline at end of file\n"),
            _ => out.extend_from_slice(style.end.as_bytes()),
        }
    }
}

fn put(out: &mut Vec<u8>, line: &str, style: &Style) {
    out.extend_from_slice(line.as_bytes());
    out.extend_from_slice(style.end.as_bytes());
}

fn patch(steps: &[Step], style: &Style) -> Vec<u8> {
    let mut out = Vec::new();
    put(&mut out, "*** Begin Patch", style);
    for (at, step) in steps.iter().enumerate() {
        if at > 0 {
            out.extend_from_slice(style.gap.as_bytes());
        }
        match step {
            Step::Update { path, hunks, .. } => {
                put(&mut out, &format!("*** Update File: {path}"), style);
                patch_hunks(&mut out, hunks, style);
            }
            Step::Create { path, lines } => {
                put(&mut out, &format!("*** Add File: {path}"), style);
                let hunk = Hunk { before: 0, after: 0, lines: lines.clone() };
                marked(&mut out, &hunk, style, false);
            }
            Step::Delete { path, .. } => put(&mut out, &format!("*** Delete File: {path}"), style),
            Step::Move { from, to, hunks } => {
                put(&mut out, &format!("*** Update File: {from}"), style);
                put(&mut out, &format!("*** Move to: {to}"), style);
                patch_hunks(&mut out, hunks, style);
            }
        }
    }
    put(&mut out, "*** End Patch", style);
    out
}

fn patch_hunks(out: &mut Vec<u8>, hunks: &[Hunk], style: &Style) {
    for (at, hunk) in hunks.iter().enumerate() {
        if at > 0 {
            out.extend_from_slice(style.gap.as_bytes());
        }
        put(out, "@@", style);
        marked(out, hunk, style, false);
    }
}

fn udiff(steps: &[Step], style: &Style) -> Vec<u8> {
    let mut out = Vec::new();
    for step in steps {
        let (from, to, note, hunks) = match step {
            Step::Update { path, hunks, .. } => {
                (Some(path), Some(path), "index 3f0c1d2..9a7be45 100644", hunks.clone())
            }
            Step::Create { path, lines } => (None, Some(path), "new file mode 100644", whole_hunk(lines)),
            Step::Delete { path, lines } => (Some(path), None, "deleted file mode 100644", whole_hunk(lines)),
            Step::Move { from, to, hunks } => (Some(from), Some(to), "similarity index 90%", hunks.clone()),
        };
        let name = |side: &str, path: Option<&String>| match path {
            Some(path) if style.git => format!("{side}/{path}"),
            Some(path) => path.clone(),
            None => "/dev/null".to_owned(),
        };
        let moved = matches!(step, Step::Move { .. });
        if style.git || moved {
            let either = [from.or(to), to.or(from)].map(|path| path.map_or("", String::as_str));
            put(&mut out, &format!("diff --git a/{} b/{}", either[0], either[1]), style);
            put(&mut out, note, style);
            if moved {
                put(&mut out, &format!("rename from {}", either[0]), style);
                put(&mut out, &format!("rename to {}", either[1]), style);
            }
        }
        if !hunks.is_empty() {
            let style = &Style { git: style.git || moved, ..*style };
            let name = |side: &str, path| if moved { format!("{side}/{}", path_or(path)) } else { name(side, path) };
            put(&mut out, &format!("--- {}", name("a", from)), style);
            put(&mut out, &format!("+++ {}", name("b", to)), style);
            udiff_hunks(&mut out, &hunks, style);
        }
    }
    out
}

fn path_or(path: Option<&String>) -> &str {
    path.map_or("", String::as_str)
}

fn whole_hunk(lines: &[Line]) -> Vec<Hunk> {
    match lines.is_empty() {
        true => Vec::new(),
        false => vec![Hunk { before: 0, after: 0, lines: lines.to_vec() }],
    }
}

fn udiff_hunks(out: &mut Vec<u8>, hunks: &[Hunk], style: &Style) {
    for (at, hunk) in hunks.iter().enumerate() {
        if at > 0 {
            out.extend_from_slice(style.gap.as_bytes());
        }
        let (old, new) = (hunk.old_side().count(), hunk.new_side().count());
        let first = |at: usize, count: usize| if count == 0 { at } else { at + 1 };
        let (from, to) = (first(hunk.before, old), first(hunk.after, new));
        let header = match style.numbers {
            Numbers::Right => format!("@@ -{from},{old} +{to},{new} @@"),
            Numbers::Titled => format!("@@ -{from},{old} +{to},{new} @@ some heading (of it)"),
            Numbers::Shifted(by) => format!("@@ -{},{old} +{},{new} @@", from + by, to + by),
            Numbers::Ones => format!("@@ -1,{old} +1,{new} @@"),
            Numbers::FewerCounted => format!("@@ -{from},{} +{to},{} @@", old.saturating_sub(1), new.saturating_sub(1)),
            Numbers::MoreCounted if at + 1 < hunks.len() => format!("@@ -{from},{} +{to},{} @@", old + 3, new + 3),
            Numbers::MoreCounted => format!("@@ -{from},{old} +{to},{new} @@"),
            Numbers::Bare => "@@".to_owned(),
            Numbers::Dots => "@@ ... @@".to_owned(),
            Numbers::Empty => "@@ -,+ @@".to_owned(),
        };
        put(out, &header, style);
        marked(out, hunk, style, true);
    }
}

fn blocks(steps: &[Step], style: &Style) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut block = |path: &str, old: &[u8], new: &[u8]| {
        if !out.is_empty() {
            out.extend_from_slice(style.gap.as_bytes());
        }
        for line in [path, "```", "<<<<<<< SEARCH"] {
            put(&mut out, line, style);
        }
        for (side, mark) in [(old, "======="), (new, ">>>>>>> REPLACE")] {
            out.extend_from_slice(side);
            if !side.is_empty() && !side.ends_with(b"\n") {
                out.extend_from_slice(style.end.as_bytes());
            }
            put(&mut out, mark, style);
        }
        put(&mut out, "```", style);
    };
    for step in steps {
        match step {
            Step::Update { path, hunks, .. } => {
                for hunk in hunks {
                    let (old, new) = sides(hunk, style, !style.newline.is_empty());
                    block(path, &old, &new);
                }
            }
            Step::Create { path, lines } => block(path, b"", &content(lines, style)),
            Step::Delete { .. } | Step::Move { .. } => return None,
        }
    }
    Some(out)
}

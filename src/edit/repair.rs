//! Slips that go through a whole edit and leave it one meaning: what was copied along with the text, or escaped once too
//! often. Each is undone everywhere or nowhere, and only tried where the edit does not fit as it is.

use super::fold::Level;
use super::step::{Action, Hunk, HunkLine, Sign, Step};

/// An edit with one kind of slip undone; `None` where it has none.
pub type Repair = fn(&[Step]) -> Option<Vec<Step>>;

/// In the order in which they are tried, each with how much lines may differ besides.
pub const ALL: &[(Repair, Level)] = &[
    (fences, Level::Everything),
    (numbers_closely, Level::Punctuation),
    (numbers, Level::Punctuation),
    (escapes, Level::Everything),
    (newlines, Level::Everything),
    (entities, Level::Everything),
    (backslashes, Level::Everything),
    (quotes, Level::Everything),
    (signs, Level::Everything),
    (numbers_closely, Level::Everything),
    (numbers, Level::Everything),
];

/// Each old and new text, changed; `None` where nothing would be.
fn each(steps: &[Step], change: &dyn Fn(&[u8]) -> Option<Vec<u8>>) -> Option<Vec<Step>> {
    let mut changed = false;
    let mut text = |bytes: &Vec<u8>| match change(bytes) {
        Some(other) => {
            changed = true;
            other
        }
        None => bytes.clone(),
    };
    let mut out = Vec::with_capacity(steps.len());
    for step in steps {
        let action = match &step.action {
            Action::Replace { old, new, all } => Action::Replace { old: text(old), new: text(new), all: *all },
            Action::Change(part) => {
                let hunks = part.hunks.iter().map(|hunk| in_hunk(hunk, &mut text)).collect();
                Action::Change(super::step::Change { hunks, ..part.clone() })
            }
            Action::Create { text: all, executable } => Action::Create { text: text(all), executable: *executable },
            Action::Fill { text: all } => Action::Fill { text: text(all) },
            Action::Write { .. } | Action::Delete { .. } => step.action.clone(),
        };
        out.push(Step { path: step.path.clone(), action });
    }
    changed.then_some(out)
}

/// A hunk whose lines are each changed; one line may become several.
fn in_hunk(hunk: &Hunk, text: &mut dyn FnMut(&Vec<u8>) -> Vec<u8>) -> Hunk {
    let lines = hunk.lines.iter().flat_map(|line| {
        let changed = text(&line.text);
        let parts: Vec<HunkLine> =
            changed.split(|byte| *byte == b'\n').map(|part| HunkLine { text: part.to_vec(), ..line.clone() }).collect();
        parts
    });
    let changed = Hunk { lines: lines.collect(), ..hunk.clone() };
    if !hunk.compared {
        return changed;
    }
    // What is common to its two texts may be another now.
    let whole = |side: fn(&HunkLine) -> bool| -> Vec<u8> {
        let ended = |line: &HunkLine| [&line.text[..], if line.cr { b"\r\n" } else { b"\n" }].concat();
        changed.lines.iter().filter(|line| side(line)).flat_map(ended).collect()
    };
    Hunk::between(hunk.line, &whole(HunkLine::is_old), &whole(HunkLine::is_new))
}

/// Old and new text each between Markdown fences.
fn fences(steps: &[Step]) -> Option<Vec<Step>> {
    fn inner(text: &[u8]) -> Option<Vec<u8>> {
        let trimmed = text.trim_ascii();
        let rest = trimmed.strip_prefix(b"```")?;
        let (info, rest) = rest.split_at(rest.iter().position(|byte| *byte == b'\n')?);
        let body = rest.strip_prefix(b"\n")?.strip_suffix(b"```")?;
        let plain = info.iter().all(|byte| byte.is_ascii_alphanumeric() || b" +-_.\r".contains(byte));
        let ended = text.ends_with(b"\n");
        let body = if ended { body } else { body.strip_suffix(b"\n").unwrap_or(body) };
        plain.then(|| body.to_vec())
    }
    let steps: Option<Vec<Step>> = steps
        .iter()
        .map(|step| match &step.action {
            Action::Replace { old, new, all } => {
                let new =
                    if new.trim_ascii().is_empty() { new.clone() } else { inner(new).unwrap_or_else(|| new.clone()) };
                let action = Action::Replace { old: inner(old)?, new, all: *all };
                Some(Step { path: step.path.clone(), action })
            }
            Action::Change(change) => {
                let hunks = change.hunks.iter().map(unfenced).collect::<Option<Vec<Hunk>>>()?;
                let action = Action::Change(super::step::Change { hunks, ..change.clone() });
                Some(Step { path: step.path.clone(), action })
            }
            Action::Create { .. } | Action::Fill { .. } | Action::Write { .. } | Action::Delete { .. } => {
                Some(step.clone())
            }
        })
        .collect();
    steps.filter(|steps| !steps.is_empty())
}

/// A hunk without the fence lines at both of its ends.
fn unfenced(hunk: &Hunk) -> Option<Hunk> {
    let is_fence = |line: &HunkLine| line.text.trim_ascii().starts_with(b"```");
    let ends = hunk.old().next().is_some_and(is_fence) && hunk.old().last().is_some_and(is_fence);
    let lines = hunk.lines.iter().filter(|line| !is_fence(line)).cloned().collect();
    (ends && hunk.lines.iter().filter(|line| is_fence(line)).count() <= 4).then(|| Hunk { lines, ..hunk.clone() })
}

/// Line numbers that a tool put before each line, `12\t`, `12| `, `12→`; the blank behind them is theirs too.
fn numbers(steps: &[Step]) -> Option<Vec<Step>> {
    unnumbered(steps, true)
}

/// The same where that blank is the line's own.
fn numbers_closely(steps: &[Step]) -> Option<Vec<Step>> {
    unnumbered(steps, false)
}

fn unnumbered(steps: &[Step], blank: bool) -> Option<Vec<Step>> {
    let old_lines =
        |text: &'_ [u8]| super::lines::split(text).iter().map(|line| line.text.to_vec()).collect::<Vec<_>>();
    for step in steps {
        let hunks: Vec<Vec<Vec<u8>>> = match &step.action {
            Action::Replace { old, .. } => vec![old_lines(old)],
            Action::Change(change) => {
                change.hunks.iter().map(|hunk| hunk.old().map(|line| line.text.clone()).collect()).collect()
            }
            Action::Create { .. } | Action::Fill { .. } | Action::Write { .. } | Action::Delete { .. } => Vec::new(),
        };
        if !hunks.iter().all(|lines| counts(lines)) {
            return None;
        }
    }
    each(steps, &|text| {
        let lines = text.split(|byte| *byte == b'\n').map(|line| numbered(line, blank).map_or(line, |(_, rest)| rest));
        let out = lines.collect::<Vec<_>>().join(&b'\n');
        (out != text).then_some(out)
    })
}

/// Does every line with text have a number, each one more than the one before?
fn counts(lines: &[Vec<u8>]) -> bool {
    let mut last: Option<u64> = None;
    for line in lines.iter().filter(|line| !line.trim_ascii().is_empty()) {
        let Some((number, _)) = numbered(line, false) else { return false };
        if last.is_some_and(|last| number <= last) {
            return false;
        }
        last = Some(number);
    }
    last.is_some()
}

/// The number before a line, and the line.
fn numbered(line: &[u8], blank: bool) -> Option<(u64, &[u8])> {
    let rest = line.trim_ascii_start();
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let number = std::str::from_utf8(rest.get(..digits)?).ok()?.parse().ok()?;
    let rest = rest.get(digits..)?;
    let tight = ["\t", "|", "\u{2192}", ":", "\u{2502}", " |", " \u{2192}", " \u{2502}", ")"];
    let rest = tight.iter().find_map(|mark| rest.strip_prefix(mark.as_bytes()))?;
    Some((number, if blank { rest.strip_prefix(b" ").unwrap_or(rest) } else { rest }))
}

/// Text that is escaped as in a JSON string: `\n`, `\t`, `\"`, `\\`.
fn escapes(steps: &[Step]) -> Option<Vec<Step>> {
    if !in_one_line(steps) {
        return None;
    }
    each(steps, &|text| {
        let quoted = [b"\"", text, b"\""].concat();
        // A quote that is not escaped ends a JSON string, so such a text was not escaped as one.
        serde_json::from_slice::<String>(&quoted).ok().map(String::into_bytes).filter(|plain| plain != text)
    })
}

/// Line ends, tabs and quotes alone are escaped.
fn newlines(steps: &[Step]) -> Option<Vec<Step>> {
    if !in_one_line(steps) {
        return None;
    }
    each(steps, &|text| replaced(text, &[("\\r\\n", "\n"), ("\\n", "\n"), ("\\t", "\t"), ("\\\"", "\"")]))
}

/// Is there no old text of several lines, and one with an escaped line end?
fn in_one_line(steps: &[Step]) -> bool {
    let escaped = |text: &[u8]| text.windows(2).any(|pair| pair == b"\\n");
    let mut any = false;
    for step in steps {
        let texts: Vec<&[u8]> = match &step.action {
            Action::Replace { old, new, .. } => vec![old, new],
            Action::Change(change) => {
                change.hunks.iter().flat_map(|hunk| hunk.lines.iter().map(|line| line.text.as_slice())).collect()
            }
            Action::Create { .. } | Action::Fill { .. } | Action::Write { .. } | Action::Delete { .. } => Vec::new(),
        };
        any |= texts.iter().any(|text| escaped(text));
        if texts.iter().any(|text| text.contains(&b'\n')) {
            return false;
        }
    }
    any
}

/// HTML entities.
fn entities(steps: &[Step]) -> Option<Vec<Step>> {
    const NAMES: &[(&str, &str)] = &[
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#x22;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&#X27;", "'"),
        ("&apos;", "'"),
        ("&amp;", "&"),
    ];
    each(steps, &|text| replaced(text, NAMES))
}

/// Every backslash twice.
fn backslashes(steps: &[Step]) -> Option<Vec<Step>> {
    each(steps, &|text| replaced(text, &[("\\\\", "\\")]))
}

/// Quotes with a backslash before them.
fn quotes(steps: &[Step]) -> Option<Vec<Step>> {
    each(steps, &|text| replaced(text, &[("\\\"", "\""), ("\\'", "'"), ("\\`", "`"), ("\\$", "$")]))
}

/// Context lines of a diff that came without the blank in front: what was taken for it is theirs.
fn signs(steps: &[Step]) -> Option<Vec<Step>> {
    let mut changed = false;
    let mut out = steps.to_vec();
    for step in &mut out {
        let Action::Change(change) = &mut step.action else { continue };
        for line in change.hunks.iter_mut().flat_map(|hunk| &mut hunk.lines) {
            if line.sign == Sign::Keep && !line.bare && !line.text.is_empty() {
                line.text.insert(0, b' ');
                changed = true;
            }
        }
    }
    changed.then_some(out)
}

/// The text with each of these replaced, in one pass from its start; `None` where there is none.
fn replaced(text: &[u8], pairs: &[(&str, &str)]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.first() {
        match pairs.iter().find_map(|(from, to)| Some((rest.strip_prefix(from.as_bytes())?, to))) {
            Some((after, to)) => {
                out.extend_from_slice(to.as_bytes());
                rest = after;
            }
            None => {
                out.push(*first);
                rest = rest.get(1..).unwrap_or_default();
            }
        }
    }
    (out != text).then_some(out)
}

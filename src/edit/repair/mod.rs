//! Slips that go through a whole edit and leave it one meaning: what was copied along with the text, or escaped once too
//! often. Each is undone everywhere or nowhere, and only tried where the edit does not fit as it is.

mod numbers;

use super::fold::{Level, is_blank};
use super::step::{Action, Hunk, HunkLine, Sign, Step};

/// An edit with one kind of slip undone; `None` where it has none.
pub type Repair = fn(&[Step]) -> Option<Vec<Step>>;

/// In the order in which they are tried, each with how much lines may differ besides. Blank lines are passed over only where
/// the edit does not stand without that.
pub const ALL: &[(Repair, Level)] = &[
    (blank_ends, Level::Everything),
    (as_it_is, Level::Blanks),
    (fences, Level::Blanks),
    (numbers::closely, Level::Punctuation),
    (numbers::with_blank, Level::Punctuation),
    (escapes, Level::Blanks),
    (newlines, Level::Blanks),
    (entities, Level::Blanks),
    (escapes_in_lines, Level::Blanks),
    (backslashes, Level::Blanks),
    (quotes, Level::Blanks),
    (signs, Level::Blanks),
    (numbers::closely, Level::Blanks),
    (numbers::with_blank, Level::Blanks),
];

/// One of the texts of the edit cannot have this slip, so none has.
struct Unfit;

/// What a text becomes; nothing where it stays.
type Changed = Result<Option<Vec<u8>>, Unfit>;

/// Each old and new text, changed; `None` where nothing would be, or one does not fit.
fn each(steps: &[Step], change: &dyn Fn(&[u8]) -> Changed) -> Option<Vec<Step>> {
    let (mut changed, mut unfit) = (false, false);
    let mut text = |bytes: &Vec<u8>| match change(bytes) {
        Ok(Some(other)) => {
            changed = true;
            other
        }
        Ok(None) => bytes.clone(),
        Err(Unfit) => {
            unfit = true;
            bytes.clone()
        }
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
    (changed && !unfit).then_some(out)
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

/// The edit itself.
fn as_it_is(steps: &[Step]) -> Option<Vec<Step>> {
    Some(steps.to_vec())
}

/// Blank lines too many at the ends of both texts.
fn blank_ends(steps: &[Step]) -> Option<Vec<Step>> {
    let mut changed = false;
    let mut out = steps.to_vec();
    for step in &mut out {
        match &mut step.action {
            Action::Replace { old, new, all: _ } if old.contains(&b'\n') => {
                let (short_old, short_new) = without_blank_ends(&split(old), &split(new));
                changed |= short_old.len() < split(old).len();
                (*old, *new) = (short_old.join(&b'\n'), short_new.join(&b'\n'));
            }
            Action::Change(change) => {
                for hunk in change.hunks.iter_mut().filter(|hunk| hunk.changes_text()) {
                    let (old, new) = (texts(hunk, HunkLine::is_old), texts(hunk, HunkLine::is_new));
                    let (short_old, short_new) = without_blank_ends(&old, &new);
                    if short_old.len() < old.len() {
                        changed = true;
                        *hunk = rewritten(hunk, &short_old, &short_new);
                    }
                }
            }
            Action::Replace { .. }
            | Action::Create { .. }
            | Action::Fill { .. }
            | Action::Write { .. }
            | Action::Delete { .. } => {}
        }
    }
    changed.then_some(out)
}

/// Both lists without the blank lines that they have alike at their ends.
fn without_blank_ends<'t>(old: &[&'t [u8]], new: &[&'t [u8]]) -> (Vec<&'t [u8]>, Vec<&'t [u8]>) {
    let blank = |line: &&&[u8]| is_blank(line);
    let most = |lines: &[&[u8]]| lines.iter().filter(|line| !is_blank(line)).count().min(1);
    let lead = old.iter().take_while(blank).count().min(new.iter().take_while(blank).count());
    let trail = old.iter().rev().take_while(blank).count().min(new.iter().rev().take_while(blank).count());
    if most(old) == 0 || most(new) == 0 {
        return (old.to_vec(), new.to_vec());
    }
    let inner = |lines: &[&'t [u8]]| lines.get(lead..lines.len() - trail).unwrap_or_default().to_vec();
    (inner(old), inner(new))
}

fn split(text: &[u8]) -> Vec<&[u8]> {
    text.split(|byte| *byte == b'\n').collect()
}

/// The lines of one side of a hunk.
fn texts(hunk: &Hunk, side: fn(&HunkLine) -> bool) -> Vec<&[u8]> {
    hunk.lines.iter().filter(|line| side(line)).map(|line| line.text.as_slice()).collect()
}

/// A hunk with other texts on its sides, at the same place.
fn rewritten(hunk: &Hunk, old: &[&[u8]], new: &[&[u8]]) -> Hunk {
    let whole =
        |lines: &[&[u8]]| lines.iter().flat_map(|line| line.iter().copied().chain([b'\n'])).collect::<Vec<u8>>();
    let Hunk { lines, compared, .. } = Hunk::between(hunk.line, &whole(old), &whole(new));
    let ends = hunk.lines.iter().any(|line| line.cr);
    let lines = lines.into_iter().map(|line| HunkLine { cr: ends, ..line }).collect();
    Hunk { lines, compared, ..hunk.clone() }
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

/// Text that is escaped as in a JSON string, its line ends too: `\n`, `\t`, `\"`, `\\`.
fn escapes(steps: &[Step]) -> Option<Vec<Step>> {
    in_one_line(steps).then(|| each(steps, &from_json)).flatten()
}

/// The same of each line by itself.
fn escapes_in_lines(steps: &[Step]) -> Option<Vec<Step>> {
    each(steps, &|text| {
        let lines =
            text.split(|byte| *byte == b'\n').map(|line| from_json(line).map(|plain| plain.unwrap_or(line.to_vec())));
        let plain = lines.collect::<Result<Vec<_>, Unfit>>()?.join(&b'\n');
        Ok((plain != text).then_some(plain))
    })
}

/// A quote that is not escaped ends a JSON string, so such a text was not escaped as one.
fn from_json(text: &[u8]) -> Changed {
    if !text.iter().any(|byte| matches!(byte, b'\\' | b'"')) {
        return Ok(None);
    }
    // Tabs may stand as they are.
    let quoted = [b"\"", text, b"\""].concat();
    let quoted = String::from_utf8(quoted).map_err(|_| Unfit)?.replace('\t', "\\t");
    let plain = serde_json::from_str::<String>(&quoted).map_err(|_| Unfit)?.into_bytes();
    Ok((plain != text).then_some(plain))
}

/// Line ends, tabs and quotes alone are escaped.
fn newlines(steps: &[Step]) -> Option<Vec<Step>> {
    const ENDS: &[(&str, &str)] = &[("\\r\\n", "\n"), ("\\n", "\n"), ("\\t", "\t"), ("\\\"", "\"")];
    in_one_line(steps).then(|| each(steps, &|text| Ok(replaced(text, ENDS)))).flatten()
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
    each(steps, &|text| Ok(replaced(text, NAMES)))
}

/// Every backslash twice.
fn backslashes(steps: &[Step]) -> Option<Vec<Step>> {
    each(steps, &|text| Ok(replaced(text, &[("\\\\", "\\")])))
}

/// Quotes with a backslash before them.
fn quotes(steps: &[Step]) -> Option<Vec<Step>> {
    const MARKS: &[(&str, &str)] = &[("\\\"", "\""), ("\\'", "'"), ("\\`", "`"), ("\\$", "$")];
    each(steps, &|text| {
        // A backslash that is escaped too makes it another slip.
        if text.windows(2).any(|pair| pair == b"\\") { Err(Unfit) } else { Ok(replaced(text, MARKS)) }
    })
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

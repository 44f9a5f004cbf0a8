//! One file of a unified diff: its headers, and what is to be done by them.

use super::{Reader, hunk};
use crate::edit::read::{cut_off, header};
use crate::edit::refusal::{Cause, Refusal};
use crate::edit::step::{Action, Change, Hunk, Sign, Step};

/// A file's part of a diff.
#[derive(Debug, Default)]
pub struct Section {
    line: usize,
    old: Option<Name>,
    new: Option<Name>,
    renamed: bool,
    copied: bool,
    mode: Option<String>,
    created: bool,
    deleted: bool,
    /// It has the lines `---` and `+++`, after which a hunk comes.
    paired: bool,
    /// A line `---` without its `+++`.
    dangling: bool,
    /// What git says of the contents: how alike they are, and their names.
    similarity: Option<u32>,
    index: Option<String>,
    /// The headers' own lines end with CR LF.
    cr: bool,
    hunks: Vec<hunk::Read>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Name {
    Nothing,
    Path(String),
}

/// Does a file's part begin at this line?
pub fn begins(lines: &[&[u8]], at: usize) -> bool {
    let line = lines.get(at).copied().unwrap_or_default();
    let next = lines.get(at + 1).copied().unwrap_or_default();
    line.starts_with(b"diff --git ")
        || line.starts_with(b"Index: ")
        || is_pair(lines, at)
        || (line.starts_with(b"+++ ") && next.starts_with(b"@@"))
}

/// Are these two lines the names of a file before and after?
pub fn is_pair(lines: &[&[u8]], at: usize) -> bool {
    let line = |at: usize| lines.get(at).copied().unwrap_or_default();
    line(at).starts_with(b"--- ") && line(at + 1).starts_with(b"+++ ")
}

/// The part that begins at a line, and the line behind it.
pub fn read(reader: &Reader<'_>, at: usize) -> Result<(Section, usize), Refusal> {
    let mut section = Section { line: reader.number(at), cr: reader.text(at).ends_with(b"\r"), ..Section::default() };
    let mut at = section.headers(reader, at)?;
    while reader.text(at).starts_with(b"@@") {
        let (read, next) = hunk::read(reader, at)?;
        section.hunks.push(read);
        at = next;
    }
    Ok((section, at))
}

impl Section {
    fn headers(&mut self, reader: &Reader<'_>, start: usize) -> Result<usize, Refusal> {
        let mut at = start;
        while at < reader.lines.len() {
            let line = reader.text(at).trim_ascii_end();
            let number = reader.number(at);
            let name = |rest: &[u8]| header::path(rest).map(Name::Path).map_err(|refusal| refusal.at(number));
            if line.starts_with(b"diff --git ") {
                if at > start {
                    break;
                }
                if let Some((old, new)) = git_names(line) {
                    (self.old, self.new) = (Some(Name::Path(old)), Some(Name::Path(new)));
                }
            } else if is_pair(&reader.texts, at) {
                let (old, new) = pair(line, reader.text(at + 1)).map_err(|refusal| refusal.at(number))?;
                self.paired = true;
                let (was, is) = (self.old.replace(old), self.new.replace(new));
                self.agree(was.as_ref(), is.as_ref())?;
                at += 2;
                break;
            } else if let Some(rest) = line.strip_prefix(b"+++ ") {
                let new = name(rest.split(|byte| *byte == b'\t').next().unwrap_or_default())?;
                (self.old, self.new) = (Some(new.clone()), Some(new));
            } else if let Some(rest) = line.strip_prefix(b"rename from ") {
                (self.old, self.renamed) = (Some(name(rest)?), true);
            } else if let Some(rest) = line.strip_prefix(b"rename to ") {
                (self.new, self.renamed) = (Some(name(rest)?), true);
            } else if let Some(rest) = line.strip_prefix(b"copy from ") {
                (self.old, self.copied) = (Some(name(rest)?), true);
            } else if let Some(rest) = line.strip_prefix(b"copy to ") {
                (self.new, self.copied) = (Some(name(rest)?), true);
            } else if let Some(rest) = line.strip_prefix(b"new file mode ") {
                (self.mode, self.created) = (Some(String::from_utf8_lossy(rest).into_owned()), true);
            } else if line.starts_with(b"deleted file mode ") {
                self.deleted = true;
            } else if let Some(rest) = line.strip_prefix(b"new mode ") {
                self.mode = Some(String::from_utf8_lossy(rest).into_owned());
            } else if line.starts_with(b"Binary files ") || line.starts_with(b"GIT binary patch") {
                return Err(Refusal::new(
                    Cause::Content,
                    format!("line {number}: a binary patch cannot be applied; write the file with a command"),
                )
                .at(number));
            } else if let Some(rest) = line.strip_prefix(b"similarity index ") {
                self.similarity = String::from_utf8_lossy(rest).trim_end_matches('%').parse().ok();
            } else if let Some(rest) = line.strip_prefix(b"index ") {
                self.index = Some(String::from_utf8_lossy(rest).into_owned());
            } else if line.starts_with(b"--- ") {
                self.dangling = true;
            } else if at > start && !is_noise(line) {
                // The first line began the part, whatever is left of it without its blanks.
                break;
            }
            at += 1;
        }
        Ok(at)
    }

    /// The names of the git header and of the diff must be the same file's.
    fn agree(&self, was: Option<&Name>, is: Option<&Name>) -> Result<(), Refusal> {
        let differs = |before: Option<&Name>, after: Option<&Name>| matches!((before, after), (Some(Name::Path(before)), Some(Name::Path(after))) if before != after);
        if differs(was, self.old.as_ref()) || differs(is, self.new.as_ref()) {
            return Err(
                Refusal::malformed(format!("line {}: the headers name different files", self.line)).at(self.line)
            );
        }
        Ok(())
    }

    /// Do its headers say that lines change, or are they not whole?
    fn wants_hunks(&self, reader: &Reader<'_>) -> bool {
        let content = self.index.as_deref().and_then(|index| index.split_once("..")).map_or("", |(_, content)| content);
        let filled = self.created && content.len() >= 7 && !content.starts_with("e69de29");
        let cut = !reader.ended && (self.renamed || self.copied || self.created);
        self.dangling || filled || cut || self.similarity.is_some_and(|percent| percent < 100)
    }

    pub fn step(self) -> Result<Step, Refusal> {
        let line = self.line;
        self.into_step().map_err(|refusal| refusal.at(line))
    }

    fn into_step(self) -> Result<Step, Refusal> {
        let executable = self.mode.as_deref().map(executable).transpose()?;
        let from_nothing =
            self.hunks.iter().all(|read| read.span.as_ref().is_some_and(|span| (span.at, span.old) == (0, 0)));
        let hunks: Vec<Hunk> = self.hunks.into_iter().map(|read| read.hunk).collect();
        let (old, new) = (self.old.unwrap_or(Name::Nothing), self.new.unwrap_or(Name::Nothing));
        let created = self.created || old == Name::Nothing;
        let deleted = self.deleted || new == Name::Nothing;
        match (old, new) {
            (Name::Nothing, Name::Nothing) => Err(Refusal::malformed("the diff names no file")),
            (Name::Path(path), _) if deleted => {
                let held = (!hunks.is_empty()).then_some(hunks);
                Ok(Step { path, action: Action::Delete { held } })
            }
            (_, Name::Path(path)) if created => {
                let text = new_text(&hunks, self.cr)?;
                Ok(Step { path, action: Action::Create { text, executable: executable.unwrap_or(false) } })
            }
            (Name::Path(old), Name::Path(new)) => {
                let moved = self.renamed || self.copied;
                if let ([only], false) = (hunks.as_slice(), moved)
                    && from_nothing
                    && only.old().next().is_none()
                {
                    return Ok(Step { path: new, action: Action::Fill { text: new_text(&hunks, self.cr)? } });
                }
                let path = if old == new || moved { old.clone() } else { one_of(old.clone(), &new)? };
                let mut hunks = hunks;
                if hunks.len() > 1 {
                    hunks.retain(|hunk| hunk.changes() || hunk.short);
                }
                if hunks.is_empty() && !moved && executable.is_none() {
                    return Err(Refusal::malformed(format!("the diff of `{path}` has no hunk")));
                }
                let to = moved.then_some(new).filter(|new| *new != old);
                Ok(Step { path, action: Action::Change(Change { to, copy: self.copied, executable, hunks }) })
            }
            (Name::Path(_), Name::Nothing) | (Name::Nothing, Name::Path(_)) => {
                Err(Refusal::malformed("the diff names no file"))
            }
        }
    }
}

/// Lines of a header that say nothing that is needed.
fn is_noise(line: &[u8]) -> bool {
    const NOISE: &[&str] =
        &["index ", "similarity index ", "dissimilarity index ", "old mode ", "Index: ", "======", "diff "];
    line.is_empty() || NOISE.iter().any(|noise| line.starts_with(noise.as_bytes()))
}

fn executable(mode: &str) -> Result<bool, Refusal> {
    match mode.trim() {
        "100755" => Ok(true),
        "100644" | "100664" => Ok(false),
        other => Err(Refusal::new(
            Cause::Content,
            format!("a file of mode {other} is no regular file; make links and submodules with a command"),
        )),
    }
}

/// The names of `--- a/path` and `+++ b/path`, without the letters that tools put before them.
fn pair(old: &[u8], new: &[u8]) -> Result<(Name, Name), Refusal> {
    let field = |line: &'_ [u8]| {
        let rest = line.get(4..).unwrap_or_default();
        without_time(rest.split(|byte| *byte == b'\t').next().unwrap_or_default().trim_ascii()).to_vec()
    };
    let name = |text: Vec<u8>| match text.as_slice() {
        b"/dev/null" => Ok(Name::Nothing),
        path => header::path(path).map(Name::Path),
    };
    let (old, new) = (name(field(old))?, name(field(new))?);
    let letter = |name: &Name, letters: &[&str]| match name {
        Name::Nothing => true,
        Name::Path(path) => letters.iter().any(|letter| path.starts_with(letter)),
    };
    let sides: [(&[&str], &[&str]); 2] = [(&["a/"], &["b/"]), (&["c/", "i/", "o/"], &["i/", "w/"])];
    if sides.iter().any(|(left, right)| letter(&old, left) && letter(&new, right)) {
        let bare = |name: Name| match name {
            Name::Path(path) => Name::Path(path.split_once('/').map_or(path.clone(), |(_, rest)| rest.to_owned())),
            Name::Nothing => Name::Nothing,
        };
        return Ok((bare(old), bare(new)));
    }
    Ok((old, new))
}

/// A name without the time that stands behind it: ` 2024-01-01 00:00:00 +0000`.
fn without_time(name: &[u8]) -> &[u8] {
    let dated = |text: &[u8]| {
        let digits =
            |range: std::ops::Range<usize>| text.get(range).is_some_and(|part| part.iter().all(u8::is_ascii_digit));
        text.first() == Some(&b' ')
            && digits(1..5)
            && text.get(5) == Some(&b'-')
            && digits(6..8)
            && text.get(8) == Some(&b'-')
            && digits(9..11)
    };
    let at = (0..name.len()).find(|at| name.get(*at..).is_some_and(dated));
    name.get(..at.unwrap_or(name.len())).unwrap_or(name).trim_ascii_end()
}

/// The names of `diff --git a/path b/path`, which may hold spaces.
fn git_names(line: &[u8]) -> Option<(String, String)> {
    let rest = line.strip_prefix(b"diff --git ")?;
    let text = std::str::from_utf8(rest).ok()?;
    let same = text.match_indices(" b/").find_map(|(at, _)| {
        let (old, new) = (text.get(..at)?.strip_prefix("a/")?, text.get(at + 3..)?);
        (old == new).then(|| (old.to_owned(), new.to_owned()))
    });
    same.or_else(|| {
        let (old, new) = text.split_once(' ')?;
        let bare = |name: &str, letter: &str| Some(name.strip_prefix(letter)?.to_owned());
        (!new.contains(' ')).then(|| Some((bare(old, "a/")?, bare(new, "b/")?)))?
    })
}

/// Of two names without a word of renaming the file's own: not the one of a copy that somebody kept.
fn one_of(old: String, new: &str) -> Result<String, Refusal> {
    let kept = [".orig", ".old", ".bak", "~"].iter().any(|end| old.strip_suffix(end) == Some(new));
    let below = |long: &str, short: &str| long.strip_suffix(short).is_some_and(|rest| rest == "a/" || rest == "b/");
    if kept || below(&old, new) {
        Ok(new.to_owned())
    } else if below(new, &old) {
        Ok(old)
    } else {
        Err(Refusal::malformed(format!(
            "the diff names `{old}` and `{new}`; to move a file, say `rename from` and `rename to`"
        )))
    }
}

/// The text of a new file.
fn new_text(hunks: &[Hunk], cr: bool) -> Result<Vec<u8>, Refusal> {
    let mut text = Vec::new();
    for line in hunks.iter().flat_map(|hunk| &hunk.lines) {
        if line.sign != Sign::Add && !line.text.is_empty() {
            return Err(Refusal::malformed(format!(
                "a new file has only lines that begin with `+`; found `{}`",
                super::super::shown(&line.text)
            )));
        }
        text.extend_from_slice(&line.text);
        text.extend_from_slice(if line.cr && !cr { b"\r\n" } else { b"\n" });
    }
    if hunks.iter().any(|hunk| hunk.new_unended) {
        text.pop();
        text.pop_if(|byte| *byte == b'\r');
    }
    Ok(text)
}

/// Refuses a diff that stops before its end, as far as that can be told from counts, context and the last newline.
pub fn whole(reader: &Reader<'_>, sections: &mut [Section]) -> Result<(), Refusal> {
    if let Some(section) = sections.iter().find(|section| section.paired && section.hunks.is_empty()) {
        return Err(cut_off(format!("line {}: the diff names a file and has no hunk", section.line)).at(section.line));
    }
    let seems = |why: &str, line: usize| Err(cut_off(format!("the diff seems to be cut off: {why}")).at(line));
    if reader.open {
        return seems("the fence around it is not closed", reader.lines.len());
    }
    if let Some(section) = sections.iter().find(|section| section.hunks.is_empty() && section.wants_hunks(reader)) {
        return seems("a file has no hunk", section.line);
    }
    if !reader.ended
        && reader.texts.last().is_some_and(|line| !line.is_empty() && line.iter().all(|byte| *byte == b' '))
    {
        return seems("its last line has no newline", reader.lines.len());
    }
    let mut hunks: Vec<&mut hunk::Read> = sections.iter_mut().flat_map(|section| &mut section.hunks).collect();
    let Some((last, others)) = hunks.split_last_mut() else { return Ok(()) };
    let line = last.hunk.line;
    if !last.hunk.changes() {
        return seems("its last hunk changes nothing", line);
    }
    let stops = |why: &str| Err(cut_off(format!("the diff seems to be cut off in its last hunk: {why}")).at(line));
    let ends_changed = last.hunk.lines.last().is_some_and(|line| line.sign != Sign::Keep) && last.hunk.loose == 0;
    if !reader.ended && ends_changed && !last.hunk.new_unended && !last.hunk.old_unended {
        return stops("its last line has no newline");
    }
    let Some(span) = &last.span else { return Ok(()) };
    let (old, new) = last.counts();
    let (short_old, short_new) = (span.old.saturating_sub(old), span.new.saturating_sub(new));
    let miscounted = others.iter().any(|read| {
        read.span.as_ref().is_some_and(|span| {
            let tight = (read.hunk.old().count(), read.hunk.new_lines().count());
            (span.old, span.new) != read.counts() && (span.old, span.new) != tight
        })
    });
    // Too many lines on one side are no sign of a cut.
    let over = old > span.old || new > span.new;
    if (short_old, short_new) == (0, 0) || over || (miscounted && reader.ended) {
        return Ok(());
    }
    if reader.ended && last.hunk.old().next().is_some() {
        // Whether the numbers are to be believed is known where the hunk has its place.
        last.hunk.short = true;
        return Ok(());
    }
    stops(&format!("it has {old} old and {new} new lines, and its header says {} and {}", span.old, span.new))
}

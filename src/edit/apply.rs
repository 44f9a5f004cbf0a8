//! From steps to a change set: each step sees what the ones before it made, and all of them are made or none.

use super::change::{ChangeSet, FileEdit, Mode};
use super::fold::Level;
use super::lines::{Ending, Line};
use super::refusal::{Cause, Refusal};
use super::replace::{Swap, replace};
use super::seek::{self, Index, Text};
use super::step::{Action, Change, Hunk, HunkLine, Sign, Step};
use super::{elision, merge};
use std::sync::Arc;

/// The files that an edit may meet.
pub trait Tree {
    /// A file by a path as it was sent; an error for a folder, and for a path that leads where edits may not.
    fn look(&self, path: &str) -> Result<Found, Refusal>;
}

/// A path and what is there.
#[derive(Debug, Clone)]
pub struct Found {
    /// The same for all paths that lead to it.
    pub path: String,
    pub present: Option<Present>,
    /// What is there has been seen, or may be lost.
    pub may_overwrite: bool,
}

#[derive(Debug, Clone)]
pub struct Present {
    pub bytes: Arc<[u8]>,
    pub executable: bool,
}

/// The change that all steps together are, where no line of a file may differ from the edit by more than `most`.
pub(super) fn apply(steps: &[Step], tree: &dyn Tree, most: Level) -> Result<ChangeSet, Refusal> {
    let mut draft = Draft { tree, most, change: ChangeSet::default() };
    for step in steps {
        draft.step(step).map_err(|refusal| {
            // Several hunks of one file are counted where they are sought.
            let several = matches!(&step.action, Action::Change(change) if change.hunks.len() > 1);
            let words = match refusal.line {
                Some(line) if steps.len() > 1 && !several => format!("line {line} of the edit: {}", refusal.words),
                Some(_) | None => refusal.words,
            };
            Refusal { words, ..refusal }.of(&step.path)
        })?;
    }
    let mut change = draft.change;
    change.files.retain(FileEdit::changes);
    if change.is_empty() {
        let path = steps.first().map_or("", |step| &step.path);
        return Err(Refusal::new(Cause::NoChange, "nothing would change; send what shall be different").of(path));
    }
    Ok(change)
}

struct Draft<'t> {
    tree: &'t dyn Tree,
    most: Level,
    change: ChangeSet,
}

/// A file as the next step meets it.
struct Now {
    found: Found,
    /// Its place in the change so far.
    at: Option<usize>,
    bytes: Option<Arc<[u8]>>,
}

impl Draft<'_> {
    fn step(&mut self, step: &Step) -> Result<(), Refusal> {
        let now = self.look(&step.path, makes_a_file(&step.action))?;
        let path = &now.found.path;
        match (&step.action, &now.bytes) {
            (Action::Create { text, executable }, _) => {
                elision::in_new_file(path, text)?;
                let free = self.free(&now, text)?;
                self.put(now, Some(text.as_slice().into()), free.then_some(*executable));
            }
            (Action::Fill { text }, _) => {
                self.unfilled(&now, text)?;
                self.put(now, Some(text.as_slice().into()), None);
            }
            (Action::Write { text }, None) => self.put(now, Some(text.as_slice().into()), None),
            (Action::Write { text }, Some(present)) => {
                self.free(&now, text)?;
                elision::refuse(path, present, text)?;
                let after = whole(present, text);
                if after.as_slice() == present.as_ref() {
                    return Err(same(path));
                }
                self.put(now, Some(after.into()), None);
            }
            (Action::Delete { .. }, Some(_)) if now.at.is_some() => {
                return Err(Refusal::malformed(format!(
                    "`{path}` is changed and then deleted by this edit; send one of the two"
                )));
            }
            (Action::Delete { held }, Some(present)) => {
                if let Some(held) = held {
                    emptied(present, held)?;
                }
                self.put(now, None, None);
            }
            (Action::Change(change), Some(present)) => {
                let after = hunks(path, present, &change.hunks, self.most)?;
                self.changed(now, change, after)?;
            }
            (Action::Replace { old, new, all }, Some(present)) => {
                let swap = Swap { old, new, all: *all };
                let after = replace(present, &swap, self.most)
                    .map_err(|refusal| Refusal { words: format!("`{path}`: {}", refusal.words), ..refusal })?;
                elision::refuse(path, present, new)?;
                self.put(now, Some(after.into()), None);
            }
            (Action::Replace { .. }, None) => {
                return Err(Refusal::new(
                    Cause::Missing,
                    format!("there is no `{}`; an empty `old_string` creates it", step.path),
                ));
            }
            (Action::Delete { .. } | Action::Change(_), None) => return Err(missing(&step.path)),
        }
        Ok(())
    }

    /// A file under its path, or, where nothing is, under the path without the `a/` or `b/` of a diff.
    fn look(&self, path: &str, makes: bool) -> Result<Now, Refusal> {
        let mut letters = path.bytes();
        let drive = letters.next().is_some_and(|letter| letter.is_ascii_alphabetic()) && letters.next() == Some(b':');
        if drive && letters.next().is_some_and(|byte| matches!(byte, b'/' | b'\\')) {
            let words = format!("`{path}` is a path of another system; send one relative to the working folder");
            return Err(Refusal::new(Cause::Path, words));
        }
        let now = self.now(path)?;
        if path.contains('\\') && now.bytes.is_none() && now.at.is_none() {
            // No file here has a backslash in its name, but paths of another system have.
            return self.look(&path.replace('\\', "/"), makes);
        }
        let bare = path.strip_prefix("a/").or_else(|| path.strip_prefix("b/")).filter(|bare| !bare.is_empty());
        let Some(bare) = bare.filter(|_| now.bytes.is_none() && now.at.is_none()) else { return Ok(now) };
        let folder = |path: &str| path.rsplit_once('/').map(|(folder, _)| folder.to_owned());
        // A folder is no file that could be looked at.
        let is_there = |path: Option<String>| path.is_some_and(|path| self.tree.look(&path).is_err());
        let short = self.now(bare)?;
        if short.bytes.is_some() {
            return Ok(short);
        }
        // A new file: where the folder of the diff's own letter is not there, and the rest's is, the letter is the diff's.
        let letter = path.get(..1).map(str::to_owned);
        if makes && !is_there(letter) && is_there(folder(bare)) {
            return Ok(short);
        }
        Ok(now)
    }

    fn now(&self, path: &str) -> Result<Now, Refusal> {
        let found = self.tree.look(path)?;
        let at = self.change.files.iter().position(|file| file.path == found.path);
        let moved = self.change.files.iter().any(|file| file.from.as_ref() == Some(&found.path));
        let bytes = match at.and_then(|at| self.change.files.get(at)) {
            Some(file) => file.after.clone(),
            None if moved => None,
            None => found.present.as_ref().map(|present| present.bytes.clone()),
        };
        Ok(Now { found, at, bytes })
    }

    /// May a whole text be put here? True where no file is.
    fn free(&self, now: &Now, text: &[u8]) -> Result<bool, Refusal> {
        match &now.bytes {
            None => Ok(true),
            Some(present) if present.as_ref() == text => Err(same(&now.found.path)),
            Some(_) if now.at.is_none() && now.found.may_overwrite => Ok(false),
            Some(_) => Err(exists(&now.found.path)),
        }
    }

    fn unfilled(&self, now: &Now, text: &[u8]) -> Result<(), Refusal> {
        match &now.bytes {
            None => Ok(()),
            Some(present) if present.is_empty() && !text.is_empty() => Ok(()),
            Some(present) if present.as_ref() == text => Err(same(&now.found.path)),
            Some(_) => Err(Refusal::new(
                Cause::Exists,
                format!(
                    "`{}` is not empty, so an empty old text cannot say where to edit; send the text to be replaced",
                    now.found.path
                ),
            )),
        }
    }

    fn put(&mut self, now: Now, after: Option<Arc<[u8]>>, executable: Option<bool>) {
        let was = now.found.present.as_ref().is_some_and(|present| present.executable);
        let mode = executable.filter(|executable| *executable != was).map(|after| Mode { before: was, after });
        match now.at.and_then(|at| self.change.files.get_mut(at)) {
            Some(file) => {
                file.after = after;
                file.mode = mode.or(file.mode);
            }
            None => {
                let before = now.found.present.map(|present| present.bytes);
                self.change.files.push(FileEdit { path: now.found.path, from: None, before, after, mode });
            }
        }
    }

    /// A file with other text, under its name or a new one.
    fn changed(&mut self, now: Now, change: &Change, after: Vec<u8>) -> Result<(), Refusal> {
        let Some(to) = &change.to else {
            self.put(now, Some(after.into()), change.executable);
            return Ok(());
        };
        let executable = now.found.present.as_ref().is_some_and(|present| present.executable);
        let target = self.look(to, true)?;
        if target.found.path == now.found.path {
            self.put(now, Some(after.into()), change.executable);
            return Ok(());
        }
        let free = self.free(&target, &after).map_err(|refusal| refusal.of(to))?;
        if change.copy {
            self.put(target, Some(after.into()), Some(change.executable.unwrap_or(executable)));
            return Ok(());
        }
        if !free || target.at.is_some() {
            self.put(now, None, None);
            self.put(target, Some(after.into()), change.executable);
            return Ok(());
        }
        let (at, from) = (now.at.unwrap_or(self.change.files.len()), now.found.path.clone());
        self.put(now, Some(after.into()), change.executable);
        if let Some(file) = self.change.files.get_mut(at) {
            file.path = target.found.path;
            // A file that this edit made has no name to lose.
            file.from = file.from.take().or(Some(from)).filter(|_| file.before.is_some());
        }
        Ok(())
    }
}

fn makes_a_file(action: &Action) -> bool {
    match action {
        Action::Create { .. } | Action::Fill { .. } | Action::Write { .. } => true,
        Action::Delete { .. } | Action::Change(_) | Action::Replace { .. } => false,
    }
}

/// A whole text as the file would have it: its byte order mark and line endings stay, and a last newline that is missing.
fn whole(present: &[u8], text: &[u8]) -> Vec<u8> {
    let have = Text::new(present);
    let sent = text.strip_prefix(seek::BOM).unwrap_or(text);
    if have.lines.is_empty() {
        return text.to_vec();
    }
    let new = super::lines::split(sent);
    // A text that knows one ending alone says nothing of the file's.
    let tells = new.iter().any(|line| line.ending == Ending::CrLf) && new.iter().any(|line| line.ending == Ending::Lf);
    let (old_texts, new_texts): (Vec<&[u8]>, Vec<&[u8]>) =
        (have.lines.iter().map(|line| line.text).collect(), new.iter().map(|line| line.text).collect());
    let line = |sign: Sign, line: &Line<'_>| HunkLine {
        sign,
        text: line.text.to_vec(),
        cr: tells && line.ending == Ending::CrLf,
        bare: false,
    };
    let (mut hunks, mut places) = (Vec::new(), Vec::new());
    for change in super::diff::changes(&old_texts, &new_texts) {
        let removed =
            have.lines.get(change.before.clone()).unwrap_or_default().iter().map(|old| line(Sign::Remove, old));
        let added = new.get(change.after).unwrap_or_default().iter().map(|new| line(Sign::Add, new));
        hunks.push(Hunk { lines: removed.chain(added).collect(), ..Hunk::default() });
        let (start, end) = (change.before.start, change.before.end);
        places.push(seek::Place { start, end, aligned: None, reindent: None, lead: None, level: Level::Exact });
    }
    let ends = sent.ends_with(b"\n") && !have.body.ends_with(b"\n");
    if ends {
        hunks.push(Hunk { old_unended: true, ..Hunk::default() });
        let end = have.lines.len();
        places.push(seek::Place { start: end, end, aligned: None, reindent: None, lead: None, level: Level::Exact });
    }
    merge::write(&have, &hunks, &places)
}

/// A file with hunks in it.
fn hunks(path: &str, present: &[u8], hunks: &[Hunk], most: Level) -> Result<Vec<u8>, Refusal> {
    if hunks.is_empty() {
        return Ok(present.to_vec());
    }
    let marked = |side: fn(&HunkLine) -> bool| {
        let mut lines = hunks.iter().flat_map(|hunk| &hunk.lines).filter(|line| side(line));
        lines.any(|line| line.text.starts_with(seek::BOM))
    };
    let (old_mark, new_mark) = (marked(HunkLine::is_old), marked(HunkLine::is_new));
    if old_mark || new_mark {
        // The mark is the file's, not a line's.
        let bare: Vec<Hunk> = hunks.iter().cloned().map(Hunk::without_mark).collect();
        let after = self::hunks(path, present, &bare, most)?;
        let rest = after.strip_prefix(seek::BOM).unwrap_or(&after);
        return Ok(match (old_mark, new_mark) {
            (true, false) => rest.to_vec(),
            (false, true) => [seek::BOM, rest].concat(),
            _ => after,
        });
    }
    let text = Text::new(present);
    let index = Index::new(&text, hunks.len());
    let numbered =
        |refusal: Refusal| match refusal.line.and_then(|line| hunks.iter().position(|hunk| hunk.line == line)) {
            Some(at) if hunks.len() > 1 => {
                let line = refusal.line.unwrap_or_default();
                Refusal {
                    words: format!("hunk {} of `{path}` (line {line} of the edit): {}", at + 1, refusal.words),
                    ..refusal
                }
            }
            Some(_) | None => Refusal { words: format!("`{path}`: {}", refusal.words), ..refusal },
        };
    let places = seek::find(&index, hunks, most).map_err(|refusal| {
        let hunk = hunks.iter().find(|hunk| Some(hunk.line) == refusal.line).or(hunks.first());
        numbered(match hunk.map(|hunk| elision::in_old(path, hunk)) {
            Some(Err(elided)) if refusal.cause == Cause::NotFound => elided.at(refusal.line.unwrap_or_default()),
            _ => refusal,
        })
    })?;
    for (hunk, place) in hunks.iter().zip(&places) {
        let ends_in_change = hunk.short && hunk.context().1 == 0;
        let is_right = hunk.at == Some(place.start + 1) || drifted(hunk, hunks, &places);
        if hunk.short && (is_right || ends_in_change) && !looks_whole(hunk, place, text.lines.len()) {
            return Err(cut_short(path, hunk));
        }
        super::already(&index, hunk, place).map_err(|refusal| numbered(refusal.at(hunk.line)))?;
        elision::in_hunk(path, hunk).map_err(|refusal| numbered(refusal.at(hunk.line)))?;
    }
    let after = merge::write(&text, hunks, &places);
    if after == present && hunks.iter().any(Hunk::changes) {
        return Err(numbered(super::nothing_new().at(hunks.first().map_or(0, |hunk| hunk.line))));
    }
    Ok(after)
}

/// A diff that deletes a file says what was in it: all of it, or the file is another one now.
fn emptied(present: &[u8], held: &[Hunk]) -> Result<(), Refusal> {
    let rest =
        hunks("the file", present, held, Level::Trailing).map_err(|refusal| Refusal { line: None, ..refusal })?;
    if rest.iter().all(u8::is_ascii_whitespace) {
        return Ok(());
    }
    Err(Refusal::new(
        Cause::Content,
        "the edit deletes the file, but not all that is in it: it has changed; read it again before you delete it",
    ))
}

/// Is the number of a hunk as far from its place as those of the hunks around it?
fn drifted(hunk: &Hunk, hunks: &[Hunk], places: &[seek::Place]) -> bool {
    let offset = |hunk: &Hunk, place: &seek::Place| Some(place.start as isize + 1 - hunk.at? as isize);
    let mut offsets = hunks.iter().zip(places).filter_map(|(hunk, place)| Some((hunk.line, offset(hunk, place)?)));
    let own = offsets.clone().find(|(line, _)| *line == hunk.line).map(|(_, own)| own);
    own.is_some() && offsets.any(|(line, other)| line != hunk.line && Some(other) == own)
}

/// Does a hunk that is shorter than it says end as hunks do: with the usual context, or where the file ends?
fn looks_whole(hunk: &Hunk, place: &seek::Place, lines: usize) -> bool {
    let (lead, trail) = hunk.context();
    hunk.changes() && ((lead >= 3 && trail >= 3) || (trail > 0 && place.end == lines))
}

fn cut_short(path: &str, hunk: &Hunk) -> Refusal {
    Refusal::new(
        Cause::CutOff,
        format!("`{path}`: the hunk of line {} has fewer lines than its header says: it seems to be cut off; send the whole edit again, in smaller parts if it is long", hunk.line),
    )
    .at(hunk.line)
}

fn missing(path: &str) -> Refusal {
    Refusal::new(Cause::Missing, format!("there is no `{path}`; check the path, or create the file"))
}

fn same(path: &str) -> Refusal {
    Refusal::new(Cause::AlreadyApplied, format!("`{path}` has this very content already"))
}

fn exists(path: &str) -> Refusal {
    Refusal::new(
        Cause::Exists,
        format!("`{path}` is already there, and would be lost: read it first, then change it or write it anew"),
    )
}

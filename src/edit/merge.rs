//! Writing hunks into a file: kept lines keep the file's bytes, new ones take the file's conventions.
//!
//! Where an edit quotes a line in other punctuation, indentation or with other blanks at its end than the file has, that
//! difference was not meant: it is carried over to the line that takes its place.

use super::fold::{self, Kind, indentation, is_blank, trailing};
use super::indent::Reindent;
use super::lines::{Ending, Line, majority};
use super::seek::{Place, Text};
use super::step::{Hunk, HunkLine, Sign};
use std::borrow::Cow;

/// The file's bytes with the hunks in their places.
pub fn write(text: &Text<'_>, hunks: &[Hunk], places: &[Place]) -> Vec<u8> {
    let mut pairs: Vec<(&Hunk, &Place)> = hunks.iter().zip(places).collect();
    pairs.sort_by_key(|(hunk, place)| (place.core(hunk).start, place.core(hunk).end));
    let mut writer = Writer { text, usual: None, at: 0, out: Vec::with_capacity(text.lines.len()) };
    for (hunk, place) in pairs {
        writer.hunk(hunk, place);
    }
    writer.copy(text.lines.len());
    let ended = text.lines.last().is_none_or(|line| line.ending != Ending::None);
    let ended = match hunks.iter().find(|hunk| hunk.old_unended || hunk.new_unended) {
        // On a kept line the marker says what is there, and the file knows that better.
        Some(hunk) if hunk.old_unended != hunk.new_unended => hunk.old_unended,
        Some(_) | None => ended,
    };
    writer.finish(ended)
}

struct Writer<'t, 'a> {
    text: &'t Text<'a>,
    usual: Option<Ending>,
    /// The next line of the file that is not written yet.
    at: usize,
    out: Vec<(Cow<'a, [u8]>, Ending)>,
}

/// Lines that go and lines that come in one place.
#[derive(Default)]
struct Block<'h> {
    /// Each with its line of the file; one that the file does not have is a blank one too many.
    removed: Vec<(&'h HunkLine, usize)>,
    added: Vec<&'h HunkLine>,
}

impl<'a> Writer<'_, 'a> {
    fn copy(&mut self, to: usize) {
        let lines = self.text.lines.get(self.at..to).unwrap_or_default();
        self.out.extend(lines.iter().map(|line| (Cow::Borrowed(line.text), line.ending)));
        self.at = self.at.max(to);
    }

    fn hunk(&mut self, hunk: &Hunk, place: &Place) {
        let (lead, trail) = hunk.context();
        let first = hunk.new_lines().next().filter(|line| line.sign == Sign::Add).zip(place.lead.as_deref());
        let habits = Habits::of(self.text, hunk, place);
        self.copy(place.core(hunk).start);
        let mut old = lead;
        let mut block = Block::default();
        let lines = hunk.lines.get(lead..hunk.lines.len().saturating_sub(trail)).unwrap_or_default();
        for (number, line) in lines.iter().enumerate() {
            let own = place.line(old).filter(|_| line.is_old());
            old += usize::from(line.is_old());
            match (line.sign, own) {
                (Sign::Add, _) => block.added.push(line),
                (Sign::Remove, Some(own)) => block.removed.push((line, own)),
                (Sign::Remove, None) => {}
                (Sign::Keep, Some(own)) => {
                    self.block(std::mem::take(&mut block), &habits, first);
                    self.copy(own + 1);
                }
                // Between new lines an empty one without a sign is a new line too; elsewhere it is one too many.
                (Sign::Keep, None) => {
                    let beside =
                        |at: Option<usize>| at.and_then(|at| lines.get(at)).is_some_and(|line| line.sign == Sign::Add);
                    if line.bare && beside(number.checked_sub(1)) && beside(Some(number + 1)) {
                        block.added.push(line);
                    }
                }
            }
        }
        self.block(block, &habits, first);
    }

    /// `first`: the first new line of the hunk, and the indentation that it lost.
    fn block(&mut self, block: Block<'_>, habits: &Habits, first: Option<(&HunkLine, &[u8])>) {
        if let (Some((_, first)), Some((_, last))) = (block.removed.first(), block.removed.last()) {
            self.copy(*first);
            self.at = self.at.max(last + 1);
        }
        let have: Vec<Line<'a>> =
            block.removed.iter().filter_map(|(_, own)| self.text.lines.get(*own).copied()).collect();
        let texts = habits.texts(&block, &have);
        for (number, text) in texts.into_iter().enumerate() {
            let beside = have.get(number).or(have.last()).map(|line| line.ending);
            let ending = match block.added.get(number) {
                Some(line) if habits.endings && line.cr => Ending::CrLf,
                Some(_) if habits.endings => Ending::Lf,
                Some(_) | None => self.ending(beside),
            };
            let lost = block.added.get(number).zip(first).filter(|(line, (first, _))| std::ptr::eq(**line, *first));
            let text = lost.map_or(text.clone(), |(_, (_, lead))| [lead, &text].concat());
            self.out.push((Cow::Owned(text), ending));
        }
    }

    /// The ending of a new line: that of the line it takes the place of, else of the line above, else of the line below.
    fn ending(&mut self, beside: Option<Ending>) -> Ending {
        let above = self.out.last().map(|(_, ending)| *ending);
        let below = self.text.lines.get(self.at).map(|line| line.ending);
        let known = [beside, above, below].into_iter().flatten().find(|ending| *ending != Ending::None);
        known.unwrap_or_else(|| self.usual())
    }

    fn usual(&mut self) -> Ending {
        *self.usual.get_or_insert_with(|| majority(&self.text.lines))
    }

    /// The bytes. The last line ends, or does not, as is said.
    fn finish(mut self, ended: bool) -> Vec<u8> {
        let usual = self.usual();
        let count = self.out.len();
        let size: usize = self.out.iter().map(|(text, _)| text.len() + 2).sum();
        let mut bytes = Vec::with_capacity(self.text.bom.len() + size);
        bytes.extend_from_slice(self.text.bom);
        for (index, (text, ending)) in self.out.iter().enumerate() {
            bytes.extend_from_slice(text);
            if index + 1 < count || ended {
                let ending = if *ending == Ending::None { usual } else { *ending };
                bytes.extend_from_slice(ending.bytes());
            }
        }
        bytes
    }
}

/// What the old lines of a hunk tell of how the edit was written.
struct Habits {
    /// It tells CR LF from LF, as the file does.
    endings: bool,
    /// It puts blanks at line ends that the file does not have.
    blanks: bool,
    /// It indents blank lines that are empty in the file.
    blank_lines: bool,
    /// It writes these kinds of punctuation typographically, and the file in ASCII.
    smart: Vec<Kind>,
    /// How its indentation becomes the file's.
    reindent: Option<Reindent>,
}

impl Habits {
    fn of(text: &Text<'_>, hunk: &Hunk, place: &Place) -> Self {
        let mut habits = Self {
            endings: hunk.lines.iter().any(|line| line.cr),
            blanks: false,
            blank_lines: false,
            smart: Vec::new(),
            reindent: place.reindent.clone().or_else(|| by_convention(text, hunk)),
        };
        let (mut told, mut lost) = (false, false);
        for (number, line) in hunk.old().enumerate() {
            let Some(have) = place.line(number).and_then(|own| text.lines.get(own)) else { continue };
            if have.ending != Ending::None {
                told = true;
                habits.endings &= line.cr == (have.ending == Ending::CrLf);
            }
            let (sent, own) = (trailing(&line.text), trailing(have.text));
            habits.blank_lines |= is_blank(&line.text) && !line.text.is_empty() && have.text.is_empty();
            habits.blanks |= !sent.is_empty() && own.is_empty();
            lost |= sent.is_empty() && !own.is_empty();
            if !line.text.is_ascii() {
                for (_, kind) in fold::pieces(&line.text).filter_map(|(_, char)| char.and_then(fold::typographic)) {
                    let kept = fold::pieces(have.text).filter_map(|(_, char)| char.and_then(fold::typographic));
                    if !habits.smart.contains(&kind) && !kept.into_iter().any(|(_, other)| other == kind) {
                        habits.smart.push(kind);
                    }
                }
            }
        }
        // Of two texts that were sent whole, one that alone has CR LF in a file without it says nothing.
        let foreign = habits.endings && hunk.compared && text.lines.iter().all(|line| line.ending != Ending::CrLf);
        habits.endings &= told && !foreign;
        habits.blanks &= !lost;
        habits
    }

    /// The new lines of a block as the file would have them.
    fn texts(&self, block: &Block<'_>, have: &[Line<'_>]) -> Vec<Vec<u8>> {
        let shifted = |line: &HunkLine| match &self.reindent {
            Some(reindent) => reindent.line(&line.text),
            None => line.text.clone(),
        };
        let mut added: Vec<Vec<u8>> = block.added.iter().map(|line| shifted(line)).collect();
        if self.blanks {
            for line in added.iter_mut().filter(|line| !is_blank(line)) {
                line.truncate(line.trim_ascii_end().len());
            }
        }
        if self.blank_lines {
            added.iter_mut().filter(|line| is_blank(line)).for_each(Vec::clear);
        }
        if !self.smart.is_empty() {
            added.iter_mut().for_each(|line| *line = self.plain(line));
        }
        let mut sent: Vec<Vec<u8>> = Vec::with_capacity(block.removed.len());
        for ((line, _), have) in block.removed.iter().zip(have) {
            let shown = if self.reindent.is_some() && !is_blank(have.text) {
                let rest = line.text.get(indentation(&line.text).len()..).unwrap_or_default();
                [indentation(have.text), rest].concat()
            } else {
                line.text.clone()
            };
            sent.push(if self.smart.is_empty() { shown } else { self.plain(&shown) });
        }
        if sent.iter().zip(have).all(|(sent, have)| sent == have.text) || added.is_empty() {
            return added;
        }
        // Blanks at the end of a line are the file's, unless the edit changed them.
        let ends: Vec<Vec<u8>> = added
            .iter()
            .enumerate()
            .map(|(number, line)| {
                let kept = sent.get(number).zip(have.get(number)).filter(|(sent, _)| trailing(sent) == trailing(line));
                kept.map_or(trailing(line), |(_, have)| trailing(have.text)).to_vec()
            })
            .collect();
        added
            .iter_mut()
            .chain(&mut sent)
            .filter(|line| !is_blank(line))
            .for_each(|line| line.truncate(line.trim_ascii_end().len()));
        let mut texts = carried(&sent, have, &added).filter(|texts| texts.len() == added.len()).unwrap_or(added);
        texts.iter_mut().zip(ends).for_each(|(line, end)| line.extend_from_slice(&end));
        texts
    }

    /// A line with the punctuation that the edit alone writes typographically in ASCII.
    fn plain(&self, line: &[u8]) -> Vec<u8> {
        let plain = |(bytes, char): (&[u8], Option<char>)| match char.and_then(fold::typographic) {
            Some((ascii, kind)) if self.smart.contains(&kind) => ascii.as_bytes().to_vec(),
            Some(_) | None => bytes.to_vec(),
        };
        fold::pieces(line).flat_map(plain).collect()
    }
}

/// Where no old line shows how the file indents.
fn by_convention(text: &Text<'_>, hunk: &Hunk) -> Option<Reindent> {
    let indented = |line: &HunkLine| !is_blank(&line.text) && !indentation(&line.text).is_empty();
    if hunk.old().any(indented) || !hunk.added().any(indented) {
        return None;
    }
    let fresh: Vec<&[u8]> = hunk.added().map(|line| line.text.as_slice()).collect();
    Reindent::by_convention(text.margins(), &fresh)
}

/// The new text, with what it takes over from the sent old text as the file has it. `None` where the two old texts do not
/// run side by side.
fn carried(sent: &[Vec<u8>], have: &[Line<'_>], added: &[Vec<u8>]) -> Option<Vec<Vec<u8>>> {
    let mut old = Vec::new();
    let mut own = Vec::new();
    // Offsets into both, wherever a character of each ends.
    let mut pairs = Vec::new();
    for (sent, have) in sent.iter().zip(have) {
        let (sent, have) = match (is_blank(sent), is_blank(have.text)) {
            (true, true) => (&[][..], &[][..]),
            _ => (sent.as_slice(), have.text.get(..have.text.len() - trailing(have.text).len())?),
        };
        let side = fold::side_by_side(sent, have)?;
        pairs.extend(side.into_iter().map(|(at, to)| (old.len() + at, own.len() + to)));
        old.extend_from_slice(sent);
        own.extend_from_slice(have);
        old.push(b'\n');
        own.push(b'\n');
        pairs.push((old.len(), own.len()));
    }
    let new: Vec<u8> = added.iter().flat_map(|line| line.iter().copied().chain([b'\n'])).collect();
    let (base, theirs) = (tokens(&old), tokens(&new));
    let mut offsets = Vec::with_capacity(base.len() + 1);
    let mut at = 0;
    for token in &base {
        offsets.push(at);
        at += token.len();
    }
    offsets.push(at);
    let owned = |from: usize, to: usize| -> Option<&[u8]> {
        let place = |offset: usize| {
            let index = pairs.partition_point(|(at, _)| *at < offset);
            pairs.get(index).filter(|(at, _)| *at == offset).map(|(_, to)| *to)
        };
        own.get(place(*offsets.get(from)?)?..place(*offsets.get(to)?)?)
    };
    let mut out: Vec<u8> = Vec::new();
    let mut done = 0;
    for change in super::diff::changes(&base, &theirs) {
        out.extend_from_slice(owned(done, change.before.start)?);
        theirs.get(change.after)?.iter().for_each(|token| out.extend_from_slice(token));
        done = change.before.end;
    }
    out.extend_from_slice(owned(done, base.len())?);
    let lines = out.strip_suffix(b"\n").unwrap_or(&out);
    Some(lines.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect())
}

/// Words, runs of blanks, `...`, `--`, and all other characters one by one.
fn tokens(text: &[u8]) -> Vec<&[u8]> {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let blank = |byte: u8| byte == b' ' || byte == b'\t';
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.first() {
        let run = |test: &dyn Fn(u8) -> bool| rest.iter().take_while(|byte| test(**byte)).count();
        let length = if word(*first) {
            run(&word)
        } else if blank(*first) {
            run(&blank)
        } else if rest.starts_with(b"...") || rest.starts_with(b"---") {
            3
        } else if rest.starts_with(b"--") {
            2
        } else {
            fold::pieces(rest.get(..rest.len().min(4)).unwrap_or_default()).next().map_or(1, |(bytes, _)| bytes.len())
        };
        let (token, after) = rest.split_at(length.max(1));
        out.push(token);
        rest = after;
    }
    out
}

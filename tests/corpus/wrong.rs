//! Cases made from the table of changes that have to be refused: the text they were made for is no longer there, or
//! stands there more than once, or the change has been made before.

use super::case::{Case, alone, spread, update};
use super::line::{self, Hunk, Line, Mark};
use super::reference;
use super::render::{CLEAN, Format, Numbers, Step, Style, render};
use super::text::{Pair, pairs};

const MOST: usize = 5;

/// Where a file without its hunk ends, and what the hunk was: a file is put together from this anew.
pub struct Around<'a> {
    head: Vec<u8>,
    hunk: &'a Hunk,
    tail: Vec<u8>,
}

/// A change of the tree, which makes an edit of its file stale or ambiguous; nothing where it does not fit.
type Spoil = fn(&Around<'_>) -> Option<Vec<u8>>;

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let spoils: [(&'static str, Spoil); 12] = [
        ("stale-kept-letter", |around| replaced(around, |line| one_letter(line, Mark::Keep, u8::is_ascii_alphabetic))),
        ("stale-kept-digit", |around| replaced(around, |line| one_letter(line, Mark::Keep, u8::is_ascii_digit))),
        ("stale-removed-letter", |around| {
            replaced(around, |line| one_letter(line, Mark::Remove, u8::is_ascii_alphabetic))
        }),
        ("stale-removed-digit", |around| replaced(around, |line| one_letter(line, Mark::Remove, u8::is_ascii_digit))),
        ("stale-case", |around| replaced(around, other_case)),
        ("stale-longer", |around| replaced(around, longer)),
        ("stale-line-gone", |around| replaced(around, |_| Some(Vec::new()))),
        ("stale-line-new", |around| {
            replaced(around, |line| Some([&line.text, &b"\nsomething new here\n"[..]].concat()))
        }),
        ("deleted", |around| Some([&around.head[..], &around.tail].concat())),
        ("near-twin-letter", |around| twin(around, b"", |line| one_letter(line, line.mark, u8::is_ascii_alphabetic))),
        ("near-twin-longer", |around| twin(around, b"", longer)),
        ("near-twin-shifted", |around| {
            twin(around, b"    ", |line| one_letter(line, line.mark, u8::is_ascii_alphanumeric))
        }),
    ];
    for (kind, spoil) in spoils {
        for format in Format::PLACED {
            spoiled(&mut cases, format, kind, &CLEAN, spoil);
        }
        // Wrong numbers must not make it better, and neither may another indentation.
        spoiled(&mut cases, Format::Udiff, kind, &Style { numbers: Numbers::Bare, ..CLEAN }, spoil);
        let shifted = Style { rewrite: |place| shift(place.text, b"  "), ..CLEAN };
        for format in Format::PLACED {
            spoiled(&mut cases, format, kind, &shifted, spoil);
        }
    }
    twice(&mut cases);
    already(&mut cases);
    cases
}

/// The edit of a change in one place, with so many lines of context.
pub fn single(pair: &Pair, context: usize) -> Option<(Vec<Step>, Hunk)> {
    let steps = update(pair, context);
    let [Step::Update { hunks, .. }] = steps.as_slice() else { return None };
    let [hunk] = hunks.as_slice() else { return None };
    let hunk = hunk.clone();
    Some((steps, hunk))
}

pub fn around<'a>(pair: &Pair, hunk: &'a Hunk) -> Around<'a> {
    let lines = line::script(&pair.before, &pair.before);
    let end = hunk.before + hunk.old_side().count();
    Around { head: line::join(lines[..hunk.before].iter()), hunk, tail: line::join(lines[end..].iter()) }
}

fn spoiled(cases: &mut Vec<Case>, format: Format, kind: &'static str, style: &Style, spoil: Spoil) {
    let ending = match (style.numbers == Numbers::Bare, (style.rewrite)(&probe()) != probe().text) {
        (true, _) => "-without-numbers",
        (false, true) => "-indented",
        (false, false) => "",
    };
    let make = |pair: &Pair| {
        let (steps, hunk) = single(pair, 3)?;
        let before = spoil(&around(pair, &hunk))?;
        let edit = render(format, &steps, style)?;
        let tree = alone(pair.text.path, &before);
        // A spoiled file in which the text still stands is not spoiled.
        let exact = style.numbers == Numbers::Right && reference::apply(format, &tree, &edit).is_some();
        (before != pair.before && !exact)
            .then(|| Case::new(format, kind, &format!("{}{ending}", pair.name), tree, edit))
    };
    let most = if ending.is_empty() { MOST } else { 2 };
    let all = pairs().iter().filter_map(make).collect();
    cases.extend(spread(all, most, cases.len()));
}

fn probe() -> super::render::Place<'static> {
    super::render::Place { text: b"probe", mark: Mark::Keep, new: false, number: 1 }
}

fn shift(text: &[u8], by: &[u8]) -> Vec<u8> {
    if text.is_empty() { Vec::new() } else { [by, text].concat() }
}

/// The old lines of a hunk, one of them rewritten: the one nearest to the middle that can be, never the first or last.
fn lines_with(hunk: &Hunk, rewrite: impl Fn(&Line) -> Option<Vec<u8>>) -> Option<Vec<Vec<u8>>> {
    let old: Vec<&Line> = hunk.old_side().collect();
    let middle = old.len() / 2;
    let mut order: Vec<usize> = (1..old.len().checked_sub(1)?).collect();
    order.sort_by_key(|at| at.abs_diff(middle));
    let (at, text) = order
        .into_iter()
        .filter(|at| old[*at].text.iter().any(u8::is_ascii_alphanumeric))
        .find_map(|at| Some((at, rewrite(old[at])?)))?;
    let mut lines: Vec<Vec<u8>> = old.iter().map(|line| [&line.text, line.end.as_bytes()].concat()).collect();
    lines[at] = match text.is_empty() || text.ends_with(b"\n") {
        true => text,
        false => [&text, old[at].end.as_bytes()].concat(),
    };
    Some(lines)
}

pub fn replaced(around: &Around<'_>, rewrite: impl Fn(&Line) -> Option<Vec<u8>>) -> Option<Vec<u8>> {
    let lines = lines_with(around.hunk, rewrite)?;
    Some([&around.head[..], &lines.concat(), &around.tail].concat())
}

/// The place is gone, and at the end of the file stands one that is almost the same.
pub fn twin(around: &Around<'_>, indent: &[u8], rewrite: impl Fn(&Line) -> Option<Vec<u8>>) -> Option<Vec<u8>> {
    let lines: Vec<Vec<u8>> = lines_with(around.hunk, rewrite)?
        .iter()
        .map(|line| match line.trim_ascii().is_empty() {
            true => line.clone(),
            false => [indent, line].concat(),
        })
        .collect();
    Some([&around.head[..], &around.tail, b"\n", &lines.concat()].concat())
}

pub fn one_letter(line: &Line, mark: Mark, kind: fn(&u8) -> bool) -> Option<Vec<u8>> {
    let places: Vec<usize> = line.text.iter().enumerate().filter(|(_, byte)| kind(byte)).map(|(at, _)| at).collect();
    let at = *places.get(places.len() / 2)?;
    let mut text = line.text.clone();
    text[at] = match text[at] {
        b'9' | b'z' | b'Z' => text[at] - 1,
        other => other + 1,
    };
    (line.mark == mark).then_some(text)
}

fn other_case(line: &Line) -> Option<Vec<u8>> {
    let at = line.text.iter().position(u8::is_ascii_alphabetic)?;
    let mut text = line.text.clone();
    text[at] ^= 0x20;
    Some(text)
}

pub fn longer(line: &Line) -> Option<Vec<u8>> {
    let at = line.text.iter().rposition(u8::is_ascii_alphanumeric)?;
    Some([&line.text[..=at], b"s", &line.text[at + 1..]].concat())
}

/// The place stands there a second time, word for word or nearly so.
fn twice(cases: &mut Vec<Case>) {
    let copied = |pair: &Pair, indent: &[u8], end: &[u8]| {
        let (steps, hunk) = single(pair, 3)?;
        let copy: Vec<u8> = hunk
            .old_side()
            .flat_map(|line| match line.text.trim_ascii().is_empty() {
                true => b"\n".to_vec(),
                false => [indent, &line.text, end, b"\n"].concat(),
            })
            .collect();
        Some((steps, [b"\n", &copy[..]].concat()))
    };
    let bare = Style { numbers: Numbers::Bare, ..CLEAN };
    let shifted = Style { rewrite: |place| shift(place.text, b"        "), ..bare };
    let blanks = Style {
        rewrite: |place| if place.mark == Mark::Add { place.text.to_vec() } else { [place.text, b"\t"].concat() },
        ..bare
    };
    let kinds: [(&'static str, Style, &[u8], &[u8]); 3] = [
        ("twice", bare, b"", b""),
        ("twice-indented", shifted, b"  ", b""),
        ("twice-trailing-blanks", blanks, b"", b" "),
    ];
    for (kind, style, indent, end) in kinds {
        for format in Format::PLACED {
            let make = |pair: &Pair| {
                let (steps, copy) = copied(pair, indent, end)?;
                let tree = alone(pair.text.path, &[&pair.before[..], &copy].concat());
                let edit = render(format, &steps, &style)?;
                // A text that is indented by tabs may not be read as one that is indented by blanks.
                let fits = indent.is_empty() || pair.text.indent > 0;
                fits.then(|| Case::new(format, kind, &pair.name, tree, edit))
            };
            cases.extend(spread(pairs().iter().filter_map(make).collect(), MOST, cases.len()));
        }
    }
    // The number of the line settles it, and so does that only one place is the same to the letter.
    for (kind, format, indent) in [
        ("twice-settled-by-number", Format::Udiff, &b""[..]),
        ("twice-one-exact", Format::Edit, b"  "),
        ("twice-one-exact", Format::Patch, b"  "),
        ("twice-one-exact", Format::Blocks, b"  "),
    ] {
        let make = |pair: &Pair| {
            let (steps, copy) = copied(pair, indent, b"")?;
            let with = |bytes: &[u8]| alone(pair.text.path, &[bytes, &copy].concat());
            let edit = render(format, &steps, &CLEAN)?;
            let whole = pair.before.ends_with(b"\n") && pair.after.ends_with(b"\n");
            let exact = indent.is_empty() || reference::apply(format, &with(&pair.before), &edit).is_some();
            (whole && exact)
                .then(|| Case::new(format, kind, &pair.name, with(&pair.before), edit).gives(with(&pair.after)))
        };
        cases.extend(spread(pairs().iter().filter_map(make).collect(), MOST, cases.len()));
    }
}

/// The file is already as the edit would make it.
fn already(cases: &mut Vec<Case>) {
    let every =
        |kind: &'static str, format: Format, make: &dyn Fn(&Pair) -> Option<Vec<Step>>, style: &Style| -> Vec<Case> {
            let make = |pair: &Pair| {
                // A blank line more next to a blank line shows by nothing whether it was there.
                (pair.name != "toml-blank-line").then_some(())?;
                let edit = render(format, &make(pair)?, style)?;
                Some(Case::new(format, kind, &pair.name, alone(pair.text.path, &pair.after), edit))
            };
            pairs().iter().filter_map(make).collect()
        };
    for format in Format::PLACED {
        let all = every("already", format, &|pair| Some(update(pair, 3)), &CLEAN);
        cases.extend(spread(all, 16, cases.len()));
        let all = every("already-one-line-around", format, &|pair| Some(update(pair, 1)), &CLEAN);
        cases.extend(spread(all, MOST, cases.len()));
        for (kind, above) in [("already-inserted-below", true), ("already-inserted-above", false)] {
            let all = every(kind, format, &|pair| one_sided(pair, above), &CLEAN);
            cases.extend(spread(all, MOST, cases.len()));
        }
        let shifted = Style { rewrite: |place| shift(place.text, b"  "), ..CLEAN };
        let all = every("already-indented", format, &|pair| (pair.text.indent > 0).then(|| update(pair, 3)), &shifted);
        cases.extend(spread(all, 3, cases.len()));
    }
}

/// A change that only adds, shown with lines above it alone or with lines below it alone.
fn one_sided(pair: &Pair, above: bool) -> Option<Vec<Step>> {
    let (steps, hunk) = single(pair, 3)?;
    let first = hunk.lines.iter().position(|line| line.mark == Mark::Add)?;
    let last = hunk.lines.iter().rposition(|line| line.mark == Mark::Add)?;
    let adds = hunk.lines[first..=last].iter().all(|line| line.mark == Mark::Add);
    let adds = adds && hunk.lines[first..=last].iter().any(|line| !line.text.trim_ascii().is_empty());
    let only = adds && !hunk.lines.iter().any(|line| line.mark == Mark::Remove);
    // One line is enough only where it stands in the file once.
    let lines = match above {
        true => &hunk.lines[..=last],
        false => &hunk.lines[first..],
    };
    let old: Vec<&Line> = lines.iter().filter(|line| line.mark == Mark::Keep).collect();
    let text = line::join(old.iter().copied());
    let once = |bytes: &[u8]| bytes.windows(text.len().max(1)).filter(|window| **window == text[..]).count() == 1;
    (only && !old.is_empty() && once(&pair.before) && once(&pair.after)).then_some(())?;
    let kept = if above { 0 } else { first };
    let hunk = Hunk { before: hunk.before + kept, after: hunk.after + kept, lines: lines.to_vec() };
    let [Step::Update { path, after, .. }] = steps.as_slice() else { return None };
    Some(vec![Step::Update { path: path.clone(), hunks: vec![hunk], after: after.clone() }])
}

//! Cases made from the table of changes that have to apply: as they are, in files that are written otherwise, and with
//! mistakes that have one meaning.

use super::case::{Case, case, spread, styled, update};
use super::line::{self, Line, Mark};
use super::mistakes::MISTAKES;
use super::render::{CLEAN, Format, Numbers, Step, Style, render};
use super::text::{Pair, pairs};

/// Cases of one kind and format that are taken from all that could be made.
const MOST: usize = 6;

type Make<'a> = dyn Fn(Format, &Pair) -> Option<Case> + 'a;

/// Makes cases of a kind from every change, in these formats, and takes some of them.
fn each(cases: &mut Vec<Case>, formats: &[Format], most: usize, make: &Make<'_>) {
    for format in formats {
        let all: Vec<Case> = pairs().iter().filter_map(|pair| make(*format, pair)).collect();
        cases.extend(spread(all, most, cases.len()));
    }
}

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    clean(&mut cases);
    written_otherwise(&mut cases);
    in_lines(&mut cases);
    in_sides(&mut cases);
    super::right_text::cases(&mut cases);
    cases
}

/// Edits without a mistake, every one of them.
pub fn clean(cases: &mut Vec<Case>) {
    each(cases, &Format::ALL, usize::MAX, &|format, pair| {
        Some(styled(format, "clean", &update(pair, 3), &CLEAN, pair)?.flag("auto"))
    });
    let git = Style { git: true, ..CLEAN };
    each(cases, &[Format::Udiff], MOST, &|format, pair| styled(format, "clean-git", &update(pair, 3), &git, pair));
    let titled = Style { numbers: Numbers::Titled, git: true, ..CLEAN };
    each(cases, &[Format::Udiff], MOST, &|format, pair| {
        styled(format, "clean-titled", &update(pair, 3), &titled, pair)
    });
    each(cases, &[Format::Udiff, Format::Patch], MOST, &|format, pair| {
        styled(format, "clean-much-context", &update(pair, 12), &CLEAN, pair)
    });
    each(cases, &Format::PLACED, MOST, &|format, pair| {
        styled(format, "clean-one-line-around", &update(pair, 1), &CLEAN, pair)
    });
    // What the file is like is written in the edit as well, to the byte.
    each(cases, &[Format::Edit, Format::Udiff, Format::Whole], MOST, &|format, pair| {
        styled(format, "clean-crlf", &update(&pair.crlf(), 3), &CLEAN, &pair.crlf())
    });
    each(cases, &[Format::Edit, Format::Udiff, Format::Whole], MOST, &|format, pair| {
        styled(format, "clean-no-final-newline", &update(&pair.open_end(), 3), &CLEAN, &pair.open_end())
    });
}

/// Edits as for the plain file, which has other endings, a mark, blanks, or no final newline. It stays so.
fn written_otherwise(cases: &mut Vec<Case>) {
    let plain = |kind: &'static str, variant: fn(&Pair) -> Option<Pair>| {
        move |format: Format, pair: &Pair| styled(format, kind, &update(pair, 3), &CLEAN, &variant(pair)?)
    };
    each(cases, &Format::ALL, 12, &plain("lf-for-crlf", |pair| Some(pair.crlf())));
    each(cases, &Format::ALL, MOST, &plain("byte-order-mark-in-file", |pair| Some(pair.marked())));
    each(cases, &Format::PLACED, MOST, &plain("no-final-newline-in-file", |pair| Some(pair.open_end())));
    each(
        cases,
        &Format::PLACED,
        MOST,
        &plain("last-line-no-final-newline", |pair| touches_end(pair).then(|| pair.open_end())),
    );
    each(
        cases,
        &Format::PLACED,
        MOST,
        &plain("last-line-crlf-no-final-newline", |pair| touches_end(pair).then(|| pair.open_end().crlf_inside())),
    );
    each(cases, &Format::PLACED, MOST, &plain("trailing-blanks-lost", |pair| Some(pair.trailing())));
    each(cases, &Format::PLACED, MOST, &plain("mixed-endings-few-crlf", |pair| mixed(pair, true)));
    each(cases, &Format::PLACED, MOST, &plain("mixed-endings-few-lf", |pair| mixed(pair, false)));
    each(cases, &Format::PLACED, MOST, &plain("crlf-and-mark", |pair| Some(pair.crlf().marked())));
    each(
        cases,
        &Format::PLACED,
        MOST,
        &plain("crlf-and-trailing-blanks-lost", |pair| {
            Some(Pair { before: crlf(&pair.trailing().before), after: crlf(&pair.trailing().after), ..pair.clone() })
        }),
    );
    // And the other way round: an edit with CR LF for a file without.
    let style = Style { end: "\r\n", ..CLEAN };
    each(cases, &Format::PLACED, 12, &|format, pair| styled(format, "crlf-for-lf", &update(pair, 3), &style, pair));
}

fn crlf(bytes: &[u8]) -> Vec<u8> {
    bytes
        .split_inclusive(|byte| *byte == b'\n')
        .flat_map(|line| {
            let (text, end): (&[u8], &[u8]) = line.strip_suffix(b"\n").map_or((line, b""), |text| (text, b"\r\n"));
            [text, end].concat()
        })
        .collect()
}

impl Pair {
    /// With CR LF, but for the end, which stays open.
    fn crlf_inside(&self) -> Pair {
        Pair { before: crlf(&self.before), after: crlf(&self.after), ..self.clone() }
    }
}

/// The lines of the old text that a change touches, counted from 0, and how many lines there are.
fn touched(pair: &Pair) -> (Vec<usize>, usize) {
    let mut at = 0;
    let mut touched = Vec::new();
    for line in line::script(&pair.before, &pair.after) {
        if line.mark != Mark::Keep {
            touched.push(at);
        }
        at += usize::from(line.mark != Mark::Add);
    }
    (touched, at)
}

fn touches_end(pair: &Pair) -> bool {
    let (touched, count) = touched(pair);
    touched.iter().any(|at| at + 1 >= count)
}

/// Endings of one kind in the greater part, where the change is, and of the other in the rest.
fn mixed(pair: &Pair, few_crlf: bool) -> Option<Pair> {
    let (touched, count) = touched(pair);
    match few_crlf {
        true => touched.iter().all(|at| *at < count * 3 / 4 - 4).then(|| pair.mixed(count * 3 / 4)),
        false => touched.iter().all(|at| *at > count / 4 + 4).then(|| pair.mixed(count / 4)),
    }
}

/// One mistake in every line; with LF and, for a few, for a file with CR LF.
fn in_lines(cases: &mut Vec<Case>) {
    for mistake in MISTAKES {
        let style = Style { rewrite: mistake.rewrite, ..CLEAN };
        let make = |format: Format, pair: &Pair| {
            let steps = update(pair, mistake.context);
            let [Step::Update { hunks, .. }] = steps.as_slice() else { return None };
            let made = styled(format, mistake.kind, &steps, &style, pair)?;
            let differs = render(format, &steps, &CLEAN)? != made.edit;
            (differs && mistake.fits(pair, hunks)).then_some(made)
        };
        for format in Format::PLACED {
            let all: Vec<Case> = pairs().iter().filter_map(|pair| make(format, pair)).collect();
            cases.extend(spread(all, MOST, cases.len()));
            let crlf: Vec<Case> = pairs()
                .iter()
                .filter_map(|pair| {
                    let other = Pair { name: format!("{}-in-crlf", pair.name), ..pair.crlf() };
                    let made = make(format, pair)?;
                    Some(case(format, mistake.kind, made.edit, &other))
                })
                .collect();
            cases.extend(spread(crlf, 1, cases.len()));
        }
    }
}

/// Mistakes of how sides and hunks are put together.
fn in_sides(cases: &mut Vec<Case>) {
    let with = |kind: &'static str, style: Style, fits: fn(&Pair, &[line::Hunk]) -> bool| {
        move |format: Format, pair: &Pair| {
            let steps = update(pair, 3);
            let [Step::Update { hunks, .. }] = steps.as_slice() else { return None };
            let made = styled(format, kind, &steps, &style, pair)?;
            (fits(pair, hunks) && render(format, &steps, &CLEAN)? != made.edit).then_some(made)
        }
    };
    let diffs = &[Format::Patch, Format::Udiff];
    let sides = &[Format::Edit, Format::Blocks];
    let any = |_: &Pair, _: &[line::Hunk]| true;
    each(cases, diffs, MOST, &with("blank-context-bare", Style { bare_blank: true, ..CLEAN }, any));
    each(
        cases,
        &[Format::Blocks, Format::Patch, Format::Udiff],
        MOST,
        &with("blank-line-between-hunks", Style { gap: "\n", ..CLEAN }, any),
    );
    each(cases, sides, MOST, &with("blank-line-before-sides", Style { pads: ("\n", ""), ..CLEAN }, any));
    each(cases, &[Format::Edit], MOST, &with("blank-line-after-sides", Style { pads: ("", "\n\n"), ..CLEAN }, any));
    each(cases, &[Format::Blocks], MOST, &with("blank-line-after-sides", Style { pads: ("", "\n"), ..CLEAN }, any));
    let fenced = |pair: &Pair, _: &[line::Hunk]| !pair.before.windows(3).any(|bytes| bytes == b"```");
    each(cases, sides, MOST, &with("fences-in-sides", Style { fence: ("```\n", "\n```"), ..CLEAN }, fenced));
    each(cases, sides, MOST, &with("named-fences-in-sides", Style { fence: ("```text\n", "\n```"), ..CLEAN }, fenced));
    let plain = |_: &Pair, hunks: &[line::Hunk]| {
        let escape = |line: &Line| line.text.contains(&b'\\');
        hunks.iter().all(|hunk| hunk.old_side().count() > 1 && !hunk.lines.iter().any(escape))
    };
    each(cases, sides, MOST, &with("newlines-escaped", Style { newline: "\\n", ..CLEAN }, plain));
    for (kind, numbers) in [
        ("numbers-too-great", Numbers::Shifted(7)),
        ("numbers-far-too-great", Numbers::Shifted(5000)),
        ("numbers-all-one", Numbers::Ones),
        ("counts-too-small", Numbers::FewerCounted),
        ("counts-too-great", Numbers::MoreCounted),
        ("no-numbers", Numbers::Bare),
        ("dots-for-numbers", Numbers::Dots),
        ("commas-for-numbers", Numbers::Empty),
    ] {
        each(cases, &[Format::Udiff], MOST, &with(kind, Style { numbers, ..CLEAN }, any));
    }
    overlapping(cases);
    first_line_trimmed(cases);
}

/// The first line has lost its indentation on both sides, the others have theirs.
fn first_line_trimmed(cases: &mut Vec<Case>) {
    each(cases, &[Format::Edit, Format::Blocks], MOST, &|format, pair| {
        let mut steps = update(pair, 2);
        let [Step::Update { hunks, .. }] = steps.as_mut_slice() else { return None };
        for hunk in hunks {
            let first = hunk.lines.first_mut().filter(|line| line.mark == Mark::Keep)?;
            let text = first.text.trim_ascii_start().to_vec();
            (!text.is_empty() && text != first.text).then_some(())?;
            first.text = text;
        }
        styled(format, "first-line-trimmed", &steps, &CLEAN, pair)
    });
}

/// Hunks that show the same kept lines twice: at the end of one and at the beginning of the next.
fn overlapping(cases: &mut Vec<Case>) {
    for (kind, numbers) in [("contexts-overlap", Numbers::Right), ("contexts-overlap-no-numbers", Numbers::Bare)] {
        each(cases, &[Format::Patch, Format::Udiff], usize::MAX, &|format, pair| {
            if format == Format::Patch && numbers == Numbers::Bare {
                return None;
            }
            let hunks = line::hunks(&line::script(&pair.before, &pair.after), 6, false);
            let meet = |two: &[line::Hunk]| two[0].before + two[0].old_side().count() > two[1].before;
            hunks.windows(2).any(meet).then_some(())?;
            let steps = [Step::Update { path: pair.text.path.to_owned(), hunks, after: Vec::new() }];
            styled(format, kind, &steps, &Style { numbers, ..CLEAN }, pair)
        });
    }
}

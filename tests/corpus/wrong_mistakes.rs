//! Edits with a mistake that could be read, of a text that is gone, changed, there twice, or already changed: a
//! tolerant reading may find no more than an exact one would.

use super::case::{Case, alone, spread};
use super::line::{Hunk, Mark};
use super::mistakes::{MISTAKES, Mistake};
use super::render::{CLEAN, Format, Numbers, Step, Style, render};
use super::text::{Pair, pairs};
use super::wrong::{around, longer, one_letter, replaced, single, twin};

/// The bytes of the file that an edit with a mistake must not be applied to.
type Spoil = fn(&Pair, &Hunk) -> Option<Vec<u8>>;

const SPOILS: [(&str, Spoil); 5] = [
    ("mistaken-and-stale", |pair, hunk| {
        replaced(&around(pair, hunk), |line| one_letter(line, Mark::Keep, u8::is_ascii_alphanumeric))
    }),
    ("mistaken-and-stale-longer", |pair, hunk| replaced(&around(pair, hunk), longer)),
    ("mistaken-and-near-twin", |pair, hunk| {
        twin(&around(pair, hunk), b"", |line| one_letter(line, line.mark, u8::is_ascii_alphanumeric))
    }),
    ("mistaken-and-already", |pair, _| (pair.name != "toml-blank-line").then(|| pair.after.clone())),
    ("mistaken-and-twice", |pair, hunk| {
        let copy: Vec<u8> = hunk.old_side().flat_map(|line| [&line.text[..], b"\n"].concat()).collect();
        Some([&pair.before[..], b"\n", &copy].concat())
    }),
];

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for (at, mistake) in MISTAKES.iter().enumerate() {
        for (kind, spoil) in SPOILS {
            // A copied line number may tell which of two places is meant.
            if kind == "mistaken-and-twice" && mistake.kind.starts_with("numbers") {
                continue;
            }
            for format in Format::PLACED {
                let all: Vec<Case> =
                    pairs().iter().filter_map(|pair| case(format, kind, mistake, spoil, pair)).collect();
                cases.extend(spread(all, 1, at));
            }
        }
    }
    cases
}

fn case(format: Format, kind: &'static str, mistake: &Mistake, spoil: Spoil, pair: &Pair) -> Option<Case> {
    let (steps, hunk) = single(pair, mistake.context)?;
    let [Step::Update { hunks, .. }] = steps.as_slice() else { return None };
    let numbers = if kind == "mistaken-and-twice" { Numbers::Bare } else { Numbers::Right };
    let style = Style { rewrite: mistake.rewrite, numbers, ..CLEAN };
    let edit = render(format, &steps, &style)?;
    let clean = render(format, &steps, &Style { numbers, ..CLEAN })?;
    let tree = alone(pair.text.path, &spoil(pair, &hunk)?);
    let name = format!("{}-{}", pair.name, mistake.kind);
    (edit != clean && mistake.fits(pair, hunks)).then(|| Case::new(format, kind, &name, tree, edit))
}

//! How the indentation of an edit becomes the file's: learned from the lines that both have, used for those that are new.
//!
//! Only mappings with one meaning are known: a uniform shift, tabs for spaces or spaces for tabs, and another width of
//! one level. Where the lines fit none of them, or two that would write different texts, there is none.

use super::fold::{indentation, is_blank};

/// From the edit's indentation to the file's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reindent {
    unit: Unit,
    shift: Shift,
}

/// What one level of the edit's indentation is made of in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Same,
    /// So many spaces become a tab.
    Tabs(usize),
    /// A tab becomes so many spaces.
    Spaces(usize),
    /// So many spaces become so many.
    Width(usize, usize),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Shift {
    /// The file has this in front.
    More(Vec<u8>),
    /// The edit has this in front, in the file's own unit.
    Less(Vec<u8>),
}

/// Widths that people use, most common first.
const WIDTHS: [usize; 4] = [4, 2, 8, 3];

impl Reindent {
    /// The mapping that leads from each sent line to the file's, where `fresh` are the lines that it will be used for.
    ///
    /// `pairs` are lines as sent and as the file has them; blank ones say nothing. `file` is how the
    /// file indents.
    pub fn learn(pairs: &[(&[u8], &[u8])], fresh: &[&[u8]], file: &Margins) -> Option<Self> {
        let told = |line: &&[u8]| !is_blank(line);
        let pairs: Vec<(&[u8], &[u8])> = pairs
            .iter()
            .filter(|(sent, _)| !is_blank(sent))
            .map(|(sent, have)| (indentation(sent), indentation(have)))
            .collect();
        let fresh: Vec<&[u8]> = fresh.iter().copied().filter(told).map(indentation).collect();
        let sent = || pairs.iter().map(|(sent, _)| *sent).chain(fresh.iter().copied());
        let have_tabs = pairs.iter().any(|(_, have)| have.contains(&b'\t'));
        let have_spaces = pairs.iter().any(|(_, have)| have.contains(&b' '));
        let sent_tabs = sent().any(|indent| indent.contains(&b'\t'));
        let sent_spaces = sent().any(|indent| indent.contains(&b' '));
        let mut fits = Vec::new();
        // Where each side has its own letter, a shift alone would mix them.
        let only_tabs = have_tabs && !have_spaces && sent_spaces && !sent_tabs;
        let only_spaces = have_spaces && !have_tabs && sent_tabs;
        if !only_tabs && !only_spaces {
            let level = file.step.filter(|_| file.sure && !have_tabs && !sent_tabs);
            fits.extend(
                Self::with(Unit::Same, &pairs).filter(|_| !level.is_some_and(|step| is_narrower(&pairs, &fresh, step))),
            );
            if fits.is_empty() && !have_tabs && !sent_tabs {
                fits.extend(Self::scaled(&pairs, level.is_some_and(|step| is_narrower(&pairs, &fresh, step))));
            }
        }
        let known = common_width(sent());
        if fits.is_empty() && have_tabs && sent_spaces {
            let widths = WIDTHS.iter().copied().filter(|width| known.is_none_or(|known| known % width == 0));
            fits = plainest(widths.filter_map(|width| Self::with(Unit::Tabs(width), &pairs)), known);
        }
        if fits.is_empty() && have_spaces && sent_tabs {
            fits = plainest(WIDTHS.iter().filter_map(|width| Self::with(Unit::Spaces(*width), &pairs)), file.step);
        }
        // One line that stood further out, and new ones as deep as the file's: were they moved with it, or not?
        if let ([(sent, have)], false) = (pairs.as_slice(), fresh.is_empty())
            && sent.len() < have.len()
            && fresh.iter().any(|line| line.len() >= have.len())
        {
            return None;
        }
        let fits: Vec<Self> = fits.into_iter().filter(|fit| fresh.iter().all(|line| fit.map(line).is_some())).collect();
        let (first, rest) = fits.split_first()?;
        let same = |other: &Self| fresh.iter().all(|line| other.map(line) == first.map(line));
        rest.iter().all(same).then(|| first.clone())
    }

    /// The mapping for new lines where no old one is indented, so that nothing was shown of how the file does it: where
    /// one side has only tabs and the other only spaces, the file's letter is meant.
    pub fn by_convention(file: &Margins, fresh: &[&[u8]]) -> Option<Self> {
        let fresh: Vec<&[u8]> = fresh.iter().copied().filter(|line| !is_blank(line)).map(indentation).collect();
        let (tabs, spaces) =
            (fresh.iter().any(|indent| indent.contains(&b'\t')), fresh.iter().any(|indent| indent.contains(&b' ')));
        let unit = match (tabs, spaces) {
            (false, true) if file.spaces == 0 && file.tabs >= TOLD => {
                Unit::Tabs(common_width(fresh.iter().copied()).filter(|width| WIDTHS.contains(width))?)
            }
            (true, false) if file.tabs == 0 && file.spaces >= TOLD => Unit::Spaces(file.step?),
            _ => return None,
        };
        Some(Self { unit, shift: Shift::More(Vec::new()) })
    }

    /// A shift between lines whose unit is this one.
    fn with(unit: Unit, pairs: &[(&[u8], &[u8])]) -> Option<Self> {
        let mut shift: Option<Shift> = None;
        for (sent, have) in pairs {
            let sent = unit.convert(sent)?;
            let this = if let Some(more) = have.strip_suffix(sent.as_slice()) {
                Shift::More(more.to_vec())
            } else {
                Shift::Less(sent.strip_suffix(*have)?.to_vec())
            };
            match &shift {
                None => shift = Some(this),
                Some(known) if *known == this => {}
                Some(_) => return None,
            }
        }
        Some(Self { unit, shift: shift? })
    }

    /// One level has another width. Two different depths have to say so; none at all is one of them.
    fn scaled(pairs: &[(&[u8], &[u8])], narrower: bool) -> Option<Self> {
        let mut depths: Vec<usize> = pairs.iter().map(|(sent, _)| sent.len()).collect();
        depths.sort_unstable();
        depths.dedup();
        let (sent, have) = pairs.iter().find(|(sent, have)| !sent.is_empty() && !have.is_empty())?;
        let unit = Unit::Width(sent.len(), have.len());
        let all = pairs.iter().all(|(sent, have)| unit.convert(sent).as_deref() == Some(*have));
        (all && (depths.len() > 1 || narrower)).then(|| Self { unit, shift: Shift::More(Vec::new()) })
    }

    /// The indentation in the file for one of the edit; `None` where it would begin left of the margin.
    fn map(&self, sent: &[u8]) -> Option<Vec<u8>> {
        let converted = self.unit.convert(sent)?;
        match &self.shift {
            Shift::More(more) => Some([more.as_slice(), &converted].concat()),
            Shift::Less(less) => converted.strip_prefix(less.as_slice()).map(<[u8]>::to_vec),
        }
    }

    /// A whole line as the file would have it; blank ones stay as they are.
    pub fn line(&self, sent: &[u8]) -> Vec<u8> {
        let indent = indentation(sent);
        let rest = sent.get(indent.len()..).unwrap_or_default();
        match self.map(indent) {
            Some(mapped) if !is_blank(sent) => [mapped.as_slice(), rest].concat(),
            Some(_) | None => sent.to_vec(),
        }
    }
}

impl Unit {
    fn convert(self, indent: &[u8]) -> Option<Vec<u8>> {
        match self {
            Unit::Same => Some(indent.to_vec()),
            Unit::Tabs(width) => {
                let columns: usize = indent.iter().map(|byte| if *byte == b'\t' { width } else { 1 }).sum();
                let rest = columns % width;
                Some([vec![b'\t'; columns / width], vec![b' '; rest]].concat())
            }
            Unit::Spaces(width) => {
                Some(indent.iter().flat_map(|byte| vec![b' '; if *byte == b'\t' { width } else { 1 }]).collect())
            }
            Unit::Width(from, to) => {
                let columns = indent.len() * to;
                (from > 0 && columns.is_multiple_of(from)).then(|| vec![b' '; columns / from])
            }
        }
    }
}

/// Of mappings with several widths the one that shifts nothing; else the one of the known width; else all of them.
fn plainest(fits: impl Iterator<Item = Reindent>, known: Option<usize>) -> Vec<Reindent> {
    let mut fits: Vec<Reindent> = fits.collect();
    let width = |fit: &Reindent| match fit.unit {
        Unit::Tabs(width) | Unit::Spaces(width) | Unit::Width(_, width) => Some(width),
        Unit::Same => None,
    };
    let still = |fit: &Reindent| match &fit.shift {
        Shift::More(shift) | Shift::Less(shift) => shift.is_empty(),
    };
    let plain = fits.iter().position(still);
    let chosen = plain.or_else(|| fits.iter().position(|fit| known.is_some() && width(fit) == known));
    match chosen {
        Some(index) => vec![fits.swap_remove(index)],
        None => fits,
    }
}

/// How a file indents.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Margins {
    /// Lines that begin with a tab, and with two spaces.
    tabs: usize,
    spaces: usize,
    /// The width of one level in spaces: the commonest step from a line to a deeper one.
    pub step: Option<usize>,
    /// Enough lines show it.
    sure: bool,
}

/// So many lines show how a file does it.
const TOLD: usize = 3;

impl Margins {
    pub fn of<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Self {
        const WIDEST: usize = 8;
        let mut margins = Self::default();
        let mut counts = [0usize; WIDEST + 1];
        let mut last = 0;
        for line in lines.filter(|line| !is_blank(line)) {
            let indent = indentation(line);
            margins.tabs += usize::from(indent.starts_with(b"\t"));
            margins.spaces += usize::from(indent.starts_with(b"  "));
            if indent.contains(&b'\t') {
                continue;
            }
            let step = indent.len().checked_sub(last).filter(|step| *step > 1);
            if let Some(count) = step.and_then(|step| counts.get_mut(step)) {
                *count += 1;
            }
            last = indent.len();
        }
        let commonest = counts.iter().enumerate().max_by_key(|(width, count)| (**count, usize::MAX - width));
        margins.step = commonest.filter(|(_, count)| **count > 0).map(|(width, _)| width);
        margins.sure = commonest.is_some_and(|(_, count)| *count >= TOLD);
        margins
    }
}

/// Does an edit of lines at one depth take smaller steps than the file, in the measure in which it stands further out? Then
/// its levels are narrower, and it is not shifted.
fn is_narrower(pairs: &[(&[u8], &[u8])], fresh: &[&[u8]], step: usize) -> bool {
    let Some((sent, have)) = pairs.first().map(|(sent, have)| (sent.len(), have.len())) else { return false };
    let alike = pairs.iter().all(|(other, own)| (other.len(), own.len()) == (sent, have));
    let steps = fresh.iter().map(|line| line.len().abs_diff(sent)).filter(|step| *step > 0);
    alike && sent > 0 && have > 0 && steps.min().is_some_and(|unit| unit != step && unit * have == step * sent)
}

/// The greatest width that all indentations made of spaces are multiples of.
fn common_width<'a>(indents: impl Iterator<Item = &'a [u8]>) -> Option<usize> {
    let lengths = indents.filter(|indent| !indent.contains(&b'\t')).map(<[u8]>::len).filter(|length| *length > 0);
    lengths.reduce(|mut a, mut b| {
        while b > 0 {
            (a, b) = (b, a % b);
        }
        a
    })
}

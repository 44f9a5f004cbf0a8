//! A file's lines as they are looked for: hashed once for each [`Level`], so that a patch of many hunks costs one pass.

use crate::edit::fold::{Level, is_blank};
use crate::edit::indent::Margins;
use crate::edit::lines::{Line, split};
use std::cell::OnceCell;

/// So many places of one text, and it is everywhere.
pub const MANY: usize = 64;
/// So many hunks are looked for by passing over the lines; more of them in a sorted list.
const FEW: usize = 4;

/// A file's text in lines, without its byte order mark.
pub struct Text<'a> {
    pub bom: &'a [u8],
    pub body: &'a [u8],
    pub lines: Vec<Line<'a>>,
    margins: OnceCell<Margins>,
}

/// UTF-8's byte order mark.
pub const BOM: &[u8] = b"\xef\xbb\xbf";

impl<'a> Text<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        let (bom, body) = bytes.strip_prefix(BOM).map_or((&b""[..], bytes), |body| (BOM, body));
        Self { bom, body, lines: split(body), margins: OnceCell::new() }
    }

    /// How the file indents, looked at once.
    pub fn margins(&self) -> &Margins {
        self.margins.get_or_init(|| Margins::of(self.lines.iter().map(|line| line.text)))
    }

    pub fn text(&self, line: usize) -> &'a [u8] {
        self.lines.get(line).map_or(&[], |line| line.text)
    }
}

/// Where one reading of a hunk stands.
pub type Start = usize;

/// The lines of a file by what they are at each level.
pub struct Index<'t> {
    pub text: &'t Text<'t>,
    many: bool,
    all: [OnceCell<Row>; 5],
    dense: [OnceCell<Row>; 5],
    /// The lines that are not blank.
    solid: OnceCell<Vec<usize>>,
}

struct Row {
    hashes: Vec<u64>,
    sorted: OnceCell<Vec<(u64, u32)>>,
}

impl<'t> Index<'t> {
    /// `hunks` is how many will be looked for.
    pub fn new(text: &'t Text<'t>, hunks: usize) -> Self {
        Self { text, many: hunks > FEW, all: Default::default(), dense: Default::default(), solid: OnceCell::new() }
    }

    /// The lines that are not blank, by number.
    pub fn solid(&self) -> &[usize] {
        self.solid.get_or_init(|| {
            let lines = self.text.lines.iter().enumerate();
            lines.filter(|(_, line)| !is_blank(line.text)).map(|(number, _)| number).collect()
        })
    }

    /// Do these lines stand here?
    pub fn stands(&self, level: Level, wanted: &[&[u8]], start: Start) -> bool {
        let have = self.text.lines.get(start..start + wanted.len()).unwrap_or_default();
        !have.is_empty() && have.iter().zip(wanted).all(|(line, sent)| level.same(line.text, sent))
    }

    /// Where these lines stand one after the other, at most [`MANY`] places and one more.
    pub fn places(&self, level: Level, wanted: &[&[u8]]) -> Vec<Start> {
        let line = |at: usize| self.text.text(at);
        if !self.many {
            return passed_over(level, wanted, self.text.lines.len(), &line);
        }
        let row = self
            .all
            .get(level as usize)
            .map(|cell| cell.get_or_init(|| Row::new(self.text.lines.iter().map(|line| hash(&level.key(line.text))))));
        row.map(|row| row.places(level, wanted, &line)).unwrap_or_default()
    }

    /// The same with blank lines passed over on both sides: numbers of [`Index::solid`] lines.
    pub fn dense_places(&self, level: Level, wanted: &[&[u8]]) -> Vec<Start> {
        let solid = self.solid();
        let line = |at: usize| solid.get(at).map_or(&[][..], |at| self.text.text(*at));
        if !self.many {
            return passed_over(level, wanted, solid.len(), &line);
        }
        let row = self
            .dense
            .get(level as usize)
            .map(|cell| cell.get_or_init(|| Row::new(solid.iter().map(|at| hash(&level.key(self.text.text(*at)))))));
        row.map(|row| row.places(level, wanted, &line)).unwrap_or_default()
    }
}

/// Where lines stand one after the other, found by one pass over all.
fn passed_over<'l>(level: Level, wanted: &[&[u8]], count: usize, line: &dyn Fn(usize) -> &'l [u8]) -> Vec<Start> {
    let Some(first) = wanted.first().map(|first| level.key(first)) else { return Vec::new() };
    let stands = |start: &usize| {
        start + wanted.len() <= count
            && wanted.iter().enumerate().all(|(offset, sent)| level.same(line(start + offset), sent))
    };
    (0..count).filter(|at| level.key(line(*at)) == first).filter(stands).take(MANY + 1).collect()
}

impl Row {
    fn new(hashes: impl Iterator<Item = u64>) -> Self {
        Self { hashes: hashes.collect(), sorted: OnceCell::new() }
    }

    fn places<'l>(&self, level: Level, wanted: &[&[u8]], line: &dyn Fn(usize) -> &'l [u8]) -> Vec<Start> {
        let hashes: Vec<u64> = wanted.iter().map(|line| hash(&level.key(line))).collect();
        let stands = |start: usize| {
            let end = start + hashes.len();
            self.hashes.get(start..end) == Some(&hashes)
                && wanted.iter().enumerate().all(|(offset, sent)| level.same(line(start + offset), sent))
        };
        // The rarest of the lines has the fewest places to look at.
        let rarest = hashes.iter().enumerate().map(|(offset, hash)| (self.lines_of(*hash), offset));
        let Some((lines, offset)) = rarest.min_by_key(|(lines, _)| lines.len()) else { return Vec::new() };
        let starts = lines.iter().filter_map(|(_, at)| (*at as usize).checked_sub(offset));
        starts.filter(|start| stands(*start)).take(MANY + 1).collect()
    }

    fn lines_of(&self, hash: u64) -> &[(u64, u32)] {
        let sorted = self.sorted.get_or_init(|| {
            let mut sorted: Vec<(u64, u32)> = self
                .hashes
                .iter()
                .enumerate()
                .map(|(at, hash)| (*hash, u32::try_from(at).unwrap_or(u32::MAX)))
                .collect();
            sorted.sort_unstable();
            sorted
        });
        let from = sorted.partition_point(|(have, _)| *have < hash);
        let to = sorted.partition_point(|(have, _)| *have <= hash);
        sorted.get(from..to).unwrap_or_default()
    }
}

/// A quick hash; equal hashes are compared again, so that no file can be made to deceive it.
fn hash(bytes: &[u8]) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut hash = bytes.len() as u64;
    for chunk in bytes.chunks(8) {
        let mut word = [0; 8];
        if let Some(part) = word.get_mut(..chunk.len()) {
            part.copy_from_slice(chunk);
        }
        hash = (hash.rotate_left(23) ^ u64::from_le_bytes(word)).wrapping_mul(FACTOR);
    }
    hash ^ (hash >> 29)
}

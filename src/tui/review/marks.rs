//! What was decided so far, hunk by hunk, and the way back.

use super::{File, line_words};
use crate::edit::verdict::Verdict;

/// A hunk of a file, or one of its lines; all counted from 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Spot {
    pub file: usize,
    pub hunk: usize,
    pub line: Option<usize>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Decision {
    #[default]
    Open,
    Accepted,
    Rejected,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Mark {
    decision: Decision,
    /// The user's own text of the hunk.
    edited: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Comment {
    pub spot: Spot,
    pub words: String,
}

/// How many hunks stand how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub accepted: usize,
    pub rejected: usize,
    pub open: usize,
}

impl Counts {
    pub fn all(self) -> usize {
        self.accepted + self.rejected + self.open
    }
}

#[derive(Debug, Default)]
pub(super) struct Marks {
    files: Vec<Vec<Mark>>,
    comments: Vec<Comment>,
    past: Vec<Past>,
}

/// What it takes to undo one step.
#[derive(Debug)]
struct Past {
    marks: Vec<(Spot, Mark)>,
    comments: Vec<Comment>,
    at: Spot,
}

impl Marks {
    /// `counts`: how many hunks each file has.
    pub fn new(counts: impl Iterator<Item = usize>) -> Self {
        Self { files: counts.map(|count| vec![Mark::default(); count]).collect(), ..Self::default() }
    }

    fn mark(&self, spot: Spot) -> Option<&Mark> {
        self.files.get(spot.file)?.get(spot.hunk)
    }

    pub fn decision(&self, spot: Spot) -> Decision {
        self.mark(spot).map(|mark| mark.decision).unwrap_or_default()
    }

    pub fn edited(&self, spot: Spot) -> Option<&str> {
        self.mark(spot)?.edited.as_deref()
    }

    fn spots(&self) -> impl DoubleEndedIterator<Item = Spot> + '_ {
        let hunks =
            |(file, marks): (usize, &Vec<Mark>)| (0..marks.len()).map(move |hunk| Spot { file, hunk, line: None });
        self.files.iter().enumerate().flat_map(hunks)
    }

    pub fn after(&self, at: Spot) -> Option<Spot> {
        self.spots().find(|spot| (spot.file, spot.hunk) > (at.file, at.hunk))
    }

    /// The hunk before; from one of a hunk's lines the hunk itself.
    pub fn before(&self, at: Spot) -> Option<Spot> {
        if at.line.is_some() {
            return Some(Spot { line: None, ..at });
        }
        self.spots().rev().find(|spot| (spot.file, spot.hunk) < (at.file, at.hunk))
    }

    pub fn of_file(&self, file: usize) -> Vec<Spot> {
        self.spots().filter(|spot| spot.file == file).collect()
    }

    pub fn open(&self) -> Vec<Spot> {
        self.spots().filter(|spot| self.decision(*spot) == Decision::Open).collect()
    }

    /// The next open hunk behind this one, else the first; this one itself comes last.
    pub fn next_open(&self, at: Spot) -> Option<Spot> {
        let open = self.open();
        let later = open.iter().find(|spot| (spot.file, spot.hunk) > (at.file, at.hunk));
        later.or(open.first()).copied()
    }

    pub fn counts(&self) -> Counts {
        (0..self.files.len()).fold(Counts::default(), |sum, file| {
            let own = self.file_counts(file);
            Counts {
                accepted: sum.accepted + own.accepted,
                rejected: sum.rejected + own.rejected,
                open: sum.open + own.open,
            }
        })
    }

    pub fn file_counts(&self, file: usize) -> Counts {
        let mut counts = Counts::default();
        for mark in self.files.get(file).into_iter().flatten() {
            match mark.decision {
                Decision::Open => counts.open += 1,
                Decision::Accepted => counts.accepted += 1,
                Decision::Rejected => counts.rejected += 1,
            }
        }
        counts
    }

    pub fn comment_at(&self, spot: Spot) -> Option<&str> {
        self.comments.iter().find(|comment| comment.spot == spot).map(|comment| comment.words.as_str())
    }

    /// Comments on a hunk, or on its lines.
    pub fn comments_of(&self, spot: Spot) -> impl Iterator<Item = &Comment> {
        self.comments.iter().filter(move |comment| (comment.spot.file, comment.spot.hunk) == (spot.file, spot.hunk))
    }

    fn remember(&mut self, spots: &[Spot], at: Spot) {
        let marks = spots.iter().filter_map(|spot| Some((*spot, self.mark(*spot)?.clone()))).collect();
        self.past.push(Past { marks, comments: self.comments.clone(), at });
    }

    fn change(&mut self, spots: &[Spot], change: impl Fn(&mut Mark)) {
        for spot in spots {
            if let Some(mark) = self.files.get_mut(spot.file).and_then(|file| file.get_mut(spot.hunk)) {
                change(mark);
            }
        }
    }

    pub fn decide(&mut self, spots: &[Spot], decision: Decision, at: Spot) {
        self.remember(spots, at);
        self.change(spots, |mark| mark.decision = decision);
    }

    /// The user's own text; it has to be accepted again.
    pub fn edit(&mut self, spot: Spot, text: String) {
        self.remember(&[spot], spot);
        self.change(&[spot], |mark| *mark = Mark { decision: Decision::Open, edited: Some(text.clone()) });
    }

    /// Words about a place, in the stead of those that are there; empty ones take them away.
    pub fn comment(&mut self, spot: Spot, words: &str) {
        if self.comment_at(spot).unwrap_or_default() == words {
            return;
        }
        self.remember(&[], spot);
        self.comments.retain(|comment| comment.spot != spot);
        if !words.is_empty() {
            self.comments.push(Comment { spot, words: words.into() });
            self.comments.sort_by_key(|comment| (comment.spot.file, comment.spot.hunk, comment.spot.line));
        }
    }

    /// Takes the last step back, and says where it was made.
    pub fn undo(&mut self) -> Option<Spot> {
        let Past { marks, comments, at } = self.past.pop()?;
        for (spot, was) in marks {
            self.change(&[spot], |mark| mark.clone_from(&was));
        }
        self.comments = comments;
        Some(at)
    }

    pub fn verdict(&self, files: &[File]) -> Verdict {
        let mut verdict = Verdict::default();
        for spot in self.spots() {
            let Some(file) = files.get(spot.file) else { continue };
            let path = &file.change.path;
            for comment in self.comments_of(spot) {
                let place = line_words(file, comment.spot)
                    .or_else(|| (file.shown.hunks.len() > 1).then(|| format!("hunk {}", spot.hunk + 1)));
                let place = place.map_or_else(|| path.clone(), |place| format!("{path}, {place}"));
                verdict.says(Some(&place), Some(comment.words.clone()));
            }
            if self.decision(spot) == Decision::Accepted {
                verdict.hunk(path, spot.hunk, file.count());
                if let Some(text) = self.edited(spot) {
                    verdict.edited(path, spot.hunk, text.to_owned());
                }
            }
        }
        verdict
    }
}

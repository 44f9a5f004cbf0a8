//! The answer that streams, and how the record that ends it settles what was shown.
//!
//! What was streamed stays where it is: a screen has printed it already.

use super::View;
use super::cell::{Body, Cell, Tone};
use super::working::Working;
use crate::base::message::Part;
use crate::base::model::Delta;

/// What is said under an answer whose end never came.
const BROKE_OFF: &str = "the answer broke off";
/// What is said where the recorded answer is another than what was streamed.
const ANEW: &str = "the answer began anew";

/// The record of what no record holds.
const LOCAL: u64 = u64::MAX;

impl View {
    /// A piece of an answer that streams.
    pub fn delta(&mut self, delta: &Delta) {
        let since = self.since.clone();
        match delta {
            Delta::Text(piece) => {
                self.working = Some(Working::Writing { since });
                let open = matches!(self.cells.last(), Some(Cell { seq: 0, body: Body::Answer { .. }, done: false }));
                match self.cells.last_mut() {
                    Some(Cell { body: Body::Answer { text }, .. }) if open => text.push_str(piece),
                    _ => self.stream(Body::Answer { text: piece.clone() }),
                }
            }
            Delta::Reasoning(piece) => {
                self.working = Some(Working::Thinking { since });
                let open =
                    matches!(self.cells.last(), Some(Cell { seq: 0, body: Body::Reasoning { .. }, done: false }));
                match self.cells.last_mut() {
                    Some(Cell { body: Body::Reasoning { text }, .. }) if open => text.push_str(piece),
                    _ => self.stream(Body::Reasoning { text: piece.clone() }),
                }
            }
            Delta::Call(tool) => self.working = Some(Working::Calling { tool: tool.clone(), since }),
        }
        self.settle();
    }

    /// Words of who shows this, among what happened; no record holds them.
    pub fn say(&mut self, tone: Tone, text: String) {
        self.notice(LOCAL, tone, text);
        self.settle();
    }

    /// Begins a streaming cell. The one before it is whole by that.
    fn stream(&mut self, body: Body) {
        if let Some(last) = self.cells.last_mut().filter(|last| last.seq == 0) {
            last.done = true;
        }
        self.streaming.get_or_insert(self.cells.len());
        self.add(0, body, false);
    }

    /// The answer as it was recorded. What streamed of it stays, and what is missing comes behind it.
    pub(super) fn answered(&mut self, seq: u64, parts: &[Part]) {
        let Some(first) = self.streaming.take() else {
            return parts.iter().for_each(|part| self.part(seq, part));
        };
        let streamed = self.cells.get(first..).unwrap_or_default();
        let shown: String = streamed.iter().filter_map(answer_text).collect();
        let thought = streamed.iter().any(|cell| matches!(cell.body, Body::Reasoning { .. }));
        let only_one = streamed.iter().filter(|cell| answer_text(cell).is_some()).count() == 1;
        let whole: String = parts.iter().filter_map(spoken).collect();
        let refuses = parts.iter().any(|part| matches!(part, Part::Refusal { .. }));
        let last = self.cells.last_mut().filter(|last| !last.done && answer_text(last).is_some());
        match (missing(&shown, &whole), last) {
            (Some(""), Some(last)) if refuses && only_one => last.body = Body::Refusal { text: whole },
            (Some(""), _) => {}
            (Some(rest), Some(Cell { body: Body::Answer { text }, .. })) => text.push_str(rest),
            (Some(rest), _) => self.add(seq, Body::Answer { text: rest.into() }, true),
            (None, Some(Cell { body: Body::Answer { text }, .. })) if only_one => *text = whole,
            (None, _) => {
                self.notice(seq, Tone::Quiet, ANEW.into());
                self.add(seq, Body::Answer { text: whole }, true);
            }
        }
        self.close(first, seq);
        if !thought {
            parts.iter().filter(|part| matches!(part, Part::Reasoning(_))).for_each(|part| self.part(seq, part));
        }
    }

    /// The request failed, or its answer will be asked for again: what streamed is all there is of it.
    pub(super) fn broke_off(&mut self, seq: u64) {
        let Some(first) = self.streaming.take() else { return };
        self.close(first, seq);
        self.notice(seq, Tone::Warning, BROKE_OFF.into());
    }

    /// The cells from `first` on are of this record, and done.
    fn close(&mut self, first: usize, seq: u64) {
        for index in first..self.cells.len() {
            if let Some(cell) = self.cells.get_mut(index).filter(|cell| cell.seq == 0) {
                (cell.seq, cell.done) = (seq, true);
                self.keep(index);
            }
        }
    }

    fn part(&mut self, seq: u64, part: &Part) {
        let body = match part {
            Part::Text { text } => Body::Answer { text: text.clone() },
            Part::Reasoning(reasoning) => Body::Reasoning { text: reasoning.text.clone() },
            Part::Refusal { text } => Body::Refusal { text: text.clone() },
            Part::Image(_) | Part::Call(_) | Part::Result(_) => return,
        };
        let (Body::Answer { text } | Body::Reasoning { text } | Body::Refusal { text }) = &body else { return };
        if !text.trim().is_empty() {
            self.add(seq, body, true);
            self.keep(self.cells.len() - 1);
        }
    }
}

fn answer_text(cell: &Cell) -> Option<&str> {
    if let Body::Answer { text } = &cell.body { Some(text) } else { None }
}

fn spoken(part: &Part) -> Option<&str> {
    match part {
        Part::Text { text } | Part::Refusal { text } => Some(text),
        Part::Image(_) | Part::Reasoning(_) | Part::Call(_) | Part::Result(_) => None,
    }
}

/// What of `whole` comes behind `shown`, blanks aside; `None` where it is another text.
fn missing<'a>(shown: &str, whole: &'a str) -> Option<&'a str> {
    let mut rest = whole.char_indices().filter(|(_, char)| !char.is_whitespace());
    let mut end = 0;
    for char in shown.chars().filter(|char| !char.is_whitespace()) {
        let (at, other) = rest.next()?;
        if other != char {
            return None;
        }
        end = at + char.len_utf8();
    }
    if rest.next().is_none() { Some("") } else { whole.get(end..) }
}

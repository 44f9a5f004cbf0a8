//! What goes to the terminal's scrollback, each line once and in order, and what is still live below it. Pure.
//!
//! A cell goes when it is settled, whole; of the answer that streams its finished lines go at once. What has gone cannot be
//! taken back.

use super::cell::{Growing, Look, gap, lines};
use super::theme::Role;
use super::words::wrap::clip;
use crate::base::event::StepStatus;
use crate::text::sanitise::one_line;
use crate::transcript::view::{Body, Cell, View};
use ratatui::text::{Line, Span};

/// What is said where the recorded answer is another than what was printed of it.
const ANEW: &str = "the answer began anew";

/// How far a session has been printed.
#[derive(Default)]
pub struct Flow {
    /// The first cell that is not printed whole.
    next: usize,
    /// The answer that streams.
    growing: Option<Growing>,
    /// The last cell of which anything was printed.
    last: Option<usize>,
}

/// What to print, and what to show below.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Flowed {
    /// For the scrollback: new since the last call.
    pub finished: Vec<Line<'static>>,
    /// What may still change: running calls, the open end of the answer, the step of the plan.
    pub live: Vec<Line<'static>>,
}

impl Flow {
    pub fn new() -> Self {
        Self::default()
    }

    /// Cells that were printed whole.
    pub fn printed(&self) -> usize {
        self.next
    }

    pub fn advance(&mut self, view: &View, look: &Look<'_>) -> Flowed {
        let mut finished = Vec::new();
        while let Some(cell) = view.cells().get(self.next) {
            if cell.done {
                self.whole(view, cell, look, &mut finished);
                self.next += 1;
            } else {
                self.stream(view, cell, look, &mut finished);
                break;
            }
        }
        Flowed { finished, live: self.live(view, look) }
    }

    /// Takes a long past as printed but for its last lines: a session that goes on begins with about a screenful.
    pub fn skip(&mut self, view: &View, keep: usize, look: &Look<'_>) -> Vec<Line<'static>> {
        let settled = view.settled();
        let first = self.next;
        let mut kept: Vec<Vec<Line<'static>>> = Vec::new();
        let (mut begin, mut count) = (settled, 0);
        while begin > first && count < keep {
            begin -= 1;
            let Some(cell) = view.cells().get(begin) else { break };
            let mut part = lines(cell, look);
            let before = begin.checked_sub(1).and_then(|before| view.cells().get(before));
            if before.is_some_and(|before| gap(before, cell)) && !part.is_empty() {
                part.insert(0, Line::default());
            }
            count += part.len();
            kept.push(part);
        }
        let mut shown: Vec<Line<'static>> = kept.into_iter().rev().flatten().collect();
        let cut = shown.len().saturating_sub(keep);
        shown.drain(..cut);
        if cut > 0 || begin > first {
            shown.insert(0, Line::from(Span::styled("… earlier: ctrl-o", look.theme.style(Role::Dim))));
        }
        self.next = settled.max(first);
        self.growing = None;
        self.last = self.next.checked_sub(1);
        shown
    }

    /// The rest of a cell, or all of it.
    fn whole(&mut self, view: &View, cell: &Cell, look: &Look<'_>, finished: &mut Vec<Line<'static>>) {
        let Some(mut growing) = self.growing.take().filter(|growing| growing.cell == self.next) else {
            return self.print(view, lines(cell, look), finished);
        };
        let text = if let Body::Answer { text } | Body::Refusal { text } = &cell.body { text.as_str() } else { "" };
        let begun = growing.begun;
        if growing.end(text) {
            if begun || matches!(cell.body, Body::Answer { .. }) {
                let rest = growing.finished(look);
                return if begun { finished.extend(rest) } else { self.print(view, rest, finished) };
            }
        } else if begun {
            say_anew(look, finished);
        }
        self.print(view, lines(cell, look), finished);
    }

    /// The finished lines of an answer that streams.
    fn stream(&mut self, view: &View, cell: &Cell, look: &Look<'_>, finished: &mut Vec<Line<'static>>) {
        let Body::Answer { text } = &cell.body else { return };
        if !self.growing.as_mut().is_some_and(|growing| growing.cell == self.next && growing.feed(text)) {
            let again = self.growing.take().is_some_and(|growing| growing.cell == self.next && growing.begun);
            if again {
                say_anew(look, finished);
            }
            let mut growing = Growing::new(self.next);
            growing.feed(text);
            self.growing = Some(growing);
        }
        let Some(mut growing) = self.growing.take() else { return };
        let begun = growing.begun;
        let lines = growing.finished(look);
        if begun {
            finished.extend(lines);
        } else {
            self.print(view, lines, finished);
        }
        self.growing = Some(growing);
    }

    /// The first lines of a cell, after a blank one where there is to be one.
    fn print(&mut self, view: &View, lines: Vec<Line<'static>>, finished: &mut Vec<Line<'static>>) {
        if lines.is_empty() {
            return;
        }
        if self.gap_before(view, self.next) {
            finished.push(Line::default());
        }
        finished.extend(lines);
        self.last = Some(self.next);
    }

    fn gap_before(&self, view: &View, index: usize) -> bool {
        let cells = view.cells();
        let before = self.last.filter(|last| *last != index).and_then(|last| cells.get(last));
        before.zip(cells.get(index)).is_some_and(|(before, cell)| gap(before, cell))
    }

    /// What is not printed yet: at most about half of the screen.
    fn live(&self, view: &View, look: &Look<'_>) -> Vec<Line<'static>> {
        let most = usize::from(look.rows / 2).max(3);
        let mut live: Vec<Line<'static>> = Vec::new();
        let mut before = self.last.and_then(|last| view.cells().get(last));
        for (index, cell) in view.cells().iter().enumerate().skip(self.next) {
            // Drawn elsewhere, by who takes the answer.
            if matches!(cell.body, Body::Asked { answer: None, .. }) {
                continue;
            }
            let growing = self.growing.as_ref().filter(|growing| growing.cell == index);
            let rows = growing.map_or_else(|| lines(cell, look), |growing| growing.tail(look));
            if growing.is_some_and(|growing| growing.begun) {
                live.extend(rows);
                before = Some(cell);
                continue;
            }
            if rows.is_empty() {
                continue;
            }
            if before.is_some_and(|before| gap(before, cell)) {
                live.push(Line::default());
            }
            live.extend(rows);
            before = Some(cell);
        }
        let cut = live.len().saturating_sub(most);
        live.drain(..cut);
        live.extend(step(view, look));
        live
    }
}

fn say_anew(look: &Look<'_>, finished: &mut Vec<Line<'static>>) {
    finished.push(Line::from(Span::styled(ANEW, look.theme.style(Role::Warning))));
    finished.push(Line::default());
}

/// The step of the plan that is being worked on, where the plan itself is printed already.
fn step(view: &View, look: &Look<'_>) -> Option<Line<'static>> {
    let steps = view.plan();
    view.working()?;
    let current = steps.iter().find(|step| step.status == StepStatus::InProgress)?;
    let done = steps.iter().filter(|step| step.status == StepStatus::Completed).count();
    let words = format!("plan {done}/{} · [>] {}", steps.len(), one_line(&current.step));
    Some(Line::from(Span::styled(clip(&words, usize::from(look.width)), look.theme.style(Role::Dim))))
}

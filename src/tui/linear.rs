//! One thing after the other, as plain text: for screen readers, and for terminals that can do nothing else. Nothing moves, nothing is
//! drawn again; a line is typed and sent by enter.

use super::approval::ApprovalLook;
use super::draw;
use super::plain;
use super::preferences::Colors;
use super::state::{Over, State};
use super::status;
use super::theme::Theme;
use crate::text::sanitise::sanitise;
use std::io::{Result, Write};

/// Columns that a question is laid out in.
const WIDTH: u16 = 76;
/// Rows of a question that are shown at the most; screen readers have no screen to fill.
const ROWS: u16 = 400;

/// What was said so far.
#[derive(Debug, Default)]
pub struct Linear {
    /// Cells that were printed.
    printed: usize,
    shown: usize,
    /// The question that was read out.
    asked: Option<u64>,
    hint: Option<String>,
    /// What stands in front, as it was read out.
    over: Option<String>,
    /// Was it said that a task can be typed?
    ready: bool,
}

impl Linear {
    /// Says all that is new.
    pub fn say(&mut self, state: &mut State, out: &mut impl Write) -> Result<()> {
        if self.shown != state.doing.shown {
            *self = Self { shown: state.doing.shown, ..Self::default() };
        }
        let view = &state.session.view;
        while let Some(cell) = view.cells().get(self.printed).filter(|cell| cell.done) {
            self.printed += 1;
            line(out, &plain::text(cell))?;
        }
        let over = state.over.as_ref().and_then(read_out);
        if over != self.over {
            line(out, over.as_deref().unwrap_or_default())?;
            self.over = over;
        }
        // A list waits for a number; the rest was read.
        if !matches!(state.over, Some(Over::Picker { .. })) {
            (state.over, self.over) = (None, None);
        }
        if let Some(asked) = state.asks.front()
            && self.asked != Some(asked.ask().id)
        {
            self.asked = Some(asked.ask().id);
            let jail = status::jail(state);
            let theme = Theme::new(Colors::None);
            let look = ApprovalLook {
                theme: &theme,
                keys: &state.keys,
                highlighter: &state.highlighter,
                width: WIDTH,
                height: ROWS,
                jail: &jail,
                place: (1, state.asks.len()),
            };
            for row in asked.lines(&look) {
                let text: String = row.spans.iter().map(|span| span.content.as_ref()).collect();
                line(out, &text)?;
            }
            line(out, "answer with a letter and enter; after c come your words")?;
        }
        let hint = state.hint.as_ref().map(|hint| hint.text.clone());
        if hint != self.hint {
            self.hint.clone_from(&hint);
            line(out, &hint.unwrap_or_default())?;
        }
        if state.gone {
            line(out, &draw::farewell(state).unwrap_or_default())?;
            return out.flush();
        }
        let ready = !state.is_working();
        if ready && !self.ready {
            line(out, "ready")?;
        }
        self.ready = ready;
        out.flush()
    }
}

/// What stands in front, in words; a list with its numbers.
fn read_out(over: &Over) -> Option<String> {
    match over {
        Over::Pager(pager) => Some(pager.text()),
        // A list that is still looked up is no list yet.
        Over::Picker { picker, .. } if picker.is_waiting() => None,
        Over::Picker { picker, .. } => {
            let rows = (0..).map_while(|row| picker.row(row));
            let rows = rows.enumerate().map(|(row, each)| format!("{}: {} {}\n", row + 1, each.title, each.detail));
            let said: String = picker.said().iter().map(|line| format!("  {line}\n")).collect();
            Some(format!("{}\n{said}{}type a number, or enter to leave", picker.title(), rows.collect::<String>()))
        }
        Over::Transcript { .. } => Some("all that happened stands above".into()),
        Over::Review { .. } => Some("a review needs the screen; without it the whole change is answered".into()),
    }
}

fn line(out: &mut impl Write, text: &str) -> Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    writeln!(out, "{}", sanitise(text))
}

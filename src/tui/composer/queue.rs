//! Messages that wait: to steer the task after the current step, or to be sent after the turn.

use super::draft::Draft;
use crate::text::sanitise::one_line;
use crate::tui::keys::{Action, Keys};
use crate::tui::theme::{Role, Theme};
use crate::tui::words::wrap::clip;
use ratatui::text::{Line, Span};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Queue {
    held: Vec<Queued>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queued {
    pub draft: Draft,
    pub when: When,
}

/// When a message goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    AfterStep,
    AfterTurn,
}

/// So many messages are shown.
const SHOWN: usize = 4;

impl Queue {
    pub fn push(&mut self, draft: Draft, when: When) {
        self.held.push(Queued { draft, when });
    }

    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    pub fn held(&self) -> &[Queued] {
        &self.held
    }

    /// Those that steer, in their order: all of them go into one command.
    pub fn steers(&self) -> impl Iterator<Item = &Draft> {
        self.held.iter().filter(|queued| queued.when == When::AfterStep).map(|queued| &queued.draft)
    }

    /// The model has these words now: the first message that steers with them is gone. Was there one?
    pub fn steered(&mut self, text: &str) -> bool {
        let found = self.held.iter().position(|queued| queued.when == When::AfterStep && queued.draft.text == text);
        found.map(|found| self.held.remove(found)).is_some()
    }

    /// The turn is over: the next message to send. What was to steer and came too late goes first.
    pub fn take_next(&mut self) -> Option<Draft> {
        let first = self.held.iter().position(|queued| queued.when == When::AfterStep).unwrap_or(0);
        (first < self.held.len()).then(|| self.held.remove(first).draft)
    }

    /// Takes the message back that was queued last.
    pub fn take_last(&mut self) -> Option<Queued> {
        self.held.pop()
    }

    pub fn clear(&mut self) {
        self.held.clear();
    }

    /// One row for each message, and how to take the last one back.
    pub fn lines(&self, width: u16, keys: &Keys, theme: &Theme) -> Vec<Line<'static>> {
        let hidden = self.held.len().saturating_sub(SHOWN);
        let mut lines = Vec::new();
        for queued in self.held.iter().skip(hidden) {
            let when = match queued.when {
                When::AfterStep => "after this step",
                When::AfterTurn => "after the turn",
            };
            let text = clip(&format!("↳ {when}: {}", one_line(&queued.draft.text)), usize::from(width));
            lines.push(Line::from(Span::styled(text, theme.style(Role::Dim))));
        }
        if hidden > 0 {
            let more = clip(&format!("↳ {hidden} more before"), usize::from(width));
            lines.insert(0, Line::from(Span::styled(more, theme.style(Role::Dim))));
        }
        let key = keys.hint(Action::EditQueue);
        if !lines.is_empty() && !key.is_empty() {
            let more = if self.held.len() > 1 { ", again the one before it" } else { "" };
            let hint = clip(&format!("  {key} edits the last one{more}"), usize::from(width));
            lines.push(Line::from(Span::styled(hint, theme.style(Role::Dim))));
        }
        lines
    }
}

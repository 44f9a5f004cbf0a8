//! The end of a task: how it ended, what it cost, how long it took, what it changed.

use super::{Look, error};
use crate::base::event::{ChangedFile, Outcome, Status};
use crate::text::sanitise::one_line;
use crate::transcript::view::words::duration;
use crate::tui::context::dollars;
use crate::tui::theme::Role;
use crate::tui::words::markdown;
use crate::tui::words::wrap::wrap;
use ratatui::text::{Line, Span};

/// Changed files that are named.
const FILES: usize = 8;

pub(super) fn lines(outcome: &Outcome, look: &Look<'_>) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    if !outcome.summary.trim().is_empty() {
        lines.extend(markdown::lines(&outcome.summary, look.width, look.theme, look.highlighter));
        lines.push(Line::default());
    }
    if let Some(fault) = outcome.error.as_ref().filter(|_| outcome.status != Status::Interrupted) {
        lines.extend(error(&fault.message, fault.hint.as_deref(), look));
    }
    let (word, role) = word(outcome.status);
    let cost = outcome.cost_usd.map_or("cost unknown".to_owned(), dollars);
    let turns = if outcome.turns == 1 { "1 turn".to_owned() } else { format!("{} turns", outcome.turns) };
    let theme = look.theme;
    let facts = format!(" · {cost} · {turns} · {}", duration(outcome.duration_ms));
    let mut spans = vec![Span::styled(word, theme.style(role)), Span::styled(facts, theme.style(Role::Dim))];
    if !outcome.changed.is_empty() {
        spans.push(Span::styled(" · changed ", theme.style(Role::Dim)));
        spans.extend(changed(&outcome.changed, look));
    }
    lines.extend(wrap(&Line::from(spans), look.width, 2));
    lines
}

fn word(status: Status) -> (&'static str, Role) {
    match status {
        Status::Done => ("done", Role::Dim),
        Status::Incomplete => ("not finished", Role::Warning),
        Status::Usage => ("not begun", Role::Error),
        Status::Auth => ("no access", Role::Error),
        Status::Provider => ("the provider failed", Role::Error),
        Status::Limit => ("stopped at a limit", Role::Warning),
        Status::Denied => ("denied", Role::Warning),
        Status::NoSandbox => ("no sandbox", Role::Error),
        Status::Interrupted => ("interrupted", Role::Warning),
    }
}

fn changed(files: &[ChangedFile], look: &Look<'_>) -> Vec<Span<'static>> {
    let theme = look.theme;
    let mut spans = Vec::new();
    for (index, file) in files.iter().take(FILES).enumerate() {
        let comma = if index > 0 { ", " } else { "" };
        spans.push(Span::styled(format!("{comma}{} (", one_line(&file.path)), theme.style(Role::Dim)));
        spans.push(Span::styled(format!("+{}", file.added), theme.style(Role::Added)));
        spans.push(Span::raw(" "));
        spans.push(Span::styled(format!("−{}", file.removed), theme.style(Role::Removed)));
        spans.push(Span::styled(")", theme.style(Role::Dim)));
    }
    if files.len() > FILES {
        spans.push(Span::styled(format!(" and {} more", files.len() - FILES), theme.style(Role::Dim)));
    }
    spans
}

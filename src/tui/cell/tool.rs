//! Calls, checks and commands: one calm line that opens.

use super::{Look, folded, indented, paragraphs, styled};
use crate::base::change::FileChange;
use crate::base::event::{CheckResult, ToolStatus};
use crate::text::sanitise::one_line;
use crate::transcript::view::words::duration;
use crate::transcript::view::{Output, Tool};
use crate::tui::diff::{self, DiffLook};
use crate::tui::theme::Role;
use crate::tui::words::ansi;
use crate::tui::words::wrap::{clip, cut, width, wrap};
use ratatui::text::{Line, Span};

/// Lines of a failed call's output that are shown without being asked for.
const TAIL: usize = 6;
/// Lines of a diff that are shown folded.
const DIFF: usize = 40;
/// Lines of the output of the user's own command that are shown folded.
const RAN: usize = 20;

pub(super) fn lines(tool: &Tool, look: &Look<'_>) -> Vec<Line<'static>> {
    let mut lines = head(tool, look);
    let summary = one_line(&tool.summary);
    if look.open && (tool.summary.contains('\n') || width(&summary) + 20 > usize::from(look.width)) {
        lines.extend(indented(paragraphs(&look.narrower(4), Role::Code, &tool.summary), 4));
    }
    for file in &tool.files {
        lines.extend(changed(file, look));
    }
    for note in &tool.notes {
        let role = if note.starts_with("commit ") || note.starts_with("the diff ") { Role::Dim } else { Role::Warning };
        lines.extend(indented(wrap(&styled(look, role, one_line(note)), look.narrower(2).width, 2), 2));
    }
    if look.open {
        lines.extend(whole(&tool.output, look));
    } else {
        match tool.status {
            Some(ToolStatus::Failed) => lines.extend(tail(&tool.output, look)),
            Some(ToolStatus::Denied) => {
                let words = styled(look, Role::Dim, one_line(&tool.output.text));
                lines.extend(indented(wrap(&words, look.narrower(4).width, 0), 4));
            }
            Some(ToolStatus::Done | ToolStatus::Interrupted) | None => {}
        }
    }
    lines
}

/// `· shell cargo test · failed · exit 101 · 3.2 s`
fn head(tool: &Tool, look: &Look<'_>) -> Vec<Line<'static>> {
    let (role, said) = match tool.status {
        None => (Role::Text, Some(("running", Role::Dim))),
        Some(ToolStatus::Done) => (Role::Dim, None),
        Some(ToolStatus::Failed) => (Role::Text, Some(("failed", Role::Warning))),
        Some(ToolStatus::Denied) => (Role::Text, Some(("denied", Role::Error))),
        Some(ToolStatus::Interrupted) => (Role::Text, Some(("interrupted", Role::Warning))),
    };
    let mut facts = Vec::new();
    facts.extend(tool.limit.as_ref().map(|limit| format!("ended by its limit of {}", one_line(limit))));
    facts.extend(tool.exit.map(|exit| format!("exit {exit}")));
    if tool.duration_ms >= 1000 || (tool.exit.is_some() && tool.duration_ms > 0) {
        facts.push(duration(tool.duration_ms));
    }
    let facts: String = facts.iter().map(|fact| format!(" · {fact}")).collect();
    let said_width = said.map_or(0, |(word, _)| word.len() + 3);
    let room = usize::from(look.width).saturating_sub(2 + width(&facts) + said_width).max(12);
    let theme = look.theme;
    let mut spans = vec![
        Span::styled("· ", theme.style(Role::Dim)),
        Span::styled(clip(&one_line(&tool.summary), room), theme.style(role)),
    ];
    if let Some((word, role)) = said {
        spans.push(Span::styled(" · ", theme.style(Role::Dim)));
        spans.push(Span::styled(word, theme.style(role)));
    }
    spans.push(Span::styled(facts, theme.style(Role::Dim)));
    wrap(&Line::from(spans), look.width, 2)
}

/// A file's headline and its diff.
fn changed(file: &FileChange, look: &Look<'_>) -> Vec<Line<'static>> {
    let inner = look.narrower(2);
    let diff = diff::lines(file, &DiffLook::new(look.theme, inner.width).with_highlighter(look.highlighter));
    let mut diff = diff.into_iter();
    let mut lines: Vec<Line<'static>> = diff.next().map(|head| wrap(&head, inner.width, 2)).unwrap_or_default();
    lines.extend(folded(diff.collect(), DIFF, look));
    indented(lines, 2)
}

/// The last lines of an output.
fn tail(kept: &Output, look: &Look<'_>) -> Vec<Line<'static>> {
    let lines = ansi::lines(&kept.text, look.theme);
    let skipped = lines.len().saturating_sub(TAIL);
    let room = look.narrower(4).width;
    let rows = lines.into_iter().skip(skipped).flat_map(|line| {
        let rows = cut(&line, room, 0);
        rows.into_iter().take(3)
    });
    indented(dimmed(rows.collect(), look), 4)
}

/// All that is kept of an output, with colours where it had some.
fn whole(kept: &Output, look: &Look<'_>) -> Vec<Line<'static>> {
    let room = look.narrower(4).width;
    let rows = |text: &str| -> Vec<Line<'static>> {
        ansi::lines(text, look.theme).into_iter().flat_map(|line| cut(&line, room, 0)).collect()
    };
    let (head, end) = kept.parts();
    let mut lines = rows(head);
    if kept.left_out > 0 {
        let count = if kept.left_out == 1 { "1 line".to_owned() } else { format!("{} lines", kept.left_out) };
        lines.push(styled(look, Role::Dim, format!("… {count} left out here; the log has all of it")));
        lines.extend(rows(end));
    }
    indented(lines, 4)
}

/// Text that has no colour of its own becomes dim.
fn dimmed(lines: Vec<Line<'static>>, look: &Look<'_>) -> Vec<Line<'static>> {
    let dim = look.theme.style(Role::Dim);
    let each = |mut line: Line<'static>| {
        for span in &mut line.spans {
            span.style = dim.patch(span.style);
        }
        line
    };
    lines.into_iter().map(each).collect()
}

pub(super) fn check(command: &str, round: u32, result: Option<&CheckResult>, look: &Look<'_>) -> Vec<Line<'static>> {
    let theme = look.theme;
    let round = if round > 1 { format!(" · round {round}") } else { String::new() };
    let (word, role, facts) = match result {
        None => ("running", Role::Dim, String::new()),
        Some(result) => {
            let exit = match result.exit {
                Some(exit) if !result.passed => format!(" · exit {exit}"),
                None if !result.passed => " · ended by its time limit".to_owned(),
                Some(_) | None => String::new(),
            };
            let word = if result.passed { ("passed", Role::Added) } else { ("failed", Role::Error) };
            (word.0, word.1, format!("{exit} · {}", duration(result.duration_ms)))
        }
    };
    let facts = format!("{round}{facts}");
    let room = usize::from(look.width).saturating_sub(12 + word.len() + width(&facts)).max(12);
    let line = Line::from(vec![
        Span::styled("· check ", theme.style(Role::Dim)),
        Span::styled(clip(&one_line(command), room), theme.style(Role::Text)),
        Span::styled(" · ", theme.style(Role::Dim)),
        Span::styled(word, theme.style(role)),
        Span::styled(facts, theme.style(Role::Dim)),
    ]);
    wrap(&line, look.width, 2)
}

pub(super) fn ran(command: &str, printed: &str, exit: Option<i32>, look: &Look<'_>) -> Vec<Line<'static>> {
    let theme = look.theme;
    let mut head =
        vec![Span::styled("! ", theme.style(Role::Accent)), Span::styled(one_line(command), theme.style(Role::Text))];
    match exit {
        Some(0) => {}
        Some(exit) => head.push(Span::styled(format!(" · exit {exit}"), theme.style(Role::Warning))),
        None => head.push(Span::styled(" · killed", theme.style(Role::Warning))),
    }
    let mut lines = wrap(&Line::from(head), look.width, 2);
    let room = look.narrower(2).width;
    let rows = ansi::lines(printed.trim_end(), theme).into_iter().flat_map(|line| cut(&line, room, 0)).collect();
    lines.extend(indented(folded(rows, RAN, look), 2));
    lines
}

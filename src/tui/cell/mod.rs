//! Cells to lines: calm, one line where one line will do, whole where it is opened. Pure.
//!
//! Everything that is not ours passes the sanitiser here, before a style is put on it.

mod ending;
mod growing;
mod source;
mod talk;
mod tool;

pub use growing::Growing;
pub use source::{blocks, text};

use crate::base::event::{PlanStep, SessionStarted, StepStatus};
use crate::text::sanitise::{one_line, sanitise};
use crate::transcript::view::{Body, Cell, Tone};
use crate::tui::here::here;
use crate::tui::theme::{Role, Theme};
use crate::tui::words::code::Highlighter;
use crate::tui::words::markdown;
use crate::tui::words::wrap::{expand, wrap};
use ratatui::text::{Line, Span};

/// How things are to look.
#[derive(Clone, Copy)]
pub struct Look<'a> {
    /// Columns there are.
    pub width: u16,
    /// Rows of the screen.
    pub rows: u16,
    pub theme: &'a Theme,
    pub highlighter: &'a Highlighter,
    /// Unfolded: all that is kept.
    pub open: bool,
}

impl Look<'_> {
    /// The same with fewer columns, of which some stay.
    pub fn narrower(&self, by: u16) -> Self {
        Self { width: self.width.saturating_sub(by).max(8), ..*self }
    }
}

/// A cell as lines, without the blank line before it.
pub fn lines(cell: &Cell, look: &Look<'_>) -> Vec<Line<'static>> {
    match &cell.body {
        Body::Started(started) => vec_of(look, Role::Dim, &session(started)),
        Body::User { source, text, images } => talk::user(*source, text, *images, look),
        Body::Answer { text } => markdown::lines(text, look.width, look.theme, look.highlighter),
        Body::Reasoning { text } => talk::reasoning(text, cell.done, look),
        Body::Refusal { text } => vec_of(look, Role::Warning, &format!("the model declined: {}", one_line(text))),
        Body::Tool(tool) => tool::lines(tool, look),
        Body::Plan(steps) => plan(steps, look),
        Body::Check { command, round, result } => tool::check(command, *round, result.as_ref(), look),
        Body::Asked { ask, answer } => talk::asked(ask, answer.as_ref(), look),
        Body::Aside(aside) => talk::aside(aside, look),
        Body::Ran { command, output, exit } => tool::ran(command, output, *exit, look),
        Body::Notice { tone, text } => notice(*tone, text, look),
        Body::Outcome(outcome) => ending::lines(outcome, look),
    }
}

/// Does a blank line stand between these two?
pub fn gap(before: &Cell, cell: &Cell) -> bool {
    !(is_line(before) && is_line(cell))
}

/// A step of the work that is mostly one line.
fn is_line(cell: &Cell) -> bool {
    match &cell.body {
        Body::Tool(tool) => tool.files.is_empty(),
        Body::Reasoning { .. } | Body::Check { .. } | Body::Asked { .. } | Body::Notice { .. } => true,
        Body::User { source, .. } => !talk::is_users(*source),
        Body::Started(_)
        | Body::Answer { .. }
        | Body::Refusal { .. }
        | Body::Plan(_)
        | Body::Aside(_)
        | Body::Ran { .. }
        | Body::Outcome(_) => false,
    }
}

/// The steps of a plan, with their marks.
pub fn plan(steps: &[PlanStep], look: &Look<'_>) -> Vec<Line<'static>> {
    let step = |step: &PlanStep| {
        let (mark, role) = match step.status {
            StepStatus::Pending => ("[ ]", Role::Text),
            StepStatus::InProgress => ("[>]", Role::Accent),
            StepStatus::Completed => ("[x]", Role::Dim),
        };
        wrap(&styled(look, role, format!("  {mark} {}", one_line(&step.step))), look.width, 6)
    };
    steps.iter().flat_map(step).collect()
}

fn notice(tone: Tone, text: &str, look: &Look<'_>) -> Vec<Line<'static>> {
    let text = &here(text);
    match tone {
        Tone::Quiet => text.lines().flat_map(|line| vec_of(look, Role::Dim, line)).collect(),
        Tone::Warning => text.lines().flat_map(|line| vec_of(look, Role::Warning, line)).collect(),
        Tone::Error => {
            let (message, rest) = text.split_once('\n').unwrap_or((text.as_str(), ""));
            let hints = rest.lines().flat_map(|line| vec_of(look, Role::Dim, line));
            error(message, None, look).into_iter().chain(hints).collect()
        }
    }
}

/// What went wrong, and the way out of it on lines of its own.
pub(super) fn error(message: &str, hint: Option<&str>, look: &Look<'_>) -> Vec<Line<'static>> {
    let head = Line::from(vec![
        Span::styled("error", look.theme.style(Role::Error)),
        Span::styled(format!(": {}", one_line(message)), look.theme.style(Role::Text)),
    ]);
    let mut lines = wrap(&head, look.width, 2);
    for hint in hint.map(here).iter().flat_map(|hint| hint.split("; ")) {
        lines.extend(wrap(&styled(look, Role::Text, format!("hint: {}", one_line(hint))), look.width, 6));
    }
    lines
}

fn session(started: &SessionStarted) -> String {
    let models = if started.models.is_empty() { started.model.clone() } else { started.models.join(", ") };
    let jail = match started.sandbox.as_str() {
        "none" => "commands are not sandboxed".to_owned(),
        sandbox => format!("sandbox {sandbox}, network {}", started.network.name()),
    };
    let again = if started.resumed { " · goes on" } else { "" };
    let branch = started.branch.as_ref().map_or(String::new(), |branch| format!(" · {branch}"));
    format!("agent {} · {models} · mode {} · {jail}{branch}{again}", started.version, started.mode.name())
}

/// One text as rows, those behind the first indented by two.
fn vec_of(look: &Look<'_>, role: Role, text: &str) -> Vec<Line<'static>> {
    wrap(&styled(look, role, one_line(text)), look.width, 2)
}

/// A line in one role.
fn styled<'a>(look: &Look<'_>, role: Role, text: impl Into<std::borrow::Cow<'a, str>>) -> Line<'static> {
    Line::from(Span::styled(text.into().into_owned(), look.theme.style(role)))
}

/// Lines of text as they are, made safe and wrapped.
fn paragraphs(look: &Look<'_>, role: Role, text: &str) -> Vec<Line<'static>> {
    let clean = expand(&sanitise(text));
    clean.lines().flat_map(|line| wrap(&styled(look, role, line), look.width, 0)).collect()
}

/// The lines with so many blanks before each; they were made for as many columns less.
fn indented(lines: Vec<Line<'static>>, by: u16) -> Vec<Line<'static>> {
    let indent = |mut line: Line<'static>| {
        line.spans.insert(0, Span::raw(" ".repeat(usize::from(by))));
        line
    };
    lines.into_iter().map(indent).collect()
}

/// The first `most` of the lines, and how many more there are.
fn folded(mut lines: Vec<Line<'static>>, most: usize, look: &Look<'_>) -> Vec<Line<'static>> {
    // One line in the place of one line would hide it for nothing.
    if look.open || lines.len() <= most + 1 {
        return lines;
    }
    let more = lines.len() - most;
    lines.truncate(most);
    lines.push(styled(look, Role::Dim, format!("… {more} more lines (ctrl-o)")));
    lines
}

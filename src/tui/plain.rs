//! Cells as plain text: for previews, and for those who read by ear.

use crate::base::event::{PlanStep, Source, Status, StepStatus, ToolStatus};
use crate::text::sanitise::{one_line, sanitise};
use crate::transcript::view::{Body, Cell, Tone, Tool};
use crate::tui::here::here;

/// The last so many lines of these cells.
pub fn lines(cells: &[Cell], most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for cell in cells.iter().rev() {
        let text = text(cell);
        lines.extend(text.lines().rev().map(|line| sanitise(line).into_owned()));
        if lines.len() >= most {
            break;
        }
    }
    lines.truncate(most);
    lines.reverse();
    lines
}

/// One cell in words, with a word in front that says what it is. Empty where there is nothing to say.
pub fn text(cell: &Cell) -> String {
    match &cell.body {
        Body::Started(started) => one_line(&format!("session: {}, mode {}", started.model, started.mode.name())),
        Body::User { source: Source::Task | Source::Steer, text, .. } => format!("you: {text}"),
        Body::User { .. } => String::new(),
        Body::Answer { text } => format!("agent: {text}"),
        Body::Reasoning { text } => one_line(&format!("thought: {}", text.lines().next().unwrap_or_default())),
        Body::Refusal { text } => format!("declined: {text}"),
        Body::Tool(tool) => step(tool),
        Body::Plan(steps) => steps.iter().map(plan).collect::<Vec<_>>().join("\n"),
        Body::Check { command, result, .. } => {
            let end = result.as_ref().map_or("running", |result| if result.passed { "passed" } else { "failed" });
            format!("check {end}: {}", one_line(command))
        }
        Body::Asked { .. } => String::new(),
        Body::Aside(aside) => format!("aside: {}\nagent, aside: {}", aside.question, aside.answer),
        Body::Ran { command, output, .. } => format!("you ran: {}\n{}", one_line(command), output.trim_end()),
        Body::Notice { tone, text } => match tone {
            Tone::Quiet => format!("note: {}", here(text)),
            Tone::Warning => format!("warning: {}", here(text)),
            Tone::Error => format!("error: {}", here(text)),
        },
        Body::Outcome(outcome) => {
            let cost = outcome.cost_usd.map(|cost| format!(", ${cost}")).unwrap_or_default();
            let end = if outcome.status == Status::Done { "done" } else { "ended" };
            let error = outcome.error.as_ref().filter(|_| outcome.status != Status::Interrupted);
            let hint = error.and_then(|error| error.hint.as_deref());
            let hint = hint.map(|hint| format!("\nhint: {}", here(hint))).unwrap_or_default();
            let why = outcome.error.as_ref().map(|error| format!(": {}", error.message)).unwrap_or_default();
            format!("{end}{why}{cost}{hint}")
        }
    }
}

/// A call, what it changed, and what else there is to say of it.
fn step(tool: &Tool) -> String {
    let end = match tool.status {
        None | Some(ToolStatus::Done) => "",
        Some(ToolStatus::Failed) => " failed",
        Some(ToolStatus::Denied) => " denied",
        Some(ToolStatus::Interrupted) => " interrupted",
    };
    let mut text = format!("step: {}{end}", one_line(&tool.summary));
    for file in &tool.files {
        let diff = file.diff.trim_end();
        text.push_str(&format!("\nchanged: {} (+{} -{})\n{diff}", file.path, file.added, file.removed));
    }
    for note in &tool.notes {
        text.push_str(&format!("\nnote: {note}"));
    }
    text
}

fn plan(step: &PlanStep) -> String {
    let state = match step.status {
        StepStatus::Pending => "to do",
        StepStatus::InProgress => "now",
        StepStatus::Completed => "done",
    };
    format!("plan, {state}: {}", one_line(&step.step))
}

//! A session as Markdown that can be read as it is: foreign words stand in quotes, fences and code, and cannot get out of them.

use super::About;
use super::clean::Clean;
use super::facts::Facts;
use super::html::printed;
use super::{prose, words};
use crate::base::access::{Answer, Ask};
use crate::base::change::FileChange;
use crate::base::event::{Aside, Outcome, PlanStep, Source};
use crate::text::redact::Found;
use crate::transcript::view::{Body, Cell, Tone, Tool};
use pulldown_cmark::{Event, Parser, Tag};

pub fn begin(facts: &Facts, clean: &Clean) -> String {
    let mut text = format!("# {}\n\n", inline(&clean.line(facts.title())));
    for (name, value) in words::session(facts) {
        text.push_str(&format!("- {name}: {}\n", inline(&clean.line(&value))));
    }
    for (model, spent) in &facts.models {
        text.push_str(&format!("- {}: {}\n", code(&clean.line(model)), words::spent(spent)));
    }
    if facts.tasks.len() > 1 {
        text.push('\n');
    }
    for (task, number) in facts.tasks.iter().zip(1..).filter(|_| facts.tasks.len() > 1) {
        let ended = task.outcome.as_ref().map_or("not ended", |outcome| words::ending(outcome.status));
        let title = inline(&clean.line(&task.title));
        text.push_str(&format!("{number}. {title}: {ended} · {}\n", words::spent(&task.spent)));
    }
    text
}

pub fn end(about: &About, found: &[Found]) -> String {
    let unread = match about.unread {
        0 => String::new(),
        many => format!(" Lines of the log that could not be read: {many}."),
    };
    let (version, time) = (inline(&about.version), inline(&words::time(&about.time)));
    format!("\n---\n\nMade by agent {version} on {time}.{unread} Secrets: {}.\n", words::secrets(found))
}

pub fn cell(cell: &Cell, time: &str, clean: &Clean) -> String {
    let line = |text: &str| inline(&clean.line(text));
    let text = match &cell.body {
        Body::Started(started) => format!("*{}*\n", line(&words::started(started))),
        Body::User { source, text, images } => user(*source, text, *images, time, clean),
        Body::Answer { text } => quoted(&harmless(&clean.text(text))),
        Body::Reasoning { text } => folded("thought", &fence("text", &clean.text(text))),
        Body::Refusal { text } => format!("**The model declined**\n\n{}", quoted(&harmless(&clean.text(text)))),
        Body::Tool(tool) => call(tool, clean),
        Body::Plan(steps) => {
            let step = |step: &PlanStep| format!("- {} {}\n", words::step(step.status), line(&step.step));
            steps.iter().map(step).collect()
        }
        Body::Check { command, round, result } => {
            format!("check {}: {}\n", code(&clean.line(command)), words::checked(result.as_ref(), *round))
        }
        Body::Asked { ask, answer } => asked(ask, answer.as_ref(), clean),
        Body::Aside(aside) => beside(aside, clean),
        Body::Ran { command, output, exit } => {
            let exit = exit.map_or("killed".to_owned(), |exit| format!("exit {exit}"));
            let head = format!("{}: the user ran it, {exit}\n", code(&format!("! {}", clean.line(command))));
            head + &output_of(&clean.output(output))
        }
        Body::Notice { tone: Tone::Quiet, text } => format!("*{}*\n", line(text)),
        Body::Notice { tone, text } => format!("**{}**: {}\n", words::tone(*tone), line(text)),
        Body::Outcome(outcome) => ending(outcome, time, clean),
    };
    format!("\n{text}")
}

/// Text in which nothing is Markdown.
fn inline(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 8);
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            // The home folder.
            '~' if chars.peek() == Some(&'/') => safe.push(char),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '!' | '&' => {
                safe.push('\\');
                safe.push(char);
            }
            char => safe.push(char),
        }
    }
    safe
}

/// One line as code, in more backticks than it holds.
fn code(line: &str) -> String {
    let ticks = "`".repeat(longest(line, '`') + 1);
    let pad = if line.starts_with('`') || line.ends_with('`') || line.is_empty() { " " } else { "" };
    format!("{ticks}{pad}{line}{pad}{ticks}")
}

fn longest(text: &str, wanted: char) -> usize {
    let mut runs = (0, 0);
    for char in text.chars() {
        runs.1 = if char == wanted { runs.1 + 1 } else { 0 };
        runs.0 = runs.0.max(runs.1);
    }
    runs.0
}

/// A block of code in a fence that is longer than any in it.
fn fence(language: &str, text: &str) -> String {
    let ticks = "`".repeat((longest(text, '`') + 1).max(3));
    format!("{ticks}{language}\n{}\n{ticks}\n", text.trim_end())
}

/// Whatever is begun in a quotation ends with it.
fn quoted(text: &str) -> String {
    text.trim_end().lines().map(|line| format!("> {line}\n")).collect()
}

/// `inside` is Markdown.
fn folded(title: &str, inside: &str) -> String {
    format!("<details><summary>{title}</summary>\n\n{inside}\n</details>\n")
}

fn output_of(text: &str) -> String {
    if text.trim().is_empty() { String::new() } else { format!("\n{}", folded("output", &fence("text", text))) }
}

/// A model's Markdown without raw HTML and without images, which a viewer would fetch.
fn harmless(markdown: &str) -> String {
    let mut cuts: Vec<(usize, usize, &str)> = Vec::new();
    for (event, range) in Parser::new_ext(markdown, prose::options()).into_offset_iter() {
        match event {
            Event::Start(Tag::Image { .. }) => cuts.push((range.start + 1, range.start + 1, "\\")),
            Event::Html(text) | Event::InlineHtml(text) => {
                cuts.extend(text.match_indices('<').map(|(at, _)| (range.start + at, range.start + at + 1, "&lt;")));
            }
            _ => {}
        }
    }
    cuts.sort_unstable();
    cuts.dedup();
    let mut safe = String::with_capacity(markdown.len() + cuts.len() * 4);
    let mut done = 0;
    for (from, to, instead) in cuts {
        safe.push_str(markdown.get(done..from).unwrap_or_default());
        safe.push_str(instead);
        done = to;
    }
    safe + markdown.get(done..).unwrap_or_default()
}

fn user(source: Source, text: &str, images: usize, time: &str, clean: &Clean) -> String {
    let words = fence("text", &clean.text(text));
    let images = if images > 0 { format!(" · images: {images}") } else { String::new() };
    match source {
        Source::Task | Source::Steer => {
            format!("## {} · {}{images}\n\n{words}", words::source(source), inline(&words::time(time)))
        }
        Source::Check | Source::Schema | Source::Harness => folded(words::source(source), &words),
    }
}

fn call(tool: &Tool, clean: &Clean) -> String {
    let summary = if tool.summary.is_empty() { &tool.tool } else { &tool.summary };
    let mut text = format!("{}: {}\n", code(&clean.line(summary)), inline(&clean.line(&words::ended(tool))));
    tool.notes.iter().for_each(|note| text.push_str(&format!("\n- {}\n", inline(&clean.line(note)))));
    text.push_str(&output_of(&printed(&tool.output, clean)));
    tool.files.iter().for_each(|file| text.push_str(&change(file, clean)));
    text
}

fn change(file: &FileChange, clean: &Clean) -> String {
    let from = file.from.as_ref().map_or(String::new(), |from| format!("{} → ", code(&clean.line(from))));
    let head = format!("\n{from}{} (+{} −{})\n", code(&clean.line(&file.path)), file.added, file.removed);
    let diff = clean.text(&file.diff);
    if diff.trim().is_empty() { head } else { format!("{head}\n{}", fence("diff", &diff)) }
}

fn asked(ask: &Ask, answer: Option<&Answer>, clean: &Clean) -> String {
    let why = inline(&clean.line(&ask.why));
    let (accesses, said) = (code(&clean.line(&words::accesses(ask))), inline(&clean.line(&words::answer(answer))));
    let mut text = format!("asked: {why} {accesses}: **{said}**\n");
    if words::differs(answer) {
        ask.change.iter().for_each(|file| text.push_str(&change(file, clean)));
    }
    text
}

fn beside(aside: &Aside, clean: &Clean) -> String {
    let question = inline(&clean.line(&aside.question));
    let model = code(&clean.line(&aside.model));
    let mut text = format!("beside the work: {question} ({model}, {})\n", words::money(aside.cost_usd));
    if !aside.answer.trim().is_empty() {
        text.push_str(&format!("\n{}", quoted(&harmless(&clean.text(&aside.answer)))));
    }
    if let Some(error) = &aside.error {
        text.push_str(&format!("\n**error**: {}\n", inline(&clean.line(&error.message))));
    }
    text
}

fn ending(outcome: &Outcome, time: &str, clean: &Clean) -> String {
    let mut text = format!("**{}** · {}\n", words::outcome(outcome), inline(&words::time(time)));
    if let Some(error) = &outcome.error {
        text.push_str(&format!("\n**error**: {}\n", inline(&clean.line(&error.message))));
        error.hint.iter().for_each(|hint| text.push_str(&format!("\nhint: {}\n", inline(&clean.line(hint)))));
    }
    let checks = outcome.checks.iter().map(|result| {
        format!("- check {}: {}\n", code(&clean.line(&result.command)), words::checked(Some(result), result.round))
    });
    let files = outcome
        .changed
        .iter()
        .map(|file| format!("- {} (+{} −{})\n", code(&clean.line(&file.path)), file.added, file.removed));
    let rows: String = checks.chain(files).collect();
    if !rows.is_empty() {
        text.push_str(&format!("\n{rows}"));
    }
    if !outcome.summary.trim().is_empty() {
        text.push_str(&format!("\n{}", quoted(&harmless(&clean.text(&outcome.summary)))));
    }
    text
}

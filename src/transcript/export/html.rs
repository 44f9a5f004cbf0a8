//! Cells as HTML: elements of our own around text that is escaped, everywhere.

use super::clean::Clean;
use super::diff::{self, Row};
use super::{prose, words};
use crate::base::access::{Answer, Ask};
use crate::base::change::FileChange;
use crate::base::event::{Aside, CheckResult, Outcome, PlanStep, Source};
use crate::transcript::view::{Body, Cell, Output, Tool};

/// Text as it stands in an element or in an attribute's quotes.
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + text.len() / 8);
    for char in text.chars() {
        match char {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            char => safe.push(char),
        }
    }
    safe
}

pub fn cell(cell: &Cell, time: &str, clean: &Clean) -> String {
    let line = |text: &str| escape(&clean.line(text));
    match &cell.body {
        Body::Started(started) => note("note", &line(&words::started(started))),
        Body::User { source, text, images } => user(cell.seq, *source, text, *images, time, clean),
        Body::Answer { text } => format!("<section class=\"answer\">\n{}</section>\n", prose::html(&clean.text(text))),
        Body::Reasoning { text } => {
            let first = text.split_whitespace().take(12).collect::<Vec<_>>().join(" ");
            folded("thought", &format!("thought: {}…", line(&first)), &block(&clean.text(text)), false)
        }
        Body::Refusal { text } => {
            let words = prose::html(&clean.text(text));
            format!("<section class=\"answer\">\n<p class=\"warning\">the model declined</p>\n{words}</section>\n")
        }
        Body::Tool(tool) => call(tool, clean),
        Body::Plan(steps) => plan(steps, clean),
        Body::Check { command, round, result } => check(command, *round, result.as_ref(), clean),
        Body::Asked { ask, answer } => asked(ask, answer.as_ref(), clean),
        Body::Aside(aside) => beside(aside, clean),
        Body::Ran { command, output, exit } => {
            let exit = exit.map_or("killed".to_owned(), |exit| format!("exit {exit}"));
            let title =
                format!("<code>! {}</code> <span class=\"quiet\">the user ran it · {exit}</span>", line(command));
            folded("call", &title, &block(&clean.output(output)), false)
        }
        Body::Notice { tone, text } => note(words::tone(*tone), &line(text)),
        Body::Outcome(outcome) => ending(outcome, time, clean),
    }
}

fn note(class: &str, words: &str) -> String {
    format!("<p class=\"{class}\">{words}</p>\n")
}

fn block(text: &str) -> String {
    if text.trim().is_empty() { String::new() } else { format!("<pre>{}</pre>\n", escape(text.trim_end())) }
}

/// `title` and `inside` are HTML. What has nothing inside does not fold.
fn folded(class: &str, title: &str, inside: &str, open: bool) -> String {
    if inside.is_empty() {
        return format!("<p class=\"{class}\">{title}</p>\n");
    }
    let open = if open { " open" } else { "" };
    format!("<details class=\"{class}\"{open}><summary>{title}</summary>\n{inside}</details>\n")
}

fn user(seq: u64, source: Source, text: &str, images: usize, time: &str, clean: &Clean) -> String {
    let text = escape(clean.text(text).trim_end());
    match source {
        Source::Task | Source::Steer => {
            let images = match images {
                0 => String::new(),
                1 => " · with an image".into(),
                many => format!(" · with {many} images"),
            };
            let (title, when) = (words::source(source), escape(&words::time(time)));
            let head = format!("<h2 id=\"r{seq}\">{title} <span class=\"quiet\">{when}{images}</span></h2>");
            format!("<section class=\"user\">\n{head}\n<p class=\"words\">{text}</p>\n</section>\n")
        }
        Source::Check | Source::Schema | Source::Harness => {
            folded("told", words::source(source), &format!("<pre>{text}</pre>\n"), false)
        }
    }
}

fn call(tool: &Tool, clean: &Clean) -> String {
    let line = |text: &str| escape(&clean.line(text));
    let class = if words::status(tool.status) == "done" { "quiet" } else { "warning" };
    let summary = if tool.summary.is_empty() { &tool.tool } else { &tool.summary };
    let title = format!("<code>{}</code> <span class=\"{class}\">{}</span>", line(summary), line(&words::ended(tool)));
    let why = words::why(tool);
    let mut inside = if why.is_empty() { String::new() } else { note("note", &line(&why)) };
    inside.push_str(&block(&printed(&tool.output, clean)));
    let mut html = folded("call", &title, &inside, false);
    tool.notes.iter().for_each(|words| html.push_str(&note("warning", &line(words))));
    tool.files.iter().for_each(|file| html.push_str(&change(file, clean, true)));
    html
}

/// An output, with what was left out said in its place.
pub fn printed(output: &Output, clean: &Clean) -> String {
    let (head, tail) = output.parts();
    if output.left_out == 0 {
        return clean.output(head);
    }
    let head = head.strip_suffix('\n').unwrap_or(head);
    clean.output(&format!("{head}\n[… {} lines are in the session's log alone …]\n{tail}", output.left_out))
}

fn change(file: &FileChange, clean: &Clean, open: bool) -> String {
    let line = |text: &str| escape(&clean.line(text));
    let from = file.from.as_ref().map_or(String::new(), |from| format!("{} → ", line(from)));
    let title =
        format!("<code>{from}{}</code> <ins>+{}</ins> <del>−{}</del>", line(&file.path), file.added, file.removed);
    let rows = diff::rows(&clean.text(&file.diff));
    if rows.is_empty() {
        return folded("diff", &title, "", open);
    }
    let rows: String = rows.iter().map(row).collect();
    folded("diff", &title, &format!("<pre class=\"rows\">{rows}</pre>\n"), open)
}

fn row(row: &Row) -> String {
    match row {
        Row::Header(text) => format!("<span class=\"at\">{}</span>\n", escape(text)),
        Row::Line { sign, parts: [front, changed, back] } => {
            let changed = if changed.is_empty() { String::new() } else { format!("<b>{}</b>", escape(changed)) };
            let text = format!("{}{}{changed}{}", escape(&sign.to_string()), escape(front), escape(back));
            match sign {
                '+' => format!("<ins>{text}</ins>\n"),
                '-' => format!("<del>{text}</del>\n"),
                _ => format!("{text}\n"),
            }
        }
    }
}

fn plan(steps: &[PlanStep], clean: &Clean) -> String {
    let step = |step: &PlanStep| format!("{} {}\n", words::step(step.status), escape(&clean.line(&step.step)));
    format!("<pre class=\"plan\">{}</pre>\n", steps.iter().map(step).collect::<String>())
}

fn check(command: &str, round: u32, result: Option<&CheckResult>, clean: &Clean) -> String {
    let class = if result.is_some_and(|result| result.passed) { "quiet" } else { "warning" };
    let ended = words::checked(result, round);
    let command = escape(&clean.line(command));
    format!("<p class=\"call\">check <code>{command}</code> <span class=\"{class}\">{ended}</span></p>\n")
}

fn asked(ask: &Ask, answer: Option<&Answer>, clean: &Clean) -> String {
    let line = |text: &str| escape(&clean.line(text));
    let accesses = line(&words::accesses(ask));
    let said = line(&words::answer(answer));
    let mut html = note("asked", &format!("asked: {} <code>{accesses}</code> — <b>{said}</b>", line(&ask.why)));
    if words::differs(answer) {
        ask.change.iter().for_each(|file| html.push_str(&change(file, clean, false)));
    }
    html
}

fn beside(aside: &Aside, clean: &Clean) -> String {
    let line = |text: &str| escape(&clean.line(text));
    let cost = words::money(aside.cost_usd);
    let title = format!(
        "beside the work: {} <span class=\"quiet\">{} · {cost}</span>",
        line(&aside.question),
        line(&aside.model)
    );
    let mut inside = prose::html(&clean.text(&aside.answer));
    if let Some(error) = &aside.error {
        inside.push_str(&note("error", &line(&error.message)));
    }
    folded("aside", &title, &inside, false)
}

fn ending(outcome: &Outcome, time: &str, clean: &Clean) -> String {
    let line = |text: &str| escape(&clean.line(text));
    let when = escape(&words::time(time));
    let mut html = format!(
        "<section class=\"outcome\">\n<p><b>{}</b> <span class=\"quiet\">{when}</span></p>\n",
        words::outcome(outcome)
    );
    if let Some(error) = &outcome.error {
        html.push_str(&note("error", &line(&error.message)));
        error.hint.iter().for_each(|hint| html.push_str(&note("note", &format!("hint: {}", line(hint)))));
    }
    for result in &outcome.checks {
        html.push_str(&check(&result.command, result.round, Some(result), clean));
    }
    let files = outcome.changed.iter().map(|file| {
        format!("<li><code>{}</code> <ins>+{}</ins> <del>−{}</del></li>\n", line(&file.path), file.added, file.removed)
    });
    let files: String = files.collect();
    if !files.is_empty() {
        html.push_str(&format!("<ul class=\"files\">\n{files}</ul>\n"));
    }
    if !outcome.summary.trim().is_empty() {
        html.push_str(&prose::html(&clean.text(&outcome.summary)));
    }
    html + "</section>\n"
}

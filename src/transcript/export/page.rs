//! What stands around the cells of an HTML page: its head, what is known of the session, and its foot. The page loads nothing,
//! runs nothing, and its policy says so to the browser.

use super::About;
use super::clean::Clean;
use super::facts::{Facts, Task};
use super::html::escape;
use super::words;
use crate::text::redact::Found;

const STYLE: &str = include_str!("page.css");

pub fn begin(facts: &Facts, clean: &Clean) -> String {
    let line = |text: &str| escape(&clean.line(text));
    let title = line(facts.title());
    let rows = words::session(facts);
    let rows: String = rows.iter().map(|(name, value)| format!("<dt>{name}</dt><dd>{}</dd>\n", line(value))).collect();
    let models = facts
        .models
        .iter()
        .map(|(model, spent)| format!("<tr><td>{}</td><td>{}</td></tr>\n", line(model), escape(&words::spent(spent))));
    let models: String = models.collect();
    let models = if models.is_empty() { models } else { format!("<table>\n{models}</table>\n") };
    let tasks: String = facts.tasks.iter().map(|task| entry(task, clean)).collect();
    let tasks = if facts.tasks.len() < 2 { String::new() } else { format!("<ol class=\"tasks\">\n{tasks}</ol>\n") };
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <header>\n<h1>{title}</h1>\n<dl>\n{rows}</dl>\n{models}{tasks}</header>\n"
    )
}

/// A task in the list of them.
fn entry(task: &Task, clean: &Clean) -> String {
    let ended = task.outcome.as_ref().map_or("not ended", |outcome| words::ending(outcome.status));
    let spent = escape(&words::spent(&task.spent));
    let title = escape(&clean.line(&task.title));
    format!("<li><a href=\"#r{}\">{title}</a> <span class=\"quiet\">{ended} · {spent}</span></li>\n", task.seq)
}

pub fn end(about: &About, found: &[Found]) -> String {
    let unread = match about.unread {
        0 => String::new(),
        1 => "A line of the log could not be read.\n".into(),
        many => format!("{many} lines of the log could not be read.\n"),
    };
    format!(
        "<footer>\n<p>Made by agent {} on {}. {unread}Secrets: {}.</p>\n</footer>\n</main>\n</body>\n</html>\n",
        escape(&about.version),
        escape(&words::time(&about.time)),
        escape(&words::secrets(found))
    )
}

//! What is said: by the user, by the model to itself, in questions and answers.

use super::{Look, folded, indented, paragraphs, styled, vec_of};
use crate::base::access::{Answer, Ask, Remember};
use crate::base::change::{Accept, Review};
use crate::base::event::{Aside, Source};
use crate::text::sanitise::one_line;
use crate::tui::context::dollars;
use crate::tui::theme::Role;
use crate::tui::words::markdown;
use crate::tui::words::wrap::{clip, wrap};
use ratatui::text::{Line, Span};

/// Lines of a message that are shown folded.
const MESSAGE: usize = 20;

/// Are these the user's own words?
pub(super) fn is_users(source: Source) -> bool {
    match source {
        Source::Task | Source::Steer => true,
        Source::Check | Source::Schema | Source::Harness => false,
    }
}

pub(super) fn user(source: Source, text: &str, images: usize, look: &Look<'_>) -> Vec<Line<'static>> {
    if !is_users(source) {
        return told(text, look);
    }
    let mut lines = folded(paragraphs(&look.narrower(2), Role::Text, text.trim()), MESSAGE, look);
    if images > 0 {
        let words = if images == 1 { "with 1 image".to_owned() } else { format!("with {images} images") };
        lines.push(styled(look, Role::Dim, words));
    }
    let mut lines = indented(lines, 2);
    if let Some(mark) = lines.first_mut().and_then(|line| line.spans.first_mut()) {
        *mark = Span::styled("› ", look.theme.style(Role::Accent));
    }
    lines
}

/// What the harness said to the model.
fn told(text: &str, look: &Look<'_>) -> Vec<Line<'static>> {
    if look.open {
        let mut lines = vec![styled(look, Role::Dim, "· told the model")];
        lines.extend(indented(paragraphs(&look.narrower(4), Role::Dim, text), 4));
        return lines;
    }
    let words = format!("· told the model: {}", one_line(&head(text)));
    vec![styled(look, Role::Dim, clip(&words, usize::from(look.width)))]
}

pub(super) fn reasoning(text: &str, done: bool, look: &Look<'_>) -> Vec<Line<'static>> {
    if text.trim().is_empty() {
        return Vec::new();
    }
    let word = if done { "thought" } else { "thinking" };
    if look.open {
        let mut lines = vec![styled(look, Role::Dim, format!("· {word}"))];
        lines.extend(indented(paragraphs(&look.narrower(4), Role::Dim, text.trim()), 4));
        return lines;
    }
    // While it streams the newest words tell more than the first.
    let words = if done { one_line(&head(text)) } else { one_line(tail(text)) };
    let words = words.replace("**", "");
    vec![styled(look, Role::Dim, clip(&format!("· {word} · {words}"), usize::from(look.width)))]
}

/// Enough of the beginning for one line of any screen.
fn head(text: &str) -> String {
    text.trim_start().chars().take(1000).collect()
}

/// The last line that is not blank.
fn tail(text: &str) -> &str {
    text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default()
}

pub(super) fn asked(ask: &Ask, answer: Option<&Answer>, look: &Look<'_>) -> Vec<Line<'static>> {
    let Some(answer) = answer else {
        return vec_of(look, Role::Warning, &format!("· asks: {}", one_line(&ask.why)));
    };
    let (role, said) = match answer {
        Answer::Allow { remember: Remember::Once } => (Role::Dim, "allowed".to_owned()),
        Answer::Allow { remember: Remember::Session } => (Role::Dim, "allowed for this session".to_owned()),
        Answer::Allow { remember: Remember::Project } => (Role::Dim, "allowed in this project".to_owned()),
        Answer::Allow { remember: Remember::Always } => (Role::Dim, "allowed always".to_owned()),
        Answer::Review(review) => (Role::Dim, reviewed(review)),
        Answer::Deny { comment: None } => (Role::Warning, "no".to_owned()),
        Answer::Deny { comment: Some(comment) } => (Role::Warning, format!("no: {}", one_line(comment))),
    };
    let words = Line::from(vec![
        Span::styled(format!("· asked: {} → ", one_line(&ask.why)), look.theme.style(Role::Dim)),
        Span::styled(said, look.theme.style(role)),
    ]);
    wrap(&words, look.width, 2)
}

fn reviewed(review: &Review) -> String {
    let accepted = review.files.iter().filter(|file| file.accept != Accept::None).count();
    let edited = review.edited.len() + review.edited_hunks.len();
    let edited = if edited > 0 { format!(", {edited} edited") } else { String::new() };
    let comment = review.comment.as_ref().map_or(String::new(), |words| format!(": {}", one_line(words)));
    format!("reviewed, {accepted} of {} files accepted{edited}{comment}", review.files.len())
}

pub(super) fn aside(aside: &Aside, look: &Look<'_>) -> Vec<Line<'static>> {
    let head = Line::from(vec![
        Span::styled("by the way › ", look.theme.style(Role::Accent)),
        Span::styled(one_line(&aside.question), look.theme.style(Role::Text)),
    ]);
    let mut lines = wrap(&head, look.width, 2);
    let inner = look.narrower(2);
    let answer = markdown::lines(&aside.answer, inner.width, look.theme, look.highlighter);
    lines.extend(indented(answer, 2));
    if let Some(fault) = &aside.error {
        lines.extend(indented(super::error(&fault.message, fault.hint.as_deref(), &inner), 2));
    }
    let cost = aside.cost_usd.map_or("cost unknown".to_owned(), dollars);
    let words = format!("{} · {cost} · the model's history does not have it", aside.model);
    lines.extend(indented(vec_of(&inner, Role::Dim, &words), 2));
    lines
}

//! Foreign text as it may be sent to somebody: without secrets, without the home folder's name, without anything unseen.

use crate::text::redact::{Found, Redactor};
use crate::text::sanitise::sanitise;
use std::borrow::Cow;
use std::cell::RefCell;

pub struct Clean {
    redactor: Redactor,
    home: String,
    found: RefCell<Vec<Found>>,
}

impl Clean {
    pub fn new(redactor: Redactor, home: &str) -> Self {
        let home = if home.len() > 1 { home.trim_end_matches('/') } else { "" };
        Self { redactor, home: home.into(), found: RefCell::default() }
    }

    /// Text of any number of lines.
    pub fn text(&self, text: &str) -> String {
        let redacted = self.redactor.text(text.to_owned());
        self.found.borrow_mut().extend(self.redactor.news());
        sanitise(&self.without_home(&redacted)).into_owned()
    }

    /// Text as one line.
    pub fn line(&self, text: &str) -> String {
        self.text(text).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// What a command printed: without its colours, and of lines that were written over and over their last state.
    pub fn output(&self, text: &str) -> String {
        let plain = without_sequences(text);
        let lines = plain.split('\n').map(|line| {
            let line = line.strip_suffix('\r').unwrap_or(line);
            line.rsplit('\r').next().unwrap_or(line)
        });
        self.text(&lines.collect::<Vec<_>>().join("\n"))
    }

    /// What was found so far.
    pub fn found(&self) -> Vec<Found> {
        self.found.borrow().clone()
    }

    fn without_home<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.home.is_empty() || !text.contains(&self.home) {
            return Cow::Borrowed(text);
        }
        let of_a_name = |char: char| char.is_alphanumeric() || matches!(char, '-' | '_' | '.');
        let mut shown = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(&self.home) {
            shown.push_str(before);
            let inside = before.ends_with(of_a_name) || after.starts_with(of_a_name);
            shown.push_str(if inside { &self.home } else { "~" });
            rest = after;
        }
        shown.push_str(rest);
        Cow::Owned(shown)
    }
}

/// Without control sequences: `ESC [`, parameters, and a final letter.
fn without_sequences(text: &str) -> Cow<'_, str> {
    if !text.contains("\u{1b}[") {
        return Cow::Borrowed(text);
    }
    let mut parts = text.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|char| matches!(char, '\u{40}'..='\u{7e}'));
        let parameters = part.get(..end.unwrap_or(0)).unwrap_or_default();
        if end.is_some() && parameters.bytes().all(|byte| matches!(byte, 0x20..=0x3f)) {
            plain.push_str(part.get(parameters.len() + 1..).unwrap_or_default());
        } else {
            plain.push_str("\u{1b}[");
            plain.push_str(part);
        }
    }
    Cow::Owned(plain)
}

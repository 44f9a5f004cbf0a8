//! A question as lines. What others wrote stands behind a bar, row by row, so that it cannot be taken for the question itself.

use super::Approval;
use super::keys::{Choice, KEYS};
use crate::base::access::{Access, Ask, Remember};
use crate::text::sanitise::{one_line, sanitise};
use crate::tui::diff::{self, DiffLook};
use crate::tui::keys::{Action, Keys, Place};
use crate::tui::theme::{Role, Theme};
use crate::tui::words::code::Highlighter;
use crate::tui::words::wrap::{self, wrap};
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation;

/// Rows of one fact, and rows below a question: the composer and the status line.
const FACT: usize = 3;
const BELOW: usize = 4;
const MORE: &str = "… v shows all";

/// What it takes to draw a question.
#[derive(Clone, Copy)]
pub struct ApprovalLook<'a> {
    pub theme: &'a Theme,
    /// Which keys the user has for what.
    pub keys: &'a Keys,
    pub highlighter: &'a Highlighter,
    pub width: u16,
    /// Rows of the screen; what is quoted takes half of them at most.
    pub height: u16,
    /// Which jail commands run in, in words: `namespaces, network off`.
    pub jail: &'a str,
    /// Which of how many questions that wait: `(1, 2)`.
    pub place: (usize, usize),
}

impl Approval {
    pub fn lines(&self, look: &ApprovalLook<'_>) -> Vec<Line<'static>> {
        let theme = look.theme;
        let width = usize::from(look.width.max(20));
        let mut lines = self.title(look, width);
        let facts: Vec<_> =
            self.facts(look).iter().flat_map(|(label, words, role)| fact(label, words, *role, width, theme)).collect();
        let foot = self.foot(width, look);
        // What is asked stays on the screen, however much stands below it.
        let height = usize::from(look.height);
        let most = (height / 2).min(height.saturating_sub(lines.len() + facts.len() + foot.len() + BELOW)).max(3);
        let (quoted, unseen) = self.quoted(look, width, most);
        let left_out = quoted.len().saturating_sub(most) + unseen;
        // One row less is shown rather than a row that says that one is left out.
        let shown = if left_out > 0 { (most - 1).min(quoted.len()) } else { quoted.len() };
        let rest = quoted.len() - shown + unseen;
        lines.extend(quoted.into_iter().take(shown));
        if rest > 0 {
            let (key, all) = if self.ask.change.is_empty() { ("v", "shows all") } else { ("r", "reviews all") };
            let key = look.keys.in_place_of(Place::Approval, key);
            let more = Line::styled(format!("  … {rest} more lines: {key} {all}"), theme.style(Role::Warning));
            lines.extend(wrap(&more, u16::try_from(width).unwrap_or(u16::MAX), 2));
        }
        lines.extend(facts);
        lines.extend(foot);
        lines
    }

    /// Who asks for what.
    fn title(&self, look: &ApprovalLook<'_>, width: usize) -> Vec<Line<'static>> {
        let what = match (self.ask.access.as_slice(), self.ask.change.len()) {
            (_, 1) => "asks to change a file".into(),
            (_, count @ 2..) => format!("asks to change {count} files"),
            ([], 0) => "asks".into(),
            (_, 0) if self.leaves() => "asks to run this outside of the jail".into(),
            ([Access::Exec { .. }, ..], 0) => "asks to run this".into(),
            ([Access::Connect { .. }, ..], 0) => "asks to connect to a host".into(),
            ([Access::Read { .. }, ..], 0) => "asks to read".into(),
            ([Access::Write { .. }, ..], 0) => "asks to write".into(),
            ([Access::Leave { .. }, ..], 0) => "asks to run this outside of the jail".into(),
        };
        let what = if self.ask.made { what.replace("asks to change", "has changed") } else { what };
        let (place, all) = look.place;
        let place = if all > 1 { format!(" · {place} of {all}") } else { String::new() };
        let style = look.theme.style(Role::Heading);
        let title = Line::styled(format!("{} {what}{place}", one_line(&self.ask.tool)), style);
        wrap(&title, u16::try_from(width).unwrap_or(u16::MAX), 2)
    }

    /// What others wrote: commands, paths, the change. Little more than `most` rows of it, and how many lines are left out.
    fn quoted(&self, look: &ApprovalLook<'_>, width: usize, most: usize) -> (Vec<Line<'static>>, usize) {
        let theme = look.theme;
        let room = width.saturating_sub(4);
        let mut lines = Vec::new();
        let mut unseen = 0;
        if self.ask.change.is_empty() {
            for access in &self.ask.access {
                let (mark, text) = said(access);
                for line in text.split('\n') {
                    if lines.len() > most {
                        unseen += 1;
                        continue;
                    }
                    let text = format!("{mark}{}", sanitise(line).replace('\t', "    "));
                    let rows = diff::cut(&text, theme.style(Role::Text), room).into_iter().enumerate();
                    lines.extend(rows.map(|(at, row)| behind_bar(row, at == 0, theme)));
                }
            }
        }
        for change in &self.ask.change {
            let diff = DiffLook::new(theme, u16::try_from(room).unwrap_or(u16::MAX)).with_highlighter(look.highlighter);
            let (own, left_out) = diff::beginning(change, &diff, (most + 1).saturating_sub(lines.len()));
            lines.extend(own.into_iter().map(|line| behind_bar(line, true, theme)));
            unseen += left_out;
        }
        (lines, unseen)
    }

    /// Why, what it touches, and where it would run.
    fn facts(&self, look: &ApprovalLook<'_>) -> Vec<(&'static str, String, Role)> {
        let mut facts = Vec::new();
        let why = own_why(&self.ask);
        let whys = why.split("; ").filter(|why| self.ask.change.is_empty() || !why.starts_with("writes `"));
        let why = whys.map(one_line).filter(|why| !why.is_empty()).collect::<Vec<_>>().join("; ");
        if !why.is_empty() {
            facts.push(("why", why, Role::Warning));
        }
        for access in &self.ask.access {
            if let Access::Leave { reason, .. } = access {
                facts.push(("it says", one_line(reason), Role::Text));
            }
        }
        let touches: Vec<String> = self.ask.access.iter().filter_map(touched).collect();
        if !touches.is_empty() && self.ask.change.is_empty() {
            facts.push(("touches", touches.join(", "), Role::Text));
        }
        let runs = self.ask.access.iter().any(|access| matches!(access, Access::Exec { .. }));
        if self.leaves() {
            facts.push(("jail", "none: it could do all that you can".into(), Role::Error));
        } else if runs && !look.jail.is_empty() {
            facts.push(("jail", one_line(look.jail), Role::Text));
        }
        facts
    }

    /// The keys, or the words that are being typed.
    fn foot(&self, width: usize, look: &ApprovalLook<'_>) -> Vec<Line<'static>> {
        let theme = look.theme;
        if let Some(field) = &self.comment {
            let prompt = "no, because: ";
            let room = width.saturating_sub(wrap::width(prompt) + 1);
            let (left, right) = field.shown(room);
            let letter = right.graphemes(true).next().unwrap_or_default();
            let under = if letter.is_empty() { " " } else { letter };
            return vec![
                Line::from(vec![
                    Span::styled(prompt, theme.style(Role::Accent)),
                    Span::raw(left),
                    Span::styled(under.to_owned(), theme.style(Role::Text).add_modifier(Modifier::REVERSED)),
                    Span::raw(right.get(letter.len()..).unwrap_or_default().to_owned()),
                ]),
                Line::styled("enter says no with these words · esc goes back", theme.style(Role::Dim)),
            ];
        }
        if !self.focused() {
            let words = match look.keys.hint(Action::AnswerQuestion) {
                key if key.is_empty() => "without text in the composer it takes an answer".to_owned(),
                key => format!("{key} answers"),
            };
            return vec![Line::styled(words, theme.style(Role::Accent))];
        }
        let mut lines: Vec<Line<'static>> = Vec::new();
        let mut room = 0;
        let lasts = self.offers(Choice::Remember(Remember::Session));
        for row in KEYS.iter().filter(|row| self.offers(row.choice)) {
            let key = look.keys.in_place_of(Place::Approval, row.key.encode_utf8(&mut [0; 4]));
            if key.is_empty() {
                continue;
            }
            let word = if row.choice == Choice::Yes && !lasts { "yes" } else { row.word };
            let wide = wrap::width(word) + wrap::width(&key) + 1;
            let spans = [
                Span::styled(key, theme.style(Role::Accent).add_modifier(Modifier::BOLD)),
                Span::raw(format!(" {word}")),
            ];
            match lines.last_mut() {
                Some(line) if wide + 3 <= room => {
                    line.spans.push(Span::styled(" · ", theme.style(Role::Dim)));
                    line.spans.extend(spans);
                    room -= wide + 3;
                }
                Some(_) | None => {
                    lines.push(Line::from(spans.to_vec()));
                    room = width.saturating_sub(wide);
                }
            }
        }
        lines
    }
}

/// Why it is asked, without the model's own reason, which is quoted as what it says.
fn own_why(ask: &Ask) -> String {
    ask.access.iter().fold(ask.why.clone(), |why, access| match access {
        Access::Leave { reason, .. } if !reason.is_empty() => why.replace(&format!(": {reason}"), ""),
        Access::Leave { .. }
        | Access::Exec { .. }
        | Access::Connect { .. }
        | Access::Read { .. }
        | Access::Write { .. } => why,
    })
}

/// How an access is quoted.
fn said(access: &Access) -> (&'static str, String) {
    match access {
        Access::Exec { command } | Access::Leave { command, .. } => ("", command.clone()),
        Access::Connect { host, port } => ("connect to ", format!("{}:{port}", one_line(host))),
        Access::Read { path } => ("read ", one_line(path)),
        Access::Write { path } => ("write ", one_line(path)),
    }
}

/// What an access touches beside what its quoted words say.
fn touched(access: &Access) -> Option<String> {
    match access {
        Access::Exec { .. } => None,
        Access::Leave { .. } => Some("all of this machine".into()),
        Access::Connect { host, .. } => Some(format!("the network: `{}` gets what the command sends", one_line(host))),
        Access::Read { path } if is_outside(path) => Some("a file outside of the workspace".into()),
        Access::Write { path } if is_outside(path) => Some("a file outside of the workspace, to be written".into()),
        Access::Read { .. } | Access::Write { .. } => None,
    }
}

/// Paths below the working folder are relative.
fn is_outside(path: &str) -> bool {
    path.starts_with('/') || path.starts_with('~') || path.get(1..3) == Some(":/")
}

/// `begins`: a row that goes on with the line above has another bar.
fn behind_bar(mut line: Line<'static>, begins: bool, theme: &Theme) -> Line<'static> {
    line.spans.insert(0, Span::styled(if begins { "  │ " } else { "  ⋮ " }, theme.style(Role::Dim)));
    line
}

/// `why      it deletes files`, with what follows on further rows below the words.
fn fact(label: &'static str, words: &str, role: Role, width: usize, theme: &Theme) -> Vec<Line<'static>> {
    const LABEL: usize = 11;
    let room = u16::try_from(width.saturating_sub(LABEL)).unwrap_or(u16::MAX);
    let mut rows = wrap(&Line::from(Span::styled(words.to_owned(), theme.style(role))), room, 0);
    if rows.len() > FACT {
        rows.truncate(FACT - 1);
        let more = if usize::from(room) < wrap::width(MORE) { "…" } else { MORE };
        rows.push(Line::styled(more, theme.style(Role::Warning)));
    }
    let row = |(at, mut line): (usize, Line<'static>)| {
        let label = if at == 0 { label } else { "" };
        line.spans.insert(0, Span::styled(format!("  {label:<9}"), theme.style(Role::Dim)));
        line
    };
    rows.into_iter().enumerate().map(row).collect()
}

/// All of a question as text, for a pager.
pub(super) fn whole(ask: &Ask) -> String {
    let mut text = format!("{}\n\nwhy: {}\n\n", one_line(&ask.tool), one_line(&own_why(ask)));
    for access in &ask.access {
        let (mark, words) = said(access);
        for line in words.split('\n') {
            text.push_str(&format!("  │ {mark}{}\n", sanitise(line)));
        }
        if let Access::Leave { reason, .. } = access {
            text.push_str(&format!("\nit says: {}\n", one_line(reason)));
        }
    }
    for change in &ask.change {
        for line in change.diff.split('\n') {
            text.push_str(&format!("  │ {}\n", sanitise(line)));
        }
    }
    text
}

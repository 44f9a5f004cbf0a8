//! The files of a review: a tree at the left where there is room, else one row.

use super::draw::ReviewLook;
use super::marks::Counts;
use super::{File, Review};
use crate::text::sanitise::one_line;
use crate::tui::diff::{counts, tail};
use crate::tui::theme::{Role, Theme};
use crate::tui::words::wrap;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

impl Review {
    /// Folders and files, and the row of the current one.
    pub(super) fn tree(&self, width: usize, look: &ReviewLook<'_>) -> (Vec<Line<'static>>, usize) {
        let theme = look.theme;
        let (mut lines, mut current, mut folder) = (Vec::new(), 0, "");
        for (number, file) in self.files.iter().enumerate() {
            let (own, name) = file.change.path.rsplit_once('/').unwrap_or(("", &file.change.path));
            if own != folder && !own.is_empty() {
                lines.push(Line::styled(tail(&format!("{}/", one_line(own)), width), theme.style(Role::Dim)));
            }
            folder = own;
            if number == self.at.file {
                current = lines.len();
            }
            let indent = if own.is_empty() { "" } else { "  " };
            lines.push(self.file_line(number, file, (indent, name), width, theme));
        }
        (lines, current)
    }

    fn file_line(
        &self,
        number: usize,
        file: &File,
        (indent, name): (&str, &str),
        width: usize,
        theme: &Theme,
    ) -> Line<'static> {
        let counts = counts(&file.change, theme);
        let room = width
            .saturating_sub(indent.len() + 3 + counts.iter().map(|span| wrap::width(&span.content)).sum::<usize>());
        let here = number == self.at.file;
        let style =
            if here { theme.style(Role::Heading).add_modifier(Modifier::REVERSED) } else { theme.style(Role::Text) };
        let (mark, role) = mark(self.marks.file_counts(number));
        let mut spans = vec![
            Span::raw(indent.to_owned()),
            Span::styled(mark, theme.style(role)),
            Span::raw(" "),
            Span::styled(tail(&one_line(name), room), style),
            Span::raw(" "),
        ];
        spans.extend(counts);
        Line::from(spans)
    }

    /// `file 2 of 5  ✓ a.rs  · [b.rs]  · c.rs`: as many as fit, around the current one.
    pub(super) fn files_row(&self, width: usize, theme: &Theme) -> Line<'static> {
        let start = format!("file {} of {}", self.at.file + 1, self.files.len());
        let name = |number: usize| {
            self.files.get(number).map(|file| one_line(file.change.path.rsplit('/').next().unwrap_or_default()))
        };
        let wide = |number: usize| name(number).map_or(0, |name| wrap::width(&name).min(30) + 6);
        let mut room = width.saturating_sub(wrap::width(&start) + wide(self.at.file));
        let (mut from, mut to) = (self.at.file, (self.at.file + 1).min(self.files.len()));
        loop {
            let after = (to < self.files.len() && wide(to) <= room).then(|| wide(to));
            if let Some(wide) = after {
                room -= wide;
                to += 1;
            }
            let before = from.checked_sub(1).filter(|before| wide(*before) <= room);
            if let Some(before) = before {
                room -= wide(before);
                from = before;
            }
            if after.is_none() && before.is_none() {
                break;
            }
        }
        let mut spans = vec![Span::styled(start, theme.style(Role::Dim))];
        for number in from..to {
            let (mark, role) = mark(self.marks.file_counts(number));
            let name = tail(&name(number).unwrap_or_default(), 30);
            spans.extend([Span::raw("  "), Span::styled(mark, theme.style(role)), Span::raw(" ")]);
            spans.push(if number == self.at.file {
                Span::styled(format!("[{name}]"), theme.style(Role::Heading))
            } else {
                Span::raw(name)
            });
        }
        Line::from(spans)
    }
}

fn mark(counts: Counts) -> (&'static str, Role) {
    match counts {
        Counts { open: 1.., .. } => ("·", Role::Warning),
        Counts { rejected: 0, .. } => ("✓", Role::Added),
        Counts { accepted: 0, .. } => ("✗", Role::Removed),
        Counts { .. } => ("~", Role::Accent),
    }
}

//! A file's change as lines to look at: what is seen is what is written.
//!
//! Nothing of a changed line is hidden: long ones are wrapped, and what does not show, such as blanks at the end, is said in words
//! on a row of its own. Only lines that stay as they are may be left out.

mod letters;
mod pairs;
mod rows;

pub use letters::{cut, tail};
pub use rows::{Number, Row, numbers};

use super::theme::{Role, Theme};
use super::words::code::Highlighter;
use crate::base::change::{ChangeKind, FileChange};
use crate::edit::shown::{self, Hunk, Shown};
use crate::text::sanitise::one_line;
use ratatui::text::{Line, Span};

/// From so many columns on, old and new stand side by side unless the user chose.
pub const SIDES_FROM: u16 = 120;

/// How a diff is laid out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Layout {
    /// By the width.
    #[default]
    Auto,
    Unified,
    Sides,
}

/// What it takes to draw a diff.
#[derive(Clone, Copy)]
pub struct DiffLook<'a> {
    pub theme: &'a Theme,
    /// Columns that there are.
    pub width: u16,
    pub layout: Layout,
    /// Without one, source is plain.
    pub highlighter: Option<&'a Highlighter>,
}

impl<'a> DiffLook<'a> {
    pub fn new(theme: &'a Theme, width: u16) -> Self {
        Self { theme, width, layout: Layout::Auto, highlighter: None }
    }

    pub fn with_highlighter(self, highlighter: &'a Highlighter) -> Self {
        Self { highlighter: Some(highlighter), ..self }
    }

    pub fn with_layout(self, layout: Layout) -> Self {
        Self { layout, ..self }
    }

    pub fn is_sides(&self) -> bool {
        match self.layout {
            Layout::Auto => self.width >= SIDES_FROM,
            Layout::Unified => false,
            Layout::Sides => true,
        }
    }
}

/// All of a change: what happens to the file, and its hunks.
pub fn lines(change: &FileChange, look: &DiffLook<'_>) -> Vec<Line<'static>> {
    beginning(change, look, usize::MAX).0
}

/// The same, but not much more than `most` rows of it, and how many of its lines are left out: it costs as much as is shown.
pub fn beginning(change: &FileChange, look: &DiffLook<'_>, most: usize) -> (Vec<Line<'static>>, usize) {
    let mut shown = shown::parse(&change.diff);
    let mut left_out = 0;
    let mut lines = vec![headline(change, look.theme)];
    lines.extend(notes(change, &shown).into_iter().map(|note| said(&note, look.theme)));
    let mut before: Option<Hunk> = None;
    for mut hunk in shown.hunks.drain(..) {
        let room = most.saturating_sub(lines.len());
        left_out += hunk.lines.len().saturating_sub(room);
        hunk.lines.truncate(room);
        if hunk.lines.is_empty() {
            continue;
        }
        lines.extend(before.and_then(|before| gap(&before, &hunk)).map(|gap| said(&gap, look.theme)));
        lines.extend(hunk_lines(&change.path, &hunk, shown.carriage_returns, look));
        before = Some(hunk);
    }
    (lines, left_out)
}

/// One hunk, indented by two columns, without its header. `carriage_returns`: each line of the file ends with CR LF, which is said
/// elsewhere.
pub fn hunk_lines(path: &str, hunk: &Hunk, carriage_returns: bool, look: &DiffLook<'_>) -> Vec<Line<'static>> {
    let inner = DiffLook { width: look.width.saturating_sub(2), layout: look.settled(), ..*look };
    let indented = |row: Row| {
        let mut line = row.content;
        line.spans.insert(0, Span::raw("  "));
        line
    };
    rows::rows(path, hunk, carriage_returns, &inner).into_iter().map(indented).collect()
}

/// The rows of a hunk, each with the line that it shows.
pub fn hunk_rows(path: &str, hunk: &Hunk, carriage_returns: bool, look: &DiffLook<'_>) -> Vec<Row> {
    rows::rows(path, hunk, carriage_returns, look)
}

impl DiffLook<'_> {
    /// The layout that this width gives, for a part of it.
    fn settled(&self) -> Layout {
        if self.is_sides() { Layout::Sides } else { Layout::Unified }
    }
}

/// `src/a.rs (+3 −1)`.
pub fn headline(change: &FileChange, theme: &Theme) -> Line<'static> {
    let mut spans = vec![Span::styled(one_line(&change.path), theme.style(Role::Heading)), Span::raw(" ")];
    spans.extend(counts(change, theme));
    Line::from(spans)
}

/// `(+3 −1)`.
pub fn counts(change: &FileChange, theme: &Theme) -> Vec<Span<'static>> {
    vec![
        Span::styled("(", theme.style(Role::Dim)),
        Span::styled(format!("+{}", change.added), theme.style(Role::Added)),
        Span::raw(" "),
        Span::styled(format!("−{}", change.removed), theme.style(Role::Removed)),
        Span::styled(")", theme.style(Role::Dim)),
    ]
}

/// What happens to a file beside its lines, in words.
pub fn notes(change: &FileChange, shown: &Shown) -> Vec<String> {
    let head = || change.diff.split('\n').take_while(|line| !line.starts_with("@@"));
    let says = |words: &str| head().any(|line| line == words);
    let binary = !shown.notes.is_empty();
    let empty = shown.hunks.is_empty() && !binary;
    let mut notes = Vec::new();
    match change.kind {
        ChangeKind::Create if empty => notes.push("a new file, empty".into()),
        ChangeKind::Create => notes.push("a new file".into()),
        ChangeKind::Delete if empty => notes.push("the file is deleted; it is empty".into()),
        ChangeKind::Delete => notes.push("the file is deleted".into()),
        ChangeKind::Rename => {
            let from = change.from.as_deref().map(one_line).unwrap_or_default();
            notes.push(format!("renamed from `{from}`{}", if empty { "; no line changes" } else { "" }));
        }
        ChangeKind::Modify => {}
    }
    if says("new mode 100755") || says("new file mode 100755") {
        notes.push("becomes executable".into());
    } else if says("new mode 100644") {
        notes.push("is no longer executable".into());
    }
    if shown.hunks.iter().flat_map(|hunk| &hunk.lines).any(|line| line.text.contains(char::REPLACEMENT_CHARACTER)) {
        notes.push("bytes that are not UTF-8 are shown as `�`".into());
    }
    if binary {
        notes.push("binary: its bytes are not shown".into());
    }
    let ends = shown.hunks.iter().flat_map(|hunk| &hunk.lines).any(|line| line.ends);
    if shown.carriage_returns && ends {
        notes.push("its lines end with CR LF".into());
    }
    if notes.is_empty() && empty {
        notes.push("no line changes".into());
    }
    notes
}

/// Does more than lines change, which comes with whatever hunk is accepted?
pub fn comes_along(change: &FileChange) -> bool {
    let head = change.diff.split('\n').take_while(|line| !line.starts_with("@@"));
    change.kind == ChangeKind::Rename || head.into_iter().any(|line| line.starts_with("new mode "))
}

/// `⋯ 34 unchanged lines`, where there are any between two hunks.
pub fn gap(before: &Hunk, after: &Hunk) -> Option<String> {
    let end = numbers(before).iter().filter_map(|number| number.old).max().or(before.start()?.0.checked_sub(1))?;
    let start = numbers(after).iter().find_map(|number| number.old)?;
    match start.checked_sub(end + 1)? {
        0 => None,
        1 => Some("⋯ 1 unchanged line".into()),
        count => Some(format!("⋯ {count} unchanged lines")),
    }
}

fn said(words: &str, theme: &Theme) -> Line<'static> {
    Line::from(vec![Span::raw("  "), Span::styled(words.to_owned(), theme.style(Role::Dim))])
}

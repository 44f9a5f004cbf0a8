//! Text to lines of a width.

mod ansi;
mod code;
mod hostile;
mod markdown;
mod stream;
mod theme;
mod wrap;

use ratatui::text::Line;

/// The letters of a line.
fn plain(line: &Line<'_>) -> String {
    line.spans.iter().map(|span| span.content.as_ref()).collect()
}

fn all_plain(lines: &[Line<'_>]) -> Vec<String> {
    lines.iter().map(plain).collect()
}

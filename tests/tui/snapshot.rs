//! What is drawn, compared with a text file; `UPDATE=1` writes the file anew.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Compares with `tests/tui/snapshots/<name>.txt`.
#[track_caller]
pub fn check(name: &str, shown: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/tui/snapshots").join(format!("{name}.txt"));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, shown).unwrap();
        return;
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == shown, "{name} is shown differently (UPDATE=1 keeps it):\n--- kept\n{kept}\n--- shown\n{shown}");
}

/// The text of a buffer, without blanks at the ends of rows.
pub fn text(buffer: &Buffer) -> String {
    rows(buffer, |cell| cell.symbol().to_owned())
}

/// The same, and below it a letter for each style, with what the letters mean.
pub fn styled(buffer: &Buffer) -> String {
    let mut letters: BTreeMap<String, char> = BTreeMap::new();
    let plain = words(Style::new());
    let mut free = 'a'..='z';
    let styles = rows(buffer, |cell| {
        let style = words(cell.style());
        let letter =
            if style == plain { ' ' } else { *letters.entry(style).or_insert_with(|| free.next().unwrap_or('?')) };
        // A wide character covers the cell behind it as well.
        letter.to_string()
    });
    let meanings: String = letters.iter().map(|(style, letter)| format!("{letter}: {style}\n")).collect();
    format!("{}\n----\n{styles}\n----\n{meanings}", text(buffer))
}

/// Lines as text, and below them a letter for each style, with what the letters mean.
pub fn lines(lines: &[Line<'_>]) -> String {
    let width = lines.iter().map(Line::width).max().unwrap_or(0).max(1) as u16;
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, lines.len() as u16));
    for (row, line) in lines.iter().enumerate() {
        buffer.set_line(0, row as u16, line, width);
    }
    styled(&buffer)
}

fn rows(buffer: &Buffer, show: impl FnMut(&ratatui::buffer::Cell) -> String) -> String {
    let width = usize::from(buffer.area.width).max(1);
    let cells: Vec<String> = buffer.content.iter().map(show).collect();
    let rows: Vec<String> = cells.chunks(width).map(|row| row.concat().trim_end().to_owned()).collect();
    rows.join("\n") + "\n"
}

fn words(style: Style) -> String {
    let mut words = Vec::new();
    if let Some(color) = style.fg.filter(|color| *color != ratatui::style::Color::Reset) {
        words.push(format!("{color:?}").to_lowercase());
    }
    if let Some(color) = style.bg.filter(|color| *color != ratatui::style::Color::Reset) {
        words.push(format!("on {color:?}").to_lowercase());
    }
    words.push(format!("{:?}", style.add_modifier).to_lowercase());
    words.join(" ")
}

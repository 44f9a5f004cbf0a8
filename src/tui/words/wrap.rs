//! Lines broken to a width, by words and by what a letter takes on the screen; styles stay with their letters.
//!
//! Widths are in cells. Breaking is greedy, so what follows a row never changes it: rows can be handed out while text still comes.

use crate::text::sanitise::sanitise;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// So far apart are the stops of a tab.
const TAB: usize = 4;

/// The cells a text takes, letter by letter as the screen lays them.
pub fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.graphemes(true).map(UnicodeWidthStr::width).sum() }
}

/// The cells a line takes.
pub fn width_of(line: &[Span<'_>]) -> usize {
    line.iter().map(|span| width(&span.content)).sum()
}

/// As much of a text as there is room for on one line, with `…` where something is missing; made safe.
pub fn clip(text: &str, room: usize) -> String {
    let text = sanitise(text).replace(['\n', '\t'], " ");
    if width(&text) <= room {
        return text;
    }
    let mut clipped = String::new();
    let mut used = 0;
    for letter in text.graphemes(true) {
        used += letter.width();
        if used + 1 > room {
            break;
        }
        clipped.push_str(letter);
    }
    if room > 0 {
        clipped.push('…');
    }
    clipped
}

/// Tabs become spaces, up to stops of four cells, counted from the start of the text.
pub fn expand(text: &str) -> String {
    let mut expanded = String::with_capacity(text.len() + 16);
    for (number, piece) in text.split('\t').enumerate() {
        if number > 0 {
            let column = width(expanded.rsplit('\n').next().unwrap_or_default());
            expanded.extend(std::iter::repeat_n(' ', TAB - column % TAB));
        }
        expanded.push_str(piece);
    }
    expanded
}

/// Rows of at most `width` cells, broken between words; those after the first begin with `indent` spaces.
///
/// A word that no row can hold is broken between letters. Spaces at a break are dropped, those at the start of the line stay.
pub fn wrap(line: &Line<'_>, width: u16, indent: u16) -> Vec<Line<'static>> {
    rows(line, usize::from(width), usize::from(indent), false)
}

/// Rows broken wherever they are full, with every space kept: for source code and output.
pub fn cut(line: &Line<'_>, width: u16, indent: u16) -> Vec<Line<'static>> {
    rows(line, usize::from(width), usize::from(indent), true)
}

fn rows(line: &Line<'_>, width: usize, indent: usize, anywhere: bool) -> Vec<Line<'static>> {
    let width = width.max(1);
    let tabs = line.spans.iter().any(|span| span.content.contains('\t'));
    let blank_end = !anywhere && line.spans.last().is_some_and(|span| span.content.ends_with(' '));
    let mut done = if !tabs && !blank_end && width_of(&line.spans) <= width {
        vec![Line::from(line.spans.iter().map(owned).collect::<Vec<_>>())]
    } else {
        let mut rows = Rows { width, indent: indent.min(width / 2), ..Rows::default() };
        for span in &line.spans {
            for letter in span.content.graphemes(true) {
                if anywhere {
                    rows.place(letter, span.style);
                } else {
                    rows.letter(letter, span.style);
                }
            }
        }
        rows.end()
    };
    for row in &mut done {
        row.style = line.style;
        row.alignment = line.alignment;
    }
    done
}

fn owned(span: &Span<'_>) -> Span<'static> {
    Span::styled(span.content.clone().into_owned(), span.style)
}

#[derive(Clone, Copy)]
struct Letter<'a> {
    text: &'a str,
    style: Style,
    width: usize,
}

/// Rows as they fill: the row, then the spaces behind it, then the word behind those.
#[derive(Default)]
struct Rows<'a> {
    width: usize,
    indent: usize,
    done: Vec<Line<'static>>,
    row: Vec<Span<'static>>,
    /// Cells of the row, its indent among them.
    used: usize,
    spaces: Vec<Letter<'a>>,
    word: Vec<Letter<'a>>,
}

impl<'a> Rows<'a> {
    fn letter(&mut self, text: &'a str, style: Style) {
        let width = text.width();
        match text {
            "\t" => {
                let column = self.used + cells(&self.spaces) + cells(&self.word);
                self.word_end();
                self.spaces.extend(std::iter::repeat_n(Letter { text: " ", style, width: 1 }, TAB - column % TAB));
            }
            " " => {
                self.word_end();
                self.spaces.push(Letter { text, style, width });
            }
            // Scripts that write wide letters put no spaces between words: a row may end behind each.
            _ if width > 1 => {
                self.word_end();
                self.word.push(Letter { text, style, width });
                self.word_end();
            }
            _ => self.word.push(Letter { text, style, width }),
        }
    }

    fn word_end(&mut self) {
        if self.word.is_empty() {
            return;
        }
        let (spaces, word) = (std::mem::take(&mut self.spaces), std::mem::take(&mut self.word));
        if self.used + cells(&spaces) + cells(&word) <= self.width {
            spaces.iter().for_each(|space| self.push(space.text, space.style, space.width));
        } else if !self.row.is_empty() {
            self.row_end();
        }
        for letter in word {
            self.place(letter.text, letter.style);
        }
    }

    /// A letter, on the next row if this one is full. One that is wider than any row is shown as U+FFFD.
    fn place(&mut self, text: &str, style: Style) {
        let width = text.width();
        if text == "\t" {
            for _ in 0..TAB - self.used % TAB {
                self.place(" ", style);
            }
            return;
        }
        if width > self.width - self.indent {
            return self.place("\u{fffd}", style);
        }
        if self.used + width > self.width {
            self.row_end();
        }
        self.push(text, style, width);
    }

    fn push(&mut self, text: &str, style: Style, width: usize) {
        if self.row.is_empty() && !self.done.is_empty() && self.indent > 0 {
            self.row.push(Span::raw(" ".repeat(self.indent)));
            self.used = self.indent;
        }
        self.used += width;
        match self.row.last_mut() {
            Some(last) if last.style == style => last.content.to_mut().push_str(text),
            _ => self.row.push(Span::styled(text.to_owned(), style)),
        }
    }

    fn row_end(&mut self) {
        self.done.push(Line::from(std::mem::take(&mut self.row)));
        self.used = self.indent;
    }

    fn end(mut self) -> Vec<Line<'static>> {
        self.word_end();
        if !self.row.is_empty() || self.done.is_empty() {
            self.row_end();
        }
        self.done
    }
}

fn cells(letters: &[Letter<'_>]) -> usize {
    letters.iter().map(|letter| letter.width).sum()
}
